//! EigenLayer: who serves, with which pools and what part of them.

use std::collections::{BTreeMap, BTreeSet};

use toml::de::DeValue;

use super::super::keys::Range;
use super::super::names::suggest;
use super::super::reader::{Context, Field, Named, Place, Reader, Source, describe};
use super::super::resolved::Resolved;
use super::super::table::is_table_path;
use super::super::{Eigenlayer, StakeMode};
use super::attributes::mark;
use super::systems::{World, read_power, read_slash};

/// `eigenlayer`
pub(super) fn read_eigenlayer(
    reader: &mut Reader<'_, '_>,
    service: &str,
    world: &World<'_, '_>,
) -> Option<Eigenlayer> {
    let pools = read_pools(reader, world);
    let stake = if reader.choice("stake") == Some("unique") { StakeMode::Unique } else { StakeMode::Pooled };
    let serves = read_serves(reader, &pools, world);
    let allocations = read_allocations(reader, service, &pools, world);
    if allocations.is_some() && stake != StakeMode::Unique {
        let place = reader.place_of("allocations");
        let remedy = "write stake = \"unique\", or leave the allocations out";
        world.context.error(&place, "mean nothing where the stake is pooled", remedy);
    }
    let power = read_power(reader, world);
    let fraction = reader.number("slash");
    let slash = read_slash(reader, fraction, world);
    Some(Eigenlayer { pools, stake, serves, allocations, power, slash })
}

/// A list of names, each once.
fn read_names(context: &Context<'_>, field: &Field<'_>) -> Option<Vec<Named>> {
    let DeValue::Array(values) = &*field.value else {
        let message = format!("must be a list of names, got {}", describe(&field.value));
        context.error(&field.place, message, field.key.remedy());
        return None;
    };
    let mut names: Vec<Named> = Vec::new();
    let mut seen = BTreeSet::new();
    for value in values.iter() {
        let place = context.place(value.span(), &field.place.key);
        let Some(name) = context.text(value.get_ref(), &place, field.key) else { continue };
        if seen.insert(name.clone()) {
            names.push(Named { name, place });
        } else {
            context.error(&place, format!("names `{name}` twice"), "name each once");
        }
    }
    if values.is_empty() {
        context.error(&field.place, "must not be empty", field.key.remedy());
    }
    Some(names)
}

/// Names as resolved, in name order.
fn names_resolved(names: &[Named]) -> Resolved {
    let sorted: BTreeSet<&str> = names.iter().map(|named| named.name.as_str()).collect();
    Resolved::List(sorted.into_iter().map(|name| Resolved::Text(name.to_owned())).collect())
}

/// `pools` of EigenLayer, in pool order.
fn read_pools(reader: &mut Reader<'_, '_>, world: &World<'_, '_>) -> Vec<usize> {
    let Some(names) = reader.field("pools").and_then(|field| read_names(world.context, &field)) else {
        return Vec::new();
    };
    reader.resolve("pools", names_resolved(&names));
    let mut pools: Vec<usize> = names.into_iter().filter_map(|named| world.pool(Some(named))).collect();
    pools.sort_unstable();
    pools
}

/// Who serves: a list, a true/false column, a table, or everybody with stake.
fn read_serves(reader: &mut Reader<'_, '_>, pools: &[usize], world: &World<'_, '_>) -> Vec<bool> {
    let n = world.people.operators.len();
    let Some(field) = reader.field("operators") else {
        return (0..n)
            .map(|operator| pools.iter().any(|pool| world.pools[*pool].stake[operator] > 0))
            .collect();
    };
    let (named, resolved) = match field.value.as_str() {
        Some(path) if is_table_path(path) => serving_table(world, &field),
        Some(column) => {
            reader.resolve("operators", Resolved::Text(column.to_owned()));
            return serving_column(world, &field, column);
        }
        None => {
            let names = read_names(world.context, &field).unwrap_or_default();
            let resolved = names_resolved(&names);
            (names, resolved)
        }
    };
    reader.resolve("operators", resolved);
    let mut serves = vec![false; n];
    for named in named {
        if let Some(operator) = world.people.find(world.context, &named) {
            serves[operator] = true;
        }
    }
    serves
}

/// Operators of a table.
fn serving_table(world: &World<'_, '_>, field: &Field<'_>) -> (Vec<Named>, Resolved) {
    let Some((source, resolved)) = world.context.source(field, &["operator"]) else {
        return (Vec::new(), Resolved::Flag(false));
    };
    let rows = source.by_operator(world.context);
    let named = rows
        .iter()
        .map(|(operator, row)| Named { name: (*operator).to_owned(), place: source.place(*row, "operator") });
    (named.collect(), resolved)
}

/// Operators marked in a column of their table.
fn serving_column(world: &World<'_, '_>, field: &Field<'_>, column: &str) -> Vec<bool> {
    let mut serves = vec![false; world.people.operators.len()];
    let columns: Vec<&str> =
        world.people.table.iter().flat_map(|table| table.table.columns.iter().map(String::as_str)).collect();
    let (Some(table), true) = (&world.people.table, columns.contains(&column)) else {
        let message = format!("the operators table has no column `{column}`");
        world.context.error(&field.place, message, suggest(column, &columns));
        return serves;
    };
    for row in 0..table.table.rows() {
        let named =
            Named { name: table.text(row, "operator").to_owned(), place: table.place(row, "operator") };
        let Some(marked) = mark(table.text(row, column)) else {
            let message = format!("must be true or false, got `{}`", table.text(row, column));
            world.context.error(&table.place(row, column), message, "mark who serves with true");
            continue;
        };
        if marked && let Some(operator) = world.people.find(world.context, &named) {
            serves[operator] = true;
        }
    }
    serves
}

/// What each operator allocates to this service, in the order of operators and pools.
fn read_allocations(
    reader: &mut Reader<'_, '_>,
    service: &str,
    pools: &[usize],
    world: &World<'_, '_>,
) -> Option<Vec<(usize, usize, f64)>> {
    let source = reader.table("allocations")?;
    let mut mine: BTreeMap<(usize, usize), f64> = BTreeMap::new();
    let mut sums: BTreeMap<(&str, &str), f64> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for row in 0..source.table.rows() {
        let Some(allocation) = read_allocation(world, &source, row) else { continue };
        let Allocation { operator, pool, fraction } = allocation;
        if !seen.insert((operator, source.text(row, "service"), pool)) {
            let message = format!("`{operator}` allocates `{pool}` to this service twice");
            world.context.error(
                &source.place(row, "operator"),
                message,
                "write one row per operator, service and pool",
            );
        }
        let sum = sums.entry((operator, pool)).or_default();
        let before = *sum;
        *sum += fraction;
        if *sum > 1.0 + 1e-9 && before <= 1.0 + 1e-9 {
            let message = format!("`{operator}` allocates more than all of its stake in `{pool}`: {sum}");
            world.context.error(
                &source.place(row, "fraction"),
                message,
                "fractions over all services add up to at most 1",
            );
        }
        if source.text(row, "service") == service
            && let Some(place) = find_allocated(world, &source, row, pools)
        {
            mine.insert(place, fraction);
        }
    }
    if mine.is_empty() {
        world.context.warn(&source.whole(), format!("allocates nothing to service `{service}`"), "");
    }
    Some(mine.into_iter().map(|((operator, pool), fraction)| (operator, pool, fraction)).collect())
}

/// A row of an allocations table.
struct Allocation<'a> {
    operator: &'a str,
    pool: &'a str,
    fraction: f64,
}

/// Reads a row of whatever service.
fn read_allocation<'a>(world: &World<'_, '_>, source: &'a Source, row: usize) -> Option<Allocation<'a>> {
    let operator = source.operator(world.context, row)?;
    let services = world.service_names();
    let service = source.text(row, "service");
    if !services.contains(&service) {
        let message = format!("the study has no service `{service}`; its rows only count towards the sums");
        let place = Place { line: None, ..source.place(row, "service") };
        world.context.warn(&place, message, suggest(service, &services));
    }
    let remedy = "write the fraction of the operator's stake in this pool";
    let cell = (row, "fraction");
    let fraction = source.number(world.context, cell, Range::UNIT, remedy);
    if source.text(row, "fraction").is_empty() {
        world.context.error(&source.place(row, "fraction"), "must not be blank", remedy);
    }
    Some(Allocation { operator, pool: source.text(row, "pool"), fraction: fraction? })
}

/// Positions of operator and pool of a row of this service.
fn find_allocated(
    world: &World<'_, '_>,
    source: &Source,
    row: usize,
    pools: &[usize],
) -> Option<(usize, usize)> {
    let named =
        |column| Named { name: source.text(row, column).to_owned(), place: source.place(row, column) };
    let operator = world.people.find(world.context, &named("operator"));
    let pool = world.pool(Some(named("pool")))?;
    if !pools.contains(&pool) {
        let message = format!("pool `{}` does not count for this service", world.pools[pool].name);
        world.context.error(&source.place(row, "pool"), message, "name one of its `pools`");
        return None;
    }
    Some((operator?, pool))
}

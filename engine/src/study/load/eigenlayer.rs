//! EigenLayer: who serves, with which pools and what part of them.

use std::collections::{BTreeMap, BTreeSet};

use super::super::keys::Range;
use super::super::names::suggest;
use super::super::reader::{Named, Place, Reader, Source};
use super::super::{Eigenlayer, StakeMode};
use super::members::{names_resolved, read_members, read_names};
use super::slash::read_slash;
use super::systems::{World, read_power};

/// `eigenlayer`
pub(super) fn read_eigenlayer(
    reader: &mut Reader<'_, '_>,
    service: &str,
    world: &World<'_, '_>,
) -> Option<Eigenlayer> {
    let pools = read_pools(reader, world);
    let stake = match reader.choice("stake") {
        Some("unique") => StakeMode::Unique,
        Some("elastic") => StakeMode::Elastic,
        _ => StakeMode::Pooled,
    };
    let has_stake = |operator: usize| pools.iter().any(|pool| world.pools[*pool].stake[operator] > 0);
    let everybody = || (0..world.people.operators.len()).map(has_stake).collect();
    let serves = read_members(reader, "operators", world).unwrap_or_else(everybody);
    let allocations = read_allocations(reader, (service, stake), &pools, world);
    if allocations.is_some() && stake == StakeMode::Pooled {
        let place = reader.place_of("allocations");
        let remedy = "write stake = \"unique\" or \"elastic\", or leave the allocations out";
        world.context.error(&place, "mean nothing where the stake is pooled", remedy);
    }
    let power = read_power(reader, world);
    let byzantine = reader.flag("byzantine").is_some_and(|(flag, _)| flag);
    let redistribution = reader.number("redistribution");
    if redistribution > 0.0 && pools.iter().all(|pool| world.pools[*pool].underlying.is_some()) {
        let place = reader.place_of("redistribution");
        world.context.warn(
            &place,
            "moves nothing: native ETH is locked, never redistributed",
            "leave it out",
        );
    }
    let slash = read_slash(reader, &pools, world);
    Some(Eigenlayer { pools, stake, serves, allocations, byzantine, redistribution, power, slash })
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

/// What each operator allocates to this service, in the order of operators and pools.
fn read_allocations(
    reader: &mut Reader<'_, '_>,
    (service, stake): (&str, StakeMode),
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
        let exceeds = *sum > 1.0 + 1e-9 && before <= 1.0 + 1e-9;
        if exceeds && stake == StakeMode::Unique {
            let message = format!(
                "`{operator}` allocates more than all of its stake in `{pool}`: magnitudes add up to {sum} of the maximum"
            );
            world.context.error(
                &source.place(row, "fraction"),
                message,
                "fractions over all services add up to at most 1, or write stake = \"elastic\"",
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

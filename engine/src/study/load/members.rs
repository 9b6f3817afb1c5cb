//! Who belongs: a list of operators, a true/false column of their table, or a table of its own.

use std::collections::BTreeSet;

use toml::de::DeValue;

use super::super::names::suggest;
use super::super::reader::{Context, Field, Named, Reader, describe};
use super::super::resolved::Resolved;
use super::super::table::is_table_path;
use super::attributes::mark;
use super::systems::World;

/// The operators that a key names; `None` where it is not given. `[operator]`
pub(super) fn read_members(
    reader: &mut Reader<'_, '_>,
    key: &str,
    world: &World<'_, '_>,
) -> Option<Vec<bool>> {
    let field = reader.field(key)?;
    let (named, resolved) = match field.value.as_str() {
        Some(path) if is_table_path(path) => members_of_table(world, &field),
        Some(column) => {
            reader.resolve(key, Resolved::Text(column.to_owned()));
            return Some(marked_members(world, &field, column));
        }
        None => {
            let names = read_names(world.context, &field).unwrap_or_default();
            let resolved = names_resolved(&names);
            (names, resolved)
        }
    };
    reader.resolve(key, resolved);
    let mut members = vec![false; world.people.operators.len()];
    for named in named {
        if let Some(operator) = world.people.find(world.context, &named) {
            members[operator] = true;
        }
    }
    Some(members)
}

/// A list of names, each once.
pub(super) fn read_names(context: &Context<'_>, field: &Field<'_>) -> Option<Vec<Named>> {
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
pub(super) fn names_resolved(names: &[Named]) -> Resolved {
    let sorted: BTreeSet<&str> = names.iter().map(|named| named.name.as_str()).collect();
    Resolved::List(sorted.into_iter().map(|name| Resolved::Text(name.to_owned())).collect())
}

/// Operators of a table.
fn members_of_table(world: &World<'_, '_>, field: &Field<'_>) -> (Vec<Named>, Resolved) {
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
fn marked_members(world: &World<'_, '_>, field: &Field<'_>, column: &str) -> Vec<bool> {
    let mut members = vec![false; world.people.operators.len()];
    let columns: Vec<&str> =
        world.people.table.iter().flat_map(|table| table.table.columns.iter().map(String::as_str)).collect();
    let (Some(table), true) = (&world.people.table, columns.contains(&column)) else {
        let message = format!("the operators table has no column `{column}`");
        world.context.error(&field.place, message, suggest(column, &columns));
        return members;
    };
    for row in 0..table.table.rows() {
        let named =
            Named { name: table.text(row, "operator").to_owned(), place: table.place(row, "operator") };
        let Some(marked) = mark(table.text(row, column)) else {
            let message = format!("must be true or false, got `{}`", table.text(row, column));
            world.context.error(&table.place(row, column), message, "mark members with true");
            continue;
        };
        if marked && let Some(operator) = world.people.find(world.context, &named) {
            members[operator] = true;
        }
    }
    members
}

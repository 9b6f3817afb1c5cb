//! Attributes of operators: the groups that share a factor.

use std::collections::{BTreeMap, BTreeSet};

use super::super::Attribute;
use super::super::keys::{COLUMNS, Range};
use super::super::names::nearest;
use super::super::reader::{Context, Named, Source};
use super::operators::{COMMON, OVERRIDE, People};

/// Attributes from the columns of the table and from the membership table, in name order.
pub(super) fn read_attributes(
    context: &Context<'_>,
    people: &People,
    (table, rows): (Option<&Source>, &BTreeMap<&str, usize>),
    membership: Option<&Source>,
    wanted: &BTreeSet<&str>,
) -> Vec<Attribute> {
    let mut shares: BTreeMap<String, Shares<'_>> = BTreeMap::new();
    if let Some(table) = table {
        for column in attribute_columns(context, table, wanted) {
            let attribute = shares.entry(column.to_owned()).or_default();
            for (operator, row) in rows {
                let value = table.text(*row, column);
                if !value.is_empty() {
                    attribute.entry(operator).or_default().push((value.to_owned(), 1.0));
                }
            }
        }
    }
    if let Some(membership) = membership {
        read_membership(context, people, membership, &mut shares);
    }
    shares.into_iter().map(|(name, shares)| into_attribute(name, &shares, people)).collect()
}

/// Groups and shares of one operator.
type Groups = Vec<(String, f64)>;
/// By operator, its groups and shares.
type Shares<'a> = BTreeMap<&'a str, Groups>;

/// Columns that group operators: all that are neither known nor mere true/false marks.
fn attribute_columns<'a>(context: &Context<'_>, table: &'a Source, wanted: &BTreeSet<&str>) -> Vec<&'a str> {
    let known: Vec<&str> = COLUMNS.keys.iter().map(|key| key.name).collect();
    let mut columns = Vec::new();
    for column in table.table.columns.iter().map(String::as_str) {
        if known.contains(&column) || column.starts_with(OVERRIDE) {
            continue;
        }
        let place = table.whole().with_key(column);
        if column == COMMON {
            context.error(&place, "is the name of the factor of all operators", "rename the column");
            continue;
        }
        if !wanted.contains(column)
            && let Some(near) = nearest(column, known.iter().copied())
        {
            context.warn(&place, "is read as an attribute", format!("did you mean `{near}`?"));
        }
        if wanted.contains(column) || !is_mark(table, column) {
            columns.push(column);
        }
    }
    columns
}

/// Whether a column holds true and false only, and one of them at least once.
fn is_mark(table: &Source, column: &str) -> bool {
    let cells = || (0..table.table.rows()).map(|row| table.text(row, column)).filter(|cell| !cell.is_empty());
    cells().next().is_some() && cells().all(|cell| mark(cell).is_some())
}

/// A true/false cell.
pub(super) fn mark(cell: &str) -> Option<bool> {
    match cell {
        "true" | "True" | "TRUE" => Some(true),
        "false" | "False" | "FALSE" | "" => Some(false),
        _ => None,
    }
}

/// Adds what the membership table says; shares of an operator add up to 1.
fn read_membership<'a>(
    context: &Context<'_>,
    people: &People,
    source: &'a Source,
    shares: &mut BTreeMap<String, Shares<'a>>,
) {
    let mut split: BTreeMap<(&str, &str), (usize, Groups)> = BTreeMap::new();
    for row in 0..source.table.rows() {
        let Some((operator, attribute)) = membership_row(context, people, source, row) else { continue };
        let (value, cell) = (source.text(row, "value"), (row, "share"));
        let Some(share) = source.number(context, cell, Range::UNIT, "write the share of this group") else {
            if source.text(row, "share").is_empty() {
                context.error(
                    &source.place(row, "share"),
                    "must not be blank",
                    "write the share of this group",
                );
            }
            continue;
        };
        let groups = &mut split.entry((operator, attribute)).or_insert((row, Vec::new())).1;
        if groups.iter().any(|(group, _)| group == value) {
            let message = format!("`{operator}` has `{attribute}` = `{value}` twice");
            context.error(&source.place(row, "value"), message, "write one row per group");
        } else {
            groups.push((value.to_owned(), share));
        }
    }
    for ((operator, attribute), (row, groups)) in split {
        let place = source.place(row, "share");
        let sum: f64 = groups.iter().map(|(_, share)| share).sum();
        if (sum - 1.0).abs() > 1e-6 {
            let message =
                format!("shares of `{operator}` over `{attribute}` add up to {sum}, which must be 1");
            context.error(&place, message, "complete or correct the shares");
        }
        let scaled =
            groups.into_iter().filter(|(_, share)| *share > 0.0).map(|(group, share)| (group, share / sum));
        if shares.entry(attribute.to_owned()).or_default().insert(operator, scaled.collect()).is_some() {
            let message = format!("`{operator}` has `{attribute}` in the operators table as well");
            context.error(&place, message, "leave the cell in the operators table blank");
        }
    }
}

/// Operator and attribute of a membership row, if all its names are sound.
fn membership_row<'a>(
    context: &Context<'_>,
    people: &People,
    source: &'a Source,
    row: usize,
) -> Option<(&'a str, &'a str)> {
    let operator = source.operator(context, row)?;
    people.find(context, &Named { name: operator.to_owned(), place: source.place(row, "operator") })?;
    let attribute = source.text(row, "attribute");
    let sound = context.check_name(attribute, &source.place(row, "attribute"))
        && context.check_name(source.text(row, "value"), &source.place(row, "value"));
    if attribute == COMMON || COLUMNS.key(attribute).is_some() {
        let message = format!("`{attribute}` cannot be an attribute");
        context.error(&source.place(row, "attribute"), message, "rename it");
        return None;
    }
    sound.then_some((operator, attribute))
}

/// Groups in name order, shares by position.
fn into_attribute(name: String, shares: &Shares<'_>, people: &People) -> Attribute {
    let groups: BTreeSet<&str> = shares.values().flatten().map(|(group, _)| group.as_str()).collect();
    let groups: Vec<String> = groups.into_iter().map(str::to_owned).collect();
    let positions = |groups_of: &Groups| {
        let mut found: Vec<(usize, f64)> = groups_of
            .iter()
            .filter_map(|(group, share)| Some((groups.binary_search(group).ok()?, *share)))
            .collect();
        found.sort_by_key(|(group, _)| *group);
        found
    };
    let membership = people
        .operators
        .iter()
        .map(|operator| shares.get(operator.name.as_str()).map_or_else(Vec::new, positions))
        .collect();
    Attribute { name, groups, membership }
}

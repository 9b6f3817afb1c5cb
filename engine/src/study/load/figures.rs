//! Figures held against the model: quoted ones, and history.

use super::super::keys::{BACKTEST, QUOTED};
use super::super::reader::{Named, Reader};
use super::super::resolved::Resolved;
use super::super::{Backtest, Design, Quoted, Service};

/// Names of designs.
fn design_names(designs: &[Design]) -> Vec<&str> {
    designs.iter().map(|design| design.name.as_str()).collect()
}

/// Position of a service that a design secures; anything else is an error.
fn find_secured(
    reader: &Reader<'_, '_>,
    named: &Named,
    design: Option<usize>,
    (designs, services): (&[Design], &[Service]),
) -> Option<usize> {
    let names: Vec<&str> = services.iter().map(|service| service.name.as_str()).collect();
    let service = reader.context.find("service", named, &names)?;
    let design = &designs[design?];
    if !design.services.iter().any(|(secured, _)| *secured == service) {
        let message = format!("design `{}` does not secure service `{}`", design.name, named.name);
        reader.context.error(&named.place, message, "name a service of that design");
        return None;
    }
    Some(service)
}

/// `[[quoted]]`, in the order of the study.
pub(super) fn read_quoted(
    root: &mut Reader<'_, '_>,
    designs: &[Design],
    services: &[Service],
) -> Vec<Quoted> {
    let mut quoted = Vec::new();
    let mut resolved = Vec::new();
    for (place, value) in root.list("quoted") {
        let mut reader = Reader::open(root.context, &QUOTED, place, Some(value));
        quoted.extend(read_figure(&mut reader, designs, services));
        resolved.push(reader.finish());
    }
    if !resolved.is_empty() {
        root.resolve("quoted", Resolved::Sections(resolved));
    }
    quoted
}

/// One quoted figure, `None` after a mistake.
fn read_figure(reader: &mut Reader<'_, '_>, designs: &[Design], services: &[Service]) -> Option<Quoted> {
    let statement = reader.text("statement");
    let usd = reader.number("usd");
    let names = design_names(designs);
    let (design, service) = (reader.optional_text("design"), reader.optional_text("service"));
    let attack = reader.optional_text("attack");
    let design = design.and_then(|named| reader.context.find("design", &named, &names));
    let service = service.and_then(|named| find_secured(reader, &named, design, (designs, services)))?;
    let attack = attack?;
    let kinds: Vec<&str> = services[service].attacks.iter().map(|attack| attack.kind.as_str()).collect();
    reader.context.find("attack", &attack, &kinds)?;
    Some(Quoted { statement, usd, design: design?, service, attack: attack.name })
}

/// `[backtest]`
pub(super) fn read_backtest(
    root: &mut Reader<'_, '_>,
    designs: &[Design],
    services: &[Service],
) -> Option<Backtest> {
    if !root.has("backtest") {
        root.skip("backtest");
        return None;
    }
    let mut reader = root.section("backtest", &BACKTEST);
    let design = reader.optional_text("design");
    let design = design.and_then(|named| reader.context.find("design", &named, &design_names(designs)));
    let observed = reader.number("observed");
    let given = reader.numbers("years");
    let years: Vec<(usize, f64)> = given
        .iter()
        .filter_map(|(named, years)| {
            Some((find_secured(&reader, named, design, (designs, services))?, *years))
        })
        .collect();
    if reader.has("years") && given.is_empty() {
        let place = reader.place_of("years");
        reader.context.error(&place, "must not be empty", "write { SERVICE = YEARS }");
    }
    let entries = reader.finish();
    root.resolve("backtest", Resolved::Section(entries));
    Some(Backtest { design: design?, observed, years })
}

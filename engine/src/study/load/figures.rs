//! Figures held against the model: quoted ones, history, and bounds that a study asserts.

use super::super::keys::{ASSERTION, BACKTEST, QUOTED};
use super::super::reader::{Named, Reader};
use super::super::resolved::Resolved;
use super::super::{Assertion, Backtest, Design, METRICS, Quoted, Service};

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

/// Any service, any kind of attack.
const ANY: &str = "*";

/// `[[assert]]`, in the order of the study.
pub(super) fn read_assertions(
    root: &mut Reader<'_, '_>,
    designs: &[Design],
    services: &[Service],
) -> Vec<Assertion> {
    let (mut assertions, mut resolved) = (Vec::new(), Vec::new());
    for (place, value) in root.list("assert") {
        let mut reader = Reader::open(root.context, &ASSERTION, place, Some(value));
        assertions.extend(read_assertion(&mut reader, designs, services));
        resolved.push(reader.finish());
    }
    if !resolved.is_empty() {
        root.resolve("assert", Resolved::Sections(resolved));
    }
    assertions
}

/// One bound, `None` after a mistake.
fn read_assertion(
    reader: &mut Reader<'_, '_>,
    designs: &[Design],
    services: &[Service],
) -> Option<Assertion> {
    let named = reader.optional_text("design");
    let design = named.and_then(|named| reader.context.find("design", &named, &design_names(designs)));
    let (service, attack) = (reader.optional_text("service"), reader.optional_text("attack"));
    let route = reader.choice("route").unwrap_or(ANY).to_owned();
    let metric = reader.optional_text("metric");
    let known = metric.as_ref().is_some_and(|named| reader.context.find("metric", named, &METRICS).is_some());
    let (at_most, at_least) = (reader.optional_number("at_most"), reader.optional_number("at_least"));
    let given = service.filter(|named| named.name != ANY);
    let found = match &given {
        Some(named) => Some(find_secured(reader, named, design, (designs, services))?),
        None => None,
    };
    if let Some(attack) = attack.as_ref().filter(|named| named.name != ANY) {
        let attacks = found.map_or(&[][..], |service| &services[service].attacks);
        let kinds: Vec<&str> = attacks.iter().map(|attack| attack.kind.as_str()).collect();
        if found.is_none() {
            reader.context.error(&attack.place, "is of no service", "name its service as well");
            return None;
        }
        reader.context.find("attack", attack, &kinds)?;
    }
    if at_most.is_none() && at_least.is_none() {
        let place = reader.place_of("at_most");
        reader.context.error(&place, "is missing, and so is `at_least`", "write one of them");
        return None;
    }
    let name = |named: Option<Named>| named.map_or_else(|| ANY.to_owned(), |named| named.name);
    Some(Assertion {
        design: design?,
        service: name(given),
        attack: name(attack),
        route,
        metric: metric.filter(|_| known)?.name,
        at_most,
        at_least,
    })
}

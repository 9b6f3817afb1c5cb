//! `cartel marginal`: what one more service does to those that are there.

use crate::amount::{share, usd};
use crate::args::MarginalArguments;
use crate::exit::{Failure, USAGE};
use crate::load;
use crate::names::{design_named, find};
use crate::output::{Out, tell};
use crate::tables::table;
use montecartel::marginal::{MarginalError, MarginalRow, Targets, Verdict, marginal, on_others};
use montecartel::report::{may_write_file, write_marginal};
use montecartel::study::Study;
use serde_json::{Value, json};

/// What the figures are.
const CAVEAT: &str = "\
In an attack that pays: the attack found that nets most takes the service in, or attacking it alone pays: a lower bound. (others):
any of the services that were there; *: the whole design, attacks on the added service included. Difference: with less without,
scenario by scenario on the same draws. Intervals: sampling error only.";
const SINGLE: &str =
    "Attacks on one target at a time: what a service adds to attacks on others does not show.";

/// Judges every design that has the service without it and with it.
///
/// # Errors
/// If the study is invalid, no design has the service, or the file cannot be written.
pub fn run(arguments: &MarginalArguments, out: &mut Out) -> Result<(), Failure> {
    let mut study = load::study(&arguments.study)?;
    study.run.scenarios = arguments.scenarios.unwrap_or(study.run.scenarios);
    study.run.seed = arguments.seed.unwrap_or(study.run.seed);
    let services: Vec<&str> = study.services.iter().map(|service| service.name.as_str()).collect();
    let added = find("service", &arguments.add, &services)?;
    let designs = match &arguments.design {
        Some(design) => vec![design_named(&study, design)?],
        None => (0..study.designs.len()).collect(),
    };
    if let Some(file) = &arguments.out {
        may_write_file(file, arguments.force)?;
    }
    let targets = if arguments.single { Targets::Single } else { Targets::Joint };
    let found = compare(arguments, &study, added, (&designs, targets))?;
    if let Some(file) = &arguments.out {
        write_marginal(file, &study, &found.concat(), arguments.force)?;
    }
    if arguments.json {
        return out.json(&document(&study, &found.concat()));
    }
    for rows in &found {
        print(rows, out)?;
    }
    let caveat = if arguments.single { format!("{CAVEAT}\n{SINGLE}") } else { CAVEAT.to_owned() };
    out.line(caveat)
}

/// Rows of each design that has the service and others.
fn compare(
    arguments: &MarginalArguments,
    study: &Study,
    added: usize,
    (designs, targets): (&[usize], Targets),
) -> Result<Vec<Vec<MarginalRow>>, Failure> {
    let threads = load::threads(arguments.threads)?;
    let (mut found, mut refused) = (Vec::new(), Vec::new());
    for design in designs {
        match threads.install(|| marginal(study, *design, added, targets)) {
            Ok(rows) => found.push(rows),
            Err(error @ MarginalError::TooManyTargets { .. }) => {
                return Err(Failure::new(USAGE, format!("error: {error} (`--single`)")));
            }
            Err(error) => refused.push(error.to_string()),
        }
    }
    if found.is_empty() {
        return Err(Failure::new(USAGE, format!("error: {}", refused.join("; "))));
    }
    refused.iter().for_each(|why| tell(format_args!("note: {why}")));
    Ok(found)
}

fn print(rows: &[MarginalRow], out: &mut Out) -> Result<(), Failure> {
    let Some(first) = rows.first() else { return Ok(()) };
    out.line(format_args!("design {}: {} added\n", first.design, first.added))?;
    let headers = ["figure", "without", "with", "difference", "95% interval"];
    // What belongs to one target and is the same in every scenario is said once, below.
    let (same, told): (Vec<&MarginalRow>, Vec<&MarginalRow>) = rows.iter().partition(|row| is_same(row));
    out.line(table(&headers, told.into_iter().map(cells)))?;
    if !same.is_empty() {
        out.line("The same with and without in every scenario: reach, cost, forfeited stake and P(attack pays) of the other targets alone.")?;
    }
    if let Some(others) = on_others(rows) {
        let (without, with) = (share(others.without.value), share(others.with.value));
        let verdict = match others.verdict() {
            Verdict::Lowers => "lowers the security of the services that were there",
            Verdict::Raises => "raises the security of the services that were there",
            Verdict::NoneSeen => {
                "changes the security of the services that were there by nothing that can be seen"
            }
        };
        out.line(format_args!(
            "\nAdding {} {verdict}: one of them is in an attack that pays in {with} of scenarios, without it in {without}.\n",
            first.added
        ))?;
    }
    Ok(())
}

/// A figure of one target that never differed.
fn is_same(row: &MarginalRow) -> bool {
    row.attack != "*" && row.difference.value == 0.0 && row.difference.std_error == 0.0
}

fn cells(row: &MarginalRow) -> [String; 5] {
    let figure = |value: f64| if row.unit == "usd" { usd(value) } else { share(value) };
    let change = |value: f64| match row.unit {
        "usd" => usd(value),
        // What rounding leaves where gains and losses are equally many.
        _ if value.abs() < 1e-15 => "0".to_owned(),
        _ if value < 0.0 => format!("-{}", share(-value)),
        _ => share(value),
    };
    let attack = if row.attack == "*" { String::new() } else { format!(" {}", row.attack) };
    [
        format!("{}{attack} {}", row.service, row.metric),
        figure(row.without.value),
        figure(row.with.value),
        change(row.difference.value),
        format!("[{}, {}]", change(row.difference.low), change(row.difference.high)),
    ]
}

fn document(study: &Study, rows: &[MarginalRow]) -> Value {
    let rows: Vec<Value> = rows
        .iter()
        .map(|row| {
            json!({
                "design": row.design,
                "added": row.added,
                "service": row.service,
                "attack": row.attack,
                "metric": row.metric,
                "unit": row.unit,
                "without": row.without.value,
                "without_std_error": row.without.std_error,
                "with": row.with.value,
                "with_std_error": row.with.std_error,
                "difference": row.difference.value,
                "std_error": row.difference.std_error,
                "ci_low": row.difference.low,
                "ci_high": row.difference.high,
            })
        })
        .collect();
    json!({ "schema": "urn:montecartel:marginal:1", "study": study.name, "rows": rows })
}

//! `cartel price`: the least that a service must pay for a given security, design by design.

use crate::amount::{share, usd};
use crate::args::PriceArguments;
use crate::exit::{Failure, INTERNAL, USAGE};
use crate::load;
use crate::names::find;
use crate::output::{Out, tell};
use crate::tables::table;
use montecartel::bargain::{Bound, Comparison, Offer, Target, price};
use montecartel::run::Threads;
use montecartel::study::Study;
use serde_json::{Value, json};

/// Loads a study and prices one of its services.
///
/// # Errors
/// If the study is invalid, or has no such service, design or metric.
pub fn run(arguments: &PriceArguments, out: &mut Out) -> Result<(), Failure> {
    let mut study = load::study(&arguments.study)?;
    study.run.scenarios = arguments.scenarios.unwrap_or(study.run.scenarios);
    let services: Vec<&str> = study.services.iter().map(|service| service.name.as_str()).collect();
    let service = find("service", &arguments.service, &services)?;
    let names: Vec<&str> = study.designs.iter().map(|design| design.name.as_str()).collect();
    let designs = match &arguments.design {
        Some(design) => vec![find("design", design, &names)?],
        None => (0..names.len()).collect(),
    };
    let attack = arguments.attack.clone().unwrap_or_else(|| arguments.target.attack.clone());
    let target = Target { attack, ..arguments.target.clone() };
    let threads = Threads::new(arguments.threads)
        .map_err(|error| Failure::new(INTERNAL, format!("error: cannot start threads: {error}")))?;
    let found = threads
        .install(|| price(&study, service, &target, &designs))
        .map_err(|error| Failure::new(USAGE, format!("error: {error}")))?;
    if found.is_empty() {
        return Err(Failure::new(USAGE, "error: the design does not secure this service"));
    }
    if arguments.json {
        return out.json(&document(&study, &arguments.service, &target, &found));
    }
    print(&study, (&arguments.service, &target), &found, arguments.operators, out)
}

fn in_words(target: &Target) -> String {
    let sign = match target.bound {
        Bound::AtMost => "<=",
        Bound::AtLeast => ">=",
    };
    let attack = if target.attack == "*" { String::new() } else { format!(" of {}", target.attack) };
    format!("{}{attack} {sign} {}", target.metric, target.value)
}

fn print(
    study: &Study,
    (service, target): (&str, &Target),
    found: &[Comparison],
    most: usize,
    out: &mut Out,
) -> Result<(), Failure> {
    out.line(format_args!("{service}: the least payment a year for {}\n", in_words(target)))?;
    let headers = [
        "design",
        "operators",
        "paid today",
        "reached\ntoday",
        "least payment",
        "sampling error",
        "reached",
        "members",
        "covers all\ntogether",
        "covers\neach",
    ];
    out.line(table(&headers, found.iter().map(|comparison| row(comparison, target))))?;
    for comparison in found {
        tell_members(study, comparison, most, out)?;
        let unsettled = comparison.least.as_ref().is_some_and(|offer| !offer.converged);
        if unsettled {
            tell(format_args!(
                "warning: design {}: at this payment operators do not settle",
                comparison.design
            ));
        }
    }
    out.line(
        "\nForced: pay changes nobody's mind, so that the target is met or it is not; what covers nodes and expected losses of all\n\
         operators together, and of each of them, says what they would ask for. Sampling error: payments at which the ends of the\n\
         metric's 95 % interval reach the target. USD a year at today's prices.",
    )
}

fn row(comparison: &Comparison, target: &Target) -> [String; 10] {
    let figure = |offer: &Offer| metric(target, offer.figure.value);
    let least = comparison.least.as_ref();
    let out_of_reach = || "out of reach".to_owned();
    let (low, high) = comparison.interval;
    [
        comparison.design.clone(),
        if comparison.chosen { "choose" } else { "forced" }.to_owned(),
        usd(comparison.today.usd_per_year),
        figure(&comparison.today),
        least.map_or_else(out_of_reach, |offer| usd(offer.usd_per_year)),
        if low.is_finite() { format!("[{}, {}]", usd(low), usd(high)) } else { "-".to_owned() },
        least.map_or_else(|| "-".to_owned(), figure),
        least.map_or_else(|| "-".to_owned(), |offer| offer.members.len().to_string()),
        usd(comparison.covers_together_usd),
        usd(comparison.covers_each_usd),
    ]
}

fn metric(target: &Target, value: f64) -> String {
    if target.metric.starts_with("p_") { share(value) } else { usd(value) }
}

fn tell_members(study: &Study, comparison: &Comparison, most: usize, out: &mut Out) -> Result<(), Failure> {
    let Some(offer) = comparison.least.as_ref().filter(|_| comparison.chosen) else { return Ok(()) };
    let names: Vec<&str> =
        offer.members.iter().take(most).map(|operator| study.operators[*operator].name.as_str()).collect();
    let rest = offer.members.len() - names.len();
    let rest = if rest > 0 { format!(" and {rest} more") } else { String::new() };
    out.line(format_args!("\nIn design {} it brings in {}{rest}.", comparison.design, names.join(", ")))
}

fn document(study: &Study, service: &str, target: &Target, found: &[Comparison]) -> Value {
    let finite = |x: f64| if x.is_finite() { json!(x) } else { Value::Null };
    let offer = |offer: &Offer| {
        let members: Vec<&str> =
            offer.members.iter().map(|operator| study.operators[*operator].name.as_str()).collect();
        json!({
            "usd_per_year": offer.usd_per_year,
            "estimate": finite(offer.figure.value),
            "ci_low": finite(offer.figure.low),
            "ci_high": finite(offer.figure.high),
            "members": members,
            "converged": offer.converged,
        })
    };
    let designs: Vec<Value> = found
        .iter()
        .map(|comparison| {
            json!({
                "design": comparison.design,
                "chosen": comparison.chosen,
                "today": offer(&comparison.today),
                "least": comparison.least.as_ref().map(offer),
                "least_low_usd_per_year": finite(comparison.interval.0),
                "least_high_usd_per_year": finite(comparison.interval.1),
                "covers_together_usd_per_year": finite(comparison.covers_together_usd),
                "covers_each_usd_per_year": finite(comparison.covers_each_usd),
            })
        })
        .collect();
    json!({ "schema": "urn:montecartel:price:1", "service": service, "target": in_words(target), "designs": designs })
}

//! `cartel bribes`: what bribed attacks come to, paid up front, on success, or by P + ε from an escrow.

use crate::amount::{share, usd};
use crate::args::BribesArguments;
use crate::exit::{Failure, USAGE};
use crate::load;
use crate::names::design_named;
use crate::output::Out;
use crate::tables::table;
use montecartel::bribes::{Ask, Bribery, Way, bribes};
use montecartel::moments::Moments;
use montecartel::study::{Route, Study};
use serde_json::{Value, json};

/// Loads a study and prices bribes.
///
/// # Errors
/// If the study is invalid, has no such design or bribes nobody.
pub fn run(arguments: &BribesArguments, out: &mut Out) -> Result<(), Failure> {
    let study = load::study(&arguments.study)?;
    if !study.adversary.routes.contains(&Route::Bribe) {
        return Err(Failure::new(USAGE, "error: the study bribes nobody: add \"bribe\" to adversary.routes"));
    }
    let designs: Vec<usize> = match &arguments.design {
        Some(name) => vec![design_named(&study, name)?],
        None => (0..study.designs.len()).collect(),
    };
    let seed = arguments.seed.unwrap_or(study.run.seed);
    let ask = |design| Ask { design, scenarios: arguments.scenarios.get(), seed };
    let judged: Vec<(usize, Vec<Bribery>)> =
        designs.into_iter().map(|design| (design, bribes(&study, &ask(design)))).collect();
    if arguments.json {
        return out.json(&document(&study, &judged));
    }
    out.line(format_args!(
        "{}: bribes three ways, {} scenarios, seed {seed}",
        study.name, arguments.scenarios
    ))?;
    for (design, found) in &judged {
        out.line(format_args!("\ndesign {}", study.designs[*design].name))?;
        out.line(table(&HEADINGS, found.iter().map(row)))?;
    }
    out.line(
        "\nMeans where all who are not altruistic reach the threshold together. Others join: what a bribed member thinks of that, knowing of itself\n\
         alone. Up front is paid in any case, contingent on success only; P + ε pays as much as is lost either way, so that joining is dominant: its\n\
         cost is that of the equilibrium in which all join, with the carry of the escrow; if it fails all the same, the escrow pays. Cheapest: if the\n\
         attack succeeds; per success: with what failed attempts cost. Std error: of the three ways the largest, as a part of the cost, what members\n\
         think taken as known.",
    )
}

const HEADINGS: [&str; 12] = [
    "service",
    "attack",
    "reached",
    "others join",
    "profit",
    "up front",
    "contingent",
    "P + ε",
    "escrow",
    "std error",
    "cheapest",
    "per success",
];

fn row(of: &Bribery) -> [String; 12] {
    let mean = |moments: &Moments| usd(if moments.n() == 0 { f64::NAN } else { moments.mean() });
    let belief = if of.belief.n() == 0 { f64::NAN } else { of.belief.mean() };
    [
        of.service.clone(),
        of.attack.clone(),
        share(of.reached.mean()),
        share(belief),
        mean(&of.profit),
        mean(&of.up_front),
        mean(&of.contingent),
        mean(&of.p_plus_epsilon),
        mean(&of.escrow),
        of.relative_error().map_or("-".to_owned(), share),
        of.cheapest().map_or("-", Way::name).to_owned(),
        of.cheapest_per_success().map_or("-", Way::name).to_owned(),
    ]
}

fn document(study: &Study, judged: &[(usize, Vec<Bribery>)]) -> Value {
    let figure = |moments: &Moments| {
        (moments.n() > 0).then(|| json!({ "mean": moments.mean(), "std_error": moments.std_error() }))
    };
    let rows = judged.iter().flat_map(|(design, found)| found.iter().map(move |of| (design, of)));
    let row = |(design, of): (&usize, &Bribery)| {
        json!({
            "design": study.designs[*design].name,
            "service": of.service,
            "attack": of.attack,
            "reached": figure(&of.reached),
            "others_join": figure(&of.belief),
            "profit_usd": figure(&of.profit),
            "up_front_usd": figure(&of.up_front),
            "contingent_usd": figure(&of.contingent),
            "p_plus_epsilon_usd": figure(&of.p_plus_epsilon),
            "escrow_usd": figure(&of.escrow),
            "on_failure_usd": figure(&of.on_failure),
            "cheapest": of.cheapest().map(Way::name),
            "cheapest_per_success": of.cheapest_per_success().map(Way::name),
        })
    };
    json!({ "schema": "urn:montecartel:bribes:1", "study": study.name, "rows": rows.map(row).collect::<Vec<_>>() })
}

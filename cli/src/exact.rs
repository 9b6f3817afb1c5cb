//! `cartel exact`: how likely colluders alone reach each threshold of a service, computed rather than counted.

use crate::amount::share;
use crate::args::ExactArguments;
use crate::exit::{Failure, USAGE};
use crate::load;
use crate::names::{design_named, service_named};
use crate::output::Out;
use crate::tables::table;
use montecartel::exact::{
    Bracket, Exact, FINEST_CELLS, Factored, Method, Refinement, Refusal, ServicePower, exact,
};
use montecartel::graph::Secured;
use montecartel::rare::{Computed, Conditional, Figure, Fineness, conditional_refined};
use montecartel::study::Study;
use serde_json::{Value, json};

/// One threshold of one design.
struct Row {
    design: String,
    attack: String,
    threshold: String,
    reached: Bracket,
    /// Without sampling error: what rounding powers to cells alone leaves.
    rounded: Bracket,
    std_error: f64,
    cells: Option<u64>,
    how: String,
}

/// A target of one design whose probability is not computed.
struct Omitted {
    design: String,
    attack: String,
    threshold: String,
}

/// What is said of it.
const AT_ONCE: &str = "power in two quorums at once is not computed: `p_threshold_reached` of `cartel run` with --estimator \
                       importance estimates it";

/// Most cells where factors are sampled, unless told otherwise.
const SAMPLED_CELLS: u64 = 1 << 14;

/// Computes and prints.
///
/// # Errors
/// If the study is invalid or has no such service.
pub fn run(arguments: &ExactArguments, out: &mut Out) -> Result<(), Failure> {
    let study = load::study(&arguments.study)?;
    load::refuse_turning(&study, "exact")?;
    let designs: Vec<usize> = match &arguments.design {
        Some(name) => vec![design_named(&study, name)?],
        None => (0..study.designs.len()).collect(),
    };
    let threads = load::threads(arguments.threads)?;
    let graph = montecartel::design::compile(&study);
    let seed = arguments.seed.unwrap_or(study.run.seed);
    let (mut rows, mut omitted) = (Vec::new(), Vec::new());
    for design in designs {
        // Named alone, a design must secure the service; among all, those that do are shown.
        let service = match service_named(&study, design, &arguments.service) {
            Err(_)
                if arguments.design.is_none()
                    && study.services.iter().any(|s| s.name == arguments.service) =>
            {
                continue;
            }
            found => found?,
        };
        let secured = graph.designs[design].secured.iter().find(|s| graph.secured[**s].service == service);
        let Some(secured) = secured else { continue };
        let ask = Asked { study: &study, secured: &graph.secured[*secured], seed, arguments };
        let name = &study.designs[design].name;
        rows.extend(threads.install(|| ask.rows(name)));
        omitted.extend(ask.omitted(name));
    }
    if let (true, Some(Omitted { design, attack, .. })) = (rows.is_empty(), omitted.first()) {
        let file = arguments.study.display();
        let key = format!("services.{}.attacks.{attack}.second_threshold", arguments.service);
        let said = format!(
            "error: {file}: {key}: in design `{design}` {AT_ONCE}, or leave `second_quorum` out of the design"
        );
        return Err(Failure::new(USAGE, said));
    }
    if arguments.json {
        return out.json(&document(&study, &arguments.service, (&rows, &omitted)));
    }
    print(&study, &arguments.service, (&rows, &omitted), out)
}

struct Asked<'a> {
    study: &'a Study,
    secured: &'a Secured,
    seed: u64,
    arguments: &'a ExactArguments,
}

impl Asked<'_> {
    fn price(&self) -> impl Fn(usize) -> f64 {
        |asset| self.study.assets[asset].price_usd
    }

    fn rows(&self, design: &str) -> Vec<Row> {
        let ExactArguments { width, cells, .. } = *self.arguments;
        let most_cells = cells.unwrap_or(FINEST_CELLS);
        let refinement = Refinement { width, most_cells, ..Refinement::default() };
        let of_quorum = |power: &ServicePower| match exact(self.study, (self.secured, power), refinement) {
            Ok(exact) => computed(design, exact),
            Err(refusal) => self.sampled(design, power, refusal),
        };
        ServicePower::of_quorums(self.secured, self.price()).iter().flat_map(of_quorum).collect()
    }

    /// Targets that need power in two quorums at once.
    fn omitted(&self, design: &str) -> impl Iterator<Item = Omitted> {
        self.secured.targets.iter().filter(|target| target.needs_both()).map(|target| Omitted {
            design: design.to_owned(),
            attack: target.kind.clone(),
            threshold: target.thresholds(),
        })
    }

    /// By sampled factors, where there are too many to integrate over.
    fn sampled(&self, design: &str, power: &ServicePower, refusal: Refusal) -> Vec<Row> {
        let plan = Conditional::new(&Factored::new(self.study), power, self.seed);
        let ExactArguments { width, cells, scenarios, .. } = *self.arguments;
        let fineness = Fineness { width, most_cells: cells.unwrap_or(SAMPLED_CELLS) };
        let computed = conditional_refined(&plan, power, scenarios, fineness);
        let Computed { figures, draws, cells } = &computed;
        let prices = if power.moves { ", at today's prices" } else { "" };
        let fine = rounding(*cells, computed.rounding());
        let row = |(target, figure): (&usize, &Figure)| {
            let (target, estimate) = (&self.secured.targets[*target], figure.estimate);
            Row {
                design: design.to_owned(),
                attack: target.kind.clone(),
                threshold: target.thresholds(),
                reached: Bracket { low: estimate.low, value: estimate.value, high: estimate.high },
                rounded: Bracket { low: figure.rounded_down, value: estimate.value, high: figure.rounded_up },
                std_error: estimate.std_error,
                cells: *cells,
                how: format!("{draws} draws of the factors{prices}, 95% interval{fine}: {refusal}"),
            }
        };
        power.targets.iter().zip(figures).map(row).collect()
    }
}

/// How powers were rounded, in words.
fn rounding(cells: Option<u64>, width: f64) -> String {
    cells.map_or_else(String::new, |cells| {
        format!(" and rounding to {cells} cells, which leaves a bracket {} wide", share(width))
    })
}

fn computed(design: &str, exact: Exact) -> Vec<Row> {
    let prices = if exact.at_todays_prices { ", at today's prices" } else { "" };
    let widest = exact.thresholds.iter().map(|threshold| threshold.reached.relative_width());
    let fine = rounding(exact.cells, widest.fold(0.0, f64::max));
    let how = match exact.method {
        Method::Free => "nobody has power: free".to_owned(),
        Method::Quadrature { dimensions: 0, groups: 0, .. } => format!("computed{fine}{prices}"),
        Method::Quadrature { dimensions, groups, nodes, change } => {
            let group_words = if groups > 0 { format!(" and {groups} groups") } else { String::new() };
            format!(
                "integrated over {dimensions} dimensions{group_words}, {nodes} nodes, last change {change:.0e}{fine}{prices}"
            )
        }
    };
    let row = |threshold: montecartel::exact::Threshold| Row {
        design: design.to_owned(),
        attack: threshold.attack,
        threshold: threshold.threshold,
        reached: threshold.reached,
        rounded: threshold.reached,
        std_error: 0.0,
        cells: exact.cells,
        how: how.clone(),
    };
    exact.thresholds.into_iter().map(row).collect()
}

fn print(
    study: &Study,
    service: &str,
    (rows, omitted): (&[Row], &[Omitted]),
    out: &mut Out,
) -> Result<(), Failure> {
    out.line(format_args!("{}: P(colluders alone reach the threshold) of {service}\n", study.name))?;
    if rows.is_empty() {
        return out.line("no operator has power over it");
    }
    let cells = rows.iter().map(|row| {
        [
            row.design.clone(),
            row.attack.clone(),
            row.threshold.clone(),
            format!("{:.6e}", row.reached.value),
            format!("[{:.4e}, {:.4e}]", row.reached.low, row.reached.high),
        ]
    });
    out.line(table(&["design", "attack", "power", "probability", "between"], cells))?;
    let mut said: Vec<&str> = Vec::new();
    for row in rows.iter().filter(|row| !row.how.is_empty()) {
        if !said.contains(&row.how.as_str()) {
            said.push(&row.how);
            out.line(format_args!("{}: {}", row.design, row.how))?;
        }
    }
    for Omitted { design, attack, threshold } in omitted {
        out.line(format_args!("{design}: {attack} ({threshold}): {AT_ONCE}"))?;
    }
    Ok(())
}

fn document(study: &Study, service: &str, (rows, omitted): (&[Row], &[Omitted])) -> Value {
    let rows = rows.iter().map(|row| {
        json!({ "design": row.design, "attack": row.attack, "threshold": row.threshold,
                "p_threshold_reached": row.reached.value, "low": row.reached.low, "high": row.reached.high,
                "std_error": row.std_error, "rounded_down": row.rounded.low, "rounded_up": row.rounded.high,
                "cells": row.cells, "how": row.how })
    });
    let omitted = omitted.iter().map(
        |of| json!({ "design": of.design, "attack": of.attack, "threshold": of.threshold, "why": AT_ONCE }),
    );
    json!({ "schema": "urn:montecartel:exact:1", "study": study.name, "service": service,
            "thresholds": rows.collect::<Vec<_>>(), "not_computed": omitted.collect::<Vec<_>>() })
}

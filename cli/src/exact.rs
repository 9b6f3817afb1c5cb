//! `cartel exact`: how likely colluders alone reach each threshold of a service, computed rather than counted.

use crate::amount::share;
use crate::args::ExactArguments;
use crate::exit::Failure;
use crate::load;
use crate::names::{design_named, service_named};
use crate::output::Out;
use crate::tables::table;
use montecartel::exact::{
    Bracket, Exact, FINEST_CELLS, Factored, Method, Refinement, Refusal, ServicePower, exact,
};
use montecartel::fraction::Threshold;
use montecartel::graph::Graph;
use montecartel::rare::{Computed, Conditional, Figure, Fineness, conditional_refined};
use montecartel::study::Study;
use serde_json::{Value, json};

/// One threshold of one design.
struct Row {
    design: String,
    attack: String,
    threshold: Threshold,
    reached: Bracket,
    /// Without sampling error: what rounding powers to cells alone leaves.
    rounded: Bracket,
    std_error: f64,
    cells: Option<u64>,
    how: String,
}

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
    let mut rows = Vec::new();
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
        let ask = Asked { study: &study, graph: &graph, secured: *secured, seed, arguments };
        rows.extend(threads.install(|| ask.rows(&study.designs[design].name)));
    }
    if arguments.json {
        return out.json(&document(&study, &arguments.service, &rows));
    }
    print(&study, &arguments.service, &rows, out)
}

struct Asked<'a> {
    study: &'a Study,
    graph: &'a Graph,
    secured: usize,
    seed: u64,
    arguments: &'a ExactArguments,
}

impl Asked<'_> {
    fn rows(&self, design: &str) -> Vec<Row> {
        let ExactArguments { width, cells, .. } = *self.arguments;
        let most_cells = cells.unwrap_or(FINEST_CELLS);
        let refinement = Refinement { width, most_cells, ..Refinement::default() };
        match exact(self.study, self.graph, self.secured, refinement) {
            None => Vec::new(),
            Some(Ok(exact)) => computed(design, exact),
            Some(Err(refusal)) => self.sampled(design, refusal),
        }
    }

    /// By sampled factors, where there are too many to integrate over.
    fn sampled(&self, design: &str, refusal: Refusal) -> Vec<Row> {
        let secured = &self.graph.secured[self.secured];
        let price = |asset: usize| self.study.assets[asset].price_usd;
        let Some(power) = ServicePower::new(secured, price) else { return Vec::new() };
        let plan = Conditional::new(&Factored::new(self.study), &power, self.seed);
        let ExactArguments { width, cells, scenarios, .. } = *self.arguments;
        let fineness = Fineness { width, most_cells: cells.unwrap_or(SAMPLED_CELLS) };
        let computed = conditional_refined(&plan, &power, scenarios, fineness);
        let Computed { figures, draws, cells } = &computed;
        let prices = if power.moves { ", at today's prices" } else { "" };
        let fine = rounding(*cells, computed.rounding());
        let row = |(target, figure): (&montecartel::graph::Target, &Figure)| {
            let estimate = figure.estimate;
            Row {
                design: design.to_owned(),
                attack: target.kind.clone(),
                threshold: target.threshold,
                reached: Bracket { low: estimate.low, value: estimate.value, high: estimate.high },
                rounded: Bracket { low: figure.rounded_down, value: estimate.value, high: figure.rounded_up },
                std_error: estimate.std_error,
                cells: *cells,
                how: format!("{draws} draws of the factors{prices}, 95% interval{fine}: {refusal}"),
            }
        };
        secured.targets.iter().zip(figures).map(row).collect()
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

fn print(study: &Study, service: &str, rows: &[Row], out: &mut Out) -> Result<(), Failure> {
    out.line(format_args!("{}: P(colluders alone reach the threshold) of {service}\n", study.name))?;
    if rows.is_empty() {
        return out.line("no operator has power over it, or it takes two quorums, which are not computed");
    }
    let cells = rows.iter().map(|row| {
        [
            row.design.clone(),
            row.attack.clone(),
            row.threshold.to_string(),
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
    Ok(())
}

fn document(study: &Study, service: &str, rows: &[Row]) -> Value {
    let rows = rows.iter().map(|row| {
        json!({ "design": row.design, "attack": row.attack, "threshold": row.threshold.to_string(),
                "p_threshold_reached": row.reached.value, "low": row.reached.low, "high": row.reached.high,
                "std_error": row.std_error, "rounded_down": row.rounded.low, "rounded_up": row.rounded.high,
                "cells": row.cells, "how": row.how })
    });
    json!({ "schema": "urn:montecartel:exact:1", "study": study.name, "service": service,
            "thresholds": rows.collect::<Vec<_>>() })
}

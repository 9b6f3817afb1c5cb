//! `cartel exact`: how likely colluders alone reach each threshold of a service, computed rather than counted.

use crate::amount::share;
use crate::args::ExactArguments;
use crate::exit::{Failure, USAGE};
use crate::load;
use crate::names::{design_named, service_named};
use crate::output::Out;
use crate::tables::table;
use montecartel::exact::{
    Bracket, Exact, FINEST_CELLS, FINEST_OF_TWO, Factored, Given, Method, Refinement, Refusal, ServicePower,
    distinct, exact_both_mean, exact_mean, given_turned,
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
    why: Refusal,
}

/// What is said of it, before and after why.
const AT_ONCE: &str = "power in two quorums at once is not computed";
const ESTIMATED: &str = "`p_threshold_reached` of `cartel run` with --estimator importance estimates it";

/// Most cells where factors are sampled, unless told otherwise.
const SAMPLED_CELLS: u64 = 1 << 14;

/// Computes and prints.
///
/// # Errors
/// If the study is invalid, has no such service, or has several and none is named.
pub fn run(arguments: &ExactArguments, out: &mut Out) -> Result<(), Failure> {
    let study = load::study(&arguments.study)?;
    let designs: Vec<usize> = match &arguments.design {
        Some(name) => vec![design_named(&study, name)?],
        None => (0..study.designs.len()).collect(),
    };
    let service = match &arguments.service {
        Some(name) => named(&study, (&designs, arguments), name)?,
        None => only(&study, (&designs, arguments))?,
    };
    let threads = load::threads(arguments.threads)?;
    let graph = montecartel::design::compile(&study);
    let seed = arguments.seed.unwrap_or(study.run.seed);
    let (mut rows, mut omitted) = (Vec::new(), Vec::new());
    for design in designs {
        let given = given_turned(&study, &graph, design, service);
        let Some(Given { secured, .. }) = given.first().copied() else { continue };
        let ask = Asked { study: &study, secured, given, seed, arguments };
        let name = &study.designs[design].name;
        let (found, left_out) = threads.install(|| ask.both(name));
        rows.extend(threads.install(|| ask.rows(name)));
        rows.extend(found);
        omitted.extend(left_out);
    }
    let name = &study.services[service].name;
    if let (true, Some(Omitted { design, attack, why, .. })) = (rows.is_empty(), omitted.first()) {
        let file = arguments.study.display();
        let key = format!("services.{name}.attacks.{attack}.second_threshold");
        let said = format!(
            "error: {file}: {key}: in design `{design}` {AT_ONCE}: {why}; {ESTIMATED}, or leave `second_quorum` out of the design"
        );
        return Err(Failure::new(USAGE, said));
    }
    if arguments.json {
        return out.json(&document(&study, name, (&rows, &omitted)));
    }
    print(&study, name, (&rows, &omitted), out)
}

/// The service of this name: a design that is named must secure it; else some design must.
fn named(
    study: &Study,
    (designs, arguments): (&[usize], &ExactArguments),
    name: &str,
) -> Result<usize, Failure> {
    if let (Some(_), [design]) = (&arguments.design, designs) {
        return service_named(study, *design, name);
    }
    let known: Vec<&str> = study.services.iter().map(|service| service.name.as_str()).collect();
    crate::names::find("service", name, &known)
}

/// The only service that the designs secure.
fn only(study: &Study, (designs, arguments): (&[usize], &ExactArguments)) -> Result<usize, Failure> {
    let services_of = |design: usize| study.designs[design].services.iter().map(|(service, _)| *service);
    let mut all: Vec<usize> = designs.iter().flat_map(|design| services_of(*design)).collect();
    all.sort_unstable();
    all.dedup();
    if let [service] = all[..] {
        return Ok(service);
    }
    let mut said = format!(
        "error: {}: there are {} services: name one with --service (and with --design the design, else all that secure it are \
         shown):",
        arguments.study.display(),
        all.len()
    );
    // Designs that secure the same services share a line.
    let mut lines: Vec<(Vec<usize>, Vec<&str>)> = Vec::new();
    for design in designs {
        let services: Vec<usize> = services_of(*design).collect();
        let name = study.designs[*design].name.as_str();
        match lines.iter_mut().find(|(same, _)| *same == services) {
            Some((_, names)) => names.push(name),
            None => lines.push((services, vec![name])),
        }
    }
    for (services, names) in lines {
        let services: Vec<&str> = services.iter().map(|at| study.services[*at].name.as_str()).collect();
        let word = if names.len() == 1 { "design" } else { "designs" };
        said += &format!("\n  {word} `{}`: `{}`", names.join("`, `"), services.join("`, `"));
    }
    Err(Failure::new(USAGE, said))
}

struct Asked<'a> {
    study: &'a Study,
    /// With no service turned that need not be.
    secured: &'a Secured,
    /// In every set of services that may turn.
    given: Vec<Given<'a>>,
    seed: u64,
    arguments: &'a ExactArguments,
}

impl Asked<'_> {
    fn price(&self) -> impl Fn(usize) -> f64 {
        |asset| self.study.assets[asset].price_usd
    }

    fn refinement(&self, finest: u64) -> Refinement {
        let ExactArguments { width, cells, .. } = *self.arguments;
        Refinement { width, most_cells: cells.unwrap_or(finest), ..Refinement::default() }
    }

    /// What one quorum decides.
    fn rows(&self, design: &str) -> Vec<Row> {
        let quorums = |secured: &Secured| ServicePower::of_quorums(secured, self.price());
        let of_quorum = |index: usize| {
            let power = |secured: &Secured| quorums(secured).swap_remove(index).reduced();
            let powers = distinct(&self.given, power);
            match exact_mean(self.study, (self.secured, &powers), self.refinement(FINEST_CELLS)) {
                Ok(exact) => computed(design, exact, powers.len()),
                Err(refusal) => self.sampled(design, &powers, refusal),
            }
        };
        (0..quorums(self.secured).len()).flat_map(of_quorum).collect()
    }

    /// What takes power in two quorums at once, and what of it cannot be computed.
    fn both(&self, design: &str) -> (Vec<Row>, Vec<Omitted>) {
        let both = |secured: &Secured| {
            ServicePower::of_both(secured, self.price()).map(|quorums| quorums.map(ServicePower::reduced))
        };
        let powers = distinct(&self.given, both);
        let powers: Vec<(f64, [ServicePower; 2])> =
            powers.into_iter().filter_map(|(weight, quorums)| Some((weight, quorums?))).collect();
        if powers.is_empty() {
            return (Vec::new(), Vec::new());
        }
        match exact_both_mean(self.study, (self.secured, &powers), self.refinement(FINEST_OF_TWO)) {
            Ok(exact) => (computed(design, exact, powers.len()), Vec::new()),
            Err(why) => (Vec::new(), self.omitted(design, why).collect()),
        }
    }

    /// Targets that need power in two quorums at once.
    fn omitted(&self, design: &str, why: Refusal) -> impl Iterator<Item = Omitted> {
        self.secured.targets.iter().filter(|target| target.needs_both()).map(move |target| Omitted {
            design: design.to_owned(),
            attack: target.kind.clone(),
            threshold: target.thresholds(),
            why,
        })
    }

    /// By sampled factors, where there are too many to integrate over.
    fn sampled(&self, design: &str, powers: &[(f64, ServicePower)], refusal: Refusal) -> Vec<Row> {
        let mut whole: Vec<Row> = Vec::new();
        for (weight, power) in powers {
            let rows = self.sampled_one(design, power, (refusal, powers.len()));
            if whole.is_empty() {
                whole = rows.into_iter().map(|row| row.times(*weight)).collect();
            } else {
                whole.iter_mut().zip(rows).for_each(|(sum, row)| sum.add(&row.times(*weight)));
            }
        }
        whole
    }

    fn sampled_one(&self, design: &str, power: &ServicePower, (refusal, sets): (Refusal, usize)) -> Vec<Row> {
        let plan = Conditional::new(&Factored::new(self.study), power, self.seed);
        let ExactArguments { width, cells, scenarios, .. } = *self.arguments;
        let fineness = Fineness { width, most_cells: cells.unwrap_or(SAMPLED_CELLS) };
        let computed = conditional_refined(&plan, power, scenarios, fineness);
        let Computed { figures, draws, cells } = &computed;
        let prices = if power.moves { ", at today's prices" } else { "" };
        let fine = rounding(*cells, computed.rounding());
        let mean = mean_words(sets);
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
                how: format!("{draws} draws of the factors{prices}, 95% interval{fine}{mean}: {refusal}"),
            }
        };
        power.targets.iter().zip(figures).map(row).collect()
    }
}

impl Row {
    fn times(mut self, weight: f64) -> Self {
        self.reached = self.reached.times(weight);
        self.rounded = self.rounded.times(weight);
        self.std_error *= weight;
        self
    }

    /// Another set's part: drawn by the same factors, so that errors may go together.
    fn add(&mut self, other: &Self) {
        self.reached = self.reached.plus(other.reached);
        self.rounded = self.rounded.plus(other.rounded);
        self.std_error += other.std_error;
        self.cells = self.cells.max(other.cells);
    }
}

/// What is said where services that may turn Byzantine change who has which power.
fn mean_words(sets: usize) -> String {
    if sets < 2 {
        return String::new();
    }
    format!(", the mean over {sets} ways in which services that turn Byzantine leave the powers")
}

/// How powers were rounded, in words.
fn rounding(cells: Option<u64>, width: f64) -> String {
    let wide = if width < 1.0 {
        format!("{} wide", share(width))
    } else {
        format!("{width:.1} times as wide as it")
    };
    cells.map_or_else(String::new, |cells| {
        format!(" and rounding to {cells} cells, which leaves a bracket {wide}")
    })
}

fn computed(design: &str, exact: Exact, sets: usize) -> Vec<Row> {
    let prices = if exact.at_todays_prices { ", at today's prices" } else { "" };
    let mean = mean_words(sets);
    let widest = exact.thresholds.iter().map(|threshold| threshold.reached.relative_width());
    let fine = rounding(exact.cells, widest.fold(0.0, f64::max));
    let how = match exact.method {
        Method::Free => format!("nobody has power: free{mean}"),
        Method::Quadrature { dimensions: 0, groups: 0, .. } => format!("computed{fine}{prices}{mean}"),
        Method::Quadrature { dimensions, groups, nodes, change } => {
            let group_words = if groups > 0 { format!(" and {groups} groups") } else { String::new() };
            format!(
                "integrated over {dimensions} dimensions{group_words}, {nodes} nodes, last change {change:.0e}{fine}{prices}{mean}"
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
    for Omitted { design, attack, threshold, why } in omitted {
        out.line(format_args!("{design}: {attack} ({threshold}): {AT_ONCE}: {why}; {ESTIMATED}"))?;
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
    let why = |why: Refusal| format!("{AT_ONCE}: {why}; {ESTIMATED}");
    let omitted = omitted.iter().map(
        |of| json!({ "design": of.design, "attack": of.attack, "threshold": of.threshold, "why": why(of.why) }),
    );
    json!({ "schema": "urn:montecartel:exact:1", "study": study.name, "service": service,
            "thresholds": rows.collect::<Vec<_>>(), "not_computed": omitted.collect::<Vec<_>>() })
}

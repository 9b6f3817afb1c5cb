//! Whether the figures that a reader looks at first are precise enough.

use super::{Estimate, Labels, Tally};
use crate::graph::Graph;

/// How precise the least precise headline figure is.
#[derive(Debug, Clone, PartialEq)]
pub struct Slowest {
    /// The figure in words.
    pub figure: String,
    /// Its standard error over its estimate; infinite where nothing was found yet.
    pub relative_error: f64,
}

/// What counts as precise.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Goal {
    /// Standard error over the estimate.
    pub relative_error: f64,
    /// Probabilities whose upper bound lies below this need no precision.
    pub negligible: f64,
}

impl Goal {
    /// Whether the figures meet it.
    pub fn is_met(&self, slowest: Option<&Slowest>) -> bool {
        slowest.is_none_or(|slowest| slowest.relative_error <= self.relative_error)
    }

    /// Standard error over the estimate; 0 for a probability that is negligible.
    pub fn of_probability(&self, estimate: &Estimate) -> f64 {
        if estimate.high < self.negligible { 0.0 } else { relative(estimate) }
    }
}

/// Standard error over the estimate; infinite where that is 0.
pub fn relative(estimate: &Estimate) -> f64 {
    if estimate.value == 0.0 { f64::INFINITY } else { (estimate.std_error / estimate.value).abs() }
}

/// The least precise headline figure: P(attack pays) of every design and target, P(threshold reached) and the mean attack cost of
/// every target.
pub fn slowest(graph: &Graph, labels: &Labels, tally: &Tally, goal: &Goal) -> Option<Slowest> {
    let mut figures: Vec<Slowest> = Vec::new();
    let probability = |hits: u64| goal.of_probability(&Estimate::probability(hits, tally.n));
    for (design, tally) in graph.designs.iter().zip(&tally.designs) {
        let figure = format!("p_attack_pays of design {}", design.name);
        figures.push(Slowest { figure, relative_error: probability(tally.attacked) });
    }
    for (target, tally) in labels.targets.iter().zip(&tally.targets) {
        let name = format!("{} {}", target.service, target.attack);
        let mut add = |metric: &str, relative_error: f64| {
            figures.push(Slowest { figure: format!("{metric} of {name}"), relative_error });
        };
        add("p_attack_pays", probability(tally.cheapest.pays));
        add("p_threshold_reached", probability(tally.threshold_reached));
        let reachable = probability(tally.cheapest.reachable);
        if tally.cheapest.cost.n() > 1 && reachable > 0.0 {
            add("attack_cost_usd", relative(&Estimate::mean(&tally.cheapest.cost)));
        }
    }
    figures.into_iter().reduce(|a, b| if b.relative_error > a.relative_error { b } else { a })
}

/// Blocks after which a run asks whether to stop: the first, then a quarter more each time.
pub fn next_check(blocks: u64) -> u64 {
    const FIRST: u64 = 64;
    (blocks + blocks / 4).next_multiple_of(FIRST).max(blocks + FIRST)
}

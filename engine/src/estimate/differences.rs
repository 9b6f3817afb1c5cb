//! Two designs under one attacker: differences scenario by scenario, so that what both share cancels.

use super::{Labels, tally};
use crate::attack::{Execution, NO_TARGET, Outcomes, TargetOutcome};
use crate::graph::Graph;
use crate::kernels::Column;
use crate::moments::Moments;

/// What is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// First design.
    pub a: usize,
    /// Second design.
    pub b: usize,
    /// Their targets, `None` for the designs as a whole.
    pub targets: Option<(usize, usize)>,
}

/// Moments of the differences a − b of one pair, one per name in [`TARGET_METRICS`]; of designs, in [`DESIGN_METRICS`].
#[derive(Debug, Clone, Copy, Default)]
pub struct PairTally {
    /// `[metric]`
    pub metrics: Differences,
}

/// `[metric]`
pub type Differences = [Moments; TARGET_METRICS.len()];

/// What is compared for a target.
pub const TARGET_METRICS: [&str; 5] = [
    "p_reachable",
    "p_attack_pays",
    "attack_cost_usd_given_reachable",
    "cost_of_corruption_usd_given_reachable",
    "slashed_usd",
];
/// What is compared for a whole design.
pub const DESIGN_METRICS: [&str; 4] = ["p_attack_pays", "net_gain_usd", "slashed_usd", "fault_slashed_usd"];

/// Every pair of designs, as a whole and for each target that both have.
pub fn pairs(graph: &Graph, labels: &Labels) -> Vec<Pair> {
    let mut pairs = Vec::new();
    for b in 0..graph.designs.len() {
        for a in 0..b {
            pairs.push(Pair { a, b, targets: None });
            let of_b = labels.design_targets(graph, &graph.designs[b]);
            for target_a in labels.design_targets(graph, &graph.designs[a]) {
                let name = |target: usize| (&labels.targets[target].service, &labels.targets[target].attack);
                let same = of_b.iter().find(|target_b| name(**target_b) == name(target_a));
                pairs.extend(same.map(|target_b| Pair { a, b, targets: Some((target_a, *target_b)) }));
            }
        }
    }
    pairs
}

/// Differences of one pair over a block. A target secured alike in both designs needs no count: all its differences
/// are 0 (see [`same`]).
pub fn compare(pair: &Pair, outcomes: &Outcomes, execution: &Execution, n: usize) -> PairTally {
    let metrics = match pair.targets {
        Some((a, b)) if a == b => Differences::default(),
        Some((a, b)) => compare_targets(outcomes, a, b, n),
        None => compare_designs(execution, pair.a, pair.b, n),
    };
    PairTally { metrics }
}

/// Differences of a target with itself: zeros, in `n` scenarios of which `reachable` are in reach.
pub fn same(n: u64, reachable: u64) -> Differences {
    let (all, given) = (Moments::of_hits(n, 0), Moments::of_hits(reachable, 0));
    [all, all, given, given, all]
}

fn indicator(hit: bool) -> f64 {
    if hit { 1.0 } else { 0.0 }
}

fn compare_targets(outcomes: &Outcomes, a: usize, b: usize, n: usize) -> Differences {
    let (a, b) = (&outcomes.targets[a], &outcomes.targets[b]);
    let reached = |target: &TargetOutcome, lane: usize| indicator(target.best.cost[lane].is_finite());
    let gate: Column = std::array::from_fn(|lane| a.best.cost[lane] + b.best.cost[lane]);
    let given = |x: &Column, y: &Column| Moments::of_reached(&difference(x, y)[..n], &gate[..n]);
    let slashed = difference(&tally::slashed(a), &tally::slashed(b));
    [
        column(n, |lane| reached(a, lane) - reached(b, lane)),
        column(n, |lane| indicator(a.pays(lane)) - indicator(b.pays(lane))),
        given(&a.best.cost, &b.best.cost),
        given(&a.best.forfeited, &b.best.forfeited),
        Moments::of(&slashed[..n]),
    ]
}

fn compare_designs(execution: &Execution, a: usize, b: usize, n: usize) -> Differences {
    let (a, b) = (&execution.designs[a], &execution.designs[b]);
    [
        column(n, |lane| indicator(a.target[lane] != NO_TARGET) - indicator(b.target[lane] != NO_TARGET)),
        Moments::of(&difference(&a.net_gain, &b.net_gain)[..n]),
        Moments::of(&difference(&a.slashed, &b.slashed)[..n]),
        Moments::of(&difference(&a.fault_slashed, &b.fault_slashed)[..n]),
        Moments::default(),
    ]
}

fn column(n: usize, value: impl Fn(usize) -> f64) -> Moments {
    let values: Column = std::array::from_fn(value);
    Moments::of(&values[..n])
}

fn difference(a: &Column, b: &Column) -> Column {
    std::array::from_fn(|lane| a[lane] - b[lane])
}

impl PairTally {
    /// Takes in a later sample.
    pub fn merge(&mut self, later: &Self) {
        self.metrics.iter_mut().zip(&later.metrics).for_each(|(a, b)| a.merge(b));
    }
}

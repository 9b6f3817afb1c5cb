//! Two designs under one attacker: differences scenario by scenario, so that what both share cancels.

use super::Labels;
use crate::attack::{Execution, NO_TARGET, Outcomes};
use crate::graph::Graph;
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

/// Moments of the differences a − b of one pair, one per name in [`target_metrics`] or [`DESIGN_METRICS`].
#[derive(Debug, Clone, Default)]
pub struct PairTally {
    /// `[metric]`
    pub metrics: Vec<Moments>,
}

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

/// Differences of one pair over a block. A target secured alike in both is compared with itself: all zeros.
pub fn compare(pair: &Pair, outcomes: &Outcomes, execution: &Execution, n: usize) -> PairTally {
    let metrics = match pair.targets {
        Some((a, b)) if a == b => {
            let zeros = Moments::of_hits(n as u64, 0);
            let reachable = (0..n).filter(|lane| outcomes.targets[a].cost(*lane).is_finite()).count() as u64;
            let given = Moments::of_hits(reachable, 0);
            vec![zeros, zeros, given, given, zeros]
        }
        Some((a, b)) => compare_targets(outcomes, a, b, n),
        None => compare_designs(execution, pair.a, pair.b, n),
    };
    PairTally { metrics }
}

fn indicator(hit: bool) -> f64 {
    if hit { 1.0 } else { 0.0 }
}

fn compare_targets(outcomes: &Outcomes, a: usize, b: usize, n: usize) -> Vec<Moments> {
    let (a, b) = (&outcomes.targets[a], &outcomes.targets[b]);
    let both = (0..n).filter_map(|lane| Some((lane, a.best(lane)?, b.best(lane)?)));
    let reach = |lane: usize| indicator(a.cost(lane).is_finite()) - indicator(b.cost(lane).is_finite());
    let pays = |lane: usize| indicator(a.pays(lane)) - indicator(b.pays(lane));
    let slashed = |target: &crate::attack::TargetOutcome, lane: usize| {
        if target.pays(lane) { target.best(lane).map_or(0.0, |route| route.forfeited[lane]) } else { 0.0 }
    };
    vec![
        Moments::of((0..n).map(reach)),
        Moments::of((0..n).map(pays)),
        Moments::of(both.clone().map(|(lane, a, b)| a.cost[lane] - b.cost[lane])),
        Moments::of(both.map(|(lane, a, b)| a.forfeited[lane] - b.forfeited[lane])),
        Moments::of((0..n).map(|lane| slashed(a, lane) - slashed(b, lane))),
    ]
}

fn compare_designs(execution: &Execution, a: usize, b: usize, n: usize) -> Vec<Moments> {
    let (a, b) = (&execution.designs[a], &execution.designs[b]);
    let attacked =
        |lane: usize| indicator(a.target[lane] != NO_TARGET) - indicator(b.target[lane] != NO_TARGET);
    vec![
        Moments::of((0..n).map(attacked)),
        Moments::of((0..n).map(|lane| a.net_gain[lane] - b.net_gain[lane])),
        Moments::of((0..n).map(|lane| a.slashed[lane] - b.slashed[lane])),
        Moments::of((0..n).map(|lane| a.fault_slashed[lane] - b.fault_slashed[lane])),
    ]
}

impl PairTally {
    /// Takes in a later sample.
    pub fn merge(&mut self, later: &Self) {
        self.metrics.iter_mut().zip(&later.metrics).for_each(|(a, b)| a.merge(b));
    }
}

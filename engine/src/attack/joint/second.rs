//! A second quorum of a target: what it needs of it, and how both are weighed where one inequality must do.
//!
//! A coalition that reaches both quorums covers `Σ p_o ≥ 1` in each, and so in every weighted mean of the two: the certificate, whose
//! multipliers are one a target, uses the mean that the target's own linear relaxation weighs them by; and where that leaves something
//! open, the mean that the relaxation of the best attack found weighs them by, in which several targets share their members. Relaxations
//! and searches for a fixed set of targets have a row for each quorum.

use super::branch::{Judge, Verdict, is_close};
use super::plan::Plan;
use super::scene::Scene;
use super::search::{Ground, keep_better};
use super::simplex::Simplex;
use crate::graph::{Joint, Targets, to_f64};

/// Pivots of a relaxation with two rows, and for each row of a larger one.
const PIVOTS: usize = 400;
/// How often quorums are weighed anew.
const ROUNDS: usize = 3;
/// Least change of a weight that is worth another round.
const CHANGE: f64 = 1e-3;

/// What a target needs of a second quorum. Columns are over candidates.
#[derive(Debug, Clone, Default)]
pub struct Second {
    /// The target.
    pub target: usize,
    /// Exact power. `[candidate]`
    pub units: Vec<u128>,
    /// Power needed.
    pub need: u128,
    /// Power as a part of what is needed, as in [`Scene::part`]. `[candidate]`
    pub part: Vec<f64>,
    /// The same of the first quorum. `[candidate]`
    pub first: Vec<f64>,
    /// Weight of the first quorum in the one inequality of both, in [0, 1].
    pub weight: f64,
}

impl Second {
    /// Without what follows from it.
    pub fn new(target: usize, units: Vec<u128>, need: u128) -> Self {
        Self { target, units, need, ..Self::default() }
    }

    pub(super) fn set_parts(&mut self, first: &[f64], divisible: &[bool]) {
        self.first.clear();
        self.first.extend_from_slice(first);
        self.part.clear();
        self.part.resize(first.len(), 0.0);
        let powers: Vec<f64> = self.units.iter().map(|units| to_f64(*units)).collect();
        parts_of((&powers, self.need), divisible, &mut self.part);
    }

    pub(super) fn is_in_reach(&self) -> bool {
        self.units.iter().sum::<u128>() >= self.need
    }

    /// Weight of the first quorum, in [0, 1]: of one that needs nothing 0, else as the relaxation has it.
    pub(super) fn own_weight(&self, first_need: u128, payments: &[f64]) -> f64 {
        if first_need == 0 {
            return 0.0;
        }
        if self.need == 0 {
            return 1.0;
        }
        let (mut simplex, mut mu) = (Simplex::default(), Vec::new());
        simplex.start(payments, [&self.first[..], &self.part].into_iter());
        if !simplex.solve(PIVOTS) {
            return 0.5;
        }
        simplex.multipliers(&mut mu);
        let sum: f64 = mu.iter().sum();
        if sum > 0.0 { mu[0] / sum } else { 0.5 }
    }
}

impl Judge {
    /// As [`Self::judge`]; where targets need two quorums and something is left open, judged again with the quorums weighed as the best
    /// attack found needs them. Every weighing gives a bound: the least of them holds.
    pub fn judge_weighed(&mut self, joint: &Joint, plan: &Plan, scene: &mut Scene, floor: f64) -> Verdict {
        let mut verdict = self.judge(Ground { joint, plan, scene }, floor);
        for _ in 0..if scene.second.is_empty() { 0 } else { ROUNDS } {
            let known = verdict.witness.as_ref().map_or(floor, |witness| witness.net().max(floor)).max(0.0);
            let is_closed = verdict.upper <= known || is_close(verdict.upper, known);
            let set = verdict.witness.as_ref().map_or(scene.in_reach, |witness| witness.targets);
            if is_closed || !scene.weigh_jointly(joint, plan, set) {
                break;
            }
            let again = self.judge(Ground { joint, plan, scene }, known);
            verdict.upper = verdict.upper.min(again.upper.max(known));
            keep_better(&mut verdict.witness, again.witness);
        }
        verdict
    }
}

impl Scene {
    /// Weighs the two quorums of every target as a linear relaxation does: of the targets of a set as that of the set, of each other one
    /// as that of the set with it, in the place of another kind of its service. Tells whether that changes much.
    fn weigh_jointly(&mut self, joint: &Joint, plan: &Plan, set: Targets) -> bool {
        let mut weights = self.weights_in(joint, set, set);
        let others = self.second.iter().map(|second| second.target).filter(|target| set >> target & 1 == 0);
        for target in others.filter(|target| self.in_reach >> target & 1 == 1) {
            let with = set & !plan.of_service[joint.targets[target].service] | 1 << target;
            weights.extend(self.weights_in(joint, with, 1 << target));
        }
        let before: Vec<f64> = weights.iter().map(|(at, _)| self.second[*at].weight).collect();
        weights.iter().for_each(|(at, weight)| self.set_weight(*at, *weight));
        weights.iter().zip(before).any(|((_, weight), before)| (weight - before).abs() > CHANGE)
    }

    /// Weights of the first quorum that the linear relaxation of a set gives some of its targets, by position in [`Self::second`].
    fn weights_in(&self, joint: &Joint, set: Targets, of: Targets) -> Vec<(usize, f64)> {
        let net = |who| self.payment(joint, set, who) - self.returned(joint, set, who);
        let payments: Vec<f64> = (0..self.n()).map(net).collect();
        let rows: Vec<usize> = self.rows(set).collect();
        let (mut simplex, mut mu) = (Simplex::default(), Vec::new());
        simplex.start(&payments, rows.iter().map(|row| self.row_part(*row)));
        if !simplex.solve(PIVOTS * rows.len().max(1)) {
            return Vec::new();
        }
        simplex.multipliers(&mut mu);
        let of_row = |row: usize| rows.iter().zip(&mu).find(|(known, _)| **known == row).map(|(_, mu)| *mu);
        let weight = |(at, second): (usize, &Second)| {
            let (first, second) = (of_row(second.target)?, of_row(self.need.len() + at)?);
            (first + second > 0.0).then(|| (at, first / (first + second)))
        };
        let asked = self.second.iter().enumerate().filter(|(_, second)| of >> second.target & 1 == 1);
        asked.filter_map(weight).collect()
    }
}

/// Whether anybody is needed for a design's first target.
pub fn needs(scene: &Scene) -> bool {
    !scene.is_unguarded(0)
}

/// Powers as parts of what is needed: at most 1 for those that join whole, since more is of no use.
pub(super) fn parts_of((powers, need): (&[f64], u128), divisible: &[bool], out: &mut [f64]) {
    if need == 0 {
        out.fill(0.0);
        return;
    }
    let inverse = 1.0 / to_f64(need);
    for (part, power) in out.iter_mut().zip(powers) {
        let all = power * inverse;
        *part = if all < 1.0 { all } else { 1.0 };
    }
    // A part of them brings that part of all their power.
    for (candidate, _) in divisible.iter().enumerate().filter(|(_, divisible)| **divisible) {
        out[candidate] = powers[candidate] * inverse;
    }
}

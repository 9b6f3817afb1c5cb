//! A second quorum of a target: what it needs of it, and how both are weighed where one inequality must do.
//!
//! A coalition that reaches both quorums covers `Σ p_o ≥ 1` in each, and so in every weighted mean of the two: the certificate, whose
//! multipliers are one a target, uses the mean that the target's own linear relaxation weighs them by. Relaxations and searches for a
//! fixed set of targets have a row for each quorum.

use super::scene::Scene;
use super::simplex::Simplex;
use crate::graph::to_f64;

/// Pivots of a relaxation with two rows.
const PIVOTS: usize = 400;

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
        parts_of((&self.units, self.need), divisible, &mut self.part);
    }

    pub(super) fn is_in_reach(&self) -> bool {
        self.units.iter().sum::<u128>() >= self.need
    }

    /// Weight of the first quorum, in [0, 1]: of one that needs nothing 0, else as the relaxation has it.
    pub(super) fn weight(&self, first_need: u128, payments: &[f64]) -> f64 {
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

/// Whether anybody is needed for a design's first target.
pub fn needs(scene: &Scene) -> bool {
    !scene.is_unguarded(0)
}

/// Powers as parts of what is needed: at most 1 for those that join whole, since more is of no use.
pub(super) fn parts_of((units, need): (&[u128], u128), divisible: &[bool], out: &mut [f64]) {
    if need == 0 {
        return;
    }
    let inverse = 1.0 / to_f64(need);
    for (part, units) in out.iter_mut().zip(units) {
        *part = if *units >= need { 1.0 } else { to_f64(*units) * inverse };
    }
    // A part of them brings that part of all their power.
    for (candidate, _) in divisible.iter().enumerate().filter(|(_, divisible)| **divisible) {
        out[candidate] = to_f64(units[candidate]) * inverse;
    }
}

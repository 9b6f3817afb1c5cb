//! Sums of attacked scenarios, counted one by one or weighted, and the estimates that come of them.

use super::scene::Damage;
use crate::estimate::Estimate;
use crate::moments::Moments;
use crate::rare::Weighted;

/// How often something happens.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Hits {
    plain: u64,
    weighted: Weighted,
}

/// A figure that is not 0 where something happens.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sum {
    pub plain: Moments,
    pub weighted: Weighted,
}

/// Scenarios booked to one player.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Booked {
    scenarios: Hits,
    slashed: Sum,
    users: Sum,
}

/// All scenarios of a design, attacked or not.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Whole {
    pub n: u64,
    /// Their weights.
    pub weights: Weighted,
    /// No weight exceeds this; `None`: none is anything but 1.
    pub most_weight: Option<f64>,
    /// Scenarios in which an attack pays.
    pub attacked: Hits,
    pub slashed: Sum,
    pub users: Sum,
}

impl Hits {
    pub(super) fn add(&mut self, damage: Damage) {
        self.plain += 1;
        self.weighted.add(damage.weight, 1.0);
    }

    pub(super) fn merge(&mut self, later: &Self) {
        self.plain += later.plain;
        self.weighted.merge(&later.weighted);
    }
}

impl Sum {
    fn add(&mut self, weight: f64, value: f64) {
        self.plain.merge(&Moments::of(&[value]));
        self.weighted.add(weight, value);
    }

    fn merge(&mut self, later: &Self) {
        self.plain.merge(&later.plain);
        self.weighted.merge(&later.weighted);
    }
}

impl Booked {
    pub(super) fn add(&mut self, damage: Damage) {
        self.scenarios.add(damage);
        self.slashed.add(damage.weight, damage.slashed);
        self.users.add(damage.weight, damage.users);
    }

    pub(super) fn merge(&mut self, later: &Self) {
        self.scenarios.merge(&later.scenarios);
        self.slashed.merge(&later.slashed);
        self.users.merge(&later.users);
    }

    /// How often, and the means of both damages over all scenarios.
    pub(super) fn estimates(&self, whole: &Whole) -> [Estimate; 3] {
        let mean = |sum: &Sum| {
            if whole.most_weight.is_some() {
                return whole.complete(&sum.weighted).mean();
            }
            let mut all = sum.plain;
            all.merge(&Moments::of_hits(whole.n - self.scenarios.plain, 0));
            Estimate::mean(&all)
        };
        [whole.probability(&self.scenarios), mean(&self.slashed), mean(&self.users)]
    }
}

impl Whole {
    pub(super) fn merge(&mut self, later: &Self) {
        self.n += later.n;
        self.weights.merge(&later.weights);
        self.attacked.merge(&later.attacked);
        self.slashed.merge(&later.slashed);
        self.users.merge(&later.users);
    }

    /// How often something happens.
    pub(super) fn probability(&self, hits: &Hits) -> Estimate {
        match self.most_weight {
            Some(most) => self.complete(&hits.weighted).probability(most),
            None => Estimate::probability(hits.plain, self.n),
        }
    }

    /// How often an attack pays, and the means of both damages.
    pub(super) fn estimates(&self) -> [Estimate; 3] {
        let mean = |sum: &Sum| match self.most_weight {
            Some(_) => sum.weighted.mean(),
            None => Estimate::mean(&sum.plain),
        };
        [self.probability(&self.attacked), mean(&self.slashed), mean(&self.users)]
    }

    /// Sums over some scenarios as sums over all: the others add their weight and nothing else.
    fn complete(&self, some: &Weighted) -> Weighted {
        let Weighted { n, w, ww, .. } = self.weights;
        Weighted { n, w, ww, ..*some }
    }
}

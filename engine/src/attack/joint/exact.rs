//! The cheapest coalition for a set of targets, as far as a limit of work reaches: branch and bound over operators, with the
//! multipliers of the linear relaxation as the bound.

use super::scene::Scene;
use crate::graph::{Joint, Targets, targets_in, to_f64};

/// Working memory. Depth counts decided candidates, `t` the targets of the set.
#[derive(Debug, Clone, Default)]
pub struct Exact {
    /// Who may join, most worth per payment first. `[depth]`
    who: Vec<u32>,
    payment: Vec<f64>,
    /// `[depth · n_targets + t]`
    units: Vec<u128>,
    /// Power of all from here on. `[depth · n_targets + t]`
    left: Vec<u128>,
    /// Most that those from here on are worth beyond their payment. `[depth]`
    surplus: Vec<f64>,
    /// Multiplier per unit of power. `[t]`
    mu: Vec<f64>,
    /// Power missing, a row for each open step. `[t]`
    missing: Vec<u128>,
    chosen: Vec<u32>,
    /// The cheapest coalition found: candidates.
    pub best: Vec<u32>,
    cost: f64,
    steps: usize,
}

impl Exact {
    /// Looks for a coalition that reaches the set for less than `known`, within so many steps; leaves it in `best`, empty if
    /// there is none. Returns what no coalition is paid less than; `None` if the work did not suffice to know.
    pub fn solve(
        &mut self,
        (joint, scene, set): (&Joint, &Scene, Targets),
        payments: &[f64],
        mu: &[f64],
        (known, steps): (f64, usize),
    ) -> Option<f64> {
        self.load((joint, scene, set), payments, mu);
        (self.cost, self.steps) = (known, steps);
        self.best.clear();
        self.chosen.clear();
        self.missing.clear();
        self.missing.extend(targets_in(set).map(|target| scene.need[target]));
        self.descend(0, 0.0);
        (self.steps > 0).then_some(self.cost - self.cost.abs() * 1e-12)
    }

    fn load(&mut self, (joint, scene, set): (&Joint, &Scene, Targets), payments: &[f64], mu: &[f64]) {
        let worth = |i: usize| targets_in(set).map(|t| mu[t] * scene.part_of(t)[i]).sum::<f64>();
        let units = |t: usize, i: usize| scene.units_of(joint.targets[t].service)[i];
        let may_join = |i: &usize| payments[*i] < 0.0 || targets_in(set).any(|t| units(t, *i) > 0);
        let mut order: Vec<(f64, usize)> =
            (0..scene.n()).filter(may_join).map(|i| (payments[i] / (worth(i) + 1e-30), i)).collect();
        order.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        self.who.clear();
        self.who.extend(order.iter().map(|(_, i)| u32::try_from(*i).unwrap_or(u32::MAX)));
        self.payment.clear();
        self.payment.extend(order.iter().map(|(_, i)| payments[*i]));
        self.units.clear();
        self.units.extend(order.iter().flat_map(|(_, i)| targets_in(set).map(move |t| units(t, *i))));
        self.mu.clear();
        self.mu.extend(targets_in(set).map(|t| mu[t] / to_f64(scene.need[t].max(1))));
        let (n, n_targets) = (order.len(), self.mu.len());
        self.surplus.clear();
        self.surplus.resize(n + 1, 0.0);
        self.left.clear();
        self.left.resize((n + 1) * n_targets, 0);
        for depth in (0..n).rev() {
            let more = worth(order[depth].1) - self.payment[depth];
            self.surplus[depth] = self.surplus[depth + 1] + more.max(0.0);
            for at in depth * n_targets..(depth + 1) * n_targets {
                self.left[at] = self.left[at + n_targets] + self.units[at];
            }
        }
    }

    /// Decides the candidates from `depth` on; the last row of `missing` is what is missing, `paid` what is paid.
    fn descend(&mut self, depth: usize, paid: f64) {
        let (n, n_targets) = (self.who.len(), self.mu.len());
        let row = self.missing.len() - n_targets;
        // Who gives more than it takes comes first and joins even where nothing is missing.
        let gives = depth < n && self.payment[depth] < 0.0;
        if !gives && self.missing[row..].iter().all(|missing| *missing == 0) {
            if paid < self.cost {
                self.cost = paid;
                self.best.clone_from(&self.chosen);
            }
            return;
        }
        let at = depth * n_targets;
        let left = &self.left[at..at + n_targets];
        let falls_short = left.iter().zip(&self.missing[row..]).any(|(left, missing)| left < missing);
        if depth == n || falls_short || self.steps == 0 || self.least(depth, paid, row) >= self.cost {
            return;
        }
        self.steps -= 1;
        let helps = (0..n_targets).any(|t| self.missing[row + t] > 0 && self.units[at + t] > 0);
        if gives || helps {
            for t in 0..n_targets {
                let missing = self.missing[row + t].saturating_sub(self.units[at + t]);
                self.missing.push(missing);
            }
            self.chosen.push(self.who[depth]);
            self.descend(depth + 1, paid + self.payment[depth]);
            self.chosen.pop();
            self.missing.truncate(row + n_targets);
        }
        if !gives {
            self.descend(depth + 1, paid);
        }
    }

    /// Nobody gets by with less: the multipliers' price of what is missing, less what those left are worth beyond it.
    fn least(&self, depth: usize, paid: f64, row: usize) -> f64 {
        let missing = self.missing[row..].iter().zip(&self.mu);
        let price: f64 = missing.map(|(missing, mu)| mu * to_f64(*missing)).sum();
        let least = paid + price - self.surplus[depth];
        least - 1e-12 * (paid.abs() + price + self.surplus[depth])
    }
}

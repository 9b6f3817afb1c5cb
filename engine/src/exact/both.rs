//! How likely colluders alone reach two quorums at once.

use super::lattice::{ROUNDINGS, Rounding, gcd};
use super::nodes::{Node, Split, normal_axis};
use super::plane::{Item, MOST_OF_ONE, Plane, Steps};
use super::quadrature::{Laws, integrate};
use super::{Answer, Factored, Precision, Refusal, ServicePower};
use crate::graph::to_f64;
use libm::{exp, log};
use std::cmp::Reverse;

/// Cells of the planes that say which nodes matter.
const COARSE: u64 = 24;

/// Powers in two quorums and what each target needs of them, over their common divisors.
#[derive(Debug, Clone, PartialEq)]
pub struct Both {
    /// Operators with power in either. `[member]`
    pub members: Vec<u32>,
    /// `[member][quorum]`
    powers: Vec<[u128; 2]>,
    /// `[target][quorum]`
    needs: Vec<[u128; 2]>,
}

impl Both {
    /// From each quorum's own members.
    pub fn new(quorums: &[ServicePower; 2]) -> Self {
        let mut members: Vec<u32> = quorums.iter().flat_map(|quorum| &quorum.members).copied().collect();
        members.sort_unstable();
        members.dedup();
        let divisors = [0, 1].map(|of: usize| quorums[of].powers.iter().copied().fold(0, gcd).max(1));
        let mut powers = vec![[0; 2]; members.len()];
        for (of, quorum) in quorums.iter().enumerate() {
            for (member, power) in quorum.members.iter().zip(&quorum.powers) {
                if let Ok(at) = members.binary_search(member) {
                    powers[at][of] = power / divisors[of];
                }
            }
        }
        let needs = quorums[0].needs.iter().zip(&quorums[1].needs);
        // A quorum in which nobody has power is reached by nobody at no cost.
        let some = [0, 1].map(|of: usize| u128::from(quorums[of].total() > 0));
        let needs =
            needs.map(|(a, b)| [some[0] * a.div_ceil(divisors[0]), some[1] * b.div_ceil(divisors[1])]);
        let needs = needs.collect();
        Self { members, powers, needs }
    }

    /// P(both quorums are reached) of each target, no more than about `window` cells of each quorum at a time.
    ///
    /// # Errors
    /// If too many factors cross, or the work is too much.
    pub(super) fn integrate(
        &self,
        factored: &Factored,
        window: u64,
        precision: Precision,
    ) -> Result<Answer, Refusal> {
        let split = Split::new(factored);
        let Some(items) = self.items(&split, factored) else {
            return Err(Refusal::TooMuchWork { limit: precision.most_work });
        };
        let steps = |window, rounding| Steps::new(&items, &self.powers, window, rounding);
        let fine = ROUNDINGS.map(|rounding| steps(window, rounding));
        let coarse = steps(COARSE.min(window), Rounding::Up);
        let plane = Plane::default();
        let mut laws = Twofold {
            both: self,
            factored,
            split: &split,
            items: &items,
            fine: &fine,
            coarse: &coarse,
            plane,
        };
        integrate(&mut laws, &split, precision)
    }

    /// Whether so many cells round no power.
    pub(super) fn is_exact(&self, window: u64) -> bool {
        let total = |quorum: usize| self.powers.iter().map(|power| power[quorum]).sum::<u128>();
        (0..2).all(|quorum| total(quorum) <= u128::from(window))
    }

    /// Groups and single members, most power first; `None` if a group has too many.
    fn items(&self, split: &Split, factored: &Factored) -> Option<Vec<Item>> {
        let single = |member: &usize| Item { members: vec![*member], factor: None };
        let mut items: Vec<Item> = split.rest.iter().map(single).collect();
        for members in split.groups.iter().filter(|group| !group.is_empty()) {
            let slopes = &factored.members[members[0]].slopes;
            let factor = slopes.iter().map(|(factor, _)| *factor).find(|f| !split.outer.contains(f));
            items.push(Item { members: members.clone(), factor });
        }
        let total = |quorum: usize| self.powers.iter().map(|power| power[quorum]).sum::<u128>().max(1);
        let totals = [total(0), total(1)].map(to_f64);
        let share = |item: &Item| -> f64 {
            item.members
                .iter()
                .map(|m| to_f64(self.powers[*m][0]) / totals[0] + to_f64(self.powers[*m][1]) / totals[1])
                .sum()
        };
        items.sort_by(|a, b| share(b).total_cmp(&share(a)));
        items.iter().all(|item| item.members.len() <= MOST_OF_ONE).then_some(items)
    }
}

/// Laws of both powers given the factors.
struct Twofold<'a> {
    both: &'a Both,
    factored: &'a Factored,
    split: &'a Split,
    items: &'a [Item],
    /// `[rounding]`
    fine: &'a [Steps; 3],
    coarse: &'a Steps,
    plane: Plane,
}

impl Twofold<'_> {
    /// Probabilities of all subsets of an item at a node.
    fn chances(&self, item: &Item, (node, step): (&Node, f64), into: &mut Vec<f64>) {
        let mut factors = self.split.factors(self.factored.n_factors, node);
        into.resize(1 << item.members.len(), 0.0);
        let mut add = |factors: &[f64], weight: f64| {
            let mut subsets = vec![weight];
            for member in &item.members {
                let (p, q) = self.factored.members[*member].chance(factors, node.scale);
                let with = subsets.iter().map(|before| before * p).collect::<Vec<_>>();
                subsets.iter_mut().for_each(|before| *before *= q);
                subsets.extend(with);
            }
            into.iter_mut().zip(&subsets).for_each(|(into, more)| *into += more);
        };
        match item.factor {
            None => add(&factors, 1.0),
            Some(factor) => {
                for ((z, log_density), _) in &normal_axis(step) {
                    factors[factor] = *z;
                    add(&factors, exp(*log_density) * step);
                }
            }
        }
    }

    /// P(each target is reached).
    fn law(&mut self, at: (&Node, f64), (steps, rounding): (&Steps, Rounding), into: &mut [f64]) {
        let mut plane = std::mem::take(&mut self.plane);
        let mut subsets: Vec<Vec<f64>> = vec![Vec::new(); self.items.len()];
        for (item, subsets) in self.items.iter().zip(&mut subsets) {
            self.chances(item, at, subsets);
        }
        for (needs, into) in self.both.needs.iter().zip(into) {
            *into = plane.reached((steps, rounding), *needs, |item, chances| {
                chances.extend_from_slice(&subsets[item]);
            });
        }
        self.plane = plane;
    }
}

impl Laws for Twofold<'_> {
    fn factored(&self) -> &Factored {
        self.factored
    }

    fn n_thresholds(&self) -> usize {
        self.both.needs.len()
    }

    fn n_roundings(&self) -> usize {
        if self.fine[0].is_exact { 1 } else { 3 }
    }

    fn rarest(&self) -> usize {
        let needs = self.both.needs.iter().enumerate();
        needs.min_by_key(|(_, needs)| Reverse(needs[0])).map_or(0, |(index, _)| index)
    }

    /// By a coarse plane, powers rounded up.
    fn log_bounds(&mut self, node: &Node, step: f64) -> Vec<f64> {
        let mut bounds = vec![0.0; self.both.needs.len()];
        let coarse = self.coarse;
        self.law((node, step), (coarse, Rounding::Up), &mut bounds);
        bounds.iter().map(|bound| node.log_weight + log(*bound)).collect()
    }

    fn reached(&mut self, node: &Node, rounding: usize, step: f64, into: &mut [f64]) {
        let steps = &self.fine[rounding];
        self.law((node, step), (steps, ROUNDINGS[rounding]), into);
    }

    fn work(&self) -> u64 {
        self.plane.work
    }
}

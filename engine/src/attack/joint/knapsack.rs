//! The cheapest coalition for one target, whole operators alone: a knapsack to be covered.
//!
//! ```text
//! min Σ_o c_o x_o   subject to   Σ_o u_o x_o ≥ need,   x_o ∈ {0, 1}
//! ```
//!
//! Depth first: of the relaxation, which takes everybody in the order of payment per power, the last one joins only in part; it joins
//! whole or not at all (Horowitz and Sahni 1974, for the knapsack that is filled). Every relaxation is completed by whoever brings the
//! rest for least. Once somebody is left out, so is everybody who has no more power and asks for no less: exchanging the two would not
//! hurt. Power is counted in integers.

use super::exact::Aim;
use super::order::Order;
use crate::graph::to_f64;

/// Relaxations to one of the search with several rows, which takes some hundred times as long.
const STEPS: usize = 20;
/// Relaxations after which near misses are not followed any more.
const EXACT: usize = 64;
/// Payments per power that differ by less than 2^−39 of themselves count as one, the largest powers first: the small ones after
/// them make up the rest best.
const COARSE: usize = 1 << 12;
/// How far a bound is rounded, as a part of all that is added up.
const ROUNDING: f64 = 1e-12;

/// Working memory.
#[derive(Debug, Clone, Default)]
pub struct Knapsack {
    by_size: Order,
    by_ratio: Order,
    sizes: Vec<u32>,
    /// Whoever has power and asks for something, cheapest per power first.
    order: Vec<u32>,
    /// `[place in the order]`
    payments: Vec<f64>,
    /// `[place in the order]`
    units: Vec<u128>,
    /// By how many who are left out each is ruled out. `[place in the order]`
    ruled_out: Vec<u32>,
    /// Whether each has joined for good. `[place in the order]`
    joined: Vec<bool>,
    /// Payments of all.
    paid: f64,
    /// Places of those who have joined.
    chosen: Vec<u32>,
    best: Vec<u32>,
    /// Nothing that costs as much is sought.
    limit: f64,
    /// No coalition in what was left out is paid less.
    open: f64,
    rounding: f64,
    steps: usize,
}

impl Knapsack {
    /// Looks for a coalition that costs less than is known, as far as `aim` says; leaves it in `members`, empty if there is none.
    /// Returns what no coalition is paid less than. Payments are at least 0.
    pub fn solve(
        &mut self,
        (payments, units): (&[f64], &[u128]),
        need: u128,
        aim: Aim,
        members: &mut Vec<u32>,
    ) -> f64 {
        self.sort(payments, units);
        let gives = |who: &u32| payments[*who as usize] <= 0.0 && units[*who as usize] > 0;
        members.clear();
        members.extend((0u32..).take(payments.len()).filter(gives));
        let given: u128 = members.iter().map(|who| units[*who as usize]).sum();
        (self.open, self.steps) = (f64::INFINITY, 0);
        self.limit = self.limit_at(aim, aim.known);
        self.chosen.clear();
        self.best.clear();
        let missing = need.saturating_sub(given);
        let mut found = None;
        if missing == 0 {
            found = (aim.known > 0.0).then_some(0.0);
            self.open = 0.0;
        } else {
            self.descend((0.0, missing), (aim, &mut found));
        }
        let Some(cost) = found else {
            members.clear();
            return self.open;
        };
        members.extend(self.best.iter().map(|place| self.order[*place as usize]));
        // Of those who ask for nothing, only as many as it takes.
        let mut surplus = members.iter().map(|who| units[*who as usize]).sum::<u128>() - need;
        members.retain(|who| {
            let leaves = gives(who) && units[*who as usize] <= surplus;
            surplus -= if leaves { units[*who as usize] } else { 0 };
            !leaves
        });
        self.open.min(cost - ROUNDING * cost)
    }

    /// Puts those in order who have power and ask for something.
    fn sort(&mut self, payments: &[f64], units: &[u128]) {
        self.by_size.clear(payments.len());
        for ((who, payment), units) in (0u32..).zip(payments).zip(units) {
            if *units > 0 && *payment > 0.0 {
                self.by_size.push(-to_f64(*units), who);
            }
        }
        self.by_size.sort();
        self.sizes.clear();
        self.sizes.extend(self.by_size.iter());
        self.by_ratio.clear(payments.len().max(COARSE));
        for (place, who) in (0u32..).zip(&self.sizes) {
            self.by_ratio.push(payments[*who as usize] / to_f64(units[*who as usize]), place);
        }
        self.by_ratio.sort();
        self.rounding = ROUNDING + 2.0 * self.by_ratio.blur();
        self.order.clear();
        self.units.clear();
        self.payments.clear();
        for place in self.by_ratio.iter() {
            let who = self.sizes[place as usize];
            self.order.push(who);
            self.payments.push(payments[who as usize]);
            self.units.push(units[who as usize]);
        }
        self.paid = self.payments.iter().sum();
        self.ruled_out.clear();
        self.ruled_out.resize(self.order.len(), 0);
        self.joined.clear();
        self.joined.resize(self.order.len(), false);
    }

    /// Decides those who are open; who has joined costs so much and so much power, more than nothing, is missing.
    fn descend(&mut self, (cost, missing): (f64, u128), (aim, found): (Aim, &mut Option<f64>)) {
        let n_chosen = self.chosen.len();
        let Some((last, paid, left)) = self.relax(missing) else {
            self.chosen.truncate(n_chosen);
            return;
        };
        let part = to_f64(left) / to_f64(self.units[last]);
        let least = cost + paid + part * self.payments[last] - self.rounding * self.paid;
        if least >= self.limit || self.steps >= aim.steps * STEPS {
            self.open = self.open.min(least);
            self.chosen.truncate(n_chosen);
            return;
        }
        self.steps += 1;
        if self.steps == EXACT {
            self.limit = self.limit_at(aim, found.unwrap_or(aim.known));
        }
        self.complete(last, (cost + paid, left), (aim, &mut *found));
        self.chosen.truncate(n_chosen);
        let joins_first = part >= 0.5;
        for joins in [joins_first, !joins_first] {
            if joins {
                self.join(last, (cost, missing), (aim, &mut *found));
            } else if !self.is_idle(last) {
                self.rule_out(last, 1);
                self.descend((cost, missing), (aim, &mut *found));
                self.rule_out(last, u32::MAX);
            }
        }
    }

    /// Goes on with one more who has joined for good.
    fn join(&mut self, place: usize, (cost, missing): (f64, u128), (aim, found): (Aim, &mut Option<f64>)) {
        let cost = cost + self.payments[place];
        self.chosen.extend(places(place..place + 1));
        if self.units[place] < missing {
            self.joined[place] = true;
            self.descend((cost, missing - self.units[place]), (aim, found));
            self.joined[place] = false;
        } else if cost < found.unwrap_or(aim.known) {
            *found = Some(cost);
            self.limit = self.limit_at(aim, cost);
            self.best.clone_from(&self.chosen);
        } else {
            self.open = self.open.min(cost);
        }
        self.chosen.pop();
    }

    /// Chooses all who are open, until one brings all that is missing; that one, what the others are paid and what is missing then.
    /// `None` if they fall short.
    fn relax(&mut self, missing: u128) -> Option<(usize, f64, u128)> {
        let (mut paid, mut left) = (0.0, missing);
        for place in 0..self.order.len() {
            if self.ruled_out[place] > 0 || self.joined[place] {
                continue;
            }
            if self.units[place] >= left {
                return Some((place, paid, left));
            }
            paid += self.payments[place];
            left -= self.units[place];
            self.chosen.extend(places(place..place + 1));
        }
        None
    }

    /// Everybody from a place on who has no more power and asks for no less.
    fn no_better(&self, place: usize) -> impl Iterator<Item = usize> + '_ {
        let (units, payment) = (self.units[place], self.payments[place]);
        let from = self.units.iter().zip(&self.payments).enumerate().skip(place);
        from.filter(move |(_, (other, asks))| **other <= units && **asks >= payment).map(|(at, _)| at)
    }

    /// Whether somebody has joined who could be exchanged for this one.
    fn is_idle(&self, place: usize) -> bool {
        self.no_better(place).any(|other| self.joined[other])
    }

    /// Adds to what rules somebody out, and everybody after who is no better.
    fn rule_out(&mut self, place: usize, by: u32) {
        let mut ruled_out = std::mem::take(&mut self.ruled_out);
        for other in self.no_better(place) {
            ruled_out[other] = ruled_out[other].wrapping_add(by);
        }
        self.ruled_out = ruled_out;
    }

    /// Keeps a coalition of the chosen, who cost so much, and one more from the last one on who brings what is missing: whoever asks for
    /// least, or that one. Chosen ones who are needed no more leave.
    fn complete(&mut self, last: usize, (cost, left): (f64, u128), (aim, found): (Aim, &mut Option<f64>)) {
        let rest = self.payments[last..].iter().zip(&self.units[last..]).enumerate();
        let able = rest
            .filter(|(place, (_, units))| **units >= left && !self.joined[last + place])
            .map(|(place, (payment, _))| (last + place, *payment));
        let Some((cheapest, _)) = able.min_by(|a, b| a.1.total_cmp(&b.1)) else { return };
        for one in [cheapest, last] {
            let mut surplus = self.units[one] - left;
            let mut cost = cost + self.payments[one];
            for place in self.chosen.iter().rev().map(|place| *place as usize) {
                if self.units[place] <= surplus {
                    surplus -= self.units[place];
                    cost -= self.payments[place];
                }
            }
            if cost < found.unwrap_or(aim.known) {
                *found = Some(cost);
                self.limit = self.limit_at(aim, cost);
                let mut surplus = self.units[one] - left;
                self.best.clear();
                self.best.extend(places(one..one + 1));
                for place in self.chosen.iter().rev() {
                    if self.units[*place as usize] <= surplus {
                        surplus -= self.units[*place as usize];
                    } else {
                        self.best.push(*place);
                    }
                }
            }
        }
    }

    /// What a coalition has to cost less than to be sought once one of this cost is known.
    fn limit_at(&self, aim: Aim, cost: f64) -> f64 {
        // What differs by less than a bound is rounded by is the same.
        let cost = cost - 2.0 * self.rounding * self.paid;
        if self.steps < EXACT { cost } else { aim.limit(cost) }
    }
}

/// Positions as they are kept.
#[expect(clippy::cast_possible_truncation, reason = "positions among candidates")]
fn places(range: std::ops::Range<usize>) -> impl Iterator<Item = u32> {
    range.map(|place| place as u32)
}

#[cfg(test)]
mod tests {
    use super::super::tests::Dice;
    use super::*;

    /// With work enough the cheapest coalition is found; with little, or where near misses will do, the bound holds.
    #[test]
    fn the_cheapest_coalition_is_that_of_brute_force() {
        let mut dice = Dice(41);
        for round in 0..2000 {
            let n = 1 + dice.below(12);
            let payments: Vec<f64> =
                (0..n).map(|_| if dice.below(6) == 0 { 0.0 } else { 10.0 * dice.unit() }).collect();
            let units: Vec<u128> = (0..n).map(|_| dice.below(60) as u128).collect();
            let need = 1 + dice.below(200) as u128;
            let of = |set: u32| (0..n).filter(move |who| set >> who & 1 == 1);
            let sets = (0u32..1 << n).filter(|set| of(*set).map(|who| units[who]).sum::<u128>() >= need);
            let truth =
                sets.map(|set| of(set).map(|who| payments[who]).sum::<f64>()).fold(f64::INFINITY, f64::min);
            let profit = 40.0 * dice.unit();
            let close = if round % 3 == 0 { 0.1 } else { 0.0 };
            let steps = if round % 5 == 0 { 1 } else { 100_000 };
            let (mut knapsack, mut members) = (Knapsack::default(), Vec::new());
            let aim = Aim { profit, known: profit, close, steps };
            let least = knapsack.solve((&payments, &units), need, aim, &mut members);
            assert!(least <= truth + 1e-9, "{least} {truth}");
            let found: f64 = members.iter().map(|who| payments[*who as usize]).sum();
            if !members.is_empty() {
                assert!(members.iter().map(|who| units[*who as usize]).sum::<u128>() >= need);
                assert!(found < profit + 1e-12 && found >= truth - 1e-9);
            }
            if steps > 1 && truth < profit - 1e-9 {
                assert!(!members.is_empty() && profit - found >= (profit - truth) * (1.0 - close) - 1e-9);
                assert!(profit - least <= (profit - found) * (1.0 + close) + 1e-9);
            }
            if steps > 1 && truth > profit + 1e-9 {
                assert!(members.is_empty() && least >= profit - 1e-9);
            }
        }
    }
}

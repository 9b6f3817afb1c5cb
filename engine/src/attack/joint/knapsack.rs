//! The cheapest coalition for one target, whole operators alone: a knapsack to be covered.
//!
//! ```text
//! min Σ_o c_o x_o   subject to   Σ_o u_o x_o ≥ need,   x_o ∈ {0, 1}
//! ```
//!
//! The relaxation takes everybody in the order of payment per power, the last one in part. Whole solutions differ from it near that last
//! one only: from there outwards it is decided of one after the other, to the right whether it joins, to the left whether it leaves, for all
//! partial solutions at once (Pisinger, A minimal algorithm for the 0-1 knapsack problem, 1997). One that has no more power than
//! another and costs no less goes; so does one whose bound, what is missing at the price of the next to the right or what is over at
//! that of the next to the left, is no better than what is known. Whoever could not change his mind within that is passed over.
//! Power is counted in integers.

use super::exact::Aim;
use super::order::Order;
use crate::graph::to_f64;

/// Partial solutions to one relaxation of the search with several rows, which takes some hundred times as long.
const STATES: usize = 400;
/// Decisions after which near misses are not followed any more.
const EXACT: usize = 6;
/// Most decisions that a partial solution can tell of.
const MOST: usize = 128;
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
    /// Payments of all.
    paid: f64,
    /// Partial solutions, most power first; the cheaper, the less they have.
    states: Vec<State>,
    next: Vec<State>,
    /// Places of whom it has been decided. `[decision]`
    decided: Vec<usize>,
    /// The cheapest coalition: places.
    best: Vec<usize>,
    best_cost: Option<f64>,
    /// Nothing that costs as much is sought.
    limit: f64,
    /// No coalition in what was left out is paid less.
    open: f64,
    rounding: f64,
    aim: Aim,
}

/// A partial solution.
#[derive(Debug, Clone, Copy)]
struct State {
    power: u128,
    cost: f64,
    /// Of whom the decision differs from the relaxation, a bit a decision.
    changed: u128,
}

impl State {
    /// What every solution costs at least that this one can come to: what is missing at the price of the next to the right, what is over
    /// at that of the next to the left.
    fn bound(&self, missing: u128, (cheaper, dearer): (f64, f64)) -> f64 {
        if self.power >= missing {
            self.cost - to_f64(self.power - missing) * cheaper
        } else {
            self.cost + to_f64(missing - self.power) * dearer
        }
    }
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
        (self.open, self.aim) = (f64::INFINITY, aim);
        self.best_cost = None;
        self.best.clear();
        self.decided.clear();
        self.limit = self.limit_at(aim.known);
        let missing = need.saturating_sub(given);
        if missing == 0 {
            self.best_cost = (aim.known > 0.0).then_some(0.0);
            self.open = 0.0;
        } else {
            self.search(missing);
        }
        let Some(cost) = self.best_cost else {
            members.clear();
            return self.open;
        };
        members.extend(self.best.iter().map(|place| self.order[*place]));
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
    }

    /// Looks for the cheapest coalition of those in order; some power, more than nothing, is missing.
    fn search(&mut self, missing: u128) {
        let (mut power, mut cost, mut last) = (0, 0.0, 0);
        while last < self.order.len() && power + self.units[last] < missing {
            power += self.units[last];
            cost += self.payments[last];
            last += 1;
        }
        if last == self.order.len() {
            return;
        }
        let ratio = self.ratio(last);
        let least = cost + to_f64(missing - power) * ratio - self.rounding * self.paid;
        if least >= self.limit {
            self.open = least;
            return;
        }
        self.complete(last, cost, missing - power);
        self.states.clear();
        self.states.push(State { power, cost, changed: 0 });
        let (mut left, mut right, mut work) = (last, last, 0);
        while !self.states.is_empty() && (left > 0 || right < self.order.len()) {
            let joins = right < self.order.len() && (right - last <= last - left || left == 0);
            let place = if joins { right } else { left - 1 };
            (left, right) = if joins { (left, right + 1) } else { (left - 1, right) };
            // What any solution costs more in which this one does otherwise than in the relaxation.
            let more = (self.payments[place] - ratio * to_f64(self.units[place])).abs();
            if least + more >= self.limit {
                self.open = self.open.min(least + more);
                continue;
            }
            work += self.states.len();
            if work > self.aim.steps * STATES || self.decided.len() == MOST {
                // What has been decided last is left open.
                (left, right) = if joins { (left, right - 1) } else { (left + 1, right) };
                break;
            }
            self.decide((place, joins), (left, right), (missing, last));
        }
        let prices = self.prices((left, right));
        let bounds = self.states.iter().map(|state| state.bound(missing, prices) - self.rounding * self.paid);
        self.open = bounds.fold(self.open, f64::min);
    }

    fn ratio(&self, place: usize) -> f64 {
        self.payments[place] / to_f64(self.units[place])
    }

    /// Payments per power of the next to the left and to the right of places that are decided.
    fn prices(&self, (left, right): (usize, usize)) -> (f64, f64) {
        let dearer = if right < self.order.len() { self.ratio(right) } else { f64::INFINITY };
        (if left > 0 { self.ratio(left - 1) } else { 0.0 }, dearer)
    }

    /// Decides of one place in every partial solution, whether it joins or leaves, and keeps those that may come to something.
    fn decide(
        &mut self,
        (place, joins): (usize, bool),
        (left, right): (usize, usize),
        (missing, last): (u128, usize),
    ) {
        let bit = 1u128 << self.decided.len();
        self.decided.push(place);
        if self.decided.len() == EXACT {
            self.limit = self.aim.limit(self.best_cost.unwrap_or(self.aim.known)).min(self.limit);
        }
        let (units, payment) = (self.units[place], self.payments[place]);
        let changed = |state: &State| {
            let changed = state.changed | bit;
            if joins {
                State { power: state.power + units, cost: state.cost + payment, changed }
            } else {
                State { power: state.power - units, cost: state.cost - payment, changed }
            }
        };
        let states = std::mem::take(&mut self.states);
        for state in states.iter().map(changed).filter(|state| state.power >= missing) {
            if state.cost < self.best_cost.unwrap_or(self.aim.known) {
                self.keep(&state, last);
            }
        }
        let (prices, rounding) = (self.prices((left, right)), self.rounding * self.paid);
        let mut next = std::mem::take(&mut self.next);
        next.clear();
        let (mut least, mut open) = (f64::INFINITY, self.open);
        let (mut same, mut other) = (states.iter().peekable(), states.iter().map(changed).peekable());
        loop {
            let state = match (same.peek(), other.peek()) {
                (Some(one), Some(two)) if (one.power, -one.cost) < (two.power, -two.cost) => other.next(),
                (None, _) => other.next(),
                _ => same.next().copied(),
            };
            let Some(state) = state else { break };
            // Another that has no less power costs no more.
            if state.cost >= least {
                continue;
            }
            least = state.cost;
            let bound = state.bound(missing, prices) - rounding;
            if bound >= self.limit {
                open = open.min(bound);
            } else {
                next.push(state);
            }
        }
        (self.open, self.next, self.states) = (open, states, next);
    }

    /// Keeps a solution; places before `last` are in the relaxation's.
    fn keep(&mut self, state: &State, last: usize) {
        let Self { best, decided, .. } = self;
        let is_changed = |place: usize| {
            let at = decided.iter().position(|decided| *decided == place);
            at.is_some_and(|at| state.changed >> at & 1 == 1)
        };
        best.clear();
        best.extend((0..last).filter(|place| !is_changed(*place)));
        best.extend(decided.iter().copied().filter(|place| *place >= last && is_changed(*place)));
        self.found(state.cost);
    }

    fn found(&mut self, cost: f64) {
        self.best_cost = Some(cost);
        self.limit = self.limit_at(cost);
    }

    /// Keeps a coalition of those before `last`, who cost so much, and one more from there on who brings what is missing: whoever asks for
    /// least, or that one. Those who are needed no more leave.
    fn complete(&mut self, last: usize, cost: f64, short: u128) {
        let rest = self.payments[last..].iter().zip(&self.units[last..]).enumerate();
        let able =
            rest.filter(|(_, (_, units))| **units >= short).map(|(at, (payment, _))| (last + at, *payment));
        let Some((cheapest, _)) = able.min_by(|a, b| a.1.total_cmp(&b.1)) else { return };
        for one in [cheapest, last] {
            let mut surplus = self.units[one] - short;
            let mut cost = cost + self.payments[one];
            let mut leave = |place: &usize| {
                let leaves = self.units[*place] <= surplus;
                surplus -= if leaves { self.units[*place] } else { 0 };
                cost -= if leaves { self.payments[*place] } else { 0.0 };
                leaves
            };
            let stay: Vec<usize> = (0..last).rev().filter(|place| !leave(place)).collect();
            if cost < self.best_cost.unwrap_or(self.aim.known) {
                self.best = stay;
                self.best.push(one);
                self.found(cost);
            }
        }
    }

    /// What a coalition has to cost less than to be sought once one of this cost is known.
    fn limit_at(&self, cost: f64) -> f64 {
        // What differs by less than a bound is rounded by is the same.
        let cost = cost - 2.0 * self.rounding * self.paid;
        if self.decided.len() < EXACT { cost } else { self.aim.limit(cost) }
    }
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

//! The cheapest coalition where operators can commit a part of their keys.
//!
//! ```text
//! min Σ_o c_o x_o   subject to   Σ_o u_o x_o ≥ need,   0 ≤ x_o ≤ 1, whole for operators with one key
//! ```
//!
//! The relaxation takes everybody in the order of payment per power and of the last one the part that is missing. If that one can be
//! divided, nothing is cheaper; if it cannot, it joins or it does not, and either is relaxed again, with a limit of work. Power is
//! counted in integers.

use super::coalition::{Coalition, CoalitionCost, Recruits, narrow};
use crate::graph::to_f64;
use crate::kernels::bits;

/// Steps after which a search ends unfinished.
const MOST_STEPS: u32 = 400;
/// A gap between a cost and a bound, as a part of the cost, below which nothing is sought any more.
const OPEN: f64 = 1e-12;

/// Somebody who can join.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Candidate {
    /// What it must be paid whole.
    pub payment: f64,
    /// Power whole, above 0.
    pub units: u128,
    /// Position: rank or slot.
    pub position: usize,
    /// Whether it can commit a part of its keys.
    pub divisible: bool,
}

/// Writes the cheapest coalition found among candidates; `None` if all of them fall short of `least`. `of` tells the units, the
/// private loss, the forfeited stake (USD, whole) and whether it can be divided of the operator at a position.
pub(super) fn cheapest(
    recruits: &Recruits<'_>,
    least: u128,
    of: impl Fn(usize) -> (u128, f64, f64, bool),
    coalition: &mut Coalition,
) -> Option<CoalitionCost> {
    let candidate = |position: usize, pay: f64| {
        let (units, private, _, divisible) = of(position);
        (units > 0).then_some(Candidate { payment: pay * private, units, position, divisible })
    };
    let colluders = bits::ones(recruits.colluders)
        .filter_map(|position| candidate(position, if recruits.is_stolen(position) { 0.0 } else { 1.0 }));
    let bribed =
        bits::ones(recruits.bribable).filter_map(|position| candidate(position, 1.0 + recruits.premium));
    let division = divide(colluders.chain(bribed).collect(), least)?;
    coalition.clear();
    let mut forfeited_usd = 0.0;
    for (candidate, part) in division.members() {
        coalition.positions.push(narrow(candidate.position));
        coalition.parts.push(part);
        forfeited_usd += part * of(candidate.position).2;
    }
    Some(CoalitionCost { cost_usd: division.cost, lower_usd: division.lower, forfeited_usd })
}

/// How candidates are divided.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Division {
    candidates: Vec<Candidate>,
    /// Power that each commits. `[candidate]`
    committed: Vec<u128>,
    /// What the members are paid.
    pub cost: f64,
    /// No coalition is paid less.
    pub lower: f64,
}

impl Division {
    /// Who takes part, and with what part of its keys.
    fn members(&self) -> impl Iterator<Item = (&Candidate, f64)> {
        let all = self.candidates.iter().zip(&self.committed);
        all.filter(|(_, units)| **units > 0).map(|(candidate, units)| (candidate, part_of(candidate, *units)))
    }
}

/// Divides candidates; `None` if all of them fall short.
pub(super) fn divide(mut candidates: Vec<Candidate>, least: u128) -> Option<Division> {
    if candidates.iter().map(|candidate| candidate.units).sum::<u128>() < least {
        return None;
    }
    let ratio = |candidate: &Candidate| candidate.payment / to_f64(candidate.units);
    candidates.sort_by(|a, b| {
        ratio(a).total_cmp(&ratio(b)).then(b.divisible.cmp(&a.divisible)).then(a.position.cmp(&b.position))
    });
    let n = candidates.len();
    let mut search = Search {
        candidates: &candidates,
        least,
        decided: vec![None; n],
        committed: vec![0; n],
        best: Vec::new(),
        cost: f64::INFINITY,
        open: f64::INFINITY,
        steps_left: MOST_STEPS,
    };
    search.descend();
    let Search { best: committed, cost, open, .. } = search;
    Some(Division { candidates, committed, cost, lower: open.min(cost).max(0.0) })
}

fn part_of(candidate: &Candidate, units: u128) -> f64 {
    if units == candidate.units { 1.0 } else { to_f64(units) / to_f64(candidate.units) }
}

struct Search<'a> {
    /// In rising order of payment per power.
    candidates: &'a [Candidate],
    least: u128,
    /// Whether somebody with one key joins, once that is decided. `[candidate]`
    decided: Vec<Option<bool>>,
    /// Power that each commits in the relaxation at hand. `[candidate]`
    committed: Vec<u128>,
    best: Vec<u128>,
    cost: f64,
    /// No coalition in what was left open is paid less.
    open: f64,
    steps_left: u32,
}

impl Search<'_> {
    fn descend(&mut self) {
        let Some((bound, last)) = self.relax() else { return };
        if bound >= self.cost * (1.0 - OPEN) {
            self.open = self.open.min(bound.max(self.cost * (1.0 - OPEN)));
            return;
        }
        let Some((last, surplus)) = last else {
            self.keep();
            return;
        };
        self.shed(last, surplus);
        self.keep();
        if self.steps_left == 0 {
            self.open = self.open.min(bound);
            return;
        }
        self.steps_left -= 1;
        for joins in [true, false] {
            self.decided[last] = Some(joins);
            self.descend();
        }
        self.decided[last] = None;
    }

    /// The relaxation with what is decided: its value, and who of those with one key would join in part, with the power that it
    /// brings too much. `None` if too few are left.
    fn relax(&mut self) -> Option<(f64, Option<(usize, u128)>)> {
        let (mut missing, mut value) = (self.least, 0.0);
        self.committed.fill(0);
        for (at, candidate) in self.candidates.iter().enumerate() {
            if self.decided[at] == Some(true) {
                self.committed[at] = candidate.units;
                missing = missing.saturating_sub(candidate.units);
                value += candidate.payment;
            }
        }
        for (at, candidate) in self.candidates.iter().enumerate() {
            if missing == 0 {
                break;
            }
            if self.decided[at].is_some() {
                continue;
            }
            let units = missing.min(candidate.units);
            value += candidate.payment * part_of(candidate, units);
            if units < candidate.units && !candidate.divisible {
                self.committed[at] = candidate.units;
                return Some((value, Some((at, candidate.units - units))));
            }
            self.committed[at] = units;
            missing -= units;
        }
        (missing == 0).then_some((value, None))
    }

    /// Takes back power that is too much: dearest per power first, whole where somebody has one key.
    fn shed(&mut self, last: usize, mut surplus: u128) {
        for at in (0..self.candidates.len()).rev().filter(|at| *at != last) {
            let here = self.committed[at];
            let leaves = if self.candidates[at].divisible { here.min(surplus) } else { here };
            if leaves <= surplus {
                self.committed[at] -= leaves;
                surplus -= leaves;
            }
        }
    }

    /// Keeps what is committed if it is paid less.
    fn keep(&mut self) {
        let paid = self.candidates.iter().zip(&self.committed).filter(|(_, units)| **units > 0);
        let cost: f64 = paid.map(|(candidate, units)| candidate.payment * part_of(candidate, *units)).sum();
        if cost < self.cost || self.best.is_empty() {
            self.cost = cost;
            self.best.clone_from(&self.committed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Every choice of those with one key, the rest by payment per power.
    fn by_brute_force(candidates: &[Candidate], least: u128) -> f64 {
        let whole: Vec<&Candidate> = candidates.iter().filter(|candidate| !candidate.divisible).collect();
        let mut rest: Vec<&Candidate> = candidates.iter().filter(|candidate| candidate.divisible).collect();
        rest.sort_by(|a, b| (a.payment / to_f64(a.units)).total_cmp(&(b.payment / to_f64(b.units))));
        let cost = |set: u32| {
            let joined = || whole.iter().enumerate().filter(|(at, _)| set >> at & 1 == 1).map(|(_, c)| c);
            let mut missing = to_f64(least.saturating_sub(joined().map(|c| c.units).sum()));
            let mut cost: f64 = joined().map(|c| c.payment).sum();
            for candidate in &rest {
                let units = missing.min(to_f64(candidate.units));
                cost += candidate.payment * units / to_f64(candidate.units);
                missing -= units;
            }
            if missing > 0.0 { f64::INFINITY } else { cost }
        };
        (0u32..1 << whole.len()).map(cost).fold(f64::INFINITY, f64::min)
    }

    proptest! {
        #[test]
        fn a_division_costs_what_brute_force_finds(
            people in proptest::collection::vec((0u32..1000, 1u64..50, proptest::bool::ANY), 0..9),
            least in 1u128..300,
        ) {
            let candidates: Vec<Candidate> = people
                .iter()
                .enumerate()
                .map(|(position, (payment, units, divisible))| Candidate {
                    payment: f64::from(*payment),
                    units: u128::from(*units),
                    position,
                    divisible: *divisible,
                })
                .collect();
            let truth = by_brute_force(&candidates, least);
            let Some(division) = divide(candidates.clone(), least) else {
                prop_assert!(truth.is_infinite());
                return Ok(());
            };
            let slack = 1e-9 * (1.0 + truth);
            prop_assert!((division.cost - truth).abs() <= slack, "{division:?} against {truth}");
            prop_assert!((division.lower - truth).abs() <= slack, "{division:?} against {truth}");
            let held: u128 = division.committed.iter().sum();
            prop_assert!(held >= least);
            for (candidate, units) in division.candidates.iter().zip(&division.committed) {
                prop_assert!(candidate.divisible || *units == 0 || *units == candidate.units);
            }
            if candidates.iter().all(|candidate| candidate.divisible) {
                prop_assert_eq!(division.cost.to_bits(), division.lower.to_bits());
            }
        }
    }

    /// The walk in order takes 10 + 10 + 10 for 30; whoever has one key of 25 at 24 is needed whole or not at all.
    #[test]
    fn somebody_with_one_key_sheds_parts_of_the_others() {
        let of = |payment: f64, units: u128, position, divisible| Candidate {
            payment,
            units,
            position,
            divisible,
        };
        let people =
            vec![of(8.0, 10, 0, true), of(24.0, 25, 1, false), of(10.0, 10, 2, true), of(30.0, 10, 3, true)];
        let division = divide(people, 30).unwrap();
        // 25 whole and 5 of the first: 24 + 4; without: 8 + 10 + 30.
        assert!(
            (division.cost - 28.0).abs() < 1e-12 && (division.lower - 28.0).abs() < 1e-12,
            "{division:?}"
        );
        let parts: Vec<(usize, f64)> = division.members().map(|(c, part)| (c.position, part)).collect();
        assert_eq!(parts, [(0, 0.5), (1, 1.0)]);
    }
}

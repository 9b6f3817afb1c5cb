//! The cheapest coalition for a set of targets, as far as a limit of work reaches: branch and bound over operators on the linear
//! relaxation. Every bound is reckoned anew from the multipliers, whatever the relaxation's own arithmetic says.

use super::knapsack::Knapsack;
use super::order::Order;
use super::scene::Scene;
use super::simplex::{Fractional, Simplex};
use crate::attack::part;
use crate::graph::{Joint, Targets, to_f64};

/// Pivots after one operator is decided.
const PIVOTS: usize = 60;
/// Operators that give more where a target falls short by a rounding.
const MOST_MENDED: usize = 4;
/// Decisions after which near misses are not followed any more.
const EXACT: usize = 8;
/// How far a bound is rounded, as a part of all that is added up.
const ROUNDING: f64 = 1e-12;

/// How far the relaxation's own arithmetic may be off, as a part of what is sought.
const NEARLY: f64 = 1e-9;

/// Working memory.
#[derive(Debug, Clone, Default)]
pub struct Exact {
    /// The relaxation with what is decided so far. `[depth]`
    levels: Vec<Simplex>,
    mu: Vec<f64>,
    /// Coverage that candidates give at the multipliers, USD.
    worth: Vec<f64>,
    whole: Vec<u32>,
    fractional: Vec<Fractional>,
    surplus: Vec<(usize, u128)>,
    by_payment: Order,
    /// Candidates, dearest first; empty where that is not known yet.
    order: Vec<u32>,
    /// Places in that order. `[candidate]`
    places: Vec<u32>,
    /// Who takes part, a bit each in that order.
    present: Vec<u64>,
    /// Power. `[candidate · rows + row]`
    units: Vec<u128>,
    /// Candidates that are not settled.
    core: Vec<u32>,
    /// Candidates that join for good, what they are paid (and without signs) and what they bring to each row. `[row]`
    joined: Vec<u32>,
    paid: (f64, f64),
    brought: Vec<f64>,
    /// Part of its keys that each commits while members are rounded; empty where nobody can be divided. `[candidate]`
    share: Vec<u64>,
    /// The cheapest coalition found: candidates.
    pub best: Vec<u32>,
    /// Part of its keys that each commits; empty where nobody can be divided. `[member]`
    pub best_parts: Vec<u64>,
    cost: f64,
    aim: Aim,
    /// Nothing that costs as much is sought.
    limit: f64,
    /// No coalition in what was left out costs less.
    open: f64,
    steps: usize,
    knapsack: Knapsack,
}

/// What is sought of the coalitions for a set of targets.
#[derive(Debug, Clone, Copy, Default)]
pub struct Aim {
    /// What the set brings, USD.
    pub profit: f64,
    /// Only coalitions that cost less count, USD.
    pub known: f64,
    /// Part of what the best known nets by which another must net more to be sought.
    pub close: f64,
    /// How often it is decided whether somebody joins.
    pub steps: usize,
}

impl Aim {
    /// What a coalition has to cost less than to be sought once one of this cost is known.
    pub fn limit(&self, cost: f64) -> f64 {
        let net = self.profit - cost;
        // Less than all of it: what is left out counts as close.
        if net > 0.0 { cost - 0.98 * self.close * net } else { cost }
    }
}

/// A set of targets in a scenario, and what each candidate must be paid for it.
#[derive(Clone, Copy)]
pub struct Task<'a> {
    /// The design.
    pub joint: &'a Joint,
    /// The scenario.
    pub scene: &'a Scene,
    /// The targets.
    pub set: Targets,
    /// USD, less what returns. `[candidate]`
    pub payments: &'a [f64],
}

impl Task<'_> {
    /// What must be covered: targets that need any power, and second quorums of theirs.
    fn rows(&self) -> impl Iterator<Item = usize> + Clone + '_ {
        self.scene.rows(self.set)
    }

    /// The one row that is to be covered, if there is but one, everybody joins whole and nobody pays to join.
    fn only_row(&self) -> Option<usize> {
        let mut rows = self.rows();
        let row = rows.next().filter(|_| rows.next().is_none() && self.scene.divisible.is_empty());
        row.filter(|_| self.payments.iter().all(|payment| *payment >= 0.0))
    }

    fn units(&self, row: usize, candidate: u32) -> u128 {
        self.scene.row_units(self.joint, row)[candidate as usize]
    }

    /// Power of a part of a candidate's keys; of all of them where nobody is divided.
    fn committed(&self, target: usize, candidate: u32, share: &[u64]) -> u128 {
        let units = self.units(target, candidate);
        share.get(candidate as usize).map_or(units, |share| part::of_units(units, *share))
    }
}

impl Exact {
    /// Multipliers of the linear relaxation, one a target (others are left), and what they prove: no coalition is paid less.
    /// `None` where the relaxation is not solved.
    pub fn relax(&mut self, task: Task<'_>, mu: &mut [f64]) -> Option<f64> {
        if !self.start(task) {
            return None;
        }
        let proven = self.proven(task, 0);
        task.rows().for_each(|row| mu[task.scene.row_target(row)] = 0.0);
        task.rows().zip(&self.mu).for_each(|(row, mult)| mu[task.scene.row_target(row)] += mult);
        Some(proven)
    }

    /// Looks for a coalition that reaches the set for less than is known, as far as `aim` says; leaves it in `best`, empty if there
    /// is none. Returns what no coalition is paid less than.
    pub fn solve(&mut self, task: Task<'_>, aim: Aim) -> f64 {
        self.best.clear();
        self.best_parts.clear();
        if let Some(row) = task.only_row() {
            let powers = (task.payments, task.scene.row_units(task.joint, row));
            return self.knapsack.solve(powers, task.scene.row_need(row), aim, &mut self.best);
        }
        (self.cost, self.limit, self.aim) = (aim.known, aim.known, aim);
        (self.steps, self.open) = (aim.steps, f64::INFINITY);
        if !self.start(task) {
            return f64::NEG_INFINITY;
        }
        self.settle(task);
        let found = if self.best.is_empty() { f64::INFINITY } else { self.cost - self.cost.abs() * ROUNDING };
        self.open.min(found)
    }

    /// The relaxation's own solution after [`Self::relax`], with nobody who has one key in part; leaves it in `best`, empty if it
    /// falls short.
    pub fn rounded(&mut self, task: Task<'_>) {
        (self.cost, self.aim) = (f64::INFINITY, Aim::default());
        self.best.clear();
        self.levels[0].parts(&mut self.whole, &mut self.fractional);
        self.round(task);
    }

    fn start(&mut self, task: Task<'_>) -> bool {
        if self.levels.is_empty() {
            self.levels.push(Simplex::default());
        }
        let root = &mut self.levels[0];
        root.start(task.payments, task.rows().map(|row| task.scene.row_part(row)));
        self.order.clear();
        self.core.clear();
        self.core.extend((0u32..).take(task.payments.len()));
        self.joined.clear();
        self.paid = (0.0, 0.0);
        self.brought.clear();
        self.brought.resize(task.rows().count(), 0.0);
        self.levels[0].solve(PIVOTS + 10 * self.brought.len())
    }

    /// Settles everybody without whom, or with whom, a coalition would cost too much by the relaxation alone; then goes on with the others.
    fn settle(&mut self, task: Task<'_>) {
        let proven = self.proven(task, 0);
        if proven >= self.limit {
            self.open = proven;
            return;
        }
        self.levels[0].parts(&mut self.whole, &mut self.fractional);
        self.round(task);
        let room = self.limit - proven;
        let (mut core, mut open) = (std::mem::take(&mut self.core), self.open);
        core.retain(|who| {
            let reduced = task.payments[*who as usize] - self.worth[*who as usize];
            let is_open = reduced.abs() < room || self.levels[0].is_basic(*who);
            let stays = is_open || task.scene.divides(*who);
            if !stays {
                open = open.min(proven + reduced.abs());
                if reduced < 0.0 {
                    self.joined.push(*who);
                }
            }
            stays
        });
        (self.core, self.open) = (core, open);
        let payments = || self.joined.iter().map(|who| task.payments[*who as usize]);
        self.paid = (payments().sum(), payments().map(f64::abs).sum());
        for (brought, row) in self.brought.iter_mut().zip(task.rows()) {
            let part = task.scene.row_part(row);
            *brought = self.joined.iter().map(|who| part[*who as usize]).sum();
        }
        let core = &self.core;
        self.levels[0].settle(|who| core.binary_search(&who).is_err());
        self.descend(task, 0);
    }

    /// What the multipliers of a level prove, with what is decided there; leaves them in `mu`.
    fn proven(&mut self, task: Task<'_>, depth: usize) -> f64 {
        let level = &self.levels[depth];
        level.multipliers(&mut self.mu);
        self.worth.clear();
        self.worth.resize(self.core.len(), 0.0);
        let (mut value, mut size) = self.paid;
        for ((row, mu), brought) in task.rows().zip(&self.mu).zip(&self.brought) {
            let part = task.scene.row_part(row);
            let worth = self.worth.iter_mut().zip(&self.core);
            worth.for_each(|(worth, who)| *worth += mu * part[*who as usize]);
            value -= mu * brought;
            size += mu * brought;
        }
        for (who, worth) in self.core.iter().zip(&self.worth) {
            let reduced = task.payments[*who as usize] - worth;
            let here = match level.bounds_of(*who) {
                (lower, _) if lower > 0.0 => reduced,
                (_, upper) if upper > 0.0 => reduced.min(0.0),
                _ => continue,
            };
            value += here;
            size += here.abs();
        }
        let sum: f64 = self.mu.iter().sum();
        value + sum - ROUNDING * (size + sum)
    }

    fn descend(&mut self, task: Task<'_>, depth: usize) {
        // Reckoned only where the relaxation says that it might do.
        if self.levels[depth].objective() >= self.limit - NEARLY * self.limit.abs() {
            let proven = self.proven(task, depth);
            if proven >= self.limit {
                self.open = self.open.min(proven);
                return;
            }
        }
        self.levels[depth].parts(&mut self.whole, &mut self.fractional);
        self.whole.extend_from_slice(&self.joined);
        let doubt = |of: &Fractional| task.payments[of.candidate as usize] * of.part.min(1.0 - of.part);
        let next = self.fractional.iter().copied().filter(|of| !task.scene.divides(of.candidate));
        let next = next.max_by(|a, b| doubt(a).total_cmp(&doubt(b)).then(b.candidate.cmp(&a.candidate)));
        self.round(task);
        let Some(next) = next.filter(|_| self.steps > 0) else {
            self.open = self.open.min(self.proven(task, depth));
            return;
        };
        self.steps -= 1;
        if self.steps + EXACT == self.aim.steps {
            self.limit = self.aim.limit(self.cost);
        }
        if self.levels.len() <= depth + 1 {
            self.levels.push(Simplex::default());
        }
        let first = if next.part >= 0.5 { 1.0 } else { 0.0 };
        for part in [first, 1.0 - first] {
            let (known, below) = self.levels.split_at_mut(depth + 1);
            below[0].clone_from(&known[depth]);
            below[0].fix(next.candidate, part);
            if below[0].solve_below(PIVOTS, self.limit + NEARLY * self.limit.abs()) {
                self.descend(task, depth + 1);
            } else if self.may_reach(task, depth + 1) {
                self.open = self.open.min(self.proven(task, depth));
            }
        }
    }

    /// Whether all that are not ruled out at a level reach the set together.
    fn may_reach(&self, task: Task<'_>, depth: usize) -> bool {
        let level = &self.levels[depth];
        task.rows().all(|target| {
            let there = self.core.iter().filter(|who| level.bounds_of(**who).1 > 0.0).chain(&self.joined);
            there.map(|who| task.units(target, *who)).sum::<u128>() >= task.scene.row_need(target)
        })
    }

    /// Everybody who takes part at all and has one key joins whole; then those leave whom nothing needs, dearest first, and who can be
    /// divided takes back what nothing needs. Keeps what is cheaper.
    fn round(&mut self, task: Task<'_>) {
        self.share.clear();
        if !task.scene.divisible.is_empty() {
            self.divide(task);
        }
        self.whole.extend(self.fractional.iter().map(|of| of.candidate));
        self.mend(task);
        if self.order.is_empty() {
            self.rank(task);
        }
        if !self.surpluses(task) {
            return;
        }
        self.drop_needless(task);
        let payment = |who: u32| task.payments[who as usize];
        let members = &mut self.whole;
        let surplus = &mut self.surplus;
        let share = &mut self.share;
        if !share.is_empty() {
            for who in members.iter().filter(|who| task.scene.divides(**who) && payment(**who) > 0.0) {
                let at = *who as usize;
                share[at] = part::trimmed(|target| task.units(target, *who), share[at], surplus);
            }
            members.retain(|who| share[*who as usize] > 0);
        }
        let part = |who: u32| share.get(who as usize).map_or(1.0, |share| part::value(*share));
        let cost: f64 = members.iter().map(|who| part(*who) * payment(*who)).sum();
        if cost < self.cost {
            self.cost = cost;
            self.limit = if self.steps + EXACT > self.aim.steps { cost } else { self.aim.limit(cost) };
            self.best.clone_from(members);
            self.best_parts.clear();
            if !share.is_empty() {
                self.best.sort_unstable();
                self.best_parts.extend(self.best.iter().map(|who| share[*who as usize]));
            }
        }
    }

    /// Lets those leave whom nothing needs, dearest first.
    fn drop_needless(&mut self, task: Task<'_>) {
        self.present.fill(0);
        for who in &self.whole {
            let place = self.places[*who as usize];
            self.present[place as usize / 64] |= 1 << (place % 64);
        }
        let Self { whole: members, order, present, surplus, share, units, .. } = self;
        members.clear();
        let rows = surplus.len();
        for (order, word) in order.chunks(64).zip(present) {
            while *word != 0 {
                let who = order[word.trailing_zeros() as usize];
                *word &= *word - 1;
                let units = &units[who as usize * rows..(who as usize + 1) * rows];
                let part = share.get(who as usize).copied().unwrap_or(part::WHOLE);
                let needed = units
                    .iter()
                    .zip(&*surplus)
                    .any(|(units, (_, left))| part::of_units(*units, part) > *left);
                if task.payments[who as usize] < 0.0 || needed {
                    members.push(who);
                } else {
                    let left = surplus.iter_mut().zip(units);
                    left.for_each(|((_, left), units)| *left -= part::of_units(*units, part));
                }
            }
        }
    }

    /// Puts the candidates of a task in order, dearest first, and their powers side by side.
    fn rank(&mut self, task: Task<'_>) {
        let n = task.payments.len();
        self.by_payment.clear(n);
        (0u32..).zip(task.payments).for_each(|(who, payment)| self.by_payment.push(-payment, who));
        self.by_payment.sort();
        self.order.extend(self.by_payment.iter());
        self.places.resize(n, 0);
        for (place, who) in (0u32..).zip(&self.order) {
            self.places[*who as usize] = place;
        }
        self.present.resize(n.div_ceil(64), 0);
        let rows = task.rows().count();
        self.units.resize(n * rows, 0);
        for (at, row) in task.rows().enumerate() {
            let units = task.scene.row_units(task.joint, row);
            self.units.iter_mut().skip(at).step_by(rows).zip(units).for_each(|(out, units)| *out = *units);
        }
    }

    /// What those in `whole` bring beyond the need of each row. `false` if they fall short.
    fn surpluses(&mut self, task: Task<'_>) -> bool {
        self.surplus.clear();
        self.surplus.extend(task.rows().map(|row| (row, 0)));
        let rows = self.surplus.len();
        for who in &self.whole {
            let units = &self.units[*who as usize * rows..(*who as usize + 1) * rows];
            let part = self.share.get(*who as usize).copied().unwrap_or(part::WHOLE);
            let brought = self.surplus.iter_mut().zip(units);
            brought.for_each(|((_, brought), units)| *brought += part::of_units(*units, part));
        }
        self.surplus.iter_mut().all(|(row, brought)| {
            let over = brought.checked_sub(task.scene.row_need(*row));
            *brought = over.unwrap_or(0);
            over.is_some()
        })
    }

    /// Parts of those who can be divided as the relaxation has them, everybody else whole.
    fn divide(&mut self, task: Task<'_>) {
        self.share.resize(task.payments.len(), part::WHOLE);
        for of in self.fractional.iter().filter(|of| task.scene.divides(of.candidate)) {
            self.share[of.candidate as usize] = part::up(of.part);
        }
    }

    /// Where rounding has left a target short, those who can be divided give more, cheapest first.
    fn mend(&mut self, task: Task<'_>) {
        if self.share.is_empty() {
            return;
        }
        for target in task.rows() {
            for _ in 0..MOST_MENDED {
                let brought: u128 =
                    self.whole.iter().map(|who| task.committed(target, *who, &self.share)).sum();
                let Some(missing) = task.scene.row_need(target).checked_sub(brought).filter(|m| *m > 0)
                else {
                    break;
                };
                let is_in = |who: u32| self.whole.contains(&who);
                let has_room = |who: &u32| {
                    let room = !is_in(*who) || self.share[*who as usize] < part::WHOLE;
                    task.scene.divides(*who) && task.units(target, *who) > 0 && room
                };
                let ratio = |who: &u32| task.payments[*who as usize] / to_f64(task.units(target, *who));
                let all = (0u32..).take(task.payments.len()).filter(has_room);
                let Some(who) = all.min_by(|a, b| ratio(a).total_cmp(&ratio(b))) else { break };
                let joins = !is_in(who);
                let here = if joins { 0 } else { task.committed(target, who, &self.share) };
                self.share[who as usize] = part::with_units(task.units(target, who), here + missing);
                if joins {
                    self.whole.push(who);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Dice, crowd};
    use super::*;

    /// The relaxation's solution covers every target and costs what its multipliers prove: both are optimal.
    #[test]
    fn the_relaxation_is_solved_to_the_end() {
        let mut dice = Dice(31);
        for round in 0..600 {
            let size = (3 + dice.below(40), 2 + dice.below(7));
            let (joint, scene) = crowd(&mut dice, size, 0.5);
            let set = scene.in_reach;
            let mut payments: Vec<f64> = (0..scene.n()).map(|who| scene.payment(&joint, set, who)).collect();
            if round % 3 == 0 {
                // What returns may be more than what is lost.
                payments.iter_mut().for_each(|payment| *payment -= 4.0 * dice.unit());
            }
            let task = Task { joint: &joint, scene: &scene, set, payments: &payments };
            let mut exact = Exact::default();
            let mut mu = vec![0.0; joint.targets.len()];
            let proven = exact.relax(task, &mut mu).unwrap();
            exact.levels[0].parts(&mut exact.whole, &mut exact.fractional);
            let mut part = vec![0.0; scene.n()];
            exact.whole.iter().for_each(|who| part[*who as usize] = 1.0);
            exact.fractional.iter().for_each(|of| part[of.candidate as usize] = of.part);
            for target in task.rows() {
                let covered: f64 = part.iter().zip(scene.part_of(target)).map(|(x, p)| x * p).sum();
                assert!(covered > 1.0 - 1e-8, "{round}: target {target} covered {covered}");
            }
            let cost: f64 = part.iter().zip(&payments).map(|(x, payment)| x * payment).sum();
            let scale: f64 = payments.iter().map(|payment| payment.abs()).sum();
            assert!((cost - proven).abs() < 1e-8 * scale, "{round}: costs {cost}, proven {proven}");
        }
    }

    /// With work enough the cheapest coalition of whole operators is found, and proven to be it.
    #[test]
    fn the_cheapest_coalition_is_that_of_brute_force() {
        let mut dice = Dice(32);
        for round in 0..300 {
            let size = (2 + dice.below(11), 1 + dice.below(4));
            let (joint, scene) = crowd(&mut dice, size, 0.6);
            let set = scene.in_reach;
            let mut payments: Vec<f64> = (0..scene.n()).map(|who| scene.payment(&joint, set, who)).collect();
            if round % 3 == 0 {
                payments.iter_mut().for_each(|payment| *payment -= 4.0 * dice.unit());
            }
            let of = |members: u32| (0u32..).take(scene.n()).filter(move |who| members >> who & 1 == 1);
            let cost = |members: u32| of(members).map(|who| payments[who as usize]).sum::<f64>();
            let reaches =
                |members: &u32| scene.reaches(&joint, set, (&of(*members).collect::<Vec<_>>(), &[]));
            let least = (0u32..1 << scene.n()).filter(reaches).map(cost).fold(f64::INFINITY, f64::min);
            let mut exact = Exact::default();
            let task = Task { joint: &joint, scene: &scene, set, payments: &payments };
            let aim = Aim { known: f64::INFINITY, steps: 1_000_000, ..Aim::default() };
            let proven = exact.solve(task, aim);
            let found: f64 = exact.best.iter().map(|who| payments[*who as usize]).sum();
            assert!(scene.reaches(&joint, set, (&exact.best, &[])));
            let slack = 1e-9 * payments.iter().map(|payment| payment.abs()).sum::<f64>();
            assert!(
                (found - least).abs() <= slack && proven <= least + slack,
                "{round}: {found} {least} {proven}"
            );
            assert!(proven >= least - slack, "{round}: {proven} proven of {least}");
        }
    }
}

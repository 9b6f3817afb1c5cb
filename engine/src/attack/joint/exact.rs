//! The cheapest coalition for a set of targets, as far as a limit of work reaches: branch and bound over operators on the linear
//! relaxation. Every bound is reckoned anew from the multipliers, whatever the relaxation's own arithmetic says.
//!
//! Of the operators that the relaxation takes in part, the one is decided on that makes it dearest both ways: one ratio test tells what either
//! decision costs at least, and the multipliers that prove it. A decision that costs too much is not followed, and the other one is then taken
//! where the relaxation stands.

use super::knapsack::Knapsack;
use super::rounding::Rounding;
use super::scene::Scene;
use super::simplex::{Fractional, Penalty, Simplex};
use crate::attack::part;
use crate::graph::{Joint, Targets};
use crate::kernels::columns::add_scaled;
use crate::kernels::pivots::least_sum;

/// Pivots after one operator is decided.
const PIVOTS: usize = 60;
/// Decisions after which near misses are not followed any more.
const EXACT: usize = 8;
/// How far a bound is rounded, as a part of all that is added up.
const ROUNDING: f64 = 1e-12;

/// How far the relaxation's own arithmetic may be off, as a part of what is sought.
const NEARLY: f64 = 1e-9;

/// Working memory.
#[derive(Debug, Clone, Default)]
pub struct Exact {
    /// The relaxation with what is decided so far; its candidates are positions in `core`. `[depth]`
    levels: Vec<Simplex>,
    /// The set of targets whose relaxation is solved at the first level and not touched since, if known.
    solved: Option<Targets>,
    mu: Vec<f64>,
    /// Coverage that candidates of the core give at the multipliers, USD.
    worth: Vec<f64>,
    whole: Vec<u32>,
    fractional: Vec<Fractional>,
    rounding: Rounding,
    /// Candidates that are not settled, rising.
    core: Vec<u32>,
    /// Whether others are.
    is_settled: bool,
    /// What those of the core are paid, USD, and their parts of what each row needs; nothing where everybody is of the core.
    payments: Vec<f64>,
    /// `[row · core + position]`
    parts: Vec<f64>,
    /// Candidates that join for good, what they are paid (and without signs) and what they bring to each row. `[row]`
    joined: Vec<u32>,
    paid: (f64, f64),
    brought: Vec<f64>,
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
    pub(super) fn rows(&self) -> impl Iterator<Item = usize> + Clone + '_ {
        self.scene.rows(self.set)
    }

    /// The one row that is to be covered, if there is but one, everybody joins whole and nobody pays to join.
    fn only_row(&self) -> Option<usize> {
        let mut rows = self.rows();
        let row = rows.next().filter(|_| rows.next().is_none() && self.scene.divisible.is_empty());
        row.filter(|_| self.payments.iter().all(|payment| *payment >= 0.0))
    }

    pub(super) fn units(&self, row: usize, candidate: u32) -> u128 {
        self.scene.row_units(self.joint, row)[candidate as usize]
    }

    /// Power of a part of a candidate's keys; of all of them where nobody is divided.
    pub(super) fn committed(&self, target: usize, candidate: u32, share: &[u64]) -> u128 {
        let units = self.units(target, candidate);
        share.get(candidate as usize).map_or(units, |share| part::of_units(units, *share))
    }
}

impl Exact {
    /// Forgets what is solved: other tasks follow, of which the targets tell nothing.
    pub fn clear(&mut self) {
        self.solved = None;
    }

    /// Multipliers of the linear relaxation, one a target (others are left), and what they prove: no coalition is paid less.
    /// `None` where the relaxation is not solved.
    pub fn relax(&mut self, task: Task<'_>, mu: &mut [f64]) -> Option<f64> {
        if !self.start(task) {
            return None;
        }
        self.solved = Some(task.set);
        let proven = self.proven(task, 0);
        task.rows().for_each(|row| mu[task.scene.row_target(row)] = 0.0);
        task.rows().zip(&self.mu).for_each(|(row, mult)| mu[task.scene.row_target(row)] += mult);
        Some(proven)
    }

    /// Looks for a coalition that reaches the set for less than is known, as far as `aim` says; leaves it in `best`, empty if there
    /// is none. Returns what no coalition is paid less than.
    pub fn solve(&mut self, task: Task<'_>, aim: Aim) -> f64 {
        self.clear();
        self.solve_on(task, aim)
    }

    /// [`Self::solve`], from where [`Self::relax`] ended if that was on this very task.
    pub fn solve_on(&mut self, task: Task<'_>, aim: Aim) -> f64 {
        self.best.clear();
        self.best_parts.clear();
        if let Some(row) = task.only_row() {
            let powers = (task.payments, task.scene.row_units(task.joint, row));
            return self.knapsack.solve(powers, task.scene.row_need(row), aim, &mut self.best);
        }
        (self.cost, self.limit, self.aim) = (aim.known, aim.known, aim);
        (self.steps, self.open) = (aim.steps, f64::INFINITY);
        if self.solved.take() != Some(task.set) && !self.start(task) {
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
        self.solved = None;
        let root = &mut self.levels[0];
        root.start(task.payments, task.rows().map(|row| task.scene.row_part(row)));
        self.rounding.clear();
        self.is_settled = false;
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
        self.payments.clear();
        self.payments.extend(self.core.iter().map(|who| task.payments[*who as usize]));
        self.parts.clear();
        for (brought, row) in self.brought.iter_mut().zip(task.rows()) {
            let part = task.scene.row_part(row);
            *brought = self.joined.iter().map(|who| part[*who as usize]).sum();
            self.parts.extend(self.core.iter().map(|who| part[*who as usize]));
        }
        self.is_settled = true;
        self.levels[0].settle(&self.core);
        self.descend(task, 0);
    }

    /// What the multipliers of a level prove, with what is decided there; leaves them in `mu`.
    fn proven(&mut self, task: Task<'_>, depth: usize) -> f64 {
        self.levels[depth].multipliers(&mut self.mu);
        self.reckon(task, depth)
    }

    /// What the multipliers in `mu` prove, with what is decided at a level.
    fn reckon(&mut self, task: Task<'_>, depth: usize) -> f64 {
        let n = self.core.len();
        self.worth.clear();
        self.worth.resize(n, 0.0);
        let (mut value, mut size) = self.paid;
        for (at, ((row, mu), brought)) in task.rows().zip(&self.mu).zip(&self.brought).enumerate() {
            if *mu == 0.0 {
                continue;
            }
            let part =
                if self.is_settled { &self.parts[at * n..(at + 1) * n] } else { task.scene.row_part(row) };
            add_scaled(&mut self.worth, *mu, part);
            value -= mu * brought;
            size += mu * brought;
        }
        let payments = if self.is_settled { &self.payments } else { task.payments };
        let (least, added) = least_sum(payments, &self.worth, self.levels[depth].bounds());
        let sum: f64 = self.mu.iter().sum();
        value + least + sum - ROUNDING * (size + added + sum)
    }

    fn descend(&mut self, task: Task<'_>, depth: usize) {
        while let Some((who, sides)) = self.next(task, depth) {
            let rest = match sides.map(|side| self.rules_out(task, depth, who, side)) {
                [true, true] => return,
                [true, false] => sides[1],
                [false, true] => sides[0],
                [false, false] => {
                    if self.levels.len() <= depth + 1 {
                        self.levels.push(Simplex::default());
                    }
                    let (known, below) = self.levels.split_at_mut(depth + 1);
                    below[0].clone_from(&known[depth]);
                    if self.decide(task, depth + 1, (who, sides[0].0)) {
                        self.descend(task, depth + 1);
                    }
                    // What has been found there may rule the other out.
                    if self.rules_out(task, depth, who, sides[1]) {
                        return;
                    }
                    sides[1]
                }
            };
            if !self.decide(task, depth, (who, rest.0)) {
                return;
            }
        }
    }

    /// Whom to decide on next at a level, by position in the core, and either decision with what it costs; `None` where
    /// nothing is left to decide or the level's bound says that nobody need be.
    fn next(&mut self, task: Task<'_>, depth: usize) -> Option<(u32, [(f64, Penalty); 2])> {
        // Reckoned only where the relaxation says that it might do.
        if self.levels[depth].objective() >= self.nearly() {
            let proven = self.proven(task, depth);
            if proven >= self.limit {
                self.open = self.open.min(proven);
                return None;
            }
        }
        self.levels[depth].parts(&mut self.whole, &mut self.fractional);
        let next = if self.steps > 0 { self.most_doubtful(task, depth) } else { None };
        self.round(task);
        if next.is_none() {
            self.open = self.open.min(self.proven(task, depth));
            return None;
        }
        self.steps -= 1;
        if self.steps + EXACT == self.aim.steps {
            self.limit = self.aim.limit(self.cost);
        }
        next
    }

    /// Of those whom the relaxation takes in part and who have one key, whoever makes it dearest, both ways together; the nearer way first.
    fn most_doubtful(&mut self, task: Task<'_>, depth: usize) -> Option<(u32, [(f64, Penalty); 2])> {
        let Self { levels, fractional, core, limit, .. } = self;
        let level = &mut levels[depth];
        let room = (*limit - level.objective()).max(0.0);
        let mut most: Option<(f64, Fractional, [Penalty; 2])> = None;
        for of in fractional.iter().filter(|of| !task.scene.divides(core[of.candidate as usize])) {
            let penalties = level.penalties(of.candidate);
            let doubt = penalties.iter().map(|penalty| penalty.gain.clamp(0.0, room)).sum::<f64>();
            let is_more = |(most, known, _): &(f64, Fractional, _)| {
                doubt > *most || doubt >= *most && of.candidate < known.candidate
            };
            if most.as_ref().is_none_or(is_more) {
                most = Some((doubt, *of, penalties));
            }
        }
        let (_, of, [out, joins]) = most?;
        let sides = [(0.0, out), (1.0, joins)];
        Some((of.candidate, if of.part >= 0.5 { [sides[1], sides[0]] } else { sides }))
    }

    /// Whether a decision on somebody of the core costs too much; what it costs then stays open.
    fn rules_out(&mut self, task: Task<'_>, depth: usize, who: u32, (part, penalty): (f64, Penalty)) -> bool {
        // Without a solution there are no multipliers that tell so.
        let about = self.levels[depth].objective() + penalty.gain;
        if about < self.nearly() || penalty.gain == f64::INFINITY {
            return false;
        }
        self.levels[depth].moved(who, penalty, &mut self.mu);
        let open = self.reckon(task, depth);
        let reduced = self.payments[who as usize] - self.worth[who as usize];
        let proven = open + part * reduced - reduced.min(0.0) - 2.0 * ROUNDING * reduced.abs();
        if proven >= self.limit {
            self.open = self.open.min(proven);
        }
        proven >= self.limit
    }

    /// Below this nothing is ruled out.
    fn nearly(&self) -> f64 {
        if self.limit < f64::INFINITY { self.limit - NEARLY * self.limit.abs() } else { f64::INFINITY }
    }

    /// Decides on somebody at a level. `false` if that leaves no solution, or none that is known.
    fn decide(&mut self, task: Task<'_>, depth: usize, (who, part): (u32, f64)) -> bool {
        let limit = self.limit + NEARLY * self.limit.abs();
        self.levels[depth].fix(who, part);
        let is_solved = self.levels[depth].solve_below(PIVOTS, limit);
        if !is_solved && self.may_reach(task, depth) {
            self.open = self.open.min(self.proven(task, depth));
        }
        is_solved
    }
    /// Whether all that are not ruled out at a level reach the set together: parts are cut at what is needed, so that where they fall short
    /// powers do as well.
    fn may_reach(&self, task: Task<'_>, depth: usize) -> bool {
        let (_, upper) = self.levels[depth].bounds();
        let n = self.core.len();
        let is_near = |at: usize| {
            let parts = self.parts[at * n..(at + 1) * n].iter().zip(upper);
            parts.map(|(part, upper)| part * upper).sum::<f64>() + self.brought[at] > 1.0 - NEARLY
        };
        (0..self.brought.len()).all(is_near)
            && task.rows().all(|target| {
                let there =
                    self.core.iter().zip(upper).filter(|(_, upper)| **upper > 0.0).map(|(who, _)| who);
                let there = there.chain(&self.joined);
                there.map(|who| task.units(target, *who)).sum::<u128>() >= task.scene.row_need(target)
            })
    }

    /// A whole coalition from what the relaxation says; keeps it if it is cheaper.
    fn round(&mut self, task: Task<'_>) {
        let Self { whole, fractional, core, joined, .. } = self;
        whole.iter_mut().for_each(|at| *at = core[*at as usize]);
        fractional.iter_mut().for_each(|of| of.candidate = core[of.candidate as usize]);
        whole.extend_from_slice(joined);
        let Some(cost) = self.rounding.round(task, (whole, fractional), self.cost) else { return };
        self.cost = cost;
        self.limit = if self.steps + EXACT > self.aim.steps { cost } else { self.aim.limit(cost) };
        self.best.clone_from(&self.whole);
        self.best_parts.clear();
        let share = self.rounding.shares();
        if !share.is_empty() {
            self.best.sort_unstable();
            self.best_parts.extend(self.best.iter().map(|who| share[*who as usize]));
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

//! Closing in: dual steps on the certificate, then branch and bound over targets, best bound first, with a limit of work.

use super::certificate::{Certificate, Decided};
use super::exact::{Aim, Task};
use super::plan::Plan;
use super::scene::{Scene, Witness};
use super::search::{Ground, Search, keep_better, starts};
use super::sift::{few_sets, quick_leaf, sift};
use crate::graph::{Joint, Targets, targets_in};

/// The witness need not come closer to the bound than this part of it.
pub(super) const CLOSE: f64 = 0.005;
/// Parts of the profits that are tried as multipliers.
const SCALES: [f64; 6] = [1.0, 0.75, 0.6, 0.45, 0.3, 0.15];
/// Dual steps on the root of a case: before anything is known to pay, and afterwards.
const FIRST_STEPS: usize = 8;
const ROOT_STEPS: usize = 5;
/// Dual steps on a branch.
const BRANCH_STEPS: usize = 2;
/// Most work (branchings times candidates times targets) while the sign of the best net gain is open, and to close a gap.
const UNDECIDED_WORK: usize = 200_000;
const GAP_WORK: usize = 12_000;
/// Branchings to close a gap, whatever work they are.
const LEAST_BRANCHINGS: usize = 8;
/// Branchings that make up for other starts of the search.
const ENOUGH: usize = 4;
/// Most steps among operators for one set of targets.
const UNDECIDED_STEPS: usize = 3000;
const GAP_STEPS: usize = 300;
/// How often one set is tried, each time with four times the steps.
const MOST_TRIES: u32 = 2;

/// What is known of a scenario.
#[derive(Debug, Clone, Default)]
pub struct Verdict {
    /// The best attack found that nets more than nothing.
    pub witness: Option<Witness>,
    /// No attack nets more, USD; 0 certifies that none pays.
    pub upper: f64,
}

/// Working memory of one design.
#[derive(Debug, Clone, Default)]
pub struct Judge {
    /// A certificate for each case. `[case]`
    certificates: Vec<Certificate>,
    search: Search,
    slope: Vec<f64>,
    nodes: Vec<Node>,
    /// Bound over what has been left as close enough to a known attack.
    left: f64,
    step: Vec<f64>,
}

/// A part of the attacks of a case.
#[derive(Debug, Clone)]
struct Node {
    bound: f64,
    case: usize,
    decided: Decided,
    mu: Vec<f64>,
    /// How often a set of targets that is fixed has been tried.
    tries: u32,
}

impl Judge {
    /// Bounds the best net gain of a scenario from both sides. `floor` is what a known attack nets: at least 0.
    pub fn judge(&mut self, ground: Ground<'_>, floor: f64) -> Verdict {
        let floor = floor.max(0.0);
        self.search.clear();
        self.nodes.clear();
        self.left = 0.0;
        self.certificates.resize_with(ground.plan.cases.len(), Certificate::default);
        for index in 0..ground.plan.cases.len() {
            self.open_case(ground, index, floor);
        }
        let mut best = None;
        self.seek(ground, floor, &mut best);
        self.branch(ground, floor, &mut best);
        let lower = best.as_ref().map_or(0.0, Witness::net);
        let upper = self.nodes.iter().map(|node| node.bound).fold(lower.max(self.left), f64::max);
        let witness = best.filter(|found| found.net() > floor).and_then(|found| found.reckoned(ground));
        Verdict { witness, upper }
    }

    /// Bounds a case; nothing stays of it if no attack in it nets more than is known.
    fn open_case(&mut self, ground: Ground<'_>, index: usize, floor: f64) {
        let Ground { joint, plan, scene } = ground;
        let case = &plan.cases[index];
        if case.forced & !scene.in_reach != 0 {
            return;
        }
        let quick = quick_bound(ground, index);
        let decided = sift(ground, case, floor);
        if decided.forced | decided.free == 0 || self.leaves(quick, floor) {
            return;
        }
        if let Some(sets) = few_sets(plan, decided) {
            for set in sets {
                let bound = quick.min(quick_leaf(ground, case, set));
                if !self.leaves(bound, floor) {
                    let decided = Decided { forced: set, free: 0 };
                    self.nodes.push(Node { bound, case: index, decided, mu: Vec::new(), tries: 0 });
                }
            }
            return;
        }
        self.certificates[index].load(joint, plan, case, (scene, decided));
        let mut node = Node { bound: quick, case: index, decided, mu: multipliers(scene), tries: 0 };
        if floor > 0.0 {
            // The multipliers of the best single target may tell already that nothing nets much more.
            let net = |target: &usize| scene.profit[*target] - scene.alone[*target];
            let best = targets_in(scene.in_reach).max_by(|a, b| net(a).total_cmp(&net(b)).then(b.cmp(a)));
            best.into_iter().for_each(|best| self.try_duals_of(ground, &mut node, 1 << best));
        }
        self.scale(ground, &mut node, floor);
        if !self.leaves(node.bound, floor) {
            self.nodes.push(node);
        }
    }

    /// Whether a bound leaves so little beyond a known attack that what it holds for is not looked at any more.
    fn leaves(&mut self, bound: f64, lower: f64) -> bool {
        let leaves = bound <= lower || is_close(bound, lower);
        if leaves && bound > lower {
            self.left = self.left.max(bound);
        }
        leaves
    }

    /// Seeks an attack from several sets of targets and brings the bounds of the roots down, until they meet.
    fn seek(&mut self, ground: Ground<'_>, floor: f64, best: &mut Option<Witness>) {
        let is_inner = |node: &&Node| node.decided.free != 0;
        let targets = |node: &Node| node.decided.forced | node.decided.free;
        if !self.nodes.iter().any(|node| is_inner(&node)) {
            return;
        }
        let allowed = self.nodes.iter().fold(0, |set, node| set | targets(node));
        self.search.allowed = allowed;
        let forced = self.nodes.iter().filter(is_inner).map(|node| node.decided.forced);
        let forced: Vec<Targets> = forced.filter(|forced| forced.count_ones() == 1).collect();
        for (round, start) in starts(ground, allowed, floor > 0.0).into_iter().chain(forced).enumerate() {
            let before = best.as_ref().map_or(0.0, Witness::net);
            let reached = self.search.from(ground, start);
            let targets = reached.as_ref().map_or(0, |found| found.targets);
            keep_better(best, reached.filter(|found| found.net() > 0.0));
            if ground.scene.has_second(targets) {
                // Rows of two quorums leave a coalition made by one order of its members far from the cheapest.
                let lower = best.as_ref().map_or(floor, |best| best.net().max(floor));
                self.close_leaf(ground, (targets, 0), lower, best);
            }
            let found = best.as_ref().filter(|found| found.net() > before).map(|found| found.targets);
            if let Some(targets) = found {
                keep_better(best, self.search.polished(ground, targets));
            }
            if found.is_some() || round == 0 {
                self.tighten_roots(ground, floor, best);
            }
            // A known attack and what branching finds are a better start, where there is room to branch and one inequality a target
            // says what it needs: two quorums leave its bounds wide.
            let has_room = GAP_WORK / size_of(ground) >= ENOUGH && ground.scene.second.is_empty();
            let is_enough = floor > 0.0 && has_room;
            if is_enough || !self.nodes.iter().any(|node| is_inner(&node)) {
                return;
            }
        }
    }

    /// Tries parts of the profits as multipliers until the bound falls to `aim`.
    fn scale(&mut self, ground: Ground<'_>, node: &mut Node, aim: f64) {
        let mut last = f64::INFINITY;
        for scale in SCALES {
            self.step.clear();
            self.step.extend(
                (0..ground.scene.profit.len()).map(|target| scale * multiplier(ground.scene, target)),
            );
            let bound = self.certificates[node.case].bound(ground.plan, &self.step, node.decided);
            if bound < node.bound {
                node.bound = bound;
                node.mu.clone_from(&self.step);
            }
            // The bound is convex along these multipliers.
            if node.bound <= aim || is_close(node.bound, aim) || bound > last {
                return;
            }
            last = bound;
        }
    }

    /// Steps down the dual from a node's multipliers towards `aim`; keeps the best bound and its multipliers.
    fn descend(&mut self, plan: &Plan, node: &mut Node, (aim, steps): (f64, usize)) {
        let certificate = &mut self.certificates[node.case];
        self.step.clone_from(&node.mu);
        for step in 0..=steps {
            let bound = certificate.bound(plan, &self.step, node.decided);
            if bound < node.bound {
                node.bound = bound;
                node.mu.clone_from(&self.step);
            }
            if node.bound <= aim || is_close(node.bound, aim) || step == steps {
                return;
            }
            certificate.slope(plan, &self.step, node.decided, &mut self.slope);
            let square: f64 = self.slope.iter().map(|slope| slope * slope).sum();
            if square == 0.0 {
                return;
            }
            let length = (bound - aim) / square;
            for (mu, slope) in self.step.iter_mut().zip(&self.slope) {
                *mu = (*mu - length * slope).max(0.0);
            }
        }
    }

    /// Tries the multipliers of the best attack found, then dual steps.
    fn tighten_roots(&mut self, ground: Ground<'_>, floor: f64, best: &mut Option<Witness>) {
        let lower = best.as_ref().map_or(floor, |witness| witness.net().max(floor));
        for mut node in std::mem::take(&mut self.nodes) {
            if node.decided.free != 0 && !self.leaves(node.bound, lower) {
                if let Some(best) = best.as_ref() {
                    self.try_duals_of(ground, &mut node, best.targets);
                }
                if !is_close(node.bound, lower) {
                    let steps = if lower > 0.0 { ROOT_STEPS } else { FIRST_STEPS + ROOT_STEPS };
                    self.descend(ground.plan, &mut node, (lower, steps));
                }
            }
            if !self.leaves(node.bound, lower) {
                self.nodes.push(node);
            }
        }
    }

    /// Bounds a node by the multipliers of the linear relaxation for a set of targets in it.
    fn try_duals_of(&mut self, ground: Ground<'_>, node: &mut Node, targets: Targets) {
        if targets & !(node.decided.forced | node.decided.free) != 0 {
            return;
        }
        self.search.relaxed(ground, targets);
        self.step.clone_from(&node.mu);
        for target in 0..self.step.len() {
            let is_in = targets >> target & 1 == 1;
            let alone = multiplier(ground.scene, target);
            self.step[target] = if is_in { self.search.mu[target] } else { self.step[target].max(alone) };
        }
        let bound = self.certificates[node.case].bound(ground.plan, &self.step, node.decided);
        if bound < node.bound {
            node.bound = bound;
            node.mu.clone_from(&self.step);
        }
        self.try_tangent(ground, node, targets);
    }

    /// Bounds a node where profits saturate by the tangent at a set of targets, with multipliers found for that set last.
    fn try_tangent(&mut self, ground: Ground<'_>, node: &mut Node, targets: Targets) {
        let Some(mut tangent) = ground.scene.tangent(ground.joint, targets) else { return };
        for (target, mu) in self.step.iter_mut().enumerate() {
            let is_in = targets >> target & 1 == 1;
            let own = if ground.scene.is_unguarded(target) { 0.0 } else { tangent.profits[target] };
            *mu = if is_in { self.search.mu[target] } else { own };
        }
        let certificate = &mut self.certificates[node.case];
        node.bound =
            node.bound.min(certificate.bound_by(&mut tangent, ground.plan, &self.step, node.decided));
    }

    /// Splits the node with the largest bound until witness and bound meet or the work is done.
    fn branch(&mut self, ground: Ground<'_>, floor: f64, best: &mut Option<Witness>) {
        let size = size_of(ground);
        // Where multipliers alone leave a bound wide it is branching that closes in.
        let is_wide = !ground.scene.second.is_empty() || ground.joint.saturation_usd.is_some();
        let gap_work = if is_wide { UNDECIDED_WORK } else { GAP_WORK };
        for branchings in 0..UNDECIDED_WORK / size + 2 {
            let lower = best.as_ref().map_or(floor, |witness| witness.net().max(floor)).max(0.0);
            let largest = |a: &&Node, b: &&Node| a.bound.total_cmp(&b.bound);
            let Some(top) = self.nodes.iter().max_by(largest).map(|node| node.bound) else { return };
            let is_decided = lower > 0.0;
            if top <= lower
                || is_decided && (is_close(top, lower) || branchings > LEAST_BRANCHINGS.max(gap_work / size))
            {
                return;
            }
            let may_go_on = |node: &Node| node.decided.free != 0 || node.tries < MOST_TRIES;
            let Some(at) = self.nodes.iter().position(|node| node.bound >= top && may_go_on(node)) else {
                return;
            };
            let node = self.nodes.swap_remove(at);
            if node.decided.free == 0 {
                self.bound_child(ground, node, lower, best);
                continue;
            }
            for child in self.split(ground, &node) {
                self.bound_child(ground, child, lower, best);
            }
        }
    }

    /// The two halves of a node: with and without its most doubtful target.
    fn split(&mut self, ground: Ground<'_>, node: &Node) -> [Node; 2] {
        let Ground { joint, plan, scene } = ground;
        let certificate = &mut self.certificates[node.case];
        certificate.bound(plan, &node.mu, node.decided);
        certificate.slope(plan, &node.mu, node.decided, &mut self.slope);
        // What it could bring times how far it is from being taken in whole or not at all.
        let doubt = |target: usize| {
            let taken = (self.slope[target] + 1.0).clamp(0.0, 2.0);
            let open = (taken - libm::round(taken)).abs() + 0.05;
            open * scene.profit[target]
        };
        let free = targets_in(node.decided.free);
        let target = free.max_by(|a, b| doubt(*a).total_cmp(&doubt(*b)).then(b.cmp(a))).unwrap_or(0);
        let bit: Targets = 1 << target;
        let Decided { forced, free } = node.decided;
        let with =
            Decided { forced: forced | bit, free: free & !plan.of_service[joint.targets[target].service] };
        let without = Decided { forced, free: free & !bit };
        [with, without].map(|decided| Node { decided, ..node.clone() })
    }

    fn bound_child(&mut self, ground: Ground<'_>, mut node: Node, lower: f64, best: &mut Option<Witness>) {
        let Decided { forced, free } = node.decided;
        if forced | free == 0 {
            return;
        }
        // The parent's bound holds for the child as well.
        if free == 0 {
            node.bound = node.bound.min(self.close_leaf(ground, (forced, node.tries), lower, best));
            node.tries += 1;
        } else {
            let bound = self.certificates[node.case].bound(ground.plan, &node.mu, node.decided);
            node.bound = node.bound.min(bound);
            if !self.leaves(node.bound, lower) && forced != 0 {
                self.try_duals_of_forced(ground, &mut node);
            }
            if !self.leaves(node.bound, lower) {
                self.descend(ground.plan, &mut node, (lower, BRANCH_STEPS));
            }
        }
        if !self.leaves(node.bound, lower) {
            self.nodes.push(node);
        }
    }

    /// Bounds a set of targets that is fixed, by the linear relaxation and where that leaves something open by search among
    /// operators.
    fn close_leaf(
        &mut self,
        ground: Ground<'_>,
        (set, tries): (Targets, u32),
        mut lower: f64,
        best: &mut Option<Witness>,
    ) -> f64 {
        let Ground { joint, scene, .. } = ground;
        let profit = scene.profit_of(joint, set);
        let mut bound = leaf_bound(profit, self.search.value(ground, set));
        let is_closed = |bound: f64, lower: f64| bound <= lower || is_close(bound, lower);
        if is_closed(bound, lower) {
            return bound;
        }
        if tries == 0 && (set.count_ones() > 1 || scene.has_second(set)) {
            keep_better(best, self.search.covered(ground, (set, lower)));
            lower = best.as_ref().map_or(lower, |best| best.net().max(lower));
            bound = bound.min(leaf_bound(profit, self.search.relaxed(ground, set)));
            if is_closed(bound, lower) {
                return bound;
            }
        }
        // Only coalitions that would net more are of interest.
        let steps = if lower > 0.0 { GAP_STEPS } else { UNDECIDED_STEPS };
        let aim = Aim { profit, known: profit - lower, close: CLOSE, steps: steps << (2 * tries) };
        let Search { exact, column, .. } = &mut self.search;
        let least = exact.solve_on(Task { joint, scene, set, payments: column }, aim);
        if exact.best_parts.is_empty() {
            exact.best.sort_unstable();
        }
        if !exact.best.is_empty() {
            let found = self.search.found(ground, set);
            keep_better(best, Some(found).filter(|found| found.net() > lower));
        }
        bound.min(leaf_bound(profit, least))
    }

    /// A node whose forced targets need more than their profits say: what they cost is paid whatever else is attacked, and their own
    /// multipliers may be better.
    fn try_duals_of_forced(&mut self, ground: Ground<'_>, node: &mut Node) {
        let Decided { forced, free } = node.decided;
        let cost = self.search.relaxed(ground, forced);
        if ground.plan.costs_grow() {
            // All that is open brings no more than if it came for nothing.
            let most = ground.scene.profit_of(ground.joint, forced | free);
            node.bound = node.bound.min(leaf_bound(most, cost));
        }
        self.step.clone_from(&node.mu);
        targets_in(forced).for_each(|target| self.step[target] = self.search.mu[target]);
        let bound = self.certificates[node.case].bound(ground.plan, &self.step, node.decided);
        if bound < node.bound {
            node.bound = bound;
            node.mu.clone_from(&self.step);
        }
        self.try_tangent(ground, node, forced);
    }
}

/// What a set of targets that is fixed nets at most: its profit less the least payment.
pub(super) fn leaf_bound(profit: f64, cost: f64) -> f64 {
    profit - cost + 1e-12 * (profit + cost.abs())
}

/// Whether a bound leaves little to be gained beyond an attack that is known.
pub(super) fn is_close(bound: f64, lower: f64) -> bool {
    lower > 0.0 && bound - lower <= CLOSE * lower
}

/// Candidates times targets, more than nothing.
fn size_of(ground: Ground<'_>) -> usize {
    ((ground.scene.n() + 4) * ground.scene.profit.len()).max(1)
}

/// The multiplier that makes a target's own profit vanish; 0 where nobody has power.
fn multiplier(scene: &Scene, target: usize) -> f64 {
    if scene.is_unguarded(target) { 0.0 } else { scene.profit[target] }
}

fn multipliers(scene: &Scene) -> Vec<f64> {
    (0..scene.profit.len()).map(|target| multiplier(scene, target)).collect()
}

/// A bound from what single targets cost at least: an attack costs at least as much as the dearest of its targets.
pub fn quick_bound(ground: Ground<'_>, case: usize) -> f64 {
    let Ground { joint, plan, scene } = ground;
    if joint.redistributes() {
        return f64::INFINITY;
    }
    let case = &plan.cases[case];
    let cost = |target: usize| scene.alone[target] * case.kept[target];
    if case.forced & !scene.in_reach != 0 {
        return 0.0;
    }
    let floor = targets_in(case.forced).map(cost).fold(0.0, f64::max);
    let forced: f64 = targets_in(case.forced).map(|target| scene.profit[target]).sum();
    let free = || targets_in(case.free & scene.in_reach);
    let with_level = |level: f64| {
        let of_service = |of_service: &Targets| {
            let open = targets_in(of_service & case.free & scene.in_reach);
            open.filter(|target| cost(*target) <= level)
                .map(|target| scene.profit[target])
                .fold(0.0, f64::max)
        };
        let mut gains = forced + plan.of_service.iter().map(of_service).sum::<f64>();
        if !joint.caps.is_empty() || joint.saturation_usd.is_some() {
            // What is shared is not gained twice, whatever is attacked at this level.
            let at_level = free().filter(|target| cost(*target) <= level);
            let all = at_level.fold(case.forced, |set, target| set | 1 << target);
            gains = gains.min(scene.profit_of(joint, all) * (1.0 + 1e-12));
        }
        gains - level + 1e-12 * (gains + level)
    };
    let levels = free().map(cost).filter(|cost| *cost >= floor);
    levels.chain(std::iter::once(floor)).map(with_level).fold(0.0, f64::max)
}

/// Whether any joint attack is to be judged.
pub fn has_targets(joint: &Joint) -> bool {
    joint.targets.iter().any(|target| target.by_operators)
}

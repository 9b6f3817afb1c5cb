//! Closing in: dual steps on the certificate, then branch and bound over targets, best bound first, with a limit of work.

use super::certificate::{Certificate, Decided};
use super::exact::Task;
use super::plan::Plan;
use super::scene::{Scene, Witness};
use super::search::{Ground, Search, keep_better};
use crate::graph::{Joint, Targets, targets_in};

/// The witness need not come closer to the bound than this part of it.
const CLOSE: f64 = 0.005;
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
        let plan = ground.plan;
        self.search.clear();
        self.nodes.clear();
        self.left = 0.0;
        self.certificates.resize_with(plan.cases.len(), Certificate::default);
        for index in 0..plan.cases.len() {
            self.open_case(ground, index, floor);
        }
        self.leave_single(ground, floor);
        if self.nodes.is_empty() {
            return Verdict { witness: None, upper: self.left };
        }
        let upper = self.nodes.iter().map(|node| node.bound).fold(0.0, f64::max);
        let mut best = self.search.from_all_starts(ground, upper);
        if let Some(found) = &best {
            let polished = self.search.polished(ground, found.targets);
            keep_better(&mut best, polished);
        }
        best = best.filter(|witness| witness.net() > 0.0);
        self.tighten_roots(ground, floor, &mut best);
        self.branch(ground, floor, &mut best);
        let lower = best.as_ref().map_or(0.0, Witness::net);
        let upper = self.nodes.iter().map(|node| node.bound).fold(lower.max(self.left), f64::max);
        Verdict { witness: best, upper }
    }

    /// Bounds a case; nothing stays of it if no attack in it pays.
    fn open_case(&mut self, ground: Ground<'_>, index: usize, floor: f64) {
        let Ground { joint, plan, scene } = ground;
        let case = &plan.cases[index];
        let decided = Decided { forced: case.forced, free: case.free & scene.in_reach };
        let is_empty = decided.forced | decided.free == 0;
        if is_empty || case.forced & !scene.in_reach != 0 || quick_bound(ground, index) <= floor.max(0.0) {
            return;
        }
        self.certificates[index].load(joint, plan, case, scene);
        let mut node = Node { bound: f64::INFINITY, case: index, decided, mu: multipliers(scene), tries: 0 };
        self.scale(ground, &mut node, floor.max(0.0));
        if node.bound > floor.max(0.0) {
            self.nodes.push(node);
        }
    }

    /// Leaves the cases in which nothing nets much more than a known attack, as the multipliers of the best single target tell.
    fn leave_single(&mut self, ground: Ground<'_>, floor: f64) {
        if floor <= 0.0 {
            return;
        }
        let scene = ground.scene;
        let net = |target: &usize| scene.profit[*target] - scene.alone[*target];
        let best = targets_in(scene.in_reach).max_by(|a, b| net(a).total_cmp(&net(b)).then(b.cmp(a)));
        let mut nodes = std::mem::take(&mut self.nodes);
        for node in &mut nodes {
            if let (Some(best), false) = (best, is_close(node.bound, floor)) {
                self.try_duals_of(ground, node, 1 << best);
            }
        }
        nodes.retain(|node| {
            let is_left = is_close(node.bound, floor);
            self.left = if is_left { self.left.max(node.bound) } else { self.left };
            !is_left
        });
        self.nodes = nodes;
    }

    /// Tries parts of the profits as multipliers until the bound falls to `aim`.
    fn scale(&mut self, ground: Ground<'_>, node: &mut Node, aim: f64) {
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
            if node.bound <= aim {
                return;
            }
        }
    }

    /// Steps down the dual from a node's multipliers towards `aim`; keeps the best bound and its multipliers.
    fn descend(&mut self, plan: &Plan, node: &mut Node, (aim, steps): (f64, usize)) {
        let certificate = &mut self.certificates[node.case];
        let aim = aim.max(0.0);
        self.step.clone_from(&node.mu);
        for step in 0..=steps {
            let bound = certificate.bound(plan, &self.step, node.decided);
            if bound < node.bound {
                node.bound = bound;
                node.mu.clone_from(&self.step);
            }
            if node.bound <= aim || step == steps {
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
        let mut nodes = std::mem::take(&mut self.nodes);
        for node in &mut nodes {
            if is_close(node.bound, lower) {
                continue;
            }
            if let Some(best) = best.as_ref() {
                self.try_duals_of(ground, node, best.targets);
            }
            if !is_close(node.bound, lower) {
                let steps = if lower > 0.0 { ROOT_STEPS } else { FIRST_STEPS + ROOT_STEPS };
                self.descend(ground.plan, node, (lower, steps));
            }
        }
        nodes.retain(|node| node.bound > lower);
        self.nodes = nodes;
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
        let size = (ground.scene.n() + 4) * ground.scene.profit.len();
        for branchings in 0..UNDECIDED_WORK / size.max(1) + 2 {
            let lower = best.as_ref().map_or(floor, |witness| witness.net().max(floor)).max(0.0);
            let largest = |a: &&Node, b: &&Node| a.bound.total_cmp(&b.bound);
            let Some(top) = self.nodes.iter().max_by(largest).map(|node| node.bound) else { return };
            let is_decided = lower > 0.0;
            if top <= lower || is_decided && (is_close(top, lower) || branchings > GAP_WORK / size) {
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
            if forced != 0 {
                self.try_duals_of_forced(ground, &mut node);
            }
            self.descend(ground.plan, &mut node, (lower, BRANCH_STEPS));
        }
        if node.bound > lower {
            self.nodes.push(node);
        }
    }

    /// Bounds a set of targets that is fixed, by the linear relaxation and where that leaves something open by search among
    /// operators.
    fn close_leaf(
        &mut self,
        ground: Ground<'_>,
        (set, tries): (Targets, u32),
        lower: f64,
        best: &mut Option<Witness>,
    ) -> f64 {
        keep_better(best, self.search.covered(ground, set).filter(|found| found.net() > 0.0));
        let least = self.search.relaxed(ground, set);
        let bound = leaf_bound(ground, set, least);
        let lower = best.as_ref().map_or(lower, |best| best.net().max(lower));
        if bound <= lower || is_close(bound, lower) {
            return bound;
        }
        // Only coalitions that would net more are of interest.
        let known = ground.scene.profit_of(ground.joint, set) - lower;
        let steps = if lower > 0.0 { GAP_STEPS } else { UNDECIDED_STEPS };
        let steps = steps << (2 * tries);
        let Ground { joint, scene, .. } = ground;
        let Search { exact, column, .. } = &mut self.search;
        let least = exact.solve(Task { joint, scene, set, payments: column }, (known, steps));
        if least >= known {
            // Nobody nets more than is known.
            return lower;
        }
        if exact.best_parts.is_empty() {
            exact.best.sort_unstable();
        }
        let found = Witness::checked(joint, scene, set, (&exact.best, &exact.best_parts));
        keep_better(best, found.filter(|found| found.net() > 0.0));
        bound.min(leaf_bound(ground, set, least))
    }

    /// A node whose forced targets need more than their profits say: their own multipliers may be better.
    fn try_duals_of_forced(&mut self, ground: Ground<'_>, node: &mut Node) {
        let forced = node.decided.forced;
        self.search.relaxed(ground, forced);
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

/// The bound of a set of targets that is fixed: its profit less the least payment.
fn leaf_bound(ground: Ground<'_>, set: Targets, cost: f64) -> f64 {
    let profit = ground.scene.profit_of(ground.joint, set);
    let net = profit - cost;
    net + 1e-12 * (profit + cost.abs())
}

/// Whether a bound leaves little to be gained beyond an attack that is known.
pub(super) fn is_close(bound: f64, lower: f64) -> bool {
    lower > 0.0 && bound - lower <= CLOSE * lower
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

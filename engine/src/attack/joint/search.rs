//! The search for the joint attack that nets most: a witness, not a proof.
//!
//! Starts from single targets, from all that pay and from executors that can be held; adds targets that a coalition reaches
//! (nearly) anyway, drops those that do not pay their way, exchanges kinds, and seeks the coalition anew whenever the targets
//! change.

use super::branch::is_close;
use super::cover::{Cover, Payments};
use super::exact::{Exact, Task};
use super::plan::Plan;
use super::scene::{Scene, Witness};
use crate::graph::{Exposure, Joint, Targets, is_held, targets_in};

/// Single targets that are started from.
const STARTS: usize = 2;
/// Designs with more targets price one more target member by member: their sets are too many to be met again. (Whether a set
/// has been met must decide nothing: it depends on what the thread did before.)
const MANY_TARGETS: usize = 16;
/// Rounds of improvement from one start.
const ROUNDS: usize = 8;

/// Working memory.
#[derive(Debug, Clone, Default)]
pub struct Search {
    /// Losses met before.
    pub payments: Payments,
    /// Coalitions.
    pub cover: Cover,
    /// Multipliers of the set covered last, USD. `[target]`
    pub mu: Vec<f64>,
    /// Payments of the set covered last, USD. `[candidate]`
    pub column: Vec<f64>,
    /// Coalitions to the last.
    pub exact: Exact,
    extended: Vec<f64>,
    members: Members,
    tried: Vec<Targets>,
}

/// A scenario to search.
#[derive(Clone, Copy)]
pub struct Ground<'a> {
    /// The design.
    pub joint: &'a Joint,
    /// Its bounds.
    pub plan: &'a Plan,
    /// The scenario.
    pub scene: &'a Scene,
}

impl Search {
    /// Forgets an earlier scenario.
    pub fn clear(&mut self) {
        self.tried.clear();
    }

    /// The best attack found from all starts, or the first that comes close to `upper`, beyond which nothing nets.
    pub fn from_all_starts(&mut self, ground: Ground<'_>, upper: f64) -> Option<Witness> {
        let mut best: Option<Witness> = None;
        for start in starts(ground) {
            keep_better(&mut best, self.from(ground, start));
            if best.as_ref().is_some_and(|best| is_close(upper, best.net())) {
                break;
            }
        }
        best
    }

    /// The best attack found from one set of targets.
    pub fn from(&mut self, ground: Ground<'_>, start: Targets) -> Option<Witness> {
        let mut now = self.covered(ground, start)?;
        for _ in 0..ROUNDS {
            let Some(next) = self.step(ground, &now) else { break };
            now = next;
        }
        Some(now)
    }

    /// The cheapest coalition found for a set; `None` where nobody reaches it or it was tried before.
    pub fn covered(&mut self, ground: Ground<'_>, set: Targets) -> Option<Witness> {
        if set == 0 || set & !ground.scene.in_reach != 0 || self.tried.contains(&set) {
            return None;
        }
        self.tried.push(set);
        self.value(ground, set);
        let Ground { joint, scene, .. } = ground;
        if !self.cover.fill(joint, scene, set, &self.column) {
            return None;
        }
        Witness::checked(joint, scene, set, (&self.cover.members, &self.cover.parts))
    }

    /// Prices a set and raises its dual: no coalition for it is paid less (net of what returns).
    pub fn value(&mut self, ground: Ground<'_>, set: Targets) -> f64 {
        let Ground { joint, scene, .. } = ground;
        self.payments.of(joint, scene, set, &mut self.column);
        self.mu.clear();
        self.mu.resize(joint.targets.len(), 0.0);
        self.cover.raise(scene, set, &self.column, &mut self.mu)
    }

    /// [`Self::value`] with the multipliers of the linear relaxation, which are the best: the rounds of raising may get stuck where
    /// several targets share members.
    pub fn relaxed(&mut self, ground: Ground<'_>, set: Targets) -> f64 {
        let raised = self.value(ground, set);
        if set.count_ones() < 2 && !ground.scene.has_second(set) {
            return raised;
        }
        let Ground { joint, scene, .. } = ground;
        self.extended.clone_from(&self.mu);
        let task = Task { joint, scene, set, payments: &self.column };
        let Some(least) = self.exact.relax(task, &mut self.extended).filter(|least| *least > raised) else {
            return raised;
        };
        self.mu.clone_from(&self.extended);
        self.cover.set_worth(scene, set, &self.mu);
        least
    }

    /// A better attack near this one.
    fn step(&mut self, ground: Ground<'_>, now: &Witness) -> Option<Witness> {
        self.members.is_set = false;
        let mut all = now.targets;
        let mut one: Option<(f64, Targets)> = None;
        for (service, of_service) in ground.plan.of_service.iter().enumerate() {
            let here = now.targets & of_service;
            let mut best: Option<(f64, Targets)> = None;
            // Leave the service alone, or attack it by this kind.
            let kinds = targets_in(of_service & ground.scene.in_reach).map(|target| 1 << target);
            for kind in kinds.chain(std::iter::once(0)).filter(|kind| *kind != here) {
                let set = now.targets & !of_service | kind;
                let gain =
                    if set == 0 { f64::NEG_INFINITY } else { self.guess(ground, now, set) - now.net() };
                if gain > 0.0 && best.is_none_or(|(most, _)| gain > most) {
                    best = Some((gain, set));
                }
            }
            let Some((gain, set)) = best else { continue };
            all = all & !of_service | set & ground.plan.of_service[service];
            if one.is_none_or(|(most, _)| gain > most) {
                one = Some((gain, set));
            }
        }
        let (_, one) = one?;
        let mut best = self.covered(ground, all);
        if all != one {
            keep_better(&mut best, self.covered(ground, one));
        }
        best.filter(|best| best.net() > now.net())
    }

    /// About what a set of targets nets with the members of an attack, and more of them where they fall short: as many as the
    /// missing part of a coalition for that target alone.
    fn guess(&mut self, ground: Ground<'_>, now: &Witness, set: Targets) -> f64 {
        let Ground { joint, scene, .. } = ground;
        if self.tried.contains(&set) {
            return f64::NEG_INFINITY;
        }
        let mut net = scene.profit_of(joint, set);
        for target in targets_in(set & !now.targets) {
            let part = scene.part_of(target);
            let brought: f64 = now.committed().map(|(member, share)| share * part[member as usize]).sum();
            net -= (1.0 - brought).max(0.0) * scene.alone[target];
        }
        if net <= now.net() {
            return net;
        }
        let added = set & !now.targets;
        let is_one_more = now.targets & !set == 0 && added.count_ones() == 1;
        let target = added.trailing_zeros() as usize;
        if is_one_more && joint.targets.len() > MANY_TARGETS && !joint.targets[target].holds {
            self.members.set(ground, now);
            return net - self.members.payment_with(ground, now, target);
        }
        self.payments.of(joint, scene, set, &mut self.extended);
        net - now.committed().map(|(member, share)| share * self.extended[member as usize]).sum::<f64>()
    }

    /// The coalition for a set once more, with members exchanged for cheaper ones.
    pub fn polished(&mut self, ground: Ground<'_>, set: Targets) -> Option<Witness> {
        let Ground { joint, scene, .. } = ground;
        self.relaxed(ground, set);
        if !self.cover.fill(joint, scene, set, &self.column) {
            return None;
        }
        self.cover.swap(joint, scene, set, &self.column);
        self.cover.sort();
        let mut best = Witness::checked(joint, scene, set, (&self.cover.members, &self.cover.parts));
        if !scene.divisible.is_empty() {
            // Parts as the relaxation has them are the cheapest there are.
            let task = Task { joint, scene, set, payments: &self.column };
            self.extended.clone_from(&self.mu);
            if self.exact.relax(task, &mut self.extended).is_some() {
                self.exact.rounded(task);
                let Exact { best: members, best_parts, .. } = &self.exact;
                keep_better(&mut best, Witness::checked(joint, scene, set, (members, best_parts)));
            }
        }
        best
    }
}

/// What the members of an attack are exposed to, so that one more target is quickly priced.
#[derive(Debug, Clone, Default)]
struct Members {
    is_set: bool,
    held: Targets,
    /// `[member · pools + pool]`
    exposures: Vec<Exposure>,
}

impl Members {
    fn set(&mut self, Ground { joint, scene, .. }: Ground<'_>, now: &Witness) {
        if std::mem::replace(&mut self.is_set, true) {
            return;
        }
        self.held = joint.held(now.targets);
        self.exposures.clear();
        for member in &now.members {
            let operator = scene.operators[*member as usize] as usize;
            let exposure = |pool| joint.exposure(now.targets, self.held, (pool, operator));
            self.exposures.extend((0..joint.pools.len()).map(exposure));
        }
    }

    /// What the members must be paid once a target that holds nothing is added, less what returns of single slashes.
    fn payment_with(&self, Ground { joint, scene, .. }: Ground<'_>, now: &Witness, target: usize) -> f64 {
        let added = &joint.targets[target];
        let lies_below = joint.charges_below(target);
        let mut all = now.cost - now.returned;
        let exposures = self.exposures.chunks(joint.pools.len().max(1));
        for ((member, share), exposures) in now.committed().zip(exposures) {
            let operator = scene.operators[member as usize] as usize;
            let takes_part = added.takes_part[operator];
            if !takes_part && !lies_below {
                continue;
            }
            for (index, (pool, before)) in joint.pools.iter().zip(exposures).enumerate() {
                let mut after = *before;
                if lies_below {
                    after = after.above(joint.below(now.targets | 1 << target, self.held, index));
                }
                for charge in added.charges.iter().filter(|charge| takes_part && charge.pool == index) {
                    after.add(charge, is_held(charge, self.held), pool.rule, operator);
                }
                if after != *before {
                    let more = after.private_tokens(pool, operator) - before.private_tokens(pool, operator);
                    all += share * scene.pay[member as usize] * scene.prices[pool.asset] * more;
                }
            }
            if joint.redistributes() && takes_part {
                all -= share * scene.returned_at_most(joint, target, member as usize);
            }
        }
        all
    }
}

/// Keeps the attack that nets more.
pub fn keep_better(best: &mut Option<Witness>, other: Option<Witness>) {
    let better = |other: &Witness| best.as_ref().is_none_or(|best| other.net() > best.net());
    if let Some(other) = other.filter(better) {
        *best = Some(other);
    }
}

/// Sets of targets to start from.
fn starts(ground: Ground<'_>) -> Vec<Targets> {
    let Ground { plan, scene, .. } = ground;
    let net = |target: usize| scene.profit[target] - scene.alone[target];
    let mut singles: Vec<usize> = targets_in(scene.in_reach).collect();
    singles.sort_by(|a, b| net(*b).total_cmp(&net(*a)).then(a.cmp(b)));
    let dearest = plan.of_service.iter().filter_map(|of_service| {
        let open = targets_in(of_service & scene.in_reach);
        open.max_by(|a, b| net(*a).total_cmp(&net(*b)).then(b.cmp(a)))
    });
    let all = dearest.fold(0, |set, target| set | 1 << target);
    let held = plan.cases.iter().map(|case| case.forced);
    let mut starts: Vec<Targets> = singles.iter().take(STARTS).map(|target| 1 << target).collect();
    starts.push(all);
    starts.extend(held.filter(|forced| forced.count_ones() == 1));
    starts
}

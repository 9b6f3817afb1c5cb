//! The search for the joint attack that nets most: a witness, not a proof.
//!
//! Starts from single targets, from all that pay and from executors that can be held; adds targets that a coalition reaches
//! (nearly) anyway, drops those that do not pay their way, exchanges kinds, and seeks the coalition anew whenever the targets
//! change.

use super::branch::leaf_bound;
use super::cover::Cover;
use super::exact::{Exact, Task};
use super::payments::Payments;
use super::plan::Plan;
use super::scene::{Scene, Witness};
use super::without::Without;
use crate::graph::{Joint, Targets, targets_in};

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
    /// Targets that are looked at.
    pub allowed: Targets,
    extended: Vec<f64>,
    without: Without,
    tried: Vec<Targets>,
    /// The set that `mu` and `column` are of, and what its dual was raised to.
    raised: Option<(Targets, f64)>,
    /// The same of the relaxation.
    relaxed: Option<(Targets, f64)>,
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
        self.exact.clear();
        (self.raised, self.relaxed) = (None, None);
    }

    /// The best attack found from one set of targets.
    pub fn from(&mut self, ground: Ground<'_>, start: Targets) -> Option<Witness> {
        let mut now = self.covered(ground, (start, f64::NEG_INFINITY))?;
        for _ in 0..ROUNDS {
            let Some(next) = self.step(ground, &now).or_else(|| self.relieved(ground, &now)) else { break };
            now = next;
        }
        Some(now)
    }

    /// The cheapest coalition found for a set, if it nets more than `known`; `None` as well where nobody reaches it or it was tried
    /// before.
    pub fn covered(&mut self, ground: Ground<'_>, (set, known): (Targets, f64)) -> Option<Witness> {
        if set == 0 || set & !ground.scene.in_reach != 0 || self.tried.contains(&set) {
            return None;
        }
        self.tried.push(set);
        let least = self.value(ground, set);
        let Ground { joint, scene, .. } = ground;
        if leaf_bound(scene.profit_of(joint, set), least) <= known
            || !self.cover.fill(joint, scene, set, &self.column)
        {
            return None;
        }
        let members = (&self.cover.members[..], &self.cover.parts[..]);
        Some(priced(ground, set, &self.column, members)).filter(|found| found.net() > known)
    }

    /// The attack on a set valued last by the coalition that [`Self::exact`] has found.
    pub fn found(&self, ground: Ground<'_>, set: Targets) -> Witness {
        priced(ground, set, &self.column, (&self.exact.best, &self.exact.best_parts))
    }

    /// Prices a set and raises its dual: no coalition for it is paid less (net of what returns).
    pub fn value(&mut self, ground: Ground<'_>, set: Targets) -> f64 {
        if let Some((_, least)) = self.raised.filter(|(known, _)| *known == set) {
            return least;
        }
        let Ground { joint, scene, .. } = ground;
        self.payments.of(joint, scene, set, &mut self.column);
        self.mu.clear();
        self.mu.resize(joint.targets.len(), 0.0);
        let least = self.cover.raise(scene, set, &self.column, &mut self.mu);
        (self.raised, self.relaxed) = (Some((set, least)), None);
        least
    }

    /// [`Self::value`] with the multipliers of the linear relaxation, which are the best: the rounds of raising may get stuck where
    /// several targets share members.
    pub fn relaxed(&mut self, ground: Ground<'_>, set: Targets) -> f64 {
        if let Some((_, least)) = self.relaxed.filter(|(known, _)| *known == set) {
            return least;
        }
        let least = self.relax(ground, set);
        self.relaxed = Some((set, least));
        least
    }

    fn relax(&mut self, ground: Ground<'_>, set: Targets) -> f64 {
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
        self.without.clear();
        let mut all = now.targets;
        let mut one: Option<(f64, Targets)> = None;
        for (service, of_service) in ground.plan.of_service.iter().enumerate() {
            let here = now.targets & of_service;
            let mut best: Option<(f64, Targets)> = None;
            // Leave the service alone, or attack it by this kind.
            let kinds = targets_in(of_service & self.allowed).map(|target| 1 << target);
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
        let mut best = self.covered(ground, (all, now.net()));
        if all != one {
            let known = best.as_ref().map_or(now.net(), Witness::net);
            keep_better(&mut best, self.covered(ground, (one, known)));
        }
        best
    }

    /// A better attack with one target left alone or exchanged, although members who stay would not be paid less for it: those leave
    /// who are needed for it alone. The multipliers of the relaxation say what they are paid at most: the sets that may gain most come
    /// first. Branching finds such an attack where bounds are close; two quorums leave them wide.
    fn relieved(&mut self, ground: Ground<'_>, now: &Witness) -> Option<Witness> {
        let Ground { joint, plan, scene } = ground;
        if scene.second.is_empty() || now.targets.count_ones() < 2 {
            return None;
        }
        self.relaxed(ground, now.targets);
        let mu = self.mu.clone();
        let mut sets: Vec<(f64, Targets)> = Vec::new();
        for target in targets_in(now.targets) {
            let others = plan.of_service[joint.targets[target].service] & self.allowed & !(1 << target);
            for kind in targets_in(others).map(|other| 1 << other).chain(std::iter::once(0)) {
                let set = now.targets & !(1 << target) | kind;
                sets.push((self.guess(ground, now, set) + mu[target], set));
            }
        }
        sets.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        sets.into_iter().find_map(|(_, set)| self.covered(ground, (set, now.net())))
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
        if ground.plan.keeps_all && !ground.plan.returns {
            return net - self.payments.of_members(joint, scene, set, now.committed());
        }
        if let Some(payment) = self.without.payment(ground, now, set) {
            return net - payment;
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
        let mut best = Some(priced(ground, set, &self.column, (&self.cover.members, &self.cover.parts)));
        if !scene.divisible.is_empty() {
            // Parts as the relaxation has them are the cheapest there are.
            let task = Task { joint, scene, set, payments: &self.column };
            self.extended.clone_from(&self.mu);
            if self.exact.relax(task, &mut self.extended).is_some() {
                self.exact.rounded(task);
                let found = Some(self.found(ground, set)).filter(|found| !found.members.is_empty());
                keep_better(&mut best, found);
            }
        }
        best
    }
}

/// Keeps the attack that nets more.
pub fn keep_better(best: &mut Option<Witness>, other: Option<Witness>) {
    let better = |other: &Witness| best.as_ref().is_none_or(|best| other.net() > best.net());
    if let Some(other) = other.filter(better) {
        *best = Some(other);
    }
}

/// An attack on a set priced in `column`: what returns comes off its cost.
fn priced(
    Ground { joint, scene, .. }: Ground<'_>,
    set: Targets,
    column: &[f64],
    (members, parts): (&[u32], &[u64]),
) -> Witness {
    let witness = Witness {
        targets: set,
        members: members.to_vec(),
        parts: parts.to_vec(),
        profit: scene.profit_of(joint, set),
        ..Witness::default()
    };
    let cost = witness.committed().map(|(member, part)| part * column[member as usize]).sum();
    Witness { cost, ..witness }
}

/// Sets of allowed targets to start from: the two that net most alone and, of each service, the one that does; first the one if it
/// pays.
pub fn starts(ground: Ground<'_>, allowed: Targets, pays_alone: bool) -> [Targets; 3] {
    let Ground { plan, scene, .. } = ground;
    let net = |target: usize| scene.profit[target] - scene.alone[target];
    let best = |of: Targets| targets_in(of).max_by(|a, b| net(*a).total_cmp(&net(*b)).then(b.cmp(a)));
    let bit = |target: usize| 1 << target;
    let first = best(allowed).map_or(0, bit);
    let second = best(allowed & !first).map_or(0, bit);
    let all = plan.of_service.iter().fold(0, |set, here| set | best(here & allowed).map_or(0, bit));
    if pays_alone { [first, all, second] } else { [all, first, second] }
}

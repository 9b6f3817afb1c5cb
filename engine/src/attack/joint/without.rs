//! What the members of an attack would be paid if it left a service alone, or attacked it otherwise: for all services of the attack in one
//! go. What members are exposed to combines in any order, so that of all targets but one follows from that of those before it and
//! those after it.

use super::scene::Witness;
use super::search::Ground;
use crate::graph::{Below, Joint, JointCharge, JointPool, Targets, is_held, targets_in};
use crate::study::Combine;

/// A part of what a stake is exposed to, as in [`crate::graph::Exposure`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Home,
    Claims,
    Drawdown,
    Ejection,
    Silence,
}

/// A column over members: a part of what their stake in one pool is exposed to.
#[derive(Debug, Clone, Copy)]
struct Segment {
    pool: usize,
    field: Field,
    rule: Combine,
}

/// The members of one attack; reused.
#[derive(Debug, Clone, Default)]
pub struct Without {
    is_set: bool,
    n: usize,
    segments: Vec<Segment>,
    /// Targets of the attack, rising.
    targets: Vec<usize>,
    /// Exposure to the first so many targets, and to all but those. `[n targets][segment · members + member]`
    firsts: Vec<Vec<f64>>,
    rests: Vec<Vec<f64>>,
    exposure: Vec<f64>,
    /// Payment per fraction of the stake, per ejection and per hour of silence, USD. `[pool · members + member]`
    own: Vec<f64>,
    ejection: Vec<f64>,
    hourly: Vec<f64>,
    /// USD. `[member]`
    friction: Vec<f64>,
    operators: Vec<usize>,
    /// What the attack leaves of the stake below. `[pool]`
    below: Vec<Below>,
}

impl Without {
    /// Forgets the members.
    pub fn clear(&mut self) {
        self.is_set = false;
    }

    /// What the members of an attack must be paid for one on other targets, which differ from its own in those of one service; `None` where
    /// more than that service's own charges would change.
    pub fn payment(&mut self, ground: Ground<'_>, now: &Witness, set: Targets) -> Option<f64> {
        let Ground { joint, scene, plan } = ground;
        let changed = set ^ now.targets;
        let service = joint.targets[changed.trailing_zeros() as usize].service;
        if !plan.stands_alone(service) {
            return None;
        }
        if !std::mem::replace(&mut self.is_set, true) {
            self.set(ground, now);
        }
        let exposure = &mut self.exposure;
        match self
            .targets
            .iter()
            .position(|target| changed >> target & 1 == 1 && now.targets >> target & 1 == 1)
        {
            None => exposure.clone_from(&self.firsts[self.targets.len()]),
            Some(at) => {
                exposure.clone_from(&self.firsts[at]);
                join(&self.segments, self.n, exposure, &self.rests[at + 1]);
            }
        }
        for target in targets_in(set & changed) {
            add(joint, (target, joint.held(set)), (&self.segments, &self.operators), exposure);
        }
        let friction = self.friction.iter().zip(&self.operators).filter(|(friction, operator)| {
            **friction > 0.0 && targets_in(set).any(|target| joint.targets[target].takes_part[**operator])
        });
        let friction = friction.map(|(friction, _)| friction).sum::<f64>();
        let of_pool =
            |(index, pool): (usize, &JointPool)| scene.prices[pool.asset] * self.pool(index, pool.rule);
        Some(friction + joint.pools.iter().enumerate().map(of_pool).sum::<f64>())
    }

    /// What members are paid for their stake in one pool, tokens.
    fn pool(&self, index: usize, rule: Combine) -> f64 {
        let n = self.n;
        let column = |field: Field| {
            let at = self.segments.iter().position(|s| s.pool == index && s.field == field);
            at.map(|at| &self.exposure[at * n..(at + 1) * n])
        };
        let of = |column: Option<&[f64]>, member: usize| column.map_or(0.0, |column| column[member]);
        let (home, claims, drawdown) = (column(Field::Home), column(Field::Claims), column(Field::Drawdown));
        let (mut sum, below) = (0.0, self.below[index]);
        for (member, own) in self.own[index * n..(index + 1) * n].iter().enumerate() {
            let (home, claims, drawdown) = (of(home, member), of(claims, member), of(drawdown, member));
            let fraction = match rule {
                Combine::Once => home.max(claims),
                Combine::Additive => (home + claims).min(1.0),
                Combine::Compound => 1.0 - (1.0 - home) * (1.0 - claims),
            };
            sum += own * below.lost(fraction, drawdown);
        }
        for (field, weights) in [(Field::Ejection, &self.ejection), (Field::Silence, &self.hourly)] {
            if let Some(column) = column(field) {
                let weights = &weights[index * n..(index + 1) * n];
                sum += column.iter().zip(weights).map(|(value, weight)| value * weight).sum::<f64>();
            }
        }
        sum
    }

    fn set(&mut self, Ground { joint, scene, .. }: Ground<'_>, now: &Witness) {
        self.n = now.members.len();
        self.operators.clear();
        self.operators.extend(now.members.iter().map(|who| scene.operators[*who as usize] as usize));
        let pays: Vec<f64> = now.committed().map(|(who, part)| part * scene.pay[who as usize]).collect();
        let members = || self.operators.iter().zip(&pays);
        self.friction.clear();
        self.friction.extend(members().map(|(operator, pay)| pay * joint.friction_usd[*operator]));
        for column in [&mut self.own, &mut self.ejection, &mut self.hourly] {
            column.clear();
        }
        for pool in &joint.pools {
            let tokens = || self.operators.iter().zip(&pays).map(|(o, pay)| (*o, pay * pool.tokens[*o]));
            self.own.extend(tokens().map(|(o, tokens)| tokens * pool.own_share[o]));
            self.ejection.extend(tokens().map(|(o, tokens)| tokens * pool.ejection_income[o]));
            self.hourly.extend(tokens().map(|(o, tokens)| tokens * pool.hourly_income[o]));
        }
        let held = joint.held(now.targets);
        self.below.clear();
        self.below.extend((0..joint.pools.len()).map(|pool| joint.below(now.targets, held, pool)));
        self.segments.clear();
        for (index, pool) in joint.pools.iter().enumerate() {
            let charges = || joint.targets.iter().flat_map(|t| &t.charges).filter(|c| c.pool == index);
            let lands = |charge: &JointCharge| charge.free.fraction > 0.0 || charge.held.fraction > 0.0;
            let ejects = |charge: &JointCharge| charge.free.ejection > 0.0 || charge.held.ejection > 0.0;
            for (field, is_used) in [
                (Field::Home, charges().any(|charge| !charge.is_claim && lands(charge))),
                (Field::Claims, charges().any(|charge| charge.is_claim && lands(charge))),
                (Field::Drawdown, charges().any(|charge| charge.drawdown > 0.0)),
                (Field::Ejection, charges().any(ejects)),
                (Field::Silence, charges().any(|charge| charge.silent_hours > 0.0)),
            ] {
                if is_used {
                    self.segments.push(Segment { pool: index, field, rule: pool.rule });
                }
            }
        }
        self.set_levels(joint, now.targets);
    }

    fn set_levels(&mut self, joint: &Joint, targets: Targets) {
        let held = joint.held(targets);
        self.targets.clear();
        self.targets.extend(targets_in(targets));
        let (n, size) = (self.targets.len(), self.segments.len() * self.n);
        for levels in [&mut self.firsts, &mut self.rests] {
            levels.resize(levels.len().max(n + 1), Vec::new());
        }
        let on = (&self.segments[..], &self.operators[..]);
        self.firsts[0].clear();
        self.firsts[0].resize(size, 0.0);
        for (at, target) in self.targets.iter().enumerate() {
            let (before, after) = self.firsts.split_at_mut(at + 1);
            after[0].clone_from(&before[at]);
            add(joint, (*target, held), on, &mut after[0]);
        }
        self.rests[n].clear();
        self.rests[n].resize(size, 0.0);
        for (at, target) in self.targets.iter().enumerate().rev() {
            let (before, after) = self.rests.split_at_mut(at + 1);
            before[at].clone_from(&after[0]);
            add(joint, (*target, held), on, &mut before[at]);
        }
    }
}

/// Takes a target's charges in, as [`crate::graph::Exposure::add`] does.
fn add(
    joint: &Joint,
    (target, held): (usize, Targets),
    (segments, operators): (&[Segment], &[usize]),
    exposure: &mut [f64],
) {
    let target = &joint.targets[target];
    for charge in &target.charges {
        let landed = if is_held(charge, held) { charge.held } else { charge.free };
        let columns = segments.iter().zip(exposure.chunks_mut(operators.len().max(1)));
        for (segment, column) in columns.filter(|(segment, _)| segment.pool == charge.pool) {
            let members =
                column.iter_mut().zip(operators).filter(|(_, operator)| target.takes_part[**operator]);
            let share = |operator: &usize| charge.share[*operator];
            let joins =
                members.filter(|(_, operator)| segment.field == Field::Drawdown || share(operator) > 0.0);
            let most = match segment.field {
                Field::Home if !charge.is_claim => {
                    joins.for_each(|(value, operator)| *value = value.max(landed.fraction * share(operator)));
                    continue;
                }
                Field::Claims if charge.is_claim => {
                    joins.for_each(|(value, operator)| {
                        *value = claims(segment.rule, *value, landed.fraction * share(operator));
                    });
                    continue;
                }
                Field::Home | Field::Claims => continue,
                Field::Drawdown => charge.drawdown,
                Field::Ejection => landed.ejection,
                Field::Silence => charge.silent_hours,
            };
            if most > 0.0 {
                joins.for_each(|(value, _)| *value = value.max(most));
            }
        }
    }
}

/// Exposure to what either is to.
fn join(segments: &[Segment], n: usize, exposure: &mut [f64], other: &[f64]) {
    for ((segment, out), other) in
        segments.iter().zip(exposure.chunks_mut(n.max(1))).zip(other.chunks(n.max(1)))
    {
        let values = out.iter_mut().zip(other);
        match segment.field {
            Field::Claims => {
                values.for_each(|(value, other)| *value = claims(segment.rule, *value, *other));
            }
            _ => values.for_each(|(value, other)| *value = value.max(*other)),
        }
    }
}

/// Two claims together.
fn claims(rule: Combine, one: f64, other: f64) -> f64 {
    match rule {
        Combine::Once => one.max(other),
        Combine::Additive => one + other,
        Combine::Compound => 1.0 - (1.0 - one) * (1.0 - other),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Dice, crowd};
    use super::super::{Plan, Witness};
    use super::*;

    /// With a service more, less or attacked otherwise members are paid what the definitions say.
    #[test]
    fn payments_are_those_of_the_definitions() {
        let mut dice = Dice(51);
        let mut compared = 0;
        for rule in [Combine::Once, Combine::Additive, Combine::Compound] {
            for _ in 0..40 {
                let size = (3 + dice.below(20), 2 + dice.below(6));
                let (mut joint, scene) = crowd(&mut dice, size, 0.6);
                joint.pools[0].rule = rule;
                joint.friction_usd.iter_mut().for_each(|friction| *friction = dice.unit());
                for charge in joint.targets.iter_mut().flat_map(|target| &mut target.charges) {
                    charge.is_claim = dice.below(2) == 0;
                    charge.free.fraction = dice.unit();
                    charge.held.fraction = charge.free.fraction;
                    charge.drawdown = 0.1 * dice.unit();
                }
                let plan = Plan::new(&joint);
                let ground = Ground { joint: &joint, plan: &plan, scene: &scene };
                let n_targets = joint.targets.len();
                let targets =
                    (0..n_targets).filter(|_| dice.below(3) > 0).fold(0, |set, target| set | 1 << target);
                let members: Vec<u32> = (0u32..).take(scene.n()).filter(|_| dice.below(2) == 0).collect();
                let now = Witness { targets, members, ..Witness::default() };
                let mut without = Without::default();
                for target in 0..n_targets {
                    let set = targets ^ 1 << target;
                    let Some(found) = without.payment(ground, &now, set) else { continue };
                    let truth: f64 =
                        now.members.iter().map(|who| scene.payment(&joint, set, *who as usize)).sum();
                    assert!((found - truth).abs() < 1e-9 * (1.0 + truth), "{found} {truth}");
                    compared += 1;
                }
            }
        }
        assert!(compared > 200, "{compared}");
    }
}

//! Cheap coalitions for a given set of targets: whole operators that reach every one of them.
//!
//! The dual of the linear relaxation is raised target by target, each to its exact best with the others held (a fractional
//! knapsack at reduced payments); its value is a lower bound of the cost, its multipliers tell whom to take in.

use super::scene::Scene;
use crate::attack::part;
use crate::graph::{Below, Joint, JointCharge, JointPool, Targets, is_held, targets_in};
use crate::study::Combine;
use std::collections::BTreeMap;

/// Sets whose losses are kept.
const KEPT_SETS: usize = 256;
/// Rounds of raising the dual.
const SWEEPS: usize = 2;

/// Losses of every operator for sets of targets met before: they are linear in prices.
#[derive(Debug, Clone, Default)]
pub struct Payments {
    known: BTreeMap<Targets, Vec<f64>>,
    assets: Vec<usize>,
}

impl Payments {
    /// Writes what each candidate must be paid for an attack on a set, less what returns of its stake, USD.
    pub fn of(&mut self, joint: &Joint, scene: &Scene, set: Targets, out: &mut Vec<f64>) {
        if self.assets.is_empty() {
            self.assets = joint.pools.iter().map(|pool| pool.asset).collect();
            self.assets.sort_unstable();
            self.assets.dedup();
        }
        if self.known.len() >= KEPT_SETS && !self.known.contains_key(&set) {
            self.known.clear();
        }
        let assets = &self.assets;
        let tokens = self.known.entry(set).or_insert_with(|| losses(joint, set, assets));
        let n = joint.friction_usd.len();
        out.clear();
        out.resize(scene.n(), 0.0);
        for (column, asset) in tokens.chunks(n).zip(&self.assets) {
            let price = scene.prices[*asset];
            for (out, operator) in out.iter_mut().zip(&scene.operators) {
                *out += price * column[*operator as usize];
            }
        }
        let friction = &tokens[self.assets.len() * n..];
        for ((out, operator), pay) in out.iter_mut().zip(&scene.operators).zip(&scene.pay) {
            *out = pay * (*out + friction[*operator as usize]);
        }
        if joint.redistributes() {
            let back = |candidate: usize| scene.returned(joint, set, candidate);
            out.iter_mut().enumerate().for_each(|(candidate, out)| *out -= back(candidate));
        }
    }
}

/// Private losses per asset, tokens, and last the friction, USD: [`Joint::private_usd`] for all operators at once.
/// `[asset][operator]`
fn losses(joint: &Joint, set: Targets, assets: &[usize]) -> Vec<f64> {
    let n = joint.friction_usd.len();
    let held = joint.held(set);
    let mut tokens = vec![0.0; (assets.len() + 1) * n];
    let mut exposures = Exposures::default();
    for (index, pool) in joint.pools.iter().enumerate() {
        let place = assets.iter().position(|asset| *asset == pool.asset).unwrap_or(0) * n;
        exposures.clear(n);
        for target in targets_in(set).map(|target| &joint.targets[target]) {
            for charge in target.charges.iter().filter(|charge| charge.pool == index) {
                exposures.add(charge, (is_held(charge, held), pool.rule), &target.takes_part);
            }
        }
        let below = joint.below(set, held, index);
        exposures.add_tokens(pool, below, &mut tokens[place..place + n]);
    }
    for target in targets_in(set).map(|target| &joint.targets[target]) {
        let friction = tokens[assets.len() * n..].iter_mut().zip(&joint.friction_usd);
        for ((out, friction), takes_part) in friction.zip(&target.takes_part) {
            *out = if *takes_part { *friction } else { *out };
        }
    }
    tokens
}

/// [`crate::graph::Exposure`] of every operator in one pool. `[operator]`
#[derive(Debug, Default)]
struct Exposures {
    home: Vec<f64>,
    claims: Vec<f64>,
    drawdown: Vec<f64>,
    ejection: Vec<f64>,
    silent_hours: Vec<f64>,
}

impl Exposures {
    fn clear(&mut self, n: usize) {
        let Self { home, claims, drawdown, ejection, silent_hours } = self;
        for column in [home, claims, drawdown, ejection, silent_hours] {
            column.clear();
            column.resize(n, 0.0);
        }
    }

    fn add(&mut self, charge: &JointCharge, (is_held, rule): (bool, Combine), takes_part: &[bool]) {
        let landed = if is_held { charge.held } else { charge.free };
        let shares =
            charge.share.iter().zip(takes_part).map(|(share, part)| if *part { *share } else { 0.0 });
        let raise = |column: &mut [f64], to: f64| {
            for (value, share) in column.iter_mut().zip(shares.clone()) {
                *value = if share > 0.0 && to > *value { to } else { *value };
            }
        };
        if charge.drawdown > 0.0 {
            for (value, part) in self.drawdown.iter_mut().zip(takes_part) {
                *value = if *part && charge.drawdown > *value { charge.drawdown } else { *value };
            }
        }
        if landed.ejection > 0.0 {
            raise(&mut self.ejection, landed.ejection);
        }
        if charge.silent_hours > 0.0 {
            raise(&mut self.silent_hours, charge.silent_hours);
        }
        let fractions = shares.clone().map(|share| landed.fraction * share);
        let largest = |column: &mut [f64]| {
            column
                .iter_mut()
                .zip(fractions.clone())
                .for_each(|(value, f)| *value = if f > *value { f } else { *value });
        };
        match rule {
            _ if !charge.is_claim => largest(&mut self.home),
            Combine::Once => largest(&mut self.claims),
            Combine::Additive => self.claims.iter_mut().zip(fractions).for_each(|(value, f)| *value += f),
            Combine::Compound => {
                self.claims
                    .iter_mut()
                    .zip(fractions)
                    .for_each(|(value, f)| *value = 1.0 - (1.0 - *value) * (1.0 - f));
            }
        }
    }

    fn add_tokens(&self, pool: &JointPool, below: Below, out: &mut [f64]) {
        for (operator, out) in out.iter_mut().enumerate() {
            let (home, claims) = (self.home[operator], self.claims[operator]);
            let fraction = match pool.rule {
                Combine::Once => home.max(claims),
                Combine::Additive => (home + claims).min(1.0),
                Combine::Compound => 1.0 - (1.0 - home) * (1.0 - claims),
            };
            let own = pool.own_share[operator] * below.lost(fraction, self.drawdown[operator]);
            let income = self.ejection[operator] * pool.ejection_income[operator]
                + self.silent_hours[operator] * pool.hourly_income[operator];
            *out += pool.tokens[operator] * (own + income);
        }
    }
}

/// Working memory.
#[derive(Debug, Clone, Default)]
pub struct Cover {
    /// Coverage that candidates give at the multipliers, USD.
    worth: Vec<f64>,
    order: Vec<(f64, u32)>,
    missing: Vec<(usize, u128)>,
    is_in: Vec<bool>,
    /// The coalition found: candidates, rising.
    pub members: Vec<u32>,
    /// Part of its keys that each commits; empty where nobody can be divided. `[member]`
    pub parts: Vec<u64>,
}

impl Cover {
    /// Raises the multipliers of a set's targets (the others are 0) and returns the dual's value: no coalition of these
    /// payments that reaches every target of the set is paid less.
    pub fn raise(&mut self, scene: &Scene, set: Targets, payments: &[f64], mu: &mut [f64]) -> f64 {
        mu.fill(0.0);
        self.worth.clear();
        self.worth.resize(scene.n(), 0.0);
        let sweeps = if set.count_ones() > 1 { SWEEPS } else { 1 };
        for _ in 0..sweeps {
            for target in targets_in(set) {
                self.raise_one(scene, target, payments, mu);
            }
        }
        let reduced = self.worth.iter().zip(payments).map(|(worth, payment)| (worth - payment).max(0.0));
        let value = targets_in(set).map(|target| mu[target]).sum::<f64>() - reduced.sum::<f64>();
        value - value.abs() * 1e-12
    }

    /// Takes multipliers found otherwise.
    pub fn set_worth(&mut self, scene: &Scene, set: Targets, mu: &[f64]) {
        self.worth.clear();
        self.worth.resize(scene.n(), 0.0);
        for target in targets_in(set) {
            let part = scene.part_of(target);
            self.worth.iter_mut().zip(part).for_each(|(worth, part)| *worth += mu[target] * part);
        }
    }

    /// Sets one multiplier to its best with the others held.
    fn raise_one(&mut self, scene: &Scene, target: usize, payments: &[f64], mu: &mut [f64]) {
        let part = scene.part_of(target);
        let before = mu[target];
        self.order.clear();
        let mut covered = 0.0;
        for (candidate, part) in (0u32..).zip(part).filter(|(_, part)| **part > 0.0) {
            let at = candidate as usize;
            let reduced = payments[at] - (self.worth[at] - before * part);
            if reduced <= 0.0 { covered += part } else { self.order.push((reduced / part, candidate)) }
        }
        let mut after = 0.0;
        if covered < 1.0 {
            self.order.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            for (ratio, candidate) in &self.order {
                after = *ratio;
                covered += part[*candidate as usize];
                if covered >= 1.0 {
                    break;
                }
            }
        }
        mu[target] = after;
        let rise = after - before;
        self.worth.iter_mut().zip(part).for_each(|(worth, part)| *worth += rise * part);
    }

    /// Finds a coalition that reaches every target of a set, after [`Self::raise`] with the same: most worth per payment first,
    /// then those whose power is not needed leave, dearest first. `false` if nobody reaches it.
    pub fn fill(&mut self, joint: &Joint, scene: &Scene, set: Targets, payments: &[f64]) -> bool {
        self.members.clear();
        self.parts.clear();
        self.missing.clear();
        self.missing.extend(scene.rows(set).map(|row| (row, scene.row_need(row))));
        self.order.clear();
        for ((candidate, payment), worth) in (0u32..).zip(payments).zip(&self.worth) {
            let all: f64 = targets_in(set).map(|target| scene.part_of(target)[candidate as usize]).sum();
            if all > 0.0 {
                // Whoever the dual finds worthless comes last.
                self.order.push((payment / (worth + 1e-9 * all), candidate));
            }
        }
        self.order.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        for (_, candidate) in &self.order {
            if payments[*candidate as usize] < 0.0 {
                self.members.push(*candidate);
            } else if self.missing.is_empty() {
                break;
            }
            let units = |row: usize| scene.row_units(joint, row)[*candidate as usize];
            if payments[*candidate as usize] >= 0.0 {
                if !self.missing.iter().any(|(target, _)| units(*target) > 0) {
                    continue;
                }
                self.members.push(*candidate);
            }
            self.missing
                .iter_mut()
                .for_each(|(target, missing)| *missing = missing.saturating_sub(units(*target)));
            self.missing.retain(|(_, missing)| *missing > 0);
        }
        if !self.missing.is_empty() {
            return false;
        }
        self.drop_needless(joint, scene, set, payments);
        self.members.sort_unstable();
        if !scene.divisible.is_empty() {
            self.trim(joint, scene, payments);
        }
        true
    }

    /// Lets members who can be divided take back what no target needs, dearest per worth first, after [`Self::drop_needless`].
    fn trim(&mut self, joint: &Joint, scene: &Scene, payments: &[f64]) {
        self.parts.resize(self.members.len(), part::WHOLE);
        self.order.clear();
        for (at, member) in (0u32..).zip(&self.members) {
            let who = *member as usize;
            if scene.divides(*member) && payments[who] > 0.0 {
                self.order.push((payments[who] / self.worth[who].max(f64::MIN_POSITIVE), at));
            }
        }
        self.order.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        for (_, at) in &self.order {
            let (at, who) = (*at as usize, self.members[*at as usize] as usize);
            let units = |row: usize| scene.row_units(joint, row)[who];
            self.parts[at] = part::trimmed(units, self.parts[at], &mut self.missing);
        }
        let mut parts = self.parts.iter();
        self.members.retain(|_| parts.next() != Some(&0));
        self.parts.retain(|part| *part > 0);
    }

    /// Puts the members in order.
    pub fn sort(&mut self) {
        if self.parts.is_empty() {
            self.members.sort_unstable();
            return;
        }
        let mut pairs: Vec<_> = self.members.iter().copied().zip(self.parts.iter().copied()).collect();
        pairs.sort_unstable();
        (self.members, self.parts) = pairs.into_iter().unzip();
    }

    /// Lets members leave whose power no target needs, dearest first.
    fn drop_needless(&mut self, joint: &Joint, scene: &Scene, set: Targets, payments: &[f64]) {
        self.surplus(joint, scene, set);
        let dearer =
            |a: &u32, b: &u32| payments[*b as usize].total_cmp(&payments[*a as usize]).then(a.cmp(b));
        self.members.sort_unstable_by(dearer);
        let surplus = &mut self.missing;
        self.members.retain(|member| {
            let units = |row: usize| scene.row_units(joint, row)[*member as usize];
            let gives = payments[*member as usize] < 0.0;
            let is_needed = gives || surplus.iter().any(|(target, surplus)| units(*target) > *surplus);
            if !is_needed {
                surplus.iter_mut().for_each(|(target, surplus)| *surplus -= units(*target));
            }
            is_needed
        });
    }

    /// Exchanges a member for somebody cheaper who will do, once each, dearest first.
    pub fn swap(&mut self, joint: &Joint, scene: &Scene, set: Targets, payments: &[f64]) {
        self.surplus(joint, scene, set);
        let mut is_in = std::mem::take(&mut self.is_in);
        is_in.clear();
        is_in.resize(scene.n(), false);
        self.members.iter().for_each(|member| is_in[*member as usize] = true);
        for at in 0..self.members.len() {
            let member = self.members[at] as usize;
            if self.parts.get(at).is_some_and(|part| *part < part::WHOLE) {
                continue;
            }
            let units = |row: usize, who: usize| scene.row_units(joint, row)[who];
            let will_do = |who: &usize| {
                let fits = |(target, surplus): &(usize, u128)| {
                    units(*target, *who) + surplus >= units(*target, member)
                };
                !is_in[*who] && payments[*who] < payments[member] && self.missing.iter().all(fits)
            };
            let cheapest =
                (0..scene.n()).filter(will_do).min_by(|a, b| payments[*a].total_cmp(&payments[*b]));
            let Some(other) = cheapest else { continue };
            for (target, surplus) in &mut self.missing {
                *surplus = *surplus + units(*target, other) - units(*target, member);
            }
            (is_in[member], is_in[other]) = (false, true);
            self.members[at] = u32::try_from(other).unwrap_or(u32::MAX);
        }
        self.is_in = is_in;
    }

    /// What the members bring beyond the need of each target.
    fn surplus(&mut self, joint: &Joint, scene: &Scene, set: Targets) {
        self.missing.clear();
        for row in scene.rows(set) {
            let units = scene.row_units(joint, row);
            let part = |at: usize| self.parts.get(at).copied().unwrap_or(part::WHOLE);
            let members = self.members.iter().enumerate();
            let brought: u128 =
                members.map(|(at, member)| part::of_units(units[*member as usize], part(at))).sum();
            self.missing.push((row, brought - scene.row_need(row)));
        }
    }
}

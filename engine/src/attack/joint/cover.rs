//! Cheap coalitions for a given set of targets: whole operators that reach every one of them.
//!
//! The dual of the linear relaxation is raised target by target, each to its exact best with the others held (a fractional
//! knapsack at reduced payments); its value is a lower bound of the cost, its multipliers tell whom to take in.

use super::order::Order;
use super::scene::Scene;
use crate::attack::part;
use crate::graph::{Joint, Targets, targets_in, to_f64};

/// Rounds of raising the dual.
const SWEEPS: usize = 2;

/// Part of all payments that those together may make up who are not exchanged.
const NEGLIGIBLE: f64 = 1e-4;

/// Working memory.
#[derive(Debug, Clone, Default)]
pub struct Cover {
    /// Coverage that candidates give at the multipliers, USD.
    worth: Vec<f64>,
    order: Order,
    /// Parts of all targets of a set together. `[candidate]`
    all: Vec<f64>,
    missing: Vec<(usize, u128)>,
    is_in: Vec<bool>,
    /// Candidates in order of payment, USD, with their power in all rows together; nothing of whoever is in.
    left: Vec<(u32, f64, f64)>,
    /// Rows that fall short without a member, and by how much.
    tight: Vec<(usize, u128)>,
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
        self.order.clear(scene.n());
        let mut covered = 0.0;
        for (candidate, part) in (0u32..).zip(part).filter(|(_, part)| **part > 0.0) {
            let at = candidate as usize;
            let reduced = payments[at] - (self.worth[at] - before * part);
            if reduced <= 0.0 { covered += part } else { self.order.push(reduced / part, candidate) }
        }
        let mut after = 0.0;
        if covered < 1.0 {
            let last = self.order.reach(1.0 - covered, |candidate| part[candidate as usize]);
            let ratio = |at: usize| (payments[at] - (self.worth[at] - before * part[at])) / part[at];
            after = last.map_or(0.0, |last| ratio(last as usize));
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
        self.all.clear();
        self.all.resize(scene.n(), 0.0);
        for target in targets_in(set) {
            self.all.iter_mut().zip(scene.part_of(target)).for_each(|(all, part)| *all += part);
        }
        self.order.clear(scene.n());
        for (((candidate, payment), worth), all) in (0u32..).zip(payments).zip(&self.worth).zip(&self.all) {
            if *all > 0.0 {
                // Whoever the dual finds worthless comes last.
                self.order.push(payment / (worth + 1e-9 * all), candidate);
            }
        }
        self.order.sort();
        for candidate in self.order.iter() {
            if payments[candidate as usize] < 0.0 {
                self.members.push(candidate);
            } else if self.missing.is_empty() {
                break;
            }
            let units = |row: usize| scene.row_units(joint, row)[candidate as usize];
            if payments[candidate as usize] >= 0.0 {
                if !self.missing.iter().any(|(target, _)| units(*target) > 0) {
                    continue;
                }
                self.members.push(candidate);
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
        self.order.clear(self.members.len());
        for (at, member) in (0u32..).zip(&self.members) {
            let who = *member as usize;
            if scene.divides(*member) && payments[who] > 0.0 {
                self.order.push(-payments[who] / self.worth[who].max(f64::MIN_POSITIVE), at);
            }
        }
        self.order.sort();
        for at in self.order.iter() {
            let (at, who) = (at as usize, self.members[at as usize] as usize);
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
        self.order.clear(scene.n());
        self.members.iter().for_each(|member| self.order.push(-payments[*member as usize], *member));
        self.order.sort();
        self.members.clear();
        self.members.extend(self.order.iter());
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
        self.order.clear(scene.n());
        (0u32..).zip(payments).for_each(|(who, payment)| self.order.push(*payment, who));
        self.order.sort();
        let rows: Vec<&[u128]> = self.missing.iter().map(|(row, _)| scene.row_units(joint, *row)).collect();
        // Power in all rows together, as parts of what they need, tells of most that they will not do.
        self.all.clear();
        self.all.resize(scene.n(), 0.0);
        let mut over = 0.0;
        for (row, surplus) in &self.missing {
            let inverse = 1.0 / to_f64(scene.row_need(*row));
            let units = scene.row_units(joint, *row);
            self.all.iter_mut().zip(units).for_each(|(all, units)| *all += inverse * to_f64(*units));
            over += inverse * to_f64(*surplus);
        }
        // Whoever is paid next to nothing saves next to nothing.
        let paid: f64 = self.members.iter().map(|member| payments[*member as usize].max(0.0)).sum();
        let little = NEGLIGIBLE * paid / to_f64(self.members.len() as u128);
        // In order, and nothing of whoever is in: most are told by one number.
        self.left.clear();
        let (all, outside) = (&self.all, |who: u32| !is_in[who as usize]);
        let power = |who: u32| if outside(who) { all[who as usize] } else { f64::NEG_INFINITY };
        self.left.extend(self.order.iter().map(|who| (who, payments[who as usize], power(who))));
        for at in 0..self.members.len() {
            let member = self.members[at] as usize;
            if payments[member] <= little {
                continue;
            }
            if self.parts.get(at).is_some_and(|part| *part < part::WHOLE) {
                continue;
            }
            let least = self.all[member] - over - 1e-9;
            self.tighten(scene, member, &rows);
            let will_do = |who: &usize| self.tight.iter().all(|(at, missing)| rows[*at][*who] >= *missing);
            let cheaper = self.left.partition_point(|(_, payment, _)| *payment < payments[member]);
            let able = self.left[..cheaper].iter().enumerate().filter(|(_, (.., power))| *power >= least);
            let Some((place, other)) =
                able.map(|(place, (who, ..))| (place, *who as usize)).find(|(_, who)| will_do(who))
            else {
                continue;
            };
            self.left[place].2 = f64::NEG_INFINITY;
            over += self.all[other] - self.all[member];
            for ((_, surplus), units) in self.missing.iter_mut().zip(&rows) {
                *surplus = *surplus + units[other] - units[member];
            }
            // Whoever has left may come back for somebody dearer.
            if let Some(place) = self.left.iter().position(|(who, ..)| *who as usize == member) {
                self.left[place].2 = self.all[member];
            }
            self.members[at] = u32::try_from(other).unwrap_or(u32::MAX);
        }
        self.is_in = is_in;
    }

    /// Works out what is missing without a member, in the row where most is missing first.
    fn tighten(&mut self, scene: &Scene, member: usize, rows: &[&[u128]]) {
        let mut most = 0.0;
        self.tight.clear();
        for (at, ((row, surplus), units)) in self.missing.iter().zip(rows).enumerate() {
            let Some(missing) = units[member].checked_sub(*surplus).filter(|missing| *missing > 0) else {
                continue;
            };
            self.tight.push((at, missing));
            let part = to_f64(missing) / to_f64(scene.row_need(*row));
            if part > most {
                most = part;
                let last = self.tight.len() - 1;
                self.tight.swap(0, last);
            }
        }
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

//! One scenario of one design: who can join and for how much, what power each target needs, what it brings.

use super::second::{Second, parts_of};
use crate::attack::part;
use crate::graph::{Joint, Secured, Targets, saturated, targets_in, to_f64};

/// Who can join and what it takes; reused from scenario to scenario. Columns are over candidates.
#[derive(Debug, Clone, Default)]
pub struct Scene {
    /// Operators that can join, rising. `[candidate]`
    pub operators: Vec<u32>,
    /// What each must be paid per private loss. `[candidate]`
    pub pay: Vec<f64>,
    /// Whether each can commit a part of its keys; empty where nobody can. `[candidate]`
    pub divisible: Vec<bool>,
    /// Part of its keys that each still has; empty where nothing is gone. Payments and powers are those of the rest. `[candidate]`
    pub size: Vec<f64>,
    /// Exact power over the service. `[service · n + candidate]`
    pub units: Vec<u128>,
    /// Power needed. `[target]`
    pub need: Vec<u128>,
    /// What targets need of a second quorum.
    pub second: Vec<Second>,
    /// Power of each candidate as a part of what the target needs; at most 1 for those that join whole. A weighted mean over both
    /// quorums where it needs two. `[target · n + candidate]`
    pub part: Vec<f64>,
    /// Profit of each target alone, USD. `[target]`
    pub profit: Vec<f64>,
    /// What the cheapest coalition for each target alone costs at least, as far as it is known, USD. `[target]`
    pub alone: Vec<f64>,
    /// Profits by column of the study, USD.
    pub columns: Vec<f64>,
    /// Prices, USD. `[asset]`
    pub prices: Vec<f64>,
    /// Targets decided by operators that all candidates together reach.
    pub in_reach: Targets,
    /// Powers over one service. `[candidate]`
    pub powers: Vec<f64>,
    /// Targets attacked before: what they realised is not there again.
    pub done: Targets,
}

impl Scene {
    /// Candidates.
    pub fn n(&self) -> usize {
        self.operators.len()
    }

    /// Exact power of the candidates over a service. `[candidate]`
    pub fn units_of(&self, service: usize) -> &[u128] {
        &self.units[service * self.n()..(service + 1) * self.n()]
    }

    /// Parts of what a target needs. `[candidate]`
    pub fn part_of(&self, target: usize) -> &[f64] {
        &self.part[target * self.n()..(target + 1) * self.n()]
    }

    /// Works out what follows from candidates, units and needs.
    pub fn finish(&mut self, joint: &Joint) {
        self.set_parts(joint);
        self.profit.clear();
        for index in 0..joint.targets.len() {
            let profit = self.profit_of(joint, 1 << index);
            self.profit.push(profit);
        }
        for at in 0..self.second.len() {
            let target = self.second[at].target;
            if self.in_reach >> target & 1 == 1 {
                let set = 1 << target;
                let net = |who| self.payment(joint, set, who) - self.returned(joint, set, who);
                let payments: Vec<f64> = (0..self.n()).map(net).collect();
                self.weigh_quorums(at, &payments);
            }
        }
    }

    /// [`Self::finish`] for a design of one target with known payments, whose profit is not asked.
    pub fn finish_alone(&mut self, joint: &Joint, payments: &[f64]) {
        self.set_parts(joint);
        if self.in_reach != 0 {
            self.weigh_quorums(0, payments);
        }
    }

    /// Parts of what each target needs, and which are in reach.
    fn set_parts(&mut self, joint: &Joint) {
        let n = self.n();
        self.divisible.clear();
        if !joint.divisible.is_empty() {
            self.divisible.extend(self.operators.iter().map(|operator| joint.divisible[*operator as usize]));
        }
        self.part.resize(joint.targets.len() * n, 0.0);
        self.in_reach = 0;
        // Targets of one service stand together.
        let (mut powers, mut total) = ((usize::MAX, std::mem::take(&mut self.powers)), 0);
        for (index, target) in joint.targets.iter().enumerate() {
            if !target.by_operators {
                self.part[index * n..(index + 1) * n].fill(0.0);
                continue;
            }
            let units = &self.units[target.service * n..(target.service + 1) * n];
            if powers.0 != target.service {
                powers.0 = target.service;
                powers.1.clear();
                powers.1.extend(units.iter().map(|units| to_f64(*units)));
                total = units.iter().sum();
            }
            let need = self.need[index];
            if total >= need {
                self.in_reach |= 1 << index;
            }
            let part = &mut self.part[index * n..(index + 1) * n];
            parts_of((&powers.1, need), &self.divisible, part);
        }
        self.powers = powers.1;
        for second in &mut self.second {
            let index = second.target;
            second.set_parts(&self.part[index * n..(index + 1) * n], &self.divisible);
            if !second.is_in_reach() {
                self.in_reach &= !(1 << index);
            }
        }
    }

    /// Weighs the two quorums of a target as its own relaxation does: any weights give an inequality that every coalition keeps.
    fn weigh_quorums(&mut self, at: usize, payments: &[f64]) {
        let weight = self.second[at].own_weight(self.need[self.second[at].target], payments);
        self.set_weight(at, weight);
    }

    /// Takes this weight of the first quorum for a target that needs two.
    pub(super) fn set_weight(&mut self, at: usize, weight: f64) {
        let n = self.n();
        self.second[at].weight = weight;
        let second = &self.second[at];
        let index = second.target;
        for ((out, first), second) in
            self.part[index * n..(index + 1) * n].iter_mut().zip(&second.first).zip(&second.part)
        {
            *out = weight * first + (1.0 - weight) * second;
        }
    }

    /// Rows that a set must cover: its targets, and after them what they need of second quorums. Those that need nothing are left out.
    pub fn rows(&self, set: Targets) -> impl Iterator<Item = usize> + Clone + '_ {
        let first = targets_in(set).filter(|target| self.need[*target] > 0);
        let second = self.second.iter().enumerate();
        let second = second.filter(move |(_, second)| set >> second.target & 1 == 1 && second.need > 0);
        first.chain(second.map(|(at, _)| self.need.len() + at))
    }

    /// Exact power that counts in a row. `[candidate]`
    pub fn row_units(&self, joint: &Joint, row: usize) -> &[u128] {
        match row.checked_sub(self.need.len()) {
            None => self.units_of(joint.targets[row].service),
            Some(at) => &self.second[at].units,
        }
    }

    /// Power that a row needs.
    pub fn row_need(&self, row: usize) -> u128 {
        match row.checked_sub(self.need.len()) {
            None => self.need[row],
            Some(at) => self.second[at].need,
        }
    }

    /// Parts of what a row needs. `[candidate]`
    pub fn row_part(&self, row: usize) -> &[f64] {
        match row.checked_sub(self.need.len()) {
            None if self.second.is_empty() => self.part_of(row),
            None => {
                self.second.iter().find(|second| second.target == row).map_or(self.part_of(row), |s| &s.first)
            }
            Some(at) => &self.second[at].part,
        }
    }

    /// The target of a row.
    pub fn row_target(&self, row: usize) -> usize {
        row.checked_sub(self.need.len()).map_or(row, |at| self.second[at].target)
    }

    /// Adds what the targets of a service need of its second quorum, before their needs of the first are added; `left`: part of an
    /// operator's keys that is still there.
    pub fn add_second(&mut self, secured: &Secured, left: impl Fn(usize) -> f64) {
        let Some(power) = &secured.second else { return };
        let units = |operator: usize| part::of_units(power.only_units(operator), part::down(left(operator)));
        let total: u128 = power.members.iter().map(|operator| units(*operator as usize)).sum();
        for (at, target) in secured.targets.iter().enumerate() {
            if let Some(threshold) = target.second_threshold {
                let need = if total == 0 { 0 } else { threshold.least_power(total) };
                let units = self.operators.iter().map(|operator| units(*operator as usize)).collect();
                self.second.push(Second::new(self.need.len() + at, units, need));
            }
        }
    }

    /// Whether a target of a set needs power in two quorums.
    pub fn has_second(&self, set: Targets) -> bool {
        self.second.iter().any(|second| set >> second.target & 1 == 1)
    }

    /// Whether a target needs nobody.
    pub fn is_unguarded(&self, target: usize) -> bool {
        let needs = |second: &Second| second.target == target && second.need > 0;
        self.need[target] == 0 && !self.second.iter().any(needs)
    }

    /// Whether a candidate has power over a service, in whichever quorum.
    pub fn has_power(&self, joint: &Joint, service: usize, candidate: usize) -> bool {
        let second =
            |second: &Second| joint.targets[second.target].service == service && second.units[candidate] > 0;
        self.units_of(service)[candidate] > 0 || self.second.iter().any(second)
    }

    /// Everybody less those whom no target of the first set needs, dearest first.
    pub fn all_but_needless(&self, joint: &Joint, payments: &[f64], members: &mut Vec<u32>) {
        members.clear();
        members.extend((0u32..).take(self.n()));
        members.sort_by(|a, b| payments[*b as usize].total_cmp(&payments[*a as usize]).then(a.cmp(b)));
        let over = |row: usize| self.row_units(joint, row).iter().sum::<u128>() - self.row_need(row);
        let mut surplus: Vec<(usize, u128)> = self.rows(1).map(|row| (row, over(row))).collect();
        members.retain(|who| {
            let units = |row: usize| self.row_units(joint, row)[*who as usize];
            let stays =
                payments[*who as usize] < 0.0 || surplus.iter().any(|(row, left)| units(*row) > *left);
            if !stays {
                surplus.iter_mut().for_each(|(row, left)| *left -= units(*row));
            }
            stays
        });
    }

    /// A bound on the profit of every attack where profits saturate: the tangent of their law at what an attack on these targets
    /// takes. What a set takes is at most what its targets take one by one.
    pub fn tangent(&self, joint: &Joint, set: Targets) -> Option<Tangent> {
        let most = joint.saturation_usd?;
        let taken = |set: Targets| joint.taken_usd(set, |column| self.columns[column]);
        let before = taken(self.done);
        let at = taken(set | self.done);
        let slope = libm::exp(-at / most);
        let start = saturated(Some(most), at) - saturated(Some(most), before) - slope * (at - before);
        let alone = |target: usize| (taken(1 << target | self.done) - before).max(0.0);
        Some(Tangent {
            start: start.max(0.0) * (1.0 + 1e-12),
            profits: (0..joint.targets.len()).map(|target| slope * alone(target) * (1.0 + 1e-12)).collect(),
        })
    }

    /// Profit of an attack on these targets, USD: what they add to those attacked before.
    pub fn profit_of(&self, joint: &Joint, set: Targets) -> f64 {
        let realised = |set: Targets| joint.profit_usd(set, |column| self.columns[column]);
        if self.done == 0 {
            realised(set)
        } else {
            (realised(set | self.done) - realised(self.done)).max(0.0)
        }
    }

    /// Whether a candidate can commit a part of its keys.
    pub fn divides(&self, candidate: u32) -> bool {
        self.divisible.get(candidate as usize) == Some(&true)
    }

    /// Part of its keys that a candidate still has.
    fn size(&self, candidate: usize) -> f64 {
        self.size.get(candidate).copied().unwrap_or(1.0)
    }

    /// What a candidate must be paid for an attack on these targets, USD.
    pub fn payment(&self, joint: &Joint, set: Targets, candidate: usize) -> f64 {
        let operator = self.operators[candidate] as usize;
        self.pay[candidate] * joint.private_usd(set, operator, |asset| self.prices[asset])
    }

    /// Slashed stake of a candidate that comes back, USD.
    pub fn returned(&self, joint: &Joint, set: Targets, candidate: usize) -> f64 {
        let operator = self.operators[candidate] as usize;
        let of = |(index, pool): (usize, &crate::graph::JointPool)| {
            self.prices[pool.asset] * joint.returned_tokens(set, (index, operator))
        };
        self.size(candidate) * joint.pools.iter().enumerate().map(of).sum::<f64>()
    }

    /// No more of a candidate's stake comes back for a target, with whatever others it is attacked, USD.
    pub fn returned_at_most(&self, joint: &Joint, target: usize, candidate: usize) -> f64 {
        let operator = self.operators[candidate] as usize;
        if !joint.targets[target].takes_part[operator] {
            return 0.0;
        }
        let of = |charge: &crate::graph::JointCharge| {
            let pool = &joint.pools[charge.pool];
            let fraction = charge.free.fraction.max(charge.held.fraction) * charge.share[operator];
            self.prices[pool.asset] * pool.tokens[operator] * fraction * charge.redistribution
        };
        self.size(candidate) * joint.targets[target].charges.iter().map(of).sum::<f64>()
    }

    /// Whether these candidates, with parts of their keys or whole where there are none, reach every target of a set: in integers.
    pub fn reaches(&self, joint: &Joint, set: Targets, (members, parts): (&[u32], &[u64])) -> bool {
        self.rows(set).all(|row| {
            let units = self.row_units(joint, row);
            committed(members, parts).map(|(member, part)| part::of_units(units[member], part)).sum::<u128>()
                >= self.row_need(row)
        })
    }
}

/// Members with the part of their keys that each commits.
fn committed<'a>(members: &'a [u32], parts: &'a [u64]) -> impl Iterator<Item = (usize, u64)> + 'a {
    let part = |at: usize| parts.get(at).copied().unwrap_or(part::WHOLE);
    members.iter().enumerate().map(move |(at, member)| (*member as usize, part(at)))
}

/// A bound on the profit of every attack: `start` and these of its targets together.
#[derive(Debug, Clone, PartialEq)]
pub struct Tangent {
    /// USD.
    pub start: f64,
    /// USD. `[target]`
    pub profits: Vec<f64>,
}

/// An attack found: targets, who carries it out, what it brings and costs.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Witness {
    /// Targets, at most one of each service.
    pub targets: Targets,
    /// Candidates, rising.
    pub members: Vec<u32>,
    /// Part of its keys that each commits, in units of [`part::WHOLE`]; empty where everybody joins whole. `[member]`
    pub parts: Vec<u64>,
    /// Profit, without what returns, USD.
    pub profit: f64,
    /// Slashed stake that comes back, USD.
    pub returned: f64,
    /// What the members must be paid, USD.
    pub cost: f64,
}

impl Witness {
    /// Profit and returns less cost.
    pub fn net(&self) -> f64 {
        self.profit + self.returned - self.cost
    }

    /// Members with the part of its keys that each commits.
    pub fn committed(&self) -> impl Iterator<Item = (u32, f64)> + '_ {
        let part = |at: usize| self.parts.get(at).map_or(1.0, |part| part::value(*part));
        self.members.iter().enumerate().map(move |(at, member)| (*member, part(at)))
    }

    /// The same reckoned from the definitions, payment by payment.
    pub fn reckoned(&self, ground: super::Ground<'_>) -> Option<Self> {
        Self::checked(ground.joint, ground.scene, self.targets, (&self.members, &self.parts))
    }

    /// An attack by these members, with parts of their keys or whole where there are none; `None` if they fall short of a target, in
    /// integers.
    pub fn checked(
        joint: &Joint,
        scene: &Scene,
        targets: Targets,
        (members, parts): (&[u32], &[u64]),
    ) -> Option<Self> {
        if targets == 0 || !scene.reaches(joint, targets, (members, parts)) {
            return None;
        }
        let committed = || committed(members, parts).map(|(member, part)| (member, part::value(part)));
        let payment = |(member, part): (usize, f64)| part * scene.payment(joint, targets, member);
        let returned = |(member, part): (usize, f64)| part * scene.returned(joint, targets, member);
        Some(Self {
            targets,
            members: members.to_vec(),
            parts: parts.to_vec(),
            profit: scene.profit_of(joint, targets),
            returned: if joint.redistributes() { committed().map(returned).sum() } else { 0.0 },
            cost: committed().map(payment).sum(),
        })
    }
}

//! Operators that reconsider on a path which services they run.
//!
//! At the end of an epoch every operator that may choose answers once, in name order: it takes part iff its reward beside those that
//! take part by then, at this epoch's prices and use, less its node, less the accidents that the service adds, less what
//! attacks on the service are expected to cost it beside those that took part in the epoch, leaves something. What attacks cost is
//! judged on the draws that operators chose on at the start, once for every set of members with which an epoch ends, and follows
//! the value of the stake. A path's next epoch is judged with its own members.

use super::plan::{Standing, WorldPlan};
use super::world::World;
use crate::bargain::{Bench, Chosen};
use crate::design::{self, Choice};
use crate::graph::{AssetAmounts, Income};
use crate::kernels::LANES;
use crate::moments::count;
use crate::study::Study;
use std::collections::BTreeMap;

/// Compiled sets that are kept.
const MOST_STANDINGS: usize = 64;
/// Sets that are kept from block to block.
const MOST_SETS: usize = 1 << 12;
/// Sets of which it is kept what attacks cost.
const MOST_JUDGED: usize = 1 << 14;
/// The set that the study settled on.
const SETTLED: u32 = 0;

/// Who chooses in a design, and what they know.
#[derive(Debug)]
pub struct Choosers {
    /// The study with this design alone, in force, its members settled; over its own horizon.
    study: Study,
    choices: Vec<Choice>,
    /// `[choice][operator]`
    settled: Vec<Vec<bool>>,
    /// What accidents add over the horizon, all candidates taking part. `[choice]`
    accidents: Vec<Vec<AssetAmounts>>,
    bench: Bench,
    /// Years of the horizon.
    years: f64,
    /// Epochs from one answer to the next.
    every: u32,
    /// The design as it stands in each stage over the length of an epoch. `[stage]`
    stages: Vec<Study>,
}

impl Choosers {
    /// Those of a study with one design; `stages` are that study over an epoch. `None` where nobody may choose.
    pub fn new(mut study: Study, chosen: &[&Chosen], every: u32, stages: Vec<Study>) -> Option<Self> {
        study.designs.iter_mut().flat_map(|design| &mut design.terms).for_each(|terms| terms.proposal = None);
        let mut choices = design::choices(&study, 0);
        let services = &study.designs[0].services;
        let of = |choice: &Choice| chosen.iter().find(|chosen| chosen.service == services[choice.service].0);
        choices.retain(|choice| of(choice).is_some());
        if every == 0 || choices.is_empty() {
            return None;
        }
        let n = study.operators.len();
        for choice in &mut choices {
            let may = of(choice).map_or(&[][..], |chosen| &chosen.candidates);
            choice.candidates = (0..n).map(|operator| may.contains(&operator)).collect();
        }
        let settled = choices.iter().map(|choice| design::members(&study, (0, choice.service))).collect();
        let mut everybody = study.clone();
        for choice in &choices {
            design::set_members(&mut everybody, (0, choice.service), &choice.candidates);
        }
        let graph = design::compile(&everybody);
        let accidents =
            choices.iter().map(|choice| graph.designs[0].incomes[choice.service].accidents.clone());
        let accidents = accidents.collect();
        let bench = Bench::new(&study, study.choosing.scenarios);
        let years = study.horizon_days / super::DAYS_PER_YEAR;
        Some(Self { study, choices, settled, accidents, bench, years, every, stages })
    }

    fn n_operators(&self) -> usize {
        self.study.operators.len()
    }

    /// The study with these members.
    fn with(&self, members: &[Vec<bool>]) -> Study {
        let mut study = self.study.clone();
        for (choice, members) in self.choices.iter().zip(members) {
            design::set_members(&mut study, (0, choice.service), members);
        }
        study
    }

    /// What attacks on a choice's service cost each operator a year beside these members, in the mean or in the tail.
    fn attacks(&self, members: &[Vec<bool>], choice: usize) -> Vec<f64> {
        let study = self.with(members);
        let lost = self.bench.losses(&design::compile(&study), self.choices[choice].service);
        let mut losses: Vec<Vec<f64>> = vec![Vec::new(); self.n_operators()];
        for (operator, _, usd) in lost {
            losses[operator].push(study.operators[operator].own_share * usd);
        }
        let tail = 1.0 - study.choosing.cvar_level.unwrap_or(0.0);
        let n = tail * count(self.bench.n());
        losses.into_iter().map(|losses| sum_of_worst(losses, n) / n / self.years).collect()
    }
}

/// The sum of the `n` largest, of which the last counts in part.
fn sum_of_worst(mut losses: Vec<f64>, n: f64) -> f64 {
    losses.sort_unstable_by(|a, b| b.total_cmp(a));
    let (mut left, mut sum) = (n, 0.0);
    for loss in losses {
        sum += loss * left.clamp(0.0, 1.0);
        left -= 1.0;
    }
    sum
}

/// A set of members of every choice.
#[derive(Debug)]
struct Set {
    /// `[choice][operator]`
    members: Vec<Vec<bool>>,
    /// The set in which one operator has changed its mind, once known. `[choice · n_operators + operator]`
    toggled: Vec<Option<u32>>,
    /// What each service pays and who has power over it. `[choice]`
    offers: Vec<(Income, Vec<bool>)>,
}

/// Who takes part on the paths of a block.
#[derive(Debug)]
pub struct Opted<'a> {
    choosers: &'a Choosers,
    known: Vec<Set>,
    index: BTreeMap<Vec<Vec<bool>>, u32>,
    /// What attacks on a choice's service cost each operator a year beside these members.
    attacks: BTreeMap<(usize, Vec<Vec<bool>>), Vec<f64>>,
    /// `[lane]`
    sets: [u32; LANES],
    /// Compiled sets. `[(stage, set)]`
    standings: BTreeMap<(usize, u32), Standing>,
}

impl<'a> Opted<'a> {
    /// Everybody as settled.
    pub fn new(choosers: &'a Choosers) -> Self {
        let mut opted = Self {
            choosers,
            known: Vec::new(),
            index: BTreeMap::new(),
            attacks: BTreeMap::new(),
            sets: [SETTLED; LANES],
            standings: BTreeMap::new(),
        };
        opted.find(choosers.settled.clone());
        opted
    }

    /// Back to today.
    pub fn start(&mut self) {
        if self.known.len() > MOST_SETS {
            self.known.clear();
            self.index.clear();
            self.standings.clear();
            self.find(self.choosers.settled.clone());
        }
        self.sets = [SETTLED; LANES];
    }

    /// Scenarios of the block by the set that takes part.
    pub fn groups(&self, n: usize) -> Vec<(u32, Vec<usize>)> {
        let mut groups: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        for (lane, set) in self.sets[..n].iter().enumerate() {
            groups.entry(*set).or_default().push(lane);
        }
        groups.into_iter().collect()
    }

    /// Operators with power over a secured service whose operators choose.
    pub fn members(&self, secured: usize, lane: usize) -> Option<u32> {
        let choice = self.choosers.choices.iter().position(|choice| choice.service == secured)?;
        let (_, has_power) = &self.known[self.sets[lane] as usize].offers[choice];
        u32::try_from(has_power.iter().filter(|has| **has).count()).ok()
    }

    /// How services are secured by a set.
    pub fn standing(&mut self, set: u32, plan: &WorldPlan, stage: usize) -> &Standing {
        if self.standings.len() >= MOST_STANDINGS && !self.standings.contains_key(&(stage, set)) {
            self.standings.clear();
        }
        let (choosers, members) = (self.choosers, &self.known[set as usize].members);
        self.standings.entry((stage, set)).or_insert_with(|| {
            let mut study = choosers.stages[stage].clone();
            for (choice, members) in choosers.choices.iter().zip(members) {
                if plan.stages[stage].0 >= plan.in_force(choice.service) {
                    design::set_members(&mut study, (0, choice.service), members);
                }
            }
            Standing::new(&study, &plan.time, Some(plan.today()))
        })
    }

    /// At the end of an epoch: every operator answers once.
    pub fn reconsider(&mut self, world: &World<'_>) {
        if !(world.epoch + 1).is_multiple_of(self.choosers.every) {
            return;
        }
        for lane in 0..world.n {
            let before = self.sets[lane];
            let mut set = before;
            for (index, choice) in self.choosers.choices.iter().enumerate() {
                if world.epoch < world.plan.in_force(choice.service) {
                    continue;
                }
                for operator in (0..choice.candidates.len()).filter(|operator| choice.candidates[*operator]) {
                    let inside = self.put(set, (index, operator), true);
                    let wants = self.margin((world, lane), (before, inside), (index, operator)) > 0.0;
                    set = self.put(set, (index, operator), wants);
                }
            }
            self.sets[lane] = set;
        }
    }

    /// What is left of a year beside the members of `set` at the prices and the use with which the epoch ends, attacks being those
    /// on the service as it was run `before`, USD.
    fn margin(
        &mut self,
        (world, lane): (&World<'_>, usize),
        (before, set): (u32, u32),
        (index, operator): (usize, usize),
    ) -> f64 {
        let choosers = self.choosers;
        let service = choosers.choices[index].service;
        let position = choosers.study.designs[0].services[service].0;
        let price = |asset: usize| world.plan.assets[asset].1 * world.levels[asset][lane];
        let own = choosers.study.operators[operator].own_share;
        let (income, has_power) = &self.known[set as usize].offers[index];
        if !has_power[operator] {
            return 0.0;
        }
        let paid = income.pays.iter().map(|pay| pay.kept[operator] * pay.asset.map_or(1.0, price));
        let uses = if world.is_idle(position, lane) { 0.0 } else { world.uses[position][lane] };
        let accidents = choosers.accidents[index].iter().map(|amounts| {
            amounts.tokens[operator] * price(amounts.asset) * world.bonded[amounts.asset][lane]
                / choosers.years
        });
        let left = uses * paid.sum::<f64>() - income.node_usd[operator] - own * accidents.sum::<f64>();
        // Who does not gain without attacks does not gain with them.
        if left <= 0.0 {
            return left;
        }
        let beside = self.put(before, (index, operator), true);
        left - self.attacks(beside, index)[operator] * world.ended_value(service, lane)
    }

    fn attacks(&mut self, set: u32, choice: usize) -> &[f64] {
        let choosers = self.choosers;
        if self.attacks.len() > MOST_JUDGED {
            self.attacks.clear();
        }
        let members = &self.known[set as usize].members;
        self.attacks.entry((choice, members.clone())).or_insert_with(|| choosers.attacks(members, choice))
    }

    /// The set in which an operator takes part or does not.
    fn put(&mut self, set: u32, (index, operator): (usize, usize), member: bool) -> u32 {
        let known = &self.known[set as usize];
        if known.members[index][operator] == member {
            return set;
        }
        let place = index * self.choosers.n_operators() + operator;
        if let Some(other) = known.toggled[place] {
            return other;
        }
        let mut members = known.members.clone();
        members[index][operator] = member;
        let other = self.find(members);
        self.known[set as usize].toggled[place] = Some(other);
        other
    }

    fn find(&mut self, members: Vec<Vec<bool>>) -> u32 {
        if let Some(set) = self.index.get(&members) {
            return *set;
        }
        let set = u32::try_from(self.known.len()).unwrap_or(SETTLED);
        let study = self.choosers.with(&members);
        let offer = |choice: &Choice| design::income_of(&study, (0, choice.service));
        self.known.push(Set {
            offers: self.choosers.choices.iter().map(offer).collect(),
            toggled: vec![None; members.len() * self.choosers.n_operators()],
            members: members.clone(),
        });
        self.index.insert(members, set);
        set
    }
}

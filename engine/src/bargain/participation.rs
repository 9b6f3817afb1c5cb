//! Operators that may choose run a service iff it leaves them something: best responses one after the other, on common draws.
//!
//! An operator's margin is its part of the payment, less its node, less the accidents that the service adds, less what attacks
//! on the service cost its own stake. A round takes the losses of the present members from the draws and lets every candidate
//! answer in name order, rewards being reckoned anew after every change. When nobody moves, each outsider that would gain if
//! nothing could be slashed is let in and judged on the draws: only if none of them stays have all answered best.

use super::bench::Bench;
use super::vote::Vote;
use crate::design::{self, Choice};
use crate::graph::{AssetAmounts, Income};
use crate::moments::count;
use crate::study::Study;

/// How one service of one design found its operators.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    /// Position of the design.
    pub design: usize,
    /// Position of the service in the study.
    pub service: usize,
    /// Operators that could choose. `[candidate]`
    pub candidates: Vec<usize>,
    /// Operators with power in the end, those that must take part among them. `[member]`
    pub members: Vec<usize>,
    /// Rounds taken.
    pub rounds: u64,
    /// Whether nobody wanted to move any more.
    pub converged: bool,
    /// Operators that kept coming and going, where the rounds went in a circle. `[operator]`
    pub cycle: Vec<usize>,
}

/// A study in which everybody has chosen.
#[derive(Debug, Clone)]
pub struct Settled {
    /// The study with the operators that take part.
    pub study: Study,
    /// How that came about, in the order of designs and services.
    pub chosen: Vec<Chosen>,
    /// What delegators said, in the order of designs and services.
    pub votes: Vec<Vote>,
}

/// Lets operators choose in every design with `participation = "chosen"`; other designs stay as they are.
///
/// Designs are settled one by one, services of one design in turn within each round. The result depends on the study and its
/// seed alone.
pub fn choose(study: &Study) -> Settled {
    let mut settled = Settled { study: study.clone(), chosen: Vec::new(), votes: Vec::new() };
    let choices: Vec<(usize, Vec<Choice>)> =
        (0..study.designs.len()).map(|design| (design, design::choices(study, design))).collect();
    if choices.iter().all(|(_, choices)| choices.is_empty()) {
        return settled;
    }
    let bench = Bench::new(study, study.choosing.scenarios);
    for (design, choices) in choices.into_iter().filter(|(_, choices)| !choices.is_empty()) {
        let mut alone = study.clone();
        alone.designs = vec![study.designs[design].clone()];
        let mut table = Table::new(alone, &bench, choices);
        let ended = table.bargain();
        for (index, choice) in table.choices.iter().enumerate() {
            let members = &table.members[index];
            design::set_members(&mut settled.study, (design, choice.service), members);
            let (_, runs) = design::income_of(&table.study, (0, choice.service));
            settled.chosen.push(Chosen {
                design,
                service: study.designs[design].services[choice.service].0,
                candidates: table.candidates(index),
                members: (0..runs.len()).filter(|operator| runs[*operator]).collect(),
                rounds: ended.rounds,
                converged: ended.converged,
                cycle: ended.cycle[index].clone(),
            });
        }
    }
    settled
}

/// How the rounds ended.
struct Ended {
    rounds: u64,
    converged: bool,
    /// `[choice]`
    cycle: Vec<Vec<usize>>,
}

/// One design whose services look for operators.
struct Table<'a> {
    /// The study with this design alone, its members as they stand.
    study: Study,
    bench: &'a Bench,
    choices: Vec<Choice>,
    /// `[choice][operator]`
    members: Vec<Vec<bool>>,
    /// What attacks cost each operator when it was a member last: (scenario, USD). `[choice][operator]`
    losses: Vec<Vec<Vec<(usize, f64)>>>,
    /// What accidents add for each operator, all candidates taking part. `[choice]`
    accidents: Vec<Vec<AssetAmounts>>,
}

impl<'a> Table<'a> {
    /// Everybody who may takes part.
    fn new(mut study: Study, bench: &'a Bench, choices: Vec<Choice>) -> Self {
        let members: Vec<Vec<bool>> = choices.iter().map(|choice| choice.candidates.clone()).collect();
        for (choice, members) in choices.iter().zip(&members) {
            design::set_members(&mut study, (0, choice.service), members);
        }
        let graph = design::compile(&study);
        let accidents =
            choices.iter().map(|choice| graph.designs[0].incomes[choice.service].accidents.clone()).collect();
        let losses = vec![vec![Vec::new(); study.operators.len()]; choices.len()];
        Self { study, bench, choices, members, losses, accidents }
    }

    fn bargain(&mut self) -> Ended {
        let mut seen: Vec<Vec<Vec<bool>>> = vec![self.members.clone()];
        let nobody = vec![Vec::new(); self.choices.len()];
        for rounds in 1..=self.study.choosing.rounds {
            let moved = self.round();
            if !moved && !self.outsiders_join() {
                return Ended { rounds, converged: true, cycle: nobody };
            }
            if let Some(first) = seen.iter().position(|members| *members == self.members) {
                return Ended { rounds, converged: false, cycle: restless(&seen[first..]) };
            }
            seen.push(self.members.clone());
        }
        Ended { rounds: self.study.choosing.rounds, converged: false, cycle: nobody }
    }

    /// Every candidate of every service answers once; whether anybody moved.
    fn round(&mut self) -> bool {
        let mut moved = false;
        for index in 0..self.choices.len() {
            self.weigh_losses(index);
            for operator in self.candidates(index) {
                let wants = self.margin(index, operator) > 0.0;
                moved |= self.put(index, operator, wants);
            }
        }
        moved
    }

    /// Lets outsiders in, one by one, that would gain but for the slashes; whether one stays.
    fn outsiders_join(&mut self) -> bool {
        for index in 0..self.choices.len() {
            for operator in
                self.candidates(index).into_iter().filter(|o| !self.members[index][*o]).collect::<Vec<_>>()
            {
                let known = std::mem::take(&mut self.losses[index][operator]);
                if self.margin(index, operator) > 0.0 {
                    self.put(index, operator, true);
                    self.weigh_losses(index);
                    if self.margin(index, operator) > 0.0 {
                        return true;
                    }
                    self.put(index, operator, false);
                } else {
                    self.losses[index][operator] = known;
                }
            }
        }
        false
    }

    fn candidates(&self, index: usize) -> Vec<usize> {
        let candidates = &self.choices[index].candidates;
        (0..candidates.len()).filter(|operator| candidates[*operator]).collect()
    }

    /// Makes an operator a member or not; whether that is new.
    fn put(&mut self, index: usize, operator: usize, member: bool) -> bool {
        if self.members[index][operator] == member {
            return false;
        }
        self.members[index][operator] = member;
        let service = self.choices[index].service;
        design::set_members(&mut self.study, (0, service), &self.members[index]);
        true
    }

    /// Judges the members as they stand on the draws; outsiders keep what is known of them.
    fn weigh_losses(&mut self, index: usize) {
        let graph = design::compile(&self.study);
        let lost = self.bench.losses(&graph, self.choices[index].service);
        for (operator, member) in self.members[index].iter().enumerate() {
            if *member {
                self.losses[index][operator].clear();
            }
        }
        for (operator, scenario, usd) in lost {
            let share = self.study.operators[operator].own_share;
            self.losses[index][operator].push((scenario, share * usd));
        }
    }

    /// What an operator would have left of taking part beside the present members, in the mean or in the tail.
    fn margin(&mut self, index: usize, operator: usize) -> f64 {
        let service = self.choices[index].service;
        let was = self.members[index][operator];
        self.put(index, operator, true);
        let (income, runs) = design::income_of(&self.study, (0, service));
        self.put(index, operator, was);
        // Who gets no power anyway, for want of stake or of a seat, has nothing to gain.
        if !runs[operator] {
            return 0.0;
        }
        let line = self.line(&income, index, operator);
        let losses = &self.losses[index][operator];
        match self.study.choosing.cvar_level {
            None => {
                line.mean(self.bench) - losses.iter().map(|(_, usd)| usd).sum::<f64>() / count(self.bench.n())
            }
            Some(level) => line.worst(self.bench, losses, 1.0 - level),
        }
    }

    /// Reward less node less accidents: linear in prices.
    fn line(&self, income: &Income, index: usize, operator: usize) -> Line {
        let years = self.study.horizon_days / 365.25;
        let own = self.study.operators[operator].own_share;
        let mut line = Line { usd: -income.node_usd[operator] * years, tokens: Vec::new() };
        for pay in &income.pays {
            let kept = pay.kept[operator] * pay.years(years);
            match pay.asset {
                Some(asset) => line.tokens.push((asset, kept)),
                None => line.usd += kept,
            }
        }
        let added = self.accidents[index].iter();
        line.tokens.extend(added.map(|amounts| (amounts.asset, -own * amounts.tokens[operator])));
        line
    }
}

/// `usd + Σ tokens · price`.
struct Line {
    usd: f64,
    tokens: Vec<(usize, f64)>,
}

impl Line {
    fn values(&self, bench: &Bench) -> Vec<f64> {
        let n = usize::try_from(bench.n()).unwrap_or(0);
        let mut values = vec![self.usd; n];
        for (asset, tokens) in self.tokens.iter().filter(|(_, tokens)| *tokens != 0.0) {
            values.iter_mut().zip(bench.prices(*asset)).for_each(|(value, price)| *value += tokens * price);
        }
        values
    }

    fn mean(&self, bench: &Bench) -> f64 {
        self.values(bench).iter().sum::<f64>() / count(bench.n())
    }

    /// Mean of the worst `tail` share of scenarios, of which the last counts in part.
    fn worst(&self, bench: &Bench, losses: &[(usize, f64)], tail: f64) -> f64 {
        let mut values = self.values(bench);
        losses.iter().for_each(|(scenario, usd)| values[*scenario] -= usd);
        values.sort_unstable_by(f64::total_cmp);
        let mut left = tail * count(bench.n());
        let mut sum = 0.0;
        for value in values {
            sum += value * left.min(1.0);
            left -= 1.0;
            if left <= 0.0 {
                break;
            }
        }
        sum / (tail * count(bench.n()))
    }
}

/// Operators that are not in all of these sets, nor in none. `[choice]`
fn restless(rounds: &[Vec<Vec<bool>>]) -> Vec<Vec<usize>> {
    let Some(first) = rounds.first() else { return Vec::new() };
    let moves = |choice: usize, operator: usize| {
        rounds.iter().any(|round| round[choice][operator] != first[choice][operator])
    };
    (0..first.len())
        .map(|choice| (0..first[choice].len()).filter(|operator| moves(choice, *operator)).collect())
        .collect()
}

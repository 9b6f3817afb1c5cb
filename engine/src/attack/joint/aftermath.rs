//! What is left after an attack, searched again.
//!
//! A coalition leaves with all of its power, whatever part of its stake it loses (a tombstone at 5 %); the services it has
//! attacked are targets no more, and those it holds carry no slash out. Thresholds are parts of the power that is left. Prices
//! and who can be had for how much stay those of the scenario.

use super::Plan;
use super::branch::Judge;
use super::cover::Cover;
use super::payments::Payments;
use super::scene::Scene;
use super::stage::set_candidates;
use crate::attack::Priced;
use crate::graph::{DesignGraph, Graph, Joint, Targets};
use crate::sampling::Draws;
use crate::study::Route;
use std::collections::BTreeMap;

/// Most sets of fallen targets whose rest is kept compiled.
const KEPT_RESTS: usize = 64;

/// What one worker keeps of a design.
#[derive(Debug, Default)]
pub struct Aftermath {
    /// By the targets that have fallen: nothing of it depends on what was met before.
    rests: BTreeMap<Targets, Rest>,
    /// The design where one service cannot be attacked, by its position.
    spared: BTreeMap<usize, Rest>,
    scene: Scene,
    priced: Priced,
    cover: Cover,
}

/// A design less some targets.
#[derive(Debug)]
struct Rest {
    joint: Joint,
    plan: Plan,
    judge: Judge,
    payments: Payments,
}

/// How a search of what is left ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Found {
    /// An attack: its targets, its operators and the parts of their keys as they were at first (none: whole), its net gain in USD.
    Attack(Targets, Vec<u32>, Vec<f64>, f64),
    /// None was found, yet the bound does not rule one out.
    Open,
    /// No attack pays.
    Nothing,
}

impl Aftermath {
    /// The attack by operators that nets most once `done` has fallen and parts of operators' keys are gone. `[operator]`
    pub fn search(
        &mut self,
        (graph, design): (&Graph, &DesignGraph),
        (draws, lane): (&Draws, usize),
        (done, gone): (Targets, &[f64]),
    ) -> Found {
        if self.rests.len() >= KEPT_RESTS && !self.rests.contains_key(&done) {
            self.rests.clear();
        }
        let rest = self.rests.entry(done).or_insert_with(|| Rest::new(design.joint.after(done)));
        self.scene.done = done;
        let room = (&mut self.scene, &mut self.priced, &mut self.cover);
        rest.search((graph, design), (draws, lane), gone, room)
    }

    /// The attack by operators that would net most if one service could not be attacked.
    pub fn search_sparing(
        &mut self,
        (graph, design): (&Graph, &DesignGraph),
        (draws, lane): (&Draws, usize),
        service: usize,
    ) -> Found {
        let spared = self.spared.entry(service);
        let rest = spared.or_insert_with(|| Rest::new(design.joint.without(service)));
        self.scene.done = 0;
        let room = (&mut self.scene, &mut self.priced, &mut self.cover);
        rest.search((graph, design), (draws, lane), &[], room)
    }
}

impl Rest {
    /// The attack that nets most; parts of operators' keys are gone. `[operator]`
    fn search(
        &mut self,
        (graph, design): (&Graph, &DesignGraph),
        (draws, lane): (&Draws, usize),
        gone: &[f64],
        (scene, priced, cover): (&mut Scene, &mut Priced, &mut Cover),
    ) -> Found {
        scene.prices.clear();
        scene.prices.extend(draws.prices.iter().map(|price| price[lane]));
        scene.columns.clear();
        scene.columns.extend(draws.profits.iter().map(|profit| profit[lane]));
        let bribes = graph.routes.contains(&Route::Bribe);
        let whole = (graph, design, &self.joint);
        set_candidates((scene, priced, bribes), whole, (draws, lane), gone);
        price_alone(&self.joint, scene, (cover, &mut self.payments));
        let verdict = self.judge.judge_weighed(&self.joint, &self.plan, scene, 0.0);
        match verdict.witness {
            Some(witness) => {
                let operators = witness.members.iter().map(|member| scene.operators[*member as usize]);
                let of = |(member, part): (u32, f64)| part * scene.size[member as usize];
                let parts =
                    if scene.size.is_empty() { Vec::new() } else { witness.committed().map(of).collect() };
                Found::Attack(witness.targets, operators.collect(), parts, witness.net())
            }
            None if verdict.upper > 0.0 => Found::Open,
            None => Found::Nothing,
        }
    }

    fn new(joint: Joint) -> Self {
        Self { plan: Plan::new(&joint), joint, judge: Judge::default(), payments: Payments::default() }
    }
}

/// Writes what each target alone costs at least, USD; infinite where nobody reaches it.
pub fn price_alone(joint: &Joint, scene: &mut Scene, (cover, payments): (&mut Cover, &mut Payments)) {
    let (mut column, mut mu) = (Vec::new(), vec![0.0; joint.targets.len()]);
    let of = |target: usize| {
        if scene.in_reach >> target & 1 == 0 {
            return f64::INFINITY;
        }
        payments.of(joint, scene, 1 << target, &mut column);
        cover.raise(scene, 1 << target, &column, &mut mu)
    };
    let alone: Vec<f64> = (0..joint.targets.len()).map(of).collect();
    scene.alone = alone;
}

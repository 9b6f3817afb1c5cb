//! The cheapest coalition for a target that needs power in a second quorum, beside the first or alone: a covering problem with a row
//! for each.
//!
//! The linear relaxation is the lower bound, the branch and bound of joint attacks ([`super::joint`]) the witness; power of both quorums
//! is counted in integers.

use super::chosen::Chosen;
use super::coalition::{CoalitionCost, narrow};
use super::joint::second::{Second, needs};
use super::joint::{Aim, Exact, Scene, Task};
use super::{Scratch, part};
use crate::fraction::Threshold;
use crate::graph::{Joint, JointTarget, slot};
use crate::sampling::{Crowd, Draws};

/// How often it is decided whether somebody joins.
const STEPS: usize = 300;

/// Working memory.
#[derive(Debug, Default)]
pub(super) struct Dual {
    joint: Joint,
    scene: Scene,
    exact: Exact,
    payments: Vec<f64>,
    everybody: Vec<u32>,
}

/// Power needed of a quorum; none where nobody has any.
pub(super) fn least_power(threshold: Threshold, total: u128) -> u128 {
    if total == 0 { 0 } else { threshold.least_power(total) }
}

impl Scratch {
    /// The cheapest coalition for a target in one scenario, whose power is priced already; leaves operators in the coalition's
    /// positions. `None` if everybody falls short.
    pub(super) fn both_quorums(
        &mut self,
        chosen: &Chosen<'_>,
        draws: &Draws,
        lane: usize,
        bribes: bool,
    ) -> Option<CoalitionCost> {
        self.dual.set(chosen, (draws, lane), bribes, &self.priced);
        let Dual { joint, scene, exact, payments, everybody } = &mut self.dual;
        if scene.in_reach == 0 {
            return None;
        }
        let task = Task { joint, scene, set: 1, payments };
        let lower = exact.solve(task, Aim { known: f64::INFINITY, steps: STEPS, ..Aim::default() }).max(0.0);
        let (members, parts) = if exact.best.is_empty() && needs(scene) {
            scene.all_but_needless(joint, payments, everybody);
            (&*everybody, &[][..])
        } else {
            (&exact.best, &exact.best_parts[..])
        };
        self.coalition.clear();
        let (mut cost_usd, mut forfeited_usd) = (0.0, 0.0);
        for (at, member) in members.iter().enumerate() {
            let part = parts.get(at).map_or(1.0, |units| part::value(*units));
            let operator = scene.operators[*member as usize] as usize;
            let losses = chosen.target.losses.assets.iter();
            let forfeited = losses.map(|loss| draws.prices[loss.asset][lane] * loss.forfeited[operator]);
            cost_usd += part * payments[*member as usize];
            forfeited_usd += part * forfeited.sum::<f64>();
            self.coalition.positions.push(narrow(operator));
            if !parts.is_empty() {
                self.coalition.parts.push(part);
            }
        }
        Some(CoalitionCost { cost_usd, lower_usd: lower.min(cost_usd), forfeited_usd })
    }
}

impl Dual {
    /// Who can join one scenario's attack, for how much and with what power.
    fn set(
        &mut self,
        chosen: &Chosen<'_>,
        (draws, lane): (&Draws, usize),
        bribes: bool,
        priced: &super::Priced,
    ) {
        let Self { joint, scene, payments, .. } = self;
        let Some((second, threshold)) = chosen.second else { return };
        let is_in = |crowd: &Crowd, operator: usize| crowd.rows[operator][lane / 64] >> (lane % 64) & 1 == 1;
        let first = |operator: usize| match slot(chosen.power, operator) {
            Some(slot) if chosen.least_power > 0 => priced.units(chosen.power, slot),
            _ => 0,
        };
        scene.operators.clear();
        scene.pay.clear();
        payments.clear();
        for operator in 0..draws.colluders.rows.len() {
            let colludes = is_in(&draws.colluders, operator);
            let can_join = colludes || bribes && is_in(&draws.bribable, operator);
            if !can_join || first(operator) + second.only_units(operator) == 0 {
                continue;
            }
            let pay = match &draws.compromised {
                Some(stolen) if is_in(stolen, operator) => 0.0,
                _ if colludes => 1.0,
                _ => 1.0 + draws.premium[lane],
            };
            let losses = &chosen.target.losses;
            let private =
                losses.assets.iter().map(|loss| draws.prices[loss.asset][lane] * loss.private[operator]);
            scene.operators.push(narrow(operator));
            scene.pay.push(pay);
            payments.push(pay * (private.sum::<f64>() + losses.fixed_usd[operator]));
        }
        let operators = || scene.operators.iter().map(|operator| *operator as usize);
        let units: Vec<u128> = operators().map(first).collect();
        let in_second: Vec<u128> = operators().map(|operator| second.only_units(operator)).collect();
        let total = second.parts.iter().map(crate::graph::PowerPart::total).sum();
        if joint.targets.is_empty() {
            joint.targets.push(JointTarget { by_operators: true, ..JointTarget::default() });
        }
        joint.divisible.clear();
        if !chosen.power.divisible.is_empty() || !second.divisible.is_empty() {
            let either = |operator: usize| {
                let of = |divisible: &[bool]| divisible.get(operator) == Some(&true);
                of(&chosen.power.divisible) || of(&second.divisible)
            };
            joint.divisible.extend((0..draws.colluders.rows.len()).map(either));
        }
        scene.units = units;
        scene.need.clear();
        scene.need.push(if priced.total == 0 { 0 } else { chosen.least_power });
        scene.second.clear();
        scene.second.push(Second::new(0, in_second, least_power(threshold, total)));
        scene.finish_alone(joint, payments);
    }
}

//! Cascades: after a shock and an attack, what is left is attacked again until nothing pays.
//!
//! Operators whose keys an accident has ended leave first. Then, round by round, the attack by operators that nets most is
//! carried out and settled by the protocols' rules; its coalition leaves with all of its power, its services are attacked no
//! more. Each round is settled by itself: nobody is in two of them.

#[cfg(test)]
mod tests;

use super::joint::{Aftermath, Found};
use crate::graph::{Accident, Assault, Bill, DesignGraph, Graph, Incident, Strike, Targets, targets_in};
use crate::sampling::Draws;

/// Cascades of one design over a block; nothing stands here for scenarios without an attack.
#[derive(Debug, Default)]
pub struct Cascades {
    /// Attacks, scenario by scenario, each in its order.
    pub rounds: Vec<Round>,
    /// Scenarios in which the last search found nothing, yet the bound rules nothing out.
    pub open: Vec<usize>,
    aftermath: Aftermath,
    /// Part of each operator's keys that has left. `[operator]`
    gone: Vec<f64>,
    strikes: Vec<Strike>,
    bill: Bill,
}

/// One attack of a cascade.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Round {
    /// Scenario within the block.
    pub lane: usize,
    /// Position within its cascade, from 1.
    pub round: usize,
    /// Targets attacked.
    pub targets: Targets,
    /// Operators in the attack: they leave.
    pub n_members: usize,
    /// Profit less cost, USD.
    pub net_gain_usd: f64,
    /// Stake slashed for it, as far as slashes landed, USD.
    pub lost_usd: f64,
    /// Stake of those who leave, USD: their power goes whole.
    pub left_usd: f64,
    /// The design's stake, USD.
    pub stake_usd: f64,
}

/// How a scenario's cascade starts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Start<'a> {
    /// Accidents before the attack.
    pub accidents: &'a [Accident],
    /// The best attack by operators with everybody in place: targets, members and the parts of their keys (none: whole), net gain;
    /// no targets if it is not known.
    pub first: (Targets, (&'a [u32], &'a [f64]), f64),
}

impl Cascades {
    pub(super) fn clear(&mut self) {
        self.rounds.clear();
        self.open.clear();
    }

    /// Rounds of one scenario.
    pub fn of(&self, lane: usize) -> &[Round] {
        let first = self.rounds.partition_point(|round| round.lane < lane);
        let last = self.rounds.partition_point(|round| round.lane <= lane);
        &self.rounds[first..last]
    }

    /// Attacks again and again.
    pub(super) fn follow(
        &mut self,
        (graph, design): (&Graph, &DesignGraph),
        (draws, lane): (&Draws, usize),
        Start { accidents, first }: Start<'_>,
    ) {
        let ends = |accident: &&Accident| design.faults[accident.fault].ends[accident.operator];
        self.gone.clear();
        self.gone.resize(graph.n_operators, 0.0);
        accidents.iter().filter(ends).for_each(|accident| self.gone[accident.operator] = 1.0);
        let is_whole = self.gone.iter().all(|gone| *gone == 0.0);
        let (mut done, mut known) = (0, is_whole.then_some(first).filter(|(targets, _, _)| *targets != 0));
        for round in 1.. {
            let found = match known.take() {
                Some((targets, (members, parts), net)) => {
                    Found::Attack(targets, members.to_vec(), parts.to_vec(), net)
                }
                None => self.aftermath.search((graph, design), (draws, lane), (done, &self.gone)),
            };
            let (targets, members, parts, net_gain_usd) = match found {
                Found::Attack(targets, members, parts, net) => (targets, members, parts, net),
                Found::Open => return self.open.push(lane),
                Found::Nothing => return,
            };
            let lost_usd = self.settle((graph, design), (draws, lane), (targets, done), (&members, &parts));
            leave((&members, &parts), &mut self.gone);
            done |= targets;
            self.rounds.push(Round {
                lane,
                round,
                targets,
                n_members: members.len(),
                net_gain_usd,
                lost_usd,
                left_usd: stake_usd(design, draws, lane, Some((&members, &parts))),
                stake_usd: stake_usd(design, draws, lane, None),
            });
        }
    }

    /// Stake slashed for one attack, USD.
    fn settle(
        &mut self,
        (graph, design): (&Graph, &DesignGraph),
        (draws, lane): (&Draws, usize),
        (targets, done): (Targets, Targets),
        (members, parts): (&[u32], &[f64]),
    ) -> f64 {
        if members.is_empty() {
            return 0.0;
        }
        self.strikes.clear();
        self.strikes.extend(targets_in(targets).map(|target| {
            let service = design.joint.targets[target].service;
            let first = design.joint.of_service(service).trailing_zeros() as usize;
            let column = graph.secured[design.secured[service]].targets[target - first].profit_column;
            Strike { service, target: target - first, luck: draws.luck(lane, column) }
        }));
        let held = design.joint.held(done);
        let attack = Assault { strikes: &self.strikes, members, parts, day: draws.horizon_days(), held };
        design.rules.settle(&Incident { accidents: &[], attack: Some(attack) }, &mut self.bill);
        let usd = self.bill.lines.iter().map(|line| draws.prices[line.asset][lane] * line.by_attack);
        usd.fold(0.0, |sum, usd| sum + usd)
    }
}

/// Notes that members leave with parts of their keys, all of them where no parts stand.
fn leave((members, parts): (&[u32], &[f64]), gone: &mut [f64]) {
    for (at, member) in members.iter().enumerate() {
        let gone = &mut gone[*member as usize];
        *gone = parts.get(at).map_or(1.0, |part| (*gone + part).min(1.0));
    }
}

/// Stake of some operators in the design, with parts of their keys or whole, or of all, USD.
fn stake_usd(design: &DesignGraph, draws: &Draws, lane: usize, of: Option<(&[u32], &[f64])>) -> f64 {
    let tokens = |tokens: &[f64]| match of {
        Some((operators, [])) => operators.iter().map(|operator| tokens[*operator as usize]).sum(),
        Some((operators, parts)) => {
            operators.iter().zip(parts).map(|(operator, part)| part * tokens[*operator as usize]).sum()
        }
        None => tokens.iter().sum::<f64>(),
    };
    design.stake.iter().map(|asset| draws.prices[asset.asset][lane] * tokens(&asset.tokens)).sum()
}

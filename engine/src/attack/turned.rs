//! Scenarios in which services have turned Byzantine: judged by the graph of their set, and put in the place of what the graph with
//! every service in place says of them.

use super::{Execution, Outcomes, assess_by};
use crate::graph::{Graph, Power, sets_in, slot, to_f64};
use crate::sampling::Draws;

/// Scenarios of a block in which this set has turned.
fn lanes(draws: &Draws, set: u8) -> impl Iterator<Item = usize> + '_ {
    (0..draws.n).filter(move |lane| draws.turned[*lane] == set)
}

/// Judges every target in the scenarios of a block in which somebody has turned.
pub(super) fn assess(graph: &Graph, draws: &Draws, outcomes: &mut Outcomes) {
    for set in sets_in(&draws.turned[..draws.n]) {
        let given = graph.given(set);
        let mut room = outcomes.turned.remove(&set).unwrap_or_else(|| Outcomes::new(given));
        assess_by(given, draws, &mut room);
        for lane in lanes(draws, set) {
            let shares = outcomes.colluding_share.iter_mut().zip(&room.colluding_share);
            shares.for_each(|(share, given)| share[lane] = given[lane]);
            let targets = outcomes.targets.iter_mut().zip(&room.targets);
            targets.for_each(|(target, given)| target.take_lane(given, lane));
        }
        outcomes.turned.insert(set, room);
    }
}

/// Does `work` by the graph of each set that has turned in the block, and takes its scenarios over.
pub(super) fn each(
    graph: &Graph,
    draws: &Draws,
    (outcomes, execution): (&mut Outcomes, &mut Execution),
    mut work: impl FnMut(&Graph, &mut Outcomes, &mut Execution),
) {
    for set in sets_in(&draws.turned[..draws.n]) {
        let given = graph.given(set);
        let mut room = execution.turned.remove(&set).unwrap_or_else(|| Execution::new(given));
        let Some(seen) = outcomes.turned.get_mut(&set) else { continue };
        work(given, seen, &mut room);
        execution.take(&room, || lanes(draws, set));
        execution.turned.insert(set, room);
    }
    execution.losses.sort_by_key(|line| (line.design, line.lane));
    execution.instead.sort_by_key(|line| (line.design, line.lane));
}

impl Execution {
    /// Takes over what another graph says of some scenarios, of which this one has said nothing but who nets what.
    fn take<I: Iterator<Item = usize>>(&mut self, other: &Self, lanes: impl Fn() -> I) {
        for (design, given) in self.designs.iter_mut().zip(&other.designs) {
            design.gaps.add(given.gaps);
            lanes().for_each(|lane| design.take_lane(given, lane));
        }
        self.operators.iter_mut().zip(&other.operators).for_each(|(tally, given)| tally.merge(given));
        self.losses.extend_from_slice(&other.losses);
        self.instead.extend_from_slice(&other.instead);
        for (mine, given) in self.cascades.iter_mut().flatten().zip(other.cascades.iter().flatten()) {
            mine.rounds.extend_from_slice(&given.rounds);
            mine.rounds.sort_by_key(|round| round.lane);
            mine.open.extend_from_slice(&given.open);
        }
    }
}

impl Outcomes {
    /// The block judged last as the graph of a set of services that have turned sees it; `None` if it holds for no scenario of it.
    pub fn given(&mut self, set: u8) -> Option<&mut Self> {
        if set == 0 { Some(self) } else { self.turned.get_mut(&set) }
    }

    /// As [`Self::rational_share`], by a graph of another set.
    pub(super) fn rational_share_given(
        &mut self,
        graph: &Graph,
        draws: &Draws,
        secured: usize,
        lane: usize,
    ) -> f64 {
        let Power::Stake(power) = &graph.secured[secured].power else { return 0.0 };
        let priced = &mut self.scratch.priced;
        priced.price_total(power, |asset| draws.prices[asset][lane]);
        let slots = draws.bribable.lane(lane).filter_map(|operator| slot(power, operator));
        let units: u128 = slots.map(|slot| priced.units(power, slot)).sum();
        if priced.total == 0 { 0.0 } else { to_f64(units) / to_f64(priced.total) }
    }
}

//! What an attack on each target costs in each scenario: graph and draws to outcomes.
//!
//! Targets are judged one by one. Whoever carries an attack out is outside the model: "pays" means that a profitable
//! attack exists.

mod accident;
mod cascade;
mod chosen;
mod coalition;
mod divided;
mod dual;
mod execute;
mod execution;
mod few;
mod fixed;
mod found;
mod instead;
pub mod joint;
mod left_out;
mod mixed;
mod moving;
mod outcome;
pub mod part;
mod priced;
mod ranks;
mod routes;
mod service;
mod slot_order;
#[cfg(test)]
mod tests;
mod turned;
mod walk;

pub use accident::halted_by_accident;
pub use cascade::{Cascades, Round};
pub use coalition::{Coalition, CoalitionCost, NOBODY, Recruits, available_weight, nearly};
pub use execute::{decide, execute, execute_seen};
pub use execution::{DesignOutcome, Execution, LossLine, NO_TARGET, OperatorTally};
pub use fixed::by_fixed_order;
pub use moving::by_moving_order;
pub use outcome::{BribeWays, Costs, NO_ROUTE, RouteOutcome, TargetOutcome};
pub use priced::Priced;
pub use routes::beside_usd;
pub use slot_order::SlotOrder;

use crate::graph::{
    Capped, Graph, Order, Power, Proportion, Secured, SlotLosses, StakePower, Target, saturated, slot, to_f64,
};
use crate::kernels::{Column, LANES, Mask, bits};
use crate::sampling::Draws;
use crate::study::Route;
use chosen::Chosen;
use dual::Dual;
use found::Found;
use ranks::RankSets;
use service::Service;
use std::collections::BTreeMap;

/// Outcomes of one block for every distinct target.
#[derive(Debug)]
pub struct Outcomes {
    /// Part of the power that colludes. `[secured]`
    pub colluding_share: Vec<Column>,
    /// `[target]`, the targets of [`Graph::secured`] in order, of those with the same outcomes the first alone.
    pub targets: Vec<TargetOutcome>,
    /// First target of each secured service; of those with the same outcomes that of the first. `[secured]`
    pub first_target: Vec<usize>,
    /// An earlier secured service with the same outcomes. `[secured]`
    images: Vec<Option<usize>>,
    /// What targets of one service have in common. `[target]`
    kinships: Vec<Kinship>,
    ranks: RankSets,
    scratch: Scratch,
    /// Scenarios of the block for which the graph holds: the others are not judged.
    judged: Mask,
    /// The block as the graphs see it in which services have turned Byzantine, by their set.
    turned: BTreeMap<u8, Outcomes>,
}

/// Working memory of one worker.
#[derive(Debug, Default)]
struct Scratch {
    coalition: Coalition,
    priced: Priced,
    /// The order of each group of losses when it was priced last. `[group]`
    orders: Vec<SlotOrder>,
    /// The group priced last in this scenario.
    losses_priced: Option<usize>,
    visits: Vec<(f64, usize)>,
    /// Weight of the bribe route's recruits at the power priced last, once known.
    available: Option<f64>,
    found: Found,
    dual: Dual,
}

/// What a target shares with earlier ones of its service.
#[derive(Debug, Clone, Copy, Default)]
struct Kinship {
    /// The first target with the same losses: they are priced together.
    loss_group: usize,
    /// An earlier target with the same coalitions and losses in proportion: nothing needs to be sought twice.
    twin: Option<(usize, Proportion)>,
    /// Whether it is such an earlier target.
    leads: bool,
}

impl Kinship {
    fn of(secured: &Secured, index: usize) -> Self {
        let target = &secured.targets[index];
        let order = &target.order;
        let loss_group = secured.targets.iter().position(|other| other.order == *order).unwrap_or(index);
        let twin = secured.targets[..index].iter().enumerate().find_map(|(earlier, other)| {
            match (order, &other.order) {
                // What returns is not in proportion.
                _ if !target.returned.is_empty() => None,
                _ if target.buys_beside || other.buys_beside => None,
                // Its order is not that of its coalition.
                _ if target.second_threshold.is_some() || other.second_threshold.is_some() => None,
                (Order::Fixed(order), Order::Fixed(other)) => Some((earlier, order.proportion_to(other)?)),
                _ => None,
            }
        });
        Self { loss_group, twin, leads: false }
    }
}

impl Outcomes {
    /// Room for the outcomes of one block.
    pub fn new(graph: &Graph) -> Self {
        let mut targets = Vec::new();
        let mut kinships = Vec::new();
        let images = graph.images();
        let own = graph.secured.iter().zip(&images).filter(|(_, image)| image.is_none());
        for (secured, _) in own {
            let first = targets.len();
            for (index, target) in secured.targets.iter().enumerate() {
                let routes = routes::that_exist(&graph.routes, secured, target);
                targets.push(TargetOutcome::room(routes, target.may_return()));
                let kinship = Kinship::of(secured, index);
                kinships.push(kinship);
                if let Some((twin, _)) = kinship.twin {
                    kinships[first + twin].leads = true;
                }
            }
        }
        let colluding_share = vec![[0.0; LANES]; graph.secured.len()];
        Self {
            colluding_share,
            targets,
            first_target: graph.first_targets(&images),
            ranks: RankSets::new(graph, &images),
            images,
            kinships,
            scratch: Scratch::default(),
            judged: Mask::default(),
            turned: BTreeMap::new(),
        }
    }

    /// Makes ready for [`Self::rational_share`] in the block judged last.
    pub fn count_bribable(&mut self, draws: &Draws) {
        self.ranks.count_bribable(draws);
    }

    /// Part of a secured service's power that can be bribed in one scenario, once counted.
    pub fn rational_share(&mut self, graph: &Graph, draws: &Draws, secured: usize, lane: usize) -> f64 {
        if !graph.holds_given(draws.turned[lane]) && graph.varies() {
            return self.rational_share_given(graph.given(draws.turned[lane]), draws, secured, lane);
        }
        let Power::Stake(power) = &graph.secured[secured].power else { return 0.0 };
        let priced = &mut self.scratch.priced;
        priced.price_total(power, |asset| draws.prices[asset][lane]);
        let counted = self.ranks.bribable(self.first_target[secured], lane);
        let units = if counted.len() > 0 && !graph.secured[secured].targets.is_empty() {
            priced.units_of_parts(counted)
        } else {
            let slots = draws.bribable.lane(lane).filter_map(|operator| slot(power, operator));
            slots.map(|slot| priced.units(power, slot)).sum()
        };
        if priced.total == 0 { 0.0 } else { to_f64(units) / to_f64(priced.total) }
    }

    /// Secured services and targets that stand behind [`Self::targets`], in that order.
    pub fn judged<'a>(&'a self, graph: &'a Graph) -> impl Iterator<Item = (&'a Secured, &'a Target)> {
        let own = graph.secured.iter().zip(&self.images).filter(|(_, image)| image.is_none());
        own.flat_map(|(secured, _)| secured.targets.iter().map(move |target| (secured, target)))
    }
}

/// Judges every target of the graph in every scenario of a block.
pub fn assess(graph: &Graph, draws: &Draws, outcomes: &mut Outcomes) {
    assess_by(graph, draws, outcomes);
    if graph.varies() {
        turned::assess(graph, draws, outcomes);
    }
}

/// The same by one graph alone, in the scenarios for which it holds; what stands in the others is left over.
fn assess_by(graph: &Graph, draws: &Draws, outcomes: &mut Outcomes) {
    outcomes.judged = judged(graph, draws);
    if outcomes.judged == Mask::default() {
        return;
    }
    outcomes.ranks.fill(draws, &outcomes.judged);
    outcomes.scratch.found.clear(outcomes.targets.len());
    for (index, secured) in graph.secured.iter().enumerate() {
        if let Some(earlier) = outcomes.images[index] {
            outcomes.colluding_share[index] = outcomes.colluding_share[earlier];
            continue;
        }
        let first = outcomes.first_target[index];
        let range = first..first + secured.targets.len();
        let targets = &mut outcomes.targets[range.clone()];
        for (target, outcome) in secured.targets.iter().zip(targets.iter_mut()) {
            profits(target, draws, &mut outcome.profit);
            if graph.saturation_usd.is_some() {
                outcome.profit.iter_mut().for_each(|usd| *usd = saturated(graph.saturation_usd, *usd));
            }
            returnable(target, draws, &mut outcome.returnable);
        }
        match &secured.power {
            Power::Stake(power) => {
                let (ranks, kinships, judged) =
                    (&outcomes.ranks, &outcomes.kinships[range], &outcomes.judged);
                let service = Service { secured, power, first, draws, judged, ranks, kinships };
                service.assess(&mut outcomes.scratch, targets, &mut outcomes.colluding_share[index]);
            }
            Power::Hash => {
                for (target, outcome) in secured.targets.iter().zip(targets.iter_mut()) {
                    routes::mine(target, draws, outcome);
                }
            }
        }
        if secured.is_byzantine {
            targets.iter_mut().for_each(TargetOutcome::put_out_of_reach);
        }
        targets.iter_mut().for_each(TargetOutcome::pick_cheapest);
    }
}

/// Scenarios of a block for which a graph holds.
fn judged(graph: &Graph, draws: &Draws) -> Mask {
    bits::both(&bits::first_lanes(draws.n), &bits::lanes_where(|lane| graph.holds_given(draws.turned[lane])))
}

/// Own profit and what rests on the service, times the probability of success.
fn profits(target: &Target, draws: &Draws, profit: &mut Column) {
    *profit = draws.profits[target.profit_column];
    for kinds in &target.gains {
        for (lane, profit) in profit.iter_mut().enumerate() {
            let gain = kinds.iter().map(|(column, share)| share * draws.profits[*column][lane]);
            *profit += gain.fold(0.0, f64::max);
        }
    }
    profit.iter_mut().for_each(|profit| *profit *= target.success_probability);
    target.capped.iter().for_each(|capped| cap_profits(target, capped, draws, profit));
}

/// Takes off what a shared value cannot yield.
fn cap_profits(target: &Target, capped: &Capped, draws: &Draws, profit: &mut Column) {
    for (lane, profit) in profit.iter_mut().enumerate() {
        let most = |kinds: &Vec<(usize, f64)>| {
            kinds.iter().map(|(column, share)| share * draws.profits[*column][lane]).fold(0.0, f64::max)
        };
        let own = if capped.own { draws.profits[target.profit_column][lane] } else { 0.0 };
        let all = own + capped.gains.iter().map(|index| most(&target.gains[*index])).sum::<f64>();
        *profit -= (all * target.success_probability - capped.cap_usd).max(0.0);
    }
}

/// What redistribution returns if everybody is slashed.
fn returnable(target: &Target, draws: &Draws, returnable: &mut Column) {
    if target.returned.is_empty() {
        return;
    }
    returnable.fill(0.0);
    for amounts in &target.returned {
        let all: f64 = amounts.tokens.iter().sum();
        let prices = &draws.prices[amounts.asset];
        returnable.iter_mut().zip(prices).for_each(|(usd, price)| *usd += all * price);
    }
}

/// Who carries out the cheapest attack on a target by a route in one scenario, with what part of its keys, and at what cost; `None` out
/// of reach.
///
/// `located` are the positions of the secured service and of the target among its own. For the scenarios of a study use
/// [`execute`].
pub fn cheapest_coalition(
    graph: &Graph,
    located: (usize, usize),
    route: Route,
    (draws, lane): (&Draws, usize),
    outcomes: &mut Outcomes,
) -> Option<(CoalitionCost, Vec<(u32, f64)>)> {
    let (secured, position) = located;
    let Power::Stake(power) = &graph.secured[secured].power else { return None };
    let target = &graph.secured[secured].targets[position];
    let index = outcomes.first_target[secured] + position;
    let Outcomes { ranks, scratch, .. } = outcomes;
    scratch.coalition.clear();
    let second = graph.secured[secured].second.as_ref();
    let chosen = Chosen::anew((power, second), (target, index), (draws, lane), scratch);
    let cost = chosen.coalition(route, draws, lane, (ranks, &mut *scratch))?;
    Some((cost, chosen.members(&scratch.coalition).collect()))
}

impl Scratch {
    /// Prices a service's power anew; what was priced on it is forgotten.
    fn price_power(&mut self, power: &StakePower, price: impl Fn(usize) -> f64) {
        self.priced.price_power(power, price);
        self.forget();
    }

    /// Forgets what holds for one scenario alone.
    fn forget(&mut self) {
        (self.available, self.losses_priced) = (None, None);
    }

    /// Weight of the recruits; those of the bribe route are the same for every target.
    fn available(&mut self, route: Route, recruits: &Recruits<'_>) -> f64 {
        let weight = || available_weight(&self.priced, recruits);
        if route == Route::Bribe { *self.available.get_or_insert_with(weight) } else { weight() }
    }

    /// Prices losses and sorts the members by them, unless that is done.
    fn price_losses(&mut self, losses: &SlotLosses, price: impl Fn(usize) -> f64, group: usize) {
        if self.losses_priced != Some(group) {
            self.priced.price_losses(losses, price);
            self.orders[group].update(&self.priced.ratios);
            self.losses_priced = Some(group);
        }
    }
}

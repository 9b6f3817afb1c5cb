//! A target in one scenario whose cheapest coalition is sought.

use super::coalition::narrow;
use super::outcome::RouteCost;
use super::ranks::RankSets;
use super::{Coalition, CoalitionCost, Recruits, Scratch, SlotOrder, divided};
use super::{by_fixed_order, by_moving_order, nearly};
use crate::fraction::Threshold;
use crate::graph::{Order, StakePower, Target};
use crate::sampling::Draws;
use crate::study::Route;

/// A target whose coalition is sought.
pub(super) struct Chosen<'a> {
    pub power: &'a StakePower,
    /// Power in the second quorum, if the target needs any.
    pub second: Option<(&'a StakePower, Threshold)>,
    pub target: &'a Target,
    /// Position among all targets.
    pub index: usize,
    /// Where the order of its losses is kept.
    pub group: usize,
    pub least_power: u128,
}

impl Chosen<'_> {
    /// The cheapest coalition in one scenario; leaves its members in the scratch.
    pub(super) fn coalition(
        &self,
        route: Route,
        draws: &Draws,
        lane: usize,
        (ranks, scratch): (&RankSets, &mut Scratch),
    ) -> Option<CoalitionCost> {
        let price = |asset: usize| draws.prices[asset][lane];
        if self.second.is_some() {
            return scratch.both_quorums(self, draws, lane, route == Route::Bribe);
        }
        let recruits = ranks.recruits(self.index, lane, route == Route::Bribe, draws.premium[lane]);
        if !self.power.divisible.is_empty() {
            return self.divided(recruits, price, scratch);
        }
        scratch.coalition.parts.clear();
        match &self.target.order {
            Order::Fixed(_) if self.too_few(recruits, route, (ranks, lane), scratch) => None,
            Order::Fixed(order) => {
                by_fixed_order(order, order.asset.map_or(1.0, price), recruits, &mut scratch.coalition)
            }
            Order::Moves(losses) => {
                if self.too_few(recruits, route, (ranks, lane), scratch) {
                    return None;
                }
                scratch.price_losses(losses, price, self.group);
                let Scratch { coalition, priced, orders, .. } = scratch;
                let book = (self.power, &*priced, losses);
                by_moving_order(book, &mut orders[self.group], self.least_power, recruits, coalition)
            }
        }
    }
}

impl Chosen<'_> {
    /// The cheapest coalition where some can commit a part of their keys.
    fn divided(
        &self,
        recruits: Recruits<'_>,
        price: impl Fn(usize) -> f64,
        scratch: &mut Scratch,
    ) -> Option<CoalitionCost> {
        let divisible = |position: usize| self.power.divisible[self.operator(position) as usize];
        match &self.target.order {
            Order::Fixed(order) => {
                let usd = order.asset.map_or(1.0, price);
                let of = |rank: usize| {
                    let (private, forfeited) = (usd * order.private[rank], usd * order.forfeited[rank]);
                    (u128::from(order.units[rank]), private, forfeited, divisible(rank))
                };
                divided::cheapest(recruits, self.least_power, of, &mut scratch.coalition)
            }
            Order::Moves(losses) => {
                scratch.price_losses(losses, price, self.group);
                let Scratch { coalition, priced, .. } = scratch;
                let forfeited = |slot: usize| {
                    let tokens = losses.assets.iter().map(|(_, _, tokens)| tokens.get(slot).unwrap_or(&0.0));
                    tokens.zip(&priced.asset_usd).map(|(tokens, usd)| tokens * usd).sum()
                };
                let of = |slot: usize| {
                    let (units, private) = (priced.units(self.power, slot), priced.private_usd[slot]);
                    (units, private, forfeited(slot), divisible(slot))
                };
                divided::cheapest(recruits, self.least_power, of, coalition)
            }
        }
    }

    /// Whether all recruits together are too few, as far as that is told at a glance: for those who can be bribed exactly
    /// where units are counted beforehand, else by weight.
    fn too_few(
        &self,
        recruits: Recruits<'_>,
        route: Route,
        (ranks, lane): (&RankSets, usize),
        scratch: &mut Scratch,
    ) -> bool {
        let counted = ranks.available(self.index, lane);
        if counted.len() > 0 {
            return scratch.priced.units_of_parts(counted) < self.least_power;
        }
        scratch.available(route, recruits) < nearly(self.least_power)
    }

    /// The operator at a position of a coalition.
    pub(super) fn operator(&self, position: usize) -> u32 {
        if self.second.is_some() {
            return narrow(position);
        }
        match &self.target.order {
            Order::Fixed(order) => order.operators[position],
            Order::Moves(_) => self.power.members[position],
        }
    }

    /// Keeps who is in the coalition just found, for [`execute`].
    pub(super) fn keep(&self, route: Route, lane: usize, scratch: &mut Scratch) {
        let Scratch { coalition, found, .. } = scratch;
        let at = (self.index, lane);
        match &self.target.order {
            _ if self.second.is_some() => found.keep(at, route, coalition, narrow),
            Order::Fixed(order) => found.keep(at, route, coalition, |rank| order.operators[rank]),
            Order::Moves(_) => found.keep(at, route, coalition, |slot| self.power.members[slot]),
        }
    }

    /// Adds what redistribution returns of the coalition's stake.
    pub(super) fn with_returns(
        &self,
        cost: RouteCost,
        coalition: &Coalition,
        price: impl Fn(usize) -> f64,
    ) -> RouteCost {
        let returned = self.target.returned.iter().map(|amounts| {
            let members = coalition.committed().map(|(at, part)| (self.operator(at) as usize, part));
            price(amounts.asset)
                * members.map(|(operator, part)| part * amounts.tokens[operator]).sum::<f64>()
        });
        RouteCost { returned: returned.sum(), ..cost }
    }
}

impl<'a> Chosen<'a> {
    /// A target whose coalition is sought apart from the block's walk: prices are taken anew.
    pub(super) fn anew(
        (power, second): (&'a StakePower, Option<&'a StakePower>),
        (target, index): (&'a Target, usize),
        (draws, lane): (&Draws, usize),
        scratch: &mut Scratch,
    ) -> Self {
        let second = second.zip(target.second_threshold);
        let least_power = match &target.order {
            Order::Fixed(order) if second.is_none() => u128::from(order.least_power),
            _ => {
                scratch.orders.resize_with(scratch.orders.len().max(1), SlotOrder::default);
                scratch.price_power(power, |asset| draws.prices[asset][lane]);
                scratch.orders[0].clear();
                target.threshold.least_power(scratch.priced.total)
            }
        };
        Chosen { power, second, target, index, group: 0, least_power }
    }
}

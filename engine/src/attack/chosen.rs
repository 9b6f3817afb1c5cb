//! A target in one scenario whose cheapest coalition is sought.

use super::coalition::narrow;
use super::mixed::{Rates, by_mixed_order};
use super::outcome::RouteCost;
use super::ranks::RankSets;
use super::{Coalition, CoalitionCost, Recruits, Scratch, SlotOrder, divided};
use super::{by_fixed_order, by_moving_order, nearly};
use crate::fraction::Threshold;
use crate::graph::{Order, SlotLosses, StakePower, Target};
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
        let recruits = &ranks.recruits(self.index, lane, route == Route::Bribe, draws.premium[lane]);
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
                let Scratch { priced, coalition, .. } = &mut *scratch;
                if let (Some(mix), [first, second]) = (&losses.mix, priced.multipliers()) {
                    let usd = losses.assets.iter().map(|(asset, ..)| price(*asset));
                    let rates = Rates::new(mix, [*first, *second], usd);
                    let turned;
                    let recruits = if rates.is_turned() {
                        turned = ranks.turned(self.index, lane, route == Route::Bribe, draws.premium[lane]);
                        &turned
                    } else {
                        recruits
                    };
                    return by_mixed_order(&rates, self.least_power, recruits, coalition);
                }
                scratch.price_losses(losses, price, self.group);
                let Scratch { coalition, priced, orders, .. } = scratch;
                let book = (self.power, &*priced, losses);
                by_moving_order(book, &mut orders[self.group], self.least_power, recruits, coalition)
            }
        }
    }
}

/// Operators in the order of the ranks of a target, or of a mix's second line; else by slot.
pub(super) fn operators<'a>(power: &'a StakePower, target: &'a Target, is_turned: bool) -> &'a [u32] {
    match &target.order {
        Order::Fixed(order) => &order.operators,
        Order::Moves(SlotLosses { mix: Some(mix), .. }) => &mix.lines[usize::from(is_turned)].operators,
        Order::Moves(_) => &power.members,
    }
}

impl Chosen<'_> {
    /// The cheapest coalition where some can commit a part of their keys.
    fn divided(
        &self,
        recruits: &Recruits<'_>,
        price: impl Fn(usize) -> f64,
        scratch: &mut Scratch,
    ) -> Option<CoalitionCost> {
        let operator = self.operator(false);
        let divisible = |position: usize| self.power.divisible[operator(position) as usize];
        match &self.target.order {
            Order::Fixed(order) => {
                let usd = order.asset.map_or(1.0, price);
                let of = |rank: usize| {
                    let (private, forfeited) =
                        (usd * order.ranked.each[rank].private, usd * order.ranked.each[rank].forfeited);
                    (u128::from(order.ranked.each[rank].units), private, forfeited, divisible(rank))
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
        recruits: &Recruits<'_>,
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

    /// The operators of a coalition, with the part of its keys that each commits.
    pub(super) fn members(&self, coalition: &Coalition) -> impl Iterator<Item = (u32, f64)> {
        let operator = self.operator(coalition.is_turned);
        coalition.committed().map(move |(position, part)| (operator(position), part))
    }

    /// The operator at a position of a coalition; `is_turned` if ranks are those of a mix's second line.
    fn operator(&self, is_turned: bool) -> impl Fn(usize) -> u32 {
        // Where a second quorum is needed, positions are operators.
        let operators = self.second.is_none().then(|| operators(self.power, self.target, is_turned));
        move |position| operators.map_or_else(|| narrow(position), |operators| operators[position])
    }

    /// Keeps who is in the coalition just found, for [`execute`].
    pub(super) fn keep(&self, route: Route, lane: usize, scratch: &mut Scratch) {
        let Scratch { coalition, found, .. } = scratch;
        let operator = self.operator(coalition.is_turned);
        found.keep((self.index, lane), route, coalition, operator);
    }

    /// Adds what redistribution returns of the coalition's stake.
    pub(super) fn with_returns(
        &self,
        cost: RouteCost,
        coalition: &Coalition,
        price: impl Fn(usize) -> f64,
    ) -> RouteCost {
        let returned = self.target.returned.iter().map(|amounts| {
            let tokens =
                self.members(coalition).map(|(operator, part)| part * amounts.tokens[operator as usize]);
            price(amounts.asset) * tokens.sum::<f64>()
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

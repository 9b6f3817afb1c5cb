//! Routes that need no operator: stake bought, hash rate rented, hardware bought.

use super::outcome::{Costs, RouteCost};
use super::{Priced, TargetOutcome};
use crate::graph::{Mining, Power, Purchase, Secured, StakePower, Target};
use crate::kernels::LANES;
use crate::sampling::Draws;
use crate::study::Route;

/// The routes of the study that make sense for this target.
pub(super) fn that_exist(routes: &[Route], secured: &Secured, target: &Target) -> Vec<Route> {
    let exists = |route: &&Route| match (&secured.power, route) {
        (Power::Stake(_), Route::Collude | Route::Bribe) => true,
        (Power::Stake(_), Route::Acquire) => {
            !target.buys_beside && (!target.purchases.is_empty() || target.second_purchase.is_some())
        }
        (Power::Hash, Route::Rent) => target.mining.as_ref().is_some_and(|mining| mining.rentable),
        (Power::Hash, Route::Hardware) => target.mining.is_some(),
        (Power::Stake(_), Route::Rent | Route::Hardware) => false,
        (Power::Hash, Route::Collude | Route::Bribe | Route::Acquire) => false,
    };
    routes.iter().filter(exists).copied().collect()
}

/// Whether operators carry out what comes by this route.
pub(super) fn is_by_operators(route: Route) -> bool {
    matches!(route, Route::Collude | Route::Bribe)
}

/// Stake that can be bought for an attack: each of the first enough of the first quorum.
#[derive(Debug, Clone, Copy)]
pub(super) struct ForSale<'a> {
    pub first: &'a [Purchase],
    pub second: Option<&'a Purchase>,
    /// Whether power in the second quorum is all that is needed.
    pub by_second: bool,
}

impl<'a> ForSale<'a> {
    pub(super) fn of(target: &'a Target) -> Self {
        let Target { purchases, second_purchase, threshold, .. } = target;
        Self { first: purchases, second: second_purchase.as_ref(), by_second: threshold.is_nothing() }
    }
}

/// The cheapest purchase of enough stake; `None` if no amount is enough.
///
/// The market moves linearly: buying V USD at today's price costs `V + V²/(2·liquidity)`. What is not slashed is sold
/// after the drawdown; the sale's own impact is left out. No more tokens can be bought than are for sale. Where a target needs two
/// quorums, stake is bought for both.
pub(super) fn acquire(
    stake: ForSale<'_>,
    (power, priced): (&StakePower, &Priced),
    price: impl Fn(usize) -> f64,
) -> Option<RouteCost> {
    let first = of_first(stake, (power, priced), &price);
    match of_second(stake, &price) {
        Some(second) if stake.by_second => bought(second, &price),
        Some(second) => cheapest(first.filter_map(|first| bought_both(first, second, &price))),
        None => cheapest(first.filter_map(|first| bought(first, &price))),
    }
}

/// The cheapest purchase of the one quorum that is bought beside a coalition; `None` if no amount is enough.
pub(super) fn beside(
    stake: ForSale<'_>,
    (power, priced): (&StakePower, &Priced),
    price: impl Fn(usize) -> f64,
) -> Option<RouteCost> {
    let first = of_first(stake, (power, priced), &price);
    cheapest(first.chain(of_second(stake, &price)).filter_map(|stake| bought(stake, &price)))
}

/// What stake bought beside a coalition costs and forfeits in one scenario, USD; `None` where none is bought. `priced` is working memory.
pub fn beside_usd(
    secured: &Secured,
    target: &Target,
    price: impl Fn(usize) -> f64,
    priced: &mut Priced,
) -> Option<(f64, f64)> {
    let Power::Stake(power) = &secured.power else { return None };
    if !target.buys_beside {
        return None;
    }
    priced.price_total(power, &price);
    let bought = beside(ForSale::of(target), (power, priced), &price)?;
    Some((bought.cost, bought.forfeited))
}

/// Stakes that are enough of the first quorum, each with its value, USD.
fn of_first<'a>(
    stake: ForSale<'a>,
    (power, priced): (&'a StakePower, &'a Priced),
    price: &'a impl Fn(usize) -> f64,
) -> impl Iterator<Item = (&'a Purchase, f64)> {
    stake.first.iter().filter_map(move |purchase| {
        let value = if power.parts.len() > 1 {
            priced.added_usd(power, purchase.share)? / purchase.value_share
        } else {
            alone(purchase, price)
        };
        Some((purchase, value))
    })
}

/// Stake that is enough of the second quorum, with its value, USD.
fn of_second<'a>(stake: ForSale<'a>, price: &impl Fn(usize) -> f64) -> Option<(&'a Purchase, f64)> {
    stake.second.map(|purchase| (purchase, alone(purchase, price)))
}

/// Value to add to stake in one pool, USD.
pub(super) fn alone(purchase: &Purchase, price: impl Fn(usize) -> f64) -> f64 {
    purchase.staked_tokens * price(purchase.asset) * purchase.share / (1.0 - purchase.share)
}

fn cheapest(costs: impl Iterator<Item = RouteCost>) -> Option<RouteCost> {
    costs.min_by(|a, b| (a.cost - a.returned).total_cmp(&(b.cost - b.returned)))
}

/// What buying stake of so many USD costs; `None` if there is less for sale.
fn bought((purchase, value): (&Purchase, f64), price: impl Fn(usize) -> f64) -> Option<RouteCost> {
    let is_for_sale = value <= purchase.for_sale_tokens * price(purchase.asset);
    is_for_sale.then(|| purchase_cost(purchase, value))
}

/// What buying two stakes costs. Of one asset both move its price and come out of what is for sale; what the later pays for the earlier,
/// `v₁·v₂/liquidity`, falls on the one whose capital is cheaper.
fn bought_both(
    (first, of_first): (&Purchase, f64),
    (second, of_second): (&Purchase, f64),
    price: impl Fn(usize) -> f64,
) -> Option<RouteCost> {
    let (a, b) = (bought((first, of_first), &price)?, bought((second, of_second), &price)?);
    let same = first.asset == second.asset;
    if same && of_first + of_second > first.for_sale_tokens * price(first.asset) {
        return None;
    }
    let more = if same { of_first * of_second / first.liquidity_usd } else { 0.0 };
    let cost = a.cost + b.cost + more * (1.0 + first.carry.min(second.carry));
    Some(RouteCost {
        cost,
        lower: cost,
        capital: a.capital + b.capital + more,
        forfeited: a.forfeited + b.forfeited,
        returned: a.returned + b.returned,
    })
}

/// The same over a block where power has a single part, so that prices decide nothing but the cost; `false` if it has not.
pub(super) fn acquire_columns(target: &Target, power: &StakePower, draws: &Draws, costs: &mut Costs) -> bool {
    let ([_], [purchase], None) =
        (power.parts.as_slice(), target.purchases.as_slice(), &target.second_purchase)
    else {
        return false;
    };
    let tokens = purchase.staked_tokens * purchase.share / (1.0 - purchase.share);
    if tokens > purchase.for_sale_tokens {
        costs.clear();
        return true;
    }
    let prices = &draws.prices[purchase.asset];
    costs.set_first(draws.n, |lane| {
        let value = purchase.staked_tokens * prices[lane] * purchase.share / (1.0 - purchase.share);
        purchase_cost(purchase, value)
    });
    true
}

/// What buying stake of `value` USD costs.
pub(super) fn purchase_cost(purchase: &Purchase, value: f64) -> RouteCost {
    let impact = value * value / (2.0 * purchase.liquidity_usd);
    let capital = value + impact;
    let forfeited = value * purchase.slash;
    let drawdown = (value - forfeited) * purchase.drawdown;
    let cost = impact + forfeited + drawdown + purchase.carry * capital;
    RouteCost { cost, lower: cost, capital, forfeited, returned: value * purchase.returned }
}

/// Fills in the routes of a proof-of-work target.
pub(super) fn mine(target: &Target, draws: &Draws, outcome: &mut TargetOutcome) {
    let Some(mining) = &target.mining else { return };
    for route in &mut outcome.routes {
        for lane in 0..LANES {
            let price = mining.reward_asset.map_or(1.0, |asset| draws.prices[asset][lane]);
            route.costs.set(lane, mining_cost(mining, route.route, price));
        }
    }
}

/// Rent or hardware against the rewards earned meanwhile; never less than nothing (a gain would be mining, not attack).
fn mining_cost(mining: &Mining, route: Route, reward_price: f64) -> RouteCost {
    let reward = mining.reward * reward_price;
    let (capital, spent) = match route {
        Route::Rent => (mining.rent_usd, mining.rent_usd),
        _ => {
            let capital = mining.hardware_usd + mining.energy_usd;
            (capital, mining.hardware_loss_usd + mining.energy_usd + mining.carry * capital)
        }
    };
    let cost = (spent - reward).max(0.0);
    RouteCost { cost, lower: cost, capital, forfeited: 0.0, returned: 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cost_is_impact_slash_drawdown_and_carry() {
        let purchase = Purchase {
            asset: 0,
            staked_tokens: 1000.0,
            value_share: 1.0,
            share: 1.0 / 3.0,
            slash: 0.05,
            returned: 0.0,
            drawdown: 0.2,
            carry: 0.01,
            liquidity_usd: 10_000.0,
            for_sale_tokens: f64::INFINITY,
        };
        let cost = purchase_cost(&purchase, 1000.0);
        // Impact 1000²/20000 = 50, slash 50, drawdown 190, carry 1 % of 1050.
        assert!((cost.capital - 1050.0).abs() < 1e-9);
        assert!((cost.forfeited - 50.0).abs() < 1e-9);
        assert!((cost.cost - (50.0 + 50.0 + 190.0 + 10.5)).abs() < 1e-9);
    }

    /// Impact is that of the sum where both stakes are in one asset, and of each where they are not.
    #[test]
    fn two_stakes_cost_what_both_cost() {
        let of = |asset: usize, for_sale_tokens: f64| Purchase {
            asset,
            staked_tokens: 1000.0,
            value_share: 1.0,
            share: 0.5,
            slash: 0.1,
            returned: 0.05,
            drawdown: 0.2,
            carry: 0.01,
            liquidity_usd: 10_000.0,
            for_sale_tokens,
        };
        let price = |_| 2.0;
        let both = |a: &Purchase, b: &Purchase| bought_both((a, 3000.0), (b, 1000.0), price);
        // Impact 450 and 50, slash 400, drawdown 720, carry 1 % of 4500.
        let apart = both(&of(0, f64::INFINITY), &of(1, f64::INFINITY)).unwrap();
        assert!((apart.cost - (500.0 + 400.0 + 720.0 + 45.0)).abs() < 1e-9);
        assert!((apart.capital - 4500.0).abs() < 1e-9 && (apart.forfeited - 400.0).abs() < 1e-9);
        // As one purchase of 4000: impact 800.
        let together = both(&of(0, f64::INFINITY), &of(0, f64::INFINITY)).unwrap();
        let one = purchase_cost(&of(0, f64::INFINITY), 4000.0);
        assert!((together.cost - one.cost).abs() < 1e-9 && (together.capital - one.capital).abs() < 1e-9);
        assert!((together.returned - one.returned).abs() < 1e-9);
        // 4000 USD are 2000 tokens.
        assert!(
            both(&of(0, 1999.0), &of(0, 1999.0)).is_none() && both(&of(0, 2000.0), &of(0, 2000.0)).is_some()
        );
        assert!(
            both(&of(0, 1500.0), &of(1, 1500.0)).is_some() && both(&of(0, 1499.0), &of(1, 500.0)).is_none()
        );
    }

    #[test]
    fn rewards_offset_rent_but_never_below_nothing() {
        // 400 EH/s for six hours at $2,400 with 80 % of it earned back: $480 net.
        let mining = Mining {
            rent_usd: 2400.0,
            rentable: true,
            hardware_usd: 0.0,
            hardware_loss_usd: 0.0,
            energy_usd: 0.0,
            reward: 1920.0,
            reward_asset: None,
            carry: 0.0,
        };
        assert!((mining_cost(&mining, Route::Rent, 1.0).cost - 480.0).abs() < 1e-9);
        assert!(mining_cost(&mining, Route::Rent, 2.0).cost.abs() < 1e-9);
    }
}

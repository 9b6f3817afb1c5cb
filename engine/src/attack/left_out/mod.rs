//! Bounds on what attacks net that the search over joint attacks leaves out: those for which stake is bought, or hash rate had, for
//! several targets at once or beside operators.

mod bound;

use super::routes::{self, ForSale};
use super::{Outcomes, Priced, RouteOutcome};
use crate::graph::{DesignGraph, Graph, Joint, Power, Purchase, Target, Targets};
use crate::sampling::Draws;
use crate::study::Route;

/// What of this can be attacked in one design, and working memory.
#[derive(Debug, Default)]
pub(super) struct LeftOut {
    offers: Vec<Offer>,
    holders: Vec<Holder>,
    /// Executors that somebody can hold.
    executors: Executors,
    /// Whether slashed stake can come back.
    redistributes: bool,
    /// Whether all that can be bought of a stake serves one service. `[stake]`
    serves_one: Vec<bool>,
    /// Executors that can hold up what attackers of a service are charged. `[service]`
    freed_by: Vec<Executors>,
    priced: Priced,
    bought: Vec<Bought>,
}

/// A set of services that carry out what attackers of others are charged, a bit each; those beyond the fourth share the last.
type Executors = u8;

/// A way to attack a target without power.
#[derive(Debug)]
struct Offer {
    /// Position of its service among those of the design.
    service: usize,
    /// Its secured service, and its position there.
    secured: usize,
    target: usize,
    /// The stake that is bought: one purchase can serve all offers of it.
    stake: usize,
    /// Executors that it holds, and such that can hold its slash up.
    holds: Executors,
    freed_by: Executors,
    /// What is bought; nothing if hash rate is had.
    purchase: Both,
    /// The same without what can be held up, if anything can.
    kept: Option<Both>,
}

/// Stake that is bought of the first quorum and of the second.
#[derive(Debug, Clone)]
struct Both([Option<Purchase>; 2]);

impl Both {
    fn for_sale(&self, target: &Target) -> ForSale<'_> {
        let Self([first, second]) = self;
        ForSale { first: first.as_slice(), second: second.as_ref(), by_second: target.threshold.is_nothing() }
    }
}

/// A target whose attackers hold an executor.
#[derive(Debug)]
struct Holder {
    /// Its secured service, and its position there.
    secured: usize,
    target: usize,
    holds: Executors,
    /// Part of its cost that is left if all who carry its slashes out are held.
    left: f64,
}

/// An offer that is in reach in one scenario.
#[derive(Debug)]
struct Bought {
    service: usize,
    stake: usize,
    /// Executors that it holds, and such that can hold its slash up.
    holds: Executors,
    freed_by: Executors,
    /// Most that it takes, USD.
    takes: f64,
    /// What buying for it costs at least while nobody is freed of slashes, USD.
    cost: f64,
    /// The same whatever else is attacked.
    least: f64,
    /// Most that it adds to any attack if nothing else is bought of its stake, USD.
    adds: f64,
    /// Most that it nets by itself, USD.
    alone: f64,
}

impl LeftOut {
    /// Compiles a design.
    pub(super) fn new(graph: &Graph, design: &DesignGraph) -> Self {
        let joint = &design.joint;
        let located: Vec<(usize, usize, usize, &Target)> = located(graph, design).collect();
        let mut left_out = Self { redistributes: joint.redistributes(), ..Self::default() };
        let bits = bits_of_executors(joint);
        let freed_by = |service| {
            let holding = (0..joint.targets.len()).filter(|target| frees(joint, *target, service));
            holding.fold(0, |set, target| set | bits[joint.targets[target].service])
        };
        left_out.freed_by = (0..design.secured.len()).map(freed_by).collect();
        left_out.executors = bits.iter().fold(0, |set, bit| set | bit);
        let stakes = Stakes::of(joint, located.iter().map(|(.., target)| *target));
        for (at, (service, secured, index, target)) in located.iter().enumerate() {
            let (service, secured, index) = (*service, *secured, *index);
            let holds = if joint.targets[at].holds { bits[service] } else { 0 };
            if holds != 0 {
                let left = left_of_losses(joint, at);
                left_out.holders.push(Holder { secured, target: index, holds, left });
            }
            for purchase in purchases(target) {
                let stake = stakes.of_purchase(service, &purchase);
                let freed_by = left_out.freed_by[service];
                let kept = |purchase: &Purchase| left_out.kept(purchase);
                let kept = (freed_by != 0 || left_out.redistributes)
                    .then(|| Both(purchase.0.each_ref().map(|bought| bought.as_ref().map(kept))));
                let offer = Offer { service, secured, target: index, stake, holds, freed_by, purchase, kept };
                left_out.offers.push(offer);
            }
        }
        let n_stakes = left_out.offers.iter().map(|offer| offer.stake + 1).max().unwrap_or(0);
        left_out.serves_one = (0..n_stakes).map(|stake| left_out.serves_one(stake)).collect();
        left_out
    }

    /// A purchase without what can be held up. Who buys for several targets buys no less and is slashed no less, unless somebody
    /// holds whoever carries that out; and where slashed stake comes back, that of one target may come back for another.
    fn kept(&self, purchase: &Purchase) -> Purchase {
        let mut kept = Purchase { slash: 0.0, returned: 0.0, ..purchase.clone() };
        if self.redistributes {
            // All of it may be slashed and come back: nothing is left to fall.
            kept.drawdown = 0.0;
        }
        kept
    }

    fn serves_one(&self, stake: usize) -> bool {
        let services = || self.offers.iter().filter(|offer| offer.stake == stake).map(|offer| offer.service);
        services().zip(services().skip(1)).all(|(one, next)| one == next)
    }

    /// Finds the offers in reach.
    fn find(&mut self, graph: &Graph, (draws, lane): (&Draws, usize), outcomes: &Outcomes) {
        let Self { offers, priced, bought, redistributes, .. } = self;
        bought.clear();
        let price = |asset: usize| draws.prices[asset][lane];
        for offer in offers {
            let Offer { service, stake, holds, freed_by, .. } = *offer;
            let secured = &graph.secured[offer.secured];
            let target = &secured.targets[offer.target];
            let outcome = &outcomes.targets[outcomes.first_target[offer.secured] + offer.target];
            let mut add = |takes: f64, [cost, least]: [f64; 2], adds: f64, alone: f64| {
                let cost = if *redistributes { least } else { cost };
                bought.push(Bought { service, stake, holds, freed_by, takes, cost, least, adds, alone });
            };
            let Power::Stake(power) = &secured.power else {
                let costs = outcome.routes.iter().map(|route| route.costs.lower[lane]);
                let cost = costs.fold(f64::INFINITY, f64::min);
                if cost < f64::INFINITY {
                    let (takes, nets) = (outcome.profit[lane], outcome.profit[lane] - cost);
                    add(takes, [cost; 2], nets, nets);
                }
                continue;
            };
            let alone = outcome.net_gain_upper(lane);
            let is_asked = |route: &RouteOutcome| route.route == Route::Acquire;
            if alone == f64::NEG_INFINITY || !target.buys_beside && !outcome.routes.iter().any(is_asked) {
                continue;
            }
            priced.price_total(power, price);
            let buy = |purchase: &Both| {
                let stake = purchase.for_sale(target);
                if target.buys_beside {
                    routes::beside(stake, (power, priced), price)
                } else {
                    routes::acquire(stake, (power, priced), price)
                }
            };
            let Some(cost) = buy(&offer.purchase) else { continue };
            let kept = offer.kept.as_ref().map(|kept| buy(kept).map_or(0.0, |kept| kept.cost));
            let costs = [cost.cost, kept.unwrap_or(cost.cost)];
            if target.buys_beside {
                let takes = outcome.profit[lane] + outcome.returnable[lane];
                add(takes, costs, takes - cost.cost, alone);
            } else {
                let nets = outcome.profit[lane] + cost.returned - cost.cost;
                add(outcome.profit[lane], costs, nets, nets);
            }
        }
    }
}

/// The ways to buy a target, each enough by itself.
fn purchases(target: &Target) -> Vec<Both> {
    let Target { purchases, second_purchase, .. } = target;
    let second = || second_purchase.clone();
    if purchases.is_empty() {
        let is_on_offer = target.mining.is_some() || second_purchase.is_some();
        return is_on_offer.then(|| Both([None, second()])).into_iter().collect();
    }
    purchases.iter().map(|first| Both([Some(first.clone()), second()])).collect()
}

/// Which purchases may be one purchase: those of the same asset, and of assets that serve together.
struct Stakes {
    /// The first asset that each one serves together with. `[asset]`
    of_asset: Vec<usize>,
}

impl Stakes {
    fn of<'a>(joint: &Joint, targets: impl Iterator<Item = &'a Target>) -> Self {
        let bases = joint.pools.iter().filter_map(|pool| Some([pool.asset, joint.pools[pool.base?].asset]));
        let both = targets.flat_map(|target| {
            let second = target.second_purchase.iter();
            second.flat_map(|second| target.purchases.iter().map(|first| [first.asset, second.asset]))
        });
        let pairs: Vec<[usize; 2]> = bases.chain(both).collect();
        let n_assets = joint.pools.iter().map(|pool| pool.asset + 1).max().unwrap_or(0);
        let mut of_asset: Vec<usize> = (0..n_assets).collect();
        for [a, b] in pairs {
            let (a, b) = (of_asset[a], of_asset[b]);
            of_asset.iter_mut().filter(|of| **of == a.max(b)).for_each(|of| *of = a.min(b));
        }
        Self { of_asset }
    }

    /// Hash rate serves its own service alone.
    fn of_purchase(&self, service: usize, Both(purchase): &Both) -> usize {
        let bought = purchase.iter().flatten().next();
        bought.map_or(self.of_asset.len() + service, |purchase| self.of_asset[purchase.asset])
    }
}

/// Every target of a design: position of its service, its secured service, its position there, and itself.
fn located<'a>(
    graph: &'a Graph,
    design: &'a DesignGraph,
) -> impl Iterator<Item = (usize, usize, usize, &'a Target)> {
    design.secured.iter().enumerate().flat_map(|(service, secured)| {
        let targets = graph.secured[*secured].targets.iter().enumerate();
        targets.map(move |(index, target)| (service, *secured, index, target))
    })
}

/// Least part of a member's loss by a target that is left if everybody is held.
fn left_of_losses(joint: &Joint, target: usize) -> f64 {
    let lost = |held: Targets, (pool, operator): (usize, usize)| {
        joint.exposure(1 << target, held, (pool, operator)).private_part(&joint.pools[pool], operator)
    };
    let stakes = (0..joint.pools.len())
        .flat_map(|pool| (0..joint.friction_usd.len()).map(move |operator| (pool, operator)));
    let left = stakes.map(|stake| match (lost(Targets::MAX, stake), lost(joint.held(1 << target), stake)) {
        (held, free) if free > 0.0 => held / free,
        _ => 1.0,
    });
    left.fold(1.0, f64::min)
}

/// The bit of each service that carries out what attackers of others are charged and can be held; no bit for the others. `[service]`
fn bits_of_executors(joint: &Joint) -> Vec<Executors> {
    let n_services = joint.targets.iter().map(|target| target.service + 1).max().unwrap_or(0);
    let mut bits = vec![0; n_services];
    let mut next = 1;
    for (target, holder) in joint.targets.iter().enumerate() {
        let holds = (0..n_services).any(|other| frees(joint, target, other));
        if holds && bits[holder.service] == 0 {
            bits[holder.service] = next;
            next = if next < 8 { 2 * next } else { next };
        }
    }
    bits
}

/// Whether a target holds the service that carries out what another one charges.
fn frees(joint: &Joint, target: usize, other: usize) -> bool {
    let holder = &joint.targets[target];
    let charged = joint.targets.iter().filter(|target| target.service == other);
    let mut charges = charged.flat_map(|target| &target.charges);
    holder.holds && holder.service != other && charges.any(|charge| charge.executor == Some(holder.service))
}

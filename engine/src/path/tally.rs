//! What is counted on paths: integers alone, so that pieces merge in any order.

use super::draws::PathDraws;
use super::plan::WorldPlan;
use super::world::World;
use crate::kernels::LANES;
use crate::sketch::Sketch;

/// Figures of a service in one epoch.
#[derive(Debug, Clone, Default)]
pub struct ServiceBands {
    /// Cheapest attack of any kind, ∞ out of reach.
    pub attack_cost: Sketch,
    /// The same, the least so far.
    pub least_cost: Sketch,
    /// Profit of the attack kind that brings in most.
    pub profit: Sketch,
    /// Use against today's.
    pub uses: Sketch,
    /// Operators with power; counted where they reconsider.
    pub members: Sketch,
    /// Paths on which an attack on it pays in this epoch.
    pub pays: u64,
    /// Paths on which none has paid up to and with this epoch.
    pub survived: u64,
}

/// Figures of an asset in one epoch.
#[derive(Debug, Clone, Default)]
pub struct AssetBands {
    /// Price, USD.
    pub price: Sketch,
    /// Stake with power, USD.
    pub stake: Sketch,
    /// Yield a year.
    pub apr: Sketch,
}

/// One world in one epoch.
#[derive(Debug, Clone, Default)]
pub struct EpochBands {
    /// `[secured]`
    pub services: Vec<ServiceBands>,
    /// `[asset]`
    pub assets: Vec<AssetBands>,
    /// `[seller]`
    pub sellers: Vec<SellerBands>,
}

/// Figures of a holder that is forced to sell in one epoch.
#[derive(Debug, Clone, Default)]
pub struct SellerBands {
    /// What it holds at the start of the epoch, at the epoch's price, USD.
    pub holding: Sketch,
    /// Part that it has sold before.
    pub sold: Sketch,
}

/// A value on one path.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sampled {
    /// Path.
    pub path: u64,
    /// Epoch.
    pub epoch: u32,
    /// Position of the world.
    pub world: usize,
    /// Of what.
    pub of: Of,
    /// Which figure.
    pub metric: &'static str,
    /// The figure.
    pub value: f64,
}

/// What a figure speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of {
    /// A secured service.
    Secured(usize),
    /// An asset.
    Asset(usize),
    /// A holder that is forced to sell.
    Seller(usize),
}

/// Counts of a sample of paths.
#[derive(Debug, Clone)]
pub struct PathTally {
    /// Paths.
    pub n: u64,
    /// `[world][epoch]`
    pub bands: Vec<Vec<EpochBands>>,
    /// Whole paths.
    pub sampled: Vec<Sampled>,
    /// Least cost so far, and whether an attack has paid, on the block at hand. `[world][secured]`
    least: Vec<Vec<([f64; LANES], [bool; LANES])>>,
}

impl PathTally {
    /// Nothing counted.
    pub fn new(epochs: u32, worlds: &[WorldPlan]) -> Self {
        let room = |world: &WorldPlan| {
            let services = vec![ServiceBands::default(); world.today().graph.secured.len()];
            let assets = vec![AssetBands::default(); world.assets.len()];
            let sellers = vec![SellerBands::default(); world.sellers.len()];
            vec![EpochBands { services, assets, sellers }; epochs as usize]
        };
        let start = |world: &WorldPlan| {
            vec![([f64::INFINITY; LANES], [false; LANES]); world.today().graph.secured.len()]
        };
        Self {
            n: 0,
            bands: worlds.iter().map(room).collect(),
            sampled: Vec::new(),
            least: worlds.iter().map(start).collect(),
        }
    }

    /// Takes in another sample.
    pub fn merge(&mut self, other: &Self) {
        self.n += other.n;
        self.sampled.extend_from_slice(&other.sampled);
        for (a, b) in self.bands.iter_mut().flatten().zip(other.bands.iter().flatten()) {
            for (a, b) in a.services.iter_mut().zip(&b.services) {
                a.attack_cost.merge(&b.attack_cost);
                a.least_cost.merge(&b.least_cost);
                a.profit.merge(&b.profit);
                a.uses.merge(&b.uses);
                a.members.merge(&b.members);
                a.pays += b.pays;
                a.survived += b.survived;
            }
            for (a, b) in a.assets.iter_mut().zip(&b.assets) {
                a.price.merge(&b.price);
                a.stake.merge(&b.stake);
                a.apr.merge(&b.apr);
            }
            for (a, b) in a.sellers.iter_mut().zip(&b.sellers) {
                a.holding.merge(&b.holding);
                a.sold.merge(&b.sold);
            }
        }
    }

    /// Counts an epoch of a block as it was judged.
    pub fn count(&mut self, (index, world): (usize, &World<'_>), draws: &PathDraws, epoch: u32) {
        let n = draws.draws.n;
        if epoch == 0 {
            self.n += if index == 0 { n as u64 } else { 0 };
            self.least[index].fill(([f64::INFINITY; LANES], [false; LANES]));
        }
        for secured in 0..world.plan.today().graph.secured.len() {
            self.service((index, secured), world, draws, epoch);
        }
        for asset in 0..world.plan.assets.len() {
            self.asset((index, asset), world, draws, epoch);
        }
        for seller in 0..world.plan.sellers.len() {
            self.seller((index, seller), world, draws, epoch);
        }
    }

    fn service(
        &mut self,
        (index, secured): (usize, usize),
        world: &World<'_>,
        draws: &PathDraws,
        epoch: u32,
    ) {
        let n = draws.draws.n;
        let uses = &world.uses[world.plan.today().graph.secured[secured].service];
        let judged = &world.judged;
        let bands = &mut self.bands[index][epoch as usize].services[secured];
        let (least, has_paid) = &mut self.least[index][secured];
        for lane in 0..n {
            let (cost, profit, pays) =
                (judged.cost[secured][lane], judged.profit[secured][lane], judged.pays[secured][lane]);
            let members = world.opted.as_ref().and_then(|opted| opted.members(secured, lane)).map(f64::from);
            members.into_iter().for_each(|members| bands.members.add(members));
            least[lane] = least[lane].min(cost);
            has_paid[lane] |= pays;
            bands.attack_cost.add(cost);
            bands.least_cost.add(least[lane]);
            bands.profit.add(profit);
            bands.uses.add(uses[lane]);
            bands.pays += u64::from(pays);
            bands.survived += u64::from(!has_paid[lane]);
            let path = draws.draws.first_scenario + lane as u64;
            if path < u64::from(world.plan.time.sample) {
                let sampled = |metric, value| Sampled {
                    path,
                    epoch,
                    world: index,
                    of: Of::Secured(secured),
                    metric,
                    value,
                };
                let pays = if pays { 1.0 } else { 0.0 };
                self.sampled.extend([
                    sampled("attack_cost_usd", cost),
                    sampled("profit_from_corruption_usd", profit),
                    sampled("attack_pays", pays),
                    sampled("use", uses[lane]),
                ]);
                self.sampled.extend(members.map(|members| sampled("members", members)));
            }
        }
    }

    fn asset(&mut self, (index, asset): (usize, usize), world: &World<'_>, draws: &PathDraws, epoch: u32) {
        let bands = &mut self.bands[index][epoch as usize].assets[asset];
        let bonded = &world.bonded[asset];
        for (lane, bonded) in bonded.iter().enumerate().take(draws.draws.n) {
            // The price of power holds the stake's factor.
            let value = draws.draws.prices[asset][lane];
            let price = if *bonded > 0.0 { value / bonded } else { 0.0 };
            bands.price.add(price);
            let path = draws.draws.first_scenario + lane as u64;
            let is_sampled = path < u64::from(world.plan.time.sample);
            let sampled =
                |metric, value| Sampled { path, epoch, world: index, of: Of::Asset(asset), metric, value };
            if is_sampled {
                self.sampled.push(sampled("price_usd", price));
            }
            let Some(stake) = &world.standing().stakes[asset] else { continue };
            let (usd, apr) = (value * stake.tokens, world.yields[asset][lane]);
            bands.stake.add(usd);
            bands.apr.add(apr);
            if is_sampled {
                self.sampled.extend([sampled("stake_usd", usd), sampled("yield_apr", apr)]);
            }
        }
    }

    fn seller(&mut self, (index, seller): (usize, usize), world: &World<'_>, draws: &PathDraws, epoch: u32) {
        let bands = &mut self.bands[index][epoch as usize].sellers[seller];
        let plan = &world.plan.sellers[seller];
        for lane in 0..draws.draws.n {
            let price = world.price_ratio(draws, plan.asset, lane) * world.plan.assets[plan.asset].1;
            let figures = [
                ("holding_usd", plan.tokens * world.held[seller][lane] * price),
                ("sold_share", world.sold[seller][lane]),
            ];
            bands.holding.add(figures[0].1);
            bands.sold.add(figures[1].1);
            let path = draws.draws.first_scenario + lane as u64;
            if path < u64::from(world.plan.time.sample) {
                let of = Of::Seller(seller);
                let sampled =
                    figures.map(|(metric, value)| Sampled { path, epoch, world: index, of, metric, value });
                self.sampled.extend(sampled);
            }
        }
    }
}

//! What a study says before anything is drawn: operators, pools, powers, overlap, at today's prices.

use crate::attack::Priced;
use crate::graph::{Graph, Power, Regime, StakePower, Target, to_f64};
use crate::study::Study;

/// A study at a glance.
#[derive(Debug, Clone)]
pub struct Overview {
    /// Operators.
    pub n_operators: usize,
    /// Operators that stake but stand in no table.
    pub n_defaulted: usize,
    /// `[pool]`
    pub pools: Vec<PoolView>,
    /// Every service of every design.
    pub services: Vec<ServiceView>,
    /// Every pair of pools that shares operators.
    pub overlaps: Vec<Overlap>,
}

/// A pool at today's price.
#[derive(Debug, Clone)]
pub struct PoolView {
    /// Name.
    pub name: String,
    /// Asset.
    pub asset: String,
    /// Operators with stake.
    pub n_operators: usize,
    /// Stake, tokens.
    pub tokens: f64,
    /// Stake, USD.
    pub usd: f64,
    /// Pool whose stake this is as well.
    pub underlying: Option<String>,
    /// Whether operators can commit a part of their keys.
    pub divisible: bool,
}

/// A service in a design, at today's prices.
#[derive(Debug, Clone)]
pub struct ServiceView {
    /// Design.
    pub design: String,
    /// Service.
    pub service: String,
    /// Who has power, in the first quorum where there are two; nobody for proof of work.
    pub power: PowerView,
    /// Who has power in the second quorum, where there is one.
    pub second: Option<PowerView>,
    /// Stake that answers for it, USD.
    pub bonded_usd: f64,
    /// Per target.
    pub targets: Vec<TargetView>,
}

/// How power is spread over its operators.
#[derive(Debug, Clone, Default)]
pub struct PowerView {
    /// Operators with power.
    pub n_members: usize,
    /// Largest share of the power.
    pub largest_share: f64,
    /// Least number of operators with more than a third of the power.
    pub above_third: Option<usize>,
    /// Least number of operators with more than two thirds.
    pub above_two_thirds: Option<usize>,
}

/// A target at today's prices.
#[derive(Debug, Clone)]
pub struct TargetView {
    /// Attack kind.
    pub attack: String,
    /// Power needed.
    pub threshold: String,
    /// Stake that the attack could forfeit if everybody took part, USD.
    pub slashable_usd: f64,
    /// Why its slash cannot be relied on and is left out.
    pub regimes: Vec<Regime>,
}

/// Operators that two pools share.
#[derive(Debug, Clone)]
pub struct Overlap {
    /// First pool.
    pub a: String,
    /// Second pool.
    pub b: String,
    /// Operators in both.
    pub shared: usize,
    /// Their part of the first pool's operators and stake.
    pub of_a: (f64, f64),
    /// Their part of the second pool's operators and stake.
    pub of_b: (f64, f64),
}

impl Overview {
    /// Looks at a study and its compiled graph.
    pub fn new(study: &Study, graph: &Graph) -> Self {
        let services = graph.designs.iter().flat_map(|design| {
            design.secured.iter().map(|secured| service_view(study, graph, &design.name, *secured))
        });
        Self {
            n_operators: study.operators.len(),
            n_defaulted: study.operators.iter().filter(|operator| operator.defaulted).count(),
            pools: (0..study.pools.len()).map(|pool| pool_view(study, pool)).collect(),
            services: services.collect(),
            overlaps: overlaps(study),
        }
    }
}

fn pool_view(study: &Study, index: usize) -> PoolView {
    let pool = &study.pools[index];
    let asset = &study.assets[pool.asset];
    PoolView {
        name: pool.name.clone(),
        asset: asset.name.clone(),
        n_operators: pool.stake.iter().filter(|stake| **stake > 0).count(),
        tokens: pool.total_tokens(),
        usd: pool.total_tokens() * asset.price_usd,
        underlying: pool.underlying.map(|under| study.pools[under].name.clone()),
        divisible: pool.divisible,
    }
}

fn service_view(study: &Study, graph: &Graph, design: &str, secured: usize) -> ServiceView {
    let secured = &graph.secured[secured];
    let price = |asset: usize| study.assets[asset].price_usd;
    let target = |target: &Target| TargetView {
        attack: target.kind.clone(),
        threshold: target.thresholds(),
        slashable_usd: slashable_usd(target, price),
        regimes: target.regimes.clone(),
    };
    let of_first = match &secured.power {
        Power::Stake(power) => power_view(power, price),
        Power::Hash => PowerView::default(),
    };
    ServiceView {
        design: design.to_owned(),
        service: study.services[secured.service].name.clone(),
        power: of_first,
        second: secured.second.as_ref().map(|power| power_view(power, price)),
        bonded_usd: secured.staked.iter().map(|(asset, tokens)| price(*asset) * tokens).sum(),
        targets: secured.targets.iter().map(target).collect(),
    }
}

fn power_view(power: &StakePower, price: impl Fn(usize) -> f64) -> PowerView {
    let (units, total) = powers(power, price);
    PowerView {
        n_members: power.members.len(),
        largest_share: units.first().map_or(0.0, |largest| to_f64(*largest) / to_f64(total.max(1))),
        above_third: least_number(&units, total, 1, 3),
        above_two_thirds: least_number(&units, total, 2, 3),
    }
}

/// Exact powers at these prices, largest first, and their sum.
fn powers(power: &StakePower, price: impl Fn(usize) -> f64) -> (Vec<u128>, u128) {
    let mut priced = Priced::default();
    priced.price_power(power, price);
    let mut units: Vec<u128> = (0..power.members.len()).map(|slot| priced.units(power, slot)).collect();
    units.sort_unstable_by(|a, b| b.cmp(a));
    (units, priced.total)
}

/// Least number of operators with more than `num/den` of the power.
fn least_number(units: &[u128], total: u128, num: u128, den: u128) -> Option<usize> {
    let mut held = 0;
    units
        .iter()
        .position(|units| {
            held += units;
            held * den > total * num
        })
        .map(|index| index + 1)
}

/// Stake that an attack forfeits if every operator takes part, USD.
pub fn slashable_usd(target: &Target, price: impl Fn(usize) -> f64) -> f64 {
    let assets = target.losses.assets.iter();
    assets.map(|losses| price(losses.asset) * losses.forfeited.iter().sum::<f64>()).sum()
}

fn overlaps(study: &Study) -> Vec<Overlap> {
    let mut overlaps = Vec::new();
    for b in 0..study.pools.len() {
        for a in 0..b {
            let (first, second) = (&study.pools[a], &study.pools[b]);
            let in_both = |operator: &usize| first.stake[*operator] > 0 && second.stake[*operator] > 0;
            let shared: Vec<usize> = (0..study.operators.len()).filter(in_both).collect();
            if shared.is_empty() {
                continue;
            }
            let part = |stake: &[u128]| {
                let staking = stake.iter().filter(|stake| **stake > 0).count();
                let held: u128 = shared.iter().map(|operator| stake[*operator]).sum();
                let count = |n: usize| crate::moments::count(n as u64);
                (count(shared.len()) / count(staking), to_f64(held) / to_f64(stake.iter().sum()))
            };
            overlaps.push(Overlap {
                a: first.name.clone(),
                b: second.name.clone(),
                shared: shared.len(),
                of_a: part(&first.stake),
                of_b: part(&second.stake),
            });
        }
    }
    overlaps
}

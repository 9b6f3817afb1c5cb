//! Designs that share a state, compiled: how their services are secured and when, what stake earns and how it leaves.

use super::choosers::Choosers;
use super::queue::Churn;
use super::sales::Seller;
use super::use_of::{Cover, covers, margin_today};
use crate::bargain::go_on_as_before;
use crate::graph::{DesignGraph, Graph, Income, Order, Secured};
use crate::study::{Inflation, On, Proposal, Study, Terms, Time};

/// What a world is made of.
#[derive(Debug)]
pub struct WorldPlan {
    pub(super) time: Time,
    /// Whether anything changes what follows.
    pub(super) moves: bool,
    /// Names of the assets and their prices today. `[asset]`
    pub(super) assets: Vec<(String, f64)>,
    /// Names of services. `[service of the study]`
    pub(super) services: Vec<String>,
    /// First epoch in which a service exists. `[service of the study]`
    pub(super) born: Vec<u32>,
    /// First epoch in which a service of a world's one design is secured as its design says. `[service of the design]`
    in_force: Vec<u32>,
    /// `[attack of the study]`
    pub(super) profits: Vec<ProfitPlan>,
    /// How services are secured from which epoch on, the first one from 0. Only a world of one design has several.
    pub(super) stages: Vec<(u32, Standing)>,
    /// Operators that reconsider.
    pub(super) choosers: Option<Choosers>,
    /// Holders of stake that sell when it loses value.
    pub(super) sellers: Vec<Seller>,
}

/// A way in which the services of a world are secured.
#[derive(Debug)]
pub struct Standing {
    pub(super) graph: Graph,
    /// Stake of each asset. `[asset]`; none where nobody stakes it in this design.
    pub(super) stakes: Vec<Option<StakePlan>>,
    /// Assets behind each secured service with their part of its stake today. `[secured]`
    pub(super) backing: Vec<Vec<(usize, f64)>>,
    /// Asset that falls and by how much, per target. `[secured][target]`
    pub(super) drawdowns: Vec<Vec<(Option<usize>, f64)>>,
    /// How far targets are covered today, where use follows margins. `[secured][target]`
    pub(super) covers: Vec<Vec<Cover>>,
}

/// Stake in one asset.
#[derive(Debug, Clone)]
pub(super) struct StakePlan {
    /// Tokens today.
    pub(super) tokens: f64,
    /// Epochs until stake that leaves is free.
    pub(super) unbonding: usize,
    /// The queues in which it waits before, and in which new stake waits.
    pub(super) churn: Option<Churn>,
    /// Fixed rewards a year per stake.
    pub(super) apr: f64,
    /// Rewards by inflation: the rule, and the tokens bonded today.
    pub(super) inflation: Vec<(Inflation, f64)>,
    /// Revenue of services a year per USD of stake at today's prices: (secured service, asset paid in, rate).
    pub(super) revenue: Vec<(usize, Option<usize>, f64)>,
}

#[derive(Debug, Clone)]
pub(super) struct ProfitPlan {
    pub(super) today: f64,
    pub(super) asset: Option<usize>,
    pub(super) service: Option<usize>,
}

impl StakePlan {
    /// Yield a year today.
    pub(super) fn yield_today(&self) -> f64 {
        let minted: f64 = self
            .inflation
            .iter()
            .map(|(rule, bonded)| rule.reward_apr(rule.rate, *bonded) * bonded / self.tokens)
            .sum();
        self.apr + minted + self.revenue.iter().map(|(_, _, rate)| rate).sum::<f64>()
    }
}

impl WorldPlan {
    /// Compiles a study whose horizon is the length of an epoch.
    pub fn new(study: &Study, time: &Time, choosers: Option<Choosers>) -> Self {
        let attacks =
            study.services.iter().enumerate().flat_map(|(at, s)| s.attacks.iter().map(move |a| (at, a)));
        let profits = attacks.map(|(service, attack)| ProfitPlan {
            today: attack.profit_usd,
            asset: attack.profit_asset,
            service: Some(service),
        });
        let shorts = study.shortable().map(|asset| ProfitPlan {
            today: study.assets[asset].short_capacity_usd,
            asset: Some(asset),
            service: None,
        });
        let moves = time.has_feedback();
        let mut standings: Vec<(u32, Standing)> = Vec::new();
        for (start, study) in stages(study, time) {
            let standing = Standing::new(&study, time, standings.first().map(|(_, standing)| standing));
            standings.push((start, standing));
        }
        let stages = standings;
        let sellers = if moves { super::sales::sellers(study, &stages[0].1) } else { Vec::new() };
        Self {
            time: time.clone(),
            moves,
            assets: study.assets.iter().map(|asset| (asset.name.clone(), asset.price_usd)).collect(),
            services: study.services.iter().map(|service| service.name.clone()).collect(),
            born: births(study, time),
            in_force: in_force(study, time),
            profits: profits.chain(shorts).collect(),
            stages,
            choosers,
            sellers,
        }
    }

    /// How services are secured today; services stand in the same order at all times.
    pub(super) fn today(&self) -> &Standing {
        &self.stages[0].1
    }

    /// Services whose use cannot follow their margin.
    pub(super) fn notes(&self) -> Vec<String> {
        let today = self.today();
        let stuck = today.covers.iter().enumerate().filter(|(_, covers)| margin_today(covers).is_none());
        let note = |(secured, _): (usize, _)| {
            let service = &self.services[today.graph.secured[secured].service];
            let design = &today.graph.designs[0].name;
            format!(
                "use of {service} in design {design} stays as it is: an attack would pay today if everybody joined, so there is no margin for it to follow"
            )
        };
        stuck.map(note).collect()
    }

    /// First epoch in which a service of the world's one design is secured as the design says.
    pub(super) fn in_force(&self, service: usize) -> u32 {
        self.in_force[service]
    }
}

fn in_force(study: &Study, time: &Time) -> Vec<u32> {
    let Some(design) = study.designs.first() else { return Vec::new() };
    let first =
        |terms: &Terms| terms.proposal.as_ref().map_or(0, |proposal| first_epoch(proposal.delay_days, time));
    design.terms.iter().map(first).collect()
}

/// First epoch after a vote's delay.
fn first_epoch(delay_days: f64, time: &Time) -> u32 {
    let epochs = libm::ceil(delay_days / time.epoch_days);
    (0..=time.epochs).find(|epoch| f64::from(*epoch) >= epochs).unwrap_or(u32::MAX)
}

/// First epoch of each service of the study: services that were not there before a vote begin after it.
fn births(study: &Study, time: &Time) -> Vec<u32> {
    let mut born = vec![0; study.services.len()];
    if let [design] = study.designs.as_slice() {
        for ((service, _), terms) in design.services.iter().zip(&design.terms) {
            let new = terms.proposal.as_ref().filter(|proposal| proposal.before.is_none());
            born[*service] = new.map_or(0, |proposal| first_epoch(proposal.delay_days, time));
        }
    }
    born
}

/// How a study's one design stands from which epoch on: services that are voted on stand as before until the vote's delay is
/// over. Several designs have no votes.
pub(super) fn stages(study: &Study, time: &Time) -> Vec<(u32, Study)> {
    let terms = || study.designs.iter().flat_map(|design| &design.terms);
    let proposals = || terms().filter_map(|terms| terms.proposal.as_ref());
    let starts = |proposal: &Proposal| first_epoch(proposal.delay_days, time);
    let mut at: Vec<u32> = proposals().filter(|proposal| proposal.before.is_some()).map(starts).collect();
    at.push(0);
    at.sort_unstable();
    at.dedup();
    let stage = |start: u32| {
        let mut study = study.clone();
        for design in &mut study.designs {
            for service in 0..design.services.len() {
                let pending = |proposal: &&Proposal| {
                    proposal.before.is_some() && first_epoch(proposal.delay_days, time) > start
                };
                match design.terms[service].proposal.as_ref().filter(pending) {
                    Some(_) => go_on_as_before(design, service),
                    None => design.terms[service].proposal = None,
                }
            }
        }
        (start, study)
    };
    at.into_iter().filter(|start| *start < time.epochs).map(stage).collect()
}

impl Standing {
    /// Compiles a study whose horizon is the length of an epoch; the value of stake is against that of `today`, where the same
    /// services are secured by others.
    pub(super) fn new(study: &Study, time: &Time, today: Option<&Self>) -> Self {
        let mut graph = crate::design::compile(study);
        // Nobody asks on a path what an attack would have cost without a service.
        graph.designs.iter_mut().for_each(|design| design.margins = 0);
        let price = |asset: usize| study.assets[asset].price_usd;
        let own: Vec<Vec<(usize, f64)>> =
            graph.secured.iter().map(|secured| shares(secured, &price, value(secured, &price))).collect();
        let drawdowns = graph.secured.iter().map(|secured| {
            let service = &study.services[secured.service];
            let of = |kind: &str| {
                service.attacks.iter().find(|attack| attack.kind == kind).map_or(0.0, |a| a.drawdown)
            };
            secured.targets.iter().map(|target| (service.asset, of(&target.kind))).collect()
        });
        let drawdowns = drawdowns.collect();
        let stakes =
            (0..study.assets.len()).map(|asset| stake_plan(study, &graph, time, (asset, &own))).collect();
        let backing = today.map_or_else(
            || own.clone(),
            |today| {
                let both = graph.secured.iter().zip(&today.graph.secured);
                both.map(|(now, then)| shares(now, &price, value(then, &price))).collect()
            },
        );
        let by_margin = time.flywheel.is_some_and(|flywheel| flywheel.on == On::Margin);
        let covers = if by_margin { covers(study, &graph) } else { Vec::new() };
        if time.has_feedback() {
            price_losses_apart(&mut graph, study.assets.len());
        }
        Self { graph, stakes, backing, drawdowns, covers }
    }
}

/// Value of the stake behind a service at today's prices.
fn value(secured: &Secured, price: &impl Fn(usize) -> f64) -> f64 {
    secured.staked.iter().map(|(asset, tokens)| tokens * price(*asset)).sum()
}

/// Assets behind a service and their value as parts of a whole.
fn shares(secured: &Secured, price: &impl Fn(usize) -> f64, whole: f64) -> Vec<(usize, f64)> {
    let part = |(asset, tokens): &(usize, f64)| (*asset, tokens * price(*asset) / whole);
    if whole > 0.0 { secured.staked.iter().map(part).collect() } else { Vec::new() }
}

/// Stake in an asset in the study's designs: what it earns and how it leaves.
fn stake_plan(
    study: &Study,
    graph: &Graph,
    time: &Time,
    (asset, backing): (usize, &[Vec<(usize, f64)>]),
) -> Option<StakePlan> {
    let design = graph.designs.first()?;
    let tokens: f64 =
        design.stake.iter().filter(|amounts| amounts.asset == asset).flat_map(|a| &a.tokens).sum();
    if tokens <= 0.0 {
        return None;
    }
    let pools = || study.pools.iter().enumerate().filter(|(_, pool)| pool.asset == asset);
    let largest = pools().max_by(|(_, a), (_, b)| a.total_tokens().total_cmp(&b.total_tokens()))?.1;
    let mut plan = StakePlan {
        tokens,
        unbonding: epochs(largest.unbonding_days, time.epoch_days),
        churn: Churn::of(&largest.slashing, time.epoch_days),
        apr: 0.0,
        inflation: Vec::new(),
        revenue: Vec::new(),
    };
    for (service, income) in design.incomes.iter().enumerate() {
        plan.add_income(study, asset, income);
        plan.add_revenue(study, (asset, backing), (design, service));
    }
    Some(plan)
}

impl StakePlan {
    /// Staking rewards.
    fn add_income(&mut self, study: &Study, asset: usize, income: &Income) {
        for pool in income.pays.iter().filter_map(|pay| pay.staking) {
            let holding = &study.pools[pool];
            match holding.inflation {
                _ if holding.asset != asset => {}
                Some(rule) => self.inflation.push((rule, holding.total_tokens())),
                None => self.apr += holding.reward_apr * holding.total_tokens() / self.tokens,
            }
        }
    }

    /// Part of a service's revenue.
    fn add_revenue(
        &mut self,
        study: &Study,
        (asset, backing): (usize, &[Vec<(usize, f64)>]),
        (design, service): (&DesignGraph, usize),
    ) {
        let Some(secured) = design.secured.get(service) else { return };
        let part = backing[*secured].iter().find(|(at, _)| *at == asset).map_or(0.0, |(_, part)| *part);
        for pay in design.incomes[service].pays.iter().filter(|pay| pay.staking.is_none()) {
            let paid: f64 =
                pay.gross.iter().sum::<f64>() * pay.asset.map_or(1.0, |asset| study.assets[asset].price_usd);
            if part > 0.0 && paid > 0.0 {
                let rate = part * paid / (self.tokens * study.assets[asset].price_usd);
                self.revenue.push((*secured, pay.asset, rate));
            }
        }
    }
}

/// Epochs that some days take, rounded up.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped between 0 and 100,000")]
fn epochs(days: f64, epoch_days: f64) -> usize {
    libm::ceil((days / epoch_days).clamp(0.0, 1e5)) as usize
}

/// Gives losses a price of their own, `n_assets` columns further: stake that leaves can be slashed, but has no power.
fn price_losses_apart(graph: &mut Graph, n_assets: usize) {
    for target in graph.secured.iter_mut().flat_map(|secured| &mut secured.targets) {
        target.losses.assets.iter_mut().for_each(|losses| losses.asset += n_assets);
        target.returned.iter_mut().for_each(|returned| returned.asset += n_assets);
        match &mut target.order {
            Order::Fixed(order) => order.asset = order.asset.map(|asset| asset + n_assets),
            Order::Moves(losses) => losses.assets.iter_mut().for_each(|(asset, _, _)| *asset += n_assets),
        }
    }
    let pools = graph.designs.iter_mut().flat_map(|design| &mut design.joint.pools);
    pools.for_each(|pool| pool.asset += n_assets);
}

//! Designs that share a state: prices, stake, use and what has been attacked, scenario by scenario.

use super::DAYS_PER_YEAR;
use super::draws::PathDraws;
use crate::attack::{Execution, NO_TARGET, Outcomes, assess, execute};
use crate::graph::{Graph, Order, Secured};
use crate::kernels::{Column, LANES};
use crate::study::{Inflation, Study, Time};

const ONES: Column = [1.0; LANES];
/// Most that a stake grows or shrinks in one epoch by its yield, as a logarithm.
const MOST_FLOW: f64 = 0.5;

/// What a world is made of.
#[derive(Debug)]
pub struct WorldPlan {
    pub(super) graph: Graph,
    pub(super) time: Time,
    /// Whether anything changes what follows.
    pub(super) moves: bool,
    /// Names of the assets and their prices today. `[asset]`
    pub(super) assets: Vec<(String, f64)>,
    /// Names of services. `[service of the study]`
    pub(super) services: Vec<String>,
    /// Stake of each asset. `[asset]`; none where nobody stakes it in this design.
    pub(super) stakes: Vec<Option<StakePlan>>,
    /// `[attack of the study]`
    profits: Vec<ProfitPlan>,
    /// Assets behind each secured service with their part of its stake today. `[secured]`
    backing: Vec<Vec<(usize, f64)>>,
    /// Asset that falls and by how much, per target. `[secured][target]`
    drawdowns: Vec<Vec<(Option<usize>, f64)>>,
}

/// Stake in one asset.
#[derive(Debug, Clone)]
pub(super) struct StakePlan {
    /// Tokens today.
    pub(super) tokens: f64,
    /// Epochs until stake that leaves is free.
    unbonding: usize,
    /// Fixed rewards a year per stake.
    apr: f64,
    /// Rewards by inflation: the rule, and the tokens bonded today.
    inflation: Vec<(Inflation, f64)>,
    /// Revenue of services a year per USD of stake at today's prices: (secured service, asset paid in, rate).
    revenue: Vec<(usize, Option<usize>, f64)>,
}

#[derive(Debug, Clone)]
struct ProfitPlan {
    today: f64,
    asset: Option<usize>,
    service: Option<usize>,
}

impl StakePlan {
    /// Yield a year today.
    fn yield_today(&self) -> f64 {
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
    pub fn new(study: &Study, time: &Time) -> Self {
        let mut graph = crate::design::compile(study);
        let moves = time.has_feedback();
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
        let price = |asset: usize| study.assets[asset].price_usd;
        let backing: Vec<Vec<(usize, f64)>> =
            graph.secured.iter().map(|secured| shares(secured, price)).collect();
        let drawdowns = graph.secured.iter().map(|secured| {
            let service = &study.services[secured.service];
            let of = |kind: &str| {
                service.attacks.iter().find(|attack| attack.kind == kind).map_or(0.0, |a| a.drawdown)
            };
            secured.targets.iter().map(|target| (service.asset, of(&target.kind))).collect()
        });
        let drawdowns = drawdowns.collect();
        let stakes =
            (0..study.assets.len()).map(|asset| stake_plan(study, &graph, time, (asset, &backing))).collect();
        let profits = profits.chain(shorts).collect();
        if moves {
            price_losses_apart(&mut graph, study.assets.len());
        }
        Self {
            graph,
            time: time.clone(),
            moves,
            assets: study.assets.iter().map(|asset| (asset.name.clone(), asset.price_usd)).collect(),
            services: study.services.iter().map(|service| service.name.clone()).collect(),
            stakes,
            profits,
            backing,
            drawdowns,
        }
    }
}

/// Assets behind a service and their parts of its stake at today's prices.
fn shares(secured: &Secured, price: impl Fn(usize) -> f64) -> Vec<(usize, f64)> {
    let total: f64 = secured.staked.iter().map(|(asset, tokens)| tokens * price(*asset)).sum();
    let part = |(asset, tokens): &(usize, f64)| (*asset, tokens * price(*asset) / total);
    if total > 0.0 { secured.staked.iter().map(part).collect() } else { Vec::new() }
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
        apr: 0.0,
        inflation: Vec::new(),
        revenue: Vec::new(),
    };
    for (service, income) in design.incomes.iter().enumerate() {
        for pay in &income.pays {
            if let Some(pool) = pay.staking {
                let holding = &study.pools[pool];
                match holding.inflation.filter(|_| holding.asset == asset) {
                    Some(rule) => plan.inflation.push((rule, holding.total_tokens())),
                    None if holding.asset == asset => {
                        plan.apr += holding.reward_apr * holding.total_tokens() / tokens
                    }
                    None => {}
                }
                continue;
            }
            let Some(secured) = design.secured.get(service) else { continue };
            let part = backing[*secured].iter().find(|(at, _)| *at == asset).map_or(0.0, |(_, part)| *part);
            let paid: f64 =
                pay.gross.iter().sum::<f64>() * pay.asset.map_or(1.0, |asset| study.assets[asset].price_usd);
            if part > 0.0 && paid > 0.0 {
                plan.revenue.push((
                    *secured,
                    pay.asset,
                    part * paid / (tokens * study.assets[asset].price_usd),
                ));
            }
        }
    }
    Some(plan)
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
}

/// The state of one block of paths.
#[derive(Debug)]
pub struct World<'a> {
    pub(super) plan: &'a WorldPlan,
    pub(super) outcomes: Outcomes,
    pub(super) execution: Execution,
    /// Price before this epoch against today's. `[asset]`
    levels: Vec<Column>,
    /// Profit likewise. `[attack]`
    profit_levels: Vec<Column>,
    /// Stake with power against today's. `[asset]`
    pub(super) bonded: Vec<Column>,
    /// Stake that is leaving, by the epochs it still takes, against today's. `[asset][epoch]`
    leaving: Vec<Vec<Column>>,
    /// Inflation. `[asset][rule]`
    rates: Vec<Vec<Column>>,
    /// Use against today's. `[service of the study]`
    pub(super) uses: Vec<Column>,
    /// Yield a year in this epoch. `[asset]`
    pub(super) yields: Vec<Column>,
    /// Whether an attack on it has been carried out. `[service of the study]`
    dead: Vec<[bool; LANES]>,
    /// Epochs that the attacker has waited, 0 while it does not; and the gain that it waits on. `[design]`
    waited: Vec<[u32; LANES]>,
    gains: Vec<Column>,
    n: usize,
}

impl<'a> World<'a> {
    /// Room for a block.
    pub fn new(plan: &'a WorldPlan) -> Self {
        let (n_assets, n_designs) = (plan.assets.len(), plan.graph.designs.len());
        let queue =
            |stake: &Option<StakePlan>| vec![[0.0; LANES]; stake.as_ref().map_or(0, |stake| stake.unbonding)];
        let rules =
            |stake: &Option<StakePlan>| vec![ONES; stake.as_ref().map_or(0, |stake| stake.inflation.len())];
        Self {
            plan,
            outcomes: Outcomes::new(&plan.graph),
            execution: Execution::new(&plan.graph),
            levels: vec![ONES; n_assets],
            profit_levels: vec![ONES; plan.profits.len()],
            bonded: vec![ONES; n_assets],
            leaving: plan.stakes.iter().map(queue).collect(),
            rates: plan.stakes.iter().map(rules).collect(),
            uses: vec![ONES; plan.services.len()],
            yields: vec![[0.0; LANES]; n_assets],
            dead: vec![[false; LANES]; plan.services.len()],
            waited: vec![[0; LANES]; n_designs],
            gains: vec![[0.0; LANES]; n_designs],
            n: 0,
        }
    }

    /// Back to today.
    pub fn start(&mut self) {
        for columns in [&mut self.levels, &mut self.profit_levels, &mut self.bonded, &mut self.uses] {
            columns.fill(ONES);
        }
        self.leaving.iter_mut().for_each(|queue| queue.fill([0.0; LANES]));
        for (rates, stake) in self.rates.iter_mut().zip(&self.plan.stakes) {
            let rules = stake.iter().flat_map(|stake| &stake.inflation);
            rates.iter_mut().zip(rules).for_each(|(rate, (rule, _))| *rate = [rule.rate; LANES]);
        }
        self.dead.fill([false; LANES]);
        self.waited.fill([0; LANES]);
        self.gains.fill([0.0; LANES]);
    }

    /// Judges an epoch: writes this world's prices and profits into the draws, and its outcomes.
    pub fn live(&mut self, draws: &mut PathDraws) {
        self.n = draws.draws.n;
        let n_assets = self.plan.assets.len();
        for (asset, level) in self.levels.iter().enumerate() {
            let raw = &draws.prices[asset];
            draws.draws.prices[asset] =
                std::array::from_fn(|lane| raw[lane] * level[lane] * self.bonded[asset][lane]);
        }
        if self.plan.moves {
            draws.draws.prices.truncate(n_assets);
            for asset in 0..n_assets {
                let leaving = self.leaving_of(asset);
                let (raw, level, bonded) = (&draws.prices[asset], &self.levels[asset], &self.bonded[asset]);
                draws.draws.prices.push(std::array::from_fn(|lane| {
                    raw[lane] * level[lane] * (bonded[lane] + leaving[lane])
                }));
            }
            self.use_services(draws);
            self.earn(draws);
        }
        for (column, plan) in self.plan.profits.iter().enumerate() {
            let (raw, level) = (&draws.profits[column], &self.profit_levels[column]);
            let Some(service) = plan.service else {
                draws.draws.profits[column] = std::array::from_fn(|lane| raw[lane] * level[lane]);
                continue;
            };
            let (uses, dead) = (&self.uses[service], &self.dead[service]);
            draws.draws.profits[column] =
                std::array::from_fn(
                    |lane| {
                        if dead[lane] { 0.0 } else { raw[lane] * level[lane] * uses[lane] }
                    },
                );
        }
        assess(&self.plan.graph, &draws.draws, &mut self.outcomes);
        execute(&self.plan.graph, &draws.draws, &mut self.outcomes, &mut self.execution);
    }

    fn leaving_of(&self, asset: usize) -> Column {
        let mut sum = [0.0; LANES];
        for column in &self.leaving[asset] {
            sum.iter_mut().zip(column).for_each(|(sum, part)| *sum += part);
        }
        sum
    }

    /// Price of an asset against today's.
    pub(super) fn price_ratio(&self, draws: &PathDraws, asset: usize, lane: usize) -> f64 {
        draws.prices[asset][lane] / self.plan.assets[asset].1 * self.levels[asset][lane]
    }

    /// Use of each service: a power of the value of the stake behind it.
    fn use_services(&mut self, draws: &PathDraws) {
        let plan = self.plan;
        let Some(flywheel) = plan.time.flywheel else { return };
        for (secured, backing) in plan.graph.secured.iter().zip(&plan.backing) {
            for lane in 0..self.n {
                let value = |(asset, part): &(usize, f64)| {
                    part * self.price_ratio(draws, *asset, lane) * self.bonded[*asset][lane]
                };
                let value: f64 = backing.iter().map(value).sum();
                let wanted = libm::pow(value, flywheel.elasticity);
                self.uses[secured.service][lane] =
                    if backing.is_empty() { 1.0 } else { wanted.min(flywheel.ceiling) };
            }
        }
    }

    /// What each stake earns at this epoch's prices and use.
    fn earn(&mut self, draws: &PathDraws) {
        for (asset, stake) in self.plan.stakes.iter().enumerate() {
            let Some(stake) = stake else { continue };
            for lane in 0..self.n {
                let bonded = self.bonded[asset][lane].max(1e-12);
                let minted = stake.inflation.iter().zip(&self.rates[asset]).map(|((rule, tokens), rate)| {
                    rule.reward_apr(rate[lane], tokens * bonded) * tokens / stake.tokens
                });
                let minted: f64 = minted.sum();
                let price = self.price_ratio(draws, asset, lane);
                let revenue = stake.revenue.iter().map(|(secured, paid_in, rate)| {
                    let service = self.plan.graph.secured[*secured].service;
                    let paid = paid_in.map_or(1.0, |asset| self.price_ratio(draws, asset, lane));
                    if self.dead[service][lane] {
                        0.0
                    } else {
                        rate * self.uses[service][lane] * paid / (price * bonded)
                    }
                });
                self.yields[asset][lane] = stake.apr + minted + revenue.sum::<f64>();
            }
        }
    }

    /// Whether the design's attack of a scenario is carried out now.
    fn strikes(&mut self, design: usize, lane: usize) -> bool {
        let out = &self.execution.designs[design];
        let gain = if out.target[lane] == NO_TARGET { 0.0 } else { out.net_gain[lane] };
        let (waited, best) = (&mut self.waited[design][lane], &mut self.gains[design][lane]);
        if gain <= 0.0 {
            (*waited, *best) = (0, 0.0);
            return false;
        }
        if *waited < self.plan.time.wait_epochs && gain > *best {
            (*waited, *best) = (*waited + 1, gain);
            return false;
        }
        (*waited, *best) = (0, 0.0);
        true
    }

    /// Carries prices over to the next epoch, lets attacks and accidents leave their mark and stake move.
    pub fn go_on(&mut self, draws: &PathDraws) {
        for (asset, level) in self.levels.iter_mut().enumerate() {
            let today = self.plan.assets[asset].1;
            level.iter_mut().zip(&draws.prices[asset]).for_each(|(level, price)| *level *= price / today);
        }
        for (column, plan) in self.plan.profits.iter().enumerate().filter(|(_, plan)| plan.today > 0.0) {
            let level = self.profit_levels[column].iter_mut().zip(&draws.profits[column]);
            level.for_each(|(level, profit)| *level *= profit / plan.today);
        }
        if !self.plan.moves {
            return;
        }
        self.free_stake();
        if self.plan.time.contagion {
            self.leave_marks(&draws.draws);
        }
        if self.plan.time.stake_elasticity > 0.0 {
            self.flow();
        }
        self.mint();
    }

    /// Stake whose unbonding is over is gone.
    fn free_stake(&mut self) {
        for queue in &mut self.leaving {
            if let Some(last) = queue.last_mut() {
                *last = [0.0; LANES];
                queue.rotate_right(1);
            }
        }
    }

    /// Slashes, drawdowns and flight after what happened in this epoch; a world with contagion has one design.
    fn leave_marks(&mut self, draws: &crate::sampling::Draws) {
        let strikes: Vec<bool> = (0..self.n).map(|lane| self.strikes(0, lane)).collect();
        let mut lost = vec![[0.0; LANES]; self.plan.assets.len()];
        for line in &self.execution.losses {
            let (asset, lane) = (usize::from(line.asset), usize::from(line.lane));
            let by_attack = if strikes[lane] { line.by_attack_usd } else { 0.0 };
            lost[asset][lane] += by_attack + line.by_accident_usd;
        }
        for (asset, stake) in self.plan.stakes.iter().enumerate() {
            let Some(stake) = stake else { continue };
            for lane in 0..self.n {
                // Prices hold the stake's factor already.
                let usd = draws.prices[asset][lane] * stake.tokens;
                let left = if usd > 0.0 { (1.0 - lost[asset][lane] / usd).max(0.0) } else { 1.0 };
                self.bonded[asset][lane] *= left;
                self.leaving[asset].iter_mut().for_each(|column| column[lane] *= left);
            }
        }
        for lane in (0..self.n).filter(|lane| strikes[*lane]) {
            self.fall(lane);
        }
    }

    /// The attacked service is dead, its asset falls, and stake behind it flees.
    fn fall(&mut self, lane: usize) {
        let target = usize::from(self.execution.designs[0].target[lane]);
        let design = &self.plan.graph.designs[0];
        let mut position = 0;
        let hit = design.secured.iter().find_map(|secured| {
            let n = self.plan.graph.secured[*secured].targets.len();
            let found = (target < position + n).then_some((*secured, target.saturating_sub(position)));
            position += n;
            found
        });
        let Some((secured, target)) = hit else { return };
        self.dead[self.plan.graph.secured[secured].service][lane] = true;
        if let (Some(asset), drawdown) = self.plan.drawdowns[secured][target] {
            self.levels[asset][lane] *= 1.0 - drawdown;
            for (level, plan) in self.profit_levels.iter_mut().zip(&self.plan.profits) {
                if plan.asset == Some(asset) {
                    level[lane] *= 1.0 - drawdown;
                }
            }
        }
        let plan = self.plan;
        for (asset, _) in &plan.backing[secured] {
            let fled = self.plan.time.flight * self.bonded[*asset][lane];
            self.leave(*asset, lane, fled);
        }
    }

    /// Stake starts to leave: its power goes at once, itself after its unbonding.
    fn leave(&mut self, asset: usize, lane: usize, part: f64) {
        self.bonded[asset][lane] -= part;
        if let Some(first) = self.leaving[asset].first_mut() {
            first[lane] += part;
        }
    }

    /// Stake follows its yield: `Δ ln(stake) = elasticity · Δt · ln(yield / yield required)`.
    fn flow(&mut self) {
        let plan = self.plan;
        let time = &plan.time;
        let speed = time.stake_elasticity * time.epoch_days / DAYS_PER_YEAR;
        let push = time.flywheel.map_or(1.0, |flywheel| flywheel.push);
        for (asset, stake) in plan.stakes.iter().enumerate() {
            let required = stake.as_ref().map_or(0.0, StakePlan::yield_today) / push;
            if required <= 0.0 {
                continue;
            }
            for lane in 0..self.n {
                let growth = speed * libm::log(self.yields[asset][lane] / required);
                let growth = growth.clamp(-MOST_FLOW, MOST_FLOW);
                let now = self.bonded[asset][lane];
                if growth > 0.0 {
                    self.bonded[asset][lane] = now * libm::exp(growth);
                } else {
                    self.leave(asset, lane, now * -libm::expm1(growth));
                }
            }
        }
    }

    /// Inflation moves by its rule.
    fn mint(&mut self) {
        let years = self.plan.time.epoch_days / DAYS_PER_YEAR;
        for (asset, stake) in self.plan.stakes.iter().enumerate() {
            let rules = stake.iter().flat_map(|stake| &stake.inflation);
            for ((rule, tokens), rate) in rules.zip(&mut self.rates[asset]) {
                for (rate, bonded) in rate.iter_mut().zip(&self.bonded[asset]) {
                    *rate = rule.moved(*rate, tokens * bonded, years);
                }
            }
        }
    }
}

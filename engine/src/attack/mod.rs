//! What an attack on each target costs in each scenario: graph and draws to outcomes.
//!
//! Targets are judged one by one. Whoever carries an attack out is outside the model: "pays" means that a profitable
//! attack exists.

mod accident;
mod coalition;
mod execute;
mod priced;
mod ranks;
mod routes;
#[cfg(test)]
mod tests;

pub use accident::{halt_threshold, halted_by_accident};
pub use coalition::{Candidates, Coalition, CoalitionCost, NOBODY, Recruits, by_fixed_order, by_price};
pub use execute::{DesignOutcome, Execution, NO_TARGET, OperatorTally, execute};
pub use priced::Priced;

use crate::graph::{Graph, Order, Power, Secured, StakePower, Target, slot, to_f64};
use crate::kernels::{Column, LANES, bits};
use crate::sampling::Draws;
use crate::study::Route;
use ranks::RankSets;

/// No route reaches the target.
pub const NO_ROUTE: u8 = u8::MAX;

/// Outcomes of one block for every distinct target.
#[derive(Debug)]
pub struct Outcomes {
    /// Part of the power that colludes. `[secured]`
    pub colluding_share: Vec<Column>,
    /// `[target]`, the targets of [`Graph::secured`] in order.
    pub targets: Vec<TargetOutcome>,
    /// First target of each secured service. `[secured]`
    pub first_target: Vec<usize>,
    /// Whether a target's losses must be priced anew after its predecessor's. `[target]`
    new_losses: Vec<bool>,
    ranks: RankSets,
    scratch: Scratch,
}

/// Outcome of one target over a block.
#[derive(Debug, Clone)]
pub struct TargetOutcome {
    /// Expected profit from corruption (success probability included), USD.
    pub profit: Column,
    /// Whether colluders alone reach the threshold.
    pub threshold_reached: [bool; LANES],
    /// Routes that exist for this target, in the order of the study.
    pub routes: Vec<RouteOutcome>,
    /// Position of the cheapest reachable route in `routes`, or [`NO_ROUTE`].
    pub cheapest: [u8; LANES],
}

/// Outcome of one route over a block; costs are infinite where it is out of reach.
#[derive(Debug, Clone)]
pub struct RouteOutcome {
    /// Which route.
    pub route: Route,
    /// Attack cost of the witness, USD.
    pub cost: Column,
    /// No attack by this route costs less, USD.
    pub lower: Column,
    /// What must be put up, recovered or not, USD.
    pub capital: Column,
    /// Stake forfeited (cost of corruption), USD.
    pub forfeited: Column,
}

impl TargetOutcome {
    /// Net attack cost by the cheapest route, infinite out of reach.
    pub fn cost(&self, lane: usize) -> f64 {
        self.best(lane).map_or(f64::INFINITY, |route| route.cost[lane])
    }
    /// The cheapest route's outcome, if any is in reach.
    pub fn best(&self, lane: usize) -> Option<&RouteOutcome> {
        self.routes.get(self.cheapest[lane] as usize)
    }
    /// Least lower bound over the routes, infinite where none is in reach.
    pub fn lower(&self, lane: usize) -> f64 {
        self.routes.iter().map(|route| route.lower[lane]).fold(f64::INFINITY, f64::min)
    }
    /// Whether a reachable attack gains more than it costs.
    pub fn pays(&self, lane: usize) -> bool {
        self.profit[lane] > self.cost(lane)
    }
}

/// Working memory of one worker.
#[derive(Debug, Default)]
struct Scratch {
    coalition: Coalition,
    priced: Priced,
    candidates: Candidates,
    /// Whether the candidates are those of the bribe route at the losses priced last.
    listed: bool,
}

impl Outcomes {
    /// Room for the outcomes of one block.
    pub fn new(graph: &Graph) -> Self {
        let mut first_target = Vec::new();
        let mut targets = Vec::new();
        let mut new_losses = Vec::new();
        for secured in &graph.secured {
            first_target.push(targets.len());
            let mut priced = None;
            for target in &secured.targets {
                targets.push(TargetOutcome::room(routes::that_exist(&graph.routes, secured, target)));
                let Order::Moves(losses) = &target.order else {
                    new_losses.push(false);
                    continue;
                };
                new_losses.push(priced != Some(losses));
                priced = Some(losses);
            }
        }
        let colluding_share = vec![[0.0; LANES]; graph.secured.len()];
        let ranks = RankSets::new(graph);
        Self { colluding_share, targets, first_target, new_losses, ranks, scratch: Scratch::default() }
    }
}

impl TargetOutcome {
    fn room(routes: Vec<Route>) -> Self {
        let out = [f64::INFINITY; LANES];
        let room = |route| RouteOutcome { route, cost: out, lower: out, capital: out, forfeited: out };
        Self {
            profit: [0.0; LANES],
            threshold_reached: [false; LANES],
            routes: routes.into_iter().map(room).collect(),
            cheapest: [NO_ROUTE; LANES],
        }
    }

    fn pick_cheapest(&mut self) {
        for lane in 0..LANES {
            let mut best = (NO_ROUTE, f64::INFINITY);
            for (index, route) in (0u8..).zip(&self.routes) {
                if route.cost[lane] < best.1 {
                    best = (index, route.cost[lane]);
                }
            }
            self.cheapest[lane] = best.0;
        }
    }
}

/// Judges every target of the graph in every scenario of a block.
pub fn assess(graph: &Graph, draws: &Draws, outcomes: &mut Outcomes) {
    outcomes.ranks.fill(draws);
    for (index, secured) in graph.secured.iter().enumerate() {
        let first = outcomes.first_target[index];
        let range = first..first + secured.targets.len();
        let targets = &mut outcomes.targets[range.clone()];
        for (target, outcome) in secured.targets.iter().zip(targets.iter_mut()) {
            profits(target, draws, &mut outcome.profit);
        }
        match &secured.power {
            Power::Stake(power) => {
                let (ranks, new_losses) = (&outcomes.ranks, &outcomes.new_losses[range]);
                let service = Service { secured, power, first, draws, ranks, new_losses };
                service.assess(&mut outcomes.scratch, targets, &mut outcomes.colluding_share[index]);
            }
            Power::Hash => {
                for (target, outcome) in secured.targets.iter().zip(targets.iter_mut()) {
                    routes::mine(target, draws, outcome);
                }
            }
        }
        targets.iter_mut().for_each(TargetOutcome::pick_cheapest);
    }
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
}

/// One secured service over a block.
struct Service<'a> {
    secured: &'a Secured,
    power: &'a StakePower,
    /// Position of its first target among all.
    first: usize,
    draws: &'a Draws,
    ranks: &'a RankSets,
    new_losses: &'a [bool],
}

impl Service<'_> {
    fn assess(&self, scratch: &mut Scratch, targets: &mut [TargetOutcome], colluding_share: &mut Column) {
        for (lane, share) in colluding_share.iter_mut().enumerate().take(self.draws.n) {
            // Power in one asset is the same in every scenario.
            if lane == 0 || self.power.parts.len() > 1 {
                scratch.priced.price_power(self.power, |asset| self.draws.prices[asset][lane]);
            }
            *share = self.assess_lane(lane, scratch, targets);
        }
    }

    /// Fills in one scenario for every target; returns the share of the power that colludes.
    fn assess_lane(&self, lane: usize, scratch: &mut Scratch, outcomes: &mut [TargetOutcome]) -> f64 {
        let total = scratch.priced.total;
        let colluding = self.colluding_units(lane, &scratch.priced);
        let price = |asset: usize| self.draws.prices[asset][lane];
        for (index, (target, outcome)) in self.secured.targets.iter().zip(outcomes).enumerate() {
            if let (true, Order::Moves(losses)) = (self.new_losses[index], &target.order) {
                scratch.priced.price_losses(losses, price);
                scratch.listed = false;
            }
            let least_power = match &target.order {
                Order::Fixed(order) => u128::from(order.least_power),
                Order::Moves(_) => target.threshold.least_power(total),
            };
            outcome.threshold_reached[lane] = total == 0 || colluding >= least_power;
            let at = Chosen { power: self.power, target, index: self.first + index, least_power };
            for route in &mut outcome.routes {
                let cost = match route.route {
                    _ if total == 0 => Some(RouteCost::default()),
                    Route::Collude if colluding < least_power => None,
                    Route::Collude | Route::Bribe => at
                        .coalition(route.route, self.draws, lane, (self.ranks, &mut *scratch))
                        .map(RouteCost::from),
                    Route::Acquire => routes::acquire(target, scratch.priced.total_usd(self.power), price),
                    Route::Rent | Route::Hardware => None,
                };
                cost.unwrap_or(RouteCost::OUT_OF_REACH).store(route, lane);
            }
        }
        if total == 0 { 0.0 } else { to_f64(colluding) / to_f64(total) }
    }

    fn colluding_units(&self, lane: usize, priced: &Priced) -> u128 {
        let colluders = bits::ones(self.draws.colluders.lane(lane));
        colluders.filter_map(|o| slot(self.power, o)).map(|slot| priced.units(self.power, slot)).sum()
    }
}

/// A target whose coalition is sought.
struct Chosen<'a> {
    power: &'a StakePower,
    target: &'a Target,
    /// Position among all targets.
    index: usize,
    least_power: u128,
}

impl Chosen<'_> {
    /// The cheapest coalition in one scenario; leaves its members in the scratch.
    fn coalition(
        &self,
        route: Route,
        draws: &Draws,
        lane: usize,
        (ranks, scratch): (&RankSets, &mut Scratch),
    ) -> Option<CoalitionCost> {
        let price = |asset: usize| draws.prices[asset][lane];
        let recruits = ranks.recruits(self.index, lane, route == Route::Bribe, draws.premium[lane]);
        let Scratch { coalition, priced, candidates, listed } = scratch;
        match &self.target.order {
            Order::Fixed(order) => by_fixed_order(order, order.asset.map_or(1.0, price), recruits, coalition),
            Order::Moves(losses) => {
                if !*listed || route != Route::Bribe {
                    candidates.list(priced, recruits);
                    *listed = route == Route::Bribe;
                }
                by_price(
                    (self.power, priced, losses),
                    price,
                    self.least_power,
                    recruits,
                    (candidates, coalition),
                )
            }
        }
    }
}

/// What one route costs in one scenario, USD.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct RouteCost {
    cost: f64,
    lower: f64,
    capital: f64,
    forfeited: f64,
}

impl From<CoalitionCost> for RouteCost {
    fn from(cost: CoalitionCost) -> Self {
        Self {
            cost: cost.cost_usd,
            lower: cost.lower_usd,
            capital: cost.cost_usd,
            forfeited: cost.forfeited_usd,
        }
    }
}

impl RouteCost {
    const OUT_OF_REACH: Self =
        Self { cost: f64::INFINITY, lower: f64::INFINITY, capital: f64::INFINITY, forfeited: f64::INFINITY };

    fn store(self, route: &mut RouteOutcome, lane: usize) {
        route.cost[lane] = self.cost;
        route.lower[lane] = self.lower;
        route.capital[lane] = self.capital;
        route.forfeited[lane] = self.forfeited;
    }
}

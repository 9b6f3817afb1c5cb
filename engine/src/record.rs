//! Recorded scenarios: which are kept, and their rows as columns.
//!
//! A kept scenario is kept for all designs in all three tables, so that they join.

use crate::attack::{Costs, Execution, NO_TARGET, Outcomes};
use crate::bribes::Way;
use crate::estimate::{Labels, cheapest_way, security_margin};
use crate::graph::{DesignGraph, Graph};
use crate::kernels::{Column, LANES};
use crate::sampling::Draws;
use crate::study::{Record, Route, RunSettings};

/// What decides whether a scenario is kept.
#[derive(Debug, Clone)]
pub struct Keeper {
    record: Record,
    every: u64,
    /// Accidents of at least this much are kept, as a share of the design's stake.
    loss_share: f64,
    /// Assets staked in each design and their tokens. `[design][pool]`
    staked: Vec<Vec<(usize, f64)>>,
    /// Whether an attack pays in the base state of each design: then one that pays is no news. `[design]`
    pays_anyway: Vec<bool>,
    /// Whether a target is reached with nobody colluding (no stake stands behind it): no news either. `[target]`
    free: Vec<bool>,
}

/// Rows of recorded scenarios, columns of equal length per table.
#[derive(Debug, Clone, Default)]
pub struct Rows {
    /// One row per scenario.
    pub market: MarketRows,
    /// One row per scenario and design.
    pub scenarios: ScenarioRows,
    /// One row per scenario, design and target.
    pub targets: TargetRows,
}

/// Columns of the market table.
#[derive(Debug, Clone, Default)]
pub struct MarketRows {
    /// Scenario.
    pub scenario: Vec<i64>,
    /// Likelihood ratio.
    pub weight: Vec<f64>,
    /// Common factor of collusion.
    pub common_factor: Vec<f64>,
    /// Prices, USD. `[asset][row]`
    pub prices: Vec<Vec<f64>>,
    /// Colluders.
    pub colluders: Vec<i32>,
    /// Altruists.
    pub altruists: Vec<i32>,
}

/// Columns of the scenarios table.
#[derive(Debug, Clone, Default)]
pub struct ScenarioRows {
    /// Scenario.
    pub scenario: Vec<i64>,
    /// Position of the design.
    pub design: Vec<usize>,
    /// Likelihood ratio.
    pub weight: Vec<f64>,
    /// Kept as one of every N.
    pub sampled: Vec<bool>,
    /// A witnessed attack nets more than 0.
    pub attacked: Vec<bool>,
    /// No attack nets more than 0: by operators on any targets (one, where joint attacks are not judged), by other routes on one.
    pub certified: Vec<bool>,
    /// Net gain of the attack.
    pub net_gain_usd: Vec<f64>,
    /// Upper bound on it.
    pub net_gain_upper_usd: Vec<f64>,
    /// Operators in the attack.
    pub coalition_size: Vec<i32>,
    /// Profit of the attack.
    pub profit_usd: Vec<f64>,
    /// Cost of the attack.
    pub cost_usd: Vec<f64>,
    /// Stake slashed for it, as far as slashes landed.
    pub slashed_usd: Vec<f64>,
    /// Stake forfeited by accidents.
    pub fault_slashed_usd: Vec<f64>,
    /// Stake slashed for the attack had every slash landed.
    pub nominal_slashed_usd: Vec<f64>,
    /// What the protocols' own rules take beyond the linear model.
    pub settlement_gap_usd: Vec<f64>,
    /// Attacks of the cascade; empty where cascades are not judged.
    pub cascade_rounds: Vec<i32>,
    /// Stake lost to all of them; likewise.
    pub cascade_loss_usd: Vec<f64>,
    /// Stake of the operators that left in them; likewise.
    pub cascade_left_usd: Vec<f64>,
    /// γ*, infinite where those who can be had reach nothing; empty where that is not asked.
    pub overcollateralization: Vec<f64>,
    /// Services of the design that have turned Byzantine; empty where none may.
    pub byzantine_services: Vec<i32>,
    /// Stake that they slash; likewise.
    pub byzantine_slashed_usd: Vec<f64>,
}

/// Columns of the targets table.
#[derive(Debug, Clone, Default)]
pub struct TargetRows {
    /// Scenario.
    pub scenario: Vec<i64>,
    /// Position of the design.
    pub design: Vec<usize>,
    /// Position of the target among all distinct ones.
    pub target: Vec<usize>,
    /// Likelihood ratio.
    pub weight: Vec<f64>,
    /// Part of the power that colludes.
    pub colluding_share: Vec<f64>,
    /// Part of the power that can be bribed.
    pub rational_share: Vec<f64>,
    /// In reach by some route.
    pub reachable: Vec<bool>,
    /// Stake forfeited by the cheapest route.
    pub cost_of_corruption_usd: Vec<f64>,
    /// Cost by the cheapest route.
    pub attack_cost_usd: Vec<f64>,
    /// No attack costs less.
    pub attack_cost_lower_usd: Vec<f64>,
    /// Cheapest route.
    pub cheapest_route: Vec<Option<Route>>,
    /// Cost per route of the study. `[route][row]`
    pub route_cost_usd: Vec<Vec<f64>>,
    /// Capital per route of the study. `[route][row]`
    pub route_capital_usd: Vec<Vec<f64>>,
    /// What bribes cost each way; no rows where that is not asked. `[way][row]`
    pub bribe_usd: [Vec<f64>; 3],
    /// What must be put up for P + ε; likewise.
    pub bribe_escrow_usd: Vec<f64>,
    /// The cheapest way to bribe; likewise.
    pub cheapest_bribe: Vec<Option<Way>>,
    /// Profit.
    pub profit_usd: Vec<f64>,
    /// (cost − profit)/cost.
    pub security_margin: Vec<f64>,
    /// In the witnessed attack.
    pub corrupted: Vec<bool>,
}

impl Keeper {
    /// The study's rule. `base` and `outcomes` are those of the base state in lane 0.
    pub fn new(settings: &RunSettings, graph: &Graph, base: &Execution, outcomes: &Outcomes) -> Self {
        let staked = |design: &DesignGraph| -> Vec<(usize, f64)> {
            design.stake.iter().map(|amounts| (amounts.asset, amounts.tokens.iter().sum())).collect()
        };
        Self {
            staked: graph.designs.iter().map(staked).collect(),
            record: settings.record,
            every: settings.record_every,
            loss_share: settings.record_loss_share,
            free: outcomes.targets.iter().map(|target| target.threshold_reached[0]).collect(),
            pays_anyway: base.designs.iter().map(|design| design.target[0] != NO_TARGET).collect(),
        }
    }

    /// Whether anything is ever kept.
    pub fn keeps_none(&self) -> bool {
        self.record == Record::None
    }

    /// Lanes of a block that are kept.
    fn kept(&self, draws: &Draws, outcomes: &Outcomes, execution: &Execution) -> Vec<usize> {
        if self.record == Record::All {
            return (0..draws.n).collect();
        }
        let mut keeps = [false; LANES];
        for (lane, keeps) in keeps.iter_mut().enumerate() {
            *keeps = (draws.first_scenario + lane as u64).is_multiple_of(self.every);
        }
        for (target, _) in outcomes.targets.iter().zip(&self.free).filter(|(_, free)| !**free) {
            keeps.iter_mut().zip(&target.threshold_reached).for_each(|(keeps, reached)| *keeps |= reached);
        }
        let designs = self.staked.iter().zip(&execution.designs).zip(&self.pays_anyway);
        for ((staked, out), anyway) in designs.filter(|((_, out), _)| !out.is_nothing()) {
            for (lane, keeps) in keeps.iter_mut().enumerate().take(draws.n) {
                let lost = out.fault_slashed[lane];
                *keeps |= (out.target[lane] != NO_TARGET && !anyway)
                    || lost > 0.0 && lost >= self.loss_share * usd(staked, draws, lane);
            }
        }
        // What accidents make pay is news wherever nothing pays in the base state.
        let cascades = execution.cascades.iter().zip(&self.pays_anyway);
        for (cascades, _) in cascades.filter(|(_, anyway)| !**anyway) {
            cascades.iter().flat_map(|found| &found.rounds).for_each(|round| keeps[round.lane] = true);
        }
        (0..draws.n).filter(|lane| keeps[*lane]).collect()
    }
}

/// What tokens are worth in a lane.
fn usd(tokens: &[(usize, f64)], draws: &Draws, lane: usize) -> f64 {
    tokens.iter().map(|(asset, tokens)| draws.prices[*asset][lane] * tokens).sum()
}

/// Rows of the scenarios of a block that the keeper keeps.
pub fn rows(
    keeper: &Keeper,
    graph: &Graph,
    labels: &Labels,
    (draws, outcomes, execution): (&Draws, &mut Outcomes, &Execution),
) -> Rows {
    let mut rows = Rows::default();
    if keeper.keeps_none() {
        return rows;
    }
    let kept = keeper.kept(draws, outcomes, execution);
    if kept.is_empty() {
        return rows;
    }
    outcomes.count_bribable(draws);
    let (colluders, bribable) = (draws.colluders.sizes(), draws.bribable.sizes());
    let mut rational = Vec::with_capacity(graph.secured.len());
    rows.market.prices = vec![Vec::new(); draws.prices.len()];
    rows.targets.route_cost_usd = vec![Vec::new(); graph.routes.len()];
    rows.targets.route_capital_usd = vec![Vec::new(); graph.routes.len()];
    for lane in kept {
        let at = Lane { draws, lane, scenario: scenario_id(draws, lane) };
        at.market(&mut rows.market, (colluders[lane], bribable[lane]));
        rational.clear();
        rational.extend(
            (0..graph.secured.len()).map(|secured| outcomes.rational_share(graph, draws, secured, lane)),
        );
        for (index, design) in graph.designs.iter().enumerate() {
            let sampled = (draws.first_scenario + lane as u64).is_multiple_of(keeper.every);
            at.scenario(&mut rows.scenarios, execution, index, sampled);
            let mut position = 0;
            for secured in &design.secured {
                for target in labels.targets_of(graph, *secured) {
                    let corrupted = execution.designs[index].attacks(position, lane);
                    rows.targets.design.push(index);
                    rows.targets.target.push(target);
                    rows.targets.colluding_share.push(outcomes.colluding_share[*secured][lane]);
                    rows.targets.rational_share.push(rational[*secured]);
                    rows.targets.corrupted.push(corrupted);
                    at.target(&mut rows.targets, graph, outcomes, target);
                    position += 1;
                }
            }
        }
    }
    rows
}

fn scenario_id(draws: &Draws, lane: usize) -> i64 {
    i64::try_from(draws.first_scenario + lane as u64).unwrap_or(i64::MAX)
}

/// One kept scenario.
struct Lane<'a> {
    draws: &'a Draws,
    lane: usize,
    scenario: i64,
}

impl Lane<'_> {
    fn market(&self, rows: &mut MarketRows, (colluders, bribable): (u32, u32)) {
        let count = |n: u32| i32::try_from(n).unwrap_or(i32::MAX);
        let n_operators = i32::try_from(self.draws.colluders.rows.len()).unwrap_or(i32::MAX);
        rows.scenario.push(self.scenario);
        rows.weight.push(self.draws.weight[self.lane]);
        rows.common_factor.push(self.draws.common[self.lane]);
        for (column, price) in rows.prices.iter_mut().zip(&self.draws.prices) {
            column.push(price[self.lane]);
        }
        rows.colluders.push(count(colluders));
        rows.altruists.push(n_operators - count(colluders) - count(bribable));
    }

    fn scenario(&self, rows: &mut ScenarioRows, execution: &Execution, design: usize, sampled: bool) {
        let (out, lane) = (&execution.designs[design], self.lane);
        rows.scenario.push(self.scenario);
        rows.design.push(design);
        rows.weight.push(self.draws.weight[lane]);
        rows.sampled.push(sampled);
        rows.attacked.push(out.target[lane] != NO_TARGET);
        rows.certified.push(out.net_gain_upper[lane] <= 0.0);
        rows.net_gain_usd.push(out.net_gain[lane]);
        rows.net_gain_upper_usd.push(out.net_gain_upper[lane]);
        rows.coalition_size.push(out.coalition_size[lane]);
        rows.profit_usd.push(out.profit[lane]);
        rows.cost_usd.push(out.cost[lane]);
        rows.slashed_usd.push(out.slashed[lane]);
        rows.fault_slashed_usd.push(out.fault_slashed[lane]);
        rows.nominal_slashed_usd.push(out.nominal_slashed[lane]);
        rows.settlement_gap_usd.push(out.settlement_gap[lane]);
        if let Some(cascades) = &execution.cascades[design] {
            let rounds = cascades.of(lane);
            rows.cascade_rounds.push(i32::try_from(rounds.len()).unwrap_or(i32::MAX));
            rows.cascade_loss_usd.push(rounds.iter().map(|round| round.lost_usd).sum());
            rows.cascade_left_usd.push(rounds.iter().map(|round| round.left_usd).sum());
        }
        rows.overcollateralization.extend(out.slack.get(lane).map(|slack| slack - 1.0));
        rows.byzantine_services.extend(out.n_byzantine.get(lane));
        rows.byzantine_slashed_usd.extend(out.byzantine_slashed.get(lane));
    }

    fn target(&self, rows: &mut TargetRows, graph: &Graph, outcomes: &Outcomes, target: usize) {
        let (outcome, lane) = (&outcomes.targets[target], self.lane);
        let reached = |usd: f64| if usd.is_finite() { usd } else { f64::NAN };
        let best = &outcome.best;
        rows.scenario.push(self.scenario);
        rows.weight.push(self.draws.weight[lane]);
        rows.reachable.push(best.cost[lane].is_finite());
        rows.cost_of_corruption_usd.push(reached(best.forfeited[lane]));
        rows.attack_cost_usd.push(reached(best.cost[lane]));
        rows.attack_cost_lower_usd.push(reached(best.lower[lane]));
        rows.cheapest_route.push(outcome.route(lane));
        rows.profit_usd.push(outcome.profit[lane]);
        rows.security_margin.push(security_margin(best.cost[lane], outcome.profit[lane]));
        if let Some(ways) = &outcome.bribes {
            rows.bribe_usd
                .iter_mut()
                .zip(&ways.costs)
                .for_each(|(usd, costs)| usd.push(reached(costs[lane])));
            rows.bribe_escrow_usd.push(reached(ways.escrow[lane]));
            rows.cheapest_bribe.push(cheapest_way(ways, lane));
        }
        for (index, route) in graph.routes.iter().enumerate() {
            let found = outcome.routes.iter().find(|outcome| outcome.route == *route);
            let usd = |column: fn(&Costs) -> &Column| {
                found.map_or(f64::NAN, |route| reached(column(&route.costs)[lane]))
            };
            rows.route_cost_usd[index].push(usd(|costs| &costs.cost));
            rows.route_capital_usd[index].push(usd(|costs| &costs.capital));
        }
    }
}

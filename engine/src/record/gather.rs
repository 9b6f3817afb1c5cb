//! Rows out of lanes: column by column.

use super::{Keeper, MarketRows, Rows, ScenarioRows, TargetRows};
use crate::attack::{BribeWays, Costs, DesignOutcome, Execution, NO_TARGET, Outcomes, TargetOutcome};
use crate::estimate::{Labels, cheapest_way, security_margin};
use crate::graph::Graph;
use crate::kernels::{Column, LANES};
use crate::sampling::{Crowd, Draws};
use crate::study::Route;

/// Scenarios whose rows are written at a time: a cache line of each column that is read, rows that stay in the nearest cache.
const TILE: usize = 8;

/// Rows of the scenarios of a block that the keeper keeps.
pub fn rows(
    keeper: &Keeper,
    graph: &Graph,
    labels: &Labels,
    (draws, outcomes, execution): (&Draws, &mut Outcomes, &Execution),
) -> Rows {
    if keeper.keeps_none() {
        return Rows::default();
    }
    let lanes: Vec<u8> = keeper.kept(draws, outcomes, execution);
    if lanes.is_empty() {
        return Rows::default();
    }
    outcomes.count_bribable(draws);
    let shares = rational_shares(graph, draws, outcomes, &lanes);
    let kept = Kept { draws, lanes, every: keeper.every };
    Rows {
        market: kept.market(),
        scenarios: kept.scenarios(graph, execution),
        targets: kept.targets(graph, &target_rows(graph, labels), (outcomes, execution, &shares)),
    }
}

/// Part of the power that can be bribed, in the scenarios that are kept. `[secured]`
fn rational_shares(graph: &Graph, draws: &Draws, outcomes: &mut Outcomes, lanes: &[u8]) -> Vec<Column> {
    let mut shares = vec![[0.0; LANES]; graph.secured.len()];
    for (secured, shares) in shares.iter_mut().enumerate() {
        for lane in lanes.iter().map(|lane| usize::from(*lane)) {
            shares[lane] = outcomes.rational_share(graph, draws, secured, lane);
        }
    }
    shares
}

/// What a row of the targets table is about.
struct TargetRow {
    design: usize,
    secured: usize,
    /// Among all distinct targets.
    target: usize,
    /// Among those of the design.
    position: u16,
}

/// Rows of one scenario.
fn target_rows(graph: &Graph, labels: &Labels) -> Vec<TargetRow> {
    let of_design = |design: usize| {
        let targets = graph.designs[design]
            .secured
            .iter()
            .flat_map(|secured| labels.targets_of(graph, *secured).map(|target| (*secured, target)));
        targets.zip(0..).map(move |((secured, target), position)| TargetRow {
            design,
            secured,
            target,
            position,
        })
    };
    (0..graph.designs.len()).flat_map(of_design).collect()
}

/// Scenarios of a block that are kept.
struct Kept<'a> {
    draws: &'a Draws,
    /// A byte each, which never lies beyond a column.
    lanes: Vec<u8>,
    every: u64,
}

impl Kept<'_> {
    fn column<T>(&self, of: impl Fn(usize) -> T) -> Vec<T> {
        self.lanes.iter().map(|lane| of(usize::from(*lane))).collect()
    }

    /// `n` rows a scenario, from what each row says of a lane.
    fn rows<T: Copy + Default, F: Fn(usize) -> T>(&self, n: usize, of_row: impl Fn(usize) -> F) -> Vec<T> {
        let mut out = Vec::with_capacity(n * self.lanes.len());
        // Few scenarios at a time: columns are read in order and what is written stays near.
        for lanes in self.lanes.chunks(TILE) {
            let first = out.len();
            out.resize(first + n * lanes.len(), T::default());
            let tile = &mut out[first..];
            for row in 0..n {
                let of = of_row(row);
                let rows = tile[row..].iter_mut().step_by(n);
                lanes.iter().zip(rows).for_each(|(lane, out)| *out = of(usize::from(*lane)));
            }
        }
        out
    }

    fn scenario(&self) -> Vec<i64> {
        let first = self.draws.first_scenario;
        self.column(|lane| i64::try_from(first + lane as u64).unwrap_or(i64::MAX))
    }

    fn weight(&self) -> Vec<f64> {
        self.column(|lane| self.draws.weight[lane])
    }

    fn market(&self) -> MarketRows {
        let draws = self.draws;
        let (colluders, bribable) = (self.sizes(&draws.colluders), self.sizes(&draws.bribable));
        let n_operators = i32::try_from(draws.colluders.rows.len()).unwrap_or(i32::MAX);
        let altruists =
            colluders.iter().zip(&bribable).map(|(colluders, bribable)| n_operators - colluders - bribable);
        MarketRows {
            scenario: self.scenario(),
            weight: self.weight(),
            common_factor: self.column(|lane| draws.common[lane]),
            prices: draws.prices.iter().map(|prices| self.column(|lane| prices[lane])).collect(),
            altruists: altruists.collect(),
            colluders,
        }
    }

    /// How many there are of a crowd in each scenario: counted one by one where scenarios are few.
    fn sizes(&self, crowd: &Crowd) -> Vec<i32> {
        if self.lanes.len() <= TILE {
            return self.column(|lane| i32::try_from(crowd.lane(lane).count()).unwrap_or(i32::MAX));
        }
        let sizes = crowd.sizes();
        self.column(|lane| i32::try_from(sizes[lane]).unwrap_or(i32::MAX))
    }

    fn scenarios(&self, graph: &Graph, execution: &Execution) -> ScenarioRows {
        let n = graph.designs.len();
        let usd = |column: fn(&DesignOutcome) -> &Column| {
            self.rows(n, |design| {
                let column = column(&execution.designs[design]);
                move |lane: usize| column[lane]
            })
        };
        let flags = |of: &dyn Fn(&DesignOutcome, usize) -> bool| {
            self.rows(n, |design| move |lane| of(&execution.designs[design], lane))
        };
        let first = self.draws.first_scenario;
        let rounds = |design: usize, lane: usize| {
            execution.cascades[design].iter().flat_map(move |cascades| cascades.of(lane))
        };
        let n_if = |has: bool| if has { n } else { 0 };
        let cascades = n_if(graph.cascades);
        let byzantine = n_if(graph.varies());
        ScenarioRows {
            scenario: self.scenario(),
            weight: self.weight(),
            sampled: flags(&|_, lane| (first + lane as u64).is_multiple_of(self.every)),
            attacked: flags(&|out, lane| out.target[lane] != NO_TARGET),
            certified: flags(&|out, lane| out.net_gain_upper[lane] <= 0.0),
            net_gain_usd: usd(|out| &out.net_gain),
            net_gain_upper_usd: usd(|out| &out.net_gain_upper),
            coalition_size: self
                .rows(n, |design| move |lane: usize| execution.designs[design].coalition_size[lane]),
            profit_usd: usd(|out| &out.profit),
            cost_usd: usd(|out| &out.cost),
            slashed_usd: usd(|out| &out.slashed),
            fault_slashed_usd: usd(|out| &out.fault_slashed),
            nominal_slashed_usd: usd(|out| &out.nominal_slashed),
            settlement_gap_usd: usd(|out| &out.settlement_gap),
            cascade_rounds: self.rows(cascades, |design| {
                move |lane| i32::try_from(rounds(design, lane).count()).unwrap_or(i32::MAX)
            }),
            cascade_loss_usd: self
                .rows(cascades, |design| move |lane| rounds(design, lane).map(|round| round.lost_usd).sum()),
            cascade_left_usd: self
                .rows(cascades, |design| move |lane| rounds(design, lane).map(|round| round.left_usd).sum()),
            overcollateralization: self.rows(n_if(graph.certifies_slack), |design| {
                move |lane: usize| execution.designs[design].slack[lane] - 1.0
            }),
            byzantine_services: self
                .rows(byzantine, |design| move |lane: usize| execution.designs[design].n_byzantine[lane]),
            byzantine_slashed_usd: self.rows(byzantine, |design| {
                move |lane: usize| execution.designs[design].byzantine_slashed[lane]
            }),
        }
    }

    fn targets(
        &self,
        graph: &Graph,
        rows: &[TargetRow],
        (outcomes, execution, shares): (&Outcomes, &Execution, &[Column]),
    ) -> TargetRows {
        let n = rows.len();
        let target = |row: usize| &outcomes.targets[rows[row].target];
        let usd = |column: fn(&TargetOutcome) -> &Column| {
            self.rows(n, |row| {
                let column = column(target(row));
                move |lane: usize| reached(column[lane])
            })
        };
        let of_route = |route: Route, column: fn(&Costs) -> &Column| {
            self.rows(n, |row| {
                let found = target(row).routes.iter().find(|outcome| outcome.route == route);
                let column = found.map_or(&NOWHERE, |found| column(&found.costs));
                move |lane: usize| reached(column[lane])
            })
        };
        let routes = |column: fn(&Costs) -> &Column| {
            graph.routes.iter().map(|route| of_route(*route, column)).collect()
        };
        let priced = if outcomes.targets.iter().all(|target| target.bribes.is_some()) { n } else { 0 };
        let bribe = |column: &dyn Fn(&BribeWays) -> &Column| {
            self.rows(priced, |row| {
                let column = target(row).bribes.as_deref().map_or(&NOWHERE, column);
                move |lane: usize| reached(column[lane])
            })
        };
        TargetRows {
            scenario: self.scenario(),
            weight: self.weight(),
            colluding_share: self.rows(n, |row| {
                let share = &outcomes.colluding_share[rows[row].secured];
                move |lane: usize| share[lane]
            }),
            rational_share: self.rows(n, |row| {
                let share = &shares[rows[row].secured];
                move |lane: usize| share[lane]
            }),
            reachable: self.rows(n, |row| move |lane: usize| target(row).best.cost[lane].is_finite()),
            cost_of_corruption_usd: usd(|target| &target.best.forfeited),
            attack_cost_usd: usd(|target| &target.best.cost),
            attack_cost_lower_usd: usd(|target| &target.best.lower),
            cheapest_route: self.rows(n, |row| move |lane: usize| target(row).route(lane)),
            route_cost_usd: routes(|costs| &costs.cost),
            route_capital_usd: routes(|costs| &costs.capital),
            bribe_usd: [0, 1, 2].map(|way: usize| bribe(&|ways| &ways.costs[way])),
            bribe_escrow_usd: bribe(&|ways| &ways.escrow),
            cheapest_bribe: self.rows(priced, |row| {
                let ways = target(row).bribes.as_deref();
                move |lane| ways.and_then(|ways| cheapest_way(ways, lane))
            }),
            profit_usd: self.rows(n, |row| move |lane: usize| target(row).profit[lane]),
            security_margin: self.rows(n, |row| {
                let target = target(row);
                move |lane: usize| security_margin(target.best.cost[lane], target.profit[lane])
            }),
            corrupted: self.rows(n, |row| {
                let (out, position) = (&execution.designs[rows[row].design], rows[row].position);
                move |lane| out.attacks(position, lane)
            }),
        }
    }
}

/// Costs of a route that a target does not have.
static NOWHERE: Column = [f64::INFINITY; LANES];

/// A cost, NaN out of reach.
fn reached(usd: f64) -> f64 {
    if usd.is_finite() { usd } else { f64::NAN }
}

//! Money of operators, services and portfolios over weighted scenarios.
//!
//! Rewards and margins are linear in prices and losses. So to weigh a scenario is to multiply its prices and its losses by its weight w:
//! the books of a plain run then hold `w·x`, whose mean is that of x under the law asked about, and whose spread is its error.

use super::sketch::WeightedSketch;
use super::weighted::Weighted;
use super::weighted_run::WEIGHTED;
use crate::attack::{LossLine, halted_by_accident};
use crate::economy::{BlockLedger, BlockPortfolios, Ledger};
use crate::estimate::{
    ANY, At, DesignTally, Estimate, PortfolioFigures, Results, SummaryRow, Tally, Writer, money_rows,
};
use crate::graph::Power;
use crate::kernels::Column;
use crate::run::{Judged, Plan};

/// What one block adds.
#[derive(Debug)]
pub(super) struct BlockMoney {
    ledger: BlockLedger,
    /// Prices times weights. `[asset]`
    prices: Vec<Column>,
    weights: Vec<f64>,
    /// Design, operator and weight of everybody who loses something.
    slashed: Vec<(usize, usize, f64)>,
    /// The same of every member of an attack.
    attacking: Vec<(usize, usize, f64)>,
    portfolios: Vec<Vec<Holding>>,
    values: Vec<Weighted>,
    halted: Vec<u64>,
}

/// A portfolio in one design.
#[derive(Debug, Clone, Default)]
struct Holding {
    loss: Weighted,
    hit: Weighted,
    distribution: WeightedSketch,
}

/// Sums over scenarios; merges along one fixed tree.
#[derive(Debug, Clone)]
pub(super) struct Money {
    n: u64,
    weight: f64,
    ledger: Ledger,
    /// Sums of price times weight and of its squares. `[asset]`
    prices: Vec<[f64; 2]>,
    /// `[design]`
    operators: Vec<Operators>,
    /// `[design][portfolio]`
    portfolios: Vec<Vec<Holding>>,
    /// `[portfolio]`
    values: Vec<Weighted>,
    /// Scenarios halted by accident. `[secured]`
    halted: Vec<u64>,
}

/// Sums for each operator of a design. `[operator]`
#[derive(Debug, Clone)]
struct Operators {
    /// Weight of scenarios with a loss.
    slashed: Vec<f64>,
    /// Weight of scenarios in which it attacks.
    attacking: Vec<f64>,
}

impl BlockMoney {
    /// Of a judged block, whose prices and losses are multiplied by their weights: nothing else may look at it afterwards.
    pub(super) fn of(plan: &Plan, room: &mut Judged) -> Self {
        let labels = plan.labels();
        let Judged { draws, outcomes, execution, members, books } = room;
        let n = draws.n;
        let weights = draws.weight[..n].to_vec();
        let mut holdings = BlockPortfolios::default();
        labels.portfolios.fill(draws, execution, &mut holdings);
        let mut halted = vec![0; plan.graph().secured.len()];
        if let Some(fault) = labels.downtime {
            halted_by_accident(plan.graph(), draws, fault, outcomes, |secured| halted[secured] += 1);
        }
        let attacking =
            members.iter().map(|(design, lane, operator)| (*design, *operator, weights[*lane])).collect();
        let alike =
            |a: &LossLine, b: &LossLine| (a.design, a.lane, a.operator) == (b.design, b.lane, b.operator);
        let loses =
            |lines: &&[LossLine]| lines.iter().any(|line| line.by_attack_usd + line.by_accident_usd > 0.0);
        let slashed = execution.losses.chunk_by(alike).filter(loses).map(|lines| {
            let LossLine { design, lane, operator, .. } = lines[0];
            (usize::from(design), operator as usize, weights[usize::from(lane)])
        });
        let slashed = slashed.collect();
        for line in execution.losses.iter_mut().chain(&mut execution.instead) {
            line.by_attack_usd *= weights[usize::from(line.lane)];
            line.by_accident_usd *= weights[usize::from(line.lane)];
        }
        for price in &mut draws.prices {
            price.iter_mut().zip(&draws.weight).for_each(|(price, weight)| *price *= weight);
        }
        let (nothing, mut ledger) = (BlockPortfolios::default(), BlockLedger::default());
        ledger.count(draws, execution, &labels.stakes.own_share, &nothing, books);
        Self {
            ledger,
            prices: draws.prices.clone(),
            slashed,
            attacking,
            portfolios: holdings_of(plan, &holdings, &weights),
            values: (0..labels.portfolios.names.len())
                .map(|portfolio| mean_of(&weights, |lane| holdings.value(portfolio)[lane]))
                .collect(),
            halted,
            weights,
        }
    }
}

fn mean_of(weights: &[f64], value: impl Fn(usize) -> f64) -> Weighted {
    let mut sums = Weighted::default();
    weights.iter().enumerate().for_each(|(lane, weight)| sums.add(*weight, value(lane)));
    sums
}

fn holdings_of(plan: &Plan, holdings: &BlockPortfolios, weights: &[f64]) -> Vec<Vec<Holding>> {
    let holding = |design: usize, portfolio: usize| {
        let (usd, hit) = holdings.loss(design, portfolio);
        let mut distribution = WeightedSketch::default();
        weights.iter().zip(usd).for_each(|(weight, usd)| distribution.add(*usd, *weight));
        let hit = |lane: usize| f64::from(u8::from(hit[lane]));
        Holding { loss: mean_of(weights, |lane| usd[lane]), hit: mean_of(weights, hit), distribution }
    };
    let portfolios = plan.labels().portfolios.names.len();
    (0..plan.graph().designs.len())
        .map(|design| (0..portfolios).map(|portfolio| holding(design, portfolio)).collect())
        .collect()
}

impl Money {
    /// Nothing yet.
    pub(super) fn new(plan: &Plan) -> Self {
        let (graph, portfolios) = (plan.graph(), plan.labels().portfolios.names.len());
        let n_assets = plan.sampler().n_assets();
        let zeros = || vec![0.0; graph.n_operators];
        let operators = || Operators { slashed: zeros(), attacking: zeros() };
        Self {
            n: 0,
            weight: 0.0,
            ledger: Ledger::new(graph, n_assets),
            prices: vec![[0.0; 2]; n_assets],
            operators: graph.designs.iter().map(|_| operators()).collect(),
            portfolios: graph.designs.iter().map(|_| vec![Holding::default(); portfolios]).collect(),
            values: vec![Weighted::default(); portfolios],
            halted: vec![0; graph.secured.len()],
        }
    }

    /// Takes in the next block.
    pub(super) fn take(&mut self, block: &BlockMoney) {
        self.n += block.weights.len() as u64;
        self.weight += block.weights.iter().sum::<f64>();
        self.ledger.take(&block.ledger);
        for ([sum, squares], column) in self.prices.iter_mut().zip(&block.prices) {
            for price in &column[..block.weights.len()] {
                *sum += price;
                *squares += price * price;
            }
        }
        for (design, operator, weight) in &block.slashed {
            self.operators[*design].slashed[*operator] += weight;
        }
        for (design, operator, weight) in &block.attacking {
            self.operators[*design].attacking[*operator] += weight;
        }
        self.hold(&block.portfolios, &block.values, &block.halted);
    }

    /// Takes in a later sample.
    pub(super) fn merge(&mut self, later: &Self) {
        self.n += later.n;
        self.weight += later.weight;
        self.ledger.merge(&later.ledger);
        for (a, b) in self.prices.iter_mut().flatten().zip(later.prices.iter().flatten()) {
            *a += b;
        }
        for (a, b) in self.operators.iter_mut().zip(&later.operators) {
            add(&mut a.slashed, &b.slashed);
            add(&mut a.attacking, &b.attacking);
        }
        self.hold(&later.portfolios, &later.values, &later.halted);
    }

    fn hold(&mut self, portfolios: &[Vec<Holding>], values: &[Weighted], halted: &[u64]) {
        for (a, b) in self.portfolios.iter_mut().flatten().zip(portfolios.iter().flatten()) {
            a.loss.merge(&b.loss);
            a.hit.merge(&b.hit);
            a.distribution.merge(&b.distribution);
        }
        self.values.iter_mut().zip(values).for_each(|(a, b)| a.merge(b));
        self.halted.iter_mut().zip(halted).for_each(|(a, b)| *a += b);
    }

    /// Rows of the summary about money and accidents, and those of operators, members and portfolios.
    pub(super) fn add_rows(&self, plan: &Plan, most_weight: f64, results: &mut Results) {
        let mut tally = Tally { n: self.n, prices: self.prices.clone(), ..Tally::default() };
        tally.designs.resize(self.operators.len(), DesignTally::default());
        let mut rows = money_rows(plan.graph(), plan.labels(), &tally, &self.ledger);
        rows.summary.iter_mut().for_each(|row| row.estimator = WEIGHTED);
        let designs: Vec<&str> = plan.graph().designs.iter().map(|design| design.name.as_str()).collect();
        for row in &mut rows.operators {
            let design = designs.iter().position(|name| *name == row.design);
            let operator = plan.labels().operators.iter().position(|name| *name == row.operator);
            if let (Some(design), Some(operator)) = (design, operator) {
                row.slashed_probability = self.operators[design].slashed[operator] / self.weight;
                row.coalition_frequency = self.operators[design].attacking[operator] / self.weight;
            }
        }
        results.summary.extend(rows.summary);
        results.operators = rows.operators;
        results.members = rows.members;
        add_per_payment(&mut results.summary);
        self.add_halts(plan, results);
        self.add_portfolios(plan, most_weight, results);
    }

    /// How often accidents halt a service: they have factors of their own, so that no weight matters as long as power moves with no
    /// price.
    fn add_halts(&self, plan: &Plan, results: &mut Results) {
        for design in &plan.graph().designs {
            for index in &design.secured {
                let secured = &plan.graph().secured[*index];
                let Power::Stake(power) = &secured.power else { continue };
                if plan.labels().downtime.is_none() || secured.silences.is_empty() || power.parts.len() > 1 {
                    continue;
                }
                let at = At { service: &plan.labels().services[*index], attack: "halt", ..At::DESIGN };
                let mut writer = Writer { design: &design.name, scenarios: self.n, results };
                let halted = Estimate::probability(self.halted[*index], self.n);
                writer.row(at, "p_halt_by_accident", "probability", halted, "plain");
            }
        }
    }

    fn add_portfolios(&self, plan: &Plan, most_weight: f64, results: &mut Results) {
        let named = |design: usize| {
            plan.labels().portfolios.names.iter().zip(&self.portfolios[design]).zip(&self.values)
        };
        for (index, design) in plan.graph().designs.iter().enumerate() {
            for ((name, holding), value) in named(index) {
                let n = holding.loss.effective_scenarios();
                let tail = |tail: f64| {
                    let at_risk = Estimate::quantile(holding.distribution.quantile(1.0 - tail), n);
                    [at_risk, holding.distribution.tail_mean(tail)]
                };
                let figures = PortfolioFigures {
                    value: value.mean(),
                    loss: holding.loss.mean(),
                    slashed: holding.hit.probability(most_weight),
                    tail: &tail,
                };
                results.portfolios.extend(figures.rows(&design.name, name));
            }
        }
    }
}

/// What an attack costs where it is in reach, for each dollar that the service pays over the horizon.
fn add_per_payment(summary: &mut Vec<SummaryRow>) {
    let mut rows = Vec::new();
    for paid in summary.iter().filter(|row| row.metric == "payment_usd" && row.estimate.value > 0.0) {
        let payment = paid.estimate.value;
        let of_service = |row: &&SummaryRow| {
            row.design == paid.design
                && row.service == paid.service
                && row.route == ANY
                && row.metric == "attack_cost_usd_given_reachable"
        };
        rows.extend(summary.iter().filter(of_service).map(|row| {
            let Estimate { value, std_error, effective_sample_size, .. } = row.estimate;
            SummaryRow {
                metric: "attack_cost_per_payment".to_owned(),
                unit: "usd_per_usd",
                estimate: Estimate::normal(value / payment, std_error / payment, effective_sample_size),
                ..row.clone()
            }
        }));
    }
    summary.extend(rows);
}

fn add(a: &mut [f64], b: &[f64]) {
    a.iter_mut().zip(b).for_each(|(a, b)| *a += b);
}

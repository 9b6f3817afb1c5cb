//! The attack that pays best in each scenario of a design, who is in it, and what accidents cost.

use super::{Chosen, Outcomes};
use crate::graph::{AssetAmounts, DesignGraph, Graph, Order, Power};
use crate::kernels::{Column, LANES, bits};
use crate::sampling::Draws;
use crate::study::Route;

/// No target is attacked.
pub const NO_TARGET: u16 = u16::MAX;

/// Outcome of one design over a block. Money where nothing happened is 0.
#[derive(Debug, Clone)]
pub struct DesignOutcome {
    /// The target attacked: position among the design's targets, or [`NO_TARGET`].
    pub target: [u16; LANES],
    /// Largest profit less cost over the targets, 0 where no attack pays.
    pub net_gain: Column,
    /// No attack on one target nets more; 0 certifies that none pays.
    pub net_gain_upper: Column,
    /// Profit of the attack.
    pub profit: Column,
    /// Cost of the attack.
    pub cost: Column,
    /// Stake forfeited for the attack.
    pub slashed: Column,
    /// Operators in the attack.
    pub coalition_size: [i32; LANES],
    /// Stake forfeited by accidents.
    pub fault_slashed: Column,
}

/// Sums over scenarios per operator of one design.
#[derive(Debug, Clone, Default)]
pub struct OperatorTally {
    /// Stake lost by attack or accident, USD. `[operator]`
    pub loss: Vec<f64>,
    /// Its squares. `[operator]`
    pub loss_squared: Vec<f64>,
    /// Scenarios with a loss. `[operator]`
    pub slashed: Vec<u64>,
    /// Scenarios in which it is in the attacking coalition. `[operator]`
    pub attacking: Vec<u64>,
    /// Stake at the horizon, USD. `[operator]`
    pub stake: Vec<f64>,
}

impl OperatorTally {
    /// Nothing counted.
    pub fn new(n_operators: usize) -> Self {
        let zeros = vec![0.0; n_operators];
        Self {
            loss: zeros.clone(),
            loss_squared: zeros.clone(),
            slashed: vec![0; n_operators],
            attacking: vec![0; n_operators],
            stake: zeros,
        }
    }

    /// Takes in later scenarios.
    pub fn merge(&mut self, later: &Self) {
        let add = |a: &mut Vec<f64>, b: &[f64]| a.iter_mut().zip(b).for_each(|(a, b)| *a += b);
        let add_counts = |a: &mut Vec<u64>, b: &[u64]| a.iter_mut().zip(b).for_each(|(a, b)| *a += b);
        add(&mut self.loss, &later.loss);
        add(&mut self.loss_squared, &later.loss_squared);
        add(&mut self.stake, &later.stake);
        add_counts(&mut self.slashed, &later.slashed);
        add_counts(&mut self.attacking, &later.attacking);
    }

    fn clear(&mut self) {
        for column in [&mut self.loss, &mut self.loss_squared, &mut self.stake] {
            column.fill(0.0);
        }
        for column in [&mut self.slashed, &mut self.attacking] {
            column.fill(0);
        }
    }
}

/// Outcomes and tallies of every design.
#[derive(Debug)]
pub struct Execution {
    /// `[design]`
    pub designs: Vec<DesignOutcome>,
    /// `[design]`
    pub operators: Vec<OperatorTally>,
    /// Loss of each operator in the scenario at hand. `[operator]`
    losses: Vec<f64>,
    touched: Vec<usize>,
}

impl Execution {
    /// Room for one block.
    pub fn new(graph: &Graph) -> Self {
        let zero = [0.0; LANES];
        let room = DesignOutcome {
            target: [NO_TARGET; LANES],
            net_gain: zero,
            net_gain_upper: zero,
            profit: zero,
            cost: zero,
            slashed: zero,
            coalition_size: [0; LANES],
            fault_slashed: zero,
        };
        Self {
            designs: vec![room; graph.designs.len()],
            operators: vec![OperatorTally::new(graph.n_operators); graph.designs.len()],
            losses: vec![0.0; graph.n_operators],
            touched: Vec::new(),
        }
    }
}

/// Carries out the best attack of each scenario and design, settles accidents, and tallies the operators.
pub fn execute(graph: &Graph, draws: &Draws, outcomes: &mut Outcomes, execution: &mut Execution) {
    for (index, design) in graph.designs.iter().enumerate() {
        execution.operators[index].clear();
        tally_stake(design, draws, &mut execution.operators[index]);
        choose_targets(graph, design, draws, outcomes, &mut execution.designs[index]);
        for lane in 0..draws.n {
            attack(graph, design, (draws, lane), outcomes, execution, index);
            accidents(design, draws, lane, execution, index);
            settle_lane(design, draws, lane, execution, index);
        }
    }
}

/// Stake and mean small losses of every operator at the horizon's prices, summed over the block.
fn tally_stake(design: &DesignGraph, draws: &Draws, tally: &mut OperatorTally) {
    for amounts in &design.stake {
        let prices: f64 = draws.prices[amounts.asset][..draws.n].iter().sum();
        tally.stake.iter_mut().zip(&amounts.tokens).for_each(|(usd, tokens)| *usd += tokens * prices);
    }
    for amounts in design.faults.iter().flat_map(|losses| &losses.mean) {
        let prices = &draws.prices[amounts.asset][..draws.n];
        let (sum, squares) = (prices.iter().sum::<f64>(), prices.iter().map(|p| p * p).sum::<f64>());
        for (operator, tokens) in amounts.tokens.iter().enumerate() {
            tally.loss[operator] += tokens * sum;
            tally.loss_squared[operator] += tokens * tokens * squares;
        }
    }
}

/// The target that nets most in each scenario, and the bound over all targets.
fn choose_targets(
    graph: &Graph,
    design: &DesignGraph,
    draws: &Draws,
    outcomes: &Outcomes,
    out: &mut DesignOutcome,
) {
    out.target = [NO_TARGET; LANES];
    for column in
        [&mut out.net_gain, &mut out.net_gain_upper, &mut out.profit, &mut out.cost, &mut out.slashed]
    {
        column.fill(0.0);
    }
    let mut position = 0u16;
    for secured in &design.secured {
        let first = outcomes.first_target[*secured];
        for target in &outcomes.targets[first..first + graph.secured[*secured].targets.len()] {
            for lane in 0..draws.n {
                let net = target.profit[lane] - target.best.cost[lane];
                if net > out.net_gain[lane] {
                    out.net_gain[lane] = net;
                    out.target[lane] = position;
                }
                let upper = target.profit[lane] - target.best.lower[lane];
                out.net_gain_upper[lane] = out.net_gain_upper[lane].max(upper);
            }
            position += 1;
        }
    }
}

/// Position in [`Outcomes::targets`] of the design's `position`-th target, and its secured service.
pub(crate) fn locate(
    graph: &Graph,
    design: &DesignGraph,
    outcomes: &Outcomes,
    position: u16,
) -> (usize, usize) {
    let mut rest = position as usize;
    for secured in &design.secured {
        let n = graph.secured[*secured].targets.len();
        if rest < n {
            return (outcomes.first_target[*secured] + rest, *secured);
        }
        rest -= n;
    }
    unreachable!("a design's target positions come from the design itself")
}

/// Books the attack of one scenario: its money, and what its members forfeit.
fn attack(
    graph: &Graph,
    design: &DesignGraph,
    (draws, lane): (&Draws, usize),
    outcomes: &mut Outcomes,
    execution: &mut Execution,
    index: usize,
) {
    let out = &mut execution.designs[index];
    out.coalition_size[lane] = 0;
    if out.target[lane] == NO_TARGET {
        return;
    }
    let (at, secured) = locate(graph, design, outcomes, out.target[lane]);
    let outcome = &outcomes.targets[at];
    let Some(route) = outcome.route(lane) else { return };
    out.profit[lane] = outcome.profit[lane];
    out.cost[lane] = outcome.best.cost[lane];
    out.slashed[lane] = outcome.best.forfeited[lane];
    if !matches!(route, Route::Collude | Route::Bribe) {
        return;
    }
    let forfeits = outcome.best.forfeited[lane] > 0.0;
    let Power::Stake(power) = &graph.secured[secured].power else { return };
    let target = &graph.secured[secured].targets[at - outcomes.first_target[secured]];
    let price = |asset: usize| draws.prices[asset][lane];
    let Outcomes { ranks, scratch, .. } = outcomes;
    let mut least_power = 0;
    if let Order::Moves(_) = &target.order {
        scratch.price_power(power, price);
        scratch.orders[0].clear();
        least_power = target.threshold.least_power(scratch.priced.total);
    }
    scratch.coalition.clear();
    Chosen { power, target, index: at, group: 0, least_power }.coalition(
        route,
        draws,
        lane,
        (ranks, scratch),
    );
    let tally = &mut execution.operators[index];
    let mut size = 0;
    for position in scratch.coalition.positions() {
        let operator = match &target.order {
            Order::Fixed(order) => order.operators[position],
            Order::Moves(_) => power.members[position],
        } as usize;
        size += 1;
        tally.attacking[operator] += 1;
        if forfeits {
            let assets = target.losses.assets.iter();
            let lost: f64 = assets.map(|asset| price(asset.asset) * asset.forfeited[operator]).sum();
            execution.losses[operator] += lost;
            execution.touched.push(operator);
        }
    }
    out.coalition_size[lane] = size;
}

/// Books what accidents forfeit in one scenario; the mean of the many small ones is in the tallies already.
fn accidents(design: &DesignGraph, draws: &Draws, lane: usize, execution: &mut Execution, index: usize) {
    let mut total = 0.0;
    for (fault, losses) in design.faults.iter().enumerate() {
        let means = losses.mean_of_all.iter().map(|(asset, tokens)| draws.prices[*asset][lane] * tokens);
        total += means.sum::<f64>();
        if losses.hit.is_empty() {
            continue;
        }
        for operator in bits::ones(draws.faulty[fault].lane(lane)) {
            let lost = loss_usd(&losses.hit, operator, draws, lane);
            if lost > 0.0 {
                total += lost;
                execution.losses[operator] += lost;
                execution.touched.push(operator);
            }
        }
    }
    execution.designs[index].fault_slashed[lane] = total;
}

fn loss_usd(amounts: &[AssetAmounts], operator: usize, draws: &Draws, lane: usize) -> f64 {
    amounts.iter().map(|asset| draws.prices[asset.asset][lane] * asset.tokens[operator]).sum()
}

/// Adds the scenario's losses to the tallies and forgets them; nobody loses more than its stake.
fn settle_lane(design: &DesignGraph, draws: &Draws, lane: usize, execution: &mut Execution, index: usize) {
    let tally = &mut execution.operators[index];
    for operator in execution.touched.drain(..) {
        let loss = std::mem::take(&mut execution.losses[operator]);
        if loss > 0.0 {
            let loss = loss.min(loss_usd(&design.stake, operator, draws, lane));
            let small: f64 = design.faults.iter().map(|l| loss_usd(&l.mean, operator, draws, lane)).sum();
            tally.loss[operator] += loss;
            tally.loss_squared[operator] += loss * (loss + 2.0 * small);
            tally.slashed[operator] += 1;
        }
    }
}

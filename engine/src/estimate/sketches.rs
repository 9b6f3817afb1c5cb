//! Quantile sketches of costs, profits and losses, block by block.

use super::tally::zip;
use crate::attack::{Costs, Execution, NO_TARGET, Outcomes, TargetOutcome};
use crate::graph::Graph;
use crate::kernels::{Column, LANES, columns};
use crate::sketch::Sketch;

/// Quantile sketches; merging is exact in any order, so each worker keeps its own.
#[derive(Debug, Clone, Default)]
pub struct Sketches {
    /// `[target]`
    pub targets: Vec<TargetSketches>,
    /// Stake lost by attack and accident. `[design]`
    pub losses: Vec<Sketch>,
    /// Stake slashed for attacks that pay, as far as slashes landed. `[design]`
    pub slashed: Vec<Sketch>,
    /// What lies between the best attack found and the bound, as a part of the bound, where that is above 0 and joint attacks
    /// are judged. `[design]`
    pub gaps: Vec<Sketch>,
    /// Certified `1 + γ*`, where that is asked. `[design]`
    pub slack: Vec<Sketch>,
}

/// Sketches of one target; out of reach counts as +∞.
#[derive(Debug, Clone, Default)]
pub struct TargetSketches {
    /// Cost by the cheapest route.
    pub cost: Sketch,
    /// Cost by each route. `[route]`
    pub route_cost: Vec<Sketch>,
    /// Stake forfeited by the cheapest route.
    pub forfeited: Sketch,
    /// Profit from corruption.
    pub profit: Sketch,
    /// How many times the cost covers the profit; +∞ where there is nothing to gain.
    pub cover: Sketch,
}

impl Sketches {
    /// Room for a graph.
    pub fn new(graph: &Graph, outcomes: &Outcomes) -> Self {
        let room = |target: &TargetOutcome| TargetSketches {
            route_cost: vec![Sketch::default(); target.routes.len()],
            ..TargetSketches::default()
        };
        Self {
            targets: outcomes.targets.iter().map(room).collect(),
            losses: vec![Sketch::default(); graph.designs.len()],
            slashed: vec![Sketch::default(); graph.designs.len()],
            gaps: vec![Sketch::default(); graph.designs.len()],
            slack: vec![Sketch::default(); graph.designs.len()],
        }
    }

    /// Counts one block.
    pub fn count(&mut self, n: usize, outcomes: &Outcomes, execution: &Execution) {
        for (sketches, target) in self.targets.iter_mut().zip(&outcomes.targets) {
            sketches.count(n, target);
        }
        for (sketch, design) in self.losses.iter_mut().zip(&execution.designs) {
            if design.is_nothing() {
                sketch.add_times(0.0, n as u64);
                continue;
            }
            (0..n).for_each(|lane| sketch.add(design.slashed[lane] + design.fault_slashed[lane]));
        }
        for (sketch, design) in self.slashed.iter_mut().zip(&execution.designs) {
            let n = if design.is_nothing() { 0 } else { n };
            let attacked = (0..n).filter(|lane| design.target[*lane] != NO_TARGET);
            attacked.for_each(|lane| sketch.add(design.slashed[lane]));
        }
        for (sketch, design) in self.slack.iter_mut().zip(&execution.designs) {
            design.slack.iter().take(n).for_each(|slack| sketch.add(*slack));
        }
        let joint = execution.designs.iter().map(|design| !design.targets.is_empty() && !design.is_nothing());
        for ((sketch, design), _) in
            self.gaps.iter_mut().zip(&execution.designs).zip(joint).filter(|(_, is)| *is)
        {
            let open = (0..n).filter(|lane| design.net_gain_upper[*lane] > 0.0);
            open.for_each(|lane| sketch.add(1.0 - design.net_gain[lane] / design.net_gain_upper[lane]));
        }
    }

    /// Takes in another worker's.
    pub fn merge(&mut self, other: &Self) {
        zip(&mut self.targets, &other.targets, |a, b| {
            a.cost.merge(&b.cost);
            zip(&mut a.route_cost, &b.route_cost, Sketch::merge);
            a.forfeited.merge(&b.forfeited);
            a.profit.merge(&b.profit);
            a.cover.merge(&b.cover);
        });
        zip(&mut self.losses, &other.losses, Sketch::merge);
        zip(&mut self.slashed, &other.slashed, Sketch::merge);
        zip(&mut self.gaps, &other.gaps, Sketch::merge);
        zip(&mut self.slack, &other.slack, Sketch::merge);
    }
}

impl TargetSketches {
    /// Sketch by sketch, so that one at a time is in the cache.
    fn count(&mut self, n: usize, target: &TargetOutcome) {
        let TargetOutcome { best, profit, routes, .. } = target;
        self.profit.add_column(&profit[..n]);
        for (sketch, route) in self.route_cost.iter_mut().zip(routes) {
            count_cost(sketch, &route.costs, n, |costs| &costs.cost);
        }
        count_cost(&mut self.cost, best, n, |costs| &costs.cost);
        count_cost(&mut self.forfeited, best, n, |costs| &costs.forfeited);
        match best.few() {
            Some(lanes) => {
                let cover = |lane: usize| cover(best.cost[lane] - best.returned[lane], profit[lane]);
                let counted = lanes.filter(|lane| *lane < n).map(|lane| self.cover.add(cover(lane))).count();
                self.cover.add_times(f64::INFINITY, (n - counted) as u64);
            }
            None => {
                let mut cover = [0.0; LANES];
                columns::cover(&best.cost, &best.returned, profit, &mut cover);
                self.cover.add_column(&cover[..n]);
            }
        }
    }
}

/// How many times the cost covers the profit, infinite where nothing is to be gained. Profits scale with today's, so
/// today's profit times this is the profit at which the attack would just pay.
fn cover(net_cost: f64, profit: f64) -> f64 {
    if profit > 0.0 { net_cost.max(0.0) / profit } else { f64::INFINITY }
}

fn count_cost(sketch: &mut Sketch, costs: &Costs, n: usize, column: impl Fn(&Costs) -> &Column) {
    match costs.few() {
        Some(lanes) => {
            let values = lanes.filter(|lane| *lane < n).map(|lane| column(costs)[lane]);
            let counted: usize = values.map(|value| sketch.add(value)).count();
            sketch.add_times(f64::INFINITY, (n - counted) as u64);
        }
        None => sketch.add_column(&column(costs)[..n]),
    }
}

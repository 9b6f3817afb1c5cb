//! What an epoch of a block comes to, whichever graph has judged each scenario.

use crate::attack::{Execution, LossLine, NO_TARGET, Outcomes};
use crate::graph::{Graph, Targets, targets_in};
use crate::kernels::{Column, LANES};

/// Outcomes that paths go on from.
#[derive(Debug, Clone)]
pub struct Judged {
    /// Cheapest attack of any kind on a service, ∞ out of reach. `[secured]`
    pub cost: Vec<Column>,
    /// Profit of the kind that brings in most. `[secured]`
    pub profit: Vec<Column>,
    /// Whether an attack on it pays, alone or with others. `[secured]`
    pub pays: Vec<[bool; LANES]>,
    /// Target of the best attack, the first of several: position in the design, or [`NO_TARGET`]. `[design]`
    pub target: Vec<[u16; LANES]>,
    /// All its targets where it has several, else 0. `[design]`
    pub targets: Vec<[Targets; LANES]>,
    /// What it nets. `[design]`
    pub gain: Vec<Column>,
    /// What would be lost, were all attacks carried out; and what accidents have cost.
    pub losses: Vec<LossLine>,
}

impl Judged {
    /// Room for a graph.
    pub fn new(graph: &Graph) -> Self {
        let (n_secured, n_designs) = (graph.secured.len(), graph.designs.len());
        Self {
            cost: vec![[f64::INFINITY; LANES]; n_secured],
            profit: vec![[0.0; LANES]; n_secured],
            pays: vec![[false; LANES]; n_secured],
            target: vec![[NO_TARGET; LANES]; n_designs],
            targets: vec![[0; LANES]; n_designs],
            gain: vec![[0.0; LANES]; n_designs],
            losses: Vec::new(),
        }
    }

    /// Forgets the last epoch.
    pub fn clear(&mut self) {
        self.losses.clear();
    }

    /// Takes these scenarios over.
    pub fn take(&mut self, graph: &Graph, outcomes: &Outcomes, execution: &Execution, lanes: &[usize]) {
        for (index, secured) in graph.secured.iter().enumerate() {
            let first = outcomes.first_target[index];
            let targets = &outcomes.targets[first..first + secured.targets.len()];
            for lane in lanes.iter().copied() {
                let cost = targets.iter().map(|target| target.best.cost[lane]);
                self.cost[index][lane] = cost.fold(f64::INFINITY, f64::min);
                let profit = targets.iter().map(|target| target.profit[lane]);
                self.profit[index][lane] = profit.fold(0.0, f64::max);
                self.pays[index][lane] = targets.iter().any(|target| target.pays(lane));
            }
        }
        for (index, design) in execution.designs.iter().enumerate() {
            for lane in lanes.iter().copied() {
                self.target[index][lane] = design.target[lane];
                self.targets[index][lane] = design.targets.get(lane).copied().unwrap_or(0);
                self.gain[index][lane] = design.net_gain[lane];
            }
        }
        if graph.joint {
            self.count_joint(graph, lanes);
        }
        self.take_losses(execution, lanes);
    }

    /// A service attacked with others is attacked.
    fn count_joint(&mut self, graph: &Graph, lanes: &[usize]) {
        for (index, design) in graph.designs.iter().enumerate() {
            let mut position = 0;
            for secured in &design.secured {
                let n = graph.secured[*secured].targets.len();
                let own: Targets = (position..position + n).fold(0, |set, target| set | 1 << target);
                position += n;
                for lane in lanes.iter().copied() {
                    self.pays[*secured][lane] |= self.targets[index][lane] & own != 0;
                }
            }
        }
    }

    /// Positions of the targets of a design's best attack.
    pub fn hits(&self, design: usize, lane: usize) -> impl Iterator<Item = usize> + use<> {
        let (first, all) = (self.target[design][lane], self.targets[design][lane]);
        let alone = (all == 0 && first != NO_TARGET).then(|| usize::from(first));
        alone.into_iter().chain(targets_in(all))
    }

    fn take_losses(&mut self, execution: &Execution, lanes: &[usize]) {
        if lanes.len() == LANES {
            self.losses.extend_from_slice(&execution.losses);
            return;
        }
        let mut mine = [false; LANES];
        lanes.iter().for_each(|lane| mine[*lane] = true);
        self.losses.extend(execution.losses.iter().filter(|line| mine[usize::from(line.lane)]));
    }
}

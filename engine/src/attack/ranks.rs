//! Who may join, in the order of each target (ranks of a fixed order, else slots of the members): operators' masks
//! permuted and turned to sets.
//!
//! Walking a coalition is then a walk over the bits of a few words, and whoever can not join costs nothing.

use super::{NOBODY, Recruits};
use crate::graph::{Graph, Order, Power};
use crate::kernels::{LANES, Mask, bits};
use crate::sampling::{Crowd, Draws};

/// Sets over ranks for every distinct fixed order of a graph.
#[derive(Debug, Default)]
pub(super) struct RankSets {
    orders: Vec<RankOrder>,
    /// Position in `orders`. `[target]`
    order_of: Vec<usize>,
    rows: Vec<Mask>,
}

#[derive(Debug, Default)]
struct RankOrder {
    operators: Vec<u32>,
    /// Power, where the order is fixed. `[rank]`
    units: Vec<u64>,
    /// Power of everybody who can join. `[lane]`
    available: Vec<u64>,
    words: usize,
    colluders: Vec<u64>,
    bribable: Vec<u64>,
    compromised: Option<Vec<u64>>,
}

impl RankSets {
    /// Room for the orders of a graph; targets that share an order share the sets.
    pub(super) fn new(graph: &Graph) -> Self {
        let mut sets = Self::default();
        for secured in &graph.secured {
            let members = match &secured.power {
                Power::Stake(power) => power.members.as_slice(),
                Power::Hash => &[],
            };
            for target in &secured.targets {
                let position = match &target.order {
                    Order::Fixed(order) => sets.position_of(&order.operators, &order.units),
                    Order::Moves(_) => sets.position_of(members, &[]),
                };
                sets.order_of.push(position);
            }
        }
        sets
    }

    fn position_of(&mut self, operators: &[u32], units: &[u64]) -> usize {
        let same = |order: &RankOrder| order.operators == operators && order.units == units;
        self.orders.iter().position(same).unwrap_or_else(|| {
            let words = operators.len().div_ceil(64);
            self.orders.push(RankOrder {
                operators: operators.to_vec(),
                units: units.to_vec(),
                available: vec![0; LANES],
                words,
                colluders: vec![0; words * LANES],
                bribable: vec![0; words * LANES],
                compromised: None,
            });
            self.orders.len() - 1
        })
    }

    /// Turns a block's draws to ranks.
    pub(super) fn fill(&mut self, draws: &Draws) {
        let Self { orders, rows, .. } = self;
        for order in orders {
            turn(&draws.colluders, &order.operators, rows, &mut order.colluders);
            turn(&draws.bribable, &order.operators, rows, &mut order.bribable);
            if let Some(crowd) = &draws.compromised {
                let sets = order.compromised.get_or_insert_with(|| vec![0; order.words * LANES]);
                turn(crowd, &order.operators, rows, sets);
            }
            order.count_available(draws.n);
        }
    }

    /// Power of everybody who can join target `index` in this lane, where its order is fixed.
    #[inline]
    pub(super) fn available(&self, index: usize, lane: usize) -> u64 {
        self.orders[self.order_of[index]].available[lane]
    }

    /// Who may join target `index` in this lane.
    #[inline]
    pub(super) fn recruits(&self, index: usize, lane: usize, bribes: bool, premium: f64) -> Recruits<'_> {
        let order = &self.orders[self.order_of[index]];
        let range = lane * order.words..(lane + 1) * order.words;
        Recruits {
            colluders: &order.colluders[range.clone()],
            bribable: if bribes { &order.bribable[range.clone()] } else { NOBODY },
            compromised: order.compromised.as_ref().map_or(NOBODY, |sets| &sets[range]),
            premium,
        }
    }
}

impl RankOrder {
    fn count_available(&mut self, n: usize) {
        if self.units.is_empty() {
            return;
        }
        for lane in 0..n {
            let range = lane * self.words..(lane + 1) * self.words;
            let power = |set: &[u64]| bits::ones(set).map(|rank| self.units[rank]).sum::<u64>();
            self.available[lane] = power(&self.colluders[range.clone()]) + power(&self.bribable[range]);
        }
    }
}

fn turn(crowd: &Crowd, operators: &[u32], rows: &mut Vec<Mask>, sets: &mut [u64]) {
    rows.clear();
    rows.extend(operators.iter().map(|operator| crowd.rows[*operator as usize]));
    bits::rows_to_sets(rows, sets);
}

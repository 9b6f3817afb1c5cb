//! Who may join, in the order of each target (ranks of a fixed order, else slots of the members): operators' masks
//! permuted and turned to sets.
//!
//! Walking a coalition is then a walk over the bits of a few words, and whoever can not join costs nothing.

use super::{NOBODY, Recruits};
use crate::graph::{Graph, Order, Power, StakePower};
use crate::kernels::subset::SubsetSums;
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
    /// Parts of the power; none where its units are beyond 64 bits.
    parts: Vec<RankedPart>,
    words: usize,
    colluders: Vec<u64>,
    bribable: Vec<u64>,
    compromised: Option<Vec<u64>>,
}

/// A part of the power, in the order of ranks.
#[derive(Debug)]
struct RankedPart {
    /// `[rank]`
    units: Vec<u64>,
    sums: SubsetSums,
    /// Of everybody who can join. `[lane]`
    available: [u64; LANES],
    /// Of colluders. `[lane]`
    colluding: [u64; LANES],
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
                let position = match (&target.order, &secured.power) {
                    (Order::Fixed(order), _) => {
                        sets.position_of(&order.operators, std::slice::from_ref(&order.units))
                    }
                    (Order::Moves(_), Power::Stake(power)) => sets.position_of(members, &units(power)),
                    (Order::Moves(_), Power::Hash) => sets.position_of(members, &[]),
                };
                sets.order_of.push(position);
            }
        }
        sets
    }

    fn position_of(&mut self, operators: &[u32], units: &[Vec<u64>]) -> usize {
        let same = |order: &RankOrder| {
            order.operators == operators && order.parts.iter().map(|part| &part.units).eq(units)
        };
        self.orders.iter().position(same).unwrap_or_else(|| {
            let words = operators.len().div_ceil(64);
            let part = |units: &Vec<u64>| RankedPart {
                sums: SubsetSums::new(units),
                units: units.clone(),
                available: [0; LANES],
                colluding: [0; LANES],
            };
            self.orders.push(RankOrder {
                operators: operators.to_vec(),
                parts: units.iter().map(part).collect(),
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
            order.count_power(draws.n);
        }
    }

    /// Power of everybody who can join target `index` in this lane, part by part; nothing where it is not counted.
    #[inline]
    pub(super) fn available(&self, index: usize, lane: usize) -> impl ExactSizeIterator<Item = u64> + '_ {
        self.orders[self.order_of[index]].parts.iter().map(move |part| part.available[lane])
    }

    /// The same of colluders alone.
    #[inline]
    pub(super) fn colluding(&self, index: usize, lane: usize) -> impl ExactSizeIterator<Item = u64> + '_ {
        let parts = self.order_of.get(index).map_or(&[][..], |order| &self.orders[*order].parts);
        parts.iter().map(move |part| part.colluding[lane])
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
    fn count_power(&mut self, n: usize) {
        let Self { parts, words, colluders, bribable, .. } = self;
        for RankedPart { units, sums, available, colluding } in parts {
            for lane in 0..n {
                let range = lane * *words..(lane + 1) * *words;
                let (colluders, bribable) = (&colluders[range.clone()], &bribable[range]);
                // Colluders are few, those who can be bribed are many.
                colluding[lane] = bits::ones(colluders).map(|rank| units[rank]).sum();
                available[lane] = colluding[lane] + sums.sum(bribable.iter().copied());
            }
        }
    }
}

/// Units of each part by slot; none where they are beyond 64 bits.
fn units(power: &StakePower) -> Vec<Vec<u64>> {
    let [part] = power.parts.as_slice() else { return power.fixed.clone() };
    let units = power.members.iter().map(|operator| u64::try_from(part.units[*operator as usize]));
    let fits = u64::try_from(part.total()).is_ok();
    units.collect::<Result<_, _>>().ok().filter(|_| fits).into_iter().collect()
}

fn turn(crowd: &Crowd, operators: &[u32], rows: &mut Vec<Mask>, sets: &mut [u64]) {
    rows.clear();
    rows.extend(operators.iter().map(|operator| crowd.rows[*operator as usize]));
    bits::rows_to_sets(rows, sets);
}

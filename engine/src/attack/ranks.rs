//! Who may join, in the order of each target (ranks of a fixed order, else slots of the members): operators' masks
//! permuted and turned to sets.
//!
//! Walking a coalition is then a walk over the bits of a few words, and whoever can not join costs nothing. Where nobody
//! is bribed, sets are made for the scenarios alone in which colluders may be enough.

use super::{NOBODY, Recruits};
use crate::graph::{Graph, Order, Power, SlotLosses, StakePower};
use crate::kernels::level::Level;
use crate::kernels::weigh::Weights;
use crate::kernels::{LANES, Mask, bits};
use crate::sampling::{Crowd, Draws};
use crate::study::Route;

/// Sets over ranks for every distinct fixed order of a graph.
#[derive(Debug, Default)]
pub(super) struct RankSets {
    orders: Vec<RankOrder>,
    /// Position in `orders`. `[target]`
    order_of: Vec<usize>,
    /// The same of the second line of a mix; that of the first elsewhere. `[target]`
    turned_of: Vec<usize>,
    rows: Vec<Mask>,
    /// Whether coalitions bribe.
    bribes: bool,
}

#[derive(Debug, Default)]
struct RankOrder {
    operators: Vec<u32>,
    /// Parts of the power; none where its units are beyond 64 bits.
    parts: Vec<RankedPart>,
    words: usize,
    /// Power below which colluders reach no target of the order.
    least_power: u64,
    colluders: Vec<u64>,
    bribable: Vec<u64>,
    compromised: Option<Vec<u64>>,
}

/// A part of the power, in the order of ranks.
#[derive(Debug)]
struct RankedPart {
    /// `[rank]`
    units: Weights,
    /// Of everybody who can join. `[lane]`
    available: [u64; LANES],
    /// Of colluders. `[lane]`
    colluding: [u64; LANES],
    /// Of those who can be bribed. `[lane]`
    bribable: [u64; LANES],
}

impl RankSets {
    /// Room for the orders of a graph; targets that share an order share the sets. `images` have no targets of their own.
    pub(super) fn new(graph: &Graph, images: &[Option<usize>]) -> Self {
        let mut sets = Self { bribes: graph.routes.contains(&Route::Bribe), ..Self::default() };
        for (secured, _) in graph.secured.iter().zip(images).filter(|(_, image)| image.is_none()) {
            let members = match &secured.power {
                Power::Stake(power) => power.members.as_slice(),
                Power::Hash => &[],
            };
            for target in &secured.targets {
                let mut turned = None;
                let (position, least_power) = match (&target.order, &secured.power) {
                    (Order::Fixed(order), _) => {
                        (sets.position_of(&order.operators, &[order.units().collect()]), order.least_power)
                    }
                    (Order::Moves(SlotLosses { mix: Some(mix), .. }), _) => {
                        let [first, second] = &mix.lines;
                        turned = Some(sets.position_of(&second.operators, &[]));
                        (
                            sets.position_of(
                                &first.operators,
                                &[0, 1].map(|part| {
                                    first.mixed.each.iter().map(|mixed| mixed.units[part]).collect()
                                }),
                            ),
                            0,
                        )
                    }
                    (Order::Moves(_), Power::Stake(power)) => (sets.position_of(members, &units(power)), 0),
                    (Order::Moves(_), Power::Hash) => (sets.position_of(members, &[]), 0),
                };
                let order = &mut sets.orders[position];
                order.least_power = order.least_power.min(least_power);
                sets.order_of.push(position);
                sets.turned_of.push(turned.unwrap_or(position));
            }
        }
        sets
    }

    fn position_of(&mut self, operators: &[u32], units: &[Vec<u64>]) -> usize {
        let same = |order: &RankOrder| {
            order.operators == operators
                && order.parts.iter().map(|part| part.units.each()).eq(units.iter().map(Vec::as_slice))
        };
        self.orders.iter().position(same).unwrap_or_else(|| {
            let words = operators.len().div_ceil(64);
            let part = |units: &Vec<u64>| RankedPart {
                units: Weights::new(units),
                available: [0; LANES],
                colluding: [0; LANES],
                bribable: [0; LANES],
            };
            self.orders.push(RankOrder {
                operators: operators.to_vec(),
                parts: units.iter().map(part).collect(),
                words,
                least_power: u64::MAX,
                colluders: vec![0; words * LANES],
                bribable: vec![0; words * LANES],
                compromised: None,
            });
            self.orders.len() - 1
        })
    }

    /// Turns a block's draws to ranks, for the scenarios that are judged.
    pub(super) fn fill(&mut self, draws: &Draws, judged: &Mask) {
        let Self { orders, rows, .. } = self;
        for order in orders {
            order.count_colluders(draws);
            if !self.bribes && !order.parts.is_empty() {
                order.gather(draws, judged);
                continue;
            }
            turn(&draws.colluders, &order.operators, rows, &mut order.colluders);
            turn(&draws.bribable, &order.operators, rows, &mut order.bribable);
            if let Some(crowd) = &draws.compromised {
                let sets = order.compromised.get_or_insert_with(|| vec![0; order.words * LANES]);
                turn(crowd, &order.operators, rows, sets);
            }
            order.count_available(draws);
        }
    }

    /// Power of everybody who can join target `index` in this lane, part by part; nothing where it is not counted.
    #[inline]
    pub(super) fn available(&self, index: usize, lane: usize) -> impl ExactSizeIterator<Item = u64> + '_ {
        self.orders[self.order_of[index]].parts.iter().map(move |part| part.available[lane])
    }

    /// Power of those who can be bribed at target `index` in this lane, part by part; nothing where it is not counted. Counted
    /// by [`Self::count_bribable`] where nobody is bribed.
    pub(super) fn bribable(&self, index: usize, lane: usize) -> impl ExactSizeIterator<Item = u64> + '_ {
        let parts = self.order_of.get(index).map_or(&[][..], |order| &self.orders[*order].parts);
        parts.iter().map(move |part| part.bribable[lane])
    }

    /// Counts the power of those who could be bribed, where no attack needs it.
    pub(super) fn count_bribable(&mut self, draws: &Draws) {
        if !self.bribes {
            for RankOrder { operators, parts, .. } in &mut self.orders {
                for RankedPart { units, bribable, .. } in parts {
                    units.of_few(Level::current(), &draws.bribable.rows, operators, bribable);
                }
            }
        }
    }

    /// Power of the colluders by lane, where all of it lies in one part that is counted.
    pub(super) fn colluding_column(&self, index: usize) -> Option<&[u64; LANES]> {
        match self.orders.get(*self.order_of.get(index)?)?.parts.as_slice() {
            [part] => Some(&part.colluding),
            _ => None,
        }
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
        self.recruits_of(self.order_of[index], lane, bribes, premium)
    }

    /// The same over the ranks of the mix's second line.
    pub(super) fn turned(&self, index: usize, lane: usize, bribes: bool, premium: f64) -> Recruits<'_> {
        self.recruits_of(self.turned_of[index], lane, bribes, premium)
    }

    #[inline]
    fn recruits_of(&self, order: usize, lane: usize, bribes: bool, premium: f64) -> Recruits<'_> {
        let order = &self.orders[order];
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
    fn count_colluders(&mut self, draws: &Draws) {
        for RankedPart { units, colluding, .. } in &mut self.parts {
            units.of_few(Level::current(), &draws.colluders.rows, &self.operators, colluding);
        }
    }

    fn count_available(&mut self, draws: &Draws) {
        let Self { operators, parts, bribable: sets, .. } = self;
        for RankedPart { units, available, colluding, bribable } in parts {
            units.of_many(Level::current(), &draws.bribable.rows, operators, sets, bribable);
            let both = bribable.iter().zip(colluding);
            available.iter_mut().zip(both).for_each(|(available, (bribable, colluding))| {
                *available = *bribable + *colluding;
            });
        }
    }

    /// Sets of the scenarios in which colluders may be enough; nobody is bribed.
    fn gather(&mut self, draws: &Draws, judged: &Mask) {
        let Self { operators, parts, words, colluders, least_power, .. } = self;
        for part in parts.iter_mut() {
            part.available = part.colluding;
        }
        let enough = match parts.as_slice() {
            [part] => bits::both(judged, &bits::lanes_where(|lane| part.colluding[lane] >= *least_power)),
            _ => *judged,
        };
        let mut stolen = draws
            .compromised
            .as_ref()
            .map(|crowd| (crowd, self.compromised.get_or_insert_with(|| vec![0; *words * LANES])));
        for lane in bits::ones(&enough) {
            let range = lane * *words..(lane + 1) * *words;
            gather(&draws.colluders, operators, lane, &mut colluders[range.clone()]);
            if let Some((crowd, sets)) = &mut stolen {
                gather(crowd, operators, lane, &mut sets[range]);
            }
        }
    }
}

/// The set of one lane, over ranks.
fn gather(crowd: &Crowd, operators: &[u32], lane: usize, set: &mut [u64]) {
    for (word, operators) in set.iter_mut().zip(operators.chunks(64)) {
        let bit = |(rank, operator): (usize, &u32)| {
            (crowd.rows[*operator as usize][lane / 64] >> (lane % 64) & 1) << rank
        };
        *word = operators.iter().enumerate().map(bit).fold(0, |set, bit| set | bit);
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

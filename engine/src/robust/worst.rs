//! The worst that can happen: over every shock up to a size and every cascade of attacks that pay after it.
//!
//! Durvasula and Roughgarden (2024): R_ψ is ψ plus the most that leaves in a cascade after a shock of at most ψ, as a part of all
//! stake. An attack (A, B) is valid if B holds at least the threshold of every
//! service of A (ties count) and gains more than it pays (ties do not); its coalition leaves whole. Here A holds at most one kind
//! of attack a service, B those with power over some target of A, and each pays the stake that it forfeits.

use super::number::compare_ratios;
use super::small::Small;
use crate::graph::{Targets, targets_in};
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// Most that leaves and most that is forfeited in a cascade, each by its own worst case, without the shock; units.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Worst {
    /// Stake of the coalitions that have left.
    pub left: i128,
    /// Stake that they forfeited.
    pub lost: i128,
    /// The shock by which most leaves: operators as bits.
    pub shock: u32,
}

/// Searches one graph; what is known of a state is kept.
#[derive(Debug)]
pub struct Cascades<'a> {
    small: &'a Small,
    /// Most that leaves and most that is lost from here on, by who has left and what has been attacked.
    known: BTreeMap<(u32, Targets), (i128, i128)>,
}

/// Coalitions for one set of targets among those who are left: the operators it takes, what each mask of them pays.
pub(super) struct Coalitions {
    who: Vec<usize>,
    pub(super) paid: Vec<i128>,
    pub(super) stake: Vec<i128>,
    /// Masks that reach every target.
    pub(super) reaches: Vec<bool>,
}

impl<'a> Cascades<'a> {
    /// Nothing is known yet.
    pub fn new(small: &'a Small) -> Self {
        Self { small, known: BTreeMap::new() }
    }

    /// The worst over shocks of at most `num/den` of all stake.
    pub fn worst(&mut self, (num, den): (u64, u64)) -> Worst {
        let small = self.small;
        let total: i128 = small.stakes.iter().sum();
        let mut worst = Worst::default();
        for shock in 0u32..1 << small.n() {
            let size: i128 = members(shock).map(|o| small.stakes[o]).sum();
            if compare_ratios((size, total.max(1)), (i128::from(num), i128::from(den))) == Ordering::Greater {
                continue;
            }
            let (left, lost) = self.follow(shock, 0);
            worst.lost = worst.lost.max(lost);
            if left > worst.left {
                (worst.left, worst.shock) = (left, shock);
            }
        }
        worst
    }

    /// The least of what attacking coalitions pay over what they gain, with everybody in place: `1 + γ`; `None` if nothing is
    /// to be gained.
    pub fn least_cover(&self) -> Option<(i128, i128)> {
        let small = self.small;
        let mut least: Option<(i128, i128)> = None;
        for set in small.sets.iter().filter(|set| small.profit(**set, 0) > 0) {
            let (coalitions, profit) = (Coalitions::new(small, *set, (0, 0)), small.profit(*set, 0));
            let paid = (0..coalitions.paid.len()).filter(|mask| coalitions.reaches[*mask]);
            let Some(paid) = paid.map(|mask| coalitions.paid[mask]).min() else { continue };
            if least.is_none_or(|least| compare_ratios((paid, profit), least) == Ordering::Less) {
                least = Some((paid, profit));
            }
        }
        least
    }

    /// Most that leaves and most that is forfeited by attacks from a state on.
    fn follow(&mut self, gone: u32, done: Targets) -> (i128, i128) {
        if let Some(known) = self.known.get(&(gone, done)) {
            return *known;
        }
        let small = self.small;
        let fallen = targets_in(done).fold(0u128, |set, target| set | 1 << small.targets[target].1);
        let open = |set: &&Targets| {
            **set != 0 && targets_in(**set).all(|target| fallen >> small.targets[target].1 & 1 == 0)
        };
        let (mut most_left, mut most_lost) = (0, 0);
        for set in small.sets.iter().filter(open) {
            let profit = small.profit(*set, done);
            if profit <= 0 {
                continue;
            }
            let coalitions = Coalitions::new(small, *set, (gone, done));
            for mask in 0..coalitions.paid.len() {
                let paid = coalitions.paid[mask];
                if !coalitions.reaches[mask] || paid >= profit {
                    continue;
                }
                let who = coalitions.who.iter().enumerate().filter(|(bit, _)| mask >> bit & 1 == 1);
                let leave = who.fold(0, |set: u32, (_, o)| set | 1 << o);
                let (left, lost) = self.follow(gone | leave, done | set);
                most_left = most_left.max(left + coalitions.stake[mask]);
                most_lost = most_lost.max(lost + paid);
            }
        }
        self.known.insert((gone, done), (most_left, most_lost));
        (most_left, most_lost)
    }
}

impl Coalitions {
    pub(super) fn new(small: &Small, set: Targets, (gone, done): (u32, Targets)) -> Self {
        let stays = |o: &usize| gone >> o & 1 == 0;
        let serves = |o: &usize| targets_in(set).any(|target| small.power[small.targets[target].1][*o] > 0);
        let who: Vec<usize> = (0..small.n()).filter(stays).filter(serves).collect();
        let losses = small.losses(set, done);
        let masks = 1usize << who.len();
        let (mut paid, mut stake) = (vec![0; masks], vec![0; masks]);
        let mut reaches = vec![true; masks];
        for mask in 1..masks {
            let (rest, first) = (mask & (mask - 1), who[mask.trailing_zeros() as usize]);
            paid[mask] = paid[rest] + losses[first];
            stake[mask] = stake[rest] + small.stakes[first];
        }
        let mut held = vec![0u128; masks];
        for (threshold, service) in targets_in(set).map(|target| small.targets[target]) {
            let power = &small.power[service];
            let total: u128 = (0..small.n()).filter(stays).map(|o| power[o]).sum();
            // Over what nobody holds power nobody needs any.
            let need = if total == 0 { 0 } else { threshold.least_power(total) };
            for mask in 0..masks {
                if mask > 0 {
                    let (rest, first) = (mask & (mask - 1), who[mask.trailing_zeros() as usize]);
                    held[mask] = held[rest] + power[first];
                }
                reaches[mask] &= held[mask] >= need;
            }
        }
        Self { who, paid, stake, reaches }
    }
}

/// Operators of a mask.
pub fn members(mask: u32) -> impl Iterator<Item = usize> {
    (0..32).filter(move |bit| mask >> bit & 1 == 1)
}

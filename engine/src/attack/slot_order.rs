//! The order of private loss per power where it moves with prices, kept from scenario to scenario.
//!
//! Scenarios of a block are visited by the ratio of two prices, so that hardly anything changes from one to the next:
//! the order of an earlier scenario is a guess that an insertion sort puts right in linear time, and only for those who
//! are asked for. The order is unique, whatever the visits: equal ratios go by slot.

use crate::kernels::{bits, keys as ranking};

/// Slots in rising order of their ratio.
#[derive(Debug, Clone, Default)]
pub struct SlotOrder {
    /// Slots in the order of an earlier scenario.
    guess: Vec<u32>,
    /// Whether the guess was far off when it was used last.
    stale: bool,
    /// Ratio bits with the slot in the place of the last bits: ratios are not negative, so bits sort as they do, and
    /// the larger member comes first where they tie. `[slot]`
    keys: Vec<u64>,
    /// Low bits of a key that hold the slot.
    mask: u64,
    /// Keys of the slots picked last, in order; what follows them is left over.
    picked: Vec<u64>,
    n_picked: usize,
    flags: Vec<u8>,
    /// Keys, the top bit of those in the set to be picked is 1. `[slot]`
    marked: Vec<u64>,
}

impl SlotOrder {
    /// Forgets the order.
    pub fn clear(&mut self) {
        self.guess.clear();
    }

    /// Takes the slots' new ratios.
    pub fn update(&mut self, ratios: &[f64]) {
        self.mask = (ratios.len() as u64).next_power_of_two() - 1;
        self.keys.resize(ratios.len(), 0);
        ranking::make(ratios, self.mask, &mut self.keys);
        if self.stale || self.guess.len() != ratios.len() {
            self.guess.clear();
            self.guess.extend((0u32..).take(ratios.len()));
            self.guess.sort_unstable_by_key(|slot| self.keys[*slot as usize]);
            self.stale = false;
        }
    }

    /// Puts the slots of a set in order, for [`Self::picked`]. Membership is a coin toss, so it steers no branch.
    pub fn pick(&mut self, set: &[u64]) {
        let Self { guess, keys, marked, picked, flags, .. } = self;
        self.n_picked = 0;
        if set.is_empty() {
            return;
        }
        bits::unpack(set, flags);
        marked.resize(keys.len(), 0);
        ranking::mark(keys, flags, marked);
        picked.resize(keys.len(), 0);
        let mut n = 0;
        for slot in guess.iter() {
            let key = marked[*slot as usize];
            picked[n] = key;
            n += (key >> 63) as usize;
        }
        self.n_picked = n;
        self.stale = sort_nearly_sorted(&mut picked[..n]) > n;
    }

    /// What a slot is sorted by.
    pub fn key(&self, slot: usize) -> u64 {
        self.keys[slot]
    }

    /// The slots picked last, in order.
    pub fn picked(&self) -> impl Iterator<Item = u32> + '_ {
        #[expect(clippy::cast_possible_truncation, reason = "operators are counted in 32 bits")]
        self.picked[..self.n_picked].iter().map(|key| (key & self.mask) as u32)
    }
}

/// Sorts by insertion; returns by how many places keys moved in all.
fn sort_nearly_sorted(keys: &mut [u64]) -> usize {
    let mut moves = 0;
    for index in 1..keys.len() {
        let key = keys[index];
        if keys[index - 1] <= key {
            continue;
        }
        let mut place = index;
        while place > 0 && keys[place - 1] > key {
            keys[place] = keys[place - 1];
            place -= 1;
        }
        keys[place] = key;
        moves += index - place;
    }
    moves
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scramble(i: u64) -> f64 {
        let bits = (i + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40;
        crate::moments::count(bits % 50) / 7.0
    }

    #[test]
    fn slots_are_picked_in_the_order_of_their_ratios_whatever_the_guess() {
        let mut kept = SlotOrder::default();
        for round in 0..40u64 {
            let ratios: Vec<f64> = (0..133).map(|slot| scramble(slot * 41 + round / 3)).collect();
            kept.update(&ratios);
            let set = [0xF0F0_1234_5678_9ABC, u64::MAX, round];
            kept.pick(&set);
            let mut expected: Vec<u32> =
                (0..133).filter(|slot| bits::contains(&set, *slot as usize)).collect();
            expected.sort_by(|a, b| ratios[*a as usize].total_cmp(&ratios[*b as usize]).then(a.cmp(b)));
            assert!(kept.picked().eq(expected.iter().copied()));
            kept.pick(&[]);
            assert_eq!(kept.picked().count(), 0);
        }
    }
}

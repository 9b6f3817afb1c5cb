//! The order of private loss per power where it moves with prices, kept sorted from scenario to scenario.
//!
//! Scenarios of a block are visited by the ratio of two prices, so that hardly anything changes from one to the next
//! and an insertion sort runs in linear time. The order is unique, whatever the visits: equal ratios go by slot.

use crate::kernels::bits;

/// Slots in rising order of their ratio.
#[derive(Debug, Clone, Default)]
pub struct SlotOrder {
    /// Ratio bits with the slot in the place of the last bits: ratios are not negative, so bits sort as they do, and
    /// the larger member comes first where they tie.
    keys: Vec<u64>,
    /// Low bits of a key that hold the slot.
    mask: u64,
    fresh: Vec<u64>,
}

impl SlotOrder {
    /// Forgets the order.
    pub fn clear(&mut self) {
        self.keys.clear();
    }

    /// Sorts the slots by new ratios.
    pub fn update(&mut self, ratios: &[f64]) {
        self.mask = (ratios.len() as u64).next_power_of_two() - 1;
        let mask = self.mask;
        self.fresh.clear();
        self.fresh.extend((0u64..).zip(ratios).map(|(slot, ratio)| (ratio.to_bits() & !mask) | slot));
        if self.keys.len() != ratios.len() {
            self.keys.clone_from(&self.fresh);
            self.keys.sort_unstable();
            return;
        }
        for index in 0..self.keys.len() {
            let key = self.fresh[self.slot(self.keys[index])];
            let mut place = index;
            while place > 0 && self.keys[place - 1] > key {
                self.keys[place] = self.keys[place - 1];
                place -= 1;
            }
            self.keys[place] = key;
        }
    }

    #[inline]
    fn slot(&self, key: u64) -> usize {
        usize::try_from(key & self.mask).unwrap_or(0)
    }

    /// All slots in order.
    #[cfg(test)]
    fn slots(&self) -> impl Iterator<Item = usize> + '_ {
        self.keys.iter().map(|key| self.slot(*key))
    }

    /// The slots of a set, in order. Membership is a coin toss, so it steers no branch.
    pub fn pick(&self, set: &[u64], picked: &mut Vec<u32>) {
        picked.clear();
        if set.is_empty() {
            return;
        }
        picked.resize(self.keys.len(), 0);
        let mut n = 0;
        for key in &self.keys {
            let slot = self.slot(*key);
            #[expect(clippy::cast_possible_truncation, reason = "operators are counted in 32 bits")]
            {
                picked[n] = slot as u32;
            }
            n += usize::from(bits::contains(set, slot));
        }
        picked.truncate(n);
    }

    /// Puts some slots in order.
    pub fn sort_positions(&self, slots: impl Iterator<Item = usize>, sorted: &mut Vec<usize>) {
        sorted.clear();
        sorted.extend(slots);
        sorted.sort_unstable_by_key(|slot| self.fresh[*slot]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scramble(i: u64) -> f64 {
        let bits = (i + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40;
        crate::moments::count(bits % 50) / 7.0
    }

    #[test]
    fn an_updated_order_is_the_order_sorted_anew() {
        let mut kept = SlotOrder::default();
        for round in 0..40u64 {
            let ratios: Vec<f64> = (0..133).map(|slot| scramble(slot * 41 + round / 3)).collect();
            kept.update(&ratios);
            let mut anew = SlotOrder::default();
            anew.update(&ratios);
            let slots: Vec<usize> = kept.slots().collect();
            assert_eq!(slots, anew.slots().collect::<Vec<_>>());
            let (set, mut picked) = ([0xF0F0_1234_5678_9ABC, u64::MAX, round], Vec::new());
            kept.pick(&set, &mut picked);
            let expected = slots.iter().filter(|slot| bits::contains(&set, **slot));
            assert!(picked.iter().map(|slot| *slot as usize).eq(expected.copied()));
            assert!(
                slots
                    .windows(2)
                    .all(|w| (ratios[w[0]], w[0]) < (ratios[w[1]], w[1]) || ratios[w[0]] < ratios[w[1]])
            );
        }
    }
}

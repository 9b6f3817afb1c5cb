//! What the rows that are set weigh in each scenario: sums of integers over masks.

#[cfg(target_arch = "x86_64")]
use super::avx512;
use super::level::Level;
use super::subset::SubsetSums;
use super::{LANES, Mask, bits};

/// Weights of rows; their sum must fit.
#[derive(Debug, Clone, Default)]
pub struct Weights {
    wide: Vec<u64>,
    /// The same in 32 bits, where their sum fits.
    #[cfg_attr(
        not(target_arch = "x86_64"),
        expect(dead_code, reason = "no other processor has a use for it")
    )]
    narrow: Option<Vec<u32>>,
    tables: SubsetSums,
}

impl Weights {
    /// Weights in the order in which rows will be picked.
    pub fn new(weights: &[u64]) -> Self {
        let fits = u32::try_from(weights.iter().sum::<u64>()).is_ok();
        let narrow = weights.iter().filter_map(|weight| u32::try_from(*weight).ok()).collect();
        Self { wide: weights.to_vec(), narrow: fits.then_some(narrow), tables: SubsetSums::new(weights) }
    }

    /// Weights one by one.
    pub fn each(&self) -> &[u64] {
        &self.wide
    }

    /// `out[l] = Σ weight[i]` over the rows `rows[order[i]]` that are set in lane `l`; fast where few are.
    pub fn of_few(&self, level: Level, rows: &[Mask], order: &[u32], out: &mut [u64; LANES]) {
        if !self.dense(level, rows, order, out) {
            out.fill(0);
            for (weight, row) in self.wide.iter().zip(order) {
                bits::ones(&rows[*row as usize]).for_each(|lane| out[lane] += weight);
            }
        }
    }

    /// The same; fast where many are. `sets` holds the rows picked, turned by [`bits::rows_to_sets`].
    pub fn of_many(&self, level: Level, rows: &[Mask], order: &[u32], sets: &[u64], out: &mut [u64; LANES]) {
        if !self.dense(level, rows, order, out) {
            let words = order.len().div_ceil(64);
            for (lane, out) in out.iter_mut().enumerate() {
                *out = self.tables.sum(sets[lane * words..(lane + 1) * words].iter().copied());
            }
        }
    }

    #[cfg(target_arch = "x86_64")]
    fn dense(&self, level: Level, rows: &[Mask], order: &[u32], out: &mut [u64; LANES]) -> bool {
        match &self.narrow {
            Some(narrow) => avx512::weigh_narrow(level, rows, order, narrow, out),
            None => avx512::weigh_wide(level, rows, order, &self.wide, out),
        }
    }

    #[cfg(not(target_arch = "x86_64"))]
    fn dense(&self, _: Level, _: &[Mask], _: &[u32], _: &mut [u64; LANES]) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_of_rows_are_the_plain_sums_at_every_level_and_length() {
        let scramble = |i: u64| {
            (i + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(17).wrapping_mul(0xBF58_476D_1CE4_E5B9)
        };
        for n in (0..140u32).chain([600]) {
            let rows: Vec<Mask> =
                (0..u64::from(n)).map(|r| [0, 1, 2, 3].map(|word| scramble(4 * r + word))).collect();
            let order: Vec<u32> = (0..n).rev().collect();
            // In 32 bits and beyond.
            for shift in [45, 12] {
                let weights: Vec<u64> = (0..u64::from(n)).map(|i| scramble(i + 99) >> shift).collect();
                let picked: Vec<Mask> = order.iter().map(|row| rows[*row as usize]).collect();
                let mut sets = vec![0; LANES * order.len().div_ceil(64)];
                bits::rows_to_sets(&picked, &mut sets);
                let expected: [u64; LANES] = std::array::from_fn(|lane| {
                    let set = picked.iter().zip(&weights).filter(|(row, _)| bits::contains(*row, lane));
                    set.map(|(_, weight)| weight).sum()
                });
                let weights = Weights::new(&weights);
                for level in Level::available() {
                    let (mut few, mut many) = ([7; LANES], [7; LANES]);
                    weights.of_few(level, &rows, &order, &mut few);
                    weights.of_many(level, &rows, &order, &sets, &mut many);
                    assert!(few == expected && many == expected, "level {level}, {n} rows, shift {shift}");
                }
            }
        }
    }
}

//! Sums of integers over subsets, four members at a time.

/// The sums of every subset of each four values.
#[derive(Debug, Clone, Default)]
pub struct SubsetSums {
    /// `[word of a set][four of it][subset]`
    sums: Vec<[[u64; 16]; 16]>,
}

impl SubsetSums {
    /// Tables for these values, whose sum must fit.
    pub fn new(values: &[u64]) -> Self {
        let value = |at: usize| values.get(at).copied().unwrap_or(0);
        let of_four = |first: usize, subset: usize| {
            (0..4).filter(|bit| subset >> bit & 1 == 1).map(|bit| value(first + bit)).sum()
        };
        let of_word = |word: usize| {
            std::array::from_fn(|four| std::array::from_fn(|subset| of_four(64 * word + 4 * four, subset)))
        };
        Self { sums: (0..values.len().div_ceil(64)).map(of_word).collect() }
    }

    /// `Σ value` over the set.
    #[inline]
    pub fn sum(&self, set: impl Iterator<Item = u64>) -> u64 {
        let of_word = |(tables, word): (&[[u64; 16]; 16], u64)| -> u64 {
            let fours = tables.iter().enumerate();
            fours.map(|(four, table)| table[(word >> (4 * four) & 15) as usize]).sum()
        };
        self.sums.iter().zip(set).map(of_word).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::bits;

    #[test]
    fn sums_over_subsets_are_the_plain_sums_at_every_length() {
        for n in 0..140u64 {
            let values: Vec<u64> =
                (0..n).map(|i| (i + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 12).collect();
            let sums = SubsetSums::new(&values);
            for round in 0..20u64 {
                let spare = 64 * n.div_ceil(64) - n;
                let mut set: Vec<u64> = (0..n.div_ceil(64))
                    .map(|word| (word + 7 * round + 1).wrapping_mul(0xBF58_476D_1CE4_E5B9))
                    .collect();
                if let Some(last) = set.last_mut() {
                    *last &= u64::MAX >> spare;
                }
                let expected: u64 = bits::ones(&set).map(|index| values[index]).sum();
                assert_eq!(sums.sum(set.iter().copied()), expected);
            }
        }
    }
}

//! Random streams addressed by (seed, block, purpose): the only place that makes a generator.
//!
//! A stream's state is BLAKE3 of the three, so any block can be drawn by anybody at any time, and adding a purpose
//! leaves every other draw as it was. Rare extra bits come from a hash of (seed, purpose, scenario, index), because
//! how many are needed is not known beforehand. This file is definition number 1 of `stream` in a study.

use crate::kernels::{Column, LANES, normal};
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

/// What a stream is for, e.g. `collusion/common` or `price/ATOM`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Purpose {
    key: [u8; 32],
    mark: u64,
}

impl Purpose {
    /// The purpose of this name under this seed.
    pub fn new(seed: u64, name: &str) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key("montecartel stream 1");
        hasher.update(&seed.to_le_bytes());
        hasher.update(name.as_bytes());
        let key = *hasher.finalize().as_bytes();
        let mut first = [0; 8];
        first.copy_from_slice(&key[..8]);
        Self { key, mark: u64::from_le_bytes(first) }
    }

    /// The stream of one block.
    pub fn stream(&self, block: u64) -> Stream {
        let state = *blake3::keyed_hash(&self.key, &block.to_le_bytes()).as_bytes();
        Stream(Xoshiro256PlusPlus::from_seed(state))
    }

    /// 64 bits for one (scenario, index), apart from every stream.
    pub fn extra_bits(&self, scenario: u64, index: u64) -> u64 {
        mix(mix(self.mark ^ mix(scenario)) ^ index)
    }

    /// A uniform in (0, 1) for one (scenario, index).
    pub fn extra_uniform(&self, scenario: u64, index: u64) -> f64 {
        unit(self.extra_bits(scenario, index))
    }
}

/// The finaliser of SplitMix64 on the next state (Steele, Lea and Flood 2014).
fn mix(state: u64) -> u64 {
    let mut z = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// The top 53 bits as the middle of their cell in (0, 1).
#[inline]
#[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
fn unit(bits: u64) -> f64 {
    ((bits >> 11) as f64 + 0.5) * (1.0 / 9_007_199_254_740_992.0)
}

/// One stream: xoshiro256++ (Blackman and Vigna 2021).
pub struct Stream(Xoshiro256PlusPlus);

impl Stream {
    /// Fills a column with standard normals by inversion, one word each.
    pub fn normals(&mut self, column: &mut Column) {
        for value in column {
            *value = normal::quantile(unit(self.0.next_u64()));
        }
    }

    /// Fills 256 words of 32 bits, the low half of each output first.
    pub fn words(&mut self, words: &mut [u32; LANES]) {
        for pair in words.as_chunks_mut::<2>().0 {
            let bits = self.0.next_u64();
            #[expect(clippy::cast_possible_truncation, reason = "the two halves are meant")]
            {
                pair[0] = bits as u32;
                pair[1] = (bits >> 32) as u32;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_generator_is_the_published_one() {
        // Reference vector of xoshiro256++ from state (1, 2, 3, 4), prng.di.unimi.it.
        let mut state = [0u8; 32];
        for (i, word) in state.as_chunks_mut::<8>().0.iter_mut().enumerate() {
            *word = (i as u64 + 1).to_le_bytes();
        }
        let mut generator = Xoshiro256PlusPlus::from_seed(state);
        let expected = [41_943_041, 58_720_359, 3_588_806_011_781_223, 3_591_011_842_654_386];
        assert_eq!([0; 4].map(|_: i32| generator.next_u64()), expected);
    }

    #[test]
    fn a_stream_depends_on_seed_block_and_purpose_and_nothing_else() {
        let first = |seed, name, block| {
            let mut column = [0.0; LANES];
            Purpose::new(seed, name).stream(block).normals(&mut column);
            column[0].to_bits()
        };
        let base = first(1, "price/ATOM", 7);
        assert_eq!(base, first(1, "price/ATOM", 7));
        assert_ne!(base, first(2, "price/ATOM", 7));
        assert_ne!(base, first(1, "price/OSMO", 7));
        assert_ne!(base, first(1, "price/ATOM", 8));
    }

    #[test]
    fn normals_have_mean_zero_and_variance_one() {
        let purpose = Purpose::new(5, "test");
        let (mut sum, mut squares, blocks) = (0.0, 0.0, 2000u32);
        let mut column = [0.0; LANES];
        for block in 0..blocks {
            purpose.stream(u64::from(block)).normals(&mut column);
            sum += column.iter().sum::<f64>();
            squares += column.iter().map(|z| z * z).sum::<f64>();
        }
        let n = f64::from(blocks) * 256.0;
        assert!((sum / n).abs() < 5.0 / n.sqrt());
        assert!((squares / n - 1.0).abs() < 5.0 * (2.0 / n).sqrt());
    }

    #[test]
    fn extra_bits_are_balanced_over_neighbours() {
        let purpose = Purpose::new(5, "extra");
        let ones: u32 = (0..4096u64)
            .flat_map(|s| (0..16u64).map(move |i| (s, i)))
            .map(|(s, i)| purpose.extra_bits(s, i).count_ones())
            .sum();
        let n = f64::from(4096 * 16 * 64);
        assert!((f64::from(ones) - n / 2.0).abs() < 5.0 * (n / 4.0).sqrt());
    }
}

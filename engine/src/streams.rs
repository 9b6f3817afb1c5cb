//! Random streams addressed by (seed, block, purpose): the only place that makes a generator.
//!
//! This file is definition number 1 of `stream` in a study, with `kernels/xoshiro.rs`, `kernels/factor.rs`, `kernels/exp.rs` and
//! `sampling/thinned.rs`:
//!
//! - A stream is eight xoshiro256++ generators side by side. Their states come from the 256 bits of a keyed BLAKE3 of the
//!   block, the key from seed and purpose: any block can be drawn by anybody at any time, and adding a purpose leaves every
//!   other draw as it was. Output number `8k + l` of the stream is the `k`-th of lane `l`.
//! - Factors, and the normals of prices, profits and premiums: half an output a scenario, the low half first, inverted in single precision; far tails take 32 bits more and double precision.
//! - Noise: 16 bits a scenario and operator, operators in name order, the lowest bits of an output first.
//! - Accidents that are rare have no noise: `sampling/thinned.rs` takes extra bits of (block, count).
//! - Rare extra bits come from a hash of (seed, purpose, scenario, index), because how many are needed is not known beforehand.

use crate::kernels::level::Level;
use crate::kernels::squeeze::Single;
use crate::kernels::xoshiro::{Eight, Noise, WAYS};
use crate::kernels::{Column, LANES, factor, normal};
use rand::{Rng, SeedableRng};
use rand_xoshiro::SplitMix64;

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
        let words = state.as_chunks::<8>().0;
        // Every word of every lane keeps the 64 bits of its word of the hash: lanes of two blocks can only be alike if all 256 are.
        Stream(Eight(std::array::from_fn(|word| {
            let hash = words.get(word).map_or(0, |bytes| u64::from_le_bytes(*bytes));
            std::array::from_fn(
                |lane| mix(hash.wrapping_add(((4 * lane + word) as u64).wrapping_mul(GOLDEN))),
            )
        })))
    }

    /// 64 bits for one (scenario, index), apart from every stream.
    pub fn extra_bits(&self, scenario: u64, index: u64) -> u64 {
        mix(mix(self.mark ^ mix(scenario)) ^ index)
    }

    /// 36 of the extra bits as the middle of their cell in (0, 1): 37 bits that fit below 16 others in a double.
    #[expect(clippy::cast_precision_loss, reason = "36 bits fit")]
    pub fn extra_fraction(&self, scenario: u64, index: u64) -> f64 {
        ((self.extra_bits(scenario, index) >> 28) as f64 + 0.5) * (1.0 / 68_719_476_736.0)
    }

    /// A uniform in (0, 1) for one (scenario, index).
    pub fn extra_uniform(&self, scenario: u64, index: u64) -> f64 {
        unit(self.extra_bits(scenario, index))
    }
}

/// What SplitMix64 adds to go on: 2^64 over the golden ratio, odd.
const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

/// The output of SplitMix64 from a state (Steele, Lea and Flood 2014).
#[inline]
fn mix(state: u64) -> u64 {
    SplitMix64::from_seed(state.to_le_bytes()).next_u64()
}

/// The top 53 bits as the middle of their cell in (0, 1).
#[inline]
#[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
fn unit(bits: u64) -> f64 {
    ((bits >> 11) as f64 + 0.5) * (1.0 / 9_007_199_254_740_992.0)
}

/// One stream.
pub struct Stream(Eight);

impl Stream {
    /// Fills a column with standard normals by inversion, one output each.
    pub fn normals(&mut self, level: Level, column: &mut Column) {
        let mut words = [[0; WAYS]; LANES / WAYS];
        self.0.fill(level, &mut words);
        for (value, word) in column.iter_mut().zip(words.as_flattened()) {
            *value = normal::quantile(unit(*word));
        }
    }

    /// Fills a column of a factor with standard normals; `extra` gives the far tail of a lane 32 bits more.
    pub fn factors(&mut self, level: Level, column: &mut Single, extra: impl Fn(usize) -> u64) {
        let mut outputs = [[0; WAYS]; LANES / 2 / WAYS];
        self.0.fill(level, &mut outputs);
        let mut words = [0; LANES];
        for (pair, output) in words.as_chunks_mut::<2>().0.iter_mut().zip(outputs.as_flattened()) {
            *pair = halves(*output);
        }
        if factor::normals(level, &words, column) {
            // Rare: the words are looked at several at a time.
            for (index, words) in words.chunks(WAYS).enumerate() {
                let is_far = |word: &u32| factor::magnitude(*word) < factor::FAR;
                if words.iter().fold(false, |any, word| any | is_far(word)) {
                    for (lane, word) in (WAYS * index..).zip(words).filter(|(_, word)| is_far(word)) {
                        column[lane] = far_normal(*word, extra(lane));
                    }
                }
            }
        }
    }

    /// Fills the noise of some rows.
    pub fn noise(&mut self, level: Level, rows: &mut [Noise]) {
        self.0.fill(level, rows.as_flattened_mut());
    }
}

/// The low and the high half.
#[expect(clippy::cast_possible_truncation, reason = "the two halves are meant")]
fn halves(output: u64) -> [u32; 2] {
    [output as u32, (output >> 32) as u32]
}

/// A normal of the far tail: the probability beyond it is `(m + v) / 2^32`, v the uniform of the top bits of `extra`.
#[expect(clippy::cast_possible_truncation, reason = "factors are in single precision")]
fn far_normal(word: u32, extra: u64) -> f32 {
    let tail = (f64::from(factor::magnitude(word)) + unit(extra)) / 4_294_967_296.0;
    let magnitude = -normal::quantile(tail) as f32;
    if word >> 31 == 1 { -magnitude } else { magnitude }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_xoshiro::Xoshiro256PlusPlus;

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
    fn every_lane_is_the_published_generator_at_every_level() {
        let purpose = Purpose::new(3, "noise");
        let Stream(Eight(state)) = purpose.stream(11);
        for level in Level::available() {
            let mut rows: Vec<Noise> = vec![Noise::default(); 5];
            purpose.stream(11).noise(level, &mut rows);
            for lane in 0..WAYS {
                let mut seed = [0u8; 32];
                for (bytes, word) in seed.as_chunks_mut::<8>().0.iter_mut().zip(state) {
                    *bytes = word[lane].to_le_bytes();
                }
                let mut generator = Xoshiro256PlusPlus::from_seed(seed);
                let outputs = rows.as_flattened().iter().map(|outputs| outputs[lane]);
                assert!(outputs.into_iter().all(|output| output == generator.next_u64()), "lane {lane}");
            }
        }
    }

    #[test]
    fn factors_are_normal_and_their_tails_are_not_cut() {
        let purpose = Purpose::new(5, "factors");
        let (mut squares, mut fourths, mut far, blocks) = (0.0, 0.0, 0u32, 4000u32);
        let mut column = [0.0; LANES];
        for block in 0..blocks {
            let extra = |lane| purpose.extra_bits(u64::from(block), lane as u64);
            purpose.stream(u64::from(block)).factors(Level::best(), &mut column, extra);
            for z in column.map(f64::from) {
                squares += z * z;
                fourths += z * z * z * z;
                far += u32::from(z.abs() > 3.5);
            }
        }
        let n = f64::from(blocks) * 256.0;
        assert!((squares / n - 1.0).abs() < 5.0 * (2.0 / n).sqrt());
        assert!((fourths / n - 3.0).abs() < 5.0 * (96.0 / n).sqrt());
        let expected = 2.0 * normal::cdf(-3.5) * n;
        assert!((f64::from(far) - expected).abs() < 5.0 * expected.sqrt(), "{far} against {expected}");
    }

    #[test]
    fn a_stream_depends_on_seed_block_and_purpose_and_nothing_else() {
        let first = |seed, name, block| {
            let mut column = [0.0; LANES];
            Purpose::new(seed, name).stream(block).normals(Level::best(), &mut column);
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
            purpose.stream(u64::from(block)).normals(Level::best(), &mut column);
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

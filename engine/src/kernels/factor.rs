//! Standard normals by inversion in single precision: one definition that every level's vectors compute alike.
//!
//! A 32-bit word is a sign and a magnitude `m`; the tail beyond the normal has probability `q = (m + ½) / 2^32`. With
//! `t = 2q`, `x = 1 − t` and `w = −ln(t (2 − t)) = −ln(1 − x²)` the normal is `x · P(w)` in magnitude (Giles 2010, whose
//! polynomial is for erf⁻¹), P of degree 10. Only products and sums, in the order written. Below q = 2^−12 the caller
//! replaces the value by that of 32 more bits in double precision, so that the tail is not cut.

use super::level::{Kernel, Level};
use super::squeeze::Single;
use super::{LANES, each};

/// Magnitudes below this belong to the far tail: 2^20, that is q < 2^−12.
pub const FAR: u32 = 1 << 20;

/// The magnitude of a word; its sign is the word's.
#[inline(always)]
pub fn magnitude(word: u32) -> u32 {
    // The sign bit, drawn out over the word, turns −1 − m into m.
    word ^ (word.cast_signed() >> 31).cast_unsigned()
}

/// Normals of a column of words, and whether some word belongs to the far tail.
pub fn normals(level: Level, words: &[u32; LANES], out: &mut Single) -> bool {
    let mut least = 0;
    level.run(Normals { words, out, least: &mut least });
    least < FAR
}

struct Normals<'a> {
    words: &'a [u32; LANES],
    out: &'a mut Single,
    least: &'a mut u32,
}

impl Kernel for Normals<'_> {
    #[inline(always)]
    fn run(self) {
        for (words, out) in self.words.as_chunks::<SOME>().0.iter().zip(self.out.as_chunks_mut::<SOME>().0) {
            *out = some_normals(words);
        }
        let magnitudes = self.words.iter().map(|word| magnitude(*word));
        *self.least = magnitudes.fold(u32::MAX, u32::min);
    }
}

/// Words whose normals are reckoned step by step together: one chain of forty operations leaves most of a processor idle.
const SOME: usize = 64;

/// The normal of one word; below [`FAR`] it is not good and must be replaced.
#[inline(always)]
#[cfg(test)]
fn normal(word: u32) -> f32 {
    let [normal] = some_normals(&[word]);
    normal
}

/// Normals of words, each for itself.
#[inline(always)]
fn some_normals<const N: usize>(words: &[u32; N]) -> [f32; N] {
    let t: [f32; N] = each(|i| (to_float(magnitude(words[i]).cast_signed()) + 0.5) * (1.0 / 2_147_483_648.0));
    let logarithms: [f32; N] = logarithms(&each(|i| t[i] * (2.0 - t[i])));
    // Estrin's order: pairs, then fours, then eights.
    let v: [f32; N] = each(|i| -logarithms[i] - 3.5);
    let square: [f32; N] = each(|i| v[i] * v[i]);
    let low: [f32; N] = each(|i| (P[0] + P[1] * v[i]) + (P[2] + P[3] * v[i]) * square[i]);
    let middle: [f32; N] = each(|i| (P[4] + P[5] * v[i]) + (P[6] + P[7] * v[i]) * square[i]);
    let high: [f32; N] = each(|i| (P[8] + P[9] * v[i]) + P[10] * square[i]);
    let fourth: [f32; N] = each(|i| square[i] * square[i]);
    let p: [f32; N] = each(|i| low[i] + (middle[i] + high[i] * fourth[i]) * fourth[i]);
    each(|i| ((1.0 - t[i]) * p[i]).copysign(f32::from_bits(words[i])))
}

/// P in powers of `w − 3.5`: weighted least squares iterated to the smallest largest error, 3.6e-8 in the normal, for
/// w up to 7 (q = 2^−12 has w = 6.93).
const P: [f32; 11] = [
    2.464_733_8,
    0.332_846_97,
    -0.009_499_5,
    -0.000_680_462_6,
    0.000_224_359_2,
    -2.243_693e-5,
    -5.782_135e-7,
    4.765_539_4e-7,
    -4.697_827e-8,
    -3.356_796_8e-9,
    7.564_268_7e-10,
];

/// The nearest number in single precision.
#[inline(always)]
#[expect(clippy::cast_precision_loss, reason = "rounding is meant")]
fn to_float(whole: i32) -> f32 {
    whole as f32
}

/// Natural logarithms of positive normal numbers: `e ln 2 + f − f²/2 + f³ Q(f)` with `f` within a third of 0.
#[inline(always)]
fn logarithms<const N: usize>(numbers: &[f32; N]) -> [f32; N] {
    const TWO_THIRDS: u32 = 0x3F2A_AAAB;
    const Q: [f32; 6] = [0.333_375_5, -0.250_080_26, 0.197_960_2, -0.163_826_4, 0.171_279_22, -0.156_310_29];
    let exponent: [i32; N] = each(|i| numbers[i].to_bits().wrapping_sub(TWO_THIRDS).cast_signed() >> 23);
    let mantissa = |i: usize| numbers[i].to_bits().wrapping_sub((exponent[i] << 23).cast_unsigned());
    let f: [f32; N] = each(|i| f32::from_bits(mantissa(i)) - 1.0);
    let e: [f32; N] = each(|i| to_float(exponent[i]));
    let square: [f32; N] = each(|i| f[i] * f[i]);
    let q: [f32; N] = each(|i| {
        let (f, square) = (f[i], square[i]);
        (Q[0] + Q[1] * f) + ((Q[2] + Q[3] * f) + (Q[4] + Q[5] * f) * square) * square
    });
    // ln 2 in two parts, the first with 10 bits: its products are exact.
    let small: [f32; N] = each(|i| 0.5 * square[i] - (square[i] * f[i] * q[i] - e[i] * 2.121_944_4e-4));
    each(|i| e[i] * 0.693_359_4 + (f[i] - small[i]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::normal as exact;

    /// The normal that the word stands for, in double precision.
    fn reference(word: u32) -> f64 {
        let q = (f64::from(magnitude(word)) + 0.5) / 4_294_967_296.0;
        if word >> 31 == 1 { exact::quantile(q) } else { -exact::quantile(q) }
    }

    #[test]
    fn normals_are_good_to_single_precision() {
        let mut worst = 0.0_f64;
        for i in 0..(1u32 << 20) {
            let word = i.wrapping_mul(0x9E37_79B1);
            if magnitude(word) >= FAR {
                worst = worst.max((f64::from(normal(word)) - reference(word)).abs());
            }
        }
        for word in [FAR, FAR + 1, u32::MAX >> 1, !FAR, 1 << 31, u32::MAX / 3] {
            worst = worst.max((f64::from(normal(word)) - reference(word)).abs());
        }
        // Four units in the last place of 3.5, where Φ⁻¹ is steepest.
        assert!(worst < 1e-6, "worst error {worst}");
    }

    #[test]
    fn every_level_gives_the_same_bits() {
        let mut words = [0u32; LANES];
        for round in 0..200u32 {
            for (l, word) in (0u32..).zip(&mut words) {
                *word = (round * 256 + l).wrapping_mul(0x85EB_CA6B) ^ (l << 20);
            }
            let mut expected = [0.0; LANES];
            let far = normals(Level::GENERIC, &words, &mut expected);
            for level in Level::available() {
                let mut out = [0.0; LANES];
                assert_eq!(normals(level, &words, &mut out), far);
                assert!(out.map(f32::to_bits) == expected.map(f32::to_bits), "level {level}");
            }
            assert!(expected.iter().zip(words).all(|(z, word)| z.to_bits() == normal(word).to_bits()));
        }
    }
}

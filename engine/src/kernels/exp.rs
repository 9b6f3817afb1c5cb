//! The exponential of a column: one definition in products and sums that every level's vectors compute alike.
//!
//! `exp x = 2^n exp r` with `n` the whole number nearest to `x / ln 2` and |r| ≤ ½ ln 2; Taylor's polynomial of degree 13
//! leaves out less than 4e-18 of `exp r`.

use super::level::{Kernel, Level};
use super::{Column, each};

/// Arguments are held within these, so that results stay normal numbers.
const LEAST: f64 = -708.0;
const MOST: f64 = 709.0;

/// Replaces each value by `scale · exp(value)`.
pub fn scaled(level: Level, scale: f64, column: &mut Column) {
    level.run(Scaled { scale, column });
}

struct Scaled<'a> {
    scale: f64,
    column: &'a mut Column,
}

impl Kernel for Scaled<'_> {
    #[inline(always)]
    fn run(self) {
        for some in self.column.as_chunks_mut::<SOME>().0 {
            let values = exponentials(some);
            *some = each(|i| self.scale * values[i]);
        }
    }
}

/// 1/k! for k from 0 to 13.
const C: [f64; 14] = [
    1.0,
    1.0,
    0.5,
    1.0 / 6.0,
    1.0 / 24.0,
    1.0 / 120.0,
    1.0 / 720.0,
    1.0 / 5_040.0,
    1.0 / 40_320.0,
    1.0 / 362_880.0,
    1.0 / 3_628_800.0,
    1.0 / 39_916_800.0,
    1.0 / 479_001_600.0,
    1.0 / 6_227_020_800.0,
];

/// Values worked out step by step together: one chain of thirty operations leaves most of a processor idle.
const SOME: usize = 32;

/// `exp x` to two units in the last place, for x from −708 to 709; beyond, the value at that end.
#[inline(always)]
pub fn exp(x: f64) -> f64 {
    let [value] = exponentials(&[x]);
    value
}

/// The exponential of each.
#[inline(always)]
fn exponentials<const N: usize>(x: &[f64; N]) -> [f64; N] {
    /// 1.5 · 2^52: adding it rounds to a whole number, which then stands in the low bits.
    const WHOLE: f64 = 6_755_399_441_055_744.0;
    let x: [f64; N] = each(|i| if x[i] < LEAST { LEAST } else { x[i] });
    let x: [f64; N] = each(|i| if x[i] > MOST { MOST } else { x[i] });
    let shifted: [f64; N] = each(|i| x[i] * std::f64::consts::LOG2_E + WHOLE);
    // ln 2 in two parts, the first with 33 bits: its products with n are exact.
    let r: [f64; N] = each(|i| {
        let n = shifted[i] - WHOLE;
        (x[i] - n * 0.693_147_180_369_123_8) - n * 1.908_214_929_270_587_7e-10
    });
    // Estrin's order: pairs, then fours, then eights.
    let square: [f64; N] = each(|i| r[i] * r[i]);
    let low: [f64; N] = each(|i| (C[0] + C[1] * r[i]) + (C[2] + C[3] * r[i]) * square[i]);
    let next: [f64; N] = each(|i| (C[4] + C[5] * r[i]) + (C[6] + C[7] * r[i]) * square[i]);
    let high: [f64; N] = each(|i| (C[8] + C[9] * r[i]) + (C[10] + C[11] * r[i]) * square[i]);
    let fourth: [f64; N] = each(|i| square[i] * square[i]);
    let high: [f64; N] = each(|i| high[i] + (C[12] + C[13] * r[i]) * fourth[i]);
    let p: [f64; N] = each(|i| low[i] + (next[i] + high[i] * fourth[i]) * fourth[i]);
    // 2^n: the exponent's bits.
    each(|i| p[i] * f64::from_bits(shifted[i].to_bits().wrapping_add(1023) << 52))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::LANES;

    #[test]
    fn exponentials_are_good_to_two_units_in_the_last_place() {
        let mut worst = 0.0_f64;
        for i in -708_000..=709_000 {
            for x in [f64::from(i) * 1e-3, f64::from(i) * 1.234_567e-6] {
                worst = worst.max((exp(x) / libm::exp(x) - 1.0).abs());
            }
        }
        assert!(worst <= 2.0 * f64::EPSILON, "worst error {worst}");
        assert!((exp(0.0) - 1.0).abs() < f64::MIN_POSITIVE);
        assert!(exp(-1e9) > 0.0 && exp(1e9).is_finite());
    }

    #[test]
    fn every_level_gives_the_same_bits() {
        for round in 0..50u32 {
            let column: Column = std::array::from_fn(|lane| {
                let index = u32::try_from(lane).unwrap();
                f64::from(index.wrapping_mul(2_654_435_761).wrapping_add(round << 20)) * 1e-8 - 20.0
            });
            let mut expected = column;
            scaled(Level::GENERIC, 3.7, &mut expected);
            for level in Level::available() {
                let mut out = column;
                scaled(level, 3.7, &mut out);
                assert!(
                    (0..LANES).all(|lane| out[lane].to_bits() == expected[lane].to_bits()),
                    "level {level}"
                );
            }
        }
    }
}

//! The screen of [`super::squeeze`] in 16-bit integers: what is compiled once, in plain arithmetic.
//!
//! `x = cutoff + Σ slope · factor` is summed in 32 bits at scale 2^27 (factors at 2^13, slopes at 2^14) and cut to 16 bits at
//! scale 2^13, where it saturates at ±4. A table of 32 quadratics gives `65536 Φ(x) − 32768`; where instructions for tables are missing,
//! the fourth power of a polynomial. Instructions: `avx512`, `avx2`.

use super::normal;
use super::squeeze::{Laws, SIDES};
use std::sync::LazyLock;

/// Largest error of the table, units of 2^−16: checked for every x by a test.
const TABLE_ERROR: f64 = 4.0;
/// The same of the polynomial.
const POLYNOMIAL_ERROR: f64 = 20.0;
/// Open bands wider than this are left to single precision.
const WIDEST: f64 = 64.0;
/// Scale of factors and of x.
pub const SCALE: f32 = 8192.0;
const SLOPE_SCALE: f64 = 16_384.0;

/// Laws that fit into 16 bits.
#[derive(Debug, Clone, Default)]
pub struct Small {
    /// Where they do not, none. `[class]`
    pub classes: Vec<Option<SmallClass>>,
    /// Pairs of all classes: a column, and the slopes of column 0 and of that column in the two halves of a word.
    pub pairs: Vec<(usize, i32)>,
    /// Half width of the open band of every class, units of 2^−16.
    pub band: i16,
    /// The same for the polynomial.
    pub polynomial_band: i16,
    /// Whether some class is left to single precision.
    pub some_left: bool,
}

/// A law in integers.
#[derive(Debug, Clone)]
pub struct SmallClass {
    /// Cutoffs at scale 2^27, with a half for rounding.
    pub cutoffs: [i32; SIDES],
    /// First and last pair.
    pub pairs: (usize, usize),
    /// Sides that are neither left out nor certain, a bit each. (Two bytes written apart and read as one word would have to wait.)
    pub asked: u8,
}

impl SmallClass {
    /// Whether a side is neither left out nor certain.
    #[inline(always)]
    pub const fn asks(&self, side: usize) -> bool {
        self.asked >> side & 1 == 1
    }
}

/// Coefficients of the quadratics in `f`, which goes from −1 to 1 over a segment of width 1/4. `[power][segment]`
///
/// Segment `i` starts at `i / 4`, those from 16 on at `i / 4 − 8`: the top five bits of x.
pub static TABLE: LazyLock<[[i16; 32]; 3]> = LazyLock::new(|| {
    let mut table = [[0; 32]; 3];
    for segment in 0..32u8 {
        let from = f64::from(segment) - if segment < 16 { 0.0 } else { 32.0 };
        let at = |f: f64| 65_536.0 * normal::cdf((from + 0.5) / 4.0 + f / 8.0) - 32_768.0;
        // Chebyshev's three nodes.
        let node = 0.75_f64.sqrt();
        let (low, middle, high) = (at(-node), at(0.0), at(node));
        let coefficients = [middle, (high - low) / (2.0 * node), (high + low - 2.0 * middle) / (2.0 * 0.75)];
        for (row, coefficient) in table.iter_mut().zip(coefficients) {
            row[usize::from(segment)] = rounded(coefficient);
        }
    }
    table
});

/// Coefficients of a cubic in `v` at scale 2^15, where `v = |x| / 2 − 1`: its fourth power is `2 Φ(−|x|)`. Weighted least
/// squares iterated to the smallest largest error of the power.
pub const POLYNOMIAL: [i16; 4] = [15_117, -18_179, 3_634, 4_162];

#[expect(clippy::cast_possible_truncation, reason = "casts to integers saturate")]
fn rounded(value: f64) -> i16 {
    libm::round(value) as i16
}

impl Small {
    /// Compiles the laws; none of those whose cutoffs are scaled fits. The exact cutoffs and slopes come with each class.
    pub fn new<'a>(laws: &Laws, exact: impl Iterator<Item = ([f64; SIDES], &'a [(usize, f64)])>) -> Self {
        let mut small = Self::default();
        let mut widest = 0.0_f64;
        for (cutoffs, slopes) in exact {
            let band = band(&cutoffs[..laws.n_sides], slopes).filter(|band| laws.unscaled && *band < WIDEST);
            small.classes.push(band.map(|_| small_class(&mut small.pairs, cutoffs, slopes, laws.n_sides)));
            widest = widest.max(band.unwrap_or(0.0));
            small.some_left |= band.is_none();
        }
        small.band = rounded(libm::ceil(widest));
        small.polynomial_band = rounded(libm::ceil(widest - TABLE_ERROR + POLYNOMIAL_ERROR));
        small
    }
}

/// What the integers may be off by, units of 2^−16; none where they overflow.
fn band(cutoffs: &[f64], slopes: &[(usize, f64)]) -> Option<f64> {
    let cutoff = cutoffs.iter().filter(|c| c.is_finite()).fold(0.0, |most: f64, c| most.max(c.abs()));
    let sum: f64 = slopes.iter().map(|(_, slope)| slope.abs()).sum();
    let fits = slopes.iter().all(|(_, slope)| slope.abs() < 1.999) && cutoff + 4.0 * sum < 15.9;
    // Factors within half a step (and what single precision adds), slopes within half a step times at most 4, x itself.
    let terms = slopes.iter().map(|_| 1.0).sum::<f64>();
    let steps = 0.51 * sum + 4.0 * 0.25 * terms + 0.51;
    fits.then_some(0.4 * 65_536.0 * steps / f64::from(SCALE) + TABLE_ERROR)
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "checked to fit by `band`; infinite cutoffs saturate and are not used"
)]
fn small_class(
    pairs: &mut Vec<(usize, i32)>,
    cutoffs: [f64; SIDES],
    slopes: &[(usize, f64)],
    n_sides: usize,
) -> SmallClass {
    let first = pairs.len();
    let half = |slope: f64| i32::from(rounded(slope * SLOPE_SCALE));
    let mut common: i32 =
        slopes.iter().filter(|(column, _)| *column == 0).map(|(_, slope)| half(*slope)).sum();
    for (column, slope) in slopes.iter().filter(|(column, _)| *column != 0) {
        pairs.push((*column, half(*slope) << 16 | common & 0xFFFF));
        common = 0;
    }
    if common != 0 {
        pairs.push((0, common & 0xFFFF));
    }
    let asked = (0..n_sides).filter(|side| cutoffs[*side].is_finite()).fold(0, |set, side| set | 1 << side);
    let cutoffs = cutoffs.map(|cutoff| libm::round(cutoff * 134_217_728.0) as i32);
    let cutoffs = cutoffs.map(|cutoff| cutoff.saturating_add(1 << 13));
    SmallClass { cutoffs, pairs: (first, pairs.len()), asked }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn high_product(a: i32, b: i32) -> i32 {
        (a * b + (1 << 14)) >> 15
    }

    #[test]
    fn the_table_is_good_for_every_x() {
        let mut worst = 0.0_f64;
        for x in i16::MIN..=i16::MAX {
            let segment = (u32::from(x.cast_unsigned()) >> 11) as usize;
            let f = i32::from(((x << 5).cast_unsigned() ^ 0x8000).cast_signed());
            let [c0, c1, c2] = [0, 1, 2].map(|power: usize| i32::from(TABLE[power][segment]));
            let found = (c0 + high_product(c1 + high_product(c2, f), f)).clamp(-32_768, 32_767);
            let exact = 65_536.0 * normal::cdf(f64::from(x) / 8192.0) - 32_768.0;
            worst = worst.max((f64::from(found) - exact).abs());
        }
        assert!(worst < TABLE_ERROR, "worst error {worst} units");
    }

    #[test]
    fn the_polynomial_is_good_for_every_x() {
        let mut worst = 0.0_f64;
        for x in i16::MIN..=i16::MAX {
            let y = x.unsigned_abs().min(0x7FFF);
            let v = i32::from((y << 1 ^ 0x8000).cast_signed());
            let [c0, c1, c2, c3] = POLYNOMIAL.map(i32::from);
            let mut root = c3;
            for c in [c2, c1, c0] {
                root = (high_product(root, v) + c).clamp(-32_768, 32_767);
            }
            let square = high_product(root, root);
            let found = (32_767 - high_product(square, square)) * i32::from(x.signum());
            let exact = 65_536.0 * normal::cdf(f64::from(x) / 8192.0) - 32_768.0;
            worst = worst.max((f64::from(found) - exact).abs());
        }
        assert!(worst < POLYNOMIAL_ERROR, "worst error {worst} units");
    }
}

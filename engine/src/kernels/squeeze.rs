//! Cheap decisions `u ≤ Φ(x)` for many rows of scenarios, with a proved band in which they stay open.
//!
//! A row (an operator) has 16 bits of noise a scenario: `u` lies between `s / 2^16` and `(s + 1) / 2^16`. A polynomial in single
//! precision tells `65536 Φ(x)` within a band that is known for the row, and with it almost every decision; the rest is
//! marked open for the exact comparison of the caller. Results therefore do not depend on the approximation, only the time does.

use super::level::{Kernel, Level};
use super::sixteen::Small;
use super::xoshiro::Noise;
use super::{LANES, Mask, bits};
use std::ops::Range;

/// Half width of the open band in units of 2^−16: 16.5 from [`scaled_cdf`], 1 for the noise below 16 bits, and rounding.
pub const BAND: f32 = 18.0;

/// A column in single precision.
pub type Single = [f32; LANES];

/// A side of a row: what lies at or below its lower cutoff, and at or below its upper one.
pub const SIDES: usize = 2;

/// What rows with equal laws share. `x = cutoff · scale + Σ slope · column`.
#[derive(Debug, Clone, PartialEq)]
pub struct Class {
    /// Lower and upper; infinite where the decision is certain.
    pub cutoffs: [f32; SIDES],
    /// Half width of the open band, units of 2^−16.
    pub band: f32,
    /// Its terms in [`Laws::terms`].
    pub terms: Range<usize>,
    /// Where its thresholds are kept, if it has several rows.
    pub slot: Option<usize>,
}

/// The laws of all rows, as the screens read them.
#[derive(Debug, Clone, Default)]
pub struct Laws {
    /// Distinct laws.
    pub classes: Vec<Class>,
    /// Column and slope.
    pub terms: Vec<(usize, f32)>,
    /// Class of each row. `[row]`
    pub rows: Vec<usize>,
    /// Classes with several rows.
    pub n_slots: usize,
    /// How many of the sides are asked for: 1 or 2.
    pub n_sides: usize,
    /// Whether every scale is 1.
    pub unscaled: bool,
}

/// The columns of one block.
#[derive(Debug, Clone, Copy)]
pub struct Columns<'a> {
    /// Factors. `[column]`
    pub factors: &'a [Single],
    /// What multiplies the cutoffs.
    pub scale: &'a Single,
}

/// Decisions about some rows.
#[derive(Debug)]
pub struct Decided<'a> {
    /// Where the row lies at or below the side's cutoff, as far as that is clear. `[side][row]`
    pub below: [&'a mut [Mask]; SIDES],
    /// Rows for which it is not.
    pub open: &'a mut Vec<Open>,
}

/// What is open about a row.
#[derive(Debug, Clone, Copy)]
pub struct Open {
    /// Of the rows decided together.
    pub row: usize,
    /// Which cutoff.
    pub side: usize,
    /// In which scenarios.
    pub lanes: Mask,
}

impl Decided<'_> {
    /// The same places, lent again.
    pub fn again(&mut self) -> Decided<'_> {
        Decided { below: self.below.each_mut().map(|rows| &mut **rows), open: self.open }
    }

    /// Leaves a row open in some lanes, if in any.
    #[inline(always)]
    pub fn leave_open(&mut self, row: usize, side: usize, lanes: Mask) {
        if lanes != Mask::default() {
            self.open.push(Open { row, side, lanes });
        }
    }
}

/// `65536 Φ(x) − 32768`, within 16.5 for every x that is not NaN.
///
/// `65536·Φ(−y) ≈ (c₀ + c₁y + c₂y² + c₃y³)⁴` on 0 ≤ y ≤ 4, held constant beyond.
#[inline(always)]
pub fn scaled_cdf(x: f32) -> f32 {
    const SCALE: f32 = 13.454_34;
    const C0: f32 = SCALE * 0.999_921;
    const C1: f32 = SCALE * -0.197_341_54;
    const C2: f32 = SCALE * -0.068_103_75;
    const C3: f32 = SCALE * 0.016_069_332;
    // `f32::min` would ask about NaN.
    let y = if x.abs() < 4.0 { x.abs() } else { 4.0 };
    let root = ((C3 * y + C2) * y + C1) * y + C0;
    let square = root * root;
    (32_768.0 - square * square).copysign(x)
}

/// Lanes whose sums stay in registers.
const SOME: usize = 16;

/// Thresholds of one class, for each side that is not certain.
#[inline(always)]
fn thresholds(laws: &Laws, class: &Class, columns: Columns<'_>, out: &mut [Single; SIDES]) {
    let terms = &laws.terms[class.terms.clone()];
    for some in 0..LANES / SOME {
        let mut pull = [0.0; SOME];
        for (column, slope) in terms {
            let column = &columns.factors[*column].as_chunks::<SOME>().0[some];
            pull.iter_mut().zip(column).for_each(|(pull, factor)| *pull += slope * factor);
        }
        let scale = &columns.scale.as_chunks::<SOME>().0[some];
        for (out, cutoff) in out.iter_mut().zip(class.cutoffs).take(laws.n_sides) {
            if cutoff.is_finite() {
                let out = &mut out.as_chunks_mut::<SOME>().0[some];
                for (out, (pull, scale)) in out.iter_mut().zip(pull.iter().zip(scale)) {
                    *out = scaled_cdf(pull + cutoff * scale);
                }
            }
        }
    }
}

/// Thresholds of the classes that have several rows, once a block. `[slot]`
pub fn share(level: Level, laws: &Laws, columns: Columns<'_>, shared: &mut Vec<[Single; SIDES]>) {
    shared.resize(laws.n_slots, [[0.0; LANES]; SIDES]);
    level.run(Share { laws, columns, shared });
}

struct Share<'a> {
    laws: &'a Laws,
    columns: Columns<'a>,
    shared: &'a mut [[Single; SIDES]],
}

impl Kernel for Share<'_> {
    #[inline(always)]
    fn run(self) {
        for class in &self.laws.classes {
            if let Some(slot) = class.slot {
                thresholds(self.laws, class, self.columns, &mut self.shared[slot]);
            }
        }
    }
}

/// The highest x of each class over the block, for its lower cutoff and up to single precision. `[class]`
pub fn highest(level: Level, laws: &Laws, columns: Columns<'_>, out: &mut Vec<f32>) {
    out.resize(laws.classes.len(), 0.0);
    level.run(Highest { laws, columns, out });
}

struct Highest<'a> {
    laws: &'a Laws,
    columns: Columns<'a>,
    out: &'a mut [f32],
}

impl Kernel for Highest<'_> {
    #[inline(always)]
    fn run(self) {
        for (class, out) in self.laws.classes.iter().zip(self.out) {
            let mut x = *self.columns.scale;
            x.iter_mut().for_each(|x| *x *= class.cutoffs[0]);
            for (column, slope) in &self.laws.terms[class.terms.clone()] {
                let column = &self.columns.factors[*column];
                for l in 0..LANES {
                    x[l] += slope * column[l];
                }
            }
            let mut most = [f32::NEG_INFINITY; 16];
            for sixteen in x.as_chunks::<16>().0 {
                for (most, x) in most.iter_mut().zip(sixteen) {
                    *most = if x > most { *x } else { *most };
                }
            }
            *out = most.into_iter().fold(f32::NEG_INFINITY, f32::max);
        }
    }
}

/// Decides rows.
pub fn decide_rows(level: Level, rows: Rows<'_>) {
    #[cfg(target_arch = "x86_64")]
    let rows = match super::avx2::decide_rows(level, rows) {
        Some(rows) => rows,
        None => return,
    };
    level.run(rows);
}

/// Decides the rows from `first` on, as many as there is noise for.
pub struct Rows<'a> {
    /// The laws of all rows.
    pub laws: &'a Laws,
    /// Row of the first noise.
    pub first: usize,
    /// Noise of these rows.
    pub noise: &'a [Noise],
    /// Columns of the block.
    pub columns: Columns<'a>,
    /// From [`share`].
    pub shared: &'a [[Single; SIDES]],
    /// Classes that are decided elsewhere.
    pub but: Option<&'a Small>,
    /// Where decisions go.
    pub decided: Decided<'a>,
}

impl Kernel for Rows<'_> {
    #[inline(always)]
    fn run(self) {
        self.run_with(|threshold, noise, band| decide(threshold, &signed(noise), band));
    }
}

impl Rows<'_> {
    /// Decides by `decide`, of a threshold, noise and the half width of the band: where below, and where open.
    #[inline(always)]
    pub(super) fn run_with(mut self, decide: impl Fn(&Single, &Noise, f32) -> (Mask, Mask)) {
        let mut own = [[0.0; LANES]; SIDES];
        for (i, noise) in self.noise.iter().enumerate() {
            let index = self.laws.rows[self.first + i];
            if self.but.is_some_and(|small| small.classes[index].is_some()) {
                continue;
            }
            let class = &self.laws.classes[index];
            let thresholds = if let Some(slot) = class.slot {
                &self.shared[slot]
            } else {
                thresholds(self.laws, class, self.columns, &mut own);
                &own
            };
            for (side, threshold) in thresholds.iter().enumerate().take(self.laws.n_sides) {
                self.decided.below[side][i] = if class.cutoffs[side].is_finite() {
                    let (below, open) = decide(threshold, noise, class.band);
                    self.decided.leave_open(i, side, open);
                    below
                } else {
                    certain(class.cutoffs[side])
                };
            }
        }
    }
}

/// A decision that no draw can change.
#[inline(always)]
pub fn certain(cutoff: f32) -> Mask {
    if cutoff > 0.0 { [u64::MAX; LANES / 64] } else { Mask::default() }
}

/// The noise as signed numbers of 16 bits.
#[inline(always)]
fn signed(noise: &Noise) -> [i16; LANES] {
    let mut out = [0; LANES];
    for (four, word) in out.as_chunks_mut::<4>().0.iter_mut().zip(noise.as_flattened()) {
        let bytes = word.to_le_bytes();
        for (i, value) in four.iter_mut().enumerate() {
            *value = i16::from_le_bytes([bytes[2 * i], bytes[2 * i + 1]]);
        }
    }
    out
}

/// Who lies below its threshold, and where that is open.
#[inline(always)]
fn decide(threshold: &Single, noise: &[i16; LANES], band: f32) -> (Mask, Mask) {
    let (mut below, mut open) = (Mask::default(), Mask::default());
    for word in 0..LANES / 64 {
        let (mut hits, mut opens) = ([0; 64], [0; 64]);
        for l in 0..64 {
            let distance = f32::from(noise[64 * word + l]) - threshold[64 * word + l];
            hits[l] = u8::from(distance < 0.0);
            opens[l] = u8::from(distance.abs() <= band);
        }
        below[word] = bits::pack(&hits);
        // Seldom is anything open among 64.
        if opens.iter().fold(0, |any, open| any | open) != 0 {
            open[word] = bits::pack(&opens);
        }
    }
    (below, open)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::normal;

    #[test]
    fn the_band_holds_over_the_whole_line() {
        let mut worst = 0.0_f64;
        for i in -4_000_000..=4_000_000 {
            #[expect(clippy::cast_possible_truncation, reason = "a grid in single precision")]
            let x = (f64::from(i) * 2.5e-6) as f32;
            let error = f64::from(scaled_cdf(x)) + 32_768.0 - 65_536.0 * normal::cdf(f64::from(x));
            worst = worst.max(error.abs());
        }
        // One unit is the noise below its 16 bits.
        assert!(worst < f64::from(BAND) - 1.25, "worst error {worst} units");
        for x in [f32::INFINITY, f32::MAX, 1e9] {
            assert!((scaled_cdf(x) - 32_768.0).abs() < BAND - 1.25);
            assert!((scaled_cdf(-x) + 32_768.0).abs() < BAND - 1.25);
        }
    }
}

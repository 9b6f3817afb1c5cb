//! The screen in 16-bit integers by AVX2.

use super::{SOME, bits, load4, load8, packed, store4, words};
use crate::kernels::level::{Level, Set};
use crate::kernels::sixteen::{POLYNOMIAL, SCALE, Small, SmallClass};
use crate::kernels::small_rows::{Block, Opened, Pair, Row, SmallColumns, SmallRows};
use crate::kernels::squeeze::{SIDES, Single};
use crate::kernels::xoshiro::Noise;
use crate::kernels::{LANES, Mask};
use std::arch::x86_64::*;

/// Brings a block's columns to 16 bits if the level is this; tells whether it is.
pub fn prepare(level: Level, block: Block<'_>, columns: &mut SmallColumns) -> bool {
    if level.set() != Set::Avx2 {
        return false;
    }
    #[expect(unsafe_code, reason = "calls what was compiled for a processor that is there")]
    // SAFETY: the level says that it is.
    unsafe {
        prepare_here(block, columns);
    }
    true
}

#[target_feature(enable = "avx2")]
fn prepare_here(block: Block<'_>, columns: &mut SmallColumns) {
    let screen = Screen::new(block.small);
    columns.fill(
        block,
        |column| quantised(column),
        |common, column| pair(common, column),
        |class, pairs| screen.shared(class, pairs),
    );
}

/// A column at scale 2^13, rounded, saturated at ±4.
#[inline]
#[target_feature(enable = "avx2")]
fn quantised(column: &Single) -> Noise {
    let mut shorts = Noise::default();
    let sixteens = shorts.as_flattened_mut().as_chunks_mut::<4>().0;
    for (shorts, [low, high]) in sixteens.iter_mut().zip(column.as_chunks::<8>().0.as_chunks::<2>().0) {
        let scale = _mm256_set1_ps(SCALE);
        store4(shorts, packed(_mm256_mul_ps(load8(low), scale), _mm256_mul_ps(load8(high), scale)));
    }
    shorts
}

#[inline]
#[target_feature(enable = "avx2")]
fn pair(common: &Noise, column: &Noise) -> Pair {
    let mut pair = Pair::default();
    let (least, most) = (_mm256_set1_epi16(i16::MIN), _mm256_set1_epi16(i16::MAX));
    let is_end = |x| _mm256_or_si256(_mm256_cmpeq_epi16(x, least), _mm256_cmpeq_epi16(x, most));
    let mut wide = [_mm256_setzero_si256(); LANES / 16];
    let sources =
        common.as_flattened().as_chunks::<4>().0.iter().zip(column.as_flattened().as_chunks::<4>().0);
    let low = pair.low.as_flattened_mut().as_chunks_mut::<4>().0;
    let high = pair.high.as_flattened_mut().as_chunks_mut::<4>().0;
    for (((common, column), (low, high)), wide) in sources.zip(low.iter_mut().zip(high)).zip(&mut wide) {
        let (common, column) = (load4(common), load4(column));
        store4(low, _mm256_unpacklo_epi16(common, column));
        store4(high, _mm256_unpackhi_epi16(common, column));
        *wide = _mm256_or_si256(is_end(common), is_end(column));
    }
    for (word, wide) in pair.wide.iter_mut().zip(wide.as_chunks::<4>().0) {
        *word = bits(wide);
    }
    pair
}

/// Decides rows in 16-bit integers if the level is this.
pub fn decide_small(level: Level, rows: SmallRows<'_>) {
    if level.set() == Set::Avx2 {
        #[expect(unsafe_code, reason = "calls what was compiled for a processor that is there")]
        // SAFETY: the level says that it is.
        unsafe {
            decide_small_here(rows);
        }
    }
}

#[target_feature(enable = "avx2")]
fn decide_small_here(rows: SmallRows<'_>) {
    let (screen, pairs) = (Screen::new(rows.small), rows.columns.pairs());
    rows.run_with(|row, below, open| screen.decide(row, pairs, below, open));
}

#[derive(Clone, Copy)]
struct Screen<'a> {
    small: &'a Small,
    band: __m256i,
    two_bands: __m256i,
}

impl<'a> Screen<'a> {
    #[inline]
    #[target_feature(enable = "avx2")]
    fn new(small: &'a Small) -> Self {
        let band = small.polynomial_band;
        Self { small, band: _mm256_set1_epi16(band), two_bands: _mm256_set1_epi16(2 * band) }
    }

    /// Sums of a class at scale 2^27, for the lower cutoff and one word of lanes.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn sums(&self, class: &SmallClass, pairs: &[Pair], word: usize) -> [[__m256i; 2]; SOME] {
        let mut sums = [[_mm256_set1_epi32(class.cutoffs[0]); 2]; SOME];
        for (column, slopes) in &self.small.pairs[class.pairs.0..class.pairs.1] {
            let (pair, slopes) = (&pairs[*column], _mm256_set1_epi32(*slopes));
            let lows = &words(&pair.low)[word];
            let highs = &words(&pair.high)[word];
            for ([low, high], pair) in sums.iter_mut().zip(lows.iter().zip(highs)) {
                *low = _mm256_add_epi32(*low, _mm256_madd_epi16(load4(pair.0), slopes));
                *high = _mm256_add_epi32(*high, _mm256_madd_epi16(load4(pair.1), slopes));
            }
        }
        sums
    }

    /// `65536 Φ(x) − 32768` less the band, for one side of a class.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn thresholds(&self, class: &SmallClass, side: usize, sums: &[[__m256i; 2]; SOME]) -> [__m256i; SOME] {
        let further = _mm256_set1_epi32(class.cutoffs[side].wrapping_sub(class.cutoffs[0]));
        let mut thresholds = [_mm256_setzero_si256(); SOME];
        for (threshold, [low, high]) in thresholds.iter_mut().zip(sums) {
            let sums = if side == 0 {
                [*low, *high]
            } else {
                [_mm256_add_epi32(*low, further), _mm256_add_epi32(*high, further)]
            };
            *threshold = _mm256_subs_epi16(cdf(sums), self.band);
        }
        thresholds
    }

    /// Thresholds less the band of a class, for both sides.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn shared(&self, class: &SmallClass, pairs: &[Pair]) -> [Noise; SIDES] {
        let mut shared = [Noise::default(); SIDES];
        for word in 0..LANES / 64 {
            let sums = self.sums(class, pairs, word);
            for (side, shared) in shared.iter_mut().enumerate() {
                let thresholds = self.thresholds(class, side, &sums);
                let shared = shared.as_flattened_mut().as_chunks_mut::<4>().0;
                let shared = &mut shared.as_chunks_mut::<SOME>().0[word];
                shared.iter_mut().zip(thresholds).for_each(|(shared, threshold)| store4(shared, threshold));
            }
        }
        shared
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn decide(&self, row: &Row<'_>, pairs: &[Pair], below: &mut [&mut Mask; SIDES], open: &mut Opened) {
        for (word, noise) in words(row.noise).iter().enumerate() {
            let sums = if row.shared.is_none() { Some(self.sums(row.class, pairs, word)) } else { None };
            for side in 0..SIDES {
                if !row.class.asks(side) {
                    continue;
                }
                let mut thresholds = [_mm256_setzero_si256(); SOME];
                if let Some(sums) = &sums {
                    thresholds = self.thresholds(row.class, side, sums);
                } else if let Some(shared) = row.shared {
                    let shared = &words(&shared[side])[word];
                    thresholds
                        .iter_mut()
                        .zip(shared)
                        .for_each(|(threshold, shared)| *threshold = load4(shared));
                }
                let (is_below, is_open) = self.judge(noise, &thresholds);
                below[side][word] = is_below;
                if let Some(is_open) = is_open {
                    open.some = true;
                    open.lanes[side][word] = is_open;
                }
            }
        }
    }

    /// Who lies below these thresholds; and where that is open, if it is anywhere.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn judge(&self, noise: &[[u64; 4]; SOME], thresholds: &[__m256i; SOME]) -> (u64, Option<u64>) {
        let (mut below, mut beyond) = ([_mm256_setzero_si256(); SOME], [_mm256_setzero_si256(); SOME]);
        let mut nearest = _mm256_set1_epi16(-1);
        for vector in 0..SOME {
            let (noise, threshold) = (load4(&noise[vector]), thresholds[vector]);
            below[vector] = _mm256_cmpgt_epi16(threshold, noise);
            beyond[vector] = _mm256_sub_epi16(noise, threshold);
            nearest = _mm256_min_epu16(nearest, beyond[vector]);
        }
        // Seldom is anything open.
        let is_open = |beyond| _mm256_cmpeq_epi16(_mm256_min_epu16(beyond, self.two_bands), beyond);
        let mut open = None;
        if _mm256_movemask_epi8(is_open(nearest)) != 0 {
            beyond.iter_mut().for_each(|beyond| *beyond = is_open(*beyond));
            open = Some(bits(&beyond));
        }
        (bits(&below), open)
    }
}

/// `65536 Φ(x) − 32768` of sums at scale 2^27.
#[inline]
#[target_feature(enable = "avx2")]
fn cdf([low, high]: [__m256i; 2]) -> __m256i {
    let x = _mm256_packs_epi32(_mm256_srai_epi32::<14>(low), _mm256_srai_epi32::<14>(high));
    let y = _mm256_min_epu16(_mm256_abs_epi16(x), _mm256_set1_epi16(i16::MAX));
    let v = _mm256_xor_si256(_mm256_slli_epi16::<1>(y), _mm256_set1_epi16(i16::MIN));
    let [c0, c1, c2, c3] = POLYNOMIAL;
    let mut root = _mm256_set1_epi16(c3);
    for c in [c2, c1, c0] {
        root = _mm256_adds_epi16(_mm256_mulhrs_epi16(root, v), _mm256_set1_epi16(c));
    }
    let square = _mm256_mulhrs_epi16(root, root);
    let twice_tail = _mm256_mulhrs_epi16(square, square);
    _mm256_sign_epi16(_mm256_sub_epi16(_mm256_set1_epi16(i16::MAX), twice_tail), x)
}

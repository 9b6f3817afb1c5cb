//! The screen in 16-bit integers by AVX-512.

use super::{load, store};
use crate::kernels::level::{Level, Set};
use crate::kernels::sixteen::{SCALE, Small, SmallClass, TABLE};
use crate::kernels::small_rows::{Block, Opened, Pair, Row, SmallColumns, SmallRows, joined};
use crate::kernels::squeeze::{SIDES, Single};
use crate::kernels::xoshiro::{Noise, WAYS};
use crate::kernels::{LANES, Mask};
use std::arch::x86_64::*;

/// Brings a block's columns to 16 bits if the level is this; tells whether it is.
pub fn prepare(level: Level, block: Block<'_>, columns: &mut SmallColumns) -> bool {
    if level.set() != Set::Avx512 {
        return false;
    }
    #[expect(unsafe_code, reason = "calls what was compiled for a processor that is there")]
    // SAFETY: the level says that it is.
    unsafe {
        prepare_here(block, columns);
    }
    true
}

#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
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
#[target_feature(enable = "avx512f,avx512bw")]
fn quantised(column: &Single) -> Noise {
    // `packs` works within quarters: eights of its two operands alternate.
    let order = _mm512_set_epi64(7, 5, 3, 1, 6, 4, 2, 0);
    let whole = |half: &[f32; 16]| {
        let values = _mm512_castsi512_ps(load(half));
        _mm512_cvtps_epi32(_mm512_mul_ps(values, _mm512_set1_ps(SCALE)))
    };
    let mut shorts = Noise::default();
    for (shorts, [low, high]) in shorts.iter_mut().zip(column.as_chunks::<16>().0.as_chunks::<2>().0) {
        let packed = _mm512_packs_epi32(whole(low), whole(high));
        store(shorts, _mm512_permutexvar_epi64(order, packed));
    }
    shorts
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn pair(common: &Noise, column: &Noise) -> Pair {
    let mut pair = Pair::default();
    let mut wide = [0; LANES / 32];
    for vector in 0..LANES / 32 {
        let (common, column) = (load(&common[vector]), load(&column[vector]));
        store(&mut pair.low[vector], _mm512_unpacklo_epi16(common, column));
        store(&mut pair.high[vector], _mm512_unpackhi_epi16(common, column));
        let (least, most) = (_mm512_set1_epi16(i16::MIN), _mm512_set1_epi16(i16::MAX));
        let ends = |x| _mm512_cmpeq_epi16_mask(x, least) | _mm512_cmpeq_epi16_mask(x, most);
        wide[vector] = ends(common) | ends(column);
    }
    pair.wide = joined(&wide);
    pair
}

/// Decides rows if the level is this, or hands them back.
pub fn decide_small(level: Level, rows: SmallRows<'_>) -> Option<SmallRows<'_>> {
    if level.set() != Set::Avx512 {
        return Some(rows);
    }
    #[expect(unsafe_code, reason = "calls what was compiled for a processor that is there")]
    // SAFETY: the level says that it is.
    unsafe {
        decide_here(rows);
    }
    None
}

#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn decide_here(rows: SmallRows<'_>) {
    let (screen, pairs) = (Screen::new(rows.small), rows.columns.pairs());
    rows.run_with(|row, below, open| screen.decide(row, pairs, below, open));
}

/// Vectors of 32 lanes that are decided together: they stay in registers.
const SOME: usize = 4;

/// The table, in registers.
#[derive(Clone, Copy)]
struct Screen<'a> {
    small: &'a Small,
    table: [__m512i; 3],
    two_bands: __m512i,
}

impl<'a> Screen<'a> {
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    fn new(small: &'a Small) -> Self {
        let [c0, c1, c2] = &*TABLE;
        let c0 = _mm512_subs_epi16(load(c0), _mm512_set1_epi16(small.band));
        Self { small, table: [c0, load(c1), load(c2)], two_bands: _mm512_set1_epi16(2 * small.band) }
    }

    /// Sums of a class at scale 2^27, for the lower cutoff and the vectors from `first` on.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
    fn sums(&self, class: &SmallClass, pairs: &[Pair], first: usize) -> [[__m512i; 2]; SOME] {
        let mut sums = [[_mm512_set1_epi32(class.cutoffs[0]); 2]; SOME];
        for (column, slopes) in &self.small.pairs[class.pairs.0..class.pairs.1] {
            let (pair, slopes) = (&pairs[*column], _mm512_set1_epi32(*slopes));
            for (vector, [low, high]) in (first..).zip(&mut sums) {
                *low = _mm512_dpwssd_epi32(*low, load(&pair.low[vector]), slopes);
                *high = _mm512_dpwssd_epi32(*high, load(&pair.high[vector]), slopes);
            }
        }
        sums
    }

    /// `65536 Φ(x) − 32768` less the band, for one side of a class and some vectors of its sums.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    fn thresholds(&self, class: &SmallClass, side: usize, sums: &[[__m512i; 2]; SOME]) -> [__m512i; SOME] {
        let further = _mm512_set1_epi32(class.cutoffs[side].wrapping_sub(class.cutoffs[0]));
        if side == 0 {
            self.cdfs(sums)
        } else {
            let mut sums = *sums;
            for half in sums.as_flattened_mut() {
                *half = _mm512_add_epi32(*half, further);
            }
            self.cdfs(&sums)
        }
    }

    /// Φ of sums at scale 2^27, step by step together: so that one need not wait for another.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    fn cdfs(&self, sums: &[[__m512i; 2]; SOME]) -> [__m512i; SOME] {
        // Plain loops: closures of arrays' own methods may be compiled apart, for another processor.
        let mut segments = [_mm512_setzero_si512(); SOME];
        let (mut f, mut cdfs) = (segments, segments);
        for (i, [low, high]) in sums.iter().enumerate() {
            let x = _mm512_packs_epi32(_mm512_srai_epi32::<14>(*low), _mm512_srai_epi32::<14>(*high));
            segments[i] = _mm512_srli_epi16::<11>(x);
            f[i] = _mm512_xor_si512(_mm512_slli_epi16::<5>(x), _mm512_set1_epi16(i16::MIN));
        }
        let [c0, c1, c2] = self.table;
        for i in 0..SOME {
            let product = _mm512_mulhrs_epi16(_mm512_permutexvar_epi16(segments[i], c2), f[i]);
            let slope = _mm512_add_epi16(_mm512_permutexvar_epi16(segments[i], c1), product);
            let value = _mm512_permutexvar_epi16(segments[i], c0);
            cdfs[i] = _mm512_adds_epi16(value, _mm512_mulhrs_epi16(slope, f[i]));
        }
        cdfs
    }
}

impl Screen<'_> {
    /// Thresholds less the band of a class, for both sides.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
    fn shared(&self, class: &SmallClass, pairs: &[Pair]) -> [Noise; SIDES] {
        let mut shared = [Noise::default(); SIDES];
        for part in 0..Noise::default().len() / SOME {
            let sums = self.sums(class, pairs, SOME * part);
            for (side, shared) in shared.iter_mut().enumerate() {
                let thresholds = self.thresholds(class, side, &sums);
                let shared = &mut shared.as_chunks_mut::<SOME>().0[part];
                shared.iter_mut().zip(thresholds).for_each(|(shared, threshold)| store(shared, threshold));
            }
        }
        shared
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
    fn decide(&self, row: &Row<'_>, pairs: &[Pair], below: &mut [&mut Mask; SIDES], open: &mut Opened) {
        match (&self.small.pairs[row.class.pairs.0..row.class.pairs.1], row.shared, row.class.asked) {
            ([pair], None, 0b01) => self.decide_one(row, (&pairs[pair.0], pair.1), below, open),
            _ => self.decide_any(row, pairs, below, open),
        }
    }

    /// Decides what most rows are, in a straight line: one side, one pair, thresholds of its own.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
    fn decide_one(
        &self,
        row: &Row<'_>,
        (pair, slopes): (&Pair, i32),
        [below, _]: &mut [&mut Mask; SIDES],
        open: &mut Opened,
    ) {
        let (cutoff, slopes) = (_mm512_set1_epi32(row.class.cutoffs[0]), _mm512_set1_epi32(slopes));
        let (low, high) = (pair.low.as_chunks::<SOME>().0, pair.high.as_chunks::<SOME>().0);
        let parts = row.noise.as_chunks::<SOME>().0.iter().zip(low.iter().zip(high));
        for (part, (noise, (low, high))) in parts.enumerate() {
            let mut sums = [[cutoff; 2]; SOME];
            for (sums, (low, high)) in sums.iter_mut().zip(low.iter().zip(high)) {
                sums[0] = _mm512_dpwssd_epi32(cutoff, load(low), slopes);
                sums[1] = _mm512_dpwssd_epi32(cutoff, load(high), slopes);
            }
            let (is_below, is_open) = self.judge(noise, &self.cdfs(&sums));
            below.as_chunks_mut::<{ SOME / 2 }>().0[part] = is_below;
            if let Some(is_open) = is_open {
                open.some = true;
                open.lanes[0].as_chunks_mut::<{ SOME / 2 }>().0[part] = is_open;
            }
        }
    }

    /// Decides any row.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
    fn decide_any(&self, row: &Row<'_>, pairs: &[Pair], below: &mut [&mut Mask; SIDES], open: &mut Opened) {
        for (part, noise) in row.noise.as_chunks::<SOME>().0.iter().enumerate() {
            let sums =
                if row.shared.is_none() { Some(self.sums(row.class, pairs, SOME * part)) } else { None };
            for side in 0..SIDES {
                if !row.class.asks(side) {
                    continue;
                }
                let mut thresholds = [_mm512_setzero_si512(); SOME];
                if let Some(sums) = &sums {
                    thresholds = self.thresholds(row.class, side, sums);
                } else if let Some(shared) = row.shared {
                    let shared = &shared[side].as_chunks::<SOME>().0[part];
                    thresholds
                        .iter_mut()
                        .zip(shared)
                        .for_each(|(threshold, shared)| *threshold = load(shared));
                }
                let (is_below, is_open) = self.judge(noise, &thresholds);
                below[side].as_chunks_mut::<{ SOME / 2 }>().0[part] = is_below;
                if let Some(is_open) = is_open {
                    open.some = true;
                    open.lanes[side].as_chunks_mut::<{ SOME / 2 }>().0[part] = is_open;
                }
            }
        }
    }

    /// Who lies below these thresholds; and where that is open, if it is anywhere.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    fn judge(
        &self,
        noise: &[[u64; WAYS]; SOME],
        thresholds: &[__m512i; SOME],
    ) -> ([u64; SOME / 2], Option<[u64; SOME / 2]>) {
        let mut below = [0; SOME];
        let mut beyond = [_mm512_setzero_si512(); SOME];
        let mut nearest = _mm512_set1_epi16(-1);
        for vector in 0..SOME {
            let (noise, threshold) = (load(&noise[vector]), thresholds[vector]);
            below[vector] = _mm512_cmplt_epi16_mask(noise, threshold);
            beyond[vector] = _mm512_sub_epi16(noise, threshold);
            nearest = _mm512_min_epu16(nearest, beyond[vector]);
        }
        // Masks cost more than vectors, and seldom is anything open.
        let mut open = None;
        if _mm512_cmple_epu16_mask(nearest, self.two_bands) != 0 {
            let mut lanes = [0; SOME];
            for (lanes, beyond) in lanes.iter_mut().zip(beyond) {
                *lanes = _mm512_cmple_epu16_mask(beyond, self.two_bands);
            }
            open = Some(joined(&lanes));
        }
        (joined(&below), open)
    }
}

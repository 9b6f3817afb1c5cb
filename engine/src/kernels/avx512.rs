//! AVX-512 by name, where the compiler does not find it: xoshiro256++, and the screen in 16-bit integers (`sixteen`).
//!
//! Held by tests to the bits of the plain loops (`streams`, `sampling/states`).

use super::level::{Level, Set};
use super::sixteen::{SCALE, Small, SmallClass, TABLE};
use super::squeeze::{self, Decided, Laws, SIDES, Single};
use super::xoshiro::{Noise, WAYS};
use super::{LANES, Mask};
use std::arch::x86_64::*;

/// Sums weights over rows as [`super::weigh::Weights`] does if the level is this; tells whether it is.
pub fn weigh_narrow(
    level: Level,
    rows: &[Mask],
    order: &[u32],
    weights: &[u32],
    out: &mut [u64; LANES],
) -> bool {
    if level.set() != Set::Avx512 {
        return false;
    }
    #[expect(unsafe_code, reason = "calls what was compiled for a processor that is there")]
    // SAFETY: the level says that it is.
    unsafe {
        weigh_narrow_here(rows, order, weights, out);
    }
    true
}

/// The same for weights that need 64 bits.
pub fn weigh_wide(
    level: Level,
    rows: &[Mask],
    order: &[u32],
    weights: &[u64],
    out: &mut [u64; LANES],
) -> bool {
    if level.set() != Set::Avx512 {
        return false;
    }
    #[expect(unsafe_code, reason = "calls what was compiled for a processor that is there")]
    // SAFETY: the level says that it is.
    unsafe {
        weigh_wide_here(rows, order, weights, out);
    }
    true
}

/// All lanes at once: sixteen sums of sixteen lanes.
#[target_feature(enable = "avx512f")]
fn weigh_narrow_here(rows: &[Mask], order: &[u32], weights: &[u32], out: &mut [u64; LANES]) {
    let mut sums = [_mm512_setzero_si512(); LANES / 16];
    for (row, weight) in order.iter().zip(weights) {
        let weight = _mm512_set1_epi32(weight.cast_signed());
        for (word, four) in rows[*row as usize].iter().zip(sums.as_chunks_mut::<4>().0) {
            for (quarter, sum) in four.iter_mut().enumerate() {
                *sum = _mm512_mask_add_epi32(*sum, sixteen_at(*word, 16 * quarter), *sum, weight);
            }
        }
    }
    for (out, sums) in out.as_chunks_mut::<16>().0.iter_mut().zip(sums) {
        let halves = [_mm512_castsi512_si256(sums), _mm512_extracti64x4_epi64::<1>(sums)];
        for (out, half) in out.as_chunks_mut::<8>().0.iter_mut().zip(halves) {
            store(out, _mm512_cvtepu32_epi64(half));
        }
    }
}

/// Half the lanes at once: sixteen sums of eight lanes.
#[target_feature(enable = "avx512f")]
fn weigh_wide_here(rows: &[Mask], order: &[u32], weights: &[u64], out: &mut [u64; LANES]) {
    for (half, out) in out.as_chunks_mut::<{ LANES / 2 }>().0.iter_mut().enumerate() {
        let mut sums = [_mm512_setzero_si512(); LANES / 16];
        for (row, weight) in order.iter().zip(weights) {
            let weight = _mm512_set1_epi64(weight.cast_signed());
            let words = &rows[*row as usize].as_chunks::<2>().0[half];
            for (word, eight) in words.iter().zip(sums.as_chunks_mut::<8>().0) {
                for (sum, byte) in eight.iter_mut().zip(word.to_le_bytes()) {
                    *sum = _mm512_mask_add_epi64(*sum, byte, *sum, weight);
                }
            }
        }
        for (out, sum) in out.as_chunks_mut::<8>().0.iter_mut().zip(sums) {
            store(out, sum);
        }
    }
}

/// Sixteen bits of a word.
#[inline(always)]
#[expect(clippy::cast_possible_truncation, reason = "sixteen are meant")]
fn sixteen_at(word: u64, first: usize) -> u16 {
    (word >> first) as u16
}

/// Vectors of 32 lanes in a block.
const VECTORS: usize = LANES / 32;
/// Vectors that are decided together: they stay in registers.
const SOME: usize = 4;
/// Their lanes as words.
type Words = [u64; SOME / 2];

/// Fills words by xoshiro256++ if the level is this; tells whether it is.
pub fn fill(level: Level, state: &mut [[u64; WAYS]; 4], out: &mut [[u64; WAYS]]) -> bool {
    if level.set() != Set::Avx512 {
        return false;
    }
    #[expect(unsafe_code, reason = "calls what was compiled for a processor that is there")]
    // SAFETY: a level is only made by `Level::available`, which asks the processor for its features.
    unsafe {
        fill_here(state, out);
    }
    true
}

#[target_feature(enable = "avx512f")]
fn fill_here(state: &mut [[u64; WAYS]; 4], out: &mut [[u64; WAYS]]) {
    let [mut a, mut b, mut c, mut d] = [load(&state[0]), load(&state[1]), load(&state[2]), load(&state[3])];
    for out in out {
        let sum = _mm512_add_epi64(a, d);
        store(out, _mm512_add_epi64(_mm512_rol_epi64::<23>(sum), a));
        let shifted = _mm512_slli_epi64::<17>(b);
        c = _mm512_xor_si512(c, a);
        d = _mm512_xor_si512(d, b);
        b = _mm512_xor_si512(b, c);
        a = _mm512_xor_si512(a, d);
        c = _mm512_xor_si512(c, shifted);
        d = _mm512_rol_epi64::<45>(d);
    }
    for (word, vector) in state.iter_mut().zip([a, b, c, d]) {
        store(word, vector);
    }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn load<T>(from: &[T]) -> __m512i {
    assert!(size_of_val(from) == 64);
    #[expect(unsafe_code, reason = "vectors are read through pointers")]
    // SAFETY: 64 bytes, at any address; only used on numbers.
    unsafe {
        _mm512_loadu_si512(from.as_ptr().cast())
    }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn store(to: &mut [u64; WAYS], vector: __m512i) {
    #[expect(unsafe_code, reason = "vectors are written through pointers")]
    // SAFETY: 64 bytes, at any address.
    unsafe {
        _mm512_storeu_si512(to.as_mut_ptr().cast(), vector);
    }
}

/// The columns of a block in 16 bits, and the thresholds that several rows share.
#[derive(Debug, Default)]
pub struct SmallColumns {
    /// `[column]`
    pairs: Vec<Pair>,
    /// Whether a lane of some column saturates: seldom.
    some_wide: bool,
    /// Thresholds less the band. `[slot][side][vector]`
    shared: Vec<[[__m512i; VECTORS]; SIDES]>,
}

/// A column and column 0, lane by lane side by side, as `packs` puts them in order again.
#[derive(Debug, Clone, Copy)]
struct Pair {
    low: [__m512i; VECTORS],
    high: [__m512i; VECTORS],
    /// Lanes in which one of the two saturates.
    wide: [u32; VECTORS],
    /// Whether there are any: seldom.
    some_wide: bool,
}

/// Decides rows as [`squeeze::Rows`] does, in 16-bit integers: those whose class fits.
pub struct SmallRows<'a> {
    /// Classes and slots.
    pub laws: &'a Laws,
    /// The classes in integers.
    pub small: &'a Small,
    /// Row of the first noise.
    pub first: usize,
    /// Noise of these rows.
    pub noise: &'a [Noise],
    /// From [`prepare`].
    pub columns: &'a SmallColumns,
    /// Where decisions go.
    pub decided: Decided<'a>,
}

/// Brings a block's columns to 16 bits if the level has the instructions; tells whether it has.
pub fn prepare(
    level: Level,
    laws: &Laws,
    small: &Small,
    factors: &[Single],
    columns: &mut SmallColumns,
) -> bool {
    if level.set() != Set::Avx512 {
        return false;
    }
    #[expect(unsafe_code, reason = "calls what was compiled for a processor that is there")]
    // SAFETY: the level says that it is.
    unsafe {
        columns.fill(laws, small, factors);
    }
    true
}

impl SmallColumns {
    #[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
    fn fill(&mut self, laws: &Laws, small: &Small, factors: &[Single]) {
        self.pairs.clear();
        let Some(common) = factors.first() else { return };
        let common = quantised(common);
        self.pairs.extend(factors.iter().map(|column| Pair::new(&common, &quantised(column))));
        self.some_wide = self.pairs.iter().any(|pair| pair.some_wide);
        let screen = Screen::new(small);
        self.shared.resize(laws.n_slots, [[_mm512_setzero_si512(); VECTORS]; SIDES]);
        for (index, class) in laws.classes.iter().enumerate() {
            let Some(slot) = class.slot else { continue };
            let Some(class) = &small.classes[index] else { continue };
            for (part, first) in (0..VECTORS).step_by(SOME).enumerate() {
                let sums = screen.sums(class, &self.pairs, first);
                for (side, shared) in self.shared[slot].iter_mut().enumerate() {
                    shared.as_chunks_mut::<SOME>().0[part] = screen.thresholds(class, side, &sums);
                }
            }
        }
    }
}

/// A column at scale 2^13, rounded, saturated at ±4.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn quantised(column: &Single) -> [__m512i; VECTORS] {
    // `packs` works within quarters: eights of its two operands alternate.
    let order = _mm512_set_epi64(7, 5, 3, 1, 6, 4, 2, 0);
    let whole = |half: &[f32; 16]| {
        let values = _mm512_castsi512_ps(load(half));
        _mm512_cvtps_epi32(_mm512_mul_ps(values, _mm512_set1_ps(SCALE)))
    };
    let halves = column.as_chunks::<16>().0;
    std::array::from_fn(|vector| {
        let packed = _mm512_packs_epi32(whole(&halves[2 * vector]), whole(&halves[2 * vector + 1]));
        _mm512_permutexvar_epi64(order, packed)
    })
}

impl Pair {
    #[target_feature(enable = "avx512f,avx512bw")]
    fn new(common: &[__m512i; VECTORS], column: &[__m512i; VECTORS]) -> Self {
        let zero = _mm512_setzero_si512();
        let mut pair =
            Self { low: [zero; VECTORS], high: [zero; VECTORS], wide: [0; VECTORS], some_wide: false };
        for (vector, (common, column)) in common.iter().zip(column).enumerate() {
            let (common, column) = (*common, *column);
            pair.low[vector] = _mm512_unpacklo_epi16(common, column);
            pair.high[vector] = _mm512_unpackhi_epi16(common, column);
            let (least, most) = (_mm512_set1_epi16(i16::MIN), _mm512_set1_epi16(i16::MAX));
            let ends = |x| _mm512_cmpeq_epi16_mask(x, least) | _mm512_cmpeq_epi16_mask(x, most);
            pair.wide[vector] = ends(common) | ends(column);
            pair.some_wide |= pair.wide[vector] != 0;
        }
        pair
    }
}

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
                *low = _mm512_dpwssd_epi32(*low, pair.low[vector], slopes);
                *high = _mm512_dpwssd_epi32(*high, pair.high[vector], slopes);
            }
        }
        sums
    }

    /// `65536 Φ(x) − 32768` less the band, for one side of a class and some vectors of its sums.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    fn thresholds(&self, class: &SmallClass, side: usize, sums: &[[__m512i; 2]; SOME]) -> [__m512i; SOME] {
        let further = _mm512_set1_epi32(class.cutoffs[side].wrapping_sub(class.cutoffs[0]));
        let mut thresholds = [_mm512_setzero_si512(); SOME];
        for (threshold, [low, high]) in thresholds.iter_mut().zip(sums) {
            *threshold = if side == 0 {
                self.cdf([*low, *high])
            } else {
                self.cdf([_mm512_add_epi32(*low, further), _mm512_add_epi32(*high, further)])
            };
        }
        thresholds
    }

    /// Φ of sums at scale 2^27.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    fn cdf(&self, [low, high]: [__m512i; 2]) -> __m512i {
        let x = _mm512_packs_epi32(_mm512_srai_epi32::<14>(low), _mm512_srai_epi32::<14>(high));
        let segment = _mm512_srli_epi16::<11>(x);
        let f = _mm512_xor_si512(_mm512_slli_epi16::<5>(x), _mm512_set1_epi16(i16::MIN));
        let [c0, c1, c2] = self.table.map(|power| _mm512_permutexvar_epi16(segment, power));
        let slope = _mm512_add_epi16(c1, _mm512_mulhrs_epi16(c2, f));
        _mm512_adds_epi16(c0, _mm512_mulhrs_epi16(slope, f))
    }
}

impl SmallRows<'_> {
    /// Decides; only where [`prepare`] said that the level has the instructions.
    pub fn run(self, level: Level) {
        if level.set() == Set::Avx512 {
            #[expect(unsafe_code, reason = "calls what was compiled for a processor that is there")]
            // SAFETY: the level says that it is.
            unsafe {
                if self.laws.n_sides == 1 { self.decide::<1>() } else { self.decide::<SIDES>() }
            }
        }
    }

    #[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
    fn decide<const N: usize>(self) {
        let Self { laws, small: all, first, noise, columns, mut decided } = self;
        let screen = Screen::new(all);
        for (i, noise) in noise.iter().enumerate() {
            let index = laws.rows[first + i];
            let Some(small) = &all.classes[index] else { continue };
            let class = &laws.classes[index];
            for side in 0..N {
                if !class.cutoffs[side].is_finite() {
                    decided.below[side][i] = squeeze::certain(class.cutoffs[side]);
                }
            }
            let mut open = [Mask::default(); N];
            for (part, noise) in noise.as_chunks::<SOME>().0.iter().enumerate() {
                // Thresholds of a class of its own are used as they are made.
                let sums = class.slot.is_none().then(|| screen.sums(small, &columns.pairs, SOME * part));
                for side in 0..N {
                    if !class.cutoffs[side].is_finite() {
                        continue;
                    }
                    let thresholds = match (&sums, class.slot) {
                        (Some(sums), _) => screen.thresholds(small, side, sums),
                        (None, slot) => columns.shared[slot.unwrap_or(0)][side].as_chunks::<SOME>().0[part],
                    };
                    let (below, some_open) = screen.judge(noise, &thresholds);
                    decided.below[side][i].as_chunks_mut::<{ SOME / 2 }>().0[part] = below;
                    if let Some(some_open) = some_open {
                        open[side].as_chunks_mut::<{ SOME / 2 }>().0[part] = some_open;
                    }
                }
            }
            for (side, mut open) in open.into_iter().enumerate() {
                if columns.some_wide && class.cutoffs[side].is_finite() {
                    columns.open_wide(&all.pairs[small.pairs.0..small.pairs.1], &mut open);
                }
                decided.leave_open(i, side, open);
            }
        }
    }
}

impl SmallColumns {
    /// Opens lanes in which a factor of a class saturates.
    #[inline]
    fn open_wide(&self, pairs: &[(usize, i32)], open: &mut Mask) {
        for (column, _) in pairs {
            if self.pairs[*column].some_wide {
                let wide = self.pairs[*column].wide.as_chunks::<SOME>().0.iter().flat_map(joined);
                open.iter_mut().zip(wide).for_each(|(open, wide)| *open |= wide);
            }
        }
    }
}

impl Screen<'_> {
    /// Who lies below these thresholds; and where that is open, if it is anywhere.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    fn judge(&self, noise: &[[u64; WAYS]; SOME], thresholds: &[__m512i; SOME]) -> (Words, Option<Words>) {
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

/// Halves of words, low first, as words.
#[inline]
fn joined(halves: &[u32; SOME]) -> Words {
    std::array::from_fn(|word| u64::from(halves[2 * word]) | u64::from(halves[2 * word + 1]) << 32)
}

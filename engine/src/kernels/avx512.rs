//! AVX-512 by name, where the compiler does not find it: xoshiro256++, and the screen in 16-bit integers (`sixteen`).
//!
//! Held by tests to the bits of the plain loops (`streams`, `sampling/states`).

use super::level::{Level, Set};
use super::sixteen::{SCALE, Small, SmallClass, TABLE};
use super::squeeze::{self, Decided, Laws, SIDES, Single};
use super::xoshiro::{Noise, STEPS_PER_ROW, WAYS};
use super::{LANES, Mask};
use std::arch::x86_64::*;

/// Vectors of 32 lanes in a block.
const VECTORS: usize = LANES / 32;

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
        let screen = Screen::new(small);
        self.shared.resize(laws.n_slots, [[_mm512_setzero_si512(); VECTORS]; SIDES]);
        for (index, class) in laws.classes.iter().enumerate() {
            let Some(slot) = class.slot else { continue };
            if let Some(class) = &small.classes[index] {
                self.shared[slot] = screen.thresholds(class, &self.pairs);
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

    /// `65536 Φ(x) − 32768` less the band, for the first N sides.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
    fn thresholds<const N: usize>(&self, class: &SmallClass, pairs: &[Pair]) -> [[__m512i; VECTORS]; N] {
        let first = _mm512_set1_epi32(class.cutoffs[0]);
        let (mut low, mut high) = ([first; VECTORS], [first; VECTORS]);
        for (column, slopes) in &self.small.pairs[class.pairs.0..class.pairs.1] {
            let (pair, slopes) = (&pairs[*column], _mm512_set1_epi32(*slopes));
            for vector in 0..VECTORS {
                low[vector] = _mm512_dpwssd_epi32(low[vector], pair.low[vector], slopes);
                high[vector] = _mm512_dpwssd_epi32(high[vector], pair.high[vector], slopes);
            }
        }
        let mut out = [[_mm512_setzero_si512(); VECTORS]; N];
        for (side, (out, cutoff)) in out.iter_mut().zip(class.cutoffs).enumerate() {
            let further = _mm512_set1_epi32(cutoff.wrapping_sub(class.cutoffs[0]));
            for vector in 0..VECTORS {
                let sums = if side == 0 {
                    [low[vector], high[vector]]
                } else {
                    [_mm512_add_epi32(low[vector], further), _mm512_add_epi32(high[vector], further)]
                };
                out[vector] = self.cdf(sums);
            }
        }
        out
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
        let Self { laws, small, first, noise, columns, decided } = self;
        let screen = Screen::new(small);
        for (i, noise) in noise.iter().enumerate() {
            let index = laws.rows[first + i];
            let Some(small) = &small.classes[index] else { continue };
            let class = &laws.classes[index];
            let own: [[__m512i; VECTORS]; N];
            let thresholds = if let Some(slot) = class.slot {
                &columns.shared[slot][..N]
            } else {
                own = screen.thresholds(small, &columns.pairs);
                &own
            };
            for (side, thresholds) in thresholds.iter().enumerate() {
                let (below, open) = (&mut decided.below[side][i], &mut decided.open[side][i]);
                if class.cutoffs[side].is_finite() {
                    (*below, *open) = screen.compare(noise, thresholds);
                    screen.open_wide(small, &columns.pairs, open);
                } else {
                    (*below, *open) = squeeze::certain(class.cutoffs[side]);
                }
            }
        }
    }
}

impl Screen<'_> {
    /// Who lies below its threshold, and where that is open.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    fn compare(&self, noise: &Noise, thresholds: &[__m512i; VECTORS]) -> (Mask, Mask) {
        let (mut below, mut open) = ([0; VECTORS], [0; VECTORS]);
        for vector in 0..STEPS_PER_ROW {
            let noise = load(&noise[vector]);
            below[vector] = _mm512_cmplt_epi16_mask(noise, thresholds[vector]);
            let beyond = _mm512_sub_epi16(noise, thresholds[vector]);
            open[vector] = _mm512_cmple_epu16_mask(beyond, self.two_bands);
        }
        (joined(&below), joined(&open))
    }

    /// Opens lanes in which a factor of the class saturates.
    #[inline]
    fn open_wide(&self, class: &SmallClass, pairs: &[Pair], open: &mut Mask) {
        for (column, _) in &self.small.pairs[class.pairs.0..class.pairs.1] {
            if pairs[*column].some_wide {
                let wide = joined(&pairs[*column].wide);
                open.iter_mut().zip(wide).for_each(|(open, wide)| *open |= wide);
            }
        }
    }
}

/// Halves of words, low first, as words.
#[inline]
fn joined(halves: &[u32; VECTORS]) -> Mask {
    std::array::from_fn(|word| u64::from(halves[2 * word]) | u64::from(halves[2 * word + 1]) << 32)
}

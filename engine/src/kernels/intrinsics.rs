//! Instructions by name, where the compiler does not find them: xoshiro256++ in vectors, and the 16-bit screen of AVX-512.
//!
//! Held by tests to the bits of the plain loops (`streams`, `sampling/states`). Vectors are read and written by two functions.

use super::level::{Level, Set};
use super::sixteen::{SCALE, Small, TABLE};
use super::squeeze::{self, Decided, Laws, SIDES, Single};
use super::xoshiro::{Noise, STEPS_PER_ROW, WAYS};
use super::{LANES, Mask};
use std::arch::x86_64::*;

/// Vectors of 32 lanes in a block.
const VECTORS: usize = LANES / 32;

/// Fills words by xoshiro256++ if the level has wide vectors; tells whether it has.
pub fn fill(level: Level, state: &mut [[u64; WAYS]; 4], out: &mut [[u64; WAYS]]) -> bool {
    #[expect(unsafe_code, reason = "calls what was compiled for a processor that is there")]
    // SAFETY: a level is only made by `Level::available`, which asks the processor for its features.
    unsafe {
        match level.set() {
            Set::Generic => return false,
            Set::Avx2 => fill_avx2(state, out),
            Set::Avx512 => fill_avx512(state, out),
        }
    }
    true
}

#[target_feature(enable = "avx2")]
fn fill_avx2(state: &mut [[u64; WAYS]; 4], out: &mut [[u64; WAYS]]) {
    let mut vectors = state.map(|word| [0, 1].map(|half| load4(&word.as_chunks::<4>().0[half])));
    for out in out {
        let [a, b, c, d] = &mut vectors;
        for (half, out) in out.as_chunks_mut::<4>().0.iter_mut().enumerate() {
            let sum = _mm256_add_epi64(a[half], d[half]);
            store4(out, _mm256_add_epi64(rotate4::<23, 41>(sum), a[half]));
            let shifted = _mm256_slli_epi64::<17>(b[half]);
            c[half] = _mm256_xor_si256(c[half], a[half]);
            d[half] = _mm256_xor_si256(d[half], b[half]);
            b[half] = _mm256_xor_si256(b[half], c[half]);
            a[half] = _mm256_xor_si256(a[half], d[half]);
            c[half] = _mm256_xor_si256(c[half], shifted);
            d[half] = rotate4::<45, 19>(d[half]);
        }
    }
    for (word, vectors) in state.iter_mut().zip(vectors) {
        word.as_chunks_mut::<4>().0.iter_mut().zip(vectors).for_each(|(half, vector)| store4(half, vector));
    }
}

#[target_feature(enable = "avx2")]
fn rotate4<const LEFT: i32, const RIGHT: i32>(x: __m256i) -> __m256i {
    _mm256_or_si256(_mm256_slli_epi64::<LEFT>(x), _mm256_srli_epi64::<RIGHT>(x))
}

#[target_feature(enable = "avx512f")]
fn fill_avx512(state: &mut [[u64; WAYS]; 4], out: &mut [[u64; WAYS]]) {
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
#[target_feature(enable = "avx2")]
fn load4(from: &[u64; 4]) -> __m256i {
    #[expect(unsafe_code, reason = "vectors are read through pointers")]
    // SAFETY: 32 bytes, at any address.
    unsafe {
        _mm256_loadu_si256(from.as_ptr().cast())
    }
}

#[inline]
#[target_feature(enable = "avx2")]
fn store4(to: &mut [u64; 4], vector: __m256i) {
    #[expect(unsafe_code, reason = "vectors are written through pointers")]
    // SAFETY: 32 bytes, at any address.
    unsafe {
        _mm256_storeu_si256(to.as_mut_ptr().cast(), vector);
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
            for vector in 0..VECTORS {
                let (thresholds, _) = screen.thresholds(index, vector, self);
                self.shared[slot][0][vector] = thresholds[0];
                self.shared[slot][1][vector] = thresholds[1];
            }
        }
    }
}

impl SmallColumns {
    /// Lanes in which a factor of the class saturates.
    #[inline]
    fn wide(&self, small: &Small, class: usize, vector: usize) -> u32 {
        let pairs = small.classes[class].as_ref().map_or(0..0, |class| class.pairs.0..class.pairs.1);
        small.pairs[pairs].iter().fold(0, |wide, (column, _)| wide | self.pairs[*column].wide[vector])
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
        let mut pair = Self { low: [zero; VECTORS], high: [zero; VECTORS], wide: [0; VECTORS] };
        for (vector, (common, column)) in common.iter().zip(column).enumerate() {
            let (common, column) = (*common, *column);
            pair.low[vector] = _mm512_unpacklo_epi16(common, column);
            pair.high[vector] = _mm512_unpackhi_epi16(common, column);
            let (least, most) = (_mm512_set1_epi16(i16::MIN), _mm512_set1_epi16(i16::MAX));
            let ends = |x| _mm512_cmpeq_epi16_mask(x, least) | _mm512_cmpeq_epi16_mask(x, most);
            pair.wide[vector] = ends(common) | ends(column);
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

    /// `65536 Φ(x) − 32768` less the band, for each side, and the lanes in which a factor saturates.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
    fn thresholds(&self, class: usize, vector: usize, columns: &SmallColumns) -> ([__m512i; SIDES], u32) {
        let zero = _mm512_setzero_si512();
        let Some(class) = &self.small.classes[class] else { return ([zero; SIDES], 0) };
        let first = _mm512_set1_epi32(class.cutoffs[0]);
        let (mut low, mut high, mut wide) = (first, first, 0);
        for (column, slopes) in &self.small.pairs[class.pairs.0..class.pairs.1] {
            let (pair, slopes) = (&columns.pairs[*column], _mm512_set1_epi32(*slopes));
            low = _mm512_dpwssd_epi32(low, pair.low[vector], slopes);
            high = _mm512_dpwssd_epi32(high, pair.high[vector], slopes);
            wide |= pair.wide[vector];
        }
        let further = _mm512_set1_epi32(class.cutoffs[1].wrapping_sub(class.cutoffs[0]));
        let second = self.cdf(_mm512_add_epi32(low, further), _mm512_add_epi32(high, further));
        ([self.cdf(low, high), second], wide)
    }

    /// Φ of sums at scale 2^27.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    fn cdf(&self, low: __m512i, high: __m512i) -> __m512i {
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
                self.decide();
            }
        }
    }

    #[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
    fn decide(self) {
        let Self { laws, small, first, noise, columns, decided } = self;
        let screen = Screen::new(small);
        let Decided { below: [below_low, below_up], open: [open_low, open_up] } = decided;
        for (i, noise) in noise.iter().enumerate() {
            let index = laws.rows[first + i];
            let class = &laws.classes[index];
            if small.classes[index].is_none() {
                continue;
            }
            let (mut below, mut open) = ([Mask::default(); SIDES], [Mask::default(); SIDES]);
            for vector in 0..STEPS_PER_ROW {
                let noise = load(&noise[vector]);
                let (thresholds, wide) = match class.slot {
                    Some(slot) => {
                        let shared = &columns.shared[slot];
                        ([shared[0][vector], shared[1][vector]], columns.wide(small, index, vector))
                    }
                    None => screen.thresholds(index, vector, columns),
                };
                for side in 0..laws.n_sides {
                    let (word, shift) = (vector / 2, 32 * (vector % 2));
                    let hits = _mm512_cmplt_epi16_mask(noise, thresholds[side]);
                    let beyond = _mm512_sub_epi16(noise, thresholds[side]);
                    let opens = _mm512_cmple_epu16_mask(beyond, screen.two_bands) | wide;
                    below[side][word] |= u64::from(hits) << shift;
                    open[side][word] |= u64::from(opens) << shift;
                }
            }
            for side in 0..laws.n_sides {
                if class.cutoffs[side].is_infinite() {
                    (below[side], open[side]) = squeeze::certain(class.cutoffs[side]);
                }
            }
            (below_low[i], open_low[i]) = (below[0], open[0]);
            if laws.n_sides == SIDES {
                (below_up[i], open_up[i]) = (below[1], open[1]);
            }
        }
    }
}

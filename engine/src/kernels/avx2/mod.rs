//! AVX2 by name, where the compiler does not find it: xoshiro256++ (plain loops become scalar and take 3 times as long), the
//! screen in 16-bit integers (`sixteen`), and the way from signs to bits. Held by tests to the bits of the plain loops
//! (`streams`, `sampling/states`).

mod screen;

pub use screen::{decide_small, prepare};

use super::Mask;
use super::level::{Level, Set};
use super::squeeze::{self, Single};
use super::xoshiro::{Noise, WAYS};
use std::arch::x86_64::*;

/// Fills words by xoshiro256++ if the level is this; tells whether it is.
pub fn fill(level: Level, state: &mut [[u64; WAYS]; 4], out: &mut [[u64; WAYS]]) -> bool {
    if level.set() != Set::Avx2 {
        return false;
    }
    #[expect(unsafe_code, reason = "calls what was compiled for a processor that is there")]
    // SAFETY: a level is only made by `Level::available`, which asks the processor for its features.
    unsafe {
        fill_here(state, out);
    }
    true
}

#[target_feature(enable = "avx2")]
fn fill_here(state: &mut [[u64; WAYS]; 4], out: &mut [[u64; WAYS]]) {
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

/// Vectors of 16 lanes that make a word: they are decided together.
const SOME: usize = 4;

/// The numbers of 16 bits that belong to each word of lanes, by vectors.
#[inline(always)]
fn words(shorts: &Noise) -> &[[[u64; 4]; SOME]] {
    shorts.as_flattened().as_chunks::<4>().0.as_chunks::<SOME>().0
}

/// The nearest whole numbers in 16 bits, saturated.
#[inline]
#[target_feature(enable = "avx2")]
fn packed(low: __m256, high: __m256) -> __m256i {
    // `packs` works within halves: quarters of its two operands alternate.
    let packed = _mm256_packs_epi32(_mm256_cvtps_epi32(low), _mm256_cvtps_epi32(high));
    _mm256_permute4x64_epi64::<0b11_01_10_00>(packed)
}

/// Lanes of 16 bits that are all ones or none, as bits.
#[inline]
#[target_feature(enable = "avx2")]
fn bits(lanes: &[__m256i; SOME]) -> u64 {
    let mut word = 0;
    for (half, [first, second]) in lanes.as_chunks::<2>().0.iter().enumerate() {
        let bytes = _mm256_permute4x64_epi64::<0b11_01_10_00>(_mm256_packs_epi16(*first, *second));
        word |= u64::from(_mm256_movemask_epi8(bytes).cast_unsigned()) << (32 * half);
    }
    word
}

/// Decides rows with the comparisons of AVX2 if that is the level, or hands them back.
pub fn decide_rows(level: Level, rows: squeeze::Rows<'_>) -> Option<squeeze::Rows<'_>> {
    if level.set() != Set::Avx2 {
        return Some(rows);
    }
    #[expect(unsafe_code, reason = "calls what was compiled for a processor that is there")]
    // SAFETY: the level says that it is.
    unsafe {
        decide_here(rows);
    }
    None
}

#[target_feature(enable = "avx2")]
fn decide_here(rows: squeeze::Rows<'_>) {
    rows.run_with(|threshold, noise, band| decide(threshold, noise, band));
}

/// Thresholds go to 16 bits, as the noise has: sixteen comparisons at a time, and signs to bits by one instruction.
///
/// Rounding moves a threshold by a half and the end of the range by one more, so the band is two units wider.
#[inline]
#[target_feature(enable = "avx2")]
fn decide(threshold: &Single, noise: &Noise, band: f32) -> (Mask, Mask) {
    let (mut below, mut open) = (Mask::default(), Mask::default());
    let band = sixteen(band) + 2;
    let (band, two_bands) = (_mm256_set1_epi16(band), _mm256_set1_epi16(2 * band));
    for (word, threshold) in threshold.as_chunks::<64>().0.iter().enumerate() {
        let (mut hits, mut opens) = ([_mm256_setzero_si256(); SOME], [_mm256_setzero_si256(); SOME]);
        for (vector, threshold) in threshold.as_chunks::<16>().0.iter().enumerate() {
            let [low, high] = threshold.as_chunks::<8>().0 else { continue };
            let threshold = packed(load8(low), load8(high));
            let noise = load4(&words(noise)[word][vector]);
            hits[vector] = _mm256_cmpgt_epi16(threshold, noise);
            let beyond = _mm256_sub_epi16(noise, _mm256_subs_epi16(threshold, band));
            opens[vector] = _mm256_cmpeq_epi16(_mm256_min_epu16(beyond, two_bands), beyond);
        }
        (below[word], open[word]) = (bits(&hits), bits(&opens));
    }
    (below, open)
}

/// A band in whole units, rounded up.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "bands are tens of units; casts saturate")]
fn sixteen(band: f32) -> i16 {
    (band.ceil() as i16).min(i16::MAX / 2 - 2)
}

#[inline]
#[target_feature(enable = "avx2")]
fn load8(from: &[f32; 8]) -> __m256 {
    #[expect(unsafe_code, reason = "vectors are read through pointers")]
    // SAFETY: 32 bytes, at any address.
    unsafe {
        _mm256_loadu_ps(from.as_ptr())
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

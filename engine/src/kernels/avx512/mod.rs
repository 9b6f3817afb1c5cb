//! AVX-512 by name, where the compiler does not find it: xoshiro256++, sums of weights, and the screen in 16-bit integers
//! (`sixteen`).
//!
//! Held by tests to the bits of the plain loops (`streams`, `sampling/states`).

mod screen;

pub use screen::{decide_small, prepare};

use super::level::{Level, Set};
use super::xoshiro::WAYS;
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

//! AVX2 by name, where the compiler does not find it: xoshiro256++ (plain loops become scalar and take 3 times as long), and
//! the way from signs to bits. Held by tests to the bits of the plain loops (`streams`, `sampling/states`).

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

/// Signs go to bits by one instruction, which the compiler does not find.
#[inline]
#[target_feature(enable = "avx2")]
fn decide(threshold: &Single, noise: &Noise, band: f32) -> (Mask, Mask) {
    let (mut below, mut open) = (Mask::default(), Mask::default());
    let (band, sign) = (_mm256_set1_ps(band), _mm256_set1_ps(-0.0));
    let eights = noise.as_flattened().as_chunks::<2>().0.iter().zip(threshold.as_chunks::<8>().0);
    for (i, ([low, high], threshold)) in eights.enumerate() {
        let noise = _mm256_cvtepi16_epi32(_mm_set_epi64x(high.cast_signed(), low.cast_signed()));
        let distance = _mm256_sub_ps(_mm256_cvtepi32_ps(noise), load8(threshold));
        let near = _mm256_cmp_ps::<_CMP_LE_OQ>(_mm256_andnot_ps(sign, distance), band);
        let bits = |x| u64::from(_mm256_movemask_ps(x).cast_unsigned()) << (8 * (i % 8));
        below[i / 8] |= bits(distance);
        open[i / 8] |= bits(near);
    }
    (below, open)
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

//! Arithmetic on numbers and slices: it knows no domain word, makes no generator and allocates nothing in a loop.

#[cfg(target_arch = "x86_64")]
pub mod avx2;
#[cfg(target_arch = "x86_64")]
pub mod avx512;
pub mod bits;
pub mod caps;
pub mod cholesky;
pub mod columns;
pub mod convolve;
mod dispatch;
pub mod exp;
pub mod factor;
pub mod gains;
pub mod keys;
pub mod level;
pub mod needed;
pub mod normal;
pub mod pivots;
pub mod sixteen;
pub mod small_rows;
pub mod squeeze;
pub mod student;
pub mod subset;
pub mod sums;
pub mod weigh;
pub mod xoshiro;

/// Scenarios in a block, the unit of work, of randomness and of statistics; the length of every column.
pub const LANES: usize = 256;

/// One value per scenario of a block.
pub type Column = [f64; LANES];

/// A mask over the scenarios of a block, scenario `l` in bit `l % 64` of word `l / 64`.
pub type Mask = [u64; LANES / 64];

/// What `one` says of every position. Part of whatever kernel it stands in: the methods of arrays may be compiled apart, for
/// processors that lack its instructions.
#[inline(always)]
fn each<T: Copy + Default, const N: usize>(one: impl Fn(usize) -> T) -> [T; N] {
    let mut all = [T::default(); N];
    for (position, of) in all.iter_mut().enumerate() {
        *of = one(position);
    }
    all
}

//! Fixed-point arithmetic in units of 10⁻¹⁸, each quotient rounded once.
//!
//! Source: eigenlayer-contracts, src/contracts/libraries/SlashingLib.sol. The contracts compute in 256 bits; here a
//! quotient past 128 bits saturates, which no strategy reaches (a strategy holds fewer than 10³⁸ shares).

use crate::rules::integer::{mul_div_ceil, mul_div_floor};

/// One as a magnitude or a factor: 10¹⁸.
pub const WAD: u64 = 1_000_000_000_000_000_000;

/// [`WAD`] in the width of shares.
const ONE: u128 = WAD as u128;

/// `⌊x·y/10¹⁸⌋`.
pub(super) fn mul_wad(x: u128, y: u128) -> u128 {
    mul_div_floor(x, y, ONE)
}

/// `⌊x·10¹⁸/y⌋` for `y` ≥ 1.
pub(super) fn div_wad(x: u128, y: u128) -> u128 {
    mul_div_floor(x, ONE, y)
}

/// `⌊x·y/10¹⁸⌋` of a magnitude and a factor of at most 10¹⁸, which is at most `x`.
pub(super) fn part_floor(x: u64, y: u64) -> u64 {
    narrow(mul_wad(x.into(), y.into()))
}

/// `⌈x·y/10¹⁸⌉` of a magnitude and a factor of at most 10¹⁸, which is at most `x`.
pub(super) fn part_ceil(x: u64, y: u64) -> u64 {
    narrow(mul_div_ceil(x.into(), y.into(), ONE))
}

/// `⌊x·y/d⌋` of 64-bit numbers, `d` ≥ 1; saturates where the quotient does not fit.
pub(super) fn ratio_floor(x: u64, y: u64, d: u64) -> u64 {
    narrow(mul_div_floor(x.into(), y.into(), d.into()))
}

/// `⌊⌊x·y/10¹⁸⌋·z/10¹⁸⌋`, exact even where the inner quotient passes 128 bits.
///
/// With `x = x₁·10¹⁸ + x₀` the inner quotient is `x₁·y + ⌊x₀·y/10¹⁸⌋`. Both parts are multiplied by `z` and
/// divided on their own, and what their divisions leave over (less than 10¹⁸ each time) is added before the last
/// division.
pub(super) fn mul_wad_twice(x: u128, y: u128, z: u64) -> u128 {
    let z = u128::from(z);
    let (x_high, x_low) = (x / ONE, x % ONE);
    let low = mul_wad(x_low, y);
    let (whole, rest) = mul_wad_with_rest(y, z);
    let (low_whole, low_rest) = mul_wad_with_rest(low, z);
    let carried = (x_high * rest + low_rest) / ONE;
    x_high.saturating_mul(whole).saturating_add(low_whole).saturating_add(carried)
}

/// `⌊x·y/10¹⁸⌋` and what is left, in [0, 10¹⁸), for quotients that fit.
fn mul_wad_with_rest(x: u128, y: u128) -> (u128, u128) {
    let whole = mul_wad(x, y);
    (whole, x.wrapping_mul(y).wrapping_sub(whole.wrapping_mul(ONE)) % ONE)
}

/// The number in 64 bits, saturating.
fn narrow(x: u128) -> u64 {
    u64::try_from(x).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn each_rounding_goes_the_way_it_says() {
        assert_eq!((mul_wad(1, ONE - 1), part_floor(1, WAD - 1), part_ceil(1, 1)), (0, 0, 1));
        assert_eq!((part_ceil(WAD, WAD), part_ceil(0, WAD), ratio_floor(2, 2, 3)), (WAD, 0, 1));
        assert_eq!(div_wad(1, 3), 333_333_333_333_333_333);
    }

    #[test]
    fn a_huge_scaling_factor_times_a_tiny_magnitude_keeps_every_share() {
        // 1000 shares of 10¹⁸ deposited at magnitude 1: the inner product is 10³⁹, past 128 bits.
        let shares = 1000 * ONE;
        assert_eq!(mul_wad_twice(shares, ONE * ONE, 1), shares);
        assert_eq!(mul_wad_twice(shares + 7, ONE * ONE, 1), shares + 7);
        assert_eq!(mul_wad_twice(u128::MAX, ONE, WAD), u128::MAX);
        assert_eq!(mul_wad_twice(u128::MAX, u128::MAX, WAD), u128::MAX);
    }

    proptest! {
        #[test]
        fn two_products_at_once_equal_one_after_the_other(x: u128, y in 0..=ONE, z in 0..=WAD) {
            prop_assert_eq!(mul_wad_twice(x, y, z), mul_wad(mul_wad(x, y), z.into()));
        }

        #[test]
        fn two_products_never_panic(x: u128, y: u128, z: u64) {
            prop_assert!(mul_wad_twice(x, y, 0) == 0);
            prop_assert!(mul_wad_twice(x, y, z) >= mul_wad_twice(x, y / 2, z));
        }
    }
}

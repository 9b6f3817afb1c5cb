//! The contracts' fixed-point number: 18 decimals, always rounded down when made.

use std::fmt;

use crate::rules::integer::{mul_div_ceil, mul_div_floor};

/// One in units of 10⁻¹⁸.
const UNIT: u128 = 1_000_000_000_000_000_000;

/// A number ≥ 0 with 18 decimals: `atomics / 10¹⁸`.
///
/// Products and quotients with amounts go through 256 bits; where a result does not fit 128 bits it saturates (only
/// numbers above one can do that). Source: cosmwasm-std, `Decimal` and `Fraction`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Decimal(u128);

impl Decimal {
    /// Nought.
    pub const ZERO: Self = Self(0);
    /// One.
    pub const ONE: Self = Self(UNIT);

    /// The number `atomics / 10¹⁸`.
    pub const fn from_atomics(atomics: u128) -> Self {
        Self(atomics)
    }

    /// `percent / 100`.
    pub const fn percent(percent: u64) -> Self {
        Self(percent as u128 * (UNIT / 100))
    }

    /// `permille / 1000`.
    pub const fn permille(permille: u64) -> Self {
        Self(permille as u128 * (UNIT / 1000))
    }

    /// `⌊numerator·10¹⁸/denominator⌋/10¹⁸`; `None` for a denominator of 0 or a quotient that does not fit.
    pub fn from_ratio(numerator: u128, denominator: u128) -> Option<Self> {
        let atomics = (denominator > 0).then(|| mul_div_floor(numerator, UNIT, denominator))?;
        (atomics < u128::MAX).then_some(Self(atomics))
    }

    /// The number times 10¹⁸.
    pub const fn atomics(self) -> u128 {
        self.0
    }

    /// `⌊amount · self⌋`.
    pub fn floor_of(self, amount: u128) -> u128 {
        mul_div_floor(amount, self.0, UNIT)
    }

    /// `⌈amount · self⌉`.
    pub fn ceil_of(self, amount: u128) -> u128 {
        mul_div_ceil(amount, self.0, UNIT)
    }

    /// `1 / self`, floored at the 18th decimal; `None` for nought.
    ///
    /// The flooring shows: `1/0.6` is 1.666666666666666666, so 600 times it is 999.
    pub fn inverse(self) -> Option<Self> {
        (UNIT * UNIT).checked_div(self.0).map(Self)
    }

    /// `1 − self`; `None` above one.
    pub fn complement(self) -> Option<Self> {
        UNIT.checked_sub(self.0).map(Self)
    }

    /// `self + other`, saturating.
    pub const fn saturating_add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = format!("{}.{:018}", self.0 / UNIT, self.0 % UNIT);
        f.write_str(digits.trim_end_matches('0').trim_end_matches('.'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inverses_are_floored_at_the_eighteenth_decimal() {
        assert_eq!(Decimal::percent(60).inverse(), Some(Decimal::from_atomics(1_666_666_666_666_666_666)));
        assert_eq!(Decimal::percent(50).inverse(), Some(Decimal::percent(200)));
        assert_eq!(Decimal::ZERO.inverse(), None);
        assert_eq!(Decimal::from_atomics(u128::MAX).inverse(), Some(Decimal::ZERO));
    }

    #[test]
    fn ratios_refuse_a_zero_denominator_and_a_quotient_that_does_not_fit() {
        assert_eq!(Decimal::from_ratio(1, 3), Some(Decimal::from_atomics(333_333_333_333_333_333)));
        assert_eq!(Decimal::from_ratio(1, 0), None);
        assert_eq!(Decimal::from_ratio(u128::MAX, 1), None);
        assert_eq!(Decimal::from_ratio(u128::MAX, u128::MAX), Some(Decimal::ONE));
    }

    #[test]
    fn amounts_are_rounded_the_way_the_name_says() {
        let third = Decimal::from_atomics(333_333_333_333_333_333);
        assert_eq!((third.floor_of(3), third.ceil_of(3)), (0, 1));
        assert_eq!(Decimal::ONE.floor_of(u128::MAX), u128::MAX);
        assert_eq!(Decimal::percent(200).floor_of(u128::MAX), u128::MAX);
    }

    #[test]
    fn the_number_is_printed_without_trailing_noughts() {
        assert_eq!(Decimal::percent(10).to_string(), "0.1");
        assert_eq!(Decimal::ONE.to_string(), "1");
        assert_eq!(Decimal::percent(1800).to_string(), "18");
        assert_eq!(Decimal::ZERO.to_string(), "0");
    }
}

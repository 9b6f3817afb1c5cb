use std::fmt;
use std::str::FromStr;

use super::Refusal;
use crate::rules::integer::{mul_div_floor, mul_div_half_even};

/// 1 with 18 decimals.
const ONE: u128 = 1_000_000_000_000_000_000;

/// Decimals kept.
const PLACES: usize = 18;

/// A non-negative number with 18 decimals, `raw / 10¹⁸`, below 3.4·10²⁰: the protocol's `LegacyDec`.
///
/// The protocol's type is signed and 315 bits wide; what does not fit here is refused, never wrapped.
/// Source: cosmos-sdk, math/legacy_dec.go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Dec18(u128);

impl Dec18 {
    /// 0.
    pub const ZERO: Self = Self(0);
    /// 1.
    pub const ONE: Self = Self(ONE);

    /// The number `raw / 10¹⁸`.
    pub const fn from_raw(raw: u128) -> Self {
        Self(raw)
    }

    /// The number in units of 10⁻¹⁸.
    pub const fn raw(self) -> u128 {
        self.0
    }

    /// The whole number `n`; refused from 3.4·10²⁰ on.
    pub fn from_integer(n: u128) -> Result<Self, Refusal> {
        n.checked_mul(ONE).map(Self).ok_or(Refusal::OutOfRange)
    }

    /// The whole part, `⌊self⌋`.
    pub const fn truncate(self) -> u128 {
        self.0 / ONE
    }

    /// `self · factor` to 18 decimals, half to even (`Mul`).
    pub fn times(self, factor: Self) -> Result<Self, Refusal> {
        fits(mul_div_half_even(self.0, factor.0, ONE))
    }

    /// `self · by / over` to 18 decimals, rounded down (`MulInt` then `QuoInt`).
    pub fn scaled(self, by: u128, over: u128) -> Result<Self, Refusal> {
        if over == 0 {
            return Err(Refusal::DivisionByZero);
        }
        fits(mul_div_floor(self.0, by, over))
    }

    /// `self / divisor` to 18 decimals, rounded as `Quo` does.
    ///
    /// The quotient is cut after 36 decimals and then rounded half to even to 18, so that a quotient a hair
    /// above a tie counts as the tie.
    pub fn over(self, divisor: Self) -> Result<Self, Refusal> {
        let floor = self.over_truncated(divisor)?.0;
        let rest = self.0.wrapping_mul(ONE).wrapping_sub(floor.wrapping_mul(divisor.0));
        let beyond = mul_div_floor(rest, ONE, divisor.0);
        let up = beyond > ONE / 2 || (beyond == ONE / 2 && floor % 2 == 1);
        fits(floor.saturating_add(u128::from(up)))
    }

    /// `self / divisor` to 18 decimals, rounded down (`QuoTruncate`).
    pub fn over_truncated(self, divisor: Self) -> Result<Self, Refusal> {
        if divisor.0 == 0 {
            return Err(Refusal::DivisionByZero);
        }
        fits(mul_div_floor(self.0, ONE, divisor.0))
    }
}

/// The decimal `raw / 10¹⁸`, unless `raw` is where a quotient saturates.
fn fits(raw: u128) -> Result<Dec18, Refusal> {
    if raw == u128::MAX { Err(Refusal::OutOfRange) } else { Ok(Dec18(raw)) }
}

impl fmt::Display for Dec18 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:018}", self.0 / ONE, self.0 % ONE)
    }
}

impl FromStr for Dec18 {
    type Err = Refusal;

    /// Reads `12`, `0.05` or `.5`: digits, at most one point, one to 18 places after it, no sign.
    fn from_str(text: &str) -> Result<Self, Refusal> {
        let refusal = || Refusal::NotADecimal { text: text.to_owned() };
        let (whole, places) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        let empty = text.is_empty() || places.is_empty();
        if empty || places.len() > PLACES || !digits(whole) || !digits(places) {
            return Err(refusal());
        }
        let whole = if whole.is_empty() { "0" } else { whole };
        let raw = format!("{whole}{places:0<PLACES$}");
        raw.parse().map(Self).map_err(|_| Refusal::OutOfRange)
    }
}

/// A fraction in [0, 1] with 18 decimals, as slash fractions and minimum signing shares are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Fraction18(Dec18);

impl Fraction18 {
    /// 0: nothing.
    pub const ZERO: Self = Self(Dec18::ZERO);
    /// 1: all.
    pub const ONE: Self = Self(Dec18::ONE);

    /// `n / 10,000`, cut at 1; for the constants of this module.
    pub(super) const fn basis_points(n: u128) -> Self {
        Self(Dec18(if n < 10_000 { n * (ONE / 10_000) } else { ONE }))
    }

    /// `value` as a fraction; above 1 it is refused.
    pub fn new(value: Dec18) -> Result<Self, Refusal> {
        if value > Dec18::ONE { Err(Refusal::FractionBeyondOne { value }) } else { Ok(Self(value)) }
    }

    /// `raw / 10¹⁸`; above 1 it is refused.
    pub fn from_raw(raw: u128) -> Result<Self, Refusal> {
        Self::new(Dec18(raw))
    }

    /// `part / whole` to 18 decimals, half to even (`Quo`); refused above 1 and for a `whole` of 0.
    pub fn ratio(part: u128, whole: u128) -> Result<Self, Refusal> {
        Self::new(Dec18(part).over(Dec18(whole))?)
    }

    /// The fraction as a plain decimal.
    pub const fn value(self) -> Dec18 {
        self.0
    }

    /// The fraction in units of 10⁻¹⁸.
    pub const fn raw(self) -> u128 {
        self.0.0
    }

    /// `1 − self`.
    pub const fn complement(self) -> Self {
        Self(Dec18(ONE.saturating_sub(self.0.0)))
    }

    /// `⌊amount · self⌋` in whole units (`MulInt` then `TruncateInt`).
    pub fn of(self, amount: u128) -> u128 {
        mul_div_floor(amount, self.0.0, ONE)
    }

    /// `amount · self` to the nearest whole unit, half to even (`MulInt64` then `RoundInt64`).
    pub fn of_rounded(self, amount: u128) -> u128 {
        mul_div_half_even(amount, self.0.0, ONE)
    }
}

impl fmt::Display for Fraction18 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Fraction18 {
    type Err = Refusal;

    /// Reads `0.05`, `1` or `.5`, see [`Dec18`]; above 1 it is refused.
    fn from_str(text: &str) -> Result<Self, Refusal> {
        Self::new(text.parse()?)
    }
}

//! Exact small numbers: decimals read from their text, and thresholds as ratios with their tie rule.
//!
//! A decision about a threshold never passes through floating point: tokens are integers on a common scale and a
//! threshold `num/den` is compared in integers.

use thiserror::Error;

/// Most decimals that a number may be written with.
pub const MAX_DECIMALS: u32 = 18;

/// Why a text is not the number asked for.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FractionError {
    /// Not a plain decimal.
    #[error("`{0}` is not a plain non-negative decimal number")]
    NotDecimal(String),
    /// Too many digits for exact arithmetic.
    #[error("`{0}` has more than {MAX_DECIMALS} decimals or more than 30 digits")]
    TooManyDigits(String),
    /// Not a threshold.
    #[error("`{0}` is not a threshold: write `> 1/3`, `>= 1/3` or `> 0.5`")]
    NotThreshold(String),
    /// Outside (0, 1].
    #[error("a threshold must lie in (0, 1], got `{0}`")]
    OutsideUnit(String),
}

/// A non-negative decimal read exactly: `units · 10^−decimals`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decimal {
    /// Integer units.
    pub units: u128,
    /// Decimals, at most [`MAX_DECIMALS`], trailing zeros dropped.
    pub decimals: u32,
}

impl Decimal {
    /// Reads `12`, `0.5`, `.5`, `1_000.25` or `3e6`.
    ///
    /// # Errors
    /// If the text is not a plain non-negative decimal, or has too many digits.
    pub fn parse(text: &str) -> Result<Self, FractionError> {
        let bad = || FractionError::NotDecimal(text.to_owned());
        let plain: String = text.trim().chars().filter(|c| *c != '_').collect();
        let plain = plain.strip_prefix('+').unwrap_or(&plain);
        let (mantissa, exponent) = match plain.split_once(['e', 'E']) {
            Some((m, e)) => (m, e.parse::<i32>().map_err(|_| bad())?),
            None => (plain, 0),
        };
        let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = format!("{whole}{part}");
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(bad());
        }
        let too_many = || FractionError::TooManyDigits(text.to_owned());
        let part_len = i32::try_from(part.len()).map_err(|_| too_many())?;
        Self::scaled(&digits, part_len.saturating_sub(exponent)).ok_or_else(too_many)
    }

    /// `digits · 10^−decimals` in lowest form, `None` where that is not representable.
    fn scaled(digits: &str, decimals: i32) -> Option<Self> {
        let digits = digits.trim_start_matches('0');
        if digits.is_empty() {
            return Some(Self { units: 0, decimals: 0 });
        }
        let zeros = digits.len() - digits.trim_end_matches('0').len();
        let digits = digits.trim_end_matches('0');
        let decimals = decimals.checked_sub(i32::try_from(zeros).ok()?)?;
        if digits.len() > 30 || decimals > i32::try_from(MAX_DECIMALS).ok()? || decimals < -30 {
            return None;
        }
        let mantissa: u128 = digits.parse().ok()?;
        if decimals < 0 {
            let units = mantissa.checked_mul(10u128.checked_pow(decimals.unsigned_abs())?)?;
            return (units < 10u128.pow(30)).then_some(Self { units, decimals: 0 });
        }
        Some(Self { units: mantissa, decimals: decimals.unsigned_abs() })
    }

    /// Units on a scale of `decimals` ≥ its own; `None` on overflow.
    pub fn units_at(self, decimals: u32) -> Option<u128> {
        self.units.checked_mul(10u128.checked_pow(decimals.checked_sub(self.decimals)?)?)
    }
}

/// How much power an attack needs: `power > num/den · total`, or `≥` when not strict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Threshold {
    num: u64,
    den: u64,
    strict: bool,
}

impl Threshold {
    /// No power at all.
    pub const NOTHING: Self = Self { num: 0, den: 1, strict: false };

    /// Whether it needs no power.
    pub const fn is_nothing(self) -> bool {
        self.num == 0
    }

    /// More than `num/den` of the power. `num ≤ den`, both > 0.
    pub const fn more_than(num: u64, den: u64) -> Self {
        Self { num, den, strict: true }
    }
    /// At least `num/den` of the power. `num ≤ den`, both > 0.
    pub const fn at_least(num: u64, den: u64) -> Self {
        Self { num, den, strict: false }
    }

    /// Reads `> 1/3`, `>= 2/3`, `> 0.5`; without a sign, at least.
    ///
    /// # Errors
    /// If the text is no threshold or lies outside (0, 1].
    pub fn parse(text: &str) -> Result<Self, FractionError> {
        let trimmed = text.trim();
        let (strict, number) = match (trimmed.strip_prefix(">="), trimmed.strip_prefix('>')) {
            (Some(rest), _) => (false, rest),
            (None, Some(rest)) => (true, rest),
            (None, None) => (false, trimmed.strip_prefix('≥').unwrap_or(trimmed)),
        };
        let (num, den) = parse_ratio(number).ok_or_else(|| FractionError::NotThreshold(text.to_owned()))?;
        if num == 0 || num > den || (strict && num == den) {
            return Err(FractionError::OutsideUnit(text.to_owned()));
        }
        Ok(Self { num, den, strict })
    }

    /// Least integer power that reaches the threshold of `total`.
    ///
    /// `⌈num·total/den⌉`, or `⌊num·total/den⌋ + 1` when strict; exact for `total` < 2^96.
    pub fn least_power(self, total: u128) -> u128 {
        let (num, den) = (u128::from(self.num), u128::from(self.den));
        // One wide division; the rest fits 64 bits because both parts of the ratio are at most 10^9.
        let whole = total / den;
        let rest = u64::try_from(total - whole * den).unwrap_or(0) * self.num;
        let floor = whole * num + u128::from(rest / self.den);
        if self.strict || !rest.is_multiple_of(self.den) { floor + 1 } else { floor }
    }

    /// The ratio as a number in (0, 1]; 0 if it needs nothing.
    #[expect(clippy::cast_precision_loss, reason = "for prices of routes, never for a decision")]
    pub fn value(self) -> f64 {
        self.num as f64 / self.den as f64
    }
}

impl std::fmt::Display for Threshold {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}/{}", if self.strict { ">" } else { ">=" }, self.num, self.den)
    }
}

/// Reads `a/b` or a decimal of up to 9 decimals as a ratio of integers below 10^9 + 1.
pub fn parse_ratio(text: &str) -> Option<(u64, u64)> {
    const MOST: u64 = 1_000_000_000;
    if let Some((num, den)) = text.split_once('/') {
        let (num, den) = (num.trim().parse().ok()?, den.trim().parse().ok()?);
        return (den > 0 && num <= MOST && den <= MOST).then_some((num, den));
    }
    let decimal = Decimal::parse(text).ok()?;
    let den = 10u64.checked_pow(decimal.decimals).filter(|den| *den <= MOST)?;
    let num = u64::try_from(decimal.units).ok().filter(|num| *num <= MOST)?;
    Some((num, den))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_read_exactly() {
        let read = |text| Decimal::parse(text).unwrap();
        assert_eq!(read("22342404.732281"), Decimal { units: 22_342_404_732_281, decimals: 6 });
        assert_eq!(read("1_000.50"), Decimal { units: 10_005, decimals: 1 });
        assert_eq!(read("3e6"), Decimal { units: 3_000_000, decimals: 0 });
        assert_eq!(read("1.5e-3"), Decimal { units: 15, decimals: 4 });
        assert_eq!(read("0.000"), Decimal { units: 0, decimals: 0 });
        assert_eq!(read("1.5").units_at(6), Some(1_500_000));
    }

    #[test]
    fn what_is_not_a_decimal_is_refused() {
        for text in ["", "-1", "1,5", "nan", "inf", "0x10", "1e", "1/3", "."] {
            assert!(Decimal::parse(text).is_err(), "{text}");
        }
        for text in ["1e40", "0.0000000000000000001", "1234567890123456789012345678901"] {
            assert_eq!(Decimal::parse(text), Err(FractionError::TooManyDigits(text.to_owned())));
        }
    }

    #[test]
    fn ties_follow_the_sign() {
        assert_eq!(Threshold::more_than(1, 3).least_power(300), 101);
        assert_eq!(Threshold::at_least(1, 3).least_power(300), 100);
        assert_eq!(Threshold::more_than(1, 3).least_power(301), 101);
        assert_eq!(Threshold::at_least(1, 3).least_power(301), 101);
        assert_eq!(Threshold::more_than(2, 3).least_power(3), 3);
        assert_eq!(Threshold::at_least(1, 1).least_power(7), 7);
    }

    #[test]
    fn least_power_agrees_with_the_definition() {
        for total in 0..60u128 {
            for (num, den) in [(1u64, 3u64), (2, 3), (1, 2), (7, 20), (1, 1)] {
                for strict in [false, true] {
                    let reached = |power: u128| {
                        let (left, right) = (u128::from(den) * power, u128::from(num) * total);
                        if strict { left > right } else { left >= right }
                    };
                    let least = Threshold { num, den, strict }.least_power(total);
                    assert!(reached(least), "{num}/{den} {strict} {total}");
                    assert!(least == 0 || !reached(least - 1), "{num}/{den} {strict} {total}");
                }
            }
        }
    }

    #[test]
    fn thresholds_are_read_exactly_from_text() {
        assert_eq!(Threshold::parse("> 1/3"), Ok(Threshold::more_than(1, 3)));
        assert_eq!(Threshold::parse(">=0.35"), Ok(Threshold::at_least(35, 100)));
        assert_eq!(Threshold::parse("2/3"), Ok(Threshold::at_least(2, 3)));
        for text in ["> 0", "1.5", "> 1", ">= 4/3", "0/3"] {
            assert!(matches!(Threshold::parse(text), Err(FractionError::OutsideUnit(_))), "{text}");
        }
        for text in ["a third", "1/0", "", "< 1/3"] {
            assert!(matches!(Threshold::parse(text), Err(FractionError::NotThreshold(_))), "{text}");
        }
    }
}

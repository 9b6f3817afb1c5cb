//! Decimals multiplied exactly, and ratios compared exactly.

use crate::fraction::Decimal;
use std::cmp::Ordering;

/// `units · 10^−decimals`, not negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Number {
    units: i128,
    decimals: u32,
}

impl Number {
    /// Nothing.
    pub const ZERO: Self = Self { units: 0, decimals: 0 };

    /// The shortest decimal that reads back as this double: 0.05 is a twentieth. `None` for more than 18 decimals or 30 digits.
    pub fn of(value: f64) -> Option<Self> {
        let Decimal { units, decimals } = Decimal::parse(&format!("{value}")).ok()?;
        Some(Self { units: i128::try_from(units).ok()?, decimals })
    }

    /// The product; `None` if it has too many digits.
    pub fn times(self, other: Self) -> Option<Self> {
        let decimals = self.decimals.checked_add(other.decimals)?;
        Some(Self { units: self.units.checked_mul(other.units)?, decimals }.short())
    }

    /// The sum; `None` if it has too many digits.
    pub fn plus(self, other: Self) -> Option<Self> {
        let decimals = self.decimals.max(other.decimals);
        Some(Self { units: self.at(decimals)?.checked_add(other.at(decimals)?)?, decimals })
    }

    /// Its decimals.
    pub fn decimals(self) -> u32 {
        self.decimals
    }

    /// Units on a scale of `decimals`, at least its own; `None` on overflow.
    pub fn at(self, decimals: u32) -> Option<i128> {
        self.units.checked_mul(10i128.checked_pow(decimals.checked_sub(self.decimals)?)?)
    }

    /// Without zeros at the end.
    fn short(mut self) -> Self {
        while self.decimals > 0 && self.units % 10 == 0 {
            self = Self { units: self.units / 10, decimals: self.decimals - 1 };
        }
        self
    }
}

/// Compares `a/b` with `c/d`, all not negative, `b` and `d` above 0: whole parts first, then what is left, upside down.
pub fn compare_ratios((a, b): (i128, i128), (c, d): (i128, i128)) -> Ordering {
    let (mut left, mut right, mut turned) = ((a, b), (c, d), false);
    loop {
        let order = (left.0 / left.1).cmp(&(right.0 / right.1));
        let (p, q) = (left.0 % left.1, right.0 % right.1);
        let order = match (order, p, q) {
            (Ordering::Equal, 0, 0) => return Ordering::Equal,
            (Ordering::Equal, 0, _) => Ordering::Less,
            (Ordering::Equal, _, 0) => Ordering::Greater,
            (Ordering::Equal, p, q) => {
                (left, right, turned) = ((left.1, p), (right.1, q), !turned);
                continue;
            }
            (order, _, _) => order,
        };
        return if turned { order.reverse() } else { order };
    }
}

//! Fixed-point amounts with 18 decimals, as the Cosmos SDK keeps them.

use crate::rules::integer::mul_div_floor;

/// One, in the 18 decimals of the SDK's decimal numbers: a fraction `x` is kept as `x · 10¹⁸`.
pub const DEC: u128 = 1_000_000_000_000_000_000;

/// A token amount with 18 decimals: `tokens + dust·10⁻¹⁸`, `dust` < 10¹⁸.
///
/// Source: cosmos-sdk, types/dec_coin.go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Amount {
    tokens: u128,
    dust: u128,
}

impl Amount {
    /// An amount of whole tokens.
    pub const fn whole(tokens: u128) -> Self {
        Self { tokens, dust: 0 }
    }

    /// `tokens + dust·10⁻¹⁸` for any `dust`; saturates.
    pub const fn new(tokens: u128, dust: u128) -> Self {
        Self { tokens: tokens.saturating_add(dust / DEC), dust: dust % DEC }
    }

    /// Whole tokens, in the smallest unit of the denomination.
    pub const fn tokens(self) -> u128 {
        self.tokens
    }

    /// What is left over, in 10⁻¹⁸ of that unit, below 10¹⁸.
    pub const fn dust(self) -> u128 {
        self.dust
    }

    /// Sum; saturates.
    pub const fn plus(self, other: Self) -> Self {
        Self::new(self.tokens.saturating_add(other.tokens), self.dust + other.dust)
    }

    /// Difference, 0 where the other is larger.
    pub fn minus(self, other: Self) -> Self {
        if self <= other {
            return Self::default();
        }
        if self.dust >= other.dust {
            Self { tokens: self.tokens - other.tokens, dust: self.dust - other.dust }
        } else {
            Self { tokens: self.tokens - other.tokens - 1, dust: self.dust + DEC - other.dust }
        }
    }

    /// Product with a fraction of at most 1, cut off after the 18th decimal (`MulDecTruncate`).
    pub fn times_truncated(self, fraction_dec: u128) -> Self {
        let (exact, low) = self.product(fraction_dec);
        exact.plus(Self::new(0, low / DEC))
    }

    /// Product with a fraction of at most 1, rounded half to even at the 18th decimal (`MulDec`).
    pub fn times_rounded(self, fraction_dec: u128) -> Self {
        let (exact, low) = self.product(fraction_dec);
        let floor = exact.plus(Self::new(0, low / DEC));
        // 10¹⁸ is even, so the last bit of the dust is the last bit of the whole number of 10⁻¹⁸.
        let up = match (2 * (low % DEC)).cmp(&DEC) {
            std::cmp::Ordering::Less => 0,
            std::cmp::Ordering::Equal => floor.dust % 2,
            std::cmp::Ordering::Greater => 1,
        };
        floor.plus(Self::new(0, up))
    }

    /// `tokens · fraction` exactly, and `dust · fraction` in 10⁻³⁶.
    fn product(self, fraction_dec: u128) -> (Self, u128) {
        let fraction = fraction_dec.min(DEC);
        let tokens = mul_div_floor(self.tokens, fraction, DEC);
        // The rest is below 10¹⁸, so its low 128 bits are all of it.
        let dust = self.tokens.wrapping_mul(fraction).wrapping_sub(tokens.wrapping_mul(DEC));
        (Self { tokens, dust }, self.dust * fraction)
    }
}

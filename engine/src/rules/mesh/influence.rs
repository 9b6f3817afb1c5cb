//! What share of a consumer the providers can come to hold.

use super::{Decimal, Error};
use crate::rules::integer::mul_div_floor;

/// Whether cross-stake counts in the consumer's governance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GovernanceRights {
    /// It votes as native stake does.
    Voting,
    /// It only signs blocks.
    None,
}

/// A share of power as an exact ratio.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Influence {
    /// The provider's cap, base units of the consumer's token.
    pub cap: u128,
    /// Native stake and all caps together.
    pub total: u128,
}

impl Influence {
    /// The share in basis points, rounded down; 0 of 0 is 0.
    pub fn basis_points(self) -> u128 {
        if self.total == 0 {
            return 0;
        }
        mul_div_floor(self.cap, 10_000, self.total)
    }

    /// Whether the share is at least a third: enough to halt a chain whose commits need more than two thirds.
    pub fn can_halt(self) -> bool {
        // 3·cap ≥ total without the product: cap is at least the ceiling of total/3.
        self.total > 0 && self.cap >= self.total.div_ceil(3)
    }

    /// The share in governance.
    pub fn in_governance(self, rights: GovernanceRights) -> Self {
        match rights {
            GovernanceRights::Voting => self,
            GovernanceRights::None => Self { cap: 0, ..self },
        }
    }
}

/// Most power each provider can have on a consumer: `capᵢ/(native + Σ cap)`, every cap being full.
///
/// A provider whose own cap alone is full reaches a larger share; pass it as the only cap then.
/// Source: mesh-security, docs/UseCases.md.
///
/// # Errors
/// [`Error::Overflow`].
pub fn provider_influence(native: u128, caps: &[u128]) -> Result<Vec<Influence>, Error> {
    let overflow = Error::Overflow { quantity: "power of the consumer" };
    let total = caps.iter().try_fold(native, |sum, cap| sum.checked_add(*cap)).ok_or(overflow)?;
    Ok(caps.iter().map(|cap| Influence { cap: *cap, total }).collect())
}

/// How many consumers one collateral can back in full when each may slash `slash_ratio` of its lien: `⌊1/ratio⌋`, the
/// most k with `k·ratio ≤ 1`; `None` for a ratio of nought, which sets no limit.
///
/// 5 % lets one token back 20 consumers, 40 % only 2. Source: mesh-security, docs/README.md.
pub fn consumers_backed(slash_ratio: Decimal) -> Option<u128> {
    Decimal::ONE.atomics().checked_div(slash_ratio.atomics())
}

use super::{Dec18, Refusal};
use crate::rules::integer::mul_div_floor;

/// End of the sentence for a double sign: the last second of the year 9999, Unix seconds.
///
/// Source: cosmos-sdk, x/evidence/types/params.go.
pub const DOUBLE_SIGN_JAIL_END_S: i64 = 253_402_300_799;

/// Where a validator's stake stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// In the active set.
    Bonded,
    /// On its way out, still slashable.
    Unbonding,
    /// Out, no longer slashable.
    Unbonded,
}

/// Whether a validator may take part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Custody {
    /// At liberty.
    Free,
    /// In jail; may ask for release from `until_s` (Unix seconds) on.
    Jailed {
        /// End of the sentence, Unix seconds.
        until_s: i64,
    },
    /// In jail for ever after a double sign; no further evidence counts.
    Tombstoned,
}

impl Custody {
    /// End of the sentence, Unix seconds; `None` at liberty.
    pub const fn until_s(self) -> Option<i64> {
        match self {
            Self::Free => None,
            Self::Jailed { until_s } => Some(until_s),
            Self::Tombstoned => Some(DOUBLE_SIGN_JAIL_END_S),
        }
    }

    /// Liberty, if the sentence is served at `now_s`, the last second excluded from it.
    ///
    /// The protocol also asks for the operator's own delegation, which is not kept here. Source: cosmos-sdk,
    /// x/slashing/keeper/unjail.go.
    pub fn release(self, now_s: i64) -> Result<Self, Refusal> {
        match self {
            Self::Free => Err(Refusal::NotJailed),
            Self::Tombstoned => Err(Refusal::Tombstoned),
            Self::Jailed { until_s } if now_s < until_s => Err(Refusal::StillJailed { until_s, now_s }),
            Self::Jailed { .. } => Ok(Self::Free),
        }
    }
}

/// A validator's pot: tokens that belong to the holders of its shares, pro rata.
///
/// Slashing takes tokens and leaves shares, so it falls on all delegators alike, those who came after the
/// offence too. Source: cosmos-sdk, x/staking/types/validator.go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validator {
    /// Standing in the active set.
    pub status: Status,
    /// Jail and tombstone.
    pub custody: Custody,
    /// Base units in the pot.
    pub tokens: u128,
    /// Shares of all delegators.
    pub shares: Dec18,
}

impl Validator {
    /// A bonded validator at liberty whose shares are worth one base unit each; refused from 3.4·10²⁰ tokens on.
    pub fn bonded(tokens: u128) -> Result<Self, Refusal> {
        let shares = Dec18::from_integer(tokens)?;
        Ok(Self { status: Status::Bonded, custody: Custody::Free, tokens, shares })
    }

    /// Takes a delegation of `amount` base units and returns the shares issued, `shares · amount / tokens`
    /// rounded down.
    ///
    /// The first delegation buys one share a unit. Refused while shares exist that are worth nothing. Source:
    /// cosmos-sdk, x/staking/types/validator.go (`AddTokensFromDel`).
    pub fn delegate(&mut self, amount: u128) -> Result<Dec18, Refusal> {
        let issued = match (self.shares, self.tokens) {
            (Dec18::ZERO, _) => Dec18::from_integer(amount)?,
            (shares, 0) => return Err(Refusal::WorthlessShares { shares }),
            (shares, tokens) => shares.scaled(amount, tokens)?,
        };
        let tokens = self.tokens.checked_add(amount).ok_or(Refusal::OutOfRange)?;
        let shares = self.shares.raw().checked_add(issued.raw()).ok_or(Refusal::OutOfRange)?;
        (self.tokens, self.shares) = (tokens, Dec18::from_raw(shares));
        Ok(issued)
    }

    /// What `shares` are worth, `shares · tokens / all shares` to 18 decimals, rounded as `Quo` does.
    ///
    /// Refused if there are not that many shares; 0 shares are worth 0.
    pub fn worth(&self, shares: Dec18) -> Result<Dec18, Refusal> {
        let (whole, places) = self.split_worth(shares)?;
        let raw = Dec18::from_integer(whole)?.raw().checked_add(places.raw());
        raw.map(Dec18::from_raw).ok_or(Refusal::OutOfRange)
    }

    /// Gives up `shares` and returns the base units they release, [`worth`](Self::worth) rounded down.
    ///
    /// The last shares take the whole pot, crumbs included; 0 shares release nothing. Source: cosmos-sdk,
    /// x/staking/types/validator.go (`RemoveDelShares`).
    pub fn undelegate(&mut self, shares: Dec18) -> Result<u128, Refusal> {
        let (whole, places) = self.split_worth(shares)?;
        if shares == Dec18::ZERO {
            return Ok(0);
        }
        let rest = Dec18::from_raw(self.shares.raw() - shares.raw());
        let released = if rest == Dec18::ZERO { self.tokens } else { whole + places.truncate() };
        self.tokens = self.tokens.saturating_sub(released);
        self.shares = rest;
        Ok(released)
    }

    /// Worth of `shares` as whole base units and a decimal part in [0, 1]; the part is 1 where it is rounded up.
    fn split_worth(&self, shares: Dec18) -> Result<(u128, Dec18), Refusal> {
        if shares > self.shares {
            return Err(Refusal::SharesBeyondValidator { shares, total: self.shares });
        }
        if shares == Dec18::ZERO {
            return Ok((0, Dec18::ZERO));
        }
        let (part, all) = (shares.raw(), self.shares.raw());
        let whole = mul_div_floor(part, self.tokens, all);
        let rest = part.wrapping_mul(self.tokens).wrapping_sub(whole.wrapping_mul(all));
        Ok((whole, Dec18::from_raw(rest).over(self.shares)?))
    }
}

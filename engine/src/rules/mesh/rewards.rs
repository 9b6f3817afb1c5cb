//! Rewards of one validator: points a token, with what does not divide carried to the next payment.

use super::{Error, Range};

/// Points that one reward unit is worth.
pub const POINTS_SCALE: u128 = 1_000_000_000;

/// What one validator's stakers are owed for each token, as it accrues.
///
/// The contract counts in 256 bits; here a payment whose points leave 128 bits (rewards near 10²⁹) is refused.
/// Source: mesh-security, contracts/provider/external-staking/src/{contract,state,points_alignment}.rs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Distribution {
    /// Acknowledged stake of all users, base units.
    pub total_stake: u128,
    /// Points a staked base unit has earned since the start.
    pub points_per_stake: u128,
    /// Points that did not divide, below `total_stake`.
    pub leftover: u128,
}

impl Distribution {
    /// Pays `amount`: each staked unit earns `⌊(amount·10⁹ + leftover)/total⌋` points, the rest is the new leftover.
    ///
    /// # Errors
    /// [`Error::NothingStaked`], [`Error::Overflow`].
    pub fn distribute(&mut self, amount: u128) -> Result<(), Error> {
        let overflow = Error::Overflow { quantity: "reward points" };
        let scaled = amount.checked_mul(POINTS_SCALE).and_then(|points| points.checked_add(self.leftover));
        let points = scaled.ok_or(overflow.clone())?;
        let each = points.checked_div(self.total_stake).ok_or(Error::NothingStaked)?;
        self.points_per_stake = self.points_per_stake.checked_add(each).ok_or(overflow)?;
        self.leftover = points % self.total_stake;
        Ok(())
    }
}

/// One staker's account of points.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Earnings {
    /// Points to add to stake · points per stake, for stake that came late (negative) or has gone (positive).
    alignment: i128,
    /// Rewards already paid out.
    withdrawn: u128,
}

impl Earnings {
    /// Stake that comes now has no part in the points so far.
    pub fn stake_increased(&mut self, amount: u128, points_per_stake: u128) -> Result<(), Error> {
        let points = signed_points(amount, points_per_stake)?;
        self.alignment = self.alignment.checked_sub(points).ok_or(OVERFLOW)?;
        Ok(())
    }

    /// Stake that goes now keeps the points so far.
    pub fn stake_decreased(&mut self, amount: u128, points_per_stake: u128) -> Result<(), Error> {
        let points = signed_points(amount, points_per_stake)?;
        self.alignment = self.alignment.checked_add(points).ok_or(OVERFLOW)?;
        Ok(())
    }

    /// `⌊(low stake · points per stake + alignment)/10⁹⌋ − withdrawn`.
    ///
    /// The low end goes against a user with an unstaking in flight, and may even fall below what is withdrawn.
    pub fn owed(&self, bonded: Range, points_per_stake: u128) -> Result<u128, Error> {
        let points = signed_points(bonded.low(), points_per_stake)?;
        let aligned = points.checked_add(self.alignment).ok_or(OVERFLOW)?;
        let total = u128::try_from(aligned).map_err(|_| OVERFLOW)? / POINTS_SCALE;
        total.checked_sub(self.withdrawn).ok_or(OVERFLOW)
    }

    pub fn withdraw(&mut self, amount: u128) -> Result<(), Error> {
        self.withdrawn = self.withdrawn.checked_add(amount).ok_or(OVERFLOW)?;
        Ok(())
    }
}

const OVERFLOW: Error = Error::Overflow { quantity: "reward points" };

fn signed_points(amount: u128, points_per_stake: u128) -> Result<i128, Error> {
    let points = amount.checked_mul(points_per_stake).ok_or(OVERFLOW)?;
    i128::try_from(points).map_err(|_| OVERFLOW)
}

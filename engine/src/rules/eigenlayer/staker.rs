//! A staker's claim in one strategy: deposit shares, times its scaling factor, times the slashing factor.

use crate::rules::eigenlayer::Error;
use crate::rules::eigenlayer::parameters::QueueRecord;
use crate::rules::eigenlayer::wad::{WAD, div_wad, mul_wad, mul_wad_twice, part_floor};

/// The factor all slashes leave of a staker's claim, `⌊m·l/10¹⁸⌋`, in 10⁻¹⁸.
///
/// `max_magnitude` is that of the staker's operator (10¹⁸ if it has none), `beacon_factor` that of its own validators
/// (10¹⁸ for liquid tokens). Can round to 0 though neither is.
pub fn slashing_factor(max_magnitude: u64, beacon_factor: u64) -> u64 {
    part_floor(max_magnitude.min(WAD), beacon_factor.min(WAD))
}

/// One staker's deposit in one strategy.
///
/// What it can withdraw is `⌊⌊s·k⌋·f⌋` with deposit shares `s`, scaling factor `k` and slashing factor `f`. The
/// scaling factor makes a deposit after a slash worth its face: it forgives the past, at a rounding that is
/// always against the staker. Source: eigenlayer-contracts, src/contracts/libraries/SlashingLib.sol,
/// docs/core/accounting/SharesAccounting.md.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Staker {
    deposit_shares: u128,
    scaling_factor: u128,
}

/// What a withdrawal takes from staker and operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueuedShares {
    /// `⌊x·k⌋`, which the withdrawal stores and completion multiplies by the slashing factor.
    pub scaled: u128,
    /// What it is worth now, and what the operator's shares fall by.
    pub withdrawable: u128,
    /// What it adds to the scaled shares a slash of the operator can still reach.
    pub recorded: u128,
}

impl Default for Staker {
    fn default() -> Self {
        Self::new(0, WAD.into())
    }
}

impl Staker {
    /// A staker with `deposit_shares` and a scaling factor in 10⁻¹⁸; a factor of 0 stands for 10¹⁸, as in the
    /// contracts.
    pub fn new(deposit_shares: u128, scaling_factor: u128) -> Self {
        Self { deposit_shares, scaling_factor: if scaling_factor == 0 { WAD.into() } else { scaling_factor } }
    }

    /// Deposit shares `s`; slashes do not lower them.
    pub const fn deposit_shares(&self) -> u128 {
        self.deposit_shares
    }

    /// Deposit scaling factor `k`, in 10⁻¹⁸, at least 1.
    pub const fn scaling_factor(&self) -> u128 {
        self.scaling_factor
    }

    /// Shares it could withdraw, `⌊⌊s·k⌋·f⌋`.
    pub fn withdrawable(&self, factor: u64) -> u128 {
        self.worth(self.deposit_shares, factor)
    }

    /// What `deposit_shares` of this staker are worth.
    fn worth(&self, deposit_shares: u128, factor: u64) -> u128 {
        mul_wad_twice(deposit_shares, self.scaling_factor, factor)
    }

    /// Deposit shares that make up `withdrawable`, `⌊⌊w/k⌋/f⌋`.
    pub fn deposit_shares_for(&self, withdrawable: u128, factor: u64) -> Result<u128, Error> {
        if factor == 0 {
            return Err(Error::FullySlashed);
        }
        Ok(div_wad(div_wad(withdrawable, self.scaling_factor), factor.into()))
    }

    /// Adds `added` shares at slashing factor `factor`; the operator's shares rise by as much.
    ///
    /// First deposit: `k' = ⌊k/f⌋`. Later ones: `k' = ⌊⌊(withdrawable + added)/(s + added)⌋/f⌋`, refused where
    /// that is 0. A deposit of nothing changes nothing; a factor of 0 refuses every deposit.
    pub fn deposit(&mut self, added: u128, factor: u64) -> Result<(), Error> {
        if factor == 0 {
            return Err(Error::FullySlashed);
        }
        if added == 0 {
            return Ok(());
        }
        let held = self.deposit_shares;
        let overflow = Error::SharesOverflow { held, added };
        let deposit_shares = held.checked_add(added).ok_or(overflow)?;
        let scaling_factor = if held == 0 {
            div_wad(self.scaling_factor, factor.into())
        } else {
            let worth = self.withdrawable(factor).checked_add(added).ok_or(overflow)?;
            div_wad(div_wad(worth, deposit_shares), factor.into())
        };
        if scaling_factor == 0 {
            return Err(Error::ScalingFactorZero { deposit_shares: held, added });
        }
        *self = Self { deposit_shares, scaling_factor };
        Ok(())
    }

    /// Delegates to an operator of `max_magnitude`, which gains the shares returned.
    ///
    /// The operator's past slashes are forgiven, `k' = ⌊k/m⌋`; the staker's own beacon-chain losses are not: it
    /// brings `⌊⌊s·k⌋·l⌋` shares, at `beacon_factor` 10¹⁸ (liquid tokens) all of them. Source:
    /// eigenlayer-contracts, src/contracts/core/DelegationManager.sol (`_delegate`).
    pub fn delegate(&mut self, max_magnitude: u64, beacon_factor: u64) -> Result<u128, Error> {
        if self.deposit_shares == 0 {
            return Ok(0);
        }
        if max_magnitude == 0 {
            return Err(Error::FullySlashed);
        }
        let delegated = self.withdrawable(beacon_factor.min(WAD));
        if delegated > 0 {
            self.scaling_factor = div_wad(self.scaling_factor, max_magnitude.min(WAD).into());
        }
        Ok(delegated)
    }

    /// Moves `deposit_shares` into the withdrawal queue; taking the last one resets the scaling factor to 1.
    ///
    /// Leaving the operator is queueing everything.
    pub fn queue(
        &mut self,
        deposit_shares: u128,
        factor: u64,
        record: QueueRecord,
    ) -> Result<QueuedShares, Error> {
        let held = self.deposit_shares;
        if deposit_shares > held {
            return Err(Error::TooManyShares { asked: deposit_shares, held });
        }
        let scaled = mul_wad(deposit_shares, self.scaling_factor);
        let withdrawable = self.worth(deposit_shares, factor);
        let recorded = match record {
            QueueRecord::Scaled => scaled,
            QueueRecord::Backed if factor == 0 => 0,
            QueueRecord::Backed => div_wad(withdrawable, factor.into()),
        };
        let left = held - deposit_shares;
        *self = if left == 0 { Self::default() } else { Self { deposit_shares: left, ..*self } };
        Ok(QueuedShares { scaled, withdrawable, recorded })
    }
}

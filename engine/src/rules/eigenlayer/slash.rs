//! What a slash takes: magnitude rounded up, shares rounded down.

use crate::rules::eigenlayer::Error;
use crate::rules::eigenlayer::wad::{WAD, part_ceil, ratio_floor};
use crate::rules::integer::mul_div_ceil;

/// What one slash did to an operator's magnitude in a strategy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlashOutcome {
    /// Magnitude slashed, `⌈current·wad/10¹⁸⌉`.
    pub slashed: u64,
    /// Greatest magnitude before.
    pub max_before: u64,
    /// Greatest magnitude after.
    pub max_after: u64,
}

impl SlashOutcome {
    /// The part of the operator's whole stake that was slashed, as the contract reports it; see [`reported_wad`].
    pub fn wad_slashed(&self) -> u64 {
        reported_wad(self.slashed, self.max_before)
    }

    /// Shares that an operator with `shares` in the strategy loses; see [`shares_lost`].
    pub fn shares_lost(&self, shares: u128) -> u128 {
        shares_lost(shares, self.max_before, self.max_after)
    }
}

/// The part of all stake that a slashed magnitude is, `⌊slashed·10¹⁸/max_before⌋`; 0 where nothing was left to slash.
///
/// Source: eigenlayer-contracts, src/contracts/core/AllocationManager.sol (`_slashOperator`).
pub fn reported_wad(slashed: u64, max_before: u64) -> u64 {
    if max_before == 0 { 0 } else { ratio_floor(slashed, WAD, max_before) }
}

/// Shares that an operator loses when its greatest magnitude falls, `S − ⌈S·max_after/max_before⌉`.
///
/// Rounded so as never to take too much: a slash too small for one share takes none, though the magnitude is
/// gone. Nothing is lost where the magnitude was 0 before. Source: eigenlayer-contracts,
/// src/contracts/libraries/SlashingLib.sol (`calcSlashedAmount`).
pub fn shares_lost(shares: u128, max_before: u64, max_after: u64) -> u128 {
    if max_before == 0 {
        return 0;
    }
    shares.saturating_sub(mul_div_ceil(shares, max_after.into(), max_before.into()))
}

/// Slashes the part `wad` of an allocation of `current` magnitude.
pub(super) fn slash_magnitude(current: u64, max: u64, wad: u64) -> Result<SlashOutcome, Error> {
    if wad == 0 || wad > WAD {
        return Err(Error::BadWad { wad });
    }
    let slashed = part_ceil(current, wad);
    Ok(SlashOutcome { slashed, max_before: max, max_after: max.saturating_sub(slashed) })
}

/// What an operator brings to a series of slashes in one strategy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperatorStake {
    /// Shares delegated to it; one share of native ETH is one wei.
    pub shares: u128,
    /// Its greatest magnitude, at most 10¹⁸ (10¹⁸ if never slashed).
    pub max_magnitude: u64,
    /// Magnitude allocated and in force, by set; their sum is at most the greatest magnitude.
    pub magnitudes: Vec<u64>, // [set]
}

/// One set slashing the operator once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlashEvent {
    /// Which set.
    pub set: usize,
    /// Part of its allocation, in 10⁻¹⁸, above 0 and at most 10¹⁸.
    pub wad: u64,
}

/// What a series of slashes took and left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlashedInOrder {
    /// Shares lost, by event.
    pub losses: Vec<u128>, // [event]
    /// What the operator has left.
    pub left: OperatorStake,
}

impl SlashedInOrder {
    /// Shares lost in all.
    pub fn lost(&self) -> u128 {
        self.losses.iter().fold(0, |sum, loss| sum.saturating_add(*loss))
    }
}

/// Lets each event slash the operator after the one before, every step at the contracts' rounding.
///
/// Losses of different sets add up and never count a share twice; two slashes by one set compound on what the first
/// left. Refuses magnitudes that exceed their sum's limit, unknown sets and parts outside 1…10¹⁸.
pub fn slash_in_order(stake: &OperatorStake, events: &[SlashEvent]) -> Result<SlashedInOrder, Error> {
    check(stake)?;
    let mut left = stake.clone();
    let mut losses = Vec::with_capacity(events.len());
    for event in events {
        let n_sets = left.magnitudes.len();
        let set = event.set;
        let current = left.magnitudes.get_mut(set).ok_or(Error::UnknownSet { set, n_sets })?;
        let outcome = slash_magnitude(*current, left.max_magnitude, event.wad)?;
        *current -= outcome.slashed;
        let loss = outcome.shares_lost(left.shares);
        left.max_magnitude = outcome.max_after;
        left.shares -= loss;
        losses.push(loss);
    }
    Ok(SlashedInOrder { losses, left })
}

/// Refuses magnitudes above 10¹⁸ or above what they come from.
fn check(stake: &OperatorStake) -> Result<(), Error> {
    let max_magnitude = stake.max_magnitude;
    if max_magnitude > WAD {
        return Err(Error::MagnitudeAboveMaximum { magnitude: max_magnitude });
    }
    let allocated = stake.magnitudes.iter().fold(0_u128, |sum, m| sum.saturating_add(u128::from(*m)));
    if allocated > u128::from(max_magnitude) {
        return Err(Error::OverAllocated { allocated, max_magnitude });
    }
    Ok(())
}

//! Slashable stake of an operator set, now and over a horizon.

use crate::rules::eigenlayer::magnitude::{Magnitudes, PendingChange};
use crate::rules::eigenlayer::wad::{WAD, mul_wad, ratio_floor};

/// Shares that an allocation of `current` out of `max` magnitude stands for, `⌊S·⌊current·10¹⁸/max⌋/10¹⁸⌋`; 0 if
/// `max` is 0.
///
/// Source: eigenlayer-contracts, src/contracts/core/AllocationManagerView.sol (`_getMinimumAllocatedStake`).
pub fn slashable_stake(shares: u128, current: u64, max: u64) -> u128 {
    if max == 0 {
        return 0;
    }
    mul_wad(shares, ratio_floor(current.min(max), WAD, max).into())
}

/// Shares allocated to `set` at `block`, whether or not the operator is registered to it.
pub fn allocated_stake(magnitudes: &Magnitudes, set: usize, shares: u128, block: u64) -> u128 {
    slashable_stake(shares, magnitudes.current(set, block), magnitudes.max())
}

/// The least stake that `set` can slash at any block from `block` to `horizon`, on what is known at `block`.
///
/// A decrease that acts by `horizon` counts as gone, an increase that acts by then does not count yet. 0 where
/// the set cannot slash the operator at `block`; a registration that runs out before `horizon` still counts, as
/// in the contract.
pub fn minimum_slashable_stake(
    magnitudes: &Magnitudes,
    set: usize,
    shares: u128,
    block: u64,
    horizon: u64,
) -> u128 {
    if !magnitudes.registration(set).is_slashable(block) {
        return 0;
    }
    let current = magnitudes.current(set, block);
    let left = match magnitudes.pending(set, block) {
        Some(PendingChange::Decrease { by, effect_block }) if effect_block <= horizon => {
            current.saturating_sub(by)
        }
        _ => current,
    };
    slashable_stake(shares, left, magnitudes.max())
}

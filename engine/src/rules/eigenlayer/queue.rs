//! The withdrawal queue: what a queued withdrawal pays, and what a slash still takes from it.

use crate::rules::eigenlayer::Error;
use crate::rules::eigenlayer::staker::slashing_factor;
use crate::rules::eigenlayer::wad::mul_wad;

/// One queued withdrawal from one strategy.
///
/// Source: eigenlayer-contracts, src/contracts/core/DelegationManager.sol (`_completeQueuedWithdrawal`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueuedWithdrawal {
    scaled: u128,
    slashable_until: u64,
}

impl QueuedWithdrawal {
    /// A withdrawal of `scaled` shares queued at `start_block`.
    pub const fn new(scaled: u128, start_block: u64, withdrawal_delay: u64) -> Self {
        Self { scaled, slashable_until: start_block.saturating_add(withdrawal_delay) }
    }

    /// Scaled shares `q`.
    pub const fn scaled(&self) -> u128 {
        self.scaled
    }

    /// Last block in which the operator's slashes reach it, start plus delay; completion reads the magnitude here.
    pub const fn slashable_until(&self) -> u64 {
        self.slashable_until
    }

    /// Whether a slash at `block` reaches it; from the next block on it can be completed.
    pub const fn is_slashable(&self, block: u64) -> bool {
        block <= self.slashable_until
    }

    /// Shares paid on completion at `block`, `⌊q·⌊m·l⌋⌋`.
    ///
    /// `max_at_end` is the operator's greatest magnitude as of [`Self::slashable_until`] (of the operator it was
    /// queued under, 10¹⁸ if none), `beacon_now` the staker's beacon-chain factor at completion (10¹⁸ for liquid
    /// tokens).
    pub fn payout(&self, block: u64, max_at_end: u64, beacon_now: u64) -> Result<u128, Error> {
        if self.is_slashable(block) {
            return Err(Error::DelayNotElapsed { slashable_until: self.slashable_until, block });
        }
        Ok(mul_wad(self.scaled, slashing_factor(max_at_end, beacon_now).into()))
    }
}

/// Scaled shares queued under one operator in one strategy, which slashes can still reach for a while.
///
/// Source: eigenlayer-contracts, src/contracts/core/DelegationManager.sol (`_getSlashableSharesInQueue`). For
/// native ETH the contract leaves the stakers' beacon-chain factors out here; the sum can exceed what the queue
/// holds.
#[derive(Clone, Debug)]
pub struct WithdrawalQueue {
    withdrawal_delay: u64,
    entries: Vec<(u64, u128)>, // (start block, scaled shares recorded)
}

impl WithdrawalQueue {
    /// An empty queue.
    pub const fn new(withdrawal_delay: u64) -> Self {
        Self { withdrawal_delay, entries: Vec::new() }
    }

    /// Records `scaled` shares queued at `start_block`.
    pub fn add(&mut self, scaled: u128, start_block: u64) {
        self.entries.push((start_block, scaled));
    }

    /// Scaled shares that a slash at `block` reaches: queued from `block − delay` to `block`.
    pub fn slashable_scaled(&self, block: u64) -> u128 {
        let oldest = block.saturating_sub(self.withdrawal_delay);
        let open = self.entries.iter().filter(|(start, _)| (oldest..=block).contains(start));
        open.fold(0, |sum, (_, scaled)| sum.saturating_add(*scaled))
    }

    /// What the reachable shares are worth at the operator's greatest magnitude, `⌊Σq·m/10¹⁸⌋`.
    pub fn slashable_shares(&self, block: u64, max_magnitude: u64) -> u128 {
        self.slashed_shares(block, max_magnitude, 0)
    }

    /// Shares that a fall of the greatest magnitude at `block` takes from the queue,
    /// `⌊Σq·(max_before − max_after)/10¹⁸⌋`.
    ///
    /// They are burned or paid out on top of what the operator's own shares lose.
    pub fn slashed_shares(&self, block: u64, max_before: u64, max_after: u64) -> u128 {
        mul_wad(self.slashable_scaled(block), max_before.saturating_sub(max_after).into())
    }
}

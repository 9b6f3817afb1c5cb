//! What the module refuses.

use crate::rules::eigenlayer::redistribution::Asset;

/// What the contracts would revert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// No such operator set.
    #[error("operator set must be below {n_sets}, the number of sets, got {set}")]
    UnknownSet {
        /// The set asked for.
        set: usize,
        /// How many there are.
        n_sets: usize,
    },
    /// Blocks run forwards only.
    #[error("block must be at least {latest}, the latest that changed anything, got {block}")]
    BlockInThePast {
        /// The block given.
        block: u64,
        /// The latest block used.
        latest: u64,
    },
    /// The set's allocation already has a change waiting.
    #[error("set {set} may have one pending change, and has one that acts from block {effect_block}")]
    ChangeAlreadyPending {
        /// The set.
        set: usize,
        /// When the waiting change acts.
        effect_block: u64,
    },
    /// The allocation would stay as it is.
    #[error("a changed magnitude must differ from the present one, got {magnitude} again")]
    SameMagnitude {
        /// The magnitude.
        magnitude: u64,
    },
    /// Above 10¹⁸.
    #[error("magnitude must be at most 1000000000000000000, got {magnitude}")]
    MagnitudeAboveMaximum {
        /// The magnitude.
        magnitude: u64,
    },
    /// More than is free.
    #[error("added magnitude must be at most the allocatable {allocatable}, got {added}")]
    NotAllocatable {
        /// What the allocation adds.
        added: u64,
        /// The free magnitude.
        allocatable: u64,
    },
    /// The allocations handed over exceed the magnitude they come from.
    #[error(
        "allocated magnitudes must sum to at most the greatest magnitude {max_magnitude}, got {allocated}"
    )]
    OverAllocated {
        /// Sum of the allocations.
        allocated: u128,
        /// The magnitude they come from.
        max_magnitude: u64,
    },
    /// Registered, or still slashable after deregistering.
    #[error("operator must have left set {set} and its delay behind to register at block {block}")]
    StillSlashable {
        /// The set.
        set: usize,
        /// The block.
        block: u64,
    },
    /// Not a member.
    #[error("operator must be registered to set {set} to leave it")]
    NotRegistered {
        /// The set.
        set: usize,
    },
    /// The set cannot slash this operator any more, or not yet.
    #[error(
        "operator must be registered to set {set}, or have left at most the delay ago, to be slashed at block {block}"
    )]
    NotSlashable {
        /// The set.
        set: usize,
        /// The block.
        block: u64,
    },
    /// The set does not use the strategy.
    #[error("set {set} must contain the strategy to slash it")]
    StrategyNotInSet {
        /// The set.
        set: usize,
    },
    /// A slash of nothing or of more than all.
    #[error("wad to slash must lie in 1…1000000000000000000, got {wad}")]
    BadWad {
        /// The part asked for.
        wad: u64,
    },
    /// Nothing can be deposited with, or delegated to, what has been slashed to nothing.
    #[error("slashing factor must be above 0 to deposit or delegate, got 0")]
    FullySlashed,
    /// A deposit so diluted that later ones would be lost.
    #[error("new deposit scaling factor must be above 0, got 0 (shares {deposit_shares}, added {added})")]
    ScalingFactorZero {
        /// Deposit shares before.
        deposit_shares: u128,
        /// Shares added.
        added: u128,
    },
    /// More than the staker has.
    #[error("deposit shares to withdraw must be at most {held}, got {asked}")]
    TooManyShares {
        /// What it asked for.
        asked: u128,
        /// What it holds.
        held: u128,
    },
    /// Past 128 bits.
    #[error("deposit shares must stay below 2^128, got {held} and {added} more")]
    SharesOverflow {
        /// What is there.
        held: u128,
        /// What comes.
        added: u128,
    },
    /// The delay of a withdrawal is not over.
    #[error("withdrawal is completable after block {slashable_until}, got {block}")]
    DelayNotElapsed {
        /// Last block of its delay.
        slashable_until: u64,
        /// The block.
        block: u64,
    },
    /// A redistributing set cannot use the asset.
    #[error("a redistributing set may use liquid tokens only, got {asset:?}")]
    NotRedistributable {
        /// The asset.
        asset: Asset,
    },
    /// A commission above all.
    #[error("commission must be at most 10000 bips, got {bips}")]
    CommissionTooHigh {
        /// The commission.
        bips: u16,
    },
    /// A changed commission still waits.
    #[error("commission may change after second {activated_at}, got {second}")]
    CommissionPending {
        /// When the waiting one acts.
        activated_at: u64,
        /// The second.
        second: u64,
    },
}

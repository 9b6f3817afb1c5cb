//! Dates: when a validator may leave, when a slashed one is penalised again, and when either is free.

use super::{
    EPOCHS_PER_DAY, EPOCHS_PER_SLASHINGS_VECTOR, MIN_VALIDATOR_WITHDRAWABILITY_DELAY, SECONDS_PER_SLOT,
    SHARD_COMMITTEE_PERIOD, SLOTS_PER_EPOCH,
};

/// Earliest epoch in which a validator activated at `activation_epoch` may ask to leave: 256 later.
pub fn earliest_voluntary_exit(activation_epoch: u64) -> u64 {
    activation_epoch.saturating_add(SHARD_COMMITTEE_PERIOD)
}

/// Epoch from which a validator that exits at `exit_epoch` can withdraw: 256 later.
pub fn exit_withdrawable_epoch(exit_epoch: u64) -> u64 {
    exit_epoch.saturating_add(MIN_VALIDATOR_WITHDRAWABILITY_DELAY)
}

/// Epoch from which a validator slashed at `slash_epoch` can withdraw: `max(exit + 256, slash + 8192)`.
///
/// `exit_epoch` is where the exit queue puts it, or put it before it was slashed. Source: consensus-specs,
/// specs/phase0/beacon-chain.md, slash_validator.
pub fn slashed_withdrawable_epoch(slash_epoch: u64, exit_epoch: u64) -> u64 {
    exit_withdrawable_epoch(exit_epoch).max(slash_epoch.saturating_add(EPOCHS_PER_SLASHINGS_VECTOR))
}

/// Epoch at whose end the correlation penalty falls: 4096 before the withdrawal, so 4096 after the slashing unless the
/// exit queue is long.
pub fn correlation_epoch(withdrawable_epoch: u64) -> u64 {
    withdrawable_epoch.saturating_sub(EPOCHS_PER_SLASHINGS_VECTOR / 2)
}

/// Whether a validator not yet slashed can be slashed at `epoch`: from activation until it can withdraw.
///
/// The activation epoch counts, the withdrawable epoch does not. Source: is_slashable_validator.
pub fn is_slashable(epoch: u64, activation_epoch: u64, withdrawable_epoch: u64) -> bool {
    (activation_epoch..withdrawable_epoch).contains(&epoch)
}

/// Seconds of so many epochs, 384 each; saturates.
pub fn seconds(epochs: u64) -> u64 {
    epochs.saturating_mul(SLOTS_PER_EPOCH * SECONDS_PER_SLOT)
}

/// Days of so many epochs, 225 a day.
pub fn days(epochs: u64) -> f64 {
    epochs as f64 / EPOCHS_PER_DAY as f64
}

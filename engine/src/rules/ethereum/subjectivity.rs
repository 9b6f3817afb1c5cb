//! Weak subjectivity: for how long a checkpoint may be trusted, given how fast the validators may change.

use super::{ETH, Gwei, MIN_ACTIVATION_BALANCE, MIN_VALIDATOR_WITHDRAWABILITY_DELAY, SLOTS_PER_EPOCH};
use super::{balance_churn_limit, saturated, validator_churn_limit};

/// Percent of the safety margin of a third that may be lost to churn.
const SAFETY_DECAY: u64 = 10;
/// Deposits of one block.
const MAX_DEPOSITS: u64 = 16;

/// Weak subjectivity period from Electra on, epochs: `256 + ⌊10 · total / (200 · churn)⌋`.
///
/// `total_active` in Gwei, at least 1 ETH; churn is [`balance_churn_limit`].
/// Source: consensus-specs, specs/electra/weak-subjectivity.md.
pub fn weak_subjectivity_epochs(total_active: Gwei) -> u64 {
    let total = total_active.max(ETH);
    let churn = balance_churn_limit(total);
    let epochs = u128::from(SAFETY_DECAY) * u128::from(total) / (200 * u128::from(churn));
    MIN_VALIDATOR_WITHDRAWABILITY_DELAY.saturating_add(saturated(epochs))
}

/// Weak subjectivity period up to Deneb, epochs, for so many validators that own `total_active` Gwei together.
///
/// With N validators of t whole ETH on average, at most T = 32 of them, a churn of δ validators and Δ = 512 top-ups an
/// epoch, D = 10: where `T(200 + 3D) < t(200 + 12D)`, that is from 24 ETH on, 256 plus the greater of
/// `⌊N(t(200 + 12D) − T(200 + 3D)) / (600δ(2t + T))⌋` and `⌊N(200 + 3D) / (600Δ)⌋`; below,
/// `256 + ⌊3NDt / (200Δ(T − t))⌋`. Without validators 256.
/// Source: consensus-specs, specs/phase0/weak-subjectivity.md.
pub fn weak_subjectivity_epochs_by_count(active_validators: u64, total_active: Gwei) -> u64 {
    if active_validators == 0 {
        return MIN_VALIDATOR_WITHDRAWABILITY_DELAY;
    }
    let n = u128::from(active_validators);
    let average = u128::from(total_active.max(ETH) / active_validators / ETH);
    let most = u128::from(MIN_ACTIVATION_BALANCE / ETH);
    let churn = u128::from(validator_churn_limit(active_validators));
    let top_ups = u128::from(MAX_DEPOSITS * SLOTS_PER_EPOCH);
    let decay = u128::from(SAFETY_DECAY);
    let (low, high) = (most * (200 + 3 * decay), average * (200 + 12 * decay));
    let epochs = if low < high {
        let by_churn = n * (high - low) / (600 * churn * (2 * average + most));
        by_churn.max(n * (200 + 3 * decay) / (600 * top_ups))
    } else {
        3 * n * decay * average / (200 * top_ups * (most - average))
    };
    MIN_VALIDATOR_WITHDRAWABILITY_DELAY.saturating_add(saturated(epochs))
}

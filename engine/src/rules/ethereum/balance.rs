//! Effective balance: the balance in whole ETH that the protocol counts with, slow to follow the real one.

use super::{EFFECTIVE_BALANCE_INCREMENT, Fork, Gwei};

/// How far the balance may fall below the effective balance without moving it: 0.25 ETH.
const DOWNWARD_THRESHOLD: Gwei = EFFECTIVE_BALANCE_INCREMENT / 4;
/// How far the balance may rise above the effective balance without moving it: 1.25 ETH.
const UPWARD_THRESHOLD: Gwei = EFFECTIVE_BALANCE_INCREMENT / 4 * 5;

/// Effective balance of a fresh validator: the balance in whole ETH, at most the fork's maximum (compounding, from Electra on).
pub fn initial_effective_balance(fork: Fork, balance: Gwei) -> Gwei {
    whole(balance).min(fork.max_effective_balance())
}

/// Effective balance after an epoch that ends with `balance`.
///
/// It stays while `effective − 0.25 ETH ≤ balance ≤ effective + 1.25 ETH`, both ends included; beyond that it becomes the
/// balance in whole ETH, at most `max_effective` (32 ETH, or 2048 ETH for a compounding validator from Electra on).
/// So an initial penalty of 0.25 ETH leaves 32 ETH standing, one of 1 ETH does not.
/// Source: consensus-specs, specs/phase0/beacon-chain.md, process_effective_balance_updates.
pub fn updated_effective_balance(balance: Gwei, effective: Gwei, max_effective: Gwei) -> Gwei {
    let fell = balance < lowest_balance_keeping(effective);
    let rose = balance.saturating_sub(effective) > UPWARD_THRESHOLD;
    if fell || rose { whole(balance).min(max_effective) } else { effective }
}

/// Least balance that does not lower the effective balance.
pub(super) fn lowest_balance_keeping(effective: Gwei) -> Gwei {
    effective.saturating_sub(DOWNWARD_THRESHOLD)
}

/// `balance` cut to whole ETH.
fn whole(balance: Gwei) -> Gwei {
    balance - balance % EFFECTIVE_BALANCE_INCREMENT
}

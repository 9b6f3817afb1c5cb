//! Base reward, and what an absent or slashed validator pays for the attestations it does not make.

use super::{BASE_REWARD_FACTOR, BASE_REWARDS_PER_EPOCH, EFFECTIVE_BALANCE_INCREMENT, Fork, Gwei};
use super::{
    PROPOSER_REWARD_QUOTIENT, TIMELY_SOURCE_WEIGHT, TIMELY_TARGET_WEIGHT, WEIGHT_DENOMINATOR, saturated,
};
use crate::rules::integer::mul_div_floor;

/// Votes of an attestation that Phase0 rewards or punishes apart: source, target and head.
const PHASE0_COMPONENTS: u64 = 3;

/// Gwei per epoch and whole ETH of effective balance: `⌊10⁹ · 64 / ⌊√total⌋⌋`, total in Gwei, at least 1 ETH.
///
/// Source: consensus-specs, specs/altair/beacon-chain.md, get_base_reward_per_increment.
pub fn base_reward_per_increment(total_active: Gwei) -> Gwei {
    EFFECTIVE_BALANCE_INCREMENT * BASE_REWARD_FACTOR / root(total_active)
}

/// Base reward of one validator and epoch, Gwei.
///
/// From Altair on `⌊effective/1 ETH⌋ · per increment`; Phase0 has `⌊⌊effective · 64 / ⌊√total⌋⌋ / 4⌋`, a quarter of
/// that, and pays four of them.
pub fn base_reward(fork: Fork, effective_balance: Gwei, total_active: Gwei) -> Gwei {
    match fork {
        Fork::Phase0 => {
            let (effective, root) = (u128::from(effective_balance), u128::from(root(total_active)));
            let whole = mul_div_floor(effective, BASE_REWARD_FACTOR.into(), root);
            saturated(whole / u128::from(BASE_REWARDS_PER_EPOCH))
        }
        Fork::Altair | Fork::Bellatrix | Fork::Electra => {
            let increments = effective_balance / EFFECTIVE_BALANCE_INCREMENT;
            increments.saturating_mul(base_reward_per_increment(total_active))
        }
    }
}

/// Gwei per epoch taken from a validator whose attestation is missing, whatever the state of finality.
///
/// From Altair on source and target, each `⌊base · weight / 64⌋` (14 and 26; a missed head costs nothing); on Phase0
/// three base rewards. A slashed validator pays this for 8192 epochs, attest as it may.
/// Source: consensus-specs, specs/altair/beacon-chain.md, get_flag_index_deltas; specs/phase0,
/// get_attestation_component_deltas.
pub fn missed_attestation_penalty(fork: Fork, effective_balance: Gwei, total_active: Gwei) -> Gwei {
    let base = base_reward(fork, effective_balance, total_active);
    let weighted = |weight: u64| mul_div_floor(base.into(), weight.into(), WEIGHT_DENOMINATOR.into());
    match fork {
        Fork::Phase0 => base.saturating_mul(PHASE0_COMPONENTS),
        Fork::Altair | Fork::Bellatrix | Fork::Electra => {
            saturated(weighted(TIMELY_SOURCE_WEIGHT) + weighted(TIMELY_TARGET_WEIGHT))
        }
    }
}

/// Gwei per epoch that a leak takes from every validator on Phase0, present or not; 0 from Altair on.
///
/// `4 · base − ⌊base / 8⌋`: it cancels the rewards of those who attest perfectly and is a loss to those who are away.
/// Altair cancels the rewards by not paying them. Source: specs/phase0, get_inactivity_penalty_deltas.
pub fn leak_duty_penalty(fork: Fork, effective_balance: Gwei, total_active: Gwei) -> Gwei {
    let base = base_reward(fork, effective_balance, total_active);
    match fork {
        Fork::Phase0 => {
            base.saturating_mul(BASE_REWARDS_PER_EPOCH).saturating_sub(base / PROPOSER_REWARD_QUOTIENT)
        }
        Fork::Altair | Fork::Bellatrix | Fork::Electra => 0,
    }
}

/// `⌊√total⌋`, of 1 ETH at least, as the protocol never counts less.
fn root(total_active: Gwei) -> u64 {
    total_active.max(EFFECTIVE_BALANCE_INCREMENT).isqrt()
}

//! Rewards: what the consumer keeps, and how the provider divides the rest.

use super::{Amount, DEC};
use crate::rules::integer::mul_div_floor;

/// Rewards kept by the consumer and sent to the provider: `⌊fraction · rewards⌋` and the rest.
///
/// Source: interchain-security, x/ccv/consumer/keeper/distribution.go.
pub fn split_on_consumer(rewards: u128, redistribution_dec: u128) -> (u128, u128) {
    let kept = mul_div_floor(rewards, redistribution_dec.min(DEC), DEC);
    (kept, rewards - kept)
}

/// Whether the provider distributes a denomination.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RewardDenom {
    /// On the allowlist.
    Allowed,
    /// Not on it: such rewards wait in the pool.
    NotAllowed,
}

/// Rewards that are distributed of those sent: all or nothing.
pub fn accepted_rewards(sent: u128, denom: RewardDenom) -> u128 {
    match denom {
        RewardDenom::Allowed => sent,
        RewardDenom::NotAllowed => 0,
    }
}

/// Whether a validator in the set since `join_height` earns rewards at `height`: `height − join ≥ epochs · blocks`.
///
/// Source: interchain-security, x/ccv/provider/keeper/distribution.go, `IsEligibleForConsumerRewards`.
pub fn eligible(height: u64, join_height: u64, epochs: u64, blocks_per_epoch: u64) -> bool {
    height.checked_sub(join_height).is_some_and(|age| age >= epochs.saturating_mul(blocks_per_epoch))
}

/// Join height in the next set: the old one for who stays, the present height for who comes or comes back.
///
/// Source: interchain-security, x/ccv/provider/keeper/validator_set_update.go, `CreateConsumerValidator`.
pub fn join_height(previous: Option<u64>, height: u64) -> u64 {
    previous.unwrap_or(height)
}

/// A validator of the consumer, as a receiver of rewards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Staker {
    /// Power on the consumer, after all shaping.
    pub power: u128,
    /// Height of the provider at which it joined the set.
    pub join_height: u64,
}

/// What the provider needs to know to divide rewards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RewardTerms {
    /// Height of the provider.
    pub height: u64,
    /// Epochs in the set before a validator earns.
    pub reward_epochs: u64,
    /// Blocks in an epoch.
    pub blocks_per_epoch: u64,
    /// The provider's community tax, in 10⁻¹⁸.
    pub community_tax_dec: u128,
}

/// One distribution.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Allocation {
    /// To the community pool: the tax, or everything where nobody is eligible.
    pub community_tokens: u128,
    /// Handed over for the validators; a little more than what they receive.
    pub distributed_tokens: u128,
    /// Received, commission included, `[validator]`.
    pub received: Vec<Amount>,
    /// Below a token, kept for the next distribution.
    pub carried: Amount,
}

/// Divides one consumer's rewards on the provider.
///
/// Validators as a whole get `⌊rewards · (1 − tax)⌋` whole tokens, the community pool the whole tokens of what the
/// product leaves; what is below a token on either side is carried on. Each validator gets
/// `tokens · ⌊power / Σ eligible power⌋` with the fraction cut off after 18 decimals; nobody gets what that leaves.
/// Source: interchain-security, x/ccv/provider/keeper/distribution.go, `AllocateTokens`.
pub fn allocate(rewards: Amount, stakers: &[Staker], terms: &RewardTerms) -> Allocation {
    let powers: Vec<u128> = stakers.iter().map(|staker| eligible_power(staker, terms)).collect();
    if powers.iter().all(|power| *power == 0) {
        return Allocation {
            community_tokens: rewards.tokens(),
            distributed_tokens: 0,
            received: vec![Amount::default(); stakers.len()],
            carried: Amount::new(0, rewards.dust()),
        };
    }
    let for_validators = rewards.times_truncated(DEC - terms.community_tax_dec.min(DEC));
    let remaining = rewards.minus(for_validators);
    Allocation {
        community_tokens: remaining.tokens(),
        distributed_tokens: for_validators.tokens(),
        received: split_by_power(Amount::whole(for_validators.tokens()), &powers),
        carried: Amount::new(0, for_validators.dust()).plus(Amount::new(0, remaining.dust())),
    }
}

fn eligible_power(staker: &Staker, terms: &RewardTerms) -> u128 {
    let earns = eligible(terms.height, staker.join_height, terms.reward_epochs, terms.blocks_per_epoch);
    if earns { staker.power } else { 0 }
}

/// Shares of `tokens` by power, each fraction and each product cut off after 18 decimals, `[validator]`.
///
/// Powers whose sum exceeds 128 bits are all divided by 2⁶⁴ first.
/// Source: interchain-security, x/ccv/provider/keeper/distribution.go, `AllocateTokensToConsumerValidators`.
pub fn split_by_power(tokens: Amount, powers: &[u128]) -> Vec<Amount> {
    let sum = |shift: u32| powers.iter().try_fold(0u128, |sum, power| sum.checked_add(*power >> shift));
    // Shares that saturate would pay out more than there is; 64 bits are room for any number of validators.
    let (total, shift) = sum(0).map_or((sum(64).unwrap_or(u128::MAX), 64), |total| (total, 0));
    if total == 0 {
        return vec![Amount::default(); powers.len()];
    }
    powers.iter().map(|power| tokens.times_truncated(mul_div_floor(*power >> shift, DEC, total))).collect()
}

/// A validator's share, divided between it and its delegators.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Commission {
    /// To the validator.
    pub validator: Amount,
    /// To all who delegate to it, itself included.
    pub delegators: Amount,
}

/// Divides a share by the commission rate set for this consumer, or else by the validator's own.
///
/// Rates in [0, 1], in 10⁻¹⁸; the commission is rounded half to even at 18 decimals.
/// Source: cosmos-sdk, x/distribution/keeper/allocation.go, `AllocateTokensToValidator`.
pub fn commission(share: Amount, on_consumer_dec: Option<u128>, own_dec: u128) -> Commission {
    let validator = share.times_rounded(on_consumer_dec.unwrap_or(own_dec));
    Commission { validator, delegators: share.minus(validator) }
}

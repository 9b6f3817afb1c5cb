//! Parameters that no fork in this room changes. Source: consensus-specs, presets/mainnet and configs/mainnet.yaml.

use super::Gwei;

/// One ETH.
pub const ETH: Gwei = 1_000_000_000;
/// Step of the effective balance: 1 ETH.
pub const EFFECTIVE_BALANCE_INCREMENT: Gwei = ETH;
/// Balance a validator needs to be activated, and the most that counts without compounding: 32 ETH.
pub const MIN_ACTIVATION_BALANCE: Gwei = 32 * ETH;
/// Effective balance at or below which a validator is ejected: 16 ETH.
pub const EJECTION_BALANCE: Gwei = 16 * ETH;
/// Seconds of a slot.
pub const SECONDS_PER_SLOT: u64 = 12;
/// Slots of an epoch, which lasts 6.4 minutes.
pub const SLOTS_PER_EPOCH: u64 = 32;
/// Epochs of a day.
pub const EPOCHS_PER_DAY: u64 = 225;
/// Epochs over which slashings are added up, 36.4 days; also the least time from slashing to withdrawal.
pub const EPOCHS_PER_SLASHINGS_VECTOR: u64 = 8192;
/// Epochs from exit to withdrawal.
pub const MIN_VALIDATOR_WITHDRAWABILITY_DELAY: u64 = 256;
/// Epochs a validator must have been active before it may leave of its own will.
pub const SHARD_COMMITTEE_PERIOD: u64 = 256;
/// Epochs by which activations and exits are known beforehand.
pub const MAX_SEED_LOOKAHEAD: u64 = 4;
/// Factor of the base reward.
pub const BASE_REWARD_FACTOR: u64 = 64;
/// Phase0's number of base rewards that a perfect validator earns per epoch.
pub const BASE_REWARDS_PER_EPOCH: u64 = 4;
/// The proposer's part of a reward is one in so many.
pub const PROPOSER_REWARD_QUOTIENT: u64 = 8;
/// Epochs without finality that are forgiven: the leak runs while the finality delay is greater.
pub const MIN_EPOCHS_TO_INACTIVITY_PENALTY: u64 = 4;
/// What a missed target adds to the inactivity score.
pub const INACTIVITY_SCORE_BIAS: u64 = 4;
/// What every epoch without a leak takes off the inactivity score.
pub const INACTIVITY_SCORE_RECOVERY_RATE: u64 = 16;
/// Weight of a timely source vote, of `WEIGHT_DENOMINATOR`.
pub const TIMELY_SOURCE_WEIGHT: u64 = 14;
/// Weight of a timely target vote, of `WEIGHT_DENOMINATOR`.
pub const TIMELY_TARGET_WEIGHT: u64 = 26;
/// Weight of a timely head vote, of `WEIGHT_DENOMINATOR`; missing it costs the reward, but no penalty.
pub const TIMELY_HEAD_WEIGHT: u64 = 14;
/// Weight of sync committee duty, of `WEIGHT_DENOMINATOR`.
pub const SYNC_REWARD_WEIGHT: u64 = 2;
/// Weight of proposing, of `WEIGHT_DENOMINATOR`.
pub const PROPOSER_WEIGHT: u64 = 8;
/// Sum of the weights.
pub const WEIGHT_DENOMINATOR: u64 = 64;
/// Proposer slashings that fit one block, on every fork.
pub const MAX_PROPOSER_SLASHINGS: u64 = 16;

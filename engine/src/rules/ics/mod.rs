//! Cosmos Interchain Security: the provider's stake, lent out as voting power on consumer chains.
//!
//! A consumer's power is not stake. The provider sorts, filters, cuts and caps its validators for each consumer
//! ([`consumer_powers`]), so that a chain counts votes in one currency and its attackers pay in another: slashing
//! takes provider tokens, once for all consumers together, because the first proven equivocation tombstones
//! ([`Provider`]). Between the two stand a meter that slows jailing down ([`Throttle`]), the consumer's own choice of
//! punishment ([`InfractionParameters`]) and the mapping of consumer keys to those who answer for them ([`KeyBook`]).
//!
//! Units: tokens are the staking token's smallest unit, a power is tokens divided by the power reduction and rounded
//! down, times are whole seconds, fractions are counts of 10⁻¹⁸ (names end in `_dec`, see [`DEC`]). Validators are
//! named by their position in the caller's slices.
//!
//! Source throughout: cosmos/interchain-security, v7 line, and tag v3.3.0 for what v4 to v6 removed.

mod attack;
mod decimal;
mod equivocation;
mod error;
mod infraction;
mod keys;
mod parameters;
mod power_cap;
mod provider;
mod release;
mod rewards;
mod selection;
mod slash;
mod soft_opt_out;
#[cfg(test)]
mod tests;
mod throttle;
mod top_n;

pub use attack::{amplification, power_to_control, power_to_halt, profit_per_validator};
pub use decimal::{Amount, DEC};
pub use equivocation::{
    LightClientAttack, StateTransitions, Vote, VoteKind, check_double_vote, check_evidence_height, classify,
    culprits,
};
pub use error::IcsError;
pub use infraction::{
    Bounds, InfractionParameters, InfractionSchedule, Jail, Phase, Profile, SlashJail, Tombstone,
};
pub use keys::KeyBook;
pub use parameters::{
    ConsumerParameters, ProviderParameters, blocks_until_epoch_end, trusting_period_s, unbonding_ends_s,
};
pub use power_cap::power_cap;
pub use provider::{Account, Bond, Consumer, Provider};
pub use release::{
    Activity, EquivocationProof, InfractionChoice, Launch, LaunchQuorum, Membership, Release, Rules,
    SetUpdates, SoftOptOut, Throttling, UnbondingRelease,
};
pub use rewards::{
    Allocation, Commission, RewardDenom, RewardTerms, Staker, accepted_rewards, allocate, commission,
    eligible, join_height, split_by_power, split_on_consumer,
};
pub use selection::{
    Consent, Inactive, Shaping, Validator, consumer_powers, consumer_set, end_epoch, launch_powers,
    replicated_powers,
};
pub use slash::{Exit, Slash, SlashTerms, downtime_slash_tokens, slash_equivocation, slash_power};
pub use soft_opt_out::{further_power_to_halt, may_soft_opt_out, opted_out_power, smallest_that_must_run};
pub use throttle::{
    ConsumerSet, PacketFate, PacketInfraction, SlashPacket, Throttle, ThrottleParameters, allowance,
    jailing_time_bound_s, replenishments_bound,
};
pub use top_n::{OptOut, Owner, check_opt_in, check_opt_out, check_owner, min_power_in_top_n};

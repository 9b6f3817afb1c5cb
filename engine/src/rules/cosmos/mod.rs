//! Plain proof of stake as CometBFT and the Cosmos SDK keep it: who is slashed, by how much, and in which order.
//!
//! Amounts are whole base units (utoken), fractions and shares have 18 decimals, heights are signed as in the
//! protocol (an infraction height may be 0 or negative), times are seconds. Reading order: [`Parameters`] for
//! the numbers, [`slash`] for the arithmetic, [`punish_double_sign`] and [`observe_vote`] for the two offences,
//! [`slash_bonded`] for the one figure a settlement needs most.

mod decimal;
mod double_sign;
mod evidence;
mod exits;
mod inflation;
mod liveness;
mod parameters;
mod quorum;
mod refusal;
mod slash;
#[cfg(test)]
mod tests;
mod validator;

pub use decimal::{Dec18, Fraction18};
pub use double_sign::{Evidence, Ruling, punish_double_sign, rule_on};
pub use evidence::{EvidenceLimits, VALIDATOR_UPDATE_DELAY, distribution_height};
pub use exits::{Delegation, ExitTerms, Hold, Redelegation, RedelegationRule, UnbondingEntry};
pub use inflation::{InflationRule, bonded_ratio, staking_apr};
pub use liveness::{
    DowntimeRule, LivenessWindow, Vote, VoteSeen, downtime_distribution_height, observe_vote,
};
pub use parameters::{COSMOS_HUB, POWER_REDUCTION, Parameters, SDK_DEFAULTS};
pub use quorum::{commits, halting_power, quorum, smallest_halting_set};
pub use refusal::Refusal;
pub use slash::{Book, Moment, Offence, Slashed, slash, slash_bonded, voting_power};
pub use validator::{Custody, DOUBLE_SIGN_JAIL_END_S, Status, Validator};

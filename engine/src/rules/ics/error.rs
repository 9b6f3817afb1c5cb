//! What the module refuses, and why.

use thiserror::Error;

/// A refusal by a rule of Interchain Security.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum IcsError {
    /// A Top-N that no chain may be given.
    #[error("Top-N must be 0 or lie in 50…100, got {top_n}")]
    TopN {
        /// The percentage asked for.
        top_n: u32,
    },
    /// A Top-N whose least power is not defined.
    #[error("Top-N of a least power must lie in 1…100, got {top_n}")]
    TopNOfLeastPower {
        /// The percentage asked for.
        top_n: u32,
    },
    /// A power cap beyond the whole.
    #[error("power cap must lie in 0…100 percent, got {percent}")]
    PowerCap {
        /// The percentage asked for.
        percent: u32,
    },
    /// A set without voting power.
    #[error("total power of the validator set must be at least 1, got 0")]
    NoPower,
    /// A soft opt-out threshold out of range.
    #[error("soft opt-out threshold must lie in [0, 0.2], got {threshold_dec}e-18")]
    SoftOptOutThreshold {
        /// The threshold, in 10⁻¹⁸.
        threshold_dec: u128,
    },
    /// A member of the Top N who asks to leave.
    #[error("power of a validator leaving a Top-N chain must be below {min_power}, got {power}")]
    CannotLeaveTopN {
        /// The validator's power.
        power: u128,
        /// The least power in the Top N.
        min_power: u128,
    },
    /// A chain that only governance may own.
    #[error("owner of a consumer chain with Top-N {top_n} must be governance, got another account")]
    NeedsGovernance {
        /// The chain's percentage.
        top_n: u32,
    },
    /// A request to leave or join in a phase that does not take it.
    #[error("phase of the consumer chain must allow the request, got {phase:?}")]
    Phase {
        /// The phase the chain is in.
        phase: super::Phase,
    },
    /// A launch without validators.
    #[error("validators opted in at launch must be at least 1, got 0")]
    NoValidatorAtLaunch,
    /// A launch by inactive validators alone.
    #[error(
        "validators opted in at launch must hold at least 1 of the provider's active set, got 0 of {opted_in}"
    )]
    NoActiveValidatorAtLaunch {
        /// Validators in the consumer's set.
        opted_in: usize,
    },
    /// A fraction above one.
    #[error("{what} must lie in [0, 1], got {fraction_dec}e-18")]
    Fraction {
        /// The quantity.
        what: &'static str,
        /// Its value, in 10⁻¹⁸.
        fraction_dec: u128,
    },
    /// A punishment beyond the provider's own.
    #[error("{what} must be at most {most}, got {value}")]
    BeyondProvider {
        /// The quantity and its unit.
        what: &'static str,
        /// The provider's value.
        most: u128,
        /// The value asked for.
        value: u128,
    },
    /// Evidence older than the consumer's minimum.
    #[error("evidence height must be at least {min_height}, got {height}")]
    EvidenceTooOld {
        /// Height of the infraction on the consumer.
        height: u64,
        /// Least height that the provider accepts for this consumer.
        min_height: u64,
    },
    /// Two votes that do not contradict each other.
    #[error("{what} of a double vote must be {rule}, got {first} and {second}")]
    NotADoubleVote {
        /// The field of the vote.
        what: &'static str,
        /// How the two must relate.
        rule: &'static str,
        /// Value in the first vote.
        first: u64,
        /// Value in the second vote.
        second: u64,
    },
    /// A validator that the provider does not know.
    #[error("validator must be one of {n_validators}, got position {validator}")]
    UnknownValidator {
        /// Position asked for.
        validator: usize,
        /// Validators there are.
        n_validators: usize,
    },
    /// A validator whose stake has left.
    #[error("validator {validator} must be bonded or unbonding to be slashed, got unbonded")]
    Unbonded {
        /// Position of the validator.
        validator: usize,
    },
    /// A validator that has been punished for good.
    #[error("validator {validator} must not be tombstoned already")]
    Tombstoned {
        /// Position of the validator.
        validator: usize,
    },
    /// A validator asking to be unjailed who is not in jail.
    #[error("validator {validator} must be jailed to be unjailed")]
    NotJailed {
        /// Position of the validator.
        validator: usize,
    },
    /// A validator asking to be unjailed before its time.
    #[error("time of unjailing validator {validator} must be at least {until_s} s, got {now_s} s")]
    StillJailed {
        /// Position of the validator.
        validator: usize,
        /// End of the jailing.
        until_s: u64,
        /// Time of the request.
        now_s: u64,
    },
    /// A consumer key that someone uses or used not long ago.
    #[error("consumer key {key} must be unused, got one in use by validator {validator}")]
    KeyInUse {
        /// The key.
        key: u64,
        /// Who answers for it.
        validator: usize,
    },
    /// One's own provider key, assigned though it is the default anyway.
    #[error(
        "consumer key {key} of validator {validator} must differ from its provider key, which is the default"
    )]
    DefaultKey {
        /// The key.
        key: u64,
        /// Who asked.
        validator: usize,
    },
}

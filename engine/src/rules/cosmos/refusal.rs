use super::Dec18;

/// What the Cosmos rules refuse, with the value refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A fraction above 1.
    #[error("fraction must lie in [0, 1], got {value}")]
    FractionBeyondOne {
        /// The value offered.
        value: Dec18,
    },
    /// A text that is not a decimal of at most 18 places.
    #[error("decimal must be digits with at most 18 places and no sign, got `{text}`")]
    NotADecimal {
        /// The text offered.
        text: String,
    },
    /// A quotient by nothing.
    #[error("divisor must be positive, got 0")]
    DivisionByZero,
    /// A number with 18 decimals that does not fit 128 bits.
    #[error("decimal must stay below 3.4e20, so that 18 places fit 128 bits")]
    OutOfRange,
    /// `power · power reduction` does not fit 128 bits.
    #[error("power times power reduction must fit 128 bits, got {power} times {power_reduction}")]
    PowerOutOfRange {
        /// Voting power at the infraction.
        power: u128,
        /// Base units per unit of power.
        power_reduction: u128,
    },
    /// An infraction later than the block that judges it.
    #[error("infraction height must not exceed the current height {height}, got {infraction_height}")]
    FutureInfraction {
        /// Height of the infraction.
        infraction_height: i64,
        /// Current height.
        height: i64,
    },
    /// More shares than the validator has given out.
    #[error("delegation's shares must not exceed the validator's {total}, got {shares}")]
    SharesBeyondValidator {
        /// Shares to be taken out.
        shares: Dec18,
        /// Shares of all delegators.
        total: Dec18,
    },
    /// A delegation to a validator whose shares are worth nothing.
    #[error(
        "a validator with shares must hold tokens to take a delegation, got 0 tokens for {shares} shares"
    )]
    WorthlessShares {
        /// Shares of all delegators.
        shares: Dec18,
    },
    /// A parameter that has to be positive.
    #[error("{parameter} must be positive, got 0")]
    MustBePositive {
        /// Name of the parameter.
        parameter: &'static str,
    },
    /// Inflation bounds the wrong way round.
    #[error("greatest inflation must not be below the least, {least}, got {greatest}")]
    InflationBounds {
        /// Least yearly inflation.
        least: Dec18,
        /// Greatest yearly inflation.
        greatest: Dec18,
    },
    /// Release of a validator that is not in jail.
    #[error("only a jailed validator can be unjailed, got one at liberty")]
    NotJailed,
    /// Release of a tombstoned validator.
    #[error("a tombstoned validator stays jailed for ever")]
    Tombstoned,
    /// Release before the sentence is served.
    #[error("jail ends at second {until_s}, got second {now_s}")]
    StillJailed {
        /// End of the sentence, Unix seconds.
        until_s: i64,
        /// Time of the request, Unix seconds.
        now_s: i64,
    },
}

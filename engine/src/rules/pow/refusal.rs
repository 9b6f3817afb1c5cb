/// What the proof-of-work rules refuse, with the value refused.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// A quantity that something is divided by.
    #[error("{quantity} must be finite and above 0, got {value}")]
    NotPositive {
        /// What was given, with its unit.
        quantity: &'static str,
        /// The value given.
        value: f64,
    },
    /// A quantity of which there cannot be less than nothing.
    #[error("{quantity} must be finite and at least 0, got {value}")]
    Negative {
        /// What was given, with its unit.
        quantity: &'static str,
        /// The value given.
        value: f64,
    },
    /// A part of a whole that is not one.
    #[error("{quantity} must lie in [0, 1], got {value}")]
    OutsideUnit {
        /// What was given.
        quantity: &'static str,
        /// The value given.
        value: f64,
    },
    /// A share that no purchase reaches while the honest miners go on.
    #[error("share of the hash rate must lie in [0, 1) while the honest rate stays, got {share}")]
    NeverReached {
        /// The share asked for.
        share: f64,
    },
    /// More units than can be counted without rounding.
    #[error("units of hardware must number at most 2^53, got {n_units}")]
    TooManyUnits {
        /// Units that would be needed.
        n_units: f64,
    },
}

/// `value`, if it is finite and above 0.
pub(super) fn positive(quantity: &'static str, value: f64) -> Result<f64, Refusal> {
    if value > 0.0 && value.is_finite() { Ok(value) } else { Err(Refusal::NotPositive { quantity, value }) }
}

/// `value`, if it is finite and at least 0.
pub(super) fn not_negative(quantity: &'static str, value: f64) -> Result<f64, Refusal> {
    if value >= 0.0 && value.is_finite() { Ok(value) } else { Err(Refusal::Negative { quantity, value }) }
}

/// `value`, if it lies in [0, 1].
pub(super) fn in_unit(quantity: &'static str, value: f64) -> Result<f64, Refusal> {
    if (0.0..=1.0).contains(&value) { Ok(value) } else { Err(Refusal::OutsideUnit { quantity, value }) }
}

use crate::rules::cosmos::{self, Dec18};

/// What the Saga rules refuse, with the value refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A number that the chain's decimals cannot take.
    #[error(transparent)]
    Decimal(#[from] cosmos::Refusal),
    /// A stack without any fee option.
    #[error("a chainlet stack must have at least one fee option, got none")]
    NoFeeOption,
    /// A wallet, or a deposit, that no fee option fits.
    #[error("one of the fee options must be payable at launch, got {n_options} that are not")]
    LaunchUnpaid {
        /// Options of the stack.
        n_options: usize,
    },
    /// A refill of a stopped chainlet that does not pay a single epoch.
    #[error("a refill must leave a stopped chainlet able to pay one epoch, got {amount} of `{denom}`")]
    RefillTooSmall {
        /// Coin offered.
        denom: String,
        /// Base units offered.
        amount: u128,
    },
    /// A deposit for a chainlet that has no escrow.
    #[error("only a paying chainlet has an escrow, got a service chainlet")]
    NoEscrow,
    /// A bill beyond the pool.
    #[error("a bill must not exceed the pool's balance {balance}, got {amount}")]
    BalanceTooLow {
        /// Base units in the pool.
        balance: u128,
        /// Base units billed.
        amount: u128,
    },
    /// A withdrawal that rounding has carried beyond the pool.
    #[error("a withdrawal must not exceed the pool's balance {balance}, got {amount}")]
    Overdrawn {
        /// Base units in the pool.
        balance: u128,
        /// Base units the shares would release.
        amount: u128,
    },
    /// More shares than the pool has given out.
    #[error("a funder's shares must not exceed the pool's {total}, got {shares}")]
    SharesBeyondPool {
        /// Shares to be taken out.
        shares: Dec18,
        /// Shares of all funders.
        total: Dec18,
    },
    /// A sum that does not fit 128 bits.
    #[error("an amount must fit 128 bits")]
    OutOfRange,
}

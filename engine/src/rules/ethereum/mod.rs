//! Ethereum's proof of stake: what a validator loses when it is slashed, when it is away, and how long it must wait.
//!
//! All amounts are Gwei in `u64`, as in the protocol; intermediate products are wider, and every result that would not
//! fit saturates. Quotients round down unless a line says otherwise. Source of the rules: consensus-specs,
//! `specs/{phase0,altair,bellatrix,deneb,electra}/beacon-chain.md`.
//!
//! | file | subject |
//! |---|---|
//! | `fork` | upgrades and the parameters that change with them |
//! | `constants` | the parameters that do not |
//! | `balance` | effective balance and its hysteresis |
//! | `slashing` | initial and correlation penalty, rewards for evidence, limits per block |
//! | `schedule` | when a slashed or leaving validator is penalised again, and free |
//! | `attestation` | base reward, price of a missed attestation |
//! | `inactivity` | score and penalty of a validator that is away while finality is lost |
//! | `leak` | a whole share of the stake away: epoch loop until finality returns |
//! | `continuous` | the same leak as a differential equation |
//! | `churn` | how fast stake may come and go |
//! | `subjectivity` | how old a trusted checkpoint may be |
//! | `settlement` | the whole loss of one slashed validator, in the protocol's order |

mod attestation;
mod balance;
mod churn;
mod constants;
mod continuous;
mod fork;
mod inactivity;
mod leak;
mod schedule;
mod settlement;
mod slashing;
mod subjectivity;
#[cfg(test)]
mod tests;

pub use attestation::{
    base_reward, base_reward_per_increment, leak_duty_penalty, missed_attestation_penalty,
};
pub use balance::{initial_effective_balance, updated_effective_balance};
pub use churn::{
    BalanceQueue, ValidatorQueue, activation_churn_limit, activation_exit_churn_limit, activation_exit_epoch,
    balance_churn_limit, consolidation_churn_limit, queue_epochs, stake_that_may_enter, stake_that_may_exit,
    validator_churn_limit,
};
pub use constants::*;
pub use continuous::{leak_balance_share, leak_burned_share, leak_epochs_to_finality};
pub use fork::{Fork, Upgrade};
pub use inactivity::{
    Finality, OfflineValidator, OutageLoss, TargetVote, finality, inactivity_penalty, leak_epochs, leak_loss,
    outage_loss, updated_inactivity_score,
};
pub use leak::{LeakOutcome, LeakReading, LeakStudy, leak_outcome};
pub use schedule::{
    correlation_epoch, days, earliest_voluntary_exit, exit_withdrawable_epoch, is_slashable, seconds,
    slashed_withdrawable_epoch,
};
pub use settlement::{
    SlashedClass, SlashedValidator, SlashingLoss, slashing_loss, slashing_loss_by_epochs, slashing_losses,
};
pub use slashing::{
    EvidenceReward, Reporter, Slashing, correlation_penalty, evidence_reward, in_slashings_window,
    initial_penalty, loses_everything, most_slashed_per_block, slashed_in_window, whistleblower_reward,
};
pub use subjectivity::{weak_subjectivity_epochs, weak_subjectivity_epochs_by_count};

/// An amount of 10⁻⁹ ETH, the protocol's unit of account.
pub type Gwei = u64;

/// What the rules of Ethereum refuse.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EthereumError {
    /// A name that no upgrade bears.
    #[error(
        "upgrade must be one of phase0, altair, bellatrix, capella, deneb, electra and fulu, got `{name}`"
    )]
    UnknownUpgrade {
        /// The name given.
        name: String,
    },
    /// A leak in which nobody attests never ends.
    #[error("attesting validators in a leak must be at least 1, got 0")]
    NobodyAttests,
    /// A validator that would be ejected before it leaks.
    #[error(
        "balance of a validator in a leak must be at least 17 ETH (17000000000 Gwei), got {balance} Gwei"
    )]
    BalanceAtEjection {
        /// The balance given, Gwei.
        balance: Gwei,
    },
}

/// `value`, or the greatest `u64` where it does not fit.
fn saturated(value: u128) -> u64 {
    u64::try_from(value).unwrap_or(u64::MAX)
}

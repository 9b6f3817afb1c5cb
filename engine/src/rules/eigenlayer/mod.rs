//! EigenLayer: unique stake in magnitudes, slashing, withdrawals, native ETH and redistribution, in the
//! contracts' integers.
//!
//! An operator holds shares of a strategy (one restaked asset) for its stakers and divides a *magnitude* of at
//! most 10¹⁸ among operator sets: shares times magnitude over the greatest magnitude is what a set can slash, and
//! no unit of magnitude serves two sets. A slash lowers both; a staker's claim is its deposit times three
//! factors.
//!
//! | file | what it rules |
//! | --- | --- |
//! | `magnitude`, `registration`, `change` | who can slash how much of an operator, block by block |
//! | `slash` | what a slash takes, alone and one after another |
//! | `stake` | slashable stake of a set, now and over a horizon |
//! | `staker`, `queue`, `native` | what a staker can withdraw, what the queue still owes, beacon-chain losses |
//! | `redistribution`, `rewards` | where slashed funds go, what operators earn |
//! | `elastic`, `pooled` | two models from papers: stretching allocations, equal validators (floating point) |
//!
//! Guidance of the authors: below a magnitude or a stake of 10⁹ units, or a slash of 10¹⁴ (0.01 %), rounding
//! dominates.

mod change;
mod delayed;
pub mod elastic;
mod error;
mod magnitude;
mod native;
mod parameters;
pub mod pooled;
mod queue;
mod redistribution;
mod registration;
mod rewards;
mod slash;
mod stake;
mod staker;
mod wad;

#[cfg(test)]
mod tests;

pub use delayed::{Delayed, change_slasher};
pub use error::Error;
pub use magnitude::{Magnitudes, PendingChange};
pub use native::{NativeStaker, attributable_to_services, beacon_factor_after};
pub use parameters::{Deployment, Parameters, QueueRecord, SlasherRule};
pub use queue::{QueuedWithdrawal, WithdrawalQueue};
pub use redistribution::{
    Asset, CoalitionOutcome, Recipient, SlashDestination, SlashedStake, clearable_from, coalition_outcome,
    destination,
};
pub use registration::Registration;
pub use rewards::{Commission, OperatorSplit};
pub use slash::{
    OperatorStake, SlashEvent, SlashOutcome, SlashedInOrder, reported_wad, shares_lost, slash_in_order,
};
pub use stake::{allocated_stake, minimum_slashable_stake, slashable_stake};
pub use staker::{QueuedShares, Staker, slashing_factor};
pub use wad::WAD;

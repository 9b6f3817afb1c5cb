//! Saga: application chains (chainlets) whose validators are paid by the day.
//!
//! Two sources disagree on how the price is made, so both are here. The documents describe a reverse auction,
//! [`musical_chairs`]; the published chain has none and bills fixed fees from an escrow, [`launch`],
//! [`bill_epoch`], [`refill`], and divides them equally, [`divide`]. What a chainlet asks of its validators is
//! [`CHAINLET`]: nothing can be slashed. Amounts are whole base units, an epoch is a day.

mod auction;
mod billing;
mod consumer;
mod escrow;
mod payout;
mod refusal;
#[cfg(test)]
mod tests;

pub use auction::{Bidder, Chairs, Clearing, moving_average, musical_chairs, roll_over};
pub use billing::{
    Billing, Chainlet, FeeOption, Kind, Launch, LaunchRule, N_EPOCH_DEPOSIT, Refill, State, bill_epoch,
    days_left, launch, launch_deposit, refill,
};
pub use consumer::{CHAINLET, ConsumerParameters, Penalty, Sentence, Tombstone};
pub use escrow::Pool;
pub use payout::{MAX_STAKING_PAYEES, Payout, divide, n_payees};
pub use refusal::Refusal;

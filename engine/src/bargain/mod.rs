//! Who takes part, and at which price: operators choose the services that are worth their while, delegators vote on consumers,
//! services pay the least that makes them secure.

mod bench;
mod participation;
mod price;
#[cfg(test)]
mod tests;
mod vote;

pub use participation::{Chosen, Settled, choose};
pub use price::{Bound, Comparison, Offer, Target, TargetError, price};
pub use vote::{Vote, go_on_as_before, settle};

pub(crate) use bench::Bench;

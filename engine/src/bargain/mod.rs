//! Who takes part, and at which price: operators choose the services that are worth their while, services pay the least that
//! makes them secure.

mod bench;
mod participation;
mod price;
#[cfg(test)]
mod tests;

pub use participation::{Chosen, Settled, settle};
pub use price::{Bound, Comparison, Offer, Target, TargetError, price};

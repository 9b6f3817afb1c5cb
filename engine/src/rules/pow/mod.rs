//! Proof of work: what hash rate costs to own or to rent, and how likely a double spend is.
//!
//! Nothing is slashed and the hardware can be used again, so an attack costs only what is spent while it lasts:
//! wear or loss on resale plus energy for own hardware ([`Fleet`], [`Bill`]), the rent for somebody else's
//! ([`rent_usd`]), less the block rewards of the attacker's own chain. More than half of the hash rate always wins
//! the race ([`MAJORITY`]); less wins it with a probability ([`Race`]), and bends the rewards from a third on
//! ([`selfish_mining_threshold`]).
//!
//! There is no protocol integer here but the number of units: hash rates, prices and probabilities are measured.

mod double_spend;
mod hardware;
mod hash_rate;
mod refusal;
mod rental;
mod selfish;
#[cfg(test)]
mod tests;

pub use double_spend::{Race, confirmations_needed, nakamoto_success, rosenfeld_success};
pub use hardware::{Afterwards, Bill, Fleet, Unit, energy_usd};
pub use hash_rate::{
    HashesPerDifficulty, Honest, MAJORITY, added_hash_rate, block_rewards_usd, blocks_mined,
    hash_rate_at_difficulty, hash_rate_to_own,
};
pub use refusal::Refusal;
pub use rental::{
    CRYPTO51_MOST_OFFSET, Rentable, crypto51_day_price_btc, crypto51_hourly_usd, net_rent_usd, rent_usd,
    rentable, rentable_share, share_of_market,
};
pub use selfish::selfish_mining_threshold;

/// Hours in a day.
const HOURS: f64 = 24.0;

/// Seconds in an hour.
const SECONDS: f64 = 3600.0;

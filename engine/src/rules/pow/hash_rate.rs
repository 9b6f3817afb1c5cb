//! Hash rates: how much a chain has, how much of it an attacker needs, and what it mines.

use super::SECONDS;
use super::refusal::{Refusal, in_unit, not_negative, positive};

/// Share of the hash rate beyond which an attacker outruns all others with certainty.
pub const MAJORITY: f64 = 0.5;

/// Hashes that a block takes on average per unit of difficulty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HashesPerDifficulty {
    /// 2³², the customary round number, 1.5·10⁻⁵ too low.
    Rounded,
    /// 2²⁵⁶ / (0xffff · 2²⁰⁸) = 2⁴⁸ / 65,535, from Bitcoin's target at difficulty 1.
    Exact,
}

impl HashesPerDifficulty {
    /// The number of hashes.
    pub fn hashes(self) -> f64 {
        match self {
            Self::Rounded => 4_294_967_296.0,
            Self::Exact => 281_474_976_710_656.0 / 65_535.0,
        }
    }
}

/// Hash rate at which blocks come every `block_seconds` at `difficulty`: `D · hashes / T`, in H/s.
///
/// # Errors
/// If the difficulty is negative, the time between blocks is not positive, or either is not finite.
pub fn hash_rate_at_difficulty(
    difficulty: f64,
    block_seconds: f64,
    hashes: HashesPerDifficulty,
) -> Result<f64, Refusal> {
    let difficulty = not_negative("difficulty", difficulty)?;
    Ok(difficulty * hashes.hashes() / positive("time between blocks in seconds", block_seconds)?)
}

/// What becomes of the honest miners while the attacker gathers hash rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Honest {
    /// All go on mining; the attacker adds to them.
    Stays,
    /// Part of their hash rate changes hands; the sum stays what it was.
    TakenOver,
}

/// Hash rate to own for a `share` of all: `x·H/(1 − x)` if the honest rate stays, `x·H` if part of it is taken over.
///
/// In the unit of `hash_rate`.
///
/// # Errors
/// If the hash rate is negative or not finite, or the share lies outside [0, 1], or is 1 while the honest rate stays.
pub fn hash_rate_to_own(hash_rate: f64, share: f64, honest: Honest) -> Result<f64, Refusal> {
    let hash_rate = not_negative("hash rate", hash_rate)?;
    let share = in_unit("share of the hash rate", share)?;
    match honest {
        Honest::TakenOver => Ok(hash_rate * share),
        Honest::Stays if share < 1.0 => Ok(added_hash_rate(hash_rate, share)),
        Honest::Stays => Err(Refusal::NeverReached { share }),
    }
}

/// Hash rate to add to an honest `hash_rate` so that the attacker holds `share` in [0, 1) of the sum.
///
/// `x·H/(1 − x)`, in the unit of `hash_rate`; infinite from a share of 1 on, which no addition reaches.
pub fn added_hash_rate(hash_rate: f64, share: f64) -> f64 {
    if share >= 1.0 { f64::INFINITY } else { hash_rate * share / (1.0 - share) }
}

/// Blocks that `hash_rate` mines in `hours`, on average, while the difficulty is still that of `network_hash_rate`.
///
/// `hours · 3600/T · h/H`, both rates in the same unit, T the time between blocks at the network's own rate.
///
/// # Errors
/// If a rate or the hours are negative, what is divided by is not positive, or anything is not finite.
pub fn blocks_mined(
    hash_rate: f64,
    network_hash_rate: f64,
    block_seconds: f64,
    hours: f64,
) -> Result<f64, Refusal> {
    let part =
        not_negative("hash rate", hash_rate)? / positive("hash rate of the network", network_hash_rate)?;
    let n_intervals =
        not_negative("hours", hours)? * SECONDS / positive("time between blocks in seconds", block_seconds)?;
    Ok(n_intervals * part)
}

/// Worth of the rewards of `n_blocks`, USD: subsidy and fees of a block, in coins, at the coin's price.
pub fn block_rewards_usd(n_blocks: f64, coins_per_block: f64, usd_per_coin: f64) -> f64 {
    n_blocks * coins_per_block * usd_per_coin
}

//! Rented hash rate: its price, what rewards give back, and whether the market has enough.

use super::HOURS;

/// Largest part of the rent that block rewards were seen to give back.
///
/// An observation, not a rule. Source: tdickman/crypto51, src/about.html.
pub const CRYPTO51_MOST_OFFSET: f64 = 0.8;

/// Rent for `hash_rate_ths` over `hours`, USD.
pub fn rent_usd(hash_rate_ths: f64, usd_per_ths_day: f64, hours: f64) -> f64 {
    hash_rate_ths * usd_per_ths_day * hours / HOURS
}

/// Rent net of block rewards, USD: `rent − min(rewards, most_offset · rent)`.
///
/// With `most_offset` 1 the attack is free at best; [`CRYPTO51_MOST_OFFSET`] leaves a fifth of the rent; infinity
/// lets rewards exceed the rent. Rewards below 0 count as none.
pub fn net_rent_usd(rent_usd: f64, rewards_usd: f64, most_offset: f64) -> f64 {
    // Where there is no rent there is nothing to cap: an infinite part of nothing is no number.
    let most = if most_offset.is_infinite() { f64::INFINITY } else { most_offset * rent_usd };
    rent_usd - rewards_usd.max(0.0).min(most)
}

/// Price of a day of matching the whole network, BTC: price of one unit for a day · the network's rate in units.
///
/// The market's unit differs by algorithm (TH/s, GH/s, kSol/s).
/// Source: tdickman/crypto51, crypto51/apis/nicehash.py, `get_cost_global`.
pub fn crypto51_day_price_btc(btc_per_unit_day: f64, network_units: f64) -> f64 {
    btc_per_unit_day * network_units
}

/// Hourly cost of matching the whole network, USD: `day price · USD/BTC / 24`, block rewards not set off.
///
/// `None` at a price of 0, which says that nothing is on offer and not that the attack is free.
/// Source: tdickman/crypto51, crypto51/app.py.
pub fn crypto51_hourly_usd(day_price_btc: f64, usd_per_btc: f64) -> Option<f64> {
    (day_price_btc != 0.0).then_some(day_price_btc * usd_per_btc / HOURS)
}

/// Part of the needed hash rate that the market has, `capacity / h`: from 1 on, all of it can be rented.
///
/// Infinite where nothing is needed. Source: tdickman/crypto51, crypto51/apis/nicehash.py, `get_hash_percentage`.
pub fn rentable_share(capacity: f64, hash_rate: f64) -> f64 {
    if hash_rate <= 0.0 { f64::INFINITY } else { capacity / hash_rate }
}

/// Part of the market that the attack would take, `h / capacity`: above 1, it cannot be bought.
///
/// 0 where nothing is needed, infinite where something is and the market is empty.
pub fn share_of_market(hash_rate: f64, capacity: f64) -> f64 {
    if hash_rate <= 0.0 { 0.0 } else { hash_rate / capacity.max(0.0) }
}

/// Whether a market can serve an attack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rentable {
    /// All the hash rate can be rented.
    Wholly,
    /// The market is too small: the rest must be owned, or the attack is off.
    InPart,
}

/// Whether `hash_rate` can be rented from a market of `capacity`, in the same unit: yes up to and with equality.
pub fn rentable(hash_rate: f64, capacity: f64) -> Rentable {
    if hash_rate <= capacity { Rentable::Wholly } else { Rentable::InPart }
}

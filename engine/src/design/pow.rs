//! Proof of work: hash rate is rented or bought, nothing is slashed.

use crate::graph::Mining;
use crate::rules::pow::{added_hash_rate, energy_usd, rent_usd};
use crate::study::{Attack, Pow, Study};

/// Hours in a year of 365.25 days.
const HOURS_PER_YEAR: f64 = 8766.0;

/// What the hash rate for an attack costs; the honest rate stays where it is. `None`: no hash rate is enough.
pub fn mining(study: &Study, service: usize, pow: &Pow, attack: &Attack) -> Option<Mining> {
    let share = attack.threshold.value();
    if share >= 1.0 {
        return None;
    }
    let added = added_hash_rate(pow.hash_rate_ths, share);
    let hours = pow.duration_hours;
    let falls = study.services[service].asset.is_some() && study.services[service].asset == pow.reward_asset;
    let drawdown = if falls { attack.drawdown } else { 0.0 };
    let reward_usd = pow.block_reward_usd_per_day * hours / 24.0 * (1.0 - drawdown);
    let reward_price = pow.reward_asset.map_or(1.0, |asset| study.assets[asset].price_usd);
    let hardware = added * pow.hardware_usd_per_ths;
    Some(Mining {
        rent_usd: rent_usd(added, pow.rental_usd_per_ths_day, hours),
        rentable: added <= pow.rental_capacity_ths,
        hardware_usd: hardware,
        hardware_loss_usd: hardware * (1.0 - pow.resale),
        energy_usd: energy_usd(added, pow.efficiency_j_per_th, hours, pow.energy_usd_per_kwh),
        reward: reward_usd / reward_price,
        reward_asset: pow.reward_asset,
        carry: study.adversary.carry_apr * hours / HOURS_PER_YEAR,
    })
}

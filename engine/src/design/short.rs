//! Tokens sold short before an attack that makes them fall.
//!
//! The attacker sells all that the market lends, n USD of it, and buys back after the drawdown δ: it gains `n·(δ·p − c)`, p the
//! probability of success and c what selling short costs. An attacker that has bought s USD of stake, of which λ is slashed, loses
//! `s·(λ + (1 − λ)·δ)` on it, so that it breaks even at `n/s = (λ + (1 − λ)·δ)/δ` where c is 0 and p is 1.

#[cfg(test)]
mod tests;

use crate::graph::Short;
use crate::study::{Attack, Study};

/// What an attack gains by selling the service's token short; `None` where nothing is to be gained so.
pub(super) fn short(study: &Study, service: usize, attack: &Attack) -> Option<Short> {
    let position = study.services[service].asset?;
    let asset = &study.assets[position];
    let part = attack.drawdown * attack.success_probability - asset.short_cost;
    let tokens = asset.short_capacity_usd / asset.price_usd;
    (part > 0.0 && tokens > 0.0).then_some(Short { asset: position, tokens, part })
}

/// The column of profits that holds what can be sold, and the part of it that the attack gains.
pub(super) fn way(study: &Study, service: usize, attack: &Attack) -> Option<(usize, f64)> {
    let Short { asset, part, .. } = short(study, service, attack)?;
    let attacks: usize = study.services.iter().map(|service| service.attacks.len()).sum();
    let position = study.shortable().position(|other| other == asset)?;
    Some((attacks + position, part))
}

/// The same as a gain of a single target, which the probability of success multiplies: it is in the short's part already.
pub(super) fn gain(study: &Study, service: usize, attack: &Attack) -> Option<Vec<(usize, f64)>> {
    way(study, service, attack).map(|(column, part)| vec![(column, part / attack.success_probability)])
}

//! Power and losses of a service's members at one scenario's prices.

use crate::graph::{PowerPart, SlotLosses, StakePower, to_f64};

/// Fixed-point units of a USD where power spans assets.
const USD_UNITS: f64 = 1e9;

/// Prices of one scenario applied to one service; reused from scenario to scenario.
#[derive(Debug, Default)]
pub struct Priced {
    /// Power as a number, for orders alone. `[slot]`
    pub weights: Vec<f64>,
    /// Private loss, USD. `[slot]`
    pub private_usd: Vec<f64>,
    /// Private loss per weight. `[slot]`
    pub ratios: Vec<f64>,
    /// One over each weight. `[slot]`
    inverse_weights: Vec<f64>,
    /// Price of each asset of the losses priced last. `[asset used]`
    pub asset_usd: Vec<f64>,
    /// Power of everybody.
    pub total: u128,
    /// Integer price of each part's units. `[part]`
    multipliers: Vec<u64>,
}

impl Priced {
    /// Prices the power: units times integer price, capped parts scaled down. A single part needs no price.
    pub fn price_power(&mut self, power: &StakePower, price: impl Fn(usize) -> f64) {
        self.price_weights(power, price);
        self.inverse_weights.clear();
        self.inverse_weights.extend(self.weights.iter().map(|weight| 1.0 / weight));
    }

    fn price_weights(&mut self, power: &StakePower, price: impl Fn(usize) -> f64) {
        self.weights.clear();
        if let [part] = power.parts.as_slice() {
            self.weights.extend(power.members.iter().map(|operator| to_f64(part.units[*operator as usize])));
            self.total = part.total();
            return;
        }
        self.price_parts(power, price);
        self.weights.resize(power.members.len(), 0.0);
        for (floats, multiplier) in power.floats.iter().zip(&self.multipliers) {
            let multiplier = to_f64(u128::from(*multiplier));
            self.weights.iter_mut().zip(floats).for_each(|(weight, units)| *weight += units * multiplier);
        }
        let totals = power.totals.iter().zip(&self.multipliers);
        self.total = totals.map(|(total, m)| u128::from(*total) * u128::from(*m)).sum();
    }

    fn price_parts(&mut self, power: &StakePower, price: impl Fn(usize) -> f64) {
        let usd = |part: &PowerPart| part.value_share * part.asset.map_or(1.0, &price);
        let values =
            power.parts.iter().zip(&power.totals).map(|(part, total)| usd(part) * to_f64(u128::from(*total)));
        let capped = |part: &PowerPart| part.most_of_uncapped.is_some();
        let uncapped: f64 =
            power.parts.iter().zip(values.clone()).filter(|(part, _)| !capped(part)).map(|(_, v)| v).sum();
        self.multipliers.clear();
        self.multipliers.extend(power.parts.iter().zip(values).map(|(part, value)| {
            let most = part.most_of_uncapped.map_or(f64::INFINITY, |multiple| multiple * uncapped);
            fixed_point(usd(part) * if value > most { most / value } else { 1.0 })
        }));
    }

    /// Exact power of one member.
    #[inline]
    pub fn units(&self, power: &StakePower, slot: usize) -> u128 {
        if let [part] = power.parts.as_slice() {
            return part.units[power.members[slot] as usize];
        }
        let parts = power.fixed.iter().zip(&self.multipliers);
        parts.map(|(units, m)| u128::from(units[slot]) * u128::from(*m)).sum()
    }

    /// Exact power of several members.
    #[inline]
    pub fn units_of(&self, power: &StakePower, slots: impl Iterator<Item = usize> + Clone) -> u128 {
        if power.parts.len() == 1 {
            return slots.map(|slot| self.units(power, slot)).sum();
        }
        let parts = power.fixed.iter().zip(&self.multipliers);
        let sum = |units: &[u64]| slots.clone().map(|slot| units[slot]).sum::<u64>();
        parts.map(|(units, m)| u128::from(sum(units)) * u128::from(*m)).sum()
    }

    /// Prices what each member loses, after its power.
    pub fn price_losses(&mut self, losses: &SlotLosses, price: impl Fn(usize) -> f64) {
        self.private_usd.clone_from(&losses.fixed_usd);
        self.asset_usd.clear();
        for (asset, private, _) in &losses.assets {
            let usd = price(*asset);
            self.asset_usd.push(usd);
            self.private_usd.iter_mut().zip(private).for_each(|(loss, tokens)| *loss += usd * tokens);
        }
        self.ratios.clear();
        self.ratios
            .extend(self.private_usd.iter().zip(&self.inverse_weights).map(|(loss, inverse)| loss * inverse));
    }

    /// The total in USD where power spans assets; `None` where it is counted in units.
    pub fn total_usd(&self, power: &StakePower) -> Option<f64> {
        let spans_assets = power.parts.len() > 1;
        spans_assets.then(|| to_f64(self.total) / (USD_UNITS * libm::exp10(f64::from(power.decimals))))
    }
}

/// A price in integer units of 10^−9 USD.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "prices are finite and not negative"
)]
fn fixed_point(usd: f64) -> u64 {
    libm::round(usd * USD_UNITS) as u64
}

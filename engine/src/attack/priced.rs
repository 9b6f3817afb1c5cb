//! Power and losses of a service's members at one scenario's prices.

use super::part;
use crate::graph::{PowerPart, SlotLosses, StakePower, to_f64};
use crate::kernels::caps::{self, Capped};
use crate::kernels::columns;

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
    /// Price of each part's units, USD, as far as its cap lets it count. `[part]`
    prices: Vec<f64>,
    /// Integer price of each part's units. `[part]`
    multipliers: Vec<u64>,
    /// Value of the uncapped parts and of the capped ones, USD · 10^decimals.
    own: f64,
    lent: Vec<Capped>,
    /// The capped ones, those first that fit first.
    by_fit: Vec<Capped>,
}

impl Priced {
    /// Prices the power: units times integer price, capped parts scaled down. A single part needs no price.
    pub fn price_power(&mut self, power: &StakePower, price: impl Fn(usize) -> f64) {
        self.price_weights(power, price);
        self.inverse_weights.resize(self.weights.len(), 0.0);
        columns::invert(&self.weights, &mut self.inverse_weights);
    }

    fn price_weights(&mut self, power: &StakePower, price: impl Fn(usize) -> f64) {
        self.price_total(power, price);
        self.weights.clear();
        if let [part] = power.parts.as_slice() {
            self.weights.extend(power.members.iter().map(|operator| to_f64(part.units[*operator as usize])));
            return;
        }
        self.weights.resize(power.members.len(), 0.0);
        for (floats, multiplier) in power.floats.iter().zip(&self.multipliers) {
            let multiplier = to_f64(u128::from(*multiplier));
            columns::add_scaled(&mut self.weights, multiplier, floats);
        }
    }

    /// Prices the power of everybody, and with it what [`Self::units`] needs.
    pub fn price_total(&mut self, power: &StakePower, price: impl Fn(usize) -> f64) {
        if let [part] = power.parts.as_slice() {
            self.total = part.total();
            return;
        }
        self.price_parts(power, &power.totals, price);
        let totals = power.totals.iter().zip(&self.multipliers);
        self.total = totals.map(|(total, m)| u128::from(*total) * u128::from(*m)).sum();
    }

    /// [`Self::price_total`] of those who are left, where parts of some are gone: caps are shares of their power. `[operator]`
    pub fn price_rest(&mut self, power: &StakePower, price: impl Fn(usize) -> f64, gone: &[f64]) {
        let left = |operator: &u32| 1.0 - gone[*operator as usize];
        let rest = power.members.iter().enumerate().filter(|(_, operator)| left(operator) > 0.0);
        if let [only] = power.parts.as_slice() {
            self.total =
                rest.map(|(_, o)| part::of_units(only.units[*o as usize], part::down(left(o)))).sum();
            return;
        }
        let of_part = |units: &Vec<u64>| {
            let units =
                |(slot, o): (usize, &u32)| part::of_units(u128::from(units[slot]), part::down(left(o)));
            u64::try_from(rest.clone().map(units).sum::<u128>()).unwrap_or(u64::MAX)
        };
        let totals: Vec<u64> = power.fixed.iter().map(of_part).collect();
        self.price_parts(power, &totals, price);
        let totals = totals.iter().zip(&self.multipliers);
        self.total = totals.map(|(total, m)| u128::from(*total) * u128::from(*m)).sum();
    }

    /// Integer prices of the parts' units: the dearest is 2^48, so that only their ratios matter.
    fn price_parts(&mut self, power: &StakePower, totals: &[u64], price: impl Fn(usize) -> f64) {
        let usd = |part: &PowerPart| part.value_share * part.asset.map_or(1.0, &price);
        let parts = || power.parts.iter().zip(totals).map(|(part, total)| (part, to_f64(u128::from(*total))));
        self.own = parts().filter(|(part, _)| part.most_share.is_none()).map(|(part, n)| usd(part) * n).sum();
        self.lent.clear();
        self.lent.extend(
            parts().filter_map(|(part, n)| Some(Capped { size: usd(part) * n, share: part.most_share? })),
        );
        self.by_fit.clone_from(&self.lent);
        caps::sort_by_fit(&mut self.by_fit);
        let whole = caps::whole(self.own, &self.lent);
        self.prices.clear();
        self.prices.extend(power.parts.iter().map(usd));
        for ((part, n), price) in parts().zip(&mut self.prices) {
            let most = part.most_share.map_or(f64::INFINITY, |share| share * whole);
            *price *= if *price * n > most { most / (*price * n) } else { 1.0 };
        }
        let dearest = self.prices.iter().copied().fold(0.0, f64::max);
        self.multipliers.clear();
        self.multipliers.extend(self.prices.iter().map(|price| fixed_point(price / dearest)));
    }

    /// Integer price of each part's units. `[part]`
    pub fn multipliers(&self) -> &[u64] {
        &self.multipliers
    }

    /// Power of everybody in USD where it spans assets; `None` where it is counted in units.
    pub fn total_usd(&self, power: &StakePower) -> Option<f64> {
        let usd = || caps::whole(self.own, &self.lent) / libm::exp10(f64::from(power.decimals));
        (power.parts.len() > 1).then(usd)
    }

    /// Value to add to the uncapped power, USD, so that it makes up `share` of the whole; `None` if none is enough.
    pub fn added_usd(&self, power: &StakePower, share: f64) -> Option<f64> {
        caps::added(share, self.own, &self.by_fit).map(|units| units / libm::exp10(f64::from(power.decimals)))
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

    /// Exact power that has so many units of each part.
    #[inline]
    pub fn units_of_parts(&self, mut parts: impl ExactSizeIterator<Item = u64>) -> u128 {
        if parts.len() == 1 {
            return parts.next().map_or(0, u128::from);
        }
        parts.zip(&self.multipliers).map(|(units, m)| u128::from(units) * u128::from(*m)).sum()
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
            columns::add_scaled(&mut self.private_usd, usd, private);
        }
        self.ratios.resize(self.private_usd.len(), 0.0);
        columns::multiply(&self.private_usd, &self.inverse_weights, &mut self.ratios);
    }
}

/// A price as a part of the dearest, in integer units of 2^−48; what has a price keeps one.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a ratio in [0, 1] times 2^48")]
fn fixed_point(ratio: f64) -> u64 {
    // To the nearest: a half more keeps its bits below 2^52.
    let units = (ratio * 281_474_976_710_656.0 + 0.5) as u64;
    if ratio > 0.0 { units.max(1) } else { 0 }
}

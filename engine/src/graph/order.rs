//! The order in which operators join the cheapest coalition, where prices cannot change it.

use super::{Light, Losses, Mix, NOT_A_MEMBER, Ranks, StakePower};

/// How the order of private loss per power behaves.
#[derive(Debug, Clone, PartialEq)]
pub enum Order {
    /// The same in every scenario.
    Fixed(FixedOrder),
    /// It moves with prices.
    Moves(SlotLosses),
}

/// Losses of the members by slot, contiguous for pricing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SlotLosses {
    /// USD that do not depend on a price. `[slot]`
    pub fixed_usd: Vec<f64>,
    /// Per asset: position, private loss and forfeited stake in tokens. `[asset used]`, each `[slot]`; empty where nobody
    /// forfeits any
    pub assets: Vec<(usize, Vec<f64>, Vec<f64>)>,
    /// The two orders that prices leave open, where they do.
    pub mix: Option<Box<Mix>>,
}

impl SlotLosses {
    fn new(power: &StakePower, losses: &Losses) -> Self {
        let pick =
            |column: &[f64]| -> Vec<f64> { power.members.iter().map(|o| column[*o as usize]).collect() };
        let forfeited = |column: &[f64]| {
            let tokens = pick(column);
            if tokens.iter().all(|tokens| *tokens == 0.0) { Vec::new() } else { tokens }
        };
        let assets = losses.assets.iter();
        let mut slots = Self {
            fixed_usd: pick(&losses.fixed_usd),
            assets: assets.map(|a| (a.asset, pick(&a.private), forfeited(&a.forfeited))).collect(),
            mix: None,
        };
        slots.mix = Mix::of(power, &slots).map(Box::new);
        slots
    }
}

/// Members sorted by private loss per power; larger power first where that ties.
///
/// Losses are `price · per_price` with the price of `asset`, or plain USD without one.
#[derive(Debug, Clone, PartialEq)]
pub struct FixedOrder {
    /// Asset whose price scales every loss.
    pub asset: Option<usize>,
    /// Operator at each rank. `[rank]`
    pub operators: Vec<u32>,
    /// What each brings and loses, and several together.
    pub ranked: Ranks<Ranked>,
    /// Those who have little power.
    pub light: Light,
    /// Private loss per unit of power. `[rank]`
    pub ratio: Vec<f64>,
    /// Power needed.
    pub least_power: u64,
}

/// What a member of a fixed order brings and loses.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Ranked {
    /// Power.
    pub units: u64,
    /// The same as a number.
    pub weight: f64,
    /// Private loss.
    pub private: f64,
    /// Forfeited stake.
    pub forfeited: f64,
}

/// Two fixed orders whose coalitions are the same, and their losses proportional.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Proportion {
    /// Private loss as a multiple of the other's.
    pub private: f64,
    /// Forfeited stake as a multiple of the other's.
    pub forfeited: f64,
}

impl Ranked {
    /// Adds another's power and losses.
    #[inline(always)]
    pub fn add(&mut self, other: &Self) {
        self.units += other.units;
        self.weight += other.weight;
        self.private += other.private;
        self.forfeited += other.forfeited;
    }
}

impl FixedOrder {
    /// Operators in the order of joining, what each brings and loses, and its private loss per unit of power.
    pub fn new(
        asset: Option<usize>,
        least_power: u64,
        operators: Vec<u32>,
        (ranked, ratio): (Vec<Ranked>, Vec<f64>),
    ) -> Self {
        let weights: Vec<f64> = ranked.iter().map(|ranked| ranked.weight).collect();
        let ranked = Ranks::new(ranked, Ranked::add);
        Self { asset, operators, ranked, light: Light::new(&weights), ratio, least_power }
    }

    /// How the losses of this order stand to those of `other`, if the same operators join in the same order for both and
    /// the same power is needed.
    pub fn proportion_to(&self, other: &Self) -> Option<Proportion> {
        let same_walk = self.operators == other.operators
            && self.units().eq(other.units())
            && self.least_power == other.least_power
            && self.asset == other.asset;
        if !same_walk {
            return None;
        }
        let by = |loss: fn(&Ranked) -> f64| {
            let [a, b] = [self, other].map(|order| order.ranked.each.iter().map(loss).collect::<Vec<_>>());
            proportion(&a, &b)
        };
        let private = by(|ranked| ranked.private).filter(|factor| *factor > 0.0)?;
        Some(Proportion { private, forfeited: by(|ranked| ranked.forfeited)? })
    }

    /// Power by rank.
    pub fn units(&self) -> impl Iterator<Item = u64> {
        self.ranked.each.iter().map(|ranked| ranked.units)
    }
}

/// The factor with `a = factor · b`, up to rounding.
pub(super) fn proportion(a: &[f64], b: &[f64]) -> Option<f64> {
    let factor = a.iter().zip(b).find(|(_, b)| **b != 0.0).map_or(0.0, |(a, b)| a / b);
    let holds = a.iter().zip(b).all(|(a, b)| (a - factor * b).abs() <= 1e-12 * a.abs());
    holds.then_some(factor)
}

impl Order {
    /// Finds the order for losses and power; `least_power` is asked with the total power.
    ///
    /// Prices cannot move it where one part has all the power and losses are in one asset, or in USD alone.
    pub fn of(power: &StakePower, losses: &Losses, least_power: impl Fn(u128) -> u128) -> Self {
        let moves = || Self::Moves(SlotLosses::new(power, losses));
        let [part] = power.parts.as_slice() else { return moves() };
        let fixed = losses.fixed_usd.iter().any(|usd| *usd > 0.0);
        let zeros = vec![0.0; part.units.len()];
        let (asset, private, forfeited) = match (losses.assets.as_slice(), fixed) {
            ([], _) => (None, &losses.fixed_usd, &zeros),
            ([one], false) => (Some(one.asset), &one.private, &one.forfeited),
            _ => return moves(),
        };
        // Whole operators are few; units beyond 64 bits are left to the general way.
        let Ok(total) = u64::try_from(part.total()) else { return moves() };
        let Ok(least_power) = u64::try_from(least_power(u128::from(total))) else { return moves() };
        let mut ranked: Vec<(f64, u32)> = power
            .members
            .iter()
            .map(|o| (coarse(private[*o as usize] / to_f64(part.units[*o as usize])), *o))
            .collect();
        let units_of = |o: u32| part.units[o as usize];
        ranked
            .sort_by(|a, b| a.0.total_cmp(&b.0).then(units_of(b.1).cmp(&units_of(a.1))).then(a.1.cmp(&b.1)));
        let operators: Vec<u32> = ranked.iter().map(|(_, o)| *o).collect();
        let of = |operator: &u32| {
            let at = *operator as usize;
            let units = u64::try_from(part.units[at]).ok()?;
            let weight = to_f64(part.units[at]);
            Some(Ranked { units, weight, private: private[at], forfeited: forfeited[at] })
        };
        let ratio = ranked.iter().map(|(ratio, _)| *ratio).collect();
        let ranked = operators.iter().filter_map(of).collect();
        Self::Fixed(FixedOrder::new(asset, least_power, operators, (ranked, ratio)))
    }
}

/// A ratio without its last bits, so that rounding does not part what is equal.
fn coarse(ratio: f64) -> f64 {
    f64::from_bits(ratio.to_bits() & !0xFFF)
}

/// Units as a number, for prices and orders; never for a decision.
#[inline]
#[expect(clippy::cast_precision_loss, reason = "stated above")]
pub fn to_f64(units: u128) -> f64 {
    match i64::try_from(units) {
        Ok(small) => small as f64,
        Err(_) => wide_to_f64(units),
    }
}

/// The nearest double of units beyond 63 bits: their top 63, the last one marking whatever is lost, rounded once. (The
/// compiler's own conversion takes a call and twice the time.)
#[inline]
#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "63 bits fit")]
fn wide_to_f64(units: u128) -> f64 {
    let shift = 65 - units.leading_zeros();
    let top = (units >> shift) as i64;
    let lost = i64::from(units.trailing_zeros() < shift);
    (top | lost) as f64 * f64::from_bits(u64::from(1023 + shift) << 52)
}

/// The slot of an operator, if it has power.
pub fn slot(power: &StakePower, operator: usize) -> Option<usize> {
    let slot = power.slot_of[operator];
    (slot != NOT_A_MEMBER).then_some(slot as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::cast_precision_loss, reason = "the oracle")]
    fn units_become_the_nearest_number_at_every_width() {
        let mut bits = 1u128;
        for round in 0..20_000u32 {
            bits = bits.wrapping_mul(0x2360_ED05_1FC6_5DA4_4385_DF64_9FCC_F645).wrapping_add(round.into());
            let units = bits >> (round % 128);
            // Ties and their neighbours: 53 bits, then a one and zeros.
            let tie = (units | 1) << (units.leading_zeros() % 64);
            for units in [units, !units, tie, tie ^ 1, u128::MAX << (round % 128)] {
                assert_eq!(to_f64(units).to_bits(), (units as f64).to_bits(), "{units}");
            }
        }
    }
}

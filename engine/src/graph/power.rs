//! Who holds the power over a service.

use super::to_f64;

/// What decides over a service.
#[derive(Debug, Clone, PartialEq)]
pub enum Power {
    /// Operators hold it.
    Stake(StakePower),
    /// Hash rate decides; nobody in the study holds it.
    Hash,
}

/// Voting power: the sum of parts, each in one asset. A single part needs no price.
#[derive(Debug, Clone, PartialEq)]
pub struct StakePower {
    /// Parts.
    pub parts: Vec<PowerPart>,
    /// Operators with any power, larger power at today's prices first. `[slot]`
    pub members: Vec<u32>,
    /// Position among the members, [`NOT_A_MEMBER`] without power. `[operator]`
    pub slot_of: Vec<u32>,
    /// Each part's units on one scale of `decimals`, where power spans assets. `[part][slot]`
    pub fixed: Vec<Vec<u64>>,
    /// The same as numbers. `[part][slot]`
    pub floats: Vec<Vec<f64>>,
    /// Sums of `fixed`. `[part]`
    pub totals: Vec<u64>,
    /// Decimals of `fixed`.
    pub decimals: u32,
    /// Whether the operator can commit a part of its keys; empty where nobody can. `[operator]`
    pub divisible: Vec<bool>,
}

/// Position of an operator without power.
pub const NOT_A_MEMBER: u32 = u32::MAX;

impl StakePower {
    /// Most decimals of a token that multi-asset power keeps.
    const MOST_DECIMALS: u32 = 9;

    /// Power of these parts; `price` is today's, for the order of members alone.
    pub fn new(parts: Vec<PowerPart>, price: impl Fn(usize) -> f64) -> Self {
        let n_operators = parts.first().map_or(0, |part| part.units.len());
        let value = |o: usize| -> f64 {
            let worth = |part: &PowerPart| part.value_share * part.asset.map_or(1.0, &price) * part.tokens(o);
            parts.iter().map(worth).sum()
        };
        let mut members: Vec<u32> = (0u32..).take(n_operators).filter(|o| has_power(&parts, *o)).collect();
        members.sort_by(|a, b| value(*b as usize).total_cmp(&value(*a as usize)).then(a.cmp(b)));
        let mut slot_of = vec![NOT_A_MEMBER; n_operators];
        for (slot, operator) in (0u32..).zip(&members) {
            slot_of[*operator as usize] = slot;
        }
        let decimals = common_decimals(&parts, Self::MOST_DECIMALS);
        let fixed: Vec<Vec<u64>> = parts
            .iter()
            .map(|part| {
                members.iter().map(|o| rescaled(part.units[*o as usize], part.decimals, decimals)).collect()
            })
            .collect();
        let floats =
            fixed.iter().map(|units| units.iter().map(|u| to_f64(u128::from(*u))).collect()).collect();
        let totals = fixed.iter().map(|units: &Vec<u64>| units.iter().sum()).collect();
        let divisible = Vec::new();
        Self { parts, members, slot_of, fixed, floats, totals, decimals, divisible }
    }

    /// Power of one operator where it lies in one part.
    pub fn only_units(&self, operator: usize) -> u128 {
        self.parts.first().map_or(0, |part| part.units[operator])
    }

    /// The same where these operators can commit a part of their keys. `[operator]`
    #[must_use]
    pub fn divided(self, divisible: Vec<bool>) -> Self {
        let with_power = self.slot_of.iter().zip(divisible).map(|(slot, part)| part && *slot != NOT_A_MEMBER);
        let divisible: Vec<bool> = with_power.collect();
        Self { divisible: if divisible.contains(&true) { divisible } else { Vec::new() }, ..self }
    }
}

fn has_power(parts: &[PowerPart], operator: u32) -> bool {
    parts.iter().any(|part| part.units[operator as usize] > 0)
}

/// As many decimals as the parts use, fewer where a total would not fit 62 bits.
fn common_decimals(parts: &[PowerPart], most: u32) -> u32 {
    let used = parts.iter().map(|part| part.decimals).max().unwrap_or(0).min(most);
    let fits = |decimals: u32| {
        parts.iter().all(|part| {
            let whole = to_f64(part.total()) / libm::exp10(f64::from(part.decimals));
            whole * libm::exp10(f64::from(decimals)) < 4.6e18
        })
    };
    (0..=used).rev().find(|decimals| fits(*decimals)).unwrap_or(0)
}

/// Units on another scale, rounded down; saturates far beyond any real supply.
fn rescaled(units: u128, from: u32, to: u32) -> u64 {
    let exact =
        if from > to { units / 10u128.pow(from - to) } else { units.saturating_mul(10u128.pow(to - from)) };
    u64::try_from(exact).unwrap_or(u64::MAX)
}

/// Power from one source.
#[derive(Debug, Clone, PartialEq)]
pub struct PowerPart {
    /// Pool it comes from; `None` for a table of weights.
    pub pool: Option<usize>,
    /// Asset that prices it.
    pub asset: Option<usize>,
    /// Units of 10^−decimals tokens, or weights. `[operator]`
    pub units: Vec<u128>,
    /// Decimals of the units.
    pub decimals: u32,
    /// Part of the value that counts as power, in (0, 1].
    pub value_share: f64,
    /// Largest share of the whole power that this part may make up.
    pub most_share: Option<f64>,
}

impl PowerPart {
    /// Sum of the units.
    pub fn total(&self) -> u128 {
        self.units.iter().sum()
    }
    /// Units of one operator in tokens (or weights).
    pub fn tokens(&self, operator: usize) -> f64 {
        to_f64(self.units[operator]) / libm::exp10(f64::from(self.decimals))
    }
}

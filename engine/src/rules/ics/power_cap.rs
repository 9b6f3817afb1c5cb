//! The power cap: nobody above a share of the whole, and what is cut off goes to the others.

use crate::rules::integer::mul_div_floor;

/// Powers after the power cap of `percent` (1 to 100), in the order given; 0 means not in the set and stays 0.
///
/// No validator may hold more than `⌊Σ·percent/100⌋`, at least 1. What is cut off is spread over the others in
/// descending order of power, each taking `rest / validators left` rounded down, itself cut at the cap; so integer
/// remainders end on the last. Where the cap cannot hold (`n · cap < Σ`) all are at the cap and the sum shrinks.
/// Equal powers keep the order given (the protocol's sort leaves it open). Sums beyond 128 bits saturate.
/// Source: interchain-security, x/ccv/provider/keeper/power_shaping.go, `NoMoreThanPercentOfTheSum`.
pub fn power_cap(powers: &[u128], percent: u32) -> Vec<u128> {
    let total = powers.iter().fold(0u128, |sum, power| sum.saturating_add(*power));
    let cap = mul_div_floor(total, u128::from(percent), 100).max(1);
    let mut order: Vec<usize> = (0..powers.len()).filter(|index| powers[*index] > 0).collect();
    order.sort_by(|a, b| powers[*b].cmp(&powers[*a]));
    let mut surplus = powers.iter().fold(0u128, |sum, power| sum.saturating_add(power.saturating_sub(cap)));
    let mut left = order.iter().filter(|index| powers[**index] < cap).count() as u128;
    let mut capped = vec![0; powers.len()];
    for index in order {
        let power = powers[index];
        if power >= cap {
            capped[index] = cap;
            continue;
        }
        let share = (surplus / left).min(cap - power);
        surplus -= share;
        left -= 1;
        capped[index] = power + share;
    }
    capped
}

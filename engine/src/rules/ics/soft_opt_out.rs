//! Soft opt-out (until v4.5 and v5.1): the smallest validators may stay away unpunished.

use super::{DEC, IcsError, power_to_halt};
use crate::rules::integer::mul_div_half_even;

/// Largest threshold that a consumer could set: 0.2.
const MOST_DEC: u128 = DEC / 5;

/// Power of the smallest validator that must run: the first, by ascending power, with `cumulative/Σ > threshold`.
///
/// Threshold in [0, 0.2], in 10⁻¹⁸; at 0 soft opt-out is off and the answer 0. The quotient is rounded half to even at
/// 18 decimals before it is compared. Sums beyond 128 bits saturate.
/// Source: interchain-security v3.3.0, x/ccv/consumer/keeper/soft_opt_out.go.
pub fn smallest_that_must_run(powers: &[u128], threshold_dec: u128) -> Result<u128, IcsError> {
    if threshold_dec > MOST_DEC {
        return Err(IcsError::SoftOptOutThreshold { threshold_dec });
    }
    if threshold_dec == 0 {
        return Ok(0);
    }
    let mut ascending = powers.to_vec();
    ascending.sort_unstable();
    let total = sum(&ascending);
    if total == 0 {
        return Err(IcsError::NoPower);
    }
    let mut cumulative = 0u128;
    for power in ascending {
        cumulative = cumulative.saturating_add(power);
        if mul_div_half_even(cumulative, DEC, total) > threshold_dec {
            return Ok(power);
        }
    }
    Err(IcsError::NoPower)
}

/// Whether a validator of `power` may stay away, given the smallest that must run: strictly below it.
pub fn may_soft_opt_out(power: u128, smallest: u128) -> bool {
    power < smallest
}

/// Power of all who may stay away. It still counts in the consumer's total.
pub fn opted_out_power(powers: &[u128], smallest: u128) -> u128 {
    powers.iter().filter(|power| may_soft_opt_out(**power, smallest)).fold(0, |sum, p| sum.saturating_add(*p))
}

/// Power that must fall silent to halt the consumer beyond `absent` power that is silent already.
///
/// `⌈Σ/3⌉ − absent`, at least 0: with 10 % opted out, 23.3 points do.
pub fn further_power_to_halt(powers: &[u128], absent: u128) -> u128 {
    power_to_halt(sum(powers)).saturating_sub(absent)
}

fn sum(powers: &[u128]) -> u128 {
    powers.iter().fold(0, |sum, power| sum.saturating_add(*power))
}

//! Amounts as the rules count them.

/// Cosmos counts in millionths of a token; Mesh as well.
pub(super) const MICRO_DECIMALS: u32 = 6;

/// A fraction in [0, 1] as 18 decimals; decimals of up to 15 digits come out exactly.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a fraction in [0, 1] times 10^15"
)]
pub(in crate::design) fn fraction18(fraction: f64) -> u128 {
    libm::round(fraction.clamp(0.0, 1.0) * 1e15) as u128 * 1000
}

/// Units in millionths of a token, rounded down; saturates far beyond any real supply.
pub(super) fn rescaled(units: u128, decimals: u32) -> u128 {
    if decimals > MICRO_DECIMALS {
        units / 10u128.pow(decimals - MICRO_DECIMALS)
    } else {
        units.saturating_mul(10u128.pow(MICRO_DECIMALS - decimals))
    }
}

/// Part of an amount, rounded down.
pub(super) fn part_of(amount: u128, fraction: f64) -> u128 {
    crate::rules::integer::mul_div_floor(amount, fraction18(fraction), 10u128.pow(18))
}

/// Millionths of a token in tokens.
pub(super) fn tokens_of(micros: u128) -> f64 {
    crate::graph::to_f64(micros) / 1e6
}

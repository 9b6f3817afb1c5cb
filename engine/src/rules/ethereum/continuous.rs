//! The inactivity leak as a differential equation: closed forms to check the integers against, and to think with.
//!
//! A score that grows by 4 an epoch takes `balance · t / quotient` in epoch t, so `b′ = −b·t/quotient`.
//! Balances are real numbers here: no effective balance, no ejection, no four epochs of grace.

use super::Fork;

/// Share of its balance that an absent validator still has after `epochs` of leak: `exp(−t² / (2 · quotient))`.
pub fn leak_balance_share(fork: Fork, epochs: f64) -> f64 {
    libm::exp(-epochs * epochs / (2.0 * quotient(fork)))
}

/// Epochs until two thirds of the remaining stake attest again: `√(2 · quotient · ln(2q / (1 − q)))`.
///
/// `absent_share` is q in [0, 1]. Up to a third finality is never lost, hence 0; at 1 it never returns, hence infinity.
pub fn leak_epochs_to_finality(fork: Fork, absent_share: f64) -> f64 {
    let ratio = 2.0 * absent_share / (1.0 - absent_share);
    libm::sqrt(2.0 * quotient(fork) * libm::log(ratio.max(1.0)))
}

/// Share of all stake burned when finality returns: `(3q − 1) / 2`, 0 up to a third.
///
/// Of the absent `q`, half of the present `1 − q` is left at that moment. What the score still takes afterwards is not
/// in it.
pub fn leak_burned_share(absent_share: f64) -> f64 {
    ((3.0 * absent_share - 1.0) / 2.0).max(0.0)
}

/// The fork's inactivity quotient as a real number, exactly.
fn quotient(fork: Fork) -> f64 {
    fork.inactivity_quotient() as f64
}

//! Selfish mining.

use super::refusal::{Refusal, in_unit};

/// Share of the hash rate above which holding back blocks pays more than honest mining: `(1 − γ)/(3 − 2γ)`.
///
/// `gamma` in [0, 1] is the part of the honest miners that build on the attacker's block in a tie. From 1/3 at 0 over
/// 1/4 at 1/2 down to 0 at 1. Source: Eyal and Sirer (2014).
///
/// # Errors
/// If `gamma` lies outside [0, 1].
pub fn selfish_mining_threshold(gamma: f64) -> Result<f64, Refusal> {
    let gamma = in_unit("part of the honest miners on the attacker's side of a tie", gamma)?;
    Ok((1.0 - gamma) / (3.0 - 2.0 * gamma))
}

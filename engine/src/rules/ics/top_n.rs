//! Top-N chains: who must validate, and who may leave.

use super::{DEC, IcsError, Launch, Phase};
use crate::rules::integer::mul_div_half_even;

/// Least power in the Top N: that of the first validator, by descending power, with `cumulative/Σ ≥ N/100`.
///
/// Takes the powers of the provider's active set; `top_n` in 1…100, although a chain is only given 50…100. Everyone
/// with that very power belongs to the Top N. The quotient is rounded half to even at 18 decimals before it is
/// compared. Sums beyond 128 bits saturate. Errors where `top_n` is out of range and where nobody has power.
/// Source: interchain-security, x/ccv/provider/keeper/power_shaping.go, `ComputeMinPowerInTopN`.
pub fn min_power_in_top_n(powers: &[u128], top_n: u32) -> Result<u128, IcsError> {
    if !(1..=100).contains(&top_n) {
        return Err(IcsError::TopNOfLeastPower { top_n });
    }
    let mut descending = powers.to_vec();
    descending.sort_unstable_by(|a, b| b.cmp(a));
    let total = descending.iter().fold(0u128, |sum, power| sum.saturating_add(*power));
    if total == 0 {
        return Err(IcsError::NoPower);
    }
    let threshold_dec = u128::from(top_n) * (DEC / 100);
    let mut cumulative = 0u128;
    for power in descending {
        cumulative = cumulative.saturating_add(power);
        if mul_div_half_even(cumulative, DEC, total) >= threshold_dec {
            return Ok(power);
        }
    }
    Err(IcsError::NoPower)
}

/// What decides whether a validator may leave a consumer chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OptOut {
    /// Phase of the chain: only a launched one can be left.
    pub phase: Phase,
    /// Least power in the Top N stored at the last epoch; `None` for an opt-in chain.
    pub min_power: Option<u128>,
}

/// Whether a validator of `power` may leave; takes effect at the end of the epoch.
///
/// Source: interchain-security, x/ccv/provider/keeper/partial_set_security.go, `HandleOptOut`.
pub fn check_opt_out(power: u128, terms: OptOut) -> Result<(), IcsError> {
    if terms.phase != Phase::Launched {
        return Err(IcsError::Phase { phase: terms.phase });
    }
    match terms.min_power {
        Some(min_power) if power >= min_power => Err(IcsError::CannotLeaveTopN { power, min_power }),
        _ => Ok(()),
    }
}

/// Refuses to opt in unless the chain is registered, initialized or launched; takes effect at the end of the epoch.
///
/// Source: interchain-security, x/ccv/provider/keeper/partial_set_security.go, `HandleOptIn`.
pub fn check_opt_in(phase: Phase) -> Result<(), IcsError> {
    match phase {
        Phase::Registered | Phase::Initialized | Phase::Launched => Ok(()),
        Phase::Stopped | Phase::Deleted => Err(IcsError::Phase { phase }),
    }
}

/// Who owns a consumer on the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// The provider's governance.
    Governance,
    /// Any other account.
    Account,
}

/// Refuses an owner who may not have such a chain: a Top-N chain belongs to governance, as every chain did before v6.
///
/// Source: interchain-security, x/ccv/provider/keeper/msg_server.go; ADR-019.
pub fn check_owner(owner: Owner, top_n: u32, launch: Launch) -> Result<(), IcsError> {
    if owner == Owner::Governance || (launch == Launch::Permissionless && top_n == 0) {
        return Ok(());
    }
    Err(IcsError::NeedsGovernance { top_n })
}

//! Default parameters, and the periods that follow from them.

use super::{DEC, UnbondingRelease};
use crate::rules::integer::mul_div_floor;

const HOUR_S: u64 = 3600;
const DAY_S: u64 = 24 * HOUR_S;
const WEEK_S: u64 = 7 * DAY_S;

/// The provider's parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProviderParameters {
    /// Unbonding period.
    pub unbonding_s: u64,
    /// Light clients trust a header for this fraction of the chain's unbonding period, in 10⁻¹⁸.
    pub trusting_fraction_dec: u128,
    /// Time between two replenishments of the slash meter.
    pub meter_period_s: u64,
    /// Fraction of the total power that a replenishment adds, in 10⁻¹⁸.
    pub meter_fraction_dec: u128,
    /// Blocks in an epoch.
    pub blocks_per_epoch: u64,
    /// Epochs in a consumer's set before a validator earns its rewards.
    pub reward_epochs: u64,
    /// Validators that take part in the provider's own consensus.
    pub max_active_validators: usize,
    /// Timeout of packets between the chains.
    pub ccv_timeout_s: u64,
    /// Until v5: a consumer whose channel is not up by then is dropped.
    pub init_timeout_s: u64,
    /// Until v5: a consumer silent for so long is dropped, and unbonding no longer waits for it.
    pub vsc_timeout_s: u64,
    /// v1: deposit for the proposal to launch a consumer, in ATOM.
    pub launch_deposit_atom: u64,
    /// v1: voting period of that proposal.
    pub launch_vote_s: u64,
}

impl ProviderParameters {
    /// Defaults, with the Cosmos Hub's price of a launch.
    ///
    /// Source: interchain-security, x/ccv/provider/types/params.go, x/ccv/types/params.go.
    pub const DEFAULT: Self = Self {
        unbonding_s: 21 * DAY_S,
        trusting_fraction_dec: DEC / 100 * 66,
        meter_period_s: HOUR_S,
        meter_fraction_dec: DEC / 20,
        blocks_per_epoch: 600,
        reward_epochs: 24,
        max_active_validators: 180,
        ccv_timeout_s: 4 * WEEK_S,
        init_timeout_s: 7 * DAY_S,
        vsc_timeout_s: 5 * WEEK_S,
        launch_deposit_atom: 250,
        launch_vote_s: 14 * DAY_S,
    };
}

/// A consumer's parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConsumerParameters {
    /// Unbonding period.
    pub unbonding_s: u64,
    /// Fraction of its rewards that the consumer keeps, in 10⁻¹⁸.
    pub redistribution_dec: u128,
    /// Blocks between two transmissions of rewards to the provider.
    pub blocks_per_transmission: u64,
    /// Timeout of such a transmission.
    pub transfer_timeout_s: u64,
    /// Wait before a bounced jailing is sent again.
    pub retry_delay_s: u64,
    /// Fraction of the power that may softly opt out (until v4.5 and v5.1), in 10⁻¹⁸.
    pub soft_opt_out_dec: u128,
}

impl ConsumerParameters {
    /// Defaults.
    ///
    /// Source: interchain-security, x/ccv/types/params.go; the soft opt-out threshold at tag v3.3.0.
    pub const DEFAULT: Self = Self {
        unbonding_s: 20 * DAY_S,
        redistribution_dec: DEC / 4 * 3,
        blocks_per_transmission: 1000,
        transfer_timeout_s: HOUR_S,
        retry_delay_s: HOUR_S,
        soft_opt_out_dec: DEC / 20,
    };
}

/// Time for which a light client trusts a header: `⌊unbonding · fraction⌋`.
///
/// Source: interchain-security, x/ccv/types/utils.go, `CalculateTrustPeriod`.
pub fn trusting_period_s(unbonding_s: u64, fraction_dec: u128) -> u64 {
    u64::try_from(mul_div_floor(u128::from(unbonding_s), fraction_dec, DEC)).unwrap_or(u64::MAX)
}

/// Blocks after `height` until an epoch ends; 0 where it ends with this block (`height` divisible by the length).
///
/// Source: interchain-security, x/ccv/provider/keeper/relay.go, `BlocksUntilNextEpoch`.
pub fn blocks_until_epoch_end(height: u64, blocks_per_epoch: u64) -> u64 {
    match height.checked_rem(blocks_per_epoch) {
        None | Some(0) => 0,
        Some(since) => blocks_per_epoch - since,
    }
}

/// When unbonding begun at `start_s` completes on the provider.
///
/// `matured_s` holds, per consumer, when its word arrives that the change has matured there; `None` is never. Until v5
/// the provider waits for each, but drops a consumer after the VSC timeout. Since v6 only the period counts.
/// Source: interchain-security v3.3.0, x/ccv/provider/keeper/relay.go; ADR-018.
pub fn unbonding_ends_s(
    rule: UnbondingRelease,
    start_s: u64,
    matured_s: &[Option<u64>],
    parameters: &ProviderParameters,
) -> u64 {
    let own = start_s.saturating_add(parameters.unbonding_s);
    if rule == UnbondingRelease::PeriodOnly {
        return own;
    }
    let dropped = start_s.saturating_add(parameters.vsc_timeout_s);
    matured_s.iter().map(|at| at.unwrap_or(u64::MAX).min(dropped)).fold(own, u64::max)
}

//! Tokens on their way out of external staking.

use super::Decimal;

/// A batch of tokens that waits out the provider's unbonding period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Unbonding {
    /// Base units.
    pub amount: u128,
    /// When it may be withdrawn, seconds.
    pub release_at_s: u64,
}

/// How long an acknowledged unstaking waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Release {
    /// The whole unbonding period: the validator is active, jailed or unknown.
    AfterUnbonding,
    /// Not at all: the validator is unbonded or tombstoned.
    AtOnce,
}

/// Removes what is ripe at `now_s` (release time ≤ now) and returns its sum.
///
/// The batches are taken to be in the order of their release, and nothing behind one that is not ripe is looked at:
/// a batch released at once stays behind an older one that still waits.
pub(super) fn withdraw_ripe(pending: &mut Vec<Unbonding>, now_s: u64) -> u128 {
    if pending.first().is_none_or(|first| first.release_at_s > now_s) {
        return 0;
    }
    let ripe = pending.partition_point(|batch| batch.release_at_s <= now_s);
    pending.drain(..ripe).fold(0, |sum, batch| sum.saturating_add(batch.amount))
}

/// When an offence happened, and when it is punished.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Clock {
    pub infraction_s: u64,
    pub now_s: u64,
    pub unbonding_period_s: u64,
}

/// Slashes every batch that began after the infraction and is not ripe by `⌊amount·ratio⌋`; returns the sum.
///
/// Both limits are strict: a batch begun in the second of the infraction is safe, and so is one ripe in this second.
/// That spares those who left before the offence and those who left long ago; a chain would spare only the latter.
/// Source: mesh-security, contracts/provider/external-staking/src/state.rs (`slash_pending`).
pub(super) fn slash_pending(pending: &mut [Unbonding], ratio: Decimal, clock: Clock) -> u128 {
    let mut slashed = 0_u128;
    for batch in pending {
        let began = batch.release_at_s.checked_sub(clock.unbonding_period_s);
        if began.is_some_and(|began| began > clock.infraction_s) && batch.release_at_s > clock.now_s {
            let cut = ratio.floor_of(batch.amount).min(batch.amount);
            batch.amount -= cut;
            slashed = slashed.saturating_add(cut);
        }
    }
    slashed
}

//! Ethereum's queues: so much stake may come and so much may go in an epoch of the chain.

use crate::rules::ethereum::{Gwei, Upgrade, stake_that_may_enter, stake_that_may_exit};
use crate::study::Slashing;

/// Gwei in an ETH.
const GWEI: f64 = 1e9;
/// Epochs of the chain in a day.
const EPOCHS_A_DAY: f64 = 225.0;

/// The rule by which a pool's stake comes and goes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Churn {
    upgrade: Upgrade,
    /// Effective balance of one validator, ETH.
    balance: u64,
    /// Epochs of the chain in an epoch of the path.
    epochs: f64,
}

/// Which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// In.
    Entering,
    /// Out.
    Leaving,
}

impl Churn {
    /// Of a pool with these rules; `None`: it has no queues.
    pub(super) fn of(slashing: &Slashing, epoch_days: f64) -> Option<Self> {
        let Slashing::Ethereum { upgrade, effective_balance, .. } = *slashing else { return None };
        Some(Self { upgrade, balance: effective_balance, epochs: epoch_days * EPOCHS_A_DAY })
    }

    /// ETH that may move in an epoch of the path while so many are active.
    pub(super) fn most(&self, active_eth: f64, way: Way) -> f64 {
        let active = gwei(active_eth);
        let per_epoch = match way {
            Way::Entering => stake_that_may_enter(self.upgrade, active, self.balance),
            Way::Leaving => stake_that_may_exit(self.upgrade, active, self.balance),
        };
        eth(per_epoch) * self.epochs
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "saturates, and stake is not negative"
)]
fn gwei(eth: f64) -> Gwei {
    (eth * GWEI) as Gwei
}

#[expect(clippy::cast_precision_loss, reason = "whole Gwei per epoch lie far below 2^53")]
fn eth(gwei: Gwei) -> f64 {
    gwei as f64 / GWEI
}

//! Churn: how much stake may come or go in an epoch, and how long a queue takes.

use super::{EFFECTIVE_BALANCE_INCREMENT, ETH, Gwei, MAX_SEED_LOOKAHEAD, Upgrade};

/// Least validators per epoch, up to Deneb.
const MIN_PER_EPOCH_CHURN_LIMIT: u64 = 4;
/// One validator, or Gwei, in so many may leave per epoch.
const CHURN_LIMIT_QUOTIENT: u64 = 65_536;
/// Deneb's cap on activations per epoch, validators.
const MAX_PER_EPOCH_ACTIVATION_CHURN_LIMIT: u64 = 8;
/// Least balance per epoch, from Electra on: 128 ETH.
const MIN_PER_EPOCH_CHURN_LIMIT_ELECTRA: Gwei = 128 * ETH;
/// Most balance that activations and exits may use per epoch, from Electra on: 256 ETH.
const MAX_PER_EPOCH_ACTIVATION_EXIT_CHURN_LIMIT: Gwei = 256 * ETH;

/// Validators that may exit per epoch up to Deneb: `max(4, ⌊active / 65536⌋)`.
///
/// Source: consensus-specs, specs/phase0/beacon-chain.md, get_validator_churn_limit.
pub fn validator_churn_limit(active_validators: u64) -> u64 {
    (active_validators / CHURN_LIMIT_QUOTIENT).max(MIN_PER_EPOCH_CHURN_LIMIT)
}

/// Validators that may be activated per epoch up to Deneb, which caps them at 8 (EIP-7514); `None` from Electra on,
/// which counts balance.
pub fn activation_churn_limit(upgrade: Upgrade, active_validators: u64) -> Option<u64> {
    let limit = validator_churn_limit(active_validators);
    match upgrade {
        Upgrade::Phase0 | Upgrade::Altair | Upgrade::Bellatrix | Upgrade::Capella => Some(limit),
        Upgrade::Deneb => Some(limit.min(MAX_PER_EPOCH_ACTIVATION_CHURN_LIMIT)),
        Upgrade::Electra | Upgrade::Fulu => None,
    }
}

/// Gwei that may move per epoch from Electra on: `max(128 ETH, ⌊total / 65536⌋)`, cut to whole ETH.
///
/// Source: consensus-specs, specs/electra/beacon-chain.md, get_balance_churn_limit.
pub fn balance_churn_limit(total_active: Gwei) -> Gwei {
    let churn = (total_active / CHURN_LIMIT_QUOTIENT).max(MIN_PER_EPOCH_CHURN_LIMIT_ELECTRA);
    churn - churn % EFFECTIVE_BALANCE_INCREMENT
}

/// The part of [`balance_churn_limit`] open to activations, and again to exits: at most 256 ETH.
pub fn activation_exit_churn_limit(total_active: Gwei) -> Gwei {
    balance_churn_limit(total_active).min(MAX_PER_EPOCH_ACTIVATION_EXIT_CHURN_LIMIT)
}

/// The part of [`balance_churn_limit`] left to consolidations; 0 until the total passes 256 · 65536 ETH.
pub fn consolidation_churn_limit(total_active: Gwei) -> Gwei {
    balance_churn_limit(total_active) - activation_exit_churn_limit(total_active)
}

/// Stake of `active` that may exit per epoch, in validators of `balance` ETH up to Deneb, in balance from Electra on.
pub fn stake_that_may_exit(upgrade: Upgrade, active: Gwei, balance: u64) -> Gwei {
    let each = balance.saturating_mul(ETH).max(1);
    match activation_churn_limit(upgrade, active / each) {
        Some(_) => validator_churn_limit(active / each).saturating_mul(each),
        None => activation_exit_churn_limit(active),
    }
}

/// Stake that may be activated per epoch, likewise.
pub fn stake_that_may_enter(upgrade: Upgrade, active: Gwei, balance: u64) -> Gwei {
    let each = balance.saturating_mul(ETH).max(1);
    activation_churn_limit(upgrade, active / each)
        .map_or_else(|| activation_exit_churn_limit(active), |validators| validators.saturating_mul(each))
}

/// Epochs that `amount` (validators or Gwei) needs at `per_epoch`: rounded up; `u64::MAX` where nothing ever passes.
pub fn queue_epochs(amount: u64, per_epoch: u64) -> u64 {
    match (amount, per_epoch) {
        (0, _) => 0,
        (_, 0) => u64::MAX,
        _ => amount.div_ceil(per_epoch),
    }
}

/// First epoch in which an activation or exit decided in `epoch` can take effect: `epoch + 1 + 4`.
pub fn activation_exit_epoch(epoch: u64) -> u64 {
    epoch.saturating_add(1 + MAX_SEED_LOOKAHEAD)
}

/// The exit queue up to Deneb: so many validators an epoch.
///
/// Source: consensus-specs, specs/phase0/beacon-chain.md, initiate_validator_exit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ValidatorQueue {
    /// Latest exit epoch given so far.
    pub last_epoch: u64,
    /// Validators that exit in it.
    pub taken: u64,
}

impl ValidatorQueue {
    /// Exit epoch of one more validator that asks in `epoch` under a limit of `churn` validators.
    pub fn push(&mut self, epoch: u64, churn: u64) -> u64 {
        let earliest = activation_exit_epoch(epoch);
        if self.last_epoch < earliest {
            *self = Self { last_epoch: earliest, taken: 0 };
        }
        if self.taken >= churn {
            *self = Self { last_epoch: self.last_epoch.saturating_add(1), taken: 0 };
        }
        self.taken = self.taken.saturating_add(1);
        self.last_epoch
    }
}

/// The exit queue from Electra on: so much balance an epoch; what an epoch has left goes to the next in line, and a
/// large validator waits for as many epochs as it fills.
///
/// Source: consensus-specs, specs/electra/beacon-chain.md, compute_exit_epoch_and_update_churn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BalanceQueue {
    /// Epoch in which the last in line exits.
    pub last_epoch: u64,
    /// Balance that epoch can still let out, Gwei.
    pub left: Gwei,
}

impl BalanceQueue {
    /// Exit epoch of `balance` Gwei that ask in `epoch` under a limit of `churn` Gwei; `u64::MAX` where nothing passes.
    pub fn push(&mut self, epoch: u64, balance: Gwei, churn: Gwei) -> u64 {
        let earliest = activation_exit_epoch(epoch);
        if self.last_epoch < earliest {
            *self = Self { last_epoch: earliest, left: churn };
        }
        let rest = balance.saturating_sub(self.left);
        let more = queue_epochs(rest, churn);
        self.last_epoch = self.last_epoch.saturating_add(more);
        self.left = self.left.saturating_add(more.saturating_mul(churn)).saturating_sub(balance);
        self.last_epoch
    }
}

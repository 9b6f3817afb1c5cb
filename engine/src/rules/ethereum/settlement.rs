//! The whole loss of a slashed validator, from the evidence to the day it can withdraw.

use super::balance::lowest_balance_keeping;
use super::{
    EPOCHS_PER_SLASHINGS_VECTOR, Fork, Gwei, correlation_penalty, initial_penalty,
    missed_attestation_penalty, updated_effective_balance,
};

/// What a slashing takes from one validator, Gwei; the parts add up to its balance at most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SlashingLoss {
    /// Taken at once.
    pub initial: Gwei,
    /// Taken for company, 4096 epochs later.
    pub correlation: Gwei,
    /// Taken for attestations that no longer count, over 8192 epochs.
    pub attestations: Gwei,
}

impl SlashingLoss {
    /// All parts together.
    pub fn total(&self) -> Gwei {
        self.initial.saturating_add(self.correlation).saturating_add(self.attestations)
    }
}

/// Validators of one effective balance that are slashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlashedClass {
    /// How many.
    pub validators: u64,
    /// Effective balance of each when slashed, Gwei.
    pub effective_balance: Gwei,
}

/// Loss of one validator of each class, all classes slashed together; same order as `classes`.
pub fn slashing_losses(fork: Fork, classes: &[SlashedClass], total_active: Gwei) -> Vec<SlashingLoss> {
    let together = classes.iter().fold(0, |sum: Gwei, class| {
        sum.saturating_add(class.validators.saturating_mul(class.effective_balance))
    });
    classes.iter().map(|class| slashing_loss(fork, class.effective_balance, together, total_active)).collect()
}

/// Loss of one slashed validator whose balance equals its effective balance.
///
/// The initial penalty falls, the effective balance follows it, 8192 attestations are missed one epoch after the other,
/// and the correlation penalty falls at the 4097th, on the effective balance of that moment. So Bellatrix's 32 ETH count 31
/// in the correlation penalty, and Phase0's too, once an attestation has pushed 31.75 ETH below the threshold.
///
/// `slashed_together` sums the effective balances in the slashings vector at the penalty, this validator's included
/// (less than its own is read as its own); `total_active` is the total of the penalty's epoch, used for the base reward
/// throughout. Finality is taken to hold: a leak costs more, see [`outage_loss`](super::outage_loss).
///
/// The protocol charges the first attestation before the effective balance moves. Rewards not yet withdrawn pay for it
/// on nearly every validator, which is what this function assumes; [`slashing_loss_by_epochs`] takes the real balance.
pub fn slashing_loss(
    fork: Fork,
    effective_balance: Gwei,
    slashed_together: Gwei,
    total_active: Gwei,
) -> SlashingLoss {
    let mut convict =
        Convict { fork, total_active, balance: effective_balance, effective: effective_balance };
    let initial = convict.take(initial_penalty(fork, effective_balance));
    convict.settle();
    convict.serve(initial, slashed_together.max(effective_balance))
}

/// A validator at the moment it is slashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlashedValidator {
    /// What it owns, Gwei.
    pub balance: Gwei,
    /// What counts, Gwei.
    pub effective_balance: Gwei,
}

/// Loss of one slashed validator with a balance of its own, each epoch in the protocol's order: missed attestation,
/// correlation penalty where it is due, effective balance.
///
/// Otherwise as [`slashing_loss`]. With exactly 32 ETH on Bellatrix the first attestation is charged on 31 ETH, and
/// the effective balance falls to 30. Source: consensus-specs, specs/altair/beacon-chain.md, process_epoch.
pub fn slashing_loss_by_epochs(
    fork: Fork,
    validator: SlashedValidator,
    slashed_together: Gwei,
    total_active: Gwei,
) -> SlashingLoss {
    let SlashedValidator { balance, effective_balance: effective } = validator;
    let mut convict = Convict { fork, total_active, balance, effective };
    let initial = convict.take(initial_penalty(fork, effective));
    convict.serve(initial, slashed_together.max(effective))
}

/// A slashed validator serving its time.
struct Convict {
    fork: Fork,
    total_active: Gwei,
    balance: Gwei,
    effective: Gwei,
}

impl Convict {
    /// Takes `penalty`, or what there is.
    fn take(&mut self, penalty: Gwei) -> Gwei {
        let taken = penalty.min(self.balance);
        self.balance -= taken;
        taken
    }

    /// The 8192 epochs after the initial penalty: the correlation penalty falls at the end of the 4097th, after its
    /// attestation and before its effective balance.
    fn serve(mut self, initial: Gwei, slashed: Gwei) -> SlashingLoss {
        let half = EPOCHS_PER_SLASHINGS_VECTOR / 2;
        let before = self.miss(half);
        let during = self.take(self.attestation());
        let correlation =
            self.take(correlation_penalty(self.fork, self.effective, slashed, self.total_active));
        self.settle();
        let after = self.miss(half - 1);
        SlashingLoss { initial, correlation, attestations: before + during + after }
    }

    /// Price of one epoch.
    fn attestation(&self) -> Gwei {
        missed_attestation_penalty(self.fork, self.effective, self.total_active)
    }

    /// Lets the effective balance follow.
    fn settle(&mut self) {
        let most = self.fork.max_effective_balance();
        self.effective = updated_effective_balance(self.balance, self.effective, most);
    }

    /// So many epochs, each an attestation missed and the effective balance settled.
    ///
    /// Epochs at one effective balance cost the same, so they are taken in one step, to the one that lowers it.
    fn miss(&mut self, epochs: u64) -> Gwei {
        let (mut left, mut taken) = (epochs, 0);
        while left > 0 && self.balance > 0 {
            let price = self.attestation();
            let spare = self.balance.saturating_sub(lowest_balance_keeping(self.effective));
            let Some(quiet) = spare.checked_div(price) else {
                self.settle();
                break;
            };
            let steps = quiet.saturating_add(1).min(left);
            taken += self.take(price.saturating_mul(steps));
            left -= steps;
            self.settle();
        }
        taken
    }
}

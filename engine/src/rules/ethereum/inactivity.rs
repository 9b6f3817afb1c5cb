//! The inactivity leak as one validator that is away meets it, epoch by epoch in the protocol's integers.

use super::{
    Fork, Gwei, INACTIVITY_SCORE_BIAS, INACTIVITY_SCORE_RECOVERY_RATE, MIN_EPOCHS_TO_INACTIVITY_PENALTY,
    initial_effective_balance, leak_duty_penalty, missed_attestation_penalty, saturated,
    updated_effective_balance,
};
use crate::rules::integer::mul_div_floor;

/// Whether the chain finalises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finality {
    /// The last finalised epoch is at most four behind the previous one.
    Regular,
    /// The leak is on.
    Lost,
}

/// Whether a validator's vote for the target arrived in time. A slashed validator's never does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TargetVote {
    /// It did.
    Timely,
    /// It did not.
    Missed,
}

/// State of finality for a delay in epochs (previous epoch less last finalised): lost from 5 on.
///
/// Source: consensus-specs, specs/phase0/beacon-chain.md, is_in_inactivity_leak.
pub fn finality(delay_epochs: u64) -> Finality {
    if delay_epochs > MIN_EPOCHS_TO_INACTIVITY_PENALTY { Finality::Lost } else { Finality::Regular }
}

/// Epochs of leak within an outage: all but its first four.
pub fn leak_epochs(outage_epochs: u64) -> u64 {
    outage_epochs.saturating_sub(MIN_EPOCHS_TO_INACTIVITY_PENALTY)
}

/// Inactivity score after an epoch, Altair and later: +4 for a missed target, −1 for a timely one, then −16 unless the
/// leak is on; never below 0.
///
/// Source: consensus-specs, specs/altair/beacon-chain.md, process_inactivity_updates.
pub fn updated_inactivity_score(score: u64, vote: TargetVote, finality: Finality) -> u64 {
    let voted = match vote {
        TargetVote::Timely => score.saturating_sub(1),
        TargetVote::Missed => score.saturating_add(INACTIVITY_SCORE_BIAS),
    };
    match finality {
        Finality::Regular => voted.saturating_sub(INACTIVITY_SCORE_RECOVERY_RATE),
        Finality::Lost => voted,
    }
}

/// Gwei taken in one epoch for a missed target.
///
/// From Altair on `⌊effective · score / (4 · quotient)⌋`, leak or not, with the score already updated in this epoch; on
/// Phase0, and only during a leak, `⌊effective · delay / 2²⁶⌋`. `inactivity` is the score, or on Phase0 the delay.
/// Source: get_inactivity_penalty_deltas.
pub fn inactivity_penalty(fork: Fork, effective_balance: Gwei, inactivity: u64) -> Gwei {
    match fork {
        Fork::Phase0 => {
            let quotient = fork.inactivity_quotient();
            saturated(mul_div_floor(effective_balance.into(), inactivity.into(), quotient.into()))
        }
        Fork::Altair | Fork::Bellatrix | Fork::Electra => score_penalty(fork, effective_balance, inactivity),
    }
}

/// `⌊balance · score / (4 · quotient)⌋`, on Phase0 too, for models that keep a score there.
pub(super) fn score_penalty(fork: Fork, balance: Gwei, score: u64) -> Gwei {
    let divisor = INACTIVITY_SCORE_BIAS * fork.inactivity_quotient();
    saturated(mul_div_floor(balance.into(), score.into(), divisor.into()))
}

/// A validator that does nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OfflineValidator {
    /// What it owns, Gwei.
    pub balance: Gwei,
    /// What counts, Gwei.
    pub effective_balance: Gwei,
    /// Inactivity score; stays 0 on Phase0, which has none.
    pub score: u64,
}

impl OfflineValidator {
    /// A validator at the start of its absence, compounding where the fork allows it.
    pub fn new(fork: Fork, balance: Gwei) -> Self {
        Self { balance, effective_balance: initial_effective_balance(fork, balance), score: 0 }
    }

    /// One epoch of absence at a finality delay of `delay_epochs`: score, penalty, effective balance, in this order.
    ///
    /// Returns the Gwei taken, never more than the balance. Attestation penalties are not part of it.
    pub fn pass_epoch(&mut self, fork: Fork, delay_epochs: u64) -> Gwei {
        let taken = self.leak(fork, delay_epochs);
        self.settle(fork);
        taken
    }

    /// Score and leak penalty of one epoch.
    pub(super) fn leak(&mut self, fork: Fork, delay_epochs: u64) -> Gwei {
        let finality = finality(delay_epochs);
        let inactivity = match (fork, finality) {
            (Fork::Phase0, Finality::Lost) => delay_epochs,
            (Fork::Phase0, Finality::Regular) => 0,
            (Fork::Altair | Fork::Bellatrix | Fork::Electra, _) => {
                self.score = updated_inactivity_score(self.score, TargetVote::Missed, finality);
                self.score
            }
        };
        self.take(inactivity_penalty(fork, self.effective_balance, inactivity))
    }

    /// Takes `penalty`, or what there is.
    fn take(&mut self, penalty: Gwei) -> Gwei {
        let taken = penalty.min(self.balance);
        self.balance -= taken;
        taken
    }

    /// Lets the effective balance follow at the end of an epoch.
    pub(super) fn settle(&mut self, fork: Fork) {
        let most = fork.max_effective_balance();
        self.effective_balance = updated_effective_balance(self.balance, self.effective_balance, most);
    }
}

/// Gwei that `epochs` of leak take from an absent validator with `balance`; attestation penalties come on top.
///
/// Exact integer loop from score 0 (on Phase0 from a delay of 5); ends early where nothing is left to take, after some
/// 16,000 epochs for 2048 ETH. Ejection at 16 ETH is left out: in a leak that matters the exit queue is longer than the
/// leak ([`leak_outcome`](super::leak_outcome) has it). Use [`leak_epochs`] for an outage that begins with finality.
pub fn leak_loss(fork: Fork, balance: Gwei, epochs: u64) -> Gwei {
    let mut validator = OfflineValidator::new(fork, balance);
    for epoch in 1..=epochs {
        if validator.effective_balance == 0 {
            break;
        }
        validator.pass_epoch(fork, epoch.saturating_add(MIN_EPOCHS_TO_INACTIVITY_PENALTY));
    }
    balance - validator.balance
}

/// What an outage takes from one absent validator, Gwei.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OutageLoss {
    /// Quadratic part: the inactivity penalties proper.
    pub leak: Gwei,
    /// Linear part: missed attestations, and on Phase0 the rewards cancelled by the leak.
    pub attestations: Gwei,
}

/// What `outage_epochs` without finality take from an absent validator with `balance`, attestations included.
///
/// The first four epochs cost attestations only. `total_active` is held fixed. The sum never exceeds the balance.
/// Within an epoch attestations are charged first, then the leak, both on the effective balance of the epoch's start.
pub fn outage_loss(fork: Fork, balance: Gwei, total_active: Gwei, outage_epochs: u64) -> OutageLoss {
    let mut validator = OfflineValidator::new(fork, balance);
    let mut loss = OutageLoss::default();
    for delay in 1..=outage_epochs {
        let effective = validator.effective_balance;
        if effective == 0 {
            break;
        }
        loss.attestations += validator.take(missed_attestation_penalty(fork, effective, total_active));
        if finality(delay) == Finality::Lost {
            loss.attestations += validator.take(leak_duty_penalty(fork, effective, total_active));
        }
        loss.leak += validator.leak(fork, delay);
        validator.settle(fork);
    }
    loss
}

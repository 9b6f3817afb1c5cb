//! A share of the validators gone for good: how long until the rest finalises again, and how much is burned.
//!
//! All absent validators are alike, so one stands for all until the exit queue takes them out, so many an epoch.

use super::inactivity::score_penalty;
use super::{
    EFFECTIVE_BALANCE_INCREMENT, EJECTION_BALANCE, EthereumError, Fork, Gwei, INACTIVITY_SCORE_BIAS,
    INACTIVITY_SCORE_RECOVERY_RATE, OfflineValidator, activation_exit_churn_limit, activation_exit_epoch,
    saturated, validator_churn_limit,
};

/// Who attests and who is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeakStudy {
    /// Validators that go on attesting, perfectly; their balances stand still in a leak.
    pub attesters: u64,
    /// Validators that stop at once and never return.
    pub absentees: u64,
    /// Balance of each, Gwei, at least 17 ETH.
    pub balance: Gwei,
}

/// By whose conventions the epochs are counted.
///
/// | | specification | simulator |
/// |---|---|---|
/// | weights, penalties, ejection by | effective balance | balance |
/// | first four epochs | forgiven | leak |
/// | leak ends | when two epochs running had two thirds | at once with two thirds |
/// | two thirds of those active in | the current epoch | the previous epoch, as of the last transition |
/// | exit queue | the fork's: by count, by balance from Electra on | by count |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeakReading {
    /// The specification's order of an epoch.
    Specification,
    /// That of dapplion/beacon_ww3_eject_simulator, src/main.rs, so that its published table can be had again.
    Simulator,
}

/// How a leak ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeakOutcome {
    /// Epochs from the loss of finality until it is back, at least 1.
    pub finality_epochs: u64,
    /// Epochs until the absentees' scores are 0 again, or all of them gone.
    pub last_epoch: u64,
    /// Gwei burned by then, of all absentees.
    pub burned: u128,
    /// Gwei owned by all at the start.
    pub staked: u128,
    /// Balance of an absentee that was never let out, Gwei.
    pub least_balance: Gwei,
}

impl LeakOutcome {
    /// Burned share of all stake, in [0, 1].
    pub fn burned_share(&self) -> f64 {
        self.burned as f64 / self.staked as f64
    }
}

/// Runs the leak until finality is back and the absentees' scores have run down to 0.
///
/// Only the leak is charged, not the missed attestations. Attesters earn nothing. Where the absentees are a third or
/// less, finality is never lost and nothing burns. Takes as many steps as there are epochs, some ten thousand.
///
/// # Errors
/// [`EthereumError::NobodyAttests`]; [`EthereumError::BalanceAtEjection`] where even those who attest would be ejected.
pub fn leak_outcome(
    fork: Fork,
    study: LeakStudy,
    reading: LeakReading,
) -> Result<LeakOutcome, EthereumError> {
    if study.attesters == 0 {
        return Err(EthereumError::NobodyAttests);
    }
    if study.balance < EJECTION_BALANCE + EFFECTIVE_BALANCE_INCREMENT {
        return Err(EthereumError::BalanceAtEjection { balance: study.balance });
    }
    let mut leak = Leak::new(fork, study, reading);
    let mut finality_epochs = None;
    loop {
        leak.epoch += 1;
        let lost = leak.finality_is_lost();
        if !lost && finality_epochs.is_none() {
            finality_epochs = Some(leak.epochs_to_finality());
        }
        leak.pass_epoch(if lost { leak.epoch } else { 0 });
        if let Some(finality_epochs) = finality_epochs.filter(|_| leak.is_over()) {
            return Ok(leak.outcome(finality_epochs));
        }
    }
}

/// Departure of the ejected: how many are out by which epoch.
#[derive(Clone, Copy)]
struct Departure {
    /// First epoch in which some are out.
    first_epoch: u64,
    /// What may leave an epoch: validators, or Gwei from Electra on.
    churn: u64,
    /// What one of them weighs in that measure.
    each: u64,
}

/// A leak under way; epochs are counted from 1, the first without finality.
struct Leak {
    fork: Fork,
    study: LeakStudy,
    reading: LeakReading,
    epoch: u64,
    absentee: OfflineValidator,
    departure: Option<Departure>,
    supermajority: [bool; 2], // [0 this epoch, 1 the one before]
    burned: u128,
}

impl Leak {
    fn new(fork: Fork, study: LeakStudy, reading: LeakReading) -> Self {
        let absentee = OfflineValidator::new(fork, study.balance);
        let mut leak = Self {
            fork,
            study,
            reading,
            epoch: 0,
            absentee,
            departure: None,
            supermajority: [false; 2],
            burned: 0,
        };
        leak.supermajority[0] = leak.two_thirds_attest();
        leak
    }

    /// Absentees not yet out in `epoch`.
    fn absentees_in(&self, epoch: u64) -> u64 {
        let Some(Departure { first_epoch, churn, each }) = self.departure else {
            return self.study.absentees;
        };
        let epochs_open = (epoch + 1).saturating_sub(first_epoch);
        let out = u128::from(epochs_open) * u128::from(churn) / u128::from(each.max(1));
        self.study.absentees.saturating_sub(saturated(out))
    }

    /// What one absentee counts for.
    fn weight(&self) -> Gwei {
        match self.reading {
            LeakReading::Specification => self.absentee.effective_balance,
            LeakReading::Simulator => self.absentee.balance,
        }
    }

    /// `3 · attesting ≥ 2 · (attesting + absent)`, that is `attesting ≥ 2 · absent`.
    fn two_thirds_attest(&self) -> bool {
        let (own, absentees) = match self.reading {
            LeakReading::Specification => (
                OfflineValidator::new(self.fork, self.study.balance).effective_balance,
                self.absentees_in(self.epoch),
            ),
            LeakReading::Simulator => (self.study.balance, self.absentees_in(self.epoch.saturating_sub(2))),
        };
        let attesting = u128::from(self.study.attesters) * u128::from(own);
        attesting / 2 >= u128::from(absentees) * u128::from(self.weight())
    }

    /// Moves on to this epoch's count of votes.
    fn finality_is_lost(&mut self) -> bool {
        self.supermajority = [self.two_thirds_attest(), self.supermajority[0]];
        match self.reading {
            LeakReading::Specification => !(self.supermajority[0] && self.supermajority[1]),
            LeakReading::Simulator => !self.supermajority[0],
        }
    }

    /// The simulator looks at the end of an epoch, the specification at the start of the processing of the next.
    fn epochs_to_finality(&self) -> u64 {
        match self.reading {
            LeakReading::Specification => self.epoch,
            LeakReading::Simulator => (self.epoch - 1).max(1),
        }
    }

    /// Penalty, then ejection, then effective balance, as in process_epoch.
    fn pass_epoch(&mut self, delay_epochs: u64) {
        let charged = self.absentees_in(self.epoch - 1);
        if charged == 0 {
            return;
        }
        let before = self.absentee.balance;
        match self.reading {
            LeakReading::Specification => {
                self.absentee.leak(self.fork, delay_epochs);
                self.eject();
                self.absentee.settle(self.fork);
            }
            LeakReading::Simulator => {
                self.simulated_penalty(delay_epochs);
                self.eject();
            }
        }
        let taken = u128::from(before - self.absentee.balance);
        self.burned = self.burned.saturating_add(taken.saturating_mul(charged.into()));
    }

    /// Leak from the first epoch on, in proportion to the balance itself.
    fn simulated_penalty(&mut self, delay_epochs: u64) {
        let validator = &mut self.absentee;
        validator.score = validator.score.saturating_add(INACTIVITY_SCORE_BIAS);
        if delay_epochs == 0 {
            validator.score = validator.score.saturating_sub(INACTIVITY_SCORE_RECOVERY_RATE);
        }
        let penalty = score_penalty(self.fork, validator.balance, validator.score);
        validator.balance = validator.balance.saturating_sub(penalty);
    }

    /// At 16 ETH all absentees join the exit queue together.
    fn eject(&mut self) {
        if self.departure.is_some() || self.weight() > EJECTION_BALANCE {
            return;
        }
        let first_epoch = activation_exit_epoch(self.epoch);
        let active = self.study.attesters.saturating_add(self.study.absentees);
        let by_count = Departure { first_epoch, churn: validator_churn_limit(active), each: 1 };
        self.departure = Some(match (self.reading, self.fork) {
            (LeakReading::Specification, Fork::Electra) => {
                let own = OfflineValidator::new(self.fork, self.study.balance).effective_balance;
                let attesting = u128::from(self.study.attesters) * u128::from(own);
                let absent = u128::from(self.study.absentees) * u128::from(self.weight());
                let total = saturated(attesting.saturating_add(absent));
                Departure { first_epoch, churn: activation_exit_churn_limit(total), each: self.weight() }
            }
            _ => by_count,
        });
    }

    fn is_over(&self) -> bool {
        self.absentee.score == 0 || self.absentees_in(self.epoch) == 0
    }

    fn outcome(&self, finality_epochs: u64) -> LeakOutcome {
        let validators = u128::from(self.study.attesters) + u128::from(self.study.absentees);
        LeakOutcome {
            finality_epochs,
            last_epoch: self.epoch,
            burned: self.burned,
            staked: validators.saturating_mul(self.study.balance.into()),
            least_balance: self.absentee.balance,
        }
    }
}

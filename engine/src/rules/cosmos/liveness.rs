use std::collections::BTreeSet;

use super::{
    Book, Custody, Fraction18, Moment, Offence, Parameters, Refusal, Slashed, VALIDATOR_UPDATE_DELAY, slash,
};

/// When silence becomes an offence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DowntimeRule {
    /// Blocks looked back on, at least 1.
    pub window: u64,
    /// Part of the window that has to be signed.
    pub min_signed: Fraction18,
}

impl DowntimeRule {
    /// Blocks of the window that may be missed, `window − window · min_signed`, the product half to even.
    ///
    /// Source: cosmos-sdk, x/slashing/keeper/params.go and infractions.go.
    pub fn max_missed(&self) -> u64 {
        let signed = self.min_signed.of_rounded(u128::from(self.window));
        self.window.saturating_sub(u64::try_from(signed).unwrap_or(u64::MAX))
    }

    /// Whether `missed` blocks of the window, at `height`, are a fault of a validator watched since
    /// `start_height`.
    ///
    /// Both strictly: `height > start_height + window` and `missed > max_missed`. Source: cosmos-sdk,
    /// x/slashing/keeper/infractions.go.
    pub fn is_fault(&self, start_height: i64, height: i64, missed: u64) -> bool {
        let past_first_window = i128::from(height) > i128::from(start_height) + i128::from(self.window);
        past_first_window && missed > self.max_missed()
    }
}

/// Whether a validator's vote was in the last commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Vote {
    /// There, for the block or for none.
    Signed,
    /// Absent.
    Missed,
}

/// A validator's record over the window.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LivenessWindow {
    /// Height at which the validator was bonded and the record began.
    start_height: i64,
    /// Places of the window whose block was missed; the first block takes place 0, and each place is used anew
    /// after a window.
    missed: BTreeSet<u64>,
}

impl LivenessWindow {
    /// An empty record that begins at `start_height`.
    pub fn starting_at(start_height: i64) -> Self {
        Self { start_height, missed: BTreeSet::new() }
    }

    /// Height at which the record began.
    pub const fn start_height(&self) -> i64 {
        self.start_height
    }

    /// Blocks missed among the last window.
    pub fn n_missed(&self) -> u64 {
        self.missed.len() as u64
    }

    /// Enters the vote seen at `height` in place of the one a window ago and returns the blocks missed.
    pub fn record(&mut self, height: i64, vote: Vote, rule: &DowntimeRule) -> u64 {
        let blocks = i128::from(height) - i128::from(self.start_height);
        let place = blocks.checked_rem_euclid(i128::from(rule.window)).unwrap_or(0);
        let place = u64::try_from(place).unwrap_or(0);
        match vote {
            Vote::Missed => self.missed.insert(place),
            Vote::Signed => self.missed.remove(&place),
        };
        self.n_missed()
    }
}

/// A vote as the next block sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VoteSeen {
    /// There or absent.
    pub vote: Vote,
    /// Voting power it carries.
    pub power: u64,
}

/// Height whose stake is slashed for downtime found at `height`: two less, since the commit is the last block's.
///
/// Source: cosmos-sdk, x/slashing/keeper/infractions.go.
pub const fn downtime_distribution_height(height: i64) -> i64 {
    height.saturating_sub(VALIDATOR_UPDATE_DELAY).saturating_sub(1)
}

/// Enters a validator's vote and punishes downtime: slash by power, jail (no tombstone), record wiped.
///
/// `None` where there is nothing to punish. To be called once a block. Nothing is entered for a validator in
/// jail, and an unknown one is not punished. The start height stays until the validator is bonded again.
/// Source: cosmos-sdk, x/slashing/keeper/infractions.go.
pub fn observe_vote(
    book: &Book,
    record: &mut LivenessWindow,
    seen: VoteSeen,
    now: &Moment,
    chain: &Parameters,
) -> Result<Option<Slashed>, Refusal> {
    if book.validator.is_some_and(|v| v.custody != Custody::Free) {
        return Ok(None);
    }
    let missed = record.record(now.height, seen.vote, &chain.downtime);
    let fault = chain.downtime.is_fault(record.start_height, now.height, missed);
    if !fault || book.validator.is_none() {
        return Ok(None);
    }
    let offence = Offence {
        infraction_height: downtime_distribution_height(now.height),
        power: seen.power,
        fraction: chain.downtime_fraction,
        power_reduction: chain.power_reduction,
    };
    let mut done = slash(book, &offence, now, chain.redelegation)?;
    done.after.confine(Custody::Jailed { until_s: now.time_s.saturating_add(chain.downtime_jail_s) });
    record.missed.clear();
    Ok(Some(done))
}

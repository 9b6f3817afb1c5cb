//! The consumer's validators as the provider knows them, and the order in which a packet about them is read.

use std::collections::{BTreeMap, BTreeSet};

/// Where a validator stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ValidatorState {
    /// In the set.
    Active,
    /// Out of the set.
    Unbonded,
    /// Out of the set, to come back.
    Jailed,
    /// Out of the set for good.
    Tombstoned,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Entry {
    height: u64,
    time_s: u64,
    state: ValidatorState,
}

/// What must hold at the infraction's height for a slash to be carried out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum HeightCheck {
    /// The validator was active: what the contract asks. Jailed, unbonded and tombstoned ones are passed over.
    #[default]
    Active,
    /// The validator was known and not tombstoned: what docs/ibc/Slashing.md says.
    NotTombstoned,
}

/// A slash in a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SlashNotice {
    /// Which validator.
    pub validator: u32,
    /// Height of the offence on the consumer.
    pub infraction_height: u64,
}

/// A packet about the consumer's validators.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ValsetPacket {
    /// Height on the consumer.
    pub height: u64,
    /// Time on the consumer, seconds.
    pub time_s: u64,
    /// Read first.
    pub slashed: Vec<SlashNotice>,
    /// Read second.
    pub tombstoned: Vec<u32>,
    /// Read third.
    pub added: Vec<u32>,
    /// Read fourth.
    pub jailed: Vec<u32>,
    /// Read last, those also jailed left out.
    pub removed: Vec<u32>,
}

/// Every validator's history, newest height first.
///
/// Two entries at one height stay in the order they came, so the first of them counts: a validator added and jailed
/// by one packet is active. Source: mesh-security, contracts/provider/external-staking/src/crdt.rs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ValidatorSet {
    histories: BTreeMap<u32, Vec<Entry>>,
}

impl ValidatorSet {
    /// Reads a packet in the contract's order (slash, tombstone, add, jail, remove) and returns the slashes to carry
    /// out, in their order. They are judged on the history before the packet.
    ///
    /// Validators that are not known, or tombstoned, are passed over.
    /// Source: mesh-security, contracts/provider/external-staking/src/contract.rs (`valset_update`).
    pub fn apply(&mut self, packet: &ValsetPacket, check: HeightCheck) -> Vec<SlashNotice> {
        let slashes =
            packet.slashed.iter().filter(|notice| self.slashable(**notice, check)).copied().collect();
        let entry = |state| Entry { height: packet.height, time_s: packet.time_s, state };
        for validator in &packet.tombstoned {
            self.tombstone(*validator, entry(ValidatorState::Tombstoned));
        }
        for validator in &packet.added {
            self.add(*validator, entry(ValidatorState::Active));
        }
        for validator in &packet.jailed {
            self.leave(*validator, entry(ValidatorState::Jailed));
        }
        let jailed: BTreeSet<u32> = packet.jailed.iter().copied().collect();
        for validator in packet.removed.iter().filter(|validator| !jailed.contains(validator)) {
            self.leave(*validator, entry(ValidatorState::Unbonded));
        }
        slashes
    }

    /// Where a validator stands now.
    pub fn state(&self, validator: u32) -> Option<ValidatorState> {
        self.histories.get(&validator)?.first().map(|entry| entry.state)
    }

    /// Where a validator stood at `height`.
    pub fn state_at(&self, validator: u32, height: u64) -> Option<ValidatorState> {
        let history = self.histories.get(&validator)?;
        history.iter().find(|entry| entry.height <= height).map(|entry| entry.state)
    }

    /// Forgets what began at or before `time_s`, the newest entry apart: older than the unbonding period.
    pub fn forget_before(&mut self, time_s: u64) {
        for history in self.histories.values_mut() {
            let old = history.partition_point(|entry| entry.time_s > time_s);
            history.truncate(old.max(1));
        }
    }

    fn slashable(&self, notice: SlashNotice, check: HeightCheck) -> bool {
        let state = self.state_at(notice.validator, notice.infraction_height);
        match check {
            HeightCheck::Active => state == Some(ValidatorState::Active),
            HeightCheck::NotTombstoned => state.is_some_and(|state| state != ValidatorState::Tombstoned),
        }
    }

    fn tombstone(&mut self, validator: u32, entry: Entry) {
        if self.state(validator) != Some(ValidatorState::Tombstoned) {
            let history = self.histories.entry(validator).or_default();
            history.retain(|old| old.height < entry.height);
            insert(history, entry);
        }
    }

    fn add(&mut self, validator: u32, entry: Entry) {
        if self.state(validator) != Some(ValidatorState::Tombstoned) {
            insert(self.histories.entry(validator).or_default(), entry);
        }
    }

    /// Only a validator known at that height can leave the set.
    fn leave(&mut self, validator: u32, entry: Entry) {
        let known = self.state_at(validator, entry.height).is_some();
        if known && self.state(validator) != Some(ValidatorState::Tombstoned) {
            insert(self.histories.entry(validator).or_default(), entry);
        }
    }
}

fn insert(history: &mut Vec<Entry>, entry: Entry) {
    history.push(entry);
    history.sort_by_key(|old| std::cmp::Reverse(old.height));
    history.dedup();
}

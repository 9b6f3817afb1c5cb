//! Packets about the consumer's validators.

use super::super::*;

fn packet(height: u64) -> ValsetPacket {
    ValsetPacket { height, time_s: height * 10, ..ValsetPacket::default() }
}

fn known(validators: &[u32]) -> ValidatorSet {
    let mut set = ValidatorSet::default();
    set.apply(&ValsetPacket { added: validators.to_vec(), ..packet(1) }, HeightCheck::Active);
    set
}

fn notice(validator: u32, infraction_height: u64) -> SlashNotice {
    SlashNotice { validator, infraction_height }
}

/// mesh-security, contracts/provider/external-staking/src/contract.rs (`valset_update`).
#[test]
fn a_slash_is_read_before_the_tombstone_it_comes_with_and_only_once() {
    let mut set = known(&[7]);
    let both = ValsetPacket { slashed: vec![notice(7, 5)], tombstoned: vec![7], ..packet(5) };
    assert_eq!(set.apply(&both, HeightCheck::Active), [notice(7, 5)]);
    assert_eq!(set.apply(&ValsetPacket { height: 6, ..both }, HeightCheck::Active), []);
    assert_eq!(set.state_at(7, 4), Some(ValidatorState::Active));
}

#[test]
fn a_tombstone_bars_everything_after_it() {
    let mut set = known(&[7]);
    set.apply(&ValsetPacket { jailed: vec![7], ..packet(9) }, HeightCheck::Active);
    let all = ValsetPacket { tombstoned: vec![7], added: vec![7], jailed: vec![7], ..packet(5) };
    set.apply(&all, HeightCheck::Active);
    assert_eq!(set.state(7), Some(ValidatorState::Tombstoned));
    assert_eq!(set.state_at(7, 9), Some(ValidatorState::Tombstoned));
}

#[test]
fn a_validator_jailed_and_removed_is_jailed() {
    let mut set = known(&[7, 8]);
    set.apply(&ValsetPacket { jailed: vec![7], removed: vec![7, 8], ..packet(5) }, HeightCheck::Active);
    assert_eq!(set.state(7), Some(ValidatorState::Jailed));
    assert_eq!(set.state(8), Some(ValidatorState::Unbonded));
    let slashed = ValsetPacket { slashed: vec![notice(7, 4), notice(7, 5)], ..packet(6) };
    assert_eq!(set.clone().apply(&slashed, HeightCheck::Active), [notice(7, 4)]);
    assert_eq!(set.apply(&slashed, HeightCheck::NotTombstoned), slashed.slashed);
}

#[test]
fn of_two_entries_at_one_height_the_first_counts() {
    let mut set = ValidatorSet::default();
    set.apply(&ValsetPacket { added: vec![7], jailed: vec![7], ..packet(5) }, HeightCheck::Active);
    assert_eq!(set.state(7), Some(ValidatorState::Active));
}

#[test]
fn packets_out_of_order_settle_by_height() {
    let mut set = known(&[7]);
    set.apply(&ValsetPacket { added: vec![7], ..packet(9) }, HeightCheck::Active);
    set.apply(&ValsetPacket { removed: vec![7], ..packet(5) }, HeightCheck::Active);
    assert_eq!(set.state(7), Some(ValidatorState::Active));
    assert_eq!(set.state_at(7, 8), Some(ValidatorState::Unbonded));
    assert_eq!(set.state_at(7, 0), None);
}

#[test]
fn the_unknown_cannot_leave_or_be_slashed_but_can_be_tombstoned() {
    let mut set = ValidatorSet::default();
    let leave = ValsetPacket { slashed: vec![notice(7, 5)], removed: vec![7], jailed: vec![8], ..packet(5) };
    assert_eq!(set.apply(&leave, HeightCheck::NotTombstoned), []);
    assert_eq!((set.state(7), set.state(8)), (None, None));
    set.apply(&ValsetPacket { tombstoned: vec![7], ..packet(4) }, HeightCheck::Active);
    set.apply(&ValsetPacket { added: vec![7], ..packet(5) }, HeightCheck::Active);
    assert_eq!(set.state(7), Some(ValidatorState::Tombstoned));
}

#[test]
fn history_older_than_the_unbonding_period_is_forgotten_but_for_the_newest() {
    let mut set = known(&[7]);
    set.apply(&ValsetPacket { jailed: vec![7], ..packet(5) }, HeightCheck::Active);
    set.forget_before(9);
    assert_eq!(set.state_at(7, 4), Some(ValidatorState::Active));
    set.forget_before(10);
    assert_eq!((set.state_at(7, 4), set.state(7)), (None, Some(ValidatorState::Jailed)));
    set.forget_before(1000);
    assert_eq!(set.state(7), Some(ValidatorState::Jailed));
}

//! Key assignment.

use super::super::*;

const FORGET_S: u64 = 1000;

fn book() -> KeyBook {
    KeyBook::new(vec![10, 20, 30])
}

#[test]
fn without_assignment_a_provider_key_answers_for_itself() {
    let book = book();
    assert_eq!((book.key_of(1), book.validator_of(20)), (Some(20), Some(1)));
    assert_eq!((book.key_of(3), book.validator_of(99)), (None, None));
}

/// interchain-security, x/ccv/provider/keeper/key_assignment.go: the old key answers until it is pruned.
#[test]
fn an_old_key_stays_slashable_until_it_is_pruned() {
    let mut book = book();
    book.assign(1, 21, Phase::Launched, FORGET_S).unwrap();
    book.assign(1, 22, Phase::Launched, FORGET_S).unwrap();
    assert_eq!((book.key_of(1), book.validator_of(22), book.validator_of(21)), (Some(22), Some(1), Some(1)));
    book.prune(FORGET_S - 1);
    assert_eq!(book.validator_of(21), Some(1));
    book.prune(FORGET_S);
    assert_eq!((book.validator_of(21), book.validator_of(22)), (None, Some(1)));
    book.prune(u64::MAX);
    assert_eq!(book.validator_of(22), Some(1));
}

#[test]
fn the_provider_key_goes_on_answering_after_an_assignment() {
    let mut book = book();
    book.assign(1, 21, Phase::Launched, FORGET_S).unwrap();
    book.prune(u64::MAX);
    assert_eq!(book.validator_of(20), Some(1));
}

#[test]
fn before_launch_an_old_key_is_forgotten_at_once() {
    let mut book = book();
    book.assign(1, 21, Phase::Registered, FORGET_S).unwrap();
    book.assign(1, 22, Phase::Initialized, FORGET_S).unwrap();
    assert_eq!(book.validator_of(21), None);
    assert_eq!(book.assign(2, 21, Phase::Initialized, FORGET_S), Ok(()));
}

#[test]
fn keys_in_use_are_refused() {
    let mut book = book();
    book.assign(1, 21, Phase::Launched, FORGET_S).unwrap();
    let used = |key, validator| Err(IcsError::KeyInUse { key, validator });
    assert_eq!(book.assign(2, 21, Phase::Launched, FORGET_S), used(21, 1));
    assert_eq!(book.assign(1, 21, Phase::Launched, FORGET_S), used(21, 1));
    assert_eq!(book.assign(2, 10, Phase::Launched, FORGET_S), used(10, 0));
    book.assign(1, 22, Phase::Launched, FORGET_S).unwrap();
    assert_eq!(book.assign(1, 21, Phase::Launched, FORGET_S), used(21, 1));
    book.prune(FORGET_S);
    assert_eq!(book.assign(2, 21, Phase::Launched, FORGET_S), Ok(()));
}

#[test]
fn the_own_provider_key_can_be_had_back_but_not_assigned_as_the_default() {
    let mut book = book();
    let refused = book.assign(1, 20, Phase::Launched, FORGET_S);
    assert_eq!(refused, Err(IcsError::DefaultKey { key: 20, validator: 1 }));
    book.assign(1, 21, Phase::Launched, FORGET_S).unwrap();
    assert_eq!(book.assign(1, 20, Phase::Launched, FORGET_S), Ok(()));
    assert_eq!((book.key_of(1), book.validator_of(21)), (Some(20), Some(1)));
}

#[test]
fn a_refused_assignment_changes_nothing() {
    let mut book = book();
    book.assign(1, 21, Phase::Launched, FORGET_S).unwrap();
    let before = book.clone();
    assert!(book.assign(1, 30, Phase::Launched, FORGET_S).is_err());
    assert!(book.assign(7, 31, Phase::Launched, FORGET_S).is_err());
    assert!(book.assign(1, 31, Phase::Deleted, FORGET_S).is_err());
    assert_eq!(book, before);
}

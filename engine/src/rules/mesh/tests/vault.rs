//! Liens granted, refused and released.

use super::super::*;
use super::{FIRST, SECOND, TEN, figures, lien, user};

const SIXTY: Decimal = Decimal::percent(60);

/// mesh-security, contracts/provider/vault/src/multitest.rs:1439.
#[test]
fn mesh_09_total_slashable_beyond_the_collateral_is_refused() {
    let mut account = Account::new(1000);
    account.stake_local(300, TEN).unwrap();
    account.stake_external(0, 200, SIXTY).unwrap();
    account.stake_external(1, 100, SIXTY).unwrap();
    assert_eq!(figures(&account), (1000, 300, 210, 700));
    account.stake_external(0, 200, SIXTY).unwrap();
    account.stake_external(1, 400, SIXTY).unwrap();
    assert_eq!(figures(&account), (1000, 500, 570, 430));
    account.stake_external(0, 500, SIXTY).unwrap();
    assert_eq!((lien(&account, FIRST), account.total_slashable()), (900, Range::exact(870)));
    let before = account.clone();
    let refused = account.stake_remote(1, 400, SIXTY);
    assert_eq!(refused, Err(Error::SlashableBeyondCollateral { slashable: 1110, collateral: 1000 }));
    assert_eq!(account, before);
}

/// mesh-security, contracts/provider/vault/src/multitest.rs:718.
#[test]
fn mesh_10_a_pending_stake_is_counted_on_the_high_side() {
    let mut account = Account::new(300);
    let first = account.stake_remote(0, 100, TEN).unwrap();
    assert_eq!(account.free(), Ok(Range::new(200, 300).unwrap()));
    account.commit(first).unwrap();
    assert_eq!(account.free(), Ok(Range::exact(200)));
    account.stake_external(0, 150, TEN).unwrap();
    assert_eq!(account.free(), Ok(Range::exact(50)));
    let refused = account.stake_remote(0, 150, TEN);
    assert_eq!(refused, Err(Error::LienBeyondCollateral { holder: FIRST, lien: 400, collateral: 300 }));
    let mut pool = Pool::new(1, 100);
    pool.prepare_stake(0, 250).unwrap();
    pool.commit_stake(0, 250).unwrap();
    pool.prepare_unstake(0, 50).unwrap();
    pool.commit_unstake(0, 50, 0, Release::AfterUnbonding).unwrap();
    assert_eq!(pool.withdraw_unbonded(0, 99), Ok(0));
    let ripe = pool.withdraw_unbonded(0, 100).unwrap();
    account.release(FIRST, ripe).unwrap();
    assert_eq!(account.free(), Ok(Range::exact(100)));
}

/// mesh-security-sdk, tests/e2e/mvp_test.go: price 0.5, discount 10 %.
#[test]
fn mesh_32_an_unbonding_lien_still_locks_its_collateral() {
    const MILLION: u128 = 1_000_000;
    let half = Decimal::percent(50);
    let converter = Converter::new(TEN).unwrap();
    let account = user(100 * MILLION, 30 * MILLION, &[80 * MILLION], Decimal::percent(20));
    assert_eq!(account.free(), Ok(Range::exact(20 * MILLION)));
    assert_eq!(converter.to_virtual(80 * MILLION, half), Ok(36 * MILLION));
    let unstaked = converter.to_virtual(30 * MILLION, half).unwrap();
    assert_eq!(36 * MILLION - unstaked, 22_500_000);
    assert_eq!(account.free(), Ok(Range::exact(20 * MILLION)));
}

/// Rule: T is floored call by call; 140 and 40 at 10 % give 14 and 4.
#[test]
fn total_slashable_is_floored_call_by_call() {
    let mut account = Account::new(200);
    for amount in [5, 9, 19] {
        account.stake_external(0, amount, TEN).unwrap();
    }
    assert_eq!(account.total_slashable(), Range::exact(1));
    assert_eq!(account.lien(FIRST).unwrap().slash_ratio.floor_of(33), 3);
}

#[test]
fn each_of_k_liens_may_be_the_whole_collateral_while_k_times_the_ratio_is_at_most_one() {
    let mut account = user(100, 0, &[100; 20], Decimal::percent(5));
    assert_eq!(figures(&account), (100, 100, 100, 0));
    assert!(account.stake_remote(20, 20, Decimal::percent(5)).is_err());
    account.stake_external(20, 19, Decimal::percent(5)).unwrap();
    assert_eq!(consumers_backed(Decimal::percent(5)), Some(20));
    assert_eq!(consumers_backed(Decimal::percent(40)), Some(2));
    assert_eq!(consumers_backed(Decimal::ZERO), None);
}

#[test]
fn a_lien_keeps_the_ratio_of_its_first_stake() {
    let mut account = user(100, 0, &[50], TEN);
    account.stake_external(0, 20, Decimal::percent(90)).unwrap();
    assert_eq!(account.lien(FIRST).unwrap().slash_ratio, TEN);
    assert_eq!(account.total_slashable(), Range::exact(7));
    let above = account.stake_remote(1, 1, Decimal::percent(101));
    assert_eq!(above, Err(Error::AboveOne { quantity: "slash ratio", value: Decimal::percent(101) }));
}

#[test]
fn a_packet_that_fails_leaves_no_trace() {
    let mut account = user(300, 100, &[], TEN);
    let before = account.clone();
    let id = account.stake_remote(0, 200, TEN).unwrap();
    assert_eq!(account.max_lien(), Range::new(100, 200).unwrap());
    assert_eq!(account.total_slashable(), Range::new(10, 30).unwrap());
    account.rollback(id).unwrap();
    assert_eq!(account.lien(FIRST), None);
    assert_eq!((account.free(), account.used()), (before.free(), before.used()));
    assert_eq!(account.commit(id), Err(Error::NotInFlight { id }));
}

#[test]
fn only_what_is_free_whatever_the_packets_do_can_be_unbonded() {
    let mut account = Account::new(300);
    account.stake_remote(0, 100, TEN).unwrap();
    assert_eq!(account.unbond(201), Err(Error::CollateralLocked { asked: 201, free: 200 }));
    account.unbond(200).unwrap();
    assert_eq!(account.collateral(), 100);
    account.bond(1).unwrap();
    assert!(account.bond(u128::MAX).is_err());
    assert_eq!(account.collateral(), 101);
}

#[test]
fn a_lien_released_in_full_is_gone() {
    let mut account = user(200, 0, &[50, 20], TEN);
    let too_much = account.release(FIRST, 51);
    assert_eq!(too_much, Err(Error::LienTooSmall { holder: FIRST, lien: 50, amount: 51 }));
    account.release(FIRST, 50).unwrap();
    assert_eq!((account.lien(FIRST), figures(&account)), (None, (200, 20, 2, 180)));
    assert_eq!(account.release(FIRST, 1), Err(Error::NoLien { holder: FIRST }));
    assert_eq!(lien(&account, SECOND), 20);
}

#[test]
fn refusals_name_quantity_rule_and_value() {
    let refused = Error::LienBeyondCollateral { holder: SECOND, lien: 400, collateral: 300 };
    assert_eq!(refused.to_string(), "lien of consumer 1 must not exceed the collateral 300, got 400");
    let above = Error::AboveOne { quantity: "discount", value: Decimal::percent(150) };
    assert_eq!(above.to_string(), "discount must lie in 0…1, got 1.5");
}

//! External staking: effective ratios, unbondings, rewards.

use super::super::*;
use super::{FIRST, TEN, user};

fn staked(amounts: &[u128], unbonding_period_s: u64) -> Pool {
    let mut pool = Pool::new(amounts.len(), unbonding_period_s);
    for (user, amount) in amounts.iter().enumerate() {
        pool.prepare_stake(user, *amount).unwrap();
        pool.commit_stake(user, *amount).unwrap();
    }
    pool
}

fn unstake(pool: &mut Pool, user: usize, amount: u128, now_s: u64) {
    pool.prepare_unstake(user, amount).unwrap();
    pool.commit_unstake(user, amount, now_s, Release::AfterUnbonding).unwrap();
}

fn order(amount: u128, infraction_s: u64, now_s: u64) -> SlashOrder {
    SlashOrder { amount, nominal_ratio: TEN, infraction_s, now_s }
}

/// mesh-security, contracts/provider/external-staking/src/multitest.rs:1353.
#[test]
fn mesh_12_ripe_unbondings_are_safe_and_pending_ones_are_not() {
    let mut account = user(300, 0, &[], TEN);
    account.stake_external(0, 200, TEN).unwrap();
    account.stake_external(0, 100, TEN).unwrap();
    let (mut first, mut second) = (staked(&[200], 100), staked(&[100], 100));
    unstake(&mut first, 0, 50, 0);
    unstake(&mut first, 0, 70, 50);
    unstake(&mut second, 0, 90, 50);
    assert_eq!(first.stakes()[0].bonded, Range::exact(80));
    let slashes = first.slash(order(8, 49, 100)).unwrap();
    assert_eq!(slashes, [UserSlash { user: 0, amount: 8 + 7 }]);
    account.slash(FIRST, slashes[0].amount).unwrap();
    assert_eq!(account.lien(FIRST).unwrap().amount, Range::exact(285));
    account.release(FIRST, first.withdraw_unbonded(0, 100).unwrap()).unwrap();
    assert_eq!(account.lien(FIRST).unwrap().amount, Range::exact(235));
    let later = first.withdraw_unbonded(0, 150).unwrap() + second.withdraw_unbonded(0, 150).unwrap();
    account.release(FIRST, later).unwrap();
    assert_eq!(account.lien(FIRST).unwrap().amount, Range::exact(82));
}

/// mesh-security, contracts/provider/external-staking/src/multitest.rs:1585: the unstaking is still in flight when
/// the slash comes, and is settled for what is left.
#[test]
fn mesh_14_a_slash_overtakes_a_full_unstaking() {
    let mut account = user(200, 0, &[200], TEN);
    let mut pool = staked(&[200], 100);
    pool.prepare_unstake(0, 200).unwrap();
    let slashes = pool.slash(order(20, 0, 1)).unwrap();
    account.slash(FIRST, slashes[0].amount).unwrap();
    assert_eq!(account.lien(FIRST).unwrap().amount, Range::exact(180));
    pool.commit_unstake(0, 200, 1, Release::AfterUnbonding).unwrap();
    let ripe = pool.withdraw_unbonded(0, 101).unwrap();
    assert_eq!(ripe, 180);
    account.release(FIRST, ripe).unwrap();
    assert_eq!(account.lien(FIRST), None);
}

/// mesh-security, contracts/provider/external-staking/src/multitest.rs:638.
#[test]
fn mesh_15_rewards_carry_what_does_not_divide() {
    let mut pool = staked(&[200, 300], 100);
    let owed = |pool: &Pool| [0, 1].map(|user| pool.owed(user).unwrap());
    pool.distribute(50).unwrap();
    assert_eq!(owed(&pool), [20, 30]);
    pool.distribute(71).unwrap();
    assert_eq!(owed(&pool), [48, 72]);
    assert_eq!((pool.withdraw_rewards(0), pool.withdraw_rewards(1)), (Ok(48), Ok(72)));
    pool.distribute(9).unwrap();
    assert_eq!(owed(&pool), [4, 6]);
}

#[test]
fn points_that_do_not_divide_go_into_the_next_payment() {
    let mut pool = staked(&[1, 2], 100);
    pool.distribute(1).unwrap();
    assert_eq!(pool.distribution().leftover, 1);
    pool.distribute(1).unwrap();
    pool.distribute(1).unwrap();
    assert_eq!((pool.distribution().points_per_stake, pool.distribution().leftover), (POINTS_SCALE, 0));
    assert_eq!((pool.owed(0), pool.owed(1)), (Ok(1), Ok(2)));
}

#[test]
fn stake_that_comes_late_has_no_part_in_earlier_rewards_and_stake_that_goes_keeps_its_own() {
    let mut pool = staked(&[100, 0], 100);
    pool.distribute(10).unwrap();
    pool.prepare_stake(1, 100).unwrap();
    pool.commit_stake(1, 100).unwrap();
    assert_eq!((pool.owed(0), pool.owed(1)), (Ok(10), Ok(0)));
    unstake(&mut pool, 0, 100, 0);
    pool.distribute(10).unwrap();
    assert_eq!((pool.owed(0), pool.owed(1)), (Ok(10), Ok(10)));
    pool.burn(1, 50).unwrap();
    assert_eq!(pool.owed(1), Ok(10));
    assert_eq!(pool.distribution().total_stake, 50);
    assert_eq!(Pool::new(1, 1).distribute(1), Err(Error::NothingStaked));
    assert!(pool.distribute(u128::MAX).is_err());
}

#[test]
fn the_effective_ratio_is_floored_and_so_is_each_user() {
    let mut pool = staked(&[1, 1, 1], 100);
    assert_eq!(pool.effective_ratio(2), Ok(Decimal::from_atomics(666_666_666_666_666_666)));
    let slashes = pool.slash(order(2, 0, 1)).unwrap();
    assert!(slashes.iter().all(|slash| slash.amount == 0) && slashes.len() == 3);
    let mut pool = staked(&[70, 30], 100);
    assert_eq!(pool.slash(order(9, 0, 1)).unwrap().iter().map(|slash| slash.amount).sum::<u128>(), 8);
    assert_eq!(pool.distribution().total_stake, 92);
}

/// A stake in flight weighs with its high end; on arrival its slash stays taken.
#[test]
fn a_stake_in_flight_is_slashed_with_the_rest() {
    let mut pool = staked(&[100, 0], 100);
    pool.prepare_stake(1, 100).unwrap();
    let slashes = pool.slash(order(20, 0, 1)).unwrap();
    assert_eq!(slashes, [UserSlash { user: 0, amount: 10 }, UserSlash { user: 1, amount: 10 }]);
    assert_eq!(pool.stakes()[1].bonded, Range::new(0, 90).unwrap());
    let mut failed = pool.clone();
    assert!(failed.rollback_stake(1, 100).is_err());
    pool.commit_stake(1, 100).unwrap();
    assert_eq!(pool.stakes()[1].bonded, Range::exact(100));
}

#[test]
fn unbondings_are_safe_from_the_second_of_the_infraction_back_and_when_ripe() {
    for (began, infraction, now, left) in
        [(50, 50, 100, 40), (51, 50, 100, 36), (50, 0, 150, 40), (50, 0, 149, 36)]
    {
        let mut pool = staked(&[100], 100);
        unstake(&mut pool, 0, 40, began);
        pool.slash(order(6, infraction, now)).unwrap();
        assert_eq!(pool.stakes()[0].unbonding[0].amount, left, "{began} {infraction} {now}");
        assert_eq!(pool.stakes()[0].bonded, Range::exact(54));
    }
}

#[test]
fn a_user_who_has_unstaked_all_escapes_with_the_unbondings() {
    let mut pool = staked(&[100, 100], 100);
    unstake(&mut pool, 0, 100, 10);
    assert_eq!(pool.slash(order(10, 5, 11)), Ok(vec![UserSlash { user: 1, amount: 10 }]));
    assert_eq!(pool.stakes()[0].unbonding[0].amount, 100);
}

#[test]
fn a_slash_of_nobody_or_of_nothing_or_of_too_much() {
    assert_eq!(Pool::new(0, 1).slash(order(5, 0, 1)), Ok(vec![]));
    assert_eq!(Pool::new(1, 1).slash(order(5, 0, 1)), Err(Error::NothingStaked));
    let mut pool = staked(&[10, 10], 100);
    let before = pool.clone();
    assert_eq!(pool.slash(order(30, 0, 1)), Err(Error::StakeTooSmall { stake: 10, amount: 15 }));
    assert_eq!(pool, before);
    let mut single = staked(&[1, 1, 1], 100);
    assert_eq!(single.slash(order(4, 0, 1)).map(|slashes| slashes.len()), Ok(3));
    pool.slash(order(20, 0, 1)).unwrap();
    assert!(pool.stakes().iter().all(|stake| stake.bonded == Range::exact(0)));
}

#[test]
fn a_validator_out_of_the_set_releases_at_once_but_in_turn() {
    let mut pool = staked(&[100], 100);
    pool.prepare_unstake(0, 100).unwrap();
    pool.commit_unstake(0, 30, 10, Release::AtOnce).unwrap();
    assert_eq!(pool.withdraw_unbonded(0, 10), Ok(30));
    pool.commit_unstake(0, 30, 10, Release::AfterUnbonding).unwrap();
    pool.commit_unstake(0, 40, 20, Release::AtOnce).unwrap();
    assert_eq!(pool.withdraw_unbonded(0, 109), Ok(0));
    assert_eq!(pool.withdraw_unbonded(0, 110), Ok(70));
}

#[test]
fn an_unstaking_that_fails_gives_the_stake_back() {
    let mut pool = staked(&[100], 100);
    pool.prepare_unstake(0, 60).unwrap();
    assert_eq!(pool.prepare_unstake(0, 41), Err(Error::StakeTooSmall { stake: 40, amount: 41 }));
    pool.slash(order(50, 0, 1)).unwrap();
    assert_eq!(pool.stakes()[0].bonded, Range::new(0, 50).unwrap());
    pool.rollback_unstake(0, 60).unwrap();
    assert_eq!(pool.stakes()[0].bonded, Range::exact(50));
    assert_eq!(pool.burn(0, 51), Err(Error::StakeTooSmall { stake: 50, amount: 51 }));
    assert_eq!(pool.owed(7), Err(Error::NoStake { user: 7 }));
}

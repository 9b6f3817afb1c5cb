//! What stakers can withdraw: scaling factors, the queue, native ETH.

use super::{DELAY, TOKEN, member_of};
use crate::rules::eigenlayer::{
    Deployment, Error, NativeStaker, QueueRecord, QueuedWithdrawal, Staker, WAD, WithdrawalQueue,
    beacon_factor_after, shares_lost, slashing_factor,
};

/// A quarter and a half, as magnitudes.
const QUARTER: u64 = WAD / 4;
const HALF: u64 = WAD / 2;

/// A staker who deposited `tokens` and delegated to an operator never slashed.
fn staker(tokens: u128) -> Staker {
    let mut staker = Staker::default();
    staker.deposit(tokens * TOKEN, WAD).unwrap();
    assert_eq!(staker.delegate(WAD, WAD).unwrap(), tokens * TOKEN);
    staker
}

/// A pod owner with one validator of 32 ETH, whose operator was slashed by three quarters afterwards.
fn alice() -> NativeStaker {
    let mut alice = NativeStaker::default();
    alice.verify(32 * TOKEN, WAD).unwrap();
    alice
}

/// eigenlayer-contracts, src/test/unit/DelegationUnit.t.sol:7565.
#[test]
fn eig_16_undelegating_from_a_half_slashed_operator_returns_half() {
    let mut staker = staker(100);
    let queued = staker.queue(100 * TOKEN, HALF, QueueRecord::Scaled).unwrap();
    assert_eq!((queued.scaled, queued.withdrawable, queued.recorded), (100 * TOKEN, 50 * TOKEN, 100 * TOKEN));
    let withdrawal = QueuedWithdrawal::new(queued.scaled, 10, DELAY);
    assert_eq!(withdrawal.payout(10 + DELAY + 1, HALF, WAD), Ok(50 * TOKEN));
}

/// eigenlayer-contracts, src/test/unit/DelegationUnit.t.sol:5508.
#[test]
fn eig_17_a_slash_in_the_last_block_of_the_delay_empties_a_withdrawal() {
    let mut magnitudes = member_of(1);
    magnitudes.modify(0, WAD, 1).unwrap();
    let queued = staker(100).queue(100 * TOKEN, WAD, QueueRecord::Scaled).unwrap();
    let withdrawal = QueuedWithdrawal::new(queued.scaled, 10, DELAY);
    let mut queue = WithdrawalQueue::new(DELAY);
    queue.add(queued.recorded, 10);
    let last = withdrawal.slashable_until();
    assert_eq!(queue.slashable_shares(last, magnitudes.max()), 100 * TOKEN);
    let slash = magnitudes.slash(0, WAD, last).unwrap();
    assert_eq!(queue.slashed_shares(last, slash.max_before, slash.max_after), 100 * TOKEN);
    assert_eq!(queue.slashable_shares(last, magnitudes.max()), 0);
    let early = Error::DelayNotElapsed { slashable_until: last, block: last };
    assert_eq!(withdrawal.payout(last, 0, WAD), Err(early));
    assert_eq!(withdrawal.payout(last + 1, magnitudes.max_at(last), WAD), Ok(0));
}

#[test]
fn a_slash_one_block_after_the_delay_does_not_reach_a_withdrawal() {
    let mut magnitudes = member_of(1);
    magnitudes.modify(0, WAD, 1).unwrap();
    let withdrawal = QueuedWithdrawal::new(100, 10, DELAY);
    let mut queue = WithdrawalQueue::new(DELAY);
    queue.add(100, 10);
    let after = withdrawal.slashable_until() + 1;
    magnitudes.slash(0, WAD, after).unwrap();
    assert_eq!(queue.slashable_scaled(after), 0);
    let max_at_end = magnitudes.max_at(withdrawal.slashable_until());
    assert_eq!(withdrawal.payout(after, max_at_end, WAD), Ok(100));
}

/// eigenlayer-contracts, src/test/unit/DelegationUnit.t.sol:5625.
#[test]
fn eig_19_three_of_five_withdrawals_are_still_slashable() {
    let mut staker = staker(120);
    let mut queue = WithdrawalQueue::new(DELAY);
    let mut operator_shares = 120 * TOKEN;
    let start = 1_000;
    for block in start..start + 5 {
        let queued = staker.queue(20 * TOKEN, WAD, QueueRecord::Scaled).unwrap();
        queue.add(queued.recorded, block);
        operator_shares -= queued.withdrawable;
    }
    assert_eq!(operator_shares, 20 * TOKEN);
    let block = start + 1 + DELAY + 1;
    assert_eq!(queue.slashable_shares(block, WAD), 60 * TOKEN);
    assert_eq!(queue.slashed_shares(block, WAD, 0), 60 * TOKEN);
    assert_eq!(queue.slashable_shares(block, 0), 0);
    assert_eq!(shares_lost(operator_shares, WAD, 0), 20 * TOKEN);
}

/// eigenlayer-contracts, src/test/unit/DelegationUnit.t.sol:2924.
#[test]
fn eig_21_repeated_deposits_drift_against_the_staker() {
    let magnitude = 999_999_999_999_990_009;
    let mut staker = Staker::default();
    staker.deposit(44_182_209_037_560_531_097_078_597_505, WAD).unwrap();
    let mut operator_shares = staker.delegate(magnitude, WAD).unwrap();
    for _ in 0..1_000 {
        staker.deposit(1_000, magnitude).unwrap();
        operator_shares += 1_000;
    }
    assert_eq!(operator_shares - staker.withdrawable(magnitude), 44_182_209_037_566);
}

/// eigenlayer-contracts, src/test/unit/libraries/SlashingLibUnit.t.sol:27.
#[test]
fn eig_22_a_scaling_factor_of_nothing_is_refused() {
    let mut staker = Staker::new(TOKEN, 1);
    let refused = staker.deposit(1, WAD - 1);
    assert_eq!(refused, Err(Error::ScalingFactorZero { deposit_shares: TOKEN, added: 1 }));
    assert_eq!(staker, Staker::new(TOKEN, 1));
}

/// eigenlayer-contracts, docs/core/accounting/DualSlashingEdgeCase.md:50-112.
#[test]
fn eig_23_three_quarters_slashed_leaves_eight_of_32() {
    assert_eq!(alice().withdrawable(QUARTER), 8 * TOKEN);
    assert_eq!(alice().attributable_to_services(QUARTER), 24 * TOKEN);
}

/// Same document: the beacon chain then takes half.
#[test]
fn eig_24_a_beacon_loss_halves_what_is_left_and_what_services_account_for() {
    let mut alice = alice();
    assert_eq!(alice.checkpoint(16 * TOKEN, QUARTER), Ok(4 * TOKEN));
    assert_eq!((alice.beacon_factor(), alice.withdrawable(QUARTER)), (HALF, 4 * TOKEN));
    assert_eq!(alice.attributable_to_services(QUARTER), 12 * TOKEN);
}

/// Same document, scenario A.
#[test]
fn eig_25_deposit_before_the_checkpoint() {
    let mut alice = alice();
    alice.verify(32 * TOKEN, QUARTER).unwrap();
    assert_eq!((alice.staker().scaling_factor(), alice.withdrawable(QUARTER)), (TOKEN / 2 * 5, 40 * TOKEN));
    assert_eq!(alice.attributable_to_services(QUARTER), 24 * TOKEN);
    assert_eq!(alice.checkpoint(48 * TOKEN, QUARTER), Ok(10 * TOKEN));
    assert_eq!((alice.beacon_factor(), alice.withdrawable(QUARTER)), (3 * QUARTER, 30 * TOKEN));
    assert_eq!(alice.attributable_to_services(QUARTER), 18 * TOKEN);
}

/// Same document, scenario B: the other order leaves 6 ETH more.
#[test]
fn eig_25_checkpoint_before_the_deposit() {
    let mut alice = alice();
    alice.checkpoint(16 * TOKEN, QUARTER).unwrap();
    alice.verify(32 * TOKEN, QUARTER).unwrap();
    assert_eq!((alice.staker().scaling_factor(), alice.withdrawable(QUARTER)), (TOKEN / 2 * 9, 36 * TOKEN));
    assert_eq!(alice.attributable_to_services(QUARTER), 12 * TOKEN);
}

/// ELIPs, ELIPs/ELIP-004.md:242-244: the same as native factors and as a token whose backing halves.
#[test]
fn eig_27_two_halves_leave_a_quarter_native_or_liquid() {
    let mut native = NativeStaker::default();
    native.verify(100 * TOKEN, WAD).unwrap();
    native.checkpoint(50 * TOKEN, HALF).unwrap();
    assert_eq!(native.withdrawable(HALF), 25 * TOKEN);
    let tokens_left = staker(100).withdrawable(slashing_factor(HALF, WAD));
    assert_eq!((tokens_left, tokens_left * 50 / 100), (50 * TOKEN, 25 * TOKEN));
}

/// Same document, last scenario: leaving a fully slashed operator, then proving an old loss on a new deposit.
#[test]
fn a_loss_proven_after_leaving_falls_on_the_new_deposit() {
    let mut alice = alice();
    alice.queue(32 * TOKEN, 0, QueueRecord::Scaled).unwrap();
    alice.verify(32 * TOKEN, WAD).unwrap();
    assert_eq!((alice.withdrawable(WAD), alice.staker().deposit_shares()), (32 * TOKEN, 32 * TOKEN));
    alice.checkpoint(48 * TOKEN, WAD).unwrap();
    let queued = alice.queue(32 * TOKEN, WAD, QueueRecord::Scaled).unwrap();
    let paid = QueuedWithdrawal::new(queued.scaled, 0, DELAY).payout(DELAY + 1, WAD, alice.beacon_factor());
    assert_eq!(paid, Ok(24 * TOKEN));
    alice.pay(24 * TOKEN);
    assert_eq!(alice.attributable_to_services(WAD), 24 * TOKEN);
}

#[test]
fn a_deposit_after_a_slash_is_worth_its_face_and_forgives_nothing_else() {
    let mut late = Staker::default();
    late.deposit(TOKEN, HALF).unwrap();
    assert_eq!((late.scaling_factor(), late.withdrawable(HALF)), (2 * TOKEN, TOKEN));
    let mut early = staker(1);
    early.deposit(TOKEN, HALF).unwrap();
    assert_eq!((early.scaling_factor(), early.withdrawable(HALF)), (TOKEN / 2 * 3, TOKEN / 2 * 3));
}

#[test]
fn a_first_deposit_keeps_the_scaling_factor_it_finds() {
    let mut staker = Staker::new(0, 3 * TOKEN);
    staker.deposit(1, HALF).unwrap();
    assert_eq!(staker, Staker::new(1, 6 * TOKEN));
    assert_eq!(Staker::new(1, 0), Staker::new(1, TOKEN));
}

#[test]
fn a_fully_slashed_operator_takes_neither_deposits_nor_delegations() {
    let mut staker = staker(1);
    assert_eq!(staker.deposit(0, 0), Err(Error::FullySlashed));
    assert_eq!(staker.deposit_shares_for(1, 0), Err(Error::FullySlashed));
    assert_eq!(Staker::default().delegate(0, WAD), Ok(0));
    let mut undelegated = Staker::new(5, TOKEN);
    assert_eq!(undelegated.delegate(0, WAD), Err(Error::FullySlashed));
    // Factors of one each can round to nothing together.
    assert_eq!(slashing_factor(1, WAD - 1), 0);
}

#[test]
fn a_deposit_of_nothing_changes_nothing() {
    let mut staker = staker(3);
    let before = staker;
    staker.deposit(0, HALF).unwrap();
    assert_eq!(staker, before);
}

#[test]
fn delegation_forgives_the_operators_past_but_not_the_stakers_own_loss() {
    let mut pod = NativeStaker::default();
    pod.verify(32 * TOKEN, WAD).unwrap();
    pod.checkpoint(24 * TOKEN, WAD).unwrap();
    assert_eq!(pod.delegate(HALF), Ok(24 * TOKEN));
    assert_eq!((pod.staker().scaling_factor(), pod.withdrawable(HALF)), (2 * TOKEN, 24 * TOKEN));
}

#[test]
fn taking_the_last_share_resets_the_scaling_factor() {
    let mut staker = Staker::default();
    staker.deposit(10, QUARTER).unwrap();
    staker.queue(9, QUARTER, QueueRecord::Scaled).unwrap();
    assert_eq!((staker.deposit_shares(), staker.scaling_factor()), (1, 4 * TOKEN));
    let too_many = staker.queue(2, QUARTER, QueueRecord::Scaled);
    assert_eq!(too_many, Err(Error::TooManyShares { asked: 2, held: 1 }));
    staker.queue(1, QUARTER, QueueRecord::Scaled).unwrap();
    assert_eq!(staker, Staker::default());
}

#[test]
fn deposit_shares_invert_what_is_withdrawable() {
    let mut staker = Staker::default();
    staker.deposit(8 * TOKEN, QUARTER).unwrap();
    assert_eq!(staker.deposit_shares_for(8 * TOKEN, QUARTER), Ok(8 * TOKEN));
    assert_eq!(staker.deposit_shares_for(2 * TOKEN, QUARTER / 2), Ok(4 * TOKEN));
}

/// ELIPs, ELIPs/ELIP-019: floors summed one by one against the floor of the sum.
#[test]
fn the_backed_record_never_counts_dust_twice() {
    let (mut scaled, mut backed) = (WithdrawalQueue::new(DELAY), WithdrawalQueue::new(DELAY));
    let mut removed = 0;
    for _ in 0..100 {
        let queued = Staker::new(3, TOKEN).queue(3, HALF, QueueRecord::Backed).unwrap();
        backed.add(queued.recorded, 1);
        scaled.add(queued.scaled, 1);
        removed += queued.withdrawable;
    }
    assert_eq!(removed, 100);
    assert_eq!((scaled.slashable_shares(1, HALF), backed.slashable_shares(1, HALF)), (150, 100));
    assert_eq!(Staker::new(3, TOKEN).queue(3, 0, QueueRecord::Backed).unwrap().recorded, 0);
}

#[test]
fn the_queue_counts_starts_from_the_delay_ago_up_to_now() {
    let mut queue = WithdrawalQueue::new(10);
    for start in [89, 90, 100, 101] {
        queue.add(1 << start, start);
    }
    assert_eq!(queue.slashable_scaled(100), (1 << 90) + (1 << 100));
    assert_eq!(queue.slashed_shares(100, 0, WAD), 0);
    queue.add(u128::MAX, 3);
    queue.add(u128::MAX, 3);
    assert_eq!(queue.slashable_scaled(3), u128::MAX);
}

#[test]
fn beacon_factors_round_down_and_only_fall() {
    assert_eq!(beacon_factor_after(WAD, 1, 3), WAD / 3);
    assert_eq!(beacon_factor_after(WAD / 3, 2, 3), WAD / 3 * 2 / 3);
    assert_eq!(
        (beacon_factor_after(7, 5, 5), beacon_factor_after(7, 6, 5), beacon_factor_after(7, 0, 0)),
        (7, 7, 7)
    );
    assert_eq!(beacon_factor_after(WAD, 0, 1), 0);
}

#[test]
fn a_pod_that_lost_all_takes_no_more_deposits() {
    let mut pod = alice();
    assert_eq!(pod.checkpoint(0, WAD), Ok(32 * TOKEN));
    assert_eq!(pod.verify(1, WAD), Err(Error::FullySlashed));
    assert_eq!((pod.balance(), pod.withdrawable(WAD)), (0, 0));
    assert_eq!(pod.checkpoint(0, WAD), Ok(0));
}

#[test]
fn the_parameters_name_one_withdrawal_delay() {
    assert_eq!(Deployment::MainnetV19.parameters().withdrawal_delay, DELAY);
}

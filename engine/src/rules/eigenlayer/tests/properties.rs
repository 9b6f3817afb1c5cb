//! What holds for every input: nothing is created, nothing overflows, order is kept.

use super::{DELAY, member_of};
use crate::rules::eigenlayer::{
    Asset, Delayed, Magnitudes, NativeStaker, OperatorStake, QueueRecord, Recipient, SlashEvent,
    SlashedStake, Staker, WAD, WithdrawalQueue, coalition_outcome, destination, minimum_slashable_stake,
    shares_lost, slash_in_order, slashable_stake, slashing_factor,
};
use crate::rules::integer::mul_div_ceil;
use proptest::prelude::*;

/// One thing that can happen to an operator with three sets.
#[derive(Clone, Copy, Debug)]
enum Event {
    Modify(usize, u64),
    Slash(usize, u64),
    Leave(usize),
    Join(usize),
}

fn event() -> impl Strategy<Value = Event> {
    let set = 0..3_usize;
    prop_oneof![
        3 => (set.clone(), 0..=WAD).prop_map(|(set, magnitude)| Event::Modify(set, magnitude)),
        3 => (set.clone(), 1..=WAD).prop_map(|(set, wad)| Event::Slash(set, wad)),
        1 => set.clone().prop_map(Event::Leave),
        1 => set.prop_map(Event::Join),
    ]
}

/// Lets the event happen, or be refused.
fn apply(magnitudes: &mut Magnitudes, event: Event, block: u64) {
    let _ = match event {
        Event::Modify(set, magnitude) => magnitudes.modify(set, magnitude, block),
        Event::Slash(set, wad) => magnitudes.slash(set, wad, block).map(|_| ()),
        Event::Leave(set) => magnitudes.deregister(set, block),
        Event::Join(set) => magnitudes.register(set, block),
    };
}

proptest! {
    #[test]
    fn allocations_never_exceed_the_encumbered_and_that_never_the_greatest_magnitude(
        events in prop::collection::vec((event(), 0..DELAY), 1..40),
    ) {
        let mut magnitudes = member_of(3);
        let (mut block, mut max) = (0, WAD);
        for (event, wait) in events {
            block += wait;
            apply(&mut magnitudes, event, block);
            prop_assert!(magnitudes.max() <= max, "only slashes change the greatest magnitude");
            max = magnitudes.max();
            for later in [block, block + DELAY, block + DELAY + 1] {
                let allocated: u64 = (0..3).map(|set| magnitudes.current(set, later)).sum();
                prop_assert!(allocated <= magnitudes.encumbered(later));
                prop_assert!(magnitudes.encumbered(later) <= max);
                prop_assert_eq!(magnitudes.encumbered(later) + magnitudes.allocatable(later), max);
            }
            for set in 0..3 {
                let least = |horizon| minimum_slashable_stake(&magnitudes, set, u128::MAX, block, horizon);
                prop_assert!(least(u64::MAX) <= least(block));
            }
        }
    }

    #[test]
    fn extreme_blocks_never_panic(events in prop::collection::vec((event(), any::<u64>()), 1..20)) {
        let mut magnitudes = member_of(3);
        for (event, block) in events {
            apply(&mut magnitudes, event, block);
        }
        prop_assert!(magnitudes.encumbered(u64::MAX) <= magnitudes.max());
    }

    #[test]
    fn slashing_never_creates_stake(
        shares: u128,
        parts in prop::collection::vec(0..=WAD / 4, 4),
        events in prop::collection::vec((0..4_usize, 1..=WAD), 0..12),
    ) {
        let stake = OperatorStake { shares, max_magnitude: WAD, magnitudes: parts };
        let events: Vec<_> = events.into_iter().map(|(set, wad)| SlashEvent { set, wad }).collect();
        let slashed = slash_in_order(&stake, &events).unwrap();
        prop_assert_eq!(slashed.lost() + slashed.left.shares, shares);
        prop_assert!(slashed.left.max_magnitude <= WAD);
        let allocated: u64 = slashed.left.magnitudes.iter().sum();
        prop_assert!(allocated <= slashed.left.max_magnitude);
    }

    #[test]
    fn a_series_takes_no_more_than_the_magnitude_it_burns(
        shares in 0..u128::MAX / 2,
        events in prop::collection::vec((0..2_usize, 1..=WAD), 1..8),
    ) {
        let stake = OperatorStake { shares, max_magnitude: WAD, magnitudes: vec![WAD / 2, WAD / 3] };
        let events: Vec<_> = events.into_iter().map(|(set, wad)| SlashEvent { set, wad }).collect();
        let slashed = slash_in_order(&stake, &events).unwrap();
        // One slash of the same depth takes at least as much: each step rounds in the stakers' favour.
        prop_assert!(slashed.lost() <= shares_lost(shares, WAD, slashed.left.max_magnitude));
    }

    #[test]
    fn a_deeper_slash_takes_no_fewer_shares(shares: u128, before in 1..=WAD, a: u64, b: u64) {
        let (low, high) = (a.min(b).min(before), a.max(b).min(before));
        prop_assert!(shares_lost(shares, before, low) >= shares_lost(shares, before, high));
        prop_assert!(shares_lost(shares, before, low) <= shares);
        prop_assert_eq!(shares_lost(shares, before, before), 0);
    }

    #[test]
    fn slashable_stake_is_at_most_all_and_grows_with_the_magnitude(shares: u128, a: u64, b: u64, max in 0..=WAD) {
        let (low, high) = (a.min(b), a.max(b));
        prop_assert!(slashable_stake(shares, low, max) <= slashable_stake(shares, high, max));
        prop_assert!(slashable_stake(shares, high, max) <= shares);
    }

    #[test]
    fn nobody_withdraws_more_than_was_deposited(
        deposits in prop::collection::vec((0..u128::MAX >> 20, 1..=WAD), 1..12),
    ) {
        let mut staker = Staker::default();
        let mut deposited = 0;
        let mut max = WAD;
        for (added, part) in deposits {
            max = max.min(part);
            if staker.deposit(added, max).is_ok() {
                deposited += added;
            }
            prop_assert!(staker.withdrawable(max) <= deposited);
        }
    }

    #[test]
    fn stakers_accounts_never_panic(shares: u128, k: u128, added: u128, factor: u64) {
        let mut staker = Staker::new(shares, k);
        let _ = staker.deposit(added, factor);
        let _ = staker.deposit_shares_for(added, factor);
        let _ = staker.delegate(factor, factor);
        let held = staker.deposit_shares();
        for record in [QueueRecord::Backed, QueueRecord::Scaled] {
            let mut leaving = staker;
            prop_assert!(leaving.queue(held, factor, record).is_ok());
            prop_assert_eq!(leaving, Staker::default());
        }
        prop_assert!(slashing_factor(factor, factor) <= factor);
    }

    #[test]
    fn the_backed_record_claims_no_more_than_left_the_operator(
        deposits in prop::collection::vec(0..u128::MAX >> 20, 1..20),
        joined in 1..=WAD,
        left in 1..=WAD,
    ) {
        let max = joined.min(left);
        let mut queue = WithdrawalQueue::new(DELAY);
        let mut removed = 0;
        for shares in deposits {
            let mut staker = Staker::default();
            staker.deposit(shares, joined).unwrap();
            let queued = staker.queue(shares, max, QueueRecord::Backed).unwrap();
            removed += queued.withdrawable;
            queue.add(queued.recorded, 5);
        }
        prop_assert!(queue.slashable_shares(5, max) <= removed);
    }

    #[test]
    fn a_beacon_loss_takes_its_part_to_within_one_unit_of_the_factor(
        steps in prop::collection::vec((0..u128::MAX >> 20, 1..=WAD), 1..12),
    ) {
        let mut pod = NativeStaker::default();
        let mut max = WAD;
        for (balance, part) in steps {
            max = max.min(part);
            let (before, factor) = (pod, u128::from(pod.factor(max)));
            if pod.checkpoint(balance, max).is_err() {
                prop_assert_eq!(pod, before);
            } else if balance < before.balance() && factor > 0 {
                // The factor before was a floor, so it stood for at most one unit more.
                let claim = mul_div_ceil(before.withdrawable(max) + 1, factor + 1, factor);
                prop_assert!(pod.withdrawable(max) <= mul_div_ceil(claim, balance, before.balance()));
            }
            prop_assert!(pod.beacon_factor() <= before.beacon_factor());
        }
    }

    #[test]
    fn a_coalition_never_gets_back_more_than_was_slashed(own: u128, delegated: u128) {
        for recipient in [Recipient::Nobody, Recipient::Outsider, Recipient::Coalition] {
            let paid = destination(Asset::LiquidToken, recipient).unwrap();
            let outcome = coalition_outcome(&[SlashedStake { own, delegated }], paid);
            prop_assert!(outcome.received <= outcome.gross_loss);
            prop_assert!(outcome.profit() <= delegated);
            prop_assert!(outcome.cost() <= own);
        }
    }

    #[test]
    fn a_delayed_value_changes_only_at_its_time(time: u64, delay: u64, later: u64) {
        let mut value = Delayed::new(0);
        value.announce(1, time, delay);
        let (_, effect) = value.announced();
        prop_assert_eq!(value.at(later), i32::from(later >= effect));
    }
}

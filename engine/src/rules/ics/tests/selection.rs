//! The selection of Partial Set Security, step by step and in its order.

use super::super::*;
use super::{opted_in, undecided};

/// interchain-security, docs/docs/features/power-shaping.md:36-40: the sum stays 103.
#[test]
fn ics_07_the_pipeline_keeps_the_sum_under_a_feasible_cap() {
    let shaping = Shaping { power_cap_percent: 30, ..Shaping::default() };
    let mut powers = consumer_powers(&opted_in(&[100, 1, 1, 1]), &shaping).unwrap();
    assert_eq!(powers[0], 30);
    powers.sort_unstable();
    assert_eq!(powers, [24, 24, 25, 30]);
}

/// interchain-security, x/ccv/provider/keeper/power_shaping_test.go:256-377.
#[test]
fn ics_16_set_cap_and_priority_list() {
    let validators = opted_in(&[1, 2, 3, 4]);
    let set = |set_cap: usize, priority_list: &[usize]| {
        let priority_list = priority_list.to_vec();
        consumer_set(&validators, &Shaping { set_cap, priority_list, ..Shaping::default() }).unwrap()
    };
    let (a, b, c, d) = (0, 1, 2, 3);
    assert_eq!(set(0, &[]), [d, c, b, a]);
    assert_eq!(set(0, &[a, b]), [b, a, d, c]);
    assert_eq!(set(1, &[]), [d]);
    assert_eq!(set(2, &[]), [d, c]);
    assert_eq!(set(3, &[]), [d, c, b]);
    assert_eq!(set(2, &[a, b]), [b, a]);
    assert_eq!(set(3, &[a]), [a, d, c]);
    assert_eq!(set(1, &[a]), [a]);
}

/// interchain-security, tests/e2e/steps_partial_set_security.go:1019-1235, 1844-2025.
#[test]
fn ics_17_a_set_cap_of_two() {
    let mut validators = opted_in(&[100, 200, 300]);
    let shaping = Shaping { set_cap: 2, ..Shaping::default() };
    assert_eq!(consumer_powers(&validators, &shaping), Ok(vec![0, 200, 300]));
    let with_alice = Shaping { priority_list: vec![0], ..shaping.clone() };
    assert_eq!(consumer_powers(&validators, &with_alice), Ok(vec![100, 0, 300]));
    validators[2].consent = Consent::NotOptedIn;
    assert_eq!(consumer_powers(&validators, &shaping), Ok(vec![100, 200, 0]));
}

/// interchain-security, x/ccv/provider/keeper/power_shaping_test.go:675-716.
#[test]
fn ics_18_minimum_stake() {
    let validators = opted_in(&[1, 2]);
    let admitted = |min_stake| {
        let shaping = Shaping { min_stake, ..Shaping::default() };
        consumer_powers(&validators, &shaping).unwrap().iter().map(|power| *power > 0).collect::<Vec<_>>()
    };
    assert_eq!(admitted(0), [true, true]);
    assert_eq!(admitted(2), [false, true]);
    assert_eq!(admitted(3), [false, false]);
}

#[test]
fn the_denylist_beats_the_allowlist() {
    let shaping = Shaping { allowlist: vec![0, 1], denylist: vec![1], ..Shaping::default() };
    assert_eq!(consumer_powers(&opted_in(&[5, 6, 7]), &shaping), Ok(vec![5, 0, 0]));
}

#[test]
fn an_allowlist_of_strangers_admits_nobody() {
    let shaping = Shaping { allowlist: vec![9], ..Shaping::default() };
    assert_eq!(consumer_powers(&opted_in(&[5, 6]), &shaping), Ok(vec![0, 0]));
}

#[test]
fn the_denylist_takes_a_top_n_chain_below_its_n() {
    let shaping = Shaping { top_n: 60, denylist: vec![0], ..Shaping::default() };
    let powers = consumer_powers(&undecided(&[50, 30, 20]), &shaping).unwrap();
    assert_eq!(powers, [0, 30, 0]);
    assert!(powers.iter().sum::<u128>() * 100 < 60 * 100);
}

#[test]
fn the_lists_and_the_minimum_stake_hold_for_top_n_chains_too() {
    let shaping = Shaping { top_n: 100, allowlist: vec![0, 2], min_stake: 25, ..Shaping::default() };
    assert_eq!(consumer_powers(&undecided(&[50, 30, 20]), &shaping), Ok(vec![50, 0, 0]));
}

#[test]
fn a_set_cap_is_ignored_for_top_n_chains_and_the_power_cap_is_not() {
    let shaping = Shaping { top_n: 100, set_cap: 1, power_cap_percent: 34, ..Shaping::default() };
    assert_eq!(consumer_powers(&undecided(&[100, 200, 300]), &shaping), Ok(vec![192, 204, 204]));
}

#[test]
fn the_power_cap_counts_only_those_who_are_left() {
    // The sum under the cap is that of the two largest, 70, not that of all, 100.
    let shaping = Shaping { set_cap: 2, power_cap_percent: 50, ..Shaping::default() };
    assert_eq!(consumer_powers(&opted_in(&[40, 30, 20, 10]), &shaping), Ok(vec![35, 35, 0, 0]));
}

#[test]
fn the_active_set_is_cut_before_the_filter() {
    let mut validators = opted_in(&[9, 8, 7]);
    validators[0].consent = Consent::NotOptedIn;
    let shaping = Shaping { max_active: 2, ..Shaping::default() };
    assert_eq!(consumer_powers(&validators, &shaping), Ok(vec![0, 8, 0]));
    let open = Shaping { inactive: Inactive::Allowed, ..shaping };
    assert_eq!(consumer_powers(&validators, &open), Ok(vec![0, 8, 7]));
}

#[test]
fn tokens_rank_the_active_set_and_power_what_comes_after() {
    let consent = Consent::OptedIn;
    let validators = [
        Validator { tokens: 10, power: 5, consent },
        Validator { tokens: 20, power: 1, consent },
        Validator { tokens: 15, power: 9, consent },
    ];
    let active = Shaping { max_active: 2, ..Shaping::default() };
    assert_eq!(consumer_powers(&validators, &active), Ok(vec![0, 1, 9]));
    let capped = Shaping { set_cap: 2, ..Shaping::default() };
    assert_eq!(consumer_powers(&validators, &capped), Ok(vec![5, 0, 9]));
}

#[test]
fn the_active_set_holds_180() {
    let validators = opted_in(&(1..=200).collect::<Vec<u128>>());
    let powers = consumer_powers(&validators, &Shaping::default()).unwrap();
    assert_eq!(powers.iter().filter(|power| **power > 0).count(), 180);
    assert_eq!((powers[19], powers[20]), (0, 21));
    assert_eq!(replicated_powers(&validators, 180), powers);
}

#[test]
fn whoever_has_less_than_one_unit_of_power_is_not_bonded() {
    let validators = [
        Validator::bonded(999_999, 1_000_000, Consent::OptedIn),
        Validator::bonded(2_999_999, 1_000_000, Consent::OptedIn),
    ];
    assert_eq!(consumer_powers(&validators, &Shaping::default()), Ok(vec![0, 2]));
    assert_eq!(Validator::bonded(7, 0, Consent::OptedIn).power, 7);
}

#[test]
fn a_chain_accepts_top_n_0_or_50_to_100_and_caps_up_to_100() {
    for top_n in [0, 50, 51, 99, 100] {
        assert!(Shaping { top_n, ..Shaping::default() }.checked().is_ok(), "{top_n}");
    }
    for top_n in [1, 49, 101] {
        let refused = Shaping { top_n, ..Shaping::default() }.checked();
        assert_eq!(refused, Err(IcsError::TopN { top_n }));
    }
    assert_eq!(IcsError::TopN { top_n: 30 }.to_string(), "Top-N must be 0 or lie in 50…100, got 30");
    assert!(Shaping { power_cap_percent: 100, ..Shaping::default() }.checked().is_ok());
    let refused = Shaping { power_cap_percent: 101, ..Shaping::default() }.checked();
    assert_eq!(refused, Err(IcsError::PowerCap { percent: 101 }));
}

#[test]
fn a_chain_launches_with_one_validator_and_from_v7_on_with_an_active_one() {
    let shaping = Shaping { inactive: Inactive::Allowed, max_active: 1, ..Shaping::default() };
    let mut validators = undecided(&[9, 5]);
    for quorum in [LaunchQuorum::AnyValidator, LaunchQuorum::ActiveValidator] {
        assert_eq!(launch_powers(&mut validators, &shaping, quorum), Err(IcsError::NoValidatorAtLaunch));
    }
    validators[1].consent = Consent::OptedIn;
    assert_eq!(launch_powers(&mut validators, &shaping, Release::V6_0.rules().quorum), Ok(vec![0, 5]));
    let refused = launch_powers(&mut validators, &shaping, Release::V7_0.rules().quorum);
    assert_eq!(refused, Err(IcsError::NoActiveValidatorAtLaunch { opted_in: 1 }));
    validators[0].consent = Consent::OptedIn;
    assert_eq!(launch_powers(&mut validators, &shaping, LaunchQuorum::ActiveValidator), Ok(vec![9, 5]));
}

#[test]
fn a_top_n_chain_launches_with_those_it_forces() {
    let shaping = Shaping { top_n: 50, ..Shaping::default() };
    let mut validators = undecided(&[9, 5]);
    assert_eq!(launch_powers(&mut validators, &shaping, LaunchQuorum::ActiveValidator), Ok(vec![9, 0]));
    assert_eq!(launch_powers(&mut [], &shaping, LaunchQuorum::AnyValidator), Err(IcsError::NoPower));
}

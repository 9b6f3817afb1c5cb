//! Who must validate a Top-N chain, and who may leave; soft opt-out before it.

use super::super::*;
use super::undecided;

/// interchain-security, x/ccv/provider/keeper/power_shaping_test.go:116-182.
#[test]
fn ics_01_least_power_of_the_top_n() {
    let powers = [5, 10, 3, 1, 6];
    let table = [(100, 1), (97, 1), (96, 3), (85, 3), (84, 5), (65, 5), (64, 6), (50, 6), (40, 10), (1, 10)];
    for (top_n, least) in table {
        assert_eq!(min_power_in_top_n(&powers, top_n), Ok(least), "{top_n}");
    }
    for top_n in [0, 101] {
        assert_eq!(min_power_in_top_n(&powers, top_n), Err(IcsError::TopNOfLeastPower { top_n }));
    }
}

/// interchain-security, tests/e2e/steps_partial_set_security.go:544-1017.
#[test]
fn ics_03_top_51_forces_the_two_largest() {
    let powers = [200, 300, 500];
    let least = min_power_in_top_n(&powers, 51).unwrap();
    assert_eq!(least, 300);
    let mut validators = undecided(&powers);
    let shaping = Shaping { top_n: 51, ..Shaping::default() };
    assert_eq!(end_epoch(&mut validators, &shaping), Ok(vec![0, 300, 500]));
    let terms = OptOut { phase: Phase::Launched, min_power: Some(least) };
    assert_eq!(check_opt_out(200, terms), Ok(()));
    assert_eq!(check_opt_out(300, terms), Err(IcsError::CannotLeaveTopN { power: 300, min_power: 300 }));
    assert!(check_opt_out(500, terms).is_err());
    validators[0].consent = Consent::OptedIn;
    assert_eq!(end_epoch(&mut validators, &shaping), Ok(vec![200, 300, 500]));
}

/// interchain-security, x/ccv/provider/keeper/partial_set_security_test.go:116-172.
#[test]
fn ics_04_those_in_the_top_50_may_not_leave() {
    let powers = [1, 2, 3, 4];
    let least = min_power_in_top_n(&powers, 50).unwrap();
    assert_eq!(least, 3);
    let terms = OptOut { phase: Phase::Launched, min_power: Some(least) };
    assert_eq!(powers.map(|power| check_opt_out(power, terms).is_ok()), [true, true, false, false]);
}

#[test]
fn everyone_at_the_least_power_is_forced() {
    let shaping = Shaping { top_n: 50, ..Shaping::default() };
    assert_eq!(consumer_powers(&undecided(&[10, 10, 10, 9]), &shaping), Ok(vec![10, 10, 10, 0]));
}

#[test]
fn the_threshold_itself_is_enough() {
    assert_eq!(min_power_in_top_n(&[50, 30, 20], 50), Ok(50));
    assert_eq!(min_power_in_top_n(&[50, 30, 20], 51), Ok(30));
    assert_eq!(min_power_in_top_n(&[50, 30, 20], 80), Ok(30));
    assert_eq!(min_power_in_top_n(&[50, 30, 20], 81), Ok(20));
}

#[test]
fn no_power_has_no_top_n() {
    assert_eq!(min_power_in_top_n(&[], 50), Err(IcsError::NoPower));
    assert_eq!(min_power_in_top_n(&[0, 0], 50), Err(IcsError::NoPower));
}

#[test]
fn the_quotient_is_rounded_at_18_decimals_before_it_is_compared() {
    // 1 − 5·10⁻¹⁹ is a tie between 1 − 10⁻¹⁸ and 1, and goes to the even one.
    let most = 2 * DEC - 1;
    assert_eq!(min_power_in_top_n(&[most, 1], 100), Ok(most));
    assert_eq!(min_power_in_top_n(&[DEC - 1, 1], 100), Ok(1));
}

#[test]
fn consent_once_forced_stays_until_asked_to_leave() {
    let shaping = Shaping { top_n: 60, ..Shaping::default() };
    let mut validators = undecided(&[40, 35, 25]);
    assert_eq!(end_epoch(&mut validators, &shaping), Ok(vec![40, 35, 0]));
    validators[1] = Validator { tokens: 5, power: 5, ..validators[1] };
    assert_eq!(end_epoch(&mut validators, &shaping), Ok(vec![40, 5, 25]));
    let terms = OptOut { phase: Phase::Launched, min_power: Some(25) };
    assert_eq!(check_opt_out(5, terms), Ok(()));
    validators[1].consent = Consent::NotOptedIn;
    assert_eq!(end_epoch(&mut validators, &shaping), Ok(vec![40, 0, 25]));
}

#[test]
fn inactive_validators_are_neither_counted_nor_forced() {
    let mut validators = undecided(&[6, 4, 4, 3]);
    let shaping = Shaping { top_n: 100, max_active: 2, ..Shaping::default() };
    assert_eq!(end_epoch(&mut validators, &shaping), Ok(vec![6, 4, 0, 0]));
    assert_eq!(validators[2].consent, Consent::NotOptedIn);
}

/// Of the active 6 and 4 the 6 is 60 %, of all four together it is 35 %.
#[test]
fn the_least_power_is_that_of_the_active_set_even_where_inactive_validators_are_allowed() {
    let shaping = Shaping { top_n: 60, max_active: 2, inactive: Inactive::Allowed, ..Shaping::default() };
    assert_eq!(consumer_powers(&undecided(&[6, 4, 4, 3]), &shaping), Ok(vec![6, 0, 0, 0]));
    // Reaching the least power is enough to be let in, active or not.
    let all = Shaping { top_n: 100, ..shaping };
    assert_eq!(consumer_powers(&undecided(&[6, 4, 4, 3]), &all), Ok(vec![6, 4, 4, 0]));
}

#[test]
fn only_a_launched_chain_can_be_left_and_only_a_living_one_joined() {
    for phase in [Phase::Registered, Phase::Initialized, Phase::Stopped, Phase::Deleted] {
        let terms = OptOut { phase, min_power: None };
        assert_eq!(check_opt_out(1, terms), Err(IcsError::Phase { phase }));
    }
    assert_eq!(check_opt_out(u128::MAX, OptOut { phase: Phase::Launched, min_power: None }), Ok(()));
    for phase in [Phase::Registered, Phase::Initialized, Phase::Launched] {
        assert_eq!(check_opt_in(phase), Ok(()));
    }
    assert_eq!(check_opt_in(Phase::Stopped), Err(IcsError::Phase { phase: Phase::Stopped }));
}

#[test]
fn top_n_chains_belong_to_governance() {
    assert_eq!(check_owner(Owner::Governance, 67, Launch::Permissionless), Ok(()));
    assert_eq!(check_owner(Owner::Account, 0, Launch::Permissionless), Ok(()));
    let refused = Err(IcsError::NeedsGovernance { top_n: 67 });
    assert_eq!(check_owner(Owner::Account, 67, Launch::Permissionless), refused);
    assert!(check_owner(Owner::Account, 0, Launch::Governance).is_err());
}

/// interchain-security v3.3.0, x/ccv/consumer/keeper/soft_opt_out.go: the threshold must be exceeded.
#[test]
fn soft_opt_out_takes_more_than_the_threshold() {
    let five_percent = DEC / 20;
    assert_eq!(smallest_that_must_run(&[95, 5], five_percent), Ok(95));
    assert_eq!(smallest_that_must_run(&[94, 6], five_percent), Ok(6));
    assert_eq!(smallest_that_must_run(&[1, 2, 2, 95], five_percent), Ok(95));
    assert_eq!(smallest_that_must_run(&[1, 2, 3, 94], five_percent), Ok(3));
}

#[test]
fn those_as_large_as_the_smallest_that_must_run_must_run_too() {
    let powers = [2, 2, 2, 94];
    let smallest = smallest_that_must_run(&powers, DEC / 20).unwrap();
    assert_eq!(smallest, 2);
    assert_eq!(opted_out_power(&powers, smallest), 0);
    assert!(!may_soft_opt_out(2, smallest) && may_soft_opt_out(1, smallest));
}

#[test]
fn soft_opt_out_lies_between_off_and_a_fifth() {
    assert_eq!(smallest_that_must_run(&[1, 99], 0), Ok(0));
    assert!(!may_soft_opt_out(0, 0));
    assert_eq!(smallest_that_must_run(&[20, 80], DEC / 5), Ok(80));
    let threshold_dec = DEC / 5 + 1;
    assert_eq!(
        smallest_that_must_run(&[20, 80], threshold_dec),
        Err(IcsError::SoftOptOutThreshold { threshold_dec })
    );
    assert_eq!(smallest_that_must_run(&[], DEC / 20), Err(IcsError::NoPower));
}

/// With 10 % of the power away, 23.3 points more halt the consumer.
#[test]
fn the_softly_opted_out_bring_a_halt_closer() {
    let powers = [50, 50, 400, 500];
    let smallest = smallest_that_must_run(&powers, DEC / 10).unwrap();
    assert_eq!((smallest, opted_out_power(&powers, smallest)), (400, 100));
    assert_eq!(further_power_to_halt(&powers, 100), 234);
    assert_eq!(further_power_to_halt(&powers, 0), 334);
    assert_eq!(further_power_to_halt(&powers, 900), 0);
}

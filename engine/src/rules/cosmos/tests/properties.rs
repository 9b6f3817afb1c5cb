//! What holds for every input.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

fn any_fraction() -> impl Strategy<Value = Fraction18> {
    (0..=Dec18::ONE.raw()).prop_map(|raw| Fraction18::from_raw(raw).unwrap())
}

fn any_dec() -> impl Strategy<Value = Dec18> {
    prop_oneof![any::<u128>(), 0..1_000 * Dec18::ONE.raw()].prop_map(Dec18::from_raw)
}

fn any_entry() -> impl Strategy<Value = UnbondingEntry> {
    (any::<u128>(), any::<u128>(), -3..9_i64, 0..9_i64).prop_map(|(initial, balance, height, end)| {
        UnbondingEntry { balance: balance.min(initial) / 64, ..leaving(initial, height, end) }
    })
}

/// Validators of up to 10²⁰ base units with more or fewer shares than that.
fn any_validator() -> impl Strategy<Value = Validator> {
    let tokens = 0..100_000_000_000_000_000_000_u128;
    (tokens, any::<u128>()).prop_map(|(tokens, raw)| Validator {
        tokens,
        shares: Dec18::from_raw(raw),
        ..Validator::bonded(0).unwrap()
    })
}

fn any_redelegation() -> impl Strategy<Value = Redelegation> {
    (any::<u128>(), any::<u128>(), -3..9_i64, 0..3_usize).prop_map(|(initial_balance, raw, height, index)| {
        let shares_dst = Dec18::from_raw(raw);
        Redelegation { terms: terms(height, 5), initial_balance, shares_dst, delegation_index: index }
    })
}

prop_compose! {
    /// A validator with exits, two delegations with one destination, and sometimes a delegation too many.
    fn any_book()(
        validator in any_validator(),
        destination in any_validator(),
        unbonding in vec(any_entry(), 0..4),
        redelegations in vec(any_redelegation(), 0..4),
        withdrawn in vec(any_entry(), 0..3),
        parts in (1..4_u128, 1..4_u128),
    ) -> Book {
        let held = |part| Dec18::from_raw(destination.shares.raw() / 2 / part);
        let first = Delegation { destination_index: 0, shares: held(parts.0), unbonding: withdrawn };
        let second = Delegation { destination_index: 0, shares: held(parts.1), unbonding: Vec::new() };
        Book {
            validator: Some(validator),
            unbonding,
            redelegations,
            destinations: vec![destination],
            delegations: vec![first, second],
        }
    }
}

fn any_rule() -> impl Strategy<Value = RedelegationRule> {
    prop_oneof![Just(RedelegationRule::SharesOnly), Just(RedelegationRule::UnbondingFirst)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn slashing_never_creates_stake_and_burns_what_it_says(
        book in any_book(), fraction in any_fraction(), power in any::<u64>(),
        infraction_height in -5..13_i64, rule in any_rule(),
    ) {
        let offence = Offence { infraction_height, power, fraction, power_reduction: TOKEN };
        let done = slash(&book, &offence, &at(12, 3), rule).unwrap();
        prop_assert_eq!(book.stake() - done.after.stake(), done.burned());
        prop_assert!(done.validator_burned <= done.called_for);
        prop_assert!(done.after.validator.unwrap().shares == book.validator.unwrap().shares);
    }

    #[test]
    fn slashing_takes_any_numbers(
        tokens in any::<u128>(), fraction in any_fraction(), power in any::<u64>(),
        power_reduction in any::<u128>(), heights in any::<(i64, i64)>(), time_s in any::<i64>(),
    ) {
        let validator = Validator { tokens, ..Validator::bonded(1).unwrap() };
        let book = Book { validator: Some(validator), ..Book::default() };
        let offence = Offence { infraction_height: heights.0, power, fraction, power_reduction };
        if let Ok(done) = slash(&book, &offence, &at(heights.1, time_s), RedelegationRule::UnbondingFirst) {
            prop_assert!(done.burned() <= tokens);
        }
        let evidence = Evidence { height: heights.0, time_s, power };
        rule_on(&evidence, &at(heights.1, 0), Some(&SDK_DEFAULTS.evidence), Some(&validator));
    }

    #[test]
    fn a_bonded_slash_stays_within_the_stake_and_grows_with_it(
        a in any::<u128>(), b in any::<u128>(), fraction in any_fraction(), reduction in 0..10_000_000_u128,
    ) {
        let (less, more) = (a.min(b), a.max(b));
        prop_assert!(slash_bonded(more, fraction, reduction) <= more);
        prop_assert!(slash_bonded(less, fraction, reduction) <= slash_bonded(more, fraction, reduction));
    }

    #[test]
    fn a_bonded_slash_is_the_slash_of_a_validator_nobody_left(
        tokens in 0..100_000_000_000_000_u128, fraction in any_fraction(),
    ) {
        let validator = Some(Validator::bonded(tokens).unwrap());
        let book = Book { validator, ..Book::default() };
        let power = u64::try_from(voting_power(tokens, TOKEN)).unwrap();
        let offence = Offence { infraction_height: 0, power, fraction, power_reduction: TOKEN };
        let done = slash(&book, &offence, &at(9, 9), RedelegationRule::UnbondingFirst).unwrap();
        prop_assert_eq!(done.burned(), slash_bonded(tokens, fraction, TOKEN));
    }

    #[test]
    fn a_tombstone_bounds_the_loss_to_one_slash(tokens in 1..1_000_000_u128, heights in vec(1..100_i64, 1..6)) {
        let mut book = book(tokens);
        let mut burned = 0;
        for height in heights {
            let power = u64::try_from(tokens).unwrap();
            let evidence = Evidence { height, time_s: 0, power };
            let (_, done) = punish_double_sign(&book, &evidence, &at(100, 0), &COSMOS_HUB).unwrap();
            burned += done.burned();
            book = done.after;
        }
        prop_assert_eq!(burned, slash_bonded(tokens * TOKEN, COSMOS_HUB.double_sign_fraction, TOKEN));
    }

    #[test]
    fn coming_and_going_never_pays(
        tokens in 1..1_000_000_000_u128, worth in 1..1_000_000_000_u128, amount in 1..1_000_000_000_u128,
    ) {
        let mut validator = Validator { tokens: worth, ..Validator::bonded(tokens).unwrap() };
        let issued = validator.delegate(amount).unwrap();
        let whole = validator.tokens;
        let back = validator.undelegate(issued).unwrap();
        prop_assert!(back <= amount, "{back} for {amount}");
        prop_assert_eq!(whole - back, validator.tokens);
    }

    #[test]
    fn decimals_never_panic(a in any_dec(), b in any_dec(), n in any::<u128>(), m in any::<u128>()) {
        let _ = (a.times(b), a.scaled(n, m), Dec18::from_integer(n));
        if let (Ok(near), Ok(floor)) = (a.over(b), a.over_truncated(b)) {
            prop_assert!(near.raw() - floor.raw() <= 1);
        }
        prop_assert_eq!(a.to_string().parse(), Ok(a));
    }

    #[test]
    fn inflation_stays_within_its_bounds(
        inflation in any_fraction(), bonded in any_fraction(), goal in any_fraction(),
        rate_change in any_fraction(), blocks_per_year in any::<u64>(),
    ) {
        let rule =
            InflationRule { goal_bonded: goal, rate_change, blocks_per_year, ..SDK_DEFAULTS.inflation };
        for next in [rule.next_block(inflation, bonded), rule.next_year(inflation, bonded)].into_iter().flatten() {
            prop_assert!(rule.least <= next && next <= rule.greatest);
        }
    }

    #[test]
    fn liveness_counts_the_misses_of_the_last_window(
        start in -50..50_i64, window in 1..20_u64, missed in vec(any::<bool>(), 1..80),
    ) {
        let rule = DowntimeRule { window, min_signed: Fraction18::ZERO };
        let mut record = LivenessWindow::starting_at(start);
        for (block, miss) in missed.iter().enumerate() {
            let vote = if *miss { Vote::Missed } else { Vote::Signed };
            let seen = record.record(start + i64::try_from(block).unwrap(), vote, &rule);
            let from = (block + 1).saturating_sub(usize::try_from(window).unwrap());
            let expected = missed[from..=block].iter().filter(|m| **m).count() as u64;
            prop_assert_eq!(seen, expected);
        }
    }

    #[test]
    fn liveness_takes_any_numbers(heights in any::<(i64, i64)>(), window in any::<u64>(), missed in any::<u64>()) {
        let rule = DowntimeRule { window, min_signed: Fraction18::ONE };
        let n = LivenessWindow::starting_at(heights.0).record(heights.1, Vote::Missed, &rule);
        prop_assert_eq!(n, 1);
        prop_assert!(!rule.is_fault(heights.0, heights.1, 0) && rule.max_missed() == 0);
        let fault = rule.is_fault(heights.0, heights.1, missed);
        prop_assert!(!fault || heights.1 > heights.0);
    }

    #[test]
    fn whoever_can_halt_leaves_no_quorum(total in any::<u128>(), silent in any::<u128>()) {
        let silent = silent.min(total);
        prop_assert_eq!(commits(total - silent, total), silent < halting_power(total));
        prop_assert!(commits(quorum(total), total.max(1)));
    }

    #[test]
    fn the_halting_set_reaches_a_third_and_no_smaller_one_does(powers in vec(any::<u64>(), 1..9)) {
        let mut powers: Vec<u128> = powers.into_iter().map(u128::from).collect();
        let n = smallest_halting_set(&powers);
        powers.sort_unstable_by(|a, b| b.cmp(a));
        let needed = halting_power(powers.iter().sum());
        prop_assert!(powers[..n].iter().sum::<u128>() >= needed);
        prop_assert!(n == 0 || powers[..n - 1].iter().sum::<u128>() < needed);
    }
}

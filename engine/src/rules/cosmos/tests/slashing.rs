//! Slashing of a validator and its unbonding entries.

use super::*;

/// The entry of the SDK's test, 10 tokens that left at height 0 and mature at second 5, slashed by one half.
fn slash_an_entry_of_ten(infraction_height: i64, now_s: i64) -> Slashed {
    let mut book = book(10);
    book.unbonding = vec![leaving(10 * TOKEN, 0, 5)];
    slash(&book, &half_of_ten(infraction_height), &at(12, now_s), RedelegationRule::SharesOnly).unwrap()
}

/// cosmos-sdk, tests/integration/staking/keeper/slash_test.go (`TestSlashUnbondingDelegation`).
#[test]
fn cos_01_what_left_before_the_infraction_is_spared() {
    let done = slash_an_entry_of_ten(1, 0);
    assert_eq!((done.unbonding_burned, done.after.unbonding[0].balance), (0, 10 * TOKEN));
    assert_eq!(done.validator_burned, 5 * TOKEN);
}

/// cosmos-sdk, slash_test.go (`TestSlashUnbondingDelegation`): maturity begins with the completion time itself.
#[test]
fn cos_02_what_is_mature_is_spared() {
    for (now_s, burned) in [(10, 0), (5, 0), (4, 5 * TOKEN)] {
        assert_eq!(slash_an_entry_of_ten(0, now_s).unbonding_burned, burned, "second {now_s}");
    }
}

/// cosmos-sdk, slash_test.go (`TestSlashUnbondingDelegation`).
#[test]
fn cos_03_an_immature_entry_loses_half() {
    let done = slash_an_entry_of_ten(0, 0);
    let entry = done.after.unbonding[0];
    assert_eq!((done.unbonding_burned, done.validator_burned), (5 * TOKEN, 0));
    assert_eq!((entry.initial_balance, entry.balance), (10 * TOKEN, 5 * TOKEN));
}

/// cosmos-sdk, slash_test.go (`TestSlashAtNegativeHeight`, `TestSlashValidatorAtCurrentHeight`).
#[test]
fn cos_05_current_and_negative_height_burn_five_of_ten() {
    for infraction_height in [12, 0, -2, i64::MIN] {
        let offence = half_of_ten(infraction_height);
        let done = slash(&book(10), &offence, &at(12, 0), RedelegationRule::UnbondingFirst).unwrap();
        assert_eq!((done.validator_burned, done.burned()), (5 * TOKEN, 5 * TOKEN));
        assert_eq!(voting_power(tokens_after(&done), TOKEN), 5, "height {infraction_height}");
    }
}

/// cosmos-sdk, slash_test.go (`TestSlashWithUnbondingDelegation`), the four slashes of that test one after the
/// other: the entry is used up by the second, and its two tokens are deducted from the third and fourth all the
/// same.
#[test]
fn cos_06_unbonding_pays_before_the_validator() {
    let mut book = book(10);
    book.unbonding = vec![leaving(4 * TOKEN, 11, 1_000)];
    let expected = [(2, 3, 7), (0, 3, 4), (0, 3, 1), (0, 1, 0)];
    for (round, (balance, burned, power)) in expected.into_iter().enumerate() {
        let done = slash(&book, &half_of_ten(10), &at(12, 0), RedelegationRule::SharesOnly).unwrap();
        assert_eq!(done.after.unbonding[0].balance, balance * TOKEN, "round {round}");
        assert_eq!(done.validator_burned, burned * TOKEN, "round {round}");
        assert_eq!(tokens_after(&done), power * TOKEN, "round {round}");
        book = done.after;
    }
}

/// cosmos-sdk, slash_test.go: a slash of a validator that does not exist burns nothing; neither does one of an
/// unbonded.
#[test]
fn cos_10_nobody_to_slash_burns_nothing() {
    let rule = RedelegationRule::UnbondingFirst;
    let mut unknown = Book { unbonding: vec![leaving(10, 0, 5)], ..Book::default() };
    let done = slash(&unknown, &half_of_ten(0), &at(12, 0), rule).unwrap();
    assert_eq!((done.burned(), done.called_for, &done.after), (0, 0, &unknown));
    let unbonded = Validator { status: Status::Unbonded, ..Validator::bonded(10 * TOKEN).unwrap() };
    unknown.validator = Some(unbonded);
    let done = slash(&unknown, &half_of_ten(0), &at(12, 0), rule).unwrap();
    assert_eq!((done.burned(), &done.after), (0, &unknown));
}

/// Three validators of 1,000 tokens, one double-signs: 5 % of a third, once.
#[test]
fn cos_12_one_third_loses_fifty_and_then_nothing() {
    let evidence = Evidence { height: 100, time_s: 600, power: 1_000 };
    let (ruling, done) = punish_double_sign(&book(1_000), &evidence, &at(101, 606), &COSMOS_HUB).unwrap();
    assert_eq!((ruling, done.burned()), (Ruling::Guilty, 50 * TOKEN));
    for height in [100, 99, 101] {
        let again = Evidence { height, ..evidence };
        let (ruling, second) = punish_double_sign(&done.after, &again, &at(102, 612), &COSMOS_HUB).unwrap();
        assert_eq!((ruling, second.burned(), &second.after), (Ruling::AlreadyTombstoned, 0, &done.after));
    }
    assert_eq!(slash_bonded(1_000 * TOKEN, COSMOS_HUB.double_sign_fraction, TOKEN), 50 * TOKEN);
}

/// The rule for exits: created at the infraction height itself counts, one block earlier does not; at the
/// current height nothing is walked.
#[test]
fn an_exit_at_the_infraction_height_is_liable() {
    let mut book = book(10);
    book.unbonding = vec![leaving(2 * TOKEN, 10, 99), leaving(2 * TOKEN, 9, 99)];
    let slashed =
        |height| slash(&book, &half_of_ten(height), &at(12, 0), RedelegationRule::SharesOnly).unwrap();
    assert_eq!(slashed(10).after.unbonding[0].balance, TOKEN);
    assert_eq!(slashed(10).after.unbonding[1].balance, 2 * TOKEN);
    assert_eq!((slashed(10).validator_burned, slashed(9).validator_burned), (4 * TOKEN, 3 * TOKEN));
    assert_eq!((slashed(12).unbonding_burned, slashed(12).validator_burned), (0, 5 * TOKEN));
    assert_eq!(slashed(0).unbonding_burned, 2 * TOKEN);
}

/// An exit that another module holds up never matures.
#[test]
fn a_held_exit_stays_liable() {
    let mut book = book(10);
    book.unbonding = vec![leaving(10 * TOKEN, 0, 5)];
    book.unbonding[0].terms.hold = Hold::Held;
    let done = slash(&book, &half_of_ten(0), &at(12, 1_000), RedelegationRule::SharesOnly).unwrap();
    assert_eq!(done.unbonding_burned, 5 * TOKEN);
}

/// The whole of what an entry owes is deducted, though its balance covers less; more than all is no credit.
#[test]
fn an_empty_entry_still_relieves_the_validator() {
    let mut book = book(10);
    book.unbonding = vec![UnbondingEntry { balance: 1, ..leaving(6 * TOKEN, 11, 99) }];
    let done = slash(&book, &half_of_ten(1), &at(12, 0), RedelegationRule::SharesOnly).unwrap();
    assert_eq!((done.unbonding_burned, done.validator_burned), (1, 2 * TOKEN));
    book.unbonding = vec![leaving(30 * TOKEN, 11, 99)];
    let done = slash(&book, &half_of_ten(1), &at(12, 0), RedelegationRule::SharesOnly).unwrap();
    assert_eq!((done.unbonding_burned, done.validator_burned), (15 * TOKEN, 0));
}

/// Each amount is cut to whole units on its own.
#[test]
fn amounts_are_cut_to_whole_units() {
    let fraction = fraction("0.3");
    let offence = Offence { infraction_height: 1, power: 11, fraction, power_reduction: 1 };
    let mut book = Book { validator: Some(Validator::bonded(11).unwrap()), ..Book::default() };
    book.unbonding = vec![leaving(3, 1, 9), leaving(9, 1, 9)];
    let done = slash(&book, &offence, &at(2, 0), RedelegationRule::SharesOnly).unwrap();
    assert_eq!((done.called_for, done.unbonding_burned, done.validator_burned), (3, 2, 1));
}

/// The pot limits what is burned, whatever the power was at the infraction.
#[test]
fn a_pot_is_burned_to_the_bottom_and_no_further() {
    let offence = Offence { power: 100, ..half_of_ten(12) };
    let done = slash(&book(10), &offence, &at(12, 0), RedelegationRule::SharesOnly).unwrap();
    assert_eq!((done.called_for, done.validator_burned, tokens_after(&done)), (50 * TOKEN, 10 * TOKEN, 0));
    assert_eq!(done.effective_fraction, Fraction18::ONE);
}

/// The fraction told to reward accounting is rounded up.
#[test]
fn the_effective_fraction_is_rounded_up() {
    let offence = Offence { infraction_height: 1, power: 1, fraction: Fraction18::ONE, power_reduction: 1 };
    let book = Book { validator: Some(Validator::bonded(3).unwrap()), ..Book::default() };
    let done = slash(&book, &offence, &at(1, 0), RedelegationRule::SharesOnly).unwrap();
    assert_eq!(done.effective_fraction.raw(), 333_333_333_333_333_334);
}

/// cosmos-sdk, x/staking/keeper/slash.go: an infraction in the future is an error, except for one who cannot be
/// slashed.
#[test]
fn a_future_infraction_is_refused() {
    let rule = RedelegationRule::SharesOnly;
    let refusal = slash(&book(10), &half_of_ten(13), &at(12, 0), rule).unwrap_err();
    assert_eq!(refusal, Refusal::FutureInfraction { infraction_height: 13, height: 12 });
    assert_eq!(refusal.to_string(), "infraction height must not exceed the current height 12, got 13");
    assert_eq!(slash(&Book::default(), &half_of_ten(13), &at(12, 0), rule).unwrap().burned(), 0);
}

/// Tokens below one unit of power are not counted.
#[test]
fn crumbs_below_one_unit_of_power_are_not_slashed() {
    let five_percent = fraction("0.05");
    let cases = [(0, 0), (TOKEN - 1, 0), (TOKEN, 50_000), (2 * TOKEN - 1, 50_000), (10 * TOKEN, 500_000)];
    for (tokens, lost) in cases {
        assert_eq!(slash_bonded(tokens, five_percent, TOKEN), lost, "{tokens}");
    }
    assert_eq!(slash_bonded(19, five_percent, 1), 0);
    assert_eq!(slash_bonded(u128::MAX, Fraction18::ONE, 1), u128::MAX);
    assert_eq!((slash_bonded(7, Fraction18::ONE, 0), voting_power(7, 0)), (0, 0));
}

/// `power · power reduction` beyond 128 bits has no amount.
#[test]
fn power_beyond_128_bits_is_refused() {
    let offence = Offence { power: u64::MAX, power_reduction: u128::MAX, ..half_of_ten(0) };
    let refusal = offence.amount().unwrap_err();
    let text = format!("power times power reduction must fit 128 bits, got {} times {}", u64::MAX, u128::MAX);
    assert_eq!(refusal.to_string(), text);
}

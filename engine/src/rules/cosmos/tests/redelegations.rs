//! Slashing of stake that was moved to another validator.

use super::*;

/// A validator of 10 tokens from which 10 more were moved, at `creation_height`, to one of 20 where the mover
/// holds half.
fn moved_ten(creation_height: i64, completion_s: i64) -> Book {
    let mut book = book(10);
    book.destinations = vec![Validator::bonded(20 * TOKEN).unwrap()];
    book.delegations =
        vec![Delegation { destination_index: 0, shares: shares(10 * TOKEN), unbonding: Vec::new() }];
    book.redelegations = vec![Redelegation {
        terms: terms(creation_height, completion_s),
        initial_balance: 10 * TOKEN,
        shares_dst: shares(10 * TOKEN),
        delegation_index: 0,
    }];
    book
}

/// cosmos-sdk, tests/integration/staking/keeper/slash_test.go (`TestSlashRedelegation`).
#[test]
fn cos_04_a_redelegation_is_slashed_at_its_destination() {
    for rule in [RedelegationRule::SharesOnly, RedelegationRule::UnbondingFirst] {
        for (infraction_height, now_s, burned) in [(1, 0, 0), (0, 10, 0), (0, 5, 0), (0, 0, 5)] {
            let offence = half_of_ten(infraction_height);
            let done = slash(&moved_ten(0, 5), &offence, &at(12, now_s), rule).unwrap();
            assert_eq!(done.redelegations_burned, burned * TOKEN);
            assert_eq!(done.after.delegations[0].shares, shares((10 - burned) * TOKEN));
            assert_eq!(done.after.destinations[0].tokens, (20 - burned) * TOKEN);
            assert_eq!(done.validator_burned, (5 - burned) * TOKEN);
        }
    }
}

/// Shares are capped at what the delegator still holds; the debt is deducted in full.
#[test]
fn shares_gone_since_are_not_burned_but_deducted() {
    let mut book = moved_ten(1, 9);
    book.delegations[0].shares = shares(2 * TOKEN);
    let done = slash(&book, &half_of_ten(1), &at(2, 0), RedelegationRule::SharesOnly).unwrap();
    assert_eq!((done.redelegations_burned, done.validator_burned), (2 * TOKEN, 0));
    assert_eq!(done.after.delegations[0].shares, Dec18::ZERO);
    book.delegations.clear();
    let done = slash(&book, &half_of_ten(1), &at(2, 0), RedelegationRule::SharesOnly).unwrap();
    assert_eq!((done.burned(), done.after), (0, book));
}

/// Two entries of one delegator draw on the same shares, one after the other.
#[test]
fn entries_share_what_the_delegator_holds() {
    let mut book = moved_ten(1, 9);
    book.redelegations.push(book.redelegations[0]);
    book.delegations[0].shares = shares(7 * TOKEN);
    let offence = Offence { power: 30, ..half_of_ten(1) };
    let done = slash(&book, &offence, &at(2, 0), RedelegationRule::SharesOnly).unwrap();
    assert_eq!((done.redelegations_burned, done.validator_burned), (7 * TOKEN, 5 * TOKEN));
}

/// The destination's own rate decides what the shares are worth.
#[test]
fn shares_of_a_slashed_destination_burn_less() {
    let mut book = moved_ten(1, 9);
    book.destinations[0].tokens = 19 * TOKEN;
    let done = slash(&book, &half_of_ten(1), &at(2, 0), RedelegationRule::SharesOnly).unwrap();
    assert_eq!((done.redelegations_burned, done.validator_burned), (4_750_000, 0));
}

/// Stake withdrawn after the move: spared by the older rule, burned first by the newer one, and a part burned
/// twice.
#[test]
fn a_withdrawal_after_the_move_is_burned_by_the_newer_rule_only() {
    let mut book = moved_ten(1, 9);
    book.delegations[0].shares = shares(6 * TOKEN);
    book.delegations[0].unbonding = vec![leaving(4 * TOKEN, 1, 9)];
    let done = |rule| slash(&book, &half_of_ten(1), &at(2, 0), rule).unwrap();
    let older = done(RedelegationRule::SharesOnly);
    assert_eq!(
        (older.redelegations_burned, older.after.delegations[0].unbonding[0].balance),
        (5 * TOKEN, 4 * TOKEN)
    );
    let newer = done(RedelegationRule::UnbondingFirst);
    assert_eq!((newer.redelegations_burned, newer.after.delegations[0].unbonding[0].balance), (9 * TOKEN, 0));
    assert_eq!(newer.after.delegations[0].shares, shares(TOKEN));
}

/// If what is being withdrawn covers the slash, shares are left alone; entries too old or mature are passed over.
#[test]
fn a_withdrawal_that_covers_the_slash_spares_the_shares() {
    let mut book = moved_ten(1, 9);
    book.delegations[0].unbonding =
        vec![leaving(TOKEN, 0, 9), leaving(TOKEN, 1, 2), leaving(8 * TOKEN, 1, 9)];
    let done = slash(&book, &half_of_ten(1), &at(2, 2), RedelegationRule::UnbondingFirst).unwrap();
    let balances: Vec<u128> = done.after.delegations[0].unbonding.iter().map(|e| e.balance / TOKEN).collect();
    assert_eq!((done.redelegations_burned, balances), (5 * TOKEN, vec![1, 1, 3]));
    assert_eq!(done.after.delegations[0].shares, shares(10 * TOKEN));
}

/// Order: unbonding, redelegation, then the validator's own pot.
#[test]
fn unbonding_and_redelegation_both_relieve_the_validator() {
    let mut book = moved_ten(1, 9);
    book.unbonding = vec![leaving(4 * TOKEN, 1, 9)];
    let offence = Offence { power: 24, ..half_of_ten(1) };
    let done = slash(&book, &offence, &at(2, 0), RedelegationRule::UnbondingFirst).unwrap();
    let parts = (done.unbonding_burned, done.redelegations_burned, done.validator_burned);
    assert_eq!(parts, (2 * TOKEN, 5 * TOKEN, 5 * TOKEN));
}

/// A book in which a delegator holds more than the whole validator contradicts itself.
#[test]
fn more_shares_than_the_destination_has_are_refused() {
    let mut book = moved_ten(1, 9);
    book.destinations[0].shares = shares(TOKEN);
    let refusal = slash(&book, &half_of_ten(1), &at(2, 0), RedelegationRule::SharesOnly).unwrap_err();
    assert_eq!(refusal, Refusal::SharesBeyondValidator { shares: shares(5 * TOKEN), total: shares(TOKEN) });
}

//! Evidence, culprits and what burns.

use super::super::*;

const DAY_S: u64 = 86_400;

fn exit(initial_tokens: u128, completes_s: u64) -> Exit {
    Exit { initial_tokens, balance_tokens: initial_tokens, completes_s }
}

/// interchain-security, x/ccv/provider/keeper/consumer_equivocation_test.go:478-600.
#[test]
fn ics_26_power_to_slash() {
    for (unbonding, redelegating, last_power, reduction, power) in [
        (1000, 1000, 1000, 1, 3000),
        (2000, 3500, 8391, 2, 11_141),
        (0, 0, 3000, 5, 3000),
        (0, 2000, 17, 3, 683),
        (2000, 0, 1, 3, 667),
    ] {
        let exits = [exit(unbonding, 10), exit(redelegating, 10)];
        assert_eq!(slash_power(last_power, &exits, reduction, 0), power);
    }
}

#[test]
fn exits_are_summed_before_they_become_power() {
    assert_eq!(slash_power(0, &[exit(2, 10), exit(2, 10), exit(2, 10)], 3, 0), 2);
}

#[test]
fn mature_exits_are_out_of_reach_from_their_very_second() {
    let exits = [exit(1000, 100)];
    assert_eq!(slash_power(0, &exits, 1, 99), 1000);
    assert_eq!(slash_power(0, &exits, 1, 100), 0);
    let terms = SlashTerms { fraction_dec: DEC / 2, power_reduction: 1, now_s: 100 };
    assert_eq!(slash_equivocation(0, 50, &exits, terms).total_tokens(), 0);
}

/// An exit slashed before still counts with what it began with.
#[test]
fn power_counts_initial_tokens_and_burning_stops_at_the_balance() {
    let exits = [Exit { initial_tokens: 1000, balance_tokens: 30, completes_s: 10 }];
    let power = slash_power(1000, &exits, 1, 0);
    assert_eq!(power, 2000);
    let terms = SlashTerms { fraction_dec: DEC / 20, power_reduction: 1, now_s: 0 };
    let slash = slash_equivocation(power, 1000, &exits, terms);
    assert_eq!((slash.bonded_tokens, slash.exit_tokens), (50, vec![30]));
}

/// interchain-security, tests/integration/double_vote.go:283-429.
#[test]
fn ics_29_exits_lose_the_fraction_like_everyone() {
    let half = 5_000_000;
    let exits = [exit(half, 21 * DAY_S), exit(half, 21 * DAY_S)];
    let power = slash_power(1, &exits, 1_000_000, 0);
    assert_eq!(power, 11);
    let terms = SlashTerms { fraction_dec: DEC / 20, power_reduction: 1_000_000, now_s: 0 };
    let slash = slash_equivocation(power, 1_000_000, &exits, terms);
    assert_eq!(slash.exit_tokens, [250_000, 250_000]);
    assert_eq!(half - slash.exit_tokens[0], 4_750_000);
    assert_eq!(slash.bonded_tokens, 50_000);
}

#[test]
fn rounding_falls_on_the_bonded_part() {
    // 3 · ⌊0.05 · 19⌋ = 0 from the exits, ⌊0.05 · (100 + 57)⌋ = 7 in all.
    let exits = [exit(19, 10), exit(19, 10), exit(19, 10)];
    let terms = SlashTerms { fraction_dec: DEC / 20, power_reduction: 1, now_s: 0 };
    let slash = slash_equivocation(slash_power(100, &exits, 1, 0), 100, &exits, terms);
    assert_eq!((slash.bonded_tokens, slash.exit_tokens), (7, vec![0, 0, 0]));
}

#[test]
fn downtime_burns_by_the_power_that_the_consumer_knew() {
    let terms = SlashTerms { fraction_dec: DEC / 10_000, power_reduction: 1_000_000, now_s: 0 };
    assert_eq!(downtime_slash_tokens(100, 10_000_000, terms), 10_000);
    assert_eq!(downtime_slash_tokens(100, 9999, terms), 9999);
    assert_eq!(downtime_slash_tokens(100, 9999, SlashTerms { fraction_dec: 0, ..terms }), 0);
}

#[test]
fn headers_tell_the_attacks_apart() {
    use LightClientAttack::{Amnesia, Equivocation, Lunatic};
    assert_eq!(classify(StateTransitions::Conflicting, (1, 1)), Lunatic);
    assert_eq!(classify(StateTransitions::Conflicting, (1, 2)), Lunatic);
    assert_eq!(classify(StateTransitions::Same, (1, 1)), Equivocation);
    assert_eq!(classify(StateTransitions::Same, (1, 2)), Amnesia);
}

#[test]
fn culprits_signed_both_headers_and_amnesia_has_none() {
    let (first, second) = ([0, 1, 2], [3, 2, 1]);
    assert_eq!(culprits(LightClientAttack::Lunatic, &first, &second), [2, 1]);
    assert_eq!(culprits(LightClientAttack::Equivocation, &first, &second), [2, 1]);
    assert_eq!(culprits(LightClientAttack::Amnesia, &first, &second), [0usize; 0]);
    assert_eq!(culprits(LightClientAttack::Lunatic, &first, &[3]), [0usize; 0]);
}

#[test]
fn evidence_counts_from_the_least_height_on() {
    assert_eq!(check_evidence_height(100, 100), Ok(()));
    assert_eq!(check_evidence_height(0, 0), Ok(()));
    let refused = Err(IcsError::EvidenceTooOld { height: 99, min_height: 100 });
    assert_eq!(check_evidence_height(99, 100), refused);
}

#[test]
fn a_double_vote_differs_in_the_block_alone() {
    let vote = Vote { validator: 1, height: 5, round: 0, kind: VoteKind::Precommit, block: 7 };
    let other = Vote { block: 8, ..vote };
    assert_eq!(check_double_vote(&vote, &other), Ok(()));
    for (what, wrong) in [
        ("height", Vote { height: 6, ..other }),
        ("round", Vote { round: 1, ..other }),
        ("kind", Vote { kind: VoteKind::Prevote, ..other }),
        ("validator", Vote { validator: 2, ..other }),
        ("block", vote),
    ] {
        let refused = check_double_vote(&vote, &wrong);
        assert!(matches!(refused, Err(IcsError::NotADoubleVote { what: w, .. }) if w == what), "{what}");
    }
}

//! Evidence of double signs: age, tombstone, jail.

use super::*;

const EVIDENCE: Evidence = Evidence { height: 1_000, time_s: 5_000, power: 10 };

/// cosmos-sdk, x/evidence/keeper/infraction.go: both ages must exceed their limits, strictly.
#[test]
fn evidence_dies_only_when_both_ages_pass_their_limits() {
    let limits = COSMOS_HUB.evidence;
    let (blocks, seconds) = (1_000_000, 172_800);
    for (age_blocks, age_s, too_old) in [
        (blocks, seconds, false),
        (blocks + 1, seconds, false),
        (blocks, seconds + 1, false),
        (blocks + 1, seconds + 1, true),
        (i64::MAX, 0, false),
        (0, i64::MAX, false),
        (-1, -1, false),
    ] {
        assert_eq!(limits.is_too_old(age_blocks, age_s), too_old, "{age_blocks} blocks, {age_s} s");
        let now = at(EVIDENCE.height.saturating_add(age_blocks), EVIDENCE.time_s.saturating_add(age_s));
        let ruling = rule_on(&EVIDENCE, &now, Some(&limits), book(10).validator.as_ref());
        assert_eq!(ruling == Ruling::TooOld, too_old, "{age_blocks} blocks, {age_s} s");
    }
}

/// interchain-security, adr-003 (12,000 blocks a day: ~83 days) and adr-013 (blocks of 6 s: ~70 days).
#[test]
fn the_hub_keeps_evidence_for_months() {
    let limits = COSMOS_HUB.evidence;
    assert_eq!(limits.max_age_blocks / 12_000, 83);
    assert_eq!(limits.reach_s(6) / 86_400, 69);
    assert_eq!(limits.reach_s(7), 7_000_000);
    assert_eq!(SDK_DEFAULTS.evidence.reach_s(1), 172_800);
    assert_eq!(limits.reach_s(i64::MAX), i64::MAX);
}

/// cometbft, advisory ASA-2024-004: with the defaults stake can leave after its offence can no longer be proved.
#[test]
fn default_evidence_dies_before_unbonding_ends() {
    assert!(SDK_DEFAULTS.evidence.reach_s(6) < SDK_DEFAULTS.unbonding_s);
    assert!(COSMOS_HUB.evidence.reach_s(6) > COSMOS_HUB.unbonding_s);
}

/// The tests come in the protocol's order: age, standing, tombstone.
#[test]
fn rulings_are_tested_in_order() {
    let now = at(1_001, 5_006);
    let late = at(2_000_000, 900_000);
    let limits = Some(&COSMOS_HUB.evidence);
    let free = book(10).validator.unwrap();
    let jailed = Validator { custody: Custody::Jailed { until_s: 9_000 }, status: Status::Unbonding, ..free };
    let dead = Validator { custody: Custody::Tombstoned, ..free };
    let out = Validator { status: Status::Unbonded, ..dead };
    assert_eq!(rule_on(&EVIDENCE, &late, limits, None), Ruling::TooOld);
    assert_eq!(rule_on(&EVIDENCE, &late, None, Some(&free)), Ruling::Guilty);
    assert_eq!(rule_on(&EVIDENCE, &now, limits, None), Ruling::NobodyToSlash);
    assert_eq!(rule_on(&EVIDENCE, &now, limits, Some(&out)), Ruling::NobodyToSlash);
    assert_eq!(rule_on(&EVIDENCE, &now, limits, Some(&dead)), Ruling::AlreadyTombstoned);
    assert_eq!(rule_on(&EVIDENCE, &now, limits, Some(&jailed)), Ruling::Guilty);
}

/// cosmos-sdk, x/evidence/keeper/infraction.go: stake is looked up one block before the infraction.
#[test]
fn exits_one_block_before_the_double_sign_are_liable() {
    assert_eq!((distribution_height(1_000), distribution_height(0)), (999, -1));
    assert_eq!(distribution_height(i64::MIN), i64::MIN);
    let mut book = book(10);
    book.unbonding = vec![leaving(TOKEN, 998, 9_999), leaving(TOKEN, 999, 9_999)];
    let (_, done) = punish_double_sign(&book, &EVIDENCE, &at(1_000, 5_000), &SDK_DEFAULTS).unwrap();
    let balances = [done.after.unbonding[0].balance, done.after.unbonding[1].balance];
    assert_eq!(balances, [TOKEN, 950_000]);
    assert_eq!(done.validator_burned, 450_000);
}

/// Slashed, jailed to the end of time, tombstoned; evidence too old changes nothing.
#[test]
fn the_guilty_are_tombstoned() {
    let (ruling, done) = punish_double_sign(&book(10), &EVIDENCE, &at(1_001, 5_006), &COSMOS_HUB).unwrap();
    assert_eq!((ruling, done.validator_burned), (Ruling::Guilty, 500_000));
    let custody = done.after.validator.unwrap().custody;
    assert_eq!((custody, custody.until_s()), (Custody::Tombstoned, Some(DOUBLE_SIGN_JAIL_END_S)));
    assert_eq!(custody.release(i64::MAX), Err(Refusal::Tombstoned));
    let late = at(2_000_000, 900_000);
    let (ruling, spared) = punish_double_sign(&book(10), &EVIDENCE, &late, &COSMOS_HUB).unwrap();
    assert_eq!((ruling, spared.after, spared.called_for), (Ruling::TooOld, book(10), 0));
}

/// cosmos-sdk, x/slashing/keeper/unjail.go: release from the end of the sentence on.
#[test]
fn jail_opens_at_the_second_it_ends() {
    let jailed = Custody::Jailed { until_s: 600 };
    assert_eq!(jailed.release(599), Err(Refusal::StillJailed { until_s: 600, now_s: 599 }));
    assert_eq!(jailed.release(600), Ok(Custody::Free));
    assert_eq!(Custody::Free.release(0), Err(Refusal::NotJailed));
    assert_eq!((Custody::Free.until_s(), jailed.until_s()), (None, Some(600)));
    assert_eq!(jailed.release(599).unwrap_err().to_string(), "jail ends at second 600, got second 599");
}

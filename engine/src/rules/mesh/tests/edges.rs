//! Where the published algorithm breaks its own promise, or will not run.

use super::super::*;
use super::{FIRST, SECOND, TEN, lien, user};

/// Collateral 100 under liens of 100 and 100 at 5 % and 90 at 100 %: T and M are both 100.
fn brittle() -> [(u128, Decimal); 3] {
    [(100, Decimal::percent(5)), (100, Decimal::percent(5)), (90, Decimal::ONE)]
}

fn brittle_user() -> Account {
    let mut account = Account::new(100);
    for (consumer, (amount, ratio)) in (0..).zip(brittle()) {
        account.stake_external(consumer, amount, ratio).unwrap();
    }
    account
}

/// Slashing 10 of the first leaves T at 100 (⌊0.5⌋ off), so M = T and liens are cut: the second to 90, again ⌊0.5⌋ off.
/// The lien that makes up T is not above the new collateral and stays.
#[test]
fn cutting_liens_can_leave_total_slashable_above_the_collateral() {
    let mut account = brittle_user();
    assert_eq!((account.total_slashable(), account.max_lien()), (Range::exact(100), Range::exact(100)));
    let outcome = account.slash(FIRST, 10).unwrap();
    assert_eq!(outcome.propagation, Propagation::LiensCut);
    assert_eq!(outcome.burns, [LienBurn { holder: SECOND, amount: 10 }]);
    assert_eq!(outcome.warnings, [Warning::SlashableAboveCollateral { excess: 10 }]);
    assert_eq!((account.collateral(), account.total_slashable()), (90, Range::exact(100)));
}

/// Liens 284, 28, 28, 28 at 75 % and 100 at 20 %: after 256 off the first, T 104 is above M 100, free 192, claimed 64,
/// Σ ratio 3.2, so all lose 20. T falls to the new collateral of 40, but the largest lien is still 80.
#[test]
fn shrinking_liens_can_leave_the_largest_above_the_collateral() {
    let mut account = Account::new(296);
    account.stake_external(0, 284, Decimal::percent(75)).unwrap();
    account.stake_external(1, 100, Decimal::percent(20)).unwrap();
    for consumer in 2..5 {
        account.stake_external(consumer, 28, Decimal::percent(75)).unwrap();
    }
    assert_eq!((account.total_slashable(), account.max_lien()), (Range::exact(296), Range::exact(284)));
    let outcome = account.slash(FIRST, 256).unwrap();
    assert_eq!(outcome.propagation, Propagation::LiensShrunk { by: 20 });
    assert_eq!((account.collateral(), account.total_slashable()), (40, Range::exact(40)));
    assert_eq!(outcome.warnings, [Warning::LienAboveCollateral { excess: 40 }]);
}

/// After a warning the contract's own subtraction `C − max(M, T)` aborts: the user can no longer be slashed, nor
/// stake, nor unbond, until liens are released or collateral is added.
#[test]
fn a_broken_promise_shields_the_user_from_the_next_slash() {
    let mut broken = brittle_user();
    broken.slash(FIRST, 10).unwrap();
    let before = broken.clone();
    assert_eq!(broken.slash(FIRST, 5), Err(Error::Underwater { used: 100, collateral: 90 }));
    assert_eq!(broken.free(), Err(Error::Underwater { used: 100, collateral: 90 }));
    assert!(broken.unbond(1).is_err() && broken.stake_remote(2, 1, TEN).is_err());
    assert_eq!(broken, before);
    broken.bond(10).unwrap();
    assert!(broken.slash(FIRST, 5).is_ok());
}

/// Stakes of 9 at 10 % each add nothing to T, so a slash of 10 wants to take off 1 that is not there.
#[test]
fn a_lien_grown_from_dust_cannot_be_slashed_beyond_its_floors() {
    let mut account = Account::new(100);
    for _ in 0..5 {
        account.stake_external(0, 9, TEN).unwrap();
    }
    assert_eq!((lien(&account, FIRST), account.total_slashable()), (45, Range::exact(0)));
    assert_eq!(account.slash(FIRST, 10), Err(Error::SlashableTooSmall { slashable: 0, amount: 1 }));
    assert_eq!(account.release(FIRST, 45), Err(Error::SlashableTooSmall { slashable: 0, amount: 4 }));
    assert!(account.slash(FIRST, 9).is_ok());
}

#[test]
fn an_emptied_lien_stays_and_shields_when_all_shrink() {
    let half = Decimal::percent(50);
    let mut account = user(150, 0, &[60, 60, 60, 60, 10], half);
    account.slash(Holder::External(4), 10).unwrap();
    assert_eq!(lien(&account, Holder::External(4)), 0);
    let refused = account.slash(FIRST, 60);
    assert!(matches!(refused, Err(Error::LienTooSmall { .. })), "{refused:?}");
}

#[test]
fn a_stake_in_flight_cannot_be_slashed_in_the_vault() {
    let mut account = Account::new(100);
    account.stake_remote(0, 50, TEN).unwrap();
    let refused = account.slash(FIRST, 5);
    assert_eq!(refused, Err(Error::LienTooSmall { holder: FIRST, lien: 0, amount: 5 }));
    assert_eq!(account.slash(SECOND, 5), Err(Error::NoLien { holder: SECOND }));
}

/// A lien [40, 100] cut to 60 cannot take the 60 in flight any more, nor give them back.
#[test]
fn a_cut_lien_strands_its_packet() {
    let mut account = user(100, 100, &[40], TEN);
    let id = account.stake_remote(0, 60, TEN).unwrap();
    account.slash(Holder::Local, 40).unwrap();
    assert_eq!(account.lien(FIRST).unwrap().amount, Range::new(40, 60).unwrap());
    assert_eq!(account.commit(id), Err(Error::RangeBroken { quantity: "lien", amount: 60 }));
    assert_eq!(account.rollback(id), Err(Error::RangeBroken { quantity: "lien", amount: 60 }));
}

/// The propagation is judged on the high ends: the same slash cuts nothing once the packet has failed.
#[test]
fn a_stake_in_flight_counts_against_free_collateral() {
    let mut account = user(100, 50, &[], TEN);
    let id = account.stake_remote(0, 100, TEN).unwrap();
    let mut failed = account.clone();
    failed.rollback(id).unwrap();
    let outcome = failed.slash(Holder::Local, 10).unwrap();
    assert_eq!((outcome.propagation, outcome.burns.len()), (Propagation::None, 0));
    let outcome = account.slash(Holder::Local, 10).unwrap();
    assert_eq!(outcome.burns, [LienBurn { holder: FIRST, amount: 10 }]);
    assert_eq!(account.lien(FIRST).unwrap().amount, Range::new(0, 90).unwrap());
}

fn event(holder: Holder, size: SlashSize) -> SlashEvent {
    SlashEvent { holder, size, evidence: Evidence::Genuine }
}

#[test]
fn settled_losses_add_up_and_compound() {
    let events = [
        event(FIRST, SlashSize::Share(TEN)),
        event(SECOND, SlashSize::Share(TEN)),
        event(FIRST, SlashSize::Amount(1)),
        event(Holder::Local, SlashSize::Amount(1)),
    ];
    let settled = settle_liens(200, &[(200, TEN), (200, TEN)], &events, EvidencePolicy::Obey).unwrap();
    // 20 of 200; the second lien is cut to 180 with the collateral, so it loses 18; then one.
    assert_eq!(settled.lost, 39);
    assert_eq!(settled.refused, [(3, Error::NoLien { holder: Holder::Local })]);
    assert_eq!(settled.outcomes.iter().map(|(index, _)| *index).collect::<Vec<_>>(), [0, 1, 2]);
    assert_eq!(settled.warnings().count(), 0);
}

#[test]
fn settlement_notes_the_broken_promise_and_the_refusal_it_causes() {
    let events = [event(FIRST, SlashSize::Amount(10)), event(SECOND, SlashSize::Amount(0))];
    let settled = settle_liens(100, &brittle(), &events, EvidencePolicy::Obey).unwrap();
    assert_eq!(settled.lost, 10);
    let warnings: Vec<_> = settled.warnings().collect();
    assert_eq!(warnings, [(0, Warning::SlashableAboveCollateral { excess: 10 })]);
    assert_eq!(settled.refused, [(1, Error::Underwater { used: 100, collateral: 90 })]);
    assert!(settle_liens(100, &[(101, TEN)], &events, EvidencePolicy::Obey).is_err());
}

/// mesh-security, docs/ibc/Slashing.md: the contracts obey the packet; checking the evidence is left for later.
#[test]
fn a_forged_slash_is_obeyed_unless_evidence_is_verified() {
    let forged = SlashEvent { evidence: Evidence::Forged, ..event(FIRST, SlashSize::Amount(150)) };
    let mut account = user(200, 0, &[150], TEN);
    assert_eq!(account.nominal_exposure(FIRST), 15);
    let checked = settle(&mut account, &[forged], EvidencePolicy::Verify);
    assert_eq!((checked.lost, checked.refused), (0, vec![(0, Error::EvidenceRejected)]));
    let obeyed = settle(&mut account, &[forged], EvidencePolicy::default());
    assert_eq!((obeyed.lost, lien(&account, FIRST)), (150, 0));
    assert_eq!(account.nominal_exposure(SECOND), 0);
}

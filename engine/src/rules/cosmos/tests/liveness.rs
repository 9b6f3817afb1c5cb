//! Downtime: window, fault, punishment.

use super::*;

const SILENT: VoteSeen = VoteSeen { vote: Vote::Missed, power: 10 };
const HEARD: VoteSeen = VoteSeen { vote: Vote::Signed, power: 10 };

/// Blocks of 6 seconds.
fn block(height: i64) -> Moment {
    at(height, height * 6)
}

/// Window 10,000, 5 % to be signed: 9,500 missed are tolerated, 9,501 are not, and only past the first window.
#[test]
fn cos_11_the_hub_tolerates_9500_missed() {
    let rule = COSMOS_HUB.downtime;
    assert_eq!(rule.max_missed(), 9_500);
    assert!(!rule.is_fault(0, 10_001, 9_500));
    assert!(rule.is_fault(0, 10_001, 9_501));
    assert!(!rule.is_fault(0, 10_000, 9_501));
    assert!(!rule.is_fault(7, 10_007, 10_000) && rule.is_fault(7, 10_008, 10_000));
}

/// Block by block: silent from the start, the fault is found at the first height beyond start and window.
#[test]
fn a_silent_validator_is_punished_after_the_first_window() {
    let mut record = LivenessWindow::starting_at(20);
    for height in 20..=120 {
        let none = observe_vote(&book(10), &mut record, SILENT, &block(height), &SDK_DEFAULTS).unwrap();
        assert_eq!(none, None, "height {height}");
    }
    assert_eq!(record.n_missed(), 100);
    let done = observe_vote(&book(10), &mut record, SILENT, &block(121), &SDK_DEFAULTS).unwrap().unwrap();
    assert_eq!(done.validator_burned, TOKEN / 10);
    assert_eq!(done.after.validator.unwrap().custody, Custody::Jailed { until_s: 121 * 6 + 600 });
    assert_eq!((record.n_missed(), record.start_height()), (0, 20));
    let jailed = observe_vote(&done.after, &mut record, SILENT, &block(122), &SDK_DEFAULTS).unwrap();
    assert_eq!((jailed, record.n_missed()), (None, 0));
}

/// Half of the window missed is not above half; one more is. Once released, the count begins anew.
#[test]
fn fifty_of_a_hundred_are_tolerated_and_the_count_starts_anew() {
    let mut record = LivenessWindow::starting_at(0);
    let mut see = |book: &Book, height, seen| {
        observe_vote(book, &mut record, seen, &block(height), &SDK_DEFAULTS).unwrap()
    };
    for height in 0..=200 {
        let seen = if height % 2 == 0 { SILENT } else { HEARD };
        assert_eq!(see(&book(10), height, seen), None, "height {height}");
    }
    let done = see(&book(10), 201, SILENT).unwrap();
    let mut released = done.after;
    released.validator.as_mut().unwrap().custody = Custody::Free;
    for height in 202..252 {
        assert_eq!(see(&released, height, SILENT), None, "height {height}");
    }
    assert!(see(&released, 252, SILENT).is_some());
}

/// A place of the window counts once, and a vote a window later takes it over.
#[test]
fn the_window_forgets_what_lies_a_window_back() {
    let rule = DowntimeRule { window: 3, min_signed: fraction("0.5") };
    let mut record = LivenessWindow::starting_at(5);
    let votes = [Vote::Missed, Vote::Missed, Vote::Signed, Vote::Missed, Vote::Signed, Vote::Missed];
    let counts: Vec<u64> =
        (5..).zip(votes).map(|(height, vote)| record.record(height, vote, &rule)).collect();
    assert_eq!(counts, [1, 2, 2, 2, 1, 2]);
}

/// `window · min_signed` goes to the nearest integer, ties to the even one (`RoundInt64`).
#[test]
fn the_signed_minimum_is_rounded_half_to_even() {
    for (window, min_signed, max_missed) in
        [(3, "0.5", 1), (5, "0.5", 3), (7, "0.5", 3), (100, "0.5", 50), (10, "0", 10), (10, "1", 0)]
    {
        let rule = DowntimeRule { window, min_signed: fraction(min_signed) };
        assert_eq!(rule.max_missed(), max_missed, "{window} · {min_signed}");
    }
}

/// cosmos-sdk, x/slashing/keeper/infractions.go: stake is looked up two blocks back; the Hub's slash is 0.01 %.
#[test]
fn exits_two_blocks_before_the_fault_are_liable() {
    assert_eq!((downtime_distribution_height(100), downtime_distribution_height(0)), (98, -2));
    let chain =
        Parameters { downtime: DowntimeRule { window: 1, min_signed: Fraction18::ONE }, ..COSMOS_HUB };
    let mut book = book(10);
    book.unbonding = vec![leaving(TOKEN, 97, 9_999), leaving(TOKEN, 98, 9_999)];
    let mut record = LivenessWindow::starting_at(0);
    let done = observe_vote(&book, &mut record, SILENT, &block(100), &chain).unwrap().unwrap();
    assert_eq!([done.after.unbonding[0].balance, done.after.unbonding[1].balance], [TOKEN, TOKEN - 100]);
    assert_eq!((done.called_for, done.validator_burned), (1_000, 900));
}

/// A validator that is not in the store is not punished, and its record stays.
#[test]
fn an_unknown_validator_is_not_punished() {
    let chain =
        Parameters { downtime: DowntimeRule { window: 1, min_signed: Fraction18::ONE }, ..SDK_DEFAULTS };
    let mut record = LivenessWindow::starting_at(0);
    let none = observe_vote(&Book::default(), &mut record, SILENT, &block(9), &chain).unwrap();
    assert_eq!((none, record.n_missed()), (None, 1));
}

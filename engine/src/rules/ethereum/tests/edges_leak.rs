use super::super::*;

/// The specification's leak with every absentee on its own: epochs to finality, last epoch and Gwei burned.
fn one_by_one(fork: Fork, study: LeakStudy) -> (u64, u64, u128) {
    let start = OfflineValidator::new(fork, study.balance);
    let attesting = study.attesters * start.effective_balance;
    let absentees = usize::try_from(study.absentees).expect("small");
    let mut absent = vec![(start, u64::MAX); absentees]; // [absentee] (state, exit epoch)
    let (mut by_count, mut by_balance) = (ValidatorQueue::default(), BalanceQueue::default());
    let (mut finality_epochs, mut before) =
        (None, attesting >= 2 * study.absentees * start.effective_balance);
    for epoch in 1.. {
        let active: Gwei = absent.iter().filter(|a| a.1 > epoch).map(|a| a.0.effective_balance).sum();
        let present = absent.iter().filter(|a| a.1 > epoch).count() as u64;
        let now = 3 * attesting >= 2 * (attesting + active);
        if now && before && finality_epochs.is_none() {
            finality_epochs = Some(epoch);
        }
        before = now;
        let delay = if finality_epochs.is_some() { 0 } else { epoch };
        for (validator, exit) in &mut absent {
            if epoch > *exit {
                continue;
            }
            validator.leak(fork, delay);
            if epoch < *exit && *exit == u64::MAX && validator.effective_balance <= EJECTION_BALANCE {
                *exit = match fork {
                    Fork::Electra => {
                        let churn = activation_exit_churn_limit(attesting + active);
                        by_balance.push(epoch, validator.effective_balance, churn)
                    }
                    _ => by_count.push(epoch, validator_churn_limit(study.attesters + present)),
                };
            }
            validator.settle(fork);
        }
        let over = |a: &(OfflineValidator, u64)| a.1 <= epoch || a.0.score == 0;
        if let Some(finality_epochs) = finality_epochs.filter(|_| absent.iter().all(over)) {
            let kept: u128 = absent.iter().map(|a| u128::from(a.0.balance)).sum();
            let owned = u128::from(study.absentees) * u128::from(study.balance);
            return (finality_epochs, epoch, owned - kept);
        }
    }
    unreachable!("the loop has no end but its return")
}

/// The exit queue empties 60 to 300 absentees four or eight an epoch, so many of them leak at different lengths.
#[test]
fn one_absentee_stands_for_all() {
    let studies = [(100, 40, 32), (100, 60, 32), (40, 60, 32), (10, 90, 33), (20, 300, 17), (100, 120, 20)];
    for fork in Fork::ALL {
        for (attesters, absentees, eth) in studies {
            let study = LeakStudy { attesters, absentees, balance: eth * ETH };
            let outcome = leak_outcome(fork, study, LeakReading::Specification).expect("allowed");
            let found = (outcome.finality_epochs, outcome.last_epoch, outcome.burned);
            assert_eq!(found, one_by_one(fork, study), "{fork:?} {study:?}");
        }
    }
    let whales = LeakStudy { attesters: 10, absentees: 10, balance: 2048 * ETH };
    let outcome = leak_outcome(Fork::Electra, whales, LeakReading::Specification).expect("allowed");
    let found = (outcome.finality_epochs, outcome.last_epoch, outcome.burned);
    assert_eq!(found, one_by_one(Fork::Electra, whales));
}

/// Two thirds exactly still finalise; one validator less does not.
#[test]
fn finality_is_kept_at_exactly_two_thirds() {
    for reading in [LeakReading::Specification, LeakReading::Simulator] {
        let burned = |absentees| {
            let study = LeakStudy { attesters: 200, absentees, balance: 32 * ETH };
            leak_outcome(Fork::Bellatrix, study, reading).expect("allowed").burned
        };
        assert_eq!(burned(100), 0, "{reading:?}");
        assert!(burned(101) > 0, "{reading:?}");
    }
}

/// More absentees, longer leak and more burned, in the specification's order too.
#[test]
fn the_more_are_absent_the_more_burns() {
    let mut before = (0, 0);
    for percent in [35, 40, 50, 60, 70, 80, 90] {
        let attesters = (100 - percent) * 10_000;
        let study = LeakStudy { attesters, absentees: 1_000_000 - attesters, balance: 32 * ETH };
        let outcome = leak_outcome(Fork::Bellatrix, study, LeakReading::Specification).expect("allowed");
        assert!(
            (outcome.finality_epochs, outcome.burned) > before && outcome.burned > before.1,
            "{percent} %"
        );
        before = (outcome.finality_epochs, outcome.burned);
    }
}

#[test]
fn the_leak_starts_after_four_epochs() {
    assert_eq!(
        [0, 4, 5, u64::MAX].map(finality),
        [Finality::Regular, Finality::Regular, Finality::Lost, Finality::Lost]
    );
    assert_eq!([0, 4, 5].map(leak_epochs), [0, 0, 1]);
}

/// process_inactivity_updates: up or down first, recovery after, never below 0.
#[test]
fn scores_move_before_they_cost() {
    use {Finality::*, TargetVote::*};
    assert_eq!(updated_inactivity_score(0, Missed, Lost), 4);
    assert_eq!(updated_inactivity_score(0, Missed, Regular), 0);
    assert_eq!(updated_inactivity_score(100, Missed, Regular), 88);
    assert_eq!(updated_inactivity_score(100, Timely, Regular), 83);
    assert_eq!(updated_inactivity_score(100, Timely, Lost), 99);
    assert_eq!(updated_inactivity_score(0, Timely, Lost), 0);
    assert_eq!(updated_inactivity_score(16, Timely, Regular), 0);
    assert_eq!(updated_inactivity_score(u64::MAX, Missed, Lost), u64::MAX);
}

/// First epoch of the leak: 32 ETH / 2²⁴, 32 ETH / 3·2²⁴, and 32 ETH · 5 / 2²⁶ on Phase0.
#[test]
fn the_first_epoch_of_a_leak() {
    assert_eq!(Fork::ALL.map(|fork| leak_loss(fork, 32 * ETH, 1)), [2384, 635, 1907, 1907]);
    assert_eq!(leak_loss(Fork::Electra, 32 * ETH, 2), 1907 + 3814);
    let mut late = OfflineValidator { balance: 32 * ETH, effective_balance: 32 * ETH, score: 400 };
    assert_eq!(late.pass_epoch(Fork::Altair, 0), 32 * ETH * 388 / (3 << 26), "a score outlives the leak");
    assert_eq!(late.score, 388);
    assert_eq!(late.pass_epoch(Fork::Phase0, 4), 0);
}

#[test]
fn an_outage_costs_attestations_from_the_start() {
    let total = 32_000_000 * ETH;
    let short = outage_loss(Fork::Electra, 32 * ETH, total, 4);
    assert_eq!(short, OutageLoss { leak: 0, attestations: 4 * 7140 });
    let longer = outage_loss(Fork::Electra, 32 * ETH, total, 14);
    assert_eq!(longer.leak, leak_loss(Fork::Electra, 32 * ETH, 10));
    let early = outage_loss(Fork::Phase0, 32 * ETH, total, 5);
    let base = base_reward(Fork::Phase0, 32 * ETH, total);
    assert_eq!(early.attestations, 5 * 3 * base + 4 * base - base / 8);
    assert_eq!(early.leak, 2384);
}

#[test]
fn studies_that_never_end_are_refused() {
    let study = LeakStudy { attesters: 0, absentees: 1, balance: 32 * ETH };
    let refusal = leak_outcome(Fork::Electra, study, LeakReading::Specification).expect_err("refused");
    assert_eq!(refusal.to_string(), "attesting validators in a leak must be at least 1, got 0");
    let study = LeakStudy { attesters: 1, absentees: 1, balance: 17 * ETH - 1 };
    let refusal = leak_outcome(Fork::Electra, study, LeakReading::Simulator).expect_err("refused");
    assert_eq!(
        refusal.to_string(),
        "balance of a validator in a leak must be at least 17 ETH (17000000000 Gwei), got 16999999999 Gwei"
    );
}

/// Ejection lets an absentee go earlier than the leak alone would: the smaller the crowd, the less it burns each.
#[test]
fn a_short_exit_queue_saves_the_ejected() {
    let each = |absentees: u64| {
        let study = LeakStudy { attesters: absentees / 9, absentees, balance: 32 * ETH };
        let outcome = leak_outcome(Fork::Bellatrix, study, LeakReading::Specification).expect("allowed");
        outcome.burned / u128::from(absentees)
    };
    assert!(each(90) < each(9_000) && each(9_000) < each(900_000));
}

use proptest::prelude::*;

use super::super::*;

fn fork() -> impl Strategy<Value = Fork> {
    prop::sample::select(Fork::ALL.to_vec())
}

/// Any `u64`, as often small as large.
fn gwei() -> impl Strategy<Value = Gwei> {
    (any::<u64>(), 0u32..64).prop_map(|(bits, shift)| bits >> shift)
}

proptest! {
    #[test]
    fn slashing_never_takes_more_than_the_balance(fork in fork(), eff in gwei(), slashed in gwei(), total in gwei()) {
        let loss = slashing_loss(fork, eff, slashed, total);
        let parts = u128::from(loss.initial) + u128::from(loss.correlation) + u128::from(loss.attestations);
        prop_assert!(parts <= u128::from(eff));
        prop_assert_eq!(parts, u128::from(loss.total()));
    }

    #[test]
    fn more_company_never_costs_less(fork in fork(), eff in gwei(), a in gwei(), b in gwei(), total in gwei()) {
        let [few, many] = [a.min(b), a.max(b)].map(|slashed| correlation_penalty(fork, eff, slashed, total));
        prop_assert!(few <= many);
    }

    #[test]
    fn before_electra_correlation_is_whole_eth_within_the_effective_balance(
        eff in gwei(), slashed in gwei(), total in gwei()
    ) {
        for fork in [Fork::Phase0, Fork::Altair, Fork::Bellatrix] {
            let penalty = correlation_penalty(fork, eff, slashed, total);
            prop_assert!(penalty <= eff && penalty.is_multiple_of(ETH));
        }
    }

    #[test]
    fn later_forks_never_correlate_more_softly(eff in gwei(), slashed in gwei(), total in gwei()) {
        let [phase0, altair, bellatrix, _] = Fork::ALL.map(|fork| correlation_penalty(fork, eff, slashed, total));
        prop_assert!(phase0 <= altair && altair <= bellatrix);
    }

    #[test]
    fn evidence_pays_less_than_it_burns(fork in fork(), eff in gwei()) {
        let split = evidence_reward(fork, eff, Reporter::Other);
        prop_assert_eq!(split.proposer + split.reporter, whistleblower_reward(fork, eff));
        prop_assert!(whistleblower_reward(fork, eff) <= initial_penalty(fork, eff));
    }

    #[test]
    fn the_effective_balance_stays_near_the_balance(balance in gwei(), eff in 0..=2048u64, max in 0..=2048u64) {
        let after = updated_effective_balance(balance, eff * ETH, max * ETH);
        prop_assert!(after == eff * ETH || after <= balance);
        prop_assert_eq!(after % ETH, 0);
        prop_assert_eq!(updated_effective_balance(balance, after, max.max(eff) * ETH) % ETH, 0);
    }

    #[test]
    fn a_leak_takes_no_more_than_there_is_and_grows_with_time(
        fork in fork(), balance in 0..5_000 * ETH, a in 0..20_000u64, b in 0..20_000u64
    ) {
        let [short, long] = [a.min(b), a.max(b)].map(|epochs| leak_loss(fork, balance, epochs));
        prop_assert!(short <= long && long <= balance);
        prop_assert!(leak_loss(fork, balance, u64::MAX) <= balance);
    }

    #[test]
    fn an_outage_takes_no_more_than_there_is(
        fork in fork(), balance in 0..5_000 * ETH, total in gwei(), epochs in 0..20_000u64
    ) {
        let loss = outage_loss(fork, balance, total, epochs);
        prop_assert!(u128::from(loss.leak) + u128::from(loss.attestations) <= u128::from(balance));
    }

    #[test]
    fn penalties_and_rewards_never_overflow(fork in fork(), a in gwei(), b in gwei(), c in gwei()) {
        inactivity_penalty(fork, a, b);
        base_reward(fork, a, b);
        missed_attestation_penalty(fork, a, b);
        leak_duty_penalty(fork, a, b);
        weak_subjectivity_epochs(a);
        weak_subjectivity_epochs_by_count(a, b);
        let named = most_slashed_per_block(fork, a);
        prop_assert!(named <= a);
        let date = slashed_withdrawable_epoch(a, b);
        prop_assert!(date >= a && date >= b && correlation_epoch(date) <= date);
        prop_assert_eq!(activation_exit_churn_limit(c) + consolidation_churn_limit(c), balance_churn_limit(c));
    }

    #[test]
    fn a_queue_is_never_left_earlier_than_joined_and_keeps_its_order(
        joins in prop::collection::vec((gwei(), 0..3u64), 1..20), churn in gwei()
    ) {
        let (mut by_balance, mut by_count) = (BalanceQueue::default(), ValidatorQueue::default());
        let (mut epoch, mut before) = (0, [0, 0]);
        for (balance, wait) in joins {
            epoch += wait;
            let exits = [by_balance.push(epoch, balance, churn), by_count.push(epoch, churn)];
            prop_assert!(exits[0] >= epoch + 5 && exits[1] >= epoch + 5);
            prop_assert!(exits[0] >= before[0] && exits[1] >= before[1]);
            before = exits;
        }
    }

    #[test]
    fn a_mass_leak_burns_no_more_than_the_absent_own(
        fork in fork(), attesters in 1..2_000_000u64, absentees in 0..2_000_000u64, eth in 17..4096u64
    ) {
        let study = LeakStudy { attesters, absentees, balance: eth * ETH };
        for reading in [LeakReading::Specification, LeakReading::Simulator] {
            let outcome = leak_outcome(fork, study, reading).expect("an allowed study");
            prop_assert!(outcome.burned <= u128::from(absentees) * u128::from(eth * ETH));
            prop_assert!(outcome.last_epoch >= outcome.finality_epochs);
            if absentees <= attesters / 2 {
                prop_assert_eq!(outcome.burned, 0);
            }
        }
    }
}

#[test]
fn extremes_end_and_do_not_overflow() {
    for fork in Fork::ALL {
        for reading in [LeakReading::Specification, LeakReading::Simulator] {
            let study = LeakStudy { attesters: 1, absentees: u64::MAX, balance: 32 * ETH };
            let outcome = leak_outcome(fork, study, reading).expect("allowed");
            assert!(outcome.burned <= outcome.staked, "{fork:?} {reading:?}");
        }
        slashing_loss(fork, u64::MAX, u64::MAX, u64::MAX);
    }
}

/// Closed form against integers: within what hysteresis and rounding leave, 0.1 % of the balance.
#[test]
fn the_continuous_leak_is_the_limit() {
    let table = [(Fork::Altair, 1000u32), (Fork::Altair, 6000), (Fork::Electra, 1000), (Fork::Electra, 4000)];
    for (fork, epochs) in table {
        let kept = 32 * ETH - leak_loss(fork, 32 * ETH, epochs.into());
        let share = kept as f64 / (32.0 * 1e9);
        let closed = leak_balance_share(fork, epochs.into());
        // Effective balances lie within −0.75 and +0.25 ETH of the balance, so rates within 0.75/16 while above 16 ETH.
        let exponent = libm::log(share) / libm::log(closed);
        assert!((1.0 - 0.75 / 16.0..1.0 + 0.25 / 16.0).contains(&exponent), "{fork:?} {epochs}: {exponent}");
    }
}

/// `t* = √(2 · 2²⁴ · ln 2)` at a half; the burned share meets the balances that are left then.
#[test]
fn finality_returns_when_half_of_the_present_is_left_of_the_absent() {
    for absent in [0.35, 0.4, 0.5, 0.75, 0.9] {
        let epochs = leak_epochs_to_finality(Fork::Bellatrix, absent);
        let left = absent * leak_balance_share(Fork::Bellatrix, epochs);
        assert!((left - (1.0 - absent) / 2.0).abs() < 1e-12);
        assert!((absent - left - leak_burned_share(absent)).abs() < 1e-12);
    }
    assert!((leak_epochs_to_finality(Fork::Bellatrix, 0.5) - 4822.6).abs() < 0.1);
    for share in [0.0, 0.2, 1.0 / 3.0 - 1e-9] {
        assert!(leak_epochs_to_finality(Fork::Electra, share).total_cmp(&0.0).is_eq());
        assert!(leak_burned_share(share).total_cmp(&0.0).is_eq());
    }
    assert!(leak_epochs_to_finality(Fork::Electra, 1.0).is_infinite());
    assert!((leak_burned_share(1.0) - 1.0).abs() < 1e-15);
}

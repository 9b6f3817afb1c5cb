//! What must hold for any numbers at all.

use super::super::*;
use proptest::collection::vec;
use proptest::prelude::*;

/// Small numbers, where rounding bites, and numbers near the top, where sums overflow.
fn amount() -> impl Strategy<Value = u128> {
    prop_oneof![0u128..20, 0u128..1_000_000_000, Just(u128::MAX), any::<u128>()]
}

fn validators() -> impl Strategy<Value = Vec<Validator>> {
    let consent = prop_oneof![Just(Consent::OptedIn), Just(Consent::NotOptedIn)];
    let validator = (amount(), amount(), consent).prop_map(|(tokens, power, consent)| Validator {
        tokens,
        power,
        consent,
    });
    vec(validator, 0..12)
}

fn shaping() -> impl Strategy<Value = Shaping> {
    let list = || vec(0usize..14, 0..4);
    let inactive = prop_oneof![Just(Inactive::Refused), Just(Inactive::Allowed)];
    ((0u32..110, 0usize..6, 0u32..101, 0u128..30), (list(), list(), list()), (inactive, 0usize..14)).prop_map(
        |((top_n, set_cap, power_cap_percent, min_stake), (allowlist, denylist, priority_list), rest)| {
            let (inactive, max_active) = rest;
            Shaping {
                top_n,
                set_cap,
                power_cap_percent,
                min_stake,
                allowlist,
                denylist,
                priority_list,
                inactive,
                max_active,
            }
        },
    )
}

fn exits() -> impl Strategy<Value = Vec<Exit>> {
    let exit = (amount(), amount(), 0u64..20).prop_map(|(initial_tokens, balance_tokens, completes_s)| {
        Exit { initial_tokens, balance_tokens, completes_s }
    });
    vec(exit, 0..5)
}

fn sum(values: &[u128]) -> Option<u128> {
    values.iter().try_fold(0u128, |sum, value| sum.checked_add(*value))
}

proptest! {
    #[test]
    fn a_power_cap_never_creates_power_and_holds_where_it_can(powers in vec(amount(), 0..12), percent in 1u32..=100) {
        let capped = power_cap(&powers, percent);
        prop_assert!(powers.iter().zip(&capped).all(|(before, after)| (*before == 0) == (*after == 0)));
        if let Some(total) = sum(&powers) {
            let after = sum(&capped).unwrap();
            let cap = crate::rules::integer::mul_div_floor(total, u128::from(percent), 100).max(1);
            let members = powers.iter().filter(|power| **power > 0).count() as u128;
            prop_assert!(capped.iter().all(|power| *power <= cap));
            prop_assert_eq!(after, total.min(cap.saturating_mul(members)));
        }
    }

    #[test]
    fn a_power_cap_keeps_the_order_up_to_the_remainder(powers in vec(0u128..1_000_000, 0..12), percent in 1u32..=100) {
        let capped = power_cap(&powers, percent);
        for (before, after) in powers.iter().zip(&capped) {
            for (other, other_after) in powers.iter().zip(&capped) {
                // Each step hands out a floor, so a later share exceeds an earlier one by at most 1.
                prop_assert!(before <= other || after + 1 >= *other_after);
            }
        }
    }

    #[test]
    fn selection_admits_only_whom_the_rules_admit(validators in validators(), shaping in shaping()) {
        let Ok(powers) = consumer_powers(&validators, &shaping) else { return Ok(()) };
        let members: Vec<usize> = (0..powers.len()).filter(|index| powers[*index] > 0).collect();
        for index in &members {
            prop_assert!(!shaping.denylist.contains(index));
            prop_assert!(shaping.allowlist.is_empty() || shaping.allowlist.contains(index));
            prop_assert!(validators[*index].tokens >= shaping.min_stake && validators[*index].power > 0);
            prop_assert!(shaping.top_n > 0 || validators[*index].consent == Consent::OptedIn);
        }
        prop_assert!(shaping.top_n > 0 || shaping.set_cap == 0 || members.len() <= shaping.set_cap);
        prop_assert!(shaping.inactive == Inactive::Allowed || members.len() <= shaping.max_active);
        prop_assert_eq!(members.len(), consumer_set(&validators, &shaping).unwrap().len());
    }

    #[test]
    fn an_epoch_forces_but_never_changes_the_result(validators in validators(), shaping in shaping()) {
        let before = consumer_powers(&validators, &shaping);
        let mut later = validators.clone();
        prop_assert_eq!(&end_epoch(&mut later, &shaping), &before);
        prop_assert_eq!(&consumer_powers(&later, &shaping), &before);
        for (old, new) in validators.iter().zip(&later) {
            prop_assert!(old.consent == Consent::NotOptedIn || new.consent == Consent::OptedIn);
        }
    }

    #[test]
    fn the_top_n_reaches_n_percent_and_no_less(powers in vec(0u128..1_000_000, 1..20), top_n in 1u32..=100) {
        let total: u128 = powers.iter().sum();
        prop_assume!(total > 0);
        let least = min_power_in_top_n(&powers, top_n).unwrap();
        let at_or_above: u128 = powers.iter().filter(|power| **power >= least).sum();
        let above: u128 = powers.iter().filter(|power| **power > least).sum();
        prop_assert!(at_or_above * 100 >= total * u128::from(top_n));
        prop_assert!(above * 100 < total * u128::from(top_n));
    }

    #[test]
    fn nobody_leaves_beyond_the_soft_threshold(powers in vec(amount(), 0..20), threshold in 0..=DEC / 5) {
        let Ok(smallest) = smallest_that_must_run(&powers, threshold) else { return Ok(()) };
        let away = opted_out_power(&powers, smallest);
        if let Some(total) = sum(&powers).filter(|total| *total < u128::MAX / DEC) {
            prop_assert!(away * DEC <= total * threshold + total);
        }
        prop_assert!(further_power_to_halt(&powers, away) <= u128::MAX / 3);
    }

    #[test]
    fn slashing_never_creates_stake(
        tokens in amount(),
        exits in exits(),
        fraction_dec in 0..=2 * DEC,
        power_reduction in amount(),
        now_s in 0u64..20,
    ) {
        let power = slash_power(tokens / power_reduction.max(1), &exits, power_reduction, now_s);
        let slash = slash_equivocation(power, tokens, &exits, SlashTerms { fraction_dec, power_reduction, now_s });
        prop_assert!(slash.bonded_tokens <= tokens);
        prop_assert_eq!(slash.exit_tokens.len(), exits.len());
        for (exit, burned) in exits.iter().zip(&slash.exit_tokens) {
            prop_assert!(*burned <= exit.balance_tokens);
            prop_assert!(!exit.is_mature(now_s) || *burned == 0);
        }
    }

    #[test]
    fn a_larger_fraction_never_burns_less_of_an_exit(exits in exits(), low in 0..=DEC, high in 0..=DEC) {
        let (low, high) = (low.min(high), low.max(high));
        let terms = |fraction_dec| SlashTerms { fraction_dec, power_reduction: 1, now_s: 5 };
        let less = slash_equivocation(0, 0, &exits, terms(low));
        let more = slash_equivocation(0, 0, &exits, terms(high));
        prop_assert!(less.exit_tokens.iter().zip(&more.exit_tokens).all(|(a, b)| a <= b));
    }

    #[test]
    fn punishments_in_any_order_leave_no_more_than_there_was(
        tokens in amount(),
        exits in exits(),
        events in vec((0u8..5, amount(), 0u64..30), 0..12),
    ) {
        let mut account = Account::bonded(tokens);
        account.exits = exits;
        let mut provider = Provider::new(vec![account], 3);
        for (kind, power, now_s) in events {
            let before = provider.accounts()[0].clone();
            let punishment = InfractionParameters::PROVIDER;
            let lenient = SlashJail { tombstone: Tombstone::No, ..punishment.double_sign };
            match kind {
                0 => drop(provider.punish_equivocation(0, punishment.double_sign, now_s)),
                1 => drop(provider.punish_equivocation(0, lenient, now_s)),
                2 => drop(provider.punish_downtime(0, power, punishment.downtime, now_s)),
                3 => drop(provider.unjail(0, now_s)),
                _ => provider.end_block(),
            }
            let after = &provider.accounts()[0];
            prop_assert!(after.tokens <= before.tokens);
            prop_assert!(after.exits.iter().zip(&before.exits).all(|(a, b)| a.balance_tokens <= b.balance_tokens));
            prop_assert!(!before.is_tombstoned() || (after.tokens == before.tokens && after.is_jailed()));
        }
    }

    #[test]
    fn the_meter_never_exceeds_the_allowance(
        fraction_dec in 0..=DEC,
        events in vec((amount(), amount(), any::<u64>()), 0..12),
    ) {
        let mut throttle = Throttle::new(ThrottleParameters { fraction_dec, period_s: 60 }, 100, 0);
        for (total_power, effective_power, now_s) in events {
            throttle.begin_block(total_power, now_s);
            let most = i128::try_from(allowance(total_power, fraction_dec)).unwrap_or(i128::MAX);
            prop_assert!(throttle.meter() <= most);
            let before = throttle.meter();
            let packet = SlashPacket {
                infraction: PacketInfraction::Downtime,
                set: ConsumerSet::Inside,
                effective_power,
            };
            let fate = throttle.receive(packet);
            prop_assert_eq!(fate == PacketFate::Bounced, before < 0);
            prop_assert!(throttle.meter() <= before);
        }
    }

    #[test]
    fn rewards_never_create_tokens(
        tokens in amount(),
        dust in 0..DEC,
        powers in vec(amount(), 0..8),
        tax in 0..=DEC,
    ) {
        let stakers: Vec<Staker> =
            powers.iter().map(|power| Staker { power: *power, join_height: 0 }).collect();
        let terms =
            RewardTerms { height: 1, reward_epochs: 1, blocks_per_epoch: 1, community_tax_dec: tax };
        let rewards = Amount::new(tokens, dust);
        let allocation = allocate(rewards, &stakers, &terms);
        let paid = Amount::whole(allocation.community_tokens)
            .plus(Amount::whole(allocation.distributed_tokens))
            .plus(allocation.carried);
        prop_assert_eq!(paid, rewards);
        let received = allocation.received.iter().fold(Amount::default(), |sum, share| sum.plus(*share));
        prop_assert!(received <= Amount::whole(allocation.distributed_tokens));
    }

    #[test]
    fn a_commission_divides_a_share_without_rest(tokens in amount(), dust in 0..DEC, rate in 0..=DEC) {
        let share = Amount::new(tokens, dust);
        let parts = commission(share, Some(rate), 0);
        prop_assert_eq!(parts.validator.plus(parts.delegators), share);
    }

    #[test]
    fn a_key_answers_for_one_validator_and_the_present_key_always_does(
        events in vec((0usize..4, 0u64..12, 0u64..50, 0u8..3), 0..20),
    ) {
        let mut book = KeyBook::new(vec![0, 1, 2]);
        for (validator, key, time_s, kind) in events {
            let phase = if kind == 0 { Phase::Initialized } else { Phase::Launched };
            match kind {
                2 => book.prune(time_s),
                _ => drop(book.assign(validator, key, phase, time_s)),
            }
            for validator in 0..3 {
                prop_assert_eq!(book.validator_of(book.key_of(validator).unwrap()), Some(validator));
            }
        }
    }
}

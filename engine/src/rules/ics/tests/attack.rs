//! What shaped powers cost an attacker who pays in stake.

use super::super::*;
use super::{MILLION, opted_in};

/// Least `Σ stake` over coalitions whose power satisfies `enough`: all subsets, so only for small sets.
fn cheapest(stakes: &[u128], powers: &[u128], enough: impl Fn(u128) -> bool) -> Option<u128> {
    let sum = |values: &[u128], coalition: u32| -> u128 {
        values.iter().enumerate().filter(|(i, _)| coalition >> i & 1 == 1).map(|(_, value)| value).sum()
    };
    let coalitions = (0..1u32 << stakes.len()).filter(|coalition| enough(sum(powers, *coalition)));
    coalitions.map(|coalition| sum(stakes, coalition)).min()
}

/// Tokens that burn when the coalition of `stake` is slashed by 5 %.
fn slashed(stake: Option<u128>) -> Option<u128> {
    stake.map(|stake| stake / 20)
}

/// Stride after Cosmos Hub proposal 1012: set cap 7, power cap 1 %, so everyone holds a seventh.
#[test]
fn ics_38_an_infeasible_cap_makes_the_smallest_stakes_the_cheapest() {
    let stakes: Vec<u128> = (1..=10).map(|i| i * 100 * MILLION).collect();
    let validators: Vec<Validator> =
        stakes.iter().map(|stake| Validator::bonded(*stake, MILLION, Consent::OptedIn)).collect();
    let shaping = Shaping { set_cap: 7, power_cap_percent: 1, ..Shaping::default() };
    let powers = consumer_powers(&validators, &shaping).unwrap();
    assert_eq!(powers, [0, 0, 0, 49, 49, 49, 49, 49, 49, 49]);
    let total: u128 = powers.iter().sum();
    let halt = cheapest(&stakes, &powers, |power| power >= power_to_halt(total));
    assert_eq!(slashed(halt), Some((400 + 500 + 600) * MILLION / 20));
    let control = cheapest(&stakes, &powers, |power| power >= power_to_control(total));
    assert_eq!(slashed(control), Some((400 + 500 + 600 + 700 + 800) * MILLION / 20));
}

/// Stakes 100, 1, 1, 1 at 5 %: the cap of 30 % makes the attack fifty times cheaper.
#[test]
fn t13_a_power_cap_cuts_the_cost_fifty_fold() {
    let stakes = [100, 1, 1, 1].map(|tokens| tokens * MILLION);
    let validators = stakes.map(|stake| Validator::bonded(stake, MILLION, Consent::OptedIn));
    for (power_cap_percent, third, two_thirds) in
        [(0, 5 * MILLION, 5 * MILLION), (30, MILLION / 10, 3 * MILLION / 20)]
    {
        let shaping = Shaping { power_cap_percent, ..Shaping::default() };
        let powers = consumer_powers(&validators, &shaping).unwrap();
        let total: u128 = powers.iter().sum();
        assert_eq!(slashed(cheapest(&stakes, &powers, |power| 3 * power > total)), Some(third));
        assert_eq!(slashed(cheapest(&stakes, &powers, |power| 3 * power > 2 * total)), Some(two_thirds));
    }
}

/// The stake of a validator in three consumers is lost once: 5 % of a third of 1000 is 16.7.
#[test]
fn ics_39_one_loss_for_three_consumers() {
    // 334 of 1000 is the only single stake of at least a third.
    let stakes = [333, 333, 334].map(|tokens| tokens * MILLION);
    let powers = consumer_powers(&opted_in(&stakes), &Shaping::default()).unwrap();
    let cost = cheapest(&stakes, &powers, |power| power >= power_to_halt(1000 * MILLION));
    assert_eq!(slashed(cost), Some(16_700_000));
}

/// interchain-security, docs/docs/adrs/adr-020-cutomizable_slashing_and_jailing.md:133.
#[test]
fn ics_41_a_budget_of_3000_leaves_150_to_each_of_four() {
    assert_eq!(profit_per_validator(3000, 600, 4), Some(150));
    assert_eq!(profit_per_validator(3000, 600, 6), Some(-100));
    assert_eq!(profit_per_validator(3000, 600, 0), None);
    assert!(profit_per_validator(0, u64::MAX, u32::MAX).is_some());
}

/// interchain-security, docs/docs/adrs/adr-020-cutomizable_slashing_and_jailing.md:173-176.
#[test]
fn ics_42_an_opt_in_chain_amplifies_one_percent_unless_capped() {
    let (attacker, hub) = (15_000_000, 1_500_000_000);
    let set = opted_in(&[attacker, 4_000_000, 3_000_000, 3_000_000, 2_000_000]);
    let share = |power_cap_percent| {
        let powers = consumer_powers(&set, &Shaping { power_cap_percent, ..Shaping::default() }).unwrap();
        (powers[0], powers.iter().sum::<u128>())
    };
    let (power, total) = share(0);
    assert!(power >= power_to_halt(total));
    let factor = amplification((power, total), (attacker, hub)).unwrap();
    assert!((factor - 100.0 * 15.0 / 27.0).abs() < 1e-9, "{factor}");
    let (power, total) = share(32);
    assert!(power < power_to_halt(total));
    let factor = amplification((power, total), (attacker, hub)).unwrap();
    assert!((factor - 32.0).abs() < 1e-9, "{factor}");
    assert_eq!(amplification((1, 1), (0, 1)), None);
}

/// A commit needs strictly more than two thirds: 5 of 7, and 3 of 3.
#[test]
fn thresholds_count_whole_validators() {
    assert_eq!((power_to_halt(7), power_to_control(7)), (3, 5));
    assert_eq!((power_to_halt(3), power_to_control(3)), (1, 3));
    assert_eq!((power_to_halt(8), power_to_control(8)), (3, 6));
    for total in 1..200 {
        let control = power_to_control(total);
        assert!(3 * control > 2 * total && 3 * (control - 1) <= 2 * total, "{total}");
    }
    for total in [1, 2, 3, 100, u128::MAX - 1, u128::MAX] {
        // Once the least halting power is silent, the rest just misses a commit.
        assert_eq!(total - power_to_halt(total), power_to_control(total) - 1, "{total}");
    }
}

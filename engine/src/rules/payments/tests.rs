//! Cases.

use super::*;
use proptest::prelude::*;

/// A token in base units.
const TOKEN: u128 = 1_000_000;

/// Cosmos Hub, proposal 794: rewards 100, a fee of 10, and 15 % of it to the Hub.
#[test]
fn eco_01_the_hub_gets_one_and_a_half_percent() {
    let income = liquid_staking_income(100 * TOKEN, STRIDE);
    assert_eq!(income.provider, 1_500_000);
    assert_eq!((income.stakers, income.consumer), (90 * TOKEN, 8_500_000));
}

/// Cosmos Hub, proposal 792: $400 a month for each of 175 validators.
#[test]
fn eco_02_nodes_cost_840000_dollars_a_year() {
    assert_eq!(node_costs_a_year(400, 175), Ok(840_000));
}

/// Cosmos Hub, proposal 1012: 15 % of $400,000.
#[test]
fn eco_03_revenue_share_is_60000_dollars() {
    assert_eq!(revenue_share(400_000, STRIDE.provider_share_dec), 60_000);
}

/// A newcomer to 1000 of stake that stays.
#[test]
fn eco_05_a_third_a_half_and_two_thirds_cost_half_one_and_two_totals() {
    let cases = [((1, 3), 500), ((1, 2), 1000), ((2, 3), 2000)];
    for ((part, whole), expected) in cases {
        assert_eq!(new_stake_for(Share::at_least(part, whole).unwrap(), 1000), Ok(expected));
    }
}

/// The other reading: holders of the present stake change sides.
#[test]
fn corrupting_takes_the_share_of_what_is_there() {
    let need = |part, whole| corrupted_stake_for(Share::at_least(part, whole).unwrap(), 1000);
    assert_eq!([need(1, 3), need(1, 2), need(2, 3), need(1, 1)], [334, 500, 667, 1000].map(Some));
}

#[test]
fn a_tie_is_enough_or_one_short() {
    let third = (Share::at_least(1, 3).unwrap(), Share::more_than(1, 3).unwrap());
    assert_eq!((new_stake_for(third.0, 1000), new_stake_for(third.1, 1000)), (Ok(500), Ok(501)));
    assert_eq!((new_stake_for(third.0, 1001), new_stake_for(third.1, 1001)), (Ok(501), Ok(501)));
    assert_eq!(
        (corrupted_stake_for(third.0, 999), corrupted_stake_for(third.1, 999)),
        (Some(333), Some(334))
    );
    assert_eq!((corrupted_stake_for(third.0, 7), corrupted_stake_for(third.1, 7)), (Some(3), Some(3)));
}

#[test]
fn nothing_and_everything() {
    let (none, all) = (Share::at_least(0, 1).unwrap(), Share::at_least(1, 1).unwrap());
    assert_eq!((new_stake_for(none, 1000), corrupted_stake_for(none, 1000)), (Ok(0), Some(0)));
    assert_eq!(new_stake_for(all, 0), Ok(0));
    let refusal = new_stake_for(all, 5).unwrap_err();
    assert_eq!(refusal.to_string(), "new stake reaches a share of 1 only where nobody else has stake, got 5");
    let some = Share::more_than(0, 1).unwrap();
    assert_eq!((new_stake_for(some, 0), corrupted_stake_for(some, 0)), (Ok(1), None));
    assert_eq!((new_stake_for(some, 9), corrupted_stake_for(some, 9)), (Ok(1), Some(1)));
}

#[test]
fn shares_are_parts_of_a_whole() {
    let text = |share: Result<Share, Refusal>| share.unwrap_err().to_string();
    assert_eq!(text(Share::at_least(4, 3)), "a share must be a part of a whole of at least 1, got 4/3");
    assert_eq!(text(Share::more_than(0, 0)), "a share must be a part of a whole of at least 1, got 0/0");
    assert_eq!(text(Share::more_than(3, 3)), "a share to be exceeded must lie below 1, got 3/3");
}

#[test]
fn a_total_beyond_128_bits_is_refused() {
    let half = Share::at_least(1, 2).unwrap();
    let most = u128::MAX / 2;
    assert_eq!(new_stake_for(half, most), Ok(most));
    assert_eq!(
        new_stake_for(half, most + 1).unwrap_err().to_string(),
        "stake with the new stake must fit 128 bits"
    );
    assert!(new_stake_for(Share::at_least(u128::MAX - 1, u128::MAX).unwrap(), u128::MAX).is_err());
    assert!(node_costs_a_year(u128::MAX / 12 + 1, 1).is_err());
    assert_eq!(node_costs_a_year(u128::MAX / 12, 0), Ok(0));
}

/// The fee is whole before it is shared: 99 units give a fee of 9 and 1 of it, not 1.485.
#[test]
fn each_step_rounds_down() {
    let income = liquid_staking_income(99, STRIDE);
    assert_eq!((income.stakers, income.consumer, income.provider), (90, 8, 1));
    let late = Deal { staking_fee_dec: DEC / 2, provider_share_dec: DEC / 2 };
    assert_eq!(liquid_staking_income(7, late).provider, 1);
    assert_eq!(revenue_share(6, STRIDE.provider_share_dec), 0);
    assert_eq!(revenue_share(7, STRIDE.provider_share_dec), 1);
    assert_eq!(revenue_share(1000, NEUTRON.provider_share_dec), 250);
    assert_eq!(revenue_share(1000, 2 * DEC), 1000);
}

/// Cosmos Hub, proposal 1012: of $60,000 a tenth reaches 100 equal validators, $60 each against a node of $4,800.
#[test]
fn the_subsidy_can_be_below_the_cost() {
    let income = validator_income(60_000, 1, 100, DEC / 10);
    assert_eq!(income, 60);
    assert_eq!(validator_profit(income, 400 * 12), -4_740);
    assert_eq!(participation(income, 4_800), Participation::StaysOut);
    assert_eq!(participation(4_800, 4_800), Participation::TakesPart);
    assert_eq!(validator_profit(4_800, 4_800), 0);
}

#[test]
fn income_follows_power_and_commission() {
    assert_eq!(validator_income(1000, 1, 3, DEC), 333);
    assert_eq!(validator_income(1000, 1, 3, DEC / 2), 166);
    assert_eq!(validator_income(1000, 1, 0, DEC), 0);
    assert_eq!(validator_income(1000, 5, 3, 2 * DEC), 1000);
}

#[test]
fn profit_saturates() {
    assert_eq!(validator_profit(u128::MAX, 0), i128::MAX);
    assert_eq!(validator_profit(0, u128::MAX), i128::MIN);
    assert_eq!(validator_profit(0, i128::MAX.unsigned_abs()), -i128::MAX);
    assert_eq!(validator_profit(0, i128::MIN.unsigned_abs()), i128::MIN);
}

proptest! {
    #[test]
    fn sharing_never_creates_income(rewards in any::<u128>(), fee in any::<u128>(), share in any::<u128>()) {
        let deal = Deal { staking_fee_dec: fee, provider_share_dec: share };
        let income = liquid_staking_income(rewards, deal);
        prop_assert_eq!(income.stakers + income.consumer + income.provider, rewards);
    }

    #[test]
    fn validators_never_receive_more_than_is_paid(
        payment in any::<u128>(), powers in prop::collection::vec(any::<u64>(), 1..20), commission in any::<u128>(),
    ) {
        let total = powers.iter().map(|power| u128::from(*power)).sum();
        let mut left = payment;
        for power in &powers {
            let income = validator_income(payment, u128::from(*power), total, commission);
            prop_assert!(income <= left);
            left -= income;
        }
    }

    #[test]
    fn new_stake_is_the_least_that_reaches_the_share(
        stake in 0..1_u128 << 60, part in 0..1_u128 << 30, more in 1..1_u128 << 30,
    ) {
        let whole = part + more;
        let new = new_stake_for(Share::at_least(part, whole).unwrap(), stake).unwrap();
        prop_assert!(new * whole >= part * (stake + new));
        prop_assert!(new == 0 || (new - 1) * whole < part * (stake + new - 1));
        let beyond = new_stake_for(Share::more_than(part, whole).unwrap(), stake).unwrap();
        prop_assert!(beyond * whole > part * (stake + beyond));
        prop_assert!((beyond - 1) * whole <= part * (stake + beyond - 1));
        prop_assert!(beyond - new <= 1);
    }

    #[test]
    fn corrupting_never_takes_more_than_there_is(stake in any::<u128>(), a in any::<u128>(), b in any::<u128>()) {
        let (part, whole) = (a.min(b), a.max(b));
        if let Ok(share) = Share::at_least(part, whole) {
            let corrupted = corrupted_stake_for(share, stake).unwrap();
            prop_assert!(corrupted <= stake);
            prop_assert!(new_stake_for(share, stake).map_or(true, |new| new >= corrupted));
        }
        if let (Ok(share), true) = (Share::more_than(part, whole), stake > 0) {
            prop_assert!(corrupted_stake_for(share, stake).is_some());
        }
    }

    #[test]
    fn payments_take_any_number(a in any::<u128>(), b in any::<u128>(), n in any::<u64>()) {
        prop_assert_eq!(validator_profit(a, b) >= 0, participation(a, b) == Participation::TakesPart);
        let cost = node_costs_a_year(a, n);
        prop_assert!(n == 0 || cost.map_or(true, |cost| cost >= a));
    }
}

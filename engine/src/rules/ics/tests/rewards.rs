//! Rewards.

use super::super::*;

/// A tenth of a token in 10⁻¹⁸.
const TENTH: u128 = DEC / 10;

fn terms(height: u64, community_tax_dec: u128) -> RewardTerms {
    RewardTerms { height, reward_epochs: 24, blocks_per_epoch: 600, community_tax_dec }
}

fn stakers(powers: &[u128]) -> Vec<Staker> {
    powers.iter().map(|power| Staker { power: *power, join_height: 0 }).collect()
}

/// interchain-security, docs/docs/features/reward-distribution.md:31-40, which rounds 24.3 % up to 25 %.
#[test]
fn ics_07_rewards_follow_the_capped_powers() {
    let shares = split_by_power(Amount::whole(1000), &power_cap(&[100, 1, 1, 1], 30));
    let mut whole: Vec<u128> = shares.iter().map(|share| share.tokens()).collect();
    whole.sort_unstable();
    assert_eq!(whole, [233, 233, 242, 291]);
}

/// interchain-security, x/ccv/provider/keeper/distribution_test.go:248-264.
#[test]
fn ics_34_eligible_after_ten_epochs_of_five_blocks() {
    let cases = [(49, 0, false), (50, 0, true), (51, 1, true), (51, 2, false)];
    for (height, join_height, earns) in cases {
        assert_eq!(eligible(height, join_height, 10, 5), earns, "{height} {join_height}");
    }
}

/// interchain-security, tests/integration/distribution.go:886-1030.
#[test]
fn ics_35_all_to_one_and_halves_to_two() {
    assert_eq!(split_by_power(Amount::whole(999), &[7]), [Amount::whole(999)]);
    let half = Amount::new(4, 995 * (DEC / 1000));
    assert_eq!(split_by_power(Amount::new(9, 99 * (DEC / 100)), &[5, 5]), [half, half]);
    let half_rate = commission(Amount::whole(999), Some(DEC / 2), 0);
    assert_eq!(half_rate.validator, Amount::new(499, 5 * TENTH));
    assert_eq!(half_rate.delegators, Amount::new(499, 5 * TENTH));
    let whole_rate = commission(Amount::whole(999), Some(DEC), 0);
    assert_eq!((whole_rate.validator, whole_rate.delegators), (Amount::whole(999), Amount::default()));
}

#[test]
fn the_commission_for_the_consumer_comes_before_the_validators_own() {
    let share = Amount::whole(100);
    assert_eq!(commission(share, None, TENTH).validator, Amount::whole(10));
    assert_eq!(commission(share, Some(0), TENTH).validator, Amount::default());
}

#[test]
fn the_consumer_keeps_three_quarters_rounded_down() {
    let kept = ConsumerParameters::DEFAULT.redistribution_dec;
    assert_eq!(split_on_consumer(1000, kept), (750, 250));
    assert_eq!(split_on_consumer(7, kept), (5, 2));
    assert_eq!(split_on_consumer(1, kept), (0, 1));
    assert_eq!(split_on_consumer(u128::MAX, DEC), (u128::MAX, 0));
}

#[test]
fn only_allowed_denominations_are_distributed() {
    assert_eq!(accepted_rewards(7, RewardDenom::Allowed), 7);
    assert_eq!(accepted_rewards(7, RewardDenom::NotAllowed), 0);
}

#[test]
fn the_community_tax_comes_first() {
    let allocation = allocate(Amount::whole(1000), &stakers(&[3, 1]), &terms(14_400, DEC / 50));
    assert_eq!((allocation.community_tokens, allocation.distributed_tokens), (20, 980));
    assert_eq!(allocation.received, [Amount::whole(735), Amount::whole(245)]);
    assert_eq!(allocation.carried, Amount::default());
}

#[test]
fn fractions_of_a_token_are_carried_on_both_sides() {
    // 98 % of 99 is 97.02 and 2 % is 1.98: 97 and 1 are paid, 0.02 and 0.98 stay.
    let allocation = allocate(Amount::whole(99), &stakers(&[1]), &terms(14_400, DEC / 50));
    assert_eq!((allocation.distributed_tokens, allocation.community_tokens), (97, 1));
    assert_eq!(allocation.carried, Amount::whole(1));
    // 98 % of 9.5 is 9.31 and the rest 0.19.
    let allocation = allocate(Amount::new(9, 5 * TENTH), &stakers(&[1]), &terms(14_400, DEC / 50));
    assert_eq!((allocation.distributed_tokens, allocation.community_tokens), (9, 0));
    assert_eq!(allocation.carried, Amount::new(0, 5 * TENTH));
}

#[test]
fn the_ineligible_count_neither_as_receivers_nor_in_the_total() {
    let mut receivers = stakers(&[50, 25, 25]);
    receivers[0].join_height = 1;
    let allocation = allocate(Amount::whole(100), &receivers, &terms(14_400, 0));
    assert_eq!(allocation.received, [Amount::default(), Amount::whole(50), Amount::whole(50)]);
    let later = allocate(Amount::whole(100), &receivers, &terms(14_401, 0));
    assert_eq!(later.received, [Amount::whole(50), Amount::whole(25), Amount::whole(25)]);
}

#[test]
fn without_an_eligible_validator_the_community_pool_takes_all_whole_tokens() {
    let allocation = allocate(Amount::new(10, 3 * TENTH), &stakers(&[5]), &terms(14_399, DEC / 50));
    assert_eq!((allocation.community_tokens, allocation.distributed_tokens), (10, 0));
    assert_eq!(allocation.received, [Amount::default()]);
    assert_eq!(allocation.carried, Amount::new(0, 3 * TENTH));
}

#[test]
fn thirds_are_cut_off_after_18_decimals() {
    let third = Amount::new(33, 333_333_333_333_333_300);
    assert_eq!(split_by_power(Amount::whole(100), &[1, 1, 1]), [third; 3]);
    assert_eq!(split_by_power(Amount::whole(100), &[0, 0]), [Amount::default(); 2]);
}

#[test]
fn a_validator_keeps_its_join_height_while_it_stays() {
    assert_eq!((join_height(Some(5), 100), join_height(None, 100)), (5, 100));
    assert!(!eligible(10, 11, 0, 5), "a join to come is not eligible");
    assert!(eligible(10, 10, 0, 5));
    assert!(!eligible(u64::MAX - 1, 0, u64::MAX, u64::MAX));
}

#[test]
fn halves_of_the_last_decimal_go_to_the_even_one() {
    let half = DEC / 2;
    assert_eq!([1, 3, 5].map(|dust| Amount::new(0, dust).times_rounded(half).dust()), [0, 2, 2]);
    assert_eq!([1, 3, 5].map(|dust| Amount::new(0, dust).times_truncated(half).dust()), [0, 1, 2]);
    // 1.000…003 · 0.5 = 0.5 + 1.5·10⁻¹⁸.
    assert_eq!(Amount::new(1, 3).times_rounded(half), Amount::new(0, half + 2));
}

#[test]
fn amounts_borrow_and_carry() {
    assert_eq!(Amount::new(1, 3 * TENTH).minus(Amount::new(0, 5 * TENTH)), Amount::new(0, 8 * TENTH));
    assert_eq!(Amount::new(1, 5 * TENTH).plus(Amount::new(0, 5 * TENTH)), Amount::whole(2));
    assert_eq!(Amount::new(1, 13 * TENTH), Amount::new(2, 3 * TENTH));
    assert_eq!(Amount::whole(1).minus(Amount::whole(2)), Amount::default());
}

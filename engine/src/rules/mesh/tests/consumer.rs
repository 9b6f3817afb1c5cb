//! The consumer's side: prices, caps, burns, influence.

use std::collections::BTreeMap;

use super::super::*;
use super::TEN;

const HALF: Decimal = Decimal::percent(50);

fn converter(discount_percent: u64) -> Converter {
    Converter::new(Decimal::percent(discount_percent)).unwrap()
}

/// mesh-security, contracts/consumer/converter/src/multitest.rs:136-225.
#[test]
fn mesh_16_price_and_discount() {
    let converter = converter(40);
    assert_eq!(converter.to_virtual(1000, HALF), Ok(300));
    let staked = converter.to_virtual(4000, HALF).unwrap();
    let unstaked = converter.to_virtual(2000, HALF).unwrap();
    assert_eq!(staked - unstaked, 600);
}

/// Rule of mesh-security, contracts/consumer/converter/src/contract.rs: 300/0.5 = 600, and 600·1.66…6 is short of 1000.
#[test]
fn mesh_17_the_way_back_loses_a_unit() {
    assert_eq!(converter(40).to_provider(300, HALF), Ok(999));
    assert_eq!(converter(50).to_provider(250, HALF), Ok(1000));
}

/// mesh-security, contracts/consumer/virtual-staking/src/contract.rs:985.
#[test]
fn mesh_18_requests_above_the_cap_shrink_alike() {
    assert_eq!(scale_to_cap(&[10, 40], 5), Ok(vec![1, 4]));
    let mut staking = VirtualStaking::default();
    staking.bond(1, 10).unwrap();
    staking.bond(2, 40).unwrap();
    let moves = staking.end_epoch(5).unwrap();
    assert_eq!(moves, BTreeMap::from([(1, Move::Bond(1)), (2, Move::Bond(4))]));
}

/// mesh-security, contracts/consumer/virtual-staking/src/contract.rs:1046, 1071, 1096.
#[test]
fn mesh_19_virtual_staking_burns_all_or_nothing() {
    let staking = |first, second| {
        let mut staking = VirtualStaking::default();
        staking.bond(1, first).unwrap();
        staking.bond(2, second).unwrap();
        staking
    };
    assert_eq!(staking(5, 20).burn(&[1, 2], 5), Ok(vec![(1, 3), (2, 2)]));
    assert_eq!(staking(5, 10).burn(&[1, 2], 15), Ok(vec![(1, 5), (2, 10)]));
    let mut short = staking(5, 10);
    assert_eq!(short.burn(&[1, 2], 20), Err(Error::BurnNotWhole { burned: 15, amount: 20 }));
    assert_eq!(short, staking(5, 10));
    assert_eq!(short.burn(&[3], 0), Err(Error::BurnNotWhole { burned: 0, amount: 0 }));
}

/// mesh-security, packages/burn/src/burn.rs:67-148.
#[test]
fn mesh_21_the_remainder_goes_to_one_validator_or_nowhere() {
    let burns = |stakes: &[u128], amount| distribute_burn(stakes, amount);
    assert_eq!(burns(&[100, 200, 300], 100), Burns { total: 100, each: vec![34, 33, 33] });
    assert_eq!(burns(&[100, 1], 101), Burns { total: 101, each: vec![100, 1] });
    assert_eq!(burns(&[100, 1], 102), Burns { total: 52, each: vec![51, 1] });
    assert_eq!(burns(&[29, 30, 31, 1], 91), Burns { total: 67, each: vec![22, 22, 22, 1] });
    assert_eq!(burns(&[100], 100), Burns { total: 100, each: vec![100] });
    assert_eq!(burns(&[], 100), Burns::default());
    assert_eq!(burn_exactly(&[100, 1], 102), Err(Error::BurnNotWhole { burned: 52, amount: 102 }));
}

/// mesh-security-sdk, x/meshsecurity/keeper/stake_test.go:31-60.
#[test]
fn mesh_33_delegation_up_to_the_cap() {
    assert_eq!(delegate_within_cap(0, 10, 10), Ok(10));
    assert_eq!(delegate_within_cap(1, 2, 1), Ok(2));
    assert_eq!(delegate_within_cap(1, 2, 2), Err(Error::CapExceeded { cap: 2, stake: 3 }));
    assert_eq!(delegate_within_cap(0, 1, 2), Err(Error::CapExceeded { cap: 1, stake: 2 }));
    assert_eq!(delegate_within_cap(0, 10, 0), Err(Error::NothingToDelegate));
}

/// mesh-security, docs/UseCases.md:13, 51-52, 55-68.
#[test]
fn mesh_34_influence_of_the_providers() {
    let juno = provider_influence(100, &[60, 20]).unwrap();
    assert_eq!(juno[0], Influence { cap: 60, total: 180 });
    assert!(juno[0].can_halt() && !juno[1].can_halt());
    let star = provider_influence(100, &[40]).unwrap()[0];
    assert_eq!((star.basis_points(), star.can_halt()), (2857, false));
    let dao = provider_influence(100, &[300]).unwrap()[0];
    assert_eq!(dao.basis_points(), 7500);
    assert_eq!(dao.in_governance(GovernanceRights::None).basis_points(), 0);
    assert_eq!(dao.in_governance(GovernanceRights::Voting), dao);
}

/// mesh-security, docs/consumer/Converter.md:46-50; docs/README.md:124-126.
#[test]
fn mesh_35_the_discount_is_the_margin_for_a_falling_price() {
    let price = Decimal::percent(1800);
    let virtual_stake = converter(40).to_virtual(100, price).unwrap();
    assert_eq!(virtual_stake, 1080);
    let backing = |percent: u64| Backing::at(Decimal::percent(18 * percent), 100, virtual_stake);
    assert!(backing(70).holds() && backing(70).value == 1260);
    assert!(backing(60).holds() && !backing(59).holds());
    assert_eq!(backing(40), Backing { value: 720, virtual_stake: 1080 });
    assert!(!backing(40).holds());
}

/// mesh-security, contracts/consumer/remote-price-feed/src/price_keeper.rs.
#[test]
fn a_price_is_stale_at_its_time_to_live() {
    let mut feed = PriceFeed { native_per_foreign: HALF, updated_at_s: 1000, ttl_s: 600 };
    assert_eq!(feed.price(1599), Ok(HALF));
    assert_eq!(feed.price(1600), Err(Error::StalePrice { age_s: 600, ttl_s: 600 }));
    assert_eq!(feed.price(999), Ok(HALF));
    feed.update(TEN, 999);
    assert_eq!(feed.native_per_foreign, HALF);
    feed.update(TEN, 1000);
    assert_eq!(feed.price(1001), Ok(TEN));
    let stale = Error::StalePrice { age_s: 600, ttl_s: 600 };
    assert_eq!(stale.to_string(), "price must be younger than 600 s, is 600 s old");
}

#[test]
fn both_floors_of_the_conversion_show() {
    // ⌊3·0.5⌋ = 1, ⌊1·0.9⌋ = 0; in one step it would be ⌊1.35⌋ = 1.
    assert_eq!(converter(10).to_virtual(3, HALF), Ok(0));
    assert_eq!(converter(0).to_virtual(3, HALF), Ok(1));
    assert_eq!(converter(100).to_virtual(1000, HALF), Ok(0));
    let no_way_back = Error::NoInverse { quantity: "1 − discount" };
    assert_eq!(converter(100).to_provider(1, HALF), Err(no_way_back));
    assert_eq!(converter(0).to_provider(1, Decimal::ZERO), Err(Error::NoInverse { quantity: "price" }));
    assert!(Converter::new(Decimal::percent(101)).is_err());
    assert!(converter(0).to_virtual(u128::MAX, Decimal::percent(200)).is_err());
    assert_eq!(converter(0).to_virtual(u128::MAX, Decimal::ONE), Ok(u128::MAX));
}

#[test]
fn a_cap_that_is_met_exactly_cuts_nothing_and_a_cap_of_nought_leaves_nothing() {
    assert_eq!(scale_to_cap(&[1, 4], 5), Ok(vec![1, 4]));
    assert_eq!(scale_to_cap(&[1, 5], 5), Ok(vec![0, 4]));
    assert_eq!(scale_to_cap(&[1, 5], 0), Ok(vec![0, 0]));
    assert_eq!(scale_to_cap(&[0, 0], 0), Ok(vec![0, 0]));
    assert!(scale_to_cap(&[u128::MAX, 1], 5).is_err());
    let mut staking = VirtualStaking::default();
    staking.bond(1, 5).unwrap();
    staking.end_epoch(10).unwrap();
    assert_eq!(staking.end_epoch(0), Ok(BTreeMap::from([(1, Move::Unbond(5))])));
    assert_eq!(staking.requests()[&1], 5);
    assert_eq!(staking.end_epoch(10), Ok(BTreeMap::from([(1, Move::Bond(5))])));
}

/// mesh-security, contracts/consumer/virtual-staking/src/contract.rs (`validator_jail_unjail`).
#[test]
fn a_slash_is_booked_at_the_epoch_without_an_unbonding() {
    let mut staking = VirtualStaking::default();
    staking.bond(1, 10).unwrap();
    staking.bond(2, 20).unwrap();
    staking.end_epoch(100).unwrap();
    staking.slash(1, 1);
    staking.slash(3, 7);
    assert_eq!(staking.end_epoch(100), Ok(BTreeMap::new()));
    assert_eq!(staking.bonded(), &BTreeMap::from([(1, 9), (2, 20)]));
    staking.slash(1, 10);
    let before = staking.clone();
    assert_eq!(staking.end_epoch(100), Err(Error::StakeTooSmall { stake: 9, amount: 10 }));
    assert_eq!(staking, before);
    assert_eq!(staking.unbond(2, 21), Err(Error::StakeTooSmall { stake: 20, amount: 21 }));
}

/// mesh-security-sdk, x/meshsecurity/types/params.go; x/meshsecurity/keeper/keeper.go (`SetMaxCapLimit`).
#[test]
fn the_caps_of_all_contracts_share_one_total() {
    let params = ModuleParams::DEFAULT;
    assert_eq!(set_contract_cap(&params, 9_000_000_000, 1_000_000_000), Ok(10_000_000_000));
    assert!(set_contract_cap(&params, 9_000_000_001, 1_000_000_000).is_err());
    assert_eq!(params.next_rebalance(7), Some(1007));
    assert_eq!(ModuleParams { epoch_blocks: 0, ..params }.next_rebalance(7), None);
}

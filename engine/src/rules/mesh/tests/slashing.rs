//! Slashes and their propagation, as the contracts' own tests and documents work them.

use super::super::*;
use super::{FIRST, SECOND, TEN, figures, lien, user};

/// mesh-security, docs/ibc/Slashing.md scenario 1; contracts/provider/vault/src/multitest.rs:1752.
#[test]
fn mesh_01_free_collateral_takes_the_slash() {
    let mut account = user(200, 190, &[150], TEN);
    assert_eq!(figures(&account), (200, 190, 34, 10));
    let outcome = account.slash(FIRST, 10).unwrap();
    assert_eq!((outcome.lost, outcome.propagation, outcome.burns), (10, Propagation::None, vec![]));
    assert_eq!(figures(&account), (190, 190, 33, 0));
    assert_eq!((lien(&account, FIRST), lien(&account, Holder::Local)), (140, 190));
}

/// mesh-security, docs/ibc/Slashing.md scenario 2; multitest.rs:1882.
#[test]
fn mesh_02_without_free_collateral_the_local_lien_is_cut() {
    let mut account = user(200, 200, &[200], TEN);
    let outcome = account.slash(FIRST, 20).unwrap();
    assert_eq!(outcome.propagation, Propagation::LiensCut);
    assert_eq!(outcome.burns, [LienBurn { holder: Holder::Local, amount: 20 }]);
    assert_eq!(figures(&account), (180, 180, 36, 0));
    assert_eq!((lien(&account, FIRST), lien(&account, Holder::Local)), (180, 180));
}

/// mesh-security, docs/ibc/Slashing.md scenario 3 (which prints T 32); multitest.rs:1994.
#[test]
fn mesh_03_free_collateral_is_short() {
    let mut account = user(200, 190, &[150], TEN);
    let outcome = account.slash(FIRST, 15).unwrap();
    assert_eq!(outcome.burns, [LienBurn { holder: Holder::Local, amount: 5 }]);
    assert_eq!(figures(&account), (185, 185, 33, 0));
    assert_eq!((lien(&account, FIRST), lien(&account, Holder::Local)), (135, 185));
}

/// mesh-security, contracts/provider/vault/src/multitest.rs:2499.
#[test]
fn mesh_06_two_consumers_and_no_local_stake() {
    let mut account = Account::new(200);
    for (consumer, amount) in [(0, 140), (0, 40), (1, 100), (1, 88)] {
        account.stake_external(consumer, amount, TEN).unwrap();
    }
    assert_eq!(figures(&account), (200, 188, 36, 12));
    let outcome = account.slash(FIRST, 14).unwrap();
    assert_eq!(outcome.burns, [LienBurn { holder: SECOND, amount: 2 }]);
    assert_eq!(figures(&account), (186, 186, 35, 0));
    assert_eq!((lien(&account, FIRST), lien(&account, SECOND)), (166, 186));
}

/// mesh-security, contracts/provider/vault/src/multitest.rs:2746, 2876.
#[test]
fn mesh_08_a_native_slash_leaves_the_cross_stake() {
    let ratios = SlashRatios { double_sign: TEN, offline: TEN };
    for offence in [Offence::Offline, Offence::DoubleSign] {
        let mut account = user(200, 190, &[150], TEN);
        account.slash(Holder::Local, ratios.slash(offence, 190)).unwrap();
        assert_eq!(figures(&account), (181, 171, 33, 10));
        assert_eq!((lien(&account, Holder::Local), lien(&account, FIRST)), (171, 150));
    }
}

/// mesh-security-sdk, tests/e2e/slashing_test.go:14-111: price 0.5, discount 10 %, ratios 20 % and 10 %; validator 1
/// has a million of its own.
#[test]
fn mesh_23_a_jailing_on_the_consumer_comes_home_a_unit_short() {
    const MILLION: u128 = 1_000_000;
    let half = Decimal::percent(50);
    let ratios = SlashRatios::E2E_TESTS;
    let converter = Converter::new(TEN).unwrap();
    let mut account = user(200 * MILLION, 190 * MILLION, &[150 * MILLION], ratios.double_sign);
    let delegated = converter.to_virtual(100 * MILLION, half).unwrap();
    assert_eq!(delegated, 45 * MILLION);
    assert_eq!(converter.to_virtual(50 * MILLION, half), Ok(22_500_000));
    let validator = MILLION + delegated;
    assert_eq!(validator - ratios.slash(Offence::Offline, validator), 41_400_000);
    let amount = converter.to_provider(ratios.slash(Offence::Offline, delegated), half).unwrap();
    assert_eq!(amount, 9_999_999);
    let mut pool = Pool::new(1, 100);
    pool.prepare_stake(0, 100 * MILLION).unwrap();
    pool.commit_stake(0, 100 * MILLION).unwrap();
    let order = SlashOrder { amount, nominal_ratio: ratios.offline, infraction_s: 0, now_s: 1 };
    let slashes = pool.slash(order).unwrap();
    assert_eq!(slashes, [UserSlash { user: 0, amount: 9_999_999 }]);
    account.slash(FIRST, slashes[0].amount).unwrap();
    assert_eq!(figures(&account), (190_000_001, 190 * MILLION, 66_000_001, 1));
}

/// mesh-security-sdk, tests/e2e/slashing_test.go:288-339.
#[test]
fn mesh_26_a_jailing_on_the_provider() {
    const MILLION: u128 = 1_000_000;
    let ratios = SlashRatios::E2E_TESTS;
    let mut account = Account::new(200 * MILLION);
    account.stake_local(100 * MILLION, ratios.double_sign).unwrap();
    account.stake_local(50 * MILLION, ratios.double_sign).unwrap();
    assert_eq!(account.total_slashable(), Range::exact(30 * MILLION));
    account.slash(Holder::Local, ratios.slash(Offence::Offline, 100 * MILLION)).unwrap();
    assert_eq!(figures(&account), (190 * MILLION, 140 * MILLION, 28 * MILLION, 50 * MILLION));
}

/// Derived from mesh-security, contracts/provider/vault/src/contract.rs (`propagate_slash`): free 19, claimed 11,
/// Σ ratio 2, so every lien should lose ⌈11/2⌉ = 6, and the last has 2.
#[test]
fn mesh_29_a_lien_smaller_than_its_part_shields_the_user() {
    let mut account = user(95, 0, &[60, 60, 60, 2], Decimal::percent(50));
    assert_eq!(figures(&account), (95, 60, 91, 4));
    let before = account.clone();
    let small = Holder::External(3);
    let refused = account.slash(FIRST, 30);
    assert_eq!(refused, Err(Error::LienTooSmall { holder: small, lien: 2, amount: 6 }));
    assert_eq!(account, before);
    account.release(small, 2).unwrap();
    let outcome = account.slash(FIRST, 30).unwrap();
    assert_eq!(outcome.propagation, Propagation::LiensShrunk { by: 7 });
}

/// T 95 − 15 is 80, free 15, claimed 15, Σ ratio 2: each of four liens loses 8, and T four for each.
#[test]
fn with_total_slashable_above_the_largest_lien_all_liens_shrink_alike() {
    let mut account = user(95, 0, &[60, 60, 60, 10], Decimal::percent(50));
    let outcome = account.slash(FIRST, 30).unwrap();
    assert_eq!(outcome.propagation, Propagation::LiensShrunk { by: 8 });
    assert_eq!(outcome.burns.len(), 4);
    assert!(outcome.burns.iter().all(|burn| burn.amount == 8));
    let liens: Vec<u128> = account.liens().map(|(_, lien)| lien.amount.high()).collect();
    assert_eq!(liens, [22, 52, 52, 2]);
    assert_eq!(figures(&account), (65, 52, 64, 1));
}

/// Two liens of the whole collateral at half each: the slash leaves M 100 above T 75, so the local one is cut.
#[test]
fn the_whole_collateral_twice_at_half_each_stays_covered() {
    let mut account = user(100, 100, &[100], Decimal::percent(50));
    assert_eq!(figures(&account), (100, 100, 100, 0));
    let outcome = account.slash(FIRST, 50).unwrap();
    assert_eq!(outcome.propagation, Propagation::LiensCut);
    assert_eq!(figures(&account), (50, 50, 50, 0));
    let outcome = account.slash(FIRST, 0).unwrap();
    assert_eq!((outcome.lost, outcome.propagation), (0, Propagation::None));
}

/// Liens 80, 80, x at 50 %: slashing 20 of the second takes 10 off T = 80 + x/2 and leaves M at 80.
///
/// With x 20 the two are level and the first lien is cut to 70, with x 18 T is a unit below and the same happens; 5 more
/// comes off T, which stays above the collateral. With x 22 T is a unit above: all lose ⌈10/1.5⌉ = 7, but T only 3 for
/// each, and the largest lien ends at 73.
#[test]
fn a_tie_of_largest_lien_and_total_slashable_cuts_liens() {
    let half = Decimal::percent(50);
    for (third, excess) in [(20, 5), (18, 4)] {
        let mut account = user(90, 0, &[80, 80, third], half);
        let outcome = account.slash(SECOND, 20).unwrap();
        assert_eq!(outcome.propagation, Propagation::LiensCut);
        assert_eq!((account.collateral(), account.max_lien()), (70, Range::exact(70)));
        assert_eq!(account.total_slashable(), Range::exact(70 + excess));
        assert_eq!(outcome.warnings, [Warning::SlashableAboveCollateral { excess }]);
    }
    let mut above = user(91, 0, &[80, 80, 22], half);
    let outcome = above.slash(SECOND, 20).unwrap();
    assert_eq!(outcome.propagation, Propagation::LiensShrunk { by: 7 });
    let liens = [FIRST, SECOND, Holder::External(2)].map(|holder| lien(&above, holder));
    assert_eq!((above.collateral(), above.total_slashable(), liens), (71, Range::exact(72), [73, 53, 15]));
    let both = [Warning::SlashableAboveCollateral { excess: 1 }, Warning::LienAboveCollateral { excess: 2 }];
    assert_eq!(outcome.warnings, both);
}

/// One call slashes all its users or none.
#[test]
fn a_refused_user_spares_the_others_in_the_call() {
    let users = [user(200, 190, &[150], TEN), user(95, 0, &[60, 60, 60, 2], Decimal::percent(50))];
    let mut after = users.clone();
    assert!(slash_users(&mut after, FIRST, &[(0, 10), (1, 30)]).is_err());
    assert_eq!(after, users);
    assert_eq!(slash_users(&mut after, FIRST, &[(2, 1)]), Err(Error::NoStake { user: 2 }));
    let outcomes = slash_users(&mut after, FIRST, &[(0, 10), (0, 10)]).unwrap();
    assert_eq!(outcomes.len(), 2);
    assert_eq!((after[0].collateral(), &after[1]), (180, &users[1]));
}

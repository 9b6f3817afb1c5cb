//! Fees, escrow, division over validators, and what a chainlet asks of them.

use std::collections::BTreeMap;

use super::*;
use crate::rules::cosmos::{self, Dec18, Fraction18};

/// An option in `denom`.
fn option(denom: &str, epoch_fee: u128, setup_fee: u128) -> FeeOption {
    FeeOption { denom: denom.to_owned(), epoch_fee, setup_fee }
}

/// A wallet or a chainlet's pools, coin by coin.
fn coins<T: Copy>(rows: &[(&str, T)]) -> BTreeMap<String, T> {
    rows.iter().map(|(denom, amount)| ((*denom).to_owned(), *amount)).collect()
}

/// A number of shares, whole or not.
fn shares(text: &str) -> Dec18 {
    text.parse().unwrap()
}

/// A pool of so many units and shares.
fn pool(balance: u128, of: &str) -> Pool {
    Pool { balance, shares: shares(of) }
}

/// A running chainlet with one pool.
fn running(denom: &str, balance: u128) -> Chainlet {
    let pools = coins(&[(denom, pool(balance, &balance.to_string()))]);
    Chainlet { kind: Kind::Paying, state: State::Online, pools }
}

/// docs.saga.xyz, chainlet billing; ssc, x/chainlet/keeper/msg_server_launch_chainlet.go.
#[test]
fn saga_02_310_deposited_290_left_29_more_days() {
    let options = [option("usaga", 10, 10)];
    let wallet = coins(&[("usaga", 310)]);
    let launched = launch(&options, &wallet, N_EPOCH_DEPOSIT, LaunchRule::Documented).unwrap();
    assert_eq!((launched.deposit, launched.billed, launched.shares), (310, 20, shares("310")));
    let mut chainlet = launched.chainlet;
    assert_eq!(chainlet.pools["usaga"].balance, 290);
    assert_eq!(days_left(290, 10), Some(29));
    for day in 0..29 {
        assert_eq!(bill_epoch(&mut chainlet, &options), Billing::Billed { option_index: 0 }, "day {day}");
    }
    assert_eq!((bill_epoch(&mut chainlet, &options), chainlet.state), (Billing::Stopped, State::Offline));
    assert_eq!(bill_epoch(&mut chainlet, &options), Billing::Skipped);
}

/// The code drops the sum with the setup fee: 300 in, 20 billed, 28 more days.
#[test]
fn the_published_code_leaves_the_setup_fee_out_of_the_deposit() {
    let options = [option("usaga", 10, 10)];
    let wallet = coins(&[("usaga", 300)]);
    let launched = launch(&options, &wallet, N_EPOCH_DEPOSIT, LaunchRule::AsCoded).unwrap();
    assert_eq!((launched.deposit, launched.chainlet.pools["usaga"].balance), (300, 280));
    assert!(launch(&options, &wallet, N_EPOCH_DEPOSIT, LaunchRule::Documented).is_err());
    let dear = [option("usaga", 10, 291), option("uusdc", 1, 0)];
    let rich = coins(&[("usaga", 1_000), ("uusdc", 1_000)]);
    let refusal = launch(&dear, &rich, N_EPOCH_DEPOSIT, LaunchRule::AsCoded).unwrap_err();
    assert_eq!(refusal, Refusal::LaunchUnpaid { n_options: 2 });
}

/// ssc, x/escrow/keeper/escrow_test.go (`TestWithdrawTokenCalculation_UsesFloor`): all five rows.
#[test]
fn saga_03_withdrawals_are_cut_twice() {
    for (of, balance, position, paid) in [
        ("300", 100, "100", 33),
        ("100", 100, "50", 50),
        ("100", 100, "33.6", 33),
        ("100", 100, "0.5", 0),
        ("1000000000000000000", 1_000_000_000, "999999999999999999", 999_999_999),
    ] {
        let mut escrow = pool(balance, of);
        assert_eq!(escrow.withdraw(shares(position)), Ok(paid), "{position} of {of}");
        assert_eq!(escrow.balance, balance - paid);
    }
}

/// ssc, x/escrow/keeper/escrow_test.go (`TestScalingFactor`).
#[test]
fn saga_06_scaling_factor_is_shares_per_unit() {
    assert_eq!(pool(500, "1000").scaling_factor(), Ok(shares("2")));
    assert_eq!(pool(1_000, "1000").scaling_factor(), Ok(Dec18::ONE));
    assert_eq!(pool(0, "0").scaling_factor(), Ok(Dec18::ONE));
    assert_eq!(pool(0, "7").scaling_factor(), Ok(Dec18::ONE));
    assert_eq!(pool(3, "2").scaling_factor(), Ok(shares("0.666666666666666667")));
}

/// ssc, x/billing/keeper/hooks.go: 103 units over 10 validators.
#[test]
fn saga_08_leftovers_stay_in_the_billing_account() {
    assert_eq!(divide(103, 10), Payout { each: 10, left: 3 });
    assert_eq!(divide(9, 10), Payout { each: 0, left: 9 });
    assert_eq!(divide(9, 0), Payout { each: 0, left: 9 });
    assert_eq!((n_payees(3, 400), n_payees(0, 400), n_payees(0, 99), n_payees(0, 0)), (3, 100, 99, 0));
}

/// ssc, x/escrow/keeper/escrow_test.go (`TestWithdrawTokenCalculation_NeverExceedsEntitlement`).
#[test]
fn a_withdrawal_stays_within_the_funders_part() {
    for (of, balance, position, paid) in [
        ("100", 100, "33", 33),
        ("100", 100, "33.5", 33),
        ("100", 100, "33.9", 33),
        ("100", 100, "34", 34),
        ("1000", 333, "500", 166),
        ("777", 999, "123.456789", 158),
    ] {
        assert_eq!(pool(balance, of).withdraw(shares(position)), Ok(paid), "{position} of {of}");
    }
}

/// A position worth less than a unit stays; more shares than there are, or a factor rounded too low, are refused.
#[test]
fn withdrawals_that_cannot_be_paid_change_nothing() {
    let mut crumbs = pool(1, "3");
    assert_eq!((crumbs.withdraw(shares("2")), crumbs), (Ok(0), pool(1, "3")));
    let refusal = crumbs.withdraw(shares("4")).unwrap_err();
    assert_eq!(refusal, Refusal::SharesBeyondPool { shares: shares("4"), total: shares("3") });
    let balance = 3_000_000_000_000_000_000;
    let mut large = pool(balance, "1000000000000000000");
    let refusal = large.withdraw(large.shares).unwrap_err();
    assert_eq!(refusal, Refusal::Overdrawn { balance, amount: balance + 3 });
    assert_eq!(large.balance, balance);
    let mut faint = Pool { balance: 10_000_000_000_000_000_000, shares: Dec18::from_raw(1) };
    assert_eq!(faint.withdraw(Dec18::from_raw(1)), Ok(0));
    assert_eq!(Pool::default().withdraw(Dec18::ZERO), Ok(0));
}

/// Shares bought after a bill are dearer; into a spent pool a unit buys one share, which old shares then dilute.
#[test]
fn deposits_buy_shares_at_the_pools_rate() {
    let mut escrow = Pool::default();
    assert_eq!(escrow.deposit(300), Ok(shares("300")));
    escrow.bill(200).unwrap();
    assert_eq!(escrow.deposit(50), Ok(shares("150")));
    assert_eq!((escrow.balance, escrow.shares), (150, shares("450")));
    assert_eq!(escrow.bill(151), Err(Refusal::BalanceTooLow { balance: 150, amount: 151 }));
    escrow.bill(150).unwrap();
    let late = escrow.deposit(150).unwrap();
    assert_eq!((late, escrow.withdraw(late)), (shares("150"), Ok(37)));
    let mut thirds = pool(3, "1");
    assert_eq!(thirds.deposit(2), Ok(shares("0.666666666666666666")));
}

/// Options are tried in order, at launch and each day.
#[test]
fn the_first_option_that_can_be_paid_is_taken() {
    let options = [option("usaga", 10, 10), option("uusdc", 2, 1)];
    let wallet = coins(&[("usaga", 309), ("uusdc", 61)]);
    let launched = launch(&options, &wallet, N_EPOCH_DEPOSIT, LaunchRule::Documented).unwrap();
    assert_eq!((launched.option_index, launched.deposit, launched.billed), (1, 61, 3));
    let mut chainlet = refill(&launched.chainlet, "usaga", 10, &options).unwrap().chainlet;
    assert_eq!(bill_epoch(&mut chainlet, &options), Billing::Billed { option_index: 0 });
    assert_eq!(bill_epoch(&mut chainlet, &options), Billing::Billed { option_index: 1 });
    assert_eq!((chainlet.pools["usaga"].balance, chainlet.pools["uusdc"].balance), (0, 56));
}

/// No option, none payable, a deposit that does not cover the first bill.
#[test]
fn launches_that_cannot_be_paid_are_refused() {
    let rule = LaunchRule::Documented;
    let wallet = coins(&[("usaga", 310)]);
    assert_eq!(launch(&[], &wallet, 30, rule), Err(Refusal::NoFeeOption));
    let foreign = [option("uusdc", 1, 1)];
    assert_eq!(launch(&foreign, &wallet, 30, rule), Err(Refusal::LaunchUnpaid { n_options: 1 }));
    assert_eq!(
        launch(&[option("usaga", 1, 9)], &wallet, 0, rule),
        Err(Refusal::LaunchUnpaid { n_options: 1 })
    );
    assert_eq!(launch(&[option("usaga", u128::MAX, 0)], &wallet, 30, rule), Err(Refusal::OutOfRange));
    let text = Refusal::LaunchUnpaid { n_options: 1 }.to_string();
    assert_eq!(text, "one of the fee options must be payable at launch, got 1 that are not");
}

/// A stopped chainlet pays an epoch as soon as it is refilled; a refill that cannot is refused whole.
#[test]
fn a_refill_restarts_a_stopped_chainlet() {
    let options = [option("usaga", 10, 0)];
    let mut chainlet = running("usaga", 9);
    assert_eq!(bill_epoch(&mut chainlet, &options), Billing::Stopped);
    let back = refill(&chainlet, "usaga", 18, &options).unwrap();
    assert_eq!((back.restarted_with, back.shares), (Some(0), shares("18")));
    assert_eq!((back.chainlet.state, back.chainlet.pools["usaga"].balance), (State::Online, 17));
    chainlet.pools.get_mut("usaga").unwrap().balance = 0;
    let refusal = refill(&chainlet, "usaga", 9, &options).unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "a refill must leave a stopped chainlet able to pay one epoch, got 9 of `usaga`"
    );
    assert!(refill(&chainlet, "uusdc", 1_000, &options).is_err());
}

/// A refill while running buys shares and pays nothing.
#[test]
fn a_refill_of_a_running_chainlet_is_not_billed() {
    let more = refill(&running("usaga", 9), "usaga", 1, &[option("usaga", 10, 0)]).unwrap();
    assert_eq!((more.restarted_with, more.chainlet.pools["usaga"].balance), (None, 10));
}

/// Service chainlets have neither bill nor escrow.
#[test]
fn service_chainlets_are_not_billed() {
    let options = [option("usaga", 10, 0)];
    let mut service = Chainlet { kind: Kind::Service, ..running("usaga", 0) };
    assert_eq!((bill_epoch(&mut service, &options), service.state), (Billing::Skipped, State::Online));
    assert_eq!(refill(&service, "usaga", 1, &options), Err(Refusal::NoEscrow));
}

/// A balance pays whole days; what is free is free for ever.
#[test]
fn days_left_are_whole_days() {
    assert_eq!((days_left(29, 10), days_left(30, 10), days_left(5, 0)), (Some(2), Some(3), None));
}

/// ssc, x/chainlet/keeper/ccv.go: nothing can be slashed, the tombstone remains.
#[test]
fn a_chainlet_slashes_nothing_and_tombstones() {
    let chainlet = CHAINLET;
    assert_eq!((chainlet.top_n_percent, chainlet.power_cap_percent), (0, 32));
    assert_eq!(chainlet.redistribution, Fraction18::ZERO);
    let double_sign = chainlet.double_sign;
    assert_eq!((double_sign.jail, double_sign.tombstone), (Sentence::ForEver, Tombstone::Yes));
    let downtime = chainlet.downtime;
    assert_eq!((downtime.slash, downtime.jail), (Fraction18::ZERO, Sentence::Seconds(0)));
    assert_eq!(downtime.tombstone, Tombstone::No);
    assert_eq!((chainlet.unbonding_s, chainlet.provider_unbonding_s), (1_728_000, 1_814_400));
    assert_eq!(cosmos::slash_bonded(u128::MAX, double_sign.slash, cosmos::POWER_REDUCTION), 0);
}

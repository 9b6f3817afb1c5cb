//! The published cases, and the edges between them.

mod consumer;
mod edges;
mod external;
mod properties;
mod slashing;
mod validators;
mod vault;

use super::{Account, Decimal, Holder};

const TEN: Decimal = Decimal::percent(10);
const FIRST: Holder = Holder::External(0);
const SECOND: Holder = Holder::External(1);

/// A user with a local lien (0 for none) and one lien a consumer, all at one ratio.
fn user(collateral: u128, local: u128, external: &[u128], ratio: Decimal) -> Account {
    let mut account = Account::new(collateral);
    if local > 0 {
        account.stake_local(local, ratio).unwrap();
    }
    for (consumer, amount) in (0..).zip(external) {
        account.stake_external(consumer, *amount, ratio).unwrap();
    }
    account
}

/// C, M, T and free collateral, all settled.
fn figures(account: &Account) -> (u128, u128, u128, u128) {
    let free = account.free().unwrap();
    let ranges = [account.max_lien(), account.total_slashable(), free];
    assert!(ranges.iter().all(|range| range.low() == range.high()), "{account:?}");
    (account.collateral(), ranges[0].high(), ranges[1].high(), free.high())
}

/// The settled amount of a lien.
fn lien(account: &Account, holder: Holder) -> u128 {
    let amount = account.lien(holder).unwrap().amount;
    assert_eq!(amount.low(), amount.high());
    amount.high()
}

//! What holds for every input.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::rules::cosmos::Dec18;

fn any_bidder() -> impl Strategy<Value = Bidder> {
    (0..6_u128, proptest::option::of(0..6_u128)).prop_map(|(stake, bid)| Bidder { stake, bid })
}

fn any_option() -> impl Strategy<Value = FeeOption> {
    (0..3_u8, 0..40_u128, 0..400_u128).prop_map(|(coin, epoch_fee, setup_fee)| FeeOption {
        denom: coin.to_string(),
        epoch_fee,
        setup_fee,
    })
}

/// Base units in all pools of a chainlet.
fn escrowed(chainlet: &Chainlet) -> u128 {
    chainlet.pools.values().map(|pool| pool.balance).sum()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn winners_never_bid_above_the_price_nor_losers_below_it(
        rows in vec(any_bidder(), 0..12), n_players in 0..14_usize, n_winners in 0..14_usize,
    ) {
        let outcome = musical_chairs(&rows, Chairs { n_players, n_winners });
        let bid = |i: &usize| rows[*i].bid.unwrap();
        let price = outcome.price.unwrap_or(0);
        prop_assert!(outcome.winners.iter().all(|i| bid(i) <= price));
        prop_assert!(outcome.losers.iter().all(|i| bid(i) >= price && outcome.pay(*i) == 0));
        prop_assert_eq!(outcome.price, outcome.winners.iter().map(bid).max());
        let n_bids = outcome.winners.len() + outcome.losers.len();
        prop_assert_eq!(outcome.winners.len(), n_winners.min(n_bids));
        prop_assert!(n_bids <= n_players.min(rows.len()));
    }

    #[test]
    fn players_are_the_largest(rows in vec(any_bidder(), 1..12), n_players in 1..12_usize) {
        let everyone: Vec<Bidder> = rows.iter().map(|row| Bidder { bid: Some(1), ..*row }).collect();
        let players = musical_chairs(&everyone, Chairs { n_players, n_winners: 99 }).winners;
        let least = players.iter().map(|i| rows[*i].stake).min().unwrap();
        let outside = (0..rows.len()).filter(|i| !players.contains(i));
        prop_assert!(outside.map(|i| rows[i].stake).all(|stake| stake <= least));
    }

    #[test]
    fn a_pool_pays_no_more_than_it_holds(balance in any::<u128>(), all in any::<u128>(), part in any::<u128>()) {
        let mut pool = Pool { balance, shares: Dec18::from_raw(all) };
        let paid = pool.withdraw(Dec18::from_raw(part)).unwrap_or(0);
        prop_assert_eq!(balance - paid, pool.balance);
        prop_assert!(paid == 0 || pool.shares == Dec18::from_raw(all - part));
    }

    #[test]
    fn a_deposit_is_all_there_or_refused(balance in any::<u128>(), all in any::<u128>(), amount in any::<u128>()) {
        let before = Pool { balance, shares: Dec18::from_raw(all) };
        let mut after = before;
        match after.deposit(amount) {
            Ok(issued) => {
                prop_assert_eq!(after.balance - balance, amount);
                prop_assert_eq!(after.shares.raw() - all, issued.raw());
            }
            Err(_) => prop_assert_eq!(after, before),
        }
    }

    #[test]
    fn paying_in_and_out_never_pays(
        balance in 1..1_000_000_000_u128, all in 1..1_000_000_000_u128, amount in 1..1_000_000_000_u128,
    ) {
        let mut pool = Pool { balance, shares: Dec18::from_integer(all).unwrap() };
        let issued = pool.deposit(amount).unwrap();
        prop_assert!(pool.withdraw(issued).unwrap() <= amount);
    }

    #[test]
    fn bills_and_refills_lose_no_unit(
        options in vec(any_option(), 1..4), funds in vec(0..20_000_u128, 3), refills in vec((0..3_u8, 0..50_u128), 0..40),
    ) {
        let wallet: BTreeMap<String, u128> = (0..3).map(|coin: usize| coin.to_string()).zip(funds).collect();
        let Ok(launched) = launch(&options, &wallet, N_EPOCH_DEPOSIT, LaunchRule::Documented) else {
            return Ok(());
        };
        let mut chainlet = launched.chainlet;
        let (mut paid_in, mut billed) = (launched.deposit, launched.billed);
        for (coin, amount) in refills {
            if let Billing::Billed { option_index } = bill_epoch(&mut chainlet, &options) {
                billed += options[option_index].epoch_fee;
            }
            if let Ok(done) = refill(&chainlet, &coin.to_string(), amount, &options) {
                paid_in += amount;
                billed += done.restarted_with.map_or(0, |index| options[index].epoch_fee);
                chainlet = done.chainlet;
            }
            prop_assert_eq!(escrowed(&chainlet), paid_in - billed);
        }
    }

    #[test]
    fn a_launch_takes_any_numbers(epoch_fee in any::<u128>(), setup_fee in any::<u128>(), n_epochs in any::<u64>()) {
        let options = [FeeOption { denom: "usaga".to_owned(), epoch_fee, setup_fee }];
        let wallet = BTreeMap::from([("usaga".to_owned(), u128::MAX)]);
        for rule in [LaunchRule::Documented, LaunchRule::AsCoded] {
            if let Ok(launched) = launch(&options, &wallet, n_epochs, rule) {
                prop_assert_eq!(escrowed(&launched.chainlet), launched.deposit - launched.billed);
            }
        }
    }

    #[test]
    fn a_division_gives_every_unit_once(balance in any::<u128>(), n in 0..500_usize) {
        let Payout { each, left } = divide(balance, n);
        prop_assert_eq!(each * n as u128 + left, balance);
        prop_assert!(n == 0 || left < n as u128);
    }

    #[test]
    fn an_average_lies_among_its_prices(prices in vec(any::<u128>(), 1..9), n_epochs in 1..12_usize) {
        let mean = moving_average(&prices, n_epochs).unwrap();
        let last = &prices[prices.len().saturating_sub(n_epochs)..];
        prop_assert!(last.iter().min().unwrap() <= &mean && &mean <= last.iter().max().unwrap());
    }
}

//! Musical chairs.

use super::*;

/// Validators by stake and bid.
fn bidders(rows: &[(u128, u128)]) -> Vec<Bidder> {
    rows.iter().map(|(stake, bid)| Bidder { stake: *stake, bid: Some(*bid) }).collect()
}

/// docs.saga.xyz, validator selection: 12 validators, the 10 largest play, $6 and $8 lose their chair, $5 is
/// the price.
#[test]
fn saga_01_all_eight_winners_get_five_dollars() {
    let bids = [5, 2, 8, 3, 1, 4, 6, 2, 3, 5, 1, 1];
    let rows: Vec<(u128, u128)> = (0..12).map(|i| 1_200 - 100 * i).zip(bids).collect();
    let outcome = musical_chairs(&bidders(&rows), Chairs { n_players: 10, n_winners: 8 });
    assert_eq!(outcome.price, Some(5));
    assert_eq!((outcome.winners.len(), outcome.losers.as_slice()), (8, [6, 2].as_slice()));
    let pay: Vec<u128> = (0..12).map(|i| outcome.pay(i)).collect();
    assert_eq!(pay, [5, 5, 0, 5, 5, 5, 0, 5, 5, 5, 0, 0]);
    assert_eq!(outcome.developer_fee(8), 40);
}

/// Bids 1, 2, 3, 4, 5, 5, 7, 9 for five chairs: the larger of the two that bid 5 gets the last one, the price
/// is 5 anyway.
#[test]
fn saga_07_stake_decides_a_tie_and_leaves_the_price() {
    let bids = [9, 5, 1, 7, 5, 2, 4, 3];
    let chairs = Chairs { n_players: 8, n_winners: 5 };
    for (stakes, last) in [([8, 1, 7, 6, 5, 4, 3, 2], 4), ([8, 5, 7, 6, 1, 4, 3, 2], 1), ([1; 8], 1)] {
        let rows: Vec<(u128, u128)> = stakes.into_iter().zip(bids).collect();
        let outcome = musical_chairs(&bidders(&rows), chairs);
        assert_eq!(outcome.price, Some(5));
        assert_eq!(outcome.winners, [2, 5, 7, 6, last]);
        assert_eq!(outcome.losers, [5 - last, 3, 0]);
    }
}

/// With no more bids than chairs nobody loses, and the price is the highest bid.
#[test]
fn with_chairs_for_all_the_dearest_bid_is_the_price() {
    let rows = bidders(&[(3, 4), (2, 9), (1, 6)]);
    for n_winners in [3, 4, usize::MAX] {
        let outcome = musical_chairs(&rows, Chairs { n_players: 8, n_winners });
        assert_eq!((outcome.price, outcome.winners, outcome.losers), (Some(9), vec![0, 2, 1], vec![]));
    }
    let one = musical_chairs(&rows, Chairs { n_players: 1, n_winners: 2 });
    assert_eq!((one.price, one.winners), (Some(4), vec![0]));
}

/// No chairs, no players, no bids: no price.
#[test]
fn without_winners_there_is_no_price() {
    let rows = bidders(&[(3, 4), (2, 9)]);
    let no_chairs = musical_chairs(&rows, Chairs { n_players: 2, n_winners: 0 });
    assert_eq!((no_chairs.price, no_chairs.losers.as_slice()), (None, [0, 1].as_slice()));
    assert_eq!((no_chairs.pay(0), no_chairs.developer_fee(9)), (0, 0));
    assert_eq!(musical_chairs(&rows, Chairs { n_players: 0, n_winners: 2 }).price, None);
    assert_eq!(musical_chairs(&[], Chairs { n_players: 2, n_winners: 2 }).price, None);
    let silent = [Bidder { stake: 5, bid: None }];
    assert!(musical_chairs(&silent, Chairs { n_players: 2, n_winners: 2 }).winners.is_empty());
}

/// A player that does not bid keeps its place among the players, so no smaller validator moves up.
#[test]
fn a_silent_player_makes_no_room() {
    let silent = Bidder { stake: 9, bid: None };
    let rows = [silent, Bidder { stake: 8, bid: Some(7) }, Bidder { stake: 1, bid: Some(1) }];
    let outcome = musical_chairs(&rows, Chairs { n_players: 2, n_winners: 2 });
    assert_eq!((outcome.price, outcome.winners), (Some(7), vec![1]));
}

/// At the edge of the player set equal stakes come in the order given.
#[test]
fn equal_stakes_play_in_the_order_given() {
    let rows = bidders(&[(5, 3), (7, 2), (5, 1)]);
    let outcome = musical_chairs(&rows, Chairs { n_players: 2, n_winners: 2 });
    assert_eq!((outcome.price, outcome.winners), (Some(3), vec![1, 0]));
}

/// Standing bids hold until they are replaced; prices are averaged over the last epochs.
#[test]
fn bids_roll_over_and_prices_are_averaged() {
    let standing = [Some(5), None, Some(7)];
    assert_eq!(roll_over(&standing, &[None, Some(2)]), [Some(5), Some(2), Some(7)]);
    assert_eq!(roll_over(&standing[..1], &[Some(4), None, Some(9)]), [Some(4), None, Some(9)]);
    assert_eq!(moving_average(&[100, 5, 6, 6], 3), Some(5));
    assert_eq!(moving_average(&[5, 6], 9), Some(5));
    assert_eq!((moving_average(&[], 3), moving_average(&[5], 0)), (None, None));
    assert_eq!(moving_average(&[u128::MAX; 4], 4), Some(u128::MAX));
}

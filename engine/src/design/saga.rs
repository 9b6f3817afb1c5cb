//! Saga: an opt-in consumer chain whose validators win their seats in an auction, or share a fixed fee.

use super::backing::Backing;
use super::ics;
use crate::rules::saga::{Bidder, Chairs, Clearing, musical_chairs};
use crate::study::{Design, Ics, SagaPrice, Selection, Study};

/// Bids are counted in millionths of a USD.
const MICROS: f64 = 1e6;

/// Backing of a chainlet: of those that opted in, the winners of its auction.
pub fn backing(study: &Study, design: &Design, service: usize, chainlet: &Ics, price: &SagaPrice) -> Backing {
    let selection = match (clearing(study, chainlet, price), &chainlet.selection) {
        (Some(clearing), Selection::OptIn(opted_in)) => {
            let seated = |operator: usize| opted_in[operator] && clearing.winners.contains(&operator);
            Selection::OptIn((0..opted_in.len()).map(seated).collect())
        }
        (_, selection) => selection.clone(),
    };
    let backing = ics::shaped(study, design, (service, chainlet), &selection);
    // Seats of an auction are won by price, not by stake.
    Backing { is_open: backing.is_open && matches!(price, SagaPrice::Fee { .. }), ..backing }
}

/// Outcome of the auction, prices in millionths of a USD a day; `None` where fees are fixed.
pub fn clearing(study: &Study, chainlet: &Ics, price: &SagaPrice) -> Option<Clearing> {
    let SagaPrice::Auction { bids, players, seats } = price else { return None };
    let stake = &study.pools[chainlet.provider].stake;
    let bidders: Vec<Bidder> = stake
        .iter()
        .zip(bids)
        .enumerate()
        .map(|(operator, (stake, bid))| {
            let may_bid = *stake > 0 && ics::is_admitted(&study.pools[chainlet.provider], chainlet, operator);
            Bidder { stake: *stake, bid: bid.filter(|_| may_bid).map(micros) }
        })
        .collect();
    Some(musical_chairs(&bidders, Chairs { n_players: *players, n_winners: *seats }))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "saturates, and bids are not negative"
)]
fn micros(usd: f64) -> u128 {
    libm::round(usd * MICROS) as u128
}

//! Rented hash rate.

use super::*;

/// 400 EH/s at 10⁻⁶ USD per TH/s and hour for six hours: $2,400, of which rewards give back 80 %.
#[test]
fn pow_05_rewards_leave_480_of_2400_dollars() {
    let gross = rent_usd(400e6, 24e-6, 6.0);
    same(gross, 2400.0);
    same(net_rent_usd(gross, 0.8 * gross, 1.0), 480.0);
    same(net_rent_usd(gross, 5000.0, CRYPTO51_MOST_OFFSET), 480.0);
}

/// tdickman/crypto51, crypto51/app.py: day price in BTC · USD per BTC / 24, rewards not set off.
#[test]
fn pow_06_an_hour_is_a_24th_of_the_day_price() {
    let day = crypto51_day_price_btc(0.0125, 480.0);
    same(day, 6.0);
    same(crypto51_hourly_usd(day, 20_000.0).unwrap(), 5000.0);
    assert_eq!(crypto51_hourly_usd(0.0, 20_000.0), None);
}

#[test]
fn an_hourly_rate_is_a_24th_of_a_daily_one() {
    same(rent_usd(7.0, 24.0, 1.0), 7.0);
    same(rent_usd(7.0, 1.0, 24.0), 7.0);
}

#[test]
fn rewards_are_capped_at_their_part_of_the_rent() {
    same(net_rent_usd(100.0, 30.0, 0.8), 70.0);
    same(net_rent_usd(100.0, 80.0, 0.8), 20.0);
    same(net_rent_usd(100.0, 81.0, 0.8), 20.0);
    assert!(net_rent_usd(100.0, 200.0, 1.0).abs() < 1e-12);
    same(net_rent_usd(100.0, 200.0, f64::INFINITY), -100.0);
    same(net_rent_usd(0.0, 5.0, f64::INFINITY), -5.0);
    same(net_rent_usd(100.0, -5.0, 0.8), 100.0);
}

/// crypto51's ratio says what part of the need is on offer; its inverse, what part of the offer is needed.
#[test]
fn more_than_the_market_is_not_to_be_had() {
    same(rentable_share(50.0, 200.0), 0.25);
    same(share_of_market(200.0, 50.0), 4.0);
    assert_eq!(rentable(200.0, 50.0), Rentable::InPart);
    assert_eq!(rentable(50.0, 50.0), Rentable::Wholly);
    assert_eq!(rentable(50.0_f64.next_up(), 50.0), Rentable::InPart);
    assert_eq!(rentable(f64::NAN, 50.0), Rentable::InPart);
}

#[test]
fn an_empty_market_serves_only_who_needs_nothing() {
    assert!(share_of_market(1.0, 0.0).is_infinite() && rentable_share(0.0, 1.0).abs() < f64::MIN_POSITIVE);
    assert!(rentable_share(0.0, 0.0).is_infinite() && share_of_market(0.0, 0.0).abs() < f64::MIN_POSITIVE);
    assert_eq!(rentable(0.0, 0.0), Rentable::Wholly);
}

proptest! {
    #[test]
    fn both_shares_say_what_the_market_says(need in 1e-6..1e12_f64, capacity in 1e-6..1e12_f64) {
        let (part, rentable_part) = (share_of_market(need, capacity), rentable_share(capacity, need));
        match rentable(need, capacity) {
            Rentable::Wholly => prop_assert!(part <= 1.0 && rentable_part >= 1.0),
            // A need one rounding above the capacity shows as 1.
            Rentable::InPart => prop_assert!(part >= 1.0 && rentable_part <= 1.0),
        }
    }

    #[test]
    fn an_offset_never_raises_the_rent(rent in 0.0..1e12_f64, rewards in any::<f64>(), most in 0.0..=1.0_f64) {
        let net = net_rent_usd(rent, rewards, most);
        prop_assert!((0.0..=rent).contains(&net), "{}", net);
    }
}

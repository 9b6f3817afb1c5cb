//! The slash meter.

use super::super::*;

const HOUR_S: u64 = 3600;

fn throttle(fraction_dec: u128, total_power: u128) -> Throttle {
    Throttle::new(ThrottleParameters { fraction_dec, period_s: HOUR_S }, total_power, 0)
}

fn downtime(effective_power: u128) -> SlashPacket {
    SlashPacket { infraction: PacketInfraction::Downtime, set: ConsumerSet::Inside, effective_power }
}

/// Replenishments, one a period, until the meter satisfies `done`.
fn periods_until(mut throttle: Throttle, total_power: u128, done: fn(i128, i128) -> bool) -> u64 {
    let full = i128::try_from(allowance(total_power, throttle_fraction(&throttle))).unwrap();
    let mut n = 0;
    while !done(throttle.meter(), full) {
        n += 1;
        throttle.begin_block(total_power, n * HOUR_S);
    }
    n
}

fn throttle_fraction(throttle: &Throttle) -> u128 {
    throttle.parameters().fraction_dec
}

/// interchain-security, tests/integration/throttle.go:45-73.
#[test]
fn ics_20_one_of_four_equal_validators_is_jailed() {
    for (fraction_dec, full, after, next, positive, handled) in
        [(DEC / 5, 800, -200, 600, 1, 1), (DEC / 10, 400, -600, 300, 3, 2), (DEC / 20, 200, -800, 150, 6, 6)]
    {
        let mut meter = throttle(fraction_dec, 4000);
        assert_eq!(meter.meter(), full);
        assert_eq!(meter.receive(downtime(1000)), PacketFate::Handled);
        assert_eq!(meter.meter(), after);
        assert_eq!(allowance(3000, fraction_dec), next);
        assert_eq!(periods_until(meter, 3000, |meter, _| meter > 0), positive);
        assert_eq!(periods_until(meter, 3000, |meter, _| meter >= 0), handled);
    }
}

/// interchain-security, x/ccv/provider/keeper/throttle_test.go:294-335.
#[test]
fn ics_22_replenishments_until_full() {
    for (slashed, total, fraction_dec, full, after, next, periods) in [
        (100, 1000, DEC / 100, 10, -90, 9, 11),
        (30, 100, DEC / 10, 10, -20, 7, 4),
        (5, 1000, DEC / 10_000_000, 1, -4, 1, 5),
    ] {
        let mut meter = throttle(fraction_dec, total);
        assert_eq!(meter.meter(), full);
        meter.receive(downtime(slashed));
        assert_eq!(meter.meter(), after);
        assert_eq!(allowance(total - slashed, fraction_dec), next);
        assert_eq!(periods_until(meter, total - slashed, |meter, full| meter == full), periods);
    }
}

/// interchain-security, x/ccv/provider/keeper/throttle_test.go:204-290.
#[test]
fn ics_25_the_meter_follows_the_total_power_down_at_once_and_up_by_periods() {
    let mut meter = throttle(DEC / 10, 1000);
    assert_eq!(meter.meter(), 100);
    meter.begin_block(500, 10);
    assert_eq!(meter.meter(), 50);
    meter.begin_block(100, 10 + 5 * HOUR_S);
    assert_eq!(meter.meter(), 10);
    meter.begin_block(5000, 20 + 5 * HOUR_S);
    assert_eq!((meter.meter(), allowance(5000, DEC / 10)), (10, 500));
    meter.begin_block(10_000, 20 + 10 * HOUR_S);
    assert_eq!(meter.meter(), 1000);
}

/// interchain-security, docs/docs/adrs/adr-002-throttle.md:185.
#[test]
fn ics_36_jailing_a_third_takes_at_least_three_periods_and_a_half() {
    let parameters = ThrottleParameters { fraction_dec: DEC / 100 * 6, period_s: HOUR_S };
    let bound = jailing_time_bound_s(DEC / 100 * 33, parameters);
    assert_eq!(bound, Some(u128::from(3 * HOUR_S + HOUR_S / 2)));
    assert_eq!(replenishments_bound(DEC / 100 * 33, parameters.fraction_dec), Some(4));
}

#[test]
fn the_bound_ends_where_it_says_nothing() {
    let none = ThrottleParameters { fraction_dec: 0, period_s: HOUR_S };
    assert_eq!(jailing_time_bound_s(DEC / 3, none), None);
    assert_eq!(replenishments_bound(DEC / 3, 0), None);
    assert_eq!(jailing_time_bound_s(DEC / 20, ThrottleParameters::DEFAULT), Some(0));
    assert_eq!(replenishments_bound(DEC / 20, DEC / 20), Some(0));
}

/// Validators of exactly the fraction, each jailed as soon as the meter lets it through.
#[test]
fn no_attack_is_faster_than_the_bound() {
    let (total, each) = (10_000u128, 600);
    let mut meter = throttle(DEC / 100 * 6, total);
    let (mut jailed, mut now_s) = (0, 0);
    while jailed < 3300 {
        meter.begin_block(total - jailed, now_s);
        if meter.receive(downtime(each)) == PacketFate::Handled {
            jailed += each;
        } else {
            now_s += 60;
        }
    }
    let bound = jailing_time_bound_s(DEC / 100 * 33, meter.parameters()).unwrap();
    assert!(u128::from(now_s) >= bound, "{now_s} against {bound}");
}

#[test]
fn at_zero_a_packet_is_handled_and_below_it_bounces() {
    let mut meter = throttle(DEC / 10, 1000);
    assert_eq!(meter.receive(downtime(100)), PacketFate::Handled);
    assert_eq!(meter.meter(), 0);
    assert_eq!(meter.receive(downtime(1)), PacketFate::Handled);
    assert_eq!(meter.receive(downtime(1)), PacketFate::Bounced);
    assert_eq!(meter.meter(), -1);
}

#[test]
fn logged_and_dropped_packets_cost_nothing() {
    let mut meter = throttle(DEC / 10, 1000);
    let double_sign = SlashPacket { infraction: PacketInfraction::DoubleSign, ..downtime(500) };
    assert_eq!(meter.receive(double_sign), PacketFate::Logged);
    let stranger = SlashPacket { set: ConsumerSet::Outside, ..downtime(500) };
    assert_eq!(meter.receive(stranger), PacketFate::Dropped);
    assert_eq!(meter.receive(downtime(0)), PacketFate::Handled);
    assert_eq!(meter.meter(), 100);
    meter.receive(downtime(101));
    assert_eq!(
        (meter.receive(double_sign), meter.receive(stranger)),
        (PacketFate::Logged, PacketFate::Dropped)
    );
}

#[test]
fn several_periods_at_once_add_one_allowance() {
    let mut meter = throttle(DEC / 10, 1000);
    meter.receive(downtime(500));
    meter.begin_block(1000, 50 * HOUR_S);
    assert_eq!((meter.meter(), meter.candidate_s()), (-300, 51 * HOUR_S));
    meter.begin_block(1000, 51 * HOUR_S - 1);
    assert_eq!(meter.meter(), -300);
    meter.begin_block(1000, 51 * HOUR_S);
    assert_eq!(meter.meter(), -200);
}

#[test]
fn while_full_the_candidate_moves_with_the_clock() {
    let mut meter = throttle(DEC / 10, 1000);
    meter.begin_block(1000, 1800);
    assert_eq!(meter.candidate_s(), 1800 + HOUR_S);
    meter.receive(downtime(1));
    meter.begin_block(1000, 1900);
    assert_eq!(meter.candidate_s(), 1800 + HOUR_S);
    meter.begin_block(1000, 1800 + HOUR_S);
    assert_eq!((meter.meter(), meter.candidate_s()), (100, 1800 + 2 * HOUR_S));
}

#[test]
fn the_allowance_rounds_halves_to_even_and_is_at_least_one() {
    assert_eq!([5, 15, 25, 35, 45].map(|total| allowance(total, DEC / 10)), [1, 2, 2, 4, 4]);
    assert_eq!([0, 14, 16, 26].map(|total| allowance(total, DEC / 10)), [1, 1, 2, 3]);
    assert_eq!(allowance(u128::MAX, DEC), u128::MAX);
}

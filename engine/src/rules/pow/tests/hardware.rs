//! Own hardware.

use super::*;

/// The article's machine: 100 TH/s, $2,500, 3 kW.
fn unit() -> Unit {
    Unit::new(100.0, 2500.0, 3000.0).unwrap()
}

/// 51 % of the 400 EH/s of Bitcoin.
fn fleet() -> Fleet {
    Fleet::for_hash_rate(unit(), hash_rate_to_own(400e6, 0.51, Honest::TakenOver).unwrap()).unwrap()
}

/// A public article: 204 EH/s in units of 100 TH/s at $2,500 are 2.04 million units and $5.1 bn.
#[test]
fn pow_01_two_million_units_for_five_billion() {
    assert_eq!(fleet().n_units(), 2_040_000);
    same(fleet().capex_usd(), 5.1e9);
}

/// The same article: 3 kW each are 6.12 GW; at $0.06/kWh $367,200 an hour and $268 M in a month of 730.5 hours,
/// where it says $10 M.
#[test]
fn pow_02_energy_is_268_million_a_month() {
    same(fleet().power_w(), 6.12e9);
    same(fleet().energy_usd_per_hour(0.06), 367_200.0);
    same(fleet().energy_usd_per_hour(0.06) * 730.5, 268_239_600.0);
    same(energy_usd(204e6, 30.0, 1.0, 0.06), 367_200.0);
}

#[test]
fn part_of_a_unit_is_a_unit() {
    let n_units = |ths: f64| Fleet::for_hash_rate(unit(), ths).unwrap().n_units();
    assert_eq!([0.0, 1e-9, 99.9, 100.0, 100.1, 200.0].map(n_units), [0, 1, 1, 1, 2, 2]);
    assert_eq!(n_units(100.0_f64.next_up()), 2);
}

/// As doubles, 0.3 lies below three tenths and ten of it below 3.
#[test]
fn decimal_rates_need_no_extra_unit() {
    for (rate, need, expected) in [(0.3, 3.0, 10), (0.1, 4.9, 49), (0.7, 7.0, 10), (13.5, 135.0, 10)] {
        let fleet = Fleet::for_hash_rate(Unit::new(rate, 1.0, 1.0).unwrap(), need).unwrap();
        assert_eq!(fleet.n_units(), expected, "{rate}");
    }
}

#[test]
fn units_beyond_counting_are_refused() {
    let one = Unit::new(1.0, 1.0, 1.0).unwrap();
    assert_eq!(Fleet::for_hash_rate(one, 9_007_199_254_740_992.0).unwrap().n_units(), 1 << 53);
    let refusal = Fleet::for_hash_rate(one, 9_007_199_254_740_994.0).unwrap_err();
    assert_eq!(refusal.to_string(), "units of hardware must number at most 2^53, got 9007199254740994");
    let tiny = Unit::new(f64::MIN_POSITIVE, 1.0, 1.0).unwrap();
    assert!(matches!(Fleet::for_hash_rate(tiny, f64::MAX), Err(Refusal::TooManyUnits { .. })));
}

#[test]
fn machines_are_checked() {
    let text = |rate, price, power| Unit::new(rate, price, power).unwrap_err().to_string();
    assert_eq!(text(0.0, 1.0, 1.0), "hash rate of a unit in TH/s must be finite and above 0, got 0");
    assert_eq!(text(1.0, -1.0, 1.0), "price of a unit in USD must be finite and at least 0, got -1");
    assert_eq!(text(1.0, 1.0, f64::NAN), "power of a unit in W must be finite and at least 0, got NaN");
    assert!(Unit::new(1.0, 0.0, 0.0).is_ok());
}

/// $5.1 bn over three years of 8,766 hours are $193,931 an hour; half the price on resale is $2.55 bn.
#[test]
fn hardware_is_worn_or_sold() {
    let life_hours = 3.0 * 8766.0;
    same(fleet().amortisation_usd_per_hour(life_hours).unwrap(), 5.1e9 / 26_298.0);
    same(fleet().resale_usd(0.5).unwrap(), 2.55e9);
    let cost = |afterwards| fleet().hardware_usd(afterwards, 6.0).unwrap();
    same(cost(Afterwards::Kept { life_hours }), 6.0 * 5.1e9 / 26_298.0);
    same(cost(Afterwards::Sold { resale: 0.75 }), 1.275e9);
    assert!(cost(Afterwards::Sold { resale: 1.0 }).abs() < f64::MIN_POSITIVE);
    same(fleet().hardware_usd(Afterwards::Kept { life_hours }, life_hours).unwrap(), 5.1e9);
}

#[test]
fn life_hours_and_resale_are_checked() {
    assert!(matches!(fleet().amortisation_usd_per_hour(0.0), Err(Refusal::NotPositive { .. })));
    assert!(matches!(fleet().resale_usd(1.1), Err(Refusal::OutsideUnit { .. })));
    let bad = fleet().hardware_usd(Afterwards::Sold { resale: 0.5 }, f64::INFINITY);
    assert!(matches!(bad, Err(Refusal::Negative { quantity: "hours", .. })));
}

/// Six hours of 204 EH/s with rewards of 18.36 blocks: 3.125 coins of $60,000 pay for energy and more.
#[test]
fn rewards_may_exceed_the_cost() {
    let n_blocks = blocks_mined(204e6, 400e6, 600.0, 6.0).unwrap();
    let bill = Bill {
        hardware_usd: fleet().hardware_usd(Afterwards::Kept { life_hours: 26_298.0 }, 6.0).unwrap(),
        energy_usd: 6.0 * fleet().energy_usd_per_hour(0.06),
        rewards_usd: block_rewards_usd(n_blocks, 3.125, 60_000.0),
    };
    near(bill.net_usd(), 1_163_586.58 + 2_203_200.0 - 3_442_500.0, 1e-6);
    assert!(bill.net_usd() < 0.0 && Bill { rewards_usd: 0.0, ..bill }.net_usd() > 3.3e6);
}

proptest! {
    #[test]
    fn the_fleet_is_the_least_that_is_enough(need in 0.0..1e12_f64, rate in 1e-3..1e6_f64) {
        let fleet = Fleet::for_hash_rate(Unit::new(rate, 1.0, 1.0).unwrap(), need).unwrap();
        let n = fleet.capex_usd();
        prop_assert!(n * rate >= need * (1.0 - f64::EPSILON));
        prop_assert!(n < 1.0 || (n - 1.0) * rate < need * (1.0 + f64::EPSILON));
    }

    #[test]
    fn hardware_takes_any_number(a in any::<f64>(), b in any::<f64>(), c in any::<f64>(), need in any::<f64>()) {
        let Ok(unit) = Unit::new(a, b, c) else { return Ok(()) };
        if let Ok(fleet) = Fleet::for_hash_rate(unit, need) {
            prop_assert!(fleet.n_units() <= 1 << 53);
            prop_assert!(fleet.capex_usd() >= 0.0 && fleet.power_w() >= 0.0);
        }
    }
}

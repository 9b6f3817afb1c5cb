//! The race: published tables, the papers' own sums as oracles, and far ends.

use super::*;

/// Nakamoto's formula as printed.
fn nakamoto_as_printed(q: f64, z: u32) -> f64 {
    let (p, z_real) = (1.0 - q, f64::from(z));
    let lambda = z_real * q / p;
    let mut poisson = libm::exp(-lambda);
    let mut failure = 0.0;
    for k in 0..=z {
        failure += poisson * (1.0 - libm::pow(q / p, z_real - f64::from(k)));
        poisson *= lambda / (f64::from(k) + 1.0);
    }
    1.0 - failure
}

/// Rosenfeld's formula as printed.
fn rosenfeld_as_printed(q: f64, n: u32) -> f64 {
    let (p, n) = (1.0 - q, f64::from(n));
    let (mut choose, mut sum, mut m) = (1.0, 0.0, 0.0);
    while m <= n {
        sum += choose * (libm::pow(p, n) * libm::pow(q, m) - libm::pow(p, m) * libm::pow(q, n));
        choose *= (m + n) / (m + 1.0);
        m += 1.0;
    }
    1.0 - sum
}

/// Half a unit of the last printed digit.
fn printed(value: f64, expected: f64, digits: f64) {
    assert!((value - expected).abs() <= 0.5 * digits * (1.0 + 1e-9), "{value} against {expected}");
}

/// Nakamoto (2008), section 11, q = 0.1.
#[test]
fn t5_nakamoto_table() {
    let table = [
        1.0,
        0.204_587_3,
        0.050_977_9,
        0.013_172_2,
        0.003_455_2,
        0.000_913_7,
        0.000_242_8,
        0.000_064_7,
        0.000_017_3,
        0.000_004_6,
        0.000_001_2,
    ];
    for (z, expected) in (0..).zip(table) {
        printed(nakamoto_success(0.1, z), expected, 1e-7);
    }
}

/// Nakamoto (2008), section 11, q = 0.3.
#[test]
fn nakamoto_table_at_three_tenths() {
    let table = [
        1.0,
        0.177_352_3,
        0.041_660_5,
        0.010_100_8,
        0.002_480_4,
        0.000_613_2,
        0.000_152_2,
        0.000_037_9,
        0.000_009_5,
        0.000_002_4,
        0.000_000_6,
    ];
    for (z, expected) in (0..).step_by(5).zip(table) {
        printed(nakamoto_success(0.3, z), expected, 1e-7);
    }
}

/// Rosenfeld (2014), table 1, q = 0.1.
#[test]
fn t5_rosenfeld_table() {
    let table = [0.2, 0.056, 0.01712, 0.00546, 0.00178, 0.00059];
    for (n, expected) in (1..).zip(table) {
        printed(rosenfeld_success(0.1, n), expected, 1e-5);
    }
}

/// One block: the attacker wins whenever it finds the next one, `2q`; two: `2·(3q²p + q³)`.
#[test]
fn rosenfeld_in_closed_form() {
    for q in [1e-12, 0.001, 0.1, 0.25, 0.4, 0.499] {
        near(rosenfeld_success(q, 1), 2.0 * q, 1e-14);
        near(rosenfeld_success(q, 2), 2.0 * (3.0 * q * q * (1.0 - q) + q * q * q), 1e-14);
    }
}

/// Exact rationals and 60 decimals: what one minus a sum of doubles cannot show.
#[test]
fn small_probabilities_keep_their_digits() {
    near(rosenfeld_success(0.1, 20), 2.067_823_888_748_987_7e-10, 1e-13);
    near(nakamoto_success(0.1, 20), 2.463_018_653_641_595_4e-12, 1e-13);
    near(rosenfeld_success(0.25, 40), 1.729_199_180_793_245e-6, 1e-13);
    near(nakamoto_success(0.25, 40), 1.792_895_811_311_035e-8, 1e-13);
    near(nakamoto_success(0.45, 2000), 2.299_917_136_205_268_6e-17, 1e-12);
}

/// e⁻¹⁶³⁶ is no double: the printed sum starts from 0 and calls success certain.
#[test]
fn many_confirmations_stay_safe() {
    assert!(nakamoto_as_printed(0.45, 2000) > 0.999);
    for race in [Race::Nakamoto, Race::Rosenfeld] {
        assert!(race.success(0.1, u32::MAX) < f64::MIN_POSITIVE);
        let (early, late) = (race.success(0.45, 15), race.success(0.45, 16));
        assert!(late < early && late > 0.85 * early, "{early} {late}");
    }
}

/// Of 2n − 1 blocks, n or more: in the limit `erfc((1 − 2q)·√n)`, here to one part in n and n roundings.
#[test]
fn a_close_race_tends_to_the_normal_law() {
    for (q, n) in [(0.499, 1_000_000), (0.499_99, u32::MAX)] {
        let limit = libm::erfc((1.0 - 2.0 * q) * libm::sqrt(f64::from(n)));
        near(rosenfeld_success(q, n), limit, 10.0 / f64::from(n) + 2.0 * f64::EPSILON * f64::from(n));
    }
}

#[test]
fn the_race_is_certain_at_half_and_without_confirmations() {
    for race in [Race::Nakamoto, Race::Rosenfeld] {
        for (q, n) in [(0.5, 3), (0.51, 1000), (1.0, u32::MAX), (0.1, 0), (0.0, 0), (2.0, 1)] {
            same(race.success(q, n), 1.0);
        }
        assert!(
            race.success(0.0, 1).abs() < f64::MIN_POSITIVE && race.success(-0.1, 1).abs() < f64::MIN_POSITIVE
        );
        assert!(race.success(f64::NAN, 3).is_nan());
        assert!(race.success(0.5_f64.next_down(), 1) > 0.999_999);
    }
}

/// Nakamoto (2008), section 11: confirmations for less than 0.1 %.
#[test]
fn confirmations_for_a_risk_of_one_in_a_thousand() {
    let table =
        [(0.10, 5), (0.15, 8), (0.20, 11), (0.25, 15), (0.30, 24), (0.35, 41), (0.40, 89), (0.45, 340)];
    for (q, expected) in table {
        assert_eq!(confirmations_needed(Race::Nakamoto, q, 0.001), Some(expected), "{q}");
    }
}

/// From the formula in exact rationals; with 10 % six are needed, the customary number.
#[test]
fn the_exact_race_needs_more_confirmations() {
    let table = [(0.02, 3), (0.10, 6), (0.20, 13), (0.30, 32), (0.40, 133)];
    for (q, expected) in table {
        assert_eq!(confirmations_needed(Race::Rosenfeld, q, 0.001), Some(expected), "{q}");
    }
}

#[test]
fn confirmations_at_the_edges() {
    for race in [Race::Nakamoto, Race::Rosenfeld] {
        let need = |q, risk| confirmations_needed(race, q, risk);
        assert_eq!(need(0.6, 1.0), Some(0));
        assert_eq!(need(0.1, 2.0), Some(0));
        assert_eq!(need(0.5, 0.999), None);
        assert_eq!(need(0.1, 0.0), None);
        assert_eq!(need(0.0, 0.0), Some(1));
        assert_eq!(need(0.0, -1.0), None);
        assert_eq!(need(f64::NAN, 0.1), None);
        assert_eq!(need(0.1, f64::NAN), None);
        assert_eq!(need(0.5_f64.next_down(), 0.001), None);
    }
    assert_eq!(confirmations_needed(Race::Rosenfeld, 0.25, 0.5), Some(1));
}

/// The two sums against each other, where the printed ones still have their digits.
#[test]
fn sums_agree_with_the_printed_formulas() {
    for step in 1..=24 {
        let q = f64::from(step) / 50.0;
        for n in (1..=40).chain([60, 100]) {
            assert!((nakamoto_success(q, n) - nakamoto_as_printed(q, n)).abs() < 1e-12, "{q} {n}");
            assert!((rosenfeld_success(q, n) - rosenfeld_as_printed(q, n)).abs() < 1e-12, "{q} {n}");
        }
    }
}

proptest! {
    #[test]
    fn success_falls_with_confirmations_and_rises_with_hash_rate(
        q in 0.0..0.49_f64, more in 0.0..0.009_f64, n in 0..2000_u32,
    ) {
        for race in [Race::Nakamoto, Race::Rosenfeld] {
            let here = race.success(q, n);
            prop_assert!((0.0..=1.0).contains(&here));
            prop_assert!(race.success(q, n + 1) <= here);
            prop_assert!(race.success(q + more, n) >= here * (1.0 - 1e-11));
        }
    }

    #[test]
    fn confirmations_are_the_fewest_that_are_enough(q in 0.0..0.49_f64, tenth_powers in 0.1..12.0_f64) {
        let risk = libm::pow(10.0, -tenth_powers);
        for race in [Race::Nakamoto, Race::Rosenfeld] {
            let needed = confirmations_needed(race, q, risk).unwrap();
            prop_assert!(needed > 0 && race.success(q, needed) <= risk);
            prop_assert!(race.success(q, needed - 1) > risk);
        }
    }

    #[test]
    fn a_race_takes_any_number(q in any::<f64>(), n in any::<u32>()) {
        for race in [Race::Nakamoto, Race::Rosenfeld] {
            prop_assert!((0.0..=1.0).contains(&race.success(q, n)));
        }
    }
}

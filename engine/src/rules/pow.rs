//! Proof of work: what hash rate costs, and how likely a double spend is.

/// Hours in a day.
const HOURS: f64 = 24.0;

/// Hash rate to add to an honest `hash_rate` so that the attacker holds `share` in (0, 1) of the sum.
pub fn added_hash_rate(hash_rate: f64, share: f64) -> f64 {
    hash_rate * share / (1.0 - share)
}

/// Energy for `hash_rate_ths` over `hours`, USD: J/TH · TH/s is W.
pub fn energy_usd(hash_rate_ths: f64, j_per_th: f64, hours: f64, usd_per_kwh: f64) -> f64 {
    hash_rate_ths * j_per_th / 1000.0 * hours * usd_per_kwh
}

/// Rent for `hash_rate_ths` over `hours`, USD.
pub fn rent_usd(hash_rate_ths: f64, usd_per_ths_day: f64, hours: f64) -> f64 {
    hash_rate_ths * usd_per_ths_day * hours / HOURS
}

/// Probability that a double spend against `confirmations` succeeds, attacker's share `q` in [0, 1].
///
/// Nakamoto (2008), section 11: the attacker's progress is taken as Poisson.
pub fn nakamoto_success(q: f64, confirmations: u32) -> f64 {
    let p = 1.0 - q;
    if q >= p {
        return 1.0;
    }
    let z = f64::from(confirmations);
    let lambda = z * q / p;
    let mut poisson = libm::exp(-lambda);
    let mut failure = 0.0;
    for k in 0..=confirmations {
        failure += poisson * (1.0 - libm::pow(q / p, z - f64::from(k)));
        poisson *= lambda / (f64::from(k) + 1.0);
    }
    1.0 - failure
}

/// Probability that a double spend against `confirmations` succeeds, attacker's share `q` in [0, 1].
///
/// Rosenfeld (2014), equation 1: the attacker's progress is negative binomial and one block is mined beforehand,
/// `1 − Σ_{m=0}^{n} C(m+n−1, m)(pⁿqᵐ − pᵐqⁿ)`.
pub fn rosenfeld_success(q: f64, confirmations: u32) -> f64 {
    let p = 1.0 - q;
    if q >= p || confirmations == 0 {
        return 1.0;
    }
    let n = f64::from(confirmations);
    let mut choose = 1.0;
    let mut sum = 0.0;
    for m in 0..=confirmations {
        let m = f64::from(m);
        sum += choose * (libm::pow(p, n) * libm::pow(q, m) - libm::pow(p, m) * libm::pow(q, n));
        choose *= (m + n) / (m + 1.0);
    }
    1.0 - sum
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(value: f64, expected: f64, digits: f64) {
        assert!((value - expected).abs() <= 0.5 * digits, "{value} against {expected}");
    }

    /// Nakamoto (2008), section 11, q = 0.1.
    #[test]
    fn t5_nakamoto_table() {
        let table = [1.0, 0.204_587_3, 0.050_977_9, 0.013_172_2, 0.003_455_2, 0.000_913_7, 0.000_242_8];
        for (z, expected) in (0..).zip(table) {
            close(nakamoto_success(0.1, z), expected, 1.01e-7);
        }
        close(nakamoto_success(0.1, 10), 0.000_001_2, 1e-7);
    }

    /// Rosenfeld (2014), table 1, q = 0.1.
    #[test]
    fn t5_rosenfeld_table() {
        let table = [0.2, 0.056, 0.01712, 0.00546, 0.00178, 0.00059];
        for (n, expected) in (1..).zip(table) {
            close(rosenfeld_success(0.1, n), expected, 1.01e-5);
        }
        assert!((rosenfeld_success(0.5, 3) - 1.0).abs() < f64::EPSILON);
    }

    /// 204 EH/s in units of 100 TH/s at 3 kW and $0.06/kWh: $367,200 an hour.
    #[test]
    fn pow_02_energy() {
        let ths = 204e6;
        assert!((energy_usd(ths, 30.0, 1.0, 0.06) - 367_200.0).abs() < 1e-6);
    }

    /// 400 EH/s at 1e-6 USD per TH and hour for six hours: $2,400.
    #[test]
    fn pow_05_rent() {
        assert!((rent_usd(400e6, 24e-6, 6.0) - 2400.0).abs() < 1e-9);
    }

    #[test]
    fn half_of_the_sum_is_as_much_again() {
        assert!((added_hash_rate(10.0, 0.5) - 10.0).abs() < 1e-12);
        assert!((added_hash_rate(9.0, 0.25) - 3.0).abs() < 1e-12);
    }
}

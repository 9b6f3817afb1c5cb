//! The race of a double spend: probabilities of success, and the confirmations that keep them low.
//!
//! Both published formulas are one minus a sum, which loses every digit of a small probability and, for the
//! Poisson one, has no value left beyond 745 expected blocks. Here the same numbers are sums of positive terms,
//! started at the largest term and ended where terms no longer count: about √n terms, to about n·10⁻¹⁶ of the
//! result.

use super::MAJORITY;

/// Terms below this part of the sum are left out.
const NEGLIGIBLE: f64 = 1e-18;

/// Probability that a double spend against `confirmations` succeeds, attacker's share `q` in [0, 1].
///
/// `1 − Σ_{k=0}^{z} e^{−λ} λᵏ/k! · (1 − (q/p)^{z−k})`, λ = z·q/p. The attacker's progress is taken as Poisson.
/// 1 from half the hash rate on and without confirmations; NaN only for NaN.
/// Source: Nakamoto (2008), section 11.
pub fn nakamoto_success(q: f64, confirmations: u32) -> f64 {
    if let Some(certain) = certain(q, confirmations) {
        return certain;
    }
    let p = 1.0 - q;
    let (z, r) = (f64::from(confirmations), q / p);
    // Each sum in units of the term k = z. Below it r cancels: the term k − 1 is k/z of the term k.
    let behind = falling_sum(|j| (z - j) / z);
    let ahead = falling_sum(|j| z * r / (z + j + 1.0)) - 1.0;
    let poisson = stirling_ratio(z) * libm::exp(z * (libm::log(r) + (1.0 - r)));
    // Not `min`, which would turn NaN into certainty.
    (poisson * (behind + ahead)).clamp(0.0, 1.0)
}

/// Probability that a double spend against `confirmations` succeeds, attacker's share `q` in [0, 1].
///
/// `1 − Σ_{m=0}^{n} C(m+n−1, m)(pⁿqᵐ − pᵐqⁿ)`: the attacker's progress is negative binomial and one block is mined
/// beforehand. Equal to `2·P(at least n of 2n − 1 blocks are the attacker's)`, which is what is summed.
/// 1 from half the hash rate on and without confirmations; NaN only for NaN.
/// Source: Rosenfeld (2014), equation 1; Grunspan and Pérez-Marco (2018) for the equality.
pub fn rosenfeld_success(q: f64, confirmations: u32) -> f64 {
    if let Some(certain) = certain(q, confirmations) {
        return certain;
    }
    let p = 1.0 - q;
    let n = f64::from(confirmations);
    // 2·C(2n−1, n) = C(2n, n) = 4ⁿ · s(n)²/s(2n).
    let central = stirling_ratio(n) * stirling_ratio(n) / stirling_ratio(2.0 * n);
    let largest = central * libm::pow(4.0 * p * q, n) / p;
    (largest * falling_sum(|j| (n - 1.0 - j) / (n + j + 1.0) * (q / p))).clamp(0.0, 1.0)
}

/// Which account of the race.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Race {
    /// [`nakamoto_success`], approximate: too low once confirmations are many.
    Nakamoto,
    /// [`rosenfeld_success`], exact, with one block mined beforehand.
    Rosenfeld,
}

impl Race {
    /// Probability that a double spend against `confirmations` succeeds, attacker's share `q` in [0, 1].
    pub fn success(self, q: f64, confirmations: u32) -> f64 {
        match self {
            Self::Nakamoto => nakamoto_success(q, confirmations),
            Self::Rosenfeld => rosenfeld_success(q, confirmations),
        }
    }
}

/// Fewest confirmations at which a double spend succeeds with a probability of at most `risk`.
///
/// `None` where no number below 2³² is enough: for a risk below 1 from half the hash rate on, for a risk of 0 with
/// any attacker at all, and for NaN.
/// Source: Nakamoto (2008), section 11, last table.
pub fn confirmations_needed(race: Race, q: f64, risk: f64) -> Option<u32> {
    let safe = |confirmations: u32| race.success(q, confirmations) <= risk;
    if safe(0) {
        return Some(0);
    }
    // A success too small for a double is 0, but no attacker's success is.
    if q.is_nan() || q >= MAJORITY || (q > 0.0 && risk <= 0.0) {
        return None;
    }
    let (mut risky, mut enough) = (0, 1_u32);
    while !safe(enough) {
        if enough == u32::MAX {
            return None;
        }
        (risky, enough) = (enough, enough.saturating_mul(2));
    }
    while enough - risky > 1 {
        let middle = risky + (enough - risky) / 2;
        (risky, enough) = if safe(middle) { (risky, middle) } else { (middle, enough) };
    }
    Some(enough)
}

/// The success that needs no sum: 1 without confirmations or from half the hash rate on, 0 without hash rate.
fn certain(q: f64, confirmations: u32) -> Option<f64> {
    if confirmations == 0 || q >= MAJORITY { Some(1.0) } else { (q <= 0.0).then_some(0.0) }
}

/// `1 + f(0) + f(0)·f(1) + …`, for factors that fall below 1, until a term no longer counts.
fn falling_sum(factor: impl Fn(f64) -> f64) -> f64 {
    let (mut sum, mut term, mut j) = (1.0, 1.0, 0.0);
    loop {
        term *= factor(j);
        sum += term;
        j += 1.0;
        if term <= NEGLIGIBLE * sum || term.is_nan() {
            return sum;
        }
    }
}

/// `s(n) = nⁿ e⁻ⁿ / n!`, about `1/√(2πn)`, for whole `n` ≥ 1.
fn stirling_ratio(n: f64) -> f64 {
    if n < 16.0 {
        let mut ratio = 1.0;
        let mut i = 1.0;
        while i <= n {
            ratio *= n / i * libm::exp(-1.0);
            i += 1.0;
        }
        return ratio;
    }
    let square = 1.0 / (n * n);
    let correction = (1.0 / 12.0 - square * (1.0 / 360.0 - square * (1.0 / 1260.0 - square / 1680.0))) / n;
    libm::exp(-correction) / libm::sqrt(2.0 * std::f64::consts::PI * n)
}

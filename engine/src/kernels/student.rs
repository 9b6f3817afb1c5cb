//! Student's t law: lower tail and quantile, for the cutoffs of a t copula.

use libm::{exp, lgamma, log, sqrt};

/// P(T ≤ t) for `degrees` > 0 degrees of freedom, with full relative accuracy in the lower tail.
///
/// `P(T ≤ −|t|) = ½ I_x(ν/2, ½)` with `x = ν/(ν + t²)`.
pub fn cdf(t: f64, degrees: f64) -> f64 {
    let x = degrees / (degrees + t * t);
    let tail = 0.5 * incomplete_beta(x, 0.5 * degrees, 0.5);
    if t <= 0.0 { tail } else { 1.0 - tail }
}

/// The t with P(T ≤ t) = p: −∞ at 0, ∞ at 1.
pub fn quantile(p: f64, degrees: f64) -> f64 {
    if p <= 0.0 || p >= 1.0 {
        return if p <= 0.0 { f64::NEG_INFINITY } else { f64::INFINITY };
    }
    let tail = p.min(1.0 - p);
    // Bisection on the logarithm of |t|: the bracket holds every tail that a double can express for ν ≥ 1.
    let (mut low, mut high) = (-80.0_f64, 720.0_f64);
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if cdf(-exp(middle), degrees) > tail {
            low = middle;
        } else {
            high = middle;
        }
    }
    let centre = p - 0.5;
    if centre.abs() < f64::EPSILON { 0.0 } else { exp(0.5 * (low + high)).copysign(centre) }
}

/// Regularised incomplete beta function `I_x(a, b)` by its continued fraction (Lentz).
fn incomplete_beta(x: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return if x <= 0.0 { 0.0 } else { 1.0 };
    }
    let log_front = lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * libm::log1p(-x);
    if x < (a + 1.0) / (a + b + 2.0) {
        exp(log_front) * continued_fraction(x, a, b) / a
    } else {
        1.0 - exp(log_front) * continued_fraction(1.0 - x, b, a) / b
    }
}

fn continued_fraction(x: f64, a: f64, b: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let guard = |v: f64| if v.abs() < TINY { TINY } else { v };
    let mut c = 1.0;
    let mut d = 1.0 / guard(1.0 - (a + b) * x / (a + 1.0));
    let mut sum = d;
    for m in 1..1000 {
        let m = f64::from(m);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / guard(1.0 + even * d);
        c = guard(1.0 + even / c);
        sum *= d * c;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / guard(1.0 + odd * d);
        c = guard(1.0 + odd / c);
        sum *= d * c;
        if (d * c - 1.0).abs() < 1e-16 {
            break;
        }
    }
    sum
}

/// `sqrt(W/ν)` for W the sum of ν squared standard normals `squares`.
pub fn scale(sum_of_squares: f64, degrees: f64) -> f64 {
    sqrt(sum_of_squares / degrees)
}

#[cfg(test)]
mod tests {
    use super::*;
    use libm::atan;

    #[test]
    fn one_degree_is_the_cauchy_law() {
        for t in [-1e6, -30.0, -2.0, -0.5, 0.0, 0.7, 12.0] {
            let exact = 0.5 + atan(t) / std::f64::consts::PI;
            assert!((cdf(t, 1.0) - exact).abs() < 1e-13, "t = {t}");
        }
    }

    #[test]
    fn two_degrees_have_a_closed_form() {
        for t in [-1e4, -5.0, -1.0, 0.3, 4.0] {
            let exact = if t < 0.0 {
                // ½(1 − |t|/√(2+t²)) without cancellation
                let root = sqrt(2.0 + t * t);
                1.0 / (root * (root - t))
            } else {
                0.5 + 0.5 * t / sqrt(2.0 + t * t)
            };
            assert!((cdf(t, 2.0) / exact - 1.0).abs() < 1e-11, "t = {t}");
        }
    }

    #[test]
    fn quantile_inverts_the_distribution_function() {
        for degrees in [1.0, 3.0, 4.0, 30.0, 200.0] {
            for p in [1e-9, 1e-4, 0.01, 0.3, 0.5, 0.8, 0.999] {
                let back = cdf(quantile(p, degrees), degrees);
                assert!((back / p - 1.0).abs() < 1e-10, "p = {p}, degrees = {degrees}: {back}");
            }
        }
        // Tables: t(0.975; 4) = 2.776445105.
        assert!((quantile(0.975, 4.0) - 2.776_445_105_197_793).abs() < 1e-11);
    }
}

//! Means of weighted samples.

use crate::estimate::Estimate;
use crate::moments::count;
use crate::sketch::Z95;
use libm::sqrt;

/// Sums over scenarios with likelihood ratio w and value f; merges by addition, so a run merges along one fixed tree.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Weighted {
    /// Scenarios.
    pub n: u64,
    /// Σ w
    pub w: f64,
    /// Σ w²
    pub ww: f64,
    /// Σ w f
    pub wf: f64,
    /// Σ w² f
    pub wwf: f64,
    /// Σ w² f²
    pub wwff: f64,
    /// Largest w f.
    pub largest: f64,
    /// Scenarios with f ≠ 0.
    pub hits: u64,
}

impl Weighted {
    /// Counts one scenario.
    #[inline]
    pub fn add(&mut self, weight: f64, value: f64) {
        let product = weight * value;
        self.n += 1;
        self.w += weight;
        self.ww += weight * weight;
        self.wf += product;
        self.wwf += weight * product;
        self.wwff += product * product;
        self.largest = self.largest.max(product.abs());
        self.hits += u64::from(product != 0.0);
    }

    /// Takes in a later sample.
    pub fn merge(&mut self, later: &Self) {
        self.n += later.n;
        self.w += later.w;
        self.ww += later.ww;
        self.wf += later.wf;
        self.wwf += later.wwf;
        self.wwff += later.wwff;
        self.largest = self.largest.max(later.largest);
        self.hits += later.hits;
    }

    /// Kish's effective sample size of the products `w f`: how many equal ones would say as much.
    pub fn effective_hits(&self) -> f64 {
        if self.wwff > 0.0 { self.wf * self.wf / self.wwff } else { 0.0 }
    }

    /// Kish's effective sample size of the weights themselves.
    pub fn effective_scenarios(&self) -> f64 {
        if self.ww > 0.0 { self.w * self.w / self.ww } else { 0.0 }
    }

    /// Whether one scenario makes up more than a twentieth of the sum.
    pub fn one_dominates(&self) -> bool {
        self.hits > 0 && self.largest > 0.05 * self.wf.abs()
    }

    /// `E[f]` with w as a control variate, whose mean is known to be 1 (Owen and Zhou 2000): exact for a constant f.
    pub fn mean(&self) -> Estimate {
        let n = count(self.n);
        let (x, c) = (self.wf / n, self.w / n);
        let variance_c = (self.ww / n - c * c).max(0.0);
        let covariance = self.wwf / n - x * c;
        // What rounding leaves of a variance is none.
        let beta = if variance_c > 1e-12 * c * c { covariance / variance_c } else { 0.0 };
        let value = x - beta * (c - 1.0);
        let variance = (self.wwff / n - x * x - beta * covariance).max(0.0);
        let std_error = sqrt(variance / (n - 2.0).max(1.0));
        Estimate::normal(value, std_error, self.effective_scenarios())
    }

    /// `E[f]` over the scenarios counted, when only those of an event were: a ratio of sums, its error by the delta method.
    pub fn given(&self) -> Estimate {
        let value = self.wf / self.w;
        let squares = (self.wwff - 2.0 * value * self.wwf + value * value * self.ww).max(0.0);
        let std_error = sqrt(squares) / self.w;
        Estimate::normal(value, std_error, self.effective_scenarios())
    }

    /// A probability: f in [0, 1], no weight above `most_weight`. With few effective hits the interval is that of a count (Wilson's
    /// for k of many); with fewer than ten, and at none, it reaches up to what hits of the largest weight that nobody saw may add.
    pub fn probability(&self, most_weight: f64) -> Estimate {
        let mut estimate = self.mean();
        let (square, k) = (Z95 * Z95, self.effective_hits());
        estimate.effective_sample_size =
            k.max(if self.hits == 0 { estimate.effective_sample_size } else { 0.0 });
        // Hits of the largest weight that were missed altogether may still make up so much.
        let missed = Estimate::probability(0, self.n).high * most_weight;
        if self.hits == 0 {
            return Estimate { value: 0.0, std_error: 0.0, low: 0.0, high: missed.min(1.0), ..estimate };
        }
        if k < 30.0 {
            let (centre, half) = (1.0 + square / (2.0 * k), Z95 / k * sqrt(k + square / 4.0));
            estimate.low = estimate.value * (centre - half);
            estimate.high = estimate.value * (centre + half);
        }
        if k < 10.0 {
            estimate.high = estimate.high.max(missed);
        }
        estimate.low = estimate.low.clamp(0.0, 1.0);
        estimate.high = estimate.high.clamp(0.0, 1.0);
        estimate
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unit_weights_give_the_plain_mean_and_error() {
        let values = [1.0, 4.0, 2.0, 7.0, 7.0, 0.5];
        let mut sums = Weighted::default();
        values.iter().for_each(|v| sums.add(1.0, *v));
        let plain = crate::moments::Moments::of(&values);
        let found = sums.mean();
        assert!((found.value - plain.mean()).abs() < 1e-14);
        let factor = f64::sqrt(5.0 / 4.0);
        assert!((found.std_error / plain.std_error() / factor - 1.0).abs() < 1e-12);
        assert!((found.effective_sample_size - 6.0).abs() < 1e-12);
    }

    #[test]
    fn a_constant_is_exact_whatever_the_weights() {
        let mut sums = Weighted::default();
        [0.2, 3.0, 1.0, 0.7].iter().for_each(|w| sums.add(*w, 5.0));
        let found = sums.mean();
        assert!((found.value - 5.0).abs() < 1e-12 && found.std_error < 1e-6, "{found:?}");
    }

    #[test]
    fn one_heavy_weight_leaves_one_sample() {
        let mut sums = Weighted::default();
        (0..1000).for_each(|_| sums.add(1e-9, 1.0));
        assert!(!sums.one_dominates());
        sums.add(4.0, 1.0);
        assert!((sums.effective_hits() - 1.0).abs() < 1e-6 && sums.one_dominates());
    }

    #[test]
    fn no_hits_still_leave_an_upper_bound() {
        let mut sums = Weighted::default();
        (0..1000).for_each(|_| sums.add(0.5, 0.0));
        let none = sums.probability(5.0);
        assert!(none.value.abs() < 1e-300 && none.high > 0.015 && none.high < 0.02, "{none:?}");
    }
}

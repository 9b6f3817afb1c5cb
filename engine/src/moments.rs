//! Means with their errors: sums of a block that merge along one tree.

use crate::kernels::sums;

/// Count, mean and sum of squared deviations of a sample.
///
/// Merging follows Chan, Golub and LeVeque (1983); the result depends on the order of merges in its last bits, so a
/// run merges along one fixed tree.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Moments {
    n: u64,
    mean: f64,
    deviations: f64,
}

impl Moments {
    /// Moments of the finite values of a column, two passes.
    pub fn of(values: &[f64]) -> Self {
        Self::of_reached(values, values)
    }

    /// Moments of the values whose gate is finite.
    pub fn of_reached(values: &[f64], gate: &[f64]) -> Self {
        let n = sums::count_finite(gate) as u64;
        if n == 0 {
            return Self::default();
        }
        let mean = sums::sum_where_finite(values, gate) / count(n);
        Self { n, mean, deviations: sums::squares_where_finite(values, gate, mean) }
    }

    /// Moments of a few values, two passes in their order.
    pub fn of_few(values: impl Iterator<Item = f64> + Clone) -> Self {
        let n = values.clone().count() as u64;
        if n == 0 {
            return Self::default();
        }
        let mean = values.clone().sum::<f64>() / count(n);
        Self { n, mean, deviations: values.map(|value| (value - mean) * (value - mean)).sum() }
    }

    /// Moments of `n` zeros.
    pub fn of_zeros(n: usize) -> Self {
        Self { n: n as u64, mean: 0.0, deviations: 0.0 }
    }

    /// Moments of `n` values of which `ones` are 1 and the rest 0.
    pub fn of_hits(n: u64, ones: u64) -> Self {
        if n == 0 {
            return Self::default();
        }
        let mean = count(ones) / count(n);
        Self { n, mean, deviations: count(ones) * (1.0 - mean) }
    }

    /// Takes in a later sample.
    pub fn merge(&mut self, later: &Self) {
        if later.n == 0 {
            return;
        }
        if self.n == 0 {
            *self = *later;
            return;
        }
        let (a, b) = (count(self.n), count(later.n));
        let step = later.mean - self.mean;
        self.mean += step * (b / (a + b));
        self.deviations += later.deviations + step * step * (a * b / (a + b));
        self.n += later.n;
    }

    /// Number of values.
    pub fn n(&self) -> u64 {
        self.n
    }
    /// Mean; NaN without values.
    pub fn mean(&self) -> f64 {
        if self.n == 0 { f64::NAN } else { self.mean }
    }
    /// Sum of the values.
    pub fn sum(&self) -> f64 {
        self.mean * count(self.n)
    }
    /// Unbiased variance; 0 below two values.
    pub fn variance(&self) -> f64 {
        if self.n < 2 { 0.0 } else { self.deviations / (count(self.n) - 1.0) }
    }
    /// Standard error of the mean; NaN below two values.
    pub fn std_error(&self) -> f64 {
        if self.n < 2 { f64::NAN } else { libm::sqrt(self.variance() / count(self.n)) }
    }
}

/// A count as a number.
#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
pub fn count(n: u64) -> f64 {
    n as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn merged_parts_have_the_moments_of_the_whole() {
        let values: Vec<f64> = (0..1000).map(|i| f64::from(i * i % 97) + 1e6).collect();
        let whole = Moments::of(&values);
        let mut merged = Moments::default();
        for part in values.chunks(37) {
            merged.merge(&Moments::of(part));
        }
        assert_eq!(merged.n(), 1000);
        assert!((merged.mean() / whole.mean() - 1.0).abs() < 1e-14);
        assert!((merged.variance() / whole.variance() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn hits_are_moments_of_zeros_and_ones() {
        let direct = Moments::of(&[1.0, 0.0, 0.0, 1.0, 0.0]);
        let hits = Moments::of_hits(5, 2);
        assert!((direct.mean() - hits.mean()).abs() < 1e-15);
        assert!((direct.variance() - hits.variance()).abs() < 1e-15);
    }

    #[test]
    fn nothing_has_no_mean_and_one_value_no_variance() {
        assert!(Moments::default().mean().is_nan());
        assert!(Moments::of(&[3.0]).variance().abs() < f64::MIN_POSITIVE);
    }
}

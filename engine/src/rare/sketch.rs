//! Quantiles of weighted samples: bins as in `sketch`, with sums of weights in whole numbers, which merge exactly in any order.

use crate::estimate::Estimate;
use crate::sketch::{Interval, Z95};
use libm::sqrt;
use std::collections::BTreeMap;

/// Bits of the mantissa that name a bin: 0.8 % wide, as in `sketch`.
const SHIFT: u32 = f64::MANTISSA_DIGITS - 1 - 7;
/// Units of a weight: 2^−90. Sums stay exact up to 2^38.
const UNIT: f64 = 1_237_940_039_285_380_274_899_124_224.0; // 2^90

/// Sums of weights by bin.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WeightedSketch {
    bins: BTreeMap<i64, Bin>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Bin {
    /// Σ w in units.
    weight: u128,
    /// Σ w² in units.
    square: u128,
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a weight in [0, 2^37] in units")]
fn units(weight: f64) -> u128 {
    (weight * UNIT) as u128
}

#[expect(clippy::cast_precision_loss, reason = "a sum of weights as a number")]
fn number(units: u128) -> f64 {
    units as f64 / UNIT
}

impl WeightedSketch {
    /// Counts one value; ±∞ are values, NaN is none.
    pub fn add(&mut self, value: f64, weight: f64) {
        if value.is_nan() {
            return;
        }
        let bin = self.bins.entry(name(value)).or_default();
        bin.weight += units(weight);
        bin.square += units(weight * weight);
    }

    /// Takes in another sketch, in any order.
    pub fn merge(&mut self, other: &Self) {
        for (name, bin) in &other.bins {
            let mine = self.bins.entry(*name).or_default();
            mine.weight += bin.weight;
            mine.square += bin.square;
        }
    }

    /// The quantile at `probability`, interpolated in its bin, with a 95 % interval: that of the weighted distribution function at
    /// the quantile (Woodruff 1952), edges of bins included. NaN without values.
    pub fn quantile(&self, probability: f64) -> Interval {
        let total = number(self.bins.values().map(|bin| bin.weight).sum());
        let squares: f64 = number(self.bins.values().map(|bin| bin.square).sum());
        let (mut weight, mut square) = (0.0, 0.0);
        let mut value = f64::NAN;
        for (name, bin) in &self.bins {
            let (low, high) = edges(*name);
            let part = ((probability * total - weight) / number(bin.weight)).clamp(0.0, 1.0);
            weight += number(bin.weight);
            square += number(bin.square);
            value = if low.is_finite() && high.is_finite() { low + part * (high - low) } else { low };
            if weight > probability * total {
                break;
            }
        }
        let p = probability;
        let below = square.min(squares);
        let variance = ((1.0 - p) * (1.0 - p) * below + p * p * (squares - below)) / (total * total);
        // One scenario more or less, of the usual weight.
        let spread = Z95 * sqrt(variance) + squares / (total * total);
        Interval { value, low: self.at((p - spread) * total).0, high: self.at((p + spread) * total).1 }
    }

    /// Expected shortfall: mean of the worst (largest) `tail` of the values, as [`crate::sketch::Sketch::tail_mean`].
    pub fn tail_mean(&self, tail: f64) -> Estimate {
        let var = self.quantile(1.0 - tail).value;
        let excess = |name: i64| {
            let (low, high) = edges(name);
            (0.5 * (low + high) - var).max(0.0)
        };
        let weights =
            || self.bins.iter().map(|(name, bin)| (excess(*name), number(bin.weight), number(bin.square)));
        let total: f64 = weights().map(|(_, weight, _)| weight).sum();
        let squares: f64 = weights().map(|(_, _, square)| square).sum();
        let mean = weights().map(|(excess, weight, _)| excess * weight).sum::<f64>() / total;
        let spread: f64 =
            weights().map(|(excess, _, square)| (excess - mean) * (excess - mean) * square).sum();
        Estimate::normal(var + mean / tail, sqrt(spread) / total / tail, total * total / squares)
    }

    /// Whether nothing was counted.
    pub fn is_empty(&self) -> bool {
        self.bins.is_empty()
    }

    /// Edges of the bin at this much weight from below; beyond the sample the ends of the line.
    fn at(&self, rank: f64) -> (f64, f64) {
        let mut before = 0.0;
        let least = if self.bins.keys().any(|name| *name < 0) { f64::NEG_INFINITY } else { 0.0 };
        if rank <= 0.0 {
            return (least, least);
        }
        for (name, bin) in &self.bins {
            before += number(bin.weight);
            if before > rank {
                return edges(*name);
            }
        }
        (f64::INFINITY, f64::INFINITY)
    }
}

/// Bins in the order of their values; 0 has its own, infinities the last.
fn name(value: f64) -> i64 {
    if value.is_infinite() {
        return if value > 0.0 { i64::MAX } else { i64::MIN };
    }
    let magnitude = i64::try_from(value.abs().to_bits() >> SHIFT).unwrap_or(i64::MAX - 2);
    if value > 0.0 {
        magnitude + 1
    } else if value < 0.0 {
        -magnitude - 1
    } else {
        0
    }
}

fn edges(name: i64) -> (f64, f64) {
    let edge = |magnitude: u64| f64::from_bits(magnitude << SHIFT);
    match name {
        i64::MAX => (f64::INFINITY, f64::INFINITY),
        i64::MIN => (f64::NEG_INFINITY, f64::NEG_INFINITY),
        0 => (0.0, 0.0),
        name if name > 0 => (edge(name.unsigned_abs() - 1), edge(name.unsigned_abs())),
        name => (-edge(name.unsigned_abs()), -edge(name.unsigned_abs() - 1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::normal;

    /// A lognormal drawn with its logarithm shifted by −1: weights restore the quantiles.
    #[test]
    fn weights_restore_quantiles() {
        let (n, shift) = (200_000, -1.0);
        let mut sketch = WeightedSketch::default();
        for i in 0..n {
            let z = normal::quantile((f64::from(i) + 0.5) / f64::from(n)) + shift;
            sketch.add(libm::exp(z), libm::exp(0.5 * shift * shift - shift * z));
        }
        for p in [0.001, 0.05, 0.5, 0.95] {
            let (found, exact) = (sketch.quantile(p), libm::exp(normal::quantile(p)));
            assert!((found.value / exact - 1.0).abs() < 0.01, "{p}: {found:?} {exact}");
            assert!(found.low <= exact && exact <= found.high, "{p}: {found:?} {exact}");
        }
    }

    /// The worst tenth of an exponential law, drawn twice as often: ln 10 + 1.
    #[test]
    fn weights_restore_an_expected_shortfall() {
        let n = 100_000;
        let mut sketch = WeightedSketch::default();
        for i in 0..n {
            let x = -2.0 * libm::log((f64::from(i) + 0.5) / f64::from(n));
            sketch.add(x, 2.0 * libm::exp(-0.5 * x));
        }
        let found = sketch.tail_mean(0.1);
        assert!((found.value / (f64::ln(10.0) + 1.0) - 1.0).abs() < 0.01, "{found:?}");
        // VaR + (x − VaR)⁺/tail under w² of the density sampled from: 0.0 < error < that of as many equal weights times two.
        assert!(found.std_error > 0.0 && found.std_error < 2.0 * f64::sqrt(19.0 / f64::from(n)), "{found:?}");
    }

    #[test]
    fn order_signs_and_infinities() {
        let values = [f64::NEG_INFINITY, -4.0, 0.0, 7.0, f64::INFINITY];
        let mut sketch = WeightedSketch::default();
        values.iter().rev().for_each(|v| sketch.add(*v, 2.0));
        let at = |p: f64| sketch.quantile(p).value;
        assert!(at(0.1) < -1e300 && (at(0.3) + 4.0).abs() < 0.04 && at(0.5).abs() < 1e-300);
        assert!((at(0.7) - 7.0).abs() < 0.06 && at(0.9) > 1e300);
        let mut merged = WeightedSketch::default();
        merged.merge(&sketch);
        merged.merge(&sketch);
        assert!((merged.quantile(0.3).value - at(0.3)).abs() < 1e-12);
    }

    #[test]
    fn nothing_has_no_quantile() {
        assert!(WeightedSketch::default().quantile(0.5).value.is_nan());
    }
}

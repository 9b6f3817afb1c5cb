//! Quantiles of streams: a histogram with bins of a fixed relative width whose counts merge in any order.
//!
//! A bin is the exponent and the first seven bits of the mantissa of a double: at most 0.8 % wide, found without a
//! transcendental function, the same on every machine. Counts are integers, so merging is exact and commutative.

use crate::kernels::{LANES, columns};
use crate::moments::count;

const MANTISSA_BITS: u32 = 7;
const SHIFT: u32 = f64::MANTISSA_DIGITS - 1 - MANTISSA_BITS;
/// Two-sided 95 % quantile of the normal law.
pub const Z95: f64 = 1.959_963_984_540_054;

/// Values after which the latest counts are added to the others: fewer than 16 bits hold.
const MOST_LATEST: usize = 1 << 15;

/// Counts of positive magnitudes.
#[derive(Debug, Clone, Default)]
struct Bins {
    first: u64,
    counts: Vec<u64>,
    /// Counts of the latest columns, to be added to the others: short, so that those of many sketches stay in the cache.
    latest: Vec<u16>,
    /// How many values they hold, at most.
    n_latest: usize,
}

impl Bins {
    /// Counts magnitudes by their bins; puts those aside for which there is no bin, and tells how many. At most
    /// [`LANES`].
    #[inline]
    fn add_latest(&mut self, bins: &[u64], values: &[f64], others: &mut [f64; LANES]) -> usize {
        if self.n_latest + values.len() > MOST_LATEST {
            self.add_up();
        }
        self.n_latest += values.len();
        self.latest.resize(self.counts.len(), 0);
        let mut n_others = 0;
        for (bin, value) in bins.iter().zip(values) {
            // What is not positive and finite has a bin far from the others'.
            let index = usize::try_from(bin.wrapping_sub(self.first)).unwrap_or(usize::MAX);
            match self.latest.get_mut(index) {
                Some(times) => *times += 1,
                None => {
                    others[n_others] = *value;
                    n_others += 1;
                }
            }
        }
        n_others
    }

    /// Adds the latest counts to the others.
    fn add_up(&mut self) {
        self.counts.iter_mut().zip(&self.latest).for_each(|(times, latest)| *times += u64::from(*latest));
        self.latest.fill(0);
        self.n_latest = 0;
    }

    /// How many have this bin.
    #[inline]
    fn times(&self, index: usize) -> u64 {
        self.counts[index] + self.latest.get(index).copied().map_or(0, u64::from)
    }

    #[inline]
    fn add(&mut self, magnitude: f64) {
        let bin = magnitude.to_bits() >> SHIFT;
        let index = usize::try_from(bin.wrapping_sub(self.first)).unwrap_or(usize::MAX);
        match self.counts.get_mut(index) {
            Some(times) => *times += 1,
            None => self.add_bin(bin, 1),
        }
    }

    /// Counts in a bin that may lie beyond those that are there.
    #[cold]
    fn add_bin(&mut self, bin: u64, times: u64) {
        if self.counts.is_empty() {
            self.first = bin;
        }
        if bin < self.first {
            let missing = usize::try_from(self.first - bin).unwrap_or(0);
            self.add_up();
            self.latest.clear();
            self.counts.splice(0..0, std::iter::repeat_n(0, missing));
            self.first = bin;
        }
        let index = usize::try_from(bin - self.first).unwrap_or(0);
        if index >= self.counts.len() {
            self.counts.resize(index + 1, 0);
        }
        self.counts[index] += times;
    }

    fn merge(&mut self, other: &Self) {
        for (bin, index) in (other.first..).zip(0..other.counts.len()) {
            if other.times(index) > 0 {
                self.add_bin(bin, other.times(index));
            }
        }
    }

    /// `(low edge, high edge, count)`, rising.
    fn iter(&self) -> impl DoubleEndedIterator<Item = (f64, f64, u64)> + '_ {
        let all = (0..self.counts.len()).map(|index| (index, self.times(index)));
        all.filter(|(_, times)| *times > 0).map(|(index, times)| {
            let bin = self.first + index as u64;
            (f64::from_bits(bin << SHIFT), f64::from_bits((bin + 1) << SHIFT), times)
        })
    }

    /// `(low edge, high edge, count)` of the bin that holds the magnitude after the lowest `left`, or with `falls` after the highest;
    /// leaves how many of them lie in that bin.
    fn bin_after(&self, left: &mut u64, falls: bool) -> Option<(f64, f64, u64)> {
        let n = self.counts.len();
        // Many bins at a time first: quantiles are asked for by the thousand.
        let mut passed = 0;
        while passed < n {
            let some = passed..(passed + 32).min(n);
            let range = if falls { n - some.end..n - some.start } else { some };
            let latest = self.latest.iter().take(range.end).skip(range.start);
            let latest: u64 = latest.copied().map(u64::from).sum();
            let times = self.counts[range].iter().sum::<u64>() + latest;
            if !is_passed(times, left) {
                break;
            }
            passed += 32;
        }
        let index = (passed..n).map(|at| if falls { n - 1 - at } else { at });
        let index = index.into_iter().find(|index| !is_passed(self.times(*index), left))?;
        let bin = self.first + index as u64;
        Some((f64::from_bits(bin << SHIFT), f64::from_bits((bin + 1) << SHIFT), self.times(index)))
    }
}

impl PartialEq for Bins {
    /// Whether all bins hold the same, the latest counts or not.
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

/// A bin of equal values, if it holds the value after `left` more; else takes its values off them.
fn point(value: f64, times: u64, left: &mut u64) -> Option<(f64, f64, u64)> {
    (!is_passed(times, left)).then_some((value, value, times))
}

/// Takes `times` values off those that are `left`, if there are so many.
fn is_passed(times: u64, left: &mut u64) -> bool {
    let is_passed = *left >= times;
    *left -= if is_passed { times } else { 0 };
    is_passed
}

/// A value with an interval for its sampling error.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// The estimate.
    pub value: f64,
    /// Lower end, 95 %.
    pub low: f64,
    /// Upper end, 95 %.
    pub high: f64,
}

impl Interval {
    /// A rising function of the value and both ends.
    pub fn map(self, f: impl Fn(f64) -> f64) -> Self {
        Self { value: f(self.value), low: f(self.low), high: f(self.high) }
    }
}

/// Counts of values by magnitude. NaN is refused by assertion: it is a bug of the caller.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sketch {
    n: u64,
    minus_infinity: u64,
    negative: Bins,
    zero: u64,
    positive: Bins,
    infinity: u64,
}

impl Sketch {
    /// Counts one value; ±∞ are values.
    #[inline]
    pub fn add(&mut self, value: f64) {
        debug_assert!(!value.is_nan(), "a quantile of NaN was asked for");
        self.n += 1;
        if value > 0.0 {
            if value.is_infinite() { self.infinity += 1 } else { self.positive.add(value) }
        } else if value < 0.0 {
            if value.is_infinite() { self.minus_infinity += 1 } else { self.negative.add(-value) }
        } else {
            self.zero += 1;
        }
    }

    /// Counts a column of values; quickly where all are the same.
    pub fn add_column(&mut self, values: &[f64]) {
        match values {
            [first, ..] if columns::all_equal(values) => self.add_times(*first, values.len() as u64),
            _ => values.chunks(LANES).for_each(|values| self.add_mixed(values)),
        }
    }

    /// Counts at most [`LANES`] values: those in bins that are there, then the others.
    fn add_mixed(&mut self, values: &[f64]) {
        let (mut bins, mut others) = ([0; LANES], [0.0; LANES]);
        columns::high_bits(values, SHIFT, &mut bins);
        let n_others = self.positive.add_latest(&bins, values, &mut others);
        self.n += (values.len() - n_others) as u64;
        others[..n_others].iter().for_each(|value| self.add(*value));
    }

    /// Counts one value so many times.
    pub fn add_times(&mut self, value: f64, times: u64) {
        if times == 0 {
            return;
        }
        self.add(value);
        let (more, magnitude) = (times - 1, value.abs());
        self.n += more;
        match value {
            f64::INFINITY => self.infinity += more,
            f64::NEG_INFINITY => self.minus_infinity += more,
            _ if value > 0.0 => self.positive.add_bin(magnitude.to_bits() >> SHIFT, more),
            _ if value < 0.0 => self.negative.add_bin(magnitude.to_bits() >> SHIFT, more),
            _ => self.zero += more,
        }
    }

    /// Takes in another sketch; the order of merges does not matter.
    pub fn merge(&mut self, other: &Self) {
        self.n += other.n;
        self.minus_infinity += other.minus_infinity;
        self.negative.merge(&other.negative);
        self.zero += other.zero;
        self.positive.merge(&other.positive);
        self.infinity += other.infinity;
    }

    /// Values counted.
    pub fn n(&self) -> u64 {
        self.n
    }

    /// `(low, high, count)` of every bin from −∞ to ∞.
    fn bins(&self) -> impl Iterator<Item = (f64, f64, u64)> + '_ {
        let point = |value: f64, times: u64| (times > 0).then_some((value, value, times)).into_iter();
        point(f64::NEG_INFINITY, self.minus_infinity)
            .chain(self.negative.iter().rev().map(|(low, high, times)| (-high, -low, times)))
            .chain(point(0.0, self.zero))
            .chain(self.positive.iter())
            .chain(point(f64::INFINITY, self.infinity))
    }

    /// The bin of the value with this rank (0-based real rank, clamped), and how far into the bin it lies.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "ranks are not negative")]
    fn at(&self, rank: f64) -> (f64, f64, f64) {
        let below = (rank as u64).min(self.n.saturating_sub(1));
        let mut left = below;
        let Some((low, high, times)) = self.bin_after(&mut left) else { return (f64::NAN, f64::NAN, 0.0) };
        (low, high, ((rank - count(below - left)) / count(times)).clamp(0.0, 1.0))
    }

    /// `(low, high, count)` of the bin that holds the value after the lowest `left`; leaves how many of them lie in that bin.
    fn bin_after(&self, left: &mut u64) -> Option<(f64, f64, u64)> {
        if let Some(found) = point(f64::NEG_INFINITY, self.minus_infinity, left) {
            return Some(found);
        }
        if let Some((low, high, times)) = self.negative.bin_after(left, true) {
            return Some((-high, -low, times));
        }
        point(0.0, self.zero, left)
            .or_else(|| self.positive.bin_after(left, false))
            .or_else(|| point(f64::INFINITY, self.infinity, left))
    }

    /// The quantile at `probability`, interpolated in its bin, with a 95 % interval from order statistics that
    /// includes the edges of the bins; NaN without values.
    pub fn quantile(&self, probability: f64) -> Interval {
        let n = count(self.n);
        let rank = probability * n;
        let spread = Z95 * libm::sqrt(n * probability * (1.0 - probability)) + 1.0;
        let (low, high, part) = self.at(rank);
        let value = if low.is_finite() && high.is_finite() { low + part * (high - low) } else { low };
        // Beyond the sample nothing is known but the ends of the line.
        let least =
            if self.minus_infinity > 0 || !self.negative.counts.is_empty() { f64::NEG_INFINITY } else { 0.0 };
        Interval {
            value,
            low: if rank > spread { self.at(rank - spread).0 } else { least },
            high: if rank + spread < n { self.at(rank + spread).1 } else { f64::INFINITY },
        }
    }

    /// Expected shortfall: mean of the worst (largest) `tail` share of the values, with its standard error.
    ///
    /// The error is that of `VaR + (x − VaR)⁺ / tail` at the estimated quantile.
    pub fn tail_mean(&self, tail: f64) -> (f64, f64) {
        let n = count(self.n);
        if self.n == 0 {
            return (f64::NAN, f64::NAN);
        }
        let var = self.quantile(1.0 - tail).value;
        let (mut sum, mut squares) = (0.0, 0.0);
        for (low, high, times) in self.bins() {
            let excess = (0.5 * (low + high) - var).max(0.0);
            sum += excess * count(times);
            squares += excess * excess * count(times);
        }
        let mean = sum / n;
        let variance = (squares / n - mean * mean).max(0.0);
        (var + mean / tail, libm::sqrt(variance / n) / tail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::normal;

    fn sketch_of(values: impl Iterator<Item = f64>) -> Sketch {
        let mut sketch = Sketch::default();
        values.for_each(|v| sketch.add(v));
        sketch
    }

    #[test]
    fn quantiles_of_a_lognormal_are_right_to_a_bin() {
        let n = 200_000;
        let value = |i: i32| libm::exp(normal::quantile((f64::from(i) + 0.5) / f64::from(n)));
        let sketch = sketch_of((0..n).map(value));
        for p in [0.01, 0.05, 0.5, 0.95, 0.999] {
            let exact = libm::exp(normal::quantile(p));
            let q = sketch.quantile(p);
            assert!((q.value / exact - 1.0).abs() < 0.008, "{p}: {} {exact}", q.value);
            assert!(q.low <= exact && exact <= q.high);
        }
    }

    /// Every rank, halves among them and some beyond the ends, by going through the bins one by one.
    #[test]
    fn ranks_lie_in_the_bins_that_counting_finds() {
        let mixed = (0..3000).map(|i| f64::from(i * 7919 % 1000 - 300) * f64::from(i % 13));
        let points = [f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY, 1e-9, -1e30];
        let sketch = sketch_of(mixed.chain(points));
        for half in 0..6020_u32 {
            let rank = 0.5 * f64::from(half);
            let (mut before, mut last) = (0.0, (f64::NAN, f64::NAN, 0.0));
            for (low, high, times) in sketch.bins() {
                last = (low, high, ((rank - before) / count(times)).clamp(0.0, 1.0));
                if rank < before + count(times) {
                    break;
                }
                before += count(times);
            }
            assert_eq!(sketch.at(rank), last, "rank {rank}");
        }
        assert!(Sketch::default().at(0.0).0.is_nan());
    }

    #[test]
    fn infinities_zeros_and_negatives_keep_their_order() {
        let sketch = sketch_of([f64::INFINITY, 0.0, -4.0, 7.0, f64::NEG_INFINITY].into_iter());
        let at = |p: f64| sketch.quantile(p).value;
        assert!(at(0.1).is_infinite() && at(0.1) < 0.0);
        assert!((at(0.3) + 4.0).abs() < 0.02);
        assert!(at(0.5).abs() < 1e-300);
        assert!((at(0.7) - 7.0).abs() < 0.03);
        assert!(at(0.9).is_infinite() && at(0.9) > 0.0);
    }

    #[test]
    fn merging_is_counting_together_in_any_order() {
        let values: Vec<f64> = (0..999).map(|i| f64::from(i * 7919 % 1000 - 300) * 1.7).collect();
        let whole = sketch_of(values.iter().copied());
        let parts: Vec<Sketch> = values.chunks(100).map(|c| sketch_of(c.iter().copied())).collect();
        let (mut forward, mut backward) = (Sketch::default(), Sketch::default());
        parts.iter().for_each(|p| forward.merge(p));
        parts.iter().rev().for_each(|p| backward.merge(p));
        for merged in [&forward, &backward] {
            for p in [0.0, 0.2, 0.5, 0.9, 1.0] {
                assert_eq!(merged.quantile(p), whole.quantile(p));
            }
        }
    }

    #[test]
    fn a_column_counts_as_its_values_one_by_one() {
        let mixed: Vec<f64> = (0..700).map(|i| f64::from(i * 7919 % 1000 - 300) * 1.7).collect();
        let columns: [&[f64]; 7] = [
            &[3.0; 7],
            &[0.0; 4],
            &[f64::INFINITY; 9],
            &[-2.5; 3],
            &[1.0, f64::INFINITY, -1.0, 0.0, f64::NEG_INFINITY],
            &mixed,
            &[1e-300, 1e300, 3.0, f64::MAX],
        ];
        let (mut by_column, mut one_by_one) = (Sketch::default(), Sketch::default());
        for column in columns {
            by_column.add_column(column);
            column.iter().for_each(|value| one_by_one.add(*value));
        }
        assert_eq!(by_column, one_by_one);
    }

    /// More values of one bin than a latest count can hold, while bins are put before and after it.
    #[test]
    fn no_count_is_lost_however_many_columns_there_are() {
        let (mut by_column, mut one_by_one) = (Sketch::default(), Sketch::default());
        for column in 0..600_i32 {
            let ends = [libm::exp2(f64::from(column % 40)), libm::exp2(f64::from(-(column % 70)))];
            let values: Vec<f64> = ends.into_iter().chain([1.5; LANES - 2]).collect();
            by_column.add_column(&values);
            values.iter().for_each(|value| one_by_one.add(*value));
        }
        assert_eq!(by_column, one_by_one);
        let mut merged = by_column.clone();
        merged.merge(&by_column);
        assert_eq!(merged.n(), 2 * one_by_one.n());
        for p in [0.001, 0.5, 0.999] {
            assert_eq!(by_column.quantile(p), one_by_one.quantile(p));
            assert_eq!(merged.quantile(p).value.to_bits(), one_by_one.quantile(p).value.to_bits());
        }
    }

    #[test]
    fn tail_mean_of_a_uniform_is_the_middle_of_its_tail() {
        let sketch = sketch_of((0..100_000).map(|i| f64::from(i) / 100_000.0));
        let (mean, error) = sketch.tail_mean(0.1);
        assert!((mean - 0.95).abs() < 0.002, "{mean}");
        assert!(error > 0.0 && error < 0.001);
    }
}

//! Estimates with their errors: tallies of blocks, quantile sketches, and the rows of the summary tables.

mod bribes;
mod cascade;
mod differences;
mod labels;
mod money;
mod paths;
mod precision;
mod rows;
mod sketches;
mod summary;
mod tally;
mod weighted;
mod writer;

pub use bribes::{BribeTally, ESCROW, METRICS as BRIBE_METRICS, cheapest_way};
pub use cascade::{CascadeTally, OF_ROUNDS, left_share, lost_share};
pub use differences::Pair;
pub use labels::{Labels, TargetLabels};
pub use money::PortfolioFigures;
pub use paths::{ELSEWHERE, PATH, PathLabels, PathTally};
pub use precision::{Goal, Slowest, next_check, relative, slowest};
pub use rows::{
    ContributionRow, DifferenceRow, MemberRow, OperatorRow, PortfolioRow, QuantileRow, Results, SummaryRow,
};
pub use sketches::Sketches;
pub use summary::summarise;
pub(crate) use tally::security_margin;
pub use tally::{DesignTally, Tally};
pub use weighted::money_rows;
pub use writer::{ANY, At, Quantile, Writer};

use crate::moments::Moments;
use crate::sketch::{Interval, Z95};

/// An estimate, never without its error.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The estimate.
    pub value: f64,
    /// Its standard error.
    pub std_error: f64,
    /// Lower end of the 95 % interval, sampling error only.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Scenarios it rests on.
    pub effective_sample_size: f64,
}

impl Estimate {
    /// A mean with its normal interval.
    pub fn mean(moments: &Moments) -> Self {
        Self::normal(moments.mean(), moments.std_error(), crate::moments::count(moments.n()))
    }

    /// A value with its normal interval.
    pub fn normal(value: f64, std_error: f64, effective_sample_size: f64) -> Self {
        let (low, high) = (value - Z95 * std_error, value + Z95 * std_error);
        Self { value, std_error, low, high, effective_sample_size }
    }

    /// A quantile: its error is a quarter of the interval's width in standard normal quantiles.
    pub fn quantile(interval: Interval, effective_sample_size: f64) -> Self {
        let Interval { value, low, high } = interval;
        Self { value, std_error: (high - low) / (2.0 * Z95), low, high, effective_sample_size }
    }

    /// A probability of `hits` in `n`: Wilson's interval (1927), and where hits or misses are few the exact one of Clopper and
    /// Pearson (1934), which never covers less than it says. Both keep a width at no hits.
    pub fn probability(hits: u64, n: u64) -> Self {
        let total = crate::moments::count(n);
        let p = crate::moments::count(hits) / total;
        let (low, high) = if hits < FEW {
            clopper_pearson(hits, n)
        } else if n - hits < FEW {
            let (low, high) = clopper_pearson(n - hits, n);
            (1.0 - high, 1.0 - low)
        } else {
            wilson(p, total)
        };
        let std_error = libm::sqrt(p * (1.0 - p) / total);
        Self { value: p, std_error, low, high, effective_sample_size: total }
    }
}

/// Hits below which a probability's interval is the exact one.
const FEW: u64 = 30;

fn wilson(p: f64, total: f64) -> (f64, f64) {
    let square = Z95 * Z95;
    let centre = (p + square / (2.0 * total)) / (1.0 + square / total);
    let half =
        Z95 * libm::sqrt(p * (1.0 - p) / total + square / (4.0 * total * total)) / (1.0 + square / total);
    (centre - half, centre + half)
}

/// The probabilities at which as many hits or more, and as few or fewer, are still 2.5 % likely.
fn clopper_pearson(hits: u64, n: u64) -> (f64, f64) {
    let low = if hits == 0 { 0.0 } else { solve(|p| 1.0 - at_most(hits - 1, n, p) > 0.025) };
    let high = if hits == n { 1.0 } else { solve(|p| at_most(hits, n, p) < 0.025) };
    (low, high)
}

/// P(at most `hits` of `n`), `hits` small.
fn at_most(hits: u64, n: u64, p: f64) -> f64 {
    let count = crate::moments::count;
    let mut term = libm::exp(count(n) * libm::log1p(-p));
    let mut sum = term;
    for i in 0..hits {
        term *= count(n - i) / count(i + 1) * (p / (1.0 - p));
        sum += term;
    }
    sum
}

/// Where a condition begins to hold between 0 and 1, by halving.
fn solve(holds: impl Fn(f64) -> bool) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..100 {
        let middle = 0.5 * (low + high);
        if holds(middle) { high = middle } else { low = middle }
    }
    high
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_hits_still_leave_an_upper_bound() {
        let none = Estimate::probability(0, 1000);
        assert!(none.low.abs() < 1e-300 && none.high > 0.003 && none.high < 0.004);
        let all = Estimate::probability(1000, 1000);
        assert!((all.high - 1.0).abs() < 1e-15 && all.low < 0.997 && all.low > 0.996);
    }

    /// Clopper and Pearson's intervals: 10 of 100, and none of 1000 (1 − 0.025^(1/1000)).
    #[test]
    fn few_hits_have_the_exact_interval() {
        let tenth = Estimate::probability(10, 100);
        assert!((tenth.low - 0.049_005).abs() < 1e-5 && (tenth.high - 0.176_223).abs() < 1e-5, "{tenth:?}");
        let none = Estimate::probability(0, 1000);
        assert!((none.high - 0.003_682).abs() < 1e-6, "{none:?}");
        let all_but_ten = Estimate::probability(90, 100);
        assert!((all_but_ten.low + tenth.high - 1.0).abs() < 1e-12);
    }

    /// Wilson's interval for 40 of 400: 0.0743 to 0.1333.
    #[test]
    fn wilson_interval_of_a_tenth() {
        let tenth = Estimate::probability(40, 400);
        assert!((tenth.low - 0.074_299).abs() < 1e-5 && (tenth.high - 0.133_311).abs() < 1e-5, "{tenth:?}");
    }
}

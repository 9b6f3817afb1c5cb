//! Estimates with their errors: tallies of blocks, quantile sketches, and the rows of the summary tables.

mod differences;
mod money;
mod rows;
mod summary;
mod tally;

pub use rows::{DifferenceRow, MemberRow, OperatorRow, PortfolioRow, QuantileRow, Results, SummaryRow};
pub use summary::summarise;
pub(crate) use tally::security_margin;
pub use tally::{Labels, Sketches, Tally, TargetLabels};

use crate::moments::Moments;
use crate::sketch::Z95;

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
        let (value, std_error) = (moments.mean(), moments.std_error());
        Self {
            value,
            std_error,
            low: value - Z95 * std_error,
            high: value + Z95 * std_error,
            effective_sample_size: crate::moments::count(moments.n()),
        }
    }

    /// A probability of `hits` in `n`, with Wilson's interval (1927), which keeps a width at no hits.
    pub fn probability(hits: u64, n: u64) -> Self {
        let total = crate::moments::count(n);
        let p = crate::moments::count(hits) / total;
        let square = Z95 * Z95;
        let centre = (p + square / (2.0 * total)) / (1.0 + square / total);
        let half =
            Z95 * libm::sqrt(p * (1.0 - p) / total + square / (4.0 * total * total)) / (1.0 + square / total);
        Self {
            value: p,
            std_error: libm::sqrt(p * (1.0 - p) / total),
            low: if hits == 0 { 0.0 } else { centre - half },
            high: if hits == n { 1.0 } else { centre + half },
            effective_sample_size: total,
        }
    }
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

    /// Wilson's interval for 10 of 100: 0.0552 to 0.1744.
    #[test]
    fn wilson_interval_of_a_tenth() {
        let tenth = Estimate::probability(10, 100);
        assert!((tenth.low - 0.05523).abs() < 1e-5 && (tenth.high - 0.17437).abs() < 1e-5);
    }
}

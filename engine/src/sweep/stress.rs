//! Reverse stress: the value of a number at which a figure reaches a level.

use super::{Figure, estimates};
use crate::estimate::Estimate;
use crate::study::{Setting, StudyError, Variable};

/// Where a rising figure reaches a level.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Reached {
    /// At this value; at the ends the interval of the figure meets the level (95 %, sampling error only).
    At {
        /// The value.
        value: f64,
        /// Least value that sampling error leaves.
        low: f64,
        /// Largest.
        high: f64,
    },
    /// Not even at the largest value, where the figure is this.
    Never(f64),
    /// Already at the least value, where the figure is this.
    Always(f64),
}

/// A search for the value of a number at which a figure reaches a level.
#[derive(Debug, Clone, PartialEq)]
pub struct Stress {
    /// The number's full key.
    pub key: String,
    /// Least value to look at.
    pub low: f64,
    /// Largest.
    pub high: f64,
    /// The figure.
    pub figure: Figure,
    /// Its level.
    pub level: f64,
}

/// Relative width at which a bisection ends.
const NARROW: f64 = 1e-3;
const MOST_HALVINGS: usize = 40;

/// Why a search found nothing.
#[derive(Debug, thiserror::Error)]
pub enum StressError {
    /// A value is no valid study.
    #[error(transparent)]
    Study(#[from] StudyError),
    /// There is no such figure.
    #[error("the study has no figure {0:?}")]
    NoFigure(Figure),
}

/// Reverse stress: bisection on common draws, for the figure and for both ends of its interval. The figure is taken to rise with
/// the number.
///
/// # Errors
/// If a value is refused or there is no such figure.
pub fn stress(variable: &Variable, search: &Stress) -> Result<Reached, StressError> {
    let mut seen: Vec<(f64, Estimate)> = Vec::new();
    let mut at = |value: f64| -> Result<Estimate, StressError> {
        if let Some((_, estimate)) = seen.iter().find(|(x, _)| x.to_bits() == value.to_bits()) {
            return Ok(*estimate);
        }
        let study = variable.with(&[Setting { key: search.key.clone(), value }])?;
        let Figure { design, service, attack, route, metric } = &search.figure;
        let results = estimates(&study);
        let row = results.find(design, service, attack, route, metric);
        let estimate = row.ok_or_else(|| StressError::NoFigure(search.figure.clone()))?.estimate;
        seen.push((value, estimate));
        Ok(estimate)
    };
    let (first, last) = (at(search.low)?, at(search.high)?);
    if first.value >= search.level {
        return Ok(Reached::Always(first.value));
    }
    if last.value < search.level {
        return Ok(Reached::Never(last.value));
    }
    let mut root = |height: fn(&Estimate) -> f64| -> Result<f64, StressError> {
        let (mut low, mut high) = (search.low, search.high);
        if height(&at(low)?) >= search.level {
            return Ok(low);
        }
        if height(&at(high)?) < search.level {
            return Ok(high);
        }
        for _ in 0..MOST_HALVINGS {
            if high - low <= NARROW * high {
                break;
            }
            // By ratio where the ends are far apart.
            let middle =
                if low > 0.0 && high > 4.0 * low { libm::sqrt(low * high) } else { 0.5 * (low + high) };
            if height(&at(middle)?) >= search.level { high = middle } else { low = middle }
        }
        Ok(high)
    };
    // The upper end of the interval meets the level first.
    Ok(Reached::At { value: root(|e| e.value)?, low: root(|e| e.high)?, high: root(|e| e.low)? })
}

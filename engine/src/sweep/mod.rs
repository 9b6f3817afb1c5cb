//! One study at many values of its numbers, all on the same draws: grids, derivatives, and the value at which a figure reaches
//! a level.

mod derivative;
mod likelihood;
mod stress;
#[cfg(test)]
mod tests;

pub use derivative::{Derivative, Method, derivatives};
pub use stress::{Reached, Stress, StressError, stress};

use crate::estimate::{Results, SummaryRow};
use crate::rare::run_by_estimator;
use crate::run::{NoSink, Plan, Watch, blocks_in_order};
use crate::study::{Record, Setting, Study, StudyError, Variable};

/// The values of one number.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    /// Its full key.
    pub key: String,
    /// Its values.
    pub values: Vec<f64>,
}

/// One figure at one point of a grid.
#[derive(Debug, Clone, PartialEq)]
pub struct GridRow {
    /// Value of each axis. `[axis]`
    pub at: Vec<f64>,
    /// The figure.
    pub row: SummaryRow,
}

/// All combinations of the axes' values, the last axis fastest. `[point][axis]`
pub fn grid(axes: &[Axis]) -> Vec<Vec<f64>> {
    axes.iter().fold(vec![Vec::new()], |points, axis| {
        let extend = |point: &Vec<f64>| -> Vec<Vec<f64>> {
            axis.values.iter().map(|value| [point.as_slice(), &[*value]].concat()).collect()
        };
        points.iter().flat_map(extend).collect()
    })
}

/// Estimates of a study by its own estimator, nothing recorded.
pub fn estimates(study: &Study) -> Results {
    let mut study = study.clone();
    study.run.record = Record::None;
    let watch = Watch { progress: &mut |_| (), go_on: None, interrupted: None };
    let Ok(finished) = run_by_estimator(&study, &Plan::new(&study), &mut NoSink, watch);
    finished.results
}

/// Runs a study at every point of a grid; `progress` is told how many points are done.
///
/// # Errors
/// If a point is no valid study.
pub fn sweep(
    variable: &Variable,
    axes: &[Axis],
    mut progress: impl FnMut(usize),
) -> Result<Vec<GridRow>, StudyError> {
    let mut rows = Vec::new();
    for (index, at) in grid(axes).into_iter().enumerate() {
        let study = variable.with(&settings(axes, &at))?;
        rows.extend(estimates(&study).summary.into_iter().map(|row| GridRow { at: at.clone(), row }));
        progress(index + 1);
    }
    Ok(rows)
}

fn settings(axes: &[Axis], at: &[f64]) -> Vec<Setting> {
    axes.iter().zip(at).map(|(axis, value)| Setting { key: axis.key.clone(), value: *value }).collect()
}

/// Labels of one figure.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// Design.
    pub design: String,
    /// Service, `*` for the whole design.
    pub service: String,
    /// Attack kind, `*` for any.
    pub attack: String,
    /// Route, `*` for the cheapest.
    pub route: String,
    /// Metric.
    pub metric: String,
}

/// Blocks whose results wait in memory.
const WAVE: u64 = 256;

/// Folds what `work` makes of blocks `0..n_blocks`, in order; on the current rayon pool.
fn fold_blocks<T: Send>(
    n_blocks: u64,
    work: impl Fn(u64) -> T + Send + Sync,
    merge: impl Fn(&mut T, &T),
) -> Option<T> {
    let mut total: Option<T> = None;
    let mut first = 0;
    while first < n_blocks {
        let n = WAVE.min(n_blocks - first);
        for block in blocks_in_order(n, |index| work(first + index)) {
            match &mut total {
                Some(total) => merge(total, &block),
                None => total = Some(block),
            }
        }
        first += n;
    }
    total
}

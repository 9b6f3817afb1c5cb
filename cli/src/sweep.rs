//! `cartel sweep`: a grid of a study's numbers into one Parquet table.

use crate::args::SweepArguments;
use crate::exit::{Failure, USAGE};
use crate::load;
use crate::output::{Out, tell};
use montecartel::report::{may_write_file, write_grid};
use montecartel::sweep::{grid, sweep};

/// Runs every point and writes the table.
///
/// # Errors
/// If a key is no number of the study, a point no valid study, or the file cannot be written.
pub fn run(arguments: &SweepArguments, out: &mut Out) -> Result<(), Failure> {
    let variable = load::variable(&arguments.study, &arguments.draw)?;
    let threads = load::threads(arguments.draw.threads)?;
    for axis in &arguments.axes {
        variable.number(&axis.key).map_err(|why| Failure::new(USAGE, format!("error: {why}")))?;
    }
    may_write_file(&arguments.out, arguments.force)?;
    let n_points = grid(&arguments.axes).len();
    let progress = |done| tell(format_args!("{done} of {n_points} points"));
    let rows = threads.install(|| sweep(&variable, &arguments.axes, progress))?;
    let keys: Vec<String> = arguments.axes.iter().map(|axis| axis.key.clone()).collect();
    write_grid(&arguments.out, &variable.study, (&keys, &rows), arguments.force)?;
    out.line(format_args!("{n_points} points, {} rows in {}", rows.len(), arguments.out.display()))
}

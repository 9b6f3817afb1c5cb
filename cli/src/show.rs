//! `cartel show`: the figures of a finished run, from its files.

use crate::args::ShowArguments;
use crate::exit::Failure;
use crate::output::Out;
use crate::run;
use montecartel::report::{read_manifest, read_results};

/// Prints what `run` printed.
///
/// # Errors
/// If the folder holds no finished run or a file is damaged.
pub fn show(arguments: &ShowArguments, out: &mut Out) -> Result<(), Failure> {
    let manifest = read_manifest(&arguments.dir)?;
    let results = read_results(&arguments.dir)?;
    run::print(&manifest, &results, &arguments.print, out)
}

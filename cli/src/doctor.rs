//! `cartel doctor`: what this machine offers, and the level of vector instructions; the one place that reads the environment.

use crate::exit::{Failure, USAGE};
use crate::host;
use crate::output::Out;
use montecartel::kernels::level::{self, Level};
use montecartel::run::Threads;

/// Forces a level: `generic`, `avx2` or `avx512`.
const VARIABLE: &str = "CARTEL_SIMD";

/// The level to run on: the fastest, or the one that `CARTEL_SIMD` asks for.
///
/// # Errors
/// If this machine does not have the one asked for.
pub fn level() -> Result<Level, Failure> {
    let Some(asked) = std::env::var_os(VARIABLE).filter(|asked| !asked.is_empty()) else {
        return Ok(Level::best());
    };
    let asked = asked.to_string_lossy();
    Level::named(&asked).ok_or_else(|| {
        let message = format!("error: {VARIABLE} must be one of {}, got `{asked}`", names());
        Failure::new(USAGE, message)
    })
}

/// Levels of this machine.
fn names() -> String {
    Level::available().iter().map(|level| level.name()).collect::<Vec<_>>().join(", ")
}

/// Prints what there is.
///
/// # Errors
/// If a level is asked for that is not there, or nobody takes the output.
pub fn run(out: &mut Out) -> Result<(), Failure> {
    let level = level()?;
    for (name, value) in host::facts() {
        out.line(format_args!("{name:<13} {value}"))?;
    }
    let threads = Threads::new(None).map_or(1, |threads| threads.count());
    out.line(format_args!("{:<13} {threads}; --threads gives another number", "threads"))?;
    for (name, has) in level::features() {
        out.line(format_args!("{name:<13} {}", if has { "yes" } else { "no" }))?;
    }
    out.line(format_args!("{:<13} {level}, of {}; {VARIABLE} forces another", "level", names()))?;
    out.line("Results are the same bits at every level and with any number of threads.")
}

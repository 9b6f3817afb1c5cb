//! Exit codes, and the failures that lead to them.

use montecartel::report::ReportError;
use montecartel::study::StudyError;
use std::io;

/// The run finished.
pub const OK: u8 = 0;
/// A fault in the program itself.
pub const INTERNAL: u8 = 1;
/// The command line is wrong.
pub const USAGE: u8 = 2;
/// The study is invalid; 4 if only an input table is (`StudyError::exit_code`).
pub const STUDY: u8 = 3;
/// The run finished, and an `[assert]` of the study failed.
pub const ASSERTION: u8 = 5;
/// Stopped early with a valid partial result.
pub const STOPPED: u8 = 6;
// 8: a file is not what the manifest says; 9: written by an
// incompatible version (`ReportError::exit_code`). The list is append-only.
/// The output cannot be written or read.
pub const OUTPUT: u8 = 7;

/// Why a command ends early: the text for stderr and the exit code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Exit code.
    pub code: u8,
    /// What to print; nothing when empty.
    pub message: String,
}

impl Failure {
    /// A failure with a message.
    pub fn new(code: u8, message: impl ToString) -> Self {
        Self { code, message: message.to_string() }
    }

    /// Standard output refuses; whoever closed the pipe has read enough.
    pub fn of_stdout(error: &io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self { code: OK, message: String::new() };
        }
        Self::new(OUTPUT, format!("error: cannot write to standard output: {error}"))
    }
}

impl From<StudyError> for Failure {
    fn from(error: StudyError) -> Self {
        Self::new(error.exit_code(), error)
    }
}

impl From<ReportError> for Failure {
    fn from(error: ReportError) -> Self {
        Self::new(error.exit_code(), format!("error: {error}"))
    }
}

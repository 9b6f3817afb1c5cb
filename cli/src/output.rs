//! Data to standard output, everything else to standard error.

use crate::exit::Failure;
use serde_json::Value;
use std::fmt::Display;
use std::io::{self, Write};

/// Standard output.
#[derive(Debug)]
pub struct Out {
    stdout: io::BufWriter<io::StdoutLock<'static>>,
}

impl Out {
    /// Locks standard output.
    pub fn new() -> Self {
        Self { stdout: io::BufWriter::new(io::stdout().lock()) }
    }

    /// Writes one line or several.
    ///
    /// # Errors
    /// If nobody takes it.
    pub fn line(&mut self, text: impl Display) -> Result<(), Failure> {
        writeln!(self.stdout, "{text}").map_err(|error| Failure::of_stdout(&error))
    }

    /// Writes a JSON document.
    ///
    /// # Errors
    /// If nobody takes it.
    pub fn json(&mut self, value: &Value) -> Result<(), Failure> {
        self.line(format_args!("{value:#}"))
    }

    /// Hands everything over.
    ///
    /// # Errors
    /// If nobody takes it.
    pub fn flush(&mut self) -> Result<(), Failure> {
        self.stdout.flush().map_err(|error| Failure::of_stdout(&error))
    }
}

/// Writes a line to standard error; where that is closed nobody is left to tell.
pub fn tell(text: impl Display) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

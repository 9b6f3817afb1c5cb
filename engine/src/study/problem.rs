//! What is wrong with a study, where, and what to do about it.

use std::fmt;

/// How bad a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The study cannot be used.
    Error,
    /// Odd but allowed.
    Warning,
}

/// One mistake with its place and its remedy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Whether the study can still be used.
    pub severity: Severity,
    /// File as named by the caller (study) or by the study (table).
    pub file: String,
    /// Line from 1; row from 1 in a Parquet table.
    pub line: Option<usize>,
    /// Full key in a study, column in a table; empty where the whole file is meant.
    pub key: String,
    /// What is wrong: rule and value.
    pub message: String,
    /// What to write instead; may be empty.
    pub remedy: String,
    /// True if the content (or absence) of a table file is the reason.
    pub in_table: bool,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = if self.severity == Severity::Error { "error" } else { "warning" };
        write!(f, "{severity}: {}", self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        if !self.key.is_empty() {
            write!(f, ": `{}`", self.key)?;
        }
        write!(f, ": {}", self.message)?;
        if self.remedy.is_empty() { Ok(()) } else { write!(f, "; {}", self.remedy) }
    }
}

/// Everything that is wrong with a study, in the order of files and lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StudyError {
    /// The errors; at least one.
    pub problems: Vec<Problem>,
}

impl StudyError {
    /// 4 if every problem is in a table, 3 otherwise.
    pub fn exit_code(&self) -> u8 {
        if self.problems.iter().all(|problem| problem.in_table) { 4 } else { 3 }
    }
}

impl fmt::Display for StudyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, problem) in self.problems.iter().enumerate() {
            let separator = if position == 0 { "" } else { "\n" };
            write!(f, "{separator}{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for StudyError {}

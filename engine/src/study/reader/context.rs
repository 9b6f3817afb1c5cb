//! What every reader shares: the place of things, and what has been found so far.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;
use std::rc::Rc;

use super::super::TookDefault;
use super::super::problem::{Problem, Severity};
use super::super::resolved::join_path;
use super::super::table::Table;

/// Mistakes reported per table file.
const MOST_PER_TABLE: usize = 20;
/// Mistakes reported at all.
const MOST_PROBLEMS: usize = 1000;

/// Where a value stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::study) struct Place {
    /// File.
    pub(in crate::study) file: Rc<str>,
    /// Line from 1.
    pub(in crate::study) line: Option<usize>,
    /// Full key or column.
    pub(in crate::study) key: String,
    /// Whether it is in a table file.
    pub(in crate::study) in_table: bool,
}

impl Place {
    /// The same file and line, another key.
    pub(in crate::study) fn with_key(&self, key: &str) -> Self {
        Self { key: key.to_owned(), ..self.clone() }
    }
}

/// A name with its place.
#[derive(Debug, Clone)]
pub(in crate::study) struct Named {
    /// The name.
    pub(in crate::study) name: String,
    /// Where it stands.
    pub(in crate::study) place: Place,
}

/// A table with what is needed to speak of its rows.
#[derive(Debug)]
pub(in crate::study) struct Source {
    /// Its cells.
    pub(in crate::study) table: Table,
    /// Path as the study names it, or the study file itself.
    pub(in crate::study) file: Rc<str>,
    /// Whether it is a file of its own.
    pub(in crate::study) is_file: bool,
    /// Key in the study, for tables given in place.
    pub(in crate::study) key: String,
}

impl Source {
    /// The place of a cell.
    pub(in crate::study) fn place(&self, row: usize, column: &str) -> Place {
        let key = if self.is_file { column.to_owned() } else { join_path(&self.key, column) };
        Place {
            file: Rc::clone(&self.file),
            line: self.table.lines.get(row).copied(),
            key,
            in_table: self.is_file,
        }
    }

    /// The place of the table as a whole.
    pub(in crate::study) fn whole(&self) -> Place {
        let key = if self.is_file { String::new() } else { self.key.clone() };
        Place { file: Rc::clone(&self.file), line: None, key, in_table: self.is_file }
    }
}

/// What every reader shares: where the study stands and what has been found so far.
#[derive(Debug)]
pub(in crate::study) struct Context<'a> {
    /// Name of the study file in messages.
    pub(in crate::study) file: Rc<str>,
    /// Folder that paths are relative to.
    pub(in crate::study) dir: &'a Path,
    /// Byte at which each line starts.
    line_starts: Vec<usize>,
    /// Problems so far.
    problems: RefCell<Vec<Problem>>,
    /// Defaults taken so far.
    defaults: RefCell<Vec<TookDefault>>,
    /// Table files read so far, by path; `None` where that failed.
    pub(in crate::study) files: RefCell<BTreeMap<String, Option<Rc<Source>>>>,
}

impl<'a> Context<'a> {
    /// A context for the text of a study.
    pub(in crate::study) fn new(text: &str, file: &str, dir: &'a Path) -> Self {
        let starts = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        Self {
            file: file.into(),
            dir,
            line_starts: std::iter::once(0).chain(starts).collect(),
            problems: RefCell::default(),
            defaults: RefCell::default(),
            files: RefCell::default(),
        }
    }

    /// Line from 1 of a byte.
    pub(in crate::study) fn line(&self, byte: usize) -> usize {
        self.line_starts.partition_point(|start| *start <= byte)
    }

    /// The place of a value of the study.
    pub(in crate::study) fn place(&self, span: std::ops::Range<usize>, key: &str) -> Place {
        Place {
            file: Rc::clone(&self.file),
            line: Some(self.line(span.start)),
            key: key.to_owned(),
            in_table: false,
        }
    }

    /// Notes an error.
    pub(in crate::study) fn error(
        &self,
        place: &Place,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.note(Severity::Error, place, message.into(), remedy.into());
    }

    /// Notes a warning.
    pub(in crate::study) fn warn(
        &self,
        place: &Place,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.note(Severity::Warning, place, message.into(), remedy.into());
    }

    /// Notes a problem.
    fn note(&self, severity: Severity, place: &Place, message: String, remedy: String) {
        if self.is_full(place) {
            return;
        }
        let Place { file, line, key, in_table } = place.clone();
        let problem = Problem { severity, file: file.to_string(), line, key, message, remedy, in_table };
        let mut problems = self.problems.borrow_mut();
        if !problems.contains(&problem) {
            let count = problems.iter().filter(|other| other.in_table && other.file == problem.file).count();
            let last = Problem { line: None, key: String::new(), ..problem.clone() };
            problems.push(problem);
            if in_table && count + 1 == MOST_PER_TABLE {
                let (message, remedy) = ("may have more problems than these", "correct these first");
                problems.push(Problem { message: message.to_owned(), remedy: remedy.to_owned(), ..last });
            }
        }
    }

    /// Whether more problems of this place's file would help nobody (and only cost time).
    pub(in crate::study) fn is_full(&self, place: &Place) -> bool {
        let problems = self.problems.borrow();
        let of_table =
            || problems.iter().filter(|other| other.in_table && *other.file == *place.file).count();
        problems.len() >= MOST_PROBLEMS || (place.in_table && of_table() > MOST_PER_TABLE)
    }

    /// Records a default.
    pub(in crate::study) fn took_default(&self, key: &str, value: &str) {
        self.defaults.borrow_mut().push(TookDefault { key: key.to_owned(), value: value.to_owned() });
    }

    /// Errors, warnings (each in the order of files and lines) and defaults (in the order of keys).
    pub(in crate::study) fn finish(self) -> (Vec<Problem>, Vec<Problem>, Vec<TookDefault>) {
        let mut problems = self.problems.into_inner();
        let study = self.file;
        problems.sort_by_key(|problem| {
            let file = if *problem.file == *study { String::new() } else { problem.file.clone() };
            (file, problem.line)
        });
        problems.dedup();
        let mut defaults = self.defaults.into_inner();
        defaults.sort_by(|a, b| a.key.cmp(&b.key));
        let (errors, warnings) =
            problems.into_iter().partition(|problem| problem.severity == Severity::Error);
        (errors, warnings, defaults)
    }
}

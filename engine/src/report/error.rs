//! Why a run's folder cannot be written or read.

use parquet::errors::ParquetError;
use std::io;
use std::path::{Path, PathBuf};

/// Why a run's folder cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The folder holds something and replacing it was not asked for.
    #[error("`{}` is not empty (it holds `{entry}`); choose another folder, or replace an earlier run with --force", dir.display())]
    NotEmpty {
        /// The folder.
        dir: PathBuf,
        /// Something in it.
        entry: String,
    },
    /// The file exists and replacing it was not asked for.
    #[error("`{}` exists; choose another file, or replace it with --force", path.display())]
    FileExists {
        /// The file.
        path: PathBuf,
    },
    /// Something in the way that no run wrote.
    #[error("`{}` was not written by a run, so nothing was removed; move it away or choose another folder", path.display())]
    Foreign {
        /// What is in the way.
        path: PathBuf,
    },
    /// A file where a folder should be.
    #[error("`{}` is not a folder; choose another name", path.display())]
    NotAFolder {
        /// What is in the way.
        path: PathBuf,
    },
    /// The file system refuses.
    #[error("cannot {doing} `{}`: {source}", path.display())]
    Io {
        /// What was tried.
        doing: &'static str,
        /// On which path.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The Parquet writer refuses.
    #[error("cannot write `{}` as Parquet: {message}", path.display())]
    Parquet {
        /// The file.
        path: PathBuf,
        /// Why not.
        message: String,
    },
    /// A folder without `_SUCCESS`.
    #[error("`{}` holds no finished run (`_SUCCESS` is missing); run the study again, with --force into this folder", dir.display())]
    Unfinished {
        /// The folder.
        dir: PathBuf,
    },
    /// A file that is not what the run wrote.
    #[error("`{}` is damaged: {why}; run the study again", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// How it shows.
        why: String,
    },
    /// Written by another version.
    #[error("`{}` has schema `{found}`, this version reads `{expected}`; use the version that wrote it", path.display())]
    Incompatible {
        /// The file.
        path: PathBuf,
        /// What it says.
        found: String,
        /// What would do.
        expected: String,
    },
}

impl ReportError {
    /// 8 if a file is not what was written, 9 if another version wrote it, 7 otherwise.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Damaged { .. } => 8,
            Self::Incompatible { .. } => 9,
            _ => 7,
        }
    }

    /// For `map_err`: an I/O error with what was tried on which path.
    pub(super) fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { doing, path, source }
    }

    /// For `map_err`: what the Parquet writer met; an I/O error below it (a full disk) is told as such.
    pub(super) fn parquet(path: &Path) -> impl FnOnce(ParquetError) -> Self {
        let path = path.to_owned();
        move |error| match error {
            ParquetError::External(inner) => match inner.downcast::<io::Error>() {
                Ok(source) => Self::Io { doing: "write", path, source: *source },
                Err(other) => Self::Parquet { path, message: other.to_string() },
            },
            other => Self::Parquet { path, message: other.to_string() },
        }
    }

    /// A file is not what the run wrote.
    pub(super) fn damaged(path: &Path, why: impl ToString) -> Self {
        Self::Damaged { path: path.to_owned(), why: why.to_string() }
    }
}

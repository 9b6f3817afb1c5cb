//! What a run writes and how it is read back: Parquet tables, manifest, `_SUCCESS`.
//!
//! [`RunFolder::create`] prepares the folder, [`TableSink`] takes recorded rows while the run draws, and
//! [`RunFolder::finish`] adds the summary tables and, last of all, `_SUCCESS`. Every file is written under a temporary
//! name, synced and renamed, so that a killed run never leaves something that reads as finished. No Parquet file
//! depends on clock, host or number of threads.
//!
//! ```no_run
//! use montecartel::{report::RunFolder, report::RunFacts, run, study::Study};
//!
//! let study = Study::load("data/cosmos-2023".as_ref())?;
//! let plan = run::Plan::new(&study);
//! let folder = RunFolder::create("out".as_ref(), &study, false)?;
//! let mut sink = folder.sink(&plan);
//! let results = run::run(&plan, &mut sink, |_| ())?;
//! folder.finish(sink, &results, &RunFacts { scenarios: plan.scenarios(), ..RunFacts::default() })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod chunk;
mod column;
mod disk;
mod encode;
mod error;
mod folder;
mod manifest;
mod pages;
mod part;
mod paths;
mod provenance;
mod read;
mod sink;
mod summary;
mod tables;
#[cfg(test)]
mod tests;
mod values;

pub use error::ReportError;
pub use folder::{RunFolder, may_write_file, write_grid, write_marginal};
pub use manifest::{Manifest, PartRecord, RunFacts};
pub use read::{read_manifest, read_results};
pub use sink::TableSink;

/// Version of names, types and meaning of all columns and of the manifest.
pub const SCHEMA_VERSION: u32 = 3;

//! The folder of a run, from its first file to `_SUCCESS`.

use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

use super::column::Table;
use super::disk::{self, MANIFEST, PATHS, RUN_RESULTS, STUDY, SUCCESS, TEMPORARY};
use super::part::PartFile;
use super::provenance::Provenance;
use super::summary::{ESTIMATORS, UNITS};
use super::{Manifest, PartRecord, ReportError, RunFacts, TableSink, manifest, paths, summary};
use crate::estimate::{Results, SummaryRow};
use crate::marginal::MarginalRow;
use crate::path::PathResults;
use crate::run::Plan;
use crate::study::Study;
use crate::sweep::GridRow;

/// A folder that a run is writing.
#[derive(Debug)]
pub struct RunFolder {
    dir: PathBuf,
    study: Study,
    provenance: Provenance,
    paths: Option<PathResults>,
}

impl RunFolder {
    /// Prepares `dir` for a run of `study` with its `run` settings and writes the resolved study.
    ///
    /// A folder that is not empty is refused. With `force` an earlier run in it is removed first, but only if the folder
    /// holds nothing else.
    ///
    /// # Errors
    /// If something is in the way or the disk refuses.
    pub fn create(dir: &Path, study: &Study, force: bool) -> Result<Self, ReportError> {
        disk::make_folder(dir)?;
        if let Some(entry) = disk::names(dir)?.into_iter().next() {
            if !force {
                return Err(ReportError::NotEmpty { dir: dir.to_owned(), entry });
            }
            disk::clear(dir)?;
        }
        disk::make_folder(&dir.join(TEMPORARY))?;
        let provenance = Provenance::new(study);
        let folder = Self { dir: dir.to_owned(), study: study.clone(), provenance, paths: None };
        disk::write_file(dir, STUDY, folder.provenance.study_toml.as_bytes())?;
        Ok(folder)
    }

    /// Has paths written as well.
    #[must_use]
    pub fn with_paths(mut self, paths: Option<PathResults>) -> Self {
        self.paths = paths;
        self
    }

    /// The sink that writes recorded rows here. `plan` is the plan of the same study.
    pub fn sink(&self, plan: &Plan) -> TableSink {
        let assets: Vec<String> = self.study.assets.iter().map(|asset| asset.name.clone()).collect();
        TableSink::new(&self.dir, plan, &assets, &self.study.run, &self.provenance)
    }

    /// Writes everything that is not yet there; `_SUCCESS` last, and only if the run is complete.
    ///
    /// # Errors
    /// If the disk refuses; the folder then reads as unfinished.
    pub fn finish(
        self,
        sink: TableSink,
        results: &Results,
        facts: &RunFacts,
    ) -> Result<Manifest, ReportError> {
        let (warning, stopped_at) = (sink.warning(), sink.stopped_at());
        let mut parts = self.small_tables(results)?;
        parts.extend(sink.finish()?);
        let manifest = Manifest::new(&self.study, facts.scenarios, stopped_at, parts, facts.figures.clone());
        self.write_json(RUN_RESULTS, &manifest::run_results(&self.study, facts, warning))?;
        self.write_json(MANIFEST, &manifest.to_json())?;
        if !facts.is_partial {
            disk::write_file(&self.dir, SUCCESS, &[])?;
        }
        // Only a courtesy: an empty `.tmp` harms nobody.
        let _ = fs::remove_dir(self.dir.join(TEMPORARY));
        disk::sync_folder(&self.dir)?;
        Ok(manifest)
    }

    fn small_tables(&self, results: &Results) -> Result<Vec<PartRecord>, ReportError> {
        let origin = &self.provenance;
        let known = |row: &SummaryRow| UNITS.contains(&row.unit) && ESTIMATORS.contains(&row.estimator);
        debug_assert!(results.summary.iter().all(known), "the reader must know every unit and estimator");
        let mut written = vec![
            self.write_table(&summary::summary(origin), &results.summary)?,
            self.write_table(&summary::quantiles(origin), &results.quantiles)?,
            self.write_table(&summary::differences(origin), &results.differences)?,
            self.write_table(&summary::operators(origin), &results.operators)?,
            self.write_table(&summary::members(origin), &results.members)?,
        ];
        if !self.study.portfolios.is_empty() {
            written.push(self.write_table(&summary::portfolios(origin), &results.portfolios)?);
        }
        if !results.contributions.is_empty() {
            written.push(self.write_table(&summary::attribution(origin), &results.contributions)?);
        }
        if let Some(results) = &self.paths {
            let name = |table: &str| format!("{PATHS}/{table}.parquet");
            written.push(self.write_as(name("bands"), &paths::bands(origin), &results.bands)?);
            written.push(self.write_as(name("survival"), &paths::survival(origin), &results.survival)?);
            written.push(self.write_as(name("sample"), &paths::sample(origin), &results.sample)?);
        }
        Ok(written)
    }

    /// Writes a table of one file.
    fn write_table<R: Sync>(&self, table: &Table<R>, rows: &[R]) -> Result<PartRecord, ReportError> {
        self.write_as(format!("{}.parquet", table.name), table, rows)
    }

    fn write_as<R: Sync>(
        &self,
        name: String,
        table: &Table<R>,
        rows: &[R],
    ) -> Result<PartRecord, ReportError> {
        let mut file = PartFile::create(&self.dir, name, table)?;
        file.write(table, rows)?;
        file.commit()
    }

    fn write_json(&self, name: &str, value: &Value) -> Result<(), ReportError> {
        disk::write_file(&self.dir, name, format!("{value:#}\n").as_bytes())
    }
}

/// Whether a table may be written to this file of its own: asked before hours of work, and again when it is written.
///
/// # Errors
/// If the file exists and `force` does not replace it.
pub fn may_write_file(file: &Path, force: bool) -> Result<(), ReportError> {
    if file.exists() && !force { Err(ReportError::FileExists { path: file.to_owned() }) } else { Ok(()) }
}

/// Writes a grid to one file, complete or not at all. A file that is there is replaced only with `force`.
///
/// # Errors
/// If the file exists, or the disk refuses.
pub fn write_grid(
    file: &Path,
    study: &Study,
    (keys, rows): (&[String], &[GridRow]),
    force: bool,
) -> Result<(), ReportError> {
    write_file_of(file, &summary::grid(keys, &Provenance::new(study)), rows, force)
}

/// Writes what services add to one file, complete or not at all. A file that is there is replaced only with `force`.
///
/// # Errors
/// If the file exists, or the disk refuses.
pub fn write_marginal(
    file: &Path,
    study: &Study,
    rows: &[MarginalRow],
    force: bool,
) -> Result<(), ReportError> {
    write_file_of(file, &summary::marginal(&Provenance::new(study)), rows, force)
}

fn write_file_of<R: Sync>(file: &Path, table: &Table<R>, rows: &[R], force: bool) -> Result<(), ReportError> {
    let dir = file.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = file.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    may_write_file(file, force)?;
    disk::make_folder(&dir.join(TEMPORARY))?;
    let mut part = PartFile::create(dir, name, table)?;
    part.write(table, rows)?;
    part.commit()?;
    // Only a courtesy: an empty `.tmp` harms nobody.
    let _ = fs::remove_dir(dir.join(TEMPORARY));
    disk::sync_folder(dir)
}

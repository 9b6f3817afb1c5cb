//! What every Parquet file says about its origin, and the resolved study as it was run.

use parquet::file::metadata::KeyValue;
use std::collections::HashMap;
use std::fmt::Write;

use super::SCHEMA_VERSION;
use crate::study::{Record, RunSettings, Study};

/// Key and value pairs that every Parquet file of a run carries; equal for equal runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Provenance {
    /// Short ones, which data frames show.
    facts: Vec<(&'static str, String)>,
    /// The resolved study with the settings of this run.
    pub(super) study_toml: String,
}

/// Key of the study's text.
const STUDY_TOML: &str = "montecartel.study_toml";

impl Provenance {
    /// Of a run of `study` with its settings.
    pub(super) fn new(study: &Study) -> Self {
        let facts = vec![
            ("montecartel.schema_version", SCHEMA_VERSION.to_string()),
            ("montecartel.study", study.name.clone()),
            ("montecartel.problem_id", study.provenance.problem_id.clone()),
            ("montecartel.seed", seed_text(study.run.seed)),
            ("montecartel.engine_version", engine_version().to_owned()),
        ];
        Self { facts, study_toml: with_settings(&study.provenance.resolved, &study.run) }
    }

    /// For the footer: what DuckDB and polars see.
    pub(super) fn footer(&self) -> Vec<KeyValue> {
        let pairs =
            self.facts.iter().map(|(key, value)| (*key, value)).chain([(STUDY_TOML, &self.study_toml)]);
        pairs.map(|(key, value)| KeyValue::new(key.to_owned(), value.clone())).collect()
    }

    /// For the Arrow schema: what pyarrow sees. `PANDAS_ATTRS` becomes a pandas frame's `attrs`; it leaves the study's
    /// text out because pandas copies `attrs` with every operation.
    pub(super) fn arrow(&self) -> HashMap<String, String> {
        let attrs: serde_json::Map<String, serde_json::Value> =
            self.facts.iter().map(|(key, value)| ((*key).to_owned(), value.clone().into())).collect();
        let mut pairs: HashMap<String, String> =
            self.facts.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
        pairs.insert(STUDY_TOML.to_owned(), self.study_toml.clone());
        pairs.insert("PANDAS_ATTRS".to_owned(), serde_json::Value::Object(attrs).to_string());
        pairs
    }
}

/// Version of the engine.
pub(super) fn engine_version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}

/// A seed as text: 64 bits do not fit the integers of JSON and of some readers.
pub(super) fn seed_text(seed: u64) -> String {
    format!("{seed:#018x}")
}

/// Word of a recording rule.
pub(super) fn record_text(record: Record) -> &'static str {
    match record {
        Record::All => "all",
        Record::Attacks => "attacks",
        Record::None => "none",
    }
}

/// The resolved study with its `[run]` replaced by the settings that the run had.
fn with_settings(resolved: &str, run: &RunSettings) -> String {
    let mut out = String::new();
    let mut inside = false;
    for line in resolved.lines() {
        if line.starts_with('[') {
            inside = line == "[run]";
            if inside {
                out.push_str(&settings_text(run));
            }
        }
        if !inside {
            out.push_str(line);
            out.push('\n');
        }
    }
    out
}

fn settings_text(run: &RunSettings) -> String {
    let mut out = String::from("[run]\n");
    // Writing to a string cannot fail.
    let _ = writeln!(out, "scenarios = {}", run.scenarios);
    let _ = writeln!(out, "seed = {}", run.seed);
    let _ = writeln!(out, "estimator = \"{}\"", run.estimator.name());
    let _ = writeln!(out, "relative_error = {:?}", run.relative_error);
    let _ = writeln!(out, "negligible = {:?}", run.negligible);
    if run.attribution > 0 {
        let _ = writeln!(out, "attribution = {}", run.attribution);
    }
    let _ = writeln!(out, "record = \"{}\"", record_text(run.record));
    let _ = writeln!(out, "record_every = {}", run.record_every);
    let _ = writeln!(out, "record_loss_share = {:?}", run.record_loss_share);
    let _ = writeln!(out, "record_limit_rows = {}\n", run.record_limit_rows);
    out
}

//! The manifest (the same for equal runs) and the run's results (clock, host, warnings).

use serde_json::{Map, Value, json};

use super::provenance::{engine_version, record_text, seed_text};
use crate::study::{Study, TableDigest};

/// Identifies the manifest and its version.
pub(super) const MANIFEST_SCHEMA: &str = "urn:montecartel:manifest:1";
/// Identifies run_results.json and its version.
const RUN_RESULTS_SCHEMA: &str = "urn:montecartel:run-results:1";

/// One Parquet file of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PartRecord {
    /// Table that it belongs to.
    pub table: String,
    /// Path below the run's folder, with `/`.
    pub path: String,
    /// Rows.
    pub rows: u64,
    /// Bytes.
    pub bytes: u64,
    /// BLAKE3 of the bytes, hex.
    pub blake3: String,
}

/// What a run was and which files it wrote.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Manifest {
    /// Version of the engine that wrote it.
    pub engine_version: String,
    /// Name of the study.
    pub study: String,
    /// BLAKE3 of the problem, hex.
    pub problem_id: String,
    /// Seed, hex.
    pub seed: String,
    /// Scenarios drawn.
    pub scenarios: u64,
    /// Which scenarios were recorded: `all`, `attacks`, `none`.
    pub record: String,
    /// First scenario missing from the big tables because of the row limit.
    pub recording_stopped_at: Option<i64>,
    /// Tables that the study read.
    pub inputs: Vec<TableDigest>,
    /// Every Parquet file.
    pub parts: Vec<PartRecord>,
    /// Sentences that stand under the figures.
    pub figures: Vec<String>,
}

/// What the caller knows about a run: nothing of it goes into a Parquet file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RunFacts {
    /// How long the run took, seconds.
    pub seconds: f64,
    /// Threads that drew.
    pub threads: usize,
    /// Scenarios drawn.
    pub scenarios: u64,
    /// Whether a limit ended it before all scenarios or the precision asked for.
    pub is_partial: bool,
    /// When it began, UTC (`2026-01-31T12:00:00Z`).
    pub started_utc: String,
    /// When it ended, UTC.
    pub finished_utc: String,
    /// Name and value of what is worth knowing about the machine.
    pub host: Vec<(String, String)>,
    /// Warnings besides those of the study and of the sink.
    pub warnings: Vec<String>,
    /// Sentences that stand under the figures (quoted figures, backtest); the same for equal runs, they go into the
    /// manifest.
    pub figures: Vec<String>,
}

impl Manifest {
    /// Of a run of `study` that wrote `parts`.
    pub(super) fn new(
        study: &Study,
        scenarios: u64,
        recording_stopped_at: Option<i64>,
        parts: Vec<PartRecord>,
        figures: Vec<String>,
    ) -> Self {
        Self {
            engine_version: engine_version().to_owned(),
            study: study.name.clone(),
            problem_id: study.provenance.problem_id.clone(),
            seed: seed_text(study.run.seed),
            scenarios,
            record: record_text(study.run.record).to_owned(),
            recording_stopped_at,
            inputs: study.provenance.tables.clone(),
            parts,
            figures,
        }
    }

    /// As JSON.
    pub(super) fn to_json(&self) -> Value {
        let inputs =
            self.inputs.iter().map(|t| json!({ "path": t.path, "rows": t.rows, "blake3": t.blake3 }));
        let parts = self.parts.iter().map(|part| {
            json!({
                "table": part.table, "path": part.path, "rows": part.rows, "bytes": part.bytes, "blake3": part.blake3,
            })
        });
        json!({
            "schema": MANIFEST_SCHEMA,
            "engine_version": self.engine_version,
            "study": self.study,
            "problem_id": self.problem_id,
            "seed": self.seed,
            "scenarios": self.scenarios,
            "record": self.record,
            "recording_stopped_at": self.recording_stopped_at,
            "inputs": inputs.collect::<Vec<_>>(),
            "parts": parts.collect::<Vec<_>>(),
            "figures": self.figures,
        })
    }

    /// From JSON, or what is missing.
    pub(super) fn from_json(value: &Value) -> Result<Self, String> {
        let text = |value: &Value, key: &str| {
            value[key].as_str().map(str::to_owned).ok_or_else(|| format!("`{key}` is not a text"))
        };
        let count =
            |value: &Value, key: &str| value[key].as_u64().ok_or_else(|| format!("`{key}` is not a count"));
        let list = |key: &str| value[key].as_array().ok_or_else(|| format!("`{key}` is not a list"));
        let input = |input: &Value| {
            let rows = usize::try_from(count(input, "rows")?).map_err(|error| error.to_string())?;
            Ok::<_, String>(TableDigest { path: text(input, "path")?, rows, blake3: text(input, "blake3")? })
        };
        let part = |part: &Value| {
            Ok::<_, String>(PartRecord {
                table: text(part, "table")?,
                path: text(part, "path")?,
                rows: count(part, "rows")?,
                bytes: count(part, "bytes")?,
                blake3: text(part, "blake3")?,
            })
        };
        Ok(Self {
            engine_version: text(value, "engine_version")?,
            study: text(value, "study")?,
            problem_id: text(value, "problem_id")?,
            seed: text(value, "seed")?,
            scenarios: count(value, "scenarios")?,
            record: text(value, "record")?,
            recording_stopped_at: value["recording_stopped_at"].as_i64(),
            inputs: list("inputs")?.iter().map(input).collect::<Result<_, _>>()?,
            parts: list("parts")?.iter().map(part).collect::<Result<_, _>>()?,
            figures: list("figures")?.iter().filter_map(|line| line.as_str().map(str::to_owned)).collect(),
        })
    }
}

/// The run's results: what differs between equal runs, and every warning.
pub(super) fn run_results(study: &Study, facts: &RunFacts, sink_warning: Option<String>) -> Value {
    #[expect(clippy::cast_precision_loss, reason = "a speed to show")]
    let per_second = if facts.seconds > 0.0 { facts.scenarios as f64 / facts.seconds } else { 0.0 };
    let host: Map<String, Value> =
        facts.host.iter().map(|(name, value)| (name.clone(), value.clone().into())).collect();
    let of_study = study.provenance.warnings.iter().map(ToString::to_string);
    let warnings: Vec<String> = of_study.chain(sink_warning).chain(facts.warnings.iter().cloned()).collect();
    json!({
        "schema": RUN_RESULTS_SCHEMA,
        "engine_version": engine_version(),
        "problem_id": study.provenance.problem_id,
        "started_utc": facts.started_utc,
        "finished_utc": facts.finished_utc,
        "seconds": facts.seconds,
        "scenarios": facts.scenarios,
        "scenarios_per_second": per_second,
        "threads": facts.threads,
        "host": host,
        "warnings": warnings,
    })
}

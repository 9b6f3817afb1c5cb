//! Reading a run back: only a finished one, only files that are what the manifest says.

use arrow::array::{Array, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::errors::ParquetError;
use serde_json::Value;
use std::fs::{self, File};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use super::disk::{MANIFEST, SUCCESS};
use super::manifest::MANIFEST_SCHEMA;
use super::summary::{ESTIMATORS, UNITS};
use super::{Manifest, ReportError};
use crate::economy::Margin;
use crate::estimate::{
    ContributionRow, DifferenceRow, Estimate, MemberRow, OperatorRow, PortfolioRow, QuantileRow, Results,
    SummaryRow,
};

/// Largest file that is read back, bytes: small tables only.
const MOST_BYTES: u64 = 1 << 30;

/// The manifest of a finished run.
///
/// # Errors
/// If the run did not finish, or its manifest cannot be read or was written by another version.
pub fn read_manifest(dir: &Path) -> Result<Manifest, ReportError> {
    fs::read_dir(dir).map_err(ReportError::io("open the folder", dir))?;
    if !dir.join(SUCCESS).is_file() {
        return Err(ReportError::Unfinished { dir: dir.to_owned() });
    }
    let path = dir.join(MANIFEST);
    let text = fs::read_to_string(&path).map_err(ReportError::io("read", &path))?;
    let value: Value = serde_json::from_str(&text).map_err(|error| ReportError::damaged(&path, error))?;
    let schema = value["schema"].as_str().unwrap_or_default();
    if schema != MANIFEST_SCHEMA {
        let (found, expected) = (schema.to_owned(), MANIFEST_SCHEMA.to_owned());
        return Err(ReportError::Incompatible { path, found, expected });
    }
    Manifest::from_json(&value).map_err(|why| ReportError::damaged(&path, why))
}

/// The estimates of a finished run.
///
/// # Errors
/// If the run did not finish, or a file is not what its manifest says.
pub fn read_results(dir: &Path) -> Result<Results, ReportError> {
    let manifest = read_manifest(dir)?;
    Ok(Results {
        summary: read_table(dir, &manifest, "summary", summary_rows)?,
        quantiles: read_table(dir, &manifest, "quantiles", quantile_rows)?,
        differences: read_table(dir, &manifest, "differences", difference_rows)?,
        operators: read_table(dir, &manifest, "operators", operator_rows)?,
        members: read_table(dir, &manifest, "members", member_rows)?,
        portfolios: read_if_there(dir, &manifest, "portfolios", portfolio_rows)?,
        contributions: read_if_there(dir, &manifest, "attribution", contribution_rows)?,
        // They stand in run_results.json; the tables hold none.
        warnings: Vec::new(),
    })
}

/// As [`read_table`]; no rows where the run wrote no such table.
fn read_if_there<R>(
    dir: &Path,
    manifest: &Manifest,
    table: &str,
    rows: fn(&Columns<'_>) -> Result<Vec<R>, String>,
) -> Result<Vec<R>, ReportError> {
    let is_there = manifest.parts.iter().any(|part| part.table == table);
    if is_there { read_table(dir, manifest, table, rows) } else { Ok(Vec::new()) }
}

/// Reads the one file of a small table after holding it against the manifest.
fn read_table<R>(
    dir: &Path,
    manifest: &Manifest,
    table: &str,
    rows: fn(&Columns<'_>) -> Result<Vec<R>, String>,
) -> Result<Vec<R>, ReportError> {
    let path = dir.join(format!("{table}.parquet"));
    let record = manifest.parts.iter().find(|part| part.table == table);
    let record =
        record.ok_or_else(|| ReportError::damaged(&dir.join(MANIFEST), format!("names no `{table}`")))?;
    check_digest(&path, &record.blake3)?;
    let batches = read_batches(&path)?;
    let mut all = Vec::new();
    for batch in &batches {
        all.extend(rows(&Columns { batch }).map_err(|why| ReportError::damaged(&path, why))?);
    }
    if all.len() as u64 == record.rows {
        return Ok(all);
    }
    Err(ReportError::damaged(&path, format!("it has {} rows, the manifest says {}", all.len(), record.rows)))
}

/// Refuses a file whose BLAKE3 is another: the Parquet reader alone misses a quarter of small damages.
fn check_digest(path: &PathBuf, expected: &str) -> Result<(), ReportError> {
    let bytes = fs::metadata(path).map_err(ReportError::io("read", path))?.len();
    if bytes > MOST_BYTES {
        return Err(ReportError::damaged(path, format!("it has {bytes} bytes, more than {MOST_BYTES}")));
    }
    let content = fs::read(path).map_err(ReportError::io("read", path))?;
    let found = blake3::hash(&content).to_hex();
    if found.as_str() == expected {
        return Ok(());
    }
    Err(ReportError::damaged(path, format!("its BLAKE3 is {found}, the manifest says {expected}")))
}

/// Every batch of a file; a panic of the Parquet reader is an error.
fn read_batches(path: &Path) -> Result<Vec<RecordBatch>, ReportError> {
    let file = File::open(path).map_err(ReportError::io("read", path))?;
    let read = || -> Result<Vec<RecordBatch>, ParquetError> {
        let reader = ParquetRecordBatchReaderBuilder::try_new(file)?.build()?;
        reader.map(|batch| batch.map_err(ParquetError::from)).collect()
    };
    match catch_unwind(AssertUnwindSafe(read)) {
        Ok(Ok(batches)) => Ok(batches),
        Ok(Err(error)) => Err(ReportError::damaged(path, error)),
        Err(_) => Err(ReportError::damaged(path, "the Parquet reader gave up")),
    }
}

/// Typed columns of a batch by name.
struct Columns<'a> {
    batch: &'a RecordBatch,
}

impl<'a> Columns<'a> {
    fn typed<T: 'static>(&self, name: &str) -> Result<&'a T, String> {
        let column = self.batch.column_by_name(name).ok_or_else(|| format!("it has no column `{name}`"))?;
        column.as_any().downcast_ref().ok_or_else(|| format!("column `{name}` is a {}", column.data_type()))
    }

    fn text(&self, name: &str) -> Result<impl Fn(usize) -> String + use<'a>, String> {
        let column: &StringArray = self.typed(name)?;
        Ok(|row: usize| column.value(row).to_owned())
    }

    fn number(&self, name: &str) -> Result<impl Fn(usize) -> f64 + use<'a>, String> {
        let column: &Float64Array = self.typed(name)?;
        Ok(|row: usize| column.value(row))
    }

    /// A word out of a closed list.
    fn word<const N: usize>(
        &self,
        name: &str,
        words: [&'static str; N],
    ) -> Result<impl Fn(usize) -> Result<&'static str, String> + use<'a, N>, String> {
        let column: &StringArray = self.typed(name)?;
        let name = name.to_owned();
        Ok(move |row: usize| {
            let found = column.value(row);
            let known = words.into_iter().find(|word| *word == found);
            known.ok_or_else(|| format!("{name} `{found}` is not known to this version"))
        })
    }

    fn estimate(&self) -> Result<impl Fn(usize) -> Estimate + use<'a>, String> {
        let (value, std_error) = (self.number("estimate")?, self.number("std_error")?);
        let (low, high) = (self.number("ci_low")?, self.number("ci_high")?);
        let effective_sample_size = self.number("effective_sample_size")?;
        Ok(move |row| Estimate {
            value: value(row),
            std_error: std_error(row),
            low: low(row),
            high: high(row),
            effective_sample_size: effective_sample_size(row),
        })
    }

    fn rows(&self) -> std::ops::Range<usize> {
        0..self.batch.num_rows()
    }
}

fn summary_rows(columns: &Columns<'_>) -> Result<Vec<SummaryRow>, String> {
    let (design, service) = (columns.text("design")?, columns.text("service")?);
    let (attack, route) = (columns.text("attack")?, columns.text("route")?);
    let (metric, unit) = (columns.text("metric")?, columns.word("unit", UNITS)?);
    let (estimate, estimator) = (columns.estimate()?, columns.word("estimator", ESTIMATORS)?);
    let scenarios: &Int64Array = columns.typed("scenarios")?;
    let regime = columns.text("regime")?;
    let row = |row| {
        Ok(SummaryRow {
            design: design(row),
            service: service(row),
            attack: attack(row),
            route: route(row),
            metric: metric(row),
            unit: unit(row)?,
            estimate: estimate(row),
            scenarios: u64::try_from(scenarios.value(row)).map_err(|error| error.to_string())?,
            estimator: estimator(row)?,
            regime: regime(row),
        })
    };
    columns.rows().map(row).collect()
}

fn quantile_rows(columns: &Columns<'_>) -> Result<Vec<QuantileRow>, String> {
    let (design, service) = (columns.text("design")?, columns.text("service")?);
    let (attack, route) = (columns.text("attack")?, columns.text("route")?);
    let (metric, unit) = (columns.text("metric")?, columns.word("unit", UNITS)?);
    let (probability, value) = (columns.number("probability")?, columns.number("value")?);
    let (ci_low, ci_high) = (columns.number("ci_low")?, columns.number("ci_high")?);
    let row = |row| {
        Ok(QuantileRow {
            design: design(row),
            service: service(row),
            attack: attack(row),
            route: route(row),
            metric: metric(row),
            unit: unit(row)?,
            probability: probability(row),
            value: value(row),
            ci_low: ci_low(row),
            ci_high: ci_high(row),
        })
    };
    columns.rows().map(row).collect()
}

fn difference_rows(columns: &Columns<'_>) -> Result<Vec<DifferenceRow>, String> {
    let (design_a, design_b) = (columns.text("design_a")?, columns.text("design_b")?);
    let (service, attack) = (columns.text("service")?, columns.text("attack")?);
    let (route, metric) = (columns.text("route")?, columns.text("metric")?);
    let estimate = columns.estimate()?;
    let row = |row| DifferenceRow {
        design_a: design_a(row),
        design_b: design_b(row),
        service: service(row),
        attack: attack(row),
        route: route(row),
        metric: metric(row),
        estimate: estimate(row),
    };
    Ok(columns.rows().map(row).collect())
}

fn operator_rows(columns: &Columns<'_>) -> Result<Vec<OperatorRow>, String> {
    let (design, operator) = (columns.text("design")?, columns.text("operator")?);
    let (stake_usd, expected_loss_usd) = (columns.number("stake_usd")?, columns.number("expected_loss_usd")?);
    let expected_loss_std_error_usd = columns.number("expected_loss_std_error_usd")?;
    let slashed_probability = columns.number("slashed_probability")?;
    let coalition_frequency = columns.number("coalition_frequency")?;
    let break_even_reward_apr = columns.number("break_even_reward_apr")?;
    let money = money_of(columns)?;
    let row = |row| OperatorRow {
        design: design(row),
        operator: operator(row),
        stake_usd: stake_usd(row),
        expected_loss_usd: expected_loss_usd(row),
        expected_loss_std_error_usd: expected_loss_std_error_usd(row),
        slashed_probability: slashed_probability(row),
        coalition_frequency: coalition_frequency(row),
        break_even_reward_apr: break_even_reward_apr(row),
        money: Margin { loss_usd: expected_loss_usd(row), ..money(row) },
    };
    Ok(columns.rows().map(row).collect())
}

fn member_rows(columns: &Columns<'_>) -> Result<Vec<MemberRow>, String> {
    let (design, service) = (columns.text("design")?, columns.text("service")?);
    let operator = columns.text("operator")?;
    let (loss, money) = (columns.number("expected_loss_usd")?, money_of(columns)?);
    let row = |row| MemberRow {
        design: design(row),
        service: service(row),
        operator: operator(row),
        money: Margin { loss_usd: loss(row), ..money(row) },
    };
    Ok(columns.rows().map(row).collect())
}

fn portfolio_rows(columns: &Columns<'_>) -> Result<Vec<PortfolioRow>, String> {
    let (design, portfolio) = (columns.text("design")?, columns.text("portfolio")?);
    let (metric, unit) = (columns.text("metric")?, columns.word("unit", UNITS)?);
    let estimate = columns.estimate()?;
    let row = |row| {
        Ok(PortfolioRow {
            design: design(row),
            portfolio: portfolio(row),
            metric: metric(row),
            unit: unit(row)?,
            estimate: estimate(row),
        })
    };
    columns.rows().map(row).collect()
}

fn contribution_rows(columns: &Columns<'_>) -> Result<Vec<ContributionRow>, String> {
    let (design, attribute) = (columns.text("design")?, columns.text("attribute")?);
    let (group, operators) = (columns.text("group")?, columns.typed::<Int32Array>("operators")?);
    let (metric, unit) = (columns.text("metric")?, columns.word("unit", UNITS)?);
    let estimate = columns.estimate()?;
    let row = |row| {
        Ok(ContributionRow {
            design: design(row),
            attribute: attribute(row),
            group: group(row),
            operators: operators.value(row),
            metric: metric(row),
            unit: unit(row)?,
            estimate: estimate(row),
        })
    };
    columns.rows().map(row).collect()
}

/// Money but for the loss, which stands in `expected_loss_usd`.
fn money_of<'a>(columns: &Columns<'a>) -> Result<impl Fn(usize) -> Margin + use<'a>, String> {
    let (reward, reward_error) = (columns.number("reward_usd")?, columns.number("reward_std_error_usd")?);
    let cost = columns.number("cost_usd")?;
    let (margin, error) = (columns.number("margin_usd")?, columns.number("margin_std_error_usd")?);
    let theirs = columns.number("delegators_margin_usd")?;
    let their_error = columns.number("delegators_margin_std_error_usd")?;
    Ok(move |row| Margin {
        reward_usd: reward(row),
        reward_std_error_usd: reward_error(row),
        cost_usd: cost(row),
        loss_usd: 0.0,
        margin_usd: margin(row),
        std_error_usd: error(row),
        delegators_margin_usd: theirs(row),
        delegators_std_error_usd: their_error(row),
    })
}

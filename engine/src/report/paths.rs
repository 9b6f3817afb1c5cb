//! The tables of paths: bands, survival, whole paths.

use std::slice::from_ref;

use super::column::{Column, Storage::Plain, Table};
use super::provenance::Provenance;
use crate::path::{BandRow, SampleRow, SurvivalRow};

/// Meaning of the label columns.
const DESIGN: &str = "design; * where designs share the figure";
const EPOCH: &str = "epoch, from 1";
const SUBJECT: &str = "service or asset";
const METRIC: &str = "what the figure is";

/// Quantiles over paths, one row per design, epoch, service or asset, and metric.
pub(super) fn bands(provenance: &Provenance) -> Table<BandRow> {
    let mut columns = vec![
        Column::text("design", DESIGN, |row: &BandRow| &row.design),
        Column::wide_counts("epoch", EPOCH, |row: &BandRow| u64::from(row.epoch)),
        number("day", "days from today to the end of the epoch", |row: &BandRow| &row.day),
        Column::text("subject", SUBJECT, |row: &BandRow| &row.subject),
        Column::text("metric", METRIC, |row: &BandRow| row.metric),
    ];
    for (index, name) in ["q01", "q05", "q25", "q50", "q75", "q95", "q99"].into_iter().enumerate() {
        let about = ("", "quantile over paths; out of reach counts as +inf");
        columns
            .push(Column::numbers(name, about, Plain, move |row: &BandRow| from_ref(&row.quantiles[index])));
    }
    Table::new("bands", columns, provenance)
}

/// One row per design, service and epoch.
pub(super) fn survival(provenance: &Provenance) -> Table<SurvivalRow> {
    let columns = vec![
        Column::text("design", DESIGN, |row: &SurvivalRow| &row.design),
        Column::text("service", "service", |row: &SurvivalRow| &row.service),
        Column::wide_counts("epoch", EPOCH, |row: &SurvivalRow| u64::from(row.epoch)),
        number("day", "days from today to the end of the epoch", |row: &SurvivalRow| &row.day),
        number("survival", "probability that no attack on it has paid so far", |row| &row.survival.value),
        number("survival_ci_low", "lower end of the 95 % interval", |row| &row.survival.low),
        number("survival_ci_high", "upper end of the 95 % interval", |row| &row.survival.high),
        number("p_attack_pays", "probability that an attack on it pays in this epoch", |row| {
            &row.p_attack_pays.value
        }),
        number("p_attack_pays_ci_low", "lower end of the 95 % interval", |row| &row.p_attack_pays.low),
        number("p_attack_pays_ci_high", "upper end of the 95 % interval", |row| &row.p_attack_pays.high),
    ];
    Table::new("survival", columns, provenance)
}

/// Whole paths, one row per path, epoch, design, service or asset, and metric.
pub(super) fn sample(provenance: &Provenance) -> Table<SampleRow> {
    let columns = vec![
        Column::wide_counts("path", "path, from 0", |row: &SampleRow| row.path),
        Column::wide_counts("epoch", EPOCH, |row: &SampleRow| u64::from(row.epoch)),
        Column::text("design", DESIGN, |row: &SampleRow| &row.design),
        Column::text("subject", SUBJECT, |row: &SampleRow| &row.subject),
        Column::text("metric", METRIC, |row: &SampleRow| row.metric),
        number("value", "the figure; out of reach counts as +inf", |row: &SampleRow| &row.value),
    ];
    Table::new("sample", columns, provenance)
}

fn number<R: 'static>(name: &str, comment: &'static str, value: fn(&R) -> &f64) -> Column<R> {
    Column::numbers(name, ("", comment), Plain, move |row| from_ref(value(row)))
}

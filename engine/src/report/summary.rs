//! The small tables: summary, quantiles, differences, operators, members.

use std::slice::from_ref;

use super::column::{Column, Storage::Plain, Table};
use super::provenance::Provenance;
use crate::economy::Margin;
use crate::estimate::{
    ContributionRow, DifferenceRow, Estimate, MemberRow, OperatorRow, PortfolioRow, QuantileRow, SummaryRow,
};
use crate::marginal::MarginalRow;
use crate::sweep::GridRow;

/// Units that a metric may have.
pub(super) const UNITS: [&str; 7] =
    ["usd", "probability", "share", "operators", "usd_per_usd", "targets", "rounds"];
/// Ways to estimate.
pub(super) const ESTIMATORS: [&str; 5] = ["plain", "sketch", "quantile", "conditional", "importance"];

/// Meaning of the label columns; `*`: any, or the cheapest route.
const SERVICE: &str = "service; * for the whole design";
const ATTACK: &str = "attack kind; * for any";
const ROUTE: &str = "route; * for the cheapest";
/// Meaning of the ends of intervals.
const LOW: &str = "lower end of the 95 % interval, sampling error only";
const HIGH: &str = "upper end of the 95 % interval, sampling error only";

/// One row per design, service, attack, route and metric.
pub(super) fn summary(provenance: &Provenance) -> Table<SummaryRow> {
    Table::new("summary", summary_columns(|row: &SummaryRow| row), provenance)
}

/// One row per point of a grid and figure: a column per number that was set, then those of the summary.
pub(super) fn grid(keys: &[String], provenance: &Provenance) -> Table<GridRow> {
    let setting = |(axis, key): (usize, &String)| {
        Column::numbers(key.clone(), ("", "value set"), Plain, move |row: &GridRow| from_ref(&row.at[axis]))
    };
    let mut columns: Vec<Column<GridRow>> = keys.iter().enumerate().map(setting).collect();
    columns.extend(summary_columns(|row: &GridRow| &row.row));
    Table::new("grid", columns, provenance)
}

fn summary_columns<R: 'static>(of: fn(&R) -> &SummaryRow) -> Vec<Column<R>> {
    let mut columns = vec![
        Column::text("design", "design", move |row: &R| &of(row).design),
        Column::text("service", SERVICE, move |row: &R| &of(row).service),
        Column::text("attack", ATTACK, move |row: &R| &of(row).attack),
        Column::text("route", ROUTE, move |row: &R| &of(row).route),
        Column::text("metric", "what is estimated", move |row: &R| &of(row).metric),
        Column::text("unit", "unit of the metric", move |row: &R| of(row).unit),
    ];
    columns.extend(estimate_columns(move |row: &R| &of(row).estimate));
    columns.extend([
        Column::wide_counts("scenarios", "scenarios drawn", move |row: &R| of(row).scenarios),
        sample_size_column(move |row: &R| &of(row).estimate),
        Column::text("estimator", "how it was estimated", move |row: &R| of(row).estimator),
        Column::text(
            "regime",
            "why slashing cannot be relied on and is left out; empty where it can",
            move |row: &R| &of(row).regime,
        ),
    ]);
    columns
}

/// One row per figure and probability.
pub(super) fn quantiles(provenance: &Provenance) -> Table<QuantileRow> {
    let columns = vec![
        Column::text("design", "design", |row: &QuantileRow| &row.design),
        Column::text("service", SERVICE, |row: &QuantileRow| &row.service),
        Column::text("attack", ATTACK, |row: &QuantileRow| &row.attack),
        Column::text("route", ROUTE, |row: &QuantileRow| &row.route),
        Column::text("metric", "what is estimated", |row: &QuantileRow| &row.metric),
        Column::text("unit", "unit of the metric", |row: &QuantileRow| row.unit),
        number("probability", "share of scenarios below", |row: &QuantileRow| &row.probability),
        number("value", "the quantile; out of reach counts as +inf", |row: &QuantileRow| &row.value),
        number("ci_low", LOW, |row: &QuantileRow| &row.ci_low),
        number("ci_high", HIGH, |row: &QuantileRow| &row.ci_high),
    ];
    Table::new("quantiles", columns, provenance)
}

/// One row per pair of designs, target and metric.
pub(super) fn differences(provenance: &Provenance) -> Table<DifferenceRow> {
    let mut columns = vec![
        Column::text("design_a", "first design", |row: &DifferenceRow| &row.design_a),
        Column::text("design_b", "second design", |row: &DifferenceRow| &row.design_b),
        Column::text("service", SERVICE, |row: &DifferenceRow| &row.service),
        Column::text("attack", ATTACK, |row: &DifferenceRow| &row.attack),
        Column::text("route", ROUTE, |row: &DifferenceRow| &row.route),
        Column::text("metric", "what is compared: a - b on the same draws", |row: &DifferenceRow| {
            &row.metric
        }),
    ];
    columns.extend(estimate_columns(|row: &DifferenceRow| &row.estimate));
    columns.push(sample_size_column(|row: &DifferenceRow| &row.estimate));
    Table::new("differences", columns, provenance)
}

/// One row per design and operator.
pub(super) fn operators(provenance: &Provenance) -> Table<OperatorRow> {
    let mut columns = vec![
        Column::text("design", "design", |row: &OperatorRow| &row.design),
        Column::text("operator", "operator", |row: &OperatorRow| &row.operator),
        usd("stake_usd", "mean stake at the horizon", |row| &row.stake_usd),
        usd("expected_loss_usd", "mean loss by attacks and accidents", |row| &row.expected_loss_usd),
        usd("expected_loss_std_error_usd", "its standard error", |row| &row.expected_loss_std_error_usd),
        number("slashed_probability", "share of scenarios with a loss", |row| &row.slashed_probability),
        number("coalition_frequency", "share of scenarios in which it attacks", |row| {
            &row.coalition_frequency
        }),
        number(
            "break_even_reward_apr",
            "reward per year and stake that pays for the expected loss and the nodes",
            |row| &row.break_even_reward_apr,
        ),
    ];
    columns.extend(money_columns(|row: &OperatorRow| &row.money));
    Table::new("operators", columns, provenance)
}

/// One row per design, service and operator that runs it or is paid by it.
pub(super) fn members(provenance: &Provenance) -> Table<MemberRow> {
    let mut columns = vec![
        Column::text("design", "design", |row: &MemberRow| &row.design),
        Column::text("service", "service", |row: &MemberRow| &row.service),
        Column::text("operator", "operator", |row: &MemberRow| &row.operator),
        Column::numbers(
            "expected_loss_usd",
            ("usd", "mean loss of stake by attacks on the service and by the accidents that it adds"),
            Plain,
            |row: &MemberRow| from_ref(&row.money.loss_usd),
        ),
    ];
    columns.extend(money_columns(|row: &MemberRow| &row.money));
    Table::new("members", columns, provenance)
}

/// One row per design, portfolio and metric.
pub(super) fn portfolios(provenance: &Provenance) -> Table<PortfolioRow> {
    let mut columns = vec![
        Column::text("design", "design", |row: &PortfolioRow| &row.design),
        Column::text("portfolio", "portfolio", |row: &PortfolioRow| &row.portfolio),
        Column::text("metric", "what is estimated", |row: &PortfolioRow| &row.metric),
        Column::text("unit", "unit of the metric", |row: &PortfolioRow| row.unit),
    ];
    columns.extend(estimate_columns(|row: &PortfolioRow| &row.estimate));
    columns.push(sample_size_column(|row: &PortfolioRow| &row.estimate));
    Table::new("portfolios", columns, provenance)
}

/// One row per design, operator or group, and metric.
pub(super) fn attribution(provenance: &Provenance) -> Table<ContributionRow> {
    let mut columns = vec![
        Column::text("design", "design", |row: &ContributionRow| &row.design),
        Column::text(
            "attribute",
            "operator, what groups them, or * for the whole",
            |row: &ContributionRow| &row.attribute,
        ),
        Column::text(
            "group",
            "operator or group; (none): in no group, each on its own; (nobody): attacks without operators",
            |row: &ContributionRow| &row.group,
        ),
        Column::counts("operators", ("operators", "operators with power in it"), |row: &ContributionRow| {
            from_ref(&row.operators)
        }),
        Column::text("metric", "what is estimated", |row: &ContributionRow| &row.metric),
        Column::text("unit", "unit of the metric", |row: &ContributionRow| row.unit),
    ];
    columns.extend(estimate_columns(|row: &ContributionRow| &row.estimate));
    columns.push(sample_size_column(|row: &ContributionRow| &row.estimate));
    Table::new("attribution", columns, provenance)
}

/// One row per design, added service, service, attack and metric: without it, with it, and the paired difference.
pub(super) fn marginal(provenance: &Provenance) -> Table<MarginalRow> {
    let level = |name: &str, comment, value: fn(&MarginalRow) -> &f64| {
        Column::numbers(name, ("", comment), Plain, move |row: &MarginalRow| from_ref(value(row)))
    };
    let mut columns = vec![
        Column::text("design", "design", |row: &MarginalRow| &row.design),
        Column::text("added", "the service added", |row: &MarginalRow| &row.added),
        Column::text(
            "service",
            "service; (others) for all but the one added, * for the whole design",
            |row: &MarginalRow| &row.service,
        ),
        Column::text("attack", ATTACK, |row: &MarginalRow| &row.attack),
        Column::text("metric", "what is compared", |row: &MarginalRow| row.metric),
        Column::text("unit", "unit of the metric", |row: &MarginalRow| row.unit),
        level("without", "the figure without the service", |row| &row.without.value),
        level("without_std_error", "its standard error", |row| &row.without.std_error),
        level("with", "the figure with the service", |row| &row.with.value),
        level("with_std_error", "its standard error", |row| &row.with.std_error),
    ];
    columns.extend(estimate_columns(|row: &MarginalRow| &row.difference));
    columns.push(sample_size_column(|row: &MarginalRow| &row.difference));
    Table::new("marginal", columns, provenance)
}

/// Rewards, costs and what is left over the horizon, but for the loss of stake.
fn money_columns<R: 'static>(money: fn(&R) -> &Margin) -> [Column<R>; 7] {
    let part = |name: &str, comment, part: fn(&Margin) -> &f64| {
        Column::numbers(name, ("usd", comment), Plain, move |row| from_ref(part(money(row))))
    };
    [
        part("reward_usd", "paid to the operator: on its own stake, and its commission", |m| &m.reward_usd),
        part("reward_std_error_usd", "its standard error", |m| &m.reward_std_error_usd),
        part("cost_usd", "cost of its nodes", |m| &m.cost_usd),
        part("margin_usd", "reward less cost less the loss of its own stake", |m| &m.margin_usd),
        part("margin_std_error_usd", "its standard error", |m| &m.std_error_usd),
        part("delegators_margin_usd", "left to its delegators: reward less loss of their stake", |m| {
            &m.delegators_margin_usd
        }),
        part("delegators_margin_std_error_usd", "its standard error", |m| &m.delegators_std_error_usd),
    ]
}

fn number<R: 'static>(name: &str, comment: &'static str, value: fn(&R) -> &f64) -> Column<R> {
    Column::numbers(name, ("", comment), Plain, move |row| from_ref(value(row)))
}

fn usd(name: &str, comment: &'static str, value: fn(&OperatorRow) -> &f64) -> Column<OperatorRow> {
    Column::numbers(name, ("usd", comment), Plain, move |row| from_ref(value(row)))
}

/// An estimate, its error and its interval.
fn estimate_columns<R: 'static>(
    estimate: impl Fn(&R) -> &Estimate + Copy + Send + Sync + 'static,
) -> [Column<R>; 4] {
    let part = |name: &str, comment, part: fn(&Estimate) -> &f64| {
        Column::numbers(name, ("", comment), Plain, move |row| from_ref(part(estimate(row))))
    };
    [
        part("estimate", "the estimate, in its unit", |estimate| &estimate.value),
        part("std_error", "its standard error", |estimate| &estimate.std_error),
        part("ci_low", LOW, |estimate| &estimate.low),
        part("ci_high", HIGH, |estimate| &estimate.high),
    ]
}

fn sample_size_column<R: 'static>(estimate: impl Fn(&R) -> &Estimate + Send + Sync + 'static) -> Column<R> {
    let about = ("scenarios", "scenarios that the estimate rests on");
    Column::numbers("effective_sample_size", about, Plain, move |row| {
        from_ref(&estimate(row).effective_sample_size)
    })
}

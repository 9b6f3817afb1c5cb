//! Small studies and runs for the tests.

use montecartel::estimate::{Results, SummaryRow};
use montecartel::run::{NoSink, Plan, run};
use montecartel::study::{Estimator, Record, Study};
use montecartel::sweep::estimates;
use std::path::Path;

/// A study from its text.
pub fn study(text: &str) -> Study {
    Study::from_text(text, "study.toml", Path::new(".")).unwrap_or_else(|error| panic!("{error}"))
}

/// Estimates of `scenarios` drawn with `seed`.
pub fn results(study: &Study, scenarios: u64, seed: u64) -> Results {
    let mut study = study.clone();
    study.run.scenarios = scenarios;
    study.run.seed = seed;
    study.run.record = Record::None;
    let Ok(results) = run(&Plan::new(&study), &mut NoSink, |_| ());
    results
}

/// As [`results`], by another estimator.
pub fn results_by(estimator: Estimator, study: &Study, scenarios: u64, seed: u64) -> Results {
    let mut study = study.clone();
    study.run.scenarios = scenarios;
    study.run.seed = seed;
    study.run.estimator = estimator;
    estimates(&study)
}

/// The figure with these labels.
pub fn figure<'a>(results: &'a Results, labels: [&str; 5]) -> &'a SummaryRow {
    let [design, service, attack, route, metric] = labels;
    results.find(design, service, attack, route, metric).unwrap_or_else(|| panic!("no figure {labels:?}"))
}

/// Asserts that a figure lies within five of its own standard errors of the truth.
pub fn assert_within_five_errors(row: &SummaryRow, truth: f64) {
    let (value, error) = (row.estimate.value, row.estimate.std_error);
    assert!(error > 0.0, "{} of {} has no error", row.metric, row.service);
    let off = (value - truth) / error;
    assert!(off.abs() < 5.0, "{} {}: {value} is {off:.1} errors from {truth}", row.service, row.metric);
}

/// One chain `s` with these stakes; `attacks` and `more` are lines of the study.
pub fn chain(stakes: &[u32], probability: f64, loading: f64, attacks: &str, more: &str) -> String {
    let stakes: Vec<String> =
        stakes.iter().enumerate().map(|(i, stake)| format!("op{i:04} = {stake}")).collect();
    format!(
        r#"
name = "chain"
[assets.T]
price_usd = 1.0
[collusion]
probability = {probability}
altruistic_probability = 0.0
loadings = {{ common = {loading} }}
[adversary]
routes = ["collude", "bribe", "acquire"]
[pools.p]
asset = "T"
stake = {{ {} }}
[services.s]
consensus = "quorum"
{attacks}
[designs.d.services.s]
system = "pos"
pool = "p"
slash = 0.05
executes_on = "always"
{more}
"#,
        stakes.join(", ")
    )
}

//! Figures as one JSON document.

use montecartel::estimate::{Results, SummaryRow};
use montecartel::report::Manifest;
use serde_json::{Value, json};

/// Identifies the document and its version.
const SCHEMA: &str = "urn:montecartel:results:1";

/// The run and its summary; keys of the rows are the columns of summary.parquet.
pub fn document(manifest: &Manifest, results: &Results) -> Value {
    json!({
        "schema": SCHEMA,
        "engine_version": manifest.engine_version,
        "study": manifest.study,
        "problem_id": manifest.problem_id,
        "seed": manifest.seed,
        "scenarios": manifest.scenarios,
        "figures": manifest.figures,
        "summary": results.summary.iter().map(row).collect::<Vec<_>>(),
    })
}

fn row(row: &SummaryRow) -> Value {
    json!({
        "design": row.design,
        "service": row.service,
        "attack": row.attack,
        "route": row.route,
        "metric": row.metric,
        "unit": row.unit,
        "estimate": number(row.estimate.value),
        "std_error": number(row.estimate.std_error),
        "ci_low": number(row.estimate.low),
        "ci_high": number(row.estimate.high),
        "scenarios": row.scenarios,
        "effective_sample_size": number(row.estimate.effective_sample_size),
        "estimator": row.estimator,
        "regime": row.regime,
    })
}

/// JSON has no infinities: `"inf"`, `"-inf"`; null where there is no number.
fn number(x: f64) -> Value {
    if x.is_finite() || x.is_nan() { json!(x) } else { json!(if x > 0.0 { "inf" } else { "-inf" }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_json_lacks_are_told_apart() {
        let texts = [1.5, f64::INFINITY, f64::NEG_INFINITY, f64::NAN].map(|x| number(x).to_string());
        assert_eq!(texts, ["1.5", "\"inf\"", "\"-inf\"", "null"]);
    }
}

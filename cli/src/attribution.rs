//! Who makes attacks possible, as a table.

use crate::amount::{count, share, usd};
use crate::tables::table;
use montecartel::estimate::{ContributionRow, Results};

/// What the columns are.
pub const MEANING: &str = "
Who makes attacks possible: its part of P(attack pays) and of what attacks slash adds up over all of its kind (Shapley and Shubik's
index); without it: what P(attack pays) would be were it honest at any price.";
/// Rows shown of each kind.
const SHOWN: usize = 5;
/// Heads of the columns.
const HEADER: [&str; 7] = [
    "who makes attacks\npossible",
    "operators",
    "in the\ncoalition",
    "part of\nP(attack pays)",
    "95% interval",
    "without it",
    "part of\nslashing",
];

/// The largest contributions in a design, operators first, then the groups of each attribute; nothing where nobody asked.
pub fn contributions(results: &Results, design: &str) -> Option<String> {
    let of_design: Vec<&ContributionRow> =
        results.contributions.iter().filter(|row| row.design == design).collect();
    let whole = of_design.iter().find(|row| row.metric == "p_attack_pays")?.estimate.value;
    let mut attributes: Vec<&str> = of_design.iter().map(|row| row.attribute.as_str()).collect();
    attributes.dedup();
    let mut rows = Vec::new();
    for attribute in attributes {
        // Attacks without operators are the same whoever is asked about; once is enough.
        let is_told = |row: &ContributionRow| attribute == "operator" || row.group != "(nobody)";
        let is_part = |row: &&&ContributionRow| {
            let is_share = row.attribute == attribute && row.metric == "p_attack_pays_shapley";
            is_share && is_told(row) && row.estimate.value > 0.0
        };
        let mut parts: Vec<&ContributionRow> = of_design.iter().filter(is_part).copied().collect();
        parts.sort_by(|a, b| b.estimate.value.total_cmp(&a.estimate.value));
        rows.extend(parts.into_iter().take(SHOWN).map(|part| cells(&of_design, part, whole)));
    }
    (!rows.is_empty()).then(|| table(&HEADER, rows))
}

fn cells(rows: &[&ContributionRow], part: &ContributionRow, whole: f64) -> [String; 7] {
    let find = |metric: &str| {
        let is_meant = |row: &&&ContributionRow| {
            (&row.attribute, &row.group, row.metric.as_str()) == (&part.attribute, &part.group, metric)
        };
        rows.iter().find(is_meant).map(|row| row.estimate.value)
    };
    let name = if part.attribute == "operator" {
        part.group.clone()
    } else {
        format!("{} {}", part.attribute, part.group)
    };
    [
        name,
        count(u64::try_from(part.operators).unwrap_or(0)),
        find("coalition_frequency").map_or_else(|| "-".to_owned(), share),
        share(part.estimate.value),
        format!("[{}, {}]", share(part.estimate.low), share(part.estimate.high)),
        find("p_attack_pays_leave_one_out").map_or_else(|| "-".to_owned(), |fall| share(whole - fall)),
        usd(find("slashed_usd_shapley").unwrap_or(f64::NAN)),
    ]
}

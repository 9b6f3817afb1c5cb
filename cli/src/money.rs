//! What each service pays, and to whom that is worth it.

use crate::amount::share;
use crate::amount::usd;
use crate::tables::table;
use montecartel::estimate::{PortfolioRow, Results, SummaryRow};

/// Any kind, the cheapest route.
const ANY: &str = "*";
/// Heads of the columns.
const HEADER: [&str; 8] = [
    "service",
    "pays",
    "operators'\nnodes",
    "operators'\nmargin",
    "delegators'\nmargin",
    "operators",
    "at a loss",
    "attack cost per\ndollar paid",
];

/// Payments of a design over the horizon; nothing where no service pays and no node costs anything.
pub fn payments(results: &Results, design: &str) -> Option<String> {
    let paid = |row: &&SummaryRow| row.design == design && row.metric == "payment_usd";
    let rows: Vec<[String; 8]> = results.summary.iter().filter(paid).map(|row| cells(results, row)).collect();
    (!rows.is_empty()).then(|| table(&HEADER, rows))
}

fn cells(results: &Results, paid: &SummaryRow) -> [String; 8] {
    let SummaryRow { design, service, .. } = paid;
    let find = |metric: &str| results.find(design, service, ANY, ANY, metric);
    let money = |metric: &str| usd(find(metric).map_or(f64::NAN, |row| row.estimate.value));
    let number = |metric: &str| {
        find(metric).map_or_else(|| "-".to_owned(), |row| format!("{:.0}", row.estimate.value))
    };
    let bought = results.summary.iter().filter(|row| {
        (row.design.as_str(), row.service.as_str(), row.metric.as_str())
            == (design.as_str(), service.as_str(), "attack_cost_per_payment")
    });
    let bought: Vec<String> =
        bought.map(|row| format!("{} {}", row.attack, figure(row.estimate.value))).collect();
    [
        service.clone(),
        usd(paid.estimate.value),
        money("node_cost_usd"),
        money("operators_margin_usd"),
        money("delegators_margin_usd"),
        number("members"),
        number("operators_at_loss"),
        bought.join(", "),
    ]
}

/// A ratio with three digits.
fn figure(ratio: f64) -> String {
    match ratio {
        ratio if ratio >= 99.5 => format!("{ratio:.0}"),
        ratio if ratio >= 9.95 => format!("{ratio:.1}"),
        ratio if ratio >= 0.995 => format!("{ratio:.2}"),
        ratio => format!("{ratio:.3}"),
    }
}

/// Losses of the portfolios in a design.
pub fn portfolios(results: &Results, design: &str) -> Option<String> {
    let of_design = |row: &&PortfolioRow| row.design == design && row.metric == "value_usd";
    let rows: Vec<[String; 8]> = results
        .portfolios
        .iter()
        .filter(of_design)
        .map(|row| {
            let find = |metric: &str| {
                let mut rows = results.portfolios.iter().filter(|other| {
                    (&other.design, &other.portfolio, other.metric.as_str())
                        == (&row.design, &row.portfolio, metric)
                });
                rows.next().map_or(f64::NAN, |row| row.estimate.value)
            };
            [
                row.portfolio.clone(),
                usd(row.estimate.value),
                usd(find("expected_loss_usd")),
                share(find("p_slashed")),
                usd(find("value_at_risk_95_usd")),
                usd(find("expected_shortfall_95_usd")),
                usd(find("value_at_risk_99_usd")),
                usd(find("expected_shortfall_99_usd")),
            ]
        })
        .collect();
    let header = [
        "portfolio",
        "value",
        "expected\nloss",
        "P(slashed)",
        "VaR 95%",
        "shortfall\n95%",
        "VaR 99%",
        "shortfall\n99%",
    ];
    (!rows.is_empty()).then(|| table(&header, rows))
}

/// Who bears the losses of a design.
pub fn bearers(results: &Results, design: &str) -> String {
    let mean = |metric: &str| {
        usd(results.find(design, ANY, ANY, ANY, metric).map_or(f64::NAN, |row| row.estimate.value))
    };
    format!(
        "losses borne by operators {}, delegators {}, users {}",
        mean("borne_by_operators_usd"),
        mean("borne_by_delegators_usd"),
        mean("borne_by_users_usd")
    )
}

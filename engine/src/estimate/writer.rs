//! Rows of the summary and of the quantiles with their labels: the same whether scenarios are counted or weighted.

use super::{Estimate, QuantileRow, Results, SummaryRow};
use crate::moments::count;
use crate::sketch::Interval;
use crate::study::METRICS;

/// Probabilities of the quantiles table.
const PROBABILITIES: [f64; 9] = [0.001, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 0.999];
/// Levels of P(attack pays) for the largest safe profit, and their words.
const SAFE_LEVELS: [(f64, &str); 3] =
    [(1e-2, "safe_profit_usd_1e-2"), (1e-3, "safe_profit_usd_1e-3"), (1e-4, "safe_profit_usd_1e-4")];
/// Any service, any kind, the cheapest route.
pub const ANY: &str = "*";

/// Writes the rows of one design.
#[derive(Debug)]
pub struct Writer<'a> {
    /// Design.
    pub design: &'a str,
    /// Scenarios drawn.
    pub scenarios: u64,
    /// Where rows go.
    pub results: &'a mut Results,
}

/// Labels below the design.
#[derive(Debug, Clone, Copy)]
pub struct At<'a> {
    /// Service.
    pub service: &'a str,
    /// Attack kind.
    pub attack: &'a str,
    /// Route.
    pub route: &'a str,
    /// Why slashing cannot be relied on.
    pub regime: &'a str,
}

impl At<'static> {
    /// The whole design, any kind, the cheapest route.
    pub const DESIGN: Self = Self { service: ANY, attack: ANY, route: ANY, regime: "" };
}

/// The quantile at a probability, with its interval.
pub type Quantile<'a> = &'a dyn Fn(f64) -> Interval;

impl Writer<'_> {
    /// One figure.
    pub fn row(
        &mut self,
        at: At<'_>,
        metric: &str,
        unit: &'static str,
        estimate: Estimate,
        estimator: &'static str,
    ) {
        debug_assert!(METRICS.contains(&metric), "`{metric}` is not among the metrics that a study may name");
        self.results.summary.push(SummaryRow {
            design: self.design.to_owned(),
            service: at.service.to_owned(),
            attack: at.attack.to_owned(),
            route: at.route.to_owned(),
            metric: metric.to_owned(),
            regime: at.regime.to_owned(),
            unit,
            estimate,
            scenarios: self.scenarios,
            estimator,
        });
    }

    /// A quantile as a figure.
    pub fn interval(
        &mut self,
        at: At<'_>,
        metric: &str,
        unit: &'static str,
        interval: Interval,
        estimator: &'static str,
    ) {
        self.row(at, metric, unit, Estimate::quantile(interval, count(self.scenarios)), estimator);
    }

    /// Quantiles of what was counted.
    pub fn quantiles(&mut self, at: At<'_>, metric: &str, unit: &'static str, quantile: Quantile<'_>) {
        for probability in PROBABILITIES {
            let interval = quantile(probability);
            self.results.quantiles.push(QuantileRow {
                design: self.design.to_owned(),
                service: at.service.to_owned(),
                attack: at.attack.to_owned(),
                route: at.route.to_owned(),
                metric: metric.to_owned(),
                unit,
                probability,
                value: interval.value,
                ci_low: interval.low,
                ci_high: interval.high,
            });
        }
    }

    /// γ* from quantiles of `1 + γ*`: its quantiles, and the median as a figure.
    pub fn slack(&mut self, slack: Quantile<'_>, estimator: &'static str) {
        let gamma = |p: f64| slack(p).map(|slack| slack - 1.0);
        self.quantiles(At::DESIGN, "overcollateralization", "share", &gamma);
        self.interval(At::DESIGN, "overcollateralization", "share", gamma(0.5), estimator);
    }

    /// Margins and safe profits from quantiles of how many times the cost covers the profit; no safe profit where there is none today to
    /// scale.
    pub fn cover(&mut self, at: At<'_>, cover: Quantile<'_>, profit_today: f64, estimator: &'static str) {
        let margin = |p: f64| cover(p).map(|cover| 1.0 - 1.0 / cover);
        self.quantiles(at, "security_margin", "share", &margin);
        self.interval(at, "security_margin", "share", margin(0.5), estimator);
        if profit_today > 0.0 {
            let safe = |p: f64| cover(p).map(|cover| cover * profit_today);
            self.quantiles(at, "safe_profit_usd", "usd", &safe);
            for (level, metric) in SAFE_LEVELS {
                self.interval(at, metric, "usd", safe(level), estimator);
            }
        }
    }
}

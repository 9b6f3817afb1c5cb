//! Prices and collusion as recorded: means, correlations and the wrong-way sign.

use crate::common::study;
use montecartel::record::Rows;
use montecartel::run::{Plan, Sink, run};
use montecartel::study::{Record, Study};

const TEXT: &str = r#"
name = "market"
horizon_days = 365.25
[assets.A]
price_usd = 10.0
volatility = 0.6
[assets.B]
price_usd = 2.0
volatility = 0.9
[market]
correlation = [["A", "B", 0.67]]
stress_loading = { A = 0.4, B = 0.3 }
[operators]
table = [
  { operator = "x", host = "h" }, { operator = "y", host = "h" }, { operator = "z", host = "other" }, { operator = "w" },
]
[collusion]
probability = 0.2
altruistic_probability = 0.3
loadings = { common = 0.5, host = 0.6 }
[pools.p]
asset = "A"
stake = { x = 1, y = 1, z = 1, w = 1 }
[services.s]
consensus = "cometbft"
attacks.fork = { profit_usd = 100.0, profit_asset = "B", profit_volatility = 0.5 }
[designs.d.services.s]
system = "pos"
pool = "p"
slash = 0.05
"#;

/// Keeps every row of the market and targets tables.
#[derive(Default)]
struct Keep(Rows);

impl Sink for Keep {
    type Error = std::convert::Infallible;
    fn rows(&mut self, rows: Rows) -> Result<(), Self::Error> {
        let (kept, new) = (&mut self.0.market, rows.market);
        kept.common_factor.extend(new.common_factor);
        kept.colluders.extend(new.colluders);
        kept.prices.resize(new.prices.len(), Vec::new());
        kept.prices.iter_mut().zip(new.prices).for_each(|(column, prices)| column.extend(prices));
        self.0.targets.profit_usd.extend(rows.targets.profit_usd);
        Ok(())
    }
    fn end_part(&mut self, _part: u64) -> Result<(), Self::Error> {
        Ok(())
    }
}

fn recorded(study: &Study, scenarios: u64) -> Rows {
    let mut study = study.clone();
    study.run.scenarios = scenarios;
    study.run.record = Record::All;
    let mut keep = Keep::default();
    let Ok(_) = run(&Plan::new(&study), &mut keep, |_| ());
    keep.0
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let (mean_a, mean_b) = (mean(a), mean(b));
    let dot = |x: &[f64], mx: f64, y: &[f64], my: f64| -> f64 {
        x.iter().zip(y).map(|(x, y)| (x - mx) * (y - my)).sum()
    };
    dot(a, mean_a, b, mean_b) / (dot(a, mean_a, a, mean_a) * dot(b, mean_b, b, mean_b)).sqrt()
}

#[test]
fn prices_have_their_mean_volatility_and_correlations() {
    let rows = recorded(&study(TEXT), 200_000);
    let n = 200_000f64;
    let (a, b) = (&rows.market.prices[0], &rows.market.prices[1]);
    for (prices, today, volatility) in [(a, 10.0, 0.6f64), (b, 2.0, 0.9)] {
        let error = today * ((volatility * volatility).exp() - 1.0).sqrt() / n.sqrt();
        assert!((mean(prices) - today).abs() < 5.0 * error, "mean {}", mean(prices));
        let logs: Vec<f64> = prices.iter().map(|p| (p / today).ln()).collect();
        let drift = mean(&logs) + 0.5 * volatility * volatility;
        assert!(drift.abs() < 5.0 * volatility / n.sqrt());
        let centre = mean(&logs);
        let variance = mean(&logs.iter().map(|x| (x - centre).powi(2)).collect::<Vec<_>>());
        assert!((variance / volatility.powi(2) - 1.0).abs() < 5.0 * (2.0 / n).sqrt());
    }
    let log = |prices: &[f64]| prices.iter().map(|p| p.ln()).collect::<Vec<_>>();
    let within = |r: f64, truth: f64| (r - truth).abs() < 5.0 * (1.0 - truth * truth) / n.sqrt();
    assert!(within(correlation(&log(a), &log(b)), 0.67));
    assert!(within(correlation(&log(a), &rows.market.common_factor), 0.4));
    assert!(within(correlation(&log(b), &rows.market.common_factor), 0.3));
}

#[test]
fn collusion_comes_when_prices_are_low() {
    let rows = recorded(&study(TEXT), 100_000);
    let colluders: Vec<f64> = rows.market.colluders.iter().map(|n| f64::from(*n)).collect();
    let wrong_way = correlation(&colluders, &rows.market.prices[0]);
    assert!(wrong_way < -5.0 / 100_000f64.sqrt(), "correlation {wrong_way}");
    let no_stress = TEXT.replace("stress_loading = { A = 0.4, B = 0.3 }", "");
    let rows = recorded(&study(&no_stress), 100_000);
    let colluders: Vec<f64> = rows.market.colluders.iter().map(|n| f64::from(*n)).collect();
    assert!(correlation(&colluders, &rows.market.prices[0]).abs() < 5.0 / 100_000f64.sqrt());
}

#[test]
fn profits_follow_their_asset_and_keep_their_mean() {
    let rows = recorded(&study(TEXT), 200_000);
    let profits = &rows.targets.profit_usd;
    // Asset and residual volatility add in the logarithm: 0.9² + 0.5².
    let error = 100.0 * ((0.81f64 + 0.25).exp() - 1.0).sqrt() / 200_000f64.sqrt();
    assert!((mean(profits) - 100.0).abs() < 5.0 * error);
    let log = |values: &[f64]| values.iter().map(|p| p.ln()).collect::<Vec<_>>();
    let truth = 0.9 / (0.81f64 + 0.25).sqrt();
    let r = correlation(&log(profits), &log(&rows.market.prices[1]));
    assert!((r - truth).abs() < 5.0 * (1.0 - truth * truth) / 200_000f64.sqrt());
}

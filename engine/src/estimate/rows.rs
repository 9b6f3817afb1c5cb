//! Rows of the summary tables, as values.

use super::Estimate;
use crate::economy::Margin;

/// One figure.
#[derive(Debug, Clone, PartialEq)]
pub struct SummaryRow {
    /// Design.
    pub design: String,
    /// Service, `*` for the whole design.
    pub service: String,
    /// Attack kind, `*` for any.
    pub attack: String,
    /// Route, `*` for the cheapest.
    pub route: String,
    /// What is estimated.
    pub metric: String,
    /// Why slashing cannot be relied on for this attack: words with commas between, empty where it can.
    pub regime: String,
    /// `usd`, `probability`, `share`, `operators`.
    pub unit: &'static str,
    /// The estimate.
    pub estimate: Estimate,
    /// Scenarios drawn.
    pub scenarios: u64,
    /// How it was estimated.
    pub estimator: &'static str,
}

/// One quantile.
#[derive(Debug, Clone, PartialEq)]
pub struct QuantileRow {
    /// Design.
    pub design: String,
    /// Service, `*` for the whole design.
    pub service: String,
    /// Attack kind.
    pub attack: String,
    /// Route, `*` for the cheapest.
    pub route: String,
    /// What is estimated.
    pub metric: String,
    /// Its unit.
    pub unit: &'static str,
    /// Probability below.
    pub probability: f64,
    /// The quantile; infinite where that share of scenarios is out of reach.
    pub value: f64,
    /// Lower end of the 95 % interval.
    pub ci_low: f64,
    /// Upper end.
    pub ci_high: f64,
}

/// A paired difference `a − b` on the same draws.
#[derive(Debug, Clone, PartialEq)]
pub struct DifferenceRow {
    /// First design.
    pub design_a: String,
    /// Second design.
    pub design_b: String,
    /// Service, `*` for the whole design.
    pub service: String,
    /// Attack kind, `*` for any.
    pub attack: String,
    /// Route, `*` for the cheapest.
    pub route: String,
    /// What is compared.
    pub metric: String,
    /// The difference.
    pub estimate: Estimate,
}

/// One operator in one design.
#[derive(Debug, Clone, PartialEq)]
pub struct OperatorRow {
    /// Design.
    pub design: String,
    /// Operator.
    pub operator: String,
    /// Mean stake at the horizon, USD.
    pub stake_usd: f64,
    /// Mean loss by attacks and accidents, USD.
    pub expected_loss_usd: f64,
    /// Its standard error.
    pub expected_loss_std_error_usd: f64,
    /// Share of scenarios with a loss.
    pub slashed_probability: f64,
    /// Share of scenarios in which it is in the attacking coalition.
    pub coalition_frequency: f64,
    /// Reward per year, as a fraction of stake, that pays for the expected loss and the nodes.
    pub break_even_reward_apr: f64,
    /// Money over the horizon.
    pub money: Margin,
}

/// One operator of one service in one design: what the service adds to its money over the horizon.
#[derive(Debug, Clone, PartialEq)]
pub struct MemberRow {
    /// Design.
    pub design: String,
    /// Service.
    pub service: String,
    /// Operator.
    pub operator: String,
    /// Money over the horizon.
    pub money: Margin,
}

/// One figure of a portfolio in one design.
#[derive(Debug, Clone, PartialEq)]
pub struct PortfolioRow {
    /// Design.
    pub design: String,
    /// Portfolio.
    pub portfolio: String,
    /// What is estimated.
    pub metric: String,
    /// `usd`, `probability`.
    pub unit: &'static str,
    /// The estimate.
    pub estimate: Estimate,
}

/// What one operator or group contributes to the attacks that pay in one design.
#[derive(Debug, Clone, PartialEq)]
pub struct ContributionRow {
    /// Design.
    pub design: String,
    /// `operator`, the attribute that groups them, or `*` for the whole.
    pub attribute: String,
    /// The operator or the group; `(none)`: operators in no group; `(nobody)`: attacks without operators; `*`: the whole.
    pub group: String,
    /// Operators with power in it.
    pub operators: i32,
    /// What is estimated.
    pub metric: String,
    /// `usd`, `probability`.
    pub unit: &'static str,
    /// The estimate.
    pub estimate: Estimate,
}

/// Everything a run estimates.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Results {
    /// Figures.
    pub summary: Vec<SummaryRow>,
    /// Quantiles.
    pub quantiles: Vec<QuantileRow>,
    /// Paired differences between designs.
    pub differences: Vec<DifferenceRow>,
    /// Operators.
    pub operators: Vec<OperatorRow>,
    /// Operators by service.
    pub members: Vec<MemberRow>,
    /// Portfolios.
    pub portfolios: Vec<PortfolioRow>,
    /// Contributions to attacks that pay, where they are asked for.
    pub contributions: Vec<ContributionRow>,
    /// What a reader should know before trusting the figures.
    pub warnings: Vec<String>,
}

impl Results {
    /// The figure with these labels.
    pub fn find(
        &self,
        design: &str,
        service: &str,
        attack: &str,
        route: &str,
        metric: &str,
    ) -> Option<&SummaryRow> {
        self.summary.iter().find(|row| {
            row.design == design
                && row.service == service
                && row.attack == attack
                && row.route == route
                && row.metric == metric
        })
    }

    /// The quantile with these labels nearest to `probability`.
    pub fn quantile(
        &self,
        [design, service, attack, route, metric]: [&str; 5],
        probability: f64,
    ) -> Option<&QuantileRow> {
        self.quantiles.iter().find(|row| {
            row.design == design
                && row.service == service
                && row.attack == attack
                && row.route == route
                && row.metric == metric
                && (row.probability - probability).abs() < 1e-12
        })
    }
}

//! The study: text and tables turned into checked values, every mistake with its place.
//!
//! [`Study::load`] is the only way in. After it nothing can fail: names are resolved to positions, numbers lie in
//! their ranges, designs are flattened. All lists are in canonical (name) order, so the order in which a study is
//! written never changes a result.

mod economy;
mod keys;
mod load;
mod metrics;
mod names;
mod operators;
mod problem;
mod reader;
mod resolved;
mod schema;
mod services;
mod systems;
mod table;
#[cfg(test)]
mod tests;
mod time;
mod variation;

pub use load::MOST_JOINT_TARGETS;
pub use metrics::METRICS;
pub use operators::{Attribute, Collusion, Copula, Factor, Fault, FaultKind, Loading, Operator};
pub use problem::{Problem, Severity, StudyError};
pub use schema::{json_schema, key_reference};
pub use services::{
    Adversary, Attack, BY_SECOND, Bought, BribePremium, Consensus, Network, Pool, Route, Service, Slashing,
};
pub use systems::{
    Combine, Design, Eigenlayer, Enforcement, ExecutesOn, External, Ics, Mesh, Pos, Pow, SagaPrice,
    Selection, Slash, StakeMode, System,
};
pub use variation::{Setting, Variable};

pub use crate::rules::ethereum::Fork;
pub use economy::{
    Choosing, Inflation, Participation, Portfolio, Proposal, SecondQuorum, Split, Stream, Terms,
};
pub use time::{Flywheel, On, Time};

/// A checked study.
#[derive(Debug, Clone)]
pub struct Study {
    /// Name of the study.
    pub name: String,
    /// Horizon of prices and profits, in days.
    pub horizon_days: f64,
    /// Definition of the random streams (1).
    pub stream: u32,
    /// How much to draw and what to record: not part of the problem's identity.
    pub run: RunSettings,
    /// Assets in name order.
    pub assets: Vec<Asset>,
    /// How log returns move together.
    pub market: Market,
    /// Operators in name order: those of the table and all that stake.
    pub operators: Vec<Operator>,
    /// Attributes that carry a factor, in name order.
    pub attributes: Vec<Attribute>,
    /// How operators come to collude.
    pub collusion: Collusion,
    /// Kinds of accident, in name order.
    pub faults: Vec<Fault>,
    /// Pools in name order.
    pub pools: Vec<Pool>,
    /// Services in name order.
    pub services: Vec<Service>,
    /// What the attacker can do.
    pub adversary: Adversary,
    /// Designs in the order of the study, `extends` resolved.
    pub designs: Vec<Design>,
    /// How operators that may choose do so.
    pub choosing: Choosing,
    /// Stake whose losses are to be known, in name order.
    pub portfolios: Vec<Portfolio>,
    /// How scenarios become paths; `None`: they do not.
    pub time: Option<Time>,
    /// Figures quoted elsewhere, to be printed beside ours.
    pub quoted: Vec<Quoted>,
    /// What history says, to be held against the model.
    pub backtest: Option<Backtest>,
    /// Bounds that figures of a run must keep, in the order of the study.
    pub assertions: Vec<Assertion>,
    /// Where the values came from.
    pub provenance: Provenance,
}

impl Study {
    /// Today's profit of each attack, services in order, then what can be sold short of each asset, USD: the columns of profits.
    pub fn profits_today(&self) -> impl Iterator<Item = f64> + '_ {
        let attacks = self.services.iter().flat_map(|service| &service.attacks);
        let shorts = self.shortable().map(|asset| self.assets[asset].short_capacity_usd);
        attacks.map(|attack| attack.profit_usd).chain(shorts)
    }

    /// Services that may turn Byzantine, in order: bit `i` of a set of those that have stands for the `i`-th.
    pub fn turning(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.services.len()).filter(|service| self.services[*service].byzantine_probability > 0.0)
    }

    /// Assets that can be sold short, in order: what they are worth stands in the columns of profits after those of attacks.
    pub fn shortable(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.assets.len()).filter(|asset| self.assets[*asset].short_capacity_usd > 0.0)
    }
}

/// What a run does with the study; never part of `problem_id`.
#[derive(Debug, Clone, PartialEq)]
pub struct RunSettings {
    /// Scenarios to draw.
    pub scenarios: u64,
    /// Seed of every stream.
    pub seed: u64,
    /// How probabilities are estimated.
    pub estimator: Estimator,
    /// Standard error over the estimate at which every headline figure is precise enough to stop; 0 never stops.
    pub relative_error: f64,
    /// A probability whose upper bound lies below this needs no precision of its own.
    pub negligible: f64,
    /// Scenarios on which it is asked who makes attacks possible; 0 asks nobody.
    pub attribution: u64,
    /// Which scenarios go to the three big tables.
    pub record: Record,
    /// Every N-th scenario is recorded whatever happened in it.
    pub record_every: u64,
    /// Faults that cost at least this share of all stake are recorded.
    pub record_loss_share: f64,
    /// Rows of the targets table after which recording stops.
    pub record_limit_rows: u64,
}

/// How a run estimates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Estimator {
    /// Scenarios from the law asked about, all of the same weight.
    Plain,
    /// As plain, threshold probabilities by averaging what is computed given the factors.
    Conditional,
    /// Scenarios from proposals under which thresholds are reached often, weighted.
    Importance,
    /// Plain, and conditional where plain is rough.
    Auto,
}

impl Estimator {
    /// Its word in studies and tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Conditional => "conditional",
            Self::Importance => "importance",
            Self::Auto => "auto",
        }
    }
}

/// Which scenarios are recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Record {
    /// Every scenario.
    All,
    /// Scenarios in which something happened, and a sample.
    Attacks,
    /// None.
    None,
}

/// A token with a USD price.
#[derive(Debug, Clone)]
pub struct Asset {
    /// Name, e.g. `ATOM`.
    pub name: String,
    /// Price today, USD, > 0.
    pub price_usd: f64,
    /// Annualised standard deviation of log returns, ≥ 0.
    pub volatility: f64,
    /// USD of buying that moves the price by 100 % (linear impact); infinite when not given.
    pub liquidity_usd: f64,
    /// Tokens that an attacker can buy; infinite when not given.
    pub for_sale_tokens: f64,
    /// USD of it, at today's price, that an attacker can sell short; 0 when not given.
    pub short_capacity_usd: f64,
    /// What that costs, as a part of the amount.
    pub short_cost: f64,
}

/// Correlations of log returns.
#[derive(Debug, Clone)]
pub struct Market {
    /// `(a, b, correlation)` with positions a < b in [`Study::assets`]; missing pairs are 0.
    pub correlation: Vec<(usize, usize, f64)>,
    /// Correlation of each asset's log return with the common factor of collusion. `[asset]`
    pub stress_loading: Vec<f64>,
}

impl Market {
    /// Correlation matrix of the common factor (row 0) and the `n_assets` log returns.
    pub fn bordered_correlation(&self, n_assets: usize) -> ndarray::Array2<f64> {
        let mut matrix = ndarray::Array2::eye(n_assets + 1);
        for (asset, loading) in self.stress_loading.iter().enumerate() {
            matrix[[0, asset + 1]] = *loading;
            matrix[[asset + 1, 0]] = *loading;
        }
        for (a, b, correlation) in &self.correlation {
            matrix[[a + 1, b + 1]] = *correlation;
            matrix[[b + 1, a + 1]] = *correlation;
        }
        matrix
    }
}

/// A figure somebody quotes.
#[derive(Debug, Clone)]
pub struct Quoted {
    /// The statement.
    pub statement: String,
    /// The figure, USD.
    pub usd: f64,
    /// Position of the design it speaks of.
    pub design: usize,
    /// Position of the service.
    pub service: usize,
    /// The attack kind.
    pub attack: String,
}

/// What history says.
#[derive(Debug, Clone)]
pub struct Backtest {
    /// Position of the design that stood.
    pub design: usize,
    /// Successful attacks observed, all services together.
    pub observed: f64,
    /// `(service, years)` of life.
    pub years: Vec<(usize, f64)>,
}

/// A bound on a figure of the summary.
#[derive(Debug, Clone, PartialEq)]
pub struct Assertion {
    /// Position of the design.
    pub design: usize,
    /// Service, `*` for the whole design.
    pub service: String,
    /// Attack kind, `*` for any.
    pub attack: String,
    /// Route, `*` for the cheapest.
    pub route: String,
    /// Metric of the summary.
    pub metric: String,
    /// The largest estimate that is accepted.
    pub at_most: Option<f64>,
    /// The least.
    pub at_least: Option<f64>,
}

/// A value that the study did not give.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TookDefault {
    /// Full key.
    pub key: String,
    /// Value taken.
    pub value: String,
}

/// Digest of one table that the study read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableDigest {
    /// As named in the study.
    pub path: String,
    /// Rows.
    pub rows: usize,
    /// BLAKE3 of the canonical rows, hex.
    pub blake3: String,
}

/// Where the values came from.
#[derive(Debug, Clone, Default)]
pub struct Provenance {
    /// The study as TOML with every default filled in and `extends` as written.
    pub resolved: String,
    /// BLAKE3 of the resolved study without `[run]`, its tables and the stream, hex.
    pub problem_id: String,
    /// Tables read.
    pub tables: Vec<TableDigest>,
    /// Values the study did not give.
    pub defaults: Vec<TookDefault>,
    /// What is odd but allowed.
    pub warnings: Vec<Problem>,
}

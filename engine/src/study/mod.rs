//! The study: text and tables turned into checked values, every mistake with its place.
//!
//! [`Study::load`] is the only way in. After it nothing can fail: names are resolved to positions, numbers lie in
//! their ranges, designs are flattened. All lists are in canonical (name) order, so the order in which a study is
//! written never changes a result.

mod economy;
mod keys;
mod load;
mod names;
mod problem;
mod reader;
mod resolved;
mod schema;
mod table;
#[cfg(test)]
mod tests;
mod time;
mod variation;

pub use load::MOST_JOINT_TARGETS;
pub use problem::{Problem, Severity, StudyError};
pub use schema::{json_schema, key_reference};
pub use variation::{Setting, Variable};

use crate::fraction::Threshold;
pub use crate::rules::ethereum::Fork;
pub use economy::{Choosing, Inflation, Participation, Portfolio, Split, Stream, Terms};
pub use time::{Flywheel, Time};

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

/// Who runs validators.
#[derive(Debug, Clone)]
pub struct Operator {
    /// Name, the identity across chains.
    pub name: String,
    /// Probability to be a colluder.
    pub collusion_probability: f64,
    /// Probability to be honest at any price.
    pub altruistic_probability: f64,
    /// Part of the stake that is the operator's own.
    pub own_share: f64,
    /// Part of the delegators' reward that the operator keeps.
    pub commission: f64,
    /// What taking part in an attack costs beyond stake (legal, reputational), USD.
    pub friction_usd: f64,
    /// Number of keys, for accidents.
    pub keys: f64,
    /// What nodes cost it, times [`Service::node_usd_per_year`].
    pub node_cost_factor: f64,
    /// Loading on each of [`Collusion::loadings`], overrides applied. `[loading]`
    pub loadings: Vec<f64>,
    /// True if it stakes but stands in no operator table.
    pub defaulted: bool,
}

/// A way to group operators (host, client, country, …).
#[derive(Debug, Clone)]
pub struct Attribute {
    /// Name of the column.
    pub name: String,
    /// Groups in name order.
    pub groups: Vec<String>,
    /// `(group, share)` per operator; empty means a group of its own. Shares sum to 1. `[operator]`
    pub membership: Vec<Vec<(usize, f64)>>,
}

/// What a loading loads on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Factor {
    /// The factor common to all operators.
    Common,
    /// The factors of an attribute's groups (position in [`Study::attributes`]).
    Attribute(usize),
}

/// A factor and its default loading.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Loading {
    /// The factor.
    pub factor: Factor,
    /// Correlation of the latent with the factor, in (−1, 1).
    pub loading: f64,
}

/// How latents depend on each other beyond their correlation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Copula {
    /// Gaussian.
    Gaussian,
    /// Student-t with this many degrees of freedom (1 to 200).
    StudentT(u32),
}

/// How operators come to collude.
#[derive(Debug, Clone)]
pub struct Collusion {
    /// Default probability to be a colluder at the moment of an attack.
    pub probability: f64,
    /// Default probability to be honest at any price.
    pub altruistic_probability: f64,
    /// Share of colluders whose keys are stolen: the attacker owes them nothing.
    pub compromised_share: f64,
    /// Copula of the latents.
    pub copula: Copula,
    /// Factors, common first, then attributes in name order.
    pub loadings: Vec<Loading>,
}

/// Which accident.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FaultKind {
    /// Not signing: costs `slash_downtime` each time; counts against liveness while it lasts.
    Downtime,
    /// Signing twice: costs `slash`.
    Equivocation,
}

/// A kind of accident.
#[derive(Debug, Clone)]
pub struct Fault {
    /// Which.
    pub kind: FaultKind,
    /// Accidents per key and year.
    pub rate_per_key_year: f64,
    /// How long one lasts, hours (downtime).
    pub duration_hours: f64,
    /// Keys that one accident hits; all keys of the operator when not given.
    pub cluster_keys: Option<f64>,
    /// Copula of the latents.
    pub copula: Copula,
    /// Factors, common first, then attributes in name order.
    pub loadings: Vec<Loading>,
}

/// Hours in a year of 365.25 days.
const HOURS_PER_YEAR: f64 = 8766.0;

impl Fault {
    /// Part of an operator's keys that one accident hits.
    pub fn keys_hit(&self, keys: f64) -> f64 {
        self.cluster_keys.map_or(1.0, |cluster| (cluster / keys).min(1.0))
    }

    /// Causes of an operator with `keys` that strike independently. One accident hits `cluster_keys` at once (all keys by
    /// default), so that the rate of each key is what the study says.
    fn causes(&self, keys: f64) -> f64 {
        if keys > 0.0 { 1.0 / self.keys_hit(keys) } else { 0.0 }
    }

    /// Accidents of an operator expected within the horizon.
    pub fn expected_accidents(&self, keys: f64, horizon_days: f64) -> f64 {
        self.rate_per_key_year * self.causes(keys) * horizon_days / 365.25
    }

    /// Probability of at least one accident within the horizon.
    pub fn hit_probability(&self, keys: f64, horizon_days: f64) -> f64 {
        -libm::expm1(-self.expected_accidents(keys, horizon_days))
    }

    /// Probability that an accident lasts at a given moment (rate × duration).
    pub fn lasting_probability(&self, keys: f64) -> f64 {
        -libm::expm1(-self.rate_per_key_year * self.causes(keys) * self.duration_hours / HOURS_PER_YEAR)
    }
}

/// Stake bonded in one place in one asset.
#[derive(Debug, Clone)]
pub struct Pool {
    /// Name.
    pub name: String,
    /// Position of its asset.
    pub asset: usize,
    /// Stake per operator in units of 10^−`decimals` tokens. `[operator]`
    pub stake: Vec<u128>,
    /// Decimals of `stake`.
    pub decimals: u32,
    /// Days until unbonded stake is free.
    pub unbonding_days: f64,
    /// Reward per year as a fraction of the stake; today's where there is an inflation rule.
    pub reward_apr: f64,
    /// The rule that pays it, where it is not fixed.
    pub inflation: Option<Inflation>,
    /// Years of commission that an ejected operator loses.
    pub franchise_years: f64,
    /// Pool whose stake this is as well (restaked native ETH).
    pub underlying: Option<usize>,
    /// Whose rules say what is slashed.
    pub slashing: Slashing,
}

/// Whose rules say what a pool's stake loses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slashing {
    /// The fractions of each design.
    Fraction,
    /// Ethereum's own penalties.
    Ethereum {
        /// Whose parameters hold.
        fork: Fork,
        /// Effective balance of one validator, whole ETH (1 to 2048).
        effective_balance: u64,
    },
}

impl Pool {
    /// Stake of one operator in tokens.
    #[expect(clippy::cast_precision_loss, reason = "a display and pricing value, not a decision")]
    pub fn tokens(&self, operator: usize) -> f64 {
        self.stake[operator] as f64 / libm::exp10(f64::from(self.decimals))
    }
    /// All stake in tokens.
    #[expect(clippy::cast_precision_loss, reason = "a display and pricing value, not a decision")]
    pub fn total_tokens(&self) -> f64 {
        self.stake.iter().sum::<u128>() as f64 / libm::exp10(f64::from(self.decimals))
    }
}

/// Which rules of consensus a service follows: sets default thresholds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consensus {
    /// fork > 1/3, halt ≥ 1/3, control > 2/3.
    Cometbft,
    /// fork ≥ 1/3, halt > 1/3, control ≥ 2/3.
    Ethereum,
    /// control > 1/2.
    Pow,
    /// Every attack states its own.
    Quorum,
}

impl Consensus {
    /// Silent power at which a chain stands still; `None` where the consensus does not say.
    pub fn halts_at(self) -> Option<Threshold> {
        match self {
            Self::Cometbft => Some(Threshold::at_least(1, 3)),
            Self::Ethereum => Some(Threshold::more_than(1, 3)),
            Self::Pow | Self::Quorum => None,
        }
    }
}

/// Whether messages arrive in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Network {
    /// They do.
    Synchronous,
    /// Not while the network is bad: no protocol can promise to slash a third of the power or more (Budish, Lewis-Pye and
    /// Roughgarden 2024).
    PartiallySynchronous,
}

/// What validators run and an attacker may corrupt.
#[derive(Debug, Clone)]
pub struct Service {
    /// Name.
    pub name: String,
    /// Its consensus.
    pub consensus: Consensus,
    /// The asset that falls after an attack (`drawdown`).
    pub asset: Option<usize>,
    /// Whether messages arrive in time.
    pub network: Network,
    /// Cost of one operator's node a year, USD.
    pub node_usd_per_year: f64,
    /// Position in [`Adversary::profit_pools`] of the value that its profits are taken from; `None`: one of its own, without limit.
    pub profit_pool: Option<usize>,
    /// Attacks in the order of their kind's name.
    pub attacks: Vec<Attack>,
}

/// One attack on a service.
#[derive(Debug, Clone)]
pub struct Attack {
    /// `fork`, `halt`, `control` or a name of the service's own.
    pub kind: String,
    /// Power needed.
    pub threshold: Threshold,
    /// Profit from corruption today, USD.
    pub profit_usd: f64,
    /// Asset that the profit is paid in.
    pub profit_asset: Option<usize>,
    /// Annualised residual volatility of the profit.
    pub profit_volatility: f64,
    /// Slash fraction, when it differs from the design's.
    pub slash: Option<f64>,
    /// Whether the offence can be attributed at all.
    pub slashable: bool,
    /// Whether it can be committed by amnesia, which leaves no evidence.
    pub amnesia: bool,
    /// Probability that an attack with enough power succeeds.
    pub success_probability: f64,
    /// Fall of the service's asset afterwards.
    pub drawdown: f64,
    /// How long the attack lasts, hours: rewards lost by silence.
    pub duration_hours: f64,
    /// `(service, share)`: share of this profit that corrupting that service realises as well.
    pub depends_on: Vec<(usize, f64)>,
}

/// What a bribed operator asks on top of its private loss.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum BribePremium {
    /// The same in every scenario.
    Fixed(f64),
    /// Lognormal over scenarios: `median · exp(sigma · N)`.
    Lognormal {
        /// Median.
        median: f64,
        /// Standard deviation of the logarithm.
        sigma: f64,
    },
}

/// How the threshold is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Route {
    /// Colluders alone.
    Collude,
    /// Colluders and bribed operators.
    Bribe,
    /// Stake bought.
    Acquire,
    /// Hash rate rented.
    Rent,
    /// Hardware bought.
    Hardware,
}

impl Route {
    /// Every route, in the order of columns and tables.
    pub const ALL: [Self; 5] = [Self::Collude, Self::Bribe, Self::Acquire, Self::Rent, Self::Hardware];
    /// Its word in studies and tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Collude => "collude",
            Self::Bribe => "bribe",
            Self::Acquire => "acquire",
            Self::Rent => "rent",
            Self::Hardware => "hardware",
        }
    }
}

/// What the attacker can do.
#[derive(Debug, Clone)]
pub struct Adversary {
    /// Routes in the order of [`Route::ALL`].
    pub routes: Vec<Route>,
    /// What a bribed operator asks.
    pub bribe_premium: BribePremium,
    /// Yearly cost of capital while it is locked.
    pub carry_apr: f64,
    /// Whether attacks on several targets at once are judged.
    pub joint: bool,
    /// Whether what is left after an attack is attacked again.
    pub cascades: bool,
    /// Values that several services share: name, and the most that can be taken from each, USD.
    pub profit_pools: Vec<(String, f64)>,
}

/// How losses of one operator in one pool combine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Combine {
    /// The largest alone (Cosmos tombstone).
    Once,
    /// The sum, up to all of it (unique stake, liens).
    Additive,
    /// Each takes its fraction of what is left (pooled stake).
    Compound,
}

/// Who carries a slash out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExecutesOn {
    /// As the system has it.
    Default,
    /// It always lands.
    Always,
    /// The chain of this service.
    Service(usize),
}

/// What a system slashes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Slash {
    /// Fraction for every attack but `halt`.
    pub fraction: f64,
    /// Fraction for `halt`.
    pub halt: f64,
    /// Fraction for an accident of downtime.
    pub downtime: f64,
    /// Who carries it out.
    pub executes_on: ExecutesOn,
    /// Probability that it lands although the attack holds the service that carries it out.
    pub social_probability: f64,
    /// What stands between the offence and the slash.
    pub enforcement: Enforcement,
}

/// What stands between an offence and its slash.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Enforcement {
    /// Probability that evidence is submitted.
    pub detection_probability: f64,
    /// Median delay until then, days.
    pub detection_median_days: f64,
    /// Standard deviation of the logarithm of that delay.
    pub detection_sigma: f64,
    /// Probability that the vote approves; 1 where none is needed.
    pub vote_probability: f64,
    /// How long the vote takes, days.
    pub vote_delay_days: f64,
    /// Age at which evidence is refused, days; infinite where it never is.
    pub evidence_max_age_days: f64,
    /// Part of the coalition's stake that starts to unbond as the attack begins.
    pub exit_share: f64,
    /// How long a silent validator is jailed, minutes.
    pub jail_minutes: f64,
}

impl Enforcement {
    /// Certain and at once.
    pub const SURE: Self = Self {
        detection_probability: 1.0,
        detection_median_days: 0.0,
        detection_sigma: 0.0,
        vote_probability: 1.0,
        vote_delay_days: 0.0,
        evidence_max_age_days: f64::INFINITY,
        exit_share: 1.0,
        jail_minutes: 0.0,
    };
}

/// Which operators secure which services with which stake.
#[derive(Debug, Clone)]
pub struct Design {
    /// Name.
    pub name: String,
    /// `(service, system)` in service order.
    pub services: Vec<(usize, System)>,
    /// What each of them pays, and who decides to take part. `[service of the design]`
    pub terms: Vec<Terms>,
    /// Loss rule per pool where the study overrides the system's. `[pool]`
    pub losses: Vec<Option<Combine>>,
}

/// How one service is secured.
#[derive(Debug, Clone)]
pub enum System {
    /// A chain of its own.
    Pos(Pos),
    /// Cosmos Interchain Security.
    Ics(Ics),
    /// Saga: an opt-in consumer chain with a price.
    Saga(Ics, SagaPrice),
    /// EigenLayer.
    Eigenlayer(Eigenlayer),
    /// Mesh Security.
    Mesh(Mesh),
    /// Proof of work.
    Pow(Pow),
}

impl System {
    /// Whether operators can be asked at all if they want to run the service.
    pub fn lets_operators_choose(&self) -> bool {
        match self {
            Self::Ics(ics) => !matches!(ics.selection, Selection::Replicated),
            Self::Saga(_, price) => matches!(price, SagaPrice::Fee { .. }),
            Self::Eigenlayer(_) => true,
            Self::Pos(_) | Self::Mesh(_) | Self::Pow(_) => false,
        }
    }
}

/// Plain proof of stake.
#[derive(Debug, Clone)]
pub struct Pos {
    /// The chain's own stake.
    pub pool: usize,
    /// Voting weight where it is not the stake, integers on one scale. `[operator]`
    pub power: Option<Vec<u128>>,
    /// What is slashed.
    pub slash: Slash,
}

/// Interchain Security: a consumer chain run by a provider's validators.
#[derive(Debug, Clone)]
pub struct Ics {
    /// The provider's stake.
    pub provider: usize,
    /// Who validates.
    pub selection: Selection,
    /// Number of the provider's largest validators that may validate.
    pub max_provider_validators: usize,
    /// Largest number of validators; a Top-N chain ignores it.
    pub validator_set_cap: Option<usize>,
    /// Largest share of the consumer's power that one validator may hold, per cent (1 to 100).
    pub power_cap: Option<u32>,
    /// The only ones that may validate; `None` for everybody. `[operator]`
    pub allowlist: Option<Vec<bool>>,
    /// Those that may not. `[operator]`
    pub denylist: Vec<bool>,
    /// Those that come first under the set cap. `[operator]`
    pub priority: Vec<bool>,
    /// Least stake of a validator, tokens.
    pub min_stake: f64,
    /// What is slashed, on the provider.
    pub slash: Slash,
}

/// Who validates a consumer chain.
#[derive(Debug, Clone, PartialEq)]
pub enum Selection {
    /// Every active validator of the provider.
    Replicated,
    /// The largest that make up so many per cent of the stake (50 to 100), and those that opted in. `[operator]`
    TopN(u32, Vec<bool>),
    /// Those that opted in. `[operator]`
    OptIn(Vec<bool>),
}

/// How the validators of a Saga chainlet are paid.
#[derive(Debug, Clone, PartialEq)]
pub enum SagaPrice {
    /// Fixed fees, shared in equal parts.
    Fee {
        /// USD per day.
        epoch_usd: f64,
        /// USD at launch.
        setup_usd: f64,
    },
    /// The dearest bids lose; every winner is paid the highest winning bid.
    Auction {
        /// Price at which each would validate, USD per day; `None` does not bid. `[operator]`
        bids: Vec<Option<f64>>,
        /// How many of the largest may bid.
        players: usize,
        /// How many win.
        seats: usize,
    },
}

/// How restaked stake is committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StakeMode {
    /// The whole stake backs every service served.
    Pooled,
    /// Each token backs one service.
    Unique,
    /// Allocations may exceed the stake; what one service slashes the others stretch over.
    Elastic,
}

/// EigenLayer restaking.
#[derive(Debug, Clone)]
pub struct Eigenlayer {
    /// Pools that count.
    pub pools: Vec<usize>,
    /// Pooled or unique.
    pub stake: StakeMode,
    /// Who serves it. `[operator]`
    pub serves: Vec<bool>,
    /// `(operator, pool, fraction)` allocated to this service; `None`: equal parts over the services served.
    pub allocations: Option<Vec<(usize, usize, f64)>>,
    /// Whether it turns on its operators and slashes its fraction of all that is allocated to it.
    pub byzantine: bool,
    /// Part of what is slashed that reaches an attacker through the recipient of redistribution.
    pub redistribution: f64,
    /// Voting weight where it is not the stake, integers on one scale. `[operator]`
    pub power: Option<Vec<u128>>,
    /// What is slashed.
    pub slash: Slash,
}

/// Mesh Security.
#[derive(Debug, Clone)]
pub struct Mesh {
    /// The chain's own pool.
    pub local: usize,
    /// What is slashed there.
    pub slash: Slash,
    /// Stake lent by other chains.
    pub external: Vec<External>,
}

/// Stake that another chain lends.
#[derive(Debug, Clone)]
pub struct External {
    /// Its pool.
    pub pool: usize,
    /// Fraction slashed there for every attack but `halt`.
    pub slash: f64,
    /// Taken off the value before it counts as power.
    pub discount: f64,
    /// Most it may give, as a share of the service's whole power.
    pub max_power: f64,
}

/// Proof of work.
#[derive(Debug, Clone)]
pub struct Pow {
    /// Honest hash rate, TH/s.
    pub hash_rate_ths: f64,
    /// Price of hardware, USD per TH/s.
    pub hardware_usd_per_ths: f64,
    /// Energy, J per TH.
    pub efficiency_j_per_th: f64,
    /// Price of energy, USD per kWh.
    pub energy_usd_per_kwh: f64,
    /// Rent, USD per TH/s and day.
    pub rental_usd_per_ths_day: f64,
    /// Hash rate that can be rented, TH/s.
    pub rental_capacity_ths: f64,
    /// Length of the attack, hours.
    pub duration_hours: f64,
    /// Share of the hardware's price recovered afterwards.
    pub resale: f64,
    /// Block rewards of the whole network, USD a day at today's price; the attacker's chain earns them.
    pub block_reward_usd_per_day: f64,
    /// Asset the reward is paid in.
    pub reward_asset: Option<usize>,
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
#[derive(Debug, Clone)]
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

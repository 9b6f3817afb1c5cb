//! Designs: which system secures a service, with which stake, and how slashes are carried out.

use super::Terms;

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

//! Pools of stake, services and attacks on them, and what the adversary may do.

use super::{Fork, Inflation};
use crate::fraction::Threshold;
use crate::rules::ethereum::Upgrade;

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
    /// Whether operators can commit a part of their keys to an attack.
    pub divisible: bool,
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
        /// Upgrade in force, whose queues hold.
        upgrade: Upgrade,
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
    /// Probability that it turns Byzantine within the horizon: where it is restaked, it then slashes what is allocated to it.
    pub byzantine_probability: f64,
    /// Attacks in the order of their kind's name.
    pub attacks: Vec<Attack>,
}

/// One attack on a service.
#[derive(Debug, Clone)]
pub struct Attack {
    /// `fork`, `halt`, `control` or a name of the service's own; with `_by_second` after it where the second quorum alone does it.
    pub kind: String,
    /// What it does, whichever quorum it needs: its kind without `_by_second`.
    pub deed: String,
    /// Power needed; nothing where the second quorum alone does it.
    pub threshold: Threshold,
    /// Power needed in the second quorum, in designs that have one.
    pub second_threshold: Option<Threshold>,
    /// The quorum that is bought, where operators reach the other one alone.
    pub bought: Option<Bought>,
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

/// What follows the kind of an attack that either of two quorums can carry out where it is the second that does.
pub const BY_SECOND: &str = "_by_second";

/// A quorum whose stake is bought for an attack that needs both, and what it takes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bought {
    /// The first; operators reach the second.
    First(Threshold),
    /// The second; operators reach the first.
    Second(Threshold),
}

/// What follows the kind of an attack whose first quorum is bought, and of one whose second is.
const BUYING: [&str; 2] = ["_buying_first", "_buying_second"];

impl Attack {
    /// Power of the first quorum that the attacker has in the end, its operators' or bought.
    pub const fn first_power(&self) -> Threshold {
        match self.bought {
            Some(Bought::First(threshold)) => threshold,
            _ => self.threshold,
        }
    }

    /// Of an attack that needs both quorums the two in which one of them is bought; none of others.
    pub(super) fn buying_one(&self) -> Vec<Self> {
        let Some(second) = self.second_threshold.filter(|_| !self.is_by_second()) else { return Vec::new() };
        let kind = |suffix: &str| format!("{}{suffix}", self.deed);
        vec![
            Self {
                kind: kind(BUYING[0]),
                threshold: Threshold::NOTHING,
                bought: Some(Bought::First(self.threshold)),
                ..self.clone()
            },
            Self {
                kind: kind(BUYING[1]),
                second_threshold: None,
                bought: Some(Bought::Second(second)),
                ..self.clone()
            },
        ]
    }

    /// Whether it silences its service.
    pub fn halts(&self) -> bool {
        self.deed == "halt"
    }

    /// Whether it needs the second quorum and nothing of the first: it exists in designs with a second quorum alone.
    pub const fn is_by_second(&self) -> bool {
        self.threshold.is_nothing()
    }

    /// The attack of the first quorum alone, and that of the second alone.
    pub(super) fn by_either(self) -> [Self; 2] {
        let by_second =
            Self { kind: format!("{}{BY_SECOND}", self.deed), threshold: Threshold::NOTHING, ..self.clone() };
        [Self { second_threshold: None, ..self }, by_second]
    }
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
    /// Whether runs certify how far every scenario is overcollateralised.
    pub overcollateralization: bool,
    /// Whether runs price bribes three ways.
    pub bribe_ways: bool,
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
    /// What all profits of an attack together approach and never exceed, USD; `None`: they add up.
    pub profit_saturation_usd: Option<f64>,
}

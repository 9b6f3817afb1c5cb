//! Who runs validators, what they share, how likely they collude or have accidents.

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
    /// What nodes cost it, times [`Service::node_usd_per_year`](super::Service::node_usd_per_year).
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
    /// The factors of an attribute's groups (position in [`Study::attributes`](super::Study::attributes)).
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

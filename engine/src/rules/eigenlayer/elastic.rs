//! Elastic restaking: allocations that may sum past the stake and stretch over what slashes leave.
//!
//! A model, not a protocol, so in floating point. Source: Bar-Zur and Eyal (2025), "Elastic Restaking Networks",
//! arXiv 2503.00170.

/// One validator after Byzantine services have slashed it.
#[derive(Clone, Debug, PartialEq)]
pub struct Stretched {
    /// Stake left, `σ' = max(0, σ − Σ_byz w)`.
    pub stake: f64,
    /// What each service can still slash, `w' = min(w, σ')`; 0 for the Byzantine ones, which have slashed.
    pub allocations: Vec<f64>, // [service]
}

/// Lets the `byzantine` services slash all their allocations of a validator with `stake`, both at least 0.
///
/// Numbers that name no service are ignored and a service slashes once.
pub fn stretch(stake: f64, allocations: &[f64], byzantine: &[usize]) -> Stretched {
    let stake = (stake - sum_of(allocations, byzantine)).max(0.0);
    let left = |(service, allocation): (usize, &f64)| {
        if byzantine.contains(&service) { 0.0 } else { allocation.min(stake) }
    };
    Stretched { stake, allocations: allocations.iter().enumerate().map(left).collect() }
}

impl Stretched {
    /// What the validator loses by attacking the `attacked` services, `min(σ', Σ w')`.
    pub fn cost(&self, attacked: &[usize]) -> f64 {
        sum_of(&self.allocations, attacked).min(self.stake)
    }
}

/// Sum of the `chosen` entries, each once.
fn sum_of(allocations: &[f64], chosen: &[usize]) -> f64 {
    allocations.iter().enumerate().filter(|(service, _)| chosen.contains(service)).map(|(_, w)| w).sum()
}

/// Equal validators and equal services, each validator allocating `degree` times its stake evenly.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SymmetricNetwork {
    /// Number of validators, `n`.
    pub validators: u32,
    /// Number of services, `S`.
    pub services: u32,
    /// Part of the validators whose attack succeeds, `θ`, as numerator and denominator (at least 1).
    pub threshold: (u32, u32),
    /// Prize of attacking one service, `π`.
    pub prize: f64,
    /// Restaking degree `d`: each allocation is `w = d·σ/S`.
    pub degree: f64,
    /// Byzantine services, `h`, which slash before the attack.
    pub byzantine: u32,
}

impl SymmetricNetwork {
    /// The least an attacker must bring to break even when each validator has `stake` σ.
    ///
    /// `min_k m·min(σ', k·w') + min(σ', r·k·w') − k·π` over the `k` = 1…S−h services attacked, with `m = ⌊nθ⌋` whole
    /// validators and `r = nθ − m` of one more. Infinite where no service is left to attack; negative: a profit.
    pub fn break_even_budget(&self, stake: f64) -> f64 {
        self.targets().map(|(k, cost)| stake * cost - k * self.prize).fold(f64::INFINITY, f64::min)
    }

    /// The least stake per validator at which an attacker with `budget` (at least 0) cannot gain.
    ///
    /// Costs grow in proportion to the stake, so it is `max_k (budget + k·π)/c_k` with `c_k` the cost at stake 1.
    /// Infinite where an attack costs nothing at any stake, 0 where no service is left.
    pub fn least_stake(&self, budget: f64) -> f64 {
        let needed = |(k, cost): (f64, f64)| match budget + k * self.prize {
            gain if gain <= 0.0 => 0.0,
            gain => gain / cost,
        };
        self.targets().map(needed).fold(0.0, f64::max)
    }

    /// Each number of services that can be attacked, with the cost of attacking them at stake 1.
    fn targets(&self) -> impl Iterator<Item = (f64, f64)> {
        let seats = u64::from(self.validators) * u64::from(self.threshold.0);
        let denominator = u64::from(self.threshold.1.max(1));
        let (whole, rest) =
            (as_float(seats / denominator), as_float(seats % denominator) / as_float(denominator));
        let allocation = self.degree / f64::from(self.services.max(1));
        let stake = (1.0 - f64::from(self.byzantine) * allocation).max(0.0);
        let allocation = allocation.min(stake);
        (1..=self.services.saturating_sub(self.byzantine))
            .map(f64::from)
            .map(move |k| (k, whole * stake.min(k * allocation) + stake.min(rest * k * allocation)))
    }
}

/// A count as a float.
#[expect(clippy::cast_precision_loss, reason = "counts of validators stay far below 2⁵³")]
fn as_float(count: u64) -> f64 {
    count as f64
}

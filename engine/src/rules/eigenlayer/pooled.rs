//! Equal validators behind many services, and how often an operator meets a failing one.
//!
//! Closed forms in floating point. Source: EigenLayer whitepaper (2023).

/// Chance that an operator serving `served` of `services` meets one of `failed` failing ones,
/// `1 − C(n−a, f)/C(n, f)`.
///
/// The failing ones are drawn uniformly without replacement; both counts are capped at `services`.
pub fn hit_probability(services: u32, failed: u32, served: u32) -> f64 {
    let (failed, served) = (failed.min(services), served.min(services));
    let (few, many) = (failed.min(served), failed.max(served));
    // C(n−a, f)/C(n, f) is symmetric in a and f: take the shorter product.
    1.0 - (0..few)
        .map(|i| f64::from(services.saturating_sub(many).saturating_sub(i)) / f64::from(services - i))
        .product::<f64>()
}

/// Equal validators, all of them behind every service.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EqualValidators {
    /// Number of validators.
    pub validators: u32,
    /// Stake of each, lost once whatever it attacks.
    pub stake: f64,
    /// Part of the stake that an attack needs, at least, as numerator and denominator (at least 1).
    pub threshold: (u32, u32),
}

/// The best attack on all services at once.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PooledAttack {
    /// Validators that take part: just enough.
    pub validators: u32,
    /// Stake they lose.
    pub cost: f64,
    /// Sum of the prizes.
    pub gross: f64,
}

impl PooledAttack {
    /// What the attack brings after the loss; above 0 it pays.
    pub fn net(&self) -> f64 {
        self.gross - self.cost
    }
}

impl EqualValidators {
    /// Least number of validators that holds the threshold share, ties included.
    pub fn quorum(&self) -> u32 {
        let seats = u64::from(self.validators) * u64::from(self.threshold.0);
        u32::try_from(seats.div_ceil(u64::from(self.threshold.1.max(1)))).unwrap_or(u32::MAX)
    }

    /// The best attack on services with these `prizes` (at least 0): the same quorum takes them all.
    pub fn attack(&self, prizes: &[f64]) -> PooledAttack {
        let validators = self.quorum();
        PooledAttack { validators, cost: f64::from(validators) * self.stake, gross: prizes.iter().sum() }
    }

    /// The slack γ = `α·Σσ/Σπ − 1`: below 0 an attack pays, at γ costs exceed prizes by that part.
    ///
    /// Infinite without prizes. Source: Durvasula and Roughgarden (2024), arXiv 2407.21785.
    pub fn slack(&self, prizes: &[f64]) -> f64 {
        let share = f64::from(self.threshold.0) / f64::from(self.threshold.1.max(1));
        share * f64::from(self.validators) * self.stake / prizes.iter().sum::<f64>() - 1.0
    }
}

/// Cost of corrupting the weakest of several systems that each stand on their own stake; infinite if there are none.
pub fn least_cost_separate(stakes: &[f64]) -> f64 {
    stakes.iter().copied().fold(f64::INFINITY, f64::min)
}

/// Cost of corrupting any of them once all stand on the sum of their stakes.
pub fn least_cost_pooled(stakes: &[f64]) -> f64 {
    stakes.iter().sum()
}

//! What shared security pays, and what it costs those who provide it.
//!
//! The figures of the named deals come from governance proposals and forum posts: they are inputs of scenarios, not
//! rules of a chain. Amounts are whole base units (micro-tokens, cents), fractions are in 10⁻¹⁸ with anything above
//! 1 counted as 1, and every payment is rounded down, every need up. How a consumer's rewards are then divided among
//! validators and delegators is in `rules::ics`.

use crate::rules::integer::{mul_div_ceil, mul_div_floor};

/// 1 as a fraction in 10⁻¹⁸.
pub const DEC: u128 = 1_000_000_000_000_000_000;

/// One hundredth as a fraction in 10⁻¹⁸.
const PERCENT: u128 = DEC / 100;

/// Months in a year.
const MONTHS: u128 = 12;

/// What the arithmetic of payments refuses, with the value refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A share that is no part of a whole.
    #[error("a share must be a part of a whole of at least 1, got {part}/{whole}")]
    NotAShare {
        /// Numerator.
        part: u128,
        /// Denominator.
        whole: u128,
    },
    /// More than everything.
    #[error("a share to be exceeded must lie below 1, got {part}/{whole}")]
    MoreThanAll {
        /// Numerator.
        part: u128,
        /// Denominator.
        whole: u128,
    },
    /// All of a total to which others hold on.
    #[error("new stake reaches a share of 1 only where nobody else has stake, got {stake}")]
    NeverReached {
        /// Stake that stays.
        stake: u128,
    },
    /// A result that does not fit 128 bits.
    #[error("{quantity} must fit 128 bits")]
    OutOfRange {
        /// What was to be computed.
        quantity: &'static str,
    },
}

/// What a consumer owes the provider chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deal {
    /// Fee on liquid-staking rewards, a fraction in 10⁻¹⁸; 0 for a consumer that stakes for nobody.
    pub staking_fee_dec: u128,
    /// The provider's part of each stream of revenue, in 10⁻¹⁸.
    pub provider_share_dec: u128,
}

/// Stride on the Cosmos Hub, proposal 794: 15 % of its fee of 10 %, of its inflation, MEV and transaction fees.
pub const STRIDE: Deal = Deal { staking_fee_dec: 10 * PERCENT, provider_share_dec: 15 * PERCENT };

/// Neutron on the Cosmos Hub, proposal 792: 25 % of fees and MEV.
pub const NEUTRON: Deal = Deal { staking_fee_dec: 0, provider_share_dec: 25 * PERCENT };

/// The provider's part of a stream of revenue: `⌊share · revenue⌋`, for each stream and denomination by itself.
pub fn revenue_share(revenue: u128, provider_share_dec: u128) -> u128 {
    mul_div_floor(revenue, provider_share_dec.min(DEC), DEC)
}

/// Rewards of staked tokens, divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StakingIncome {
    /// To those whose tokens are staked.
    pub stakers: u128,
    /// Kept by the liquid-staking chain.
    pub consumer: u128,
    /// To the provider of its security.
    pub provider: u128,
}

/// Divides liquid-staking rewards: the fee is taken first, the provider's share of the fee second.
///
/// `fee = ⌊fee fraction · rewards⌋`, `provider = ⌊share · fee⌋`; the three parts sum to the rewards.
pub fn liquid_staking_income(rewards: u128, deal: Deal) -> StakingIncome {
    let fee = mul_div_floor(rewards, deal.staking_fee_dec.min(DEC), DEC);
    let provider = revenue_share(fee, deal.provider_share_dec);
    StakingIncome { stakers: rewards - fee, consumer: fee - provider, provider }
}

/// What a set of validators pays for its nodes in a year: `12 · cost a month · validators`.
///
/// Whoever may opt out of running a node is not counted.
///
/// # Errors
/// If the product does not fit 128 bits.
pub fn node_costs_a_year(cost_a_month: u128, n_validators: u64) -> Result<u128, Refusal> {
    cost_a_month
        .checked_mul(MONTHS)
        .and_then(|cost| cost.checked_mul(u128::from(n_validators)))
        .ok_or(Refusal::OutOfRange { quantity: "cost of nodes a year" })
}

/// What a validator keeps of a payment to all stakers: its commission on its part by power.
///
/// `⌊commission · ⌊payment · power / total⌋⌋`; 0 where nobody has power. Power above the total counts as the total.
pub fn validator_income(payment: u128, power: u128, total_power: u128, commission_dec: u128) -> u128 {
    if total_power == 0 {
        return 0;
    }
    let to_pool = mul_div_floor(payment, power.min(total_power), total_power);
    mul_div_floor(to_pool, commission_dec.min(DEC), DEC)
}

/// What is left of a validator's income after its node, below 0 where the node costs more.
///
/// Both over the same time and in the same unit. Saturates at the ends of the type.
pub fn validator_profit(income: u128, node_cost: u128) -> i128 {
    match i128::try_from(income.abs_diff(node_cost)) {
        Ok(gap) if income >= node_cost => gap,
        Ok(gap) => -gap,
        Err(_) if income >= node_cost => i128::MAX,
        Err(_) => i128::MIN,
    }
}

/// Whether a validator that may choose runs the node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Participation {
    /// The income covers the node, or just does.
    TakesPart,
    /// It would lose money.
    StaysOut,
}

/// The choice of a validator to which nothing but its profit matters: it takes part where that is at least 0.
pub fn participation(income: u128, node_cost: u128) -> Participation {
    if income >= node_cost { Participation::TakesPart } else { Participation::StaysOut }
}

/// A share of stake to be reached, as an exact ratio with its tie rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    part: u128,
    whole: u128,
    tie: Tie,
}

/// Whether exactly the share is enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tie {
    Enough,
    TooLittle,
}

impl Share {
    /// At least `part/whole`, in [0, 1].
    ///
    /// # Errors
    /// If the whole is 0 or less than the part.
    pub fn at_least(part: u128, whole: u128) -> Result<Self, Refusal> {
        if whole == 0 || part > whole {
            return Err(Refusal::NotAShare { part, whole });
        }
        Ok(Self { part, whole, tie: Tie::Enough })
    }

    /// More than `part/whole`, in [0, 1).
    ///
    /// # Errors
    /// If the whole is 0, or not more than the part.
    pub fn more_than(part: u128, whole: u128) -> Result<Self, Refusal> {
        if part == whole && whole > 0 {
            return Err(Refusal::MoreThanAll { part, whole });
        }
        Ok(Self { tie: Tie::TooLittle, ..Self::at_least(part, whole)? })
    }

    /// Least whole number that reaches, or exceeds, `stake · part / divisor`; saturates.
    fn least(self, stake: u128, divisor: u128) -> u128 {
        match self.tie {
            Tie::Enough => mul_div_ceil(stake, self.part, divisor),
            Tie::TooLittle => mul_div_floor(stake, self.part, divisor).saturating_add(1),
        }
    }
}

/// Least new stake that gets a newcomer `share` of the new total while all present `stake` stays.
///
/// `⌈S·x/(1 − x)⌉`, or `⌊S·x/(1 − x)⌋ + 1` where the share must be exceeded.
///
/// # Errors
/// If the share is 1 and others have stake, or the new total does not fit 128 bits.
pub fn new_stake_for(share: Share, stake: u128) -> Result<u128, Refusal> {
    let others = share.whole - share.part;
    if others == 0 {
        return if stake == 0 { Ok(0) } else { Err(Refusal::NeverReached { stake }) };
    }
    let new = share.least(stake, others);
    // A saturated quotient cannot pass: it leaves no room for any present stake.
    stake.checked_add(new).map(|_| new).ok_or(Refusal::OutOfRange { quantity: "stake with the new stake" })
}

/// Least present stake that must change sides to make up `share` of the total, which stays: `⌈x·S⌉`, or `⌊x·S⌋ + 1`.
///
/// `None` where the share must be exceeded and there is no stake at all.
pub fn corrupted_stake_for(share: Share, stake: u128) -> Option<u128> {
    let corrupted = share.least(stake, share.whole);
    (corrupted <= stake).then_some(corrupted)
}

#[cfg(test)]
mod tests;

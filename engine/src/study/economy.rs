//! What a study says of money: what secures a service is paid, and what it costs.

use super::{Slash, System};

/// What a service pays those who secure it in one design, and who decides whether to take part.
#[derive(Debug, Clone, Default)]
pub struct Terms {
    /// Revenue that flows to them.
    pub pays: Vec<Stream>,
    /// Who decides.
    pub participation: Participation,
    /// The vote of the provider's delegators that lets the service be secured like this; `None`: nobody asks them.
    pub proposal: Option<Proposal>,
    /// Stake of another pool whose threshold attacks must reach as well.
    pub second_quorum: Option<SecondQuorum>,
}

/// A second set of stake that votes on a service by itself: attacks that say so need power in both.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SecondQuorum {
    /// Position of its pool: everybody with stake there votes by it, and answers with it.
    pub pool: usize,
    /// What an attack slashes of it.
    pub slash: Slash,
}

/// A proposal to secure a service as a design says.
#[derive(Debug, Clone)]
pub struct Proposal {
    /// Days from the vote until what it decides holds.
    pub delay_days: f64,
    /// How the service is secured until then, or if delegators refuse: as in the design that this one extends. `None`: not at all.
    pub before: Option<Box<(System, Terms)>>,
}

/// Who decides whether an operator runs a service.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Participation {
    /// The study, or the protocol.
    #[default]
    Forced,
    /// Each operator that may.
    Chosen,
}

/// A stream of revenue, part of which goes to those who secure the service.
#[derive(Debug, Clone, PartialEq)]
pub struct Stream {
    /// Revenue in a year, USD at today's prices.
    pub usd_per_year: f64,
    /// Part that the service takes first (the fee of a liquid-staking chain).
    pub fee: f64,
    /// Part of that for those who secure the service.
    pub share: f64,
    /// Asset it is paid in, whose price it follows.
    pub asset: Option<usize>,
    /// Days until the first payment.
    pub delay_days: f64,
    /// Operators' commission on it; `None`: each one's own.
    pub commission: Option<f64>,
    /// How it is divided.
    pub split: Split,
    /// The one pool whose stake it pays; `None`: all power.
    pub pool: Option<usize>,
}

impl Stream {
    /// One USD a year, by power.
    pub const USD: Self = Self {
        usd_per_year: 1.0,
        fee: 1.0,
        share: 1.0,
        asset: None,
        delay_days: 0.0,
        commission: None,
        split: Split::Power,
        pool: None,
    };
}

/// How a payment is divided among operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Split {
    /// By power over the service.
    Power,
    /// In equal parts.
    Equal,
}

/// Staking inflation with the bonded-ratio rule of the Cosmos SDK.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Inflation {
    /// All tokens of the asset.
    pub supply: f64,
    /// Inflation today, per year.
    pub rate: f64,
    /// Least inflation.
    pub least: f64,
    /// Greatest inflation.
    pub greatest: f64,
    /// Bonded part of the supply at which inflation rests.
    pub goal_bonded: f64,
    /// Change of inflation in a year if nothing is bonded.
    pub rate_change: f64,
    /// Part of rewards that the community pool takes.
    pub community_tax: f64,
}

impl Inflation {
    /// Reward a year as a fraction of the stake while `bonded` tokens are bonded: `rate · (1 − tax) · supply / bonded`.
    pub fn reward_apr(&self, rate: f64, bonded: f64) -> f64 {
        if bonded > 0.0 { rate * (1.0 - self.community_tax) * self.supply / bonded } else { 0.0 }
    }

    /// Inflation `years` later while the bonded ratio stays: the rule's yearly change in proportion, clamped.
    ///
    /// `rules::cosmos::InflationRule` is the same in integers; here time and stake are fractional.
    pub fn moved(&self, rate: f64, bonded: f64, years: f64) -> f64 {
        let change = (1.0 - bonded / self.supply / self.goal_bonded) * self.rate_change * years;
        (rate + change).min(self.greatest).max(self.least)
    }
}

/// How operators that may choose do so.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Choosing {
    /// Level of the expected shortfall that an operator looks at instead of the mean; `None`: risk-neutral.
    pub cvar_level: Option<f64>,
    /// Rounds of best responses.
    pub rounds: u64,
    /// Scenarios that margins are taken over.
    pub scenarios: u64,
}

/// Stake held by somebody who is not (only) an operator: a delegator, a liquid staking or restaking token.
#[derive(Debug, Clone, PartialEq)]
pub struct Portfolio {
    /// Name.
    pub name: String,
    /// Its stake: (operator, pool, tokens), in that order.
    pub holds: Vec<(usize, usize, f64)>,
    /// Fall of its token's market value beyond what is slashed, as a multiple of that.
    pub discount_factor: f64,
    /// Part of it that is sold, on a path, per fall of its token's value.
    pub forced_selling: f64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::cosmos::{Dec18, Fraction18, InflationRule, bonded_ratio, staking_apr};

    /// Floating point against the chain's integers, with the SDK's parameters.
    #[test]
    fn inflation_is_that_of_the_sdk() {
        let decimal = |percent: u128| Fraction18::from_raw(percent * 10_000_000_000_000_000).unwrap();
        let rule = InflationRule {
            least: decimal(7),
            greatest: decimal(20),
            goal_bonded: decimal(67),
            rate_change: decimal(13),
            blocks_per_year: 4_360_000,
        };
        let ours = Inflation {
            supply: 300e6,
            rate: 0.15,
            least: 0.07,
            greatest: 0.20,
            goal_bonded: 0.67,
            rate_change: 0.13,
            community_tax: 0.02,
        };
        #[expect(clippy::cast_precision_loss, reason = "a comparison to twelve digits")]
        let number = |dec: Dec18| dec.raw() as f64 / 1e18;
        for bonded in [1u32, 60, 150, 201, 240, 300] {
            let ratio = bonded_ratio(u128::from(bonded), 300).unwrap();
            let theirs = number(rule.next_year(decimal(15), ratio).unwrap().value());
            let moved = ours.moved(0.15, f64::from(bonded) * 1e6, 1.0);
            assert!((moved - theirs).abs() < 1e-12, "{bonded}: {moved} {theirs}");
            let apr = number(staking_apr(decimal(15), ratio, decimal(2)).unwrap());
            assert!((ours.reward_apr(0.15, f64::from(bonded) * 1e6) - apr).abs() < 1e-12 * apr.max(1.0));
        }
    }
}

//! The security graph: who has which power over which service, and what an attack makes whom lose.
//!
//! Sampling and attack code know this graph and never a system's name. A service that is secured alike in several
//! designs stands here once; designs point to it.

mod images;
mod income;
mod joint;
mod mix;
mod order;
mod ranks;
mod settle;
mod turned;

pub use income::{Income, Pay};
pub use joint::{
    Below, Exposure, Joint, JointCharge, JointPool, JointTarget, Landed, Prize, Targets, is_held, saturated,
    targets_in,
};
pub use mix::{LossRate, Mix, MixLine, Mixed};
pub use order::{FixedOrder, Order, Proportion, Ranked, SlotLosses, slot, to_f64};
pub use ranks::{Light, Ranks};
pub use settle::{
    Accident, Assault, Bill, BillLine, ChargeNote, Gaps, Incident, Landing, Luck, Regime, Settle, Strike,
};

pub use turned::{Turned, Variants, sets_in};

use crate::fraction::Threshold;
use crate::study::{BY_SECOND, Combine, Route};
use std::sync::Arc;

/// The kind of attack that silences a service.
pub const HALT: &str = "halt";
/// The kind of attack that dictates a service's state.
pub const CONTROL: &str = "control";

/// Power and loss tables per operator are indexed by the operator's position in the study.
#[derive(Debug, Clone)]
pub struct Graph {
    /// Operators in the study.
    pub n_operators: usize,
    /// Every distinct (service, way it is secured).
    pub secured: Vec<Secured>,
    /// Designs in study order.
    pub designs: Vec<DesignGraph>,
    /// Routes to judge.
    pub routes: Vec<Route>,
    /// Whether attacks on several targets at once are judged.
    pub joint: bool,
    /// Whether what is left after an attack is attacked again.
    pub cascades: bool,
    /// Whether γ* is certified in every scenario.
    pub certifies_slack: bool,
    /// Which services have turned Byzantine in it, and the graphs of the others.
    pub turned: Turned,
    /// What the profit of an attack approaches and never exceeds, USD.
    pub saturation_usd: Option<f64>,
}

impl Graph {
    /// What is odd about a design: a service over which nobody has power, silence that costs nothing. `name` says the name of
    /// a secured service.
    pub fn oddities<'a>(&self, name: impl Fn(usize) -> &'a str) -> Vec<String> {
        let mut oddities = Vec::new();
        for design in &self.designs {
            for secured in &design.secured {
                let Secured { power, targets, .. } = &self.secured[*secured];
                let Power::Stake(power) = power else { continue };
                let (design, service) = (&design.name, name(*secured));
                if power.members.is_empty() && self.secured[*secured].second.is_none() {
                    oddities
                        .push(format!("design `{design}`: nobody has power over `{service}`: a free attack"));
                } else if targets.iter().any(|target| target.halts() && target.losses.are_nothing()) {
                    oddities.push(format!(
                        "design `{design}`: silencing `{service}` costs its operators nothing; a `reward_apr` of the pool or \
                         `slash_halt` would"
                    ));
                }
            }
        }
        oddities
    }
}

impl Secured {
    /// Operators with power in either quorum, those of the first before those of the second alone; nobody where hash rate decides.
    pub fn members(&self) -> impl Iterator<Item = u32> + '_ {
        let first = match &self.power {
            Power::Stake(power) => power.members.as_slice(),
            Power::Hash => &[],
        };
        let second = self.second.iter().flat_map(|power| &power.members);
        first.iter().chain(second.filter(|member| !first.contains(member))).copied()
    }
}

impl Losses {
    /// Whether nobody loses anything.
    fn are_nothing(&self) -> bool {
        let nothing = |losses: &[f64]| losses.iter().all(|loss| *loss == 0.0);
        nothing(&self.fixed_usd) && self.assets.iter().all(|asset| nothing(&asset.private))
    }
}

/// One design: its services and what accidents cost in it.
#[derive(Debug, Clone)]
pub struct DesignGraph {
    /// Name.
    pub name: String,
    /// Positions in [`Graph::secured`], in service order.
    pub secured: Vec<usize>,
    /// Stake in the design's pools per asset, tokens; a pool whose stake is another's as well counts once.
    pub stake: Vec<AssetAmounts>,
    /// What each kind of accident forfeits. `[fault]`
    pub faults: Vec<FaultLosses>,
    /// How losses combine in each pool. `[pool]`
    pub combine: Vec<Combine>,
    /// What each service pays, then the staking rewards beside them. `[service of the design + 1]`
    pub incomes: Vec<Income>,
    /// Services whose profits attacks on others realise as well.
    pub paths: Vec<Paths>,
    /// Services that pay or cost something to run, a bit each: what attacks would cost without them is asked where attacks are joint.
    pub margins: Targets,
    /// What attacks on several targets cost; empty where they are not judged.
    pub joint: Joint,
    /// Its services that have turned Byzantine in this graph, a bit each.
    pub byzantine: Targets,
    /// What they have slashed. `[asset used]`
    pub taken: Vec<AssetAmounts>,
    /// The protocols' own rules, for scenarios in which somebody is slashed.
    pub rules: Arc<dyn Settle>,
}

/// Ways to a service's profits: attacks on it, and on what it rests on. Positions among the targets of the design.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths {
    /// Position of the service among those of the design.
    pub service: usize,
    /// Attacks on itself.
    pub own: Vec<usize>,
    /// Attacks on others that realise some of its profits, rising.
    pub others: Vec<usize>,
}

/// What one kind of accident forfeits within the horizon.
#[derive(Debug, Clone, Default)]
pub struct FaultLosses {
    /// Of each operator that is hit: the mean over how often it is, given once. `[asset used]`
    pub hit: Vec<AssetAmounts>,
    /// Accidents expected of each operator within the horizon. `[operator]`
    pub expected: Vec<f64>,
    /// Whether one accident hits all of its keys, so that nothing of its power stays. `[operator]`
    pub ends: Vec<bool>,
    /// Of each operator on average, for accidents too frequent and too small to be drawn one by one. `[asset used]`
    pub mean: Vec<AssetAmounts>,
    /// Sum of `mean` over the operators: asset and tokens. `[asset used]`
    pub mean_of_all: Vec<(usize, f64)>,
}

/// Tokens of one asset per operator.
#[derive(Debug, Clone, PartialEq)]
pub struct AssetAmounts {
    /// Position of the asset.
    pub asset: usize,
    /// Tokens. `[operator]`
    pub tokens: Vec<f64>,
}

/// A service as one design secures it.
#[derive(Debug, Clone, PartialEq)]
pub struct Secured {
    /// Position in the study's services.
    pub service: usize,
    /// Whether it has turned Byzantine in this graph, and is no target any more.
    pub is_byzantine: bool,
    /// Where its power comes from.
    pub power: Power,
    /// Stake that votes as a quorum of its own; its targets may need power in it as well.
    pub second: Option<StakePower>,
    /// The same in words.
    pub how: String,
    /// Silences at which it stands still, each enough by itself; none if it cannot be said.
    pub silences: Vec<Silence>,
    /// Stake behind it that answers for it: asset and tokens.
    pub staked: Vec<(usize, f64)>,
    /// Its targets, in the order of the service's attacks.
    pub targets: Vec<Target>,
}

/// Power that must be silent for a service to stand still: of each quorum named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Silence {
    /// Of the first quorum.
    pub first: Option<Threshold>,
    /// Of the second.
    pub second: Option<Threshold>,
}

/// What decides over a service.
#[derive(Debug, Clone, PartialEq)]
pub enum Power {
    /// Operators hold it.
    Stake(StakePower),
    /// Hash rate decides; nobody in the study holds it.
    Hash,
}

/// Voting power: the sum of parts, each in one asset. A single part needs no price.
#[derive(Debug, Clone, PartialEq)]
pub struct StakePower {
    /// Parts.
    pub parts: Vec<PowerPart>,
    /// Operators with any power, larger power at today's prices first. `[slot]`
    pub members: Vec<u32>,
    /// Position among the members, [`NOT_A_MEMBER`] without power. `[operator]`
    pub slot_of: Vec<u32>,
    /// Each part's units on one scale of `decimals`, where power spans assets. `[part][slot]`
    pub fixed: Vec<Vec<u64>>,
    /// The same as numbers. `[part][slot]`
    pub floats: Vec<Vec<f64>>,
    /// Sums of `fixed`. `[part]`
    pub totals: Vec<u64>,
    /// Decimals of `fixed`.
    pub decimals: u32,
    /// Whether the operator can commit a part of its keys; empty where nobody can. `[operator]`
    pub divisible: Vec<bool>,
}

/// Position of an operator without power.
pub const NOT_A_MEMBER: u32 = u32::MAX;

impl StakePower {
    /// Most decimals of a token that multi-asset power keeps.
    const MOST_DECIMALS: u32 = 9;

    /// Power of these parts; `price` is today's, for the order of members alone.
    pub fn new(parts: Vec<PowerPart>, price: impl Fn(usize) -> f64) -> Self {
        let n_operators = parts.first().map_or(0, |part| part.units.len());
        let value = |o: usize| -> f64 {
            let worth = |part: &PowerPart| part.value_share * part.asset.map_or(1.0, &price) * part.tokens(o);
            parts.iter().map(worth).sum()
        };
        let mut members: Vec<u32> = (0u32..).take(n_operators).filter(|o| has_power(&parts, *o)).collect();
        members.sort_by(|a, b| value(*b as usize).total_cmp(&value(*a as usize)).then(a.cmp(b)));
        let mut slot_of = vec![NOT_A_MEMBER; n_operators];
        for (slot, operator) in (0u32..).zip(&members) {
            slot_of[*operator as usize] = slot;
        }
        let decimals = common_decimals(&parts, Self::MOST_DECIMALS);
        let fixed: Vec<Vec<u64>> = parts
            .iter()
            .map(|part| {
                members.iter().map(|o| rescaled(part.units[*o as usize], part.decimals, decimals)).collect()
            })
            .collect();
        let floats =
            fixed.iter().map(|units| units.iter().map(|u| to_f64(u128::from(*u))).collect()).collect();
        let totals = fixed.iter().map(|units: &Vec<u64>| units.iter().sum()).collect();
        let divisible = Vec::new();
        Self { parts, members, slot_of, fixed, floats, totals, decimals, divisible }
    }

    /// Power of one operator where it lies in one part.
    pub fn only_units(&self, operator: usize) -> u128 {
        self.parts.first().map_or(0, |part| part.units[operator])
    }

    /// The same where these operators can commit a part of their keys. `[operator]`
    #[must_use]
    pub fn divided(self, divisible: Vec<bool>) -> Self {
        let with_power = self.slot_of.iter().zip(divisible).map(|(slot, part)| part && *slot != NOT_A_MEMBER);
        let divisible: Vec<bool> = with_power.collect();
        Self { divisible: if divisible.contains(&true) { divisible } else { Vec::new() }, ..self }
    }
}

fn has_power(parts: &[PowerPart], operator: u32) -> bool {
    parts.iter().any(|part| part.units[operator as usize] > 0)
}

/// As many decimals as the parts use, fewer where a total would not fit 62 bits.
fn common_decimals(parts: &[PowerPart], most: u32) -> u32 {
    let used = parts.iter().map(|part| part.decimals).max().unwrap_or(0).min(most);
    let fits = |decimals: u32| {
        parts.iter().all(|part| {
            let whole = to_f64(part.total()) / libm::exp10(f64::from(part.decimals));
            whole * libm::exp10(f64::from(decimals)) < 4.6e18
        })
    };
    (0..=used).rev().find(|decimals| fits(*decimals)).unwrap_or(0)
}

/// Units on another scale, rounded down; saturates far beyond any real supply.
fn rescaled(units: u128, from: u32, to: u32) -> u64 {
    let exact =
        if from > to { units / 10u128.pow(from - to) } else { units.saturating_mul(10u128.pow(to - from)) };
    u64::try_from(exact).unwrap_or(u64::MAX)
}

/// Power from one source.
#[derive(Debug, Clone, PartialEq)]
pub struct PowerPart {
    /// Pool it comes from; `None` for a table of weights.
    pub pool: Option<usize>,
    /// Asset that prices it.
    pub asset: Option<usize>,
    /// Units of 10^−decimals tokens, or weights. `[operator]`
    pub units: Vec<u128>,
    /// Decimals of the units.
    pub decimals: u32,
    /// Part of the value that counts as power, in (0, 1].
    pub value_share: f64,
    /// Largest share of the whole power that this part may make up.
    pub most_share: Option<f64>,
}

impl PowerPart {
    /// Sum of the units.
    pub fn total(&self) -> u128 {
        self.units.iter().sum()
    }
    /// Units of one operator in tokens (or weights).
    pub fn tokens(&self, operator: usize) -> f64 {
        to_f64(self.units[operator]) / libm::exp10(f64::from(self.decimals))
    }
}

/// One (service, attack kind), with everything needed to price an attack on it.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    /// Position among all attacks of the study, services in order: the column of its profit.
    pub profit_column: usize,
    /// Kind.
    pub kind: String,
    /// Power needed; nothing where the second quorum alone does it.
    pub threshold: Threshold,
    /// Power needed in the second quorum.
    pub second_threshold: Option<Threshold>,
    /// Probability that an attack with enough power succeeds.
    pub success_probability: f64,
    /// Further profit columns that it realises, with their shares; of several kinds of one service only the largest
    /// counts. `[dependent service][kind]`
    pub gains: Vec<Vec<(usize, f64)>>,
    /// Shared values that its own profit or gains are parts of.
    pub capped: Vec<Capped>,
    /// The short position that it pays for; among `gains` already.
    pub short: Option<Short>,
    /// What members of a coalition lose.
    pub losses: Losses,
    /// Cheapest coalition order, known beforehand where prices cannot change it.
    pub order: Order,
    /// Stake that can be bought for power in the first quorum, each enough by itself.
    pub purchases: Vec<Purchase>,
    /// Stake that must be bought for power in the second quorum, as well or alone.
    pub second_purchase: Option<Purchase>,
    /// What reaches the attacker of each member's slashed stake. `[asset used]`
    pub returned: Vec<AssetAmounts>,
    /// Why its slash cannot be relied on, and is left out.
    pub regimes: Vec<Regime>,
    /// What each liability charges, in words.
    pub charges: Vec<ChargeNote>,
    /// Hash rate that can be had, for [`Power::Hash`].
    pub mining: Option<Mining>,
}

impl Target {
    /// Whether it needs power in two quorums at once.
    pub const fn needs_both(&self) -> bool {
        self.second_threshold.is_some() && !self.threshold.is_nothing()
    }

    /// Whether it silences its service, by whichever quorum.
    pub fn halts(&self) -> bool {
        self.kind.strip_suffix(BY_SECOND).unwrap_or(&self.kind) == HALT
    }

    /// The power needed, in words.
    pub fn thresholds(&self) -> String {
        match self.second_threshold {
            None => self.threshold.to_string(),
            Some(second) if self.threshold.is_nothing() => format!("{second} of the second quorum"),
            Some(second) => format!("{} of the first quorum and {second} of the second", self.threshold),
        }
    }

    /// The same, and of what.
    pub fn needs(&self) -> String {
        let of = if self.second_threshold.is_none() { " of the power" } else { "" };
        self.thresholds() + of
    }
}

/// A value that several profits are taken from.
#[derive(Debug, Clone, PartialEq)]
pub struct Capped {
    /// Most that they yield together, USD.
    pub cap_usd: f64,
    /// Whether the target's own profit is one of them.
    pub own: bool,
    /// Which of [`Target::gains`] are.
    pub gains: Vec<usize>,
}

/// What taking part in an attack costs each operator; linear in prices.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Losses {
    /// Per asset. `[asset used]`
    pub assets: Vec<AssetLosses>,
    /// USD that do not depend on a price (friction). `[operator]`
    pub fixed_usd: Vec<f64>,
}

/// Losses in one asset.
#[derive(Debug, Clone, PartialEq)]
pub struct AssetLosses {
    /// Position of the asset.
    pub asset: usize,
    /// Stake forfeited by slashing, tokens. `[operator]`
    pub forfeited: Vec<f64>,
    /// Private loss (own stake, drawdown, franchise), tokens. `[operator]`
    pub private: Vec<f64>,
}

/// Tokens sold short before an attack that makes them fall.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Short {
    /// Position of the asset.
    pub asset: usize,
    /// Tokens sold.
    pub tokens: f64,
    /// Part of their value that is gained on average: drawdown times the probability of success, less what selling short costs.
    pub part: f64,
}

/// A way to buy power.
#[derive(Debug, Clone, PartialEq)]
pub struct Purchase {
    /// Asset bought.
    pub asset: usize,
    /// Tokens staked by others in this part (single-part services), whose threshold the buyer must overcome.
    pub staked_tokens: f64,
    /// Share of its value that counts as power.
    pub value_share: f64,
    /// Share of the new total that is needed, below 1.
    pub share: f64,
    /// Fraction of the bought stake that the attack forfeits.
    pub slash: f64,
    /// Fraction of the bought stake that comes back by redistribution.
    pub returned: f64,
    /// Fall of the rest afterwards.
    pub drawdown: f64,
    /// Cost of capital while it is locked, as a fraction of it.
    pub carry: f64,
    /// USD of buying that moves the price by 100 %; may be infinite.
    pub liquidity_usd: f64,
    /// Tokens that can be bought; may be infinite.
    pub for_sale_tokens: f64,
}

/// Hash rate for an attack, in USD at today's prices.
#[derive(Debug, Clone, PartialEq)]
pub struct Mining {
    /// Rent for the attack.
    pub rent_usd: f64,
    /// Whether so much can be rented.
    pub rentable: bool,
    /// Price of the hardware.
    pub hardware_usd: f64,
    /// Hardware's price not recovered, net of resale.
    pub hardware_loss_usd: f64,
    /// Energy for the attack with own hardware.
    pub energy_usd: f64,
    /// Block rewards earned on the attacker's chain, after the drawdown: tokens of `reward_asset`, or USD without one.
    pub reward: f64,
    /// Asset the rewards are paid in.
    pub reward_asset: Option<usize>,
    /// Cost of capital while it is locked, as a fraction of it.
    pub carry: f64,
}

/// How several forfeited fractions of one stake combine; the result lies in [0, 1].
pub fn combine(rule: Combine, fractions: impl Iterator<Item = f64>) -> f64 {
    match rule {
        Combine::Once => fractions.fold(0.0, f64::max),
        Combine::Additive => fractions.sum::<f64>().min(1.0),
        Combine::Compound => 1.0 - fractions.map(|fraction| 1.0 - fraction).product::<f64>(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn losses_combine_by_their_rule_and_never_exceed_the_stake() {
        let fractions = [0.5, 0.4, 0.3];
        let by = |rule| combine(rule, fractions.into_iter());
        assert!((by(Combine::Once) - 0.5).abs() < 1e-15);
        assert!((by(Combine::Additive) - 1.0).abs() < 1e-15);
        assert!((by(Combine::Compound) - 0.79).abs() < 1e-15);
        for rule in [Combine::Once, Combine::Additive, Combine::Compound] {
            assert!(combine(rule, std::iter::empty()).abs() < 1e-300);
            assert!((combine(rule, [0.05].into_iter()) - 0.05).abs() < 1e-15);
        }
    }
}

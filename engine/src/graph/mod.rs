//! The security graph: who has which power over which service, and what an attack makes whom lose.
//!
//! Sampling and attack code know this graph and never a system's name. A service that is secured alike in several
//! designs stands here once; designs point to it.

mod images;
mod income;
mod joint;
mod mix;
mod order;
mod power;
mod ranks;
mod settle;
mod target;
mod turned;

pub use income::{Income, Pay};
pub use joint::{
    Below, Exposure, Joint, JointCharge, JointPool, JointTarget, Landed, Prize, Targets, is_held, saturated,
    targets_in,
};
pub use mix::{LossRate, Mix, MixLine, Mixed};
pub use order::{FixedOrder, Order, Proportion, Ranked, SlotLosses, slot, to_f64};
pub use power::{NOT_A_MEMBER, Power, PowerPart, StakePower};
pub use ranks::{Light, Ranks};
pub use settle::{
    Accident, Assault, Bill, BillLine, ChargeNote, Gaps, Incident, Landing, Luck, Regime, Settle, Strike,
};

pub use target::{AssetLosses, Capped, Losses, Mining, Purchase, Short, Target};
pub use turned::{Turned, Variants, sets_in};

use crate::fraction::Threshold;
use crate::study::{Combine, Route};
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

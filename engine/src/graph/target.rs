//! What an attack is aimed at, and everything that its price takes.

use super::{AssetAmounts, ChargeNote, HALT, Order, Regime};
use crate::fraction::Threshold;
use crate::study::BY_SECOND;

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
    /// Whether that stake is bought beside a coalition of operators, who reach the other quorum.
    pub buys_beside: bool,
    /// What reaches the attacker of each member's slashed stake. `[asset used]`
    pub returned: Vec<AssetAmounts>,
    /// Why its slash cannot be relied on, and is left out.
    pub regimes: Vec<Regime>,
    /// What each liability charges, in words.
    pub charges: Vec<ChargeNote>,
    /// Hash rate that can be had, for [`super::Power::Hash`].
    pub mining: Option<Mining>,
}

impl Target {
    /// Whether it needs power in two quorums at once.
    pub const fn needs_both(&self) -> bool {
        self.second_threshold.is_some() && !self.threshold.is_nothing()
    }

    /// Whether anything slashed can come back to the attacker.
    pub fn may_return(&self) -> bool {
        !self.returned.is_empty() || self.buys_beside && self.purchases.iter().any(|p| p.returned > 0.0)
    }

    /// Whether it silences its service, by whichever quorum.
    pub fn halts(&self) -> bool {
        self.kind.strip_suffix(BY_SECOND).unwrap_or(&self.kind) == HALT
    }

    /// The power needed, in words.
    pub fn thresholds(&self) -> String {
        match self.second_threshold {
            Some(second) if self.buys_beside => {
                format!("{second} of the second quorum beside stake of the first")
            }
            None if self.buys_beside => {
                format!("{} of the first quorum beside stake of the second", self.threshold)
            }
            None => self.threshold.to_string(),
            Some(second) if self.threshold.is_nothing() => format!("{second} of the second quorum"),
            Some(second) => format!("{} of the first quorum and {second} of the second", self.threshold),
        }
    }

    /// The same, and of what.
    pub fn needs(&self) -> String {
        let of = if self.second_threshold.is_none() && !self.buys_beside { " of the power" } else { "" };
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

impl Losses {
    /// Whether nobody loses anything.
    pub(super) fn are_nothing(&self) -> bool {
        let nothing = |losses: &[f64]| losses.iter().all(|loss| *loss == 0.0);
        nothing(&self.fixed_usd) && self.assets.iter().all(|asset| nothing(&asset.private))
    }
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

//! What a service pays those who run it, and what that costs them.

use super::AssetAmounts;

/// One service of a design, or the staking rewards that stand beside its services.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Income {
    /// Payments. `[payment]`
    pub pays: Vec<Pay>,
    /// Cost of each operator's node, USD a year, less if a vote delays it; 0 for those that run none. `[operator]`
    pub node_usd: Vec<f64>,
    /// Stake that accidents are expected to cost within the horizon because this service is run, beyond what they cost
    /// without it; by the linear graph. `[asset used]`
    pub accidents: Vec<AssetAmounts>,
}

/// One payment, in tokens of its asset or USD, a year at today's prices.
#[derive(Debug, Clone, PartialEq)]
pub struct Pay {
    /// Asset paid in; `None`: USD.
    pub asset: Option<usize>,
    /// Pool whose staking rewards these are; `None`: revenue of the service.
    pub staking: Option<usize>,
    /// Days until it is first paid.
    pub delay_days: f64,
    /// Paid in all, also to those whom no operator of the study stands for (miners).
    pub total: f64,
    /// To each operator and its delegators. `[operator]`
    pub gross: Vec<f64>,
    /// Of that, to the operator: on its own stake, and its commission. `[operator]`
    pub kept: Vec<f64>,
}

impl Pay {
    /// Years within `horizon_years` during which it is paid.
    pub fn years(&self, horizon_years: f64) -> f64 {
        (horizon_years - self.delay_days / 365.25).max(0.0)
    }
}

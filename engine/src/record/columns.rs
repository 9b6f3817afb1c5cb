//! Recorded rows as columns.

use crate::bribes::Way;
use crate::study::Route;

/// Rows of recorded scenarios.
#[derive(Debug, Clone, Default)]
pub struct Rows {
    /// One row per scenario.
    pub market: MarketRows,
    /// One row per scenario and design.
    pub scenarios: ScenarioRows,
    /// One row per scenario, design and target.
    pub targets: TargetRows,
}

/// Columns of the market table.
#[derive(Debug, Clone, Default)]
pub struct MarketRows {
    /// Scenario.
    pub scenario: Vec<i64>,
    /// Likelihood ratio.
    pub weight: Vec<f64>,
    /// Common factor of collusion.
    pub common_factor: Vec<f64>,
    /// Prices, USD. `[asset][row]`
    pub prices: Vec<Vec<f64>>,
    /// Colluders.
    pub colluders: Vec<i32>,
    /// Altruists.
    pub altruists: Vec<i32>,
}

/// Columns of the scenarios table: designs in order, scenario by scenario.
#[derive(Debug, Clone, Default)]
pub struct ScenarioRows {
    /// Scenarios. `[scenario]`, the other columns `[row]`
    pub scenario: Vec<i64>,
    /// Likelihood ratios. `[scenario]`
    pub weight: Vec<f64>,
    /// Kept as one of every N.
    pub sampled: Vec<bool>,
    /// A witnessed attack nets more than 0.
    pub attacked: Vec<bool>,
    /// No attack nets more than 0: by operators on any targets (one, where joint attacks are not judged), by other routes on one.
    pub certified: Vec<bool>,
    /// Net gain of the attack.
    pub net_gain_usd: Vec<f64>,
    /// Upper bound on it.
    pub net_gain_upper_usd: Vec<f64>,
    /// Operators in the attack.
    pub coalition_size: Vec<i32>,
    /// Profit of the attack.
    pub profit_usd: Vec<f64>,
    /// Cost of the attack.
    pub cost_usd: Vec<f64>,
    /// Stake slashed for it, as far as slashes landed.
    pub slashed_usd: Vec<f64>,
    /// Stake forfeited by accidents.
    pub fault_slashed_usd: Vec<f64>,
    /// Stake slashed for the attack had every slash landed.
    pub nominal_slashed_usd: Vec<f64>,
    /// What the protocols' own rules take beyond the linear model.
    pub settlement_gap_usd: Vec<f64>,
    /// Attacks of the cascade; empty where cascades are not judged.
    pub cascade_rounds: Vec<i32>,
    /// Stake lost to all of them; likewise.
    pub cascade_loss_usd: Vec<f64>,
    /// Stake of the operators that left in them; likewise.
    pub cascade_left_usd: Vec<f64>,
    /// γ*, infinite where those who can be had reach nothing; empty where that is not asked.
    pub overcollateralization: Vec<f64>,
    /// Services of the design that have turned Byzantine; empty where none may.
    pub byzantine_services: Vec<i32>,
    /// Stake that they slash; likewise.
    pub byzantine_slashed_usd: Vec<f64>,
}

/// Columns of the targets table: designs in order and their targets in order, scenario by scenario.
#[derive(Debug, Clone, Default)]
pub struct TargetRows {
    /// Scenarios. `[scenario]`, the other columns `[row]`
    pub scenario: Vec<i64>,
    /// Likelihood ratios. `[scenario]`
    pub weight: Vec<f64>,
    /// Part of the power that colludes.
    pub colluding_share: Vec<f64>,
    /// Part of the power that can be bribed.
    pub rational_share: Vec<f64>,
    /// In reach by some route.
    pub reachable: Vec<bool>,
    /// Stake forfeited by the cheapest route.
    pub cost_of_corruption_usd: Vec<f64>,
    /// Cost by the cheapest route.
    pub attack_cost_usd: Vec<f64>,
    /// No attack costs less.
    pub attack_cost_lower_usd: Vec<f64>,
    /// Cheapest route.
    pub cheapest_route: Vec<Option<Route>>,
    /// Cost per route of the study. `[route][row]`
    pub route_cost_usd: Vec<Vec<f64>>,
    /// Capital per route of the study. `[route][row]`
    pub route_capital_usd: Vec<Vec<f64>>,
    /// What bribes cost each way; no rows where that is not asked. `[way][row]`
    pub bribe_usd: [Vec<f64>; 3],
    /// What must be put up for P + ε; likewise.
    pub bribe_escrow_usd: Vec<f64>,
    /// The cheapest way to bribe; likewise.
    pub cheapest_bribe: Vec<Option<Way>>,
    /// Profit.
    pub profit_usd: Vec<f64>,
    /// (cost − profit)/cost.
    pub security_margin: Vec<f64>,
    /// In the witnessed attack.
    pub corrupted: Vec<bool>,
}

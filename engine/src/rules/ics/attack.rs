//! What shaped powers are worth to an attacker, and what running a chain is worth to a validator.

/// Least power whose silence halts a chain: `⌈Σ/3⌉`, for a commit needs strictly more than two thirds.
///
/// Source: cometbft, types/validation.go.
pub fn power_to_halt(total_power: u128) -> u128 {
    total_power.div_ceil(3)
}

/// Least power that commits alone: the least above `2Σ/3`.
///
/// Source: cometbft, types/validation.go.
pub fn power_to_control(total_power: u128) -> u128 {
    match (total_power / 3, total_power % 3) {
        (third, 2) => 2 * third + 2,
        (third, _) => 2 * third + 1,
    }
}

/// How much more a validator counts on the consumer than its stake does: `(power/Σ power) / (stake/Σ stake)`.
///
/// Pairs are (part, whole); `None` where a whole or the stake is 0.
pub fn amplification(power: (u128, u128), stake: (u128, u128)) -> Option<f64> {
    if power.1 == 0 || stake.0 == 0 || stake.1 == 0 {
        return None;
    }
    Some((power.0 as f64 / power.1 as f64) / (stake.0 as f64 / stake.1 as f64))
}

/// Profit of each of `n_validators` who share a chain's `budget` and each bear `node_cost`, same unit and period.
///
/// `(budget − n·cost)/n`, rounded towards 0; `None` for no validators. A negative profit is a chain nobody opts in to.
/// Source: interchain-security, docs/docs/adrs/adr-020-cutomizable_slashing_and_jailing.md.
pub fn profit_per_validator(budget: u64, node_cost: u64, n_validators: u32) -> Option<i128> {
    let n = i128::from(n_validators);
    (i128::from(budget) - n * i128::from(node_cost)).checked_div(n)
}

/// Most staking validators that share the fees where no platform validators are named.
///
/// Source: ssc, x/billing/keeper/hooks.go.
pub const MAX_STAKING_PAYEES: usize = 100;

/// The billing account at a day's end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Payout {
    /// Base units paid to each validator.
    pub each: u128,
    /// Base units that stay in the account.
    pub left: u128,
}

/// Validators that share the fees: the platform's, or if there are none up to 100 staking validators.
///
/// Source: ssc, x/billing/keeper/hooks.go.
pub fn n_payees(n_platform: usize, n_staking: usize) -> usize {
    if n_platform > 0 { n_platform } else { n_staking.min(MAX_STAKING_PAYEES) }
}

/// Divides the billing account's `balance` of one coin equally, rounded down; what does not divide stays.
///
/// Without validators nothing is paid. Source: ssc, x/billing/keeper/hooks.go.
pub fn divide(balance: u128, n_validators: usize) -> Payout {
    let n = n_validators as u128;
    Payout { each: balance.checked_div(n).unwrap_or(0), left: balance.checked_rem(n).unwrap_or(balance) }
}

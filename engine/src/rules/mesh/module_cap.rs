//! The consumer's own module: how much virtual stake it mints, and for whom.

use super::Error;

/// Parameters of the consumer's module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ModuleParams {
    /// Most that all contracts' caps may sum to, base units of the consumer's token.
    pub total_contracts_cap: u128,
    /// Blocks from one rebalancing to the next.
    pub epoch_blocks: u32,
    /// Gas the end of a block may use.
    pub end_block_gas: u64,
}

impl ModuleParams {
    /// Defaults of mesh-security-sdk, x/meshsecurity/types/params.go.
    pub const DEFAULT: Self =
        Self { total_contracts_cap: 10_000_000_000, epoch_blocks: 1000, end_block_gas: 500_000 };

    /// The block of a contract's next rebalancing after `height`, where its cap was set or it last ran; every contract
    /// counts its own epochs. `None` without epochs. Source: x/meshsecurity/keeper/scheduler.go.
    pub fn next_rebalance(&self, height: u64) -> Option<u64> {
        (self.epoch_blocks > 0).then(|| height.saturating_add(u64::from(self.epoch_blocks)))
    }
}

/// A contract's delegated total after `amount` more, at most its `cap`.
///
/// Source: mesh-security-sdk, x/meshsecurity/keeper/stake.go (`Delegate`).
///
/// # Errors
/// [`Error::NothingToDelegate`], [`Error::CapExceeded`].
pub fn delegate_within_cap(delegated: u128, cap: u128, amount: u128) -> Result<u128, Error> {
    if amount == 0 {
        return Err(Error::NothingToDelegate);
    }
    within(delegated, amount, cap)
}

/// The sum of all contracts' caps once one is set to `cap` beside `others` (the sum of the rest).
///
/// Source: mesh-security-sdk, x/meshsecurity/keeper/keeper.go (`SetMaxCapLimit`).
///
/// # Errors
/// [`Error::CapExceeded`] above the module's total.
pub fn set_contract_cap(params: &ModuleParams, others: u128, cap: u128) -> Result<u128, Error> {
    within(others, cap, params.total_contracts_cap)
}

fn within(old: u128, more: u128, cap: u128) -> Result<u128, Error> {
    let stake = old.saturating_add(more);
    let sum = old.checked_add(more).filter(|sum| *sum <= cap);
    sum.ok_or(Error::CapExceeded { cap, stake })
}

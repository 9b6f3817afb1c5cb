use crate::rules::cosmos::Fraction18;

/// Seconds in a day.
const DAY_S: u64 = 86_400;

/// How long an offence keeps a validator in jail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sentence {
    /// So many seconds; 0 is none.
    Seconds(u64),
    /// Longest time the chain can write.
    ForEver,
}

/// Whether an offence tombstones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tombstone {
    /// Out for ever, and no further evidence counts.
    Yes,
    /// May come back.
    No,
}

/// What an offence on a chainlet costs on the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Penalty {
    /// Part of the stake slashed.
    pub slash: Fraction18,
    /// Time in jail.
    pub jail: Sentence,
    /// Whether it is for good.
    pub tombstone: Tombstone,
}

/// A chainlet as a consumer of Interchain Security v7.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConsumerParameters {
    /// Share of the provider's power that must validate, percent; 0: opt-in.
    pub top_n_percent: u32,
    /// Greatest share of the chainlet's power for one validator, percent.
    pub power_cap_percent: u32,
    /// Part of the chainlet's rewards kept by the chainlet itself.
    pub redistribution: Fraction18,
    /// For two blocks at one height.
    pub double_sign: Penalty,
    /// For silence.
    pub downtime: Penalty,
    /// Unbonding time on the chainlet, seconds.
    pub unbonding_s: u64,
    /// Unbonding time on the provider, seconds.
    pub provider_unbonding_s: u64,
    /// Time from the launch message to the start, seconds.
    pub launch_delay_s: u64,
}

/// Every chainlet, as the published chain launches it: no stake can be slashed, the tombstone is the only
/// deterrent.
///
/// Sources: ssc, x/chainlet/keeper/ccv.go and x/chainlet/types/params.go; interchain-security,
/// x/ccv/types/params.go.
pub const CHAINLET: ConsumerParameters = ConsumerParameters {
    top_n_percent: 0,
    power_cap_percent: 32,
    redistribution: Fraction18::ZERO,
    double_sign: Penalty { slash: Fraction18::ZERO, jail: Sentence::ForEver, tombstone: Tombstone::Yes },
    downtime: Penalty { slash: Fraction18::ZERO, jail: Sentence::Seconds(0), tombstone: Tombstone::No },
    unbonding_s: 20 * DAY_S,
    provider_unbonding_s: 21 * DAY_S,
    launch_delay_s: 180,
};

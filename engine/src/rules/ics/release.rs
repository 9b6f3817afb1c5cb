//! Which rules hold, release by release.

use super::ConsumerParameters;

/// Releases at which a rule changed; each stands for all up to the next.
///
/// Source: interchain-security, CHANGELOG.md.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Release {
    /// v1 to v3.2: Replicated Security, equivocation punished by vote.
    V1,
    /// v2.4-lsm and v3.3: equivocation proven by evidence (ADR-005, ADR-013).
    V3_3,
    /// v4.0: consumers retry what the throttle bounces (ADR-008).
    V4_0,
    /// v4.1: one validator-set packet an epoch (ADR-014).
    V4_1,
    /// v4.2, v4.3 and v5.0: Partial Set Security and power shaping (ADR-015), rewards only after 24 epochs.
    V4_2,
    /// v4.5 and v5.1: soft opt-out (ADR-009) is gone.
    V4_5,
    /// v6.0: anyone launches (ADR-019), inactive validators (ADR-017), unbonding no longer waits (ADR-018).
    V6_0,
    /// v6.4 and v7.0: punishment chosen per consumer (ADR-020), priority list, an active validator at launch.
    V7_0,
}

/// Who validates a consumer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Membership {
    /// Every bonded validator of the provider.
    Everyone,
    /// Those whom the Top N forces and those who opt in.
    PartialSet,
}

/// Whether the smallest validators may stay away unpunished.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SoftOptOut {
    /// Below the consumer's threshold they may.
    Available,
    /// Nobody may.
    Removed,
}

/// What it takes to punish equivocation on a consumer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EquivocationProof {
    /// A vote of the provider's governance (ADR-003); the consumer's packets are only logged.
    Governance,
    /// Evidence that anyone may submit.
    Evidence,
}

/// Where a jailing waits that the throttle does not let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Throttling {
    /// In a queue on the provider (ADR-002).
    ProviderQueue,
    /// On the consumer, which sends it again after the retry delay (ADR-008).
    ConsumerRetry,
}

/// When changes of the validator set travel to consumers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetUpdates {
    /// After every block.
    EveryBlock,
    /// At the end of every epoch.
    EveryEpoch,
}

/// Who may launch a consumer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Launch {
    /// The provider's governance alone.
    Governance,
    /// Anyone, for an opt-in chain; Top-N chains still belong to governance.
    Permissionless,
}

/// Whether the provider's inactive validators can be allowed on a consumer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activity {
    /// Only active ones.
    ActiveOnly,
    /// If the consumer allows it.
    InactiveIfAllowed,
}

/// What unbonding on the provider waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnbondingRelease {
    /// For every consumer's word that it has matured there too.
    AllConsumers,
    /// For nothing but the unbonding period.
    PeriodOnly,
}

/// Who sets the punishment for an infraction on a consumer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InfractionChoice {
    /// The provider's own parameters hold; downtime jails and slashes nothing.
    Provider,
    /// The consumer, within bounds.
    Consumer,
}

/// Who must have opted in before a chain launches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LaunchQuorum {
    /// Any validator.
    AnyValidator,
    /// At least one of the provider's active set.
    ActiveValidator,
}

/// The rules in force at one release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// Who validates.
    pub membership: Membership,
    /// Whether the smallest may stay away.
    pub soft_opt_out: SoftOptOut,
    /// How equivocation is proven.
    pub equivocation: EquivocationProof,
    /// Where throttled jailings wait.
    pub throttling: Throttling,
    /// When the set is sent.
    pub set_updates: SetUpdates,
    /// Who launches.
    pub launch: Launch,
    /// Whether inactive validators can take part.
    pub activity: Activity,
    /// What unbonding waits for.
    pub unbonding: UnbondingRelease,
    /// Who sets the punishment.
    pub infractions: InfractionChoice,
    /// Who must be there at launch.
    pub quorum: LaunchQuorum,
    /// Epochs in a consumer's set before a validator earns its rewards.
    pub reward_epochs: u64,
}

impl Release {
    /// The rules in force.
    pub fn rules(self) -> Rules {
        let since = |first: Self| self >= first;
        Rules {
            membership: pick(since(Self::V4_2), Membership::Everyone, Membership::PartialSet),
            soft_opt_out: pick(since(Self::V4_5), SoftOptOut::Available, SoftOptOut::Removed),
            equivocation: pick(since(Self::V3_3), EquivocationProof::Governance, EquivocationProof::Evidence),
            throttling: pick(since(Self::V4_0), Throttling::ProviderQueue, Throttling::ConsumerRetry),
            set_updates: pick(since(Self::V4_1), SetUpdates::EveryBlock, SetUpdates::EveryEpoch),
            launch: pick(since(Self::V6_0), Launch::Governance, Launch::Permissionless),
            activity: pick(since(Self::V6_0), Activity::ActiveOnly, Activity::InactiveIfAllowed),
            unbonding: pick(since(Self::V6_0), UnbondingRelease::AllConsumers, UnbondingRelease::PeriodOnly),
            infractions: pick(since(Self::V7_0), InfractionChoice::Provider, InfractionChoice::Consumer),
            quorum: pick(since(Self::V7_0), LaunchQuorum::AnyValidator, LaunchQuorum::ActiveValidator),
            reward_epochs: pick(since(Self::V4_2), 0, 24),
        }
    }

    /// A consumer's default unbonding period: a day less than the provider's 21, but 14 days at v3.3.0.
    ///
    /// Source: interchain-security, x/ccv/types/params.go, at v3.3.0 and at v7.
    pub fn consumer_unbonding_s(self) -> u64 {
        if self == Self::V3_3 { 14 * 86_400 } else { ConsumerParameters::DEFAULT.unbonding_s }
    }
}

/// The later value once the change has come.
fn pick<T>(changed: bool, before: T, after: T) -> T {
    if changed { after } else { before }
}

//! The delays and limits of each deployment.

/// Delays in blocks (12 s each on mainnet) and limits of one deployment.
///
/// Source: eigenlayer-contracts, docs/core/AllocationManager.md and DelegationManager.md; ELIPs/ELIP-002.md.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameters {
    /// Blocks until a changed allocation delay acts (it acts in the block after them).
    pub allocation_configuration_delay: u64,
    /// Blocks through which a de-allocated magnitude, or a deregistered operator, stays slashable.
    pub deallocation_delay: u64,
    /// Blocks through which a queued withdrawal stays slashable.
    pub withdrawal_delay: u64,
    /// How a set's slasher is named.
    pub slasher: SlasherRule,
    /// Blocks that slashed funds wait before they can be burned or paid out; 0: none.
    pub slash_resolution_delay: u64,
    /// What the queue of slashable withdrawals records.
    pub queue_record: QueueRecord,
    /// The operators' commission on rewards unless they set one, in 1/10,000.
    pub default_commission_bips: u16,
    /// Seconds until a changed commission acts.
    pub rewards_activation_delay_seconds: u64,
}

/// How an operator set's slasher is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlasherRule {
    /// Any appointee of the AVS may slash, from the block of its appointment on (before v1.9).
    Appointees,
    /// One slasher per set; a change acts in the block after this many blocks (v1.9).
    OnePerSet {
        /// Blocks until the change.
        configuration_delay: u64,
    },
}

/// Which shares a queued withdrawal adds to what a slash may still take from the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueueRecord {
    /// `⌊x·k⌋`: summed over many withdrawals, a slash can count a few units more than the queue holds.
    Scaled,
    /// `⌊withdrawable/factor⌋`, the inverse of what left the operator (ELIPs/ELIP-019, release v1.13.1).
    Backed,
}

/// A deployment or release whose parameters are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deployment {
    /// Mainnet from the slashing release to v1.8.
    Mainnet,
    /// Mainnet from v1.9: one slasher per set.
    MainnetV19,
    /// Public testnets, where days are minutes.
    Testnet,
    /// Mainnet with the slash resolution delay of ELIP-016 (proposed; ELIPs/ELIP-016.md).
    ProposedElip016,
}

/// Mainnet before v1.9: 126,000 blocks are 17.5 days, 100,800 are 14.
const MAINNET: Parameters = Parameters {
    allocation_configuration_delay: 126_000,
    deallocation_delay: 100_800,
    withdrawal_delay: 100_800,
    slasher: SlasherRule::Appointees,
    slash_resolution_delay: 0,
    queue_record: QueueRecord::Scaled,
    default_commission_bips: 1_000,
    rewards_activation_delay_seconds: 7 * 86_400,
};

/// Mainnet from v1.9.
const MAINNET_V1_9: Parameters =
    Parameters { slasher: SlasherRule::OnePerSet { configuration_delay: 126_000 }, ..MAINNET };

impl Deployment {
    /// The parameters of this deployment.
    pub const fn parameters(self) -> Parameters {
        match self {
            Self::Mainnet => MAINNET,
            Self::MainnetV19 => MAINNET_V1_9,
            Self::Testnet => Parameters {
                allocation_configuration_delay: 75,
                deallocation_delay: 50,
                withdrawal_delay: 50,
                slasher: SlasherRule::OnePerSet { configuration_delay: 75 },
                ..MAINNET
            },
            Self::ProposedElip016 => Parameters { slash_resolution_delay: 50_400, ..MAINNET_V1_9 },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// eigenlayer-contracts, docs/core/AllocationManager.md, at 7,200 blocks a day.
    #[test]
    fn mainnet_delays_are_seventeen_and_a_half_and_fourteen_days() {
        let mainnet = Deployment::MainnetV19.parameters();
        assert_eq!(mainnet.allocation_configuration_delay * 2, 35 * 7_200);
        assert_eq!((mainnet.deallocation_delay, mainnet.withdrawal_delay), (14 * 7_200, 14 * 7_200));
        assert_eq!(mainnet.slasher, SlasherRule::OnePerSet { configuration_delay: 126_000 });
        assert_eq!(Deployment::ProposedElip016.parameters().slash_resolution_delay, 7 * 7_200);
        let testnet = Deployment::Testnet.parameters();
        assert_eq!((testnet.allocation_configuration_delay, testnet.deallocation_delay), (75, 50));
    }
}

//! Upgrades and the rules they brought.

use std::str::FromStr;

use super::{ETH, EthereumError, Gwei, MIN_ACTIVATION_BALANCE};
use super::{PROPOSER_REWARD_QUOTIENT, PROPOSER_WEIGHT, WEIGHT_DENOMINATOR};

/// A named upgrade of the consensus layer, oldest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Upgrade {
    /// The beacon chain's first rules.
    Phase0,
    /// Inactivity scores, sync committees, harder penalties.
    Altair,
    /// The rules of the merge: penalties at their full height.
    Bellatrix,
    /// Withdrawals.
    Capella,
    /// A cap on activations.
    Deneb,
    /// Effective balances up to 2048 ETH, churn by balance.
    Electra,
    /// Data availability sampling; nothing in this room changes.
    Fulu,
}

impl Upgrade {
    /// All upgrades, oldest first.
    pub const ALL: [Self; 7] =
        [Self::Phase0, Self::Altair, Self::Bellatrix, Self::Capella, Self::Deneb, Self::Electra, Self::Fulu];

    /// Lower-case name, as the specification's folders have it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Phase0 => "phase0",
            Self::Altair => "altair",
            Self::Bellatrix => "bellatrix",
            Self::Capella => "capella",
            Self::Deneb => "deneb",
            Self::Electra => "electra",
            Self::Fulu => "fulu",
        }
    }

    /// First epoch of the upgrade on mainnet. Source: consensus-specs, configs/mainnet.yaml.
    pub const fn mainnet_epoch(self) -> u64 {
        match self {
            Self::Phase0 => 0,
            Self::Altair => 74_240,
            Self::Bellatrix => 144_896,
            Self::Capella => 194_048,
            Self::Deneb => 269_568,
            Self::Electra => 364_032,
            Self::Fulu => 411_392,
        }
    }

    /// The upgrade in force on mainnet at `epoch`; its first epoch is its own.
    pub fn at_mainnet_epoch(epoch: u64) -> Self {
        let begun = |upgrade: &Self| upgrade.mainnet_epoch() <= epoch;
        Self::ALL.into_iter().rev().find(begun).unwrap_or(Self::Phase0)
    }

    /// The set of penalty rules that the upgrade runs under.
    pub const fn fork(self) -> Fork {
        match self {
            Self::Phase0 => Fork::Phase0,
            Self::Altair => Fork::Altair,
            Self::Bellatrix | Self::Capella | Self::Deneb => Fork::Bellatrix,
            Self::Electra | Self::Fulu => Fork::Electra,
        }
    }
}

impl FromStr for Upgrade {
    type Err = EthereumError;

    fn from_str(name: &str) -> Result<Self, EthereumError> {
        let named = |upgrade: &Self| upgrade.name() == name;
        let unknown = || EthereumError::UnknownUpgrade { name: name.to_owned() };
        Self::ALL.into_iter().find(named).ok_or_else(unknown)
    }
}

/// A set of penalty rules, named after the upgrade that brought it; Capella and Deneb keep Bellatrix's, Fulu keeps Electra's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fork {
    /// Soft penalties, inactivity by finality delay.
    Phase0,
    /// Middling penalties, inactivity by score.
    Altair,
    /// Full penalties.
    Bellatrix,
    /// Small initial penalty, correlation penalty without rounding to whole ETH.
    Electra,
}

impl Fork {
    /// All sets of rules, oldest first.
    pub const ALL: [Self; 4] = [Self::Phase0, Self::Altair, Self::Bellatrix, Self::Electra];

    /// The rules in force on mainnet at `epoch`.
    pub fn at_mainnet_epoch(epoch: u64) -> Self {
        Upgrade::at_mainnet_epoch(epoch).fork()
    }

    /// First epoch of these rules on mainnet.
    pub const fn mainnet_epoch(self) -> u64 {
        match self {
            Self::Phase0 => Upgrade::Phase0.mainnet_epoch(),
            Self::Altair => Upgrade::Altair.mainnet_epoch(),
            Self::Bellatrix => Upgrade::Bellatrix.mainnet_epoch(),
            Self::Electra => Upgrade::Electra.mainnet_epoch(),
        }
    }

    /// The initial penalty is the effective balance divided by this.
    pub const fn initial_penalty_quotient(self) -> u64 {
        match self {
            Self::Phase0 => 128,
            Self::Altair => 64,
            Self::Bellatrix => 32,
            Self::Electra => 4096,
        }
    }

    /// The correlation penalty multiplies the slashed share by this.
    pub const fn correlation_multiplier(self) -> u64 {
        match self {
            Self::Phase0 => 1,
            Self::Altair => 2,
            Self::Bellatrix | Self::Electra => 3,
        }
    }

    /// The leak's speed: the greater, the slower.
    pub const fn inactivity_quotient(self) -> u64 {
        match self {
            Self::Phase0 => 1 << 26,
            Self::Altair => 3 << 24,
            Self::Bellatrix | Self::Electra => 1 << 24,
        }
    }

    /// The whistleblower's reward is the effective balance divided by this.
    pub const fn whistleblower_quotient(self) -> u64 {
        match self {
            Self::Phase0 | Self::Altair | Self::Bellatrix => 512,
            Self::Electra => 4096,
        }
    }

    /// The proposer's part of the whistleblower's reward, as (numerator, denominator): an eighth on every fork.
    pub const fn proposer_share(self) -> (u64, u64) {
        match self {
            Self::Phase0 => (1, PROPOSER_REWARD_QUOTIENT),
            Self::Altair | Self::Bellatrix | Self::Electra => (PROPOSER_WEIGHT, WEIGHT_DENOMINATOR),
        }
    }

    /// Greatest effective balance: 32 ETH, from Electra on 2048 ETH for validators that compound.
    pub const fn max_effective_balance(self) -> Gwei {
        match self {
            Self::Phase0 | Self::Altair | Self::Bellatrix => MIN_ACTIVATION_BALANCE,
            Self::Electra => 2048 * ETH,
        }
    }

    /// Attester slashings that fit one block.
    pub const fn max_attester_slashings(self) -> u64 {
        match self {
            Self::Phase0 | Self::Altair | Self::Bellatrix => 2,
            Self::Electra => 1,
        }
    }
}

impl FromStr for Fork {
    type Err = EthereumError;

    /// The rules that the named upgrade runs under: `capella` is [`Fork::Bellatrix`].
    fn from_str(name: &str) -> Result<Self, EthereumError> {
        name.parse().map(Upgrade::fork)
    }
}

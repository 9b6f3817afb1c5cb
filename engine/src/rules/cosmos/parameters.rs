use super::{DowntimeRule, EvidenceLimits, Fraction18, InflationRule, RedelegationRule, Refusal};

/// Base units per unit of voting power in the SDK and on the Hub.
///
/// Source: cosmos-sdk, types/staking.go.
pub const POWER_REDUCTION: u128 = 1_000_000;

/// Seconds in a day.
const DAY_S: i64 = 86_400;

/// All numbers the Cosmos rules need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parameters {
    /// Time from leaving a validator to being paid out, seconds.
    pub unbonding_s: i64,
    /// When silence becomes an offence.
    pub downtime: DowntimeRule,
    /// Least time in jail for downtime, seconds.
    pub downtime_jail_s: i64,
    /// Slashed for a double sign.
    pub double_sign_fraction: Fraction18,
    /// Slashed for downtime.
    pub downtime_fraction: Fraction18,
    /// Age at which evidence of a double sign expires.
    pub evidence: EvidenceLimits,
    /// Base units per unit of voting power.
    pub power_reduction: u128,
    /// Share of fees and inflation that goes to the community pool; `None` where it must come from the study.
    pub community_tax: Option<Fraction18>,
    /// How inflation follows the bonded ratio.
    pub inflation: InflationRule,
    /// Most validators that can be bonded.
    pub max_validators: u32,
    /// Most validators that vote in consensus.
    pub max_consensus_validators: u32,
    /// What is burned first when a redelegation is slashed.
    pub redelegation: RedelegationRule,
}

/// The defaults of the Cosmos SDK and CometBFT.
///
/// Sources: cosmos-sdk, x/slashing, x/staking, x/mint and x/distribution, types/params.go; cometbft,
/// types/params.go.
pub const SDK_DEFAULTS: Parameters = Parameters {
    unbonding_s: 21 * DAY_S,
    downtime: DowntimeRule { window: 100, min_signed: Fraction18::basis_points(5_000) },
    downtime_jail_s: 600,
    double_sign_fraction: Fraction18::basis_points(500),
    downtime_fraction: Fraction18::basis_points(100),
    evidence: EvidenceLimits { max_age_blocks: 100_000, max_age_s: 2 * DAY_S },
    power_reduction: POWER_REDUCTION,
    community_tax: Some(Fraction18::basis_points(200)),
    inflation: InflationRule {
        least: Fraction18::basis_points(700),
        greatest: Fraction18::basis_points(2_000),
        goal_bonded: Fraction18::basis_points(6_700),
        rate_change: Fraction18::basis_points(1_300),
        blocks_per_year: 6_311_520,
    },
    max_validators: 100,
    max_consensus_validators: 100,
    redelegation: RedelegationRule::UnbondingFirst,
};

/// The Cosmos Hub's main network.
///
/// The community tax is set by governance and left to the study. Of the inflation rule only the greatest rate,
/// 10 %, is the Hub's own (proposal 848); goal, rate of change, least rate and blocks per year are the SDK's
/// defaults. Sources: interchain-security, docs/docs/adrs/adr-003 and adr-013; public chain parameters.
pub const COSMOS_HUB: Parameters = Parameters {
    downtime: DowntimeRule { window: 10_000, min_signed: Fraction18::basis_points(500) },
    downtime_fraction: Fraction18::basis_points(1),
    evidence: EvidenceLimits { max_age_blocks: 1_000_000, max_age_s: 172_800 },
    community_tax: None,
    inflation: InflationRule { greatest: Fraction18::basis_points(1_000), ..SDK_DEFAULTS.inflation },
    max_validators: 200,
    max_consensus_validators: 180,
    ..SDK_DEFAULTS
};

impl Parameters {
    /// Refuses what the modules' own checks refuse: windows, times and divisors of 0, inflation bounds reversed.
    ///
    /// Sources: cosmos-sdk, x/slashing/types/params.go, x/mint/types/params.go, x/staking/types/params.go.
    pub fn check(&self) -> Result<(), Refusal> {
        let positive = [
            ("unbonding time", self.unbonding_s > 0),
            ("signed blocks window", self.downtime.window > 0),
            ("downtime jail time", self.downtime_jail_s > 0),
            ("evidence age in blocks", self.evidence.max_age_blocks > 0),
            ("evidence age in seconds", self.evidence.max_age_s > 0),
            ("power reduction", self.power_reduction > 0),
            ("number of validators", self.max_validators > 0),
        ];
        match positive.iter().find(|(_, holds)| !holds) {
            Some((parameter, _)) => Err(Refusal::MustBePositive { parameter }),
            None => self.inflation.check(),
        }
    }
}

/// Blocks by which a change of the validator set lags: the set that signs block `h` was fixed at block `h − 1`.
///
/// Source: cosmos-sdk, types/staking.go.
pub const VALIDATOR_UPDATE_DELAY: i64 = 1;

/// How old evidence of a double sign may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EvidenceLimits {
    /// Greatest age in blocks that is never too old.
    pub max_age_blocks: i64,
    /// Greatest age in seconds that is never too old.
    pub max_age_s: i64,
}

impl EvidenceLimits {
    /// Whether evidence of this age is thrown away: only when **both** ages exceed their limits, strictly.
    ///
    /// Source: cosmos-sdk, x/evidence/keeper/infraction.go.
    pub const fn is_too_old(&self, age_blocks: i64, age_s: i64) -> bool {
        age_s > self.max_age_s && age_blocks > self.max_age_blocks
    }

    /// Seconds for which evidence stays good on a chain with a steady block time, saturating.
    ///
    /// Because both limits must be passed, it is the longer of the two: `max(max_age_s, max_age_blocks ·
    /// block_s)`.
    pub fn reach_s(&self, block_s: i64) -> i64 {
        self.max_age_s.max(self.max_age_blocks.saturating_mul(block_s))
    }
}

/// Height whose stake signed block `infraction_height`: one less, by [`VALIDATOR_UPDATE_DELAY`]; may be −1.
///
/// Source: cosmos-sdk, x/evidence/keeper/infraction.go.
pub const fn distribution_height(infraction_height: i64) -> i64 {
    infraction_height.saturating_sub(VALIDATOR_UPDATE_DELAY)
}

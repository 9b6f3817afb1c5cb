//! How much stake an infraction on a consumer burns on the provider.

use super::DEC;
use crate::rules::integer::mul_div_floor;

/// Stake on its way out of a validator: one unbonding entry, or one redelegation away from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exit {
    /// Tokens when it began: what a fraction is taken of.
    pub initial_tokens: u128,
    /// Tokens left in it, or at the destination: what can burn.
    pub balance_tokens: u128,
    /// When it completes; until v5 no earlier than [`super::unbonding_ends_s`].
    pub completes_s: u64,
}

impl Exit {
    /// Whether it can no longer be slashed: at its completion time and after.
    pub fn is_mature(&self, now_s: u64) -> bool {
        self.completes_s <= now_s
    }
}

/// Power that the provider slashes for equivocation on a consumer: `last power + ⌊Σ immature exits / reduction⌋`.
///
/// Exits count with their initial tokens, whenever they began, for the infraction's height cannot be mapped to the
/// provider and is taken as 0. Last power is 0 for a validator that was jailed before. Reduction of at least 1.
/// Source: interchain-security, x/ccv/provider/keeper/consumer_equivocation.go, `ComputePowerToSlash`.
pub fn slash_power(last_power: u128, exits: &[Exit], power_reduction: u128, now_s: u64) -> u128 {
    let leaving = exits
        .iter()
        .filter(|exit| !exit.is_mature(now_s))
        .fold(0u128, |sum, exit| sum.saturating_add(exit.initial_tokens));
    last_power.saturating_add(leaving / power_reduction.max(1))
}

/// What one slash burned.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Slash {
    /// From the bonded tokens.
    pub bonded_tokens: u128,
    /// From the exits, `[exit]`.
    pub exit_tokens: Vec<u128>,
}

impl Slash {
    /// All together; saturates.
    pub fn total_tokens(&self) -> u128 {
        self.exit_tokens.iter().fold(self.bonded_tokens, |sum, burned| sum.saturating_add(*burned))
    }
}

/// How a slash is reckoned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SlashTerms {
    /// Fraction of the stake that burns, in 10⁻¹⁸; taken as at most 1.
    pub fraction_dec: u128,
    /// Tokens per unit of power; taken as at least 1.
    pub power_reduction: u128,
    /// Time of the slash.
    pub now_s: u64,
}

/// Burns for equivocation, given the power from [`slash_power`].
///
/// The whole is `⌊f · power · reduction⌋`. Each immature exit answers for `⌊f · initial⌋`, burned as far as its balance
/// goes, and taken off the whole in full; the rest burns from the bonded tokens, as far as they go. So the bonded part
/// loses f of the last power and each exit f of its own, and rounding falls on the bonded part.
/// Source: cosmos-sdk, x/staking/keeper/slash.go, called with infraction height 0.
pub fn slash_equivocation(power: u128, bonded_tokens: u128, exits: &[Exit], terms: SlashTerms) -> Slash {
    let fraction = terms.fraction_dec.min(DEC);
    let mut rest = mul_div_floor(power.saturating_mul(terms.power_reduction.max(1)), fraction, DEC);
    let mut exit_tokens = vec![0; exits.len()];
    for (exit, burned) in exits.iter().zip(&mut exit_tokens) {
        if !exit.is_mature(terms.now_s) {
            let due = mul_div_floor(exit.initial_tokens, fraction, DEC);
            *burned = due.min(exit.balance_tokens);
            rest = rest.saturating_sub(due);
        }
    }
    Slash { bonded_tokens: rest.min(bonded_tokens), exit_tokens }
}

/// Burns for downtime: `⌊f · power in the packet · reduction⌋`, at most the bonded tokens.
///
/// The packet bears the power that the consumer knew, so a validator lifted by a power cap answers for more than its
/// stake. With the default fraction 0 nothing burns. All of it is taken from the bonded tokens; the staking module would
/// take the share of exits begun since the infraction from them.
/// Source: interchain-security, x/ccv/provider/keeper/relay.go, `HandleSlashPacket`.
pub fn downtime_slash_tokens(packet_power: u128, bonded_tokens: u128, terms: SlashTerms) -> u128 {
    let tokens = packet_power.saturating_mul(terms.power_reduction.max(1));
    mul_div_floor(tokens, terms.fraction_dec.min(DEC), DEC).min(bonded_tokens)
}

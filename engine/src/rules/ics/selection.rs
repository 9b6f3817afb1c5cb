//! Partial Set Security: from the provider's validators to the powers on one consumer.

use super::{IcsError, LaunchQuorum, ProviderParameters, min_power_in_top_n, power_cap};

/// What a validator has asked for on one consumer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Consent {
    /// Has opted in, by request or because it once was in the Top N.
    OptedIn,
    /// Has not.
    #[default]
    NotOptedIn,
}

/// A bonded validator of the provider, as one consumer's selection sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Validator {
    /// Bonded tokens now: they decide the order, the active set and the minimum stake.
    pub tokens: u128,
    /// Voting power at the end of the last block: what the consumer receives. 0 is not bonded.
    pub power: u128,
    /// Whether it has opted in to the consumer.
    pub consent: Consent,
}

impl Validator {
    /// A validator with `power = ⌊tokens / power_reduction⌋`, the reduction taken as at least 1.
    pub fn bonded(tokens: u128, power_reduction: u128, consent: Consent) -> Self {
        Self { tokens, power: tokens / power_reduction.max(1), consent }
    }
}

/// Whether validators beyond the provider's active set may validate the consumer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Inactive {
    /// Only the first `max_active` by bonded tokens.
    #[default]
    Refused,
    /// Any bonded validator.
    Allowed,
}

/// How one consumer shapes its validator set; [`Shaping::default`] is an opt-in chain without any limit.
///
/// Source: interchain-security, x/ccv/provider/types/provider.pb.go, `PowerShapingParameters`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shaping {
    /// Percentage of the provider's power that must validate; 0 for an opt-in chain.
    pub top_n: u32,
    /// Most validators in the set, 0 for no limit; ignored for Top-N chains.
    pub set_cap: usize,
    /// Most power of one validator, in percent of the sum; 0 for no limit.
    pub power_cap_percent: u32,
    /// Least bonded tokens to validate.
    pub min_stake: u128,
    /// Positions of those who may validate; empty for all.
    pub allowlist: Vec<usize>,
    /// Positions of those who may not, even where the allowlist names them.
    pub denylist: Vec<usize>,
    /// Positions of those who are placed before all others (v7).
    pub priority_list: Vec<usize>,
    /// Whether the provider's inactive validators may take part.
    pub inactive: Inactive,
    /// Size of the provider's active set.
    pub max_active: usize,
}

impl Default for Shaping {
    fn default() -> Self {
        Self {
            top_n: 0,
            set_cap: 0,
            power_cap_percent: 0,
            min_stake: 0,
            allowlist: Vec::new(),
            denylist: Vec::new(),
            priority_list: Vec::new(),
            inactive: Inactive::Refused,
            max_active: ProviderParameters::DEFAULT.max_active_validators,
        }
    }
}

impl Shaping {
    /// The same, once the chain would accept it: Top-N 0 or 50…100, power cap 0…100.
    ///
    /// Source: interchain-security, x/ccv/provider/types/msg.go, `ValidatePowerShapingParameters`.
    pub fn checked(self) -> Result<Self, IcsError> {
        if self.top_n != 0 && !(50..=100).contains(&self.top_n) {
            return Err(IcsError::TopN { top_n: self.top_n });
        }
        if self.power_cap_percent > 100 {
            return Err(IcsError::PowerCap { percent: self.power_cap_percent });
        }
        Ok(self)
    }
}

/// Powers on the consumer in its next epoch, `[validator]`; 0 is not in the set.
///
/// Those of [`consumer_set`], capped by [`power_cap`] where the consumer asks for it. Errors only where the least power
/// of a Top-N chain is not defined.
pub fn consumer_powers(validators: &[Validator], shaping: &Shaping) -> Result<Vec<u128>, IcsError> {
    let members = consumer_set(validators, shaping)?;
    Ok(capped(validators, &members, shaping.power_cap_percent))
}

/// Positions of the consumer's validators in its next epoch, in the order in which the set is cut.
///
/// In this order: sort by bonded tokens, descending; keep the first `max_active` unless inactive validators are
/// allowed; keep those who opted in or reach the least power of the Top N, whom the lists admit and who have the
/// minimum stake; the priority-listed first, each group by power; keep the first `set_cap` (opt-in chains only).
/// Equal keys keep the order given (the protocol's sorts leave it open), and validators without power are not bonded.
/// Source: interchain-security, x/ccv/provider/keeper/validator_set_update.go, `ComputeNextValidators`.
pub fn consumer_set(validators: &[Validator], shaping: &Shaping) -> Result<Vec<usize>, IcsError> {
    let mut members = by_tokens(validators);
    let min_power = min_power(validators, &members, shaping)?;
    if shaping.inactive == Inactive::Refused {
        members.truncate(shaping.max_active);
    }
    let allowed = Mask::new(&shaping.allowlist, validators.len());
    let denied = Mask::new(&shaping.denylist, validators.len());
    members.retain(|index| {
        let validator = &validators[*index];
        let willing =
            validator.consent == Consent::OptedIn || min_power.is_some_and(|least| validator.power >= least);
        let listed = shaping.allowlist.is_empty() || allowed.holds(*index);
        willing && listed && !denied.holds(*index) && validator.tokens >= shaping.min_stake
    });
    let first = Mask::new(&shaping.priority_list, validators.len());
    members.sort_by_key(|index| (!first.holds(*index), std::cmp::Reverse(validators[*index].power)));
    if shaping.top_n == 0 && shaping.set_cap != 0 {
        members.truncate(shaping.set_cap);
    }
    Ok(members)
}

/// Powers on a consumer of Replicated Security (until v4.1): everyone's, as they are; 0 beyond the active set.
///
/// Source: interchain-security v3.3.0, x/ccv/provider/keeper/relay.go.
pub fn replicated_powers(validators: &[Validator], max_active: usize) -> Vec<u128> {
    let mut members = by_tokens(validators);
    members.truncate(max_active);
    capped(validators, &members, 0)
}

/// End of an epoch: opts in whom the Top N forces, then returns the powers of the next one.
///
/// Consent once forced stays until the validator asks to leave. Inactive validators are not forced.
/// Source: interchain-security, x/ccv/provider/keeper/validator_set_update.go, `ComputeConsumerNextValSet`.
pub fn end_epoch(validators: &mut [Validator], shaping: &Shaping) -> Result<Vec<u128>, IcsError> {
    let order = by_tokens(validators);
    if let Some(least) = min_power(validators, &order, shaping)? {
        for index in order.into_iter().take(shaping.max_active) {
            if validators[index].power >= least {
                validators[index].consent = Consent::OptedIn;
            }
        }
    }
    consumer_powers(validators, shaping)
}

/// Powers at launch; errors where there is nobody to launch with.
///
/// A chain starts with at least one validator, from v6.4 on with at least one of the provider's active set. A chain
/// that is refused goes back to being registered.
/// Source: interchain-security, x/ccv/provider/keeper/consumer_lifecycle.go, `LaunchConsumer`.
pub fn launch_powers(
    validators: &mut [Validator],
    shaping: &Shaping,
    quorum: LaunchQuorum,
) -> Result<Vec<u128>, IcsError> {
    let powers = end_epoch(validators, shaping)?;
    let opted_in = powers.iter().filter(|power| **power > 0).count();
    if opted_in == 0 {
        return Err(IcsError::NoValidatorAtLaunch);
    }
    let mut active = by_tokens(validators).into_iter().take(shaping.max_active);
    if quorum == LaunchQuorum::ActiveValidator && !active.any(|index| powers[index] > 0) {
        return Err(IcsError::NoActiveValidatorAtLaunch { opted_in });
    }
    Ok(powers)
}

/// Positions of the bonded validators, by tokens, descending.
fn by_tokens(validators: &[Validator]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..validators.len()).filter(|index| validators[*index].power > 0).collect();
    order.sort_by_key(|index| std::cmp::Reverse(validators[*index].tokens));
    order
}

/// Least power in the Top N of the active set; `None` for an opt-in chain.
fn min_power(validators: &[Validator], order: &[usize], shaping: &Shaping) -> Result<Option<u128>, IcsError> {
    if shaping.top_n == 0 {
        return Ok(None);
    }
    let active: Vec<u128> =
        order.iter().take(shaping.max_active).map(|index| validators[*index].power).collect();
    min_power_in_top_n(&active, shaping.top_n).map(Some)
}

/// Powers of the members after the cap, `[validator]`.
fn capped(validators: &[Validator], members: &[usize], percent: u32) -> Vec<u128> {
    let mut powers: Vec<u128> = members.iter().map(|index| validators[*index].power).collect();
    if percent > 0 {
        powers = power_cap(&powers, percent);
    }
    let mut on_consumer = vec![0; validators.len()];
    for (index, power) in members.iter().zip(powers) {
        on_consumer[*index] = power;
    }
    on_consumer
}

/// A list of positions as one flag per validator; positions beyond the last are nobody's.
struct Mask(Vec<bool>);

impl Mask {
    fn new(list: &[usize], n_validators: usize) -> Self {
        let mut flags = vec![false; if list.is_empty() { 0 } else { n_validators }];
        for index in list {
            if let Some(flag) = flags.get_mut(*index) {
                *flag = true;
            }
        }
        Self(flags)
    }

    fn holds(&self, index: usize) -> bool {
        self.0.get(index).copied().unwrap_or(false)
    }
}

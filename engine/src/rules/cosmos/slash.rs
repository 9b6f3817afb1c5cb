use super::exits::{Destination, Toll, slash_redelegation, slash_unbonding};
use super::{
    Dec18, Delegation, Fraction18, Redelegation, RedelegationRule, Refusal, Status, UnbondingEntry, Validator,
};
use crate::rules::integer::mul_div_floor;

/// A block: its height and its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Height.
    pub height: i64,
    /// Time, Unix seconds.
    pub time_s: i64,
}

/// What a slash is reckoned from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offence {
    /// Height from which exits are liable; may be 0 or negative, then every immature one is.
    pub infraction_height: i64,
    /// Voting power at the infraction.
    pub power: u64,
    /// Part of that power's tokens to be slashed.
    pub fraction: Fraction18,
    /// Base units per unit of power, at least 1.
    pub power_reduction: u128,
}

impl Offence {
    /// Slash the offence calls for, `⌊power · power_reduction · fraction⌋`; refused where the tokens pass 128
    /// bits.
    pub fn amount(&self) -> Result<u128, Refusal> {
        let (power, power_reduction) = (u128::from(self.power), self.power_reduction);
        let tokens = power.checked_mul(power_reduction);
        tokens.map(|t| self.fraction.of(t)).ok_or(Refusal::PowerOutOfRange { power, power_reduction })
    }
}

/// A validator with all stake that has lately left it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Book {
    /// The validator; `None` if it does not exist (any more).
    pub validator: Option<Validator>,
    /// Its unbonding entries, in the order of the protocol's store.
    pub unbonding: Vec<UnbondingEntry>,
    /// Redelegations away from it, in the order of the protocol's store.
    pub redelegations: Vec<Redelegation>,
    /// Validators those redelegations went to: `[destination_index]`.
    pub destinations: Vec<Validator>,
    /// Delegations with those validators: `[delegation_index]`.
    pub delegations: Vec<Delegation>,
}

impl Book {
    /// All base units in the book: validator, exits and destinations; saturating.
    pub fn stake(&self) -> u128 {
        let pots = self.validator.iter().chain(&self.destinations).map(|v| v.tokens);
        let leaving = self.delegations.iter().flat_map(|d| &d.unbonding).chain(&self.unbonding);
        pots.chain(leaving.map(|entry| entry.balance)).fold(0, u128::saturating_add)
    }
}

/// A slash done: the book afterwards and what was burned, base units.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Slashed {
    /// The book afterwards.
    pub after: Book,
    /// `⌊power · power_reduction · fraction⌋`, before exits are deducted; 0 if there is nobody to slash.
    pub called_for: u128,
    /// Burned from unbonding entries.
    pub unbonding_burned: u128,
    /// Burned for redelegations, at their destinations.
    pub redelegations_burned: u128,
    /// Burned from the validator's own pot: what the protocol's function returns.
    pub validator_burned: u128,
    /// `validator_burned` over the pot before, 18 decimals rounded up: the fraction that reward accounting is
    /// told.
    pub effective_fraction: Fraction18,
}

impl Slashed {
    /// Everything burned, saturating.
    pub fn burned(&self) -> u128 {
        self.unbonding_burned.saturating_add(self.redelegations_burned).saturating_add(self.validator_burned)
    }

    /// Nothing slashed.
    pub(super) fn nothing(book: &Book) -> Self {
        Self { after: book.clone(), ..Self::default() }
    }
}

/// Voting power of `tokens` base units, `⌊tokens / power_reduction⌋`; 0 for a reduction of 0.
///
/// Source: cosmos-sdk, types/staking.go (`TokensToConsensusPower`).
pub fn voting_power(tokens: u128, power_reduction: u128) -> u128 {
    tokens.checked_div(power_reduction).unwrap_or(0)
}

/// Base units that a bonded validator of `tokens` loses to `fraction`, no stake having left it since the offence.
///
/// `⌊power · power_reduction · fraction⌋` with `power = ⌊tokens / power_reduction⌋`: crumbs below one unit of
/// power are not counted. At most `tokens`.
pub fn slash_bonded(tokens: u128, fraction: Fraction18, power_reduction: u128) -> u128 {
    fraction.of(voting_power(tokens, power_reduction).saturating_mul(power_reduction))
}

/// Slashes a validator and the exits liable for its offence, in the protocol's order.
///
/// An unknown or unbonded validator loses nothing. If the infraction lies below the current height, liable
/// unbonding entries pay first, then liable redelegations; what each owes is deducted from the amount in full,
/// even if less was there to burn. The rest, never below 0, is burned from the validator's pot as far as it
/// goes. At the current height exits are left alone; a future height is refused. Source: cosmos-sdk,
/// x/staking/keeper/slash.go.
pub fn slash(
    book: &Book,
    offence: &Offence,
    now: &Moment,
    rule: RedelegationRule,
) -> Result<Slashed, Refusal> {
    let mut done = Slashed::nothing(book);
    let Some(validator) = book.validator.filter(|v| v.status != Status::Unbonded) else {
        return Ok(done);
    };
    let (infraction_height, height) = (offence.infraction_height, now.height);
    if infraction_height > height {
        return Err(Refusal::FutureInfraction { infraction_height, height });
    }
    done.called_for = offence.amount()?;
    let mut deducted = 0;
    if infraction_height < height {
        let unbonding = slash_all_unbonding(&mut done.after, offence, now);
        let redelegated = slash_all_redelegations(&mut done.after, offence, now, rule)?;
        (done.unbonding_burned, done.redelegations_burned) = (unbonding.burned, redelegated.burned);
        deducted = unbonding.and(redelegated).owed;
    }
    done.validator_burned = done.called_for.saturating_sub(deducted).min(validator.tokens);
    done.effective_fraction = rounded_up(done.validator_burned, validator.tokens)?;
    let tokens = validator.tokens - done.validator_burned;
    done.after.validator = Some(Validator { tokens, ..validator });
    Ok(done)
}

/// Slashes the liable unbonding entries of the book.
fn slash_all_unbonding(book: &mut Book, offence: &Offence, now: &Moment) -> Toll {
    let entries = book.unbonding.iter_mut();
    let tolls = entries.map(|entry| slash_unbonding(entry, offence.fraction, offence.infraction_height, now));
    tolls.fold(Toll::default(), Toll::and)
}

/// Slashes the liable redelegations of the book.
fn slash_all_redelegations(
    book: &mut Book,
    offence: &Offence,
    now: &Moment,
    rule: RedelegationRule,
) -> Result<Toll, Refusal> {
    let Book { redelegations, destinations, delegations, .. } = book;
    let mut to = Destination { validators: destinations, delegations, rule };
    redelegations.iter().try_fold(Toll::default(), |sum, entry| {
        let toll = slash_redelegation(entry, &mut to, offence.fraction, offence.infraction_height, now)?;
        Ok(sum.and(toll))
    })
}

/// `part / whole` in [0, 1] to 18 decimals, rounded up; 0 for a part of 0.
fn rounded_up(part: u128, whole: u128) -> Result<Fraction18, Refusal> {
    if part == 0 || whole == 0 {
        return Ok(Fraction18::ZERO);
    }
    let floor = mul_div_floor(part, Dec18::ONE.raw(), whole);
    let rest = part.wrapping_mul(Dec18::ONE.raw()).wrapping_sub(floor.wrapping_mul(whole));
    Fraction18::from_raw(floor.saturating_add(u128::from(rest > 0)))
}

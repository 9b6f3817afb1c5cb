use super::{Dec18, Fraction18, Moment, Refusal, Validator};

/// Whether another module keeps an exit from completing.
///
/// Interchain Security v1 to v5 held unbondings until each consumer had acknowledged them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hold {
    /// Completes at its time.
    Free,
    /// Held: not mature, however late it is.
    Held,
}

/// When stake left a validator, and until when it answers for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExitTerms {
    /// Height at which the exit began.
    pub creation_height: i64,
    /// Time at which the exit completes, Unix seconds.
    pub completion_s: i64,
    /// Whether completion is held up.
    pub hold: Hold,
}

impl ExitTerms {
    /// Whether the stake answers for an infraction: it left at or after that height and is not mature.
    ///
    /// An exit is mature from its completion time on, the second itself included.
    pub fn is_liable(&self, infraction_height: i64, now: &Moment) -> bool {
        let mature = self.completion_s <= now.time_s && self.hold == Hold::Free;
        self.creation_height >= infraction_height && !mature
    }
}

/// Stake on its way out of the system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnbondingEntry {
    /// Beginning and end of the exit.
    pub terms: ExitTerms,
    /// Base units at the beginning, on which every slash is reckoned.
    pub initial_balance: u128,
    /// Base units left.
    pub balance: u128,
}

impl UnbondingEntry {
    /// Burns up to `amount` and returns what was there to burn.
    fn burn(&mut self, amount: u128) -> u128 {
        let burned = amount.min(self.balance);
        self.balance -= burned;
        burned
    }
}

/// One delegator's stake with the validator that a redelegation went to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delegation {
    /// Position of the destination validator in [`Book::destinations`](super::Book::destinations).
    pub destination_index: usize,
    /// Shares the delegator still holds there.
    pub shares: Dec18,
    /// What the delegator has begun to withdraw from there.
    pub unbonding: Vec<UnbondingEntry>,
}

/// Stake moved from the slashed validator to another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Redelegation {
    /// Beginning and end of the liability.
    pub terms: ExitTerms,
    /// Base units moved, on which every slash is reckoned.
    pub initial_balance: u128,
    /// Shares bought at the destination.
    pub shares_dst: Dec18,
    /// Position in [`Book::delegations`](super::Book::delegations); beyond its end: the delegation is gone.
    pub delegation_index: usize,
}

/// What is burned first when a redelegation is slashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RedelegationRule {
    /// Shares at the destination only: stake withdrawn from there after the move escapes.
    SharesOnly,
    /// First what the delegator is withdrawing from the destination, up to the slash; if that does not cover
    /// it, the **full** `fraction · shares_dst` as well, so that a part may be burned twice.
    ///
    /// The answer to the bypass GHSA-86h5-xcpx-cfqc, as released.
    UnbondingFirst,
}

/// What an exit owes and what it paid, base units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Toll {
    /// `⌊fraction · initial balance⌋`, deducted from the validator's slash.
    pub(super) owed: u128,
    /// Burned in fact.
    pub(super) burned: u128,
}

impl Toll {
    /// Both sums, saturating.
    pub(super) fn and(self, other: Self) -> Self {
        Self { owed: self.owed.saturating_add(other.owed), burned: self.burned.saturating_add(other.burned) }
    }
}

/// Slashes one unbonding entry: owes `⌊fraction · initial⌋`, burns at most its balance.
///
/// Source: cosmos-sdk, x/staking/keeper/slash.go (`SlashUnbondingDelegation`).
pub(super) fn slash_unbonding(
    entry: &mut UnbondingEntry,
    fraction: Fraction18,
    infraction_height: i64,
    now: &Moment,
) -> Toll {
    if !entry.terms.is_liable(infraction_height, now) {
        return Toll::default();
    }
    let owed = fraction.of(entry.initial_balance);
    Toll { owed, burned: entry.burn(owed) }
}

/// Where a redelegation went, and under which rule it is slashed.
pub(super) struct Destination<'a> {
    /// All destination validators.
    pub(super) validators: &'a mut [Validator],
    /// All delegations with them.
    pub(super) delegations: &'a mut [Delegation],
    /// What is burned first.
    pub(super) rule: RedelegationRule,
}

/// Slashes one redelegation: owes `⌊fraction · initial⌋`, burns the worth of `fraction · shares_dst`.
///
/// Those shares (18 decimals, half to even) are capped at what the delegator still holds. Source: cosmos-sdk,
/// x/staking/keeper/slash.go (`SlashRedelegation`).
pub(super) fn slash_redelegation(
    entry: &Redelegation,
    to: &mut Destination<'_>,
    fraction: Fraction18,
    infraction_height: i64,
    now: &Moment,
) -> Result<Toll, Refusal> {
    if !entry.terms.is_liable(infraction_height, now) {
        return Ok(Toll::default());
    }
    let owed = fraction.of(entry.initial_balance);
    let Some(delegation) = to.delegations.get_mut(entry.delegation_index) else {
        return Ok(Toll { owed, burned: 0 });
    };
    let mut burned = 0_u128;
    if to.rule == RedelegationRule::UnbondingFirst {
        burned = drain(&mut delegation.unbonding, owed, infraction_height, now);
        if burned == owed {
            return Ok(Toll { owed, burned });
        }
    }
    let shares = fraction.value().times(entry.shares_dst)?.min(delegation.shares);
    if let Some(validator) = to.validators.get_mut(delegation.destination_index) {
        burned = burned.saturating_add(validator.undelegate(shares)?);
        delegation.shares = Dec18::from_raw(delegation.shares.raw() - shares.raw());
    }
    Ok(Toll { owed, burned })
}

/// Burns up to `amount` from the liable entries in their order and returns what was burned.
fn drain(entries: &mut [UnbondingEntry], amount: u128, infraction_height: i64, now: &Moment) -> u128 {
    let mut left = amount;
    for entry in entries.iter_mut().filter(|entry| entry.terms.is_liable(infraction_height, now)) {
        left -= entry.burn(left);
    }
    amount - left
}

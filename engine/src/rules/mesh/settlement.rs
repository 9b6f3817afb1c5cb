//! A sequence of slashes on one user: what is lost, what is refused, what is left broken.

use super::{Account, Decimal, Error, Holder, SlashOutcome, Warning};

/// Whether the evidence behind a slash would stand up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Evidence {
    /// The offence happened.
    Genuine,
    /// The consumer made it up.
    Forged,
}

/// Whether the provider looks at the evidence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum EvidencePolicy {
    /// It does not: whatever slash the packet brings is carried out. What the contracts do.
    #[default]
    Obey,
    /// It does, as docs/README.md promises for later: a forged slash is refused.
    Verify,
}

impl EvidencePolicy {
    /// Whether a slash with this evidence is carried out.
    pub fn admits(self, evidence: Evidence) -> bool {
        self == Self::Obey || evidence == Evidence::Genuine
    }
}

/// How much a slash takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SlashSize {
    /// Base units.
    Amount(u128),
    /// `⌊share · lien⌋` of the lien's high end when its turn comes, so that later slashes compound.
    Share(Decimal),
}

/// One slash to settle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SlashEvent {
    /// Whose lien is hit.
    pub holder: Holder,
    /// How much it takes.
    pub size: SlashSize,
    /// What stands behind it.
    pub evidence: Evidence,
}

/// What a sequence of slashes came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settlement {
    /// Collateral before less collateral after, base units.
    pub lost: u128,
    /// Slashes carried out: (event's index, what it did).
    pub outcomes: Vec<(usize, SlashOutcome)>,
    /// Slashes refused: (event's index, why). Each left the state as it was.
    pub refused: Vec<(usize, Error)>,
}

impl Settlement {
    /// Every promise broken on the way: (event's index, which).
    pub fn warnings(&self) -> impl Iterator<Item = (usize, Warning)> {
        self.outcomes
            .iter()
            .flat_map(|(event, outcome)| outcome.warnings.iter().map(move |warning| (*event, *warning)))
    }
}

/// Carries out `events` on `account` in the order given; a refused one is noted and passed over.
pub fn settle(account: &mut Account, events: &[SlashEvent], policy: EvidencePolicy) -> Settlement {
    let before = account.collateral();
    let mut settlement = Settlement::default();
    for (index, event) in events.iter().enumerate() {
        match slash_once(account, event, policy) {
            Ok(outcome) => settlement.outcomes.push((index, outcome)),
            Err(error) => settlement.refused.push((index, error)),
        }
    }
    settlement.lost = before - account.collateral();
    settlement
}

/// Settles `events` on a user with `collateral` and one lien a consumer, `liens[consumer] = (amount, slash ratio)`.
///
/// # Errors
/// What [`Account::stake_external`] refuses: liens that the vault would not have granted.
pub fn settle_liens(
    collateral: u128,
    liens: &[(u128, Decimal)],
    events: &[SlashEvent],
    policy: EvidencePolicy,
) -> Result<Settlement, Error> {
    let mut account = Account::new(collateral);
    for (consumer, (amount, ratio)) in (0..).zip(liens) {
        account.stake_external(consumer, *amount, *ratio)?;
    }
    Ok(settle(&mut account, events, policy))
}

fn slash_once(
    account: &mut Account,
    event: &SlashEvent,
    policy: EvidencePolicy,
) -> Result<SlashOutcome, Error> {
    let SlashEvent { holder, size, evidence } = *event;
    if !policy.admits(evidence) {
        return Err(Error::EvidenceRejected);
    }
    let amount = match size {
        SlashSize::Amount(amount) => amount,
        SlashSize::Share(share) => {
            let lien = account.lien(holder).ok_or(Error::NoLien { holder })?;
            share.floor_of(lien.amount.high())
        }
    };
    account.slash(holder, amount)
}

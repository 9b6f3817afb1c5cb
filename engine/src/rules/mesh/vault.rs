//! The vault: a user's collateral and the liens on it.

use std::collections::BTreeMap;
use std::fmt;

use super::{Decimal, Error, InFlight, Range};

/// Who holds a lien: the provider's own staking, or one consumer's external-staking contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Holder {
    /// Staking on the provider chain itself.
    Local,
    /// The external-staking contract of the consumer with this index.
    External(u32),
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local => f.write_str("local staking"),
            Self::External(consumer) => write!(f, "consumer {consumer}"),
        }
    }
}

/// A claim on the collateral.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Lien {
    /// Amount, base units of the provider's token.
    pub amount: Range,
    /// Slash ratio in [0, 1] as it was when the lien was first granted; later stakes keep it.
    pub slash_ratio: Decimal,
}

/// Why a validator is slashed; where both come in one block of the provider, double signing is punished first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Offence {
    /// Two votes at one height: tombstoned.
    DoubleSign,
    /// Too many missed blocks: jailed.
    Offline,
}

/// A chain's two slash ratios; a lien is granted at the double-sign ratio.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SlashRatios {
    /// For double signing.
    pub double_sign: Decimal,
    /// For downtime.
    pub offline: Decimal,
}

impl SlashRatios {
    /// 20 % and 10 %, as the end-to-end tests set them (mesh-security-sdk, tests/e2e).
    pub const E2E_TESTS: Self = Self { double_sign: Decimal::percent(20), offline: Decimal::percent(10) };

    /// What a local delegation loses: `⌊delegation · ratio⌋`.
    ///
    /// Source: mesh-security, contracts/provider/native-staking/src/contract.rs (`handle_slashing`).
    pub fn slash(self, offence: Offence, delegation: u128) -> u128 {
        match offence {
            Offence::DoubleSign => self.double_sign.floor_of(delegation),
            Offence::Offline => self.offline.floor_of(delegation),
        }
    }
}

/// One user of the vault: collateral C, liens, largest lien M, total slashable T.
///
/// T is a running total of `⌊amount·ratio⌋`, floored call by call, so it may lie below the sum over the liens as they
/// stand. `max(M, T) ≤ C` is asked of every stake, on the high ends; slashing can break it (see [`Account::slash`]).
/// Source: mesh-security, contracts/provider/vault/src/{contract,state}.rs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    pub(super) collateral: u128,
    pub(super) liens: BTreeMap<Holder, Lien>,
    pub(super) max_lien: Range,
    pub(super) total_slashable: Range,
    pub(super) in_flight: BTreeMap<u64, InFlight>,
    pub(super) sent: u64,
}

impl Account {
    /// A user who bonds `collateral` and has no lien yet.
    pub fn new(collateral: u128) -> Self {
        Self { collateral, ..Self::default() }
    }

    /// C, base units.
    pub fn collateral(&self) -> u128 {
        self.collateral
    }

    /// M, the largest lien.
    pub fn max_lien(&self) -> Range {
        self.max_lien
    }

    /// T, the running total of what the liens can be slashed for.
    pub fn total_slashable(&self) -> Range {
        self.total_slashable
    }

    /// The lien of `holder`.
    pub fn lien(&self, holder: Holder) -> Option<Lien> {
        self.liens.get(&holder).copied()
    }

    /// What one double sign at the full lien takes: `⌊high·ratio⌋`; 0 without a lien.
    ///
    /// The docs bound a Byzantine consumer by the sum of these. The code does not hold it to that: the amount comes
    /// from the packet, and [`Account::slash`] takes any up to the whole lien.
    pub fn nominal_exposure(&self, holder: Holder) -> u128 {
        self.lien(holder).map_or(0, |lien| lien.slash_ratio.floor_of(lien.amount.high()))
    }

    /// All liens in the order of their holders.
    pub fn liens(&self) -> impl Iterator<Item = (Holder, Lien)> {
        self.liens.iter().map(|(holder, lien)| (*holder, *lien))
    }

    /// `max(M, T)`.
    pub fn used(&self) -> Range {
        self.max_lien.max(self.total_slashable)
    }

    /// `C − max(M, T)`: low if all pending stakes succeed, high if all fail.
    ///
    /// # Errors
    /// [`Error::Underwater`] where the collateral no longer covers the liens: the contract aborts on the subtraction,
    /// and with it every call that asks, [`Account::slash`] among them.
    pub fn free(&self) -> Result<Range, Error> {
        let used = self.used();
        let collateral = self.collateral;
        let free = |end: u128| collateral.checked_sub(end);
        free(used.high())
            .zip(free(used.low()))
            .and_then(|(low, high)| Range::new(low, high))
            .ok_or(Error::Underwater { used: used.high(), collateral })
    }

    /// Adds `amount` to the collateral.
    ///
    /// # Errors
    /// [`Error::Overflow`].
    pub fn bond(&mut self, amount: u128) -> Result<(), Error> {
        self.collateral =
            self.collateral.checked_add(amount).ok_or(Error::Overflow { quantity: "collateral" })?;
        Ok(())
    }

    /// Pays out `amount` of the collateral, at most the low end of what is free.
    ///
    /// # Errors
    /// [`Error::CollateralLocked`], [`Error::Underwater`].
    pub fn unbond(&mut self, amount: u128) -> Result<(), Error> {
        let free = self.free()?.low();
        if amount > free {
            return Err(Error::CollateralLocked { asked: amount, free });
        }
        self.collateral -= amount;
        Ok(())
    }

    /// Grants local staking a lien of `amount` more, at once.
    ///
    /// # Errors
    /// As [`Account::stake_remote`].
    pub fn stake_local(&mut self, amount: u128, slash_ratio: Decimal) -> Result<(), Error> {
        let (lien, slashable) = self.offered(Holder::Local, amount, slash_ratio)?;
        let overflow = Error::Overflow { quantity: "lien" };
        let settled = lien.amount.commit_add(amount).ok_or(overflow.clone())?;
        let added = lien.slash_ratio.floor_of(amount);
        let total_slashable = slashable.commit_add(added).ok_or(overflow)?;
        self.grant(Holder::Local, Lien { amount: settled, ..lien }, total_slashable);
        Ok(())
    }

    /// Takes `amount` off the lien of `holder`, after the unbonding period has passed there; an empty lien is gone.
    ///
    /// # Errors
    /// [`Error::NoLien`], [`Error::LienTooSmall`], [`Error::SlashableTooSmall`]: the contract takes `⌊amount·ratio⌋`
    /// off T, which is more than was ever added if the lien grew in pieces that each floored to less.
    pub fn release(&mut self, holder: Holder, amount: u128) -> Result<(), Error> {
        let (lien, total_slashable) = self.reduced(holder, amount)?;
        self.total_slashable = total_slashable;
        self.liens.insert(holder, lien);
        self.drop_if_empty(holder);
        self.recompute_max_lien();
        Ok(())
    }

    /// The lien of `holder` and T with `amount` more on their high ends, if both still fit the collateral.
    pub(super) fn offered(
        &self,
        holder: Holder,
        amount: u128,
        slash_ratio: Decimal,
    ) -> Result<(Lien, Range), Error> {
        if slash_ratio > Decimal::ONE {
            return Err(Error::AboveOne { quantity: "slash ratio", value: slash_ratio });
        }
        let collateral = self.collateral;
        let old = self.lien(holder).unwrap_or(Lien { amount: Range::exact(0), slash_ratio });
        let lien = old.amount.high().saturating_add(amount);
        let added = old.slash_ratio.floor_of(amount);
        let slashable = self.total_slashable.high().saturating_add(added);
        let offered = old.amount.prepare_add(amount).filter(|range| range.high() <= collateral);
        let amount = offered.ok_or(Error::LienBeyondCollateral { holder, lien, collateral })?;
        let total = self.total_slashable.prepare_add(added).filter(|range| range.high() <= collateral);
        let total = total.ok_or(Error::SlashableBeyondCollateral { slashable, collateral })?;
        let used = self.max_lien.max(amount).max(total).high();
        if used > collateral {
            return Err(Error::Underwater { used, collateral });
        }
        Ok((Lien { amount, ..old }, total))
    }

    /// Writes a lien that has grown, and the T that goes with it.
    pub(super) fn grant(&mut self, holder: Holder, lien: Lien, total_slashable: Range) {
        self.max_lien = self.max_lien.max(lien.amount);
        self.total_slashable = total_slashable;
        self.liens.insert(holder, lien);
    }

    /// The lien of `holder` less `amount`, and T less `⌊amount·ratio⌋`.
    pub(super) fn reduced(&self, holder: Holder, amount: u128) -> Result<(Lien, Range), Error> {
        let old = self.lien(holder).ok_or(Error::NoLien { holder })?;
        let lien = old.amount.low();
        let left = old.amount.lowered(amount).ok_or(Error::LienTooSmall { holder, lien, amount })?;
        let released = old.slash_ratio.floor_of(amount);
        let slashable = self.total_slashable.low();
        let too_small = Error::SlashableTooSmall { slashable, amount: released };
        let total_slashable = self.total_slashable.lowered(released).ok_or(too_small)?;
        Ok((Lien { amount: left, ..old }, total_slashable))
    }

    pub(super) fn drop_if_empty(&mut self, holder: Holder) {
        if self.lien(holder).is_some_and(|lien| lien.amount.high() == 0) {
            self.liens.remove(&holder);
        }
    }

    pub(super) fn recompute_max_lien(&mut self) {
        self.max_lien = self.liens.values().fold(Range::exact(0), |most, lien| most.max(lien.amount));
    }
}

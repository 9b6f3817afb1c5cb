//! Stakes on their way to a consumer: granted on the high ends, settled when the packet comes back.

use super::{Account, Decimal, Error, Holder};

/// A stake packet on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct InFlight {
    /// Who will hold the lien.
    pub holder: Holder,
    /// Amount, base units.
    pub amount: u128,
    /// Slash ratio the consumer's contract named when the packet was sent.
    pub slash_ratio: Decimal,
}

impl Account {
    /// Sends a stake of `amount` to `consumer` and returns the packet's number; until it is settled the amount counts
    /// on the high ends only.
    ///
    /// # Errors
    /// [`Error::AboveOne`], [`Error::LienBeyondCollateral`], [`Error::SlashableBeyondCollateral`], and
    /// [`Error::Underwater`] if a slash has left another lien above the collateral.
    pub fn stake_remote(&mut self, consumer: u32, amount: u128, slash_ratio: Decimal) -> Result<u64, Error> {
        let holder = Holder::External(consumer);
        let (lien, total_slashable) = self.offered(holder, amount, slash_ratio)?;
        let id = self.sent.checked_add(1).ok_or(Error::Overflow { quantity: "packet number" })?;
        self.grant(holder, lien, total_slashable);
        self.sent = id;
        self.in_flight.insert(id, InFlight { holder, amount, slash_ratio });
        Ok(id)
    }

    /// Sends a stake and has it acknowledged at once.
    ///
    /// # Errors
    /// As [`Account::stake_remote`].
    pub fn stake_external(&mut self, consumer: u32, amount: u128, slash_ratio: Decimal) -> Result<(), Error> {
        let id = self.stake_remote(consumer, amount, slash_ratio)?;
        self.commit(id)
    }

    /// The packets not settled yet, oldest first.
    pub fn in_flight(&self) -> impl Iterator<Item = (u64, InFlight)> {
        self.in_flight.iter().map(|(id, packet)| (*id, *packet))
    }

    /// The consumer has taken the stake: the low ends rise.
    ///
    /// # Errors
    /// [`Error::NotInFlight`]; [`Error::RangeBroken`] where a slash has cut the lien or T below what is to be
    /// committed: the contract asserts `low ≤ high` and aborts.
    pub fn commit(&mut self, id: u64) -> Result<(), Error> {
        let packet = *self.in_flight.get(&id).ok_or(Error::NotInFlight { id })?;
        let InFlight { holder, amount, .. } = packet;
        let mut lien = self.lien(holder).ok_or(Error::NoLien { holder })?;
        lien.amount =
            lien.amount.commit_add(amount).ok_or(Error::RangeBroken { quantity: "lien", amount })?;
        let added = lien.slash_ratio.floor_of(amount);
        let broken = Error::RangeBroken { quantity: "total slashable", amount: added };
        let total_slashable = self.total_slashable.commit_add(added).ok_or(broken)?;
        self.grant(holder, lien, total_slashable);
        self.in_flight.remove(&id);
        Ok(())
    }

    /// The consumer has refused the stake, or the packet timed out: the high ends fall back.
    ///
    /// T falls by the packet's own ratio, not the lien's.
    ///
    /// # Errors
    /// As [`Account::commit`].
    pub fn rollback(&mut self, id: u64) -> Result<(), Error> {
        let packet = *self.in_flight.get(&id).ok_or(Error::NotInFlight { id })?;
        let InFlight { holder, amount, slash_ratio } = packet;
        let mut lien = self.lien(holder).ok_or(Error::NoLien { holder })?;
        lien.amount =
            lien.amount.rollback_add(amount).ok_or(Error::RangeBroken { quantity: "lien", amount })?;
        let added = slash_ratio.floor_of(amount);
        let broken = Error::RangeBroken { quantity: "total slashable", amount: added };
        self.total_slashable = self.total_slashable.rollback_add(added).ok_or(broken)?;
        self.liens.insert(holder, lien);
        self.drop_if_empty(holder);
        self.recompute_max_lien();
        self.in_flight.remove(&id);
        Ok(())
    }
}

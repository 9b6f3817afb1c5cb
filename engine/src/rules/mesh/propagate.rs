//! A slash on one lien, and what it forces on the others.

use super::{Account, Decimal, Error, Holder, Lien, Range};

/// Which way a slash went on from the lien it hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Propagation {
    /// Enough collateral was free.
    None,
    /// M ≥ T: liens above the new collateral were cut down to it.
    LiensCut,
    /// T > M: every lien lost the same amount.
    LiensShrunk {
        /// `⌈claimed / Σ ratio⌉`, base units.
        by: u128,
    },
}

/// Stake that a staking contract must burn because its lien was cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LienBurn {
    /// Whose lien: the slashed holder burns on the slashed validator, the others spread over theirs.
    pub holder: Holder,
    /// Base units.
    pub amount: u128,
}

/// A promise that a slash has left broken; the contract notes neither.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Warning {
    /// T > C: the liens can be slashed for more than there is, and every later call on this user aborts.
    SlashableAboveCollateral {
        /// `T − C`, high end, base units.
        excess: u128,
    },
    /// M > C: a lien votes with more than there is, and every later call on this user aborts.
    LienAboveCollateral {
        /// `M − C`, high end, base units.
        excess: u128,
    },
}

/// What a slash did to one user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlashOutcome {
    /// Collateral destroyed, base units: exactly the slash.
    pub lost: u128,
    /// Which way it went on.
    pub propagation: Propagation,
    /// What the staking contracts must burn for it, in the order of their holders; no collateral is lost by these.
    pub burns: Vec<LienBurn>,
    /// What is broken now.
    pub warnings: Vec<Warning>,
}

impl Account {
    /// Slashes `amount` on the lien of `holder`.
    ///
    /// 1. The lien loses `amount`, T loses `⌊amount·ratio⌋`, M is taken anew.
    /// 2. `free = C − max(M, T)` with the old C, on the high ends. If `free ≥ amount`, only C falls.
    /// 3. Else, with `claimed = amount − free` and `newC = C − amount`: if M ≥ T, every lien above `newC` is cut to it
    ///    and T loses `⌊cut·ratio⌋`; otherwise every lien loses `by = ⌈claimed · ⌊1/Σratio⌋₁₈⌉` and T `⌊by·ratio⌋` each.
    /// 4. C becomes `newC`, M is taken anew.
    ///
    /// The published rule does not always restore `max(M, T) ≤ C`: cutting liens may leave T above C, and shrinking
    /// them may leave M above C, or T by a rounding. Both come back as [`Warning`]s. Source: mesh-security,
    /// contracts/provider/vault/src/contract.rs (`slash`, `propagate_slash`).
    ///
    /// # Errors
    /// The state stands as it was. [`Error::NoLien`]; [`Error::LienTooSmall`] if a lien's low end is smaller than what
    /// should come off it, the slashed one or, when all shrink alike, any other: one small lien then shields the user;
    /// [`Error::SlashableTooSmall`] if T was floored to less than what should come off; [`Error::Underwater`] if an
    /// earlier slash has left a warning; [`Error::SlashBeyondCollateral`]; [`Error::NoSlashRatio`].
    pub fn slash(&mut self, holder: Holder, amount: u128) -> Result<SlashOutcome, Error> {
        let mut after = self.clone();
        let outcome = after.slash_in_place(holder, amount)?;
        *self = after;
        Ok(outcome)
    }

    fn slash_in_place(&mut self, holder: Holder, amount: u128) -> Result<SlashOutcome, Error> {
        let collateral = self.collateral;
        let beyond = Error::SlashBeyondCollateral { slash: amount, collateral };
        self.lien(holder).ok_or(Error::NoLien { holder })?;
        let new_collateral = collateral.checked_sub(amount).ok_or(beyond)?;
        self.take_off(holder, amount)?;
        self.recompute_max_lien();
        let free = self.free()?.low();
        let (propagation, burns) = if free >= amount {
            (Propagation::None, Vec::new())
        } else if self.max_lien.high() >= self.total_slashable.high() {
            (Propagation::LiensCut, self.cut_liens(new_collateral)?)
        } else {
            self.shrink_liens(amount - free)?
        };
        self.collateral = new_collateral;
        self.recompute_max_lien();
        Ok(SlashOutcome { lost: amount, propagation, burns, warnings: self.warnings() })
    }

    /// What of `max(M, T) ≤ C` does not hold now.
    pub fn warnings(&self) -> Vec<Warning> {
        let excess = |range: Range| range.high().checked_sub(self.collateral).filter(|excess| *excess > 0);
        let slashable =
            excess(self.total_slashable).map(|excess| Warning::SlashableAboveCollateral { excess });
        let lien = excess(self.max_lien).map(|excess| Warning::LienAboveCollateral { excess });
        slashable.into_iter().chain(lien).collect()
    }

    fn take_off(&mut self, holder: Holder, amount: u128) -> Result<(), Error> {
        let (lien, total_slashable) = self.reduced(holder, amount)?;
        self.total_slashable = total_slashable;
        self.liens.insert(holder, lien);
        Ok(())
    }

    fn cut_liens(&mut self, bound: u128) -> Result<Vec<LienBurn>, Error> {
        let mut burns = Vec::new();
        for (holder, lien) in &mut self.liens {
            if lien.amount.high() <= bound {
                continue;
            }
            let cut = lien.amount.min_with(bound);
            self.total_slashable = slashable_after_cut(self.total_slashable, lien, cut)?;
            burns.push(LienBurn { holder: *holder, amount: lien.amount.high() - cut.high() });
            lien.amount = cut;
        }
        Ok(burns)
    }

    fn shrink_liens(&mut self, claimed: u128) -> Result<(Propagation, Vec<LienBurn>), Error> {
        let ratios =
            self.liens.values().fold(Decimal::ZERO, |sum, lien| sum.saturating_add(lien.slash_ratio));
        let by = ratios.inverse().ok_or(Error::NoSlashRatio)?.ceil_of(claimed);
        let holders: Vec<Holder> = self.liens.keys().copied().collect();
        for holder in &holders {
            self.take_off(*holder, by)?;
        }
        let burns = holders.into_iter().map(|holder| LienBurn { holder, amount: by }).collect();
        Ok((Propagation::LiensShrunk { by }, burns))
    }
}

/// T after a lien is cut: each end loses `⌊(its own cut)·ratio⌋`.
fn slashable_after_cut(total: Range, lien: &Lien, cut: Range) -> Result<Range, Error> {
    let low = lien.slash_ratio.floor_of(lien.amount.low() - cut.low());
    let high = lien.slash_ratio.floor_of(lien.amount.high() - cut.high());
    let slashable = total.low();
    let broken = Error::SlashableTooSmall { slashable, amount: low.max(high) };
    let ends = total.low().checked_sub(low).zip(total.high().checked_sub(high));
    ends.and_then(|(low, high)| Range::new(low, high)).ok_or(broken)
}

/// Slashes several users of one lien holder in one call: `amounts` as (user's index, base units), in order.
///
/// # Errors
/// The first user that is refused aborts the call for all; see [`Account::slash`]. [`Error::NoStake`] for an index
/// beyond the users.
pub fn slash_users(
    users: &mut [Account],
    holder: Holder,
    amounts: &[(usize, u128)],
) -> Result<Vec<SlashOutcome>, Error> {
    let mut after = users.to_vec();
    let slash_one = |&(user, amount): &(usize, u128)| {
        after.get_mut(user).ok_or(Error::NoStake { user })?.slash_in_place(holder, amount)
    };
    let outcomes = amounts.iter().map(slash_one).collect::<Result<Vec<_>, _>>()?;
    users.clone_from_slice(&after);
    Ok(outcomes)
}

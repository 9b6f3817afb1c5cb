//! What changes an operator's magnitudes: joining and leaving sets, allocating, de-allocating, being slashed.

use crate::rules::eigenlayer::magnitude::{Magnitudes, PendingChange, StrategyUse};
use crate::rules::eigenlayer::registration::Registration;
use crate::rules::eigenlayer::slash::slash_magnitude;
use crate::rules::eigenlayer::wad::{WAD, part_ceil};
use crate::rules::eigenlayer::{Error, SlashOutcome};

impl Magnitudes {
    /// Registers the operator to `set` at `block`; refused while the set can still slash it.
    pub fn register(&mut self, set: usize, block: u64) -> Result<(), Error> {
        self.advance(block)?;
        let allocation = self.allocation(set)?;
        if allocation.registration.is_slashable(block) {
            return Err(Error::StillSlashable { set, block });
        }
        allocation.registration = Registration::Member;
        Ok(())
    }

    /// Takes the operator out of `set` at `block`; it stays slashable through `block` plus the delay.
    ///
    /// The allocation itself stays: registering again makes it slashable at once.
    pub fn deregister(&mut self, set: usize, block: u64) -> Result<(), Error> {
        self.advance(block)?;
        let delay = self.parameters.deallocation_delay;
        let allocation = self.allocation(set)?;
        if allocation.registration != Registration::Member {
            return Err(Error::NotRegistered { set });
        }
        allocation.registration = Registration::left_at(block, delay);
        Ok(())
    }

    /// Puts the strategy on `set`'s list at `block`: what is allocated is slashable from then on.
    pub fn include_strategy(&mut self, set: usize, block: u64) -> Result<(), Error> {
        self.advance(block)?;
        self.allocation(set)?.strategy = StrategyUse::Included;
        Ok(())
    }

    /// Takes the strategy off `set`'s list at `block`: it can no longer be slashed there, and is freed at once on
    /// demand.
    pub fn exclude_strategy(&mut self, set: usize, block: u64) -> Result<(), Error> {
        self.advance(block)?;
        self.allocation(set)?.strategy = StrategyUse::Excluded;
        Ok(())
    }

    /// Asks at `block` for `set` to hold `magnitude`.
    ///
    /// More is taken at once and slashable after the allocation delay. Less is free, and no longer slashable,
    /// from `block + delay + 1` on, or at once where the set cannot slash it. One change at a time: a waiting one
    /// refuses the next, even one that a slash has cut to nothing.
    pub fn modify(&mut self, set: usize, magnitude: u64, block: u64) -> Result<(), Error> {
        self.advance(block)?;
        let allocation = self.allocation(set)?;
        if let Some(change) = allocation.pending {
            return Err(Error::ChangeAlreadyPending { set, effect_block: change.effect_block() });
        }
        match magnitude.cmp(&allocation.current) {
            std::cmp::Ordering::Equal => Err(Error::SameMagnitude { magnitude }),
            std::cmp::Ordering::Less => self.deallocate(set, magnitude, block),
            std::cmp::Ordering::Greater => self.allocate(set, magnitude, block),
        }
    }

    /// Raises `set` to `magnitude`.
    fn allocate(&mut self, set: usize, magnitude: u64, block: u64) -> Result<(), Error> {
        if magnitude > WAD {
            return Err(Error::MagnitudeAboveMaximum { magnitude });
        }
        let allocatable = self.allocatable(block);
        let effect_block = block.saturating_add(self.allocation_delay(block));
        let allocation = self.allocation(set)?;
        let by = magnitude - allocation.current;
        if by > allocatable {
            return Err(Error::NotAllocatable { added: by, allocatable });
        }
        allocation.pending = Some(PendingChange::Increase { by, effect_block });
        self.encumbered += by;
        self.advance(block)
    }

    /// Lowers `set` to `magnitude`.
    fn deallocate(&mut self, set: usize, magnitude: u64, block: u64) -> Result<(), Error> {
        let effect_block = block.saturating_add(self.parameters.deallocation_delay).saturating_add(1);
        let allocation = self.allocation(set)?;
        let by = allocation.current - magnitude;
        if allocation.is_slashable(block) {
            allocation.pending = Some(PendingChange::Decrease { by, effect_block });
        } else {
            allocation.current = magnitude;
            self.encumbered -= by;
        }
        Ok(())
    }

    /// `set` slashes the part `wad` (in 10⁻¹⁸, above 0, at most 10¹⁸) of what it holds at `block`.
    ///
    /// The slashed magnitude leaves the allocation, the greatest and the encumbered magnitude; a pending decrease
    /// shrinks by `⌈pending·wad⌉`, a pending increase is not touched. A set that holds nothing slashes nothing.
    pub fn slash(&mut self, set: usize, wad: u64, block: u64) -> Result<SlashOutcome, Error> {
        self.advance(block)?;
        let max = self.max();
        let allocation = self.allocation(set)?;
        if !allocation.registration.is_slashable(block) {
            return Err(Error::NotSlashable { set, block });
        }
        let outcome = slash_magnitude(allocation.current, max, wad)?;
        if allocation.strategy == StrategyUse::Excluded {
            return Err(Error::StrategyNotInSet { set });
        }
        if outcome.slashed == 0 {
            return Ok(outcome);
        }
        allocation.current -= outcome.slashed;
        if let Some(PendingChange::Decrease { by, .. }) = &mut allocation.pending {
            *by -= part_ceil(*by, wad);
        }
        self.lower_max(&outcome, block);
        Ok(outcome)
    }
}

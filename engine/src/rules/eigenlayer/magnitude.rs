//! An operator's magnitude in one strategy, block by block: what is allocated, what waits, what is free.

use crate::rules::eigenlayer::delayed::Delayed;
use crate::rules::eigenlayer::parameters::Parameters;
use crate::rules::eigenlayer::registration::Registration;
use crate::rules::eigenlayer::wad::WAD;
use crate::rules::eigenlayer::{Error, SlashOutcome};

/// A change of allocation that has been announced and does not act yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PendingChange {
    /// So much more from the block named on; the magnitude is taken at once.
    Increase {
        /// Magnitude to add.
        by: u64,
        /// First block in which it can be slashed.
        effect_block: u64,
    },
    /// So much less from the block named on; slashable and taken until then.
    Decrease {
        /// Magnitude to give back; slashes shrink it.
        by: u64,
        /// First block in which it is free.
        effect_block: u64,
    },
}

impl PendingChange {
    /// First block in which the change acts.
    pub const fn effect_block(self) -> u64 {
        match self {
            Self::Increase { effect_block, .. } | Self::Decrease { effect_block, .. } => effect_block,
        }
    }
}

/// What one set has of the operator's magnitude.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Allocation {
    pub(super) current: u64,
    pub(super) pending: Option<PendingChange>,
    pub(super) registration: Registration,
    pub(super) strategy: StrategyUse,
}

/// Whether a set lists the strategy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum StrategyUse {
    #[default]
    Included,
    Excluded,
}

impl Allocation {
    /// This allocation as of `block`: a due change has been made. The second value is the magnitude it set free.
    fn at(self, block: u64) -> (Self, u64) {
        match self.pending {
            Some(change) if block >= change.effect_block() => match change {
                PendingChange::Increase { by, .. } => {
                    (Self { current: self.current.saturating_add(by), pending: None, ..self }, 0)
                }
                PendingChange::Decrease { by, .. } => {
                    (Self { current: self.current.saturating_sub(by), pending: None, ..self }, by)
                }
            },
            _ => (self, 0),
        }
    }

    /// Whether the set can slash this allocation at `block`.
    pub(super) fn is_slashable(&self, block: u64) -> bool {
        self.strategy == StrategyUse::Included && self.current > 0 && self.registration.is_slashable(block)
    }
}

/// One operator's magnitude in one strategy, divided among operator sets.
///
/// The magnitude starts at 10¹⁸ and only slashes lower it. `encumbered` is what the sets hold, pending increases
/// and pending decreases included, and never exceeds it. Blocks may not run backwards; views take the block they
/// are asked for, no earlier than the latest change. A refused request changes nothing but still passes the time.
/// Source: eigenlayer-contracts, src/contracts/core/AllocationManager.sol.
#[derive(Clone, Debug)]
pub struct Magnitudes {
    pub(super) parameters: Parameters,
    pub(super) encumbered: u64,
    pub(super) sets: Vec<Allocation>, // [set]
    allocation_delay: Delayed<u64>,
    history: Vec<(u64, u64)>, // (block, greatest magnitude from that block on), blocks ascending
    latest: u64,
}

impl Magnitudes {
    /// A new operator facing `n_sets` operator sets, all of which use the strategy, member of none.
    ///
    /// The allocation delay (blocks, 0 allowed) acts at once, as it does for an operator that registers.
    pub fn new(parameters: Parameters, n_sets: usize, allocation_delay: u64) -> Self {
        Self {
            parameters,
            encumbered: 0,
            sets: vec![Allocation::default(); n_sets],
            allocation_delay: Delayed::new(allocation_delay),
            history: Vec::new(),
            latest: 0,
        }
    }

    /// The greatest magnitude: 10¹⁸ less all slashes.
    pub fn max(&self) -> u64 {
        self.history.last().map_or(WAD, |(_, max)| *max)
    }

    /// The greatest magnitude after all slashes up to and including `block`.
    pub fn max_at(&self, block: u64) -> u64 {
        let count = self.history.partition_point(|(since, _)| *since <= block);
        count.checked_sub(1).map_or(WAD, |last| self.history[last].1)
    }

    /// Magnitude that some set holds or waits for at `block`.
    pub fn encumbered(&self, block: u64) -> u64 {
        let freed = self.sets.iter().fold(0_u64, |sum, set| sum.saturating_add(set.at(block).1));
        self.encumbered.saturating_sub(freed)
    }

    /// Magnitude that is free at `block`: greatest less encumbered.
    pub fn allocatable(&self, block: u64) -> u64 {
        self.max().saturating_sub(self.encumbered(block))
    }

    /// Magnitude allocated to `set` in force at `block`, a pending decrease still included; 0 for an unknown set.
    pub fn current(&self, set: usize, block: u64) -> u64 {
        self.sets.get(set).map_or(0, |allocation| allocation.at(block).0.current)
    }

    /// The change of `set` that still waits at `block`.
    pub fn pending(&self, set: usize, block: u64) -> Option<PendingChange> {
        self.sets.get(set).and_then(|allocation| allocation.at(block).0.pending)
    }

    /// Membership in `set`.
    pub fn registration(&self, set: usize) -> Registration {
        self.sets.get(set).map_or(Registration::Never, |allocation| allocation.registration)
    }

    /// The allocation delay in force at `block`.
    pub fn allocation_delay(&self, block: u64) -> u64 {
        self.allocation_delay.at(block)
    }

    /// Announces an allocation delay of `delay` blocks at `block`; it acts after the configuration delay plus one
    /// block.
    pub fn set_allocation_delay(&mut self, delay: u64, block: u64) -> Result<(), Error> {
        self.advance(block)?;
        self.allocation_delay.announce(delay, block, self.parameters.allocation_configuration_delay);
        Ok(())
    }

    /// Moves to `block`, making every change that is due.
    pub(super) fn advance(&mut self, block: u64) -> Result<(), Error> {
        if block < self.latest {
            return Err(Error::BlockInThePast { block, latest: self.latest });
        }
        self.latest = block;
        for set in &mut self.sets {
            let (settled, freed) = set.at(block);
            *set = settled;
            self.encumbered = self.encumbered.saturating_sub(freed);
        }
        Ok(())
    }

    /// The allocation of `set`, or the refusal of an unknown one.
    pub(super) fn allocation(&mut self, set: usize) -> Result<&mut Allocation, Error> {
        let n_sets = self.sets.len();
        self.sets.get_mut(set).ok_or(Error::UnknownSet { set, n_sets })
    }

    /// Records the magnitude left by a slash at `block`.
    pub(super) fn lower_max(&mut self, slash: &SlashOutcome, block: u64) {
        self.encumbered = self.encumbered.saturating_sub(slash.slashed);
        self.history.push((block, slash.max_after));
    }
}

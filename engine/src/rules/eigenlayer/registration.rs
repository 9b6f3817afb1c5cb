//! Membership of an operator in an operator set.

/// Whether an operator is, was or never has been in a set.
///
/// Source: eigenlayer-contracts, src/contracts/core/AllocationManager.sol (`isOperatorSlashable`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Registration {
    /// Never registered.
    #[default]
    Never,
    /// Registered now.
    Member,
    /// Left; slashable through the block named.
    Left {
        /// Last block in which the set can slash: the block of leaving plus the delay.
        slashable_until: u64,
    },
}

impl Registration {
    /// What leaving at `block` makes of a membership.
    pub const fn left_at(block: u64, deallocation_delay: u64) -> Self {
        Self::Left { slashable_until: block.saturating_add(deallocation_delay) }
    }

    /// Whether the set can slash the operator at `block`; the last block of the delay counts.
    pub const fn is_slashable(self, block: u64) -> bool {
        match self {
            Self::Never => false,
            Self::Member => true,
            Self::Left { slashable_until } => block <= slashable_until,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Registration;

    #[test]
    fn the_last_block_of_the_delay_is_slashable() {
        let left = Registration::left_at(1_000, 100_800);
        assert_eq!((left.is_slashable(101_800), left.is_slashable(101_801)), (true, false));
        assert!(!Registration::Never.is_slashable(0));
        assert!(Registration::left_at(u64::MAX, 1).is_slashable(u64::MAX));
    }
}

//! A value that is not settled yet: between what it is if every pending packet fails and if every one succeeds.

/// The interval [low, high] a value lies in while packets are in flight; `low ≤ high` always.
///
/// A packet that would add moves `high` when sent and `low` when it is acknowledged; one that would take away moves
/// `low` when sent and `high` when acknowledged. Every operation is `None` where the contract would abort.
/// Source: mesh-security, packages/sync/src/range.rs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Range {
    low: u128,
    high: u128,
}

impl Range {
    /// A settled value.
    pub const fn exact(value: u128) -> Self {
        Self { low: value, high: value }
    }

    /// The interval [low, high]; `None` if they are in the wrong order.
    pub fn new(low: u128, high: u128) -> Option<Self> {
        (low <= high).then_some(Self { low, high })
    }

    /// The value if every pending addition fails and every pending subtraction succeeds.
    pub const fn low(self) -> u128 {
        self.low
    }

    /// The value if every pending addition succeeds and every pending subtraction fails.
    pub const fn high(self) -> u128 {
        self.high
    }

    /// The larger of both, end by end.
    pub fn max(self, other: Self) -> Self {
        Self { low: self.low.max(other.low), high: self.high.max(other.high) }
    }

    /// The smaller of each end and `bound`.
    pub fn min_with(self, bound: u128) -> Self {
        Self { low: self.low.min(bound), high: self.high.min(bound) }
    }

    /// An addition is sent: `high` rises.
    pub fn prepare_add(self, value: u128) -> Option<Self> {
        Self::new(self.low, self.high.checked_add(value)?)
    }

    /// An addition is acknowledged: `low` rises; `None` beyond `high`.
    pub fn commit_add(self, value: u128) -> Option<Self> {
        Self::new(self.low.checked_add(value)?, self.high)
    }

    /// An addition is acknowledged after a slash may have lowered `high`: `low` rises and pushes `high` up.
    pub fn commit_add_saturating(self, value: u128) -> Option<Self> {
        let low = self.low.checked_add(value)?;
        Some(Self { low, high: self.high.max(low) })
    }

    /// An addition has failed: `high` falls back; `None` below `low`.
    pub fn rollback_add(self, value: u128) -> Option<Self> {
        Self::new(self.low, self.high.checked_sub(value)?)
    }

    /// An addition has failed after a slash may have lowered `high`: `high` falls back, not below `low`.
    pub fn rollback_add_saturating(self, value: u128) -> Option<Self> {
        Some(Self { low: self.low, high: self.high.checked_sub(value)?.max(self.low) })
    }

    /// A subtraction is sent: `low` falls; `None` below nought.
    pub fn prepare_sub(self, value: u128) -> Option<Self> {
        Self::new(self.low.checked_sub(value)?, self.high)
    }

    /// A subtraction is acknowledged: `high` falls; `None` below `low`.
    pub fn commit_sub(self, value: u128) -> Option<Self> {
        Self::new(self.low, self.high.checked_sub(value)?)
    }

    /// A subtraction has failed: `low` recovers, not above `high`.
    pub fn rollback_sub_saturating(self, value: u128) -> Self {
        Self { low: self.low.saturating_add(value).min(self.high), high: self.high }
    }

    /// Both ends `value` higher.
    pub fn raised(self, value: u128) -> Option<Self> {
        self.prepare_add(value)?.commit_add(value)
    }

    /// Both ends `value` lower; `None` if `low` is smaller than `value`.
    pub fn lowered(self, value: u128) -> Option<Self> {
        self.prepare_sub(value)?.commit_sub(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(low: u128, high: u128) -> Range {
        Range::new(low, high).unwrap()
    }

    /// mesh-security, packages/sync/src/range.rs (`real_world_usage`).
    #[test]
    fn a_lien_lives_through_two_packets() {
        let sent = Range::exact(0).prepare_add(2_000).unwrap().prepare_add(5_000).unwrap();
        let one = sent.commit_add(5_000).unwrap();
        assert_eq!(one, range(5_000, 7_000));
        let both = one.prepare_sub(3_000).unwrap();
        assert_eq!(both, range(2_000, 7_000));
        assert_eq!(both.rollback_add(2_000), Some(range(2_000, 5_000)));
        assert_eq!(both.commit_sub(3_000), Some(range(2_000, 4_000)));
    }

    #[test]
    fn a_crossing_of_the_ends_is_refused_or_saturated() {
        let slashed = range(0, 80);
        assert_eq!(slashed.commit_add(100), None);
        assert_eq!(slashed.commit_add_saturating(100), Some(Range::exact(100)));
        assert_eq!(range(50, 80).rollback_add(40), None);
        assert_eq!(range(50, 80).rollback_add_saturating(40), Some(Range::exact(50)));
        assert_eq!(range(50, 80).rollback_add_saturating(81), None);
        assert_eq!(range(0, 80).rollback_sub_saturating(100), Range::exact(80));
        assert_eq!(range(0, 80).lowered(1), None);
        assert_eq!(Range::new(2, 1), None);
        assert_eq!(Range::exact(u128::MAX).raised(1), None);
    }
}

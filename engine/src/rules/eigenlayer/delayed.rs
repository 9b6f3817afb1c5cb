//! Values whose change waits: an operator's allocation delay, a set's slasher, an operator's commission.

use crate::rules::eigenlayer::parameters::{Parameters, SlasherRule};

/// A value and the one change to it that waits, by block or by second.
///
/// A new change replaces a waiting one; one already due is taken first. Source: eigenlayer-contracts,
/// src/contracts/core/AllocationManager.sol (`_setAllocationDelay`, `_updateSlasher`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delayed<T> {
    now: T,
    next: T,
    effect: u64,
}

impl<T: Copy> Delayed<T> {
    /// A value that acts at once.
    pub const fn new(value: T) -> Self {
        Self { now: value, next: value, effect: 0 }
    }

    /// The value that acts at `time`.
    pub fn at(&self, time: u64) -> T {
        if time >= self.effect { self.next } else { self.now }
    }

    /// The value announced last and the time from which it acts.
    pub fn announced(&self) -> (T, u64) {
        (self.next, self.effect)
    }

    /// Announces `value` at `time`: it acts from `time + delay + 1` on, after the whole delay.
    pub fn announce(&mut self, value: T, time: u64, delay: u64) {
        self.now = self.at(time);
        self.next = value;
        self.effect = time.saturating_add(delay).saturating_add(1);
    }

    /// Sets `value` from `time` on, with no delay.
    fn replace(&mut self, value: T, time: u64) {
        self.now = self.at(time);
        self.next = value;
        self.effect = time;
    }
}

/// Names `slasher` as the slasher of a set at `block`, to act when the deployment's rule lets it.
pub fn change_slasher<T: Copy>(current: &mut Delayed<T>, slasher: T, block: u64, parameters: &Parameters) {
    match parameters.slasher {
        SlasherRule::Appointees => current.replace(slasher, block),
        SlasherRule::OnePerSet { configuration_delay } => {
            current.announce(slasher, block, configuration_delay)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::eigenlayer::parameters::Deployment;

    #[test]
    fn a_new_slasher_acts_after_126_001_blocks() {
        let mut slasher = Delayed::new('a');
        change_slasher(&mut slasher, 'b', 1_000, &Deployment::MainnetV19.parameters());
        assert_eq!((slasher.at(127_000), slasher.at(127_001)), ('a', 'b'));
        change_slasher(&mut slasher, 'c', 1_000, &Deployment::Mainnet.parameters());
        assert_eq!((slasher.at(999), slasher.at(1_000)), ('a', 'c'));
    }

    #[test]
    fn a_second_announcement_replaces_the_first_unless_it_is_due() {
        let mut delay = Delayed::new(5_u64);
        delay.announce(6, 10, 10);
        delay.announce(7, 20, 10);
        assert_eq!((delay.at(30), delay.at(31)), (5, 7));
        delay.announce(8, 31, 10);
        assert_eq!((delay.at(41), delay.at(42), delay.announced()), (7, 8, (8, 42)));
        delay.announce(9, u64::MAX, 10);
        assert_eq!(delay.announced(), (9, u64::MAX));
    }
}

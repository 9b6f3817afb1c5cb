//! What operators keep of rewards.

use crate::rules::eigenlayer::Error;
use crate::rules::eigenlayer::parameters::Parameters;
use crate::rules::integer::mul_div_floor;

/// All of a reward, in 1/10,000.
const ALL_BIPS: u16 = 10_000;

/// An operator's commission and the change to it that waits.
///
/// Source: eigenlayer-contracts, src/contracts/core/RewardsCoordinator.sol (`_setOperatorSplit`,
/// `_getOperatorSplit`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OperatorSplit {
    before_bips: u16,
    after_bips: u16,
    activated_at: u64,
    activation_delay_seconds: u64,
}

/// A reward divided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Commission {
    /// The operator's part, rounded down.
    pub operator: u128,
    /// The stakers' part, the rest.
    pub stakers: u128,
}

impl OperatorSplit {
    /// An operator that never set its commission: the default acts.
    pub const fn new(parameters: &Parameters) -> Self {
        let bips = parameters.default_commission_bips;
        let activation_delay_seconds = parameters.rewards_activation_delay_seconds;
        Self { before_bips: bips, after_bips: bips, activated_at: 0, activation_delay_seconds }
    }

    /// Commission in force at `second`, in 1/10,000.
    pub const fn bips_at(&self, second: u64) -> u16 {
        if second >= self.activated_at { self.after_bips } else { self.before_bips }
    }

    /// Asks at `second` for `bips` of 10,000; acts from `second` plus the activation delay on.
    ///
    /// Refused while a change waits, and in the very second in which it starts to act.
    pub fn change(&mut self, bips: u16, second: u64) -> Result<(), Error> {
        if bips > ALL_BIPS {
            return Err(Error::CommissionTooHigh { bips });
        }
        if second <= self.activated_at {
            return Err(Error::CommissionPending { activated_at: self.activated_at, second });
        }
        self.before_bips = self.after_bips;
        self.after_bips = bips;
        self.activated_at = second.saturating_add(self.activation_delay_seconds);
        Ok(())
    }

    /// Divides `reward` at `second` between operator and stakers; nothing is lost in rounding.
    pub fn divide(&self, reward: u128, second: u64) -> Commission {
        let operator = mul_div_floor(reward, self.bips_at(second).into(), ALL_BIPS.into()).min(reward);
        Commission { operator, stakers: reward - operator }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::eigenlayer::parameters::Deployment;

    const DAY: u64 = 86_400;

    #[test]
    fn the_default_is_a_tenth_until_a_change_has_waited_seven_days() {
        let mut split = OperatorSplit::new(&Deployment::MainnetV19.parameters());
        assert_eq!(split.divide(1_009, DAY), Commission { operator: 100, stakers: 909 });
        split.change(2_500, DAY).unwrap();
        assert_eq!((split.bips_at(8 * DAY - 1), split.bips_at(8 * DAY)), (1_000, 2_500));
        let pending = Error::CommissionPending { activated_at: 8 * DAY, second: 8 * DAY };
        assert_eq!(split.change(0, 8 * DAY), Err(pending));
        split.change(0, 8 * DAY + 1).unwrap();
        assert_eq!((split.bips_at(15 * DAY), split.bips_at(15 * DAY + 1)), (2_500, 0));
    }

    #[test]
    fn a_commission_of_all_is_allowed_and_of_more_is_not() {
        let mut split = OperatorSplit::new(&Deployment::MainnetV19.parameters());
        assert_eq!(split.change(10_001, 5), Err(Error::CommissionTooHigh { bips: 10_001 }));
        split.change(10_000, 5).unwrap();
        assert_eq!(split.divide(u128::MAX, u64::MAX), Commission { operator: u128::MAX, stakers: 0 });
    }
}

//! External staking on the provider: who stands behind one validator of a consumer.

use super::rewards::Earnings;
use super::unbonding::{self, Clock};
use super::{Decimal, Distribution, Error, Range, Release, Unbonding};

/// One user's stake on the pool's validator.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stake {
    /// Staked, base units of the provider's token.
    pub bonded: Range,
    /// Batches that wait out the unbonding period, in the order they were acknowledged.
    pub unbonding: Vec<Unbonding>,
    pub(super) earnings: Earnings,
}

/// A slash as it comes to the pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SlashOrder {
    /// What all stake on the validator loses together, base units of the provider's token.
    pub amount: u128,
    /// The consumer's own ratio, for unbondings.
    pub nominal_ratio: Decimal,
    /// When the offence happened, seconds.
    pub infraction_s: u64,
    /// When the packet arrives, seconds.
    pub now_s: u64,
}

/// What one user loses; the vault takes it off the consumer's lien.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct UserSlash {
    /// The user's index in the pool.
    pub user: usize,
    /// Base units, off the stake and off the unbondings together.
    pub amount: u128,
}

/// All stake on one validator of a consumer, by user.
///
/// Source: mesh-security, contracts/provider/external-staking/src/{contract,state}.rs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pool {
    stakes: Vec<Stake>, // [user]
    distribution: Distribution,
    unbonding_period_s: u64,
}

impl Pool {
    /// A pool for `users` users, none of whom has staked.
    pub fn new(users: usize, unbonding_period_s: u64) -> Self {
        Self {
            stakes: vec![Stake::default(); users],
            distribution: Distribution::default(),
            unbonding_period_s,
        }
    }

    /// The stakes, by user.
    pub fn stakes(&self) -> &[Stake] {
        &self.stakes
    }

    /// What the validator's rewards have come to for each token.
    pub fn distribution(&self) -> Distribution {
        self.distribution
    }

    /// Sends a stake to the consumer.
    ///
    /// # Errors
    /// [`Error::NoStake`], [`Error::Overflow`].
    pub fn prepare_stake(&mut self, user: usize, amount: u128) -> Result<(), Error> {
        self.change(user, amount, Range::prepare_add)
    }

    /// The consumer has taken the stake; what a slash took in the meantime stays above it.
    ///
    /// # Errors
    /// [`Error::NoStake`], [`Error::Overflow`].
    pub fn commit_stake(&mut self, user: usize, amount: u128) -> Result<(), Error> {
        let overflow = Error::Overflow { quantity: "stake" };
        let points = self.distribution.points_per_stake;
        let total_stake = self.distribution.total_stake.checked_add(amount).ok_or(overflow.clone())?;
        let mut stake = self.stake(user)?.clone();
        stake.bonded = stake.bonded.commit_add_saturating(amount).ok_or(overflow)?;
        stake.earnings.stake_increased(amount, points)?;
        self.distribution.total_stake = total_stake;
        self.stakes[user] = stake;
        Ok(())
    }

    /// The consumer has refused the stake.
    ///
    /// # Errors
    /// [`Error::NoStake`], [`Error::StakeTooSmall`] where a slash has left less than the stake in flight.
    pub fn rollback_stake(&mut self, user: usize, amount: u128) -> Result<(), Error> {
        self.change(user, amount, Range::rollback_add_saturating)
    }

    /// Sends an unstaking to the consumer, at most the low end of the stake.
    ///
    /// # Errors
    /// [`Error::NoStake`], [`Error::StakeTooSmall`].
    pub fn prepare_unstake(&mut self, user: usize, amount: u128) -> Result<(), Error> {
        self.change(user, amount, Range::prepare_sub)
    }

    /// The consumer has unstaked: `min(amount, high stake)` begins to unbond.
    ///
    /// # Errors
    /// [`Error::NoStake`], [`Error::StakeTooSmall`], [`Error::Overflow`].
    pub fn commit_unstake(
        &mut self,
        user: usize,
        amount: u128,
        now_s: u64,
        release: Release,
    ) -> Result<(), Error> {
        let mut stake = self.stake(user)?.clone();
        let amount = amount.min(stake.bonded.high());
        let too_small = Error::StakeTooSmall { stake: stake.bonded.high(), amount };
        stake.bonded = stake.bonded.commit_sub(amount).ok_or(too_small.clone())?;
        let total_stake = self.distribution.total_stake.checked_sub(amount).ok_or(too_small)?;
        let release_at_s = match release {
            Release::AtOnce => now_s,
            Release::AfterUnbonding => now_s.saturating_add(self.unbonding_period_s),
        };
        stake.unbonding.push(Unbonding { amount, release_at_s });
        stake.earnings.stake_decreased(amount, self.distribution.points_per_stake)?;
        self.distribution.total_stake = total_stake;
        self.stakes[user] = stake;
        Ok(())
    }

    /// The consumer has refused to unstake.
    ///
    /// # Errors
    /// [`Error::NoStake`].
    pub fn rollback_unstake(&mut self, user: usize, amount: u128) -> Result<(), Error> {
        self.change(user, amount, |bonded, amount| Some(bonded.rollback_sub_saturating(amount)))
    }

    /// Pays out what is ripe and returns it; the vault takes it off the consumer's lien.
    ///
    /// # Errors
    /// [`Error::NoStake`].
    pub fn withdraw_unbonded(&mut self, user: usize, now_s: u64) -> Result<u128, Error> {
        let stake = self.stakes.get_mut(user).ok_or(Error::NoStake { user })?;
        Ok(unbonding::withdraw_ripe(&mut stake.unbonding, now_s))
    }

    /// Burns `amount` of a user's stake because the vault has cut the lien.
    ///
    /// # Errors
    /// [`Error::NoStake`], [`Error::StakeTooSmall`] above the low end of the stake.
    pub fn burn(&mut self, user: usize, amount: u128) -> Result<(), Error> {
        let mut stake = self.stake(user)?.clone();
        let too_small = Error::StakeTooSmall { stake: stake.bonded.low(), amount };
        stake.bonded = stake.bonded.lowered(amount).ok_or(too_small)?;
        stake.earnings.stake_decreased(amount, self.distribution.points_per_stake)?;
        self.distribution.total_stake = self.distribution.total_stake.saturating_sub(amount);
        self.stakes[user] = stake;
        Ok(())
    }

    /// Splits a slash of the validator over its users and takes it off their stakes.
    ///
    /// The effective ratio is `amount / Σ high stake` with 18 decimals, floored, and each user loses
    /// `⌊high stake · ratio⌋`, so up to a unit a user of the amount is never taken. Batches that began to unbond after
    /// the infraction lose their part at the nominal ratio, on top. A user whose stake is nought is passed over, with
    /// all that still unbonds. Users are in the order of their index; nobody staked means nobody slashed.
    ///
    /// # Errors
    /// [`Error::NothingStaked`] if there are users but no stake, [`Error::StakeTooSmall`] if a user's part exceeds the
    /// stake (an amount above the sum, unless the flooring hides it): the contract aborts the whole packet.
    /// [`Error::Overflow`].
    pub fn slash(&mut self, order: SlashOrder) -> Result<Vec<UserSlash>, Error> {
        if self.stakes.is_empty() {
            return Ok(Vec::new());
        }
        let ratio = self.effective_ratio(order.amount)?;
        let mut after = self.clone();
        let mut slashes = Vec::new();
        for user in 0..after.stakes.len() {
            if after.stakes[user].bonded.high() > 0 {
                slashes.push(after.slash_user(user, ratio, order)?);
            }
        }
        *self = after;
        Ok(slashes)
    }

    /// `⌊amount·10¹⁸ / Σ high stake⌋/10¹⁸`.
    ///
    /// # Errors
    /// As [`Pool::slash`].
    pub fn effective_ratio(&self, amount: u128) -> Result<Decimal, Error> {
        let sum = |sum: u128, stake: &Stake| sum.checked_add(stake.bonded.high());
        let overflow = Error::Overflow { quantity: "stake" };
        let stake = self.stakes.iter().try_fold(0, sum).ok_or(overflow)?;
        if stake == 0 {
            return Err(Error::NothingStaked);
        }
        Decimal::from_ratio(amount, stake).ok_or(Error::Overflow { quantity: "effective slash ratio" })
    }

    /// Pays rewards to the validator's stakers.
    ///
    /// # Errors
    /// As [`Distribution::distribute`].
    pub fn distribute(&mut self, amount: u128) -> Result<(), Error> {
        self.distribution.distribute(amount)
    }

    /// What a user could withdraw of the rewards now.
    ///
    /// # Errors
    /// [`Error::NoStake`], [`Error::Overflow`].
    pub fn owed(&self, user: usize) -> Result<u128, Error> {
        let stake = self.stake(user)?;
        stake.earnings.owed(stake.bonded, self.distribution.points_per_stake)
    }

    /// Pays out a user's rewards and returns them.
    ///
    /// # Errors
    /// As [`Pool::owed`].
    pub fn withdraw_rewards(&mut self, user: usize) -> Result<u128, Error> {
        let owed = self.owed(user)?;
        self.stakes[user].earnings.withdraw(owed)?;
        Ok(owed)
    }

    fn slash_user(&mut self, user: usize, ratio: Decimal, order: SlashOrder) -> Result<UserSlash, Error> {
        let points = self.distribution.points_per_stake;
        let clock = Clock {
            infraction_s: order.infraction_s,
            now_s: order.now_s,
            unbonding_period_s: self.unbonding_period_s,
        };
        let stake = &mut self.stakes[user];
        let (low, high) = (stake.bonded.low(), stake.bonded.high());
        let cut = ratio.floor_of(high);
        let left = high.checked_sub(cut).and_then(|high| Range::new(low.saturating_sub(cut), high));
        stake.bonded = left.ok_or(Error::StakeTooSmall { stake: high, amount: cut })?;
        stake.earnings.stake_decreased(cut, points)?;
        let unbonding = unbonding::slash_pending(&mut stake.unbonding, order.nominal_ratio, clock);
        self.distribution.total_stake = self.distribution.total_stake.saturating_sub(cut);
        let amount = cut.checked_add(unbonding).ok_or(Error::Overflow { quantity: "slash" })?;
        Ok(UserSlash { user, amount })
    }

    fn stake(&self, user: usize) -> Result<&Stake, Error> {
        self.stakes.get(user).ok_or(Error::NoStake { user })
    }

    fn change(
        &mut self,
        user: usize,
        amount: u128,
        step: impl Fn(Range, u128) -> Option<Range>,
    ) -> Result<(), Error> {
        let stake = self.stakes.get_mut(user).ok_or(Error::NoStake { user })?;
        let too_small = Error::StakeTooSmall { stake: stake.bonded.low(), amount };
        stake.bonded = step(stake.bonded, amount).ok_or(too_small)?;
        Ok(())
    }
}

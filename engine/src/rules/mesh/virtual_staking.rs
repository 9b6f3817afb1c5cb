//! Virtual staking on the consumer: what is asked for, cut to the cap once an epoch.

use std::collections::BTreeMap;

use super::{Error, burn_exactly};
use crate::rules::integer::mul_div_floor;

/// What an epoch tells the staking module to do for one validator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Move {
    /// Mint and delegate.
    Bond(u128),
    /// Undelegate and burn, at once.
    Unbond(u128),
}

/// The requests cut to the cap: `⌊v·cap/Σv⌋` each if `Σv > cap`, as they are otherwise.
///
/// A cap of nought leaves nothing. Source: mesh-security, contracts/consumer/virtual-staking/src/contract.rs
/// (`handle_epoch`).
///
/// # Errors
/// [`Error::Overflow`].
pub fn scale_to_cap(requests: &[u128], cap: u128) -> Result<Vec<u128>, Error> {
    let overflow = Error::Overflow { quantity: "sum of bond requests" };
    let total = requests.iter().try_fold(0_u128, |sum, v| sum.checked_add(*v)).ok_or(overflow)?;
    if total <= cap {
        return Ok(requests.to_vec());
    }
    Ok(requests.iter().map(|v| mul_div_floor(*v, cap, total)).collect())
}

/// One provider's virtual stake on a consumer, by validator.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VirtualStaking {
    requests: BTreeMap<u32, u128>,
    bonded: BTreeMap<u32, u128>,
    slashes: BTreeMap<u32, u128>,
}

impl VirtualStaking {
    /// What is asked for, by validator.
    pub fn requests(&self) -> &BTreeMap<u32, u128> {
        &self.requests
    }

    /// What the last epoch bonded, by validator.
    pub fn bonded(&self) -> &BTreeMap<u32, u128> {
        &self.bonded
    }

    /// Asks for `amount` more on `validator`; nothing is bonded before the epoch.
    ///
    /// # Errors
    /// [`Error::Overflow`].
    pub fn bond(&mut self, validator: u32, amount: u128) -> Result<(), Error> {
        let old = self.requests.get(&validator).copied().unwrap_or(0);
        let request = old.checked_add(amount).ok_or(Error::Overflow { quantity: "bond request" })?;
        self.requests.insert(validator, request);
        Ok(())
    }

    /// Asks for `amount` less on `validator`.
    ///
    /// # Errors
    /// [`Error::StakeTooSmall`].
    pub fn unbond(&mut self, validator: u32, amount: u128) -> Result<(), Error> {
        let stake = self.requests.get(&validator).copied().unwrap_or(0);
        let left = stake.checked_sub(amount).ok_or(Error::StakeTooSmall { stake, amount })?;
        self.requests.insert(validator, left);
        Ok(())
    }

    /// Burns `amount` over `validators`, those with no request left out; returns what each burns.
    ///
    /// # Errors
    /// [`Error::BurnNotWhole`]; nothing is burned then.
    pub fn burn(&mut self, validators: &[u32], amount: u128) -> Result<Vec<(u32, u128)>, Error> {
        let stake = |validator: &u32| self.requests.get(validator).map(|stake| (*validator, *stake));
        let staked: Vec<(u32, u128)> =
            validators.iter().filter_map(stake).filter(|(_, stake)| *stake > 0).collect();
        let stakes: Vec<u128> = staked.iter().map(|(_, stake)| *stake).collect();
        let each = burn_exactly(&stakes, amount)?;
        let mut after = self.clone();
        let burns: Vec<(u32, u128)> = staked.iter().zip(each).map(|((v, _), burn)| (*v, burn)).collect();
        for (validator, burn) in &burns {
            after.unbond(*validator, *burn)?;
        }
        *self = after;
        Ok(burns)
    }

    /// Notes a slash by the staking module, to be booked at the epoch; a second one for the same validator within an
    /// epoch replaces the first, as the contract keys them by validator.
    pub fn slash(&mut self, validator: u32, amount: u128) {
        self.slashes.insert(validator, amount);
    }

    /// Ends an epoch: books the slashes, cuts the requests to `cap`, and returns what to bond and unbond.
    ///
    /// With a cap of nought everything is unbonded (the module does it, the contract only forgets what was bonded);
    /// requests and slashes wait for a later epoch. Moves of nought are left out.
    ///
    /// # Errors
    /// [`Error::StakeTooSmall`] for a slash above what is bonded, [`Error::Overflow`]; nothing changes then.
    pub fn end_epoch(&mut self, cap: u128) -> Result<BTreeMap<u32, Move>, Error> {
        if cap == 0 {
            let old = std::mem::take(&mut self.bonded);
            return Ok(rebalance(&old, &BTreeMap::new()));
        }
        let mut after = self.clone();
        after.book_slashes()?;
        let amounts: Vec<u128> = after.requests.values().copied().collect();
        let scaled = scale_to_cap(&amounts, cap)?;
        let desired: BTreeMap<u32, u128> = after.requests.keys().copied().zip(scaled).collect();
        let moves = rebalance(&after.bonded, &desired);
        after.bonded = desired;
        *self = after;
        Ok(moves)
    }

    /// Takes each slash off what is bonded and, as far as it goes, off the request, so that it is not unbonded again.
    fn book_slashes(&mut self) -> Result<(), Error> {
        for (validator, amount) in std::mem::take(&mut self.slashes) {
            let Some(stake) = self.bonded.get_mut(&validator) else {
                continue;
            };
            let too_small = Error::StakeTooSmall { stake: *stake, amount };
            *stake = stake.checked_sub(amount).ok_or(too_small)?;
            let request = self.requests.entry(validator).or_default();
            *request = request.saturating_sub(amount);
        }
        Ok(())
    }
}

/// From what is bonded to what should be, validators in order.
fn rebalance(current: &BTreeMap<u32, u128>, desired: &BTreeMap<u32, u128>) -> BTreeMap<u32, Move> {
    let all = current.keys().chain(desired.keys());
    let change = |validator: &u32| {
        let old = current.get(validator).copied().unwrap_or(0);
        let new = desired.get(validator).copied().unwrap_or(0);
        match new.cmp(&old) {
            std::cmp::Ordering::Less => Some((*validator, Move::Unbond(old - new))),
            std::cmp::Ordering::Equal => None,
            std::cmp::Ordering::Greater => Some((*validator, Move::Bond(new - old))),
        }
    };
    all.filter_map(change).collect()
}

//! Native ETH: stake that the beacon chain and the operator's sets can both slash.

use crate::rules::eigenlayer::Error;
use crate::rules::eigenlayer::parameters::QueueRecord;
use crate::rules::eigenlayer::staker::{QueuedShares, Staker, slashing_factor};
use crate::rules::eigenlayer::wad::{WAD, part_floor};
use crate::rules::integer::mul_div_floor;

/// The beacon-chain factor after a pod's balance fell, `⌊l·new/old⌋`; unchanged where it did not fall.
///
/// Source: eigenlayer-contracts, src/contracts/core/EigenPodManager.sol (`_reduceSlashingFactor`).
pub fn beacon_factor_after(factor: u64, new_balance: u128, old_balance: u128) -> u64 {
    if new_balance >= old_balance {
        return factor;
    }
    u64::try_from(mul_div_floor(factor.into(), new_balance, old_balance)).unwrap_or(factor)
}

/// The part of a pod's proven balance that slashes by services account for: balance less what can be withdrawn.
///
/// The beacon chain burns first: each of its slashes shrinks this part in proportion, and ETH counted in it may
/// have been slashed twice. Source: eigenlayer-contracts, docs/core/accounting/DualSlashingEdgeCase.md.
pub fn attributable_to_services(balance: u128, withdrawable: u128) -> u128 {
    balance.saturating_sub(withdrawable)
}

/// A pod owner: its proven balance, its beacon-chain factor and its claim. One share is one wei.
///
/// The contracts learn of gains and losses in the order they are proven, not the order they happen, and the order
/// changes what is left: depositing before proving a loss spreads the loss over the deposit. Each loss rounds the
/// product of the factors anew, so the claim can pass the proven balance by one part in that product's units per
/// loss.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NativeStaker {
    staker: Staker,
    beacon_factor: u64,
    balance: u128,
}

impl Default for NativeStaker {
    fn default() -> Self {
        Self { staker: Staker::default(), beacon_factor: WAD, balance: 0 }
    }
}

impl NativeStaker {
    /// Its deposit shares and scaling factor.
    pub const fn staker(&self) -> &Staker {
        &self.staker
    }

    /// The beacon-chain factor `l`, in 10⁻¹⁸; it only falls.
    pub const fn beacon_factor(&self) -> u64 {
        self.beacon_factor
    }

    /// Proven balance of the pod and its validators, wei.
    pub const fn balance(&self) -> u128 {
        self.balance
    }

    /// The slashing factor under an operator of `max_magnitude` (10¹⁸ if none).
    pub fn factor(&self, max_magnitude: u64) -> u64 {
        slashing_factor(max_magnitude, self.beacon_factor)
    }

    /// Wei it could withdraw under an operator of `max_magnitude`.
    pub fn withdrawable(&self, max_magnitude: u64) -> u128 {
        self.staker.withdrawable(self.factor(max_magnitude))
    }

    /// The part of the proven balance that slashes by services account for.
    pub fn attributable_to_services(&self, max_magnitude: u64) -> u128 {
        attributable_to_services(self.balance, self.withdrawable(max_magnitude))
    }

    /// Proves `added` wei more, a new validator or a reward.
    pub fn verify(&mut self, added: u128, max_magnitude: u64) -> Result<(), Error> {
        let overflow = Error::SharesOverflow { held: self.balance, added };
        let balance = self.balance.checked_add(added).ok_or(overflow)?;
        if added > 0 {
            self.staker.deposit(added, self.factor(max_magnitude))?;
        }
        self.balance = balance;
        Ok(())
    }

    /// Proves that the balance is now `new_balance`; returns the shares that the operator loses by it.
    ///
    /// A gain is a deposit and takes none. A loss lowers the factor from `l` to `l'` and takes
    /// `⌊⌊s·k⌋·⌊m·(l − l')⌋⌋` from the operator, if there is one.
    pub fn checkpoint(&mut self, new_balance: u128, max_magnitude: u64) -> Result<u128, Error> {
        if new_balance >= self.balance {
            self.verify(new_balance - self.balance, max_magnitude)?;
            return Ok(0);
        }
        let after = beacon_factor_after(self.beacon_factor, new_balance, self.balance);
        let fall = part_floor(max_magnitude.min(WAD), self.beacon_factor - after);
        self.beacon_factor = after;
        self.balance = new_balance;
        Ok(self.staker.withdrawable(fall))
    }

    /// Delegates to an operator of `max_magnitude`, which gains the shares returned; see [`Staker::delegate`].
    pub fn delegate(&mut self, max_magnitude: u64) -> Result<u128, Error> {
        self.staker.delegate(max_magnitude, self.beacon_factor)
    }

    /// Queues `deposit_shares` for withdrawal; see [`Staker::queue`].
    pub fn queue(
        &mut self,
        deposit_shares: u128,
        max_magnitude: u64,
        record: QueueRecord,
    ) -> Result<QueuedShares, Error> {
        self.staker.queue(deposit_shares, self.factor(max_magnitude), record)
    }

    /// Pays a completed withdrawal out of the pod. ETH that services slashed is never paid: it stays locked.
    pub fn pay(&mut self, wei: u128) {
        self.balance = self.balance.saturating_sub(wei);
    }
}

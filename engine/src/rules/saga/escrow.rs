use super::Refusal;
use crate::rules::cosmos::Dec18;

/// A chainlet's escrow in one coin: a balance that belongs to the holders of its shares, pro rata.
///
/// Source: ssc, x/escrow/keeper/escrow.go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pool {
    /// Base units in the pool.
    pub balance: u128,
    /// Shares of all funders.
    pub shares: Dec18,
}

impl Pool {
    /// Shares per base unit, `shares / balance` to 18 decimals, half to even; 1 for an empty pool.
    pub fn scaling_factor(&self) -> Result<Dec18, Refusal> {
        if self.balance == 0 {
            return Ok(Dec18::ONE);
        }
        Ok(self.shares.over(Dec18::from_integer(self.balance)?)?)
    }

    /// Pays `amount` in and returns the shares issued: `shares · amount / balance` rounded down.
    ///
    /// Into a pool without balance a unit buys one share, even if shares of its spent past are still about;
    /// they then dilute the newcomer.
    pub fn deposit(&mut self, amount: u128) -> Result<Dec18, Refusal> {
        let issued = match self.balance {
            0 => Dec18::from_integer(amount)?,
            balance => self.shares.scaled(amount, balance)?,
        };
        let shares = self.shares.raw().checked_add(issued.raw()).ok_or(Refusal::OutOfRange)?;
        self.balance = self.balance.checked_add(amount).ok_or(Refusal::OutOfRange)?;
        self.shares = Dec18::from_raw(shares);
        Ok(issued)
    }

    /// Takes out a funder's whole position of `shares` and returns the base units paid.
    ///
    /// `⌊shares / scaling factor⌋`, cut twice: the quotient to 18 decimals, then to whole units. A position
    /// worth less than one unit is left as it is and pays 0. The factor itself is rounded, which can carry a
    /// large position beyond the balance; that is refused.
    pub fn withdraw(&mut self, shares: Dec18) -> Result<u128, Refusal> {
        if shares > self.shares {
            return Err(Refusal::SharesBeyondPool { shares, total: self.shares });
        }
        let factor = self.scaling_factor()?;
        if factor == Dec18::ZERO {
            return Ok(0);
        }
        let (balance, amount) = (self.balance, shares.over_truncated(factor)?.truncate());
        if amount > balance {
            return Err(Refusal::Overdrawn { balance, amount });
        }
        if amount > 0 {
            self.balance -= amount;
            self.shares = Dec18::from_raw(self.shares.raw() - shares.raw());
        }
        Ok(amount)
    }

    /// Takes a bill of `amount` from all funders pro rata; refused, and nothing taken, beyond the balance.
    pub fn bill(&mut self, amount: u128) -> Result<(), Refusal> {
        let balance = self.balance;
        self.balance = balance.checked_sub(amount).ok_or(Refusal::BalanceTooLow { balance, amount })?;
        Ok(())
    }
}

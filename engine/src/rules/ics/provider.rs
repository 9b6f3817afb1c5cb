//! The provider's validators through infractions, and what a consumer knows of them.

use super::{
    Exit, IcsError, Jail, Slash, SlashJail, SlashTerms, Tombstone, downtime_slash_tokens, slash_equivocation,
    slash_power,
};

/// Whether a validator's stake can be slashed at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Bond {
    /// In the provider's set.
    #[default]
    Bonded,
    /// Out of the set, its stake still held.
    Unbonding,
    /// Out, its stake free.
    Unbonded,
}

/// A validator's stake and standing on the provider.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Account {
    /// Tokens delegated to it, exits not included.
    pub tokens: u128,
    /// Unbonding entries and redelegations away from it.
    pub exits: Vec<Exit>,
    /// State of the stake.
    pub bond: Bond,
    jailed: Option<Jail>, // end of the jailing, as a time
    tombstoned: bool,
    last_power: u128,
}

impl Account {
    /// A bonded validator, neither jailed nor tombstoned.
    pub fn bonded(tokens: u128) -> Self {
        Self { tokens, ..Self::default() }
    }

    /// Whether it is in jail.
    pub fn is_jailed(&self) -> bool {
        self.jailed.is_some()
    }

    /// Whether it is barred for good.
    pub fn is_tombstoned(&self) -> bool {
        self.tombstoned
    }

    /// Power at the end of the last block: 0 if it was in jail or not bonded then.
    pub fn last_power(&self) -> u128 {
        self.last_power
    }

    /// Power that jailing it now would take out of the set.
    ///
    /// Source: interchain-security, x/ccv/provider/keeper/throttle.go, `GetEffectiveValPower`.
    pub fn effective_power(&self) -> u128 {
        if self.is_jailed() { 0 } else { self.last_power }
    }

    fn jail(&mut self, jail: Jail, now_s: u64) {
        self.jailed = Some(match jail {
            Jail::Seconds(seconds) => Jail::Seconds(now_s.saturating_add(seconds)),
            Jail::Forever => Jail::Forever,
        });
    }
}

/// The provider chain, as far as consumers can reach it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provider {
    accounts: Vec<Account>, // [validator]
    power_reduction: u128,
}

impl Provider {
    /// Starts with these validators at the end of a block; the power reduction is taken as at least 1.
    pub fn new(accounts: Vec<Account>, power_reduction: u128) -> Self {
        let mut provider = Self { accounts, power_reduction: power_reduction.max(1) };
        provider.end_block();
        provider
    }

    /// The validators.
    pub fn accounts(&self) -> &[Account] {
        &self.accounts
    }

    /// The validators, for delegations, exits and changes of bond; powers follow at the end of the block.
    pub fn accounts_mut(&mut self) -> &mut [Account] {
        &mut self.accounts
    }

    /// Powers at the end of the last block, `[validator]`.
    pub fn powers(&self) -> Vec<u128> {
        self.accounts.iter().map(Account::last_power).collect()
    }

    /// End of a block: powers follow tokens and jailings.
    pub fn end_block(&mut self) {
        for account in &mut self.accounts {
            let votes = account.bond == Bond::Bonded && account.jailed.is_none();
            account.last_power = if votes { account.tokens / self.power_reduction } else { 0 };
        }
    }

    /// Punishes proven equivocation on a consumer: slash, jail, and tombstone if the consumer's choice says so.
    ///
    /// Once for all consumers together, for a tombstoned validator is refused, and so is an unbonded one. One that sat
    /// in jail at the end of the last block has last power 0: its exits burn, its tokens do not.
    /// Source: interchain-security, x/ccv/provider/keeper/consumer_equivocation.go, `SlashValidator`,
    /// `JailAndTombstoneValidator`.
    pub fn punish_equivocation(
        &mut self,
        validator: usize,
        punishment: SlashJail,
        now_s: u64,
    ) -> Result<Slash, IcsError> {
        let power_reduction = self.power_reduction;
        let account = self.punishable(validator)?;
        let power = slash_power(account.last_power, &account.exits, power_reduction, now_s);
        let terms = SlashTerms { fraction_dec: punishment.slash_fraction_dec, power_reduction, now_s };
        let slash = slash_equivocation(power, account.tokens, &account.exits, terms);
        account.tokens -= slash.bonded_tokens;
        for (exit, burned) in account.exits.iter_mut().zip(&slash.exit_tokens) {
            exit.balance_tokens -= burned;
        }
        account.jail(punishment.jail, now_s);
        account.tombstoned |= punishment.tombstone == Tombstone::Yes;
        Ok(slash)
    }

    /// Punishes downtime with `packet_power`, the power in the report; returns the tokens burned.
    ///
    /// Someone in jail already is left alone, and so are the unbonded and the tombstoned. Nobody is tombstoned for
    /// downtime. The provider's own downtime follows the same path with the provider's punishment.
    /// Source: interchain-security, x/ccv/provider/keeper/relay.go, `HandleSlashPacket`.
    pub fn punish_downtime(
        &mut self,
        validator: usize,
        packet_power: u128,
        punishment: SlashJail,
        now_s: u64,
    ) -> Result<u128, IcsError> {
        let power_reduction = self.power_reduction;
        let account = self.punishable(validator)?;
        if account.is_jailed() {
            return Ok(0);
        }
        let terms = SlashTerms { fraction_dec: punishment.slash_fraction_dec, power_reduction, now_s };
        let burned = downtime_slash_tokens(packet_power, account.tokens, terms);
        account.tokens -= burned;
        account.jail(punishment.jail, now_s);
        Ok(burned)
    }

    /// Releases a validator at its own request, from the end of its jailing on; never a tombstoned one.
    ///
    /// Source: cosmos-sdk, x/slashing/keeper/unjail.go.
    pub fn unjail(&mut self, validator: usize, now_s: u64) -> Result<(), IcsError> {
        let account = self.account(validator)?;
        if account.tombstoned {
            return Err(IcsError::Tombstoned { validator });
        }
        match account.jailed {
            None => Err(IcsError::NotJailed { validator }),
            Some(Jail::Seconds(until_s)) if now_s >= until_s => {
                account.jailed = None;
                Ok(())
            }
            Some(Jail::Seconds(until_s)) => Err(IcsError::StillJailed { validator, until_s, now_s }),
            Some(Jail::Forever) => Err(IcsError::StillJailed { validator, until_s: u64::MAX, now_s }),
        }
    }

    fn account(&mut self, validator: usize) -> Result<&mut Account, IcsError> {
        let n_validators = self.accounts.len();
        self.accounts.get_mut(validator).ok_or(IcsError::UnknownValidator { validator, n_validators })
    }

    fn punishable(&mut self, validator: usize) -> Result<&mut Account, IcsError> {
        let account = self.account(validator)?;
        if account.bond == Bond::Unbonded {
            return Err(IcsError::Unbonded { validator });
        }
        if account.tombstoned {
            return Err(IcsError::Tombstoned { validator });
        }
        Ok(account)
    }
}

/// A consumer's knowledge of its validator set: as old as the last packet relayed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Consumer {
    powers: Vec<u128>, // [validator]
}

impl Consumer {
    /// Powers it counts with, `[validator]`.
    pub fn powers(&self) -> &[u128] {
        &self.powers
    }

    /// A packet arrives with the set of the provider's last epoch.
    pub fn relay(&mut self, powers: &[u128]) {
        self.powers = powers.to_vec();
    }
}

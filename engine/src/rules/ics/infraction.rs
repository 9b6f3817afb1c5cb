//! Punishments that a consumer chooses for infractions on it.

use super::{DEC, IcsError};

/// How long a validator stays in jail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Jail {
    /// So many seconds, then it may ask to be released.
    Seconds(u64),
    /// For good.
    Forever,
}

/// Whether a validator is barred for good, and so never slashed again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tombstone {
    /// It is.
    Yes,
    /// It is not: another proof punishes again.
    No,
}

/// Punishment for one kind of infraction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SlashJail {
    /// Fraction of the stake that burns, in 10⁻¹⁸.
    pub slash_fraction_dec: u128,
    /// Time in jail.
    pub jail: Jail,
    /// Whether it is barred for good; ignored for downtime.
    pub tombstone: Tombstone,
}

/// Punishments for the two kinds of infraction.
///
/// Source: interchain-security, docs/docs/adrs/adr-020-cutomizable_slashing_and_jailing.md.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InfractionParameters {
    /// For double signing and light-client attacks.
    pub double_sign: SlashJail,
    /// For downtime.
    pub downtime: SlashJail,
}

/// Kinds of consumers with a recommended choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// The whole economic security of those who opted in: everything as on the provider.
    ProofOfStake,
    /// Barred but not slashed.
    ProofOfReputation,
    /// Nothing happens.
    Testnet,
}

/// Who checks a choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bounds {
    /// ADR-020: no harsher than the provider, so that a hostile consumer cannot ruin its validators.
    Provider,
    /// The published code: fractions lie in [0, 1], nothing else.
    Code,
}

impl InfractionParameters {
    /// The provider's own punishments: the upper bounds, and the Cosmos Hub's values.
    ///
    /// ADR-020 comments its 0.0001 as 0.1 %; the value is 0.01 %.
    pub const PROVIDER: Self = Self {
        double_sign: SlashJail {
            slash_fraction_dec: DEC / 20,
            jail: Jail::Forever,
            tombstone: Tombstone::Yes,
        },
        downtime: SlashJail {
            slash_fraction_dec: DEC / 10_000,
            jail: Jail::Seconds(600),
            tombstone: Tombstone::No,
        },
    };

    /// What a consumer has that chooses nothing, and every one before v6.4: downtime jails and slashes nothing.
    pub const DEFAULT: Self = Self {
        double_sign: Self::PROVIDER.double_sign,
        downtime: SlashJail { slash_fraction_dec: 0, ..Self::PROVIDER.downtime },
    };

    /// The recommended choice.
    pub fn recommended(profile: Profile) -> Self {
        let harmless = SlashJail { slash_fraction_dec: 0, jail: Jail::Seconds(0), tombstone: Tombstone::No };
        match profile {
            Profile::ProofOfStake => Self::PROVIDER,
            Profile::ProofOfReputation => Self {
                double_sign: SlashJail { slash_fraction_dec: 0, ..Self::PROVIDER.double_sign },
                downtime: SlashJail { slash_fraction_dec: 0, ..Self::PROVIDER.downtime },
            },
            Profile::Testnet => Self { double_sign: harmless, downtime: harmless },
        }
    }

    /// The same, once within the bounds; being equal to a bound is within.
    pub fn checked(self, bounds: Bounds) -> Result<Self, IcsError> {
        check_fraction("double-sign slash fraction", self.double_sign.slash_fraction_dec)?;
        check_fraction("downtime slash fraction", self.downtime.slash_fraction_dec)?;
        if bounds == Bounds::Provider {
            self.check_against(&Self::PROVIDER)?;
        }
        Ok(self)
    }

    fn check_against(&self, most: &Self) -> Result<(), IcsError> {
        let pairs = [
            (
                "double-sign slash fraction (1e-18)",
                self.double_sign.slash_fraction_dec,
                most.double_sign.slash_fraction_dec,
            ),
            (
                "downtime slash fraction (1e-18)",
                self.downtime.slash_fraction_dec,
                most.downtime.slash_fraction_dec,
            ),
            ("downtime jail (s)", seconds(self.downtime.jail), seconds(most.downtime.jail)),
        ];
        match pairs.into_iter().find(|(_, value, most)| value > most) {
            Some((what, value, most)) => Err(IcsError::BeyondProvider { what, most, value }),
            None => Ok(()),
        }
    }
}

fn check_fraction(what: &'static str, fraction_dec: u128) -> Result<(), IcsError> {
    if fraction_dec > DEC { Err(IcsError::Fraction { what, fraction_dec }) } else { Ok(()) }
}

fn seconds(jail: Jail) -> u128 {
    match jail {
        Jail::Seconds(seconds) => u128::from(seconds),
        Jail::Forever => u128::MAX,
    }
}

/// Phase in the life of a consumer chain.
///
/// Source: interchain-security, ADR-019.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Known, not all parameters set.
    Registered,
    /// Ready, waiting for its spawn time.
    Initialized,
    /// Running.
    Launched,
    /// Stopped, its state kept for one unbonding period.
    Stopped,
    /// Gone.
    Deleted,
}

/// A consumer's punishments over time: after launch, a change waits one unbonding period.
///
/// So validators who disagree can leave unharmed.
/// Source: interchain-security, x/ccv/provider/keeper/infraction_parameters.go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InfractionSchedule {
    current: InfractionParameters,
    queued: Option<(InfractionParameters, u64)>,
}

impl InfractionSchedule {
    /// Starts with these.
    pub fn new(current: InfractionParameters) -> Self {
        Self { current, queued: None }
    }

    /// In force now.
    pub fn current(&self) -> InfractionParameters {
        self.current
    }

    /// The change that waits, and when it comes into force.
    pub fn queued(&self) -> Option<(InfractionParameters, u64)> {
        self.queued
    }

    /// Asks for a change; it replaces one that waits, and asking for what is in force cancels it.
    ///
    /// At once before launch; `unbonding_s` later once launched; refused afterwards.
    pub fn update(
        &mut self,
        asked: InfractionParameters,
        phase: Phase,
        now_s: u64,
        unbonding_s: u64,
    ) -> Result<(), IcsError> {
        self.queued = match phase {
            Phase::Registered | Phase::Initialized => {
                self.current = asked;
                None
            }
            Phase::Launched if asked == self.current => None,
            Phase::Launched => Some((asked, now_s.saturating_add(unbonding_s))),
            Phase::Stopped | Phase::Deleted => return Err(IcsError::Phase { phase }),
        };
        Ok(())
    }

    /// Start of a block: brings a change into force once its time has come.
    pub fn begin_block(&mut self, now_s: u64) {
        if let Some((parameters, at_s)) = self.queued
            && at_s <= now_s
        {
            self.current = parameters;
            self.queued = None;
        }
    }
}

//! The slash meter: how fast consumers together can jail the provider's validators.

use super::{DEC, ProviderParameters};
use crate::rules::integer::{mul_div_ceil, mul_div_half_even};

/// Power that one replenishment adds, and the most the meter holds: `fraction · Σ power`, at least 1.
///
/// Rounded to the nearest, halves to even. Fraction in [0, 1], in 10⁻¹⁸.
/// Source: interchain-security, x/ccv/provider/keeper/throttle.go, `GetSlashMeterAllowance`.
pub fn allowance(total_power: u128, fraction_dec: u128) -> u128 {
    mul_div_half_even(total_power, fraction_dec, DEC).max(1)
}

/// How the meter is filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ThrottleParameters {
    /// Fraction of the total power that a replenishment adds, in 10⁻¹⁸.
    pub fraction_dec: u128,
    /// Time between two replenishments.
    pub period_s: u64,
}

impl ThrottleParameters {
    /// 5 % an hour.
    pub const DEFAULT: Self = Self {
        fraction_dec: ProviderParameters::DEFAULT.meter_fraction_dec,
        period_s: ProviderParameters::DEFAULT.meter_period_s,
    };
}

/// The infraction that a consumer's packet reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PacketInfraction {
    /// Double signing: such packets only ever end in a log.
    DoubleSign,
    /// Downtime.
    Downtime,
}

/// Whether the accused belongs to the consumer's set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConsumerSet {
    /// It does, and the chain is running.
    Inside,
    /// It does not, or the chain is not running.
    Outside,
}

/// A consumer's packet asking to jail a validator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SlashPacket {
    /// What is reported.
    pub infraction: PacketInfraction,
    /// Whether the accused is of the consumer's set.
    pub set: ConsumerSet,
    /// Power that jailing takes out of the provider's set: 0 if unknown or jailed already.
    pub effective_power: u128,
}

/// What becomes of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PacketFate {
    /// Written to a log, nothing else; punishment needs evidence or a vote.
    Logged,
    /// Acknowledged and forgotten; the meter is untouched.
    Dropped,
    /// Sent back for another try, for the meter was negative; before v4 it waited in the provider's queue.
    Bounced,
    /// Handled, and its power taken off the meter.
    Handled,
}

/// The slash meter and the time of its next replenishment.
///
/// Source: interchain-security, x/ccv/provider/keeper/throttle.go, relay.go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Throttle {
    parameters: ThrottleParameters,
    meter: i128,
    candidate_s: u64,
}

impl Throttle {
    /// Starts full, with the first replenishment one period ahead.
    pub fn new(parameters: ThrottleParameters, total_power: u128, now_s: u64) -> Self {
        let meter = signed(allowance(total_power, parameters.fraction_dec));
        Self { parameters, meter, candidate_s: now_s.saturating_add(parameters.period_s) }
    }

    /// How it is filled.
    pub fn parameters(&self) -> ThrottleParameters {
        self.parameters
    }

    /// Power that may still be jailed; negative when too much has been.
    pub fn meter(&self) -> i128 {
        self.meter
    }

    /// Time of the next replenishment, unless the meter is full by then.
    pub fn candidate_s(&self) -> u64 {
        self.candidate_s
    }

    /// Start of a block, with the total power at the end of the last.
    ///
    /// At or after the candidate time one allowance is added, one however many periods have passed. A meter that is
    /// full is cut to the current allowance, and its candidate time moves on with the clock.
    pub fn begin_block(&mut self, total_power: u128, now_s: u64) {
        let most = signed(allowance(total_power, self.parameters.fraction_dec));
        let next_s = now_s.saturating_add(self.parameters.period_s);
        if now_s >= self.candidate_s {
            self.meter = self.meter.saturating_add(most).min(most);
            self.candidate_s = next_s;
        }
        if self.meter >= most {
            self.meter = most;
            self.candidate_s = next_s;
        }
    }

    /// Takes a packet: bounced below 0, at 0 still handled, and then charged with its whole power.
    pub fn receive(&mut self, packet: SlashPacket) -> PacketFate {
        if packet.infraction == PacketInfraction::DoubleSign {
            return PacketFate::Logged;
        }
        if packet.set == ConsumerSet::Outside {
            return PacketFate::Dropped;
        }
        if self.meter < 0 {
            return PacketFate::Bounced;
        }
        self.meter = self.meter.saturating_sub(signed(packet.effective_power));
        PacketFate::Handled
    }
}

/// Least time in which consumers can jail a share `X` of the initial set: `P·X/F − 2P`, rounded up.
///
/// Holds while no validator has more than `F` and the total does not grow; `None` for `F` = 0, which the bound does not
/// cover. Share and fraction in 10⁻¹⁸.
/// Source: interchain-security, docs/docs/adrs/adr-002-throttle.md.
pub fn jailing_time_bound_s(share_dec: u128, parameters: ThrottleParameters) -> Option<u128> {
    if parameters.fraction_dec == 0 {
        return None;
    }
    let period = u128::from(parameters.period_s);
    Some(mul_div_ceil(period, share_dec, parameters.fraction_dec).saturating_sub(2 * period))
}

/// The same bound in whole replenishments: `⌈X/F⌉ − 2`, at least 0.
pub fn replenishments_bound(share_dec: u128, fraction_dec: u128) -> Option<u128> {
    if fraction_dec == 0 {
        return None;
    }
    Some(share_dec.div_ceil(fraction_dec).saturating_sub(2))
}

fn signed(power: u128) -> i128 {
    i128::try_from(power).unwrap_or(i128::MAX)
}

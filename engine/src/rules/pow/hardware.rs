//! Own hardware: units, what they cost to buy, to run and to give up again.

use super::refusal::{Refusal, in_unit, not_negative, positive};

/// Watts in a kilowatt.
const WATTS: f64 = 1000.0;

/// Units up to which every whole number is exact as a double, 2⁵³.
const MOST_UNITS: f64 = 9_007_199_254_740_992.0;

/// One mining machine.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Unit {
    rate_ths: f64,
    price_usd: f64,
    power_w: f64,
}

impl Unit {
    /// A machine of `rate_ths` TH/s that costs `price_usd` and draws `power_w` watts.
    ///
    /// # Errors
    /// If the rate is not positive, the price or the power is negative, or any is not finite.
    pub fn new(rate_ths: f64, price_usd: f64, power_w: f64) -> Result<Self, Refusal> {
        Ok(Self {
            rate_ths: positive("hash rate of a unit in TH/s", rate_ths)?,
            price_usd: not_negative("price of a unit in USD", price_usd)?,
            power_w: not_negative("power of a unit in W", power_w)?,
        })
    }
}

/// Machines of one kind.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fleet {
    unit: Unit,
    n_units: f64, // whole, at most 2⁵³
}

impl Fleet {
    /// The fewest units that together reach `hash_rate_ths`: `⌈h / rate of a unit⌉`.
    ///
    /// The quotient is rounded to a double first, so that 3 TH/s are ten units of 0.3 and not eleven.
    ///
    /// # Errors
    /// If the hash rate is negative or not finite, or takes more than 2⁵³ units.
    pub fn for_hash_rate(unit: Unit, hash_rate_ths: f64) -> Result<Self, Refusal> {
        let hash_rate_ths = not_negative("hash rate in TH/s", hash_rate_ths)?;
        let n_units = libm::ceil(hash_rate_ths / unit.rate_ths);
        if n_units > MOST_UNITS {
            return Err(Refusal::TooManyUnits { n_units });
        }
        Ok(Self { unit, n_units })
    }

    /// Number of units.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "whole and in 0..=2⁵³ by construction"
    )]
    pub fn n_units(&self) -> u64 {
        self.n_units as u64
    }

    /// Price of all units, USD.
    pub fn capex_usd(&self) -> f64 {
        self.n_units * self.unit.price_usd
    }

    /// Power that all units draw, W. They all run, also where the last one is only partly needed.
    pub fn power_w(&self) -> f64 {
        self.n_units * self.unit.power_w
    }

    /// Energy of an hour, USD: kW · USD/kWh.
    pub fn energy_usd_per_hour(&self, usd_per_kwh: f64) -> f64 {
        self.power_w() / WATTS * usd_per_kwh
    }

    /// Wear of an hour, USD: `capex / life`, the life in hours.
    ///
    /// # Errors
    /// If the life is not positive and finite.
    pub fn amortisation_usd_per_hour(&self, life_hours: f64) -> Result<f64, Refusal> {
        Ok(self.capex_usd() / positive("life of the hardware in hours", life_hours)?)
    }

    /// What the units still sell for, USD: `resale · capex`.
    ///
    /// # Errors
    /// If the resale value lies outside [0, 1] of the price.
    pub fn resale_usd(&self, resale: f64) -> Result<f64, Refusal> {
        Ok(self.capex_usd() * in_unit("resale value as a part of the price", resale)?)
    }

    /// What the hardware costs over `hours`, USD: its wear if it is kept, its loss of value if it is sold.
    ///
    /// Wear goes on at the same rate past the life, as worn-out units are replaced.
    ///
    /// # Errors
    /// If the hours are negative or not finite, the life is not positive, or the resale value lies outside [0, 1].
    pub fn hardware_usd(&self, afterwards: Afterwards, hours: f64) -> Result<f64, Refusal> {
        let hours = not_negative("hours", hours)?;
        match afterwards {
            Afterwards::Kept { life_hours } => Ok(self.amortisation_usd_per_hour(life_hours)? * hours),
            Afterwards::Sold { resale } => Ok(self.capex_usd() - self.resale_usd(resale)?),
        }
    }
}

/// What becomes of the hardware after the attack.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Afterwards {
    /// It goes on working; the attack bears its part of the life.
    Kept {
        /// Life of the hardware, hours.
        life_hours: f64,
    },
    /// It is sold; the attack bears what is lost on the price.
    Sold {
        /// Value on resale as a part of the price, in [0, 1].
        resale: f64,
    },
}

/// What an attack with own hardware costs and brings in, USD.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Bill {
    /// Wear, or loss on resale.
    pub hardware_usd: f64,
    /// Energy.
    pub energy_usd: f64,
    /// Block rewards of the attacker's chain.
    pub rewards_usd: f64,
}

impl Bill {
    /// Cost net of rewards, `hardware + energy − rewards`; negative where mining alone pays for the attack.
    pub fn net_usd(&self) -> f64 {
        self.hardware_usd + self.energy_usd - self.rewards_usd
    }
}

/// Energy for `hash_rate_ths` over `hours`, USD: J/TH · TH/s is W.
pub fn energy_usd(hash_rate_ths: f64, j_per_th: f64, hours: f64, usd_per_kwh: f64) -> f64 {
    hash_rate_ths * j_per_th / WATTS * hours * usd_per_kwh
}

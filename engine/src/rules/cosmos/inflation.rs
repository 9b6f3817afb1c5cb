use super::{Dec18, Fraction18, Refusal};
use crate::rules::integer::mul_div_floor;

/// How yearly inflation drifts towards the goal for the bonded ratio.
///
/// Source: cosmos-sdk, x/mint/types/minter.go and params.go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InflationRule {
    /// Least yearly inflation.
    pub least: Fraction18,
    /// Greatest yearly inflation.
    pub greatest: Fraction18,
    /// Bonded ratio at which inflation rests, above 0.
    pub goal_bonded: Fraction18,
    /// Change in a year if nothing at all is bonded.
    pub rate_change: Fraction18,
    /// Blocks expected in a year, above 0.
    pub blocks_per_year: u64,
}

impl InflationRule {
    /// Refuses a goal of 0, a year of no blocks, and bounds the wrong way round.
    pub fn check(&self) -> Result<(), Refusal> {
        if self.goal_bonded == Fraction18::ZERO {
            return Err(Refusal::MustBePositive { parameter: "bonded goal" });
        }
        if self.blocks_per_year == 0 {
            return Err(Refusal::MustBePositive { parameter: "number of blocks per year" });
        }
        if self.greatest < self.least {
            let (least, greatest) = (self.least.value(), self.greatest.value());
            return Err(Refusal::InflationBounds { least, greatest });
        }
        Ok(())
    }

    /// Change of inflation in a year, `(1 − bonded / goal) · rate_change`, in units of 10⁻¹⁸; negative above
    /// the goal.
    ///
    /// Quotient and product are rounded to 18 decimals, half to even.
    pub fn yearly_change(&self, bonded: Fraction18) -> Result<i128, Refusal> {
        self.change(bonded, 1)
    }

    /// Inflation a block later: a block's share of [`yearly_change`](Self::yearly_change), clamped to the bounds.
    pub fn next_block(&self, inflation: Fraction18, bonded: Fraction18) -> Result<Fraction18, Refusal> {
        self.moved(inflation, self.change(bonded, self.blocks_per_year)?)
    }

    /// Inflation a year later if the bonded ratio stays: the whole [`yearly_change`](Self::yearly_change),
    /// clamped.
    ///
    /// Block by block the protocol arrives at the same rate up to a rounding of 10⁻¹⁸ a block.
    pub fn next_year(&self, inflation: Fraction18, bonded: Fraction18) -> Result<Fraction18, Refusal> {
        self.moved(inflation, self.yearly_change(bonded)?)
    }

    /// Base units minted in a block, `⌊inflation · supply / blocks_per_year⌋`.
    pub fn block_provision(&self, inflation: Fraction18, supply: u128) -> Result<u128, Refusal> {
        self.check()?;
        let units = Dec18::from_integer(u128::from(self.blocks_per_year))?;
        Ok(mul_div_floor(supply, inflation.raw(), units.raw()))
    }

    /// One of `parts` equal parts of the yearly change, in units of 10⁻¹⁸.
    fn change(&self, bonded: Fraction18, parts: u64) -> Result<i128, Refusal> {
        self.check()?;
        let filled = bonded.value().over(self.goal_bonded.value())?;
        let gap = Dec18::from_raw(filled.raw().abs_diff(Dec18::ONE.raw()));
        let yearly = gap.times(self.rate_change.value())?;
        let part = yearly.over(Dec18::from_integer(u128::from(parts))?)?;
        let size = i128::try_from(part.raw()).map_err(|_| Refusal::OutOfRange)?;
        Ok(if filled > Dec18::ONE { -size } else { size })
    }

    /// `inflation + change`, first brought down to the greatest, then up to the least rate.
    fn moved(&self, inflation: Fraction18, change: i128) -> Result<Fraction18, Refusal> {
        let raw = inflation.raw().saturating_add_signed(change);
        Fraction18::from_raw(raw.min(self.greatest.raw()).max(self.least.raw()))
    }
}

/// Bonded share of the supply to 18 decimals, rounded down; 0 without a supply, refused above 1.
///
/// Source: cosmos-sdk, x/staking/keeper/pool.go.
pub fn bonded_ratio(bonded: u128, supply: u128) -> Result<Fraction18, Refusal> {
    if supply == 0 {
        return Ok(Fraction18::ZERO);
    }
    Fraction18::from_raw(mul_div_floor(bonded, Dec18::ONE.raw(), supply))
}

/// Yearly return on bonded stake before commission, `inflation · (1 − community_tax) / bonded`, half to even.
///
/// Fees come on top. Refused where nothing is bonded.
pub fn staking_apr(
    inflation: Fraction18,
    bonded: Fraction18,
    community_tax: Fraction18,
) -> Result<Dec18, Refusal> {
    inflation.value().times(community_tax.complement().value())?.over(bonded.value())
}

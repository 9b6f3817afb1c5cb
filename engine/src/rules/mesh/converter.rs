//! The bridge between the provider's token and the consumer's: price, discount, and how well virtual stake is backed.

use super::{Decimal, Error};

/// The consumer's view of the provider's token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PriceFeed {
    /// Consumer tokens for one provider token.
    pub native_per_foreign: Decimal,
    /// When that was so, seconds.
    pub updated_at_s: u64,
    /// How long it is believed, seconds.
    pub ttl_s: u64,
}

impl PriceFeed {
    /// The price while its age is below its time to live; at that age it is stale.
    ///
    /// Source: mesh-security, contracts/consumer/remote-price-feed/src/price_keeper.rs.
    ///
    /// # Errors
    /// [`Error::StalePrice`].
    pub fn price(&self, now_s: u64) -> Result<Decimal, Error> {
        let age_s = now_s.saturating_sub(self.updated_at_s);
        if age_s < self.ttl_s || self.updated_at_s > now_s {
            return Ok(self.native_per_foreign);
        }
        Err(Error::StalePrice { age_s, ttl_s: self.ttl_s })
    }

    /// Takes a newer price; one older than what is known is passed over.
    pub fn update(&mut self, price: Decimal, time_s: u64) {
        if time_s >= self.updated_at_s {
            (self.native_per_foreign, self.updated_at_s) = (price, time_s);
        }
    }
}

/// Turns provider tokens into virtual stake and back.
///
/// Source: mesh-security, contracts/consumer/converter/src/contract.rs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Converter {
    adjustment: Decimal,
}

impl Converter {
    /// A converter with `discount` in [0, 1].
    ///
    /// # Errors
    /// [`Error::AboveOne`].
    pub fn new(discount: Decimal) -> Result<Self, Error> {
        let above_one = Error::AboveOne { quantity: "discount", value: discount };
        Ok(Self { adjustment: discount.complement().ok_or(above_one)? })
    }

    /// `⌊⌊amount·price⌋·(1 − discount)⌋`, base units of the consumer's token.
    ///
    /// # Errors
    /// [`Error::Overflow`].
    pub fn to_virtual(self, amount: u128, price: Decimal) -> Result<u128, Error> {
        let converted = fits(price.floor_of(amount), price)?;
        Ok(self.adjustment.floor_of(converted))
    }

    /// `⌊⌊amount·⌊1/price⌋₁₈⌋·⌊1/(1 − discount)⌋₁₈⌋`, base units of the provider's token: what a slash of virtual
    /// stake is told to the provider as. The reciprocals are floored too, so the way back may lose a unit.
    ///
    /// # Errors
    /// [`Error::NoInverse`] for a price of nought or a discount of one, [`Error::Overflow`].
    pub fn to_provider(self, amount: u128, price: Decimal) -> Result<u128, Error> {
        let per_native = price.inverse().ok_or(Error::NoInverse { quantity: "price" })?;
        let undiscounted =
            self.adjustment.inverse().ok_or(Error::NoInverse { quantity: "1 − discount" })?;
        let converted = fits(per_native.floor_of(amount), per_native)?;
        fits(undiscounted.floor_of(converted), undiscounted)
    }
}

/// `product` unless it is where a product with a factor above one saturates.
fn fits(product: u128, factor: Decimal) -> Result<u128, Error> {
    if product == u128::MAX && factor > Decimal::ONE {
        return Err(Error::Overflow { quantity: "converted amount" });
    }
    Ok(product)
}

/// What stands behind virtual stake at today's price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Backing {
    /// `⌊collateral·price⌋`, base units of the consumer's token.
    pub value: u128,
    /// The virtual stake granted, base units.
    pub virtual_stake: u128,
}

impl Backing {
    /// Backing by `collateral` provider tokens at `price`.
    pub fn at(price: Decimal, collateral: u128, virtual_stake: u128) -> Self {
        Self { value: price.floor_of(collateral), virtual_stake }
    }

    /// Whether the collateral is worth at least the stake it votes with: so while the price has not fallen by more
    /// than the discount.
    pub fn holds(self) -> bool {
        self.value >= self.virtual_stake
    }
}

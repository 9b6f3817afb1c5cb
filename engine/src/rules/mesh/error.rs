//! What the contracts refuse.

use super::{Decimal, Holder};

/// A call that the contracts abort; the state before it stands.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A slash ratio or discount above one.
    #[error("{quantity} must lie in 0…1, got {value}")]
    AboveOne {
        /// What was above one.
        quantity: &'static str,
        /// Its value.
        value: Decimal,
    },
    /// A lien would be larger than the collateral.
    #[error("lien of {holder} must not exceed the collateral {collateral}, got {lien}")]
    LienBeyondCollateral {
        /// Who holds the lien.
        holder: Holder,
        /// Its high end after the call.
        lien: u128,
        /// The user's collateral.
        collateral: u128,
    },
    /// The liens together could be slashed for more than the collateral.
    #[error("total slashable must not exceed the collateral {collateral}, got {slashable}")]
    SlashableBeyondCollateral {
        /// High end of the total slashable after the call.
        slashable: u128,
        /// The user's collateral.
        collateral: u128,
    },
    /// The collateral is below what the liens use, a state only a slash can leave behind.
    #[error("collateral must cover the {used} in use, got {collateral}")]
    Underwater {
        /// High end of the larger of largest lien and total slashable.
        used: u128,
        /// The user's collateral.
        collateral: u128,
    },
    /// An unbonding that asks for more than is free.
    #[error("collateral to unbond must not exceed the free {free}, got {asked}")]
    CollateralLocked {
        /// What was asked for.
        asked: u128,
        /// Low end of the free collateral.
        free: u128,
    },
    /// A slash larger than the collateral.
    #[error("slash must not exceed the collateral {collateral}, got {slash}")]
    SlashBeyondCollateral {
        /// The slash.
        slash: u128,
        /// The user's collateral.
        collateral: u128,
    },
    /// Nobody by this name holds a lien.
    #[error("lien of {holder} must exist, found none")]
    NoLien {
        /// Who was asked for.
        holder: Holder,
    },
    /// A lien is smaller than what should come off it.
    #[error("amount to take off the lien of {holder} must not exceed its low end {lien}, got {amount}")]
    LienTooSmall {
        /// Who holds the lien.
        holder: Holder,
        /// Low end of the lien.
        lien: u128,
        /// What should come off.
        amount: u128,
    },
    /// The running total of slashable amounts is smaller than what should come off it.
    #[error("amount to take off the total slashable must not exceed its low end {slashable}, got {amount}")]
    SlashableTooSmall {
        /// Low end of the total slashable.
        slashable: u128,
        /// What should come off.
        amount: u128,
    },
    /// The liens' slash ratios sum to nought, so a claim cannot be spread by them.
    #[error("sum of the slash ratios must be above 0, got 0")]
    NoSlashRatio,
    /// A packet was acknowledged or timed out that is not in flight.
    #[error("transaction {id} must be in flight, found none")]
    NotInFlight {
        /// Its number.
        id: u64,
    },
    /// A packet came back after a slash had moved the range it would settle.
    #[error("{quantity} must keep low ≤ high, broken by {amount}")]
    RangeBroken {
        /// The range's name.
        quantity: &'static str,
        /// What should have been committed or rolled back.
        amount: u128,
    },
    /// A user that the pool does not know.
    #[error("user {user} must have staked, found no stake")]
    NoStake {
        /// The user's index.
        user: usize,
    },
    /// Fewer tokens staked than asked for.
    #[error("amount taken from the stake must not exceed {stake}, got {amount}")]
    StakeTooSmall {
        /// What there is.
        stake: u128,
        /// What was asked for.
        amount: u128,
    },
    /// A ratio over a stake of nought.
    #[error("total stake on the validator must be above 0, got 0")]
    NothingStaked,
    /// The stakes cannot take the whole burn: too little, or the rest fits into no single one.
    #[error("burn must be taken whole, {burned} of {amount} fit")]
    BurnNotWhole {
        /// What could be burned.
        burned: u128,
        /// What should be.
        amount: u128,
    },
    /// The price is older than its time to live.
    #[error("price must be younger than {ttl_s} s, is {age_s} s old")]
    StalePrice {
        /// Age, seconds.
        age_s: u64,
        /// Time to live, seconds.
        ttl_s: u64,
    },
    /// A price of nought, or a discount of one, cannot be undone.
    #[error("{quantity} must be above 0 to be inverted, got 0")]
    NoInverse {
        /// What was nought.
        quantity: &'static str,
    },
    /// A virtual delegation of nothing.
    #[error("amount to delegate must be above 0, got 0")]
    NothingToDelegate,
    /// More virtual stake than the cap.
    #[error("virtual stake must not exceed the cap {cap}, got {stake}")]
    CapExceeded {
        /// The cap.
        cap: u128,
        /// The stake, or the sum of caps, after the call.
        stake: u128,
    },
    /// A slash whose evidence does not verify, where it is checked.
    #[error("evidence of a slash must verify on the provider, it does not")]
    EvidenceRejected,
    /// A number beyond 128 bits.
    #[error("{quantity} must fit 128 bits")]
    Overflow {
        /// Which number.
        quantity: &'static str,
    },
}

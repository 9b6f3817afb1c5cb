//! Mesh Security: one collateral, many liens, and what a slash on one does to the others.
//!
//! A user bonds collateral in a [vault](Account) on the provider chain and grants liens on it: one to local staking,
//! one to each consumer's external-staking contract. A lien may be as large as the whole collateral, so the same
//! token votes on several chains; what limits it is the sum of what could be slashed. The rooms, in the order the
//! tokens pass them: [`Account`] (bond, lien, slash), [`Pool`] (who stakes on which validator of a consumer),
//! [`Converter`] (provider tokens into the consumer's), [`VirtualStaking`] (the cap), and back over the same bridge
//! the slashes come: [`ValidatorSet`] reads the packet, [`Pool::slash`] splits it, [`Account::slash`] takes it.
//!
//! All amounts are whole base units of a token, all ratios [`Decimal`]s of 18 places. A refused call changes nothing,
//! as a failed contract call is rolled back. Sources: mesh-security at 130a1f9 (contracts), mesh-security-sdk at
//! b507993 (the consumer's module).

mod burn;
mod converter;
mod decimal;
mod error;
mod external;
mod influence;
mod module_cap;
mod pending;
mod propagate;
mod range;
mod rewards;
mod settlement;
mod unbonding;
mod valset;
mod vault;
mod virtual_staking;

#[cfg(test)]
mod tests;

pub use burn::{Burns, burn_exactly, distribute_burn};
pub use converter::{Backing, Converter, PriceFeed};
pub use decimal::Decimal;
pub use error::Error;
pub use external::{Pool, SlashOrder, Stake, UserSlash};
pub use influence::{GovernanceRights, Influence, consumers_backed, provider_influence};
pub use module_cap::{ModuleParams, delegate_within_cap, set_contract_cap};
pub use pending::InFlight;
pub use propagate::{LienBurn, Propagation, SlashOutcome, Warning, slash_users};
pub use range::Range;
pub use rewards::{Distribution, POINTS_SCALE};
pub use settlement::{Evidence, EvidencePolicy, Settlement, SlashEvent, SlashSize, settle, settle_liens};
pub use unbonding::{Release, Unbonding};
pub use valset::{HeightCheck, SlashNotice, ValidatorSet, ValidatorState, ValsetPacket};
pub use vault::{Account, Holder, Lien, Offence, SlashRatios};
pub use virtual_staking::{Move, VirtualStaking, scale_to_cap};

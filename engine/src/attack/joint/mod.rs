//! Joint attacks: one coalition on several targets of a design at once, forfeiting stake once.
//!
//! For every scenario a [`certificate`] bounds what any coalition of operators can net on any set of targets, a [`search`]
//! finds an attack that nets something, and [`branch`] closes in on the best from both sides as far as a limit of work
//! allows. A member takes part in every target of the attack over which it has power, whole or, where it can be divided, with the
//! same part of its keys in each. Routes without operators (bought stake,
//! hash rate) and mixed ones are not part of it.

mod aftermath;
pub mod branch;
pub mod certificate;
mod cover;
mod exact;
mod knapsack;
mod order;
mod payments;
pub mod plan;
mod rounding;
pub mod scene;
pub mod search;
pub mod second;
mod sift;
mod simplex;
mod slack;
mod stage;
#[cfg(test)]
mod tests;
mod without;

pub use aftermath::{Aftermath, Found};
pub use branch::{Judge, Verdict};
use branch::{has_targets, is_close};
pub use exact::{Aim, Exact, Task};
pub use plan::Plan;
pub use scene::{Scene, Witness};
pub use search::Ground;
pub use slack::{Slack, slack, slack_of_whole};
pub use stage::Stage;

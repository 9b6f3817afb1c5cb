//! Money: what operators earn and lose with their services, and how sure that is.
//!
//! Payments are linear in prices, losses are few: so a block hands on the sums of prices and of their products, and those of
//! whoever has lost something; means and errors of every margin follow from these.

mod ledger;
mod losses;
mod margin;
mod portfolio;
#[cfg(test)]
mod tests;

pub use ledger::{BlockLedger, Ledger, LossSums};
pub use losses::{LossBooks, Whose};
pub use margin::{Margin, Margins, Stakes, losses, margins};
pub use portfolio::{BlockPortfolios, PortfolioSketches, PortfolioTally, Portfolios};

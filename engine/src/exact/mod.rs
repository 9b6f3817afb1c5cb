//! Probabilities without scenarios: given the factors operators collude independently, so that colluding power has the law of
//! a weighted sum of independent indicators (Poisson-binomial), which is computed.
//!
//! - [`Lattice`] turns powers into whole cells: exactly, or rounded down and up so that the truth lies between.
//! - [`Spread`] adds operators up, every term positive: a tail of 1e-30 is as precise relatively as one of a half.
//! - [`Both`] does the same for power in two quorums at once, in two dimensions.
//! - [`quadrature`] integrates over the factors where few act on many operators at once; what acts on the members of one group
//!   alone is integrated group by group.
//! - [`twist`] finds the exponential twist that makes reaching a threshold likely (Glasserman and Li 2005), and with it
//!   Chernoff's bound.

mod both;
mod lattice;
mod laws;
mod nodes;
mod plane;
mod quadrature;
mod service;
mod sets;
mod spread;
#[cfg(test)]
mod tests;
pub mod twist;

pub use both::Both;
pub use lattice::{Lattice, MOST_CELLS};
pub use laws::{Chances, Factored, Member};
pub use quadrature::{Answer, Precision, Refusal, quadrature};
pub use service::{
    Exact, FINEST_CELLS, FINEST_OF_TWO, Method, Refinement, ServicePower, Threshold, exact, exact_both,
};
pub use sets::{Given, distinct, exact_both_mean, exact_mean, given_turned};
pub use spread::Spread;

/// A probability that lies between two computed ones.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Bracket {
    /// Not below this.
    pub low: f64,
    /// From power rounded to the nearest cell.
    pub value: f64,
    /// Not above this.
    pub high: f64,
}

impl Bracket {
    /// Width relative to the value; 0 where all are 0.
    pub fn relative_width(&self) -> f64 {
        let width = self.high - self.low;
        if width <= 0.0 { 0.0 } else { width / self.value }
    }
}

//! Rare events: proposals under which they are common, likelihood ratios that make up for it, and estimates with their errors.
//!
//! The law sampled from is a mixture (balance heuristic of Veach and Guibas 1995; defensive as in Hesterberg 1995): the nominal law
//! with probability [`NOMINAL_SHARE`], else one proposal per threshold. A proposal shifts the factors' means, scales a t copula's W
//! and, where operators are drawn, twists their probabilities given the factors (Glasserman and Li 2005). No likelihood ratio
//! exceeds `1/NOMINAL_SHARE`.

mod conditional;
mod estimators;
mod figures;
mod importance;
mod money;
mod pilot;
mod proposal;
mod sketch;
#[cfg(test)]
mod tests;
mod weighted;
mod weighted_run;

pub use conditional::{
    Computed, Conditional, Figure, Fineness, conditional, conditional_refined, conditional_sobol,
};
pub use estimators::run_by_estimator;
pub use importance::{Importance, Seen};
pub use pilot::{Rare, pilot};
pub use proposal::{Drawn, Mixture, NOMINAL_SHARE, Proposal};
pub use sketch::WeightedSketch;
pub use weighted::Weighted;
pub use weighted_run::run_weighted;

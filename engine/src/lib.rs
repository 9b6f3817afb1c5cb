//! Monte Cartel: what it costs to corrupt a proof-of-stake service, how likely that is to pay, and who loses what, when
//! the stake behind it is shared.
//!
//! Data walks one way: [`study`] → [`design`] → [`graph`] → [`sampling`] → [`attack`] → [`run`] → [`report`]. Lower floors
//! never use higher ones; a test holds the order (ARCHITECTURE.md).
//!
//! ```no_run
//! use montecartel::{run, study::Study};
//!
//! let study = Study::load("data/cosmos-2023".as_ref())?;
//! let plan = run::Plan::new(&study);
//! let Ok(results) = run::run(&plan, &mut run::NoSink, |_| ());
//! let pays = results.find("mesh", "osmosis", "fork", "*", "p_attack_pays");
//! # Ok::<(), montecartel::study::StudyError>(())
//! ```

pub mod assertions;
pub mod attack;
pub mod attribution;
pub mod backtest;
pub mod bargain;
pub mod bribes;
pub mod claims;
pub mod design;
pub mod economy;
pub mod estimate;
pub mod exact;
pub mod explain;
pub mod fraction;
pub mod graph;
pub mod kernels;
pub mod marginal;
pub mod moments;
pub mod overview;
pub mod path;
pub mod rare;
pub mod record;
pub mod report;
pub mod robust;
pub mod rules;
pub mod run;
pub mod sampling;
pub mod sketch;
pub mod streams;
pub mod study;
pub mod sweep;

//! Closed forms, laws and error bars through the real engine.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod adversary;
mod common;
mod error_bars;
mod history;
mod invariance;
mod market;
mod settlement;
mod streams;
mod theory;
mod turned;

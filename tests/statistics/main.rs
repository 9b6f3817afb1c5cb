//! Closed forms, laws and error bars through the real engine.

mod common;
mod error_bars;
mod invariance;
mod market;
mod theory;

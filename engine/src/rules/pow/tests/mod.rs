//! Cases: published figures, the edges of each rule, and what holds for every input.

mod double_spend;
mod hardware;
mod hash_rate;
mod rental;

use super::*;
use proptest::prelude::*;

/// Asserts that two numbers agree to rounding, relative to the larger.
fn same(value: f64, expected: f64) {
    near(value, expected, 1e-14);
}

/// Asserts that two numbers differ by at most `relative` of the larger.
fn near(value: f64, expected: f64, relative: f64) {
    let most = relative * value.abs().max(expected.abs());
    assert!((value - expected).abs() <= most, "{value:e} against {expected:e}");
}

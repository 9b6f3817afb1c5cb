//! Published and derived cases by subject, and the properties that hold for all input.

mod auction;
mod fees;
mod properties;

use super::*;

//! Published cases, edges and properties, by subject.

mod attack;
mod equivocation;
mod infraction;
mod keys;
mod parameters;
mod power_cap;
mod properties;
mod rewards;
mod selection;
mod stories;
mod throttle;
mod top_n;

use super::{Consent, Validator};

/// Tokens per unit of power on the Cosmos Hub.
const MILLION: u128 = 1_000_000;

/// Validators with these tokens, one token a unit of power, all opted in.
fn opted_in(tokens: &[u128]) -> Vec<Validator> {
    tokens.iter().map(|tokens| Validator::bonded(*tokens, 1, Consent::OptedIn)).collect()
}

/// The same, nobody opted in.
fn undecided(tokens: &[u128]) -> Vec<Validator> {
    tokens.iter().map(|tokens| Validator::bonded(*tokens, 1, Consent::NotOptedIn)).collect()
}

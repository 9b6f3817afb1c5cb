//! Published and derived cases by subject, and the properties that hold for all input.

mod decimals;
mod evidence;
mod liveness;
mod money;
mod properties;
mod redelegations;
mod slashing;

use super::*;

/// Base units in a token.
const TOKEN: u128 = POWER_REDUCTION;

/// A fraction from its text.
fn fraction(text: &str) -> Fraction18 {
    text.parse().unwrap()
}

/// The number of whole shares.
fn shares(n: u128) -> Dec18 {
    Dec18::from_integer(n).unwrap()
}

/// Height and time.
fn at(height: i64, time_s: i64) -> Moment {
    Moment { height, time_s }
}

/// Terms of an exit that nothing holds up.
fn terms(creation_height: i64, completion_s: i64) -> ExitTerms {
    ExitTerms { creation_height, completion_s, hold: Hold::Free }
}

/// An unbonding entry of so many base units, none burned yet.
fn leaving(initial_balance: u128, creation_height: i64, completion_s: i64) -> UnbondingEntry {
    let terms = terms(creation_height, completion_s);
    UnbondingEntry { terms, initial_balance, balance: initial_balance }
}

/// A bonded validator of so many tokens of a million base units, and nobody leaving it.
fn book(tokens: u128) -> Book {
    Book { validator: Some(Validator::bonded(tokens * TOKEN).unwrap()), ..Book::default() }
}

/// Half of power 10, as in the SDK's tests.
fn half_of_ten(infraction_height: i64) -> Offence {
    Offence { infraction_height, power: 10, fraction: fraction("0.5"), power_reduction: TOKEN }
}

/// The validator's base units after a slash.
fn tokens_after(done: &Slashed) -> u128 {
    done.after.validator.unwrap().tokens
}

//! Cosmos SDK: the first proven equivocation slashes and tombstones; whatever follows finds nobody to slash.

use super::book::{Book, Slash};
use super::{Loss, Part, fraction18, part_of, tokens_of};
use crate::rules::cosmos::{Fraction18, slash_bonded};

/// Base units per unit of voting power.
const POWER_REDUCTION: u128 = 1_000_000;

/// What one operator loses; each of its accidents hits the part `hit` of its stake that is not tombstoned yet. Evidence of
/// one offence on several chains is worth the dearest slash, once, and the attack finds what accidents have left.
pub(super) fn lose(book: &Book, (part, hit): (Part, f64), slashes: &[Slash]) -> Loss {
    let stake = book.micros[part.operator];
    let demands = book.accidents.iter().map(|demand| (demand.lien, demand.fraction));
    let fraction = at_risk(book, part.operator, demands);
    let tombstoned = if fraction > 0.0 { part_of(stake, part.taken(hit)) } else { 0 };
    let left = stake - tombstoned;
    let here = slashes.iter().filter(|slash| book.liabilities[slash.lien].share[part.operator] > 0.0);
    let losses = here.map(|slash| burned(part_of(left, slash.landed), slash.fraction));
    Loss { by_accident: burned(tombstoned, fraction), by_attack: losses.fold(0.0, f64::max) }
}

/// The largest fraction among liabilities that the operator answers to.
fn at_risk(book: &Book, operator: usize, demands: impl Iterator<Item = (usize, f64)>) -> f64 {
    let mine = demands.filter(|(lien, _)| book.liabilities[*lien].share[operator] > 0.0);
    mine.map(|(_, fraction)| fraction).fold(0.0, f64::max)
}

/// Tokens burned of a bonded stake.
fn burned(stake: u128, fraction: f64) -> f64 {
    let fraction = Fraction18::from_raw(fraction18(fraction)).unwrap_or_default();
    tokens_of(slash_bonded(stake, fraction, POWER_REDUCTION))
}

//! The cheapest coalition where the order of joining moves with prices.
//!
//! Everybody who can join stands in line; the first in it whose power reaches the threshold are the coalition, less those whose
//! power is not needed. Weights as numbers steer, several at a time; whether the threshold is reached is decided by exact power.

use super::coalition::{Coalition, CoalitionCost, Recruits, closer_of_few, is_closer_sought, narrow, nearly};
use super::priced::Priced;
use super::slot_order::SlotOrder;
use super::walk::heaviest_within;
use crate::graph::{SlotLosses, StakePower, to_f64};
use crate::kernels::bits;

/// Members looked at together.
const STEP: usize = 8;

/// Working memory for a line; reused from scenario to scenario.
#[derive(Debug, Default)]
pub(super) struct Line {
    /// Weights of the coalition's members, in its order.
    weights: Vec<f64>,
    /// Colluders that are paid.
    colluders: Vec<u32>,
    /// How many stand in front who are paid nothing.
    free: usize,
}

/// The coalition where the order moves with prices; `None` out of reach. Sets are over slots; `order` is that of
/// the losses priced, and there are recruits enough (their weight is at least [`nearly`] the power needed).
pub fn by_moving_order(
    (power, priced, losses): (&StakePower, &Priced, &SlotLosses),
    order: &mut SlotOrder,
    least_power: u128,
    recruits: &Recruits<'_>,
    coalition: &mut Coalition,
) -> Option<CoalitionCost> {
    order.pick(recruits.bribable);
    line_up(recruits, order, &priced.ratios, coalition);
    let (n, held) = first_enough((power, priced), least_power, coalition)?;
    let Coalition { positions, line: Line { weights, colluders, free }, .. } = coalition;
    positions.truncate(n);
    *free = (*free).min(n);
    let last = positions[n - 1] as usize;
    let mut cost = payments(recruits, &priced.private_usd, (&positions[*free..], &*colluders));
    let full = cost;
    let surplus = held - least_power;
    let last_paid = if n > *free { pay(recruits, last) * priced.private_usd[last] } else { 0.0 };
    let spared = to_f64(surplus) / to_f64(priced.units(power, last)) * last_paid;
    let units = |slot: u32| priced.units(power, slot as usize);
    if drop_needless(positions, free, weights, surplus, units) {
        cost = payments(recruits, &priced.private_usd, (&positions[*free..], &*colluders));
    }
    let lower = (full - spared).max(0.0);
    let mut found = CoalitionCost { cost_usd: cost, lower_usd: lower, forfeited_usd: 0.0 };
    if is_closer_sought(recruits, found) {
        let of = |slot: usize| (priced.units(power, slot), priced.private_usd[slot], priced.ratios[slot]);
        (found.cost_usd, found.lower_usd) = closer_of_few(recruits, found, least_power, of, coalition);
    }
    let forfeited = losses.assets.iter().zip(&priced.asset_usd);
    let forfeited = forfeited.map(|((_, _, tokens), usd)| usd * sum_at(tokens, &coalition.positions));
    Some(CoalitionCost { forfeited_usd: forfeited.sum(), ..found })
}

/// What somebody is paid per private loss, unless its keys are stolen.
#[inline]
fn pay(recruits: &Recruits<'_>, slot: usize) -> f64 {
    if bits::contains(recruits.colluders, slot) { 1.0 } else { 1.0 + recruits.premium }
}

/// Puts everybody who can join in line: stolen keys, then colluders and bribed operators by payment per power. Where those
/// tie, colluders come first.
fn line_up(recruits: &Recruits<'_>, order: &SlotOrder, ratios: &[f64], coalition: &mut Coalition) {
    coalition.clear();
    let Coalition { positions, line: Line { colluders, free, .. }, .. } = coalition;
    positions.extend(bits::ones(recruits.compromised).map(narrow));
    *free = positions.len();
    positions.extend(order.picked());
    colluders.clear();
    colluders.extend(bits::ones(recruits.colluders).filter(|slot| !recruits.is_stolen(*slot)).map(narrow));
    colluders.sort_unstable_by_key(|slot| order.key(*slot as usize));
    let bribe = 1.0 + recruits.premium;
    let mut first = *free;
    for colluder in colluders {
        let ratio = ratios[*colluder as usize];
        let place = first + positions[first..].partition_point(|slot| bribe * ratios[*slot as usize] < ratio);
        positions.insert(place, *colluder);
        first = place + 1;
    }
}

/// How many of the line, from its front, hold the least power, and how much they hold; `None` if all of it does not.
fn first_enough(
    (power, priced): (&StakePower, &Priced),
    least_power: u128,
    coalition: &mut Coalition,
) -> Option<(usize, u128)> {
    let Coalition { positions, line: Line { weights, .. }, .. } = coalition;
    let enough = nearly(least_power);
    let mut sum = 0.0;
    weights.clear();
    weights.resize(positions.len().next_multiple_of(STEP), 0.0);
    for (index, (several, step)) in positions.chunks(STEP).zip(weights.as_chunks_mut::<STEP>().0).enumerate()
    {
        step.iter_mut().zip(several).for_each(|(weight, slot)| *weight = priced.weights[*slot as usize]);
        let [a, b, c, d, e, f, g, h] = *step;
        let whole = sum + (((a + b) + (c + d)) + ((e + f) + (g + h)));
        if whole < enough {
            sum = whole;
            continue;
        }
        for (at, weight) in step.iter().enumerate().take(several.len()) {
            sum += weight;
            if sum >= enough {
                let n = index * STEP + at + 1;
                let held = priced.units_of(power, positions[..n].iter().map(|slot| *slot as usize));
                if held >= least_power {
                    return Some((n, held));
                }
            }
        }
        // Rounding has steered a hair too early: go on from the better of the two sums.
        sum = sum.max(whole);
    }
    None
}

/// Lets members go whose power lies within the surplus, in the order of joining (where payments per power tie, that is
/// the larger first): those that are paid before those that are not. Tells whether anybody has gone.
fn drop_needless(
    positions: &mut Vec<u32>,
    free: &mut usize,
    weights: &[f64],
    surplus: u128,
    units: impl Fn(u32) -> u128,
) -> bool {
    /// No slot has this number.
    const GONE: u32 = u32::MAX;
    let (mut left, mut heaviest) = (surplus, heaviest_within(surplus));
    let (mut gone, mut gone_free) = (0, 0);
    for (part, is_free) in [(*free..positions.len(), false), (0..*free, true)] {
        let slots = &mut positions[part.clone()];
        for (slots, weights) in slots.chunks_mut(STEP).zip(weights[part].chunks(STEP)) {
            if !weights.iter().fold(false, |any, weight| any | (*weight <= heaviest)) {
                continue;
            }
            for (slot, weight) in slots.iter_mut().zip(weights) {
                if *weight <= heaviest {
                    let needless = units(*slot);
                    if needless <= left {
                        left -= needless;
                        heaviest = heaviest_within(left);
                        *slot = GONE;
                        gone += 1;
                        gone_free += usize::from(is_free);
                    }
                }
            }
        }
    }
    if gone > 0 {
        positions.retain(|slot| *slot != GONE);
        *free -= gone_free;
    }
    gone > 0
}

/// What members that are paid receive; `colluders` are all that are paid, in the coalition or not, few as a rule.
fn payments(recruits: &Recruits<'_>, private_usd: &[f64], (paid, colluders): (&[u32], &[u32])) -> f64 {
    let joined = colluders.iter().filter(|colluder| paid.contains(colluder));
    let (mut n, mut of_colluders) = (0, 0.0);
    joined.for_each(|colluder| (n, of_colluders) = (n + 1, of_colluders + private_usd[*colluder as usize]));
    if n == paid.len() {
        return of_colluders;
    }
    of_colluders + (1.0 + recruits.premium) * (sum_at(private_usd, paid) - of_colluders)
}

/// Sum of values at some positions; nothing of no values.
fn sum_at(values: &[f64], positions: &[u32]) -> f64 {
    if values.is_empty() {
        return 0.0;
    }
    let mut sums = [0.0; 4];
    let (fours, rest) = positions.as_chunks::<4>();
    for four in fours {
        sums.iter_mut().zip(four).for_each(|(sum, at)| *sum += values[*at as usize]);
    }
    sums.iter_mut().zip(rest).for_each(|(sum, at)| *sum += values[*at as usize]);
    (sums[0] + sums[1]) + (sums[2] + sums[3])
}

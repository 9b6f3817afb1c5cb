//! The cheapest coalition of whole operators: a witness, and beside it the fractional lower bound.
//!
//! Operators join in the order of what they must be paid per power until the threshold is reached; then those whose
//! power is not needed leave. No coalition of whole operators costs less than the fractional bound (the linear
//! relaxation of the knapsack), and the cheapest costs no more than the witness.

use super::few::{Candidate, FEW, cheapest_of_few};
use super::moving::Line;
use super::priced::Priced;
use super::walk::Between;
use crate::graph::to_f64;
use crate::kernels::bits;

/// Who may join in one scenario, and for how much. Sets are over the ranks of a fixed order, or over slots.
#[derive(Debug, Clone, Copy)]
pub struct Recruits<'a> {
    /// Colluders: they are paid what they lose.
    pub colluders: &'a [u64],
    /// Neither colluding nor altruistic: they ask a premium. Nobody where the route does not bribe.
    pub bribable: &'a [u64],
    /// Colluders with stolen keys: they are paid nothing.
    pub compromised: &'a [u64],
    /// What a bribed operator asks on top of its loss.
    pub premium: f64,
}

/// Who is bribed on routes that do not bribe.
pub const NOBODY: &[u64] = &[];

impl Recruits<'_> {
    #[inline]
    pub(super) fn is_stolen(&self, position: usize) -> bool {
        !self.compromised.is_empty() && bits::contains(self.compromised, position)
    }
}

/// What a coalition costs, USD.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CoalitionCost {
    /// What its members must be paid.
    pub cost_usd: f64,
    /// No coalition costs less.
    pub lower_usd: f64,
    /// Stake forfeited (cost of corruption).
    pub forfeited_usd: f64,
}

/// A gap between a cost and its bound, as a part of the cost, below which nothing is sought any more.
pub(super) const OPEN: f64 = 1e-9;

/// A coalition in the making; reused from scenario to scenario.
#[derive(Debug, Default)]
pub struct Coalition {
    /// Ranks of a known order, where members were found as a set.
    pub(super) set: Vec<u64>,
    /// Else ranks, or slots of the members of the power.
    pub(super) positions: Vec<u32>,
    /// Part of its keys that each member commits; empty where everybody joins whole. `[member]`
    pub(super) parts: Vec<f64>,
    /// Whether ranks are those of a mix's second line.
    pub(super) is_turned: bool,
    /// Room for colluders that stand between others.
    pub(super) between: Between,
    /// Room for ranks in an order of their own.
    pub(super) ranks: Vec<usize>,
    pub(super) line: Line,
}

impl Coalition {
    /// Positions of the members: ranks of a known order, or slots of the members of the power.
    pub fn positions(&self) -> impl Iterator<Item = usize> + '_ {
        self.positions.iter().map(|position| *position as usize).chain(bits::ones(&self.set))
    }
    /// Members with the part of its keys that each commits.
    pub fn committed(&self) -> impl Iterator<Item = (usize, f64)> + '_ {
        let part = |at: usize| self.parts.get(at).copied().unwrap_or(1.0);
        self.positions().enumerate().map(move |(at, position)| (position, part(at)))
    }

    /// Forgets the members.
    pub fn clear(&mut self) {
        self.set.clear();
        self.positions.clear();
        self.parts.clear();
    }
}

#[inline]
#[expect(clippy::cast_possible_truncation, reason = "operators are counted in 32 bits")]
pub(super) fn narrow(position: usize) -> u32 {
    position as u32
}

/// Whether few can join and the walk has left a gap between a cost and its bound.
#[inline]
pub(super) fn is_closer_sought(recruits: &Recruits<'_>, found: CoalitionCost) -> bool {
    found.cost_usd - found.lower_usd > OPEN * found.cost_usd && !has_more_than_few(recruits)
}

/// Closer bounds where few can join, cost and lower bound; puts a cheaper coalition in place of the members. `of` tells the units,
/// the private loss and its ratio to power at a position.
pub(super) fn closer_of_few(
    recruits: &Recruits<'_>,
    CoalitionCost { cost_usd: cost, lower_usd: lower, .. }: CoalitionCost,
    least_power: u128,
    of: impl Fn(usize) -> (u128, f64, f64),
    coalition: &mut Coalition,
) -> (f64, f64) {
    let candidate = |position: usize, pay: f64| {
        let (units, private, ratio) = of(position);
        (pay * ratio, Candidate { payment: pay * private, units, position })
    };
    let colluders = bits::ones(recruits.colluders)
        .map(|position| candidate(position, if recruits.is_stolen(position) { 0.0 } else { 1.0 }));
    let bribed = bits::ones(recruits.bribable).map(|position| candidate(position, 1.0 + recruits.premium));
    // No more than few: see `is_closer_sought`.
    let mut by_ratio = [(0.0, Candidate::default()); FEW];
    let mut n = 0;
    for (place, candidate) in by_ratio.iter_mut().zip(colluders.chain(bribed)) {
        (*place, n) = (candidate, n + 1);
    }
    by_ratio[..n].sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.position.cmp(&b.1.position)));
    let candidates = by_ratio.map(|(_, candidate)| candidate);
    let candidates = &candidates[..n];
    let searched = cheapest_of_few(candidates, least_power, cost);
    let mut least = cost;
    if let Some(set) = searched.found {
        let members = || candidates.iter().enumerate().filter(|(at, _)| set >> at & 1 == 1).map(|(_, c)| c);
        coalition.clear();
        coalition.positions.extend(members().map(|member| narrow(member.position)));
        least = members().map(|member| member.payment).sum();
    }
    (least, if searched.is_complete { least } else { lower })
}

fn has_more_than_few(recruits: &Recruits<'_>) -> bool {
    let mut n = 0;
    // Of those who can be bribed there are many as a rule.
    recruits.bribable.iter().chain(recruits.colluders).any(|word| {
        n += word.count_ones() as usize;
        n > FEW
    })
}

/// A weight just below a power: sums in floating point are good to far better than that.
pub fn nearly(power: u128) -> f64 {
    to_f64(power) * (1.0 - 1e-9)
}

/// Weight of all recruits.
pub fn available_weight(priced: &Priced, recruits: &Recruits<'_>) -> f64 {
    let weight = |set| bits::ones(set).map(|slot| priced.weights[slot]).sum::<f64>();
    weight(recruits.colluders) + weight(recruits.bribable)
}

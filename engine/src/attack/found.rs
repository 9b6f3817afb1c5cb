//! Who was found in the block's walks for attacks that pay, so that carrying them out seeks nobody twice.

use super::Coalition;
use crate::kernels::LANES;
use crate::study::Route;

/// Coalitions of a block, by target, route and lane.
#[derive(Debug, Default)]
pub(super) struct Found {
    operators: Vec<u32>,
    /// Sets of those that were found as sets.
    words: Vec<u64>,
    /// Part of its keys that each commits; shorter where everybody from there on joins whole.
    parts: Vec<f64>,
    spans: Vec<Span>,
    /// One more than the position of the span, 0 for none; of routes `collude` and `bribe`. `[target]`
    at: Vec<[[u32; LANES]; 2]>,
}

/// Where a coalition stands.
#[derive(Debug, Clone, Copy)]
struct Span {
    n: u16,
    first: u32,
    kind: Kind,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    /// Operators one by one.
    Listed,
    /// Words of a set over ranks, or over those of a mix's second line.
    Set { is_turned: bool },
}

/// A coalition that was kept.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kept<'a> {
    /// Operators, and the parts of their keys; none where everybody joins whole.
    Listed(&'a [u32], &'a [f64]),
    /// A set over ranks, or over those of a mix's second line.
    Set { set: &'a [u64], is_turned: bool },
}

impl Found {
    /// Forgets an earlier block.
    pub(super) fn clear(&mut self, n_targets: usize) {
        self.operators.clear();
        self.words.clear();
        self.parts.clear();
        self.spans.clear();
        self.at.resize(n_targets, [[0; LANES]; 2]);
        self.at.as_flattened_mut().as_flattened_mut().fill(0);
    }

    /// Keeps a coalition for a target in a lane; `operator` tells who stands at a position. One that is too large is not
    /// kept.
    pub(super) fn keep(
        &mut self,
        (target, lane): (usize, usize),
        route: Route,
        coalition: &Coalition,
        operator: impl Fn(usize) -> u32,
    ) {
        let (first, n, kind);
        if coalition.set.is_empty() {
            (first, kind) = (self.operators.len(), Kind::Listed);
            self.operators.extend(coalition.positions().map(operator));
            if !coalition.parts.is_empty() {
                self.parts.resize(first, 1.0);
                self.parts.extend(&coalition.parts);
            }
            n = self.operators.len() - first;
        } else {
            (first, kind) = (self.words.len(), Kind::Set { is_turned: coalition.is_turned });
            self.words.extend(&coalition.set);
            n = coalition.set.len();
        }
        let span = u16::try_from(n).ok().zip(u32::try_from(first).ok());
        self.spans.extend(span.map(|(n, first)| Span { n, first, kind }));
        let at = span.and_then(|_| u32::try_from(self.spans.len()).ok());
        self.at[target][by(route)][lane] = at.unwrap_or(0);
    }

    /// Keeps for a target what was kept for its twin.
    pub(super) fn share(&mut self, twin: usize, target: usize, lane: usize) {
        for route in 0..2 {
            self.at[target][route][lane] = self.at[twin][route][lane];
        }
    }

    /// The coalition of the attack by a route, if it was kept.
    pub(super) fn get(&self, target: usize, route: Route, lane: usize) -> Option<Kept<'_>> {
        let span = self.spans[self.at[target][by(route)][lane].checked_sub(1)? as usize];
        let range = span.first as usize..span.first as usize + usize::from(span.n);
        Some(match span.kind {
            Kind::Listed => {
                Kept::Listed(&self.operators[range.clone()], self.parts.get(range).unwrap_or(&[]))
            }
            Kind::Set { is_turned } => Kept::Set { set: &self.words[range], is_turned },
        })
    }
}

/// Where coalitions of a route stand.
fn by(route: Route) -> usize {
    usize::from(route == Route::Bribe)
}

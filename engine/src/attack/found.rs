//! Who was found in the block's walks for attacks that pay, so that carrying them out seeks nobody twice.

use super::Coalition;
use crate::kernels::LANES;
use crate::study::Route;

/// Coalitions of a block: the last one kept of each target and lane.
#[derive(Debug, Default)]
pub(super) struct Found {
    operators: Vec<u32>,
    /// Part of its keys that each commits; shorter where everybody from there on joins whole.
    parts: Vec<f64>,
    /// `[target]`
    spans: Vec<[Option<Span>; LANES]>,
}

/// Where a coalition's operators stand.
#[derive(Debug, Clone, Copy)]
struct Span {
    route: Route,
    n: u16,
    first: u32,
}

impl Found {
    /// Forgets an earlier block.
    pub(super) fn clear(&mut self, n_targets: usize) {
        self.operators.clear();
        self.parts.clear();
        self.spans.resize(n_targets, [None; LANES]);
        self.spans.fill([None; LANES]);
    }

    /// Keeps a coalition for a target in a lane; `operator` tells who stands at a position. One that is too large is not
    /// kept, nor is the one before.
    pub(super) fn keep(
        &mut self,
        (target, lane): (usize, usize),
        route: Route,
        coalition: &Coalition,
        operator: impl Fn(usize) -> u32,
    ) {
        let first = self.operators.len();
        self.operators.extend(coalition.positions().map(operator));
        if !coalition.parts.is_empty() {
            self.parts.resize(first, 1.0);
            self.parts.extend(&coalition.parts);
        }
        let n = u16::try_from(self.operators.len() - first).ok();
        let span = n.zip(u32::try_from(first).ok()).map(|(n, first)| Span { route, n, first });
        self.spans[target][lane] = span;
    }

    /// Keeps for a target what was kept for its twin.
    pub(super) fn share(&mut self, twin: usize, target: usize, lane: usize) {
        self.spans[target][lane] = self.spans[twin][lane];
    }

    /// Operators of the attack by a route, if they were kept, and the parts of their keys; none where everybody joins whole.
    pub(super) fn get(&self, target: usize, route: Route, lane: usize) -> Option<(&[u32], &[f64])> {
        let span = self.spans[target][lane].filter(|span| span.route == route)?;
        let first = span.first as usize;
        let members = first..first + usize::from(span.n);
        Some((&self.operators[members.clone()], self.parts.get(members).unwrap_or(&[])))
    }
}

//! What bribes come to three ways, and which is cheapest.

use super::Estimate;
use super::labels::TargetLabels;
use super::writer::{At, Writer};
use crate::attack::BribeWays;
use crate::bribes::Way;
use crate::moments::Moments;

/// Metrics of each way: its cost, and how often it is the cheapest. `[way]`
pub const METRICS: [[&str; 2]; 3] = [
    ["bribe_p_plus_epsilon_usd_given_reachable", "p_p_plus_epsilon_cheapest_given_reachable"],
    ["bribe_up_front_usd_given_reachable", "p_up_front_cheapest_given_reachable"],
    ["bribe_contingent_usd_given_reachable", "p_contingent_cheapest_given_reachable"],
];
/// Metric of what is put up for P + ε.
pub const ESCROW: &str = "bribe_escrow_usd_given_reachable";

/// Bribes for one target.
#[derive(Debug, Clone, Default)]
pub struct BribeTally {
    /// `[way]`
    costs: [Moments; 3],
    escrow: Moments,
    /// Scenarios in which it is the cheapest. `[way]`
    cheapest: [u64; 3],
}

/// The way that is cheapest in one scenario; `None` out of reach.
pub fn cheapest_way(ways: &BribeWays, lane: usize) -> Option<Way> {
    let costs = [0, 1, 2].map(|way: usize| ways.costs[way][lane]);
    costs[0].is_finite().then(|| Way::cheapest_of(costs))
}

impl BribeTally {
    pub(super) fn of(ways: &BribeWays, n: usize) -> Self {
        let mut cheapest = [0; 3];
        for way in (0..n).filter_map(|lane| cheapest_way(ways, lane)) {
            cheapest.iter_mut().zip(Way::ALL).for_each(|(hits, known)| *hits += u64::from(known == way));
        }
        let costs = [0, 1, 2].map(|way: usize| Moments::of(&ways.costs[way][..n]));
        Self { costs, escrow: Moments::of(&ways.escrow[..n]), cheapest }
    }

    pub(super) fn merge(&mut self, later: &Self) {
        self.costs.iter_mut().zip(&later.costs).for_each(|(mine, later)| mine.merge(later));
        self.escrow.merge(&later.escrow);
        self.cheapest.iter_mut().zip(&later.cheapest).for_each(|(mine, later)| *mine += later);
    }
}

impl Writer<'_> {
    /// Three ways to bribe the coalition of route `bribe`.
    pub(super) fn bribes(&mut self, labels: &TargetLabels, tally: &BribeTally) {
        let at =
            At { service: &labels.service, attack: &labels.attack, route: "bribe", regime: &labels.regime };
        let reached = tally.costs[0].n();
        if reached == 0 {
            return;
        }
        for (([cost, cheapest], costs), hits) in METRICS.into_iter().zip(&tally.costs).zip(tally.cheapest) {
            self.mean(at, cost, "usd", costs);
            self.row(at, cheapest, "probability", Estimate::probability(hits, reached), "plain");
        }
        self.mean(at, ESCROW, "usd", &tally.escrow);
    }
}

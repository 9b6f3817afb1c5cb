//! Recorded scenarios: which are kept, and their rows as columns.
//!
//! A kept scenario is kept for all designs in all three tables, so that they join.

mod columns;
mod gather;

use crate::attack::{Execution, NO_TARGET, Outcomes};
use crate::graph::{DesignGraph, Graph};
use crate::kernels::LANES;
use crate::sampling::Draws;
use crate::study::{Record, RunSettings};

pub use columns::{MarketRows, Rows, ScenarioRows, TargetRows};
pub use gather::rows;

/// What decides whether a scenario is kept.
#[derive(Debug, Clone)]
pub struct Keeper {
    record: Record,
    every: u64,
    /// Accidents of at least this much are kept, as a share of the design's stake.
    loss_share: f64,
    /// Assets staked in each design and their tokens. `[design][pool]`
    staked: Vec<Vec<(usize, f64)>>,
    /// Whether an attack pays in the base state of each design: then one that pays is no news. `[design]`
    pays_anyway: Vec<bool>,
    /// Whether a target is reached with nobody colluding (no stake stands behind it): no news either. `[target]`
    free: Vec<bool>,
}

impl Keeper {
    /// The study's rule. `base` and `outcomes` are those of the base state in lane 0.
    pub fn new(settings: &RunSettings, graph: &Graph, base: &Execution, outcomes: &Outcomes) -> Self {
        let staked = |design: &DesignGraph| -> Vec<(usize, f64)> {
            design.stake.iter().map(|amounts| (amounts.asset, amounts.tokens.iter().sum())).collect()
        };
        Self {
            staked: graph.designs.iter().map(staked).collect(),
            record: settings.record,
            every: settings.record_every,
            loss_share: settings.record_loss_share,
            free: outcomes.targets.iter().map(|target| target.threshold_reached[0]).collect(),
            pays_anyway: base.designs.iter().map(|design| design.target[0] != NO_TARGET).collect(),
        }
    }

    /// Whether anything is ever kept.
    pub fn keeps_none(&self) -> bool {
        self.record == Record::None
    }

    /// Lanes of a block that are kept.
    fn kept(&self, draws: &Draws, outcomes: &Outcomes, execution: &Execution) -> Vec<u8> {
        if self.record == Record::All {
            return (0..=u8::MAX).take(draws.n).collect();
        }
        let mut keeps = [false; LANES];
        for (lane, keeps) in keeps.iter_mut().enumerate() {
            *keeps = (draws.first_scenario + lane as u64).is_multiple_of(self.every);
        }
        for (target, _) in outcomes.targets.iter().zip(&self.free).filter(|(_, free)| !**free) {
            keeps.iter_mut().zip(&target.threshold_reached).for_each(|(keeps, reached)| *keeps |= reached);
        }
        let designs = self.staked.iter().zip(&execution.designs).zip(&self.pays_anyway);
        for ((staked, out), anyway) in designs.filter(|((_, out), _)| !out.is_nothing()) {
            for (lane, keeps) in keeps.iter_mut().enumerate().take(draws.n) {
                let lost = out.fault_slashed[lane];
                *keeps |= (out.target[lane] != NO_TARGET && !anyway)
                    || lost > 0.0 && lost >= self.loss_share * usd(staked, draws, lane);
            }
        }
        // What accidents make pay is news wherever nothing pays in the base state.
        let cascades = execution.cascades.iter().zip(&self.pays_anyway);
        for (cascades, _) in cascades.filter(|(_, anyway)| !**anyway) {
            cascades.iter().flat_map(|found| &found.rounds).for_each(|round| keeps[round.lane] = true);
        }
        (0..=u8::MAX).take(draws.n).filter(|lane| keeps[usize::from(*lane)]).collect()
    }
}

/// What tokens are worth in a lane.
fn usd(tokens: &[(usize, f64)], draws: &Draws, lane: usize) -> f64 {
    tokens.iter().map(|(asset, tokens)| draws.prices[*asset][lane] * tokens).sum()
}

//! Scenarios in time: prices, stake, use and attacks, one epoch after the other.
//!
//! A path is a scenario whose epochs are drawn from streams of their own; the first epoch's are those of a scenario without
//! time. Each epoch is judged by the same code as a scenario, at that epoch's prices. Stake that comes and goes scales prices: an
//! operator's power and losses are tokens × price, so stake that all operators of an asset gain or lose alike is a factor of
//! that asset's price, and a compiled graph serves every epoch. Stake that is leaving has no power but can be slashed: losses
//! have a price of their own. Where operators reconsider, scenarios of a block differ in who takes part; each group of them is judged
//! by a graph of its own.

mod choosers;
mod draws;
mod judged;
mod marks;
mod plan;
mod queue;
mod rows;
mod sales;
mod stake;
mod tally;
#[cfg(test)]
mod tests;
mod use_of;
mod world;

pub use rows::{BandRow, PathResults, SampleRow, SurvivalRow};
pub use tally::PathTally;

use crate::bargain::Settled;
use crate::kernels::LANES;
use crate::run::{in_parallel, n_threads};
use crate::study::{Study, Time};
use choosers::Choosers;
use draws::PathSampler;
use plan::WorldPlan;
use world::World;

/// Days in a year.
const DAYS_PER_YEAR: f64 = 365.25;

/// A study with time, compiled.
#[derive(Debug)]
pub struct PathPlan {
    time: Time,
    sampler: PathSampler,
    /// Designs that share a state: all of them where nothing changes what follows, else one each.
    worlds: Vec<WorldPlan>,
}

impl PathPlan {
    /// Compiles a study in which operators have chosen and delegators voted; `None` if it says nothing of time.
    pub fn new(settled: &Settled) -> Option<Self> {
        let study = &settled.study;
        let time = study.time.clone()?;
        let mut epoch = study.clone();
        epoch.horizon_days = time.epoch_days;
        let sampler = PathSampler::new(&epoch, &time);
        let votes =
            study.designs.iter().flat_map(|design| &design.terms).any(|terms| terms.proposal.is_some());
        let worlds = if time.has_feedback() || votes || time.reconsider_epochs > 0 || study.adversary.joint {
            (0..study.designs.len()).map(|design| alone(settled, &epoch, &time, design)).collect()
        } else {
            vec![WorldPlan::new(&epoch, &time, None)]
        };
        Some(Self { time, sampler, worlds })
    }

    /// Paths that a run draws.
    pub fn paths(&self) -> u64 {
        self.time.paths
    }

    /// Draws and judges every path on the current rayon pool. The result depends on the study and its seed alone.
    pub fn run(&self) -> PathResults {
        let n_blocks = self.time.paths.div_ceil(LANES as u64);
        let n_pieces = (n_threads() as u64).min(n_blocks).max(1);
        let tallies = in_parallel(usize::try_from(n_pieces).unwrap_or(1), |piece| {
            let first = n_blocks * piece as u64 / n_pieces;
            let last = n_blocks * (piece as u64 + 1) / n_pieces;
            self.blocks(first..last)
        });
        let mut total = PathTally::new(self.time.epochs, &self.worlds);
        tallies.iter().for_each(|tally| total.merge(tally));
        rows::results(&self.time, &self.worlds, &mut total)
    }

    fn blocks(&self, blocks: std::ops::Range<u64>) -> PathTally {
        let mut tally = PathTally::new(self.time.epochs, &self.worlds);
        let mut draws = self.sampler.room();
        let mut worlds: Vec<World<'_>> = self.worlds.iter().map(World::new).collect();
        for block in blocks {
            let left = self.time.paths - block * LANES as u64;
            let n = usize::try_from(left).unwrap_or(LANES).min(LANES);
            worlds.iter_mut().for_each(World::start);
            for epoch in 0..self.time.epochs {
                self.sampler.draw(block, n, epoch, &mut draws);
                for (index, world) in worlds.iter_mut().enumerate() {
                    world.live(&mut draws, epoch);
                    tally.count((index, &*world), &draws, epoch);
                    world.go_on(&draws);
                }
            }
        }
        tally
    }
}

/// The world of one design.
fn alone(settled: &Settled, epoch: &Study, time: &Time, design: usize) -> WorldPlan {
    let alone = |study: &Study| Study { designs: vec![study.designs[design].clone()], ..study.clone() };
    let chosen: Vec<_> = settled.chosen.iter().filter(|chosen| chosen.design == design).collect();
    let of_epoch = alone(epoch);
    let choosers = if time.reconsider_epochs == 0 || chosen.is_empty() {
        None
    } else {
        let stages = plan::stages(&of_epoch, time).into_iter().map(|(_, study)| study).collect();
        Choosers::new(alone(&settled.study), &chosen, time.reconsider_epochs, stages)
    };
    WorldPlan::new(&of_epoch, time, choosers)
}

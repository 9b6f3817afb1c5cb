//! Draws kept in memory, so that many variants of a design are judged on the same ones.

use crate::attack::{Execution, LossLine, Outcomes, assess, execute};
use crate::graph::Graph;
use crate::kernels::LANES;
use crate::run::in_parallel;
use crate::sampling::{Draws, Sampler};
use crate::study::Study;
use std::collections::BTreeMap;

/// Blocks of draws.
#[derive(Debug)]
pub struct Bench {
    blocks: Vec<Draws>,
    n: u64,
}

impl Bench {
    /// Draws the first `n` scenarios of a study.
    pub fn new(study: &Study, n: u64) -> Self {
        let sampler = Sampler::new(study, study.run.seed);
        let n_blocks = usize::try_from(n.div_ceil(LANES as u64)).unwrap_or(usize::MAX);
        let block = |block: usize| {
            let mut draws = sampler.room();
            let left = n - (block * LANES) as u64;
            let lanes = usize::try_from(left).unwrap_or(LANES).min(LANES);
            sampler.draw(block as u64, lanes, &mut draws);
            draws
        };
        Self { blocks: in_parallel(n_blocks, block), n }
    }

    /// Number of scenarios.
    pub fn n(&self) -> u64 {
        self.n
    }

    /// Prices of an asset, scenario by scenario.
    pub fn prices(&self, asset: usize) -> impl Iterator<Item = f64> + '_ {
        self.blocks.iter().flat_map(move |draws| draws.prices[asset][..draws.n].iter().copied())
    }

    /// What attacks on `service` of the graph's one design, alone or with others, cost whom: (operator, scenario, USD), in the order of scenarios.
    /// Less, where attacks are joint, what would be lost if it could not be attacked.
    pub fn losses(&self, graph: &Graph, service: usize) -> Vec<(usize, usize, f64)> {
        // Few enough pieces that their rooms do not matter, more than there are threads.
        let piece = self.blocks.len().div_ceil(16).max(1);
        let pieces: Vec<&[Draws]> = self.blocks.chunks(piece).collect();
        let judged = in_parallel(pieces.len(), |index| {
            let (mut outcomes, mut execution) = (Outcomes::new(graph), Execution::new(graph));
            let mut lost = Vec::new();
            for (block, draws) in pieces[index].iter().enumerate() {
                assess(graph, draws, &mut outcomes);
                execute(graph, draws, &mut outcomes, &mut execution);
                let first = (index * piece + block) * LANES;
                let attacked =
                    |line: &&LossLine| line.services >> service & 1 == 1 && line.by_attack_usd > 0.0;
                let of_block = execution.losses.iter().filter(attacked);
                lost.extend(of_block.map(|line| {
                    (line.operator as usize, first + usize::from(line.lane), line.by_attack_usd)
                }));
                let instead = execution.instead.iter().filter(attacked).map(|line| {
                    (line.operator as usize, first + usize::from(line.lane), -line.by_attack_usd)
                });
                netted(&mut lost, instead.collect());
            }
            lost
        });
        judged.into_iter().flatten().collect()
    }
}

/// Adds losses of the scenarios listed last, one entry for an operator and scenario that has several.
fn netted(lost: &mut Vec<(usize, usize, f64)>, more: Vec<(usize, usize, f64)>) {
    let Some(first) = more.iter().map(|(_, scenario, _)| *scenario).min() else { return };
    let from = lost.partition_point(|(_, scenario, _)| *scenario < first);
    let mut sums: BTreeMap<(usize, usize), f64> = BTreeMap::new();
    for (operator, scenario, usd) in lost.drain(from..).chain(more) {
        *sums.entry((scenario, operator)).or_default() += usd;
    }
    lost.extend(sums.into_iter().map(|((scenario, operator), usd)| (operator, scenario, usd)));
}

//! One block by one worker, and how blocks are folded in order.

use super::{BLOCKS_PER_PART, Plan, Sink};
use crate::attack::{Execution, Outcomes, execute};
use crate::economy::{BlockLedger, BlockPortfolios, Ledger, LossBooks, PortfolioSketches};
use crate::estimate::{Sketches, Tally};
use crate::record::{self, Rows};
use crate::sampling::Draws;
use rayon::prelude::*;
use std::ops::Range;
use std::sync::Mutex;

/// What one worker keeps between blocks.
pub(super) struct Worker {
    pub(super) draws: Draws,
    pub(super) outcomes: Outcomes,
    pub(super) execution: Execution,
    pub(super) sketches: Sketches,
    pub(super) portfolios: BlockPortfolios,
    pub(super) holdings: PortfolioSketches,
    pub(super) books: LossBooks,
}

impl Plan {
    pub(super) fn worker(&self) -> Worker {
        let outcomes = self.outcomes();
        Worker {
            draws: self.sampler.room(),
            sketches: Sketches::new(&self.graph, &outcomes),
            execution: Execution::new(&self.graph),
            portfolios: BlockPortfolios::default(),
            holdings: PortfolioSketches::default(),
            books: LossBooks::new(&self.graph, self.sampler.n_assets()),
            outcomes,
        }
    }

    pub(super) fn ledger(&self) -> Ledger {
        Ledger::new(&self.graph, self.sampler.n_assets())
    }

    /// Draws and judges a block; its sums take the place of what `sums` held.
    pub(super) fn block(&self, block: u64, workers: &[Mutex<Worker>], sums: &mut OfBlock) {
        let mine = &workers[rayon::current_thread_index().unwrap_or(0) % workers.len()];
        let mut worker = mine.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let Worker { draws, outcomes, execution, sketches, portfolios, holdings, books } = &mut *worker;
        let n = self.lanes(block);
        self.sampler.draw(block, n, draws);
        self.assess(draws, outcomes);
        execute(&self.graph, draws, outcomes, execution);
        sketches.count(n, outcomes, execution);
        let OfBlock { tally, rows, ledger } = sums;
        tally.count(&self.graph, &self.labels, draws, outcomes, execution);
        *rows = record::rows(&self.keeper, &self.graph, &self.labels, (draws, outcomes, execution));
        self.labels.portfolios.fill(draws, execution, portfolios);
        holdings.count(portfolios, n);
        ledger.count(draws, execution, &self.labels.stakes.own_share, portfolios, books);
    }
}

/// What one block hands on; reused from wave to wave.
#[derive(Debug, Default)]
pub(super) struct OfBlock {
    tally: Tally,
    rows: Rows,
    ledger: BlockLedger,
}

/// Blocks next to each other whose sums wait to be folded, in order.
#[derive(Debug, Default)]
pub(super) struct Wave {
    /// The first `n` of them wait, the others are room.
    blocks: Vec<OfBlock>,
    n: usize,
}

impl Wave {
    /// Computes blocks on the current rayon pool.
    pub(super) fn compute(&mut self, plan: &Plan, blocks: Range<u64>, workers: &[Mutex<Worker>]) {
        self.n = blocks.clone().count();
        self.blocks.resize_with(self.n.max(self.blocks.len()), OfBlock::default);
        let sums = self.blocks[..self.n].par_iter_mut().enumerate();
        sums.for_each(|(index, sums)| plan.block(blocks.start + index as u64, workers, sums));
    }

    /// The blocks that wait; afterwards none does.
    pub(super) fn take(&mut self) -> &mut [OfBlock] {
        let n = std::mem::take(&mut self.n);
        &mut self.blocks[..n]
    }

    /// Whether no block waits.
    pub(super) fn is_empty(&self) -> bool {
        self.n == 0
    }
}

/// Folds finished blocks along the one tree: blocks in order within a part, parts in order.
pub(super) struct Fold {
    pub(super) next_block: u64,
    pub(super) part: Tally,
    pub(super) total: Tally,
    pub(super) part_ledger: Ledger,
    pub(super) ledger: Ledger,
    pub(super) empty: Ledger,
}

impl Fold {
    pub(super) fn new(empty: &Ledger) -> Self {
        let (part, total) = (Tally::default(), Tally::default());
        let [part_ledger, ledger, empty] = [empty.clone(), empty.clone(), empty.clone()];
        Self { next_block: 0, part, total, part_ledger, ledger, empty }
    }

    /// Takes in the next blocks; their rows go to the sink.
    pub(super) fn take<S: Sink>(&mut self, blocks: &mut [OfBlock], sink: &mut S) -> Result<(), S::Error> {
        for OfBlock { tally, rows, ledger } in blocks {
            self.part.merge(tally);
            self.part_ledger.take(ledger);
            sink.rows(std::mem::take(rows))?;
            self.next_block += 1;
            if self.next_block.is_multiple_of(BLOCKS_PER_PART) {
                self.end_part(sink)?;
            }
        }
        Ok(())
    }

    fn end_part<S: Sink>(&mut self, sink: &mut S) -> Result<(), S::Error> {
        let part = std::mem::take(&mut self.part);
        self.total.merge(&part);
        self.ledger.merge(&self.part_ledger);
        self.part_ledger.clone_from(&self.empty);
        sink.end_part((self.next_block - 1) / BLOCKS_PER_PART)
    }

    /// Ends the last part.
    pub(super) fn finish<S: Sink>(&mut self, sink: &mut S) -> Result<(), S::Error> {
        if self.part.n > 0 { self.end_part(sink) } else { Ok(()) }
    }

    /// Everything folded, as if the part ended here.
    pub(super) fn so_far(&self) -> Tally {
        let mut tally = self.total.clone();
        if self.part.n > 0 {
            tally.merge(&self.part);
        }
        tally
    }
}

//! One block by one worker, and how blocks are folded in order.

use super::{BLOCKS_PER_PART, Plan, Sink};
use crate::attack::{Execution, Outcomes, execute};
use crate::economy::{BlockLedger, Ledger, LossBooks, PortfolioSketches};
use crate::estimate::{Sketches, Tally};
use crate::record::{self, Rows};
use crate::sampling::Draws;
use std::sync::Mutex;

/// What one worker keeps between blocks.
pub(super) struct Worker {
    pub(super) draws: Draws,
    pub(super) outcomes: Outcomes,
    pub(super) execution: Execution,
    pub(super) sketches: Sketches,
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
            holdings: PortfolioSketches::default(),
            books: LossBooks::new(&self.graph, self.sampler.n_assets()),
            outcomes,
        }
    }

    pub(super) fn ledger(&self) -> Ledger {
        Ledger::new(&self.graph, self.sampler.n_assets())
    }

    pub(super) fn block(&self, block: u64, workers: &[Mutex<Worker>]) -> OfBlock {
        let mine = &workers[rayon::current_thread_index().unwrap_or(0) % workers.len()];
        let mut worker = mine.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let Worker { draws, outcomes, execution, sketches, holdings, books } = &mut *worker;
        let n = self.lanes(block);
        self.sampler.draw(block, n, draws);
        self.assess(draws, outcomes);
        execute(&self.graph, draws, outcomes, execution);
        sketches.count(n, outcomes, execution);
        let tally = Tally::of_block(&self.graph, &self.labels, draws, outcomes, execution);
        let rows = record::rows(&self.keeper, &self.graph, &self.labels, (draws, outcomes, execution));
        let portfolios = self.labels.portfolios.block(draws, execution);
        holdings.count(&portfolios, n);
        let ledger = BlockLedger::of(draws, execution, &self.labels.stakes.own_share, &portfolios, books);
        OfBlock { tally, rows, ledger }
    }
}

/// What one block hands on.
pub(super) struct OfBlock {
    pub(super) tally: Tally,
    pub(super) rows: Rows,
    pub(super) ledger: BlockLedger,
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

    pub(super) fn take<S: Sink>(&mut self, blocks: Vec<OfBlock>, sink: &mut S) -> Result<(), S::Error> {
        for OfBlock { tally, rows, ledger } in blocks {
            self.part.merge(&tally);
            self.part_ledger.take(&ledger);
            sink.rows(rows)?;
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

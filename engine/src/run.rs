//! Blocks in parallel and in order: the only file that knows rayon.
//!
//! A block of 256 scenarios is drawn, judged and counted by one worker; finished blocks are folded in order, within a
//! part of 2^20 scenarios and then part by part, so that neither the number of threads nor their luck changes a bit.

use crate::attack::{Execution, Outcomes, assess, execute};
use crate::economy::{BlockLedger, Ledger, PortfolioSketches};
use crate::estimate::{Labels, Results, Sketches, Tally, summarise};
use crate::graph::Graph;
use crate::kernels::LANES;
use crate::kernels::level::Level;
use crate::record::{self, Keeper, Rows};
use crate::sampling::{Draws, Sampler};
use crate::study::{RunSettings, Study};
use rayon::prelude::*;
use std::sync::Mutex;

/// Blocks in a part: 2^20 scenarios.
pub const BLOCKS_PER_PART: u64 = 4096;
/// Blocks that each thread takes before the next fold; fewer where their recorded rows wait in memory.
const BLOCKS_PER_THREAD: u64 = 64;
const RECORDED_BLOCKS_PER_THREAD: u64 = 16;

/// A study compiled, ready to draw.
#[derive(Debug)]
pub struct Plan {
    graph: Graph,
    sampler: Sampler,
    labels: Labels,
    keeper: Keeper,
    settings: RunSettings,
}

/// Takes the recorded rows of finished blocks, in order.
pub trait Sink: Send {
    /// Why rows could not be taken.
    type Error: Send;
    /// Takes the rows of one block.
    ///
    /// # Errors
    /// If they cannot be written; the run ends.
    fn rows(&mut self, rows: Rows) -> Result<(), Self::Error>;
    /// All rows of part `part` have been given.
    ///
    /// # Errors
    /// If the part cannot be finished; the run ends.
    fn end_part(&mut self, part: u64) -> Result<(), Self::Error>;
}

/// A sink for runs of which only the estimates are wanted.
#[derive(Debug, Default)]
pub struct NoSink;

impl Sink for NoSink {
    type Error = std::convert::Infallible;
    fn rows(&mut self, _rows: Rows) -> Result<(), Self::Error> {
        Ok(())
    }
    fn end_part(&mut self, _part: u64) -> Result<(), Self::Error> {
        Ok(())
    }
}

impl Plan {
    /// Compiles a study with its own `run` settings.
    pub fn new(study: &Study) -> Self {
        let graph = crate::design::compile(study);
        let sampler = Sampler::new(study, study.run.seed);
        let mut outcomes = Outcomes::new(&graph);
        let mut base = Execution::new(&graph);
        let draws = sampler.base_state(study);
        assess(&graph, &draws, &mut outcomes);
        execute(&graph, &draws, &mut outcomes, &mut base);
        Self {
            labels: Labels::new(study, &graph, &outcomes),
            keeper: Keeper::new(&study.run, &base, &outcomes),
            settings: study.run.clone(),
            graph,
            sampler,
        }
    }

    /// The same plan on another level of vector instructions than the fastest of the machine; no bit depends on it.
    #[must_use]
    pub fn at_level(mut self, level: Level) -> Self {
        self.sampler.set_level(level);
        self
    }

    /// The security graph.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }
    /// Names of its positions.
    pub fn labels(&self) -> &Labels {
        &self.labels
    }
    /// Scenarios that a run draws.
    pub fn scenarios(&self) -> u64 {
        self.settings.scenarios
    }
}

/// What one worker keeps between blocks.
struct Worker {
    draws: Draws,
    outcomes: Outcomes,
    execution: Execution,
    sketches: Sketches,
    holdings: PortfolioSketches,
}

/// Draws and judges every scenario of the plan on the current rayon pool.
///
/// `progress` is told the number of scenarios done. Results depend on the study, the seed and the scenario count alone.
///
/// # Errors
/// The sink's first error.
pub fn run<S: Sink>(
    plan: &Plan,
    sink: &mut S,
    mut progress: impl FnMut(u64) + Send,
) -> Result<Results, S::Error> {
    let threads = rayon::current_num_threads();
    let workers: Vec<Mutex<Worker>> = (0..threads).map(|_| Mutex::new(plan.worker())).collect();
    let n_blocks = plan.settings.scenarios.div_ceil(LANES as u64);
    let per_thread = if plan.keeper.keeps_none() { BLOCKS_PER_THREAD } else { RECORDED_BLOCKS_PER_THREAD };
    let wave = per_thread * threads as u64;
    let mut fold = Fold::new(n_blocks, &plan.ledger());
    let mut finished: Vec<Finished> = Vec::new();
    let mut next = 0;
    while next < n_blocks || !finished.is_empty() {
        let blocks = next..(next + wave).min(n_blocks);
        next = blocks.end;
        let ready = std::mem::take(&mut finished);
        let (folded, computed) = rayon::join(
            || fold.take(ready, sink),
            || blocks.into_par_iter().map(|block| plan.block(block, &workers)).collect::<Vec<_>>(),
        );
        folded?;
        finished = computed;
        progress((fold.next_block * LANES as u64).min(plan.settings.scenarios));
    }
    let Worker { mut sketches, mut holdings, .. } = plan.worker();
    for worker in workers {
        let worker = worker.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        sketches.merge(&worker.sketches);
        holdings.merge(&worker.holdings);
    }
    Ok(summarise(&plan.graph, &plan.labels, (&fold.total, &sketches), (&fold.ledger, &holdings)))
}

impl Plan {
    fn worker(&self) -> Worker {
        let outcomes = Outcomes::new(&self.graph);
        Worker {
            draws: self.sampler.room(),
            sketches: Sketches::new(&self.graph, &outcomes),
            execution: Execution::new(&self.graph),
            holdings: PortfolioSketches::default(),
            outcomes,
        }
    }

    fn ledger(&self) -> Ledger {
        Ledger::new(&self.graph, self.sampler.n_assets())
    }

    fn block(&self, block: u64, workers: &[Mutex<Worker>]) -> Finished {
        let mine = &workers[rayon::current_thread_index().unwrap_or(0) % workers.len()];
        let mut worker = mine.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let Worker { draws, outcomes, execution, sketches, holdings } = &mut *worker;
        let left = self.settings.scenarios - block * LANES as u64;
        let n = usize::try_from(left).unwrap_or(LANES).min(LANES);
        self.sampler.draw(block, n, draws);
        assess(&self.graph, draws, outcomes);
        execute(&self.graph, draws, outcomes, execution);
        sketches.count(n, outcomes, execution);
        let tally = Tally::of_block(&self.graph, &self.labels, draws, outcomes, execution);
        let rows = record::rows(&self.keeper, &self.graph, &self.labels, (draws, outcomes, execution));
        let portfolios = self.labels.portfolios.block(draws, execution);
        holdings.count(&portfolios, n);
        let ledger = BlockLedger::of(draws, execution, &self.labels.stakes.own_share, &portfolios);
        Finished { tally, rows, ledger }
    }
}

/// What one block hands on.
struct Finished {
    tally: Tally,
    rows: Rows,
    ledger: BlockLedger,
}

/// Folds finished blocks along the one tree: blocks in order within a part, parts in order.
struct Fold {
    n_blocks: u64,
    next_block: u64,
    part: Tally,
    total: Tally,
    part_ledger: Ledger,
    ledger: Ledger,
    empty: Ledger,
}

impl Fold {
    fn new(n_blocks: u64, empty: &Ledger) -> Self {
        let (part, total) = (Tally::default(), Tally::default());
        let [part_ledger, ledger, empty] = [empty.clone(), empty.clone(), empty.clone()];
        Self { n_blocks, next_block: 0, part, total, part_ledger, ledger, empty }
    }

    fn take<S: Sink>(&mut self, blocks: Vec<Finished>, sink: &mut S) -> Result<(), S::Error> {
        for Finished { tally, rows, ledger } in blocks {
            self.part.merge(&tally);
            self.part_ledger.take(&ledger);
            sink.rows(rows)?;
            self.next_block += 1;
            if self.next_block.is_multiple_of(BLOCKS_PER_PART) || self.next_block == self.n_blocks {
                let part = std::mem::take(&mut self.part);
                self.total.merge(&part);
                self.ledger.merge(&self.part_ledger);
                self.part_ledger.clone_from(&self.empty);
                sink.end_part((self.next_block - 1) / BLOCKS_PER_PART)?;
            }
        }
        Ok(())
    }
}

/// Does `n` independent pieces of work on the current rayon pool; results in their order.
pub fn in_parallel<T: Send>(n: usize, work: impl Fn(usize) -> T + Sync + Send) -> Vec<T> {
    (0..n).into_par_iter().map(work).collect()
}

/// Threads of the current rayon pool.
pub fn n_threads() -> usize {
    rayon::current_num_threads()
}

/// The threads that a run may use.
#[derive(Debug)]
pub struct Threads(rayon::ThreadPool);

impl Threads {
    /// So many threads, or one per processor.
    ///
    /// # Errors
    /// If the system grants none.
    pub fn new(count: Option<std::num::NonZeroUsize>) -> Result<Self, std::io::Error> {
        let threads = count.map_or(0, std::num::NonZeroUsize::get);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        pool.map(Self).map_err(std::io::Error::other)
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.current_num_threads()
    }

    /// Does some work on these threads.
    pub fn install<R: Send>(&self, work: impl FnOnce() -> R + Send) -> R {
        self.0.install(work)
    }
}

/// As [`run`], on these threads.
///
/// # Errors
/// The sink's first error.
pub fn run_on<S: Sink>(
    threads: &Threads,
    plan: &Plan,
    sink: &mut S,
    progress: impl FnMut(u64) + Send,
) -> Result<Results, S::Error> {
    threads.0.install(|| run(plan, sink, progress))
}

//! Blocks in parallel and in order: the only folder that knows rayon.
//!
//! A block of 256 scenarios is drawn, judged and counted by one worker; finished blocks are folded in order, within a
//! part of 2^20 scenarios and then part by part, so that neither the number of threads nor their luck changes a bit.

mod blocks;
mod plan;
mod threads;

pub use plan::{Judged, Plan};
pub use threads::{Threads, blocks_in_order, in_parallel, map_in_parallel, n_threads};

use crate::estimate::{Goal, Results, Slowest, next_check, slowest, summarise};
use crate::kernels::LANES;
use crate::record::Rows;
use crate::study::RunSettings;
use blocks::{Fold, Wave, Worker};
use std::sync::Mutex;

/// Blocks in a part: 2^20 scenarios.
pub const BLOCKS_PER_PART: u64 = 4096;
/// Blocks that each thread takes before the next fold; fewer where their recorded rows wait in memory.
const BLOCKS_PER_THREAD: u64 = 64;
const RECORDED_BLOCKS_PER_THREAD: u64 = 4;

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

/// Why a run ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Ended {
    /// Every scenario was drawn; the least precise headline figure where a precision was asked for.
    AllDrawn(Option<Slowest>),
    /// Every headline figure is as precise as the study asks for; the least precise of them.
    Precise(Option<Slowest>),
    /// The caller's limit was met.
    Limit(Option<Slowest>),
    /// The caller was interrupted.
    Interrupted,
}

/// A run's estimates, and what they rest on.
#[derive(Debug, Clone)]
pub struct Finished {
    /// Estimates.
    pub results: Results,
    /// Scenarios drawn.
    pub scenarios: u64,
    /// Why it ended.
    pub ended: Ended,
}

/// What a run is asked as it goes on.
pub struct Watch<'a> {
    /// Told the number of scenarios done.
    pub progress: &'a mut (dyn FnMut(u64) + Send),
    /// Asked at fixed numbers of scenarios whether to go on; `None`: always.
    pub go_on: Option<&'a mut (dyn FnMut() -> bool + Send)>,
    /// Asked after every wave of blocks whether the run must end at once; `None`: never. Where it ends then depends on the clock,
    /// what has been drawn does not.
    pub interrupted: Option<&'a (dyn Fn() -> bool + Sync)>,
}

impl Watch<'_> {
    /// Whether the run must end at once.
    pub(crate) fn is_interrupted(&self) -> bool {
        self.interrupted.is_some_and(|is_interrupted| is_interrupted())
    }
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
    let watch = Watch { progress: &mut progress, go_on: None, interrupted: None };
    run_until(plan, sink, watch).map(|finished| finished.results)
}

/// As [`run`], and ends early where the study's precision is reached or the caller says so. What has been drawn until then is
/// the same, bit by bit, as a run of so many scenarios.
///
/// # Errors
/// The sink's first error.
pub fn run_until<S: Sink>(plan: &Plan, sink: &mut S, mut watch: Watch<'_>) -> Result<Finished, S::Error> {
    let threads = rayon::current_num_threads();
    let workers: Vec<Mutex<Worker>> = (0..threads).map(|_| Mutex::new(plan.worker())).collect();
    let per_thread = if plan.keeper.keeps_none() { BLOCKS_PER_THREAD } else { RECORDED_BLOCKS_PER_THREAD };
    let wave = per_thread * threads as u64;
    let mut fold = Fold::new(&plan.ledger());
    let mut checks = Checks::new(plan, &watch);
    let [mut finished, mut room] = [Wave::default(), Wave::default()];
    let mut next = 0;
    let ended = loop {
        let blocks = next..(next + wave).min(checks.next);
        next = blocks.end;
        let (folded, ()) =
            rayon::join(|| fold.take(finished.take(), sink), || room.compute(plan, blocks, &workers));
        folded?;
        std::mem::swap(&mut finished, &mut room);
        (watch.progress)((fold.next_block * LANES as u64).min(plan.settings.scenarios));
        // Nothing beyond a check is drawn before its answer is known.
        if finished.is_empty() && next == checks.next {
            let slowest =
                checks.goal().and_then(|goal| slowest(&plan.graph, &plan.labels, &fold.so_far(), goal));
            if let Some(ended) = checks.answer(slowest, &mut watch) {
                break ended;
            }
        }
        if watch.is_interrupted() && next < checks.n_blocks {
            fold.take(finished.take(), sink)?;
            break Ended::Interrupted;
        }
    };
    fold.finish(sink)?;
    let Worker { mut sketches, mut holdings, .. } = plan.worker();
    for worker in workers {
        let worker = worker.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        sketches.merge(&worker.sketches);
        holdings.merge(&worker.holdings);
    }
    let results = summarise(&plan.graph, &plan.labels, (&fold.total, &sketches), (&fold.ledger, &holdings));
    Ok(Finished { results, scenarios: fold.total.n, ended })
}

/// At which blocks a run asks whether to go on.
#[derive(Debug)]
pub(crate) struct Checks {
    /// The block before which it asks next.
    pub(crate) next: u64,
    n_blocks: u64,
    goal: Option<Goal>,
}

impl Checks {
    pub(crate) fn new(plan: &Plan, watch: &Watch<'_>) -> Self {
        let RunSettings { scenarios, relative_error, negligible, .. } = plan.settings;
        let n_blocks = scenarios.div_ceil(LANES as u64);
        let goal = (relative_error > 0.0).then_some(Goal { relative_error, negligible });
        let asks = goal.is_some() || watch.go_on.is_some();
        Self { next: if asks { next_check(0).min(n_blocks) } else { n_blocks }, n_blocks, goal }
    }

    /// What counts as precise, if anything is asked for.
    pub(crate) fn goal(&self) -> Option<&Goal> {
        self.goal.as_ref()
    }

    /// Why the run ends here; `None` if it goes on to the next check.
    pub(crate) fn answer(&mut self, slowest: Option<Slowest>, watch: &mut Watch<'_>) -> Option<Ended> {
        if self.goal.as_ref().is_some_and(|goal| goal.is_met(slowest.as_ref())) {
            return Some(Ended::Precise(slowest));
        }
        if self.next == self.n_blocks {
            return Some(Ended::AllDrawn(slowest));
        }
        if watch.go_on.as_mut().is_some_and(|go_on| !go_on()) {
            return Some(Ended::Limit(slowest));
        }
        self.next = next_check(self.next).min(self.n_blocks);
        None
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

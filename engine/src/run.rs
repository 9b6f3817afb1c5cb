//! Blocks in parallel and in order: the only file that knows rayon.
//!
//! A block of 256 scenarios is drawn, judged and counted by one worker; finished blocks are folded in order, within a
//! part of 2^20 scenarios and then part by part, so that neither the number of threads nor their luck changes a bit.

use crate::attack::{Execution, Outcomes, assess, execute, execute_seen};
use crate::bribes::{BELIEF_SCENARIOS, Offers};
use crate::economy::{BlockLedger, Ledger, LossBooks, PortfolioSketches};
use crate::estimate::{Goal, Labels, Results, Sketches, Slowest, Tally, next_check, slowest, summarise};
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
const RECORDED_BLOCKS_PER_THREAD: u64 = 4;

/// A study compiled, ready to draw.
#[derive(Debug)]
pub struct Plan {
    graph: Graph,
    /// What bribed members ask for, where bribes are priced three ways.
    offers: Option<Offers>,
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
            keeper: Keeper::new(&study.run, &graph, &base, &outcomes),
            settings: study.run.clone(),
            offers: study.adversary.bribe_ways.then(|| offers(study, &graph, &sampler)),
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
    /// Whether bribes are priced three ways.
    pub fn prices_bribes(&self) -> bool {
        self.offers.is_some()
    }
    /// How its draws are made.
    pub fn sampler(&self) -> &Sampler {
        &self.sampler
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

/// Bribes three ways at every target; what members think of each other comes of the first scenarios of the run, by their own law.
fn offers(study: &Study, graph: &Graph, sampler: &Sampler) -> Offers {
    let mut offers = Offers::new(study, 0..study.designs.len());
    let scenarios = usize::try_from(study.run.scenarios).unwrap_or(usize::MAX).min(BELIEF_SCENARIOS);
    offers.learn(graph, sampler, scenarios);
    offers
}

/// What one worker keeps between blocks.
struct Worker {
    draws: Draws,
    outcomes: Outcomes,
    execution: Execution,
    sketches: Sketches,
    holdings: PortfolioSketches,
    books: LossBooks,
}

/// Room for one block judged with states drawn elsewhere.
#[derive(Debug)]
pub struct Judged {
    /// What was drawn.
    pub draws: Draws,
    /// What attacks cost.
    pub outcomes: Outcomes,
    /// What was carried out.
    pub execution: Execution,
    /// Design, lane and operator of every member of an attack; filled by [`Plan::judge_given`] alone.
    pub members: Vec<(usize, usize, usize)>,
    /// Working memory for [`BlockLedger::of`].
    pub books: LossBooks,
}

impl Plan {
    /// Room for one block.
    pub fn room(&self) -> Judged {
        let outcomes = self.outcomes();
        let (execution, members) = (Execution::new(&self.graph), Vec::new());
        let books = LossBooks::new(&self.graph, self.sampler.n_assets());
        Judged { draws: self.sampler.room(), execution, outcomes, members, books }
    }

    /// Judges one block whose states and weights come from `states` (see [`Sampler::draw_given`]); the rows to be recorded.
    pub fn judge_given(&self, block: u64, room: &mut Judged, states: impl FnOnce(&mut Draws)) -> Rows {
        let Judged { draws, outcomes, execution, members, .. } = room;
        self.draw_given(block, draws, states);
        self.assess(draws, outcomes);
        members.clear();
        execute_seen(&self.graph, draws, outcomes, execution, |design, lane, coalition| {
            members.extend(coalition.iter().map(|operator| (design, lane, *operator as usize)));
        });
        record::rows(&self.keeper, &self.graph, &self.labels, (draws, outcomes, execution))
    }

    /// Draws and judges one block as [`run`] does.
    pub fn judge_plain(&self, block: u64, room: &mut Judged) {
        let Judged { draws, outcomes, execution, .. } = room;
        self.draw_plain(block, draws);
        self.assess(draws, outcomes);
        execute(&self.graph, draws, outcomes, execution);
    }

    /// Draws one block whose states and weights come from `states`.
    pub fn draw_given(&self, block: u64, draws: &mut Draws, states: impl FnOnce(&mut Draws)) {
        self.sampler.draw_given(block, self.lanes(block), draws, states);
    }

    /// Draws one block as [`run`] does.
    pub fn draw_plain(&self, block: u64, draws: &mut Draws) {
        self.sampler.draw(block, self.lanes(block), draws);
    }

    fn outcomes(&self) -> Outcomes {
        let mut outcomes = Outcomes::new(&self.graph);
        self.offers.iter().for_each(|offers| offers.open(&mut outcomes));
        outcomes
    }

    /// Judges every target of a block.
    fn assess(&self, draws: &Draws, outcomes: &mut Outcomes) {
        assess(&self.graph, draws, outcomes);
        if let Some(offers) = &self.offers {
            offers.fill(&self.graph, draws, outcomes);
        }
    }

    /// Blocks of the run.
    pub fn n_blocks(&self) -> u64 {
        self.settings.scenarios.div_ceil(LANES as u64)
    }

    /// Lanes of a block that belong to the run.
    fn lanes(&self, block: u64) -> usize {
        let left = self.settings.scenarios - block * LANES as u64;
        usize::try_from(left).unwrap_or(LANES).min(LANES)
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
    let mut finished: Vec<OfBlock> = Vec::new();
    let mut next = 0;
    let ended = loop {
        let blocks = next..(next + wave).min(checks.next);
        next = blocks.end;
        let ready = std::mem::take(&mut finished);
        let (folded, computed) = rayon::join(
            || fold.take(ready, sink),
            || blocks.into_par_iter().map(|block| plan.block(block, &workers)).collect::<Vec<_>>(),
        );
        folded?;
        finished = computed;
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
            fold.take(finished, sink)?;
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

impl Plan {
    fn worker(&self) -> Worker {
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

    fn ledger(&self) -> Ledger {
        Ledger::new(&self.graph, self.sampler.n_assets())
    }

    fn block(&self, block: u64, workers: &[Mutex<Worker>]) -> OfBlock {
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
struct OfBlock {
    tally: Tally,
    rows: Rows,
    ledger: BlockLedger,
}

/// Folds finished blocks along the one tree: blocks in order within a part, parts in order.
struct Fold {
    next_block: u64,
    part: Tally,
    total: Tally,
    part_ledger: Ledger,
    ledger: Ledger,
    empty: Ledger,
}

impl Fold {
    fn new(empty: &Ledger) -> Self {
        let (part, total) = (Tally::default(), Tally::default());
        let [part_ledger, ledger, empty] = [empty.clone(), empty.clone(), empty.clone()];
        Self { next_block: 0, part, total, part_ledger, ledger, empty }
    }

    fn take<S: Sink>(&mut self, blocks: Vec<OfBlock>, sink: &mut S) -> Result<(), S::Error> {
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
    fn finish<S: Sink>(&mut self, sink: &mut S) -> Result<(), S::Error> {
        if self.part.n > 0 { self.end_part(sink) } else { Ok(()) }
    }

    /// Everything folded, as if the part ended here.
    fn so_far(&self) -> Tally {
        let mut tally = self.total.clone();
        if self.part.n > 0 {
            tally.merge(&self.part);
        }
        tally
    }
}

/// What `work` makes of each item, in order: on the current rayon pool, outside of any one after the other.
pub fn map_in_parallel<T: Send, R: Send>(items: Vec<T>, work: impl Fn(T) -> R + Send + Sync) -> Vec<R> {
    if rayon::current_thread_index().is_some() {
        items.into_par_iter().map(work).collect()
    } else {
        items.into_iter().map(work).collect()
    }
}

/// What `work` makes of blocks `0..n_blocks`, in order; on the current rayon pool.
pub fn blocks_in_order<T: Send>(n_blocks: u64, work: impl Fn(u64) -> T + Send + Sync) -> Vec<T> {
    (0..n_blocks).into_par_iter().map(work).collect()
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

//! A study compiled, and its blocks drawn and judged one by one.

use crate::attack::{Execution, Outcomes, assess, execute, execute_seen};
use crate::bribes::{BELIEF_SCENARIOS, Offers};
use crate::economy::LossBooks;
use crate::estimate::Labels;
use crate::graph::Graph;
use crate::kernels::LANES;
use crate::kernels::level::Level;
use crate::record::{self, Keeper, Rows};
use crate::sampling::{Draws, Sampler};
use crate::study::{RunSettings, Study};

/// A study compiled, ready to draw.
#[derive(Debug)]
pub struct Plan {
    pub(super) graph: Graph,
    /// What bribed members ask for, where bribes are priced three ways.
    pub(super) offers: Option<Offers>,
    pub(super) sampler: Sampler,
    pub(super) labels: Labels,
    pub(super) keeper: Keeper,
    pub(super) settings: RunSettings,
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
    /// Working memory for [`crate::economy::BlockLedger::count`].
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

    /// Draws and judges one block as [`run`](super::run) does.
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

    /// Draws one block as [`run`](super::run) does.
    pub fn draw_plain(&self, block: u64, draws: &mut Draws) {
        self.sampler.draw(block, self.lanes(block), draws);
    }

    pub(super) fn outcomes(&self) -> Outcomes {
        let mut outcomes = Outcomes::new(&self.graph);
        self.offers.iter().for_each(|offers| offers.open(&mut outcomes));
        outcomes
    }

    /// Judges every target of a block.
    pub(super) fn assess(&self, draws: &Draws, outcomes: &mut Outcomes) {
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
    pub(super) fn lanes(&self, block: u64) -> usize {
        let left = self.settings.scenarios - block * LANES as u64;
        usize::try_from(left).unwrap_or(LANES).min(LANES)
    }
}

//! The weakest path to a service: whether the cheapest attack that realises any of its profits falls on another that it rests on.

use super::writer::{ANY, At, Writer};
use crate::attack::Outcomes;
use crate::graph::Graph;
use crate::kernels::LANES;
use crate::sampling::Draws;
use crate::study::Study;

/// How often the weakest path leads through another service.
pub const ELSEWHERE: &str = "p_weakest_path_elsewhere";
/// How often it is this one; the attack is named with its service.
pub const PATH: &str = "p_weakest_path";

/// Ways to one service's profits, named. Positions among all targets.
#[derive(Debug, Clone)]
pub struct PathLabels {
    /// Position of the service among those of the design.
    service: usize,
    /// Its name.
    pub name: String,
    own: Vec<usize>,
    /// Attacks on others, named `service.kind`.
    pub others: Vec<(usize, String)>,
}

/// One service.
#[derive(Debug, Clone, Default)]
pub struct PathTally {
    /// Scenarios in which it is the weakest path. `[attack on another service]`
    hits: Vec<u64>,
}

impl PathLabels {
    /// Of each design.
    pub(super) fn of(study: &Study, graph: &Graph, first_target: &[usize]) -> Vec<Vec<Self>> {
        let of_design = |design: &crate::graph::DesignGraph| {
            let places: Vec<(usize, usize, usize)> = design
                .secured
                .iter()
                .flat_map(|secured| (0..graph.secured[*secured].targets.len()).map(move |at| (*secured, at)))
                .map(|(secured, at)| (secured, at, first_target[secured] + at))
                .collect();
            let service = |secured: usize| &study.services[graph.secured[secured].service].name;
            let named = |target: &usize| {
                let (secured, at, position) = places[*target];
                let kind = &graph.secured[secured].targets[at].kind;
                (position, format!("{}.{kind}", service(secured)))
            };
            let labels = |paths: &crate::graph::Paths| Self {
                service: paths.service,
                name: service(design.secured[paths.service]).clone(),
                own: paths.own.iter().map(|target| places[*target].2).collect(),
                others: paths.others.iter().map(named).collect(),
            };
            design.paths.iter().map(labels).collect()
        };
        graph.designs.iter().map(of_design).collect()
    }

    /// The attack on another service that is strictly cheaper than all others that realise some of the profits, the first of several:
    /// its position in [`Self::others`]. `None` if the service itself is as cheap, has turned Byzantine, or nothing is in reach.
    pub fn weakest(
        &self,
        (graph, design): (&Graph, usize),
        (draws, lane): (&Draws, usize),
        outcomes: &Outcomes,
    ) -> Option<usize> {
        if graph.given(draws.turned[lane]).designs[design].byzantine >> self.service & 1 == 1 {
            return None;
        }
        let cost = |target: usize| outcomes.targets[target].best.cost[lane];
        let mut least = self.own.iter().map(|target| cost(*target)).fold(f64::INFINITY, f64::min);
        let mut weakest = None;
        for (position, (target, _)) in self.others.iter().enumerate() {
            let here = cost(*target);
            if here < least {
                (least, weakest) = (here, Some(position));
            }
        }
        weakest
    }
}

impl PathTally {
    /// Counts a block in the place of what it held; `path` are the ways to the service in a design.
    pub(super) fn count(
        &mut self,
        path: &PathLabels,
        (graph, design): (&Graph, usize),
        draws: &Draws,
        outcomes: &Outcomes,
    ) {
        self.hits.clear();
        self.hits.resize(path.others.len(), 0);
        for lane in 0..draws.n.min(LANES) {
            if let Some(weakest) = path.weakest((graph, design), (draws, lane), outcomes) {
                self.hits[weakest] += 1;
            }
        }
    }

    pub(super) fn merge(&mut self, later: &Self) {
        self.hits.iter_mut().zip(&later.hits).for_each(|(mine, later)| *mine += later);
    }
}

impl Writer<'_> {
    /// How often the weakest path to a service is an attack on another.
    pub(super) fn paths(&mut self, labels: &PathLabels, tally: &PathTally) {
        let at = At { service: &labels.name, attack: ANY, route: ANY, regime: "" };
        self.probability(at, ELSEWHERE, tally.hits.iter().sum());
        for ((_, attack), hits) in labels.others.iter().zip(&tally.hits) {
            self.probability(At { attack, ..at }, PATH, *hits);
        }
    }
}

//! Names for what is counted.

use super::differences::{self, Pair};
use super::paths::PathLabels;
use crate::attack::Outcomes;
use crate::economy::{Portfolios, Stakes};
use crate::graph::{DesignGraph, Graph, Short};
use crate::study::{FaultKind, Route, Study};

/// Names for the positions of a graph, and what is compared with what.
#[derive(Debug, Clone)]
pub struct Labels {
    /// `[operator]`
    pub operators: Vec<String>,
    /// `[target]`
    pub targets: Vec<TargetLabels>,
    /// Service name. `[secured]`
    pub services: Vec<String>,
    /// Pairs of designs and targets to compare.
    pub pairs: Vec<Pair>,
    /// Position of downtime among the study's accidents.
    pub downtime: Option<usize>,
    /// Years of the horizon.
    pub horizon_years: f64,
    /// What margins need to know.
    pub stakes: Stakes,
    /// Stake whose losses are to be known.
    pub portfolios: Portfolios,
    /// Services whose profits attacks on others realise as well. `[design]`
    pub paths: Vec<Vec<PathLabels>>,
    first_target: Vec<usize>,
}

/// Names of one target.
#[derive(Debug, Clone, PartialEq)]
pub struct TargetLabels {
    /// Service.
    pub service: String,
    /// Attack kind.
    pub attack: String,
    /// Routes that exist for it.
    pub routes: Vec<Route>,
    /// Expected profit from corruption at today's prices, USD.
    pub profit_today: f64,
    /// The short position that an attack pays for.
    pub short: Option<Short>,
    /// Why its slash cannot be relied on: words with commas between, empty where it can.
    pub regime: String,
}

impl Labels {
    /// Labels of a study's graph; `outcomes` are those of the base state in lane 0.
    pub fn new(study: &Study, graph: &Graph, outcomes: &Outcomes) -> Self {
        let name = |service: usize| study.services[service].name.clone();
        let all = outcomes.judged(graph).zip(&outcomes.targets);
        let targets = all.map(|((secured, target), outcome)| TargetLabels {
            service: name(secured.service),
            attack: target.kind.clone(),
            short: target.short,
            regime: target.regimes.iter().map(|regime| regime.name()).collect::<Vec<_>>().join(","),
            routes: outcome.routes.iter().map(|route| route.route).collect(),
            profit_today: outcome.profit[0],
        });
        let mut labels = Self {
            operators: study.operators.iter().map(|operator| operator.name.clone()).collect(),
            services: graph.secured.iter().map(|secured| name(secured.service)).collect(),
            pairs: Vec::new(),
            downtime: study.faults.iter().position(|fault| fault.kind == FaultKind::Downtime),
            horizon_years: study.horizon_days / 365.25,
            stakes: Stakes {
                own_share: study.operators.iter().map(|operator| operator.own_share).collect(),
                horizon_years: study.horizon_days / 365.25,
            },
            portfolios: Portfolios::new(study, graph),
            targets: targets.collect(),
            paths: PathLabels::of(study, graph, &outcomes.first_target),
            first_target: outcomes.first_target.clone(),
        };
        labels.pairs = differences::pairs(graph, &labels);
        labels
    }

    /// Positions of a secured service's targets.
    pub fn targets_of(&self, graph: &Graph, secured: usize) -> std::ops::Range<usize> {
        let first = self.first_target[secured];
        first..first + graph.secured[secured].targets.len()
    }

    /// Positions of a design's targets, services in order.
    pub fn design_targets(&self, graph: &Graph, design: &DesignGraph) -> Vec<usize> {
        design.secured.iter().flat_map(|secured| self.targets_of(graph, *secured)).collect()
    }
}

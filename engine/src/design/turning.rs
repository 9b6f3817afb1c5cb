//! Designs in the scenarios in which services have turned Byzantine.

use super::eigenlayer::taken_by_byzantine;
use super::losses::Amounts;
use super::{Compiler, compile_given};
use crate::graph::{AssetAmounts, DesignGraph, Graph, Variants};
use crate::study::{Design, Study, System};
use std::fmt;
use std::sync::{Arc, OnceLock};

/// Graphs of a study by the set of services that have turned, each compiled when it is first asked for.
struct Lazily {
    study: Study,
    /// The designs with every service in place.
    designs: Vec<DesignGraph>,
    /// `[set]`
    graphs: Vec<OnceLock<Graph>>,
}

/// The graphs of a study in which services may turn; `graph` is that with every service in place.
pub(super) fn variants(study: &Study, graph: &Graph) -> Option<Arc<dyn Variants>> {
    let n = study.turning().count();
    (n > 0).then(|| {
        let graphs = (0..1usize << n).map(|_| OnceLock::new()).collect();
        let designs = graph.designs.clone();
        Arc::new(Lazily { study: study.clone(), designs, graphs }) as Arc<dyn Variants>
    })
}

impl Variants for Lazily {
    fn graph(&self, set: u8) -> &Graph {
        self.graphs[usize::from(set)].get_or_init(|| self.compile(set))
    }
}

impl Lazily {
    fn compile(&self, set: u8) -> Graph {
        let mut turned = self.study.clone();
        let services: Vec<usize> = turned.turning().collect();
        for (service, system) in turned.designs.iter_mut().flat_map(|design| &mut design.services) {
            let has_turned = (0..8).zip(&services).any(|(bit, at)| at == service && set >> bit & 1 == 1);
            if let (System::Eigenlayer(avs), true) = (system, has_turned) {
                avs.byzantine = true;
            }
        }
        let mut graph = compile_given(&turned, Some(&self.study));
        graph.turned.set = set;
        // What is paid, and what the many small slashes for downtime cost on average, is reckoned once for all scenarios.
        for (design, whole) in graph.designs.iter_mut().zip(&self.designs) {
            design.stake.clone_from(&whole.stake);
            design.faults.clone_from(&whole.faults);
            design.incomes.clone_from(&whole.incomes);
        }
        graph
    }
}

/// All of them: a graph is known by what it says in every scenario.
impl fmt::Debug for Lazily {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sets = 1..u8::try_from(self.graphs.len() - 1).map_or(u8::MAX, |last| last);
        f.debug_list().entries(sets.map(|set| self.graph(set))).finish()
    }
}

impl Compiler<'_> {
    /// Whether the `index`-th service of the design has turned in this scenario, and not by the study's word.
    pub(super) fn has_turned(&self, index: usize) -> bool {
        let is_byzantine =
            |design: &Design| matches!(&design.services[index].1, System::Eigenlayer(avs) if avs.byzantine);
        self.before.is_some_and(|before| is_byzantine(self.design) && !is_byzantine(before))
    }

    /// Part of each operator's stake in a pool that services which turned in this scenario slash beyond what others have by the
    /// study's word; empty if none has turned. `[operator]`
    pub(super) fn taken_parts(&self, pool: usize) -> Vec<f64> {
        let Some(before) = self.before else { return Vec::new() };
        let taken = |design| taken_by_byzantine(self.study, design, pool);
        taken(self.design)
            .into_iter()
            .zip(taken(before))
            .map(|(now, before)| (now - before).max(0.0))
            .collect()
    }

    /// The same of all pools, tokens per asset.
    pub(super) fn taken(&self) -> Vec<AssetAmounts> {
        let mut amounts = Amounts::new(self.study.operators.len());
        for (pool, holding) in self.study.pools.iter().enumerate() {
            for (operator, part) in self.taken_parts(pool).into_iter().enumerate() {
                amounts.add(holding.asset, operator, part * holding.tokens(operator));
            }
        }
        amounts.finish()
    }

    /// What the service costs its operators on average by turning within the horizon, beside others that may turn in this design,
    /// each on its own: the mean over the sets of those of what is taken with it less what is taken without.
    pub(super) fn expected_taken(&self, index: usize) -> Vec<AssetAmounts> {
        let probability = |at: usize| self.study.services[self.design.services[at].0].byzantine_probability;
        let may_turn = |at: &usize| {
            let (_, system) = &self.design.services[*at];
            probability(*at) > 0.0 && matches!(system, System::Eigenlayer(avs) if !avs.byzantine)
        };
        let mut amounts = Amounts::new(self.study.operators.len());
        if !may_turn(&index) {
            return amounts.finish();
        }
        let others: Vec<usize> =
            (0..self.design.services.len()).filter(|at| *at != index && may_turn(at)).collect();
        for set in 0..1usize << others.len() {
            let has_turned = |bit: usize| set >> bit & 1 == 1;
            let mut without = self.design.clone();
            let mut weight = probability(index);
            for (bit, at) in others.iter().enumerate() {
                weight *= if has_turned(bit) { probability(*at) } else { 1.0 - probability(*at) };
                turn(&mut without, *at, has_turned(bit));
            }
            let mut with = without.clone();
            turn(&mut with, index, true);
            for (pool, holding) in self.study.pools.iter().enumerate() {
                let taken = |design| taken_by_byzantine(self.study, design, pool);
                for (operator, (with, without)) in taken(&with).into_iter().zip(taken(&without)).enumerate() {
                    amounts.add(
                        holding.asset,
                        operator,
                        weight * (with - without) * holding.tokens(operator),
                    );
                }
            }
        }
        amounts.finish()
    }
}

fn turn(design: &mut Design, index: usize, turns: bool) {
    if let System::Eigenlayer(avs) = &mut design.services[index].1 {
        avs.byzantine |= turns;
    }
}

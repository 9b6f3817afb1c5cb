//! Overcollateralisation scenario by scenario: of those who can be had in each, at its prices and profits, for what a run would have
//! to pay them (premium, income, drawdown and friction included).

use crate::attack::joint::Stage;
use crate::attack::{Outcomes, assess};
use crate::kernels::LANES;
use crate::sampling::Sampler;
use crate::study::Study;
use std::collections::BTreeMap;

/// Certified `1 + γ*` of a design in every scenario, rising: how many times over all profits of the scenario could grow before the
/// certificate's gain of an operator rises above 0. Infinite where nobody who can be had reaches anything. Empty where no operator
/// can be had at all.
pub fn slack_in_scenarios(study: &Study, design: usize, (scenarios, seed): (usize, u64)) -> Vec<f64> {
    let mut study = study.clone();
    study.adversary.joint = true;
    let graph = crate::design::compile(&study);
    if Stage::new(&graph, &graph.designs[design]).is_none() {
        return Vec::new();
    }
    // One for each set of services that have turned Byzantine.
    let mut stages: BTreeMap<u8, Option<Stage>> = BTreeMap::new();
    let sampler = Sampler::new(&study, seed);
    let (mut draws, mut outcomes) = (sampler.room(), Outcomes::new(&graph));
    let mut found = Vec::with_capacity(scenarios);
    for (block, first) in (0u64..).zip((0..scenarios).step_by(LANES)) {
        let n = LANES.min(scenarios - first);
        sampler.draw(block, n, &mut draws);
        assess(&graph, &draws, &mut outcomes);
        for lane in 0..n {
            let set = draws.turned[lane];
            let given = graph.given(set);
            let of = &given.designs[design];
            let stage = stages.entry(set).or_insert_with(|| Stage::new(given, of));
            let (Some(stage), Some(outcomes)) = (stage, outcomes.given(set)) else {
                // Whatever there was to gain has turned.
                found.push(f64::INFINITY);
                continue;
            };
            found.push(stage.slack((given, of), (&draws, lane), outcomes));
        }
    }
    found.sort_by(f64::total_cmp);
    found
}

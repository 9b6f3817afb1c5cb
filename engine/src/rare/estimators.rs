//! A run by the estimator that its study names.

use super::conditional::{Conditional, Figure, Fineness, conditional_refined};
use super::importance::Importance;
use super::weighted_run::run_weighted;
use crate::estimate::{Results, SummaryRow, relative};
use crate::exact::{Factored, ServicePower};
use crate::run::{Finished, Plan, Sink, Watch, run_until};
use crate::study::{Estimator, Study};

/// Draws of the factors for a conditional estimate; fewer where the run itself has fewer.
const MOST_DRAWS: u64 = 16_384;
/// Relative width that rounding powers may leave where the run asks for no precision.
const WIDTH: f64 = 0.01;
/// Most cells that powers are rounded to in a run; `cartel exact --cells` goes farther.
const MOST_CELLS: u64 = 1 << 14;
/// Relative width of what rounding leaves from which a reader is warned.
const TOO_WIDE: f64 = 0.1;
/// Relative error of a plain estimate from which `auto` prefers the conditional one.
const TOO_ROUGH: f64 = 0.05;

/// Runs a plan by the study's estimator, on the current rayon pool.
///
/// `conditional` replaces every threshold probability by its conditional estimate; `auto` those that plain sampling leaves rough.
/// Where power moves with prices, or services may turn Byzantine, the plain estimate stays. `importance` weighs every figure.
///
/// # Errors
/// The sink's first error.
pub fn run_by_estimator<S: Sink>(
    study: &Study,
    plan: &Plan,
    sink: &mut S,
    watch: Watch<'_>,
) -> Result<Finished, S::Error> {
    let estimator = study.run.estimator;
    if estimator == Estimator::Importance {
        let importance = Importance::new(study, plan.graph(), study.run.seed);
        return run_weighted(plan, &importance, sink, watch);
    }
    let mut finished = run_until(plan, sink, watch)?;
    let is_rough = |row: &SummaryRow| relative(&row.estimate) > TOO_ROUGH;
    match estimator {
        Estimator::Conditional => replace(study, plan, &mut finished.results, |_| true),
        Estimator::Auto => replace(study, plan, &mut finished.results, is_rough),
        Estimator::Plain | Estimator::Importance => {}
    }
    Ok(finished)
}

/// Puts conditional estimates in the place of threshold probabilities.
fn replace(study: &Study, plan: &Plan, results: &mut Results, wanted: impl Fn(&SummaryRow) -> bool) {
    let factored = Factored::new(study);
    let draws = study.run.scenarios.min(MOST_DRAWS);
    let graph = plan.graph();
    if graph.varies() {
        let said = "where services may turn Byzantine, p_threshold_reached is estimated by plain sampling, or by importance";
        results.warnings.push(said.to_owned());
        return;
    }
    let asked = study.run.relative_error;
    let fineness = Fineness { width: if asked > 0.0 { asked } else { WIDTH }, most_cells: MOST_CELLS };
    for (index, secured) in graph.secured.iter().enumerate() {
        let Some(power) = ServicePower::new(secured, |asset| study.assets[asset].price_usd) else { continue };
        let targets = plan.labels().targets_of(graph, index);
        let designs: Vec<&str> =
            graph.designs.iter().filter(|d| d.secured.contains(&index)).map(|d| d.name.as_str()).collect();
        let here = |row: &SummaryRow| {
            row.metric == "p_threshold_reached"
                && designs.contains(&row.design.as_str())
                && row.service == plan.labels().services[index]
        };
        if power.moves || power.total() == 0 || !results.summary.iter().any(|row| here(row) && wanted(row)) {
            continue;
        }
        let conditional = Conditional::new(&factored, &power, study.run.seed);
        let computed = conditional_refined(&conditional, &power, draws, fineness);
        let service = &plan.labels().services[index];
        for (target, figure) in targets.zip(&computed.figures) {
            let attack = &plan.labels().targets[target].attack;
            let rows = results.summary.iter_mut().filter(|row| here(row) && row.attack == *attack);
            rows.filter(|row| wanted(row)).for_each(|row| put(row, figure, computed.draws));
            if figure.one_dominates {
                results.warnings.push(format!(
                    "p_threshold_reached of {service} {attack} rests on few draws of the factors: its error bar cannot be trusted"
                ));
            }
            if figure.rounding() > TOO_WIDE {
                results.warnings.push(format!(
                    "p_threshold_reached of {service} {attack}: rounding powers to {} cells leaves it uncertain by {:.0} %; \
                     `cartel exact --cells` refines it",
                    computed.cells.unwrap_or(0),
                    100.0 * figure.rounding()
                ));
            }
        }
    }
}

fn put(row: &mut SummaryRow, figure: &Figure, draws: u64) {
    row.estimate = figure.estimate;
    row.scenarios = draws;
    row.estimator = "conditional";
}

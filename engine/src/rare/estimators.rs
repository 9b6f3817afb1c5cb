//! A run by the estimator that its study names.

use super::conditional::{Computed, Conditional, Figure, Fineness, conditional_refined};
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
/// Where power moves with prices, two quorums are needed at once, or services may turn Byzantine, the plain estimate stays.
/// `importance` weighs every figure.
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
        let price = |asset: usize| study.assets[asset].price_usd;
        let here = Here { plan, index };
        for power in ServicePower::of_quorums(secured, price) {
            let is_wanted = |row: &SummaryRow| here.is_one_of(row, &power) && wanted(row);
            if power.moves || power.total() == 0 || !results.summary.iter().any(is_wanted) {
                continue;
            }
            let conditional = Conditional::new(&factored, &power, study.run.seed);
            let computed = conditional_refined(&conditional, &power, draws, fineness);
            here.put(&power, &computed, (&mut *results, &wanted));
        }
        if let Some([first, _]) = ServicePower::of_both(secured, price)
            && results.summary.iter().any(|row| here.is_one_of(row, &first) && wanted(row))
        {
            let said = format!(
                "p_threshold_reached of {}: what needs two quorums at once is estimated by plain sampling, or by importance",
                here.service()
            );
            if !results.warnings.contains(&said) {
                results.warnings.push(said);
            }
        }
    }
}

/// A secured service of a plan.
#[derive(Clone, Copy)]
struct Here<'a> {
    plan: &'a Plan,
    /// Its position.
    index: usize,
}

impl Here<'_> {
    fn service(&self) -> &str {
        &self.plan.labels().services[self.index]
    }

    fn attack(&self, position: usize) -> &str {
        let first = self.plan.labels().targets_of(self.plan.graph(), self.index).start;
        &self.plan.labels().targets[first + position].attack
    }

    /// Whether a row says how likely one of a quorum's targets is reached.
    fn is_one_of(&self, row: &SummaryRow, power: &ServicePower) -> bool {
        let mut designs = self.plan.graph().designs.iter();
        row.metric == "p_threshold_reached"
            && row.service == self.service()
            && power.targets.iter().any(|position| row.attack == self.attack(*position))
            && designs.any(|design| design.name == row.design && design.secured.contains(&self.index))
    }

    /// Puts what was computed in the place of the rows wanted, and says where it cannot be trusted.
    fn put(
        &self,
        power: &ServicePower,
        computed: &Computed,
        (results, wanted): (&mut Results, &impl Fn(&SummaryRow) -> bool),
    ) {
        let service = self.service();
        for (position, figure) in power.targets.iter().zip(&computed.figures) {
            let attack = self.attack(*position);
            let is_it =
                |row: &&mut SummaryRow| row.attack == attack && self.is_one_of(row, power) && wanted(row);
            results.summary.iter_mut().filter(is_it).for_each(|row| put(row, figure, computed.draws));
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

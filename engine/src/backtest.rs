//! The model held against history: attacks it would have called paying, against those observed.
//!
//! P(attack pays) is a prevalence at a moment. Read as one independent look a year, a service of `y` years has
//! `y · P(attack pays)` paying attacks; observing none is then a statement about what the model leaves out. The least
//! friction, or the least altruism, under which history is no surprise says how large that is.

use crate::estimate::Results;
use crate::run::{NoSink, Plan, run};
use crate::study::{Backtest, Record, Study};

/// Scenarios of each run that looks for a reconciling value.
const LOOK_SCENARIOS: u64 = 2048;
/// Halvings: of an interval of 12 decades for friction, of [0, 1] for altruism.
const HALVINGS: u32 = 12;
/// Probability below which history is a surprise.
const SURPRISE: f64 = 0.05;
/// Largest friction tried, USD per operator.
const MOST_FRICTION: f64 = 1e12;

/// What history says of a model.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// The design that stood.
    pub design: String,
    /// Years of all services together.
    pub service_years: f64,
    /// Paying attacks that the model expects in that time.
    pub expected: f64,
    /// Attacks observed.
    pub observed: f64,
    /// Expected attacks up to which what was observed is no surprise (5 %).
    pub limit: f64,
    /// Least `friction_usd` per operator that reconciles; `None` if none up to 1e12 does.
    pub friction_usd: Option<f64>,
    /// Least `altruistic_probability` that reconciles; `None` if none does.
    pub altruistic_probability: Option<f64>,
}

impl Verdict {
    /// Whether history is no surprise to the model as it stands.
    pub fn consistent(&self) -> bool {
        self.expected <= self.limit
    }
}

/// Holds results against the study's `[backtest]`; `None` without one. Runs small samples on the current rayon pool.
pub fn backtest(study: &Study, results: &Results) -> Option<Verdict> {
    let history = study.backtest.as_ref()?;
    let limit = most_expected(history.observed);
    let expected = expected_attacks(study, history, results);
    let surprised = expected > limit;
    let look = Look { study, history, limit };
    Some(Verdict {
        design: study.designs[history.design].name.clone(),
        service_years: history.years.iter().map(|(_, years)| years).sum(),
        expected,
        observed: history.observed,
        limit,
        friction_usd: surprised.then(|| look.least_friction()).flatten(),
        altruistic_probability: surprised.then(|| look.least_altruism()).flatten(),
    })
}

fn expected_attacks(study: &Study, history: &Backtest, results: &Results) -> f64 {
    let design = &study.designs[history.design].name;
    let services = history.years.iter().map(|(service, years)| {
        let name = &study.services[*service].name;
        let pays = results.find(design, name, "*", "*", "p_attack_pays");
        years * pays.map_or(0.0, |row| row.estimate.value)
    });
    services.sum()
}

/// Mean of a Poisson law under which `observed` or fewer has probability 5 %: 3.0 for none.
fn most_expected(observed: f64) -> f64 {
    let at_most = |mean: f64| {
        let (mut term, mut sum, mut k) = (libm::exp(-mean), 0.0, 0.0);
        while k <= observed {
            sum += term;
            k += 1.0;
            term *= mean / k;
        }
        sum
    };
    bisect(0.0, 10.0 * (observed + 10.0), 60, |mean| at_most(mean) <= SURPRISE)
}

/// The upper end of an interval halved towards the least value that satisfies `enough`; `high` must.
fn bisect(mut low: f64, mut high: f64, halvings: u32, enough: impl Fn(f64) -> bool) -> f64 {
    for _ in 0..halvings {
        let middle = 0.5 * (low + high);
        if enough(middle) {
            high = middle;
        } else {
            low = middle;
        }
    }
    high
}

/// Small runs of the design that stood.
struct Look<'a> {
    study: &'a Study,
    history: &'a Backtest,
    limit: f64,
}

impl Look<'_> {
    fn reconciles(&self, change: impl Fn(&mut Study)) -> bool {
        let mut study = self.study.clone();
        study.designs = vec![study.designs[self.history.design].clone()];
        study.run.scenarios = study.run.scenarios.min(LOOK_SCENARIOS);
        study.run.record = Record::None;
        change(&mut study);
        let Ok(results) = run(&Plan::new(&study), &mut NoSink, |_| ());
        let history = Backtest { design: 0, ..self.history.clone() };
        expected_attacks(&study, &history, &results) <= self.limit
    }

    fn least_friction(&self) -> Option<f64> {
        let enough = |usd: f64| {
            self.reconciles(|study| study.operators.iter_mut().for_each(|o| o.friction_usd += usd))
        };
        let exponent = || bisect(0.0, libm::log10(MOST_FRICTION), HALVINGS, |x| enough(libm::exp10(x)));
        enough(MOST_FRICTION).then(|| libm::exp10(exponent()))
    }

    fn least_altruism(&self) -> Option<f64> {
        let enough = |probability: f64| {
            self.reconciles(|study| {
                for operator in &mut study.operators {
                    let most = 1.0 - operator.collusion_probability;
                    operator.altruistic_probability =
                        probability.max(operator.altruistic_probability).min(most);
                }
            })
        };
        enough(1.0).then(|| bisect(0.0, 1.0, HALVINGS, enough))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_observation_allows_three_expected() {
        assert!((most_expected(0.0) - 2.995_732_273_553_991).abs() < 1e-9);
        // Upper 95 % Poisson limit for one observation.
        assert!((most_expected(1.0) - 4.743_864_518_390_5).abs() < 1e-6);
    }
}

//! Two quorums: what either decides alone is computed, what takes both at once is met by proposals of its own.

use super::*;
use crate::exact::{Refinement, exact, exact_both};
use crate::graph::Secured;
use crate::kernels::normal;
use crate::study::Estimator;

const FIRST: [u128; 5] = [9, 7, 5, 4, 2];
const SECOND: [u128; 5] = [3, 8, 6, 5, 1];
/// Operators: o0 to o4 in the first quorum, o3 to o7 in the second.
const N: usize = 8;
const P: f64 = 0.02;
const LOADING: f64 = 0.5;

/// A fork takes both quorums, a halt either; `second` stands in the design `d`, both quorums always in `e`.
fn text(second: &str) -> String {
    let stakes = |units: [u128; 5], first: usize| {
        let each = units.iter().enumerate().map(|(i, units)| format!("o{} = {units}", first + i));
        each.collect::<Vec<_>>().join(", ")
    };
    format!(
        "name = \"two\"\nassets.T = {{ price_usd = 1 }}\n\
         [collusion]\nprobability = {P}\naltruistic_probability = 0.3\nloadings = {{ common = {LOADING} }}\n\
         [adversary]\nroutes = [\"collude\"]\n\
         [faults.downtime]\nrate_per_key_year = 60\nduration_hours = 40\nloadings = {{ common = 0.4 }}\n\
         [pools]\np = {{ asset = \"T\", stake = {{ {} }} }}\nq = {{ asset = \"T\", stake = {{ {} }} }}\n\
         [services.s]\nconsensus = \"quorum\"\n\
         attacks.fork = {{ profit_usd = 1, threshold = \"> 1/2\", second_threshold = \"> 1/2\" }}\n\
         attacks.halt = {{ profit_usd = 1, threshold = \">= 2/5\", second_threshold = \"> 1/2\" }}\n\
         [designs.d.services.s]\nsystem = \"pos\"\npool = \"p\"\nslash = 0.5\nexecutes_on = \"always\"\n{second}\n\
         [designs.e.services.s]\nsystem = \"pos\"\npool = \"p\"\nslash = 0.5\nexecutes_on = \"always\"\n{QUORUM}\n",
        stakes(FIRST, 0),
        stakes(SECOND, 3),
    )
}

const QUORUM: &str = "second_quorum = { pool = \"q\", slash = 0.5, executes_on = \"always\" }";

/// P(colluding power is what `reached` says), over all sets of colluders and a fine grid of the common factor.
fn truth(reached: impl Fn(u128, u128) -> bool) -> f64 {
    let (step, residual) = (0.05, libm::sqrt(1.0 - LOADING * LOADING));
    let power = |units: [u128; 5], first: usize, set: usize| -> u128 {
        (0..5).filter(|i| set >> (first + i) & 1 == 1).map(|i| units[i]).sum()
    };
    let at = |z: f64| {
        let p = normal::cdf((normal::quantile(P) - LOADING * z) / residual);
        let sets = (0usize..1 << N).filter(|set| reached(power(FIRST, 0, *set), power(SECOND, 3, *set)));
        let law = sets.map(|set| {
            let colluders = i32::try_from(set.count_ones()).unwrap();
            libm::pow(p, f64::from(colluders)) * libm::pow(1.0 - p, f64::from(8 - colluders))
        });
        normal::density(z) * step * law.sum::<f64>()
    };
    (-180..=180).map(|i| at(f64::from(i) * step)).sum()
}

const FORK: fn(u128, u128) -> bool = |a, b| 2 * a > 27 && 2 * b > 23;
const HALT: fn(u128, u128) -> bool = |a, _| 5 * a >= 54;
const BY_SECOND: fn(u128, u128) -> bool = |_, b| 2 * b > 23;

/// Each quorum's own attacks are computed as brute force says; so is the fork, which takes both at once.
#[test]
fn each_quorum_is_computed_by_itself() {
    let with = study(&text(QUORUM));
    let graph = crate::design::compile(&with);
    let secured: &Secured = &graph.secured[0];
    let quorums = ServicePower::of_quorums(secured, |_| 1.0);
    assert_eq!(quorums.len(), 2);
    for (power, kind, reached) in [(&quorums[0], "halt", HALT), (&quorums[1], "halt_by_second", BY_SECOND)] {
        let found = exact(&with, (secured, power), Refinement::default()).unwrap();
        let [threshold] = &found.thresholds[..] else { panic!("{found:?}") };
        assert_eq!(threshold.attack, kind);
        let truth = truth(reached);
        assert!((threshold.reached.value / truth - 1.0).abs() < 1e-9, "{kind}: {threshold:?}, {truth:e}");
    }
    let quorums = ServicePower::of_both(secured, |_| 1.0).unwrap();
    let found = exact_both(&with, (secured, &quorums), Refinement::default()).unwrap();
    let (reached, truth) = (found.thresholds[0].reached, truth(FORK));
    assert!(found.cells.is_none() && (reached.value / truth - 1.0).abs() < 1e-9, "{found:?}, {truth:e}");
    let [first, second] = quorums;
    assert_eq!((first.targets, first.needs, second.needs), (vec![0], vec![14], vec![12]));
    // Without a second quorum there is one, and a fork by it alone.
    let graph = crate::design::compile(&study(&text("")));
    let [alone] = &ServicePower::of_quorums(&graph.secured[0], |_| 1.0)[..] else { panic!("one quorum") };
    assert_eq!((&*alone.targets, &*alone.needs), (&[0, 1][..], &[14, 11][..]));
    assert!(ServicePower::of_both(&graph.secured[0], |_| 1.0).is_none());
}

/// Importance sampling, with a proposal for both at once, is unbiased and far more precise than counting; conditional estimates
/// replace what one quorum decides, and leave and name the rest.
#[test]
fn both_quorums_are_met_more_often_than_they_happen() {
    let mut study = study(&text(QUORUM));
    let rows = |results: &crate::estimate::Results| {
        ["fork", "halt", "halt_by_second"]
            .map(|kind| results.find("d", "s", kind, "collude", "p_threshold_reached").unwrap().clone())
    };
    let truths = [truth(FORK), truth(HALT), truth(BY_SECOND)];
    assert!(truths[0] < 0.1 * truths[1].min(truths[2]), "{truths:?}");
    let n = 40_000;
    for (row, truth) in rows(&importance(&study, n, 7)).iter().zip(truths) {
        let found = row.estimate;
        assert!((found.value - truth).abs() < 5.0 * found.std_error, "{row:?} against {truth:e}");
        let counted = libm::sqrt(truth * (1.0 - truth) / crate::moments::count(n));
        assert!(found.std_error < 0.5 * counted, "{row:?}: counting leaves {counted:e}");
    }
    study.run.scenarios = 20_000;
    study.run.estimator = Estimator::Conditional;
    study.run.record = crate::study::Record::None;
    let watch = crate::run::Watch { progress: &mut |_| (), go_on: None, interrupted: None };
    let Ok(finished) =
        run_by_estimator(&study, &crate::run::Plan::new(&study), &mut crate::run::NoSink, watch);
    let [fork, one, other] = rows(&finished.results);
    assert_eq!([fork.estimator, one.estimator, other.estimator], ["plain", "conditional", "conditional"]);
    for (row, truth) in [one, other].iter().zip(&truths[1..]) {
        assert!(
            (row.estimate.value - truth).abs() < 5.0 * row.estimate.std_error,
            "{row:?} against {truth:e}"
        );
    }
    let said =
        |warning: &String| warning.contains("p_threshold_reached of s: what needs two quorums at once");
    assert_eq!(finished.results.warnings.iter().filter(|warning| said(warning)).count(), 1);
}

/// Accidents stand a service still by what its halts need of each quorum. On the same draws silence by either quorum and by both
/// together is as frequent as by each of the two where it is the only one.
#[test]
fn accidents_halt_by_either_quorum_or_both() {
    let halted = |text: String| {
        let mut study = study(&text);
        study.run.scenarios = 20_000;
        study.run.record = crate::study::Record::None;
        let Ok(results) = crate::run::run(&crate::run::Plan::new(&study), &mut crate::run::NoSink, |_| ());
        let found = results.find("d", "s", "halt", "*", "p_halt_by_accident").unwrap().estimate.value;
        assert!(found > 0.001 && found < 0.9, "{found}");
        found
    };
    let at_once = text(QUORUM).replace("attacks.halt = {", "attacks.halt = { quorums = \"both\",");
    let only_second = text("")
        .replacen("pool = \"p\"", "pool = \"q\"", 1)
        .replace("threshold = \">= 2/5\"", "threshold = \"> 1/2\"");
    let (either, both) = (halted(text(QUORUM)), halted(at_once));
    let (first, second) = (halted(text("")), halted(only_second));
    assert!((either + both - first - second).abs() < 1e-12, "{either} + {both} is not {first} + {second}");
    assert!(both < first.min(second) && first.max(second) < either);
}

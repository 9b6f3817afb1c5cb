//! Results depend on the problem, the seed and the scenario count alone.

use crate::common::study;
use montecartel::estimate::Results;
use montecartel::run::{NoSink, Plan, Threads, run_on};
use montecartel::study::{Record, Study};
use std::num::NonZeroUsize;
use std::path::Path;

fn cosmos() -> Study {
    let mut study = Study::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/cosmos-2023")).unwrap();
    study.run.record = Record::None;
    study.run.scenarios = 5_000;
    study
}

fn on_threads(study: &Study, threads: usize) -> Results {
    let threads = Threads::new(NonZeroUsize::new(threads)).unwrap();
    let Ok(results) = run_on(&threads, &Plan::new(study), &mut NoSink, |_| ());
    results
}

/// Every number of the results as text, bits and all.
fn bits(results: &Results) -> String {
    format!("{results:?}")
}

#[test]
fn thread_count_changes_no_bit() {
    let study = cosmos();
    let one = bits(&on_threads(&study, 1));
    for threads in [2, 7] {
        assert!(one == bits(&on_threads(&study, threads)), "{threads} threads differ from one");
    }
}

#[test]
fn another_seed_changes_the_draws() {
    let study = cosmos();
    let mut other = study.clone();
    other.run.seed += 1;
    assert!(bits(&on_threads(&study, 2)) != bits(&on_threads(&other, 2)));
}

fn value(results: &Results, labels: [&str; 5]) -> f64 {
    crate::common::figure(results, labels).estimate.value
}

/// A design, a service and an asset more leave what was there as it was.
#[test]
fn additions_leave_other_draws_as_they_were() {
    let attacks = r#"attacks.third = { profit_usd = 1.0, threshold = "> 1/3", profit_volatility = 0.5 }"#;
    let base = crate::common::chain(&[3, 2, 2, 1], 0.2, 0.4, attacks, "")
        .replace("1.0\n[coll", "1.0\nvolatility = 0.5\n[coll");
    let more = format!(
        "{base}
[assets.Z]
price_usd = 3.0
volatility = 1.0
[faults.downtime]
rate_per_key_year = 5
duration_hours = 50
[services.extra]
consensus = \"cometbft\"
attacks.fork = {{ profit_usd = 5.0, profit_volatility = 0.2 }}
[designs.e]
extends = \"d\"
[designs.e.services.extra]
system = \"ics\"
provider = \"p\"
slash = 0.05
"
    );
    let (few, many) = (on_threads(&with(&base), 2), on_threads(&with(&more), 2));
    for metric in ["p_attack_pays", "attack_cost_usd_given_reachable", "profit_from_corruption_usd"] {
        for design in ["d", "e"] {
            let (a, b) = (
                value(&few, ["d", "s", "third", "*", metric]),
                value(&many, [design, "s", "third", "*", metric]),
            );
            assert!(a.to_bits() == b.to_bits(), "{metric}: {a} became {b} in {design}");
        }
    }
}

fn with(text: &str) -> Study {
    let mut study = study(text);
    study.run.scenarios = 3_000;
    study.run.record = Record::None;
    study
}

/// A target secured alike in two designs is the same in both, bit for bit, and its difference is exactly zero.
#[test]
fn designs_see_the_same_world() {
    let results = on_threads(&cosmos(), 2);
    let (a, b) = (
        value(&results, ["standalone", "celestia", "fork", "*", "p_attack_pays"]),
        value(&results, ["mesh", "celestia", "fork", "*", "p_attack_pays"]),
    );
    assert!(a.to_bits() == b.to_bits());
    let zero = results.differences.iter().filter(|row| row.service == "celestia");
    assert!(zero.clone().count() > 0);
    assert!(zero.into_iter().all(|row| row.estimate.value == 0.0 && row.estimate.std_error == 0.0));
}

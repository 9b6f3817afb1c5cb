//! Whole runs of workloads and of studies that ship, from the first draw to the estimates, nothing recorded; elements are scenarios.
//!
//! On all processors: `RAYON_NUM_THREADS=1` times one.

use criterion::{Criterion, Throughput};
use montecartel::run::{NoSink, Plan, run};
use montecartel::study::{Record, Study, StudyError};
use std::path::Path;
use std::time::Duration;

/// Scenarios of a run: 16 blocks, small enough to repeat.
const SCENARIOS: u64 = 4096;
/// Of a run in which joint attacks are sought.
const JOINT_SCENARIOS: u64 = 256;
/// Folders: the workloads that other engines are compared on, and studies that ship.
const STUDIES: [&str; 5] = [
    "benches/workloads/w1",
    "benches/workloads/w2",
    "data/cosmos-2023",
    "data/ethereum-2024",
    "data/eigenlayer-2024",
];

fn main() -> Result<(), StudyError> {
    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("studies");
    group.sample_size(10).warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(3));
    group.throughput(Throughput::Elements(SCENARIOS));
    for name in STUDIES {
        let plan = plan(name)?;
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let Ok(results) = run(&plan, &mut NoSink, |_| ());
                results
            });
        });
    }
    group.finish();
    joint(&mut criterion)?;
    criterion.final_summary();
    Ok(())
}

/// Runs in which joint attacks are sought.
fn joint(criterion: &mut Criterion) -> Result<(), StudyError> {
    let mut group = criterion.benchmark_group("joint");
    group.sample_size(10).warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(10));
    group.throughput(Throughput::Elements(JOINT_SCENARIOS));
    for name in ["data/cosmos-2023", "data/power-cap", "data/eigenlayer-2024"] {
        let mut study = study(name, JOINT_SCENARIOS)?;
        study.adversary.joint = true;
        let plan = Plan::new(&study);
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let Ok(results) = run(&plan, &mut NoSink, |_| ());
                results
            });
        });
    }
    group.finish();
    Ok(())
}

fn plan(name: &str) -> Result<Plan, StudyError> {
    Ok(Plan::new(&study(name, SCENARIOS)?))
}

fn study(name: &str, scenarios: u64) -> Result<Study, StudyError> {
    let mut study = Study::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name))?;
    study.run.scenarios = scenarios;
    study.run.record = Record::None;
    Ok(study)
}

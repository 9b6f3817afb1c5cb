//! Whole runs of workloads and of studies that ship, from the first draw to the estimates, nothing recorded; elements are scenarios.
//!
//! On all processors: `RAYON_NUM_THREADS=1` times one. Before them the workloads on one thread beside the roofline of their random numbers: the
//! noise that one operator takes in one scenario is 16 bits, and no run can draw faster than the generator makes them.

#![expect(clippy::print_stdout, reason = "criterion has no word for a ratio")]

use criterion::{Criterion, Throughput};
use montecartel::kernels::LANES;
use montecartel::kernels::level::Level;
use montecartel::kernels::xoshiro::Noise;
use montecartel::run::{NoSink, Plan, Threads, run};
use montecartel::streams::Purpose;
use montecartel::study::{Record, Study, StudyError};
use std::error::Error;
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

/// Scenarios of a run: 16 blocks, small enough to repeat.
const SCENARIOS: u64 = 4096;
/// Of a run in which joint attacks are sought.
const JOINT_SCENARIOS: u64 = 256;
/// Of a run beside the roofline, and how often the two take turns.
const ROOFLINE_SCENARIOS: u64 = 65_536;
const REPEATS: usize = 15;
/// Operators whose noise is drawn at a time, 16 KiB, and how often.
const NOISE_ROWS: usize = 32;
const NOISE_FILLS: usize = 2000;
/// Folders: the workloads that other engines are compared on, and studies that ship.
const STUDIES: [&str; 5] = [
    "benches/workloads/w1",
    "benches/workloads/w2",
    "data/cosmos-2023",
    "data/ethereum-2024",
    "data/eigenlayer-2024",
];

fn main() -> Result<(), Box<dyn Error>> {
    rooflines()?;
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

/// Prints operators decided a second beside 16-bit numbers made a second, in turn on one thread, the best of each.
fn rooflines() -> Result<(), Box<dyn Error>> {
    let one = Threads::new(std::num::NonZeroUsize::new(1))?;
    let purpose = Purpose::new(1, "bench/roofline");
    let (mut stream, mut rows) = (purpose.stream(0), [Noise::default(); NOISE_ROWS]);
    for name in &STUDIES[..2] {
        let plan = Plan::new(&study(name, ROOFLINE_SCENARIOS)?);
        let (mut made, mut decided) = (0.0_f64, 0.0_f64);
        for _ in 0..REPEATS {
            let started = Instant::now();
            for _ in 0..NOISE_FILLS {
                stream.noise(Level::best(), &mut rows);
                black_box(&rows);
            }
            made = made.max((NOISE_FILLS * NOISE_ROWS * LANES) as f64 / started.elapsed().as_secs_f64());
            let started = Instant::now();
            let Ok(results) = one.install(|| run(&plan, &mut NoSink, |_| ()));
            black_box(results);
            let draws = ROOFLINE_SCENARIOS as f64 * plan.graph().n_operators as f64;
            decided = decided.max(draws / started.elapsed().as_secs_f64());
        }
        let [made, decided, share] = [made / 1e9, decided / 1e9, 100.0 * decided / made];
        println!(
            "{name} on one thread: {decided:.2} billion operators decided a second, {share:.0} % of the {made:.1} billion 16-bit \
             numbers that the generator makes"
        );
    }
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

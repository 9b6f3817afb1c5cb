//! Recording: a run that keeps nothing, the same run keeping everything, and its rows through the writer alone; elements are
//! scenarios. The third is what recording could reach at best.
//!
//! On all processors: `RAYON_NUM_THREADS=1` times one.

use criterion::{BatchSize, Criterion, Throughput};
use montecartel::record::Rows;
use montecartel::report::RunFolder;
use montecartel::run::{NoSink, Plan, Sink, Threads, run};
use montecartel::study::{Record, Study};
use std::convert::Infallible;
use std::error::Error;
use std::path::Path;
use std::time::Duration;

/// Several row groups of targets.
const SCENARIOS: u64 = 10_240;
/// Folders of studies that ship.
const STUDIES: [&str; 2] = ["data/cosmos-2023", "data/eigenlayer-2024"];

/// Keeps the rows of a run.
struct Kept(Vec<Rows>);

impl Sink for Kept {
    type Error = Infallible;

    fn rows(&mut self, rows: Rows) -> Result<(), Infallible> {
        self.0.push(rows);
        Ok(())
    }

    fn end_part(&mut self, _part: u64) -> Result<(), Infallible> {
        Ok(())
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut criterion = Criterion::default().configure_from_args();
    let threads = Threads::new(None)?;
    for name in STUDIES {
        let mut group = criterion.benchmark_group(format!("record {name}"));
        group.sample_size(10).warm_up_time(Duration::from_millis(500));
        group.measurement_time(Duration::from_secs(5)).throughput(Throughput::Elements(SCENARIOS));
        let mut study = Study::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name))?;
        study.run.scenarios = SCENARIOS;
        study.run.record = Record::None;
        let plan = Plan::new(&study);
        group.bench_function("none", |bencher| {
            bencher.iter(|| threads.install(|| run(&plan, &mut NoSink, |_| ())));
        });
        study.run.record = Record::All;
        let plan = Plan::new(&study);
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("record");
        let folder = RunFolder::create(&dir, &study, true)?;
        group.bench_function("all", |bencher| {
            bencher.iter(|| threads.install(|| run(&plan, &mut folder.sink(&plan), |_| ())));
        });
        let mut kept = Kept(Vec::new());
        let Ok(_) = run(&plan, &mut kept, |_| ());
        group.bench_function("writer", |bencher| {
            let write = |rows: Vec<Rows>| {
                threads.install(|| {
                    let mut sink = folder.sink(&plan);
                    rows.into_iter().try_for_each(|rows| sink.rows(rows))?;
                    sink.end_part(0)
                })
            };
            bencher.iter_batched(|| kept.0.clone(), write, BatchSize::LargeInput);
        });
        group.finish();
        std::fs::remove_dir_all(&dir)?;
    }
    criterion.final_summary();
    Ok(())
}

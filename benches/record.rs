//! Recording beside its roofline: runs that record nothing, attacks and everything, and the rows of the last through the same writers
//! from memory to the same disk. That is what recording everything could reach if nothing had to be drawn, judged or gathered.
//!
//! In turn, several times over, because the speed of a machine drifts; prints the best wall time, and the median of the CPU time of
//! all threads (Linux). On all processors: `RAYON_NUM_THREADS=1` times one.

#![expect(clippy::print_stdout, reason = "a bench prints what it measured")]

use montecartel::record::Rows;
use montecartel::report::{ReportError, RunFolder};
use montecartel::run::{Plan, Sink, Threads, run};
use montecartel::study::{Record, Study};
use std::convert::Infallible;
use std::error::Error;
use std::fs;
use std::path::Path;
use std::time::Instant;

/// Folders of studies and workloads, and scenarios: fewer than a part, several row groups of targets.
const STUDIES: [(&str, u64); 3] =
    [("data/cosmos-2023", 40_960), ("data/eigenlayer-2024", 10_240), ("benches/workloads/w1", 524_288)];
const REPEATS: usize = 5;
/// Ticks of a second in `/proc/self/stat`, on every Linux that matters.
const TICKS: f64 = 100.0;

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

/// Seconds of every repeat.
#[derive(Default)]
struct Times {
    wall: Vec<f64>,
    cpu: Vec<f64>,
}

impl Times {
    fn take(&mut self, work: impl FnOnce() -> Result<(), ReportError>) -> Result<(), ReportError> {
        let (cpu, wall) = (cpu_seconds(), Instant::now());
        work()?;
        self.wall.push(wall.elapsed().as_secs_f64());
        self.cpu.push(cpu_seconds() - cpu);
        Ok(())
    }

    fn best_wall(&self) -> f64 {
        self.wall.iter().copied().fold(f64::INFINITY, f64::min)
    }

    fn median_cpu(&self) -> f64 {
        let mut sorted = self.cpu.clone();
        sorted.sort_by(f64::total_cmp);
        sorted[sorted.len() / 2]
    }
}

/// CPU time of all threads of this process so far; NaN where the system does not say.
fn cpu_seconds() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks: Vec<f64> = after_name.split_whitespace().skip(11).take(2).flat_map(str::parse).collect();
    if ticks.is_empty() { f64::NAN } else { ticks.iter().sum::<f64>() / TICKS }
}

fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let threads = Threads::new(None)?;
    println!("recording on {} threads, {REPEATS} repeats in turn", threads.count());
    for (name, scenarios) in STUDIES {
        let times = threads.install(|| measure(name, scenarios))?;
        println!("\n{name}, {scenarios} scenarios");
        for (what, times) in ["none", "attacks", "all", "writers alone"].iter().zip(&times) {
            let (wall, cpu) = (times.best_wall(), times.median_cpu());
            let speed = scenarios as f64 / wall / 1e3;
            let each = cpu / scenarios as f64 * 1e6;
            println!("{what:>14}: {speed:8.0} thousand scenarios/s, {each:7.2} µs of CPU time each");
        }
        let [none, attacks, all, writers] = times;
        let cpu = |times: &Times| times.median_cpu();
        println!("recording attacks adds {:.1} % of CPU time", 100.0 * (cpu(&attacks) / cpu(&none) - 1.0));
        println!(
            "recording all: {:.0} % of the roofline (wall), {:.0} % (CPU); it adds {:.2} times the writers' CPU time",
            100.0 * writers.best_wall() / all.best_wall(),
            100.0 * cpu(&writers) / cpu(&all),
            (cpu(&all) - cpu(&none)) / cpu(&writers)
        );
    }
    Ok(())
}

/// Times of runs that record nothing, attacks and all, and of the writers alone.
fn measure(name: &str, scenarios: u64) -> Result<[Times; 4], Box<dyn Error + Send + Sync>> {
    let mut study = Study::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name))?;
    study.run.scenarios = scenarios;
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("record");
    let mut plans = Vec::new();
    for record in [Record::None, Record::Attacks, Record::All] {
        study.run.record = record;
        plans.push((Plan::new(&study), RunFolder::create(&dir.join(format!("{record:?}")), &study, true)?));
    }
    let mut kept = Kept(Vec::new());
    let Ok(_) = run(&plans[2].0, &mut kept, |_| ());
    let mut times: [Times; 4] = Default::default();
    for _ in 0..REPEATS {
        for ((plan, folder), times) in plans.iter().zip(&mut times) {
            times.take(|| run(plan, &mut folder.sink(plan), |_| ()).map(drop))?;
        }
        let rows = kept.0.clone();
        let (plan, folder) = &plans[2];
        times[3].take(|| {
            let mut sink = folder.sink(plan);
            rows.into_iter().try_for_each(|rows| sink.rows(rows))?;
            sink.end_part(0)
        })?;
    }
    fs::remove_dir_all(&dir)?;
    Ok(times)
}

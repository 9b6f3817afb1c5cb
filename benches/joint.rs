//! The search for joint attacks, in scenarios that are not certified: elements are such scenarios of one design, on one thread.
//! Drawing, the judgement of single targets and settlement are left out.
//!
//! `cargo bench -p montecartel --bench joint`; a word picks designs whose name holds it. What the interval comes to (scenarios
//! not certified, median and 95 % quantile of the gap, scenarios undecided) is printed before the times.

use criterion::{Criterion, Throughput};
use montecartel::attack::joint::Stage;
use montecartel::attack::{Execution, Outcomes, assess, decide};
use montecartel::design::compile;
use montecartel::graph::Graph;
use montecartel::kernels::LANES;
use montecartel::sampling::{Draws, Sampler};
use montecartel::study::{Study, StudyError};
use std::path::Path;
use std::time::Duration;

/// Folders, and blocks of 256 scenarios that are judged of each.
const STUDIES: [(&str, u64); 4] = [
    ("benches/workloads/w2", 16),
    ("data/cosmos-2023", 4),
    ("data/power-cap", 4),
    ("data/eigenlayer-2024", 1),
];

/// A block drawn and judged target by target.
struct Block {
    draws: Draws,
    outcomes: Outcomes,
    /// What the best single target nets. `[design][scenario]`
    floors: Vec<[f64; LANES]>,
}

fn main() -> Result<(), StudyError> {
    let mut criterion = Criterion::default().configure_from_args();
    for (name, n_blocks) in STUDIES {
        let mut study = Study::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name))?;
        study.adversary.joint = false;
        let single = compile(&study);
        study.adversary.joint = true;
        let graph = compile(&study);
        let sampler = Sampler::new(&study, study.run.seed);
        let blocks: Vec<Block> =
            (0..n_blocks).map(|block| Block::new(&sampler, &single, &graph, block)).collect();
        let mut group = criterion.benchmark_group(format!("joint/{name}"));
        group.sample_size(10);
        group.warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(3));
        for index in 0..graph.designs.len() {
            let Some(mut stage) = Stage::new(&graph, &graph.designs[index]) else { continue };
            let open = open(&graph, index, &blocks, &mut stage);
            group.throughput(Throughput::Elements(open.len().max(1) as u64));
            group.bench_function(&study.designs[index].name, |bencher| {
                bencher.iter(|| judged(&graph, index, &blocks, &open, &mut stage));
            });
        }
        group.finish();
    }
    criterion.final_summary();
    Ok(())
}

impl Block {
    fn new(sampler: &Sampler, single: &Graph, graph: &Graph, block: u64) -> Self {
        let mut draws = sampler.room();
        sampler.draw(block, LANES, &mut draws);
        let (mut outcomes, mut execution) = (Outcomes::new(single), Execution::new(single));
        assess(single, &draws, &mut outcomes);
        decide(single, &draws, &mut outcomes, &mut execution);
        let floors = execution.designs.iter().map(|design| design.net_gain).collect();
        let mut outcomes = Outcomes::new(graph);
        assess(graph, &draws, &mut outcomes);
        Self { draws, outcomes, floors }
    }
}

/// Blocks and scenarios of a design that are not certified; says what the interval comes to there.
#[expect(clippy::print_stderr, reason = "said beside the times")]
fn open(graph: &Graph, index: usize, blocks: &[Block], stage: &mut Stage) -> Vec<(usize, usize)> {
    let (mut open, mut gaps, mut n_undecided) = (Vec::new(), Vec::new(), 0);
    for (at, block) in blocks.iter().enumerate() {
        for lane in 0..LANES {
            let floor = block.floors[index][lane];
            let design = &graph.designs[index];
            let verdict = stage.judge((graph, design), (&block.draws, lane), &block.outcomes, floor);
            let lower = verdict.witness.map_or(floor, |witness| witness.net().max(floor));
            let upper = verdict.upper.max(lower);
            if upper > 0.0 {
                open.push((at, lane));
                gaps.push(1.0 - lower / upper);
                n_undecided += u32::from(lower <= 0.0);
            }
        }
    }
    gaps.sort_by(f64::total_cmp);
    let quantile = |percent: usize| gaps.get(gaps.len() * percent / 100).copied().unwrap_or(0.0);
    eprintln!(
        "{} services: {} of {} not certified, gap {:.5} (95 %: {:.5}), {n_undecided} undecided",
        graph.designs[index].secured.len(),
        open.len(),
        blocks.len() * LANES,
        quantile(50),
        quantile(95),
    );
    open
}

/// All that no attack nets more than, together.
fn judged(graph: &Graph, index: usize, blocks: &[Block], open: &[(usize, usize)], stage: &mut Stage) -> f64 {
    let of = |(at, lane): &(usize, usize)| {
        let block = &blocks[*at];
        let at = (graph, &graph.designs[index]);
        stage.judge(at, (&block.draws, *lane), &block.outcomes, block.floors[index][*lane]).upper
    };
    open.iter().map(of).sum()
}

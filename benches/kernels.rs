//! The kernels that a block of scenarios spends its time in, one group each.
//!
//! Elements are scenarios decided, drawn or turned: a column is 256 of them.

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Criterion, Throughput};
use montecartel::kernels::level::Level;
use montecartel::kernels::weigh::Weights;
use montecartel::kernels::xoshiro::Noise;
use montecartel::kernels::{Column, LANES, Mask, bits, exp};
use montecartel::sampling::states::{LatentPlan, LatentScratch, Law};
use montecartel::streams::Purpose;
use std::hint::black_box;
use std::time::Duration;

/// Columns in a row: one, and as many as small and large operator sets ask for in one block.
const COLUMNS: [usize; 3] = [1, 32, 1024];
/// Operators: one word, a chain, a restaking market.
const OPERATORS: [usize; 3] = [64, 180, 1000];

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    latents(&mut criterion);
    streams(&mut criterion);
    transposes(&mut criterion);
    rare(&mut criterion);
    weights(&mut criterion);
    exponentials(&mut criterion);
    criterion.final_summary();
}

fn group<'a>(criterion: &'a mut Criterion, name: &str) -> BenchmarkGroup<'a, WallTime> {
    let mut group = criterion.benchmark_group(name);
    group.warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(1));
    group
}

/// Tells criterion that an iteration handles `columns` columns, and names it.
fn sized(group: &mut BenchmarkGroup<'_, WallTime>, columns: usize, name: usize) -> BenchmarkId {
    group.throughput(Throughput::Elements((columns * LANES) as u64));
    BenchmarkId::from_parameter(name)
}

/// Latent states of so many operators; elements are scenarios.
fn latents(criterion: &mut Criterion) {
    for level in Level::available() {
        let mut group = group(criterion, &format!("latent_states/{level}"));
        for operators in OPERATORS {
            let plan = latent(operators);
            let (mut scratch, mut block) = (LatentScratch::default(), 0);
            let id = sized(&mut group, 1, operators);
            group.bench_function(id, |bencher| {
                bencher.iter(|| {
                    plan.draw(level, block, &mut scratch);
                    block += 1;
                    black_box(&scratch.below);
                });
            });
        }
        group.finish();
    }
}

/// A common factor and twelve groups, every operator with a law of its own around 1 %.
fn latent(operators: usize) -> LatentPlan {
    let purpose = |name| Purpose::new(1, name);
    let any = purpose("model");
    let law = |operator: usize| {
        let uniform = |index| any.extra_uniform(operator as u64, index);
        let slopes = vec![(0, -0.6 - 0.2 * uniform(0)), (1 + operator % 12, -0.4 - 0.2 * uniform(1))];
        Law { cutoffs: [-3.0 - uniform(2), f64::INFINITY], slopes }
    };
    let factors = vec![(purpose("common"), 1), (purpose("groups"), 12)];
    LatentPlan::new(factors, purpose("noise"), None, (0..operators).map(law).collect(), 1)
}

fn streams(criterion: &mut Criterion) {
    let purpose = Purpose::new(1, "bench/stream");
    let mut normals = group(criterion, "stream_normals");
    for columns in COLUMNS {
        let (mut stream, mut column): (_, Column) = (purpose.stream(0), [0.0; LANES]);
        let id = sized(&mut normals, columns, columns);
        normals.bench_function(id, |bencher| {
            bencher.iter(|| {
                for _ in 0..columns {
                    stream.normals(Level::best(), &mut column);
                    black_box(&column);
                }
            });
        });
    }
    normals.finish();
    for level in Level::available() {
        let mut factors = group(criterion, &format!("stream_factors/{level}"));
        for columns in COLUMNS {
            let (mut stream, mut column) = (purpose.stream(0), [0.0; LANES]);
            let id = sized(&mut factors, columns, columns);
            factors.bench_function(id, |bencher| {
                bencher.iter(|| {
                    for _ in 0..columns {
                        stream.factors(level, &mut column, |lane| lane as u64);
                        black_box(&column);
                    }
                });
            });
        }
        factors.finish();
        let mut noise = group(criterion, &format!("stream_noise/{level}"));
        for columns in COLUMNS {
            let (mut stream, mut rows) = (purpose.stream(0), vec![Noise::default(); columns]);
            let id = sized(&mut noise, columns, columns);
            noise.bench_function(id, |bencher| {
                bencher.iter(|| {
                    stream.noise(level, &mut rows);
                    black_box(&rows);
                });
            });
        }
        noise.finish();
    }
}

fn transposes(criterion: &mut Criterion) {
    let mut group = group(criterion, "rows_to_sets");
    let purpose = Purpose::new(1, "bench/rows");
    for operators in OPERATORS {
        let row = |o: usize| -> Mask { std::array::from_fn(|w| purpose.extra_bits(o as u64, w as u64)) };
        let rows: Vec<Mask> = (0..operators).map(row).collect();
        let mut sets = vec![0; LANES * operators.div_ceil(64)];
        let id = sized(&mut group, operators, operators);
        group.bench_function(id, |bencher| {
            bencher.iter(|| {
                bits::rows_to_sets(black_box(&rows), &mut sets);
                black_box(&sets);
            });
        });
    }
    group.finish();
}

/// Accidents of so many operators with a probability of about 1e-4 each.
fn rare(criterion: &mut Criterion) {
    let mut group = group(criterion, "rare_latent_states");
    let purpose = |name| Purpose::new(1, name);
    for operators in OPERATORS {
        let law = |_| Law { cutoffs: [-4.65, f64::INFINITY], slopes: vec![(0, -0.75)] };
        let laws = (0..operators).map(law).collect();
        let plan = LatentPlan::new(vec![(purpose("common"), 1)], purpose("noise"), None, laws, 1);
        let (mut scratch, mut block) = (LatentScratch::default(), 0);
        let id = sized(&mut group, 1, operators);
        group.bench_function(id, |bencher| {
            bencher.iter(|| {
                plan.draw(Level::best(), block, &mut scratch);
                block += 1;
                black_box(&scratch.below);
            });
        });
    }
    group.finish();
}

/// Power of the operators that are set, one in sixteen, in units of 32 bits and beyond.
fn weights(criterion: &mut Criterion) {
    let purpose = Purpose::new(1, "bench/weights");
    for (name, shift) in [("narrow", 44), ("wide", 16)] {
        for level in Level::available() {
            let mut group = group(criterion, &format!("weights_{name}/{level}"));
            for operators in OPERATORS {
                let word = |o: usize, w: usize| {
                    (0..4).fold(u64::MAX, |word, i| word & purpose.extra_bits(o as u64, (4 * w + i) as u64))
                };
                let rows: Vec<Mask> = (0..operators).map(|o| std::array::from_fn(|w| word(o, w))).collect();
                let units: Vec<u64> =
                    (0..operators).map(|o| purpose.extra_bits(o as u64, 99) >> shift).collect();
                let order: Vec<u32> = (0u32..).take(operators).collect();
                let (weights, mut out) = (Weights::new(&units), [0; LANES]);
                let id = sized(&mut group, 1, operators);
                group.bench_function(id, |bencher| {
                    bencher.iter(|| {
                        weights.of_few(level, black_box(&rows), &order, &mut out);
                        black_box(&out);
                    });
                });
            }
            group.finish();
        }
    }
}

fn exponentials(criterion: &mut Criterion) {
    for level in Level::available() {
        let mut group = group(criterion, &format!("exponentials/{level}"));
        let column: Column = std::array::from_fn(|lane| (lane % 40) as f64 * 0.1 - 2.0);
        let id = sized(&mut group, 1, 1);
        group.bench_function(id, |bencher| {
            bencher.iter(|| {
                let mut out = black_box(column);
                exp::scaled(level, 3.0, &mut out);
                black_box(out)
            });
        });
        group.finish();
    }
}

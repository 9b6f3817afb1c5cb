//! The kernels that a block of scenarios spends its time in, one group each.
//!
//! Elements are scenarios decided, drawn or turned: a column is 256 of them.

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Criterion, Throughput};
use montecartel::kernels::squeeze::{Single, below};
use montecartel::kernels::{Column, LANES, Mask, bits};
use montecartel::streams::{Purpose, Stream};
use std::hint::black_box;
use std::time::Duration;

/// Columns in a row: one, and as many as small and large operator sets ask for in one block.
const COLUMNS: [usize; 3] = [1, 32, 1024];
/// Operators: one word, a chain, a restaking market.
const OPERATORS: [usize; 3] = [64, 180, 1000];

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    squeezes(&mut criterion);
    streams(&mut criterion);
    transposes(&mut criterion);
    criterion.final_summary();
}

fn group<'a>(criterion: &'a mut Criterion, name: &str) -> BenchmarkGroup<'a, WallTime> {
    let mut group = criterion.benchmark_group(name);
    group.warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(1));
    group
}

/// Tells criterion that an iteration handles `columns` columns, and names it after them.
fn sized(group: &mut BenchmarkGroup<'_, WallTime>, columns: usize) -> BenchmarkId {
    group.throughput(Throughput::Elements((columns * LANES) as u64));
    BenchmarkId::from_parameter(columns)
}

fn squeezes(criterion: &mut Criterion) {
    let mut group = group(criterion, "squeeze_below");
    let mut stream = Purpose::new(1, "bench/squeeze").stream(0);
    for columns in COLUMNS {
        let cases: Vec<([u32; LANES], Single)> = (0..columns).map(|_| case(&mut stream)).collect();
        let (scale, id) = ([1.0; LANES], sized(&mut group, columns));
        group.bench_function(id, |bencher| {
            bencher.iter(|| {
                for (noise, pull) in &cases {
                    black_box(below(pull, 0.0, &scale, noise, 1.0));
                }
            });
        });
    }
    group.finish();
}

/// Noise, and latents where a sampler asks about them: around −2.3, the quantile of 1 %.
fn case(stream: &mut Stream) -> ([u32; LANES], Single) {
    let (mut noise, mut normals) = ([0; LANES], [0.0; LANES]);
    stream.words(&mut noise);
    stream.normals(&mut normals);
    #[expect(clippy::cast_possible_truncation, reason = "the kernel takes single precision")]
    let x = normals.map(|z| (0.4 * z - 2.3) as f32);
    (noise, x)
}

fn streams(criterion: &mut Criterion) {
    let purpose = Purpose::new(1, "bench/stream");
    let mut normals = group(criterion, "stream_normals");
    for columns in COLUMNS {
        let (mut stream, mut column): (_, Column) = (purpose.stream(0), [0.0; LANES]);
        let id = sized(&mut normals, columns);
        normals.bench_function(id, |bencher| {
            bencher.iter(|| {
                for _ in 0..columns {
                    stream.normals(&mut column);
                    black_box(&column);
                }
            });
        });
    }
    normals.finish();
    let mut words = group(criterion, "stream_words");
    for columns in COLUMNS {
        let (mut stream, mut column) = (purpose.stream(0), [0u32; LANES]);
        let id = sized(&mut words, columns);
        words.bench_function(id, |bencher| {
            bencher.iter(|| {
                for _ in 0..columns {
                    stream.words(&mut column);
                    black_box(&column);
                }
            });
        });
    }
    words.finish();
}

fn transposes(criterion: &mut Criterion) {
    let mut group = group(criterion, "rows_to_sets");
    let purpose = Purpose::new(1, "bench/rows");
    for operators in OPERATORS {
        let row = |o: usize| -> Mask { std::array::from_fn(|w| purpose.extra_bits(o as u64, w as u64)) };
        let rows: Vec<Mask> = (0..operators).map(row).collect();
        let mut sets = vec![0; LANES * operators.div_ceil(64)];
        let id = sized(&mut group, operators);
        group.bench_function(id, |bencher| {
            bencher.iter(|| {
                bits::rows_to_sets(black_box(&rows), &mut sets);
                black_box(&sets);
            });
        });
    }
    group.finish();
}

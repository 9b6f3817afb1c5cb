//! Once its room is made, a run asks for no more memory, however many blocks it draws.

use allocation_counter::measure;
use montecartel::run::{NoSink, Plan, Threads, run};
use montecartel::study::{Record, Study};
use std::num::NonZeroUsize;
use std::path::Path;

/// Times that a run of so many scenarios asks for memory, on one thread that does everything.
fn times(study: &mut Study, scenarios: u64) -> u64 {
    study.run.scenarios = scenarios;
    let plan = Plan::new(study);
    let threads = Threads::new(NonZeroUsize::new(1)).unwrap_or_else(|error| panic!("{error}"));
    let run = || {
        let Ok(results) = run(&plan, &mut NoSink, |_| ());
        assert!(!results.summary.is_empty());
    };
    threads.install(|| measure(run).count_total)
}

#[test]
fn twice_the_blocks_ask_for_no_more_memory() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../benches/workloads/w2");
    let mut study = Study::load(&folder).unwrap_or_else(|error| panic!("{error}"));
    study.run.record = Record::None;
    let blocks = 1000;
    let [once, twice] = [blocks, 2 * blocks].map(|blocks| times(&mut study, 256 * blocks));
    // A block that asked once would show as a thousand. Lists of the waiting blocks and bins of the sketches still grow where one
    // holds more than ever before: seldom, and ever more so.
    assert!(twice < once + blocks / 10, "{once} times, then {twice}");
}

//! The tree is the architecture: a room uses only rooms below it, and only the rooms that may know rayon, Parquet or a
//! generator do.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::path::{Path, PathBuf};

/// Rooms of the engine, lowest first.
const FLOORS: [&str; 31] = [
    "fraction",
    "kernels",
    "streams",
    "moments",
    "sketch",
    "rules",
    "study",
    "graph",
    "design",
    "sampling",
    "attack",
    "economy",
    "exact",
    "explain",
    "bribes",
    "estimate",
    "record",
    "run",
    "robust",
    "bargain",
    "marginal",
    "path",
    "rare",
    "sweep",
    "attribution",
    "overview",
    "claims",
    "backtest",
    "assertions",
    "report",
    "lib",
];

fn engine() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../engine/src")
}

/// Every source file of the engine with the room it stands in.
fn sources() -> Vec<(String, PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![engine()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let inside = path.strip_prefix(engine()).unwrap().to_path_buf();
                let first = inside.components().next().unwrap().as_os_str().to_string_lossy().into_owned();
                let room = first.trim_end_matches(".rs").to_owned();
                found.push((room, inside, std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found
}

fn floor(room: &str) -> usize {
    FLOORS.iter().position(|floor| *floor == room).unwrap_or_else(|| panic!("room `{room}` has no floor"))
}

#[test]
fn lower_rooms_never_use_higher_ones() {
    let mut checked = 0;
    // The crate's front page names every room, and tests may look at a room from above.
    let is_test = |file: &Path| file.ends_with("tests.rs") || file.iter().any(|folder| folder == "tests");
    let excused = |room: &str, file: &Path| room == "lib" || is_test(file);
    for (room, file, text) in sources().into_iter().filter(|(room, file, _)| !excused(room, file)) {
        for (place, _) in text.match_indices("crate::") {
            let used =
                text[place + "crate::".len()..].split(|c: char| !c.is_alphanumeric() && c != '_').next();
            let used = used.unwrap_or("");
            assert!(
                floor(used) <= floor(&room),
                "{}: `{room}` uses `{used}`, which stands above it",
                file.display()
            );
            checked += 1;
        }
    }
    assert!(checked > 100, "only {checked} uses found: the test no longer reads the tree");
}

/// `word` may stand only in files whose path starts with one of `homes`.
fn only_in(word: &str, homes: &[&str]) {
    let mut seen = 0;
    for (_, file, text) in sources() {
        let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        if code.into_iter().any(|line| line.contains(word)) {
            let name = file.to_string_lossy().replace('\\', "/");
            assert!(homes.iter().any(|home| name.starts_with(home)), "{name} knows `{word}`");
            seen += 1;
        }
    }
    assert!(seen > 0, "nobody knows `{word}` any more");
}

#[test]
fn only_run_knows_rayon() {
    only_in("rayon::", &["run/"]);
}

#[test]
fn only_report_and_the_table_reader_know_parquet() {
    only_in("parquet::", &["report/", "study/table.rs", "study/tests/"]);
}

#[test]
fn only_streams_makes_a_generator() {
    only_in("Xoshiro256PlusPlus::", &["streams.rs"]);
}

#[test]
fn only_design_study_and_rules_know_a_system() {
    for name in ["System::", "Eigenlayer", "Ics {", "Mesh {"] {
        only_in(name, &["design/", "study/", "rules/"]);
    }
}

#[test]
fn the_engine_reads_no_clock_and_no_environment_and_prints_nothing() {
    for (_, file, text) in sources() {
        for word in ["Instant::now", "SystemTime", "env::var", "println!", "eprintln!"] {
            assert!(!text.contains(word), "{} has `{word}`", file.display());
        }
    }
}

/// A hash map's order must never show. Arrow's metadata is one; the tables are compared byte by byte elsewhere.
#[test]
fn only_arrow_metadata_is_a_hash_map() {
    only_in("HashMap", &["report/column.rs", "report/provenance.rs"]);
}

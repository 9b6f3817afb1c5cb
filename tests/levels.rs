//! The binary writes the same bytes at every level of vector instructions and with any number of threads.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use montecartel::kernels::level::Level;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn cartel(arguments: &[&str], level: &str) -> Output {
    cartel_with(arguments, ("CARTEL_SIMD", level))
}

fn cartel_with(arguments: &[&str], (name, value): (&str, &str)) -> Output {
    Command::new(env!("CARGO_BIN_EXE_cartel")).args(arguments).env(name, value).output().unwrap()
}

/// Every table and the manifest (with its BLAKE3 digests), by path.
fn written(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![dir.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "parquet")
                || path.ends_with("manifest.json")
            {
                found.insert(path.strip_prefix(dir).unwrap().to_path_buf(), std::fs::read(&path).unwrap());
            }
        }
    }
    found
}

fn run(study: &Path, level: &str, threads: &str) -> BTreeMap<PathBuf, Vec<u8>> {
    run_with(study, threads, ("CARTEL_SIMD", level))
}

/// What 2000 scenarios leave behind under an environment variable.
fn run_with(study: &Path, threads: &str, variable: (&str, &str)) -> BTreeMap<PathBuf, Vec<u8>> {
    let out = tempfile::tempdir().unwrap();
    let (study, dir) = (study.to_str().unwrap(), out.path().to_str().unwrap());
    let arguments = [
        "run",
        study,
        "--out",
        dir,
        "--scenarios",
        "2000",
        "--threads",
        threads,
        "--record",
        "all",
        "--quiet",
    ];
    let output = cartel_with(&arguments, variable);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    written(out.path())
}

#[test]
fn level_and_thread_count_change_no_byte() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for study in ["data/cosmos-2023", "benches/workloads/w2"] {
        let expected = run(&root.join(study), "generic", "1");
        assert!(expected.len() > 5, "{:?}", expected.keys());
        for level in Level::available() {
            for threads in ["1", "2", "7"] {
                let found = run(&root.join(study), level.name(), threads);
                assert!(found.keys().eq(expected.keys()));
                for (path, bytes) in &found {
                    assert!(
                        *bytes == expected[path],
                        "{study}: {} at {level}, {threads} threads",
                        path.display()
                    );
                }
            }
        }
    }
}

/// How the digests of workload W2's files begin: 2,000 scenarios, everything recorded.
const STORED: [(&str, &str); 3] = [
    ("summary.parquet", "b455318e048a55f1"),
    ("targets/part-00000.parquet", "b61fba44888d49a0"),
    ("market/part-00000.parquet", "ca6dd222d726a877"),
];

/// Whoever means to change a draw, a figure, a column or the version stores the new digests, from `manifest.json`.
#[test]
fn files_are_those_stored_at_every_level() {
    let study = Path::new(env!("CARGO_MANIFEST_DIR")).join("../benches/workloads/w2");
    for level in Level::available() {
        let found = run(&study, level.name(), "2");
        let manifest = String::from_utf8_lossy(&found[Path::new("manifest.json")]);
        for (path, digest) in STORED {
            assert!(manifest.contains(digest), "{path} at {level} is not the one stored: {manifest}");
        }
    }
}

/// The C library chooses its functions by the processor; none of them is on the path of a result.
#[test]
fn variants_of_the_c_library_change_no_byte() {
    let study = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/cosmos-2023");
    let without =
        ("GLIBC_TUNABLES", "glibc.cpu.hwcaps=-AVX512F,-AVX2,-AVX2_Usable,-FMA,-FMA_Usable,-FMA4_Usable");
    assert!(run_with(&study, "2", without) == run(&study, Level::best().name(), "2"));
}

#[test]
fn the_doctor_names_the_level_and_how_to_force_another() {
    for level in Level::available() {
        let output = cartel(&["doctor"], level.name());
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success() && text.contains("CARTEL_SIMD"), "{text}");
        assert!(text.lines().any(|line| line.starts_with("level") && line.contains(level.name())), "{text}");
    }
    let output = cartel(&["doctor"], "mmx");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("must be one of generic"));
}

//! `cartel init`: a first study.

use crate::exit::{Failure, OUTPUT};
use crate::output::Out;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;

/// The example that ships.
const EXAMPLE: &str = include_str!("../../data/example/study.toml");

/// Writes the example into `dir` unless a study is there.
///
/// # Errors
/// If one is, or the disk refuses.
pub fn run(dir: &Path, out: &mut Out) -> Result<(), Failure> {
    let path = dir.join("study.toml");
    let refused = |what: &str, error: std::io::Error| {
        Failure::new(
            OUTPUT,
            format!("error: cannot {what} `{}`: {error}; choose another folder", path.display()),
        )
    };
    fs::create_dir_all(dir).map_err(|error| refused("create the folder of", error))?;
    let file = OpenOptions::new().write(true).create_new(true).open(&path);
    file.and_then(|mut file| file.write_all(EXAMPLE.as_bytes())).map_err(|error| refused("write", error))?;
    let shown = dir.display();
    out.line(format_args!("Wrote {}. Next:", path.display()))?;
    out.line(format_args!("  cartel check {shown}"))?;
    out.line(format_args!("  cartel run {shown} --out {}", dir.join("results").display()))
}

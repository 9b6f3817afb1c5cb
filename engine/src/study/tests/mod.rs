//! Tests of the loader: every mistake with its line, and what must not change.

mod mistakes;
mod problem;
mod tables;

use std::path::Path;
use std::sync::Arc;

use super::*;

/// A study that says every key there is but those that exclude each other.
const MAXIMAL: &str = include_str!("maximal.toml");

/// A study as small as can be.
const MINIMAL: &str = r#"name = "m"
[assets.A]
price_usd = 1
[collusion]
probability = 0.1
altruistic_probability = 0.2
[pools.p]
asset = "A"
stake = { x = 60, y = 40 }
[services.s]
consensus = "cometbft"
attacks.fork = { profit_usd = 10 }
[designs.d.services.s]
system = "pos"
pool = "p"
slash = 0.05
"#;

/// Loads a text that needs no files.
fn load(text: &str) -> Result<Study, StudyError> {
    Study::from_text(text, "study.toml", Path::new("/nonexistent"))
}

/// The errors of a text, as shown.
fn errors(text: &str) -> String {
    match load(text) {
        Ok(_) => String::new(),
        Err(error) => error.to_string(),
    }
}

/// The minimal study with a replacement.
fn changed(from: &str, to: &str) -> String {
    assert!(MINIMAL.contains(from), "{from}");
    MINIMAL.replacen(from, to, 1)
}

/// The minimal study with lines at its end.
fn with(tail: &str) -> String {
    format!("{MINIMAL}{tail}")
}

/// The minimal study with so many attacks, to be judged jointly.
fn with_many_attacks(n: u32) -> String {
    let attack = |i: u32| format!("attacks.a{i} = {{ profit_usd = 10, threshold = \"> 1/3\" }}\n");
    let attacks: String = (0..n).map(attack).collect();
    changed("attacks.fork = { profit_usd = 10 }\n", &attacks) + "[adversary]\njoint = true\n"
}

/// Loads the minimal study with its stake in a file of this name and content.
fn with_file(name: &str, content: &[u8]) -> Result<Study, StudyError> {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join(name), content).unwrap();
    let text = changed("{ x = 60, y = 40 }", &format!("\"{name}\""));
    Study::from_text(&text, "study.toml", dir.path())
}

/// Asserts that each text has an error that contains each of the parts.
fn assert_errors(cases: &[(String, &str)]) {
    for (text, expected) in cases {
        let shown = errors(text);
        assert!(shown.contains(expected), "wanted: {expected}\ngot: {shown}\nof:\n{text}");
    }
}

/// The minimal study with its one service secured otherwise.
fn secured(keys: &str) -> String {
    changed("system = \"pos\"\npool = \"p\"\nslash = 0.05\n", keys)
}

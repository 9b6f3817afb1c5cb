//! Studies from the command line.

use crate::exit::{Failure, STUDY};
use montecartel::study::Study;
use std::path::Path;

/// Loads the study at `path`, a folder or its `study.toml`.
///
/// # Errors
/// If there is none, or with everything that is wrong with it.
pub fn study(path: &Path) -> Result<Study, Failure> {
    let missing = |what: &str| {
        let shown = path.display();
        Failure::new(STUDY, format!("error: {what} `{shown}`; `cartel init {shown}` writes an example there"))
    };
    if !path.exists() {
        return Err(missing("there is no study at"));
    }
    if path.is_dir() && !path.join("study.toml").exists() {
        return Err(missing("there is no study.toml in"));
    }
    Ok(Study::load(path)?)
}

//! Studies from the command line.

use crate::args::DrawArguments;
use crate::exit::{Failure, INTERNAL, STUDY};
use montecartel::run::Threads;
use montecartel::study::{Study, Variable};
use std::num::NonZeroUsize;
use std::path::Path;

/// As [`study`], with numbers that can be changed and the command line's way to draw.
///
/// # Errors
/// As [`study`].
pub fn variable(path: &Path, draw: &DrawArguments) -> Result<Variable, Failure> {
    study(path)?;
    let mut variable = Variable::load(path)?;
    let settings = &mut variable.study.run;
    settings.scenarios = draw.scenarios.unwrap_or(settings.scenarios);
    settings.seed = draw.seed.unwrap_or(settings.seed);
    settings.estimator = draw.estimator.map_or(settings.estimator, Into::into);
    Ok(variable)
}

/// Threads of this number, or one per processor.
///
/// # Errors
/// If the system grants none.
pub fn threads(count: Option<NonZeroUsize>) -> Result<Threads, Failure> {
    Threads::new(count)
        .map_err(|error| Failure::new(INTERNAL, format!("error: cannot start threads: {error}")))
}

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

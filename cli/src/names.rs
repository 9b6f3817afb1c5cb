//! Names on the command line.

use crate::exit::{Failure, USAGE};
use montecartel::study::Study;

/// Position of a design.
///
/// # Errors
/// If there is none of this name.
pub fn design_named(study: &Study, name: &str) -> Result<usize, Failure> {
    let designs: Vec<&str> = study.designs.iter().map(|design| design.name.as_str()).collect();
    find("design", name, &designs)
}

/// Position of a service that a design secures.
///
/// # Errors
/// If there is none of this name.
pub fn service_named(study: &Study, design: usize, name: &str) -> Result<usize, Failure> {
    let secured = &study.designs[design].services;
    let services: Vec<&str> = secured.iter().map(|(s, _)| study.services[*s].name.as_str()).collect();
    Ok(secured[find("service", name, &services)?].0)
}

/// Position of a name.
///
/// # Errors
/// If there is none; the error says which there are.
pub fn find(what: &str, name: &str, known: &[&str]) -> Result<usize, Failure> {
    known.iter().position(|known| *known == name).ok_or_else(|| {
        let known = known.join("`, `");
        Failure::new(USAGE, format!("error: there is no {what} `{name}`; there are `{known}`"))
    })
}

//! `cartel stress` and `cartel sensitivity`: at which numbers a figure reaches a level, and how figures move with numbers.

use crate::amount::share;
use crate::args::{SensitivityArguments, StressArguments};
use crate::exit::{Failure, USAGE};
use crate::load;
use crate::names::design_named;
use crate::output::Out;
use crate::tables::table;
use montecartel::study::Variable;
use montecartel::sweep::{Figure, Reached, Stress, StressError, derivatives, stress};
use serde_json::{Value, json};

/// Searches and prints.
///
/// # Errors
/// If the study is invalid, or a key or figure does not exist.
pub fn run(arguments: &StressArguments, out: &mut Out) -> Result<(), Failure> {
    let variable = load::variable(&arguments.study, &arguments.draw)?;
    let threads = load::threads(arguments.draw.threads)?;
    let designs: Vec<usize> = match &arguments.design {
        Some(name) => vec![design_named(&variable.study, name)?],
        None => (0..variable.study.designs.len()).collect(),
    };
    let keys = if arguments.keys.is_empty() { usual_keys(&variable) } else { arguments.keys.clone() };
    let mut found = Vec::new();
    for (key, low, high) in keys {
        let today = variable.number(&key).map_err(usage)?;
        for design in &designs {
            let search = Stress {
                key: key.clone(),
                low,
                high,
                figure: figure(arguments, &variable, *design),
                level: arguments.level,
            };
            let reached = threads.install(|| stress(&variable, &search)).map_err(|error| match error {
                StressError::Study(error) => Failure::from(error),
                StressError::NoFigure(_) => usage(error),
            })?;
            found.push((search, today, reached));
        }
    }
    if arguments.json {
        return out.json(&document(&variable, &found));
    }
    let Some((first, ..)) = found.first() else { return Ok(()) };
    let Figure { service, attack, route, metric, .. } = &first.figure;
    out.line(format_args!(
        "{}: where {metric} of {service} {attack} (route {route}) reaches {}, everything else as in the study\n",
        variable.study.name,
        share(arguments.level)
    ))?;
    let rows = found.iter().map(|(search, today, reached)| {
        let (value, interval) = words(search, *reached);
        [search.figure.design.clone(), search.key.clone(), number(*today), value, interval]
    });
    out.line(table(&["design", "number", "in the study", "reaches it at", "95% interval"], rows))?;
    out.line("\nIntervals: sampling error only; all values on the same draws.")
}

fn usage(why: impl std::fmt::Display) -> Failure {
    Failure::new(USAGE, format!("error: {why}"))
}

fn figure(arguments: &StressArguments, variable: &Variable, design: usize) -> Figure {
    Figure {
        design: variable.study.designs[design].name.clone(),
        service: arguments.service.clone(),
        attack: arguments.attack.clone(),
        route: arguments.route.clone(),
        metric: arguments.metric.clone(),
    }
}

/// The collusion probability and every loading, from nothing to as much as the others leave.
fn usual_keys(variable: &Variable) -> Vec<(String, f64, f64)> {
    const LOADINGS: &str = "collusion.loadings.";
    let numbers = variable.numbers();
    let loadings = || numbers.iter().filter(|setting| setting.key.starts_with(LOADINGS));
    let squares: f64 = loadings().map(|setting| setting.value * setting.value).sum();
    let most = |own: f64| (1.0 - (squares - own * own)).max(0.0).sqrt() * 0.999;
    // With those that are honest at any price no probability may exceed 1.
    let altruists = variable.number("collusion.altruistic_probability").unwrap_or(0.0);
    let mut keys = vec![("collusion.probability".to_owned(), 1e-6, (1.0 - altruists).clamp(1e-3, 0.999))];
    keys.extend(loadings().map(|setting| (setting.key.clone(), 0.0, most(setting.value))));
    keys
}

fn number(value: f64) -> String {
    format!("{value:.4}").trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn words(search: &Stress, reached: Reached) -> (String, String) {
    match reached {
        Reached::At { value, low, high } => (format!("{value:.4}"), format!("[{low:.4}, {high:.4}]")),
        Reached::Never(most) => (format!("never: {} at {}", share(most), number(search.high)), String::new()),
        Reached::Always(least) => {
            (format!("always: {} at {}", share(least), number(search.low)), String::new())
        }
    }
}

fn document(variable: &Variable, found: &[(Stress, f64, Reached)]) -> Value {
    let rows = found.iter().map(|(search, today, reached)| {
        let (outcome, value, low, high) = match *reached {
            Reached::At { value, low, high } => ("reached", Some(value), Some(low), Some(high)),
            Reached::Never(_) => ("never", None, None, None),
            Reached::Always(_) => ("always", None, None, None),
        };
        let Figure { design, service, attack, route, metric } = &search.figure;
        json!({ "design": design, "service": service, "attack": attack, "route": route, "metric": metric,
                "level": search.level, "key": search.key, "in_study": today, "from": search.low, "to": search.high,
                "outcome": outcome, "value": value, "ci_low": low, "ci_high": high })
    });
    json!({ "schema": "urn:montecartel:stress:1", "study": variable.study.name, "scenarios": variable.study.run.scenarios,
            "searches": rows.collect::<Vec<_>>() })
}

/// Derivatives, number by number.
///
/// # Errors
/// If the study is invalid or a key is no number.
pub fn sensitivity(arguments: &SensitivityArguments, out: &mut Out) -> Result<(), Failure> {
    let variable = load::variable(&arguments.study, &arguments.draw)?;
    let threads = load::threads(arguments.draw.threads)?;
    let keys = if arguments.keys.is_empty() { telling_keys(&variable) } else { arguments.keys.clone() };
    for key in &keys {
        variable.number(key).map_err(usage)?;
    }
    let found = threads.install(|| derivatives(&variable, &keys, arguments.step))?;
    if arguments.json {
        let rows = found.iter().map(|d| {
            json!({ "key": d.key, "at": d.at, "step": d.step, "design": d.design, "metric": d.metric,
                    "method": d.method.name(), "derivative": d.estimate.value, "std_error": d.estimate.std_error,
                    "ci_low": d.estimate.low, "ci_high": d.estimate.high })
        });
        return out.json(&json!({ "schema": "urn:montecartel:sensitivity:1", "study": variable.study.name,
            "derivatives": rows.collect::<Vec<_>>() }));
    }
    out.line(format_args!(
        "{}: derivatives; differences on common draws are of ±{}, all others have no bias\n",
        variable.study.name,
        share(arguments.step)
    ))?;
    let rows = found.iter().map(|d| {
        // What one per cent more of the number does.
        let percent = |x: f64| format!("{:.2e}", 0.01 * d.at * x);
        [
            d.design.clone(),
            d.key.clone(),
            d.metric.to_owned(),
            number(d.at),
            format!("{:.3e}", d.estimate.value),
            format!("{:.1e}", d.estimate.std_error),
            percent(d.estimate.value),
            d.method.name().to_owned(),
        ]
    });
    out.line(table(
        &["design", "number", "figure", "at", "derivative", "± one error", "by 1% more", "method"],
        rows,
    ))
}

/// Collusion, loadings, prices, slash fractions and thresholds.
fn telling_keys(variable: &Variable) -> Vec<String> {
    let ends = [".price_usd", ".slash", ".threshold"];
    let telling = |key: &str| {
        key == "collusion.probability"
            || key.starts_with("collusion.loadings.")
            || ends.iter().any(|end| key.ends_with(end))
    };
    variable.numbers().into_iter().map(|setting| setting.key).filter(|key| telling(key)).collect()
}

//! `cartel exact`: how likely colluders alone reach each threshold of a service, computed rather than counted.

use crate::args::ExactArguments;
use crate::exit::Failure;
use crate::load;
use crate::names::{design_named, service_named};
use crate::output::Out;
use crate::tables::table;
use montecartel::exact::{Bracket, Exact, Factored, Method, Precision, Refusal, ServicePower, exact};
use montecartel::fraction::Threshold;
use montecartel::graph::Graph;
use montecartel::rare::{Conditional, Figure, conditional_sobol};
use montecartel::study::Study;
use serde_json::{Value, json};

/// One threshold of one design.
struct Row {
    design: String,
    attack: String,
    threshold: Threshold,
    reached: Bracket,
    std_error: f64,
    how: String,
}

/// Computes and prints.
///
/// # Errors
/// If the study is invalid or has no such service.
pub fn run(arguments: &ExactArguments, out: &mut Out) -> Result<(), Failure> {
    let study = load::study(&arguments.study)?;
    let designs: Vec<usize> = match &arguments.design {
        Some(name) => vec![design_named(&study, name)?],
        None => (0..study.designs.len()).collect(),
    };
    let threads = load::threads(arguments.threads)?;
    let graph = montecartel::design::compile(&study);
    let seed = arguments.seed.unwrap_or(study.run.seed);
    let mut rows = Vec::new();
    for design in designs {
        // Named alone, a design must secure the service; among all, those that do are shown.
        let service = match service_named(&study, design, &arguments.service) {
            Err(_)
                if arguments.design.is_none()
                    && study.services.iter().any(|s| s.name == arguments.service) =>
            {
                continue;
            }
            found => found?,
        };
        let secured = graph.designs[design].secured.iter().find(|s| graph.secured[**s].service == service);
        let Some(secured) = secured else { continue };
        let ask =
            Asked { study: &study, graph: &graph, secured: *secured, seed, scenarios: arguments.scenarios };
        rows.extend(threads.install(|| ask.rows(&study.designs[design].name, arguments.width)));
    }
    if arguments.json {
        return out.json(&document(&study, &arguments.service, &rows));
    }
    print(&study, &arguments.service, &rows, out)
}

struct Asked<'a> {
    study: &'a Study,
    graph: &'a Graph,
    secured: usize,
    seed: u64,
    scenarios: u64,
}

impl Asked<'_> {
    fn rows(&self, design: &str, width: f64) -> Vec<Row> {
        match exact(self.study, self.graph, self.secured, (width, Precision::default())) {
            None => Vec::new(),
            Some(Ok(exact)) => computed(design, exact),
            Some(Err(refusal)) => self.sampled(design, refusal),
        }
    }

    /// By sampled factors, where there are too many to integrate over.
    fn sampled(&self, design: &str, refusal: Refusal) -> Vec<Row> {
        let secured = &self.graph.secured[self.secured];
        let price = |asset: usize| self.study.assets[asset].price_usd;
        let Some(power) = ServicePower::new(secured, price) else { return Vec::new() };
        let plan = Conditional::new(&Factored::new(self.study), &power, self.seed);
        let (figures, draws) = conditional_sobol(&plan, self.scenarios);
        let prices = if power.moves { ", at today's prices" } else { "" };
        let row = |(target, figure): (&montecartel::graph::Target, Figure)| Row {
            design: design.to_owned(),
            attack: target.kind.clone(),
            threshold: target.threshold,
            reached: Bracket {
                low: figure.estimate.low,
                value: figure.estimate.value,
                high: figure.estimate.high,
            },
            std_error: figure.estimate.std_error,
            how: format!("{draws} draws of the factors{prices}, 95% interval and rounding: {refusal}"),
        };
        secured.targets.iter().zip(figures).map(row).collect()
    }
}

fn computed(design: &str, exact: Exact) -> Vec<Row> {
    let prices = if exact.at_todays_prices { ", at today's prices" } else { "" };
    let how = match exact.method {
        Method::Free => "nobody has power: free".to_owned(),
        Method::Quadrature { dimensions: 0, groups: 0, .. } => format!("computed{prices}"),
        Method::Quadrature { dimensions, groups, nodes, change } => {
            let group_words = if groups > 0 { format!(" and {groups} groups") } else { String::new() };
            format!(
                "integrated over {dimensions} dimensions{group_words}, {nodes} nodes, last change {change:.0e}{prices}"
            )
        }
    };
    let row = |threshold: montecartel::exact::Threshold| Row {
        design: design.to_owned(),
        attack: threshold.attack,
        threshold: threshold.threshold,
        reached: threshold.reached,
        std_error: 0.0,
        how: how.clone(),
    };
    exact.thresholds.into_iter().map(row).collect()
}

fn print(study: &Study, service: &str, rows: &[Row], out: &mut Out) -> Result<(), Failure> {
    out.line(format_args!("{}: P(colluders alone reach the threshold) of {service}\n", study.name))?;
    if rows.is_empty() {
        return out.line("no operator has power over it");
    }
    let cells = rows.iter().map(|row| {
        [
            row.design.clone(),
            row.attack.clone(),
            row.threshold.to_string(),
            format!("{:.6e}", row.reached.value),
            format!("[{:.4e}, {:.4e}]", row.reached.low, row.reached.high),
        ]
    });
    out.line(table(&["design", "attack", "power", "probability", "between"], cells))?;
    let mut said: Vec<&str> = Vec::new();
    for row in rows.iter().filter(|row| !row.how.is_empty()) {
        if !said.contains(&row.how.as_str()) {
            said.push(&row.how);
            out.line(format_args!("{}: {}", row.design, row.how))?;
        }
    }
    Ok(())
}

fn document(study: &Study, service: &str, rows: &[Row]) -> Value {
    let rows = rows.iter().map(|row| {
        json!({ "design": row.design, "attack": row.attack, "threshold": row.threshold.to_string(),
                "p_threshold_reached": row.reached.value, "low": row.reached.low, "high": row.reached.high,
                "std_error": row.std_error, "how": row.how })
    });
    json!({ "schema": "urn:montecartel:exact:1", "study": study.name, "service": service,
            "thresholds": rows.collect::<Vec<_>>() })
}

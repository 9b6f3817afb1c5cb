//! `cartel robust`: overcollateralisation of a design at today's prices, and the worst that a shock can do to a small one.

use crate::amount::share;
use crate::args::RobustArguments;
use crate::exit::Failure;
use crate::load;
use crate::names::design_named;
use crate::output::Out;
use crate::tables::table;
use montecartel::robust::{Ask, ExactFigures, Robustness, WorstFigures, robustness, slack_in_scenarios};
use montecartel::study::Study;
use serde_json::{Value, json};
use std::num::NonZeroUsize;

/// Loads a study and judges its designs.
///
/// # Errors
/// If the study is invalid or has no such design.
pub fn run(arguments: &RobustArguments, out: &mut Out) -> Result<(), Failure> {
    let study = load::study(&arguments.study)?;
    let designs: Vec<usize> = match &arguments.design {
        Some(name) => vec![design_named(&study, name)?],
        None => (0..study.designs.len()).collect(),
    };
    let threads = load::threads(arguments.threads)?;
    let ask = |design| Ask { design, shock: arguments.shock, byzantine: arguments.byzantine };
    let judged: Vec<Robustness> =
        threads.install(|| designs.iter().map(|design| robustness(&study, &ask(*design))).collect());
    let seed = arguments.seed.unwrap_or(study.run.seed);
    let drawn: Vec<Vec<f64>> = designs
        .iter()
        .map(|design| {
            let ask = |n: NonZeroUsize| slack_in_scenarios(&study, *design, (n.get(), seed));
            arguments.scenarios.map_or_else(Vec::new, ask)
        })
        .collect();
    if arguments.json {
        return out.json(&document(&study, &judged, &drawn));
    }
    out.line(format_args!("{}: overcollateralisation at today's prices", study.name))?;
    for (robust, drawn) in judged.iter().zip(&drawn) {
        print(robust, arguments.operators, out)?;
        print_drawn(drawn, out)?;
    }
    out.line(
        "\nγ: an attack forfeits at least (1 + γ) times what it gains; below 0 one may pay, at −1 one forfeits nothing.\n\
         γ*: certified, the bound of every run, for stake that slashes take and nothing else (no income, drawdown, premium);\n\
         everybody is in on it. An operator's γ* is its own share of that.",
    )
}

fn print(robust: &Robustness, most: usize, out: &mut Out) -> Result<(), Failure> {
    let byzantine = match robust.byzantine.as_slice() {
        [] => String::new(),
        services => format!(" with {} Byzantine, the worst choice", services.join(", ")),
    };
    out.line(format_args!("\ndesign {}{byzantine}: γ* {}", robust.design, gamma(robust.whole)))?;
    let cells = |(name, cover): &(String, f64)| [name.clone(), gamma(*cover)];
    out.line(table(&["service", "γ*"], robust.services.iter().map(cells)))?;
    out.line(format_args!(
        "\n{}",
        table(&["operator", "γ*"], robust.operators.iter().take(most).map(cells))
    ))?;
    if robust.operators.len() > most {
        out.line(format_args!("and {} more", robust.operators.len() - most))?;
    }
    match &robust.exact {
        Ok(exact) => print_exact(exact, out),
        Err(refusal) => out.line(format_args!("not searched to the last coalition: {refusal}")),
    }
}

/// Parts of the scenarios at which γ* is shown.
const QUANTILES: [f64; 7] = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99];

/// The value that a part of the scenarios does not exceed. `drawn` rises and is not empty.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a position"
)]
fn quantile(drawn: &[f64], part: f64) -> f64 {
    drawn[((part * drawn.len() as f64).ceil() as usize).clamp(1, drawn.len()) - 1]
}

/// Part of the scenarios with γ* below 0.
#[expect(clippy::cast_precision_loss, reason = "counts of scenarios")]
fn share_below(drawn: &[f64]) -> f64 {
    drawn.iter().filter(|cover| **cover < 1.0).count() as f64 / drawn.len() as f64
}

/// γ* over scenarios.
fn print_drawn(drawn: &[f64], out: &mut Out) -> Result<(), Failure> {
    if drawn.is_empty() {
        return Ok(());
    }
    out.line(format_args!(
        "\nin {} scenarios, of those who can be had and for what they ask: γ* below 0 in {}",
        drawn.len(),
        share(share_below(drawn))
    ))?;
    let cells = QUANTILES.map(|part| [share(part), gamma(quantile(drawn, part))]);
    out.line(table(&["of the scenarios", "γ* at most"], cells))
}

fn print_exact(exact: &ExactFigures, out: &mut Out) -> Result<(), Failure> {
    let secure = if exact.is_secure { "secure" } else { "NOT SECURE" };
    out.line(format_args!("exactly: γ {}, {secure}", exact.cover.map_or_else(|| "∞".to_owned(), gamma)))?;
    let WorstFigures { shock, left, lost, hit, bound } = match &exact.worst {
        Ok(worst) => worst,
        Err(refusal) => return out.line(format_args!("the worst case is not searched: {refusal}")),
    };
    let hit = if hit.is_empty() { "nobody".to_owned() } else { hit.join(", ") };
    out.line(format_args!(
        "worst case of a shock of at most {}: R_ψ {} of the stake has left, {} of it is forfeited; the shock takes {hit}",
        share(*shock),
        share(*left),
        share(*lost)
    ))?;
    match bound {
        Some(bound) => out.line(format_args!("proved beforehand: below (1 + 1/γ)ψ = {}", share(*bound))),
        None => out.line("(1 + 1/γ)ψ is not proved here: that takes slashes of everything and γ above 0"),
    }
}

/// `1 + γ` as γ.
fn gamma(cover: f64) -> String {
    if cover.is_infinite() { "∞".to_owned() } else { format!("{:.4}", cover - 1.0) }
}

fn document(study: &Study, judged: &[Robustness], drawn: &[Vec<f64>]) -> Value {
    // JSON has no infinity: null where nothing can be gained.
    let gamma = |cover: f64| cover.is_finite().then_some(cover - 1.0);
    let named = |figures: &[(String, f64)], what: &str| -> Vec<Value> {
        figures.iter().map(|(name, cover)| json!({ what: name, "gamma_certified": gamma(*cover) })).collect()
    };
    let worst = |worst: &WorstFigures| json!({ "shock": worst.shock, "left_share": worst.left, "lost_share": worst.lost, "hit": worst.hit, "bound": worst.bound });
    let exact = |exact: &ExactFigures| {
        json!({ "gamma": exact.cover.and_then(gamma), "secure": exact.is_secure,
                "worst_case": exact.worst.as_ref().map_or_else(|refusal| json!(refusal.to_string()), worst) })
    };
    let over = |drawn: &Vec<f64>| {
        let quantiles = QUANTILES
            .map(|part| json!({ "probability": part, "gamma_certified": gamma(quantile(drawn, part)) }));
        json!({ "scenarios": drawn.len(), "below_zero_share": share_below(drawn), "quantiles": quantiles })
    };
    let design = |(robust, drawn): (&Robustness, &Vec<f64>)| {
        json!({ "drawn": (!drawn.is_empty()).then(|| over(drawn)),
                "design": robust.design, "byzantine": robust.byzantine, "gamma_certified": gamma(robust.whole),
                "services": named(&robust.services, "service"), "operators": named(&robust.operators, "operator"),
                "exact": robust.exact.as_ref().map_or_else(|refusal| json!(refusal.to_string()), exact) })
    };
    json!({ "schema": "urn:montecartel:robust:1", "study": study.name, "designs": judged.iter().zip(drawn).map(design).collect::<Vec<_>>() })
}

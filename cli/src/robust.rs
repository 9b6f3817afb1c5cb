//! `cartel robust`: overcollateralisation of a design at today's prices, and the worst that a shock can do to a small one.

use crate::amount::share;
use crate::args::RobustArguments;
use crate::exit::Failure;
use crate::load;
use crate::names::design_named;
use crate::output::Out;
use crate::tables::table;
use montecartel::robust::{Ask, ExactFigures, Robustness, WorstFigures, robustness};
use montecartel::study::Study;
use serde_json::{Value, json};

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
    if arguments.json {
        return out.json(&document(&study, &judged));
    }
    out.line(format_args!("{}: overcollateralisation at today's prices", study.name))?;
    for robust in &judged {
        print(robust, arguments.operators, out)?;
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

fn document(study: &Study, judged: &[Robustness]) -> Value {
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
    let design = |robust: &Robustness| {
        json!({ "design": robust.design, "byzantine": robust.byzantine, "gamma_certified": gamma(robust.whole),
                "services": named(&robust.services, "service"), "operators": named(&robust.operators, "operator"),
                "exact": robust.exact.as_ref().map_or_else(|refusal| json!(refusal.to_string()), exact) })
    };
    json!({ "schema": "urn:montecartel:robust:1", "study": study.name, "designs": judged.iter().map(design).collect::<Vec<_>>() })
}

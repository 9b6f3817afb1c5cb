//! Figures as tables for people.

use crate::amount::{count, share, usd};
use crate::exit::Failure;
use crate::output::Out;
use crate::{attribution, money};
use comfy_table::{CellAlignment, LineStyle, Table, TableStyle};
use montecartel::bribes::Way;
use montecartel::estimate::{BRIBE_METRICS, ELSEWHERE, ESCROW, PATH, QuantileRow, Results, SummaryRow};
use montecartel::graph::Regime;
use montecartel::report::Manifest;

/// Any service, any kind, the cheapest route.
const ANY: &str = "*";
/// What the figures are not.
const CAVEAT: &str = "\
P(attack pays): a profitable attack exists in this model; whether somebody carries it out is outside the model.
Costs are by the cheapest route unless a route is named: means where it is reachable, quantiles with ∞ out of reach.
Cost of corruption: stake that the attackers forfeit on average. Expected slashing: if every attack that pays is carried out.
Settlement gap: what the protocols' own rules, offence by offence, take beyond the linear model.";
/// What payments are, where there are any.
const PAYMENTS: &str = "
Paid over the horizon: staking rewards of a chain's own pool and what the study says under `pays`. Margin: reward less nodes less
expected loss of one's own stake; at a loss: operators with less than nothing left of what this service adds for them.";
/// What an attack may be, where a study judges targets one by one, and where it judges joint attacks.
const ONE_BY_ONE: &str = "\
One target at a time: joint attacks and mixed routes are not priced, so no bound here covers them; all colluders act as one.";
const JOINT: &str = "\
P(profitable attack): one coalition on any set of targets, or stake bought or hash rate for one; stake bought for several targets,
or beside a coalition, is bounded but not searched for. A quorum part bribed and part bought is neither. All colluders act as
one. P(attack pays): that target alone.";
const ERRORS: &str = "Intervals: sampling error only.";

/// Heads of the columns; fits 120 columns of a terminal.
const HEADER: [&str; 10] = [
    "target",
    "reachable",
    "attack\ncost",
    "5%",
    "50%",
    "95%",
    "cost of\ncorruption",
    "P(attack\npays)",
    "95% interval",
    "expected\nslashing",
];
/// A rule under the head and none between rows.
const STYLE: TableStyle = TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

/// Which rows are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// The cheapest route to each target.
    Cheapest,
    /// Every route as well.
    Routes,
}

/// Prints the figures of a run.
///
/// # Errors
/// If nobody takes them.
pub fn print(manifest: &Manifest, results: &Results, detail: Detail, out: &mut Out) -> Result<(), Failure> {
    let scenarios = count(manifest.scenarios);
    out.line(format_args!("{}: {scenarios} scenarios, seed {}", manifest.study, seed(&manifest.seed)))?;
    let (mut paid, mut named) = ("", "");
    for design in designs(results) {
        out.line(format_args!("\ndesign {design}: {}", whole_design(results, design)))?;
        out.line(targets(results, design, detail))?;
        for note in weakest_paths(results, design) {
            out.line(note)?;
        }
        if let Some(table) = bribe_ways(results, design) {
            out.line(format_args!("\n{table}"))?;
        }
        for note in left_out(results, design) {
            out.line(note)?;
        }
        let payments = money::payments(results, design);
        paid = if payments.is_some() { PAYMENTS } else { paid };
        let pivots = attribution::contributions(results, design);
        named = if pivots.is_some() { attribution::MEANING } else { named };
        for table in [payments, money::portfolios(results, design), pivots].into_iter().flatten() {
            out.line(format_args!("\n{table}"))?;
        }
        out.line(money::bearers(results, design))?;
    }
    if let Some(table) = diagnostics(results) {
        out.line(format_args!("\n{table}"))?;
    }
    for sentence in &manifest.figures {
        out.line(format_args!("\n{sentence}"))?;
    }
    let is_joint = results.summary.iter().any(|row| row.metric == "p_undecided");
    let scope = if is_joint { JOINT } else { ONE_BY_ONE };
    out.line(format_args!("\n{CAVEAT}{paid}{named}\n{scope}\n{ERRORS}"))
}

/// Headline figures of a run that did more than count, with what their errors rest on. "Against plain": the variance that so many
/// plain scenarios would leave over theirs; of mean costs the effective scenarios over those that plain sampling would have in reach.
fn diagnostics(results: &Results) -> Option<String> {
    let headline = |row: &&SummaryRow| match row.metric.as_str() {
        "p_threshold_reached" => true,
        "p_attack_pays" | "attack_cost_usd_given_reachable" => row.route == ANY,
        _ => false,
    };
    let rows: Vec<&SummaryRow> = results.summary.iter().filter(headline).collect();
    let names =
        ["headline figure", "estimate", "± error", "effective\nscenarios", "estimator", "against\nplain"];
    let counted = rows.iter().all(|row| row.estimator == "plain");
    (!counted).then(|| table(&names, rows.into_iter().map(|row| diagnosis(results, row))))
}

fn diagnosis(results: &Results, row: &SummaryRow) -> [String; 6] {
    let SummaryRow { design, service, attack, estimate, .. } = row;
    #[expect(clippy::cast_precision_loss, reason = "a ratio to show")]
    let scenarios = row.scenarios as f64;
    let (what, shown) = match row.metric.as_str() {
        "p_threshold_reached" => ("colluders alone reach", share as fn(f64) -> String),
        "p_attack_pays" => ("attack pays", share as fn(f64) -> String),
        _ => ("attack cost", usd as fn(f64) -> String),
    };
    let against = if row.unit == "probability" {
        estimate.value * (1.0 - estimate.value) / scenarios / (estimate.std_error * estimate.std_error)
    } else {
        let reachable = results.find(design, service, attack, ANY, "p_reachable");
        estimate.effective_sample_size / (scenarios * value(reachable))
    };
    let place = if service == ANY { design.clone() } else { format!("{service} {attack} ({design})") };
    [
        format!("{what}: {place}"),
        shown(estimate.value),
        if row.unit == "probability" {
            format!("{:.1e}", estimate.std_error)
        } else {
            usd(estimate.std_error)
        },
        format!("{:.0}", estimate.effective_sample_size),
        row.estimator.to_owned(),
        if against.is_finite() {
            if against < 1e3 { format!("{against:.2}") } else { format!("{against:.1e}") }
        } else {
            "-".to_owned()
        },
    ]
}

/// A seed in decimal, as one types it.
fn seed(hexadecimal: &str) -> String {
    let digits = hexadecimal.trim_start_matches("0x");
    u64::from_str_radix(digits, 16).map_or_else(|_| hexadecimal.to_owned(), |seed| seed.to_string())
}

/// Designs in the order of the summary.
fn designs(results: &Results) -> Vec<&str> {
    let mut designs: Vec<&str> = results.summary.iter().map(|row| row.design.as_str()).collect();
    designs.dedup();
    designs
}

/// The figures of a design as a whole.
fn whole_design(results: &Results, design: &str) -> String {
    let find = |metric: &str| results.find(design, ANY, ANY, ANY, metric);
    let ends = (find("p_profitable_attack_low"), find("p_profitable_attack_high"));
    let attack = match ends {
        (Some(low), Some(high)) => format!(
            "P(profitable attack) in [{}, {}] (sampling {} to {})",
            share(low.estimate.value),
            share(high.estimate.value),
            share(low.estimate.low),
            share(high.estimate.high)
        ),
        _ => "P(profitable attack) unknown".to_owned(),
    };
    let mean = |metric: &str| usd(value(find(metric)));
    let landed = find("p_slash_lands_given_slashable")
        .map_or_else(String::new, |row| format!(" ({} of slashes land)", share(row.estimate.value)));
    let several = match (find("p_undecided"), find("targets_given_attacked")) {
        (Some(undecided), Some(targets)) => {
            let (undecided, targets) = (share(undecided.estimate.value), targets.estimate.value);
            format!(", undecided {undecided}, {targets:.1} targets an attack")
        }
        (Some(undecided), None) => format!(", undecided {}", share(undecided.estimate.value)),
        _ => String::new(),
    };
    format!(
        "{attack}{several}{}\nslashing {}{landed}, fault losses {}, settlement gap {}{}{}",
        overcollateralization(results, design),
        mean("slashed_usd"),
        mean("fault_slashed_usd"),
        mean("settlement_gap_usd"),
        byzantine(results, design),
        cascades(results, design)
    )
}

/// γ* over the scenarios, where it is certified.
fn overcollateralization(results: &Results, design: &str) -> String {
    let here = |row: &&QuantileRow| row.design == design && row.metric == "overcollateralization";
    let at = |probability: f64| {
        let mut rows = results.quantiles.iter().filter(here);
        rows.find(|row| (row.probability - probability).abs() < 1e-9).map_or(f64::NAN, |row| row.value)
    };
    let any = results.quantiles.iter().any(|row| here(&row));
    let gamma = |p: f64| format!("{:.3}", at(p));
    if any {
        format!(
            "\nγ* (certified) {} in the median, 5 to 95 %: {} to {}",
            gamma(0.5),
            gamma(0.05),
            gamma(0.95)
        )
    } else {
        String::new()
    }
}

/// What services that turn Byzantine slash, where some may.
fn byzantine(results: &Results, design: &str) -> String {
    let find = |metric: &str| results.find(design, ANY, ANY, ANY, metric);
    let (Some(turned), Some(slashed)) = (find("p_byzantine"), find("byzantine_slashed_usd")) else {
        return String::new();
    };
    if turned.estimate.value == 0.0 {
        return String::new();
    }
    let error = usd(slashed.estimate.std_error);
    format!(
        "\na service turns Byzantine in {}: of the fault losses {} ± {error} on average",
        share(turned.estimate.value),
        usd(slashed.estimate.value)
    )
}

/// Services that another one is the cheapest way to, and which attack on it is so most often.
fn weakest_paths(results: &Results, design: &str) -> Vec<String> {
    let of = |metric: &'static str| {
        results.summary.iter().filter(move |row| row.design == design && row.metric == metric)
    };
    let sentence = |row: &SummaryRow| {
        let here = of(PATH).filter(|path| path.service == row.service);
        let most = here.max_by(|a, b| a.estimate.value.total_cmp(&b.estimate.value))?;
        (row.estimate.value > 0.0).then(|| {
            format!(
                "weakest path to {}: through another service in {}, most often {} ({})",
                row.service,
                share(row.estimate.value),
                most.attack,
                share(most.estimate.value)
            )
        })
    };
    of(ELSEWHERE).filter_map(sentence).collect()
}

/// What bribes cost three ways, where that was asked: means where route `bribe` reaches.
fn bribe_ways(results: &Results, design: &str) -> Option<String> {
    let first = BRIBE_METRICS[0][0];
    let reached: Vec<&SummaryRow> =
        results.summary.iter().filter(|row| row.design == design && row.metric == first).collect();
    let row = |row: &&SummaryRow| {
        let find = |metric: &str| results.find(design, &row.service, &row.attack, "bribe", metric);
        let costs = BRIBE_METRICS.map(|[cost, _]| value(find(cost)));
        let cheapest = Way::cheapest_of(costs);
        let at = Way::ALL.iter().position(|way| *way == cheapest).unwrap_or(0);
        let [cost, often] = BRIBE_METRICS[at];
        let error = find(cost).map_or(f64::NAN, |row| row.estimate.std_error);
        [
            row.service.clone(),
            row.attack.clone(),
            usd(costs[1]),
            usd(costs[2]),
            usd(costs[0]),
            usd(value(find(ESCROW))),
            cheapest.name().to_owned(),
            usd(error),
            share(value(find(often))),
        ]
    };
    let names =
        ["bribes", "attack", "up front", "contingent", "P + ε", "escrow", "cheapest", "± error", "in"];
    (!reached.is_empty()).then(|| table(&names, reached.iter().map(row)))
}

/// What attacks on what earlier ones left come to, where that is judged.
fn cascades(results: &Results, design: &str) -> String {
    let find = |metric: &str| results.find(design, ANY, ANY, ANY, metric).map(|row| row.estimate.value);
    let (Some(loss), Some(power)) = (find("cascade_loss_share"), find("cascade_power_share")) else {
        return String::new();
    };
    let part = |metric: &str| find(metric).map_or_else(|| "none".to_owned(), share);
    let rounds = find("cascade_rounds_given_attacked").map_or_else(String::new, |rounds| {
        format!(
            "\ncascades: {rounds:.2} attacks where there is one, a second in {}",
            part("p_cascade_round_2")
        )
    });
    format!(
        "{rounds}\nlost to all of them on average {} of the stake, and {} of it leaves with its power; an accident alone opens the first in {}",
        share(loss),
        share(power),
        part("p_attack_only_after_shock")
    )
}

/// Targets whose slash is left out of every cost, by the reason.
fn left_out(results: &Results, design: &str) -> Vec<String> {
    let reachable =
        |row: &&SummaryRow| row.design == design && row.metric == "p_reachable" && row.route == ANY;
    let targets: Vec<&SummaryRow> = results.summary.iter().filter(reachable).collect();
    let of = |regime: Regime| {
        let named = targets.iter().filter(|row| row.regime.split(',').any(|word| word == regime.name()));
        let named: Vec<String> = named.map(|row| format!("{} {}", row.service, row.attack)).collect();
        (!named.is_empty()).then(|| format!("no slash in {}: {}", named.join(", "), regime.meaning()))
    };
    Regime::ALL.into_iter().filter_map(of).collect()
}

/// The targets of one design.
fn targets(results: &Results, design: &str, detail: Detail) -> String {
    let of_design = |row: &&SummaryRow| row.design == design && row.metric == "p_reachable";
    let printed = |row: &&SummaryRow| row.route == ANY || detail == Detail::Routes;
    let rows = results.summary.iter().filter(of_design).filter(printed);
    table(&HEADER, rows.map(|row| cells(results, row)))
}

/// A table for a terminal; columns of numbers are aligned to the right.
pub fn table<const N: usize>(header: &[&str; N], rows: impl IntoIterator<Item = [String; N]>) -> String {
    let rows: Vec<[String; N]> = rows.into_iter().collect();
    let is_number = |cell: &String| !cell.starts_with(|c: char| !c.is_ascii_digit() && !"$-∞[".contains(c));
    let numeric: [bool; N] = std::array::from_fn(|column| rows.iter().all(|row| is_number(&row[column])));
    let mut table = Table::new();
    table.load_style(STYLE);
    table.set_header(header);
    table.add_rows(rows);
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((if index == 0 { 0 } else { 2 }, 0));
        column.set_cell_alignment(if numeric[index] { CellAlignment::Right } else { CellAlignment::Left });
    }
    table.trim_fmt()
}

/// Cells of one target by one route.
fn cells(results: &Results, reachable: &SummaryRow) -> [String; 10] {
    let SummaryRow { design, service, attack, route, .. } = reachable;
    let find = |metric: &str| results.find(design, service, attack, route, metric);
    let cost = |p: f64| {
        let labels = [design.as_str(), service, attack, route, "attack_cost_usd"];
        usd(results.quantile(labels, p).map_or(f64::NAN, |row| row.value))
    };
    let pays = find("p_attack_pays");
    let interval = pays.map_or_else(String::new, |row| {
        format!("[{}, {}]", share(row.estimate.low), share(row.estimate.high))
    });
    [
        if route == ANY { format!("{service} {attack}") } else { format!("  {route}") },
        share(reachable.estimate.value),
        usd(value(find("attack_cost_usd_given_reachable"))),
        cost(0.05),
        cost(0.5),
        cost(0.95),
        usd(value(find("cost_of_corruption_usd_given_reachable"))),
        share(value(pays)),
        interval,
        find("slashed_usd").map_or_else(String::new, |row| usd(row.estimate.value)),
    ]
}

/// The estimate, NaN where there is none.
fn value(row: Option<&SummaryRow>) -> f64 {
    row.map_or(f64::NAN, |row| row.estimate.value)
}

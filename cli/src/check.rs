//! `cartel check`: what a study says, before it runs.

use crate::amount::{share, usd};
use crate::exit::Failure;
use crate::load;
use crate::output::{Out, tell};
use crate::tables::table;
use montecartel::overview::{Overlap, Overview, PoolView, PowerView, ServiceView};
use montecartel::study::Study;
use serde_json::{Value, json};
use std::path::Path;

/// Loads a study, prints its warnings and what was understood.
///
/// # Errors
/// If the study or a table is invalid.
pub fn run(path: &Path, json: bool, out: &mut Out) -> Result<(), Failure> {
    let study = load::study(path)?;
    study.provenance.warnings.iter().for_each(tell);
    let graph = montecartel::design::compile(&study);
    let name = |secured: usize| study.services[graph.secured[secured].service].name.as_str();
    graph.oddities(name).iter().for_each(|oddity| tell(format_args!("warning: {oddity}")));
    let overview = Overview::new(&study, &graph);
    if json {
        return out.json(&document(&study, &overview));
    }
    out.line(format_args!("{}: valid, problem {}", study.name, study.provenance.problem_id))?;
    let (n, defaulted) = (overview.n_operators, overview.n_defaulted);
    out.line(format_args!(
        "{n} operators, {defaulted} of them in no operator table (they take the defaults)\n"
    ))?;
    print_pools(&overview, out)?;
    print_services(&overview, out)?;
    print_overlaps(&overview.overlaps, out)?;
    print_defaults(&study, out)
}

fn print_pools(overview: &Overview, out: &mut Out) -> Result<(), Failure> {
    let row = |pool: &PoolView| {
        let under = pool.underlying.as_ref().map(|under| format!("is part of {under}"));
        let divisible = pool.divisible.then(|| "divisible: parts of an operator's keys can join".to_owned());
        let notes: Vec<String> = under.into_iter().chain(divisible).collect();
        [
            pool.name.clone(),
            pool.n_operators.to_string(),
            format!("{:.0} {}", pool.tokens, pool.asset),
            usd(pool.usd),
            notes.join("; "),
        ]
    };
    let headers = ["pool", "operators", "stake", "USD staked", ""];
    out.line(table(&headers, overview.pools.iter().map(row)))
}

fn print_services(overview: &Overview, out: &mut Out) -> Result<(), Failure> {
    let number = |n: Option<usize>| n.map_or_else(|| "-".to_owned(), |n| n.to_string());
    let spread = |power: &PowerView| {
        let PowerView { n_members, largest_share, above_third, above_two_thirds } = power;
        [n_members.to_string(), share(*largest_share), number(*above_third), number(*above_two_thirds)]
    };
    let rows = |view: &ServiceView| {
        let target = |t: &montecartel::overview::TargetView| {
            let why: Vec<&str> = t.regimes.iter().map(|regime| regime.name()).collect();
            let why = if why.is_empty() { String::new() } else { format!(", left out: {}", why.join(", ")) };
            format!("{} {} (slashable {}{why})", t.attack, t.threshold, usd(t.slashable_usd))
        };
        let row = |service: String, power: &PowerView, bonded: String, targets: String| {
            let [members, largest, third, two_thirds] = spread(power);
            [view.design.clone(), service, members, bonded, largest, third, two_thirds, targets]
        };
        let targets = view.targets.iter().map(target).collect::<Vec<_>>().join("\n");
        let first = row(view.service.clone(), &view.power, usd(view.bonded_usd), targets);
        let of_second =
            |power| row(format!("{}, second quorum", view.service), power, String::new(), String::new());
        std::iter::once(first).chain(view.second.as_ref().map(of_second)).collect::<Vec<_>>()
    };
    let headers = [
        "design",
        "service",
        "operators",
        "bonded",
        "largest",
        "> 1/3",
        "> 2/3",
        "targets, if everybody took part",
    ];
    out.line("\nServices at today's prices; > 1/3 and > 2/3: least number of operators with so much power.")?;
    out.line(table(&headers, overview.services.iter().flat_map(rows)))
}

fn print_overlaps(overlaps: &[Overlap], out: &mut Out) -> Result<(), Failure> {
    if overlaps.is_empty() {
        return out.line("\nNo two pools share an operator.");
    }
    let row = |overlap: &Overlap| {
        let side =
            |(count, stake): (f64, f64)| format!("{} of operators, {} of stake", share(count), share(stake));
        [
            overlap.a.clone(),
            overlap.b.clone(),
            overlap.shared.to_string(),
            side(overlap.of_a),
            side(overlap.of_b),
        ]
    };
    out.line("\nOperators that pools share.")?;
    out.line(table(&["pool a", "pool b", "shared", "of a", "of b"], overlaps.iter().map(row)))
}

fn print_defaults(study: &Study, out: &mut Out) -> Result<(), Failure> {
    out.line(format_args!("\n{} values took their default:", study.provenance.defaults.len()))?;
    for default in &study.provenance.defaults {
        out.line(format_args!("  {} = {}", default.key, default.value))?;
    }
    if study.operators.iter().all(|operator| (operator.own_share - 1.0).abs() < f64::EPSILON) {
        out.line("own_share is 1 for every operator: all stake counts as the operator's own, the literature's reading.")?;
    }
    if study.collusion.copula != montecartel::study::Copula::Gaussian && study.collusion.loadings.is_empty() {
        out.line("A t copula ties all operators together even without loadings: they share its scale.")?;
    }
    Ok(())
}

fn document(study: &Study, overview: &Overview) -> Value {
    let pools = overview.pools.iter().map(|pool| {
        json!({ "pool": pool.name, "asset": pool.asset, "operators": pool.n_operators, "tokens": pool.tokens,
                "usd": pool.usd, "underlying": pool.underlying, "divisible": pool.divisible })
    });
    let services = overview.services.iter().map(|view| {
        let targets = view.targets.iter().map(|t| {
            let regime: Vec<&str> = t.regimes.iter().map(|regime| regime.name()).collect();
            json!({ "attack": t.attack, "threshold": t.threshold, "slashable_usd": t.slashable_usd, "regime": regime })
        });
        let PowerView { n_members, largest_share, above_third, above_two_thirds } = &view.power;
        let second = view.second.as_ref().map(|power| {
            json!({ "operators": power.n_members, "largest_share": power.largest_share,
                    "operators_above_third": power.above_third,
                    "operators_above_two_thirds": power.above_two_thirds })
        });
        json!({ "design": view.design, "service": view.service, "operators": n_members,
                "bonded_usd": view.bonded_usd, "largest_share": largest_share,
                "operators_above_third": above_third, "operators_above_two_thirds": above_two_thirds,
                "second_quorum": second,
                "targets": targets.collect::<Vec<_>>() })
    });
    let overlaps = overview.overlaps.iter().map(|o| {
        json!({ "pool_a": o.a, "pool_b": o.b, "shared": o.shared,
                "count_share_a": o.of_a.0, "stake_share_a": o.of_a.1,
                "count_share_b": o.of_b.0, "stake_share_b": o.of_b.1 })
    });
    let defaults = study.provenance.defaults.iter().map(|d| json!({ "key": d.key, "value": d.value }));
    json!({
        "schema": "urn:montecartel:check:1",
        "study": study.name,
        "problem_id": study.provenance.problem_id,
        "operators": overview.n_operators,
        "operators_defaulted": overview.n_defaulted,
        "pools": pools.collect::<Vec<_>>(),
        "services": services.collect::<Vec<_>>(),
        "overlaps": overlaps.collect::<Vec<_>>(),
        "defaults": defaults.collect::<Vec<_>>(),
    })
}

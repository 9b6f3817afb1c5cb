//! The three big tables: scenarios, targets, market.

use super::column::{Column, Storage, Table};
use super::provenance::Provenance;
use crate::bribes::Way;
use crate::estimate::TargetLabels;
use crate::record::{MarketRows, ScenarioRows, TargetRows};
use crate::run::Plan;
use crate::study::Route;
use Storage::{Plain, Split};

/// Meaning of `scenario`, which joins the three tables.
const SCENARIO: &str = "scenario, from 0";
/// Meaning of `weight`.
const WEIGHT: (&str, &str) = ("", "likelihood ratio of the scenario; 1 under plain sampling");
/// Unit of money.
const USD: &str = "usd";
/// Unit of a part of a whole.
const SHARE: &str = "share";

/// One row per scenario and design.
pub(super) fn scenarios(plan: &Plan, provenance: &Provenance) -> Table<ScenarioRows> {
    let usd = |name: &str, comment, values: fn(&ScenarioRows) -> &[f64]| {
        Column::numbers(name, (USD, comment), Plain, values)
    };
    let n = plan.graph().designs.len();
    let mut columns = vec![
        Column::counters("scenario", SCENARIO, n, |rows: &ScenarioRows| &rows.scenario),
        Column::labels("design", design_names(plan), |rows: &ScenarioRows| rows.scenario.len()),
        Column::repeated_numbers("weight", WEIGHT, n, |rows: &ScenarioRows| &rows.weight),
        Column::flags("sampled", "recorded as one of every N", |rows: &ScenarioRows| &rows.sampled),
        Column::flags("attacked", "a witnessed attack nets more than 0", |rows: &ScenarioRows| {
            &rows.attacked
        }),
        Column::flags("certified", "no attack nets more than 0 (bound)", |rows: &ScenarioRows| {
            &rows.certified
        }),
        usd("net_gain_usd", "profit less cost of the best attack found, 0 without one", |rows| {
            &rows.net_gain_usd
        }),
        usd("net_gain_upper_usd", "no attack nets more", |rows| &rows.net_gain_upper_usd),
        Column::counts("coalition_size", ("operators", "operators in the attack"), |rows: &ScenarioRows| {
            &rows.coalition_size
        }),
        usd("profit_usd", "profit of the attack", |rows| &rows.profit_usd),
        usd("cost_usd", "cost of the attack", |rows| &rows.cost_usd),
        usd("slashed_usd", "stake slashed for the attack, as far as slashes landed", |rows| {
            &rows.slashed_usd
        }),
        usd("fault_slashed_usd", "stake forfeited by accidents", |rows| &rows.fault_slashed_usd),
        usd("nominal_slashed_usd", "stake slashed for the attack had every slash landed", |rows| {
            &rows.nominal_slashed_usd
        }),
        usd("settlement_gap_usd", "what the protocols' own rules take beyond the linear model", |rows| {
            &rows.settlement_gap_usd
        }),
    ];
    if plan.graph().cascades {
        let about = ("attacks", "attacks by operators, one after another, until none pays");
        columns.push(Column::counts("cascade_rounds", about, |rows: &ScenarioRows| &rows.cascade_rounds));
        columns.extend([
            usd("cascade_loss_usd", "stake slashed in all of them", |rows| &rows.cascade_loss_usd),
            usd("cascade_left_usd", "stake of the operators that left with all of their power", |rows| {
                &rows.cascade_left_usd
            }),
        ]);
    }
    columns.extend(optional(plan));
    Table::new("scenarios", columns, provenance)
}

/// Columns of figures that are asked for, or of what may happen.
fn optional(plan: &Plan) -> Vec<Column<ScenarioRows>> {
    let mut columns = Vec::new();
    if plan.graph().certifies_slack {
        let about = (SHARE, "certified γ* of those who can be had; infinite where they reach nothing");
        columns.push(Column::numbers("overcollateralization", about, Plain, |rows: &ScenarioRows| {
            &rows.overcollateralization
        }));
    }
    if plan.graph().varies() {
        let about = ("services", "services of the design that have turned Byzantine");
        columns.push(Column::counts("byzantine_services", about, |rows: &ScenarioRows| {
            &rows.byzantine_services
        }));
        let about = (USD, "stake that they slash, among fault_slashed_usd");
        columns.push(Column::numbers("byzantine_slashed_usd", about, Plain, |rows: &ScenarioRows| {
            &rows.byzantine_slashed_usd
        }));
    }
    columns
}

/// One row per scenario, design and target.
pub(super) fn targets(plan: &Plan, provenance: &Provenance) -> Table<TargetRows> {
    let (designs, of) = (design_names(plan), targets_of_scenario(plan));
    let names = |name: &dyn Fn(usize, &TargetLabels) -> String| -> Vec<String> {
        of.iter().map(|(design, target)| name(*design, &plan.labels().targets[*target])).collect()
    };
    let label = |column, labels| Column::labels(column, labels, |rows: &TargetRows| rows.scenario.len());
    let number = |name: &str, about, storage, values: fn(&TargetRows) -> &[f64]| {
        Column::numbers(name, about, storage, values)
    };
    let mut columns = vec![
        Column::counters("scenario", SCENARIO, of.len(), |rows: &TargetRows| &rows.scenario),
        label("design", names(&|design, _| designs[design].clone())),
        label("service", names(&|_, target| target.service.clone())),
        label("attack", names(&|_, target| target.attack.clone())),
        Column::repeated_numbers("weight", WEIGHT, of.len(), |rows: &TargetRows| &rows.weight),
        number("colluding_share", (SHARE, "part of the power that colludes"), Plain, |rows| {
            &rows.colluding_share
        }),
        number("rational_share", (SHARE, "part that can be bribed"), Plain, |rows| &rows.rational_share),
        Column::flags("reachable", "in reach by some route", |rows: &TargetRows| &rows.reachable),
        number(
            "cost_of_corruption_usd",
            (USD, "stake that the cheapest route forfeits; NaN out of reach"),
            Plain,
            |rows| &rows.cost_of_corruption_usd,
        ),
        number("attack_cost_usd", (USD, "cost by the cheapest route; NaN out of reach"), Plain, |rows| {
            &rows.attack_cost_usd
        }),
        number("attack_cost_lower_usd", (USD, "no attack costs less; NaN out of reach"), Plain, |rows| {
            &rows.attack_cost_lower_usd
        }),
        Column::words(
            "cheapest_route",
            "empty out of reach",
            std::iter::once("").chain(Route::ALL.map(Route::name)).collect(),
            |rows: &TargetRows| &rows.cheapest_route,
            |route| route.map_or(0, |route| route as u32 + 1),
        ),
    ];
    columns.extend(route_columns(&plan.graph().routes));
    columns.extend([
        number("profit_from_corruption_usd", (USD, "what the attacker gains"), Plain, |rows| {
            &rows.profit_usd
        }),
        number("security_margin", (SHARE, "(attack cost - profit) / attack cost"), Plain, |rows| {
            &rows.security_margin
        }),
        Column::flags("corrupted", "in the witnessed attack", |rows: &TargetRows| &rows.corrupted),
    ]);
    if plan.prices_bribes() {
        columns.extend(bribe_columns());
    }
    Table::new("targets", columns, provenance)
}

/// Bribes three ways.
fn bribe_columns() -> Vec<Column<TargetRows>> {
    let about = (USD, "what the coalition of route bribe asks for, paid this way; NaN out of reach");
    let way = |(index, way): (usize, Way)| {
        let name = format!("bribe_{}_usd", way.word());
        Column::numbers(name, about, Plain, move |rows: &TargetRows| column(&rows.bribe_usd, index))
    };
    let about = (USD, "what must be put up for P + ε; NaN out of reach");
    let escrow =
        Column::numbers("bribe_escrow_usd", about, Plain, |rows: &TargetRows| &rows.bribe_escrow_usd);
    let cheapest = Column::words(
        "cheapest_bribe",
        "way of bribing that costs least if the attack succeeds; empty out of reach",
        std::iter::once("").chain(Way::ALL.map(Way::word)).collect(),
        |rows: &TargetRows| &rows.cheapest_bribe,
        |way| {
            (0..).zip(Way::ALL).find(|(_, known)| Some(*known) == way).map_or(0, |(position, _)| position + 1)
        },
    );
    Way::ALL.into_iter().enumerate().map(way).chain([escrow, cheapest]).collect()
}

/// Cost, then capital, by every route of the study.
fn route_columns(routes: &[Route]) -> Vec<Column<TargetRows>> {
    let cost = routes.iter().enumerate().map(|(index, route)| {
        let about = (USD, "cost by this route; NaN out of reach");
        Column::numbers(
            format!("attack_cost_{}_usd", route.name()),
            about,
            Plain,
            move |rows: &TargetRows| column(&rows.route_cost_usd, index),
        )
    });
    let capital = routes.iter().enumerate().map(|(index, route)| {
        let about = (USD, "what must be put up, recovered or not; NaN out of reach");
        Column::numbers(format!("capital_{}_usd", route.name()), about, Plain, move |rows: &TargetRows| {
            column(&rows.route_capital_usd, index)
        })
    });
    cost.chain(capital).collect()
}

/// One row per scenario.
pub(super) fn market(assets: &[String], provenance: &Provenance) -> Table<MarketRows> {
    let mut columns = vec![
        Column::counters("scenario", SCENARIO, 1, |rows: &MarketRows| &rows.scenario),
        Column::numbers("weight", WEIGHT, Plain, |rows: &MarketRows| &rows.weight),
        Column::numbers(
            "common_factor",
            ("", "common factor of collusion; low is bad"),
            Split,
            |rows: &MarketRows| &rows.common_factor,
        ),
    ];
    columns.extend(assets.iter().enumerate().map(|(index, asset)| {
        let about = (USD, "price at the horizon");
        Column::numbers(format!("price_{asset}"), about, Split, move |rows: &MarketRows| {
            column(&rows.prices, index)
        })
    }));
    columns.push(Column::counts(
        "colluders",
        ("operators", "operators that collude"),
        |rows: &MarketRows| &rows.colluders,
    ));
    columns.push(Column::counts(
        "altruists",
        ("operators", "operators honest at any price"),
        |rows: &MarketRows| &rows.altruists,
    ));
    Table::new("market", columns, provenance)
}

/// Design and target of each row of one scenario.
pub(super) fn targets_of_scenario(plan: &Plan) -> Vec<(usize, usize)> {
    let designs = plan.graph().designs.iter().enumerate();
    let of = |(index, design)| {
        plan.labels().design_targets(plan.graph(), design).into_iter().map(move |target| (index, target))
    };
    designs.flat_map(of).collect()
}

/// A column of a block; a block of which nothing is kept has none.
fn column(columns: &[Vec<f64>], index: usize) -> &[f64] {
    columns.get(index).map_or(&[], Vec::as_slice)
}

fn design_names(plan: &Plan) -> Vec<String> {
    plan.graph().designs.iter().map(|design| design.name.clone()).collect()
}

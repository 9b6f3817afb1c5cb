//! `cartel explain`: one service of one design, in words and numbers that can be checked by hand.

use crate::amount::{share, usd};
use crate::args::ExplainArguments;
use crate::exit::{Failure, USAGE};
use crate::load;
use crate::names::{design_named, service_named};
use crate::output::Out;
use crate::tables::table;
use montecartel::explain::{AttackView, Bribed, Explanation, Member, PathView, Slashed, explain};
use montecartel::graph::{ChargeNote, Mining};
use montecartel::study::Study;
use serde_json::{Value, json};

/// Loads a study and explains one service of one design.
///
/// # Errors
/// If the study is invalid or has no such design or service.
pub fn run(arguments: &ExplainArguments, out: &mut Out) -> Result<(), Failure> {
    let study = load::study(&arguments.study)?;
    let design = design_named(&study, &arguments.design)?;
    let service = service_named(&study, design, &arguments.service)?;
    let Some(explanation) = explain(&study, design, service) else {
        return Err(Failure::new(USAGE, "error: the design does not secure this service"));
    };
    if arguments.json {
        return out.json(&document(&study, &explanation));
    }
    out.line(format_args!("{} in design {}: {}", explanation.service, explanation.design, explanation.how))?;
    print_members(&explanation.members, arguments.operators, out)?;
    for attack in &explanation.attacks {
        print_attack(&study, attack, arguments.operators, out)?;
    }
    print_paths(&explanation, out)?;
    out.line("\nAt today's prices; by the protocols' own rules if every slash lands. Bribed: nobody colludes, everybody has a price.")
}

fn print_members(members: &[Member], most: usize, out: &mut Out) -> Result<(), Failure> {
    if members.is_empty() {
        return Ok(());
    }
    let mut held = 0.0;
    let rows = members.iter().take(most).map(|member| {
        held += member.power_share;
        let second = member.second_share.map_or_else(String::new, share);
        [member.operator.clone(), usd(member.stake_usd), share(member.power_share), share(held), second]
    });
    let second =
        if members.iter().any(|member| member.second_share.is_some()) { "second quorum" } else { "" };
    out.line(format_args!("\n{}", table(&["operator", "stake", "power", "together", second], rows)))?;
    rest(members.len(), most, out)
}

/// Where a service rests on others: what corrupting those realises of it.
fn print_paths(of: &Explanation, out: &mut Out) -> Result<(), Failure> {
    let rests = of.paths.iter().any(|path| path.service != of.service);
    let Some(weakest) = of.paths.first().filter(|_| rests) else { return Ok(()) };
    out.line(format_args!(
        "\nweakest path: {} of {}, for {}, realises {}",
        weakest.attack,
        weakest.service,
        usd(weakest.cost_usd),
        usd(weakest.realised_usd)
    ))?;
    let row = |path: &PathView| {
        [
            path.service.clone(),
            path.attack.clone(),
            usd(path.cost_usd),
            usd(path.realised_usd),
            share(path.realised_share),
        ]
    };
    out.line(table(&["service", "attack", "cost", "realised", "of the profit"], of.paths.iter().map(row)))
}

fn operators(n: usize) -> String {
    if n == 1 { "1 operator".to_owned() } else { format!("{n} operators") }
}

fn rest(n: usize, most: usize, out: &mut Out) -> Result<(), Failure> {
    if n > most { out.line(format_args!("and {} more", n - most)) } else { Ok(()) }
}

fn print_attack(study: &Study, view: &AttackView, most: usize, out: &mut Out) -> Result<(), Failure> {
    let least = match view.least_operators {
        Some(1) => ", which one operator can hold".to_owned(),
        Some(n) => format!(", which takes at least {n} operators"),
        None => String::new(),
    };
    let AttackView { attack, needs, .. } = view;
    out.line(format_args!("\n{attack}: needs {needs}{least}; brings in {}", usd(view.profit_usd)))?;
    for regime in &view.regimes {
        out.line(format_args!("  its slash is left out: {}", regime.meaning()))?;
    }
    for charge in view.charges.iter().filter(|charge| charge.fraction > 0.0) {
        out.line(format_args!("  {}", charge_text(study, charge)))?;
    }
    if let Some(mining) = &view.mining {
        out.line(format_args!("  {}", mining_text(mining)))?;
    }
    match &view.bribed {
        Some(bribed) => print_bribed(bribed, view.profit_usd, most, out),
        None if view.mining.is_some() => Ok(()),
        None if view.buys_beside => out.line("  not so much of that stake is for sale"),
        None => out.line("  nobody has power over it: a free attack"),
    }
}

/// `5% of the stake in pool `cosmoshub` (Cosmos SDK: …), carried out by cosmoshub; 94.9% of it lands on average`.
fn charge_text(study: &Study, charge: &ChargeNote) -> String {
    let by = charge.executes_on.map_or_else(
        || "which always lands".to_owned(),
        |service| format!("carried out by {}", study.services[service].name),
    );
    let held = if charge.is_held { ", which this attack holds" } else { "" };
    let wait = if charge.wait_days > 0.0 {
        format!(", {:.2} days after the evidence", charge.wait_days)
    } else {
        String::new()
    };
    format!(
        "takes {} of the stake in pool `{}`, {by}{held}{wait}; {} of it lands on average\n    ({})",
        share(charge.fraction),
        study.pools[charge.pool].name,
        share(charge.landing),
        charge.rule
    )
}

fn mining_text(mining: &Mining) -> String {
    let rent = if mining.rentable { usd(mining.rent_usd) } else { "not on offer".to_owned() };
    format!(
        "rent {rent}; hardware {}, of which {} is not recovered, and energy {}",
        usd(mining.hardware_usd),
        usd(mining.hardware_loss_usd),
        usd(mining.energy_usd)
    )
}

fn print_bribed(bribed: &Bribed, profit: f64, most: usize, out: &mut Out) -> Result<(), Failure> {
    let slashed: f64 = bribed.members.iter().map(|member| member.usd).sum();
    let verdict = if profit + bribed.returned_usd > bribed.cost_usd { "it pays" } else { "it does not pay" };
    let second = bribed.second_share.map(|part| format!(" and {} of the second quorum", share(part)));
    let second = second.unwrap_or_default();
    let back = match bribed.returned_usd {
        0.0 => String::new(),
        usd_back => format!(", of which {} comes back by redistribution", usd(usd_back)),
    };
    let beside_usd = bribed.beside_usd.unwrap_or(0.0);
    let beside = bribed.beside_usd.map(|cost| format!("; stake of the other quorum costs {}", usd(cost)));
    out.line(format_args!(
        "  bribed: {} with {} of the power{second} lose {}{back} and ask {} (no coalition less than {}){}: {verdict}",
        operators(bribed.members.len()),
        share(bribed.power_share),
        usd(slashed),
        usd(bribed.cost_usd - beside_usd),
        usd(bribed.lower_usd - beside_usd),
        beside.unwrap_or_default()
    ))?;
    let row = |member: &Slashed| {
        let tokens: Vec<String> = member.tokens.iter().map(|(asset, t)| format!("{t:.6} {asset}")).collect();
        let operator = match member.part {
            whole if whole >= 1.0 => member.operator.clone(),
            part => format!("{}, {} of its keys", member.operator, share(part)),
        };
        [operator, share(member.power_share), tokens.join(" + "), usd(member.usd)]
    };
    out.line(table(&["    operator", "power", "slashed", "USD"], bribed.members.iter().take(most).map(row)))?;
    rest(bribed.members.len(), most, out)
}

fn document(study: &Study, explanation: &Explanation) -> Value {
    let members = explanation.members.iter().map(|member| {
        json!({ "operator": member.operator, "stake_usd": member.stake_usd, "power_share": member.power_share,
                "second_quorum_share": member.second_share })
    });
    let attacks = explanation.attacks.iter().map(|view| {
        let charges = view.charges.iter().map(|charge| {
            json!({ "pool": study.pools[charge.pool].name, "rule": charge.rule, "fraction": charge.fraction,
                    "landing": charge.landing, "held": charge.is_held, "wait_days": charge.wait_days,
                    "executes_on": charge.executes_on.map(|service| study.services[service].name.clone()) })
        });
        json!({ "attack": view.attack, "threshold": view.threshold, "least_operators": view.least_operators,
                "profit_usd": view.profit_usd, "charges": charges.collect::<Vec<_>>(),
                "regime": view.regimes.iter().map(|regime| regime.name()).collect::<Vec<_>>(),
                "bribed": view.bribed.as_ref().map(bribed_document) })
    });
    let paths = explanation.paths.iter().map(|path| {
        json!({ "service": path.service, "attack": path.attack, "cost_usd": path.cost_usd.is_finite().then_some(path.cost_usd),
                "realised_usd": path.realised_usd, "realised_share": path.realised_share })
    });
    json!({
        "schema": "urn:montecartel:explain:1",
        "design": explanation.design,
        "service": explanation.service,
        "how": explanation.how,
        "members": members.collect::<Vec<_>>(),
        "attacks": attacks.collect::<Vec<_>>(),
        "paths": paths.collect::<Vec<_>>(),
    })
}

fn bribed_document(bribed: &Bribed) -> Value {
    let members = bribed.members.iter().map(|member| {
        let tokens: serde_json::Map<String, Value> =
            member.tokens.iter().map(|(asset, tokens)| (asset.clone(), json!(tokens))).collect();
        json!({ "operator": member.operator, "part": member.part, "power_share": member.power_share, "slashed_tokens": tokens,
                "slashed_usd": member.usd })
    });
    json!({ "cost_usd": bribed.cost_usd, "beside_usd": bribed.beside_usd, "returned_usd": bribed.returned_usd, "cost_lower_usd": bribed.lower_usd, "power_share": bribed.power_share,
            "second_quorum_share": bribed.second_share,
            "forfeited_linear_usd": bribed.forfeited_usd, "members": members.collect::<Vec<_>>() })
}

//! Services that rest on others.

use super::*;

/// A base chain, and two services that rest on it: one with fork and halt, one with control.
fn resting(success: &str) -> Judged {
    judge(&resting_text(success))
}

fn resting_text(success: &str) -> String {
    format!(
        r#"
[pools.p]
asset = "A"
stake = {{ a = 100 }}
[services.base]
consensus = "cometbft"
attacks.fork = {{ amnesia = false, profit_usd = 10{success} }}
attacks.halt.profit_usd = 5
attacks.control.profit_usd = 20
[services.app]
consensus = "cometbft"
attacks.fork = {{ amnesia = false, profit_usd = 100, depends_on = {{ base = 0.5 }} }}
attacks.halt = {{ profit_usd = 30, depends_on = {{ base = 1.0 }} }}
[services.bridge]
consensus = "quorum"
attacks.theft = {{ profit_usd = 400, threshold = "> 1/2", depends_on = {{ base = 0.25 }} }}
[designs.d.services.base]
system = "pos"
pool = "p"
slash = 0.05
[designs.d.services.app]
system = "pos"
pool = "p"
slash = 0.05
[designs.d.services.bridge]
system = "pos"
pool = "p"
slash = 0.05
[designs.alone.services.base]
system = "pos"
pool = "p"
slash = 0.05
"#
    )
}

#[test]
fn corrupting_the_base_realises_what_rests_on_it_once_a_service() {
    let judged = resting("");
    // Of app the larger of 0.5 · 100 and 30, of bridge 0.25 · 400.
    equal(judged.profit("base", "fork"), 10.0 + 50.0 + 100.0);
    equal(judged.profit("base", "control"), 20.0 + 50.0 + 100.0);
    // The other way nothing is realised.
    equal(judged.profit("app", "fork"), 100.0);
}

/// A service can be corrupted through what it rests on: the base is held by operators who lose less, and realises a part.
#[test]
fn the_weakest_path_leads_through_the_base() {
    let judged = judge(&resting_text("").replacen("slash = 0.05", "slash = 0.02", 1));
    let design = judged.study.designs.iter().position(|design| design.name == "d").unwrap();
    let service = judged.study.services.iter().position(|service| service.name == "app").unwrap();
    let paths = crate::explain::explain(&judged.study, design, service).unwrap().paths;
    let found = |service: &str, attack: &str| {
        paths.iter().find(|path| path.service == service && path.attack == attack).unwrap()
    };
    // 2 % and 5 % of $200; the base's fork realises half of 100, its halt all of 30.
    equal(found("base", "fork").cost_usd, 4.0);
    equal(found("base", "fork").realised_usd, 50.0);
    equal(found("base", "fork").realised_share, 0.5);
    equal(found("base", "halt").realised_usd, 30.0);
    equal(found("app", "fork").cost_usd, 10.0);
    equal(found("app", "fork").realised_usd, 100.0);
    assert!(paths.windows(2).all(|pair| pair[0].cost_usd <= pair[1].cost_usd) && paths.len() == 5);
    // What rests on others is no path to them.
    let base = judged.study.services.iter().position(|service| service.name == "base").unwrap();
    assert_eq!(crate::explain::explain(&judged.study, design, base).unwrap().paths.len(), 3);
}

#[test]
fn halting_the_base_realises_halts_alone() {
    equal(resting("").profit("base", "halt"), 5.0 + 30.0);
}

#[test]
fn the_probability_of_success_scales_everything_realised() {
    equal(resting(", success_probability = 0.5").profit("base", "fork"), 80.0);
}

/// What rests on the base is taken from one value of 120: 10 + min(120, 0.5 · 100 + 0.25 · 400) instead of 160, and attacking the bridge
/// as well adds no more than what is left of it.
#[test]
fn a_shared_value_is_not_realised_twice() {
    let mut text =
        resting_text("") + "\n[adversary]\nbribe_premium = 0.0\njoint = true\nprofit_pools = { v = 120 }\n";
    for service in ["app", "bridge"] {
        let head = format!("[services.{service}]\n");
        text = text.replace(&head, &format!("{head}profit_pool = \"v\"\n"));
    }
    let judged = judge(&text);
    equal(judged.profit("base", "fork"), 130.0);
    equal(judged.profit("bridge", "theft"), 120.0);
    equal(judged.profit("app", "fork"), 100.0);
    let joint = &judged.graph.designs[0].joint;
    let columns: Vec<f64> =
        judged.study.services.iter().flat_map(|s| s.attacks.iter().map(|attack| attack.profit_usd)).collect();
    // Services in name order: app's fork and halt, base's control, fork and halt, bridge's theft.
    let profit = |set: u128| joint.profit_usd(set, |column| columns[column]);
    equal(profit(1 << 3), 130.0);
    equal(profit(1 << 3 | 1 << 5), 130.0);
    equal(profit(1 | 1 << 5), 120.0);
    equal(profit(1), 100.0);
}

#[test]
fn what_a_design_leaves_out_is_not_realised() {
    let judged = resting("");
    let alone = &judged.outcomes.targets[judged.outcomes.first_target[judged.secured_at("alone", "base")]..];
    let control = judged.study.services.iter().find(|s| s.name == "base").unwrap();
    for (outcome, attack) in alone.iter().zip(&control.attacks) {
        equal(outcome.profit[0], attack.profit_usd);
    }
}

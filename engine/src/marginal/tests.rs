//! Services added by hand.

use super::*;
use std::path::Path;

/// Three operators of a hub, all bribable at no premium, no volatility: a fork of the hub nets `hub` less half of the stake of
/// the coalition, 20 of 60 held by two of three.
fn study(hub: f64, app: f64, design: &str, lines: &str) -> Study {
    let text = format!(
        "name = \"t\"\nrun.scenarios = 700\nassets.A = {{ price_usd = 1 }}\n\
         collusion = {{ probability = 0, altruistic_probability = 0 }}\n\
         adversary = {{ routes = [\"collude\", \"bribe\"], bribe_premium = 0 }}\n{lines}\n\
         pools.hub = {{ asset = \"A\", stake = {{ a = 20, b = 20, c = 20 }} }}\n\
         pools.own = {{ asset = \"A\", stake = {{ d = 20, e = 20, f = 20 }} }}\n\
         services.hub = {{ consensus = \"cometbft\", attacks.fork = {{ profit_usd = {hub}, amnesia = false }} }}\n\
         services.app = {{ consensus = \"cometbft\", attacks.fork = {{ profit_usd = {app}, amnesia = false }} }}\n\
         [designs.d.services]\nhub = {{ system = \"pos\", pool = \"hub\", slash = 0.5 }}\n{design}\n"
    );
    Study::from_text(&text, "study.toml", Path::new("")).unwrap_or_else(|error| panic!("{error}"))
}

const SHARED: &str = "app = { system = \"ics\", provider = \"hub\", mode = \"replicated\", slash = 0.5, executes_on = \"always\" }";
const OWN: &str = "app = { system = \"pos\", pool = \"own\", slash = 0.5 }";

fn added(study: &Study, targets: Targets) -> Vec<MarginalRow> {
    let app = study.services.iter().position(|service| service.name == "app").unwrap_or(0);
    marginal(study, 0, app, targets).unwrap_or_else(|error| panic!("{error}"))
}

fn others(rows: &[MarginalRow]) -> (f64, f64, Verdict) {
    let row = on_others(rows).unwrap_or_else(|| panic!("no row on the others"));
    (row.without.value, row.with.value, row.verdict())
}

/// Forking the hub forfeits 2 · 10 for 15: it does not pay. With an app worth 8 on the same stake one coalition takes both for
/// 23. On a stake of its own, where it costs 20 as well, the app changes nothing.
#[test]
fn a_consumer_on_the_same_stake_makes_attacks_on_its_provider_pay() {
    assert_eq!(others(&added(&study(15.0, 8.0, SHARED, ""), Targets::Joint)), (0.0, 1.0, Verdict::Lowers));
    assert_eq!(others(&added(&study(15.0, 8.0, OWN, ""), Targets::Joint)), (0.0, 0.0, Verdict::NoneSeen));
    assert_eq!(others(&added(&study(15.0, 4.0, SHARED, ""), Targets::Joint)), (0.0, 0.0, Verdict::NoneSeen));
    // Target by target nobody sees it.
    let rows = added(&study(15.0, 8.0, SHARED, ""), Targets::Single);
    assert_eq!(others(&rows), (0.0, 0.0, Verdict::NoneSeen));
}

/// An attack that paid without the service pays with it; that of the whole is the sum of both.
#[test]
fn what_paid_before_still_pays() {
    let rows = added(&study(25.0, 8.0, SHARED, ""), Targets::Joint);
    assert_eq!(others(&rows), (1.0, 1.0, Verdict::NoneSeen));
    let gain = rows.iter().find(|row| row.metric == "net_gain_usd").unwrap_or_else(|| panic!("no gain"));
    assert!((gain.without.value - 5.0).abs() < 1e-12 && (gain.difference.value - 8.0).abs() < 1e-12);
    let cost = rows.iter().find(|row| row.metric == "attack_cost_usd_given_reachable");
    assert!(cost.is_some_and(|row| row.service == "hub" && row.difference.value.abs() < 1e-300));
}

/// Buying the app's own stake is the best attack of all, but the joint attack on hub and bridge still pays: 15 + 8 for 20, on the
/// same stake. What draws the attacker away protects nobody.
#[test]
fn a_service_that_is_worth_more_does_not_protect_the_others() {
    let consumer = SHARED.replace("app =", "bridge =");
    let lines =
        "services.bridge = { consensus = \"cometbft\", attacks.fork = { profit_usd = 8, amnesia = false } }";
    let own = study(15.0, 500.0, &format!("{OWN}\n{consumer}"), lines);
    let text = own.provenance.resolved.replace("\"bribe\"]", "\"bribe\", \"acquire\"]");
    let own = Study::from_text(&text, "study.toml", Path::new("")).unwrap_or_else(|error| panic!("{error}"));
    assert!(own.adversary.routes.contains(&crate::study::Route::Acquire));
    assert_eq!(others(&added(&own, Targets::Joint)), (1.0, 1.0, Verdict::NoneSeen));
}

/// Stake that backs one service more is split: with unique stake a third of two operators' halves is left for the first.
#[test]
fn unique_stake_is_split_by_one_service_more() {
    let restaked = |name: &str| {
        format!(
            "{name} = {{ system = \"eigenlayer\", pools = [\"own\"], stake = \"unique\", operators = [\"d\", \"e\", \"f\"], slash = 1 }}"
        )
    };
    let lines = "services.avs = { consensus = \"quorum\", attacks.theft = { profit_usd = 15, threshold = \"> 1/3\" } }";
    let study = study(1.0, 1.0, &format!("{}\n{}", restaked("avs"), restaked("app")), lines);
    let rows = added(&study, Targets::Single);
    let cost = rows
        .iter()
        .find(|row| row.service == "avs" && row.metric == "cost_of_corruption_usd_given_reachable");
    let cost = cost.unwrap_or_else(|| panic!("no cost"));
    assert!((cost.without.value - 40.0).abs() < 1e-12 && (cost.with.value - 20.0).abs() < 1e-12, "{cost:?}");
    let pays = rows.iter().find(|row| row.service == "avs" && row.metric == "p_attack_pays");
    assert!(pays.is_some_and(|row| row.verdict() == Verdict::NoneSeen));
}

/// Levels are those of a run of each design, and so is the paired difference.
#[test]
fn levels_and_differences_are_those_of_a_run() {
    let fork = |usd: f64| {
        format!("attacks.fork = {{ profit_usd = {usd}, amnesia = false, profit_volatility = 0.5 }}")
    };
    let text = format!(
        "name = \"t\"\nrun.scenarios = 3000\nassets.A = {{ price_usd = 1, volatility = 0.7 }}\n\
         collusion = {{ probability = 0.3, altruistic_probability = 0.3 }}\n\
         adversary = {{ routes = [\"collude\", \"bribe\"], bribe_premium = 0, joint = true }}\n\
         pools.hub = {{ asset = \"A\", stake = {{ a = 20, b = 20, c = 20 }} }}\n\
         services.hub = {{ consensus = \"cometbft\", {} }}\nservices.app = {{ consensus = \"cometbft\", {} }}\n\
         [designs.d.services]\nhub = {{ system = \"pos\", pool = \"hub\", slash = 0.5 }}\n{SHARED}\n",
        fork(12.0),
        fork(8.0)
    );
    let study =
        Study::from_text(&text, "study.toml", Path::new("")).unwrap_or_else(|error| panic!("{error}"));
    let rows = added(&study, Targets::Joint);
    let plan = Plan::new(&study);
    let Ok(results) = crate::run::run(&plan, &mut crate::run::NoSink, |_| ());
    for row in rows.iter().filter(|row| row.service == "*") {
        let figure = results.find("d", "*", "*", "*", row.metric).unwrap_or_else(|| panic!("{}", row.metric));
        let off = (figure.estimate.value - row.with.value).abs();
        assert!(off <= 1e-9 * figure.estimate.value.abs(), "{}: {off}", row.metric);
        let difference = row.with.value - row.without.value;
        assert!((row.difference.value - difference).abs() <= 1e-9 * row.with.value.abs().max(1e-9));
    }
    let (without, with, _) = others(&rows);
    assert!(0.0 < without && without < with, "{without} {with}");
}

#[test]
fn what_is_not_there_or_alone_is_refused() {
    let study = study(15.0, 8.0, "", "");
    let position = |name: &str| study.services.iter().position(|service| service.name == name).unwrap_or(9);
    let refused =
        |service: usize| marginal(&study, 0, service, Targets::Joint).err().map(|error| error.to_string());
    assert_eq!(refused(position("app")).as_deref(), Some("design `d` does not secure `app`"));
    assert!(refused(position("hub")).is_some_and(|text| text.contains("nothing but `hub`")));
}

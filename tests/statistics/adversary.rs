//! Bribes three ways and weakest paths as figures of a run.

use crate::common::{assert_within_five_errors, figure, results, results_by, study};
use montecartel::bribes::{Ask, BELIEF_SCENARIOS, Way, bribes};
use montecartel::estimate::BRIBE_METRICS;
use montecartel::study::{Estimator, Study};

/// Three operators of 100 tokens at $2, two needed; half of each are altruists, independently.
fn three() -> Study {
    study(
        r#"
name = "bribes"
[assets.A]
price_usd = 2.0
volatility = 0.4
[collusion]
probability = 0.1
altruistic_probability = 0.5
loadings = { common = 0.5 }
[adversary]
bribe_premium = 0.1
bribe_ways = true
carry_apr = 0.05
[pools.p]
asset = "A"
stake = { a = 100, b = 100, c = 100 }
unbonding_days = 21.0
[services.s]
consensus = "quorum"
attacks.control = { profit_usd = 50, threshold = ">= 2/3", drawdown = 0.1 }
attacks.fork = { profit_usd = 50, threshold = ">= 1/2" }
[designs.d.services.s]
system = "pos"
pool = "p"
slash = 0.05
"#,
    )
}

/// A run of as many scenarios as members learn from says what `cartel bribes` says of the same scenarios.
#[test]
fn a_run_prices_bribes_as_the_command_does() {
    let study = three();
    let run = results(&study, BELIEF_SCENARIOS as u64, 9);
    let asked = bribes(&study, &Ask { design: 0, scenarios: BELIEF_SCENARIOS, seed: 9 });
    assert_eq!(asked.len(), 2);
    for bribery in asked {
        let moments = [&bribery.p_plus_epsilon, &bribery.up_front, &bribery.contingent];
        let mut often = 0.0;
        for ((way, moments), [cost, cheapest]) in Way::ALL.into_iter().zip(moments).zip(BRIBE_METRICS) {
            let row = figure(&run, ["d", "s", &bribery.attack, "bribe", cost]);
            assert!((row.estimate.value / moments.mean() - 1.0).abs() < 1e-12, "{way:?}");
            assert!((row.estimate.std_error / moments.std_error() - 1.0).abs() < 1e-9, "{way:?}");
            often += figure(&run, ["d", "s", &bribery.attack, "bribe", cheapest]).estimate.value;
        }
        assert!((often - 1.0).abs() < 1e-12);
        let least = bribery.cheapest().unwrap();
        let at = Way::ALL.iter().position(|way| *way == least).unwrap();
        let named = figure(&run, ["d", "s", &bribery.attack, "bribe", BRIBE_METRICS[at][1]]);
        assert!(named.estimate.value > 0.5, "{least:?} {}", named.estimate.value);
    }
}

/// Weighted scenarios have the same means as counted ones.
#[test]
fn bribes_are_weighed_where_scenarios_are() {
    let study = three();
    let (plain, weighed) = (results(&study, 40_000, 3), results_by(Estimator::Importance, &study, 40_000, 3));
    for attack in ["fork", "control"] {
        for [cost, _] in BRIBE_METRICS {
            let labels = ["d", "s", attack, "bribe", cost];
            let (a, b) = (&figure(&plain, labels).estimate, &figure(&weighed, labels).estimate);
            // What members think is the same: it comes of the seed, not of the estimator.
            let error = a.std_error.hypot(b.std_error);
            assert!((a.value - b.value).abs() < 5.0 * error, "{attack} {cost}: {} {}", a.value, b.value);
        }
    }
}

/// An application on a bridge: each is had for half of one operator's 100 tokens, in assets that move independently, the bridge's
/// dearer by a fifth. The bridge is cheaper with probability Φ(−ln 1.2 / (σ √2)).
#[test]
fn the_weakest_path_leads_through_the_bridge_when_its_token_falls() {
    let study = study(
        r#"
name = "paths"
horizon_days = 365.25
[assets.A]
price_usd = 1.0
volatility = 0.3
[assets.B]
price_usd = 1.2
volatility = 0.3
[collusion]
probability = 0.0
altruistic_probability = 0.0
[adversary]
bribe_premium = 0.0
[pools.a]
asset = "A"
stake = { x = 100 }
[pools.b]
asset = "B"
stake = { y = 100 }
[services.app]
consensus = "quorum"
attacks.steal = { profit_usd = 40, threshold = ">= 1", depends_on = { bridge = 0.5 } }
[services.bridge]
consensus = "quorum"
attacks.steal = { profit_usd = 40, threshold = ">= 1" }
attacks.halt = { profit_usd = 1, threshold = ">= 1" }
[designs.d]
services.app = { system = "pos", pool = "a", slash = 0.5, executes_on = "always" }
services.bridge = { system = "pos", pool = "b", slash = 0.5, slash_halt = 0.5, executes_on = "always" }
"#,
    );
    // ln 1.2 / (0.3 √2) = 0.429737, Φ(−0.429737) = 0.333694.
    let truth = 0.333_694;
    for found in [results(&study, 40_000, 1), results_by(Estimator::Importance, &study, 40_000, 2)] {
        assert_within_five_errors(figure(&found, ["d", "app", "*", "*", "p_weakest_path_elsewhere"]), truth);
        assert_within_five_errors(figure(&found, ["d", "app", "bridge.steal", "*", "p_weakest_path"]), truth);
        // Silence realises no theft, and nothing rests on the application.
        let all = found.summary.iter().filter(|row| row.metric.starts_with("p_weakest_path"));
        assert_eq!(all.count(), 2);
    }
}

/// One operator with 100 tokens that loses all of it for $20: γ* = 5 P − 1 where it colludes, P the price, and where it does not nobody
/// reaches anything. The median of a run half of whose scenarios are reached would lie at infinity: nine in ten are here.
#[test]
fn overcollateralisation_follows_the_price() {
    let study = study(
        r#"
name = "slack"
horizon_days = 365.25
[assets.A]
price_usd = 1.0
volatility = 0.5
[collusion]
probability = 0.9
altruistic_probability = 0.1
[adversary]
routes = ["collude"]
joint = true
overcollateralization = true
[pools.p]
asset = "A"
stake = { o = 100 }
[services.s]
consensus = "quorum"
attacks.steal = { profit_usd = 20, threshold = ">= 1" }
[designs.d]
services.s = { system = "pos", pool = "p", slash = 1.0, executes_on = "always" }
"#,
    );
    // Of the nine in ten the price's quantile at 5/9: ln P = −σ²/2 + σ z with Φ(z) = 5/9, z = 0.139710.
    let truth = 5.0 * f64::exp(-0.125 + 0.5 * 0.139_710) - 1.0;
    for found in [results(&study, 20_000, 1), results_by(Estimator::Importance, &study, 20_000, 2)] {
        let row = figure(&found, ["d", "*", "*", "*", "overcollateralization"]);
        assert_within_five_errors(row, truth);
        let quantiles = found.quantiles.iter().filter(|row| row.metric == "overcollateralization");
        let last = quantiles.map(|row| row.value).fold(f64::NEG_INFINITY, f64::max);
        assert!(last.is_infinite(), "a tenth of the scenarios reaches nothing: {last}");
    }
}

/// Two services that pay, on the stake of operators who collude with probability 1/4 each and are honest otherwise.
fn two_that_pay(pools: &str, a: &str, b: &str) -> Study {
    study(&format!(
        r#"
name = "margins"
horizon_days = 365.25
[assets.A]
price_usd = 1.0
[collusion]
probability = 0.25
altruistic_probability = 0.75
[adversary]
routes = ["collude"]
joint = true
profit_pools = {{ value = 70 }}
{pools}
[services.a]
consensus = "quorum"
{a}
[services.b]
consensus = "quorum"
{b}
[designs.d]
services.a = {{ system = "eigenlayer", pools = ["p"], stake = "elastic", slash = 0.5, executes_on = "always", pays = [{{ usd_per_year = 10, commission = 1 }}] }}
services.b = {{ system = "eigenlayer", pools = ["POOL"], stake = "elastic", slash = SLASH, executes_on = "always", pays = [{{ usd_per_year = 10, commission = 1 }}] }}
"#
    )
    .replace("POOL", if pools.contains("pools.q") { "q" } else { "p" })
    .replace("SLASH", if a.contains("profit_pool") { "0.3" } else { "0.6" }))
}

/// What a service costs by attacks: the mean of a loss `usd` with probability 1/4, and its error.
fn costs_a_quarter(study: &Study, service: &str, usd: f64) {
    const N: u64 = 40_000;
    for found in [results(study, N, 1), results_by(Estimator::Importance, study, N, 2)] {
        let row = figure(&found, ["d", service, "*", "*", "operators_margin_usd"]);
        assert_within_five_errors(row, 10.0 - 0.25 * usd);
    }
    let found = results(study, N, 3);
    let error = figure(&found, ["d", service, "*", "*", "operators_margin_usd"]).estimate.std_error;
    let truth = usd.abs() * (0.25 * 0.75 / 40_000.0f64).sqrt();
    // The variance of a Bernoulli variable from N draws is itself known to about 1/√N.
    assert!((error / truth - 1.0).abs() < 5.0 / 200.0, "{error} is not {truth}");
}

/// Each service has an operator of its own: where both collude both are attacked at once, but neither answers for the other.
#[test]
fn a_service_does_not_answer_for_what_is_lost_beside_it() {
    let pools =
        "[pools.p]\nasset = \"A\"\nstake = { x = 100 }\n[pools.q]\nasset = \"A\"\nstake = { y = 100 }";
    let attack = "attacks.steal = { profit_usd = 65, threshold = \">= 1\" }";
    let study = two_that_pay(pools, attack, attack);
    costs_a_quarter(&study, "a", 50.0);
    costs_a_quarter(&study, "b", 60.0);
}

/// One operator behind both: a alone takes 50, b alone 60, together (elastic stake is slashed of what is left) 50 and 0.6 of the other 50. Each
/// adds what the other alone would not have taken.
#[test]
fn a_service_adds_what_the_other_alone_would_not_have_cost() {
    let pools = "[pools.p]\nasset = \"A\"\nstake = { x = 100 }";
    let attack = "attacks.steal = { profit_usd = 70, threshold = \">= 1\" }";
    let study = two_that_pay(pools, attack, attack);
    costs_a_quarter(&study, "a", 80.0 - 60.0);
    costs_a_quarter(&study, "b", 80.0 - 50.0);
}

/// Both live off one value of $70, so b alone is attacked, for $30. Without it a would be, for $50: b saves its operator $20.
#[test]
fn a_service_that_draws_the_attack_off_another_saves_what_that_would_cost() {
    let pools = "[pools.p]\nasset = \"A\"\nstake = { x = 100 }";
    let attack = "profit_pool = \"value\"\nattacks.steal = { profit_usd = 60, threshold = \">= 1\" }";
    let study = two_that_pay(pools, attack, attack);
    costs_a_quarter(&study, "b", -20.0);
}

//! Services that turn Byzantine: closed forms, and draws that they leave alone.

use crate::common::{assert_within_five_errors, figure, results, results_by, study};
use montecartel::estimate::Results;
use montecartel::study::{Estimator, Study};

/// One operator with 100 tokens at $1, all of it allocated elastically to `a` (which slashes all, profit $60) and to `b` (half, profit
/// $80); it colludes with probability 1/4, else it is honest. `b` turns with probability 3/10.
fn two(joint: bool) -> Study {
    study(&format!(
        r#"
name = "mixture"
[assets.T]
price_usd = 1.0
[collusion]
probability = 0.25
altruistic_probability = 0.75
[adversary]
routes = ["collude"]
joint = {joint}
[pools.p]
asset = "T"
stake = {{ o = 100 }}
[services.a]
consensus = "quorum"
attacks.steal = {{ profit_usd = 60, threshold = ">= 1" }}
[services.b]
consensus = "quorum"
byzantine_probability = 0.3
attacks.steal = {{ profit_usd = 80, threshold = ">= 1" }}
[designs.d.services.a]
system = "eigenlayer"
pools = ["p"]
stake = "elastic"
slash = 1
[designs.d.services.b]
system = "eigenlayer"
pools = ["p"]
stake = "elastic"
slash = 0.5
pays = [{{ usd_per_year = 365.25, commission = 1 }}]
"#
    ))
}

const N: u64 = 40_000;
const Q: f64 = 0.25;
const P: f64 = 0.3;

fn is_mixture(results: &Results) {
    let near = |labels: [&str; 5], truth: f64| assert_within_five_errors(figure(results, labels), truth);
    near(["d", "*", "*", "*", "p_byzantine"], P);
    near(["d", "*", "*", "*", "byzantine_slashed_usd"], P * 50.0);
    // With b in place a costs $100; once b has taken half, a costs the $50 that are left.
    near(["d", "a", "steal", "*", "p_attack_pays"], Q * P);
    near(["d", "a", "steal", "*", "attack_cost_usd_given_reachable"], (1.0 - P) * 100.0 + P * 50.0);
    // A service that has turned is no target.
    near(["d", "b", "steal", "*", "p_attack_pays"], Q * (1.0 - P));
    near(["d", "b", "steal", "collude", "p_threshold_reached"], Q * (1.0 - P));
    near(["d", "b", "steal", "*", "profit_from_corruption_usd"], (1.0 - P) * 80.0);
    near(["d", "*", "*", "*", "p_attack_pays"], Q);
    near(["d", "*", "*", "*", "fault_slashed_usd"], P * 50.0);
}

/// P(attack pays) and what attacks cost mix the two certain cases.
#[test]
fn a_service_that_may_turn_mixes_two_certain_studies() {
    let found = results(&two(false), N, 1);
    is_mixture(&found);
    // Alone b is taken: half of the stake for $80; after b turned, a takes the rest.
    assert_within_five_errors(figure(&found, ["d", "*", "*", "*", "slashed_usd"]), Q * 50.0);
    assert_within_five_errors(
        figure(&found, ["d", "*", "*", "*", "net_gain_usd"]),
        Q * ((1.0 - P) * 30.0 + P * 10.0),
    );
}

/// Together a and b cost all of the stake and yield $140; after b turned, a alone yields $60 for $50.
#[test]
fn joint_attacks_know_who_has_turned() {
    let found = results(&two(true), N, 2);
    is_mixture(&found);
    let near = |metric: &str, truth: f64| {
        assert_within_five_errors(figure(&found, ["d", "*", "*", "*", metric]), truth)
    };
    near("net_gain_usd", Q * ((1.0 - P) * 40.0 + P * 10.0));
    near("slashed_usd", Q * ((1.0 - P) * 100.0 + P * 50.0));
}

#[test]
fn importance_sampling_draws_who_turns_as_well() {
    is_mixture(&results_by(Estimator::Importance, &two(false), N, 3));
    // Conditional estimates would not know; plain ones stay, and it is said.
    let conditional = results_by(Estimator::Conditional, &two(false), N, 3);
    is_mixture(&conditional);
    assert!(conditional.warnings.iter().any(|warning| warning.contains("turn Byzantine")));
}

/// Who pays: half of the stake with probability 3/10, and what attacks slash.
#[test]
fn operators_lose_what_a_service_takes_by_turning() {
    let found = results(&two(false), N, 4);
    let operator = found.operators.iter().find(|row| row.operator == "o").unwrap();
    let (loss, error) = (operator.expected_loss_usd, operator.expected_loss_std_error_usd);
    let truth = P * 50.0 + Q * 50.0;
    assert!(error > 0.0 && (loss - truth).abs() < 5.0 * error, "{loss} ± {error} for {truth}");
    // The margin of the service holds the expected loss by its turning in closed form, and drawn attacks on it.
    let margin = figure(&found, ["d", "b", "*", "*", "operators_margin_usd"]);
    assert_within_five_errors(margin, 365.0 - (P * 50.0 + Q * (1.0 - P) * 50.0));
}

/// A probability leaves every draw, and every figure of a design that does not restake the service, as it was; and at probability 0
/// nothing changes at all.
#[test]
fn whether_a_service_may_turn_changes_no_other_draw() {
    let text = |probability: &str| {
        format!(
            r#"
name = "apart"
[assets.T]
price_usd = 1.0
volatility = 0.6
[collusion]
probability = 0.2
altruistic_probability = 0.1
loadings = {{ common = 0.4 }}
[faults.equivocation]
rate_per_key_year = 0.1
[pools.p]
asset = "T"
stake = {{ a = 30, b = 20, c = 20, e = 10 }}
[pools.q]
asset = "T"
stake = {{ a = 10, b = 20, c = 5 }}
[services.s]
consensus = "cometbft"
attacks.fork = {{ profit_usd = 1, profit_volatility = 0.3, amnesia = false }}
[services.avs]
consensus = "quorum"
{probability}
attacks.steal = {{ profit_usd = 5, threshold = ">= 1/2" }}
[designs.alone.services.s]
system = "pos"
pool = "p"
slash = 0.05
[designs.restaked]
extends = "alone"
services.avs = {{ system = "eigenlayer", pools = ["q"], slash = 0.5 }}
"#
        )
    };
    let of = |probability: &str| results(&study(&text(probability)), 3_000, 5);
    let (without, with, zero) = (of(""), of("byzantine_probability = 0.2"), of("byzantine_probability = 0"));
    assert_eq!(format!("{without:?}"), format!("{zero:?}"));
    let alone = |results: &Results| {
        let rows =
            results.summary.iter().filter(|row| row.design == "alone" && !row.metric.contains("byzantine"));
        rows.map(|row| format!("{row:?}")).collect::<Vec<_>>()
    };
    assert_eq!(alone(&without), alone(&with));
    let steals = |results: &Results| {
        figure(results, ["restaked", "avs", "steal", "*", "p_attack_pays"]).estimate.value
    };
    assert!(steals(&with) < steals(&without));
    // A service with the same stake in both designs differs in nothing, whoever has turned.
    let zero = with.differences.iter().filter(|row| row.service == "s");
    assert!(zero.clone().count() > 0);
    let apart: Vec<_> = zero.filter(|row| row.estimate.value != 0.0).collect();
    assert!(apart.is_empty(), "{apart:?}");
}

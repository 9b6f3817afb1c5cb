//! Positions worked out by hand.

use crate::estimate::Results;
use crate::run::{NoSink, Plan, run};
use crate::study::Study;
use std::path::Path;

/// 300 tokens at $2 behind a service whose token falls with it by 30 %; `asset` are further keys of the token.
fn results(asset: &str, adversary: &str, attack: &str, more: &str) -> Results {
    let text = format!(
        "name = \"t\"\nrun.scenarios = 512\nassets.A = {{ price_usd = 2{asset} }}\nassets.B = {{ price_usd = 1, short_capacity_usd = 50 }}\n\
         collusion = {{ probability = 0, altruistic_probability = 0 }}\nadversary = {{ {adversary} }}\n\
         pools.p = {{ asset = \"A\", stake = {{ a = 100, b = 100, c = 100 }} }}\n\
         [services]\n\
         s = {{ consensus = \"cometbft\", asset = \"A\", attacks.fork = {{ profit_usd = 0, amnesia = false, {attack} }} }}\n\
         {more}\n\
         [designs.d.services]\ns = {{ system = \"pos\", pool = \"p\", slash = 0.05 }}\n\
         {}",
        if more.is_empty() { "" } else { "r = { system = \"pos\", pool = \"p\", slash = 0.05 }\n" }
    );
    let study =
        Study::from_text(&text, "study.toml", Path::new("")).unwrap_or_else(|error| panic!("{error}"));
    let Ok(results) = run(&Plan::new(&study), &mut NoSink, |_| ());
    results
}

fn figure(results: &Results, [service, attack, route]: [&str; 3], metric: &str) -> f64 {
    let row = results.find("d", service, attack, route, metric);
    row.unwrap_or_else(|| panic!("no {metric}")).estimate.value
}

const ACQUIRE: &str = "routes = [\"acquire\"]";
const FORK: [&str; 3] = ["s", "fork", "acquire"];

/// A third of the new total takes s = 600/2 = $300 of stake. A slash of 5 % and a fall of 30 % cost s·(λ + (1 − λ)·δ) = $100.50:
/// a short of $335, n/s = 1.11667, just pays for that. A cent more pays, a cent less does not.
#[test]
fn a_short_pays_for_bought_stake_from_its_break_even_on() {
    let (lambda, delta) = (0.05_f64, 0.3_f64);
    let break_even = 300.0 * (lambda + (1.0 - lambda) * delta) / delta;
    assert!((break_even - 335.0).abs() < 1e-9);
    for (more, pays) in [(0.01, 1.0), (-0.01, 0.0)] {
        let capacity = format!(", short_capacity_usd = {}", break_even + more);
        let results = results(&capacity, ACQUIRE, "drawdown = 0.3", "");
        assert!((figure(&results, FORK, "p_attack_pays") - pays).abs() < 1e-15, "{more}");
        assert!((figure(&results, FORK, "attack_cost_usd_given_reachable") - 100.5).abs() < 1e-9);
        assert!((figure(&results, FORK, "short_break_even_usd_given_reachable") - 335.0).abs() < 1e-9);
        let gain = figure(&results, ["s", "fork", "*"], "short_gain_usd");
        assert!((gain - delta * (335.0 + more)).abs() < 1e-9, "{gain}");
    }
}

/// Half the attacks fail, and selling short costs 5 %: 1000·(0.3/2 − 0.05) = $100. Where that leaves nothing, nobody sells.
#[test]
fn a_short_gains_the_expected_fall_less_what_it_costs() {
    let keys = ", short_capacity_usd = 1000, short_cost = 0.05";
    let found = results(keys, ACQUIRE, "drawdown = 0.3, success_probability = 0.5", "");
    assert!((figure(&found, ["s", "fork", "*"], "short_gain_usd") - 100.0).abs() < 1e-9);
    assert!((figure(&found, ["s", "fork", "*"], "profit_from_corruption_usd") - 100.0).abs() < 1e-9);
    let none = results(keys, ACQUIRE, "drawdown = 0.1, success_probability = 0.5", "");
    assert!(none.find("d", "s", "fork", "*", "short_gain_usd").is_none());
    assert!(figure(&none, ["s", "fork", "*"], "profit_from_corruption_usd").abs() < 1e-300);
}

/// The gain moves with the token: its mean stays, its error is that of the price.
#[test]
fn the_value_of_a_short_moves_with_the_token() {
    let found = results(", volatility = 0.5, short_capacity_usd = 1000", ACQUIRE, "drawdown = 0.3", "");
    let gain =
        found.find("d", "s", "fork", "*", "short_gain_usd").unwrap_or_else(|| panic!("no gain")).estimate;
    assert!(gain.std_error > 1.0 && (gain.value - 300.0).abs() < 5.0 * gain.std_error, "{gain:?}");
    let profit = figure(&found, ["s", "fork", "*"], "profit_from_corruption_usd");
    assert!((profit / gain.value - 1.0).abs() < 1e-9);
}

/// One coalition on both services: the token falls once, by the larger of 30 and 50 %; another token falls beside it.
#[test]
fn a_token_that_falls_twice_is_sold_once() {
    let routes = "routes = [\"collude\", \"bribe\"], bribe_premium = 0";
    let joint = format!("{routes}, joint = true");
    let other = |asset: &str| {
        format!(
            "r = {{ consensus = \"cometbft\", asset = \"{asset}\", attacks.fork = {{ profit_usd = 0, amnesia = false, drawdown = 0.5 }} }}"
        )
    };
    let gain = |adversary: &str, asset: &str| {
        let found = results(", short_capacity_usd = 5000", adversary, "drawdown = 0.3", &other(asset));
        figure(&found, ["*", "*", "*"], "net_gain_usd")
    };
    // Two of three operators, $400: slashed 20, the rest falls by half, 190. The short gains 2500.
    assert!((gain(routes, "A") - (2500.0 - 210.0)).abs() < 1e-9);
    assert!((gain(&joint, "A") - (2500.0 - 210.0)).abs() < 1e-9);
    // A falls by 30 %: 1500 less 20 + 114, and B, of which they hold nothing, by half: 25 more for the same slash.
    assert!((gain(&joint, "B") - (1500.0 - 134.0 + 25.0)).abs() < 1e-9);
}

/// 150 tokens are needed; with fewer for sale the attack is out of reach.
#[test]
fn no_more_tokens_are_bought_than_are_for_sale() {
    for (tokens, reachable) in [(150.0, 1.0), (149.9, 0.0)] {
        let found = results(&format!(", for_sale_tokens = {tokens}"), ACQUIRE, "drawdown = 0.3", "");
        assert!((figure(&found, FORK, "p_reachable") - reachable).abs() < 1e-15, "{tokens}");
    }
}

//! The model against history: what reconciles them does reconcile them.

use crate::common::{chain, results, study};
use montecartel::backtest::backtest;

/// Ten equal operators of $10 each, half of them altruists: a fork forfeits 5 % and brings $100 in, so it nearly always
/// pays. Forty years without one are a surprise.
fn surprising() -> montecartel::study::Study {
    let fork = r#"attacks.fork = { profit_usd = 100.0, threshold = "> 1/3" }"#;
    let history = "[backtest]\ndesign = \"d\"\nyears = { s = 40 }";
    let text = chain(&[10; 10], 0.01, 0.0, fork, history)
        .replace("altruistic_probability = 0.0", "altruistic_probability = 0.5")
        .replace("[\"collude\", \"bribe\", \"acquire\"]", "[\"collude\", \"bribe\"]");
    study(&text)
}

#[test]
fn the_friction_and_the_altruism_that_are_named_reconcile_and_a_tenth_less_does_not() {
    let study = surprising();
    let drawn = results(&study, 20_000, 1);
    let verdict = backtest(&study, &drawn).unwrap();
    assert!(!verdict.consistent() && verdict.expected > 30.0, "{verdict:?}");
    let expected_with = |change: &dyn Fn(&mut montecartel::study::Operator)| {
        let mut changed = study.clone();
        changed.operators.iter_mut().for_each(change);
        backtest(&changed, &results(&changed, 2048, 1)).unwrap().expected
    };
    // Four of ten must be bribed at 1.1 of (0.5 + friction): $100 of profit are worth a friction near $22.
    let friction = verdict.friction_usd.unwrap();
    assert!((15.0..25.0).contains(&friction), "{friction}");
    assert!(expected_with(&|o| o.friction_usd = friction) <= verdict.limit);
    assert!(expected_with(&|o| o.friction_usd = 0.9 * friction) > verdict.limit);
    let altruism = verdict.altruistic_probability.unwrap();
    assert!(expected_with(&|o| o.altruistic_probability = altruism) <= verdict.limit);
    assert!(expected_with(&|o| o.altruistic_probability = altruism - 0.05) > verdict.limit);
}

#[test]
fn a_route_without_operators_is_reconciled_by_nothing() {
    let mut study = surprising();
    study.adversary.routes = vec![montecartel::study::Route::Acquire];
    let verdict = backtest(&study, &results(&study, 2_000, 1)).unwrap();
    assert!(!verdict.consistent());
    assert_eq!((verdict.friction_usd, verdict.altruistic_probability), (None, None));
}

use super::*;

const ETA: f64 = 10.0 * 7.0 / 365.25;

/// The wheel on the security margin, cost of corruption twice the profit today.
fn study(elasticity: f64, push: f64, ceiling: f64, epochs: u32) -> Study {
    let mut study = wheel(elasticity, push, ceiling);
    let time = study.time.as_mut().unwrap();
    time.epochs = epochs;
    time.flywheel.as_mut().unwrap().on = crate::study::On::Margin;
    // The cheapest coalition holds 50 at 10 USD and loses a twentieth: 25.
    study.services[0].attacks[0].profit_usd = 12.5;
    study
}

/// Use that its own margin supports, by bisection: u = (2v/u − 1)^a while today's margin is 1.
fn supported(log_stake: f64, a: f64) -> f64 {
    let (mut low, mut high) = (-800.0, log_stake + libm::log(2.0));
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        let margin = 2.0 * libm::exp(log_stake - middle) - 1.0;
        if a * libm::log(margin) > middle { low = middle } else { high = middle }
    }
    low
}

/// x' = x + η(ln push + ln u − x), and where 2·push > 1 towards M = 2·push − 1, u = M^a, stake = push·u, at rate
/// 1 − η/(1 + ε) with ε = a(1 + M)/M the elasticity of use to the ratio: no elasticity makes it run away, since profit follows use.
#[test]
fn the_wheel_on_margins_comes_to_rest_where_its_closed_form_says() {
    for (a, push) in [(0.5, 1.3), (0.5, 0.8), (1.0, 1.1), (1.0, 0.7), (3.0, 1.2), (3.0, 0.9)] {
        let found = turns(&study(a, push, 1e9, 400));
        let mut x = 0.0;
        for (turn, found) in found.iter().enumerate().take(60) {
            x += ETA * (libm::log(push) + supported(x, a) - x);
            assert!((found - x).abs() < 1e-9, "a {a}, push {push}, turn {turn}: {found} {x}");
        }
        let margin = 2.0 * push - 1.0;
        let rest = libm::log(push) + a * libm::log(margin);
        let elasticity = a * (1.0 + margin) / margin;
        let rate = 1.0 - ETA / (1.0 + elasticity);
        // What is left of the way after so many turns, with room for its being curved far from the end.
        assert!(
            (found[399] - rest).abs() < 3.0 * rest.abs() * libm::pow(rate, 400.0) + 1e-9,
            "{} {rest}",
            found[399]
        );
        let near = |turn: usize| found[turn] - rest;
        if near(200).abs() > 1e-7 {
            let slope = near(201) / near(200);
            assert!(
                (slope - rate).abs() < 2.0 * near(200).abs() + 1e-6,
                "a {a}, push {push}: {slope} {rate}"
            );
        }
    }
}

/// Below push = 1/2 no margin is left to rest at: stake decays by η ln(2·push) a turn in the end. At exactly 1/2 it decays ever more
/// slowly, 1/M growing by η/a a turn.
#[test]
fn below_the_boundary_the_wheel_on_margins_collapses() {
    let margin = |x: f64, a: f64| 2.0 * libm::exp(x - supported(x, a)) - 1.0;
    for (a, push, epochs) in [(1.0, 0.45, 900), (0.5, 0.4, 450), (2.0, 0.3, 200)] {
        let found = turns(&study(a, push, 1e9, epochs));
        let [.., before, last] = found.as_slice() else { panic!("turns") };
        // Δx = η (ln(2·push) − ln(1 + M)), and M dies away with the stake.
        let left = margin(*before, a);
        assert!(left > 0.0 && left < 2e-4, "{left}");
        let exact = ETA * libm::log(2.0 * push);
        assert!(
            (last - before - exact).abs() < 1.01 * ETA * left + 1e-9,
            "a {a}, push {push}: {before} {last}"
        );
    }
    let a = 1.0;
    let found = turns(&study(a, 0.5, 1e9, 3000));
    let margin = |turn: usize| margin(found[turn], a);
    let growth = 1.0 / margin(2999) - 1.0 / margin(2998);
    assert!((growth / (ETA / a) - 1.0).abs() < 2.0 * margin(2998), "{growth} {}", margin(2998));
    assert!(found.windows(2).all(|pair| pair[1] < pair[0]));
}

/// At the ceiling use no longer holds profit back: stake goes to ceiling · push.
#[test]
fn the_ceiling_stops_the_wheel_on_margins() {
    let found = turns(&study(1.0, 1.5, 1.2, 200));
    // Unbounded it would rest at use 2.
    assert!((found[199] - libm::log(1.2 * 1.5)).abs() < 1e-9, "{}", found[199]);
}

/// A service that an attack pays on today has no margin to measure against: its use stays.
#[test]
fn without_a_margin_today_use_stays() {
    let mut study = study(1.0, 1.0, 10.0, 5);
    study.services[0].attacks[0].profit_usd = 30.0;
    let results = PathPlan::of(&study).unwrap().run();
    let uses: Vec<f64> =
        results.sample.iter().filter(|row| row.metric == "use").map(|row| row.value).collect();
    assert_eq!(uses.iter().map(|x| x.to_bits()).collect::<Vec<_>>(), [1.0f64.to_bits(); 5]);
}

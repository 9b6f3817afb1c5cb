//! Closed forms and the exact layer.

use super::*;
use crate::estimate::Estimate;
use crate::study::Estimator;

/// Five equal operators, two needed (> 1/3): P = 1 − (1−p)⁵ − 5p(1−p)⁴, which always pays.
fn chain() -> Variable {
    let text = "name = \"chain\"\nassets.T.price_usd = 1\nrun.scenarios = 100_000\n\
        [collusion]\nprobability = 0.05\naltruistic_probability = 1e-9\n\
        [adversary]\nroutes = [\"collude\"]\n\
        [pools.p]\nasset = \"T\"\nstake = { a = 1, b = 1, c = 1, d = 1, e = 1 }\n\
        [services.s]\nconsensus = \"quorum\"\nattacks.fork = { profit_usd = 100, threshold = \"> 1/3\" }\n\
        [designs.d.services.s]\nsystem = \"pos\"\npool = \"p\"\nslash = 0.05\nexecutes_on = \"always\"\n";
    Variable::from_text(text, std::path::Path::new(".")).unwrap_or_else(|error| panic!("{error}"))
}

fn reached(p: f64) -> f64 {
    1.0 - (1.0 - p).powi(5) - 5.0 * p * (1.0 - p).powi(4)
}

fn whole(metric: &str) -> Figure {
    let any = "*".to_owned();
    let (service, attack, route) = (any.clone(), any.clone(), any);
    Figure { design: "d".to_owned(), service, attack, route, metric: metric.to_owned() }
}

#[test]
fn a_grid_crosses_its_axes_on_common_draws() {
    let variable = chain();
    let axes = [
        Axis { key: "collusion.probability".to_owned(), values: vec![0.05, 0.1] },
        Axis { key: "services.s.attacks.fork.threshold".to_owned(), values: vec![0.3, 0.5, 0.7] },
    ];
    let mut done = 0;
    let rows = sweep(&variable, &axes, |points| done = points).unwrap();
    assert_eq!(done, 6);
    let find = |at: [f64; 2]| {
        let of = |row: &&GridRow| row.at == at && row.row.metric == "p_attack_pays" && row.row.service == "*";
        rows.iter().find(of).unwrap().row.estimate
    };
    for p in [0.05, 0.1] {
        let two = find([p, 0.3]);
        assert!((two.value - reached(p)).abs() < 5.0 * two.std_error, "{two:?}");
        assert!(find([p, 0.5]).value < two.value && find([p, 0.7]).value < find([p, 0.5]).value);
    }
    // The study's own point is the study's own run.
    let own = estimates(&variable.study);
    let one_third =
        sweep(&variable, &[Axis { key: "collusion.probability".to_owned(), values: vec![0.05] }], |_| ());
    let same = one_third.unwrap();
    assert!(same.iter().map(|row| &row.row).eq(own.summary.iter()));
}

#[test]
fn reverse_stress_inverts_the_closed_form() {
    let figure = whole("p_attack_pays");
    let search =
        Stress { key: "collusion.probability".to_owned(), low: 1e-4, high: 0.9, figure, level: 1e-2 };
    let Reached::At { value, low, high } = stress(&chain(), &search).unwrap() else { panic!("not reached") };
    assert!(low <= value && value <= high);
    // The level is met at p = 0.0327…, within five errors by the width of the interval, which is the figure's own.
    let mut truth = (0.0, 1.0);
    for _ in 0..60 {
        let middle = 0.5 * (truth.0 + truth.1);
        if reached(middle) < 1e-2 { truth.0 = middle } else { truth.1 = middle }
    }
    let error = (high - low) / (2.0 * crate::sketch::Z95);
    assert!((value - truth.0).abs() < 5.0 * error, "{value} in [{low}, {high}], {}", truth.0);
    assert!(high / low < 1.15, "{low} {high}");
    let never = Stress { high: 1e-3, ..search.clone() };
    assert!(matches!(stress(&chain(), &never).unwrap(), Reached::Never(_)));
    let always = Stress { low: 0.5, ..search };
    assert!(matches!(stress(&chain(), &always).unwrap(), Reached::Always(_)));
}

fn derivative(variable: &Variable, key: &str, metric: &str) -> Derivative {
    let found = derivatives(variable, &[key.to_owned()], 0.1).unwrap();
    found.into_iter().find(|d| d.metric == metric).unwrap()
}

fn assert_within_five_errors(found: &Derivative, truth: f64) {
    let Estimate { value, std_error, .. } = found.estimate;
    assert!(std_error > 0.0, "{found:?}");
    assert!((value - truth).abs() < 5.0 * std_error, "{found:?} against {truth}");
}

#[test]
fn likelihood_ratios_have_their_closed_form() {
    let p: f64 = 0.05;
    let truth = 20.0 * p * (1.0 - p).powi(3);
    let pays = derivative(&chain(), "collusion.probability", "p_attack_pays");
    assert_eq!(pays.method, Method::LikelihoodRatio);
    assert_within_five_errors(&pays, truth);
    assert!(pays.estimate.std_error < 0.03 * truth, "{pays:?}");
    // Two or more operators lose a twentieth of their stake of 1: Σ_{k≥2} k C(5,k) p^k (1−p)^(5−k) = 5p(1 − (1−p)⁴).
    let loss = derivative(&chain(), "collusion.probability", "loss_usd");
    let lost = |p: f64| 0.05 * 2.0 * reached(p);
    assert_within_five_errors(&loss, (lost(p + 1e-6) - lost(p - 1e-6)) / 2e-6);
}

/// Unequal stakes under one factor, colluders alone, everything pays: against differences of the exact layer's integral.
fn factored(collusion: &str, estimator: Estimator) -> Variable {
    let text = format!(
        "name = \"chain\"\nassets.T.price_usd = 1\nrun.scenarios = 60_000\n\
         [collusion]\n{collusion}\naltruistic_probability = 0.2\n\
         [adversary]\nroutes = [\"collude\"]\n\
         [operators]\ntable = [{{ operator = \"a\", host = \"x\" }}, {{ operator = \"b\", host = \"x\" }}]\n\
         [pools.p]\nasset = \"T\"\nstake = {{ a = 10, b = 6, c = 5, d = 3, e = 1 }}\n\
         [services.s]\nconsensus = \"quorum\"\nattacks.fork = {{ profit_usd = 1000, threshold = \"> 1/2\" }}\n\
         [designs.d.services.s]\nsystem = \"pos\"\npool = \"p\"\nslash = 0.05\nexecutes_on = \"always\"\n"
    );
    let folder = std::path::Path::new(".");
    let mut variable = Variable::from_text(&text, folder).unwrap_or_else(|error| panic!("{error}"));
    variable.study.run.estimator = estimator;
    variable
}

fn exactly(variable: &Variable, key: &str, value: f64) -> f64 {
    let study = variable.with(&[Setting { key: key.to_owned(), value }]).unwrap();
    let graph = crate::design::compile(&study);
    let (secured, price) = (&graph.secured[0], |asset: usize| study.assets[asset].price_usd);
    let power = &crate::exact::ServicePower::of_quorums(secured, price)[0];
    let found = crate::exact::exact(&study, (secured, power), crate::exact::Refinement::default());
    found.unwrap().thresholds[0].reached.value
}

#[test]
fn likelihood_ratios_agree_with_differences_of_the_exact_layer() {
    let gaussian = "probability = 0.05\nloadings = { common = 0.4, host = 0.5 }";
    let student = "probability = 0.05\nloadings = { common = 0.3 }\ncopula = { student_t = 5 }";
    let rare = "probability = 0.0002\nloadings = { common = 0.4, host = 0.5 }";
    let cases = [
        (gaussian, "collusion.probability", Estimator::Plain, 0.05),
        (gaussian, "collusion.loadings.common", Estimator::Plain, 0.1),
        (gaussian, "collusion.loadings.host", Estimator::Plain, 0.1),
        (student, "collusion.probability", Estimator::Plain, 0.05),
        (student, "collusion.loadings.common", Estimator::Plain, 0.3),
        (rare, "collusion.probability", Estimator::Importance, 0.05),
        (rare, "collusion.loadings.common", Estimator::Importance, 0.1),
    ];
    for (collusion, key, estimator, precise) in cases {
        let variable = factored(collusion, estimator);
        let found = derivative(&variable, key, "p_attack_pays");
        assert_eq!(found.method, Method::LikelihoodRatio);
        let step = 1e-4 * found.at;
        let truth = (exactly(&variable, key, found.at + step) - exactly(&variable, key, found.at - step))
            / (2.0 * step);
        assert_within_five_errors(&found, truth);
        assert!(found.estimate.std_error < precise * truth.abs(), "{key}: {found:?} against {truth}");
    }
    // Who is honest at any price does not matter where nobody is bribed.
    let honest = derivative(
        &factored(gaussian, Estimator::Plain),
        "collusion.altruistic_probability",
        "p_attack_pays",
    );
    assert_within_five_errors(&honest, 0.0);
}

/// Everybody colludes; stake worth 25 P is slashed by 5 %, the profit is 2 USD, in the token if `asset` says so.
fn market(asset: &str) -> Variable {
    let text = format!(
        "name = \"chain\"\nassets.T = {{ price_usd = 2, volatility = 0.5 }}\nhorizon_days = 365.25\nrun.scenarios = 60_000\n\
         [collusion]\nprobability = 1\naltruistic_probability = 0\n\
         [adversary]\nroutes = [\"collude\"]\n\
         [pools.p]\nasset = \"T\"\nstake = {{ a = 25 }}\n\
         [services.s]\nconsensus = \"quorum\"\nattacks.fork = {{ profit_usd = 2, threshold = \"> 1/2\"{asset} }}\n\
         [designs.d.services.s]\nsystem = \"pos\"\npool = \"p\"\nslash = 0.05\nexecutes_on = \"always\"\n"
    );
    Variable::from_text(&text, std::path::Path::new(".")).unwrap_or_else(|error| panic!("{error}"))
}

/// P(2 > 1.25 P) with ln P normal; the put's delta.
#[test]
fn prices_have_their_closed_form() {
    use crate::kernels::normal;
    let (price, cost, profit, spread) = (2.0, 1.25, 2.0, 0.5);
    let high = (f64::ln(profit / (cost * price)) + 0.5 * spread * spread) / spread;
    let plain = market("");
    let pays = derivative(&plain, "assets.T.price_usd", "p_attack_pays");
    assert_eq!(pays.method, Method::LikelihoodRatio);
    assert_within_five_errors(&pays, -normal::density(high) / (spread * price));
    // E[(profit − cost P)⁺]: its derivative is −cost Φ(high − spread).
    let gain = derivative(&plain, "assets.T.price_usd", "net_gain_usd");
    assert_within_five_errors(&gain, -cost * normal::cdf(high - spread));
    // With respect to the slash fraction, pathwise: −25 P0 Φ(high − spread); with respect to the profit: Φ(high).
    let slash = derivative(&plain, "designs.d.services.s.slash", "net_gain_usd");
    assert_eq!(slash.method, Method::Pathwise);
    assert_within_five_errors(&slash, -25.0 * price * normal::cdf(high - spread));
    let prize = derivative(&plain, "services.s.attacks.fork.profit_usd", "net_gain_usd");
    assert_eq!(prize.method, Method::Pathwise);
    assert_within_five_errors(&prize, normal::cdf(high));
    // P itself by differences: −φ(high)/(spread · slash), its bias a few hundredths of that at a step of 10 %.
    let rough = derivative(&plain, "designs.d.services.s.slash", "p_attack_pays");
    assert_eq!(rough.method, Method::CommonDraws);
    let truth = -normal::density(high) / (spread * 0.05);
    assert!(
        (rough.estimate.value - truth).abs() < 5.0 * rough.estimate.std_error + 0.03 * truth.abs(),
        "{rough:?} {truth}"
    );
    // A prize in the token itself: the price moves cost and prize alike but for its size today.
    let token = market(", profit_asset = \"T\", profit_volatility = 0.4");
    let same = derivative(&token, "assets.T.price_usd", "p_attack_pays");
    assert_eq!(same.method, Method::LikelihoodRatio);
    let high = (f64::ln(profit / (cost * price)) - 0.5 * 0.16) / 0.4;
    assert_within_five_errors(&same, -normal::density(high) / (0.4 * price));
    // Without a spread of its own there is no density to differentiate.
    let bound = derivative(&market(", profit_asset = \"T\""), "assets.T.price_usd", "net_gain_usd");
    assert_eq!(bound.method, Method::Pathwise);
}

#[test]
fn numbers_are_found_by_their_keys() {
    let variable = chain();
    assert!((variable.number("collusion.probability").unwrap() - 0.05).abs() < 1e-15);
    assert!((variable.number("services.s.attacks.fork.threshold").unwrap() - 1.0 / 3.0).abs() < 1e-15);
    let refused = variable.number("collusion.probabilty").unwrap_err();
    assert!(refused.contains("collusion.probability"), "{refused}");
    let bad = variable.with(&[Setting { key: "collusion.probability".to_owned(), value: 1.5 }]);
    assert!(bad.unwrap_err().to_string().contains("collusion.probability = 1.5"));
}

//! Estimators against what is computed.

mod cascades;
mod quorums;

use super::*;
use crate::exact::{Factored, Lattice, MOST_CELLS, Member, Precision, ServicePower, quadrature};

fn pool(n: usize, p: f64, rho: f64, needs: &[u128]) -> (Factored, ServicePower) {
    let residual = libm::sqrt(1.0 - rho);
    let member = Member {
        cutoff: crate::kernels::normal::quantile(p) / residual,
        slopes: vec![(0, -libm::sqrt(rho) / residual)],
    };
    let factored = Factored { members: vec![member; n], n_factors: 1, degrees: None };
    let power = ServicePower {
        members: (0u32..).take(n).collect(),
        powers: vec![1; n],
        targets: (0..needs.len()).collect(),
        needs: needs.to_vec(),
        moves: false,
    };
    (factored, power)
}

fn exactly(factored: &Factored, power: &ServicePower) -> Vec<f64> {
    let lattice = Lattice::new(&power.powers, &power.needs, MOST_CELLS);
    let answer = quadrature(factored, &lattice, Precision::default()).unwrap();
    answer.reached.iter().map(|bracket| bracket.value).collect()
}

/// Tails of 1e-3 to 1e-14 within 1 % from 60,000 draws of the factor, against the integral at the same n.
#[test]
fn conditional_tails_match_the_integral() {
    let (factored, power) = pool(300, 0.01, 0.2, &[38, 101, 201, 280]);
    let plan = Conditional::new(&factored, &power, 5);
    for (figure, truth) in conditional(&plan, 60_000).iter().zip(exactly(&factored, &power)) {
        let off = (figure.estimate.value - truth).abs();
        assert!(off < 5.0 * figure.estimate.std_error, "{figure:?} against {truth:e}");
        assert!(figure.estimate.std_error < 0.01 * truth, "{figure:?} against {truth:e}");
        assert!(!figure.one_dominates);
    }
}

/// The same for a t copula with two crossing kinds of groups, against a large sample of the nominal law.
#[test]
fn conditional_estimates_agree_with_and_without_proposals() {
    let residual = libm::sqrt(1.0 - 0.1 - 0.2 - 0.1);
    let cutoff = crate::kernels::student::quantile(0.02, 4.0) / residual;
    let slope = |square: f64| -libm::sqrt(square) / residual;
    let member = |i: usize| Member {
        cutoff,
        slopes: vec![(0, slope(0.1)), (1 + i % 3, slope(0.2)), (4 + i % 4, slope(0.1))],
    };
    let factored = Factored { members: (0..30).map(member).collect(), n_factors: 8, degrees: Some(4) };
    let (_, mut power) = pool(30, 0.1, 0.1, &[11, 21]);
    power.powers = (1..=30).collect();
    power.needs = vec![156, 311];
    let plan = Conditional::new(&factored, &power, 5);
    let proposed = conditional(&plan, 20_000);
    let nominal = conditional(&plan.nominal(), 200_000);
    for (a, b) in proposed.iter().zip(&nominal) {
        let error = (a.estimate.std_error.powi(2) + b.estimate.std_error.powi(2)).sqrt();
        assert!((a.estimate.value - b.estimate.value).abs() < 5.0 * error, "{a:?} {b:?}");
        // Variance of one draw.
        let variance = |estimate: &crate::estimate::Estimate, n: f64| n * estimate.std_error.powi(2);
        assert!(variance(&a.estimate, 20_000.0) < variance(&b.estimate, 200_000.0));
    }
}

/// Powers that no lattice of whole cells holds: the bracket of rounding is refined until it is as narrow as asked, encloses what a finer
/// lattice says, and stops at its limit.
#[test]
fn brackets_of_rounding_are_refined_on_demand() {
    let (factored, mut power) = pool(40, 0.02, 0.2, &[1]);
    power.powers = (1..=40u128).map(|i| i * i * 7_919_331 + 13).collect();
    power.needs = vec![power.total() / 3 + 1, power.total() / 2];
    let lattice = Lattice::new(&power.powers, &power.needs, 1 << 17);
    let finest = quadrature(&factored, &lattice, Precision::default()).unwrap().reached;
    let plan = Conditional::new(&factored, &power, 5);
    let refined = |width: f64, most_cells: u64| {
        conditional_refined(&plan, &power, 4096, Fineness { width, most_cells })
    };
    let mut cells = Vec::new();
    for width in [0.2, 0.02, 0.004] {
        let found = refined(width, 1 << 20);
        assert!(found.rounding() <= width, "{found:?}");
        cells.push(found.cells.unwrap());
        for (figure, truth) in found.figures.iter().zip(&finest) {
            let error = 5.0 * figure.estimate.std_error;
            assert!(figure.rounded_down - error < truth.high && truth.low < figure.rounded_up + error);
            assert!(figure.estimate.low <= figure.rounded_down && figure.rounded_up <= figure.estimate.high);
        }
    }
    assert!(cells[0] < cells[1] && cells[1] < cells[2], "{cells:?}");
    let limited = refined(1e-6, 1 << 13);
    assert_eq!(limited.cells, Some(1 << 13));
    assert!(limited.rounding() > 1e-6);
}

/// Scrambled Sobol points: the same answer with less variance at equal work, and its error is honest over 30 seeds.
#[test]
fn sobol_points_agree_and_vary_less() {
    let (factored, power) = pool(100, 0.01, 0.2, &[34, 67]);
    let truth = exactly(&factored, &power);
    let (mut square, n) = (0.0, 30u32);
    for seed in 0..n {
        let plan = Conditional::new(&factored, &power, u64::from(seed));
        let (figures, draws) = conditional_sobol(&plan, 4096);
        assert_eq!(draws, 4096);
        for ((figure, truth), plain) in figures.iter().zip(&truth).zip(conditional(&plan, draws)) {
            let off = (figure.estimate.value - truth) / figure.estimate.std_error;
            square += off * off / (2.0 * f64::from(n));
            assert!(figure.estimate.std_error < 0.5 * plain.estimate.std_error, "{figure:?} {plain:?}");
        }
    }
    // Squares of t with 15 degrees of freedom: mean 15/13, variance 3.4 each, and the two thresholds of a seed go together.
    assert!((square - 15.0 / 13.0).abs() < 5.0 * libm::sqrt(3.4 / 30.0), "{square}");
}

/// T15(b): the 21-factor portfolio of Glasserman and Li (2005, section 5), one threshold at a time: as a study, so that everything from
/// the loadings to the weights is used. Losses are stakes, defaults colluders, cutoffs `P(Z ≤ q) = p`.
#[test]
fn t15b_the_portfolio_of_21_factors() {
    for (threshold, published, error, ratio) in [
        (10_000, 0.011_146_7, 5e-5, 33.0),
        (22_000, 0.002_031_8, 1e-5, 125.0),
        (40_000, 7.34e-5, 4e-7, 977.0),
    ] {
        let study = portfolio(threshold);
        let found = threshold_reached(&study, 40_000);
        let (estimate, truth) = (found.estimate, published);
        let off = (estimate.value - truth).abs();
        let both = (estimate.std_error.powi(2) + error * error).sqrt();
        assert!(off < 4.0 * both, "{threshold}: {estimate:?} against {truth:e}");
        let plain = truth * (1.0 - truth) / 40_000.0;
        let reduction = plain / estimate.std_error.powi(2);
        assert!(reduction > 0.5 * ratio, "{threshold}: variance falls {reduction:.0}-fold");
        assert_eq!(found.estimator, "importance");
    }
}

/// `P(L > threshold)`: 1000 obligors of loss 1 … 100 and p_k = 0.01 (1 + sin(16πk/1000)), a market factor (0.8), ten industries
/// (0.4, blocks of 100) and ten regions (0.4, tens within each block).
fn portfolio(threshold: u32) -> crate::study::Study {
    let mut stakes = Vec::new();
    let mut rows = Vec::new();
    for k in 1..=1000u32 {
        let (x, name) = (f64::from(k), format!("o{k:04}"));
        let p = 0.01 * (1.0 + libm::sin(16.0 * std::f64::consts::PI * x / 1000.0));
        let loss = 1.0 + 99.0 * (x - 1.0) / 999.0;
        let (industry, region) = ((k - 1) / 100, (k - 1) % 100 / 10);
        stakes.push(format!("{name} = {loss:.12}"));
        rows.push(format!(
            "{{ operator = \"{name}\", collusion_probability = {:.15}, industry = \"i{industry}\", region = \"r{region}\" }}",
            p.max(0.0)
        ));
    }
    study(&format!(
        "name = \"portfolio\"\nassets.T.price_usd = 1\n\
         [collusion]\nprobability = 0.01\naltruistic_probability = 0\n\
         loadings = {{ common = 0.8, industry = 0.4, region = 0.4 }}\n\
         [adversary]\nroutes = [\"collude\"]\n\
         [operators]\ntable = [{}]\n\
         [pools.p]\nasset = \"T\"\nstake = {{ {} }}\n\
         [services.s]\nconsensus = \"quorum\"\n\
         attacks.fork = {{ profit_usd = 1, threshold = \"> {threshold}/50500\" }}\n\
         [designs.d.services.s]\nsystem = \"pos\"\npool = \"p\"\nslash = 0.05\nexecutes_on = \"always\"\n",
        rows.join(", "),
        stakes.join(", ")
    ))
}

fn study(text: &str) -> crate::study::Study {
    let folder = std::path::Path::new(".");
    crate::study::Study::from_text(text, "study.toml", folder).unwrap_or_else(|error| panic!("{error}"))
}

fn threshold_reached(study: &crate::study::Study, scenarios: u64) -> crate::estimate::SummaryRow {
    let results = importance(study, scenarios, 3);
    results.find("d", "s", "fork", "collude", "p_threshold_reached").unwrap().clone()
}

fn importance(study: &crate::study::Study, scenarios: u64, seed: u64) -> crate::estimate::Results {
    let mut study = study.clone();
    study.run.scenarios = scenarios;
    study.run.seed = seed;
    study.run.record = crate::study::Record::None;
    study.run.estimator = crate::study::Estimator::Importance;
    let plan = crate::run::Plan::new(&study);
    let watch = crate::run::Watch { progress: &mut |_| (), go_on: None, interrupted: None };
    let Ok(finished) = run_by_estimator(&study, &plan, &mut crate::run::NoSink, watch);
    finished.results
}

fn equal_chain(n: usize, p: f64, rho: f64, need: u128, copula: &str) -> crate::study::Study {
    let stakes: Vec<String> = (0..n).map(|i| format!("o{i:04} = 1")).collect();
    study(&format!(
        "name = \"chain\"\nassets.T = {{ price_usd = 1, volatility = 0.5 }}\n\
         [collusion]\nprobability = {p}\naltruistic_probability = 0.3\nloadings = {{ common = {} }}\n{copula}\n\
         [adversary]\nroutes = [\"collude\", \"bribe\"]\n\
         [pools.p]\nasset = \"T\"\nstake = {{ {} }}\n\
         [services.s]\nconsensus = \"quorum\"\n\
         attacks.fork = {{ profit_usd = 1, profit_asset = \"T\", threshold = \">= {need}/{n}\" }}\n\
         [designs.d.services.s]\nsystem = \"pos\"\npool = \"p\"\nslash = 0.05\nexecutes_on = \"always\"\n",
        libm::sqrt(rho),
        stakes.join(", ")
    ))
}

/// Tails of 1e-5 to 1e-9 at n = 100 within 1 % from at most a million scenarios, against the integral of T2; and everything that
/// is not rare stays what plain sampling says.
#[test]
fn importance_reaches_tails_and_leaves_the_rest_unbiased() {
    for (need, copula) in [(34, ""), (67, ""), (50, "copula = { student_t = 6 }")] {
        let study = equal_chain(100, 0.01, 0.2, need, copula);
        let results = importance(&study, 60_000, 11);
        let row = |route, metric| results.find("d", "s", "fork", route, metric).unwrap().estimate;
        let found = row("collude", "p_threshold_reached");
        let power = ServicePower {
            members: (0..100).collect(),
            powers: vec![1; 100],
            targets: vec![0],
            needs: vec![need],
            moves: false,
        };
        let truth = exactly(&Factored::new(&study), &power)[0];
        assert!((found.value - truth).abs() < 5.0 * found.std_error, "{need}: {found:?} against {truth:e}");
        assert!(
            found.std_error * libm::sqrt(60_000.0 / 1e6) < 0.01 * truth,
            "{need}: {found:?} against {truth:e}"
        );
        // Colluders, altruists and prices by their known means.
        let share = results.find("d", "s", "*", "*", "colluding_share").unwrap().estimate;
        assert!((share.value - 0.01).abs() < 5.0 * share.std_error && share.std_error > 0.0, "{share:?}");
        let profit = row("*", "profit_from_corruption_usd");
        assert!((profit.value - 1.0).abs() < 5.0 * profit.std_error, "{profit:?}");
        assert!(
            results.warnings.iter().all(|warning| !warning.contains("mean weight")),
            "{:?}",
            results.warnings
        );
    }
}

/// Importance sampling and plain sampling agree in every figure that both report.
#[test]
fn weighted_and_plain_figures_agree() {
    let study = equal_chain(12, 0.1, 0.3, 5, "");
    let weighted = importance(&study, 40_000, 5);
    let mut plain = study.clone();
    plain.run.scenarios = 200_000;
    plain.run.record = crate::study::Record::None;
    let Ok(plain) = crate::run::run(&crate::run::Plan::new(&plain), &mut crate::run::NoSink, |_| ());
    let mut compared = 0;
    for row in weighted.summary.iter().filter(|row| row.estimate.std_error > 0.0) {
        let same = plain.find(&row.design, &row.service, &row.attack, &row.route, &row.metric).unwrap();
        let (a, b) = (row.estimate, same.estimate);
        let error = (a.std_error.powi(2) + b.std_error.powi(2)).sqrt();
        assert!((a.value - b.value).abs() <= 5.0 * error, "{} {}: {a:?} {b:?}", row.route, row.metric);
        compared += 1;
    }
    assert!(compared > 15, "{compared}");
    for row in weighted.quantiles.iter().filter(|row| row.value.is_finite() && row.probability > 0.01) {
        let labels = [&*row.design, &*row.service, &*row.attack, &*row.route, &*row.metric];
        let same = plain.quantile(labels, row.probability).unwrap();
        assert!(row.ci_low <= same.ci_high && same.ci_low <= row.ci_high, "{row:?} {same:?}");
    }
}

/// A run that stops when it is precise has drawn what a run of so many scenarios draws, bit by bit.
#[test]
fn stopping_early_is_a_shorter_run() {
    let mut study = equal_chain(12, 0.1, 0.3, 5, "");
    study.run.record = crate::study::Record::None;
    study.run.scenarios = 10_000_000;
    study.run.relative_error = 0.05;
    for estimator in [crate::study::Estimator::Plain, crate::study::Estimator::Importance] {
        study.run.estimator = estimator;
        let run = |study: &crate::study::Study| {
            let watch = crate::run::Watch { progress: &mut |_| (), go_on: None, interrupted: None };
            let Ok(finished) =
                run_by_estimator(study, &crate::run::Plan::new(study), &mut crate::run::NoSink, watch);
            finished
        };
        let stopped = run(&study);
        assert!(matches!(stopped.ended, crate::run::Ended::Precise(Some(_))), "{:?}", stopped.ended);
        assert!(stopped.scenarios < 10_000_000 && stopped.scenarios.is_multiple_of(256));
        let mut shorter = study.clone();
        shorter.run.scenarios = stopped.scenarios;
        shorter.run.relative_error = 0.0;
        assert_eq!(run(&shorter).results.summary, stopped.results.summary);
    }
    let mut asked = 0;
    let mut go_on = || {
        asked += 1;
        asked < 3
    };
    study.run.relative_error = 0.0;
    let watch = crate::run::Watch { progress: &mut |_| (), go_on: Some(&mut go_on), interrupted: None };
    let Ok(finished) = crate::run::run_until(&crate::run::Plan::new(&study), &mut crate::run::NoSink, watch);
    assert_eq!((finished.ended, asked), (crate::run::Ended::Limit(None), 3));
}

/// Twelve unequal operators with one factor, rewards, nodes, outages and a portfolio; a fork needs so many twelfths.
fn moneyed(p: f64, need: u32) -> crate::study::Study {
    let stakes: Vec<String> = (0..12).map(|i| format!("o{i:02} = {}", 10 + i)).collect();
    study(&format!(
        "name = \"chain\"\nassets.T = {{ price_usd = 1, volatility = 0.5 }}\n\
             [collusion]\nprobability = {p}\naltruistic_probability = 0.3\nloadings = {{ common = 0.5 }}\n\
             [adversary]\nroutes = [\"collude\"]\n\
             [operators]\ntable = [{{ operator = \"o00\", own_share = 0.2, commission = 0.1 }}]\n\
             [faults.downtime]\nrate_per_key_year = 3\nduration_hours = 40\n\
             [pools.p]\nasset = \"T\"\nreward_apr = 0.1\nstake = {{ {} }}\n\
             [portfolios.lst]\nholds = [{{ operator = \"o00\", pool = \"p\", tokens = 4 }}, {{ operator = \"o11\", pool = \"p\", tokens = 9 }}]\n\
             [services.s]\nconsensus = \"quorum\"\nnode_usd_per_year = 0.5\n\
             attacks.fork = {{ profit_usd = 100, profit_asset = \"T\", threshold = \">= {need}/12\" }}\n\
             attacks.halt = {{ profit_usd = 0, threshold = \">= 1/3\" }}\n\
             [designs.d.services.s]\nsystem = \"pos\"\npool = \"p\"\nslash = 0.05\nslash_downtime = 0.001\nexecutes_on = \"always\"\n",
        stakes.join(", ")
    ))
}

/// What importance sampling writes about operators, services and portfolios agrees with plain sampling.
#[test]
fn weighted_money_agrees_with_plain() {
    let usual = moneyed(0.1, 4);
    let weighted = importance(&usual, 40_000, 5);
    let mut plain = usual.clone();
    plain.run.scenarios = 200_000;
    plain.run.record = crate::study::Record::None;
    let Ok(plain) = crate::run::run(&crate::run::Plan::new(&plain), &mut crate::run::NoSink, |_| ());
    let agree = |what: &str, a: (f64, f64), b: (f64, f64)| {
        let error = (a.1 * a.1 + b.1 * b.1).sqrt();
        assert!(error > 0.0 && (a.0 - b.0).abs() < 5.0 * error, "{what}: {a:?} {b:?}");
    };
    assert_eq!(weighted.operators.len(), plain.operators.len());
    for (a, b) in weighted.operators.iter().zip(&plain.operators) {
        let name = &a.operator;
        agree(
            name,
            (a.expected_loss_usd, a.expected_loss_std_error_usd),
            (b.expected_loss_usd, b.expected_loss_std_error_usd),
        );
        agree(name, (a.money.margin_usd, a.money.std_error_usd), (b.money.margin_usd, b.money.std_error_usd));
        agree(
            name,
            (a.money.reward_usd, a.money.reward_std_error_usd),
            (b.money.reward_usd, b.money.reward_std_error_usd),
        );
        // Frequencies of a few per cent from 40,000 weighted and 200,000 plain scenarios.
        let often = |p: f64| (5.0 * p / 40_000.0).sqrt();
        agree(name, (a.coalition_frequency, often(b.coalition_frequency)), (b.coalition_frequency, 0.0));
        agree(name, (a.slashed_probability, often(b.slashed_probability)), (b.slashed_probability, 0.0));
    }
    assert_eq!(weighted.members.len(), plain.members.len());
    for (a, b) in weighted.members.iter().zip(&plain.members) {
        agree(
            &a.operator,
            (a.money.margin_usd, a.money.std_error_usd),
            (b.money.margin_usd, b.money.std_error_usd),
        );
    }
    assert_eq!(weighted.portfolios.len(), plain.portfolios.len());
    for (a, b) in weighted.portfolios.iter().zip(&plain.portfolios) {
        let same = a.metric == b.metric && a.portfolio == b.portfolio;
        assert!(same, "{a:?} {b:?}");
        agree(&a.metric, (a.estimate.value, a.estimate.std_error), (b.estimate.value, b.estimate.std_error));
    }
    // Every figure of the plain summary is there.
    for row in &plain.summary {
        let found = weighted.find(&row.design, &row.service, &row.attack, &row.route, &row.metric);
        assert!(found.is_some(), "no {} of {} {} {}", row.metric, row.service, row.attack, row.route);
    }
}

/// A loss that plain sampling would see once in hundreds of thousands of scenarios.
#[test]
fn rare_losses_of_operators_are_known() {
    let rare = importance(&moneyed(0.003, 9), 40_000, 5);
    let reached = rare.find("d", "s", "fork", "collude", "p_threshold_reached").unwrap().estimate;
    assert!(reached.value < 1e-5 && reached.std_error < 0.05 * reached.value, "{reached:?}");
    let often: Vec<f64> = rare.operators.iter().map(|row| row.coalition_frequency).collect();
    assert!(often.iter().all(|often| *often <= 1.2 * reached.value), "{often:?} {reached:?}");
    // Nobody holds more than a ninth: at least seven take part.
    assert!(often.iter().sum::<f64>() > 6.0 * reached.value, "{often:?} {reached:?}");
    let row = &rare.operators[11];
    assert!(row.expected_loss_usd > 0.0 && row.expected_loss_std_error_usd > 0.0, "{row:?}");
}

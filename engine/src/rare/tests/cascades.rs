//! What follows attacks is weighted as the attacks are.

use super::*;

/// Two chains on pools that share operators, attacked jointly and again; accidents come first.
fn cascading(p: f64) -> crate::study::Study {
    let stakes = |first: usize| {
        let each =
            [10, 8, 6, 5, 4, 3].iter().enumerate().map(|(i, stake)| format!("o{} = {stake}", first + i));
        each.collect::<Vec<_>>().join(", ")
    };
    study(&format!(
        "name = \"two\"\nassets.T = {{ price_usd = 1, volatility = 0.3 }}\n\
         [collusion]\nprobability = {p}\naltruistic_probability = 0.3\nloadings = {{ common = 0.6 }}\n\
         [adversary]\nroutes = [\"collude\"]\njoint = true\ncascades = true\n\
         [faults.equivocation]\nrate_per_key_year = 0.05\n\
         [pools]\np = {{ asset = \"T\", stake = {{ {} }} }}\nq = {{ asset = \"T\", stake = {{ {} }} }}\n\
         [services]\n\
         s = {{ consensus = \"quorum\", attacks.fork = {{ profit_usd = 9, profit_asset = \"T\", profit_volatility = 0.8, threshold = \">= 1/3\" }} }}\n\
         r = {{ consensus = \"quorum\", attacks.fork = {{ profit_usd = 7, profit_asset = \"T\", profit_volatility = 0.8, threshold = \">= 1/3\" }} }}\n\
         [designs.d.services]\n\
         s = {{ system = \"pos\", pool = \"p\", slash = 0.5, executes_on = \"always\" }}\n\
         r = {{ system = \"pos\", pool = \"q\", slash = 0.5, executes_on = \"always\" }}\n",
        stakes(0),
        stakes(4),
    ))
}

fn is_of_cascades(row: &crate::estimate::SummaryRow) -> bool {
    row.metric.contains("cascade") || row.metric == "p_attack_only_after_shock"
}

/// Every figure of cascades that a plain run writes is there and agrees, and so do the shares of power and stake, round by round.
#[test]
fn weighted_cascades_agree_with_plain_ones() {
    let study = cascading(0.1);
    let weighted = importance(&study, 40_000, 5);
    let mut plain = study.clone();
    plain.run.scenarios = 200_000;
    plain.run.record = crate::study::Record::None;
    let Ok(plain) = crate::run::run(&crate::run::Plan::new(&plain), &mut crate::run::NoSink, |_| ());
    let mut compared = 0;
    for row in plain.summary.iter().filter(|row| is_of_cascades(row)) {
        let Some(same) = weighted.find(&row.design, &row.service, &row.attack, &row.route, &row.metric)
        else {
            assert!(row.estimate.effective_sample_size < 30.0, "no {}: {:?}", row.metric, row.estimate);
            continue;
        };
        let (a, b) = (row.estimate, same.estimate);
        let error = (a.std_error.powi(2) + b.std_error.powi(2)).sqrt();
        assert!((a.value - b.value).abs() <= 5.0 * error, "{}: {a:?} {b:?}", row.metric);
        compared += u64::from(a.std_error > 0.0 && b.std_error > 0.0);
    }
    assert!(compared >= 11, "{compared}");
    let twice = plain.find("d", "*", "*", "*", "p_cascade_round_2").unwrap().estimate;
    assert!(twice.value > 20.0 * twice.std_error, "{twice:?}");
    assert!(weighted.warnings.iter().all(|said| !said.contains("not weighted")), "{:?}", weighted.warnings);
}

/// A second attack that plain sampling would hardly see has an error far below that of counting.
#[test]
fn rare_cascades_are_known() {
    let n = 40_000;
    let found = importance(&cascading(0.003), n, 5);
    let twice = found.find("d", "*", "*", "*", "p_cascade_round_2").unwrap().estimate;
    assert!(twice.value > 0.0 && twice.value < 2e-4, "{twice:?}");
    let counted = libm::sqrt(twice.value / crate::moments::count(n));
    assert!(twice.std_error < 0.3 * counted, "{twice:?}: counting leaves {counted:e}");
}

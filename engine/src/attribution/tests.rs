//! Power indices of games that are known, and the run in which an operator is honest.

use super::*;
use crate::run::{NoSink, Threads, run};
use std::num::NonZeroUsize;
use std::path::Path;

fn load(text: &str) -> Study {
    Study::from_text(text, "study.toml", Path::new("")).unwrap_or_else(|error| panic!("{error}"))
}

/// Everybody can be bribed and whoever holds more than half the power gains more than all stake: a weighted game.
fn weighted_game(stakes: &str, threshold: &str, scenarios: u64) -> Study {
    load(&format!(
        "name = \"t\"\nassets.A = {{ price_usd = 1 }}\nrun.scenarios = {scenarios}\n\
         collusion = {{ probability = 0, altruistic_probability = 0 }}\n\
         adversary = {{ routes = [\"collude\", \"bribe\"], bribe_premium = 0 }}\n\
         pools.p = {{ asset = \"A\", stake = {{ {stakes} }} }}\n\
         services.s = {{ consensus = \"quorum\", attacks.take = {{ profit_usd = 1e6, threshold = \"{threshold}\" }} }}\n\
         designs.d.services.s = {{ system = \"pos\", pool = \"p\", slash = 1 }}\n"
    ))
}

fn find<'a>(rows: &'a [ContributionRow], group: &str, metric: &str) -> &'a crate::estimate::Estimate {
    let row = rows.iter().find(|row| row.group == group && row.metric == metric);
    &row.unwrap_or_else(|| panic!("no {metric} of {group}")).estimate
}

/// The textbook game [51; 50, 49, 1]: Shapley and Shubik's indices are 2/3, 1/6 and 1/6. Only the first is needed by all.
#[test]
fn shares_are_the_power_index_of_a_weighted_game() {
    let n = 20_000;
    let rows = attribute(&weighted_game("a = 50, b = 49, c = 1", "> 1/2", n), n);
    for (name, index) in [("a", 2.0 / 3.0), ("b", 1.0 / 6.0), ("c", 1.0 / 6.0)] {
        let share = find(&rows, name, "p_attack_pays_shapley");
        assert!((share.value - index).abs() < 5.0 * share.std_error, "{name}: {share:?} against {index}");
    }
    let alone = |name| find(&rows, name, "p_attack_pays_leave_one_out").value;
    assert!((alone("a") - 1.0).abs() < 1e-15 && alone("b").abs() < 1e-15 && alone("c").abs() < 1e-15);
}

/// The Security Council of fifteen as [39; 7 five times, 1 ten times]: 0.19627 for a permanent member, 0.0018648 for another
/// (421/2145 and 4/2145).
#[test]
fn the_security_council_has_its_published_index() {
    let n = 40_000;
    let permanent = (0..5).map(|i| format!("p{i} = 7"));
    let others = (0..10).map(|i| format!("o{i} = 1"));
    let stakes: Vec<String> = permanent.chain(others).collect();
    let rows = attribute(&weighted_game(&stakes.join(", "), ">= 39/45", n), n);
    for (name, index) in
        [("p0", 421.0 / 2145.0), ("p4", 421.0 / 2145.0), ("o0", 4.0 / 2145.0), ("o9", 4.0 / 2145.0)]
    {
        let share = find(&rows, name, "p_attack_pays_shapley");
        assert!((share.value - index).abs() < 5.0 * share.std_error, "{name}: {share:?} against {index}");
    }
}

/// Two services on shared and own stake, groups, stolen keys and prices; `lines` go to the top, `honest` never joins.
fn study(lines: &str, honest: Option<&str>) -> Study {
    let host = |name: &str| match name {
        "a" | "b" | "c" => "x",
        "d" | "e" => "y",
        _ => "",
    };
    let rows: Vec<String> = ["a", "b", "c", "d", "e", "f", "g"]
        .iter()
        .map(|name| {
            let (p, h) = if honest == Some(*name) { (0.0, 1.0) } else { (0.15, 0.5) };
            let (p, h) =
                (format!("collusion_probability = {p:?}"), format!("altruistic_probability = {h:?}"));
            format!("{{ operator = \"{name}\", host = \"{}\", {p}, {h} }}", host(name))
        })
        .collect();
    load(&format!(
        "name = \"t\"\n{lines}\nrun.scenarios = 3000\n\
         assets.A = {{ price_usd = 2, volatility = 0.8 }}\nassets.B = {{ price_usd = 1, volatility = 1.1 }}\n\
         collusion = {{ probability = 0.15, altruistic_probability = 0.5, compromised_share = 0.3, loadings = {{ common = 0.3, host = 0.5 }} }}\n\
         operators.table = [{}]\n\
         pools.p = {{ asset = \"A\", stake = {{ a = 30, b = 25, c = 15, d = 12, e = 10, f = 8 }} }}\n\
         pools.q = {{ asset = \"B\", stake = {{ c = 30, d = 30, e = 25, g = 40 }} }}\n\
         services.s = {{ consensus = \"cometbft\", attacks.fork = {{ profit_usd = 30, amnesia = false }} }}\n\
         services.r = {{ consensus = \"cometbft\", attacks.fork = {{ profit_usd = 20, amnesia = false, profit_asset = \"B\" }} }}\n\
         [designs.d.services]\n\
         s = {{ system = \"pos\", pool = \"p\", slash = 0.5 }}\n\
         r = {{ system = \"mesh\", local = {{ pool = \"q\", slash = 0.5 }}, external = [{{ pool = \"p\", slash = 0.3 }}] }}\n",
        rows.join(", ")
    ))
}

const BRIBE: &str = "adversary = { routes = [\"collude\", \"bribe\"], bribe_premium = 0.1 }";
const JOINT: &str = "adversary = { routes = [\"collude\", \"bribe\"], bribe_premium = 0.1, joint = true }";
const COLLUDE: &str = "adversary = { routes = [\"collude\"] }";
const ACQUIRE: &str = "adversary = { routes = [\"collude\", \"bribe\", \"acquire\"], bribe_premium = 0.1 }";

fn pays(study: &Study) -> f64 {
    let plan = Plan::new(study);
    let Ok(results) = run(&plan, &mut NoSink, |_| ());
    results.find("d", "*", "*", "*", "p_attack_pays").unwrap_or_else(|| panic!("no figure")).estimate.value
}

/// On common draws the probability falls by exactly what leaving one out says. Searches for joint attacks may miss one.
#[test]
fn leaving_one_out_is_the_run_in_which_it_is_honest() {
    for (lines, slack) in [(COLLUDE, 0.0), (BRIBE, 0.0), (ACQUIRE, 0.0), (JOINT, 2.0 / 3000.0)] {
        let whole = study(lines, None);
        let (rows, with) = (attribute(&whole, 3000), pays(&whole));
        assert!(with > 0.02, "{lines}: {with} is too little to tell anything");
        for name in ["a", "c", "g"] {
            let fall = with - pays(&study(lines, Some(name)));
            let told = find(&rows, name, "p_attack_pays_leave_one_out").value;
            assert!((fall - told).abs() <= slack + 1e-12, "{lines}: without {name} {fall}, told {told}");
        }
    }
}

/// Shares of operators, and of groups, add up to the run's own figures; where stake can be bought, nobody takes part of them.
#[test]
fn shares_add_up_to_the_whole() {
    for lines in [COLLUDE, BRIBE, ACQUIRE, JOINT] {
        let study = study(lines, None);
        let plan = Plan::new(&study);
        let Ok(results) = run(&plan, &mut NoSink, |_| ());
        let rows = attribute(&study, 3000);
        for metric in ["p_attack_pays", "slashed_usd", "borne_by_users_usd"] {
            let whole = results.find("d", "*", "*", "*", metric).map_or(f64::NAN, |row| row.estimate.value);
            assert!(whole > 0.0);
            assert!((find(&rows, "*", metric).value / whole - 1.0).abs() < 1e-12);
            for attribute in ["operator", "host"] {
                let shares = rows
                    .iter()
                    .filter(|row| row.attribute == attribute && row.metric == format!("{metric}_shapley"));
                let sum: f64 = shares.map(|row| row.estimate.value).sum();
                assert!(
                    (sum / whole - 1.0).abs() < 1e-12,
                    "{lines}: {attribute} {metric}: {sum} against {whole}"
                );
            }
        }
        let nobody = find(&rows, "(nobody)", "p_attack_pays_shapley").value;
        assert!((nobody > 0.0) == (lines == ACQUIRE), "{lines}: {nobody}");
        assert_eq!(rows.iter().find(|row| row.group == "x").map(|row| row.operators), Some(3));
        assert_eq!(rows.iter().find(|row| row.group == "(none)").map(|row| row.operators), Some(2));
    }
}

#[test]
fn thread_count_changes_no_bit() {
    let study = study(BRIBE, None);
    let on = |threads| {
        let threads = Threads::new(NonZeroUsize::new(threads)).unwrap_or_else(|error| panic!("{error}"));
        threads.install(|| attribute(&study, 3000))
    };
    assert_eq!(on(1), on(3));
}

#[test]
fn nothing_attacked_is_nobodys() {
    let rows = attribute(&weighted_game("a = 2000000, b = 3000000", "> 1/2", 300), 300);
    assert!(rows.iter().all(|row| row.estimate.value.abs() < 1e-300), "{rows:?}");
    assert!(rows.iter().any(|row| row.group == "b" && row.metric == "coalition_frequency"));
}

/// Whoever has power in a second quorum alone is a player as well: the run in which it is honest has the same probability, and parts
/// add up.
#[test]
fn a_second_quorum_has_players() {
    let two = |honest: &str| {
        let rows: Vec<String> = ["a", "b", "c", "d", "e"]
            .iter()
            .map(|name| {
                let h = if *name == honest { 1.0 } else { 0.4 };
                format!(
                    "{{ operator = \"{name}\", collusion_probability = 0, altruistic_probability = {h:?} }}"
                )
            })
            .collect();
        load(&format!(
            "name = \"t\"\nassets.A = {{ price_usd = 1 }}\nrun.scenarios = 2000\n\
             collusion = {{ probability = 0, altruistic_probability = 0.4 }}\n\
             adversary = {{ routes = [\"collude\", \"bribe\"], bribe_premium = 0 }}\noperators.table = [{}]\n\
             pools.p = {{ asset = \"A\", stake = {{ a = 3, b = 2, c = 2 }} }}\n\
             pools.q = {{ asset = \"A\", stake = {{ c = 2, d = 5, e = 3 }} }}\n\
             [services.s]\nconsensus = \"quorum\"\n\
             attacks.take = {{ profit_usd = 1e6, threshold = \"> 1/2\", second_threshold = \"> 1/2\" }}\n\
             attacks.halt = {{ profit_usd = 1e6, threshold = \"> 2/3\", second_threshold = \">= 3/4\" }}\n\
             [designs.d.services.s]\nsystem = \"pos\"\npool = \"p\"\nslash = 1\nexecutes_on = \"always\"\n\
             second_quorum = {{ pool = \"q\", slash = 1, slash_halt = 1, executes_on = \"always\" }}\n",
            rows.join(", ")
        ))
    };
    let whole = two("");
    let (rows, with) = (attribute(&whole, 2000), pays(&whole));
    let mut sum = 0.0;
    for name in ["a", "b", "c", "d", "e"] {
        let fall = with - pays(&two(name));
        let told = find(&rows, name, "p_attack_pays_leave_one_out").value;
        assert!((fall - told).abs() < 1e-12, "without {name} {fall}, told {told}");
        sum += find(&rows, name, "p_attack_pays_shapley").value;
    }
    assert!(find(&rows, "d", "p_attack_pays_leave_one_out").value > 0.05);
    assert!((sum - with).abs() < 1e-12, "{sum} against {with}");
}

/// Under importance sampling every part is weighted: the whole is the run's own figure, parts add up to it and agree with those of plain
/// sampling, and what plain sampling hardly sees is known.
#[test]
fn weighted_parts_add_up_and_agree_with_plain_ones() {
    let lines = "adversary = { routes = [\"collude\"] }";
    let mut plain = study(lines, None);
    plain.run.scenarios = 60_000;
    let mut weighted = study(lines, None);
    weighted.run.scenarios = 20_000;
    weighted.run.estimator = crate::study::Estimator::Importance;
    let (by_count, by_weight) = (attribute(&plain, 60_000), attribute(&weighted, 20_000));
    assert_eq!(by_count.len(), by_weight.len());
    let mut compared = 0;
    for (a, b) in by_count.iter().zip(&by_weight) {
        assert_eq!((&a.attribute, &a.group, &a.metric), (&b.attribute, &b.group, &b.metric));
        let (x, y) = (a.estimate, b.estimate);
        let error = (x.std_error.powi(2) + y.std_error.powi(2)).sqrt();
        assert!((x.value - y.value).abs() <= 5.0 * error, "{} {}: {x:?} {y:?}", a.group, a.metric);
        compared += u64::from(y.std_error > 0.0);
    }
    assert!(compared > 40, "{compared}");
    let watch = crate::run::Watch { progress: &mut |_| (), go_on: None, interrupted: None };
    let Ok(run) = crate::rare::run_by_estimator(&weighted, &Plan::new(&weighted), &mut NoSink, watch);
    for metric in ["p_attack_pays", "slashed_usd", "borne_by_users_usd"] {
        let whole = run.results.find("d", "*", "*", "*", metric).unwrap().estimate;
        assert!((find(&by_weight, "*", metric).value / whole.value - 1.0).abs() < 1e-9);
        for attribute in ["operator", "host"] {
            let is_part = |row: &&ContributionRow| {
                row.attribute == attribute && row.metric == format!("{metric}_shapley")
            };
            let sum: f64 = by_weight.iter().filter(is_part).map(|row| row.estimate.value).sum();
            assert!((sum / whole.value - 1.0).abs() < 1e-9, "{attribute} {metric}: {sum} against {whole:?}");
        }
    }
    let rare = |name: &str| {
        let estimate = *find(&by_weight, name, "p_attack_pays_shapley");
        estimate.std_error / libm::sqrt(estimate.value / 20_000.0)
    };
    assert!(["a", "b"].into_iter().all(|name| rare(name) < 1.0), "{} {}", rare("a"), rare("b"));
}

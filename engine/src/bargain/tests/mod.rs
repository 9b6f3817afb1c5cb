mod circle;
mod vote;

use super::*;
use crate::study::Study;
use std::path::Path;

/// A hub of `stakes`, and an app that its validators run if they like, for this pay a year.
fn study(stakes: &str, pays: f64, lines: &str) -> Study {
    let text = format!(
        "name = \"t\"\n\
         assets.A = {{ price_usd = 1 }}\n\
         adversary = {{ routes = [\"collude\", \"bribe\"], bribe_premium = 0 }}\nrun.scenarios = 4000\n\
         horizon_days = 365.25\n{lines}\n\
         [pools]\nhub = {{ asset = \"A\", stake = {{ {stakes} }} }}\n\
         [services]\n\
         app = {{ consensus = \"cometbft\", node_usd_per_year = 600, attacks.fork = {{ profit_usd = 100, amnesia = false }} }}\n\
         [designs.d.services]\n\
         app = {{ system = \"ics\", provider = \"hub\", mode = \"top_n\", top_n = 50, participation = \"chosen\", slash = 0.5, executes_on = \"always\", pays = [{{ usd_per_year = {pays} }}] }}\n"
    );
    Study::from_text(&text, "study.toml", Path::new("")).unwrap_or_else(|error| panic!("{error}"))
}

const HONEST: &str = "collusion = { probability = 0, altruistic_probability = 1 }";

fn names(study: &Study, members: &[usize]) -> Vec<String> {
    members.iter().map(|operator| study.operators[*operator].name.clone()).collect()
}

/// Stakes 100, 40, 30, 20, 10 and 3000 a year, a node for 600. The first must. Beside him the second gets 3000 · 40/140, which
/// covers; the third of all three 3000 · 30/170 = 529, not. So the last three stay away, whoever is asked first.
#[test]
fn operators_join_while_their_part_covers_the_node() {
    let study = study("a = 100, b = 40, c = 30, d = 20, e = 10", 3000.0, HONEST);
    let settled = settle(&study);
    let [chosen] = settled.chosen.as_slice() else { panic!("one service") };
    assert!(chosen.converged && chosen.cycle.is_empty());
    assert_eq!(names(&study, &chosen.members), ["a", "b"]);
    // The study that is run has no more of them.
    let again = settle(&settled.study);
    assert_eq!(names(&study, &again.chosen[0].members), ["a", "b"]);
}

/// Who is sure to be slashed for more than it is paid stays away though the node is covered; a margin of exactly nothing is none.
#[test]
fn expected_slashing_keeps_operators_away() {
    let faults = format!("{HONEST}\nfaults.equivocation = {{ rate_per_key_year = 0.5 }}");
    let stakes = "a = 10000, b = 4000";
    let free = settle(&study(stakes, 3000.0, HONEST));
    assert_eq!(free.chosen[0].members.len(), 2);
    // b is paid 857; an accident every other year costs half of its 4000: 1000 a year.
    let slashed = settle(&study(stakes, 3000.0, &faults));
    assert_eq!(slashed.chosen[0].members.len(), 1);
    let exact = settle(&study("a = 200, b = 100", 1800.0, HONEST));
    assert_eq!(exact.chosen[0].members.len(), 1, "b would be left with nothing, and so stays away");
}

/// Attacks that pay cost the members that join them: whoever is bribed loses half its stake and is made good, but a colluder's
/// stolen keys are not. A tail level below which a bad year lies turns down what the mean accepts.
#[test]
fn the_tail_counts_where_the_study_says_so() {
    let lines = "collusion = { probability = 0.02, altruistic_probability = 0.98 }";
    let at = |choosing: &str| {
        let mut study = study("a = 100, b = 90, c = 5", 100_000.0, &format!("{lines}\n{choosing}"));
        study.services[0].attacks[0].profit_usd = 1e6;
        settle(&study).chosen[0].members.len()
    };
    assert_eq!(at(""), 3);
    // The mean is far above nothing and nothing is worse than the loss of half of 90: still in.
    assert_eq!(at("participation.cvar_level = 0.9"), 3);
    let dear = |choosing: &str| {
        let mut study =
            study("a = 1000000, b = 900000, c = 50000", 100_000.0, &format!("{lines}\n{choosing}"));
        study.services[0].attacks[0].profit_usd = 1e9;
        settle(&study).chosen[0].members.clone()
    };
    // b is paid some 46,000; with probability 0.02 it loses 450,000: 9,000 in the mean, 90,000 in the worst tenth. c never
    // makes up a third with anybody, so that no attack needs it.
    assert_eq!(dear(""), [0, 1, 2]);
    assert_eq!(dear("participation.cvar_level = 0.9"), [0, 2]);
}

/// One operator joins at 600 · 140/40 = 2100, the next at 600 · 170/30 = 3400: the least pay that puts a third of the power
/// beyond the first is found to a thousandth.
#[test]
fn the_least_pay_is_where_the_operator_that_is_missing_joins() {
    let mut study = study(
        "a = 100, b = 40, c = 30, d = 20, e = 10",
        1000.0,
        "collusion = { probability = 0, altruistic_probability = 0 }",
    );
    study.services[0].attacks[0].profit_usd = 0.0;
    // Bribing more than a third costs half the stake of a alone, 50, while three of them hold it: members' power matters to the
    // metric through the stake that must be bribed: a of 140: b of 140 is less than a third, so a, 50; a of 170: a third is 56.7,
    // b and c, 35.
    let target: Target = "attack_cost_usd_given_reachable<=40".parse().unwrap();
    let target = Target { attack: "fork".to_owned(), ..target };
    let found = price(&study, 0, &target, &[0]).unwrap();
    let least = found[0].least.as_ref().unwrap();
    assert!((least.usd_per_year / 3400.0 - 1.0).abs() < 1.5e-3, "{}", least.usd_per_year);
    assert_eq!(names(&study, &least.members), ["a", "b", "c"]);
    assert!(found[0].interval.0 <= least.usd_per_year && least.usd_per_year <= found[0].interval.1);
    let never: Target = "attack_cost_usd_given_reachable<=1".parse().unwrap();
    let found = price(&study, 0, &Target { attack: "fork".to_owned(), ..never }, &[0]).unwrap();
    assert!(found[0].least.is_none() && found[0].interval.0.is_infinite());
    // Of 1000 a year a keeps all, and its node costs 600.
    assert!((found[0].covers_each_usd - 600.0).abs() < 1e-9, "{}", found[0].covers_each_usd);
}

#[test]
fn targets_say_what_is_wrong_with_them() {
    let error = |text: &str| text.parse::<Target>().unwrap_err().to_string();
    assert_eq!(error("p<1"), "target `p<1` must read METRIC<=VALUE or METRIC>=VALUE");
    assert_eq!(error("p<=x"), "value `x` of the target must be a finite number");
    let study = study("a = 100", 1000.0, HONEST);
    let target: Target = "beauty>=1".parse().unwrap();
    let message = price(&study, 0, &target, &[0]).unwrap_err().to_string();
    assert!(message.starts_with("a run reports no `beauty` of service `app`; it reports"), "{message}");
}

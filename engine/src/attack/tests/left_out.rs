//! Bounds on attacks that the search leaves out, against brute force over all coalitions and sets of targets.

use super::*;
use crate::attack::routes::beside_usd;
use crate::attack::{Execution, execute};
use crate::graph::{Targets, targets_in};

/// A chain of two quorums, and another that the same operators run on the stake of the second; `executes_on` says who carries out what the
/// second quorum forfeits, `profits` what a fork and a fork of the other chain take.
fn study_of(executes_on: &str, (fork, other): (f64, f64)) -> Study {
    let designs = format!(
        r#"system = "pos"
pool = "a"
slash = 0.3
second_quorum = {{ pool = "b", slash = 0.6, executes_on = "{executes_on}" }}
[designs.d.services.t]
system = "pos"
pool = "b"
slash = 0.5
[services.t]
consensus = "cometbft"
asset = "B"
attacks.control = {{ profit_usd = {other}, threshold = "> 1/3" }}"#
    );
    let mut text = text(|mix| format!(", own_share = 0.{}", 1 + mix % 9), &designs)
        .replace("routes = [\"collude\", \"bribe\"]", "routes = [\"collude\", \"bribe\", \"acquire\"]\njoint = true")
        .replace(
            "attacks.fork = { profit_usd = 10.0, drawdown = 0.1 }",
            &format!("attacks.fork = {{ profit_usd = {fork}, amnesia = false, profit_volatility = 0.5, second_threshold = \"> 1/3\" }}"),
        );
    text = text.replace(
        "probability = 0.3\naltruistic_probability = 0.2",
        "probability = 0.05\naltruistic_probability = 0.6",
    );
    text = text.replace("attacks.halt = { profit_usd = 10.0 }\n", "");
    text = text.replace("attacks.control = { profit_usd = 10.0 }\n", "");
    Study::from_text(&text, "study.toml", Path::new(".")).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// The best attack on a set of targets by any coalition, of which a part is paid: what it takes less what it costs, purchases included.
fn best_of(
    (graph, draws, outcomes): (&crate::graph::Graph, &Draws, &Outcomes),
    lane: usize,
    set: Targets,
) -> f64 {
    let design = &graph.designs[0];
    let price = |asset: usize| draws.prices[asset][lane];
    let located = || {
        let targets = design.secured.iter().flat_map(|secured| {
            let first = outcomes.first_target[*secured];
            let targets = graph.secured[*secured].targets.iter().zip(&outcomes.targets[first..]);
            targets.map(move |(target, outcome)| (&graph.secured[*secured], target, outcome))
        });
        targets.enumerate().filter(|(at, _)| set >> at & 1 == 1).map(|(_, target)| target)
    };
    let mut takes: f64 = located().map(|(_, _, outcome)| outcome.profit[lane]).sum();
    for (secured, target, _) in located().filter(|(_, target, _)| target.buys_beside) {
        takes -= beside_usd(secured, target, price, &mut Priced::default())
            .map_or(f64::INFINITY, |(cost, _)| cost);
    }
    let is_in = |crowd: &Crowd, operator: usize| bits::contains(&crowd.rows[operator], lane);
    let pay = |operator: usize| match (is_in(&draws.colluders, operator), is_in(&draws.bribable, operator)) {
        (true, _) if draws.compromised.as_ref().is_some_and(|crowd| is_in(crowd, operator)) => Some(0.0),
        (true, _) => Some(1.0),
        (false, true) => Some(1.0 + draws.premium[lane]),
        _ => None,
    };
    let costs: Vec<Option<f64>> =
        (0..graph.n_operators).map(|o| Some(pay(o)? * design.joint.private_usd(set, o, price))).collect();
    let mut least = f64::INFINITY;
    for coalition in 0u32..1 << graph.n_operators {
        let members = || (0..graph.n_operators).filter(|operator| coalition >> operator & 1 == 1);
        if members().any(|operator| costs[operator].is_none()) {
            continue;
        }
        let reaches = located().all(|(secured, target, _)| {
            let Power::Stake(power) = &secured.power else { return false };
            let needs = |power: &StakePower, threshold: crate::fraction::Threshold| {
                let held: u128 = members().map(|operator| power.only_units(operator)).sum();
                held >= threshold.least_power(power.parts[0].total())
            };
            let second = target.second_threshold.zip(secured.second.as_ref());
            needs(power, target.threshold) && second.is_none_or(|(threshold, power)| needs(power, threshold))
        });
        if reaches {
            least = least.min(members().filter_map(|operator| costs[operator]).sum());
        }
    }
    takes - least
}

/// No coalition nets more than the bound on any set of targets, of which one may buy stake. The joint search alone would not say so.
#[test]
fn stake_bought_beside_operators_is_bounded_together_with_other_targets() {
    let (mut n, mut beyond, mut close) = (0, 0, 0);
    for (executes_on, profits) in
        [("always", (300.0, 60.0)), ("always", (150.0, 90.0)), ("t", (200.0, 30.0)), ("t", (150.0, 120.0))]
    {
        let study = study_of(executes_on, profits);
        let graph = compile(&study);
        let sampler = Sampler::new(&study, 3);
        let (mut draws, mut outcomes) = (sampler.room(), Outcomes::new(&graph));
        sampler.draw(0, 256, &mut draws);
        assess(&graph, &draws, &mut outcomes);
        let mut execution = Execution::new(&graph);
        execute(&graph, &draws, &mut outcomes, &mut execution);
        let design = &graph.designs[0];
        let n_targets = design.joint.targets.len();
        let is_one_a_service = |set: &Targets| {
            let services: Vec<usize> =
                targets_in(*set).map(|target| design.joint.targets[target].service).collect();
            services.windows(2).all(|pair| pair[0] != pair[1])
        };
        let buys = |set: &Targets| targets_in(*set).any(|target| !design.joint.targets[target].by_operators);
        for lane in 0..48 {
            let best = |with_bought: bool| {
                let sets =
                    (1..1 << n_targets).filter(is_one_a_service).filter(|set| buys(set) == with_bought);
                sets.map(|set| best_of((&graph, &draws, &outcomes), lane, set)).fold(0.0, f64::max)
            };
            let (bought, by_operators) = (best(true), best(false));
            let upper = execution.designs[0].net_gain_upper[lane];
            assert!(
                upper >= bought.max(by_operators) - 1e-9,
                "{executes_on} {lane}: {upper} {bought} {by_operators}"
            );
            let alone =
                outcomes.targets.iter().map(|outcome| outcome.net_gain_upper(lane)).fold(0.0, f64::max);
            beyond += usize::from(bought > by_operators.max(alone) + 1e-9);
            let best = bought.max(by_operators).max(alone);
            (n, close) = (n + 1, close + usize::from(upper <= 1.01 * best));
        }
    }
    assert!(beyond > 5 && 10 * close > 9 * n, "{beyond}, {close} of {n}");
}

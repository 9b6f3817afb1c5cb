//! Targets that need power in two quorums, against brute force over all coalitions.

use super::*;
use crate::attack::{Execution, execute};

/// Pool `a` secures a chain whose forks and control need a threshold in pool `b` as well; a halt does not.
fn two_quorums(extra: impl Fn(u64) -> String) -> Study {
    let designs = format!("{POS}\nsecond_quorum = {{ pool = \"b\", slash = 0.1, executes_on = \"always\" }}");
    let mut study = with_second_thresholds(extra, &designs);
    // Some have power in one quorum alone.
    study.pools[0].stake[..3].fill(0);
    study.pools[1].stake[3..6].fill(0);
    study
}

fn with_second_thresholds(extra: impl Fn(u64) -> String, designs: &str) -> Study {
    let text = text(extra, designs)
        .replace("drawdown = 0.1 }", "drawdown = 0.1, amnesia = false, second_threshold = \"> 1/3\" }")
        .replace(
            "attacks.control = { profit_usd = 10.0 }",
            "attacks.control = { profit_usd = 10.0, second_threshold = \">= 1/2\" }",
        );
    Study::from_text(&text, "study.toml", Path::new(".")).unwrap_or_else(|error| panic!("{error}"))
}

/// Least cost over all subsets of (power, power in the second quorum, payment) that reach both.
fn optimum_of_both(candidates: &[(u128, u128, f64)], (first, second): (u128, u128)) -> Option<f64> {
    let costs = (0u32..1 << candidates.len()).filter_map(|subset| {
        let members = || candidates.iter().enumerate().filter(|(i, _)| subset >> i & 1 == 1).map(|(_, c)| c);
        let reaches =
            members().map(|c| c.0).sum::<u128>() >= first && members().map(|c| c.1).sum::<u128>() >= second;
        reaches.then(|| members().map(|c| c.2).sum())
    });
    costs.min_by(f64::total_cmp)
}

/// Outcomes of one block.
fn assessed(study: &Study) -> (crate::graph::Graph, Draws, Outcomes) {
    let graph = compile(study);
    let sampler = Sampler::new(study, 3);
    let (mut draws, mut outcomes) = (sampler.room(), Outcomes::new(&graph));
    sampler.draw(0, 256, &mut draws);
    assess(&graph, &draws, &mut outcomes);
    (graph, draws, outcomes)
}

/// Power in each quorum and payment of an operator, straight from the definitions.
fn of_both(
    (powers, target, draws): ([&StakePower; 2], &Target, &Draws),
    (lane, bribes): (usize, bool),
    operator: usize,
) -> Option<(u128, u128, f64)> {
    let is_in = |crowd: &Crowd| bits::contains(&crowd.rows[operator], lane);
    let stolen = draws.compromised.as_ref().is_some_and(is_in);
    let pay = match (is_in(&draws.colluders), is_in(&draws.bribable)) {
        (true, _) if stolen => 0.0,
        (true, _) => 1.0,
        (false, true) if bribes => 1.0 + draws.premium[lane],
        _ => return None,
    };
    let private = target.losses.assets.iter().map(|l| draws.prices[l.asset][lane] * l.private[operator]);
    let [first, second] = powers.map(|power| power.only_units(operator));
    Some((first, second, pay * private.sum::<f64>()))
}

#[test]
fn two_quorums_cost_what_brute_force_finds() {
    let study = two_quorums(|mix| format!(", own_share = 0.{}", 1 + mix % 9));
    let (graph, draws, outcomes) = assessed(&study);
    let secured = &graph.secured[0];
    let Power::Stake(first) = &secured.power else { panic!("stake decides here") };
    let powers = [first, secured.second.as_ref().unwrap()];
    let (mut reached, mut exact, mut by_colluders) = (0, 0, 0);
    for (target, outcome) in secured.targets.iter().zip(&outcomes.targets) {
        let Some(threshold) = target.second_threshold else {
            assert_eq!(target.kind, "halt");
            continue;
        };
        let [first, second] = powers.map(|power| power.parts[0].total());
        let needs = (target.threshold.least_power(first), threshold.least_power(second));
        for (lane, route) in (0..48).flat_map(|lane| outcome.routes.iter().map(move |route| (lane, route))) {
            let at = (lane, route.route == Route::Bribe);
            let of = |operator: usize| of_both((powers, target, &draws), at, operator);
            let candidates: Vec<_> = (0..graph.n_operators).filter_map(of).collect();
            let best = optimum_of_both(&candidates, needs);
            reached += usize::from(best.is_some());
            exact += usize::from(assert_route(route, lane, best));
            if route.route == Route::Collude {
                assert_eq!(outcome.threshold_reached[lane], best.is_some());
                by_colluders += usize::from(best.is_some());
            }
        }
    }
    assert!(
        reached > 50 && by_colluders > 0 && exact * 100 > 98 * reached,
        "{exact} of {reached}, {by_colluders}"
    );
}

/// What needs no second quorum costs what it costs without one.
#[test]
fn a_halt_of_one_quorum_costs_what_it_did() {
    let own = |mix: u64| format!(", own_share = 0.{}", 1 + mix % 9);
    let mut without = study(own, POS);
    without.pools[0].stake[..3].fill(0);
    without.pools[1].stake[3..6].fill(0);
    let ((graph, _, with), (_, _, without)) = (assessed(&two_quorums(own)), assessed(&without));
    let halt = graph.secured[0].targets.iter().position(|target| target.kind == "halt").unwrap();
    for (route, other) in with.targets[halt].routes.iter().zip(&without.targets[halt].routes) {
        assert_eq!(route.costs.cost.map(f64::to_bits), other.costs.cost.map(f64::to_bits));
        assert!(!route.costs.are_out_of_reach());
    }
}

/// The joint view of a single target charges what the target does, second quorum or not.
#[test]
fn one_target_of_two_quorums_costs_jointly_what_it_costs_alone() {
    let mut study = two_quorums(|mix| format!(", own_share = 0.{}", 1 + mix % 9));
    study.adversary.joint = true;
    let graph = compile(&study);
    let mut second_only = 0;
    for (index, target) in graph.secured[0].targets.iter().enumerate() {
        for operator in 0..graph.n_operators {
            let price = |asset: usize| study.assets[asset].price_usd;
            let losses = target.losses.assets.iter().map(|loss| price(loss.asset) * loss.private[operator]);
            let single = losses.sum::<f64>();
            let joint = graph.designs[0].joint.private_usd(1 << index, operator, price);
            assert!((joint - single).abs() <= 1e-9 * single.max(1.0), "{joint} is not {single}");
            second_only += usize::from(operator < 3 && single > 0.0);
            assert!(target.kind != "halt" || operator >= 3 || single == 0.0);
        }
    }
    assert_eq!(second_only, 6);
}

/// The study of two quorums in which a halt has a threshold in the second as well.
fn halted_by_either() -> Study {
    let designs = format!(
        "{POS}\nsecond_quorum = {{ pool = \"b\", slash = 0.1, slash_halt = 0.02, executes_on = \"always\" }}"
    );
    halting(&designs)
}

fn halting(designs: &str) -> Study {
    let text = text(|mix| format!(", own_share = 0.{}", 1 + mix % 9), designs)
        .replace("routes = [\"collude\", \"bribe\"]", "routes = [\"collude\", \"bribe\", \"acquire\"]")
        .replace("drawdown = 0.1 }", "drawdown = 0.1, amnesia = false, second_threshold = \"> 1/3\" }")
        .replace(
            "attacks.halt = { profit_usd = 10.0 }",
            "attacks.halt = { profit_usd = 10.0, profit_volatility = 0.6, second_threshold = \">= 2/5\" }",
        );
    let mut study =
        Study::from_text(&text, "study.toml", Path::new(".")).unwrap_or_else(|error| panic!("{error}"));
    study.pools[0].stake[..3].fill(0);
    study.pools[1].stake[3..6].fill(0);
    study
}

fn position(graph: &crate::graph::Graph, kind: &str) -> Option<usize> {
    graph.secured[0].targets.iter().position(|target| target.kind == kind)
}

/// Either quorum halts: by the second alone it costs what brute force over that finds, by the first what it costs without a second;
/// both take the same profit, and only members of the quorum answer.
#[test]
fn either_quorum_halts_alone() {
    let (graph, draws, outcomes) = assessed(&halted_by_either());
    let [halt, by_second] = ["halt", "halt_by_second"].map(|kind| position(&graph, kind).unwrap());
    let secured = &graph.secured[0];
    let Power::Stake(first) = &secured.power else { panic!("stake decides here") };
    let powers = [first, secured.second.as_ref().unwrap()];
    let (target, outcome) = (&secured.targets[by_second], &outcomes.targets[by_second]);
    let need = target.second_threshold.unwrap().least_power(powers[1].parts[0].total());
    let (mut reached, mut exact) = (0, 0);
    for (lane, route) in (0..48).flat_map(|lane| outcome.routes.iter().map(move |route| (lane, route))) {
        if route.route == Route::Acquire {
            continue;
        }
        let of = |operator: usize| {
            of_both((powers, target, &draws), (lane, route.route == Route::Bribe), operator)
        };
        let candidates: Vec<_> = (0..graph.n_operators).filter_map(of).collect();
        let best = optimum_of_both(&candidates, (0, need));
        reached += usize::from(best.is_some());
        exact += usize::from(assert_route(route, lane, best));
        assert!(route.route == Route::Bribe || outcome.threshold_reached[lane] == best.is_some());
    }
    assert!(reached > 50 && exact * 100 > 98 * reached, "{exact} of {reached}");
    assert_eq!(outcome.profit.map(f64::to_bits), outcomes.targets[halt].profit.map(f64::to_bits));
    let forfeits = |at: usize, operator: usize| {
        secured.targets[at].losses.assets.iter().any(|loss| loss.forfeited[operator] > 0.0)
    };
    assert!((3..6).all(|operator| forfeits(halt, operator) && !forfeits(by_second, operator)));
    assert!((0..3).all(|operator| forfeits(by_second, operator) && !forfeits(halt, operator)));
    // One quorum: the same halt, and no other.
    let (alone, _, one) = assessed(&halting(POS));
    assert_eq!((position(&alone, "halt_by_second"), alone.secured[0].targets.len()), (None, 3));
    let at = position(&alone, "halt").unwrap();
    for (route, other) in outcomes.targets[halt].routes.iter().zip(&one.targets[at].routes) {
        // Alone its walk is that of the fork, in proportion: the last bits may differ.
        let alike = |(a, b): (&f64, &f64)| a.to_bits() == b.to_bits() || (a - b).abs() <= 1e-12 * b;
        assert!(route.costs.cost.iter().zip(&other.costs.cost).all(alike));
    }
}

/// What buying costs, puts up and forfeits by scenario.
fn bought(study: &Study, kind: &str) -> [[f64; 256]; 3] {
    let (graph, _, outcomes) = assessed(study);
    let routes = &outcomes.targets[position(&graph, kind).unwrap()].routes;
    let bought = routes.iter().find(|route| route.route == Route::Acquire).unwrap();
    [bought.costs.cost, bought.costs.capital, bought.costs.forfeited]
}

/// The same chain on the second pool alone.
fn only_second() -> Study {
    let other = "system = \"pos\"\npool = \"b\"\nslash = 0.1\nslash_halt = 0.02\nexecutes_on = \"always\"";
    let mut only_second = halting(other);
    let halt = only_second.services[0].attacks.iter_mut().find(|attack| attack.kind == "halt").unwrap();
    halt.threshold = halt.second_threshold.take().unwrap_or(crate::fraction::Threshold::at_least(2, 5));
    only_second
}

/// Whoever buys a fork of two quorums buys both: the sum of what each costs where it is the only one, since they are of two assets.
#[test]
fn both_quorums_are_bought() {
    let both = halted_by_either();
    let (first, second) = (halting(POS), only_second());
    let (whole, a, b) = (bought(&both, "fork"), bought(&first, "fork"), bought(&second, "fork"));
    for lane in 0..256 {
        for ((whole, a), b) in whole.iter().zip(&a).zip(&b) {
            assert!(
                (whole[lane] - a[lane] - b[lane]).abs() <= 1e-12 * whole[lane] && whole[lane].is_finite()
            );
        }
    }
    let (by_second, alone) = (bought(&both, "halt_by_second"), bought(&second, "halt"));
    assert_eq!(by_second[0].map(f64::to_bits), alone[0].map(f64::to_bits));
}

/// One quorum bought and the other one's operators paid: what brute force over those finds, who answer with their stake in it alone,
/// and what the other quorum costs where it is the only one. Where too few can be had in one of them it is cheaper than to buy both.
#[test]
fn one_quorum_is_bought_beside_operators_of_the_other() {
    let mut study = halted_by_either();
    study.operators.iter_mut().for_each(|operator| operator.altruistic_probability = 0.5);
    let (graph, draws, outcomes) = assessed(&study);
    let secured = &graph.secured[0];
    let Power::Stake(first) = &secured.power else { panic!("stake decides here") };
    let powers = [first, secured.second.as_ref().unwrap()];
    let totals = powers.map(|power| power.parts[0].total());
    let fork = &outcomes.targets[position(&graph, "fork").unwrap()];
    let (mut reached, mut exact, mut cheaper) = (0, 0, 0);
    let stakes = [bought(&halting(POS), "fork"), bought(&only_second(), "fork")];
    for (kind, stake, quorum) in [("fork_buying_first", &stakes[0], 1), ("fork_buying_second", &stakes[1], 0)]
    {
        let at = position(&graph, kind).unwrap();
        let (target, outcome) = (&secured.targets[at], &outcomes.targets[at]);
        assert_eq!(outcome.profit.map(f64::to_bits), fork.profit.map(f64::to_bits));
        let mut needs = [target.threshold.least_power(totals[0]), 0];
        if let Some(threshold) = target.second_threshold {
            needs = [0, threshold.least_power(totals[1])];
        }
        assert!(needs[quorum] > totals[quorum] / 3 && needs[1 - quorum] == 0);
        let slash = [0.05, 0.1][quorum];
        for operator in 0..graph.n_operators {
            let forfeited: f64 = target.losses.assets.iter().map(|loss| loss.forfeited[operator]).sum();
            let tokens = crate::graph::to_f64(powers[quorum].only_units(operator));
            assert!((forfeited - slash * tokens).abs() < 1e-12 * tokens.max(1.0), "{kind}: {forfeited}");
        }
        let routes: Vec<Route> = outcome.routes.iter().map(|route| route.route).collect();
        assert_eq!(routes, [Route::Collude, Route::Bribe]);
        for (lane, route) in (0..48).flat_map(|lane| outcome.routes.iter().map(move |route| (lane, route))) {
            let bribes = route.route == Route::Bribe;
            let of = |operator: usize| of_both((powers, target, &draws), (lane, bribes), operator);
            let candidates: Vec<_> = (0..graph.n_operators).filter_map(of).collect();
            let best = optimum_of_both(&candidates, (needs[0], needs[1])).map(|cost| cost + stake[0][lane]);
            reached += usize::from(best.is_some());
            exact += usize::from(assert_route(route, lane, best));
            cheaper += usize::from(best.is_some_and(|best| best < fork.best.cost[lane]));
            assert!(best.is_none() || route.costs.forfeited[lane] >= stake[2][lane]);
        }
    }
    assert!(reached > 50 && exact * 100 > 98 * reached && cheaper > 0, "{exact} of {reached}, {cheaper}");
}

/// Such an attack is carried out by those who are paid: they answer by the rules, the stake bought as far as it lands; joint attacks
/// bound it as an attack of its own.
#[test]
fn what_is_bought_is_slashed_beside_its_operators() {
    for (joint, kind) in [(false, "fork_buying_first"), (true, "fork_buying_second")] {
        let mut study = halted_by_either();
        study.adversary.joint = joint;
        for attack in &mut study.services[0].attacks {
            attack.profit_usd = if attack.kind == kind { 1e6 } else { 0.0 };
        }
        let (graph, draws, mut outcomes) = assessed(&study);
        let mut execution = Execution::new(&graph);
        execute(&graph, &draws, &mut outcomes, &mut execution);
        let (out, at) = (&execution.designs[0], position(&graph, kind).unwrap());
        let mut attacked = 0;
        for lane in (0..256).filter(|lane| usize::from(out.target[*lane]) == at) {
            let best = &outcomes.targets[at].best;
            let linear = out.slashed[lane] - out.settlement_gap[lane];
            assert!((linear / best.forfeited[lane] - 1.0).abs() < 1e-9, "{linear} {}", best.forfeited[lane]);
            assert!(out.coalition_size[lane] > 0);
            assert!((out.net_gain[lane] - outcomes.targets[at].net_gain(lane)).abs() < 1e-9);
            assert!(out.net_gain_upper[lane] >= outcomes.targets[at].net_gain_upper(lane));
            attacked += 1;
        }
        assert!(attacked > 100, "{attacked}");
    }
}

//! Scenarios in which services have turned, against studies in which the same services are Byzantine by their word, and by hand.

use crate::attack::{Execution, NO_TARGET, Outcomes, assess, execute};
use crate::design::compile;
use crate::graph::{Graph, to_f64};
use crate::kernels::LANES;
use crate::sampling::{Draws, Sampler};
use crate::study::{Route, Study, System};
use std::collections::BTreeSet;
use std::path::Path;

/// A chain that does not restake.
const CHAIN: &str = r#"
[services.chain]
consensus = "cometbft"
attacks.fork = { profit_usd = 20, amnesia = false }
[designs.d.services.chain]
system = "pos"
pool = "p"
slash = 0.05
"#;

/// Four operators behind a chain and three services that restake elastically; two of those may turn. A second design restakes
/// pooled stake in two assets for two of them.
fn study(joint: bool) -> Study {
    let allocations = r#"[
    { operator = "a", service = "x", pool = "p", fraction = 0.6 },
    { operator = "b", service = "x", pool = "p", fraction = 0.9 },
    { operator = "a", service = "y", pool = "p", fraction = 0.7 },
    { operator = "b", service = "y", pool = "p", fraction = 0.5 },
    { operator = "c", service = "y", pool = "p", fraction = 1.0 },
    { operator = "b", service = "z", pool = "p", fraction = 0.8 },
    { operator = "c", service = "z", pool = "p", fraction = 0.8 },
]"#;
    let avs = |name: &str, slash: f64| {
        format!(
            "[designs.d.services.{name}]\nsystem = \"eigenlayer\"\npools = [\"p\"]\nstake = \"elastic\"\n\
             slash = {slash}\nallocations = {allocations}\n"
        )
    };
    let text = format!(
        r#"
name = "turning"
assets.A = {{ price_usd = 2.0, volatility = 0.5 }}
assets.B = {{ price_usd = 1.0, volatility = 1.5 }}
[collusion]
probability = 0.4
altruistic_probability = 0.1
loadings = {{ common = 0.4 }}
[faults.equivocation]
rate_per_key_year = 0.2
[adversary]
bribe_premium = 0.1
joint = {joint}
cascades = {joint}
[pools.p]
asset = "A"
stake = {{ a = 100, b = 80, c = 60, e = 40 }}
[pools.q]
asset = "B"
stake = {{ a = 10, b = 80, c = 160, e = 90 }}
{CHAIN}[services.x]
consensus = "quorum"
byzantine_probability = 0.3
attacks.steal = {{ profit_usd = 120, threshold = ">= 1/2", depends_on = {{ y = 0.5 }} }}
[services.y]
consensus = "quorum"
byzantine_probability = 0.2
attacks.steal = {{ profit_usd = 90, threshold = ">= 1/3" }}
attacks.halt = {{ profit_usd = 10, threshold = ">= 1/3" }}
[services.z]
consensus = "quorum"
attacks.steal = {{ profit_usd = 150, threshold = ">= 1/2", depends_on = {{ x = 0.3 }} }}
{}{}{}
[designs.e]
services.x = {{ system = "eigenlayer", pools = ["p", "q"], stake = "pooled", slash = 0.2 }}
services.z = {{ system = "eigenlayer", pools = ["p", "q"], stake = "pooled", slash = 0.7 }}
"#,
        avs("x", 0.5),
        avs("y", 1.0),
        avs("z", 0.9)
    );
    Study::from_text(&text, "study.toml", Path::new(".")).unwrap_or_else(|error| panic!("{error}"))
}

/// The study in which these services are Byzantine by its word, and none may turn.
fn by_word(study: &Study, set: u8) -> Study {
    let mut study = study.clone();
    let services: Vec<usize> = study.turning().collect();
    for (service, system) in study.designs.iter_mut().flat_map(|design| &mut design.services) {
        let bit = services.iter().position(|at| at == service);
        if let (System::Eigenlayer(avs), Some(bit)) = (system, bit) {
            avs.byzantine |= set >> bit & 1 == 1;
        }
    }
    for (bit, service) in services.into_iter().enumerate() {
        let service = &mut study.services[service];
        service.byzantine_probability = 0.0;
        if set >> bit & 1 == 1 {
            service.attacks.iter_mut().for_each(|attack| attack.success_probability = 0.0);
        }
    }
    study
}

struct Room {
    graph: Graph,
    draws: Draws,
    outcomes: Outcomes,
    execution: Execution,
}

fn judged(study: &Study, block: u64) -> Room {
    let graph = compile(study);
    let sampler = Sampler::new(study, 7);
    let (mut draws, mut outcomes, mut execution) =
        (sampler.room(), Outcomes::new(&graph), Execution::new(&graph));
    sampler.draw(block, LANES, &mut draws);
    assess(&graph, &draws, &mut outcomes);
    execute(&graph, &draws, &mut outcomes, &mut execution);
    Room { graph, draws, outcomes, execution }
}

/// Position of the outcome of a design's service, and of its first target.
fn at(room: &Room, study: &Study, design: usize, service: &str) -> (usize, usize) {
    let named = |index: &&usize| study.services[room.graph.secured[**index].service].name == service;
    let secured = *room.graph.designs[design].secured.iter().find(named).unwrap();
    (secured, room.outcomes.first_target[secured])
}

/// Every scenario is judged as in a study of which it is the word who is Byzantine: who attacks what, at which cost, what accidents
/// and slashes take; what the Byzantine take is a drawn loss instead of a mean one.
#[test]
fn a_scenario_is_judged_as_if_the_study_had_said_who_turns() {
    let close = |a: f64, b: f64| (a - b).abs() <= 1e-9 * b.abs().max(1.0) || a.to_bits() == b.to_bits();
    for (joint, block) in [(false, 0), (true, 1)] {
        let study = study(joint);
        let whole = judged(&study, block);
        let mut seen = [0; 4];
        for set in 0..4u8 {
            let given = by_word(&study, set);
            let room = judged(&given, block);
            for lane in (0..LANES).filter(|lane| whole.draws.turned[*lane] == set) {
                seen[usize::from(set)] += 1;
                for (design, services) in [(0, vec!["chain", "x", "y", "z"]), (1, vec!["x", "z"])] {
                    for service in services {
                        let ((_, a), (_, b)) =
                            (at(&whole, &study, design, service), at(&room, &given, design, service));
                        let turned =
                            (0u8..).zip(["x", "y"]).any(|(bit, s)| s == service && set >> bit & 1 == 1);
                        let (mine, its) = (&whole.outcomes.targets[a], &room.outcomes.targets[b]);
                        if turned {
                            assert!(mine.profit[lane] == 0.0 && mine.best.cost[lane].is_infinite());
                            assert!(mine.route(lane).is_none() && !mine.threshold_reached[lane]);
                            continue;
                        }
                        // What rests on a service that has turned is worth nothing, nor what it rests on: see below for profits.
                        assert!(close(mine.best.cost[lane], its.best.cost[lane]), "{service} {lane} {set}");
                        assert!(close(mine.best.lower[lane], its.best.lower[lane]));
                        assert_eq!(mine.threshold_reached[lane], its.threshold_reached[lane]);
                    }
                    let (mine, its) = (&whole.execution.designs[design], &room.execution.designs[design]);
                    let whose =
                        |o: &Execution, d: usize, which: fn(&crate::attack::LossLine) -> f64| -> f64 {
                            let here = o
                                .losses
                                .iter()
                                .filter(|l| usize::from(l.design) == d && usize::from(l.lane) == lane);
                            here.map(which).sum()
                        };
                    assert!(close(mine.fault_slashed[lane], its.fault_slashed[lane]), "{set} {lane}");
                    let taken = mine.byzantine_slashed[lane];
                    assert!(close(
                        whose(&whole.execution, design, |l| l.by_accident_usd),
                        whose(&room.execution, design, |l| l.by_accident_usd) + taken
                    ));
                    assert_eq!(mine.n_byzantine[lane] > 0, taken > 0.0);
                }
            }
        }
        assert!(seen.iter().all(|n| *n > 3), "{seen:?}");
    }
}

/// Each set of services judges no scenarios but its own, and finds in them, bit by bit, what its graph finds when it judges the whole
/// block: with bribes and without, alone and jointly, whether or not prices move the order of members.
#[test]
fn a_scenario_is_judged_alike_whoever_else_is_judged() {
    let bits = |column: &[f64], lane: usize| column[lane].to_bits();
    for (joint, bribes, block) in [(false, true, 4), (false, false, 5), (true, true, 6), (true, false, 7)] {
        let mut study = study(joint);
        if !bribes {
            study.adversary.routes.retain(|route| *route != Route::Bribe);
        }
        let mut whole = judged(&study, block);
        let turned = whole.draws.turned;
        let mut found = 0;
        for set in 0..4u8 {
            let none = compile(&by_word(&study, 0));
            let graph = if set == 0 { &none } else { whole.graph.given(set) };
            let (mut outcomes, mut execution) = (Outcomes::new(graph), Execution::new(graph));
            whole.draws.turned = [set; LANES];
            assess(graph, &whole.draws, &mut outcomes);
            execute(graph, &whole.draws, &mut outcomes, &mut execution);
            for lane in (0..LANES).filter(|lane| turned[*lane] == set) {
                for (mine, its) in whole.outcomes.targets.iter().zip(&outcomes.targets) {
                    assert_eq!(mine.route(lane), its.route(lane));
                    assert_eq!(mine.threshold_reached[lane], its.threshold_reached[lane]);
                    assert_eq!(bits(&mine.profit, lane), bits(&its.profit, lane));
                    assert_eq!(bits(&mine.best.cost, lane), bits(&its.best.cost, lane));
                    assert_eq!(bits(&mine.best.lower, lane), bits(&its.best.lower, lane));
                    assert_eq!(bits(&mine.best.forfeited, lane), bits(&its.best.forfeited, lane));
                }
                let shares = whole.outcomes.colluding_share.iter().zip(&outcomes.colluding_share);
                shares.for_each(|(mine, its)| assert_eq!(bits(mine, lane), bits(its, lane)));
                for (mine, its) in whole.execution.designs.iter().zip(&execution.designs) {
                    assert_eq!(mine.target[lane], its.target[lane]);
                    assert_eq!(mine.targets.get(lane), its.targets.get(lane));
                    assert_eq!(mine.coalition_size[lane], its.coalition_size[lane]);
                    assert_eq!(bits(&mine.net_gain, lane), bits(&its.net_gain, lane));
                    assert_eq!(bits(&mine.net_gain_upper, lane), bits(&its.net_gain_upper, lane));
                    assert_eq!(bits(&mine.slashed, lane), bits(&its.slashed, lane));
                    assert_eq!(bits(&mine.fault_slashed, lane), bits(&its.fault_slashed, lane));
                    found += usize::from(set > 0 && mine.target[lane] != NO_TARGET);
                }
            }
        }
        assert!(found > 3, "{found} attacks where services have turned");
    }
}

/// By hand, the price as it is drawn: x takes half of what is allocated to it, y all.
#[test]
fn what_is_taken_is_booked_by_operator() {
    let study = study(false);
    let room = judged(&study, 2);
    // x takes 0.5 · 0.6 of a's 100 and 0.5 · 0.9 of b's 80; y 0.7 of a, 0.5 of b and all of c's 60; both at most everything.
    let by_set = [[0.0; 4], [30.0, 36.0, 0.0, 0.0], [70.0, 40.0, 60.0, 0.0], [100.0, 76.0, 60.0, 0.0]];
    for lane in 0..LANES {
        let (set, price) = (usize::from(room.draws.turned[lane]), room.draws.prices[0][lane]);
        let out = &room.execution.designs[0];
        let tokens: f64 = by_set[set].iter().sum();
        assert!((out.byzantine_slashed[lane] - price * tokens).abs() < 1e-9 * price * 300.0);
        assert_eq!(out.n_byzantine[lane], set.count_ones().cast_signed());
        assert!(out.fault_slashed[lane] >= out.byzantine_slashed[lane] - 1e-9);
        // Nobody loses more than the stake.
        let lines = || room.execution.losses.iter().filter(|l| l.design == 0 && usize::from(l.lane) == lane);
        for (operator, stake) in (0u32..).zip([100.0, 80.0, 60.0, 40.0]) {
            let mine = lines().filter(|line| line.operator == operator);
            let lost: f64 = mine.map(|line| line.by_attack_usd + line.by_accident_usd).sum();
            assert!(lost <= price * stake * (1.0 + 1e-9), "{lost} of {}", price * stake);
            assert!(lost >= price * by_set[set][operator as usize] - 1e-9);
        }
    }
    let losers = room.execution.losses.iter().filter(|line| line.design == 0);
    let losers = losers.filter(|line| line.by_attack_usd + line.by_accident_usd > 0.0);
    let losers: BTreeSet<(u16, u32)> = losers.map(|line| (line.lane, line.operator)).collect();
    for (operator, slashed) in (0u32..).zip(&room.execution.operators[0].slashed) {
        assert_eq!(*slashed, losers.iter().filter(|(_, who)| *who == operator).count() as u64);
    }
}

/// The value that rests on a service or that it rests on goes with it, alone and in joint attacks.
#[test]
fn a_service_that_has_turned_is_no_prize() {
    let study = study(true);
    let room = judged(&study, 3);
    let out = &room.execution.designs[0];
    let column = |service: usize, kind: &str| crate::design::profit_column(&study, service, kind);
    let named = |name: &str| study.services.iter().position(|service| service.name == name).unwrap();
    let (x, y, z) = (column(named("x"), "steal"), column(named("y"), "steal"), column(named("z"), "steal"));
    let mut hit = 0;
    for lane in 0..LANES {
        let profit = |at: usize| room.draws.profits[at][lane];
        let set = room.draws.turned[lane];
        let alone = |service: &str| {
            room.outcomes.targets[at(&room, &study, 0, service).1 + usize::from(service == "y")].profit[lane]
        };
        let (has_x, has_y) = (set & 1 == 0, set & 2 == 0);
        let share = |holds: bool, usd: f64| if holds { usd } else { 0.0 };
        assert!((alone("x") - share(has_x, profit(x) + 0.3 * profit(z))).abs() < 1e-9);
        assert!((alone("y") - share(has_y, profit(y) + share(has_x, 0.5 * profit(x)))).abs() < 1e-9);
        assert!((alone("z") - profit(z)).abs() < 1e-9);
        // Targets in the order of services: chain, x, y's two, z.
        let targets = out.targets[lane];
        assert!(has_x || targets & 0b10 == 0);
        assert!(has_y || targets & 0b1100 == 0);
        hit += u32::from(set > 0 && out.target[lane] != NO_TARGET);
        let most =
            profit(0) + share(has_x, profit(x)) + share(has_y, profit(y).max(profit(y - 1))) + profit(z);
        assert!(out.taken[lane] <= most + 1e-9);
    }
    assert!(hit > 10 && to_f64(u128::from(hit)) < 256.0);
}

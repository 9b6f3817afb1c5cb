//! Targets that need power in two quorums.

use super::super::second::Second;
use super::divided::optimum;
use super::*;

/// Lets some targets need a second quorum, in which others may have power.
fn with_second(dice: &mut Dice, joint: &mut Joint, scene: &mut Scene) {
    let n = scene.n();
    for target in 0..joint.targets.len() {
        if dice.chance(0.4) {
            continue;
        }
        let units: Vec<u128> =
            (0..n).map(|_| if dice.chance(0.6) { 1 + dice.below(50) as u128 } else { 0 }).collect();
        let need = (units.iter().sum::<u128>() * (20 + dice.below(60) as u128)).div_ceil(100);
        for (takes_part, units) in joint.targets[target].takes_part.iter_mut().zip(&units) {
            *takes_part |= *units > 0;
        }
        // Some are corrupted by the second quorum alone.
        if dice.chance(0.2) {
            scene.need[target] = 0;
            joint.targets[target].takes_part = units.iter().map(|units| *units > 0).collect();
        }
        scene.second.push(Second::new(target, units, need));
    }
    scene.finish(joint);
    price_alone(joint, scene, (&mut Cover::default(), &mut Payments::default()));
}

/// The interval holds the optimum of random graphs; `divided`: of whom some can commit a part of their keys.
fn over_dual_graphs(rule: Combine, (seed, divided): (u64, bool)) {
    let (mut dice, mut score, mut near, mut both) = (Dice(seed), Score::default(), 0, 0);
    for round in 0..500 {
        let (operators, services) = (2 + dice.below(6), 1 + dice.below(4));
        let shape = Shape {
            rule,
            full: round % 5 == 0,
            frills: round % 2 == 1,
            operators,
            services,
            shared: false,
            saturates: 0.0,
            below: false,
        };
        let (mut joint, mut scene) = random(&mut dice, shape);
        if divided {
            joint.divisible = (0..operators).map(|_| dice.chance(0.5)).collect();
        }
        with_second(&mut dice, &mut joint, &mut scene);
        let truth = optimum(&joint, &scene);
        assert_holds(&joint, &scene, truth, &mut score);
        let plan = Plan::new(&joint);
        let verdict = Judge::default().judge_weighed(&joint, &plan, &mut scene, 0.0);
        near += usize::from(verdict.witness.as_ref().map_or(0.0, Witness::net) >= 0.99 * truth - 1e-9);
        both += usize::from(verdict.witness.is_some_and(|witness| scene.has_second(witness.targets)));
    }
    assert!(score.pays * 2 > score.graphs && score.undecided * 50 < score.graphs, "{score:?}");
    assert!(near * 100 > 98 * score.graphs && both * 2 > score.pays, "{near} {both} {score:?}");
}

#[test]
fn the_interval_holds_the_optimum_of_two_quorums() {
    over_dual_graphs(Combine::Once, (61, false));
    over_dual_graphs(Combine::Additive, (62, false));
    over_dual_graphs(Combine::Compound, (63, false));
}

#[test]
fn the_interval_holds_the_optimum_of_two_quorums_and_parts() {
    over_dual_graphs(Combine::Once, (64, true));
    over_dual_graphs(Combine::Additive, (65, true));
}

/// One has the first quorum with a stake of 100, another the second with one of 50: both are needed, and lose 150 together.
#[test]
fn who_holds_one_quorum_needs_who_holds_the_other() {
    let graph = |profit: f64| {
        let (mut joint, mut scene) = restaking(&[100, 50], &[(&[0], profit, 100)]);
        joint.targets[0].takes_part[1] = true;
        joint.targets[0].charges[0].share[1] = 1.0;
        scene.second.push(Second::new(0, vec![0, 50], 50));
        scene.finish(&joint);
        price_alone(&joint, &mut scene, (&mut Cover::default(), &mut Payments::default()));
        (joint, scene)
    };
    assert_secure(&graph(101.0));
    assert_secure(&graph(150.0));
    assert_pays(&graph(151.0), 1.0, 2);
    // What either loses covers its part of the profit: the weights of the quorums are those of their stakes.
    let (joint, scene) = graph(100.0);
    let slack = crate::attack::joint::slack(&joint, &Plan::new(&joint), &scene);
    assert!((slack.whole - 1.5).abs() < 1e-9, "{slack:?}");
}

//! Operators that commit a part of their keys: brute force over those with one key times linear programs for the others.

use super::super::simplex::{Fractional, Simplex};
use super::*;
use crate::attack::part;
use crate::graph::to_f64;

/// The least that those who can be divided are paid for what is missing, by a linear program whose solution is checked from both
/// sides; infinite where all of them fall short.
fn least_of_parts(payments: &[f64], rows: &[(Vec<f64>, f64)]) -> f64 {
    let short = |(units, missing): &(Vec<f64>, f64)| units.iter().sum::<f64>() < *missing;
    if rows.iter().any(short) {
        return f64::INFINITY;
    }
    let parts: Vec<Vec<f64>> =
        rows.iter().map(|(units, missing)| units.iter().map(|units| units / missing).collect()).collect();
    if parts.is_empty() {
        return payments.iter().map(|payment| payment.min(0.0)).sum();
    }
    let mut simplex = Simplex::default();
    simplex.start(payments, parts.iter().map(|part| &part[..]));
    assert!(simplex.solve(1000));
    let (mut whole, mut fractional, mut mu) = (Vec::new(), Vec::<Fractional>::new(), Vec::new());
    simplex.parts(&mut whole, &mut fractional);
    simplex.multipliers(&mut mu);
    let mut x = vec![0.0; payments.len()];
    whole.iter().for_each(|who| x[*who as usize] = 1.0);
    fractional.iter().for_each(|of| x[of.candidate as usize] = of.part);
    let cost: f64 = x.iter().zip(payments).map(|(x, payment)| x * payment).sum();
    let worth = |who: usize| parts.iter().zip(&mu).map(|(part, mu)| part[who] * mu).sum::<f64>();
    let reduced = payments.iter().enumerate().map(|(who, payment)| (payment - worth(who)).min(0.0));
    let proven = mu.iter().sum::<f64>() + reduced.sum::<f64>();
    let scale = 1.0 + payments.iter().map(|payment| payment.abs()).sum::<f64>();
    assert!((cost - proven).abs() < 1e-7 * scale, "{cost} is not {proven}: {payments:?} {rows:?}");
    for part in &parts {
        assert!(part.iter().zip(&x).map(|(part, x)| part * x).sum::<f64>() > 1.0 - 1e-7);
    }
    proven
}

/// The best net gain where some can be divided and targets may need two quorums; 0 where no attack pays.
pub(super) fn optimum(joint: &Joint, scene: &Scene) -> f64 {
    let (whole, parts): (Vec<u32>, Vec<u32>) = scene_candidates(scene).partition(|who| !scene.divides(*who));
    let mut best = 0.0f64;
    for set in all_sets(joint).into_iter().filter(|set| set & !scene.in_reach == 0) {
        let net = |who: &u32| {
            let who = *who as usize;
            scene.payment(joint, set, who) - scene.returned(joint, set, who)
        };
        let payments: Vec<f64> = parts.iter().map(net).collect();
        for chosen in 0u32..1 << whole.len() {
            let members =
                || whole.iter().enumerate().filter(|(at, _)| chosen >> at & 1 == 1).map(|(_, who)| who);
            let row = |row: usize| {
                let units = scene.row_units(joint, row);
                let held: u128 = members().map(|who| units[*who as usize]).sum();
                let missing = scene.row_need(row).saturating_sub(held);
                let of = |who: &u32| to_f64(units[*who as usize]);
                (missing > 0).then(|| (parts.iter().map(of).collect::<Vec<_>>(), to_f64(missing)))
            };
            let rows: Vec<_> = scene.rows(set).filter_map(row).collect();
            let paid = members().map(net).sum::<f64>() + least_of_parts(&payments, &rows);
            best = best.max(scene.profit_of(joint, set) - paid);
        }
    }
    best
}

fn scene_candidates(scene: &Scene) -> impl Iterator<Item = u32> {
    (0u32..).take(scene.n())
}

/// The same graph where these can commit parts of their keys.
fn divide((mut joint, mut scene): (Joint, Scene), divisible: Vec<bool>) -> (Joint, Scene) {
    joint.divisible = divisible;
    scene.finish(&joint);
    price_alone(&joint, &mut scene, (&mut Cover::default(), &mut Payments::default()));
    (joint, scene)
}

/// The interval holds the optimum of random graphs in which some operators, all, or some with a part of their keys gone can be
/// divided; where an attack pays the witness is nearly the best, whole where it must be.
fn over_divided_graphs(rule: Combine, seed: u64) {
    let (mut dice, mut score, mut near, mut divided) = (Dice(seed), Score::default(), 0, 0);
    for round in 0..500 {
        let (operators, services) = (2 + dice.below(6), 1 + dice.below(4));
        let shape = Shape {
            rule,
            full: round % 5 == 0,
            frills: round % 2 == 1,
            operators,
            services,
            shared: round % 7 == 0,
            saturates: if round % 11 == 0 { 0.5 } else { 0.0 },
            below: round % 11 == 0,
        };
        let graph = random(&mut dice, shape);
        let everybody = round % 3 == 0;
        let chosen = (0..operators).map(|_| everybody || dice.chance(0.6)).collect();
        let (joint, scene) = divide(graph, chosen);
        let truth = optimum(&joint, &scene);
        assert!(truth >= super::optimum(&joint, &scene) - 1e-9 * (1.0 + truth), "parts can only gain");
        assert_holds(&joint, &scene, truth, &mut score);
        let plan = Plan::new(&joint);
        let verdict = Judge::default().judge(Ground { joint: &joint, plan: &plan, scene: &scene }, 0.0);
        let lower = verdict.witness.as_ref().map_or(0.0, Witness::net);
        near += usize::from(lower >= 0.99 * truth - 1e-9);
        let Some(witness) = verdict.witness else { continue };
        let whole = |(member, part): (&u32, &u64)| scene.divides(*member) || *part == part::WHOLE;
        assert!(witness.members.iter().zip(&witness.parts).all(whole), "{witness:?}");
        divided += usize::from(witness.parts.iter().any(|part| *part < part::WHOLE));
    }
    assert!(score.pays * 2 > score.graphs && score.undecided * 100 < score.graphs, "{score:?}");
    assert!(near * 100 > 98 * score.graphs && divided * 4 > score.pays, "{near} {divided} {score:?}");
}

#[test]
fn the_interval_holds_the_optimum_of_parts_where_losses_fall_once() {
    over_divided_graphs(Combine::Once, 51);
}

#[test]
fn the_interval_holds_the_optimum_of_parts_where_losses_add() {
    over_divided_graphs(Combine::Additive, 52);
}

#[test]
fn the_interval_holds_the_optimum_of_parts_where_losses_compound() {
    over_divided_graphs(Combine::Compound, 53);
}

/// Half of 30 and 30 take 30 of 60; two with one key each must both join for 31.
#[test]
fn a_part_is_enough_where_all_is_too_much() {
    let graph =
        |divisible: bool| divide(restaking(&[30, 30, 40], &[(&[0, 1], 35.0, 60)]), vec![divisible; 3]);
    // 36 of 60 are needed.
    assert_secure(&graph(false));
    assert_secure(&graph(true));
    let graph =
        |divisible: bool| divide(restaking(&[30, 30, 40], &[(&[0, 1], 37.0, 60)]), vec![divisible; 3]);
    assert_secure(&graph(false));
    let verdict = judged(&graph(true));
    let witness = verdict.witness.unwrap();
    assert!((witness.net() - 1.0).abs() < 1e-9 && (verdict.upper - 1.0).abs() < 1e-9, "{witness:?}");
    let parts: Vec<f64> = witness.committed().map(|(_, part)| part).collect();
    assert!((parts.iter().sum::<f64>() - 1.2).abs() < 1e-11, "{parts:?}");
}

/// Fifteen validators and services, each with a fifteenth of every stake (Bar-Zur and Eyal 2025, degree 1): three tenths of the power
/// are four and a half validators, so that a stake of 10/3 is what a prize of 1 is safe at; where they join whole it is 3.
#[test]
fn four_and_a_half_validators_attack_fifteen_services() {
    let all: Vec<usize> = (0..15).collect();
    let graph = |stake: u32, divisible: bool| {
        // Prizes in thousandths of a stake of thirty units.
        let (mut joint, mut scene) =
            restaking(&[30_000; 15], &vec![(&all[..], 30_000.0 * 1000.0 / f64::from(stake), 30); 15]);
        joint.pools[0].rule = Combine::Additive;
        for charge in joint.targets.iter_mut().flat_map(|target| &mut target.charges) {
            let landed = Landed { fraction: 1.0 / 15.0, ejection: 0.0 };
            (charge.is_claim, charge.free, charge.held) = (true, landed, landed);
        }
        scene.finish(&joint);
        divide((joint, scene), vec![divisible; 15])
    };
    for (stake, divisible, pays) in [
        (3330, true, true),
        (3336, true, false),
        (2997, false, true),
        (3003, false, false),
        (3330, false, false),
    ] {
        let verdict = judged(&graph(stake, divisible));
        assert_eq!(verdict.witness.is_some(), pays, "{stake} {divisible} {verdict:?}");
        // Fifteen equal operators with one key each are too many for the search to rule out a better choice of them.
        assert!(pays || !divisible || verdict.upper < 1e-6, "{stake} {verdict:?}");
        let Some(witness) = verdict.witness else { continue };
        let parts: f64 = witness.committed().map(|(_, part)| part).sum();
        assert!((parts - if divisible { 4.5 } else { 5.0 }).abs() < 1e-9, "{parts}");
        assert_eq!(witness.targets.count_ones(), 15);
    }
}

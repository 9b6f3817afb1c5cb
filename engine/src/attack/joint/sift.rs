//! What of a case can be left out before anything is bounded: an attack costs at least what the dearest of its targets costs alone,
//! and brings at most what its targets bring one by one.

use super::certificate::Decided;
use super::plan::{Case, Plan};
use super::search::Ground;
use crate::graph::{Targets, targets_in};

/// Sets of targets that are bounded one by one instead of together.
const FEW_SETS: usize = 4;
/// How far sums are rounded.
const ROUNDING: f64 = 1e-12;

/// A case less the targets that no attack holds which nets more than `floor`; nothing if no attack of the case does.
pub fn sift(Ground { joint, plan, scene }: Ground<'_>, case: &Case, floor: f64) -> Decided {
    let mut decided = Decided { forced: case.forced, free: case.free & scene.in_reach };
    if joint.redistributes() {
        return decided;
    }
    let cost = |target: usize| scene.alone[target] * case.kept[target];
    let dearest = targets_in(case.forced).map(cost).fold(0.0, f64::max);
    let forced: f64 = targets_in(case.forced).map(|target| scene.profit[target]).sum();
    loop {
        let best_of = |of_service: &Targets| {
            targets_in(of_service & decided.free).map(|target| scene.profit[target]).fold(0.0, f64::max)
        };
        let all = forced + plan.of_service.iter().map(best_of).sum::<f64>();
        let most = |gains: f64, cost: f64| gains - cost + ROUNDING * (all + cost);
        if most(all, dearest) <= floor {
            return Decided { forced: 0, free: 0 };
        }
        let mut kept = 0;
        for of_service in &plan.of_service {
            let others = all - best_of(of_service);
            let may_pay =
                |target: &usize| most(others + scene.profit[*target], cost(*target).max(dearest)) > floor;
            kept |= targets_in(of_service & decided.free).filter(may_pay).fold(0, |set, t| set | 1 << t);
        }
        if kept == decided.free {
            return decided;
        }
        decided.free = kept;
    }
}

/// Whether an attack of a case may net more than `floor`, as far as single targets tell.
pub fn may_pay(ground: Ground<'_>, case: &Case, floor: f64) -> bool {
    let Decided { forced, free } = sift(ground, case, floor);
    case.forced & !ground.scene.in_reach == 0 && forced | free != 0
}

/// All sets of targets of a case, at most one free one of each service, if they are few.
pub fn few_sets(plan: &Plan, decided: Decided) -> Option<Vec<Targets>> {
    let mut sets = vec![decided.forced];
    for of_service in plan.of_service.iter().filter(|of_service| *of_service & decided.free != 0) {
        for at in 0..sets.len() {
            let set = sets[at];
            sets.extend(targets_in(of_service & decided.free).map(|target| set | 1 << target));
            if sets.len() > FEW_SETS + 1 {
                return None;
            }
        }
    }
    sets.retain(|set| *set != 0);
    (sets.len() <= FEW_SETS).then_some(sets)
}

/// What an attack on just these targets nets at most, as far as single targets tell.
pub fn quick_leaf(Ground { joint, scene, .. }: Ground<'_>, case: &Case, set: Targets) -> f64 {
    if joint.redistributes() {
        return f64::INFINITY;
    }
    let profit = scene.profit_of(joint, set);
    let cost = targets_in(set).map(|target| scene.alone[target] * case.kept[target]).fold(0.0, f64::max);
    profit - cost + ROUNDING * (profit + cost)
}

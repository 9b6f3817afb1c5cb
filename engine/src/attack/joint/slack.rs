//! Overcollateralisation that is certified: how many times over profits could grow before the certificate would fail.

use super::certificate::{Certificate, Decided};
use super::plan::Case;
use super::{Plan, Scene};
use crate::graph::{Joint, targets_in};

/// Powers of two between which a multiple is sought, and halvings of that range.
const RANGE: (f64, f64) = (-60.0, 60.0);
const HALVINGS: u32 = 56;

/// `1 + γ*`: no coalition gains more than what it pays divided by this. Infinite where nothing can be gained.
#[derive(Debug, Clone, PartialEq)]
pub struct Slack {
    /// What each operator's own choice of targets allows. `[candidate]`
    pub operators: Vec<f64>,
    /// The least of a service's operators: holds for attacks on services all of whose operators allow as much. `[service]`
    pub services: Vec<f64>,
    /// The least of all.
    pub whole: f64,
}

/// The certificate's multiples in a scene.
///
/// With multipliers that leave nothing of its first sum, the certificate is what operators gain by their own choice. If none of
/// them gains at profits `x` times as large, `x · PfC(A) ≤ cost(A, B)` for every attack. For losses that fall once in full this
/// is `γ*_v = 1/T_v − 1` with `T_v = Σ_{s∋v} π_s/(α_s σ_{N(s)})` (Durvasula and Roughgarden 2024, their local condition at one
/// validator). Attacks that hold an executor form cases of their own, in which others' slashes do not land: there the profits of
/// all other targets may be charged to those who hold it instead, whichever certifies more.
pub fn slack(joint: &Joint, plan: &Plan, scene: &Scene) -> Slack {
    let mut operators = vec![f64::INFINITY; scene.n()];
    for case in plan.cases.iter().filter(|case| case.forced & !scene.in_reach == 0) {
        let decided = Decided { forced: case.forced, free: case.free & scene.in_reach };
        let by = |prices: &[f64]| -> Vec<f64> {
            let alone = |candidate| multiple(&only(scene, candidate), (joint, plan, case), decided, prices);
            (0..scene.n()).map(alone).collect()
        };
        let least = |multiples: &[f64]| multiples.iter().copied().fold(f64::INFINITY, f64::min);
        let mut best = by(&own_profits(scene));
        if let Some(prices) = charged_to_forced(plan, scene, decided) {
            let other = by(&prices);
            best = if least(&other) > least(&best) { other } else { best };
        }
        operators.iter_mut().zip(best).for_each(|(all, here)| *all = all.min(here));
    }
    let is_free = |target: usize| {
        scene.is_unguarded(target) && scene.profit[target] > 0.0 && joint.targets[target].by_operators
    };
    let of_service = |service: usize| {
        let members = operators.iter().enumerate().filter(|(o, _)| scene.has_power(joint, service, *o));
        let least = members.map(|(_, least)| *least).fold(f64::INFINITY, f64::min);
        if targets_in(joint.of_service(service)).any(is_free) { 0.0 } else { least }
    };
    let services: Vec<f64> = (0..plan.of_service.len()).map(of_service).collect();
    let whole = services.iter().copied().fold(f64::INFINITY, f64::min);
    Slack { operators, services, whole }
}

/// [`Slack::whole`] without the figures of its parts, all operators at once.
pub fn slack_of_whole(joint: &Joint, plan: &Plan, scene: &Scene) -> f64 {
    let is_free = |target: usize| {
        scene.is_unguarded(target) && scene.profit[target] > 0.0 && joint.targets[target].by_operators
    };
    if (0..scene.need.len()).any(is_free) {
        return 0.0;
    }
    let of_case = |case: &Case| {
        let decided = Decided { forced: case.forced, free: case.free & scene.in_reach };
        let by = |prices: &[f64]| multiple(scene, (joint, plan, case), decided, prices);
        let own = by(&own_profits(scene));
        charged_to_forced(plan, scene, decided).map_or(own, |prices| own.max(by(&prices)))
    };
    let cases = plan.cases.iter().filter(|case| case.forced & !scene.in_reach == 0);
    cases.map(of_case).fold(f64::INFINITY, f64::min)
}

/// Every target at its own profit; 0 where nobody has power. `[target]`
fn own_profits(scene: &Scene) -> Vec<f64> {
    let own = |target: usize| if scene.is_unguarded(target) { 0.0 } else { scene.profit[target] };
    (0..scene.profit.len()).map(own).collect()
}

/// All that can be gained charged in equal parts to the targets of every attack of a case; `None` if there are none. `[target]`
fn charged_to_forced(plan: &Plan, scene: &Scene, decided: Decided) -> Option<Vec<f64>> {
    let n = decided.forced.count_ones();
    let guarded = targets_in(decided.forced).all(|target| !scene.is_unguarded(target));
    let most = |of_service: &u128| {
        targets_in(of_service & decided.free).map(|target| scene.profit[target]).fold(0.0, f64::max)
    };
    let others: f64 = plan.of_service.iter().map(most).sum();
    let price = |target: usize| {
        if decided.forced >> target & 1 == 1 { scene.profit[target] + others / f64::from(n) } else { 0.0 }
    };
    (n > 0 && guarded).then(|| (0..scene.profit.len()).map(price).collect())
}

/// How many times over the prices can grow before a candidate of a scene gains.
fn multiple(
    scene: &Scene,
    (joint, plan, case): (&Joint, &Plan, &Case),
    decided: Decided,
    prices: &[f64],
) -> f64 {
    let mut certificate = Certificate::default();
    certificate.load(joint, plan, case, (scene, decided));
    let mut mu = Vec::new();
    let mut gains = |exponent: f64| {
        mu.clear();
        mu.extend(prices.iter().map(|price| libm::exp2(exponent) * price));
        certificate.bound(plan, &mu, decided);
        (0..scene.n()).any(|candidate| certificate.gain_of(candidate) > 0.0)
    };
    let (mut low, mut high) = RANGE;
    if !gains(high) {
        return f64::INFINITY;
    }
    if gains(low) {
        return 0.0;
    }
    for _ in 0..HALVINGS {
        let middle = 0.5 * (low + high);
        if gains(middle) { high = middle } else { low = middle }
    }
    libm::exp2(low)
}

/// The scene as one candidate sees it: what targets need and bring stays.
fn only(scene: &Scene, candidate: usize) -> Scene {
    let n_services = scene.units.len() / scene.n().max(1);
    Scene {
        operators: vec![scene.operators[candidate]],
        pay: vec![scene.pay[candidate]],
        units: (0..n_services).map(|service| scene.units_of(service)[candidate]).collect(),
        part: (0..scene.need.len()).map(|target| scene.part_of(target)[candidate]).collect(),
        need: scene.need.clone(),
        profit: scene.profit.clone(),
        columns: scene.columns.clone(),
        prices: scene.prices.clone(),
        in_reach: scene.in_reach,
        ..Scene::default()
    }
}

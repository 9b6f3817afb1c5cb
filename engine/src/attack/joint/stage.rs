//! From draws and single outcomes to the joint attack of each scenario of a design.

use super::branch::{Judge, Verdict, quick_bound};
use super::scene::Scene;
use super::sift::may_pay;
use super::slack::slack_of_whole;
use super::{Ground, Plan, has_targets, is_close};
use crate::attack::{Outcomes, Priced, TargetOutcome, part};
use crate::graph::{DesignGraph, Graph, Joint, Power, slot};
use crate::sampling::{Crowd, Draws};
use crate::study::Route;

/// What one worker keeps of a design.
#[derive(Debug)]
pub struct Stage {
    plan: Plan,
    judge: Judge,
    scene: Scene,
    priced: Priced,
    /// Whether operators can be bribed.
    bribes: bool,
    /// Positions among all targets. `[target of the design]`
    targets: Vec<usize>,
}

impl Stage {
    /// Room for a design; `None` where no joint attack is to be judged.
    pub fn new(graph: &Graph, design: &DesignGraph) -> Option<Self> {
        let by_operators = |route: &Route| matches!(route, Route::Collude | Route::Bribe);
        if !graph.joint || !has_targets(&design.joint) || !graph.routes.iter().any(by_operators) {
            return None;
        }
        let firsts = graph.first_targets(&graph.images());
        let of = |secured: &usize| {
            let first = firsts[*secured];
            first..first + graph.secured[*secured].targets.len()
        };
        Some(Self {
            plan: Plan::new(&design.joint),
            judge: Judge::default(),
            scene: Scene::default(),
            priced: Priced::default(),
            bribes: graph.routes.contains(&Route::Bribe),
            targets: design.secured.iter().flat_map(of).collect(),
        })
    }

    /// The joint attack by operators that nets most in a scenario, if it nets more than `floor`, and no such attack nets more
    /// than the verdict's bound.
    pub fn judge(
        &mut self,
        (graph, design): (&Graph, &DesignGraph),
        (draws, lane): (&Draws, usize),
        outcomes: &Outcomes,
        floor: f64,
    ) -> Verdict {
        self.set_targets(design, (draws, lane), outcomes);
        let ground = Ground { joint: &design.joint, plan: &self.plan, scene: &self.scene };
        let quick = (0..self.plan.cases.len()).map(|case| quick_bound(ground, case)).fold(0.0, f64::max);
        if quick <= 0.0 || is_close(quick, floor) {
            return Verdict { witness: None, upper: quick };
        }
        let known = floor.max(0.0);
        if !self.plan.cases.iter().any(|case| may_pay(ground, case, known)) {
            return Verdict { witness: None, upper: known };
        }
        let candidates = (&mut self.scene, &mut self.priced, self.bribes);
        set_candidates(candidates, (graph, design, &design.joint), (draws, lane), &[]);
        let mut verdict = self.judge.judge_weighed(&design.joint, &self.plan, &mut self.scene, floor);
        verdict.upper = verdict.upper.min(quick);
        verdict
    }

    /// Certified `1 + γ*` of a scenario: how many times over all profits could grow before the certificate's gain of an operator rises
    /// above 0. Infinite where nobody who can be had reaches anything.
    pub fn slack(
        &mut self,
        at: (&Graph, &DesignGraph),
        (draws, lane): (&Draws, usize),
        outcomes: &Outcomes,
    ) -> f64 {
        let Ground { joint, plan, scene } = self.ground(at, (draws, lane), outcomes);
        slack_of_whole(joint, plan, scene)
    }

    /// A scenario as joint attacks see it, with everybody who can be had.
    pub fn ground<'a>(
        &'a mut self,
        (graph, design): (&Graph, &'a DesignGraph),
        (draws, lane): (&Draws, usize),
        outcomes: &Outcomes,
    ) -> Ground<'a> {
        self.set_targets(design, (draws, lane), outcomes);
        let candidates = (&mut self.scene, &mut self.priced, self.bribes);
        set_candidates(candidates, (graph, design, &design.joint), (draws, lane), &[]);
        Ground { joint: &design.joint, plan: &self.plan, scene: &self.scene }
    }

    /// Operators behind the candidates of the scenario judged last.
    pub fn operator(&self, candidate: u32) -> u32 {
        self.scene.operators[candidate as usize]
    }

    /// Profits of single targets, and what each costs at least.
    fn set_targets(&mut self, design: &DesignGraph, (draws, lane): (&Draws, usize), outcomes: &Outcomes) {
        let scene = &mut self.scene;
        scene.prices.clear();
        scene.prices.extend(draws.prices.iter().map(|price| price[lane]));
        scene.columns.clear();
        scene.columns.extend(draws.profits.iter().map(|profit| profit[lane]));
        scene.profit.clear();
        scene.alone.clear();
        scene.in_reach = 0;
        for (index, position) in self.targets.iter().enumerate() {
            let outcome = &outcomes.targets[*position];
            let lower = lower_by_operators(outcome, lane);
            scene.profit.push(outcome.profit[lane]);
            scene.alone.push(lower);
            if lower.is_finite() && design.joint.targets[index].by_operators {
                scene.in_reach |= 1 << index;
            }
        }
    }
}

/// Who can join, what they ask and what power they have; `gone`: part of each operator's keys that is no longer there, nothing if
/// empty. `[operator]`
pub(super) fn set_candidates(
    (scene, priced, bribes): (&mut Scene, &mut Priced, bool),
    (graph, design, joint): (&Graph, &DesignGraph, &Joint),
    (draws, lane): (&Draws, usize),
    gone: &[f64],
) {
    let is_in = |crowd: &Crowd, operator: usize| crowd.rows[operator][lane / 64] >> (lane % 64) & 1 == 1;
    let left = |operator: usize| gone.get(operator).map_or(1.0, |gone| 1.0 - gone);
    scene.operators.clear();
    scene.pay.clear();
    scene.size.clear();
    for operator in 0..graph.n_operators {
        let colludes = is_in(&draws.colluders, operator);
        let can_be_had = colludes || bribes && is_in(&draws.bribable, operator);
        if !can_be_had || left(operator) <= 0.0 {
            continue;
        }
        let pay = match &draws.compromised {
            Some(stolen) if is_in(stolen, operator) => 0.0,
            _ if colludes => 1.0,
            _ => 1.0 + draws.premium[lane],
        };
        scene.operators.push(u32::try_from(operator).unwrap_or(u32::MAX));
        // Losses of what is left are a part of those of the whole.
        scene.pay.push(pay * left(operator));
    }
    if !joint.divisible.is_empty() {
        scene.size.extend(scene.operators.iter().map(|operator| left(*operator as usize)));
    }
    scene.units.clear();
    scene.need.clear();
    scene.second.clear();
    for secured in &design.secured {
        let secured = &graph.secured[*secured];
        let Power::Stake(power) = &secured.power else {
            scene.units.extend(scene.operators.iter().map(|_| 0));
            scene.need.extend(secured.targets.iter().map(|_| 0));
            continue;
        };
        let price = |asset: usize| draws.prices[asset][lane];
        if gone.is_empty() {
            priced.price_total(power, price);
        } else {
            priced.price_rest(power, price, gone);
        }
        let all =
            |operator: &u32| slot(power, *operator as usize).map_or(0, |slot| priced.units(power, slot));
        let rest = |operator: &u32| part::of_units(all(operator), part::down(left(*operator as usize)));
        if let ([only], true) = (power.parts.as_slice(), gone.is_empty()) {
            scene.units.extend(scene.operators.iter().map(|operator| only.units[*operator as usize]));
        } else if gone.is_empty() {
            scene.units.extend(scene.operators.iter().map(all));
        } else {
            scene.units.extend(scene.operators.iter().map(rest));
        }
        scene.add_second(secured, left);
        let total = priced.total;
        let need =
            |target: &crate::graph::Target| if total == 0 { 0 } else { target.threshold.least_power(total) };
        scene.need.extend(secured.targets.iter().map(need));
    }
    scene.finish(joint);
}

/// No coalition for a target alone costs less; whoever can be bribed adds to those who collude.
fn lower_by_operators(outcome: &TargetOutcome, lane: usize) -> f64 {
    let by_operators =
        outcome.routes.iter().filter(|route| matches!(route.route, Route::Collude | Route::Bribe));
    by_operators.map(|route| route.costs.lower[lane]).fold(f64::INFINITY, f64::min)
}

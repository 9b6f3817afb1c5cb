//! Bounds on what attacks net that the search over joint attacks leaves out: other routes, and stake of one quorum bought beside
//! operators of the other.

use super::routes::{beside, is_by_operators};
use super::{Outcomes, Priced, TargetOutcome};
use crate::graph::{DesignGraph, Graph, Joint, JointTarget, Power, Target};
use crate::sampling::Draws;

/// Working memory of one worker.
#[derive(Debug, Default)]
pub(super) struct LeftOut {
    priced: Priced,
    bought: Vec<Bought>,
}

/// A target in reach in one scenario for which stake is bought beside operators.
#[derive(Debug)]
struct Bought {
    /// Position of its service among those of the design.
    service: usize,
    /// Most that it adds to any attack, USD: what it takes and what can return, less what is bought.
    adds: f64,
    /// Most that it nets by itself, USD.
    alone: f64,
}

impl LeftOut {
    /// No attack nets more in one scenario, where joint attacks of operators net at most `joint`.
    ///
    /// Let an attack hit targets `T` of operators and some `M` for which stake is bought as well. It takes at most what `T` and
    /// `M` take apart, its members lose no less than by `T` alone or by one of `M` alone, and purchases make each other dearer at
    /// most. So it nets at most what `T` nets and what each of `M` adds; or what one of `M` nets and whatever else there is to take.
    /// Losses do shrink where whoever carries them out is held by the other targets: then nothing but purchases is counted.
    pub(super) fn upper(
        &mut self,
        (graph, design): (&Graph, &DesignGraph),
        (draws, lane): (&Draws, usize),
        outcomes: &Outcomes,
        joint: f64,
    ) -> f64 {
        let joint = joint.max(0.0);
        let alone = targets(graph, design, outcomes).map(|(.., outcome)| by_other_routes(outcome, lane));
        let alone = alone.fold(joint, f64::max);
        self.find((graph, design), (draws, lane), outcomes);
        if self.bought.is_empty() {
            return alone;
        }
        let n_services = design.secured.len();
        let adds = |service: usize| {
            let bought = self.bought.iter().filter(|bought| bought.service == service);
            bought.map(|bought| bought.adds).fold(0.0, f64::max)
        };
        let takes = |service: usize| {
            let of_it = targets(graph, design, outcomes).filter(|(at, ..)| *at == service);
            let by_operators = of_it.filter(|(_, target, _)| !target.buys_beside);
            by_operators.map(|(.., outcome)| most_taken(outcome, lane)).fold(adds(service), f64::max)
        };
        let all: f64 = (0..n_services).map(takes).sum();
        let and_others = |by: fn(&Bought) -> f64| {
            let nets = self.bought.iter().map(|bought| by(bought) + all - takes(bought.service));
            nets.fold(f64::NEG_INFINITY, f64::max)
        };
        let buys = |target: &JointTarget| !target.by_operators;
        let mut upper = and_others(|bought| bought.adds);
        if !spares(&design.joint, buys, |_| true) {
            upper = upper.min(joint + (0..n_services).map(adds).sum::<f64>());
        }
        if !spares(&design.joint, |_| true, buys) {
            upper = upper.min(and_others(|bought| bought.alone));
        }
        let by_itself = self.bought.iter().map(|bought| bought.alone);
        by_itself.fold(alone, f64::max).max(upper)
    }

    /// Finds the targets in reach for which stake is bought beside operators.
    fn find(
        &mut self,
        (graph, design): (&Graph, &DesignGraph),
        (draws, lane): (&Draws, usize),
        outcomes: &Outcomes,
    ) {
        self.bought.clear();
        for (service, target, outcome) in targets(graph, design, outcomes) {
            let Power::Stake(power) = &graph.secured[design.secured[service]].power else { continue };
            let alone = outcome.net_gain_upper(lane);
            if !target.buys_beside || alone == f64::NEG_INFINITY {
                continue;
            }
            let price = |asset: usize| draws.prices[asset][lane];
            self.priced.price_total(power, price);
            if let Some(bought) = beside(target, (power, &self.priced), price) {
                let adds = outcome.profit[lane] + outcome.returnable[lane] - bought.cost;
                self.bought.push(Bought { service, adds, alone });
            }
        }
    }
}

/// The targets of a design, each with the position of its service.
fn targets<'a>(
    graph: &'a Graph,
    design: &'a DesignGraph,
    outcomes: &'a Outcomes,
) -> impl Iterator<Item = (usize, &'a Target, &'a TargetOutcome)> {
    design.secured.iter().enumerate().flat_map(|(service, secured)| {
        let first = outcomes.first_target[*secured];
        let targets = graph.secured[*secured].targets.iter().zip(&outcomes.targets[first..]);
        targets.map(move |(target, outcome)| (service, target, outcome))
    })
}

/// Most that an attack without operators nets.
fn by_other_routes(outcome: &TargetOutcome, lane: usize) -> f64 {
    let others = outcome.routes.iter().filter(|route| !is_by_operators(route.route));
    let nets =
        others.map(|route| outcome.profit[lane] + route.costs.returned[lane] - route.costs.lower[lane]);
    nets.fold(f64::NEG_INFINITY, f64::max)
}

/// Most that operators can take by a target if they reach it.
fn most_taken(outcome: &TargetOutcome, lane: usize) -> f64 {
    let by_operators = outcome.routes.iter().filter(|route| is_by_operators(route.route));
    let is_in_reach = by_operators.into_iter().any(|route| route.costs.lower[lane] < f64::INFINITY);
    if is_in_reach { outcome.profit[lane] + outcome.returnable[lane] } else { 0.0 }
}

/// Whether some of a design's targets hold the service that carries out what others of another service charge.
fn spares(
    joint: &Joint,
    is_first: impl Fn(&JointTarget) -> bool,
    is_other: impl Fn(&JointTarget) -> bool,
) -> bool {
    let holders = || joint.targets.iter().filter(|target| target.holds && is_first(target));
    let charges = |other: &JointTarget, service: usize| {
        other.service != service && other.charges.iter().any(|charge| charge.executor == Some(service))
    };
    joint
        .targets
        .iter()
        .filter(|other| is_other(other))
        .any(|other| holders().any(|holder| charges(other, holder.service)))
}

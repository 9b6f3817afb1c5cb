//! What would be attacked instead if a service of the attack could not be: the part of the losses that is not that service's doing.

use super::execute::narrow;
use super::joint::Found;
use super::routes::is_by_operators;
use super::{Execution, LossLine, Outcomes};
use crate::graph::{Assault, DesignGraph, Graph, Incident, Strike, Targets, targets_in};
use crate::sampling::Draws;

/// Settles, for each service of the attack just carried out that has a margin, the attack by operators that would net most if it could
/// not be attacked; none if a route without operators would net more. Accidents come before it as they do.
pub(super) fn find(
    (graph, design): (&Graph, &DesignGraph),
    (draws, lane): (&Draws, usize),
    outcomes: &Outcomes,
    (execution, index): (&mut Execution, usize),
) {
    if execution.stages[index].is_none() || execution.strikes.is_empty() {
        return;
    }
    let attacked = execution.strikes.iter().fold(0, |set: Targets, strike| set | 1 << strike.service);
    for service in targets_in(attacked & design.margins) {
        let found = execution.aside[index].search_sparing((graph, design), (draws, lane), service);
        let Found::Attack(targets, members, parts, net) = found else { continue };
        if by_other_routes((graph, design), lane, outcomes, service) >= net {
            continue;
        }
        let strikes: Vec<Strike> =
            targets_in(targets).map(|target| strike((graph, design), (draws, lane), target)).collect();
        let attack = Assault {
            strikes: &strikes,
            members: &members,
            parts: &parts,
            day: draws.horizon_days(),
            held: 0,
        };
        let Execution { accidents, bill, instead, .. } = &mut *execution;
        design.rules.settle(&Incident { accidents, attack: Some(attack) }, bill);
        instead.extend(bill.lines.iter().filter(|line| line.by_attack > 0.0).map(|line| LossLine {
            design: narrow(index),
            lane: narrow(lane),
            services: 1 << service,
            operator: narrow(line.operator),
            pool: narrow(design.rules.pool_of(line.book)),
            asset: narrow(line.asset),
            by_attack_usd: draws.prices[line.asset][lane] * line.by_attack,
            by_accident_usd: 0.0,
        }));
    }
}

/// A target of the design as it is struck in a scenario.
fn strike((graph, design): (&Graph, &DesignGraph), (draws, lane): (&Draws, usize), target: usize) -> Strike {
    let service = design.joint.targets[target].service;
    let first = design.joint.of_service(service).trailing_zeros() as usize;
    let column = graph.secured[design.secured[service]].targets[target - first].profit_column;
    Strike { service, target: target - first, luck: draws.luck(lane, column) }
}

/// What the best attack on another service by a route without operators nets.
fn by_other_routes(
    (graph, design): (&Graph, &DesignGraph),
    lane: usize,
    outcomes: &Outcomes,
    spared: usize,
) -> f64 {
    let services = design.secured.iter().enumerate().filter(|(service, _)| *service != spared);
    let targets = services.flat_map(|(_, secured)| {
        let first = outcomes.first_target[*secured];
        &outcomes.targets[first..first + graph.secured[*secured].targets.len()]
    });
    let nets = targets.flat_map(|target| {
        let others = target.routes.iter().filter(|of| !is_by_operators(of.route));
        others.map(|of| target.profit[lane] + of.costs.returned[lane] - of.costs.cost[lane])
    });
    nets.fold(0.0, f64::max)
}

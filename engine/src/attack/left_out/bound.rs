//! The bound itself, scenario by scenario.

use super::{Bought, Executors, LeftOut, located};
use crate::attack::routes::is_by_operators;
use crate::attack::{Outcomes, TargetOutcome};
use crate::graph::{DesignGraph, Graph};
use crate::sampling::Draws;

impl LeftOut {
    /// No attack nets more in one scenario, where joint attacks of operators net at most `joint`; but for those in which stake is bought
    /// beside operators of the same quorum.
    ///
    /// Let an attack hit some targets, `O`, by operators alone and others, `B`, for which something is bought. It takes at most what both
    /// take apart. Let `H` be the executors that it holds, of those who carry out what attackers of others are charged. Members lose
    /// no less than by any part of the attack that `H` frees of nothing, and what is bought of one stake costs no less than for the
    /// dearest of `B`, less the slash if it is one that `H` holds up. If `H` is empty it nets at most
    ///
    /// 1. what operators net, and of each stake what the targets take that cost no more than the dearest, less its cost;
    /// 2. what one of `B` nets by itself and whatever else there is to take.
    ///
    /// If not, then for each of `H`:
    ///
    /// 3. held by one of `O`, these net no more than operators do, nor than all that they can take less the least coalition that
    ///    holds it;
    /// 4. held by one of `B`, what is bought of its stake costs no less than the cheapest that holds it; and `O` nets no more than all
    ///    that operators can take, nor than what they net and can take of services whose slashes `H` holds up.
    ///
    /// Where slashed stake comes back, purchases count without their slash in any case, and 2 says nothing.
    pub(in crate::attack) fn upper(
        &mut self,
        (graph, design): (&Graph, &DesignGraph),
        (draws, lane): (&Draws, usize),
        outcomes: &Outcomes,
        joint: f64,
    ) -> f64 {
        let joint = joint.max(0.0);
        self.find(graph, (draws, lane), outcomes);
        let alone = self.bought.iter().map(|bought| bought.alone).fold(joint, f64::max);
        if self.bought.is_empty() {
            return joint;
        }
        let mut upper = joint + self.net(0);
        if upper <= alone && self.executors == 0 {
            return alone;
        }
        let mut by_operators = vec![0.0_f64; design.secured.len()];
        for (service, secured, index, _) in located(graph, design).filter(|(.., target)| !target.buys_beside)
        {
            let outcome = &outcomes.targets[outcomes.first_target[secured] + index];
            by_operators[service] = by_operators[service].max(most_taken(outcome, lane));
        }
        if !self.redistributes {
            let others = |but: usize| -> f64 {
                let services = by_operators.iter().enumerate().filter(|(service, _)| *service != but);
                services.map(|(service, taken)| self.taken(service).max(*taken)).sum()
            };
            let one = self.bought.iter().map(|bought| bought.alone + others(bought.service));
            upper = upper.min(one.fold(alone, f64::max));
        }
        let all: f64 = by_operators.iter().sum();
        // Every set of executors but none.
        for held in (1..=self.executors).filter(|held| held & self.executors == *held) {
            let freed = by_operators.iter().zip(&self.freed_by).filter(|(_, freed_by)| *freed_by & held != 0);
            let freed = all.min(joint + freed.map(|(taken, _)| taken).sum::<f64>());
            let net = self.net(held);
            let each = (0..Executors::BITS).map(|bit| 1 << bit).filter(|executor| held & executor != 0);
            let with = each.map(|executor| {
                let by_some = joint.min(all - self.least_to_hold(executor, outcomes, lane)) + net;
                let more = (0..self.serves_one.len())
                    .map(|stake| self.net_holding(stake, executor, held) - self.net_of(stake, held));
                by_some.max(freed + net + more.fold(f64::NEG_INFINITY, f64::max))
            });
            upper = upper.max(with.fold(f64::INFINITY, f64::min));
        }
        alone.max(upper)
    }

    /// Least that a coalition which holds an executor costs.
    fn least_to_hold(&self, executor: Executors, outcomes: &Outcomes, lane: usize) -> f64 {
        let costs = self.holders.iter().filter(|holder| holder.holds == executor).map(|holder| {
            let outcome = &outcomes.targets[outcomes.first_target[holder.secured] + holder.target];
            let by_operators = outcome.routes.iter().filter(|route| is_by_operators(route.route));
            let least = by_operators.map(|route| route.costs.lower[lane]).fold(f64::INFINITY, f64::min);
            // Out of reach stays so, whatever is left of losses.
            if least < f64::INFINITY { least * holder.left } else { least }
        });
        costs.fold(f64::INFINITY, f64::min)
    }

    /// Most that a target of a service takes for which something is bought.
    fn taken(&self, service: usize) -> f64 {
        let of_it = self.bought.iter().filter(|bought| bought.service == service);
        of_it.map(|bought| bought.takes).fold(0.0, f64::max)
    }

    /// Most that whatever is bought adds to an attack that holds some executors.
    fn net(&self, held: Executors) -> f64 {
        (0..self.serves_one.len()).map(|stake| self.net_of(stake, held)).sum()
    }

    /// The same of one stake.
    fn net_of(&self, stake: usize, held: Executors) -> f64 {
        let of_it = self.of_stake(stake);
        if self.serves_one[stake] && !of_it.clone().any(|bought| bought.freed_by & held != 0) {
            return of_it.map(|bought| bought.adds).fold(0.0, f64::max);
        }
        let all: f64 = of_it.clone().map(|bought| bought.takes).sum();
        let cheapest = of_it.map(|bought| bought.cost_with(held)).fold(f64::INFINITY, f64::min);
        if all <= cheapest { 0.0 } else { self.most_net(stake, held, 0.0).max(0.0) }
    }

    /// The same where what is bought of this stake holds an executor; −∞ if it cannot.
    fn net_holding(&self, stake: usize, executor: Executors, held: Executors) -> f64 {
        let holders = self.of_stake(stake).filter(|bought| bought.holds == executor);
        let least = holders.map(|bought| bought.cost_with(held)).fold(f64::INFINITY, f64::min);
        self.most_net(stake, held, least)
    }

    /// Most that what is bought of a stake takes less what the dearest costs, at least `least`; −∞ if nothing does.
    fn most_net(&self, stake: usize, held: Executors, least: f64) -> f64 {
        let of_it = self.of_stake(stake);
        let up_to = |dearest: f64| {
            let no_dearer = || of_it.clone().filter(|bought| bought.cost_with(held) <= dearest);
            let is_best = |bought: &&Bought| {
                let same = no_dearer().filter(|other| other.service == bought.service);
                let best = same.max_by(|a, b| a.takes.total_cmp(&b.takes));
                best.is_some_and(|best| std::ptr::eq(best, *bought))
            };
            no_dearer().filter(is_best).map(|bought| bought.takes).sum::<f64>() - dearest
        };
        let costs = of_it.clone().map(|bought| bought.cost_with(held)).filter(|cost| *cost >= least);
        costs.map(up_to).fold(f64::NEG_INFINITY, f64::max)
    }

    fn of_stake(&self, stake: usize) -> impl Iterator<Item = &Bought> + Clone {
        self.bought.iter().filter(move |bought| bought.stake == stake)
    }
}

impl Bought {
    /// What buying for it costs at least if some executors are held.
    const fn cost_with(&self, held: Executors) -> f64 {
        if self.freed_by & held == 0 { self.cost } else { self.least }
    }
}

/// Most that operators can take by a target if they reach it.
fn most_taken(outcome: &TargetOutcome, lane: usize) -> f64 {
    let mut by_operators = outcome.routes.iter().filter(|route| is_by_operators(route.route));
    let is_in_reach = by_operators.any(|route| route.costs.lower[lane] < f64::INFINITY);
    if is_in_reach { outcome.profit[lane] + outcome.returnable[lane] } else { 0.0 }
}

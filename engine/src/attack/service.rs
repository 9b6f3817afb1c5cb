//! One secured service over a block: what its targets cost by each route.

use super::chosen::Chosen;
use super::outcome::RouteCost;
use super::ranks::RankSets;
use super::routes::{self, ForSale};
use super::{Kinship, Priced, RouteOutcome, Scratch, SlotOrder, TargetOutcome, dual};
use crate::graph::{FixedOrder, Order, PowerPart, Secured, SlotLosses, StakePower, slot, to_f64};
use crate::kernels::{Column, LANES, Mask, bits, columns};
use crate::sampling::Draws;
use crate::study::Route;

/// One secured service over a block.
pub(super) struct Service<'a> {
    pub secured: &'a Secured,
    pub power: &'a StakePower,
    /// Position of its first target among all.
    pub first: usize,
    pub draws: &'a Draws,
    /// Scenarios to be judged; at least one.
    pub judged: &'a Mask,
    pub ranks: &'a RankSets,
    pub kinships: &'a [Kinship],
}

impl Service<'_> {
    /// Fills in the outcomes of its targets.
    pub(super) fn assess(
        &self,
        scratch: &mut Scratch,
        targets: &mut [TargetOutcome],
        colluding_share: &mut Column,
    ) {
        scratch.orders.resize_with(self.secured.targets.len().max(scratch.orders.len()), SlotOrder::default);
        scratch.orders.iter_mut().for_each(SlotOrder::clear);
        if let Some(colluding) = self.ranks.colluding_column(self.first).filter(|_| self.is_fixed()) {
            self.assess_columns(colluding, scratch, targets, colluding_share);
            return;
        }
        let mut visits = std::mem::take(&mut scratch.visits);
        self.visits(&mut visits);
        for (_, lane) in &visits {
            self.price_power(*lane, scratch);
            colluding_share[*lane] = self.assess_lane(*lane, scratch, targets);
        }
        scratch.visits = visits;
    }

    /// Whether power is counted in units, there is some, and no price moves an order.
    fn is_fixed(&self) -> bool {
        let Secured { targets, .. } = self.secured;
        let is_fixed =
            |order: &Order| matches!(order, Order::Fixed(FixedOrder { least_power, .. }) if *least_power > 0);
        self.secured.second.is_none()
            && self.power.parts.len() == 1
            && !self.power.members.is_empty()
            && !targets.is_empty()
            && targets.iter().all(|target| is_fixed(&target.order))
    }

    /// Whether prices do no more to any order than turn it round.
    fn has_mixes(&self) -> bool {
        let is_mixed = |order: &Order| matches!(order, Order::Moves(SlotLosses { mix: Some(_), .. }));
        self.secured.second.is_none() && self.secured.targets.iter().all(|target| is_mixed(&target.order))
    }

    /// Lanes in the order in which they are judged: by the ratio of two prices where power spans assets, so that the
    /// order of members changes little from one to the next.
    fn visits(&self, visits: &mut Vec<(f64, usize)>) {
        visits.clear();
        visits.extend(bits::ones(self.judged).map(|lane| (0.0, lane)));
        if self.has_mixes() {
            return;
        }
        let mut assets = self.power.parts.iter().filter_map(|part| part.asset);
        if let (Some(a), Some(b)) = (assets.next(), assets.next()) {
            let (a, b) = (&self.draws.prices[a], &self.draws.prices[b]);
            visits.iter_mut().for_each(|(ratio, lane)| *ratio = a[*lane] / b[*lane]);
            visits.sort_unstable_by(|x, y| x.0.total_cmp(&y.0).then(x.1.cmp(&y.1)));
        }
    }

    /// Power at a scenario's prices; in one asset it is the same in every scenario.
    fn price_power(&self, lane: usize, scratch: &mut Scratch) {
        let price = |asset: usize| self.draws.prices[asset][lane];
        scratch.forget();
        if self.power.parts.len() > 1 && self.has_mixes() {
            scratch.priced.price_total(self.power, price);
        } else if Some(lane) == bits::ones(self.judged).next() || self.power.parts.len() > 1 {
            scratch.price_power(self.power, price);
        }
    }

    /// Fills in one scenario for every target; returns the share of the power that colludes.
    fn assess_lane(&self, lane: usize, scratch: &mut Scratch, outcomes: &mut [TargetOutcome]) -> f64 {
        let total = scratch.priced.total;
        let colluding = self.colluding_units(lane, &scratch.priced);
        for index in 0..outcomes.len() {
            let (earlier, outcome) = outcomes.split_at_mut(index);
            let outcome = &mut outcome[0];
            let at = self.chosen(index, total);
            if at.second.is_some() {
                self.assess_both((&at, lane), (total, colluding), scratch, outcome);
                continue;
            }
            outcome.threshold_reached[lane] = total == 0 || colluding >= at.least_power;
            for position in 0..outcome.routes.len() {
                let route = outcome.routes[position].route;
                let cost = match (route, self.kinships[index].twin) {
                    _ if total == 0 => Some(RouteCost::default()),
                    (Route::Collude | Route::Bribe, Some((twin, proportion))) => {
                        scratch.found.share(self.first + twin, at.index, lane);
                        Some(earlier[twin].routes[position].costs.at(lane).times(proportion))
                    }
                    (Route::Collude, _) if colluding < at.least_power => None,
                    _ => self.cost(&at, route, outcome.profit[lane], lane, scratch),
                };
                outcome.routes[position].costs.set(lane, cost.unwrap_or(RouteCost::OUT_OF_REACH));
            }
        }
        if total == 0 { 0.0 } else { to_f64(colluding) / to_f64(total) }
    }

    /// Fills in one scenario for a target that needs power in two quorums; only coalitions reach both.
    fn assess_both(
        &self,
        (at, lane): (&Chosen<'_>, usize),
        (total, colluding): (u128, u128),
        scratch: &mut Scratch,
        outcome: &mut TargetOutcome,
    ) {
        let Some((second, threshold)) = at.second else { return };
        let in_second =
            self.draws.colluders.lane(lane).map(|operator| second.only_units(operator)).sum::<u128>();
        let needed = dual::least_power(threshold, second.parts.iter().map(PowerPart::total).sum());
        let is_first = total == 0 || colluding >= at.least_power;
        outcome.threshold_reached[lane] = is_first && in_second >= needed;
        if at.target.buys_beside {
            let price = |asset: usize| self.draws.prices[asset][lane];
            let bought = routes::beside(ForSale::of(at.target), (self.power, &scratch.priced), price);
            outcome.returnable[lane] += bought.map_or(0.0, |bought| bought.returned);
        }
        for position in 0..outcome.routes.len() {
            let route = outcome.routes[position].route;
            let cost = self.cost(at, route, outcome.profit[lane], lane, scratch);
            outcome.routes[position].costs.set(lane, cost.unwrap_or(RouteCost::OUT_OF_REACH));
        }
    }

    /// The service's `index`-th target where the power totals `total`.
    fn chosen(&self, index: usize, total: u128) -> Chosen<'_> {
        let target = &self.secured.targets[index];
        let least_power = match &target.order {
            Order::Fixed(order) => u128::from(order.least_power),
            Order::Moves(_) => target.threshold.least_power(total),
        };
        let group = self.kinships[index].loss_group;
        let second = self.secured.second.as_ref().zip(target.second_threshold);
        Chosen { power: self.power, second, target, index: self.first + index, group, least_power }
    }

    /// What a route costs in one scenario; coalitions that may be needed again are kept.
    fn cost(
        &self,
        at: &Chosen<'_>,
        route: Route,
        profit: f64,
        lane: usize,
        scratch: &mut Scratch,
    ) -> Option<RouteCost> {
        let price = |asset: usize| self.draws.prices[asset][lane];
        match route {
            Route::Collude | Route::Bribe => {
                let beside = match at.target.buys_beside {
                    true => routes::beside(ForSale::of(at.target), (self.power, &scratch.priced), price)?,
                    false => RouteCost::default(),
                };
                let cost = at.coalition(route, self.draws, lane, (self.ranks, &mut *scratch))?;
                let cost = at.with_returns(RouteCost::from(cost), &scratch.coalition, price).and(beside);
                if self.kinships[at.index - self.first].leads || profit + cost.returned > cost.cost {
                    at.keep(route, lane, scratch);
                }
                Some(cost)
            }
            Route::Acquire => routes::acquire(ForSale::of(at.target), (self.power, &scratch.priced), price),
            Route::Rent | Route::Hardware => None,
        }
    }

    /// The block target by target, where power is counted in units and every order is fixed; `colluding` is the power of
    /// the colluders.
    fn assess_columns(
        &self,
        colluding: &[u64; LANES],
        scratch: &mut Scratch,
        outcomes: &mut [TargetOutcome],
        colluding_share: &mut Column,
    ) {
        bits::ones(self.judged).take(1).for_each(|lane| self.price_power(lane, scratch));
        let total = scratch.priced.total;
        columns::shares(colluding, to_f64(total), colluding_share);
        for index in 0..outcomes.len() {
            let (earlier, outcome) = outcomes.split_at_mut(index);
            let TargetOutcome { profit, threshold_reached, routes, .. } = &mut outcome[0];
            let at = self.chosen(index, total);
            let least_power = u64::try_from(at.least_power).unwrap_or(u64::MAX);
            let some_reach = columns::at_least(colluding, least_power, threshold_reached);
            for (position, RouteOutcome { route, costs }) in routes.iter_mut().enumerate() {
                if let (Route::Collude | Route::Bribe, Some((twin, proportion))) =
                    (*route, self.kinships[index].twin)
                {
                    costs.be_in_proportion(&earlier[twin].routes[position].costs, proportion, self.judged);
                    let share = |lane: usize| scratch.found.share(self.first + twin, at.index, lane);
                    bits::ones(self.judged).for_each(share);
                    continue;
                }
                if *route == Route::Collude && !some_reach {
                    costs.clear();
                    continue;
                }
                if *route == Route::Acquire
                    && routes::acquire_columns(at.target, self.power, self.draws, costs)
                {
                    continue;
                }
                let possible = match route {
                    Route::Collude => {
                        &bits::both(self.judged, &bits::lanes_where(|lane| threshold_reached[lane]))
                    }
                    _ => self.judged,
                };
                costs.clear_but(possible);
                for lane in bits::ones(possible) {
                    costs.put(lane, self.cost(&at, *route, profit[lane], lane, scratch));
                }
            }
        }
    }

    fn colluding_units(&self, lane: usize, priced: &Priced) -> u128 {
        let counted = self.ranks.colluding(self.first, lane);
        if counted.len() > 0 && !self.secured.targets.is_empty() {
            return priced.units_of_parts(counted);
        }
        let colluders = self.draws.colluders.lane(lane);
        colluders.filter_map(|o| slot(self.power, o)).map(|slot| priced.units(self.power, slot)).sum()
    }
}

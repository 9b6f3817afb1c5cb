//! What an attack on each target costs in each scenario: graph and draws to outcomes.
//!
//! Targets are judged one by one. Whoever carries an attack out is outside the model: "pays" means that a profitable
//! attack exists.

mod accident;
mod coalition;
mod execute;
mod few;
mod found;
mod priced;
mod ranks;
mod routes;
mod slot_order;
#[cfg(test)]
mod tests;

pub use accident::halted_by_accident;
pub use coalition::{
    Coalition, CoalitionCost, NOBODY, Recruits, available_weight, by_fixed_order, by_moving_order, nearly,
};
pub use execute::{DesignOutcome, Execution, NO_TARGET, OperatorTally, execute};
pub use priced::Priced;
pub use slot_order::SlotOrder;

use crate::graph::{Graph, Order, Power, Proportion, Secured, SlotLosses, StakePower, Target, slot, to_f64};
use crate::kernels::{Column, LANES, bits, columns};
use crate::sampling::Draws;
use crate::study::Route;
use found::Found;
use ranks::RankSets;

/// No route reaches the target.
pub const NO_ROUTE: u8 = u8::MAX;

/// Outcomes of one block for every distinct target.
#[derive(Debug)]
pub struct Outcomes {
    /// Part of the power that colludes. `[secured]`
    pub colluding_share: Vec<Column>,
    /// `[target]`, the targets of [`Graph::secured`] in order.
    pub targets: Vec<TargetOutcome>,
    /// First target of each secured service. `[secured]`
    pub first_target: Vec<usize>,
    /// An earlier secured service with the same outcomes. `[secured]`
    images: Vec<Option<usize>>,
    /// What targets of one service have in common. `[target]`
    kinships: Vec<Kinship>,
    ranks: RankSets,
    scratch: Scratch,
}

/// Outcome of one target over a block.
#[derive(Debug, Clone)]
pub struct TargetOutcome {
    /// Expected profit from corruption (success probability included), USD.
    pub profit: Column,
    /// Whether colluders alone reach the threshold.
    pub threshold_reached: [bool; LANES],
    /// Routes that exist for this target, in the order of the study.
    pub routes: Vec<RouteOutcome>,
    /// Position of the cheapest reachable route in `routes`, or [`NO_ROUTE`].
    pub cheapest: [u8; LANES],
    /// Costs by the cheapest route, net of what returns; `lower` is the least bound over the routes.
    pub best: Costs,
    /// Most that redistribution can return, whoever attacks, USD.
    pub returnable: Column,
}

/// Outcome of one route over a block.
#[derive(Debug, Clone)]
pub struct RouteOutcome {
    /// Which route.
    pub route: Route,
    /// What it costs.
    pub costs: Costs,
}

/// Costs over a block, infinite where out of reach.
#[derive(Debug, Clone)]
pub struct Costs {
    /// Attack cost of the witness, USD.
    pub cost: Column,
    /// No attack costs less, USD.
    pub lower: Column,
    /// What must be put up, recovered or not, USD.
    pub capital: Column,
    /// Stake forfeited (cost of corruption), USD.
    pub forfeited: Column,
    /// Slashed stake that comes back to the attacker by redistribution, USD: a profit beside the target's.
    pub returned: Column,
}

impl Costs {
    const OUT_OF_REACH: Self = Self {
        cost: [f64::INFINITY; LANES],
        lower: [f64::INFINITY; LANES],
        capital: [f64::INFINITY; LANES],
        forfeited: [f64::INFINITY; LANES],
        returned: [0.0; LANES],
    };

    fn at(&self, lane: usize) -> RouteCost {
        RouteCost {
            cost: self.cost[lane],
            lower: self.lower[lane],
            capital: self.capital[lane],
            forfeited: self.forfeited[lane],
            returned: self.returned[lane],
        }
    }

    fn set(&mut self, lane: usize, cost: RouteCost) {
        self.cost[lane] = cost.cost;
        self.lower[lane] = cost.lower;
        self.capital[lane] = cost.capital;
        self.forfeited[lane] = cost.forfeited;
        self.returned[lane] = cost.returned;
    }
}

impl TargetOutcome {
    /// The cheapest route, if any is in reach.
    pub fn route(&self, lane: usize) -> Option<Route> {
        self.routes.get(self.cheapest[lane] as usize).map(|outcome| outcome.route)
    }
    /// Whether a reachable attack gains more than it costs.
    pub fn pays(&self, lane: usize) -> bool {
        self.net_gain(lane) > 0.0
    }
    /// What the cheapest attack nets; −∞ out of reach.
    pub fn net_gain(&self, lane: usize) -> f64 {
        self.profit[lane] + self.best.returned[lane] - self.best.cost[lane]
    }
    /// No attack on this target nets more.
    pub fn net_gain_upper(&self, lane: usize) -> f64 {
        if self.returnable[lane] == 0.0 {
            return self.profit[lane] - self.best.lower[lane];
        }
        let most = |route: &RouteOutcome| {
            // A buyer's own stake comes back; of a coalition's, at most everybody's.
            let by_operators = matches!(route.route, Route::Collude | Route::Bribe);
            let back = if by_operators { self.returnable[lane] } else { route.costs.returned[lane] };
            self.profit[lane] + back - route.costs.lower[lane]
        };
        self.routes.iter().map(most).fold(f64::NEG_INFINITY, f64::max)
    }
}

/// Working memory of one worker.
#[derive(Debug, Default)]
struct Scratch {
    coalition: Coalition,
    priced: Priced,
    /// The order of each group of losses when it was priced last. `[group]`
    orders: Vec<SlotOrder>,
    /// The group priced last in this scenario.
    losses_priced: Option<usize>,
    visits: Vec<(f64, usize)>,
    /// Weight of the bribe route's recruits at the power priced last, once known.
    available: Option<f64>,
    found: Found,
}

/// What a target shares with earlier ones of its service.
#[derive(Debug, Clone, Copy, Default)]
struct Kinship {
    /// The first target with the same losses: they are priced together.
    loss_group: usize,
    /// An earlier target with the same coalitions and losses in proportion: nothing needs to be sought twice.
    twin: Option<(usize, Proportion)>,
    /// Whether it is such an earlier target.
    leads: bool,
}

impl Kinship {
    fn of(secured: &Secured, index: usize) -> Self {
        let target = &secured.targets[index];
        let order = &target.order;
        let loss_group = secured.targets.iter().position(|other| other.order == *order).unwrap_or(index);
        let twin = secured.targets[..index].iter().enumerate().find_map(|(earlier, other)| {
            match (order, &other.order) {
                // What returns is not in proportion.
                _ if !target.returned.is_empty() => None,
                (Order::Fixed(order), Order::Fixed(other)) => Some((earlier, order.proportion_to(other)?)),
                _ => None,
            }
        });
        Self { loss_group, twin, leads: false }
    }
}

impl Outcomes {
    /// Room for the outcomes of one block.
    pub fn new(graph: &Graph) -> Self {
        let mut first_target = Vec::new();
        let mut targets = Vec::new();
        let mut kinships = Vec::new();
        for secured in &graph.secured {
            let first = targets.len();
            first_target.push(first);
            for (index, target) in secured.targets.iter().enumerate() {
                targets.push(TargetOutcome::room(routes::that_exist(&graph.routes, secured, target)));
                let kinship = Kinship::of(secured, index);
                kinships.push(kinship);
                if let Some((twin, _)) = kinship.twin {
                    kinships[first + twin].leads = true;
                }
            }
        }
        let colluding_share = vec![[0.0; LANES]; graph.secured.len()];
        let image =
            |(index, secured)| graph.secured[..index].iter().position(|other| same_outcomes(secured, other));
        Self {
            colluding_share,
            targets,
            first_target,
            images: graph.secured.iter().enumerate().map(image).collect(),
            kinships,
            ranks: RankSets::new(graph),
            scratch: Scratch::default(),
        }
    }

    /// Copies the outcomes of an earlier secured service.
    fn copy(&mut self, earlier: usize, index: usize, n_targets: usize) {
        self.colluding_share[index] = self.colluding_share[earlier];
        let (from, to) = (self.first_target[earlier], self.first_target[index]);
        let (before, targets) = self.targets.split_at_mut(to);
        for (position, target) in targets[..n_targets].iter_mut().enumerate() {
            target.copy_from(&before[from + position]);
            (0..LANES).for_each(|lane| self.scratch.found.share(from + position, to + position, lane));
        }
    }
}

/// Whether two secured services differ in nothing that their outcomes depend on.
fn same_outcomes(a: &Secured, b: &Secured) -> bool {
    let same = |(a, b): (&Target, &Target)| {
        a.profit_column == b.profit_column
            && a.threshold == b.threshold
            && a.success_probability.to_bits() == b.success_probability.to_bits()
            && a.gains == b.gains
            && a.order == b.order
            && a.purchases == b.purchases
            && a.returned == b.returned
            && a.mining == b.mining
    };
    a.power == b.power && a.targets.len() == b.targets.len() && a.targets.iter().zip(&b.targets).all(same)
}

impl TargetOutcome {
    /// Takes over the outcomes of a target that has the same.
    fn copy_from(&mut self, other: &Self) {
        self.profit = other.profit;
        self.threshold_reached = other.threshold_reached;
        for (route, other) in self.routes.iter_mut().zip(&other.routes) {
            route.costs.clone_from(&other.costs);
        }
        self.cheapest = other.cheapest;
        self.best.clone_from(&other.best);
        self.returnable = other.returnable;
    }

    fn room(routes: Vec<Route>) -> Self {
        let room = |route| RouteOutcome { route, costs: Costs::OUT_OF_REACH };
        Self {
            profit: [0.0; LANES],
            threshold_reached: [false; LANES],
            routes: routes.into_iter().map(room).collect(),
            cheapest: [NO_ROUTE; LANES],
            best: Costs::OUT_OF_REACH,
            returnable: [0.0; LANES],
        }
    }

    fn pick_cheapest(&mut self) {
        let Self { routes, cheapest, best, .. } = self;
        cheapest.fill(NO_ROUTE);
        best.clone_from(&Costs::OUT_OF_REACH);
        let mut cheaper = [false; LANES];
        for (index, RouteOutcome { costs, .. }) in (0u8..).zip(routes) {
            columns::keep_least(&mut best.lower, &costs.lower);
            let of_best = (&best.cost[..], &best.returned[..]);
            if !columns::differ_less((&costs.cost, &costs.returned), of_best, &mut cheaper) {
                continue;
            }
            for (cheapest, cheaper) in cheapest.iter_mut().zip(&cheaper) {
                *cheapest = if *cheaper { index } else { *cheapest };
            }
            columns::take_where(&cheaper, &mut best.cost, &costs.cost);
            columns::take_where(&cheaper, &mut best.capital, &costs.capital);
            columns::take_where(&cheaper, &mut best.forfeited, &costs.forfeited);
            columns::take_where(&cheaper, &mut best.returned, &costs.returned);
        }
    }
}

/// Judges every target of the graph in every scenario of a block.
pub fn assess(graph: &Graph, draws: &Draws, outcomes: &mut Outcomes) {
    outcomes.ranks.fill(draws);
    outcomes.scratch.found.clear(outcomes.targets.len());
    for (index, secured) in graph.secured.iter().enumerate() {
        if let Some(earlier) = outcomes.images[index] {
            outcomes.copy(earlier, index, secured.targets.len());
            continue;
        }
        let first = outcomes.first_target[index];
        let range = first..first + secured.targets.len();
        let targets = &mut outcomes.targets[range.clone()];
        for (target, outcome) in secured.targets.iter().zip(targets.iter_mut()) {
            profits(target, draws, &mut outcome.profit);
            returnable(target, draws, &mut outcome.returnable);
        }
        match &secured.power {
            Power::Stake(power) => {
                let (ranks, kinships) = (&outcomes.ranks, &outcomes.kinships[range]);
                let service = Service { secured, power, first, draws, ranks, kinships };
                service.assess(&mut outcomes.scratch, targets, &mut outcomes.colluding_share[index]);
            }
            Power::Hash => {
                for (target, outcome) in secured.targets.iter().zip(targets.iter_mut()) {
                    routes::mine(target, draws, outcome);
                }
            }
        }
        targets.iter_mut().for_each(TargetOutcome::pick_cheapest);
    }
}

/// Own profit and what rests on the service, times the probability of success.
fn profits(target: &Target, draws: &Draws, profit: &mut Column) {
    *profit = draws.profits[target.profit_column];
    for kinds in &target.gains {
        for (lane, profit) in profit.iter_mut().enumerate() {
            let gain = kinds.iter().map(|(column, share)| share * draws.profits[*column][lane]);
            *profit += gain.fold(0.0, f64::max);
        }
    }
    profit.iter_mut().for_each(|profit| *profit *= target.success_probability);
}

/// What redistribution returns if everybody is slashed.
fn returnable(target: &Target, draws: &Draws, returnable: &mut Column) {
    if target.returned.is_empty() {
        return;
    }
    returnable.fill(0.0);
    for amounts in &target.returned {
        let all: f64 = amounts.tokens.iter().sum();
        let prices = &draws.prices[amounts.asset];
        returnable.iter_mut().zip(prices).for_each(|(usd, price)| *usd += all * price);
    }
}

/// One secured service over a block.
struct Service<'a> {
    secured: &'a Secured,
    power: &'a StakePower,
    /// Position of its first target among all.
    first: usize,
    draws: &'a Draws,
    ranks: &'a RankSets,
    kinships: &'a [Kinship],
}

impl Service<'_> {
    fn assess(&self, scratch: &mut Scratch, targets: &mut [TargetOutcome], colluding_share: &mut Column) {
        scratch.orders.resize_with(self.secured.targets.len().max(scratch.orders.len()), SlotOrder::default);
        scratch.orders.iter_mut().for_each(SlotOrder::clear);
        let mut visits = std::mem::take(&mut scratch.visits);
        self.visits(&mut visits);
        for (_, lane) in &visits {
            self.price_power(*lane, scratch);
            colluding_share[*lane] = self.assess_lane(*lane, scratch, targets);
        }
        scratch.visits = visits;
    }

    /// Lanes in the order in which they are judged: by the ratio of two prices where power spans assets, so that the
    /// order of members changes little from one to the next.
    fn visits(&self, visits: &mut Vec<(f64, usize)>) {
        visits.clear();
        visits.extend((0..self.draws.n).map(|lane| (0.0, lane)));
        let mut assets = self.power.parts.iter().filter_map(|part| part.asset);
        if let (Some(a), Some(b)) = (assets.next(), assets.next()) {
            let (a, b) = (&self.draws.prices[a], &self.draws.prices[b]);
            visits.iter_mut().for_each(|(ratio, lane)| *ratio = a[*lane] / b[*lane]);
            visits.sort_unstable_by(|x, y| x.0.total_cmp(&y.0).then(x.1.cmp(&y.1)));
        }
    }

    /// Power at a scenario's prices; in one asset it is the same in every scenario.
    fn price_power(&self, lane: usize, scratch: &mut Scratch) {
        scratch.forget();
        if lane == 0 || self.power.parts.len() > 1 {
            scratch.price_power(self.power, |asset| self.draws.prices[asset][lane]);
        }
    }

    /// Fills in one scenario for every target; returns the share of the power that colludes.
    fn assess_lane(&self, lane: usize, scratch: &mut Scratch, outcomes: &mut [TargetOutcome]) -> f64 {
        let total = scratch.priced.total;
        let colluding = self.colluding_units(lane, &scratch.priced);
        let price = |asset: usize| self.draws.prices[asset][lane];
        for (index, target) in self.secured.targets.iter().enumerate() {
            let (earlier, outcome) = outcomes.split_at_mut(index);
            let outcome = &mut outcome[0];
            let kinship = self.kinships[index];
            let least_power = match &target.order {
                Order::Fixed(order) => u128::from(order.least_power),
                Order::Moves(_) => target.threshold.least_power(total),
            };
            outcome.threshold_reached[lane] = total == 0 || colluding >= least_power;
            let (index, group) = (self.first + index, kinship.loss_group);
            let at = Chosen { power: self.power, target, index, group, least_power };
            for (position, route) in outcome.routes.iter_mut().enumerate() {
                let cost = match (route.route, kinship.twin) {
                    _ if total == 0 => Some(RouteCost::default()),
                    (Route::Collude | Route::Bribe, Some((twin, proportion))) => {
                        scratch.found.share(self.first + twin, at.index, lane);
                        Some(earlier[twin].routes[position].costs.at(lane).times(proportion))
                    }
                    (Route::Collude, _) if colluding < least_power => None,
                    (Route::Collude | Route::Bribe, _) => {
                        let found = at.coalition(route.route, self.draws, lane, (self.ranks, &mut *scratch));
                        found.map(|cost| {
                            let cost = at.with_returns(RouteCost::from(cost), &scratch.coalition, price);
                            if kinship.leads || outcome.profit[lane] + cost.returned > cost.cost {
                                at.keep(route.route, lane, scratch);
                            }
                            cost
                        })
                    }
                    (Route::Acquire, _) => routes::acquire(target, (self.power, &scratch.priced), price),
                    (Route::Rent | Route::Hardware, _) => None,
                };
                route.costs.set(lane, cost.unwrap_or(RouteCost::OUT_OF_REACH));
            }
        }
        if total == 0 { 0.0 } else { to_f64(colluding) / to_f64(total) }
    }

    fn colluding_units(&self, lane: usize, priced: &Priced) -> u128 {
        let counted = self.ranks.colluding(self.first, lane);
        if counted.len() > 0 && !self.secured.targets.is_empty() {
            return priced.units_of_parts(counted);
        }
        let colluders = bits::ones(self.draws.colluders.lane(lane));
        colluders.filter_map(|o| slot(self.power, o)).map(|slot| priced.units(self.power, slot)).sum()
    }
}

/// A target whose coalition is sought.
struct Chosen<'a> {
    power: &'a StakePower,
    target: &'a Target,
    /// Position among all targets.
    index: usize,
    /// Where the order of its losses is kept.
    group: usize,
    least_power: u128,
}

impl Chosen<'_> {
    /// The cheapest coalition in one scenario; leaves its members in the scratch.
    fn coalition(
        &self,
        route: Route,
        draws: &Draws,
        lane: usize,
        (ranks, scratch): (&RankSets, &mut Scratch),
    ) -> Option<CoalitionCost> {
        let price = |asset: usize| draws.prices[asset][lane];
        let recruits = ranks.recruits(self.index, lane, route == Route::Bribe, draws.premium[lane]);
        match &self.target.order {
            Order::Fixed(_) if self.too_few(recruits, route, (ranks, lane), scratch) => None,
            Order::Fixed(order) => {
                by_fixed_order(order, order.asset.map_or(1.0, price), recruits, &mut scratch.coalition)
            }
            Order::Moves(losses) => {
                if self.too_few(recruits, route, (ranks, lane), scratch) {
                    return None;
                }
                scratch.price_losses(losses, price, self.group);
                let Scratch { coalition, priced, orders, .. } = scratch;
                let book = (self.power, &*priced, losses);
                by_moving_order(book, &mut orders[self.group], self.least_power, recruits, coalition)
            }
        }
    }
}

impl Chosen<'_> {
    /// Whether all recruits together are too few, as far as that is told at a glance: for those who can be bribed exactly
    /// where units are counted beforehand, else by weight.
    fn too_few(
        &self,
        recruits: Recruits<'_>,
        route: Route,
        (ranks, lane): (&RankSets, usize),
        scratch: &mut Scratch,
    ) -> bool {
        let counted = ranks.available(self.index, lane);
        if counted.len() > 0 {
            return scratch.priced.units_of_parts(counted) < self.least_power;
        }
        scratch.available(route, recruits) < nearly(self.least_power)
    }

    /// The operator at a position of a coalition.
    fn operator(&self, position: usize) -> u32 {
        match &self.target.order {
            Order::Fixed(order) => order.operators[position],
            Order::Moves(_) => self.power.members[position],
        }
    }

    /// Keeps who is in the coalition just found, for [`execute`].
    fn keep(&self, route: Route, lane: usize, scratch: &mut Scratch) {
        let Scratch { coalition, found, .. } = scratch;
        match &self.target.order {
            Order::Fixed(order) => found.keep((self.index, lane), route, coalition, &order.operators),
            Order::Moves(_) => found.keep((self.index, lane), route, coalition, &self.power.members),
        }
    }

    /// Adds what redistribution returns of the coalition's stake.
    fn with_returns(
        &self,
        cost: RouteCost,
        coalition: &Coalition,
        price: impl Fn(usize) -> f64,
    ) -> RouteCost {
        let returned = self.target.returned.iter().map(|amounts| {
            let members = coalition.positions().map(|position| self.operator(position) as usize);
            price(amounts.asset) * members.map(|operator| amounts.tokens[operator]).sum::<f64>()
        });
        RouteCost { returned: returned.sum(), ..cost }
    }
}

/// Who carries out the cheapest attack on a target by a route in one scenario, and at what cost; `None` out of reach.
///
/// `located` are the positions of the secured service and of the target among its own. For the scenarios of a study use
/// [`execute`].
pub fn cheapest_coalition(
    graph: &Graph,
    located: (usize, usize),
    route: Route,
    (draws, lane): (&Draws, usize),
    outcomes: &mut Outcomes,
) -> Option<(CoalitionCost, Vec<u32>)> {
    let (secured, position) = located;
    let Power::Stake(power) = &graph.secured[secured].power else { return None };
    let target = &graph.secured[secured].targets[position];
    let index = outcomes.first_target[secured] + position;
    let Outcomes { ranks, scratch, .. } = outcomes;
    scratch.coalition.clear();
    let chosen = Chosen::anew(power, (target, index), (draws, lane), scratch);
    let cost = chosen.coalition(route, draws, lane, (ranks, &mut *scratch))?;
    Some((cost, scratch.coalition.positions().map(|at| chosen.operator(at)).collect()))
}

impl<'a> Chosen<'a> {
    /// A target whose coalition is sought apart from the block's walk: prices are taken anew.
    fn anew(
        power: &'a StakePower,
        (target, index): (&'a Target, usize),
        (draws, lane): (&Draws, usize),
        scratch: &mut Scratch,
    ) -> Self {
        let least_power = match &target.order {
            Order::Fixed(order) => u128::from(order.least_power),
            Order::Moves(_) => {
                scratch.orders.resize_with(scratch.orders.len().max(1), SlotOrder::default);
                scratch.price_power(power, |asset| draws.prices[asset][lane]);
                scratch.orders[0].clear();
                target.threshold.least_power(scratch.priced.total)
            }
        };
        Chosen { power, target, index, group: 0, least_power }
    }
}

impl Scratch {
    /// Prices a service's power anew; what was priced on it is forgotten.
    fn price_power(&mut self, power: &StakePower, price: impl Fn(usize) -> f64) {
        self.priced.price_power(power, price);
        self.forget();
    }

    /// Forgets what holds for one scenario alone.
    fn forget(&mut self) {
        (self.available, self.losses_priced) = (None, None);
    }

    /// Weight of the recruits; those of the bribe route are the same for every target.
    fn available(&mut self, route: Route, recruits: Recruits<'_>) -> f64 {
        let weight = || available_weight(&self.priced, recruits);
        if route == Route::Bribe { *self.available.get_or_insert_with(weight) } else { weight() }
    }

    /// Prices losses and sorts the members by them, unless that is done.
    fn price_losses(&mut self, losses: &SlotLosses, price: impl Fn(usize) -> f64, group: usize) {
        if self.losses_priced != Some(group) {
            self.priced.price_losses(losses, price);
            self.orders[group].update(&self.priced.ratios);
            self.losses_priced = Some(group);
        }
    }
}

/// What one route costs in one scenario, USD.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct RouteCost {
    cost: f64,
    lower: f64,
    capital: f64,
    forfeited: f64,
    returned: f64,
}

impl From<CoalitionCost> for RouteCost {
    fn from(cost: CoalitionCost) -> Self {
        Self {
            cost: cost.cost_usd,
            lower: cost.lower_usd,
            capital: cost.cost_usd,
            forfeited: cost.forfeited_usd,
            returned: 0.0,
        }
    }
}

impl RouteCost {
    /// The same coalition where losses stand in a proportion.
    fn times(self, proportion: Proportion) -> Self {
        let Proportion { private, forfeited } = proportion;
        let in_reach = self.cost.is_finite();
        Self {
            cost: self.cost * private,
            lower: self.lower * private,
            capital: self.capital * private,
            forfeited: if in_reach { self.forfeited * forfeited } else { f64::INFINITY },
            returned: 0.0,
        }
    }

    const OUT_OF_REACH: Self = Self {
        cost: f64::INFINITY,
        lower: f64::INFINITY,
        capital: f64::INFINITY,
        forfeited: f64::INFINITY,
        returned: 0.0,
    };
}

//! What attacks on one target cost over a block of scenarios.

use crate::attack::CoalitionCost;
use crate::graph::Proportion;
use crate::kernels::{Column, LANES, Mask, bits, columns};
use crate::study::Route;

/// Up to so many lanes are visited one by one, more as columns.
const FEW_LANES: u32 = 32;

/// No route reaches the target.
pub const NO_ROUTE: u8 = u8::MAX;

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
    /// Most that redistribution can return, whoever attacks, USD; of stake that is bought beside operators as well.
    pub returnable: Column,
    /// Whether redistribution can return anything.
    pub(super) has_returns: bool,
    /// What bribes come to three ways; `None` where that is not asked.
    pub bribes: Option<Box<BribeWays>>,
}

/// What the cheapest coalition of route `bribe` asks for three ways over a block, USD, infinite out of reach.
#[derive(Debug, Clone)]
pub struct BribeWays {
    /// `[way]`
    pub costs: [Column; 3],
    /// What must be put up for payment in any case.
    pub escrow: Column,
}

impl Default for BribeWays {
    fn default() -> Self {
        Self { costs: [[f64::INFINITY; LANES]; 3], escrow: [f64::INFINITY; LANES] }
    }
}

impl BribeWays {
    /// Out of reach everywhere.
    pub fn clear(&mut self) {
        self.costs.iter_mut().chain([&mut self.escrow]).for_each(|column| column.fill(f64::INFINITY));
    }
}

/// Outcome of one route over a block.
#[derive(Debug, Clone)]
pub struct RouteOutcome {
    /// Which route.
    pub route: Route,
    /// What it costs.
    pub costs: Costs,
}

impl RouteOutcome {
    /// What must be put up where that is more than the cost: coalitions are paid, and nothing comes back.
    pub fn capital(&self) -> Option<&Column> {
        (!matches!(self.route, Route::Collude | Route::Bribe)).then_some(&self.costs.capital)
    }
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
    /// Lanes written since it was cleared; the others are out of reach.
    written: Mask,
}

impl Costs {
    const OUT_OF_REACH: Self = Self {
        cost: [f64::INFINITY; LANES],
        lower: [f64::INFINITY; LANES],
        capital: [f64::INFINITY; LANES],
        forfeited: [f64::INFINITY; LANES],
        returned: [0.0; LANES],
        written: [0; LANES / 64],
    };

    /// Whether every scenario of the block is known to be out of reach.
    pub fn are_out_of_reach(&self) -> bool {
        self.written == Mask::default()
    }

    /// Lanes that can be in reach.
    pub fn possible(&self) -> Mask {
        self.written
    }

    /// The only lanes that can be in reach, if they are few.
    pub fn few(&self) -> Option<impl Iterator<Item = usize> + Clone + '_> {
        let n: u32 = self.written.iter().map(|word| word.count_ones()).sum();
        (n <= FEW_LANES).then(|| bits::ones(&self.written))
    }

    /// Out of reach everywhere.
    pub(super) fn clear(&mut self) {
        let written = self.written;
        if written.iter().map(|word| word.count_ones()).sum::<u32>() > FEW_LANES {
            self.clone_from(&Self::OUT_OF_REACH);
            return;
        }
        bits::ones(&written).for_each(|lane| self.set(lane, RouteCost::OUT_OF_REACH));
        self.written = Mask::default();
    }

    /// Out of reach in every other lane.
    pub(super) fn clear_but(&mut self, lanes: &Mask) {
        let others: Mask = std::array::from_fn(|word| self.written[word] & !lanes[word]);
        bits::ones(&others).for_each(|lane| self.set(lane, RouteCost::OUT_OF_REACH));
        self.written = bits::both(&self.written, lanes);
    }

    /// Costs of the same coalitions where losses stand in a proportion, in some lanes.
    pub(super) fn be_in_proportion(&mut self, other: &Self, proportion: Proportion, lanes: &Mask) {
        if other.are_out_of_reach() {
            self.clear();
            return;
        }
        self.clear_but(lanes);
        bits::ones(lanes).for_each(|lane| self.set(lane, other.at(lane).times(proportion)));
    }

    /// Sets the first `n` lanes, where all of them are in reach; the others are not.
    pub(super) fn set_first(&mut self, n: usize, of: impl Fn(usize) -> RouteCost) {
        self.clear_but(&bits::first_lanes(n));
        for lane in 0..n {
            self.set(lane, of(lane));
        }
    }

    pub(super) fn at(&self, lane: usize) -> RouteCost {
        RouteCost {
            cost: self.cost[lane],
            lower: self.lower[lane],
            capital: self.capital[lane],
            forfeited: self.forfeited[lane],
            returned: self.returned[lane],
        }
    }

    /// Sets one lane; `None` is out of reach.
    pub(super) fn put(&mut self, lane: usize, cost: Option<RouteCost>) {
        let bit = 1 << (lane % 64);
        match cost {
            Some(cost) => self.set(lane, cost),
            None if self.written[lane / 64] & bit == 0 => (),
            None => {
                self.set(lane, RouteCost::OUT_OF_REACH);
                self.written[lane / 64] ^= bit;
            }
        }
    }

    pub(super) fn set(&mut self, lane: usize, cost: RouteCost) {
        self.written[lane / 64] |= 1 << (lane % 64);
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
    /// Whether no route is known to reach it anywhere in the block.
    pub fn is_out_of_reach(&self) -> bool {
        self.routes.iter().all(|route| route.costs.are_out_of_reach())
    }
    /// Whether a reachable attack gains more than it costs.
    pub fn pays(&self, lane: usize) -> bool {
        self.net_gain(lane) > 0.0
    }
    /// What the cheapest attack nets; −∞ out of reach.
    pub fn net_gain(&self, lane: usize) -> f64 {
        self.profit[lane] + self.best.returned[lane] - self.best.cost[lane]
    }
    /// Where the cheapest attack nets more than `most`; tells whether that is anywhere.
    pub(super) fn nets_more(&self, most: &Column, which: &mut [bool; LANES]) -> bool {
        columns::nets_more((&self.profit, &self.best.returned, &self.best.cost), most, which)
    }
    /// Raises `most` to the bound on the net gain where that is more, in `n` lanes; tells whether it is anywhere.
    pub(super) fn raise_to_net_gain_upper(&self, most: &mut Column, n: usize) -> bool {
        if self.has_returns {
            let mut raised = false;
            for (lane, most) in most[..n].iter_mut().enumerate() {
                let upper = self.net_gain_upper(lane);
                raised |= upper > *most;
                *most = most.max(upper);
            }
            return raised;
        }
        columns::raise_to_difference(&mut most[..n], &self.profit[..n], &self.best.lower[..n])
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

impl TargetOutcome {
    pub(super) fn room(routes: Vec<Route>, has_returns: bool) -> Self {
        let room = |route| RouteOutcome { route, costs: Costs::OUT_OF_REACH };
        Self {
            profit: [0.0; LANES],
            threshold_reached: [false; LANES],
            routes: routes.into_iter().map(room).collect(),
            cheapest: [NO_ROUTE; LANES],
            best: Costs::OUT_OF_REACH,
            returnable: [0.0; LANES],
            has_returns,
            bribes: None,
        }
    }

    /// Nobody attacks it: neither profit nor cost.
    pub(super) fn put_out_of_reach(&mut self) {
        self.profit.fill(0.0);
        self.returnable.fill(0.0);
        self.threshold_reached.fill(false);
        self.routes.iter_mut().for_each(|route| route.costs.clear());
    }

    /// Takes one scenario over from another graph's outcome of the same target; a route that does not exist there is out of
    /// reach.
    pub(super) fn take_lane(&mut self, other: &Self, lane: usize) {
        self.profit[lane] = other.profit[lane];
        self.threshold_reached[lane] = other.threshold_reached[lane];
        self.returnable[lane] = other.returnable[lane];
        for RouteOutcome { route, costs } in &mut self.routes {
            let found = other.routes.iter().find(|other| other.route == *route);
            costs.set(lane, found.map_or(RouteCost::OUT_OF_REACH, |other| other.costs.at(lane)));
        }
        let cheapest = other.route(lane);
        let position = self.routes.iter().position(|route| Some(route.route) == cheapest);
        self.cheapest[lane] = position.and_then(|at| u8::try_from(at).ok()).unwrap_or(NO_ROUTE);
        self.best.set(lane, other.best.at(lane));
    }

    /// Finds the cheapest route, of several the first.
    pub(super) fn pick_cheapest(&mut self) {
        let Self { routes, cheapest, best, .. } = self;
        let Some(start) = routes.iter().position(|route| route.costs.few().is_none()) else {
            match best.few() {
                Some(lanes) => lanes.for_each(|lane| cheapest[lane] = NO_ROUTE),
                None => cheapest.fill(NO_ROUTE),
            }
            best.clear();
            for (index, RouteOutcome { costs, .. }) in (0u8..).zip(routes) {
                best.take_few(costs, (cheapest, index), false);
            }
            return;
        };
        for (index, RouteOutcome { costs, .. }) in (0u8..).zip(&*routes).skip(start) {
            match costs.few() {
                Some(_) => best.take_few(costs, (cheapest, index), false),
                None if usize::from(index) == start => best.start_with(costs, cheapest, index),
                None => best.take_columns(costs, cheapest, index),
            }
        }
        // Those before, the nearest first: they win where they cost the same.
        for (index, RouteOutcome { costs, .. }) in (0u8..NO_ROUTE).zip(&*routes).take(start).rev() {
            best.take_few(costs, (cheapest, index), true);
        }
    }
}

impl Costs {
    /// Takes over a route's costs in every lane.
    fn start_with(&mut self, costs: &Self, cheapest: &mut [u8; LANES], route: u8) {
        self.clone_from(costs);
        for (cheapest, (cost, returned)) in cheapest.iter_mut().zip(costs.cost.iter().zip(&costs.returned)) {
            *cheapest = if cost - returned < f64::INFINITY { route } else { NO_ROUTE };
        }
    }

    /// Takes over a route's costs where it has few, as [`Self::take`] does.
    fn take_few(&mut self, costs: &Self, (cheapest, route): (&mut [u8; LANES], u8), is_first: bool) {
        for lane in costs.few().into_iter().flatten() {
            self.take(lane, costs.at(lane), (&mut cheapest[lane], route), is_first);
        }
    }

    /// Takes over a route's cost in one lane if that is less, or no more and the route comes first; of the bounds the least.
    fn take(&mut self, lane: usize, cost: RouteCost, (cheapest, route): (&mut u8, u8), is_first: bool) {
        let least = if cost.lower < self.lower[lane] { cost.lower } else { self.lower[lane] };
        let (net, best) = (cost.cost - cost.returned, self.cost[lane] - self.returned[lane]);
        if net < best || (is_first && net <= best && net.is_finite()) {
            self.set(lane, cost);
            *cheapest = route;
        }
        self.lower[lane] = least;
        self.written[lane / 64] |= 1 << (lane % 64);
    }

    /// The same in every lane.
    fn take_columns(&mut self, costs: &Self, cheapest: &mut [u8; LANES], route: u8) {
        self.written.iter_mut().zip(&costs.written).for_each(|(mine, its)| *mine |= its);
        columns::keep_least(&mut self.lower, &costs.lower);
        let mut cheaper = [false; LANES];
        let least = (&self.cost[..], &self.returned[..]);
        if !columns::differ_less((&costs.cost, &costs.returned), least, &mut cheaper) {
            return;
        }
        for (cheapest, cheaper) in cheapest.iter_mut().zip(&cheaper) {
            *cheapest = if *cheaper { route } else { *cheapest };
        }
        columns::take_where(&cheaper, &mut self.cost, &costs.cost);
        columns::take_where(&cheaper, &mut self.capital, &costs.capital);
        columns::take_where(&cheaper, &mut self.forfeited, &costs.forfeited);
        columns::take_where(&cheaper, &mut self.returned, &costs.returned);
    }
}

/// What one route costs in one scenario, USD.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct RouteCost {
    pub cost: f64,
    pub lower: f64,
    pub capital: f64,
    pub forfeited: f64,
    pub returned: f64,
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
    /// With stake bought beside it.
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            cost: self.cost + other.cost,
            lower: self.lower + other.lower,
            capital: self.capital + other.capital,
            forfeited: self.forfeited + other.forfeited,
            returned: self.returned + other.returned,
        }
    }

    /// The same coalition where losses stand in a proportion.
    pub(super) fn times(self, proportion: Proportion) -> Self {
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

    pub(super) const OUT_OF_REACH: Self = Self {
        cost: f64::INFINITY,
        lower: f64::INFINITY,
        capital: f64::INFINITY,
        forfeited: f64::INFINITY,
        returned: 0.0,
    };
}

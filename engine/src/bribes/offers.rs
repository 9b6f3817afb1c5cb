//! What the members of a coalition ask for: their losses if it succeeds or fails, and what they think of the others.

use super::Way;
use crate::attack::{Outcomes, assess, cheapest_coalition};
use crate::design::compile;
use crate::graph::{DesignGraph, Exposure, Graph, Joint, JointPool, JointTarget, is_held as is_charge_held};
use crate::kernels::{LANES, Mask};
use crate::moments::{Moments, count};
use crate::sampling::{Draws, Sampler};
use crate::study::{Route, Study};
use std::collections::BTreeSet;
use std::sync::OnceLock;

/// Days of a year, as in the rest of the engine's rates.
const DAYS_PER_YEAR: f64 = 365.0;

/// Offers for the targets of some designs.
#[derive(Debug)]
pub struct Offers {
    /// What single attacks charge stands in its joint view.
    graph: Graph,
    places: Vec<Place>,
    /// `[place]`
    beliefs: Vec<Belief>,
    /// What operators lose where this set of services has turned Byzantine; `None` for targets of those. `[set][place]`
    losses: Vec<OnceLock<Vec<Option<Pair>>>>,
}

/// What the cheapest coalition of route `bribe` for a target asks for in one scenario, USD.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Offer {
    /// What those who are bribed think of the others on average; `None` if nobody is.
    pub belief: Option<f64>,
    /// Profit of the target.
    pub profit: f64,
    /// Paid in any case.
    pub up_front: f64,
    /// Paid if it succeeds.
    pub contingent: f64,
    /// Paid in equilibrium, with the carry of the escrow.
    pub p_plus_epsilon: f64,
    /// Put up for that.
    pub escrow: f64,
    /// Paid out of it if everybody joins and the attack fails all the same.
    pub on_failure: f64,
}

/// A target with its names.
#[derive(Debug, Clone, Copy)]
pub struct Named<'a> {
    /// Service.
    pub service: &'a str,
    /// Attack kind.
    pub attack: &'a str,
    /// Whether those who are not altruistic reach the threshold: of the scenarios learnt from.
    pub reached: Moments,
}

/// A target that operators decide.
#[derive(Debug)]
struct Place {
    service: String,
    attack: String,
    design: usize,
    /// Position among the targets of the design.
    target: usize,
    /// Positions of the secured service, and of the target among its own.
    located: (usize, usize),
    /// Position among all outcomes.
    outcome: usize,
    /// Part of the escrow that its carry comes to.
    carry: f64,
}

/// Losses by an attack that succeeds, and by one that fails.
#[derive(Debug)]
struct Pair {
    success: Losses,
    failure: Losses,
}

impl Offers {
    /// For the targets of these designs that operators decide, each once; nobody thinks anything yet.
    pub fn new(study: &Study, designs: impl IntoIterator<Item = usize>) -> Self {
        let mut study = study.clone();
        study.adversary.joint = true;
        let graph = compile(&study);
        let mut known = BTreeSet::new();
        let mut places: Vec<Place> = Vec::new();
        for design in designs {
            let found = places_of(&study, &graph, design);
            places.extend(found.into_iter().filter(|place| known.insert(place.outcome)));
        }
        let beliefs = places.iter().map(|_| Belief::new(graph.n_operators)).collect();
        let sets = 1usize << study.turning().count();
        Self { graph, places, beliefs, losses: (0..sets).map(|_| OnceLock::new()).collect() }
    }

    /// Learns from the first scenarios of a study how often enough operators are not altruistic, given that one is not. `graph` is
    /// the study's.
    pub fn learn(&mut self, graph: &Graph, sampler: &Sampler, scenarios: usize) {
        let (mut draws, mut outcomes) = (sampler.room(), Outcomes::new(graph));
        each_block(scenarios, |block, n| {
            sampler.draw(block, n, &mut draws);
            assess(graph, &draws, &mut outcomes);
            for (place, belief) in self.places.iter().zip(&mut self.beliefs) {
                (0..n).for_each(|lane| belief.add(&draws, place.is_reached(&outcomes, lane), lane));
            }
        });
    }

    /// The targets, in the order of their positions here.
    pub fn places(&self) -> impl Iterator<Item = Named<'_>> {
        self.places.iter().zip(&self.beliefs).map(|(place, belief)| Named {
            service: &place.service,
            attack: &place.attack,
            reached: Moments::of_hits(belief.scenarios, belief.reached),
        })
    }

    /// What a target's cheapest coalition asks for in a scenario; `None` out of reach. `graph` is that of the outcomes.
    pub fn price(
        &self,
        graph: &Graph,
        place: usize,
        (draws, lane): (&Draws, usize),
        outcomes: &mut Outcomes,
    ) -> Option<Offer> {
        let (place, belief, at) = (&self.places[place], &self.beliefs[place], place);
        if !place.is_reached(outcomes, lane) {
            return None;
        }
        let profit = outcomes.targets[place.outcome].profit[lane];
        let set = draws.turned[lane];
        let losses = self.losses[usize::from(set)].get_or_init(|| self.losses_given(set));
        let losses = losses[at].as_ref()?;
        let by = outcomes.given(set)?;
        let (_, members) =
            cheapest_coalition(graph.given(set), place.located, Route::Bribe, (draws, lane), by)?;
        let mut sum = Sum::default();
        for (operator, part) in members {
            sum.add(losses, belief, (draws, lane), (operator as usize, part));
        }
        Some(sum.offer(profit, place.carry))
    }

    /// Makes room for what bribes come to.
    pub fn open(&self, outcomes: &mut Outcomes) {
        for place in &self.places {
            outcomes.targets[place.outcome].bribes.get_or_insert_default();
        }
    }

    /// Fills in what bribes come to at every target of a block.
    pub fn fill(&self, graph: &Graph, draws: &Draws, outcomes: &mut Outcomes) {
        for (index, place) in self.places.iter().enumerate() {
            let known = outcomes.targets[place.outcome].bribes.take();
            let mut ways = known.unwrap_or_default();
            ways.clear();
            for lane in 0..draws.n {
                if let Some(offer) = self.price(graph, index, (draws, lane), outcomes) {
                    for (cost, way) in ways.costs.iter_mut().zip(Way::ALL) {
                        cost[lane] = offer.by(way);
                    }
                    ways.escrow[lane] = offer.escrow;
                }
            }
            outcomes.targets[place.outcome].bribes = Some(ways);
        }
    }

    fn losses_given(&self, set: u8) -> Vec<Option<Pair>> {
        let graph = self.graph.given(set);
        self.places.iter().map(|place| Pair::of(&graph.designs[place.design], place.target)).collect()
    }
}

/// Blocks of the first scenarios: number and lanes.
pub(super) fn each_block(scenarios: usize, mut see: impl FnMut(u64, usize)) {
    for (block, first) in (0u64..).zip((0..scenarios).step_by(LANES)) {
        see(block, LANES.min(scenarios - first));
    }
}

impl Offer {
    /// What one way costs if the attack succeeds, USD.
    pub fn by(&self, way: Way) -> f64 {
        match way {
            Way::UpFront => self.up_front,
            Way::Contingent => self.contingent,
            Way::PPlusEpsilon => self.p_plus_epsilon,
        }
    }
}

/// What members ask for so far.
#[derive(Debug, Default)]
struct Sum {
    up_front: f64,
    contingent: f64,
    equilibrium: f64,
    escrow: f64,
    on_failure: f64,
    beliefs: f64,
    n_bribed: u64,
}

impl Sum {
    fn add(
        &mut self,
        losses: &Pair,
        belief: &Belief,
        (draws, lane): (&Draws, usize),
        (operator, part): (usize, f64),
    ) {
        let is_in = |rows: &[Mask]| rows[operator][lane / 64] >> (lane % 64) & 1 == 1;
        let price = |asset: usize| draws.prices[asset][lane];
        let success = part * losses.success.usd(operator, price);
        if is_in(&draws.colluders.rows) {
            let stolen = draws.compromised.as_ref().is_some_and(|keys| is_in(&keys.rows));
            let own = if stolen { 0.0 } else { success };
            self.up_front += own;
            self.contingent += own;
            self.equilibrium += own;
            return;
        }
        let failure = part * losses.failure.usd(operator, price);
        let (q, ask) = (belief.of(operator), 1.0 + draws.premium[lane]);
        self.up_front += ask * (q * success + (1.0 - q) * failure);
        self.contingent += ask * (success + (1.0 - q) / q * failure);
        self.equilibrium += ask * success;
        self.on_failure += ask * failure;
        self.escrow += ask * success.max(failure);
        self.beliefs += q;
        self.n_bribed += 1;
    }

    fn offer(self, profit: f64, carry: f64) -> Offer {
        Offer {
            belief: (self.n_bribed > 0).then(|| self.beliefs / count(self.n_bribed)),
            profit,
            up_front: self.up_front,
            contingent: self.contingent,
            p_plus_epsilon: self.equilibrium + carry * self.escrow,
            escrow: self.escrow,
            on_failure: self.on_failure,
        }
    }
}

impl Place {
    fn is_reached(&self, outcomes: &Outcomes, lane: usize) -> bool {
        let routes = &outcomes.targets[self.outcome].routes;
        routes.iter().any(|of| of.route == Route::Bribe && of.costs.cost[lane].is_finite())
    }
}

impl Pair {
    /// Of a design's target; `None` unless operators decide it.
    fn of(design: &DesignGraph, target: usize) -> Option<Self> {
        let joint_target = &design.joint.targets[target];
        let mut failing = joint_target.clone();
        failing.charges.iter_mut().for_each(|charge| charge.drawdown = 0.0);
        joint_target.by_operators.then(|| Self {
            success: Losses::new(&design.joint, joint_target, true),
            failure: Losses::new(&design.joint, &failing, false),
        })
    }
}

/// Private losses: linear in prices.
#[derive(Debug)]
struct Losses {
    /// Asset and tokens. `[pool][operator]`
    tokens: Vec<(usize, Vec<f64>)>,
    /// `[operator]`
    friction_usd: Vec<f64>,
}

impl Losses {
    /// `held`: whether the attack keeps the services that it holds from carrying slashes out.
    fn new(joint: &Joint, target: &JointTarget, is_held: bool) -> Self {
        let one = Joint { targets: vec![target.clone()], ..Joint::default() };
        let held = if is_held { one.held(1) } else { 0 };
        let of_pool = |(index, pool): (usize, &JointPool)| {
            let exposure = |operator| {
                let mut exposure = Exposure::NONE;
                for charge in target.charges.iter().filter(|charge| charge.pool == index) {
                    exposure.add(charge, is_charge_held(charge, held), pool.rule, operator);
                }
                exposure
            };
            let tokens = |(operator, part): (usize, &bool)| {
                if *part { exposure(operator).private_tokens(pool, operator) } else { 0.0 }
            };
            (pool.asset, target.takes_part.iter().enumerate().map(tokens).collect())
        };
        let friction = target.takes_part.iter().zip(&joint.friction_usd);
        Self {
            tokens: joint.pools.iter().enumerate().map(of_pool).collect(),
            friction_usd: friction.map(|(part, usd)| if *part { *usd } else { 0.0 }).collect(),
        }
    }

    fn usd(&self, operator: usize, price: impl Fn(usize) -> f64) -> f64 {
        let tokens = self.tokens.iter().map(|(asset, tokens)| price(*asset) * tokens[operator]);
        self.friction_usd[operator] + tokens.sum::<f64>()
    }
}

fn places_of(study: &Study, graph: &Graph, design: usize) -> Vec<Place> {
    let of = &graph.designs[design];
    let outcomes = Outcomes::new(graph);
    let located = of
        .secured
        .iter()
        .flat_map(|secured| (0..graph.secured[*secured].targets.len()).map(|position| (*secured, position)));
    let place = |(target, (secured, position)): (usize, (usize, usize))| {
        let days = graph.secured[secured].targets[position]
            .charges
            .iter()
            .map(|charge| study.pools[charge.pool].unbonding_days)
            .fold(0.0, f64::max);
        of.joint.targets[target].by_operators.then(|| Place {
            service: study.services[graph.secured[secured].service].name.clone(),
            attack: graph.secured[secured].targets[position].kind.clone(),
            design,
            target,
            located: (secured, position),
            outcome: outcomes.first_target[secured] + position,
            carry: study.adversary.carry_apr * days / DAYS_PER_YEAR,
        })
    };
    located.enumerate().filter_map(place).collect()
}

/// How often enough operators are not altruistic, given that one is not.
#[derive(Debug)]
struct Belief {
    scenarios: u64,
    reached: u64,
    /// `[operator]`
    willing: Vec<u64>,
    /// `[operator]`
    together: Vec<u64>,
}

impl Belief {
    fn new(n: usize) -> Self {
        Self { scenarios: 0, reached: 0, willing: vec![0; n], together: vec![0; n] }
    }

    fn add(&mut self, draws: &Draws, is_reached: bool, lane: usize) {
        self.scenarios += 1;
        self.reached += u64::from(is_reached);
        let rows = draws.colluders.rows.iter().zip(&draws.bribable.rows);
        for (operator, (colludes, bribable)) in rows.enumerate() {
            if (colludes[lane / 64] | bribable[lane / 64]) >> (lane % 64) & 1 == 1 {
                self.willing[operator] += 1;
                self.together[operator] += u64::from(is_reached);
            }
        }
    }

    /// Who has never seen it happen takes it to happen half a time.
    fn of(&self, operator: usize) -> f64 {
        count(self.together[operator]).max(0.5) / count(self.willing[operator].max(1))
    }
}

//! Bribes three ways: what an attack by bribed operators comes to if it succeeds, if it fails, and what must be put up.
//!
//! In each scenario the coalition is that of route `bribe`. Member o loses `ℓ_o` if the attack succeeds (a slash that the attack
//! itself keeps from being carried out is none) and `ℓ⁻_o` if it fails (every slash is carried out, the asset does not fall). It thinks
//! that the attack succeeds with probability `q_o`: that in which all who are not altruistic reach the threshold, given that it is
//! not altruistic itself. With the premium π it asks
//!
//! ```text
//! up front, whatever happens        (1 + π)(q_o ℓ_o + (1 − q_o) ℓ⁻_o)
//! contingent: if it succeeds        (1 + π)(ℓ_o + (1 − q_o)/q_o · ℓ⁻_o)
//! P + ε:      if it succeeds        (1 + π) ℓ_o,    if it fails (1 + π) ℓ⁻_o
//! ```
//!
//! since each way leaves it no worse off in the mean; P + ε (Buterin 2015) leaves it no worse off either way, so that to join is a dominant
//! strategy, and in the equilibrium where all join what is promised for failure is never paid. It must lie in escrow though, as much as the
//! dearer of the two outcomes, until the stake is free (the longest unbonding of a pool that answers), at `carry_apr`. Without carry P + ε is
//! route `bribe` of every run. Where failure costs members more than success (ℓ⁻ > ℓ: a slash that the attack prevents) P + ε is cheapest if
//! the attack succeeds; where success costs them more (the asset falls) up front is. Contingent costs most then, and nothing if it
//! fails: per success, counting what failed attempts cost, it is cheapest as long as a willing operator takes others for more willing
//! than they are on the whole. Colluders ask for nothing but what they lose; stolen keys for nothing.

use crate::attack::{Outcomes, assess, cheapest_coalition};
use crate::design::compile;
use crate::graph::{Exposure, Graph, Joint, JointPool, JointTarget, is_held as is_charge_held};
use crate::kernels::LANES;
use crate::moments::{Moments, count};
use crate::sampling::{Draws, Sampler};
use crate::study::{Route, Study};

/// Days of a year, as in the rest of the engine's rates.
const DAYS_PER_YEAR: f64 = 365.0;

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub struct Ask {
    /// Position of the design.
    pub design: usize,
    /// Scenarios, from the first.
    pub scenarios: usize,
    /// Seed of the draws.
    pub seed: u64,
}

/// Bribes for one target. All money in USD, means over the scenarios in which route `bribe` reaches it. Their errors are those
/// of the scenarios drawn; what members think, which comes of the same draws, is taken as known.
#[derive(Debug, Clone)]
pub struct Bribery {
    /// Service.
    pub service: String,
    /// Attack kind.
    pub attack: String,
    /// Whether those who are not altruistic reach the threshold: the share of scenarios.
    pub reached: Moments,
    /// What a bribed member thinks of the others: mean of `q_o` over those who are bribed in a scenario.
    pub belief: Moments,
    /// Profit.
    pub profit: Moments,
    /// Paid in any case.
    pub up_front: Moments,
    /// Paid if it succeeds.
    pub contingent: Moments,
    /// Paid in equilibrium, with the carry of the escrow.
    pub p_plus_epsilon: Moments,
    /// Put up for that.
    pub escrow: Moments,
    /// Paid out of it if everybody joins and the attack fails all the same.
    pub on_failure: Moments,
}

/// A way to bribe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Paid whatever happens.
    UpFront,
    /// Paid on success.
    Contingent,
    /// Paid in either case as much as is lost in it, from an escrow.
    PPlusEpsilon,
}

impl Way {
    /// Name in words.
    pub fn name(self) -> &'static str {
        match self {
            Self::UpFront => "up front",
            Self::Contingent => "contingent",
            Self::PPlusEpsilon => "P + ε",
        }
    }
}

impl Bribery {
    /// The way that costs least if the attack succeeds; `None` where no coalition was met.
    pub fn cheapest(&self) -> Option<Way> {
        self.least([self.p_plus_epsilon.mean(), self.up_front.mean(), self.contingent.mean()])
    }

    /// The way that costs least per success: what failed attempts cost is added, at the odds of [`Self::reached`], as if the same
    /// coalition had been paid in them.
    pub fn cheapest_per_success(&self) -> Option<Way> {
        let odds = (1.0 - self.reached.mean()) / self.reached.mean();
        let up_front = self.up_front.mean() * (1.0 + odds);
        let p_plus_epsilon = self.p_plus_epsilon.mean() + odds * self.on_failure.mean();
        self.least([p_plus_epsilon, up_front, self.contingent.mean()])
    }

    /// The largest standard error of the three ways' costs, as a part of the cost; `None` below two scenarios.
    pub fn relative_error(&self) -> Option<f64> {
        let ways = [&self.up_front, &self.contingent, &self.p_plus_epsilon];
        let relative = |cost: &&Moments| if cost.mean() > 0.0 { cost.std_error() / cost.mean() } else { 0.0 };
        (self.profit.n() > 1).then(|| ways.iter().map(relative).fold(0.0, f64::max))
    }

    fn least(&self, costs: [f64; 3]) -> Option<Way> {
        let ways = costs.into_iter().zip([Way::PPlusEpsilon, Way::UpFront, Way::Contingent]);
        let least = ways.min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, way)| way);
        least.filter(|_| self.profit.n() > 0)
    }
}

/// Judges all targets of a design that operators decide; empty where nobody can be bribed.
pub fn bribes(study: &Study, ask: &Ask) -> Vec<Bribery> {
    // What single attacks charge stands in the joint view.
    let mut study = study.clone();
    study.adversary.joint = true;
    let (study, graph) = (&study, compile(&study));
    if !graph.routes.contains(&Route::Bribe) {
        return Vec::new();
    }
    let sampler = Sampler::new(study, ask.seed);
    let mut room = Room { draws: sampler.room(), outcomes: Outcomes::new(&graph) };
    let places = places(study, &graph, ask.design);
    let mut beliefs: Vec<Belief> = places.iter().map(|_| Belief::new(graph.n_operators)).collect();
    room.each_block(&graph, &sampler, ask.scenarios, |room, n| {
        for (place, belief) in places.iter().zip(&mut beliefs) {
            (0..n).for_each(|lane| belief.add(room, place, lane));
        }
    });
    let mut sums: Vec<Sums> = places.iter().map(|_| Sums::default()).collect();
    room.each_block(&graph, &sampler, ask.scenarios, |room, n| {
        for ((place, belief), sums) in places.iter().zip(&beliefs).zip(&mut sums) {
            for lane in 0..n {
                if place.is_reached(&room.outcomes, lane) {
                    sums.add(&graph, room, (place, belief), lane);
                }
            }
            sums.each().into_iter().for_each(Series::end_block);
        }
    });
    places
        .iter()
        .zip(&beliefs)
        .zip(&sums)
        .map(|((place, belief), sums)| sums.bribery(place, belief))
        .collect()
}

struct Room {
    draws: Draws,
    outcomes: Outcomes,
}

impl Room {
    fn each_block(
        &mut self,
        graph: &Graph,
        sampler: &Sampler,
        scenarios: usize,
        mut see: impl FnMut(&mut Self, usize),
    ) {
        for (block, first) in (0u64..).zip((0..scenarios).step_by(LANES)) {
            let n = LANES.min(scenarios - first);
            sampler.draw(block, n, &mut self.draws);
            assess(graph, &self.draws, &mut self.outcomes);
            see(self, n);
        }
    }
}

/// A target, and what each operator loses by an attack on it.
struct Place {
    service: String,
    attack: String,
    located: (usize, usize),
    /// Position among all outcomes.
    outcome: usize,
    success: Losses,
    failure: Losses,
    /// Part of the escrow that its carry comes to.
    carry: f64,
}

impl Place {
    fn is_reached(&self, outcomes: &Outcomes, lane: usize) -> bool {
        let routes = &outcomes.targets[self.outcome].routes;
        routes.iter().any(|of| of.route == Route::Bribe && of.costs.cost[lane].is_finite())
    }
}

/// Private losses: linear in prices.
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

fn places(study: &Study, graph: &Graph, design: usize) -> Vec<Place> {
    let of = &graph.designs[design];
    let outcomes = Outcomes::new(graph);
    let located = of
        .secured
        .iter()
        .flat_map(|secured| (0..graph.secured[*secured].targets.len()).map(|position| (*secured, position)));
    let place = |(target, (secured, position)): (usize, (usize, usize))| {
        let joint_target = &of.joint.targets[target];
        let mut failing = joint_target.clone();
        failing.charges.iter_mut().for_each(|charge| charge.drawdown = 0.0);
        let days = graph.secured[secured].targets[position]
            .charges
            .iter()
            .map(|charge| study.pools[charge.pool].unbonding_days)
            .fold(0.0, f64::max);
        joint_target.by_operators.then(|| Place {
            service: study.services[graph.secured[secured].service].name.clone(),
            attack: graph.secured[secured].targets[position].kind.clone(),
            located: (secured, position),
            outcome: outcomes.first_target[secured] + position,
            success: Losses::new(&of.joint, joint_target, true),
            failure: Losses::new(&of.joint, &failing, false),
            carry: study.adversary.carry_apr * days / DAYS_PER_YEAR,
        })
    };
    located.enumerate().filter_map(place).collect()
}

/// How often enough operators are not altruistic, given that one is not.
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

    fn add(&mut self, room: &Room, place: &Place, lane: usize) {
        let is_reached = place.is_reached(&room.outcomes, lane);
        self.scenarios += 1;
        self.reached += u64::from(is_reached);
        let rows = room.draws.colluders.rows.iter().zip(&room.draws.bribable.rows);
        for (operator, (colludes, bribable)) in rows.enumerate() {
            if (colludes[lane / 64] | bribable[lane / 64]) >> (lane % 64) & 1 == 1 {
                self.willing[operator] += 1;
                self.together[operator] += u64::from(is_reached);
            }
        }
    }

    fn of(&self, operator: usize) -> f64 {
        count(self.together[operator]) / count(self.willing[operator].max(1))
    }
}

/// A figure: its moments, and the values of the block at hand.
#[derive(Default)]
struct Series {
    all: Moments,
    block: Vec<f64>,
}

impl Series {
    fn push(&mut self, value: f64) {
        self.block.push(value);
    }

    fn end_block(&mut self) {
        self.all.merge(&Moments::of_few(self.block.iter().copied()));
        self.block.clear();
    }
}

/// Figures of the scenarios in which a target is reached.
#[derive(Default)]
struct Sums {
    belief: Series,
    profit: Series,
    up_front: Series,
    contingent: Series,
    p_plus_epsilon: Series,
    escrow: Series,
    on_failure: Series,
}

impl Sums {
    fn each(&mut self) -> [&mut Series; 7] {
        let Self { belief, profit, up_front, contingent, p_plus_epsilon, escrow, on_failure } = self;
        [belief, profit, up_front, contingent, p_plus_epsilon, escrow, on_failure]
    }

    fn add(&mut self, graph: &Graph, room: &mut Room, (place, belief): (&Place, &Belief), lane: usize) {
        let Room { draws, outcomes } = room;
        let profit = outcomes.targets[place.outcome].profit[lane];
        let found = cheapest_coalition(graph, place.located, Route::Bribe, (draws, lane), outcomes);
        let Some((_, members)) = found else { return };
        let is_in = |rows: &[crate::kernels::Mask], operator: usize| {
            rows[operator][lane / 64] >> (lane % 64) & 1 == 1
        };
        let price = |asset: usize| draws.prices[asset][lane];
        let [mut up_front, mut contingent, mut equilibrium, mut escrow, mut on_failure] = [0.0; 5];
        let (mut beliefs, mut n_bribed) = (0.0, 0);
        for (operator, part) in members.iter().map(|(operator, part)| (*operator as usize, *part)) {
            let success = part * place.success.usd(operator, price);
            if is_in(&draws.colluders.rows, operator) {
                let stolen = draws.compromised.as_ref().is_some_and(|keys| is_in(&keys.rows, operator));
                let own = if stolen { 0.0 } else { success };
                (up_front, contingent, equilibrium) = (up_front + own, contingent + own, equilibrium + own);
                continue;
            }
            let failure = part * place.failure.usd(operator, price);
            let (q, ask) = (belief.of(operator), 1.0 + draws.premium[lane]);
            up_front += ask * (q * success + (1.0 - q) * failure);
            contingent += ask * (success + (1.0 - q) / q * failure);
            equilibrium += ask * success;
            on_failure += ask * failure;
            escrow += ask * success.max(failure);
            (beliefs, n_bribed) = (beliefs + q, n_bribed + 1);
        }
        // Members of one scenario are no independent observations.
        if n_bribed > 0 {
            self.belief.push(beliefs / count(n_bribed));
        }
        self.profit.push(profit);
        self.up_front.push(up_front);
        self.contingent.push(contingent);
        self.p_plus_epsilon.push(equilibrium + place.carry * escrow);
        self.escrow.push(escrow);
        self.on_failure.push(on_failure);
    }

    fn bribery(&self, place: &Place, belief: &Belief) -> Bribery {
        let moments = |series: &Series| series.all;
        Bribery {
            service: place.service.clone(),
            attack: place.attack.clone(),
            reached: Moments::of_hits(belief.scenarios, belief.reached),
            belief: moments(&self.belief),
            profit: moments(&self.profit),
            up_front: moments(&self.up_front),
            contingent: moments(&self.contingent),
            p_plus_epsilon: moments(&self.p_plus_epsilon),
            escrow: moments(&self.escrow),
            on_failure: moments(&self.on_failure),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    /// Three operators of 100 tokens at $2, two needed; half of each are altruists, independently.
    fn three(more: &str) -> Study {
        let text = format!(
            r#"
name = "bribes"
[assets.A]
price_usd = 2.0
[collusion]
probability = 0.0
altruistic_probability = 0.5
[adversary]
bribe_premium = 0.1
carry_apr = 0.05
[pools.p]
asset = "A"
stake = {{ a = 100, b = 100, c = 100 }}
unbonding_days = 21.0
[services.s]
consensus = "quorum"
attacks.control = {{ profit_usd = 50, threshold = ">= 2/3" }}
attacks.fork = {{ profit_usd = 50, threshold = ">= 1/2" }}
[designs.d.services.s]
system = "pos"
pool = "p"
slash = 0.05
{more}
"#
        );
        Study::from_text(&text, "study.toml", Path::new(".")).unwrap_or_else(|error| panic!("{error}"))
    }

    fn of<'a>(all: &'a [Bribery], attack: &str) -> &'a Bribery {
        all.iter().find(|bribery| bribery.attack == attack).unwrap()
    }

    fn within_errors(found: f64, expected: f64, error: f64) {
        assert!((found - expected).abs() < 5.0 * error, "{found} for {expected} ± {error}");
    }

    /// Each has two others, one of whom must be willing: q = 3/4. A fork by half is slashed in any case (5 % of $200 each), control
    /// only if it fails.
    #[test]
    fn offers_make_up_for_the_doubt_that_others_join() {
        let found = bribes(&three(""), &Ask { design: 0, scenarios: 40_000, seed: 3 });
        let error = 0.5 / libm::sqrt(40_000.0);
        for bribery in &found {
            within_errors(bribery.reached.mean(), 0.5, error);
            // Of about 20,000 scenarios in which an operator is willing.
            within_errors(bribery.belief.mean(), 0.75, libm::sqrt(0.75 * 0.25 / 20_000.0));
            // Scenarios are counted, over all blocks, not members.
            let hits = (bribery.reached.mean() * 40_000.0).round();
            assert!(
                (count(bribery.profit.n()) - hits).abs() < 0.5 && bribery.belief.n() == bribery.profit.n()
            );
        }
        let (fork, control) = (of(&found, "fork"), of(&found, "control"));
        let loss = 1.1 * 2.0 * 10.0;
        let carry = 0.05 * 21.0 / 365.0;
        let exact = |moments: &Moments, expected: f64| {
            assert!((moments.mean() - expected).abs() < 1e-9, "{} {expected}", moments.mean());
        };
        exact(&fork.up_front, loss);
        exact(&fork.p_plus_epsilon, loss * (1.0 + carry));
        exact(&control.p_plus_epsilon, loss * carry);
        for bribery in [fork, control] {
            exact(&bribery.escrow, loss);
            exact(&bribery.on_failure, loss);
        }
        // q is estimated: by the delta method.
        let q_error = libm::sqrt(0.75 * 0.25 / 20_000.0);
        within_errors(control.up_front.mean(), 0.25 * loss, loss * q_error);
        within_errors(control.contingent.mean(), loss / 3.0, loss / (0.75 * 0.75) * q_error);
        within_errors(fork.contingent.mean(), loss / 0.75, loss / (0.75 * 0.75) * q_error);
        assert_eq!(fork.cheapest(), Some(Way::UpFront));
        assert_eq!(control.cheapest(), Some(Way::PPlusEpsilon));
        // Offers differ by what three operators think alone; of one scenario nothing is said.
        assert!(fork.relative_error().is_some_and(|error| error < 1e-3));
        let once = bribes(&three(""), &Ask { design: 0, scenarios: 1, seed: 3 });
        assert!(once.iter().all(|bribery| bribery.relative_error().is_none()));
        // Half of all attempts fail: up front is paid twice a success, P + ε pays in each failure.
        for bribery in [fork, control] {
            assert_eq!(bribery.cheapest_per_success(), Some(Way::Contingent));
        }
    }

    /// With a common factor who is willing says that others are: beliefs rise above the unconditional probability, and the offer falls.
    #[test]
    fn correlation_raises_what_a_willing_operator_believes() {
        let ask = Ask { design: 0, scenarios: 20_000, seed: 3 };
        let apart = bribes(&three(""), &ask);
        let text = "[collusion.loadings]\ncommon = 0.8\n";
        let tied = bribes(&three(text), &ask);
        let (apart, tied) = (of(&apart, "control"), of(&tied, "control"));
        assert!(tied.belief.mean() > apart.belief.mean() + 0.05);
        assert!(tied.contingent.mean() < apart.contingent.mean());
        within_errors(tied.reached.mean(), 0.5, 0.5 / libm::sqrt(20_000.0));
    }

    /// Without carry the equilibrium payment is what route `bribe` costs in a run.
    #[test]
    fn the_equilibrium_payment_is_the_cost_of_the_route() {
        let mut study =
            Study::load(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../data/power-cap"))).unwrap();
        study.adversary.carry_apr = 0.0;
        study.adversary.joint = true;
        let ask = Ask { design: 0, scenarios: 512, seed: 1 };
        let graph = compile(&study);
        let sampler = Sampler::new(&study, ask.seed);
        let mut room = Room { draws: sampler.room(), outcomes: Outcomes::new(&graph) };
        let places = places(&study, &graph, 0);
        let mut costs = vec![Vec::new(); places.len()];
        room.each_block(&graph, &sampler, ask.scenarios, |room, n| {
            for (place, costs) in places.iter().zip(&mut costs) {
                let routes = &room.outcomes.targets[place.outcome].routes;
                let bribe = routes.iter().find(|of| of.route == Route::Bribe).unwrap();
                costs.extend(bribe.costs.cost[..n].iter().filter(|cost| cost.is_finite()));
            }
        });
        let found = bribes(&study, &ask);
        for (bribery, costs) in found.iter().zip(&costs) {
            let mean = costs.iter().sum::<f64>() / count(costs.len() as u64);
            assert_eq!(bribery.p_plus_epsilon.n(), costs.len() as u64);
            assert!(
                !costs.is_empty() && (bribery.p_plus_epsilon.mean() / mean - 1.0).abs() < 1e-6,
                "{bribery:?} {mean}"
            );
        }
    }
}

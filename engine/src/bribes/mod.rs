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

mod offers;
#[cfg(test)]
mod tests;

pub use offers::{Offer, Offers};

use crate::attack::{Outcomes, assess};
use crate::design::compile;
use crate::moments::Moments;
use crate::sampling::Sampler;
use crate::study::{Route, Study};

/// Scenarios, from the first, by which the members of a run's coalitions know how often others join.
pub const BELIEF_SCENARIOS: usize = 1 << 14;

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
    /// Every way, the one that is named first where several cost the same before the others.
    pub const ALL: [Self; 3] = [Self::PPlusEpsilon, Self::UpFront, Self::Contingent];

    /// The one of these costs that is least, in the order of [`Self::ALL`].
    pub fn cheapest_of(costs: [f64; 3]) -> Self {
        let mut ways = costs.into_iter().zip(Self::ALL);
        let first = ways.next().unwrap_or((f64::INFINITY, Self::PPlusEpsilon));
        ways.fold(first, |least, way| if way.0 < least.0 { way } else { least }).1
    }

    /// Its word in tables.
    pub fn word(self) -> &'static str {
        match self {
            Self::UpFront => "up_front",
            Self::Contingent => "contingent",
            Self::PPlusEpsilon => "p_plus_epsilon",
        }
    }

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
        (self.profit.n() > 0).then(|| Way::cheapest_of(costs))
    }
}

/// Judges all targets of a design that operators decide; empty where nobody can be bribed.
pub fn bribes(study: &Study, ask: &Ask) -> Vec<Bribery> {
    let graph = compile(study);
    if !graph.routes.contains(&Route::Bribe) {
        return Vec::new();
    }
    let sampler = Sampler::new(study, ask.seed);
    let mut offers = Offers::new(study, [ask.design]);
    offers.learn(&graph, &sampler, ask.scenarios);
    let mut sums: Vec<Sums> = offers.places().map(|_| Sums::default()).collect();
    let (mut draws, mut outcomes) = (sampler.room(), Outcomes::new(&graph));
    offers::each_block(ask.scenarios, |block, n| {
        sampler.draw(block, n, &mut draws);
        assess(&graph, &draws, &mut outcomes);
        for (place, sums) in sums.iter_mut().enumerate() {
            (0..n)
                .filter_map(|lane| offers.price(&graph, place, (&draws, lane), &mut outcomes))
                .for_each(|offer| sums.add(&offer));
            sums.each().into_iter().for_each(Series::end_block);
        }
    });
    offers.places().zip(&sums).map(|(place, sums)| sums.bribery(place)).collect()
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

    fn add(&mut self, offer: &Offer) {
        // Members of one scenario are no independent observations.
        offer.belief.into_iter().for_each(|belief| self.belief.push(belief));
        self.profit.push(offer.profit);
        self.up_front.push(offer.up_front);
        self.contingent.push(offer.contingent);
        self.p_plus_epsilon.push(offer.p_plus_epsilon);
        self.escrow.push(offer.escrow);
        self.on_failure.push(offer.on_failure);
    }

    fn bribery(&self, place: offers::Named<'_>) -> Bribery {
        Bribery {
            service: place.service.to_owned(),
            attack: place.attack.to_owned(),
            reached: place.reached,
            belief: self.belief.all,
            profit: self.profit.all,
            up_front: self.up_front.all,
            contingent: self.contingent.all,
            p_plus_epsilon: self.p_plus_epsilon.all,
            escrow: self.escrow.all,
            on_failure: self.on_failure.all,
        }
    }
}

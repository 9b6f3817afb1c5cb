//! Factors, copula, prices: from a block's number to columns of draws.
//!
//! Every draw comes from the stream of its own purpose, so that adding a service, an asset or a kind of accident
//! leaves the others as they were and all designs see the same world.

mod latent;
mod market;
pub mod states;
mod thinned;

pub use latent::{CollusionLaws, collusion_laws};

use crate::graph::Luck;
use crate::kernels::level::Level;
use crate::kernels::{Column, LANES, Mask, bits, normal};
use crate::streams::Purpose;
use crate::study::{BribePremium, Service, Study};
use market::MarketPlan;
use states::{LatentPlan, LatentScratch};

/// How to draw the blocks of a study under a seed.
#[derive(Debug, Clone)]
pub struct Sampler {
    level: Level,
    collusion: LatentPlan,
    faults: Vec<LatentPlan>,
    market: MarketPlan,
    compromise: Purpose,
    compromised_share: f64,
    /// Services that may turn Byzantine, each with its probability.
    turning: Vec<(Purpose, f64)>,
    n_operators: usize,
    fates: Fates,
}

/// What decides when accidents happen and whether slashes land: needed rarely, and so drawn where it is needed.
#[derive(Debug, Clone)]
struct Fates {
    punishment: Purpose,
    delay: Purpose,
    accident_day: Purpose,
    horizon_days: f64,
}

/// One block of drawn scenarios; the first `n` lanes count.
#[derive(Debug)]
pub struct Draws {
    /// Scenario of lane 0.
    pub first_scenario: u64,
    /// Lanes that belong to the run.
    pub n: usize,
    /// Likelihood ratio of the law asked about to the law sampled from; 1 unless a proposal was sampled.
    pub weight: Column,
    /// The common factor of collusion; low is bad.
    pub common: Column,
    /// Prices, USD. `[asset]`
    pub prices: Vec<Column>,
    /// Profit from corruption, then the value of what can be sold short, USD. `[attack of the study, then asset]`
    pub profits: Vec<Column>,
    /// What bribed operators ask on top of their loss.
    pub premium: Column,
    /// Operators that collude.
    pub colluders: Crowd,
    /// Operators that neither collude nor are honest at any price.
    pub bribable: Crowd,
    /// Colluders whose keys are stolen: the attacker owes them nothing. `None` if there can be none.
    pub compromised: Option<Crowd>,
    /// Operators that an accident hits. `[fault]`
    pub faulty: Vec<Few>,
    /// Services that have turned Byzantine, a bit each in the order of [`Study::turning`].
    pub turned: [u8; LANES],
    /// Normals behind the prices. `[asset]`
    normals: Vec<Column>,
    fates: Fates,
    scratch: LatentScratch,
}

impl Draws {
    /// What decides whether the slash for an attack lands: one draw per scenario and attack of the study, whatever the
    /// design.
    pub fn luck(&self, lane: usize, attack: usize) -> Luck {
        let scenario = self.first_scenario + lane as u64;
        Luck {
            uniform: self.fates.punishment.extra_uniform(scenario, attack as u64),
            normal: normal::quantile(self.fates.delay.extra_uniform(scenario, attack as u64)),
        }
    }

    /// Days from today to the horizon: when attacks fall.
    pub fn horizon_days(&self) -> f64 {
        self.fates.horizon_days
    }

    /// The days of an operator's accidents, of which there is at least one; `expected` many were expected within the
    /// horizon. Their number is Poisson given that it is not 0; each falls on any day.
    pub fn accident_days(&self, lane: usize, operator: usize, expected: f64) -> impl Iterator<Item = f64> {
        let scenario = self.first_scenario + lane as u64;
        let uniform = move |index: u64| {
            self.fates.accident_day.extra_uniform(scenario, ((operator as u64) << 16) | index)
        };
        let count = poisson_given_one(expected, uniform(0));
        (1..=count).map(move |accident| self.fates.horizon_days * uniform(accident))
    }
}

/// A set of operators in every scenario of a block.
#[derive(Debug, Clone, Default)]
pub struct Crowd {
    /// Scenarios of each operator. `[operator]`
    pub rows: Vec<Mask>,
}

impl Crowd {
    fn new(n_operators: usize) -> Self {
        Self { rows: vec![Mask::default(); n_operators] }
    }
    /// How many there are. `[lane]`
    pub fn sizes(&self) -> [u32; LANES] {
        let mut sizes = [0; LANES];
        bits::add_rows(&self.rows, &mut sizes);
        sizes
    }
    /// The operators of one lane, rising.
    pub fn lane(&self, lane: usize) -> impl Iterator<Item = usize> + '_ {
        let (word, bit) = (lane / 64, lane % 64);
        self.rows
            .iter()
            .enumerate()
            .filter(move |(_, row)| row[word] >> bit & 1 == 1)
            .map(|(operator, _)| operator)
    }
}

/// A set of operators that is small in most scenarios, scenario by scenario.
#[derive(Debug, Clone)]
pub struct Few {
    /// Lanes with anybody.
    pub anybody: Mask,
    operators: Vec<u32>,
    /// Where the operators of a lane end. `[lane]`
    ends: [u32; LANES],
}

impl Few {
    fn nobody() -> Self {
        Self { anybody: Mask::default(), operators: Vec::new(), ends: [0; LANES] }
    }

    /// The operators of one lane, rising.
    pub fn lane(&self, lane: usize) -> impl Iterator<Item = usize> + '_ {
        let first = if lane == 0 { 0 } else { self.ends[lane - 1] };
        self.operators[first as usize..self.ends[lane] as usize].iter().map(|operator| *operator as usize)
    }

    /// Turns one mask per operator to one list per lane, by counting.
    fn fill(&mut self, rows: &[Mask]) {
        let Self { anybody, operators, ends, .. } = self;
        *anybody = Mask::default();
        ends.fill(0);
        let mut n = 0;
        for row in rows.iter().filter(|row| **row != Mask::default()) {
            anybody.iter_mut().zip(row).for_each(|(any, word)| *any |= word);
            for lane in bits::ones(row) {
                ends[lane] += 1;
                n += 1;
            }
        }
        operators.resize(n, 0);
        // First where each lane starts; filling moves that to where it ends.
        let mut start = 0;
        for end in ends.iter_mut() {
            (*end, start) = (start, start + *end);
        }
        for (operator, row) in (0u32..).zip(rows).filter(|(_, row)| **row != Mask::default()) {
            for lane in bits::ones(row) {
                operators[ends[lane] as usize] = operator;
                ends[lane] += 1;
            }
        }
    }
}

/// Most accidents of one operator in one scenario.
const MOST_ACCIDENTS: u64 = 1000;

/// A Poisson number that is not 0, by inversion of `uniform` in (0, 1).
fn poisson_given_one(mean: f64, uniform: f64) -> u64 {
    let whole = -libm::expm1(-mean);
    let mut probability = mean * libm::exp(-mean);
    let (mut left, mut count) = (uniform * whole - probability, 1);
    while left > 0.0 && count < MOST_ACCIDENTS {
        count += 1;
        probability *= mean / crate::moments::count(count);
        left -= probability;
    }
    count
}

/// How it is drawn whether a service turns Byzantine.
fn turns(service: &Service, seed: u64) -> (Purpose, f64) {
    let purpose = Purpose::new(seed, &format!("service/{}/byzantine", service.name));
    (purpose, service.byzantine_probability)
}

impl Sampler {
    /// Compiles the study's laws.
    pub fn new(study: &Study, seed: u64) -> Self {
        Self {
            level: Level::current(),
            collusion: latent::collusion(study, seed),
            faults: study.faults.iter().map(|fault| latent::fault(study, fault, seed)).collect(),
            market: MarketPlan::new(study, seed),
            compromise: Purpose::new(seed, "collusion/compromised"),
            compromised_share: study.collusion.compromised_share,
            turning: study.turning().map(|service| turns(&study.services[service], seed)).collect(),
            n_operators: study.operators.len(),
            fates: Fates {
                punishment: Purpose::new(seed, "enforcement/punishment"),
                delay: Purpose::new(seed, "enforcement/delay"),
                accident_day: Purpose::new(seed, "fault/equivocation/day"),
                horizon_days: study.horizon_days,
            },
        }
    }

    /// Draws on this level; by default the one in use. No bit depends on it.
    pub fn set_level(&mut self, level: Level) {
        self.level = level;
    }

    /// Number of assets with a price.
    pub fn n_assets(&self) -> usize {
        self.market.n_assets()
    }

    /// Derivative of the log density of what is drawn in a block with respect to the logarithm of an asset's price today.
    /// `None` where the price does not move, or a profit in the asset has no spread of its own.
    pub fn price_score(&self, block: u64, asset: usize) -> Option<Column> {
        self.market.price_score(self.level, block, asset)
    }

    /// Room for one block.
    pub fn room(&self) -> Draws {
        let crowd = Crowd::new(self.n_operators);
        Draws {
            first_scenario: 0,
            n: 0,
            weight: [1.0; LANES],
            common: [0.0; LANES],
            prices: vec![[0.0; LANES]; self.market.n_assets()],
            profits: vec![[0.0; LANES]; self.market.n_profits()],
            premium: [0.0; LANES],
            colluders: crowd.clone(),
            bribable: crowd.clone(),
            compromised: (self.compromised_share > 0.0).then(|| crowd.clone()),
            faulty: vec![Few::nobody(); self.faults.len()],
            turned: [0; LANES],
            normals: Vec::new(),
            fates: self.fates.clone(),
            scratch: LatentScratch::default(),
        }
    }

    /// The base state in lane 0: today's prices and profits, nobody colludes, everybody can be bribed, no accident.
    pub fn base_state(&self, study: &Study) -> Draws {
        let mut draws = self.room();
        draws.n = 1;
        draws.prices.iter_mut().zip(&study.assets).for_each(|(price, asset)| price[0] = asset.price_usd);
        draws.profits.iter_mut().zip(study.profits_today()).for_each(|(profit, today)| profit[0] = today);
        draws.premium[0] = match study.adversary.bribe_premium {
            BribePremium::Fixed(premium) => premium,
            BribePremium::Lognormal { median, .. } => median,
        };
        draws.bribable.rows.fill([u64::MAX; LANES / 64]);
        draws
    }

    /// Draws block `block`, of which the first `n` lanes count. The whole block is always drawn.
    pub fn draw(&self, block: u64, n: usize, draws: &mut Draws) {
        self.draw_collusion(block, n, draws);
        self.draw_moves(block, draws);
    }

    /// Draws who colludes and who can be bribed, and the common factor.
    pub fn draw_collusion(&self, block: u64, n: usize, draws: &mut Draws) {
        draws.first_scenario = block * LANES as u64;
        draws.n = n;
        let scratch = &mut draws.scratch;
        self.collusion.draw(self.level, block, scratch);
        draws.common = scratch.common();
        let [low, up] = &mut scratch.below;
        std::mem::swap(&mut draws.colluders.rows, low);
        for ((bribable, low), up) in draws.bribable.rows.iter_mut().zip(&draws.colluders.rows).zip(up) {
            // Whoever lies below the lower cutoff lies below the upper one.
            *bribable = std::array::from_fn(|word| up[word] & !low[word]);
        }
        self.mark_compromised(draws);
    }

    /// As [`Self::draw`], collusion drawn by `states`: it fills `common`, `weight` and the rows of `colluders` and `bribable`.
    pub fn draw_given(&self, block: u64, n: usize, draws: &mut Draws, states: impl FnOnce(&mut Draws)) {
        draws.first_scenario = block * LANES as u64;
        draws.n = n;
        states(draws);
        self.mark_compromised(draws);
        self.draw_moves(block, draws);
    }

    /// Draws all the rest: accidents, prices, profits, and what decides over slashes. Who colludes stays as drawn last; prices
    /// follow the common factor that stands in `draws`.
    pub fn draw_moves(&self, block: u64, draws: &mut Draws) {
        draws.fates.clone_from(&self.fates);
        let scratch = &mut draws.scratch;
        for (plan, few) in self.faults.iter().zip(&mut draws.faulty) {
            plan.draw(self.level, block, scratch);
            few.fill(&scratch.below[0]);
        }
        self.market.draw(self.level, block, draws);
        self.draw_turned(draws);
    }

    /// Draws which services have turned Byzantine: each on its own, whatever else is drawn, the same for all designs.
    fn draw_turned(&self, draws: &mut Draws) {
        if self.turning.is_empty() {
            return;
        }
        for (lane, turned) in draws.turned.iter_mut().enumerate() {
            let scenario = draws.first_scenario + lane as u64;
            let bits = self.turning.iter().enumerate();
            *turned = bits.fold(0, |set, (bit, (purpose, probability))| {
                set | u8::from(purpose.extra_uniform(scenario, 0) < *probability) << bit
            });
        }
    }

    /// Marks the colluders whose keys are stolen: each on its own, whatever else is drawn.
    fn mark_compromised(&self, draws: &mut Draws) {
        let Some(compromised) = &mut draws.compromised else { return };
        for (operator, (stolen, colluding)) in
            compromised.rows.iter_mut().zip(&draws.colluders.rows).enumerate()
        {
            *stolen = Mask::default();
            for lane in bits::ones(colluding) {
                let scenario = draws.first_scenario + lane as u64;
                if self.compromise.extra_uniform(scenario, operator as u64) < self.compromised_share {
                    stolen[lane / 64] |= 1 << (lane % 64);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_lanes_hold_what_the_rows_hold() {
        for sparse in [1u64, 3, 64] {
            let word =
                |i: u64| if i.is_multiple_of(sparse) { i.wrapping_mul(0x9E37_79B9_7F4A_7C15) } else { 0 };
            let rows: Vec<Mask> = (0..70).map(|row| [0, 1, 2, 3].map(|w| word(4 * row + w))).collect();
            let mut few = Few::nobody();
            // Twice: nothing of the first is left.
            few.fill(&vec![[u64::MAX; 4]; 9]);
            few.fill(&rows);
            for lane in 0..LANES {
                let expected: Vec<usize> =
                    (0..rows.len()).filter(|r| bits::contains(&rows[*r], lane)).collect();
                assert_eq!(few.lane(lane).collect::<Vec<_>>(), expected);
                assert_eq!(bits::contains(&few.anybody, lane), !expected.is_empty());
            }
        }
    }

    #[test]
    fn accidents_given_one_have_the_truncated_mean() {
        for mean in [1e-4, 0.5, 3.0, 20.0] {
            let n = 100_000u32;
            let sum: u64 = (0..n).map(|i| poisson_given_one(mean, (f64::from(i) + 0.5) / f64::from(n))).sum();
            let expected = mean / -libm::expm1(-mean);
            // A grid of n points misses what lies beyond the last: below 1e-4 of the mean here.
            let average = crate::moments::count(sum) / f64::from(n);
            assert!((average / expected - 1.0).abs() < 2e-4, "{average} against {expected}");
        }
    }
}

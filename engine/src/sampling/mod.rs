//! Factors, copula, prices: from a block's number to columns of draws.
//!
//! Every draw comes from the stream of its own purpose, so that adding a service, an asset or a kind of accident
//! leaves the others as they were and all designs see the same world.

mod latent;
mod market;

use crate::kernels::{Column, LANES, Mask, bits};
use crate::streams::Purpose;
use crate::study::{BribePremium, Study};
use latent::{LatentPlan, LatentScratch};
use market::MarketPlan;

/// How to draw the blocks of a study under a seed.
#[derive(Debug, Clone)]
pub struct Sampler {
    collusion: LatentPlan,
    faults: Vec<LatentPlan>,
    market: MarketPlan,
    compromise: Purpose,
    compromised_share: f64,
    n_operators: usize,
}

/// One block of drawn scenarios; the first `n` lanes count.
#[derive(Debug)]
pub struct Draws {
    /// Scenario of lane 0.
    pub first_scenario: u64,
    /// Lanes that belong to the run.
    pub n: usize,
    /// The common factor of collusion; low is bad.
    pub common: Column,
    /// Prices, USD. `[asset]`
    pub prices: Vec<Column>,
    /// Profit from corruption, USD. `[attack of the study]`
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
    pub faulty: Vec<Crowd>,
    scratch: LatentScratch,
}

/// A set of operators in every scenario of a block, kept both ways.
#[derive(Debug, Clone, Default)]
pub struct Crowd {
    /// Scenarios of each operator. `[operator]`
    pub rows: Vec<Mask>,
    words: usize,
    sets: Vec<u64>,
}

impl Crowd {
    fn new(n_operators: usize) -> Self {
        let words = n_operators.div_ceil(64);
        Self { rows: vec![Mask::default(); n_operators], words, sets: vec![0; words * LANES] }
    }
    fn turn(&mut self) {
        bits::rows_to_sets(&self.rows, &mut self.sets);
    }
    /// The operators of one lane, operator `o` in bit `o % 64` of word `o / 64`.
    #[inline]
    pub fn lane(&self, lane: usize) -> &[u64] {
        &self.sets[lane * self.words..(lane + 1) * self.words]
    }
}

impl Sampler {
    /// Compiles the study's laws.
    pub fn new(study: &Study, seed: u64) -> Self {
        Self {
            collusion: latent::collusion(study, seed),
            faults: study.faults.iter().map(|fault| latent::fault(study, fault, seed)).collect(),
            market: MarketPlan::new(study, seed),
            compromise: Purpose::new(seed, "collusion/compromised"),
            compromised_share: study.collusion.compromised_share,
            n_operators: study.operators.len(),
        }
    }

    /// Room for one block.
    pub fn room(&self) -> Draws {
        let crowd = Crowd::new(self.n_operators);
        Draws {
            first_scenario: 0,
            n: 0,
            common: [0.0; LANES],
            prices: vec![[0.0; LANES]; self.market.n_assets()],
            profits: vec![[0.0; LANES]; self.market.n_profits()],
            premium: [0.0; LANES],
            colluders: crowd.clone(),
            bribable: crowd.clone(),
            compromised: (self.compromised_share > 0.0).then(|| crowd.clone()),
            faulty: vec![crowd; self.faults.len()],
            scratch: LatentScratch::new(),
        }
    }

    /// The base state in lane 0: today's prices and profits, nobody colludes, everybody can be bribed, no accident.
    pub fn base_state(&self, study: &Study) -> Draws {
        let mut draws = self.room();
        draws.n = 1;
        draws.prices.iter_mut().zip(&study.assets).for_each(|(price, asset)| price[0] = asset.price_usd);
        let attacks = study.services.iter().flat_map(|service| &service.attacks);
        draws.profits.iter_mut().zip(attacks).for_each(|(profit, attack)| profit[0] = attack.profit_usd);
        draws.premium[0] = match study.adversary.bribe_premium {
            BribePremium::Fixed(premium) => premium,
            BribePremium::Lognormal { median, .. } => median,
        };
        draws.bribable.rows.fill([u64::MAX; LANES / 64]);
        draws.bribable.turn();
        draws
    }

    /// Draws block `block`, of which the first `n` lanes count. The whole block is always drawn.
    pub fn draw(&self, block: u64, n: usize, draws: &mut Draws) {
        draws.first_scenario = block * LANES as u64;
        draws.n = n;
        let scratch = &mut draws.scratch;
        self.collusion.draw(block, scratch);
        draws.common = scratch.common();
        draws.colluders.rows.clone_from(&scratch.low);
        draws.colluders.turn();
        for ((bribable, low), high) in draws.bribable.rows.iter_mut().zip(&scratch.low).zip(&scratch.high) {
            bribable
                .iter_mut()
                .zip(low.iter().zip(high))
                .for_each(|(word, (low, high))| *word = !(low | high));
        }
        draws.bribable.turn();
        for (plan, crowd) in self.faults.iter().zip(&mut draws.faulty) {
            plan.draw(block, scratch);
            crowd.rows.clone_from(&scratch.low);
            crowd.turn();
        }
        self.mark_compromised(draws);
        self.market.draw(block, draws);
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
        compromised.turn();
    }
}

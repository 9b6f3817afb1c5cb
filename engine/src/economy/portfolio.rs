//! Losses of those who hold stake with operators: delegators, liquid staking and restaking tokens.

use crate::attack::Execution;
use crate::graph::Graph;
use crate::kernels::{Column, LANES};
use crate::moments::Moments;
use crate::sampling::Draws;
use crate::sketch::Sketch;
use crate::study::Study;

/// Every portfolio of a study, ready for its designs.
#[derive(Debug, Clone, Default)]
pub struct Portfolios {
    /// Names.
    pub names: Vec<String>,
    /// Part of an operator's stake in a pool that the portfolio holds. `[portfolio][pool][operator]`
    parts: Vec<Vec<Vec<f64>>>,
    /// Fall on the market per loss. `[portfolio]`
    discount_factors: Vec<f64>,
    /// Stake per asset, tokens. `[portfolio][asset]`
    tokens: Vec<Vec<f64>>,
    /// Mean small losses per asset, tokens. `[design][portfolio][asset]`
    small: Vec<Vec<Vec<f64>>>,
}

/// Losses and values of a block.
#[derive(Debug, Clone, Default)]
pub struct BlockPortfolios {
    /// `[design][portfolio]`
    losses: Vec<Vec<BlockLoss>>,
    /// `[portfolio]`
    values: Vec<Column>,
}

/// One portfolio in one design.
#[derive(Debug, Clone)]
struct BlockLoss {
    usd: Column,
    /// Whether something was slashed beyond the many small slashes for downtime.
    hit: [bool; LANES],
}

/// Means of a sample.
#[derive(Debug, Clone, Default)]
pub struct PortfolioTally {
    /// Loss. `[design][portfolio]`
    pub losses: Vec<Vec<Moments>>,
    /// Scenarios with a loss beyond the small ones. `[design][portfolio]`
    pub hit: Vec<Vec<u64>>,
    /// Value without losses. `[portfolio]`
    pub values: Vec<Moments>,
}

/// Distributions of losses. `[design][portfolio]`
#[derive(Debug, Clone, Default)]
pub struct PortfolioSketches(pub Vec<Vec<Sketch>>);

impl Portfolios {
    /// Compiles a study's portfolios.
    pub fn new(study: &Study, graph: &Graph) -> Self {
        let n = study.operators.len();
        let mut all =
            Self { names: study.portfolios.iter().map(|p| p.name.clone()).collect(), ..Self::default() };
        for portfolio in &study.portfolios {
            let mut parts = vec![vec![0.0; n]; study.pools.len()];
            let mut tokens = vec![0.0; study.assets.len()];
            for (operator, pool, held) in &portfolio.holds {
                parts[*pool][*operator] += held / study.pools[*pool].tokens(*operator);
                tokens[study.pools[*pool].asset] += held;
            }
            all.parts.push(parts);
            all.tokens.push(tokens);
            all.discount_factors.push(portfolio.discount_factor);
        }
        let small = |design: &crate::graph::DesignGraph, portfolio: usize| {
            let mut lost = vec![0.0; study.assets.len()];
            for (operator, pool, held) in &study.portfolios[portfolio].holds {
                let asset = study.pools[*pool].asset;
                let staked = design.stake.iter().find(|amounts| amounts.asset == asset);
                let staked = staked.map_or(0.0, |amounts| amounts.tokens[*operator]);
                let means =
                    design.faults.iter().flat_map(|losses| &losses.mean).filter(|mean| mean.asset == asset);
                let mean: f64 = means.map(|mean| mean.tokens[*operator]).sum();
                lost[asset] += if staked > 0.0 { held * mean / staked } else { 0.0 };
            }
            lost
        };
        let of_design = |design| (0..study.portfolios.len()).map(|p| small(design, p)).collect();
        all.small = graph.designs.iter().map(of_design).collect();
        all
    }

    /// Losses of a block: slashes valued at the horizon, and the token's fall beyond them, up to all it is worth.
    /// They take the place of what `block` held.
    pub fn fill(&self, draws: &Draws, execution: &Execution, block: &mut BlockPortfolios) {
        if self.names.is_empty() {
            return;
        }
        let price = |tokens: &[f64], usd: &mut Column| {
            usd.fill(0.0);
            for (tokens, prices) in tokens.iter().zip(&draws.prices).filter(|(tokens, _)| **tokens > 0.0) {
                usd.iter_mut().zip(prices).for_each(|(usd, price)| *usd += tokens * price);
            }
        };
        let BlockPortfolios { losses, values } = block;
        values.resize(self.names.len(), [0.0; LANES]);
        values.iter_mut().zip(&self.tokens).for_each(|(usd, tokens)| price(tokens, usd));
        losses.resize_with(self.small.len(), Vec::new);
        for (design, small) in losses.iter_mut().zip(&self.small) {
            design.resize_with(small.len(), BlockLoss::nothing);
            for (BlockLoss { usd, hit }, tokens) in design.iter_mut().zip(small) {
                price(tokens, usd);
                hit.fill(false);
            }
        }
        for line in &execution.losses {
            let usd = line.by_attack_usd + line.by_accident_usd;
            let lane = usize::from(line.lane);
            for (parts, loss) in self.parts.iter().zip(&mut losses[usize::from(line.design)]) {
                let part = parts[usize::from(line.pool)][line.operator as usize];
                loss.usd[lane] += part * usd;
                loss.hit[lane] |= part > 0.0 && usd > 0.0;
            }
        }
        for (portfolio, factor) in self.discount_factors.iter().enumerate() {
            for design in &mut *losses {
                let lanes = design[portfolio].usd.iter_mut().zip(&values[portfolio]);
                lanes.for_each(|(loss, value)| *loss = (*loss * (1.0 + factor)).min(*value));
            }
        }
    }
}

impl BlockLoss {
    fn nothing() -> Self {
        Self { usd: [0.0; LANES], hit: [false; LANES] }
    }
}

impl BlockPortfolios {
    /// Loss of a portfolio in a design, and whether something was slashed beyond the small slashes for downtime. `[lane]`
    pub fn loss(&self, design: usize, portfolio: usize) -> (&Column, &[bool; LANES]) {
        let BlockLoss { usd, hit } = &self.losses[design][portfolio];
        (usd, hit)
    }

    /// Value of a portfolio without losses. `[lane]`
    pub fn value(&self, portfolio: usize) -> &Column {
        &self.values[portfolio]
    }
}

impl PortfolioTally {
    /// Counts a block of `n` scenarios in the place of what it held.
    pub fn count(&mut self, block: &BlockPortfolios, n: usize) {
        let n_designs = block.losses.len();
        self.losses.resize_with(n_designs, Vec::new);
        self.hit.resize_with(n_designs, Vec::new);
        for ((moments, hits), losses) in self.losses.iter_mut().zip(&mut self.hit).zip(&block.losses) {
            moments.clear();
            moments.extend(losses.iter().map(|loss| Moments::of(&loss.usd[..n])));
            hits.clear();
            hits.extend(losses.iter().map(|loss| loss.hit[..n].iter().filter(|hit| **hit).count() as u64));
        }
        self.values.clear();
        self.values.extend(block.values.iter().map(|values| Moments::of(&values[..n])));
    }

    /// Takes in a later sample.
    pub fn merge(&mut self, later: &Self) {
        if self.losses.is_empty() {
            self.clone_from(later);
            return;
        }
        let pairs = self.losses.iter_mut().flatten().zip(later.losses.iter().flatten());
        pairs.for_each(|(a, b)| a.merge(b));
        self.hit.iter_mut().flatten().zip(later.hit.iter().flatten()).for_each(|(a, b)| *a += b);
        self.values.iter_mut().zip(&later.values).for_each(|(a, b)| a.merge(b));
    }
}

impl PortfolioSketches {
    /// Counts a block of `n` scenarios.
    pub fn count(&mut self, block: &BlockPortfolios, n: usize) {
        self.0.resize_with(block.losses.len(), Vec::new);
        for (sketches, losses) in self.0.iter_mut().zip(&block.losses) {
            sketches.resize_with(losses.len(), Sketch::default);
            for (sketch, loss) in sketches.iter_mut().zip(losses) {
                loss.usd[..n].iter().for_each(|usd| sketch.add(*usd));
            }
        }
    }

    /// Takes in another worker's.
    pub fn merge(&mut self, other: &Self) {
        if self.0.is_empty() {
            self.0.clone_from(&other.0);
            return;
        }
        self.0.iter_mut().flatten().zip(other.0.iter().flatten()).for_each(|(a, b)| a.merge(b));
    }
}

//! Sums over scenarios from which every margin and its error follow.

use super::losses::{BlockLosses, LossBooks, Whose};
use super::portfolio::{BlockPortfolios, PortfolioTally};
use crate::attack::Execution;
use crate::graph::Graph;
use crate::kernels::{Column, sums};
use crate::moments::count;
use crate::sampling::Draws;

/// What one block hands on.
#[derive(Debug, Clone, Default)]
pub struct BlockLedger {
    n: usize,
    /// Sum of each price. `[asset]`
    prices: Vec<f64>,
    /// Sums of products of two prices. `[asset · n_assets + asset]`
    products: Vec<f64>,
    losses: BlockLosses,
    portfolios: PortfolioTally,
}

impl BlockLedger {
    /// Counts a block in the place of what it held; `own_share` is the operators' part of their stake. `[operator]`
    pub fn count(
        &mut self,
        draws: &Draws,
        execution: &Execution,
        own_share: &[f64],
        portfolios: &BlockPortfolios,
        books: &mut LossBooks,
    ) {
        let n = draws.n;
        let sum = |a: &Column| sums::sum(&a[..n]);
        let product = |a: &Column, b: &Column| sums::dot(&a[..n], &b[..n]);
        let pairs = draws.prices.iter().flat_map(|a| draws.prices.iter().map(move |b| (a, b)));
        self.n = n;
        self.prices.clear();
        self.prices.extend(draws.prices.iter().map(sum));
        self.products.clear();
        self.products.extend(pairs.map(|(a, b)| product(a, b)));
        books.count(draws, execution, own_share, &mut self.losses);
        self.portfolios.count(portfolios, n);
    }
}

/// Sums over a sample of scenarios; merges along one fixed tree.
#[derive(Debug, Clone, Default)]
pub struct Ledger {
    n: u64,
    prices: Vec<f64>,
    products: Vec<f64>,
    losses: LossBooks,
    /// Losses of portfolios.
    pub portfolios: PortfolioTally,
}

/// Mean and mean square of a loss.
#[derive(Debug, Clone, Copy)]
pub struct LossSums {
    /// Mean, USD.
    pub mean: f64,
    /// Mean of the square.
    pub square: f64,
}

impl Ledger {
    /// Nothing yet.
    pub fn new(graph: &Graph, n_assets: usize) -> Self {
        Self {
            n: 0,
            prices: vec![0.0; n_assets],
            products: vec![0.0; n_assets * n_assets],
            losses: LossBooks::new(graph, n_assets),
            portfolios: PortfolioTally::default(),
        }
    }

    /// Takes in the next block.
    pub fn take(&mut self, block: &BlockLedger) {
        self.n += block.n as u64;
        self.portfolios.merge(&block.portfolios);
        add(&mut self.prices, &block.prices);
        add(&mut self.products, &block.products);
        self.losses.take(&block.losses);
    }

    /// Takes in a later sample.
    pub fn merge(&mut self, later: &Self) {
        self.n += later.n;
        self.portfolios.merge(&later.portfolios);
        add(&mut self.prices, &later.prices);
        add(&mut self.products, &later.products);
        self.losses.merge(&later.losses);
    }

    /// Scenarios.
    pub fn n(&self) -> u64 {
        self.n
    }
    /// Number of assets.
    pub fn n_assets(&self) -> usize {
        self.prices.len()
    }
    /// Mean price of an asset at the horizon.
    pub fn price(&self, asset: usize) -> f64 {
        self.prices[asset] / count(self.n)
    }
    /// Covariance of two prices.
    pub fn covariance(&self, a: usize, b: usize) -> f64 {
        self.products[a * self.prices.len() + b] / count(self.n) - self.price(a) * self.price(b)
    }

    /// Losses in a design: by anything, or by attacks on one of its services, alone or with others.
    pub fn loss(&self, design: usize, service: Option<usize>, whose: Whose) -> LossSums {
        let [usd, square] = [0, 1].map(|column| self.losses.sum((design, service), whose, column));
        LossSums { mean: usd / count(self.n), square: square / count(self.n) }
    }

    /// Covariance of such a loss with a price.
    pub fn loss_covariance(&self, design: usize, service: Option<usize>, whose: Whose, asset: usize) -> f64 {
        let product = self.losses.sum((design, service), whose, 2 + asset) / count(self.n);
        product - self.loss(design, service, whose).mean * self.price(asset)
    }
}

fn add(a: &mut [f64], b: &[f64]) {
    a.iter_mut().zip(b).for_each(|(a, b)| *a += b);
}

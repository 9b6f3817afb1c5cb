//! Sums over scenarios from which every margin and its error follow.

use super::portfolio::{BlockPortfolios, PortfolioTally};
use crate::attack::Execution;
use crate::graph::{Graph, Targets, targets_in};
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
    /// Prices of the block, empty where nothing was lost. `[asset]`
    columns: Vec<Column>,
    losses: Vec<Lost>,
    portfolios: PortfolioTally,
}

/// What one operator lost in one scenario of a design.
#[derive(Debug, Clone, Copy)]
struct Lost {
    design: usize,
    lane: usize,
    /// Services attacked, a bit each.
    services: Targets,
    operator: usize,
    by_attack_usd: f64,
    by_accident_usd: f64,
}

impl BlockLedger {
    /// Sums of a block; `own_share` is the operators' part of their stake. `[operator]`
    pub fn of(draws: &Draws, execution: &Execution, own_share: &[f64], portfolios: &BlockPortfolios) -> Self {
        let n = draws.n;
        let sum = |a: &Column| sums::sum(&a[..n]);
        let product = |a: &Column, b: &Column| sums::dot(&a[..n], &b[..n]);
        let pairs = draws.prices.iter().flat_map(|a| draws.prices.iter().map(move |b| (a, b)));
        let columns = if execution.losses.is_empty() { Vec::new() } else { draws.prices.clone() };
        Self {
            n,
            prices: draws.prices.iter().map(sum).collect(),
            products: pairs.map(|(a, b)| product(a, b)).collect(),
            columns,
            losses: lost(execution, own_share),
            portfolios: PortfolioTally::of_block(portfolios, n),
        }
    }
}

/// Losses by operator, each scenario closed by those of all own, all delegated and all stake, as three more operators.
fn lost(execution: &Execution, own_share: &[f64]) -> Vec<Lost> {
    let n = own_share.len();
    let mut losses: Vec<Lost> = Vec::with_capacity(execution.losses.len() + 2);
    for scenario in execution.losses.chunk_by(|a, b| (a.design, a.lane) == (b.design, b.lane)) {
        let (design, lane, services) = (scenario[0].design, scenario[0].lane, scenario[0].services);
        let none =
            |operator| Lost { design, lane, services, operator, by_attack_usd: 0.0, by_accident_usd: 0.0 };
        let mut all = [none(n), none(n + 1), none(n + 2)];
        for lines in scenario.chunk_by(|a, b| a.operator == b.operator) {
            let operator = lines[0].operator;
            let mut lost = none(operator);
            for line in lines {
                lost.by_attack_usd += line.by_attack_usd;
                lost.by_accident_usd += line.by_accident_usd;
            }
            let own = own_share[operator];
            all.iter_mut().zip([own, 1.0 - own, 1.0]).for_each(|(sum, share)| sum.add(&lost, share));
            losses.push(lost);
        }
        losses.extend(all);
    }
    losses
}

impl Lost {
    fn add(&mut self, other: &Self, share: f64) {
        self.by_attack_usd += share * other.by_attack_usd;
        self.by_accident_usd += share * other.by_accident_usd;
    }
}

/// Sums over a sample of scenarios; merges along one fixed tree.
#[derive(Debug, Clone, Default)]
pub struct Ledger {
    n_operators: usize,
    n: u64,
    prices: Vec<f64>,
    products: Vec<f64>,
    /// Losses by attack and accident, then those by attacks on each service. `[design][1 + service of the design]`
    losses: Vec<Vec<Losses>>,
    /// Losses of portfolios.
    pub portfolios: PortfolioTally,
}

/// Losses of each operator, then of all own, all delegated and all stake.
#[derive(Debug, Clone, Default)]
struct Losses {
    /// `[operator + 3]`
    usd: Vec<f64>,
    squares: Vec<f64>,
    /// Products with each price. `[asset · (n_operators + MORE) + operator]`
    priced: Vec<f64>,
}

/// Sums that stand behind those of the operators.
const MORE: usize = 3;

/// Whose losses are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// One operator's whole stake.
    Operator(usize),
    /// The own stake of all operators.
    AllOwn,
    /// Stake delegated to all operators.
    AllDelegated,
    /// All stake.
    All,
}

/// Mean, mean square and mean products with prices of a loss.
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
        let room = || Losses {
            usd: vec![0.0; graph.n_operators + MORE],
            squares: vec![0.0; graph.n_operators + MORE],
            priced: vec![0.0; n_assets * (graph.n_operators + MORE)],
        };
        Self {
            n_operators: graph.n_operators,
            n: 0,
            prices: vec![0.0; n_assets],
            products: vec![0.0; n_assets * n_assets],
            losses: graph.designs.iter().map(|d| (0..=d.secured.len()).map(|_| room()).collect()).collect(),
            portfolios: PortfolioTally::default(),
        }
    }

    /// Takes in the next block.
    pub fn take(&mut self, block: &BlockLedger) {
        self.n += block.n as u64;
        self.portfolios.merge(&block.portfolios);
        add(&mut self.prices, &block.prices);
        add(&mut self.products, &block.products);
        for lost in &block.losses {
            let whole = lost.by_attack_usd + lost.by_accident_usd;
            let books = &mut self.losses[lost.design];
            books[0].book(lost, whole, &block.columns);
            // A loss in a joint attack counts for every service attacked: without any of them it might not have come.
            for service in targets_in(lost.services).filter(|_| lost.by_attack_usd > 0.0) {
                books[1 + service].book(lost, lost.by_attack_usd, &block.columns);
            }
        }
    }

    /// Takes in a later sample.
    pub fn merge(&mut self, later: &Self) {
        self.n += later.n;
        self.portfolios.merge(&later.portfolios);
        add(&mut self.prices, &later.prices);
        add(&mut self.products, &later.products);
        for (a, b) in self.losses.iter_mut().flatten().zip(later.losses.iter().flatten()) {
            add(&mut a.usd, &b.usd);
            add(&mut a.squares, &b.squares);
            add(&mut a.priced, &b.priced);
        }
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
        let losses = &self.losses[design][service.map_or(0, |service| 1 + service)];
        let at = self.position(whose);
        LossSums { mean: losses.usd[at] / count(self.n), square: losses.squares[at] / count(self.n) }
    }

    /// Covariance of such a loss with a price.
    pub fn loss_covariance(&self, design: usize, service: Option<usize>, whose: Whose, asset: usize) -> f64 {
        let losses = &self.losses[design][service.map_or(0, |service| 1 + service)];
        let at = self.position(whose);
        let product = losses.priced[asset * (self.n_operators + MORE) + at] / count(self.n);
        product - losses.usd[at] / count(self.n) * self.price(asset)
    }

    fn position(&self, whose: Whose) -> usize {
        match whose {
            Whose::Operator(operator) => operator,
            Whose::AllOwn => self.n_operators,
            Whose::AllDelegated => self.n_operators + 1,
            Whose::All => self.n_operators + 2,
        }
    }
}

impl Losses {
    fn book(&mut self, lost: &Lost, usd: f64, prices: &[Column]) {
        self.usd[lost.operator] += usd;
        self.squares[lost.operator] += usd * usd;
        let width = self.usd.len();
        for (asset, column) in prices.iter().enumerate() {
            self.priced[asset * width + lost.operator] += usd * column[lost.lane];
        }
    }
}

fn add(a: &mut [f64], b: &[f64]) {
    a.iter_mut().zip(b).for_each(|(a, b)| *a += b);
}

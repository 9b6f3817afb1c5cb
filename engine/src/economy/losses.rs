//! Sums of losses by design, service and operator.

use crate::attack::{Execution, LossLine};
use crate::graph::{DesignGraph, Graph, Targets, targets_in};
use crate::sampling::Draws;

/// Sums that stand behind those of the operators: all own, all delegated, all stake.
const MORE: usize = 3;

/// Sums of losses, their squares and their products with each price.
///
/// A design has one book per service, for losses to attacks on it alone, and before them one for what is lost beyond those: to
/// accidents and to attacks on several services. A square in that one is what they add to the square of a scenario's whole
/// loss, so that these books of a design add up to the sums of the whole. Where attacks can be joint, one more book per service
/// repeats what attacks on it and others cost, less what would be lost if it could not be attacked
/// ([`Execution::instead`]): with the book of attacks on it alone that is what the service adds.
#[derive(Debug, Clone, Default)]
pub struct LossBooks {
    n_operators: usize,
    n_assets: usize,
    /// First book of each design, and its number of services. `[design]`
    first: Vec<(usize, usize)>,
    /// `[book][operator + MORE][USD, square, products]`
    sums: Vec<f64>,
    /// Places in `sums` where the row of an operator starts that has lost something in the block at hand.
    touched: Vec<usize>,
    /// Prices of the scenario at hand. `[asset]`
    prices: Vec<f64>,
}

/// Sums over one block of whoever has lost something.
#[derive(Debug, Clone, Default)]
pub struct BlockLosses {
    /// Places of the rows in [`LossBooks::sums`].
    places: Vec<usize>,
    /// The rows.
    rows: Vec<f64>,
}

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

/// What somebody has lost in one scenario, USD.
#[derive(Debug, Clone, Copy, Default)]
struct Lost {
    by_attack: f64,
    by_accident: f64,
}

impl Lost {
    fn add(&mut self, by_attack: f64, by_accident: f64) {
        self.by_attack += by_attack;
        self.by_accident += by_accident;
    }
}

impl LossBooks {
    /// Nothing yet.
    pub fn new(graph: &Graph, n_assets: usize) -> Self {
        let mut n_books = 0;
        let books = |design: &DesignGraph| {
            let (first, services) = (n_books, design.secured.len());
            n_books += 1 + services + if graph.joint { services } else { 0 };
            (first, services)
        };
        let first = graph.designs.iter().map(books).collect();
        let n_operators = graph.n_operators;
        let sums = vec![0.0; n_books * (n_operators + MORE) * (2 + n_assets)];
        Self { n_operators, n_assets, first, sums, touched: Vec::new(), prices: vec![0.0; n_assets] }
    }

    fn width(&self) -> usize {
        2 + self.n_assets
    }

    /// Sums over one block, whose books these are: they are empty before and after, `block` takes what they held. `own_share` is
    /// the operators' part of their stake. `[operator]`
    pub fn count(
        &mut self,
        draws: &Draws,
        execution: &Execution,
        own_share: &[f64],
        block: &mut BlockLosses,
    ) {
        let mut prices = std::mem::take(&mut self.prices);
        let same_scenario = |a: &LossLine, b: &LossLine| (a.design, a.lane) == (b.design, b.lane);
        for scenario in execution.losses.chunk_by(same_scenario) {
            let LossLine { design, lane, services, .. } = scenario[0];
            let (design, lane) = (usize::from(design), usize::from(lane));
            prices.iter_mut().zip(&draws.prices).for_each(|(price, column)| *price = column[lane]);
            let mut all = [Lost::default(); MORE];
            for lines in scenario.chunk_by(|a, b| a.operator == b.operator) {
                let operator = lines[0].operator as usize;
                let mut lost = Lost::default();
                lines.iter().for_each(|line| lost.add(line.by_attack_usd, line.by_accident_usd));
                let own = own_share[operator];
                for (sum, share) in all.iter_mut().zip([own, 1.0 - own, 1.0]) {
                    sum.add(share * lost.by_attack, share * lost.by_accident);
                }
                self.book((design, services), operator, lost, &prices);
            }
            for (more, lost) in all.into_iter().enumerate() {
                self.book((design, services), self.n_operators + more, lost, &prices);
            }
        }
        self.take_off_instead(execution, &mut prices, draws, own_share);
        self.prices = prices;
        self.hand_on(block);
    }

    /// Takes off each service's own book what would be lost without it: of a loss `a` and one of `b` instead, `a − b` and its square are
    /// left.
    fn take_off_instead(
        &mut self,
        execution: &Execution,
        prices: &mut [f64],
        draws: &Draws,
        own_share: &[f64],
    ) {
        let alike =
            |a: &LossLine, b: &LossLine| (a.design, a.lane, a.services) == (b.design, b.lane, b.services);
        for spared in execution.instead.chunk_by(alike) {
            let LossLine { design, lane, services, .. } = spared[0];
            let at = |line: &LossLine| (line.design, line.lane);
            let first = execution.losses.partition_point(|line| at(line) < (design, lane));
            let last = execution.losses.partition_point(|line| at(line) <= (design, lane));
            let lines = &execution.losses[first..last];
            let (design, lane) = (usize::from(design), usize::from(lane));
            prices.iter_mut().zip(&draws.prices).for_each(|(price, column)| *price = column[lane]);
            let (beyond, n_services) = self.first[design];
            let book = beyond + 1 + n_services + services.trailing_zeros() as usize;
            let (mut with, mut without) = ([0.0; MORE], [0.0; MORE]);
            let shares = |operator: u32| {
                let own = own_share[operator as usize];
                [own, 1.0 - own, 1.0]
            };
            for line in lines {
                let add = |(sum, share): (&mut f64, f64)| *sum += share * line.by_attack_usd;
                with.iter_mut().zip(shares(line.operator)).for_each(add);
            }
            for of_one in spared.chunk_by(|a, b| a.operator == b.operator) {
                let operator = of_one[0].operator;
                let instead: f64 = of_one.iter().map(|line| line.by_attack_usd).sum();
                let here = lines.iter().filter(|line| line.operator == operator);
                let lost: f64 = here.map(|line| line.by_attack_usd).sum();
                without.iter_mut().zip(shares(operator)).for_each(|(sum, share)| *sum += share * instead);
                self.add((book, operator as usize), -instead, instead * (instead - 2.0 * lost), prices);
            }
            for (more, (with, without)) in with.into_iter().zip(without).enumerate() {
                let who = self.n_operators + more;
                self.add((book, who), -without, without * (without - 2.0 * with), prices);
            }
        }
    }

    /// Books what one of `operator + MORE` has lost to accidents and to an attack on `services`.
    #[inline]
    fn book(&mut self, (design, services): (usize, Targets), who: usize, lost: Lost, prices: &[f64]) {
        let Lost { by_attack, by_accident } = lost;
        let (beyond, n_services) = self.first[design];
        let whole = by_attack + by_accident;
        if services.count_ones() > 1 {
            if whole > 0.0 {
                self.add((beyond, who), whole, whole * whole, prices);
            }
            for service in targets_in(services).filter(|_| by_attack > 0.0) {
                self.add((beyond + 1 + n_services + service, who), by_attack, by_attack * by_attack, prices);
            }
            return;
        }
        if by_attack > 0.0 {
            let service = services.trailing_zeros() as usize;
            self.add((beyond + 1 + service, who), by_attack, by_attack * by_attack, prices);
        }
        if by_accident > 0.0 {
            self.add((beyond, who), by_accident, by_accident * (by_attack + whole), prices);
        }
    }

    #[inline]
    fn add(&mut self, (book, who): (usize, usize), usd: f64, square: f64, prices: &[f64]) {
        let width = self.width();
        let place = (book * (self.n_operators + MORE) + who) * width;
        let row = &mut self.sums[place..place + width];
        if row[0] == 0.0 {
            self.touched.push(place);
        }
        row[0] += usd;
        row[1] += square;
        row[2..].iter_mut().zip(prices).for_each(|(sum, price)| *sum += usd * price);
    }

    /// Takes the block's rows out.
    fn hand_on(&mut self, block: &mut BlockLosses) {
        let width = self.width();
        std::mem::swap(&mut block.places, &mut self.touched);
        self.touched.clear();
        block.rows.clear();
        for place in &block.places {
            let row = &mut self.sums[*place..*place + width];
            block.rows.extend_from_slice(row);
            row.fill(0.0);
        }
    }

    /// Takes in the next block.
    pub fn take(&mut self, block: &BlockLosses) {
        let width = self.width();
        for (place, row) in block.places.iter().zip(block.rows.chunks_exact(width)) {
            self.sums[*place..*place + width].iter_mut().zip(row).for_each(|(sum, more)| *sum += more);
        }
    }

    /// Takes in a later sample.
    pub fn merge(&mut self, later: &Self) {
        self.sums.iter_mut().zip(&later.sums).for_each(|(sum, more)| *sum += more);
    }

    /// The sum in a column (USD, square, products with prices) of losses in a design: by anything, or by attacks on one of
    /// its services.
    pub fn sum(&self, (design, service): (usize, Option<usize>), whose: Whose, column: usize) -> f64 {
        let who = match whose {
            Whose::Operator(operator) => operator,
            Whose::AllOwn => self.n_operators,
            Whose::AllDelegated => self.n_operators + 1,
            Whose::All => self.n_operators + 2,
        };
        let at = |book: usize| self.sums[(book * (self.n_operators + MORE) + who) * self.width() + column];
        let (first, n_services) = self.first[design];
        match service {
            Some(service) if self.is_joint(design) => {
                at(first + 1 + service) + at(first + 1 + n_services + service)
            }
            Some(service) => at(first + 1 + service),
            None => (first..=first + n_services).map(at).sum(),
        }
    }

    /// Whether attacks on several services have books.
    fn is_joint(&self, design: usize) -> bool {
        let (first, n_services) = self.first[design];
        let width = (self.n_operators + MORE) * self.width();
        let end = self.first.get(design + 1).map_or(self.sums.len() / width, |(next, _)| *next);
        end > first + 1 + n_services
    }
}

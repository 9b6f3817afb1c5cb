//! Probabilities to reach thresholds, integrated over the factors.

use super::nodes::{Afresh, Grid, Node, Split, normal_axis};
use super::twist::twist;
use super::{Bracket, Chances, Factored, Lattice, Spread};
use libm::exp;
use thiserror::Error;

/// Most dimensions of the outer integral.
pub(super) const MOST_DIMENSIONS: usize = 2;
/// Steps of the factors, halved until two agree.
const FIRST_STEP: f64 = 0.5;
const MOST_HALVINGS: usize = 8;
/// What nodes are left out may add, relatively.
const LEFT_OUT: f64 = 1e-12;

/// Why nothing can be integrated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Refusal {
    /// More factors act on many members at once than are integrated over.
    #[error(
        "{found} dimensions (factors that cross each other's groups, and a t copula's scale) are too many to integrate over: \
         at most {MOST_DIMENSIONS}"
    )]
    TooManyFactors {
        /// How many there are.
        found: usize,
    },
    /// The work would exceed the limit.
    #[error("the integral would take more than {limit} steps")]
    TooMuchWork {
        /// The limit.
        limit: u64,
    },
    /// There is no set in which the service has not turned.
    #[error("the service has turned Byzantine in every scenario")]
    NoPower,
}

/// How far to go.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Precision {
    /// Relative change of the last halving at which the integral is done.
    pub tolerance: f64,
    /// Multiplications after which it is given up.
    pub most_work: u64,
}

impl Default for Precision {
    fn default() -> Self {
        Self { tolerance: 1e-10, most_work: 40_000_000_000 }
    }
}

/// Probabilities with what is known of their error.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// `[threshold]`
    pub reached: Vec<Bracket>,
    /// Dimensions of the outer integral.
    pub dimensions: usize,
    /// Groups integrated one by one.
    pub groups: usize,
    /// Nodes of the outer integral that were computed.
    pub nodes: usize,
    /// Largest relative change by the last halving.
    pub change: f64,
    /// Multiplications done.
    pub work: u64,
}

/// Laws of colluding power given the factors, by node.
pub(super) trait Laws {
    /// Members, independent given the factors; each factor acts on several of them.
    fn factored(&self) -> &Factored;
    /// Thresholds whose probabilities are asked for.
    fn n_thresholds(&self) -> usize;
    /// Roundings of the powers: 1 where none is rounded, else 3.
    fn n_roundings(&self) -> usize;
    /// Position of the threshold that is reached least often.
    fn rarest(&self) -> usize;
    /// ln of what a node adds to each threshold at most. `[threshold]`
    fn log_bounds(&mut self, node: &Node, step: f64) -> Vec<f64>;
    /// P(each threshold is reached) at a node, powers rounded so.
    fn reached(&mut self, node: &Node, rounding: usize, step: f64, into: &mut [f64]);
    /// Multiplications done so far.
    fn work(&self) -> u64;
}

/// P(power reaches each threshold). `factored` holds the members of the lattice, each factor acting on several of them.
///
/// # Errors
/// If too many factors cross, or the work is too much.
pub fn quadrature(factored: &Factored, lattice: &Lattice, precision: Precision) -> Result<Answer, Refusal> {
    let split = Split::new(factored);
    integrate(&mut Line::new(factored, lattice, &split), &split, precision)
}

/// Integrates laws over the factors.
///
/// # Errors
/// If too many factors cross, or the work is too much.
pub(super) fn integrate(
    laws: &mut impl Laws,
    split: &Split,
    precision: Precision,
) -> Result<Answer, Refusal> {
    let degrees = laws.factored().degrees;
    let mut grid = Grid { n_outer: split.outer.len(), degrees, step: FIRST_STEP };
    if grid.dimensions() > MOST_DIMENSIONS {
        return Err(Refusal::TooManyFactors { found: grid.dimensions() });
    }
    let mut answer = Answer {
        reached: vec![Bracket::default(); laws.n_thresholds()],
        dimensions: grid.dimensions(),
        groups: split.groups.iter().filter(|group| !group.is_empty()).count(),
        nodes: 0,
        change: f64::INFINITY,
        work: 0,
    };
    let mut sums = vec![[0.0; 3]; laws.n_thresholds()];
    for halving in 0..=MOST_HALVINGS {
        // The law of a group changes with the step, so that its nodes are all new.
        let afresh = if halving == 0 || split.has_groups() { Afresh::Yes } else { Afresh::No };
        if afresh == Afresh::Yes {
            sums.fill([0.0; 3]);
        }
        answer.nodes += add(laws, grid.nodes(afresh), (grid.step, precision), &mut sums)?;
        let reached: Vec<Bracket> =
            sums.iter().map(|s| bracket(*s, grid.volume(), laws.n_roundings())).collect();
        let change = |(new, old): (&Bracket, &Bracket)| relative(new.value, old.value);
        answer.change = reached.iter().zip(&answer.reached).map(change).fold(0.0, f64::max);
        answer.reached = reached;
        if grid.dimensions() == 0 && !split.has_groups() {
            answer.change = 0.0;
        }
        if answer.change <= precision.tolerance {
            break;
        }
        grid.step *= 0.5;
    }
    answer.work = laws.work();
    Ok(answer)
}

/// Adds nodes, those first that can add most, until the rest cannot matter; returns how many were computed.
fn add(
    laws: &mut impl Laws,
    nodes: Vec<Node>,
    (step, precision): (f64, Precision),
    sums: &mut [[f64; 3]],
) -> Result<usize, Refusal> {
    let bound = |node: Node| Bounded { log_bounds: laws.log_bounds(&node, step), node };
    let mut bounded: Vec<Bounded> = nodes.into_iter().map(bound).collect();
    let greatest = |node: &Bounded| node.log_bounds.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    // Rarest threshold first: the nodes that matter to it are the fewest.
    let rarest = laws.rarest();
    let key = |node: &Bounded| node.log_bounds.get(rarest).copied().unwrap_or_else(|| greatest(node));
    bounded.sort_by(|a, b| key(b).total_cmp(&key(a)));
    let mut rest = vec![0.0; sums.len()];
    let mut left: Vec<Vec<f64>> = Vec::with_capacity(bounded.len());
    for node in bounded.iter().rev() {
        rest.iter_mut().zip(&node.log_bounds).for_each(|(rest, bound)| *rest += exp(*bound));
        left.push(rest.clone());
    }
    let mut reached = vec![0.0; sums.len()];
    for (computed, (Bounded { node, .. }, left)) in bounded.into_iter().zip(left.iter().rev()).enumerate() {
        if left.iter().zip(&*sums).all(|(left, sum)| *left <= LEFT_OUT * sum[0]) {
            return Ok(computed);
        }
        let weight = exp(node.log_weight);
        for rounding in 0..laws.n_roundings() {
            laws.reached(&node, rounding, step, &mut reached);
            sums.iter_mut().zip(&reached).for_each(|(sum, reached)| sum[rounding] += weight * reached);
        }
        if laws.work() > precision.most_work {
            return Err(Refusal::TooMuchWork { limit: precision.most_work });
        }
    }
    Ok(left.len())
}

fn relative(new: f64, old: f64) -> f64 {
    if new.to_bits() == old.to_bits() { 0.0 } else { (new - old).abs() / new.abs().max(f64::MIN_POSITIVE) }
}

fn bracket(sums: [f64; 3], volume: f64, n_roundings: usize) -> Bracket {
    let [low, value, high] = sums.map(|sum| (sum * volume).min(1.0));
    if n_roundings == 1 { Bracket { low, value: low, high: low } } else { Bracket { low, value, high } }
}

/// Power in one quorum, on a lattice.
struct Line<'a> {
    factored: &'a Factored,
    lattice: &'a Lattice,
    split: &'a Split,
    work: u64,
    spread: Spread,
    group: Spread,
    mixed: Spread,
    /// Members on whom no inner factor acts, fewest cells first; the same for each group.
    order: Order,
}

struct Order {
    rest: Vec<usize>,
    groups: Vec<Vec<usize>>,
    all: Vec<u32>,
    powers: Vec<f64>,
}

/// A node with the log of a bound on what it adds to each threshold.
struct Bounded {
    node: Node,
    /// `[threshold]`
    log_bounds: Vec<f64>,
}

impl<'a> Line<'a> {
    fn new(factored: &'a Factored, lattice: &'a Lattice, split: &'a Split) -> Self {
        let cells = lattice.cells(lattice.n_roundings() - 1);
        let sorted = |members: &[usize]| {
            let mut members = members.to_vec();
            members.sort_by_key(|member| cells[*member]);
            members
        };
        let total: usize = cells.iter().sum();
        let powers = cells.iter().map(|cells| number(*cells) / number(total.max(1)));
        let order = Order {
            rest: sorted(&split.rest),
            groups: split
                .groups
                .iter()
                .filter(|group| !group.is_empty())
                .map(|group| sorted(group))
                .collect(),
            all: (0u32..).take(cells.len()).collect(),
            powers: powers.collect(),
        };
        let (spread, group, mixed) = (Spread::default(), Spread::default(), Spread::default());
        Self { factored, lattice, split, work: 0, spread, group, mixed, order }
    }

    /// The law of colluding cells at a node.
    fn law(&mut self, node: &Node, rounding: usize, step: f64) {
        let mut factors = self.split.factors(self.factored.n_factors, node);
        let at = (self.lattice, rounding);
        let members = &self.factored.members;
        let cells = self.lattice.cells(rounding);
        self.spread.of_members(at, &self.order.rest, |m| members[m].chance(&factors, node.scale));
        self.work += self.order.rest.len() as u64 * self.lattice.most_needed() as u64;
        let axis = if self.order.groups.is_empty() { Vec::new() } else { normal_axis(step) };
        for group in &self.order.groups {
            let size = group.iter().map(|member| cells[*member]).sum::<usize>() + 1;
            let size = size.min(self.lattice.most_needed());
            let outer = &self.split.outer;
            let inner = members[group[0]].slopes.iter().map(|(f, _)| *f).find(|f| !outer.contains(f));
            let Some(inner) = inner else { continue };
            self.mixed.start_empty(size);
            for ((z, log_density), _) in &axis {
                factors[inner] = *z;
                self.group.start(size);
                for member in group {
                    let (p, q) = members[*member].chance(&factors, node.scale);
                    self.group.add(cells[*member], p, q);
                }
                self.mixed.mix(&self.group, exp(*log_density) * step);
            }
            self.spread.convolve(&self.mixed);
            self.work += (axis.len() * group.len() * size + size * self.lattice.most_needed()) as u64;
        }
    }
}

impl Laws for Line<'_> {
    fn factored(&self) -> &Factored {
        self.factored
    }

    fn n_thresholds(&self) -> usize {
        self.lattice.needs().len()
    }

    fn n_roundings(&self) -> usize {
        self.lattice.n_roundings()
    }

    fn rarest(&self) -> usize {
        self.lattice.needs().iter().enumerate().max_by_key(|(_, need)| **need).map_or(0, |(i, _)| i)
    }

    fn log_bounds(&mut self, node: &Node, _: f64) -> Vec<f64> {
        let log_weight = node.log_weight;
        if self.split.has_groups() {
            return vec![log_weight; self.n_thresholds()];
        }
        let mut chances = Chances::default();
        chances.fill(self.factored, &self.split.factors(self.factored.n_factors, node), node.scale);
        let total = number(self.lattice.cells(self.lattice.n_roundings() - 1).iter().sum::<usize>().max(1));
        let log_bounds = self.lattice.needs().iter().map(|need| {
            let need = number(*need) / total;
            log_weight + twist(&chances, &self.order.all, &self.order.powers, need).log_bound(need)
        });
        log_bounds.collect()
    }

    fn reached(&mut self, node: &Node, rounding: usize, step: f64, into: &mut [f64]) {
        self.law(node, rounding, step);
        for (reached, need) in into.iter_mut().zip(self.lattice.needs()) {
            *reached = self.spread.at_least(*need);
        }
    }

    fn work(&self) -> u64 {
        self.work
    }
}

/// A count of cells as a number.
fn number(cells: usize) -> f64 {
    crate::moments::count(cells as u64)
}

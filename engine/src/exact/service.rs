//! One service of a study: its power, its thresholds, and how likely colluders alone reach them.

use super::{Bracket, Factored, Lattice, MOST_CELLS, Precision, Refusal, quadrature};
use crate::attack::Priced;
use crate::graph::{Graph, Power, Secured};
use crate::study::Study;

/// Who has power over a service, and how much power each attack needs.
#[derive(Debug, Clone)]
pub struct ServicePower {
    /// Operators with power. `[member]`
    pub members: Vec<u32>,
    /// Their power, in whole units. `[member]`
    pub powers: Vec<u128>,
    /// Least power that reaches each target. `[target]`
    pub needs: Vec<u128>,
    /// Whether power moves with prices; `powers` are then those of the prices given.
    pub moves: bool,
}

impl ServicePower {
    /// Power at these prices; `None` where no operator decides (proof of work), or two quorums do.
    pub fn new(secured: &Secured, price: impl Fn(usize) -> f64) -> Option<Self> {
        let Power::Stake(power) = &secured.power else { return None };
        if secured.targets.iter().any(|target| target.second_threshold.is_some()) {
            return None;
        }
        let mut priced = Priced::default();
        priced.price_power(power, price);
        let powers = (0..power.members.len()).map(|slot| priced.units(power, slot));
        Some(Self {
            members: power.members.clone(),
            powers: powers.collect(),
            needs: secured.targets.iter().map(|target| target.threshold.least_power(priced.total)).collect(),
            moves: power.parts.len() > 1,
        })
    }

    /// Power of everybody.
    pub fn total(&self) -> u128 {
        self.powers.iter().sum()
    }

    /// Its cells; see [`Lattice::new`].
    pub fn lattice(&self, most_cells: u64) -> Lattice {
        Lattice::new(&self.powers, &self.needs, most_cells)
    }
}

/// How a probability was computed.
#[derive(Debug, Clone, PartialEq)]
pub enum Method {
    /// Nobody has power over the service: a free attack.
    Free,
    /// By integration over the factors.
    Quadrature {
        /// Dimensions of the outer integral.
        dimensions: usize,
        /// Groups integrated one by one.
        groups: usize,
        /// Nodes of the outer integral.
        nodes: usize,
        /// Largest relative change by the last halving of the step.
        change: f64,
    },
}

/// One threshold.
#[derive(Debug, Clone, PartialEq)]
pub struct Threshold {
    /// Attack kind.
    pub attack: String,
    /// Power needed.
    pub threshold: crate::fraction::Threshold,
    /// Probability that colluders alone reach it.
    pub reached: Bracket,
}

/// Threshold probabilities of one service.
#[derive(Debug, Clone, PartialEq)]
pub struct Exact {
    /// Attacks in the order of their kinds.
    pub thresholds: Vec<Threshold>,
    /// How they were computed.
    pub method: Method,
    /// Cells that powers were rounded to; `None` where none was rounded.
    pub cells: Option<u64>,
    /// Whether the power moves with prices, so that these are today's.
    pub at_todays_prices: bool,
}

/// Cells of the first lattice where powers must be rounded.
const FIRST_CELLS: u64 = 1 << 10;
/// Cells beyond which no lattice goes unless it is asked for.
pub const FINEST_CELLS: u64 = 1 << 20;

/// How far a computed probability is refined.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Refinement {
    /// Relative width of the bracket at which it is narrow enough.
    pub width: f64,
    /// Most cells that powers are rounded to, whatever the width.
    pub most_cells: u64,
    /// How far the integral goes.
    pub precision: Precision,
}

impl Default for Refinement {
    fn default() -> Self {
        Self { width: 1e-3, most_cells: FINEST_CELLS, precision: Precision::default() }
    }
}

/// Probabilities that colluders alone reach each threshold of a service, at today's prices. The lattice is refined until the bracket
/// is as narrow as asked, as fine as it may be, or the work is too much. `None` where no operator decides.
///
/// # Errors
/// If too many factors act at once to integrate over them.
pub fn exact(
    study: &Study,
    graph: &Graph,
    secured: usize,
    refinement: Refinement,
) -> Option<Result<Exact, Refusal>> {
    let secured = &graph.secured[secured];
    let power = ServicePower::new(secured, |asset| study.assets[asset].price_usd)?;
    let factored = Factored::new(study).of_members(&power.members);
    let thresholds = |reached: &dyn Fn(usize) -> Bracket| {
        let threshold = |(index, target): (usize, &crate::graph::Target)| Threshold {
            attack: target.kind.clone(),
            threshold: target.threshold,
            reached: reached(index),
        };
        secured.targets.iter().enumerate().map(threshold).collect()
    };
    if power.total() == 0 {
        let sure = Bracket { low: 1.0, value: 1.0, high: 1.0 };
        let thresholds = thresholds(&|_| sure);
        return Some(Ok(Exact {
            thresholds,
            method: Method::Free,
            cells: None,
            at_todays_prices: power.moves,
        }));
    }
    let found = refine(&factored, &power, refinement);
    Some(found.map(|(answer, cells)| Exact {
        thresholds: thresholds(&|index| answer.reached[index]),
        method: Method::Quadrature {
            dimensions: answer.dimensions,
            groups: answer.groups,
            nodes: answer.nodes,
            change: answer.change,
        },
        cells,
        at_todays_prices: power.moves,
    }))
}

/// Exact where powers allow, else finer and finer cells.
fn refine(
    factored: &Factored,
    power: &ServicePower,
    Refinement { width, most_cells, precision }: Refinement,
) -> Result<(super::Answer, Option<u64>), Refusal> {
    let exact = power.lattice(MOST_CELLS);
    if exact.is_exact() {
        return quadrature(factored, &exact, precision).map(|answer| (answer, None));
    }
    let mut cells = FIRST_CELLS.min(most_cells);
    let mut answer = quadrature(factored, &power.lattice(cells), precision)?;
    let mut left = precision.most_work.saturating_sub(answer.work);
    while cells < most_cells && answer.reached.iter().any(|bracket| bracket.relative_width() > width) {
        // Group laws grow with the square of the cells.
        if answer.work.saturating_mul(4) > left {
            break;
        }
        cells = (2 * cells).min(most_cells);
        answer = quadrature(factored, &power.lattice(cells), Precision { most_work: u64::MAX, ..precision })?;
        left = left.saturating_sub(answer.work);
    }
    Ok((answer, Some(cells)))
}

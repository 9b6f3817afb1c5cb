//! One service of a study: its power, its thresholds, and how likely colluders alone reach them.

use super::{Bracket, Factored, Lattice, MOST_CELLS, Precision, Refusal, quadrature};
use crate::attack::Priced;
use crate::fraction;
use crate::graph::{Power, Secured, StakePower, Target};
use crate::study::Study;

/// What a target needs of a quorum; `None` if it does not count there.
type Need<'a> = &'a dyn Fn(&Target) -> Option<fraction::Threshold>;

/// Who has power over a service in one quorum, and how much power each attack needs.
#[derive(Debug, Clone)]
pub struct ServicePower {
    /// Operators with power. `[member]`
    pub members: Vec<u32>,
    /// Their power, in whole units. `[member]`
    pub powers: Vec<u128>,
    /// Positions of the targets among those of the service. `[need]`
    pub targets: Vec<usize>,
    /// Least power that reaches each target. `[need]`
    pub needs: Vec<u128>,
    /// Whether power moves with prices; `powers` are then those of the prices given.
    pub moves: bool,
}

impl ServicePower {
    /// Each quorum with the targets that it decides alone, power at these prices; none where hash rate decides. What needs two
    /// quorums at once is in neither.
    pub fn of_quorums(secured: &Secured, price: impl Fn(usize) -> f64) -> Vec<Self> {
        let first = |target: &Target| target.second_threshold.is_none().then_some(target.threshold);
        let second = |target: &Target| target.second_threshold.filter(|_| target.threshold.is_nothing());
        let quorums = Self::quorums(secured, price, [&first, &second]).into_iter().flatten();
        quorums.filter(|quorum| !quorum.targets.is_empty()).collect()
    }

    /// Both quorums with the targets that need power in the two at once; `None` if there are none.
    pub fn of_both(secured: &Secured, price: impl Fn(usize) -> f64) -> Option<[Self; 2]> {
        let first = |target: &Target| target.needs_both().then_some(target.threshold);
        let second = |target: &Target| target.second_threshold.filter(|_| target.needs_both());
        let [first, second] = Self::quorums(secured, price, [&first, &second]);
        first.zip(second).map(<[Self; 2]>::from).filter(|[first, _]| !first.targets.is_empty())
    }

    fn quorums(secured: &Secured, price: impl Fn(usize) -> f64, needs: [Need<'_>; 2]) -> [Option<Self>; 2] {
        let Power::Stake(first) = &secured.power else { return [None, None] };
        let [of_first, of_second] = needs.map(|need| {
            let targets = secured.targets.iter().enumerate();
            targets.filter_map(|(index, target)| Some((index, need(target)?))).collect::<Vec<_>>()
        });
        let second = secured.second.as_ref();
        [Some(Self::of(first, &of_first, &price)), second.map(|power| Self::of(power, &of_second, &price))]
    }

    fn of(
        power: &StakePower,
        targets: &[(usize, fraction::Threshold)],
        price: impl Fn(usize) -> f64,
    ) -> Self {
        let mut priced = Priced::default();
        priced.price_power(power, price);
        let powers = (0..power.members.len()).map(|slot| priced.units(power, slot));
        Self {
            members: power.members.clone(),
            powers: powers.collect(),
            targets: targets.iter().map(|(index, _)| *index).collect(),
            needs: targets.iter().map(|(_, threshold)| threshold.least_power(priced.total)).collect(),
            moves: power.parts.len() > 1,
        }
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
    /// Power needed, in words.
    pub threshold: String,
    /// Probability that colluders alone reach it.
    pub reached: Bracket,
}

/// Threshold probabilities of one quorum of a service.
#[derive(Debug, Clone, PartialEq)]
pub struct Exact {
    /// Attacks that it decides alone, in the order of their kinds.
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

/// Probabilities that colluders alone reach each target that one quorum of a service decides, at the prices of its power. The
/// lattice is refined until the bracket is as narrow as asked, as fine as it may be, or the work is too much.
///
/// # Errors
/// If too many factors act at once to integrate over them.
pub fn exact(
    study: &Study,
    (secured, power): (&Secured, &ServicePower),
    refinement: Refinement,
) -> Result<Exact, Refusal> {
    let thresholds = |reached: &dyn Fn(usize) -> Bracket| {
        let threshold = |(index, target): (usize, &usize)| {
            let target = &secured.targets[*target];
            Threshold { attack: target.kind.clone(), threshold: target.thresholds(), reached: reached(index) }
        };
        power.targets.iter().enumerate().map(threshold).collect()
    };
    if power.total() == 0 {
        let sure = Bracket { low: 1.0, value: 1.0, high: 1.0 };
        let (thresholds, method) = (thresholds(&|_| sure), Method::Free);
        return Ok(Exact { thresholds, method, cells: None, at_todays_prices: power.moves });
    }
    let factored = Factored::new(study).of_members(&power.members);
    let (answer, cells) = refine(&factored, power, refinement)?;
    Ok(Exact {
        thresholds: thresholds(&|index| answer.reached[index]),
        method: Method::Quadrature {
            dimensions: answer.dimensions,
            groups: answer.groups,
            nodes: answer.nodes,
            change: answer.change,
        },
        cells,
        at_todays_prices: power.moves,
    })
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

//! One service of a study: its power, its thresholds, and how likely colluders alone reach them.

use super::lattice::gcd;
use super::{Answer, Both, Bracket, Factored, Lattice, MOST_CELLS, Precision, Refusal, quadrature};
use crate::attack::Priced;
use crate::fraction;
use crate::graph::{Power, Secured, StakePower, Target};
use crate::study::Study;

/// What a target needs of a quorum; `None` if it does not count there.
type Need<'a> = &'a dyn Fn(&Target) -> Option<fraction::Threshold>;

/// Who has power over a service in one quorum, and how much power each attack needs.
#[derive(Debug, Clone, PartialEq, Eq)]
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

    /// The same in the largest units that leave all powers whole: who reaches what stays as it is.
    #[must_use]
    pub fn reduced(mut self) -> Self {
        let divisor = self.powers.iter().copied().fold(0, gcd).max(1);
        self.powers.iter_mut().for_each(|power| *power /= divisor);
        self.needs.iter_mut().for_each(|need| *need = need.div_ceil(divisor));
        self
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
/// Cells of each of two quorums at once, of the first plane and of the finest unless finer ones are asked for.
const FIRST_OF_TWO: u64 = 1 << 6;
/// Beyond which no plane goes unless it is asked for.
pub const FINEST_OF_TWO: u64 = 1 << 8;
/// Nor if it is: that many squared are some 17 million states.
const MOST_OF_TWO: u64 = 1 << 12;
/// Change of the last halving that is small beside what rounding leaves.
const ROUNDED_TOLERANCE: f64 = 1e-6;
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
    if power.total() == 0 {
        return Ok(free(secured, power));
    }
    let factored = Factored::new(study).of_members(&power.members);
    let (answer, cells) = refine(&factored, power, refinement)?;
    Ok(Exact { at_todays_prices: power.moves, ..answered((secured, power), &answer, cells) })
}

/// Probabilities that colluders alone reach each target that takes both quorums at once, at the prices of their powers. Cells are
/// refined until the bracket is as narrow as asked, as fine as they may be, or the work is too much.
///
/// # Errors
/// If too many factors act at once to integrate over them, or a factor on too many operators.
pub fn exact_both(
    study: &Study,
    (secured, quorums): (&Secured, &[ServicePower; 2]),
    Refinement { width, most_cells, precision }: Refinement,
) -> Result<Exact, Refusal> {
    let both = Both::new(quorums);
    let moves = quorums.iter().any(|quorum| quorum.moves);
    if quorums.iter().all(|quorum| quorum.total() == 0) {
        return Ok(Exact { at_todays_prices: moves, ..free(secured, &quorums[0]) });
    }
    let factored = Factored::new(study).of_members(&both.members);
    let most_cells = most_cells.min(MOST_OF_TWO);
    let tolerance = if both.is_exact(most_cells) { precision.tolerance } else { ROUNDED_TOLERANCE };
    let precision = Precision { tolerance: precision.tolerance.max(tolerance), ..precision };
    let mut window = FIRST_OF_TWO.min(most_cells);
    let mut answer = both.integrate(&factored, window, precision)?;
    let mut left = precision.most_work.saturating_sub(answer.work);
    let is_wide = |answer: &Answer| answer.reached.iter().any(|bracket| bracket.relative_width() > width);
    // Planes grow with the square of the cells.
    while window < most_cells && is_wide(&answer) && answer.work.saturating_mul(4) <= left {
        window = (2 * window).min(most_cells);
        answer = both.integrate(&factored, window, Precision { most_work: u64::MAX, ..precision })?;
        left = left.saturating_sub(answer.work);
    }
    let cells = (!both.is_exact(window)).then_some(window);
    Ok(Exact { at_todays_prices: moves, ..answered((secured, &quorums[0]), &answer, cells) })
}

/// Whatever the factors.
fn free(secured: &Secured, power: &ServicePower) -> Exact {
    let sure = Bracket { low: 1.0, value: 1.0, high: 1.0 };
    let thresholds = thresholds(secured, power, |_| sure);
    Exact { thresholds, method: Method::Free, cells: None, at_todays_prices: power.moves }
}

fn answered((secured, power): (&Secured, &ServicePower), answer: &Answer, cells: Option<u64>) -> Exact {
    let Answer { dimensions, groups, nodes, change, .. } = *answer;
    Exact {
        thresholds: thresholds(secured, power, |index| answer.reached[index]),
        method: Method::Quadrature { dimensions, groups, nodes, change },
        cells,
        at_todays_prices: power.moves,
    }
}

fn thresholds(secured: &Secured, power: &ServicePower, reached: impl Fn(usize) -> Bracket) -> Vec<Threshold> {
    let threshold = |(index, target): (usize, &usize)| {
        let target = &secured.targets[*target];
        Threshold { attack: target.kind.clone(), threshold: target.thresholds(), reached: reached(index) }
    };
    power.targets.iter().enumerate().map(threshold).collect()
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

//! Threshold probabilities by averaging what is computed given the factors (Rao and Blackwell): only the factors are sampled.

use super::pilot::{Rare, pilot};
use super::proposal::{Drawn, Mixture, NOMINAL_SHARE};
use super::weighted::Weighted;
use crate::estimate::Estimate;
use crate::exact::{Bracket, Chances, Factored, Lattice, MOST_CELLS, ServicePower, Spread};
use crate::kernels::LANES;
use crate::moments::count;
use crate::run::blocks_in_order;
use crate::streams::Purpose;

/// Cells of the first lattice where powers must be rounded.
const FIRST_CELLS: u64 = 1 << 12;
/// One in so many draws is spent on how much finer the lattice must be.
const PILOT_PART: u64 = 16;

/// The conditional estimator of one service: its power at fixed prices, and a mixture of proposals for its thresholds.
#[derive(Debug, Clone)]
pub struct Conditional {
    factored: Factored,
    lattice: Lattice,
    /// Members by rounding, fewest cells first.
    order: Vec<usize>,
    mixture: Mixture,
    scramble: Purpose,
}

/// An estimate and what rounding powers to cells may add.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Figure {
    /// The estimate; its interval encloses rounding as well as sampling.
    pub estimate: Estimate,
    /// The estimate with powers rounded down.
    pub rounded_down: f64,
    /// The estimate with powers rounded up.
    pub rounded_up: f64,
    /// Whether one scenario makes up more than a twentieth of it.
    pub one_dominates: bool,
}

impl Figure {
    /// What rounding powers to cells may move the estimate by, relatively; 0 where nothing was rounded.
    pub fn rounding(&self) -> f64 {
        let Estimate { value, .. } = self.estimate;
        Bracket { low: self.rounded_down, value, high: self.rounded_up }.relative_width()
    }
}

/// How finely powers are rounded where they must be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fineness {
    /// Relative width of the bracket that rounding leaves at which it is fine enough.
    pub width: f64,
    /// Most cells, whatever the width.
    pub most_cells: u64,
}

/// Conditional estimates and what they rest on.
#[derive(Debug, Clone, PartialEq)]
pub struct Computed {
    /// `[threshold]`
    pub figures: Vec<Figure>,
    /// Draws of the factors.
    pub draws: u64,
    /// Cells that powers were rounded to; `None` where none was rounded.
    pub cells: Option<u64>,
}

impl Computed {
    /// The widest bracket that rounding leaves, relatively.
    pub fn rounding(&self) -> f64 {
        self.figures.iter().map(Figure::rounding).fold(0.0, f64::max)
    }
}

impl Conditional {
    /// Prepares a service, its powers rounded to 4,096 cells where they must be; the pilot searches a proposal per threshold.
    pub fn new(study: &Factored, power: &ServicePower, seed: u64) -> Self {
        let exact = power.lattice(MOST_CELLS);
        let lattice = if exact.is_exact() { exact } else { power.lattice(FIRST_CELLS) };
        let factored = study.of_members(&power.members);
        let mut order: Vec<usize> = (0..power.members.len()).collect();
        order.sort_by_key(|member| power.powers[*member]);
        let proposals = power.rare().iter().filter_map(|rare| pilot(&factored, rare, seed)).collect();
        let law = (factored.n_factors, factored.degrees);
        let mixture = Mixture::new(proposals, law, (seed, "rare/conditional"));
        let scramble = Purpose::new(seed, "rare/scramble");
        Self { factored, lattice, order, mixture, scramble }
    }

    /// Without proposals: factors are drawn from the nominal law.
    #[must_use]
    pub fn nominal(mut self) -> Self {
        self.mixture.proposals.clear();
        self
    }

    /// The same on so many cells.
    fn on_cells(&self, power: &ServicePower, cells: u64) -> Self {
        Self { lattice: power.lattice(cells), ..self.clone() }
    }

    fn block(&self, first: u64, n: usize) -> Sums {
        self.sums(first..first + n as u64, |scenario, drawn| self.mixture.draw(scenario, drawn))
    }

    /// Sums over scenarios drawn by `draw`.
    fn sums(&self, scenarios: std::ops::Range<u64>, draw: impl Fn(u64, &mut Drawn)) -> Sums {
        let mut sums = vec![[Weighted::default(); 3]; self.lattice.needs().len()];
        let (mut drawn, mut chances, mut spread) = (Drawn::default(), Chances::default(), Spread::default());
        for scenario in scenarios {
            draw(scenario, &mut drawn);
            let weight = self.mixture.weight(&drawn, |_| 0.0);
            chances.fill(&self.factored, &drawn.factors, drawn.scale);
            for rounding in 0..self.lattice.n_roundings() {
                spread.of_members((&self.lattice, rounding), &self.order, |m| (chances.p[m], chances.q[m]));
                for (sums, need) in sums.iter_mut().zip(self.lattice.needs()) {
                    sums[rounding].add(weight, spread.at_least(*need));
                }
            }
        }
        sums
    }

    /// One replicate: the points of one scrambling.
    fn replicate(&self, replicate: u32, points: u32) -> Sums {
        let first = u64::from(replicate) * u64::from(points);
        #[expect(clippy::cast_possible_truncation, reason = "32 of the bits make a seed")]
        let seed = self.scramble.extra_bits(u64::from(replicate), 0) as u32;
        self.sums(first..first + u64::from(points), |scenario, drawn| {
            let point = u32::try_from(scenario - first).unwrap_or(0);
            let coordinate = |dimension: u32| {
                // The middle of the cell of 2^-24 that a coordinate stands for: never 0 or 1.
                (dimension < sobol_burley::NUM_DIMENSIONS)
                    .then(|| f64::from(sobol_burley::sample(point, dimension, seed)) + 0.5 / 16_777_216.0)
            };
            self.mixture.draw_at(scenario, coordinate, drawn);
        })
    }
}

/// `[threshold][rounding]`
type Sums = Vec<[Weighted; 3]>;

/// Scramblings of the points of low discrepancy, whose spread is the error.
const REPLICATES: u32 = 16;
/// Two-sided 95 % quantile of Student's t with 15 degrees of freedom.
const T95: f64 = 2.131_449_545_559_323;
/// Most points of one scrambling: what the sequence has.
const MOST_POINTS: u32 = 1 << 16;

/// As [`conditional`], the factors from Owen-scrambled Sobol points (Burley 2020), 16 scramblings for an honest error. Draws at most so
/// many scenarios, a power of two each scrambling; says how many.
pub fn conditional_sobol(plan: &Conditional, scenarios: u64) -> (Vec<Figure>, u64) {
    let most = u32::try_from(scenarios / u64::from(REPLICATES)).unwrap_or(MOST_POINTS).clamp(2, MOST_POINTS);
    let points = 1 << most.ilog2();
    let replicates = blocks_in_order(u64::from(REPLICATES), |replicate| {
        plan.replicate(u32::try_from(replicate).unwrap_or(0), points)
    });
    let exact = plan.lattice.is_exact();
    let figures = (0..plan.lattice.needs().len()).map(|threshold| {
        let of = |rounding: usize| spread_of(replicates.iter().map(|sums| &sums[threshold][rounding]));
        let (down, middle, up) = if exact { (of(0), of(0), of(0)) } else { (of(0), of(1), of(2)) };
        Figure {
            estimate: Estimate { low: down.low, high: up.high, ..middle },
            rounded_down: down.value,
            rounded_up: up.value,
            one_dominates: replicates.iter().any(|sums| {
                let sums = &sums[threshold][usize::from(!exact)];
                sums.largest > 0.5 * sums.wf
            }),
        }
    });
    (figures.collect(), u64::from(REPLICATES * points))
}

/// As [`conditional_sobol`], on a lattice so fine that the bracket of rounding is as narrow as asked, or as fine as it may be. Brackets
/// narrow in proportion to the cells, so that a part of the draws says how many there must be.
pub fn conditional_refined(
    plan: &Conditional,
    power: &ServicePower,
    scenarios: u64,
    fineness: Fineness,
) -> Computed {
    let on = |plan: &Conditional, scenarios: u64, cells: Option<u64>| {
        let (figures, draws) = conditional_sobol(plan, scenarios);
        Computed { figures, draws, cells }
    };
    if plan.lattice.is_exact() {
        return on(plan, scenarios, None);
    }
    let most = fineness.most_cells.max(1);
    let mut cells = FIRST_CELLS.min(most);
    let pilot = on(&plan.on_cells(power, cells), (scenarios / PILOT_PART).max(1), Some(cells));
    let times = pilot.rounding() / fineness.width;
    while cells < most && count(cells) < times * count(FIRST_CELLS) {
        cells = (2 * cells).min(most);
    }
    loop {
        let found = on(&plan.on_cells(power, cells), scenarios, Some(cells));
        if cells >= most || found.rounding() <= fineness.width {
            return found;
        }
        cells = (2 * cells).min(most);
    }
}

/// Mean over scramblings; their spread is its error.
fn spread_of<'a>(replicates: impl Iterator<Item = &'a Weighted>) -> Estimate {
    let mut whole = Weighted::default();
    let means: Vec<f64> = replicates
        .map(|sums| {
            whole.merge(sums);
            sums.wf / count(sums.n)
        })
        .collect();
    let moments = crate::moments::Moments::of(&means);
    let (value, std_error) = (moments.mean(), moments.std_error());
    Estimate {
        value,
        std_error,
        low: (value - T95 * std_error).max(0.0),
        high: (value + T95 * std_error).min(1.0),
        effective_sample_size: whole.effective_hits(),
    }
}

/// P(colluders alone reach each threshold) from so many draws of the factors. `[threshold]`
pub fn conditional(plan: &Conditional, scenarios: u64) -> Vec<Figure> {
    let n_blocks = scenarios.div_ceil(LANES as u64);
    let blocks = blocks_in_order(n_blocks, |block| {
        let first = block * LANES as u64;
        plan.block(first, usize::try_from(scenarios - first).unwrap_or(LANES).min(LANES))
    });
    let mut total = vec![[Weighted::default(); 3]; plan.lattice.needs().len()];
    for block in &blocks {
        for (total, block) in total.iter_mut().zip(block) {
            total.iter_mut().zip(block).for_each(|(a, b)| a.merge(b));
        }
    }
    total.iter().map(|sums| figure(sums, plan.lattice.is_exact())).collect()
}

fn figure(sums: &[Weighted; 3], exact: bool) -> Figure {
    let [low, value, high] = if exact { [sums[0]; 3] } else { *sums };
    let of = |sums: &Weighted| sums.probability(1.0 / NOMINAL_SHARE);
    let (down, middle, up) = (of(&low), of(&value), of(&high));
    Figure {
        estimate: Estimate { low: down.low, high: up.high, ..middle },
        rounded_down: down.value,
        rounded_up: up.value,
        one_dominates: value.one_dominates(),
    }
}

impl ServicePower {
    /// Its thresholds as targets of proposals, each distinct need once.
    pub fn rare(&self) -> Vec<Rare> {
        let total = crate::graph::to_f64(self.total());
        if total <= 0.0 {
            return Vec::new();
        }
        let share = |power: u128| crate::graph::to_f64(power) / total;
        let mut needs: Vec<f64> = self.needs.iter().map(|need| share(*need)).collect();
        needs.sort_by(f64::total_cmp);
        // Thresholds that differ by a tie rule alone share a proposal.
        needs.dedup_by(|a, b| (*a - *b).abs() < 0.02);
        let members: Vec<u32> = (0u32..).take(self.members.len()).collect();
        let shares: Vec<f64> = self.powers.iter().map(|power| share(*power)).collect();
        let rare = |need: f64| Rare { members: members.clone(), shares: shares.clone(), need };
        needs.into_iter().map(rare).collect()
    }
}

//! Drawing latent states: factors, scale, then who lies below its cutoffs, screened cheaply and settled exactly.
//!
//! Noise is drawn operator by operator in name order and a few rows at a time, so that it stays in the first cache.
//! What the screen leaves open is settled after the rows, never within them.

use super::thinned::{self, Thinned};
use crate::kernels::level::Level;
use crate::kernels::sixteen::Small;
use crate::kernels::small_rows::{self, SmallColumns, SmallRows};
use crate::kernels::squeeze::{self, Class, Columns, Decided, Laws, SIDES, Single};
use crate::kernels::xoshiro::{self, Noise};
use crate::kernels::{Column, LANES, Mask, bits, normal, student};

use crate::streams::Purpose;
use std::collections::BTreeMap;

/// How one kind of latent (collusion, or an accident) is drawn.
#[derive(Debug, Clone)]
pub struct LatentPlan {
    /// One stream per factor column group: the common factor, then each attribute; with the number of columns.
    factors: Vec<(Purpose, usize)>,
    noise: Purpose,
    mixing: Option<Mixing>,
    /// The exact law of each class. `[class]`
    classes: Vec<Law>,
    laws: Laws,
    small: Small,
    /// How the noise is drawn instead where every law is rare.
    thinned: Option<Thinned>,
}

/// The common scale of a t copula: `sqrt(W/ν)`, W the sum of ν squared normals.
#[derive(Debug, Clone)]
pub struct Mixing {
    /// Stream of the normals.
    pub purpose: Purpose,
    /// ν.
    pub degrees: u32,
}

/// One operator's law given the factors: its latent lies at or below a cutoff with probability
/// `Φ(cutoff · scale + Σ slope · factor)`.
#[derive(Debug, Clone, PartialEq)]
pub struct Law {
    /// Lower and upper cutoff over the residual loading.
    pub cutoffs: [f64; SIDES],
    /// Factor column and minus its loading over the residual loading.
    pub slopes: Vec<(usize, f64)>,
}

/// Rows whose noise is in memory at a time: 8 KiB.
const CHUNK: usize = 16;

/// No factor lies farther from 0: the least tail that the streams make is 2^−86. Nor is a t copula's scale larger.
const FARTHEST: f64 = 11.0;

/// Working memory of a draw.
#[derive(Debug, Default)]
pub struct LatentScratch {
    /// `[column]`
    pub(super) factors: Vec<Single>,
    /// Empty where it is 1.
    pub(super) scale: Vec<f64>,
    /// Highest x of each class, where laws are rare.
    pub(super) highest: Vec<f32>,
    pub(super) bins: thinned::Bins,
    scale_single: Option<Box<Single>>,
    shared: Vec<[Single; SIDES]>,
    small: SmallColumns,
    noise: Vec<Noise>,
    open: Vec<squeeze::Open>,
    listed: Vec<Open>,
    /// Who lies at or below its lower cutoff, and its upper one. `[side][operator]`
    pub below: [Vec<Mask>; SIDES],
}

impl LatentScratch {
    /// The common factor just drawn.
    pub fn common(&self) -> Column {
        self.factors.first().map_or([0.0; LANES], |column| column.map(f64::from))
    }
}

impl LatentPlan {
    /// Compiles laws; `laws` holds one for each operator. The second cutoff counts with `n_sides = 2` alone.
    pub fn new(
        factors: Vec<(Purpose, usize)>,
        noise: Purpose,
        mixing: Option<Mixing>,
        laws: Vec<Law>,
        n_sides: usize,
    ) -> Self {
        let compiled = Laws { n_sides, unscaled: mixing.is_none(), ..Laws::default() };
        let (classes, small) = (Vec::new(), Small::default());
        let mut plan = Self { factors, noise, mixing, classes, laws: compiled, small, thinned: None };
        let mut known = BTreeMap::new();
        for law in laws {
            let class = *known.entry(law.key(n_sides)).or_insert_with(|| plan.add_class(law));
            plan.laws.rows.push(class);
        }
        plan.give_slots();
        let exact = plan.classes.iter().map(|law| (law.cutoffs, law.slopes.as_slice()));
        plan.small = Small::new(&plan.laws, exact);
        plan.thinned = Thinned::new(&plan.classes, &plan.laws.rows).filter(|_| n_sides == 1);
        plan
    }

    fn add_class(&mut self, law: Law) -> usize {
        let terms = &mut self.laws.terms;
        let first = terms.len();
        terms.extend(law.slopes.iter().map(|(column, slope)| (*column, single(*slope))));
        self.laws.classes.push(Class {
            cutoffs: law.cutoffs.map(single),
            band: squeeze::BAND + law.slack(if self.mixing.is_some() { FARTHEST } else { 1.0 }),
            terms: first..terms.len(),
            slot: None,
        });
        self.classes.push(law);
        self.classes.len() - 1
    }

    /// Classes with several rows keep their thresholds.
    fn give_slots(&mut self) {
        let mut rows = vec![0; self.classes.len()];
        self.laws.rows.iter().for_each(|class| rows[*class] += 1);
        for (class, _) in self.laws.classes.iter_mut().zip(rows).filter(|(_, rows)| *rows > 1) {
            class.slot = Some(self.laws.n_slots);
            self.laws.n_slots += 1;
        }
    }

    /// Draws one block: factors, scale, then operator by operator.
    pub fn draw(&self, level: Level, block: u64, scratch: &mut LatentScratch) {
        self.draw_factors(level, block, scratch);
        self.draw_scale(level, block, scratch);
        let one = [1.0; LANES];
        if let Some(thinned) = &self.thinned {
            let LatentScratch { factors, scale_single, highest, .. } = scratch;
            let columns = Columns { factors, scale: scale_single.as_deref().unwrap_or(&one) };
            squeeze::highest(level, &self.laws, columns, highest);
            thinned.draw(&self.noise, block, scratch);
            return;
        }
        let n = self.laws.rows.len();
        scratch.below.iter_mut().for_each(|below| below.resize(n, Mask::default()));
        scratch.noise.resize(CHUNK, [[0; xoshiro::WAYS]; xoshiro::STEPS_PER_ROW]);
        let LatentScratch { factors, scale_single, shared, noise, open, listed, below, .. } = scratch;
        listed.clear();
        let columns = Columns { factors, scale: scale_single.as_deref().unwrap_or(&one) };
        let (laws, small) = (&self.laws, &mut scratch.small);
        let block_of = small_rows::Block { laws, small: &self.small, factors };
        let but = small_rows::prepare(level, block_of, small).then_some(&self.small);
        if but.is_none_or(|small| small.some_left) {
            squeeze::share(level, laws, columns, shared);
        }
        let mut stream = self.noise.stream(block);
        for first in (0..n).step_by(CHUNK) {
            let rows = CHUNK.min(n - first);
            let noise = &mut noise[..rows];
            stream.noise(level, noise);
            open.clear();
            let below = below.each_mut().map(|below| &mut below[first..first + rows]);
            let mut decided = Decided { below, open };
            if let Some(fits) = but {
                let (columns, decided) = (&*small, decided.again());
                SmallRows { laws, small: fits, first, noise, columns, decided }.run(level);
            }
            if but.is_none_or(|small| small.some_left) {
                squeeze::decide_rows(
                    level,
                    squeeze::Rows { laws, first, noise, columns, shared, but, decided },
                );
            }
            open.iter().for_each(|open| list_open(first, open, noise, listed));
        }
        Settlement { plan: self, block, factors, scale: &scratch.scale }.settle(listed, below);
    }

    fn draw_factors(&self, level: Level, block: u64, scratch: &mut LatentScratch) {
        scratch.factors.resize(self.factors.iter().map(|(_, width)| width).sum(), [0.0; LANES]);
        let mut columns = scratch.factors.iter_mut();
        for (purpose, width) in &self.factors {
            let mut stream = purpose.stream(block);
            for (index, column) in columns.by_ref().take(*width).enumerate() {
                let extra = |lane| purpose.extra_bits(scenario(block, lane), index as u64);
                stream.factors(level, column, extra);
            }
        }
    }

    /// `sqrt(W/ν)` per scenario; nothing without a t copula, where it is 1.
    fn draw_scale(&self, level: Level, block: u64, scratch: &mut LatentScratch) {
        let Some(Mixing { purpose, degrees }) = &self.mixing else {
            scratch.scale.clear();
            scratch.scale_single = None;
            return;
        };
        let mut stream = purpose.stream(block);
        let (mut squares, mut column) = ([0.0; LANES], [0.0; LANES]);
        for index in 0..*degrees {
            let extra = |lane| purpose.extra_bits(scenario(block, lane), u64::from(index));
            stream.factors(level, &mut column, extra);
            squares.iter_mut().zip(&column).for_each(|(sum, z)| *sum += f64::from(*z) * f64::from(*z));
        }
        let scale = squares.map(|sum| student::scale(sum, f64::from(*degrees)));
        scratch.scale.clear();
        scratch.scale.extend_from_slice(&scale);
        **scratch.scale_single.get_or_insert_with(|| Box::new([0.0; LANES])) = scale.map(single);
    }
}

fn scenario(block: u64, lane: usize) -> u64 {
    block * LANES as u64 + lane as u64
}

#[expect(clippy::cast_possible_truncation, reason = "single precision is for the screen alone")]
fn single(value: f64) -> f32 {
    value as f32
}

impl Law {
    /// `cutoff · scale + Σ slope · factor` in one lane.
    pub(super) fn at(&self, factors: &[Single], side: usize, scale: f64, lane: usize) -> f64 {
        let pull = |x: f64, (column, slope): &(usize, f64)| x + slope * f64::from(factors[*column][lane]);
        self.slopes.iter().fold(self.cutoffs[side] * scale, pull)
    }

    /// What laws of one class have in common, bit by bit.
    fn key(&self, n_sides: usize) -> (Vec<u64>, Vec<(usize, u64)>) {
        let cutoffs = self.cutoffs[..n_sides].iter().map(|cutoff| cutoff.to_bits());
        let slopes = self.slopes.iter().map(|(column, slope)| (*column, slope.to_bits()));
        (cutoffs.collect(), slopes.collect())
    }

    /// Bound on what rounding to single precision moves a probability, in units of 2^−16.
    ///
    /// Each of the `terms + 1` products and sums is off by at most 2^−23 of the sum of magnitudes, and Φ is steepest at
    /// φ(0) < 0.4. An infinite cutoff needs no screen.
    fn slack(&self, largest_scale: f64) -> f32 {
        let cutoff =
            self.cutoffs.iter().filter(|c| c.is_finite()).fold(0.0, |most: f64, c| most.max(c.abs()));
        let slopes = self.slopes.iter().map(|(_, slope)| slope.abs()).sum::<f64>();
        let magnitude = largest_scale * cutoff + FARTHEST * slopes;
        let operations = crate::moments::count(self.slopes.len() as u64 + 2);
        single(0.4 * 65_536.0 * magnitude * operations / 8_388_608.0 + 0.01)
    }
}

/// A decision that the screen left open.
#[derive(Debug, Clone, Copy)]
struct Open {
    operator: usize,
    side: usize,
    lane: usize,
    /// The 16 bits of noise, as a number.
    noise: f64,
}

/// Lists what the screen left open of a row; the noise is that of rows from `first` on.
fn list_open(first: usize, open: &squeeze::Open, noise: &[Noise], listed: &mut Vec<Open>) {
    let squeeze::Open { row, side, lanes } = open;
    listed.extend(bits::ones(lanes).map(|lane| Open {
        operator: first + row,
        side: *side,
        lane,
        noise: f64::from(xoshiro::sixteen_bits(&noise[*row], lane)),
    }));
}

/// Settles what the screen left open in a block: one after another, so that one can begin before the other ends.
struct Settlement<'a> {
    plan: &'a LatentPlan,
    block: u64,
    factors: &'a [Single],
    /// Empty where it is 1.
    scale: &'a [f64],
}

impl Settlement<'_> {
    fn settle(&self, listed: &[Open], below: &mut [Vec<Mask>; SIDES]) {
        for open in listed {
            let Open { operator, side, lane, noise } = *open;
            let x = self.x(open);
            // The bits below the noise seldom matter.
            let told = normal::is_cell_at_most_cdf((noise + 0.5) / 65_536.0, 0.5 / 65_536.0, x);
            let is_below = told.unwrap_or_else(|| normal::is_at_most_cdf(self.u(open), x));
            let word = &mut below[side][operator][lane / 64];
            *word = *word & !(1 << (lane % 64)) | u64::from(is_below) << (lane % 64);
        }
    }

    /// The `x` of a decision. The definition: `u ≤ Φ(x)` in double precision.
    fn x(&self, open: &Open) -> f64 {
        let law = &self.plan.classes[self.plan.laws.rows[open.operator]];
        let scale = *self.scale.get(open.lane).unwrap_or(&1.0);
        law.at(self.factors, open.side, scale, open.lane)
    }

    /// The `u` of a decision: 37 bits from a hash below the 16 of the noise.
    fn u(&self, open: &Open) -> f64 {
        let scenario = scenario(self.block, open.lane);
        let extra = self.plan.noise.extra_fraction(scenario, open.operator as u64);
        (open.noise + extra) / 65_536.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const COLUMNS: usize = 7;

    /// Any model: `kinds` distinct laws over `n` operators, a common factor and two groupings.
    fn model(seed: u64, n: usize, kinds: u64, degrees: u32, n_sides: usize) -> LatentPlan {
        let any = Purpose::new(seed, "model");
        let law = |operator: u64| {
            let kind = if kinds == 0 { operator } else { any.extra_bits(operator, 0) % kinds };
            let uniform = |index| any.extra_uniform(kind, index);
            let shared = [0.6 * uniform(1), 0.5 * uniform(2), 0.4 * uniform(3)];
            let residual = libm::sqrt(1.0 - shared.iter().map(|l| l * l).sum::<f64>());
            // Of all sizes: from 1e-9 to one half, seldom certain.
            let p = libm::exp10(-9.0 * uniform(4) * uniform(5)) * 0.5;
            let low = if uniform(6) < 0.05 { f64::NEG_INFINITY } else { normal::quantile(p) };
            let up =
                if uniform(7) < 0.2 { f64::INFINITY } else { normal::quantile(p + (1.0 - p) * uniform(8)) };
            let group = |index, first, size: u64| {
                first + usize::try_from(any.extra_bits(kind, index) % size).unwrap()
            };
            let columns = [0, group(9, 1, 4), group(10, 5, 2)];
            let slopes = columns.into_iter().zip(shared).map(|(column, l)| (column, -l / residual));
            // Some have no common factor, or no group.
            let slopes = slopes.filter(|(column, _)| uniform(20 + *column as u64) < 0.8);
            Law { cutoffs: [low / residual, up.max(low) / residual], slopes: slopes.collect() }
        };
        let purpose = |name| Purpose::new(seed, name);
        let mixing = (degrees > 0).then(|| Mixing { purpose: purpose("scale"), degrees });
        let factors = vec![(purpose("common"), 1), (purpose("groups"), COLUMNS - 1)];
        let laws = (0..n as u64).map(law).collect();
        let mut plan = LatentPlan::new(factors, purpose("noise"), mixing, laws, n_sides);
        // Thinning has tests of its own.
        plan.thinned = None;
        plan
    }

    /// The definition, decision by decision.
    fn assert_exact(plan: &LatentPlan, block: u64, drawn: &LatentScratch) {
        let mut noise = vec![Noise::default(); plan.laws.rows.len()];
        plan.noise.stream(block).noise(Level::GENERIC, &mut noise);
        let (factors, scale) = (&drawn.factors, &drawn.scale);
        let all = Settlement { plan, block, factors, scale };
        for side in 0..plan.laws.n_sides {
            for row in 0..noise.len() {
                for lane in 0..LANES {
                    let told = bits::contains(&drawn.below[side][row], lane);
                    let noise = f64::from(xoshiro::sixteen_bits(&noise[row], lane));
                    let open = Open { operator: row, side, lane, noise };
                    assert_eq!(
                        told,
                        all.u(&open) <= normal::cdf(all.x(&open)),
                        "side {side}, row {row}, lane {lane}"
                    );
                }
            }
        }
    }

    fn assert_levels_agree(plan: &LatentPlan, blocks: std::ops::Range<u64>) {
        let mut drawn: Vec<LatentScratch> =
            Level::available().iter().map(|_| LatentScratch::default()).collect();
        for block in blocks.clone() {
            for (level, scratch) in Level::available().into_iter().zip(&mut drawn) {
                plan.draw(level, block, scratch);
            }
            for (other, level) in drawn[1..].iter().zip(&Level::available()[1..]) {
                assert!(
                    drawn[0].below[..plan.laws.n_sides] == other.below[..plan.laws.n_sides],
                    "level {level}"
                );
            }
            if block == blocks.start {
                drawn.iter().for_each(|drawn| assert_exact(plan, block, drawn));
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]
        /// 64 models, 64 blocks each: a million scenarios.
        #[test]
        fn every_level_decides_as_the_definition(
            seed in 0..u64::MAX, n in 1..150usize, kinds in 0..9u64, degrees in 0..4u32, n_sides in 1..=2usize,
        ) {
            // Half of the models are Gaussian.
            let degrees = if seed % 2 == 0 { 0 } else { degrees };
            assert_levels_agree(&model(seed, n, kinds, degrees, n_sides), 0..64);
        }
    }

    /// The draws that `stream = 1` names. A change here is a new number, the old one kept.
    #[test]
    fn draws_of_stream_one_stay_as_they_are() {
        for level in Level::available() {
            let mut hasher = blake3::Hasher::new();
            for (seed, degrees) in [(1, 0), (2, 3)] {
                let plan = model(seed, 100, 0, degrees, 2);
                let mut scratch = LatentScratch::default();
                for block in [0, 1, 1 << 40] {
                    plan.draw(level, block, &mut scratch);
                    let masks = scratch.below.iter().flatten().flatten();
                    masks.for_each(|word| _ = hasher.update(&word.to_le_bytes()));
                    let factors = scratch.factors.iter().flatten();
                    factors.for_each(|value| _ = hasher.update(&value.to_bits().to_le_bytes()));
                }
            }
            assert_eq!(&hasher.finalize().to_hex()[..16], "e8266d780c9d28f8", "level {level}");
        }
    }

    #[test]
    fn five_thousand_operators_are_decided_alike() {
        for kinds in [0, 12] {
            assert_levels_agree(&model(77, 5_000, kinds, 0, 2), 3..5);
        }
    }

    #[test]
    fn probabilities_are_those_asked_for() {
        let any = |name| Purpose::new(9, name);
        for p in [0.4, 0.02, 1e-3, 1e-5] {
            let (residual, slope) = (0.8, -0.6 / 0.8);
            let law =
                Law { cutoffs: [normal::quantile(p) / residual, f64::INFINITY], slopes: vec![(0, slope)] };
            let plan = LatentPlan::new(vec![(any("common"), 1)], any("noise"), None, vec![law; 64], 2);
            let mut scratch = LatentScratch::default();
            let (mut hits, mut squares, blocks) = (0.0, 0.0, 4_000u32);
            for block in 0..blocks {
                plan.draw(Level::best(), u64::from(block), &mut scratch);
                for lane in 0..LANES {
                    let count = scratch.below[0].iter().filter(|row| bits::contains(*row, lane)).count();
                    let share = f64::from(u32::try_from(count).unwrap()) / 64.0;
                    hits += share;
                    squares += share * share;
                }
            }
            let n = f64::from(blocks) * 256.0;
            let error = ((squares / n - (hits / n) * (hits / n)) / n).sqrt();
            assert!((hits / n - p).abs() < 5.0 * error, "{} against {p} ± {error}", hits / n);
        }
    }
}

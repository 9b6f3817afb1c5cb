//! Drawing who lies below its cutoff where that is rare: by thinning, at a cost that falls with the number of hits.
//!
//! Over the scenarios of a block no row of a class lies below its cutoff with a probability above Φ of the highest x that
//! its factors allow. Rows are put into bins by that x; a bin's probability `q` is Φ of its upper edge. The cells of a bin
//! (its rows, each over the block's scenarios) are walked by geometric steps: `⌊ln u / ln(1 − q)⌋` cells are passed over,
//! the next is a candidate, and a candidate lies below with probability `Φ(x)/q`. That is exact whatever the bins, and part
//! of the definition of stream 1.

use super::states::{LatentScratch, Law};
use crate::kernels::{LANES, Mask, normal};
use crate::streams::Purpose;
use std::sync::LazyLock;

/// Laws of one side are thinned if none is more probable than this: above, a candidate's hundreds of instructions cost
/// more than three for every cell.
const RARE: f64 = 1.0 / 4096.0;

/// More than single precision can hide of a highest x below 0: sums of a hundred in some ten steps. Above 0 nothing is
/// hidden, for every cell is a candidate.
const ROUNDING: f64 = 1e-3;

/// Rows by class.
#[derive(Debug, Clone)]
pub struct Thinned {
    /// `[class]`
    classes: Vec<Class>,
    n_rows: usize,
}

/// Rows with one law.
#[derive(Debug, Clone)]
struct Class {
    law: Law,
    rows: Vec<u32>,
}

/// Rows (and their classes) by the bin of their highest x. Bin `i` ends at `i / 4 − 8`; the last has no end. `[bin][row]`
pub type Bins = Vec<Vec<(u32, u32)>>;

const N_BINS: usize = 34;

/// Probability of a bin's cells, and the logarithm of what is left. `[bin]`
static ODDS: LazyLock<[(f64, f64); N_BINS]> = LazyLock::new(|| {
    let mut odds = [(1.0, f64::NEG_INFINITY); N_BINS];
    for (edge, odds) in (0u8..).zip(&mut odds[..N_BINS - 1]) {
        let q = normal::cdf(f64::from(edge) / 4.0 - 8.0);
        *odds = (q, libm::log1p(-q));
    }
    odds
});

/// The bin of a highest x.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "casts to integers saturate")]
fn bin(x: f64) -> usize {
    (libm::ceil(4.0 * (x + 8.0)) as usize).min(N_BINS - 1)
}

impl Thinned {
    /// Classes and rows, if every law is rare.
    pub fn new(laws: &[Law], rows: &[usize]) -> Option<Self> {
        let mut classes: Vec<Class> =
            laws.iter().map(|law| Class { law: law.clone(), rows: Vec::new() }).collect();
        for (row, class) in (0u32..).zip(rows) {
            classes[*class].rows.push(row);
        }
        laws.iter().all(|law| law.probability() <= RARE).then_some(Self { classes, n_rows: rows.len() })
    }

    /// Draws who lies below its lower cutoff in one block; the factors are there, and the highest x of each class.
    pub fn draw(&self, purpose: &Purpose, block: u64, scratch: &mut LatentScratch) {
        self.fill_bins(&scratch.highest, &mut scratch.bins);
        let LatentScratch { factors, scale, below, bins, .. } = scratch;
        below[0].clear();
        below[0].resize(self.n_rows, Mask::default());
        let mut steps = Steps { purpose, block, used: 0 };
        for (rows, (most, log_rest)) in bins.iter().zip(&*ODDS) {
            if rows.is_empty() {
                continue;
            }
            let mut cell = steps.next(*log_rest);
            while let Some((row, class)) = rows.get(cell / LANES) {
                let lane = cell % LANES;
                let law = &self.classes[*class as usize].law;
                let x = law.at(factors, 0, *scale.get(lane).unwrap_or(&1.0), lane);
                if normal::is_at_most_cdf(steps.uniform() * most, x) {
                    below[0][*row as usize][lane / 64] |= 1 << (lane % 64);
                }
                cell = cell.saturating_add(1).saturating_add(steps.next(*log_rest));
            }
        }
    }

    /// Puts the rows into bins by the highest x of the block.
    fn fill_bins(&self, highest: &[f32], bins: &mut Bins) {
        bins.resize_with(N_BINS, Vec::new);
        bins.iter_mut().for_each(Vec::clear);
        for ((class, Class { rows, .. }), x) in (0u32..).zip(&self.classes).zip(highest) {
            bins[bin(f64::from(*x) + ROUNDING)].extend(rows.iter().map(|row| (*row, class)));
        }
    }
}

/// The uniforms of one block, one after another.
struct Steps<'a> {
    purpose: &'a Purpose,
    block: u64,
    used: u64,
}

impl Steps<'_> {
    fn uniform(&mut self) -> f64 {
        self.used += 1;
        self.purpose.extra_uniform(self.block, self.used)
    }

    /// Cells passed over before the next candidate; `log_rest` is the logarithm of the probability of none at a cell.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "casts to integers saturate")]
    fn next(&mut self, log_rest: f64) -> usize {
        // Where every cell is a candidate this is 0.
        (libm::log(self.uniform()) / log_rest) as usize
    }
}

impl Law {
    /// Probability of lying below the lower cutoff before the factors are known, with a normal copula.
    fn probability(&self) -> f64 {
        let spread: f64 = self.slopes.iter().map(|(_, slope)| slope * slope).sum();
        normal::cdf(self.cutoffs[0] / libm::sqrt(1.0 + spread))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::bits;
    use crate::kernels::level::Level;
    use crate::sampling::states::{LatentPlan, Mixing};

    const SLOPE: f64 = -0.75;

    /// Rows with one common factor (loading 0.6), hit with probability `p` each.
    fn plan(p: f64, n: usize, degrees: u32) -> LatentPlan {
        let any = |name| Purpose::new(9, name);
        let law = Law { cutoffs: [normal::quantile(p) / 0.8, f64::INFINITY], slopes: vec![(0, SLOPE)] };
        let mixing = (degrees > 0).then(|| Mixing { purpose: any("scale"), degrees });
        LatentPlan::new(vec![(any("common"), 1)], any("noise"), mixing, vec![law; n], 1)
    }

    /// `∫ Φ((q − 0.6 z)/0.8)^power φ(z) dz` by the trapezoidal rule.
    fn moment(p: f64, power: i32) -> f64 {
        let x = |z: f64| normal::cdf((normal::quantile(p) - 0.6 * z) / 0.8).powi(power);
        let density = |z: f64| (-0.5 * z * z).exp() / (2.0 * std::f64::consts::PI).sqrt();
        (-9_000..=9_000).map(|i| f64::from(i) * 1e-3).map(|z| x(z) * density(z) * 1e-3).sum()
    }

    #[test]
    fn single_and_joint_probabilities_are_those_of_the_copula() {
        for p in [2e-4, 3e-5] {
            let (plan, n, blocks) = (plan(p, 40, 0), 40.0, 6_000u32);
            let mut scratch = LatentScratch::default();
            let (mut sums, mut squares) = ([0.0; 2], [0.0; 2]);
            for block in 0..blocks {
                plan.draw(Level::best(), u64::from(block), &mut scratch);
                for lane in 0..LANES {
                    let hits = scratch.below[0].iter().filter(|row| bits::contains(*row, lane)).count();
                    let hits = f64::from(u32::try_from(hits).unwrap());
                    for (i, value) in
                        [hits / n, hits * (hits - 1.0) / (n * (n - 1.0))].into_iter().enumerate()
                    {
                        sums[i] += value;
                        squares[i] += value * value;
                    }
                }
            }
            let trials = f64::from(blocks) * 256.0;
            for (i, power) in [1, 2].into_iter().enumerate() {
                let (mean, expected) = (sums[i] / trials, moment(p, power));
                let error = ((squares[i] / trials - mean * mean) / trials).sqrt();
                assert!((mean - expected).abs() < 5.0 * error, "{p}: {mean} against {expected} ± {error}");
            }
        }
    }

    #[test]
    fn a_t_copula_is_thinned_to_its_own_probability() {
        let p = 2e-3;
        let cutoff = crate::kernels::student::quantile(p, 4.0);
        let any = |name| Purpose::new(4, name);
        let law = Law { cutoffs: [cutoff / 0.8, f64::INFINITY], slopes: vec![(0, SLOPE)] };
        let mixing = Some(Mixing { purpose: any("scale"), degrees: 4 });
        let plan = LatentPlan::new(vec![(any("common"), 1)], any("noise"), mixing, vec![law; 20], 1);
        let mut scratch = LatentScratch::default();
        let (mut sum, mut squares, blocks) = (0.0, 0.0, 4_000u32);
        for block in 0..blocks {
            plan.draw(Level::best(), u64::from(block), &mut scratch);
            for lane in 0..LANES {
                let hits = scratch.below[0].iter().filter(|row| bits::contains(*row, lane)).count();
                let share = f64::from(u32::try_from(hits).unwrap()) / 20.0;
                sum += share;
                squares += share * share;
            }
        }
        let trials = f64::from(blocks) * 256.0;
        let error = ((squares / trials - (sum / trials).powi(2)) / trials).sqrt();
        assert!((sum / trials - p).abs() < 5.0 * error, "{} against {p} ± {error}", sum / trials);
    }

    #[test]
    fn nobody_is_hit_who_cannot_be_and_laws_that_are_not_rare_are_not_thinned() {
        let never = Law { cutoffs: [f64::NEG_INFINITY, f64::INFINITY], slopes: Vec::new() };
        let any = |name| Purpose::new(1, name);
        let plan = LatentPlan::new(
            vec![(any("common"), 1)],
            any("noise"),
            None,
            vec![never.clone(), never.clone()],
            1,
        );
        let mut scratch = LatentScratch::default();
        plan.draw(Level::best(), 5, &mut scratch);
        assert!(scratch.below[0].iter().all(|row| *row == Mask::default()));
        let often = Law { cutoffs: [normal::quantile(0.001), f64::INFINITY], slopes: Vec::new() };
        assert!(Thinned::new(&[never, often], &[0, 1]).is_none());
    }
}

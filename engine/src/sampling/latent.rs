//! Latent states: who is pushed below its cutoff, by a common factor, its groups' factors and noise of its own.
//!
//! `Z_o = Σ_f λ_f F_f(o) + sqrt(1 − Σλ²) ε_o`, so `Z_o ≤ q` iff `ε_o ≤ (q − Σλ_f F_f(o)) / sqrt(1 − Σλ²)`, and with a
//! uniform `u` in place of `Φ(ε)`: iff `u ≤ Φ(that)`. A t copula multiplies q by `sqrt(W/ν)`.

use crate::kernels::squeeze::{self, Single};
use crate::kernels::{Column, LANES, Mask, bits, normal, student};
use crate::streams::Purpose;
use crate::study::{Copula, Factor, Fault, FaultKind, Loading, Study};
use ndarray::{Array2, ArrayViewMut1};

/// How one kind of latent (collusion, or an accident) is drawn.
#[derive(Debug, Clone)]
pub struct LatentPlan {
    /// One stream per factor column group: the common factor, then each attribute.
    factors: Vec<(Purpose, usize)>,
    noise: Purpose,
    mixing: Option<Mixing>,
    rows: Vec<Row>,
    two_sided: bool,
}

/// The common scale of a t copula.
#[derive(Debug, Clone)]
struct Mixing {
    purpose: Purpose,
    degrees: u32,
}

/// One operator's law given the factors.
#[derive(Debug, Clone)]
struct Row {
    /// Lower and upper cutoff over the residual loading; the scale column multiplies them.
    cutoffs: [f64; 2],
    /// Factor column and minus its loading over the residual loading.
    slopes: Vec<(usize, f64)>,
    /// Rounding in single precision, in units of 2^−16 of probability.
    slack: f32,
}

/// Working memory of a draw.
#[derive(Debug)]
pub struct LatentScratch {
    factors: Array2<f64>,
    singles: Vec<Single>,
    scale: Column,
    scale_single: Single,
    words: [u32; LANES],
    /// Who lies at or below its lower cutoff. `[operator]`
    pub low: Vec<Mask>,
    /// Who lies above its upper cutoff. `[operator]`
    pub high: Vec<Mask>,
}

impl LatentScratch {
    /// Empty; a draw makes room.
    pub fn new() -> Self {
        Self {
            factors: Array2::zeros((0, LANES)),
            singles: Vec::new(),
            scale: [1.0; LANES],
            scale_single: [1.0; LANES],
            words: [0; LANES],
            low: Vec::new(),
            high: Vec::new(),
        }
    }

    /// The common factor just drawn.
    pub fn common(&self) -> Column {
        let mut column = [0.0; LANES];
        for (value, factor) in column.iter_mut().zip(self.factors.row(0)) {
            *value = *factor;
        }
        column
    }
}

/// Plan of collusion: low is a colluder, high an altruist.
pub fn collusion(study: &Study, seed: u64) -> LatentPlan {
    let law = &study.collusion;
    let columns = FactorColumns::new(study, &law.loadings);
    let rows = study.operators.iter().enumerate().map(|(o, operator)| {
        let low = quantile(law.copula, operator.collusion_probability);
        let high = quantile(law.copula, 1.0 - operator.altruistic_probability);
        columns.row(study, o, &operator.loadings, [low, high.max(low)])
    });
    plan(seed, "collusion", law.copula, &columns, rows.collect(), true)
}

/// Plan of an accident: low is hit within the horizon (equivocation), or down at the moment looked at (downtime).
pub fn fault(study: &Study, fault: &Fault, seed: u64) -> LatentPlan {
    let name = match fault.kind {
        FaultKind::Downtime => "fault/downtime",
        FaultKind::Equivocation => "fault/equivocation",
    };
    let columns = FactorColumns::new(study, &fault.loadings);
    let loadings: Vec<f64> = fault.loadings.iter().map(|loading| loading.loading).collect();
    let rows = study.operators.iter().enumerate().map(|(o, operator)| {
        let probability = match fault.kind {
            FaultKind::Downtime => fault.lasting_probability(operator.keys),
            FaultKind::Equivocation => fault.hit_probability(operator.keys, study.horizon_days),
        };
        let low = quantile(fault.copula, probability);
        columns.row(study, o, &loadings, [low, f64::INFINITY])
    });
    plan(seed, name, fault.copula, &columns, rows.collect(), false)
}

fn quantile(copula: Copula, p: f64) -> f64 {
    match copula {
        Copula::Gaussian => normal::quantile(p),
        Copula::StudentT(degrees) => student::quantile(p, f64::from(degrees)),
    }
}

fn plan(
    seed: u64,
    name: &str,
    copula: Copula,
    columns: &FactorColumns,
    rows: Vec<Row>,
    two_sided: bool,
) -> LatentPlan {
    let purpose = |part: &str| Purpose::new(seed, &format!("{name}/{part}"));
    let factors = columns.groups.iter().map(|(part, width)| (purpose(part), *width)).collect();
    let mixing = match copula {
        Copula::Gaussian => None,
        Copula::StudentT(degrees) => Some(Mixing { purpose: purpose("scale"), degrees }),
    };
    LatentPlan { factors, noise: purpose("noise"), mixing, rows, two_sided }
}

/// Where each factor's columns lie: the common factor is column 0, an attribute's groups follow one another.
struct FactorColumns {
    /// Name of the stream and number of columns.
    groups: Vec<(String, usize)>,
    /// First column of each loading.
    firsts: Vec<usize>,
    factors: Vec<Factor>,
}

impl FactorColumns {
    fn new(study: &Study, loadings: &[Loading]) -> Self {
        let mut groups = vec![("common".to_owned(), 1)];
        let mut firsts = Vec::new();
        let mut next = 1;
        for loading in loadings {
            match loading.factor {
                Factor::Common => firsts.push(0),
                Factor::Attribute(index) => {
                    let attribute = &study.attributes[index];
                    firsts.push(next);
                    next += attribute.groups.len();
                    groups.push((format!("factor/{}", attribute.name), attribute.groups.len()));
                }
            }
        }
        Self { groups, firsts, factors: loadings.iter().map(|loading| loading.factor).collect() }
    }

    /// The law of operator `o`. A group of its own is noise of its own: its loading goes to the residual.
    fn row(&self, study: &Study, o: usize, loadings: &[f64], cutoffs: [f64; 2]) -> Row {
        let mut terms: Vec<(usize, f64)> = Vec::new();
        let mut shared = 0.0;
        for ((factor, first), loading) in self.factors.iter().zip(&self.firsts).zip(loadings) {
            match factor {
                Factor::Common => terms.push((0, *loading)),
                Factor::Attribute(index) => {
                    let membership = &study.attributes[*index].membership[o];
                    if membership.is_empty() {
                        continue;
                    }
                    let norm = libm::sqrt(membership.iter().map(|(_, share)| share * share).sum());
                    terms.extend(
                        membership.iter().map(|(group, share)| (first + group, loading * share / norm)),
                    );
                }
            }
            shared += loading * loading;
        }
        let residual = libm::sqrt(1.0 - shared);
        let slopes: Vec<(usize, f64)> =
            terms.into_iter().filter(|(_, l)| *l != 0.0).map(|(column, l)| (column, -l / residual)).collect();
        let cutoffs = cutoffs.map(|cutoff| cutoff / residual);
        Row { slack: slack(&cutoffs, &slopes), cutoffs, slopes }
    }
}

/// Bound on what rounding to single precision moves a probability, in units of 2^−16.
///
/// Each of the `terms + 1` products and sums is off by at most 2^−23 of the sum of magnitudes (factors within ±9, a
/// scale within 9), and Φ is steepest at φ(0) < 0.4. Far cutoffs do not matter: there Φ is flat.
#[expect(clippy::cast_possible_truncation, reason = "a bound rounded up generously")]
fn slack(cutoffs: &[f64; 2], slopes: &[(usize, f64)]) -> f32 {
    let cutoff = cutoffs.iter().map(|c| c.abs().min(40.0)).fold(0.0, f64::max);
    let magnitude = 9.0 * (cutoff + slopes.iter().map(|(_, slope)| slope.abs()).sum::<f64>());
    let operations = crate::moments::count(slopes.len() as u64 + 2);
    (0.4 * 65_536.0 * magnitude * operations / 8_388_608.0 + 0.01) as f32
}

impl LatentPlan {
    /// Draws one block: factors, scale, then operator by operator.
    pub fn draw(&self, block: u64, scratch: &mut LatentScratch) {
        self.draw_factors(block, scratch);
        self.draw_scale(block, scratch);
        let mut noise = self.noise.stream(block);
        let n = self.rows.len();
        scratch.low.resize(n, Mask::default());
        scratch.high.resize(n, Mask::default());
        for (o, row) in self.rows.iter().enumerate() {
            noise.words(&mut scratch.words);
            let mut pull: Single = [0.0; LANES];
            for (column, slope) in &row.slopes {
                squeeze::add_scaled(&mut pull, to_single(*slope), &scratch.singles[*column]);
            }
            let at = Decision { block, operator: o, noise: &self.noise, pull: &pull };
            scratch.low[o] = at.below(row, row.cutoffs[0], scratch);
            if self.two_sided {
                scratch.high[o] = at.below(row, row.cutoffs[1], scratch).map(|word| !word);
            }
        }
    }

    fn draw_factors(&self, block: u64, scratch: &mut LatentScratch) {
        let columns: usize = self.factors.iter().map(|(_, width)| width).sum();
        if scratch.factors.nrows() != columns {
            scratch.factors = Array2::zeros((columns, LANES));
            scratch.singles.resize(columns, [0.0; LANES]);
        }
        let mut rows = scratch.factors.rows_mut().into_iter();
        for (purpose, width) in &self.factors {
            let mut stream = purpose.stream(block);
            for row in rows.by_ref().take(*width) {
                if let Some(column) = as_column(row) {
                    stream.normals(column);
                }
            }
        }
        for (single, row) in scratch.singles.iter_mut().zip(scratch.factors.rows()) {
            for (s, d) in single.iter_mut().zip(row) {
                *s = to_single(*d);
            }
        }
    }

    /// `sqrt(W/ν)` per scenario, W the sum of ν squared normals; 1 without a t copula.
    fn draw_scale(&self, block: u64, scratch: &mut LatentScratch) {
        scratch.scale = [1.0; LANES];
        if let Some(mixing) = &self.mixing {
            let mut stream = mixing.purpose.stream(block);
            let mut squares = [0.0; LANES];
            let mut column = [0.0; LANES];
            for _ in 0..mixing.degrees {
                stream.normals(&mut column);
                squares.iter_mut().zip(&column).for_each(|(sum, z)| *sum += z * z);
            }
            let degrees = f64::from(mixing.degrees);
            scratch.scale = squares.map(|sum| student::scale(sum, degrees));
        }
        scratch.scale_single = scratch.scale.map(to_single);
    }
}

fn as_column(row: ArrayViewMut1<'_, f64>) -> Option<&mut Column> {
    row.into_slice()?.try_into().ok()
}

#[expect(clippy::cast_possible_truncation, reason = "single precision is for the screen alone")]
fn to_single(value: f64) -> f32 {
    value as f32
}

/// One operator of one block: decides its 256 scenarios.
struct Decision<'a> {
    block: u64,
    operator: usize,
    noise: &'a Purpose,
    /// What the factors do to its cutoffs, in single precision.
    pull: &'a Single,
}

impl Decision<'_> {
    /// Scenarios in which the operator's latent lies at or below the cutoff: the screen first, the open ones exactly.
    fn below(&self, row: &Row, cutoff: f64, scratch: &LatentScratch) -> Mask {
        let (scale, words) = (&scratch.scale_single, &scratch.words);
        let (mut mask, open) = squeeze::below(self.pull, to_single(cutoff), scale, words, row.slack);
        for lane in bits::ones(&open) {
            let bit = 1u64 << (lane % 64);
            if self.exactly_below(row, cutoff, scratch, lane) {
                mask[lane / 64] |= bit;
            } else {
                mask[lane / 64] &= !bit;
            }
        }
        mask
    }

    /// The definition: `u ≤ Φ(x)` in double precision, u's lower half from a hash.
    fn exactly_below(&self, row: &Row, cutoff: f64, scratch: &LatentScratch, lane: usize) -> bool {
        let mut x = cutoff * scratch.scale[lane];
        for (column, slope) in &row.slopes {
            x += slope * scratch.factors[[*column, lane]];
        }
        let scenario = self.block * LANES as u64 + lane as u64;
        let extra = self.noise.extra_uniform(scenario, self.operator as u64);
        let u = (f64::from(scratch.words[lane]) + extra) / 4_294_967_296.0;
        u <= normal::cdf(x)
    }
}

//! Derivatives by likelihood ratios (Glynn 1990): `d/dθ E[f] = E[f · ∂ ln p/∂θ]` where θ moves the law p of what is drawn and f only
//! looks at that.
//!
//! Given the factors, operators are independent and in one of three states, so that a number of the collusion's law has the score
//! `Σ_o ∂ ln P(state of o | factors)/∂θ`. A price has that of a normal law's mean. Every score has mean zero, which serves as a
//! control variate.

use super::derivative::figures;
use super::fold_blocks;
use crate::estimate::Estimate;
use crate::kernels::{Column, LANES, normal};
use crate::moments::count;
use crate::rare::{Importance, Seen};
use crate::run::Plan;
use crate::sampling::states::Law;
use crate::sampling::{CollusionLaws, collusion_laws};
use crate::study::{Estimator, Setting, Study, StudyError, Variable};
use libm::sqrt;

/// What a number moves.
#[derive(Debug)]
pub(super) enum Score {
    /// The law of collusion. `[operator]`
    Collusion(Vec<LawSlope>),
    /// Today's price of an asset, and that price.
    Price(usize, f64),
}

/// How fast one operator's law moves with a number.
#[derive(Debug)]
pub(super) struct LawSlope {
    /// Derivatives of both cutoffs.
    cutoffs: [f64; 2],
    /// Derivatives of its slopes, by factor.
    slopes: Vec<(usize, f64)>,
}

/// Step of the laws' own derivatives, which are smooth and have no noise, relative to the number.
const LAW_STEP: f64 = 1e-5;

impl Score {
    /// The score of a number; `None` where the likelihood ratio is not valid for it.
    pub(super) fn new(variable: &Variable, plan: &Plan, key: &str) -> Result<Option<Self>, StudyError> {
        let at = variable.number(key).unwrap_or(f64::NAN);
        let is_collusion = key.starts_with("collusion.loadings.")
            || ["collusion.probability", "collusion.altruistic_probability"].contains(&key);
        let study = &variable.study;
        let asset = study.assets.iter().position(|asset| key == format!("assets.{}.price_usd", asset.name));
        if !is_collusion && asset.is_none() {
            return Ok(None);
        }
        let step = if at == 0.0 { LAW_STEP } else { LAW_STEP * at.abs() };
        let with = |value: f64| variable.with(&[Setting { key: key.to_owned(), value }]);
        let (below, above) = match (with(at - step), with(at + step)) {
            (Ok(below), Ok(above)) => ((at - step, below), (at + step, above)),
            (Err(_), Ok(above)) => ((at, study.clone()), (at + step, above)),
            (Ok(below), Err(_)) => ((at - step, below), (at, study.clone())),
            (Err(error), Err(_)) => return Err(error),
        };
        if let Some(asset) = asset {
            // Costs and profits must see today's price through the price drawn alone.
            let same = format!("{:?}", crate::design::compile(&above.1)) == format!("{:?}", plan.graph());
            let moves = plan.sampler().price_score(0, asset).is_some();
            return Ok((same && moves).then_some(Self::Price(asset, at)));
        }
        Ok(law_slopes(&below.1, &above.1, above.0 - below.0).map(Self::Collusion))
    }
}

/// Derivatives of all laws; `None` where somebody begins or ceases to be certain.
fn law_slopes(below: &Study, above: &Study, width: f64) -> Option<Vec<LawSlope>> {
    let (CollusionLaws { rows: a, .. }, CollusionLaws { rows: b, .. }) =
        (collusion_laws(above), collusion_laws(below));
    a.iter().zip(&b).map(|(a, b)| law_slope(a, b, width)).collect()
}

fn law_slope(above: &Law, below: &Law, width: f64) -> Option<LawSlope> {
    let cutoff = |side: usize| {
        let (a, b) = (above.cutoffs[side], below.cutoffs[side]);
        if a.is_finite() && b.is_finite() {
            Some((a - b) / width)
        } else {
            // Who is certain stays so.
            (a.to_bits() == b.to_bits()).then_some(0.0)
        }
    };
    let of = |law: &Law, factor: usize| {
        law.slopes.iter().find(|(f, _)| *f == factor).map_or(0.0, |(_, slope)| *slope)
    };
    let mut factors: Vec<usize> = above.slopes.iter().chain(&below.slopes).map(|(f, _)| *f).collect();
    factors.sort_unstable();
    factors.dedup();
    let slopes = factors.into_iter().map(|f| (f, (of(above, f) - of(below, f)) / width));
    Some(LawSlope { cutoffs: [cutoff(0)?, cutoff(1)?], slopes: slopes.filter(|(_, s)| *s != 0.0).collect() })
}

/// Derivatives of every design's figures with respect to every number. `[score][design][metric]`
pub(super) fn derivatives(study: &Study, plan: &Plan, scores: &[&Score]) -> Vec<Vec<[Estimate; 3]>> {
    if scores.is_empty() {
        return Vec::new();
    }
    let importance = Importance::new(study, plan.graph(), study.run.seed);
    let importance =
        if study.run.estimator == Estimator::Importance { importance } else { importance.nominal() };
    let designs = plan.graph().designs.len();
    let of_block = |block| {
        let mut room = plan.room();
        let mut columns: Vec<Column> = scores.iter().map(|score| price_column(plan, score, block)).collect();
        plan.judge_given(block, &mut room, |draws| {
            let mut steep = Vec::new();
            importance.draw_seen(draws, &mut |seen| {
                steepness(&seen, &mut steep);
                for (column, score) in columns.iter_mut().zip(scores) {
                    if let Score::Collusion(laws) = score {
                        column[seen.lane] = collusion_score(&seen, laws, &steep);
                    }
                }
            });
        });
        let sums = |column: &Column, design: usize| {
            let mut sums = [Scored::default(); 3];
            for (lane, score) in column.iter().enumerate().take(room.draws.n) {
                let weighted = room.draws.weight[lane] * score;
                let figures = figures(&room, design, lane);
                sums.iter_mut().zip(figures).for_each(|(sums, figure)| sums.add(weighted * figure, weighted));
            }
            sums
        };
        columns
            .iter()
            .map(|column| (0..designs).map(|design| sums(column, design)).collect())
            .collect::<Vec<Vec<[Scored; 3]>>>()
    };
    let merge = |total: &mut Vec<Vec<[Scored; 3]>>, block: &Vec<Vec<[Scored; 3]>>| {
        let blocks = block.iter().flatten().flatten();
        total.iter_mut().flatten().flatten().zip(blocks).for_each(|(a, b)| a.merge(b));
    };
    let total = fold_blocks(plan.scenarios().div_ceil(LANES as u64), of_block, merge).unwrap_or_default();
    let estimates = |designs: Vec<[Scored; 3]>| designs.iter().map(|sums| sums.map(|s| s.mean())).collect();
    total.into_iter().map(estimates).collect()
}

/// Scores of a price in a block; zeros for a number of the collusion's law.
fn price_column(plan: &Plan, score: &Score, block: u64) -> Column {
    match score {
        Score::Collusion(_) => [0.0; LANES],
        Score::Price(asset, price) => {
            let column = plan.sampler().price_score(block, *asset).unwrap_or([0.0; LANES]);
            column.map(|score| score / price)
        }
    }
}

/// `∂ ln P(state)` of every operator with respect to the normals below which it colludes, and above which it is honest at any price.
fn steepness(seen: &Seen<'_>, steep: &mut Vec<[f64; 2]>) {
    let (word, bit) = (seen.lane / 64, 1u64 << (seen.lane % 64));
    steep.clear();
    steep.extend(seen.factored.members.iter().enumerate().map(|(operator, member)| {
        let bar = member.bar(&seen.drawn.factors, seen.drawn.scale);
        let honest = member.bar_of(seen.altruist[operator], &seen.drawn.factors, seen.drawn.scale);
        let altruist = normal::cdf(-honest);
        if seen.draws.colluders.rows[operator][word] & bit != 0 {
            [normal::density(bar) / seen.chances.p[operator], 0.0]
        } else if seen.draws.bribable.rows[operator][word] & bit != 0 {
            let rational = seen.chances.q[operator] - altruist;
            if rational > 0.0 {
                [-normal::density(bar) / rational, normal::density(honest) / rational]
            } else {
                [0.0; 2]
            }
        } else if altruist > 0.0 {
            [0.0, -normal::density(honest) / altruist]
        } else {
            [0.0; 2]
        }
    }));
}

fn collusion_score(seen: &Seen<'_>, laws: &[LawSlope], steep: &[[f64; 2]]) -> f64 {
    let (factors, scale) = (&seen.drawn.factors, seen.drawn.scale);
    let of = |(law, [collude, honest]): (&LawSlope, &[f64; 2])| {
        // A common shift of both bars by the factors, and each by its cutoff.
        let shift = law.slopes.iter().fold(0.0, |x, (factor, slope)| x + slope * factors[*factor]);
        collude * (law.cutoffs[0] * scale + shift) + honest * (law.cutoffs[1] * scale + shift)
    };
    laws.iter().zip(steep).map(of).sum()
}

/// Sums of x, whose mean is wanted, and of c, whose mean is zero.
#[derive(Debug, Clone, Copy, Default)]
struct Scored {
    n: u64,
    x: f64,
    c: f64,
    xx: f64,
    xc: f64,
    cc: f64,
}

impl Scored {
    fn add(&mut self, x: f64, c: f64) {
        self.n += 1;
        self.x += x;
        self.c += c;
        self.xx += x * x;
        self.xc += x * c;
        self.cc += c * c;
    }

    fn merge(&mut self, later: &Self) {
        self.n += later.n;
        self.x += later.x;
        self.c += later.c;
        self.xx += later.xx;
        self.xc += later.xc;
        self.cc += later.cc;
    }

    /// Mean of x, c as a control variate.
    fn mean(&self) -> Estimate {
        let n = count(self.n);
        let (x, c) = (self.x / n, self.c / n);
        let (variance_c, covariance) = (self.cc / n - c * c, self.xc / n - x * c);
        let beta = if variance_c > 0.0 { covariance / variance_c } else { 0.0 };
        let value = x - beta * c;
        let variance = (self.xx / n - x * x - beta * covariance).max(0.0);
        let std_error = sqrt(variance / (n - 2.0).max(1.0));
        let effective_sample_size = if self.xx > 0.0 { self.x * self.x / self.xx } else { 0.0 };
        Estimate::normal(value, std_error, effective_sample_size)
    }
}

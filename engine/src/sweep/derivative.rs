//! Derivatives of a design's figures with respect to the numbers of a study.

use super::fold_blocks;
use super::likelihood::{self, Score};
use crate::attack::NO_TARGET;
use crate::estimate::Estimate;
use crate::graph::{Graph, Power};
use crate::kernels::LANES;
use crate::moments::Moments;
use crate::run::{Judged, Plan};
use crate::study::{Record, Setting, Study, StudyError, Variable};

/// How a derivative was estimated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// The figure times the derivative of the log density of what was drawn: no step, no bias.
    LikelihoodRatio,
    /// Differences over a step of 1e-4 on the same draws, of a figure that has no jumps.
    Pathwise,
    /// Differences over a step on the same draws; biased by the order of its square.
    CommonDraws,
}

impl Method {
    /// As it stands in outputs.
    pub fn name(self) -> &'static str {
        match self {
            Self::LikelihoodRatio => "likelihood ratio",
            Self::Pathwise => "pathwise",
            Self::CommonDraws => "common draws",
        }
    }
}

/// A derivative with its error.
#[derive(Debug, Clone, PartialEq)]
pub struct Derivative {
    /// The number's full key.
    pub key: String,
    /// Its value.
    pub at: f64,
    /// Half the distance between the two studies compared; 0 for a likelihood ratio.
    pub step: f64,
    /// Design.
    pub design: String,
    /// `p_attack_pays`, `loss_usd` or `net_gain_usd`.
    pub metric: &'static str,
    /// How it was estimated.
    pub method: Method,
    /// Derivative with respect to the number, with its sampling error.
    pub estimate: Estimate,
}

/// What is differentiated: P(attack pays) of the design, the mean loss by slashing and accidents, and what attackers gain on average.
pub(super) const METRICS: [&str; 3] = ["p_attack_pays", "loss_usd", "net_gain_usd"];
/// Position of the metric that is continuous in costs and profits.
const GAIN: usize = 2;

/// The metrics of one scenario.
pub(super) fn figures(room: &Judged, design: usize, lane: usize) -> [f64; 3] {
    let out = &room.execution.designs[design];
    let attacked = f64::from(u8::from(out.target[lane] != NO_TARGET));
    [attacked, out.slashed[lane] + out.fault_slashed[lane], out.net_gain[lane]]
}

/// Step of a pathwise difference, relative to the number.
const PATHWISE_STEP: f64 = 1e-4;

/// Derivatives of every design's P(attack pays), mean loss and mean net gain with respect to some numbers, number by number.
///
/// Numbers of the law of collusion (probabilities, loadings) and prices move the law of what is drawn, so that the likelihood ratio
/// gives the derivative without a step; all of them in one pass, by importance sampling where that is the study's estimator.
/// Slashes, profits, premiums and the like move the net gain without jumps: pathwise. All else, and P(attack pays) and losses
/// under those: central differences of width `2 · step · number` on the same draws, one-sided at the edge of a range.
///
/// # Errors
/// If a number has no neighbouring value that is a valid study.
pub fn derivatives(variable: &Variable, keys: &[String], step: f64) -> Result<Vec<Derivative>, StudyError> {
    let plan = Plan::new(&quiet(variable.study.clone()));
    let scores: Vec<Option<Score>> =
        keys.iter().map(|key| Score::new(variable, &plan, key)).collect::<Result<_, _>>()?;
    let wanted: Vec<&Score> = scores.iter().flatten().collect();
    let mut by_likelihood = likelihood::derivatives(&variable.study, &plan, &wanted).into_iter();
    let mut found = Vec::new();
    for (key, score) in keys.iter().zip(&scores) {
        // Every key was asked for its value by whoever gave it.
        let at = variable.number(key).unwrap_or(f64::NAN);
        let of = Of { key, at, plan: &plan };
        if score.is_some() {
            let estimates = by_likelihood.next().unwrap_or_default();
            found.extend(of.rows(0.0, [Method::LikelihoodRatio; 3], &estimates));
            continue;
        }
        let width = |step: f64| if at == 0.0 { step } else { step * at.abs() };
        let (step, mut estimates) = differences(variable, key, at, width(step))?;
        let mut methods = [Method::CommonDraws; 3];
        if moves_without_jumps(key, plan.graph()) {
            let (_, smooth) = differences(variable, key, at, width(PATHWISE_STEP))?;
            methods[GAIN] = Method::Pathwise;
            estimates.iter_mut().zip(smooth).for_each(|(a, b)| a[GAIN] = b[GAIN]);
        }
        found.extend(of.rows(step, methods, &estimates));
    }
    Ok(found)
}

/// Whose rows are written.
struct Of<'a> {
    key: &'a str,
    at: f64,
    plan: &'a Plan,
}

impl Of<'_> {
    fn rows(&self, step: f64, methods: [Method; 3], estimates: &[[Estimate; 3]]) -> Vec<Derivative> {
        let designs = self.plan.graph().designs.iter().zip(estimates);
        let rows = designs.flat_map(|(design, estimates)| {
            METRICS.into_iter().zip(methods).zip(*estimates).map(|((metric, method), estimate)| Derivative {
                key: self.key.to_owned(),
                at: self.at,
                step: if method == Method::Pathwise { PATHWISE_STEP * self.at.abs() } else { step },
                design: design.name.clone(),
                metric,
                method,
                estimate,
            })
        });
        rows.collect()
    }
}

/// Whether the net gain moves continuously with a number: costs and profits do, as long as who reaches a threshold does not.
fn moves_without_jumps(key: &str, graph: &Graph) -> bool {
    const COSTS: [&str; 7] = [
        ".slash",
        ".slash_halt",
        ".profit_usd",
        ".friction_usd",
        ".drawdown",
        ".bribe_premium",
        ".social_slash_probability",
    ];
    let power_moves =
        || graph.secured.iter().any(|s| matches!(&s.power, Power::Stake(power) if power.parts.len() > 1));
    COSTS.iter().any(|end| key.ends_with(end)) || (key.ends_with(".price_usd") && !power_moves())
}

/// `(half the width, [design][metric])`.
type Differences = (f64, Vec<[Estimate; 3]>);

fn differences(variable: &Variable, key: &str, at: f64, step: f64) -> Result<Differences, StudyError> {
    let with = |value: f64| variable.with(&[Setting { key: key.to_owned(), value }]);
    let (below, above) = match (with(at - step), with(at + step)) {
        (Ok(below), Ok(above)) => ((at - step, below), (at + step, above)),
        (Err(_), Ok(above)) => ((at, with(at)?), (at + step, above)),
        (Ok(below), Err(_)) => ((at - step, below), (at, with(at)?)),
        (Err(error), Err(_)) => return Err(error),
    };
    let width = above.0 - below.0;
    let moments = paired(&Plan::new(&quiet(above.1)), &Plan::new(&quiet(below.1)));
    let of = |moments: &Moments| scaled(&Estimate::mean(moments), 1.0 / width);
    Ok((0.5 * width, moments.iter().map(|metrics| metrics.each_ref().map(of)).collect()))
}

fn quiet(mut study: Study) -> Study {
    study.run.record = Record::None;
    study
}

fn scaled(estimate: &Estimate, factor: f64) -> Estimate {
    Estimate {
        value: estimate.value * factor,
        std_error: estimate.std_error * factor,
        low: estimate.low * factor,
        high: estimate.high * factor,
        effective_sample_size: estimate.effective_sample_size,
    }
}

/// Differences a − b of the metrics, scenario by scenario. `[design][metric]`
fn paired(a: &Plan, b: &Plan) -> Vec<[Moments; 3]> {
    let designs = a.graph().designs.len();
    let of_block = |block| {
        let (mut x, mut y) = (a.room(), b.room());
        a.judge_plain(block, &mut x);
        b.judge_plain(block, &mut y);
        let moments = |design: usize| {
            let lanes = 0..x.draws.n;
            let differences: Vec<[f64; 3]> = lanes
                .map(|lane| {
                    let (a, b) = (figures(&x, design, lane), figures(&y, design, lane));
                    std::array::from_fn(|metric| a[metric] - b[metric])
                })
                .collect();
            std::array::from_fn(|metric| {
                let column: Vec<f64> = differences.iter().map(|row| row[metric]).collect();
                Moments::of(&column)
            })
        };
        (0..designs).map(moments).collect::<Vec<[Moments; 3]>>()
    };
    let merge = |total: &mut Vec<[Moments; 3]>, block: &Vec<[Moments; 3]>| {
        for (total, block) in total.iter_mut().zip(block) {
            total.iter_mut().zip(block).for_each(|(a, b)| a.merge(b));
        }
    };
    fold_blocks(a.scenarios().div_ceil(LANES as u64), of_block, merge).unwrap_or_default()
}

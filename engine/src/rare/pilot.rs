//! Where a rare event comes from: the likeliest factors that lead to it, then cross-entropy.
//!
//! The mode maximises `Chernoff's bound · density` over factors and `ln W` (Glasserman and Li 2005, section 4). Cross-entropy
//! (Rubinstein 1997) then moves the proposal's mean to the mean under the event, estimated by a pilot sample in which the bound
//! stands for the event's probability given the factors.

use super::proposal::{Drawn, Mixture, Proposal};
use crate::exact::twist::{Twist, twist, twisted};
use crate::exact::{Chances, Factored};
use crate::kernels::normal;
use libm::{exp, log, sqrt};

/// One threshold that is hard to reach.
#[derive(Debug, Clone, PartialEq)]
pub struct Rare {
    /// Members with power, as positions in the factored law.
    pub members: Vec<u32>,
    /// Their parts of the power. `[member]`
    pub shares: Vec<f64>,
    /// Part of the power that reaches the threshold.
    pub need: f64,
}

impl Rare {
    /// The twist that reaches the threshold on average, given chances of all operators.
    pub fn twist(&self, chances: &Chances) -> Twist {
        twist(chances, &self.members, &self.shares, self.need)
    }
}

const STEPS: usize = 200;
const SAMPLE: u64 = 2_000;
/// A proposal is wider along its shift than the event, and never narrower than this, so that what the pilot missed is not lost.
const WIDER: f64 = 1.3;
const NARROWEST: f64 = 0.3;

/// A proposal for a threshold; `None` if it is reached on average under the nominal law's centre.
pub fn pilot(factored: &Factored, rare: &Rare, seed: u64) -> Option<Proposal> {
    let mode = mode(factored, rare);
    let moved =
        mode.factors.iter().any(|z| z.abs() > 1e-9) || (mode.log_square - log_degrees(factored)).abs() > 1e-9;
    moved.then(|| refine(factored, rare, mode.proposal(factored), seed))
}

fn log_degrees(factored: &Factored) -> f64 {
    factored.degrees.map_or(0.0, |degrees| log(f64::from(degrees)))
}

/// A point of the search with its height.
#[derive(Debug, Clone)]
struct Point {
    factors: Vec<f64>,
    /// `ln W`; 0 without a t copula.
    log_square: f64,
    height: f64,
    chances: Chances,
    twist: Twist,
}

impl Point {
    fn new(factored: &Factored, rare: &Rare, factors: Vec<f64>, log_square: f64) -> Self {
        let mut chances = Chances::default();
        let scale = scale(factored, log_square);
        chances.fill(factored, &factors, scale);
        let twist = rare.twist(&chances);
        let normal: f64 = factors.iter().map(|z| -0.5 * z * z).sum();
        let square =
            factored.degrees.map_or(0.0, |degrees| 0.5 * (f64::from(degrees) * log_square - exp(log_square)));
        Self { factors, log_square, height: twist.log_bound(rare.need) + normal + square, chances, twist }
    }

    /// Where the gradient of the bound balances the density: the fixed point's next iterate.
    fn aim(&self, factored: &Factored, rare: &Rare) -> (Vec<f64>, f64) {
        let scale = scale(factored, self.log_square);
        let mut aim = vec![0.0; factored.n_factors];
        let mut by_scale = 0.0;
        for (member, share) in rare.members.iter().zip(&rare.shares) {
            let (p, q) = (self.chances.p[*member as usize], self.chances.q[*member as usize]);
            let law = &factored.members[*member as usize];
            if p <= 0.0 || q <= 0.0 || self.twist.theta <= 0.0 || law.cutoff.is_infinite() {
                continue;
            }
            let to = twisted(p, q, self.twist.theta * share);
            let steep = (to / p - (1.0 - to) / q) * normal::density(law.bar(&self.factors, scale));
            law.slopes.iter().for_each(|(factor, slope)| aim[*factor] += steep * slope);
            by_scale += steep * law.cutoff * 0.5 * scale;
        }
        // `ln W` has about the variance 2/ν; its own density pulls it to ln ν.
        let log_square = factored.degrees.map_or(0.0, |degrees| {
            let degrees = f64::from(degrees);
            let slope = by_scale + 0.5 * (degrees - exp(self.log_square));
            self.log_square + (slope * 2.0 / degrees).clamp(-2.0, 2.0)
        });
        (aim, log_square)
    }

    fn proposal(self, factored: &Factored) -> Proposal {
        let stretch = factored.degrees.map_or(1.0, |degrees| exp(self.log_square) / f64::from(degrees));
        Proposal::new(&self.factors, 1.0, stretch.clamp(1e-6, 1.0))
    }
}

fn scale(factored: &Factored, log_square: f64) -> f64 {
    factored.degrees.map_or(1.0, |degrees| sqrt(exp(log_square) / f64::from(degrees)))
}

/// The likeliest factors and scale, by damped steps uphill.
fn mode(factored: &Factored, rare: &Rare) -> Point {
    let mut at = Point::new(factored, rare, vec![0.0; factored.n_factors], log_degrees(factored));
    let mut damping = 1.0;
    for _ in 0..STEPS {
        let (aim, aim_square) = at.aim(factored, rare);
        let towards = |damping: f64| {
            let factors = at.factors.iter().zip(&aim).map(|(z, aim)| z + damping * (aim - z)).collect();
            Point::new(factored, rare, factors, at.log_square + damping * (aim_square - at.log_square))
        };
        let mut next = towards(damping);
        while next.height < at.height && damping > 1e-6 {
            damping *= 0.5;
            next = towards(damping);
        }
        let gain = next.height - at.height;
        if gain > 0.0 {
            at = next;
        }
        if gain < 1e-6 {
            break;
        }
        damping = (damping * 1.5).min(1.0);
    }
    at
}

/// One step of cross-entropy. Factors on which the event says nothing clearly keep the mode's mean.
fn refine(factored: &Factored, rare: &Rare, proposal: Proposal, seed: u64) -> Proposal {
    let law = (factored.n_factors, factored.degrees);
    let mixture = Mixture::new(vec![proposal.clone()], law, (seed, "rare/pilot"));
    let (mut drawn, mut chances) = (Drawn::default(), Chances::default());
    let (mut sum, mut sum_squares, mut square, mut along) = (0.0, 0.0, 0.0, (0.0, 0.0));
    let mut moments = vec![(0.0, 0.0); factored.n_factors];
    for scenario in 0..SAMPLE {
        mixture.draw(scenario, &mut drawn);
        chances.fill(factored, &drawn.factors, drawn.scale);
        let bound = rare.twist(&chances).log_bound(rare.need);
        let weight = mixture.weight(&drawn, |_| 0.0) * exp(bound);
        sum += weight;
        sum_squares += weight * weight;
        square += weight * drawn.square;
        let step = proposal.along(&drawn.factors);
        along = (along.0 + weight * step, along.1 + weight * step * step);
        for ((first, second), z) in moments.iter_mut().zip(&drawn.factors) {
            *first += weight * z;
            *second += weight * z * z;
        }
    }
    let effective = sum * sum / sum_squares;
    // Too few that count: the mode is the better guide.
    if effective.is_nan() || effective < 50.0 {
        return proposal;
    }
    let mean = |(factor, (first, second)): (usize, &(f64, f64))| {
        let mean = first / sum;
        let error = sqrt((second / sum - mean * mean).max(0.0) / effective);
        if mean.abs() > 4.0 * error { mean } else { proposal.shift(factor) }
    };
    let shift: Vec<f64> = moments.iter().enumerate().map(mean).collect();
    let stretch = factored.degrees.map_or(1.0, |degrees| square / sum / f64::from(degrees));
    let centre = along.0 / sum;
    let spread = WIDER * sqrt((along.1 / sum - centre * centre).max(0.0));
    Proposal::new(&shift, spread.clamp(NARROWEST, 1.2), stretch.clamp(1e-6, 1.0))
}

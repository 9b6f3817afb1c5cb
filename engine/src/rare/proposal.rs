//! The mixture that factors and scale are drawn from.

use crate::kernels::normal;
use crate::streams::Purpose;
use libm::{exp, log, sqrt};

/// Share of scenarios drawn from the nominal law, whatever the proposals.
pub const NOMINAL_SHARE: f64 = 0.2;

/// Factors normal around `shift`, with the standard deviation `spread` along it; W of law `stretch · χ²`.
#[derive(Debug, Clone, PartialEq)]
pub struct Proposal {
    /// Direction of the shift, of length 1 or all 0. `[factor]`
    direction: Vec<f64>,
    /// How far it goes.
    distance: f64,
    /// Standard deviation along it.
    spread: f64,
    /// Factor on W of a t copula; 1 without one.
    stretch: f64,
}

impl Proposal {
    /// A proposal; `spread` and `stretch` are above 0.
    pub fn new(shift: &[f64], spread: f64, stretch: f64) -> Self {
        let distance = sqrt(shift.iter().map(|m| m * m).sum());
        let direction: Vec<f64> =
            shift.iter().map(|m| if distance > 0.0 { m / distance } else { 0.0 }).collect();
        Self { direction, distance, spread: if distance > 0.0 { spread } else { 1.0 }, stretch }
    }

    /// Mean of one factor.
    pub fn shift(&self, factor: usize) -> f64 {
        self.direction[factor] * self.distance
    }

    /// How far along the shift these factors lie.
    pub fn along(&self, factors: &[f64]) -> f64 {
        self.direction.iter().zip(factors).map(|(u, z)| u * z).sum()
    }

    /// Turns nominal factors into this law's.
    fn place(&self, factors: &mut [f64]) {
        let move_by = self.distance + (self.spread - 1.0) * self.along(factors);
        factors.iter_mut().zip(&self.direction).for_each(|(z, u)| *z += u * move_by);
    }

    /// `ln` of its density over the nominal one.
    pub fn log_ratio(&self, factors: &[f64], square: f64, degrees: Option<u32>) -> f64 {
        let along = self.along(factors);
        let off = (along - self.distance) / self.spread;
        let normal = 0.5 * (along * along - off * off) - log(self.spread);
        let scale = degrees.map_or(0.0, |degrees| {
            -0.5 * f64::from(degrees) * log(self.stretch) + 0.5 * square * (1.0 - 1.0 / self.stretch)
        });
        normal + scale
    }
}

/// The nominal law and proposals, in equal parts after [`NOMINAL_SHARE`].
#[derive(Debug, Clone)]
pub struct Mixture {
    /// Proposals; none: the nominal law alone.
    pub proposals: Vec<Proposal>,
    /// Number of factors.
    pub n_factors: usize,
    /// Degrees of freedom of a t copula.
    pub degrees: Option<u32>,
    choice: Purpose,
    factors: Purpose,
    scale: Purpose,
}

/// Factors and scale of one scenario.
#[derive(Debug, Clone, Default)]
pub struct Drawn {
    /// `[factor]`
    pub factors: Vec<f64>,
    /// W of a t copula.
    pub square: f64,
    /// `sqrt(W/ν)`, 1 without a t copula.
    pub scale: f64,
    /// The proposal it came from; `None`: the nominal law.
    pub from: Option<usize>,
}

impl Mixture {
    /// A mixture of these proposals, drawn from streams named after `name`.
    pub fn new(
        proposals: Vec<Proposal>,
        (n_factors, degrees): (usize, Option<u32>),
        (seed, name): (u64, &str),
    ) -> Self {
        let purpose = |part: &str| Purpose::new(seed, &format!("{name}/{part}"));
        let (choice, factors, scale) = (purpose("choice"), purpose("factors"), purpose("scale"));
        Self { proposals, n_factors, degrees, choice, factors, scale }
    }

    /// Part of the scenarios drawn from one proposal.
    pub fn share(&self) -> f64 {
        let n = crate::moments::count(self.proposals.len().max(1) as u64);
        (1.0 - self.nominal_share()) / n
    }

    /// Part of the scenarios drawn from the nominal law: all without proposals.
    pub fn nominal_share(&self) -> f64 {
        if self.proposals.is_empty() { 1.0 } else { NOMINAL_SHARE }
    }

    /// Draws factors and scale of one scenario.
    pub fn draw(&self, scenario: u64, drawn: &mut Drawn) {
        let choice = self.choice.extra_uniform(scenario, 0);
        self.draw_from(scenario, choice, |factor| self.factors.extra_uniform(scenario, factor), drawn);
    }

    /// As [`Self::draw`], the proposal chosen by `choice` and the factors made of these uniforms in (0, 1).
    pub fn draw_from(&self, scenario: u64, choice: f64, uniform: impl Fn(u64) -> f64, drawn: &mut Drawn) {
        drawn.from = (choice >= self.nominal_share()).then(|| {
            let place = (choice - self.nominal_share()) / self.share();
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a position, clamped"
            )]
            let place = place as usize;
            place.min(self.proposals.len() - 1)
        });
        let proposal = drawn.from.map(|index| &self.proposals[index]);
        drawn.factors.clear();
        drawn.factors.extend((0..self.n_factors as u64).map(|factor| normal::quantile(uniform(factor))));
        if let Some(proposal) = proposal {
            proposal.place(&mut drawn.factors);
        }
        (drawn.square, drawn.scale) = (1.0, 1.0);
        if let Some(degrees) = self.degrees {
            let normals =
                (0..u64::from(degrees)).map(|i| normal::quantile(self.scale.extra_uniform(scenario, i)));
            let stretch = proposal.map_or(1.0, |proposal| proposal.stretch);
            drawn.square = stretch * normals.map(|z| z * z).sum::<f64>();
            drawn.scale = sqrt(drawn.square / f64::from(degrees));
        }
    }

    /// Draws one scenario from a point of low discrepancy: its first coordinate chooses the proposal, the others are the factors.
    /// Factors beyond the last coordinate, and a t copula's scale, are drawn as ever.
    pub fn draw_at(&self, scenario: u64, coordinate: impl Fn(u32) -> Option<f64>, drawn: &mut Drawn) {
        let uniform = |factor: u64| {
            let told = u32::try_from(factor + 1).ok().and_then(&coordinate);
            told.unwrap_or_else(|| self.factors.extra_uniform(scenario, factor))
        };
        let choice = coordinate(0).unwrap_or_else(|| self.choice.extra_uniform(scenario, 0));
        self.draw_from(scenario, choice, uniform, drawn);
    }

    /// The likelihood ratio of the nominal law to the mixture; `more` is what else each proposal did, as `ln` of its density over
    /// the nominal one.
    pub fn weight(&self, drawn: &Drawn, more: impl Fn(usize) -> f64) -> f64 {
        if self.proposals.is_empty() {
            return 1.0;
        }
        let density = |(index, proposal): (usize, &Proposal)| {
            exp(proposal.log_ratio(&drawn.factors, drawn.square, self.degrees) + more(index))
        };
        let proposed: f64 = self.proposals.iter().enumerate().map(density).sum();
        1.0 / (self.nominal_share() + self.share() * proposed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rare::Weighted;

    /// Mean 1 within five standard errors; and moments of the factors and of W are the nominal ones.
    #[test]
    fn weights_have_mean_one_and_restore_the_nominal_law() {
        for degrees in [None, Some(1), Some(4), Some(30)] {
            let shifts = [vec![-2.5, 0.0, 0.4], vec![-1.0, -3.0, 0.0]];
            let stretch = [0.2, 0.7].map(|b| if degrees.is_some() { b } else { 1.0 });
            let proposals = shifts.iter().zip([0.5, 1.3]).zip(stretch);
            let proposals = proposals.map(|((shift, spread), stretch)| Proposal::new(shift, spread, stretch));
            let mixture = Mixture::new(proposals.collect(), (3, degrees), (7, "test"));
            let mut drawn = Drawn::default();
            let (mut one, mut low, mut small) = (0.0, Weighted::default(), Weighted::default());
            let (mut squares, n) = (0.0, 200_000u32);
            for scenario in 0..u64::from(n) {
                mixture.draw(scenario, &mut drawn);
                let weight = mixture.weight(&drawn, |_| 0.0);
                assert!(weight <= 1.0 / NOMINAL_SHARE);
                one += weight;
                squares += weight * weight;
                low.add(weight, f64::from(u8::from(drawn.factors[0] < -3.0)));
                small.add(weight, f64::from(u8::from(drawn.scale < 0.3)));
            }
            let mean = one / f64::from(n);
            let error = ((squares / f64::from(n) - mean * mean) / f64::from(n)).sqrt();
            assert!((mean - 1.0).abs() < 5.0 * error, "{mean} ± {error}");
            let within = |found: crate::estimate::Estimate, truth: f64| {
                assert!((found.value - truth).abs() < 5.0 * found.std_error, "{found:?} against {truth}");
            };
            within(low.mean(), normal::cdf(-3.0));
            if degrees == Some(4) {
                // χ² with 4 degrees: P(W < w) = 1 − (1 + w/2) e^{−w/2}, w = 4 · 0.09.
                within(small.mean(), 1.0 - 1.18 * f64::exp(-0.18));
            }
        }
    }
}

//! Who colludes with which probability given the factors.

use crate::kernels::normal;
use crate::sampling::{CollusionLaws, collusion_laws};
use crate::study::Study;

/// One operator: it colludes with probability `Φ(cutoff · scale + Σ slope · factor)`.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    /// Cutoff over the residual loading.
    pub cutoff: f64,
    /// Position of a factor and minus its loading over the residual loading.
    pub slopes: Vec<(usize, f64)>,
}

/// Operators that are independent given the factors, and a t copula's scale.
#[derive(Debug, Clone, PartialEq)]
pub struct Factored {
    /// `[member]`
    pub members: Vec<Member>,
    /// Number of factors, all independent and standard normal.
    pub n_factors: usize,
    /// Degrees of freedom ν of the scale `sqrt(W/ν)`, W of law χ²; `None`: the scale is 1.
    pub degrees: Option<u32>,
}

/// Probabilities to collude and not to, both to full relative precision.
#[derive(Debug, Clone, Default)]
pub struct Chances {
    /// `[member]`
    pub p: Vec<f64>,
    /// `1 − p`. `[member]`
    pub q: Vec<f64>,
}

impl Factored {
    /// All operators of a study. `[operator]`
    pub fn new(study: &Study) -> Self {
        let CollusionLaws { rows, n_factors, degrees } = collusion_laws(study);
        let member =
            |law: crate::sampling::states::Law| Member { cutoff: law.cutoffs[0], slopes: law.slopes };
        Self { members: rows.into_iter().map(member).collect(), n_factors, degrees }
    }

    /// Some of the members, in this order. A factor that acts on one of them alone becomes part of its own noise.
    pub fn of_members(&self, chosen: &[u32]) -> Self {
        let mut members: Vec<Member> = chosen.iter().map(|o| self.members[*o as usize].clone()).collect();
        let mut users = vec![0usize; self.n_factors];
        // Whoever colludes always or never depends on no factor.
        members.iter_mut().filter(|m| m.cutoff.is_infinite()).for_each(|m| m.slopes.clear());
        members.iter().flat_map(|m| &m.slopes).for_each(|(factor, _)| users[*factor] += 1);
        let mut names = vec![usize::MAX; self.n_factors];
        let mut n_factors = 0;
        for (name, _) in names.iter_mut().zip(&users).filter(|(_, users)| **users > 1) {
            *name = n_factors;
            n_factors += 1;
        }
        members.iter_mut().for_each(|member| member.rename(&names));
        Self { members, n_factors, degrees: self.degrees }
    }
}

impl Member {
    /// Renames its factors; those without a name are integrated out.
    fn rename(&mut self, names: &[usize]) {
        let private: f64 =
            self.slopes.iter().filter(|(f, _)| names[*f] == usize::MAX).map(|(_, slope)| slope * slope).sum();
        let spread = libm::sqrt(1.0 + private);
        self.cutoff /= spread;
        self.slopes.retain(|(factor, _)| names[*factor] != usize::MAX);
        for (factor, slope) in &mut self.slopes {
            *factor = names[*factor];
            *slope /= spread;
        }
    }

    /// The normal below which it colludes: its latent noise, given factors and scale.
    pub fn bar(&self, factors: &[f64], scale: f64) -> f64 {
        self.bar_of(self.cutoff, factors, scale)
    }

    /// As [`Self::bar`] for another cutoff of the same latent, such as that of altruists.
    pub fn bar_of(&self, cutoff: f64, factors: &[f64], scale: f64) -> f64 {
        self.slopes.iter().fold(cutoff * scale, |x, (factor, slope)| x + slope * factors[*factor])
    }

    /// `(p, 1 − p)` given factors and scale.
    pub fn chance(&self, factors: &[f64], scale: f64) -> (f64, f64) {
        let x = self.bar(factors, scale);
        (normal::cdf(x), normal::cdf(-x))
    }
}

impl Chances {
    /// Those of every member given factors and scale.
    pub fn fill(&mut self, factored: &Factored, factors: &[f64], scale: f64) {
        self.p.clear();
        self.q.clear();
        for member in &factored.members {
            let (p, q) = member.chance(factors, scale);
            self.p.push(p);
            self.q.push(q);
        }
    }
}

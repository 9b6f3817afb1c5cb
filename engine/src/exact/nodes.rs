//! Nodes of the trapezoidal rule over factors and scale.
//!
//! The integrand is entire and falls off like a normal density, for which the trapezoidal rule converges faster than any power
//! of the step: each halving is compared with the last.

use super::Factored;
use super::quadrature::MOST_DIMENSIONS;
use libm::{exp, lgamma, log, sqrt};

/// No factor is taken farther from 0: beyond lies less than 1e-57.
const FARTHEST: f64 = 16.0;
/// Densities of the scale below e to this are left out.
const LEAST_LOG_DENSITY: f64 = -85.0;

/// Which factors are integrated over everybody at once, and which group by group.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Split {
    /// Factors that are integrated at once.
    pub(super) outer: Vec<usize>,
    /// Members on whom one more factor acts, by that factor.
    pub(super) groups: Vec<Vec<usize>>,
    /// Members on whom none does.
    pub(super) rest: Vec<usize>,
}

impl Split {
    /// As few outer factors as a greedy choice finds: every member is left with at most one other factor.
    pub(super) fn new(factored: &Factored) -> Self {
        let mut outer: Vec<usize> = Vec::new();
        loop {
            let mut users = vec![0usize; factored.n_factors];
            for member in &factored.members {
                let left = || member.slopes.iter().map(|(f, _)| *f).filter(|f| !outer.contains(f));
                if left().count() > 1 {
                    left().for_each(|factor| users[factor] += 1);
                }
            }
            let most = users.iter().copied().max().filter(|most| *most > 0);
            let Some(factor) = most.and_then(|most| users.iter().position(|n| *n == most)) else { break };
            outer.push(factor);
        }
        let mut split = Self { outer, groups: vec![Vec::new(); factored.n_factors], rest: Vec::new() };
        for (index, member) in factored.members.iter().enumerate() {
            match member.slopes.iter().find(|(factor, _)| !split.outer.contains(factor)) {
                Some((factor, _)) => split.groups[*factor].push(index),
                None => split.rest.push(index),
            }
        }
        // A single group is integrated at once: one law fewer.
        let mut groups = (0..factored.n_factors).filter(|factor| !split.groups[*factor].is_empty());
        let room = split.outer.len() + usize::from(factored.degrees.is_some()) < MOST_DIMENSIONS;
        if let (Some(only), None, true) = (groups.next(), groups.next(), room) {
            split.outer.push(only);
            split.rest = (0..factored.members.len()).collect();
            split.groups[only].clear();
        }
        split
    }

    pub(super) fn has_groups(&self) -> bool {
        self.groups.iter().any(|group| !group.is_empty())
    }

    /// All factors, the outer ones set.
    pub(super) fn factors(&self, n_factors: usize, node: &Node) -> Vec<f64> {
        let mut factors = vec![0.0; n_factors];
        self.outer.iter().zip(&node.factors).for_each(|(factor, z)| factors[*factor] = *z);
        factors
    }
}

/// One node: values of the outer factors, the scale, and its weight without the step's volume.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) factors: Vec<f64>,
    pub(super) scale: f64,
    pub(super) log_weight: f64,
}

/// The axes over which nodes lie.
#[derive(Debug, Clone, Copy)]
pub(super) struct Grid {
    pub(super) n_outer: usize,
    pub(super) degrees: Option<u32>,
    /// Step of the factors; the scale's follows from it.
    pub(super) step: f64,
}

impl Grid {
    /// Dimensions.
    pub(super) fn dimensions(&self) -> usize {
        self.n_outer + usize::from(self.degrees.is_some())
    }

    /// Volume of one node's cell.
    pub(super) fn volume(&self) -> f64 {
        let factors = (0..self.n_outer).fold(1.0, |volume, _| volume * self.step);
        factors * self.degrees.map_or(1.0, |degrees| self.log_step(degrees))
    }

    fn log_step(&self, degrees: u32) -> f64 {
        // ln W has a standard deviation of about sqrt(2/ν).
        self.step * sqrt(8.0 / f64::from(degrees)).min(1.0)
    }

    /// Nodes that were not there at twice the step; all of them `afresh`.
    pub(super) fn nodes(&self, afresh: Afresh) -> Vec<Node> {
        let mut nodes = vec![(Node { factors: Vec::new(), scale: 1.0, log_weight: 0.0 }, false)];
        for _ in 0..self.n_outer {
            let axis = normal_axis(self.step);
            nodes = cross(&nodes, &axis, |node, (z, log_density)| {
                node.factors.push(*z);
                node.log_weight += log_density;
            });
        }
        if let Some(degrees) = self.degrees {
            let axis = scale_axis(degrees, self.log_step(degrees));
            nodes = cross(&nodes, &axis, |node, (scale, log_density)| {
                node.scale = *scale;
                node.log_weight += log_density;
            });
        }
        let keep = |odd: bool| odd || afresh == Afresh::Yes;
        nodes.into_iter().filter(|(_, odd)| keep(*odd)).map(|(node, _)| node).collect()
    }
}

/// Whether nodes of the coarser grid are wanted as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Afresh {
    Yes,
    No,
}

/// `(value, ln density)` of an axis with the parity of each place.
type Axis = Vec<((f64, f64), bool)>;

/// A standard normal factor.
pub(super) fn normal_axis(step: f64) -> Axis {
    let log_root = 0.918_938_533_204_672_8; // ln sqrt(2π)
    places(-FARTHEST, FARTHEST, step).map(|(z, odd)| ((z, -0.5 * z * z - log_root), odd)).collect()
}

/// `sqrt(W/ν)` over `ln W`, W of law χ² with ν degrees.
fn scale_axis(degrees: u32, step: f64) -> Axis {
    let half = 0.5 * f64::from(degrees);
    let constant = half * std::f64::consts::LN_2 + lgamma(half);
    let log_density = |t: f64| half * t - 0.5 * exp(t) - constant;
    let low = (LEAST_LOG_DENSITY + constant) / half;
    let high = log(f64::from(degrees) + 4.0 * -LEAST_LOG_DENSITY + 20.0 * sqrt(f64::from(degrees)));
    let place = |(t, odd): (f64, bool)| ((exp(0.5 * (t - log(f64::from(degrees)))), log_density(t)), odd);
    places(low, high, step).map(place).collect()
}

/// Multiples of the step between two ends, and whether each is odd.
fn places(low: f64, high: f64, step: f64) -> impl Iterator<Item = (f64, bool)> {
    #[expect(clippy::cast_possible_truncation, reason = "ends are a few hundred, steps above 1e-3")]
    let (first, last) = (libm::ceil(low / step) as i32, libm::floor(high / step) as i32);
    (first..=last).map(move |i| (f64::from(i) * step, i % 2 != 0))
}

fn cross(nodes: &[(Node, bool)], axis: &Axis, put: impl Fn(&mut Node, &(f64, f64))) -> Vec<(Node, bool)> {
    let mut crossed = Vec::with_capacity(nodes.len() * axis.len());
    for (node, was_odd) in nodes {
        for (value, odd) in axis {
            let mut node = node.clone();
            put(&mut node, value);
            // No product of more than 60 powers of e matters.
            if node.log_weight > 1.5 * LEAST_LOG_DENSITY {
                crossed.push((node, *was_odd || *odd));
            }
        }
    }
    crossed
}

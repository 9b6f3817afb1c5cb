//! Use of a service as a function of its security: of the stake behind it, or of its security margin.
//!
//! The margin is that of cost of corruption over profit, `M = C/P − 1`; both follow prices and stake, and profit follows use as well:
//! at use `u` it is `M(u) = ρ/u − 1` with `ρ` the ratio at today's use. With `M₀` today's margin and `a` the elasticity, use is
//! the one `u` with `u = (M(u)/M₀)^a`. In `t = ln M` that is `ln(1 + e^t) + a·t = ln ρ + a·ln M₀`, convex and rising, so that
//! Newton's method finds it from anywhere.

use crate::attack::{Outcomes, assess};
use crate::graph::Graph;
use crate::sampling::Sampler;
use crate::study::{Route, Study};

/// Steps after which Newton's method has long arrived.
const MOST_STEPS: u32 = 100;

/// A target's cost of corruption over its profit today, with the column of the profit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Cover {
    pub(super) profit_column: usize,
    pub(super) ratio: f64,
}

/// How far each target of each secured service is covered at today's prices: the stake that the cheapest coalition forfeits, over
/// the profit. Targets that no coalition can reach or that bring in nothing are left out. `[secured][target]`
pub(super) fn covers(study: &Study, graph: &Graph) -> Vec<Vec<Cover>> {
    let graph = Graph { routes: vec![Route::Bribe], ..graph.clone() };
    let draws = Sampler::new(study, study.run.seed).base_state(study);
    let mut outcomes = Outcomes::new(&graph);
    assess(&graph, &draws, &mut outcomes);
    let of = |(index, secured): (usize, &crate::graph::Secured)| {
        let first = outcomes.first_target[index];
        let targets = secured.targets.iter().zip(&outcomes.targets[first..]);
        let cover = |(target, outcome): (&crate::graph::Target, &crate::attack::TargetOutcome)| Cover {
            profit_column: target.profit_column,
            ratio: outcome.best.forfeited[0] / outcome.profit[0],
        };
        targets.map(cover).filter(|cover| cover.ratio.is_finite()).collect()
    };
    graph.secured.iter().enumerate().map(of).collect()
}

/// Today's margin of a service; `None` where there is none to speak of: nothing can be attacked, or an attack pays today.
pub(super) fn margin_today(covers: &[Cover]) -> Option<f64> {
    let ratio = covers.iter().map(|cover| cover.ratio).fold(f64::INFINITY, f64::min);
    (ratio.is_finite() && ratio > 1.0).then_some(ratio - 1.0)
}

/// Use against today's where cost of corruption over profit would be `ratio` at today's use.
pub(super) fn use_by_margin(ratio: f64, margin_today: f64, elasticity: f64) -> f64 {
    if elasticity == 0.0 {
        return 1.0;
    }
    if ratio <= 0.0 {
        return 0.0;
    }
    let (log_today, a) = (libm::log(margin_today), elasticity);
    let wanted = libm::log(ratio) + a * log_today;
    let mut t = log_today;
    for _ in 0..MOST_STEPS {
        // ln(1 + e^t) and its slope, without overflow.
        let small = libm::exp(-t.abs());
        let value = t.max(0.0) + libm::log1p(small);
        let slope = if t > 0.0 { 1.0 / (1.0 + small) } else { small / (1.0 + small) };
        let step = (value + a * t - wanted) / (slope + a);
        t -= step;
        if step.abs() <= 1e-15 * (1.0 + t.abs()) {
            break;
        }
    }
    libm::exp(a * (t - log_today))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn use_is_what_its_own_margin_supports() {
        for a in [0.1, 0.5, 1.0, 2.0, 7.0] {
            for today in [1e-3, 0.5, 4.0, 1e4] {
                for ratio in [1e-6, 0.3, 1.0, 1.0 + today, 50.0, 1e9] {
                    let u = use_by_margin(ratio, today, a);
                    let margin = ratio / u - 1.0;
                    assert!(margin > -1e-12, "a {a}, {today}, {ratio}: {u}");
                    let supported = libm::pow(margin.max(0.0) / today, a);
                    // Where the margin is thin it is the difference of two numbers near 1.
                    let error = 1e-12 * (1.0 + a * (1.0 + margin) / margin.max(1e-300));
                    assert!(
                        (supported / u - 1.0).abs() < error.max(1e-11),
                        "a {a}, {today}, {ratio}: {u} {supported}"
                    );
                }
                assert!((use_by_margin(1.0 + today, today, a) - 1.0).abs() < 1e-11, "today's is 1");
            }
        }
        assert_eq!(use_by_margin(0.0, 1.0, 1.0).to_bits(), 0.0f64.to_bits());
        // With an elasticity of 1 it is the root of M₀u² + u − ρ = 0.
        for (ratio, today) in [(3.0, 1.0), (0.2, 0.7), (40.0, 5.0)] {
            let root = (libm::sqrt(1.0 + 4.0 * today * ratio) - 1.0) / (2.0 * today);
            assert!((use_by_margin(ratio, today, 1.0) - root).abs() < 1e-12 * root);
        }
    }
}

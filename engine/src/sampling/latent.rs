//! The laws of latent states: who is pushed below its cutoff, by a common factor, its groups' factors and noise of its own.
//!
//! `Z_o = Σ_f λ_f F_f(o) + sqrt(1 − Σλ²) ε_o`, so `Z_o ≤ q` iff `ε_o ≤ (q − Σλ_f F_f(o)) / sqrt(1 − Σλ²)`, and with a
//! uniform `u` in place of `Φ(ε)`: iff `u ≤ Φ(that)`. A t copula multiplies q by `sqrt(W/ν)`.

use super::states::{LatentPlan, Law, Mixing};
use crate::kernels::{normal, student};
use crate::streams::Purpose;
use crate::study::{Copula, Factor, Fault, FaultKind, Loading, Operator, Study};

/// Plan of collusion: low is a colluder, high an altruist.
pub fn collusion(study: &Study, seed: u64) -> LatentPlan {
    let law = &study.collusion;
    let columns = FactorColumns::new(study, &law.loadings);
    let rows = collusion_rows(study, &columns);
    plan(seed, "collusion", law.copula, &columns, rows, 2)
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
    plan(seed, name, fault.copula, &columns, rows.collect(), 1)
}

/// The laws of collusion apart from any stream, for what is computed instead of drawn.
#[derive(Debug, Clone)]
pub struct CollusionLaws {
    /// One for each operator; cutoffs to collude and not to be altruistic. `[operator]`
    pub rows: Vec<Law>,
    /// Columns of factors; the common factor is column 0.
    pub n_factors: usize,
    /// Degrees of freedom of a t copula.
    pub degrees: Option<u32>,
}

/// The laws of collusion of a study.
pub fn collusion_laws(study: &Study) -> CollusionLaws {
    let columns = FactorColumns::new(study, &study.collusion.loadings);
    CollusionLaws {
        rows: collusion_rows(study, &columns),
        n_factors: columns.groups.iter().map(|(_, width)| width).sum(),
        degrees: match study.collusion.copula {
            Copula::Gaussian => None,
            Copula::StudentT(degrees) => Some(degrees),
        },
    }
}

fn collusion_rows(study: &Study, columns: &FactorColumns) -> Vec<Law> {
    let copula = study.collusion.copula;
    let row = |(o, operator): (usize, &Operator)| {
        let low = quantile(copula, operator.collusion_probability);
        let high = quantile(copula, 1.0 - operator.altruistic_probability);
        columns.row(study, o, &operator.loadings, [low, high.max(low)])
    };
    study.operators.iter().enumerate().map(row).collect()
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
    rows: Vec<Law>,
    n_sides: usize,
) -> LatentPlan {
    let purpose = |part: &str| Purpose::new(seed, &format!("{name}/{part}"));
    let factors = columns.groups.iter().map(|(part, width)| (purpose(part), *width)).collect();
    let mixing = match copula {
        Copula::Gaussian => None,
        Copula::StudentT(degrees) => Some(Mixing { purpose: purpose("scale"), degrees }),
    };
    LatentPlan::new(factors, purpose("noise"), mixing, rows, n_sides)
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
    fn row(&self, study: &Study, o: usize, loadings: &[f64], cutoffs: [f64; 2]) -> Law {
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
        Law { cutoffs: cutoffs.map(|cutoff| cutoff / residual), slopes }
    }
}

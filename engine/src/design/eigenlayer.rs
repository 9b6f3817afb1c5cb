//! EigenLayer restaking: operators commit pooled or unique stake; the AVS slashes through Ethereum's contracts.

use super::backing::{Backing, Liability, Standing, executor, no_units, stake_part, weight_part};
use crate::graph::combine;
use crate::study::{Combine, Consensus, Design, Eigenlayer, StakeMode, Study, System};

/// Units of a fraction in integer arithmetic.
const FRACTION_SCALE: u128 = 1_000_000_000;

/// How slashes of several AVSs on one stake combine: unique stake adds up, pooled stake is slashed of what is left.
pub fn combine_rule(eigenlayer: &Eigenlayer) -> Combine {
    match eigenlayer.stake {
        StakeMode::Unique | StakeMode::Elastic => Combine::Additive,
        StakeMode::Pooled => Combine::Compound,
    }
}

/// Backing of an AVS: committed stake at market value votes, unless a table says otherwise.
pub fn backing(study: &Study, design: &Design, service: usize, avs: &Eigenlayer) -> Backing {
    let home = home_chain(study, design, service);
    let mut parts = Vec::new();
    let mut liabilities = Vec::new();
    for pool in &avs.pools {
        let share = committed(study, design, avs, *pool);
        let mut part = stake_part(*pool, &study.pools[*pool]);
        for (units, share) in part.units.iter_mut().zip(&share) {
            *units = *units * fraction_units(*share) / FRACTION_SCALE;
        }
        parts.push(part);
        let executes_on = executor(&avs.slash, home);
        liabilities.push(Liability {
            pool: *pool,
            share,
            slash: avs.slash,
            executes_on,
            standing: Standing::Claim,
            halt_delay_days: 0.0,
            redistribution: avs.redistribution,
            second: false,
        });
    }
    if let Some(weights) = &avs.power {
        let served = weights.iter().zip(&avs.serves).map(|(w, serves)| if *serves { *w } else { 0 });
        parts = vec![weight_part(&served.collect::<Vec<_>>())];
    }
    if parts.is_empty() {
        parts.push(weight_part(&no_units(study)));
    }
    if avs.byzantine {
        // It has taken what it can already: see `taken_by_byzantine`.
        liabilities.clear();
    }
    Backing { parts, liabilities, is_open: true, second: None }
}

/// The chain that restaking contracts live on: the design's one service with Ethereum's consensus.
fn home_chain(study: &Study, design: &Design, service: usize) -> Option<usize> {
    let mut chains = design
        .services
        .iter()
        .map(|(other, _)| *other)
        .filter(|other| *other != service && study.services[*other].consensus == Consensus::Ethereum);
    let first = chains.next()?;
    chains.next().is_none().then_some(first)
}

/// Part of each operator's stake in `pool` that answers for the service, after Byzantine services took theirs. `[operator]`
fn committed(study: &Study, design: &Design, avs: &Eigenlayer, pool: usize) -> Vec<f64> {
    let allocated = (0..study.operators.len()).map(|operator| allocation(design, avs, operator, pool));
    if avs.byzantine {
        return allocated.collect();
    }
    let left = taken_by_byzantine(study, design, pool).into_iter().map(|taken| 1.0 - taken);
    let committed = allocated.zip(left).map(|(allocated, left)| match avs.stake {
        StakeMode::Pooled => allocated * left,
        StakeMode::Unique | StakeMode::Elastic => allocated.min(left),
    });
    committed.collect()
}

/// Part of an operator's stake in `pool` that it allocates to the service.
fn allocation(design: &Design, avs: &Eigenlayer, operator: usize, pool: usize) -> f64 {
    match (&avs.allocations, avs.stake) {
        _ if !avs.serves[operator] => 0.0,
        (Some(allocations), _) => {
            allocations.iter().filter(|(o, p, _)| *o == operator && *p == pool).map(|(_, _, f)| f).sum()
        }
        (None, StakeMode::Pooled | StakeMode::Elastic) => 1.0,
        (None, StakeMode::Unique) => {
            unallocated(design, operator, pool) / services_served(design, operator, pool)
        }
    }
}

/// Part of each operator's stake in `pool` that Byzantine services of the design slash: all that is allocated to them, by
/// the largest fraction that they can slash, of the design or of one of their attacks. `[operator]`
pub fn taken_by_byzantine(study: &Study, design: &Design, pool: usize) -> Vec<f64> {
    let most = |service: usize, avs: &Eigenlayer| {
        let attacks = study.services[service].attacks.iter().filter(|attack| attack.slashable);
        attacks.filter_map(|attack| attack.slash).fold(avs.slash.fraction, f64::max)
    };
    let byzantine = design.services.iter().filter_map(|(service, system)| match system {
        System::Eigenlayer(avs) if avs.byzantine && avs.pools.contains(&pool) => {
            Some((avs, most(*service, avs)))
        }
        _ => None,
    });
    let byzantine: Vec<_> = byzantine.collect();
    let rules = || byzantine.iter().map(|(avs, _)| combine_rule(avs));
    let rule = rules().find(|rule| *rule == Combine::Additive).unwrap_or(Combine::Compound);
    let taken = |(operator, stake): (usize, &u128)| {
        if *stake == 0 || byzantine.is_empty() {
            return 0.0;
        }
        combine(rule, byzantine.iter().map(|(avs, most)| allocation(design, avs, operator, pool) * most))
    };
    study.pools[pool].stake.iter().enumerate().map(taken).collect()
}

/// Part of the operator's stake in this pool that no allocations table of the design gives away.
fn unallocated(design: &Design, operator: usize, pool: usize) -> f64 {
    let tables = design.services.iter().filter_map(|(_, system)| match system {
        System::Eigenlayer(e) if e.serves[operator] && e.stake == StakeMode::Unique => e.allocations.as_ref(),
        _ => None,
    });
    let rows = tables.flatten().filter(|(o, p, _)| *o == operator && *p == pool);
    (1.0 - rows.map(|(_, _, fraction)| fraction).sum::<f64>()).max(0.0)
}

/// Services that share the operator's unallocated unique stake in this pool, in equal parts.
fn services_served(design: &Design, operator: usize, pool: usize) -> f64 {
    let served = design.services.iter().filter(|(_, system)| match system {
        System::Eigenlayer(e) => {
            e.stake == StakeMode::Unique
                && e.allocations.is_none()
                && e.serves[operator]
                && e.pools.contains(&pool)
        }
        _ => false,
    });
    crate::moments::count(served.count() as u64)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a fraction in [0, 1] times 10^9"
)]
fn fraction_units(share: f64) -> u128 {
    libm::round(share * 1e9) as u128
}

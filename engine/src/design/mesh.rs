//! Mesh Security: stake of other chains votes at a discount and up to a cap, and both chains slash.

use super::backing::{Backing, Liability, Standing, chain_of, executor, share_of_members, stake_part};
use crate::study::{Design, External, Mesh, Slash, Study};

/// Whether a pool lends or is lent stake here: liens add up on its stake.
pub fn touches(mesh: &Mesh, pool: usize) -> bool {
    mesh.local == pool || mesh.external.iter().any(|external| external.pool == pool)
}

/// Backing of a chain that takes stake of others. An operator without a node there lends no power and no exposure.
pub fn backing(study: &Study, design: &Design, service: usize, mesh: &Mesh) -> Backing {
    let local = stake_part(mesh.local, &study.pools[mesh.local]);
    let runs_node = share_of_members(&local.units);
    let mut liabilities = vec![Liability {
        pool: mesh.local,
        share: runs_node.clone(),
        slash: mesh.slash,
        executes_on: executor(&mesh.slash, Some(service)),
        standing: Standing::Own,
        halt_delay_days: 0.0,
        redistribution: 0.0,
        second: false,
    }];
    let mut parts = vec![local];
    for external in &mesh.external {
        let mut part = stake_part(external.pool, &study.pools[external.pool]);
        for (units, runs) in part.units.iter_mut().zip(&runs_node) {
            if *runs == 0.0 {
                *units = 0;
            }
        }
        part.value_share = 1.0 - external.discount;
        part.most_share = Some(external.max_power);
        liabilities.push(liability(design, mesh, external, share_of_members(&part.units)));
        parts.push(part);
    }
    Backing { parts, liabilities, is_open: true, second: None }
}

/// The lien is slashed in full, whatever the cap leaves of its power; by default the lender's chain carries it out.
/// Silence and accidents of downtime are the local stake's affair.
fn liability(design: &Design, mesh: &Mesh, external: &External, share: Vec<f64>) -> Liability {
    let slash = Slash { fraction: external.slash, halt: 0.0, downtime: 0.0, ..mesh.slash };
    let executes_on = executor(&mesh.slash, chain_of(design, external.pool));
    Liability {
        pool: external.pool,
        share,
        slash,
        executes_on,
        standing: Standing::Claim,
        halt_delay_days: 0.0,
        redistribution: 0.0,
        second: false,
    }
}

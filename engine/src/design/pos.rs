//! Plain proof of stake: the chain's own stake votes and answers, and the chain itself carries out the slash.

use super::backing::{Backing, Liability, Standing, executor, share_of_members, stake_part, weight_part};
use crate::study::{Pos, Study};

/// Backing of a chain of its own.
pub fn backing(study: &Study, service: usize, pos: &Pos) -> Backing {
    let part = match &pos.power {
        Some(weights) => weight_part(weights),
        None => stake_part(pos.pool, &study.pools[pos.pool]),
    };
    let liability = Liability {
        pool: pos.pool,
        share: share_of_members(&part.units),
        slash: pos.slash,
        executes_on: executor(&pos.slash, Some(service)),
        standing: Standing::Own,
        halt_delay_days: 0.0,
        redistribution: 0.0,
        second: false,
    };
    Backing { parts: vec![part], liabilities: vec![liability], is_open: true, second: None }
}

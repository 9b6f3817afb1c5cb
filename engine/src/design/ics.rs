//! Cosmos Interchain Security, replicated: every provider validator runs the consumer; one slash, on the provider.

use super::backing::{Backing, Liability, chain_of, executor, share_of_members, stake_part};
use crate::rules;
use crate::study::{Design, Ics, Study};

/// Backing of a consumer chain. The power cap works on whole tokens, as the protocol's does.
pub fn backing(study: &Study, design: &Design, ics: &Ics) -> Backing {
    let mut part = stake_part(ics.provider, &study.pools[ics.provider]);
    if let Some(percent) = ics.power_cap {
        let unit = 10u128.pow(part.decimals);
        let whole: Vec<u128> = part.units.iter().map(|units| units / unit).collect();
        part.units = rules::ics::power_cap(&whole, percent);
        part.decimals = 0;
    }
    let liability = Liability {
        pool: ics.provider,
        share: share_of_members(&part.units),
        slash: ics.slash,
        executes_on: executor(&ics.slash, chain_of(design, ics.provider)),
    };
    Backing { parts: vec![part], liabilities: vec![liability] }
}

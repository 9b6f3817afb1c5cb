//! Cosmos Interchain Security: the provider's validators run the consumer; one slash, on the provider.

use super::backing::{Backing, Liability, Standing, chain_of, executor, stake_part};
use crate::graph::HALT;
use crate::rules::ics::{
    Consent, Shaping, ThrottleParameters, Validator, consumer_powers, jailing_time_bound_s,
};
use crate::study::{Design, Ics, Pool, Selection, Study};

const SECONDS_PER_DAY: f64 = 86_400.0;

/// Backing of a consumer chain: power as the protocol shapes it, in whole tokens; the stake at risk is the provider's.
pub fn backing(study: &Study, design: &Design, service: usize, ics: &Ics) -> Backing {
    shaped(study, design, (service, ics), &ics.selection)
}

/// The same with another selection.
pub fn shaped(
    study: &Study,
    design: &Design,
    (service, ics): (usize, &Ics),
    selection: &Selection,
) -> Backing {
    let mut part = stake_part(ics.provider, &study.pools[ics.provider]);
    part.units = powers(study, ics, selection);
    part.decimals = 0;
    let liability = Liability {
        pool: ics.provider,
        share: super::backing::share_of_members(&part.units),
        slash: ics.slash,
        executes_on: executor(&ics.slash, chain_of(design, ics.provider)),
        standing: Standing::Consumer,
        halt_delay_days: throttle_days(study, service),
        redistribution: 0.0,
        second: false,
    };
    // A newcomer's stake buys no power where power is capped, or where lists or a full set keep it out.
    let is_open = ics.power_cap.is_none() && ics.allowlist.is_none() && ics.validator_set_cap.is_none();
    Backing { parts: vec![part], liabilities: vec![liability], is_open, second: None }
}

/// Power of each operator on the consumer. `[operator]`
fn powers(study: &Study, ics: &Ics, selection: &Selection) -> Vec<u128> {
    let pool = &study.pools[ics.provider];
    let unit = 10u128.pow(pool.decimals);
    let willing = |operator: usize| match selection {
        Selection::Replicated => true,
        Selection::TopN(_, opted_in) | Selection::OptIn(opted_in) => opted_in[operator],
    };
    let validators: Vec<Validator> = pool
        .stake
        .iter()
        .enumerate()
        .map(|(operator, units)| {
            let consent = if willing(operator) { Consent::OptedIn } else { Consent::NotOptedIn };
            Validator::bonded(*units, unit, consent)
        })
        .collect();
    // Percentages were checked when the study was loaded; an allowlist that names nobody lets nobody in.
    if ics.allowlist.as_ref().is_some_and(|allowed| !allowed.contains(&true)) {
        return vec![0; validators.len()];
    }
    consumer_powers(&validators, &shaping(ics, selection, unit)).unwrap_or_else(|_| vec![0; validators.len()])
}

/// Whether lists and least stake let an operator validate.
pub fn is_admitted(pool: &Pool, ics: &Ics, operator: usize) -> bool {
    let listed = ics.allowlist.as_ref().is_none_or(|allowed| allowed[operator]);
    let unit = 10u128.pow(pool.decimals);
    listed && !ics.denylist[operator] && pool.stake[operator] >= least_units(ics.min_stake, unit)
}

fn shaping(ics: &Ics, selection: &Selection, unit: u128) -> Shaping {
    let positions = |marks: &[bool]| {
        marks.iter().enumerate().filter(|(_, marked)| **marked).map(|(operator, _)| operator).collect()
    };
    Shaping {
        top_n: if let Selection::TopN(percent, _) = selection { *percent } else { 0 },
        set_cap: ics.validator_set_cap.unwrap_or(0),
        power_cap_percent: ics.power_cap.unwrap_or(0),
        min_stake: least_units(ics.min_stake, unit),
        allowlist: ics.allowlist.as_deref().map_or_else(Vec::new, positions),
        denylist: positions(&ics.denylist),
        priority_list: positions(&ics.priority),
        max_active: ics.max_provider_validators,
        ..Shaping::default()
    }
}

/// Tokens in units, rounded up: a stake must reach it.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "saturates, and tokens are not negative"
)]
fn least_units(tokens: f64, unit: u128) -> u128 {
    libm::ceil(tokens * crate::graph::to_f64(unit)) as u128
}

/// Days that the provider's throttle needs at least to jail as many as a halt of the consumer takes.
fn throttle_days(study: &Study, service: usize) -> f64 {
    let halt = study.services[service].attacks.iter().find(|attack| attack.kind == HALT);
    let share = halt.map_or(0, |attack| super::settle::fraction18(attack.threshold.value()));
    let seconds = jailing_time_bound_s(share, ThrottleParameters::DEFAULT).unwrap_or(0);
    crate::graph::to_f64(seconds) / SECONDS_PER_DAY
}

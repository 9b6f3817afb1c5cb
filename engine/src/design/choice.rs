//! Who may choose to run a service, and a design in which these do.

use super::Compiler;
use super::backing::Backing;
use crate::graph::Income;
use crate::study::{Participation, Selection, Study, System};

/// A service of a design whose operators choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// Position of the service among those of the design.
    pub service: usize,
    /// Who may: those that the study names, everybody with stake where it names nobody. `[operator]`
    pub candidates: Vec<bool>,
}

/// Services of a design with `participation = "chosen"`, in service order.
pub fn choices(study: &Study, design: usize) -> Vec<Choice> {
    let design = &study.designs[design];
    let chosen = (0..design.services.len())
        .filter(|service| design.terms[*service].participation == Participation::Chosen);
    let choice = |service: usize| {
        let (_, system): &(usize, System) = &design.services[service];
        let named = named(system)?;
        let backed = |operator: &usize| study.pools.iter().any(|pool| pool.stake[*operator] > 0);
        let everybody = || (0..study.operators.len()).map(|operator| backed(&operator)).collect();
        let candidates = if named.contains(&true) { named.to_vec() } else { everybody() };
        Some(Choice { service, candidates })
    };
    chosen.filter_map(choice).collect()
}

/// Operators that the study names for a service.
fn named(system: &System) -> Option<&[bool]> {
    match system {
        System::Ics(ics) | System::Saga(ics, _) => match &ics.selection {
            Selection::TopN(_, members) | Selection::OptIn(members) => Some(members),
            Selection::Replicated => None,
        },
        System::Eigenlayer(avs) => Some(&avs.serves),
        System::Pos(_) | System::Mesh(_) | System::Pow(_) => None,
    }
}

/// The pool that a consumer chain borrows its validators from.
pub fn provider(system: &System) -> Option<usize> {
    match system {
        System::Ics(ics) | System::Saga(ics, _) => Some(ics.provider),
        System::Pos(_) | System::Mesh(_) | System::Eigenlayer(_) | System::Pow(_) => None,
    }
}

/// Operators that a design names for a service, beside those that must.
pub fn members(study: &Study, (design, service): (usize, usize)) -> Vec<bool> {
    let named = named(&study.designs[design].services[service].1);
    named.map_or_else(|| vec![false; study.operators.len()], <[bool]>::to_vec)
}

/// Lets just these operators run a service, beside those that must.
pub fn set_members(study: &mut Study, (design, service): (usize, usize), members: &[bool]) {
    match &mut study.designs[design].services[service].1 {
        System::Ics(ics) | System::Saga(ics, _) => match &mut ics.selection {
            Selection::TopN(_, named) | Selection::OptIn(named) => named.copy_from_slice(members),
            Selection::Replicated => {}
        },
        System::Eigenlayer(avs) => avs.serves.copy_from_slice(members),
        System::Pos(_) | System::Mesh(_) | System::Pow(_) => {}
    }
}

/// Positions of a design's restaking services that are not Byzantine.
pub fn restaking_services(study: &Study, design: usize) -> Vec<usize> {
    let services = study.designs[design].services.iter().enumerate();
    let restakes =
        services.filter(|(_, (_, system))| matches!(system, System::Eigenlayer(avs) if !avs.byzantine));
    restakes.map(|(position, _)| position).collect()
}

/// Lets restaking services of a design, by their positions, turn Byzantine: they slash what is allocated to them, and are no
/// prize any more.
pub fn turn_byzantine(study: &mut Study, design: usize, services: &[usize]) {
    for position in services {
        let (service, system) = &mut study.designs[design].services[*position];
        if let System::Eigenlayer(avs) = system {
            avs.byzantine = true;
        }
        study.services[*service].attacks.iter_mut().for_each(|attack| attack.profit_usd = 0.0);
    }
}

/// What one service of a design pays and costs whom, and whether each operator has power over it; without accidents, which need
/// the whole design.
pub fn income_of(study: &Study, (design, service): (usize, usize)) -> (Income, Vec<bool>) {
    let design = &study.designs[design];
    let (position, system) = &design.services[service];
    let mut backings: Vec<Option<Backing>> = vec![None; design.services.len()];
    backings[service] = super::backing_of(study, design, *position, system);
    let combine = super::combine_rules(study, design);
    let compiler = Compiler { study, design, backings, combine, divisible: Vec::new(), before: None };
    let runs = |operator: usize| {
        let parts = compiler.backings[service].iter().flat_map(|backing| &backing.parts);
        parts.into_iter().any(|part| part.units[operator] > 0)
    };
    (compiler.pays(service), (0..study.operators.len()).map(runs).collect())
}

/// Multiplies what a service pays in a design; a service that pays nothing is taken to pay one USD a year by power. Returns
/// the payment a year at today's prices, USD.
pub fn scale_payments(study: &mut Study, (design, service): (usize, usize), factor: f64) -> f64 {
    let owned = &mut study.designs[design];
    let system = &mut owned.services[service].1;
    if let System::Saga(_, crate::study::SagaPrice::Fee { epoch_usd, setup_usd }) = system {
        *epoch_usd *= factor;
        *setup_usd *= factor;
    } else if owned.terms[service].pays.is_empty() {
        owned.terms[service].pays.push(crate::study::Stream::USD);
    }
    owned.terms[service].pays.iter_mut().for_each(|stream| stream.usd_per_year *= factor);
    payment_today(study, (design, service))
}

/// What a service pays in a design, USD a year at today's prices.
pub fn payment_today(study: &Study, at: (usize, usize)) -> f64 {
    let price = |asset: Option<usize>| asset.map_or(1.0, |asset| study.assets[asset].price_usd);
    income_of(study, at).0.pays.iter().map(|pay| pay.total * price(pay.asset)).sum()
}

//! Figures that somebody quotes, beside what the model says.

use crate::estimate::{Estimate, Results};
use crate::overview::{Overview, ServiceView};
use crate::study::Study;

/// A quoted figure and ours.
#[derive(Debug, Clone, PartialEq)]
pub struct Claim {
    /// The statement.
    pub statement: String,
    /// Design, service and attack it speaks of.
    pub about: (String, String, String),
    /// The quoted figure, USD.
    pub quoted_usd: f64,
    /// Stake that answers for the service today, USD.
    pub bonded_usd: f64,
    /// Stake that the attack would forfeit if everybody took part, USD.
    pub slashable_usd: f64,
    /// Attack cost by the cheapest route where in reach; none if never in reach.
    pub attack_cost_usd: Option<Estimate>,
}

/// The study's quoted figures.
pub fn claims(study: &Study, overview: &Overview, results: &Results) -> Vec<Claim> {
    let claim = |quoted: &crate::study::Quoted| {
        let (design, service) = (&study.designs[quoted.design].name, &study.services[quoted.service].name);
        let is_meant = |view: &&ServiceView| view.design == *design && view.service == *service;
        let view = overview.services.iter().find(is_meant);
        let target = view.and_then(|view| view.targets.iter().find(|target| target.attack == quoted.attack));
        let cost = results.find(design, service, &quoted.attack, "*", "attack_cost_usd_given_reachable");
        Claim {
            statement: quoted.statement.clone(),
            about: (design.clone(), service.clone(), quoted.attack.clone()),
            quoted_usd: quoted.usd,
            bonded_usd: view.map_or(0.0, |view| view.bonded_usd),
            slashable_usd: target.map_or(0.0, |target| target.slashable_usd),
            attack_cost_usd: cost.map(|row| row.estimate),
        }
    };
    study.quoted.iter().map(claim).collect()
}

//! Every system against numbers worked out by hand, in the base state: today's prices, nobody colludes, everybody can
//! be bribed.

mod eigenlayer;
mod ics;
mod market;
mod mesh;
mod pos;
mod pow;
mod regimes;
mod resting;
mod turned;

use super::{backing_of, compile};
use crate::attack::{Costs, Outcomes, Priced, assess};
use crate::graph::{AssetAmounts, Graph, Power, Secured, StakePower, Target};
use crate::sampling::{Draws, Sampler};
use crate::study::{Combine, Route, Study};
use std::path::Path;

/// A study compiled and judged in its base state.
pub(super) struct Judged {
    pub(super) study: Study,
    pub(super) graph: Graph,
    draws: Draws,
    outcomes: Outcomes,
}

/// Judges a study: two assets of $2 and $4 and a few operators, the rest as `text` says.
pub(super) fn judge(text: &str) -> Judged {
    let fill = |key: &str, otherwise: &str| if text.contains(key) { "" } else { otherwise }.to_owned();
    let text = format!(
        "name = \"by-hand\"\n{}{}[collusion]\nprobability = 0.1\naltruistic_probability = 0.1\n{text}",
        fill("[assets.", "[assets.A]\nprice_usd = 2.0\n[assets.B]\nprice_usd = 4.0\n"),
        fill("[adversary]", "[adversary]\nbribe_premium = 0.0\n"),
    );
    let study =
        Study::from_text(&text, "study.toml", Path::new(".")).unwrap_or_else(|error| panic!("{error}"));
    let graph = compile(&study);
    let draws = Sampler::new(&study, 1).base_state(&study);
    let mut outcomes = Outcomes::new(&graph);
    assess(&graph, &draws, &mut outcomes);
    Judged { study, graph, draws, outcomes }
}

impl Judged {
    fn secured_at(&self, design: &str, service: &str) -> usize {
        let design = self.graph.designs.iter().find(|d| d.name == design).unwrap();
        let named = |s: &usize| self.study.services[self.graph.secured[*s].service].name == service;
        design.secured.iter().copied().find(named).unwrap()
    }
    fn secured(&self, service: &str) -> &Secured {
        &self.graph.secured[self.secured_at("d", service)]
    }
    fn power(&self, service: &str) -> &StakePower {
        let Power::Stake(power) = &self.secured(service).power else { panic!("hash rate decides here") };
        power
    }
    fn target(&self, service: &str, kind: &str) -> &Target {
        self.secured(service).targets.iter().find(|target| target.kind == kind).unwrap()
    }
    fn outcome(&self, service: &str, kind: &str) -> &crate::attack::TargetOutcome {
        let secured = self.secured_at("d", service);
        let targets = &self.graph.secured[secured].targets;
        let position = targets.iter().position(|target| target.kind == kind).unwrap();
        &self.outcomes.targets[self.outcomes.first_target[secured] + position]
    }
    fn route(&self, service: &str, kind: &str, route: Route) -> Option<&Costs> {
        let routes = &self.outcome(service, kind).routes;
        routes.iter().find(|outcome| outcome.route == route).map(|outcome| &outcome.costs)
    }
    /// What the bribe route costs, USD.
    fn bribe(&self, service: &str, kind: &str) -> f64 {
        self.route(service, kind, Route::Bribe).unwrap().cost[0]
    }
    /// What the bribed coalition forfeits, USD.
    fn forfeited(&self, service: &str, kind: &str) -> f64 {
        self.route(service, kind, Route::Bribe).unwrap().forfeited[0]
    }
    fn profit(&self, service: &str, kind: &str) -> f64 {
        self.outcome(service, kind).profit[0]
    }
    pub(super) fn operator(&self, name: &str) -> usize {
        self.study.operators.iter().position(|operator| operator.name == name).unwrap()
    }
    fn pool(&self, name: &str) -> usize {
        self.study.pools.iter().position(|pool| pool.name == name).unwrap()
    }
    /// Tokens of an asset that the attack makes an operator forfeit.
    fn forfeited_tokens(&self, (service, kind): (&str, &str), asset: &str, operator: &str) -> f64 {
        let assets = &self.target(service, kind).losses.assets;
        let losses = assets.iter().find(|losses| self.study.assets[losses.asset].name == asset);
        losses.map_or(0.0, |losses| losses.forfeited[self.operator(operator)])
    }
    /// Power of every member of a multi-asset service in USD, by operator.
    fn power_usd(&self, service: &str, operator: &str) -> f64 {
        let power = self.power(service);
        let mut priced = Priced::default();
        priced.price_power(power, |asset| self.draws.prices[asset][0]);
        let usd = priced.total_usd(power).unwrap() / priced.weights.iter().sum::<f64>();
        let slot = crate::graph::slot(power, self.operator(operator));
        slot.map_or(0.0, |slot| priced.weights[slot] * usd)
    }
    /// Tokens that one accident of the study's only kind costs an operator in design `d`.
    fn accident(&self, asset: &str, operator: &str) -> f64 {
        let design = self.graph.designs.iter().find(|design| design.name == "d").unwrap();
        let (fault, keys) = (&self.study.faults[0], self.study.operators[self.operator(operator)].keys);
        let horizon = self.study.horizon_days;
        let times = fault.expected_accidents(keys, horizon) / fault.hit_probability(keys, horizon);
        tokens(self, &design.faults[0].hit, asset, operator) / times
    }
}

fn tokens(judged: &Judged, amounts: &[AssetAmounts], asset: &str, operator: &str) -> f64 {
    let found = amounts.iter().find(|amounts| judged.study.assets[amounts.asset].name == asset);
    found.map_or(0.0, |amounts| amounts.tokens[judged.operator(operator)])
}

/// Sums of a few products: equal up to rounding.
#[track_caller]
fn equal(value: f64, expected: f64) {
    assert!((value - expected).abs() <= 1e-12 * (1.0 + expected.abs()), "{value}, by hand {expected}");
}

const KINDS: &str = "attacks.fork = { profit_usd = 1, amnesia = false }\nattacks.halt.profit_usd = 1\nattacks.control.profit_usd = 1";

/// Units in operator order.
fn units(judged: &Judged, stakes: &[(&str, u128)]) -> Vec<u128> {
    let mut units = vec![0; judged.study.operators.len()];
    for (operator, stake) in stakes {
        units[judged.operator(operator)] = *stake;
    }
    units
}

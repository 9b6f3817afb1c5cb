//! Delegators' vote on a consumer: they accept iff what it leaves them adds up to more than nothing.
//!
//! Every stake votes with its tokens for what the service adds to its own return, so the stake-weighted mean of these margins is
//! positive iff their sum in USD is: reward less commission less what the service's attacks and accidents cost delegated stake.
//! All proposals of a design are voted on at once, each on a design in which all are accepted.

use super::participation::{Settled, choose};
use crate::design::provider;
use crate::estimate::{ANY, Estimate, MemberRow, Results, SummaryRow};
use crate::run::{NoSink, Plan, run};
use crate::study::{Design, Study};

/// What the delegators of a provider said to a consumer.
#[derive(Debug, Clone, PartialEq)]
pub struct Vote {
    /// Position of the design.
    pub design: usize,
    /// Position of the service in the study.
    pub service: usize,
    /// Position of the pool whose delegators were asked.
    pub pool: usize,
    /// Days until it holds.
    pub delay_days: f64,
    /// What they hold, at today's price, USD.
    pub delegated_usd: f64,
    /// Left to them over the horizon if the service is secured like this from the start, USD; 0 where it neither pays nor needs
    /// a node.
    pub margin_usd: Estimate,
    /// Part of what they hold that is better off.
    pub gaining_share: f64,
    /// Whether the service goes on as before if they refuse.
    pub has_before: bool,
}

impl Vote {
    /// Whether they accept.
    pub fn accepts(&self) -> bool {
        self.margin_usd.value > 0.0
    }

    /// Rows of the summary.
    pub fn rows(&self, study: &Study) -> [SummaryRow; 3] {
        let n = self.margin_usd.effective_sample_size;
        let yes = |usd: f64| if usd > 0.0 { 1.0 } else { 0.0 };
        let Estimate { value, low, high, .. } = self.margin_usd;
        let accepts = Estimate { low: yes(low), high: yes(high), ..Estimate::normal(yes(value), 0.0, n) };
        let row = |metric: &str, unit: &'static str, estimate: Estimate| SummaryRow {
            design: study.designs[self.design].name.clone(),
            service: study.services[self.service].name.clone(),
            attack: ANY.to_owned(),
            route: ANY.to_owned(),
            metric: metric.to_owned(),
            regime: String::new(),
            unit,
            estimate,
            scenarios: study.choosing.scenarios,
            estimator: "plain",
        };
        [
            row("vote_margin_usd", "usd", self.margin_usd),
            row("vote_gaining_share", "share", Estimate::normal(self.gaining_share, 0.0, n)),
            row("vote_accepts", "share", accepts),
        ]
    }
}

/// Lets operators choose where they may, delegators vote where they are asked, and operators choose again where the vote has
/// changed a design.
///
/// The result depends on the study and its seed alone.
pub fn settle(study: &Study) -> Settled {
    let settled = choose(study);
    let asked: Vec<(usize, usize)> = (0..study.designs.len())
        .flat_map(|design| proposals(&study.designs[design]).map(move |service| (design, service)))
        .collect();
    let votes: Vec<Vote> = asked.iter().filter_map(|at| vote(&settled.study, *at)).collect();
    let mut decided = study.clone();
    let refused: Vec<_> =
        asked.iter().zip(&votes).filter(|(_, vote)| !vote.accepts()).map(|(at, _)| *at).collect();
    // From behind, so that positions hold.
    refused
        .iter()
        .rev()
        .for_each(|(design, service)| go_on_as_before(&mut decided.designs[*design], *service));
    Settled { votes, ..if refused.is_empty() { settled } else { choose(&decided) } }
}

/// Positions of the services of a design that are voted on.
fn proposals(design: &Design) -> impl Iterator<Item = usize> {
    (0..design.services.len()).filter(|service| design.terms[*service].proposal.is_some())
}

/// A service of a design as it was before it was proposed.
pub fn go_on_as_before(design: &mut Design, service: usize) {
    let before = design.terms[service].proposal.take().and_then(|proposal| proposal.before);
    match before.map(|before| *before) {
        Some((system, terms)) => (design.services[service].1, design.terms[service]) = (system, terms),
        None => {
            design.services.remove(service);
            design.terms.remove(service);
        }
    }
}

fn vote(study: &Study, (design, service): (usize, usize)) -> Option<Vote> {
    let (position, system) = &study.designs[design].services[service];
    let pool = provider(system)?;
    let terms = &study.designs[design].terms[service];
    let proposal = terms.proposal.as_ref()?;
    let mut asked = study.clone();
    asked.designs = vec![study.designs[design].clone()];
    asked.designs[0].terms[service].proposal = None;
    asked.run.scenarios = study.choosing.scenarios;
    let Ok(results) = run(&Plan::new(&asked), &mut NoSink, |_| ());
    let delegated =
        |operator: usize| (1.0 - study.operators[operator].own_share) * study.pools[pool].tokens(operator);
    let all: f64 = (0..study.operators.len()).map(delegated).sum();
    let gaining = members(&results, &study.services[*position].name)
        .filter(|row| row.money.delegators_margin_usd > 0.0);
    let gaining =
        gaining.filter_map(|row| study.operators.iter().position(|operator| operator.name == row.operator));
    let gaining = gaining.map(delegated).fold(0.0, |sum, tokens| sum + tokens);
    Some(Vote {
        design,
        service: *position,
        pool,
        delay_days: proposal.delay_days,
        delegated_usd: all * study.assets[study.pools[pool].asset].price_usd,
        margin_usd: margin(&results, &study.services[*position].name),
        gaining_share: if all > 0.0 { gaining / all } else { 0.0 },
        has_before: proposal.before.is_some(),
    })
}

fn members<'a>(results: &'a Results, service: &'a str) -> impl Iterator<Item = &'a MemberRow> {
    results.members.iter().filter(move |row| row.service == service)
}

fn margin(results: &Results, service: &str) -> Estimate {
    let rows = results.summary.iter();
    let mut found = rows.filter(|row| row.service == service && row.metric == "delegators_margin_usd");
    found.next().map_or_else(|| Estimate::normal(0.0, 0.0, 0.0), |row| row.estimate)
}

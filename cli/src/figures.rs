//! Sentences under the figures: what somebody quotes, and what history says.

use crate::amount::{count, share, usd};
use montecartel::assertions::Asserted;
use montecartel::backtest::{Verdict, backtest};
use montecartel::bargain::{Chosen, Settled, Vote};
use montecartel::claims::{Claim, claims};
use montecartel::estimate::{Estimate, Results};
use montecartel::overview::Overview;
use montecartel::run::{Ended, Plan, Threads};
use montecartel::study::{Assertion, Study};

/// One sentence per service whose delegators voted or whose operators chose, one per quoted figure, then the backtest.
pub fn sentences(settled: &Settled, plan: &Plan, results: &Results, threads: &Threads) -> Vec<String> {
    let study = &settled.study;
    let overview = Overview::new(study, plan.graph());
    let mut sentences: Vec<String> = settled.votes.iter().map(|vote| ballot(study, vote)).collect();
    sentences.extend(settled.chosen.iter().map(|chosen| choice(study, chosen)));
    sentences.extend(claims(study, &overview, results).iter().map(claim));
    sentences.extend(threads.install(|| backtest(study, results)).map(|verdict| history(&verdict)));
    sentences
}

/// What delegators said, and what follows.
fn ballot(study: &Study, vote: &Vote) -> String {
    let (design, service) = (&study.designs[vote.design].name, &study.services[vote.service].name);
    let word = if vote.accepts() { "ACCEPT" } else { "REFUSE" };
    let outcome = match (vote.accepts(), vote.has_before) {
        (true, _) => format!("in force from day {}", vote.delay_days),
        (false, true) => "it goes on as in the design that this one extends".to_owned(),
        (false, false) => "the design goes on without it".to_owned(),
    };
    let Estimate { value, std_error, .. } = vote.margin_usd;
    let close = if vote.margin_usd.low < 0.0 && vote.margin_usd.high > 0.0 {
        "; within the sampling error"
    } else {
        ""
    };
    format!(
        "Vote: delegators of pool {} ({}) {word} {service} in design {design}: left with {} ± {} over the horizon, {} of them better off{close}; {outcome}.",
        study.pools[vote.pool].name,
        usd(vote.delegated_usd),
        usd(value),
        usd(std_error),
        share(vote.gaining_share),
    )
}

/// Who takes part, and whether that holds.
fn choice(study: &Study, chosen: &Chosen) -> String {
    let (design, service) = (&study.designs[chosen.design].name, &study.services[chosen.service].name);
    let head = format!(
        "Participation: {} operators run {service} in design {design}, {} could choose",
        chosen.members.len(),
        chosen.candidates.len()
    );
    let rounds = chosen.rounds;
    if chosen.converged {
        return format!("{head}; nobody wants to move after {rounds} rounds.");
    }
    let names: Vec<&str> = chosen.cycle.iter().map(|o| study.operators[*o].name.as_str()).collect();
    if names.is_empty() {
        return format!(
            "{head}; NOT SETTLED: some still move after {rounds} rounds. Figures are those of the last."
        );
    }
    format!(
        "{head}; NO EQUILIBRIUM by best response: after {rounds} rounds these come and go in a circle: {}. Figures are those of the last.",
        names.join(", ")
    )
}

/// Why a run that was asked for a precision or a time ended.
pub fn ending(ended: &Ended, scenarios: u64) -> Option<String> {
    let (head, slowest) = match ended {
        Ended::Interrupted => {
            return Some(format!("Stopped after {} scenarios by a signal.", count(scenarios)));
        }
        Ended::AllDrawn(slowest) => ("All scenarios drawn", slowest.as_ref()?),
        Ended::Precise(None) => {
            return Some(format!("Stopped after {} scenarios: precise.", count(scenarios)));
        }
        Ended::Precise(Some(slowest)) => ("Precise", slowest),
        Ended::Limit(None) => {
            return Some(format!("Stopped after {} scenarios by the time limit.", count(scenarios)));
        }
        Ended::Limit(Some(slowest)) => ("Stopped by the time limit", slowest),
    };
    let error = if slowest.relative_error.is_infinite() {
        "nothing found yet".to_owned()
    } else {
        format!("± {}", share(slowest.relative_error))
    };
    Some(format!("{head} after {} scenarios; slowest: {} ({error}).", count(scenarios), slowest.figure))
}

/// What an assertion says, and whether it holds.
pub fn assertion(asserted: &Asserted) -> String {
    let Assertion { service, attack, route, metric, at_most, at_least, .. } = &asserted.assertion;
    let named: Vec<&str> =
        [service, attack, route].into_iter().map(String::as_str).filter(|name| *name != "*").collect();
    let of = if named.is_empty() { String::new() } else { format!(" of {}", named.join(" ")) };
    let bounds: Vec<String> = at_most
        .iter()
        .map(|most| format!("at most {most}"))
        .chain(at_least.iter().map(|least| format!("at least {least}")))
        .collect();
    let verdict = if asserted.holds() { "holds" } else { "FAILS" };
    let found = asserted.estimate.map_or_else(
        || "the run reports no such figure".to_owned(),
        |estimate| {
            let Estimate { value, std_error, low, high, .. } = estimate;
            let close = if asserted.is_close() { "; within the sampling error" } else { "" };
            format!("{value:.6e} ± {std_error:.1e}, 95% [{low:.6e}, {high:.6e}]{close}")
        },
    );
    format!(
        "Assert: {metric}{of} in design {} {}: {verdict} ({found}).",
        asserted.design,
        bounds.join(" and ")
    )
}

fn claim(claim: &Claim) -> String {
    let (design, service, attack) = &claim.about;
    let cost = claim.attack_cost_usd.map_or_else(
        || "out of reach".to_owned(),
        |cost| format!("{} ± {}", usd(cost.value), usd(cost.std_error)),
    );
    format!(
        "Claim: {}\n  quoted {} | bonded {} | slashable by {attack} {} | attack cost {cost}   ({service} in design {design})",
        claim.statement,
        usd(claim.quoted_usd),
        usd(claim.bonded_usd),
        usd(claim.slashable_usd),
    )
}

fn history(verdict: &Verdict) -> String {
    let (expected, observed) = (verdict.expected, verdict.observed);
    let head = format!(
        "Backtest, design {} over {:.1} service-years, one look a year: {expected:.3} attacks called paying, {observed} observed.",
        verdict.design, verdict.service_years
    );
    if verdict.service_years + verdict.observed < verdict.limit {
        return format!("{head} Too short a history to contradict any model.");
    }
    if verdict.consistent() {
        return format!(
            "{head} No surprise (up to {:.2} expected would not be): no friction or altruism is needed to reconcile them.",
            verdict.limit
        );
    }
    let friction = verdict.friction_usd.map_or_else(
        || "no friction reconciles them".to_owned(),
        |friction| format!("friction_usd of {} per operator reconciles them", usd(friction)),
    );
    let altruism = verdict.altruistic_probability.map_or_else(
        || "no altruistic_probability does".to_owned(),
        |p| format!("an altruistic_probability of {} does", share(p)),
    );
    format!("{head} {}; {altruism}.", capitalised(&friction))
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

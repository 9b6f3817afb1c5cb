//! Sentences under the figures: what somebody quotes, and what history says.

use crate::amount::{share, usd};
use montecartel::backtest::{Verdict, backtest};
use montecartel::claims::{Claim, claims};
use montecartel::estimate::Results;
use montecartel::overview::Overview;
use montecartel::run::{Plan, Threads};
use montecartel::study::Study;

/// One sentence per quoted figure, then the backtest.
pub fn sentences(study: &Study, plan: &Plan, results: &Results, threads: &Threads) -> Vec<String> {
    let overview = Overview::new(study, plan.graph());
    let mut sentences: Vec<String> = claims(study, &overview, results).iter().map(claim).collect();
    sentences.extend(threads.install(|| backtest(study, results)).map(|verdict| history(&verdict)));
    sentences
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

use super::*;
use crate::run::{NoSink, Plan, run};

/// A hub whose operators own a tenth and take a twentieth, and an app that may move to them for this pay.
fn study(pays: f64, lines: &str, proposal: &str, extends: &str) -> Study {
    let text = format!(
        "name = \"t\"\nassets.A = {{ price_usd = 2 }}\nhorizon_days = 365.25\nrun.scenarios = 2048\n\
         collusion = {{ probability = 0, altruistic_probability = 1 }}\nparticipation.scenarios = 2048\n{lines}\n\
         operators.table = [{{ operator = \"a\", own_share = 0.1, commission = 0.05 }}, {{ operator = \"b\", own_share = 0.1, commission = 0.05 }}]\n\
         [pools]\nhub = {{ asset = \"A\", stake = {{ a = 600, b = 400 }} }}\napp = {{ asset = \"A\", stake = {{ a = 10 }} }}\n\
         [services]\n\
         hub = {{ consensus = \"cometbft\", attacks.fork = {{ profit_usd = 1, amnesia = false }} }}\n\
         app = {{ consensus = \"cometbft\", node_usd_per_year = 7, attacks.fork = {{ profit_usd = 1, amnesia = false }} }}\n\
         [designs.own.services]\nhub = {{ system = \"pos\", pool = \"hub\", slash = 0 }}\n\
         {extends}\n\
         [designs.joined]\nextends = \"own\"\n\
         services.app = {{ system = \"ics\", provider = \"hub\", slash = 0.05, pays = [{{ usd_per_year = {pays}, delay_days = 10 }}]{proposal} }}\n"
    );
    Study::from_text(&text, "study.toml", Path::new("")).unwrap_or_else(|error| panic!("{error}"))
}

const OWN: &str = "app = { system = \"pos\", pool = \"app\", slash = 0.05 }";
const PROPOSAL: &str = ", proposal = { delay_days = 36.525 }";
const ACCIDENTS: &str = "faults.equivocation = { rate_per_key_year = 0.5 }";

/// Of each dollar paid, delegators get 0.9 · 0.95. Every other year an accident costs 5 % of what they hold, 0.9 · 2000 USD: they
/// accept from 50/0.95 · 365.25/355.25 on, which pays that in a year less ten days.
#[test]
fn delegators_accept_what_leaves_them_more_than_it_costs() {
    let least = 50.0 / 0.95 * 365.25 / 355.25;
    for (pays, accepts) in [(least * 0.999, false), (least * 1.001, true)] {
        let settled = settle(&study(pays, ACCIDENTS, PROPOSAL, OWN));
        let [vote] = settled.votes.as_slice() else { panic!("one vote") };
        assert_eq!(vote.accepts(), accepts, "{pays}: {}", vote.margin_usd.value);
        assert!((vote.delegated_usd - 1800.0).abs() < 1e-9);
        let exact = 0.9 * (0.95 * pays * 355.25 / 365.25 - 50.0);
        // Revenue is cut to millionths of a dollar.
        assert!((vote.margin_usd.value - exact).abs() < 1e-6, "{} {exact}", vote.margin_usd.value);
        assert_eq!(vote.gaining_share.to_bits(), (if accepts { 1.0f64 } else { 0.0 }).to_bits());
    }
    // Nothing to lose and something to gain; nothing at all is not more than nothing.
    assert!(settle(&study(1.0, "", PROPOSAL, OWN)).votes[0].accepts());
    assert!(!settle(&study(0.0, "", PROPOSAL, OWN)).votes[0].accepts());
    assert!(settle(&study(1.0, "", "", OWN)).votes.is_empty(), "nobody was asked");
}

/// What is refused goes on as in the design that this one extends, or is left out.
#[test]
fn a_refused_consumer_stays_as_it_was() {
    let settled = settle(&study(1.0, ACCIDENTS, PROPOSAL, OWN));
    let [own, joined] = settled.study.designs.as_slice() else { panic!("two designs") };
    assert_eq!(format!("{:?}", own.services), format!("{:?}", joined.services));
    let settled = settle(&study(1.0, ACCIDENTS, PROPOSAL, ""));
    assert_eq!(settled.study.designs[1].services.len(), 1);
    assert!(!settled.votes[0].has_before);
}

/// Until the vote is over nobody pays and no node runs: 36.525 of 365.25 days, and ten more for the pay.
#[test]
fn pay_and_nodes_start_after_the_vote() {
    let settled = settle(&study(100.0, "", PROPOSAL, OWN));
    let Ok(results) = run(&Plan::new(&settled.study), &mut NoSink, |_| ());
    let figure = |metric| results.find("joined", "app", "*", "*", metric).unwrap().estimate.value;
    assert!((figure("payment_usd") - 100.0 * (1.0 - 46.525 / 365.25)).abs() < 1e-9);
    assert!((figure("node_cost_usd") - 2.0 * 7.0 * 0.9).abs() < 1e-9);
}

#[test]
fn proposals_that_cannot_be_judged_are_refused_by_the_loader() {
    let text = |proposal: &str, own: &str| {
        format!(
            "name = \"t\"\nassets.A = {{ price_usd = 1 }}\nhorizon_days = 30\n\
             collusion = {{ probability = 0, altruistic_probability = 1 }}\npools.p = {{ asset = \"A\", stake = {{ a = 1 }} }}\n\
             services.s = {{ consensus = \"cometbft\", attacks.fork = {{ profit_usd = 1 }} }}\n{own}\n\
             designs.d.services.s = {{ system = \"ics\", provider = \"p\", slash = 0.05, proposal = {proposal} }}\n"
        )
    };
    let error = |text: String| Study::from_text(&text, "study.toml", Path::new("")).unwrap_err().to_string();
    let alone = error(text("{}", ""));
    assert!(alone.contains("design `d` would be left without a service if delegators refuse"), "{alone}");
    let own =
        "designs.e.services.s = { system = \"pos\", pool = \"p\", slash = 0.05 }\ndesigns.d.extends = \"e\"";
    let late = error(text("{ delay_days = 30 }", own));
    assert!(
        late.contains("delay_days") && late.contains("30 days are not over within the horizon"),
        "{late}"
    );
}

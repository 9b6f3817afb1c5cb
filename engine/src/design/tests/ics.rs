//! Interchain Security and Saga: who runs a consumer, with what power, and who slashes.

use super::*;

/// A provider and a consumer that its validators run; `stake` and further keys of the consumer as given.
fn consumer(stake: &str, keys: &str) -> Judged {
    judge(&format!(
        r#"
[pools.hub]
asset = "A"
stake = {{ {stake} }}
[services.hub]
consensus = "cometbft"
{KINDS}
[services.zone]
consensus = "cometbft"
{KINDS}
[designs.d.services.hub]
system = "pos"
pool = "hub"
slash = 0.05
[designs.d.services.zone]
system = "ics"
provider = "hub"
slash = 0.1
slash_halt = 0.01
{keys}
"#
    ))
}

#[test]
fn a_replicated_consumer_has_the_power_of_its_provider() {
    let judged = consumer("a = 60, b = 30, c = 10", "");
    let (zone, hub) = (judged.power("zone"), judged.power("hub"));
    assert_eq!(zone.parts[0].units, hub.parts[0].units);
    assert_eq!(zone.members, hub.members);
}

#[test]
fn control_of_a_consumer_is_slashed_by_the_provider() {
    let judged = consumer("a = 60, b = 30, c = 10", "");
    // 70 · $2 · 10 %, 40 · $2 · 1 % on the zone; the hub does not slash whoever controls it.
    equal(judged.forfeited("zone", "control"), 14.0);
    equal(judged.forfeited("zone", "halt"), 0.8);
    equal(judged.forfeited("hub", "control"), 0.0);
    // One tombstone: the pool loses the largest alone.
    assert_eq!(judged.graph.designs[0].combine, [Combine::Once]);
}

#[test]
fn a_consumer_that_slashes_by_itself_loses_it_to_who_controls_it() {
    let judged = consumer("a = 60, b = 30, c = 10", "executes_on = \"zone\"");
    equal(judged.forfeited("zone", "control"), 0.0);
    equal(judged.forfeited("zone", "fork"), 8.0);
}

#[test]
fn a_power_cap_shapes_power_and_leaves_the_stake_at_risk() {
    let judged = consumer("a = 100, b = 1, c = 1, d = 1", "power_cap = 30");
    // interchain-security, docs/features/power-shaping.md; 30 % of 103 is 30.
    assert_eq!(judged.power("zone").parts[0].units, [30, 24, 24, 25]);
    // d (25) and b (24) hold more than a third of 103 and stake one token each: 2 · $2 · 10 %.
    equal(judged.forfeited("zone", "fork"), 0.4);
    // The whole hundred of a answers.
    equal(judged.forfeited_tokens(("zone", "fork"), "A", "a"), 10.0);
}

#[test]
fn a_power_cap_works_on_whole_tokens() {
    let judged = consumer("a = 100.5, b = 1.5, c = 1.5, d = 1.5", "power_cap = 30");
    assert_eq!(judged.power("zone").parts[0].units, [30, 24, 24, 25]);
    assert_eq!(judged.power("zone").parts[0].decimals, 0);
    equal(judged.forfeited_tokens(("zone", "fork"), "A", "a"), 10.05);
}

/// A consumer that stands still leaves the provider's income alone: jail is all.
#[test]
fn silence_on_a_consumer_costs_the_jail() {
    let judged = judge(
        r#"
[pools.p]
asset = "A"
stake = { a = 100 }
reward_apr = 0.8766
[services.s]
consensus = "cometbft"
attacks.halt = { profit_usd = 1, duration_hours = 10 }
[designs.d.services.s]
system = "ics"
provider = "p"
slash = 0.05
jail_minutes = 90
"#,
    );
    equal(judged.bribe("s", "halt"), 200.0 * 1.5e-4);
}

/// Hub prop 1012: seven validators opted in, a power cap of 1 % that cannot hold: all have a seventh (ICS-38). Three halt,
/// five control; the slash is on each one's stake.
#[test]
fn an_opt_in_consumer_with_an_impossible_cap_is_as_strong_as_its_smallest() {
    let judged = judge(
        r#"
[pools.hub]
asset = "A"
stake = { a = 1000, b = 900, c = 800, d = 700, e = 60, f = 50, g = 40, h = 5000 }
[services.hub]
consensus = "cometbft"
attacks.halt = { profit_usd = 1 }
[services.s]
consensus = "cometbft"
attacks.halt = { profit_usd = 1, slash = 0.05 }
attacks.control = { profit_usd = 1 }
[designs.d.services.hub]
system = "pos"
pool = "hub"
slash = 0.05
[designs.d.services.s]
system = "ics"
provider = "hub"
mode = "opt_in"
opt_in = ["a", "b", "c", "d", "e", "f", "g"]
validator_set_cap = 7
power_cap = 1
slash = 0.05
"#,
    );
    assert_eq!(judged.power("s").members.len(), 7);
    // 5 % of the three and of the five smallest stakes at $2.
    equal(judged.forfeited("s", "halt"), 0.1 * (40.0 + 50.0 + 60.0));
    equal(judged.forfeited("s", "control"), 0.1 * (40.0 + 50.0 + 60.0 + 700.0 + 800.0));
}

/// Top-N of 50 takes the fewest that hold half, and whoever volunteers; lists and least stake apply.
#[test]
fn a_top_n_consumer_is_run_by_the_largest_and_by_volunteers() {
    let members = |keys: &str| {
        let judged = judge(&format!(
            r#"
[pools.hub]
asset = "A"
stake = {{ a = 400, b = 300, c = 200, d = 100 }}
[services.s]
consensus = "cometbft"
attacks.halt = {{ profit_usd = 1 }}
[designs.d.services.s]
system = "ics"
provider = "hub"
mode = "top_n"
top_n = 50
{keys}
slash = 0.05
"#
        ));
        let name = |operator: &u32| judged.study.operators[*operator as usize].name.clone();
        judged.power("s").members.iter().map(name).collect::<String>()
    };
    assert_eq!(members(""), "ab");
    assert_eq!(members("opt_in = [\"d\"]"), "abd");
    assert_eq!(members("opt_in = [\"d\"]\ndenylist = [\"a\"]"), "bd");
    assert_eq!(members("allowlist = [\"b\"]"), "b");
    assert_eq!(members("opt_in = [\"c\", \"d\"]\nmin_stake = 150"), "abc");
}

/// A newcomer's stake buys no power where power is capped, or where a list or a full set keeps it out.
#[test]
fn power_on_a_shaped_consumer_is_not_for_sale() {
    let for_sale = |keys: &str| {
        let judged = consumer("a = 60, b = 30, c = 10", keys);
        !judged.target("zone", "fork").purchases.is_empty()
    };
    assert!(for_sale(""));
    for keys in ["power_cap = 40", "allowlist = [\"a\", \"b\"]", "validator_set_cap = 2"] {
        assert!(!for_sale(keys), "{keys}");
    }
}

/// Saga's auction: of three bidders the two cheapest win, at the dearer of their bids; the chainlet slashes nothing.
#[test]
fn a_chainlet_is_run_by_the_winners_of_its_auction() {
    let judged = judge(
        r#"
[pools.saga]
asset = "A"
stake = { a = 400, b = 300, c = 200 }
[services.s]
consensus = "cometbft"
attacks.control = { profit_usd = 1 }
[designs.d.services.s]
system = "saga"
provider = "saga"
price = "auction"
bids = { a = 9, b = 5, c = 6.5 }
players = 3
seats = 2
power_cap = 100
"#,
    );
    assert_eq!(units(&judged, &[("a", 0), ("b", 300), ("c", 200)]), judged.power("s").parts[0].units);
    equal(judged.forfeited("s", "control"), 0.0);
    assert_eq!(judged.target("s", "control").regimes, [crate::graph::Regime::NoSlash]);
    assert!(judged.secured("s").how.contains("each winner of the auction is paid 6.5 USD a day"));
}

/// A throttle of 5 % of the Hub's power an hour: jailing a third takes at least 5.67 hours (X/F − 2 periods), and a vote adds
/// to it; stake that is free sooner is not slashed.
#[test]
fn a_throttle_and_a_vote_delay_the_slash_of_silence() {
    let forfeited = |unbonding: f64, vote: &str| {
        let judged = judge(&format!(
            r#"
[pools.hub]
asset = "A"
stake = {{ a = 100 }}
unbonding_days = {unbonding}
[services.s]
consensus = "cometbft"
attacks.halt = {{ profit_usd = 1 }}
[designs.d.services.s]
system = "ics"
provider = "hub"
slash = 0.05
slash_halt = 0.01
{vote}
"#
        ));
        judged.forfeited("s", "halt")
    };
    let bound_days = (20.0 / 3.0 - 2.0) / 24.0;
    equal(forfeited(bound_days + 0.01, ""), 2.0);
    equal(forfeited(bound_days - 0.01, ""), 0.0);
    equal(forfeited(21.0, "vote = { probability = 0.5, delay_days = 14 }"), 1.0);
    equal(forfeited(14.0, "vote = { probability = 0.5, delay_days = 14 }"), 0.0);
}

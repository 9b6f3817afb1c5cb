//! Mesh Security: caps, discounts, liens.

use super::*;

/// The mesh of the Mesh Security documents: juno with 100 of its own at $1, osmosis and stargaze lend more than enough.
/// a stakes 98 at home; b and c have a node there (1 each) and the external stake; d has none.
fn juno(lent: u32, discount: &str) -> Judged {
    judge(&format!(
        r#"
[assets.JUNO]
price_usd = 1
[assets.OSMO]
price_usd = 0.5
[assets.STARS]
price_usd = 0.01
[pools.juno]
asset = "JUNO"
stake = {{ a = 98, b = 1, c = 1 }}
[pools.osmosis]
asset = "OSMO"
stake = {{ b = {lent}, d = 5000 }}
[pools.stargaze]
asset = "STARS"
stake = {{ c = 100000 }}
[services.juno]
consensus = "cometbft"
{KINDS}
[services.osmosis]
consensus = "cometbft"
attacks.fork = {{ profit_usd = 1, amnesia = false }}
[designs.d.services.osmosis]
system = "pos"
pool = "osmosis"
slash = 0.05
[designs.d.services.juno]
system = "mesh"
local = {{ pool = "juno", slash = 0.05 }}
external = [
    {{ pool = "osmosis", slash = 0.1, max_power = "1/3"{discount} }},
    {{ pool = "stargaze", slash = 0.2, max_power = "1/9" }},
]
"#
    ))
}

#[test]
fn external_power_is_capped_at_its_share_of_the_whole() {
    let judged = juno(1000, "");
    // 1/3 and 1/9 of 180 where 100 is native.
    for (operator, usd) in [("a", 98.0), ("b", 1.0 + 60.0), ("c", 1.0 + 20.0)] {
        // Prices are integers of 10⁻⁹ USD: with thousands of tokens the sum is good to far less than a cent.
        let power = judged.power_usd("juno", operator);
        assert!((power - usd).abs() < 1e-3, "{operator} has {power}, by hand {usd}");
    }
}

#[test]
fn an_operator_without_a_node_gives_no_power_and_risks_nothing() {
    let judged = juno(1000, "");
    equal(judged.power_usd("juno", "d"), 0.0);
    for kind in ["fork", "halt", "control"] {
        equal(judged.forfeited_tokens(("juno", kind), "OSMO", "d"), 0.0);
    }
    // At home it is slashed as ever.
    equal(judged.forfeited_tokens(("osmosis", "fork"), "OSMO", "d"), 250.0);
}

#[test]
fn below_its_cap_external_stake_votes_at_its_value_less_the_discount() {
    // 40 OSMO at $0.5 are $20, $15 at a discount of a quarter; both far below 60.
    let whole = juno(40, "").power_usd("juno", "b");
    let discounted = juno(40, ", discount = 0.25").power_usd("juno", "b");
    assert!((whole - 21.0).abs() < 1e-3 && (discounted - 16.0).abs() < 1e-3, "{whole} {discounted}");
}

#[test]
fn the_whole_lien_is_slashed_whatever_the_cap_leaves_of_its_power() {
    let judged = juno(1000, ", discount = 0.25");
    for kind in ["fork", "control"] {
        equal(judged.forfeited_tokens(("juno", kind), "OSMO", "b"), 100.0);
        equal(judged.forfeited_tokens(("juno", kind), "STARS", "c"), 20_000.0);
    }
    // Its own stake is slashed by juno itself, which whoever controls it does not let happen.
    equal(judged.forfeited_tokens(("juno", "fork"), "JUNO", "a"), 4.9);
    equal(judged.forfeited_tokens(("juno", "control"), "JUNO", "a"), 0.0);
}

#[test]
fn a_stake_pledged_at_home_and_abroad_loses_the_sum() {
    let judged = judge(
        r#"
[faults.equivocation]
rate_per_key_year = 1e-12
[pools.p]
asset = "A"
stake = { a = 100 }
[pools.q]
asset = "B"
stake = { a = 50 }
[services.s]
consensus = "cometbft"
attacks.fork = { profit_usd = 1, amnesia = false }
[services.t]
consensus = "cometbft"
attacks.fork = { profit_usd = 1, amnesia = false }
[designs.d.services.s]
system = "mesh"
local = { pool = "p", slash = 0.05 }
external = [{ pool = "q", slash = 0.3 }]
[designs.d.services.t]
system = "mesh"
local = { pool = "q", slash = 0.7 }
external = [{ pool = "p", slash = 0.1 }]
"#,
    );
    assert_eq!(judged.graph.designs[0].combine, [Combine::Additive; 2]);
    // p: 5 % at home, 10 % lent. q: 70 % and 30 %, as much as a vault grants.
    equal(judged.accident("A", "a"), 15.0);
    equal(judged.accident("B", "a"), 50.0);
}

//! Restaking: pooled, unique and elastic stake, redistribution.

use super::*;

/// Two AVSs x and y on one pool (60, 30, 10 at $2), an accident of signing twice, and Ethereum beside them.
fn restaked(x: &str, y: &str) -> Judged {
    judge(&format!(
        r#"
[operators]
table = [
    {{ operator = "a", serves_x = true }},
    {{ operator = "b", serves_x = true }},
    {{ operator = "c", serves_x = false }},
]
[faults.equivocation]
rate_per_key_year = 0.01
[pools.eth]
asset = "A"
stake = {{ solo = 900 }}
[pools.lst]
asset = "A"
stake = {{ a = 60, b = 30, c = 10 }}
[services.ethereum]
consensus = "ethereum"
attacks.control.profit_usd = 1
[services.x]
consensus = "cometbft"
{KINDS}
[services.y]
consensus = "cometbft"
{KINDS}
[designs.d.services.ethereum]
system = "pos"
pool = "eth"
slash = 1.0
[designs.d.services.x]
system = "eigenlayer"
pools = ["lst"]
slash = 0.5
{x}
[designs.d.services.y]
system = "eigenlayer"
pools = ["lst"]
slash = 0.4
{y}
"#
    ))
}

#[test]
fn pooled_stake_backs_every_service_whole_and_compounds() {
    let judged = restaked("", "");
    // 40 · $2 of b and c, each service by its own slash.
    equal(judged.forfeited("x", "fork"), 40.0);
    equal(judged.forfeited("y", "fork"), 32.0);
    assert_eq!(judged.graph.designs[0].combine[judged.pool("lst")], Combine::Compound);
    // An accident hits both: 60 · (1 − 0.5 · 0.6).
    equal(judged.accident("A", "a"), 42.0);
}

#[test]
fn unique_stake_is_split_equally_over_the_services_served_and_adds_up() {
    let judged = restaked("stake = \"unique\"\noperators = [\"a\", \"b\"]", "stake = \"unique\"");
    // x: 30 of a and 15 of b; y: 30, 15 and all 10 of c.
    assert_eq!(judged.power("x").parts[0].units, units(&judged, &[("a", 30), ("b", 15)]));
    assert_eq!(judged.power("y").parts[0].units, units(&judged, &[("a", 30), ("b", 15), ("c", 10)]));
    equal(judged.forfeited_tokens(("x", "fork"), "A", "a"), 15.0);
    equal(judged.forfeited_tokens(("y", "fork"), "A", "a"), 12.0);
    equal(judged.forfeited_tokens(("y", "fork"), "A", "c"), 4.0);
    assert_eq!(judged.graph.designs[0].combine[judged.pool("lst")], Combine::Additive);
    // An accident of a: 60 · (0.5 · 0.5 + 0.5 · 0.4); of c, who serves y alone: 10 · 0.4.
    equal(judged.accident("A", "a"), 27.0);
    equal(judged.accident("A", "c"), 4.0);
}

#[test]
fn allocations_say_what_part_answers_and_votes() {
    let rows = "stake = \"unique\"\nallocations = [
    { operator = \"a\", service = \"x\", pool = \"lst\", fraction = 0.25 },
    { operator = \"a\", service = \"y\", pool = \"lst\", fraction = 0.75 },
    { operator = \"b\", service = \"x\", pool = \"lst\", fraction = 1.0 },
]";
    let judged = restaked(rows, rows);
    assert_eq!(judged.power("x").parts[0].units, units(&judged, &[("a", 15), ("b", 30)]));
    assert_eq!(judged.power("y").parts[0].units, units(&judged, &[("a", 45)]));
    // 60 · 0.25 · 0.5 and 60 · 0.75 · 0.4; both by accident.
    equal(judged.forfeited_tokens(("x", "fork"), "A", "a"), 7.5);
    equal(judged.forfeited_tokens(("y", "fork"), "A", "a"), 18.0);
    equal(judged.accident("A", "a"), 25.5);
    equal(judged.accident("A", "c"), 0.0);
}

#[test]
fn a_list_or_a_column_says_who_serves() {
    for serves in ["operators = [\"a\", \"b\"]", "operators = \"serves_x\""] {
        let judged = restaked(serves, "");
        assert_eq!(judged.power("x").parts[0].units, units(&judged, &[("a", 60), ("b", 30)]), "{serves}");
        equal(judged.forfeited_tokens(("x", "fork"), "A", "c"), 0.0);
        assert_eq!(judged.power("y").members.len(), 3);
    }
}

#[test]
fn a_power_table_votes_in_place_of_restaked_stake() {
    let judged = restaked("power = { a = 1, b = 2, c = 3 }\noperators = [\"a\", \"b\"]", "");
    assert_eq!(judged.power("x").parts[0].units, units(&judged, &[("a", 1), ("b", 2)]));
    // Losses 60 and 30 over weights 1 and 2: b alone holds 2 of 3 > 1/3 and forfeits 30 · $2 · 0.5.
    equal(judged.forfeited("x", "fork"), 30.0);
    assert!(judged.target("x", "fork").purchases.is_empty());
}

#[test]
fn an_avs_slashes_on_the_designs_one_ethereum() {
    let judged = restaked("", "executes_on = \"y\"");
    let design = &judged.study.designs[0];
    let executors: Vec<Option<&str>> = design
        .services
        .iter()
        .map(|(service, system)| {
            let backing = backing_of(&judged.study, design, *service, system).unwrap();
            backing.liabilities[0].executes_on.map(|on| judged.study.services[on].name.as_str())
        })
        .collect();
    assert_eq!(executors, [Some("ethereum"), Some("ethereum"), Some("y")]);
    // So control of x is slashed (70 · $2 · 0.5), control of y is not.
    equal(judged.forfeited("x", "control"), 70.0);
    equal(judged.forfeited("y", "control"), 0.0);
}

#[test]
fn stake_that_is_anothers_as_well_counts_once() {
    let study = |underlying: &str, eth: &str| {
        judge(&format!(
            r#"
[pools.eth]
asset = "A"
stake = {{ a = 100, b = 50 }}
[pools.native]
asset = "A"
stake = {{ a = 40, c = 10 }}
{underlying}
[pools.other]
asset = "B"
stake = {{ a = 7 }}
[pools.unused]
asset = "B"
stake = {{ a = 1000 }}
[services.ethereum]
consensus = "ethereum"
attacks.fork = {{ profit_usd = 1, amnesia = false }}
[services.x]
consensus = "cometbft"
attacks.fork = {{ profit_usd = 1, amnesia = false }}
[designs.d.services.x]
system = "eigenlayer"
pools = ["native", "other"]
slash = 0.5
{eth}
"#
        ))
    };
    let chain = "[designs.d.services.ethereum]\nsystem = \"pos\"\npool = \"eth\"\nslash = 1.0";
    let stake = |judged: &Judged, asset: &str| {
        let amounts = &judged.graph.designs[0].stake;
        ["a", "b", "c"].map(|operator| tokens(judged, amounts, asset, operator).to_bits())
    };
    let bits = |tokens: [f64; 3]| tokens.map(f64::to_bits);
    let shared = study("underlying = \"eth\"", chain);
    assert_eq!(stake(&shared, "A"), bits([100.0, 50.0, 0.0]));
    assert_eq!(stake(&shared, "B"), bits([7.0, 0.0, 0.0]));
    assert_eq!(stake(&study("", chain), "A"), bits([140.0, 50.0, 10.0]));
    // Without the chain in the design, the restaked stake is all there is.
    assert_eq!(stake(&study("underlying = \"eth\"", ""), "A"), bits([40.0, 0.0, 10.0]));
}

/// EigenLayer by Bar-Zur and Eyal: what a Byzantine service slashes is gone, and the allocations of the others stretch over
/// what is left: σ' = σ − w, w' = min(w, σ').
#[test]
fn elastic_stake_stretches_over_what_a_byzantine_service_leaves() {
    let judged_by = |byzantine: bool, slash: &str| {
        judge(&format!(
            r#"
[pools.p]
asset = "A"
stake = {{ a = 100, b = 100 }}
[services.s]
consensus = "quorum"
attacks.steal = {{ profit_usd = 1, threshold = ">= 1" }}
[services.t]
consensus = "quorum"
attacks.steal = {{ profit_usd = 1, threshold = ">= 1"{} }}
[designs.d.services.s]
system = "eigenlayer"
pools = ["p"]
stake = "elastic"
allocations = [
    {{ operator = "a", service = "s", pool = "p", fraction = 0.8 }},
    {{ operator = "b", service = "s", pool = "p", fraction = 0.3 }},
    {{ operator = "a", service = "t", pool = "p", fraction = 0.6 }},
    {{ operator = "b", service = "t", pool = "p", fraction = 0.6 }},
]
slash = 1
[designs.d.services.t]
system = "eigenlayer"
pools = ["p"]
stake = "elastic"
allocations = [
    {{ operator = "a", service = "s", pool = "p", fraction = 0.8 }},
    {{ operator = "b", service = "s", pool = "p", fraction = 0.3 }},
    {{ operator = "a", service = "t", pool = "p", fraction = 0.6 }},
    {{ operator = "b", service = "t", pool = "p", fraction = 0.6 }},
]
slash = {}
byzantine = {byzantine}
"#,
            if slash == "attack" { ", slash = 1" } else { "" },
            if slash == "attack" { "0" } else { "1" },
        ))
    };
    let judged = |byzantine: bool| judged_by(byzantine, "design");
    // Both are needed: 80 and 30 tokens at $2.
    equal(judged(false).forfeited("s", "steal"), 220.0);
    // t takes 60 of each: 40 of a's 80 are left, and b's 30 fit in its 40.
    let after = judged(true);
    equal(after.forfeited("s", "steal"), 2.0 * (40.0 + 30.0));
    let taken: f64 = after.graph.designs[0].faults.iter().flat_map(|f| &f.mean_of_all).map(|(_, t)| t).sum();
    equal(taken, 120.0);
    // It slashes as much as it can, also where only its attack says how much that is.
    let after = judged_by(true, "attack");
    equal(after.forfeited("s", "steal"), 2.0 * (40.0 + 30.0));
}

/// EIG-30: of operators with 10, 5 and 15 tokens the least with a third is the first. Redistributed to the attacker, the
/// slash is its profit; native ETH never is.
#[test]
fn redistribution_pays_the_attacker_what_is_slashed() {
    let judged = |keys: &str, underlying: &str| {
        judge(&format!(
            r#"
[pools.base]
asset = "A"
stake = {{ z = 1 }}
[pools.p]
asset = "A"
stake = {{ a = 10, b = 5, c = 15 }}
{underlying}
[services.s]
consensus = "quorum"
attacks.steal = {{ profit_usd = 1, threshold = ">= 1/3" }}
[designs.d.services.s]
system = "eigenlayer"
pools = ["p"]
slash = 1
{keys}
"#
        ))
    };
    let net = |judged: &Judged| judged.outcome("s", "steal").net_gain(0);
    // 10 tokens at $2 against a profit of $1.
    equal(net(&judged("", "")), 1.0 - 20.0);
    // All of it comes back: only the profit is left. Half of it: half the cost.
    equal(net(&judged("redistribution = 1", "")), 1.0);
    equal(net(&judged("redistribution = 0.5", "")), 1.0 - 10.0);
    equal(net(&judged("redistribution = 1", "underlying = \"base\"")), 1.0 - 20.0);
    // The bound allows for everybody's 30 tokens.
    let bound = judged("redistribution = 1", "").outcome("s", "steal").net_gain_upper(0);
    assert!(bound >= 1.0 + 60.0 - 20.0 - 1e-9, "{bound}");
}

/// Two assets and bought stake come back by redistribution: what is witnessed never exceeds the bound.
#[test]
fn what_returns_is_bounded_over_assets_and_purchases() {
    let judged = judge(
        r#"
[adversary]
routes = ["bribe", "acquire"]
bribe_premium = 0.0
[pools.p]
asset = "A"
stake = { a = 10, b = 10 }
[pools.q]
asset = "B"
stake = { a = 10, b = 10 }
[services.s]
consensus = "quorum"
attacks.steal = { profit_usd = 1, threshold = ">= 3/4" }
[designs.d.services.s]
system = "eigenlayer"
pools = ["p", "q"]
slash = 0.9
redistribution = 1
"#,
    );
    let outcome = judged.outcome("s", "steal");
    // Both assets of both operators.
    equal(outcome.returnable[0], 0.9 * (20.0 * 2.0 + 20.0 * 4.0));
    assert!(outcome.net_gain(0) <= outcome.net_gain_upper(0) + 1e-9);
    let bought = judged.route("s", "steal", Route::Acquire).unwrap();
    assert!(bought.returned[0] - bought.cost[0] + 1.0 <= outcome.net_gain_upper(0) + 1e-9);
}

/// What one service's table allocates is not there for another that has no table.
#[test]
fn unique_stake_is_not_committed_twice() {
    let judged = judge(
        r#"
[pools.p]
asset = "A"
stake = { a = 60 }
[services.x]
consensus = "quorum"
attacks.fork = { profit_usd = 1, amnesia = false, threshold = "> 1/3" }
[services.y]
consensus = "quorum"
attacks.fork = { profit_usd = 1, amnesia = false, threshold = "> 1/3" }
[designs.d.services.x]
system = "eigenlayer"
pools = ["p"]
stake = "unique"
allocations = [{ operator = "a", service = "x", pool = "p", fraction = 0.75 }]
slash = 1.0
[designs.d.services.y]
system = "eigenlayer"
pools = ["p"]
stake = "unique"
slash = 1.0
"#,
    );
    equal(judged.forfeited_tokens(("x", "fork"), "A", "a"), 45.0);
    equal(judged.forfeited_tokens(("y", "fork"), "A", "a"), 15.0);
}

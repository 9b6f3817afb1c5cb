//! Stake that is bought.

use super::*;

const MARKET: &str = r#"
[adversary]
routes = ["acquire"]
carry_apr = 0.1
[assets.A]
price_usd = 2
liquidity_usd = 1000
[assets.B]
price_usd = 4
liquidity_usd = 8000
[pools.p]
asset = "A"
stake = { a = 60, b = 40 }
unbonding_days = 36.525
[pools.q]
asset = "B"
stake = { a = 12.5, c = 1000 }
unbonding_days = 73.05
[services.s]
consensus = "cometbft"
asset = "A"
attacks.fork = { profit_usd = 1, amnesia = false, drawdown = 0.2, duration_hours = 87.66 }
attacks.control = { profit_usd = 1, drawdown = 0.2 }
"#;

#[test]
fn buying_stake_costs_impact_slash_drawdown_and_carry() {
    let pos = "[designs.d.services.s]\nsystem = \"pos\"\npool = \"p\"\nslash = 0.05";
    let judged = judge(&format!("{MARKET}{pos}"));
    // A third of the new total: half of 100 tokens, $100. Impact 100²/2000 = 5, slash 5, drawdown 0.2 · 95 = 19,
    // carry 10 % over 1/10 year of unbonding and 1/100 of attack: 0.011 · 105.
    let fork = judged.route("s", "fork", Route::Acquire).unwrap();
    equal(fork.capital[0], 105.0);
    equal(fork.forfeited[0], 5.0);
    equal(fork.cost[0], 5.0 + 5.0 + 19.0 + 1.155);
    // Two thirds: twice the 100 tokens, $400. Impact 80, no slash, drawdown 80, carry 0.01 · 480.
    let control = judged.route("s", "control", Route::Acquire).unwrap();
    equal(control.capital[0], 480.0);
    equal(control.forfeited[0], 0.0);
    equal(control.cost[0], 80.0 + 80.0 + 4.8);
}

#[test]
fn in_a_mesh_native_stake_is_bought_against_the_power_of_both_assets() {
    let mesh = "[designs.d.services.s]\nsystem = \"mesh\"\nlocal = { pool = \"p\", slash = 0.05 }
external = [{ pool = \"q\", slash = 0.1, discount = 0.2, max_power = \"1/3\" }]";
    let judged = judge(&format!("{MARKET}{mesh}"));
    // $200 native and 12.5 · $4 · 0.8 = $40 of a's (c has no node; the cap of $100 does not bind): half of 240 is bought
    // in A. Impact 120²/2000 = 7.2, slash 6, drawdown 0.2 · 114, carry 0.011 · 127.2.
    let fork = judged.route("s", "fork", Route::Acquire).unwrap();
    equal(fork.capital[0], 127.2);
    equal(fork.forfeited[0], 6.0);
    equal(fork.cost[0], 7.2 + 6.0 + 22.8 + 1.3992);
    assert_eq!(judged.target("s", "fork").purchases.len(), 1);
}

#[test]
fn restaked_stake_is_bought_in_the_cheaper_of_two_assets() {
    let avs = "[designs.d.services.s]\nsystem = \"eigenlayer\"\npools = [\"p\", \"q\"]\nslash = 0.05";
    let judged = judge(&format!("{MARKET}{avs}"));
    // $200 of A and 1012.5 · $4 = $4050 of B: half of 4250 is 2125. In A the impact alone is 2125²/2000 = $2258; in B it
    // is 2125²/16000 = 282.2265625, slash 106.25, no drawdown (A falls), carry 0.021 · 2407.2265625.
    let fork = judged.route("s", "fork", Route::Acquire).unwrap();
    equal(fork.capital[0], 2_407.226_562_5);
    equal(fork.forfeited[0], 106.25);
    equal(fork.cost[0], 282.226_562_5 + 106.25 + 50.551_757_812_5);
    assert_eq!(judged.target("s", "fork").purchases.len(), 2);
}

#[test]
fn what_two_designs_secure_alike_stands_once_in_the_graph() {
    let judged = judge(
        r#"
[pools.p]
asset = "A"
stake = { a = 100 }
[services.s]
consensus = "cometbft"
attacks.fork = { profit_usd = 1, amnesia = false }
[services.t]
consensus = "cometbft"
attacks.fork = { profit_usd = 1, amnesia = false }
[designs.d.services.s]
system = "pos"
pool = "p"
slash = 0.05
[designs.d.services.t]
system = "pos"
pool = "p"
slash = 0.05
[designs.other]
extends = "d"
[designs.other.services.t]
system = "pos"
pool = "p"
slash = 0.06
"#,
    );
    assert_eq!(judged.graph.secured.len(), 3);
    assert_eq!(judged.secured_at("d", "s"), judged.secured_at("other", "s"));
    assert_ne!(judged.secured_at("d", "t"), judged.secured_at("other", "t"));
}

/// 100 A at $2 and plenty of B lent under a cap of a third: each A bought raises the cap, so a third of the power
/// takes 100 A more (200 of 600 USD), not the third of what was there.
#[test]
fn bought_stake_raises_the_cap_of_the_lenders() {
    let judged = judge(
        r#"
[adversary]
routes = ["acquire"]
[pools.p]
asset = "A"
stake = { a = 100 }
[pools.q]
asset = "B"
stake = { a = 1000000 }
[services.s]
consensus = "cometbft"
attacks.fork = { profit_usd = 1, amnesia = false }
attacks.control.profit_usd = 1
[designs.d.services.s]
system = "mesh"
local = { pool = "p", slash = 0.05 }
external = [{ pool = "q", slash = 0.1, max_power = "1/3" }]
"#,
    );
    let price = judged.study.assets[judged.study.pools[0].asset].price_usd;
    let targets = &judged.outcomes.targets;
    let capital = |kind: &str| {
        let index = judged.study.services[0].attacks.iter().position(|attack| attack.kind == kind).unwrap();
        targets[index].routes[0].costs.capital[0]
    };
    equal(capital("fork"), 100.0 * price);
}

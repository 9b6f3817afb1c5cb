//! Plain proof of stake: power, slashes, and what an operator loses itself.

use super::*;

/// One chain of 100 tokens at $2: 60, 30 and 10. Forks and halts take b and c (40), control takes a and c (70).
fn chain(attacks: &str, slash: &str) -> Judged {
    judge(&format!(
        r#"
[pools.p]
asset = "A"
stake = {{ a = 60, b = 30, c = 10 }}
[services.s]
consensus = "cometbft"
{attacks}
[designs.d.services.s]
system = "pos"
pool = "p"
slash = 0.05
{slash}
"#
    ))
}

#[test]
fn a_fork_forfeits_the_slash_of_the_stake() {
    let judged = chain(KINDS, "");
    // 40 tokens · $2 · 5 %.
    equal(judged.forfeited("s", "fork"), 4.0);
    equal(judged.bribe("s", "fork"), 4.0);
}

#[test]
fn a_chain_that_is_halted_or_controlled_does_not_slash() {
    let judged = chain(KINDS, "slash_halt = 0.01");
    for kind in ["halt", "control"] {
        equal(judged.forfeited("s", kind), 0.0);
        equal(judged.bribe("s", kind), 0.0);
    }
}

#[test]
fn social_consensus_slashes_with_its_probability() {
    let judged = chain(KINDS, "slash_halt = 0.01\nsocial_slash_probability = 0.25");
    // 70 · $2 · 5 % and 40 · $2 · 1 %, a quarter of each; the fork is slashed by the chain itself.
    equal(judged.forfeited("s", "control"), 1.75);
    equal(judged.forfeited("s", "halt"), 0.2);
    equal(judged.forfeited("s", "fork"), 4.0);
}

#[test]
fn a_slash_that_executes_always_lands_on_halt_and_control() {
    let judged = chain(KINDS, "slash_halt = 0.01\nexecutes_on = \"always\"");
    // 70 · $2 · 5 % and 40 · $2 · 1 %.
    equal(judged.forfeited("s", "control"), 7.0);
    equal(judged.forfeited("s", "halt"), 0.8);
}

#[test]
fn an_attack_may_state_its_own_slash() {
    let kinds = "attacks.fork = { profit_usd = 1, amnesia = false, slash = 0.2 }
attacks.halt = { profit_usd = 1, slash = 0.3 }
attacks.control.profit_usd = 1";
    let judged = chain(kinds, "executes_on = \"always\"");
    // 40 · $2 · 20 % and 40 · $2 · 30 %; control keeps the design's 5 % of 70 · $2.
    equal(judged.forfeited("s", "fork"), 16.0);
    equal(judged.forfeited("s", "halt"), 24.0);
    equal(judged.forfeited("s", "control"), 7.0);
}

#[test]
fn an_offence_that_is_not_slashable_forfeits_nothing() {
    let judged =
        chain("attacks.fork = { profit_usd = 1, amnesia = false, slash = 0.2, slashable = false }", "");
    equal(judged.forfeited("s", "fork"), 0.0);
    equal(judged.bribe("s", "fork"), 0.0);
}

#[test]
fn voting_weight_from_a_table_replaces_stake_as_power_alone() {
    let judged =
        chain("attacks.fork = { profit_usd = 1, amnesia = false }", "power = { a = 1, b = 2, c = 3 }");
    // Private losses 6, 3, 1 over weights 1, 2, 3: c is the cheapest per weight and 3 of 6 > 1/3. It forfeits
    // 10 · $2 · 5 %. Weights are not for sale.
    equal(judged.forfeited("s", "fork"), 1.0);
    assert!(judged.target("s", "fork").purchases.is_empty());
}

/// One operator a with 100 tokens of A at $2, a quarter its own, 10 % commission and friction of $3.
fn single(attacks: &str, asset: &str) -> Judged {
    judge(&format!(
        r#"
[operators]
table = [{{ operator = "a", own_share = 0.25, commission = 0.1, friction_usd = 3 }}]
[pools.p]
asset = "A"
stake = {{ a = 100 }}
reward_apr = 0.2
franchise_years = 2
[services.s]
consensus = "cometbft"
asset = "{asset}"
{attacks}
[designs.d.services.s]
system = "pos"
pool = "p"
slash = 0.1
jail_minutes = 0
"#
    ))
}

#[test]
fn private_loss_is_own_stake_franchise_silence_and_friction() {
    // 87.66 hours are 1/100 of a year of 8766.
    let kind = "{ profit_usd = 1, amnesia = false, drawdown = 0.5, duration_hours = 87.66 }";
    let judged = single(&format!("attacks.fork = {kind}\nattacks.halt = {kind}"), "A");
    // Fork, per token: own 0.25 · (0.1 + 0.5 · 0.9) = 0.1375; commission income 0.75 · 0.1 = 0.075 a unit of reward, lost
    // for 2 years; reward of 0.25 + 0.075 lost for 1/100 year: 0.2 · (0.15 + 0.00325) = 0.03065. 100 · $2 · 0.16815 + 3.
    equal(judged.bribe("s", "fork"), 36.63);
    equal(judged.forfeited("s", "fork"), 20.0);
    // Halt: nothing slashed, nobody ejected: own 0.25 · 0.5 = 0.125, silence 0.2 · 0.00325 = 0.00065.
    equal(judged.bribe("s", "halt"), 200.0 * 0.12565 + 3.0);
    equal(judged.forfeited("s", "halt"), 0.0);
}

#[test]
fn a_slash_that_does_not_land_ejects_nobody() {
    let judged =
        single("attacks.fork = { profit_usd = 1, amnesia = false }\nattacks.control.profit_usd = 1", "A");
    // Fork: own 0.25 · 0.1 = 0.025 and franchise 0.2 · 2 · 0.075 = 0.03 a token. Control: friction alone.
    equal(judged.bribe("s", "fork"), 200.0 * 0.055 + 3.0);
    equal(judged.bribe("s", "control"), 3.0);
}

#[test]
fn the_fall_of_another_asset_costs_the_stake_nothing() {
    let attack = "attacks.fork = { profit_usd = 1, amnesia = false, drawdown = 0.5 }";
    // Own part: 0.25 · (0.1 + 0.5 · 0.9) in A, 0.25 · 0.1 where B falls.
    equal(single(attack, "A").bribe("s", "fork"), 200.0 * (0.1375 + 0.03) + 3.0);
    equal(single(attack, "B").bribe("s", "fork"), 200.0 * (0.025 + 0.03) + 3.0);
}

#[test]
fn a_drawdown_falls_on_the_pools_of_the_service_asset_alone() {
    let judged = judge(
        r#"
[pools.p]
asset = "A"
stake = { a = 100 }
[pools.q]
asset = "B"
stake = { a = 100 }
[services.s]
consensus = "cometbft"
asset = "A"
attacks.fork = { profit_usd = 1, amnesia = false, drawdown = 0.5 }
[designs.d.services.s]
system = "eigenlayer"
pools = ["p", "q"]
slash = 0.1
"#,
    );
    // Slash 10 % of $200 and $400; then half of the $180 left in p.
    equal(judged.forfeited("s", "fork"), 60.0);
    equal(judged.bribe("s", "fork"), 150.0);
}

#[test]
fn a_bribe_is_the_private_loss_with_the_premium() {
    let text = r#"
[adversary]
routes = ["collude", "bribe"]
bribe_premium = 0.5
[pools.p]
asset = "A"
stake = { a = 60, b = 30, c = 10 }
[services.s]
consensus = "cometbft"
attacks.fork = { profit_usd = 1, amnesia = false }
[designs.d.services.s]
system = "pos"
pool = "p"
slash = 0.05
"#;
    let judged = judge(text);
    // 1.5 · 40 · $2 · 5 %; where so few can join, nobody does it for less.
    equal(judged.bribe("s", "fork"), 6.0);
    equal(judged.route("s", "fork", Route::Bribe).unwrap().lower[0], 6.0);
    // Nobody colludes in the base state.
    assert!(judged.route("s", "fork", Route::Collude).unwrap().cost[0].is_infinite());
}

/// Jail for silence ejects nobody; a tombstone does, even where nothing is slashed.
#[test]
fn a_tombstone_costs_the_franchise_and_silence_does_not() {
    let judged = |slash: &str| {
        judge(&format!(
            r#"
[operators]
table = [{{ operator = "a", own_share = 0, commission = 0.1 }}]
[pools.p]
asset = "A"
stake = {{ a = 100 }}
reward_apr = 0.2
franchise_years = 2
[services.s]
consensus = "cometbft"
attacks.fork = {{ profit_usd = 1, amnesia = false }}
attacks.halt = {{ profit_usd = 1, duration_hours = 0 }}
[designs.d.services.s]
system = "pos"
pool = "p"
slash = {slash}
slash_halt = 0.5
executes_on = "always"
jail_minutes = 0
"#
        ))
    };
    for slash in ["0", "0.05"] {
        // Two years of a tenth of 20 % of $200.
        equal(judged(slash).bribe("s", "fork"), 8.0);
        equal(judged(slash).bribe("s", "halt"), 0.0);
    }
}

/// Silence costs the income of the outage and of the jail, whatever is slashed.
#[test]
fn a_halt_costs_income_and_jail() {
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
system = "pos"
pool = "p"
slash = 0.05
jail_minutes = 90
"#,
    );
    // 11.5 hours of a year of 8766 at 0.8766: 100 · $2 · 0.8766 · 11.5 / 8766.
    equal(judged.bribe("s", "halt"), 200.0 * 11.5e-4);
}

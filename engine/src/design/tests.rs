//! Every system against numbers worked out by hand, in the base state: today's prices, nobody colludes, everybody can
//! be bribed.

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

const KINDS: &str = "attacks.fork = { profit_usd = 1, amnesia = false }\nattacks.halt.profit_usd = 1\nattacks.control.profit_usd = 1";

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

/// Units in operator order.
fn units(judged: &Judged, stakes: &[(&str, u128)]) -> Vec<u128> {
    let mut units = vec![0; judged.study.operators.len()];
    for (operator, stake) in stakes {
        units[judged.operator(operator)] = *stake;
    }
    units
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

/// 100 TH/s at $40 a TH/s, 30 J/TH, energy at $0.05 a kWh, rent at $0.5 a TH/s and day; six hours.
fn mined(keys: &str, threshold: &str) -> Judged {
    judge(&format!(
        r#"
[adversary]
routes = ["bribe", "acquire", "rent", "hardware"]
carry_apr = 0.1
[services.s]
consensus = "pow"
asset = "B"
attacks.control = {{ profit_usd = 1, drawdown = 0.5{threshold} }}
[designs.d.services.s]
system = "pow"
hash_rate_ths = 100
hardware_usd_per_ths = 40
efficiency_j_per_th = 30
energy_usd_per_kwh = 0.05
rental_usd_per_ths_day = 0.5
duration_hours = 6
{keys}
"#
    ))
}

#[test]
fn hash_rate_is_rented_for_the_attack_or_bought_with_energy_and_carry() {
    let judged = mined("rental_capacity_ths = 100\nresale = 0.25", "");
    // As much again as the honest 100: rent 100 · 0.5 · 6/24.
    let rent = judged.route("s", "control", Route::Rent).unwrap();
    equal(rent.cost[0], 12.5);
    equal(rent.capital[0], 12.5);
    equal(rent.forfeited[0], 0.0);
    // $4000 of hardware, of which a quarter is recovered; 3 kW for six hours: 18 kWh, $0.9; carry 10 % · 6/8766.
    let hardware = judged.route("s", "control", Route::Hardware).unwrap();
    equal(hardware.capital[0], 4000.9);
    equal(hardware.cost[0], 3000.0 + 0.9 + 4000.9 * 0.1 * 6.0 / 8766.0);
    // Nobody to bribe, nothing staked to buy.
    assert!(judged.route("s", "control", Route::Bribe).is_none());
    assert!(judged.route("s", "control", Route::Acquire).is_none());
}

#[test]
fn a_third_of_the_sum_takes_half_as_much_hash_rate() {
    let judged = mined("rental_capacity_ths = 100", ", threshold = \"> 1/3\"");
    equal(judged.route("s", "control", Route::Rent).unwrap().cost[0], 6.25);
    equal(judged.route("s", "control", Route::Hardware).unwrap().capital[0], 2000.45);
}

#[test]
fn hash_rate_beyond_the_rental_market_cannot_be_rented() {
    for keys in ["rental_capacity_ths = 99.9", ""] {
        let judged = mined(keys, "");
        assert!(judged.route("s", "control", Route::Rent).is_none(), "{keys}");
        assert!(judged.route("s", "control", Route::Hardware).is_some());
    }
}

#[test]
fn rewards_after_the_fall_offset_what_hash_rate_costs() {
    let rewards = "rental_capacity_ths = 100\nblock_reward_usd_per_day = 40\nreward_asset = \"B\"";
    let judged = mined(rewards, "");
    // $10 in six hours, $5 after the drawdown: 1.25 of B at $4.
    equal(judged.route("s", "control", Route::Rent).unwrap().cost[0], 7.5);
    equal(judged.route("s", "control", Route::Rent).unwrap().capital[0], 12.5);
    equal(judged.target("s", "control").mining.as_ref().unwrap().reward, 1.25);
    // Mining that earns more than its rent is no gain of the attack.
    let rich = mined(&rewards.replace("= 40", "= 4000"), "");
    equal(rich.route("s", "control", Route::Rent).unwrap().cost[0], 0.0);
}

/// A base chain, and two services that rest on it: one with fork and halt, one with control.
fn resting(success: &str) -> Judged {
    judge(&resting_text(success))
}

fn resting_text(success: &str) -> String {
    format!(
        r#"
[pools.p]
asset = "A"
stake = {{ a = 100 }}
[services.base]
consensus = "cometbft"
attacks.fork = {{ amnesia = false, profit_usd = 10{success} }}
attacks.halt.profit_usd = 5
attacks.control.profit_usd = 20
[services.app]
consensus = "cometbft"
attacks.fork = {{ amnesia = false, profit_usd = 100, depends_on = {{ base = 0.5 }} }}
attacks.halt = {{ profit_usd = 30, depends_on = {{ base = 1.0 }} }}
[services.bridge]
consensus = "quorum"
attacks.theft = {{ profit_usd = 400, threshold = "> 1/2", depends_on = {{ base = 0.25 }} }}
[designs.d.services.base]
system = "pos"
pool = "p"
slash = 0.05
[designs.d.services.app]
system = "pos"
pool = "p"
slash = 0.05
[designs.d.services.bridge]
system = "pos"
pool = "p"
slash = 0.05
[designs.alone.services.base]
system = "pos"
pool = "p"
slash = 0.05
"#
    )
}

#[test]
fn corrupting_the_base_realises_what_rests_on_it_once_a_service() {
    let judged = resting("");
    // Of app the larger of 0.5 · 100 and 30, of bridge 0.25 · 400.
    equal(judged.profit("base", "fork"), 10.0 + 50.0 + 100.0);
    equal(judged.profit("base", "control"), 20.0 + 50.0 + 100.0);
    // The other way nothing is realised.
    equal(judged.profit("app", "fork"), 100.0);
}

#[test]
fn halting_the_base_realises_halts_alone() {
    equal(resting("").profit("base", "halt"), 5.0 + 30.0);
}

#[test]
fn the_probability_of_success_scales_everything_realised() {
    equal(resting(", success_probability = 0.5").profit("base", "fork"), 80.0);
}

/// What rests on the base is taken from one value of 120: 10 + min(120, 0.5 · 100 + 0.25 · 400) instead of 160, and attacking the bridge
/// as well adds no more than what is left of it.
#[test]
fn a_shared_value_is_not_realised_twice() {
    let mut text =
        resting_text("") + "\n[adversary]\nbribe_premium = 0.0\njoint = true\nprofit_pools = { v = 120 }\n";
    for service in ["app", "bridge"] {
        let head = format!("[services.{service}]\n");
        text = text.replace(&head, &format!("{head}profit_pool = \"v\"\n"));
    }
    let judged = judge(&text);
    equal(judged.profit("base", "fork"), 130.0);
    equal(judged.profit("bridge", "theft"), 120.0);
    equal(judged.profit("app", "fork"), 100.0);
    let joint = &judged.graph.designs[0].joint;
    let columns: Vec<f64> =
        judged.study.services.iter().flat_map(|s| s.attacks.iter().map(|attack| attack.profit_usd)).collect();
    // Services in name order: app's fork and halt, base's control, fork and halt, bridge's theft.
    let profit = |set: u128| joint.profit_usd(set, |column| columns[column]);
    equal(profit(1 << 3), 130.0);
    equal(profit(1 << 3 | 1 << 5), 130.0);
    equal(profit(1 | 1 << 5), 120.0);
    equal(profit(1), 100.0);
}

#[test]
fn what_a_design_leaves_out_is_not_realised() {
    let judged = resting("");
    let alone = &judged.outcomes.targets[judged.outcomes.first_target[judged.secured_at("alone", "base")]..];
    let control = judged.study.services.iter().find(|s| s.name == "base").unwrap();
    for (outcome, attack) in alone.iter().zip(&control.attacks) {
        equal(outcome.profit[0], attack.profit_usd);
    }
}

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

/// What one service's table allocates is not there for another that has no table.
/// EigenLayer by Bar-Zur and Eyal: what a Byzantine service slashes is gone, and the allocations of the others stretch over
/// what is left: σ' = σ − w, w' = min(w, σ').
#[test]
fn elastic_stake_stretches_over_what_a_byzantine_service_leaves() {
    let judged = |byzantine: bool| {
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
attacks.steal = {{ profit_usd = 1, threshold = ">= 1" }}
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
slash = 1
byzantine = {byzantine}
"#
        ))
    };
    // Both are needed: 80 and 30 tokens at $2.
    equal(judged(false).forfeited("s", "steal"), 220.0);
    // t takes 60 of each: 40 of a's 80 are left, and b's 30 fit in its 40.
    let after = judged(true);
    equal(after.forfeited("s", "steal"), 2.0 * (40.0 + 30.0));
    let taken: f64 = after.graph.designs[0].faults.iter().flat_map(|f| &f.mean_of_all).map(|(_, t)| t).sum();
    equal(taken, 120.0);
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

/// Two days of silence on Ethereum: the leak and the attestations missed, as the protocol's own loop has them.
#[test]
fn a_halt_of_ethereum_leaks() {
    let judged = judge(
        r#"
[pools.p]
asset = "A"
stake = { a = 3200, b = 6400 }
slashing = "ethereum"
fork = "deneb"
[services.s]
consensus = "ethereum"
attacks.halt = { profit_usd = 1, duration_hours = 48, threshold = ">= 1/2" }
attacks.fork = { profit_usd = 1, threshold = ">= 1/2" }
[designs.d.services.s]
system = "pos"
pool = "p"
"#,
    );
    use crate::rules::ethereum::{Fork, outage_loss, slashing_loss};
    let gwei = 1_000_000_000;
    let loss = outage_loss(Fork::Bellatrix, 32 * gwei, 9600 * gwei, 450);
    let leaked = crate::moments::count(loss.leak + loss.attestations) / 1e9;
    equal(judged.forfeited("s", "halt"), 2.0 * 200.0 * leaked);
    // Half of it slashed together: what the correlation penalty leaves is what attestations took before.
    let half = slashing_loss(Fork::Bellatrix, 32 * gwei, 4800 * gwei, 9600 * gwei);
    equal(judged.forfeited("s", "fork"), 2.0 * 200.0 * crate::moments::count(half.total()) / 1e9);
}

/// Amnesia, a network that may be late, an offence that cannot be attributed, rules that slash nothing: said, and left out.
#[test]
fn a_slash_that_cannot_be_relied_on_is_left_out_and_said() {
    use crate::graph::Regime;
    let judged = |service: &str, attack: &str, slash: &str| {
        let judged = judge(&format!(
            r#"
[pools.p]
asset = "A"
stake = {{ a = 100 }}
[services.s]
consensus = "cometbft"
{service}
attacks.fork = {{ profit_usd = 1{attack} }}
[designs.d.services.s]
system = "pos"
pool = "p"
slash = {slash}
"#
        ));
        (judged.forfeited("s", "fork"), judged.target("s", "fork").regimes.clone())
    };
    assert_eq!(judged("", ", amnesia = false", "0.05"), (10.0, vec![]));
    assert_eq!(judged("", "", "0.05"), (0.0, vec![Regime::Amnesia]));
    let late = "network = \"partially_synchronous\"";
    assert_eq!(judged(late, ", amnesia = false", "0.05"), (0.0, vec![Regime::PartialSynchrony]));
    let unattributable = ", amnesia = false, slashable = false";
    assert_eq!(judged("", unattributable, "0.05"), (0.0, vec![Regime::Unattributable]));
    assert_eq!(judged("", ", amnesia = false", "0"), (0.0, vec![Regime::NoSlash]));
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

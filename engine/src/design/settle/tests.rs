//! Settlement against the protocols' own sums, worked out by hand.

use super::super::tests::{Judged, judge};
use crate::graph::{Accident, Assault, Bill, Incident, Luck, Strike};
use crate::rules::ethereum::{Fork, slashing_loss};
use proptest::prelude::*;

/// One operator's bill in tokens: by accident, by attack, nominal, linear; all pools together.
fn owed(bill: &Bill, operator: usize) -> [f64; 4] {
    let mut sum = [0.0; 4];
    for line in bill.lines.iter().filter(|line| line.operator == operator) {
        for (sum, part) in sum.iter_mut().zip([line.by_accident, line.by_attack, line.nominal, line.linear]) {
            *sum += part;
        }
    }
    sum
}

/// Settles an attack of `members` on (service, kind) after accidents of (operator, day) in design `d`.
fn settle(
    judged: &Judged,
    attack: Option<(&str, &str, &[&str])>,
    accidents: &[(&str, f64)],
    luck: Luck,
) -> Bill {
    let targets: Vec<(&str, &str)> = attack.iter().map(|(service, kind, _)| (*service, *kind)).collect();
    settle_all(judged, (&targets, attack.map_or(&[], |(_, _, members)| members)), accidents, luck)
}

/// The same for an attack on several targets.
fn settle_all(
    judged: &Judged,
    (targets, members): (&[(&str, &str)], &[&str]),
    accidents: &[(&str, f64)],
    luck: Luck,
) -> Bill {
    settle_parts(judged, (targets, members, &[]), accidents, luck)
}

/// The same with parts of the members' keys.
fn settle_parts(
    judged: &Judged,
    (targets, members, parts): (&[(&str, &str)], &[&str], &[f64]),
    accidents: &[(&str, f64)],
    luck: Luck,
) -> Bill {
    let design = &judged.graph.designs[0];
    let accidents: Vec<Accident> = accidents
        .iter()
        .map(|(operator, day)| Accident { operator: judged.operator(operator), fault: 0, day: *day })
        .collect();
    let members: Vec<u32> =
        members.iter().map(|name| u32::try_from(judged.operator(name)).unwrap()).collect();
    let strike = |(service, kind): &(&str, &str)| {
        let secured = |s: &usize| &judged.graph.secured[*s];
        let named = |s: &usize| judged.study.services[secured(s).service].name == *service;
        let position = design.secured.iter().position(named).unwrap();
        let targets = &secured(&design.secured[position]).targets;
        let target = targets.iter().position(|target| target.kind == *kind).unwrap();
        Strike { service: position, target, luck }
    };
    let strikes: Vec<Strike> = targets.iter().map(strike).collect();
    let day = judged.study.horizon_days;
    let assault = (!strikes.is_empty()).then_some(Assault {
        strikes: &strikes,
        members: &members,
        parts,
        day,
        held: 0,
    });
    let mut bill = Bill::default();
    design.rules.settle(&Incident { accidents: &accidents, attack: assault }, &mut bill);
    bill
}

#[track_caller]
fn equal(found: [f64; 4], expected: [f64; 4]) {
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() <= 1e-9 * expected.abs().max(1.0), "{found} is not {expected}");
    }
}

fn hub() -> Judged {
    judge(
        r#"
[faults.equivocation]
rate_per_key_year = 1e-12
[pools.hub]
asset = "A"
stake = { a = 100.5, b = 50, c = 10.1234567 }
[services.hub]
consensus = "cometbft"
attacks.fork = { profit_usd = 1, amnesia = false }
[services.s]
consensus = "cometbft"
attacks.fork = { profit_usd = 1, amnesia = false }
[designs.d.services.hub]
system = "pos"
pool = "hub"
slash = 0.05
[designs.d.services.s]
system = "ics"
provider = "hub"
slash = 0.03
detection = { probability = 0.5 }
"#,
    )
}

/// The SDK slashes whole units of power: 5 % of 100 of 100.5 tokens. A validator that an accident has tombstoned loses nothing
/// more, and a consumer's evidence comes or does not.
#[test]
fn the_first_equivocation_tombstones() {
    let hub = hub();
    let (a, b, c) = (hub.operator("a"), hub.operator("b"), hub.operator("c"));
    let bill =
        settle(&hub, Some(("hub", "fork", &["a", "b"])), &[("b", 3.0), ("c", 5.0), ("b", 9.0)], Luck::NONE);
    equal(owed(&bill, a), [0.0, 5.0, 5.0, 5.025]);
    // The linear graph counts the accident and the attack.
    equal(owed(&bill, b), [2.5, 0.0, 0.0, 5.0]);
    equal(owed(&bill, c), [0.5, 0.0, 0.0, 0.506172835]);
    let lucky = Luck { uniform: 0.6, normal: 0.0 };
    equal(owed(&settle(&hub, Some(("s", "fork", &["a"])), &[], lucky), a), [0.0, 0.0, 3.0, 0.0]);
    equal(owed(&settle(&hub, Some(("s", "fork", &["a"])), &[], Luck::NONE), a), [0.0, 3.0, 3.0, 3.015]);
}

/// Forking the hub and its consumer at once is slashed once, by the larger slash.
#[test]
fn one_stake_is_slashed_once_for_two_chains() {
    let hub = hub();
    let a = hub.operator("a");
    let both = [("hub", "fork"), ("s", "fork")];
    equal(owed(&settle_all(&hub, (&both, &["a"]), &[], Luck::NONE), a), [0.0, 5.0, 5.0, 5.025]);
    // Whether the consumer's evidence comes makes no difference.
    let lucky = Luck { uniform: 0.6, normal: 0.0 };
    equal(owed(&settle_all(&hub, (&both, &["a"]), &[], lucky), a), [0.0, 5.0, 5.0, 5.025]);
}

/// Two services with claims of their own slash one after the other; once the chain that carries the slashes out is held as
/// well, neither lands.
#[test]
fn who_holds_the_chain_that_slashes_is_not_slashed() {
    let restaked = judge(
        r#"
[pools.home]
asset = "A"
stake = { a = 100 }
[pools.p]
asset = "A"
stake = { a = 100 }
[services.eth]
consensus = "ethereum"
attacks.halt = { profit_usd = 1 }
[services.s]
consensus = "quorum"
attacks.corrupt = { profit_usd = 1, threshold = "> 1/3", slash = 0.5 }
[services.t]
consensus = "quorum"
attacks.corrupt = { profit_usd = 1, threshold = "> 1/3", slash = 0.5 }
[designs.d.services]
eth = { system = "pos", pool = "home", slash = 0.0 }
s = { system = "eigenlayer", pools = ["p"], stake = "pooled", slash = 0.0 }
t = { system = "eigenlayer", pools = ["p"], stake = "pooled", slash = 0.0 }
"#,
    );
    let two = [("s", "corrupt"), ("t", "corrupt")];
    let [_, landed, nominal, linear] = owed(&settle_all(&restaked, (&two, &["a"]), &[], Luck::NONE), 0);
    equal([landed, nominal, linear, 0.0], [75.0, 75.0, 75.0, 0.0]);
    let three = [("eth", "halt"), ("s", "corrupt"), ("t", "corrupt")];
    let [_, landed, nominal, linear] = owed(&settle_all(&restaked, (&three, &["a"]), &[], Luck::NONE), 0);
    equal([landed, nominal, linear, 0.0], [0.0, 75.0, 0.0, 0.0]);
}

/// An accident of one key of ten tombstones a tenth; the attack slashes the rest.
#[test]
fn one_key_of_many_leaves_the_others_to_be_slashed() {
    let chain = judge(
        r#"
[faults.equivocation]
rate_per_key_year = 1e-12
cluster_keys = 1
[operators]
table = [{ operator = "a", keys = 10 }]
[pools.hub]
asset = "A"
stake = { a = 1000 }
[services.hub]
consensus = "cometbft"
attacks.fork = { profit_usd = 1, amnesia = false }
[designs.d.services.hub]
system = "pos"
pool = "hub"
slash = 0.05
"#,
    );
    let bill = settle(&chain, Some(("hub", "fork", &["a"])), &[("a", 1.0), ("a", 2.0)], Luck::NONE);
    let [by_accident, by_attack, ..] = owed(&bill, 0);
    assert!(
        (by_accident - 10.0).abs() < 1e-9 && (by_attack - 40.0).abs() < 1e-9,
        "{by_accident} {by_attack}"
    );
}

/// Restaked ETH is the same ETH: what Ethereum has taken, a service cannot take again (l·m).
#[test]
fn restaked_eth_is_slashed_of_what_ethereum_leaves() {
    let both = judge(
        r#"
[faults.equivocation]
rate_per_key_year = 1e-12
[pools.base]
asset = "A"
stake = { a = 3200, b = 6400 }
slashing = "ethereum"
[pools.native]
asset = "A"
stake = { a = 3200, b = 6400 }
underlying = "base"
[services.base]
consensus = "ethereum"
attacks.fork = { profit_usd = 1 }
[services.avs]
consensus = "quorum"
attacks.steal = { profit_usd = 1, threshold = ">= 1/2" }
[designs.d.services.base]
system = "pos"
pool = "base"
[designs.d.services.avs]
system = "eigenlayer"
pools = ["native"]
slash = 0.5
"#,
    );
    let bill = settle(&both, None, &[("a", 1.0), ("b", 2.0)], Luck::NONE);
    let base: f64 = bill.lines.iter().filter(|line| line.book == 0).map(|line| line.by_accident).sum();
    let restaked: f64 = bill.lines.iter().filter(|line| line.book == 1).map(|line| line.by_accident).sum();
    assert!(base > 9000.0, "{base}");
    assert!((restaked - 0.5 * (9600.0 - base)).abs() < 1e-6, "{restaked} of {}", 9600.0 - base);
}

/// The dearest slash falls, whatever the consumer is called.
#[test]
fn liens_do_not_depend_on_names() {
    let lost = |name: &str| {
        let lent = judge(&format!(
            r#"
[faults.equivocation]
rate_per_key_year = 1e-12
[pools.hub]
asset = "A"
stake = {{ a = 100 }}
[pools.q]
asset = "B"
stake = {{ a = 1 }}
[services.hub]
consensus = "cometbft"
attacks.fork = {{ profit_usd = 1 }}
[services.{name}]
consensus = "cometbft"
attacks.fork = {{ profit_usd = 1 }}
[services.m]
consensus = "cometbft"
attacks.fork = {{ profit_usd = 1 }}
[designs.d.services.hub]
system = "pos"
pool = "hub"
slash = 0.05
[designs.d.services.{name}]
system = "ics"
provider = "hub"
slash = 0.2
[designs.d.services.m]
system = "mesh"
local = {{ pool = "q", slash = 0.05 }}
external = [{{ pool = "hub", slash = 0.1 }}]
"#
        ));
        let bill = settle(&lent, None, &[("a", 1.0)], Luck::NONE);
        let on_hub = bill.lines.iter().find(|line| lent.study.assets[line.asset].name == "A").unwrap();
        (on_hub.by_accident, on_hub.linear)
    };
    for name in ["a-consumer", "z-consumer"] {
        let (exact, linear) = lost(name);
        // The linear graph: a fifth at home and a tenth lent.
        assert!((linear - 30.0).abs() < 1e-9, "{linear}");
        // One after the other, the second on what the first has cut its lien to.
        assert!((exact - 28.0).abs() < 1e-9, "{exact}");
    }
}

/// Accidents within 18 days of each other are punished together, others on their own; an attack of a third takes everything.
#[test]
fn ethereum_punishes_company() {
    let beacon = judge(
        r#"
[faults.equivocation]
rate_per_key_year = 1e-12
[pools.p]
asset = "A"
stake = { a = 3200, b = 3200, c = 25600 }
slashing = "ethereum"
fork = "electra"
[services.s]
consensus = "ethereum"
attacks.fork = { profit_usd = 1 }
[designs.d.services.s]
system = "pos"
pool = "p"
"#,
    );
    let (a, c) = (beacon.operator("a"), beacon.operator("c"));
    let gwei = 1_000_000_000;
    let of_gwei = |together: u64| {
        let loss = slashing_loss(Fork::Electra, 32 * gwei, together, 32_000 * gwei);
        crate::moments::count(loss.total()) / 32e9
    };
    let each = |together: u64| of_gwei(together * gwei);
    let alone = 3200.0 * each(3200);
    let apart = settle(&beacon, None, &[("a", 10.0), ("b", 29.0)], Luck::NONE);
    equal(owed(&apart, a), [alone, 0.0, 0.0, alone]);
    let near = settle(&beacon, None, &[("a", 10.0), ("b", 28.0)], Luck::NONE);
    equal(owed(&near, a), [3200.0 * each(6400), 0.0, 0.0, alone]);
    assert!(each(6400) > 1.5 * each(3200));
    let fork = settle(&beacon, Some(("s", "fork", &["c"])), &[("a", 364.0)], Luck::NONE);
    // An eighth of c's keys are punished as a and all of its keys are.
    let attack: (&[(&str, &str)], &[&str], &[f64]) = (&[("s", "fork")], &["a", "c"], &[1.0, 0.125]);
    let bill = settle_parts(&beacon, attack, &[], Luck::NONE);
    let [_, of_a, ..] = owed(&bill, a);
    let [_, of_c, nominal, _] = owed(&bill, c);
    assert!((of_a - 3200.0 * each(6400)).abs() < 1e-9 && (of_c - of_a).abs() < 1e-9, "{of_a} {of_c}");
    assert!((nominal - of_c).abs() < 1e-9);
    // The linear graph knows the least coalition alone, a third.
    let all = 25_600.0 * each(28_800);
    equal(owed(&fork, c), [0.0, all, all, 25_600.0 * of_gwei(10_666_666_666_667)]);
    // Its accident falls into the window of the attack.
    equal(owed(&fork, a), [3200.0 * each(28_800), 0.0, 0.0, alone]);
}

fn restaked(stake: &str) -> Judged {
    judge(&format!(
        r#"
[faults.equivocation]
rate_per_key_year = 1e-12
[pools.p]
asset = "A"
stake = {{ a = 100 }}
[services.s]
consensus = "quorum"
attacks.steal = {{ profit_usd = 1, threshold = ">= 1" }}
[services.t]
consensus = "quorum"
attacks.steal = {{ profit_usd = 1, threshold = ">= 1" }}
[designs.d.services.s]
system = "eigenlayer"
pools = ["p"]
stake = "{stake}"
slash = 0.5
[designs.d.services.t]
system = "eigenlayer"
pools = ["p"]
stake = "{stake}"
slash = 0.4
"#
    ))
}

/// Pooled: an accident takes half, then two fifths of what is left (70 in all); the attack half of the rest. Unique: each
/// service slashes its own half of the magnitude, so nothing is counted twice (EIG-31).
#[test]
fn magnitudes_are_slashed_one_after_another() {
    let pooled = restaked("pooled");
    let bill = settle(&pooled, Some(("s", "steal", &["a"])), &[("a", 1.0)], Luck::NONE);
    equal(owed(&bill, 0), [70.0, 15.0, 15.0, 100.0]);
    let unique = restaked("unique");
    let bill = settle(&unique, Some(("s", "steal", &["a"])), &[("a", 1.0)], Luck::NONE);
    equal(owed(&bill, 0), [25.0 + 20.0, 25.0, 25.0, 70.0]);
}

/// A lien of 60 % abroad and one of 40 % at home on 200 tokens. The slash abroad takes 120 and shrinks the lien at home to
/// the 80 tokens left, of which an accident then takes 40 %.
#[test]
fn a_slash_on_one_lien_reaches_into_the_other() {
    let mesh = judge(
        r#"
[faults.equivocation]
rate_per_key_year = 1e-12
[pools.p]
asset = "A"
stake = { a = 200, b = 200 }
[pools.q]
asset = "B"
stake = { a = 50 }
[services.home]
consensus = "cometbft"
attacks.fork = { profit_usd = 1, amnesia = false }
[services.abroad]
consensus = "cometbft"
attacks.fork = { profit_usd = 1, amnesia = false }
[designs.d.services.home]
system = "pos"
pool = "p"
slash = 0.4
[designs.d.services.abroad]
system = "mesh"
local = { pool = "q", slash = 0.1 }
external = [{ pool = "p", slash = 0.6 }]
"#,
    );
    let a = mesh.operator("a");
    let bill = settle(&mesh, Some(("abroad", "fork", &["a"])), &[], Luck::NONE);
    let lent: Vec<_> = bill.lines.iter().filter(|line| mesh.study.assets[line.asset].name == "A").collect();
    assert_eq!((lent.len(), lent[0].operator), (1, a));
    equal(owed(&bill, a), [0.0, 125.0, 125.0, 125.0]);
    // An accident signs twice everywhere: 120 abroad, then 40 % of the lien at home, cut to the 80 that are left.
    let accident = settle(&mesh, None, &[("a", 1.0)], Luck::NONE);
    let on_p = accident.lines.iter().filter(|line| mesh.study.assets[line.asset].name == "A");
    let on_p: f64 = on_p.map(|line| line.by_accident).sum();
    assert!((on_p - (120.0 + 0.4 * 80.0)).abs() < 1e-9, "{on_p}");
}

proptest! {
    /// Whatever happens, nobody loses more than it has, and what landed is no more than what could have.
    #[test]
    fn nobody_loses_more_than_its_stake(
        days in proptest::collection::vec((0usize..3, 0.0f64..365.0), 0..6),
        uniform in 0.0f64..1.0,
        attacked in 0usize..3,
        members in proptest::sample::subsequence(vec!["a", "b", "c"], 0..=3),
    ) {
        let names = ["a", "b", "c"];
        let mut accidents: Vec<(&str, f64)> = days.iter().map(|(who, day)| (names[*who], *day)).collect();
        accidents.sort_by(|x, y| x.1.total_cmp(&y.1));
        let hub = hub();
        let attack = [None, Some(("hub", "fork", &members[..])), Some(("s", "fork", &members[..]))][attacked];
        let bill = settle(&hub, attack, &accidents, Luck { uniform, normal: 0.0 });
        for (operator, tokens) in (0..3).map(|o| (o, hub.study.pools[0].tokens(o))) {
            let [by_accident, by_attack, nominal, linear] = owed(&bill, operator);
            prop_assert!(by_accident >= 0.0 && by_attack >= 0.0 && nominal >= by_attack);
            prop_assert!(by_accident + nominal <= tokens && linear <= tokens * (1.0 + 1e-12));
        }
    }
}

/// A part of somebody's keys loses that part of what the rules take of all of them, after accidents as before.
#[test]
fn a_part_of_the_keys_loses_its_part() {
    let hub = hub();
    let (a, b) = (hub.operator("a"), hub.operator("b"));
    let attack: (&[(&str, &str)], &[&str], &[f64]) = (&[("hub", "fork")], &["a", "b"], &[0.25, 1.0]);
    let bill = settle_parts(&hub, attack, &[], Luck::NONE);
    equal(owed(&bill, a), [0.0, 1.25, 1.25, 0.25 * 5.025]);
    equal(owed(&bill, b), [0.0, 2.5, 2.5, 2.5]);
    let bill = settle_parts(&hub, attack, &[("b", 3.0)], Luck::NONE);
    equal(owed(&bill, a), [0.0, 1.25, 1.25, 0.25 * 5.025]);
    equal(owed(&bill, b), [2.5, 0.0, 0.0, 5.0]);
}

//! Cascades against brute force on what is left, round by round, and by hand.

use super::{Cascades, Round};
use crate::attack::{Execution, NO_TARGET, Outcomes, assess, execute};
use crate::design::compile;
use crate::graph::Graph;
use crate::sampling::{Crowd, Draws, Sampler};
use crate::study::Study;
use std::path::Path;

/// A study judged over one block of 256 scenarios, or in its base state.
struct Judged {
    graph: Graph,
    draws: Draws,
    execution: Execution,
}

impl Judged {
    fn new(text: &str, base: bool) -> Self {
        let study =
            Study::from_text(text, "study.toml", Path::new(".")).unwrap_or_else(|error| panic!("{error}"));
        let graph = compile(&study);
        let sampler = Sampler::new(&study, 7);
        let mut draws = sampler.room();
        if base {
            draws = sampler.base_state(&study);
        } else {
            sampler.draw(0, 256, &mut draws);
        }
        let (mut outcomes, mut execution) = (Outcomes::new(&graph), Execution::new(&graph));
        assess(&graph, &draws, &mut outcomes);
        execute(&graph, &draws, &mut outcomes, &mut execution);
        Self { graph, draws, execution }
    }

    fn cascades(&self) -> &Cascades {
        self.execution.cascades[0].as_ref().unwrap()
    }
}

/// Services of a restaking graph: members as bits, profit, threshold in percent.
type Services = Vec<(u32, f64, u32)>;

/// Eight operators restake everything with four services, any of which takes all; accidents are frequent.
fn restaking(seed: u64) -> (String, Vec<f64>, Services) {
    let mix = |i: u64| (seed * 1000 + i + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 33;
    let stakes: Vec<f64> =
        (0..8u32).map(|i| f64::from(1 + u32::try_from(mix(u64::from(i)) % 97).unwrap())).collect();
    let services: Services = (0..4u64)
        .map(|s| {
            let members = u32::try_from(mix(100 + s) % 256).unwrap() | 1 << s;
            let profit = f64::from(u32::try_from(mix(200 + s) % 900).unwrap()) / 10.0;
            (members, profit, [34, 50, 67, 100][usize::try_from(mix(300 + s) % 4).unwrap()])
        })
        .collect();
    let stake: Vec<String> = stakes.iter().enumerate().map(|(i, stake)| format!("o{i} = {stake}")).collect();
    let mut text = format!(
        r#"
name = "restaking"
[assets.A]
price_usd = 1.0
volatility = 0.3
[collusion]
probability = 0.2
altruistic_probability = 0.3
loadings = {{ common = 0.3 }}
[faults.equivocation]
rate_per_key_year = 0.1
[adversary]
routes = ["collude", "bribe"]
bribe_premium = 0.0
joint = true
cascades = true
[pools.p]
asset = "A"
stake = {{ {} }}
"#,
        stake.join(", ")
    );
    for (s, (members, profit, percent)) in services.iter().enumerate() {
        let list: Vec<String> =
            (0..8).filter(|o| members >> o & 1 == 1).map(|o| format!("\"o{o}\"")).collect();
        text += &format!(
            "[services.s{s}]\nconsensus = \"quorum\"\nattacks.control = {{ profit_usd = {profit}, threshold = \">= {percent}/100\" }}\n\
             [designs.d.services.s{s}]\nsystem = \"eigenlayer\"\npools = [\"p\"]\nslash = 1\noperators = [{}]\n",
            list.join(", ")
        );
    }
    (text, stakes, services)
}

/// The best net gain on what is left, straight from the definition; 0 if nothing pays.
fn best_net(
    stakes: &[f64],
    services: &Services,
    (can_join, has_left, done): (u32, u32, u32),
    price: f64,
) -> f64 {
    let weight = |set: u32| (0..8).filter(|o| set >> o & 1 == 1).map(|o| stakes[o]).sum::<f64>();
    let mut best = 0.0f64;
    for coalition in 0u32..256 {
        if coalition & !(can_join & !has_left) != 0 {
            continue;
        }
        let reached = services.iter().enumerate().filter(|(s, (members, _, percent))| {
            let (power, all) = (weight(coalition & members), weight(members & !has_left));
            done >> s & 1 == 0 && 100.0 * power >= f64::from(*percent) * all
        });
        let profit: f64 = reached.map(|(_, (_, profit, _))| profit).sum();
        best = best.max(profit - price * weight(coalition));
    }
    best
}

fn bits(crowd: &Crowd, lane: usize) -> u32 {
    (0..8).filter(|o| crowd.rows[*o][lane / 64] >> (lane % 64) & 1 == 1).fold(0, |set, o| set | 1 << o)
}

/// Operators with an accident.
fn hit(draws: &Draws, lane: usize) -> u32 {
    draws.faulty[0].lane(lane).fold(0, |set, operator| set | 1 << operator)
}

/// Every round is the best attack on what the accidents and the rounds before it have left, and nothing pays after the last.
#[test]
fn each_round_is_the_best_attack_on_what_is_left() {
    let (mut rounds, mut after_shock, mut several) = (0, 0, 0);
    for seed in 0..12 {
        let (text, stakes, services) = restaking(seed);
        let judged = Judged::new(&text, false);
        let (draws, cascades) = (&judged.draws, judged.cascades());
        for lane in 0..256 {
            let found = cascades.of(lane);
            let out = &judged.execution.designs[0];
            let (mut has_left, mut done) = (hit(draws, lane), 0u32);
            if found.is_empty() && out.target[lane] == NO_TARGET && has_left == 0 {
                continue;
            }
            let can_join = bits(&draws.colluders, lane) | bits(&draws.bribable, lane);
            after_shock += usize::from(has_left != 0 && !found.is_empty());
            several += usize::from(found.len() > 1);
            let price = draws.prices[0][lane];
            for round in found {
                let best = best_net(&stakes, &services, (can_join, has_left, done), price);
                assert!(
                    (round.net_gain_usd - best).abs() < 1e-9 * (1.0 + best),
                    "{text} {lane} {round:?} {best}"
                );
                let left = leavers(&stakes, &services, (can_join, has_left, done), round, price);
                assert!((round.lost_usd - round.left_usd).abs() < 1e-6, "everything is lost: {round:?}");
                has_left |= left;
                done |= u32::try_from(round.targets).unwrap();
                rounds += 1;
            }
            let best = best_net(&stakes, &services, (can_join, has_left, done), price);
            assert!(best <= 1e-9 || cascades.open.contains(&lane), "{text} {lane} {best} {found:?}");
        }
    }
    assert!(rounds > 500 && after_shock > 200, "{rounds} {after_shock} {several}");
}

/// The coalition that carries out a round, found again from its stake and its targets.
fn leavers(
    stakes: &[f64],
    services: &Services,
    (can_join, has_left, done): (u32, u32, u32),
    round: &Round,
    price: f64,
) -> u32 {
    let weight = |set: u32| (0..8).filter(|o| set >> o & 1 == 1).map(|o| stakes[o]).sum::<f64>();
    let reaches = |set: u32| {
        services.iter().enumerate().filter(|(s, _)| round.targets >> s & 1 == 1).all(
            |(s, (members, _, percent))| {
                let (power, all) = (weight(set & members), weight(members & !has_left));
                done >> s & 1 == 0 && 100.0 * power >= f64::from(*percent) * all
            },
        )
    };
    let fits = |set: &u32| {
        set & !(can_join & !has_left) == 0
            && set.count_ones() as usize == round.n_members
            && (price * weight(*set) - round.left_usd).abs() < 1e-9 * (1.0 + round.left_usd)
            && reaches(*set)
    };
    (0u32..256).find(fits).unwrap_or_else(|| panic!("nobody carries out {round:?}"))
}

/// Who is silent leaves without a slash, and those who stay are fewer: then a fork pays that did not pay before. Power and
/// stake lost part ways.
#[test]
fn silence_clears_the_way_for_a_fork() {
    let text = r#"
name = "two-rounds"
[assets.A]
price_usd = 2.0
[collusion]
probability = 0.0
altruistic_probability = 0.0
[adversary]
bribe_premium = 0.0
joint = true
cascades = true
[pools.p]
asset = "A"
stake = { a = 40, b = 30, c = 30 }
reward_apr = 0.1
[services.hub]
consensus = "cometbft"
attacks.halt = { profit_usd = 1 }
[services.app]
consensus = "quorum"
attacks.fork = { profit_usd = 3.2, threshold = ">= 1/2" }
[designs.d.services.hub]
system = "pos"
pool = "p"
slash = 0.05
[designs.d.services.app]
system = "pos"
pool = "p"
slash = 0.05
"#;
    let judged = Judged::new(text, true);
    let [first, second] = judged.cascades().of(0) else { panic!("{:?}", judged.cascades().rounds) };
    // a, with 40 of 100, halts the hub and earns nothing for a day and ten minutes in jail: 0.1 · $80 a year of 8766 hours.
    assert!((first.net_gain_usd - (1.0 - 8.0 * (24.0 + 1.0 / 6.0) / 8766.0)).abs() < 1e-12, "{first:?}");
    assert_eq!((first.targets, first.n_members, second.targets, second.n_members), (2, 1, 1, 1));
    assert!(first.lost_usd.abs() < 1e-12 && (first.left_usd - 80.0).abs() < 1e-12, "{first:?}");
    // Half of the 60 left is one operator's: 5 % of $60 for a profit of 3.2. With a still there it took two, for 6.
    assert!((second.net_gain_usd - 0.2).abs() < 1e-12, "{second:?}");
    assert!((second.lost_usd - 3.0).abs() < 1e-9 && (second.left_usd - 60.0).abs() < 1e-12, "{second:?}");
    assert!((second.stake_usd - 200.0).abs() < 1e-12 && judged.cascades().open.is_empty());
    assert_eq!(judged.graph.designs.len(), 1);
}

/// Durvasula and Roughgarden (2024): stakes 1, 1.9 and 7.1, a service of 29/15 that needs both of the first two. Secure; once an
/// accident has taken the first it falls to the second, and 29 % of the stake is gone.
#[test]
fn a_shock_of_a_tenth_takes_twenty_nine_percent() {
    let text = r#"
name = "tightness"
[assets.A]
price_usd = 1.0
[operators]
table = [{ operator = "v1", keys = 1 }, { operator = "v2", keys = 0 }, { operator = "v3", keys = 0 }]
[collusion]
probability = 0.0
altruistic_probability = 0.0
[faults.equivocation]
rate_per_key_year = 0.7
[adversary]
bribe_premium = 0.0
joint = true
cascades = true
[pools.p]
asset = "A"
stake = { v1 = 15, v2 = 28.5, v3 = 106.5 }
[services.s]
consensus = "quorum"
attacks.control = { profit_usd = 29, threshold = ">= 1" }
[designs.d.services.s]
system = "eigenlayer"
pools = ["p"]
slash = 1
operators = ["v1", "v2"]
"#;
    let judged = Judged::new(text, false);
    let mut shocks = 0;
    for lane in 0..256 {
        assert_eq!(judged.execution.designs[0].target[lane], NO_TARGET);
        let hit = hit(&judged.draws, lane);
        let rounds = judged.cascades().of(lane);
        if hit == 0 {
            assert!(rounds.is_empty(), "{rounds:?}");
            continue;
        }
        shocks += 1;
        let [round] = rounds else { panic!("{rounds:?}") };
        let gone = (15.0 + round.lost_usd) / round.stake_usd;
        assert!(
            hit == 1 && (gone - 0.29).abs() < 1e-12 && (round.net_gain_usd - 0.5).abs() < 1e-12,
            "{round:?}"
        );
    }
    assert!(shocks > 60, "{shocks}");
}

/// As [`silence_clears_the_way_for_a_fork`], where anybody can be silent with a part of its keys: just a third of the power leaves, and
/// what is left of whoever it was counts in the next round.
#[test]
fn the_rest_of_somebody_divided_stays() {
    let text = |divisible: bool| {
        format!(
            r#"
name = "two-rounds"
[assets.A]
price_usd = 2e-6
[collusion]
probability = 0.0
altruistic_probability = 0.0
[adversary]
bribe_premium = 0.0
joint = true
cascades = true
[pools.p]
asset = "A"
stake = {{ a = 40000000, b = 30000000, c = 30000000 }}
reward_apr = 0.1
divisible = {divisible}
[services.hub]
consensus = "cometbft"
attacks.halt = {{ profit_usd = 1 }}
[services.app]
consensus = "quorum"
attacks.fork = {{ profit_usd = 3.5, threshold = ">= 1/2" }}
[designs.d.services.hub]
system = "pos"
pool = "p"
slash = 0.05
[designs.d.services.app]
system = "pos"
pool = "p"
slash = 0.05
"#
        )
    };
    let rounds = |divisible: bool| Judged::new(&text(divisible), true).cascades().rounds.clone();
    let hour = 0.1 * 2.0 / 8766.0;
    let [first, second] = &rounds(false)[..] else { panic!("{:?}", rounds(false)) };
    // a leaves with 40 of 100; then 30 of 60 fork for 5 % of $60.
    assert!((first.left_usd - 80.0).abs() < 1e-9 && (second.net_gain_usd - 0.5).abs() < 1e-9);
    let [first, second] = &rounds(true)[..] else { panic!("{:?}", rounds(true)) };
    // A third leaves; then half of the 66.67 that are left fork for 5 % of $66.67.
    let silent = 100.0 / 3.0 * hour * (24.0 + 1.0 / 6.0);
    assert!((first.net_gain_usd - (1.0 - silent)).abs() < 1e-7, "{first:?}");
    assert!((first.left_usd - 200.0 / 3.0).abs() < 1e-5 && first.lost_usd.abs() < 1e-12, "{first:?}");
    assert!((second.net_gain_usd - (3.5 - 10.0 / 3.0)).abs() < 1e-6, "{second:?}");
    assert!((second.left_usd - 200.0 / 3.0).abs() < 1e-5, "{second:?}");
    assert!((second.lost_usd - 10.0 / 3.0).abs() < 1e-5 && (second.stake_usd - 200.0).abs() < 1e-9);
}

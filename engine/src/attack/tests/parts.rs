//! Coalitions in which some commit a part of their keys, against brute force over the others.

use super::*;
use crate::attack::{Execution, execute};
use crate::graph::to_f64;

/// Least cost over all choices of those with one key, the rest in parts by payment per power.
fn optimum_of_parts(candidates: &[(u128, f64, bool)], least_power: u128) -> f64 {
    let (mut parts, whole): (Vec<_>, Vec<_>) = candidates.iter().copied().partition(|c| c.2);
    parts.sort_by(|a, b| (a.1 / to_f64(a.0)).total_cmp(&(b.1 / to_f64(b.0))));
    let cost = |subset: u32| {
        let members = || whole.iter().enumerate().filter(|(i, _)| subset >> i & 1 == 1).map(|(_, c)| c);
        let mut missing = to_f64(least_power.saturating_sub(members().map(|c| c.0).sum()));
        let mut cost: f64 = members().map(|c| c.1).sum();
        for (units, payment, _) in &parts {
            let taken = missing.min(to_f64(*units));
            cost += payment * taken / to_f64(*units);
            missing -= taken;
        }
        if missing > 0.0 { f64::INFINITY } else { cost }
    };
    (0u32..1 << whole.len()).map(cost).fold(f64::INFINITY, f64::min)
}

/// With all pools divisible the witness is the bound; with one of two it is the optimum over parts, and whoever has a key that is
/// whole joins whole.
fn assert_divided(designs: &str, divisible: [bool; 2], extra: impl Fn(u64) -> String) {
    let mut study = study(extra, designs);
    for (pool, divisible) in study.pools.iter_mut().zip(divisible) {
        pool.divisible = divisible;
    }
    // Some have nothing in the second pool.
    study.pools[1].stake[..4].fill(0);
    let graph = compile(&study);
    let sampler = Sampler::new(&study, 3);
    let (mut draws, mut outcomes) = (sampler.room(), Outcomes::new(&graph));
    sampler.draw(0, 256, &mut draws);
    assess(&graph, &draws, &mut outcomes);
    let secured = &graph.secured[0];
    let Power::Stake(power) = &secured.power else { panic!("stake decides here") };
    assert_eq!(
        power.divisible.iter().filter(|divisible| **divisible).count(),
        if divisible[1] { 11 } else { 4 }
    );
    let (mut priced, mut reached) = (Priced::default(), 0);
    for lane in 0..128 {
        priced.price_power(power, |asset| draws.prices[asset][lane]);
        for (target, outcome) in secured.targets.iter().zip(&outcomes.targets) {
            let least_power = target.threshold.least_power(priced.total);
            for route in &outcome.routes {
                let bribes = route.route == Route::Bribe;
                let of = |slot: usize| {
                    let found = candidate((power, target, &draws), lane, bribes, slot, &priced)?;
                    Some((found.0, found.1, power.divisible[power.members[slot] as usize]))
                };
                let candidates: Vec<_> = (0..power.members.len()).filter_map(of).collect();
                let best = optimum_of_parts(&candidates, least_power);
                let (lower, cost) = (route.costs.lower[lane], route.costs.cost[lane]);
                assert_eq!(best.is_finite(), cost.is_finite());
                if best.is_finite() {
                    let slack = 1e-9 * (1.0 + best);
                    assert!(
                        (lower - best).abs() <= slack && (cost - best).abs() <= slack,
                        "{lower} {best} {cost}"
                    );
                    assert!(!divisible[1] || lower.to_bits() == cost.to_bits());
                    reached += 1;
                }
            }
        }
    }
    assert!(reached > 100, "only {reached} attacks in reach");
}

#[test]
fn coalitions_of_parts_are_the_cheapest_there_are() {
    let pooled = "system = \"eigenlayer\"\npools = [\"a\", \"b\"]\nslash = 0.5\nexecutes_on = \"always\"";
    for divisible in [[true, true], [true, false]] {
        assert_divided(pooled, divisible, |_| String::new());
        assert_divided(pooled, divisible, |mix| format!(", friction_usd = {}", mix % 20));
    }
    assert_divided(POS, [true, true], |mix| format!(", own_share = 0.{}", 1 + mix % 9));
}

/// Operators that are paid what they lose and own all of their stake: what the rules slash of the parts committed is what the attack
/// costs, one target or several.
#[test]
fn what_is_settled_is_what_the_parts_cost() {
    for joint in [false, true] {
        let stakes: Vec<String> = (0..9).map(|o| format!("o{o} = {}000000", 100 + 37 * o % 61)).collect();
        let text = format!(
            r#"
name = "settled"
[assets.A]
price_usd = 2.0
volatility = 0.4
[collusion]
probability = 0.2
altruistic_probability = 0.2
[adversary]
bribe_premium = 0.0
joint = {joint}
[pools.p]
asset = "A"
stake = {{ {} }}
divisible = true
[services.s]
consensus = "quorum"
attacks.theft = {{ profit_usd = 21e6, threshold = "> 1/3" }}
[services.t]
consensus = "quorum"
attacks.theft = {{ profit_usd = 27e6, threshold = "> 1/2" }}
[designs.d.services]
s = {{ system = "eigenlayer", pools = ["p"], slash = 0.05, executes_on = "always" }}
t = {{ system = "eigenlayer", pools = ["p"], slash = 0.03, executes_on = "always" }}
"#,
            stakes.join(", ")
        );
        let study = Study::from_text(&text, "study.toml", Path::new(".")).unwrap_or_else(|e| panic!("{e}"));
        let graph = compile(&study);
        let sampler = Sampler::new(&study, 5);
        let (mut draws, mut outcomes, mut execution) =
            (sampler.room(), Outcomes::new(&graph), Execution::new(&graph));
        sampler.draw(0, 256, &mut draws);
        assess(&graph, &draws, &mut outcomes);
        execute(&graph, &draws, &mut outcomes, &mut execution);
        let out = &execution.designs[0];
        let attacked: Vec<usize> = (0..256).filter(|lane| out.net_gain[*lane] > 0.0).collect();
        assert!(attacked.len() > 50, "{}", attacked.len());
        let mut both = 0;
        for lane in attacked {
            let (cost, slashed) = (out.cost[lane], out.slashed[lane]);
            assert!((slashed / cost - 1.0).abs() < 1e-6, "{cost} {slashed} in lane {lane}, jointly: {joint}");
            both += u32::from(out.n_targets(lane) == 2);
        }
        assert!(joint == (both > 0), "{both}");
    }
}

//! Witness and lower bound against the exact optimum of the knapsack, by brute force over all coalitions.

mod left_out;
mod parts;
mod quorums;

use super::{Coalition, Costs, NOBODY, Outcomes, Priced, Recruits, RouteOutcome, assess, by_fixed_order};
use crate::design::compile;
use crate::graph::{FixedOrder, Order, Power, Ranked, StakePower, Target};
use crate::kernels::bits;
use crate::sampling::{Crowd, Draws, Sampler};
use crate::study::{Route, Study};
use std::path::Path;

/// Eleven operators in two pools; `designs` says how the service is secured, `extra` are further operator columns.
fn study(extra: impl Fn(u64) -> String, designs: &str) -> Study {
    let text = text(extra, designs);
    Study::from_text(&text, "study.toml", Path::new(".")).unwrap_or_else(|error| panic!("{error}"))
}

fn text(extra: impl Fn(u64) -> String, designs: &str) -> String {
    let mix = |i: u64| (i + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 33;
    let operators: Vec<String> =
        (0..11).map(|i| format!("{{ operator = \"o{i:02}\"{} }}", extra(mix(i + 50)))).collect();
    let stakes = |from: u64, modulus: u64| {
        let stake = |i| format!("o{i:02} = {}", 1 + mix(from + i) % modulus);
        (0..11).map(stake).collect::<Vec<_>>().join(", ")
    };
    format!(
        r#"
name = "bracket"
[assets.A]
price_usd = 2.0
volatility = 0.8
[assets.B]
price_usd = 0.5
volatility = 0.9
[operators]
table = [{}]
[collusion]
probability = 0.3
altruistic_probability = 0.2
compromised_share = 0.4
loadings = {{ common = 0.3 }}
[adversary]
routes = ["collude", "bribe"]
bribe_premium = {{ median = 0.3, sigma = 0.5 }}
[pools.a]
asset = "A"
stake = {{ {} }}
[pools.b]
asset = "B"
stake = {{ {} }}
[services.s]
consensus = "cometbft"
asset = "A"
attacks.fork = {{ profit_usd = 10.0, drawdown = 0.1 }}
attacks.halt = {{ profit_usd = 10.0 }}
attacks.control = {{ profit_usd = 10.0 }}
[designs.d.services.s]
{designs}
"#,
        operators.join(", "),
        stakes(0, 100),
        stakes(100, 300)
    )
}

/// What an operator must be paid and brings, straight from the definitions.
fn candidate(
    (power, target, draws): (&StakePower, &Target, &Draws),
    lane: usize,
    bribes: bool,
    slot: usize,
    priced: &Priced,
) -> Option<(u128, f64)> {
    let operator = power.members[slot] as usize;
    let in_crowd = |crowd: &Crowd| bits::contains(&crowd.rows[operator], lane);
    let stolen = draws.compromised.as_ref().is_some_and(in_crowd);
    let pay = match (in_crowd(&draws.colluders), in_crowd(&draws.bribable)) {
        (true, _) => {
            if stolen {
                0.0
            } else {
                1.0
            }
        }
        (false, true) if bribes => 1.0 + draws.premium[lane],
        _ => return None,
    };
    let losses = target.losses.assets.iter().map(|l| draws.prices[l.asset][lane] * l.private[operator]);
    Some((priced.units(power, slot), pay * (losses.sum::<f64>() + target.losses.fixed_usd[operator])))
}

/// Least cost over all subsets that reach the power.
fn optimum(candidates: &[(u128, f64)], least_power: u128) -> Option<f64> {
    let mut best: Option<f64> = None;
    for subset in 0u32..1 << candidates.len() {
        let members = || candidates.iter().enumerate().filter(|(i, _)| subset >> i & 1 == 1);
        if members().map(|(_, c)| c.0).sum::<u128>() >= least_power {
            let cost: f64 = members().map(|(_, c)| c.1).sum();
            best = Some(best.map_or(cost, |b| b.min(cost)));
        }
    }
    best
}

fn assert_bracketed(study: &Study) {
    let graph = compile(study);
    let sampler = Sampler::new(study, 3);
    let (mut draws, mut outcomes) = (sampler.room(), Outcomes::new(&graph));
    sampler.draw(0, 256, &mut draws);
    assess(&graph, &draws, &mut outcomes);
    let secured = &graph.secured[0];
    let Power::Stake(power) = &secured.power else { panic!("stake decides here") };
    let mut priced = Priced::default();
    let (mut reached, mut exact_hits) = (0, 0);
    for lane in 0..64 {
        priced.price_power(power, |asset| draws.prices[asset][lane]);
        for (target, outcome) in secured.targets.iter().zip(&outcomes.targets) {
            let least_power = target.threshold.least_power(priced.total);
            for route in &outcome.routes {
                let at = (power, target, &draws);
                let bribes = route.route == Route::Bribe;
                let candidates: Vec<_> = (0..power.members.len())
                    .filter_map(|slot| candidate(at, lane, bribes, slot, &priced))
                    .collect();
                let best = optimum(&candidates, least_power);
                reached += usize::from(best.is_some());
                exact_hits += usize::from(assert_route(route, lane, best));
            }
        }
    }
    assert!(reached > 100, "only {reached} attacks in reach");
    assert!(exact_hits * 3 > reached, "the witness is the optimum in {exact_hits} of {reached} cases only");
}

/// The bracket holds; returns whether the witness is the optimum itself.
fn assert_route(route: &RouteOutcome, lane: usize, best: Option<f64>) -> bool {
    let (lower, cost) = (route.costs.lower[lane], route.costs.cost[lane]);
    let Some(best) = best else {
        assert!(cost.is_infinite(), "a coalition was found where there is none");
        return false;
    };
    let slack = 1e-9 * (1.0 + best);
    assert!(lower <= best + slack && best <= cost + slack, "{lower} {best} {cost} in lane {lane}");
    cost <= best + slack
}

const POS: &str = "system = \"pos\"\npool = \"a\"\nslash = 0.05\nslash_halt = 0.01\nexecutes_on = \"always\"";

#[test]
fn witness_and_bound_bracket_the_optimum_in_a_fixed_order() {
    assert_bracketed(&study(|mix| format!(", own_share = 0.{}", 1 + mix % 9), POS));
}

#[test]
fn witness_and_bound_bracket_the_optimum_with_friction() {
    assert_bracketed(&study(|mix| format!(", friction_usd = {}", mix % 20), POS));
}

#[test]
fn witness_and_bound_bracket_the_optimum_over_two_assets() {
    let mesh = "system = \"mesh\"\nlocal = { pool = \"a\", slash = 0.05 }\nexecutes_on = \"always\"
external = [{ pool = \"b\", slash = 0.1, discount = 0.2, max_power = \"1/4\" }]";
    assert_bracketed(&study(|mix| format!(", own_share = 0.{}", 1 + mix % 9), mesh));
    assert_bracketed(&study(|_| String::new(), mesh));
    let pooled = "system = \"eigenlayer\"\npools = [\"a\", \"b\"]\nslash = 0.5\nexecutes_on = \"always\"";
    assert_bracketed(&study(|_| String::new(), pooled));
}

/// Where prices only turn the order round, walking one of two lines finds what sorting everybody anew finds.
#[test]
fn a_line_of_a_mix_is_the_order_that_sorting_gives() {
    let study = Study::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/cosmos-2023"))
        .unwrap_or_else(|error| panic!("{error}"));
    let (by_line, mut by_sorting) = (compile(&study), compile(&study));
    let targets = by_sorting.secured.iter_mut().flat_map(|secured| &mut secured.targets);
    let mut mixes = 0;
    for target in targets {
        if let Order::Moves(losses) = &mut target.order {
            mixes += usize::from(losses.mix.take().is_some());
        }
    }
    assert!(mixes >= 6, "only {mixes} mixes in a study with two meshed chains");
    let sampler = Sampler::new(&study, 5);
    let mut draws = sampler.room();
    let (mut compared, mut alike, mut sums) = (0, 0, [0.0; 2]);
    for block in 0..20 {
        sampler.draw(block, 256, &mut draws);
        let [lines, sorted] = [&by_line, &by_sorting].map(|graph| {
            let mut outcomes = Outcomes::new(graph);
            assess(graph, &draws, &mut outcomes);
            outcomes
        });
        let routes = |outcomes: &'_ Outcomes| -> Vec<Costs> {
            outcomes
                .targets
                .iter()
                .flat_map(|target| &target.routes)
                .map(|route| route.costs.clone())
                .collect()
        };
        for (line, sorted) in routes(&lines).iter().zip(&routes(&sorted)) {
            assert_eq!(line.possible(), sorted.possible());
            for lane in (0..256).filter(|lane| sorted.cost[*lane].is_finite()) {
                let is_close = |a: f64, b: f64| (a - b).abs() <= 1e-9 * b;
                assert!(is_close(line.lower[lane], sorted.lower[lane]), "the relaxation has one optimum");
                let costs = [line, sorted].map(|costs| costs.cost[lane]);
                alike += usize::from(is_close(costs[0], costs[1]));
                compared += 1;
                sums.iter_mut().zip(costs).for_each(|(sum, cost)| *sum += cost);
            }
        }
    }
    // Rounding parts ties now and then where everybody is sorted anew, and the larger no longer stands first.
    assert!(compared > 50_000 && 100 * (compared - alike) < compared, "{alike} of {compared}");
    assert!(sums[0] <= sums[1], "{sums:?}");
}

/// Largest first, 7 and nineteen times 4 make 83 and none of it is needless; without the 7 there are 80.
#[test]
fn the_larger_leave_where_the_smaller_suffice() {
    let units: Vec<u64> = std::iter::once(7).chain(std::iter::repeat_n(4, 20)).collect();
    let ranked = |units: &u64| {
        let weight = crate::moments::count(*units);
        Ranked { units: *units, weight, private: weight, forfeited: weight }
    };
    let ranked = (units.iter().map(ranked).collect(), vec![1.0; 21]);
    let order = FixedOrder::new(None, 80, (0..21).collect(), ranked);
    let everybody = [(1 << 21) - 1];
    let recruits = Recruits { colluders: &everybody, bribable: NOBODY, compromised: NOBODY, premium: 0.0 };
    let mut coalition = Coalition::default();
    let cost = by_fixed_order(&order, 10.0, &recruits, &mut coalition).unwrap();
    assert!((cost.cost_usd - 800.0).abs() < 1e-9 && (cost.forfeited_usd - 800.0).abs() < 1e-9);
    assert_eq!(coalition.positions().collect::<Vec<_>>(), (1..21).collect::<Vec<_>>());
    // With the key of one of them stolen it stays, for nothing.
    let recruits = Recruits { compromised: &[1 << 20], ..recruits };
    let cost = by_fixed_order(&order, 10.0, &recruits, &mut coalition).unwrap();
    assert!((cost.cost_usd - 760.0).abs() < 1e-9 && (cost.forfeited_usd - 800.0).abs() < 1e-9);
}

/// The free attack: nobody's stake stands behind the service.
#[test]
fn a_target_without_stake_is_a_free_attack() {
    let mut study = study(|_| String::new(), POS);
    study.pools[0].stake.fill(0);
    let graph = compile(&study);
    let (mut draws, mut outcomes) = (Sampler::new(&study, 1).room(), Outcomes::new(&graph));
    Sampler::new(&study, 1).draw(0, 256, &mut draws);
    assess(&graph, &draws, &mut outcomes);
    for target in &outcomes.targets {
        assert!((0..256).all(|lane| target.best.cost[lane] == 0.0
            && target.threshold_reached[lane]
            && target.pays(lane)));
    }
}

/// What a joint attack on a single target costs is what the graph says that it costs.
#[test]
fn one_target_costs_jointly_what_it_costs_alone() {
    for name in ["cosmos-2023", "eigenlayer-2024", "ethereum-2024", "power-cap"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data").join(name);
        let mut study = Study::load(&folder).unwrap_or_else(|error| panic!("{error}"));
        study.adversary.joint = true;
        let graph = compile(&study);
        let mut compared = 0;
        for design in &graph.designs {
            let targets = design.secured.iter().flat_map(|secured| &graph.secured[*secured].targets);
            for (index, target) in targets.enumerate() {
                for operator in 0..graph.n_operators {
                    let price = |asset: usize| study.assets[asset].price_usd;
                    let losses =
                        target.losses.assets.iter().map(|loss| price(loss.asset) * loss.private[operator]);
                    let single = losses.sum::<f64>() + target.losses.fixed_usd[operator];
                    let joint = design.joint.private_usd(1 << index, operator, price);
                    assert!((joint - single).abs() <= 1e-9 * single.max(1.0), "{joint} is not {single}");
                    compared += usize::from(single > 0.0);
                }
            }
        }
        assert!(compared > 50, "{name}: only {compared} losses");
    }
}

//! Bounds on attacks that the search leaves out, against brute force over all coalitions and sets of targets.

use super::*;
use crate::attack::routes::{alone, purchase_cost};
use crate::attack::{Execution, TargetOutcome, execute};
use crate::graph::{Joint, Purchase, Secured, Targets, is_held, targets_in};

/// A chain of two quorums, and another that the same operators run on the stake of the second; `executes_on` says who carries out what the
/// second quorum forfeits, `profits` what a fork and control of the other chain take; `liquidity` how deep the markets are, if they move at all.
fn study_of(executes_on: &str, (fork, other): (f64, f64), liquidity: Option<[u32; 2]>) -> Study {
    let designs = format!(
        r#"system = "pos"
pool = "a"
slash = 0.3
second_quorum = {{ pool = "b", slash = 0.6, executes_on = "{executes_on}" }}
[designs.d.services.t]
system = "pos"
pool = "b"
slash = 0.5
[services.t]
consensus = "cometbft"
asset = "B"
attacks.control = {{ profit_usd = {other}, threshold = "> 1/3" }}"#
    );
    let mut text = text(|mix| format!(", own_share = 0.{}", 1 + mix % 9), &designs)
        .replace("routes = [\"collude\", \"bribe\"]", "routes = [\"collude\", \"bribe\", \"acquire\"]\njoint = true")
        .replace(
            "attacks.fork = { profit_usd = 10.0, drawdown = 0.1 }",
            &format!("attacks.fork = {{ profit_usd = {fork}, amnesia = false, profit_volatility = 0.5, second_threshold = \"> 1/3\" }}"),
        );
    text = text.replace(
        "probability = 0.3\naltruistic_probability = 0.2",
        "probability = 0.05\naltruistic_probability = 0.6",
    );
    text = text.replace("attacks.halt = { profit_usd = 10.0 }\n", "");
    if let Some([a, b]) = liquidity {
        text = text.replace("volatility = 0.8", &format!("volatility = 0.8\nliquidity_usd = {a}"));
        text = text.replace("volatility = 0.9", &format!("volatility = 0.9\nliquidity_usd = {b}"));
    }
    text = text.replace("attacks.control = { profit_usd = 10.0 }\n", "");
    Study::from_text(&text, "study.toml", Path::new(".")).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// The best attack on a set of targets, those in `acquired` by stake alone and the others by any coalition, of which a part is paid: what
/// it takes less what it costs. One purchase of an asset serves all targets; it is slashed as by the harshest, unless whoever carries
/// that out is held.
fn best_of(
    (graph, draws, outcomes): (&crate::graph::Graph, &Draws, &Outcomes),
    lane: usize,
    (set, acquired): (Targets, Targets),
) -> f64 {
    let design = &graph.designs[0];
    let (joint, held) = (&design.joint, design.joint.held(set));
    let price = |asset: usize| draws.prices[asset][lane];
    let located = || {
        let targets = design.secured.iter().flat_map(|secured| {
            let first = outcomes.first_target[*secured];
            let targets = graph.secured[*secured].targets.iter().zip(&outcomes.targets[first..]);
            targets.map(move |(target, outcome)| (&graph.secured[*secured], target, outcome))
        });
        targets.enumerate().filter(|(at, _)| set >> at & 1 == 1)
    };
    let takes: f64 = located().map(|(_, (_, _, outcome))| outcome.profit[lane]).sum();
    let bought = located().filter(|(at, (_, target, _))| target.buys_beside || acquired >> at & 1 == 1);
    let paid = paid_usd(joint, bought.map(|(at, (_, target, _))| (at, target)), held, price);
    let is_in = |crowd: &Crowd, operator: usize| bits::contains(&crowd.rows[operator], lane);
    let pay = |operator: usize| match (is_in(&draws.colluders, operator), is_in(&draws.bribable, operator)) {
        (true, _) if draws.compromised.as_ref().is_some_and(|crowd| is_in(crowd, operator)) => Some(0.0),
        (true, _) => Some(1.0),
        (false, true) => Some(1.0 + draws.premium[lane]),
        _ => None,
    };
    let private = |operator: usize| {
        let pools = joint.pools.iter().enumerate();
        let lost = pools.map(|(pool, of)| {
            let exposure = joint.exposure(set & !acquired, held, (pool, operator));
            price(of.asset) * exposure.private_tokens(of, operator)
        });
        joint.friction_usd[operator] + lost.sum::<f64>()
    };
    let costs: Vec<Option<f64>> = (0..graph.n_operators).map(|o| Some(pay(o)? * private(o))).collect();
    let mut least = f64::INFINITY;
    for coalition in 0u32..1 << graph.n_operators {
        let members = || (0..graph.n_operators).filter(|operator| coalition >> operator & 1 == 1);
        if members().any(|operator| costs[operator].is_none()) {
            continue;
        }
        let reaches = |(_, (secured, target, _)): (usize, (&Secured, &Target, &TargetOutcome))| {
            let Power::Stake(power) = &secured.power else { return false };
            let needs = |power: &StakePower, threshold: crate::fraction::Threshold| {
                let held: u128 = members().map(|operator| power.only_units(operator)).sum();
                held >= threshold.least_power(power.parts[0].total())
            };
            let second = target.second_threshold.zip(secured.second.as_ref());
            needs(power, target.threshold) && second.is_none_or(|(threshold, power)| needs(power, threshold))
        };
        if located().filter(|(at, _)| acquired >> at & 1 == 0).all(reaches) {
            least = least.min(members().filter_map(|operator| costs[operator]).sum());
        }
    }
    takes - paid - least
}

/// What stake for some targets costs, of two assets.
fn paid_usd<'a>(
    joint: &Joint,
    targets: impl Iterator<Item = (usize, &'a Target)>,
    held: Targets,
    price: impl Fn(usize) -> f64 + Copy,
) -> f64 {
    let mut bought: [Option<(Purchase, f64)>; 2] = [None, None];
    for (at, purchase) in targets.flat_map(|(at, target)| on_offer(target).map(move |stake| (at, stake))) {
        let mut together = (purchase.clone(), alone(purchase, price));
        if is_freed(joint, joint.targets[at].service, purchase.asset, held) {
            together.0.slash = 0.0;
        }
        if let Some((other, value)) = &bought[purchase.asset] {
            together.0.slash = together.0.slash.max(other.slash);
            together.0.drawdown = together.0.drawdown.max(other.drawdown);
            together.1 = together.1.max(*value);
        }
        bought[purchase.asset] = Some(together);
    }
    bought.iter().flatten().map(|(stake, value)| purchase_cost(stake, *value).cost).sum()
}

/// Whether the slash of an asset's stake for attacks on a service is carried out by one that is held.
fn is_freed(joint: &Joint, service: usize, asset: usize, held: Targets) -> bool {
    let of_it = joint.targets.iter().filter(|target| target.service == service);
    let mut charges = of_it.flat_map(|target| &target.charges);
    charges.any(|charge| joint.pools[charge.pool].asset == asset && is_held(charge, held))
}

/// Stake that can be bought for a target: in this study all of it, not some of several.
fn on_offer(target: &Target) -> impl Iterator<Item = &Purchase> {
    target.purchases.iter().chain(&target.second_purchase)
}

/// Targets of a set that stake alone can have.
fn acquirable(graph: &crate::graph::Graph, set: Targets) -> Targets {
    let targets = graph.designs[0].secured.iter().flat_map(|secured| &graph.secured[*secured].targets);
    let can =
        targets.enumerate().filter(|(_, target)| !target.buys_beside && on_offer(target).next().is_some());
    can.fold(0, |can, (at, _)| can | 1 << at) & set
}

/// Nobody nets more than the bound on any set of targets, for some of which stake is bought. The joint search alone would not say so.
#[test]
fn stake_bought_is_bounded_together_with_other_targets() {
    for liquidity in [None, Some([500, 60])] {
        let mut n = Counts::default();
        for (executes_on, profits) in [
            ("always", (300.0, 60.0)),
            ("always", (150.0, 90.0)),
            ("t", (200.0, 30.0)),
            ("t", (150.0, 120.0)),
        ] {
            assert_bounded(&study_of(executes_on, profits, liquidity), &mut n);
        }
        // Where markets do not move, one purchase for several targets is what pays; where they do, that nothing pays is proved.
        assert!(n.beyond > 5 && n.shared > 5 && (n.none == 0) == liquidity.is_none(), "{n:?}");
        assert!(20 * n.open <= n.none, "{n:?}");
    }
}

/// Scenarios: all; where the best attack buys, and is more than the bound on single targets and what operators net alone; where it
/// buys for several targets; where none pays; where the bound does not say so.
#[derive(Debug, Default)]
struct Counts {
    all: usize,
    beyond: usize,
    shared: usize,
    none: usize,
    open: usize,
}

fn assert_bounded(study: &Study, n: &mut Counts) {
    let graph = compile(study);
    let sampler = Sampler::new(study, 3);
    let (mut draws, mut outcomes) = (sampler.room(), Outcomes::new(&graph));
    sampler.draw(0, 256, &mut draws);
    assess(&graph, &draws, &mut outcomes);
    let mut execution = Execution::new(&graph);
    execute(&graph, &draws, &mut outcomes, &mut execution);
    let design = &graph.designs[0];
    let n_targets = design.joint.targets.len();
    let is_one_a_service = |set: &Targets| {
        let services: Vec<usize> =
            targets_in(*set).map(|target| design.joint.targets[target].service).collect();
        services.windows(2).all(|pair| pair[0] != pair[1])
    };
    let all = 0..n_targets;
    let of_both: Targets =
        all.filter(|at| !design.joint.targets[*at].by_operators).fold(0, |set, at| set | 1 << at);
    for lane in 0..48 {
        let mut best = [0.0_f64; 3];
        for set in (1..1 << n_targets).filter(is_one_a_service) {
            let can = acquirable(&graph, set);
            for acquired in (0..=set).filter(|acquired| acquired & can == *acquired) {
                let nets = best_of((&graph, &draws, &outcomes), lane, (set, acquired));
                let bought = (acquired | set & of_both).count_ones();
                let best = &mut best[bought.min(2) as usize];
                *best = best.max(nets);
            }
        }
        let [by_operators, one, several] = best;
        let bought = one.max(several);
        let upper = execution.designs[0].net_gain_upper[lane];
        assert!(upper >= bought.max(by_operators) - 1e-9, "{lane}: {upper} {bought} {by_operators}");
        let alone = outcomes.targets.iter().map(|outcome| outcome.net_gain_upper(lane)).fold(0.0, f64::max);
        n.beyond += usize::from(bought > by_operators.max(alone) + 1e-9);
        n.shared += usize::from(several > by_operators.max(one) + 1e-9);
        let best = bought.max(by_operators).max(alone);
        n.none += usize::from(best <= 0.0);
        n.open += usize::from(best <= 0.0 && upper > 0.0);
        n.all += 1;
    }
}

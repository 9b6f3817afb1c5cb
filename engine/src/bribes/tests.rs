//! Bribes by hand and against route `bribe`.

use super::*;
use crate::moments::count;
use std::collections::BTreeMap;
use std::path::Path;

/// Three operators of 100 tokens at $2, two needed; half of each are altruists, independently.
fn three(more: &str) -> Study {
    let text = format!(
        r#"
name = "bribes"
[assets.A]
price_usd = 2.0
[collusion]
probability = 0.0
altruistic_probability = 0.5
[adversary]
bribe_premium = 0.1
carry_apr = 0.05
[pools.p]
asset = "A"
stake = {{ a = 100, b = 100, c = 100 }}
unbonding_days = 21.0
[services.s]
consensus = "quorum"
attacks.control = {{ profit_usd = 50, threshold = ">= 2/3" }}
attacks.fork = {{ profit_usd = 50, threshold = ">= 1/2" }}
[designs.d.services.s]
system = "pos"
pool = "p"
slash = 0.05
{more}
"#
    );
    Study::from_text(&text, "study.toml", Path::new(".")).unwrap_or_else(|error| panic!("{error}"))
}

fn of<'a>(all: &'a [Bribery], attack: &str) -> &'a Bribery {
    all.iter().find(|bribery| bribery.attack == attack).unwrap()
}

fn within_errors(found: f64, expected: f64, error: f64) {
    assert!((found - expected).abs() < 5.0 * error, "{found} for {expected} ± {error}");
}

/// Each has two others, one of whom must be willing: q = 3/4. A fork by half is slashed in any case (5 % of $200 each), control
/// only if it fails.
#[test]
fn offers_make_up_for_the_doubt_that_others_join() {
    let found = bribes(&three(""), &Ask { design: 0, scenarios: 40_000, seed: 3 });
    let error = 0.5 / libm::sqrt(40_000.0);
    for bribery in &found {
        within_errors(bribery.reached.mean(), 0.5, error);
        // Of about 20,000 scenarios in which an operator is willing.
        within_errors(bribery.belief.mean(), 0.75, libm::sqrt(0.75 * 0.25 / 20_000.0));
        // Scenarios are counted, over all blocks, not members.
        let hits = (bribery.reached.mean() * 40_000.0).round();
        assert!((count(bribery.profit.n()) - hits).abs() < 0.5 && bribery.belief.n() == bribery.profit.n());
    }
    let (fork, control) = (of(&found, "fork"), of(&found, "control"));
    let loss = 1.1 * 2.0 * 10.0;
    let carry = 0.05 * 21.0 / 365.0;
    let exact = |moments: &Moments, expected: f64| {
        assert!((moments.mean() - expected).abs() < 1e-9, "{} {expected}", moments.mean());
    };
    exact(&fork.up_front, loss);
    exact(&fork.p_plus_epsilon, loss * (1.0 + carry));
    exact(&control.p_plus_epsilon, loss * carry);
    for bribery in [fork, control] {
        exact(&bribery.escrow, loss);
        exact(&bribery.on_failure, loss);
    }
    // q is estimated: by the delta method.
    let q_error = libm::sqrt(0.75 * 0.25 / 20_000.0);
    within_errors(control.up_front.mean(), 0.25 * loss, loss * q_error);
    within_errors(control.contingent.mean(), loss / 3.0, loss / (0.75 * 0.75) * q_error);
    within_errors(fork.contingent.mean(), loss / 0.75, loss / (0.75 * 0.75) * q_error);
    assert_eq!(fork.cheapest(), Some(Way::UpFront));
    assert_eq!(control.cheapest(), Some(Way::PPlusEpsilon));
    // Offers differ by what three operators think alone; of one scenario nothing is said.
    assert!(fork.relative_error().is_some_and(|error| error < 1e-3));
    let once = bribes(&three(""), &Ask { design: 0, scenarios: 1, seed: 3 });
    assert!(once.iter().all(|bribery| bribery.relative_error().is_none()));
    // Half of all attempts fail: up front is paid twice a success, P + ε pays in each failure.
    for bribery in [fork, control] {
        assert_eq!(bribery.cheapest_per_success(), Some(Way::Contingent));
    }
}

/// With a common factor who is willing says that others are: beliefs rise above the unconditional probability, and the offer falls.
#[test]
fn correlation_raises_what_a_willing_operator_believes() {
    let ask = Ask { design: 0, scenarios: 20_000, seed: 3 };
    let apart = bribes(&three(""), &ask);
    let text = "[collusion.loadings]\ncommon = 0.8\n";
    let tied = bribes(&three(text), &ask);
    let (apart, tied) = (of(&apart, "control"), of(&tied, "control"));
    assert!(tied.belief.mean() > apart.belief.mean() + 0.05);
    assert!(tied.contingent.mean() < apart.contingent.mean());
    within_errors(tied.reached.mean(), 0.5, 0.5 / libm::sqrt(20_000.0));
}

/// Without carry the equilibrium payment is what route `bribe` costs in a run.
#[test]
fn the_equilibrium_payment_is_the_cost_of_the_route() {
    let mut study =
        Study::load(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../data/power-cap"))).unwrap();
    study.adversary.carry_apr = 0.0;
    study.adversary.joint = true;
    let ask = Ask { design: 0, scenarios: 512, seed: 1 };
    let graph = compile(&study);
    let sampler = Sampler::new(&study, ask.seed);
    let (mut draws, mut outcomes) = (sampler.room(), Outcomes::new(&graph));
    let mut costs: BTreeMap<(String, String), Vec<f64>> = BTreeMap::new();
    for block in 0..2 {
        sampler.draw(block, 256, &mut draws);
        assess(&graph, &draws, &mut outcomes);
        for secured in &graph.designs[0].secured {
            let name = &study.services[graph.secured[*secured].service].name;
            for (position, target) in graph.secured[*secured].targets.iter().enumerate() {
                let routes = &outcomes.targets[outcomes.first_target[*secured] + position].routes;
                let bribe = routes.iter().find(|of| of.route == Route::Bribe).unwrap();
                let reached = bribe.costs.cost.iter().filter(|cost| cost.is_finite());
                costs.entry((name.clone(), target.kind.clone())).or_default().extend(reached);
            }
        }
    }
    let found = bribes(&study, &ask);
    assert!(!found.is_empty());
    for bribery in &found {
        let costs = &costs[&(bribery.service.clone(), bribery.attack.clone())];
        let mean = costs.iter().sum::<f64>() / count(costs.len() as u64);
        assert_eq!(bribery.p_plus_epsilon.n(), costs.len() as u64);
        assert!(
            !costs.is_empty() && (bribery.p_plus_epsilon.mean() / mean - 1.0).abs() < 1e-6,
            "{bribery:?} {mean}"
        );
    }
}

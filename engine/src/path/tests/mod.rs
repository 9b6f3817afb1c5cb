mod choosers;
mod joint;
mod margin;
mod queue;
mod sales;
mod votes;

use super::draws::PathSampler;
use super::plan::WorldPlan;
use super::world::World;
use super::*;
use crate::attack::{Execution, Outcomes, assess, execute};
use crate::bargain::settle;
use crate::sampling::Sampler;
use std::path::Path;

fn study(lines: &str) -> Study {
    let text = format!(
        "name = \"t\"\n\
         assets.A = {{ price_usd = 10, volatility = 0.8 }}\nassets.B = {{ price_usd = 2, volatility = 0.5 }}\n\
         market.correlation = [[\"A\", \"B\", 0.5]]\nmarket.stress_loading = {{ A = 0.3 }}\n\
         collusion = {{ probability = 0.05, altruistic_probability = 0.4, compromised_share = 0.2, loadings = {{ common = 0.4 }} }}\n\
         faults.equivocation = {{ rate_per_key_year = 0.1, loadings = {{ common = 0.2 }} }}\n\
         [pools]\nhub = {{ asset = \"A\", stake = {{ a = 50, b = 30, c = 20 }}, reward_apr = 0.1 }}\n\
         app = {{ asset = \"B\", stake = {{ a = 50, d = 30 }} }}\n\
         [services]\n\
         hub = {{ consensus = \"cometbft\", attacks.fork = {{ profit_usd = 20, amnesia = false, profit_asset = \"A\", profit_volatility = 0.3, drawdown = 0.5 }} }}\n\
         app = {{ consensus = \"cometbft\", attacks.fork = {{ profit_usd = 5, amnesia = false, drawdown = 0.2 }} }}\n\
         [designs.alone.services]\nhub = {{ system = \"pos\", pool = \"hub\", slash = 0.05 }}\napp = {{ system = \"pos\", pool = \"app\", slash = 0.05 }}\n\
         [designs.shared]\nextends = \"alone\"\nservices.app = {{ system = \"ics\", provider = \"hub\", slash = 0.05 }}\n\
         {lines}\n"
    );
    Study::from_text(&text, "study.toml", Path::new("")).unwrap_or_else(|error| panic!("{error}"))
}

impl PathPlan {
    /// As a run does it.
    fn of(study: &Study) -> Option<Self> {
        Self::new(&settle(study))
    }
}

/// What a static scenario draws and finds, bit by bit.
#[test]
fn one_epoch_with_everything_off_is_a_scenario() {
    let study = study("[time]\nepochs = 1\nepoch_days = 365");
    let plan = PathPlan::of(&study).unwrap();
    let graph = crate::design::compile(&study);
    let sampler = Sampler::new(&study, study.run.seed);
    let (mut outcomes, mut execution) = (Outcomes::new(&graph), Execution::new(&graph));
    let (mut draws, mut paths) = (sampler.room(), plan.sampler.room());
    let mut world = World::new(&plan.worlds[0]);
    for block in 0..20 {
        sampler.draw(block, LANES, &mut draws);
        assess(&graph, &draws, &mut outcomes);
        execute(&graph, &draws, &mut outcomes, &mut execution);
        world.start();
        plan.sampler.draw(block, LANES, 0, &mut paths);
        world.live(&mut paths, 0);
        let bits = |columns: &[crate::kernels::Column]| -> Vec<u64> {
            columns.iter().flatten().map(|x| x.to_bits()).collect()
        };
        assert_eq!(bits(&draws.prices), bits(&paths.draws.prices));
        assert_eq!(bits(&draws.profits), bits(&paths.draws.profits));
        assert_eq!(draws.colluders.rows, paths.draws.colluders.rows);
        for (a, b) in outcomes.targets.iter().zip(&world.rooms[0].0.targets) {
            assert_eq!(
                bits(&[a.best.cost, a.best.lower, a.profit]),
                bits(&[b.best.cost, b.best.lower, b.profit])
            );
        }
        for (a, b) in execution.designs.iter().zip(&world.rooms[0].1.designs) {
            assert_eq!(a.target, b.target);
            let columns =
                |d: &crate::attack::DesignOutcome| bits(&[d.net_gain, d.slashed, d.fault_slashed, d.cost]);
            assert_eq!(columns(a), columns(b));
        }
        assert_eq!(execution.losses, world.rooms[0].1.losses);
    }
}

/// Feedback of no strength changes nothing but the rooms that it is kept in.
#[test]
fn feedback_of_no_strength_changes_no_cost() {
    let off =
        PathPlan::of(&study("[time]\nepochs = 3\nepoch_days = 30\npaths = 512\nsample = 0")).unwrap().run();
    let wheel = "flywheel = { elasticity = 0 }";
    let on = PathPlan::of(&study(&format!(
        "[time]\nepochs = 3\nepoch_days = 30\npaths = 512\nsample = 0\n{wheel}"
    )));
    let on = on.unwrap().run();
    let costs = |results: &PathResults| -> Vec<BandRow> {
        results.bands.iter().filter(|row| row.metric == "least_attack_cost_usd").cloned().collect()
    };
    let sorted = |results: &PathResults| {
        let mut rows = costs(results);
        rows.sort_by(|a, b| (&a.design, &a.subject, a.epoch).cmp(&(&b.design, &b.subject, b.epoch)));
        rows
    };
    assert_eq!(sorted(&off), sorted(&on));
}

/// The bridge: parts of an epoch are standard normal, independent of the next one's, and add up to what was drawn.
#[test]
fn a_common_factor_spreads_over_its_look() {
    let mut study = study("[time]\nepochs = 8\nepoch_days = 30\nredraw_days = 120");
    study.horizon_days = 30.0;
    let time = study.time.clone().unwrap();
    let sampler = PathSampler::new(&study, &time);
    let mut draws = sampler.room();
    let (mut squares, mut products, mut n) = (0.0, 0.0, 0.0);
    for block in 0..200 {
        let mut parts: Vec<crate::kernels::Column> = Vec::new();
        for epoch in 0..8 {
            sampler.draw(block, LANES, epoch, &mut draws);
            parts.push(draws.draws.common);
        }
        // The four parts of a look over the root of four: the factor of which they are parts.
        let mut fresh = sampler.room();
        sampler.draw(block, LANES, 0, &mut fresh);
        let whole = fresh.whole();
        for (lane, whole) in whole.iter().enumerate() {
            let sum: f64 = parts[..4].iter().map(|part| part[lane]).sum();
            assert!((sum / 2.0 - whole).abs() < 1e-12);
        }
        for (one, next) in parts[1].iter().zip(&parts[2]) {
            squares += one * one;
            products += one * next;
            n += 1.0;
        }
    }
    assert!((squares / n - 1.0).abs() < 5.0 * libm::sqrt(2.0 / n), "{}", squares / n);
    assert!((products / n).abs() < 5.0 / libm::sqrt(n), "{}", products / n);
}

/// A year in twelve steps has the law of a year in one: logarithms with mean −σ²T/2 and variance σ²T.
#[test]
fn prices_in_steps_have_the_law_of_one_step() {
    let study = study("[time]\nepochs = 12\nepoch_days = 30.4375\npaths = 25600\nsample = 10000");
    let results = PathPlan::of(&study).unwrap().run();
    let last = results
        .sample
        .iter()
        .filter(|row| row.epoch == 12 && row.metric == "price_usd" && row.subject == "A");
    let logs: Vec<f64> = last.map(|row| libm::log(row.value / 10.0)).collect();
    let n = crate::moments::count(logs.len() as u64);
    assert!(logs.len() == 10_000, "{}", logs.len());
    let mean = logs.iter().sum::<f64>() / n;
    let variance = logs.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / n;
    assert!((mean + 0.32).abs() < 5.0 * 0.8 / libm::sqrt(n), "{mean}");
    assert!((variance - 0.64).abs() < 5.0 * 0.64 * libm::sqrt(2.0 / n), "{variance}");
}

/// A study without chance whose one stake is paid by its service's revenue alone.
fn wheel(elasticity: f64, push: f64, ceiling: f64) -> Study {
    let text = format!(
        "name = \"w\"\nassets.A = {{ price_usd = 10 }}\n\
         collusion = {{ probability = 0, altruistic_probability = 1 }}\n\
         [pools]\nhub = {{ asset = \"A\", stake = {{ a = 50, b = 30, c = 20 }}, unbonding_days = 21 }}\n\
         [services]\nhub = {{ consensus = \"cometbft\", attacks.fork = {{ profit_usd = 1, amnesia = false }} }}\n\
         [designs.d.services]\nhub = {{ system = \"pos\", pool = \"hub\", slash = 0.05, pays = [{{ usd_per_year = 70 }}] }}\n\
         [time]\nepochs = 40\nepoch_days = 7\npaths = 1\nstake_elasticity = 10\n\
         flywheel = {{ elasticity = {elasticity}, push = {push}, ceiling = {ceiling} }}\n"
    );
    Study::from_text(&text, "study.toml", Path::new("")).unwrap_or_else(|error| panic!("{error}"))
}

/// Logarithms of the stake after each epoch.
fn turns(study: &Study) -> Vec<f64> {
    let plan = PathPlan::of(study).unwrap();
    let mut draws = plan.sampler.room();
    let mut world = World::new(&plan.worlds[0]);
    world.start();
    let turn = |epoch| {
        plan.sampler.draw(0, 1, epoch, &mut draws);
        world.live(&mut draws, epoch);
        world.go_on(&draws);
        libm::log(world.bonded[0][0])
    };
    (0..study.time.as_ref().map_or(0, |time| time.epochs)).map(turn).collect()
}

/// With x the logarithm of the stake, a the elasticity of use, c = ln push and η the speed, x' = (1 − η(1 − a))·x + η·c below the
/// ceiling: towards c/(1 − a) at that rate where a < 1, away from it where a > 1, and by η·c a turn where a = 1; at the ceiling
/// towards ln(ceiling) + c at rate 1 − η.
#[test]
fn the_flywheel_turns_as_its_closed_form_says() {
    let eta = 10.0 * 7.0 / 365.25;
    for (a, push) in [(0.5, 1.2), (0.5, 0.8), (0.9, 1.05), (1.0, 1.03), (1.0, 0.97), (1.2, 1.01), (1.2, 0.99)]
    {
        let c = libm::log(push);
        let rate = 1.0 - eta * (1.0 - a);
        let exact = |turn: i32| match a {
            1.0 => eta * c * f64::from(turn),
            _ => c / (1.0 - a) * (1.0 - libm::pow(rate, f64::from(turn))),
        };
        for (turn, x) in (1..).zip(turns(&wheel(a, push, 1e6))) {
            assert!(
                (x - exact(turn)).abs() < 1e-9 * (1.0 + x.abs()),
                "a {a}, push {push}, turn {turn}: {x} {}",
                exact(turn)
            );
        }
    }
    let (a, push, ceiling) = (1.2, 1.1, 1.05);
    let (c, fixed) = (libm::log(push), libm::log(ceiling) + libm::log(push));
    let mut x = 0.0;
    for (turn, found) in turns(&wheel(a, push, ceiling)).into_iter().enumerate() {
        x += eta * (c + (a * x).min(libm::log(ceiling)) - x);
        assert!((found - x).abs() < 1e-9, "turn {turn}: {found} {x}");
    }
    assert!((x - fixed).abs() < 1e-3, "{x} {fixed}");
}

/// Stake that leaves loses its power at once and can be slashed for three weeks.
#[test]
fn leaving_stake_stays_slashable_until_it_has_left() {
    let study = wheel(1.0, 0.9, 1e6);
    let plan = PathPlan::of(&study).unwrap();
    let mut draws = plan.sampler.room();
    let mut world = World::new(&plan.worlds[0]);
    world.start();
    let shrink = libm::exp(10.0 * 7.0 / 365.25 * libm::log(0.9));
    let mut turn = |epoch| {
        plan.sampler.draw(0, 1, epoch, &mut draws);
        world.live(&mut draws, epoch);
        let slashable = draws.draws.prices[1][0] / 10.0;
        world.go_on(&draws);
        slashable
    };
    let slashable: Vec<f64> = (0..6).map(&mut turn).collect();
    // What was bonded three epochs ago and has not come to its end: nothing is lost for the first four, then the first leavers.
    for (epoch, slashable) in slashable.iter().enumerate() {
        let expected = libm::pow(shrink, crate::moments::count((epoch as u64).saturating_sub(3)));
        assert!((slashable - expected).abs() < 1e-12, "epoch {epoch}: {slashable} {expected}");
    }
}

/// An attack that pays is carried out once: its slash and flight leave the pool, its drawdown the price, and the service is dead.
#[test]
fn an_attack_leaves_its_mark_once() {
    let text = "name = \"w\"\nassets.A = { price_usd = 10 }\n\
         collusion = { probability = 1, altruistic_probability = 0 }\n\
         [pools]\nhub = { asset = \"A\", stake = { a = 50, b = 30, c = 20 }, unbonding_days = 14 }\n\
         [services]\nhub = { consensus = \"cometbft\", asset = \"A\", attacks.fork = { profit_usd = 1000, amnesia = false, drawdown = 0.3 } }\n\
         [designs.d.services]\nhub = { system = \"pos\", pool = \"hub\", slash = 0.05 }\n\
         [time]\nepochs = 4\nepoch_days = 7\npaths = 1\ncontagion = true\nflight = 0.2\n";
    let study = Study::from_text(text, "study.toml", Path::new("")).unwrap();
    let results = PathPlan::of(&study).unwrap().run();
    let pays: Vec<f64> = results.survival.iter().map(|row| row.p_attack_pays.value).collect();
    assert_eq!(pays, [1.0, 0.0, 0.0, 0.0]);
    let prices: Vec<f64> =
        results.sample.iter().filter(|row| row.metric == "price_usd").map(|row| row.value).collect();
    assert!(prices.iter().zip([10.0, 7.0, 7.0, 7.0]).all(|(a, b)| (a - b).abs() < 1e-9), "{prices:?}");
    let stakes: Vec<f64> =
        results.sample.iter().filter(|row| row.metric == "stake_usd").map(|row| row.value).collect();
    // a alone, 50 of 100, signs twice: 2.5 are slashed, a fifth of the rest flees.
    let after = 100.0 * (1.0 - 0.025) * 0.8 * 7.0;
    assert!(
        stakes.iter().zip([1000.0, after, after, after]).all(|(a, b)| (a - b).abs() < 1e-9),
        "{stakes:?}"
    );
}

#[test]
fn paths_do_not_depend_on_the_number_of_threads() {
    let lines = "[time]\nepochs = 3\nepoch_days = 60\npaths = 2000\ncontagion = true\nstake_elasticity = 1\nsample = 2";
    let plan = PathPlan::of(&study(lines)).unwrap();
    let run = |threads: usize| {
        let threads = crate::run::Threads::new(std::num::NonZeroUsize::new(threads)).unwrap();
        threads.install(|| plan.run())
    };
    let one = run(1);
    assert_eq!(format!("{one:?}"), format!("{:?}", run(3)));
    // Survival falls, and whoever waits strikes later.
    let survival: Vec<f64> = one
        .survival
        .iter()
        .filter(|row| (row.design.as_str(), row.service.as_str()) == ("alone", "hub"))
        .map(|row| row.survival.value)
        .collect();
    assert!(survival.windows(2).all(|pair| pair[1] <= pair[0]) && survival[2] < 1.0, "{survival:?}");
}

/// Every world has one plan; without feedback designs share one.
#[test]
fn designs_share_a_world_unless_something_feeds_back() {
    let worlds = |lines: &str| PathPlan::of(&study(lines)).unwrap().worlds.len();
    assert_eq!(worlds("[time]\nepochs = 2\nepoch_days = 7"), 1);
    assert_eq!(worlds("[time]\nepochs = 2\nepoch_days = 7\ncontagion = true"), 2);
    let plan: &WorldPlan = &PathPlan::of(&study("[time]\nepochs = 2\nepoch_days = 7")).unwrap().worlds[0];
    assert!(!plan.moves);
}

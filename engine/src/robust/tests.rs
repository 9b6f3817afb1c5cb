//! Published cases of restaking robustness exactly (Durvasula and Roughgarden, arXiv 2407.21785; `EigenLayer` whitepaper), the
//! theorems on random graphs, and what a slash of less than everything changes.

use super::worst::Coalitions;
use super::{Ask, Cascades, Robustness, Small, compare_ratios};
use crate::design::compile;
use crate::study::Study;
use std::cmp::Ordering;
use std::path::Path;

/// A service: members, profit, threshold, slash.
type Service<'a> = (&'a [usize], &'a str, &'a str, &'a str);

/// A shock, and the R_ψ that goes with it, as fractions.
type WorstCase = ((u64, u64), (i128, i128));

/// Validators that restake all of their stake.
fn restaking(stakes: &[&str], services: &[Service<'_>]) -> Study {
    let stake: Vec<String> = stakes.iter().enumerate().map(|(v, stake)| format!("v{v} = {stake}")).collect();
    let mut text = format!(
        "name = \"restaking\"\n[assets.A]\nprice_usd = 1\n[collusion]\nprobability = 0.1\naltruistic_probability = 0.1\n\
         [pools.p]\nasset = \"A\"\nstake = {{ {} }}\n",
        stake.join(", ")
    );
    for (s, (members, profit, threshold, slash)) in services.iter().enumerate() {
        let members: Vec<String> = members.iter().map(|v| format!("\"v{v}\"")).collect();
        text += &format!(
            "[services.s{s}]\nconsensus = \"quorum\"\nattacks.control = {{ profit_usd = {profit}, threshold = \">= {threshold}\" }}\n\
             [designs.d.services.s{s}]\nsystem = \"eigenlayer\"\npools = [\"p\"]\nslash = {slash}\noperators = [{}]\n",
            members.join(", ")
        );
    }
    Study::from_text(&text, "study.toml", Path::new(".")).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn robustness(study: &Study, design: usize, shock: (u64, u64)) -> Robustness {
    super::robustness(study, &Ask { design, shock, byzantine: 0 })
}

fn small(study: &Study) -> Small {
    let mut study = study.clone();
    study.adversary.joint = true;
    Small::new(&study, &compile(&study), 0).unwrap()
}

/// `1 + γ` is exactly `cover`; the certified one is `certified`; R_ψ at ψ = `shock` is exactly `left`.
#[track_caller]
fn assert_robust(study: &Study, (cover, certified): ((i128, i128), f64), worst: &[WorstCase]) -> Robustness {
    let small = small(study);
    let mut cascades = Cascades::new(&small);
    let found = cascades.least_cover().unwrap();
    assert_eq!(compare_ratios(found, cover), Ordering::Equal, "{found:?} is not {cover:?}");
    let total: i128 = small.stakes.iter().sum();
    for ((num, den), (left, of)) in worst {
        let found = cascades.worst((*num, *den));
        // ψ + left/total = left/of, cross-multiplied.
        let (num, den) = (i128::from(*num), i128::from(*den));
        assert_eq!((num * total + found.left * den) * of, left * den * total, "{found:?} of {total}");
        assert_eq!(found.left, found.lost, "who is in it loses everything");
    }
    let (first, _) = worst.first().copied().unwrap_or(((0, 1), (0, 1)));
    let robust = robustness(study, 0, first);
    assert!((robust.whole - certified).abs() <= 1e-9 * certified, "{} is not {certified}", robust.whole);
    robust
}

const ALL: &str = "1";

#[test]
fn t6_tightness() {
    // Stakes 1, 1.9, 7.1 and a profit of 29/15, all times 15.
    let study = restaking(&["15", "28.5", "106.5"], &[(&[0, 1], "29", "1", ALL)]);
    let robust = assert_robust(&study, ((3, 2), 1.5), &[((1, 10), (29, 100)), ((99, 1000), (99, 1000))]);
    let exact = robust.exact.unwrap();
    let worst = exact.worst.unwrap();
    assert!(exact.is_secure && worst.hit == ["v0"], "{worst:?}");
    // (1 + 1/γ)ψ = 30 % is not reached, only just.
    assert!((worst.bound.unwrap() - 0.3).abs() < 1e-12 && (worst.left - 0.29).abs() < 1e-12);
}

#[test]
fn t6_zero_slack() {
    let study = restaking(&["0.01", "0.99"], &[(&[0, 1], "1", "1", ALL)]);
    let robust = assert_robust(&study, ((1, 1), 1.0), &[((1, 100), (1, 1)), ((1, 200), (1, 200))]);
    let exact = robust.exact.unwrap();
    // A tie pays nobody; without slack there is no bound.
    assert!(exact.is_secure && exact.worst.unwrap().bound.is_none());
}

#[test]
fn t6_figure_4() {
    let study = restaking(&["100", "1", "99"], &[(&[0], "1", "1", ALL), (&[1, 2], "101", "1", ALL)]);
    let robust = assert_robust(&study, ((100, 101), 100.0 / 101.0), &[((0, 1), (1, 2))]);
    assert!(!robust.exact.unwrap().is_secure);
    // The service that nobody would attack stands apart from the other.
    assert!((robust.services[0].1 - 100.0).abs() < 1e-6 && robust.services[1].1 < 1.0);
}

#[test]
fn t6_triangle() {
    let stakes = ["1.5", "3", "3"];
    let study =
        restaking(&stakes, &[(&[0, 1], "1", "1", ALL), (&[1, 2], "1", "1", ALL), (&[2, 0], "1", "1", ALL)]);
    let robust = assert_robust(&study, ((5, 2), 2.25), &[]);
    assert_eq!(robust.operators[0].0, "v0");
}

#[test]
fn t6_one_service_of_a_hundred() {
    let of = |stake: &str, threshold: &str| {
        robustness(
            &restaking(&[stake; 10], &[(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9], "100", threshold, ALL)]),
            0,
            (0, 1),
        )
        .whole
    };
    let cases = [
        ("30", "1/2", 1.5),
        ("20.5", "1/2", 1.025),
        ("20.0", "1/2", 1.0),
        ("30", "1/3", 1.0),
        ("33", "1/3", 1.1),
    ];
    for (stake, threshold, expected) in cases {
        let found = of(stake, threshold);
        assert!((found - expected).abs() < 1e-9, "{found} is not {expected}");
    }
}

/// No stake behind a profit is a free attack; a validator without stake constrains nothing.
#[test]
fn t6_no_stake() {
    let robust =
        robustness(&restaking(&["5", "0"], &[(&[0], "1", "1", ALL), (&[1], "1", "1", ALL)]), 0, (0, 1));
    assert!(robust.whole.abs() < 1e-300 && (robust.services[0].1 - 5.0).abs() < 1e-9, "{robust:?}");
    assert!(robust.operators.iter().all(|(name, _)| name == "v0"));
    let exact = robust.exact.unwrap();
    assert!(!exact.is_secure && exact.cover == Some(0.0));
}

#[test]
fn t9_one_service_and_ten() {
    let all = [0, 1, 2, 3, 4, 5, 6, 7];
    let of = |n: usize| restaking(&["1"; 8], &vec![(&all[..], "2", "1/2", ALL); n]);
    assert_robust(&of(1), ((2, 1), 2.0), &[]);
    let ten = small(&of(10));
    let cover = Cascades::new(&ten).least_cover().unwrap();
    assert_eq!(compare_ratios(cover, (1, 5)), Ordering::Equal);
    assert!(ten.cascades_fit().is_err());
}

/// SplitMix64.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % n
    }
}

fn random(dice: &mut Dice, slash: &[&'static str]) -> Study {
    let n = 2 + dice.below(4);
    let stakes: Vec<String> = (0..n).map(|_| format!("{}.{}", 1 + dice.below(40), dice.below(10))).collect();
    let stakes: Vec<&str> = stakes.iter().map(String::as_str).collect();
    let services: Vec<(Vec<usize>, String, &str, &str)> = (0..1 + dice.below(3))
        .map(|_| {
            let mut members: Vec<usize> =
                (0..usize::try_from(n).unwrap()).filter(|_| dice.below(3) > 0).collect();
            members.push(0);
            members.sort_unstable();
            members.dedup();
            let threshold = ["1/3", "1/2", "2/3", "1"][usize::try_from(dice.below(4)).unwrap()];
            let slash = slash[usize::try_from(dice.below(slash.len() as u64)).unwrap()];
            (members, format!("{}.{}", dice.below(14), dice.below(10)), threshold, slash)
        })
        .collect();
    let services: Vec<Service<'_>> = services
        .iter()
        .map(|(m, profit, threshold, slash)| (&m[..], &profit[..], *threshold, *slash))
        .collect();
    restaking(&stakes, &services)
}

/// The most that leaves in one attack on what is there at first.
fn one_attack(small: &Small) -> i128 {
    let of_set = |set: &u128| {
        let (coalitions, profit) = (Coalitions::new(small, *set, (0, 0)), small.profit(*set, 0));
        let pays = |mask: &usize| coalitions.reaches[*mask] && coalitions.paid[*mask] < profit;
        (0..coalitions.paid.len()).filter(pays).map(|mask| coalitions.stake[mask]).max().unwrap_or(0)
    };
    small.sets.iter().filter(|set| **set != 0).map(of_set).max().unwrap_or(0)
}

/// Where slashes take everything: the union of a cascade without a shock is one attack on the whole; with slack γ, R_ψ is below
/// (1 + 1/γ)ψ; and the certified slack never exceeds the exact one.
#[test]
fn theorems_hold_on_random_graphs() {
    let (mut dice, mut bounded, mut insecure) = (Dice(1), 0, 0);
    for _ in 0..150 {
        let study = random(&mut dice, &[ALL]);
        let small = small(&study);
        assert!(small.loses_everything());
        let mut cascades = Cascades::new(&small);
        assert_eq!(cascades.worst((0, 1)).left, one_attack(&small));
        for shock in [(1, 20), (1, 5), (1, 3)] {
            let robust = robustness(&study, 0, shock);
            let exact = robust.exact.unwrap();
            let Some(cover) = exact.cover else { continue };
            assert!(robust.whole <= cover * (1.0 + 1e-9), "{} above {cover}", robust.whole);
            insecure += usize::from(!exact.is_secure);
            let worst = exact.worst.unwrap();
            if let Some(bound) = worst.bound {
                assert!(worst.left < bound, "{worst:?}");
                bounded += 1;
            }
        }
    }
    assert!(bounded > 300 && insecure > 20, "{bounded} {insecure}");
}

/// Where slashes take less, the bound is not claimed, and the certified slack holds all the same.
#[test]
fn part_slashes_are_certified_but_not_bounded() {
    let (mut dice, mut compared) = (Dice(2), 0);
    for _ in 0..150 {
        let mut study = random(&mut dice, &["0.05", "0.3", "1"]);
        for pool in 0..study.pools.len() {
            study.designs[0].losses[pool] = Some(crate::study::Combine::Once);
        }
        let robust = robustness(&study, 0, (1, 10));
        let Ok(exact) = &robust.exact else { panic!("{:?}", robust.exact) };
        let Some(cover) = exact.cover else { continue };
        assert!(robust.whole <= cover * (1.0 + 1e-9), "{} above {cover}", robust.whole);
        let worst = exact.worst.as_ref().unwrap();
        assert!(worst.lost <= worst.left + 1e-12, "{worst:?}");
        compared += usize::from(worst.bound.is_none() && worst.lost < worst.left);
    }
    assert!(compared > 10, "{compared}");
}

/// Stake divided between two services: leaving after the first attack costs less than taking part in the second, so two attacks
/// in a row take everybody away, where one takes half.
#[test]
fn divided_stake_falls_in_two_rounds() {
    let text = "name = \"divided\"\n[assets.A]\nprice_usd = 1\n[collusion]\nprobability = 0.1\naltruistic_probability = 0.1\n\
        [pools.p]\nasset = \"A\"\nstake = { a = 10, b = 10 }\n\
        [services.s]\nconsensus = \"quorum\"\nattacks.control = { profit_usd = 6, threshold = \">= 1/2\" }\n\
        [services.t]\nconsensus = \"quorum\"\nattacks.control = { profit_usd = 6, threshold = \">= 1/2\" }\n";
    let secured = |service: &str| {
        let half = |o: &str| {
            format!("{{ operator = \"{o}\", service = \"{service}\", pool = \"p\", fraction = 0.5 }}")
        };
        format!(
            "[designs.d.services.{service}]\nsystem = \"eigenlayer\"\npools = [\"p\"]\nstake = \"unique\"\nslash = 1\n\
             allocations = [{}, {}]\n",
            half("a"),
            half("b")
        )
    };
    let text = format!("{text}{}{}", secured("s"), secured("t"));
    let study =
        Study::from_text(&text, "study.toml", Path::new(".")).unwrap_or_else(|error| panic!("{error}"));
    let small = small(&study);
    let worst = Cascades::new(&small).worst((0, 1));
    let total: i128 = small.stakes.iter().sum();
    assert_eq!((worst.left, 2 * worst.lost, 2 * one_attack(&small)), (total, total, total));
    assert!(!small.loses_everything());
}

/// Bar-Zur and Eyal (2025): fifteen validators and services, a third attacks, prize 1, each allocation `degree · stake/15`; the least
/// stake at which no attack gains while the worst `h` services are Byzantine.
#[test]
fn t10_elastic_restaking() {
    let rows: [(usize, [(u32, f64); 4]); 3] = [
        (0, [(10, 3.0), (15, 3.0), (20, 3.0), (30, 3.0)]),
        (1, [(10, 3.0), (15, 28.0 / 9.0), (20, 42.0 / 13.0), (30, 3.5)]),
        (3, [(10, 3.0), (15, 24.0 / 7.0), (20, 4.0), (30, 6.0)]),
    ];
    for (byzantine, cases) in rows {
        for (tenths, stake) in cases {
            let mut study = elastic(15, f64::from(tenths) / 150.0);
            // A third of fifteen is five: it makes no difference whether somebody could join in part.
            for divisible in [false, true] {
                study.pools[0].divisible = divisible;
                // All services are alike: the first choice is as bad as any.
                let turned = super::Turned::new(&study, 0, &(0..byzantine).collect::<Vec<_>>());
                // Stakes of one profit each: the multiple of the profits is that of the stake upside down.
                let found = turned.slack().whole;
                assert!((found * stake - 1.0).abs() < 1e-9, "{byzantine} {tenths}: {found} is not 1/{stake}");
            }
        }
    }
}

/// All operators at once give what they give one by one.
#[test]
fn the_whole_at_once_is_the_least_of_the_parts() {
    let holds = held("20");
    for study in [elastic(15, 0.1), elastic(5, 0.5), elastic(3, 0.4), holds] {
        let turned = super::Turned::new(&study, 0, &[]);
        let joint = &turned.graph.designs[0].joint;
        let plan = crate::attack::joint::Plan::new(joint);
        let whole = crate::attack::joint::slack_of_whole(joint, &plan, &turned.scene());
        let parts = turned.slack().whole;
        assert!(whole.is_finite() && (whole / parts - 1.0).abs() < 1e-12, "{whole} {parts}");
    }
}

/// Everybody has the same γ*; in a scenario it is that at a premium of a tenth where five of fifteen can be bribed, and else
/// nobody attacks anything.
#[test]
fn in_a_scenario_only_those_who_can_be_had_count() {
    let mut study = elastic(15, 0.1);
    for operator in &mut study.operators {
        (operator.collusion_probability, operator.altruistic_probability) = (0.0, 0.6);
    }
    let today = super::Turned::new(&study, 0, &[]).slack().whole;
    let n = 20_000;
    let found = super::slack_in_scenarios(&study, 0, (n, 5));
    let out_of_reach = found.iter().filter(|cover| cover.is_infinite()).count();
    assert!(found.len() == n && found.windows(2).all(|pair| pair[0] <= pair[1]));
    assert!(found[..n - out_of_reach].iter().all(|cover| (cover / (1.1 * today) - 1.0).abs() < 1e-9));
    // Fewer than five of fifteen, each with probability 0.4.
    let mut chances = vec![1.0];
    for _ in 0..15 {
        let mut next = vec![0.0; chances.len() + 1];
        for (k, p) in chances.iter().enumerate() {
            next[k] += 0.6 * p;
            next[k + 1] += 0.4 * p;
        }
        chances = next;
    }
    let expected: f64 = chances[..5].iter().sum();
    let error = libm::sqrt(expected * (1.0 - expected) / 20_000.0);
    let share = f64::from(u32::try_from(out_of_reach).unwrap()) / 20_000.0;
    assert!((share - expected).abs() < 5.0 * error, "{share} {expected}");
}

/// Of services of which some are served with more, the worst to turn is found.
#[test]
fn the_worst_service_turns() {
    let study = elastic(3, 0.4);
    let ask = |byzantine| Ask { design: 0, shock: (0, 1), byzantine };
    let (none, one) = (super::robustness(&study, &ask(0)), super::robustness(&study, &ask(1)));
    assert!(none.byzantine.is_empty() && one.byzantine.len() == 1);
    assert!(one.whole < none.whole, "{} {}", one.whole, none.whole);
    assert_eq!(super::robustness(&study, &ask(9)).byzantine.len(), 3);
    assert_eq!(super::choices(&[0, 1, 2, 3], 2).len(), 6);
}

/// `n` validators and `n` services, a stake as large as each profit, everybody allocating a part to each.
fn elastic(n: usize, part: f64) -> Study {
    let stake: Vec<String> = (0..n).map(|v| format!("v{v:02} = 3000000")).collect();
    let mut text = format!(
        "name = \"elastic\"\n[assets.A]\nprice_usd = 1\n[collusion]\nprobability = 0.1\naltruistic_probability = 0.1\n\
         [pools.p]\nasset = \"A\"\nstake = {{ {} }}\n",
        stake.join(", ")
    );
    for s in 0..n {
        let row = |v: usize| {
            format!("{{ operator = \"v{v:02}\", service = \"s{s:02}\", pool = \"p\", fraction = {part} }}")
        };
        let rows: Vec<String> = (0..n).map(row).collect();
        text += &format!(
            "[services.s{s:02}]\nconsensus = \"quorum\"\nattacks.control = {{ profit_usd = 3000000, threshold = \">= 1/3\" }}\n\
             [designs.d.services.s{s:02}]\nsystem = \"eigenlayer\"\npools = [\"p\"]\nstake = \"elastic\"\nslash = 1\nallocations = [{}]\n",
            rows.join(", ")
        );
    }
    Study::from_text(&text, "study.toml", Path::new(".")).unwrap_or_else(|error| panic!("{error}"))
}

/// A hub that carries out the slashes of an app.
fn held(profit: &str) -> Study {
    let text = format!(
        "name = \"held\"\n[assets.A]\nprice_usd = 1\n[collusion]\nprobability = 0.1\naltruistic_probability = 0.1\n\
             [pools.p]\nasset = \"A\"\nstake = {{ a = 100 }}\n[pools.q]\nasset = \"A\"\nstake = {{ b = 50 }}\n\
             [services.hub]\nconsensus = \"quorum\"\nattacks.control = {{ profit_usd = 20, threshold = \">= 1/2\" }}\n\
             [services.app]\nconsensus = \"quorum\"\nattacks.fork = {{ profit_usd = {profit}, threshold = \">= 1/2\" }}\n\
             [designs.d.services.hub]\nsystem = \"pos\"\npool = \"p\"\nslash = 0.5\nexecutes_on = \"always\"\n\
             [designs.d.services.app]\nsystem = \"pos\"\npool = \"q\"\nslash = 1\nexecutes_on = \"hub\"\n"
    );
    Study::from_text(&text, "study.toml", Path::new(".")).unwrap_or_else(|error| panic!("{error}"))
}

/// What a service's own chain slashes does not land once the chain is held: who holds it answers for everything that falls with it.
#[test]
fn who_holds_the_executor_answers_for_all() {
    let judged = |profit: &str| robustness(&held(profit), 0, (0, 1));
    // Both together: a forfeits 50 for 20 + 20; b then loses nothing. The app alone: 50 for 20. The hub alone: 50 for 20.
    let robust = judged("20");
    assert!((robust.whole - 1.25).abs() < 1e-9, "{robust:?}");
    assert_eq!(robust.exact.unwrap().cover, Some(1.25));
    assert!((judged("5").whole - 2.0).abs() < 1e-9);
}

/// A chain and a service restaked on its stake, both slashing: the loss of the service alone is no less for the chain's slash that the
/// attack leaves out. By hand, with `x = 1 + γ`, an operator with a part of what each needs gains nothing as long as every choice of its
/// own costs as much: chain alone `h ≥ x π_c/need_c`, service alone `e ≥ x π_s/need_s`, both `1 − (1 − h)(1 − e) ≥ x (π_c/need_c + π_s/need_s)`.
#[test]
fn claims_are_charged_though_the_chain_below_could_have_taken_everything() {
    let judged = |home: f64, claim: f64, rule: &str| {
        let study = Study::from_text(
            &format!(
                r#"
name = "below"
[assets.A]
price_usd = 1
[collusion]
probability = 0.1
altruistic_probability = 0.1
[pools.p]
asset = "A"
stake = {{ a = 100, b = 100, c = 100, e = 100 }}
[services.chain]
consensus = "quorum"
attacks.fork = {{ profit_usd = 50, threshold = ">= 1/2" }}
[services.new]
consensus = "quorum"
attacks.corrupt = {{ profit_usd = 20, threshold = ">= 1/4" }}
[designs.d]
losses = {{ p = "{rule}" }}
services.chain = {{ system = "pos", pool = "p", slash = {home}, executes_on = "always" }}
services.new = {{ system = "eigenlayer", pools = ["p"], slash = {claim}, executes_on = "always" }}
"#
            ),
            "study.toml",
            Path::new("."),
        )
        .unwrap_or_else(|error| panic!("{error}"));
        robustness(&study, 0, (0, 1)).whole
    };
    let (chain, new) = (50.0 / 200.0, 20.0 / 100.0);
    for (home, claim) in [(1.0, 1.0), (0.5, 0.8), (1.0, 0.3), (0.2, 0.1), (0.05, 1.0)] {
        for (rule, both) in [
            ("compound", 1.0 - (1.0 - home) * (1.0 - claim)),
            ("additive", f64::min(1.0, home + claim)),
            ("once", f64::max(home, claim)),
        ] {
            let truth = (home / chain).min(claim / new).min(both / (chain + new));
            let found = judged(home, claim, rule);
            assert!((found / truth - 1.0).abs() < 1e-9, "{rule} {home} {claim}: {found} is not {truth}");
        }
    }
}

//! Closed forms through the real sampler: every figure within five of its own standard errors.

use crate::common::{assert_within_five_errors, chain, figure, results, study};
use montecartel::kernels::normal;

/// `P[Bin(n, p(z)) ≥ k]` integrated over the common factor: the finite pool of n equal validators.
fn finite_pool(n: u32, k: u32, p: f64, rho: f64) -> f64 {
    let cutoff = normal::quantile(p);
    let (steps, width) = (8000, 20.0);
    (0..=steps)
        .map(|i| {
            let z = width * (f64::from(i) / f64::from(steps) - 0.5);
            let conditional = normal::cdf((cutoff - rho.sqrt() * z) / (1.0 - rho).sqrt());
            binomial_tail(n, k, conditional) * normal::density(z)
        })
        .sum::<f64>()
        * width
        / f64::from(steps)
}

fn binomial_tail(n: u32, k: u32, p: f64) -> f64 {
    if p <= 0.0 || p >= 1.0 {
        return if p >= 1.0 || k == 0 { 1.0 } else { 0.0 };
    }
    let log_term = |i: u32| {
        let (n, i) = (f64::from(n), f64::from(i));
        log_gamma(n + 1.0) - log_gamma(i + 1.0) - log_gamma(n - i + 1.0) + i * p.ln() + (n - i) * (-p).ln_1p()
    };
    (k..=n).map(|i| log_term(i).exp()).sum()
}

/// ln Γ by Stirling's series after shifting the argument above 20.
fn log_gamma(mut x: f64) -> f64 {
    let mut shift = 0.0;
    while x < 20.0 {
        shift += x.ln();
        x += 1.0;
    }
    let series = 1.0 / (12.0 * x) - 1.0 / (360.0 * x.powi(3)) + 1.0 / (1260.0 * x.powi(5));
    (x - 0.5) * x.ln() - x + 0.5 * (2.0 * std::f64::consts::PI).ln() + series - shift
}

/// `P(L > x)` in the limit of a large pool (Vasicek 2002).
fn vasicek_tail(x: f64, p: f64, rho: f64) -> f64 {
    let inner = normal::quantile(p) - (1.0 - rho).sqrt() * normal::quantile(x);
    normal::cdf(inner / rho.sqrt())
}

/// Published values: n, k, p, ρ, P(K ≥ k).
const T2: [(u32, u32, f64, f64, f64); 5] = [
    (10, 4, 0.05, 0.0, 1.028_497_94e-3),
    (10, 4, 0.05, 0.3, 1.916_452_68e-2),
    (100, 34, 0.05, 0.3, 1.047_471_87e-2),
    (100, 34, 0.01, 0.2, 1.266_368_12e-5),
    (1000, 334, 0.05, 0.3, 9.605_968_30e-3),
];

#[test]
fn t2_the_integral_gives_the_published_values() {
    for (n, k, p, rho, expected) in T2 {
        let value = finite_pool(n, k, p, rho);
        assert!((value / expected - 1.0).abs() < 1e-6, "n = {n}, p = {p}, rho = {rho}: {value}");
    }
}

#[test]
fn t1_is_the_limit_of_t2() {
    for (p, rho, third, two_thirds) in [
        (0.01, 0.20, 7.110_616e-6, 6.666_727e-10),
        (0.05, 0.30, 9.510_190e-3, 1.256_042e-4),
        (0.10, 0.50, 8.353_801e-2, 1.244_470e-2),
    ] {
        assert!((vasicek_tail(1.0 / 3.0, p, rho) / third - 1.0).abs() < 1e-6);
        assert!((vasicek_tail(2.0 / 3.0, p, rho) / two_thirds - 1.0).abs() < 1e-6);
    }
    let gap = |n: u32| finite_pool(n, n / 3 + 1, 0.05, 0.3) / vasicek_tail(1.0 / 3.0, 0.05, 0.3) - 1.0;
    assert!(gap(100) > gap(1000) && gap(1000) > gap(4000) && gap(4000).abs() < 0.004);
}

fn equal_pool(n: usize, p: f64, rho: f64) -> String {
    chain(&vec![1; n], p, rho.sqrt(), r#"attacks.third = { profit_usd = 1.0, threshold = "> 1/3" }"#, "")
}

#[test]
fn t2_finite_pools_through_the_sampler() {
    for ((n, k, p, rho, expected), scenarios) in
        T2.into_iter().zip([400_000, 400_000, 400_000, 3_000_000, 100_000])
    {
        assert_eq!(k, n / 3 + 1);
        let drawn = results(&study(&equal_pool(n as usize, p, rho)), scenarios, 7);
        assert_within_five_errors(
            figure(&drawn, ["d", "s", "third", "collude", "p_threshold_reached"]),
            expected,
        );
        assert_within_five_errors(figure(&drawn, ["d", "s", "*", "*", "colluding_share"]), p);
    }
}

#[test]
fn t2_at_the_same_n_matches_the_integral_for_other_laws() {
    for (n, p, rho) in [(7u32, 0.2, 0.1), (31, 0.1, 0.5), (64, 0.15, 0.05)] {
        let drawn = results(&study(&equal_pool(n as usize, p, rho)), 300_000, 11);
        let expected = finite_pool(n, n / 3 + 1, p, rho);
        assert_within_five_errors(
            figure(&drawn, ["d", "s", "third", "collude", "p_threshold_reached"]),
            expected,
        );
    }
}

/// Stakes 10, 6, 5, 3, 1 with p = 0.1 each, strict thresholds.
#[test]
fn t3_unequal_stakes() {
    let attacks = r#"
attacks.third = { profit_usd = 1.0, threshold = "> 1/3" }
attacks.two_thirds = { profit_usd = 1.0, threshold = "> 2/3" }"#;
    for (rho, third, two_thirds) in [(0.0, 0.11791, 0.00361), (0.3, 0.127_867_77, 0.017_801_37)] {
        let text = chain(&[10, 6, 5, 3, 1], 0.1, f64::sqrt(rho), attacks, "");
        let drawn = results(&study(&text), 2_000_000, 3);
        let reached = |attack| figure(&drawn, ["d", "s", attack, "collude", "p_threshold_reached"]);
        assert_within_five_errors(reached("third"), third);
        assert_within_five_errors(reached("two_thirds"), two_thirds);
    }
}

/// Poisson-binomial with p = (0.1, 0.2, 0.3, 0.4): pmf 0.3024, 0.4404, 0.2144, 0.0404, 0.0024.
#[test]
fn t3_unequal_probabilities() {
    let attacks = r#"
attacks.one = { profit_usd = 1.0, threshold = ">= 1/4" }
attacks.two = { profit_usd = 1.0, threshold = ">= 2/4" }
attacks.three = { profit_usd = 1.0, threshold = ">= 3/4" }
attacks.four = { profit_usd = 1.0, threshold = ">= 4/4" }"#;
    let table = r#"
[operators]
table = [
  { operator = "op0000", collusion_probability = 0.1 }, { operator = "op0001", collusion_probability = 0.2 },
  { operator = "op0002", collusion_probability = 0.3 }, { operator = "op0003", collusion_probability = 0.4 },
]"#;
    let drawn = results(&study(&chain(&[1; 4], 0.1, 0.0, attacks, table)), 1_000_000, 5);
    for (attack, expected) in [("one", 0.6976), ("two", 0.2572), ("three", 0.0428), ("four", 0.0024)] {
        assert_within_five_errors(
            figure(&drawn, ["d", "s", attack, "collude", "p_threshold_reached"]),
            expected,
        );
    }
}

/// Two operators with a t copula: the joint tail against numerical integration of `P(both)` over the scale.
#[test]
fn a_t_copula_ties_operators_without_loadings() {
    let text = chain(&[1, 1], 0.05, 0.0, r#"attacks.both = { profit_usd = 1.0, threshold = ">= 1" }"#, "")
        .replace("loadings = { common = 0 }", "copula = { student_t = 4 }");
    let drawn = results(&study(&text), 1_000_000, 9);
    // With S = sqrt(W/4): P(both) = E[Φ(t·S)²], t the 5 % quantile of Student's t with 4 degrees of freedom;
    // W = −2 ln(U1 U2) is a sum of two exponentials, density w·exp(−w/2)/4.
    let t = -2.131_846_786;
    let steps = 200_000;
    let both: f64 = (0..steps)
        .map(|i| {
            let w = 60.0 * (f64::from(i) + 0.5) / f64::from(steps);
            let p = normal::cdf(t * (w / 4.0).sqrt());
            p * p * w * (-w / 2.0).exp() / 4.0
        })
        .sum::<f64>()
        * 60.0
        / f64::from(steps);
    assert!(both > 2.0 * 0.05 * 0.05, "the copula ties nothing: {both}");
    assert_within_five_errors(figure(&drawn, ["d", "s", "both", "collude", "p_threshold_reached"]), both);
    assert_within_five_errors(figure(&drawn, ["d", "s", "*", "*", "colluding_share"]), 0.05);
}

/// Stakes 100, 1, 1, 1 at a slash of 5 %: a 30 % power cap cuts the cost of corrupting the consumer fifty-fold.
#[test]
fn t13_what_a_power_cap_does() {
    let text = r#"
name = "cap"
[assets.T]
price_usd = 1.0
[collusion]
probability = 1.0
altruistic_probability = 0.0
[adversary]
routes = ["collude"]
[pools.provider]
asset = "T"
stake = { a = 100, b = 1, c = 1, d = 1 }
[services.consumer]
consensus = "quorum"
attacks.third = { profit_usd = 1.0, threshold = "> 1/3" }
attacks.two_thirds = { profit_usd = 1.0, threshold = "> 2/3" }
[designs.open.services.consumer]
system = "ics"
provider = "provider"
slash = 0.05
[designs.capped.services.consumer]
system = "ics"
provider = "provider"
power_cap = 30
slash = 0.05
"#;
    let drawn = results(&study(text), 256, 1);
    let expected = [
        ("open", "third", 5.0),
        ("open", "two_thirds", 5.0),
        ("capped", "third", 0.10),
        ("capped", "two_thirds", 0.15),
    ];
    for (design, attack, expected) in expected {
        for metric in ["attack_cost_usd_given_reachable", "cost_of_corruption_usd_given_reachable"] {
            let cost = figure(&drawn, [design, "consumer", attack, "collude", metric]).estimate.value;
            assert!((cost - expected).abs() < 1e-12, "{design} {attack} {metric}: {cost}");
        }
    }
}

/// n independent operators, each down with probability q at the moment looked at.
#[test]
fn accidents_halt_as_often_as_the_binomial_law_says() {
    let text = chain(
        &[1; 9],
        0.01,
        0.0,
        r#"attacks.halt = { profit_usd = 1.0, threshold = ">= 1/3" }"#,
        "[faults.downtime]\nrate_per_key_year = 20.0\nduration_hours = 100.0",
    );
    let q = 1.0 - f64::exp(-20.0 * 100.0 / 8766.0);
    let drawn = results(&study(&text), 200_000, 2);
    let halted = figure(&drawn, ["d", "s", "halt", "*", "p_halt_by_accident"]);
    assert_within_five_errors(halted, binomial_tail(9, 3, q));
}

/// Each of five equal operators has 0.1 accidents a year and loses 5 % for the first, which tombstones it: it cannot be
/// slashed again. The linear graph counts every accident; the gap is what it counts too much.
#[test]
fn accidents_cost_what_their_rate_says_once() {
    let more = "[faults.equivocation]\nrate_per_key_year = 0.1";
    let fork = "attacks.fork = { profit_usd = 0.0, threshold = \"> 1/3\" }";
    let drawn = results(&study(&chain(&[100; 5], 0.01, 0.0, fork, more)), 200_000, 4);
    let expected: f64 = 0.1 * 365.0 / 365.25;
    let (all, once) = (5.0 * 100.0 * 0.05, 1.0 - f64::exp(-expected));
    assert_within_five_errors(figure(&drawn, ["d", "*", "*", "*", "fault_slashed_usd"]), all * once);
    assert_within_five_errors(
        figure(&drawn, ["d", "*", "*", "*", "settlement_gap_usd"]),
        all * (once - expected),
    );
}

/// A slash lands when evidence comes within the 21 days that leaving stake takes: Φ(ln(21/10)/1) of 80 %. What is staked is
/// slashed in full or not at all, and the attackers' costs carry the mean.
#[test]
fn slashes_land_as_often_as_evidence_outruns_unbonding() {
    let attacks = "attacks.fork = { profit_usd = 1000.0, threshold = \"> 1/3\" }";
    let text =
        chain(&[100; 3], 1.0, 0.0, attacks, "detection = { probability = 0.8, median_days = 10, sigma = 1 }")
            .replace(r#", "acquire"]"#, "]");
    let drawn = results(&study(&text), 100_000, 5);
    let lands = 0.8 * normal::cdf(f64::ln(2.1));
    let whole = |metric| figure(&drawn, ["d", "*", "*", "*", metric]);
    assert_within_five_errors(whole("p_slash_lands_given_slashable"), lands);
    assert_within_five_errors(whole("slashed_usd"), 10.0 * lands);
    let nominal = whole("nominal_slashed_usd").estimate.value;
    assert!((nominal - 10.0).abs() < 1e-9, "{nominal}");
    let cost =
        figure(&drawn, ["d", "s", "fork", "collude", "attack_cost_usd_given_reachable"]).estimate.value;
    assert!((cost - 10.0 * lands).abs() < 1e-9, "{cost}");
    let labels = ["d", "*", "*", "*", "slashed_usd_given_attacked"];
    let quantile = |p| drawn.quantile(labels, p).map(|row| row.value).unwrap_or(f64::NAN);
    assert!(quantile(0.25).abs() < 1e-12 && (quantile(0.75) / 10.0 - 1.0).abs() < 0.01);
}

/// Downtime is slashed each time: stake × fraction × rate × years, however short each outage is.
#[test]
fn downtime_is_slashed_as_often_as_it_happens() {
    let more = "[faults.downtime]\nrate_per_key_year = 3\nduration_hours = 2";
    let fork = "attacks.fork = { profit_usd = 0.0, threshold = \"> 1/3\" }";
    let text = chain(&[100; 5], 0.01, 0.0, fork, more)
        .replace("slash = 0.05", "slash = 0.05\nslash_downtime = 0.001")
        .replace("price_usd = 1.0", "price_usd = 1.0\nvolatility = 0.5");
    let drawn = results(&study(&text), 100_000, 4);
    let expected = 500.0 * 0.001 * 3.0 * 365.0 / 365.25;
    assert_within_five_errors(figure(&drawn, ["d", "*", "*", "*", "fault_slashed_usd"]), expected);
    let operators: f64 = drawn.operators.iter().map(|row| row.expected_loss_usd).sum();
    assert!((operators / expected - 1.0).abs() < 0.02, "{operators}");
}

/// P(both ≤ their cutoff) for two standard normals with correlation ρ, by integration over a common factor.
fn both_below(p: f64, rho: f64) -> f64 {
    let cutoff = normal::quantile(p);
    let (steps, width) = (8000, 20.0);
    let conditional = |z: f64| normal::cdf((cutoff - rho.sqrt() * z) / (1.0 - rho).sqrt());
    let at = |i: i32| width * (f64::from(i) / f64::from(steps) - 0.5);
    (0..=steps).map(|i| conditional(at(i)).powi(2) * normal::density(at(i))).sum::<f64>() * width
        / f64::from(steps)
}

/// Same host: ρ = 0.3² + 0.6². Split over two hosts, one shared: the shared group's weight is 0.5/√0.5 of the loading.
/// A blank host is a group of its own.
#[test]
fn groups_correlate_by_their_membership() {
    let attacks = r#"attacks.both = { profit_usd = 1.0, threshold = ">= 1" }"#;
    let half = 0.5 / 0.5f64.sqrt();
    for (rows, rho) in [
        (
            r#"{ operator = "op0000", attribute = "host", value = "h", share = 1 }, { operator = "op0001", attribute = "host", value = "h", share = 1 }"#,
            0.09 + 0.36,
        ),
        (
            r#"{ operator = "op0000", attribute = "host", value = "h", share = 1 }, { operator = "op0001", attribute = "host", value = "h", share = 0.5 }, { operator = "op0001", attribute = "host", value = "i", share = 0.5 }"#,
            0.09 + 0.36 * half,
        ),
        (r#"{ operator = "op0000", attribute = "host", value = "h", share = 1 }"#, 0.09),
    ] {
        let members = format!("[operators]\nmembership = [{rows}]");
        let text =
            chain(&[1, 1], 0.1, 0.3, attacks, &members).replace("common = 0.3", "common = 0.3, host = 0.6");
        let drawn = results(&study(&text), 500_000, 13);
        let reached = figure(&drawn, ["d", "s", "both", "collude", "p_threshold_reached"]);
        assert_within_five_errors(reached, both_below(0.1, rho));
    }
}

/// Keys are stolen from each colluder on its own: a lone colluder is free with probability `compromised_share`.
#[test]
fn stolen_keys_cost_nothing() {
    let attacks = r#"attacks.all = { profit_usd = 1.0, threshold = ">= 1" }"#;
    let text =
        chain(&[100], 1.0, 0.0, attacks, "").replace("[adversary]", "compromised_share = 0.3\n[adversary]");
    let drawn = results(&study(&text), 100_000, 17);
    let cost = figure(&drawn, ["d", "s", "all", "collude", "attack_cost_usd_given_reachable"]);
    assert_within_five_errors(cost, 0.7 * 5.0);
    let forfeited = figure(&drawn, ["d", "s", "all", "collude", "cost_of_corruption_usd_given_reachable"]);
    assert!((forfeited.estimate.value - 5.0).abs() < 1e-12);
}

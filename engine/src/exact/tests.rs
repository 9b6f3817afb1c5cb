//! Closed forms and published values.

use super::*;

/// Members with equal probability and one common factor of loading sqrt(ρ).
fn one_factor(n: usize, p: f64, rho: f64) -> Factored {
    let residual = libm::sqrt(1.0 - rho);
    let cutoff = crate::kernels::normal::quantile(p) / residual;
    let slopes = if rho > 0.0 { vec![(0, -libm::sqrt(rho) / residual)] } else { Vec::new() };
    Factored { members: vec![Member { cutoff, slopes }; n], n_factors: usize::from(rho > 0.0), degrees: None }
}

fn reached(factored: &Factored, powers: &[u128], needs: &[u128]) -> Vec<f64> {
    let lattice = Lattice::new(powers, needs, MOST_CELLS);
    assert!(lattice.is_exact());
    let answer = quadrature(factored, &lattice, Precision::default()).unwrap();
    assert!(answer.change <= 1e-10, "{answer:?}");
    answer.reached.iter().map(|bracket| bracket.value).collect()
}

/// T2: `∫ P[Bin(n, p(z)) ≥ k] φ(z) dz`. The fourth value by mpmath in 30 digits; the page's differs in the ninth.
#[test]
fn finite_pools_of_equal_members() {
    for (n, p, rho, expected) in [
        (10, 0.05, 0.0, 1.028_497_94e-3),
        (10, 0.05, 0.3, 1.916_452_68e-2),
        (100, 0.05, 0.3, 1.047_471_87e-2),
        (100, 0.01, 0.2, 1.266_368_160_788e-5),
        (1000, 0.05, 0.3, 9.605_968_30e-3),
    ] {
        let k = n as u128 / 3 + 1;
        let found = reached(&one_factor(n, p, rho), &vec![1; n], &[k])[0];
        assert!((found / expected - 1.0).abs() < 5e-9, "n {n}, p {p}, ρ {rho}: {found:e}");
    }
}

/// T3: stakes 10, 6, 5, 3, 1, one factor.
#[test]
fn unequal_stakes_under_one_factor() {
    let powers = [10, 6, 5, 3, 1];
    for (rho, third, two_thirds) in [(0.0, 0.11791, 0.00361), (0.3, 0.127_867_77, 0.017_801_37)] {
        let found = reached(&one_factor(5, 0.1, rho), &powers, &[9, 17]);
        assert!((found[0] - third).abs() < 5e-9 && (found[1] - two_thirds).abs() < 5e-9, "{found:?}");
    }
}

/// T1: a large pool tends to Vasicek's law; at n = 1000 the difference is the limit's, not ours, so the check is on its size:
/// it falls as 1/n.
#[test]
fn large_pools_tend_to_the_limit() {
    let (p, rho, x) = (0.05, 0.3, 1.0 / 3.0);
    let quantile = crate::kernels::normal::quantile;
    let limit =
        crate::kernels::normal::cdf((quantile(p) - libm::sqrt(1.0 - rho) * quantile(x)) / libm::sqrt(rho));
    assert!((limit / 9.510_190e-3 - 1.0).abs() < 1e-6);
    let gap = |n: usize| {
        // A continuity correction of one half: the mean of > and ≥ at a multiple of three.
        let found = reached(&one_factor(n, p, rho), &vec![1; n], &[n as u128 / 3, n as u128 / 3 + 1]);
        (0.5 * (found[0] + found[1]) / limit - 1.0).abs()
    };
    let (small, large) = (gap(300), gap(1200));
    assert!((small / large - 4.0).abs() < 0.2, "{small:e} {large:e}");
}

/// Two factors that cross: against nested integration by hand.
#[test]
fn two_crossing_factors() {
    // Four members in a square: common factor, and one group factor over the first two, another over the last two.
    let residual = libm::sqrt(1.0 - 0.2 - 0.3);
    let cutoff = crate::kernels::normal::quantile(0.1) / residual;
    let (a, b) = (-libm::sqrt(0.2) / residual, -libm::sqrt(0.3) / residual);
    let member = |group: usize| Member { cutoff, slopes: vec![(0, a), (group, b)] };
    let factored =
        Factored { members: vec![member(1), member(1), member(2), member(2)], n_factors: 3, degrees: None };
    let answer = quadrature(&factored, &Lattice::new(&[1; 4], &[3], 100), Precision::default()).unwrap();
    assert_eq!((answer.dimensions, answer.groups), (1, 2));
    // By hand: law of a pair given z, then both pairs.
    let (step, mut expected) = (0.05, 0.0);
    let axis: Vec<(f64, f64)> = (-240..=240)
        .map(|i| f64::from(i) * step)
        .map(|z| (z, crate::kernels::normal::density(z) * step))
        .collect();
    for (z, w) in &axis {
        let mut pair = [0.0; 3];
        for (f, v) in &axis {
            let p = crate::kernels::normal::cdf(cutoff + a * z + b * f);
            pair[2] += v * p * p;
            pair[1] += v * 2.0 * p * (1.0 - p);
        }
        expected += w * (2.0 * pair[1] * pair[2] + pair[2] * pair[2]);
    }
    assert!((answer.reached[0].value / expected - 1.0).abs() < 1e-9, "{:?} {expected:e}", answer.reached);
    // The same with one group's factor integrated at once, for a member of both groups that never colludes.
    let mut members = factored.members;
    members.push(Member { cutoff: -30.0, slopes: vec![(1, a), (2, b), (0, a)] });
    let crossing = Factored { members, n_factors: 3, degrees: None };
    let answer = quadrature(&crossing, &Lattice::new(&[1; 5], &[3], 100), Precision::default()).unwrap();
    assert_eq!((answer.dimensions, answer.groups), (2, 1));
    assert!((answer.reached[0].value / expected - 1.0).abs() < 1e-9, "{:?} {expected:e}", answer.reached);
}

/// A t copula without loadings: `P(both) = E[Φ(t·S)²]`.
#[test]
fn the_scale_of_a_t_copula() {
    let t = crate::kernels::student::quantile(0.05, 4.0);
    let factored = Factored {
        members: vec![Member { cutoff: t, slopes: Vec::new() }; 2],
        n_factors: 0,
        degrees: Some(4),
    };
    let found = reached(&factored, &[1, 1], &[2])[0];
    // By mpmath in 30 digits, with t = −2.13184678632665.
    assert!((found / 6.384_483_067_458e-3 - 1.0).abs() < 1e-10, "{found:e}");
    // And one alone has the probability asked for, whatever ν.
    for degrees in [1, 3, 30, 200] {
        let cutoff = crate::kernels::student::quantile(1e-4, f64::from(degrees));
        let members = vec![Member { cutoff, slopes: Vec::new() }];
        let alone = reached(&Factored { members, n_factors: 0, degrees: Some(degrees) }, &[1], &[1])[0];
        assert!((alone / 1e-4 - 1.0).abs() < 1e-8, "ν {degrees}: {alone:e}");
    }
}

/// Powers far too large to be exact: brackets narrow as cells grow and keep the value between, and agree with exact ones.
#[test]
fn brackets_narrow_and_enclose() {
    let powers: Vec<u128> = (1..=40u128).map(|i| i * i * 7_919_331 + 13).collect();
    let need = powers.iter().sum::<u128>() / 3 + 1;
    let factored = one_factor(40, 0.02, 0.2);
    let mut last = Bracket { low: 0.0, value: 0.25, high: 1.0 };
    for cells in [256, 1024, 4096, 16_384] {
        let lattice = Lattice::new(&powers, &[need], cells);
        let found = quadrature(&factored, &lattice, Precision::default()).unwrap().reached[0];
        assert!(found.low <= found.value && found.value <= found.high);
        assert!(found.low >= last.low - 1e-15 && found.high <= last.high + 1e-15, "{found:?} in {last:?}");
        assert!(found.relative_width() < last.relative_width() / 3.0, "{found:?} {last:?}");
        last = found;
    }
}

#[test]
fn too_many_factors_are_refused_and_private_ones_folded() {
    let member = |slopes: &[(usize, f64)]| Member { cutoff: -2.0, slopes: slopes.to_vec() };
    let web = [[0, 1, 2, 3], [0, 1, 2, 4], [0, 1, 3, 4], [0, 2, 3, 4]];
    let members = web.map(|factors| member(&factors.map(|f| (f, -0.3)))).to_vec();
    let factored = Factored { members, n_factors: 5, degrees: None };
    let lattice = Lattice::new(&[1; 4], &[2], 100);
    assert!(matches!(
        quadrature(&factored, &lattice, Precision::default()),
        Err(Refusal::TooManyFactors { .. })
    ));
    let private = Factored {
        members: vec![member(&[(0, -0.5), (1, -0.5)]), member(&[(0, -0.5), (2, 0.75)])],
        n_factors: 3,
        degrees: None,
    };
    let folded = private.of_members(&[1, 0]);
    assert_eq!(folded.n_factors, 1);
    let (p, _) = folded.members[0].chance(&[0.0], 1.0);
    assert!((p - crate::kernels::normal::cdf(-2.0 / 1.25)).abs() < 1e-15);
}

/// Far tails without any tilt, whose terms are all positive: T2's integral at n = 100, p = 0.001, ρ = 0.1, by mpmath in 40 digits. A
/// transform would leave an absolute error of some 1e-17.
#[test]
fn tails_below_1e_15_keep_their_relative_precision() {
    let needs = [34, 67, 90];
    let expected = [1.308_074_459_238_49e-15, 2.905_778_248_921_9e-25, 6.708_243_224_021_26e-35];
    let found = reached(&one_factor(100, 0.001, 0.1), &[1; 100], &needs);
    for ((need, found), expected) in needs.iter().zip(found).zip(expected) {
        assert!((found / expected - 1.0).abs() < 1e-10, "{need}: {found:e} against {expected:e}");
    }
}

/// Sixteen unequal powers with probabilities from 1e-1 to 1e-16: against the sum over all subsets.
#[test]
fn unequal_powers_keep_their_precision_down_to_1e_100() {
    let powers: Vec<u128> = (0..16u128).map(|i| 3 + i * i % 11).collect();
    let p: Vec<f64> = (1..=16).map(|i| libm::pow(10.0, -f64::from(i))).collect();
    let total: u128 = powers.iter().sum();
    let members =
        p.iter().map(|p| Member { cutoff: crate::kernels::normal::quantile(*p), slopes: Vec::new() });
    let factored = Factored { members: members.collect(), n_factors: 0, degrees: None };
    let needs = [total / 3, total / 2, 2 * total / 3, total - 8, total];
    let found = reached(&factored, &powers, &needs);
    let chances: Vec<(f64, f64)> = factored.members.iter().map(|member| member.chance(&[], 1.0)).collect();
    for (need, found) in needs.iter().zip(found) {
        let mut expected = 0.0;
        for set in 0..1u32 << 16 {
            let inside = |i: usize| set >> i & 1 == 1;
            let power: u128 = (0..16).filter(|i| inside(*i)).map(|i| powers[i]).sum();
            if power >= *need {
                expected +=
                    (0..16).map(|i| if inside(i) { chances[i].0 } else { chances[i].1 }).product::<f64>();
            }
        }
        assert!((found / expected - 1.0).abs() < 1e-12, "{need}: {found:e} against {expected:e}");
        assert!(*need < total / 2 || found < 1e-15, "{found:e}");
    }
}

/// Two groups beside a common factor.
fn grouped() -> (Factored, Vec<u128>) {
    let residual = libm::sqrt(1.0 - 0.2 - 0.3);
    let (common, group) = (-libm::sqrt(0.2) / residual, -libm::sqrt(0.3) / residual);
    let member = |i: usize| Member {
        cutoff: crate::kernels::normal::quantile(0.02 + 0.01 * crate::moments::count(i as u64)) / residual,
        slopes: if i < 9 { vec![(0, common), (1 + i / 5, group)] } else { vec![(0, common)] },
    };
    let powers = (0..14u128).map(|i| 5 + i * i * 31 % 97).collect();
    (Factored { members: (0..14).map(member).collect(), n_factors: 3, degrees: None }, powers)
}

fn quorum(powers: Vec<u128>, needs: Vec<u128>) -> ServicePower {
    let targets = (0..needs.len()).collect();
    ServicePower { members: (0u32..).take(powers.len()).collect(), powers, targets, needs, moves: false }
}

/// A second quorum of the same members with three times the power is reached whenever the first is; a second need above the first
/// decides instead.
#[test]
fn two_quorums_that_are_one_have_its_law() {
    let (factored, powers) = grouped();
    let total: u128 = powers.iter().sum();
    let needs = vec![total / 3, total / 2, 2 * total / 3];
    let alone = reached(&factored, &powers, &needs);
    let thrice = |needs: &[u128]| needs.iter().map(|need| 3 * need - 1).collect::<Vec<_>>();
    let second = powers.iter().map(|power| 3 * power).collect();
    let both = Both::new(&[quorum(powers.clone(), needs.clone()), quorum(second, thrice(&needs))]);
    let precision = Precision::default();
    for (found, alone) in both.integrate(&factored, 4096, precision).unwrap().reached.iter().zip(&alone) {
        assert!((found.value / alone - 1.0).abs() < 1e-9, "{found:?} {alone:e}");
    }
    // Rounded, the truth lies between, the closer the more cells there are.
    let mut last = f64::INFINITY;
    for window in [32, 128, 256] {
        let found = both.integrate(&factored, window, precision).unwrap().reached;
        for (found, alone) in found.iter().zip(&alone) {
            assert!(
                found.low <= alone * (1.0 + 1e-9) && found.high >= alone * (1.0 - 1e-9),
                "{found:?} {alone:e}"
            );
        }
        assert!(found[2].relative_width() < last, "{window}: {found:?}");
        last = found[2].relative_width();
    }
    let crossed = vec![needs[2], needs[0], needs[1]];
    let both = Both::new(&[quorum(powers.clone(), needs.clone()), quorum(powers, crossed)]);
    let found = both.integrate(&factored, 4096, precision).unwrap().reached;
    for (found, of) in found.iter().zip([2, 1, 2]) {
        assert!((found.value / alone[of] - 1.0).abs() < 1e-9, "{found:?} {of}");
    }
}

/// Members of one quorum apart from those of the other, and no factor: the product.
#[test]
fn two_quorums_apart_are_independent() {
    let factored = one_factor(8, 0.2, 0.0);
    let powers =
        |first: usize| (0..8).map(|i| if i / 4 == first { 3 + i as u128 } else { 0 }).collect::<Vec<_>>();
    let (a, b) = (powers(0), powers(1));
    let both = Both::new(&[quorum(a.clone(), vec![10]), quorum(b.clone(), vec![17])]);
    let found = both.integrate(&factored, 256, Precision::default()).unwrap().reached[0].value;
    let product = reached(&factored, &a, &[10])[0] * reached(&factored, &b, &[17])[0];
    assert!((found / product - 1.0).abs() < 1e-12, "{found:e} {product:e}");
    // A quorum in which nobody has power is no hurdle.
    let both = Both::new(&[quorum(a.clone(), vec![10]), quorum(vec![0; 8], vec![1])]);
    let found = both.integrate(&factored, 256, Precision::default()).unwrap().reached[0].value;
    assert!((found / reached(&factored, &a, &[10])[0] - 1.0).abs() < 1e-12, "{found:e}");
}

/// What a service that turns takes of one operator changes the powers of another service and not of a third; by hand.
#[test]
fn services_that_turn_are_averaged_over() {
    let text = r#"
name = "turning"
assets.T = { price_usd = 1 }
[collusion]
probability = 0.1
altruistic_probability = 0
[adversary]
routes = ["collude"]
[pools]
p = { asset = "T", stake = { a = 3, b = 2, c = 2 } }
q = { asset = "T", stake = { a = 3, b = 2, c = 2 } }
[services]
x = { consensus = "quorum", attacks.fork = { profit_usd = 1, threshold = "> 2/5" } }
y = { consensus = "quorum", byzantine_probability = 0.25, attacks.fork = { profit_usd = 1, threshold = "> 2/5" } }
z = { consensus = "quorum", attacks.fork = { profit_usd = 1, threshold = "> 2/5" } }
[designs.d.services]
x = { system = "eigenlayer", pools = ["p"], slash = 0.1 }
y = { system = "eigenlayer", pools = ["p"], slash = 0.5, operators = ["a"] }
z = { system = "eigenlayer", pools = ["q"], slash = 0.1 }
"#;
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("study.toml"), text).unwrap();
    let study = crate::study::Study::load(dir.path()).unwrap();
    let graph = crate::design::compile(&study);
    // a = 3 of 7 reaches alone, a = 1.5 of 5.5 does not.
    let (whole, turned) = (0.1 + 0.9 * 0.01, 3.0 * 0.01 * 0.9 + 0.001);
    for (service, expected, laws) in [(0, 0.75 * whole + 0.25 * turned, 2), (1, 0.75 * 0.1, 1), (2, whole, 1)]
    {
        let given = given_turned(&study, &graph, 0, service);
        let power =
            |secured: &crate::graph::Secured| ServicePower::of_quorums(secured, |_| 1.0)[0].clone().reduced();
        let powers = distinct(&given, power);
        assert_eq!(powers.len(), laws, "{service}: {powers:?}");
        let found = exact_mean(&study, (given[0].secured, &powers), Refinement::default()).unwrap();
        let value = found.thresholds[0].reached.value;
        assert!((value / expected - 1.0).abs() < 1e-12, "{service}: {value} {expected}");
    }
}

//! Elastic restaking and equal validators.

use crate::rules::eigenlayer::elastic::{SymmetricNetwork, stretch};
use crate::rules::eigenlayer::pooled::{
    EqualValidators, hit_probability, least_cost_pooled, least_cost_separate,
};

/// Asserts a closed form to a relative 10⁻⁹.
fn close(value: f64, expected: f64) {
    assert!((value - expected).abs() <= 1e-9 * expected.abs().max(1.0), "{value} against {expected}");
}

/// Fifteen validators and services, a third attacks, prize 1.
fn network(degree: f64, byzantine: u32) -> SymmetricNetwork {
    SymmetricNetwork { validators: 15, services: 15, threshold: (1, 3), prize: 1.0, degree, byzantine }
}

/// Bar-Zur and Eyal (2025), arXiv 2503.00170; the decimals written as the ratios they are.
#[test]
fn t10_least_stake_of_the_symmetric_network() {
    let degrees = [1.0, 1.5, 2.0, 3.0];
    let rows: [(u32, f64, [f64; 4]); 4] = [
        (0, 0.0, [3.0, 3.0, 3.0, 3.0]),
        (1, 0.0, [3.0, 28.0 / 9.0, 42.0 / 13.0, 3.5]),
        (3, 0.0, [3.0, 24.0 / 7.0, 4.0, 6.0]),
        (0, 1.0, [6.0, 4.0, 3.2, 3.2]),
    ];
    for (byzantine, budget, expected) in rows {
        for (degree, stake) in degrees.into_iter().zip(expected) {
            let network = network(degree, byzantine);
            close(network.least_stake(budget), stake);
            close(network.break_even_budget(stake), budget);
        }
    }
}

#[test]
fn t10_the_odd_validator_pays_in_part() {
    // Sixteen validators: five whole ones and a third of one more, all stakes fully attacked at 15 services.
    let network = SymmetricNetwork { validators: 16, ..network(1.0, 0) };
    close(network.break_even_budget(3.0), 5.0 * 0.2 + 0.2 / 3.0 - 1.0);
    close(network.least_stake(0.0), 15.0 / (5.0 + 1.0 / 3.0));
}

#[test]
fn t10_enough_byzantine_services_leave_nothing_to_lose() {
    assert!(network(3.0, 5).least_stake(0.0).is_infinite());
    close(network(3.0, 5).break_even_budget(100.0), -10.0);
    assert!(network(1.0, 15).break_even_budget(1.0).is_infinite());
    close(network(1.0, 15).least_stake(0.0), 0.0);
}

/// Same paper: stretching rule and the cost of one validator.
#[test]
fn t10_allocations_stretch_over_what_is_left() {
    let left = stretch(10.0, &[4.0, 8.0, 7.0], &[0]);
    close(left.stake, 6.0);
    for (allocation, expected) in left.allocations.iter().zip([0.0, 6.0, 6.0]) {
        close(*allocation, expected);
    }
    close(left.cost(&[1]), 6.0);
    close(left.cost(&[1, 2]), 6.0);
    close(left.cost(&[0]), 0.0);
    close(left.cost(&[]), 0.0);
    let loose = stretch(10.0, &[4.0, 3.0, 2.0], &[2, 2, 9]);
    close(loose.stake, 8.0);
    close(loose.cost(&[0, 1, 1]), 7.0);
    close(stretch(10.0, &[6.0, 6.0, 1.0], &[0, 1]).stake, 0.0);
}

/// EigenLayer whitepaper: eight validators of stake 1, α = 1/2.
#[test]
fn t09_eight_validators_and_one_or_ten_services() {
    let eight = EqualValidators { validators: 8, stake: 1.0, threshold: (1, 2) };
    let one = eight.attack(&[2.0]);
    assert_eq!(one.validators, 4);
    close(one.cost, 4.0);
    assert!(one.net() < 0.0);
    close(eight.slack(&[2.0]), 1.0);
    let ten = eight.attack(&[2.0; 10]);
    assert_eq!(ten.validators, 4);
    close(ten.gross, 20.0);
    close(ten.net(), 16.0);
    close(eight.slack(&[2.0; 10]), -0.8);
}

/// EigenLayer whitepaper: a $10B chain and three $1B modules.
#[test]
fn t09_pooling_thirteen_billion() {
    let stakes = [10e9, 1e9, 1e9, 1e9];
    close(least_cost_separate(&stakes), 1e9);
    close(least_cost_pooled(&stakes), 13e9);
}

#[test]
fn t09_a_quorum_is_rounded_up_and_takes_ties() {
    let quorum = |validators, threshold| EqualValidators { validators, stake: 1.0, threshold }.quorum();
    assert_eq!([quorum(9, (1, 3)), quorum(10, (1, 3)), quorum(3, (2, 3)), quorum(7, (1, 1))], [3, 4, 2, 7]);
}

/// `C(n, k)`, exact.
fn choose(n: u128, k: u128) -> u128 {
    (0..k).fold(1, |product, i| product * (n - i) / (i + 1))
}

/// 100 services of which some fail, an operator that serves some.
#[test]
#[expect(clippy::cast_precision_loss, reason = "the quotient needs only 9 digits")]
fn t15a_chance_of_serving_a_failing_service() {
    close(hit_probability(100, 1, 1), 0.01);
    close(hit_probability(100, 10, 1), 0.1);
    close(hit_probability(100, 2, 2), 1.0 - (98.0 * 97.0) / (100.0 * 99.0));
    for (failed, served) in [(1, 5), (5, 1), (3, 10), (10, 10), (7, 20), (20, 7)] {
        let none = choose(100 - served, failed) as f64 / choose(100, failed) as f64;
        close(
            hit_probability(100, u32::try_from(failed).unwrap(), u32::try_from(served).unwrap()),
            1.0 - none,
        );
    }
}

#[test]
fn t15a_ends_of_the_range() {
    close(hit_probability(100, 0, 50), 0.0);
    close(hit_probability(100, 50, 0), 0.0);
    close(hit_probability(100, 50, 51), 1.0);
    close(hit_probability(100, 900, 1), 1.0);
    close(hit_probability(0, 1, 1), 0.0);
    close(hit_probability(u32::MAX, u32::MAX, 3), 1.0);
}

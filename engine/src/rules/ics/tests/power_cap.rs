//! The power cap.

use super::super::power_cap;

/// interchain-security, x/ccv/provider/keeper/power_shaping_test.go:388.
#[test]
fn ics_06_cap_33_percent() {
    assert_eq!(power_cap(&[1, 2, 3, 4], 33), [2, 2, 3, 3]);
}

/// interchain-security, docs/docs/features/power-shaping.md: the 25 goes to the small one that is sorted last.
#[test]
fn ics_07_cap_30_percent() {
    assert_eq!(power_cap(&[100, 1, 1, 1], 30), [30, 24, 24, 25]);
}

/// interchain-security, tests/e2e/steps_partial_set_security.go:1235.
#[test]
fn ics_09_cap_34_percent() {
    assert_eq!(power_cap(&[100, 200, 300], 34), [192, 204, 204]);
}

/// interchain-security, comment in x/ccv/provider/keeper/power_shaping.go:139.
#[test]
fn ics_11_cap_35_percent() {
    assert_eq!(power_cap(&[60, 138, 559], 35), [229, 264, 264]);
}

/// interchain-security, x/ccv/provider/keeper/power_shaping_test.go:456.
#[test]
fn ics_13_caps_of_one_to_five() {
    for percent in [20, 21, 25] {
        assert_eq!(power_cap(&[1, 2, 3, 4, 5], percent), [3, 3, 3, 3, 3], "{percent}");
    }
    assert_eq!(power_cap(&[1, 2, 3, 4, 5], 33), [2, 2, 3, 4, 4]);
    assert_eq!(power_cap(&[1, 2, 3, 4, 5], 34), [1, 2, 3, 4, 5]);
    assert_eq!(power_cap(&[1, 2, 3, 4, 5], 50), [1, 2, 3, 4, 5]);
}

/// The published rule at Saga's default cap.
#[test]
fn ics_14_cap_32_percent() {
    assert_eq!(power_cap(&[400, 300, 200, 100], 32), [320, 320, 230, 130]);
}

#[test]
fn a_cap_that_cannot_hold_makes_all_equal_and_shrinks_the_sum() {
    assert_eq!(power_cap(&[7, 6, 5, 4, 3, 2, 1], 1), [1; 7]);
    assert_eq!(power_cap(&[700, 600, 500, 0], 10), [180, 180, 180, 0]);
}

#[test]
fn a_cap_below_one_is_one() {
    assert_eq!(power_cap(&[1, 1, 1], 10), [1, 1, 1]);
    assert_eq!(power_cap(&[9], 1), [1]);
}

#[test]
fn a_power_equal_to_the_cap_takes_nothing() {
    assert_eq!(power_cap(&[60, 40], 60), [60, 40]);
    assert_eq!(power_cap(&[50, 40, 10], 40), [40, 40, 20]);
}

#[test]
fn nobody_and_no_power_stay_as_they_are() {
    assert_eq!(power_cap(&[], 30), [0u128; 0]);
    assert_eq!(power_cap(&[0, 0], 30), [0, 0]);
    assert_eq!(power_cap(&[5, 3], 100), [5, 3]);
}

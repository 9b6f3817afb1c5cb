//! Cosmos Interchain Security: how a consumer chain shapes the provider's powers.

/// Powers after the power cap of `percent` (1 to 100), in the order given.
///
/// No validator may hold more than `⌊Σ·percent/100⌋`, at least 1. What is cut off is spread over the others in
/// descending order of power, each taking `rest / validators left`, itself cut at the cap; when all are at the cap the
/// sum shrinks. Source: interchain-security, x/ccv/provider/keeper/power_shaping.go. Equal powers keep the order
/// given (the protocol's sort leaves it open).
pub fn power_cap(powers: &[u128], percent: u32) -> Vec<u128> {
    let total: u128 = powers.iter().sum();
    let cap = (total * u128::from(percent) / 100).max(1);
    let mut order: Vec<usize> = (0..powers.len()).filter(|i| powers[*i] > 0).collect();
    order.sort_by(|a, b| powers[*b].cmp(&powers[*a]));
    let mut surplus: u128 = powers.iter().map(|p| p.saturating_sub(cap)).sum();
    let mut left = order.iter().filter(|i| powers[**i] < cap).count() as u128;
    let mut capped = vec![0; powers.len()];
    for index in order {
        let power = powers[index];
        if power >= cap {
            capped[index] = cap;
            continue;
        }
        let share = (surplus / left).min(cap - power);
        surplus -= share;
        left -= 1;
        capped[index] = power + share;
    }
    capped
}

#[cfg(test)]
mod tests {
    use super::power_cap;

    /// interchain-security, power_shaping_test.go:388.
    #[test]
    fn ics_06_cap_33_percent() {
        assert_eq!(power_cap(&[1, 2, 3, 4], 33), [2, 2, 3, 3]);
    }

    /// interchain-security, docs/features/power-shaping.md: the 25 goes to the small one that is sorted last.
    #[test]
    fn ics_07_cap_30_percent() {
        assert_eq!(power_cap(&[100, 1, 1, 1], 30), [30, 24, 24, 25]);
    }

    /// interchain-security, tests/e2e/steps_partial_set_security.go:1235.
    #[test]
    fn ics_09_cap_34_percent() {
        assert_eq!(power_cap(&[100, 200, 300], 34), [192, 204, 204]);
    }

    /// Comment in power_shaping.go:139.
    #[test]
    fn ics_11_cap_35_percent() {
        assert_eq!(power_cap(&[60, 138, 559], 35), [229, 264, 264]);
    }

    /// power_shaping_test.go:456.
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
}

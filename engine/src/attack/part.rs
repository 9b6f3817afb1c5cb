//! Parts of an operator's keys, counted in units of 2^−40 so that power is compared in integers.

/// All keys.
pub const WHOLE: u64 = 1 << 40;
const WHOLE_F64: f64 = 1_099_511_627_776.0;

/// Power of a part of somebody's keys, rounded down.
pub fn of_units(units: u128, part: u64) -> u128 {
    if part >= WHOLE {
        units
    } else if units >> 87 == 0 {
        (units * u128::from(part)) >> 40
    } else {
        (units >> 40) * u128::from(part)
    }
}

/// The least part of somebody's keys that has so much power, [`WHOLE`] if not even all have.
pub fn with_units(units: u128, needed: u128) -> u64 {
    if needed >= units {
        return WHOLE;
    }
    let part = if units >> 87 == 0 {
        (needed << 40).div_ceil(units)
    } else {
        // As large as makes up for the bits left out.
        needed / (units >> 40) + 1
    };
    u64::try_from(part).unwrap_or(WHOLE).min(WHOLE)
}

/// The least part of its keys that a member who commits `share` can do with while no target falls short; what it takes back comes
/// off the surplus of each target. `units`: all its power over a target.
pub fn trimmed(units: impl Fn(usize) -> u128, share: u64, surplus: &mut [(usize, u128)]) -> u64 {
    let mut least = 0;
    for (target, surplus) in &*surplus {
        let all = units(*target);
        if let Some(needed) = of_units(all, share).checked_sub(*surplus).filter(|needed| *needed > 0) {
            least = share.min(with_units(all, needed)).max(least);
        }
    }
    for (target, surplus) in surplus {
        let all = units(*target);
        *surplus -= of_units(all, share) - of_units(all, least);
    }
    least
}

/// A part in [0, 1], rounded down to units of [`WHOLE`].
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a part in [0, 1] times 2^40")]
pub fn down(part: f64) -> u64 {
    (part.clamp(0.0, 1.0) * WHOLE_F64) as u64
}

/// The same, rounded up.
pub fn up(part: f64) -> u64 {
    down(libm::ceil(part.clamp(0.0, 1.0) * WHOLE_F64) / WHOLE_F64)
}

/// Units of [`WHOLE`] as a part.
#[expect(clippy::cast_precision_loss, reason = "at most 2^40")]
pub fn value(part: u64) -> f64 {
    part as f64 / WHOLE_F64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_least_part_with_some_power_has_it(units in 1u128..1 << 100, share in 0.0f64..1.0, shift in 0u32..100) {
            let units = (units >> shift).max(1);
            let needed = of_units(units, down(share));
            let part = with_units(units, needed);
            prop_assert!(of_units(units, part) >= needed, "{part} of {units} for {needed}");
            // Nor is a part of 2^-39 less enough, where power is counted finely enough to tell.
            if part >= 2 && units >> 42 != 0 && units >> 87 == 0 {
                prop_assert!(of_units(units, part - 2) < needed);
            }
            prop_assert!(value(down(share)) <= share && value(up(share)) >= share);
            prop_assert_eq!(of_units(units, WHOLE), units);
        }
    }
}

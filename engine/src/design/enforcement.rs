//! Whether a slash lands: the offence must be attributable, come to light in time, pass a vote where one is needed, and be
//! carried out by a chain that the attacker does not hold.

use super::backing::Liability;
use crate::fraction::Threshold;
use crate::graph::{CONTROL, Luck, Regime};
use crate::kernels::normal;
use crate::study::{Attack, Consensus, Enforcement, Network, Service};

/// Why the slash for an attack cannot be relied on; it is then left out of every cost.
pub fn regimes(service: &Service, attack: &Attack) -> Vec<Regime> {
    let mut regimes = Vec::new();
    if service.consensus == Consensus::Pow {
        regimes.push(Regime::ProofOfWork);
    }
    if service.network == Network::PartiallySynchronous && reaches(attack.first_power(), 1) {
        regimes.push(Regime::PartialSynchrony);
    }
    if attack.amnesia {
        regimes.push(Regime::Amnesia);
    }
    if !attack.slashable {
        regimes.push(Regime::Unattributable);
    }
    regimes
}

/// Whether the threshold is so many thirds of the power, or more.
fn reaches(threshold: Threshold, thirds: u128) -> bool {
    threshold.least_power(3_000_000) >= thirds * 1_000_000
}

/// Part of the stake in a pool that a slash by this liability reaches, on average: the probability that it lands at all
/// times what has not left by then.
pub fn expected_landing(
    liability: &Liability,
    (service, attack): (usize, &Attack),
    unbonding_days: f64,
) -> f64 {
    let is_held = holds_executor(liability, service, attack);
    expected_landing_if(is_held, liability, attack, unbonding_days)
}

/// The same where the attack holds the executor by whatever else it targets, or does not.
pub fn expected_landing_if(
    is_held: bool,
    liability: &Liability,
    attack: &Attack,
    unbonding_days: f64,
) -> f64 {
    let e = &liability.slash.enforcement;
    let left = unbonding_days - wait_days(liability, attack);
    let reached = if e.detection_median_days == 0.0 || e.detection_sigma == 0.0 {
        reach(e, e.detection_median_days, left)
    } else {
        let (staying, leaving) = (e.evidence_max_age_days, e.evidence_max_age_days.min(left));
        e.exit_share * delay_law(e, leaving) + (1.0 - e.exit_share) * delay_law(e, staying)
    };
    certainty(liability, is_held) * reached
}

/// The same in one scenario; `is_held`: the attack holds the executor.
pub fn drawn_landing(
    liability: &Liability,
    (is_held, attack): (bool, &Attack),
    unbonding_days: f64,
    luck: Luck,
) -> f64 {
    let e = &liability.slash.enforcement;
    if luck.uniform >= certainty(liability, is_held) {
        return 0.0;
    }
    let delay = e.detection_median_days * libm::exp(e.detection_sigma * luck.normal);
    reach(e, delay, unbonding_days - wait_days(liability, attack))
}

/// Part of the stake that a slash reaches whose evidence comes after `delay` days, where leaving stake is free in `left` days
/// after that. Evidence dies when it exceeds its age; what is free on the day of the slash is gone.
fn reach(e: &Enforcement, delay: f64, left: f64) -> f64 {
    if delay > e.evidence_max_age_days {
        return 0.0;
    }
    // Evidence at once beats any exit.
    let in_time = delay < left || (delay == 0.0 && left >= 0.0);
    if in_time { 1.0 } else { 1.0 - e.exit_share }
}

/// Probability that the slash is carried out by whoever has to, however late.
fn certainty(liability: &Liability, is_held: bool) -> f64 {
    let e = &liability.slash.enforcement;
    let carried_out = if is_held {
        // The attacker neither relays evidence nor lets its chain act on it; what is left is social consensus.
        liability.slash.social_probability
    } else {
        1.0
    };
    e.detection_probability * e.vote_probability * carried_out
}

/// Whether the attack silences or dictates the very chain that would punish it, by its kind or by two thirds of the power.
pub fn holds_executor(liability: &Liability, service: usize, attack: &Attack) -> bool {
    liability.executes_on == Some(service) && holds(attack)
}

/// Whether the attack silences or dictates its service.
pub fn holds(attack: &Attack) -> bool {
    attack.halts() || attack.deed == CONTROL || reaches(attack.first_power(), 2)
}

/// Days between submission and slash.
pub fn wait_days(liability: &Liability, attack: &Attack) -> f64 {
    let throttled = if attack.halts() { liability.halt_delay_days } else { 0.0 };
    liability.slash.enforcement.vote_delay_days + throttled
}

/// Probability that evidence is submitted within so many days, given that it is and that the delay is random.
fn delay_law(e: &Enforcement, days: f64) -> f64 {
    if days <= 0.0 {
        return 0.0;
    }
    normal::cdf(libm::log(days / e.detection_median_days) / e.detection_sigma)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::design::backing::Standing;
    use crate::study::{ExecutesOn, Slash};

    fn liability(enforcement: Enforcement) -> Liability {
        let slash = Slash {
            fraction: 0.05,
            halt: 0.0,
            downtime: 0.0,
            executes_on: ExecutesOn::Always,
            social_probability: 0.25,
            enforcement,
        };
        Liability {
            pool: 0,
            share: vec![1.0],
            slash,
            executes_on: Some(0),
            standing: Standing::Own,
            halt_delay_days: 0.0,
            redistribution: 0.0,
            second: false,
        }
    }

    fn attack(kind: &str) -> Attack {
        Attack {
            kind: kind.to_owned(),
            deed: kind.to_owned(),
            threshold: Threshold::at_least(1, 3),
            second_threshold: None,
            bought: None,
            profit_usd: 0.0,
            profit_asset: None,
            profit_volatility: 0.0,
            slash: None,
            slashable: true,
            amnesia: false,
            success_probability: 1.0,
            drawdown: 0.0,
            duration_hours: 0.0,
            depends_on: Vec::new(),
        }
    }

    /// The drawn landings average to the expected one.
    #[test]
    fn what_is_drawn_averages_to_what_is_expected() {
        let cases = [
            Enforcement {
                detection_probability: 0.7,
                detection_median_days: 10.0,
                detection_sigma: 1.0,
                ..Enforcement::SURE
            },
            Enforcement {
                vote_probability: 0.6,
                vote_delay_days: 14.0,
                detection_median_days: 5.0,
                detection_sigma: 0.5,
                ..Enforcement::SURE
            },
            Enforcement {
                evidence_max_age_days: 2.0,
                detection_median_days: 2.0,
                detection_sigma: 1.5,
                exit_share: 0.5,
                ..Enforcement::SURE
            },
        ];
        for e in cases {
            let l = liability(e);
            let fork = attack("fork");
            let (mut sum, n) = (0.0, 300u32);
            for i in 0..n {
                for j in 0..n {
                    let at = |k: u32| (f64::from(k) + 0.5) / f64::from(n);
                    let luck = Luck { uniform: at(i), normal: normal::quantile(at(j)) };
                    sum += drawn_landing(&l, (false, &fork), 21.0, luck);
                }
            }
            let (drawn, expected) = (sum / f64::from(n * n), expected_landing(&l, (0, &fork), 21.0));
            // A grid of n points is off by at most half a cell in either direction.
            assert!((drawn - expected).abs() <= 2.0 / f64::from(n), "{drawn} against {expected}");
        }
    }

    #[test]
    fn a_vote_that_outlasts_unbonding_slashes_only_what_stays() {
        let e = Enforcement {
            vote_delay_days: 14.0,
            detection_median_days: 8.0,
            exit_share: 0.75,
            ..Enforcement::SURE
        };
        let landing = expected_landing(&liability(e), (0, &attack("fork")), 21.0);
        assert!((landing - 0.25).abs() < 1e-15, "{landing}");
        let sooner = Enforcement { detection_median_days: 6.9, ..e };
        assert!((expected_landing(&liability(sooner), (0, &attack("fork")), 21.0) - 1.0).abs() < 1e-15);
    }

    #[test]
    fn a_chain_that_is_held_slashes_by_social_consensus_alone() {
        let l = liability(Enforcement::SURE);
        for (kind, expected) in [("fork", 1.0), ("halt", 0.25), ("control", 0.25)] {
            let landing = expected_landing(&l, (0, &attack(kind)), 21.0);
            assert!((landing - expected).abs() < 1e-15, "{kind}: {landing}");
        }
        let seizing = Attack { threshold: Threshold::more_than(2, 3), ..attack("seize") };
        assert!((expected_landing(&l, (0, &seizing), 21.0) - 0.25).abs() < 1e-15);
    }

    /// Evidence exactly as old as allowed counts; stake that is free on the day of the slash is gone.
    #[test]
    fn boundaries_are_those_of_the_chain() {
        let e = Enforcement {
            detection_median_days: 2.0,
            evidence_max_age_days: 2.0,
            exit_share: 0.5,
            ..Enforcement::SURE
        };
        for (unbonding, expected) in [(2.0, 0.5), (2.1, 1.0), (0.0, 0.5)] {
            let mean = expected_landing(&liability(e), (0, &attack("fork")), unbonding);
            let drawn = drawn_landing(&liability(e), (false, &attack("fork")), unbonding, Luck::NONE);
            assert!((mean - expected).abs() < 1e-15 && (drawn - expected).abs() < 1e-15, "{unbonding}");
        }
    }
}

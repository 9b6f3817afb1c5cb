//! Exponential twists: under the twist θ a member of power c colludes with probability `p e^{θc} / (1 − p + p e^{θc})`, and a set
//! of colluding power L is `exp(ψ(θ) − θL)` times as likely in truth, `ψ(θ) = Σ ln(1 − p + p e^{θc})`.
//!
//! θ ≥ 0 is chosen so that the mean power meets the need (Glasserman and Li 2005, section 3); `exp(ψ(θ) − θ·need)` is then
//! Chernoff's bound.

use super::Chances;
use libm::{exp, log, log1p};

/// A twist and what is known of it.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Twist {
    /// θ, 0 where nothing needs to be twisted.
    pub theta: f64,
    /// ψ(θ).
    pub cumulant: f64,
    /// Mean power without a twist.
    pub mean: f64,
}

impl Twist {
    /// `ln` of the likelihood of colluding power `power` under the twist over that in truth: `θL − ψ(θ)`.
    pub fn log_ratio(&self, power: f64) -> f64 {
        self.theta * power - self.cumulant
    }

    /// `ln` of Chernoff's bound on reaching `need`.
    pub fn log_bound(&self, need: f64) -> f64 {
        (self.cumulant - self.theta * need).min(0.0)
    }
}

/// The probability to collude under a twist, of one with `(p, q = 1 − p)` and power `c`.
pub fn twisted(p: f64, q: f64, theta_c: f64) -> f64 {
    if p <= 0.0 { 0.0 } else { 1.0 / (1.0 + q / p * exp(-theta_c)) }
}

/// Newton steps of a search for θ. Any θ is valid; a better one makes less noise.
const STEPS: usize = 30;
/// Steps end when the mean is this near to the need, relatively.
const NEAR: f64 = 1e-3;

/// The twist that makes `need` the mean power. `powers[i]` is that of member `members[i]` of the chances; all powers sum to about
/// 1, so that θ stays below some thousands.
pub fn twist(chances: &Chances, members: &[u32], powers: &[f64], need: f64) -> Twist {
    let total: f64 = powers.iter().sum();
    // Where nearly everybody is needed, θ would be infinite.
    let aim = need.min(total * 0.999);
    let each = || members.iter().map(|m| (chances.p[*m as usize], chances.q[*m as usize])).zip(powers);
    let mean: f64 = each().map(|((p, _), c)| p * c).sum();
    if mean >= aim || total <= 0.0 {
        return Twist { mean, ..Twist::default() };
    }
    let (mut low, mut high) = (0.0, f64::INFINITY);
    let mut theta = start(each(), aim - mean);
    for _ in 0..STEPS {
        let (mut at, mut slope) = (0.0, 0.0);
        for ((p, q), c) in each() {
            let twisted = twisted(p, q, theta * c);
            at += twisted * c;
            slope += twisted * (1.0 - twisted) * c * c;
        }
        if (at - aim).abs() <= NEAR * aim {
            break;
        }
        if at < aim {
            low = theta
        } else {
            high = theta
        }
        let newton = theta + (aim - at) / slope;
        let inside = newton > low && newton < high && newton.is_finite();
        theta = if inside {
            newton.min(2.0 * theta + 1.0)
        } else if high.is_finite() {
            0.5 * (low + high)
        } else {
            2.0 * theta + 1.0
        };
    }
    let cumulant = each().map(|((p, q), c)| log_moment(p, q, theta * c)).sum();
    Twist { theta, cumulant, mean }
}

/// A first guess: as if the law were normal.
fn start<'a>(each: impl Iterator<Item = ((f64, f64), &'a f64)>, missing: f64) -> f64 {
    let variance: f64 = each.map(|((p, q), c)| p * q * c * c).sum();
    let normal = missing / variance;
    // Far tails of skewed laws need less than a normal law says.
    if normal.is_finite() { normal.min(50.0) } else { 50.0 }
}

/// `ln(q + p e^x)`
fn log_moment(p: f64, q: f64, x: f64) -> f64 {
    if p <= 0.0 {
        0.0
    } else if x > 1.0 {
        x + log(p + q * exp(-x))
    } else {
        log1p(p * libm::expm1(x))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chances(p: &[f64]) -> Chances {
        Chances { p: p.to_vec(), q: p.iter().map(|p| 1.0 - p).collect() }
    }

    /// Equal members: the twisted probability is the need, θ the difference of the log odds.
    #[test]
    fn equal_members_are_twisted_to_the_need() {
        let (n, p, need) = (20u32, 0.01, 0.4);
        let members: Vec<u32> = (0..n).collect();
        let powers = vec![0.05; 20];
        let found = twist(&chances(&[p; 20]), &members, &powers, need);
        let odds = |p: f64| f64::ln(p / (1.0 - p));
        assert!((found.theta * 0.05 / (odds(need) - odds(p)) - 1.0).abs() < 1e-2);
        assert!((found.mean - p).abs() < 1e-15);
        let entropy = 20.0 * (need * f64::ln(need / p) + (1.0 - need) * f64::ln((1.0 - need) / (1.0 - p)));
        assert!((found.log_bound(need) + entropy).abs() < 1e-3 * entropy);
    }

    #[test]
    fn what_is_likely_is_not_twisted() {
        let found = twist(&chances(&[0.5, 0.6]), &[0, 1], &[0.5, 0.5], 0.4);
        assert!(found.theta.abs() < 1e-300 && found.log_ratio(1.0).abs() < 1e-300);
    }

    #[test]
    fn everybody_and_nobody_leave_finite_twists() {
        let cases: [(&[f64], f64); 3] = [(&[1e-9, 1e-9], 1.0), (&[0.0, 0.3], 0.9), (&[1e-300, 1e-3], 0.7)];
        for (p, need) in cases {
            let found = twist(&chances(p), &[0, 1], &[0.5, 0.5], need);
            assert!(found.theta.is_finite() && found.cumulant.is_finite(), "{p:?}: {found:?}");
        }
    }
}

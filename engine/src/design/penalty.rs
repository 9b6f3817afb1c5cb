//! What each liability charges for an offence: the design's fraction, or what the pool's own protocol says.

use super::Compiler;
use super::backing::Liability;
use super::enforcement::{expected_landing, regimes};
use crate::graph::Regime;
use crate::rules::ethereum;
use crate::study::{Attack, Pool, Slashing};

/// Gwei in an ETH.
pub(super) const GWEI: u64 = 1_000_000_000;
/// Seconds of an epoch of Ethereum: 32 slots of 12 s.
const EPOCH_SECONDS: f64 = 384.0;

/// An attack on a service, with what each liability of its backing charges for it.
pub(super) struct Judged<'a> {
    /// Position of the service among those of the design.
    pub(super) index: usize,
    /// Position of the service in the study.
    pub(super) service: usize,
    /// The attack.
    pub(super) attack: &'a Attack,
    /// `[liability]`
    pub(super) charges: Vec<Charge>,
    /// Why the slash cannot be relied on.
    pub(super) regimes: Vec<Regime>,
}

/// What a liability charges for an attack.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Charge {
    /// Fraction of the stake at risk that the rules take.
    pub(super) fraction: f64,
    /// Part of it that lands on average.
    pub(super) landing: f64,
    /// Probability of being ejected for it.
    pub(super) ejection: f64,
    /// Whether it ejects where it lands.
    pub(super) ejects: bool,
    /// How it is taken.
    pub(super) manner: Manner,
}

/// How a charge is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Manner {
    /// By a slash that somebody has to carry out.
    Slash,
    /// By penalties that fall due by themselves: Ethereum's inactivity leak.
    Leak,
}

impl Compiler<'_> {
    /// What each liability charges for an attack. What cannot be relied on charges nothing.
    pub(super) fn judge<'a>(&self, index: usize, service: usize, attack: &'a Attack) -> Judged<'a> {
        let mut regimes = regimes(&self.study.services[service], attack);
        let liabilities = self.backings[index].iter().flat_map(|backing| &backing.liabilities);
        let charges: Vec<Charge> =
            liabilities.map(|liability| self.charge(liability, (service, attack), &regimes)).collect();
        let none = charges.iter().all(|charge| charge.fraction == 0.0);
        if regimes.is_empty() && none {
            regimes.push(Regime::NoSlash);
        }
        Judged { index, service, attack, charges, regimes }
    }

    fn charge(
        &self,
        liability: &Liability,
        (service, attack): (usize, &Attack),
        regimes: &[Regime],
    ) -> Charge {
        let pool = &self.study.pools[liability.pool];
        let halts = attack.halts();
        if let (Slashing::Ethereum { .. }, true) = (pool.slashing, halts) {
            let fraction = outage_fraction(pool, attack.duration_hours);
            return Charge { fraction, landing: 1.0, ejection: 0.0, ejects: false, manner: Manner::Leak };
        }
        let landing = expected_landing(liability, (service, attack), pool.unbonding_days);
        let by_design = if halts { liability.slash.halt } else { liability.slash.fraction };
        let fraction = match (attack.slash, pool.slashing) {
            _ if !regimes.is_empty() || !liability.answers_for(attack) => 0.0,
            (Some(own), _) => own,
            (None, Slashing::Fraction) => by_design,
            (None, Slashing::Ethereum { .. }) => {
                let second = attack.second_threshold.filter(|_| liability.second);
                slashed_fraction(pool, second.unwrap_or(attack.threshold).value())
            }
        };
        // Silence is jailed, not tombstoned; an offence that nobody answers for ejects nobody.
        let ejects = !halts && regimes.is_empty() && (fraction > 0.0 || liability.tombstones());
        let ejection = if ejects { landing } else { 0.0 };
        Charge { fraction, landing, ejection, ejects, manner: Manner::Slash }
    }
}

/// Fraction of a validator's balance lost when `share` of a pool under Ethereum's rules is slashed together.
pub(super) fn slashed_fraction(pool: &Pool, share: f64) -> f64 {
    let Slashing::Ethereum { fork, effective_balance, .. } = pool.slashing else { return 0.0 };
    let total = gwei(pool.total_tokens());
    let together = gwei(pool.total_tokens() * share);
    let loss = ethereum::slashing_loss(fork, effective_balance * GWEI, together, total);
    ratio(loss.total(), effective_balance * GWEI)
}

/// Fraction of a validator's balance lost by not attesting for so long while the chain cannot finalise: the leak, and the
/// attestations missed.
pub(super) fn outage_fraction(pool: &Pool, hours: f64) -> f64 {
    let Slashing::Ethereum { fork, effective_balance, .. } = pool.slashing else { return 0.0 };
    let balance = effective_balance * GWEI;
    let loss = ethereum::outage_loss(fork, balance, gwei(pool.total_tokens()), epochs(hours));
    ratio(loss.leak + loss.attestations, balance)
}

/// Whole epochs in some hours.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "saturates, and hours are not negative"
)]
fn epochs(hours: f64) -> u64 {
    (hours * 3600.0 / EPOCH_SECONDS) as u64
}

/// ETH in Gwei, whole.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "saturates, and stake is not negative"
)]
pub(super) fn gwei(eth: f64) -> u64 {
    libm::round(eth * 1e9) as u64
}

#[expect(clippy::cast_precision_loss, reason = "balances of one validator lie below 2^53")]
pub(super) fn ratio(part: u64, whole: u64) -> f64 {
    part as f64 / whole as f64
}

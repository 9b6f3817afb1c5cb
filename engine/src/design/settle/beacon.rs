//! Ethereum: what a slashed validator loses grows with everything that is slashed within 18 days of it, either way.

use super::book::{Book, Slash};
use super::{Books, Loss, Part, Role, Rules};
use crate::design::penalty::{GWEI, gwei, ratio};
use crate::graph::Incident;
use crate::rules::ethereum::slashing_loss;
use crate::study::{Fork, Pool};

/// Half of the 8192 epochs that the slashings vector holds, in days.
const WINDOW_DAYS: f64 = 4096.0 * 384.0 / 86_400.0;

/// The beacon chain's side of a pool.
#[derive(Debug)]
pub(super) struct Beacon {
    fork: Fork,
    /// Of one validator, Gwei.
    effective_balance: u64,
    /// Of all, Gwei.
    total: u64,
}

/// What is slashed when, in one scenario and pool; empty under other rules.
#[derive(Debug, Default)]
pub(super) struct Wave {
    /// Accidents in the order of time.
    accidents: Vec<Slashed>,
    /// The attack's day and ETH, without what accidents have slashed before.
    attack: Option<(f64, f64)>,
    /// Part of its balance that a validator slashed for the attack loses.
    attack_fraction: f64,
}

/// Keys of one operator slashed by one accident.
#[derive(Debug, Clone, Copy)]
struct Slashed {
    operator: usize,
    day: f64,
    eth: f64,
}

impl Beacon {
    pub(super) fn new(fork: Fork, effective_balance: u64, pool: &Pool) -> Self {
        Self { fork, effective_balance: effective_balance * GWEI, total: gwei(pool.total_tokens()) }
    }

    /// Part of its balance that a validator loses when so much ETH is slashed together.
    fn fraction(&self, together: f64) -> f64 {
        let loss = slashing_loss(self.fork, self.effective_balance, gwei(together), self.total);
        ratio(loss.total(), self.effective_balance)
    }

    /// What one operator with so many tokens loses.
    pub(super) fn lose(&self, tokens: f64, part: Part, slashes: &[Slash], wave: &Wave) -> Loss {
        let mine = || wave.accidents.iter().filter(|slashed| slashed.operator == part.operator);
        let by_accident = mine().map(|slashed| slashed.eth * self.fraction(wave.within(slashed.day))).sum();
        let left = (tokens - mine().map(|slashed| slashed.eth).sum::<f64>()).max(0.0);
        let landed = largest(slashes, |slash| slash.landed);
        let fraction = match wave.attack {
            Some(_) if part.role == Role::Attacker => landed * wave.attack_fraction,
            // A leak slashes nobody: it takes its part of every silent balance.
            _ => largest(slashes, |slash| slash.fraction * slash.landed),
        };
        Loss { by_accident, by_attack: left * fraction }
    }
}

impl Wave {
    /// Adds up what an incident slashes in a pool under Ethereum's rules.
    pub(super) fn new(books: &Books, book: &Book, incident: &Incident<'_>, slashes: &[Slash]) -> Self {
        let Rules::Beacon(beacon) = &book.rules else { return Self::default() };
        let mut wave = Self::default();
        for accident in incident.accidents {
            let tokens = book.tokens[accident.operator];
            let hit = tokens * books.keys_hit[accident.fault][accident.operator];
            let eth = hit.min(tokens - wave.slashed_of(accident.operator)).max(0.0);
            wave.accidents.push(Slashed { operator: accident.operator, day: accident.day, eth });
        }
        let Some(assault) = &incident.attack else { return wave };
        let leaks = books.offences(assault).any(|(_, offence)| offence.is_leak(book.index));
        if leaks || slashes.is_empty() {
            return wave;
        }
        let of = |(operator, part): (usize, f64)| part * (book.tokens[operator] - wave.slashed_of(operator));
        let whole: f64 = assault.committed().map(of).sum();
        wave.attack = Some((assault.day, whole * largest(slashes, |slash| slash.landed)));
        wave.attack_fraction = beacon.fraction(wave.within(assault.day));
        wave
    }

    /// ETH of an operator that accidents have slashed so far.
    fn slashed_of(&self, operator: usize) -> f64 {
        self.accidents.iter().filter(|slashed| slashed.operator == operator).map(|slashed| slashed.eth).sum()
    }

    /// ETH slashed within 18 days of a day.
    fn within(&self, day: f64) -> f64 {
        let accidents = self.accidents.iter().map(|slashed| (slashed.day, slashed.eth));
        let near = |(other, _): &(f64, f64)| (other - day).abs() < WINDOW_DAYS;
        accidents.chain(self.attack).filter(near).map(|(_, eth)| eth).sum()
    }
}

fn largest(slashes: &[Slash], of: impl Fn(&Slash) -> f64) -> f64 {
    slashes.iter().map(of).fold(0.0, f64::max)
}

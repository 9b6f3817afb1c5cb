//! EigenLayer: services slash magnitudes one after another, each at the contracts' roundings.

use super::book::{Book, Slash};
use super::{Loss, Part, fraction18, part_of, tokens_of};
use crate::design::Compiler;
use crate::design::eigenlayer::taken_by_byzantine;
use crate::rules::eigenlayer::{WAD, shares_lost};
use crate::rules::integer::{mul_div_ceil, mul_div_floor};
use crate::study::{StakeMode, System};

/// How the stake of a pool is committed, by liability.
#[derive(Debug)]
pub(super) struct Commitment {
    /// `[lien]`
    modes: Vec<StakeMode>,
    /// Part of the stake that Byzantine services have left. `[operator]`
    left: Vec<f64>,
}

impl Commitment {
    pub(super) fn new(compiler: &Compiler<'_>, pool: usize) -> Self {
        let mut modes = Vec::new();
        for ((_, system), backing) in compiler.design.services.iter().zip(&compiler.backings) {
            let mode = match system {
                System::Eigenlayer(avs) => avs.stake,
                _ => StakeMode::Pooled,
            };
            let here = backing.iter().flat_map(|backing| &backing.liabilities).filter(|l| l.pool == pool);
            modes.extend(here.map(|_| mode));
        }
        let taken = taken_by_byzantine(compiler.study, compiler.design, pool);
        Self { modes, left: taken.into_iter().map(|taken| 1.0 - taken).collect() }
    }

    /// What one operator loses: accidents first, services in order.
    pub(super) fn lose(&self, book: &Book, (part, hit): (Part, f64), slashes: &[Slash]) -> Loss {
        let left = self.left[part.operator];
        if left <= 0.0 {
            return Loss::default();
        }
        let mut stake = Stake { shares: part_of(book.micros[part.operator], left), max: WAD };
        let mut take = |lien: usize, fraction: f64, landed: f64| {
            // Shares are of the whole stake; the magnitude that is left is whole again.
            let share = book.liabilities[lien].share[part.operator] / left;
            stake.slash(self.modes[lien], fraction18(share), fraction18(fraction * landed))
        };
        let accidents = (0..part.accidents).flat_map(|_| &book.accidents);
        let by_accident: u128 = accidents.map(|demand| take(demand.lien, demand.fraction, hit)).sum();
        let by_attack: u128 =
            slashes.iter().map(|slash| take(slash.lien, slash.fraction, slash.landed)).sum();
        Loss { by_accident: tokens_of(by_accident), by_attack: tokens_of(by_attack) }
    }
}

/// An operator's shares in a strategy and its greatest magnitude.
struct Stake {
    shares: u128,
    max: u64,
}

impl Stake {
    /// Slashes the part `wad` of what is committed; returns the shares lost.
    ///
    /// A set of its own magnitude loses that part of it, however much others have slashed; pooled and elastic stake
    /// loses that part of what is left, as far as it goes.
    fn slash(&mut self, mode: StakeMode, committed: u128, wad: u128) -> u128 {
        let wad_unit = u128::from(WAD);
        let current = match mode {
            StakeMode::Unique | StakeMode::Elastic => committed.min(u128::from(self.max)),
            StakeMode::Pooled => mul_div_floor(u128::from(self.max), committed, wad_unit),
        };
        let slashed = mul_div_ceil(current, wad, wad_unit).min(u128::from(self.max));
        let after = self.max - u64::try_from(slashed).unwrap_or(self.max);
        let lost = shares_lost(self.shares, self.max, after);
        self.shares -= lost;
        self.max = after;
        lost
    }
}

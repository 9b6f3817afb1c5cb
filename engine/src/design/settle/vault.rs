//! Mesh Security: liens of several chains on one collateral; a slash on one reaches into the others.

use super::book::{Book, Slash};
use super::{Loss, Part, fraction18, tokens_of};
use crate::design::Compiler;
use crate::graph::Gaps;
use crate::rules::mesh::{
    Account, Decimal, Evidence, EvidencePolicy, Holder, SlashEvent, SlashSize, Warning, settle,
};
use crate::study::System;

/// Who holds the liens on a lent pool.
#[derive(Debug)]
pub(super) struct Liens {
    /// The chain that staking at home secures, or the consumer's number. `[lien]`
    holders: Vec<Holder>,
}

impl Liens {
    pub(super) fn new(compiler: &Compiler<'_>, pool: usize) -> Self {
        let mut holders = Vec::new();
        for (service, (_, system)) in (0u32..).zip(&compiler.design.services) {
            let backing = compiler.backings[service as usize].iter();
            for liability in backing.flat_map(|backing| &backing.liabilities).filter(|l| l.pool == pool) {
                // Everything but a lien of another chain is the home chain's own staking, consumers of replicated
                // security included.
                let is_lent = matches!(system, System::Mesh(mesh) if mesh.local != liability.pool);
                holders.push(if is_lent { Holder::External(service) } else { Holder::Local });
            }
        }
        Self { holders }
    }

    /// What one operator's delegators lose: accidents first, each slash after the one before, then the attack on what accidents
    /// have not tombstoned.
    pub(super) fn lose(
        &self,
        book: &Book,
        (part, hit): (Part, f64),
        slashes: &[Slash],
        gaps: &mut Gaps,
    ) -> Loss {
        let mut account = self.account(book, part.operator);
        let taken = part.taken(hit);
        let accidents = book.accidents.iter().map(|demand| (demand.lien, demand.fraction * taken));
        let by_accident = self.strike(book, part.operator, accidents, &mut account, gaps);
        let attack = slashes.iter().map(|slash| (slash.lien, slash.fraction * slash.landed * (1.0 - taken)));
        let by_attack = self.strike(book, part.operator, attack, &mut account, gaps);
        Loss { by_accident, by_attack }
    }

    /// All liens at their full amount.
    fn account(&self, book: &Book, operator: usize) -> Account {
        let stake = book.micros[operator];
        let mut account = Account::new(stake);
        let mut granted: Vec<Holder> = Vec::new();
        for (liability, holder) in book.liabilities.iter().zip(&self.holders) {
            if liability.share[operator] == 0.0 || granted.contains(holder) {
                continue;
            }
            granted.push(*holder);
            let ratio = decimal(self.ratio(book, *holder));
            // The loader has seen to it that the ratios of all liens fit the collateral.
            let granted = match holder {
                Holder::Local => account.stake_local(stake, ratio),
                Holder::External(consumer) => account.stake_external(*consumer, stake, ratio),
            };
            debug_assert!(granted.is_ok(), "{granted:?}");
        }
        account
    }

    /// The largest slash that a holder can ask for.
    fn ratio(&self, book: &Book, holder: Holder) -> f64 {
        let held = book.liabilities.iter().zip(&self.holders).filter(|(_, other)| **other == holder);
        held.map(|(liability, _)| liability.slash.fraction).fold(0.0, f64::max)
    }

    /// Slashes each holder's lien once, by the most that is demanded of it; returns the tokens lost.
    fn strike(
        &self,
        book: &Book,
        operator: usize,
        demands: impl Iterator<Item = (usize, f64)>,
        account: &mut Account,
        gaps: &mut Gaps,
    ) -> f64 {
        let mut struck: Vec<(Holder, f64)> = Vec::new();
        for (lien, fraction) in demands {
            let holder = self.holders[lien];
            if book.liabilities[lien].share[operator] == 0.0 || fraction == 0.0 {
                continue;
            }
            match struck.iter_mut().find(|(other, _)| *other == holder) {
                Some((_, most)) => *most = most.max(fraction),
                None => struck.push((holder, fraction)),
            }
        }
        let event = |(holder, fraction): (Holder, f64)| SlashEvent {
            holder,
            size: SlashSize::Share(decimal(fraction)),
            evidence: Evidence::Genuine,
        };
        let events: Vec<SlashEvent> = struck.into_iter().map(event).collect();
        let settled = settle(account, &events, EvidencePolicy::Obey);
        gaps.aborted_slashes += settled.refused.len() as u64;
        let broken =
            |(_, warning): &(usize, Warning)| matches!(warning, Warning::SlashableAboveCollateral { .. });
        gaps.slashable_above_collateral += settled.warnings().filter(broken).count() as u64;
        tokens_of(settled.lost)
    }
}

fn decimal(fraction: f64) -> Decimal {
    Decimal::from_ratio(fraction18(fraction), 10u128.pow(18)).unwrap_or_default()
}

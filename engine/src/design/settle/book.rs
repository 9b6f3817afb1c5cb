//! The stake of a pool, and what offences demand of it.

use super::{Clean, Rules, rescaled};
use crate::design::Compiler;
use crate::design::backing::Liability;
use crate::design::enforcement::drawn_landing;
use crate::design::losses::combined;
use crate::design::penalty::Manner;
use crate::graph::Luck;
use crate::study::{Attack, Combine, FaultKind};

/// A slash that a liability asks for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Demand {
    /// Position among the liabilities of the book.
    pub(super) lien: usize,
    /// Fraction of the stake at risk.
    pub(super) fraction: f64,
    /// How it is taken.
    pub(super) manner: Manner,
}

impl Demand {
    /// The demand as it lands in full.
    pub(super) fn landed(&self) -> Slash {
        Slash { lien: self.lien, fraction: self.fraction, landed: 1.0 }
    }
}

/// A demand in one scenario.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Slash {
    pub(super) lien: usize,
    pub(super) fraction: f64,
    /// Part of the stake that it still reaches.
    pub(super) landed: f64,
}

/// The stake of one pool and what can be demanded of it.
#[derive(Debug)]
pub(super) struct Book {
    /// Position among the books.
    pub(super) index: usize,
    /// The book of the pool whose stake this is as well.
    pub(super) base: Option<usize>,
    pub(super) asset: usize,
    pub(super) unbonding_days: f64,
    /// Whether anything here answers for the operator. `[operator]`
    pub(super) answers: Vec<bool>,
    /// Tokens. `[operator]`
    pub(super) tokens: Vec<f64>,
    /// Millionths of a token. `[operator]`
    pub(super) micros: Vec<u128>,
    pub(super) liabilities: Vec<Liability>,
    /// What an accident is charged with.
    pub(super) accidents: Vec<Demand>,
    /// The linear graph's loss of an operator that an accident hits, tokens. `[fault][operator]`
    pub(super) accident_tokens: Vec<Vec<f64>>,
    pub(super) combine: Combine,
    pub(super) rules: Rules,
}

/// An attack, and what it is charged with.
#[derive(Debug)]
pub(super) struct Offence {
    /// Position of the service in the study.
    pub(super) service: usize,
    pub(super) attack: Attack,
    /// `[book]`
    pub(super) demands: Vec<Vec<Demand>>,
    /// What each operator loses if every slash lands and nothing else has happened; empty where the loss depends on who
    /// else attacks. `[book][operator]`
    pub(super) clean: Vec<Vec<Clean>>,
}

impl Offence {
    pub(super) fn new(
        compiler: &Compiler<'_>,
        pools: &[usize],
        (index, service): (usize, usize),
        attack: &Attack,
    ) -> Self {
        let judged = compiler.judge(index, service, attack);
        let mut demands = vec![Vec::new(); pools.len()];
        let liabilities = compiler.backings[index].iter().flat_map(|backing| &backing.liabilities);
        for (position, (liability, charge)) in liabilities.zip(&judged.charges).enumerate() {
            let Some(book) = pools.iter().position(|pool| *pool == liability.pool) else { continue };
            let lien = compiler.lien(liability.pool, index, position);
            if charge.fraction > 0.0 {
                demands[book].push(Demand { lien, fraction: charge.fraction, manner: charge.manner });
            }
        }
        Self { service, attack: attack.clone(), clean: vec![Vec::new(); pools.len()], demands }
    }

    /// Whether it is silence that leaks from a book instead of an offence that is slashed.
    pub(super) fn is_leak(&self, book: usize) -> bool {
        self.demands[book].iter().any(|demand| demand.manner == Manner::Leak)
    }
}

impl Compiler<'_> {
    /// Position of a service's liability among all liabilities on a pool.
    pub(super) fn lien(&self, pool: usize, index: usize, position: usize) -> usize {
        let on_pool = |liabilities: &[Liability]| liabilities.iter().filter(|l| l.pool == pool).count();
        let before: usize = self.backings[..index].iter().flatten().map(|b| on_pool(&b.liabilities)).sum();
        before + self.backings[index].as_ref().map_or(0, |backing| on_pool(&backing.liabilities[..position]))
    }
}

impl Book {
    pub(super) fn new(compiler: &Compiler<'_>, pools: &[usize], index: usize) -> Self {
        let pool = pools[index];
        let holding = &compiler.study.pools[pool];
        let liabilities: Vec<Liability> =
            compiler.liabilities().filter(|l| l.pool == pool).cloned().collect();
        let demand = |(lien, liability): (usize, &Liability)| Demand {
            lien,
            fraction: liability.slash.fraction,
            manner: Manner::Slash,
        };
        let n_operators = compiler.study.operators.len();
        let accident_tokens = compiler.study.faults.iter().map(|fault| match fault.kind {
            FaultKind::Downtime => vec![0.0; n_operators],
            FaultKind::Equivocation => {
                let lost = |operator: usize| {
                    compiler.accident_share(fault, pool, operator) * holding.tokens(operator)
                };
                (0..n_operators).map(lost).collect()
            }
        });
        Self {
            index,
            base: compiler.underlying(pool).find_map(|base| pools.iter().position(|pool| *pool == base)),
            asset: holding.asset,
            unbonding_days: holding.unbonding_days,
            answers: (0..n_operators)
                .map(|operator| {
                    let answers = liabilities.iter().any(|liability| liability.share[operator] > 0.0);
                    answers && holding.tokens(operator) > 0.0
                })
                .collect(),
            tokens: (0..n_operators).map(|operator| holding.tokens(operator)).collect(),
            micros: holding.stake.iter().map(|units| rescaled(*units, holding.decimals)).collect(),
            accidents: liabilities.iter().enumerate().map(demand).filter(|d| d.fraction > 0.0).collect(),
            accident_tokens: accident_tokens.collect(),
            combine: compiler.combine[pool],
            rules: Rules::of(compiler, pool),
            liabilities,
        }
    }

    /// Whether nothing here is lost by accident.
    pub(super) fn accidents_are_free(&self) -> bool {
        self.accidents.is_empty() && !matches!(self.rules, Rules::Beacon(_))
    }

    /// The demands of one offence, each with the part of it that lands in one scenario; `holds` tells whether the attack holds a
    /// service.
    pub(super) fn landings<'a>(
        &'a self,
        luck: Luck,
        offence: &'a Offence,
        holds: impl Fn(usize) -> bool + Clone + 'a,
    ) -> impl Iterator<Item = (&'a Demand, f64)> + Clone {
        offence.demands[self.index].iter().map(move |demand| {
            let liability = &self.liabilities[demand.lien];
            let at = (liability.executes_on.is_some_and(&holds), &offence.attack);
            let landed = match demand.manner {
                Manner::Leak => 1.0,
                Manner::Slash => drawn_landing(liability, at, self.unbonding_days, luck),
            };
            (demand, landed)
        })
    }

    /// Adds them as slashes.
    pub(super) fn slashes(
        &self,
        luck: Luck,
        offence: &Offence,
        holds: impl Fn(usize) -> bool + Clone,
        into: &mut Vec<Slash>,
    ) {
        let landings = self.landings(luck, offence, holds);
        into.extend(landings.map(|(demand, landed)| Slash {
            lien: demand.lien,
            fraction: demand.fraction,
            landed,
        }));
    }

    /// The linear graph's loss for the attack, tokens.
    pub(super) fn linear(&self, operator: usize, slashes: &[Slash]) -> f64 {
        let fractions = slashes.iter().map(|slash| {
            let liability = &self.liabilities[slash.lien];
            (liability.standing, slash.fraction * liability.share[operator] * slash.landed)
        });
        combined(self.combine, fractions) * self.tokens[operator]
    }
}

//! What it takes to buy the power that an attack needs: stake that a newcomer adds to what is there.

use super::Compiler;
use super::losses::HOURS_PER_YEAR;
use super::penalty::Judged;
use crate::graph::{PowerPart, Purchase, to_f64};

impl Compiler<'_> {
    /// Stake that a newcomer could buy for power in the first quorum, each entry enough by itself, and for power in the second.
    ///
    /// Weights from a table and capped stake are not for sale; nor is either quorum where the other one is needed and cannot be bought.
    pub(super) fn purchases(&self, judged: &Judged<'_>) -> (Vec<Purchase>, Option<Purchase>) {
        let attack = judged.attack;
        let none = (Vec::new(), None);
        let Some(backing) = self.backings[judged.index].as_ref().filter(|backing| backing.is_open) else {
            return none;
        };
        let for_sale = backing.parts.iter().filter(|part| part.most_share.is_none());
        let first = for_sale
            .filter(|_| !attack.is_by_second())
            .filter_map(|part| self.purchase(judged, part, attack.threshold.value()));
        let first: Vec<Purchase> = first.collect();
        let Some((part, threshold)) = backing.second.as_ref().zip(attack.second_threshold) else {
            return (first, None);
        };
        match self.purchase(judged, part, threshold.value()) {
            Some(second) if attack.is_by_second() || !first.is_empty() => (first, Some(second)),
            _ => none,
        }
    }

    /// Stake in the pool of a part of the power that makes up this share of it; `None` if no amount does.
    fn purchase(&self, judged: &Judged<'_>, part: &PowerPart, share: f64) -> Option<Purchase> {
        if share >= 1.0 {
            return None;
        }
        let backing = self.backings[judged.index].as_ref()?;
        let pool = part.pool?;
        let holding = &self.study.pools[pool];
        let mut charged = backing.liabilities.iter().zip(&judged.charges);
        let (liability, charge) = charged.find(|(l, _)| l.pool == pool)?;
        let slash = charge.fraction * charge.landing;
        let returned = if holding.underlying.is_none() { liability.redistribution } else { 0.0 };
        let falls = self.study.services[judged.service].asset == Some(holding.asset);
        let staked = (0..part.units.len()).filter(|o| part.units[*o] > 0).map(|o| {
            if liability.share[o] < 1.0 {
                to_f64(part.units[o]) / libm::exp10(f64::from(part.decimals))
            } else {
                holding.tokens(o)
            }
        });
        Some(Purchase {
            asset: holding.asset,
            staked_tokens: staked.sum(),
            value_share: part.value_share,
            share,
            slash,
            returned: slash * returned,
            drawdown: if falls { judged.attack.drawdown } else { 0.0 },
            carry: self.study.adversary.carry_apr
                * (holding.unbonding_days / 365.25 + judged.attack.duration_hours / HOURS_PER_YEAR),
            liquidity_usd: self.study.assets[holding.asset].liquidity_usd,
            for_sale_tokens: self.study.assets[holding.asset].for_sale_tokens,
        })
    }
}

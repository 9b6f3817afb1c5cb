//! What it takes to buy the power that an attack needs: stake that a newcomer adds to what is there.

use super::losses::HOURS_PER_YEAR;
use super::penalty::Judged;
use super::{Backing, Compiler};
use crate::fraction::Threshold;
use crate::graph::{PowerPart, Purchase, to_f64};
use crate::study::{Attack, Bought};

impl Compiler<'_> {
    /// Stake that a newcomer could buy for power in the first quorum, each entry enough by itself, and for power in the second; where
    /// operators reach one quorum, of the other alone.
    ///
    /// Weights from a table and capped stake are not for sale; nor is either quorum where the other one is needed and cannot be bought.
    pub(super) fn purchases(&self, judged: &Judged<'_>) -> (Vec<Purchase>, Option<Purchase>) {
        let attack = judged.attack;
        if let Some(bought) = attack.bought {
            return self.beside(judged.index, judged.service, (attack, bought));
        }
        let first = if attack.is_by_second() { Vec::new() } else { self.of_first(judged, attack.threshold) };
        let Some(threshold) = attack.second_threshold.filter(|_| self.second_part(judged).is_some()) else {
            return (first, None);
        };
        match self.of_second(judged, threshold) {
            Some(second) if attack.is_by_second() || !first.is_empty() => (first, Some(second)),
            _ => (Vec::new(), None),
        }
    }

    /// Whether the quorum that an attack buys is for sale.
    pub(super) fn is_for_sale(&self, index: usize, service: usize, attack: &Attack) -> bool {
        attack.bought.is_some_and(|bought| {
            let (first, second) = self.beside(index, service, (attack, bought));
            !first.is_empty() || second.is_some()
        })
    }

    /// Stake of the quorum that is bought; it answers as in the attack that needs both.
    fn beside(
        &self,
        index: usize,
        service: usize,
        (attack, bought): (&Attack, Bought),
    ) -> (Vec<Purchase>, Option<Purchase>) {
        let mut attacks = self.study.services[service].attacks.iter();
        let Some(whole) = attacks.find(|other| other.kind == attack.deed) else { return (Vec::new(), None) };
        let judged = self.judge(index, service, whole);
        match bought {
            Bought::First(threshold) => {
                let mut first = self.of_first(&judged, threshold);
                let alone = self.backings[index].as_ref().is_some_and(|backing| backing.parts.len() == 1);
                first.retain(|purchase| !alone || is_enough_for_sale(purchase));
                (first, None)
            }
            Bought::Second(threshold) => {
                (Vec::new(), self.of_second(&judged, threshold).filter(is_enough_for_sale))
            }
        }
    }

    fn open_backing(&self, judged: &Judged<'_>) -> Option<&Backing> {
        self.backings[judged.index].as_ref().filter(|backing| backing.is_open)
    }

    fn second_part(&self, judged: &Judged<'_>) -> Option<&PowerPart> {
        self.backings[judged.index].as_ref()?.second.as_ref()
    }

    fn of_first(&self, judged: &Judged<'_>, threshold: Threshold) -> Vec<Purchase> {
        let parts = self.open_backing(judged).into_iter().flat_map(|backing| &backing.parts);
        let for_sale = parts.filter(|part| part.most_share.is_none());
        for_sale.filter_map(|part| self.purchase(judged, part, threshold.value())).collect()
    }

    fn of_second(&self, judged: &Judged<'_>, threshold: Threshold) -> Option<Purchase> {
        let part = self.open_backing(judged)?.second.as_ref()?;
        self.purchase(judged, part, threshold.value())
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

/// Whether as much of the one pool of a quorum is for sale as its power takes, whatever its price.
fn is_enough_for_sale(purchase: &Purchase) -> bool {
    purchase.staked_tokens * purchase.share / (1.0 - purchase.share) <= purchase.for_sale_tokens
}

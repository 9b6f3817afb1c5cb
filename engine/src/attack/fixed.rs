//! The cheapest coalition where prices cannot change the order of joining.

use super::coalition::{Coalition, CoalitionCost, OPEN, Recruits};
use super::walk::{Terms, cheapest, forfeited_of};
use crate::graph::{FixedOrder, Ranked, Ranks};
use crate::kernels::bits;

impl Terms for FixedOrder {
    type Member = Ranked;
    /// Losses at a price of 1.
    type Sum = Ranked;

    #[inline(always)]
    fn ranks(&self) -> &Ranks<Ranked> {
        &self.ranked
    }
    #[inline(always)]
    fn weigher(&self) -> impl Fn(&Ranked) -> f64 {
        |ranked| ranked.weight
    }
    #[inline(always)]
    fn add(sum: &mut Ranked, member: &Ranked) {
        sum.units += member.units;
        sum.private += member.private;
        sum.forfeited += member.forfeited;
    }
    #[inline(always)]
    fn take_out(sum: &mut Ranked, member: &Ranked) {
        sum.units -= member.units;
        sum.private -= member.private;
        sum.forfeited -= member.forfeited;
    }
    #[inline(always)]
    fn power(&self, sum: Ranked) -> u128 {
        u128::from(sum.units)
    }
    #[inline(always)]
    fn private(&self, sum: Ranked) -> f64 {
        sum.private
    }
    #[inline(always)]
    fn forfeited(&self, sum: Ranked) -> f64 {
        sum.forfeited
    }
    #[inline(always)]
    fn light(&self, weight: f64) -> [&[u64]; 2] {
        [self.light.up_to(weight); 2]
    }
    #[inline(always)]
    fn rank_near(&self, ratio: f64) -> usize {
        self.ratio.partition_point(|other| *other < ratio)
    }
    #[inline(always)]
    fn ratio(&self, rank: usize) -> f64 {
        self.ratio[rank]
    }
}

/// The coalition where the order is known beforehand; `None` out of reach. Sets are over ranks; `price` scales every loss.
pub fn by_fixed_order(
    order: &FixedOrder,
    price: f64,
    recruits: &Recruits<'_>,
    coalition: &mut Coalition,
) -> Option<CoalitionCost> {
    let mut found = cheapest(order, u128::from(order.least_power), recruits, coalition)?;
    let CoalitionCost { cost_usd, lower_usd, forfeited_usd } = &mut found;
    if *cost_usd - *lower_usd > OPEN * *cost_usd
        && recruits.bribable.is_empty()
        && let Some(less) = all_but_needless(order, recruits, *cost_usd, coalition)
    {
        (*cost_usd, *forfeited_usd) = (less, forfeited_of(order, coalition));
    }
    [cost_usd, lower_usd, forfeited_usd].into_iter().for_each(|usd| *usd *= price);
    Some(found)
}

/// Another witness where nobody is bribed: everybody joins, then the dearest per power leave first (where that ties, the
/// larger) as long as enough stay. Puts it in place of the members and tells its cost, if that is less.
fn all_but_needless(
    order: &FixedOrder,
    recruits: &Recruits<'_>,
    cost: f64,
    coalition: &mut Coalition,
) -> Option<f64> {
    let Coalition { set, positions, ranks, .. } = coalition;
    ranks.clear();
    ranks.extend(bits::ones(recruits.colluders).filter(|rank| !recruits.is_stolen(*rank)));
    let everybody = bits::ones(recruits.colluders);
    let mut left = everybody.map(|rank| order.member(rank).units).sum::<u64>() - order.least_power;
    ranks.sort_unstable_by(|a, b| order.ratio[*b].total_cmp(&order.ratio[*a]).then(a.cmp(b)));
    ranks.retain(|rank| {
        let leaves = order.member(*rank).units <= left;
        left -= if leaves { order.member(*rank).units } else { 0 };
        !leaves
    });
    let less: f64 = ranks.iter().map(|rank| order.member(*rank).private).sum();
    if less >= cost {
        return None;
    }
    positions.clear();
    set.clear();
    set.extend_from_slice(recruits.compromised);
    set.resize(recruits.colluders.len(), 0);
    ranks.iter().for_each(|rank| set[rank / 64] |= 1 << (rank % 64));
    Some(less)
}

//! The cheapest coalition of whole operators: a witness, and beside it the fractional lower bound.
//!
//! Operators join in the order of what they must be paid per power until the threshold is reached; then those whose
//! power is not needed leave. No coalition of whole operators costs less than the fractional bound (the linear
//! relaxation of the knapsack), and the cheapest costs no more than the witness.

use super::priced::Priced;
use super::slot_order::SlotOrder;
use crate::graph::{FixedOrder, SlotLosses, StakePower, to_f64};
use crate::kernels::bits;

/// Who may join in one scenario, and for how much. Sets are over the ranks of a fixed order, or over slots.
#[derive(Debug, Clone, Copy)]
pub struct Recruits<'a> {
    /// Colluders: they are paid what they lose.
    pub colluders: &'a [u64],
    /// Neither colluding nor altruistic: they ask a premium. Nobody where the route does not bribe.
    pub bribable: &'a [u64],
    /// Colluders with stolen keys: they are paid nothing.
    pub compromised: &'a [u64],
    /// What a bribed operator asks on top of its loss.
    pub premium: f64,
}

/// Who is bribed on routes that do not bribe.
pub const NOBODY: &[u64] = &[];

impl Recruits<'_> {
    #[inline]
    fn stolen(&self, position: usize) -> bool {
        !self.compromised.is_empty() && bits::contains(self.compromised, position)
    }
}

/// What a coalition costs, USD.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CoalitionCost {
    /// What its members must be paid.
    pub cost_usd: f64,
    /// No coalition costs less.
    pub lower_usd: f64,
    /// Stake forfeited (cost of corruption).
    pub forfeited_usd: f64,
}

/// A member: its position (rank or slot) and what it is paid per private loss.
#[derive(Debug, Clone, Copy)]
struct Member {
    position: u32,
    pay: f64,
}

impl Member {
    #[inline]
    fn at(self) -> usize {
        self.position as usize
    }
}

/// A coalition in the making; reused from scenario to scenario.
#[derive(Debug, Default)]
pub struct Coalition {
    members: Vec<Member>,
    colluders: Vec<usize>,
}

impl Coalition {
    /// Positions of the members: ranks of the fixed order, or slots of the members of the power.
    pub fn positions(&self) -> impl Iterator<Item = usize> + '_ {
        self.members.iter().map(|member| member.at())
    }
    /// Forgets the members.
    pub fn clear(&mut self) {
        self.members.clear();
    }
}

/// Colluders and bribed operators, each in rising order of payment per power.
struct Queues<'a> {
    /// Private loss per power. `[position]`
    ratios: &'a [f64],
    /// Positions of colluders that are paid, in order.
    colluders: &'a [usize],
    /// What a bribed operator is paid per private loss.
    bribe: f64,
}

impl Queues<'_> {
    /// Lets them join in order until `join` says that the threshold is reached; `bribable` gives positions in order.
    #[inline]
    fn merge(
        &self,
        recruits: Recruits<'_>,
        mut bribable: impl Iterator<Item = usize>,
        mut join: impl FnMut(usize, f64) -> bool,
    ) -> bool {
        // Stolen keys cost nothing: they come first.
        if bits::ones(recruits.compromised).any(|position| join(position, 0.0)) {
            return true;
        }
        let mut next = bribable.next();
        for colluder in self.colluders {
            let cheaper = |position: &usize| self.bribe * self.ratios[*position] < self.ratios[*colluder];
            while let Some(position) = next.filter(cheaper) {
                if join(position, self.bribe) {
                    return true;
                }
                next = bribable.next();
            }
            if join(*colluder, 1.0) {
                return true;
            }
        }
        next.into_iter().chain(bribable).any(|position| join(position, self.bribe))
    }
}

#[expect(clippy::cast_possible_truncation, reason = "operators are counted in 32 bits")]
#[inline]
fn member(position: usize, pay: f64) -> Member {
    Member { position: position as u32, pay }
}

/// The coalition where the order is known beforehand; `None` out of reach. Sets are over ranks.
///
/// Two queues are merged, colluders and bribed operators, each in the fixed order; `price` scales every loss.
pub fn by_fixed_order(
    order: &FixedOrder,
    price: f64,
    recruits: Recruits<'_>,
    coalition: &mut Coalition,
) -> Option<CoalitionCost> {
    let Coalition { members, colluders } = coalition;
    members.clear();
    colluders.clear();
    colluders.extend(bits::ones(recruits.colluders).filter(|rank| !recruits.stolen(*rank)));
    let queues = Queues { ratios: &order.ratio, colluders, bribe: 1.0 + recruits.premium };
    let (mut power, mut smallest) = (0, u64::MAX);
    let reached = queues.merge(recruits, bits::ones(recruits.bribable), |rank, pay| {
        members.push(member(rank, pay));
        let units = order.units[rank];
        smallest = smallest.min(units);
        power += units;
        power >= order.least_power
    });
    if !reached {
        return None;
    }
    let last = *members.last()?;
    let surplus = power - order.least_power;
    let needless = to_f64(u128::from(surplus)) / to_f64(u128::from(order.units[last.at()]));
    let spared = needless * last.pay * order.private[last.at()];
    let mut full = None;
    if smallest <= surplus {
        full = Some(payments(members, &order.private));
        drop_needless(members, surplus, |rank| order.units[rank]);
    }
    let cost = payments(members, &order.private);
    let forfeited: f64 = members.iter().map(|m| order.forfeited[m.at()]).sum();
    let lower = (full.unwrap_or(cost) - spared).max(0.0);
    Some(CoalitionCost { cost_usd: price * cost, lower_usd: price * lower, forfeited_usd: price * forfeited })
}

/// What the members are paid.
#[inline]
fn payments(members: &[Member], private: &[f64]) -> f64 {
    members.iter().map(|member| member.pay * private[member.at()]).sum()
}

/// Lets members go whose power lies within the surplus, in the order of joining (where payments per power tie, that is
/// the larger first): those that are paid before those that are not.
fn drop_needless(members: &mut Vec<Member>, mut surplus: u64, units: impl Fn(usize) -> u64) {
    for paid in passes(members) {
        members.retain(|member| {
            let needed = (member.pay > 0.0) != paid || units(member.at()) > surplus;
            surplus -= if needed { 0 } else { units(member.at()) };
            needed
        });
    }
}

/// Whether those that are paid, or those that are not, are let go: first the former. Free members join first, so the
/// first member tells whether there are any.
fn passes(members: &[Member]) -> impl Iterator<Item = bool> + use<> {
    let some_are_free = members.first().is_some_and(|member| member.pay <= 0.0);
    [true, false].into_iter().take(if some_are_free { 2 } else { 1 })
}

/// The coalition where the order moves with prices; `None` out of reach. Sets are over slots; `order` is that of
/// the losses priced, and there are recruits enough (their weight is at least [`nearly`] the power needed).
///
/// Weights as numbers steer the walk; whether the threshold is reached is decided by the exact power of all members.
pub fn by_moving_order(
    (power, priced, losses): (&StakePower, &Priced, &SlotLosses),
    order: &mut SlotOrder,
    least_power: u128,
    recruits: Recruits<'_>,
    coalition: &mut Coalition,
) -> Option<CoalitionCost> {
    let Coalition { members, colluders } = coalition;
    order.sort_positions(bits::ones(recruits.colluders).filter(|slot| !recruits.stolen(*slot)), colluders);
    order.pick(recruits.bribable);
    line_up(members, recruits, (colluders, order.picked()), &priced.ratios);
    let held = cut_short(members, least_power, power, priced)?;
    let last = *members.last()?;
    let surplus = held - least_power;
    let spared =
        to_f64(surplus) / to_f64(priced.units(power, last.at())) * (last.pay * priced.private_usd[last.at()]);
    let full = payments(members, &priced.private_usd);
    let dropped = drop_priced(members, surplus, power, priced);
    let cost = if dropped { payments(members, &priced.private_usd) } else { full };
    let forfeited = losses
        .assets
        .iter()
        .zip(&priced.asset_usd)
        .map(|((_, _, forfeited), usd)| usd * members.iter().map(|m| forfeited[m.at()]).sum::<f64>());
    Some(CoalitionCost {
        cost_usd: cost,
        lower_usd: (full - spared).max(0.0),
        forfeited_usd: forfeited.sum(),
    })
}

/// Keeps as many members, from the first, as reach the power, and tells what they hold; `None` if all are too few.
fn cut_short(
    members: &mut Vec<Member>,
    least_power: u128,
    power: &StakePower,
    priced: &Priced,
) -> Option<u128> {
    let nearly = nearly(least_power);
    let mut weight = 0.0;
    for (n, member) in (1..).zip(members.iter()) {
        weight += priced.weights[member.at()];
        if weight >= nearly {
            let held = priced.units_of(power, members[..n].iter().map(|member| member.at()));
            if held >= least_power {
                members.truncate(n);
                return Some(held);
            }
        }
    }
    None
}

/// Everybody who can join, in order: stolen keys, then colluders and bribed operators by payment per power.
fn line_up(
    members: &mut Vec<Member>,
    recruits: Recruits<'_>,
    (colluders, bribable): (&[usize], impl ExactSizeIterator<Item = u32>),
    ratios: &[f64],
) {
    let bribe = 1.0 + recruits.premium;
    members.clear();
    members.extend(bits::ones(recruits.compromised).map(|slot| member(slot, 0.0)));
    let free = members.len();
    members.extend(bribable.map(|position| Member { position, pay: bribe }));
    // Colluders are few.
    for colluder in colluders {
        let cheaper = |other: &Member| other.pay * ratios[other.at()] < ratios[*colluder];
        let place = free + members[free..].partition_point(cheaper);
        members.insert(place, member(*colluder, 1.0));
    }
}

/// As [`drop_needless`], with a cheap look at the weight before the exact one.
fn drop_priced(members: &mut Vec<Member>, mut surplus: u128, power: &StakePower, priced: &Priced) -> bool {
    let before = members.len();
    let mut most = to_f64(surplus) * (1.0 + 1e-9);
    if members.iter().all(|member| priced.weights[member.at()] > most) {
        return false;
    }
    for paid in passes(members) {
        members.retain(|member| {
            if (member.pay > 0.0) != paid || priced.weights[member.at()] > most {
                return true;
            }
            let units = priced.units(power, member.at());
            if units > surplus {
                return true;
            }
            surplus -= units;
            most = to_f64(surplus) * (1.0 + 1e-9);
            false
        });
    }
    members.len() < before
}

/// A weight just below a power: sums in floating point are good to far better than that.
pub fn nearly(power: u128) -> f64 {
    to_f64(power) * (1.0 - 1e-9)
}

/// Weight of all recruits.
pub fn available_weight(priced: &Priced, recruits: Recruits<'_>) -> f64 {
    let weight = |set| bits::ones(set).map(|slot| priced.weights[slot]).sum::<f64>();
    weight(recruits.colluders) + weight(recruits.bribable)
}

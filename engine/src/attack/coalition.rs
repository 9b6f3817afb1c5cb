//! The cheapest coalition of whole operators: a witness, and beside it the fractional lower bound.
//!
//! Operators join in the order of what they must be paid per power until the threshold is reached; then those whose
//! power is not needed leave. No coalition of whole operators costs less than the fractional bound (the linear
//! relaxation of the knapsack), and the cheapest costs no more than the witness.

use super::priced::Priced;
use super::slot_order::SlotOrder;
use crate::graph::{FixedOrder, SlotLosses, StakePower, to_f64};
use crate::kernels::bits;
use std::ops::{AddAssign, Sub, SubAssign};

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

/// A coalition in the making; reused from scenario to scenario.
#[derive(Debug, Default)]
pub struct Coalition {
    members: Vec<Member>,
    colluders: Vec<usize>,
    bribable: Vec<u32>,
}

impl Coalition {
    /// Positions of the members: ranks of the fixed order, or slots of the members of the power.
    pub fn positions(&self) -> impl Iterator<Item = usize> + '_ {
        self.members.iter().map(|member| member.position as usize)
    }
    /// Forgets the members.
    pub fn clear(&mut self) {
        self.members.clear();
    }
}

/// Power, private loss and forfeited stake at a position; losses in units of some USD.
trait Book {
    /// Integers that hold all power of the service.
    type Units: Copy + Ord + Default + AddAssign + SubAssign + Sub<Output = Self::Units> + Into<u128>;
    fn units(&self, position: usize) -> Self::Units;
    fn private(&self, position: usize) -> f64;
    fn forfeited(&self, position: usize) -> f64;
    /// False if the power is clearly above `surplus`: a cheap look before the exact one.
    fn may_fit(&self, _position: usize, _surplus: f64) -> bool {
        true
    }
}

/// Gathers members until the threshold is reached.
struct Gathering<'a, B: Book> {
    book: B,
    least_power: B::Units,
    members: &'a mut Vec<Member>,
    power: B::Units,
    /// Power of the smallest member.
    smallest: B::Units,
    cost: f64,
    lower: f64,
    forfeited: f64,
}

impl<'a, B: Book> Gathering<'a, B> {
    fn new(book: B, least_power: B::Units, members: &'a mut Vec<Member>) -> Self {
        members.clear();
        let (power, smallest) = (B::Units::default(), least_power);
        Self { book, least_power, members, power, smallest, cost: 0.0, lower: 0.0, forfeited: 0.0 }
    }

    /// Takes a member in; true once the threshold is reached.
    #[inline]
    fn join(&mut self, position: usize, pay: f64) -> bool {
        let units = self.book.units(position);
        let cost = pay * self.book.private(position);
        let missing = self.least_power - self.power;
        self.power += units;
        self.smallest = self.smallest.min(units);
        self.forfeited += self.book.forfeited(position);
        #[expect(clippy::cast_possible_truncation, reason = "operators are counted in 32 bits")]
        self.members.push(Member { position: position as u32, pay });
        let reached = units >= missing;
        if reached {
            self.lower = self.cost + cost * (to_f64(missing.into()) / to_f64(units.into()));
        }
        self.cost += cost;
        reached
    }

    /// Lets members go whose power is not needed, and adds up.
    fn settle(mut self, usd: f64) -> CoalitionCost {
        let surplus = self.power - self.least_power;
        if surplus >= self.smallest {
            self.drop_needless(surplus);
        }
        CoalitionCost {
            cost_usd: usd * self.cost,
            lower_usd: usd * self.lower,
            forfeited_usd: usd * self.forfeited,
        }
    }

    /// One pass in the order of joining: where payments per power tie, that is the larger first.
    #[cold]
    fn drop_needless(&mut self, mut surplus: B::Units) {
        let Self { book, members, cost, forfeited, .. } = self;
        let most = to_f64(surplus.into());
        members.retain(|member| {
            let position = member.position as usize;
            if !book.may_fit(position, most) {
                return true;
            }
            let units = book.units(position);
            if units > surplus {
                return true;
            }
            surplus -= units;
            *cost = (*cost - member.pay * book.private(position)).max(0.0);
            *forfeited = (*forfeited - book.forfeited(position)).max(0.0);
            false
        });
    }
}

impl Book for &FixedOrder {
    type Units = u64;
    #[inline]
    fn units(&self, rank: usize) -> u64 {
        self.units[rank]
    }
    #[inline]
    fn private(&self, rank: usize) -> f64 {
        self.private[rank]
    }
    #[inline]
    fn forfeited(&self, rank: usize) -> f64 {
        self.forfeited[rank]
    }
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
    let Coalition { members, colluders, .. } = coalition;
    colluders.clear();
    colluders.extend(bits::ones(recruits.colluders).filter(|rank| !recruits.stolen(*rank)));
    let mut gathering = Gathering::new(order, order.least_power, members);
    let mut queues = Queues { ratios: &order.ratio, colluders, bribe: 1.0 + recruits.premium };
    let bribable = bits::ones(recruits.bribable);
    let hopeless = |gathering: &Gathering<'_, &FixedOrder>, rank: usize| {
        gathering.power + order.units_from[rank] < order.least_power
    };
    queues.merge(recruits, bribable, hopeless, &mut gathering).then(|| gathering.settle(price))
}

impl Recruits<'_> {
    #[inline]
    fn stolen(&self, position: usize) -> bool {
        !self.compromised.is_empty() && bits::contains(self.compromised, position)
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
    /// Lets them join in order until the threshold is reached. `bribable` gives positions in order; once no colluder
    /// waits, `hopeless` tells whether everybody from a position on would still not do.
    #[inline]
    fn merge<B: Book>(
        &mut self,
        recruits: Recruits<'_>,
        bribable: impl Iterator<Item = usize>,
        hopeless: impl Fn(&Gathering<'_, B>, usize) -> bool,
        gathering: &mut Gathering<'_, B>,
    ) -> bool {
        // Stolen keys cost nothing: they come first.
        if bits::ones(recruits.compromised).any(|position| gathering.join(position, 0.0)) {
            return true;
        }
        for position in bribable {
            let dearest = self.bribe * self.ratios[position];
            while let Some((first, rest)) = self.colluders.split_first() {
                if self.ratios[*first] > dearest {
                    break;
                }
                self.colluders = rest;
                if gathering.join(*first, 1.0) {
                    return true;
                }
            }
            if gathering.join(position, self.bribe) {
                return true;
            }
            if self.colluders.is_empty() && hopeless(gathering, position) {
                return false;
            }
        }
        self.colluders.iter().any(|colluder| gathering.join(*colluder, 1.0))
    }
}

/// Power and losses at a scenario's prices, as a book over slots.
struct PricedBook<'a> {
    power: &'a StakePower,
    priced: &'a Priced,
    losses: &'a SlotLosses,
}

impl Book for PricedBook<'_> {
    type Units = u128;
    #[inline]
    fn units(&self, slot: usize) -> u128 {
        self.priced.units(self.power, slot)
    }
    #[inline]
    fn private(&self, slot: usize) -> f64 {
        self.priced.private_usd[slot]
    }
    #[inline]
    fn forfeited(&self, slot: usize) -> f64 {
        let assets = self.losses.assets.iter().zip(&self.priced.asset_usd);
        assets.map(|((_, _, forfeited), usd)| usd * forfeited[slot]).sum()
    }
    #[inline]
    fn may_fit(&self, slot: usize, surplus: f64) -> bool {
        self.priced.weights[slot] <= surplus * (1.0 + 1e-9)
    }
}

/// The coalition where the order moves with prices; `None` out of reach. Sets are over slots; `order` is that of
/// the losses priced, `available` the weight of all recruits.
pub fn by_moving_order(
    (power, priced, losses): (&StakePower, &Priced, &SlotLosses),
    (order, available): (&SlotOrder, f64),
    least_power: u128,
    recruits: Recruits<'_>,
    coalition: &mut Coalition,
) -> Option<CoalitionCost> {
    // Sums in floating point are good to far better than this.
    if available < to_f64(least_power) * (1.0 - 1e-9) {
        return None;
    }
    let Coalition { members, colluders, bribable } = coalition;
    order.sort_positions(bits::ones(recruits.colluders).filter(|slot| !recruits.stolen(*slot)), colluders);
    order.pick(recruits.bribable, bribable);
    let mut gathering = Gathering::new(PricedBook { power, priced, losses }, least_power, members);
    let mut queues = Queues { ratios: &priced.ratios, colluders, bribe: 1.0 + recruits.premium };
    let in_order = bribable.iter().map(|slot| *slot as usize);
    queues.merge(recruits, in_order, |_, _| false, &mut gathering).then(|| gathering.settle(1.0))
}

/// Weight of all recruits.
pub fn available_weight(priced: &Priced, recruits: Recruits<'_>) -> f64 {
    let weight = |set| bits::ones(set).map(|slot| priced.weights[slot]).sum::<f64>();
    weight(recruits.colluders) + weight(recruits.bribable)
}

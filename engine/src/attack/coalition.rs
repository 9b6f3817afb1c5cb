//! The cheapest coalition of whole operators: a witness, and beside it the fractional lower bound.
//!
//! Operators join in the order of what they must be paid per power until the threshold is reached; then those whose
//! power is not needed leave. No coalition of whole operators costs less than the fractional bound (the linear
//! relaxation of the knapsack), and the cheapest costs no more than the witness.

use super::few::{Candidate, FEW, cheapest_of_few};
use super::moving::Line;
use super::priced::Priced;
use crate::graph::{FixedOrder, to_f64};
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
    pub(super) fn is_stolen(&self, position: usize) -> bool {
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

/// A gap between a cost and its bound, as a part of the cost, below which nothing is sought any more.
const OPEN: f64 = 1e-9;

/// A coalition in the making; reused from scenario to scenario.
#[derive(Debug, Default)]
pub struct Coalition {
    /// Ranks of the fixed order, or slots of the members of the power; those that are paid nothing stand in front.
    pub(super) positions: Vec<u32>,
    /// How many those are, while the line is walked.
    pub(super) free: usize,
    /// Part of its keys that each member commits; empty where everybody joins whole. `[member]`
    pub(super) parts: Vec<f64>,
    colluders: Vec<usize>,
    pub(super) line: Line,
}

impl Coalition {
    /// Positions of the members: ranks of the fixed order, or slots of the members of the power.
    pub fn positions(&self) -> impl Iterator<Item = usize> + '_ {
        self.positions.iter().map(|position| *position as usize)
    }
    /// Members with the part of its keys that each commits.
    pub fn committed(&self) -> impl Iterator<Item = (usize, f64)> + '_ {
        let part = |at: usize| self.parts.get(at).copied().unwrap_or(1.0);
        self.positions().enumerate().map(move |(at, position)| (position, part(at)))
    }
    /// Forgets the members.
    pub fn clear(&mut self) {
        self.positions.clear();
        self.parts.clear();
        self.free = 0;
    }
}

#[inline]
#[expect(clippy::cast_possible_truncation, reason = "operators are counted in 32 bits")]
pub(super) fn narrow(position: usize) -> u32 {
    position as u32
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

/// Takes members in, one by one.
trait Joined {
    /// Takes in the operator at a position, for `pay` per private loss; tells whether the threshold is reached.
    fn join(&mut self, position: usize, pay: f64) -> bool;
}

impl Queues<'_> {
    /// Lets them join in order until the threshold is reached; `bribable` gives positions in order.
    #[inline]
    fn merge(
        &self,
        recruits: Recruits<'_>,
        mut bribable: impl Iterator<Item = usize>,
        joined: &mut impl Joined,
    ) -> bool {
        // Stolen keys cost nothing: they come first.
        if bits::ones(recruits.compromised).any(|position| joined.join(position, 0.0)) {
            return true;
        }
        let mut next = bribable.next();
        for colluder in self.colluders {
            let cheaper = |position: &usize| self.bribe * self.ratios[*position] < self.ratios[*colluder];
            while let Some(position) = next.filter(cheaper) {
                if joined.join(position, self.bribe) {
                    return true;
                }
                next = bribable.next();
            }
            if joined.join(*colluder, 1.0) {
                return true;
            }
        }
        next.into_iter().chain(bribable).any(|position| joined.join(position, self.bribe))
    }
}

/// Who has joined in a fixed order.
struct JoinedInOrder<'a> {
    order: &'a FixedOrder,
    /// Room for the ranks of members, of whom there are `n`.
    room: &'a mut [u32],
    n: usize,
    power: u64,
    /// Least power of a member.
    smallest: u64,
    /// Rank of the last member, and its pay.
    last: (usize, f64),
    /// What all are paid and forfeit.
    full: f64,
    forfeited: f64,
}

impl Joined for JoinedInOrder<'_> {
    #[inline(always)]
    fn join(&mut self, rank: usize, pay: f64) -> bool {
        let order = self.order;
        if let Some(place) = self.room.get_mut(self.n) {
            *place = narrow(rank);
            self.n += 1;
        }
        self.full += pay * order.private[rank];
        self.forfeited += order.forfeited[rank];
        self.smallest = self.smallest.min(order.units[rank]);
        self.power += order.units[rank];
        self.last = (rank, pay);
        self.power >= order.least_power
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
    coalition.positions.resize(order.operators.len(), 0);
    let Coalition { positions, free, colluders, .. } = coalition;
    colluders.clear();
    colluders.extend(bits::ones(recruits.colluders).filter(|rank| !recruits.is_stolen(*rank)));
    let queues = Queues { ratios: &order.ratio, colluders, bribe: 1.0 + recruits.premium };
    let mut joined = JoinedInOrder {
        order,
        room: &mut *positions,
        n: 0,
        power: 0,
        smallest: u64::MAX,
        last: (0, 0.0),
        full: 0.0,
        forfeited: 0.0,
    };
    if !queues.merge(recruits, bits::ones(recruits.bribable), &mut joined) {
        return None;
    }
    let JoinedInOrder { n, power, smallest, last, full, mut forfeited, .. } = joined;
    positions.truncate(n);
    *free = recruits.compromised.iter().map(|word| word.count_ones() as usize).sum::<usize>().min(n);
    let (rank, pay) = last;
    let surplus = power - order.least_power;
    let needless = to_f64(u128::from(surplus)) / to_f64(u128::from(order.units[rank]));
    let spared = needless * pay * order.private[rank];
    let mut cost = full;
    if smallest <= surplus {
        drop_needless(positions, free, surplus, &order.units);
        cost = payments(recruits, &order.private, &positions[*free..]);
        forfeited = sum_over(&order.forfeited, positions);
    }
    let mut lower = (full - spared).max(0.0);
    let least = u128::from(order.least_power);
    let of = |rank: usize| (u128::from(order.units[rank]), order.private[rank], order.ratio[rank]);
    if let Some(better) = closer_if_few(recruits, (cost, lower), least, of, coalition) {
        if better.0 < cost {
            forfeited = sum_over(&order.forfeited, &coalition.positions);
        }
        (cost, lower) = better;
    }
    if cost - lower > OPEN * cost
        && recruits.bribable.is_empty()
        && let Some(less) = all_but_needless(order, recruits, cost, coalition)
    {
        cost = less;
        forfeited = sum_over(&order.forfeited, &coalition.positions);
    }
    Some(CoalitionCost { cost_usd: price * cost, lower_usd: price * lower, forfeited_usd: price * forfeited })
}

/// Another witness where nobody is bribed: everybody joins, then the dearest per power leave first (where that ties, the
/// larger) as long as enough stay. Puts it in place of the members and tells its cost, if that is less.
fn all_but_needless(
    order: &FixedOrder,
    recruits: Recruits<'_>,
    cost: f64,
    coalition: &mut Coalition,
) -> Option<f64> {
    let paid = &mut coalition.colluders;
    let everybody = paid.iter().copied().chain(bits::ones(recruits.compromised));
    let power: u64 = everybody.map(|rank| order.units[rank]).sum();
    let mut left = power - order.least_power;
    paid.sort_unstable_by(|a, b| order.ratio[*b].total_cmp(&order.ratio[*a]).then(a.cmp(b)));
    let mut stays = |rank: &usize| {
        let leaves = order.units[*rank] <= left;
        left -= if leaves { order.units[*rank] } else { 0 };
        !leaves
    };
    let mut kept = 0;
    for at in 0..paid.len() {
        if stays(&paid[at]) {
            paid.swap(kept, at);
            kept += 1;
        }
    }
    let less: f64 = paid[..kept].iter().map(|rank| order.private[*rank]).sum();
    if less >= cost {
        return None;
    }
    paid.truncate(kept);
    let Coalition { positions, free, colluders, .. } = coalition;
    positions.clear();
    positions.extend(bits::ones(recruits.compromised).map(narrow));
    *free = positions.len();
    positions.extend(colluders.iter().copied().map(narrow));
    Some(less)
}

/// Closer bounds where few can join and the walk has left a gap between `cost` and `lower`; puts a cheaper coalition in place
/// of the members. `of` tells the units, the private loss and its ratio to power at a position.
pub(super) fn closer_if_few(
    recruits: Recruits<'_>,
    (cost, lower): (f64, f64),
    least_power: u128,
    of: impl Fn(usize) -> (u128, f64, f64),
    coalition: &mut Coalition,
) -> Option<(f64, f64)> {
    let count = |set: &[u64]| set.iter().map(|word| word.count_ones() as usize).sum::<usize>();
    let is_open = cost - lower > OPEN * cost;
    if !is_open || count(recruits.colluders) + count(recruits.bribable) > FEW {
        return None;
    }
    let candidate = |position: usize, pay: f64| {
        let (units, private, ratio) = of(position);
        (pay * ratio, Candidate { payment: pay * private, units, position })
    };
    let colluders = bits::ones(recruits.colluders)
        .map(|position| candidate(position, if recruits.is_stolen(position) { 0.0 } else { 1.0 }));
    let bribed = bits::ones(recruits.bribable).map(|position| candidate(position, 1.0 + recruits.premium));
    let mut candidates: Vec<(f64, Candidate)> = colluders.chain(bribed).collect();
    candidates.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.position.cmp(&b.1.position)));
    let candidates: Vec<Candidate> = candidates.into_iter().map(|(_, candidate)| candidate).collect();
    let searched = cheapest_of_few(&candidates, least_power, cost);
    let mut least = cost;
    if let Some(set) = searched.found {
        let members = || candidates.iter().enumerate().filter(|(at, _)| set >> at & 1 == 1).map(|(_, c)| c);
        coalition.clear();
        coalition.positions.extend(members().map(|member| narrow(member.position)));
        least = members().map(|member| member.payment).sum();
    }
    Some((least, if searched.is_complete { least } else { lower }))
}

/// What members that are paid receive.
fn payments(recruits: Recruits<'_>, private: &[f64], paid: &[u32]) -> f64 {
    let pay = |rank| if bits::contains(recruits.colluders, rank) { 1.0 } else { 1.0 + recruits.premium };
    paid.iter().map(|rank| *rank as usize).map(|rank| pay(rank) * private[rank]).sum()
}

#[inline]
fn sum_over(values: &[f64], members: &[u32]) -> f64 {
    members.iter().map(|rank| values[*rank as usize]).sum()
}

/// Lets members go whose power lies within the surplus, in the order of joining (where payments per power tie, that is
/// the larger first): those that are paid before those that are not, who stand in front. Going or staying is a coin toss, so
/// it steers no branch.
fn drop_needless(members: &mut Vec<u32>, free: &mut usize, mut surplus: u64, units: &[u64]) {
    let n = members.len();
    let mut keep = |part: std::ops::Range<usize>, first: usize| {
        let mut kept = first;
        for at in part {
            let rank = members[at];
            let needed = units[rank as usize];
            let fits = needed <= surplus;
            surplus -= if fits { needed } else { 0 };
            members[kept] = rank;
            kept += usize::from(!fits);
        }
        kept
    };
    let end = keep(*free..n, *free);
    let kept = keep(0..*free, 0);
    members.copy_within(*free..end, kept);
    members.truncate(end - (*free - kept));
    *free = kept;
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

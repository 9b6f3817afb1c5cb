//! The cheapest coalition of whole operators: a witness, and beside it the fractional lower bound.
//!
//! Operators join in the order of what they must be paid per power until the threshold is reached; then those whose
//! power is not needed leave. No coalition of whole operators costs less than the fractional bound (the linear
//! relaxation of the knapsack), and the cheapest costs no more than the witness.

use super::few::{Candidate, FEW, cheapest_of_few};
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

/// A member: its position (rank or slot), whether it is paid nothing whatever it loses, and what it is paid.
#[derive(Debug, Clone, Copy)]
struct Member {
    position: u32,
    free: bool,
    payment: f64,
}

impl Member {
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "operators are counted in 32 bits")]
    fn new(position: usize, pay: f64, private: f64) -> Self {
        Self { position: position as u32, free: pay <= 0.0, payment: pay * private }
    }
    #[inline]
    fn at(self) -> usize {
        self.position as usize
    }
}

/// A gap between a cost and its bound, as a part of the cost, below which nothing is sought any more.
const OPEN: f64 = 1e-9;

/// A coalition in the making; reused from scenario to scenario.
#[derive(Debug, Default)]
pub struct Coalition {
    /// The first `n` are members; what follows is room.
    members: Vec<Member>,
    n: usize,
    colluders: Vec<usize>,
}

impl Coalition {
    /// Positions of the members: ranks of the fixed order, or slots of the members of the power.
    pub fn positions(&self) -> impl Iterator<Item = usize> + '_ {
        self.members[..self.n].iter().map(|member| member.at())
    }
    /// Forgets the members.
    pub fn clear(&mut self) {
        self.n = 0;
    }
    /// Makes room for so many members.
    fn open(&mut self, most: usize) {
        self.n = 0;
        if self.members.len() < most {
            self.members.resize(most, Member { position: 0, free: false, payment: 0.0 });
        }
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
    /// Room for members, of whom there are `n`.
    room: &'a mut [Member],
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
        let member = Member::new(rank, pay, order.private[rank]);
        take_in(self.room, &mut self.n, member);
        self.full += member.payment;
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
    coalition.open(order.operators.len());
    let Coalition { members, n: n_members, colluders } = coalition;
    colluders.clear();
    colluders.extend(bits::ones(recruits.colluders).filter(|rank| !recruits.stolen(*rank)));
    let queues = Queues { ratios: &order.ratio, colluders, bribe: 1.0 + recruits.premium };
    let mut joined = JoinedInOrder {
        order,
        room: &mut *members,
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
    *n_members = n;
    let (rank, pay) = last;
    let surplus = power - order.least_power;
    let needless = to_f64(u128::from(surplus)) / to_f64(u128::from(order.units[rank]));
    let spared = needless * pay * order.private[rank];
    let mut cost = full;
    if smallest <= surplus {
        let mut left = surplus;
        *n_members = drop_needless(&mut members[..n], |rank| {
            let fits = order.units[rank] <= left;
            left -= if fits { order.units[rank] } else { 0 };
            fits
        });
        cost = payments(&members[..*n_members]);
        forfeited = sum_over(&members[..*n_members], &order.forfeited);
    }
    let mut lower = (full - spared).max(0.0);
    let least = u128::from(order.least_power);
    let of = |rank: usize| (u128::from(order.units[rank]), order.private[rank], order.ratio[rank]);
    if let Some(better) = closer_if_few(recruits, (cost, lower), least, of, (members, n_members)) {
        let members = &members[..*n_members];
        forfeited = if better.0 < cost { sum_over(members, &order.forfeited) } else { forfeited };
        (cost, lower) = better;
    }
    if cost - lower > OPEN * cost && recruits.bribable.is_empty() {
        let room = (members.as_mut_slice(), &mut *n_members);
        if let Some(less) = all_but_needless(order, recruits, colluders, cost, room) {
            cost = less;
            forfeited = sum_over(&members[..*n_members], &order.forfeited);
        }
    }
    Some(CoalitionCost { cost_usd: price * cost, lower_usd: price * lower, forfeited_usd: price * forfeited })
}

/// Another witness where nobody is bribed: everybody joins, then the dearest per power leave first (where that ties, the
/// larger) as long as enough stay. Puts it in place of the members and tells its cost, if that is less.
fn all_but_needless(
    order: &FixedOrder,
    recruits: Recruits<'_>,
    paid: &mut [usize],
    cost: f64,
    (members, n_members): (&mut [Member], &mut usize),
) -> Option<f64> {
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
    *n_members = 0;
    for rank in bits::ones(recruits.compromised) {
        take_in(members, n_members, Member::new(rank, 0.0, order.private[rank]));
    }
    for rank in &paid[..kept] {
        take_in(members, n_members, Member::new(*rank, 1.0, order.private[*rank]));
    }
    Some(less)
}

/// Closer bounds where few can join and the walk has left a gap between `cost` and `lower`; puts a cheaper coalition in place
/// of the members. `of` tells the units, the private loss and its ratio to power at a position.
fn closer_if_few(
    recruits: Recruits<'_>,
    (cost, lower): (f64, f64),
    least_power: u128,
    of: impl Fn(usize) -> (u128, f64, f64),
    (members, n_members): (&mut [Member], &mut usize),
) -> Option<(f64, f64)> {
    let count = |set: &[u64]| set.iter().map(|word| word.count_ones() as usize).sum::<usize>();
    let is_open = cost - lower > OPEN * cost;
    if !is_open || count(recruits.colluders) + count(recruits.bribable) > FEW {
        return None;
    }
    let candidate = |position: usize, pay: f64| {
        let (units, private, ratio) = of(position);
        (pay * ratio, Candidate { payment: pay * private, units, position, pay })
    };
    let colluders = bits::ones(recruits.colluders)
        .map(|position| candidate(position, if recruits.stolen(position) { 0.0 } else { 1.0 }));
    let bribed = bits::ones(recruits.bribable).map(|position| candidate(position, 1.0 + recruits.premium));
    let mut candidates: Vec<(f64, Candidate)> = colluders.chain(bribed).collect();
    candidates.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.position.cmp(&b.1.position)));
    let candidates: Vec<Candidate> = candidates.into_iter().map(|(_, candidate)| candidate).collect();
    let searched = cheapest_of_few(&candidates, least_power, cost);
    let mut least = cost;
    if let Some(set) = searched.found {
        *n_members = 0;
        for (_, c) in candidates.iter().enumerate().filter(|(at, _)| set >> at & 1 == 1) {
            take_in(members, n_members, Member::new(c.position, c.pay, of(c.position).1));
        }
        least = payments(&members[..*n_members]);
    }
    Some((least, if searched.is_complete { least } else { lower }))
}

/// Takes in one more member; there is room for everybody.
#[inline(always)]
fn take_in(room: &mut [Member], n: &mut usize, member: Member) {
    if let Some(place) = room.get_mut(*n) {
        *place = member;
        *n += 1;
    }
}

/// What the members are paid.
fn payments(members: &[Member]) -> f64 {
    members.iter().map(|member| member.payment).sum()
}

#[inline]
fn sum_over(members: &[Member], values: &[f64]) -> f64 {
    members.iter().map(|member| values[member.at()]).sum()
}

/// Lets members go whose power lies within the surplus, in the order of joining (where payments per power tie, that is
/// the larger first): those that are paid before those that are not. `spend` takes the power at a position out of the
/// surplus if it is within it. Tells how many stay; they stand in front.
#[inline]
fn drop_needless(members: &mut [Member], mut spend: impl FnMut(usize) -> bool) -> usize {
    let mut n = members.len();
    // Free members have joined first.
    let free = members.iter().take_while(|member| member.free).count();
    for part in [free..n, 0..free] {
        let mut kept = part.start;
        for at in part.clone() {
            let member = members[at];
            members[kept] = member;
            kept += usize::from(!spend(member.at()));
        }
        members.copy_within(part.end..n, kept);
        n -= part.end - kept;
    }
    n
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
    coalition.open(power.members.len());
    let Coalition { members, n: n_members, colluders } = coalition;
    colluders.clear();
    colluders.extend(bits::ones(recruits.colluders).filter(|slot| !recruits.stolen(*slot)));
    let ratios = &priced.ratios;
    colluders.sort_unstable_by(|a, b| ratios[*a].total_cmp(&ratios[*b]).then(b.cmp(a)));
    order.pick(recruits.bribable);
    let queues = Queues { ratios, colluders, bribe: 1.0 + recruits.premium };
    let mut joined = JoinedByWeight {
        at: (power, priced),
        needed: (nearly(least_power), least_power),
        room: &mut *members,
        n: 0,
        weight: 0.0,
        lightest: f64::INFINITY,
        full: 0.0,
        held: 0,
    };
    let reached = if recruits.premium > 0.0 {
        queues.merge(recruits, order.picked(), &mut joined)
    } else {
        let lined_up = line_up(recruits, order, ratios);
        lined_up.into_iter().any(|(slot, pay)| joined.join(slot, pay))
    };
    if !reached {
        return None;
    }
    let JoinedByWeight { n, lightest, full, held, .. } = joined;
    *n_members = n;
    let last = *members[..n].last()?;
    let surplus = held - least_power;
    let spared = to_f64(surplus) / to_f64(priced.units(power, last.at())) * last.payment;
    let mut left = (surplus, heaviest_within(surplus));
    if lightest <= left.1 {
        *n_members = drop_needless(&mut members[..n], |slot| {
            let units = if priced.weights[slot] > left.1 { u128::MAX } else { priced.units(power, slot) };
            let fits = units <= left.0;
            if fits {
                left = (left.0 - units, heaviest_within(left.0 - units));
            }
            fits
        });
    }
    let mut cost = if *n_members < n { payments(&members[..*n_members]) } else { full };
    let mut lower = (full - spared).max(0.0);
    let of = |slot: usize| (priced.units(power, slot), priced.private_usd[slot], priced.ratios[slot]);
    (cost, lower) = closer_if_few(recruits, (cost, lower), least_power, of, (members, n_members))
        .unwrap_or((cost, lower));
    let members = &members[..*n_members];
    let forfeited = losses.assets.iter().zip(&priced.asset_usd);
    Some(CoalitionCost {
        cost_usd: cost,
        lower_usd: lower,
        forfeited_usd: forfeited.map(|((_, _, forfeited), usd)| usd * sum_over(members, forfeited)).sum(),
    })
}

/// Who has joined at one scenario's prices.
struct JoinedByWeight<'a> {
    at: (&'a StakePower, &'a Priced),
    /// The weight at which a look at the exact power is worth it, and the power needed.
    needed: (f64, u128),
    /// Room for members, of whom there are `n`.
    room: &'a mut [Member],
    n: usize,
    weight: f64,
    /// Least weight of a member.
    lightest: f64,
    /// What all are paid.
    full: f64,
    /// Exact power, once looked at.
    held: u128,
}

impl Joined for JoinedByWeight<'_> {
    #[inline(always)]
    fn join(&mut self, slot: usize, pay: f64) -> bool {
        let (power, priced) = self.at;
        let member = Member::new(slot, pay, priced.private_usd[slot]);
        let weight = priced.weights[slot];
        take_in(self.room, &mut self.n, member);
        self.full += member.payment;
        self.lightest = if weight < self.lightest { weight } else { self.lightest };
        self.weight += weight;
        self.weight >= self.needed.0 && {
            self.held = held_by(&self.room[..self.n], power, priced);
            self.held >= self.needed.1
        }
    }
}

#[inline(never)]
fn held_by(members: &[Member], power: &StakePower, priced: &Priced) -> u128 {
    priced.units_of(power, members.iter().map(|member| member.at()))
}

/// Everybody who can join, in order, where nobody asks a premium: stolen keys, then colluders and bribed operators by
/// payment per power. Colluders tie with those who are bribed, up to rounding, and come before them where they do.
fn line_up(recruits: Recruits<'_>, order: &SlotOrder, ratios: &[f64]) -> Vec<(usize, f64)> {
    let bribe = 1.0 + recruits.premium;
    let mut colluders: Vec<usize> =
        bits::ones(recruits.colluders).filter(|slot| !recruits.stolen(*slot)).collect();
    colluders.sort_unstable_by_key(|slot| order.key(*slot));
    let mut members: Vec<(usize, f64)> = bits::ones(recruits.compromised).map(|slot| (slot, 0.0)).collect();
    let free = members.len();
    members.extend(order.picked().map(|slot| (slot, bribe)));
    for colluder in colluders {
        let cheaper = |(slot, pay): &(usize, f64)| pay * ratios[*slot] < ratios[colluder];
        let place = free + members[free..].partition_point(cheaper);
        members.insert(place, (colluder, 1.0));
    }
    members
}

/// No power within a surplus weighs more.
#[inline]
fn heaviest_within(surplus: u128) -> f64 {
    to_f64(surplus) * (1.0 + 1e-9)
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

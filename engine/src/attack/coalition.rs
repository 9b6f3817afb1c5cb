//! The cheapest coalition of whole operators: a witness, and beside it the fractional lower bound.
//!
//! Operators join in the order of what they must be paid per power until the threshold is reached; then those whose
//! power is not needed leave. No coalition of whole operators costs less than the fractional bound (the linear
//! relaxation of the knapsack), and the cheapest costs no more than the witness.

use super::priced::Priced;
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
        members.retain(|member| {
            let position = member.position as usize;
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
    let mut gathering = Gathering::new(order, order.least_power, &mut coalition.members);
    gather_by_rank(order, recruits, &mut gathering).then(|| gathering.settle(price))
}

fn gather_by_rank(
    order: &FixedOrder,
    recruits: Recruits<'_>,
    gathering: &mut Gathering<'_, &FixedOrder>,
) -> bool {
    // Stolen keys cost nothing: they come first.
    for rank in bits::ones(recruits.compromised) {
        if gathering.join(rank, 0.0) {
            return true;
        }
    }
    let bribe = 1.0 + recruits.premium;
    let paid = |rank: &usize| recruits.compromised.is_empty() || !bits::contains(recruits.compromised, *rank);
    let mut colluders = bits::ones(recruits.colluders).filter(paid).peekable();
    for rank in bits::ones(recruits.bribable) {
        let dearest = bribe * order.ratio[rank];
        while let Some(colluder) = colluders.next_if(|colluder| order.ratio[*colluder] <= dearest) {
            if gathering.join(colluder, 1.0) {
                return true;
            }
        }
        if gathering.join(rank, bribe) {
            return true;
        }
        // Not even everybody left would do. Colluders that wait are counted among those left only from their rank on.
        if colluders.peek().is_none() && gathering.power + order.units_from[rank] < gathering.least_power {
            return false;
        }
    }
    colluders.any(|colluder| gathering.join(colluder, 1.0))
}

/// Power and losses at a scenario's prices, as a book over slots.
struct PricedBook<'a, P> {
    power: &'a StakePower,
    priced: &'a Priced,
    losses: &'a SlotLosses,
    price: P,
}

impl<P: Fn(usize) -> f64> Book for PricedBook<'_, P> {
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
        self.losses.assets.iter().map(|(asset, _, forfeited)| (self.price)(*asset) * forfeited[slot]).sum()
    }
}

/// Somebody who can join where the order moves with prices.
#[derive(Debug, Clone, Copy)]
struct Candidate {
    /// Payment per power, its last bits replaced by the slot: not negative, so the bits sort as the ratios do, and the
    /// larger member comes first where they tie.
    key: u64,
    weight: f64,
}

/// Who can join at one scenario's prices, listed once for all targets with the same losses.
#[derive(Debug, Default)]
pub struct Candidates {
    /// Colluders first, each class by slot.
    list: Vec<Candidate>,
    n_colluders: usize,
    available: f64,
    /// Low bits of a key that hold the slot.
    mask: u64,
    rest: Vec<Candidate>,
}

impl Candidates {
    /// Lists who can join.
    pub fn list(&mut self, priced: &Priced, recruits: Recruits<'_>) {
        self.list.clear();
        self.mask = (priced.weights.len() as u64).next_power_of_two() - 1;
        let mask = self.mask;
        let candidate = |slot: usize, pay: f64| Candidate {
            key: ((pay * priced.ratios[slot]).to_bits() & !mask) | slot as u64,
            weight: priced.weights[slot],
        };
        self.list
            .extend(bits::ones(recruits.colluders).map(|slot| candidate(slot, recruits.colluder_pay(slot))));
        self.n_colluders = self.list.len();
        let bribe = 1.0 + recruits.premium;
        self.list.extend(bits::ones(recruits.bribable).map(|slot| candidate(slot, bribe)));
        self.available = self.list.iter().map(|candidate| candidate.weight).sum();
    }

    #[inline]
    fn slot(&self, candidate: Candidate) -> usize {
        usize::try_from(candidate.key & self.mask).unwrap_or(0)
    }

    /// The candidate with which the power first reaches `needed` in the order of keys; the last of all if none does.
    ///
    /// Selection by halving: keys below the pivot either reach the power (search among them) or all join.
    fn last_to_join(&mut self, needed: f64) -> Candidate {
        let rest = &mut self.rest;
        rest.clone_from(&self.list);
        let (mut low, mut high, mut missing) = (0, rest.len(), needed);
        while high - low > 1 {
            let pivot = median_key(&rest[low..high]);
            let (split, below) = partition(&mut rest[low..high], pivot);
            if below >= missing {
                high = low + split;
            } else {
                missing -= below;
                low += split;
            }
        }
        rest[low.min(rest.len() - 1)]
    }
}

impl Recruits<'_> {
    /// What a colluder is paid per private loss.
    #[inline]
    fn colluder_pay(&self, position: usize) -> f64 {
        let stolen = !self.compromised.is_empty() && bits::contains(self.compromised, position);
        if stolen { 0.0 } else { 1.0 }
    }
    /// What a candidate is paid per private loss.
    fn pay(&self, position: usize) -> f64 {
        let colludes = bits::contains(self.colluders, position);
        if colludes { self.colluder_pay(position) } else { 1.0 + self.premium }
    }
}

/// The coalition where the order moves with prices; `None` out of reach. Sets are over slots, candidates listed.
///
/// The order itself is not needed, only the last member to join: the one whose key completes the power. It is found by
/// selection, in linear time; sums then run by class and slot.
pub fn by_price(
    (power, priced, losses): (&StakePower, &Priced, &SlotLosses),
    price: impl Fn(usize) -> f64,
    least_power: u128,
    recruits: Recruits<'_>,
    (candidates, coalition): (&mut Candidates, &mut Coalition),
) -> Option<CoalitionCost> {
    let needed = to_f64(least_power);
    // Sums in floating point are good to far better than this.
    if candidates.available < needed * (1.0 - 1e-9) {
        return None;
    }
    let last = candidates.last_to_join(needed);
    let book = PricedBook { power, priced, losses, price };
    let mut gathering = Gathering::new(book, least_power, &mut coalition.members);
    for (index, candidate) in
        candidates.list.iter().enumerate().filter(|(_, candidate)| candidate.key < last.key)
    {
        let slot = candidates.slot(*candidate);
        let pay =
            if index < candidates.n_colluders { recruits.colluder_pay(slot) } else { 1.0 + recruits.premium };
        gathering.join(slot, pay);
    }
    let slot = candidates.slot(last);
    if gathering.power < least_power && gathering.join(slot, recruits.pay(slot)) {
        return Some(gathering.settle(1.0));
    }
    // Rounding put the last member one place off: walk the whole order.
    let Gathering { book, members, .. } = gathering;
    let mut gathering = Gathering::new(book, least_power, members);
    let mut ordered = candidates.list.clone();
    ordered.sort_unstable_by_key(|candidate| candidate.key);
    let mut slots = ordered.iter().map(|candidate| candidates.slot(*candidate));
    let reached = slots.any(|slot| gathering.join(slot, recruits.pay(slot)));
    reached.then(|| gathering.settle(1.0))
}

/// A key above the least and not above the greatest of at least two, so that both sides of it are smaller.
fn median_key(candidates: &[Candidate]) -> u64 {
    let key = |index: usize| candidates[index].key;
    let (a, b, c) = (key(0), key(candidates.len() / 2), key(candidates.len() - 1));
    let median = a.max(b).min(a.min(b).max(c));
    // With two of the three the same position, or the least as median, the greatest will do.
    if median > a.min(b).min(c) { median } else { a.max(b).max(c) }
}

/// Moves keys below the pivot to the front; returns how many they are and their weight.
fn partition(candidates: &mut [Candidate], pivot: u64) -> (usize, f64) {
    let (mut split, mut below) = (0, 0.0);
    for index in 0..candidates.len() {
        let candidate = candidates[index];
        candidates[index] = candidates[split];
        candidates[split] = candidate;
        let joins = candidate.key < pivot;
        split += usize::from(joins);
        below += if joins { candidate.weight } else { 0.0 };
    }
    (split, below)
}

//! The cheapest coalition where members stand in a known order: a walk over those who can join.
//!
//! Whoever can be bribed stands in the order of loss per power already; the few colluders, who ask no premium, are put among
//! them. Weights as numbers steer; whether the threshold is reached is decided by exact power. Positions are ranks.

use super::coalition::{Coalition, CoalitionCost, Recruits, closer_if_few, narrow, nearly};
use crate::graph::to_f64;
use crate::kernels::bits;

/// What members weigh, bring and lose, by rank in rising order of private loss per power.
pub(super) trait Terms {
    /// One member.
    type Member;
    /// What several bring and lose.
    type Sum: Copy + Default;
    /// `[rank]`
    fn members(&self) -> &[Self::Member];
    /// Power as a number.
    fn weight(&self, member: &Self::Member) -> f64;
    /// Adds one member to a sum.
    fn add(sum: &mut Self::Sum, member: &Self::Member);
    /// Takes one member out of a sum.
    fn take_out(sum: &mut Self::Sum, member: &Self::Member);
    /// Exact power.
    fn power(&self, sum: Self::Sum) -> u128;
    /// Private loss, USD.
    fn private(&self, sum: Self::Sum) -> f64;
    /// Stake forfeited, USD.
    fn forfeited(&self, sum: Self::Sum) -> f64;

    /// What one member brings and loses.
    fn one(&self, rank: usize) -> Self::Sum {
        let mut sum = Self::Sum::default();
        Self::add(&mut sum, &self.members()[rank]);
        sum
    }
    /// Private loss per power.
    fn ratio(&self, rank: usize) -> f64 {
        self.private(self.one(rank)) / self.weight(&self.members()[rank])
    }
}

/// Working memory for a walk; reused from scenario to scenario.
#[derive(Debug, Default)]
pub(super) struct Queues {
    /// Those who ask alike and stand in the order of ranks.
    many: Vec<u64>,
    /// The others that are paid: rank, and the rank before which the many ask less.
    few: Vec<(usize, usize)>,
    /// Weights of those who have joined.
    weights: Vec<f64>,
}

/// Whom a sum is of: they are paid alike.
const STOLEN: usize = 0;
const FEW: usize = 1;
const MANY: usize = 2;

/// A walk under way.
struct Walk<'a, T: Terms> {
    terms: &'a T,
    least_power: u128,
    /// Weight below which there is no need to look at the power.
    enough: f64,
    weight: f64,
    /// Least weight of a member.
    lightest: f64,
    /// Room for the ranks of those who have joined, in order, and for their weights; and how many they are.
    joined: &'a mut [u32],
    weights: &'a mut [f64],
    n: usize,
    /// What they bring and lose, of each kind.
    sums: [T::Sum; 3],
}

impl<T: Terms> Walk<'_, T> {
    /// Takes in the members of a set from one rank to before another; tells whether the threshold is reached.
    #[inline]
    fn join<const KIND: usize>(&mut self, set: &[u64], (from, until): (usize, usize)) -> bool {
        for (index, word) in set.iter().enumerate().take(until.div_ceil(64)).skip(from / 64) {
            let first = 64 * index;
            let low = if from > first { u64::MAX << (from - first) } else { u64::MAX };
            let high = if until < first + 64 { u64::MAX >> (first + 64 - until) } else { u64::MAX };
            if self.join_word::<KIND>(word & low & high, first) {
                return true;
            }
        }
        false
    }

    /// The same of the members of one word, whose bits stand for ranks from `first`.
    #[inline]
    fn join_word<const KIND: usize>(&mut self, mut rest: u64, first: usize) -> bool {
        // Copies, so that nothing is written back before the end of the word.
        let (mut weight, mut lightest, mut sum, n) = (self.weight, self.lightest, self.sums[KIND], self.n);
        let Self { terms, least_power, enough, joined: places, weights, sums, .. } = self;
        let mut places = places[n..].iter_mut().zip(&mut weights[n..]);
        let mut joined = 0;
        while rest != 0 {
            let rank = first + rest.trailing_zeros() as usize;
            rest &= rest - 1;
            let member = &terms.members()[rank];
            let own = terms.weight(member);
            if let Some((place, weight)) = places.next() {
                (*place, *weight) = (narrow(rank), own);
                joined += 1;
            }
            T::add(&mut sum, member);
            weight += own;
            lightest = if own < lightest { own } else { lightest };
            if weight >= *enough {
                sums[KIND] = sum;
                if held(*terms, sums) >= *least_power {
                    (self.weight, self.lightest, self.n) = (weight, lightest, n + joined);
                    return true;
                }
            }
        }
        (self.weight, self.lightest, self.sums[KIND], self.n) = (weight, lightest, sum, n + joined);
        false
    }

    /// Takes one in; tells whether the threshold is reached.
    fn join_one<const KIND: usize>(&mut self, rank: usize) -> bool {
        self.join_word::<KIND>(1, rank)
    }

    /// What they are paid; the many ask for `bribe` times their loss.
    fn cost(&self, bribe: f64) -> f64 {
        self.terms.private(self.sums[FEW]) + bribe * self.terms.private(self.sums[MANY])
    }

    /// Lets members go whose power lies within the surplus, in the order of joining: those that are paid before those that
    /// are not, who stand in front; [`GONE`] takes their place. `few` are those of that kind, if any. How many of those that
    /// are not paid stay.
    fn drop_needless(&mut self, surplus: u128, n_stolen: usize, few: &[u64]) -> usize {
        let mut leaving = Leaving::new(self.terms, surplus);
        let mut stay = n_stolen;
        for part in [n_stolen..self.n, 0..n_stolen] {
            let slots = self.joined[part.clone()].chunks_mut(STEP);
            for (index, (slots, weights)) in slots.zip(self.weights[part.clone()].chunks(STEP)).enumerate() {
                if !weights.iter().fold(false, |any, weight| any | (*weight <= leaving.heaviest)) {
                    continue;
                }
                for (at, (slot, weight)) in (part.start + STEP * index..).zip(slots.iter_mut().zip(weights)) {
                    let rank = *slot as usize;
                    if *weight <= leaving.heaviest && leaving.lets_go(rank, *weight) {
                        let kind = match at < n_stolen {
                            true => STOLEN,
                            false if !few.is_empty() && bits::contains(few, rank) => FEW,
                            false => MANY,
                        };
                        T::take_out(&mut self.sums[kind], &self.terms.members()[rank]);
                        *slot = GONE;
                        stay -= usize::from(kind == STOLEN);
                    }
                }
            }
        }
        stay
    }
}

/// Who can go without the rest falling short.
struct Leaving<'a, T: Terms> {
    terms: &'a T,
    surplus: u128,
    gone: T::Sum,
    /// What is left of the surplus, as a number, and how far that may be off.
    left: f64,
    slack: f64,
    /// Nobody who can go weighs more.
    heaviest: f64,
}

impl<'a, T: Terms> Leaving<'a, T> {
    fn new(terms: &'a T, surplus: u128) -> Self {
        let (left, heaviest) = (to_f64(surplus), heaviest_within(surplus));
        Self { terms, surplus, gone: T::Sum::default(), left, slack: heaviest - left, heaviest }
    }

    /// Lets a member go whose power lies within what is left; power is looked at where weights do not tell.
    #[inline]
    fn lets_go(&mut self, rank: usize, weight: f64) -> bool {
        let mut gone = self.gone;
        T::add(&mut gone, &self.terms.members()[rank]);
        let fits = weight <= self.left - self.slack || self.terms.power(gone) <= self.surplus;
        if fits {
            self.gone = gone;
            self.left -= weight;
            self.heaviest = self.left + self.slack;
        }
        fits
    }
}

/// Exact power of those who have joined.
fn held<T: Terms>(terms: &T, sums: &[T::Sum; 3]) -> u128 {
    sums.iter().map(|sum| terms.power(*sum)).sum()
}

/// Members looked at together.
const STEP: usize = 8;
/// No rank has this number.
const GONE: u32 = u32::MAX;

/// The coalition that the walk finds; `None` out of reach.
///
/// Stolen keys join first, then whoever asks least per power, until the threshold is reached; where that ties, colluders
/// first. Then those leave, in the same order, whose power is not needed.
pub(super) fn cheapest<T: Terms>(
    terms: &T,
    least_power: u128,
    recruits: Recruits<'_>,
    coalition: &mut Coalition,
) -> Option<CoalitionCost> {
    let Recruits { colluders, bribable, compromised, premium } = recruits;
    let Coalition { positions, free, queues: Queues { many, few, weights }, .. } = coalition;
    let n = terms.members().len();
    let bribe = if bribable.is_empty() { 1.0 } else { 1.0 + premium };
    few.clear();
    let many = if bribable.is_empty() {
        let is_stolen = compromised.iter().chain(std::iter::repeat(&0));
        many.clear();
        many.extend(colluders.iter().zip(is_stolen).map(|(colluders, stolen)| colluders & !stolen));
        &**many
    } else {
        let paid = bits::ones(colluders).filter(|rank| !recruits.is_stolen(*rank));
        few.extend(paid.map(|rank| (rank, cheaper_before(terms, rank, bribe))));
        bribable
    };
    positions.resize(n, 0);
    weights.resize(n, 0.0);
    let (enough, sums) = (nearly(least_power), [T::Sum::default(); 3]);
    let (weight, lightest) = (0.0, f64::INFINITY);
    let mut walk =
        Walk { terms, least_power, enough, weight, lightest, joined: positions, weights, n: 0, sums };
    let last_pay = walk_all(&mut walk, compromised, (few, many, bribe))?;
    let last = walk.joined[walk.n - 1] as usize;
    let surplus = held(terms, &walk.sums) - least_power;
    let (mut cost, last) = (walk.cost(bribe), terms.one(last));
    let spared = to_f64(surplus) / to_f64(terms.power(last)) * last_pay * terms.private(last);
    let lower = (cost - spared).max(0.0);
    *free = compromised.iter().map(|word| word.count_ones() as usize).sum::<usize>().min(walk.n);
    let has_left = walk.lightest <= heaviest_within(surplus);
    if has_left {
        *free = walk.drop_needless(surplus, *free, if few.is_empty() { &[] } else { colluders });
        cost = walk.cost(bribe);
    }
    let Walk { n, sums, .. } = walk;
    positions.truncate(n);
    if has_left {
        positions.retain(|rank| *rank != GONE);
    }
    let mut forfeited_usd = sums.iter().map(|sum| terms.forfeited(*sum)).sum();
    let of = |rank: usize| {
        let one = terms.one(rank);
        (terms.power(one), terms.private(one), terms.ratio(rank))
    };
    let closer = closer_if_few(recruits, (cost, lower), least_power, of, coalition);
    if closer.is_some_and(|(less, _)| less < cost) {
        forfeited_usd = forfeited_of(terms, coalition);
    }
    let (cost_usd, lower_usd) = closer.unwrap_or((cost, lower));
    Some(CoalitionCost { cost_usd, lower_usd, forfeited_usd })
}

/// Stake that the members of a coalition forfeit.
pub(super) fn forfeited_of<T: Terms>(terms: &T, coalition: &Coalition) -> f64 {
    let mut sum = T::Sum::default();
    coalition.positions().for_each(|rank| T::add(&mut sum, &terms.members()[rank]));
    terms.forfeited(sum)
}

/// Walks until the threshold is reached; what the last one asks per private loss, `None` if it is not.
fn walk_all<T: Terms>(
    walk: &mut Walk<'_, T>,
    stolen: &[u64],
    (few, many, bribe): (&[(usize, usize)], &[u64], f64),
) -> Option<f64> {
    let n = walk.joined.len();
    if walk.join::<STOLEN>(stolen, (0, n)) {
        return Some(0.0);
    }
    let mut from = 0;
    for (rank, before) in few {
        if walk.join::<MANY>(many, (from, *before)) {
            return Some(bribe);
        }
        if walk.join_one::<FEW>(*rank) {
            return Some(1.0);
        }
        from = from.max(*before);
    }
    walk.join::<MANY>(many, (from, n)).then_some(bribe)
}

/// The rank before which those who ask for `bribe` times their loss ask less per power than a colluder does.
fn cheaper_before<T: Terms>(terms: &T, colluder: usize, bribe: f64) -> usize {
    let ratio = terms.ratio(colluder);
    let is_cheaper = |rank: usize| bribe * terms.ratio(rank) < ratio;
    if !is_cheaper(0) {
        return 0;
    }
    let (mut cheaper, mut dearer) = (0, terms.members().len());
    while dearer - cheaper > 1 {
        let middle = usize::midpoint(cheaper, dearer);
        if is_cheaper(middle) { cheaper = middle } else { dearer = middle }
    }
    dearer
}

/// No power within a surplus weighs more.
#[inline]
pub(super) fn heaviest_within(surplus: u128) -> f64 {
    to_f64(surplus) * (1.0 + 1e-9)
}

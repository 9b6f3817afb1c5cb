//! The cheapest coalition where members stand in a known order: a walk over those who can join.
//!
//! Whoever can be bribed stands in the order of loss per power already; the few colluders, who ask no premium, are put among
//! them. Four neighbours join at a time until they would be too many. Weights as numbers steer; whether the threshold is reached
//! is decided by exact power. Sets are over ranks.

use super::coalition::{Coalition, CoalitionCost, Recruits, closer_of_few, is_closer_sought, nearly};
use crate::graph::{Ranks, to_f64};
use crate::kernels::level::{Kernel, Level};

/// What members weigh, bring and lose, by rank in rising order of private loss per power.
pub(super) trait Terms {
    /// One member, or several together.
    type Member;
    /// What several bring and lose.
    type Sum: Copy + Default;
    fn ranks(&self) -> &Ranks<Self::Member>;
    /// Tells a member's power as a number.
    fn weigher(&self) -> impl Fn(&Self::Member) -> f64;
    /// Adds a member to a sum.
    fn add(sum: &mut Self::Sum, member: &Self::Member);
    /// Takes a member out of a sum.
    fn take_out(sum: &mut Self::Sum, member: &Self::Member);
    /// Exact power.
    fn power(&self, sum: Self::Sum) -> u128;
    /// Private loss, USD.
    fn private(&self, sum: Self::Sum) -> f64;
    /// Stake forfeited, USD.
    fn forfeited(&self, sum: Self::Sum) -> f64;
    /// Two sets that both hold everybody who weighs no more than this.
    fn light(&self, weight: f64) -> [&[u64]; 2];

    /// Power as a number.
    #[inline(always)]
    fn weight(&self, member: &Self::Member) -> f64 {
        self.weigher()(member)
    }
    /// Who has this rank.
    #[inline(always)]
    fn member(&self, rank: usize) -> &Self::Member {
        &self.ranks().each[rank]
    }
    /// What one member brings and loses.
    fn one(&self, rank: usize) -> Self::Sum {
        let mut sum = Self::Sum::default();
        Self::add(&mut sum, self.member(rank));
        sum
    }
    /// The rank, nearly, before which members lose less per power than this.
    fn rank_near(&self, ratio: f64) -> usize;
    /// Private loss per power.
    fn ratio(&self, rank: usize) -> f64 {
        self.private(self.one(rank)) / self.weight(self.member(rank))
    }
}

/// Whom a sum is of: they are paid alike.
const STOLEN: usize = 0;
const COLLUDING: usize = 1;
const MANY: usize = 2;

/// Colluders that ask more per power than some of the many: rank, and the rank before which the many ask less.
pub(super) type Between = Vec<(usize, usize)>;

/// Who can join, kind by kind, word by word.
#[derive(Clone, Copy)]
struct Kinds<'a>(&'a Recruits<'a>);

impl Kinds<'_> {
    #[inline(always)]
    fn stolen(self, index: usize) -> u64 {
        self.0.compromised.get(index).copied().unwrap_or(0)
    }
    /// Colluders that are paid.
    #[inline(always)]
    fn paid(self, index: usize) -> u64 {
        self.0.colluders[index] & !self.stolen(index)
    }
    /// Those who ask alike: bribed operators, or colluders where nobody is bribed.
    #[inline(always)]
    fn many(self, index: usize) -> u64 {
        if self.bribes() { self.0.bribable[index] } else { self.paid(index) }
    }
    fn bribes(self) -> bool {
        !self.0.bribable.is_empty()
    }
    /// What the many ask for per private loss.
    fn bribe(self) -> f64 {
        if self.bribes() { 1.0 + self.0.premium } else { 1.0 }
    }
    fn n_words(self) -> usize {
        self.0.colluders.len()
    }
    /// The colluder that asks most per power.
    fn dearest_paid(self) -> Option<usize> {
        let (index, word) =
            (0..self.n_words()).rev().map(|i| (i, self.paid(i))).find(|(_, word)| *word != 0)?;
        Some(64 * index + word.ilog2() as usize)
    }
}

/// A walk under way.
struct Walk<'a, T: Terms> {
    terms: &'a T,
    kinds: Kinds<'a>,
    least_power: u128,
    /// Weight below which there is no need to look at the power.
    enough: f64,
    weight: f64,
    /// Those who have joined.
    joined: &'a mut [u64],
    /// What they bring and lose, of each kind.
    sums: [T::Sum; 3],
}

impl<T: Terms> Walk<'_, T> {
    /// Walks until the threshold is reached; who joins last and what it asks per private loss, `None` if it is not.
    ///
    /// `between` is empty if all colluders that are paid come before the many.
    #[inline(always)]
    fn walk(&mut self, between: &[(usize, usize)]) -> Option<(usize, f64)> {
        let kinds = self.kinds;
        if !kinds.0.compromised.is_empty()
            && let Some(last) = self.join_singly::<STOLEN>(|index| kinds.stolen(index))
        {
            return Some((last, 0.0));
        }
        let mut from = 0;
        if between.is_empty() {
            if kinds.bribes()
                && let Some(last) = self.join_singly::<COLLUDING>(|index| kinds.paid(index))
            {
                return Some((last, 1.0));
            }
        } else {
            for (rank, before) in between {
                if from < *before {
                    if let Some(last) = self.join_many((from, *before)) {
                        return Some((last, kinds.bribe()));
                    }
                    from = *before;
                }
                if self.join_one::<COLLUDING>(*rank) {
                    return Some((*rank, 1.0));
                }
            }
        }
        self.join_many((from, 64 * kinds.n_words())).map(|last| (last, kinds.bribe()))
    }

    /// Takes one in; tells whether the threshold is reached.
    #[inline(always)]
    fn join_one<const KIND: usize>(&mut self, rank: usize) -> bool {
        let member = self.terms.member(rank);
        self.joined[rank / 64] |= 1 << (rank % 64);
        T::add(&mut self.sums[KIND], member);
        self.weight += self.terms.weight(member);
        self.weight >= self.enough && self.held() >= self.least_power
    }

    /// Takes in a few; tells the last one if the threshold is reached.
    #[inline(always)]
    fn join_singly<const KIND: usize>(&mut self, set: impl Fn(usize) -> u64) -> Option<usize> {
        for index in 0..self.kinds.n_words() {
            let mut rest = set(index);
            while rest != 0 {
                let rank = 64 * index + rest.trailing_zeros() as usize;
                rest &= rest - 1;
                if self.join_one::<KIND>(rank) {
                    return Some(rank);
                }
            }
        }
        None
    }

    /// Takes in the many from one rank to before another; tells the last one if the threshold is reached.
    #[inline(always)]
    fn join_many(&mut self, (from, until): (usize, usize)) -> Option<usize> {
        for index in from / 64..until.div_ceil(64).min(self.kinds.n_words()) {
            let word = self.kinds.many(index) & within(index, (from, until));
            let mut at = 0;
            while let Some(four) = self.join_fours((word, index), at) {
                // Four together would be enough: perhaps fewer are.
                let some = word & 0xF << (4 * four);
                let mut rest = some;
                while rest != 0 {
                    let rank = 64 * index + rest.trailing_zeros() as usize;
                    rest &= rest - 1;
                    if self.join_one::<MANY>(rank) {
                        return Some(rank);
                    }
                }
                at = four + 1;
            }
        }
        None
    }

    /// Takes in members of a word four by four, from the `at`-th four on, as long as they are not enough; tells the first four that
    /// would be.
    #[inline(always)]
    fn join_fours(&mut self, (word, index): (u64, usize), at: usize) -> Option<usize> {
        let (weigh, enough) = (self.terms.weigher(), self.enough);
        let fours = &self.terms.ranks().fours[16 * index..];
        let fours = fours.get(at..fours.len().min(16)).unwrap_or(&[]);
        let (mut weight, mut sum, mut first) = (self.weight, self.sums[MANY], None);
        let mut rest = if at < 16 { word >> (4 * at) } else { 0 };
        for (further, four) in fours.iter().enumerate() {
            let some = &four[(rest & 0xF) as usize];
            let next = weight + weigh(some);
            if next >= enough {
                first = Some(at + further);
                break;
            }
            weight = next;
            T::add(&mut sum, some);
            rest >>= 4;
            if rest == 0 {
                break;
            }
        }
        (self.weight, self.sums[MANY]) = (weight, sum);
        let n = 4 * first.unwrap_or(16);
        self.joined[index] |= if n < 64 { word & !(u64::MAX << n) } else { word };
        first
    }

    /// Exact power of those who have joined.
    #[inline(always)]
    fn held(&self) -> u128 {
        self.sums.iter().map(|sum| self.terms.power(*sum)).sum()
    }

    /// What they are paid.
    #[inline(always)]
    fn cost(&self) -> f64 {
        self.terms.private(self.sums[COLLUDING]) + self.kinds.bribe() * self.terms.private(self.sums[MANY])
    }

    /// Lets members go whose power lies within the surplus, in the order of joining: those that are paid before those that
    /// are not.
    #[inline(always)]
    fn drop_needless(&mut self, surplus: u128, between: &[(usize, usize)]) {
        let (kinds, n) = (self.kinds, 64 * self.kinds.n_words());
        let mut leaving = Leaving::new(self.terms, surplus);
        let many = |index: usize| kinds.many(index);
        let mut from = 0;
        if between.is_empty() && kinds.bribes() {
            self.part_with::<COLLUDING>(|index| kinds.paid(index), (0, n), &mut leaving);
        }
        for (rank, before) in between {
            if from < *before {
                self.part_with::<MANY>(many, (from, *before), &mut leaving);
                from = *before;
            }
            self.part_with::<COLLUDING>(|index| kinds.paid(index), (*rank, *rank + 1), &mut leaving);
        }
        self.part_with::<MANY>(many, (from, n), &mut leaving);
        if !kinds.0.compromised.is_empty() {
            self.part_with::<STOLEN>(|index| kinds.stolen(index), (0, n), &mut leaving);
        }
    }

    /// Lets those of a kind go who stand in a range of ranks, as long as they can.
    #[inline(always)]
    fn part_with<const KIND: usize>(
        &mut self,
        kind: impl Fn(usize) -> u64,
        range: (usize, usize),
        leaving: &mut Leaving<'_, T>,
    ) {
        let [light, light_too] = leaving.light;
        for index in range.0 / 64..range.1.div_ceil(64) {
            let rest =
                self.joined[index] & kind(index) & light[index] & light_too[index] & within(index, range);
            if rest != 0 {
                self.part_with_some::<KIND>((rest, index), leaving);
            }
        }
    }

    /// The same of some members of the `index`-th word.
    #[inline(always)]
    fn part_with_some<const KIND: usize>(
        &mut self,
        (mut rest, index): (u64, usize),
        leaving: &mut Leaving<'_, T>,
    ) {
        let (each, weigh) = (&self.terms.ranks().each[64 * index..], self.terms.weigher());
        let (mut most, mut gone) = (leaving.left + leaving.slack, 0);
        while rest != 0 {
            let member = &each[rest.trailing_zeros() as usize];
            let bit = rest & rest.wrapping_neg();
            rest ^= bit;
            let weight = weigh(member);
            if weight <= most && leaving.lets_go(member, weight) {
                T::take_out(&mut self.sums[KIND], member);
                most = leaving.left + leaving.slack;
                gone |= bit;
            }
        }
        self.joined[index] ^= gone;
    }
}

/// Those of a word's ranks that lie in a range.
#[inline(always)]
fn within(index: usize, (from, until): (usize, usize)) -> u64 {
    let first = 64 * index;
    let low = if from > first { u64::MAX << (from - first) } else { u64::MAX };
    let high = if until < first + 64 { u64::MAX >> (first + 64 - until) } else { u64::MAX };
    low & high
}

/// Who can go without the rest falling short.
struct Leaving<'a, T: Terms> {
    terms: &'a T,
    surplus: u128,
    gone: T::Sum,
    /// Nobody can go who is not in both sets.
    light: [&'a [u64]; 2],
    /// What is left of the surplus, as a number, and how far that may be off.
    left: f64,
    slack: f64,
}

impl<'a, T: Terms> Leaving<'a, T> {
    #[inline(always)]
    fn new(terms: &'a T, surplus: u128) -> Self {
        let (left, heaviest) = (to_f64(surplus), heaviest_within(surplus));
        let light = terms.light(heaviest);
        Self { terms, surplus, gone: T::Sum::default(), light, left, slack: heaviest - left }
    }

    /// Lets a member go whose power lies within what is left; power is looked at where weights do not tell.
    #[inline(always)]
    fn lets_go(&mut self, member: &T::Member, weight: f64) -> bool {
        let mut gone = self.gone;
        T::add(&mut gone, member);
        let fits = weight <= self.left - self.slack || self.terms.power(gone) <= self.surplus;
        if fits {
            self.gone = gone;
            self.left -= weight;
        }
        fits
    }
}

/// The coalition that the walk finds; `None` out of reach.
///
/// Stolen keys join first, then whoever asks least per power, until the threshold is reached; where that ties, colluders
/// first. Then those leave, in the same order, whose power is not needed.
#[inline]
pub(super) fn cheapest<T: Terms>(
    terms: &T,
    least_power: u128,
    recruits: &Recruits<'_>,
    coalition: &mut Coalition,
) -> Option<CoalitionCost> {
    let mut found = None;
    Level::current().run(Search { terms, least_power, recruits, coalition, found: &mut found });
    found
}

/// A search as a kernel: counting bits and shifting by a variable takes half the instructions where a processor has its own for them.
struct Search<'a, T> {
    terms: &'a T,
    least_power: u128,
    recruits: &'a Recruits<'a>,
    coalition: &'a mut Coalition,
    found: &'a mut Option<CoalitionCost>,
}

impl<T: Terms> Kernel for Search<'_, T> {
    #[inline(always)]
    fn run(self) {
        *self.found = search(self.terms, self.least_power, self.recruits, self.coalition);
    }
}

#[inline(always)]
fn search<T: Terms>(
    terms: &T,
    least_power: u128,
    recruits: &Recruits<'_>,
    coalition: &mut Coalition,
) -> Option<CoalitionCost> {
    coalition.clear();
    let Coalition { set, between, .. } = coalition;
    let kinds = Kinds(recruits);
    put_between(terms, kinds, between);
    set.resize(kinds.n_words(), 0);
    let (enough, sums) = (nearly(least_power), [T::Sum::default(); 3]);
    let mut walk = Walk { terms, kinds, least_power, enough, weight: 0.0, joined: set, sums };
    let (last, last_pay) = walk.walk(between)?;
    let surplus = walk.held() - least_power;
    let (cost, last) = (walk.cost(), terms.one(last));
    let spared = to_f64(surplus) / to_f64(terms.power(last)) * last_pay * terms.private(last);
    let lower_usd = (cost - spared).max(0.0);
    walk.drop_needless(surplus, between);
    let cost_usd = walk.cost();
    let forfeited_usd = walk.sums.iter().map(|sum| terms.forfeited(*sum)).sum();
    let found = CoalitionCost { cost_usd, lower_usd, forfeited_usd };
    Some(if is_closer_sought(recruits, found) {
        closer(terms, least_power, (recruits, found), coalition)
    } else {
        found
    })
}

/// The same, with closer bounds as few can join.
#[cold]
fn closer<T: Terms>(
    terms: &T,
    least_power: u128,
    (recruits, found): (&Recruits<'_>, CoalitionCost),
    coalition: &mut Coalition,
) -> CoalitionCost {
    let of = |rank: usize| {
        let one = terms.one(rank);
        (terms.power(one), terms.private(one), terms.ratio(rank))
    };
    let (cost_usd, lower_usd) = closer_of_few(recruits, found, least_power, of, coalition);
    let is_other = cost_usd < found.cost_usd;
    let forfeited_usd = if is_other { forfeited_of(terms, coalition) } else { found.forfeited_usd };
    CoalitionCost { cost_usd, lower_usd, forfeited_usd }
}

/// Puts the colluders that are paid between the many; nothing if all of them come before the many, which is told by the dearest.
#[inline(always)]
fn put_between<T: Terms>(terms: &T, kinds: Kinds<'_>, between: &mut Between) {
    between.clear();
    let Some(dearest) = kinds.dearest_paid().filter(|_| kinds.bribes()) else { return };
    if kinds.bribe() * terms.ratio(0) < terms.ratio(dearest) {
        // A loop, as an iterator's would not be compiled for the level.
        for index in 0..kinds.n_words() {
            let mut rest = kinds.paid(index);
            while rest != 0 {
                let rank = 64 * index + rest.trailing_zeros() as usize;
                rest &= rest - 1;
                between.push((rank, cheaper_before(terms, rank, kinds.bribe())));
            }
        }
    }
}

/// Stake that the members of a coalition forfeit.
pub(super) fn forfeited_of<T: Terms>(terms: &T, coalition: &Coalition) -> f64 {
    let mut sum = T::Sum::default();
    coalition.positions().for_each(|rank| T::add(&mut sum, terms.member(rank)));
    terms.forfeited(sum)
}

/// The rank before which those who ask for `bribe` times their loss ask less per power than a colluder does.
#[inline(always)]
fn cheaper_before<T: Terms>(terms: &T, colluder: usize, bribe: f64) -> usize {
    let ratio = terms.ratio(colluder);
    let is_cheaper = |rank: usize| bribe * terms.ratio(rank) < ratio;
    if !is_cheaper(0) {
        return 0;
    }
    let n = terms.ranks().each.len();
    let mut before = terms.rank_near(ratio / bribe).clamp(1, n);
    while before > 1 && !is_cheaper(before - 1) {
        before -= 1;
    }
    while before < n && is_cheaper(before) {
        before += 1;
    }
    before
}

/// No power within a surplus weighs more.
#[inline]
pub(super) fn heaviest_within(surplus: u128) -> f64 {
    to_f64(surplus) * (1.0 + 1e-9)
}

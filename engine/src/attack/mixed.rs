//! The cheapest coalition where prices can turn the order of joining round and do nothing else to it ([`Mix`]).

use super::coalition::{Coalition, CoalitionCost, Recruits};
use super::walk::{Terms, cheapest};
use crate::graph::{Mix, MixLine, Mixed, Ranks, to_f64};

/// What a unit of each part weighs and loses in one scenario.
#[derive(Debug)]
pub(super) struct Rates<'a> {
    mix: &'a Mix,
    /// Power of a unit.
    multipliers: [u64; 2],
    /// The same as a number.
    weights: [f64; 2],
    private_usd: [f64; 2],
    forfeited_usd: [f64; 2],
}

impl<'a> Rates<'a> {
    /// `usd` are the prices of the assets lost, in their order.
    pub(super) fn new(mix: &'a Mix, multipliers: [u64; 2], usd: impl Iterator<Item = f64>) -> Self {
        let (mut private_usd, mut forfeited_usd) = ([0.0; 2], [0.0; 2]);
        for (rate, usd) in mix.rates.iter().zip(usd) {
            private_usd[rate.part] += usd * rate.private;
            forfeited_usd[rate.part] += usd * rate.forfeited;
        }
        let weights = multipliers.map(|multiplier| to_f64(u128::from(multiplier)));
        Self { mix, multipliers, weights, private_usd, forfeited_usd }
    }

    /// Whether loss per power falls with the second part of the mix, so that the second line is the order.
    pub(super) fn is_turned(&self) -> bool {
        self.private_usd[1] * self.weights[0] < self.private_usd[0] * self.weights[1]
    }

    /// Power of so many units.
    #[inline(always)]
    fn power(&self, units: [u64; 2]) -> u128 {
        let [a, b] = [0, 1].map(|part| u128::from(units[part]) * u128::from(self.multipliers[part]));
        a + b
    }
}

/// A line of a mix in one scenario.
struct InLine<'a> {
    rates: &'a Rates<'a>,
    line: &'a MixLine,
}

impl InLine<'_> {
    #[inline(always)]
    fn amount(of_a_unit: [f64; 2], [a, b]: [u64; 2]) -> f64 {
        of_a_unit[0] * to_f64(u128::from(a)) + of_a_unit[1] * to_f64(u128::from(b))
    }
}

impl Terms for InLine<'_> {
    type Member = Mixed;
    /// Units of both parts.
    type Sum = [u64; 2];

    #[inline(always)]
    fn ranks(&self) -> &Ranks<Mixed> {
        &self.line.mixed
    }
    #[inline(always)]
    fn weigher(&self) -> impl Fn(&Mixed) -> f64 {
        let [one, other] = self.rates.weights;
        move |mixed| one * mixed.numbers[0] + other * mixed.numbers[1]
    }
    #[inline(always)]
    fn add([a, b]: &mut [u64; 2], member: &Mixed) {
        *a += member.units[0];
        *b += member.units[1];
    }
    #[inline(always)]
    fn take_out([a, b]: &mut [u64; 2], member: &Mixed) {
        *a -= member.units[0];
        *b -= member.units[1];
    }
    #[inline(always)]
    fn power(&self, units: [u64; 2]) -> u128 {
        self.rates.power(units)
    }
    #[inline(always)]
    fn private(&self, units: [u64; 2]) -> f64 {
        Self::amount(self.rates.private_usd, units)
    }
    #[inline(always)]
    fn forfeited(&self, units: [u64; 2]) -> f64 {
        Self::amount(self.rates.forfeited_usd, units)
    }
    #[inline(always)]
    fn light(&self, weight: f64) -> [&[u64]; 2] {
        // Whoever has more of one part than would weigh so much weighs more.
        let most = |part: usize| match self.rates.weights[part] {
            one if one > 0.0 => weight / one * (1.0 + 1e-9),
            _ => f64::INFINITY,
        };
        let [first, second] = &self.line.light;
        [first.up_to(most(0)), second.up_to(most(1))]
    }
    /// A loss `q` per power is that of the mix `x` with `c(1−x) + dx = q·(m(1−x) + nx)`, see [`Mix`].
    #[inline(always)]
    fn rank_near(&self, ratio: f64) -> usize {
        let [a, b] = [0, 1].map(|part| self.rates.private_usd[part] - ratio * self.rates.weights[part]);
        self.line.first_from(a / (a - b))
    }
    #[inline(always)]
    fn ratio(&self, rank: usize) -> f64 {
        let member = self.member(rank);
        let [a, b] = member.numbers;
        (self.rates.private_usd[0] * a + self.rates.private_usd[1] * b) / self.weight(member)
    }
}

/// The coalition where the order is one of a mix's lines; `None` out of reach. Sets are over the ranks of the line that
/// [`Rates::is_turned`] names.
pub(super) fn by_mixed_order(
    rates: &Rates<'_>,
    least_power: u128,
    recruits: &Recruits<'_>,
    coalition: &mut Coalition,
) -> Option<CoalitionCost> {
    coalition.is_turned = rates.is_turned();
    let line = &rates.mix.lines[usize::from(coalition.is_turned)];
    cheapest(&InLine { rates, line }, least_power, recruits, coalition)
}

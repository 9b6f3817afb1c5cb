//! The order in which operators join a coalition where their power mixes two parts and losses follow those parts.
//!
//! Let a member have `a` and `b` units of the parts, a unit of each weigh `m` and `n`, and the attack take `c` and `d` USD of
//! it. Its loss per power is `(ca + db)/(ma + nb)`, whose derivative by `b/a` has the sign of `dm − cn`, whoever the member
//! is. So prices can turn the order of members round, and do nothing else to it.

use super::order::proportion;
use super::{Light, Ranks, SlotLosses, StakePower};

/// Members in both orders that prices leave open.
#[derive(Debug, Clone, PartialEq)]
pub struct Mix {
    /// Those with little of the second part first, and those with much of it first.
    pub lines: [MixLine; 2],
    /// What is lost in each asset. `[asset used]`
    pub rates: Vec<LossRate>,
}

/// Members by their mix; where that ties, by slot. `[rank]` each
#[derive(Debug, Clone, PartialEq)]
pub struct MixLine {
    /// Position of the operator.
    pub operators: Vec<u32>,
    /// Its units of both parts, and those of several together.
    pub mixed: Ranks<Mixed>,
    /// Those who have little of each part.
    pub light: [Light; 2],
    /// Part of the units that are of the part of which others have more; rising. `[rank]`
    places: Vec<f64>,
    /// The rank from which on that is at least so much. `[steps of 1 / STEPS]`
    from: Vec<u32>,
    /// Whether that part is the first.
    is_turned: bool,
}

/// Steps by which places are told apart at a glance.
const STEPS: usize = 128;

impl MixLine {
    /// The rank, to rounding, from which on members are beyond this part of the second part, in the sense of the line.
    #[inline(always)]
    pub fn first_from(&self, mix: f64) -> usize {
        let place = if self.is_turned { 1.0 - mix } else { mix };
        let step = step(place);
        let (from, until) = (self.from[step] as usize, self.from[step + 1] as usize);
        from + self.places[from..until].partition_point(|other| *other < place)
    }
}

/// The step of a place; of those beyond either end the outermost.
#[inline(always)]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "what lies beyond either end is meant to end there"
)]
fn step(place: f64) -> usize {
    ((place * STEPS as f64) as usize).min(STEPS - 1)
}

/// Units of both parts that a member has.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Mixed {
    /// As they are.
    pub units: [u64; 2],
    /// As numbers.
    pub numbers: [f64; 2],
}

impl Mixed {
    fn add(&mut self, other: &Self) {
        for part in 0..2 {
            self.units[part] += other.units[part];
            self.numbers[part] += other.numbers[part];
        }
    }
}

/// A loss in proportion to the units of one part.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LossRate {
    /// Position of the part.
    pub part: usize,
    /// Private loss per unit, tokens.
    pub private: f64,
    /// Forfeited stake per unit, tokens.
    pub forfeited: f64,
}

impl Mix {
    /// `None` unless power has two parts, everybody joins whole and all that is lost in an asset is in proportion to one of them.
    pub(super) fn of(power: &StakePower, losses: &SlotLosses) -> Option<Self> {
        if power.parts.len() != 2
            || !power.divisible.is_empty()
            || losses.fixed_usd.iter().any(|usd| *usd != 0.0)
        {
            return None;
        }
        let rate = |(_, private, forfeited): &(usize, Vec<f64>, Vec<f64>)| {
            (0..2).find_map(|part| {
                let units = &power.floats[part];
                let [private, forfeited] = [proportion(private, units)?, proportion(forfeited, units)?];
                Some(LossRate { part, private, forfeited })
            })
        };
        let rates = losses.assets.iter().map(rate).collect::<Option<Vec<_>>>()?;
        let [few, much] = [&power.floats[0], &power.floats[1]];
        let mix = |slot: &u32| much[*slot as usize] / (few[*slot as usize] + much[*slot as usize]);
        let line = |is_turned: bool| {
            let sign = if is_turned { -1.0 } else { 1.0 };
            let mut slots: Vec<u32> = (0u32..).take(power.members.len()).collect();
            slots.sort_by(|a, b| (sign * mix(a)).total_cmp(&(sign * mix(b))));
            let place = |slot: &u32| if is_turned { 1.0 - mix(slot) } else { mix(slot) };
            let places: Vec<f64> = slots.iter().map(place).collect();
            let n_below = |at: usize| places.partition_point(|place| step(*place) < at);
            let from = (0..STEPS).map(n_below).chain([places.len()]);
            let in_line = || slots.iter().map(|slot| *slot as usize);
            let mixed = in_line().map(|slot| Mixed {
                units: [0, 1].map(|part| power.fixed[part][slot]),
                numbers: [0, 1].map(|part| power.floats[part][slot]),
            });
            let numbers = |part: usize| in_line().map(|slot| power.floats[part][slot]).collect::<Vec<_>>();
            MixLine {
                operators: in_line().map(|slot| power.members[slot]).collect(),
                mixed: Ranks::new(mixed.collect(), Mixed::add),
                light: [0, 1].map(|part| Light::new(&numbers(part))),
                from: from.map(|rank| u32::try_from(rank).unwrap_or(u32::MAX)).collect(),
                places,
                is_turned,
            }
        };
        Some(Self { lines: [line(false), line(true)], rates })
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Order, PowerPart};
    use super::*;
    use crate::graph::{AssetLosses, Losses};

    fn power() -> StakePower {
        let part = |asset, units: [u128; 5]| PowerPart {
            pool: Some(asset),
            asset: Some(asset),
            units: units.to_vec(),
            decimals: 0,
            value_share: 1.0,
            most_share: None,
        };
        StakePower::new(vec![part(0, [100, 50, 40, 0, 10]), part(1, [0, 25, 40, 7, 0])], |_| 1.0)
    }

    fn losses(fixed_usd: f64, second: [f64; 5]) -> Losses {
        let asset = |asset, private: [f64; 5], forfeited: f64| AssetLosses {
            asset,
            private: private.to_vec(),
            forfeited: private.iter().map(|loss| forfeited * loss).collect(),
        };
        let first = asset(0, [30.0, 15.0, 12.0, 0.0, 3.0], 0.5);
        Losses { assets: vec![first, asset(1, second, 1.0)], fixed_usd: vec![fixed_usd; 5] }
    }

    #[test]
    fn members_stand_by_their_mix_and_losses_have_rates() {
        let in_proportion = [0.0, 5.0, 8.0, 1.4, 0.0];
        let Order::Moves(slots) = Order::of(&power(), &losses(0.0, in_proportion), |total| total) else {
            panic!("two parts")
        };
        let mix = slots.mix.unwrap();
        let operators = |line: &MixLine| line.operators.clone();
        assert_eq!(mix.lines.each_ref().map(operators), [[0, 4, 1, 2, 3], [3, 2, 1, 0, 4]].map(Vec::from));
        let units: Vec<[u64; 2]> = mix.lines[0].mixed.each.iter().map(|mixed| mixed.units).collect();
        assert_eq!(units, [[100, 0], [10, 0], [50, 25], [40, 40], [0, 7]]);
        let expected = [(0, 0.3, 0.15), (1, 0.2, 0.2)];
        for (rate, (part, private, forfeited)) in mix.rates.iter().zip(expected) {
            assert_eq!(rate.part, part);
            assert!((rate.private - private).abs() < 1e-12 && (rate.forfeited - forfeited).abs() < 1e-12);
        }
    }

    /// Members with 0, 0.1, 1/3, 1/2 and all of their units in the second part: beyond the ends and between any two.
    #[test]
    fn ranks_are_told_by_the_mix() {
        let in_proportion = [0.0, 5.0, 8.0, 1.4, 0.0];
        let Order::Moves(slots) = Order::of(&power(), &losses(0.0, in_proportion), |total| total) else {
            panic!("two parts")
        };
        let lines = slots.mix.unwrap().lines;
        for line in &lines {
            let mixes =
                line.mixed.each.iter().map(|mixed| mixed.numbers[1] / (mixed.numbers[0] + mixed.numbers[1]));
            let mixes: Vec<f64> = mixes.collect();
            for step in -20..=120 {
                let mix = 0.01 * f64::from(step) + 0.001;
                let is_before = |other: &&f64| if line.is_turned { **other > mix } else { **other < mix };
                assert_eq!(line.first_from(mix), mixes.iter().filter(is_before).count(), "{mix}");
            }
        }
    }

    #[test]
    fn losses_of_their_own_kind_have_no_mix() {
        let none = |losses: &Losses| match Order::of(&power(), losses, |total| total) {
            Order::Moves(slots) => slots.mix.is_none(),
            Order::Fixed(_) => false,
        };
        assert!(none(&losses(1.0, [0.0, 5.0, 8.0, 1.4, 0.0])), "friction is no part of a stake");
        assert!(none(&losses(0.0, [0.0, 5.0, 8.0, 1.5, 0.0])), "one operator loses more of each unit");
        assert!(none(&losses(0.0, [1.0, 5.0, 8.0, 1.4, 0.0])), "one operator loses what it has not");
    }
}

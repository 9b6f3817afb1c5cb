//! What members bring by rank, laid out for walks: sums over any of four neighbours, and who weighs little.

/// Members by rank, with sums over every subset of four neighbours.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ranks<M> {
    /// What each brings and loses. `[rank]`
    pub each: Vec<M>,
    /// The same of several together: of the set's `i`-th bit stands for the `i`-th of four ranks. `[rank / 4][set]`
    pub fours: Vec<[M; 16]>,
}

impl<M: Copy + Default> Ranks<M> {
    /// Takes members in the order of ranks; `add` adds a member to a sum, and nothing is [`Default`].
    pub(super) fn new(each: Vec<M>, add: impl Fn(&mut M, &M)) -> Self {
        let sums = |four: &[M]| {
            let mut sums = [M::default(); 16];
            for (set, sum) in sums.iter_mut().enumerate() {
                let members = four.iter().enumerate().filter(|(at, _)| set >> at & 1 == 1);
                members.for_each(|(_, member)| add(sum, member));
            }
            sums
        };
        Self { fours: each.chunks(4).map(sums).collect(), each }
    }
}

/// Most levels that weights are told apart by.
const LEVELS: usize = 64;
/// Bits of a weight's mantissa that tell its level.
const MANTISSA_BITS: u32 = 4;

/// Sets of the members that weigh little.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Light {
    /// Where the sets of whoever can have a weight of this key or less start, from the first key on. `[key]`
    starts: Vec<u32>,
    first_key: usize,
    /// Members of all levels below, as sets over ranks. `[levels + 1][word]`
    sets: Vec<u64>,
    words: usize,
}

impl Light {
    /// `weights` by rank.
    pub(super) fn new(weights: &[f64]) -> Self {
        let words = weights.len().div_ceil(64);
        let mut ranks: Vec<usize> = (0..weights.len()).collect();
        ranks.sort_by(|a, b| weights[*a].total_cmp(&weights[*b]));
        let (mut from, mut sets, mut set) = (Vec::new(), vec![0; words], vec![0; words]);
        for level in ranks.chunks(ranks.len().div_ceil(LEVELS).max(1)) {
            from.push(key(weights[level[0]]));
            level.iter().for_each(|rank| set[rank / 64] |= 1 << (rank % 64));
            sets.extend_from_slice(&set);
        }
        // Whoever weighs anything has a later key.
        let first_key = from.iter().find(|key| **key > 0).map_or(0, |lightest| lightest - 1);
        let starts = (first_key..=from.last().copied().unwrap_or(0)).map(|key| {
            let level = from.partition_point(|from| *from <= key);
            u32::try_from(level * words).unwrap_or(u32::MAX)
        });
        Self { starts: starts.collect(), first_key, sets, words }
    }

    /// Everybody who weighs at most so much, and perhaps a few more. Words over ranks.
    #[inline]
    pub fn up_to(&self, weight: f64) -> &[u64] {
        let at = key(weight).saturating_sub(self.first_key).min(self.starts.len().saturating_sub(1));
        let start = self.starts.get(at).map_or(0, |start| *start as usize);
        &self.sets[start..][..self.words]
    }
}

/// The exponent and the first bits of the mantissa of a weight, which must not be negative: rises with it.
#[inline]
fn key(weight: f64) -> usize {
    usize::try_from(weight.to_bits() >> (f64::MANTISSA_DIGITS - 1 - MANTISSA_BITS)).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::bits;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn fours_hold_the_sum_of_every_subset(each in proptest::collection::vec(0u64..1000, 0..12)) {
            let ranks = Ranks::new(each.clone(), |sum, member| *sum += member);
            for (index, four) in each.chunks(4).enumerate() {
                for set in 0..1 << four.len() {
                    let sum: u64 = four.iter().enumerate().filter(|(at, _)| set >> at & 1 == 1).map(|(_, m)| m).sum();
                    prop_assert_eq!(ranks.fours[index][set], sum);
                }
            }
            prop_assert_eq!(ranks.fours.len(), each.len().div_ceil(4));
        }

        #[test]
        fn whoever_is_light_is_among_the_light(
            weights in proptest::collection::vec((0u32..50).prop_map(f64::from), 0..200),
            most in (0u32..60).prop_map(f64::from),
        ) {
            let light = Light::new(&weights);
            let set = light.up_to(most);
            let is_light = |rank: &usize| weights[*rank] <= most;
            prop_assert!((0..weights.len()).filter(is_light).all(|rank| bits::contains(set, rank)));
            // Those who weigh hardly more, and their level.
            let hardly = |rank: &usize| weights[*rank] <= most * (1.0 + 1.0 / 16.0);
            let n_more = bits::ones(set).filter(|rank| !hardly(rank)).count();
            prop_assert!(n_more < weights.len().div_ceil(LEVELS).max(1), "{}", n_more);
        }
    }
}

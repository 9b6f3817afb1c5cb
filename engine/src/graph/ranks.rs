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

/// Sets of the members that weigh little.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Light {
    /// Least weight from which on each level adds its members, rising. `[level]`
    from: Vec<f64>,
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
            from.push(weights[level[0]]);
            level.iter().for_each(|rank| set[rank / 64] |= 1 << (rank % 64));
            sets.extend_from_slice(&set);
        }
        Self { from, sets, words }
    }

    /// Everybody who weighs at most so much, and perhaps a few more. Words over ranks.
    #[inline]
    pub fn up_to(&self, weight: f64) -> &[u64] {
        let level = self.from.partition_point(|from| *from <= weight);
        &self.sets[level * self.words..][..self.words]
    }
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
            let n_more = bits::ones(set).filter(|rank| !is_light(rank)).count();
            prop_assert!(n_more < weights.len().div_ceil(LEVELS).max(1), "{}", n_more);
        }
    }
}

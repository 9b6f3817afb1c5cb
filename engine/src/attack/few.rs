//! The cheapest coalition, exactly, where few can join: a branch and bound over whole operators, with a limit of work.

/// Most recruits for whom coalitions are searched; of more, the walk in order of payment per power must do.
pub const FEW: usize = 16;
/// Steps after which a search ends unfinished: enough for any ten recruits or so.
const MOST_STEPS: u32 = 600;

/// Somebody who can join.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Candidate {
    /// What it must be paid.
    pub payment: f64,
    /// Power.
    pub units: u128,
    /// Position: rank or slot.
    pub position: usize,
}

/// What a search has come to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Searched {
    /// The cheapest set found, as a mask over the candidates; `None` unless it costs less than what was known.
    pub found: Option<u32>,
    /// Whether nothing cheaper exists.
    pub is_complete: bool,
}

/// Seeks the cheapest set of candidates with at least `least` power that costs less than `best`.
///
/// At most [`FEW`] candidates, in rising order of payment per power. Of sets that cost the same the first found in that order.
pub fn cheapest_of_few(candidates: &[Candidate], least: u128, best: f64) -> Searched {
    let mut suffix = [0u128; FEW + 1];
    let mut sizes = [0.0; FEW];
    for (at, candidate) in candidates.iter().enumerate().rev() {
        suffix[at] = suffix[at + 1] + candidate.units;
        sizes[at] = crate::graph::to_f64(candidate.units);
    }
    let mut search = Search { candidates, suffix, sizes, best, found: None, steps_left: MOST_STEPS };
    let start = Open { chosen: 0, cost: 0.0, missing: least, size: crate::graph::to_f64(least) };
    if least == 0 {
        search.take(start);
    } else {
        search.descend(0, start, false);
    }
    Searched { found: search.found, is_complete: search.steps_left > 0 }
}

/// A set of candidates that may be added to.
#[derive(Clone, Copy)]
struct Open {
    chosen: u32,
    cost: f64,
    /// Power that it lacks, and the same as a number.
    missing: u128,
    size: f64,
}

struct Search<'a> {
    candidates: &'a [Candidate],
    /// Power of the candidates from each on.
    suffix: [u128; FEW + 1],
    /// Power of each as a number, for the bound.
    sizes: [f64; FEW],
    best: f64,
    found: Option<u32>,
    steps_left: u32,
}

impl Search<'_> {
    /// Decides the candidates from `at` on; `is_bounded` if the bound of the set is known to be below the best.
    fn descend(&mut self, mut at: usize, open: Open, mut is_bounded: bool) {
        while self.steps_left > 0 && self.suffix[at] >= open.missing {
            self.steps_left -= 1;
            if !is_bounded && open.cost + self.least_payment(at, open.size) >= self.best {
                return;
            }
            let Candidate { payment, units, .. } = self.candidates[at];
            let with = Open {
                chosen: open.chosen | 1 << at,
                cost: open.cost + payment,
                missing: open.missing.saturating_sub(units),
                size: open.size - self.sizes[at],
            };
            at += 1;
            if with.missing == 0 {
                self.take(with);
            } else {
                // The bound is that of the set without it, which took it whole.
                self.descend(at, with, true);
            }
            is_bounded = false;
        }
    }

    fn take(&mut self, set: Open) {
        if set.cost < self.best {
            (self.best, self.found) = (set.cost, Some(set.chosen));
        }
    }

    /// No set of the candidates from `at` on with so much power is paid less: the linear relaxation, rounded down a little.
    fn least_payment(&self, at: usize, mut missing: f64) -> f64 {
        let mut least = 0.0;
        for (candidate, size) in self.candidates.iter().zip(&self.sizes).skip(at) {
            if *size >= missing {
                return (least + candidate.payment * (missing / size)) * (1.0 - 1e-9);
            }
            least += candidate.payment;
            missing -= size;
        }
        least * (1.0 - 1e-9)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Every set, one by one.
    fn by_brute_force(candidates: &[Candidate], least: u128) -> f64 {
        (0u32..1 << candidates.len())
            .filter_map(|set| {
                let members = || candidates.iter().enumerate().filter(move |(at, _)| set >> at & 1 == 1);
                let power: u128 = members().map(|(_, c)| c.units).sum();
                (power >= least).then(|| members().map(|(_, c)| c.payment).sum())
            })
            .fold(f64::INFINITY, f64::min)
    }

    proptest! {
        #[test]
        fn the_search_finds_what_brute_force_finds(
            people in proptest::collection::vec((0u32..1000, 1u64..50), 0..8),
            least in 1u128..300,
        ) {
            let mut candidates: Vec<Candidate> = people
                .iter()
                .map(|(payment, units)| Candidate { payment: f64::from(*payment), units: u128::from(*units), position: 0 })
                .collect();
            candidates.sort_by(|a, b| {
                let ratio = |c: &Candidate| c.payment / crate::graph::to_f64(c.units);
                ratio(a).total_cmp(&ratio(b))
            });
            let truth = by_brute_force(&candidates, least);
            let searched = cheapest_of_few(&candidates, least, f64::INFINITY);
            prop_assert!(searched.is_complete);
            let cost = searched.found.map_or(f64::INFINITY, |set| {
                candidates.iter().enumerate().filter(|(at, _)| set >> at & 1 == 1).map(|(_, c)| c.payment).sum()
            });
            let same = if truth.is_finite() { (cost - truth).abs() <= 1e-9 * truth } else { cost.is_infinite() };
            prop_assert!(same, "{cost} against {truth}");
            if truth.is_finite() {
                let again = cheapest_of_few(&candidates, least, truth);
                prop_assert_eq!(again, Searched { found: None, is_complete: true });
            }
        }
    }
}

//! The law of a sum of cells, up to where every threshold is reached.

use super::lattice::Lattice;
use crate::kernels::convolve;

/// Probabilities of sums of cells below `cells`, and of all above together.
#[derive(Debug, Clone, Default)]
pub struct Spread {
    now: Vec<f64>,
    next: Vec<f64>,
    /// Cells below this may hold mass; all above are 0 in both buffers.
    used: usize,
    reached: f64,
}

impl Spread {
    /// Nothing yet: the sum is 0. It counts exactly below `cells`.
    pub fn start(&mut self, cells: usize) {
        self.now.clear();
        self.next.clear();
        self.now.resize(cells, 0.0);
        self.next.resize(cells, 0.0);
        self.reached = 0.0;
        self.used = cells.min(1);
        match self.now.first_mut() {
            Some(zero) => *zero = 1.0,
            None => self.reached = 1.0,
        }
    }

    /// Adds somebody of `shift` cells who takes part with probability `p`; `q = 1 − p`, given apart for its precision.
    pub fn add(&mut self, shift: usize, p: f64, q: f64) {
        let cells = self.now.len();
        if shift == 0 || p <= 0.0 || cells == 0 {
            return;
        }
        let spill: f64 = self.now[cells.saturating_sub(shift).min(self.used)..self.used].iter().sum();
        self.reached += p * spill;
        self.used = (self.used + shift.min(cells)).min(cells);
        convolve::two_point(&self.now[..self.used], &mut self.next[..self.used], shift, p, q);
        std::mem::swap(&mut self.now, &mut self.next);
    }

    /// Adds an independent sum.
    pub fn convolve(&mut self, other: &Self) {
        let cells = self.now.len();
        let below: f64 = self.now[..self.used].iter().sum();
        let mut reached = self.reached + below * other.reached;
        let used = (self.used + other.used).saturating_sub(1).min(cells);
        self.next[..used].fill(0.0);
        for (shift, mass) in other.now[..other.used].iter().enumerate().filter(|(_, mass)| **mass > 0.0) {
            let stays = cells.saturating_sub(shift).min(self.used);
            convolve::add_times(&mut self.next[shift..shift + stays], &self.now[..stays], *mass);
            reached += mass * self.now[stays..self.used].iter().sum::<f64>();
        }
        (self.reached, self.used) = (reached, used);
        std::mem::swap(&mut self.now, &mut self.next);
    }

    /// Adds `weight` times another law: a mixture, if the weights sum to 1.
    pub fn mix(&mut self, other: &Self, weight: f64) {
        self.used = self.used.max(other.used);
        convolve::add_times(&mut self.now[..other.used], &other.now[..other.used], weight);
        self.reached += weight * other.reached;
    }

    /// No mass at all, to be mixed into.
    pub fn start_empty(&mut self, cells: usize) {
        self.start(cells);
        self.reached = 0.0;
        self.now.fill(0.0);
    }

    /// Probability of at least so many cells, at most those of the start.
    pub fn at_least(&self, cells: usize) -> f64 {
        self.reached + self.now[cells.min(self.used)..self.used].iter().sum::<f64>()
    }

    /// The law of all members of a lattice: fewest cells first, so that early steps are short.
    pub(crate) fn of_members(
        &mut self,
        (lattice, rounding): (&Lattice, usize),
        members: &[usize],
        chance: impl Fn(usize) -> (f64, f64),
    ) {
        self.start(lattice.most_needed());
        for member in members {
            let (p, q) = chance(*member);
            self.add(lattice.cells(rounding)[*member], p, q);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spread(cells: usize, members: &[(usize, f64)]) -> Spread {
        let mut spread = Spread::default();
        spread.start(cells);
        members.iter().for_each(|(shift, p)| spread.add(*shift, *p, 1.0 - p));
        spread
    }

    /// T3: p = (0.1, 0.2, 0.3, 0.4).
    #[test]
    fn poisson_binomial_of_four() {
        let spread = spread(4, &[(1, 0.1), (1, 0.2), (1, 0.3), (1, 0.4)]);
        for (k, tail) in [(0, 1.0), (1, 0.6976), (2, 0.2572), (3, 0.0428), (4, 0.0024)] {
            assert!((spread.at_least(k) - tail).abs() < 1e-15, "{k}");
        }
    }

    /// T3: stakes 10, 6, 5, 3, 1 with p = 0.1 each.
    #[test]
    fn unequal_stakes() {
        let members = [10, 6, 5, 3, 1].map(|stake| (stake, 0.1));
        assert!((spread(17, &members).at_least(9) - 0.11791).abs() < 1e-15);
        assert!((spread(17, &members).at_least(17) - 0.00361).abs() < 1e-15);
    }

    #[test]
    fn tiny_tails_keep_their_relative_precision() {
        // All of twenty at 1e-15 each: 1e-300.
        let spread = spread(20, &[(1, 1e-15); 20]);
        let one = 20.0 * 1e-15;
        assert!((spread.at_least(20) / 1e-300 - 1.0).abs() < 1e-12);
        assert!((spread.at_least(1) / one - 1.0).abs() < 1e-12);
    }

    #[test]
    fn sums_convolve_and_mix() {
        let (a, b) = ([(3, 0.2), (2, 0.5)], [(1, 0.3), (4, 0.6), (9, 0.01)]);
        let mut sum = spread(7, &a);
        sum.convolve(&spread(7, &b));
        let whole = spread(7, &[a.as_slice(), b.as_slice()].concat());
        (0..=7).for_each(|k| assert!((sum.at_least(k) - whole.at_least(k)).abs() < 1e-15, "{k}"));
        let mut mixed = Spread::default();
        mixed.start_empty(7);
        mixed.mix(&spread(7, &a), 0.25);
        mixed.mix(&spread(7, &b), 0.75);
        let expected = 0.25 * spread(7, &a).at_least(5) + 0.75 * spread(7, &b).at_least(5);
        assert!((mixed.at_least(5) - expected).abs() < 1e-16);
    }
}

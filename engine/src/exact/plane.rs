//! The law of colluding power in two quorums at once, as what is missing in each.
//!
//! A state is how many cells each quorum still lacks: 0 once it is reached, and gone once those who are left cannot make up for it.
//! Whoever has most power comes first. So what is left shrinks, and with it the states that live; as it halves cells are
//! halved as well, which rounds nothing: a state of d cells is one of 2d. Powers are rounded where they are added, the
//! largest to the coarsest cells. Every term is positive.

use super::lattice::Rounding;
use crate::kernels::convolve;

/// Who is added at once: an operator, or a group that one factor acts on.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Item {
    /// Members, at most [`MOST_OF_ONE`].
    pub(super) members: Vec<usize>,
    /// A factor that acts on them and on nobody else.
    pub(super) factor: Option<usize>,
}

/// Most members of one item: all their subsets are gone through.
pub(super) const MOST_OF_ONE: usize = 16;

/// Steps of all items, powers rounded one way.
#[derive(Debug, Clone)]
pub(super) struct Steps {
    /// `[item]`
    steps: Vec<Step>,
    /// Whether no power was rounded.
    pub(super) is_exact: bool,
}

/// How an item moves states.
#[derive(Debug, Clone)]
struct Step {
    /// Bits by which units are coarser than one, in each quorum.
    shifts: [u32; 2],
    /// Most cells that a state may lack with this item and all after it, and with those after it alone.
    left: [usize; 2],
    after: [usize; 2],
    /// Distinct sums of cells over the subsets of its members.
    moves: Vec<[usize; 2]>,
    /// Position in `moves` of each subset, a bit each member.
    of_subset: Vec<usize>,
}

impl Steps {
    /// `powers` in both quorums `[member]`; no more than about `window` cells of each live at once.
    pub(super) fn new(items: &[Item], powers: &[[u128; 2]], window: u64, rounding: Rounding) -> Self {
        let mut steps = Vec::with_capacity(items.len());
        let mut rest = powers_of(items.iter().flat_map(|item| &item.members), powers);
        for item in items {
            let shifts = rest.map(|rest| shift(rest, window));
            let mine = powers_of(item.members.iter(), powers);
            rest = [0, 1].map(|quorum| rest[quorum].saturating_sub(mine[quorum]));
            let cells = |member: &usize| {
                [0, 1].map(|quorum| rounded(powers[*member][quorum], shifts[quorum], rounding))
            };
            let of_member: Vec<[usize; 2]> = item.members.iter().map(cells).collect();
            let (moves, of_subset) = moves_of(&of_member);
            steps.push(Step { shifts, left: [0; 2], after: [0; 2], moves, of_subset });
        }
        // What the rest can add, from the last item on.
        let mut after: Option<([u32; 2], [usize; 2])> = None;
        for step in steps.iter_mut().rev() {
            if let Some((shifts, left)) = after {
                step.after = [0, 1].map(|quorum| {
                    let finer = step.shifts[quorum] - shifts[quorum];
                    left[quorum].div_ceil(1usize.checked_shl(finer).unwrap_or(usize::MAX))
                });
            }
            let most = |quorum: usize| step.moves.iter().map(|by| by[quorum]).max().unwrap_or(0);
            step.left = [0, 1].map(|quorum| step.after[quorum] + most(quorum));
            after = Some((step.shifts, step.left));
        }
        let is_exact = steps.first().is_none_or(|step| step.shifts == [0; 2]);
        Self { steps, is_exact }
    }

    /// States of each quorum at the start, and thereafter.
    fn most(&self, quorum: usize) -> usize {
        self.steps.iter().map(|step| step.left[quorum]).max().unwrap_or(0) + 1
    }
}

fn powers_of<'a>(members: impl Iterator<Item = &'a usize>, powers: &[[u128; 2]]) -> [u128; 2] {
    members.fold([0; 2], |sum, member| [0, 1].map(|quorum| sum[quorum] + powers[*member][quorum]))
}

/// Bits by which units must be coarser than one for so much to fill no more than `window` cells.
fn shift(rest: u128, window: u64) -> u32 {
    (0..u128::BITS).find(|shift| rest >> shift <= u128::from(window)).unwrap_or(0)
}

fn rounded(units: u128, shift: u32, rounding: Rounding) -> usize {
    let extra = match rounding {
        Rounding::Down => 0,
        Rounding::Nearest => (1u128 << shift) / 2,
        Rounding::Up => (1u128 << shift) - 1,
    };
    usize::try_from((units + extra) >> shift).unwrap_or(usize::MAX)
}

/// Distinct sums over the subsets, and which of them each subset has.
fn moves_of(cells: &[[usize; 2]]) -> (Vec<[usize; 2]>, Vec<usize>) {
    let mut sums = vec![[0usize; 2]];
    for by in cells {
        let with = sums.iter().map(|sum| [sum[0] + by[0], sum[1] + by[1]]);
        let with: Vec<[usize; 2]> = with.collect();
        sums.extend(with);
    }
    let mut moves = sums.clone();
    moves.sort_unstable();
    moves.dedup();
    let of_subset = sums.iter().map(|sum| moves.binary_search(sum).unwrap_or(0)).collect();
    (moves, of_subset)
}

/// States with their probabilities.
#[derive(Debug, Clone, Default)]
pub(super) struct Plane {
    now: Vec<f64>,
    next: Vec<f64>,
    /// States of the second quorum in a row.
    width: usize,
    /// Whether a row holds anything. `[cells that the first quorum lacks]`
    filled: Vec<bool>,
    next_filled: Vec<bool>,
    subsets: Vec<f64>,
    moved: Vec<f64>,
    /// Multiplications done.
    pub(super) work: u64,
}

impl Plane {
    /// P(both quorums are reached). `chances` adds, for each subset of an item's members, a bit each, the probability that it
    /// takes part and nobody else of the item.
    pub(super) fn reached(
        &mut self,
        (steps, rounding): (&Steps, Rounding),
        needs: [u128; 2],
        mut chances: impl FnMut(usize, &mut Vec<f64>),
    ) -> f64 {
        let Some(first) = steps.steps.first() else { return f64::from(u8::from(needs == [0; 2])) };
        // Rounded the other way: what reaches with powers rounded down reaches in truth.
        let lacks = [0, 1].map(|quorum| {
            let other_way = match rounding {
                Rounding::Down => Rounding::Up,
                Rounding::Nearest => Rounding::Nearest,
                Rounding::Up => Rounding::Down,
            };
            rounded(needs[quorum], first.shifts[quorum], other_way)
        });
        if lacks[0] > first.left[0] || lacks[1] > first.left[1] {
            return 0.0;
        }
        self.start([steps.most(0), steps.most(1)]);
        self.now[lacks[0] * self.width + lacks[1]] = 1.0;
        self.filled[lacks[0]] = true;
        let mut shifts = first.shifts;
        for (index, step) in steps.steps.iter().enumerate() {
            self.refine([shifts[0] - step.shifts[0], shifts[1] - step.shifts[1]], step.left);
            shifts = step.shifts;
            let mut subsets = std::mem::take(&mut self.subsets);
            subsets.clear();
            chances(index, &mut subsets);
            self.moved.clear();
            self.moved.resize(step.moves.len(), 0.0);
            subsets.iter().zip(&step.of_subset).for_each(|(p, at)| self.moved[*at] += p);
            self.subsets = subsets;
            self.take(step);
        }
        self.now[0]
    }

    fn start(&mut self, [rows, width]: [usize; 2]) {
        self.width = width;
        for states in [&mut self.now, &mut self.next] {
            states.clear();
            states.resize(rows * width, 0.0);
        }
        for filled in [&mut self.filled, &mut self.next_filled] {
            filled.clear();
            filled.resize(rows, false);
        }
    }

    /// Halves cells so many times; what lacks more than `left` goes.
    fn refine(&mut self, finer: [u32; 2], left: [usize; 2]) {
        if finer == [0; 2] {
            return;
        }
        let finer = finer.map(|finer| 1usize.checked_shl(finer).unwrap_or(usize::MAX));
        self.next_filled.fill(false);
        for row in (0..self.filled.len()).filter(|row| self.filled[*row]) {
            let Some(to) = row.checked_mul(finer[0]).filter(|to| *to <= left[0]) else { continue };
            self.next_filled[to] = true;
            self.next[to * self.width..][..self.width].fill(0.0);
            for lacks in 0..=(left[1] / finer[1]).min(self.width - 1) {
                self.next[to * self.width + lacks * finer[1]] = self.now[row * self.width + lacks];
            }
        }
        self.swap();
    }

    /// Every state goes where the item moves it; what then lacks more than the others have is gone.
    fn take(&mut self, step: &Step) {
        let width = self.width;
        self.next_filled.fill(false);
        let columns = step.left[1].min(width - 1) + 1;
        for row in (0..=step.left[0].min(self.filled.len() - 1)).filter(|row| self.filled[*row]) {
            let from = &self.now[row * width..][..columns];
            for (by, p) in step.moves.iter().zip(&self.moved).filter(|(_, p)| **p > 0.0) {
                let to = row.saturating_sub(by[0]);
                if to > step.after[0] {
                    continue;
                }
                let into = &mut self.next[to * width..][..width];
                if !std::mem::replace(&mut self.next_filled[to], true) {
                    into.fill(0.0);
                }
                // Those that reach the second quorum, then the rest.
                let reach = by[1].min(columns - 1);
                into[0] += p * from[..=reach].iter().sum::<f64>();
                let stay = (columns - 1 - reach).min(step.after[1]);
                convolve::add_times(&mut into[1..=stay], &from[reach + 1..=reach + stay], *p);
                self.work += columns as u64;
            }
        }
        self.swap();
    }

    fn swap(&mut self) {
        std::mem::swap(&mut self.now, &mut self.next);
        std::mem::swap(&mut self.filled, &mut self.next_filled);
    }
}

#[cfg(test)]
mod tests {
    use super::super::lattice::ROUNDINGS;
    use super::*;

    /// Twelve members, two of the items pairs: against the sum over all subsets.
    #[test]
    fn a_plane_is_the_sum_over_all_subsets_and_roundings_enclose_it() {
        let unit =
            |i: u128| [(i * i * 7_919 + 13) % 331, (i * 104_729 + 5 * i * i) % 257 * u128::from(i % 4 != 1)];
        let powers: Vec<[u128; 2]> = (1..=12).map(unit).collect();
        let p: Vec<f64> = (0..12u32).map(|i| 0.02 + 0.03 * f64::from(i)).collect();
        let total = powers_of((0..12).collect::<Vec<_>>().iter(), &powers);
        let mut items: Vec<Item> = (0..8).map(|m| Item { members: vec![m], factor: None }).collect();
        items.push(Item { members: vec![8, 11], factor: None });
        items.push(Item { members: vec![10, 9], factor: None });
        items.sort_by_key(|item| {
            let mine = powers_of(item.members.iter(), &powers);
            std::cmp::Reverse(mine[0] + mine[1])
        });
        for needs in [
            [total[0] / 3 + 1, total[1] / 2],
            [2 * total[0] / 3, total[1] / 10],
            [total[0], total[1]],
            [0, 1],
        ] {
            let chance = |set: usize, members: &[usize]| -> f64 {
                members
                    .iter()
                    .enumerate()
                    .map(|(bit, m)| if set >> bit & 1 == 1 { p[*m] } else { 1.0 - p[*m] })
                    .product()
            };
            let everybody: Vec<usize> = (0..12).collect();
            let truth: f64 = (0..1usize << 12)
                .filter(|set| {
                    let inside = everybody.iter().filter(|m| set >> **m & 1 == 1);
                    let power = powers_of(inside, &powers);
                    power[0] >= needs[0] && power[1] >= needs[1]
                })
                .map(|set| chance(set, &everybody))
                .sum();
            let mut plane = Plane::default();
            for window in [8, 64, 512, 1 << 12] {
                let [down, nearest, up] = ROUNDINGS.map(|rounding| {
                    let steps = Steps::new(&items, &powers, window, rounding);
                    assert_eq!(steps.is_exact, window == 1 << 12);
                    plane.reached((&steps, rounding), needs, |item, into| {
                        let members = &items[item].members;
                        into.extend((0..1usize << members.len()).map(|set| chance(set, members)));
                    })
                });
                let (low, high) = (truth * (1.0 - 1e-12), truth * (1.0 + 1e-12));
                assert!(
                    down <= high && up >= low && down <= nearest && nearest <= up,
                    "{window}: {down:e} {truth:e} {up:e}"
                );
                assert!(window < 512 || up <= 2.0 * truth, "{window}: {up:e} {truth:e}");
                assert!(window < 1 << 12 || (down >= low && up <= high), "{down:e} {truth:e} {up:e}");
            }
        }
    }
}

//! The linear relaxation of covering a set of targets: whole operators become parts of operators.
//!
//! ```text
//! min Σ_o c_o x_o   subject to   Σ_o p_ot x_o ≥ 1 for every target t,   l_o ≤ x_o ≤ u_o
//! ```
//!
//! Dual simplex on a dense condensed tableau, a row a target, with variables that have bounds; a ratio test that flips whom it passes
//! (Koberstein, The Dual Simplex Method, 2005, §3.3) makes one pivot as good as one fractional knapsack. Bounds may be tightened
//! afterwards and the solution mended by a few pivots. Nothing rests on the arithmetic here: whoever asks takes the multipliers
//! and reckons what they prove.

use crate::kernels::columns::eliminate;

/// How far a variable may lie beyond its bounds.
const SLACK: f64 = 1e-10;
/// Smaller pivots are not trusted.
const PIVOT: f64 = 1e-9;

/// A relaxation, solved or not. Variables: candidates first, then what each row has beyond its need.
#[derive(Debug, Default)]
pub struct Simplex {
    rows: usize,
    columns: usize,
    /// Candidates, those without a column among them.
    n: usize,
    /// `[row · columns + column]`
    tableau: Vec<f64>,
    /// Reduced costs. `[column]`
    reduced: Vec<f64>,
    /// Values of the variables of the rows. `[row]`
    values: Vec<f64>,
    /// Variable of each row.
    basic: Vec<u32>,
    /// Variable of each column.
    outside: Vec<u32>,
    /// Whether a column's variable stands at its upper bound. `[column]`
    is_upper: Vec<bool>,
    /// How far apart the bounds of a column's variable are. `[column]`
    spans: Vec<f64>,
    /// What the multipliers prove, as far as the arithmetic here goes.
    objective: f64,
    /// `[candidate]`
    lower: Vec<f64>,
    /// `[candidate]`
    upper: Vec<f64>,
    ratios: Vec<(f64, u32)>,
}

impl Clone for Simplex {
    fn clone(&self) -> Self {
        let mut copy = Self::default();
        copy.clone_from(self);
        copy
    }

    /// Copies what is there into the room that there is.
    fn clone_from(&mut self, other: &Self) {
        (self.rows, self.columns, self.n) = (other.rows, other.columns, other.n);
        self.tableau.clone_from(&other.tableau);
        self.reduced.clone_from(&other.reduced);
        self.values.clone_from(&other.values);
        self.basic.clone_from(&other.basic);
        self.outside.clone_from(&other.outside);
        self.is_upper.clone_from(&other.is_upper);
        self.spans.clone_from(&other.spans);
        self.objective = other.objective;
        self.lower.clone_from(&other.lower);
        self.upper.clone_from(&other.upper);
    }
}

/// So many columns are sought one by one in the ratio test, before all others are sorted.
const SOUGHT: usize = 6;

/// Puts the next in order at its place, those before it being there.
fn put_next(ratios: &mut [(f64, u32)], place: usize) {
    let order = |a: &(f64, u32), b: &(f64, u32)| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1));
    if place < SOUGHT {
        let mut least = place;
        for at in place + 1..ratios.len() {
            least = if order(&ratios[at], &ratios[least]).is_lt() { at } else { least };
        }
        ratios.swap(place, least);
    } else if place == SOUGHT {
        ratios[place..].sort_unstable_by(order);
    }
}

/// Where a variable of the solution stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fractional {
    /// The candidate.
    pub candidate: u32,
    /// Its part, inside (0, 1).
    pub part: f64,
}

impl Simplex {
    /// Starts with nobody, but for whoever costs less than nothing. `parts`: of each row, `[row][candidate]`.
    pub fn start<'a>(&mut self, costs: &[f64], parts: impl Iterator<Item = &'a [f64]>) {
        let n = costs.len();
        (self.columns, self.n) = (n, n);
        self.tableau.clear();
        parts.for_each(|part| self.tableau.extend(part.iter().map(|part| -part)));
        self.rows = self.tableau.len() / n.max(1);
        self.reduced.clear();
        self.reduced.extend_from_slice(costs);
        self.outside.clear();
        self.outside.extend((0u32..).take(n));
        self.basic.clear();
        self.basic.extend((0u32..).skip(n).take(self.rows));
        self.is_upper.clear();
        self.is_upper.extend(costs.iter().map(|cost| *cost < 0.0));
        self.spans.clear();
        self.spans.resize(n, 1.0);
        self.objective = costs.iter().filter(|cost| **cost < 0.0).sum();
        self.lower.clear();
        self.lower.resize(n, 0.0);
        self.upper.clear();
        self.upper.resize(n, 1.0);
        self.values.clear();
        for row in self.tableau.chunks(n.max(1)) {
            let there = row.iter().zip(&self.is_upper).filter(|(_, is_upper)| **is_upper);
            self.values.push(-1.0 - there.map(|(entry, _)| entry).sum::<f64>());
        }
    }

    /// Pivots until no variable of a row lies beyond its bounds. `false` if there is no solution or the pivots do not suffice.
    pub fn solve(&mut self, most_pivots: usize) -> bool {
        self.solve_below(most_pivots, f64::INFINITY)
    }

    /// [`Self::solve`], or until the objective has risen to a limit.
    pub fn solve_below(&mut self, most_pivots: usize, limit: f64) -> bool {
        for _ in 0..=most_pivots {
            if self.objective >= limit {
                return true;
            }
            let Some((row, bound)) = self.most_violated() else { return true };
            if !self.pivot_row(row, bound) {
                return false;
            }
        }
        false
    }

    /// About what the multipliers prove.
    pub fn objective(&self) -> f64 {
        self.objective
    }

    /// Writes the multiplier of every row, at least 0.
    pub fn multipliers(&self, out: &mut Vec<f64>) {
        out.clear();
        out.resize(self.rows, 0.0);
        for (variable, reduced) in self.outside.iter().zip(&self.reduced) {
            if let Some(row) = (*variable as usize).checked_sub(self.n) {
                out[row] = reduced.max(0.0);
            }
        }
    }

    /// Writes whose part is 1, and whose is neither that nor 0.
    pub fn parts(&self, whole: &mut Vec<u32>, fractional: &mut Vec<Fractional>) {
        whole.clear();
        fractional.clear();
        for (column, variable) in self.outside.iter().enumerate() {
            if (*variable as usize) < self.n && self.bound_of(column) > 0.5 {
                whole.push(*variable);
            }
        }
        for (candidate, part) in self.basic.iter().copied().zip(self.values.iter().copied()) {
            if candidate as usize >= self.n || part <= SLACK {
                continue;
            }
            if part >= 1.0 - SLACK {
                whole.push(candidate);
            } else {
                fractional.push(Fractional { candidate, part });
            }
        }
    }

    /// Lets a candidate join whole or not at all.
    pub fn fix(&mut self, candidate: u32, part: f64) {
        let at = candidate as usize;
        if let Some(column) = self.outside.iter().position(|variable| *variable == candidate) {
            let change = part - self.bound_of(column);
            self.move_column(column, change);
            self.spans[column] = 0.0;
        }
        (self.lower[at], self.upper[at]) = (part, part);
    }

    /// Leaves candidates where they stand for good: they lose their columns. Those of a row stay.
    pub fn settle(&mut self, is_settled: impl Fn(u32) -> bool) {
        let stays = |variable: &u32| *variable as usize >= self.n || !is_settled(*variable);
        let columns: Vec<usize> = (0..self.columns).filter(|column| stays(&self.outside[*column])).collect();
        for row in 0..self.rows {
            for (to, from) in columns.iter().enumerate() {
                self.tableau[row * columns.len() + to] = self.tableau[row * self.columns + from];
            }
        }
        for (to, from) in columns.iter().enumerate() {
            self.reduced[to] = self.reduced[*from];
            self.outside[to] = self.outside[*from];
            self.is_upper[to] = self.is_upper[*from];
            self.spans[to] = self.spans[*from];
        }
        self.columns = columns.len();
        self.tableau.truncate(self.rows * self.columns);
        self.reduced.truncate(self.columns);
        self.outside.truncate(self.columns);
        self.is_upper.truncate(self.columns);
        self.spans.truncate(self.columns);
    }

    /// Whether a candidate has a row.
    pub fn is_basic(&self, candidate: u32) -> bool {
        self.basic.contains(&candidate)
    }

    /// Bounds of a variable: of a candidate, what is decided of it.
    pub fn bounds_of(&self, variable: u32) -> (f64, f64) {
        let at = variable as usize;
        if at < self.n { (self.lower[at], self.upper[at]) } else { (0.0, f64::INFINITY) }
    }

    /// Value of a column's variable.
    fn bound_of(&self, column: usize) -> f64 {
        let (lower, upper) = self.bounds_of(self.outside[column]);
        if self.is_upper[column] { upper } else { lower }
    }

    /// The row whose variable lies furthest beyond its bounds, and the bound it must go to.
    fn most_violated(&self) -> Option<(usize, f64)> {
        let mut worst: Option<(f64, usize, f64)> = None;
        for (row, (variable, value)) in self.basic.iter().zip(&self.values).enumerate() {
            let (lower, upper) = self.bounds_of(*variable);
            let (by, bound) = if *value < lower { (lower - value, lower) } else { (value - upper, upper) };
            if by > SLACK && worst.is_none_or(|(most, ..)| by > most) {
                worst = Some((by, row, bound));
            }
        }
        worst.map(|(_, row, bound)| (row, bound))
    }

    /// Brings the variable of a row to a bound and another in its place. `false` if nothing can.
    fn pivot_row(&mut self, row: usize, bound: f64) -> bool {
        let short = self.values[row] - bound;
        let sign = if short < 0.0 { 1.0 } else { -1.0 };
        let entries = row * self.columns..(row + 1) * self.columns;
        self.ratios.clear();
        let columns =
            self.tableau[entries.clone()].iter().zip(&self.reduced).zip(&self.is_upper).zip(&self.spans);
        for (column, (((entry, reduced), is_upper), span)) in (0u32..).zip(columns) {
            // Whom it helps to move away from where it stands.
            let helps = if *is_upper { sign * entry > PIVOT } else { sign * entry < -PIVOT };
            if helps && *span > 0.0 {
                self.ratios.push(((reduced / entry).abs(), column));
            }
        }
        let mut ratios = std::mem::take(&mut self.ratios);
        let mut open = short.abs();
        let (mut enters, mut passed) = (None, 0);
        while passed < ratios.len() {
            put_next(&mut ratios, passed);
            let at = ratios[passed].1 as usize;
            open -= self.tableau[entries.start + at].abs() * self.spans[at];
            if open <= 0.0 {
                enters = Some(at);
                break;
            }
            passed += 1;
        }
        // Where everybody is needed, the sums may miss the bound by a rounding.
        let last = ratios.last().filter(|_| open <= SLACK).map(|(_, column)| *column as usize);
        let enters = enters.or(last);
        if let Some(enters) = enters {
            for (_, column) in ratios.iter().take_while(|(_, column)| *column as usize != enters) {
                let at = *column as usize;
                let change = if self.is_upper[at] { -self.spans[at] } else { self.spans[at] };
                self.move_column(at, change);
                self.is_upper[at] = !self.is_upper[at];
            }
            self.exchange(row, enters, bound);
        }
        self.ratios = ratios;
        enters.is_some()
    }

    /// Moves a column's variable.
    fn move_column(&mut self, column: usize, change: f64) {
        if change != 0.0 {
            self.objective += self.reduced[column] * change;
            for (value, row) in self.values.iter_mut().zip(self.tableau.chunks(self.columns.max(1))) {
                *value -= row[column] * change;
            }
        }
    }

    /// The variable of a row goes to `bound` and leaves its place to that of a column.
    fn exchange(&mut self, row: usize, column: usize, bound: f64) {
        let columns = self.columns;
        let pivot = self.tableau[row * columns + column];
        let change = (self.values[row] - bound) / pivot;
        let enters_at = self.bound_of(column) + change;
        self.move_column(column, change);
        self.values[row] = enters_at;
        let (before, rest) = self.tableau.split_at_mut(row * columns);
        let (own, after) = rest.split_at_mut(columns);
        own.iter_mut().for_each(|entry| *entry /= pivot);
        own[column] = 1.0 / pivot;
        for others in [before, after, &mut self.reduced] {
            eliminate(own, column, others);
        }
        let (lower, upper) = self.bounds_of(self.basic[row]);
        self.is_upper[column] = bound >= upper;
        self.spans[column] = upper - lower;
        std::mem::swap(&mut self.basic[row], &mut self.outside[column]);
    }
}

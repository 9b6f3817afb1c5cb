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
use crate::kernels::pivots::{divide, least, ratios};

/// How far a variable may lie beyond its bounds.
const SLACK: f64 = 1e-10;
/// So many columns are sought one by one in the ratio test, before all others are parted around the one that is sought.
const SOUGHT: usize = 4;
/// Fewer columns are sorted.
const FEW: usize = 16;
/// Place of a variable that stands in a row.
const IN_A_ROW: u32 = u32::MAX;

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
    /// Columns of what the rows have beyond their need. `[row]`
    beyond: Vec<u32>,
    /// 1 where a column's variable stands at its lower bound, −1 where at its upper, 0 where it is decided. `[column]`
    moves: Vec<f64>,
    /// Where that is. `[column]`
    at: Vec<f64>,
    /// What the multipliers prove, as far as the arithmetic here goes.
    objective: f64,
    /// `[candidate]`
    lower: Vec<f64>,
    /// `[candidate]`
    upper: Vec<f64>,
    room: Room,
}

/// Room of the ratio test.
#[derive(Debug, Default)]
struct Room {
    up: Vec<f64>,
    down: Vec<f64>,
    passed: Vec<u32>,
    rest: Vec<(f64, u32)>,
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
        self.beyond.clone_from(&other.beyond);
        self.moves.clone_from(&other.moves);
        self.at.clone_from(&other.at);
        self.objective = other.objective;
        self.lower.clone_from(&other.lower);
        self.upper.clone_from(&other.upper);
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

/// A move of the multipliers that a decision about a candidate allows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Penalty {
    /// What they prove more after it, as far as the arithmetic here goes; infinite where the decision leaves no solution.
    pub gain: f64,
    /// Its length along the candidate's row.
    length: f64,
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
        self.beyond.clear();
        self.beyond.resize(self.rows, IN_A_ROW);
        self.moves.clear();
        self.moves.extend(costs.iter().map(|cost| if *cost < 0.0 { -1.0 } else { 1.0 }));
        self.at.clear();
        self.at.extend(costs.iter().map(|cost| if *cost < 0.0 { 1.0 } else { 0.0 }));
        self.objective = costs.iter().filter(|cost| **cost < 0.0).sum();
        self.lower.clear();
        self.lower.resize(n, 0.0);
        self.upper.clear();
        self.upper.resize(n, 1.0);
        self.values.clear();
        for row in self.tableau.chunks(n.max(1)) {
            let there = row.iter().zip(&self.moves).filter(|(_, moves)| **moves < 0.0);
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
        let of =
            |column: &u32| if *column == IN_A_ROW { 0.0 } else { self.reduced[*column as usize].max(0.0) };
        out.clear();
        out.extend(self.beyond.iter().map(of));
    }

    /// [`Self::multipliers`] after a move along the row of a candidate.
    pub fn moved(&self, candidate: u32, penalty: Penalty, out: &mut Vec<f64>) {
        let Some(row) = self.basic.iter().position(|variable| *variable == candidate) else {
            return self.multipliers(out);
        };
        let entries = &self.tableau[row * self.columns..(row + 1) * self.columns];
        let of = |column: &u32| match *column {
            IN_A_ROW => 0.0,
            column => (self.reduced[column as usize] - penalty.length * entries[column as usize]).max(0.0),
        };
        out.clear();
        out.extend(self.beyond.iter().map(of));
    }

    /// Writes whose part is 1, and whose is neither that nor 0.
    pub fn parts(&self, whole: &mut Vec<u32>, fractional: &mut Vec<Fractional>) {
        whole.clear();
        fractional.clear();
        // What a row has beyond its need stands at 0.
        whole.extend(
            self.outside.iter().zip(&self.at).filter(|(_, at)| **at > 0.5).map(|(variable, _)| *variable),
        );
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

    /// What it costs at least to let a candidate that stands in a row not join, and to let him join whole.
    pub fn penalties(&mut self, candidate: u32) -> [Penalty; 2] {
        let Some(row) = self.basic.iter().position(|variable| *variable == candidate) else {
            return [Penalty { gain: 0.0, length: 0.0 }; 2];
        };
        self.set_ratios(row);
        let part = self.values[row];
        let entries = &self.tableau[row * self.columns..(row + 1) * self.columns];
        [(&mut self.room.down, part), (&mut self.room.up, 1.0 - part)].map(|(ratios, mut open)| {
            let (mut gain, mut last) = (0.0, 0.0);
            loop {
                let (ratio, at) = least(ratios);
                let Some(entry) = entries.get(at) else {
                    return Penalty { gain: f64::INFINITY, length: 0.0 };
                };
                gain += open * (ratio - last);
                if self.outside[at] as usize >= self.n || entry.abs() >= open {
                    return Penalty { gain, length: self.reduced[at] / entry };
                }
                open -= entry.abs();
                last = ratio;
                ratios[at] = f64::INFINITY;
            }
        })
    }

    /// Lets a candidate join whole or not at all.
    pub fn fix(&mut self, candidate: u32, part: f64) {
        let at = candidate as usize;
        if let Some(column) = self.outside.iter().position(|variable| *variable == candidate) {
            self.move_column(column, part - self.at[column]);
            (self.moves[column], self.at[column]) = (0.0, part);
        }
        (self.lower[at], self.upper[at]) = (part, part);
    }

    /// Leaves all but some candidates where they stand for good: they lose their columns, and the others are counted from 0 in their order.
    /// `core`: those that stay, rising, all of a row among them.
    pub fn settle(&mut self, core: &[u32]) {
        let place = |variable: u32| -> Option<u32> {
            let n = u32::try_from(self.n).ok()?;
            let place = if variable < n {
                core.binary_search(&variable).ok()?
            } else {
                core.len() + (variable - n) as usize
            };
            u32::try_from(place).ok()
        };
        let columns: Vec<(usize, u32)> = self
            .outside
            .iter()
            .enumerate()
            .filter_map(|(column, variable)| Some((column, place(*variable)?)))
            .collect();
        self.basic = self.basic.iter().filter_map(|variable| place(*variable)).collect();
        for row in 0..self.rows {
            for (to, (from, _)) in columns.iter().enumerate() {
                self.tableau[row * columns.len() + to] = self.tableau[row * self.columns + from];
            }
        }
        for (to, (from, variable)) in columns.iter().enumerate() {
            self.reduced[to] = self.reduced[*from];
            self.moves[to] = self.moves[*from];
            self.at[to] = self.at[*from];
            self.outside[to] = *variable;
        }
        for (to, from) in core.iter().enumerate() {
            self.lower[to] = self.lower[*from as usize];
            self.upper[to] = self.upper[*from as usize];
        }
        (self.columns, self.n) = (columns.len(), core.len());
        self.tableau.truncate(self.rows * self.columns);
        for column in [&mut self.reduced, &mut self.moves, &mut self.at] {
            column.truncate(self.columns);
        }
        self.outside.truncate(self.columns);
        self.lower.truncate(self.n);
        self.upper.truncate(self.n);
        self.beyond.fill(IN_A_ROW);
        for (column, variable) in (0u32..).zip(&self.outside) {
            if let Some(row) = (*variable as usize).checked_sub(self.n) {
                self.beyond[row] = column;
            }
        }
    }

    /// Whether a candidate has a row.
    pub fn is_basic(&self, candidate: u32) -> bool {
        self.basic.contains(&candidate)
    }

    /// What is decided of the candidates: least and largest parts.
    pub fn bounds(&self) -> (&[f64], &[f64]) {
        (&self.lower, &self.upper)
    }

    /// Bounds of a variable.
    fn bounds_of(&self, variable: u32) -> (f64, f64) {
        let at = variable as usize;
        if at < self.n { (self.lower[at], self.upper[at]) } else { (0.0, f64::INFINITY) }
    }

    /// How far apart the bounds of a column's variable are that is not decided.
    fn span_of(&self, column: usize) -> f64 {
        if (self.outside[column] as usize) < self.n { 1.0 } else { f64::INFINITY }
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

    /// Whom it helps to move away from where it stands, if a row's variable is to rise or to fall.
    fn set_ratios(&mut self, row: usize) {
        let Room { up, down, .. } = &mut self.room;
        // What is left of another row is overwritten.
        up.resize(self.columns, 0.0);
        down.resize(self.columns, 0.0);
        let entries = &self.tableau[row * self.columns..(row + 1) * self.columns];
        ratios((entries, &self.reduced, &self.moves), up, down);
    }

    /// Brings the variable of a row to a bound and another in its place. `false` if nothing can.
    fn pivot_row(&mut self, row: usize, bound: f64) -> bool {
        self.set_ratios(row);
        let short = self.values[row] - bound;
        let mut room = std::mem::take(&mut self.room);
        let enters = self.enters(row, short, &mut room);
        if let Some(enters) = enters {
            for at in room.passed.iter().map(|at| *at as usize).filter(|at| *at != enters) {
                let change = self.moves[at];
                self.move_column(at, change);
                self.moves[at] = -change;
                self.at[at] += change;
            }
            self.exchange(row, enters, bound);
        }
        self.room = room;
        enters.is_some()
    }

    /// The column that takes a row's place, whose variable is to move by so much the other way; leaves those that go to their other bound
    /// before in `passed`.
    fn enters(&self, row: usize, short: f64, room: &mut Room) -> Option<usize> {
        let Room { up, down, passed, rest } = room;
        let ratios = if short < 0.0 { up } else { down };
        let weight = |at: usize| self.tableau[row * self.columns + at].abs() * self.span_of(at);
        let mut open = short.abs();
        passed.clear();
        while passed.len() < SOUGHT {
            let (_, at) = least(ratios);
            if at == ratios.len() {
                break;
            }
            open -= weight(at);
            if open <= 0.0 {
                return Some(at);
            }
            ratios[at] = f64::INFINITY;
            passed.push(u32::try_from(at).ok()?);
        }
        rest.clear();
        if passed.len() == SOUGHT {
            rest.extend(ratios.iter().copied().zip(0u32..).filter(|(ratio, _)| *ratio < f64::INFINITY));
        }
        let order = |a: &(f64, u32), b: &(f64, u32)| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1));
        let mut rest = &mut rest[..];
        while rest.len() > FEW {
            let middle = rest.len() / 2;
            rest.select_nth_unstable_by(middle, order);
            let before: f64 = rest[..middle].iter().map(|(_, at)| weight(*at as usize)).sum();
            if before >= open {
                rest = &mut rest[..middle];
            } else {
                open -= before;
                passed.extend(rest[..middle].iter().map(|(_, at)| *at));
                rest = &mut rest[middle..];
            }
        }
        rest.sort_unstable_by(order);
        for (_, at) in rest {
            open -= weight(*at as usize);
            if open <= 0.0 {
                return Some(*at as usize);
            }
            passed.push(*at);
        }
        // Where everybody is needed, the sums may miss the bound by a rounding.
        passed.last().filter(|_| open <= SLACK).map(|at| *at as usize)
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
        let enters_at = self.at[column] + change;
        self.move_column(column, change);
        self.values[row] = enters_at;
        let (before, rest) = self.tableau.split_at_mut(row * columns);
        let (own, after) = rest.split_at_mut(columns);
        divide(own, pivot);
        own[column] = 1.0 / pivot;
        for others in [before, after, &mut self.reduced] {
            eliminate(own, column, others);
        }
        let (lower, upper) = self.bounds_of(self.basic[row]);
        let at_bound = if bound >= upper { -1.0 } else { 1.0 };
        (self.moves[column], self.at[column]) = (if upper > lower { at_bound } else { 0.0 }, bound);
        std::mem::swap(&mut self.basic[row], &mut self.outside[column]);
        if let Some(left) = (self.basic[row] as usize).checked_sub(self.n) {
            self.beyond[left] = IN_A_ROW;
        }
        if let Some(here) = (self.outside[column] as usize).checked_sub(self.n) {
            self.beyond[here] = u32::try_from(column).unwrap_or(IN_A_ROW);
        }
    }
}

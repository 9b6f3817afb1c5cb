//! Whole coalitions from what a linear relaxation says: who takes part at all joins whole, then those leave whom nothing needs.

use super::exact::Task;
use super::order::Order;
use super::simplex::Fractional;
use crate::attack::part;
use crate::graph::to_f64;
use crate::kernels::needed::{ROWS, cost_of_needed};

/// Operators that give more where a target falls short by a rounding.
const MOST_MENDED: usize = 4;

/// Working memory.
#[derive(Debug, Clone, Default)]
pub struct Rounding {
    by_payment: Order,
    /// Candidates, dearest first; empty where that is not known yet.
    order: Vec<u32>,
    /// Places in that order. `[candidate]`
    places: Vec<u32>,
    /// Who takes part, a bit each in that order.
    present: Vec<u64>,
    /// Power. `[candidate · rows + row]`
    units: Vec<u128>,
    /// Power as a part of what is needed, and payments; empty where there are more rows than a tile has. `[place in the order]`
    tiles: Vec<[f64; ROWS]>,
    payments: Vec<f64>,
    surplus: Vec<(usize, u128)>,
    /// Part of its keys that each commits while members are rounded; empty where nobody can be divided. `[candidate]`
    share: Vec<u64>,
}

impl Rounding {
    /// Forgets an earlier task.
    pub fn clear(&mut self) {
        self.order.clear();
    }

    /// Everybody who takes part at all and has one key joins whole; then those leave whom nothing needs, dearest first, and who can be
    /// divided takes back what nothing needs. `members`: who joins whole in the relaxation, and then the coalition. Returns what it costs;
    /// `None` if it falls short or costs as much as is known.
    pub fn round(
        &mut self,
        task: Task<'_>,
        (members, fractional): (&mut Vec<u32>, &[Fractional]),
        known: f64,
    ) -> Option<f64> {
        self.share.clear();
        if !task.scene.divisible.is_empty() {
            self.divide(task, fractional);
        }
        members.extend(fractional.iter().map(|of| of.candidate));
        if self.order.is_empty() {
            self.rank(task);
        }
        self.mark(members);
        if self.share.is_empty() && !self.tiles.is_empty() {
            let rows = self.surplus.len();
            let over = std::array::from_fn(|row| if row < rows { -1.0 } else { 0.0 });
            let about = cost_of_needed(&self.present, (&self.tiles, &self.payments), over, known);
            if about >= known {
                return None;
            }
        }
        self.mend(task, members);
        if !self.surpluses(task, members) {
            return None;
        }
        self.drop_needless(task, members);
        let payment = |who: u32| task.payments[who as usize];
        let Self { surplus, share, .. } = self;
        if !share.is_empty() {
            for who in members.iter().filter(|who| task.scene.divides(**who) && payment(**who) > 0.0) {
                let at = *who as usize;
                share[at] = part::trimmed(|target| task.units(target, *who), share[at], surplus);
            }
            members.retain(|who| share[*who as usize] > 0);
        }
        let part = |who: u32| share.get(who as usize).map_or(1.0, |share| part::value(*share));
        Some(members.iter().map(|who| part(*who) * payment(*who)).sum()).filter(|cost| *cost < known)
    }

    /// Part of its keys that each candidate commits in the coalition made last; nothing where nobody can be divided.
    pub fn shares(&self) -> &[u64] {
        &self.share
    }

    /// Notes who takes part.
    fn mark(&mut self, members: &[u32]) {
        self.present.fill(0);
        for who in members {
            let place = self.places[*who as usize];
            self.present[place as usize / 64] |= 1 << (place % 64);
        }
    }

    /// Lets those leave whom nothing needs, dearest first.
    fn drop_needless(&mut self, task: Task<'_>, members: &mut Vec<u32>) {
        self.mark(members);
        let Self { order, present, surplus, share, units, .. } = self;
        members.clear();
        let rows = surplus.len();
        for (order, word) in order.chunks(64).zip(present) {
            while *word != 0 {
                let who = order[word.trailing_zeros() as usize];
                *word &= *word - 1;
                let units = &units[who as usize * rows..(who as usize + 1) * rows];
                let part = share.get(who as usize).copied().unwrap_or(part::WHOLE);
                let needed = units
                    .iter()
                    .zip(&*surplus)
                    .any(|(units, (_, left))| part::of_units(*units, part) > *left);
                if task.payments[who as usize] < 0.0 || needed {
                    members.push(who);
                } else {
                    let left = surplus.iter_mut().zip(units);
                    left.for_each(|((_, left), units)| *left -= part::of_units(*units, part));
                }
            }
        }
    }

    /// Puts the candidates of a task in order, dearest first, and their powers side by side.
    fn rank(&mut self, task: Task<'_>) {
        let n = task.payments.len();
        self.by_payment.clear(n);
        (0u32..).zip(task.payments).for_each(|(who, payment)| self.by_payment.push(-payment, who));
        self.by_payment.sort();
        self.order.extend(self.by_payment.iter());
        self.places.resize(n, 0);
        for (place, who) in (0u32..).zip(&self.order) {
            self.places[*who as usize] = place;
        }
        self.present.resize(n.div_ceil(64), 0);
        self.surplus.clear();
        self.surplus.extend(task.rows().map(|row| (row, 0)));
        let rows = self.surplus.len();
        self.units.resize(n * rows, 0);
        self.tiles.clear();
        self.tiles.resize(if rows <= ROWS { n } else { 0 }, [0.0; ROWS]);
        self.payments.clear();
        self.payments.extend(self.order.iter().map(|who| task.payments[*who as usize]));
        for (at, row) in task.rows().enumerate() {
            let units = task.scene.row_units(task.joint, row);
            self.units.iter_mut().skip(at).step_by(rows).zip(units).for_each(|(out, units)| *out = *units);
            let inverse = 1.0 / to_f64(task.scene.row_need(row));
            for (tile, who) in self.tiles.iter_mut().zip(&self.order) {
                tile[at] = inverse * to_f64(units[*who as usize]);
            }
        }
    }

    /// What the members bring beyond the need of each row. `false` if they fall short.
    fn surpluses(&mut self, task: Task<'_>, members: &[u32]) -> bool {
        self.surplus.iter_mut().for_each(|(_, brought)| *brought = 0);
        let rows = self.surplus.len();
        for who in members {
            let units = &self.units[*who as usize * rows..(*who as usize + 1) * rows];
            let part = self.share.get(*who as usize).copied().unwrap_or(part::WHOLE);
            let brought = self.surplus.iter_mut().zip(units);
            brought.for_each(|((_, brought), units)| *brought += part::of_units(*units, part));
        }
        self.surplus.iter_mut().all(|(row, brought)| {
            let over = brought.checked_sub(task.scene.row_need(*row));
            *brought = over.unwrap_or(0);
            over.is_some()
        })
    }

    /// Parts of those who can be divided as the relaxation has them, everybody else whole.
    fn divide(&mut self, task: Task<'_>, fractional: &[Fractional]) {
        self.share.resize(task.payments.len(), part::WHOLE);
        for of in fractional.iter().filter(|of| task.scene.divides(of.candidate)) {
            self.share[of.candidate as usize] = part::up(of.part);
        }
    }

    /// Where rounding has left a target short, those who can be divided give more, cheapest first.
    fn mend(&mut self, task: Task<'_>, members: &mut Vec<u32>) {
        if self.share.is_empty() {
            return;
        }
        for target in task.rows() {
            for _ in 0..MOST_MENDED {
                let brought: u128 = members.iter().map(|who| task.committed(target, *who, &self.share)).sum();
                let Some(missing) = task.scene.row_need(target).checked_sub(brought).filter(|m| *m > 0)
                else {
                    break;
                };
                let is_in = |who: u32| members.contains(&who);
                let has_room = |who: &u32| {
                    let room = !is_in(*who) || self.share[*who as usize] < part::WHOLE;
                    task.scene.divides(*who) && task.units(target, *who) > 0 && room
                };
                let ratio = |who: &u32| task.payments[*who as usize] / to_f64(task.units(target, *who));
                let all = (0u32..).take(task.payments.len()).filter(has_room);
                let Some(who) = all.min_by(|a, b| ratio(a).total_cmp(&ratio(b))) else { break };
                let joins = !is_in(who);
                let here = if joins { 0 } else { task.committed(target, who, &self.share) };
                self.share[who as usize] = part::with_units(task.units(target, who), here + missing);
                if joins {
                    members.push(who);
                }
            }
        }
    }
}

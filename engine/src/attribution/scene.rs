//! Scenarios in which an attack pays, kept apart from their blocks.

use super::booked::Whole;
use crate::attack::{NO_TARGET, assess, execute_seen};
use crate::kernels::{LANES, Mask};
use crate::moments::Moments;
use crate::rare::Importance;
use crate::run::{Plan, blocks_in_order};
use crate::sampling::{Crowd, Draws};

/// A set of operators.
pub(super) type Set = Vec<u64>;

/// Whether an operator is in a set.
pub(super) fn holds(set: &[u64], operator: usize) -> bool {
    set[operator / 64] >> (operator % 64) & 1 == 1
}

/// Puts an operator in a set.
pub(super) fn insert(set: &mut [u64], operator: usize) {
    set[operator / 64] |= 1 << (operator % 64);
}

/// What an attacked scenario counts for, and does damage for, USD.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Damage {
    /// Its likelihood ratio; 1 in a plain run.
    pub weight: f64,
    /// Stake slashed, as far as slashes landed.
    pub slashed: f64,
    /// What the attacker takes from users.
    pub users: f64,
}

/// One scenario in which an attack pays: what decides over attacks, and the attack.
#[derive(Debug, Clone)]
pub(super) struct Scene {
    pub scenario: u64,
    prices: Vec<f64>,
    profits: Vec<f64>,
    premium: f64,
    pub colluders: Set,
    pub bribable: Set,
    compromised: Option<Set>,
    turned: u8,
    /// Operators that carry the attack out.
    pub members: Vec<u32>,
    pub damage: Damage,
}

/// Every scenario of a plan with one design in which an attack pays, in order, and what there is in all; by importance sampling
/// where `importance` draws.
pub(super) fn attacked(plan: &Plan, importance: Option<&Importance>) -> (Vec<Scene>, Whole) {
    let blocks = blocks_in_order(plan.n_blocks(), |block| {
        let mut room = plan.room();
        let mut members: Vec<Vec<u32>> = vec![Vec::new(); LANES];
        match importance {
            Some(importance) => plan.draw_given(block, &mut room.draws, |draws| importance.draw(draws)),
            None => plan.draw_plain(block, &mut room.draws),
        }
        assess(plan.graph(), &room.draws, &mut room.outcomes);
        execute_seen(plan.graph(), &room.draws, &mut room.outcomes, &mut room.execution, |_, lane, who| {
            members[lane].extend_from_slice(who);
        });
        let out = &room.execution.designs[0];
        let lanes = (0..room.draws.n).filter(|lane| out.target[*lane] != NO_TARGET);
        let weight = |lane: usize| importance.map_or(1.0, |_| room.draws.weight[lane]);
        let scene = |lane: usize| {
            let (slashed, users) = (out.slashed[lane], out.taken[lane]);
            let damage = Damage { weight: weight(lane), slashed, users };
            Scene::of(&room.draws, lane, std::mem::take(&mut members[lane]), damage)
        };
        let scenes: Vec<Scene> = lanes.map(scene).collect();
        let n = room.draws.n;
        let mut whole = Whole { n: n as u64, ..Whole::default() };
        (0..n).for_each(|lane| whole.weights.add(weight(lane), 1.0));
        whole.slashed.plain = Moments::of(&out.slashed[..n]);
        whole.users.plain = Moments::of(&out.taken[..n]);
        for lane in 0..n {
            whole.slashed.weighted.add(weight(lane), out.slashed[lane]);
            whole.users.weighted.add(weight(lane), out.taken[lane]);
        }
        scenes.iter().for_each(|scene| whole.attacked.add(scene.damage));
        (scenes, whole)
    });
    let mut whole = Whole { most_weight: importance.map(Importance::most_weight), ..Whole::default() };
    let mut scenes = Vec::new();
    for (of_block, in_all) in blocks {
        whole.merge(&in_all);
        scenes.extend(of_block);
    }
    (scenes, whole)
}

impl Scene {
    fn of(draws: &Draws, lane: usize, members: Vec<u32>, damage: Damage) -> Self {
        let at = |columns: &[[f64; LANES]]| columns.iter().map(|column| column[lane]).collect();
        Self {
            scenario: draws.first_scenario + lane as u64,
            prices: at(&draws.prices),
            profits: at(&draws.profits),
            premium: draws.premium[lane],
            colluders: set_of(&draws.colluders, lane),
            bribable: set_of(&draws.bribable, lane),
            compromised: draws.compromised.as_ref().map(|crowd| set_of(crowd, lane)),
            turned: draws.turned[lane],
            members,
            damage,
        }
    }

    /// Puts the scenario into a lane, with some operators honest at any price.
    pub(super) fn put(&self, draws: &mut Draws, lane: usize, honest: &[u64]) {
        draws.prices.iter_mut().zip(&self.prices).for_each(|(column, price)| column[lane] = *price);
        draws.profits.iter_mut().zip(&self.profits).for_each(|(column, profit)| column[lane] = *profit);
        draws.premium[lane] = self.premium;
        draws.turned[lane] = self.turned;
        write(&mut draws.colluders.rows, lane, (&self.colluders, honest));
        write(&mut draws.bribable.rows, lane, (&self.bribable, honest));
        if let (Some(crowd), Some(set)) = (&mut draws.compromised, &self.compromised) {
            write(&mut crowd.rows, lane, (set, honest));
        }
    }
}

fn set_of(crowd: &Crowd, lane: usize) -> Set {
    let mut set = vec![0; crowd.rows.len().div_ceil(64)];
    crowd.lane(lane).for_each(|operator| insert(&mut set, operator));
    set
}

/// Writes a set less the honest into one lane.
fn write(rows: &mut [Mask], lane: usize, (set, honest): (&[u64], &[u64])) {
    let (word, bit) = (lane / 64, 1 << (lane % 64));
    for (operator, row) in rows.iter_mut().enumerate() {
        let is_in = holds(set, operator) && !holds(honest, operator);
        row[word] = if is_in { row[word] | bit } else { row[word] & !bit };
    }
}

//! What is booked to whom, and the rows that come of it.

use super::players::Players;
use super::scene::{Attacks, Damage};
use crate::estimate::{ContributionRow, Estimate};
use crate::moments::Moments;

/// The whole, and attacks that need no operator.
const WHOLE: &str = "*";
const NOBODY: &str = "(nobody)";
/// Operators that stand in no group, each a player of its own.
const UNGROUPED: &str = "(none)";

/// Scenarios booked to one player.
#[derive(Debug, Clone, Copy, Default)]
struct Booked {
    scenarios: u64,
    slashed: Moments,
    users: Moments,
}

impl Booked {
    fn add(&mut self, damage: Damage) {
        self.scenarios += 1;
        self.slashed.merge(&Moments::of(&[damage.slashed]));
        self.users.merge(&Moments::of(&[damage.users]));
    }

    fn merge(&mut self, later: &Self) {
        self.scenarios += later.scenarios;
        self.slashed.merge(&later.slashed);
        self.users.merge(&later.users);
    }
}

/// What some scenes book to each player.
#[derive(Debug, Clone, Default)]
pub(super) struct Book {
    /// Scenarios in which it is in the coalition. `[player]`
    coalitions: Vec<u64>,
    /// Scenarios in which no attack is left without it. `[player]`
    critical: Vec<Booked>,
    /// Scenarios of which it is the pivot. `[player]`
    pivots: Vec<Booked>,
    nobody: Booked,
}

impl Book {
    pub(super) fn new(n_players: usize) -> Self {
        Self {
            coalitions: vec![0; n_players],
            critical: vec![Booked::default(); n_players],
            pivots: vec![Booked::default(); n_players],
            nobody: Booked::default(),
        }
    }

    pub(super) fn is_in_coalition(&mut self, player: usize) {
        self.coalitions[player] += 1;
    }

    pub(super) fn is_critical(&mut self, player: usize, damage: Damage) {
        self.critical[player].add(damage);
    }

    pub(super) fn pivot(&mut self, player: Option<usize>, damage: Damage) {
        player.map_or(&mut self.nobody, |player| &mut self.pivots[player]).add(damage);
    }

    /// Takes in later scenes.
    pub(super) fn take(&mut self, later: &Self) {
        if self.coalitions.is_empty() {
            self.clone_from(later);
            return;
        }
        self.coalitions.iter_mut().zip(&later.coalitions).for_each(|(a, b)| *a += b);
        self.critical.iter_mut().zip(&later.critical).for_each(|(a, b)| a.merge(b));
        self.pivots.iter_mut().zip(&later.pivots).for_each(|(a, b)| a.merge(b));
        self.nobody.merge(&later.nobody);
    }

    /// The rows of every player with power; those without a group together.
    pub(super) fn rows(mut self, design: &str, players: &Players, n: u64) -> Vec<ContributionRow> {
        if self.coalitions.is_empty() {
            let nobody = std::mem::take(&mut self.nobody);
            self = Self { nobody, ..Self::new(players.n) };
        }
        let named = players.names.len();
        let mut rows = Vec::new();
        let mut write =
            |group: &str, operators: usize, coalitions: Option<u64>, lone: Option<Booked>, pivot| {
                let label = (design, players.attribute.as_str(), group, operators);
                let mut row =
                    |metric: &str, unit, estimate| rows.push(contribution(label, metric, unit, estimate));
                if let Some(coalitions) = coalitions {
                    row("coalition_frequency", "probability", Estimate::probability(coalitions, n));
                }
                booked(&mut row, "shapley", pivot, n);
                if let Some(lone) = lone {
                    booked(&mut row, "leave_one_out", lone, n);
                }
            };
        for (player, name) in
            players.names.iter().enumerate().filter(|(player, _)| players.sizes[*player] > 0)
        {
            let (coalitions, lone) = (self.coalitions[player], self.critical[player]);
            write(name, players.sizes[player], Some(coalitions), Some(lone), self.pivots[player]);
        }
        if players.ungrouped > 0 {
            // Leaving one by one does not add up, so it is not told for several at once.
            write(UNGROUPED, players.ungrouped, None, None, sum(&self.pivots[named..]));
        }
        write(NOBODY, 0, None, None, self.nobody);
        rows
    }
}

fn sum(booked: &[Booked]) -> Booked {
    let mut all = Booked::default();
    booked.iter().for_each(|one| all.merge(one));
    all
}

/// The whole of a design: what the contributions of each kind of player add up to.
pub(super) fn whole(design: &str, n: u64, attacks: &Attacks) -> Vec<ContributionRow> {
    let label = (design, WHOLE, WHOLE, 0);
    vec![
        contribution(label, "p_attack_pays", "probability", Estimate::probability(attacks.attacked, n)),
        contribution(label, "slashed_usd", "usd", Estimate::mean(&attacks.slashed)),
        contribution(label, "borne_by_users_usd", "usd", Estimate::mean(&attacks.users)),
    ]
}

fn booked(row: &mut impl FnMut(&str, &'static str, Estimate), how: &str, booked: Booked, n: u64) {
    let mean = |moments: &Moments| {
        let mut all = *moments;
        all.merge(&Moments::of_hits(n - booked.scenarios, 0));
        Estimate::mean(&all)
    };
    row(&format!("p_attack_pays_{how}"), "probability", Estimate::probability(booked.scenarios, n));
    row(&format!("slashed_usd_{how}"), "usd", mean(&booked.slashed));
    row(&format!("borne_by_users_usd_{how}"), "usd", mean(&booked.users));
}

fn contribution(
    (design, attribute, group, operators): (&str, &str, &str, usize),
    metric: &str,
    unit: &'static str,
    estimate: Estimate,
) -> ContributionRow {
    ContributionRow {
        design: design.to_owned(),
        attribute: attribute.to_owned(),
        group: group.to_owned(),
        operators: i32::try_from(operators).unwrap_or(i32::MAX),
        metric: metric.to_owned(),
        unit,
        estimate,
    }
}

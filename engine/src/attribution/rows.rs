//! What is booked to whom, and the rows that come of it.

use super::booked::{Booked, Hits, Whole};
use super::players::Players;
use super::scene::Damage;
use crate::estimate::{ContributionRow, Estimate};

/// The whole, and attacks that need no operator.
const ALL: &str = "*";
const NOBODY: &str = "(nobody)";
/// Operators that stand in no group, each a player of its own.
const UNGROUPED: &str = "(none)";

/// What some scenes book to each player.
#[derive(Debug, Clone, Default)]
pub(super) struct Book {
    /// Scenarios in which it is in the coalition. `[player]`
    coalitions: Vec<Hits>,
    /// Scenarios in which no attack is left without it. `[player]`
    critical: Vec<Booked>,
    /// Scenarios of which it is the pivot. `[player]`
    pivots: Vec<Booked>,
    nobody: Booked,
}

impl Book {
    pub(super) fn new(n_players: usize) -> Self {
        Self {
            coalitions: vec![Hits::default(); n_players],
            critical: vec![Booked::default(); n_players],
            pivots: vec![Booked::default(); n_players],
            nobody: Booked::default(),
        }
    }

    pub(super) fn is_in_coalition(&mut self, player: usize, damage: Damage) {
        self.coalitions[player].add(damage);
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
        self.coalitions.iter_mut().zip(&later.coalitions).for_each(|(a, b)| a.merge(b));
        self.critical.iter_mut().zip(&later.critical).for_each(|(a, b)| a.merge(b));
        self.pivots.iter_mut().zip(&later.pivots).for_each(|(a, b)| a.merge(b));
        self.nobody.merge(&later.nobody);
    }

    /// The rows of every player with power; those without a group together.
    pub(super) fn rows(mut self, design: &str, players: &Players, whole: &Whole) -> Vec<ContributionRow> {
        if self.coalitions.is_empty() {
            let nobody = std::mem::take(&mut self.nobody);
            self = Self { nobody, ..Self::new(players.n) };
        }
        let named = players.names.len();
        let mut rows = Vec::new();
        let mut write =
            |group: &str, operators: usize, coalitions: Option<Hits>, lone: Option<Booked>, pivot: Booked| {
                let label = (design, players.attribute.as_str(), group, operators);
                let mut row =
                    |metric: &str, unit, estimate| rows.push(contribution(label, metric, unit, estimate));
                if let Some(coalitions) = coalitions {
                    row("coalition_frequency", "probability", whole.probability(&coalitions));
                }
                booked(&mut row, "shapley", pivot.estimates(whole));
                if let Some(lone) = lone {
                    booked(&mut row, "leave_one_out", lone.estimates(whole));
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
pub(super) fn whole(design: &str, whole: &Whole) -> Vec<ContributionRow> {
    let metrics = METRICS.into_iter().zip(whole.estimates());
    let row = |((metric, unit), estimate)| contribution((design, ALL, ALL, 0), metric, unit, estimate);
    metrics.map(row).collect()
}

/// What is shared out, and its unit.
const METRICS: [(&str, &str); 3] =
    [("p_attack_pays", "probability"), ("slashed_usd", "usd"), ("borne_by_users_usd", "usd")];

fn booked(row: &mut impl FnMut(&str, &'static str, Estimate), how: &str, estimates: [Estimate; 3]) {
    for ((metric, unit), estimate) in METRICS.into_iter().zip(estimates) {
        row(&format!("{metric}_{how}"), unit, estimate);
    }
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

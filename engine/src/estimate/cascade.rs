//! What cascades come to: how many rounds they have, and the stake and the power that each takes.

use super::writer::{At, Writer};
use crate::attack::{Cascades, DesignOutcome, NO_TARGET, Round};
use crate::kernels::{Column, LANES};
use crate::moments::Moments;

/// Rounds that are counted one by one.
const MOST_ROUNDS: usize = 5;

/// Cascades of one design.
#[derive(Debug, Clone, Default)]
pub struct CascadeTally {
    /// Stake lost to attacks over all rounds, USD.
    loss: Moments,
    /// The same as a part of the design's stake.
    loss_share: Moments,
    /// Stake of the operators that left, as a part of the design's.
    power_share: Moments,
    /// Rounds, where there is one.
    n_rounds: Moments,
    /// Scenarios whose last search left something undecided.
    open: u64,
    /// Scenarios in which nothing pays before the accidents, and something after them.
    after_shock: u64,
    /// Part of the stake lost, and of the power that left, in each round that took place. `[round]`
    rounds: [[Moments; 2]; MOST_ROUNDS],
}

impl CascadeTally {
    /// Counts one block.
    pub(super) fn of(cascades: &Cascades, out: &DesignOutcome, n: usize) -> Self {
        let (mut loss, mut loss_share, mut power_share) = ([0.0; LANES], [0.0; LANES], [0.0; LANES]);
        let mut n_rounds = [f64::INFINITY; LANES];
        let mut after_shock = 0;
        for rounds in cascades.rounds.chunk_by(|a, b| a.lane == b.lane) {
            let lane = rounds[0].lane;
            loss[lane] = rounds.iter().map(|round| round.lost_usd).sum();
            loss_share[lane] = rounds.iter().map(lost_share).sum();
            power_share[lane] = rounds.iter().map(left_share).sum();
            n_rounds[lane] = crate::moments::count(rounds.len() as u64);
            after_shock += u64::from(out.target[lane] == NO_TARGET);
        }
        let of_round = |index: usize| {
            let here = cascades.rounds.iter().filter(|round| round.round == index + 1);
            [Moments::of_few(here.clone().map(lost_share)), Moments::of_few(here.map(left_share))]
        };
        let moments = |column: &Column| Moments::of(&column[..n]);
        Self {
            loss: moments(&loss),
            loss_share: moments(&loss_share),
            power_share: moments(&power_share),
            n_rounds: moments(&n_rounds),
            open: cascades.open.len() as u64,
            after_shock,
            rounds: std::array::from_fn(of_round),
        }
    }

    /// Takes in a later sample.
    pub(super) fn merge(&mut self, later: &Self) {
        self.loss.merge(&later.loss);
        self.loss_share.merge(&later.loss_share);
        self.power_share.merge(&later.power_share);
        self.n_rounds.merge(&later.n_rounds);
        self.open += later.open;
        self.after_shock += later.after_shock;
        for (mine, later) in self.rounds.iter_mut().flatten().zip(later.rounds.iter().flatten()) {
            mine.merge(later);
        }
    }
}

/// Part of the design's stake that a round forfeits.
pub fn lost_share(round: &Round) -> f64 {
    share(round.lost_usd, round.stake_usd)
}

/// Part of the design's stake that leaves in a round.
pub fn left_share(round: &Round) -> f64 {
    share(round.left_usd, round.stake_usd)
}

fn share(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}

/// Names of the metrics of one round; positions are those of the rounds.
pub const OF_ROUNDS: [[&str; 3]; MOST_ROUNDS] = [
    ["p_cascade_round_1", "cascade_loss_share_given_round_1", "cascade_power_share_given_round_1"],
    ["p_cascade_round_2", "cascade_loss_share_given_round_2", "cascade_power_share_given_round_2"],
    ["p_cascade_round_3", "cascade_loss_share_given_round_3", "cascade_power_share_given_round_3"],
    ["p_cascade_round_4", "cascade_loss_share_given_round_4", "cascade_power_share_given_round_4"],
    ["p_cascade_round_5", "cascade_loss_share_given_round_5", "cascade_power_share_given_round_5"],
];

impl Writer<'_> {
    /// What follows attacks.
    pub(super) fn cascade(&mut self, tally: &CascadeTally) {
        let at = At::DESIGN;
        self.mean(at, "cascade_loss_usd", "usd", &tally.loss);
        self.mean(at, "cascade_loss_share", "share", &tally.loss_share);
        self.mean(at, "cascade_power_share", "share", &tally.power_share);
        self.mean(at, "cascade_rounds_given_attacked", "rounds", &tally.n_rounds);
        self.probability(at, "p_cascade_undecided", tally.open);
        self.probability(at, "p_attack_only_after_shock", tally.after_shock);
        for ([reached, loss, power], [lost, left]) in OF_ROUNDS.into_iter().zip(&tally.rounds) {
            self.probability(at, reached, lost.n());
            self.mean(at, loss, "share", lost);
            self.mean(at, power, "share", left);
        }
    }
}

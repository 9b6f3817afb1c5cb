//! Who makes attacks possible: P(attack pays) and its damage shared out over operators and over the groups of each attribute.
//!
//! Two answers, each to a question of its own. Both ask what is left of an attack that pays once some operators are honest at
//! any price, everything else of the scenario being as it was drawn:
//!
//! - `leave_one_out`: without this one alone. What making it honest would gain. Does not add up: of two operators each of
//!   whom can replace the other neither matters, of two that are both needed each takes all.
//! - `shapley`: players become honest one after another in an order drawn at random, and the scenario is booked to the one
//!   with whom the last profitable attack goes. In the mean over orders that is the power index of Shapley and Shubik (1954) of
//!   the game "an attack pays when these can join", so it adds up to the whole: each attacked scenario is booked once. Attacks
//!   that need no operator (stake bought, hash rate) are booked to nobody.
//!
//! Damage, stake slashed and what users lose, is booked with its scenario, as a whole: the smaller attack that may be left when
//! a player goes counts as the same damage. An operator split over several groups of an attribute stands where its share is
//! largest; one without a group is a player of its own. Attacks are those witnessed, as in `p_attack_pays`.

mod bench;
mod booked;
mod players;
mod rows;
mod scene;
#[cfg(test)]
mod tests;

use crate::design::compile;
use crate::estimate::ContributionRow;
use crate::rare::Importance;
use crate::run::{Plan, in_parallel};
use crate::study::{Design, Estimator, Study};
use bench::Bench;
use players::Players;
use rows::Book;
use scene::{Scene, attacked};

/// Scenes that one worker takes at a time.
const SCENES: usize = 256;

/// Contributions in every design of a study, from its first `scenarios`; on the current rayon pool. The study is one whose
/// operators have chosen already. Where importance sampling is its estimator the scenarios are those of its run, and weighted: each
/// figure is a mean over scenarios, whoever is honest in them.
///
/// Each design is judged alone, on the same draws as in a run. Work grows with the attacks that pay: some ten judgements each
/// for every attribute and one for every member of the coalition.
pub fn attribute(study: &Study, scenarios: u64) -> Vec<ContributionRow> {
    let is_weighted = study.run.estimator == Estimator::Importance;
    let importance = is_weighted.then(|| Importance::new(study, &compile(study), study.run.seed));
    let of = |design: &Design| {
        let study = Study { designs: vec![design.clone()], ..study.clone() };
        of_design(study, scenarios, importance.as_ref())
    };
    study.designs.iter().flat_map(of).collect()
}

/// Contributions in the study's one design.
fn of_design(mut study: Study, scenarios: u64, importance: Option<&Importance>) -> Vec<ContributionRow> {
    study.run.scenarios = study.run.scenarios.min(scenarios);
    let plan = Plan::new(&study);
    let (scenes, whole) = attacked(&plan, importance);
    let by = Players::of_study(&study, plan.graph());
    let chunks: Vec<&[Scene]> = scenes.chunks(SCENES).collect();
    let books = in_parallel(chunks.len(), |index| {
        let mut bench = Bench::new(&plan);
        let free = bench.free(chunks[index]);
        let of = |players: &Players| bench.book(players, chunks[index], &free, study.run.seed);
        by.iter().map(of).collect::<Vec<Book>>()
    });
    let mut rows = rows::whole(&study.designs[0].name, &whole);
    for (position, players) in by.iter().enumerate() {
        let mut book = Book::default();
        books.iter().for_each(|books| book.take(&books[position]));
        rows.extend(book.rows(&study.designs[0].name, players, &whole));
    }
    rows
}

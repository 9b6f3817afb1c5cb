//! Attacked scenarios judged again with some operators honest at any price.

use super::players::Players;
use super::rows::Book;
use super::scene::{Scene, Set, holds, insert};
use crate::attack::{NO_TARGET, assess, decide};
use crate::kernels::LANES;
use crate::run::{Judged, Plan};
use crate::streams::Purpose;

/// A scene, by position, and who is honest in it.
type Question = (usize, Set);

/// Room of one worker.
pub(super) struct Bench<'a> {
    plan: &'a Plan,
    room: Judged,
    words: usize,
}

/// A search for the player with whom the last profitable attack goes.
struct Search {
    scene: usize,
    /// Players that can join, in the order in which they become honest.
    order: Vec<usize>,
    /// An attack still pays with the first `stands` of them honest, and none with the first `falls`.
    stands: usize,
    falls: usize,
}

impl<'a> Bench<'a> {
    pub(super) fn new(plan: &'a Plan) -> Self {
        Self { plan, room: plan.room(), words: plan.graph().n_operators.div_ceil(64) }
    }

    /// Whether an attack still pays, question by question.
    fn answers(&mut self, scenes: &[Scene], questions: &[Question]) -> Vec<bool> {
        let Judged { draws, outcomes, execution, .. } = &mut self.room;
        let mut answers = Vec::with_capacity(questions.len());
        for questions in questions.chunks(LANES) {
            draws.n = questions.len();
            // Lanes that nobody asks for are drawn all the same, and so must hold something.
            for (lane, (scene, honest)) in questions.iter().cycle().take(LANES).enumerate() {
                scenes[*scene].put(draws, lane, honest);
            }
            assess(self.plan.graph(), draws, outcomes);
            decide(self.plan.graph(), draws, outcomes, execution);
            answers.extend(
                execution.designs[0].target[..questions.len()].iter().map(|target| *target != NO_TARGET),
            );
        }
        answers
    }

    /// Which attacks pay without any operator.
    pub(super) fn free(&mut self, scenes: &[Scene]) -> Vec<bool> {
        let everybody = vec![u64::MAX; self.words];
        let questions: Vec<Question> = (0..scenes.len()).map(|scene| (scene, everybody.clone())).collect();
        self.answers(scenes, &questions)
    }

    /// Books every scene under one kind of player.
    pub(super) fn book(&mut self, players: &Players, scenes: &[Scene], free: &[bool], seed: u64) -> Book {
        let mut book = Book::new(players.n);
        self.leave_one_out(players, scenes, free, &mut book);
        let purpose = Purpose::new(seed, &format!("attribution/{}", players.attribute));
        let needed = (0..scenes.len()).filter(|scene| !free[*scene]);
        let searches: Vec<Search> =
            needed.map(|scene| Search::new(players, scenes, scene, &purpose)).collect();
        let mut pivots: Vec<Option<usize>> = vec![None; scenes.len()];
        for search in self.finished(players, scenes, searches) {
            pivots[search.scene] = search.falls.checked_sub(1).map(|last| search.order[last]);
        }
        for (scene, pivot) in scenes.iter().zip(pivots) {
            book.pivot(pivot, scene.damage);
        }
        book
    }

    /// Halves every search until one player is left.
    fn finished(&mut self, players: &Players, scenes: &[Scene], mut searches: Vec<Search>) -> Vec<Search> {
        loop {
            let open: Vec<usize> = (0..searches.len()).filter(|at| searches[*at].is_open()).collect();
            if open.is_empty() {
                return searches;
            }
            let question = |at: &usize| {
                let search = &searches[*at];
                (search.scene, honest(players, &search.order[..search.middle()], self.words))
            };
            let questions: Vec<Question> = open.iter().map(question).collect();
            for (at, stands) in open.into_iter().zip(self.answers(scenes, &questions)) {
                let search = &mut searches[at];
                let middle = search.middle();
                *(if stands { &mut search.stands } else { &mut search.falls }) = middle;
            }
        }
    }

    /// Every member's leaving on its own. Whoever is not in the coalition found changes nothing: the same attack is left.
    fn leave_one_out(&mut self, players: &Players, scenes: &[Scene], free: &[bool], book: &mut Book) {
        let (mut questions, mut asked) = (Vec::new(), Vec::new());
        for (position, scene) in scenes.iter().enumerate() {
            let mut present: Vec<usize> =
                scene.members.iter().filter_map(|member| players.of[*member as usize]).collect();
            present.sort_unstable();
            present.dedup();
            for player in present {
                book.is_in_coalition(player, scene.damage);
                if !free[position] {
                    questions.push((position, honest(players, &[player], self.words)));
                    asked.push((player, scene.damage));
                }
            }
        }
        for ((player, damage), stands) in asked.into_iter().zip(self.answers(scenes, &questions)) {
            if !stands {
                book.is_critical(player, damage);
            }
        }
    }
}

/// The operators of some players.
fn honest(players: &Players, which: &[usize], words: usize) -> Set {
    let mut chosen = vec![false; players.n];
    which.iter().for_each(|player| chosen[*player] = true);
    let mut set = vec![0; words];
    for (operator, player) in players.of.iter().enumerate() {
        if player.is_some_and(|player| chosen[player]) {
            insert(&mut set, operator);
        }
    }
    set
}

impl Search {
    fn new(players: &Players, scenes: &[Scene], position: usize, purpose: &Purpose) -> Self {
        let scene = &scenes[position];
        let can_join =
            |operator: &usize| holds(&scene.colluders, *operator) || holds(&scene.bribable, *operator);
        let joining = (0..players.of.len()).filter(can_join);
        let mut order: Vec<usize> = joining.filter_map(|operator| players.of[operator]).collect();
        order.sort_unstable();
        order.dedup();
        order.sort_by_cached_key(|player| purpose.extra_bits(scene.scenario, *player as u64));
        let is_member =
            |player: &usize| scene.members.iter().any(|member| players.of[*member as usize] == Some(*player));
        // Until the first member of the coalition found goes, that attack is left.
        let stands = order.iter().position(is_member).unwrap_or(0);
        Self { scene: position, stands, falls: order.len(), order }
    }

    fn is_open(&self) -> bool {
        self.falls - self.stands > 1
    }

    fn middle(&self) -> usize {
        self.stands.midpoint(self.falls)
    }
}

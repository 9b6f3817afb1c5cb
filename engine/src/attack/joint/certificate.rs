//! The certificate: an upper bound on the net gain of any coalition on any set of targets.
//!
//! # The bound
//!
//! Let a coalition B attack a set A. With `p_ot` the part of what target t needs that operator o brings (at most 1), B reaches
//! t only if `Σ_{o∈B} p_ot ≥ 1`. For any multipliers `μ_t ≥ 0`, USD,
//!
//! ```text
//! net(A, B) ≤ Σ_{t∈A} PfC_t + Σ_{o∈B} (Σ_{t∈A} r_ot − c_o ℓ_o(A)) + Σ_{t∈A} μ_t (Σ_{o∈B} p_ot − 1)
//!           ≤ Σ_s max(0, max_{t∈s} PfC_t − μ_t) + Σ_o max(0, max_A Σ_{t∈A} (μ_t p_ot + r_ot) − c_o ℓ_o(A)).
//! ```
//!
//! The first step adds what is not negative; joint profit is at most the sum of the profits (a prize counts once), and what
//! returns of a slash at most what would return of it alone (`r_ot`). The second lets every service and every operator choose
//! for itself. `μ_t = PfC_t` makes the first sum vanish: that is the bound of the design page. A target that nobody has power
//! over needs nothing: `μ_t = 0` leaves its profit in the first sum.
//!
//! # Parts of operators
//!
//! An operator that can be divided commits a part `x_o ∈ [0, 1]` of its keys: it brings `x_o p_ot` to every target, pays `x_o c_o ℓ_o(A)` and
//! gets `x_o r_ot` back. The sum over B becomes one over all operators weighted by `x_o`, and `x_o (…) ≤ max(0, …)`: the same bound,
//! provided that `p_ot` is not cut at 1 for them, since a third of somebody with thrice the power needed reaches the target alone.
//!
//! # Losses
//!
//! `ℓ_o(A)` must only be bounded from below by something that can be maximised against. In each pool the loss grows with the
//! fall of the asset d, the home slash h and the income lost (the largest over A each), and with the claims beside them:
//!
//! - `once`: `ℓ ≥ max_{t∈A} a_t`, since each part is the largest;
//! - `additive`: `f = min(1, h + Σ w_t) ≥ h + min(1 − h̄, Σ w_t)` with h̄ the largest home slash there can be;
//! - `compound`: `f = 1 − (1 − h) Π(1 − e_t) ≥ h + (1 − h̄)(1 − exp(−Σ w_t))`, `w_t = −ln(1 − e_t)`;
//! - where the claims are all that is slashed, those two leave out what they take of the `h̄` that another target might take first.
//!   It is no less than `(e_t − (1 − h̄))⁺` (additive) or `h̄ e_t` (compound) of any one target, and with a home slash above that the
//!   bounds hold already; so the home part of each target may be taken as the larger of both. With `h̄ = 1` claims are then charged as
//!   under `once`, not as nothing;
//! - stake in the operator's own hands loses `d + (1 − d) f ≥ d + (1 − d̄) f`, and `Σ` over targets is never below the largest.
//!
//! `elastic` and `unique` stake is `additive` on fractions of the whole stake, a `full` slash a fraction of 1. So
//! `ℓ_o(A) ≥ max_{t∈A} a_ot + S_o g(Σ_{t∈A} w_ot)` with g concave, hence the least of lines: `max_A` is, for each line, a choice
//! per service, and for each possible last target in any fixed order, `Σ gains so far − a_t` (the level of the last target is at
//! most the largest). A sum over pools splits each target's gain among them in any way; here as its losses alone stand. Pools of which whoever has
//! stake in several loses the same parts are one, whose stake is worth their sum: `Σ_pools V max_t a_t = (Σ_pools V) max_t a_t`.
//!
//! # Profits that saturate
//!
//! Where an attack that takes S realises `h(S)`, h concave with `h(0) = 0` and slope 1 there, single profits are `h(S_t)`, and `h(S_A) ≤ Σ h(S_t)`: the bound
//! holds with them. It also holds with a tangent of h at any S': `h(S_A) ≤ h(S') − h'(S') S' + h'(S') Σ_{t∈A} S_t`, a constant and profits that are a part
//! of what is taken ([`Scene::tangent`]); the constant keeps it from certifying, but where an attack pays it is the closer one.
//!
//! # Targets that are in the attack
//!
//! Where the attack holds F for certain, whoever carries it out reaches F and loses at least what F alone costs, since losses grow with A: it costs no less
//! than the linear relaxation of F, and brings no more than F and all that is open together. That bound ([`super::branch`]) has no multipliers for what
//! is open, and is the closer one where losses fall once and profits saturate, or a target needs two quorums: there a mean of targets taken in part
//! nets far more than any set of whole ones. Not where slashed stake returns, or where it is open which executors are held.
//!
//! # Enforcement
//!
//! A slash that a service under attack would have to carry out lands with its social probability alone. All attacks fall into
//! cases by which targets hold such executors ([`super::plan::Case`]); within one every loss is known and grows with A. If there
//! were too many cases, every executor counts as held. So two services that each slash all of V = 100 and pay 60 are
//! never certified: a bound that sums `max(0, 60 − 100)` over targets would, though both together net 20.
//!
//! # One stake in two pools
//!
//! Restaked native ETH is a chain's stake as well ([`crate::graph::Below`]): what an attack on the chain takes and what it makes fall is counted
//! there, and a slash above takes its part of what is left. Losses above then shrink as targets below join the attack, so those make cases
//! of their own too: within one they are known. If there were too many cases, all of them count as attacked.
//!
//! # Rounding
//!
//! Gains are rounded up and losses down by 1e-12 of themselves, far more than the sums can err: the bound is one.

use super::plan::{Book, Case, NEVER, Piece, Plan};
use super::scene::{Scene, Tangent};
use crate::graph::{Joint, Targets, targets_in};
use crate::kernels::gains::{self, ALONE, NOWHERE, Offer, Shape, TILE, add_best, excess};

/// How far gains are rounded up and losses down, as a part of themselves.
const ROUNDING: f64 = 1e-12;

/// A case at one scenario's prices; reused. Columns are over candidates, filled up to whole tiles with some who give and pay nothing.
#[derive(Debug, Clone, Default)]
pub struct Certificate {
    /// Candidates and what fills the last tile up.
    n: usize,
    books: Vec<Loaded>,
    profit: Vec<f64>,
    /// Targets that nobody has power over: their multiplier is 0.
    unguarded: Targets,
    friction: Vec<f64>,
    most: Vec<f64>,
    /// Where each candidate gains most. `[book · n + candidate]`
    stops: Vec<f64>,
    /// Multipliers, what was decided and the bound that `most` and `stops` are of.
    last: (Vec<f64>, Option<(Decided, f64)>),
    room: Room,
}

/// Room for what is passed to the kernels.
#[derive(Debug, Clone, Default)]
struct Room {
    /// Operators of the candidates. `[candidate]`
    operators: Vec<u32>,
    /// Stake in a book's pools, USD. `[candidate]`
    stake: Vec<f64>,
    /// What they would be paid for all of it, rounded down, USD. `[candidate]`
    paid: Vec<f64>,
    /// What targets alone cost in all books, of those that several bear. `[target · n + candidate]`
    alone: Vec<f64>,
    /// Parts of a book that are in the attack, and those that may be.
    forced: Vec<Offer>,
    free: Vec<Offer>,
    /// Kinds of one service: the best gain so far. `[service]`
    tops: Vec<[f64; TILE]>,
    /// `[piece]`
    sums: Vec<[f64; TILE]>,
}

/// A book at one scenario's prices.
#[derive(Debug, Clone, Default)]
struct Loaded {
    lines: Vec<(f64, f64)>,
    /// Payment at stake under the law of claims, USD.
    scale: Vec<f64>,
    pieces: Vec<LoadedPiece>,
    shape: Shape,
    /// In tiles of [`TILE`] candidates, of each piece the part of what its target needs (as far as this book has it), the payment by level,
    /// what returns and the payment per weight, USD; the last two only where there is any. What is left of an earlier scenario stands behind.
    array: Vec<f64>,
}

/// A target in a book.
#[derive(Debug, Clone, Copy)]
struct LoadedPiece {
    target: usize,
    /// Its service, if another kind of it stands in the book; [`ALONE`] else.
    rivals: usize,
}

/// What is decided about targets: in the attack, or still open. Everything else is out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decided {
    /// In the attack.
    pub forced: Targets,
    /// Open.
    pub free: Targets,
}

impl Certificate {
    /// Prices a case in a scenario; targets that are neither in nor open are left out, now and later.
    pub fn load(&mut self, joint: &Joint, plan: &Plan, case: &Case, (scene, decided): (&Scene, Decided)) {
        let n = scene.n().next_multiple_of(TILE);
        self.n = n;
        self.profit.clear();
        self.profit.extend(scene.profit.iter().map(|profit| profit * (1.0 + ROUNDING)));
        let open = (0..scene.need.len()).filter(|target| scene.is_unguarded(*target));
        self.unguarded = open.fold(0, |set, target| set | 1 << target);
        let friction = |(operator, pay): (&u32, &f64)| pay * joint.friction_usd[*operator as usize];
        self.friction.clear();
        self.friction.extend(scene.operators.iter().zip(&scene.pay).map(friction));
        self.friction.resize(n, 0.0);
        self.most.resize(n, 0.0);
        self.stops.resize(self.stops.len().max(case.books.len() * n), NOWHERE);
        self.last.1 = None;
        self.room.tops.resize(plan.of_service.len(), [0.0; TILE]);
        self.room.operators.clone_from(&scene.operators);
        self.room.operators.resize(n, 0);
        self.room.add_up_alone((joint, scene), (case, decided));
        self.books.resize_with(case.books.len(), Loaded::default);
        for index in 0..case.books.len() {
            self.books[index].load((joint, scene), (case, decided), index, &mut self.room);
        }
    }

    /// The bound with these multipliers, USD. `mu` is per target.
    pub fn bound(&mut self, plan: &Plan, mu: &[f64], decided: Decided) -> f64 {
        if let (known, Some((of, bound))) = &self.last
            && *of == decided
            && known == mu
        {
            return *bound;
        }
        self.most.fill(0.0);
        for (index, book) in self.books.iter().enumerate() {
            let stops = &mut self.stops[index * self.n..(index + 1) * self.n];
            self.room.offer(book, mu, decided);
            let Room { forced, free, tops, .. } = &mut self.room;
            if forced.is_empty() && free.is_empty() {
                stops.fill(NOWHERE);
                continue;
            }
            let law = (&book.lines[..], &book.scale[..]);
            add_best((&book.array, book.shape), (forced, free), law, tops, (&mut self.most, stops));
        }
        let chosen = self.chosen_profit(plan, mu, decided).0;
        let bound = chosen + excess(&self.most, &self.friction);
        let bound = bound + bound.abs() * ROUNDING;
        self.last.0.clear();
        self.last.0.extend_from_slice(mu);
        self.last.1 = Some((decided, bound));
        bound
    }

    /// The bound with these multipliers where profits saturate, USD: by a tangent of their law in place of the single profits.
    pub fn bound_by(&mut self, tangent: &mut Tangent, plan: &Plan, mu: &[f64], decided: Decided) -> f64 {
        std::mem::swap(&mut self.profit, &mut tangent.profits);
        self.last.1 = None;
        let bound = tangent.start + self.bound(plan, mu, decided);
        self.last.1 = None;
        std::mem::swap(&mut self.profit, &mut tangent.profits);
        bound
    }

    /// What a candidate gains at most of its own choice, after [`Self::bound`], USD; below 0 it would lose.
    pub fn gain_of(&self, candidate: usize) -> f64 {
        self.most[candidate] - self.friction[candidate]
    }

    /// The first sum of the bound, and the targets it takes in.
    fn chosen_profit(&self, plan: &Plan, mu: &[f64], decided: Decided) -> (f64, Targets) {
        let net = |target: usize| self.profit[target] - mu[target] * (1.0 - ROUNDING);
        let (mut sum, mut chosen) = (0.0, decided.forced);
        sum += targets_in(decided.forced).map(net).sum::<f64>();
        for of_service in &plan.of_service {
            let open = targets_in(of_service & decided.free);
            let best = open.map(|target| (net(target), target)).max_by(|a, b| a.0.total_cmp(&b.0));
            if let Some((net, target)) = best.filter(|(net, _)| *net > 0.0) {
                sum += net;
                chosen |= 1 << target;
            }
        }
        (sum, chosen)
    }

    /// Slope of the bound in each multiplier, after [`Self::bound`] with the same: part of each target's need that candidates
    /// bring of their own choice, less 1 where the first sum takes the target in. Rival kinds of one service both count: a
    /// direction to try, nothing that the bound rests on.
    pub fn slope(&mut self, plan: &Plan, mu: &[f64], decided: Decided, slope: &mut Vec<f64>) {
        slope.clear();
        slope.resize(mu.len(), 0.0);
        let (_, chosen) = self.chosen_profit(plan, mu, decided);
        targets_in(chosen & !self.unguarded).for_each(|target| slope[target] -= 1.0);
        for (index, book) in self.books.iter().enumerate() {
            self.room.offer(book, mu, decided);
            let Room { forced, free, sums, .. } = &mut self.room;
            if forced.is_empty() && free.is_empty() {
                continue;
            }
            sums.clear();
            sums.resize(book.pieces.len(), [0.0; TILE]);
            let stops = &self.stops[index * self.n..(index + 1) * self.n];
            let gained = (&self.most[..], &self.friction[..]);
            gains::taken((&book.array, book.shape), (forced, free), &book.lines, gained, stops, sums);
            for (piece, sums) in book.pieces.iter().zip(sums) {
                slope[piece.target] += sums.iter().sum::<f64>();
            }
        }
    }
}

/// A tile of a column over operators, times `factor`; `flat` where it is the same for all.
fn column((flat, of): (Option<f64>, &[f64]), operators: &[u32; TILE], factor: &[f64; TILE]) -> [f64; TILE] {
    match flat {
        Some(value) => factor.map(|factor| value * factor),
        None => std::array::from_fn(|i| factor[i] * of.get(operators[i] as usize).copied().unwrap_or(0.0)),
    }
}

impl Room {
    /// Adds up what each target alone costs in all books, where several bear it.
    fn add_up_alone(&mut self, (joint, scene): (&Joint, &Scene), (case, decided): (&Case, Decided)) {
        let (n, known) = (self.operators.len(), decided.forced | decided.free);
        let is_shared = |target: &usize| case.shared[*target];
        if !targets_in(known).any(|target| is_shared(&target)) {
            return;
        }
        self.alone.resize(joint.targets.len() * n, 0.0);
        for target in targets_in(known).filter(is_shared) {
            self.alone[target * n..(target + 1) * n].fill(0.0);
        }
        for book in &case.books {
            let is_used = |piece: &&Piece| known >> piece.target & 1 == 1 && is_shared(&piece.target);
            if !book.pieces.iter().any(|piece| is_used(&piece)) {
                continue;
            }
            self.value(joint, scene, book);
            for piece in book.pieces.iter().filter(is_used) {
                let all = &mut self.alone[piece.target * n..(piece.target + 1) * n];
                let stakes = self.stake.as_chunks::<TILE>().0.iter();
                let here = self.operators.as_chunks::<TILE>().0.iter().zip(stakes);
                for (all, (operators, stake)) in all.as_chunks_mut::<TILE>().0.iter_mut().zip(here) {
                    let here = column((piece.flat[2], &piece.alone), operators, stake);
                    *all = std::array::from_fn(|i| all[i] + here[i]);
                }
            }
        }
    }

    /// Values the stake of a book; nothing is at stake in the last one.
    fn value(&mut self, joint: &Joint, scene: &Scene, book: &Book) {
        let of = |pool: usize, operator: &u32| {
            let pool = &joint.pools[pool];
            scene.prices[pool.asset] * pool.tokens[*operator as usize]
        };
        self.stake.clear();
        if let Some(first) = book.pools.first() {
            self.stake.extend(scene.operators.iter().map(|operator| of(*first, operator)));
        }
        for pool in book.pools.iter().skip(1) {
            let stakes = self.stake.iter_mut().zip(&scene.operators);
            stakes.for_each(|(stake, operator)| *stake += of(*pool, operator));
        }
        self.stake.resize(self.operators.len(), 0.0);
    }

    /// The parts of a book that are in the attack, and those that may be and bring something.
    fn offer(&mut self, book: &Loaded, mu: &[f64], Decided { forced, free }: Decided) {
        self.forced.clear();
        self.free.clear();
        for (at, piece) in book.pieces.iter().enumerate() {
            let offer = Offer { at, mu: mu[piece.target], rivals: piece.rivals };
            if forced >> piece.target & 1 == 1 {
                self.forced.push(offer);
            } else if free >> piece.target & 1 == 1 && (offer.mu > 0.0 || book.shape.columns > 2) {
                self.free.push(offer);
            }
        }
    }
}

impl Loaded {
    fn load(
        &mut self,
        (joint, scene): (&Joint, &Scene),
        (case, decided): (&Case, Decided),
        index: usize,
        room: &mut Room,
    ) {
        let book = &case.books[index];
        let known = decided.forced | decided.free;
        let used = || book.pieces.iter().filter(|piece| known >> piece.target & 1 == 1);
        let service = |piece: &Piece| joint.targets[piece.target].service;
        self.pieces.clear();
        self.pieces.extend(used().map(|piece| {
            let rivals = used().filter(|other| service(other) == service(piece)).count();
            LoadedPiece { target: piece.target, rivals: if rivals > 1 { service(piece) } else { ALONE } }
        }));
        if self.pieces.is_empty() {
            return;
        }
        let n = room.operators.len();
        room.value(joint, scene, book);
        room.paid.clear();
        room.paid
            .extend(scene.pay.iter().zip(&room.stake).map(|(pay, stake)| pay * (stake * (1.0 - ROUNDING))));
        room.paid.resize(n, 0.0);
        self.lines.clone_from(&book.lines);
        self.scale.clear();
        let scales = room.operators.iter().zip(&room.paid);
        self.scale.extend(scales.map(|(operator, paid)| paid * book.scale[*operator as usize]));
        let is_plain = !joint.redistributes() && used().all(|piece| piece.weight.is_empty());
        self.shape = Shape { n: self.pieces.len(), columns: if is_plain { 2 } else { 4 } };
        self.array.resize(self.array.len().max(n / TILE * self.shape.tile()), 0.0);
        for (at, piece) in used().enumerate() {
            self.load_piece((joint, scene), (at, piece), room);
            if case.shared[piece.target] {
                // As its loss alone here stands to that in all books; the shares of all books make up the whole.
                let is_first = case.books[..index].iter().all(|book| !book.touches(piece.target));
                self.share((at, piece), is_first, room);
            }
        }
    }

    fn load_piece(&mut self, (joint, scene): (&Joint, &Scene), (at, piece): (usize, &Piece), room: &Room) {
        let Shape { columns, .. } = self.shape;
        // What returns may do so to somebody without power.
        let flat = if joint.redistributes() { [None; 3] } else { piece.flat };
        let tiles = self.array.chunks_exact_mut(self.shape.tile());
        let candidates = room.operators.as_chunks::<TILE>().0.iter().zip(room.paid.as_chunks::<TILE>().0);
        let scales = self.scale.as_chunks::<TILE>().0;
        let parts = scene.part_of(piece.target);
        for (tile, (block, ((operators, paid), scales))) in tiles.zip(candidates.zip(scales)).enumerate() {
            let block = &mut block.as_chunks_mut::<TILE>().0[at * columns..(at + 1) * columns];
            let first = tile * TILE;
            let parts = &parts[first..parts.len().min(first + TILE)];
            block[0] = [0.0; TILE];
            block[0].iter_mut().zip(parts).for_each(|(out, part)| *out = part * (1.0 + ROUNDING));
            block[1] = column((flat[0], &piece.level), operators, paid);
            if flat[0].is_some() {
                // Whoever takes no part shall be no floor.
                block[1] = std::array::from_fn(|i| if block[0][i] > 0.0 { block[1][i] } else { NEVER });
            }
            if columns == 2 {
                continue;
            }
            block[2] = [0.0; TILE];
            if joint.redistributes() {
                for (i, out) in block[2].iter_mut().enumerate().take(parts.len()) {
                    *out = scene.returned_at_most(joint, piece.target, first + i) * (1.0 + ROUNDING);
                }
            }
            block[3] = column((flat[1], &piece.weight), operators, scales);
            if flat[1].is_some() {
                block[3] = std::array::from_fn(|i| if block[0][i] > 0.0 { block[3][i] } else { 0.0 });
            }
        }
    }

    /// Leaves this book its share of what a target that several bear gives and returns.
    fn share(&mut self, (at, piece): (usize, &Piece), is_first: bool, room: &Room) {
        let by_default = if is_first { 1.0 } else { 0.0 };
        let (n, columns) = (room.operators.len(), self.shape.columns);
        let tiles = self.array.chunks_exact_mut(self.shape.tile());
        let all = room.alone[piece.target * n..(piece.target + 1) * n].as_chunks::<TILE>().0;
        let candidates = room.operators.as_chunks::<TILE>().0.iter().zip(room.stake.as_chunks::<TILE>().0);
        for (block, ((operators, stake), all)) in tiles.zip(candidates.zip(all)) {
            let block = &mut block.as_chunks_mut::<TILE>().0[at * columns..(at + 1) * columns];
            let here = column((piece.flat[2], &piece.alone), operators, stake);
            let share: [f64; TILE] =
                std::array::from_fn(|i| if all[i] > 0.0 { here[i] / all[i] } else { by_default });
            for of_all in block.iter_mut().step_by(2) {
                *of_all = std::array::from_fn(|i| of_all[i] * share[i]);
            }
        }
    }
}

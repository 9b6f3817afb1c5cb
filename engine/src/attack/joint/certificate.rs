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
//! most the largest). A sum over pools splits each target's gain among them in any way; here as its losses alone stand.
//!
//! # Profits that saturate
//!
//! Where an attack that takes S realises `h(S)`, h concave with `h(0) = 0` and slope 1 there, single profits are `h(S_t)`, and `h(S_A) ≤ Σ h(S_t)`: the bound
//! holds with them. It also holds with a tangent of h at any S': `h(S_A) ≤ h(S') − h'(S') S' + h'(S') Σ_{t∈A} S_t`, a constant and profits that are a part
//! of what is taken ([`Scene::tangent`]); the constant keeps it from certifying, but where an attack pays it is the closer one.
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

use super::plan::{Case, Plan};
use super::scene::{Scene, Tangent};
use crate::graph::{Joint, Targets, targets_in};
use crate::kernels::gains::{add, give, keep_best, keep_best_at, offer, raise, taken, times};

/// How far gains are rounded up and losses down, as a part of themselves.
const ROUNDING: f64 = 1e-12;
/// More pieces than a book can have.
const LINE: f64 = 1024.0;

/// A case at one scenario's prices; reused. Columns are over candidates.
#[derive(Debug, Clone, Default)]
pub struct Certificate {
    n: usize,
    books: Vec<Loaded>,
    profit: Vec<f64>,
    /// Targets that nobody has power over: their multiplier is 0.
    unguarded: Targets,
    friction: Vec<f64>,
    zeros: Vec<f64>,
    sum: Vec<f64>,
    best: Vec<f64>,
    most: Vec<f64>,
    floor: Vec<f64>,
    start: Vec<f64>,
    /// Where each candidate gains most: line times [`LINE`] plus the piece it stops at, −1 for none. `[book · n + candidate]`
    stops: Vec<f64>,
    /// Kinds of one service in a book: the best gain so far.
    top: Vec<f64>,
    n_services: usize,
    alone: Vec<f64>,
}

/// A book at one scenario's prices.
#[derive(Debug, Clone, Default)]
struct Loaded {
    lines: Vec<(f64, f64)>,
    /// Payment at stake under the law of claims, USD.
    scale: Vec<f64>,
    pieces: Vec<LoadedPiece>,
    n_pieces: usize,
}

/// A target in a book at one scenario's prices.
#[derive(Debug, Clone, Default)]
struct LoadedPiece {
    target: usize,
    service: usize,
    /// Whether another kind of the same service stands in the book.
    has_rival: bool,
    /// Part of what the target needs, as far as this book has it.
    part: Vec<f64>,
    /// What returns, USD.
    back: Vec<f64>,
    /// Payment by level, USD.
    level: Vec<f64>,
    /// Payment per weight, USD.
    weight: Vec<f64>,
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
        let n = scene.n();
        self.n = n;
        self.n_services = plan.of_service.len();
        self.profit.clear();
        self.profit.extend(scene.profit.iter().map(|profit| profit * (1.0 + ROUNDING)));
        let open = (0..scene.need.len()).filter(|target| scene.is_unguarded(*target));
        self.unguarded = open.fold(0, |set, target| set | 1 << target);
        let friction = |(operator, pay): (&u32, &f64)| pay * joint.friction_usd[*operator as usize];
        self.friction.clear();
        self.friction.extend(scene.operators.iter().zip(&scene.pay).map(friction));
        for column in [&mut self.zeros, &mut self.sum, &mut self.best, &mut self.most, &mut self.floor] {
            column.clear();
            column.resize(n, 0.0);
        }
        self.start.clear();
        self.start.resize(n, 0.0);
        self.stops.clear();
        self.stops.resize(case.books.len() * n, 0.0);
        self.top.clear();
        self.top.resize(self.n_services * n, 0.0);
        self.add_up_alone(joint, case, scene);
        self.books.resize_with(case.books.len(), Loaded::default);
        for index in 0..case.books.len() {
            self.books[index].load((joint, scene), (case, decided), index, &self.alone);
        }
    }

    /// Adds up what each target alone costs in all books, where several bear it.
    fn add_up_alone(&mut self, joint: &Joint, case: &Case, scene: &Scene) {
        let n = scene.n();
        self.alone.clear();
        self.alone.resize(joint.targets.len() * n, 0.0);
        for (index, book) in case.books.iter().enumerate() {
            let price = price_of(joint, scene, index);
            for piece in book.pieces.iter().filter(|piece| case.shared[piece.target]) {
                let all = &mut self.alone[piece.target * n..(piece.target + 1) * n];
                for (all, operator) in all.iter_mut().zip(&scene.operators) {
                    *all += price * piece.alone[*operator as usize];
                }
            }
        }
    }

    /// The bound with these multipliers, USD. `mu` is per target.
    pub fn bound(&mut self, plan: &Plan, mu: &[f64], decided: Decided) -> f64 {
        self.most.fill(0.0);
        for index in 0..self.books.len() {
            let book = std::mem::take(&mut self.books[index]);
            self.add_book((index, &book), mu, decided);
            self.books[index] = book;
        }
        let chosen = self.chosen_profit(plan, mu, decided).0;
        let gains = self.most.iter().zip(&self.friction).map(|(most, friction)| (most - friction).max(0.0));
        let bound = chosen + gains.sum::<f64>();
        bound + bound.abs() * ROUNDING
    }

    /// The bound with these multipliers where profits saturate, USD: by a tangent of their law in place of the single profits.
    pub fn bound_by(&mut self, tangent: &mut Tangent, plan: &Plan, mu: &[f64], decided: Decided) -> f64 {
        std::mem::swap(&mut self.profit, &mut tangent.profits);
        let bound = tangent.start + self.bound(plan, mu, decided);
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

    /// Adds to `most` what each candidate can gain at most in one book.
    fn add_book(&mut self, (index, book): (usize, &Loaded), mu: &[f64], decided: Decided) {
        let all = decided.forced | decided.free;
        let stops = &mut self.stops[index * self.n..(index + 1) * self.n];
        stops.fill(-1.0);
        let pieces = || book.pieces[..book.n_pieces].iter();
        if !pieces().any(|piece| all >> piece.target & 1 == 1) {
            return;
        }
        let is_forced = |piece: &&LoadedPiece| decided.forced >> piece.target & 1 == 1;
        self.floor.fill(0.0);
        pieces().filter(is_forced).for_each(|piece| raise(&piece.level, &mut self.floor));
        let any_forced = pieces().any(|piece| is_forced(&piece));
        self.best.fill(if any_forced { f64::NEG_INFINITY } else { 0.0 });
        for (line, (slope, start)) in (0u32..).zip(&book.lines) {
            self.sum.fill(0.0);
            for piece in pieces().filter(is_forced) {
                give(&piece.part, &piece.back, &piece.weight, (mu[piece.target], *slope), &mut self.sum);
            }
            times(&book.scale, *start, &mut self.start);
            if any_forced {
                keep_best(&self.sum, &self.floor, &self.start, &mut self.best);
            }
            self.top.fill(0.0);
            for (order, piece) in
                (0u32..).zip(pieces()).filter(|(_, piece)| decided.free >> piece.target & 1 == 1)
            {
                let columns = [&piece.part[..], &piece.back, &piece.weight];
                let top = &mut self.top[piece.service * self.n..(piece.service + 1) * self.n];
                let top = if piece.has_rival { top } else { &mut [] };
                offer(columns, (mu[piece.target], *slope), top, &mut self.sum);
                let columns = [&self.sum[..], &piece.level, &self.floor, &self.start];
                keep_best_at(columns, f64::from(line) * LINE + f64::from(order), &mut self.best, stops);
            }
        }
        add(&self.best, &mut self.most);
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
            let stops = &mut self.stops[index * self.n..(index + 1) * self.n];
            // Whoever does not join takes part in nothing.
            for ((stop, most), friction) in stops.iter_mut().zip(&self.most).zip(&self.friction) {
                *stop = if most > friction { *stop } else { -2.0 };
            }
            for (order, piece) in (0u32..).zip(&book.pieces[..book.n_pieces]) {
                let columns = [&piece.part[..], &piece.back, &piece.weight];
                let order = f64::from(order);
                if decided.forced >> piece.target & 1 == 1 {
                    let joins = piece.part.iter().zip(&*stops).filter(|(_, stop)| **stop >= -1.0);
                    slope[piece.target] += joins.map(|(part, _)| part).sum::<f64>();
                } else if decided.free >> piece.target & 1 == 1 {
                    for (line, (slope_of_line, _)) in (0u32..).zip(&book.lines) {
                        let first = f64::from(line) * LINE;
                        let by = (mu[piece.target], *slope_of_line);
                        slope[piece.target] += taken(columns, by, (first + order, first + LINE - 1.0), stops);
                    }
                }
            }
        }
    }
}

/// Price of a book's stake, USD; nothing is at stake in the last one.
fn price_of(joint: &Joint, scene: &Scene, book: usize) -> f64 {
    joint.pools.get(book).map_or(0.0, |pool| scene.prices[pool.asset])
}

impl Loaded {
    /// `alone`: what each target alone costs in all books, USD, where several bear it. `[target · n + candidate]`
    fn load(
        &mut self,
        (joint, scene): (&Joint, &Scene),
        (case, decided): (&Case, Decided),
        index: usize,
        alone: &[f64],
    ) {
        let book = &case.books[index];
        let price = price_of(joint, scene, index);
        let lower = price * (1.0 - ROUNDING);
        let pairs = || scene.operators.iter().map(|operator| *operator as usize).zip(&scene.pay);
        self.lines.clone_from(&book.lines);
        self.scale.clear();
        self.scale.extend(pairs().map(|(operator, pay)| pay * lower * book.scale[operator]));
        let known = decided.forced | decided.free;
        let used = || book.pieces.iter().filter(|piece| known >> piece.target & 1 == 1);
        self.n_pieces = used().count();
        self.pieces.resize_with(self.pieces.len().max(self.n_pieces), LoadedPiece::default);
        for (loaded, piece) in self.pieces.iter_mut().zip(used()) {
            let (target, service) = (piece.target, joint.targets[piece.target].service);
            let rivals = used().filter(|other| joint.targets[other.target].service == service).count();
            (loaded.target, loaded.service, loaded.has_rival) = (target, service, rivals > 1);
            loaded.level.clear();
            loaded.level.extend(pairs().map(|(operator, pay)| pay * lower * piece.level[operator]));
            loaded.weight.clear();
            match piece.weight.as_slice() {
                [] => loaded.weight.resize(scene.n(), 0.0),
                weight => {
                    loaded.weight.extend(pairs().zip(&self.scale).map(|((o, _), scale)| scale * weight[o]))
                }
            }
            loaded.part.clear();
            loaded.part.extend(scene.part_of(target).iter().map(|part| part * (1.0 + ROUNDING)));
            loaded.back.clear();
            if joint.redistributes() {
                let back = |i| scene.returned_at_most(joint, target, i) * (1.0 + ROUNDING);
                loaded.back.extend((0..scene.n()).map(back));
            } else {
                loaded.back.resize(scene.n(), 0.0);
            }
            if case.shared[target] {
                // As its loss alone here stands to that in all books; the shares of all books make up the whole.
                let is_first = case.books[..index].iter().all(|book| !book.touches(target));
                let by_default = if is_first { 1.0 } else { 0.0 };
                let columns = loaded.part.iter_mut().zip(&mut loaded.back).zip(&scene.operators);
                for (((part, back), operator), all) in columns.zip(&alone[target * scene.n()..]) {
                    let here = price * piece.alone[*operator as usize];
                    let share = if *all > 0.0 { here / all } else { by_default };
                    *part *= share;
                    *back *= share;
                }
            }
        }
    }
}

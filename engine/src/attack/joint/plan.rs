//! What of the certificate does not depend on a scenario: a lower bound of every operator's loss that is simple enough to
//! be maximised against, pool by pool and case by case.

use super::payments::Payments;
use crate::graph::{
    Below, Exposure, Joint, JointCharge, JointPool, JointTarget, Targets, is_held, targets_in,
};
use crate::study::Combine;

/// Most cases: beyond, no executor counts as safe from a joint attack.
const MOST_CASES: usize = 64;
/// Weight of a slash that takes everything, under `compound`: e^-40 is nothing.
const FULL: f64 = 40.0;
/// A level that nobody pays: of operators that do not take part.
pub(super) const NEVER: f64 = 1e200;

/// One design's bounds.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// Every attack belongs to exactly one.
    pub cases: Vec<Case>,
    /// Targets of each service of the design. `[service]`
    pub of_service: Vec<Targets>,
    /// Services that carry slashes of others out or charge stake below that of others, a bit each.
    beneath: Targets,
    /// Whether slashed stake returns.
    pub(super) returns: bool,
    /// Whether losses in all sets of targets can be kept.
    pub(super) keeps_all: bool,
}

/// The attacks that hold just these executors of other services' slashes, by just these targets.
#[derive(Debug, Clone, Default)]
pub struct Case {
    /// In every attack of the case.
    pub forced: Targets,
    /// In some.
    pub free: Targets,
    /// Part of its loss alone that a target keeps at least. `[target]`
    pub kept: Vec<f64>,
    /// Bounds on losses, the last one of targets that charge nothing.
    pub books: Vec<Book>,
    /// Whether several books bear a target's losses. `[target]`
    pub shared: Vec<bool>,
}

/// Lower bound of the part of their stake that operators lose in pools where they lose the same parts: `max level + scale · min over lines
/// (start + slope · Σ weight)`.
#[derive(Debug, Clone, Default)]
pub struct Book {
    /// Pools whose stake it is, positions among the design's.
    pub pools: Vec<usize>,
    /// Targets that touch it, lowest level first on average.
    pub pieces: Vec<Piece>,
    /// What claims may take, a part of the stake. `[operator]`
    pub scale: Vec<f64>,
    /// Of the concave law by which claims combine: slope, start.
    pub lines: Vec<(f64, f64)>,
}

/// What a target costs in a book's pools.
#[derive(Debug, Clone, Default)]
pub struct Piece {
    /// The target.
    pub target: usize,
    /// What combines as the largest, a part of the stake. `[operator]`
    pub level: Vec<f64>,
    /// What adds up under the book's law; empty if nothing does. `[operator]`
    pub weight: Vec<f64>,
    /// Loss alone, a part of the stake. `[operator]`
    pub alone: Vec<f64>,
    /// Level, weight and loss alone of whoever takes part with any stake, where they are the same for all.
    pub flat: [Option<f64>; 3],
}

impl Plan {
    /// Compiles a design.
    pub fn new(joint: &Joint) -> Self {
        let n_services = joint.targets.iter().map(|target| target.service + 1).max().unwrap_or(0);
        let of_service: Vec<Targets> = (0..n_services).map(|service| joint.of_service(service)).collect();
        let splits = splits(joint, &of_service);
        let cases = match splits {
            Some(cases) => cases.into_iter().map(|(forced, free)| case(joint, forced, free, None)).collect(),
            None => vec![case(joint, 0, by_operators(joint), Some(Targets::MAX))],
        };
        let below =
            |service: usize| targets_in(of_service[service]).any(|target| joint.charges_below(target));
        let is_beneath = |service: &usize| carries_others(joint, *service) || below(*service);
        let beneath = (0..n_services).filter(is_beneath).fold(0, |set, service| set | 1 << service);
        let keeps_all = Payments::keeps_all(&of_service);
        Self { cases, of_service, beneath, returns: joint.redistributes(), keeps_all }
    }

    /// Whether within a case nobody is paid less if more is attacked: what returns of a slash, or an executor held beside others in a
    /// case that leaves open which are, could make up for what more is lost.
    pub fn costs_grow(&self) -> bool {
        !self.returns && (self.beneath == 0 || self.cases.len() > 1)
    }

    /// Whether attacking a service or not changes nothing about what targets of others cost.
    pub fn stands_alone(&self, service: usize) -> bool {
        !self.returns && self.beneath >> service & 1 == 0
    }
}

fn by_operators(joint: &Joint) -> Targets {
    let decided = joint.targets.iter().enumerate().filter(|(_, target)| target.by_operators);
    decided.fold(0, |set, (target, _)| set | 1 << target)
}

/// Whether a service carries slashes of others out.
fn carries_others(joint: &Joint, service: usize) -> bool {
    let others = joint.targets.iter().filter(|target| target.service != service);
    let mut charges = others.flat_map(|target| &target.charges);
    charges.any(|charge| charge.executor == Some(service) && charge.free != charge.held)
}

/// Forced and free targets of each case; `None` if there are too many cases.
///
/// An executor that carries out slashes of other services is either held, by one of the targets that hold it, or not.
fn splits(joint: &Joint, of_service: &[Targets]) -> Option<Vec<(Targets, Targets)>> {
    let mut cases = vec![(0, by_operators(joint))];
    for (service, of_one) in of_service.iter().enumerate() {
        // What lands on stake that others restake is known within a case as well.
        let carries = carries_others(joint, service);
        let decides =
            |target: &usize| carries && joint.targets[*target].holds || joint.charges_below(*target);
        let held: Vec<usize> = targets_in(*of_one).filter(decides).collect();
        if held.is_empty() {
            continue;
        }
        let not_held = held.iter().fold(Targets::MAX, |set, target| set & !(1 << target));
        let mut split = Vec::new();
        for (forced, free) in cases {
            split.push((forced, free & not_held));
            let others = free & !of_service[service];
            split.extend(held.iter().map(|target| (forced | 1 << target, others)));
        }
        cases = split;
        if cases.len() > MOST_CASES {
            return None;
        }
    }
    Some(cases)
}

/// `held`: the services taken for held, where not those of the forced targets.
fn case(joint: &Joint, forced: Targets, free: Targets, held: Option<Targets>) -> Case {
    let all = forced | free;
    // Where the targets below are not known, all of them.
    let below = if held.is_some() { all } else { forced };
    let held = held.unwrap_or_else(|| joint.held(forced));
    let mut books: Vec<Book> = Vec::new();
    for pool in 0..joint.pools.len() {
        let book = book(joint, pool, all, (held, below));
        if !books.iter_mut().any(|other| other.takes_in(joint, &book)) {
            books.push(book);
        }
    }
    books.iter_mut().for_each(|book| book.finish(joint));
    books.push(without_charges(joint, all));
    let touches = |target: usize| books.iter().map(move |book| (book, target));
    let shared = (0..joint.targets.len())
        .map(|target| touches(target).filter(|(book, target)| book.touches(*target)).count() > 1)
        .collect();
    let kept = (0..joint.targets.len()).map(|target| kept(joint, target, (held, below))).collect();
    Case { forced, free, kept, books, shared }
}

/// The least part of its loss alone that any operator keeps in a target.
fn kept(joint: &Joint, target: usize, (held, below): (Targets, Targets)) -> f64 {
    let own = joint.held(1 << target);
    let mut least = 1.0f64;
    for (index, pool) in joint.pools.iter().enumerate() {
        for operator in 0..pool.tokens.len() {
            let at = (index, operator);
            // As single attacks are priced: charge by charge.
            let alone =
                joint.exposure(1 << target, own, at).above(Below::NOTHING).private_tokens(pool, operator);
            if alone > 0.0 {
                let left = joint.below(below | 1 << target, own | held, index);
                let here = joint.exposure(1 << target, own | held, at).above(left);
                let here = here.private_tokens(pool, operator);
                least = least.min(here / alone);
            }
        }
    }
    least
}

impl Book {
    /// Whether a target costs anything here.
    pub fn touches(&self, target: usize) -> bool {
        self.pieces.iter().any(|piece| piece.target == target)
    }

    /// Takes another book's pool in if whoever has stake in both loses the same parts of it there.
    fn takes_in(&mut self, joint: &Joint, other: &Self) -> bool {
        let has = |book: &Self, o: usize| book.pools.iter().any(|pool| joint.pools[*pool].tokens[o] > 0.0);
        let both: Vec<bool> = (0..self.scale.len()).map(|o| has(self, o) && has(other, o)).collect();
        let are_same = |a: &[f64], b: &[f64]| {
            let get = |column: &[f64], o: usize| column.get(o).copied().unwrap_or(0.0).to_bits();
            both.iter().enumerate().all(|(o, both)| !both || get(a, o) == get(b, o))
        };
        let pieces = || self.pieces.iter().zip(&other.pieces);
        let is_same = self.pieces.len() == other.pieces.len()
            && joint.pools[self.pools[0]].rule == joint.pools[other.pools[0]].rule
            && pieces().all(|(a, b)| a.target == b.target)
            && are_same(&self.scale, &other.scale)
            && pieces().all(|(a, b)| {
                are_same(&a.level, &b.level) && are_same(&a.weight, &b.weight) && are_same(&a.alone, &b.alone)
            });
        if !is_same {
            return false;
        }
        let only_there: Vec<usize> = (0..both.len()).filter(|o| has(other, *o) && !has(self, *o)).collect();
        let take = |to: &mut Vec<f64>, from: &[f64]| {
            to.resize(if from.is_empty() { to.len() } else { from.len() }, 0.0);
            let from = |o: usize| from.get(o).copied().unwrap_or(0.0);
            for o in &only_there {
                if let Some(to) = to.get_mut(*o) {
                    *to = from(*o);
                }
            }
        };
        take(&mut self.scale, &other.scale);
        for (to, from) in self.pieces.iter_mut().zip(&other.pieces) {
            take(&mut to.level, &from.level);
            take(&mut to.weight, &from.weight);
            take(&mut to.alone, &from.alone);
        }
        self.pools.extend(&other.pools);
        true
    }

    /// Puts the pieces in order and works out the lines.
    fn finish(&mut self, joint: &Joint) {
        let tokens = |o: usize| self.pools.iter().map(|pool| joint.pools[*pool].tokens[o]).sum::<f64>();
        let tokens: Vec<f64> = (0..self.scale.len()).map(tokens).collect();
        let mean = |piece: &Piece| {
            let levels = piece.level.iter().zip(&tokens).filter(|(level, _)| **level < NEVER);
            levels.map(|(level, tokens)| level * tokens).sum::<f64>()
        };
        self.pieces.sort_by(|a, b| mean(a).total_cmp(&mean(b)).then(a.target.cmp(&b.target)));
        self.pieces.iter_mut().for_each(|piece| piece.set_flat(&tokens));
        let rule = joint.pools[self.pools[0]].rule;
        let summed = |o: usize| self.pieces.iter().filter_map(|piece| piece.weight.get(o)).sum::<f64>();
        self.lines = if rule == Combine::Additive && (0..self.scale.len()).all(|o| summed(o) <= 1.0 + 1e-13) {
            // Claims never take everything.
            vec![(1.0, 0.0)]
        } else {
            lines(rule, &self.pieces)
        };
    }
}

impl Piece {
    /// `tokens`: stake of the book. `[operator]`
    fn set_flat(&mut self, tokens: &[f64]) {
        let Self { level, weight, alone, flat, .. } = self;
        let takes_part = |o: &usize| tokens[*o] > 0.0 && level[*o] < NEVER;
        let members: Vec<usize> = (0..tokens.len()).filter(takes_part).collect();
        for (flat, column) in flat.iter_mut().zip([&*level, weight, alone]) {
            let of = |o: &usize| column.get(*o).copied().unwrap_or(0.0);
            let first = members.first().map_or(0.0, of);
            *flat = members.iter().all(|o| of(o).to_bits() == first.to_bits()).then_some(first);
        }
    }
}

/// Targets that charge no stake at all.
fn without_charges(joint: &Joint, all: Targets) -> Book {
    let n = joint.friction_usd.len();
    let free = targets_in(all).filter(|target| joint.targets[*target].charges.is_empty());
    let piece = |target: usize| {
        let takes_part = joint.targets[target].takes_part.iter();
        let level = takes_part.map(|takes_part| if *takes_part { 0.0 } else { NEVER }).collect();
        Piece { target, level, weight: Vec::new(), alone: vec![0.0; n], flat: [None; 3] }
    };
    Book {
        pools: Vec::new(),
        pieces: free.map(piece).collect(),
        scale: vec![0.0; n],
        lines: vec![(0.0, 0.0)],
    }
}

/// One pool's, not finished. `below`: the targets of the case that charge stake below others.
fn book(joint: &Joint, pool: usize, all: Targets, (held, below): (Targets, Targets)) -> Book {
    let holding = &joint.pools[pool];
    let below = joint.below(below, held, pool);
    let n = holding.tokens.len();
    let touching: Vec<usize> = targets_in(all)
        .filter(|target| joint.targets[*target].charges.iter().any(|charge| charge.pool == pool))
        .collect();
    let parts: Vec<Vec<Part>> = touching
        .iter()
        .map(|target| {
            let of = |operator| Part::of(&joint.targets[*target], (pool, holding), held, operator);
            (0..n).map(|operator| of(operator).above(below)).collect()
        })
        .collect();
    let most = |of: fn(&Part) -> f64, o: usize| parts.iter().map(|part| of(&part[o])).fold(0.0, f64::max);
    let room: Vec<f64> = (0..n).map(|o| 1.0 - most(|part| part.home, o)).collect();
    let kept: Vec<f64> = (0..n).map(|o| 1.0 - below.drawdown - most(|part| part.drawdown, o)).collect();
    let own: Vec<f64> = holding.own_share.iter().map(|own| own * below.left).collect();
    let mut book = Book {
        pools: vec![pool],
        scale: (0..n).map(|o| own[o] * kept[o] * room[o]).collect(),
        ..Book::default()
    };
    for (target, parts) in touching.iter().zip(&parts) {
        let own_held = joint.held(1 << target) | held;
        let level = |o: usize| {
            let part = &parts[o];
            let fraction = part.drawdown + kept[o] * part.home.max(part.beyond(holding.rule, room[o]));
            let level = own[o] * fraction + part.income;
            if part.takes_part { level } else { NEVER }
        };
        let weight = |o: usize| match holding.rule {
            Combine::Additive if room[o] > 0.0 => parts[o].claims / room[o],
            _ => parts[o].claims,
        };
        let alone = |o: usize| {
            let exposure = joint.exposure(1 << target, own_held, (pool, o)).above(below);
            exposure.private_part(holding, o)
        };
        let adds_up = parts.iter().any(|part| part.claims > 0.0);
        book.pieces.push(Piece {
            target: *target,
            level: (0..n).map(level).collect(),
            weight: if adds_up { (0..n).map(weight).collect() } else { Vec::new() },
            alone: (0..n).map(alone).collect(),
            flat: [None; 3],
        });
    }
    book
}

/// One target's charges to one operator in one pool.
struct Part {
    takes_part: bool,
    drawdown: f64,
    /// What combines as the largest.
    home: f64,
    /// What adds up: fractions, or −ln of what is left.
    claims: f64,
    /// Income lost per token.
    income: f64,
}

impl Part {
    /// What of it is beyond what is counted below.
    fn above(self, below: Below) -> Self {
        Self { drawdown: (self.drawdown - below.drawdown).max(0.0), ..self }
    }

    fn of(target: &JointTarget, (index, pool): (usize, &JointPool), held: Targets, operator: usize) -> Self {
        let mut part = Self {
            takes_part: target.takes_part[operator],
            drawdown: 0.0,
            home: 0.0,
            claims: 0.0,
            income: 0.0,
        };
        if !part.takes_part {
            return part;
        }
        let held = held | if target.holds { 1 << target.service } else { 0 };
        let charges = || target.charges.iter().filter(|charge| charge.pool == index);
        part.drawdown = charges().map(|charge| charge.drawdown).fold(0.0, f64::max);
        for charge in charges().filter(|charge| charge.share[operator] > 0.0) {
            part.add(charge, is_held(charge, held), pool.rule, operator);
        }
        // What combines as the largest is left by those charges alone.
        let mut income = Exposure::NONE;
        charges().for_each(|charge| income.add(charge, is_held(charge, held), Combine::Once, operator));
        part.income = income.income(pool, operator);
        part
    }

    /// What its claims take beyond the part of the stake that claims are sure to find: see the certificate's proof.
    fn beyond(&self, rule: Combine, room: f64) -> f64 {
        match rule {
            Combine::Once => 0.0,
            Combine::Additive => (self.claims.min(1.0) - room).max(0.0),
            Combine::Compound => -libm::expm1(-self.claims) * (1.0 - room),
        }
    }

    fn add(&mut self, charge: &JointCharge, is_held: bool, rule: Combine, operator: usize) {
        let landed = if is_held { charge.held } else { charge.free };
        let fraction = landed.fraction * charge.share[operator];
        match rule {
            Combine::Additive if charge.is_claim => self.claims += fraction,
            Combine::Compound if charge.is_claim => self.claims += weight_of(fraction),
            _ => self.home = self.home.max(fraction),
        }
    }
}

/// −ln(1 − fraction), rounded down a little and never beyond [`FULL`].
fn weight_of(fraction: f64) -> f64 {
    if fraction >= 1.0 { FULL } else { (-libm::log1p(-fraction) * (1.0 - 1e-14)).min(FULL) }
}

/// Lines whose least is a lower bound of the law by which weights combine: exact for `additive` (`min(1, W)`), chords of
/// `1 − e^−W` for `compound`.
fn lines(rule: Combine, pieces: &[Piece]) -> Vec<(f64, f64)> {
    let weights = || pieces.iter().flat_map(|piece| &piece.weight).filter(|weight| **weight > 0.0);
    let Some(least) = weights().copied().min_by(f64::total_cmp) else { return vec![(0.0, 0.0)] };
    if rule == Combine::Additive {
        return vec![(1.0, 0.0), (0.0, 1.0)];
    }
    let largest = |piece: &Piece| piece.weight.iter().copied().fold(0.0, f64::max);
    let most = pieces.iter().map(largest).sum::<f64>().min(FULL);
    let law = |weight: f64| -libm::expm1(-weight);
    let (mut lines, mut from, mut to) = (Vec::new(), 0.0, least);
    while from < most {
        let slope = (law(to) - law(from)) / (to - from);
        lines.push((slope, law(from) - slope * from));
        (from, to) = (to, 2.0 * to);
    }
    lines.push((0.0, law(from)));
    lines
}

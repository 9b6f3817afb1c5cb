//! The protocols' own rules at work: who loses what in one scenario, offence by offence, in their integers.
//!
//! Accidents come in the order of time, then the attack. Each pool has a book, kept by the rules of the protocol that
//! holds its stake: Cosmos (the first proven equivocation tombstones), Ethereum (penalties grow with what else is slashed
//! within 36 days), EigenLayer (magnitudes), Mesh (liens on one collateral).

mod beacon;
mod magnitude;
mod tombstone;
mod vault;

use super::Compiler;
use super::backing::Liability;
use super::enforcement::{drawn_landing, expected_landing};
use super::penalty::Manner;
use crate::graph::{Accident, Assault, Bill, BillLine, Incident, Landing, Luck, Settle, combine};
use crate::study::{Attack, Combine, Fault, FaultKind, Slashing, System};

/// Cosmos counts in millionths of a token; Mesh as well.
const MICRO_DECIMALS: u32 = 6;

/// The books of one design.
#[derive(Debug)]
pub struct Books {
    books: Vec<Book>,
    /// Attacks on each service of the design. `[service of the design][target]`
    attacks: Vec<Vec<Offence>>,
    /// Part of an operator's keys that one accident hits. `[fault][operator]`
    keys_hit: Vec<Vec<f64>>,
}

/// An attack, and what it is charged with.
#[derive(Debug)]
struct Offence {
    /// Position of the service in the study.
    service: usize,
    attack: Attack,
    /// `[book]`
    demands: Vec<Vec<Demand>>,
}

/// A slash that a liability asks for.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Demand {
    /// Position among the liabilities of the book.
    lien: usize,
    /// Fraction of the stake at risk.
    fraction: f64,
    /// How it is taken.
    manner: Manner,
}

/// A demand in one scenario.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Slash {
    lien: usize,
    fraction: f64,
    /// Part of the stake that it still reaches.
    landed: f64,
}

/// The stake of one pool and what can be demanded of it.
#[derive(Debug)]
struct Book {
    asset: usize,
    unbonding_days: f64,
    /// Tokens. `[operator]`
    tokens: Vec<f64>,
    /// Millionths of a token. `[operator]`
    micros: Vec<u128>,
    liabilities: Vec<Liability>,
    /// What an accident is charged with.
    accidents: Vec<Demand>,
    /// The linear graph's loss of an operator that an accident hits, tokens. `[fault][operator]`
    accident_tokens: Vec<Vec<f64>>,
    combine: Combine,
    rules: Rules,
}

/// Whose rules keep a book.
#[derive(Debug)]
enum Rules {
    /// Cosmos SDK.
    Tombstone,
    /// Ethereum.
    Beacon(beacon::Beacon),
    /// EigenLayer.
    Magnitude(magnitude::Commitment),
    /// Mesh Security.
    Vault(vault::Liens),
}

/// What somebody loses, tokens.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Loss {
    by_accident: f64,
    by_attack: f64,
}

impl Books {
    /// Opens the books of a design.
    pub(super) fn new(compiler: &Compiler<'_>) -> Self {
        let pools: Vec<usize> = (0..compiler.study.pools.len())
            .filter(|pool| compiler.liabilities().any(|liability| liability.pool == *pool))
            .collect();
        let books: Vec<Book> = pools.iter().map(|pool| Book::new(compiler, *pool)).collect();
        let services = compiler.design.services.iter().enumerate();
        let attacks = services.map(|(index, (service, _))| {
            let attacks = compiler.study.services[*service].attacks.iter();
            attacks.map(|attack| Offence::new(compiler, &pools, (index, *service), attack)).collect()
        });
        let hits = |fault: &Fault| {
            compiler.study.operators.iter().map(|operator| fault.keys_hit(operator.keys)).collect()
        };
        Self { attacks: attacks.collect(), keys_hit: compiler.study.faults.iter().map(hits).collect(), books }
    }
}

impl Offence {
    fn new(
        compiler: &Compiler<'_>,
        pools: &[usize],
        (index, service): (usize, usize),
        attack: &Attack,
    ) -> Self {
        let judged = compiler.judge(index, service, attack);
        let mut demands = vec![Vec::new(); pools.len()];
        let liabilities = compiler.backings[index].iter().flat_map(|backing| &backing.liabilities);
        for (position, (liability, charge)) in liabilities.zip(&judged.charges).enumerate() {
            let Some(book) = pools.iter().position(|pool| *pool == liability.pool) else { continue };
            let lien = compiler.lien(liability.pool, index, position);
            if charge.fraction > 0.0 {
                demands[book].push(Demand { lien, fraction: charge.fraction, manner: charge.manner });
            }
        }
        Self { service, attack: attack.clone(), demands }
    }
}

impl Offence {
    /// Whether it is silence that leaks instead of an offence that is slashed.
    fn is_leak(&self) -> bool {
        self.demands.iter().flatten().any(|demand| demand.manner == Manner::Leak)
    }
}

impl Compiler<'_> {
    /// Position of a service's liability among all liabilities on a pool.
    fn lien(&self, pool: usize, index: usize, position: usize) -> usize {
        let on_pool = |liabilities: &[Liability]| liabilities.iter().filter(|l| l.pool == pool).count();
        let before: usize = self.backings[..index].iter().flatten().map(|b| on_pool(&b.liabilities)).sum();
        before + self.backings[index].as_ref().map_or(0, |backing| on_pool(&backing.liabilities[..position]))
    }
}

impl Book {
    fn new(compiler: &Compiler<'_>, pool: usize) -> Self {
        let holding = &compiler.study.pools[pool];
        let liabilities: Vec<Liability> =
            compiler.liabilities().filter(|l| l.pool == pool).cloned().collect();
        let demand = |(lien, liability): (usize, &Liability)| Demand {
            lien,
            fraction: liability.slash.fraction,
            manner: Manner::Slash,
        };
        let n_operators = compiler.study.operators.len();
        let accident_tokens = compiler.study.faults.iter().map(|fault| match fault.kind {
            FaultKind::Downtime => vec![0.0; n_operators],
            FaultKind::Equivocation => {
                let lost = |operator: usize| {
                    compiler.accident_share(fault, pool, operator) * holding.tokens(operator)
                };
                (0..n_operators).map(lost).collect()
            }
        });
        Self {
            asset: holding.asset,
            unbonding_days: holding.unbonding_days,
            tokens: (0..n_operators).map(|operator| holding.tokens(operator)).collect(),
            micros: holding.stake.iter().map(|units| rescaled(*units, holding.decimals)).collect(),
            accidents: liabilities.iter().enumerate().map(demand).filter(|d| d.fraction > 0.0).collect(),
            accident_tokens: accident_tokens.collect(),
            combine: compiler.combine[pool],
            rules: Rules::of(compiler, pool),
            liabilities,
        }
    }

    /// Whether anything here answers for the operator.
    fn answers(&self, operator: usize) -> bool {
        self.tokens[operator] > 0.0
            && self.liabilities.iter().any(|liability| liability.share[operator] > 0.0)
    }

    /// The demands of an attack as they land in one scenario.
    fn slashes(&self, assault: &Assault<'_>, offence: &Offence, book: usize, into: &mut Vec<Slash>) {
        into.clear();
        into.extend(offence.demands[book].iter().map(|demand| {
            let liability = &self.liabilities[demand.lien];
            let at = (offence.service, &offence.attack);
            let landed = match demand.manner {
                Manner::Leak => 1.0,
                Manner::Slash => drawn_landing(liability, at, self.unbonding_days, assault.luck),
            };
            Slash { lien: demand.lien, fraction: demand.fraction, landed }
        }));
    }

    /// The linear graph's loss for the attack, tokens.
    fn linear(&self, operator: usize, slashes: &[Slash]) -> f64 {
        let share = |slash: &Slash| self.liabilities[slash.lien].share[operator];
        let fractions = slashes.iter().map(|slash| slash.fraction * share(slash) * slash.landed);
        combine(self.combine, fractions) * self.tokens[operator]
    }
}

impl Rules {
    /// What they do.
    fn words(&self) -> &'static str {
        match self {
            Self::Tombstone => "Cosmos SDK: the fraction of the bonded stake, once, and the tombstone",
            Self::Beacon(_) => {
                "Ethereum: initial penalty, the correlation penalty 18 days later, and attestations missed for 36 days"
            }
            Self::Magnitude(_) => "EigenLayer: the fraction of the magnitude committed, rounded up",
            Self::Vault(_) => {
                "Mesh Security: the fraction of the lien, reaching into other liens where collateral runs short"
            }
        }
    }

    /// The rules that hold a pool's stake in a design.
    fn of(compiler: &Compiler<'_>, pool: usize) -> Self {
        let holding = &compiler.study.pools[pool];
        if let Slashing::Ethereum { fork, effective_balance } = holding.slashing {
            return Self::Beacon(beacon::Beacon::new(fork, effective_balance, holding));
        }
        let systems = || compiler.design.services.iter().map(|(_, system)| system);
        let lends = |system: &System| match system {
            System::Mesh(mesh) => mesh.external.iter().any(|external| external.pool == pool),
            _ => false,
        };
        if systems().any(lends) {
            return Self::Vault(vault::Liens::new(compiler, pool));
        }
        let restakes =
            |system: &System| matches!(system, System::Eigenlayer(avs) if avs.pools.contains(&pool));
        if systems().any(restakes) {
            return Self::Magnitude(magnitude::Commitment::new(compiler, pool));
        }
        Self::Tombstone
    }
}

impl Settle for Books {
    fn settle(&self, incident: &Incident<'_>, bill: &mut Bill) {
        bill.clear();
        let mut slashes = Vec::new();
        for (index, book) in self.books.iter().enumerate() {
            slashes.clear();
            if let Some(assault) = &incident.attack {
                let offence = &self.attacks[assault.service][assault.target];
                book.slashes(assault, offence, index, &mut slashes);
            }
            if slashes.is_empty() && (incident.accidents.is_empty() || book.accidents_are_free()) {
                continue;
            }
            self.settle_book(book, incident, &slashes, bill);
        }
        bill.lines.sort_by_key(|line| line.operator);
    }

    /// By the first liability that asks for anything: what is bought stands behind the service's own pool.
    fn landing(&self, service: usize, target: usize, luck: Luck) -> Landing {
        let offence = &self.attacks[service][target];
        let at = (offence.service, &offence.attack);
        let demands = self.books.iter().zip(&offence.demands);
        let first =
            demands.flat_map(|(book, demands)| demands.iter().map(move |demand| (book, demand))).next();
        match first {
            Some((book, Demand { lien, manner: Manner::Slash, .. })) => {
                let (liability, days) = (&book.liabilities[*lien], book.unbonding_days);
                let expected = expected_landing(liability, at, days);
                Landing { expected, drawn: drawn_landing(liability, at, days, luck) }
            }
            _ => Landing { expected: 1.0, drawn: 1.0 },
        }
    }
}

impl Book {
    fn accidents_are_free(&self) -> bool {
        self.accidents.is_empty() && !matches!(self.rules, Rules::Beacon(_))
    }
}

/// What the rules that hold a pool's stake in a design do, in words.
pub(super) fn rule_in_words(compiler: &Compiler<'_>, pool: usize) -> &'static str {
    Rules::of(compiler, pool).words()
}

/// One operator's part in an incident.
#[derive(Debug, Clone, Copy)]
struct Part {
    operator: usize,
    /// How often it has an accident, and of which kind.
    accidents: usize,
    fault: usize,
    attacks: bool,
}

impl Part {
    fn new(operator: usize, accidents: &[Accident], attacks: bool) -> Self {
        let mine = || accidents.iter().filter(|accident| accident.operator == operator);
        Self { operator, accidents: mine().count(), fault: mine().next().map_or(0, |a| a.fault), attacks }
    }
}

impl Books {
    fn settle_book(&self, book: &Book, incident: &Incident<'_>, slashes: &[Slash], bill: &mut Bill) {
        let members = incident.attack.map_or(&[][..], |assault| assault.members);
        let all_land: Vec<Slash> = slashes.iter().map(|slash| Slash { landed: 1.0, ..*slash }).collect();
        let as_drawn = beacon::Wave::new(self, book, incident, slashes);
        let if_all = beacon::Wave::new(self, book, incident, &all_land);
        let accidents = incident.accidents;
        let attackers = members.iter().map(|member| Part::new(*member as usize, accidents, true));
        let first = |at: usize| accidents[..at].iter().all(|other| other.operator != accidents[at].operator);
        let idle = |at: usize| !members.iter().any(|member| *member as usize == accidents[at].operator);
        let bystanders = (0..accidents.len()).filter(|at| first(*at) && idle(*at));
        let bystanders = bystanders.map(|at| Part::new(accidents[at].operator, accidents, false));
        for part in attackers.chain(bystanders).filter(|part| book.answers(part.operator)) {
            let mine = if part.attacks { slashes } else { &[] };
            let loss = self.lose(book, part, mine, &as_drawn, bill);
            let nominal = if part.attacks && mine != all_land {
                // What would have been lost runs into no gap that anybody sees.
                let mut unseen = Bill::default();
                self.lose(book, part, &all_land, &if_all, &mut unseen).by_attack
            } else {
                loss.by_attack
            };
            let hit = if part.accidents > 0 { book.accident_tokens[part.fault][part.operator] } else { 0.0 };
            let linear = (hit + book.linear(part.operator, mine)).min(book.tokens[part.operator]);
            let Loss { by_accident, by_attack } = loss;
            if by_accident + by_attack + nominal + linear > 0.0 {
                let (operator, asset) = (part.operator, book.asset);
                bill.lines.push(BillLine { operator, asset, by_accident, by_attack, nominal, linear });
            }
        }
    }

    /// What one operator loses of its stake in one book.
    fn lose(&self, book: &Book, part: Part, slashes: &[Slash], wave: &beacon::Wave, bill: &mut Bill) -> Loss {
        let hit = if part.accidents > 0 { self.keys_hit[part.fault][part.operator] } else { 0.0 };
        match &book.rules {
            Rules::Tombstone => tombstone::lose(book, (part, hit), slashes),
            Rules::Beacon(beacon) => beacon.lose(book.tokens[part.operator], part, slashes, wave),
            Rules::Magnitude(commitment) => commitment.lose(book, (part, hit), slashes),
            Rules::Vault(liens) => liens.lose(book, (part, hit), slashes, &mut bill.gaps),
        }
    }
}

/// A fraction in [0, 1] as 18 decimals; decimals of up to 15 digits come out exactly.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a fraction in [0, 1] times 10^15"
)]
pub(super) fn fraction18(fraction: f64) -> u128 {
    libm::round(fraction.clamp(0.0, 1.0) * 1e15) as u128 * 1000
}

/// Units in millionths of a token, rounded down; saturates far beyond any real supply.
fn rescaled(units: u128, decimals: u32) -> u128 {
    if decimals > MICRO_DECIMALS {
        units / 10u128.pow(decimals - MICRO_DECIMALS)
    } else {
        units.saturating_mul(10u128.pow(MICRO_DECIMALS - decimals))
    }
}

/// Part of an amount, rounded down.
fn part_of(amount: u128, fraction: f64) -> u128 {
    crate::rules::integer::mul_div_floor(amount, fraction18(fraction), 10u128.pow(18))
}

/// Millionths of a token in tokens.
fn tokens_of(micros: u128) -> f64 {
    crate::graph::to_f64(micros) / 1e6
}

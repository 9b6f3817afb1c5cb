//! The protocols' own rules at work: who loses what in one scenario, offence by offence, in their integers.
//!
//! Accidents come in the order of time, then the attack. Each pool has a book, kept by the rules of the protocol that
//! holds its stake: Cosmos (the first proven equivocation tombstones), Ethereum (penalties grow with what else is slashed
//! within 36 days), EigenLayer (magnitudes), Mesh (liens on one collateral).

mod amounts;
mod beacon;
mod book;
mod clean;
mod magnitude;
#[cfg(test)]
mod tests;
mod tombstone;
mod vault;

use super::Compiler;
use super::backing::Liability;
use super::enforcement::{drawn_landing, expected_landing, holds, holds_executor};
use super::penalty::Manner;
use crate::graph::{Accident, Assault, Bill, BillLine, Incident, Landing, Luck, Settle};
use crate::study::{Consensus, Fault, Slashing, System};
pub(super) use amounts::fraction18;
use amounts::{part_of, rescaled, tokens_of};
use book::{Book, Demand, Offence, Slash};
use clean::{Clean, Outcome};

/// The books of one design.
#[derive(Debug)]
pub struct Books {
    books: Vec<Book>,
    /// Position of each book's pool in the study. `[book]`
    pools: Vec<usize>,
    /// Attacks on each service of the design. `[service of the design][target]`
    attacks: Vec<Vec<Offence>>,
    /// Part of an operator's keys that one accident hits. `[fault][operator]`
    keys_hit: Vec<Vec<f64>>,
    /// What each operator loses by one accident, and by nothing else; empty where that depends on what others lose.
    /// `[book][fault][operator]`
    mishaps: Vec<Vec<Vec<Clean>>>,
    /// What services that have turned Byzantine take in every scenario. `[pool and operator]`
    taken: Vec<BillLine>,
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
        let mut pools: Vec<usize> = (0..compiler.study.pools.len())
            .filter(|pool| compiler.liabilities().any(|liability| liability.pool == *pool))
            .collect();
        // Pools that others are part of come first: their losses are felt above.
        pools.sort_by_key(|pool| compiler.underlying(*pool).count());
        let books: Vec<Book> =
            (0..).zip(&pools).map(|(index, _)| Book::new(compiler, &pools, index)).collect();
        let services = compiler.design.services.iter().enumerate();
        let attacks = services.map(|(index, (service, _))| {
            let attacks = compiler.attacks_on(index);
            attacks.map(|attack| Offence::new(compiler, &pools, (index, *service), attack)).collect()
        });
        let hits = |fault: &Fault| {
            compiler.study.operators.iter().map(|operator| fault.keys_hit(operator.keys)).collect()
        };
        let keys_hit = compiler.study.faults.iter().map(hits).collect();
        let mut opened = Self {
            attacks: attacks.collect(),
            keys_hit,
            mishaps: Vec::new(),
            books,
            pools,
            taken: Vec::new(),
        };
        opened.reckon_clean_losses();
        opened.reckon_mishaps();
        opened.book_taken(compiler);
        opened
    }

    /// Books what services that have turned Byzantine take; of pools for which nothing else answers as well.
    fn book_taken(&mut self, compiler: &Compiler<'_>) {
        for (pool, holding) in compiler.study.pools.iter().enumerate() {
            for (operator, part) in compiler.taken_parts(pool).into_iter().enumerate() {
                let tokens = part * holding.tokens(operator);
                if tokens <= 0.0 {
                    continue;
                }
                let book = self.pools.iter().position(|known| *known == pool).unwrap_or_else(|| {
                    self.pools.push(pool);
                    self.pools.len() - 1
                });
                let line = BillLine { operator, asset: holding.asset, book, ..BillLine::default() };
                self.taken.push(BillLine { by_accident: tokens, linear: tokens, ..line });
            }
        }
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
        if let Slashing::Ethereum { fork, effective_balance, .. } = holding.slashing {
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
                if incident.accidents.is_empty() && self.settle_known(book, assault, bill) {
                    continue;
                }
                let is_held = |service: usize| {
                    let before = assault.held >> service & 1 == 1;
                    before
                        || self
                            .offences(assault)
                            .any(|(_, other)| other.service == service && holds(&other.attack))
                };
                for (luck, offence) in self.offences(assault) {
                    book.slashes(luck, offence, is_held, &mut slashes);
                }
            }
            if slashes.is_empty() && (incident.accidents.is_empty() || book.accidents_are_free()) {
                continue;
            }
            // What one offence costs is known beforehand; several are reckoned together.
            let clean = match incident.attack.as_ref().map(|assault| assault.strikes) {
                Some([strike]) => &self.attacks[strike.service][strike.target].clean[index],
                _ => &[][..],
            };
            let (first, left) = (bill.lines.len(), self.left_of_base(book, bill));
            self.settle_book(book, incident, (&slashes, clean), bill);
            if book.base.is_some() {
                bill.lines[first..].iter_mut().for_each(|line| line.scale_exact(left));
            }
        }
        bill.lines.extend(&self.taken);
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
                let is_held = holds_executor(liability, at.0, at.1);
                Landing { expected, drawn: drawn_landing(liability, (is_held, at.1), days, luck) }
            }
            _ => Landing { expected: 1.0, drawn: 1.0 },
        }
    }

    fn pool_of(&self, book: usize) -> usize {
        self.pools[book]
    }
}

/// What the rules that hold the stake behind a service do, in words.
pub(super) fn rule_in_words(compiler: &Compiler<'_>, liability: &Liability, service: usize) -> &'static str {
    let rules = Rules::of(compiler, liability.pool);
    let is_cometbft = compiler.study.services[service].consensus == Consensus::Cometbft;
    match rules {
        Rules::Tombstone if !is_cometbft => "the fraction of the stake, once",
        rules => rules.words(),
    }
}

/// One operator's part in an incident.
#[derive(Debug, Clone, Copy)]
struct Part {
    operator: usize,
    /// How often it has an accident, and of which kind.
    accidents: usize,
    fault: usize,
    role: Role,
}

/// Whether an operator is in the coalition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Attacker,
    Bystander,
}

impl Part {
    /// Part of its keys that its accidents have hit, each the part `hit`.
    fn taken(&self, hit: f64) -> f64 {
        (crate::moments::count(self.accidents as u64) * hit).min(1.0)
    }

    fn new(operator: usize, accidents: &[Accident], role: Role) -> Self {
        let mine = || accidents.iter().filter(|accident| accident.operator == operator);
        Self { operator, accidents: mine().count(), fault: mine().next().map_or(0, |a| a.fault), role }
    }
}

impl Books {
    /// The offences of an attack, each with what decides whether its slashes land.
    fn offences<'a>(&'a self, assault: &'a Assault<'_>) -> impl Iterator<Item = (Luck, &'a Offence)> {
        assault.strikes.iter().map(|strike| (strike.luck, &self.attacks[strike.service][strike.target]))
    }

    /// Part of the stake under a pool (restaked native ETH) that its own chain has left: the beacon chain's losses come
    /// first and whatever else slashes it takes its part of the rest. Which validators stand behind which pod is not known:
    /// all lose alike.
    fn left_of_base(&self, book: &Book, bill: &Bill) -> f64 {
        let Some(base) = book.base else { return 1.0 };
        let lines = bill.lines.iter().filter(|line| line.book == base);
        let lost: f64 = lines.map(|line| line.by_accident + line.by_attack).sum();
        1.0 - lost / self.books[base].tokens.iter().sum::<f64>()
    }

    fn settle_book(
        &self,
        book: &Book,
        incident: &Incident<'_>,
        (slashes, clean): (&[Slash], &[Clean]),
        bill: &mut Bill,
    ) {
        let members = incident.attack.map_or(&[][..], |assault| assault.members);
        let committed = || incident.attack.iter().flat_map(Assault::committed);
        let accidents = incident.accidents;
        let landings = slashes.iter().map(|slash| slash.landed);
        let outcome = Outcome::of(landings).filter(|_| !clean.is_empty());
        let in_full: Vec<Slash> = match outcome {
            Some(Outcome::AllLand) => Vec::new(),
            _ => slashes.iter().map(|slash| Slash { landed: 1.0, ..*slash }).collect(),
        };
        let all = if in_full.is_empty() { slashes } else { &in_full };
        let waves =
            (beacon::Wave::new(self, book, incident, slashes), beacon::Wave::new(self, book, incident, all));
        // Where nothing is slashed for the attack, its members lose what others would by their accidents.
        let is_slashed = !slashes.is_empty();
        let attackers = committed().filter(|_| is_slashed);
        let attackers = attackers.map(|(member, part)| (Part::new(member, accidents, Role::Attacker), part));
        let first = |at: usize| accidents[..at].iter().all(|other| other.operator != accidents[at].operator);
        let idle = |at: usize| {
            !is_slashed || !members.iter().any(|member| *member as usize == accidents[at].operator)
        };
        let bystanders = (0..accidents.len()).filter(|at| first(*at) && idle(*at));
        let bystanders =
            bystanders.map(|at| (Part::new(accidents[at].operator, accidents, Role::Bystander), 1.0));
        for (part, committed) in attackers.chain(bystanders).filter(|(part, _)| book.answers[part.operator]) {
            let mine: (&[Slash], &[Slash]) = match part.role {
                Role::Attacker => (slashes, all),
                Role::Bystander => (&[], &[]),
            };
            let mut line = match self.known(book, clean, (outcome, part)) {
                Some((line, gaps)) => {
                    bill.gaps.add(gaps);
                    line
                }
                None => self.line(book, part, mine, &waves, bill),
            };
            if committed < 1.0 {
                // Which keys an accident has hit does not depend on which are committed: a part loses its part.
                let hit =
                    if part.accidents > 0 { book.accident_tokens[part.fault][part.operator] } else { 0.0 };
                line.scale_attack(committed, hit.min(book.tokens[part.operator]));
            }
            if line.by_accident + line.by_attack + line.nominal + line.linear > 0.0 {
                bill.lines.push(line);
            }
        }
    }

    /// What one operator loses: slashes and waves as they were drawn, and as if all slashes landed.
    fn line(
        &self,
        book: &Book,
        part: Part,
        (drawn, all): (&[Slash], &[Slash]),
        waves: &(beacon::Wave, beacon::Wave),
        bill: &mut Bill,
    ) -> BillLine {
        let (operator, asset) = (part.operator, book.asset);
        let Loss { by_accident, by_attack } = self.lose(book, part, drawn, &waves.0, bill);
        let nominal = if drawn == all {
            by_attack
        } else {
            // What would have been lost runs into no gap that anybody sees.
            self.lose(book, part, all, &waves.1, &mut Bill::default()).by_attack
        };
        let hit = if part.accidents > 0 { book.accident_tokens[part.fault][operator] } else { 0.0 };
        let linear = (hit + book.linear(operator, drawn)).min(book.tokens[operator]);
        BillLine { operator, asset, book: book.index, by_accident, by_attack, nominal, linear }
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

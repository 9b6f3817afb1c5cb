//! The protocols' own rules at work: who loses what in one scenario, offence by offence, in their integers.
//!
//! Accidents come in the order of time, then the attack. Each pool has a book, kept by the rules of the protocol that
//! holds its stake: Cosmos (the first proven equivocation tombstones), Ethereum (penalties grow with what else is slashed
//! within 36 days), EigenLayer (magnitudes), Mesh (liens on one collateral).

mod beacon;
mod book;
mod magnitude;
#[cfg(test)]
mod tests;
mod tombstone;
mod vault;

use super::Compiler;
use super::backing::Liability;
use super::enforcement::{drawn_landing, expected_landing, holds, holds_executor};
use super::penalty::Manner;
use crate::graph::{Accident, Assault, Bill, BillLine, Gaps, Incident, Landing, Luck, Settle};
use crate::study::{Consensus, Fault, Slashing, System};
use book::{Book, Demand, Offence, Slash};

/// Cosmos counts in millionths of a token; Mesh as well.
const MICRO_DECIMALS: u32 = 6;

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

/// What somebody loses by one cause alone, reckoned beforehand; small, as there is one for each operator and offence.
#[derive(Debug, Clone, Copy)]
struct Clean {
    /// Tokens.
    lost: f64,
    /// The same by the linear graph.
    linear: f64,
    /// Gaps that its reckoning runs into, as in [`Gaps`].
    gaps: [u32; 2],
}

impl Clean {
    /// The line of a mishap, and its gaps.
    fn of_mishap(self, book: &Book, operator: usize) -> (BillLine, Gaps) {
        let Self { lost, linear, .. } = self;
        let line = BillLine { operator, asset: book.asset, book: book.index, ..BillLine::default() };
        (BillLine { by_accident: lost, linear, ..line }, self.gaps())
    }

    /// The line of a member of an attack all of whose slashes share a fate, and its gaps; what does not land runs into none.
    fn of_attack(self, book: &Book, operator: usize, outcome: Outcome) -> (BillLine, Gaps) {
        let Self { lost, linear, .. } = self;
        let line =
            BillLine { operator, asset: book.asset, book: book.index, nominal: lost, ..BillLine::default() };
        match outcome {
            Outcome::AllLand => (BillLine { by_attack: lost, linear, ..line }, self.gaps()),
            Outcome::NoneLands => (line, Gaps::default()),
        }
    }

    fn gaps(self) -> Gaps {
        let [slashable_above_collateral, aborted_slashes] = self.gaps.map(u64::from);
        Gaps { slashable_above_collateral, aborted_slashes }
    }
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

    /// Reckons once what the same offence costs the same operator time and again.
    fn reckon_clean_losses(&mut self) {
        let mut attacks = std::mem::take(&mut self.attacks);
        for offence in attacks.iter_mut().flatten() {
            for (index, book) in self.books.iter().enumerate() {
                if offence.demands[index].is_empty() || matches!(book.rules, Rules::Beacon(_)) {
                    continue;
                }
                let slashes: Vec<Slash> = offence.demands[index].iter().map(Demand::landed).collect();
                let clean = |operator: usize| {
                    let part = Part { operator, accidents: 0, fault: 0, role: Role::Attacker };
                    self.clean(book, part, &slashes)
                };
                offence.clean[index] = (0..book.tokens.len()).map(clean).collect();
            }
        }
        self.attacks = attacks;
    }

    /// Reckons once what one accident costs each operator.
    fn reckon_mishaps(&mut self) {
        let of = |book: &Book| {
            let of_fault = |fault: usize| {
                let part = |operator| Part { operator, accidents: 1, fault, role: Role::Bystander };
                (0..book.tokens.len()).map(|operator| self.clean(book, part(operator), &[])).collect()
            };
            let is_apart = !book.accidents_are_free() && !matches!(book.rules, Rules::Beacon(_));
            if is_apart { (0..self.keys_hit.len()).map(of_fault).collect() } else { Vec::new() }
        };
        self.mishaps = self.books.iter().map(of).collect();
    }

    /// What one operator loses if all slashes land, whatever others lose.
    fn clean(&self, book: &Book, part: Part, slashes: &[Slash]) -> Clean {
        let (nobody, mut bill) = ((beacon::Wave::default(), beacon::Wave::default()), Bill::default());
        let line = self.line(book, part, (slashes, slashes), &nobody, &mut bill);
        let Gaps { slashable_above_collateral, aborted_slashes } = bill.gaps;
        // An operator has no more liens than there are services.
        let gaps =
            [slashable_above_collateral, aborted_slashes].map(|n| u32::try_from(n).unwrap_or(u32::MAX));
        Clean { lost: line.by_accident + line.by_attack, linear: line.linear, gaps }
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
            bill.lines[first..].iter_mut().for_each(|line| line.scale_exact(left));
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
        let outcome = Outcome::of(slashes).filter(|_| !clean.is_empty());
        if let (Some(outcome), true) = (outcome, accidents.is_empty()) {
            for (member, part) in committed() {
                let (mut line, gaps) = clean[member].of_attack(book, member, outcome);
                bill.gaps.add(gaps);
                if part < 1.0 {
                    line.scale_attack(part, 0.0);
                }
                if line.nominal > 0.0 {
                    bill.lines.push(line);
                }
            }
            return;
        }
        let all: Vec<Slash> = slashes.iter().map(|slash| Slash { landed: 1.0, ..*slash }).collect();
        let waves =
            (beacon::Wave::new(self, book, incident, slashes), beacon::Wave::new(self, book, incident, &all));
        let attackers =
            committed().map(|(member, part)| (Part::new(member, accidents, Role::Attacker), part));
        let first = |at: usize| accidents[..at].iter().all(|other| other.operator != accidents[at].operator);
        let idle = |at: usize| !members.iter().any(|member| *member as usize == accidents[at].operator);
        let bystanders = (0..accidents.len()).filter(|at| first(*at) && idle(*at));
        let bystanders =
            bystanders.map(|at| (Part::new(accidents[at].operator, accidents, Role::Bystander), 1.0));
        // Who is neither slashed for the attack nor has an accident loses nothing.
        let involved = |(part, _): &(Part, f64)| {
            book.answers[part.operator] && (part.accidents > 0 || !slashes.is_empty())
        };
        for (part, committed) in attackers.chain(bystanders).filter(involved) {
            let mine: (&[Slash], &[Slash]) = match part.role {
                Role::Attacker => (slashes, &all),
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

    /// What one operator loses by one cause alone, where that is known beforehand.
    fn known(
        &self,
        book: &Book,
        clean: &[Clean],
        (outcome, part): (Option<Outcome>, Part),
    ) -> Option<(BillLine, Gaps)> {
        match (outcome, part) {
            (Some(outcome), Part { accidents: 0, operator, .. }) => {
                Some(clean[operator].of_attack(book, operator, outcome))
            }
            (_, Part { accidents: 1, role: Role::Bystander, operator, .. }) => {
                let of_fault = self.mishaps[book.index].get(part.fault);
                of_fault.map(|of_fault| of_fault[operator].of_mishap(book, operator))
            }
            _ => None,
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

/// Slashes that share one fate.
#[derive(Debug, Clone, Copy)]
enum Outcome {
    AllLand,
    NoneLands,
}

impl Outcome {
    /// The fate, unless some land, or in part.
    fn of(slashes: &[Slash]) -> Option<Self> {
        if slashes.iter().all(|slash| slash.landed >= 1.0) {
            Some(Self::AllLand)
        } else if slashes.iter().all(|slash| slash.landed <= 0.0) {
            Some(Self::NoneLands)
        } else {
            None
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

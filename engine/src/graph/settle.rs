//! What a design's protocols do in one scenario, offence by offence, in their own integers.

use super::Targets;

/// Settles scenarios by the protocols' own rules. Designs implement it.
pub trait Settle: std::fmt::Debug + Send + Sync {
    /// Writes into `bill` what everybody involved loses.
    fn settle(&self, incident: &Incident<'_>, bill: &mut Bill);

    /// Part of a buyer's slash that lands: on average, and with this luck. `target` is that of the design's `service`.
    fn landing(&self, service: usize, target: usize, luck: Luck) -> Landing;

    /// The pool that lines of this [`BillLine::book`] speak of.
    fn pool_of(&self, book: usize) -> usize;
}

/// What happened in one scenario of a design.
#[derive(Debug, Clone, Copy)]
pub struct Incident<'a> {
    /// Accidents in the order of time; they come before the attack.
    pub accidents: &'a [Accident],
    /// The attack, at the horizon.
    pub attack: Option<Assault<'a>>,
}

/// An operator signs twice by accident; it may do so more than once.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Accident {
    /// Position of the operator.
    pub operator: usize,
    /// Position of the kind of accident in the study.
    pub fault: usize,
    /// When, in days from today.
    pub day: f64,
}

/// An attack by a coalition.
#[derive(Debug, Clone, Copy)]
pub struct Assault<'a> {
    /// What it targets, at most one target of each service.
    pub strikes: &'a [Strike],
    /// Operators in the coalition; each takes part wherever it has power.
    pub members: &'a [u32],
    /// Part of its keys that each of them commits, in (0, 1]; empty where everybody joins whole. `[member]`
    pub parts: &'a [f64],
    /// When, in days from today.
    pub day: f64,
    /// Services of the design that earlier attacks hold, a bit each: they carry no slash out.
    pub held: Targets,
}

/// One target of an attack.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Strike {
    /// Position of the service among those of the design.
    pub service: usize,
    /// Position of the target among those of the service.
    pub target: usize,
    /// What decides whether its slashes land.
    pub luck: Luck,
}

/// Draws that decide whether and when an offence is punished.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Luck {
    /// Uniform in (0, 1).
    pub uniform: f64,
    /// Standard normal.
    pub normal: f64,
}

impl Luck {
    /// Whatever can be punished is, and at the median delay.
    pub const NONE: Self = Self { uniform: 0.0, normal: 0.0 };
}

/// Part of a slash that lands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Landing {
    /// On average.
    pub expected: f64,
    /// In one scenario.
    pub drawn: f64,
}

/// What one operator loses in one asset, tokens.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct BillLine {
    /// Position of the operator.
    pub operator: usize,
    /// Position of the asset.
    pub asset: usize,
    /// Which stake of the design it is: lines of one pool share a number.
    pub book: usize,
    /// Slashed for accidents.
    pub by_accident: f64,
    /// Slashed for the attack, as far as slashes landed.
    pub by_attack: f64,
    /// What the attack would have cost had every slash landed.
    pub nominal: f64,
    /// The same loss, accidents and attack, by the linear graph with the same slashes landing.
    pub linear: f64,
}

impl Assault<'_> {
    /// Members with the part of its keys that each commits.
    pub fn committed(&self) -> impl Iterator<Item = (usize, f64)> + '_ {
        let part = |at: usize| self.parts.get(at).copied().unwrap_or(1.0);
        self.members.iter().enumerate().map(move |(at, member)| (*member as usize, part(at)))
    }
}

impl BillLine {
    /// Leaves what a part of the operator's keys loses for the attack; `accident` is the linear graph's loss by accident.
    pub fn scale_attack(&mut self, part: f64, accident: f64) {
        self.by_attack *= part;
        self.nominal *= part;
        self.linear = accident + part * (self.linear - accident);
    }

    /// Leaves this part of what the rules take: the rest was gone before. The linear graph does not know.
    pub fn scale_exact(&mut self, left: f64) {
        for tokens in [&mut self.by_accident, &mut self.by_attack, &mut self.nominal] {
            *tokens *= left;
        }
    }
}

/// Everything that is lost in one scenario; reused from scenario to scenario.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Bill {
    /// Lines, one per pool and operator that loses anything; those of one operator stand together.
    pub lines: Vec<BillLine>,
    /// What the protocols did that they should not.
    pub gaps: Gaps,
}

/// Known gaps of protocols that a scenario ran into, counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Gaps {
    /// Mesh: liens were left whose slashes exceed the collateral.
    pub slashable_above_collateral: u64,
    /// Mesh: a slash was aborted because another lien was too small to give its part.
    pub aborted_slashes: u64,
}

impl Gaps {
    /// Counts those of another scenario as well.
    pub fn add(&mut self, other: Self) {
        self.slashable_above_collateral += other.slashable_above_collateral;
        self.aborted_slashes += other.aborted_slashes;
    }
}

impl Bill {
    /// Forgets everything.
    pub fn clear(&mut self) {
        self.lines.clear();
        self.gaps = Gaps::default();
    }
}

/// What one liability charges for an attack, for people to read.
#[derive(Debug, Clone, PartialEq)]
pub struct ChargeNote {
    /// Position of the pool.
    pub pool: usize,
    /// The rule, in words.
    pub rule: &'static str,
    /// Fraction of the stake at risk that the rule takes.
    pub fraction: f64,
    /// Part of it that lands on average.
    pub landing: f64,
    /// Service whose chain carries it out; `None`: it always lands.
    pub executes_on: Option<usize>,
    /// Whether the attack holds that chain.
    pub is_held: bool,
    /// Days between evidence and slash (vote, throttle).
    pub wait_days: f64,
}

/// Why theory says that slashing cannot be relied on; the slash is then left out of every cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Regime {
    /// Nobody is slashed.
    ProofOfWork,
    /// A third of the power or more in a network that may be late.
    PartialSynchrony,
    /// It can be done without leaving evidence.
    Amnesia,
    /// It cannot be attributed.
    Unattributable,
    /// The rules slash nothing.
    NoSlash,
}

impl Regime {
    /// Every regime.
    pub const ALL: [Self; 5] =
        [Self::ProofOfWork, Self::PartialSynchrony, Self::Amnesia, Self::Unattributable, Self::NoSlash];

    /// Its word in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::ProofOfWork => "proof_of_work",
            Self::PartialSynchrony => "partial_synchrony",
            Self::Amnesia => "amnesia",
            Self::Unattributable => "unattributable",
            Self::NoSlash => "no_slash",
        }
    }
    /// What it says.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::ProofOfWork => "proof of work slashes nobody",
            Self::PartialSynchrony => {
                "while messages may be late, no protocol can promise to slash a third of the power or more"
            }
            Self::Amnesia => "it can be committed by amnesia, which leaves no evidence",
            Self::Unattributable => "nobody can be held to account for it",
            Self::NoSlash => "the rules slash nothing for it",
        }
    }
}

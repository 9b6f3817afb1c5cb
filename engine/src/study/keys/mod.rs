//! Every key of a study: the one table that drives reading, defaults, the JSON Schema and the reference.

mod assertion;
mod attacks;
mod designs;
mod economy;
mod risks;
mod sections;
mod time;

pub(super) use assertion::ASSERTION;
pub(super) use attacks::{ADVERSARY, ATTACK, SERVICE};
pub(super) use designs::{AGE, DETECTION, EXTERNAL, LOCAL, SECOND, SYSTEMS, VOTING};
pub(super) use economy::{CHOOSING, HOLDING, INFLATION, PORTFOLIO, STREAM, VOTE_ON_CONSUMER};
pub(super) use risks::{COLLUSION, DOWNTIME, EQUIVOCATION, FAULTS};
pub(super) use sections::{ASSET, BACKTEST, COLUMNS, DESIGN, MARKET, OPERATORS, POOL, QUOTED, RUN, STUDY};
pub(super) use time::{FLYWHEEL, TIME};

/// Where a number may lie.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Range {
    /// Lower end.
    pub(super) low: f64,
    /// Whether the lower end itself is out.
    pub(super) low_open: bool,
    /// Upper end; infinite for none.
    pub(super) high: f64,
    /// Whether the upper end itself is out.
    pub(super) high_open: bool,
}

impl Range {
    /// `[0, ∞)`
    pub(super) const NOT_NEGATIVE: Self = Self::new(0.0, false, f64::INFINITY, true);
    /// `(0, ∞)`
    pub(super) const POSITIVE: Self = Self::new(0.0, true, f64::INFINITY, true);
    /// `[0, 1]`
    pub(super) const UNIT: Self = Self::new(0.0, false, 1.0, false);
    /// `(−∞, ∞)`
    pub(super) const ANY: Self = Self::new(f64::NEG_INFINITY, true, f64::INFINITY, true);
    /// `(−1, 1)`
    pub(super) const CORRELATION: Self = Self::new(-1.0, true, 1.0, true);

    /// From `low` to `high`.
    const fn new(low: f64, low_open: bool, high: f64, high_open: bool) -> Self {
        Self { low, low_open, high, high_open }
    }

    /// Whether the number is finite and inside.
    pub(super) fn contains(self, number: f64) -> bool {
        let above = if self.low_open { number > self.low } else { number >= self.low };
        let below = if self.high_open { number < self.high } else { number <= self.high };
        number.is_finite() && above && below
    }

    /// A number inside, to go on with after a mistake.
    pub(super) fn inside(self) -> f64 {
        if self.contains(0.0) { 0.0 } else { 1.0_f64.min((self.low + self.high) / 2.0) }
    }

    /// In words: `a finite number above 0`.
    pub(super) fn words(self) -> String {
        if self == Self::ANY {
            return "a finite number".to_owned();
        }
        let low =
            if self.low_open { format!("above {}", self.low) } else { format!("at least {}", self.low) };
        match (self.high.is_finite(), self.high_open) {
            (false, _) => format!("a finite number {low}"),
            (true, true) => format!("a number {low} and below {}", self.high),
            (true, false) if self.low_open => format!("a number {low} and at most {}", self.high),
            (true, false) => format!("a number from {} to {}", self.low, self.high),
        }
    }
}

/// What a key holds.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    /// A number.
    Number(Range),
    /// A whole number between two.
    Whole(u64, u64),
    /// Text.
    Text,
    /// `true` or `false`.
    Flag,
    /// One of some words; further words are known but not computed yet.
    Choice(&'static [&'static str], &'static [&'static str]),
    /// A list of words, each once.
    Choices(&'static [&'static str]),
    /// A list of names, each once.
    Names,
    /// A name → number table.
    Numbers(Range),
    /// A name → word table.
    Words(&'static [&'static str]),
    /// `"> 1/3"`, `">= 0.5"` or a decimal.
    Threshold,
    /// `"1/10"` or a decimal, in (0, 1).
    Ratio,
    /// `"gaussian"` or `{ student_t = 4 }`.
    Copula,
    /// A number, or `{ median, sigma }`.
    Premium,
    /// `[["A", "B", 0.5], …]`
    Correlations,
    /// A table: a path, or given in place; these columns are required.
    Table(&'static [&'static str]),
    /// Operators: a list, the name of a true/false column, or a table.
    Operators,
    /// A section.
    Section(&'static Section),
    /// Sections by name.
    Sections(&'static Section),
    /// A list of sections.
    List(&'static Section),
    /// Services by name, each by one of the systems.
    Systems,
}

/// What holds when a key is absent.
#[derive(Debug, Clone, Copy)]
pub(super) enum Otherwise {
    /// It must be given.
    Required,
    /// This value, as TOML.
    Value(&'static str),
    /// What these words say.
    Words(&'static str),
    /// Nothing.
    Nothing,
}

/// One key.
#[derive(Debug)]
pub(super) struct Key {
    /// Its name.
    pub(super) name: &'static str,
    /// What it holds.
    pub(super) kind: Kind,
    /// What holds without it.
    pub(super) otherwise: Otherwise,
    /// Unit; empty where there is none.
    pub(super) unit: &'static str,
    /// What it means: goes on after "write".
    pub(super) meaning: &'static str,
}

/// Keys that stand together.
#[derive(Debug)]
pub(super) struct Section {
    /// Name in the schema.
    pub(super) name: &'static str,
    /// What it describes.
    pub(super) meaning: &'static str,
    /// Its keys in canonical order.
    pub(super) keys: &'static [Key],
}

impl Section {
    /// The key of this name.
    pub(super) fn key(&self, name: &str) -> Option<&'static Key> {
        self.keys.iter().find(|key| key.name == name)
    }
}

impl Key {
    /// A key.
    const fn new(
        name: &'static str,
        kind: Kind,
        otherwise: Otherwise,
        unit: &'static str,
        meaning: &'static str,
    ) -> Self {
        Self { name, kind, otherwise, unit, meaning }
    }

    /// What to write: `write the price of one token today (USD)`.
    pub(super) fn remedy(&self) -> String {
        if self.unit.is_empty() {
            format!("write {}", self.meaning)
        } else {
            format!("write {} ({})", self.meaning, self.unit)
        }
    }
}

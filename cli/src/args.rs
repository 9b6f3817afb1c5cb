//! The command line.

use clap::{Args, Parser, Subcommand, ValueEnum};
use montecartel::bargain::Target;
use montecartel::study::Record;
use std::num::NonZeroUsize;
use std::path::PathBuf;

/// Exit codes, as the help shows them.
const EXIT_CODES: &str = "\
Exit codes:
  0 ok                              5 an [assert] of the study failed (reserved)
  1 internal error                  6 stopped early, partial result (reserved)
  2 usage                           7 output or disk error
  3 study invalid                   8 a file is not what its manifest says
  4 input table invalid             9 written by an incompatible version";

/// What it costs to corrupt a service, how likely an attack pays and who loses what, when stake is shared.
#[derive(Debug, Parser)]
#[command(name = "cartel", version, after_help = EXIT_CODES, max_term_width = 110)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Write a commented example study into a new folder.
    Init {
        /// Folder to create.
        dir: PathBuf,
    },
    /// Check a study and say what it assumes, without running it.
    Check {
        /// Folder of the study, or its `study.toml`.
        study: PathBuf,
        /// Print one JSON document.
        #[arg(long)]
        json: bool,
    },
    /// Say who has power over a service, what an attack needs, and who would be slashed by which rule and how much.
    Explain(ExplainArguments),
    /// Draw scenarios, judge every design on them, write tables and print the figures.
    Run(RunArguments),
    /// Find the least that a service must pay a year for a given security, and who takes part for that.
    Price(PriceArguments),
    /// Print the figures of a finished run again.
    Show(ShowArguments),
    /// Say what this machine offers and which vector instructions are used; CARTEL_SIMD forces others.
    Doctor,
    /// Print the JSON Schema of a study.
    Schema {
        /// Print a reference of all keys in Markdown instead.
        #[arg(long)]
        markdown: bool,
    },
}

/// Arguments of `explain`.
#[derive(Debug, Args)]
pub struct ExplainArguments {
    /// Folder of the study, or its `study.toml`.
    pub study: PathBuf,
    /// Design.
    #[arg(long, value_name = "D")]
    pub design: String,
    /// Service.
    #[arg(long, value_name = "S")]
    pub service: String,
    /// Most operators to print in one list.
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub operators: usize,
    /// Print one JSON document with everything.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `run`.
#[derive(Debug, Args)]
pub struct RunArguments {
    /// Folder of the study, or its `study.toml`.
    pub study: PathBuf,
    /// Folder for the results: new or empty.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Scenarios to draw, such as 1_000_000 or 1e6, and most paths; the study's own numbers when not given.
    #[arg(long, value_name = "N", value_parser = scenarios)]
    pub scenarios: Option<u64>,
    /// Seed, decimal or 0x hexadecimal; the study's own when not given.
    #[arg(long, value_name = "S", value_parser = seed)]
    pub seed: Option<u64>,
    /// Threads; one per processor when not given. Results do not depend on it.
    #[arg(long, value_name = "T")]
    pub threads: Option<NonZeroUsize>,
    /// Scenarios to write to the three big tables; the study's own choice when not given.
    #[arg(long, value_enum)]
    pub record: Option<RecordChoice>,
    /// Replace an earlier run in DIR; a folder that holds anything else is left alone.
    #[arg(long)]
    pub force: bool,
    /// No progress and no warnings on standard error (warnings are kept in run_results.json).
    #[arg(long, short)]
    pub quiet: bool,
    /// What to print.
    #[command(flatten)]
    pub print: PrintArguments,
}

/// Arguments of `price`.
#[derive(Debug, Args)]
pub struct PriceArguments {
    /// Folder of the study, or its `study.toml`.
    pub study: PathBuf,
    /// Service to be secured.
    #[arg(long, value_name = "S")]
    pub service: String,
    /// What must hold, such as 'p_profitable_attack_high<=1e-4': a metric of the service, or of the design, as a run reports it.
    #[arg(long, value_name = "METRIC<=VALUE", allow_hyphen_values = true)]
    pub target: Target,
    /// Attack kind that the metric speaks of; any when not given.
    #[arg(long, value_name = "K")]
    pub attack: Option<String>,
    /// Design; all that secure the service when not given.
    #[arg(long, value_name = "D")]
    pub design: Option<String>,
    /// Scenarios to judge each offer on; the study's own number when not given.
    #[arg(long, value_name = "N", value_parser = scenarios)]
    pub scenarios: Option<u64>,
    /// Threads; one per processor when not given. Results do not depend on it.
    #[arg(long, value_name = "T")]
    pub threads: Option<NonZeroUsize>,
    /// Most operators to name.
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub operators: usize,
    /// Print one JSON document with everything.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `show`.
#[derive(Debug, Args)]
pub struct ShowArguments {
    /// Folder of a finished run.
    pub dir: PathBuf,
    /// What to print.
    #[command(flatten)]
    pub print: PrintArguments,
}

/// How figures are printed.
#[derive(Debug, Args)]
pub struct PrintArguments {
    /// Print one JSON document with the summary instead of tables.
    #[arg(long)]
    pub json: bool,
    /// Print the cheapest route to each target alone.
    #[arg(long)]
    pub cheapest: bool,
}

/// Which scenarios go to the big tables.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum RecordChoice {
    /// Every scenario.
    All,
    /// Scenarios in which something happened, and a sample.
    Attacks,
    /// None; only summaries are written.
    None,
}

impl From<RecordChoice> for Record {
    fn from(choice: RecordChoice) -> Self {
        match choice {
            RecordChoice::All => Self::All,
            RecordChoice::Attacks => Self::Attacks,
            RecordChoice::None => Self::None,
        }
    }
}

/// Most scenarios that a study may ask for.
const MOST_SCENARIOS: u64 = 1_000_000_000_000;
/// Largest seed that a study can hold.
const MOST_SEED: u64 = i64::MAX.unsigned_abs();

/// A number of scenarios.
fn scenarios(text: &str) -> Result<u64, String> {
    let n = whole(text)?;
    if (1..=MOST_SCENARIOS).contains(&n) { Ok(n) } else { Err("must lie between 1 and 1e12".to_owned()) }
}

/// A seed.
fn seed(text: &str) -> Result<u64, String> {
    let seed = match text.strip_prefix("0x") {
        Some(digits) => {
            u64::from_str_radix(&digits.replace('_', ""), 16).map_err(|error| error.to_string())?
        }
        None => whole(text)?,
    };
    if seed <= MOST_SEED { Ok(seed) } else { Err(format!("must lie between 0 and {MOST_SEED}")) }
}

/// A whole number: `1000000`, `1_000_000`, `1e6`, `2.5e6`.
fn whole(text: &str) -> Result<u64, String> {
    let digits = text.replace('_', "");
    if let Ok(number) = digits.parse() {
        return Ok(number);
    }
    let refused = || "write a whole number such as 1000000, 1_000_000 or 1e6".to_owned();
    let (mantissa, exponent) = digits.split_once(['e', 'E']).ok_or_else(refused)?;
    let (before, after) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if before.is_empty() {
        return Err(refused());
    }
    let exponent: usize = exponent.trim_start_matches('+').parse().map_err(|_| refused())?;
    let zeros = exponent.checked_sub(after.len()).filter(|zeros| *zeros < 20).ok_or_else(refused)?;
    format!("{before}{after}{}", "0".repeat(zeros)).parse().map_err(|_| refused())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn command_line_is_consistent() {
        <Arguments as clap::CommandFactory>::command().debug_assert();
    }

    #[test]
    fn whole_numbers_in_every_spelling() {
        for text in ["2500000", "2_500_000", "2.5e6", "25e5", "2.5E+6", "2500e3"] {
            assert_eq!(whole(text), Ok(2_500_000), "{text}");
        }
        for text in ["", "1.5", "1e", "e6", "-1", "1.25e1", "1e30", "1e-3", "ten"] {
            assert!(whole(text).is_err(), "{text}");
        }
    }

    #[test]
    fn seeds_read_as_the_manifest_writes_them() {
        assert_eq!(seed("0x000000000000002a"), Ok(42));
        assert!(seed("0xffffffffffffffff").is_err());
        assert!(scenarios("0").is_err());
    }
}

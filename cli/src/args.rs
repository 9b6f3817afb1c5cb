//! The command line.

use clap::{Args, Parser, Subcommand, ValueEnum};
use montecartel::bargain::Target;
use montecartel::study::{Estimator, Record};
use montecartel::sweep::Axis;
use std::num::NonZeroUsize;
use std::path::PathBuf;

/// Exit codes, as the help shows them.
const EXIT_CODES: &str = "\
Exit codes:
  0 ok                              5 finished, an [assert] of the study failed
  1 internal error                  6 stopped early, valid partial result     
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
    /// Say how far a design is overcollateralised at today's prices, and for a small one the worst that a shock can do.
    Robust(RobustArguments),
    /// Say what bribes come to, paid up front, on success, or by P + ε from an escrow.
    Bribes(BribesArguments),
    /// Say how likely colluders alone reach each threshold of a service: computed, or with the factors alone sampled.
    Exact(ExactArguments),
    /// Draw scenarios, judge every design on them, write tables and print the figures.
    Run(RunArguments),
    /// Find the least that a service must pay a year for a given security, and who takes part for that.
    Price(PriceArguments),
    /// Say what adding a service does to the security of those that are there: each design without it against the design with it.
    Marginal(MarginalArguments),
    /// Run a study at every point of a grid of its numbers, on common draws, into one Parquet table.
    Sweep(SweepArguments),
    /// Reverse stress: say at which collusion probability and which loadings a figure reaches a level.
    Stress(StressArguments),
    /// Say how P(attack pays), the expected loss and what attackers gain move with the numbers of a study.
    Sensitivity(SensitivityArguments),
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

/// Arguments of `robust`.
#[derive(Debug, Args)]
pub struct RobustArguments {
    /// Folder of the study, or its `study.toml`.
    pub study: PathBuf,
    /// Design; all of them when not given.
    #[arg(long, value_name = "D")]
    pub design: Option<String>,
    /// Largest shock: operators with at most this part of the stake lose all of it, and leave.
    #[arg(long, value_name = "PSI", value_parser = part, default_value = "0.1")]
    pub shock: (u64, u64),
    /// Restaking services that turn Byzantine, by the worst choice: each slashes all that is allocated to it.
    #[arg(long, value_name = "H", default_value_t = 0)]
    pub byzantine: usize,
    /// Scenarios in which γ* is taken as well, of those who can be had in each.
    #[arg(long, value_name = "N")]
    pub scenarios: Option<NonZeroUsize>,
    /// Seed of the scenarios; by default that of the study.
    #[arg(long, value_name = "SEED", requires = "scenarios")]
    pub seed: Option<u64>,
    /// Most operators to print.
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub operators: usize,
    /// Threads; one per processor when not given. Results do not depend on it.
    #[arg(long, value_name = "T")]
    pub threads: Option<NonZeroUsize>,
    /// Print one JSON document.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `bribes`.
#[derive(Debug, Args)]
pub struct BribesArguments {
    /// Folder of the study, or its `study.toml`.
    pub study: PathBuf,
    /// Design; all of them when not given.
    #[arg(long, value_name = "D")]
    pub design: Option<String>,
    /// Scenarios.
    #[arg(long, value_name = "N", default_value = "4096")]
    pub scenarios: NonZeroUsize,
    /// Seed; by default that of the study.
    #[arg(long, value_name = "SEED")]
    pub seed: Option<u64>,
    /// Print one JSON document.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `exact`.
#[derive(Debug, Args)]
pub struct ExactArguments {
    /// Folder of the study, or its `study.toml`.
    pub study: PathBuf,
    /// Service.
    #[arg(long, value_name = "S")]
    pub service: String,
    /// Design; all of them when not given.
    #[arg(long, value_name = "D")]
    pub design: Option<String>,
    /// Relative width of the bracket at which powers are precise enough, where they must be rounded to cells.
    #[arg(long, value_name = "W", value_parser = fraction, default_value = "0.01")]
    pub width: f64,
    /// Most cells that powers are rounded to, whatever the width: twice as many halve it. When not given 16384 where factors are
    /// sampled, 1048576 where they are integrated over.
    #[arg(long, value_name = "C", value_parser = cells)]
    pub cells: Option<u64>,
    /// Draws of the factors where there are too many to integrate over.
    #[arg(long, value_name = "N", value_parser = scenarios, default_value = "32768")]
    pub scenarios: u64,
    /// Seed of those draws; the study's own when not given.
    #[arg(long, value_name = "S", value_parser = seed)]
    pub seed: Option<u64>,
    /// Threads; one per processor when not given. Results do not depend on it.
    #[arg(long, value_name = "T")]
    pub threads: Option<NonZeroUsize>,
    /// Print one JSON document.
    #[arg(long)]
    pub json: bool,
}

/// How the runs of a study with other numbers are drawn.
#[derive(Debug, Args)]
pub struct DrawArguments {
    /// Scenarios to draw at every value; the study's own number when not given.
    #[arg(long, value_name = "N", value_parser = scenarios)]
    pub scenarios: Option<u64>,
    /// Seed, the same at every value; the study's own when not given.
    #[arg(long, value_name = "S", value_parser = seed)]
    pub seed: Option<u64>,
    /// Threads; one per processor when not given. Results do not depend on it.
    #[arg(long, value_name = "T")]
    pub threads: Option<NonZeroUsize>,
    /// How probabilities are estimated; the study's own choice when not given.
    #[arg(long, value_enum)]
    pub estimator: Option<EstimatorChoice>,
}

/// Arguments of `sweep`.
#[derive(Debug, Args)]
pub struct SweepArguments {
    /// Folder of the study, or its `study.toml`.
    pub study: PathBuf,
    /// A number and its values: KEY=FROM:TO:STEP or KEY=A,B,C. Several are crossed.
    #[arg(long = "set", value_name = "KEY=VALUES", value_parser = axis, required = true)]
    pub axes: Vec<Axis>,
    /// Parquet file to write.
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Replace FILE.
    #[arg(long)]
    pub force: bool,
    /// How to draw.
    #[command(flatten)]
    pub draw: DrawArguments,
}

/// Arguments of `marginal`.
#[derive(Debug, Args)]
pub struct MarginalArguments {
    /// Folder of the study, or its `study.toml`.
    pub study: PathBuf,
    /// The service added.
    #[arg(long, value_name = "S")]
    pub add: String,
    /// Design that has it; all that do when not given.
    #[arg(long, value_name = "D")]
    pub design: Option<String>,
    /// Judge attacks on one target at a time; joint attacks otherwise, whatever the study says.
    #[arg(long)]
    pub single: bool,
    /// Scenarios to draw; the study's own number when not given.
    #[arg(long, value_name = "N", value_parser = scenarios)]
    pub scenarios: Option<u64>,
    /// Seed; the study's own when not given.
    #[arg(long, value_name = "S", value_parser = seed)]
    pub seed: Option<u64>,
    /// Threads; one per processor when not given. Results do not depend on it.
    #[arg(long, value_name = "T")]
    pub threads: Option<NonZeroUsize>,
    /// Parquet file to write as well.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Replace FILE.
    #[arg(long)]
    pub force: bool,
    /// Print one JSON document.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `stress`.
#[derive(Debug, Args)]
pub struct StressArguments {
    /// Folder of the study, or its `study.toml`.
    pub study: PathBuf,
    /// Design; all of them when not given.
    #[arg(long, value_name = "D")]
    pub design: Option<String>,
    /// Service; the design as a whole when not given.
    #[arg(long, value_name = "S", default_value = "*", hide_default_value = true)]
    pub service: String,
    /// Attack kind; any when not given.
    #[arg(long, value_name = "A", default_value = "*", hide_default_value = true)]
    pub attack: String,
    /// Route; the cheapest when not given.
    #[arg(long, value_name = "R", default_value = "*", hide_default_value = true)]
    pub route: String,
    /// The figure.
    #[arg(long, value_name = "M", default_value = "p_attack_pays")]
    pub metric: String,
    /// Its level.
    #[arg(long, value_name = "P", value_parser = fraction, default_value = "1e-4")]
    pub level: f64,
    /// A number and where to look: KEY=FROM:TO; the collusion probability and every loading when not given.
    #[arg(long = "key", value_name = "KEY=FROM:TO", value_parser = range)]
    pub keys: Vec<(String, f64, f64)>,
    /// How to draw.
    #[command(flatten)]
    pub draw: DrawArguments,
    /// Print one JSON document.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `sensitivity`.
#[derive(Debug, Args)]
pub struct SensitivityArguments {
    /// Folder of the study, or its `study.toml`.
    pub study: PathBuf,
    /// A number; may be given several times. Collusion probability, loadings, prices, slash fractions and thresholds when none is.
    #[arg(long = "key", value_name = "KEY")]
    pub keys: Vec<String>,
    /// Step of differences on common draws, as a part of the number.
    #[arg(long, value_name = "H", value_parser = fraction, default_value = "0.05")]
    pub step: f64,
    /// How to draw.
    #[command(flatten)]
    pub draw: DrawArguments,
    /// Print one JSON document.
    #[arg(long)]
    pub json: bool,
}

/// Most values of one number of a grid.
const MOST_VALUES: f64 = 10_000.0;

/// `KEY=FROM:TO:STEP` or `KEY=A,B,C`.
fn axis(text: &str) -> Result<Axis, String> {
    let (key, values) = text.split_once('=').ok_or("write KEY=FROM:TO:STEP or KEY=A,B,C")?;
    let number = |text: &str| -> Result<f64, String> {
        let number: f64 = text.trim().parse().map_err(|_| format!("`{text}` is not a number"))?;
        if number.is_finite() { Ok(number) } else { Err(format!("`{text}` is not finite")) }
    };
    let key = key.trim().to_owned();
    if let [from, to, step] = values.split(':').collect::<Vec<_>>()[..] {
        let (from, to, step) = (number(from)?, number(to)?, number(step)?);
        let steps = (to - from) / step;
        if !(0.0..MOST_VALUES).contains(&steps) {
            return Err("the steps must lead from FROM to TO, at most 10,000 of them".to_owned());
        }
        // A step that ends a rounding error before TO still reaches it.
        let values = (0u32..).map(|i| (i, from + f64::from(i) * step));
        let values = values.take_while(|(i, _)| f64::from(*i) <= steps + 1e-9).map(|(_, value)| tidy(value));
        return Ok(Axis { key, values: values.collect() });
    }
    Ok(Axis { key, values: values.split(',').map(number).collect::<Result<_, _>>()? })
}

/// A value of a grid without the dust of its sum: twelve digits.
fn tidy(value: f64) -> f64 {
    format!("{value:.11e}").parse().unwrap_or(value)
}

/// `KEY=FROM:TO`.
fn range(text: &str) -> Result<(String, f64, f64), String> {
    let refused = || "write KEY=FROM:TO".to_owned();
    let (key, ends) = text.split_once('=').ok_or_else(refused)?;
    let (low, high) = ends.split_once(':').ok_or_else(refused)?;
    let number = |text: &str| text.trim().parse::<f64>().ok().filter(|x| x.is_finite()).ok_or_else(refused);
    let (low, high) = (number(low)?, number(high)?);
    if low < high { Ok((key.trim().to_owned(), low, high)) } else { Err("FROM must lie below TO".to_owned()) }
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
    /// How probabilities are estimated; the study's own choice when not given.
    #[arg(long, value_enum)]
    pub estimator: Option<EstimatorChoice>,
    /// Ask who makes attacks possible, on so many of the scenarios (100,000 when no number is given): operators and groups honest
    /// at any price one by one, into attribution.parquet.
    #[arg(long, value_name = "N", value_parser = scenarios, num_args = 0..=1, require_equals = true, default_missing_value = "100_000")]
    pub attribution: Option<u64>,
    /// Stop when every headline figure's standard error is at most this part of it; the study's own when not given.
    #[arg(long, value_name = "E", value_parser = fraction)]
    pub relative_error: Option<f64>,
    /// Stop after about so many seconds with what is there by then (exit code 6).
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub time_limit: Option<f64>,
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

/// How probabilities are estimated.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum EstimatorChoice {
    /// Counted, all scenarios alike.
    Plain,
    /// Threshold probabilities computed given sampled factors.
    Conditional,
    /// Weighted scenarios that favour rare events.
    Importance,
    /// Counted, and computed where counting is rough.
    Auto,
}

impl From<EstimatorChoice> for Estimator {
    fn from(choice: EstimatorChoice) -> Self {
        match choice {
            EstimatorChoice::Plain => Self::Plain,
            EstimatorChoice::Conditional => Self::Conditional,
            EstimatorChoice::Importance => Self::Importance,
            EstimatorChoice::Auto => Self::Auto,
        }
    }
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

/// Most cells that powers are rounded to: each of a few columns then takes 128 MiB.
const MOST_CELLS: u64 = 1 << 24;
/// Most scenarios that a study may ask for.
const MOST_SCENARIOS: u64 = 1_000_000_000_000;
/// Largest seed that a study can hold.
const MOST_SEED: u64 = i64::MAX.unsigned_abs();

/// A number of scenarios.
fn scenarios(text: &str) -> Result<u64, String> {
    let n = whole(text)?;
    if (1..=MOST_SCENARIOS).contains(&n) { Ok(n) } else { Err("must lie between 1 and 1e12".to_owned()) }
}

/// A number of cells.
fn cells(text: &str) -> Result<u64, String> {
    let n = whole(text)?;
    if (16..=MOST_CELLS).contains(&n) { Ok(n) } else { Err(format!("must lie between 16 and {MOST_CELLS}")) }
}

/// A part of 1.
fn fraction(text: &str) -> Result<f64, String> {
    let number: f64 = text.parse().map_err(|_| "write a number such as 0.01".to_owned())?;
    if number > 0.0 && number < 1.0 { Ok(number) } else { Err("must lie between 0 and 1".to_owned()) }
}

/// A part of a whole, read exactly: `0.1`, `1/10`, 0 or 1 too.
fn part(text: &str) -> Result<(u64, u64), String> {
    let (num, den) = montecartel::fraction::parse_ratio(text)
        .ok_or_else(|| "write a part such as 0.1 or 1/10".to_owned())?;
    if num <= den { Ok((num, den)) } else { Err("must lie between 0 and 1".to_owned()) }
}

/// A time.
fn seconds(text: &str) -> Result<f64, String> {
    let number: f64 = text.parse().map_err(|_| "write a number of seconds".to_owned())?;
    if number > 0.0 && number < 1e9 { Ok(number) } else { Err("must lie between 0 and 1e9".to_owned()) }
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
    fn grids_reach_their_ends() {
        let values = |text: &str| axis(text).map(|axis| axis.values);
        assert_eq!(values("a.b=0:0.6:0.1"), Ok(vec![0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6]));
        assert_eq!(values("a=3,1e-3"), Ok(vec![3.0, 1e-3]));
        assert_eq!(values("a=2:1:-0.5"), Ok(vec![2.0, 1.5, 1.0]));
        for text in ["a", "a=", "a=0:1:0", "a=0:1:-1", "a=x", "a=0:1:1e-9", "a=inf"] {
            assert!(values(text).is_err(), "{text}");
        }
        assert!(range("a=1:0").is_err() && range("a=0:1") == Ok(("a".to_owned(), 0.0, 1.0)));
    }

    #[test]
    fn seeds_read_as_the_manifest_writes_them() {
        assert_eq!(seed("0x000000000000002a"), Ok(42));
        assert!(seed("0xffffffffffffffff").is_err());
        assert!(scenarios("0").is_err());
    }
}

//! The command line.

use crate::values::{axis, cells, fraction, part, range, scenarios, seconds, seed};
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
    /// Service; needed where the designs secure several.
    #[arg(long, value_name = "S")]
    pub service: Option<String>,
    /// Design; all of them when not given.
    #[arg(long, value_name = "D")]
    pub design: Option<String>,
    /// Relative width of the bracket at which powers are precise enough, where they must be rounded to cells.
    #[arg(long, value_name = "W", value_parser = fraction, default_value = "0.01")]
    pub width: f64,
    /// Most cells that powers are rounded to, whatever the width: twice as many halve it. When not given 16384 where factors are
    /// sampled, 1048576 where they are integrated over; 256 of each of two quorums that are needed at once.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn command_line_is_consistent() {
        <Arguments as clap::CommandFactory>::command().debug_assert();
    }
}

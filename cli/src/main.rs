//! `cartel`: the command line of Monte Cartel. Parses arguments, calls the engine, prints; no model code.

mod amount;
mod args;
mod attribution;
mod bribes;
mod check;
mod doctor;
mod exact;
mod exit;
mod explain;
mod figures;
mod host;
mod init;
mod json;
mod load;
mod marginal;
mod money;
mod names;
mod output;
mod paths;
mod price;
mod robust;
mod run;
mod show;
mod signal;
mod stress;
mod sweep;
mod tables;
mod values;

use args::{Arguments, Command};
use clap::Parser;
use exit::Failure;
use output::{Out, tell};
use std::panic::catch_unwind;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help is no error: clap prints it to standard output and says 0.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(exit::USAGE));
        }
    };
    let done = catch_unwind(|| dispatch(arguments.command)).unwrap_or_else(|_| {
        Err(Failure::new(exit::INTERNAL, "error: this is a fault in cartel; please report it with the study"))
    });
    match done {
        Ok(()) => ExitCode::from(exit::OK),
        Err(failure) => {
            if !failure.message.is_empty() {
                tell(&failure.message);
            }
            ExitCode::from(failure.code)
        }
    }
}

fn dispatch(command: Command) -> Result<(), Failure> {
    let out = &mut Out::new();
    doctor::level()?.use_everywhere();
    match command {
        Command::Init { dir } => init::run(&dir, out),
        Command::Check { study, json } => check::run(&study, json, out),
        Command::Explain(arguments) => explain::run(&arguments, out),
        Command::Robust(arguments) => robust::run(&arguments, out),
        Command::Bribes(arguments) => bribes::run(&arguments, out),
        Command::Exact(arguments) => exact::run(&arguments, out),
        Command::Sweep(arguments) => sweep::run(&arguments, out),
        Command::Stress(arguments) => stress::run(&arguments, out),
        Command::Sensitivity(arguments) => stress::sensitivity(&arguments, out),
        Command::Doctor => doctor::run(out),
        Command::Run(arguments) => run::run(&arguments, out),
        Command::Marginal(arguments) => marginal::run(&arguments, out),
        Command::Price(arguments) => price::run(&arguments, out),
        Command::Show(arguments) => show::show(&arguments, out),
        Command::Schema { markdown: true } => out.line(montecartel::study::key_reference()),
        Command::Schema { markdown: false } => out.json(&montecartel::study::json_schema()),
    }?;
    out.flush()
}

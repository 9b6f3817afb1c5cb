//! `cartel run`: load, draw, write, print.

use crate::args::{PrintArguments, RunArguments};
use crate::exit::{ASSERTION, Failure, STOPPED};
use crate::output::{Out, tell};
use crate::tables::Detail;
use crate::{figures, host, json, load, paths, signal, tables};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use montecartel::assertions::{Asserted, asserted};
use montecartel::attribution::attribute;
use montecartel::bargain::settle;
use montecartel::estimate::Results;
use montecartel::path::PathPlan;
use montecartel::rare::run_by_estimator;
use montecartel::report::{Manifest, RunFacts, RunFolder};
use montecartel::run::{Ended, Finished, Plan, Watch};
use montecartel::study::Study;
use std::io::IsTerminal;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::Instant;

/// Runs a study.
///
/// # Errors
/// Whatever stops it.
pub fn run(arguments: &RunArguments, out: &mut Out) -> Result<(), Failure> {
    let study = prepare(arguments)?;
    let threads = load::threads(arguments.threads)?;
    let signal = signal::caught()?;
    let is_interrupted = || signal.load(Ordering::Relaxed);
    let folder = RunFolder::create(&arguments.out, &study, arguments.force)?;
    let settled = threads.install(|| settle(&study));
    let plan = Plan::new(&settled.study);
    let mut sink = folder.sink(&plan);
    let (started_utc, clock) = (host::utc_now(), Instant::now());
    let bar = progress(plan.scenarios(), arguments.quiet);
    let limit = arguments.time_limit.map(std::time::Duration::from_secs_f64);
    let mut go_on = || limit.is_none_or(|limit| clock.elapsed() < limit);
    let mut progress = |done| bar.set_position(done);
    let watch = Watch {
        progress: &mut progress,
        go_on: if limit.is_some() { Some(&mut go_on) } else { None },
        interrupted: Some(&is_interrupted),
    };
    let Finished { mut results, scenarios, ended } =
        threads.install(|| run_by_estimator(&settled.study, &plan, &mut sink, watch))?;
    bar.finish_and_clear();
    if study.run.attribution > 0 && !is_interrupted() {
        let asked = study.run.attribution.min(scenarios);
        results.contributions = threads.install(|| attribute(&settled.study, asked));
    }
    if let Some(warning) = sink.warning().filter(|_| !arguments.quiet) {
        tell(format_args!("warning: {warning}"));
    }
    if !arguments.quiet {
        results.warnings.iter().for_each(|warning| tell(format_args!("warning: {warning}")));
    }
    results.summary.extend(settled.votes.iter().flat_map(|vote| vote.rows(&study)));
    let plan_of_paths = PathPlan::new(&settled).filter(|_| !is_interrupted());
    let paths = threads.install(|| plan_of_paths.map(|plan| plan.run()));
    let mut figures = figures::sentences(&settled, &plan, &results, &threads);
    figures.extend(paths.iter().zip(&study.time).flat_map(|(paths, time)| paths::sentences(paths, time)));
    figures.extend(figures::ending(&ended, scenarios));
    let is_partial = matches!(ended, Ended::Limit(_) | Ended::Interrupted);
    let asserted = if is_partial { Vec::new() } else { asserted(&settled.study, &results) };
    figures.extend(asserted.iter().map(figures::assertion));
    let folder = folder.with_paths(paths);
    let facts = RunFacts {
        seconds: clock.elapsed().as_secs_f64(),
        threads: threads.count(),
        scenarios,
        is_partial,
        started_utc,
        finished_utc: host::utc_now(),
        host: host::facts(),
        warnings: results.warnings.clone(),
        figures,
    };
    let manifest = folder.finish(sink, &results, &facts)?;
    print(&manifest, &results, &arguments.print, out)?;
    say_where(&arguments.out, &facts, arguments);
    out.flush()?;
    verdict(&ended, scenarios, &asserted)
}

/// What a run that has written its tables ends with.
fn verdict(ended: &Ended, scenarios: u64, asserted: &[Asserted]) -> Result<(), Failure> {
    let by = match ended {
        Ended::Limit(_) => "the time limit",
        Ended::Interrupted => "a signal",
        Ended::AllDrawn(_) | Ended::Precise(_) => {
            let failed = asserted.iter().filter(|asserted| !asserted.holds()).map(figures::assertion);
            let failed: Vec<String> = failed.collect();
            return if failed.is_empty() { Ok(()) } else { Err(Failure::new(ASSERTION, failed.join("\n"))) };
        }
    };
    let text =
        format!("stopped after {scenarios} scenarios by {by}: a valid partial result, without _SUCCESS");
    Err(Failure::new(STOPPED, text))
}

/// Prints figures as asked.
///
/// # Errors
/// If nobody takes them.
pub fn print(
    manifest: &Manifest,
    results: &Results,
    arguments: &PrintArguments,
    out: &mut Out,
) -> Result<(), Failure> {
    if arguments.json {
        return out.json(&json::document(manifest, results));
    }
    let detail = if arguments.cheapest { Detail::Cheapest } else { Detail::Routes };
    tables::print(manifest, results, detail, out)
}

/// The study with the settings of the command line; its warnings are printed.
fn prepare(arguments: &RunArguments) -> Result<Study, Failure> {
    let mut study = load::study(&arguments.study)?;
    if !arguments.quiet {
        study.provenance.warnings.iter().for_each(tell);
    }
    let settings = &mut study.run;
    settings.scenarios = arguments.scenarios.unwrap_or(settings.scenarios);
    if let (Some(time), Some(scenarios)) = (&mut study.time, arguments.scenarios) {
        time.paths = time.paths.min(scenarios);
    }
    settings.seed = arguments.seed.unwrap_or(settings.seed);
    settings.relative_error = arguments.relative_error.unwrap_or(settings.relative_error);
    settings.attribution = arguments.attribution.unwrap_or(settings.attribution);
    settings.estimator = arguments.estimator.map_or(settings.estimator, Into::into);
    settings.record = arguments.record.map_or(settings.record, Into::into);
    Ok(study)
}

/// A progress bar, hidden unless somebody watches.
fn progress(scenarios: u64, quiet: bool) -> ProgressBar {
    let watched = !quiet && std::io::stderr().is_terminal();
    let target = if watched { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let template = "{bar:40} {human_pos}/{human_len} scenarios, {rate}, {eta} left";
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    let rate = |state: &ProgressState, out: &mut dyn std::fmt::Write| {
        // A bar that cannot be drawn is not worth a run.
        let _ = write!(out, "{:.0}/s", state.per_sec());
    };
    ProgressBar::with_draw_target(Some(scenarios), target).with_style(style.with_key("rate", rate))
}

/// Says how long it took and where the tables are.
fn say_where(dir: &Path, facts: &RunFacts, arguments: &RunArguments) {
    if !arguments.quiet {
        let (seconds, threads) = (facts.seconds, facts.threads);
        tell(format_args!("{seconds:.1} s on {threads} threads; tables in {}", dir.display()));
    }
}

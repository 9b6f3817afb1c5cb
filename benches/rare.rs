//! How long each estimator needs for P(colluders alone reach a fork's threshold) of studies that ship, as Markdown:
//!
//! `cargo bench -p montecartel --bench rare`
//!
//! The collusion probability is chosen so that the figure is 1e-3, 1e-6 and 1e-9. Times are CPU seconds of one thread to a standard
//! error of 1 %, extrapolated by the square root of the draws from samples that are named below; a search for proposals is counted.
//! What the plain and the importance run judge is the whole study; the conditional estimators compute this one figure.

use montecartel::exact::{Factored, ServicePower};
use montecartel::graph::Graph;
use montecartel::rare::{Conditional, Figure, conditional, conditional_sobol, run_by_estimator};
use montecartel::run::{NoSink, Plan, Watch};
use montecartel::study::{Estimator, Record, Setting, Study, StudyError, Variable};
use std::io::Write;
use std::path::Path;

/// Folder, design, service.
const CASES: [[&str; 3]; 3] = [
    ["ethereum-2024", "pos", "ethereum"],
    ["cosmos-2023", "standalone", "osmosis"],
    ["stride-joins-the-hub", "replicated", "stride"],
];
const LEVELS: [f64; 3] = [1e-3, 1e-6, 1e-9];
/// Standard error over the figure that is asked for.
const PRECISION: f64 = 0.01;
const PLAIN_SCENARIOS: u64 = 32_768;
const IMPORTANCE_SCENARIOS: u64 = 32_768;
const DRAWS: u64 = 8_192;
/// Seeds over which variances of draws of the factors are averaged.
const SEEDS: u64 = 4;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut out = std::io::stdout().lock();
    // Cargo tells a bench that it is one; any other argument is part of the name of a study.
    let wanted: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    writeln!(
        out,
        "| study | P (collusion probability) | plain, extrapolated | conditional | importance | Sobol against random factors | Sobol against plain |"
    )?;
    writeln!(out, "| --- | --- | --- | --- | --- | --- | --- |")?;
    for case in CASES
        .iter()
        .filter(|case| wanted.is_empty() || wanted.iter().any(|word| case[0].contains(word.as_str())))
    {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data").join(case[0]);
        let variable = Variable::load(&folder)?;
        for level in LEVELS {
            let probability = probability_at(&variable, *case, level)?;
            let study = with(&variable, probability)?;
            writeln!(out, "{}", row(*case, probability, &study))?;
        }
    }
    Ok(())
}

fn with(variable: &Variable, probability: f64) -> Result<Study, StudyError> {
    let key = "collusion.probability".to_owned();
    let mut study = variable.with(&[Setting { key, value: probability }])?;
    study.run.record = Record::None;
    Ok(study)
}

/// The collusion probability at which the figure has this value.
fn probability_at(variable: &Variable, case: [&str; 3], level: f64) -> Result<f64, StudyError> {
    let (mut low, mut high) = (1e-6f64, 0.4f64);
    while high / low > 1.01 {
        let middle = (low * high).sqrt();
        let study = with(variable, middle)?;
        let (power, at) = service(&study, &montecartel::design::compile(&study), case);
        let plan = Conditional::new(&Factored::new(&study), &power, 1);
        let (figures, _) = conditional_sobol(&plan, 1024);
        if figures[at].estimate.value < level { low = middle } else { high = middle }
    }
    Ok(high)
}

/// The power over the service, and the position of its fork.
fn service(study: &Study, graph: &Graph, [_, design, service]: [&str; 3]) -> (ServicePower, usize) {
    let design = graph.designs.iter().find(|d| d.name == design).expect("the design exists");
    let secured = design.secured.iter().map(|index| &graph.secured[*index]);
    let secured =
        secured.into_iter().find(|s| study.services[s.service].name == service).expect("the service exists");
    let mut quorums = ServicePower::of_quorums(secured, |asset| study.assets[asset].price_usd);
    let power = quorums.swap_remove(0);
    let is_fork = |target: &usize| secured.targets[*target].kind == "fork";
    let at = power.targets.iter().position(is_fork).unwrap_or(0);
    (power, at)
}

/// A sample: CPU seconds of preparing, CPU seconds of drawing, and the variance it leaves relative to the figure's square.
#[derive(Clone, Copy)]
struct Sample {
    prepared: f64,
    seconds: f64,
    variance: f64,
}

impl Sample {
    fn seconds_to_precision(self) -> f64 {
        self.prepared + self.seconds * self.variance / (PRECISION * PRECISION)
    }

    /// Relative variance times work: what estimators are compared by.
    fn effort(self) -> f64 {
        self.seconds * self.variance
    }
}

fn row(case: [&str; 3], probability: f64, study: &Study) -> String {
    let (power, at) = service(study, &montecartel::design::compile(study), case);
    let factors = |estimate: fn(&Conditional, u64) -> Vec<Figure>| {
        let mut mean = Sample { prepared: 0.0, seconds: 0.0, variance: 0.0 };
        let mut value = 0.0;
        for seed in 1..=SEEDS {
            let (prepared, plan) = timed(|| Conditional::new(&Factored::new(study), &power, seed));
            let (seconds, figures) = timed(|| estimate(&plan, DRAWS));
            let found = figures[at].estimate;
            let part = 1.0 / SEEDS as f64;
            value += part * found.value;
            mean.prepared += part * prepared;
            mean.seconds += part * seconds;
            mean.variance += part * (found.std_error / found.value).powi(2);
        }
        (mean, value)
    };
    let (random, _) = factors(conditional);
    let (sobol, value) = factors(|plan, draws| conditional_sobol(plan, draws).0);
    let plain = plain(study, value);
    let importance = importance(study, case);
    format!(
        "| {} {} | {value:.1e} ({probability:.1e}) | {} | {} | {} | {:.1} | {:.0e} |",
        case[0],
        case[2],
        words(plain.seconds_to_precision()),
        words(sobol.seconds_to_precision()),
        words(importance.seconds_to_precision()),
        random.effort() / sobol.effort(),
        plain.effort() / sobol.effort(),
    )
}

/// A plain run, whose variance is that of counting.
fn plain(study: &Study, value: f64) -> Sample {
    let (seconds, _) = run(study, Estimator::Plain, PLAIN_SCENARIOS);
    Sample { prepared: 0.0, seconds, variance: (1.0 - value) / value / PLAIN_SCENARIOS as f64 }
}

fn importance(study: &Study, [_, design, service]: [&str; 3]) -> Sample {
    let (seconds, results) = run(study, Estimator::Importance, IMPORTANCE_SCENARIOS);
    let (prepared, _) = run(study, Estimator::Importance, 256);
    let row =
        results.find(design, service, "fork", "collude", "p_threshold_reached").expect("the figure exists");
    let relative = row.estimate.std_error / row.estimate.value;
    Sample { prepared, seconds: (seconds - prepared).max(0.0), variance: relative * relative }
}

fn run(study: &Study, estimator: Estimator, scenarios: u64) -> (f64, montecartel::estimate::Results) {
    let mut study = study.clone();
    (study.run.estimator, study.run.scenarios) = (estimator, scenarios);
    timed(|| {
        let watch = Watch { progress: &mut |_| (), go_on: None, interrupted: None };
        let Ok(finished) = run_by_estimator(&study, &Plan::new(&study), &mut NoSink, watch);
        finished.results
    })
}

fn words(seconds: f64) -> String {
    let (by, unit) = match seconds {
        s if s < 120.0 => (1.0, "s"),
        s if s < 7200.0 => (60.0, "min"),
        s if s < 172_800.0 => (3600.0, "hours"),
        s if s < 730.0 * 86_400.0 => (86_400.0, "days"),
        _ => (365.25 * 86_400.0, "years"),
    };
    let number = seconds / by;
    let decimals = if number < 1.0 { 2 } else { usize::from(number < 10.0) };
    format!("{number:.decimals$} {unit}")
}

/// What `work` returns and the CPU seconds of all threads that it took; where the system does not say, seconds by the clock.
fn timed<R>(work: impl FnOnce() -> R) -> (f64, R) {
    let (clock, before) = (std::time::Instant::now(), cpu_seconds());
    let result = work();
    let seconds = match (before, cpu_seconds()) {
        (Some(before), Some(after)) => after - before,
        _ => clock.elapsed().as_secs_f64(),
    };
    (seconds, result)
}

/// CPU seconds of this process's threads so far.
fn cpu_seconds() -> Option<f64> {
    let mut nanoseconds = 0.0;
    for task in std::fs::read_dir("/proc/self/task").ok()? {
        let text = std::fs::read_to_string(task.ok()?.path().join("schedstat")).ok()?;
        nanoseconds += text.split(' ').next()?.parse::<f64>().ok()?;
    }
    Some(1e-9 * nanoseconds)
}

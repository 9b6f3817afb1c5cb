//! One study at many values of its numbers, all on the same draws: grids, derivatives, and the value at which a figure reaches
//! a level.

use crate::attack::NO_TARGET;
use crate::estimate::{Estimate, Results, SummaryRow};
use crate::kernels::LANES;
use crate::moments::Moments;
use crate::rare::run_by_estimator;
use crate::run::{NoSink, Plan, Watch, blocks_in_order};
use crate::study::{Record, Setting, Study, StudyError, Variable};

/// The values of one number.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    /// Its full key.
    pub key: String,
    /// Its values.
    pub values: Vec<f64>,
}

/// One figure at one point of a grid.
#[derive(Debug, Clone, PartialEq)]
pub struct GridRow {
    /// Value of each axis. `[axis]`
    pub at: Vec<f64>,
    /// The figure.
    pub row: SummaryRow,
}

/// All combinations of the axes' values, the last axis fastest. `[point][axis]`
pub fn grid(axes: &[Axis]) -> Vec<Vec<f64>> {
    axes.iter().fold(vec![Vec::new()], |points, axis| {
        let extend = |point: &Vec<f64>| -> Vec<Vec<f64>> {
            axis.values.iter().map(|value| [point.as_slice(), &[*value]].concat()).collect()
        };
        points.iter().flat_map(extend).collect()
    })
}

/// Estimates of a study by its own estimator, nothing recorded.
pub fn estimates(study: &Study) -> Results {
    let mut study = study.clone();
    study.run.record = Record::None;
    let watch = Watch { progress: &mut |_| (), go_on: None };
    let Ok(finished) = run_by_estimator(&study, &Plan::new(&study), &mut NoSink, watch);
    finished.results
}

/// Runs a study at every point of a grid; `progress` is told how many points are done.
///
/// # Errors
/// If a point is no valid study.
pub fn sweep(
    variable: &Variable,
    axes: &[Axis],
    mut progress: impl FnMut(usize),
) -> Result<Vec<GridRow>, StudyError> {
    let mut rows = Vec::new();
    for (index, at) in grid(axes).into_iter().enumerate() {
        let study = variable.with(&settings(axes, &at))?;
        rows.extend(estimates(&study).summary.into_iter().map(|row| GridRow { at: at.clone(), row }));
        progress(index + 1);
    }
    Ok(rows)
}

fn settings(axes: &[Axis], at: &[f64]) -> Vec<Setting> {
    axes.iter().zip(at).map(|(axis, value)| Setting { key: axis.key.clone(), value: *value }).collect()
}

/// Labels of one figure.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// Design.
    pub design: String,
    /// Service, `*` for the whole design.
    pub service: String,
    /// Attack kind, `*` for any.
    pub attack: String,
    /// Route, `*` for the cheapest.
    pub route: String,
    /// Metric.
    pub metric: String,
}

/// Where a rising figure reaches a level.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Reached {
    /// At this value; at the ends the interval of the figure meets the level (95 %, sampling error only).
    At {
        /// The value.
        value: f64,
        /// Least value that sampling error leaves.
        low: f64,
        /// Largest.
        high: f64,
    },
    /// Not even at the largest value, where the figure is this.
    Never(f64),
    /// Already at the least value, where the figure is this.
    Always(f64),
}

/// A search for the value of a number at which a figure reaches a level.
#[derive(Debug, Clone, PartialEq)]
pub struct Stress {
    /// The number's full key.
    pub key: String,
    /// Least value to look at.
    pub low: f64,
    /// Largest.
    pub high: f64,
    /// The figure.
    pub figure: Figure,
    /// Its level.
    pub level: f64,
}

/// Relative width at which a bisection ends.
const NARROW: f64 = 1e-3;
const MOST_HALVINGS: usize = 40;

/// Why a search found nothing.
#[derive(Debug, thiserror::Error)]
pub enum StressError {
    /// A value is no valid study.
    #[error(transparent)]
    Study(#[from] StudyError),
    /// There is no such figure.
    #[error("the study has no figure {0:?}")]
    NoFigure(Figure),
}

/// Reverse stress: bisection on common draws, for the figure and for both ends of its interval. The figure is taken to rise with
/// the number.
///
/// # Errors
/// If a value is refused or there is no such figure.
pub fn stress(variable: &Variable, search: &Stress) -> Result<Reached, StressError> {
    let mut seen: Vec<(f64, Estimate)> = Vec::new();
    let mut at = |value: f64| -> Result<Estimate, StressError> {
        if let Some((_, estimate)) = seen.iter().find(|(x, _)| x.to_bits() == value.to_bits()) {
            return Ok(*estimate);
        }
        let study = variable.with(&[Setting { key: search.key.clone(), value }])?;
        let Figure { design, service, attack, route, metric } = &search.figure;
        let results = estimates(&study);
        let row = results.find(design, service, attack, route, metric);
        let estimate = row.ok_or_else(|| StressError::NoFigure(search.figure.clone()))?.estimate;
        seen.push((value, estimate));
        Ok(estimate)
    };
    let (first, last) = (at(search.low)?, at(search.high)?);
    if first.value >= search.level {
        return Ok(Reached::Always(first.value));
    }
    if last.value < search.level {
        return Ok(Reached::Never(last.value));
    }
    let mut root = |height: fn(&Estimate) -> f64| -> Result<f64, StressError> {
        let (mut low, mut high) = (search.low, search.high);
        if height(&at(low)?) >= search.level {
            return Ok(low);
        }
        if height(&at(high)?) < search.level {
            return Ok(high);
        }
        for _ in 0..MOST_HALVINGS {
            if high - low <= NARROW * high {
                break;
            }
            // By ratio where the ends are far apart.
            let middle =
                if low > 0.0 && high > 4.0 * low { libm::sqrt(low * high) } else { 0.5 * (low + high) };
            if height(&at(middle)?) >= search.level { high = middle } else { low = middle }
        }
        Ok(high)
    };
    // The upper end of the interval meets the level first.
    Ok(Reached::At { value: root(|e| e.value)?, low: root(|e| e.high)?, high: root(|e| e.low)? })
}

/// A derivative by common-draw differences.
#[derive(Debug, Clone, PartialEq)]
pub struct Derivative {
    /// The number's full key.
    pub key: String,
    /// Its value.
    pub at: f64,
    /// Half the distance between the two studies compared.
    pub step: f64,
    /// Design.
    pub design: String,
    /// `p_attack_pays` or `loss_usd`.
    pub metric: &'static str,
    /// Derivative with respect to the number, with its sampling error; the difference's own bias is of the order of the step's
    /// square.
    pub estimate: Estimate,
}

/// Derivatives of P(attack pays) and of the expected loss (slashing by attacks and accidents) of every design with respect to one
/// number: central differences of width `2·step`, scenario by scenario on the same draws. Numbers at the edge of their range
/// get a one-sided difference.
///
/// # Errors
/// If no neighbouring value is a valid study.
pub fn derivative(variable: &Variable, key: &str, at: f64, step: f64) -> Result<Vec<Derivative>, StudyError> {
    let with = |value: f64| variable.with(&[Setting { key: key.to_owned(), value }]);
    let (below, above) = match (with(at - step), with(at + step)) {
        (Ok(below), Ok(above)) => ((at - step, below), (at + step, above)),
        (Err(_), Ok(above)) => ((at, with(at)?), (at + step, above)),
        (Ok(below), Err(_)) => ((at - step, below), (at, with(at)?)),
        (Err(error), Err(_)) => return Err(error),
    };
    let width = above.0 - below.0;
    let (below, above) = (quiet(below.1), quiet(above.1));
    let moments = paired(&Plan::new(&above), &Plan::new(&below));
    let designs = above.designs.iter().zip(moments);
    Ok(designs
        .flat_map(|(design, metrics)| {
            let named = ["p_attack_pays", "loss_usd"].into_iter().zip(metrics);
            named.map(|(metric, moments)| Derivative {
                key: key.to_owned(),
                at,
                step: 0.5 * width,
                design: design.name.clone(),
                metric,
                estimate: scaled(&Estimate::mean(&moments), 1.0 / width),
            })
        })
        .collect())
}

fn quiet(mut study: Study) -> Study {
    study.run.record = Record::None;
    study
}

fn scaled(estimate: &Estimate, factor: f64) -> Estimate {
    Estimate {
        value: estimate.value * factor,
        std_error: estimate.std_error * factor,
        low: estimate.low * factor,
        high: estimate.high * factor,
        effective_sample_size: estimate.effective_sample_size,
    }
}

/// Differences a − b of attacked and of losses, scenario by scenario. `[design][metric]`
fn paired(a: &Plan, b: &Plan) -> Vec<[Moments; 2]> {
    let n_blocks = a.scenarios().div_ceil(LANES as u64);
    let designs = a.graph().designs.len();
    // Blocks in waves, so that only their moments wait in memory.
    let blocks = blocks_in_order(n_blocks, |block| {
        let (mut x, mut y) = (a.room(), b.room());
        a.judge_plain(block, &mut x);
        b.judge_plain(block, &mut y);
        let of = |room: &crate::run::Judged, design: usize, lane: usize| {
            let out = &room.execution.designs[design];
            [f64::from(u8::from(out.target[lane] != NO_TARGET)), out.slashed[lane] + out.fault_slashed[lane]]
        };
        let n = x.draws.n;
        let moments = |design: usize| {
            let difference = |metric: usize| -> Vec<f64> {
                (0..n).map(|lane| of(&x, design, lane)[metric] - of(&y, design, lane)[metric]).collect()
            };
            [Moments::of(&difference(0)), Moments::of(&difference(1))]
        };
        (0..designs).map(moments).collect::<Vec<_>>()
    });
    let mut total = vec![[Moments::default(); 2]; designs];
    for block in &blocks {
        for (total, block) in total.iter_mut().zip(block) {
            total.iter_mut().zip(block).for_each(|(a, b)| a.merge(b));
        }
    }
    total
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Five equal operators, two needed (> 1/3): P = 1 − (1−p)⁵ − 5p(1−p)⁴, which always pays.
    fn chain() -> Variable {
        let text = "name = \"chain\"\nassets.T.price_usd = 1\nrun.scenarios = 100_000\n\
            [collusion]\nprobability = 0.05\naltruistic_probability = 1e-9\n\
            [adversary]\nroutes = [\"collude\"]\n\
            [pools.p]\nasset = \"T\"\nstake = { a = 1, b = 1, c = 1, d = 1, e = 1 }\n\
            [services.s]\nconsensus = \"quorum\"\nattacks.fork = { profit_usd = 100, threshold = \"> 1/3\" }\n\
            [designs.d.services.s]\nsystem = \"pos\"\npool = \"p\"\nslash = 0.05\nexecutes_on = \"always\"\n";
        Variable::from_text(text, std::path::Path::new(".")).unwrap_or_else(|error| panic!("{error}"))
    }

    fn reached(p: f64) -> f64 {
        1.0 - (1.0 - p).powi(5) - 5.0 * p * (1.0 - p).powi(4)
    }

    fn whole(metric: &str) -> Figure {
        let any = "*".to_owned();
        let (service, attack, route) = (any.clone(), any.clone(), any);
        Figure { design: "d".to_owned(), service, attack, route, metric: metric.to_owned() }
    }

    #[test]
    fn a_grid_crosses_its_axes_on_common_draws() {
        let variable = chain();
        let axes = [
            Axis { key: "collusion.probability".to_owned(), values: vec![0.05, 0.1] },
            Axis { key: "services.s.attacks.fork.threshold".to_owned(), values: vec![0.3, 0.5, 0.7] },
        ];
        let mut done = 0;
        let rows = sweep(&variable, &axes, |points| done = points).unwrap();
        assert_eq!(done, 6);
        let find = |at: [f64; 2]| {
            let of =
                |row: &&GridRow| row.at == at && row.row.metric == "p_attack_pays" && row.row.service == "*";
            rows.iter().find(of).unwrap().row.estimate
        };
        for p in [0.05, 0.1] {
            let two = find([p, 0.3]);
            assert!((two.value - reached(p)).abs() < 5.0 * two.std_error, "{two:?}");
            assert!(find([p, 0.5]).value < two.value && find([p, 0.7]).value < find([p, 0.5]).value);
        }
        // The study's own point is the study's own run.
        let own = estimates(&variable.study);
        let one_third =
            sweep(&variable, &[Axis { key: "collusion.probability".to_owned(), values: vec![0.05] }], |_| ());
        let same = one_third.unwrap();
        assert!(same.iter().map(|row| &row.row).eq(own.summary.iter()));
    }

    #[test]
    fn reverse_stress_inverts_the_closed_form() {
        let figure = whole("p_attack_pays");
        let search =
            Stress { key: "collusion.probability".to_owned(), low: 1e-4, high: 0.9, figure, level: 1e-2 };
        let Reached::At { value, low, high } = stress(&chain(), &search).unwrap() else {
            panic!("not reached")
        };
        assert!(low <= value && value <= high);
        // The level is met at p = 0.0327…, within five errors by the width of the interval, which is the figure's own.
        let mut truth = (0.0, 1.0);
        for _ in 0..60 {
            let middle = 0.5 * (truth.0 + truth.1);
            if reached(middle) < 1e-2 { truth.0 = middle } else { truth.1 = middle }
        }
        let error = (high - low) / (2.0 * crate::sketch::Z95);
        assert!((value - truth.0).abs() < 5.0 * error, "{value} in [{low}, {high}], {}", truth.0);
        assert!(high / low < 1.15, "{low} {high}");
        let never = Stress { high: 1e-3, ..search.clone() };
        assert!(matches!(stress(&chain(), &never).unwrap(), Reached::Never(_)));
        let always = Stress { low: 0.5, ..search };
        assert!(matches!(stress(&chain(), &always).unwrap(), Reached::Always(_)));
    }

    #[test]
    fn derivatives_have_their_closed_form() {
        let p: f64 = 0.05;
        let truth = 20.0 * p * (1.0 - p).powi(3);
        let found = derivative(&chain(), "collusion.probability", p, 0.005).unwrap();
        let pays = found.iter().find(|d| d.metric == "p_attack_pays").unwrap().estimate;
        // The difference's own bias is h²/6 of the third derivative, 60 or so: 2.5e-4.
        assert!((pays.value - truth).abs() < 5.0 * pays.std_error + 2.5e-4, "{pays:?} against {truth}");
        // Both ends on the same draws: far less than two separate runs would leave.
        let separate = f64::sqrt(2.0 * reached(p) / 100_000.0) / 0.01;
        assert!(pays.std_error < 0.6 * separate, "{pays:?} {separate}");
        let loss = found.iter().find(|d| d.metric == "loss_usd").unwrap().estimate;
        assert!((loss.value / pays.value - 0.05 * 2.0).abs() < 0.01, "{loss:?} {pays:?}");
    }

    #[test]
    fn numbers_are_found_by_their_keys() {
        let variable = chain();
        assert!((variable.number("collusion.probability").unwrap() - 0.05).abs() < 1e-15);
        assert!((variable.number("services.s.attacks.fork.threshold").unwrap() - 1.0 / 3.0).abs() < 1e-15);
        let refused = variable.number("collusion.probabilty").unwrap_err();
        assert!(refused.contains("collusion.probability"), "{refused}");
        let bad = variable.with(&[Setting { key: "collusion.probability".to_owned(), value: 1.5 }]);
        assert!(bad.unwrap_err().to_string().contains("collusion.probability = 1.5"));
    }
}

//! A run under importance sampling: every scenario judged as ever, every figure weighted.

use super::figures::{COVER, JOINT_GAP, Judgement, Kind, SLACK};
use super::importance::Importance;
use super::money::{BlockMoney, Money};
use super::sketch::WeightedSketch;
use super::weighted::Weighted;
use crate::attack::NO_TARGET;
use crate::estimate::{ANY, At, DifferenceRow, Goal, Results, Slowest, Writer, relative};
use crate::kernels::LANES;
use crate::moments::count;
use crate::run::{BLOCKS_PER_PART, Checks, Ended, Finished, Judged, Plan, Sink, Watch, blocks_in_order};

/// The estimator's name.
pub(super) const WEIGHTED: &str = "importance";
/// Blocks between two folds.
const WAVE: u64 = 128;
/// Sums over scenarios of every figure.
#[derive(Debug, Clone, Default)]
struct Sums {
    /// Means and probabilities, in the order of the visit.
    means: Vec<Weighted>,
    /// Quantiles, in the order of the visit.
    sketches: Vec<WeightedSketch>,
    /// Paired differences. `[pair][metric]`
    pairs: Vec<Vec<Weighted>>,
    /// The weights themselves.
    weights: Weighted,
}

/// Draws and judges every scenario of the plan by importance sampling.
///
/// # Errors
/// The sink's first error.
pub fn run_weighted<S: Sink>(
    plan: &Plan,
    importance: &Importance,
    sink: &mut S,
    mut watch: Watch<'_>,
) -> Result<Finished, S::Error> {
    let (mut total, mut part) = (Sums::default(), Sums::default());
    let (mut money, mut part_money) = (Money::new(plan), Money::new(plan));
    let mut checks = Checks::new(plan, &watch);
    let mut first = 0;
    let ended = loop {
        let last = (first + WAVE).min(checks.next).min((first / BLOCKS_PER_PART + 1) * BLOCKS_PER_PART);
        let judged = blocks_in_order(last - first, |index| {
            let mut room = plan.room();
            let rows = plan.judge_given(first + index, &mut room, |draws| importance.draw(draws));
            (Sums::of_block(plan, &room), BlockMoney::of(plan, &mut room), rows)
        });
        for (sums, block_money, rows) in judged {
            part.merge(sums);
            part_money.take(&block_money);
            sink.rows(rows)?;
        }
        first = last;
        let mut ended = None;
        if first == checks.next {
            let mut so_far = total.clone();
            so_far.merge(part.clone());
            let goal = checks.goal().copied();
            let slowest = goal.and_then(|goal| so_far.slowest(plan, importance, goal));
            ended = checks.answer(slowest, &mut watch);
        }
        if ended.is_none() && watch.is_interrupted() {
            ended = Some(Ended::Interrupted);
        }
        if first.is_multiple_of(BLOCKS_PER_PART) || ended.is_some() {
            total.merge(std::mem::take(&mut part));
            money.merge(&std::mem::replace(&mut part_money, Money::new(plan)));
            sink.end_part((first - 1) / BLOCKS_PER_PART)?;
        }
        (watch.progress)((first * LANES as u64).min(plan.scenarios()));
        if let Some(ended) = ended {
            break ended;
        }
    };
    let mut results = total.results(plan, importance);
    money.add_rows(plan, importance.most_weight(), &mut results);
    Ok(Finished { results, scenarios: total.weights.n, ended })
}

impl Sums {
    fn of_block(plan: &Plan, room: &Judged) -> Self {
        let n = room.draws.n;
        let weights = &room.draws.weight[..n];
        let mut sums = Self::default();
        weights.iter().for_each(|w| sums.weights.add(*w, 1.0));
        room.judgement(plan).visit(&mut |_, _, kind, value| match kind {
            Kind::Quantiles(_) => {
                let mut sketch = WeightedSketch::default();
                weights.iter().enumerate().for_each(|(lane, w)| sketch.add(value(lane), *w));
                sums.sketches.push(sketch);
            }
            Kind::Probability | Kind::Mean(_) | Kind::Given(_) => {
                let mut mean = Weighted::default();
                let lanes = weights.iter().enumerate().map(|(lane, w)| (*w, value(lane)));
                lanes.filter(|(_, value)| value.is_finite()).for_each(|(w, value)| mean.add(w, value));
                sums.means.push(mean);
            }
        });
        sums.pairs = differences(plan, room);
        sums
    }

    /// The least precise headline figure; a figure not seen yet is precise only if it is negligible.
    fn slowest(&self, plan: &Plan, importance: &Importance, goal: Goal) -> Option<Slowest> {
        let room = plan.room();
        let mut means = self.means.iter();
        let mut slowest: Option<Slowest> = None;
        room.judgement(plan).visit(&mut |(design, at), metric, kind, _| {
            let sums = match kind {
                Kind::Quantiles(_) => return,
                _ => means.next(),
            };
            let headline = (at.route == ANY && metric == "p_attack_pays") || metric == "p_threshold_reached";
            let Some(sums) = sums.filter(|_| headline) else { return };
            let estimate = sums.probability(importance.most_weight());
            let missing = sums.hits == 0;
            let relative_error = if missing { goal.of_probability(&estimate) } else { relative(&estimate) };
            if slowest.as_ref().is_none_or(|slowest| relative_error > slowest.relative_error) {
                let At { service, attack, .. } = at;
                let figure = format!("{metric} of {service} {attack}, design {design}");
                slowest = Some(Slowest { figure, relative_error });
            }
        });
        slowest
    }

    fn merge(&mut self, later: Self) {
        if later.weights.n == 0 {
            return;
        }
        if self.weights.n == 0 {
            *self = later;
            return;
        }
        self.weights.merge(&later.weights);
        self.means.iter_mut().zip(&later.means).for_each(|(a, b)| a.merge(b));
        self.sketches.iter_mut().zip(&later.sketches).for_each(|(a, b)| a.merge(b));
        for (a, b) in self.pairs.iter_mut().zip(&later.pairs) {
            a.iter_mut().zip(b).for_each(|(a, b)| a.merge(b));
        }
    }

    fn results(&self, plan: &Plan, importance: &Importance) -> Results {
        let warnings = plan.graph().oddities(|secured| &plan.labels().services[secured]);
        let mut results = Results { warnings, ..Results::default() };
        let room = plan.room();
        let (mut means, mut sketches) = (self.means.iter(), self.sketches.iter());
        let labels = plan.labels();
        let profit_today = |at: At<'_>| {
            let mut targets = labels.targets.iter();
            targets
                .find(|target| target.service == at.service && target.attack == at.attack)
                .map_or(0.0, |t| t.profit_today)
        };
        let (scenarios, most_weight) = (self.weights.n, importance.most_weight());
        room.judgement(plan).visit(&mut |(design, at), metric, kind, _| {
            let mut writer = Writer { design, scenarios, results: &mut results };
            match kind {
                Kind::Quantiles(unit) => {
                    let Some(sketch) = sketches.next() else { return };
                    write_quantiles(&mut writer, at, (metric, unit), sketch, profit_today(at));
                }
                kind => {
                    let Some(sums) = means.next() else { return };
                    write_mean(&mut writer, at, (metric, kind), sums, most_weight);
                }
            }
        });
        self.add_differences(plan, &mut results);
        results.warnings.extend(self.weight_warning());
        results
    }

    /// Said where weights do not do what they should.
    fn weight_warning(&self) -> Option<String> {
        let (n, mean) = (count(self.weights.n), self.weights.w / count(self.weights.n));
        let error = libm::sqrt((self.weights.ww / n - mean * mean).max(0.0) / n);
        ((mean - 1.0).abs() > 5.0 * error && error > 0.0).then(|| {
            format!("the mean weight is {mean:.4} ± {error:.4} instead of 1: too few scenarios for these proposals")
        })
    }

    fn add_differences(&self, plan: &Plan, results: &mut Results) {
        for (pair, sums) in plan.labels().pairs.iter().zip(&self.pairs) {
            let design = |index: usize| plan.graph().designs[index].name.clone();
            let named = pair.targets.map(|(target, _)| &plan.labels().targets[target]);
            let name = |name: Option<&String>| name.map_or_else(|| ANY.to_owned(), Clone::clone);
            for (metric, sums) in metrics_of(pair.targets.is_some()).iter().zip(sums) {
                results.differences.push(DifferenceRow {
                    design_a: design(pair.a),
                    design_b: design(pair.b),
                    service: name(named.map(|target| &target.service)),
                    attack: name(named.map(|target| &target.attack)),
                    route: ANY.to_owned(),
                    metric: (*metric).to_owned(),
                    estimate: sums.mean(),
                });
            }
        }
    }
}

fn metrics_of(is_target: bool) -> &'static [&'static str] {
    if is_target {
        &["p_reachable", "p_attack_pays", "slashed_usd"]
    } else {
        &["p_attack_pays", "net_gain_usd", "slashed_usd"]
    }
}

/// Differences of one block, pair by pair.
fn differences(plan: &Plan, room: &Judged) -> Vec<Vec<Weighted>> {
    let hit = |hit: bool| f64::from(u8::from(hit));
    let of = |value: &dyn Fn(usize) -> f64| {
        let mut sums = Weighted::default();
        let weights = room.draws.weight[..room.draws.n].iter().enumerate();
        weights.for_each(|(lane, w)| sums.add(*w, value(lane)));
        sums
    };
    let pair = |pair: &crate::estimate::Pair| match pair.targets {
        Some((a, b)) => {
            let (a, b) = (&room.outcomes.targets[a], &room.outcomes.targets[b]);
            let reached = |l: usize| hit(a.best.cost[l].is_finite()) - hit(b.best.cost[l].is_finite());
            let lost = |t: &crate::attack::TargetOutcome, l: usize| {
                if t.pays(l) { t.best.forfeited[l] } else { 0.0 }
            };
            vec![of(&reached), of(&|l| hit(a.pays(l)) - hit(b.pays(l))), of(&|l| lost(a, l) - lost(b, l))]
        }
        None => {
            let (a, b) = (&room.execution.designs[pair.a], &room.execution.designs[pair.b]);
            let pays = |l: usize| hit(a.target[l] != NO_TARGET) - hit(b.target[l] != NO_TARGET);
            vec![of(&pays), of(&|l| a.net_gain[l] - b.net_gain[l]), of(&|l| a.slashed[l] - b.slashed[l])]
        }
    };
    plan.labels().pairs.iter().map(pair).collect()
}

impl Judged {
    fn judgement<'a>(&'a self, plan: &'a Plan) -> Judgement<'a> {
        Judgement {
            labels: plan.labels(),
            graph: plan.graph(),
            draws: &self.draws,
            outcomes: &self.outcomes,
            execution: &self.execution,
        }
    }
}

/// The row of a mean, and a warning where it cannot be trusted.
fn write_mean(
    writer: &mut Writer<'_>,
    at: At<'_>,
    (metric, kind): (&str, Kind),
    sums: &Weighted,
    most_weight: f64,
) {
    let (unit, estimate) = match kind {
        Kind::Probability => ("probability", sums.probability(most_weight)),
        Kind::Mean(unit) => (unit, sums.mean()),
        Kind::Given(unit) if sums.n > 0 => (unit, sums.given()),
        Kind::Given(_) | Kind::Quantiles(_) => return,
    };
    writer.row(at, metric, unit, estimate, WEIGHTED);
    if kind == Kind::Probability && sums.one_dominates() && sums.effective_hits() < 30.0 {
        let At { service, attack, route, .. } = at;
        writer.results.warnings.push(format!(
            "{metric} of {service} {attack} ({route}, design {}) rests on {:.1} effective scenarios: its error bar cannot be trusted",
            writer.design,
            sums.effective_hits()
        ));
    }
}

/// Quantiles, and the figures that are made of them.
fn write_quantiles(
    writer: &mut Writer<'_>,
    at: At<'_>,
    (metric, unit): (&'static str, &'static str),
    sketch: &WeightedSketch,
    profit_today: f64,
) {
    let quantile = |p: f64| sketch.quantile(p);
    if metric == COVER {
        writer.cover(at, &quantile, profit_today, WEIGHTED);
    } else if metric == SLACK {
        writer.slack(&quantile, WEIGHTED);
    } else if !sketch.is_empty() {
        writer.quantiles(at, metric, unit, &quantile);
    }
    if metric == JOINT_GAP && !sketch.is_empty() {
        writer.interval(at, metric, unit, sketch.quantile(0.5), WEIGHTED);
    }
    if metric == "loss_usd" {
        writer.row(at, "expected_shortfall_99_usd", unit, sketch.tail_mean(0.01), WEIGHTED);
    }
}

//! What one more service does to the security of those that are there: a design without it against the design with it, on the
//! same draws.
//!
//! Stake behind several services is lost once, so a service that shares it can make an attack on the others pay that would not
//! pay alone, although the others' own thresholds and slashes have not moved. That shows in joint attacks alone, so they are
//! judged whatever the study says, unless the caller asks for single targets.
//!
//! A service counts as *in an attack that pays* if the attack found that nets most takes it in, or if the one that nets most
//! where nothing is gained from the added service does, or if it pays to attack it alone. All are witnessed, so the figure is a
//! lower bound on P(some attack that takes it in pays). Without the second an added service that is worth an attack of its own,
//! say by buying its stake, would draw the best attack away from the others and seem to protect them.

#[cfg(test)]
mod tests;

use crate::attack::{DesignOutcome, Outcomes};
use crate::bargain::choose;
use crate::estimate::Estimate;
use crate::moments::{Moments, count};
use crate::run::{Judged, Plan, in_parallel};
use crate::sketch::Z95;
use crate::study::{MOST_JOINT_TARGETS, Study};

/// Any service, any kind.
const ANY: &str = "*";
/// All services but the one added.
const OTHERS: &str = "(others)";
/// Pieces of a run, each judged in a room of its own.
const PIECES: usize = 64;

/// One figure without and with a service, and the paired difference.
#[derive(Debug, Clone, PartialEq)]
pub struct MarginalRow {
    /// Design.
    pub design: String,
    /// The service added.
    pub added: String,
    /// Service, `(others)` for all but the one added, `*` for the whole design.
    pub service: String,
    /// Attack kind, `*` for any.
    pub attack: String,
    /// What is compared.
    pub metric: &'static str,
    /// `usd` or `probability`.
    pub unit: &'static str,
    /// Without the service.
    pub without: Estimate,
    /// With it.
    pub with: Estimate,
    /// With less without, scenario by scenario.
    pub difference: Estimate,
}

/// Which attacks are judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Targets {
    /// One coalition on any targets.
    Joint,
    /// One target at a time.
    Single,
}

/// Why a service's margin cannot be told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MarginalError {
    /// The design does not have it.
    #[error("design `{design}` does not secure `{service}`")]
    NotThere {
        /// Design.
        design: String,
        /// Service.
        service: String,
    },
    /// There is nothing else.
    #[error(
        "design `{design}` secures nothing but `{service}`: there is no other service whose security could change"
    )]
    Alone {
        /// Design.
        design: String,
        /// Service.
        service: String,
    },
    /// Too many targets for joint attacks.
    #[error(
        "design `{design}` has {attacks} attacks, joint attacks are sought over at most {MOST_JOINT_TARGETS}; ask for single targets"
    )]
    TooManyTargets {
        /// Design.
        design: String,
        /// Its attacks.
        attacks: usize,
    },
}

/// What `added` does in a design: the whole, the other services together, each of them and each of their targets. Positions are
/// those of the study; its `run` settings say how much is drawn. Operators that may choose do so in each case. On the current
/// rayon pool.
///
/// # Errors
/// If the design does not have the service or has no other, or too many targets.
pub fn marginal(
    study: &Study,
    design: usize,
    added: usize,
    targets: Targets,
) -> Result<Vec<MarginalRow>, MarginalError> {
    let pair = choose(&pair(study, design, added, targets)?).study;
    let (plan, worthless) = (Plan::new(&pair), Plan::new(&worthless(&pair, added)));
    let figures = figures((&plan, &worthless), &study.services[added].name);
    let n_blocks = plan.n_blocks();
    let piece = n_blocks.div_ceil(PIECES as u64).max(1);
    let pieces = usize::try_from(n_blocks.div_ceil(piece)).unwrap_or(PIECES);
    let tallies = in_parallel(pieces, |index| {
        let mut rooms = Rooms { judged: plan.room(), worthless: worthless.room() };
        let mut tallies = vec![Tally::default(); figures.len()];
        let first = index as u64 * piece;
        for block in first..(first + piece).min(n_blocks) {
            plan.judge_plain(block, &mut rooms.judged);
            worthless.judge_plain(block, &mut rooms.worthless);
            figures.iter().zip(&mut tallies).for_each(|(figure, tally)| tally.count(figure, &rooms));
        }
        tallies
    });
    let row = |(position, figure): (usize, &Figure)| {
        let mut tally = Tally::default();
        tallies.iter().for_each(|of_piece| tally.merge(&of_piece[position]));
        let (without, with, difference) = tally.estimates(figure);
        MarginalRow {
            design: study.designs[design].name.clone(),
            added: study.services[added].name.clone(),
            service: figure.service.clone(),
            attack: figure.attack.clone(),
            metric: figure.metric,
            unit: figure.unit(),
            without,
            with,
            difference,
        }
    };
    // Costs of targets that nobody ever reaches have no mean.
    let rows = figures.iter().enumerate().map(row).filter(|row| !row.difference.value.is_nan());
    Ok(rows.collect())
}

/// The study with two designs: without the service, and with it.
fn pair(study: &Study, design: usize, added: usize, targets: Targets) -> Result<Study, MarginalError> {
    let with = &study.designs[design];
    let names = || (with.name.clone(), study.services[added].name.clone());
    let Some(position) = with.services.iter().position(|(service, _)| *service == added) else {
        let (design, service) = names();
        return Err(MarginalError::NotThere { design, service });
    };
    if with.services.len() == 1 {
        let (design, service) = names();
        return Err(MarginalError::Alone { design, service });
    }
    let attacks = with.services.iter().map(|(service, _)| study.services[*service].attacks.len()).sum();
    if targets == Targets::Joint && attacks > MOST_JOINT_TARGETS {
        return Err(MarginalError::TooManyTargets { design: with.name.clone(), attacks });
    }
    let mut without = with.clone();
    without.services.remove(position);
    without.terms.remove(position);
    let mut pair = study.clone();
    pair.designs = vec![without, with.clone()];
    pair.adversary.joint = targets == Targets::Joint;
    Ok(pair)
}

/// The design with the service, from which nothing is to be gained.
fn worthless(pair: &Study, added: usize) -> Study {
    let mut study = pair.clone();
    study.designs.remove(0);
    study.services[added].attacks.iter_mut().for_each(|attack| attack.profit_usd = 0.0);
    study
}

/// Scenarios judged without and with the service, and with it worth nothing.
struct Rooms {
    judged: Judged,
    worthless: Judged,
}

/// One thing that is compared.
struct Figure {
    service: String,
    attack: String,
    metric: &'static str,
    what: What,
    /// Whether both sides are one and the same.
    same: bool,
}

/// How a figure is read off a judged scenario; positions without and with.
enum What {
    /// An attack found that pays.
    Attacked,
    /// No proof that none pays.
    NotCertified,
    NetGain,
    Slashed,
    FaultSlashed,
    /// Any of these is in an attack that pays: position among the design's targets, and among all; without, with, and with the
    /// service worth nothing.
    Taken([Vec<(u16, usize)>; 3]),
    /// A target in reach, one that pays alone, what its attack costs and forfeits.
    Reached([usize; 2]),
    Pays([usize; 2]),
    Cost([usize; 2]),
    Forfeited([usize; 2]),
}

fn figures((plan, worthless): (&Plan, &Plan), added: &str) -> Vec<Figure> {
    let (graph, labels) = (plan.graph(), plan.labels());
    let of = |service: &dyn Fn(&str) -> bool| {
        [(plan, 0), (plan, 1), (worthless, 0)].map(|(plan, design)| {
            let (graph, labels) = (plan.graph(), plan.labels());
            let targets = labels.design_targets(graph, &graph.designs[design]);
            let named = (0u16..).zip(targets).filter(|(_, at)| service(&labels.targets[*at].service));
            named.collect::<Vec<_>>()
        })
    };
    let figure = |service: &str, attack: &str, metric, what, same| {
        let (service, attack) = (service.to_owned(), attack.to_owned());
        Figure { service, attack, metric, what, same }
    };
    let whole = [
        ("p_profitable_attack_low", What::Attacked),
        ("p_profitable_attack_high", What::NotCertified),
        ("net_gain_usd", What::NetGain),
        ("slashed_usd", What::Slashed),
        ("fault_slashed_usd", What::FaultSlashed),
    ];
    let mut figures: Vec<Figure> =
        whole.into_iter().map(|(metric, what)| figure(ANY, ANY, metric, what, false)).collect();
    figures.push(figure(OTHERS, ANY, TAKEN, What::Taken(of(&|name| name != added)), false));
    for secured in &graph.designs[0].secured {
        let service = &labels.services[*secured];
        figures.push(figure(service, ANY, TAKEN, What::Taken(of(&|name| name == service)), false));
        let [without, with, _] = of(&|name| name == service);
        for ((_, a), (_, b)) in without.into_iter().zip(with) {
            let attack = &labels.targets[a].attack;
            for (metric, what) in [
                ("p_reachable", What::Reached([a, b])),
                ("p_attack_pays", What::Pays([a, b])),
                ("attack_cost_usd_given_reachable", What::Cost([a, b])),
                ("cost_of_corruption_usd_given_reachable", What::Forfeited([a, b])),
            ] {
                figures.push(figure(service, attack, metric, what, a == b));
            }
        }
    }
    figures
}

/// The metric of being in an attack that pays.
pub const TAKEN: &str = "p_in_attack_that_pays";

impl Figure {
    fn unit(&self) -> &'static str {
        if self.is_probability() { "probability" } else { "usd" }
    }

    fn is_probability(&self) -> bool {
        self.metric.starts_with("p_")
    }

    /// The value in one scenario, without (0) or with (1); NaN where it has none.
    fn value(&self, rooms: &Rooms, side: usize, lane: usize) -> f64 {
        let room = &rooms.judged;
        let out: &DesignOutcome = &room.execution.designs[side];
        let target = |targets: &[usize; 2]| &room.outcomes.targets[targets[side]];
        let reached = |usd: f64| if usd.is_finite() { usd } else { f64::NAN };
        match &self.what {
            What::Attacked => flag(out.net_gain[lane] > 0.0),
            What::NotCertified => flag(out.net_gain_upper[lane] > 0.0),
            What::NetGain => out.net_gain[lane],
            What::Slashed => out.slashed[lane],
            What::FaultSlashed => out.fault_slashed[lane],
            What::Taken(targets) => {
                let any = |room: &Judged, design: usize, targets: &[(u16, usize)]| {
                    let out = &room.execution.designs[design];
                    targets.iter().any(|at| taken(out, &room.outcomes, *at, lane))
                };
                let also = || side == 1 && any(&rooms.worthless, 0, &targets[2]);
                flag(any(room, side, &targets[side]) || also())
            }
            What::Reached(at) => flag(target(at).best.cost[lane].is_finite()),
            What::Pays(at) => flag(target(at).pays(lane)),
            What::Cost(at) => reached(target(at).best.cost[lane]),
            What::Forfeited(at) => reached(target(at).best.forfeited[lane]),
        }
    }
}

/// Whether the best attack takes a target in, or it pays alone.
fn taken(out: &DesignOutcome, outcomes: &Outcomes, (position, at): (u16, usize), lane: usize) -> bool {
    out.attacks(position, lane) || outcomes.targets[at].pays(lane)
}

fn flag(holds: bool) -> f64 {
    if holds { 1.0 } else { 0.0 }
}

/// Sums of a figure.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    /// Without, with, difference where both have a value.
    moments: [Moments; 3],
    /// Scenarios in which it is 1, without and with.
    ones: [u64; 2],
}

impl Tally {
    fn count(&mut self, figure: &Figure, rooms: &Rooms) {
        let n = rooms.judged.draws.n;
        let values: [Vec<f64>; 2] =
            [0, 1].map(|side| (0..n).map(|lane| figure.value(rooms, side, lane)).collect());
        let difference: Vec<f64> =
            values[1].iter().zip(&values[0]).map(|(with, without)| with - without).collect();
        for (moments, column) in self.moments.iter_mut().zip([&values[0], &values[1], &difference]) {
            moments.merge(&Moments::of(column));
        }
        for (ones, column) in self.ones.iter_mut().zip(&values) {
            *ones += column.iter().filter(|value| **value > 0.0).count() as u64;
        }
    }

    fn merge(&mut self, later: &Self) {
        self.moments.iter_mut().zip(&later.moments).for_each(|(a, b)| a.merge(b));
        self.ones.iter_mut().zip(later.ones).for_each(|(a, b)| *a += b);
    }

    fn estimates(&self, figure: &Figure) -> (Estimate, Estimate, Estimate) {
        let [without, with, difference] = &self.moments;
        let mut changed = Estimate::mean(difference);
        if !figure.is_probability() {
            return (Estimate::mean(without), Estimate::mean(with), changed);
        }
        // Probabilities that never differed in n scenarios may still differ by up to 3/n (the rule of three).
        if !figure.same && difference.variance() == 0.0 {
            changed.low -= 3.0 / count(difference.n());
            changed.high += 3.0 / count(difference.n());
        }
        let [a, b] = self.ones.map(|ones| Estimate::probability(ones, difference.n()));
        (a, b, changed)
    }
}

/// What a difference of [`TAKEN`] says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// More scenarios in which an attack on the others pays.
    Lowers,
    /// Fewer.
    Raises,
    /// No difference beyond the sampling error.
    NoneSeen,
}

impl MarginalRow {
    /// What the difference says at 95 %; meant for probabilities of attacks that pay.
    pub fn verdict(&self) -> Verdict {
        let Estimate { value, std_error, .. } = self.difference;
        if value > Z95 * std_error && value > 0.0 {
            Verdict::Lowers
        } else if value < -Z95 * std_error && value < 0.0 {
            Verdict::Raises
        } else {
            Verdict::NoneSeen
        }
    }
}

/// The row on all services but the one added.
pub fn on_others(rows: &[MarginalRow]) -> Option<&MarginalRow> {
    rows.iter().find(|row| row.service == OTHERS)
}

//! The price of security: the least that a service must pay a year so that enough operators secure it.
//!
//! Security changes with pay only through who takes part. So the payments of the design are scaled, everybody chooses anew on
//! common draws, and the study is judged on the same draws: what remains is a search for the least scale, by bisection of its
//! logarithm.

use super::participation::choose;
use crate::design;
use crate::estimate::{Estimate, MemberRow, Results};
use crate::run::{NoSink, Plan, run};
use crate::study::{Participation, Study};

/// Relative width at which the search for a payment ends.
const PRECISION: f64 = 1e-3;
/// Doublings and halvings of the payment that are tried.
const MOST_STEPS: u32 = 60;
/// Any kind, any route, the whole design.
const ANY: &str = "*";

/// Which way a target is met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// The metric must not exceed the value.
    AtMost,
    /// It must not fall below.
    AtLeast,
}

/// What security must be: a metric of the summary and its bound.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    /// Metric, e.g. `p_profitable_attack_high`.
    pub metric: String,
    /// Attack kind; `*`: any.
    pub attack: String,
    /// Which way.
    pub bound: Bound,
    /// Its value.
    pub value: f64,
}

/// Why a target cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// Neither `<=` nor `>=`.
    #[error("target `{text}` must read METRIC<=VALUE or METRIC>=VALUE")]
    NoBound {
        /// The text.
        text: String,
    },
    /// No finite number.
    #[error("value `{value}` of the target must be a finite number")]
    NoNumber {
        /// The text.
        value: String,
    },
    /// A metric that a run does not report for this service.
    #[error("a run reports no `{metric}` of service `{service}`; it reports {known}")]
    NoMetric {
        /// The metric.
        metric: String,
        /// The service.
        service: String,
        /// What there is.
        known: String,
    },
}

impl std::str::FromStr for Target {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, TargetError> {
        let parts = text.split_once("<=").map(|parts| (parts, Bound::AtMost));
        let parts = parts.or_else(|| text.split_once(">=").map(|parts| (parts, Bound::AtLeast)));
        let ((metric, value), bound) = parts.ok_or_else(|| TargetError::NoBound { text: text.to_owned() })?;
        let number = value.trim().parse::<f64>().ok().filter(|number| number.is_finite());
        let value = number.ok_or_else(|| TargetError::NoNumber { value: value.trim().to_owned() })?;
        Ok(Self { metric: metric.trim().to_owned(), attack: ANY.to_owned(), bound, value })
    }
}

impl Target {
    fn is_met_by(&self, figure: f64) -> bool {
        match self.bound {
            Bound::AtMost => figure <= self.value,
            Bound::AtLeast => figure >= self.value,
        }
    }

    /// The end of an interval that is harder to bring to the target.
    fn hard_end(&self, estimate: &Estimate) -> f64 {
        match self.bound {
            Bound::AtMost => estimate.high,
            Bound::AtLeast => estimate.low,
        }
    }

    fn easy_end(&self, estimate: &Estimate) -> f64 {
        match self.bound {
            Bound::AtMost => estimate.low,
            Bound::AtLeast => estimate.high,
        }
    }

    /// The figure of a service, or that of the whole design where services have none.
    fn find<'a>(&self, results: &'a Results, design: &str, service: &str) -> Option<&'a Estimate> {
        let of_service = results.find(design, service, &self.attack, ANY, &self.metric);
        let collude = || results.find(design, service, &self.attack, "collude", &self.metric);
        let of_design = || results.find(design, ANY, ANY, ANY, &self.metric).filter(|_| self.attack == ANY);
        of_service.or_else(collude).or_else(of_design).map(|row| &row.estimate)
    }
}

/// A payment, and what it buys.
#[derive(Debug, Clone, PartialEq)]
pub struct Offer {
    /// Paid a year at today's prices, USD.
    pub usd_per_year: f64,
    /// The metric of the target.
    pub figure: Estimate,
    /// Operators with power over the service. `[member]`
    pub members: Vec<usize>,
    /// Whether everybody had answered best.
    pub converged: bool,
}

/// What security of a service costs in one design.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// Design.
    pub design: String,
    /// Whether operators choose; if not, pay changes nobody's mind.
    pub chosen: bool,
    /// What the study pays now.
    pub today: Offer,
    /// The least payment that reaches the target; `None` if none does. Where nobody chooses: today's, if that is enough.
    pub least: Option<Offer>,
    /// Payments at which the ends of the figure's interval reach the target: the price's sampling error. The upper one is
    /// infinite where that end is out of reach.
    pub interval: (f64, f64),
    /// Payment that covers nodes and expected losses of all operators together, those of today.
    pub covers_together_usd: f64,
    /// Payment that leaves none of them with a loss.
    pub covers_each_usd: f64,
}

/// Prices the security of `service` in each of `designs` that secures it.
///
/// # Errors
/// If a run does not report the target's metric.
pub fn price(
    study: &Study,
    service: usize,
    target: &Target,
    designs: &[usize],
) -> Result<Vec<Comparison>, TargetError> {
    let with_service = designs.iter().filter_map(|design| {
        let services = &study.designs[*design].services;
        Some((*design, services.iter().position(|(at, _)| *at == service)?))
    });
    with_service.map(|at| Search::new(study, at, target).compare()).collect()
}

/// One design whose payments are tried out.
struct Search<'a> {
    study: Study,
    service: usize,
    target: &'a Target,
    /// Offers made so far, by the bits of their scale.
    made: Vec<(u64, Offer)>,
}

impl<'a> Search<'a> {
    fn new(study: &Study, (design, service): (usize, usize), target: &'a Target) -> Self {
        let mut study = study.clone();
        study.designs = vec![study.designs[design].clone()];
        Self { study, service, target, made: Vec::new() }
    }

    fn compare(mut self) -> Result<Comparison, TargetError> {
        let terms = &self.study.designs[0].terms[self.service];
        let chosen = terms.participation == Participation::Chosen;
        let (today, results) = self.judge(1.0)?;
        let members = self.rows(&results);
        let (covers_together_usd, covers_each_usd) = self.covering(&members);
        let design = self.study.designs[0].name.clone();
        let met = self.target.is_met_by(today.figure.value);
        let (least, interval) = if chosen {
            let easy = |target: &Target, offer: &Offer| target.is_met_by(target.easy_end(&offer.figure));
            let hard = |target: &Target, offer: &Offer| target.is_met_by(target.hard_end(&offer.figure));
            let least = self.least(|target, offer| target.is_met_by(offer.figure.value))?;
            let low = self.least(easy)?.map_or(f64::INFINITY, |offer| offer.usd_per_year);
            let high = self.least(hard)?.map_or(f64::INFINITY, |offer| offer.usd_per_year);
            (least, (low, high))
        } else {
            let usd = if met { today.usd_per_year } else { f64::INFINITY };
            (met.then(|| today.clone()), (usd, usd))
        };
        Ok(Comparison { design, chosen, today, least, interval, covers_together_usd, covers_each_usd })
    }

    /// Least offer that is enough; `None` if none is. 0 is tried first.
    fn least(&mut self, enough: impl Fn(&Target, &Offer) -> bool) -> Result<Option<Offer>, TargetError> {
        let nothing = self.offer(0.0)?;
        if enough(self.target, &nothing) {
            return Ok(Some(nothing));
        }
        let Some((mut low, mut high)) = self.bracket(&enough)? else { return Ok(None) };
        while high / low > 1.0 + PRECISION {
            let middle = libm::sqrt(low * high);
            if enough(self.target, &self.offer(middle)?) { high = middle } else { low = middle }
        }
        self.offer(high).map(Some)
    }

    /// Two scales, the lower not enough, the upper enough; the upper is the first power of two from below that is.
    fn bracket(
        &mut self,
        enough: &impl Fn(&Target, &Offer) -> bool,
    ) -> Result<Option<(f64, f64)>, TargetError> {
        let (mut low, mut high) = (0.5, 1.0);
        if enough(self.target, &self.offer(high)?) {
            for _ in 0..MOST_STEPS {
                if !enough(self.target, &self.offer(low)?) {
                    return Ok(Some((low, high)));
                }
                (low, high) = (low * 0.5, low);
            }
            return Ok(Some((low, high)));
        }
        let mut all_in = 0;
        for _ in 0..MOST_STEPS {
            (low, high) = (high, high * 2.0);
            let offer = self.offer(high)?;
            if enough(self.target, &offer) {
                return Ok(Some((low, high)));
            }
            // Once everybody takes part, more pay brings in nobody.
            all_in += u32::from(offer.members.len() >= self.most_members());
            if all_in > 1 {
                return Ok(None);
            }
        }
        Ok(None)
    }

    /// Members if everybody who may takes part.
    fn most_members(&self) -> usize {
        let (_, runs) = design::income_of(&self.study, (0, self.service));
        runs.iter().filter(|runs| **runs).count()
    }

    /// What the service gets for its payments times `scale`.
    fn offer(&mut self, scale: f64) -> Result<Offer, TargetError> {
        if let Some((_, offer)) = self.made.iter().find(|(bits, _)| *bits == scale.to_bits()) {
            return Ok(offer.clone());
        }
        self.judge(scale).map(|(offer, _)| offer)
    }

    fn judge(&mut self, scale: f64) -> Result<(Offer, Results), TargetError> {
        let mut study = self.study.clone();
        let pays_nothing = design::payment_today(&study, (0, self.service)) == 0.0;
        // A study that pays nothing is offered a million a year for a scale of one.
        let unit = if pays_nothing { 1e6 } else { 1.0 };
        let usd_per_year = design::scale_payments(&mut study, (0, self.service), scale * unit);
        let settled = choose(&study);
        let position = study.designs[0].services[self.service].0;
        let own = settled.chosen.iter().find(|chosen| chosen.service == position);
        let members = own.map_or_else(
            || {
                let (_, runs) = design::income_of(&settled.study, (0, self.service));
                (0..runs.len()).filter(|operator| runs[*operator]).collect()
            },
            |chosen| chosen.members.clone(),
        );
        let Ok(results) = run(&Plan::new(&settled.study), &mut NoSink, |_| ());
        let names = (&study.designs[0].name, &study.services[position].name);
        let figure = self.target.find(&results, names.0, names.1).copied();
        let figure = figure.ok_or_else(|| no_metric(self.target, &results, names.1))?;
        let converged = settled.chosen.iter().all(|chosen| chosen.converged);
        let offer = Offer { usd_per_year, figure, members, converged };
        self.made.push((scale.to_bits(), offer.clone()));
        Ok((offer, results))
    }

    fn rows(&self, results: &Results) -> Vec<MemberRow> {
        let name = &self.study.services[self.study.designs[0].services[self.service].0].name;
        results.members.iter().filter(|row| row.service == *name).cloned().collect()
    }

    /// Yearly payments that leave all these operators together, and each of them, without a loss; NaN where they are paid
    /// nothing that could be scaled.
    fn covering(&self, members: &[MemberRow]) -> (f64, f64) {
        let today = design::payment_today(&self.study, (0, self.service));
        let needs = |row: &MemberRow| row.money.reward_usd - row.money.margin_usd;
        let scale = |need: f64, reward: f64| if need > 0.0 { need / reward } else { 0.0 };
        let reward: f64 = members.iter().map(|row| row.money.reward_usd).sum();
        let together = scale(members.iter().map(needs).sum(), reward);
        let each = members.iter().map(|row| scale(needs(row), row.money.reward_usd)).fold(0.0, f64::max);
        (today * together, today * each)
    }
}

fn no_metric(target: &Target, results: &Results, service: &str) -> TargetError {
    let mut known: Vec<&str> = results
        .summary
        .iter()
        .filter(|row| {
            (row.service == service || row.service == ANY) && row.attack == target.attack && row.route == ANY
        })
        .map(|row| row.metric.as_str())
        .collect();
    known.sort_unstable();
    known.dedup();
    TargetError::NoMetric {
        metric: target.metric.clone(),
        service: service.to_owned(),
        known: known.iter().map(|metric| format!("`{metric}`")).collect::<Vec<_>>().join(", "),
    }
}

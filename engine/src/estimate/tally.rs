//! What is counted in a block, and how blocks add up.

use super::bribes::BribeTally;
use super::cascade::CascadeTally;
use super::differences::{self, Pair, PairTally};
use super::paths::{PathLabels, PathTally};
use crate::attack::{
    Costs, DesignOutcome, Execution, NO_TARGET, OperatorTally, Outcomes, TargetOutcome, halted_by_accident,
};
use crate::economy::{Portfolios, Stakes};
use crate::graph::{DesignGraph, Gaps, Graph, Short};
use crate::kernels::{Column, LANES, Mask, bits, columns, sums};
use crate::moments::Moments;
use crate::sampling::Draws;
use crate::sketch::Sketch;
use crate::study::{FaultKind, Route, Study};

/// Names for the positions of a graph, and what is compared with what.
#[derive(Debug, Clone)]
pub struct Labels {
    /// `[operator]`
    pub operators: Vec<String>,
    /// `[target]`
    pub targets: Vec<TargetLabels>,
    /// Service name. `[secured]`
    pub services: Vec<String>,
    /// Pairs of designs and targets to compare.
    pub pairs: Vec<Pair>,
    /// Position of downtime among the study's accidents.
    pub downtime: Option<usize>,
    /// Years of the horizon.
    pub horizon_years: f64,
    /// What margins need to know.
    pub stakes: Stakes,
    /// Stake whose losses are to be known.
    pub portfolios: Portfolios,
    /// Services whose profits attacks on others realise as well. `[design]`
    pub paths: Vec<Vec<PathLabels>>,
    first_target: Vec<usize>,
}

/// Names of one target.
#[derive(Debug, Clone, PartialEq)]
pub struct TargetLabels {
    /// Service.
    pub service: String,
    /// Attack kind.
    pub attack: String,
    /// Routes that exist for it.
    pub routes: Vec<Route>,
    /// Expected profit from corruption at today's prices, USD.
    pub profit_today: f64,
    /// The short position that an attack pays for.
    pub short: Option<Short>,
    /// Why its slash cannot be relied on: words with commas between, empty where it can.
    pub regime: String,
}

impl Labels {
    /// Labels of a study's graph; `outcomes` are those of the base state in lane 0.
    pub fn new(study: &Study, graph: &Graph, outcomes: &Outcomes) -> Self {
        let name = |service: usize| study.services[service].name.clone();
        let all = outcomes.judged(graph).zip(&outcomes.targets);
        let targets = all.map(|((secured, target), outcome)| TargetLabels {
            service: name(secured.service),
            attack: target.kind.clone(),
            short: target.short,
            regime: target.regimes.iter().map(|regime| regime.name()).collect::<Vec<_>>().join(","),
            routes: outcome.routes.iter().map(|route| route.route).collect(),
            profit_today: outcome.profit[0],
        });
        let mut labels = Self {
            operators: study.operators.iter().map(|operator| operator.name.clone()).collect(),
            services: graph.secured.iter().map(|secured| name(secured.service)).collect(),
            pairs: Vec::new(),
            downtime: study.faults.iter().position(|fault| fault.kind == FaultKind::Downtime),
            horizon_years: study.horizon_days / 365.25,
            stakes: Stakes {
                own_share: study.operators.iter().map(|operator| operator.own_share).collect(),
                horizon_years: study.horizon_days / 365.25,
            },
            portfolios: Portfolios::new(study, graph),
            targets: targets.collect(),
            paths: PathLabels::of(study, graph, &outcomes.first_target),
            first_target: outcomes.first_target.clone(),
        };
        labels.pairs = differences::pairs(graph, &labels);
        labels
    }

    /// Positions of a secured service's targets.
    pub fn targets_of(&self, graph: &Graph, secured: usize) -> std::ops::Range<usize> {
        let first = self.first_target[secured];
        first..first + graph.secured[secured].targets.len()
    }

    /// Positions of a design's targets, services in order.
    pub fn design_targets(&self, graph: &Graph, design: &DesignGraph) -> Vec<usize> {
        design.secured.iter().flat_map(|secured| self.targets_of(graph, *secured)).collect()
    }
}

/// Counts and moments of a sample of scenarios; merges along one fixed tree.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    /// Scenarios.
    pub n: u64,
    /// Sum of prices at the horizon and of their squares. `[asset]`
    pub prices: Vec<[f64; 2]>,
    /// `[target]`
    pub targets: Vec<TargetTally>,
    /// `[secured]`
    pub secured: Vec<SecuredTally>,
    /// `[design]`
    pub designs: Vec<DesignTally>,
    /// `[pair]`
    pub pairs: Vec<PairTally>,
    /// `[design][service with paths]`
    pub paths: Vec<Vec<PathTally>>,
}

/// One target.
#[derive(Debug, Clone, Default)]
pub struct TargetTally {
    /// Colluders alone reach it.
    pub threshold_reached: u64,
    /// The cheapest route.
    pub cheapest: RouteTally,
    /// Profit from corruption.
    pub profit: Moments,
    /// Stake forfeited where an attack pays.
    pub slashed: Moments,
    /// `[route]`
    pub routes: Vec<RouteTally>,
    /// Bribes three ways, where that is asked.
    pub bribes: Option<BribeTally>,
}

/// One route to a target.
#[derive(Debug, Clone, Default)]
pub struct RouteTally {
    /// In reach.
    pub reachable: u64,
    /// Profit above cost.
    pub pays: u64,
    /// Attack cost where in reach.
    pub cost: Moments,
    /// Stake forfeited where in reach.
    pub forfeited: Moments,
    /// Capital where in reach.
    pub capital: Moments,
}

/// One secured service.
#[derive(Debug, Clone, Default)]
pub struct SecuredTally {
    /// Part of the power that colludes.
    pub colluding_share: Moments,
    /// Some attack on it pays.
    pub pays: u64,
    /// No bound says that no attack on it pays.
    pub not_certified: u64,
    /// Halted by accident.
    pub halted: u64,
}

/// One design.
#[derive(Debug, Clone, Default)]
pub struct DesignTally {
    /// A witnessed attack pays.
    pub attacked: u64,
    /// Not certified: the bound leaves a gain.
    pub not_certified: u64,
    /// Net gain of the best attack.
    pub net_gain: Moments,
    /// What it takes from users.
    pub taken: Moments,
    /// Stake slashed for it, as far as slashes landed.
    pub slashed: Moments,
    /// The same had every slash landed.
    pub nominal_slashed: Moments,
    /// Attacks that the rules would slash.
    pub slashable: u64,
    /// Of those, attacks that were slashed.
    pub landed: u64,
    /// Stake forfeited by accidents.
    pub fault_slashed: Moments,
    /// What exact rules take beyond the linear graph.
    pub settlement_gap: Moments,
    /// Gaps of protocols run into.
    pub gaps: Gaps,
    /// Operators in the attack, where there is one.
    pub coalition_size: Moments,
    /// Targets of the attack, where there is one.
    pub targets_attacked: Moments,
    /// Operators.
    pub operators: OperatorTally,
    /// Cascades, where they are judged.
    pub cascade: Option<CascadeTally>,
    /// Services that turn Byzantine, where some may.
    pub byzantine: Option<ByzantineTally>,
}

/// Services of a design that turn Byzantine.
#[derive(Debug, Clone, Default)]
pub struct ByzantineTally {
    /// Scenarios in which some have.
    pub turned: u64,
    /// Stake that they slash.
    pub slashed: Moments,
}

impl ByzantineTally {
    fn of(out: &DesignOutcome, n: usize) -> Option<Self> {
        let turned = out.n_byzantine.iter().take(n).filter(|services| **services > 0).count() as u64;
        (!out.n_byzantine.is_empty())
            .then(|| Self { turned, slashed: Moments::of(&out.byzantine_slashed[..n]) })
    }

    fn merge(&mut self, later: &Self) {
        self.turned += later.turned;
        self.slashed.merge(&later.slashed);
    }
}

impl Tally {
    /// Counts one block.
    pub fn of_block(
        graph: &Graph,
        labels: &Labels,
        draws: &Draws,
        outcomes: &mut Outcomes,
        execution: &Execution,
    ) -> Self {
        let n = draws.n;
        let halted = labels.downtime.map(|fault| halted_by_accident(graph, draws, fault, outcomes));
        let secured = (0..graph.secured.len()).map(|index| {
            let targets = &outcomes.targets[labels.targets_of(graph, index)];
            let lanes = possible(targets);
            let lanes = || bits::ones(&lanes).take_while(|lane| *lane < n);
            let any_pays = |lane: &usize| targets.iter().any(|target| target.pays(*lane));
            let may_pay = |lane: &usize| targets.iter().any(|target| target.net_gain_upper(*lane) > 0.0);
            let (pays, not_certified) = (lanes().filter(any_pays).count(), lanes().filter(may_pay).count());
            SecuredTally {
                colluding_share: Moments::of(&outcomes.colluding_share[index][..n]),
                pays: pays as u64,
                not_certified: not_certified as u64,
                halted: halted.as_ref().map_or(0, |hits| hits[index]),
            }
        });
        let prices = draws.prices.iter().map(|prices| {
            let prices = &prices[..n];
            [sums::sum_where_finite(prices, prices), sums::squares_where_finite(prices, prices, 0.0)]
        });
        Self {
            n: n as u64,
            paths: PathTally::of_block(labels, graph, draws, outcomes),
            prices: prices.collect(),
            secured: secured.collect(),
            targets: outcomes.targets.iter().map(|target| TargetTally::of(target, n)).collect(),
            designs: (0..graph.designs.len()).map(|design| DesignTally::of(execution, design, n)).collect(),
            pairs: labels
                .pairs
                .iter()
                .map(|pair| differences::compare(pair, outcomes, execution, n))
                .collect(),
        }
    }

    /// Takes in a later sample.
    pub fn merge(&mut self, later: &Self) {
        if self.n == 0 {
            self.clone_from(later);
            return;
        }
        self.n += later.n;
        zip(&mut self.prices, &later.prices, |a, b| a.iter_mut().zip(b).for_each(|(a, b)| *a += b));
        zip(&mut self.targets, &later.targets, TargetTally::merge);
        zip(&mut self.pairs, &later.pairs, PairTally::merge);
        zip(&mut self.secured, &later.secured, |a, b| {
            a.colluding_share.merge(&b.colluding_share);
            a.pays += b.pays;
            a.not_certified += b.not_certified;
            a.halted += b.halted;
        });
        zip(&mut self.designs, &later.designs, DesignTally::merge);
        zip(&mut self.paths, &later.paths, |a, b| zip(a, b, PathTally::merge));
    }
}

fn zip<T>(into: &mut [T], later: &[T], merge: impl Fn(&mut T, &T)) {
    into.iter_mut().zip(later).for_each(|(a, b)| merge(a, b));
}

impl TargetTally {
    fn of(target: &TargetOutcome, n: usize) -> Self {
        let count = |hits: &[bool]| hits.iter().filter(|hit| **hit).count() as u64;
        let some_pay = target.best.few().is_none_or(|mut lanes| lanes.any(|lane| target.pays(lane)));
        let slashed = if some_pay { Moments::of(&slashed(target)[..n]) } else { Moments::of_zeros(n) };
        Self {
            threshold_reached: count(&target.threshold_reached[..n]),
            cheapest: RouteTally::of(n, target, &target.best, Some(&target.best.capital)),
            profit: Moments::of(&target.profit[..n]),
            slashed,
            routes: target.routes.iter().map(|r| RouteTally::of(n, target, &r.costs, r.capital())).collect(),
            bribes: target.bribes.as_ref().map(|ways| BribeTally::of(ways, n)),
        }
    }

    fn merge(&mut self, later: &Self) {
        self.threshold_reached += later.threshold_reached;
        self.cheapest.merge(&later.cheapest);
        self.profit.merge(&later.profit);
        self.slashed.merge(&later.slashed);
        zip(&mut self.routes, &later.routes, RouteTally::merge);
        self.bribes.iter_mut().zip(&later.bribes).for_each(|(mine, later)| mine.merge(later));
    }
}

/// Stake forfeited where an attack on the target pays, 0 elsewhere.
pub(super) fn slashed(target: &TargetOutcome) -> Column {
    std::array::from_fn(|lane| if target.pays(lane) { target.best.forfeited[lane] } else { 0.0 })
}

impl RouteTally {
    /// `capital` where it is more than the cost.
    fn of(n: usize, target: &TargetOutcome, costs: &Costs, capital: Option<&Column>) -> Self {
        if costs.are_out_of_reach() {
            return Self::default();
        }
        let pays = |lane: &usize| target.profit[*lane] + costs.returned[*lane] > costs.cost[*lane];
        if let Some(lanes) = costs.few() {
            let reached = || lanes.clone().filter(|lane| *lane < n && costs.cost[*lane].is_finite());
            let moments = |column: &Column| Moments::of_few(reached().map(|lane| column[lane]));
            return Self {
                reachable: reached().count() as u64,
                pays: reached().filter(pays).count() as u64,
                cost: moments(&costs.cost),
                forfeited: moments(&costs.forfeited),
                capital: moments(capital.unwrap_or(&costs.cost)),
            };
        }
        let cost = &costs.cost[..n];
        let moments = Moments::of(cost);
        if moments.n() == 0 {
            return Self::default();
        }
        Self {
            reachable: moments.n(),
            pays: (0..n).filter(pays).count() as u64,
            cost: moments,
            forfeited: Moments::of_reached(&costs.forfeited[..n], cost),
            capital: capital.map_or(moments, |capital| Moments::of_reached(&capital[..n], cost)),
        }
    }

    fn merge(&mut self, later: &Self) {
        self.reachable += later.reachable;
        self.pays += later.pays;
        self.cost.merge(&later.cost);
        self.forfeited.merge(&later.forfeited);
        self.capital.merge(&later.capital);
    }
}

impl DesignTally {
    fn of_nothing(n: usize) -> Self {
        let zeros = Moments::of_zeros(n);
        Self {
            net_gain: zeros,
            taken: zeros,
            slashed: zeros,
            nominal_slashed: zeros,
            fault_slashed: zeros,
            settlement_gap: zeros,
            ..Self::default()
        }
    }

    fn of(execution: &Execution, design: usize, n: usize) -> Self {
        let out = &execution.designs[design];
        let cascade = execution.cascades[design].as_ref().map(|found| CascadeTally::of(found, out, n));
        let byzantine = ByzantineTally::of(out, n);
        if out.is_nothing() {
            return Self { cascade, byzantine, ..Self::of_nothing(n) };
        }
        let attacked = (0..n).filter(|lane| out.target[*lane] != NO_TARGET).count();
        let attacked_only = |of: &dyn Fn(usize) -> f64| -> Column {
            std::array::from_fn(|lane| if out.target[lane] == NO_TARGET { f64::INFINITY } else { of(lane) })
        };
        let sizes = attacked_only(&|lane| f64::from(out.coalition_size[lane]));
        let targets = attacked_only(&|lane| f64::from(out.n_targets(lane)));
        let moments = |column: &Column| Moments::of(&column[..n]);
        Self {
            attacked: attacked as u64,
            not_certified: out.net_gain_upper[..n].iter().filter(|gain| **gain > 0.0).count() as u64,
            net_gain: moments(&out.net_gain),
            taken: moments(&out.taken),
            slashed: moments(&out.slashed),
            nominal_slashed: moments(&out.nominal_slashed),
            slashable: positive(&out.nominal_slashed[..n]),
            landed: positive(&out.slashed[..n]),
            fault_slashed: moments(&out.fault_slashed),
            settlement_gap: moments(&out.settlement_gap),
            gaps: out.gaps,
            coalition_size: Moments::of_reached(&sizes[..n], &sizes[..n]),
            targets_attacked: Moments::of_reached(&targets[..n], &targets[..n]),
            operators: execution.operators[design].clone(),
            cascade,
            byzantine,
        }
    }

    fn merge(&mut self, later: &Self) {
        self.attacked += later.attacked;
        self.not_certified += later.not_certified;
        self.net_gain.merge(&later.net_gain);
        self.taken.merge(&later.taken);
        self.slashed.merge(&later.slashed);
        self.nominal_slashed.merge(&later.nominal_slashed);
        self.slashable += later.slashable;
        self.landed += later.landed;
        self.fault_slashed.merge(&later.fault_slashed);
        self.settlement_gap.merge(&later.settlement_gap);
        self.gaps.add(later.gaps);
        self.coalition_size.merge(&later.coalition_size);
        self.targets_attacked.merge(&later.targets_attacked);
        self.operators.merge(&later.operators);
        self.cascade.iter_mut().zip(&later.cascade).for_each(|(mine, later)| mine.merge(later));
        self.byzantine.iter_mut().zip(&later.byzantine).for_each(|(mine, later)| mine.merge(later));
    }
}

/// Lanes in which some target can be in reach.
fn possible(targets: &[TargetOutcome]) -> Mask {
    let either = |a: Mask, target: &TargetOutcome| {
        let b = target.best.possible();
        std::array::from_fn(|word| a[word] | b[word])
    };
    targets.iter().fold(Mask::default(), either)
}

/// How many are above 0.
fn positive(column: &[f64]) -> u64 {
    column.iter().filter(|usd| **usd > 0.0).count() as u64
}

/// Quantile sketches; merging is exact in any order, so each worker keeps its own.
#[derive(Debug, Clone, Default)]
pub struct Sketches {
    /// `[target]`
    pub targets: Vec<TargetSketches>,
    /// Stake lost by attack and accident. `[design]`
    pub losses: Vec<Sketch>,
    /// Stake slashed for attacks that pay, as far as slashes landed. `[design]`
    pub slashed: Vec<Sketch>,
    /// What lies between the best attack found and the bound, as a part of the bound, where that is above 0 and joint attacks
    /// are judged. `[design]`
    pub gaps: Vec<Sketch>,
    /// Certified `1 + γ*`, where that is asked. `[design]`
    pub slack: Vec<Sketch>,
}

/// Sketches of one target; out of reach counts as +∞.
#[derive(Debug, Clone, Default)]
pub struct TargetSketches {
    /// Cost by the cheapest route.
    pub cost: Sketch,
    /// Cost by each route. `[route]`
    pub route_cost: Vec<Sketch>,
    /// Stake forfeited by the cheapest route.
    pub forfeited: Sketch,
    /// Profit from corruption.
    pub profit: Sketch,
    /// How many times the cost covers the profit; +∞ where there is nothing to gain.
    pub cover: Sketch,
}

impl Sketches {
    /// Room for a graph.
    pub fn new(graph: &Graph, outcomes: &Outcomes) -> Self {
        let room = |target: &TargetOutcome| TargetSketches {
            route_cost: vec![Sketch::default(); target.routes.len()],
            ..TargetSketches::default()
        };
        Self {
            targets: outcomes.targets.iter().map(room).collect(),
            losses: vec![Sketch::default(); graph.designs.len()],
            slashed: vec![Sketch::default(); graph.designs.len()],
            gaps: vec![Sketch::default(); graph.designs.len()],
            slack: vec![Sketch::default(); graph.designs.len()],
        }
    }

    /// Counts one block.
    pub fn count(&mut self, n: usize, outcomes: &Outcomes, execution: &Execution) {
        for (sketches, target) in self.targets.iter_mut().zip(&outcomes.targets) {
            sketches.count(n, target);
        }
        for (sketch, design) in self.losses.iter_mut().zip(&execution.designs) {
            if design.is_nothing() {
                sketch.add_times(0.0, n as u64);
                continue;
            }
            (0..n).for_each(|lane| sketch.add(design.slashed[lane] + design.fault_slashed[lane]));
        }
        for (sketch, design) in self.slashed.iter_mut().zip(&execution.designs) {
            let n = if design.is_nothing() { 0 } else { n };
            let attacked = (0..n).filter(|lane| design.target[*lane] != NO_TARGET);
            attacked.for_each(|lane| sketch.add(design.slashed[lane]));
        }
        for (sketch, design) in self.slack.iter_mut().zip(&execution.designs) {
            design.slack.iter().take(n).for_each(|slack| sketch.add(*slack));
        }
        let joint = execution.designs.iter().map(|design| !design.targets.is_empty() && !design.is_nothing());
        for ((sketch, design), _) in
            self.gaps.iter_mut().zip(&execution.designs).zip(joint).filter(|(_, is)| *is)
        {
            let open = (0..n).filter(|lane| design.net_gain_upper[*lane] > 0.0);
            open.for_each(|lane| sketch.add(1.0 - design.net_gain[lane] / design.net_gain_upper[lane]));
        }
    }

    /// Takes in another worker's.
    pub fn merge(&mut self, other: &Self) {
        zip(&mut self.targets, &other.targets, |a, b| {
            a.cost.merge(&b.cost);
            zip(&mut a.route_cost, &b.route_cost, Sketch::merge);
            a.forfeited.merge(&b.forfeited);
            a.profit.merge(&b.profit);
            a.cover.merge(&b.cover);
        });
        zip(&mut self.losses, &other.losses, Sketch::merge);
        zip(&mut self.slashed, &other.slashed, Sketch::merge);
        zip(&mut self.gaps, &other.gaps, Sketch::merge);
        zip(&mut self.slack, &other.slack, Sketch::merge);
    }
}

impl TargetSketches {
    /// Sketch by sketch, so that one at a time is in the cache.
    fn count(&mut self, n: usize, target: &TargetOutcome) {
        let TargetOutcome { best, profit, routes, .. } = target;
        self.profit.add_column(&profit[..n]);
        for (sketch, route) in self.route_cost.iter_mut().zip(routes) {
            count_cost(sketch, &route.costs, n, |costs| &costs.cost);
        }
        count_cost(&mut self.cost, best, n, |costs| &costs.cost);
        count_cost(&mut self.forfeited, best, n, |costs| &costs.forfeited);
        match best.few() {
            Some(lanes) => {
                let cover = |lane: usize| cover(best.cost[lane] - best.returned[lane], profit[lane]);
                let counted = lanes.filter(|lane| *lane < n).map(|lane| self.cover.add(cover(lane))).count();
                self.cover.add_times(f64::INFINITY, (n - counted) as u64);
            }
            None => {
                let mut cover = [0.0; LANES];
                columns::cover(&best.cost, &best.returned, profit, &mut cover);
                self.cover.add_column(&cover[..n]);
            }
        }
    }
}

/// How many times the cost covers the profit, infinite where nothing is to be gained. Profits scale with today's, so
/// today's profit times this is the profit at which the attack would just pay.
fn cover(net_cost: f64, profit: f64) -> f64 {
    if profit > 0.0 { net_cost.max(0.0) / profit } else { f64::INFINITY }
}

fn count_cost(sketch: &mut Sketch, costs: &Costs, n: usize, column: impl Fn(&Costs) -> &Column) {
    match costs.few() {
        Some(lanes) => {
            let values = lanes.filter(|lane| *lane < n).map(|lane| column(costs)[lane]);
            let counted: usize = values.map(|value| sketch.add(value)).count();
            sketch.add_times(f64::INFINITY, (n - counted) as u64);
        }
        None => sketch.add_column(&column(costs)[..n]),
    }
}

/// `(cost − profit)/cost`: 1 where nothing is to be gained or the target is out of reach, −∞ where it is free.
pub(crate) fn security_margin(cost: f64, profit: f64) -> f64 {
    if profit <= 0.0 || cost.is_infinite() { 1.0 } else { (cost - profit) / cost }
}

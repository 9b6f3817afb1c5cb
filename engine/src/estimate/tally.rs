//! What is counted in a block, and how blocks add up.

use super::bribes::BribeTally;
use super::cascade::CascadeTally;
use super::differences::{self, PairTally};
use super::labels::Labels;
use super::paths::PathTally;
use crate::attack::{
    Costs, DesignOutcome, Execution, NO_TARGET, OperatorTally, Outcomes, TargetOutcome, halted_by_accident,
};
use crate::graph::{Gaps, Graph};
use crate::kernels::{Column, Mask, bits, sums};
use crate::moments::Moments;
use crate::sampling::Draws;

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
    /// Counts one block in the place of what it held.
    pub fn count(
        &mut self,
        graph: &Graph,
        labels: &Labels,
        draws: &Draws,
        outcomes: &mut Outcomes,
        execution: &Execution,
    ) {
        let n = draws.n;
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
                halted: 0,
            }
        });
        refill(&mut self.secured, secured);
        if let Some(fault) = labels.downtime {
            let secured = &mut self.secured;
            halted_by_accident(graph, draws, fault, outcomes, |index| secured[index].halted += 1);
        }
        let prices = draws.prices.iter().map(|prices| {
            let prices = &prices[..n];
            [sums::sum_where_finite(prices, prices), sums::squares_where_finite(prices, prices, 0.0)]
        });
        self.n = n as u64;
        refill(&mut self.prices, prices);
        self.targets.resize_with(outcomes.targets.len(), TargetTally::default);
        zip(&mut self.targets, &outcomes.targets, |tally, target| tally.count(target, n));
        self.designs.resize_with(graph.designs.len(), DesignTally::default);
        for (design, tally) in self.designs.iter_mut().enumerate() {
            tally.count(execution, design, n);
        }
        let pairs = labels.pairs.iter().map(|pair| differences::compare(pair, outcomes, execution, n));
        refill(&mut self.pairs, pairs);
        self.paths.resize_with(labels.paths.len(), Vec::new);
        for (design, (tallies, paths)) in self.paths.iter_mut().zip(&labels.paths).enumerate() {
            tallies.resize_with(paths.len(), PathTally::default);
            zip(tallies, paths, |tally, path| tally.count(path, (graph, design), draws, outcomes));
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

/// Merges what stands side by side.
pub(super) fn zip<T, U>(into: &mut [T], later: &[U], merge: impl Fn(&mut T, &U)) {
    into.iter_mut().zip(later).for_each(|(a, b)| merge(a, b));
}

/// Puts items in the place of what was there.
fn refill<T>(into: &mut Vec<T>, items: impl Iterator<Item = T>) {
    into.clear();
    into.extend(items);
}

impl TargetTally {
    fn count(&mut self, target: &TargetOutcome, n: usize) {
        let count = |hits: &[bool]| hits.iter().filter(|hit| **hit).count() as u64;
        let some_pay = target.best.few().is_none_or(|mut lanes| lanes.any(|lane| target.pays(lane)));
        let slashed = if some_pay { Moments::of(&slashed(target)[..n]) } else { Moments::of_zeros(n) };
        let mut routes = std::mem::take(&mut self.routes);
        refill(&mut routes, target.routes.iter().map(|r| RouteTally::of(n, target, &r.costs, r.capital())));
        *self = Self {
            threshold_reached: count(&target.threshold_reached[..n]),
            cheapest: RouteTally::of(n, target, &target.best, Some(&target.best.capital)),
            profit: Moments::of(&target.profit[..n]),
            slashed,
            routes,
            bribes: target.bribes.as_ref().map(|ways| BribeTally::of(ways, n)),
        };
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

    fn count(&mut self, execution: &Execution, design: usize, n: usize) {
        let mut operators = std::mem::take(&mut self.operators);
        operators.copy(&execution.operators[design]);
        *self = Self { operators, ..Self::but_operators(execution, design, n) };
    }

    /// Everything but the operators.
    fn but_operators(execution: &Execution, design: usize, n: usize) -> Self {
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
            operators: OperatorTally::default(),
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
    targets.iter().fold(Mask::default(), |lanes, target| bits::either(&lanes, &target.best.possible()))
}

/// How many are above 0.
fn positive(column: &[f64]) -> u64 {
    column.iter().filter(|usd| **usd > 0.0).count() as u64
}

/// `(cost − profit)/cost`: 1 where nothing is to be gained or the target is out of reach, −∞ where it is free.
pub(crate) fn security_margin(cost: f64, profit: f64) -> f64 {
    if profit <= 0.0 || cost.is_infinite() { 1.0 } else { (cost - profit) / cost }
}

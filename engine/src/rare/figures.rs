//! What is estimated from weighted scenarios: one list for counting and for labelling.

use crate::attack::{
    BribeWays, Cascades, Costs, DesignOutcome, Execution, NO_TARGET, Outcomes, Round, TargetOutcome,
};
use crate::bribes::Way;
use crate::estimate::{
    At, BRIBE_METRICS, ELSEWHERE, ESCROW, Labels, OF_ROUNDS, PATH, PathLabels, cheapest_way, left_share,
    lost_share,
};
use crate::graph::{Graph, Power};
use crate::moments::count;
use crate::sampling::Draws;
use crate::study::Route;

/// What kind of mean it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Of 0 and 1 over all scenarios.
    Probability,
    /// Over all scenarios, in this unit.
    Mean(&'static str),
    /// Over scenarios in which the value is finite, in this unit.
    Given(&'static str),
    /// Quantiles, in this unit; out of reach counts as ∞.
    Quantiles(&'static str),
}

/// Everything judged in one block.
#[derive(Debug, Clone, Copy)]
pub struct Judgement<'a> {
    /// Names.
    pub labels: &'a Labels,
    /// Positions.
    pub graph: &'a Graph,
    /// What was drawn.
    pub draws: &'a Draws,
    /// Outcomes per target.
    pub outcomes: &'a Outcomes,
    /// Outcomes per design.
    pub execution: &'a Execution,
}

/// Takes figures one after another: design and labels, metric, kind, value by lane.
pub type See<'s> = dyn FnMut((&str, At<'_>), &'static str, Kind, &dyn Fn(usize) -> f64) + 's;

/// The same for one design.
type SeeOne<'s> = dyn FnMut(At<'_>, &'static str, Kind, &dyn Fn(usize) -> f64) + 's;

fn indicator(hit: bool) -> f64 {
    f64::from(u8::from(hit))
}

impl Judgement<'_> {
    /// Shows every figure, always in the same order.
    pub fn visit(&self, see: &mut See<'_>) {
        for (index, design) in self.graph.designs.iter().enumerate() {
            let see = &mut |at: At<'_>, metric: &'static str, kind: Kind, value: &dyn Fn(usize) -> f64| {
                see((&design.name, at), metric, kind, value);
            };
            self.design(index, At::DESIGN, see);
            for secured in &design.secured {
                let service = At { service: &self.labels.services[*secured], ..At::DESIGN };
                self.service(*secured, service, see);
                for target in self.labels.targets_of(self.graph, *secured) {
                    let labels = &self.labels.targets[target];
                    let at = At { attack: &labels.attack, regime: &labels.regime, ..service };
                    target_figures(&self.outcomes.targets[target], &labels.routes, at, see);
                }
            }
            for path in &self.labels.paths[index] {
                self.paths(path, index, see);
            }
        }
    }

    fn design(&self, index: usize, at: At<'_>, see: &mut SeeOne<'_>) {
        let out = &self.execution.designs[index];
        let attacked = |lane: usize| indicator(out.target[lane] != NO_TARGET);
        see(at, "p_attack_pays", Kind::Probability, &attacked);
        see(at, "p_profitable_attack_low", Kind::Probability, &attacked);
        see(at, "p_profitable_attack_high", Kind::Probability, &|lane| {
            indicator(out.net_gain_upper[lane] > 0.0)
        });
        see(at, "net_gain_usd", Kind::Mean("usd"), &|lane| out.net_gain[lane]);
        see(at, "slashed_usd", Kind::Mean("usd"), &|lane| out.slashed[lane]);
        see(at, "nominal_slashed_usd", Kind::Mean("usd"), &|lane| out.nominal_slashed[lane]);
        see(at, "fault_slashed_usd", Kind::Mean("usd"), &|lane| out.fault_slashed[lane]);
        see(at, "settlement_gap_usd", Kind::Mean("usd"), &|lane| out.settlement_gap[lane]);
        see(at, "borne_by_users_usd", Kind::Mean("usd"), &|lane| out.taken[lane]);
        let given = |attacked: bool, value: f64| if attacked { value } else { f64::NAN };
        let size = |lane: usize| given(out.target[lane] != NO_TARGET, f64::from(out.coalition_size[lane]));
        see(at, "coalition_size_given_attacked", Kind::Given("operators"), &size);
        let lands = |lane: usize| given(out.nominal_slashed[lane] > 0.0, indicator(out.slashed[lane] > 0.0));
        see(at, "p_slash_lands_given_slashable", Kind::Given("probability"), &lands);
        if self.graph.varies() {
            see(at, "p_byzantine", Kind::Probability, &|lane| indicator(out.n_byzantine[lane] > 0));
            see(at, "byzantine_slashed_usd", Kind::Mean("usd"), &|lane| out.byzantine_slashed[lane]);
        }
        if self.graph.joint {
            let undecided = |lane: usize| {
                indicator(out.net_gain_upper[lane] > 0.0) - indicator(out.target[lane] != NO_TARGET)
            };
            see(at, "p_undecided", Kind::Probability, &undecided);
            let targets = |lane: usize| given(out.target[lane] != NO_TARGET, f64::from(out.n_targets(lane)));
            see(at, "targets_given_attacked", Kind::Given("targets"), &targets);
            let gap = |lane: usize| {
                let (found, bound) = (out.net_gain[lane], out.net_gain_upper[lane]);
                given(bound > 0.0, 1.0 - found / bound)
            };
            see(at, JOINT_GAP, Kind::Quantiles("share"), &gap);
        }
        if let Some(cascades) = &self.execution.cascades[index] {
            cascade_figures(cascades, out, at, see);
        }
        if self.graph.certifies_slack {
            see(at, SLACK, Kind::Quantiles("share"), &|lane| out.slack[lane]);
        }
        see(at, "loss_usd", Kind::Quantiles("usd"), &|lane| out.slashed[lane] + out.fault_slashed[lane]);
        let slashed = |lane: usize| given(out.target[lane] != NO_TARGET, out.slashed[lane]);
        see(at, "slashed_usd_given_attacked", Kind::Quantiles("usd"), &slashed);
    }

    fn paths(&self, path: &PathLabels, design: usize, see: &mut SeeOne<'_>) {
        let at = At { service: &path.name, ..At::DESIGN };
        let weakest = |lane: usize| path.weakest((self.graph, design), (self.draws, lane), self.outcomes);
        see(at, ELSEWHERE, Kind::Probability, &|lane| indicator(weakest(lane).is_some()));
        for (position, (_, attack)) in path.others.iter().enumerate() {
            let is_it = |lane: usize| indicator(weakest(lane) == Some(position));
            see(At { attack, ..at }, PATH, Kind::Probability, &is_it);
        }
    }

    fn service(&self, secured: usize, at: At<'_>, see: &mut SeeOne<'_>) {
        let targets = &self.outcomes.targets[self.labels.targets_of(self.graph, secured)];
        let pays = |lane: usize| indicator(targets.iter().any(|target| target.pays(lane)));
        see(at, "p_attack_pays", Kind::Probability, &pays);
        see(at, "p_profitable_attack_low", Kind::Probability, &pays);
        let may_pay = |lane: usize| indicator(targets.iter().any(|target| target.net_gain_upper(lane) > 0.0));
        see(at, "p_profitable_attack_high", Kind::Probability, &may_pay);
        if !matches!(self.graph.secured[secured].power, Power::Hash) {
            let share = &self.outcomes.colluding_share[secured];
            see(at, "colluding_share", Kind::Mean("share"), &|lane| share[lane]);
        }
    }
}

/// What follows attacks, in the order of a plain run.
fn cascade_figures(cascades: &Cascades, out: &DesignOutcome, at: At<'_>, see: &mut SeeOne<'_>) {
    let sum = |lane: usize, of: fn(&Round) -> f64| cascades.of(lane).iter().map(of).sum::<f64>();
    see(at, "cascade_loss_usd", Kind::Mean("usd"), &|lane| sum(lane, |round| round.lost_usd));
    see(at, "cascade_loss_share", Kind::Mean("share"), &|lane| sum(lane, lost_share));
    see(at, "cascade_power_share", Kind::Mean("share"), &|lane| sum(lane, left_share));
    let n_rounds = |lane: usize| match cascades.of(lane) {
        [] => f64::NAN,
        rounds => count(rounds.len() as u64),
    };
    see(at, "cascade_rounds_given_attacked", Kind::Given("rounds"), &n_rounds);
    let is_open = |lane: usize| indicator(cascades.open.contains(&lane));
    see(at, "p_cascade_undecided", Kind::Probability, &is_open);
    let after_shock = |lane: usize| indicator(!cascades.of(lane).is_empty() && out.target[lane] == NO_TARGET);
    see(at, "p_attack_only_after_shock", Kind::Probability, &after_shock);
    for (index, [reached, loss, power]) in OF_ROUNDS.into_iter().enumerate() {
        let round = |lane: usize| cascades.of(lane).get(index);
        see(at, reached, Kind::Probability, &|lane| indicator(round(lane).is_some()));
        see(at, loss, Kind::Given("share"), &|lane| round(lane).map_or(f64::NAN, lost_share));
        see(at, power, Kind::Given("share"), &|lane| round(lane).map_or(f64::NAN, left_share));
    }
}

fn target_figures(target: &TargetOutcome, routes: &[Route], at: At<'_>, see: &mut SeeOne<'_>) {
    let collude = At { route: "collude", ..at };
    let reached = |lane: usize| indicator(target.threshold_reached[lane]);
    see(collude, "p_threshold_reached", Kind::Probability, &reached);
    see(at, "profit_from_corruption_usd", Kind::Mean("usd"), &|lane| target.profit[lane]);
    let slashed = |lane: usize| if target.pays(lane) { target.best.forfeited[lane] } else { 0.0 };
    see(at, "slashed_usd", Kind::Mean("usd"), &slashed);
    cost_figures(target, &target.best, at, see);
    for (route, outcome) in routes.iter().zip(&target.routes) {
        let at = At { route: route.name(), ..at };
        cost_figures(target, &outcome.costs, at, see);
        see(at, "attack_cost_usd", Kind::Quantiles("usd"), &|lane| outcome.costs.cost[lane]);
    }
    if let Some(ways) = &target.bribes {
        bribe_figures(ways, At { route: Route::Bribe.name(), ..at }, see);
    }
    see(at, "attack_cost_usd", Kind::Quantiles("usd"), &|lane| target.best.cost[lane]);
    see(at, "cost_of_corruption_usd", Kind::Quantiles("usd"), &|lane| target.best.forfeited[lane]);
    see(at, "profit_from_corruption_usd", Kind::Quantiles("usd"), &|lane| target.profit[lane]);
    let cover = |lane: usize| {
        let (cost, profit) = (target.best.cost[lane] - target.best.returned[lane], target.profit[lane]);
        if profit > 0.0 { cost.max(0.0) / profit } else { f64::INFINITY }
    };
    see(at, COVER, Kind::Quantiles("share"), &cover);
}

fn bribe_figures(ways: &BribeWays, at: At<'_>, see: &mut SeeOne<'_>) {
    let given = |usd: f64| if usd.is_finite() { usd } else { f64::NAN };
    for ((way, costs), [cost, cheapest]) in Way::ALL.into_iter().zip(&ways.costs).zip(BRIBE_METRICS) {
        see(at, cost, Kind::Given("usd"), &|lane| given(costs[lane]));
        let is_cheapest = |lane| cheapest_way(ways, lane).map_or(f64::NAN, |least| indicator(least == way));
        see(at, cheapest, Kind::Given("probability"), &is_cheapest);
    }
    see(at, ESCROW, Kind::Given("usd"), &|lane| given(ways.escrow[lane]));
}

/// What of the bound on the net gain is not found, where there is a bound: its median is a figure.
pub const JOINT_GAP: &str = "joint_gap_given_not_certified";

/// Certified `1 + γ*`: what γ* is made of, no metric itself.
pub const SLACK: &str = "slack";

/// How many times the cost covers the profit: what margins and safe profits are made of, no metric itself.
pub const COVER: &str = "cover";

fn cost_figures(target: &TargetOutcome, costs: &Costs, at: At<'_>, see: &mut SeeOne<'_>) {
    let pays = |lane: usize| indicator(target.profit[lane] + costs.returned[lane] > costs.cost[lane]);
    let reachable = |lane: usize| indicator(costs.cost[lane].is_finite());
    let given = |usd: f64, lane: usize| if costs.cost[lane].is_finite() { usd } else { f64::NAN };
    see(at, "p_reachable", Kind::Probability, &reachable);
    see(at, "p_attack_pays", Kind::Probability, &pays);
    see(at, "attack_cost_usd_given_reachable", Kind::Given("usd"), &|lane| given(costs.cost[lane], lane));
    let forfeited = |lane: usize| given(costs.forfeited[lane], lane);
    see(at, "cost_of_corruption_usd_given_reachable", Kind::Given("usd"), &forfeited);
    see(at, "capital_usd_given_reachable", Kind::Given("usd"), &|lane| given(costs.capital[lane], lane));
}

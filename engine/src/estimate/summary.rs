//! From tallies and sketches to the rows of the summary tables.

use super::differences::{DESIGN_METRICS, Pair, TARGET_METRICS, same};
use super::labels::TargetLabels;
use super::sketches::TargetSketches;
use super::tally::{DesignTally, RouteTally, TargetTally};
use super::writer::{ANY, At, Writer};
use super::{DifferenceRow, Estimate, Labels, OperatorRow, Results, Sketches, Tally};
use crate::economy::{Ledger, Margin, PortfolioSketches, Whose, losses, margins};
use crate::graph::{DesignGraph, Gaps, Graph, Power};
use crate::moments::{Moments, count};
use crate::sketch::Sketch;

/// Every row that a run reports.
pub fn summarise(
    graph: &Graph,
    labels: &Labels,
    (tally, sketches): (&Tally, &Sketches),
    (ledger, holdings): (&Ledger, &PortfolioSketches),
) -> Results {
    let warnings = graph.oddities(|secured| &labels.services[secured]);
    let mut results = Results { warnings, ..Results::default() };
    for (index, design) in graph.designs.iter().enumerate() {
        let mut writer = Writer { design: &design.name, scenarios: tally.n, results: &mut results };
        writer.design(index, tally, sketches);
        if graph.joint {
            writer.joint(&tally.designs[index], &sketches.gaps[index]);
        }
        if graph.certifies_slack {
            writer.slack(&|p| sketches.slack[index].quantile(p), "quantile");
        }
        if let Some(cascade) = &tally.designs[index].cascade {
            writer.cascade(cascade);
        }
        if let Some(byzantine) = &tally.designs[index].byzantine {
            writer.probability(At::DESIGN, "p_byzantine", byzantine.turned);
            writer.mean(At::DESIGN, "byzantine_slashed_usd", "usd", &byzantine.slashed);
        }
        for (service, secured) in design.secured.iter().enumerate() {
            writer.service(graph, labels, *secured, tally);
            let payment = writer.money(labels, (design, index), service, ledger);
            for target in labels.targets_of(graph, *secured) {
                writer.short(&labels.targets[target], &tally.targets[target], &tally.prices);
                writer.per_payment(&labels.targets[target], &tally.targets[target], payment);
                writer.target(&labels.targets[target], &tally.targets[target], &sketches.targets[target]);
                if let Some(bribes) = &tally.targets[target].bribes {
                    writer.bribes(&labels.targets[target], bribes);
                }
            }
        }
        for (path, tally) in labels.paths[index].iter().zip(&tally.paths[index]) {
            writer.paths(path, tally);
        }
        writer.operators(design, index, labels, (tally, ledger));
        writer.bearers((design, index), labels, ledger, &tally.designs[index].taken);
        writer.portfolios(index, &labels.portfolios, (ledger, holdings));
        results.warnings.extend(gap_warnings(&design.name, tally.designs[index].gaps));
    }
    results.differences = differences(graph, labels, tally);
    results
}

/// Gaps of protocols that scenarios of a design ran into.
fn gap_warnings(design: &str, gaps: Gaps) -> Vec<String> {
    let met = [
        (gaps.slashable_above_collateral, "left liens that can be slashed for more than the collateral"),
        (
            gaps.aborted_slashes,
            "was aborted, so that nobody was slashed, because another lien could not give its part",
        ),
    ];
    let met = met.into_iter().filter(|(count, _)| *count > 0);
    met.map(|(count, what)| {
        format!("design `{design}`: as the contracts of Mesh Security have it, a slash {what}, {count} times")
    })
    .collect()
}

impl Writer<'_> {
    pub(super) fn probability(&mut self, at: At<'_>, metric: &str, hits: u64) {
        self.row(at, metric, "probability", Estimate::probability(hits, self.scenarios), "plain");
    }

    pub(super) fn mean(&mut self, at: At<'_>, metric: &str, unit: &'static str, moments: &Moments) {
        if moments.n() > 0 {
            self.row(at, metric, unit, Estimate::mean(moments), "plain");
        }
    }

    fn design(&mut self, index: usize, tally: &Tally, sketches: &Sketches) {
        let at = At::DESIGN;
        let design = &tally.designs[index];
        self.probability(at, "p_attack_pays", design.attacked);
        self.probability(at, "p_profitable_attack_low", design.attacked);
        self.probability(at, "p_profitable_attack_high", design.not_certified);
        self.mean(at, "net_gain_usd", "usd", &design.net_gain);
        self.mean(at, "slashed_usd", "usd", &design.slashed);
        self.mean(at, "nominal_slashed_usd", "usd", &design.nominal_slashed);
        if design.slashable > 0 {
            let landed = Estimate::probability(design.landed, design.slashable);
            self.row(at, "p_slash_lands_given_slashable", "probability", landed, "plain");
        }
        self.mean(at, "fault_slashed_usd", "usd", &design.fault_slashed);
        self.mean(at, "settlement_gap_usd", "usd", &design.settlement_gap);
        self.mean(at, "coalition_size_given_attacked", "operators", &design.coalition_size);
        let (value, std_error) = sketches.losses[index].tail_mean(0.01);
        let shortfall = Estimate::normal(value, std_error, count(self.scenarios));
        self.row(at, "expected_shortfall_99_usd", "usd", shortfall, "sketch");
        self.sketched(at, "loss_usd", "usd", &sketches.losses[index]);
        if design.attacked > 0 {
            self.sketched(at, "slashed_usd_given_attacked", "usd", &sketches.slashed[index]);
        }
    }

    /// What joint attacks add: scenarios in which neither an attack was found nor all were ruled out.
    fn joint(&mut self, tally: &DesignTally, gaps: &Sketch) {
        let at = At::DESIGN;
        self.probability(at, "p_undecided", tally.not_certified - tally.attacked);
        self.mean(at, "targets_given_attacked", "targets", &tally.targets_attacked);
        if tally.not_certified > 0 {
            self.interval(at, "joint_gap_given_not_certified", "share", gaps.quantile(0.5), "quantile");
            self.sketched(at, "joint_gap_given_not_certified", "share", gaps);
        }
    }

    fn service(&mut self, graph: &Graph, labels: &Labels, secured: usize, tally: &Tally) {
        let at = At { service: &labels.services[secured], attack: ANY, route: ANY, regime: "" };
        let service = &tally.secured[secured];
        self.probability(at, "p_attack_pays", service.pays);
        self.probability(at, "p_profitable_attack_low", service.pays);
        self.probability(at, "p_profitable_attack_high", service.not_certified);
        if matches!(graph.secured[secured].power, Power::Hash) {
            return;
        }
        self.mean(at, "colluding_share", "share", &service.colluding_share);
        let halts = !graph.secured[secured].silences.is_empty();
        if labels.downtime.is_some() && halts {
            self.probability(At { attack: "halt", ..at }, "p_halt_by_accident", service.halted);
        }
    }

    fn target(&mut self, labels: &TargetLabels, tally: &TargetTally, sketches: &TargetSketches) {
        let TargetLabels { service, attack, regime, .. } = labels;
        let at = At { service, attack, route: ANY, regime };
        self.probability(At { route: "collude", ..at }, "p_threshold_reached", tally.threshold_reached);
        self.mean(at, "profit_from_corruption_usd", "usd", &tally.profit);
        self.mean(at, "slashed_usd", "usd", &tally.slashed);
        self.route(at, &tally.cheapest);
        for ((route, tally), sketch) in labels.routes.iter().zip(&tally.routes).zip(&sketches.route_cost) {
            let at = At { route: route.name(), ..at };
            self.route(at, tally);
            self.sketched(at, "attack_cost_usd", "usd", sketch);
        }
        self.sketched(at, "attack_cost_usd", "usd", &sketches.cost);
        self.sketched(at, "cost_of_corruption_usd", "usd", &sketches.forfeited);
        self.sketched(at, "profit_from_corruption_usd", "usd", &sketches.profit);
        self.cover(at, &|p| sketches.cover.quantile(p), labels.profit_today, "quantile");
    }

    fn route(&mut self, at: At<'_>, tally: &RouteTally) {
        self.probability(at, "p_reachable", tally.reachable);
        self.probability(at, "p_attack_pays", tally.pays);
        self.mean(at, "attack_cost_usd_given_reachable", "usd", &tally.cost);
        self.mean(at, "cost_of_corruption_usd_given_reachable", "usd", &tally.forfeited);
        self.mean(at, "capital_usd_given_reachable", "usd", &tally.capital);
    }

    fn sketched(&mut self, at: At<'_>, metric: &str, unit: &'static str, sketch: &Sketch) {
        self.quantiles(at, metric, unit, &|p| sketch.quantile(p));
    }

    pub(super) fn operators(
        &mut self,
        design: &DesignGraph,
        index: usize,
        labels: &Labels,
        (tally, ledger): (&Tally, &Ledger),
    ) {
        let money = margins(&labels.stakes, (design, index), None, ledger);
        let events = &tally.designs[index].operators;
        let n = count(tally.n);
        let often =
            |scenarios: &[u64], operator: usize| count(scenarios.get(operator).copied().unwrap_or(0)) / n;
        for (operator, name) in labels.operators.iter().enumerate() {
            if design.stake.iter().all(|amounts| amounts.tokens[operator] == 0.0) {
                continue;
            }
            let stake: f64 = design
                .stake
                .iter()
                .map(|amounts| amounts.tokens[operator] * tally.prices[amounts.asset][0] / n)
                .sum();
            let (loss, std_error) =
                losses(&labels.stakes, (design, index), ledger, Whose::Operator(operator));
            self.results.operators.push(OperatorRow {
                design: self.design.to_owned(),
                operator: name.clone(),
                stake_usd: stake,
                expected_loss_usd: loss,
                expected_loss_std_error_usd: std_error,
                slashed_probability: often(&events.slashed, operator),
                coalition_frequency: often(&events.attacking, operator),
                break_even_reward_apr: (loss + money.operators[operator].cost_usd)
                    / stake
                    / labels.horizon_years,
                money: Margin { loss_usd: loss, ..money.operators[operator] },
            });
        }
    }
}

fn differences(graph: &Graph, labels: &Labels, tally: &Tally) -> Vec<DifferenceRow> {
    let mut rows = Vec::new();
    for (pair, compared) in labels.pairs.iter().zip(&tally.pairs) {
        let (service, attack, metrics): (&str, &str, &[&str]) = match pair.targets {
            Some((target, _)) => {
                (&labels.targets[target].service, &labels.targets[target].attack, &TARGET_METRICS)
            }
            None => (ANY, ANY, &DESIGN_METRICS),
        };
        let moments = match pair.targets {
            Some((a, b)) if a == b => same(tally.n, tally.targets[a].cheapest.reachable),
            _ => compared.metrics,
        };
        for (metric, moments) in metrics.iter().zip(&moments).filter(|(_, moments)| moments.n() > 0) {
            rows.push(DifferenceRow {
                design_a: graph.designs[pair.a].name.clone(),
                design_b: graph.designs[pair.b].name.clone(),
                service: service.to_owned(),
                attack: attack.to_owned(),
                route: ANY.to_owned(),
                metric: (*metric).to_owned(),
                estimate: difference(metric, moments, pair),
            });
        }
    }
    rows
}

/// A mean difference. Where two probabilities never differed in `n` scenarios that could have, they may still differ by
/// up to 3/n (the rule of three).
fn difference(metric: &str, moments: &Moments, pair: &Pair) -> Estimate {
    let mut estimate = Estimate::mean(moments);
    let same = pair.targets.is_some_and(|(a, b)| a == b);
    if metric.starts_with("p_") && !same && moments.variance() == 0.0 {
        estimate.low -= 3.0 / count(moments.n());
        estimate.high += 3.0 / count(moments.n());
    }
    estimate
}

//! Rows of money: what each service pays, what it costs those who run it, and what a dollar of it buys.

use super::labels::TargetLabels;
use super::tally::TargetTally;
use super::writer::{ANY, At, Writer};
use super::{Estimate, Labels, MemberRow, PortfolioRow};
use crate::economy::{Ledger, Margin, PortfolioSketches, Portfolios, Whose, losses, margins};
use crate::graph::{DesignGraph, Short};
use crate::moments::{Moments, count};
use crate::sketch::Z95;

impl Writer<'_> {
    /// Payment, costs and who is left with a loss, of one service; returns the mean payment over the horizon.
    pub(super) fn money(
        &mut self,
        labels: &Labels,
        (design, position): (&DesignGraph, usize),
        service: usize,
        ledger: &Ledger,
    ) -> f64 {
        let name = &labels.services[design.secured[service]];
        let at = At { service: name, attack: ANY, route: ANY, regime: "" };
        let books = margins(&labels.stakes, (design, position), Some(service), ledger);
        let income = &design.incomes[service];
        let (payment, payment_error) = books.payment_usd;
        let costs = income.node_usd.iter().any(|usd| *usd > 0.0);
        if payment == 0.0 && !costs {
            return 0.0;
        }
        let concerned = |operator: &usize| {
            income.node_usd[*operator] > 0.0 || income.pays.iter().any(|pay| pay.gross[*operator] > 0.0)
        };
        let members: Vec<usize> = (0..income.node_usd.len()).filter(concerned).collect();
        let n = count(ledger.n());
        let sure = |value: f64, std_error: f64| Estimate::normal(value, std_error, n);
        self.row(at, "payment_usd", "usd", sure(payment, payment_error), "plain");
        if members.is_empty() {
            return payment;
        }
        let all = books.all;
        self.row(at, "node_cost_usd", "usd", sure(all.cost_usd, 0.0), "plain");
        self.row(at, "operators_reward_usd", "usd", sure(all.reward_usd, all.reward_std_error_usd), "plain");
        self.row(at, "operators_margin_usd", "usd", sure(all.margin_usd, all.std_error_usd), "plain");
        self.row(
            at,
            "delegators_margin_usd",
            "usd",
            sure(all.delegators_margin_usd, all.delegators_std_error_usd),
            "plain",
        );
        self.row(at, "members", "operators", sure(count(members.len() as u64), 0.0), "plain");
        let margins: Vec<Margin> = members.iter().map(|operator| books.operators[*operator]).collect();
        self.row(at, "operators_at_loss", "operators", at_loss(&margins, n), "plain");
        for (operator, money) in members.into_iter().zip(margins) {
            self.results.members.push(MemberRow {
                design: self.design.to_owned(),
                service: name.clone(),
                operator: labels.operators[operator].clone(),
                money,
            });
        }
        payment
    }

    /// What an attack costs where it is in reach, for each dollar that the service pays over the horizon.
    pub(super) fn per_payment(&mut self, labels: &TargetLabels, tally: &TargetTally, payment: f64) {
        let cost = &tally.cheapest.cost;
        if payment <= 0.0 || cost.n() == 0 {
            return;
        }
        let TargetLabels { service, attack, regime, .. } = labels;
        let at = At { service, attack, route: ANY, regime };
        let estimate = Estimate::normal(cost.mean() / payment, cost.std_error() / payment, count(cost.n()));
        self.row(at, "attack_cost_per_payment", "usd_per_usd", estimate, "plain");
    }
}

impl Writer<'_> {
    /// What the token's fall is worth to whoever has sold it short, and the short position at which that pays for the whole attack.
    pub(super) fn short(&mut self, labels: &TargetLabels, tally: &TargetTally, prices: &[[f64; 2]]) {
        let TargetLabels { service, attack, regime, routes, short, .. } = labels;
        let Some(Short { asset, tokens, part }) = *short else { return };
        let at = At { service, attack, route: ANY, regime };
        let n = count(self.scenarios);
        let [sum, squares] = prices[asset];
        let mean = sum / n;
        let error = libm::sqrt((squares / n - mean * mean).max(0.0) / n);
        self.row(
            at,
            "short_gain_usd",
            "usd",
            Estimate::normal(part * tokens * mean, part * tokens * error, n),
            "plain",
        );
        let by_route = routes.iter().map(|route| route.name()).zip(&tally.routes);
        for (route, tally) in std::iter::once((ANY, &tally.cheapest)).chain(by_route) {
            let cost = &tally.cost;
            if cost.n() > 0 {
                let break_even =
                    Estimate::normal(cost.mean() / part, cost.std_error() / part, count(cost.n()));
                self.row(
                    At { route, ..at },
                    "short_break_even_usd_given_reachable",
                    "usd",
                    break_even,
                    "plain",
                );
            }
        }
    }
}

/// Tails of the loss of a portfolio: share, value at risk, expected shortfall.
const TAILS: [(f64, &str, &str); 2] = [
    (0.05, "value_at_risk_95_usd", "expected_shortfall_95_usd"),
    (0.01, "value_at_risk_99_usd", "expected_shortfall_99_usd"),
];

impl Writer<'_> {
    /// Who bears the losses of a design: operators, those who delegated to them, and those from whom attackers take.
    pub(super) fn bearers(
        &mut self,
        (design, position): (&DesignGraph, usize),
        labels: &Labels,
        ledger: &Ledger,
        taken: &Moments,
    ) {
        let at = At::DESIGN;
        let n = count(ledger.n());
        for (metric, whose) in
            [("borne_by_operators_usd", Whose::AllOwn), ("borne_by_delegators_usd", Whose::AllDelegated)]
        {
            let (loss, error) = losses(&labels.stakes, (design, position), ledger, whose);
            self.row(at, metric, "usd", Estimate::normal(loss, error, n), "plain");
        }
        if taken.n() > 0 {
            self.row(at, "borne_by_users_usd", "usd", Estimate::mean(taken), "plain");
        }
    }

    /// Value, mean loss and tail of every portfolio.
    pub(super) fn portfolios(
        &mut self,
        design: usize,
        portfolios: &Portfolios,
        (ledger, holdings): (&Ledger, &PortfolioSketches),
    ) {
        let tally = &ledger.portfolios;
        let Some(((losses, hits), sketches)) =
            tally.losses.get(design).zip(tally.hit.get(design)).zip(holdings.0.get(design))
        else {
            return;
        };
        for (position, name) in portfolios.names.iter().enumerate() {
            let (n, sketch) = (count(ledger.n()), &sketches[position]);
            let tail = |tail: f64| {
                let (mean, std_error) = sketch.tail_mean(tail);
                [Estimate::quantile(sketch.quantile(1.0 - tail), n), Estimate::normal(mean, std_error, n)]
            };
            let figures = PortfolioFigures {
                value: Estimate::mean(&tally.values[position]),
                loss: Estimate::mean(&losses[position]),
                slashed: Estimate::probability(hits[position], ledger.n()),
                tail: &tail,
            };
            self.results.portfolios.extend(figures.rows(self.design, name));
        }
    }
}

/// What is told of a portfolio in one design.
pub struct PortfolioFigures<'a> {
    /// Value without losses, USD.
    pub value: Estimate,
    /// Loss, USD.
    pub loss: Estimate,
    /// Probability of a loss beyond the small ones for downtime.
    pub slashed: Estimate,
    /// Value at risk and expected shortfall of a tail, USD.
    pub tail: &'a dyn Fn(f64) -> [Estimate; 2],
}

impl PortfolioFigures<'_> {
    /// Their rows.
    pub fn rows(&self, design: &str, portfolio: &str) -> Vec<PortfolioRow> {
        let row = |metric: &str, unit: &'static str, estimate: Estimate| PortfolioRow {
            design: design.to_owned(),
            portfolio: portfolio.to_owned(),
            metric: metric.to_owned(),
            unit,
            estimate,
        };
        let mut rows = vec![
            row("value_usd", "usd", self.value),
            row("expected_loss_usd", "usd", self.loss),
            row("p_slashed", "probability", self.slashed),
        ];
        for (tail, at_risk, shortfall) in TAILS {
            let [value_at_risk, mean] = (self.tail)(tail);
            rows.extend([row(at_risk, "usd", value_at_risk), row(shortfall, "usd", mean)]);
        }
        rows
    }
}

/// How many run at a loss; the interval counts those of whom that is sure, and those of whom it may be.
fn at_loss(margins: &[Margin], n: f64) -> Estimate {
    let below = |shift: f64| {
        let lose = margins.iter().filter(|margin| margin.margin_usd + shift * margin.std_error_usd < 0.0);
        count(lose.count() as u64)
    };
    let (low, high) = (below(Z95), below(-Z95));
    Estimate { value: below(0.0), std_error: (high - low) / (2.0 * Z95), low, high, effective_sample_size: n }
}

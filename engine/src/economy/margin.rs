//! What is left: rewards less nodes less losses, for operators and for those whose stake they hold.

use super::ledger::Ledger;
use super::losses::Whose;
use crate::graph::{AssetAmounts, DesignGraph, Income};
use crate::moments::count;

/// What the margins of a study need to know of it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Stakes {
    /// Part of its stake that is an operator's own. `[operator]`
    pub own_share: Vec<f64>,
    /// Years of the horizon.
    pub horizon_years: f64,
}

/// Means over the horizon, USD.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Margin {
    /// Paid to the operator: on its own stake, and its commission.
    pub reward_usd: f64,
    /// Its standard error.
    pub reward_std_error_usd: f64,
    /// Cost of its nodes.
    pub cost_usd: f64,
    /// Expected loss of its stake, own and delegated.
    pub loss_usd: f64,
    /// Reward less cost less the loss of its own stake.
    pub margin_usd: f64,
    /// Standard error of the margin.
    pub std_error_usd: f64,
    /// Left to those who delegated to it: their reward less the loss of their stake.
    pub delegators_margin_usd: f64,
    /// Its standard error.
    pub delegators_std_error_usd: f64,
}

/// Margins of one design, or of one of its services beside the others.
#[derive(Debug, Clone, PartialEq)]
pub struct Margins {
    /// `[operator]`
    pub operators: Vec<Margin>,
    /// All together.
    pub all: Margin,
    /// Paid to all, also outside the study (miners), mean and standard error.
    pub payment_usd: (f64, f64),
}

/// Margins of a design (`service` `None`) or of the `service`-th of it: what that adds by its pay, its nodes, the attacks on it
/// and the accidents that it causes.
pub fn margins(
    stakes: &Stakes,
    (design, position): (&DesignGraph, usize),
    service: Option<usize>,
    ledger: &Ledger,
) -> Margins {
    let small: Vec<&AssetAmounts> = match service {
        Some(service) => design.incomes[service].accidents.iter().collect(),
        None => design.faults.iter().flat_map(|losses| &losses.mean).collect(),
    };
    let incomes: Vec<&Income> = match service {
        Some(service) => vec![&design.incomes[service]],
        None => design.incomes.iter().collect(),
    };
    let book = Book { stakes, incomes, small, ledger, at: (position, service) };
    let n = stakes.own_share.len();
    Margins {
        operators: (0..n).map(|operator| book.margin(Whose::Operator(operator))).collect(),
        all: book.margin(Whose::AllOwn),
        payment_usd: book.payment(),
    }
}

/// Mean loss in a design by attacks and accidents, and its standard error: of all own or all delegated stake, else of the
/// whole stake of those who are meant.
pub fn losses(
    stakes: &Stakes,
    (design, position): (&DesignGraph, usize),
    ledger: &Ledger,
    whose: Whose,
) -> (f64, f64) {
    let small = design.faults.iter().flat_map(|losses| &losses.mean).collect();
    let book = Book { stakes, incomes: Vec::new(), small, ledger, at: (position, None) };
    let share = |own: f64| match whose {
        Whose::AllDelegated => 1.0 - own,
        Whose::AllOwn => own,
        Whose::Operator(_) | Whose::All => 1.0,
    };
    let nothing = Linear { fixed: 0.0, tokens: vec![0.0; ledger.n_assets()] };
    let (mean, error) = book.net(&nothing.less(&book.small(whose, share)), (1.0, whose));
    (0.0 - mean, error)
}

struct Book<'a> {
    stakes: &'a Stakes,
    incomes: Vec<&'a Income>,
    /// Losses that are linear in prices.
    small: Vec<&'a AssetAmounts>,
    ledger: &'a Ledger,
    at: (usize, Option<usize>),
}

/// `fixed + Σ tokens · price`.
struct Linear {
    fixed: f64,
    tokens: Vec<f64>, // [asset]
}

impl Linear {
    fn less(&self, other: &Self) -> Self {
        let tokens = self.tokens.iter().zip(&other.tokens).map(|(a, b)| a - b).collect();
        Self { fixed: self.fixed - other.fixed, tokens }
    }

    fn mean(&self, ledger: &Ledger) -> f64 {
        let priced = self.tokens.iter().enumerate().map(|(asset, tokens)| tokens * ledger.price(asset));
        self.fixed + priced.sum::<f64>()
    }

    fn variance(&self, ledger: &Ledger) -> f64 {
        let mut sum = 0.0;
        for (a, x) in self.tokens.iter().enumerate().filter(|(_, x)| **x != 0.0) {
            for (b, y) in self.tokens.iter().enumerate() {
                sum += x * y * ledger.covariance(a, b);
            }
        }
        sum
    }
}

impl Book<'_> {
    /// Sum of a column of every payment over those who are meant, over the horizon.
    fn paid(&self, column: impl Fn(&crate::graph::Pay) -> f64) -> Linear {
        let mut linear = Linear { fixed: 0.0, tokens: vec![0.0; self.ledger.n_assets()] };
        for pay in self.incomes.iter().flat_map(|income| &income.pays) {
            let amount = column(pay) * pay.years(self.stakes.horizon_years);
            match pay.asset {
                Some(asset) => linear.tokens[asset] += amount,
                None => linear.fixed += amount,
            }
        }
        linear
    }

    /// Part of a column of operators: one of them, or all.
    fn of(whose: Whose, column: &[f64]) -> f64 {
        match whose {
            Whose::Operator(operator) => column[operator],
            _ => column.iter().sum(),
        }
    }

    /// Losses that are linear in prices, of the part of each operator's stake that `share` says.
    fn small(&self, whose: Whose, share: impl Fn(f64) -> f64) -> Linear {
        let mut linear = Linear { fixed: 0.0, tokens: vec![0.0; self.ledger.n_assets()] };
        let own = &self.stakes.own_share;
        for amounts in &self.small {
            linear.tokens[amounts.asset] += match whose {
                Whose::Operator(operator) => share(own[operator]) * amounts.tokens[operator],
                _ => own.iter().zip(&amounts.tokens).map(|(own, tokens)| share(*own) * tokens).sum::<f64>(),
            };
        }
        linear
    }

    /// Mean and standard error of `linear` less `factor` times the losses.
    fn net(&self, linear: &Linear, (factor, whose): (f64, Whose)) -> (f64, f64) {
        let (ledger, (design, service)) = (self.ledger, self.at);
        let loss = ledger.loss(design, service, whose);
        let moved = linear.tokens.iter().enumerate().filter(|(_, tokens)| **tokens != 0.0);
        let covariance: f64 =
            moved.map(|(asset, tokens)| tokens * ledger.loss_covariance(design, service, whose, asset)).sum();
        let variance = linear.variance(ledger) - 2.0 * factor * covariance
            + factor * factor * (loss.square - loss.mean * loss.mean);
        let mean = linear.mean(ledger) - factor * loss.mean;
        (mean, libm::sqrt(variance.max(0.0) / count(ledger.n())))
    }

    /// Margins of one operator or of all.
    fn margin(&self, whose: Whose) -> Margin {
        let kept = self.paid(|pay| Self::of(whose, &pay.kept));
        let gross = self.paid(|pay| Self::of(whose, &pay.gross));
        let cost = self.incomes.iter().filter(|income| !income.node_usd.is_empty());
        let cost_usd =
            cost.map(|income| Self::of(whose, &income.node_usd)).sum::<f64>() * self.stakes.horizon_years;
        let own = |own_share: f64| own_share;
        let delegated = |own_share: f64| 1.0 - own_share;
        let (mine, theirs, all) = match whose {
            Whose::Operator(operator) => {
                let share = self.stakes.own_share[operator];
                ((share, whose), (1.0 - share, whose), (1.0, whose))
            }
            _ => ((1.0, Whose::AllOwn), (1.0, Whose::AllDelegated), (1.0, Whose::All)),
        };
        let nothing = Linear { fixed: 0.0, tokens: vec![0.0; kept.tokens.len()] };
        let (reward_usd, reward_std_error_usd) = self.net(&kept, (0.0, whose));
        let (loss, _) = self.net(&nothing.less(&self.small(whose, |_| 1.0)), all);
        let (margin, std_error_usd) = self.net(&kept.less(&self.small(whose, own)), mine);
        let delegators = gross.less(&kept).less(&self.small(whose, delegated));
        let (delegators_margin_usd, delegators_std_error_usd) = self.net(&delegators, theirs);
        Margin {
            reward_usd,
            reward_std_error_usd,
            cost_usd,
            loss_usd: 0.0 - loss,
            margin_usd: margin - cost_usd,
            std_error_usd,
            delegators_margin_usd,
            delegators_std_error_usd,
        }
    }

    fn payment(&self) -> (f64, f64) {
        let paid = self.paid(|pay| pay.total);
        let variance = paid.variance(self.ledger).max(0.0);
        (paid.mean(self.ledger), libm::sqrt(variance / count(self.ledger.n())))
    }
}

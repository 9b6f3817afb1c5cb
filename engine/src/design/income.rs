//! Who is paid what in a design: staking rewards of each chain, revenue shared with those who secure a service, Saga's
//! fees and seats, block rewards; and who runs a node.

use super::Compiler;
use super::backing::{Backing, chain_of};
use super::losses::Amounts;
use crate::graph::{AssetAmounts, Income, Pay, Targets, to_f64};
use crate::kernels::caps::{self, Capped};
use crate::rules::eigenlayer::Deployment;
use crate::rules::payments::{DEC, Deal, liquid_staking_income};
use crate::rules::saga;
use crate::study::{FaultKind, Operator, Participation, SagaPrice, Split, Stream, System};

const DAYS_PER_YEAR: f64 = 365.25;
/// USD are counted in millionths.
const MICROS: f64 = 1e6;

impl Compiler<'_> {
    /// Income of each service, then the staking rewards of pools whose chain is none of them.
    pub(super) fn incomes(&self) -> Vec<Income> {
        let services = (0..self.design.services.len()).map(|index| self.income(index));
        services.chain([self.rewards_beside()]).collect()
    }

    /// Services whose operators may ask what is left to them, a bit each.
    pub(super) fn with_margins(&self) -> Targets {
        let asked = |index: &usize| {
            let pays = self.pays(*index);
            let is_chosen = self.design.terms[*index].participation == Participation::Chosen;
            is_chosen
                || pays.pays.iter().any(|pay| pay.total > 0.0)
                || pays.node_usd.iter().any(|usd| *usd > 0.0)
        };
        (0..self.design.services.len()).filter(asked).fold(0, |set, index| set | 1 << index)
    }

    fn income(&self, index: usize) -> Income {
        let mut accidents = self.added_accidents(index);
        accidents.extend(self.expected_taken(index));
        Income { accidents, ..self.pays(index) }
    }

    /// Payments and nodes of one service.
    pub(super) fn pays(&self, index: usize) -> Income {
        let (service, system) = &self.design.services[index];
        let Some(backing) = &self.backings[index] else { return self.mined(system) };
        let shares = self.power_shares(backing);
        let runs = |operator: usize| backing.parts.iter().any(|part| part.units[operator] > 0);
        let node_usd = self.study.services[*service].node_usd_per_year;
        let terms = &self.design.terms[index];
        // Nobody pays or runs what has not been voted on yet.
        let starts_days = terms.proposal.as_ref().map_or(0.0, |proposal| proposal.delay_days);
        let node_usd = node_usd * (1.0 - starts_days / self.study.horizon_days);
        let cost = |(o, operator): (usize, &Operator)| {
            if runs(o) { node_usd * operator.node_cost_factor } else { 0.0 }
        };
        let paid = terms.pays.iter().map(|stream| self.stream(stream, system, backing, &shares));
        let mut pays: Vec<Pay> =
            paid.map(|pay| Pay { delay_days: pay.delay_days + starts_days, ..pay }).collect();
        pays.extend(self.staking(*service, system, &shares));
        pays.extend(self.seats(system, &shares));
        let node_usd = self.study.operators.iter().enumerate().map(cost).collect();
        Income { pays, node_usd, accidents: Vec::new() }
    }

    /// What accidents cost with this service less what they would without it.
    fn added_accidents(&self, index: usize) -> Vec<AssetAmounts> {
        if self.study.faults.is_empty() {
            return Vec::new();
        }
        let mut without = self.design.clone();
        without.services.remove(index);
        without.terms.remove(index);
        let others = Compiler::new(self.study, &without);
        let mut added = Amounts::new(self.study.operators.len());
        for fault in &self.study.faults {
            for (pool, holding) in self.study.pools.iter().enumerate() {
                for (o, operator) in self.study.operators.iter().enumerate() {
                    let times = match fault.kind {
                        FaultKind::Downtime => 1.0,
                        FaultKind::Equivocation => {
                            fault.hit_probability(operator.keys, self.study.horizon_days)
                        }
                    };
                    let share = self.accident_share(fault, pool, o) - others.accident_share(fault, pool, o);
                    added.add(holding.asset, o, share * times * holding.tokens(o));
                }
            }
        }
        added.finish()
    }

    /// Share of the power that each operator holds through each part at today's prices. `[part][operator]`
    fn power_shares(&self, backing: &Backing) -> Vec<Vec<f64>> {
        let worth = |part: &crate::graph::PowerPart| {
            part.value_share * part.asset.map_or(1.0, |asset| self.study.assets[asset].price_usd)
                / libm::exp10(f64::from(part.decimals))
        };
        let sizes: Vec<f64> = backing.parts.iter().map(|part| worth(part) * to_f64(part.total())).collect();
        let parts = || backing.parts.iter().zip(&sizes);
        let own: f64 = parts().filter(|(part, _)| part.most_share.is_none()).map(|(_, size)| size).sum();
        let lent = parts().filter_map(|(part, size)| Some(Capped { size: *size, share: part.most_share? }));
        let whole = caps::whole(own, &lent.collect::<Vec<_>>());
        parts()
            .map(|(part, size)| {
                let most = part.most_share.map_or(f64::INFINITY, |share| share * whole);
                let scale = if *size > most { most / size } else { 1.0 };
                let share = |units: &u128| {
                    if whole > 0.0 { scale * worth(part) * to_f64(*units) / whole } else { 0.0 }
                };
                part.units.iter().map(share).collect()
            })
            .collect()
    }

    /// One stream of revenue; what a community tax of the provider takes is gone.
    fn stream(&self, stream: &Stream, system: &System, backing: &Backing, shares: &[Vec<f64>]) -> Pay {
        let deal = Deal { staking_fee_dec: dec(stream.fee), provider_share_dec: dec(stream.share) };
        let usd = to_f64(liquid_staking_income(micros(stream.usd_per_year), deal).provider) / MICROS;
        let tax = match system {
            System::Ics(ics) => {
                self.study.pools[ics.provider].inflation.map_or(0.0, |rule| rule.community_tax)
            }
            _ => 0.0,
        };
        let total = usd * (1.0 - tax) / self.price(stream.asset);
        let by_default = matches!(system, System::Eigenlayer(_)).then(default_split);
        let commission = stream.commission.or(by_default);
        let paid = |part: usize| stream.pool.is_none() || backing.parts[part].pool == stream.pool;
        let mut weights = vec![0.0; self.study.operators.len()];
        for part in (0..shares.len()).filter(|part| paid(*part)) {
            weights.iter_mut().zip(&shares[part]).for_each(|(weight, share)| *weight += share);
        }
        if stream.split == Split::Equal {
            weights.iter_mut().for_each(|weight| *weight = if *weight > 0.0 { 1.0 } else { 0.0 });
        }
        self.pay(stream.asset, stream.delay_days, total, &weights, commission)
    }

    /// Divides a payment by weight; `commission` stands for everybody's own.
    fn pay(
        &self,
        asset: Option<usize>,
        delay_days: f64,
        total: f64,
        weights: &[f64],
        commission: Option<f64>,
    ) -> Pay {
        let whole: f64 = weights.iter().sum();
        let gross: Vec<f64> =
            weights.iter().map(|weight| if whole > 0.0 { total * weight / whole } else { 0.0 }).collect();
        let keeps = |(gross, operator): (&f64, &Operator)| {
            gross
                * (operator.own_share
                    + (1.0 - operator.own_share) * commission.unwrap_or(operator.commission))
        };
        let kept = gross.iter().zip(&self.study.operators).map(keeps).collect();
        Pay { asset, staking: None, delay_days, total, gross, kept }
    }

    /// Staking rewards of the chain's own pool, to everybody with power over it: stake that others lend earns as well.
    fn staking(&self, service: usize, system: &System, shares: &[Vec<f64>]) -> Option<Pay> {
        let pool = match system {
            System::Pos(pos) => pos.pool,
            System::Mesh(mesh) => mesh.local,
            System::Ics(_) | System::Saga(..) | System::Eigenlayer(_) | System::Pow(_) => return None,
        };
        let holding = &self.study.pools[pool];
        if holding.reward_apr == 0.0 || chain_of(self.design, pool) != Some(service) {
            return None;
        }
        let total = holding.reward_apr * holding.total_tokens();
        let weights: Vec<f64> = match system {
            // A table of voting weights pays nobody: stake does.
            System::Pos(_) => (0..self.study.operators.len()).map(|o| holding.tokens(o)).collect(),
            _ => {
                let mut weights = vec![0.0; self.study.operators.len()];
                for shares in shares {
                    weights.iter_mut().zip(shares).for_each(|(weight, share)| *weight += share);
                }
                weights
            }
        };
        Some(Pay { staking: Some(pool), ..self.pay(Some(holding.asset), 0.0, total, &weights, None) })
    }

    /// What Saga's validators are paid: the price of the auction to each winner, or equal parts of the fees.
    fn seats(&self, system: &System, shares: &[Vec<f64>]) -> Option<Pay> {
        let System::Saga(chainlet, price) = system else { return None };
        let members: Vec<bool> =
            (0..self.study.operators.len()).map(|o| shares.iter().any(|shares| shares[o] > 0.0)).collect();
        let n = members.iter().filter(|runs| **runs).count();
        let each_usd = match price {
            SagaPrice::Fee { epoch_usd, setup_usd } => {
                let n_payees = saga::n_payees(0, n);
                let years = self.study.horizon_days / DAYS_PER_YEAR;
                let daily = to_f64(saga::divide(micros(*epoch_usd), n_payees).each) * DAYS_PER_YEAR;
                (daily + to_f64(saga::divide(micros(*setup_usd), n_payees).each) / years) / MICROS
            }
            SagaPrice::Auction { .. } => {
                let clearing = super::saga::clearing(self.study, chainlet, price)?;
                to_f64(clearing.price?) / MICROS * DAYS_PER_YEAR
            }
        };
        // The most staked are the payees where there are more than the chain pays.
        let n_payees = saga::n_payees(0, n);
        let mut ranked: Vec<usize> = (0..members.len()).filter(|o| members[*o]).collect();
        let stake = &self.study.pools[chainlet.provider].stake;
        ranked.sort_by(|a, b| stake[*b].cmp(&stake[*a]).then(a.cmp(b)));
        let mut weights = vec![0.0; members.len()];
        ranked.iter().take(n_payees).for_each(|o| weights[*o] = 1.0);
        let total = each_usd * crate::moments::count(ranked.len().min(n_payees) as u64);
        Some(self.pay(None, 0.0, total, &weights, None))
    }

    /// Block rewards; nobody in the study mines.
    fn mined(&self, system: &System) -> Income {
        let n = self.study.operators.len();
        let System::Pow(pow) = system else { return Income::default() };
        let total = pow.block_reward_usd_per_day * DAYS_PER_YEAR / self.price(pow.reward_asset);
        let nobody = vec![0.0; n];
        let pay = Pay {
            asset: pow.reward_asset,
            staking: None,
            delay_days: 0.0,
            total,
            gross: nobody.clone(),
            kept: nobody,
        };
        Income { pays: vec![pay], node_usd: vec![0.0; n], accidents: Vec::new() }
    }

    /// Staking rewards of pools that answer for something here, but whose own chain is no service of the design.
    fn rewards_beside(&self) -> Income {
        let n = self.study.operators.len();
        let used = |pool: usize| self.liabilities().any(|liability| liability.pool == pool);
        let mut pays = Vec::new();
        for (pool, holding) in self.study.pools.iter().enumerate() {
            if holding.reward_apr == 0.0 || !used(pool) || chain_of(self.design, pool).is_some() {
                continue;
            }
            // The stake that lies under it is paid where that is: once.
            if self.underlying(pool).any(used) {
                continue;
            }
            let stake: Vec<f64> = (0..n).map(|o| holding.tokens(o)).collect();
            let total = holding.reward_apr * holding.total_tokens();
            let pay = self.pay(Some(holding.asset), 0.0, total, &stake, None);
            pays.push(Pay { staking: Some(pool), ..pay });
        }
        Income { pays, node_usd: vec![0.0; n], accidents: Vec::new() }
    }

    fn price(&self, asset: Option<usize>) -> f64 {
        asset.map_or(1.0, |asset| self.study.assets[asset].price_usd)
    }
}

/// The part that operators of EigenLayer keep unless they say otherwise.
fn default_split() -> f64 {
    f64::from(Deployment::MainnetV19.parameters().default_commission_bips) / 10_000.0
}

/// A fraction in 10⁻¹⁸.
fn dec(fraction: f64) -> u128 {
    super::settle::fraction18(fraction).min(DEC)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "saturates, and USD are not negative"
)]
fn micros(usd: f64) -> u128 {
    libm::round(usd * MICROS) as u128
}

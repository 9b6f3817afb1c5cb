//! What an attack makes each operator lose, and what stake costs to buy: the same for every system.

use super::Compiler;
use super::backing::Liability;
use crate::graph::{AssetAmounts, AssetLosses, CONTROL, HALT, Losses, Purchase, combine, to_f64};
use crate::study::{Attack, Operator, Pool};

/// Hours in a year of 365.25 days.
const HOURS_PER_YEAR: f64 = 8766.0;

/// Tokens per asset and operator, assets as they come.
pub struct Amounts {
    n_operators: usize,
    amounts: Vec<AssetAmounts>,
}

impl Amounts {
    /// Nothing yet.
    pub fn new(n_operators: usize) -> Self {
        Self { n_operators, amounts: Vec::new() }
    }
    /// Adds tokens of one operator.
    pub fn add(&mut self, asset: usize, operator: usize, tokens: f64) {
        if tokens == 0.0 {
            return;
        }
        let position = self.amounts.iter().position(|amounts| amounts.asset == asset).unwrap_or_else(|| {
            self.amounts.push(AssetAmounts { asset, tokens: vec![0.0; self.n_operators] });
            self.amounts.len() - 1
        });
        self.amounts[position].tokens[operator] += tokens;
    }
    /// In asset order.
    pub fn finish(mut self) -> Vec<AssetAmounts> {
        self.amounts.sort_by_key(|amounts| amounts.asset);
        self.amounts
    }
}

impl Compiler<'_> {
    /// Forfeited stake and private losses of every operator that has power over the service.
    pub(super) fn losses(&self, index: usize, service: usize, attack: &Attack) -> Losses {
        let study = self.study;
        let n = study.operators.len();
        let Some(backing) = &self.backings[index] else {
            return Losses { assets: Vec::new(), fixed_usd: vec![0.0; n] };
        };
        let (mut forfeited, mut private) = (Amounts::new(n), Amounts::new(n));
        let mut fixed_usd = vec![0.0; n];
        let pools = pools_of(&backing.liabilities);
        for (o, operator) in study.operators.iter().enumerate() {
            if backing.parts.iter().all(|part| part.units[o] == 0) {
                continue;
            }
            fixed_usd[o] = operator.friction_usd;
            for pool in &pools {
                let holding = &study.pools[*pool];
                let (fraction, landing) = self.forfeit(&backing.liabilities, *pool, service, attack, o);
                let stake = holding.tokens(o);
                forfeited.add(holding.asset, o, fraction * stake);
                let falls = study.services[service].asset == Some(holding.asset);
                let drawdown = if falls { attack.drawdown } else { 0.0 };
                let own = operator.own_share * (fraction + drawdown * (1.0 - fraction)) * stake;
                let income = franchise(operator, holding, attack, landing) * stake;
                private.add(holding.asset, o, own + income);
            }
        }
        Losses { assets: join(forfeited, private), fixed_usd }
    }

    /// Expected fraction of an operator's stake in `pool` that the attack forfeits, and the probability that it is
    /// ejected for it.
    fn forfeit(
        &self,
        liabilities: &[Liability],
        pool: usize,
        service: usize,
        attack: &Attack,
        o: usize,
    ) -> (f64, f64) {
        let here =
            || liabilities.iter().filter(|liability| liability.pool == pool && liability.share[o] > 0.0);
        let lands = |l: &Liability| slash_of(l, attack) * l.share[o] * landing(l, service, attack);
        let fraction = combine(self.combine[pool], here().map(lands));
        let ejected = here().filter(|l| slash_of(l, attack) > 0.0).map(|l| landing(l, service, attack));
        (fraction, ejected.fold(0.0, f64::max))
    }

    /// Stake that a newcomer could buy; weights from a table and capped stake are not for sale.
    pub(super) fn purchases(&self, index: usize, service: usize, attack: &Attack) -> Vec<Purchase> {
        let Some(backing) = &self.backings[index] else { return Vec::new() };
        let x = attack.threshold.value();
        if x >= 1.0 {
            return Vec::new();
        }
        let for_sale = backing.parts.iter().filter(|part| part.most_share.is_none());
        for_sale
            .filter_map(|part| {
                let pool = part.pool?;
                let holding = &self.study.pools[pool];
                let liability = backing.liabilities.iter().find(|l| l.pool == pool)?;
                let falls = self.study.services[service].asset == Some(holding.asset);
                let staked = (0..part.units.len()).filter(|o| part.units[*o] > 0).map(|o| {
                    if liability.share[o] < 1.0 {
                        units_tokens(part.units[o], part.decimals)
                    } else {
                        holding.tokens(o)
                    }
                });
                Some(Purchase {
                    asset: holding.asset,
                    staked_tokens: staked.sum(),
                    value_share: part.value_share,
                    share: x,
                    slash: slash_of(liability, attack) * landing(liability, service, attack),
                    drawdown: if falls { attack.drawdown } else { 0.0 },
                    carry: self.study.adversary.carry_apr
                        * (holding.unbonding_days / 365.25 + attack.duration_hours / HOURS_PER_YEAR),
                    liquidity_usd: self.study.assets[holding.asset].liquidity_usd,
                })
            })
            .collect()
    }
}

fn units_tokens(units: u128, decimals: u32) -> f64 {
    to_f64(units) / libm::exp10(f64::from(decimals))
}

fn pools_of(liabilities: &[Liability]) -> Vec<usize> {
    let mut pools: Vec<usize> = liabilities.iter().map(|liability| liability.pool).collect();
    pools.sort_unstable();
    pools.dedup();
    pools
}

/// The fraction that the offence costs by the rules, before asking whether the slash lands.
fn slash_of(liability: &Liability, attack: &Attack) -> f64 {
    let by_design = if attack.kind == HALT { liability.slash.halt } else { liability.slash.fraction };
    if attack.slashable { attack.slash.unwrap_or(by_design) } else { 0.0 }
}

/// Probability that the slash is carried out: a chain that is halted or controlled does not punish its attacker.
fn landing(liability: &Liability, service: usize, attack: &Attack) -> f64 {
    let holds_executor =
        liability.executes_on == Some(service) && (attack.kind == HALT || attack.kind == CONTROL);
    if holds_executor { liability.slash.social_probability } else { 1.0 }
}

/// Income lost per token of stake: commission after ejection, and rewards while the service is silent.
fn franchise(operator: &Operator, pool: &Pool, attack: &Attack, ejected: f64) -> f64 {
    let commission = (1.0 - operator.own_share) * operator.commission;
    let ejection = ejected * pool.franchise_years * commission;
    let silence = attack.duration_hours / HOURS_PER_YEAR * (operator.own_share + commission);
    pool.reward_apr * (ejection + silence)
}

/// One table per asset from both sides.
fn join(forfeited: Amounts, private: Amounts) -> Vec<AssetLosses> {
    let n = forfeited.n_operators;
    let forfeited = forfeited.finish();
    let private = private.finish();
    let mut assets: Vec<usize> = forfeited.iter().chain(&private).map(|amounts| amounts.asset).collect();
    assets.sort_unstable();
    assets.dedup();
    let column = |side: &[AssetAmounts], asset: usize| {
        let found = side.iter().find(|amounts| amounts.asset == asset);
        found.map_or_else(|| vec![0.0; n], |amounts| amounts.tokens.clone())
    };
    let losses =
        |asset| AssetLosses { asset, forfeited: column(&forfeited, asset), private: column(&private, asset) };
    assets.into_iter().map(losses).collect()
}

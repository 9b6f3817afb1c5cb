//! What an attack makes each operator lose: the same for every system.

use super::Compiler;
use super::backing::{Liability, Standing};
use super::penalty::{Charge, Judged};
use crate::graph::{AssetAmounts, AssetLosses, Losses, combine};
use crate::study::{Attack, Combine, Operator, Pool};

/// Hours in a year of 365.25 days.
pub(super) const HOURS_PER_YEAR: f64 = 8766.0;
const MINUTES_PER_HOUR: f64 = 60.0;

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
    pub(super) fn losses(&self, judged: &Judged<'_>) -> Losses {
        let study = self.study;
        let n = study.operators.len();
        let Some(backing) = &self.backings[judged.index] else {
            return Losses { assets: Vec::new(), fixed_usd: vec![0.0; n] };
        };
        let (mut forfeited, mut private) = (Amounts::new(n), Amounts::new(n));
        let mut fixed_usd = vec![0.0; n];
        let pools = pools_of(backing.liabilities.iter().filter(|l| l.answers_for(judged.attack)));
        for (o, operator) in study.operators.iter().enumerate() {
            if !backing.takes_part(judged.attack, o) {
                continue;
            }
            fixed_usd[o] = operator.friction_usd;
            for pool in &pools {
                let holding = &study.pools[*pool];
                let loss = self.forfeit(judged, *pool, o);
                let stake = holding.tokens(o);
                forfeited.add(holding.asset, o, loss.fraction * stake);
                let falls = study.services[judged.service].asset == Some(holding.asset);
                let drawdown = if falls { judged.attack.drawdown } else { 0.0 };
                let own = operator.own_share * (loss.fraction + drawdown * (1.0 - loss.fraction)) * stake;
                let income = franchise(operator, holding, &loss) * stake;
                private.add(holding.asset, o, own + income);
            }
        }
        Losses { assets: join(forfeited, private), fixed_usd }
    }

    /// What the attack costs an operator of its stake in `pool` on average.
    fn forfeit(&self, judged: &Judged<'_>, pool: usize, o: usize) -> PoolLoss {
        let liabilities = self.backings[judged.index].iter().flat_map(|backing| &backing.liabilities);
        let here = || {
            let charged = liabilities.clone().zip(&judged.charges);
            charged.filter(|(liability, _)| {
                liability.pool == pool && liability.share[o] > 0.0 && liability.answers_for(judged.attack)
            })
        };
        let lands =
            |(l, charge): (&Liability, &Charge)| (l.standing, charge.fraction * l.share[o] * charge.landing);
        let silence = |(l, _): (&Liability, &Charge)| silent_hours(judged.attack, l);
        PoolLoss {
            fraction: combined(self.combine[pool], here().map(lands)),
            ejection: here().map(|(_, charge)| charge.ejection).fold(0.0, f64::max),
            silent_hours: here().map(silence).fold(0.0, f64::max),
        }
    }

    /// What reaches the attacker of each operator's slashed stake by redistribution; native ETH never does.
    pub(super) fn returned(&self, judged: &Judged<'_>) -> Vec<AssetAmounts> {
        let mut amounts = Amounts::new(self.study.operators.len());
        let liabilities = self.backings[judged.index].iter().flat_map(|backing| &backing.liabilities);
        for (liability, charge) in liabilities.zip(&judged.charges) {
            let holding = &self.study.pools[liability.pool];
            if liability.redistribution == 0.0 || holding.underlying.is_some() {
                continue;
            }
            for (o, share) in liability.share.iter().enumerate() {
                let slashed = charge.fraction * share * charge.landing * holding.tokens(o);
                amounts.add(holding.asset, o, liability.redistribution * slashed);
            }
        }
        amounts.finish()
    }
}

fn pools_of<'a>(liabilities: impl Iterator<Item = &'a Liability>) -> Vec<usize> {
    let mut pools: Vec<usize> = liabilities.map(|liability| liability.pool).collect();
    pools.sort_unstable();
    pools.dedup();
    pools
}

/// What an attack does to an operator's stake in one pool.
struct PoolLoss {
    /// Expected fraction forfeited.
    fraction: f64,
    /// Probability of being ejected for it.
    ejection: f64,
    /// Silence, and the jail for it, without income, hours.
    silent_hours: f64,
}

/// How fractions of one stake combine: of the home chain and its consumers the largest falls, once; claims beside it combine
/// by the pool's rule.
pub(super) fn combined(rule: Combine, fractions: impl Iterator<Item = (Standing, f64)>) -> f64 {
    let mut home = 0.0_f64;
    let mut claims = Vec::new();
    for (standing, fraction) in fractions {
        match standing {
            Standing::Own | Standing::Consumer => home = home.max(fraction),
            Standing::Claim => claims.push(fraction),
        }
    }
    combine(rule, std::iter::once(home).chain(claims))
}

/// Hours without income.
pub(super) fn silent_hours(attack: &Attack, liability: &Liability) -> f64 {
    // Only the chain that pays the income stands still.
    let hours = if liability.standing == Standing::Own { attack.duration_hours } else { 0.0 };
    let jail = liability.slash.enforcement.jail_minutes / MINUTES_PER_HOUR;
    hours + if attack.halts() { jail } else { 0.0 }
}

/// Income lost per token of stake: commission after ejection, and rewards while silent and jailed for it.
fn franchise(operator: &Operator, pool: &Pool, loss: &PoolLoss) -> f64 {
    let commission = (1.0 - operator.own_share) * operator.commission;
    let ejection = loss.ejection * pool.franchise_years * commission;
    let silence = loss.silent_hours / HOURS_PER_YEAR * (operator.own_share + commission);
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

//! What taking part in several attacks at once costs: the parts that single losses are made of, kept apart, so that they
//! can be combined over any set of a design's targets.

use super::combine;
use crate::study::Combine;

/// A set of a design's targets: bit `t` stands for target `t`. The loader refuses designs with more than 128.
pub type Targets = u128;

/// The targets in a set, rising.
pub fn targets_in(set: Targets) -> impl Iterator<Item = usize> + Clone {
    let mut left = set;
    std::iter::from_fn(move || {
        let next = (left != 0).then(|| left.trailing_zeros() as usize)?;
        left &= left - 1;
        Some(next)
    })
}

/// One design, as joint attacks see it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Joint {
    /// Targets whose power operators hold or not, services in order. `[target of the design]`
    pub targets: Vec<JointTarget>,
    /// Stake that can be lost. `[pool used]`
    pub pools: Vec<JointPool>,
    /// What taking part costs apart from any stake, USD, once. `[operator]`
    pub friction_usd: Vec<f64>,
    /// Values that an attack can realise.
    pub prizes: Vec<Prize>,
    /// Most that all prizes of a shared value can yield together, USD. `[shared value]`
    pub caps: Vec<f64>,
    /// What all prizes together approach and never exceed, USD; `None`: they add up.
    pub saturation_usd: Option<f64>,
    /// Whether the operator can commit a part of its keys: its power, its losses and what returns of them are that part of what they
    /// are whole, in all targets of the attack. Empty where nobody can. `[operator]`
    pub divisible: Vec<bool>,
}

/// One target.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct JointTarget {
    /// Position of its service among those of the design: an attack has at most one target of each.
    pub service: usize,
    /// Whether operators' power decides it.
    pub by_operators: bool,
    /// Whether it silences or dictates its service, which then carries no slash out.
    pub holds: bool,
    /// Whether the operator has power over it, and so takes part. `[operator]`
    pub takes_part: Vec<bool>,
    /// What it charges.
    pub charges: Vec<JointCharge>,
}

/// What a target charges to the stake of one pool.
#[derive(Debug, Clone, PartialEq)]
pub struct JointCharge {
    /// Position in [`Joint::pools`].
    pub pool: usize,
    /// Service of the design that carries it out, if that can be attacked.
    pub executor: Option<usize>,
    /// A claim beside others; else it shares the one slash of the stake's own chain and its consumers.
    pub is_claim: bool,
    /// Part of the stake at risk that is lost on average while nobody holds the executor.
    pub free: Landed,
    /// The same while the attack holds the executor.
    pub held: Landed,
    /// Income lost, hours.
    pub silent_hours: f64,
    /// Fall of what is left of the pool's asset.
    pub drawdown: f64,
    /// Part of what is slashed that reaches the attacker.
    pub redistribution: f64,
    /// Part of the operator's stake that is at risk. `[operator]`
    pub share: Vec<f64>,
}

/// What of a charge lands.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Landed {
    /// Fraction of the stake at risk.
    pub fraction: f64,
    /// Probability of ejection.
    pub ejection: f64,
}

/// Stake of one pool; all per operator.
#[derive(Debug, Clone, PartialEq)]
pub struct JointPool {
    /// Position of its asset.
    pub asset: usize,
    /// Position of the pool whose stake this is as well.
    pub base: Option<usize>,
    /// How losses combine.
    pub rule: Combine,
    /// Stake, tokens. `[operator]`
    pub tokens: Vec<f64>,
    /// Part of it that is the operator's own. `[operator]`
    pub own_share: Vec<f64>,
    /// Income lost by ejection, per token of stake. `[operator]`
    pub ejection_income: Vec<f64>,
    /// Income lost by an hour of silence, per token of stake. `[operator]`
    pub hourly_income: Vec<f64>,
}

/// A value that an attack can realise once: of the targets that realise some of it, the one that realises most counts.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Prize {
    /// Target, column of the profit, and the part of it that is realised on average.
    pub ways: Vec<(usize, usize, f64)>,
    /// Position in [`Joint::caps`] of the value that it is a part of.
    pub shared: Option<usize>,
}

/// What an attack on the stake below leaves of a pool's: of one stake in two pools no more is lost than there is.
///
/// Which validators stand behind which restaked stake is not known; the attacker is given those who are slashed most, so that what is left is
/// the least that can be. Each slash takes its part of what the ones below leave, and what falls with the asset has fallen below already.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Below {
    /// Part that slashes below leave of anybody's stake.
    pub left: f64,
    /// Fall of the asset that is counted below.
    pub drawdown: f64,
}

impl Below {
    /// Nothing below is attacked.
    pub const NOTHING: Self = Self { left: 1.0, drawdown: 0.0 };

    /// Part of the stake that a slash of `fraction` and a fall by `drawdown` cost beyond what is lost below.
    pub fn lost(self, fraction: f64, drawdown: f64) -> f64 {
        if self == Self::NOTHING {
            return fraction + drawdown * (1.0 - fraction);
        }
        self.left * ((1.0 - self.drawdown) - (1.0 - drawdown.max(self.drawdown)) * (1.0 - fraction))
    }
}

/// What an attack does to one operator's stake in one pool so far.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Exposure {
    below: Below,
    home: f64,
    claims: f64,
    drawdown: f64,
    ejection: f64,
    silent_hours: f64,
}

impl Exposure {
    /// Nothing is attacked.
    pub const NONE: Self = Self {
        below: Below::NOTHING,
        home: 0.0,
        claims: 0.0,
        drawdown: 0.0,
        ejection: 0.0,
        silent_hours: 0.0,
    };

    /// The same stake where this is what attacks below leave of it.
    #[must_use]
    pub fn above(self, below: Below) -> Self {
        Self { below, ..self }
    }

    /// Adds a charge.
    pub fn add(&mut self, charge: &JointCharge, is_held: bool, rule: Combine, operator: usize) {
        self.add_of(charge, is_held, rule, charge.share[operator]);
    }

    /// The same of a stake this part of which is at risk.
    fn add_of(&mut self, charge: &JointCharge, is_held: bool, rule: Combine, share: f64) {
        self.drawdown = self.drawdown.max(charge.drawdown);
        if share <= 0.0 {
            return;
        }
        let landed = if is_held { charge.held } else { charge.free };
        let fraction = landed.fraction * share;
        if charge.is_claim {
            self.claims = match rule {
                Combine::Once => self.claims.max(fraction),
                Combine::Additive => self.claims + fraction,
                Combine::Compound => 1.0 - (1.0 - self.claims) * (1.0 - fraction),
            };
        } else {
            self.home = self.home.max(fraction);
        }
        self.ejection = self.ejection.max(landed.ejection);
        self.silent_hours = self.silent_hours.max(charge.silent_hours);
    }

    /// Fraction of the stake that is forfeited.
    pub fn forfeited(&self, rule: Combine) -> f64 {
        combine(rule, [self.home, self.claims].into_iter())
    }

    /// Income that the operator loses, per token of stake.
    pub fn income(&self, pool: &JointPool, operator: usize) -> f64 {
        self.ejection * pool.ejection_income[operator] + self.silent_hours * pool.hourly_income[operator]
    }

    /// What the operator loses itself, tokens.
    pub fn private_tokens(&self, pool: &JointPool, operator: usize) -> f64 {
        pool.tokens[operator] * self.private_part(pool, operator)
    }

    /// The same as a part of its stake.
    pub fn private_part(&self, pool: &JointPool, operator: usize) -> f64 {
        let fraction = self.forfeited(pool.rule);
        pool.own_share[operator] * self.below.lost(fraction, self.drawdown) + self.income(pool, operator)
    }
}

impl Joint {
    /// Services that the attack holds, a bit each.
    pub fn held(&self, set: Targets) -> Targets {
        let holding = targets_in(set).filter(|target| self.targets[*target].holds);
        holding.fold(0, |held, target| held | 1 << self.targets[target].service)
    }

    /// What is left once some targets have been attacked: their services are no targets any more, and those that the attacks
    /// held carry no slash out.
    #[must_use]
    pub fn after(&self, done: Targets) -> Self {
        let held = self.held(done);
        let fallen = targets_in(done).fold(0, |set: Targets, target| set | 1 << self.targets[target].service);
        let mut left = self.clone();
        for target in &mut left.targets {
            target.by_operators &= fallen >> target.service & 1 == 0;
            for charge in target.charges.iter_mut().filter(|charge| is_held(charge, held)) {
                (charge.free, charge.executor) = (charge.held, None);
            }
        }
        left
    }

    /// The same where one service cannot be attacked.
    #[must_use]
    pub fn without(&self, service: usize) -> Self {
        let mut left = self.clone();
        left.targets.iter_mut().for_each(|target| target.by_operators &= target.service != service);
        left
    }

    /// The same with the stake that slashes take as the only cost (the restaking literature's cost of corruption): no income, drawdown or
    /// friction, and all stake the operators' own.
    #[must_use]
    pub fn forfeits_alone(&self) -> Self {
        let mut alone = self.clone();
        alone.friction_usd.fill(0.0);
        for pool in &mut alone.pools {
            pool.own_share.fill(1.0);
            pool.ejection_income.fill(0.0);
            pool.hourly_income.fill(0.0);
        }
        alone
            .targets
            .iter_mut()
            .flat_map(|target| &mut target.charges)
            .for_each(|charge| charge.drawdown = 0.0);
        alone
    }

    /// Targets of the same service, this one included.
    pub fn of_service(&self, service: usize) -> Targets {
        let here = self.targets.iter().enumerate().filter(|(_, target)| target.service == service);
        here.fold(0, |set, (target, _)| set | 1 << target)
    }

    /// What an attack on these targets leaves of the stake below a pool's.
    pub fn below(&self, set: Targets, held: Targets, pool: usize) -> Below {
        let Some(base) = self.pools[pool].base else { return Below::NOTHING };
        let (under, rule) = (self.below(set, held, base), self.pools[base].rule);
        let mut exposure = Exposure::NONE;
        for target in targets_in(set).map(|target| &self.targets[target]) {
            for charge in target.charges.iter().filter(|charge| charge.pool == base) {
                let most = charge.share.iter().copied().fold(0.0, f64::max);
                exposure.add_of(charge, is_held(charge, held), rule, most);
            }
        }
        Below {
            left: under.left * (1.0 - exposure.forfeited(rule)),
            drawdown: under.drawdown.max(exposure.drawdown),
        }
    }

    /// Whether a target charges stake that is another pool's as well.
    pub fn charges_below(&self, target: usize) -> bool {
        let is_base = |pool: usize| self.pools.iter().any(|above| above.base == Some(pool));
        self.targets[target].charges.iter().any(|charge| is_base(charge.pool))
    }

    /// What an operator's stake in `pool` is exposed to in an attack on these targets.
    pub fn exposure(&self, set: Targets, held: Targets, (pool, operator): (usize, usize)) -> Exposure {
        let mut exposure = Exposure::NONE.above(self.below(set, held, pool));
        for target in targets_in(set).map(|target| &self.targets[target]) {
            if !target.takes_part[operator] {
                continue;
            }
            for charge in target.charges.iter().filter(|charge| charge.pool == pool) {
                exposure.add(charge, is_held(charge, held), self.pools[pool].rule, operator);
            }
        }
        exposure
    }

    /// Private loss of an operator in an attack on these targets, USD.
    pub fn private_usd(&self, set: Targets, operator: usize, price: impl Fn(usize) -> f64) -> f64 {
        if !targets_in(set).any(|target| self.targets[target].takes_part[operator]) {
            return 0.0;
        }
        let held = self.held(set);
        let pools = self.pools.iter().enumerate().map(|(index, pool)| {
            let exposure = self.exposure(set, held, (index, operator));
            price(pool.asset) * exposure.private_tokens(pool, operator)
        });
        self.friction_usd[operator] + pools.sum::<f64>()
    }

    /// Slashed stake of an operator that comes back to the attacker, tokens per pool: what each charge returns, scaled down as
    /// the losses are where they do not add up.
    pub fn returned_tokens(&self, set: Targets, (pool, operator): (usize, usize)) -> f64 {
        let held = self.held(set);
        let (mut apart, mut back) = (0.0, 0.0);
        for target in targets_in(set).map(|target| &self.targets[target]) {
            for charge in target.charges.iter().filter(|charge| charge.pool == pool) {
                if target.takes_part[operator] {
                    let landed = if is_held(charge, held) { charge.held } else { charge.free };
                    let fraction = landed.fraction * charge.share[operator];
                    apart += fraction;
                    back += fraction * charge.redistribution;
                }
            }
        }
        if back <= 0.0 {
            return 0.0;
        }
        let together = self.exposure(set, held, (pool, operator)).forfeited(self.pools[pool].rule);
        self.pools[pool].tokens[operator] * back * (together / apart).min(1.0)
    }

    /// Whether any slash reaches the attacker.
    pub fn redistributes(&self) -> bool {
        self.targets.iter().flat_map(|target| &target.charges).any(|charge| charge.redistribution > 0.0)
    }

    /// Profit of an attack on these targets: what it takes, saturated. No more than the profits of the single targets together, and never
    /// less with more targets.
    pub fn profit_usd(&self, set: Targets, column: impl Fn(usize) -> f64) -> f64 {
        saturated(self.saturation_usd, self.taken_usd(set, column))
    }

    /// What an attack on these targets takes: every prize once, those of a shared value up to its cap.
    pub fn taken_usd(&self, set: Targets, column: impl Fn(usize) -> f64) -> f64 {
        let most = |prize: &Prize| {
            let ways = prize.ways.iter().filter(|(target, _, _)| set >> target & 1 == 1);
            ways.map(|(_, profit, part)| part * column(*profit)).fold(0.0, f64::max)
        };
        if self.caps.is_empty() {
            return self.prizes.iter().map(most).sum();
        }
        let own = self.prizes.iter().filter(|prize| prize.shared.is_none()).map(most).sum::<f64>();
        let shared = self.caps.iter().enumerate().map(|(index, cap)| {
            let here = self.prizes.iter().filter(|prize| prize.shared == Some(index));
            here.map(most).sum::<f64>().min(*cap)
        });
        own + shared.sum::<f64>()
    }
}

/// What of all that is taken together is a profit: `X·(1 − exp(−S/X))`, concave, of slope 1 at 0, so never more than S nor than what the
/// parts of S would yield alone.
pub fn saturated(saturation_usd: Option<f64>, taken_usd: f64) -> f64 {
    saturation_usd.map_or(taken_usd, |most| -most * libm::expm1(-taken_usd / most))
}

/// Whether a charge's executor is among the services held.
pub fn is_held(charge: &JointCharge, held: Targets) -> bool {
    charge.executor.is_some_and(|service| held >> service & 1 == 1)
}

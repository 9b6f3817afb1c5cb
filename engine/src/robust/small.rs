//! A design small enough to be searched to the last coalition, in integers.
//!
//! Stake, profit and losses are decimals of the study at today's prices on one scale. What a coalition pays is the stake that it
//! forfeits (the literature's cost of corruption): everybody is in on it, no premium, nothing beside the slash.

use super::number::Number;
use crate::attack::Priced;
use crate::fraction::Threshold;
use crate::graph::{Graph, Joint, Power, Targets, slot, targets_in};
use crate::moments::count;
use crate::study::{Combine, Study};
use thiserror::Error;

/// Most operators, and most coalitions times sets of targets.
const MOST_OPERATORS: usize = 20;
const MOST_ATTACKS: f64 = 2e7;
/// Most steps of the search for the worst cascade.
const MOST_STEPS: f64 = 2e8;

/// Why a design is not searched to the last coalition.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refusal {
    /// Too many coalitions.
    #[error("{operators} operators and {services} services are too many for every coalition to be looked at")]
    TooLarge {
        /// Operators with stake or power.
        operators: usize,
        /// Services.
        services: usize,
    },
    /// Numbers that do not fit.
    #[error("prices, stakes, slashes or profits have too many digits for exact arithmetic")]
    TooManyDigits,
    /// Products of fractions.
    #[error("slashes that each take a part of what is left are only searched where they take everything")]
    Compound,
    /// Parts of operators.
    #[error("operators that can commit any part of their keys have no last coalition")]
    Divisible,
    /// Profits that do not add up.
    #[error("profits that share a value (`profit_pools`) or saturate do not add up target by target")]
    Profits,
    /// Second quorums.
    #[error("an attack on one of its services needs power in two quorums")]
    TwoQuorums,
    /// One stake in two pools.
    #[error("stake that is another pool's as well is not searched coalition by coalition")]
    Underlying,
    /// Nobody has power.
    #[error("hash rate decides over one of its services")]
    HashRate,
}

/// A restaking graph in integers.
#[derive(Debug, Clone)]
pub struct Small {
    /// Positions in the study. `[operator]`
    pub operators: Vec<usize>,
    /// Stake, units. `[operator]`
    pub stakes: Vec<i128>,
    /// Units of a dollar.
    pub unit: i128,
    /// Exact power. `[service][operator]`
    pub power: Vec<Vec<u128>>,
    /// Threshold and service of each target.
    pub targets: Vec<(Threshold, usize)>,
    /// Every set of targets, at most one of each service, none first.
    pub sets: Vec<Targets>,
    /// Profit of each set, units. `[set]`
    pub profits: Vec<i128>,
    joint: Joint,
    /// Price of each pool used, then every fraction of each charge, as decimals. `[target][charge][operator]`
    charges: Vec<Vec<ExactCharge>>,
    /// Stake in each pool, units of 10^−`fraction_decimals` each. `[pool][operator]`
    held: Vec<Vec<i128>>,
    fraction_decimals: u32,
}

/// Fractions of a charge, units of 10^−`fraction_decimals`. `[operator]`
#[derive(Debug, Clone)]
struct ExactCharge {
    free: Vec<i128>,
    held: Vec<i128>,
}

impl Small {
    /// The graph of a design that was compiled for joint attacks.
    ///
    /// # Errors
    /// If it is too large or cannot be told in integers.
    pub fn new(study: &Study, graph: &Graph, design: usize) -> Result<Self, Refusal> {
        let design = &graph.designs[design];
        let joint = design.joint.clone();
        if !joint.caps.is_empty() || joint.saturation_usd.is_some() {
            return Err(Refusal::Profits);
        }
        if !joint.divisible.is_empty() {
            return Err(Refusal::Divisible);
        }
        if joint.pools.iter().any(|pool| pool.base.is_some()) {
            return Err(Refusal::Underlying);
        }
        let mut power = Vec::new();
        let mut targets = Vec::new();
        for (service, secured) in design.secured.iter().map(|s| &graph.secured[*s]).enumerate() {
            let Power::Stake(stake) = &secured.power else { return Err(Refusal::HashRate) };
            if secured.targets.iter().any(|target| target.second_threshold.is_some()) {
                return Err(Refusal::TwoQuorums);
            }
            let mut priced = Priced::default();
            priced.price_total(stake, |asset| study.assets[asset].price_usd);
            let units = |o| slot(stake, o).map_or(0, |slot| priced.units(stake, slot));
            power.push((0..graph.n_operators).map(units).collect::<Vec<u128>>());
            targets.extend(secured.targets.iter().map(|target| (target.threshold, service)));
        }
        let stakes = stakes(study, &joint)?;
        let matters = |o: &usize| stakes[*o] != Number::ZERO || power.iter().any(|power| power[*o] > 0);
        let operators: Vec<usize> = (0..graph.n_operators).filter(matters).collect();
        let sets = sets(&joint);
        let attacks = libm::exp2(count(operators.len() as u64)) * count(sets.len() as u64);
        if operators.len() > MOST_OPERATORS || attacks > MOST_ATTACKS {
            return Err(Refusal::TooLarge { operators: operators.len(), services: power.len() });
        }
        let power = power.iter().map(|power| operators.iter().map(|o| power[*o]).collect()).collect();
        Scaled::new(study, &joint, &operators)
            .and_then(|scaled| scaled.graph((operators, stakes), (power, targets, sets), joint))
            .ok_or(Refusal::TooManyDigits)?
    }

    /// Operators.
    pub fn n(&self) -> usize {
        self.operators.len()
    }

    /// Whether every cascade can be looked at: each operator is still there, leaves now or has left, each service likewise.
    ///
    /// # Errors
    /// If there are too many.
    pub fn cascades_fit(&self) -> Result<(), Refusal> {
        let services = libm::pow(count(self.sets.len() as u64), libm::log2(3.0));
        if libm::pow(3.0, count(self.n() as u64)) * services <= MOST_STEPS {
            return Ok(());
        }
        Err(Refusal::TooLarge { operators: self.n(), services: self.power.len() })
    }

    /// Whether every member of any coalition loses all of its stake.
    pub fn loses_everything(&self) -> bool {
        (0..self.targets.len()).all(|target| {
            let losses = self.losses(1 << target, 0);
            (0..self.n()).all(|o| self.power[self.targets[target].1][o] == 0 || losses[o] == self.stakes[o])
        })
    }

    /// What each operator forfeits in an attack on a set, units, once `done` has been attacked. `[operator]`
    pub fn losses(&self, set: Targets, done: Targets) -> Vec<i128> {
        let held = self.joint.held(set | done);
        let one = 10i128.pow(self.fraction_decimals);
        let loss = |(index, operator): (usize, &usize)| {
            let of_pool = |pool: usize| {
                let (mut home, mut claims) = (0, 0);
                for target in targets_in(set).filter(|t| self.joint.targets[*t].takes_part[*operator]) {
                    let charged = self.joint.targets[target].charges.iter().zip(&self.charges[target]);
                    for (charge, exact) in charged.filter(|(charge, _)| charge.pool == pool) {
                        let is_held = crate::graph::is_held(charge, held);
                        let fraction = if is_held { exact.held[index] } else { exact.free[index] };
                        match self.joint.pools[pool].rule {
                            Combine::Additive if charge.is_claim => claims += fraction,
                            _ if charge.is_claim => claims = fraction.max(claims),
                            _ => home = fraction.max(home),
                        }
                    }
                }
                let fraction = match self.joint.pools[pool].rule {
                    Combine::Additive => (home + claims).min(one),
                    _ => home.max(claims),
                };
                self.held[pool][index] * fraction
            };
            (0..self.joint.pools.len()).map(of_pool).sum()
        };
        self.operators.iter().enumerate().map(loss).collect()
    }

    /// Profit of a set once others have been attacked, units.
    pub fn profit(&self, set: Targets, done: Targets) -> i128 {
        let of =
            |set: Targets| self.sets.iter().position(|known| *known == set).map_or(0, |at| self.profits[at]);
        of(set | done) - of(done)
    }
}

/// Stake of every operator in the design's pools, USD. `[operator of the study]`
fn stakes(study: &Study, joint: &Joint) -> Result<Vec<Number>, Refusal> {
    let of = |operator: usize| {
        joint.pools.iter().try_fold(Number::ZERO, |sum, pool| {
            let price = Number::of(study.assets[pool.asset].price_usd)?;
            sum.plus(price.times(Number::of(pool.tokens[operator])?)?)
        })
    };
    (0..study.operators.len()).map(of).collect::<Option<_>>().ok_or(Refusal::TooManyDigits)
}

/// Every set with at most one target of each service.
fn sets(joint: &Joint) -> Vec<Targets> {
    let n_services = joint.targets.iter().map(|target| target.service + 1).max().unwrap_or(0);
    let mut sets: Vec<Targets> = vec![0];
    for service in 0..n_services {
        let kinds: Vec<usize> = targets_in(joint.of_service(service)).collect();
        let with =
            sets.iter().flat_map(|set| kinds.iter().map(move |kind| set | 1 << kind)).collect::<Vec<_>>();
        sets.extend(with);
    }
    sets
}

/// Decimals on the way to one scale.
struct Scaled {
    /// `[target][charge][operator]`, while nobody holds the executor and while the attack does.
    fractions: Vec<Vec<[Vec<Number>; 2]>>,
    /// Value of the stake. `[pool][operator]`
    values: Vec<Vec<Number>>,
    /// What each way of each prize realises.
    prizes: Vec<Vec<(usize, Number)>>,
    /// Whether a slash of less than everything takes a part of what is left.
    compounds: bool,
}

impl Scaled {
    fn new(study: &Study, joint: &Joint, operators: &[usize]) -> Option<Self> {
        let fractions = |charge: &crate::graph::JointCharge, landed: f64| {
            let landed = Number::of(landed)?;
            operators.iter().map(|o| landed.times(Number::of(charge.share[*o])?)).collect::<Option<Vec<_>>>()
        };
        let charge = |charge: &crate::graph::JointCharge| {
            Some([fractions(charge, charge.free.fraction)?, fractions(charge, charge.held.fraction)?])
        };
        let of_target = |target: &crate::graph::JointTarget| {
            target.charges.iter().map(charge).collect::<Option<Vec<_>>>()
        };
        let value = |pool: &crate::graph::JointPool| {
            let price = Number::of(study.assets[pool.asset].price_usd)?;
            operators.iter().map(|o| price.times(Number::of(pool.tokens[*o])?)).collect::<Option<Vec<_>>>()
        };
        let profits: Vec<f64> = study.profits_today().collect();
        let way = |(target, column, part): &(usize, usize, f64)| {
            Some((*target, Number::of(profits[*column])?.times(Number::of(*part)?)?))
        };
        let fractions: Vec<Vec<[Vec<Number>; 2]>> =
            joint.targets.iter().map(of_target).collect::<Option<_>>()?;
        let is_part = |number: &Number| *number != Number::ZERO && Number::of(1.0) != Some(*number);
        let is_compound = |charge: &crate::graph::JointCharge| {
            charge.is_claim && joint.pools[charge.pool].rule == Combine::Compound
        };
        let charged = joint.targets.iter().flat_map(|target| &target.charges).zip(fractions.iter().flatten());
        Some(Self {
            compounds: charged
                .filter(|(charge, _)| is_compound(charge))
                .any(|(_, fractions)| fractions.iter().flatten().any(is_part)),
            values: joint.pools.iter().map(value).collect::<Option<_>>()?,
            prizes: joint
                .prizes
                .iter()
                .map(|prize| prize.ways.iter().map(way).collect())
                .collect::<Option<_>>()?,
            fractions,
        })
    }

    /// `None` if a number does not fit.
    #[expect(clippy::type_complexity, reason = "everything that a graph is made of")]
    fn graph(
        self,
        (operators, stakes): (Vec<usize>, Vec<Number>),
        (power, targets, sets): (Vec<Vec<u128>>, Vec<(Threshold, usize)>, Vec<Targets>),
        joint: Joint,
    ) -> Option<Result<Small, Refusal>> {
        if self.compounds {
            return Some(Err(Refusal::Compound));
        }
        let all = self.fractions.iter().flatten().flatten().flatten();
        let fraction_decimals = all.map(|number| number.decimals()).max().unwrap_or(0);
        let money = self.values.iter().flatten().chain(self.prizes.iter().flatten().map(|(_, usd)| usd));
        // Losses are value times fraction: money gets room for both.
        let value_decimals = money.chain(&stakes).map(|number| number.decimals()).max().unwrap_or(0);
        let decimals = value_decimals + fraction_decimals;
        let at = |scale: u32| move |number: &Number| number.at(scale);
        let units =
            |numbers: &[Number], scale: u32| numbers.iter().map(at(scale)).collect::<Option<Vec<_>>>();
        let exact = |[free, held]: &[Vec<Number>; 2]| {
            Some(ExactCharge { free: units(free, fraction_decimals)?, held: units(held, fraction_decimals)? })
        };
        let profit = |set: &Targets| {
            let most = |prize: &Vec<(usize, Number)>| {
                let ways = prize.iter().filter(|(target, _)| set >> target & 1 == 1);
                ways.map(|(_, usd)| usd.at(decimals)).try_fold(0, |most: i128, usd| Some(most.max(usd?)))
            };
            self.prizes.iter().map(most).try_fold(0i128, |sum, usd| sum.checked_add(usd?))
        };
        let stakes: Vec<Number> = operators.iter().map(|o| stakes[*o]).collect();
        let total = stakes.iter().try_fold(Number::ZERO, |sum, stake| sum.plus(*stake))?;
        // Room for a few more digits: a shock is compared in millionths and profits are added up.
        total.at(decimals)?.checked_mul(1_000_000_000)?;
        let profits: Vec<i128> = sets.iter().map(profit).collect::<Option<_>>()?;
        let of_target = |charges: &Vec<[Vec<Number>; 2]>| charges.iter().map(exact).collect();
        Some(Ok(Small {
            stakes: units(&stakes, decimals)?,
            unit: 10i128.checked_pow(decimals)?,
            charges: self.fractions.iter().map(of_target).collect::<Option<_>>()?,
            held: self.values.iter().map(|values| units(values, value_decimals)).collect::<Option<_>>()?,
            operators,
            power,
            targets,
            sets,
            profits,
            joint,
            fraction_decimals,
        }))
    }
}

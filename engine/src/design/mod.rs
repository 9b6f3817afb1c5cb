//! Designs compiled to the security graph. One system a file; besides `rules` the only place that knows their names.
//!
//! A system says who has power over a service and which stake answers for it ([`Backing`]); everything after that
//! (losses, orders, purchases, accidents) is the same for all of them.

mod backing;
mod choice;
mod eigenlayer;
mod enforcement;
mod ics;
mod income;
mod joint;
mod losses;
mod mesh;
mod penalty;
mod pos;
mod pow;
mod purchases;
mod saga;
mod settle;
mod short;
#[cfg(test)]
mod tests;
mod turning;
mod words;

use crate::graph::{
    AssetAmounts, Capped, DesignGraph, FaultLosses, Graph, Joint, Order, Power, Secured, Silence, SlotLosses,
    StakePower, Target, Turned,
};
use crate::study::{Attack, Combine, Design, Fault, FaultKind, Operator, Slashing, Study, System};
pub use backing::{Backing, Liability};
pub use choice::{
    Choice, choices, income_of, members, payment_today, provider, restaking_services, scale_payments,
    set_members, turn_byzantine,
};
use std::sync::Arc;

/// Compiles every design of a study, and where services may turn Byzantine the graphs of the scenarios in which they have.
pub fn compile(study: &Study) -> Graph {
    let mut graph = compile_given(study, None);
    graph.turned.others = turning::variants(study, &graph);
    graph
}

/// Compiles every design; `base` is the study before the services turned that have in `study`.
fn compile_given(study: &Study, base: Option<&Study>) -> Graph {
    let mut graph = Graph {
        n_operators: study.operators.len(),
        secured: Vec::new(),
        designs: Vec::new(),
        routes: study.adversary.routes.clone(),
        joint: study.adversary.joint,
        cascades: study.adversary.cascades,
        certifies_slack: study.adversary.joint && study.adversary.overcollateralization,
        turned: Turned::default(),
        saturation_usd: study.adversary.profit_saturation_usd,
    };
    // Services that are secured alike must not part where some turn: all graphs of a study have one shape.
    let shares = study.turning().next().is_none();
    for (index, design) in study.designs.iter().enumerate() {
        let before = base.map(|base| &base.designs[index]);
        let compiled = Compiler::given(study, design, before).design(&mut graph.secured, shares);
        graph.designs.push(compiled);
    }
    graph
}

/// What the compilation of one design needs at hand.
struct Compiler<'a> {
    study: &'a Study,
    design: &'a Design,
    /// Backing of each service of the design; `None` for proof of work. `[service of the design]`
    backings: Vec<Option<Backing>>,
    /// How losses combine. `[pool]`
    combine: Vec<Combine>,
    /// Whether the operator can commit a part of its keys; empty where nobody can. `[operator]`
    divisible: Vec<bool>,
    /// The design before services turned Byzantine in the scenario; `None` if none has.
    before: Option<&'a Design>,
}

impl<'a> Compiler<'a> {
    fn new(study: &'a Study, design: &'a Design) -> Self {
        Self::given(study, design, None)
    }

    fn given(study: &'a Study, design: &'a Design, before: Option<&'a Design>) -> Self {
        let backings: Vec<_> = design
            .services
            .iter()
            .zip(&design.terms)
            .map(|((service, system), terms)| {
                let mut backing = backing_of(study, design, *service, system);
                if let (Some(backing), Some(quorum)) = (&mut backing, &terms.second_quorum) {
                    backing.add_second((study, design), quorum);
                }
                backing
            })
            .collect();
        let combine = combine_rules(study, design);
        let divisible = divisible(study, &backings);
        Self { study, design, backings, combine, divisible, before }
    }

    fn design(&self, secured: &mut Vec<Secured>, shares: bool) -> DesignGraph {
        let mut positions = Vec::new();
        for (index, (service, system)) in self.design.services.iter().enumerate() {
            let compiled = self.secured(index, *service, system);
            let known = secured.iter().position(|other| shares && *other == compiled);
            positions.push(known.unwrap_or_else(|| {
                secured.push(compiled);
                secured.len() - 1
            }));
        }
        // What is the same in every scenario is reckoned with all services in place alone: see `turning`.
        let is_whole = self.before.is_none();
        DesignGraph {
            name: self.design.name.clone(),
            secured: positions,
            stake: if is_whole { self.stake() } else { Vec::new() },
            faults: if is_whole { self.faults() } else { Vec::new() },
            combine: self.combine.clone(),
            margins: if self.study.adversary.joint { self.with_margins() } else { 0 },
            incomes: if is_whole { self.incomes() } else { Vec::new() },
            paths: self.paths(),
            joint: if self.study.adversary.joint { self.joint() } else { Joint::default() },
            byzantine: (0..self.design.services.len())
                .filter(|index| self.has_turned(*index))
                .fold(0, |set, i| set | 1 << i),
            taken: self.taken(),
            rules: Arc::new(settle::Books::new(self)),
        }
    }

    fn secured(&self, index: usize, service: usize, system: &System) -> Secured {
        let power = match &self.backings[index] {
            Some(backing) => {
                let power = StakePower::new(backing.parts.clone(), |a| self.study.assets[a].price_usd);
                Power::Stake(power.divided(self.divisible.clone()))
            }
            None => Power::Hash,
        };
        let second = self.backings[index].as_ref().and_then(|backing| backing.second.clone()).map(|part| {
            StakePower::new(vec![part], |asset| self.study.assets[asset].price_usd)
                .divided(self.divisible.clone())
        });
        let targets =
            self.attacks_on(index).map(|attack| self.target(index, service, attack, &power, system));
        let targets = targets.collect();
        let mut how = words::who_has_power(self.study, system, self.backings[index].as_ref());
        if let Some(quorum) = &self.design.terms[index].second_quorum {
            how += &format!("; second quorum: stake in pool `{}`", self.study.pools[quorum.pool].name);
        }
        let (silences, is_byzantine) = (self.silences(index, service), self.has_turned(index));
        Secured { service, is_byzantine, power, second, how, silences, staked: self.staked(index), targets }
    }

    /// What stands a service still: its halts, by either quorum or by both; without any what its consensus says of the first.
    fn silences(&self, index: usize, service: usize) -> Vec<Silence> {
        let has_second = self.backings[index].as_ref().is_some_and(|backing| backing.second.is_some());
        let silence = |attack: &Attack| Silence {
            first: Some(attack.threshold).filter(|_| !attack.is_by_second()),
            second: attack.second_threshold.filter(|_| has_second),
        };
        let halts = self.attacks_on(index).filter(|attack| attack.halts() && attack.bought.is_none());
        let halts: Vec<Silence> = halts.map(silence).collect();
        if halts.is_empty() {
            let of_consensus = self.study.services[service].consensus.halts_at();
            return of_consensus
                .map(|first| Silence { first: Some(first), second: None })
                .into_iter()
                .collect();
        }
        halts
    }

    /// Attacks on a service of the design, by their kinds: what the second quorum does alone where there is one.
    fn attacks_on(&self, index: usize) -> impl Iterator<Item = &Attack> {
        let has_second = self.backings[index].as_ref().is_some_and(|backing| backing.second.is_some());
        let (service, _) = &self.design.services[index];
        let attacks = self.study.services[*service].attacks.iter();
        let exists = move |attack: &&Attack| match attack.bought {
            Some(_) => has_second && self.is_for_sale(index, *service, attack),
            None => has_second || !attack.is_by_second(),
        };
        attacks.filter(exists)
    }

    fn target(
        &self,
        index: usize,
        service: usize,
        attack: &Attack,
        power: &Power,
        system: &System,
    ) -> Target {
        let judged = self.judge(index, service, attack);
        let losses = self.losses(&judged);
        let order = match power {
            Power::Stake(stake) => Order::of(stake, &losses, |total| attack.threshold.least_power(total)),
            Power::Hash => Order::Moves(SlotLosses::default()),
        };
        let (purchases, second_purchase) = self.purchases(&judged);
        let mining = match system {
            System::Pow(pow) => pow::mining(self.study, service, pow, attack),
            _ => None,
        };
        Target {
            profit_column: profit_column(self.study, service, &attack.kind),
            kind: attack.kind.clone(),
            threshold: attack.threshold,
            second_threshold: attack
                .second_threshold
                .filter(|_| self.backings[index].as_ref().is_some_and(|backing| backing.second.is_some())),
            success_probability: attack.success_probability,
            gains: self
                .gains(service, &attack.kind)
                .into_iter()
                .map(|(_, columns)| columns)
                .chain(short::gain(self.study, service, attack))
                .collect(),
            capped: self.capped(service, &attack.kind),
            short: short::short(self.study, service, attack),
            purchases,
            second_purchase,
            buys_beside: attack.bought.is_some(),
            returned: self.returned(&judged),
            charges: self.notes(&judged),
            regimes: judged.regimes,
            losses,
            order,
            mining,
        }
    }

    /// Stake that answers for a service, per asset; stake that several of its pools count is counted as often.
    fn staked(&self, index: usize) -> Vec<(usize, f64)> {
        let mut amounts = losses::Amounts::new(self.study.operators.len());
        for liability in self.backings[index].iter().flat_map(|backing| &backing.liabilities) {
            let holding = &self.study.pools[liability.pool];
            for (operator, share) in liability.share.iter().enumerate() {
                amounts.add(holding.asset, operator, share * holding.tokens(operator));
            }
        }
        amounts.finish().iter().map(|amounts| (amounts.asset, amounts.tokens.iter().sum())).collect()
    }

    /// Profit columns of services of this design that rest on `service`.
    ///
    /// Forking or controlling a service realises what rests on it whatever the kind; a halt realises halts alone.
    fn gains(&self, service: usize, kind: &str) -> Vec<(usize, Vec<(usize, f64)>)> {
        let halts =
            self.study.services[service].attacks.iter().any(|attack| attack.kind == kind && attack.halts());
        let others = self.design.services.iter().enumerate().filter(|(index, _)| !self.has_turned(*index));
        let others = others.map(|(_, (other, _))| *other).filter(|other| *other != service);
        others
            .map(|other| {
                let attacks = self.study.services[other].attacks.iter();
                let columns = attacks.filter(|attack| !halts || attack.halts()).filter_map(|attack| {
                    let share = attack.depends_on.iter().find(|(on, _)| *on == service)?.1;
                    Some((profit_column(self.study, other, &attack.kind), share))
                });
                (other, columns.collect::<Vec<_>>())
            })
            .filter(|(_, columns)| !columns.is_empty())
            .collect()
    }

    /// Shared values that a target's own profit or what rests on it are parts of.
    fn capped(&self, service: usize, kind: &str) -> Vec<Capped> {
        let shared = |service: usize, pool: usize| self.study.services[service].profit_pool == Some(pool);
        let gains = self.gains(service, kind);
        let pools = self.study.adversary.profit_pools.iter().enumerate();
        let of_pool = |(pool, (_, cap_usd)): (usize, &(String, f64))| Capped {
            cap_usd: *cap_usd,
            own: shared(service, pool),
            gains: (0..gains.len()).filter(|index| shared(gains[*index].0, pool)).collect(),
        };
        pools.map(of_pool).filter(|capped| capped.own || !capped.gains.is_empty()).collect()
    }

    /// Stake of the pools that answer for something in this design.
    fn stake(&self) -> Vec<AssetAmounts> {
        let used = |pool: usize| self.liabilities().any(|l| l.pool == pool);
        let pools =
            (0..self.study.pools.len()).filter(|pool| used(*pool) && !self.underlying(*pool).any(used));
        let mut amounts = losses::Amounts::new(self.study.operators.len());
        for pool in pools {
            let holding = &self.study.pools[pool];
            for operator in 0..self.study.operators.len() {
                amounts.add(holding.asset, operator, holding.tokens(operator));
            }
        }
        amounts.finish()
    }

    /// Pools whose stake a pool's stake is as well, from the nearest on.
    fn underlying(&self, pool: usize) -> impl Iterator<Item = usize> {
        std::iter::successors(self.study.pools[pool].underlying, |pool| self.study.pools[*pool].underlying)
    }

    fn liabilities(&self) -> impl Iterator<Item = &Liability> {
        self.backings.iter().flatten().flat_map(|backing| &backing.liabilities)
    }

    /// What accidents of each kind cost, and what Byzantine services take by the study's word.
    fn faults(&self) -> Vec<FaultLosses> {
        let drawn = self.study.faults.iter().map(|fault| self.fault_losses(fault));
        drawn.chain(self.byzantine_losses()).collect()
    }

    /// What accidents of this kind cost each operator. Equivocations are drawn; slashes for downtime are many and small,
    /// their mean will do.
    fn fault_losses(&self, fault: &Fault) -> FaultLosses {
        let study = self.study;
        let mut amounts = losses::Amounts::new(study.operators.len());
        for (pool, holding) in study.pools.iter().enumerate() {
            for operator in 0..study.operators.len() {
                let lost = self.accident_share(fault, pool, operator);
                amounts.add(holding.asset, operator, lost * holding.tokens(operator));
            }
        }
        let amounts = amounts.finish();
        let expected = |operator: &Operator| fault.expected_accidents(operator.keys, study.horizon_days);
        match fault.kind {
            FaultKind::Downtime => FaultLosses {
                mean_of_all: amounts.iter().map(|a| (a.asset, a.tokens.iter().sum())).collect(),
                mean: amounts,
                ..FaultLosses::default()
            },
            FaultKind::Equivocation => FaultLosses {
                hit: amounts,
                expected: study.operators.iter().map(expected).collect(),
                ends: study.operators.iter().map(|operator| fault.keys_hit(operator.keys) >= 1.0).collect(),
                ..FaultLosses::default()
            },
        }
    }
}

impl Compiler<'_> {
    /// Part of an operator's stake in `pool` that accidents cost it: one hits every service that the operator runs, once,
    /// and the losses combine by the pool's rule. For equivocation, the mean over how often it happens, given once.
    fn accident_share(&self, fault: &Fault, pool: usize, operator: usize) -> f64 {
        let study = self.study;
        if study.pools[pool].stake[operator] == 0 {
            return 0.0;
        }
        let keys = study.operators[operator].keys;
        let here = self.liabilities().filter(|l| l.pool == pool && l.share[operator] > 0.0);
        let fractions = here.map(|l| match fault.kind {
            FaultKind::Downtime => (l.standing, l.slash.downtime * l.share[operator]),
            FaultKind::Equivocation => {
                (l.standing, self.accident_fraction(l, fault, operator) * l.share[operator])
            }
        });
        let one = losses::combined(self.combine[pool], fractions) * fault.keys_hit(keys);
        let expected = fault.expected_accidents(keys, study.horizon_days);
        let times = match fault.kind {
            FaultKind::Downtime => expected,
            FaultKind::Equivocation => expected / fault.hit_probability(keys, study.horizon_days),
        };
        if expected > 0.0 { (one * times).min(1.0) } else { 0.0 }
    }

    /// Fraction that an accidental equivocation of one operator costs the keys it hits, if nobody else is slashed.
    fn accident_fraction(&self, liability: &Liability, fault: &Fault, operator: usize) -> f64 {
        let pool = &self.study.pools[liability.pool];
        match pool.slashing {
            Slashing::Fraction => liability.slash.fraction,
            Slashing::Ethereum { .. } => {
                let hit = pool.tokens(operator) * fault.keys_hit(self.study.operators[operator].keys);
                penalty::slashed_fraction(pool, hit / pool.total_tokens())
            }
        }
    }

    /// What Byzantine services take of their operators, whatever else happens.
    fn byzantine_losses(&self) -> Option<FaultLosses> {
        let mut amounts = losses::Amounts::new(self.study.operators.len());
        for (pool, holding) in self.study.pools.iter().enumerate() {
            let taken = eigenlayer::taken_by_byzantine(self.study, self.design, pool);
            for (operator, taken) in taken.into_iter().enumerate() {
                amounts.add(holding.asset, operator, taken * holding.tokens(operator));
            }
        }
        let mean = amounts.finish();
        (!mean.is_empty()).then(|| FaultLosses {
            mean_of_all: mean.iter().map(|a| (a.asset, a.tokens.iter().sum())).collect(),
            mean,
            ..FaultLosses::default()
        })
    }
}

/// Position of (service, kind) among all attacks of the study, services in order.
pub fn profit_column(study: &Study, service: usize, kind: &str) -> usize {
    let before: usize = study.services[..service].iter().map(|s| s.attacks.len()).sum();
    let own = study.services[service].attacks.iter().position(|attack| attack.kind == kind);
    before + own.unwrap_or(0)
}

fn backing_of(study: &Study, design: &Design, service: usize, system: &System) -> Option<Backing> {
    Some(match system {
        System::Pos(pos) => pos::backing(study, service, pos),
        System::Ics(ics) => ics::backing(study, design, service, ics),
        System::Saga(ics, price) => saga::backing(study, design, service, ics, price),
        System::Eigenlayer(eigenlayer) => eigenlayer::backing(study, design, service, eigenlayer),
        System::Mesh(mesh) => mesh::backing(study, design, service, mesh),
        System::Pow(_) => return None,
    })
}

/// Who can commit a part of its keys in a design: operators all of whose pools there, by power or by what is at risk, are
/// divisible. Whoever answers with a pool that is not has a key that is not. Empty where nobody can. `[operator]`
fn divisible(study: &Study, backings: &[Option<Backing>]) -> Vec<bool> {
    if !study.pools.iter().any(|pool| pool.divisible) {
        return Vec::new();
    }
    let answers_with = |operator: usize, pool: usize| {
        backings.iter().flatten().any(|backing| {
            let at_risk = |l: &Liability| {
                l.pool == pool && l.share[operator] > 0.0 && study.pools[pool].stake[operator] > 0
            };
            backing.liabilities.iter().any(at_risk)
                || backing.parts.iter().any(|part| part.pool == Some(pool) && part.units[operator] > 0)
        })
    };
    let of = |operator: usize| {
        let mut pools = (0..study.pools.len()).filter(|pool| answers_with(operator, *pool)).peekable();
        pools.peek().is_some() && pools.all(|pool| study.pools[pool].divisible)
    };
    let divisible: Vec<bool> = (0..study.operators.len()).map(of).collect();
    if divisible.contains(&true) { divisible } else { Vec::new() }
}

/// The rule of each pool: the study's word, else the strongest that a system of the design asks for.
fn combine_rules(study: &Study, design: &Design) -> Vec<Combine> {
    let strength = |rule: &Combine| match rule {
        Combine::Once => 0,
        Combine::Compound => 1,
        Combine::Additive => 2,
    };
    (0..study.pools.len())
        .map(|pool| {
            let asked = design.services.iter().filter_map(|(_, system)| match system {
                System::Mesh(mesh) => mesh::touches(mesh, pool).then_some(Combine::Additive),
                System::Eigenlayer(e) => e.pools.contains(&pool).then(|| eigenlayer::combine_rule(e)),
                System::Pos(_) | System::Ics(_) | System::Saga(..) | System::Pow(_) => None,
            });
            design.losses[pool].unwrap_or_else(|| asked.max_by_key(strength).unwrap_or(Combine::Once))
        })
        .collect()
}

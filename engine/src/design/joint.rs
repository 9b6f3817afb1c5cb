//! What attacks on several targets of a design cost, charge by charge: see [`crate::graph::Joint`].

use super::backing::{Liability, Standing};
use super::eigenlayer::taken_by_byzantine;
use super::enforcement::{expected_landing_if, holds};
use super::losses::silent_hours;
use super::penalty::{Charge, Judged, Manner};
use super::{Compiler, profit_column};
use crate::graph::{Joint, JointCharge, JointPool, JointTarget, Landed, Paths, Prize};
use crate::study::Attack;

impl Compiler<'_> {
    /// The design as joint attacks see it.
    pub(super) fn joint(&self) -> Joint {
        let mut pools: Vec<usize> = self.liabilities().map(|liability| liability.pool).collect();
        pools.sort_unstable();
        pools.dedup();
        let targets = self.attacks().map(|(index, service, attack)| {
            let judged = self.judge(index, service, attack);
            self.joint_target(&judged, &pools)
        });
        Joint {
            targets: targets.collect(),
            friction_usd: self.study.operators.iter().map(|operator| operator.friction_usd).collect(),
            prizes: self.prizes(),
            caps: self.study.adversary.profit_pools.iter().map(|(_, usd)| *usd).collect(),
            pools: pools.iter().map(|pool| self.joint_pool(*pool, &pools)).collect(),
            saturation_usd: self.study.adversary.profit_saturation_usd,
            divisible: self.divisible.clone(),
        }
    }

    /// Every attack of the design: position of its service in the design and in the study.
    fn attacks(&self) -> impl Iterator<Item = (usize, usize, &Attack)> {
        self.design.services.iter().enumerate().flat_map(|(index, (service, _))| {
            self.attacks_on(index).map(move |attack| (index, *service, attack))
        })
    }

    fn joint_target(&self, judged: &Judged<'_>, pools: &[usize]) -> JointTarget {
        let n = self.study.operators.len();
        let Some(backing) = self.backings[judged.index].as_ref().filter(|_| !self.has_turned(judged.index))
        else {
            let takes_part = vec![false; n];
            return JointTarget { service: judged.index, takes_part, ..JointTarget::default() };
        };
        let charged = backing.liabilities.iter().zip(&judged.charges);
        let charged = charged.filter(|(liability, _)| liability.answers_for(judged.attack));
        JointTarget {
            service: judged.index,
            // The search leaves out what buys stake beside a coalition; `attack/left_out` bounds it.
            by_operators: judged.attack.bought.is_none(),
            holds: holds(judged.attack),
            takes_part: (0..n).map(|o| backing.takes_part(judged.attack, o)).collect(),
            charges: charged
                .map(|(liability, charge)| self.joint_charge(judged, (liability, charge), pools))
                .collect(),
        }
    }

    fn joint_charge(
        &self,
        judged: &Judged<'_>,
        (liability, charge): (&Liability, &Charge),
        pools: &[usize],
    ) -> JointCharge {
        let study = self.study;
        let holding = &study.pools[liability.pool];
        let landed = |is_held: bool| {
            let landing = match charge.manner {
                Manner::Leak => 1.0,
                Manner::Slash => {
                    expected_landing_if(is_held, liability, judged.attack, holding.unbonding_days)
                }
            };
            let fraction = charge.fraction * landing;
            Landed { fraction, ejection: if charge.ejects { landing } else { 0.0 } }
        };
        let executor = liability.executes_on;
        let falls = study.services[judged.service].asset == Some(holding.asset);
        JointCharge {
            pool: pools.iter().position(|pool| *pool == liability.pool).unwrap_or(0),
            executor: executor
                .and_then(|at| self.design.services.iter().position(|(service, _)| *service == at)),
            is_claim: liability.standing == Standing::Claim,
            free: landed(false),
            held: landed(true),
            silent_hours: silent_hours(judged.attack, liability),
            drawdown: if falls { judged.attack.drawdown } else { 0.0 },
            redistribution: if holding.underlying.is_none() { liability.redistribution } else { 0.0 },
            share: liability.share.iter().zip(self.left(liability.pool)).map(part_of_rest).collect(),
        }
    }

    fn joint_pool(&self, pool: usize, pools: &[usize]) -> JointPool {
        let (study, holding) = (self.study, &self.study.pools[pool]);
        let operators = &study.operators;
        let commission = |o: usize| (1.0 - operators[o].own_share) * operators[o].commission;
        let per_operator = |of: &dyn Fn(usize) -> f64| (0..operators.len()).map(of).collect();
        let hours = super::losses::HOURS_PER_YEAR;
        let left = self.left(pool);
        // Income is that of the whole stake, also where a part of it is gone.
        let per_rest = |o: usize| holding.reward_apr / if left[o] > 0.0 { left[o] } else { 1.0 };
        JointPool {
            asset: holding.asset,
            base: self.underlying(pool).find_map(|base| pools.iter().position(|known| *known == base)),
            rule: self.combine[pool],
            tokens: per_operator(&|o| holding.tokens(o) * left[o]),
            own_share: per_operator(&|o| operators[o].own_share),
            ejection_income: per_operator(&|o| per_rest(o) * holding.franchise_years * commission(o)),
            hourly_income: per_operator(&|o| per_rest(o) / hours * (operators[o].own_share + commission(o))),
        }
    }

    /// Part of each operator's stake in a pool that Byzantine services leave: nobody loses more than that. `[operator]`
    fn left(&self, pool: usize) -> Vec<f64> {
        let taken = taken_by_byzantine(self.study, self.design, pool);
        taken.into_iter().map(|taken| 1.0 - taken).collect()
    }

    /// Services whose profits attacks on others realise as well.
    pub(super) fn paths(&self) -> Vec<Paths> {
        let services: Vec<usize> = self.attacks().map(|(index, ..)| index).collect();
        let paths =
            self.prizes().into_iter().take(self.design.services.len()).enumerate().map(|(service, prize)| {
                let mut targets: Vec<usize> = prize.ways.iter().map(|(target, ..)| *target).collect();
                targets.sort_unstable();
                targets.dedup();
                let (own, others) = targets.into_iter().partition(|target| services[*target] == service);
                Paths { service, own, others }
            });
        paths.filter(|paths| !paths.others.is_empty()).collect()
    }

    /// What can be realised: of each service, by attacking it or a service that it rests on; several kinds realise the
    /// largest.
    fn prizes(&self) -> Vec<Prize> {
        let shared = |service: &usize| self.study.services[*service].profit_pool;
        let prize = |(service, _): &(usize, _)| Prize { shared: shared(service), ways: Vec::new() };
        let mut prizes: Vec<Prize> = self.design.services.iter().map(prize).collect();
        let in_place = |(_, (index, ..)): &(usize, (usize, usize, &Attack))| !self.has_turned(*index);
        for (target, (index, service, attack)) in self.attacks().enumerate().filter(in_place) {
            let part = attack.success_probability;
            prizes[index].ways.push((target, profit_column(self.study, service, &attack.kind), part));
            let halts = attack.halts();
            for (other, (dependent, _)) in self.design.services.iter().enumerate() {
                let kinds = self.study.services[*dependent].attacks.iter();
                let rests = other != index && !self.has_turned(other);
                for kind in kinds.filter(|kind| rests && (!halts || kind.halts())) {
                    let rests = kind.depends_on.iter().find(|(on, _)| *on == service);
                    let column = profit_column(self.study, *dependent, &kind.kind);
                    prizes[other].ways.extend(rests.map(|(_, share)| (target, column, part * share)));
                }
            }
        }
        // A token falls once, by the largest drawdown.
        for asset in self.study.shortable() {
            let of_asset = |(_, (_, service, _)): &(usize, (usize, usize, &Attack))| {
                self.study.services[*service].asset == Some(asset)
            };
            let way = |(target, (_, service, attack)): (usize, (usize, usize, &Attack))| {
                super::short::way(self.study, service, attack).map(|(column, part)| (target, column, part))
            };
            let ways = self.attacks().enumerate().filter(of_asset).filter_map(way);
            prizes.push(Prize { shared: None, ways: ways.collect() });
        }
        prizes
    }
}

/// A part of the whole stake as one of what is left of it.
fn part_of_rest((share, left): (&f64, f64)) -> f64 {
    if left > 0.0 { (share / left).min(1.0) } else { *share }
}

//! One service of one design at today's prices, so that a reader can check it by hand: who has power, what an attack needs,
//! who would be slashed for it by which rule and how much.

use crate::attack::{Outcomes, Priced, assess, beside_usd, cheapest_coalition};
use crate::graph::{
    Assault, AssetAmounts, Bill, ChargeNote, Graph, Incident, Luck, Mining, Power, PowerPart, Regime,
    StakePower, Strike, Target, slot, to_f64,
};
use crate::sampling::{Draws, Sampler};
use crate::study::{Route, Study};

/// A service explained.
#[derive(Debug, Clone)]
pub struct Explanation {
    /// Design.
    pub design: String,
    /// Service.
    pub service: String,
    /// Who has power, in words.
    pub how: String,
    /// Operators with power, largest first; nobody for proof of work.
    pub members: Vec<Member>,
    /// Attacks in the order of their kinds.
    pub attacks: Vec<AttackView>,
    /// Attacks that realise some of its profits, on it and on what it rests on, cheapest first: the first is the weakest path.
    pub paths: Vec<PathView>,
}

/// An attack that realises profits of a service.
#[derive(Debug, Clone, PartialEq)]
pub struct PathView {
    /// Service attacked.
    pub service: String,
    /// Kind.
    pub attack: String,
    /// What it costs by the cheapest route if nobody colludes and everybody can be bribed, USD; infinite out of reach.
    pub cost_usd: f64,
    /// What it realises of the service's profits, USD.
    pub realised_usd: f64,
    /// The same as a part of the service's largest profit.
    pub realised_share: f64,
}

/// An operator with power.
#[derive(Debug, Clone)]
pub struct Member {
    /// Operator.
    pub operator: String,
    /// Stake in the pools that answer for the service, USD.
    pub stake_usd: f64,
    /// Part of the power, in [0, 1]; of the first quorum where there are two.
    pub power_share: f64,
    /// Part of the power of the second quorum, where there is one.
    pub second_share: Option<f64>,
}

/// One attack explained.
#[derive(Debug, Clone)]
pub struct AttackView {
    /// Kind.
    pub attack: String,
    /// Power needed, as a share.
    pub threshold: String,
    /// The same, and of what.
    pub needs: String,
    /// Least number of operators that hold it, if any do.
    pub least_operators: Option<usize>,
    /// Expected profit from corruption, USD.
    pub profit_usd: f64,
    /// What each liability charges.
    pub charges: Vec<ChargeNote>,
    /// Why the slash cannot be relied on.
    pub regimes: Vec<Regime>,
    /// What hash rate costs, under proof of work.
    pub mining: Option<Mining>,
    /// Whether stake of one quorum is bought beside operators of the other.
    pub buys_beside: bool,
    /// The cheapest coalition if nobody colludes and everybody can be bribed; `None` if there is none.
    pub bribed: Option<Bribed>,
}

/// A bribed coalition.
#[derive(Debug, Clone)]
pub struct Bribed {
    /// What it must be paid, and what stake bought beside it costs, USD.
    pub cost_usd: f64,
    /// The latter alone, where the other quorum is bought.
    pub beside_usd: Option<f64>,
    /// What reaches the attacker of its slashed stake by redistribution, USD.
    pub returned_usd: f64,
    /// No coalition costs less, USD.
    pub lower_usd: f64,
    /// Part of the power that it holds: of the first quorum, or of the second where that alone is needed.
    pub power_share: f64,
    /// Part of the second quorum that it holds, where both are needed.
    pub second_share: Option<f64>,
    /// Its members with what each loses by the protocols' rules if every slash lands.
    pub members: Vec<Slashed>,
    /// What the attack forfeits on average by the linear graph, USD.
    pub forfeited_usd: f64,
}

/// What one member loses.
#[derive(Debug, Clone)]
pub struct Slashed {
    /// Operator.
    pub operator: String,
    /// Part of its keys that it commits.
    pub part: f64,
    /// Part of the power, as far as it commits it; as in [`Bribed::power_share`].
    pub power_share: f64,
    /// Asset and tokens. Empty if it loses nothing.
    pub tokens: Vec<(String, f64)>,
    /// The same, USD.
    pub usd: f64,
}

/// Explains a service of a design, by their positions in the study; `None` if the design does not secure it.
pub fn explain(study: &Study, design: usize, service: usize) -> Option<Explanation> {
    // Which attacks realise whose profits stands in the joint view.
    let mut study = study.clone();
    study.adversary.joint = true;
    let (study, graph) = (&study, crate::design::compile(&study));
    let at = graph.designs[design].secured.iter().position(|s| graph.secured[*s].service == service)?;
    let secured = graph.designs[design].secured[at];
    let draws = Sampler::new(study, study.run.seed).base_state(study);
    let mut outcomes = Outcomes::new(&graph);
    assess(&graph, &draws, &mut outcomes);
    let view = View { study, graph: &graph, draws: &draws, design, at, secured };
    let attacks = (0..graph.secured[secured].targets.len()).map(|target| view.attack(target, &mut outcomes));
    Some(Explanation {
        design: study.designs[design].name.clone(),
        service: study.services[service].name.clone(),
        how: graph.secured[secured].how.clone(),
        attacks: attacks.collect(),
        members: view.members(),
        paths: view.paths(&outcomes),
    })
}

struct View<'a> {
    study: &'a Study,
    graph: &'a Graph,
    draws: &'a Draws,
    design: usize,
    /// Position of the service among those of the design.
    at: usize,
    secured: usize,
}

impl View<'_> {
    fn power(&self) -> Option<(&StakePower, Priced)> {
        let Power::Stake(power) = &self.graph.secured[self.secured].power else { return None };
        let mut priced = Priced::default();
        priced.price_power(power, |asset| self.draws.prices[asset][0]);
        Some((power, priced))
    }

    fn members(&self) -> Vec<Member> {
        let Some((power, priced)) = self.power() else { return Vec::new() };
        let pools: Vec<usize> = self.pools();
        let units =
            |operator: u32| slot(power, operator as usize).map_or(0, |slot| priced.units(power, slot));
        let secured = &self.graph.secured[self.secured];
        let member = |operator: u32| Member {
            operator: self.name(operator),
            stake_usd: pools.iter().map(|pool| self.stake_usd(*pool, operator as usize)).sum(),
            power_share: to_f64(units(operator)) / to_f64(priced.total.max(1)),
            second_share: secured.second.as_ref().map(|second| second_share(second, operator)),
        };
        let mut members: Vec<Member> = secured.members().map(member).collect();
        let by_power = |a: &Member, b: &Member| {
            let second = |member: &Member| member.second_share.unwrap_or(0.0);
            b.power_share.total_cmp(&a.power_share).then(second(b).total_cmp(&second(a)))
        };
        members.sort_by(|a, b| by_power(a, b).then(a.operator.cmp(&b.operator)));
        members
    }

    /// Pools that answer for the service.
    fn pools(&self) -> Vec<usize> {
        let targets = &self.graph.secured[self.secured].targets;
        let mut pools: Vec<usize> = targets.iter().flat_map(|t| t.charges.iter().map(|c| c.pool)).collect();
        pools.sort_unstable();
        pools.dedup();
        pools
    }

    fn stake_usd(&self, pool: usize, operator: usize) -> f64 {
        let holding = &self.study.pools[pool];
        holding.tokens(operator) * self.study.assets[holding.asset].price_usd
    }

    fn name(&self, operator: u32) -> String {
        self.study.operators[operator as usize].name.clone()
    }

    fn attack(&self, position: usize, outcomes: &mut Outcomes) -> AttackView {
        let target = &self.graph.secured[self.secured].targets[position];
        let profit_usd = outcomes.targets[outcomes.first_target[self.secured] + position].profit[0];
        AttackView {
            attack: target.kind.clone(),
            threshold: target.thresholds(),
            needs: target.needs(),
            least_operators: self.least_operators(target),
            profit_usd,
            charges: target.charges.clone(),
            regimes: target.regimes.clone(),
            mining: target.mining.clone(),
            buys_beside: target.buys_beside,
            bribed: self.bribed(position, outcomes),
        }
    }

    /// Every attack that realises some of the service's profits, cheapest first.
    fn paths(&self, outcomes: &Outcomes) -> Vec<PathView> {
        let design = &self.graph.designs[self.design];
        let Some(prize) = design.joint.prizes.get(self.at) else { return Vec::new() };
        let places: Vec<(usize, usize)> = design
            .secured
            .iter()
            .flat_map(|secured| (0..self.graph.secured[*secured].targets.len()).map(|at| (*secured, at)))
            .collect();
        let realised = |(_, column, part): &(usize, usize, f64)| part * self.draws.profits[*column][0];
        let largest = prize.ways.iter().map(realised).fold(0.0, f64::max);
        let path = |(target, (secured, position)): (usize, &(usize, usize))| {
            let ways = prize.ways.iter().filter(|(way, ..)| *way == target);
            let realised_usd = ways.map(realised).max_by(f64::total_cmp)?;
            Some(PathView {
                service: self.study.services[self.graph.secured[*secured].service].name.clone(),
                attack: self.graph.secured[*secured].targets[*position].kind.clone(),
                cost_usd: outcomes.targets[outcomes.first_target[*secured] + position].best.cost[0],
                realised_usd,
                realised_share: if largest > 0.0 { realised_usd / largest } else { 0.0 },
            })
        };
        let mut paths: Vec<PathView> = places.iter().enumerate().filter_map(path).collect();
        paths.sort_by(|a, b| {
            a.cost_usd.total_cmp(&b.cost_usd).then(b.realised_usd.total_cmp(&a.realised_usd))
        });
        paths
    }

    /// Fewest operators who reach the threshold of the first quorum, or where the second alone is needed of that.
    fn least_operators(&self, target: &Target) -> Option<usize> {
        let (power, priced) = self.power()?;
        let second = self.graph.secured[self.secured].second.as_ref().zip(target.second_threshold);
        let (mut units, least): (Vec<u128>, u128) = match second.filter(|_| target.threshold.is_nothing()) {
            Some((second, threshold)) => {
                let units: Vec<u128> =
                    second.members.iter().map(|operator| second.only_units(*operator as usize)).collect();
                let total = units.iter().sum();
                (units, threshold.least_power(total))
            }
            None => {
                let units = (0..power.members.len()).map(|slot| priced.units(power, slot)).collect();
                (units, target.threshold.least_power(priced.total))
            }
        };
        units.sort_unstable_by(|a, b| b.cmp(a));
        let mut held = 0;
        let last = units.iter().position(|units| {
            held += units;
            held >= least
        });
        last.map(|last| last + 1)
    }

    fn returned_usd(&self, position: usize, members: &[(u32, f64)]) -> f64 {
        let returned = self.graph.secured[self.secured].targets[position].returned.iter();
        let of = |amounts: &AssetAmounts| -> f64 {
            let price = self.study.assets[amounts.asset].price_usd;
            members.iter().map(|(operator, part)| part * price * amounts.tokens[*operator as usize]).sum()
        };
        returned.map(of).sum()
    }

    fn bribed(&self, position: usize, outcomes: &mut Outcomes) -> Option<Bribed> {
        let located = (self.secured, position);
        let (cost, members) =
            cheapest_coalition(self.graph, located, Route::Bribe, (self.draws, 0), outcomes)?;
        let (power, priced) = self.power()?;
        let secured = &self.graph.secured[self.secured];
        let target = &secured.targets[position];
        let second = secured.second.as_ref().filter(|_| target.second_threshold.is_some());
        let of_second = |operator: u32| second.map_or(0.0, |power| second_share(power, operator));
        let is_by_second = target.threshold.is_nothing();
        let share = |operator: u32| {
            if is_by_second {
                return of_second(operator);
            }
            let units = slot(power, operator as usize).map_or(0, |slot| priced.units(power, slot));
            to_f64(units) / to_f64(priced.total.max(1))
        };
        let strikes = [Strike { service: self.at, target: position, luck: Luck::NONE }];
        let (operators, parts): (Vec<u32>, Vec<f64>) = members.iter().copied().unzip();
        let day = self.study.horizon_days;
        let attack = Assault { strikes: &strikes, members: &operators, parts: &parts, day, held: 0 };
        let mut bill = Bill::default();
        self.graph.designs[self.design]
            .rules
            .settle(&Incident { accidents: &[], attack: Some(attack) }, &mut bill);
        let slashed = |(operator, part): &(u32, f64)| {
            let mine =
                bill.lines.iter().filter(|line| line.operator == *operator as usize && line.nominal > 0.0);
            let price = |asset: usize| self.study.assets[asset].price_usd;
            Slashed {
                operator: self.name(*operator),
                part: *part,
                power_share: part * share(*operator),
                usd: mine.clone().map(|line| line.nominal * price(line.asset)).sum(),
                tokens: mine.map(|line| (self.study.assets[line.asset].name.clone(), line.nominal)).collect(),
            }
        };
        let beside =
            beside_usd(secured, target, |asset| self.study.assets[asset].price_usd, &mut Priced::default());
        if target.buys_beside && beside.is_none() {
            return None;
        }
        let bought_usd = beside.map(|(cost, _)| cost);
        Some(Bribed {
            cost_usd: cost.cost_usd + bought_usd.unwrap_or(0.0),
            beside_usd: bought_usd,
            returned_usd: self.returned_usd(position, &members),
            lower_usd: cost.lower_usd + bought_usd.unwrap_or(0.0),
            power_share: members.iter().map(|(operator, part)| part * share(*operator)).sum(),
            second_share: second
                .filter(|_| !is_by_second)
                .map(|_| members.iter().map(|(operator, part)| part * of_second(*operator)).sum()),
            members: members.iter().map(slashed).collect(),
            forfeited_usd: cost.forfeited_usd,
        })
    }
}

/// Part of a second quorum's power that an operator holds.
fn second_share(second: &StakePower, operator: u32) -> f64 {
    let total: u128 = second.parts.iter().map(PowerPart::total).sum();
    to_f64(second.only_units(operator as usize)) / to_f64(total.max(1))
}

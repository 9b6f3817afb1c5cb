//! How robust a design is at today's prices, without scenarios: certified overcollateralisation for any design, and for small ones
//! the exact one and the worst that a shock and the cascade after it can do.

mod drawn;
mod number;
mod small;
#[cfg(test)]
mod tests;
mod worst;

pub use drawn::slack_in_scenarios;
pub use number::compare_ratios;
pub use small::{Refusal, Small};
pub use worst::{Cascades, Worst, members};

use crate::attack::Priced;
use crate::attack::joint::{Plan, Scene, Slack, slack};
use crate::graph::{DesignGraph, Graph, Power, slot, to_f64};
use crate::study::Study;

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub struct Ask {
    /// Position of the design.
    pub design: usize,
    /// Largest shock, a part of all stake: numerator and denominator.
    pub shock: (u64, u64),
    /// Restaking services that turn Byzantine, by the worst choice: each slashes all that is allocated to it, and is no prize any
    /// more.
    pub byzantine: usize,
}

/// Figures of one design: everybody is in on it, none asks a premium.
#[derive(Debug, Clone)]
pub struct Robustness {
    /// Design.
    pub design: String,
    /// Byzantine services.
    pub byzantine: Vec<String>,
    /// Certified `1 + γ*` of every operator with power, the least first.
    pub operators: Vec<(String, f64)>,
    /// Of every service, in the order of the design.
    pub services: Vec<(String, f64)>,
    /// Of the whole.
    pub whole: f64,
    /// What is known exactly, or why it is not.
    pub exact: Result<ExactFigures, Refusal>,
}

/// Figures of a small design, from integers: stake forfeited against profit.
#[derive(Debug, Clone)]
pub struct ExactFigures {
    /// `1 + γ`: what the cheapest attacking coalition forfeits over what it gains; `None` if nothing is to be gained.
    pub cover: Option<f64>,
    /// Whether no attack gains more than it forfeits.
    pub is_secure: bool,
    /// The worst shock and cascade, or why it is not known.
    pub worst: Result<WorstFigures, Refusal>,
}

/// The worst case as parts of all stake.
#[derive(Debug, Clone)]
pub struct WorstFigures {
    /// Size of the shock asked for.
    pub shock: f64,
    /// R_ψ: the shock, and what leaves in the worst cascade after it.
    pub left: f64,
    /// The shock, and the most that is forfeited.
    pub lost: f64,
    /// Operators of the shock by which most leaves.
    pub hit: Vec<String>,
    /// `(1 + 1/γ)ψ`, which R_ψ stays below; `None` where that is not proved: unless every slash takes everything and γ > 0.
    pub bound: Option<f64>,
}

/// Judges a design of a study; of all choices of Byzantine services the one with the least certified slack.
pub fn robustness(study: &Study, ask: &Ask) -> Robustness {
    let restaking = crate::design::restaking_services(study, ask.design);
    let whole = |chosen: &Vec<usize>| Turned::new(study, ask.design, chosen).slack().whole;
    let choices = choices(&restaking, ask.byzantine);
    let judged = crate::run::in_parallel(choices.len(), |index| whole(&choices[index]));
    let worst = (0..choices.len()).min_by(|a, b| judged[*a].total_cmp(&judged[*b])).unwrap_or(0);
    Turned::new(study, ask.design, &choices[worst]).judge(&choices[worst], ask)
}

/// Every choice of `h` of some services, or of all if they are fewer.
fn choices(services: &[usize], h: usize) -> Vec<Vec<usize>> {
    let Some((first, rest)) = services.split_first().filter(|_| h > 0) else { return vec![Vec::new()] };
    if h >= services.len() {
        return vec![services.to_vec()];
    }
    let with = choices(rest, h - 1).into_iter().map(|others| [&[*first][..], &others].concat());
    with.chain(choices(rest, h)).collect()
}

/// A design in which some services have turned.
struct Turned {
    study: Study,
    graph: Graph,
    design: usize,
}

impl Turned {
    fn new(study: &Study, design: usize, byzantine: &[usize]) -> Self {
        let mut study = study.clone();
        study.adversary.joint = true;
        crate::design::turn_byzantine(&mut study, design, byzantine);
        let mut graph = crate::design::compile(&study);
        graph.designs[design].joint = graph.designs[design].joint.forfeits_alone();
        Self { graph, study, design }
    }

    fn slack(&self) -> Slack {
        let joint = &self.graph.designs[self.design].joint;
        slack(joint, &Plan::new(joint), &self.scene())
    }

    fn scene(&self) -> Scene {
        scene(&self.study, &self.graph, &self.graph.designs[self.design])
    }

    fn judge(&self, byzantine: &[usize], ask: &Ask) -> Robustness {
        let Self { study, graph, .. } = self;
        let design = &graph.designs[self.design];
        let (Slack { operators, services, whole }, scene) = (self.slack(), self.scene());
        let name = |operator: usize| study.operators[operator].name.clone();
        let has_power =
            |o: usize| (0..design.secured.len()).any(|service| scene.has_power(&design.joint, service, o));
        let with_power = operators.iter().enumerate().filter(|(candidate, _)| has_power(*candidate));
        let mut operators: Vec<(String, f64)> = with_power.map(|(o, least)| (name(o), *least)).collect();
        operators.sort_by(|a, b| a.1.total_cmp(&b.1).then_with(|| a.0.cmp(&b.0)));
        let named =
            |service: usize| study.services[study.designs[self.design].services[service].0].name.clone();
        Robustness {
            design: design.name.clone(),
            byzantine: byzantine.iter().map(|service| named(*service)).collect(),
            services: services
                .into_iter()
                .enumerate()
                .map(|(service, least)| (named(service), least))
                .collect(),
            operators,
            whole,
            exact: Small::new(study, graph, self.design).map(|small| exact(&small, ask.shock, name)),
        }
    }
}

fn exact(small: &Small, shock: (u64, u64), name: impl Fn(usize) -> String) -> ExactFigures {
    let mut cascades = Cascades::new(small);
    let cover = cascades.least_cover();
    let ratio = |(paid, profit): (i128, i128)| money(paid) / money(profit);
    let total: i128 = small.stakes.iter().sum();
    let part = |units: i128| if total > 0 { money(units) / money(total) } else { 0.0 };
    let size = crate::moments::count(shock.0) / crate::moments::count(shock.1);
    let worst = small.cascades_fit().map(|()| {
        let Worst { left, lost, shock } = cascades.worst(shock);
        let slack = cover.filter(|(paid, profit)| paid > profit && small.loses_everything());
        WorstFigures {
            shock: size,
            left: size + part(left),
            lost: size + part(lost),
            hit: members(shock).map(|member| name(small.operators[member])).collect(),
            bound: slack.map(|cover| size * (1.0 + 1.0 / (ratio(cover) - 1.0))),
        }
    });
    ExactFigures {
        cover: cover.map(ratio),
        is_secure: cover.is_none_or(|(paid, profit)| paid >= profit),
        worst,
    }
}

fn money(units: i128) -> f64 {
    to_f64(units.unsigned_abs())
}

/// Everybody can join for its own loss, at today's prices and profits.
fn scene(study: &Study, graph: &Graph, design: &DesignGraph) -> Scene {
    let price = |asset: usize| study.assets[asset].price_usd;
    let mut scene = Scene {
        operators: (0u32..).take(graph.n_operators).collect(),
        pay: vec![1.0; graph.n_operators],
        prices: (0..study.assets.len()).map(price).collect(),
        columns: study.profits_today().collect(),
        ..Scene::default()
    };
    for secured in design.secured.iter().map(|secured| &graph.secured[*secured]) {
        let Power::Stake(power) = &secured.power else {
            scene.units.extend(std::iter::repeat_n(0, graph.n_operators));
            scene.need.extend(secured.targets.iter().map(|_| 0));
            continue;
        };
        let mut priced = Priced::default();
        priced.price_total(power, price);
        let units = |operator: usize| slot(power, operator).map_or(0, |slot| priced.units(power, slot));
        scene.units.extend((0..graph.n_operators).map(units));
        scene.add_second(secured, |_| 1.0);
        let need = |total: u128, target: &crate::graph::Target| {
            if total == 0 { 0 } else { target.threshold.least_power(total) }
        };
        scene.need.extend(secured.targets.iter().map(|target| need(priced.total, target)));
    }
    scene.finish(&design.joint);
    scene
}

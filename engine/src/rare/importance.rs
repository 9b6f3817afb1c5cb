//! Who colludes, drawn from the mixture: factors shifted, probabilities twisted, weights kept.

use super::pilot::{Rare, pilot};
use super::proposal::{Drawn, Mixture};
use crate::exact::twist::{Twist, twisted};
use crate::exact::{Chances, Factored, ServicePower};
use crate::graph::{Graph, to_f64};
use crate::kernels::{LANES, Mask, normal};
use crate::sampling::{CollusionLaws, Draws, collusion_laws};
use crate::streams::Purpose;
use crate::study::Study;
use std::collections::BTreeMap;

/// Most proposals: each scenario is weighed against all of them.
const MOST_PROPOSALS: usize = 12;

/// How scenarios of a study are drawn so that thresholds are reached often.
#[derive(Debug, Clone)]
pub struct Importance {
    factored: Factored,
    /// Latents above this over the residual are altruists. `[operator]`
    altruist: Vec<f64>,
    /// The threshold of each proposal. `[proposal]`
    rare: Vec<Rare>,
    mixture: Mixture,
    noise: Purpose,
    altruism: Purpose,
}

/// One scenario as it was drawn.
#[derive(Debug)]
pub struct Seen<'a> {
    /// Its lane.
    pub lane: usize,
    /// Factors and scale.
    pub drawn: &'a Drawn,
    /// Nominal probabilities to collude given these.
    pub chances: &'a Chances,
    /// The laws of collusion.
    pub factored: &'a Factored,
    /// Cutoffs of altruists over the residual. `[operator]`
    pub altruist: &'a [f64],
    /// The block, its states and weights up to this lane.
    pub draws: &'a Draws,
}

/// Working memory for one scenario.
#[derive(Debug, Default)]
struct Scratch {
    drawn: Drawn,
    chances: Chances,
    twists: Vec<Twist>,
    /// Probability to collude under the law sampled from. `[operator]`
    sampled: Vec<f64>,
}

impl Importance {
    /// Searches a proposal for every distinct threshold of the designs, at today's prices.
    pub fn new(study: &Study, graph: &Graph, seed: u64) -> Self {
        let factored = Factored::new(study);
        let mut rare: Vec<(Rare, super::Proposal)> = Vec::new();
        for target in distinct((study, &factored), graph) {
            rare.extend(pilot(&factored, &target, seed).map(|proposal| (target, proposal)));
        }
        let (rare, proposals) = thin(rare).into_iter().unzip();
        let law = (factored.n_factors, factored.degrees);
        let mixture = Mixture::new(proposals, law, (seed, "rare/importance"));
        let CollusionLaws { rows, .. } = collusion_laws(study);
        let purpose = |name: &str| Purpose::new(seed, &format!("rare/importance/{name}"));
        Self {
            altruist: rows.iter().map(|law| law.cutoffs[1]).collect(),
            factored,
            rare,
            mixture,
            noise: purpose("noise"),
            altruism: purpose("altruism"),
        }
    }

    /// Without proposals: the nominal law, on the streams of rare runs.
    #[must_use]
    pub fn nominal(mut self) -> Self {
        self.rare.clear();
        self.mixture.proposals.clear();
        self
    }

    /// No weight exceeds this.
    pub fn most_weight(&self) -> f64 {
        1.0 / self.mixture.nominal_share()
    }

    /// Fills states, common factor and weights of a block.
    pub fn draw(&self, draws: &mut Draws) {
        self.draw_seen(draws, &mut |_| ());
    }

    /// As [`Self::draw`]; `see` looks at every scenario as it was drawn.
    pub fn draw_seen(&self, draws: &mut Draws, see: &mut dyn FnMut(Seen<'_>)) {
        let mut scratch = Scratch::default();
        draws.colluders.rows.fill(Mask::default());
        draws.bribable.rows.fill(Mask::default());
        for lane in 0..LANES {
            self.scenario(draws, lane, &mut scratch);
            let Scratch { drawn, chances, .. } = &scratch;
            see(Seen { lane, drawn, chances, factored: &self.factored, altruist: &self.altruist, draws });
        }
    }

    fn scenario(&self, draws: &mut Draws, lane: usize, scratch: &mut Scratch) {
        let scenario = draws.first_scenario + lane as u64;
        let Scratch { drawn, chances, twists, sampled } = scratch;
        self.mixture.draw(scenario, drawn);
        chances.fill(&self.factored, &drawn.factors, drawn.scale);
        twists.clear();
        twists.extend(self.rare.iter().map(|rare| rare.twist(chances)));
        sampled.clone_from(&chances.p);
        if let Some(from) = drawn.from {
            let (rare, twist) = (&self.rare[from], &twists[from]);
            for (member, share) in rare.members.iter().zip(&rare.shares) {
                let (p, q) = (chances.p[*member as usize], chances.q[*member as usize]);
                sampled[*member as usize] = twisted(p, q, twist.theta * share);
            }
        }
        let (word, bit) = (lane / 64, 1u64 << (lane % 64));
        for (operator, probability) in sampled.iter().enumerate() {
            if self.noise.extra_uniform(scenario, operator as u64) < *probability {
                draws.colluders.rows[operator][word] |= bit;
            } else if !self.is_altruist(scenario, operator, (drawn, chances)) {
                draws.bribable.rows[operator][word] |= bit;
            }
        }
        draws.common[lane] = drawn.factors.first().copied().unwrap_or(0.0);
        let rows = &draws.colluders.rows;
        draws.weight[lane] = self.mixture.weight(drawn, |index| {
            let rare = &self.rare[index];
            let colluding = rare.members.iter().zip(&rare.shares);
            let power: f64 =
                colluding.filter(|(m, _)| rows[**m as usize][word] & bit != 0).map(|(_, share)| share).sum();
            twists[index].log_ratio(power)
        });
    }

    /// Whether an operator that does not collude is honest at any price: as likely as in the nominal law.
    fn is_altruist(&self, scenario: u64, operator: usize, (drawn, chances): (&Drawn, &Chances)) -> bool {
        let cutoff = self.altruist[operator];
        if cutoff == f64::INFINITY {
            return false;
        }
        let bar = self.factored.members[operator].bar_of(cutoff, &drawn.factors, drawn.scale);
        let above = normal::cdf(-bar);
        self.altruism.extra_uniform(scenario, operator as u64) * chances.q[operator] < above
    }
}

/// Thresholds of all designs, each distinct power and need once.
fn distinct((study, factored): (&Study, &Factored), graph: &Graph) -> Vec<Rare> {
    let mut found: Vec<Rare> = Vec::new();
    for secured in &graph.secured {
        let price = |asset: usize| study.assets[asset].price_usd;
        let alone = ServicePower::of_quorums(secured, price).into_iter().flat_map(|power| {
            let members = power.members.clone();
            power.rare().into_iter().map(move |rare| Rare { members: members.clone(), ..rare })
        });
        let both = ServicePower::of_both(secured, price);
        for rare in alone.chain(both.into_iter().flat_map(|quorums| at_once(factored, &quorums))) {
            let same = |other: &Rare| {
                let shares = other.shares.iter().zip(&rare.shares);
                other.members == rare.members
                    && (other.need - rare.need).abs() < 0.02
                    && shares.into_iter().all(|(a, b)| (a - b).abs() < 1e-3)
            };
            if !found.iter().any(same) {
                found.push(rare);
            }
        }
    }
    found
}

/// Weights of the first quorum that are tried: so many steps from none to all.
const STEPS: u32 = 20;

/// What needs two quorums at once, as one threshold each of a mean of both: who reaches both reaches any mean of them, and the mean
/// taken is the one whose Chernoff bound is least where the factors are 0.
fn at_once(factored: &Factored, quorums: &[ServicePower; 2]) -> Vec<Rare> {
    let mut chances = Chances::default();
    chances.fill(factored, &vec![0.0; factored.n_factors], 1.0);
    let of_target = |at: usize| {
        let means = (0..=STEPS).map(|step| mean_of(quorums, at, f64::from(step) / f64::from(STEPS)));
        let bound = |rare: &Rare| rare.twist(&chances).log_bound(rare.need);
        means.min_by(|a, b| bound(a).total_cmp(&bound(b)))
    };
    let some = quorums.iter().all(|quorum| quorum.total() > 0);
    (0..quorums[0].targets.len()).filter(|_| some).filter_map(of_target).collect()
}

/// Power of everybody and the need of one target, the first quorum's with this weight and the second's with the rest.
fn mean_of(quorums: &[ServicePower; 2], at: usize, weight: f64) -> Rare {
    let mut shares: BTreeMap<u32, f64> = BTreeMap::new();
    let mut need = 0.0;
    for (quorum, weight) in quorums.iter().zip([weight, 1.0 - weight]) {
        let part = weight / to_f64(quorum.total());
        need += part * to_f64(quorum.needs[at]);
        for (member, power) in quorum.members.iter().zip(&quorum.powers) {
            *shares.entry(*member).or_default() += part * to_f64(*power);
        }
    }
    let (members, shares) = shares.into_iter().filter(|(_, share)| *share > 0.0).unzip();
    Rare { members, shares, need }
}

/// At most [`MOST_PROPOSALS`], evenly over the needs.
fn thin(mut rare: Vec<(Rare, super::Proposal)>) -> Vec<(Rare, super::Proposal)> {
    if rare.len() <= MOST_PROPOSALS {
        return rare;
    }
    rare.sort_by(|a, b| a.0.need.total_cmp(&b.0.need));
    let n = rare.len();
    let kept = (0..MOST_PROPOSALS).map(|i| rare[i * (n - 1) / (MOST_PROPOSALS - 1)].clone());
    kept.collect()
}

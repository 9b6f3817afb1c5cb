//! What every candidate must be paid for a set of targets: losses are linear in prices, so those of sets met before are kept.

use super::scene::Scene;
use crate::graph::{Below, Joint, JointCharge, JointPool, JointTarget, Landed, Targets, is_held, targets_in};
use crate::study::Combine;
use std::collections::BTreeMap;

/// Sets whose losses are kept.
const KEPT_SETS: usize = 512;

/// Losses of every operator for sets of targets met before: they are linear in prices.
#[derive(Debug, Clone, Default)]
pub struct Payments {
    known: BTreeMap<Targets, Losses>,
    assets: Vec<usize>,
    /// Part of the stake that each charge puts at risk of those who take part. `[target][charge][operator]`
    shares: Vec<Vec<Vec<f64>>>,
    exposures: Exposures,
}

/// What every operator loses in an attack.
#[derive(Debug, Clone, Default)]
struct Losses {
    /// Private losses of the assets that the attack touches, tokens. `[asset][operator]`
    tokens: Vec<(usize, Vec<f64>)>,
    /// USD. `[operator]`
    friction: Vec<f64>,
}

impl Payments {
    /// Writes what each candidate must be paid for an attack on a set, less what returns of its stake, USD.
    pub fn of(&mut self, joint: &Joint, scene: &Scene, set: Targets, out: &mut Vec<f64>) {
        let losses = self.losses(joint, set);
        out.clear();
        out.extend(scene.operators.iter().map(|operator| losses.friction[*operator as usize]));
        for (asset, tokens) in &losses.tokens {
            let price = scene.prices[*asset];
            for (out, operator) in out.iter_mut().zip(&scene.operators) {
                *out += price * tokens[*operator as usize];
            }
        }
        out.iter_mut().zip(&scene.pay).for_each(|(out, pay)| *out *= pay);
        if joint.redistributes() {
            let back = |candidate: usize| scene.returned(joint, set, candidate);
            out.iter_mut().enumerate().for_each(|(candidate, out)| *out -= back(candidate));
        }
    }

    /// What these members, with the part of their keys that each commits, must be paid for an attack on a set, USD, nothing returned.
    pub fn of_members(
        &mut self,
        joint: &Joint,
        scene: &Scene,
        set: Targets,
        members: impl Iterator<Item = (u32, f64)>,
    ) -> f64 {
        let losses = self.losses(joint, set);
        let payment = |(member, part): (u32, f64)| {
            let operator = scene.operators[member as usize] as usize;
            let of = |(asset, tokens): &(usize, Vec<f64>)| scene.prices[*asset] * tokens[operator];
            let lost = losses.friction[operator] + losses.tokens.iter().map(of).sum::<f64>();
            part * scene.pay[member as usize] * lost
        };
        members.map(payment).sum()
    }

    /// Whether the losses of all sets of a design can be kept.
    pub fn keeps_all(of_service: &[Targets]) -> bool {
        let kinds = of_service.iter().map(|targets| targets.count_ones() as usize + 1);
        kinds.fold(1, usize::saturating_mul) <= KEPT_SETS
    }

    fn losses(&mut self, joint: &Joint, set: Targets) -> &Losses {
        if self.assets.is_empty() {
            self.assets = joint.pools.iter().map(|pool| pool.asset).collect();
            self.assets.sort_unstable();
            self.assets.dedup();
            self.shares = joint.targets.iter().map(shares).collect();
        }
        if self.known.len() >= KEPT_SETS && !self.known.contains_key(&set) {
            self.known.clear();
        }
        let Self { known, assets, shares, exposures } = self;
        known
            .entry(set)
            .or_insert_with(|| losses(joint, set, (assets.as_slice(), shares.as_slice()), exposures))
    }
}

/// [`Joint::private_usd`] for all operators at once, before prices.
fn losses(
    joint: &Joint,
    set: Targets,
    (assets, shares): (&[usize], &[Vec<Vec<f64>>]),
    exposures: &mut Exposures,
) -> Losses {
    let n = joint.friction_usd.len();
    let held = joint.held(set);
    let mut tokens = vec![0.0; assets.len() * n];
    for (index, pool) in joint.pools.iter().enumerate() {
        let charges = |target: usize| joint.targets[target].charges.iter().any(|charge| charge.pool == index);
        if !targets_in(set).any(charges) {
            continue;
        }
        let place = assets.iter().position(|asset| *asset == pool.asset).unwrap_or(0) * n;
        exposures.clear();
        for (target, shares) in targets_in(set).map(|target| (&joint.targets[target], &shares[target])) {
            for (charge, share) in target.charges.iter().zip(shares).filter(|(c, _)| c.pool == index) {
                let landed = if is_held(charge, held) { charge.held } else { charge.free };
                exposures.add((charge, landed), pool.rule, (share, &target.takes_part));
            }
        }
        let below = joint.below(set, held, index);
        exposures.add_tokens(pool, below, &mut tokens[place..place + n]);
    }
    let mut friction = vec![0.0; n];
    for target in targets_in(set).map(|target| &joint.targets[target]) {
        for ((out, friction), takes_part) in
            friction.iter_mut().zip(&joint.friction_usd).zip(&target.takes_part)
        {
            *out = if *takes_part { *friction } else { *out };
        }
    }
    let columns =
        assets.iter().zip(tokens.chunks(n)).filter(|(_, column)| column.iter().any(|lost| *lost != 0.0));
    Losses { tokens: columns.map(|(asset, column)| (*asset, column.to_vec())).collect(), friction }
}

/// [`crate::graph::Exposure`] of every operator in one pool, a column left empty where there is none. `[operator]`
#[derive(Debug, Clone, Default)]
struct Exposures {
    home: Vec<f64>,
    claims: Vec<f64>,
    drawdown: Vec<f64>,
    ejection: Vec<f64>,
    silent_hours: Vec<f64>,
}

impl Exposures {
    fn clear(&mut self) {
        let Self { home, claims, drawdown, ejection, silent_hours } = self;
        for column in [home, claims, drawdown, ejection, silent_hours] {
            column.clear();
        }
    }

    /// `share`: 0 of those who take no part.
    fn add(
        &mut self,
        (charge, landed): (&JointCharge, Landed),
        rule: Combine,
        (share, takes_part): (&[f64], &[bool]),
    ) {
        let raise = |column: &mut Vec<f64>, to: f64| {
            column.resize(share.len(), 0.0);
            for (value, share) in column.iter_mut().zip(share) {
                *value = if *share > 0.0 && to > *value { to } else { *value };
            }
        };
        if charge.drawdown > 0.0 {
            self.drawdown.resize(share.len(), 0.0);
            for (value, part) in self.drawdown.iter_mut().zip(takes_part) {
                *value = if *part && charge.drawdown > *value { charge.drawdown } else { *value };
            }
        }
        if landed.ejection > 0.0 {
            raise(&mut self.ejection, landed.ejection);
        }
        if charge.silent_hours > 0.0 {
            raise(&mut self.silent_hours, charge.silent_hours);
        }
        let fraction = landed.fraction;
        if fraction <= 0.0 {
            return;
        }
        let column = if charge.is_claim { &mut self.claims } else { &mut self.home };
        column.resize(share.len(), 0.0);
        let values = column.iter_mut().zip(share);
        match rule {
            Combine::Additive if charge.is_claim => {
                values.for_each(|(value, share)| *value += fraction * share)
            }
            Combine::Compound if charge.is_claim => {
                values.for_each(|(value, share)| *value = 1.0 - (1.0 - *value) * (1.0 - fraction * share));
            }
            _ => values.for_each(|(value, share)| {
                let here = fraction * share;
                *value = if here > *value { here } else { *value };
            }),
        }
    }

    fn add_tokens(&self, pool: &JointPool, below: Below, out: &mut [f64]) {
        let of = |column: &[f64], operator: usize| column.get(operator).copied().unwrap_or(0.0);
        for (operator, out) in out.iter_mut().enumerate() {
            let (home, claims) = (of(&self.home, operator), of(&self.claims, operator));
            let fraction = match pool.rule {
                Combine::Once => home.max(claims),
                Combine::Additive => (home + claims).min(1.0),
                Combine::Compound => 1.0 - (1.0 - home) * (1.0 - claims),
            };
            let own = pool.own_share[operator] * below.lost(fraction, of(&self.drawdown, operator));
            let income = of(&self.ejection, operator) * pool.ejection_income[operator]
                + of(&self.silent_hours, operator) * pool.hourly_income[operator];
            *out += pool.tokens[operator] * (own + income);
        }
    }
}

/// Shares of a target's charges, 0 of those who take no part.
fn shares(target: &JointTarget) -> Vec<Vec<f64>> {
    let masked = |charge: &JointCharge| {
        let shares = charge.share.iter().zip(&target.takes_part);
        shares.map(|(share, takes_part)| if *takes_part { *share } else { 0.0 }).collect()
    };
    target.charges.iter().map(masked).collect()
}

//! What a system says about one service: who has power, which stake answers for it.

use crate::graph::PowerPart;
use crate::study::{Attack, Design, ExecutesOn, Pool, SecondQuorum, Slash, Study, System};

/// Power over a service and the stake that answers for it.
#[derive(Debug, Clone)]
pub struct Backing {
    /// Parts of its voting power.
    pub parts: Vec<PowerPart>,
    /// Stake at risk.
    pub liabilities: Vec<Liability>,
    /// Whether newcomers that buy stake get its power.
    pub is_open: bool,
    /// Stake that votes as a quorum of its own.
    pub second: Option<PowerPart>,
}

impl Backing {
    /// Adds a quorum of its own: everybody with stake in its pool votes by it and answers with it.
    pub fn add_second(&mut self, (study, design): (&Study, &Design), quorum: &SecondQuorum) {
        let part = stake_part(quorum.pool, &study.pools[quorum.pool]);
        self.liabilities.push(Liability {
            pool: quorum.pool,
            share: share_of_members(&part.units),
            slash: quorum.slash,
            executes_on: executor(&quorum.slash, chain_of(design, quorum.pool)),
            standing: Standing::Claim,
            halt_delay_days: 0.0,
            redistribution: 0.0,
            second: true,
        });
        self.second = Some(part);
    }

    /// Whether an operator has power that an attack needs.
    pub fn takes_part(&self, attack: &Attack, operator: usize) -> bool {
        let first = self.parts.iter().filter(|_| !attack.is_by_second());
        let second = self.second.iter().filter(|_| attack.second_threshold.is_some());
        first.chain(second).any(|part| part.units[operator] > 0)
    }
}

/// Stake of one pool that answers for a service.
#[derive(Debug, Clone)]
pub struct Liability {
    /// The pool.
    pub pool: usize,
    /// Part of each operator's stake there that is at risk; 0 for those without a node. `[operator]`
    pub share: Vec<f64>,
    /// What is slashed.
    pub slash: Slash,
    /// Service whose chain carries the slash out; `None`: it always lands.
    pub executes_on: Option<usize>,
    /// How it stands to other liabilities on the same stake.
    pub standing: Standing,
    /// How long a throttle holds back the jailing of as many as a halt needs, days.
    pub halt_delay_days: f64,
    /// Part of what is slashed that reaches an attacker.
    pub redistribution: f64,
    /// Whether it is stake of the second quorum, which answers for attacks that need it alone.
    pub second: bool,
}

/// How a liability stands to the others on the same stake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The chain that the stake is bonded on: an offence tombstones, silence costs its income.
    Own,
    /// A consumer chain of it: the same tombstone, so the largest slash falls once; the income goes on.
    Consumer,
    /// A claim beside the others: a lien, a restaking service's magnitude.
    Claim,
}

impl Liability {
    /// Whether it answers for an attack at all: stake of a quorum that the attack needs.
    pub fn answers_for(&self, attack: &Attack) -> bool {
        if self.second { attack.second_threshold.is_some() } else { !attack.is_by_second() }
    }

    /// Whether an attributable offence ejects the validator, even where nothing is slashed.
    pub fn tombstones(&self) -> bool {
        self.standing != Standing::Claim
    }
}

/// A pool's own stake as power.
pub fn stake_part(index: usize, pool: &Pool) -> PowerPart {
    PowerPart {
        pool: Some(index),
        asset: Some(pool.asset),
        units: pool.stake.clone(),
        decimals: pool.decimals,
        value_share: 1.0,
        most_share: None,
    }
}

/// A table of weights as power.
pub fn weight_part(weights: &[u128]) -> PowerPart {
    PowerPart {
        pool: None,
        asset: None,
        units: weights.to_vec(),
        decimals: 0,
        value_share: 1.0,
        most_share: None,
    }
}

/// 1 for operators with power, 0 for the others.
pub fn share_of_members(units: &[u128]) -> Vec<f64> {
    units.iter().map(|units| if *units > 0 { 1.0 } else { 0.0 }).collect()
}

/// The service that carries a slash out, the study's word before the system's.
pub fn executor(slash: &Slash, by_default: Option<usize>) -> Option<usize> {
    match slash.executes_on {
        ExecutesOn::Default => by_default,
        ExecutesOn::Always => None,
        ExecutesOn::Service(service) => Some(service),
    }
}

/// The service of this design whose own chain `pool` is, if there is just one.
pub fn chain_of(design: &Design, pool: usize) -> Option<usize> {
    let mut chains = design.services.iter().filter(|(_, system)| match system {
        System::Pos(pos) => pos.pool == pool,
        System::Mesh(mesh) => mesh.local == pool,
        System::Ics(_) | System::Saga(..) | System::Eigenlayer(_) | System::Pow(_) => false,
    });
    let first = chains.next()?.0;
    chains.next().is_none().then_some(first)
}

/// Number of operators in the study, for tables that start from nothing.
pub fn no_units(study: &Study) -> Vec<u128> {
    vec![0; study.operators.len()]
}

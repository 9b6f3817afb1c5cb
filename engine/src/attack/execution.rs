//! What attacks and accidents come to in one block: outcomes of each design, tallies of its operators, what was lost.

use super::cascade::Cascades;
use super::joint::{Aftermath, Stage};
use super::left_out::LeftOut;
use crate::graph::{Accident, Bill, Gaps, Graph, Strike, Targets};
use crate::kernels::{Column, LANES};
use std::collections::BTreeMap;

/// No target is attacked.
pub const NO_TARGET: u16 = u16::MAX;

/// Outcome of one design over a block. Money where nothing happened is 0.
#[derive(Debug, Clone)]
pub struct DesignOutcome {
    /// The target attacked, the first one of several: position among the design's targets, or [`NO_TARGET`].
    pub target: [u16; LANES],
    /// All targets attacked; where joint attacks are not judged, empty.
    pub targets: Vec<Targets>,
    /// Largest profit less cost found, 0 where no attack pays.
    pub net_gain: Column,
    /// No attack nets more, by operators on any targets (with stake of one quorum bought beside them or not) or by other routes on
    /// one; 0 certifies that none pays.
    pub net_gain_upper: Column,
    /// Profit of the attack, with what slashes return to it.
    pub profit: Column,
    /// The part of it that is taken from users: what slashes return to the attacker is not.
    pub taken: Column,
    /// Cost of the attack.
    pub cost: Column,
    /// Stake slashed for the attack by the protocols' rules, as far as slashes landed.
    pub slashed: Column,
    /// The same had every slash landed.
    pub nominal_slashed: Column,
    /// Operators in the attack.
    pub coalition_size: [i32; LANES],
    /// Stake forfeited by accidents.
    pub fault_slashed: Column,
    /// What the protocols' rules take beyond the linear graph, attack and accidents, with the same slashes landing.
    pub settlement_gap: Column,
    /// Gaps of protocols that were run into, over the block.
    pub gaps: Gaps,
    /// Services that have turned Byzantine; where none may, empty.
    pub n_byzantine: Vec<i32>,
    /// Stake that they have slashed, among what accidents forfeit; where none may turn, empty.
    pub byzantine_slashed: Vec<f64>,
    /// Certified `1 + γ*` of those who can be had, infinite where they reach nothing; where that is not asked, empty.
    pub slack: Vec<f64>,
    /// Whether anything but zeros has been written since it was cleared.
    pub(super) is_written: bool,
}

impl DesignOutcome {
    /// Whether every scenario of the block is known to hold neither attack nor loss, nor a bound above 0.
    pub fn is_nothing(&self) -> bool {
        !self.is_written
    }

    /// Targets attacked in one scenario.
    pub fn n_targets(&self, lane: usize) -> u32 {
        match self.targets.get(lane) {
            Some(targets) if *targets != 0 => targets.count_ones(),
            _ => u32::from(self.target[lane] != NO_TARGET),
        }
    }

    /// Whether the design's target at a position is attacked.
    pub fn attacks(&self, position: u16, lane: usize) -> bool {
        match self.targets.get(lane) {
            Some(targets) if *targets != 0 => targets >> position & 1 == 1,
            _ => self.target[lane] == position,
        }
    }

    fn with_byzantine(self) -> Self {
        Self { n_byzantine: vec![0; LANES], byzantine_slashed: vec![0.0; LANES], ..self }
    }

    /// Takes one scenario over from another graph's outcome of the same design.
    pub(super) fn take_lane(&mut self, other: &Self, lane: usize) {
        self.is_written |= other.is_written;
        self.target[lane] = other.target[lane];
        self.coalition_size[lane] = other.coalition_size[lane];
        if let Some(targets) = self.targets.get_mut(lane) {
            *targets = other.targets[lane];
        }
        self.n_byzantine[lane] = other.n_byzantine[lane];
        self.byzantine_slashed[lane] = other.byzantine_slashed[lane];
        if let Some(slack) = self.slack.get_mut(lane) {
            *slack = other.slack[lane];
        }
        self.net_gain[lane] = other.net_gain[lane];
        self.net_gain_upper[lane] = other.net_gain_upper[lane];
        self.profit[lane] = other.profit[lane];
        self.taken[lane] = other.taken[lane];
        self.cost[lane] = other.cost[lane];
        self.slashed[lane] = other.slashed[lane];
        self.nominal_slashed[lane] = other.nominal_slashed[lane];
        self.fault_slashed[lane] = other.fault_slashed[lane];
        self.settlement_gap[lane] = other.settlement_gap[lane];
    }

    /// Nothing happens.
    pub(super) fn clear(&mut self) {
        if !self.is_written {
            return;
        }
        self.is_written = false;
        self.target = [NO_TARGET; LANES];
        self.coalition_size = [0; LANES];
        self.targets.fill(0);
        self.n_byzantine.fill(0);
        self.byzantine_slashed.fill(0.0);
        self.gaps = Gaps::default();
        let judged =
            [&mut self.net_gain, &mut self.net_gain_upper, &mut self.profit, &mut self.taken, &mut self.cost];
        judged.into_iter().for_each(|column| column.fill(0.0));
        let settled =
            [&mut self.slashed, &mut self.nominal_slashed, &mut self.fault_slashed, &mut self.settlement_gap];
        settled.into_iter().for_each(|column| column.fill(0.0));
    }
}

/// Counts of scenarios per operator of one design; nothing where nobody has attacked or lost anything.
#[derive(Debug, Clone, Default)]
pub struct OperatorTally {
    /// Scenarios with a loss by attack or accident; small slashes for downtime are not counted. `[operator]`
    pub slashed: Vec<u64>,
    /// Scenarios in which it is in the attacking coalition. `[operator]`
    pub attacking: Vec<u64>,
}

impl OperatorTally {
    /// Takes in later scenarios.
    pub fn merge(&mut self, later: &Self) {
        let n = self.slashed.len().max(later.slashed.len());
        for (mine, later) in [(&mut self.slashed, &later.slashed), (&mut self.attacking, &later.attacking)] {
            mine.resize(n, 0);
            mine.iter_mut().zip(later).for_each(|(a, b)| *a += b);
        }
    }

    /// Counts the same.
    pub fn copy(&mut self, other: &Self) {
        self.slashed.clone_from(&other.slashed);
        self.attacking.clone_from(&other.attacking);
    }

    /// Room for so many operators, all zeros.
    pub(super) fn open(&mut self, n_operators: usize) {
        self.slashed.resize(n_operators, 0);
        self.attacking.resize(n_operators, 0);
    }

    pub(super) fn clear(&mut self) {
        self.slashed.clear();
        self.attacking.clear();
    }
}

/// Stake that one operator lost in one pool in one scenario of a design. There are many: positions are narrow.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LossLine {
    /// Position of the design.
    pub design: u16,
    /// Scenario within the block.
    pub lane: u16,
    /// Services of the design that operators attacked in it, a bit each: the loss is owed to all of them together.
    pub services: Targets,
    /// Position of the operator.
    pub operator: u32,
    /// Position of the pool.
    pub pool: u16,
    /// Position of its asset.
    pub asset: u16,
    /// Lost to the attack, USD at the horizon.
    pub by_attack_usd: f64,
    /// Lost by accident, USD at the horizon.
    pub by_accident_usd: f64,
}

/// Outcomes and tallies of every design.
#[derive(Debug)]
pub struct Execution {
    /// `[design]`
    pub designs: Vec<DesignOutcome>,
    /// `[design]`
    pub operators: Vec<OperatorTally>,
    /// What was slashed in the block, design by design, scenario by scenario, lines of one operator together; the mean of
    /// the many small slashes for downtime is not in it.
    pub losses: Vec<LossLine>,
    /// What the attack that would pay best instead costs, for each attacked service with a margin, could that not be attacked:
    /// [`LossLine::services`] is the service spared. Design by design, scenario by scenario; only where attacks are joint.
    pub instead: Vec<LossLine>,
    /// What followed attacks, where that is judged. `[design]`
    pub cascades: Vec<Option<Cascades>>,
    /// Joint attacks. `[design]`
    pub(super) stages: Vec<Option<Stage>>,
    /// Searches for what would be attacked instead. `[design]`
    pub(super) aside: Vec<Aftermath>,
    /// Operators in joint attacks of the block, and where those of each lane end.
    pub(super) joint_members: Vec<u32>,
    pub(super) joint_ends: Vec<usize>,
    /// Parts of their keys; empty where everybody joins whole. `[member of a joint attack]`
    pub(super) joint_parts: Vec<f64>,
    /// Bounds on what joint attacks leave out. `[design]`
    pub(super) left_out: Vec<LeftOut>,
    pub(super) members: Vec<u32>,
    /// Parts of their keys; empty where everybody joins whole. `[member]`
    pub(super) parts: Vec<f64>,
    pub(super) strikes: Vec<Strike>,
    pub(super) accidents: Vec<Accident>,
    pub(super) bill: Bill,
    pub(super) crowd: Vec<u64>,
    /// Prices of the scenario at hand. `[asset]`
    pub(super) prices: Vec<f64>,
    /// The block as the graphs see it in which services have turned Byzantine, by their set.
    pub(super) turned: BTreeMap<u8, Execution>,
}

impl Execution {
    /// Room for one block.
    pub fn new(graph: &Graph) -> Self {
        let zero = [0.0; LANES];
        let room = DesignOutcome {
            target: [NO_TARGET; LANES],
            targets: if graph.joint { vec![0; LANES] } else { Vec::new() },
            net_gain: zero,
            net_gain_upper: zero,
            profit: zero,
            taken: zero,
            cost: zero,
            slashed: zero,
            nominal_slashed: zero,
            coalition_size: [0; LANES],
            fault_slashed: zero,
            settlement_gap: zero,
            gaps: Gaps::default(),
            n_byzantine: Vec::new(),
            byzantine_slashed: Vec::new(),
            slack: if graph.certifies_slack { vec![f64::INFINITY; LANES] } else { Vec::new() },
            is_written: false,
        };
        let room = if graph.varies() || graph.turned.set != 0 { room.with_byzantine() } else { room };
        let designs = || graph.designs.iter();
        Self {
            designs: vec![room; graph.designs.len()],
            operators: vec![OperatorTally::default(); graph.designs.len()],
            losses: Vec::new(),
            instead: Vec::new(),
            aside: designs().map(|_| Aftermath::default()).collect(),
            cascades: designs().map(|_| graph.cascades.then(Cascades::default)).collect(),
            stages: designs().map(|design| Stage::new(graph, design)).collect(),
            joint_members: Vec::new(),
            joint_ends: Vec::new(),
            joint_parts: Vec::new(),
            left_out: if graph.joint {
                designs().map(|design| LeftOut::new(graph, design)).collect()
            } else {
                Vec::new()
            },
            members: Vec::new(),
            parts: Vec::new(),
            strikes: Vec::new(),
            accidents: Vec::new(),
            bill: Bill::default(),
            crowd: Vec::new(),
            prices: Vec::new(),
            turned: BTreeMap::new(),
        }
    }
}

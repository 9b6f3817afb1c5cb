//! Designs that share a state: prices, stake, use and what has been attacked, scenario by scenario.

use super::choosers::Opted;
use super::draws::PathDraws;
use super::judged::Judged;
use super::plan::{StakePlan, Standing, WorldPlan};
use crate::attack::{Execution, Outcomes, assess, execute};
use crate::kernels::{Column, LANES};

pub(super) const ONES: Column = [1.0; LANES];
pub(super) const ZEROS: Column = [0.0; LANES];

/// The state of one block of paths.
#[derive(Debug)]
pub struct World<'a> {
    pub(super) plan: &'a WorldPlan,
    /// Rooms of each stage. `[stage]`
    pub(super) rooms: Vec<(Outcomes, Execution)>,
    pub(super) judged: Judged,
    /// Price before this epoch against today's. `[asset]`
    pub(super) levels: Vec<Column>,
    /// Profit likewise. `[attack]`
    pub(super) profit_levels: Vec<Column>,
    /// Stake with power against today's. `[asset]`
    pub(super) bonded: Vec<Column>,
    /// Of that, what waits for its turn to leave. `[asset]`
    pub(super) exiting: Vec<Column>,
    /// New stake that waits for its turn, without power. `[asset]`
    pub(super) entering: Vec<Column>,
    /// Stake that is leaving, by the epochs it still takes, against today's. `[asset][epoch]`
    pub(super) leaving: Vec<Vec<Column>>,
    /// Inflation. `[asset][rule]`
    pub(super) rates: Vec<Vec<Column>>,
    /// Use against today's. `[service of the study]`
    pub(super) uses: Vec<Column>,
    /// Yield a year in this epoch. `[asset]`
    pub(super) yields: Vec<Column>,
    /// Whether an attack on it has been carried out. `[service of the study]`
    pub(super) dead: Vec<[bool; LANES]>,
    /// Epochs that the attacker has waited, 0 while it does not; and the gain that it waits on. `[design]`
    pub(super) waited: Vec<[u32; LANES]>,
    pub(super) gains: Vec<Column>,
    /// What holders that are forced to sell have left, against today. `[seller]`
    pub(super) held: Vec<Column>,
    /// Part that they have sold so far. `[seller]`
    pub(super) sold: Vec<Column>,
    /// Who takes part, where operators reconsider.
    pub(super) opted: Option<Opted<'a>>,
    /// Epoch at hand, and the stage that it is in.
    pub(super) epoch: u32,
    pub(super) stage: usize,
    pub(super) n: usize,
}

impl<'a> World<'a> {
    /// Room for a block.
    pub fn new(plan: &'a WorldPlan) -> Self {
        let (n_assets, n_designs) = (plan.assets.len(), plan.today().graph.designs.len());
        let stakes = |asset: usize| {
            plan.stages.iter().filter_map(move |(_, standing)| standing.stakes[asset].as_ref())
        };
        let queue = |asset: usize| vec![ZEROS; stakes(asset).map(|stake| stake.unbonding).max().unwrap_or(0)];
        let room = |(_, standing): &(u32, Standing)| {
            (Outcomes::new(&standing.graph), Execution::new(&standing.graph))
        };
        Self {
            plan,
            rooms: plan.stages.iter().map(room).collect(),
            judged: Judged::new(&plan.today().graph),
            levels: vec![ONES; n_assets],
            profit_levels: vec![ONES; plan.profits.len()],
            bonded: vec![ONES; n_assets],
            exiting: vec![ZEROS; n_assets],
            entering: vec![ZEROS; n_assets],
            leaving: (0..n_assets).map(queue).collect(),
            rates: vec![Vec::new(); n_assets],
            uses: vec![ONES; plan.services.len()],
            yields: vec![ZEROS; n_assets],
            dead: vec![[false; LANES]; plan.services.len()],
            waited: vec![[0; LANES]; n_designs],
            gains: vec![ZEROS; n_designs],
            held: vec![ONES; plan.sellers.len()],
            sold: vec![ZEROS; plan.sellers.len()],
            opted: plan.choosers.as_ref().map(Opted::new),
            epoch: 0,
            stage: 0,
            n: 0,
        }
    }

    /// Back to today.
    pub fn start(&mut self) {
        let ones =
            [&mut self.levels, &mut self.profit_levels, &mut self.bonded, &mut self.uses, &mut self.held];
        ones.into_iter().for_each(|columns| columns.fill(ONES));
        let zeros = [&mut self.exiting, &mut self.entering, &mut self.gains, &mut self.sold];
        zeros.into_iter().for_each(|columns| columns.fill(ZEROS));
        self.leaving.iter_mut().for_each(|queue| queue.fill(ZEROS));
        self.dead.fill([false; LANES]);
        self.waited.fill([0; LANES]);
        self.opted.iter_mut().for_each(Opted::start);
        self.stage = 0;
        self.rates.iter_mut().for_each(Vec::clear);
        self.begin_inflation();
    }

    /// How services are secured now, whoever takes part.
    pub(super) fn standing(&self) -> &'a Standing {
        &self.plan.stages[self.stage].1
    }

    /// Whether nothing can be taken from a service: it does not exist yet, or no more.
    pub(super) fn is_idle(&self, service: usize, lane: usize) -> bool {
        self.dead[service][lane] || self.epoch < self.plan.born[service]
    }

    /// Judges an epoch: writes this world's prices and profits into the draws, and its outcomes.
    pub fn live(&mut self, draws: &mut PathDraws, epoch: u32) {
        (self.n, self.epoch) = (draws.draws.n, epoch);
        self.enter_stage();
        self.write_prices(draws);
        self.judged.clear();
        let mut rooms = std::mem::take(&mut self.rooms);
        let mut opted = self.opted.take();
        let groups =
            opted.as_ref().map_or_else(|| vec![(0, (0..self.n).collect())], |opted| opted.groups(self.n));
        for (set, lanes) in groups {
            match opted.as_mut().filter(|_| set > 0) {
                // The set that the study settled on is compiled already.
                None => self.judge(draws, self.standing(), &mut rooms[self.stage], &lanes),
                Some(opted) => {
                    let standing = opted.standing(set, self.plan, self.stage);
                    let mut room = (Outcomes::new(&standing.graph), Execution::new(&standing.graph));
                    self.judge(draws, standing, &mut room, &lanes);
                }
            }
        }
        (self.rooms, self.opted) = (rooms, opted);
    }

    /// What begins with this epoch.
    fn enter_stage(&mut self) {
        let begun = self.plan.stages.iter().rposition(|(start, _)| *start <= self.epoch).unwrap_or(0);
        if begun != self.stage {
            self.stage = begun;
            self.begin_inflation();
        }
    }

    /// Inflation rules that are new start at their rate of today.
    fn begin_inflation(&mut self) {
        for (rates, stake) in self.rates.iter_mut().zip(&self.plan.stages[self.stage].1.stakes) {
            let rules = stake.iter().flat_map(|stake: &StakePlan| &stake.inflation);
            let rules: Vec<Column> = rules.map(|(rule, _)| [rule.rate; LANES]).collect();
            if rates.len() != rules.len() {
                *rates = rules;
            }
        }
    }

    /// Prices of stake with power, then of stake that can be slashed.
    fn write_prices(&mut self, draws: &mut PathDraws) {
        let n_assets = self.plan.assets.len();
        for (asset, level) in self.levels.iter().enumerate() {
            let raw = &draws.prices[asset];
            draws.draws.prices[asset] =
                std::array::from_fn(|lane| raw[lane] * level[lane] * self.bonded[asset][lane]);
        }
        if !self.plan.moves {
            return;
        }
        draws.draws.prices.truncate(n_assets);
        for asset in 0..n_assets {
            let leaving = self.leaving_of(asset);
            let (raw, level, bonded) = (&draws.prices[asset], &self.levels[asset], &self.bonded[asset]);
            draws
                .draws
                .prices
                .push(std::array::from_fn(|lane| raw[lane] * level[lane] * (bonded[lane] + leaving[lane])));
        }
    }

    /// Judges these scenarios by one graph.
    fn judge(
        &mut self,
        draws: &mut PathDraws,
        standing: &Standing,
        (outcomes, execution): &mut (Outcomes, Execution),
        lanes: &[usize],
    ) {
        if self.plan.moves {
            self.use_services(draws, standing, lanes);
            self.earn(draws, standing, lanes);
        }
        self.write_profits(draws);
        assess(&standing.graph, &draws.draws, outcomes);
        execute(&standing.graph, &draws.draws, outcomes, execution);
        self.judged.take(&standing.graph, outcomes, execution, lanes);
    }

    fn write_profits(&mut self, draws: &mut PathDraws) {
        for (column, plan) in self.plan.profits.iter().enumerate() {
            let (raw, level) = (&draws.profits[column], &self.profit_levels[column]);
            let Some(service) = plan.service else {
                draws.draws.profits[column] = std::array::from_fn(|lane| raw[lane] * level[lane]);
                continue;
            };
            let uses = &self.uses[service];
            draws.draws.profits[column] = std::array::from_fn(|lane| {
                if self.is_idle(service, lane) { 0.0 } else { raw[lane] * level[lane] * uses[lane] }
            });
        }
    }

    /// Price of an asset against today's.
    pub(super) fn price_ratio(&self, draws: &PathDraws, asset: usize, lane: usize) -> f64 {
        draws.prices[asset][lane] / self.plan.assets[asset].1 * self.levels[asset][lane]
    }

    /// Carries prices over to the next epoch, lets attacks and accidents leave their mark, stake move and operators reconsider.
    pub fn go_on(&mut self, draws: &PathDraws) {
        for (asset, level) in self.levels.iter_mut().enumerate() {
            let today = self.plan.assets[asset].1;
            level.iter_mut().zip(&draws.prices[asset]).for_each(|(level, price)| *level *= price / today);
        }
        for (column, plan) in self.plan.profits.iter().enumerate().filter(|(_, plan)| plan.today > 0.0) {
            let level = self.profit_levels[column].iter_mut().zip(&draws.profits[column]);
            level.for_each(|(level, profit)| *level *= profit / plan.today);
        }
        if self.plan.moves {
            self.move_stake(draws);
        }
        if let Some(mut opted) = self.opted.take() {
            opted.reconsider(self);
            self.opted = Some(opted);
        }
    }

    /// Lets attacks and accidents leave their mark and stake come and go.
    fn move_stake(&mut self, draws: &PathDraws) {
        self.free_stake();
        if self.plan.time.contagion {
            self.leave_marks(&draws.draws);
        }
        if self.plan.time.stake_elasticity > 0.0 {
            self.flow();
        }
        self.move_queues();
        self.mint();
    }
}

//! Use, yields and stake that comes and goes.

use super::DAYS_PER_YEAR;
use super::draws::PathDraws;
use super::plan::{StakePlan, Standing};
use super::queue::Way;
use super::use_of::{margin_today, use_by_margin};
use super::world::{World, ZEROS};
use crate::kernels::Column;
use crate::study::{Flywheel, On};

/// Most that a stake grows or shrinks in one epoch by its yield, as a logarithm.
const MOST_FLOW: f64 = 0.5;

impl World<'_> {
    pub(super) fn leaving_of(&self, asset: usize) -> Column {
        let mut sum = ZEROS;
        for column in &self.leaving[asset] {
            sum.iter_mut().zip(column).for_each(|(sum, part)| *sum += part);
        }
        sum
    }

    /// Value of the stake behind a secured service against today's.
    pub(super) fn value(&self, draws: &PathDraws, standing: &Standing, secured: usize, lane: usize) -> f64 {
        let value = |(asset, part): &(usize, f64)| {
            part * self.price_ratio(draws, *asset, lane) * self.bonded[*asset][lane]
        };
        standing.backing[secured].iter().map(value).sum()
    }

    /// Value of the stake behind a secured service at the prices with which the epoch ends, against today's and its own.
    pub(super) fn ended_value(&self, secured: usize, lane: usize) -> f64 {
        let backing = &self.standing().backing[secured];
        let whole: f64 = backing.iter().map(|(_, part)| part).sum();
        let value =
            |(asset, part): &(usize, f64)| part * self.levels[*asset][lane] * self.bonded[*asset][lane];
        if whole > 0.0 { backing.iter().map(value).sum::<f64>() / whole } else { 0.0 }
    }

    /// Use of each service by its security.
    pub(super) fn use_services(&mut self, draws: &PathDraws, standing: &Standing, lanes: &[usize]) {
        let plan = self.plan;
        let Some(flywheel) = plan.time.flywheel else { return };
        for (index, secured) in standing.graph.secured.iter().enumerate() {
            // Hash power has no stake behind it.
            if plan.today().backing[index].is_empty() {
                continue;
            }
            for lane in lanes.iter().copied() {
                let wanted = match flywheel.on {
                    On::Stake => libm::pow(self.value(draws, standing, index, lane), flywheel.elasticity),
                    On::Margin => self.use_by_margin(draws, standing, (index, lane), flywheel),
                };
                self.uses[secured.service][lane] = wanted.min(flywheel.ceiling);
            }
        }
    }

    /// Use by the margin of the target that is covered least; today's where there is no margin today.
    fn use_by_margin(
        &self,
        draws: &PathDraws,
        standing: &Standing,
        (secured, lane): (usize, usize),
        flywheel: Flywheel,
    ) -> f64 {
        let Some(today) = margin_today(&self.plan.today().covers[secured]) else { return 1.0 };
        let value = self.value(draws, standing, secured, lane);
        // A cover is that of the whole stake of the standing.
        let whole: f64 = standing.backing[secured].iter().map(|(_, part)| part).sum();
        if whole <= 0.0 {
            return 0.0;
        }
        let ratios = standing.covers[secured].iter().map(|cover| {
            let profit = &self.plan.profits[cover.profit_column];
            let level =
                self.profit_levels[cover.profit_column][lane] * draws.profits[cover.profit_column][lane];
            cover.ratio * (value / whole) / (level / profit.today)
        });
        use_by_margin(ratios.fold(f64::INFINITY, f64::min), today, flywheel.elasticity)
    }

    /// What each stake earns at this epoch's prices and use.
    pub(super) fn earn(&mut self, draws: &PathDraws, standing: &Standing, lanes: &[usize]) {
        for (asset, stake) in standing.stakes.iter().enumerate() {
            let Some(stake) = stake else { continue };
            for lane in lanes.iter().copied() {
                let bonded = self.bonded[asset][lane].max(1e-12);
                let minted = stake.inflation.iter().zip(&self.rates[asset]).map(|((rule, tokens), rate)| {
                    rule.reward_apr(rate[lane], tokens * bonded) * tokens / stake.tokens
                });
                let minted: f64 = minted.sum();
                let price = self.price_ratio(draws, asset, lane);
                let revenue = stake.revenue.iter().map(|(secured, paid_in, rate)| {
                    let service = standing.graph.secured[*secured].service;
                    let paid = paid_in.map_or(1.0, |asset| self.price_ratio(draws, asset, lane));
                    if self.is_idle(service, lane) {
                        0.0
                    } else {
                        rate * self.uses[service][lane] * paid / (price * bonded)
                    }
                });
                self.yields[asset][lane] = stake.apr + minted + revenue.sum::<f64>();
            }
        }
    }

    /// Stake whose unbonding is over is gone.
    pub(super) fn free_stake(&mut self) {
        for queue in &mut self.leaving {
            if let Some(last) = queue.last_mut() {
                *last = ZEROS;
                queue.rotate_right(1);
            }
        }
    }

    /// Stake starts to leave: its power goes at once, itself after its unbonding; where there is a queue, both wait for their turn.
    pub(super) fn leave(&mut self, asset: usize, lane: usize, part: f64) {
        if self.standing().stakes[asset].as_ref().is_some_and(|stake| stake.churn.is_some()) {
            let most = self.bonded[asset][lane] - self.exiting[asset][lane];
            self.exiting[asset][lane] += part.min(most);
            return;
        }
        self.unbond(asset, lane, part);
    }

    fn unbond(&mut self, asset: usize, lane: usize, part: f64) {
        self.bonded[asset][lane] -= part;
        if let Some(first) = self.leaving[asset].first_mut() {
            first[lane] += part;
        }
    }

    /// Lets as much stake in and out as the chain does in an epoch of the path.
    pub(super) fn move_queues(&mut self) {
        let standing = self.standing();
        for (asset, stake) in standing.stakes.iter().enumerate() {
            let Some((tokens, churn)) = stake.as_ref().and_then(|stake| Some((stake.tokens, stake.churn?)))
            else {
                continue;
            };
            for lane in 0..self.n {
                let (out, inwards) = (self.exiting[asset][lane], self.entering[asset][lane]);
                if out <= 0.0 && inwards <= 0.0 {
                    continue;
                }
                let active = self.bonded[asset][lane] * tokens;
                let out = out.min(churn.most(active, Way::Leaving) / tokens);
                let inwards = inwards.min(churn.most(active, Way::Entering) / tokens);
                self.exiting[asset][lane] -= out;
                self.entering[asset][lane] -= inwards;
                self.unbond(asset, lane, out);
                self.bonded[asset][lane] += inwards;
            }
        }
    }

    /// Stake follows its yield: `Δ ln(stake) = elasticity · Δt · ln(yield / yield required)`.
    pub(super) fn flow(&mut self) {
        let plan = self.plan;
        let time = &plan.time;
        let speed = time.stake_elasticity * time.epoch_days / DAYS_PER_YEAR;
        let push = time.flywheel.map_or(1.0, |flywheel| flywheel.push);
        for (asset, stake) in plan.today().stakes.iter().enumerate() {
            let required = stake.as_ref().map_or(0.0, StakePlan::yield_today) / push;
            if required <= 0.0 {
                continue;
            }
            let waits = self.standing().stakes[asset].as_ref().is_some_and(|stake| stake.churn.is_some());
            for lane in 0..self.n {
                let growth = speed * libm::log(self.yields[asset][lane] / required);
                let growth = growth.clamp(-MOST_FLOW, MOST_FLOW);
                let now = self.bonded[asset][lane];
                match growth > 0.0 {
                    true if waits => self.entering[asset][lane] += now * libm::expm1(growth),
                    true => self.bonded[asset][lane] = now * libm::exp(growth),
                    false => self.leave(asset, lane, now * -libm::expm1(growth)),
                }
            }
        }
    }

    /// Inflation moves by its rule.
    pub(super) fn mint(&mut self) {
        let years = self.plan.time.epoch_days / DAYS_PER_YEAR;
        for (asset, stake) in self.standing().stakes.iter().enumerate() {
            let rules = stake.iter().flat_map(|stake| &stake.inflation);
            for ((rule, tokens), rate) in rules.zip(&mut self.rates[asset]) {
                for (rate, bonded) in rate.iter_mut().zip(&self.bonded[asset]) {
                    *rate = rule.moved(*rate, tokens * bonded, years);
                }
            }
        }
    }
}

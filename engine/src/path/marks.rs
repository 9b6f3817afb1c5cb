//! What attacks and accidents leave behind: slashes, drawdowns, flight, forced sales.

use super::sales::{Pressed, fall};
use super::world::World;
use crate::graph::Graph;
use crate::kernels::{Column, LANES};

impl World<'_> {
    /// Whether the design's attack of a scenario is carried out now.
    fn strikes(&mut self, design: usize, lane: usize) -> bool {
        let is_hit = self.judged.hits(design, lane).next().is_some();
        let gain = if is_hit { self.judged.gain[design][lane] } else { 0.0 };
        let (waited, best) = (&mut self.waited[design][lane], &mut self.gains[design][lane]);
        if gain <= 0.0 {
            (*waited, *best) = (0, 0.0);
            return false;
        }
        if *waited < self.plan.time.wait_epochs && gain > *best {
            (*waited, *best) = (*waited + 1, gain);
            return false;
        }
        (*waited, *best) = (0, 0.0);
        true
    }

    /// Slashes, drawdowns, flight and sales after what happened in this epoch; a world with contagion has one design.
    pub(super) fn leave_marks(&mut self, draws: &crate::sampling::Draws) {
        let strikes: Vec<bool> = (0..self.n).map(|lane| self.strikes(0, lane)).collect();
        let mut lost = vec![[0.0; LANES]; self.plan.assets.len()];
        // Of what each holder has.
        let mut slashed = vec![[0.0; LANES]; self.plan.sellers.len()];
        let losses = std::mem::take(&mut self.judged.losses);
        for line in &losses {
            let (asset, lane) = (usize::from(line.asset), usize::from(line.lane));
            let by_attack = if strikes[lane] { line.by_attack_usd } else { 0.0 };
            let usd = by_attack + line.by_accident_usd;
            lost[asset][lane] += usd;
            for (seller, slashed) in
                self.plan.sellers.iter().zip(&mut slashed).filter(|(s, _)| s.asset == asset)
            {
                let part = seller.parts[usize::from(line.pool)][line.operator as usize];
                let worth = draws.prices[asset][lane] * seller.tokens;
                slashed[lane] += if worth > 0.0 { part * usd / worth } else { 0.0 };
            }
        }
        self.judged.losses = losses;
        for (asset, stake) in self.standing().stakes.iter().enumerate() {
            let Some(stake) = stake else { continue };
            for lane in 0..self.n {
                // Prices hold the stake's factor already.
                let usd = draws.prices[asset][lane] * stake.tokens;
                let left = if usd > 0.0 { (1.0 - lost[asset][lane] / usd).max(0.0) } else { 1.0 };
                self.bonded[asset][lane] *= left;
                self.exiting[asset][lane] *= left;
                self.leaving[asset].iter_mut().for_each(|column| column[lane] *= left);
            }
        }
        let mut aftermath = Aftermath::new(self.plan.assets.len());
        for (lane, strikes) in strikes.into_iter().enumerate() {
            aftermath.clear();
            if strikes {
                self.fall(lane, &mut aftermath);
            }
            self.sell(lane, &slashed, &aftermath);
        }
    }

    /// The attacked services are dead, their assets fall, and stake behind them flees.
    fn fall(&mut self, lane: usize, aftermath: &mut Aftermath) {
        let standing = self.standing();
        let hits: Vec<usize> = self.judged.hits(0, lane).collect();
        for (secured, target) in hits.into_iter().filter_map(|position| located(&standing.graph, position)) {
            self.dead[standing.graph.secured[secured].service][lane] = true;
            if let (Some(asset), drawdown) = standing.drawdowns[secured][target] {
                aftermath.drawdown[asset] = aftermath.drawdown[asset].max(drawdown);
            }
            standing.backing[secured].iter().for_each(|(asset, _)| aftermath.flees[*asset] = true);
        }
        for asset in 0..self.plan.assets.len() {
            self.devalue(asset, lane, aftermath.drawdown[asset]);
            if aftermath.flees[asset] {
                let fled = self.plan.time.flight * self.bonded[asset][lane];
                self.leave(asset, lane, fled);
            }
        }
    }

    /// An asset loses a part of its price, and with it profits in it.
    fn devalue(&mut self, asset: usize, lane: usize, part: f64) {
        if part <= 0.0 {
            return;
        }
        self.levels[asset][lane] *= 1.0 - part;
        for (level, plan) in self.profit_levels.iter_mut().zip(&self.plan.profits) {
            if plan.asset == Some(asset) {
                level[lane] *= 1.0 - part;
            }
        }
    }

    /// Holders whose stake has lost value or fled sell, and what they sell of an asset lowers its price.
    fn sell(&mut self, lane: usize, slashed: &[Column], aftermath: &Aftermath) {
        let plan = self.plan;
        let sellers = || plan.sellers.iter().enumerate();
        for asset in 0..if plan.sellers.is_empty() { 0 } else { plan.assets.len() } {
            let pressed: Vec<(usize, Pressed)> = sellers()
                .filter(|(_, seller)| seller.asset == asset)
                .map(|(index, seller)| {
                    let lost = slashed[index][lane].min(1.0);
                    self.held[index][lane] *= 1.0 - lost;
                    let price = plan.assets[asset].1 * self.levels[asset][lane];
                    let worth = price * seller.tokens * self.held[index][lane];
                    let holder = Pressed {
                        weight: worth / seller.liquidity_usd,
                        fled: if aftermath.flees[asset] { plan.time.flight } else { 0.0 },
                        forced: seller.forced,
                        fall: lost * (1.0 + seller.discount) + aftermath.drawdown[asset],
                    };
                    (index, holder)
                })
                .collect();
            let holders: Vec<Pressed> = pressed.iter().map(|(_, holder)| *holder).collect();
            let p = fall(&holders);
            self.devalue(asset, lane, p);
            for (index, holder) in pressed {
                let sold = holder.sold(p);
                // What has fled is on its way already; who buys the rest redeems it.
                let more = (sold - holder.fled).max(0.0) * self.held[index][lane] * plan.sellers[index].part;
                self.leave(asset, lane, more.min(self.bonded[asset][lane]));
                self.held[index][lane] *= 1.0 - sold;
                self.sold[index][lane] = 1.0 - (1.0 - self.sold[index][lane]) * (1.0 - sold);
            }
        }
    }
}

/// What an attack has done to assets in one scenario.
struct Aftermath {
    /// Fall of the price. `[asset]`
    drawdown: Vec<f64>,
    /// Whether stake flees. `[asset]`
    flees: Vec<bool>,
}

impl Aftermath {
    fn new(n_assets: usize) -> Self {
        Self { drawdown: vec![0.0; n_assets], flees: vec![false; n_assets] }
    }

    fn clear(&mut self) {
        self.drawdown.fill(0.0);
        self.flees.fill(false);
    }
}

/// Secured service and target at a position among the targets of the graph's first design.
fn located(graph: &Graph, position: usize) -> Option<(usize, usize)> {
    let mut first = 0;
    graph.designs[0].secured.iter().find_map(|secured| {
        let n = graph.secured[*secured].targets.len();
        let found = (position < first + n).then(|| (*secured, position.saturating_sub(first)));
        first += n;
        found
    })
}

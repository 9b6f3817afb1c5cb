//! The draws of each epoch of a path.
//!
//! Epoch `e` has the streams of its own seed, which the first epoch shares with scenarios without time. Who colludes is drawn at
//! the start of every look and stays until the next; the common factor of a look is spread over its epochs as a bridge, so that
//! each epoch's part is standard normal, all are independent, and they add up to the factor that was drawn.

use crate::kernels::level::Level;
use crate::kernels::{Column, LANES};
use crate::sampling::{Draws, Sampler};
use crate::streams::Purpose;
use crate::study::{Study, Time};

/// How to draw the epochs of a path.
#[derive(Debug)]
pub struct PathSampler {
    /// `[epoch]`
    epochs: Vec<Sampler>,
    /// Streams of the bridge. `[epoch]`
    bridge: Vec<Purpose>,
    /// Epochs of a look.
    look: usize,
}

/// Draws of one epoch, as they come from the streams.
#[derive(Debug)]
pub struct PathDraws {
    /// What is judged; worlds write their own prices and profits into it.
    pub draws: Draws,
    /// Prices of this epoch alone, from today's on. `[asset]`
    pub prices: Vec<Column>,
    /// Profits likewise. `[attack of the study]`
    pub profits: Vec<Column>,
    /// The common factor of the look.
    common: Column,
    /// Bridge of the look. `[epoch of the look]`
    bridge: Vec<Column>,
}

#[cfg(test)]
impl PathDraws {
    /// The common factor of the look.
    pub fn whole(&self) -> Column {
        self.common
    }
}

/// Seed of an epoch; the first one's is the study's.
pub fn epoch_seed(seed: u64, epoch: usize) -> u64 {
    if epoch == 0 { seed } else { Purpose::new(seed, &format!("epoch/{epoch}")).extra_bits(0, 0) }
}

impl PathSampler {
    /// Compiles the laws of each epoch; the study's horizon is the length of an epoch.
    pub fn new(study: &Study, time: &Time) -> Self {
        let n = time.epochs as usize;
        let look = look_epochs(time);
        let seed = |epoch| epoch_seed(study.run.seed, epoch);
        // The last look may reach beyond the path's end.
        let all = n.div_ceil(look) * look;
        Self {
            epochs: (0..n).map(|epoch| Sampler::new(study, seed(epoch))).collect(),
            bridge: (0..all).map(|epoch| Purpose::new(seed(epoch), "path/common")).collect(),
            look,
        }
    }

    /// Room for one block.
    pub fn room(&self) -> PathDraws {
        let draws = self.epochs[0].room();
        let (prices, profits) = (draws.prices.clone(), draws.profits.clone());
        PathDraws { draws, prices, profits, common: [0.0; LANES], bridge: vec![[0.0; LANES]; self.look] }
    }

    /// Draws an epoch of a block; epochs come in order.
    pub fn draw(&self, block: u64, n: usize, epoch: u32, draws: &mut PathDraws) {
        let epoch = epoch as usize;
        let step = epoch % self.look;
        if step == 0 {
            self.epochs[epoch].draw_collusion(block, n, &mut draws.draws);
            draws.common = draws.draws.common;
            self.draw_bridge(block, epoch, &mut draws.bridge);
        }
        let root = libm::sqrt(crate::moments::count(self.look as u64));
        let common = draws.common.iter().zip(&draws.bridge[step]);
        for (now, (common, bridge)) in draws.draws.common.iter_mut().zip(common) {
            *now = common / root + bridge;
        }
        // Worlds may have added prices of their own.
        draws.draws.prices.truncate(draws.prices.len());
        self.epochs[epoch].draw_moves(block, &mut draws.draws);
        draws.prices.clone_from_slice(&draws.draws.prices);
        draws.profits.clone_from_slice(&draws.draws.profits);
    }

    /// Normals less their mean: what the look's factor leaves open.
    fn draw_bridge(&self, block: u64, first: usize, bridge: &mut [Column]) {
        if self.look == 1 {
            return;
        }
        let mut mean = [0.0; LANES];
        for (purpose, column) in self.bridge[first..].iter().zip(bridge.iter_mut()) {
            purpose.stream(block).normals(Level::best(), column);
            mean.iter_mut().zip(&*column).for_each(|(mean, z)| *mean += z);
        }
        let n = crate::moments::count(bridge.len() as u64);
        for column in bridge {
            column.iter_mut().zip(&mean).for_each(|(z, sum)| *z -= sum / n);
        }
    }
}

/// Epochs during which it stays as drawn who colludes.
pub fn look_epochs(time: &Time) -> usize {
    let epochs = libm::round(time.redraw_days / time.epoch_days).max(1.0);
    if epochs >= f64::from(time.epochs) { time.epochs as usize } else { whole(epochs) }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "between 1 and the number of epochs"
)]
fn whole(epochs: f64) -> usize {
    epochs as usize
}

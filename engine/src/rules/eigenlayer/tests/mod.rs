//! Published cases by their ids, edges, and properties.

mod allocating;
mod models;
mod paying;
mod properties;
mod slashing;
mod staking;

use super::{Deployment, Magnitudes, WAD};

/// Mainnet's de-allocation and withdrawal delay.
const DELAY: u64 = 100_800;

/// 10¹⁸ in the width of shares: one token.
const TOKEN: u128 = WAD as u128;

/// An operator on mainnet, member of every one of `n_sets` sets, whose allocations act at once.
fn member_of(n_sets: usize) -> Magnitudes {
    let mut magnitudes = Magnitudes::new(Deployment::MainnetV19.parameters(), n_sets, 0);
    for set in 0..n_sets {
        magnitudes.register(set, 0).unwrap();
    }
    magnitudes
}

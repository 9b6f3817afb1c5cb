//! Services that stand still because enough of their power is down at once, with nobody attacking.

use super::Outcomes;
use crate::fraction::Threshold;
use crate::graph::{Graph, Power, StakePower, slot};
use crate::kernels::bits;
use crate::sampling::Draws;

/// Scenarios of the block in which operators hit by `fault` hold enough power to halt each service. `[secured]`
pub fn halted_by_accident(graph: &Graph, draws: &Draws, fault: usize, outcomes: &mut Outcomes) -> Vec<u64> {
    let mut hits = vec![0; graph.secured.len()];
    for lane in bits::ones(&draws.faulty[fault].anybody).take_while(|lane| *lane < draws.n) {
        for (secured, hits) in graph.given(draws.turned[lane]).secured.iter().zip(&mut hits) {
            if let (Power::Stake(power), Some(threshold)) = (&secured.power, secured.halts_at) {
                *hits += u64::from(halted(power, threshold, draws, (fault, lane), outcomes));
            }
        }
    }
    hits
}

fn halted(
    power: &StakePower,
    threshold: Threshold,
    draws: &Draws,
    (fault, lane): (usize, usize),
    outcomes: &mut Outcomes,
) -> bool {
    let priced = &mut outcomes.scratch.priced;
    priced.price_total(power, |asset| draws.prices[asset][lane]);
    let down = draws.faulty[fault].lane(lane).filter_map(|operator| slot(power, operator));
    let silent: u128 = down.map(|slot| priced.units(power, slot)).sum();
    priced.total > 0 && silent >= threshold.least_power(priced.total)
}

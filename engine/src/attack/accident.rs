//! Services that stand still because enough of their power is down at once, with nobody attacking.

use super::Outcomes;
use crate::fraction::Threshold;
use crate::graph::{Graph, Power, Secured, Silence, StakePower, slot};
use crate::kernels::bits;
use crate::sampling::Draws;

/// Tells the secured service for each scenario of the block in which operators hit by `fault` hold enough power to halt it.
pub fn halted_by_accident(
    graph: &Graph,
    draws: &Draws,
    fault: usize,
    outcomes: &mut Outcomes,
    mut halted: impl FnMut(usize),
) {
    for lane in bits::ones(&draws.faulty[fault].anybody).take_while(|lane| *lane < draws.n) {
        for (index, secured) in graph.given(draws.turned[lane]).secured.iter().enumerate() {
            let at = (fault, lane);
            if secured.silences.iter().any(|silence| is_halted(secured, *silence, (draws, at), outcomes)) {
                halted(index);
            }
        }
    }
}

/// Whether as much of each quorum as a silence takes is down.
fn is_halted(
    secured: &Secured,
    silence: Silence,
    (draws, at): (&Draws, (usize, usize)),
    outcomes: &mut Outcomes,
) -> bool {
    let Power::Stake(first) = &secured.power else { return false };
    let quorums = [silence.first.zip(Some(first)), silence.second.zip(secured.second.as_ref())];
    quorums.into_iter().flatten().all(|(threshold, power)| silent(power, threshold, (draws, at), outcomes))
}

fn silent(
    power: &StakePower,
    threshold: Threshold,
    (draws, (fault, lane)): (&Draws, (usize, usize)),
    outcomes: &mut Outcomes,
) -> bool {
    let priced = &mut outcomes.scratch.priced;
    priced.price_total(power, |asset| draws.prices[asset][lane]);
    let down = draws.faulty[fault].lane(lane).filter_map(|operator| slot(power, operator));
    let silent: u128 = down.map(|slot| priced.units(power, slot)).sum();
    priced.total > 0 && silent >= threshold.least_power(priced.total)
}

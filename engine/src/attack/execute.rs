//! The attack that pays best in each scenario of a design, who is in it, and what accidents cost.

use super::cascade::{Cascades, Start};
use super::chosen::operators;
use super::found::Kept;
use super::instead;
use super::routes::beside_usd;
use super::{Chosen, DesignOutcome, Execution, LossLine, NO_TARGET, Outcomes, judged, turned};
use crate::graph::{
    Accident, Assault, AssetAmounts, DesignGraph, FaultLosses, Graph, Incident, Power, Strike, Targets,
    targets_in,
};
use crate::kernels::{LANES, Mask, bits, columns};
use crate::sampling::Draws;
use crate::study::Route;

/// Carries out the best attack of each scenario and design, settles it and the accidents by the protocols' rules, and
/// tallies the operators.
pub fn execute(graph: &Graph, draws: &Draws, outcomes: &mut Outcomes, execution: &mut Execution) {
    execute_seen(graph, draws, outcomes, execution, |_, _, _| ());
}

/// As [`execute`]; `seen` is told the design, the scenario and the coalition of each that is settled.
pub fn execute_seen(
    graph: &Graph,
    draws: &Draws,
    outcomes: &mut Outcomes,
    execution: &mut Execution,
    mut seen: impl FnMut(usize, usize, &[u32]),
) {
    execute_by(graph, draws, outcomes, execution, &mut seen);
    if graph.varies() {
        turned::each(graph, draws, (outcomes, execution), |graph, outcomes, execution| {
            execute_by(graph, draws, outcomes, execution, &mut seen);
        });
    }
}

/// The same by one graph alone, in the scenarios for which it holds.
fn execute_by(
    graph: &Graph,
    draws: &Draws,
    outcomes: &mut Outcomes,
    execution: &mut Execution,
    seen: &mut impl FnMut(usize, usize, &[u32]),
) {
    execution.losses.clear();
    execution.instead.clear();
    for (index, design) in graph.designs.iter().enumerate() {
        execution.cascades[index].iter_mut().for_each(Cascades::clear);
        choose(graph, design, (draws, outcomes), (execution, index));
        book_means(design, draws, &mut execution.designs[index]);
        let drawn = design.faults.iter().enumerate().find(|(_, losses)| !losses.hit.is_empty());
        let hit = drawn.map_or(Mask::default(), |(fault, _)| draws.faulty[fault].anybody);
        let (judged, out) = (judged(graph, draws), &mut execution.designs[index]);
        if design.byzantine != 0 {
            bits::ones(&judged).for_each(|lane| book_byzantine(design, (draws, lane), out));
        }
        let eventful = if design.taken.is_empty() {
            let attacked = bits::lanes_where(|lane| out.target[lane] != NO_TARGET);
            bits::both(&judged, &bits::either(&attacked, &hit))
        } else {
            judged
        };
        for lane in bits::ones(&eventful) {
            execution.designs[index].is_written = true;
            execution.operators[index].open(graph.n_operators);
            attack(graph, design, (draws, lane), outcomes, execution, index);
            accidents(drawn, draws, lane, &mut execution.accidents);
            follow((graph, design), (draws, lane), (execution, index));
            let first = execution.losses.len();
            settle(design, draws, lane, (execution, index));
            count((execution, index), first);
            seen(index, lane, &execution.members);
            instead::find((graph, design), (draws, lane), outcomes, (execution, index));
        }
    }
}

/// Finds the best attack of each scenario and design without carrying it out: targets and net gains alone.
pub fn decide(graph: &Graph, draws: &Draws, outcomes: &mut Outcomes, execution: &mut Execution) {
    decide_by(graph, draws, outcomes, execution);
    if graph.varies() {
        turned::each(graph, draws, (outcomes, execution), |graph, outcomes, execution| {
            decide_by(graph, draws, outcomes, execution);
        });
    }
}

fn decide_by(graph: &Graph, draws: &Draws, outcomes: &Outcomes, execution: &mut Execution) {
    for (index, design) in graph.designs.iter().enumerate() {
        choose(graph, design, (draws, outcomes), (execution, index));
    }
}

/// Notes which services have turned Byzantine, and what they slash.
fn book_byzantine(design: &DesignGraph, (draws, lane): (&Draws, usize), out: &mut DesignOutcome) {
    out.is_written = true;
    out.n_byzantine[lane] = i32::try_from(design.byzantine.count_ones()).unwrap_or(i32::MAX);
    let usd = |amounts: &AssetAmounts| draws.prices[amounts.asset][lane] * amounts.tokens.iter().sum::<f64>();
    out.byzantine_slashed[lane] = design.taken.iter().map(usd).sum();
}

/// Clears what a design holds of an earlier block, and chooses its targets.
fn choose(
    graph: &Graph,
    design: &DesignGraph,
    (draws, outcomes): (&Draws, &Outcomes),
    (execution, index): (&mut Execution, usize),
) {
    execution.operators[index].clear();
    let out = &mut execution.designs[index];
    out.clear();
    choose_targets(graph, design, outcomes, draws.n, out);
    choose_joint(graph, design, (draws, outcomes), (execution, index));
}

/// Mean losses by accidents too frequent and too small to be drawn one by one.
fn book_means(design: &DesignGraph, draws: &Draws, out: &mut DesignOutcome) {
    for (asset, tokens) in design.faults.iter().flat_map(|losses| &losses.mean_of_all) {
        out.is_written = true;
        columns::add_scaled(&mut out.fault_slashed[..draws.n], *tokens, &draws.prices[*asset][..draws.n]);
    }
}

/// The target that nets most in each scenario, and the bound over all targets.
fn choose_targets(
    graph: &Graph,
    design: &DesignGraph,
    outcomes: &Outcomes,
    n: usize,
    out: &mut DesignOutcome,
) {
    let mut position = 0u16;
    let mut better = [false; LANES];
    for secured in &design.secured {
        let first = outcomes.first_target[*secured];
        for target in &outcomes.targets[first..first + graph.secured[*secured].targets.len()] {
            if !target.is_out_of_reach() {
                if target.nets_more(&out.net_gain, &mut better) {
                    for lane in (0..n).filter(|lane| better[*lane]) {
                        out.net_gain[lane] = target.net_gain(lane);
                        out.target[lane] = position;
                    }
                }
                out.is_written |= target.raise_to_net_gain_upper(&mut out.net_gain_upper, n);
            }
            position += 1;
        }
    }
}

/// Puts the best joint attack of each scenario in place of the single one where it nets more, and the bound over all joint
/// attacks in place of that over single targets.
fn choose_joint(
    graph: &Graph,
    design: &DesignGraph,
    (draws, outcomes): (&Draws, &Outcomes),
    (execution, index): (&mut Execution, usize),
) {
    let Execution { designs, stages, joint_members, joint_ends, joint_parts, left_out, .. } = execution;
    joint_members.clear();
    joint_ends.clear();
    joint_parts.clear();
    let (Some(stage), out) = (&mut stages[index], &mut designs[index]) else { return };
    for lane in 0..draws.n {
        if !graph.holds_given(draws.turned[lane]) {
            joint_ends.push(joint_members.len());
            continue;
        }
        if let Some(slack) = out.slack.get_mut(lane) {
            *slack = stage.slack((graph, design), (draws, lane), outcomes);
        }
        let floor = out.net_gain[lane];
        let verdict = stage.judge((graph, design), (draws, lane), outcomes, floor);
        let upper = left_out[index].upper((graph, design), (draws, lane), outcomes, verdict.upper.max(floor));
        out.net_gain_upper[lane] = upper;
        out.is_written |= out.net_gain_upper[lane] > 0.0;
        if let Some(witness) = verdict.witness.filter(|witness| witness.net() > floor) {
            out.net_gain[lane] = witness.net();
            out.net_gain_upper[lane] = out.net_gain_upper[lane].max(witness.net());
            out.target[lane] = u16::try_from(witness.targets.trailing_zeros()).unwrap_or(NO_TARGET);
            out.targets[lane] = witness.targets;
            out.profit[lane] = witness.profit + witness.returned;
            out.taken[lane] = witness.profit;
            out.cost[lane] = witness.cost;
            joint_members.extend(witness.members.iter().map(|member| stage.operator(*member)));
            if !design.joint.divisible.is_empty() {
                joint_parts.extend(witness.committed().map(|(_, part)| part));
            }
        }
        joint_ends.push(joint_members.len());
    }
}

/// A target of a design.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Located {
    /// Position in [`Outcomes::targets`].
    pub(crate) at: usize,
    /// Its secured service.
    pub(crate) secured: usize,
    /// Position of the service among those of the design.
    service: usize,
    /// Position among the targets of the service.
    target: usize,
}

/// The design's `position`-th target.
pub(crate) fn locate(graph: &Graph, design: &DesignGraph, outcomes: &Outcomes, position: u16) -> Located {
    let mut target = position as usize;
    for (service, secured) in design.secured.iter().enumerate() {
        let n = graph.secured[*secured].targets.len();
        if target < n {
            return Located {
                at: outcomes.first_target[*secured] + target,
                secured: *secured,
                service,
                target,
            };
        }
        target -= n;
    }
    unreachable!("a design's target positions come from the design itself")
}

/// Books the money of one scenario's attack; if operators carry it out, leaves them in `members` and its targets in `strikes`.
fn attack(
    graph: &Graph,
    design: &DesignGraph,
    (draws, lane): (&Draws, usize),
    outcomes: &mut Outcomes,
    execution: &mut Execution,
    index: usize,
) {
    execution.members.clear();
    execution.parts.clear();
    execution.strikes.clear();
    let out = &mut execution.designs[index];
    if out.target[lane] == NO_TARGET {
        return;
    }
    let strike = |position: u16| {
        let located = locate(graph, design, outcomes, position);
        let target = &graph.secured[located.secured].targets[located.target];
        let luck = draws.luck(lane, target.profit_column);
        Strike { service: located.service, target: located.target, luck }
    };
    let joint = out.targets.get(lane).copied().unwrap_or(0);
    if joint != 0 {
        let first = if lane == 0 { 0 } else { execution.joint_ends[lane - 1] };
        let members = first..execution.joint_ends[lane];
        execution.parts.extend(execution.joint_parts.get(members.clone()).into_iter().flatten());
        execution.members.extend(&execution.joint_members[members]);
        let positions = targets_in(joint).filter_map(|position| u16::try_from(position).ok());
        execution.strikes.extend(positions.map(strike));
    } else {
        let located = locate(graph, design, outcomes, out.target[lane]);
        let outcome = &outcomes.targets[located.at];
        let Some(route) = outcome.route(lane) else { return };
        out.profit[lane] = outcome.profit[lane] + outcome.best.returned[lane];
        out.taken[lane] = outcome.profit[lane];
        out.cost[lane] = outcome.best.cost[lane];
        let strike = strike(out.target[lane]);
        let Power::Stake(_) = &graph.secured[located.secured].power else { return };
        if !matches!(route, Route::Collude | Route::Bribe) {
            let landing = design.rules.landing(located.service, located.target, strike.luck);
            let forfeited = outcome.best.forfeited[lane];
            out.nominal_slashed[lane] = if forfeited > 0.0 { forfeited / landing.expected } else { 0.0 };
            out.slashed[lane] = out.nominal_slashed[lane] * landing.drawn;
            return;
        }
        let secured = &graph.secured[located.secured];
        let price = |asset: usize| draws.prices[asset][lane];
        if let Some((_, forfeited)) =
            beside_usd(secured, &secured.targets[located.target], price, &mut outcomes.scratch.priced)
        {
            // What members forfeit is settled by the rules; what is bought lands with it.
            let landing = design.rules.landing(located.service, located.target, strike.luck);
            let lands = landing.expected > 0.0;
            out.nominal_slashed[lane] = if lands { forfeited / landing.expected } else { forfeited };
            out.slashed[lane] = if lands { out.nominal_slashed[lane] * landing.drawn } else { forfeited };
        }
        execution.strikes.push(strike);
        let found = (&mut execution.members, &mut execution.parts);
        find_members(graph, located, route, (draws, lane), (outcomes, found));
    }
    put_parts_in_order(&execution.members, &mut execution.parts);
    put_in_order(&mut execution.members, &mut execution.crowd);
    execution.designs[index].coalition_size[lane] =
        i32::try_from(execution.members.len()).unwrap_or(i32::MAX);
}

/// What follows the attack just found and the accidents before it.
fn follow(
    (graph, design): (&Graph, &DesignGraph),
    (draws, lane): (&Draws, usize),
    (execution, index): (&mut Execution, usize),
) {
    let Execution { designs, cascades, stages, members, parts, strikes, accidents, .. } = execution;
    let (Some(cascades), Some(_)) = (&mut cascades[index], &stages[index]) else { return };
    let out = &designs[index];
    let joint = out.targets[lane];
    // Without strikes the attack was none by operators.
    let targets = match () {
        () if strikes.is_empty() => 0,
        () if joint != 0 => joint,
        () => 1 << out.target[lane],
    };
    let start = Start { accidents, first: (targets, (members, parts), out.net_gain[lane]) };
    cascades.follow((graph, design), (draws, lane), start);
}

/// Sorts operators, none of them named twice, by means of a set: bills then come in order, or nearly.
fn put_in_order(operators: &mut [u32], set: &mut Vec<u64>) {
    let words = operators.iter().max().map_or(0, |last| *last as usize / 64 + 1);
    set.clear();
    set.resize(words, 0);
    for operator in operators.iter().map(|operator| *operator as usize) {
        set[operator / 64] |= 1 << (operator % 64);
    }
    bits::write_ones(set, operators);
}

/// Sorts parts of members as [`put_in_order`] will sort the members; there are none where everybody joins whole.
fn put_parts_in_order(operators: &[u32], parts: &mut [f64]) {
    if parts.is_empty() {
        return;
    }
    let mut pairs: Vec<(u32, f64)> = operators.iter().copied().zip(parts.iter().copied()).collect();
    pairs.sort_unstable_by_key(|(operator, _)| *operator);
    parts.iter_mut().zip(pairs).for_each(|(part, (_, sorted))| *part = sorted);
}

/// The coalition of a single target's attack.
fn find_members(
    graph: &Graph,
    located: Located,
    route: Route,
    (draws, lane): (&Draws, usize),
    (outcomes, (members, parts)): (&mut Outcomes, (&mut Vec<u32>, &mut Vec<f64>)),
) {
    let Power::Stake(power) = &graph.secured[located.secured].power else { return };
    let target = &graph.secured[located.secured].targets[located.target];
    match outcomes.scratch.found.get(located.at, route, lane) {
        Some(Kept::Listed(operators, their_parts)) => {
            members.extend_from_slice(operators);
            parts.extend_from_slice(their_parts);
            return;
        }
        Some(Kept::Set { set, is_turned }) => {
            let operators = operators(power, target, is_turned);
            members.extend(bits::ones(set).map(|rank| operators[rank]));
            return;
        }
        None => (),
    }
    let Outcomes { ranks, scratch, .. } = outcomes;
    scratch.coalition.clear();
    let second = graph.secured[located.secured].second.as_ref();
    let chosen = Chosen::anew((power, second), (target, located.at), (draws, lane), scratch);
    chosen.coalition(route, draws, lane, (ranks, scratch));
    members.extend(chosen.members(&scratch.coalition).map(|(operator, _)| operator));
    parts.extend_from_slice(&scratch.coalition.parts);
}

/// The accidents of one scenario in the order of time.
fn accidents(
    drawn: Option<(usize, &FaultLosses)>,
    draws: &Draws,
    lane: usize,
    accidents: &mut Vec<Accident>,
) {
    accidents.clear();
    let Some((fault, losses)) = drawn else { return };
    for operator in draws.faulty[fault].lane(lane) {
        let days = draws.accident_days(lane, operator, losses.expected[operator]);
        accidents.extend(days.map(|day| Accident { operator, fault, day }));
    }
    accidents.sort_by(|a, b| a.day.total_cmp(&b.day));
}

/// Settles one scenario by the protocols' rules; the mean of the many small losses is booked already.
fn settle(design: &DesignGraph, draws: &Draws, lane: usize, (execution, index): (&mut Execution, usize)) {
    let Execution { designs, losses, members, parts, strikes, accidents, bill, prices, .. } = execution;
    let out = &mut designs[index];
    if strikes.is_empty() && accidents.is_empty() && design.taken.is_empty() {
        return;
    }
    let day = draws.horizon_days();
    let services = strikes.iter().fold(0, |set: Targets, strike| set | 1 << strike.service);
    let attack = (!strikes.is_empty()).then_some(Assault { strikes, members, parts, day, held: 0 });
    design.rules.settle(&Incident { accidents, attack }, bill);
    prices.clear();
    prices.extend(draws.prices.iter().map(|column| column[lane]));
    let [mut slashed, mut nominal, mut by_accidents, mut gap] = [0.0; 4];
    for line in &bill.lines {
        let usd = prices[line.asset];
        let (by_attack_usd, by_accident_usd) = (usd * line.by_attack, usd * line.by_accident);
        slashed += by_attack_usd;
        nominal += usd * line.nominal;
        by_accidents += by_accident_usd;
        gap += usd * (line.by_accident + line.by_attack - line.linear);
        losses.push(LossLine {
            design: narrow(index),
            lane: narrow(lane),
            services,
            operator: narrow(line.operator),
            pool: narrow(design.rules.pool_of(line.book)),
            asset: narrow(line.asset),
            by_attack_usd,
            by_accident_usd,
        });
    }
    // Stake that was bought is booked already.
    out.slashed[lane] += slashed;
    out.nominal_slashed[lane] += nominal;
    out.fault_slashed[lane] += by_accidents;
    out.settlement_gap[lane] = gap;
    out.gaps.add(bill.gaps);
}

/// Counts one scenario's attackers and whoever loses anything by the lines from `first` on.
fn count((execution, index): (&mut Execution, usize), first: usize) {
    let Execution { operators, losses, members, .. } = execution;
    let tally = &mut operators[index];
    for operator in members.iter() {
        tally.attacking[*operator as usize] += 1;
    }
    for lines in losses[first..].chunk_by(|a, b| a.operator == b.operator) {
        let lost = lines.iter().any(|line| line.by_attack_usd + line.by_accident_usd > 0.0);
        tally.slashed[lines[0].operator as usize] += u64::from(lost);
    }
}

/// A position as a narrow one: a study whose designs, services, pools or assets went beyond 2^16 would have found no memory for
/// its tables.
pub(super) fn narrow<T: TryFrom<usize> + Default>(position: usize) -> T {
    T::try_from(position).unwrap_or_default()
}

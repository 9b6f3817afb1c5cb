//! Who plays: operators, or the groups of an attribute.

use crate::graph::Graph;
use crate::study::Study;

/// Operators taken together as players.
#[derive(Debug, Clone)]
pub(super) struct Players {
    /// `operator`, or the attribute.
    pub attribute: String,
    /// Named players first, then those without a group, each a player of its own.
    pub names: Vec<String>,
    /// Operators with power of each named player. `[named player]`
    pub sizes: Vec<usize>,
    /// How many operators with power have no group.
    pub ungrouped: usize,
    /// `None` without power: whoever has none plays no part. `[operator]`
    pub of: Vec<Option<usize>>,
    /// Named and unnamed players.
    pub n: usize,
}

impl Players {
    /// Operators one by one, then the groups of each attribute.
    pub(super) fn of_study(study: &Study, graph: &Graph) -> Vec<Self> {
        let powerful: Vec<bool> = (0..graph.n_operators).map(|operator| has_power(graph, operator)).collect();
        let names: Vec<String> = study.operators.iter().map(|operator| operator.name.clone()).collect();
        let alone = powerful.iter().enumerate().map(|(operator, powerful)| powerful.then_some(operator));
        let operators = Self {
            attribute: "operator".to_owned(),
            sizes: powerful.iter().map(|powerful| usize::from(*powerful)).collect(),
            n: names.len(),
            ungrouped: 0,
            of: alone.collect(),
            names,
        };
        let grouped = study.attributes.iter().map(|attribute| {
            let groups = attribute.membership.iter().map(|membership| largest(membership));
            let groups: Vec<Option<usize>> = groups.collect();
            Self::grouped((&attribute.name, &attribute.groups), &groups, &powerful)
        });
        std::iter::once(operators).chain(grouped).collect()
    }

    fn grouped((attribute, names): (&str, &[String]), groups: &[Option<usize>], powerful: &[bool]) -> Self {
        let mut players = Self {
            attribute: attribute.to_owned(),
            names: names.to_vec(),
            sizes: vec![0; names.len()],
            ungrouped: 0,
            of: vec![None; groups.len()],
            n: names.len(),
        };
        for (operator, group) in groups.iter().enumerate().filter(|(operator, _)| powerful[*operator]) {
            if let Some(group) = group {
                players.sizes[*group] += 1;
                players.of[operator] = Some(*group);
            } else {
                players.ungrouped += 1;
                players.of[operator] = Some(players.n);
                players.n += 1;
            }
        }
        players
    }
}

/// The group of the largest share, the first of several.
fn largest(membership: &[(usize, f64)]) -> Option<usize> {
    let mut best: Option<(usize, f64)> = None;
    for (group, share) in membership {
        if best.is_none_or(|(_, most)| *share > most) {
            best = Some((*group, *share));
        }
    }
    best.map(|(group, _)| group)
}

/// Whether an operator has power over any service, in either quorum.
fn has_power(graph: &Graph, operator: usize) -> bool {
    graph.secured.iter().any(|secured| secured.members().any(|member| member as usize == operator))
}

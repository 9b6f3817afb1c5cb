//! Where services may turn Byzantine: a probability is the mean over the sets that turn, each of which has its own powers.

use super::{Bracket, Exact, Refinement, Refusal, ServicePower, exact, exact_both};
use crate::graph::{Graph, Secured};
use crate::study::Study;

/// A service as a design secures it where one set of services has turned.
#[derive(Debug, Clone, Copy)]
pub struct Given<'a> {
    /// How likely that set is.
    pub probability: f64,
    /// The service, not turned itself.
    pub secured: &'a Secured,
}

/// A service of a design under every set of services that may turn; not those in which it turns itself, for then nobody attacks it.
/// Empty if the design does not secure it.
pub fn given_turned<'a>(study: &Study, graph: &'a Graph, design: usize, service: usize) -> Vec<Given<'a>> {
    let odds: Vec<f64> = study.turning().map(|at| study.services[at].byzantine_probability).collect();
    let sets = 0..1usize << odds.len().min(8);
    let given = sets.filter_map(|set| {
        let has_turned = |bit: usize| set >> bit & 1 == 1;
        let chance = |(bit, p): (usize, &f64)| if has_turned(bit) { *p } else { 1.0 - p };
        let graph = graph.given(u8::try_from(set).ok()?);
        let mut here = graph.designs[design].secured.iter().map(|at| &graph.secured[*at]);
        let secured = here.find(|secured| secured.service == service && !secured.is_byzantine)?;
        Some(Given { probability: odds.iter().enumerate().map(chance).product(), secured })
    });
    given.filter(|given| given.probability > 0.0).collect()
}

/// What a law rests on in each set, each distinct one once with its probability.
pub fn distinct<T: PartialEq>(given: &[Given<'_>], law: impl Fn(&Secured) -> T) -> Vec<(f64, T)> {
    let mut found: Vec<(f64, T)> = Vec::new();
    for Given { probability, secured } in given {
        let law = law(secured);
        match found.iter_mut().find(|(_, other)| *other == law) {
            Some((weight, _)) => *weight += probability,
            None => found.push((*probability, law)),
        }
    }
    found
}

/// As [`exact`], the mean over powers of one quorum.
///
/// # Errors
/// As [`exact`].
pub fn exact_mean(
    study: &Study,
    (secured, powers): (&Secured, &[(f64, ServicePower)]),
    refinement: Refinement,
) -> Result<Exact, Refusal> {
    mean(powers, |power| exact(study, (secured, power), refinement))
}

/// As [`exact_both`], the mean over powers of two quorums.
///
/// # Errors
/// As [`exact_both`].
pub fn exact_both_mean(
    study: &Study,
    (secured, powers): (&Secured, &[(f64, [ServicePower; 2])]),
    refinement: Refinement,
) -> Result<Exact, Refusal> {
    mean(powers, |quorums| exact_both(study, (secured, quorums), refinement))
}

/// Everything but the probabilities is that of the likeliest.
fn mean<T>(laws: &[(f64, T)], of: impl Fn(&T) -> Result<Exact, Refusal>) -> Result<Exact, Refusal> {
    let mut parts = Vec::with_capacity(laws.len());
    for (weight, law) in laws {
        parts.push((*weight, of(law)?));
    }
    parts.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut parts = parts.into_iter();
    let Some((weight, mut whole)) = parts.next() else { return Err(Refusal::NoPower) };
    whole.thresholds.iter_mut().for_each(|threshold| threshold.reached = threshold.reached.times(weight));
    for (weight, part) in parts {
        for (threshold, more) in whole.thresholds.iter_mut().zip(&part.thresholds) {
            threshold.reached = threshold.reached.plus(more.reached.times(weight));
        }
        whole.cells = whole.cells.max(part.cells);
    }
    Ok(whole)
}

impl Bracket {
    /// Its part in a mean.
    #[must_use]
    pub fn times(self, factor: f64) -> Self {
        Self { low: self.low * factor, value: self.value * factor, high: self.high * factor }
    }

    /// Of one thing or another that exclude each other.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self { low: self.low + other.low, value: self.value + other.value, high: self.high + other.high }
    }
}

//! Graphs of the scenarios in which services have turned Byzantine.
//!
//! A service that has turned slashes what is allocated to it before anything else, which changes power, losses and books of the
//! designs that restake it: each set of such services has a graph of its own, of the same shape.

use super::Graph;
use std::fmt::Debug;
use std::sync::Arc;

/// Graphs by the set of services that have turned. Designs implement it.
pub trait Variants: Debug + Send + Sync {
    /// The graph of a set that is not empty: a bit for each service that may turn, in the order of the study.
    fn graph(&self, set: u8) -> &Graph;
}

/// Which services have turned in a graph.
#[derive(Debug, Clone, Default)]
pub struct Turned {
    /// A bit each.
    pub set: u8,
    /// The graphs of other sets; `None` where no service may turn, and in those graphs themselves.
    pub others: Option<Arc<dyn Variants>>,
}

impl Graph {
    /// Whether services may turn Byzantine from scenario to scenario.
    pub fn varies(&self) -> bool {
        self.turned.others.is_some()
    }

    /// The graph that holds where this set of services has turned.
    pub fn given(&self, set: u8) -> &Self {
        match &self.turned.others {
            Some(others) if set != self.turned.set => others.graph(set),
            _ => self,
        }
    }

    /// Whether the graph holds where this set of services has turned.
    pub fn holds_given(&self, set: u8) -> bool {
        self.turned.set == set
    }
}

/// The sets among those of some scenarios in which somebody has turned, rising.
pub fn sets_in(turned: &[u8]) -> impl Iterator<Item = u8> + use<> {
    let mut seen = [false; 256];
    turned.iter().for_each(|set| seen[usize::from(*set)] = true);
    (1..=u8::MAX).filter(move |set| seen[usize::from(*set)])
}

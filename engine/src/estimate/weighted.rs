//! Rows of money from books in which every scenario was multiplied by its weight.

use super::writer::Writer;
use super::{Labels, Results, Tally};
use crate::economy::Ledger;
use crate::graph::Graph;
use crate::moments::Moments;

/// Rows of the summary about payments and who bears losses, and those of operators and members. Of the tally the number of scenarios, the
/// prices and the operators' losses are looked at, no counts of scenarios.
pub fn money_rows(graph: &Graph, labels: &Labels, tally: &Tally, ledger: &Ledger) -> Results {
    let mut results = Results::default();
    for (index, design) in graph.designs.iter().enumerate() {
        let mut writer = Writer { design: &design.name, scenarios: tally.n, results: &mut results };
        for service in 0..design.secured.len() {
            writer.money(labels, (design, index), service, ledger);
        }
        writer.operators(design, index, labels, (tally, ledger));
        writer.bearers((design, index), labels, ledger, &Moments::default());
    }
    results
}

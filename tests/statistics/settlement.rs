//! Where the linear graph and the protocols' own rules differ on the shipped studies.

use crate::common::{figure, results};
use montecartel::study::Study;
use std::path::Path;

/// Settlement gap of each design as a part of all slashing, attacks and accidents.
fn gaps(study: &str) -> Vec<(String, f64)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data").join(study);
    let study = Study::load(&folder).unwrap_or_else(|error| panic!("{error}"));
    let drawn = results(&study, 50_000, 1);
    let whole = |design: &str, metric| figure(&drawn, [design, "*", "*", "*", metric]).estimate.value;
    let part = |design: &str| {
        let slashed = whole(design, "slashed_usd") + whole(design, "fault_slashed_usd");
        whole(design, "settlement_gap_usd") / slashed
    };
    study
        .designs
        .iter()
        .map(|design| (format!("{}/{}", study.name, design.name), part(&design.name)))
        .collect()
}

/// They differ most where Ethereum is attacked: the graph charges what a coalition of just the threshold loses, the penalty
/// grows with the coalition. On Cosmos chains the graph counts every accident where the first one tombstones.
#[test]
fn linear_and_exact_differ_most_where_penalties_grow_with_the_coalition() {
    let mut all: Vec<(String, f64)> =
        ["cosmos-2023", "ethereum-2024", "eigenlayer-2024"].into_iter().flat_map(gaps).collect();
    all.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
    assert_eq!(all[0].0, "eigenlayer-2024/pooled", "{all:?}");
    for (name, gap) in &all {
        assert_eq!(*gap < 0.0, name.starts_with("cosmos"), "{all:?}");
    }
}

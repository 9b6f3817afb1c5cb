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

/// They differ most where one stake answers for several chains: the linear graph adds up what one tombstone cuts short. On
/// chains of their own the gap is less than a tenth of that; on Ethereum the graph misses what grows with the coalition.
#[test]
fn linear_and_exact_differ_most_where_stake_is_shared() {
    let mut all: Vec<(String, f64)> =
        ["cosmos-2023", "ethereum-2024", "eigenlayer-2024"].into_iter().flat_map(gaps).collect();
    all.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
    let gap = |name: &str| all.iter().find(|(other, _)| other == name).map_or(f64::NAN, |(_, gap)| *gap);
    assert_eq!(all[0].0, "cosmos-2023/all", "{all:?}");
    assert!(gap("cosmos-2023/all") < 0.0 && gap("ethereum-2024/pos") > 0.0, "{all:?}");
    assert!(gap("cosmos-2023/standalone").abs() < 0.1 * gap("cosmos-2023/all").abs(), "{all:?}");
}

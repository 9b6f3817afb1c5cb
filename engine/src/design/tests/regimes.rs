//! Offences that no slash can be relied on for.

use super::*;

/// Two days of silence on Ethereum: the leak and the attestations missed, as the protocol's own loop has them.
#[test]
fn a_halt_of_ethereum_leaks() {
    let judged = judge(
        r#"
[pools.p]
asset = "A"
stake = { a = 3200, b = 6400 }
slashing = "ethereum"
fork = "deneb"
[services.s]
consensus = "ethereum"
attacks.halt = { profit_usd = 1, duration_hours = 48, threshold = ">= 1/2" }
attacks.fork = { profit_usd = 1, threshold = ">= 1/2" }
[designs.d.services.s]
system = "pos"
pool = "p"
"#,
    );
    use crate::rules::ethereum::{Fork, outage_loss, slashing_loss};
    let gwei = 1_000_000_000;
    let loss = outage_loss(Fork::Bellatrix, 32 * gwei, 9600 * gwei, 450);
    let leaked = crate::moments::count(loss.leak + loss.attestations) / 1e9;
    equal(judged.forfeited("s", "halt"), 2.0 * 200.0 * leaked);
    // Half of it slashed together: what the correlation penalty leaves is what attestations took before.
    let half = slashing_loss(Fork::Bellatrix, 32 * gwei, 4800 * gwei, 9600 * gwei);
    equal(judged.forfeited("s", "fork"), 2.0 * 200.0 * crate::moments::count(half.total()) / 1e9);
}

/// Amnesia, a network that may be late, an offence that cannot be attributed, rules that slash nothing: said, and left out.
#[test]
fn a_slash_that_cannot_be_relied_on_is_left_out_and_said() {
    use crate::graph::Regime;
    let judged = |service: &str, attack: &str, slash: &str| {
        let judged = judge(&format!(
            r#"
[pools.p]
asset = "A"
stake = {{ a = 100 }}
[services.s]
consensus = "cometbft"
{service}
attacks.fork = {{ profit_usd = 1{attack} }}
[designs.d.services.s]
system = "pos"
pool = "p"
slash = {slash}
"#
        ));
        (judged.forfeited("s", "fork"), judged.target("s", "fork").regimes.clone())
    };
    assert_eq!(judged("", ", amnesia = false", "0.05"), (10.0, vec![]));
    assert_eq!(judged("", "", "0.05"), (0.0, vec![Regime::Amnesia]));
    let late = "network = \"partially_synchronous\"";
    assert_eq!(judged(late, ", amnesia = false", "0.05"), (0.0, vec![Regime::PartialSynchrony]));
    let unattributable = ", amnesia = false, slashable = false";
    assert_eq!(judged("", unattributable, "0.05"), (0.0, vec![Regime::Unattributable]));
    assert_eq!(judged("", ", amnesia = false", "0"), (0.0, vec![Regime::NoSlash]));
}

use super::super::*;

const N64: Gwei = 64 * 32 * ETH;
const MILLION: Gwei = 1_000_000 * 32 * ETH;

/// Correlation penalties of the four forks for one effective balance.
fn correlations(effective: Gwei, slashed: Gwei, total: Gwei) -> [Gwei; 4] {
    Fork::ALL.map(|fork| correlation_penalty(fork, effective, slashed, total))
}

/// Quotients of consensus-specs, specs/{phase0,altair,bellatrix,electra}/beacon-chain.md.
#[test]
fn eth_01_initial_penalty_of_32_eth() {
    let penalties = Fork::ALL.map(|fork| initial_penalty(fork, 32 * ETH));
    assert_eq!(penalties, [250_000_000, 500_000_000, ETH, 7_812_500]);
}

/// consensus-specs, specs/electra/beacon-chain.md.
#[test]
fn eth_02_initial_penalty_of_2048_eth() {
    assert_eq!(initial_penalty(Fork::Electra, 2048 * ETH), 500_000_000);
}

/// consensus-specs, tests/core/pyspec/eth_consensus_specs/test/helpers/proposer_slashings.py, 36-100.
#[test]
fn eth_03_whistleblower_of_32_eth() {
    let rewards = Fork::ALL.map(|fork| whistleblower_reward(fork, 32 * ETH));
    assert_eq!(rewards, [62_500_000, 62_500_000, 62_500_000, 7_812_500]);
    let shared = Fork::ALL.map(|fork| evidence_reward(fork, 32 * ETH, Reporter::Other).proposer);
    assert_eq!(shared, [7_812_500, 7_812_500, 7_812_500, 976_562]);
    let own = evidence_reward(Fork::Bellatrix, 32 * ETH, Reporter::Proposer);
    assert_eq!(own, EvidenceReward { proposer: 62_500_000, reporter: 0 });
}

/// consensus-specs, tests/…/phase0/epoch_processing/test_process_slashings.py, test_max_penalties.
#[test]
fn eth_04_one_over_the_multiplier_loses_all() {
    for fork in Fork::ALL {
        let slashed = (64 / fork.correlation_multiplier() + 1).min(64) * 32 * ETH;
        assert_eq!(correlation_penalty(fork, 32 * ETH, slashed, N64), 32 * ETH, "{fork:?}");
    }
}

/// Same file, test_low_penalty: 7 of 64 slashed.
#[test]
fn eth_05_seven_of_sixty_four() {
    assert_eq!(correlations(32 * ETH, 7 * 32 * ETH, N64), [3 * ETH, 7 * ETH, 10 * ETH, 10_500_000_000]);
}

/// Same file, test_minimal_penalty: one of 17 ETH among 63 of 32.
#[test]
fn eth_07_one_alone_pays_from_electra_on() {
    let total = (63 * 32 + 17) * ETH;
    assert_eq!(correlations(17 * ETH, 17 * ETH, total), [0, 0, 0, 426_463_343]);
}

/// Same file, test_scaled_penalties: validators 0-9 hold 16…25 ETH, 92 ETH were slashed before.
#[test]
fn eth_09_scaled_penalties() {
    let effective: Vec<Gwei> = (0..64).map(|i| if i < 10 { (16 + i) * ETH } else { 32 * ETH }).collect();
    let total: Gwei = effective.iter().sum();
    assert_eq!(total, 1933 * ETH);
    let table = [
        (Fork::Phase0, 32, 1001, [8, 8, 12, 16]),
        (Fork::Altair, 21, 649, [10, 11, 16, 21]),
        (Fork::Bellatrix, 16, 489, [12, 12, 18, 24]),
    ];
    for (fork, count, sum, expected) in table {
        let slashed = 92 * ETH + effective[..count].iter().sum::<Gwei>();
        assert_eq!(slashed, sum * ETH, "{fork:?}");
        let penalties = [0, 1, 9, 10].map(|i| correlation_penalty(fork, effective[i], slashed, total) / ETH);
        assert_eq!(penalties, expected, "{fork:?}");
    }
    // Electra slashes as many as Bellatrix: ⌊1467·10⁹ / 1933⌋ = 758,923,952 Gwei per ETH.
    assert_eq!(correlation_penalty(Fork::Electra, 16 * ETH, 489 * ETH, total), 16 * 758_923_952);
}

/// Derived: ⌊3·32·10⁹ / 32·10⁶⌋ = 3000 Gwei per ETH.
#[test]
fn eth_11_one_of_a_million() {
    assert_eq!(correlations(32 * ETH, 32 * ETH, MILLION), [0, 0, 0, 96_000]);
}

/// Derived: 1 % slashed.
#[test]
fn eth_12_one_percent() {
    assert_eq!(correlations(32 * ETH, MILLION / 100, MILLION), [0, 0, 0, 960_000_000]);
}

/// Derived: 10 % slashed.
#[test]
fn eth_14_ten_percent() {
    assert_eq!(correlations(32 * ETH, MILLION / 10, MILLION), [3 * ETH, 6 * ETH, 9 * ETH, 9_600_000_000]);
    assert_eq!(correlation_penalty(Fork::Electra, 2048 * ETH, MILLION / 10, MILLION), 614_400_000_000);
}

/// Derived: half slashed.
#[test]
fn eth_16_half() {
    assert_eq!(correlations(32 * ETH, MILLION / 2, MILLION), [16 * ETH, 32 * ETH, 32 * ETH, 32 * ETH]);
}

/// upgrading-ethereum-book, src/book.md, on attestation penalties of the slashed.
#[test]
fn eth_17_missed_attestations_among_half_a_million() {
    let total = 500_000 * 32 * ETH;
    assert_eq!(base_reward_per_increment(total), 505);
    for fork in [Fork::Altair, Fork::Bellatrix, Fork::Electra] {
        let penalty = missed_attestation_penalty(fork, 32 * ETH, total);
        assert_eq!((penalty, penalty * EPOCHS_PER_SLASHINGS_VECTOR), (10_100, 82_739_200), "{fork:?}");
    }
}

/// Derived: a million validators.
#[test]
fn eth_18_missed_attestations_among_a_million() {
    assert_eq!(base_reward_per_increment(MILLION), 357);
    let penalty = missed_attestation_penalty(Fork::Bellatrix, 32 * ETH, MILLION);
    assert_eq!((penalty, penalty * 8192), (7_140, 58_490_880));
    let loss = slashing_loss(Fork::Electra, 32 * ETH, 32 * ETH, MILLION);
    assert_eq!(loss, SlashingLoss { initial: 7_812_500, correlation: 96_000, attestations: 58_490_880 });
}

/// Conflicting finality, 333,334 of a million, unit level with 32 ETH: 10.25, 21.5, 32 and 32 ETH each.
#[test]
fn a_third_slashed_at_unit_level() {
    let slashed = 333_334 * 32 * ETH;
    let each = Fork::ALL.map(|fork| {
        let both = initial_penalty(fork, 32 * ETH) + correlation_penalty(fork, 32 * ETH, slashed, MILLION);
        both.min(32 * ETH)
    });
    assert_eq!(each, [10_250_000_000, 21_500_000_000, 32 * ETH, 32 * ETH]);
    assert_eq!(each.map(|gwei| gwei * 333_334 / (1000 * ETH)), [3416, 7166, 10_666, 10_666]);
    assert_eq!(Fork::ALL.map(|fork| loses_everything(fork, slashed, MILLION)), [false, false, true, true]);
}

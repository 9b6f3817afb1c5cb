use super::super::*;

#[test]
fn upgrades_have_names_and_rules() {
    let rules: Vec<_> = Upgrade::ALL.map(|upgrade| upgrade.name().parse::<Fork>()).into_iter().collect();
    let expected = [
        Fork::Phase0,
        Fork::Altair,
        Fork::Bellatrix,
        Fork::Bellatrix,
        Fork::Bellatrix,
        Fork::Electra,
        Fork::Electra,
    ];
    assert_eq!(rules, expected.map(Ok));
    for name in ["", "Altair", "gloas", "electra "] {
        let message = format!(
            "upgrade must be one of phase0, altair, bellatrix, capella, deneb, electra and fulu, got `{name}`"
        );
        assert_eq!(name.parse::<Fork>().expect_err("no such upgrade").to_string(), message);
    }
}

/// consensus-specs, configs/mainnet.yaml: an upgrade's first epoch is its own.
#[test]
fn mainnet_changes_rules_at_its_epochs() {
    for (epoch, fork) in [
        (0, Fork::Phase0),
        (74_239, Fork::Phase0),
        (74_240, Fork::Altair),
        (144_895, Fork::Altair),
        (144_896, Fork::Bellatrix),
        (364_031, Fork::Bellatrix),
        (364_032, Fork::Electra),
        (u64::MAX, Fork::Electra),
    ] {
        assert_eq!(Fork::at_mainnet_epoch(epoch), fork, "{epoch}");
    }
    for upgrade in Upgrade::ALL {
        assert_eq!(Upgrade::at_mainnet_epoch(upgrade.mainnet_epoch()), upgrade);
    }
    assert_eq!(Upgrade::at_mainnet_epoch(269_567), Upgrade::Capella);
    assert_eq!(Upgrade::at_mainnet_epoch(411_391), Upgrade::Electra);
    assert_eq!(Fork::ALL.map(Fork::mainnet_epoch), [0, 74_240, 144_896, 364_032]);
}

#[test]
fn weights_add_up() {
    let sum = TIMELY_SOURCE_WEIGHT + TIMELY_TARGET_WEIGHT + TIMELY_HEAD_WEIGHT + SYNC_REWARD_WEIGHT;
    assert_eq!(sum + PROPOSER_WEIGHT, WEIGHT_DENOMINATOR);
}

/// Electra's table in consensus-specs, specs/electra/weak-subjectivity.md.
#[test]
fn eth_25_weak_subjectivity_from_electra_on() {
    let periods = [20, 21, 22, 23, 24, 25].map(|log| weak_subjectivity_epochs((1 << log) * ETH));
    assert_eq!(periods, [665, 1075, 1894, 3532, 3532, 3532]);
    assert_eq!(weak_subjectivity_epochs(0), 256);
}

/// consensus-specs, specs/phase0/weak-subjectivity.md: averages of 28 and 32 ETH.
#[test]
fn weak_subjectivity_up_to_deneb() {
    let periods = |average: u64| {
        [32_768, 65_536, 131_072, 262_144, 524_288, 1_048_576]
            .map(|n| weak_subjectivity_epochs_by_count(n, n * average * ETH))
    };
    assert_eq!(periods(28), [504, 752, 1248, 2241, 2241, 2241]);
    assert_eq!(periods(32), [665, 1075, 1894, 3532, 3532, 3532]);
    // 23 ETH take the other branch: 256 + 3 · 65,536 · 10 · 23 / (200 · 512 · 9).
    assert_eq!(weak_subjectivity_epochs_by_count(65_536, 65_536 * 23 * ETH), 256 + 49);
    assert_eq!(weak_subjectivity_epochs_by_count(0, 0), 256);
}

/// Derived: 17 M ETH of fresh stake wait for most of a year.
#[test]
fn eth_27_half_as_much_again_waits_295_days() {
    let churn = activation_exit_churn_limit(34_000_000 * ETH);
    assert_eq!(churn, 256 * ETH);
    let epochs = queue_epochs(17_000_000 * ETH, churn);
    assert_eq!(epochs, 66_407);
    assert!((days(epochs) - 295.1).abs() < 0.05);
    assert_eq!(seconds(epochs), 66_407 * 384);
}

#[test]
fn churn_at_its_steps() {
    assert_eq!([0, 327_679, 327_680, 1_000_000].map(validator_churn_limit), [4, 4, 5, 15]);
    let activations = |upgrade| activation_churn_limit(upgrade, 1_000_000);
    assert_eq!(activations(Upgrade::Capella), Some(15));
    assert_eq!(activations(Upgrade::Deneb), Some(8));
    assert_eq!(activation_churn_limit(Upgrade::Deneb, 0), Some(4));
    assert_eq!(activations(Upgrade::Electra), None);
    // 8,388,608 ETH make 128 ETH; the next whole ETH takes 65,536 more.
    let totals = [0, 8_454_143, 8_454_144, 16_777_216, 34_000_000];
    assert_eq!(totals.map(|eth| balance_churn_limit(eth * ETH) / ETH), [128, 128, 129, 256, 518]);
    assert_eq!(totals.map(|eth| activation_exit_churn_limit(eth * ETH) / ETH), [128, 128, 129, 256, 256]);
    assert_eq!(totals.map(|eth| consolidation_churn_limit(eth * ETH) / ETH), [0, 0, 0, 0, 262]);
}

#[test]
fn queues_round_up() {
    assert_eq!(queue_epochs(0, 0), 0);
    assert_eq!(queue_epochs(1, 0), u64::MAX);
    assert_eq!([0, 1, 256, 257].map(|amount| queue_epochs(amount, 256)), [0, 1, 1, 2]);
}

/// initiate_validator_exit: the limit is met in the fifth epoch from now, the rest one epoch later each.
#[test]
fn validators_queue_by_count() {
    let mut queue = ValidatorQueue::default();
    let exits: Vec<_> = (0..9).map(|_| queue.push(10, 4)).collect();
    assert_eq!(exits, [15, 15, 15, 15, 16, 16, 16, 16, 17]);
    assert_eq!(queue.push(12, 4), 17, "the earliest epoch has a place left");
    assert_eq!(queue.push(13, 4), 18, "and is passed by time");
}

/// compute_exit_epoch_and_update_churn: a whale takes eight epochs, what is left goes to the next.
#[test]
fn balances_queue_by_weight() {
    let mut queue = BalanceQueue::default();
    let churn = 256 * ETH;
    assert_eq!(queue.push(10, 256 * ETH, churn), 15, "fits exactly");
    assert_eq!(queue.push(10, 1, churn), 16);
    assert_eq!(queue.left, 256 * ETH - 1);
    assert_eq!(queue.push(10, 2048 * ETH, churn), 24);
    assert_eq!(queue.left, 256 * ETH - 1);
    assert_eq!(queue.push(20, 32 * ETH, churn), 25, "a new epoch opens with the full limit");
    assert_eq!(queue.left, 224 * ETH);
    assert_eq!(BalanceQueue::default().push(0, 1, 0), u64::MAX);
}

/// slash_validator and process_slashings: +8192, halved by the penalty; a long exit queue moves both.
#[test]
fn dates_of_a_slashing() {
    let soon = slashed_withdrawable_epoch(1000, 1005);
    assert_eq!((soon, correlation_epoch(soon)), (9192, 5096));
    let queued = slashed_withdrawable_epoch(1000, 20_000);
    assert_eq!((queued, correlation_epoch(queued)), (20_256, 16_160));
    assert_eq!(slashed_withdrawable_epoch(1000, 8936), 9192);
    assert_eq!(slashed_withdrawable_epoch(1000, 8937), 9193);
    assert_eq!((exit_withdrawable_epoch(100), earliest_voluntary_exit(100)), (356, 356));
    assert_eq!([9, 10, 19, 20].map(|epoch| is_slashable(epoch, 10, 20)), [false, true, true, false]);
    assert_eq!(slashed_withdrawable_epoch(u64::MAX, u64::MAX), u64::MAX);
}

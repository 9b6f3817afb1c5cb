use super::super::*;

/// The loss as the protocol charges it, one epoch after the other.
fn epoch_by_epoch(fork: Fork, validator: SlashedValidator, slashed: Gwei, total: Gwei) -> SlashingLoss {
    let SlashedValidator { mut balance, effective_balance: mut effective } = validator;
    let take = |balance: &mut Gwei, penalty: Gwei| {
        let taken = penalty.min(*balance);
        *balance -= taken;
        taken
    };
    let initial = take(&mut balance, initial_penalty(fork, effective));
    let mut loss = SlashingLoss { initial, ..Default::default() };
    for epoch in 0..8192 {
        loss.attestations += take(&mut balance, missed_attestation_penalty(fork, effective, total));
        if epoch == 4096 {
            loss.correlation = take(&mut balance, correlation_penalty(fork, effective, slashed, total));
        }
        effective = updated_effective_balance(balance, effective, fork.max_effective_balance());
    }
    loss
}

#[test]
fn steps_of_many_epochs_change_no_gwei() {
    let totals = [0, ETH, 64 * 32 * ETH, 34_000_000 * ETH, u64::MAX];
    let effectives = [0, 1, ETH - 1, ETH, 16 * ETH, 17_750_000_000, 32 * ETH, 100 * ETH, 2048 * ETH];
    for (fork, effective_balance) in
        Fork::ALL.into_iter().flat_map(|fork| effectives.map(|gwei| (fork, gwei)))
    {
        for balance in [effective_balance, effective_balance + 20_000_000, effective_balance / 2] {
            for total in totals {
                for slashed in
                    [effective_balance, effective_balance.max(total / 3), effective_balance.max(total)]
                {
                    let validator = SlashedValidator { balance, effective_balance };
                    let expected = epoch_by_epoch(fork, validator, slashed, total);
                    let loss = slashing_loss_by_epochs(fork, validator, slashed, total);
                    assert_eq!(loss, expected, "{fork:?} {validator:?} {slashed} {total}");
                }
            }
        }
    }
}

/// 32 ETH and a hundredth of unclaimed rewards fall to 31; without the rewards the first attestation makes it 30.
#[test]
fn the_first_attestation_comes_before_the_effective_balance() {
    let total = 32_000_000 * ETH;
    let loss = |balance| {
        let validator = SlashedValidator { balance, effective_balance: 32 * ETH };
        slashing_loss_by_epochs(Fork::Bellatrix, validator, total / 2, total).correlation
    };
    let rich = loss(32 * ETH + 100_000_000);
    assert_eq!((rich, loss(32 * ETH)), (31 * ETH, 30 * ETH));
}

/// −0.25 ETH and +1.25 ETH still hold; one Gwei more does not.
#[test]
fn hysteresis_at_its_edges() {
    let after = |balance| updated_effective_balance(balance, 32 * ETH, 2048 * ETH);
    assert_eq!(after(31_750_000_000), 32 * ETH);
    assert_eq!(after(31_749_999_999), 31 * ETH);
    assert_eq!(after(33_250_000_000), 32 * ETH);
    assert_eq!(after(33_250_000_001), 33 * ETH);
    assert_eq!(updated_effective_balance(40 * ETH, 31 * ETH, 32 * ETH), 32 * ETH);
    assert_eq!([749_999_999, 750_000_000].map(|b| updated_effective_balance(b, ETH, 32 * ETH)), [0, ETH]);
    assert_eq!(updated_effective_balance(u64::MAX, 0, u64::MAX) % ETH, 0);
}

/// Phase0's 0.25 ETH just keeps 32; Altair's 0.5 and Bellatrix's 1 do not; Electra's 0.0078 does.
#[test]
fn the_initial_penalty_lowers_what_counts() {
    let after = Fork::ALL.map(|fork| {
        let balance = 32 * ETH - initial_penalty(fork, 32 * ETH);
        updated_effective_balance(balance, 32 * ETH, fork.max_effective_balance()) / ETH
    });
    assert_eq!(after, [32, 31, 31, 32]);
}

/// 100,000 of a million: 31 ETH count on the first three forks, Phase0's because the first attestation tips it.
#[test]
fn correlation_counts_the_effective_balance_of_its_epoch() {
    let total = 32_000_000 * ETH;
    let correlation = Fork::ALL.map(|fork| slashing_loss(fork, 32 * ETH, total / 10, total).correlation);
    assert_eq!(correlation, [3 * ETH, 6 * ETH, 9 * ETH, 9_600_000_000]);
    let half = Fork::ALL.map(|fork| slashing_loss(fork, 32 * ETH, total / 2, total).correlation / ETH);
    assert_eq!(half[0], 15, "31 · 1/2, in whole ETH");
}

/// Each of a third loses its whole balance from Bellatrix on, and no Gwei more.
#[test]
fn a_third_loses_exactly_the_balance() {
    let total = 32_000_000 * ETH;
    let slashed = 333_334 * 32 * ETH;
    for fork in [Fork::Bellatrix, Fork::Electra] {
        let loss = slashing_loss(fork, 32 * ETH, slashed, total);
        assert_eq!(loss.total(), 32 * ETH, "{fork:?}");
        assert!(loss.correlation < 32 * ETH - loss.initial, "attestations were paid before");
    }
    let early =
        [Fork::Phase0, Fork::Altair].map(|fork| slashing_loss(fork, 32 * ETH, slashed, total).correlation);
    assert_eq!(early, [10 * ETH, 20 * ETH], "31 · 0.333 and 31 · 0.667");
}

#[test]
fn a_third_is_reached_at_equality() {
    let total = 96 * ETH;
    assert!(loses_everything(Fork::Bellatrix, 32 * ETH, total));
    assert!(!loses_everything(Fork::Bellatrix, 32 * ETH - 1, total));
    assert_eq!(correlation_penalty(Fork::Bellatrix, 32 * ETH, 32 * ETH, total), 32 * ETH);
    assert_eq!(correlation_penalty(Fork::Bellatrix, 32 * ETH, 32 * ETH - 1, total), 31 * ETH);
    assert_eq!(correlation_penalty(Fork::Electra, 32 * ETH, 32 * ETH - 1, total), 32 * (ETH - 1));
}

/// Slashings beyond the total count as the total; a total below 1 ETH counts as 1 ETH.
#[test]
fn adjusted_slashings_are_capped_at_the_total() {
    for fork in Fork::ALL {
        assert_eq!(correlation_penalty(fork, 32 * ETH, u64::MAX, 64 * ETH), 32 * ETH, "{fork:?}");
        assert_eq!(correlation_penalty(fork, 32 * ETH, ETH, 0), 32 * ETH, "{fork:?}");
        assert_eq!(correlation_penalty(fork, ETH - 1, u64::MAX, ETH), 0, "{fork:?}");
    }
}

/// Electra divides by whole ETH of the total, so a total of 3.9 ETH makes 1.3 ETH of each.
#[test]
fn electra_can_ask_for_more_than_the_effective_balance() {
    assert_eq!(correlation_penalty(Fork::Electra, 2 * ETH, u64::MAX, 3_900_000_000), 2_600_000_000);
}

#[test]
fn classes_are_slashed_together() {
    let total = 34_000_000 * ETH;
    let classes = [
        SlashedClass { validators: 10_000, effective_balance: 32 * ETH },
        SlashedClass { validators: 500, effective_balance: 2048 * ETH },
    ];
    let losses = slashing_losses(Fork::Electra, &classes, total);
    let together = (10_000 * 32 + 500 * 2048) * ETH;
    assert_eq!(losses[0], slashing_loss(Fork::Electra, 32 * ETH, together, total));
    assert_eq!(losses[1], slashing_loss(Fork::Electra, 2048 * ETH, together, total));
    assert!(losses[1].correlation > 60 * losses[0].correlation);
    assert!(slashing_losses(Fork::Electra, &[], total).is_empty());
}

/// The eighth is rounded down, the reporter gets the rest; nothing is lost between them.
#[test]
fn evidence_rewards_add_up() {
    let odd = 31_999_999_999;
    for fork in Fork::ALL {
        let split = evidence_reward(fork, odd, Reporter::Other);
        assert_eq!(split.proposer + split.reporter, whistleblower_reward(fork, odd));
        assert_eq!(split.proposer, whistleblower_reward(fork, odd) / 8);
    }
    assert_eq!(
        evidence_reward(Fork::Phase0, 511, Reporter::Other),
        EvidenceReward { proposer: 0, reporter: 0 }
    );
}

/// A slashing counts through the 8191st epoch after it, and not before it happened.
#[test]
fn the_window_is_8192_epochs() {
    assert!(in_slashings_window(100, 100));
    assert!(in_slashings_window(100, 100 + 8191));
    assert!(!in_slashings_window(100, 100 + 8192));
    assert!(!in_slashings_window(101, 100));
    let slashings = [0, 1, 4096, 8192, 8193].map(|epoch| Slashing { epoch, effective_balance: ETH });
    assert_eq!(slashed_in_window(&slashings, 8192), 3 * ETH);
    let whales = [Slashing { epoch: 0, effective_balance: u64::MAX }; 2];
    assert_eq!(slashed_in_window(&whales, 0), u64::MAX);
}

/// A million validators: 488 or 489 to a committee, 31,250 to a slot.
#[test]
fn evidence_of_one_block() {
    assert_eq!(most_slashed_per_block(Fork::Bellatrix, 1_000_000), 16 + 2 * 489);
    assert_eq!(most_slashed_per_block(Fork::Electra, 1_000_000), 16 + 31_250);
    assert_eq!(most_slashed_per_block(Fork::Phase0, 10), 10);
    assert_eq!(most_slashed_per_block(Fork::Phase0, u64::MAX), 16 + 2 * 2048);
    assert_eq!(most_slashed_per_block(Fork::Electra, u64::MAX), 16 + 131_072);
    assert_eq!(Fork::ALL.map(Fork::max_attester_slashings), [2, 2, 2, 1]);
}

/// Phase0: eff · 64 / √total / 4 three times; Altair: source and target, each rounded down.
#[test]
fn a_missed_attestation_on_every_fork() {
    let total = 500_000 * 32 * ETH; // √ = 126,491,106
    assert_eq!(base_reward(Fork::Phase0, 32 * ETH, total), 4047);
    let missed = Fork::ALL.map(|fork| missed_attestation_penalty(fork, 32 * ETH, total));
    assert_eq!(missed, [12_141, 10_100, 10_100, 10_100]);
    assert_eq!(leak_duty_penalty(Fork::Phase0, 32 * ETH, total), 4 * 4047 - 505);
    assert_eq!(leak_duty_penalty(Fork::Altair, 32 * ETH, total), 0);
    // base 505: ⌊110.47⌋ + ⌊205.16⌋, where 40/64 at once would give 315.6.
    assert_eq!(missed_attestation_penalty(Fork::Electra, ETH, total), 110 + 205);
    assert_eq!(base_reward_per_increment(0), base_reward_per_increment(ETH));
}

use super::super::*;

/// Epochs of leak and balance at which a lone 32 ETH validator first counts 16.
fn until_sixteen(mut epoch: impl FnMut(&mut OfflineValidator)) -> (u64, Gwei) {
    let mut validator = OfflineValidator::new(Fork::Bellatrix, 32 * ETH);
    let mut epochs = 0;
    while validator.effective_balance > EJECTION_BALANCE {
        epoch(&mut validator);
        epochs += 1;
    }
    (epochs, validator.balance)
}

/// upgrading-ethereum-book, src/book.md, on the inactivity leak; the specification updates the score first.
#[test]
fn eth_19_a_lone_validator_is_ejected_after_4685_epochs() {
    let spec = until_sixteen(|validator| {
        validator.pass_epoch(Fork::Bellatrix, 5);
    });
    assert_eq!(spec, (4685, 16_749_669_693));
}

/// The book's loop charges before it raises the score, which costs one epoch more.
#[test]
fn eth_19_the_books_loop_takes_an_epoch_more() {
    let book = until_sixteen(|validator| {
        let OfflineValidator { balance, effective_balance, score } = *validator;
        let balance = balance - inactivity_penalty(Fork::Bellatrix, effective_balance, score);
        let effective_balance = updated_effective_balance(balance, effective_balance, 32 * ETH);
        *validator = OfflineValidator { balance, effective_balance, score: score + 4 };
    });
    assert_eq!(book.0, 4686);
}

/// Derived: rule in Gwei with hysteresis.
#[test]
fn eth_21_balance_during_the_leak() {
    let balance = |epochs| 32 * ETH - leak_loss(Fork::Electra, 32 * ETH, epochs);
    assert_eq!((balance(10) + 50) / 100, 319_998_951, "published to 10⁻⁷ ETH");
    let table =
        [(100, 31_990_367_939), (225, 31_951_505_772), (1000, 31_067_376_873), (4096, 19_505_630_341)];
    for (epochs, expected) in table {
        assert_eq!(balance(epochs), expected, "{epochs} epochs");
    }
}

/// The simulator's million and one validators: one more attester than the percentage says.
fn simulated(absent_percent: u64) -> LeakOutcome {
    let attesters = (100 - absent_percent) * 10_000;
    let study = LeakStudy { attesters, absentees: 1_000_001 - attesters, balance: 32 * ETH };
    leak_outcome(Fork::Bellatrix, study, LeakReading::Simulator).expect("a study that is allowed")
}

/// dapplion/beacon_ww3_eject_simulator, README.md: days until the leak stops.
#[test]
fn eth_22_days_until_the_leak_stops() {
    let tenths_of_days = [(35, 70), (40, 138), (50, 214), (60, 266), (70, 314), (80, 365), (90, 431)];
    for (percent, expected) in tenths_of_days {
        let epochs = simulated(percent).finality_epochs;
        assert_eq!(
            (10 * epochs + EPOCHS_PER_DAY / 2) / EPOCHS_PER_DAY,
            expected,
            "{percent} %: {epochs} epochs"
        );
    }
    assert_eq!(simulated(90).finality_epochs, 9702, "43.12 days exactly");
}

/// Same, burned share of all stake in percent; the published 86.2 at 90 % is 86.2896 cut, the others are rounded.
#[test]
fn eth_22_stake_burned() {
    for (percent, per_mille) in [(35, 33), (40, 127), (50, 301), (60, 452), (70, 596), (80, 733)] {
        let LeakOutcome { burned, staked, .. } = simulated(percent);
        assert_eq!((1000 * burned + staked / 2) / staked, per_mille, "{percent} %: {burned}");
    }
    let most = simulated(90);
    assert_eq!(most.burned * 1_000_000 / most.staked, 862_896);
    assert_eq!(most.last_epoch, 12_936);
}

/// Same, older table of the README: what the absent still have on average, ETH, cut or rounded to the digits printed.
#[test]
fn eth_22_what_the_absent_keep() {
    let tenths = [(35, 289), (40, 218), (50, 127)].map(|(percent, printed)| (percent, printed, 100_000_000));
    let hundredths =
        [(60, 791), (70, 475), (80, 267), (90, 132)].map(|(percent, printed)| (percent, printed, 10_000_000));
    for (percent, printed, digit) in tenths.into_iter().chain(hundredths) {
        let absentees = u128::from(percent * 10_000 + 1);
        let kept = u128::from(32 * ETH) - simulated(percent).burned / absentees;
        let (cut, nearest) = (kept / digit, (kept + digit / 2) / digit);
        assert!(cut == printed || nearest == printed, "{percent} %: {kept}");
    }
}

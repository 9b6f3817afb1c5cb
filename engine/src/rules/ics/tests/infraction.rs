//! Punishments that consumers choose.

use super::super::*;

const UNBONDING_S: u64 = 21 * 86_400;

fn with_downtime(slash_fraction_dec: u128, jail: Jail) -> InfractionParameters {
    let downtime = SlashJail { slash_fraction_dec, jail, tombstone: Tombstone::No };
    InfractionParameters { downtime, ..InfractionParameters::DEFAULT }
}

/// interchain-security, docs/docs/adrs/adr-020-cutomizable_slashing_and_jailing.md.
#[test]
fn a_consumer_without_a_choice_slashes_equivocation_only() {
    let defaults = InfractionParameters::DEFAULT;
    assert_eq!(defaults.double_sign.slash_fraction_dec, DEC / 20);
    assert_eq!((defaults.double_sign.jail, defaults.double_sign.tombstone), (Jail::Forever, Tombstone::Yes));
    assert_eq!((defaults.downtime.slash_fraction_dec, defaults.downtime.jail), (0, Jail::Seconds(600)));
}

/// interchain-security, docs/docs/adrs/adr-020-cutomizable_slashing_and_jailing.md.
#[test]
fn the_recommended_choices_are_within_the_bounds() {
    let of = InfractionParameters::recommended;
    for profile in [Profile::ProofOfStake, Profile::ProofOfReputation, Profile::Testnet] {
        assert_eq!(of(profile).checked(Bounds::Provider), Ok(of(profile)));
    }
    let stake = of(Profile::ProofOfStake);
    assert_eq!(
        (stake.double_sign.slash_fraction_dec, stake.downtime.slash_fraction_dec),
        (DEC / 20, DEC / 10_000)
    );
    let reputation = of(Profile::ProofOfReputation);
    assert_eq!((reputation.double_sign.slash_fraction_dec, reputation.downtime.slash_fraction_dec), (0, 0));
    assert_eq!((reputation.double_sign.jail, reputation.downtime.jail), (Jail::Forever, Jail::Seconds(600)));
    assert_eq!(reputation.double_sign.tombstone, Tombstone::Yes);
    let testnet = of(Profile::Testnet);
    assert_eq!((testnet.double_sign.jail, testnet.downtime.jail), (Jail::Seconds(0), Jail::Seconds(0)));
    assert_eq!(testnet.double_sign.tombstone, Tombstone::No);
}

#[test]
fn harsher_than_the_provider_is_refused_and_as_harsh_is_not() {
    let most = with_downtime(DEC / 10_000, Jail::Seconds(600));
    assert!(most.checked(Bounds::Provider).is_ok());
    let fraction = with_downtime(DEC / 10_000 + 1, Jail::Seconds(600)).checked(Bounds::Provider);
    assert!(matches!(
        fraction,
        Err(IcsError::BeyondProvider { what: "downtime slash fraction (1e-18)", .. })
    ));
    for jail in [Jail::Seconds(601), Jail::Forever] {
        let refused = with_downtime(0, jail).checked(Bounds::Provider);
        assert!(matches!(
            refused,
            Err(IcsError::BeyondProvider { what: "downtime jail (s)", most: 600, .. })
        ));
    }
    let mut harsh = InfractionParameters::DEFAULT;
    harsh.double_sign.slash_fraction_dec += 1;
    let refused = harsh.checked(Bounds::Provider);
    assert!(matches!(
        refused,
        Err(IcsError::BeyondProvider { what: "double-sign slash fraction (1e-18)", .. })
    ));
}

/// interchain-security, x/ccv/provider/types/msg.go, `ValidateInfractionParameters`.
#[test]
fn the_published_code_asks_for_fractions_only() {
    assert!(with_downtime(DEC, Jail::Forever).checked(Bounds::Code).is_ok());
    let fraction_dec = DEC + 1;
    let refused = with_downtime(fraction_dec, Jail::Seconds(0)).checked(Bounds::Code);
    assert_eq!(refused, Err(IcsError::Fraction { what: "downtime slash fraction", fraction_dec }));
}

#[test]
fn a_change_after_launch_waits_one_unbonding_period() {
    let harmless = InfractionParameters::recommended(Profile::Testnet);
    let mut schedule = InfractionSchedule::new(InfractionParameters::DEFAULT);
    schedule.update(harmless, Phase::Launched, 100, UNBONDING_S).unwrap();
    schedule.begin_block(100 + UNBONDING_S - 1);
    assert_eq!(schedule.current(), InfractionParameters::DEFAULT);
    schedule.begin_block(100 + UNBONDING_S);
    assert_eq!((schedule.current(), schedule.queued()), (harmless, None));
}

#[test]
fn a_second_change_starts_the_wait_anew_and_asking_for_the_present_cancels() {
    let harmless = InfractionParameters::recommended(Profile::Testnet);
    let reputation = InfractionParameters::recommended(Profile::ProofOfReputation);
    let mut schedule = InfractionSchedule::new(InfractionParameters::DEFAULT);
    schedule.update(harmless, Phase::Launched, 0, 10).unwrap();
    schedule.update(reputation, Phase::Launched, 5, 10).unwrap();
    assert_eq!(schedule.queued(), Some((reputation, 15)));
    schedule.update(InfractionParameters::DEFAULT, Phase::Launched, 6, 10).unwrap();
    schedule.begin_block(100);
    assert_eq!((schedule.current(), schedule.queued()), (InfractionParameters::DEFAULT, None));
}

#[test]
fn before_launch_a_change_is_immediate_and_after_the_end_refused() {
    let harmless = InfractionParameters::recommended(Profile::Testnet);
    let mut schedule = InfractionSchedule::new(InfractionParameters::DEFAULT);
    schedule.update(harmless, Phase::Initialized, 0, 10).unwrap();
    assert_eq!(schedule.current(), harmless);
    let refused = schedule.update(harmless, Phase::Stopped, 0, 10);
    assert_eq!(refused, Err(IcsError::Phase { phase: Phase::Stopped }));
}

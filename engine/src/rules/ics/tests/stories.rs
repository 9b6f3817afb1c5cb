//! Infractions from beginning to end, on the provider and in what consumers see of it.

use super::super::*;
use super::MILLION;

const ALICE: usize = 0;
const BOB: usize = 1;
const CAROL: usize = 2;

/// Powers 500 each, all known to the consumer.
fn three_validators(tokens: [u128; 3]) -> (Provider, Consumer) {
    let provider = Provider::new(tokens.map(Account::bonded).to_vec(), MILLION);
    let mut consumer = Consumer::default();
    consumer.relay(&provider.powers());
    (provider, consumer)
}

fn double_sign() -> SlashJail {
    InfractionParameters::DEFAULT.double_sign
}

fn downtime() -> SlashJail {
    InfractionParameters::DEFAULT.downtime
}

/// interchain-security, tests/e2e/steps_double_sign.go:59-144.
#[test]
fn ics_30_bob_double_signs_on_a_consumer() {
    let (mut provider, mut consumer) = three_validators([500 * MILLION; 3]);
    let slash = provider.punish_equivocation(BOB, double_sign(), 0).unwrap();
    assert_eq!(slash.total_tokens(), 25 * MILLION);
    provider.end_block();
    assert_eq!(provider.accounts()[BOB].tokens, 475_000_000);
    assert!(provider.accounts()[BOB].is_tombstoned());
    assert_eq!(provider.powers(), [500, 0, 500]);
    assert_eq!(
        provider.accounts()[ALICE],
        Provider::new(vec![Account::bonded(500 * MILLION)], MILLION).accounts()[0]
    );
    assert_eq!(consumer.powers(), [500, 500, 500]);
    consumer.relay(&provider.powers());
    assert_eq!(consumer.powers(), [500, 0, 500]);
}

/// interchain-security, tests/e2e/steps_downtime.go.
#[test]
fn ics_31_downtime_on_a_consumer_and_on_the_provider() {
    let (mut provider, _) = three_validators([500 * MILLION, 500 * MILLION, 100 * MILLION]);
    assert_eq!(provider.punish_downtime(BOB, 500, downtime(), 0), Ok(0));
    provider.end_block();
    assert_eq!(provider.powers(), [500, 0, 100]);
    let early = IcsError::StillJailed { validator: BOB, until_s: 600, now_s: 599 };
    assert_eq!(provider.unjail(BOB, 599), Err(early));
    assert_eq!(provider.unjail(BOB, 600), Ok(()));
    provider.end_block();
    assert_eq!(provider.powers(), [500, 500, 100]);

    let one_percent = SlashJail { slash_fraction_dec: DEC / 100, ..InfractionParameters::PROVIDER.downtime };
    assert_eq!(provider.punish_downtime(CAROL, 100, one_percent, 700), Ok(MILLION));
    provider.end_block();
    assert_eq!(provider.powers(), [500, 500, 0]);
    provider.unjail(CAROL, 1300).unwrap();
    provider.end_block();
    assert_eq!(provider.powers(), [500, 500, 99]);
}

/// interchain-security, tests/e2e/steps_light_client_attack.go:4-130.
#[test]
fn ics_32_light_client_attacks_on_the_provider_and_on_a_consumer() {
    let (mut provider, mut consumer) = three_validators([500 * MILLION, 500 * MILLION, 99 * MILLION]);
    provider.punish_equivocation(CAROL, InfractionParameters::PROVIDER.double_sign, 0).unwrap();
    provider.end_block();
    assert_eq!((provider.powers()[CAROL], consumer.powers()[CAROL]), (0, 99));
    consumer.relay(&provider.powers());
    assert_eq!(consumer.powers()[CAROL], 0);

    // Bob attacks on the consumer, whose packet tells the provider; no evidence is submitted.
    let mut throttle = Throttle::new(ThrottleParameters::DEFAULT, 1000, 0);
    let report = SlashPacket {
        infraction: PacketInfraction::DoubleSign,
        set: ConsumerSet::Inside,
        effective_power: provider.accounts()[BOB].effective_power(),
    };
    assert_eq!(throttle.receive(report), PacketFate::Logged);
    provider.end_block();
    consumer.relay(&provider.powers());
    assert_eq!((provider.powers()[BOB], consumer.powers()[BOB]), (500, 500));
    assert_eq!(provider.accounts()[BOB].tokens, 500 * MILLION);
}

/// One third of the stake attacks three consumers at once: profits add, the loss does not.
#[test]
fn ics_39_three_consumers_are_attacked_for_the_price_of_one() {
    let (mut provider, _) = three_validators([1000 * MILLION / 3; 3]);
    let mut lost = 0;
    for consumer in 0..3 {
        match provider.punish_equivocation(ALICE, double_sign(), 0) {
            Ok(slash) => lost += slash.total_tokens(),
            Err(refused) => {
                assert_eq!((refused, consumer > 0), (IcsError::Tombstoned { validator: ALICE }, true))
            }
        }
    }
    // Power is whole: 333 of 333.333333 tokens answer.
    assert_eq!(lost, 333 * MILLION / 20);
}

#[test]
fn without_a_tombstone_every_proof_slashes_again() {
    let (mut provider, _) = three_validators([500 * MILLION; 3]);
    let lenient = SlashJail { tombstone: Tombstone::No, ..double_sign() };
    assert_eq!(provider.punish_equivocation(BOB, lenient, 0).unwrap().total_tokens(), 25 * MILLION);
    assert_eq!(provider.punish_equivocation(BOB, lenient, 0).unwrap().total_tokens(), 25 * MILLION);
    assert_eq!(provider.accounts()[BOB].tokens, 450 * MILLION);
}

/// The last power of a jailed validator is 0, so the bonded tokens do not answer once the block has ended.
#[test]
fn a_validator_jailed_before_the_evidence_loses_its_exits_only() {
    let mut account = Account::bonded(500 * MILLION);
    let tokens = 100 * MILLION;
    account.exits = vec![Exit { initial_tokens: tokens, balance_tokens: tokens, completes_s: 1000 }];
    let mut provider = Provider::new(vec![account], MILLION);
    provider.punish_downtime(0, 500, downtime(), 0).unwrap();
    provider.end_block();
    let slash = provider.punish_equivocation(0, double_sign(), 10).unwrap();
    assert_eq!((slash.bonded_tokens, slash.exit_tokens), (0, vec![5 * MILLION]));
    assert!(provider.accounts()[0].is_tombstoned());
}

#[test]
fn a_validator_jailed_in_the_same_block_still_loses_its_bond() {
    let (mut provider, _) = three_validators([500 * MILLION; 3]);
    provider.punish_downtime(BOB, 500, downtime(), 0).unwrap();
    assert_eq!(provider.accounts()[BOB].effective_power(), 0);
    assert_eq!(provider.punish_equivocation(BOB, double_sign(), 0).unwrap().bonded_tokens, 25 * MILLION);
}

#[test]
fn the_unbonded_and_the_unknown_are_not_slashed() {
    let mut provider = Provider::new(vec![Account::bonded(MILLION); 2], 1);
    provider.accounts_mut()[0].bond = Bond::Unbonded;
    provider.accounts_mut()[1].bond = Bond::Unbonding;
    provider.end_block();
    assert_eq!(provider.punish_equivocation(0, double_sign(), 0), Err(IcsError::Unbonded { validator: 0 }));
    assert_eq!(provider.punish_downtime(0, 1, downtime(), 0), Err(IcsError::Unbonded { validator: 0 }));
    assert_eq!(provider.punish_equivocation(1, double_sign(), 0).unwrap().total_tokens(), 0);
    let unknown = IcsError::UnknownValidator { validator: 2, n_validators: 2 };
    assert_eq!(provider.punish_equivocation(2, double_sign(), 0), Err(unknown));
}

#[test]
fn the_tombstoned_never_come_back_and_the_jailed_are_jailed_once() {
    let (mut provider, _) = three_validators([500 * MILLION; 3]);
    provider.punish_equivocation(BOB, double_sign(), 0).unwrap();
    assert_eq!(provider.unjail(BOB, u64::MAX), Err(IcsError::Tombstoned { validator: BOB }));
    assert_eq!(
        provider.punish_downtime(BOB, 500, downtime(), 0),
        Err(IcsError::Tombstoned { validator: BOB })
    );
    assert_eq!(provider.unjail(ALICE, 0), Err(IcsError::NotJailed { validator: ALICE }));
    let costly = InfractionParameters::PROVIDER.downtime;
    assert_eq!(provider.punish_downtime(ALICE, 500, costly, 0), Ok(50_000));
    assert_eq!(provider.punish_downtime(ALICE, 500, costly, 300), Ok(0));
    assert_eq!(provider.unjail(ALICE, 600), Ok(()));
}

#[test]
fn a_testnet_jails_for_no_time_at_all() {
    let (mut provider, _) = three_validators([500 * MILLION; 3]);
    let testnet = InfractionParameters::recommended(Profile::Testnet);
    assert_eq!(provider.punish_equivocation(BOB, testnet.double_sign, 5).unwrap().total_tokens(), 0);
    provider.end_block();
    assert_eq!(provider.powers()[BOB], 0);
    assert_eq!(provider.unjail(BOB, 5), Ok(()));
}

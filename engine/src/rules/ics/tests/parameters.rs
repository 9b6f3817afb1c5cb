//! Parameters, and the rules of each release.

use super::super::*;

const DAY_S: u64 = 86_400;

/// interchain-security, x/ccv/provider/types/params.go, x/ccv/types/params.go.
#[test]
fn the_defaults() {
    let provider = ProviderParameters::DEFAULT;
    assert_eq!((provider.trusting_fraction_dec, provider.meter_fraction_dec), (DEC / 50 * 33, DEC / 20));
    assert_eq!((provider.meter_period_s, provider.blocks_per_epoch, provider.reward_epochs), (3600, 600, 24));
    assert_eq!((provider.max_active_validators, provider.ccv_timeout_s), (180, 28 * DAY_S));
    assert_eq!((provider.init_timeout_s, provider.vsc_timeout_s), (7 * DAY_S, 35 * DAY_S));
    let consumer = ConsumerParameters::DEFAULT;
    assert_eq!((consumer.unbonding_s, provider.unbonding_s), (20 * DAY_S, 21 * DAY_S));
    assert_eq!((consumer.redistribution_dec, consumer.soft_opt_out_dec), (DEC / 4 * 3, DEC / 20));
    assert_eq!((consumer.blocks_per_transmission, consumer.retry_delay_s), (1000, 3600));
    assert_eq!(
        (ThrottleParameters::DEFAULT.fraction_dec, ThrottleParameters::DEFAULT.period_s),
        (DEC / 20, 3600)
    );
}

/// interchain-security, CHANGELOG.md.
#[test]
fn each_rule_changes_at_its_release() {
    use Release::{V1, V3_3, V4_0, V4_1, V4_2, V4_5, V6_0, V7_0};
    let releases = [V1, V3_3, V4_0, V4_1, V4_2, V4_5, V6_0, V7_0];
    let first = |new: fn(Rules) -> bool| releases.into_iter().find(|release| new(release.rules()));
    assert_eq!(first(|rules| rules.equivocation == EquivocationProof::Evidence), Some(V3_3));
    assert_eq!(first(|rules| rules.throttling == Throttling::ConsumerRetry), Some(V4_0));
    assert_eq!(first(|rules| rules.set_updates == SetUpdates::EveryEpoch), Some(V4_1));
    assert_eq!(first(|rules| rules.membership == Membership::PartialSet), Some(V4_2));
    assert_eq!(first(|rules| rules.reward_epochs == 24), Some(V4_2));
    assert_eq!(first(|rules| rules.soft_opt_out == SoftOptOut::Removed), Some(V4_5));
    assert_eq!(first(|rules| rules.launch == Launch::Permissionless), Some(V6_0));
    assert_eq!(first(|rules| rules.activity == Activity::InactiveIfAllowed), Some(V6_0));
    assert_eq!(first(|rules| rules.unbonding == UnbondingRelease::PeriodOnly), Some(V6_0));
    assert_eq!(first(|rules| rules.infractions == InfractionChoice::Consumer), Some(V7_0));
    assert_eq!(first(|rules| rules.quorum == LaunchQuorum::ActiveValidator), Some(V7_0));
    assert_eq!((V3_3.consumer_unbonding_s(), V7_0.consumer_unbonding_s()), (14 * DAY_S, 20 * DAY_S));
}

#[test]
fn unbonding_waited_for_every_consumer_until_v5() {
    let provider = ProviderParameters::DEFAULT;
    let ends = |rule, matured: &[Option<u64>]| unbonding_ends_s(rule, 0, matured, &provider);
    let all = UnbondingRelease::AllConsumers;
    assert_eq!(ends(all, &[]), 21 * DAY_S);
    assert_eq!(ends(all, &[Some(20 * DAY_S), Some(DAY_S)]), 21 * DAY_S);
    assert_eq!(ends(all, &[Some(25 * DAY_S), Some(20 * DAY_S)]), 25 * DAY_S);
    assert_eq!(ends(all, &[None, Some(20 * DAY_S)]), 35 * DAY_S);
    assert_eq!(ends(UnbondingRelease::PeriodOnly, &[None]), 21 * DAY_S);
}

#[test]
fn trust_lasts_two_thirds_of_the_unbonding_period_almost() {
    let fraction = ProviderParameters::DEFAULT.trusting_fraction_dec;
    assert_eq!(trusting_period_s(20 * DAY_S, fraction), 1_140_480);
    assert_eq!(trusting_period_s(1, fraction), 0);
    assert_eq!(trusting_period_s(u64::MAX, u128::MAX), u64::MAX);
}

#[test]
fn an_epoch_ends_with_a_height_divisible_by_its_length() {
    assert_eq!([0, 1, 599, 600, 601].map(|height| blocks_until_epoch_end(height, 600)), [0, 599, 1, 0, 599]);
    assert_eq!(blocks_until_epoch_end(7, 0), 0);
}

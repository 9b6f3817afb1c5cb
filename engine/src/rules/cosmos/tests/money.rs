//! Parameters, inflation, and the power it takes to stop a chain.

use super::*;

/// cosmos-sdk, x/slashing, x/mint, x/staking, types/params.go; cometbft, types/params.go; the Hub's public
/// parameters.
#[test]
fn parameter_sets_are_the_published_ones() {
    let (sdk, hub) = (SDK_DEFAULTS, COSMOS_HUB);
    assert_eq!((sdk.unbonding_s, hub.unbonding_s), (1_814_400, 1_814_400));
    assert_eq!((sdk.downtime.window, hub.downtime.window), (100, 10_000));
    assert_eq!((sdk.downtime.min_signed, hub.downtime.min_signed), (fraction("0.5"), fraction("0.05")));
    assert_eq!((sdk.downtime_jail_s, hub.downtime_jail_s), (600, 600));
    assert_eq!((sdk.double_sign_fraction, hub.double_sign_fraction), (fraction("0.05"), fraction("0.05")));
    assert_eq!((sdk.downtime_fraction, hub.downtime_fraction), (fraction("0.01"), fraction("0.0001")));
    assert_eq!((sdk.evidence.max_age_blocks, hub.evidence.max_age_blocks), (100_000, 1_000_000));
    assert_eq!((sdk.evidence.max_age_s, hub.evidence.max_age_s), (172_800, 172_800));
    assert_eq!((sdk.power_reduction, hub.power_reduction), (1_000_000, 1_000_000));
    assert_eq!((sdk.community_tax, hub.community_tax), (Some(fraction("0.02")), None));
    assert_eq!((sdk.inflation.least, sdk.inflation.greatest), (fraction("0.07"), fraction("0.2")));
    assert_eq!((sdk.inflation.goal_bonded, sdk.inflation.rate_change), (fraction("0.67"), fraction("0.13")));
    assert_eq!(hub.inflation.greatest, fraction("0.1"));
    assert_eq!((sdk.max_validators, hub.max_validators, hub.max_consensus_validators), (100, 200, 180));
    assert_eq!((sdk.check(), hub.check()), (Ok(()), Ok(())));
}

/// cosmos-sdk, x/slashing/types/params.go and x/mint/types/params.go: what must be positive.
#[test]
fn parameters_of_nothing_are_refused() {
    let refused = |chain: Parameters| chain.check().unwrap_err().to_string();
    let no_window = DowntimeRule { window: 0, ..SDK_DEFAULTS.downtime };
    let refusal = refused(Parameters { downtime: no_window, ..SDK_DEFAULTS });
    assert_eq!(refusal, "signed blocks window must be positive, got 0");
    let refusal = refused(Parameters { power_reduction: 0, ..SDK_DEFAULTS });
    assert_eq!(refusal, "power reduction must be positive, got 0");
    let reversed = InflationRule { greatest: fraction("0.06"), ..SDK_DEFAULTS.inflation };
    let refusal = refused(Parameters { inflation: reversed, ..SDK_DEFAULTS });
    assert!(refusal.starts_with("greatest inflation must not be below the least, 0.07"), "{refusal}");
    let no_goal = InflationRule { goal_bonded: Fraction18::ZERO, ..SDK_DEFAULTS.inflation };
    assert!(no_goal.yearly_change(fraction("0.5")).is_err());
    let no_blocks = InflationRule { blocks_per_year: 0, ..SDK_DEFAULTS.inflation };
    assert!(no_blocks.next_block(fraction("0.1"), fraction("0.5")).is_err());
}

/// Bonded 65.7 %, goal 66 %, rate of change 1: 0.45 points up in a year.
#[test]
fn inflation_rises_by_0_45_points_where_3_per_mille_are_missing() {
    let rule = InflationRule {
        goal_bonded: fraction("0.66"),
        rate_change: Fraction18::ONE,
        ..SDK_DEFAULTS.inflation
    };
    assert_eq!(rule.yearly_change(fraction("0.657")), Ok(4_545_454_545_454_545));
    let next = rule.next_year(fraction("0.08"), fraction("0.657")).unwrap();
    assert_eq!(next.raw(), 84_545_454_545_454_545);
}

/// Nothing bonded: the full rate of change up; all bonded: (1 − 1/0.67) · 0.13 down.
#[test]
fn inflation_rests_at_the_goal_and_is_clamped() {
    let rule = SDK_DEFAULTS.inflation;
    assert_eq!(rule.yearly_change(fraction("0.67")), Ok(0));
    assert_eq!(rule.yearly_change(Fraction18::ZERO), Ok(130_000_000_000_000_000));
    assert_eq!(rule.yearly_change(Fraction18::ONE), Ok(-64_029_850_746_268_657));
    assert_eq!(rule.next_year(fraction("0.13"), Fraction18::ZERO), Ok(fraction("0.2")));
    assert_eq!(rule.next_year(fraction("0.13"), Fraction18::ONE), Ok(fraction("0.07")));
    assert_eq!(rule.next_year(fraction("0.13"), fraction("0.67")), Ok(fraction("0.13")));
    assert_eq!(rule.next_block(fraction("0.2"), Fraction18::ZERO), Ok(fraction("0.2")));
    assert_eq!(rule.next_block(Fraction18::ZERO, Fraction18::ONE), Ok(fraction("0.07")));
}

/// A block's share is the yearly change over 6,311,520 blocks, half to even, up or down.
#[test]
fn a_block_moves_inflation_by_its_share_of_the_year() {
    let rule = SDK_DEFAULTS.inflation;
    let from = fraction("0.13");
    let up = rule.next_block(from, Fraction18::ZERO).unwrap().raw() - from.raw();
    let down = from.raw() - rule.next_block(from, Fraction18::ONE).unwrap().raw();
    assert_eq!((up, down), (20_597_257_079, 10_144_917_666));
}

/// cosmos-sdk, x/mint/types/minter.go: 13 % of 10⁹ a year over 6,311,520 blocks is 20.6 a block, cut to 20.
#[test]
fn a_block_mints_whole_units() {
    let rule = SDK_DEFAULTS.inflation;
    assert_eq!(rule.block_provision(fraction("0.13"), 1_000_000_000), Ok(20));
    assert_eq!(rule.block_provision(Fraction18::ZERO, u128::MAX), Ok(0));
    assert!(rule.block_provision(Fraction18::ONE, u128::MAX).is_ok());
}

/// At 10 % inflation, 67 % bonded and a tax of 10 %, stakers earn 13.4 %.
#[test]
fn ten_percent_inflation_pays_stakers_13_4_percent() {
    let apr = staking_apr(fraction("0.1"), fraction("0.67"), fraction("0.1")).unwrap();
    assert_eq!(apr.raw(), 134_328_358_208_955_224);
    assert_eq!(staking_apr(fraction("0.1"), Fraction18::ZERO, fraction("0.1")), Err(Refusal::DivisionByZero));
}

/// cosmos-sdk, x/staking/keeper/pool.go.
#[test]
fn the_bonded_ratio_is_cut_to_18_places() {
    assert_eq!(bonded_ratio(2, 3).unwrap().raw(), 666_666_666_666_666_666);
    assert_eq!(bonded_ratio(5, 0), Ok(Fraction18::ZERO));
    assert_eq!(bonded_ratio(u128::MAX, u128::MAX), Ok(Fraction18::ONE));
    assert!(bonded_ratio(4, 3).is_err());
}

/// cometbft, types/validation.go: of 7 equals 5 commit and 3 halt; of 3 equals all commit and 1 halts.
#[test]
fn two_thirds_exactly_do_not_commit() {
    for (total, least, halt) in [(7, 5, 3), (3, 3, 1), (1, 1, 1), (4, 3, 2), (100, 67, 34), (300, 201, 100)] {
        assert_eq!((quorum(total), halting_power(total)), (least, halt), "{total}");
        assert!(commits(least, total) && !commits(least - 1, total), "{total}");
        assert!(!commits(total - halt, total) && commits(total - halt + 1, total), "{total}");
    }
    assert_eq!(smallest_halting_set(&[1; 7]), 3);
    assert_eq!(smallest_halting_set(&[1; 3]), 1);
    assert_eq!(smallest_halting_set(&[10, 40, 20, 30]), 1);
    assert_eq!(smallest_halting_set(&[20, 20, 20, 20, 20]), 2);
    assert_eq!(smallest_halting_set(&[]), 0);
    assert_eq!(halting_power(u128::MAX), u128::MAX / 3);
    assert_eq!(smallest_halting_set(&[u128::MAX, u128::MAX]), 1);
}

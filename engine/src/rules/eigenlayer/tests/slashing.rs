//! What slashes take from magnitudes and from shares.

use super::{DELAY, TOKEN, member_of};
use crate::rules::eigenlayer::{
    Delayed, Deployment, Error, Magnitudes, OperatorStake, PendingChange, SlashEvent, WAD, change_slasher,
    reported_wad, shares_lost, slash_in_order,
};

/// A percentage of 10¹⁸.
const PERCENT: u64 = WAD / 100;

/// eigenlayer-contracts, src/test/unit/AllocationManagerUnit.t.sol:747.
#[test]
fn eig_05_a_quarter_leaves_three_quarters_everywhere() {
    let mut magnitudes = member_of(1);
    magnitudes.modify(0, WAD, 1).unwrap();
    let slash = magnitudes.slash(0, 25 * PERCENT, 2).unwrap();
    let three_quarters = 75 * PERCENT;
    assert_eq!((slash.slashed, slash.max_before, slash.max_after), (25 * PERCENT, WAD, three_quarters));
    let left = (magnitudes.current(0, 2), magnitudes.max(), magnitudes.encumbered(2));
    assert_eq!(left, (three_quarters, three_quarters, three_quarters));
    assert_eq!(slash.wad_slashed(), 25 * PERCENT);
}

/// eigenlayer-contracts, src/test/unit/AllocationManagerUnit.t.sol:853.
#[test]
fn eig_06_a_pending_allocation_is_out_of_reach() {
    for wad in [1, 3, 25 * PERCENT, WAD - 1, WAD] {
        let mut magnitudes = Magnitudes::new(Deployment::MainnetV19.parameters(), 1, 10);
        magnitudes.register(0, 1).unwrap();
        magnitudes.modify(0, WAD / 2, 1).unwrap();
        magnitudes.modify(0, WAD, 11).unwrap();
        let slash = magnitudes.slash(0, wad, 20).unwrap();
        assert_eq!(slash.slashed, wad.div_ceil(2));
        assert_eq!(
            magnitudes.pending(0, 20),
            Some(PendingChange::Increase { by: WAD / 2, effect_block: 21 })
        );
        assert_eq!(magnitudes.current(0, 21), WAD - slash.slashed);
        assert_eq!((magnitudes.max(), magnitudes.encumbered(20)), (WAD - slash.slashed, WAD - slash.slashed));
    }
}

/// eigenlayer-contracts, src/test/unit/AllocationManagerUnit.t.sol:1245.
#[test]
fn eig_08_all_leaving_and_all_slashed_leaves_nothing() {
    let mut magnitudes = member_of(1);
    magnitudes.modify(0, WAD, 1).unwrap();
    magnitudes.modify(0, 0, 2).unwrap();
    let effect_block = 2 + DELAY + 1;
    magnitudes.slash(0, WAD, effect_block - 1).unwrap();
    for block in [effect_block - 1, effect_block] {
        assert_eq!((magnitudes.current(0, block), magnitudes.max(), magnitudes.encumbered(block)), (0, 0, 0));
        assert_eq!(magnitudes.allocatable(block), 0);
    }
    // The emptied decrease still blocks the next change until its block.
    assert_eq!(
        magnitudes.modify(0, 1, effect_block - 1),
        Err(Error::ChangeAlreadyPending { set: 0, effect_block })
    );
    assert_eq!(
        magnitudes.modify(0, 1, effect_block),
        Err(Error::NotAllocatable { added: 1, allocatable: 0 })
    );
}

/// eigenlayer-contracts, src/test/unit/AllocationManagerUnit.t.sol:1639.
#[test]
fn eig_10_a_full_deallocation_is_safe_one_block_after_its_delay() {
    for (block, slashed) in [(500 + DELAY, WAD), (500 + DELAY + 1, 0)] {
        let mut magnitudes = member_of(1);
        magnitudes.modify(0, WAD, 1).unwrap();
        magnitudes.modify(0, 0, 500).unwrap();
        assert_eq!(magnitudes.slash(0, WAD, block).unwrap().slashed, slashed);
        assert_eq!(magnitudes.max(), WAD - slashed);
    }
}

/// eigenlayer-contracts, src/test/unit/AllocationManagerUnit.t.sol:1670, 1731.
#[test]
fn eig_12_a_leaver_is_slashable_through_the_last_block_of_the_delay() {
    let mut magnitudes = member_of(1);
    magnitudes.modify(0, WAD, 1).unwrap();
    magnitudes.deregister(0, 500).unwrap();
    assert_eq!(magnitudes.slash(0, WAD / 2, 500 + DELAY).unwrap().slashed, WAD / 2);
    let block = 500 + 100_801;
    assert_eq!(magnitudes.slash(0, WAD, block), Err(Error::NotSlashable { set: 0, block }));
}

/// eigenlayer-contracts, src/test/unit/AllocationManagerUnit.t.sol:1765.
#[test]
fn eig_13_a_new_slasher_goes_on_where_the_old_one_stopped() {
    let mut magnitudes = member_of(1);
    magnitudes.modify(0, WAD, 1).unwrap();
    let mut slasher = Delayed::new("first");
    magnitudes.slash(0, WAD / 2, 1).unwrap();
    change_slasher(&mut slasher, "second", 1, &Deployment::MainnetV19.parameters());
    assert_eq!((slasher.at(126_001), slasher.at(126_002)), ("first", "second"));
    magnitudes.slash(0, WAD / 2, 126_002).unwrap();
    let left = (magnitudes.current(0, 126_002), magnitudes.max(), magnitudes.encumbered(126_002));
    assert_eq!(left, (25 * PERCENT, 25 * PERCENT, 25 * PERCENT));
}

/// Rounding of the share loss: eigenlayer-contracts, src/contracts/libraries/SlashingLib.sol (`calcSlashedAmount`).
#[test]
fn eig_29_one_unit_of_magnitude_takes_a_share_only_of_a_whole_token() {
    assert_eq!([TOKEN, TOKEN / 10, 1_000_000_000].map(|shares| shares_lost(shares, WAD, WAD - 1)), [1, 0, 0]);
    assert_eq!(shares_lost(2 * TOKEN - 1, WAD, WAD - 1), 1);
    assert_eq!(shares_lost(1, WAD, 1), 0);
    assert_eq!((shares_lost(u128::MAX, WAD, 0), shares_lost(u128::MAX, 0, 0)), (u128::MAX, 0));
}

/// Unique stake: eigenlayer-contracts, docs/core/AllocationManager.md.
#[test]
fn eig_31_two_sets_that_hold_all_take_all_and_nothing_twice() {
    let stake =
        OperatorStake { shares: 1_000, max_magnitude: WAD, magnitudes: vec![60 * PERCENT, 40 * PERCENT] };
    let both = [SlashEvent { set: 0, wad: WAD }, SlashEvent { set: 1, wad: WAD }];
    let slashed = slash_in_order(&stake, &both).unwrap();
    assert_eq!((slashed.losses.as_slice(), slashed.lost()), ([600, 400].as_slice(), 1_000));
    let swapped = slash_in_order(&stake, &[both[1], both[0]]).unwrap();
    assert_eq!(swapped.losses, [400, 600]);
    assert_eq!(swapped.left, OperatorStake { shares: 0, max_magnitude: 0, magnitudes: vec![0, 0] });
}

#[test]
fn a_second_slash_by_the_same_set_compounds() {
    let stake = OperatorStake { shares: 1_000, max_magnitude: WAD, magnitudes: vec![40 * PERCENT] };
    let half = SlashEvent { set: 0, wad: WAD / 2 };
    let slashed = slash_in_order(&stake, &[half, half]).unwrap();
    assert_eq!((slashed.losses.as_slice(), slashed.left.shares), ([200, 100].as_slice(), 700));
    assert_eq!(slashed.left.magnitudes, [10 * PERCENT]);
}

#[test]
fn a_set_of_a_slashed_operator_takes_its_share_of_what_is_left() {
    let stake = OperatorStake { shares: 500, max_magnitude: WAD / 2, magnitudes: vec![WAD / 4, WAD / 4] };
    assert_eq!(slash_in_order(&stake, &[SlashEvent { set: 1, wad: WAD }]).unwrap().losses, [250]);
    assert_eq!(slash_in_order(&stake, &[]).unwrap().lost(), 0);
}

#[test]
fn a_tiny_slash_takes_magnitude_and_then_no_share() {
    let stake = OperatorStake { shares: 100, max_magnitude: WAD, magnitudes: vec![WAD] };
    let dust = SlashEvent { set: 0, wad: 1 };
    let slashed = slash_in_order(&stake, &[dust, dust]).unwrap();
    assert_eq!((slashed.losses.as_slice(), slashed.left.max_magnitude), ([0, 0].as_slice(), WAD - 2));
}

#[test]
fn a_series_refuses_what_the_protocol_cannot_hold() {
    let stake = |magnitudes: Vec<u64>, max_magnitude| OperatorStake { shares: 1, max_magnitude, magnitudes };
    let over = slash_in_order(&stake(vec![WAD / 2, WAD / 2 + 1], WAD), &[]);
    assert_eq!(over, Err(Error::OverAllocated { allocated: TOKEN + 1, max_magnitude: WAD }));
    let above = slash_in_order(&stake(vec![], WAD + 1), &[]);
    assert_eq!(above, Err(Error::MagnitudeAboveMaximum { magnitude: WAD + 1 }));
    let unknown = slash_in_order(&stake(vec![1], WAD), &[SlashEvent { set: 1, wad: 1 }]);
    assert_eq!(unknown, Err(Error::UnknownSet { set: 1, n_sets: 1 }));
    for wad in [0, WAD + 1] {
        let bad = slash_in_order(&stake(vec![1], WAD), &[SlashEvent { set: 0, wad }]);
        assert_eq!(bad, Err(Error::BadWad { wad }));
    }
}

#[test]
fn the_part_must_lie_in_the_unit_interval_even_where_nothing_is_allocated() {
    let mut magnitudes = member_of(1);
    assert_eq!(magnitudes.slash(0, 0, 1), Err(Error::BadWad { wad: 0 }));
    assert_eq!(magnitudes.slash(0, WAD + 1, 1), Err(Error::BadWad { wad: WAD + 1 }));
    assert_eq!(magnitudes.slash(0, WAD, 1).unwrap().slashed, 0);
    assert_eq!(Error::BadWad { wad: 0 }.to_string(), "wad to slash must lie in 1…1000000000000000000, got 0");
}

#[test]
fn magnitude_rounds_up_and_the_report_rounds_down() {
    let mut magnitudes = member_of(2);
    magnitudes.modify(0, 1, 1).unwrap();
    magnitudes.modify(1, 2, 1).unwrap();
    let slash = magnitudes.slash(0, 1, 2).unwrap();
    assert_eq!((slash.slashed, slash.max_after, slash.wad_slashed()), (1, WAD - 1, 1));
    assert_eq!((reported_wad(1, 3), reported_wad(2, 3)), (WAD / 3, WAD / 3 * 2));
    assert_eq!((reported_wad(0, 0), reported_wad(WAD, WAD)), (0, WAD));
    assert_eq!(magnitudes.slash(1, WAD / 2 + 1, 3).unwrap().slashed, 2);
}

#[test]
fn a_pending_decrease_shrinks_rounded_up() {
    let mut magnitudes = member_of(1);
    magnitudes.modify(0, 10, 1).unwrap();
    magnitudes.modify(0, 7, 2).unwrap();
    magnitudes.slash(0, WAD / 2, 3).unwrap();
    let effect_block = 2 + DELAY + 1;
    assert_eq!(magnitudes.pending(0, 3), Some(PendingChange::Decrease { by: 1, effect_block }));
    assert_eq!((magnitudes.current(0, 3), magnitudes.current(0, effect_block)), (5, 4));
    assert_eq!((magnitudes.encumbered(3), magnitudes.encumbered(effect_block)), (5, 4));
}

#[test]
fn history_keeps_the_magnitude_of_every_block() {
    let mut magnitudes = member_of(1);
    magnitudes.modify(0, WAD, 1).unwrap();
    magnitudes.slash(0, WAD / 2, 10).unwrap();
    magnitudes.slash(0, WAD / 2, 10).unwrap();
    magnitudes.slash(0, WAD, 12).unwrap();
    let seen = [0, 9, 10, 11, 12, u64::MAX].map(|block| magnitudes.max_at(block));
    assert_eq!(seen, [WAD, WAD, WAD / 4, WAD / 4, 0, 0]);
}

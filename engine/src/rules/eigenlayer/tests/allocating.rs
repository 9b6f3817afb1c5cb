//! Allocating, de-allocating, joining and leaving.

use super::{DELAY, TOKEN, member_of};
use crate::rules::eigenlayer::{
    Deployment, Error, Magnitudes, PendingChange, WAD, allocated_stake, minimum_slashable_stake,
    slashable_stake,
};

/// One ten-thousandth of the magnitude, the unit in which ELIP-002 writes its tables.
const UNIT: u64 = WAD / 10_000;

/// What each set and the free rest stand for, in tokens.
fn split(magnitudes: &Magnitudes, tokens: u128, block: u64) -> [u128; 4] {
    let of = |magnitude| slashable_stake(tokens * TOKEN, magnitude, magnitudes.max()) / TOKEN;
    let current = |set| of(magnitudes.current(set, block));
    [current(0), current(1), current(2), of(magnitudes.allocatable(block))]
}

/// The operator of ELIP-002's first table.
fn elip_002() -> Magnitudes {
    let mut magnitudes = member_of(3);
    for (set, units) in [3_000, 2_500, 2_000].into_iter().enumerate() {
        magnitudes.modify(set, units * UNIT, 10).unwrap();
    }
    magnitudes
}

/// ELIPs, ELIPs/ELIP-002.md:285-288.
#[test]
fn eig_01_three_allocations_of_one_hundred() {
    assert_eq!(split(&elip_002(), 100, 10), [30, 25, 20, 25]);
}

/// ELIPs, ELIPs/ELIP-002.md:408-445: fewer for the first set, then 100 tokens more.
#[test]
fn eig_02_deallocation_then_a_deposit() {
    let mut magnitudes = elip_002();
    magnitudes.modify(0, 2_000 * UNIT, 20).unwrap();
    assert_eq!(split(&magnitudes, 100, 20 + DELAY), [30, 25, 20, 25]);
    assert_eq!(split(&magnitudes, 100, 20 + DELAY + 1), [20, 25, 20, 35]);
    assert_eq!(split(&magnitudes, 200, 20 + DELAY + 1), [40, 50, 40, 70]);
}

/// ELIPs, ELIPs/ELIP-002.md, figure 4: operator 2 gives 10 % and 5 % to two sets, operator 3 gives 20 % to the first.
///
/// The figure's totals of 30 and 15 leave 10 in the second set to operator 3, which the text does not name.
#[test]
fn eig_04_stakes_by_share_and_set_totals() {
    let stake = |percent: u64| slashable_stake(100 * TOKEN, percent * (WAD / 100), WAD) / TOKEN;
    assert_eq!([stake(10), stake(5), stake(20)], [10, 5, 20]);
    assert_eq!((stake(10) + stake(20), stake(5) + stake(10)), (30, 15));
}

/// eigenlayer-contracts, src/test/unit/AllocationManagerUnit.t.sol:3173.
#[test]
fn eig_15_a_pending_deallocation_stays_encumbered_until_its_block() {
    let mut magnitudes = member_of(2);
    magnitudes.modify(0, WAD / 2, 5).unwrap();
    magnitudes.modify(0, WAD / 4, 10).unwrap();
    magnitudes.modify(1, WAD / 100 * 33, 10).unwrap();
    for block in [10, 10 + DELAY] {
        assert_eq!(magnitudes.allocatable(block), WAD - WAD / 100 * 33 - WAD / 2);
        assert_eq!(magnitudes.allocatable(block), WAD / 100 * 17);
    }
    assert_eq!(magnitudes.encumbered(10 + DELAY + 1), WAD / 100 * 58);
    assert_eq!(magnitudes.allocatable(10 + DELAY + 1), WAD / 100 * 42);
}

#[test]
fn an_allocation_is_taken_at_once_and_slashable_after_its_delay() {
    let mut magnitudes = Magnitudes::new(Deployment::MainnetV19.parameters(), 1, 75);
    magnitudes.register(0, 1).unwrap();
    magnitudes.modify(0, WAD, 100).unwrap();
    assert_eq!((magnitudes.allocatable(100), magnitudes.encumbered(100)), (0, WAD));
    assert_eq!((magnitudes.current(0, 174), magnitudes.current(0, 175)), (0, WAD));
    assert_eq!(magnitudes.pending(0, 174), Some(PendingChange::Increase { by: WAD, effect_block: 175 }));
    assert_eq!(magnitudes.pending(0, 175), None);
    assert_eq!(magnitudes.slash(0, WAD, 174).unwrap().slashed, 0);
    assert_eq!(magnitudes.slash(0, WAD, 175).unwrap().slashed, WAD);
}

#[test]
fn without_delay_two_changes_fit_in_one_block() {
    let mut magnitudes = member_of(1);
    magnitudes.modify(0, 1, 7).unwrap();
    magnitudes.modify(0, WAD, 7).unwrap();
    assert_eq!((magnitudes.current(0, 7), magnitudes.pending(0, 7)), (WAD, None));
}

#[test]
fn one_change_at_a_time_until_its_block() {
    let mut magnitudes = member_of(1);
    magnitudes.modify(0, 100, 7).unwrap();
    magnitudes.modify(0, 60, 8).unwrap();
    let effect_block = 8 + DELAY + 1;
    let pending = Err(Error::ChangeAlreadyPending { set: 0, effect_block });
    assert_eq!(magnitudes.modify(0, 70, 9), pending);
    assert_eq!(magnitudes.modify(0, 60, effect_block - 1), pending);
    assert_eq!(magnitudes.modify(0, 60, effect_block), Err(Error::SameMagnitude { magnitude: 60 }));
    assert_eq!(magnitudes.modify(0, 70, effect_block), Ok(()));
}

#[test]
fn no_more_than_what_is_free_can_be_allocated() {
    let mut magnitudes = member_of(3);
    magnitudes.modify(0, WAD - 10, 1).unwrap();
    assert_eq!(magnitudes.modify(1, 11, 1), Err(Error::NotAllocatable { added: 11, allocatable: 10 }));
    assert_eq!(magnitudes.modify(1, 10, 1), Ok(()));
    let above = Error::MagnitudeAboveMaximum { magnitude: WAD + 1 };
    assert_eq!(magnitudes.modify(2, WAD + 1, 1), Err(above));
    assert_eq!(above.to_string(), "magnitude must be at most 1000000000000000000, got 1000000000000000001");
    assert_eq!(magnitudes.modify(3, 1, 1), Err(Error::UnknownSet { set: 3, n_sets: 3 }));
    assert_eq!(magnitudes.modify(2, 0, 1), Err(Error::SameMagnitude { magnitude: 0 }));
}

#[test]
fn what_no_set_can_slash_is_freed_at_once() {
    let mut stranger = Magnitudes::new(Deployment::MainnetV19.parameters(), 1, 0);
    stranger.modify(0, WAD, 1).unwrap();
    stranger.modify(0, 1, 1).unwrap();
    assert_eq!((stranger.current(0, 1), stranger.allocatable(1)), (1, WAD - 1));

    let mut unlisted = member_of(1);
    unlisted.modify(0, WAD, 1).unwrap();
    unlisted.exclude_strategy(0, 2).unwrap();
    assert_eq!(unlisted.slash(0, 1, 2), Err(Error::StrategyNotInSet { set: 0 }));
    unlisted.modify(0, 3, 2).unwrap();
    assert_eq!(unlisted.encumbered(2), 3);
    unlisted.include_strategy(0, 3).unwrap();
    assert_eq!(unlisted.slash(0, WAD, 3).unwrap().slashed, 3);
}

#[test]
fn a_leaver_frees_slowly_through_the_last_slashable_block_and_at_once_after_it() {
    for (block, waits) in [(50 + DELAY, true), (50 + DELAY + 1, false)] {
        let mut magnitudes = member_of(1);
        magnitudes.modify(0, WAD, 1).unwrap();
        magnitudes.deregister(0, 50).unwrap();
        magnitudes.modify(0, 0, block).unwrap();
        assert_eq!(magnitudes.pending(0, block).is_some(), waits);
    }
}

#[test]
fn a_leaver_comes_back_only_after_the_delay_and_is_slashable_at_once() {
    let mut magnitudes = member_of(1);
    magnitudes.modify(0, WAD, 1).unwrap();
    assert_eq!(magnitudes.register(0, 2), Err(Error::StillSlashable { set: 0, block: 2 }));
    magnitudes.deregister(0, 50).unwrap();
    assert_eq!(magnitudes.deregister(0, 51), Err(Error::NotRegistered { set: 0 }));
    let block = 50 + DELAY;
    assert_eq!(magnitudes.register(0, block), Err(Error::StillSlashable { set: 0, block }));
    magnitudes.register(0, block + 1).unwrap();
    assert_eq!(magnitudes.slash(0, WAD, block + 1).unwrap().slashed, WAD);
}

#[test]
fn a_changed_allocation_delay_waits_its_configuration_delay() {
    let mut magnitudes = Magnitudes::new(Deployment::Testnet.parameters(), 2, 0);
    magnitudes.set_allocation_delay(9, 100).unwrap();
    assert_eq!((magnitudes.allocation_delay(175), magnitudes.allocation_delay(176)), (0, 9));
    magnitudes.modify(0, 5, 175).unwrap();
    magnitudes.modify(1, 5, 176).unwrap();
    assert_eq!(
        (magnitudes.current(0, 175), magnitudes.current(1, 184), magnitudes.current(1, 185)),
        (5, 0, 5)
    );
}

#[test]
fn blocks_do_not_run_backwards() {
    let mut magnitudes = member_of(1);
    magnitudes.modify(0, 5, 10).unwrap();
    assert_eq!(magnitudes.modify(0, 4, 9), Err(Error::BlockInThePast { block: 9, latest: 10 }));
}

#[test]
fn the_minimum_over_a_horizon_counts_what_leaves_and_not_what_comes() {
    let mut magnitudes = member_of(2);
    magnitudes.modify(0, WAD / 2, 1).unwrap();
    magnitudes.modify(0, WAD / 4, 10).unwrap();
    let gone = 10 + DELAY + 1;
    let least = |horizon| minimum_slashable_stake(&magnitudes, 0, 100, 10, horizon);
    assert_eq!((least(gone - 1), least(gone)), (50, 25));
    assert_eq!(allocated_stake(&magnitudes, 0, 100, gone - 1), 50);

    let mut coming = Magnitudes::new(Deployment::MainnetV19.parameters(), 1, 10);
    coming.register(0, 1).unwrap();
    coming.modify(0, WAD, 1).unwrap();
    assert_eq!(minimum_slashable_stake(&coming, 0, 100, 1, 1_000), 0);
    assert_eq!(minimum_slashable_stake(&coming, 0, 100, 11, 1_000), 100);
    coming.deregister(0, 20).unwrap();
    assert_eq!(minimum_slashable_stake(&coming, 0, 100, 20 + DELAY, u64::MAX), 100);
    assert_eq!(minimum_slashable_stake(&coming, 0, 100, 20 + DELAY + 1, u64::MAX), 0);
    assert_eq!(allocated_stake(&coming, 0, 100, 20 + DELAY + 1), 100);
}

#[test]
fn slashable_stake_rounds_down_twice() {
    assert_eq!(slashable_stake(3 * TOKEN, 1, 3), TOKEN - 1);
    assert_eq!((slashable_stake(TOKEN, 0, 0), slashable_stake(u128::MAX, WAD, WAD)), (0, u128::MAX));
}

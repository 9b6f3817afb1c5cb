//! Where slashed funds go and what that costs a coalition.

use crate::rules::eigenlayer::{
    Asset, Deployment, Error, OperatorStake, Recipient, SlashDestination, SlashEvent, SlashedStake, WAD,
    clearable_from, coalition_outcome, destination, slash_in_order,
};

/// The coalition of least slashable stake that reaches `threshold` of all, by trying every subset.
fn cheapest(stakes: &[u128], threshold: (u128, u128)) -> (Vec<usize>, u128) {
    let total: u128 = stakes.iter().sum();
    let members = |mask: usize| (0..stakes.len()).filter(move |i| mask >> i & 1 == 1);
    let sum = |mask: usize| members(mask).map(|i| stakes[i]).sum::<u128>();
    let reaching = (0..1 << stakes.len()).filter(|mask| sum(*mask) * threshold.1 >= total * threshold.0);
    let best = reaching.min_by_key(|mask| (sum(*mask), mask.count_ones())).unwrap();
    (members(best).collect(), sum(best))
}

/// Derived: the recipient of a redistributing set may be the attacker.
#[test]
fn eig_30_redistribution_to_the_attacker_makes_corruption_free() {
    let (members, loss) = cheapest(&[10, 5, 15], (1, 3));
    assert_eq!((members, loss), (vec![0], 10));
    let stake = OperatorStake { shares: 10, max_magnitude: WAD, magnitudes: vec![WAD] };
    let lost = slash_in_order(&stake, &[SlashEvent { set: 0, wad: WAD }]).unwrap().lost();
    assert_eq!(lost, 10);

    let owned = [SlashedStake { own: lost, delegated: 0 }];
    let delegated = [SlashedStake { own: 0, delegated: lost }];
    let burned = coalition_outcome(&owned, destination(Asset::LiquidToken, Recipient::Nobody).unwrap());
    assert_eq!((burned.gross_loss, burned.cost(), burned.profit()), (10, 10, 0));
    let paid = destination(Asset::LiquidToken, Recipient::Coalition).unwrap();
    let back = coalition_outcome(&owned, paid);
    assert_eq!((back.gross_loss, back.cost(), back.profit()), (10, 0, 0));
    let stolen = coalition_outcome(&delegated, paid);
    assert_eq!((stolen.cost(), stolen.profit()), (0, 10));
}

#[test]
fn an_outside_recipient_saves_the_coalition_nothing() {
    let slashed = [SlashedStake { own: 3, delegated: 4 }, SlashedStake { own: 1, delegated: 0 }];
    for away in [SlashDestination::Outsider, SlashDestination::Burned, SlashDestination::Locked] {
        let outcome = coalition_outcome(&slashed, away);
        assert_eq!((outcome.gross_loss, outcome.cost(), outcome.received), (8, 4, 0));
    }
    assert_eq!(coalition_outcome(&slashed, SlashDestination::Coalition).profit(), 4);
}

/// eigenlayer-contracts, src/contracts/core/AllocationManager.sol (`_addStrategyToOperatorSet`).
#[test]
fn native_eth_and_eigen_are_never_redistributed() {
    for asset in [Asset::NativeEth, Asset::Eigen] {
        for recipient in [Recipient::Outsider, Recipient::Coalition] {
            assert_eq!(destination(asset, recipient), Err(Error::NotRedistributable { asset }));
        }
    }
    let refusal = Error::NotRedistributable { asset: Asset::Eigen };
    assert_eq!(refusal.to_string(), "a redistributing set may use liquid tokens only, got Eigen");
    assert_eq!(destination(Asset::NativeEth, Recipient::Nobody), Ok(SlashDestination::Locked));
    assert_eq!(destination(Asset::Eigen, Recipient::Nobody), Ok(SlashDestination::Burned));
    assert_eq!(destination(Asset::LiquidToken, Recipient::Outsider), Ok(SlashDestination::Outsider));
}

/// ELIPs, ELIPs/ELIP-016.md.
#[test]
fn slashed_funds_leave_at_once_or_after_the_proposed_seven_days() {
    assert_eq!(clearable_from(1_000, &Deployment::MainnetV19.parameters()), 1_000);
    assert_eq!(clearable_from(1_000, &Deployment::ProposedElip016.parameters()), 51_401);
    assert_eq!(clearable_from(u64::MAX, &Deployment::ProposedElip016.parameters()), u64::MAX);
}

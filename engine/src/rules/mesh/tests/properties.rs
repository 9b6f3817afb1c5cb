//! What holds for all inputs.

use proptest::collection::vec;
use proptest::prelude::*;

use super::super::*;

/// Amounts of every size, the extremes among them.
fn amount() -> impl Strategy<Value = u128> {
    prop_oneof![0_u128..200, any::<u64>().prop_map(u128::from), any::<u128>(), Just(u128::MAX)]
}

fn ratio() -> impl Strategy<Value = Decimal> {
    (0..=1_000_000_000_000_000_000_u128).prop_map(Decimal::from_atomics)
}

fn coarse_ratio() -> impl Strategy<Value = Decimal> {
    (0_u64..=100).prop_map(Decimal::percent)
}

fn liens() -> impl Strategy<Value = Vec<(u128, Decimal)>> {
    vec((0_u128..1000, coarse_ratio()), 1..7)
}

/// The user that the vault makes of these wishes: refused stakes are left out.
fn granted(collateral: u128, liens: &[(u128, Decimal)]) -> Account {
    let mut account = Account::new(collateral);
    for (consumer, (amount, ratio)) in (0..).zip(liens) {
        let refused = account.stake_external(consumer, *amount, *ratio);
        assert!(refused.is_ok() || account.lien(Holder::External(consumer)).is_none());
    }
    account
}

proptest! {
    #[test]
    fn the_vault_grants_nothing_beyond_the_collateral(collateral in amount(), liens in vec((amount(), ratio()), 0..6)) {
        let account = granted(collateral, &liens);
        prop_assert!(account.used().high() <= collateral);
        let free = account.free().unwrap();
        prop_assert_eq!(free.high(), collateral - account.used().low());
    }

    #[test]
    fn slashing_never_creates_stake(collateral in 0_u128..1500, liens in liens(), slash in 0_u128..1000, at in 0_u32..7) {
        let before = granted(collateral, &liens);
        let mut after = before.clone();
        match after.slash(Holder::External(at), slash) {
            Err(_) => prop_assert_eq!(after, before),
            Ok(outcome) => {
                prop_assert_eq!(outcome.lost, slash);
                prop_assert_eq!(before.collateral() - after.collateral(), slash);
                prop_assert!(after.total_slashable().high() <= before.total_slashable().high());
                for ((_, old), (_, new)) in before.liens().zip(after.liens()) {
                    prop_assert!(new.amount.high() <= old.amount.high());
                    prop_assert!(new.amount.low() <= new.amount.high());
                }
            }
        }
    }

    #[test]
    fn a_promise_is_kept_or_warned_of(collateral in 0_u128..1500, liens in liens(), slash in 0_u128..1000, at in 0_u32..7) {
        let mut account = granted(collateral, &liens);
        if let Ok(outcome) = account.slash(Holder::External(at), slash) {
            let kept = account.used().high() <= account.collateral();
            prop_assert_eq!(kept, outcome.warnings.is_empty());
            prop_assert_eq!(kept, account.free().is_ok());
            if outcome.propagation == Propagation::LiensCut {
                prop_assert!(account.max_lien().high() <= account.collateral());
            }
        }
    }

    #[test]
    fn liens_above_the_new_collateral_are_cut_in_order(collateral in 1_u128..1500, liens in liens(), slash in 1_u128..500) {
        let before = granted(collateral, &liens);
        let mut after = before.clone();
        if let Ok(outcome) = after.slash(Holder::External(0), slash) {
            let others = |account: &Account| -> Vec<u128> {
                account.liens().skip(1).map(|(_, lien)| lien.amount.high()).collect()
            };
            let (old, new) = (others(&before), others(&after));
            for i in 1..old.len() {
                prop_assert!(old[i - 1].cmp(&old[i]) == new[i - 1].cmp(&new[i]) || new[i - 1] == new[i]);
            }
            let taken: u128 = old.iter().sum::<u128>() - new.iter().sum::<u128>();
            let own: u128 = outcome.burns.iter().filter(|b| b.holder != Holder::External(0)).map(|b| b.amount).sum();
            prop_assert_eq!(taken, own);
        }
    }

    #[test]
    fn settlement_loses_at_most_the_collateral(
        collateral in amount(),
        wishes in vec((amount(), ratio()), 0..5),
        events in vec((0_u32..5, amount()), 0..6),
    ) {
        let mut account = granted(collateral, &wishes);
        let slash = |(at, amount): &(u32, u128)| SlashEvent {
            holder: Holder::External(*at),
            size: SlashSize::Amount(*amount),
            evidence: Evidence::Genuine,
        };
        let events: Vec<SlashEvent> = events.iter().map(slash).collect();
        let settled = settle(&mut account, &events, EvidencePolicy::Obey);
        prop_assert_eq!(settled.lost, collateral - account.collateral());
        let sum: u128 = settled.outcomes.iter().map(|(_, outcome)| outcome.lost).sum();
        prop_assert_eq!(sum, settled.lost);
        prop_assert_eq!(settled.outcomes.len() + settled.refused.len(), events.len());
    }

    #[test]
    fn packets_settle_back_to_where_they_came_from(collateral in amount(), first in amount(), second in amount(), r in ratio()) {
        let mut account = Account::new(collateral);
        let _ = account.stake_local(first, r);
        let before = account.used();
        if let Ok(id) = account.stake_remote(0, second, r) {
            prop_assert!(account.used().high() <= collateral);
            account.rollback(id).unwrap();
        }
        prop_assert_eq!(account.used(), before);
    }

    #[test]
    fn a_pool_is_slashed_for_no_more_than_is_asked_and_staked(stakes in vec(amount(), 0..6), asked in amount()) {
        let mut pool = Pool::new(stakes.len(), 100);
        for (user, stake) in stakes.iter().enumerate() {
            pool.prepare_stake(user, *stake).unwrap();
            let _ = pool.commit_stake(user, *stake);
        }
        let before = pool.clone();
        let order = SlashOrder { amount: asked, nominal_ratio: Decimal::ONE, infraction_s: 0, now_s: 0 };
        match pool.slash(order) {
            Err(_) => prop_assert_eq!(pool, before),
            Ok(slashes) => {
                let taken: u128 = slashes.iter().map(|slash| slash.amount).sum();
                prop_assert!(taken <= asked);
                for slash in &slashes {
                    let (old, new) = (&before.stakes()[slash.user], &pool.stakes()[slash.user]);
                    prop_assert_eq!(old.bonded.high() - new.bonded.high(), slash.amount);
                }
            }
        }
    }

    #[test]
    fn rewards_paid_never_exceed_rewards_sent(stakes in vec(1_u128..1_000_000, 1..6), payments in vec(0_u128..1_000_000, 0..6)) {
        let mut pool = Pool::new(stakes.len(), 100);
        for (user, stake) in stakes.iter().enumerate() {
            pool.prepare_stake(user, *stake).unwrap();
            pool.commit_stake(user, *stake).unwrap();
        }
        for payment in &payments {
            pool.distribute(*payment).unwrap();
        }
        let owed: u128 = (0..stakes.len()).map(|user| pool.owed(user).unwrap()).sum();
        let sent: u128 = payments.iter().sum();
        prop_assert!(owed <= sent && sent - owed <= stakes.len() as u128);
    }

    #[test]
    fn scaled_requests_stay_below_the_cap_and_keep_their_order(requests in vec(amount(), 0..8), cap in amount()) {
        if let Ok(scaled) = scale_to_cap(&requests, cap) {
            prop_assert!(scaled.iter().sum::<u128>() <= cap);
            for i in 1..scaled.len() {
                prop_assert!(requests[i - 1] > requests[i] || scaled[i - 1] <= scaled[i]);
            }
        }
    }

    #[test]
    fn a_burn_takes_no_more_than_is_asked_nor_than_is_there(stakes in vec(amount(), 0..8), asked in amount()) {
        let burns = distribute_burn(&stakes, asked);
        prop_assert!(burns.total <= asked);
        prop_assert_eq!(burns.each.iter().sum::<u128>(), burns.total);
        prop_assert!(burns.each.iter().zip(&stakes).all(|(burn, stake)| burn <= stake));
    }

    #[test]
    fn the_way_to_the_consumer_and_back_creates_no_token(tokens in amount(), price in 1_u128..u128::MAX, discount in ratio()) {
        let converter = Converter::new(discount).unwrap();
        let price = Decimal::from_atomics(price);
        let back = converter.to_virtual(tokens, price).and_then(|stake| converter.to_provider(stake, price));
        prop_assert!(back.is_err() || back.unwrap() <= tokens);
    }

    #[test]
    fn influence_is_a_share(native in amount(), caps in vec(amount(), 0..5)) {
        if let Ok(shares) = provider_influence(native, &caps) {
            prop_assert!(shares.iter().all(|share| share.basis_points() <= 10_000));
            prop_assert!(shares.iter().filter(|share| share.can_halt()).count() <= 3);
        }
    }
}

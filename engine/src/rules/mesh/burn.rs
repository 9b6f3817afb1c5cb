//! A burn spread over several validators.

use super::Error;

/// What a burn came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Burns {
    /// Sum, at most what was asked for.
    pub total: u128,
    /// By validator, in the order of the stakes.
    pub each: Vec<u128>,
}

/// Spreads a burn of `amount` evenly over `stakes` (base units, by validator).
///
/// Each gives `min(⌊amount/n⌋, stake)`; the whole remainder goes to the first whose stake is at least
/// `⌊amount/n⌋ + remainder`, and is dropped where there is none. So 91 over {29, 30, 31, 1} burns only 67, though 91
/// are there. No stakes, no burn. Source: mesh-security, packages/burn/src/burn.rs.
pub fn distribute_burn(stakes: &[u128], amount: u128) -> Burns {
    let Some(even) = amount.checked_div(stakes.len() as u128) else {
        return Burns::default();
    };
    let mut each: Vec<u128> = stakes.iter().map(|stake| even.min(*stake)).collect();
    let burned: u128 = each.iter().sum();
    let rest = amount - burned;
    let needed = even.checked_add(rest).filter(|_| rest > 0);
    let taker = needed.and_then(|needed| stakes.iter().position(|stake| needed <= *stake));
    if let Some(taker) = taker {
        each[taker] += rest;
        return Burns { total: amount, each };
    }
    Burns { total: burned, each }
}

/// As [`distribute_burn`], refused unless all of it fits: what external staking, the local proxy and the consumer's
/// virtual staking ask for.
///
/// # Errors
/// [`Error::BurnNotWhole`].
pub fn burn_exactly(stakes: &[u128], amount: u128) -> Result<Vec<u128>, Error> {
    let Burns { total, each } = distribute_burn(stakes, amount);
    if stakes.is_empty() || total < amount {
        return Err(Error::BurnNotWhole { burned: total, amount });
    }
    Ok(each)
}

use crate::rules::integer::mul_div_floor;

/// Whether `power` out of `total` commits a block: `power > ⌊2·total/3⌋`.
///
/// Exactly two thirds is not enough. Source: cometbft, types/validation.go.
pub fn commits(power: u128, total: u128) -> bool {
    power > two_thirds(total)
}

/// Least power that commits a block, `⌊2·total/3⌋ + 1`.
///
/// Source: cometbft, types/vote_set.go.
pub fn quorum(total: u128) -> u128 {
    two_thirds(total).saturating_add(1)
}

/// Least power whose silence stops the chain, `total − ⌊2·total/3⌋ = ⌈total/3⌉`.
///
/// The same power, voting twice, can make two blocks final at one height.
pub fn halting_power(total: u128) -> u128 {
    total - two_thirds(total)
}

/// Fewest validators whose silence stops the chain: the largest first, until [`halting_power`] is reached.
pub fn smallest_halting_set(powers: &[u128]) -> usize {
    let mut descending = powers.to_vec();
    descending.sort_unstable_by(|a, b| b.cmp(a));
    let needed = halting_power(powers.iter().fold(0, |sum: u128, power| sum.saturating_add(*power)));
    let mut silent = 0_u128;
    let reached = descending.iter().take_while(|power| {
        let short = silent < needed;
        silent = silent.saturating_add(**power);
        short
    });
    reached.count()
}

/// `⌊2·total/3⌋`, at most `total`.
fn two_thirds(total: u128) -> u128 {
    mul_div_floor(total, 2, 3)
}

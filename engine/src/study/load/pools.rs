//! Pools: stake as exact integers.

use super::super::keys::{INFLATION, POOL};
use super::super::reader::{Named, Reader};
use super::super::resolved::Resolved;
use super::super::{Asset, Fork, Inflation, Pool, Slashing};
use super::tables::on_one_scale;
use crate::rules::ethereum::Upgrade;

/// Gwei in an ETH.
const GWEI: u64 = 1_000_000_000;

/// A pool and, by operator, its stake in the pool's units, before operators have positions.
pub(super) struct Bonded {
    /// The pool without its stake.
    pool: Pool,
    /// Operators and units.
    pub(super) stake: Vec<(String, u128)>,
}

/// `[pools]`, in name order.
pub(super) fn read_bonded(root: &mut Reader<'_, '_>, assets: &[Asset]) -> Vec<Bonded> {
    let mut bonded = Vec::new();
    let mut underlying = Vec::new();
    let mut resolved = Vec::new();
    for (named, value) in root.sections("pools") {
        let mut reader = Reader::open(root.context, &POOL, named.place.clone(), Some(value));
        bonded.push(read_pool(&mut reader, named.name.clone(), assets));
        underlying.push((named.name.clone(), reader.optional_text("underlying")));
        resolved.push((named.name, Resolved::Section(reader.finish())));
    }
    bonded.sort_by(|a, b| a.pool.name.cmp(&b.pool.name));
    underlying.sort_by(|a, b| a.0.cmp(&b.0));
    resolved.sort_by(|a, b| a.0.cmp(&b.0));
    root.resolve("pools", Resolved::Section(resolved));
    for (position, (_, named)) in underlying.iter().enumerate() {
        let found = named.as_ref().and_then(|named| find_underlying(root, &bonded, position, named));
        bonded[position].pool.underlying = found;
    }
    for (position, (_, named)) in underlying.iter().enumerate() {
        if let Some(named) = named.as_ref().filter(|_| lies_under_itself(&bonded, position)) {
            root.context.error(
                &named.place,
                "pools lie under each other in a circle",
                "let one have no `underlying`",
            );
        }
    }
    bonded
}

/// Whether a pool's `underlying` leads back to it.
fn lies_under_itself(bonded: &[Bonded], position: usize) -> bool {
    let below = |at: &usize| bonded[*at].pool.underlying;
    std::iter::successors(below(&position), below).take(bonded.len()).any(|at| at == position)
}

/// `[pools.P]` but for `underlying`.
fn read_pool(reader: &mut Reader<'_, '_>, name: String, assets: &[Asset]) -> Bonded {
    let names: Vec<&str> = assets.iter().map(|asset| asset.name.as_str()).collect();
    let asset = reader.optional_text("asset").and_then(|named| reader.context.find("asset", &named, &names));
    let source = reader.table("stake");
    let amounts = source.as_ref().map_or_else(Vec::new, |source| source.amounts(reader.context, "tokens"));
    let place = source.map_or_else(|| reader.place.clone(), |source| source.whole());
    let (decimals, units) = on_one_scale(reader.context, &place, &amounts);
    let slashing = read_slashing(reader);
    if let Slashing::Ethereum { effective_balance, .. } = slashing {
        let needed = u128::from(effective_balance) * 10u128.pow(decimals);
        if units.iter().sum::<u128>() < needed {
            let message = format!("holds less than one validator of {effective_balance} ETH");
            reader.context.warn(
                &place,
                message,
                "write the stake in ETH, or a smaller effective_balance_eth",
            );
        }
    }
    let bonded = in_tokens(&units, decimals);
    let (reward_apr, inflation) = read_reward(reader, bonded);
    let pool = Pool {
        name,
        asset: asset.unwrap_or_default(),
        stake: Vec::new(),
        decimals,
        unbonding_days: reader.number("unbonding_days"),
        reward_apr,
        inflation,
        franchise_years: reader.number("franchise_years"),
        underlying: None,
        divisible: reader.flag("divisible").is_some_and(|(divisible, _)| divisible),
        slashing,
    };
    Bonded { pool, stake: amounts.into_iter().map(|(operator, _)| operator).zip(units).collect() }
}

/// Units as tokens.
#[expect(clippy::cast_precision_loss, reason = "a rate of return, not a decision")]
fn in_tokens(units: &[u128], decimals: u32) -> f64 {
    units.iter().sum::<u128>() as f64 / libm::exp10(f64::from(decimals))
}

/// What the stake earns: a fixed rate, or the inflation of its chain with so many tokens bonded.
fn read_reward(reader: &mut Reader<'_, '_>, bonded: f64) -> (f64, Option<Inflation>) {
    if !reader.has("inflation") {
        reader.skip("inflation");
        return (reader.number("reward_apr"), None);
    }
    if reader.has("reward_apr") {
        let place = reader.place_of("reward_apr");
        reader.context.error(&place, "stands beside `inflation`, which says it", "leave one of them out");
    }
    reader.skip("reward_apr");
    let mut inner = reader.section("inflation", &INFLATION);
    let inflation = Inflation {
        supply: inner.number("supply"),
        rate: inner.number("rate"),
        least: inner.number("least"),
        greatest: inner.number("greatest"),
        goal_bonded: inner.number("goal_bonded"),
        rate_change: inner.number("rate_change"),
        community_tax: inner.number("community_tax"),
    };
    let place = reader.place_of("inflation");
    if inflation.least > inflation.greatest {
        let message = format!("`least` {} exceeds `greatest` {}", inflation.least, inflation.greatest);
        reader.context.error(&place, message, "exchange them");
    }
    if bonded > inflation.supply {
        let message = format!("{bonded} tokens are staked of a supply of {}", inflation.supply);
        reader.context.error(&place, message, "write the whole supply, staked or not");
    }
    reader.resolve("inflation", Resolved::Inline(inner.finish()));
    (inflation.reward_apr(inflation.rate, bonded), Some(inflation))
}

/// Whose rules say what is slashed; the keys of Ethereum mean nothing elsewhere.
fn read_slashing(reader: &mut Reader<'_, '_>) -> Slashing {
    let is_ethereum = reader.choice("slashing") == Some("ethereum");
    if !is_ethereum {
        for name in ["fork", "effective_balance_eth"] {
            if reader.has(name) {
                let place = reader.place_of(name);
                reader.context.error(
                    &place,
                    "means nothing without slashing = \"ethereum\"",
                    "write slashing = \"ethereum\", or leave it out",
                );
            }
            reader.skip(name);
        }
        return Slashing::Fraction;
    }
    let upgrade = match reader.choice("fork") {
        Some(word) => word.parse::<Upgrade>().ok(),
        None => {
            reader.resolve("fork", Resolved::Text("electra".to_owned()));
            None
        }
    };
    let upgrade = upgrade.unwrap_or(Upgrade::Electra);
    let fork: Fork = upgrade.fork();
    let effective_balance = reader.optional_whole("effective_balance_eth").unwrap_or_else(|| {
        reader.resolve("effective_balance_eth", Resolved::Whole(32));
        32
    });
    let most = fork.max_effective_balance() / GWEI;
    if effective_balance > most {
        let place = reader.place_of("effective_balance_eth");
        let message =
            format!("a validator's effective balance is at most {most} ETH, got {effective_balance}");
        reader.context.error(&place, message, format!("write at most {most}, or a later fork"));
    }
    Slashing::Ethereum { upgrade, fork, effective_balance }
}

/// The pool whose stake this is as well: another one, of the same asset, that is nobody's own shadow.
fn find_underlying(
    root: &Reader<'_, '_>,
    bonded: &[Bonded],
    position: usize,
    named: &Named,
) -> Option<usize> {
    let names: Vec<&str> = bonded.iter().map(|other| other.pool.name.as_str()).collect();
    let found = root.context.find("pool", named, &names)?;
    if found == position {
        root.context.error(&named.place, "a pool cannot lie under itself", "name another pool");
        return None;
    }
    if bonded[found].pool.asset != bonded[position].pool.asset {
        let message = format!("pool `{}` holds another asset", named.name);
        root.context.error(&named.place, message, "name a pool of the same asset, or none");
        return None;
    }
    Some(found)
}

/// Pools with their stake by the position of operators.
pub(super) fn on_operators(bonded: Vec<Bonded>, operators: &[&str]) -> Vec<Pool> {
    let place = |Bonded { mut pool, stake }: Bonded| {
        pool.stake = vec![0; operators.len()];
        for (operator, units) in stake {
            if let Ok(position) = operators.binary_search(&operator.as_str()) {
                pool.stake[position] = units;
            }
        }
        pool
    };
    bonded.into_iter().map(place).collect()
}

//! Payments, and how operators choose.

use super::super::keys::{CHOOSING, HOLDING, PORTFOLIO, SECOND, STREAM, VOTE_ON_CONSUMER};
use super::super::reader::Reader;
use super::super::resolved::Resolved;
use super::super::{
    Choosing, Participation, Portfolio, Proposal, SecondQuorum, Split, Stream, System, Terms,
};
use super::slash::read_slash;
use super::systems::World;

/// `pays`, `participation` and `proposal` of a service in a design.
pub(super) fn read_terms(
    reader: &mut Reader<'_, '_>,
    system: Option<&System>,
    world: &World<'_, '_>,
) -> Terms {
    let pays = if reader.knows("pays") { read_streams(reader, world) } else { Vec::new() };
    let participation = if reader.knows("participation") {
        read_participation(reader, system)
    } else {
        Participation::Forced
    };
    let proposal = if reader.knows("proposal") { read_proposal(reader) } else { None };
    let second_quorum =
        if reader.knows("second_quorum") { read_second_quorum(reader, system, world) } else { None };
    Terms { pays, participation, proposal, second_quorum }
}

/// Another pool than those of the first quorum.
fn read_second_quorum(
    reader: &mut Reader<'_, '_>,
    system: Option<&System>,
    world: &World<'_, '_>,
) -> Option<SecondQuorum> {
    if !reader.has("second_quorum") {
        reader.skip("second_quorum");
        return None;
    }
    let place = reader.place_of("second_quorum");
    let mut inner = reader.section("second_quorum", &SECOND);
    let pool = world.pool(inner.optional_text("pool"));
    let slash = read_slash(&mut inner, pool.as_slice(), world);
    let entries = inner.finish();
    reader.resolve("second_quorum", Resolved::Inline(entries));
    let pool = pool?;
    let is_first = match system {
        Some(System::Pos(pos)) => pos.pool == pool,
        Some(System::Ics(ics) | System::Saga(ics, _)) => ics.provider == pool,
        Some(System::Eigenlayer(avs)) => avs.pools.contains(&pool),
        Some(System::Mesh(mesh)) => {
            mesh.local == pool || mesh.external.iter().any(|external| external.pool == pool)
        }
        Some(System::Pow(_)) | None => false,
    };
    if is_first {
        let message = format!("pool `{}` votes in the first quorum already", world.pools[pool].name);
        world.context.error(&place, message, "name another pool");
    }
    Some(SecondQuorum { pool, slash })
}

/// What holds before it is known once designs inherit.
fn read_proposal(reader: &mut Reader<'_, '_>) -> Option<Proposal> {
    if !reader.has("proposal") {
        reader.skip("proposal");
        return None;
    }
    let mut inner = reader.section("proposal", &VOTE_ON_CONSUMER);
    let proposal = Proposal { delay_days: inner.number("delay_days"), before: None };
    reader.resolve("proposal", Resolved::Inline(inner.finish()));
    Some(proposal)
}

fn read_streams(reader: &mut Reader<'_, '_>, world: &World<'_, '_>) -> Vec<Stream> {
    let mut streams = Vec::new();
    let mut resolved = Vec::new();
    for (place, value) in reader.list("pays") {
        let mut inner = Reader::open(reader.context, &STREAM, place, Some(value));
        streams.push(read_stream(&mut inner, world));
        resolved.push(Resolved::Inline(inner.finish()));
    }
    if !resolved.is_empty() {
        reader.resolve("pays", Resolved::List(resolved));
    }
    streams
}

fn read_stream(reader: &mut Reader<'_, '_>, world: &World<'_, '_>) -> Stream {
    let assets: Vec<&str> = world.assets.iter().map(|asset| asset.name.as_str()).collect();
    let asset = reader.optional_text("asset").and_then(|named| reader.context.find("asset", &named, &assets));
    let pool = reader.optional_text("pool");
    Stream {
        usd_per_year: reader.number("usd_per_year"),
        fee: reader.number("fee"),
        share: reader.number("share"),
        asset,
        delay_days: reader.number("delay_days"),
        commission: reader.optional_number("commission"),
        split: if reader.choice("split") == Some("equal") { Split::Equal } else { Split::Power },
        pool: world.pool(pool),
    }
}

/// Where everybody must take part, or the auction decides, nobody can choose.
fn read_participation(reader: &mut Reader<'_, '_>, system: Option<&System>) -> Participation {
    if reader.choice("participation") != Some("chosen") {
        return Participation::Forced;
    }
    if system.is_some_and(|system| !system.lets_operators_choose()) {
        let place = reader.place_of("participation");
        let message =
            "cannot be chosen: every validator of the provider must take part, or an auction decides";
        reader.context.error(&place, message, "write mode = \"opt_in\" or \"top_n\", or price = \"fee\"");
    }
    Participation::Chosen
}

/// `[participation]`
pub(super) fn read_choosing(root: &mut Reader<'_, '_>) -> Choosing {
    if !root.has("participation") {
        root.skip("participation");
        return Choosing { cvar_level: None, rounds: 50, scenarios: 16_384 };
    }
    let mut reader = root.section("participation", &CHOOSING);
    let choosing = Choosing {
        cvar_level: reader.optional_number("cvar_level"),
        rounds: reader.whole("rounds").max(1),
        scenarios: reader.whole("scenarios").max(256),
    };
    let entries = reader.finish();
    root.resolve("participation", Resolved::Section(entries));
    choosing
}

/// `[portfolios]`, in name order.
pub(super) fn read_portfolios(root: &mut Reader<'_, '_>, world: &World<'_, '_>) -> Vec<Portfolio> {
    let mut portfolios = Vec::new();
    let mut resolved = Vec::new();
    for (named, value) in root.sections("portfolios") {
        let mut reader = Reader::open(root.context, &PORTFOLIO, named.place, Some(value));
        let discount_factor = reader.number("discount_factor");
        let forced_selling = reader.number("forced_selling");
        let holds = read_holdings(&mut reader, world);
        let assets: Vec<usize> = holds.iter().map(|(_, pool, _)| world.pools[*pool].asset).collect();
        let deep = assets.iter().find(|asset| world.assets[**asset].liquidity_usd.is_infinite());
        if let Some(asset) = deep.filter(|_| forced_selling > 0.0) {
            let place = reader.place_of("forced_selling");
            let message =
                format!("moves no price: asset `{}` has no liquidity_usd", world.assets[*asset].name);
            let remedy = format!("write assets.{}.liquidity_usd", world.assets[*asset].name);
            reader.context.warn(&place, message, remedy);
        }
        portfolios.push(Portfolio { name: named.name.clone(), holds, discount_factor, forced_selling });
        resolved.push((named.name, Resolved::Section(reader.finish())));
    }
    if resolved.is_empty() {
        return portfolios;
    }
    portfolios.sort_by(|a, b| a.name.cmp(&b.name));
    resolved.sort_by(|a, b| a.0.cmp(&b.0));
    root.resolve("portfolios", Resolved::Section(resolved));
    portfolios
}

fn read_holdings(reader: &mut Reader<'_, '_>, world: &World<'_, '_>) -> Vec<(usize, usize, f64)> {
    let mut holds = Vec::new();
    let mut resolved = Vec::new();
    let list = reader.list("holds");
    if reader.has("holds") && list.is_empty() {
        let place = reader.place_of("holds");
        reader.context.error(&place, "must not be empty", "write [{ pool = \"P\", tokens = N }]");
    }
    for (place, value) in list {
        let mut inner = Reader::open(reader.context, &HOLDING, place.clone(), Some(value));
        let pool = inner.optional_text("pool");
        let pool = world.pool(pool);
        let operator = inner.optional_text("operator");
        let spread = operator.is_none();
        let operator = operator.and_then(|named| world.people.find(world.context, &named));
        let tokens = inner.number("tokens");
        resolved.push(Resolved::Inline(inner.finish()));
        let Some(pool) = pool.filter(|_| spread || operator.is_some()) else { continue };
        let staked =
            operator.map_or_else(|| world.pools[pool].total_tokens(), |o| world.pools[pool].tokens(o));
        if tokens > staked * (1.0 + 1e-12) {
            let message = format!("holds {tokens} of {staked} tokens staked there");
            reader.context.error(&place, message, "hold at most what the pool's table says is staked");
            continue;
        }
        match operator {
            Some(operator) => holds.push((operator, pool, tokens)),
            None => holds.extend((0..world.people.operators.len()).filter_map(|o| {
                let part = world.pools[pool].tokens(o) / staked;
                (part > 0.0).then_some((o, pool, tokens * part))
            })),
        }
    }
    reader.resolve("holds", Resolved::List(resolved));
    holds.sort_by_key(|(operator, pool, _)| (*operator, *pool));
    holds
}

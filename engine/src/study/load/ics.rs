//! Consumer chains: who of the provider's validators runs them, and with how much power.

use super::super::keys::Range;
use super::super::reader::Reader;
use super::super::{Ics, SagaPrice, Selection, System};
use super::members::read_members;
use super::slash::read_slash;
use super::systems::World;

/// `ics`
pub(super) fn read_ics(reader: &mut Reader<'_, '_>, world: &World<'_, '_>) -> Option<Ics> {
    let mode = reader.choice("mode");
    let top_n = reader.optional_whole("top_n").and_then(|n| u32::try_from(n).ok());
    let opted_in = read_members(reader, "opt_in", world);
    for (key, wanted) in [("top_n", "top_n"), ("opt_in", "opt_in")] {
        // A Top-N chain may have volunteers as well.
        let fits = mode == Some(wanted) || (key == "opt_in" && mode == Some("top_n"));
        let place = reader.place_of(key);
        if reader.has(key) && !fits && mode.is_some() {
            let remedy = format!("write mode = \"{wanted}\", or leave it out");
            world.context.error(&place, format!("means nothing without mode = \"{wanted}\""), remedy);
        } else if !reader.has(key) && mode == Some(wanted) {
            world.context.error(&place, "is missing", format!("write `{key}`, or another mode"));
        }
    }
    let opted_in = opted_in.unwrap_or_else(|| vec![false; world.people.operators.len()]);
    let selection = match mode {
        Some("top_n") => Selection::TopN(top_n.unwrap_or(100), opted_in),
        Some("opt_in") => Selection::OptIn(opted_in),
        _ => Selection::Replicated,
    };
    read_consumer(reader, selection, world)
}

/// `saga`
pub(super) fn read_saga(reader: &mut Reader<'_, '_>, world: &World<'_, '_>) -> Option<System> {
    let price = read_price(reader, world);
    let given = read_members(reader, "opt_in", world);
    let opted_in = match (given, &price) {
        (Some(opted_in), _) => opted_in,
        (None, SagaPrice::Auction { bids, .. }) => bids.iter().map(Option::is_some).collect(),
        (None, SagaPrice::Fee { .. }) => {
            if !reader.has("opt_in") {
                let place = reader.place_of("opt_in");
                world.context.error(
                    &place,
                    "is missing",
                    "write who opted in, or price = \"auction\" with bids",
                );
            }
            vec![false; world.people.operators.len()]
        }
    };
    let ics = read_consumer(reader, Selection::OptIn(opted_in), world)?;
    Some(System::Saga(ics, price))
}

/// How the validators are paid.
fn read_price(reader: &mut Reader<'_, '_>, world: &World<'_, '_>) -> SagaPrice {
    let is_auction = reader.choice("price") == Some("auction");
    let bids = read_bids(reader, world);
    let players = reader.optional_whole("players");
    let seats = reader.optional_whole("seats");
    let (mine, others): (&[&str], &[&str]) = if is_auction {
        (&["bids", "players", "seats"], &["epoch_fee_usd", "setup_fee_usd"])
    } else {
        (&[], &["bids", "players", "seats"])
    };
    for key in mine.iter().filter(|key| !reader.has(key)) {
        world.context.error(&reader.place_of(key), "is missing", "an auction has bids, players and seats");
    }
    for key in others.iter().filter(|key| reader.has(key)) {
        world.context.error(&reader.place_of(key), "means nothing under this price", "leave it out");
    }
    if !is_auction {
        let (epoch_usd, setup_usd) = (reader.number("epoch_fee_usd"), reader.number("setup_fee_usd"));
        return SagaPrice::Fee { epoch_usd, setup_usd };
    }
    others.iter().for_each(|key| reader.skip(key));
    let whole = |number: Option<u64>| number.and_then(|n| usize::try_from(n).ok()).unwrap_or(1);
    let (players, seats) = (whole(players), whole(seats));
    if seats > players {
        let message = format!("{seats} seats for {players} players");
        world.context.error(&reader.place_of("seats"), message, "write at most as many seats as players");
    }
    let bids = bids.unwrap_or_else(|| vec![None; world.people.operators.len()]);
    SagaPrice::Auction { bids, players, seats }
}

/// `bids` by operator.
fn read_bids(reader: &mut Reader<'_, '_>, world: &World<'_, '_>) -> Option<Vec<Option<f64>>> {
    let source = reader.table("bids")?;
    let mut bids = vec![None; world.people.operators.len()];
    for (operator, row) in source.by_operator(world.context) {
        let named =
            super::super::reader::Named { name: operator.to_owned(), place: source.place(row, "operator") };
        let remedy = "write the price at which the operator validates (USD per day)";
        let bid = source.number(world.context, (row, "bid_usd"), Range::NOT_NEGATIVE, remedy);
        if let Some(position) = world.people.find(world.context, &named) {
            bids[position] = bid;
        }
    }
    Some(bids)
}

/// What every consumer chain says about its set.
fn read_consumer(reader: &mut Reader<'_, '_>, selection: Selection, world: &World<'_, '_>) -> Option<Ics> {
    let provider = world.pool(reader.optional_text("provider"));
    let count = |number: Option<u64>| number.and_then(|n| usize::try_from(n).ok());
    let max_provider_validators = count(reader.optional_whole("max_provider_validators")).unwrap_or(180);
    let validator_set_cap = count(reader.optional_whole("validator_set_cap"));
    if validator_set_cap.is_some() && matches!(selection, Selection::TopN(..)) {
        let place = reader.place_of("validator_set_cap");
        world.context.warn(&place, "a Top-N chain ignores it", "leave it out");
    }
    let power_cap = reader.optional_whole("power_cap").and_then(|cap| u32::try_from(cap).ok());
    let allowlist = read_members(reader, "allowlist", world);
    let nobody = || vec![false; world.people.operators.len()];
    let denylist = read_members(reader, "denylist", world).unwrap_or_else(nobody);
    let priority = read_members(reader, "priority_list", world).unwrap_or_else(nobody);
    let min_stake = reader.number("min_stake");
    let slash = read_slash(reader, provider.as_slice(), world);
    Some(Ics {
        provider: provider?,
        selection,
        max_provider_validators,
        validator_set_cap,
        power_cap,
        allowlist,
        denylist,
        priority,
        min_stake,
        slash,
    })
}

//! Assets, and how their prices move together.

use toml::de::DeValue;

use super::super::keys::{ASSET, Kind, MARKET, Range};
use super::super::reader::{Field, Named, Place, Reader, describe};
use super::super::resolved::Resolved;
use super::super::{Asset, Market};
use crate::kernels::cholesky::factor;

/// `[assets]`, in name order.
pub(super) fn read_assets(root: &mut Reader<'_, '_>) -> Vec<Asset> {
    let mut assets = Vec::new();
    let mut resolved = Vec::new();
    for (named, value) in root.sections("assets") {
        let mut reader = Reader::open(root.context, &ASSET, named.place, Some(value));
        assets.push(Asset {
            name: named.name.clone(),
            price_usd: reader.number("price_usd"),
            volatility: reader.number("volatility"),
            liquidity_usd: reader.optional_number("liquidity_usd").unwrap_or(f64::INFINITY),
            for_sale_tokens: reader.optional_number("for_sale_tokens").unwrap_or(f64::INFINITY),
            short_capacity_usd: reader.optional_number("short_capacity_usd").unwrap_or(0.0),
            short_cost: reader.optional_number("short_cost").unwrap_or(0.0),
        });
        resolved.push((named.name, Resolved::Section(reader.finish())));
    }
    assets.sort_by(|a, b| a.name.cmp(&b.name));
    resolved.sort_by(|a, b| a.0.cmp(&b.0));
    root.resolve("assets", Resolved::Section(resolved));
    assets
}

/// `[market]`
pub(super) fn read_market(root: &mut Reader<'_, '_>, assets: &[Asset]) -> Market {
    let names: Vec<&str> = assets.iter().map(|asset| asset.name.as_str()).collect();
    let mut reader = root.section("market", &MARKET);
    let (correlation, place) = read_correlation(&mut reader, &names);
    let mut stress_loading = vec![0.0; assets.len()];
    for (named, loading) in reader.numbers("stress_loading") {
        if let Some(asset) = reader.context.find("asset", &named, &names) {
            stress_loading[asset] = loading;
        }
    }
    let market = Market { correlation, stress_loading };
    if factor(&market.bordered_correlation(assets.len())).is_none() {
        reader.context.error(
            &place,
            "the correlations, bordered by `stress_loading`, are no positive definite matrix",
            "no prices can move like that: lower some of the correlations or stress loadings",
        );
    }
    let entries = reader.finish();
    root.resolve("market", Resolved::Section(entries));
    market
}

/// `(a, b, correlation)` in the order of assets, and the place of the key.
fn read_correlation(reader: &mut Reader<'_, '_>, names: &[&str]) -> (Vec<(usize, usize, f64)>, Place) {
    let Some(field) = reader.field("correlation") else { return (Vec::new(), reader.place.clone()) };
    let DeValue::Array(rows) = &*field.value else {
        let message = format!("must be a list, got {}", describe(&field.value));
        reader.context.error(&field.place, message, "write [[\"A\", \"B\", 0.5], ...]");
        return (Vec::new(), field.place);
    };
    let mut pairs: Vec<(usize, usize, f64)> = Vec::new();
    for row in rows.iter() {
        let place = match &field.value {
            std::borrow::Cow::Borrowed(_) => reader.context.place(row.span(), &field.place.key),
            std::borrow::Cow::Owned(_) => field.place.clone(),
        };
        let Some(pair) = read_pair(reader, &field, row.get_ref(), (&place, names)) else { continue };
        if pairs.iter().any(|other| (other.0, other.1) == (pair.0, pair.1)) {
            let message = format!("the pair `{}`, `{}` stands here twice", names[pair.0], names[pair.1]);
            reader.context.error(&place, message, "write each pair once");
        } else {
            pairs.push(pair);
        }
    }
    pairs.sort_by_key(|pair| (pair.0, pair.1));
    let text = |asset: usize| Resolved::Text(names[asset].to_owned());
    let list =
        pairs.iter().map(|&(a, b, number)| Resolved::List(vec![text(a), text(b), Resolved::Number(number)]));
    reader.resolve("correlation", Resolved::List(list.collect()));
    (pairs, field.place)
}

/// `["A", "B", 0.67]`
fn read_pair(
    reader: &Reader<'_, '_>,
    field: &Field<'_>,
    row: &DeValue<'_>,
    (place, names): (&Place, &[&str]),
) -> Option<(usize, usize, f64)> {
    debug_assert!(matches!(field.key.kind, Kind::Correlations), "only correlations are read here");
    let parts: Vec<&DeValue<'_>> = match row {
        DeValue::Array(parts) => parts.iter().map(|part| part.get_ref()).collect(),
        _ => Vec::new(),
    };
    let (Some(a), Some(b), [_, _, number]) =
        (parts.first().and_then(|v| v.as_str()), parts.get(1).and_then(|v| v.as_str()), parts.as_slice())
    else {
        let message = format!("must be two assets and a number, got {}", describe(row));
        reader.context.error(place, message, "write [\"A\", \"B\", 0.5]");
        return None;
    };
    let find = |name: &str| {
        reader.context.find("asset", &Named { name: name.to_owned(), place: place.clone() }, names)
    };
    let remedy = "write the correlation of the two log returns";
    let number = reader.context.number(number, Range::CORRELATION, place, remedy);
    let (a, b) = (find(a), find(b));
    let (a, b, number) = (a?, b?, number?);
    if a == b {
        reader.context.error(place, format!("`{}` is paired with itself", names[a]), "name two assets");
        return None;
    }
    Some((a.min(b), a.max(b), number))
}

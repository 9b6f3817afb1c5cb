//! Services, their attacks, and the attacker.

use toml::de::DeValue;

use super::super::keys::{ADVERSARY, ATTACK, Kind, SERVICE};
use super::super::names::suggest;
use super::super::reader::{Context, Field, Named, Place, Reader, describe, number_text};
use super::super::resolved::Resolved;
use super::super::{Adversary, Asset, Attack, BribePremium, Consensus, Network, Route, Service};
use crate::fraction::Threshold;

/// `[services]` and `[adversary]`, which names the values that services share; and the places of services that may turn Byzantine.
pub(super) fn read_attacks(
    root: &mut Reader<'_, '_>,
    assets: &[Asset],
) -> (Vec<Service>, Adversary, Turning) {
    let services = read_services(root, assets);
    let adversary = read_adversary(root);
    let turning = services.turning.clone();
    let mut services = services.with_pools(root.context, &adversary);
    add_bought(root.context, &mut services, &adversary.routes);
    (services, adversary, turning)
}

/// Adds, where stake can be bought and operators can attack, to every attack that needs two quorums the two in which one of them is
/// bought.
fn add_bought(context: &Context<'_>, services: &mut [Service], routes: &[Route]) {
    let by_operators = [Route::Collude, Route::Bribe].iter().any(|route| routes.contains(route));
    if !by_operators || !routes.contains(&Route::Acquire) {
        return;
    }
    for service in services {
        let buying: Vec<Attack> = service.attacks.iter().flat_map(Attack::buying_one).collect();
        let known = |attack: &&Attack| service.attacks.iter().any(|other| other.kind == attack.kind);
        if let Some(attack) = buying.iter().find(known) {
            let key = format!("services.{}.attacks.{}", service.name, attack.kind);
            let place = Place { line: None, ..context.place(0..0, &key) };
            let message =
                format!("is what attack `{}` is called where one of its quorums is bought", attack.deed);
            context.error(&place, message, "give it another name");
        }
        service.attacks.extend(buying);
        service.attacks.sort_by(|a, b| a.kind.cmp(&b.kind));
    }
}

/// Positions of the services that may turn Byzantine, and where the study says so.
pub(super) type Turning = Vec<(usize, Place)>;

/// `[services]`, in name order.
fn read_services(root: &mut Reader<'_, '_>, assets: &[Asset]) -> Read {
    let assets: Vec<&str> = assets.iter().map(|asset| asset.name.as_str()).collect();
    let mut sections = root.sections("services");
    sections.sort_by(|a, b| a.0.name.cmp(&b.0.name));
    let names: Vec<String> = sections.iter().map(|(named, _)| named.name.clone()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let (mut services, mut profit_pools, mut turning) = (Vec::new(), Vec::new(), Vec::new());
    let mut resolved = Vec::new();
    for (named, value) in sections {
        let mut reader = Reader::open(root.context, &SERVICE, named.place, Some(value));
        let service = read_service(&mut reader, named.name.clone(), &assets, &names);
        if service.byzantine_probability > 0.0 {
            turning.push((services.len(), reader.place_of("byzantine_probability")));
        }
        services.push(service);
        profit_pools.push(reader.optional_text("profit_pool"));
        resolved.push((named.name, Resolved::Section(reader.finish())));
    }
    root.resolve("services", Resolved::Section(resolved));
    Read { services, profit_pools, turning }
}

/// Services, and the names of the values that they share, which the adversary's section knows.
struct Read {
    services: Vec<Service>,
    profit_pools: Vec<Option<Named>>,
    turning: Turning,
}

impl Read {
    /// The services, their shared values found.
    fn with_pools(mut self, context: &Context<'_>, adversary: &Adversary) -> Vec<Service> {
        let known: Vec<&str> = adversary.profit_pools.iter().map(|(name, _)| name.as_str()).collect();
        for (service, named) in self.services.iter_mut().zip(&self.profit_pools) {
            service.profit_pool = named.as_ref().and_then(|named| context.find("profit pool", named, &known));
        }
        self.services
    }
}

/// `[services.S]`
fn read_service(reader: &mut Reader<'_, '_>, name: String, assets: &[&str], services: &[&str]) -> Service {
    let consensus = match reader.choice("consensus") {
        Some("cometbft") => Consensus::Cometbft,
        Some("ethereum") => Consensus::Ethereum,
        Some("pow") => Consensus::Pow,
        _ => Consensus::Quorum,
    };
    let network = match reader.choice("network") {
        Some("partially_synchronous") => Network::PartiallySynchronous,
        _ => Network::Synchronous,
    };
    let given = reader.optional_text("asset");
    let asset = given.as_ref().and_then(|named| reader.context.find("asset", named, assets));
    let byzantine_probability = reader.optional_number("byzantine_probability").unwrap_or(0.0);
    let node_usd_per_year = reader.number("node_usd_per_year");
    let mut sections = reader.sections("attacks");
    sections.sort_by(|a, b| a.0.name.cmp(&b.0.name));
    let mut attacks = Vec::new();
    let mut resolved = Vec::new();
    for (named, value) in sections {
        let mut inner = Reader::open(reader.context, &ATTACK, named.place, Some(value));
        let attack = read_attack(&mut inner, (named.name.clone(), consensus), assets, services);
        check_depends(&inner, &attack, services, &name);
        match read_quorums(&mut inner, &attack) {
            Quorums::Both => attacks.push(attack),
            Quorums::Either => attacks.extend(attack.by_either()),
        }
        resolved.push((named.name, Resolved::Section(inner.finish())));
    }
    reader.resolve("attacks", Resolved::Section(resolved));
    attacks.sort_by(|a, b| a.kind.cmp(&b.kind));
    refuse_same_kind(reader, &attacks);
    let mut service = Service {
        name,
        consensus,
        asset,
        network,
        node_usd_per_year,
        profit_pool: None,
        byzantine_probability,
        attacks,
    };
    if given.is_none() {
        service.asset = common_asset(reader, &service.attacks, assets);
    }
    if service.asset.is_none()
        && given.is_none()
        && service.attacks.iter().any(|attack| attack.drawdown > 0.0)
    {
        let place = reader.place_of("asset");
        reader.context.warn(
            &place,
            "has a drawdown but no asset that falls",
            "write the asset that falls after an attack",
        );
    }
    service
}

/// The asset of all profits, where they agree.
fn common_asset(reader: &mut Reader<'_, '_>, attacks: &[Attack], assets: &[&str]) -> Option<usize> {
    let first = attacks.first().and_then(|attack| attack.profit_asset);
    let asset = first.filter(|_| attacks.iter().all(|attack| attack.profit_asset == first));
    let key = reader.path_of("asset");
    match asset {
        Some(asset) => {
            reader.context.took_default(&key, &format!("{} (the asset of its profits)", assets[asset]));
            reader.resolve("asset", Resolved::Text(assets[asset].to_owned()));
        }
        None => reader.context.took_default(&key, "none: no price falls after an attack"),
    }
    asset
}

/// `[services.S.attacks.K]`
fn read_attack(
    reader: &mut Reader<'_, '_>,
    (kind, consensus): (String, Consensus),
    assets: &[&str],
    services: &[&str],
) -> Attack {
    let profit_usd = reader.number("profit_usd");
    let asset = reader.optional_text("profit_asset");
    let threshold = read_threshold(reader, &kind, consensus);
    let second = reader.field("second_threshold");
    let second_threshold = second.and_then(|field| parse_threshold(reader, &field, "second_threshold"));
    let amnesia = read_amnesia(reader, &kind, consensus);
    let duration_hours = read_duration(reader, &kind);
    let depends_on = reader.numbers("depends_on");
    let depends_on = depends_on.iter().filter_map(|(named, share)| {
        reader.context.find("service", named, services).map(|service| (service, *share))
    });
    Attack {
        deed: kind.clone(),
        kind,
        threshold,
        second_threshold,
        bought: None,
        profit_usd,
        profit_asset: asset.and_then(|named| reader.context.find("asset", &named, assets)),
        depends_on: depends_on.collect(),
        profit_volatility: reader.number("profit_volatility"),
        slash: reader.optional_number("slash"),
        slashable: reader.flag("slashable").is_none_or(|(flag, _)| flag),
        success_probability: reader.number("success_probability"),
        drawdown: reader.number("drawdown"),
        amnesia,
        duration_hours,
    }
}

/// Which of two quorums an attack must reach.
enum Quorums {
    /// All that it has a threshold for.
    Both,
    /// One of the two.
    Either,
}

/// `quorums`: a service that waits for both is silenced by either.
fn read_quorums(reader: &mut Reader<'_, '_>, attack: &Attack) -> Quorums {
    let given = reader.choice("quorums");
    if attack.second_threshold.is_none() {
        if given.is_some() {
            let place = reader.place_of("quorums");
            let message = "means nothing to an attack that needs one quorum";
            reader.context.error(&place, message, "write second_threshold as well, or leave it out");
        }
        return Quorums::Both;
    }
    let word = given.unwrap_or_else(|| {
        let word = if attack.halts() { "either" } else { "both" };
        let why = if attack.halts() { " (who waits for both is silenced by either)" } else { "" };
        reader.context.took_default(&reader.path_of("quorums"), &format!("{word}{why}"));
        reader.resolve("quorums", Resolved::Text(word.to_owned()));
        word
    });
    if word == "either" { Quorums::Either } else { Quorums::Both }
}

/// An attack by the second quorum has a name that no other may have. `attacks` are in the order of their kinds.
fn refuse_same_kind(reader: &Reader<'_, '_>, attacks: &[Attack]) {
    for pair in attacks.windows(2).filter(|pair| pair[0].kind == pair[1].kind) {
        let message = format!("attack `{}` is what the second quorum does alone", pair[0].kind);
        let place = reader.place_of("attacks");
        reader.context.error(&place, message, "give the other one another name");
    }
}

/// Whether amnesia does: by default where CometBFT forks.
fn read_amnesia(reader: &mut Reader<'_, '_>, kind: &str, consensus: Consensus) -> bool {
    if let Some((amnesia, _)) = reader.flag("amnesia") {
        return amnesia;
    }
    let amnesia = consensus == Consensus::Cometbft && kind == "fork";
    if amnesia {
        let why = "true (a CometBFT fork can be committed by amnesia, which nobody is slashed for)";
        reader.context.took_default(&reader.path_of("amnesia"), why);
    }
    reader.resolve("amnesia", Resolved::Flag(amnesia));
    amnesia
}

/// How long the attack lasts: a day of silence by default.
fn read_duration(reader: &mut Reader<'_, '_>, kind: &str) -> f64 {
    reader.optional_number("duration_hours").unwrap_or_else(|| {
        let hours = if kind == "halt" { 24.0 } else { 0.0 };
        reader.context.took_default(&reader.path_of("duration_hours"), &format!("{hours} hours"));
        reader.resolve("duration_hours", Resolved::Number(hours));
        hours
    })
}

/// An attack does not depend on its own service.
fn check_depends(reader: &Reader<'_, '_>, attack: &Attack, services: &[&str], name: &str) {
    if attack.depends_on.iter().any(|(service, _)| services[*service] == name) {
        let place = reader.place_of("depends_on");
        reader.context.error(&place, format!("depends on its own service `{name}`"), "name another service");
    }
}

/// The threshold given, or the consensus's.
fn read_threshold(reader: &mut Reader<'_, '_>, kind: &str, consensus: Consensus) -> Threshold {
    let filler = Threshold::at_least(1, 1);
    let Some(field) = reader.field("threshold") else {
        let place = reader.place_of("threshold");
        return match default_threshold(consensus, kind) {
            Some(threshold) => {
                reader.context.took_default(&place.key, &format!("{threshold} (of its consensus)"));
                reader.resolve("threshold", Resolved::Text(threshold.to_string()));
                threshold
            }
            None => {
                let message = format!("is missing: its consensus sets none for `{kind}`");
                reader.context.error(&place, message, "write the power needed, as \"> 1/3\" or \">= 0.5\"");
                filler
            }
        };
    };
    parse_threshold(reader, &field, "threshold").unwrap_or(filler)
}

/// A threshold as written; `None` after a mistake.
fn parse_threshold(reader: &mut Reader<'_, '_>, field: &Field<'_>, name: &'static str) -> Option<Threshold> {
    let text = field.value.as_str().map(str::to_owned).or_else(|| number_text(&field.value));
    match text.as_deref().map(Threshold::parse) {
        Some(Ok(threshold)) => {
            reader.resolve(name, Resolved::Text(threshold.to_string()));
            return Some(threshold);
        }
        Some(Err(error)) => reader.context.error(&field.place, error.to_string(), field.key.remedy()),
        None => {
            let message = format!("must be a threshold, got {}", describe(&field.value));
            reader.context.error(&field.place, message, field.key.remedy());
        }
    }
    None
}

/// What the consensus sets for the kinds it knows.
fn default_threshold(consensus: Consensus, kind: &str) -> Option<Threshold> {
    match (consensus, kind) {
        (_, "halt") => consensus.halts_at(),
        (Consensus::Cometbft, "fork") => Some(Threshold::more_than(1, 3)),
        (Consensus::Ethereum, "fork") => Some(Threshold::at_least(1, 3)),
        (Consensus::Cometbft, "control") => Some(Threshold::more_than(2, 3)),
        (Consensus::Ethereum, "control") => Some(Threshold::at_least(2, 3)),
        (Consensus::Pow, "control") => Some(Threshold::more_than(1, 2)),
        _ => None,
    }
}

/// `[adversary]`
fn read_adversary(root: &mut Reader<'_, '_>) -> Adversary {
    let mut reader = root.section("adversary", &ADVERSARY);
    let cascades = reader.flag("cascades");
    let bribe_ways = reader.flag("bribe_ways");
    let certified = reader.flag("overcollateralization");
    let adversary = Adversary {
        routes: read_routes(&mut reader),
        bribe_premium: read_premium(&mut reader),
        carry_apr: reader.number("carry_apr"),
        joint: reader.flag("joint").is_some_and(|(joint, _)| joint),
        overcollateralization: certified.as_ref().is_some_and(|(certified, _)| *certified),
        bribe_ways: bribe_ways.as_ref().is_some_and(|(bribe_ways, _)| *bribe_ways),
        cascades: cascades.as_ref().is_some_and(|(cascades, _)| *cascades),
        profit_pools: reader
            .numbers("profit_pools")
            .into_iter()
            .map(|(named, usd)| (named.name, usd))
            .collect(),
        profit_saturation_usd: reader.optional_number("profit_saturation_usd"),
    };
    if let Some((true, place)) = bribe_ways.filter(|_| !adversary.routes.contains(&Route::Bribe)) {
        let message = "means nothing where nobody is bribed";
        reader.context.error(&place, message, "add \"bribe\" to routes, or leave it out");
    }
    if let Some((true, place)) = certified.filter(|_| !adversary.joint) {
        let message = "is certified for joint attacks, which are not judged";
        reader.context.error(&place, message, "write joint = true, or leave it out");
    }
    if let Some((true, place)) = cascades.filter(|_| !adversary.joint) {
        let message = "what is left is searched for joint attacks, which are not judged";
        reader.context.error(&place, message, "write joint = true as well");
    }
    let entries = reader.finish();
    root.resolve("adversary", Resolved::Section(entries));
    adversary
}

/// `routes` in the order of [`Route::ALL`].
fn read_routes(reader: &mut Reader<'_, '_>) -> Vec<Route> {
    let Some(field) = reader.field("routes") else { return Vec::new() };
    let Kind::Choices(known) = field.key.kind else { unreachable!("routes are a list of words") };
    let DeValue::Array(values) = &*field.value else {
        let message = format!("must be a list of routes, got {}", describe(&field.value));
        reader.context.error(&field.place, message, suggest("", known));
        return Vec::new();
    };
    let mut words: Vec<&str> = Vec::new();
    for value in values.iter() {
        let Some(word) = reader.context.word(value.get_ref(), known, &[], &field.place) else { continue };
        if words.contains(&word) {
            reader.context.error(&field.place, format!("names `{word}` twice"), "name each route once");
        }
        words.push(word);
    }
    if values.is_empty() {
        reader.context.error(&field.place, "must not be empty", suggest("", known));
    }
    let routes: Vec<Route> = Route::ALL.into_iter().filter(|route| words.contains(&route.name())).collect();
    let list = routes.iter().map(|route| Resolved::Text(route.name().to_owned())).collect();
    reader.resolve("routes", Resolved::List(list));
    routes
}

/// `bribe_premium`
fn read_premium(reader: &mut Reader<'_, '_>) -> BribePremium {
    use super::super::keys::Range;
    let filler = BribePremium::Fixed(0.0);
    let Some(field) = reader.field("bribe_premium") else { return filler };
    let context = reader.context;
    let remedy = field.key.remedy();
    let number = |value: &DeValue<'_>, named: &Named| {
        context.number(value, Range::NOT_NEGATIVE, &named.place, &remedy)
    };
    if !matches!(&*field.value, DeValue::Table(_)) {
        let named = Named { name: String::new(), place: field.place.clone() };
        let Some(premium) = number(&field.value, &named) else { return filler };
        reader.resolve("bribe_premium", Resolved::Number(premium));
        return BribePremium::Fixed(premium);
    }
    let (mut median, mut sigma) = (None, None);
    for (named, value) in context.entries(&field) {
        match named.name.as_str() {
            "median" => median = number(value, &named),
            "sigma" => sigma = number(value, &named),
            other => context.error(&named.place, "is no known key", suggest(other, &["median", "sigma"])),
        }
    }
    let (Some(median), Some(sigma)) = (median, sigma) else {
        context.error(
            &field.place,
            "must have a `median` and a `sigma`",
            "write { median = 0.1, sigma = 0.5 }",
        );
        return filler;
    };
    let entry = |name: &str, number| (name.to_owned(), Resolved::Number(number));
    reader.resolve("bribe_premium", Resolved::Inline(vec![entry("median", median), entry("sigma", sigma)]));
    BribePremium::Lognormal { median, sigma }
}

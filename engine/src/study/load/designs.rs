//! Designs, flattened.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use toml::de::DeValue;

use super::super::keys::{DESIGN, SYSTEMS};
use super::super::names::suggest;
use super::super::reader::{Named, Place, Reader};
use super::super::resolved::{Entries, Resolved};
use super::super::{Combine, Consensus, Design, Service, Slashing, System, Terms};
use super::economy::read_terms;
use super::systems::{World, read_system};

/// How a service is secured, and where that stands.
type Secured = (Place, System, Terms);

/// A design as written.
struct Written {
    name: String,
    place: Place,
    extends: Option<Named>,
    losses: Vec<Option<Combine>>,
    services: BTreeMap<usize, Secured>,
    /// Whether it names services at all, sound or not.
    names_services: bool,
}

/// `[designs]`, in the order of the study.
pub(super) fn read_designs(root: &mut Reader<'_, '_>, world: &World<'_, '_>) -> Vec<Design> {
    let mut written = Vec::new();
    let mut resolved = Vec::new();
    for (named, value) in root.sections("designs") {
        let mut reader = Reader::open(root.context, &DESIGN, named.place, Some(value));
        written.push(read_design(&mut reader, named.name.clone(), world));
        resolved.push((named.name, Resolved::Section(reader.finish())));
    }
    if root.has("designs") && written.is_empty() {
        let place = root.place.with_key("designs");
        root.context.error(&place, "must not be empty", "write a design under [designs.NAME]");
    }
    root.resolve("designs", Resolved::Section(resolved));
    let parents = find_parents(world, &written);
    (0..written.len()).map(|position| flatten(world, &written, &parents, position)).collect()
}

/// `[designs.D]` without what it inherits.
fn read_design(reader: &mut Reader<'_, '_>, name: String, world: &World<'_, '_>) -> Written {
    let extends = reader.optional_text("extends");
    let mut losses = vec![None; world.pools.len()];
    for (named, word) in reader.words("losses") {
        if let Some(pool) = reader.context.find("pool", &named, &world.pool_names()) {
            losses[pool] = Some(match word {
                "once" => Combine::Once,
                "additive" => Combine::Additive,
                _ => Combine::Compound,
            });
        }
    }
    let mut services = BTreeMap::new();
    let mut resolved: Entries = Vec::new();
    let sections = reader.sections("services");
    let names_services = !sections.is_empty();
    for (named, value) in sections {
        let service = reader.context.find("service", &named, &world.service_names());
        let Some((system, terms, entries)) = read_service(reader, &named, value, world) else { continue };
        resolved.push((named.name.clone(), Resolved::Section(entries)));
        if let (Some(service), Some(system)) = (service, system) {
            check_attacks(reader, &named, &world.services[service]);
            check_second(reader, (&named, &terms), &world.services[service]);
            services.insert(service, (named.place, system, terms));
        }
    }
    resolved.sort_by(|a, b| a.0.cmp(&b.0));
    reader.resolve("services", Resolved::Section(resolved));
    Written { name, place: reader.place.clone(), extends, losses, services, names_services }
}

/// A service that a design secures must have something to be secured against.
fn check_attacks(reader: &Reader<'_, '_>, named: &Named, service: &Service) {
    if service.attacks.is_empty() {
        let message = format!("service `{}` has no attacks", service.name);
        let remedy =
            format!("write [services.{}.attacks.fork] or leave the service out of designs", service.name);
        reader.context.error(&named.place, message, remedy);
    }
}

/// A second quorum that no attack needs is none.
fn check_second(reader: &Reader<'_, '_>, (named, terms): (&Named, &Terms), service: &Service) {
    let needs = service.attacks.iter().any(|attack| attack.second_threshold.is_some());
    if terms.second_quorum.is_some() && !needs {
        let place = named.place.with_key(&format!("{}.second_quorum", named.place.key));
        let message = format!("no attack on service `{}` needs a second quorum", service.name);
        let remedy = format!("write second_threshold for an attack of [services.{}]", service.name);
        reader.context.error(&place, message, remedy);
    }
}

/// One service of a design, by the keys of its system.
fn read_service(
    reader: &Reader<'_, '_>,
    named: &Named,
    value: &DeValue<'_>,
    world: &World<'_, '_>,
) -> Option<(Option<System>, Terms, Entries)> {
    let names = SYSTEMS.map(|(name, _)| name);
    let place = named.place.with_key(&format!("{}.system", named.place.key));
    let system = match value {
        DeValue::Table(table) => table.get("system"),
        // Any section says that this is no table.
        _ => {
            let _ = Reader::open(reader.context, SYSTEMS[0].1, named.place.clone(), Some(value));
            return None;
        }
    };
    let Some(system) = system else {
        reader.context.error(&place, "is missing", suggest("", &names).replace("known", "write one of"));
        return None;
    };
    let place = reader.context.place(system.span(), &place.key);
    let word = reader.context.word(system.get_ref(), &names, &[], &place)?;
    let section = SYSTEMS.iter().find(|(name, _)| *name == word)?.1;
    let mut inner = Reader::open(reader.context, section, named.place.clone(), Some(value));
    let system = read_system(&mut inner, word, &named.name, world);
    let terms = read_terms(&mut inner, system.as_ref(), world);
    Some((system, terms, inner.finish()))
}

/// Position of the design that each extends; unknown names and cycles are errors.
fn find_parents(world: &World<'_, '_>, written: &[Written]) -> Vec<Option<usize>> {
    let names: Vec<&str> = written.iter().map(|design| design.name.as_str()).collect();
    let find = |design: &Written| world.context.find("design", design.extends.as_ref()?, &names);
    let mut parents: Vec<Option<usize>> = written.iter().map(find).collect();
    for start in 0..parents.len() {
        let mut at = parents[start];
        let mut steps = 0;
        while let Some(next) = at.filter(|next| *next != start && steps <= parents.len()) {
            at = parents[next];
            steps += 1;
        }
        if at == Some(start)
            && let Some(named) = &written[start].extends
        {
            let message = format!("design `{}` extends itself", names[start]);
            world.context.error(
                &named.place,
                message,
                "let one of the designs in this circle extend nothing",
            );
            parents[start] = None;
        }
    }
    parents
}

/// Liens on one pool may vote many times over, but their slashes together must not exceed the collateral: the vault would not
/// grant them.
fn check_liens(world: &World<'_, '_>, design: &str, services: &BTreeMap<usize, Secured>) {
    for (pool, holding) in world.pools.iter().enumerate() {
        let mut lent = 0.0;
        let mut home: f64 = 0.0;
        let mut last = None;
        for (service, (place, system, _)) in services {
            let own = world.services[*service].attacks.iter().filter_map(|attack| attack.slash);
            let most = own.fold(0.0, f64::max);
            match system {
                System::Mesh(mesh) => {
                    for external in mesh.external.iter().filter(|external| external.pool == pool) {
                        lent += external.slash.max(most);
                        last = Some(place);
                    }
                    home = if mesh.local == pool { home.max(mesh.slash.fraction).max(most) } else { home };
                }
                System::Pos(pos) if pos.pool == pool => home = home.max(pos.slash.fraction).max(most),
                System::Ics(ics) | System::Saga(ics, _) if ics.provider == pool => {
                    home = home.max(ics.slash.fraction).max(most);
                }
                _ => {}
            }
        }
        let (Some(place), true) = (last, home + lent > 1.0 + 1e-12) else { continue };
        let message = format!(
            "in design `{design}` the liens on pool `{}` can be slashed for {} of the collateral, which a vault refuses",
            holding.name,
            home + lent
        );
        world.context.error(
            place,
            message,
            "lower the slashes, or lend to fewer chains: they add up to at most 1",
        );
    }
}

/// Ethereum's own penalties punish offences against Ethereum, and no attack may state another slash.
fn check_beacon(world: &World<'_, '_>, services: &BTreeMap<usize, Secured>) {
    for (service, (place, system, _)) in services {
        let System::Pos(pos) = system else { continue };
        let (pool, service) = (&world.pools[pos.pool], &world.services[*service]);
        if pool.slashing == Slashing::Fraction {
            continue;
        }
        if service.consensus != Consensus::Ethereum {
            let message = format!("pool `{}` has Ethereum's own penalties", pool.name);
            let remedy =
                format!("write consensus = \"ethereum\" for service `{}`, or another pool", service.name);
            world.context.error(place, message, remedy);
        }
        for attack in
            service.attacks.iter().filter(|attack| attack.slash.is_some() && attack.bought.is_none())
        {
            let message = format!(
                "attack `{}` states a slash, but the protocol of pool `{}` says what is lost",
                attack.kind, pool.name
            );
            world.context.error(
                place,
                message,
                format!("leave out services.{}.attacks.{}.slash", service.name, attack.deed),
            );
        }
    }
}

/// Takes over how a service is secured unless a nearer design says it; what a proposal finds is what it would replace.
fn inherit(entry: Entry<'_, usize, Secured>, inherited: &Secured) {
    match entry {
        Entry::Vacant(entry) => {
            entry.insert(inherited.clone());
        }
        Entry::Occupied(mut entry) => {
            if let Some(proposal) = entry.get_mut().2.proposal.as_mut().filter(|p| p.before.is_none()) {
                let (_, system, terms) = inherited.clone();
                proposal.before = Some(Box::new((system, Terms { proposal: None, ..terms })));
            }
        }
    }
}

/// A vote must leave something to judge, and be over within the horizon.
fn check_proposals(world: &World<'_, '_>, design: &str, services: &BTreeMap<usize, Secured>) {
    let proposals =
        || services.values().filter_map(|(place, _, terms)| Some((place, terms.proposal.as_ref()?)));
    for (place, proposal) in proposals().filter(|(_, proposal)| proposal.delay_days >= world.horizon_days) {
        let place = place.with_key(&format!("{}.proposal.delay_days", place.key));
        let message = format!("{} days are not over within the horizon", proposal.delay_days);
        world.context.error(
            &place,
            message,
            format!("write less than horizon_days = {}", world.horizon_days),
        );
    }
    let may_go = proposals().filter(|(_, proposal)| proposal.before.is_none());
    if let Some((place, _)) = may_go.clone().next()
        && may_go.count() == services.len()
    {
        let message = format!("design `{design}` would be left without a service if delegators refuse");
        let remedy = "extend a design that secures it otherwise, or name another service";
        world.context.error(&place.with_key(&format!("{}.proposal", place.key)), message, remedy);
    }
}

/// A design with all that it inherits.
fn flatten(world: &World<'_, '_>, written: &[Written], parents: &[Option<usize>], position: usize) -> Design {
    let mut services: BTreeMap<usize, Secured> = BTreeMap::new();
    let mut losses = vec![None; world.pools.len()];
    let mut names_services = false;
    let mut at = Some(position);
    while let Some(current) = at {
        names_services |= written[current].names_services;
        for (service, system) in &written[current].services {
            inherit(services.entry(*service), system);
        }
        for (loss, inherited) in losses.iter_mut().zip(&written[current].losses) {
            *loss = loss.or(*inherited);
        }
        at = parents[current];
    }
    let design = &written[position];
    if !names_services {
        let message = format!("design `{}` secures no service", design.name);
        world.context.error(&design.place, message, "write services or extend another design");
    }
    for (service, (place, system, _)) in &services {
        world.warn_if_free(*service, place, system);
    }
    check_liens(world, &design.name, &services);
    check_beacon(world, &services);
    check_proposals(world, &design.name, &services);
    let terms = services.values().map(|(_, _, terms)| terms.clone()).collect();
    let services = services.into_iter().map(|(service, (_, system, _))| (service, system)).collect();
    Design { name: design.name.clone(), services, terms, losses }
}

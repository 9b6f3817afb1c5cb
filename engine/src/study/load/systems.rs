//! How one service of a design is secured.

use super::super::keys::{EXTERNAL, LOCAL};
use super::super::reader::{Context, Named, Place, Reader, describe, number_text};
use super::super::resolved::Resolved;
use super::super::{Asset, External, Mesh, Pool, Pos, Pow, Service, Slash, System};
use super::eigenlayer::read_eigenlayer;
use super::ics::{read_ics, read_saga};
use super::operators::People;
use super::slash::{read_enforced, read_fraction, read_own_fraction};
use super::tables::on_one_scale;
use crate::fraction::parse_ratio;

/// What designs refer to.
pub(super) struct World<'w, 'c> {
    /// What is shared.
    pub(super) context: &'c Context<'c>,
    /// Assets in name order.
    pub(super) assets: &'w [Asset],
    /// Pools in name order.
    pub(super) pools: &'w [Pool],
    /// Services in name order.
    pub(super) services: &'w [Service],
    /// Operators in name order.
    pub(super) people: &'w People,
    /// Horizon of the study.
    pub(super) horizon_days: f64,
}

impl World<'_, '_> {
    /// Names of pools.
    pub(super) fn pool_names(&self) -> Vec<&str> {
        self.pools.iter().map(|pool| pool.name.as_str()).collect()
    }

    /// Names of services.
    pub(super) fn service_names(&self) -> Vec<&str> {
        self.services.iter().map(|service| service.name.as_str()).collect()
    }

    /// Position of a pool.
    pub(super) fn pool(&self, named: Option<Named>) -> Option<usize> {
        self.context.find("pool", &named?, &self.pool_names())
    }

    /// Warns where no stake stands behind a service: whoever attacks it loses nothing.
    pub(super) fn warn_if_free(&self, service: usize, place: &Place, system: &System) {
        let holds = |pool: &usize| self.pools[*pool].stake.iter().any(|stake| *stake > 0);
        let has_power =
            |power: &Option<Vec<u128>>| power.as_ref().is_none_or(|power| power.iter().any(|w| *w > 0));
        let is_backed = match system {
            System::Pos(pos) => holds(&pos.pool) && has_power(&pos.power),
            System::Ics(ics) | System::Saga(ics, _) => holds(&ics.provider),
            System::Eigenlayer(eigenlayer) => {
                let serves = |pool: &usize| {
                    self.pools[*pool]
                        .stake
                        .iter()
                        .zip(&eigenlayer.serves)
                        .any(|(stake, serves)| *serves && *stake > 0)
                };
                eigenlayer.pools.iter().any(serves) && has_power(&eigenlayer.power)
            }
            System::Mesh(mesh) => holds(&mesh.local),
            System::Pow(_) => true,
        };
        if !is_backed {
            let message =
                format!("no stake stands behind service `{}`: a free attack", self.services[service].name);
            self.context.warn(place, message, "");
        }
    }
}

/// The system of a service; `None` after a mistake.
pub(super) fn read_system(
    reader: &mut Reader<'_, '_>,
    word: &str,
    service: &str,
    world: &World<'_, '_>,
) -> Option<System> {
    reader.choice("system");
    match word {
        "pos" => read_pos(reader, world).map(System::Pos),
        "ics" => read_ics(reader, world).map(System::Ics),
        "saga" => read_saga(reader, world),
        "eigenlayer" => read_eigenlayer(reader, service, world).map(System::Eigenlayer),
        "mesh" => read_mesh(reader, world).map(System::Mesh),
        _ => Some(System::Pow(read_pow(reader, world))),
    }
}

/// Voting weight by operator.
pub(super) fn read_power(reader: &mut Reader<'_, '_>, world: &World<'_, '_>) -> Option<Vec<u128>> {
    let source = reader.table("power")?;
    let amounts = source.amounts(world.context, "weight");
    let rows = source.by_operator(world.context);
    let (_, units) = on_one_scale(world.context, &source.whole(), &amounts);
    let mut power = vec![0; world.people.operators.len()];
    for ((operator, _), units) in amounts.iter().zip(units) {
        let row = rows.get(operator.as_str()).copied().unwrap_or_default();
        let named = Named { name: operator.clone(), place: source.place(row, "operator") };
        if let Some(position) = world.people.find(world.context, &named) {
            power[position] = units;
        }
    }
    Some(power)
}

/// `pos`
fn read_pos(reader: &mut Reader<'_, '_>, world: &World<'_, '_>) -> Option<Pos> {
    let pool = world.pool(reader.optional_text("pool"));
    let power = read_power(reader, world);
    let fraction = read_own_fraction(reader, pool, world);
    let slash = Slash { fraction, ..read_enforced(reader, world) };
    Some(Pos { pool: pool?, power, slash })
}

/// `mesh`
fn read_mesh(reader: &mut Reader<'_, '_>, world: &World<'_, '_>) -> Option<Mesh> {
    let mut inner = reader.section("local", &LOCAL);
    let local = world.pool(inner.optional_text("pool"));
    let fraction = read_fraction(&mut inner, local.as_slice(), world);
    let entries = inner.finish();
    reader.resolve("local", Resolved::Inline(entries));
    let slash = Slash { fraction, ..read_enforced(reader, world) };
    let external = read_externals(reader, local, world);
    Some(Mesh { local: local?, slash, external })
}

/// `external` of mesh.
fn read_externals(reader: &mut Reader<'_, '_>, local: Option<usize>, world: &World<'_, '_>) -> Vec<External> {
    let mut externals: Vec<External> = Vec::new();
    let mut resolved = Vec::new();
    let key = reader.place_of("external");
    for (place, value) in reader.list("external") {
        let mut inner = Reader::open(reader.context, &EXTERNAL, place.clone(), Some(value));
        let pool = world.pool(inner.optional_text("pool"));
        let slash = read_fraction(&mut inner, pool.as_slice(), world);
        let discount = inner.number("discount");
        let max_power = read_ratio(&mut inner);
        resolved.push(Resolved::Inline(inner.finish()));
        let Some(pool) = pool else { continue };
        if Some(pool) == local || externals.iter().any(|other| other.pool == pool) {
            let message = format!("pool `{}` stands behind this service already", world.pools[pool].name);
            world.context.error(&place, message, "name each pool once");
        }
        externals.push(External { pool, slash, discount, max_power });
    }
    let sum: f64 = externals.iter().map(|external| external.max_power).sum();
    if sum >= 1.0 {
        let message = format!("`max_power` adds up to {sum}, which must be less than 1");
        world.context.error(&key, message, "lower some of them: the rest is the chain's own power");
    }
    reader.resolve("external", Resolved::List(resolved));
    externals
}

/// `max_power`, read exactly.
#[expect(clippy::cast_precision_loss, reason = "both below 2^53: `parse_ratio` caps them at 10^9")]
fn read_ratio(reader: &mut Reader<'_, '_>) -> f64 {
    let Some(field) = reader.field("max_power") else { return 0.0 };
    let text = field.value.as_str().map(str::to_owned).or_else(|| number_text(&field.value));
    match text.as_deref().and_then(parse_ratio).filter(|(num, den)| 0 < *num && num < den) {
        Some((num, den)) => {
            reader.resolve("max_power", Resolved::Text(format!("{num}/{den}")));
            num as f64 / den as f64
        }
        None => {
            let message = format!("must be a ratio above 0 and below 1, got {}", describe(&field.value));
            reader.context.error(&field.place, message, field.key.remedy());
            0.0
        }
    }
}

/// `pow`
fn read_pow(reader: &mut Reader<'_, '_>, world: &World<'_, '_>) -> Pow {
    let assets: Vec<&str> = world.assets.iter().map(|asset| asset.name.as_str()).collect();
    let reward_asset = reader.optional_text("reward_asset");
    Pow {
        hash_rate_ths: reader.number("hash_rate_ths"),
        hardware_usd_per_ths: reader.number("hardware_usd_per_ths"),
        efficiency_j_per_th: reader.number("efficiency_j_per_th"),
        energy_usd_per_kwh: reader.number("energy_usd_per_kwh"),
        rental_usd_per_ths_day: reader.number("rental_usd_per_ths_day"),
        rental_capacity_ths: reader.number("rental_capacity_ths"),
        duration_hours: reader.number("duration_hours"),
        resale: reader.number("resale"),
        block_reward_usd_per_day: reader.number("block_reward_usd_per_day"),
        reward_asset: reward_asset.and_then(|named| world.context.find("asset", &named, &assets)),
    }
}

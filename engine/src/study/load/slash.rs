//! What a system slashes, and what stands between the offence and the slash.

use super::super::keys::{AGE, DETECTION, VOTING};
use super::super::reader::Reader;
use super::super::resolved::Resolved;
use super::super::{Enforcement, ExecutesOn, Slash, Slashing};
use super::systems::World;

const SECONDS_PER_DAY: f64 = 86_400.0;

/// All that a system says about slashing the stake of `pools`.
pub(super) fn read_slash(reader: &mut Reader<'_, '_>, pools: &[usize], world: &World<'_, '_>) -> Slash {
    let fraction = read_fraction(reader, pools, world);
    Slash { fraction, ..read_enforced(reader, world) }
}

/// `slash`, of stake that a design may slash: Ethereum's own penalties punish Ethereum's own offences alone.
pub(super) fn read_fraction(reader: &mut Reader<'_, '_>, pools: &[usize], world: &World<'_, '_>) -> f64 {
    let place = reader.place_of("slash");
    let by_protocol = |pool: &&usize| world.pools[**pool].slashing != Slashing::Fraction;
    if let Some(pool) = pools.iter().find(by_protocol) {
        let message = format!("pool `{}` has Ethereum's own penalties", world.pools[*pool].name);
        let remedy = "secure a chain of Ethereum's with it (system \"pos\"), or use a pool that names it as `underlying`";
        world.context.error(&place, message, remedy);
    }
    required_fraction(reader)
}

/// `slash` of a chain of its own: given, unless the protocol of its pool says it.
pub(super) fn read_own_fraction(
    reader: &mut Reader<'_, '_>,
    pool: Option<usize>,
    world: &World<'_, '_>,
) -> f64 {
    let by_protocol = |pool: &usize| world.pools[*pool].slashing != Slashing::Fraction;
    let Some(pool) = pool.filter(by_protocol) else { return required_fraction(reader) };
    if reader.optional_number("slash").is_some() {
        let place = reader.place_of("slash");
        let message = format!("the protocol of pool `{}` says what is slashed", world.pools[pool].name);
        let remedy = "leave it out, or write slashing = \"fraction\" for the pool";
        world.context.error(&place, message, remedy);
    }
    0.0
}

fn required_fraction(reader: &mut Reader<'_, '_>) -> f64 {
    let fraction = reader.optional_number("slash");
    if fraction.is_none() && !reader.has("slash") {
        let place = reader.place_of("slash");
        let remedy = "write the fraction slashed for every attack but `halt` (fraction of the stake)";
        reader.context.error(&place, "is missing", remedy);
    }
    fraction.unwrap_or(0.0)
}

/// All but the fraction.
pub(super) fn read_enforced(reader: &mut Reader<'_, '_>, world: &World<'_, '_>) -> Slash {
    let executes_on = match reader.optional_text("executes_on") {
        None => ExecutesOn::Default,
        Some(named) if named.name == "always" => ExecutesOn::Always,
        Some(named) => {
            let known: Vec<&str> = world.service_names().into_iter().chain(["always"]).collect();
            let found = world.context.find("service", &named, &known);
            found.map_or(ExecutesOn::Default, ExecutesOn::Service)
        }
    };
    Slash {
        fraction: 0.0,
        halt: reader.number("slash_halt"),
        downtime: reader.number("slash_downtime"),
        executes_on,
        social_probability: reader.number("social_slash_probability"),
        enforcement: read_enforcement(reader),
    }
}

/// Detection, vote, evidence and exit; what is absent does not stand in the way.
fn read_enforcement(reader: &mut Reader<'_, '_>) -> Enforcement {
    let mut enforcement = Enforcement { exit_share: reader.number("exit_share"), ..Enforcement::SURE };
    if reader.knows("jail_minutes") {
        enforcement.jail_minutes = reader.number("jail_minutes");
    }
    if reader.has("detection") {
        let mut inner = reader.section("detection", &DETECTION);
        enforcement.detection_probability = inner.number("probability");
        enforcement.detection_median_days = inner.number("median_days");
        enforcement.detection_sigma = inner.number("sigma");
        reader.resolve("detection", Resolved::Inline(inner.finish()));
    } else {
        reader.skip("detection");
    }
    if reader.has("vote") {
        let mut inner = reader.section("vote", &VOTING);
        enforcement.vote_probability = inner.number("probability");
        enforcement.vote_delay_days = inner.number("delay_days");
        reader.resolve("vote", Resolved::Inline(inner.finish()));
    } else {
        reader.skip("vote");
    }
    if reader.has("evidence") {
        let mut inner = reader.section("evidence", &AGE);
        let (days, blocks) = (inner.number("max_age_days"), inner.number("max_age_blocks"));
        // Evidence is refused once it exceeds both ages, so the longer one counts.
        let in_blocks = blocks * inner.number("block_seconds") / SECONDS_PER_DAY;
        enforcement.evidence_max_age_days = days.max(in_blocks);
        reader.resolve("evidence", Resolved::Inline(inner.finish()));
    } else if reader.knows("evidence") {
        reader.skip("evidence");
    }
    enforcement
}

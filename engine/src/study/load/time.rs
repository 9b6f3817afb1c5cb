//! `[time]`.

use super::super::keys::{FLYWHEEL, TIME};
use super::super::reader::Reader;
use super::super::resolved::Resolved;
use super::super::{Flywheel, On, Time};

/// `[time]`, if paths are wanted.
pub(super) fn read_time(root: &mut Reader<'_, '_>) -> Option<Time> {
    if !root.has("time") {
        root.skip("time");
        return None;
    }
    let mut reader = root.section("time", &TIME);
    let small = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
    let time = Time {
        epochs: small(reader.whole("epochs").max(1)),
        epoch_days: reader.number("epoch_days"),
        paths: reader.whole("paths").max(1),
        redraw_days: reader.number("redraw_days"),
        stake_elasticity: reader.number("stake_elasticity"),
        contagion: reader.flag("contagion").is_some_and(|(flag, _)| flag),
        wait_epochs: small(reader.whole("wait_epochs")),
        flight: reader.number("flight"),
        flywheel: read_flywheel(&mut reader),
        reconsider_epochs: small(reader.whole("reconsider_epochs")),
        sample: small(reader.whole("sample")),
    };
    let entries = reader.finish();
    root.resolve("time", Resolved::Section(entries));
    Some(time)
}

fn read_flywheel(reader: &mut Reader<'_, '_>) -> Option<Flywheel> {
    if !reader.has("flywheel") {
        reader.skip("flywheel");
        return None;
    }
    let mut inner = reader.section("flywheel", &FLYWHEEL);
    let flywheel = Flywheel {
        on: if inner.choice("on") == Some("margin") { On::Margin } else { On::Stake },
        elasticity: inner.number("elasticity"),
        ceiling: inner.number("ceiling"),
        push: inner.number("push"),
    };
    reader.resolve("flywheel", Resolved::Inline(inner.finish()));
    Some(flywheel)
}

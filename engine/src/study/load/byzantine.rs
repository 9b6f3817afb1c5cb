//! Whether services that may turn Byzantine can be drawn.

use super::super::reader::Context;
use super::super::{Design, System};
use super::services::Turning;

/// Most services that may turn Byzantine: every set of them has a graph of its own.
pub const MOST_TURNING: usize = 8;

/// Notes what is wrong with the services that may turn.
pub(super) fn check(context: &Context<'_>, turning: &Turning, designs: &[Design], has_time: bool) {
    let restaked = |at: usize| {
        let mut systems = designs.iter().flat_map(|design| &design.services);
        systems.any(|(service, system)| *service == at && matches!(system, System::Eigenlayer(_)))
    };
    for (number, (service, place)) in turning.iter().enumerate() {
        if !restaked(*service) {
            let message = "means nothing for a service that no design secures by restaking";
            context.error(place, message, "leave it out, or secure the service with system = \"eigenlayer\"");
        }
        if number == MOST_TURNING {
            let message =
                format!("is one of {} services that may turn, at most {MOST_TURNING} can", turning.len());
            context.error(
                place,
                message,
                "leave out the least probable, or write byzantine = true in a design",
            );
        }
        if has_time {
            let message =
                "cannot be drawn along paths, where a service that has turned would have to stay so";
            context.error(place, message, "leave it or [time] out");
        }
    }
}

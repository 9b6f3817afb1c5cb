//! Keys of assertions.

use super::{Key, Kind, Otherwise, Range, Section};
use Kind::{Choice, Number, Text};
use Otherwise::{Nothing, Required, Value};

/// `[[assert]]`
pub(in crate::study) const ASSERTION: Section = Section {
    name: "assert",
    meaning: "a bound on a figure of the run's summary; where it fails, `cartel run` ends with exit code 5",
    keys: &[
        Key::new("design", Text, Required, "", "the design it speaks of"),
        Key::new("service", Text, Value("\"*\""), "", "the service, * for the whole design"),
        Key::new("attack", Text, Value("\"*\""), "", "the kind of attack, * for any"),
        Key::new(
            "route",
            Choice(&["*", "collude", "bribe", "acquire", "rent", "hardware"], &[]),
            Value("\"*\""),
            "",
            "the route, * for the cheapest",
        ),
        Key::new("metric", Text, Required, "", "the metric, as summary.parquet names it"),
        Key::new(
            "at_most",
            Number(Range::ANY),
            Nothing,
            "",
            "the largest estimate that is accepted, in the metric's unit",
        ),
        Key::new(
            "at_least",
            Number(Range::ANY),
            Nothing,
            "",
            "the least estimate that is accepted, in the metric's unit",
        ),
    ],
};

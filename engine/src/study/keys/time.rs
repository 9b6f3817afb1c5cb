//! Keys of time.

use super::{Key, Kind, Otherwise, Range, Section};
use Kind::{Choice, Flag, Number, Whole};
use Otherwise::{Nothing, Required, Value};
use Range as R;

/// `[time]`
pub(in crate::study) const TIME: Section = Section {
    name: "time",
    meaning: "scenarios as paths of epochs: prices, stake, use and attacks one epoch after the other",
    keys: &[
        Key::new("epochs", Whole(1, 100_000), Required, "epochs", "the number of epochs of a path"),
        Key::new("epoch_days", Number(R::POSITIVE), Required, "days", "the length of an epoch"),
        Key::new("paths", Whole(1, 1 << 40), Value("10000"), "paths", "the number of paths to draw"),
        Key::new(
            "redraw_days",
            Number(R::POSITIVE),
            Value("365"),
            "days",
            "how long it stays as drawn who colludes and who can be bribed",
        ),
        Key::new(
            "stake_elasticity",
            Number(R::NOT_NEGATIVE),
            Value("0"),
            "per year",
            "the growth of a stake per logarithm of its yield against today's; what leaves waits for its unbonding",
        ),
        Key::new(
            "contagion",
            Flag,
            Value("false"),
            "",
            "whether attacks that pay are carried out: their slashes, drawdowns and flight, and slashes for accidents, last",
        ),
        Key::new(
            "wait_epochs",
            Whole(0, 100_000),
            Value("0"),
            "epochs",
            "how long an attacker waits at most while its gain grows; 0: it strikes when an attack first pays",
        ),
        Key::new(
            "flight",
            Number(R::UNIT),
            Value("0"),
            "share of the stake",
            "the part of the stake behind an attacked service that starts to leave at once",
        ),
        Key::new(
            "flywheel",
            Kind::Section(&FLYWHEEL),
            Nothing,
            "",
            "how use follows security; off without it",
        ),
        Key::new(
            "reconsider_epochs",
            Whole(0, 100_000),
            Value("0"),
            "epochs",
            "how often operators of services with participation = \"chosen\" answer anew, at the end of an epoch; 0: never",
        ),
        Key::new("sample", Whole(0, 10_000), Value("100"), "paths", "the number of whole paths to write"),
    ],
};

/// `flywheel` of time.
pub(in crate::study) const FLYWHEEL: Section = Section {
    name: "flywheel",
    meaning: "use of a service, and with it what it pays under `pays` and what an attack brings in, as a function of its security against today's: use = min(ceiling, security^elasticity)",
    keys: &[
        Key::new(
            "on",
            Choice(&["stake", "margin"], &[]),
            Value("\"stake\""),
            "",
            "what use follows: the value of the stake behind the service, or its security margin (cost of corruption over profit, less 1; profit follows use)",
        ),
        Key::new("elasticity", Number(R::NOT_NEGATIVE), Required, "", "the elasticity of use"),
        Key::new("ceiling", Number(R::POSITIVE), Value("10"), "times today's", "the most use there can be"),
        Key::new(
            "push",
            Number(R::POSITIVE),
            Value("1"),
            "times today's",
            "the payments at today's use against those that keep the stake where it is: above 1 the wheel starts forwards",
        ),
    ],
};

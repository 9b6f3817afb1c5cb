//! Keys of who colludes and what fails by accident.

use super::{Key, Kind, Otherwise, Range, Section};
use Kind::{Number, Numbers};
use Otherwise::{Nothing, Required, Value};
use Range as R;

/// `[collusion]`
pub(in crate::study) const COLLUSION: Section = Section {
    name: "collusion",
    meaning: "how operators come to collude, at the moment of an attack",
    keys: &[
        Key::new(
            "probability",
            Number(R::UNIT),
            Required,
            "",
            "the probability that an operator is a colluder",
        ),
        Key::new(
            "altruistic_probability",
            Number(R::UNIT),
            Required,
            "",
            "the probability that an operator is honest at any price",
        ),
        Key::new(
            "compromised_share",
            Number(R::UNIT),
            Value("0"),
            "share of colluders",
            "the share whose keys are stolen, to whom the attacker owes nothing",
        ),
        COPULA,
        LOADINGS,
    ],
};

/// How latents depend on each other beyond their correlation.
const COPULA: Key = Key::new(
    "copula",
    Kind::Copula,
    Value("\"gaussian\""),
    "",
    "\"gaussian\" or { student_t = N } with whole degrees of freedom from 1 to 200",
);
/// Loadings on factors.
const LOADINGS: Key = Key::new(
    "loadings",
    Numbers(R::CORRELATION),
    Value("{}"),
    "",
    "the loading on `common` or on an attribute of operators, their squares adding up to less than 1",
);
/// Accidents a year.
const RATE: Key = Key::new(
    "rate_per_key_year",
    Number(R::NOT_NEGATIVE),
    Required,
    "per key and year",
    "the number of accidents",
);
/// Keys that one accident hits.
const CLUSTER: Key = Key::new(
    "cluster_keys",
    Number(R::POSITIVE),
    Otherwise::Words("all keys of the operator"),
    "keys",
    "the number of keys that one accident hits",
);

/// `[faults]`
pub(in crate::study) const FAULTS: Section = Section {
    name: "faults",
    meaning: "accidents, apart from malice",
    keys: &[
        Key::new("downtime", Kind::Section(&DOWNTIME), Nothing, "", "not signing"),
        Key::new("equivocation", Kind::Section(&EQUIVOCATION), Nothing, "", "signing twice"),
    ],
};

/// `[faults.equivocation]`
pub(in crate::study) const EQUIVOCATION: Section = Section {
    name: "equivocation",
    meaning: "accidents of signing twice, which cost `slash`",
    keys: &[RATE, CLUSTER, COPULA, LOADINGS],
};

/// `[faults.downtime]`
pub(in crate::study) const DOWNTIME: Section = Section {
    name: "downtime",
    meaning: "accidents of not signing, which cost `slash_downtime`",
    keys: &[
        RATE,
        Key::new("duration_hours", Number(R::NOT_NEGATIVE), Required, "hours", "how long one accident lasts"),
        CLUSTER,
        COPULA,
        LOADINGS,
    ],
};

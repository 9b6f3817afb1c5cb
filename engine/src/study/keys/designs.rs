//! Keys of the systems that secure a service.

use super::{Key, Kind, Otherwise, Range, Section};
use Kind::{Choice, Names, Number, Operators, Ratio, Refused, Table, Text, Whole};
use Otherwise::{Nothing, Required, Value};
use Range as R;

/// The systems by their word in studies; each one's first key is `system`.
pub(in crate::study) const SYSTEMS: [(&str, &Section); 5] =
    [("pos", &POS), ("ics", &ICS), ("eigenlayer", &EIGENLAYER), ("mesh", &MESH), ("pow", &POW)];

/// Which system.
const SYSTEM: Key = Key::new(
    "system",
    Choice(&["pos", "ics", "eigenlayer", "mesh", "pow"], &["saga"]),
    Required,
    "",
    "how the service is secured",
);
/// Slash for fork and control.
const SLASH: Key = Key::new(
    "slash",
    Number(R::UNIT),
    Required,
    "fraction of the stake",
    "the fraction slashed for every attack but `halt`",
);
/// Slash for halt.
const SLASH_HALT: Key = Key::new(
    "slash_halt",
    Number(R::UNIT),
    Value("0"),
    "fraction of the stake",
    "the fraction slashed for `halt`",
);
/// Slash for downtime.
const SLASH_DOWNTIME: Key = Key::new(
    "slash_downtime",
    Number(R::UNIT),
    Value("0"),
    "fraction of the stake",
    "the fraction slashed for an accident of downtime",
);
/// Who slashes.
const EXECUTES_ON: Key = Key::new(
    "executes_on",
    Text,
    Otherwise::Words("as the system has it"),
    "",
    "the service whose chain carries slashes out, or \"always\"",
);
/// Slash by social consensus.
const SOCIAL: Key = Key::new(
    "social_slash_probability",
    Number(R::UNIT),
    Value("0"),
    "",
    "the probability that a slash lands although the attack holds the service that carries it out",
);
/// Voting weight.
const POWER: Key = Key::new(
    "power",
    Table(&["operator", "weight"]),
    Otherwise::Words("the stake"),
    "",
    "a table of operators and their voting weight",
);
/// A pool.
const POOL: Key = Key::new("pool", Text, Required, "", "the name of the pool");

/// A chain of its own.
const POS: Section = Section {
    name: "pos",
    meaning: "plain proof of stake: the chain's own stake",
    keys: &[SYSTEM, POOL, POWER, SLASH, SLASH_HALT, SLASH_DOWNTIME, EXECUTES_ON, SOCIAL],
};

/// Cosmos Interchain Security.
const ICS: Section = Section {
    name: "ics",
    meaning: "Cosmos Interchain Security: the provider's validators run the service",
    keys: &[
        SYSTEM,
        Key::new("provider", Text, Required, "", "the pool of the provider"),
        Key::new(
            "mode",
            Choice(&["replicated"], &["top_n", "opt_in"]),
            Value("\"replicated\""),
            "",
            "who validates",
        ),
        Key::new(
            "power_cap",
            Whole(1, 100),
            Otherwise::Words("none"),
            "per cent",
            "the largest share of the service's power that one validator may hold",
        ),
        SLASH,
        SLASH_HALT,
        SLASH_DOWNTIME,
        EXECUTES_ON,
        SOCIAL,
        Key::new("top_n", Refused, Nothing, "", "nothing: not computed yet"),
        Key::new("opt_in", Refused, Nothing, "", "nothing: not computed yet"),
        Key::new("validator_set_cap", Refused, Nothing, "", "nothing: not computed yet"),
        Key::new("allowlist", Refused, Nothing, "", "nothing: not computed yet"),
        Key::new("denylist", Refused, Nothing, "", "nothing: not computed yet"),
        Key::new("min_stake", Refused, Nothing, "", "nothing: not computed yet"),
    ],
};

/// EigenLayer.
const EIGENLAYER: Section = Section {
    name: "eigenlayer",
    meaning: "EigenLayer: restaked stake backs the service",
    keys: &[
        SYSTEM,
        Key::new("pools", Names, Required, "", "the names of the pools that count"),
        Key::new(
            "stake",
            Choice(&["pooled", "unique"], &["elastic"]),
            Value("\"pooled\""),
            "",
            "whether the whole stake backs every service or each token one",
        ),
        Key::new(
            "operators",
            Operators,
            Otherwise::Words("everybody with stake in the pools"),
            "",
            "who serves: a list of operators, a true/false column of the operators table, or a table",
        ),
        Key::new(
            "allocations",
            Table(&["operator", "service", "pool", "fraction"]),
            Otherwise::Words("equal parts over the services served where the stake is unique"),
            "fraction of the stake",
            "a table of what each operator allocates",
        ),
        POWER,
        SLASH,
        SLASH_HALT,
        SLASH_DOWNTIME,
        EXECUTES_ON,
        SOCIAL,
        Key::new("redistribution", Refused, Nothing, "", "nothing: not computed yet"),
    ],
};

/// Mesh Security.
const MESH: Section = Section {
    name: "mesh",
    meaning: "Mesh Security: other chains lend stake to the chain's own",
    keys: &[
        SYSTEM,
        Key::new("local", Kind::Section(&LOCAL), Required, "", "the chain's own pool and its slash"),
        Key::new("external", Kind::List(&EXTERNAL), Value("[]"), "", "the stake that other chains lend"),
        SLASH_HALT,
        SLASH_DOWNTIME,
        EXECUTES_ON,
        SOCIAL,
    ],
};

/// `local` of mesh.
pub(in crate::study) const LOCAL: Section =
    Section { name: "local", meaning: "the chain's own stake", keys: &[POOL, SLASH] };

/// One of `external` of mesh.
pub(in crate::study) const EXTERNAL: Section = Section {
    name: "external",
    meaning: "stake that another chain lends",
    keys: &[
        POOL,
        SLASH,
        Key::new(
            "discount",
            Number(R::UNIT),
            Value("0"),
            "fraction",
            "what is taken off the value before it counts",
        ),
        Key::new(
            "max_power",
            Ratio,
            Value("\"1/3\""),
            "share of the service's power",
            "the most it may give, as \"1/10\" or a decimal between 0 and 1",
        ),
    ],
};

/// Proof of work.
const POW: Section = Section {
    name: "pow",
    meaning: "proof of work",
    keys: &[
        SYSTEM,
        Key::new("hash_rate_ths", Number(R::POSITIVE), Required, "TH/s", "the honest hash rate"),
        Key::new(
            "hardware_usd_per_ths",
            Number(R::NOT_NEGATIVE),
            Required,
            "USD per TH/s",
            "the price of hardware",
        ),
        Key::new("efficiency_j_per_th", Number(R::NOT_NEGATIVE), Required, "J/TH", "the energy of hashing"),
        Key::new("energy_usd_per_kwh", Number(R::NOT_NEGATIVE), Required, "USD/kWh", "the price of energy"),
        Key::new(
            "rental_usd_per_ths_day",
            Number(R::NOT_NEGATIVE),
            Value("0"),
            "USD per TH/s and day",
            "the rent of hash rate",
        ),
        Key::new(
            "rental_capacity_ths",
            Number(R::NOT_NEGATIVE),
            Value("0"),
            "TH/s",
            "the hash rate that can be rented",
        ),
        Key::new("duration_hours", Number(R::POSITIVE), Required, "hours", "the length of the attack"),
        Key::new(
            "resale",
            Number(R::UNIT),
            Value("0"),
            "fraction",
            "the share of the hardware's price recovered",
        ),
        Key::new(
            "block_reward_usd_per_day",
            Number(R::NOT_NEGATIVE),
            Value("0"),
            "USD per day",
            "the block rewards of the whole network today",
        ),
        Key::new(
            "reward_asset",
            Text,
            Otherwise::Words("none: rewards do not move with a price"),
            "",
            "the asset that rewards are paid in",
        ),
    ],
};

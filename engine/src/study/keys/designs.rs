//! Keys of the systems that secure a service.

use super::economy::{PARTICIPATION, PAYS, PROPOSAL};
use super::{Key, Kind, Otherwise, Range, Section};
use Kind::{Choice, Flag, Names, Number, Operators, Ratio, Table, Text, Whole};
use Otherwise::{Nothing, Required, Value};
use Range as R;

/// The systems by their word in studies; each one's first key is `system`.
pub(in crate::study) const SYSTEMS: [(&str, &Section); 6] = [
    ("pos", &POS),
    ("ics", &ICS),
    ("saga", &SAGA),
    ("eigenlayer", &EIGENLAYER),
    ("mesh", &MESH),
    ("pow", &POW),
];

/// Which system.
const SYSTEM: Key = Key::new(
    "system",
    Choice(&["pos", "ics", "saga", "eigenlayer", "mesh", "pow"], &[]),
    Required,
    "",
    "how the service is secured",
);
/// Slash for fork and control.
const SLASH: Key = Key::new(
    "slash",
    Number(R::UNIT),
    Otherwise::Words("the pool's protocol says it (`slashing`); required elsewhere"),
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
/// How offences come to light.
const DETECT: Key = Key::new(
    "detection",
    Kind::Section(&DETECTION),
    Nothing,
    "",
    "how likely and how soon evidence of the offence is submitted; certain and at once without it",
);
/// Who must agree.
const VOTE: Key =
    Key::new("vote", Kind::Section(&VOTING), Nothing, "", "the vote that a slash needs; none without it");
/// Evidence grows old.
const EVIDENCE: Key = Key::new(
    "evidence",
    Kind::Section(&AGE),
    Nothing,
    "",
    "when evidence is refused as too old; never without it",
);
/// Stake that runs.
const EXIT: Key = Key::new(
    "exit_share",
    Number(R::UNIT),
    Value("1"),
    "share of the coalition's stake",
    "the part that starts to unbond as the attack begins, and is lost to the slash once it is free",
);
/// Jail.
const JAIL: Key = Key::new(
    "jail_minutes",
    Number(R::NOT_NEGATIVE),
    Value("10"),
    "minutes",
    "how long a silent validator is jailed: it earns nothing meanwhile",
);

/// Another quorum.
const SECOND_QUORUM: Key = Key::new(
    "second_quorum",
    Kind::Section(&SECOND),
    Nothing,
    "",
    "the stake that votes on the service as a quorum of its own: attacks with a `second_threshold` must reach that in it as well",
);

/// `second_quorum`
pub(in crate::study) const SECOND: Section = Section {
    name: "second_quorum",
    meaning: "a second quorum: everybody with stake in its pool votes by it and answers with it, a claim beside others",
    keys: &[POOL, SLASH, SLASH_HALT, SLASH_DOWNTIME, EXECUTES_ON, SOCIAL, DETECT, VOTE, EVIDENCE, EXIT],
};

/// `detection`
pub(in crate::study) const DETECTION: Section = Section {
    name: "detection",
    meaning: "how an offence comes to light: evidence must be submitted by somebody",
    keys: &[
        Key::new(
            "probability",
            Number(R::UNIT),
            Value("1"),
            "",
            "the probability that evidence is submitted",
        ),
        Key::new("median_days", Number(R::NOT_NEGATIVE), Value("0"), "days", "the median delay until then"),
        Key::new(
            "sigma",
            Number(R::NOT_NEGATIVE),
            Value("0"),
            "",
            "the standard deviation of the logarithm of the delay (lognormal)",
        ),
    ],
};

/// `vote`
pub(in crate::study) const VOTING: Section = Section {
    name: "vote",
    meaning: "the governance vote that a slash needs",
    keys: &[
        Key::new("probability", Number(R::UNIT), Required, "", "the probability that the vote approves"),
        Key::new("delay_days", Number(R::NOT_NEGATIVE), Value("14"), "days", "how long it takes"),
    ],
};

/// `evidence`
pub(in crate::study) const AGE: Section = Section {
    name: "evidence",
    meaning: "when evidence is too old: once it exceeds both ages",
    keys: &[
        Key::new("max_age_days", Number(R::NOT_NEGATIVE), Required, "days", "the age limit in time"),
        Key::new("max_age_blocks", Number(R::NOT_NEGATIVE), Value("0"), "blocks", "the age limit in blocks"),
        Key::new("block_seconds", Number(R::POSITIVE), Value("6"), "seconds", "the time between blocks"),
    ],
};

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
    keys: &[
        SYSTEM,
        POOL,
        POWER,
        SLASH,
        SLASH_HALT,
        SLASH_DOWNTIME,
        JAIL,
        EXECUTES_ON,
        SOCIAL,
        DETECT,
        VOTE,
        EVIDENCE,
        EXIT,
        SECOND_QUORUM,
        PAYS,
    ],
};

/// The provider.
const PROVIDER: Key = Key::new("provider", Text, Required, "", "the pool of the provider");
/// Who opted in.
const OPT_IN: Key = Key::new(
    "opt_in",
    Operators,
    Nothing,
    "",
    "who opted in: a list of operators, a true/false column of the operators table, or a table",
);
/// Only these.
const ALLOWLIST: Key = Key::new(
    "allowlist",
    Operators,
    Otherwise::Words("everybody"),
    "",
    "the only operators that may validate: a list, a true/false column, or a table",
);
/// Not these.
const DENYLIST: Key = Key::new(
    "denylist",
    Operators,
    Otherwise::Words("nobody"),
    "",
    "the operators that may not validate: a list, a true/false column, or a table",
);
/// These first.
const PRIORITY: Key = Key::new(
    "priority_list",
    Operators,
    Otherwise::Words("nobody"),
    "",
    "the operators that come before all others under `validator_set_cap`: a list, a true/false column, or a table",
);
/// Least stake.
const MIN_STAKE: Key = Key::new(
    "min_stake",
    Number(R::NOT_NEGATIVE),
    Value("0"),
    "tokens",
    "the least stake on the provider of an operator that validates",
);
/// Most validators.
const SET_CAP: Key = Key::new(
    "validator_set_cap",
    Whole(1, 100_000),
    Otherwise::Words("none"),
    "validators",
    "the largest number of validators; a Top-N chain ignores it",
);
/// Provider's active set.
const ACTIVE: Key = Key::new(
    "max_provider_validators",
    Whole(1, 100_000),
    Value("180"),
    "validators",
    "the number of the provider's largest validators that may validate",
);
/// Largest share.
const POWER_CAP: Key = Key::new(
    "power_cap",
    Whole(1, 100),
    Otherwise::Words("none"),
    "per cent",
    "the largest share of the service's power that one validator may hold",
);

/// Cosmos Interchain Security.
const ICS: Section = Section {
    name: "ics",
    meaning: "Cosmos Interchain Security: the provider's validators run the service",
    keys: &[
        SYSTEM,
        PROVIDER,
        Key::new(
            "mode",
            Choice(&["replicated", "top_n", "opt_in"], &[]),
            Value("\"replicated\""),
            "",
            "who validates: everybody, those that make up the top N % of the stake, or those that opted in",
        ),
        Key::new(
            "top_n",
            Whole(50, 100),
            Nothing,
            "per cent",
            "the share of the stake whose largest holders must validate (mode \"top_n\")",
        ),
        OPT_IN,
        ACTIVE,
        SET_CAP,
        POWER_CAP,
        ALLOWLIST,
        DENYLIST,
        PRIORITY,
        MIN_STAKE,
        SLASH,
        SLASH_HALT,
        SLASH_DOWNTIME,
        JAIL,
        EXECUTES_ON,
        SOCIAL,
        DETECT,
        VOTE,
        EVIDENCE,
        EXIT,
        SECOND_QUORUM,
        PAYS,
        PARTICIPATION,
        PROPOSAL,
    ],
};

/// Saga.
const SAGA: Section = Section {
    name: "saga",
    meaning: "Saga: an opt-in consumer chain whose validators are paid a price instead of a vote's bargain",
    keys: &[
        SYSTEM,
        PROVIDER,
        OPT_IN,
        ACTIVE,
        SET_CAP,
        Key::new(
            "power_cap",
            Whole(1, 100),
            Value("32"),
            "per cent",
            "the largest share of the service's power that one validator may hold",
        ),
        ALLOWLIST,
        DENYLIST,
        PRIORITY,
        MIN_STAKE,
        Key::new(
            "price",
            Choice(&["fee", "auction"], &[]),
            Value("\"fee\""),
            "",
            "how validators are paid: fixed fees as the chain bills them, or the documented auction",
        ),
        Key::new(
            "epoch_fee_usd",
            Number(R::NOT_NEGATIVE),
            Value("0"),
            "USD per day",
            "the fee that all validators share (price \"fee\")",
        ),
        Key::new("setup_fee_usd", Number(R::NOT_NEGATIVE), Value("0"), "USD", "the fee of the launch"),
        Key::new(
            "bids",
            Table(&["operator", "bid_usd"]),
            Nothing,
            "USD per day",
            "a table of operators and the price at which each will validate (price \"auction\")",
        ),
        Key::new("players", Whole(1, 100_000), Nothing, "validators", "how many of the largest may bid"),
        Key::new("seats", Whole(1, 100_000), Nothing, "validators", "how many of them win"),
        Key::new(
            "slash",
            Number(R::UNIT),
            Value("0"),
            "fraction of the stake",
            "the fraction slashed for every attack but `halt`; the published chain tombstones and slashes nothing",
        ),
        SLASH_HALT,
        SLASH_DOWNTIME,
        JAIL,
        EXECUTES_ON,
        SOCIAL,
        DETECT,
        VOTE,
        EVIDENCE,
        EXIT,
        SECOND_QUORUM,
        PAYS,
        PARTICIPATION,
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
            Choice(&["pooled", "unique", "elastic"], &[]),
            Value("\"pooled\""),
            "",
            "whether the whole stake backs every service, each token one, or allocations may exceed the stake",
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
        Key::new(
            "byzantine",
            Flag,
            Value("false"),
            "",
            "whether this service turns on its operators and slashes its fraction of all that is allocated to it",
        ),
        Key::new(
            "redistribution",
            Number(R::UNIT),
            Value("0"),
            "fraction of what is slashed",
            "the part that reaches an attacker through the set's redistribution recipient; never of native ETH",
        ),
        SLASH,
        SLASH_HALT,
        SLASH_DOWNTIME,
        EXECUTES_ON,
        SOCIAL,
        DETECT,
        VOTE,
        EXIT,
        SECOND_QUORUM,
        PAYS,
        PARTICIPATION,
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
        JAIL,
        EXECUTES_ON,
        SOCIAL,
        DETECT,
        VOTE,
        EVIDENCE,
        EXIT,
        SECOND_QUORUM,
        PAYS,
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

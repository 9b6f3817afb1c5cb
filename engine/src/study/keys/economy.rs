//! Keys of money: payments, inflation, participation.

use super::{Key, Kind, Otherwise, Range, Section};
use Kind::{Choice, Number, Text, Whole};
use Otherwise::{Nothing, Required, Value, Words};
use Range as R;

/// `pays` of a service in a design.
pub(super) const PAYS: Key = Key::new(
    "pays",
    Kind::List(&STREAM),
    Nothing,
    "",
    "what the service pays those who secure it, beside the staking rewards of its own pool",
);
/// `participation` of a service in a design.
pub(super) const PARTICIPATION: Key = Key::new(
    "participation",
    Choice(&["forced", "chosen"], &[]),
    Words("forced"),
    "",
    "who takes part: all that the other keys name, or those among them to whom it pays",
);

/// `proposal` of a consumer chain.
pub(super) const PROPOSAL: Key = Key::new(
    "proposal",
    Kind::Section(&VOTE_ON_CONSUMER),
    Nothing,
    "",
    "the vote of the provider's delegators on the service: they accept if their margins add up to more than 0; without it nobody asks them",
);

/// What `proposal` says.
pub(in crate::study) const VOTE_ON_CONSUMER: Section = Section {
    name: "proposal",
    meaning: "the vote of the provider's delegators on a consumer chain. Refused, or until its delay is over, the service is secured as in the design that this one extends, or not at all if that does not have it",
    keys: &[Key::new(
        "delay_days",
        Number(R::NOT_NEGATIVE),
        Value("14"),
        "days",
        "how long the vote takes: pay and nodes start after it, on a path in the epoch after it",
    )],
};

/// One stream of `pays`.
pub(in crate::study) const STREAM: Section = Section {
    name: "stream",
    meaning: "a stream of revenue, part of which goes to those who secure the service",
    keys: &[
        Key::new(
            "usd_per_year",
            Number(R::NOT_NEGATIVE),
            Required,
            "USD per year",
            "the revenue at today's prices",
        ),
        Key::new(
            "fee",
            Number(R::UNIT),
            Value("1"),
            "share of the revenue",
            "the part that the service takes first, such as the fee of a liquid-staking chain",
        ),
        Key::new(
            "share",
            Number(R::UNIT),
            Value("1"),
            "share of the fee",
            "the part for those who secure the service",
        ),
        Key::new(
            "asset",
            Text,
            Words("none: paid in USD"),
            "",
            "the asset it is paid in, whose price it follows",
        ),
        Key::new(
            "delay_days",
            Number(R::NOT_NEGATIVE),
            Value("0"),
            "days",
            "how long until it is first paid",
        ),
        Key::new(
            "commission",
            Number(R::UNIT),
            Words("each operator's own; 0.1 of `eigenlayer`"),
            "share",
            "the part that operators keep of what their delegators earn",
        ),
        Key::new(
            "split",
            Choice(&["power", "equal"], &[]),
            Value("\"power\""),
            "",
            "whether operators are paid by power or in equal parts",
        ),
        Key::new("pool", Text, Words("all power"), "", "the one pool whose stake is paid"),
    ],
};

/// `inflation` of a pool.
pub(in crate::study) const INFLATION: Section = Section {
    name: "inflation",
    meaning: "staking inflation with the bonded-ratio rule of the Cosmos SDK; stands for `reward_apr`",
    keys: &[
        Key::new("supply", Number(R::POSITIVE), Required, "tokens", "the supply of the asset"),
        Key::new("rate", Number(R::NOT_NEGATIVE), Required, "per year", "the inflation today"),
        Key::new("least", Number(R::NOT_NEGATIVE), Value("0.07"), "per year", "the least inflation"),
        Key::new("greatest", Number(R::NOT_NEGATIVE), Value("0.2"), "per year", "the greatest inflation"),
        Key::new(
            "goal_bonded",
            Number(Range::new(0.0, true, 1.0, false)),
            Value("0.67"),
            "share of the supply",
            "the bonded share at which inflation rests",
        ),
        Key::new(
            "rate_change",
            Number(R::NOT_NEGATIVE),
            Value("0.13"),
            "per year",
            "the change in a year if nothing is bonded",
        ),
        Key::new(
            "community_tax",
            Number(R::UNIT),
            Value("0.02"),
            "share",
            "the part of rewards that the community pool takes",
        ),
    ],
};

/// `[portfolios.P]`
pub(in crate::study) const PORTFOLIO: Section = Section {
    name: "portfolio",
    meaning: "stake that somebody holds: a delegator, a liquid staking or restaking token",
    keys: &[
        Key::new("holds", Kind::List(&HOLDING), Required, "", "where its stake lies"),
        Key::new(
            "discount_factor",
            Number(R::NOT_NEGATIVE),
            Value("0"),
            "times the loss",
            "how much its token falls on the market beyond what is slashed",
        ),
        Key::new(
            "forced_selling",
            Number(R::NOT_NEGATIVE),
            Value("0"),
            "share sold per relative fall",
            "the part of it that must be sold when its token falls by slashes, drawdowns or sales: on a path with contagion that moves the asset's price by its `liquidity_usd`, and what buyers redeem leaves the stake",
        ),
    ],
};

/// One of `holds`.
pub(in crate::study) const HOLDING: Section = Section {
    name: "holding",
    meaning: "stake in one pool with one operator, or spread over all",
    keys: &[
        Key::new("pool", Text, Required, "", "the name of the pool"),
        Key::new(
            "operator",
            Text,
            Words("all of the pool, in proportion to their stake"),
            "",
            "the operator it is delegated to",
        ),
        Key::new("tokens", Number(R::POSITIVE), Required, "tokens", "the stake, which is part of the pool's"),
    ],
};

/// `[participation]`
pub(in crate::study) const CHOOSING: Section = Section {
    name: "participation",
    meaning: "how operators that may choose do so: by best responses in name order, on draws common to all rounds",
    keys: &[
        Key::new(
            "cvar_level",
            Number(Range::new(0.0, false, 1.0, true)),
            Words("none: risk-neutral, the mean counts"),
            "share",
            "the level of the expected shortfall of its margin that an operator looks at",
        ),
        Key::new("rounds", Whole(1, 10_000), Value("50"), "rounds", "the limit of rounds"),
        Key::new(
            "scenarios",
            Whole(256, 1 << 24),
            Value("16384"),
            "scenarios",
            "the scenarios that margins are taken over",
        ),
    ],
};

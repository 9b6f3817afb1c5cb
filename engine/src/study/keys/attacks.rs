//! Keys of services, of attacks on them and of the adversary.

use super::{Key, Kind, Otherwise, Range, Section};
use Kind::{Choice, Choices, Flag, Number, Numbers, Premium, Text, Threshold};
use Otherwise::{Nothing, Required, Value};
use Range as R;

/// `[services.S]`
pub(in crate::study) const SERVICE: Section = Section {
    name: "service",
    meaning: "what validators run and an attacker may corrupt",
    keys: &[
        Key::new(
            "consensus",
            Choice(&["cometbft", "ethereum", "pow", "quorum"], &[]),
            Required,
            "",
            "the consensus, which sets default thresholds",
        ),
        Key::new("asset", Text, Nothing, "", "the asset that falls after an attack"),
        Key::new(
            "profit_pool",
            Text,
            Nothing,
            "",
            "the value, named in `adversary.profit_pools`, that its profits are taken from (by default one of its own)",
        ),
        Key::new(
            "byzantine_probability",
            Number(R::UNIT),
            Nothing,
            "per horizon",
            "the probability that it turns on its operators: where it is restaked, it slashes its fraction of all that is allocated to \
             it before anything else, and is no target any more",
        ),
        Key::new(
            "network",
            Choice(&["synchronous", "partially_synchronous"], &[]),
            Value("\"synchronous\""),
            "",
            "whether messages arrive in time; if not, nobody can rely on slashing a third of the power or more",
        ),
        Key::new(
            "node_usd_per_year",
            Number(R::NOT_NEGATIVE),
            Value("0"),
            "USD per year",
            "the cost of one operator's node",
        ),
        Key::new(
            "attacks",
            Kind::Sections(&ATTACK),
            Nothing,
            "",
            "the attacks by kind: fork, halt, control or any name",
        ),
    ],
};

/// `[services.S.attacks.K]`
pub(in crate::study) const ATTACK: Section = Section {
    name: "attack",
    meaning: "one kind of attack on a service",
    keys: &[
        Key::new("profit_usd", Number(R::NOT_NEGATIVE), Required, "USD", "the profit from corruption today"),
        Key::new(
            "profit_asset",
            Text,
            Otherwise::Words("none: the profit does not move with a price"),
            "",
            "the asset that the profit is paid in",
        ),
        Key::new(
            "profit_volatility",
            Number(R::NOT_NEGATIVE),
            Value("0"),
            "per square root of a year",
            "the annualised volatility of the profit beyond its asset's",
        ),
        Key::new(
            "threshold",
            Threshold,
            Nothing,
            "share of power",
            "the power needed, as \"> 1/3\" or \">= 0.5\"",
        ),
        Key::new(
            "second_threshold",
            Threshold,
            Nothing,
            "share of the second quorum's stake",
            "the power needed in the second quorum, where a design has one; without it the attack needs none of it. Where stake can be bought \
             beside operators, an attack that needs both has two more: its kind followed by `_buying_first` or `_buying_second`",
        ),
        Key::new(
            "quorums",
            Choice(&["both", "either"], &[]),
            Nothing,
            "",
            "which quorums an attack with a `second_threshold` must reach: both, or either, when the one by the second alone is an attack \
             of its own, its kind followed by `_by_second` (by default either for `halt`, else both)",
        ),
        Key::new(
            "slash",
            Number(R::UNIT),
            Otherwise::Words("the design's"),
            "fraction of the stake",
            "the fraction slashed for this attack",
        ),
        Key::new("slashable", Flag, Value("true"), "", "whether the offence can be attributed at all"),
        Key::new(
            "amnesia",
            Flag,
            Nothing,
            "",
            "whether the offence can be committed by amnesia, which nobody is slashed for (by default true for `fork` with CometBFT)",
        ),
        Key::new(
            "success_probability",
            Number(R::UNIT),
            Value("1"),
            "",
            "the probability that an attack with enough power succeeds",
        ),
        Key::new(
            "drawdown",
            Number(R::UNIT),
            Value("0"),
            "fraction",
            "the fall of the service's asset afterwards",
        ),
        Key::new(
            "duration_hours",
            Number(R::NOT_NEGATIVE),
            Nothing,
            "hours",
            "how long the attack lasts: its members earn nothing meanwhile (by default 24 for `halt`, else 0)",
        ),
        Key::new(
            "depends_on",
            Numbers(R::UNIT),
            Value("{}"),
            "share of the profit",
            "the share of this profit that corrupting another service realises as well",
        ),
    ],
};

/// `[adversary]`
pub(in crate::study) const ADVERSARY: Section = Section {
    name: "adversary",
    meaning: "what the attacker can do",
    keys: &[
        Key::new(
            "routes",
            Choices(&["collude", "bribe", "acquire", "rent", "hardware"]),
            Value("[\"collude\", \"bribe\"]"),
            "",
            "the ways to reach a threshold",
        ),
        Key::new(
            "bribe_premium",
            Premium,
            Value("0.1"),
            "fraction of the private loss",
            "what a bribed operator asks on top, as a number or as { median = M, sigma = S }",
        ),
        Key::new("joint", Flag, Value("false"), "", "whether attacks on several targets at once are judged"),
        Key::new(
            "cascades",
            Flag,
            Nothing,
            "",
            "whether what is left after an attack is attacked again until nothing pays (no by default; needs `joint`)",
        ),
        Key::new(
            "overcollateralization",
            Flag,
            Nothing,
            "",
            "whether a run certifies γ* in every scenario (no by default; needs `joint`)",
        ),
        Key::new(
            "bribe_ways",
            Flag,
            Nothing,
            "",
            "whether a run prices bribes three ways: up front, contingent on success, and P + ε (no by default; needs route `bribe`)",
        ),
        Key::new(
            "profit_pools",
            Numbers(R::NOT_NEGATIVE),
            Nothing,
            "USD",
            "the most that all attacks together can take from a value that several services share, by its name",
        ),
        Key::new(
            "profit_saturation_usd",
            Number(R::POSITIVE),
            Nothing,
            "USD",
            "the amount X that the profit of an attack approaches as its targets' profits S add up: it is X·(1 − exp(−S/X)) then (by \
             default all of S, whatever it is)",
        ),
        Key::new(
            "carry_apr",
            Number(R::NOT_NEGATIVE),
            Value("0"),
            "per year",
            "the cost of capital while it is locked",
        ),
    ],
};

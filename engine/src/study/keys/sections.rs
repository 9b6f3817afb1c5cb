//! Keys of a study at large: its run, assets, market, operators, pools and designs.

use super::assertion::ASSERTION;
use super::attacks::{ADVERSARY, SERVICE};
use super::economy::{CHOOSING, INFLATION, PORTFOLIO};
use super::risks::{COLLUSION, FAULTS};
use super::time::TIME;
use super::{Key, Kind, Otherwise, Range, Section};
use Kind::{Choice, Correlations, Flag, Number, Numbers, Table, Text, Whole, Words};
use Otherwise::{Nothing, Required, Value};
use Range as R;

/// Most scenarios.
const MOST_SCENARIOS: u64 = 1_000_000_000_000;
/// Largest integer that TOML and Parquet both hold.
const MOST: u64 = i64::MAX.unsigned_abs();

/// The whole study.
pub(in crate::study) const STUDY: Section = Section {
    name: "study",
    meaning: "a Monte Cartel study",
    keys: &[
        Key::new("name", Text, Required, "", "the name of the study"),
        Key::new(
            "horizon_days",
            Number(R::POSITIVE),
            Value("365"),
            "days",
            "the horizon of prices and profits",
        ),
        Key::new(
            "stream",
            Whole(1, 1),
            Value("1"),
            "",
            "1, the only definition of the random streams so far",
        ),
        Key::new("run", Kind::Section(&RUN), Nothing, "", "how much to draw and what to record"),
        Key::new("assets", Kind::Sections(&ASSET), Required, "", "the tokens with a USD price"),
        Key::new("market", Kind::Section(&MARKET), Nothing, "", "how prices move together"),
        Key::new("operators", Kind::Section(&OPERATORS), Nothing, "", "who runs validators"),
        Key::new("collusion", Kind::Section(&COLLUSION), Required, "", "how operators come to collude"),
        Key::new("faults", Kind::Section(&FAULTS), Nothing, "", "accidents, apart from malice"),
        Key::new("pools", Kind::Sections(&POOL), Nothing, "", "stake bonded in one place in one asset"),
        Key::new("services", Kind::Sections(&SERVICE), Required, "", "what an attacker may corrupt"),
        Key::new("adversary", Kind::Section(&ADVERSARY), Nothing, "", "what the attacker can do"),
        Key::new("designs", Kind::Sections(&DESIGN), Required, "", "which stake secures which service"),
        Key::new(
            "participation",
            Kind::Section(&CHOOSING),
            Nothing,
            "",
            "how operators that may choose do so",
        ),
        Key::new(
            "portfolios",
            Kind::Sections(&PORTFOLIO),
            Nothing,
            "",
            "the stake that somebody holds, whose losses are to be known",
        ),
        Key::new("time", Kind::Section(&TIME), Nothing, "", "how scenarios become paths of epochs"),
        Key::new("quoted", Kind::List(&QUOTED), Nothing, "", "figures quoted elsewhere, printed beside ours"),
        Key::new("backtest", Kind::Section(&BACKTEST), Nothing, "", "what history says"),
        Key::new(
            "assert",
            Kind::List(&ASSERTION),
            Nothing,
            "",
            "bounds on figures of the run, each with exit code 5 if it fails",
        ),
    ],
};

/// `[run]`
pub(in crate::study) const RUN: Section = Section {
    name: "run",
    meaning: "how much to draw and what to record; not part of the problem's identity",
    keys: &[
        Key::new(
            "scenarios",
            Whole(1, MOST_SCENARIOS),
            Value("100000"),
            "",
            "the number of scenarios to draw",
        ),
        Key::new("seed", Whole(0, MOST), Value("1"), "", "the seed of every random stream"),
        Key::new(
            "estimator",
            Choice(&["plain", "conditional", "importance", "auto"], &[]),
            Value("\"plain\""),
            "",
            "how probabilities are estimated: counted, computed given sampled factors, from weighted scenarios that favour \
             rare events, or computed where counting is rough",
        ),
        Key::new(
            "relative_error",
            Number(R::NOT_NEGATIVE),
            Value("0"),
            "standard error over the estimate",
            "how precise every headline figure must be for the run to stop before all its scenarios; 0 never stops it",
        ),
        Key::new(
            "negligible",
            Number(R::UNIT),
            Value("1e-4"),
            "probability",
            "the probability below which a headline figure needs no precision of its own",
        ),
        Key::new(
            "attribution",
            Whole(0, MOST_SCENARIOS),
            Value("0"),
            "scenarios",
            "how many of the scenarios are judged again with operators and groups honest at any price, for \
             attribution.parquet; 0 for none",
        ),
        Key::new(
            "record",
            Choice(&["attacks", "all", "none"], &[]),
            Value("\"attacks\""),
            "",
            "which scenarios go to the big tables",
        ),
        Key::new(
            "record_every",
            Whole(1, MOST),
            Value("1000"),
            "scenarios",
            "how often to record whatever happens",
        ),
        Key::new(
            "record_loss_share",
            Number(R::UNIT),
            Value("0.01"),
            "share of all stake",
            "the loss by accidents from which a scenario is recorded",
        ),
        Key::new(
            "record_limit_rows",
            Whole(0, MOST),
            Value("2000000000"),
            "rows",
            "the rows of the targets table after which recording stops",
        ),
    ],
};

/// `[assets.A]`
pub(in crate::study) const ASSET: Section = Section {
    name: "asset",
    meaning: "a token with a USD price",
    keys: &[
        Key::new("price_usd", Number(R::POSITIVE), Required, "USD", "the price of one token today"),
        Key::new(
            "volatility",
            Number(R::NOT_NEGATIVE),
            Value("0"),
            "per square root of a year",
            "the annualised standard deviation of log returns",
        ),
        Key::new(
            "liquidity_usd",
            Number(R::POSITIVE),
            Otherwise::Words("none: buying does not move the price"),
            "USD",
            "how much buying moves the price by 100 %",
        ),
        Key::new(
            "for_sale_tokens",
            Number(R::NOT_NEGATIVE),
            Otherwise::Words("none: as many as it takes"),
            "tokens",
            "how many tokens an attacker can buy; an attack that needs more is out of reach by `acquire`",
        ),
        Key::new(
            "short_capacity_usd",
            Number(R::NOT_NEGATIVE),
            Otherwise::Words("none: nobody can sell it short"),
            "USD",
            "how much of it an attacker can sell short at today's price before an attack that makes it fall",
        ),
        Key::new(
            "short_cost",
            Number(R::UNIT),
            Otherwise::Words("nothing, where it can be sold short"),
            "share of the amount sold short",
            "what selling short costs: borrowing, spread and impact",
        ),
    ],
};

/// `[market]`
pub(in crate::study) const MARKET: Section = Section {
    name: "market",
    meaning: "how log returns move together",
    keys: &[
        Key::new(
            "correlation",
            Correlations,
            Value("[]"),
            "",
            "pairs of assets with the correlation of their log returns",
        ),
        Key::new(
            "stress_loading",
            Numbers(R::CORRELATION),
            Value("{}"),
            "",
            "the correlation of each asset's log return with the common factor of collusion",
        ),
    ],
};

/// `[operators]`
pub(in crate::study) const OPERATORS: Section = Section {
    name: "operators",
    meaning: "who runs validators",
    keys: &[
        Key::new(
            "table",
            Table(&["operator"]),
            Nothing,
            "",
            "a table of operators, their values and attributes",
        ),
        Key::new(
            "membership",
            Table(&["operator", "attribute", "value", "share"]),
            Nothing,
            "",
            "a table of operators split over several groups of an attribute",
        ),
    ],
};

/// Columns of the operators table.
pub(in crate::study) const COLUMNS: Section = Section {
    name: "operator",
    meaning: "columns of the operators table; `loading_<factor>` overrides a loading, any other column is an attribute",
    keys: &[
        Key::new("operator", Text, Required, "", "the name of the operator, its identity across chains"),
        Key::new(
            "collusion_probability",
            Number(R::UNIT),
            Otherwise::Words("`collusion.probability`"),
            "",
            "the probability that the operator is a colluder",
        ),
        Key::new(
            "altruistic_probability",
            Number(R::UNIT),
            Otherwise::Words("`collusion.altruistic_probability`"),
            "",
            "the probability that the operator is honest at any price",
        ),
        Key::new(
            "own_share",
            Number(R::UNIT),
            Value("1"),
            "share",
            "the part of the stake that is the operator's own",
        ),
        Key::new(
            "commission",
            Number(R::UNIT),
            Value("0"),
            "share",
            "the part of delegators' rewards it keeps",
        ),
        Key::new(
            "friction_usd",
            Number(R::NOT_NEGATIVE),
            Value("0"),
            "USD",
            "what an attack costs it beyond stake",
        ),
        Key::new(
            "keys",
            Number(R::NOT_NEGATIVE),
            Value("1"),
            "keys",
            "the number of its keys, for accidents",
        ),
        Key::new(
            "node_cost_factor",
            Number(R::NOT_NEGATIVE),
            Value("1"),
            "times `node_usd_per_year`",
            "what nodes cost it, against others",
        ),
    ],
};

/// `[pools.P]`
pub(in crate::study) const POOL: Section = Section {
    name: "pool",
    meaning: "stake bonded in one place in one asset",
    keys: &[
        Key::new("asset", Text, Required, "", "the name of the asset that is staked"),
        Key::new(
            "stake",
            Table(&["operator", "tokens"]),
            Required,
            "tokens",
            "a table of operators and their stake",
        ),
        Key::new(
            "unbonding_days",
            Number(R::NOT_NEGATIVE),
            Value("21"),
            "days",
            "how long it takes until unbonded stake is free",
        ),
        Key::new(
            "reward_apr",
            Number(R::NOT_NEGATIVE),
            Value("0"),
            "fraction of the stake per year",
            "the reward of staking",
        ),
        Key::new(
            "inflation",
            Kind::Section(&INFLATION),
            Nothing,
            "",
            "the inflation that pays the stake, instead of `reward_apr`",
        ),
        Key::new(
            "franchise_years",
            Number(R::NOT_NEGATIVE),
            Value("1"),
            "years",
            "how much commission an ejected operator loses",
        ),
        Key::new("underlying", Text, Nothing, "", "the pool of the same asset whose stake this is as well"),
        Key::new(
            "divisible",
            Flag,
            Nothing,
            "",
            "whether an operator has so many keys here that it can commit any part of them to an attack (otherwise it joins \
             whole; an operator that also answers with a pool that is not divisible does so too)",
        ),
        Key::new(
            "slashing",
            Choice(&["fraction", "ethereum"], &[]),
            Value("\"fraction\""),
            "",
            "whose rules say what is slashed: the fractions of each design, or Ethereum's own penalties",
        ),
        Key::new(
            "fork",
            Choice(&["phase0", "altair", "bellatrix", "capella", "deneb", "electra", "fulu"], &[]),
            Otherwise::Words("electra where `slashing` is \"ethereum\""),
            "",
            "the fork of Ethereum whose parameters hold",
        ),
        Key::new(
            "effective_balance_eth",
            Whole(1, 2048),
            Otherwise::Words("32 where `slashing` is \"ethereum\""),
            "ETH",
            "the effective balance of one validator",
        ),
    ],
};

/// `[designs.D]`
pub(in crate::study) const DESIGN: Section = Section {
    name: "design",
    meaning: "which pools give power to which services, and what is slashed",
    keys: &[
        Key::new("extends", Text, Nothing, "", "the design whose services hold where this one names none"),
        Key::new(
            "losses",
            Words(&["once", "additive", "compound"]),
            Value("{}"),
            "",
            "how losses of one operator combine in a pool",
        ),
        Key::new("services", Kind::Systems, Nothing, "", "how each service is secured"),
    ],
};

/// `[[quoted]]`
pub(in crate::study) const QUOTED: Section = Section {
    name: "quoted",
    meaning: "a figure quoted elsewhere, printed beside ours",
    keys: &[
        Key::new("statement", Text, Required, "", "the statement"),
        Key::new("usd", Number(R::NOT_NEGATIVE), Required, "USD", "the figure"),
        Key::new("design", Text, Required, "", "the design it speaks of"),
        Key::new("service", Text, Required, "", "the service it speaks of"),
        Key::new("attack", Text, Required, "", "the kind of attack it speaks of"),
    ],
};

/// `[backtest]`
pub(in crate::study) const BACKTEST: Section = Section {
    name: "backtest",
    meaning: "what history says, held against the model",
    keys: &[
        Key::new("design", Text, Required, "", "the design that stood"),
        Key::new(
            "observed",
            Number(R::NOT_NEGATIVE),
            Value("0"),
            "attacks",
            "the successful attacks on all services together",
        ),
        Key::new("years", Numbers(R::POSITIVE), Required, "years", "the years of life of each service"),
    ],
};

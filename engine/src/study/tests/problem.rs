//! What a study is, whole: its keys, its identity, its resolved text, what is inherited and what is warned of.

use super::*;
use crate::fraction::Threshold;

#[test]
fn the_minimal_study_loads_and_says_its_defaults() {
    let study = load(MINIMAL).unwrap();
    assert_eq!(study.operators.iter().map(|o| o.name.as_str()).collect::<Vec<_>>(), ["x", "y"]);
    assert!(study.operators.iter().all(|operator| operator.defaulted));
    assert_eq!((study.pools[0].stake.clone(), study.pools[0].decimals), (vec![60, 40], 0));
    assert_eq!(study.services[0].attacks[0].threshold, Threshold::more_than(1, 3));
    assert_eq!(study.run.scenarios, 100_000);
    let defaults = &study.provenance.defaults;
    let value = |key: &str| defaults.iter().find(|d| d.key == key).map(|d| d.value.as_str());
    assert_eq!(value("horizon_days"), Some("365 days"));
    assert_eq!(value("run.record"), Some("attacks"));
    assert_eq!(value("services.s.attacks.fork.threshold"), Some("> 1/3 (of its consensus)"));
    assert_eq!(value("designs.d.services.s.slash_halt"), Some("0 fraction of the stake"));
    assert_eq!(study.provenance.warnings, []);
}

#[test]
fn the_maximal_study_loads_and_takes_no_default() {
    let study = load(MAXIMAL).unwrap_or_else(|error| panic!("{error}"));
    // What is left out on purpose: exclusive forms of one key stand in sibling sections.
    let left: Vec<&str> = study.provenance.defaults.iter().map(|default| default.key.as_str()).collect();
    assert_eq!(left, [""; 0]);
}

#[test]
fn every_key_stands_in_the_maximal_study_and_in_the_schema() {
    let schema = serde_json::to_string(&json_schema()).unwrap();
    let reference = key_reference();
    let sections = [
        &keys::STUDY,
        &keys::RUN,
        &keys::ASSET,
        &keys::MARKET,
        &keys::OPERATORS,
        &keys::COLUMNS,
        &keys::COLLUSION,
        &keys::FAULTS,
        &keys::EQUIVOCATION,
        &keys::DOWNTIME,
        &keys::POOL,
        &keys::SERVICE,
        &keys::ATTACK,
        &keys::ADVERSARY,
        &keys::DESIGN,
        &keys::QUOTED,
        &keys::BACKTEST,
        &keys::ASSERTION,
        &keys::LOCAL,
        &keys::EXTERNAL,
        &keys::SECOND,
        &keys::DETECTION,
        &keys::VOTING,
        &keys::AGE,
        &keys::STREAM,
        &keys::INFLATION,
        &keys::CHOOSING,
        &keys::PORTFOLIO,
        &keys::TIME,
        &keys::FLYWHEEL,
        &keys::HOLDING,
    ];
    let systems = keys::SYSTEMS.map(|(_, section)| section);
    for key in sections.into_iter().chain(systems).flat_map(|section| section.keys) {
        assert!(MAXIMAL.contains(key.name), "{} is not in the maximal study", key.name);
        assert!(schema.contains(&format!("\"{}\":", key.name)), "{} is not in the schema", key.name);
        assert!(reference.contains(&format!("| `{}` |", key.name)), "{} is not in the reference", key.name);
    }
}

#[test]
fn the_schema_resolves_its_references() {
    let schema = json_schema();
    let text = schema.to_string();
    for part in text.split("\"#/$defs/").skip(1) {
        let name = part.split('"').next().unwrap();
        assert!(schema["$defs"][name].is_object(), "{name}");
    }
    assert_eq!(schema["properties"]["horizon_days"]["default"], 365.0);
    assert_eq!(schema["$defs"]["pos"]["properties"]["system"]["const"], "pos");
    assert_eq!(schema["additionalProperties"], false);
}

#[test]
fn the_resolved_study_is_the_same_problem() {
    for text in [MINIMAL, MAXIMAL] {
        let first = load(text).unwrap();
        let second =
            load(&first.provenance.resolved).unwrap_or_else(|e| panic!("{e}\n{}", first.provenance.resolved));
        assert_eq!(first.provenance.resolved, second.provenance.resolved);
        assert_eq!(first.provenance.problem_id, second.provenance.problem_id);
    }
}

#[test]
fn run_order_and_spelling_are_no_part_of_the_problem() {
    let id = |text: &str| load(text).unwrap_or_else(|e| panic!("{e}")).provenance.problem_id;
    let first = id(MINIMAL);
    for same in [
        with("[run]\nscenarios = 7\nseed = 3\n"),
        changed("{ x = 60, y = 40 }", "{ y = 40.0, x = 6e1 }"),
        changed("price_usd = 1", "price_usd = 1.0"),
        changed("name = \"m\"", "name = \"m\"\nhorizon_days = 365"),
        changed("fork = { profit_usd = 10 }", "fork = { profit_usd = 10, threshold = \">1/3\" }"),
    ] {
        assert_eq!(first, id(&same), "{same}");
    }
    for other in [
        changed("x = 60", "x = 61"),
        changed("name = \"m\"", "name = \"m\"\nhorizon_days = 366"),
        changed("fork = { profit_usd = 10 }", "fork = { profit_usd = 10, threshold = \">=1/3\" }"),
    ] {
        assert_ne!(first, id(&other), "{other}");
    }
}

#[test]
fn mistakes_come_out_all_at_once_in_the_order_of_lines() {
    let text = MINIMAL
        .replace("price_usd = 1", "price_usd = -1\nvolatilty = 2")
        .replace("slash = 0.05", "slash = 2");
    let problems = load(&text).unwrap_err().problems;
    let shown: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(
        shown,
        [
            "error: study.toml:3: `assets.A.price_usd`: must be a finite number above 0, got -1; write the price of \
             one token today (USD)",
            "error: study.toml:4: `assets.A.volatilty`: is no known key; did you mean `volatility`?",
            "error: study.toml:17: `designs.d.services.s.slash`: must be a number from 0 to 1, got 2; write the \
             fraction slashed for every attack but `halt` (fraction of the stake)",
        ]
    );
}

#[test]
fn syntax_errors_have_their_line() {
    for (text, expected) in [
        ("name = \"m\"\n[assets.A\n", "study.toml:2: is not TOML"),
        ("name = \"m\"\nname = \"n\"\n", "study.toml:2: is not TOML: duplicate key"),
        ("a = 1\nb = = 2\n", "study.toml:2: is not TOML"),
    ] {
        assert!(errors(text).contains(expected), "{}", errors(text));
    }
}

#[test]
fn odd_but_allowed_things_are_warnings() {
    let warnings = |text: &str| {
        let warnings = load(text).unwrap_or_else(|e| panic!("{e}")).provenance.warnings;
        warnings.iter().map(|problem| problem.to_string() + "\n").collect::<String>()
    };
    for (text, expected) in [
        (
            changed("{ x = 60, y = 40 }", "{}"),
            "warning: study.toml:13: `designs.d.services.s`: no stake stands behind service `s`: a free attack",
        ),
        (
            with("[pools.q]\nasset = \"A\"\nstake = { x = 1 }\n"),
            "warning: study.toml: `pools.q`: is used by no design",
        ),
        (with("[services.t]\nconsensus = \"pow\"\n"), "`services.t`: is used by no design"),
        (
            changed("profit_usd = 10", "profit_usd = 10, second_threshold = \"> 1/3\""),
            "`services.s.attacks.fork.second_threshold`: means nothing: no design gives the service a second quorum",
        ),
        (
            changed("{ profit_usd = 10 }", "{ profit_usd = 10, drawdown = 0.1 }"),
            "has a drawdown but no asset that falls",
        ),
        (
            with("[operators]\ntable = [{ operator = \"x\", comission = 0.1 }]\n"),
            "`comission`: is read as an attribute; did you mean `commission`?",
        ),
        (
            changed("{ x = 60, y = 40 }", "[{ operator = \"x\", tokens = 1, note = \"n\" }]"),
            "column `note` is not read",
        ),
    ] {
        assert!(warnings(&text).contains(expected), "wanted: {expected}\ngot: {}", warnings(&text));
    }
}

#[test]
fn designs_inherit_services_and_losses() {
    let study = load(&with(
        "[designs.a]\nextends = \"b\"\n[designs.a.losses]\np = \"once\"\n[designs.b]\nextends = \"d\"\nlosses = { p = \"additive\" }\n\
         [designs.c]\nextends = \"b\"\n[designs.c.services.s]\nsystem = \"ics\"\nprovider = \"p\"\nslash = 0.5\n",
    ))
    .unwrap();
    let names: Vec<&str> = study.designs.iter().map(|design| design.name.as_str()).collect();
    assert_eq!(names, ["d", "a", "b", "c"], "in the order of the study");
    assert_eq!(study.designs[1].losses, [Some(Combine::Once)]);
    assert_eq!(study.designs[3].losses, [Some(Combine::Additive)]);
    assert!(matches!(study.designs[1].services[0].1, System::Pos(_)));
    assert!(matches!(study.designs[3].services[0].1, System::Ics(_)));
}

#[test]
fn attributes_come_from_columns_and_membership() {
    let study = load(MAXIMAL).unwrap();
    let names: Vec<&str> = study.attributes.iter().map(|attribute| attribute.name.as_str()).collect();
    assert_eq!(names, ["client", "host"], "a true/false column is none");
    let operators: Vec<&str> = study.operators.iter().map(|operator| operator.name.as_str()).collect();
    assert_eq!(operators, ["ann", "bob", "cyd"]);
    assert_eq!(study.attributes[0].groups, ["geth", "reth"]);
    assert_eq!(study.attributes[0].membership, [vec![(0, 0.25), (1, 0.75)], vec![], vec![]]);
    assert_eq!(study.attributes[1].membership, [vec![(0, 1.0)], vec![(0, 1.0)], vec![]]);
    let factors: Vec<Factor> = study.collusion.loadings.iter().map(|loading| loading.factor).collect();
    assert_eq!(factors, [Factor::Common, Factor::Attribute(0), Factor::Attribute(1)]);
    assert_eq!(study.operators[0].loadings, [0.25, 0.2, 0.1]);
    assert_eq!(study.operators[1].loadings, [0.25, 0.2, 0.35]);
    assert!(study.operators[2].defaulted && !study.operators[0].defaulted);
}

//! Tests of the loader: every mistake with its line, and what must not change.

use std::path::Path;
use std::sync::Arc;

use super::*;

/// A study that says every key there is but those that exclude each other.
const MAXIMAL: &str = include_str!("tests/maximal.toml");

/// A study as small as can be.
const MINIMAL: &str = r#"name = "m"
[assets.A]
price_usd = 1
[collusion]
probability = 0.1
altruistic_probability = 0.2
[pools.p]
asset = "A"
stake = { x = 60, y = 40 }
[services.s]
consensus = "cometbft"
attacks.fork = { profit_usd = 10 }
[designs.d.services.s]
system = "pos"
pool = "p"
slash = 0.05
"#;

/// Loads a text that needs no files.
fn load(text: &str) -> Result<Study, StudyError> {
    Study::from_text(text, "study.toml", Path::new("/nonexistent"))
}

/// The errors of a text, as shown.
fn errors(text: &str) -> String {
    match load(text) {
        Ok(_) => String::new(),
        Err(error) => error.to_string(),
    }
}

/// The minimal study with a replacement.
fn changed(from: &str, to: &str) -> String {
    assert!(MINIMAL.contains(from), "{from}");
    MINIMAL.replacen(from, to, 1)
}

/// The minimal study with lines at its end.
fn with(tail: &str) -> String {
    format!("{MINIMAL}{tail}")
}

/// The minimal study with so many attacks, to be judged jointly.
fn with_many_attacks(n: u32) -> String {
    let attack = |i: u32| format!("attacks.a{i} = {{ profit_usd = 10, threshold = \"> 1/3\" }}\n");
    let attacks: String = (0..n).map(attack).collect();
    changed("attacks.fork = { profit_usd = 10 }\n", &attacks) + "[adversary]\njoint = true\n"
}

/// Loads the minimal study with its stake in a file of this name and content.
fn with_file(name: &str, content: &[u8]) -> Result<Study, StudyError> {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join(name), content).unwrap();
    let text = changed("{ x = 60, y = 40 }", &format!("\"{name}\""));
    Study::from_text(&text, "study.toml", dir.path())
}

/// Asserts that each text has an error that contains each of the parts.
fn assert_errors(cases: &[(String, &str)]) {
    for (text, expected) in cases {
        let shown = errors(text);
        assert!(shown.contains(expected), "wanted: {expected}\ngot: {shown}\nof:\n{text}");
    }
}

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
fn plain_values_are_checked() {
    assert_errors(&[
        ("".to_owned(), "study.toml: `name`: is missing; write the name of the study"),
        (String::new(), "study.toml: `collusion`: is missing"),
        (changed("name = \"m\"", "name = 1"), ":1: `name`: must be text, got 1"),
        (changed("name = \"m\"", "name = \" \""), ":1: `name`: must not be blank"),
        (
            changed("price_usd = 1", "price_usd = nan"),
            ":3: `assets.A.price_usd`: must be a finite number above 0, got nan",
        ),
        (changed("price_usd = 1", "price_usd = inf"), "got inf"),
        (changed("price_usd = 1", "price_usd = \"1\""), "got the text \"1\""),
        (changed("price_usd = 1", "price_usd = 1979-05-27"), "got the date 1979-05-27"),
        (
            changed("price_usd = 1\n", ""),
            ":2: `assets.A.price_usd`: is missing; write the price of one token today (USD)",
        ),
        (
            changed("[assets.A]\nprice_usd = 1", "assets = 3"),
            ":2: `assets`: must be a table of tables, got 3",
        ),
        (
            changed("[assets.A]\nprice_usd = 1", "assets.A = 3"),
            ":2: `assets.A`: must be a table of keys, got 3",
        ),
        (
            with("[run]\nscenarios = 0\n"),
            ":18: `run.scenarios`: must be a whole number from 1 to 1000000000000, got 0",
        ),
        (with("[run]\nscenarios = 1.5\n"), "got 1.5"),
        (with("[run]\nrecord = \"some\"\n"), "`some` is none of its words; known: `attacks`, `all`, `none`"),
        (changed("name = \"m\"", "name = \"m\"\nstream = 2"), ":2: `stream`: must be 1, got 2"),
        (with("[adversary]\njoint = 1\n"), "`adversary.joint`: must be true or false, got 1"),
        (with("[assetz.A]\n"), ":17: `assetz`: is no known key; did you mean `assets`?"),
        (changed("[assets.A]", "[assets.\" \"]"), "is a name with blanks at its ends"),
        (changed("[assets.A]", "[assets.\"*\"]"), "is a name that stands for `all`"),
        (changed("[assets.A]", "[assets.\"\"]"), "must have a name"),
    ]);
}

#[test]
fn names_must_be_known() {
    assert_errors(&[
        (
            changed("asset = \"A\"", "asset = \"B\""),
            ":8: `pools.p.asset`: there is no asset `B`; did you mean `A`?",
        ),
        (
            changed("pool = \"p\"", "pool = \"pp\""),
            ":15: `designs.d.services.s.pool`: there is no pool `pp`; did you mean `p`?",
        ),
        (changed("d.services.s]", "d.services.zzz]"), "there is no service `zzz`; known: `s`"),
        (
            changed("slash = 0.05", "slash = 0.05\nexecutes_on = \"hub\""),
            "there is no service `hub`; known: `s`, `always`",
        ),
        (with("[designs.e]\nextends = \"f\"\n"), ":18: `designs.e.extends`: there is no design `f`"),
        (with("[designs.e]\nextends = \"e\"\n"), "design `e` extends itself"),
        (
            with("[designs.e]\nextends = \"f\"\n[designs.f]\nextends = \"e\"\n"),
            ":18: `designs.e.extends`: design `e` extends itself",
        ),
        (with("[designs.e]\n"), "design `e` secures no service"),
        (changed("asset = \"A\"", "asset = \"A\"\nunderlying = \"q\""), "there is no pool `q`"),
        (changed("asset = \"A\"", "asset = \"A\"\nunderlying = \"p\""), "a pool cannot lie under itself"),
        (
            with("[pools.q]\nasset = \"B\"\nstake = {}\nunderlying = \"p\"\n[assets.B]\nprice_usd = 1\n"),
            "pool `p` holds another asset",
        ),
        (
            changed("asset = \"A\"", "asset = \"A\"\nunderlying = \"q\"")
                + "[pools.q]\nasset = \"A\"\nstake = {}\nunderlying = \"p\"\n",
            "pools lie under each other in a circle",
        ),
        (with("[designs.d.losses]\nq = \"once\"\n"), "there is no pool `q`"),
        (with("[designs.d.losses]\np = \"twice\"\n"), "`twice` is none of its words"),
        (
            with("[market]\nstress_loading = { B = 0.1 }\n"),
            "`market.stress_loading.B`: there is no asset `B`",
        ),
        (
            with("[backtest]\ndesign = \"x\"\nyears = { s = 1 }\n"),
            ":18: `backtest.design`: there is no design `x`",
        ),
        (with("[backtest]\ndesign = \"d\"\nyears = {}\n"), "`backtest.years`: must not be empty"),
        (
            with(
                "[[quoted]]\nstatement = \"a\"\nusd = 1\ndesign = \"d\"\nservice = \"s\"\nattack = \"halt\"\n",
            ),
            "`quoted[0].attack`: there is no attack `halt`; known: `fork`",
        ),
    ]);
}

#[test]
fn the_market_must_be_possible() {
    let three = "[assets.B]\nprice_usd = 1\n[assets.C]\nprice_usd = 1\n[market]\n";
    let market = |keys: &str| with(&format!("{three}{keys}"));
    assert_errors(&[
        (
            market("correlation = [[\"A\", \"B\", 1]]"),
            ":22: `market.correlation`: must be a number above -1 and below 1, got 1",
        ),
        (market("correlation = [[\"A\", \"Z\", 0.1]]"), "there is no asset `Z`"),
        (market("correlation = [[\"A\", \"A\", 0.1]]"), "`A` is paired with itself"),
        (market("correlation = [[\"A\", \"B\"]]"), "must be two assets and a number, got a list"),
        (
            market("correlation = [\n[\"A\", \"B\", 0.1],\n[\"B\", \"A\", 0.2]]"),
            ":24: `market.correlation`: the pair `A`, `B` stands here twice",
        ),
        (market("correlation = 1"), "must be a list, got 1"),
        (
            market("correlation = [[\"A\", \"B\", 0.9], [\"B\", \"C\", 0.9], [\"A\", \"C\", -0.9]]"),
            "are no positive definite matrix",
        ),
        (
            market("correlation = [[\"A\", \"B\", -0.9]]\nstress_loading = { A = 0.5, B = 0.5 }"),
            "bordered by `stress_loading`",
        ),
        (market("stress_loading = { A = -1 }"), "must be a number above -1 and below 1, got -1"),
    ]);
}

#[test]
fn collusion_and_faults_are_checked() {
    let factors =
        |loadings: &str| changed("probability = 0.1", &format!("probability = 0.1\nloadings = {loadings}"));
    assert_errors(&[
        (
            changed("altruistic_probability = 0.2", "altruistic_probability = 0.95"),
            ":6: `collusion.altruistic_probability`: probabilities to be a colluder (0.1) and altruistic (0.95) add up to more than 1",
        ),
        (
            factors("{ common = 0.8, host = 0.7 }"),
            ":6: `collusion.loadings`: the squares of the loadings add up to 1.13",
        ),
        (factors("{ common = 1 }"), "must be a number above -1 and below 1, got 1"),
        (
            factors("{ hosts = 0.5 }") + "[operators]\ntable = [{ operator = \"x\", host = \"h\" }]\n",
            ":6: `collusion.loadings.hosts`: there is no attribute `hosts` of operators; did you mean `host`?",
        ),
        (factors("3"), "must be a table { name = value }, got 3"),
        (
            changed("probability = 0.1", "probability = 0.1\ncopula = \"clayton\""),
            "`collusion.copula`: is no copula: the text \"clayton\"",
        ),
        (
            changed("probability = 0.1", "probability = 0.1\ncopula = { student_t = 201 }"),
            "is no copula: a table",
        ),
        (changed("probability = 0.1", "probability = 0.1\ncopula = { student_t = 1.5 }"), "is no copula"),
        (with("[faults.fire]\n"), "`faults.fire`: is no known key; known: `downtime`, `equivocation`"),
        (
            with("[faults.downtime]\nrate_per_key_year = 1\n"),
            ":17: `faults.downtime.duration_hours`: is missing",
        ),
        (
            with("[faults.equivocation]\nrate_per_key_year = 1\nduration_hours = 1\n"),
            "`faults.equivocation.duration_hours`: is no known key",
        ),
    ]);
}

#[test]
fn operators_are_checked() {
    let table = |rows: &str| with(&format!("[operators]\ntable = [\n{rows}\n]\n"));
    let host = |rows: &str| {
        table(rows).replace("probability = 0.1\n", "probability = 0.1\nloadings = { common = 0.5 }\n")
    };
    assert_errors(&[
        (
            table("{ operator = \"x\", own_share = 1.5 }"),
            ":19: `operators.table.own_share`: must be a number from 0 to 1, got `1.5`",
        ),
        (table("{ operator = \"x\", keys = \"many\" }"), "must be a finite number at least 0, got `many`"),
        (
            table("{ operator = \"x\" },\n{ operator = \"x\" }"),
            ":20: `operators.table.operator`: operator `x` stands on line 19 already",
        ),
        (table("{ host = \"x\" }"), "`operators.table`: has no column `operator`"),
        (table("{ operator = \"\" }"), ":19: `operators.table.operator`: must have a name"),
        (table("{ operator = \"x\", common = \"h\" }"), "is the name of the factor of all operators"),
        (table("{ operator = \"x\", host = [1] }"), "must be text, a number, true or false, got a list"),
        (table("3"), "must be a row { column = value }, got 3"),
        (table("{ operator = \"x\", altruistic_probability = 0.95 }"), "add up to more than 1"),
        (
            host("{ operator = \"x\", loading_host = 0.5 }"),
            "`loading_host`: overrides a loading that `collusion.loadings` does not have; known: `loading_common`",
        ),
        (host("{ operator = \"x\", loading_common = 1 }"), "must be a number above -1 and below 1, got `1`"),
        (
            table("{ operator = \"x\", host = \"h\", loading_common = 0.9 }").replace(
                "probability = 0.1\n",
                "probability = 0.1\nloadings = { common = 0.5, host = 0.5 }\n",
            ),
            "the squares of the loadings of operator `x` add up to 1.06",
        ),
    ]);
}

#[test]
fn memberships_are_checked() {
    let split = |rows: &str| with(&format!("[operators]\nmembership = [\n{rows}\n]\n"));
    assert_errors(&[
        (
            split("{ operator = \"z\", attribute = \"c\", value = \"v\", share = 1 }"),
            ":19: `operators.membership.operator`: there is no operator `z`",
        ),
        (
            split("{ operator = \"x\", attribute = \"c\", value = \"v\", share = 0.9 }"),
            "shares of `x` over `c` add up to 0.9, which must be 1",
        ),
        (
            split("{ operator = \"x\", attribute = \"c\", value = \"v\", share = \"\" }"),
            "`operators.membership.share`: must not be blank",
        ),
        (
            split("{ operator = \"x\", attribute = \"keys\", value = \"v\", share = 1 }"),
            "`keys` cannot be an attribute",
        ),
        (
            split(
                "{ operator = \"x\", attribute = \"c\", value = \"v\", share = 0.5 },\n{ operator = \"x\", attribute = \"c\", value = \"v\", share = 0.5 }",
            ),
            "`x` has `c` = `v` twice",
        ),
        (
            split("{ operator = \"x\", attribute = \"c\", value = \"v\", share = 1 }")
                + "table = [{ operator = \"x\", c = \"w\" }]\n",
            "`x` has `c` in the operators table as well",
        ),
    ]);
}

#[test]
fn services_and_the_adversary_are_checked() {
    let attack = |keys: &str| changed("{ profit_usd = 10 }", &format!("{{ profit_usd = 10, {keys} }}"));
    assert_errors(&[
        (
            attack("threshold = \"> 1\""),
            ":12: `services.s.attacks.fork.threshold`: a threshold must lie in (0, 1], got `> 1`",
        ),
        (attack("threshold = 1.5"), "a threshold must lie in (0, 1], got `1.5`"),
        (attack("threshold = \"a third\""), "`a third` is not a threshold"),
        (attack("threshold = true"), "must be a threshold, got true"),
        (
            changed("attacks.fork", "attacks.censor"),
            "`services.s.attacks.censor.threshold`: is missing: its consensus sets none for `censor`",
        ),
        (attack("depends_on = { t = 0.5 }"), "there is no service `t`"),
        (attack("depends_on = { s = 0.5 }"), "depends on its own service `s`"),
        (attack("profit_asset = \"B\""), "there is no asset `B`"),
        (attack("profit_usd_ = 1"), "did you mean `profit_usd`?"),
        (
            changed("attacks.fork = { profit_usd = 10 }\n", ""),
            ":12: `designs.d.services.s`: service `s` has no attacks",
        ),
        (changed("\"cometbft\"", "\"tendermint\""), "`tendermint` is none of its words"),
        (
            with_many_attacks(129),
            "`adversary.joint`: design `d` has 129 attacks, joint attacks are sought over at most 128",
        ),
        (
            with("[adversary]\njoint = false\ncascades = true\n"),
            "`adversary.cascades`: what is left is searched for joint attacks, which are not judged",
        ),
        (
            changed("consensus = \"cometbft\"", "consensus = \"cometbft\"\nprofit_pool = \"tvl\""),
            "there is no profit pool `tvl`",
        ),
        (
            with("[adversary]\nprofit_pools = { tvl = -1 }\n"),
            "`adversary.profit_pools.tvl`: must be a finite number at least 0",
        ),
        (with("[adversary]\nroutes = []\n"), "`adversary.routes`: must not be empty"),
        (with("[adversary]\nroutes = [\"bribe\", \"bribe\"]\n"), "names `bribe` twice"),
        (with("[adversary]\nroutes = [\"steal\"]\n"), "`steal` is none of its words"),
        (with("[adversary]\nroutes = \"bribe\"\n"), "must be a list of routes"),
        (with("[adversary]\nbribe_premium = { median = 0.1 }\n"), "must have a `median` and a `sigma`"),
        (
            with("[adversary]\nbribe_premium = { median = 0.1, sigma = 0.1, mean = 1 }\n"),
            "`adversary.bribe_premium.mean`: is no known key",
        ),
        (with("[adversary]\nbribe_premium = -1\n"), "must be a finite number at least 0, got -1"),
    ]);
}

/// The minimal study with its one service secured otherwise.
fn secured(keys: &str) -> String {
    changed("system = \"pos\"\npool = \"p\"\nslash = 0.05\n", keys)
}

#[test]
fn systems_are_checked() {
    let mesh = |external: &str| {
        secured(&format!(
            "system = \"mesh\"\nlocal = {{ pool = \"p\", slash = 0.1 }}\nexternal = [{external}]\n"
        )) + "[pools.q]\nasset = \"A\"\nstake = { x = 1 }\n[pools.r]\nasset = \"A\"\nstake = { x = 1 }\n"
    };
    assert_errors(&[
        (
            secured("pool = \"p\"\n"),
            ":13: `designs.d.services.s.system`: is missing; write one of: `pos`, `ics`",
        ),
        (secured("system = \"pow2\"\n"), "`pow2` is none of its words; did you mean `pow`?"),
        (
            secured("system = \"ics\"\nprovider = \"p\"\nslash = 0\npower_cap = 0\n"),
            "must be a whole number from 1 to 100, got 0",
        ),
        (secured("system = \"pow\"\nhash_rate_ths = 0\n"), "must be a finite number above 0, got 0"),
        (
            changed(
                "[designs.d.services.s]\nsystem = \"pos\"\npool = \"p\"\nslash = 0.05\n",
                "[designs.d.services]\ns = 3\n",
            ),
            "`designs.d.services.s`: must be a table of keys, got 3",
        ),
        (mesh("{ pool = \"p\", slash = 0.1 }"), "pool `p` stands behind this service already"),
        (mesh("{ pool = \"q\", slash = 0.1, max_power = 1 }"), "must be a ratio above 0 and below 1, got 1"),
        (
            mesh(
                "{ pool = \"q\", slash = 0.1, max_power = 0.5 }, { pool = \"r\", slash = 0.1, max_power = 0.5 }",
            ),
            "`max_power` adds up to 1, which must be less than 1",
        ),
        (
            mesh("{ pool = \"q\", slash = 0.6 }")
                + "[services.t]\nconsensus = \"cometbft\"\nattacks.fork = { profit_usd = 10 }\n\
                   [designs.d.services.t]\nsystem = \"mesh\"\nlocal = { pool = \"r\", slash = 0.1 }\n\
                   external = [{ pool = \"q\", slash = 0.5 }]\n",
            "the liens on pool `q` can be slashed for 1.1 of the collateral, which a vault refuses",
        ),
        (
            mesh("{ pool = \"q\", slash = 0.1, cap = 0.5 }"),
            "`designs.d.services.s.external[0].cap`: is no known key",
        ),
    ]);
}

#[test]
fn consumers_are_checked() {
    let ics = |keys: &str| secured(&format!("system = \"ics\"\nprovider = \"p\"\nslash = 0.05\n{keys}"));
    let saga = |keys: &str| secured(&format!("system = \"saga\"\nprovider = \"p\"\n{keys}"));
    assert_errors(&[
        (
            ics("mode = \"top_n\"\n"),
            "`designs.d.services.s.top_n`: is missing; write `top_n`, or another mode",
        ),
        (
            ics("mode = \"top_n\"\ntop_n = 30\n"),
            "`designs.d.services.s.top_n`: must be a whole number from 50 to 100, got 30",
        ),
        (ics("top_n = 50\n"), "`designs.d.services.s.top_n`: means nothing without mode = \"top_n\""),
        (ics("mode = \"opt_in\"\n"), "`designs.d.services.s.opt_in`: is missing"),
        (ics("opt_in = [\"x\"]\n"), "`designs.d.services.s.opt_in`: means nothing without mode = \"opt_in\""),
        (ics("allowlist = []\n"), "`designs.d.services.s.allowlist`: must not be empty"),
        (ics("denylist = [\"z\"]\n"), "there is no operator `z`; did you mean `x`?"),
        (
            ics("min_stake = -1\n"),
            "`designs.d.services.s.min_stake`: must be a finite number at least 0, got -1",
        ),
        (saga(""), "`designs.d.services.s.opt_in`: is missing; write who opted in"),
        (saga("price = \"auction\"\n"), "`designs.d.services.s.seats`: is missing; an auction has bids"),
        (
            saga("price = \"auction\"\nbids = { x = 1 }\nplayers = 2\nseats = 3\n"),
            "3 seats for 2 players; write at most as many seats as players",
        ),
        (
            saga("opt_in = [\"x\"]\nseats = 3\n"),
            "`designs.d.services.s.seats`: means nothing under this price",
        ),
    ]);
}

#[test]
fn enforcement_and_ethereum_are_checked() {
    let pos = |keys: &str| secured(&format!("system = \"pos\"\npool = \"p\"\n{keys}"));
    let pool = |keys: &str| changed("stake = { x = 60", &format!("{keys}stake = {{ x = 60"));
    assert_errors(&[
        (pos(""), "`designs.d.services.s.slash`: is missing; write the fraction slashed"),
        (
            pos("slash = 0.05\ndetection = { probability = 2 }\n"),
            "`designs.d.services.s.detection.probability`: must be a number from 0 to 1, got 2",
        ),
        (pos("slash = 0.05\nvote = {}\n"), "`designs.d.services.s.vote.probability`: is missing"),
        (
            pos("slash = 0.05\nevidence = { max_age_days = -1 }\n"),
            "`designs.d.services.s.evidence.max_age_days`: must be a finite number at least 0, got -1",
        ),
        (pool("slashing = \"ethereum\"\nfork = \"frontier\"\n"), "`frontier` is none of its words"),
        (pool("fork = \"deneb\"\n"), "`pools.p.fork`: means nothing without slashing = \"ethereum\""),
        (
            pool("slashing = \"ethereum\"\nfork = \"deneb\"\neffective_balance_eth = 64\n"),
            "a validator's effective balance is at most 32 ETH, got 64; write at most 32, or a later fork",
        ),
        (
            pool("slashing = \"ethereum\"\n").replace("slash = 0.05\n", ""),
            "pool `p` has Ethereum's own penalties; write consensus = \"ethereum\" for service `s`",
        ),
        (
            pool("slashing = \"ethereum\"\n")
                .replace("slash = 0.05\n", "")
                .replace("cometbft", "ethereum")
                .replace("profit_usd = 10 }", "profit_usd = 10, slash = 1 }"),
            "attack `fork` states a slash, but the protocol of pool `p` says what is lost; leave out services.s",
        ),
        (
            pool("slashing = \"ethereum\"\n").replace("system = \"pos\"\npool", "system = \"ics\"\nprovider"),
            "`designs.d.services.s.slash`: pool `p` has Ethereum's own penalties; secure a chain of Ethereum's",
        ),
        (
            pool("slashing = \"ethereum\"\n"),
            "`designs.d.services.s.slash`: the protocol of pool `p` says what is slashed; leave it out",
        ),
    ]);
}

#[test]
fn eigenlayer_is_checked() {
    let eigen =
        |keys: &str| secured(&format!("system = \"eigenlayer\"\npools = [\"p\"]\nslash = 0.1\n{keys}"));
    assert_errors(&[
        (
            eigen("redistribution = 1.5\n"),
            "`designs.d.services.s.redistribution`: must be a number from 0 to 1, got 1.5",
        ),
        (
            eigen("operators = [\"z\"]\n"),
            ":17: `designs.d.services.s.operators`: there is no operator `z`; did you mean `x`?",
        ),
        (eigen("operators = \"serves\"\n"), "the operators table has no column `serves`"),
        (eigen("operators = 3\n"), "must be a list of names, got 3"),
        (eigen("operators = [\"x\", \"x\"]\n"), "names `x` twice"),
        (eigen("operators = []\n"), "must not be empty"),
        (
            eigen(
                "operators = \"serves\"\n[operators]\ntable = [{ operator = \"x\", serves = \"maybe\" }]\n",
            ),
            "must be true or false, got `maybe`",
        ),
        (eigen("power = { z = 1 }\n"), "there is no operator `z`"),
        (
            secured("system = \"eigenlayer\"\npools = []\nslash = 0.1\n"),
            "`designs.d.services.s.pools`: must not be empty",
        ),
        (secured("system = \"eigenlayer\"\npools = [\"p\", \"p\"]\nslash = 0.1\n"), "names `p` twice"),
        (eigen("allocations = []\n"), "mean nothing where the stake is pooled"),
    ]);
}

#[test]
fn allocations_are_checked() {
    let rows = |rows: &str| {
        secured(&format!(
            "system = \"eigenlayer\"\npools = [\"p\"]\nstake = \"unique\"\nslash = 0.1\nallocations = [\n{rows}\n]\n"
        ))
    };
    let row = |operator: &str, service: &str, pool: &str, fraction: &str| {
        format!(
            "{{ operator = \"{operator}\", service = \"{service}\", pool = \"{pool}\", fraction = {fraction} }},\n"
        )
    };
    assert_errors(&[
        (
            rows(&row("z", "s", "p", "0.5")),
            ":19: `designs.d.services.s.allocations.operator`: there is no operator `z`",
        ),
        (rows(&row("x", "s", "q", "0.5")), "there is no pool `q`"),
        (rows(&row("x", "s", "p", "1.5")), "must be a number from 0 to 1, got `1.5`"),
        (rows(&row("x", "s", "p", "\"\"")), "must not be blank"),
        (
            rows(&(row("x", "s", "p", "0.5") + &row("x", "s", "p", "0.2"))),
            "`x` allocates `p` to this service twice",
        ),
        (
            rows(&(row("x", "s", "p", "0.5") + &row("x", "t", "p", "0.6"))),
            ":20: `designs.d.services.s.allocations.fraction`: `x` allocates more than all of its stake in `p`: magnitudes add up to 1.1 of the maximum",
        ),
    ]);
    let study = load(&rows(&(row("x", "s", "p", "0.5") + &row("x", "t", "p", "0.5")))).unwrap();
    let System::Eigenlayer(eigenlayer) = &study.designs[0].services[0].1 else { panic!("eigenlayer") };
    assert_eq!(eigenlayer.allocations, Some(vec![(0, 0, 0.5)]));
    assert!(study.provenance.warnings[0].message.contains("has no service `t`"));
}

#[test]
fn stakes_are_read_exactly_or_refused() {
    let stake = |stake: &str| changed("{ x = 60, y = 40 }", stake);
    let units = |text: &str| {
        let pool = load(&stake(text)).unwrap_or_else(|e| panic!("{e}")).pools.remove(0);
        (pool.stake, pool.decimals)
    };
    assert_eq!(
        units("{ x = 0.123456789012345678, y = 1e6 }"),
        (vec![123_456_789_012_345_678, 10u128.pow(24)], 18)
    );
    assert_eq!(units("{ x = \"1_000.50\", y = 0x10 }"), (vec![10_005, 160], 1));
    assert_eq!(
        units("[{ operator = \"y\", tokens = 2 }, { operator = \"x\", tokens = 1 }]"),
        (vec![1, 2], 0)
    );
    assert_eq!(units("{ \"a b\" = 1, \"é\" = 2 }"), (vec![1, 2], 0));
    assert_errors(&[
        (
            stake("{ x = -1 }"),
            ":9: `pools.p.stake.tokens`: must be a finite number at least 0 with at most 18 decimals, got `-1`",
        ),
        (stake("{ x = nan }"), "got `nan`"),
        (stake("{ x = inf }"), "got `inf`"),
        (stake("{ x = \"many\" }"), "got `many`; write a plain decimal such as 1250.75"),
        (stake("{ x = 0.0000000000000000001 }"), "write at most 18 decimals and 30 digits"),
        (stake("{ x = true }"), "got `true`"),
        (stake("{ x = [1] }"), "`pools.p.stake.x`: must be text, a number, true or false, got a list"),
        (
            stake("{ x = 99999999999.000000000000000001 }"),
            "`pools.p.stake`: adds up to 2^96 or more units of 10^-18; write the amounts with fewer decimals",
        ),
        (stake("\"stake.txt\""), "`stake.txt` is no table; write a path that ends in .csv or .parquet"),
        (stake("3"), "must be a path or rows in place, got 3"),
        (
            stake("[{ operator = \"x\", token = 2 }]"),
            "`pools.p.stake`: has no column `tokens`; name the columns operator, tokens (`token`?)",
        ),
        (stake("\"none.csv\""), ":9: `pools.p.stake`: cannot read `/nonexistent/none.csv`"),
    ]);
}

#[test]
fn csv_mistakes_have_their_line() {
    for (content, expected) in [
        (
            "operator,tokens\nx,1\nx,2\n",
            "error: t.csv:3: `operator`: operator `x` stands on line 2 already; write one row per operator",
        ),
        (
            "# note\n\noperator,tokens\r\n# note\r\nx,1\r\n\r\ny,-2\r\n",
            "error: t.csv:7: `tokens`: must be a finite number at least 0",
        ),
        ("operator,tokens\nx,1,2\ny,3\n", "error: t.csv:2: has 3 cells where the header has 2"),
        ("operator,tokens\n\"a\nb\",1\nx,y\n", "error: t.csv:4: `tokens`"),
        (
            "operator,token\nx,1\n",
            "error: t.csv: has no column `tokens`; name the columns operator, tokens (`token`?)",
        ),
        ("operator,operator,tokens\nx,x,1\n", "error: t.csv: has two columns `operator`"),
        ("operator,,tokens\nx,x,1\n", "error: t.csv: column 2 has no name"),
        ("operator,tokens\n,1\n", "error: t.csv:2: `operator`: must have a name"),
        (
            "operator,tokens\nx,\n",
            "error: t.csv:2: `tokens`: must be a finite number at least 0 with at most 18 decimals, got ``",
        ),
        ("", "error: t.csv: is empty"),
    ] {
        let error = with_file("t.csv", content.as_bytes()).unwrap_err();
        assert!(error.to_string().contains(expected), "wanted: {expected}\ngot: {error}\nof: {content:?}");
        assert_eq!(error.exit_code(), 4);
    }
    let error = with_file("t.csv", b"operator,tokens\nx,1\n\xff,2\n").unwrap_err();
    assert!(error.to_string().contains("t.csv:3: is not UTF-8 text"), "{error}");
}

#[test]
fn windows_files_and_byte_order_marks_are_read() {
    let study = with_file("t.csv", "\u{feff}operator,tokens\r\nx , 1.5\r\ny,2\r\n".as_bytes()).unwrap();
    assert_eq!((study.pools[0].stake.clone(), study.pools[0].decimals), (vec![15, 20], 1));
    assert_eq!(study.provenance.tables[0].rows, 2);
    let text = format!("\u{feff}{}", changed("price_usd = 1", "price_usd = -1").replace('\n', "\r\n"));
    assert!(errors(&text).contains("study.toml:3: `assets.A.price_usd`"), "{}", errors(&text));
}

#[test]
fn a_table_full_of_mistakes_reports_the_first() {
    let rows: String = (0..5000).map(|row| format!("o{row},bad\n")).collect();
    let error = with_file("t.csv", format!("operator,tokens\n{rows}").as_bytes()).unwrap_err();
    assert!((20..25).contains(&error.problems.len()), "{}", error.problems.len());
    assert!(error.to_string().contains("may have more problems than these"));
}

#[test]
fn exit_codes_tell_study_from_table() {
    let dir = tempfile::tempdir().unwrap();
    let text = changed("{ x = 60, y = 40 }", "\"none.csv\"");
    assert_eq!(Study::from_text(&text, "study.toml", dir.path()).unwrap_err().exit_code(), 4);
    let text = text.replace("price_usd = 1", "price_usd = 0");
    assert_eq!(Study::from_text(&text, "study.toml", dir.path()).unwrap_err().exit_code(), 3);
    assert_eq!(Study::load(dir.path()).unwrap_err().exit_code(), 3);
    std::fs::write(dir.path().join("study.toml"), MINIMAL).unwrap();
    assert_eq!(Study::load(dir.path()).unwrap().name, "m");
    assert_eq!(Study::load(&dir.path().join("study.toml")).unwrap().name, "m");
}

/// A Parquet file of these columns.
fn parquet(columns: Vec<(&str, arrow::array::ArrayRef)>) -> Vec<u8> {
    let batch = arrow::array::RecordBatch::try_from_iter(columns).unwrap();
    let mut bytes = Vec::new();
    let mut writer = parquet::arrow::ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    bytes
}

#[test]
fn csv_and_parquet_of_the_same_rows_are_the_same_problem() {
    use arrow::array::{ArrayRef, DictionaryArray, Float64Array, Int64Array, StringArray, StringViewArray};
    let id = |name: &str, bytes: &[u8]| {
        let study = with_file(name, bytes).unwrap_or_else(|error| panic!("{error}"));
        (study.provenance.problem_id, study.pools[0].stake.clone())
    };
    let csv = id("t.csv", b"operator,tokens\nx,60.0\ny,40\n");
    assert_eq!(csv, id("t.csv", b"tokens,operator\n40.00,y\n# note\n6e1,x\n"));
    let names: [ArrayRef; 3] = [
        Arc::new(StringArray::from(vec!["y", "x"])),
        Arc::new(StringViewArray::from(vec!["y", "x"])),
        Arc::new(vec!["y", "x"].into_iter().collect::<DictionaryArray<arrow::datatypes::Int32Type>>()),
    ];
    let tokens: [ArrayRef; 3] = [
        Arc::new(Float64Array::from(vec![40.0, 60.0])),
        Arc::new(Int64Array::from(vec![40, 60])),
        Arc::new(StringArray::from(vec!["40", "60.000"])),
    ];
    for (names, tokens) in names.into_iter().zip(tokens) {
        assert_eq!(csv, id("t.parquet", &parquet(vec![("operator", names), ("tokens", tokens)])));
    }
    assert_ne!(csv.0, id("t.csv", b"operator,tokens\nx,60\ny,41\n").0);
}

#[test]
fn payments_are_checked() {
    let pays = |keys: &str| changed("slash = 0.05", &format!("slash = 0.05\npays = [{{ {keys} }}]"));
    let inflation = |keys: &str| {
        changed("asset = \"A\"\nstake", &format!("asset = \"A\"\ninflation = {{ {keys} }}\nstake"))
    };
    assert_errors(&[
        (pays("share = 0.5"), "`designs.d.services.s.pays[0].usd_per_year`: is missing"),
        (pays("usd_per_year = 1, share = 2"), "must be a number from 0 to 1, got 2"),
        (pays("usd_per_year = 1, asset = \"B\""), "there is no asset `B`"),
        (pays("usd_per_year = 1, pool = \"q\""), "there is no pool `q`"),
        (inflation("supply = 200"), "`pools.p.inflation.rate`: is missing"),
        (inflation("supply = 99, rate = 0.1"), "100 tokens are staked of a supply of 99"),
        (inflation("supply = 200, rate = 0.1, least = 0.3"), "`least` 0.3 exceeds `greatest` 0.2"),
        (
            changed("stake = {", "reward_apr = 0.1\ninflation = { supply = 200, rate = 0.1 }\nstake = {"),
            "stands beside `inflation`",
        ),
        (
            changed("system = \"pos\"\npool", "system = \"ics\"\nparticipation = \"chosen\"\nprovider"),
            "cannot be chosen: every validator of the provider must take part",
        ),
        (with("[portfolios.f]\nholds = []\n"), "must not be empty"),
        (with("[portfolios.f]\nholds = [{ pool = \"q\", tokens = 1 }]\n"), "there is no pool `q`"),
        (
            with("[portfolios.f]\nholds = [{ pool = \"p\", operator = \"x\", tokens = 61 }]\n"),
            "holds 61 of 60 tokens staked there",
        ),
        (with("[participation]\nrounds = 0\n"), "must be a whole number from 1 to 10000, got 0"),
    ]);
    let study = load(&inflation("supply = 200, rate = 0.1")).unwrap();
    assert!((study.pools[0].reward_apr - 0.196).abs() < 1e-15, "{}", study.pools[0].reward_apr);
    let study = load(&pays("usd_per_year = 5, asset = \"A\", split = \"equal\"")).unwrap();
    let [stream] = study.designs[0].terms[0].pays.as_slice() else { panic!("one stream") };
    assert_eq!((stream.asset, stream.split, stream.commission), (Some(0), Split::Equal, None));
}

#[test]
fn what_is_not_parquet_is_refused() {
    use arrow::array::{ArrayRef, Date32Array, Int64Array, StringArray};
    let shown = |bytes: &[u8]| with_file("t.parquet", bytes).unwrap_err().to_string();
    assert!(shown(b"operator,tokens\nx,1\n").contains("t.parquet: is not a readable Parquet file"));
    let names: ArrayRef = Arc::new(StringArray::from(vec![Some("x"), None]));
    let dates: ArrayRef = Arc::new(Date32Array::from(vec![1, 2]));
    let tokens: ArrayRef = Arc::new(Int64Array::from(vec![-1, 2]));
    let text = shown(&parquet(vec![("operator", names.clone()), ("tokens", dates)]));
    assert!(text.contains("column `tokens` has type Date32"), "{text}");
    let text = shown(&parquet(vec![("operator", names), ("tokens", tokens)]));
    assert!(text.contains("t.parquet:1: `tokens`: must be a finite number at least 0"), "{text}");
    assert!(text.contains("t.parquet:2: `operator`: must have a name"), "{text}");
}

#[test]
fn damaged_parquet_never_panics_through() {
    use arrow::array::{ArrayRef, Int64Array, StringArray};
    let names: ArrayRef = Arc::new(StringArray::from(vec!["x", "y"]));
    let tokens: ArrayRef = Arc::new(Int64Array::from(vec![60, 40]));
    let whole = parquet(vec![("operator", names), ("tokens", tokens)]);
    for at in (0..whole.len()).step_by(7) {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x41;
        let _ = with_file("t.parquet", &damaged);
        let _ = with_file("t.parquet", &whole[..at]);
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

#[test]
fn no_damage_to_a_study_makes_it_panic() {
    for end in (0..MAXIMAL.len()).filter(|end| MAXIMAL.is_char_boundary(*end)) {
        let _ = load(&MAXIMAL[..end]);
    }
    let bytes = MAXIMAL.as_bytes();
    for at in 0..bytes.len() {
        let mut damaged = bytes.to_vec();
        damaged[at] ^= [1u8, 2, 4, 16, 32][at % 5];
        if let Ok(text) = std::str::from_utf8(&damaged) {
            let _ = load(text);
        }
    }
}

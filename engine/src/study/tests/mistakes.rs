//! Mistakes, key by key: each is found, with its place and its remedy.

use super::*;

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
fn what_joint_attacks_ask_is_checked() {
    assert_errors(&[
        (
            changed("slash = 0.05", "slash = 0.05\nsecond_quorum = { pool = \"p\", slash = 0.1 }"),
            "`designs.d.services.s.second_quorum`: no attack on service `s` needs a second quorum; write second_threshold",
        ),
        (
            changed("slash = 0.05", "slash = 0.05\nsecond_quorum = { pool = \"p\", slash = 0.1 }")
                .replace("profit_usd = 10", "profit_usd = 10, second_threshold = \"> 1/3\""),
            "`designs.d.services.s.second_quorum`: pool `p` votes in the first quorum already; name another pool",
        ),
        (
            changed("slash = 0.05", "slash = 0.05\nsecond_quorum = { pool = \"q\", slash = 0.1 }"),
            "there is no pool `q`",
        ),
        (
            changed("profit_usd = 10", "profit_usd = 10, second_threshold = \"> 1\""),
            "`services.s.attacks.fork.second_threshold`: a threshold must lie in (0, 1], got `> 1`",
        ),
        (
            changed("profit_usd = 10", "profit_usd = 10, quorums = \"either\""),
            "`services.s.attacks.fork.quorums`: means nothing to an attack that needs one quorum; write second_threshold as well",
        ),
        (
            changed(
                "attacks.fork = { profit_usd = 10",
                "attacks.fork_by_second = { profit_usd = 1, threshold = \"> 1/3\" }\n\
                 attacks.fork = { second_threshold = \"> 1/3\", quorums = \"either\", profit_usd = 10",
            ),
            "`services.s.attacks`: attack `fork_by_second` is what the second quorum does alone; give the other one another name",
        ),
        (
            changed("asset = \"A\"", "asset = \"A\"\ndivisible = 1"),
            ":9: `pools.p.divisible`: must be true or false, got 1; write whether an operator has so many keys here",
        ),
        (
            with("[adversary]\nprofit_saturation_usd = 0\n"),
            "`adversary.profit_saturation_usd`: must be a finite number above 0, got 0",
        ),
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
fn services_that_turn_are_restaked_few_and_not_on_paths() {
    let may = |probability: &str| {
        let key = format!("consensus = \"cometbft\"\nbyzantine_probability = {probability}");
        changed("consensus = \"cometbft\"", &key)
    };
    let restaked = |text: String| {
        text.replace("system = \"pos\"\npool = \"p\"", "system = \"eigenlayer\"\npools = [\"p\"]")
    };
    let more = |n: usize| -> String {
        let service = |i: usize| {
            format!(
                "[services.t{i}]\nconsensus = \"cometbft\"\nbyzantine_probability = 0.1\nattacks.fork = {{ profit_usd = 1 }}\n\
                 [designs.d.services.t{i}]\nsystem = \"eigenlayer\"\npools = [\"p\"]\nslash = 0.1\n"
            )
        };
        (0..n).map(service).collect()
    };
    assert_errors(&[
        (restaked(may("2")), ":12: `services.s.byzantine_probability`: must be a number from 0 to 1, got 2"),
        (
            may("0.1"),
            ":12: `services.s.byzantine_probability`: means nothing for a service that no design secures by restaking",
        ),
        (
            restaked(may("0.1")) + &more(8),
            "`services.t7.byzantine_probability`: is one of 9 services that may turn, at most 8 can",
        ),
        (
            restaked(may("0.1")) + "[time]\nepochs = 2\nepoch_days = 7\npaths = 1\n",
            ":12: `services.s.byzantine_probability`: cannot be drawn along paths",
        ),
    ]);
    let study = load(&(restaked(may("0.1")) + &more(7))).unwrap();
    assert_eq!(study.turning().count(), 8);
    assert_eq!(load(&may("0")).unwrap().turning().count(), 0);
}

//! The binary end to end: every shipped study, exit codes, messages.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod exact;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../data")
}

fn cartel(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_cartel")).args(arguments).env("NO_COLOR", "1").output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Standard output of a command that must succeed.
fn succeed(arguments: &[&str]) -> String {
    let output = cartel(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
    text(&output.stdout)
}

/// Standard error of a command that must end with this code.
fn fail(code: i32, arguments: &[&str]) -> String {
    let output = cartel(arguments);
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {}", text(&output.stderr));
    text(&output.stderr)
}

/// Every study that ships: a folder with a study.toml.
fn shipped() -> Vec<PathBuf> {
    let folders = |dir: &Path| {
        let entries = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
        entries.filter(|path| path.is_dir()).collect::<Vec<_>>()
    };
    let mut all = folders(&data());
    all.extend(folders(&data().join("seed-claims")));
    all.extend(folders(&data().join("flywheel")));
    all.retain(|path| path.join("study.toml").exists());
    all.sort();
    assert!(all.len() >= 10, "{all:?}");
    all
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn every_shipped_study_checks_runs_and_shows() {
    let scratch = tempfile::tempdir().unwrap();
    for study in shipped() {
        succeed(&["check", path(&study)]);
        let out = scratch.path().join(study.file_name().unwrap());
        let printed = succeed(&["run", path(&study), "--out", path(&out), "--scenarios", "2000"]);
        assert!(printed.contains("P(attack"), "{}: {printed}", study.display());
        for file in [
            "manifest.json",
            "study.toml",
            "run_results.json",
            "_SUCCESS",
            "summary.parquet",
            "quantiles.parquet",
            "differences.parquet",
            "operators.parquet",
            "members.parquet",
        ] {
            assert!(out.join(file).exists(), "{} lacks {file}", study.display());
        }
        assert!(!out.join(".tmp").exists());
        assert_eq!(printed, succeed(&["show", path(&out)]), "show prints what run printed");
    }
}

/// Two services that each slash all of one stake and pay 60 % of it: no attack on one pays, one on both does.
#[test]
fn joint_attacks_pay_where_single_ones_do_not() {
    let scratch = tempfile::tempdir().unwrap();
    let study = |joint: bool| {
        format!(
            r#"
name = "two"
assets.A = {{ price_usd = 1 }}
collusion = {{ probability = 0.5, altruistic_probability = 0 }}
pools.p = {{ asset = "A", stake = {{ a = 100 }} }}
services.s = {{ consensus = "quorum", attacks.corrupt = {{ profit_usd = 60, threshold = ">= 1", slash = 1 }} }}
services.t = {{ consensus = "quorum", attacks.corrupt = {{ profit_usd = 60, threshold = ">= 1", slash = 1 }} }}
adversary = {{ routes = ["collude", "bribe"], bribe_premium = 0.5, joint = {joint} }}
designs.d.services.s = {{ system = "eigenlayer", pools = ["p"], stake = "pooled", slash = 0.0 }}
designs.d.services.t = {{ system = "eigenlayer", pools = ["p"], stake = "pooled", slash = 0.0 }}
"#
        )
    };
    let figure = |joint: bool, metric: &str| {
        let file = scratch.path().join("study.toml");
        std::fs::write(&file, study(joint)).unwrap();
        let out = scratch.path().join("out");
        let run = ["run", path(&file), "--out", path(&out), "--scenarios", "4096", "--force", "--json"];
        let shown: serde_json::Value = serde_json::from_str(&succeed(&run)).unwrap();
        let rows = shown["summary"].as_array().unwrap().clone();
        rows.iter()
            .find(|row| row["metric"] == metric && row["service"] == "*")
            .map(|row| row["estimate"].as_f64().unwrap())
    };
    assert_eq!(figure(false, "p_profitable_attack_high"), Some(0.0));
    assert_eq!(figure(false, "p_undecided"), None);
    // Only a colluder does it for what it loses: bribing asks half as much again.
    let low = figure(true, "p_profitable_attack_low").unwrap();
    assert!((low - 0.5).abs() < 5.0 * (0.25f64 / 4096.0).sqrt(), "{low}");
    assert_eq!(figure(true, "p_profitable_attack_high"), Some(low));
    assert_eq!(figure(true, "p_undecided"), Some(0.0));
    assert_eq!(figure(true, "targets_given_attacked"), Some(2.0));
    assert_eq!(figure(true, "net_gain_usd"), Some(20.0 * low));
}

/// Two operators no choice of whom is an equilibrium (as in the engine's tests), and delegators who gain nothing.
#[test]
fn a_run_says_that_operators_go_in_a_circle_and_how_delegators_vote() {
    let scratch = tempfile::tempdir().unwrap();
    let text = r#"
name = "circle"
assets.A = { price_usd = 1000 }
collusion = { probability = 0, altruistic_probability = 0 }
adversary = { routes = ["collude", "bribe"], bribe_premium = 0 }
operators.table = [{ operator = "honest", altruistic_probability = 1, own_share = 0.5 }, { operator = "other", node_cost_factor = 0.1 }]
pools.hub = { asset = "A", stake = { honest = 70, other = 30 } }
services.hub = { consensus = "cometbft", attacks.fork = { profit_usd = 1, amnesia = false } }
services.app = { consensus = "cometbft", node_usd_per_year = 800, attacks.fork = { profit_usd = 1e6, amnesia = false } }
designs.alone.services.hub = { system = "pos", pool = "hub", slash = 0.05 }
designs.lent.extends = "alone"
designs.lent.services.app = { system = "ics", provider = "hub", mode = "opt_in", opt_in = ["honest", "other"], participation = "chosen", slash = 0.5, executes_on = "always", pays = [{ usd_per_year = 1000, commission = 1 }] }
designs.voted.extends = "alone"
designs.voted.services.app = { system = "ics", provider = "hub", slash = 0.5, executes_on = "always", pays = [{ usd_per_year = 1000, commission = 1 }], proposal = {} }
"#;
    let file = scratch.path().join("study.toml");
    std::fs::write(&file, text).unwrap();
    let out = scratch.path().join("out");
    let run = ["run", path(&file), "--out", path(&out), "--scenarios", "512"];
    let printed = succeed(&run);
    let circle =
        "NO EQUILIBRIUM by best response: after 4 rounds these come and go in a circle: honest, other.";
    assert!(printed.contains(circle), "{printed}");
    let vote = "REFUSE app in design voted: left with $0 ± $0 over the horizon, 0 of them better off; the design goes on without it.";
    assert!(printed.contains(vote), "{printed}");
    let shown: serde_json::Value = serde_json::from_str(&succeed(&["show", path(&out), "--json"])).unwrap();
    let rows = shown["summary"].as_array().unwrap();
    assert!(rows.iter().any(|row| row["metric"] == "vote_accepts" && row["estimate"] == 0.0), "{rows:?}");
}

#[test]
fn every_shipped_study_prints_its_backtest() {
    let scratch = tempfile::tempdir().unwrap();
    for study in shipped() {
        let out = scratch.path().join(study.file_name().unwrap());
        let printed =
            succeed(&["run", path(&study), "--out", path(&out), "--scenarios", "2000", "--record", "none"]);
        assert!(printed.contains("Backtest"), "{}: {printed}", study.display());
    }
}

#[test]
fn seed_claims_stand_beside_the_quoted_figure() {
    let scratch = tempfile::tempdir().unwrap();
    for study in shipped().iter().filter(|study| path(study).contains("seed-claims")) {
        let out = scratch.path().join(study.file_name().unwrap());
        let printed =
            succeed(&["run", path(study), "--out", path(&out), "--scenarios", "2000", "--record", "none"]);
        for word in ["quoted", "bonded", "slashable", "attack cost"] {
            assert!(printed.contains(word), "{}: no `{word}` in {printed}", study.display());
        }
    }
}

/// What the README of two-quorums says: both quorums must be corrupted, either silences.
#[test]
fn a_second_quorum_makes_corruption_rarer_and_silence_cheaper() {
    let scratch = tempfile::tempdir().unwrap();
    let (study, out) = (data().join("two-quorums"), scratch.path().join("out"));
    let shown = succeed(&["run", path(&study), "--out", path(&out), "--scenarios", "10000", "--json"]);
    let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
    let rows = shown["summary"].as_array().unwrap();
    let pays = |design: &str, attack: &str| {
        let is = |row: &&serde_json::Value| {
            row["metric"] == "p_attack_pays"
                && (
                    row["design"].as_str(),
                    row["attack"].as_str(),
                    row["service"].as_str(),
                    row["route"].as_str(),
                ) == (Some(design), Some(attack), Some("da"), Some("*"))
        };
        rows.iter().find(is).map(|row| row["estimate"].as_f64().unwrap())
    };
    let [eth, eigen, both] = ["eth", "eigen", "both"].map(|design| pays(design, "corrupt").unwrap());
    assert!(both < eth && eth < eigen && both > 0.0, "{both} {eth} {eigen}");
    assert_eq!(pays("eth", "halt"), pays("both", "halt"));
    assert_eq!((pays("eth", "halt_by_second"), pays("eigen", "halt_by_second")), (None, None));
    // By EIGEN alone whatever else stands behind it; operators of both searches come in parts, so that both find the best.
    let (alone, second) = (pays("eigen", "halt").unwrap(), pays("both", "halt_by_second").unwrap());
    assert!((alone - second).abs() < 1e-3 && second > 0.9, "{alone} {second}");
}

/// 83 operators on both chains, with 65.4 % of the Hub's and 66.2 % of Osmosis' stake.
#[test]
fn check_prints_the_overlap_of_hub_and_osmosis() {
    let printed = succeed(&["check", path(&data().join("cosmos-2023"))]);
    let line = printed
        .lines()
        .find(|line| line.contains("cosmoshub") && line.contains("osmosis") && line.contains("83"));
    let line = line.unwrap_or_else(|| panic!("no overlap in {printed}"));
    assert!(line.contains("65.4%") && line.contains("66.2%"), "{line}");
}

/// The Hub's largest validator stakes 23,124,149 ATOM behind Stride: 5 % of that is on the bill of the fork, to the token.
#[test]
fn explain_says_who_is_slashed_and_how_much() {
    let study = data().join("cosmos-2023");
    let arguments = ["explain", path(&study), "--design", "replicated", "--service", "stride"];
    let printed = succeed(&arguments);
    for part in [
        "consumer of pool `cosmoshub`, run by every active validator",
        "takes 5.00% of the stake in pool `cosmoshub`, carried out by cosmoshub",
        "1156207.450000 ATOM",
    ] {
        assert!(printed.contains(part), "no `{part}` in {printed}");
    }
    assert!(printed.contains("halt: needs >= 1/3") && printed.contains("its slash is left out"), "{printed}");
    let document: serde_json::Value =
        serde_json::from_str(&succeed(&[&arguments[..], &["--json"]].concat())).unwrap();
    let fork =
        document["attacks"].as_array().unwrap().iter().find(|attack| attack["attack"] == "fork").unwrap();
    let members = fork["bribed"]["members"].as_array().unwrap();
    let power: f64 = members.iter().map(|member| member["power_share"].as_f64().unwrap()).sum();
    assert!(power > 1.0 / 3.0, "{power}");
    let mined = succeed(&[
        "explain",
        path(&data().join("bitcoin-2025")),
        "--design",
        "asics_20",
        "--service",
        "bitcoin",
    ]);
    assert!(mined.contains("hardware $") && mined.contains("proof of work slashes nobody"), "{mined}");
    let message = fail(2, &["explain", path(&study), "--design", "replicated", "--service", "strid"]);
    assert!(message.contains("there is no service `strid`; there are `celestia`"), "{message}");
}

/// A service is priced on the draws of its study: more pay never brings in fewer, and forced operators are not for sale.
#[test]
fn price_says_what_security_costs_and_who_comes() {
    let study = data().join("avs-bootstrap");
    let arguments = ["price", path(&study), "--service", "new", "--scenarios", "2000", "--target"];
    let ask = |target: &str| -> serde_json::Value {
        serde_json::from_str(&succeed(&[&arguments[..], &[target, "--json"]].concat())).unwrap()
    };
    let least = |document: &serde_json::Value, design: usize| document["designs"][design]["least"].clone();
    let (lax, strict) = (ask("p_profitable_attack_high<=0.5"), ask("p_profitable_attack_high<=0.01"));
    let paid = |document: &serde_json::Value| least(document, 0)["usd_per_year"].as_f64().unwrap();
    assert!(paid(&lax) <= paid(&strict) && paid(&strict) > 0.0);
    assert!(least(&strict, 0)["estimate"].as_f64().unwrap() <= 0.01);
    assert_eq!(strict["designs"][1]["chosen"], false);
    assert!(least(&ask("p_profitable_attack_high<=0"), 1).is_null(), "no pay makes forced operators safer");
    let printed = succeed(&[&arguments[..], &["p_profitable_attack_high<=0.01"]].concat());
    assert!(printed.contains("In design chosen it brings in"), "{printed}");
    let message = fail(2, &[&arguments[..], &["beauty>=1"]].concat());
    assert!(message.contains("a run reports no `beauty` of service `new`"), "{message}");
}

/// A study with time writes three tables of paths, which `--force` replaces, and says how services fared.
#[test]
fn paths_are_written_and_told() {
    let scratch = tempfile::tempdir().unwrap();
    let out = scratch.path().join("run");
    let study = data().join("flywheel/forwards");
    let arguments = ["run", path(&study), "--out", path(&out), "--scenarios", "500"];
    let printed = succeed(&arguments);
    assert!(printed.contains("In time: 500 paths of 52 epochs of 7 days."), "{printed}");
    for file in ["bands", "survival", "sample"] {
        assert!(out.join(format!("paths/{file}.parquet")).exists(), "no {file}");
    }
    assert_eq!(printed, succeed(&[&arguments[..], &["--force"]].concat()));
    std::fs::write(out.join("paths/notes.txt"), "mine").unwrap();
    assert!(fail(7, &[&arguments[..], &["--force"]].concat()).contains("notes.txt"));
}

#[test]
fn json_is_one_document_with_every_figure() {
    let scratch = tempfile::tempdir().unwrap();
    let out = scratch.path().join("run");
    let study = data().join("bitcoin-2025");
    let printed = succeed(&["run", path(&study), "--out", path(&out), "--scenarios", "500", "--json"]);
    let document: serde_json::Value = serde_json::from_str(&printed).unwrap();
    assert!(document["schema"].is_string() && !document["summary"].as_array().unwrap().is_empty());
    let check: serde_json::Value =
        serde_json::from_str(&succeed(&["check", path(&study), "--json"])).unwrap();
    assert_eq!(check["problem_id"], document["problem_id"]);
    let schema: serde_json::Value = serde_json::from_str(&succeed(&["schema"])).unwrap();
    assert!(schema["properties"]["designs"].is_object());
}

#[test]
fn an_installed_binary_is_useful_without_the_repository() {
    let scratch = tempfile::tempdir().unwrap();
    let (study, out) = (scratch.path().join("mine"), scratch.path().join("out"));
    succeed(&["init", path(&study)]);
    succeed(&["check", path(&study)]);
    succeed(&["run", path(&study), "--out", path(&out), "--scenarios", "1000"]);
    assert!(!cartel(&["init", path(&study)]).status.success(), "init overwrites nothing");
}

#[test]
fn a_wrong_study_names_every_mistake_with_its_place() {
    let scratch = tempfile::tempdir().unwrap();
    let text = std::fs::read_to_string(data().join("bitcoin-2025/study.toml")).unwrap();
    let line = |needle: &str, text: &str| 1 + text.lines().position(|line| line.starts_with(needle)).unwrap();
    let broken =
        text.replace("horizon_days = ", "horizon_day = ").replace("probability = ", "probability = -");
    std::fs::write(scratch.path().join("study.toml"), &broken).unwrap();
    let message = fail(3, &["check", path(scratch.path())]);
    let place = format!("study.toml:{}", line("horizon_day = ", &broken));
    assert!(message.contains(&place) && message.contains("horizon_days"), "{message}");
    assert!(message.contains("collusion.probability"), "{message}");
}

#[test]
fn exit_codes_tell_what_is_wrong() {
    let scratch = tempfile::tempdir().unwrap();
    let out = scratch.path().join("out");
    fail(2, &["run"]);
    fail(2, &["frobnicate"]);
    fail(3, &["check", path(&scratch.path().join("nothing"))]);
    let study = scratch.path().join("study.toml");
    std::fs::write(&study, "name = ").unwrap();
    fail(3, &["run", path(&study), "--out", path(&out)]);
    let bad_table = std::fs::read_to_string(data().join("cosmos-2023/study.toml")).unwrap();
    for table in ["operators", "cosmoshub", "osmosis", "celestia", "stride"] {
        let from = data().join(format!("cosmos-2023/{table}.csv"));
        std::fs::copy(from, scratch.path().join(format!("{table}.csv"))).unwrap();
    }
    std::fs::write(&study, bad_table).unwrap();
    std::fs::write(scratch.path().join("osmosis.csv"), "operator,tokens\nx,-5\n").unwrap();
    let message = fail(4, &["check", path(&study)]);
    assert!(message.contains("osmosis.csv:2"), "{message}");
    let bitcoin = data().join("bitcoin-2025");
    succeed(&["run", path(&bitcoin), "--out", path(&out), "--scenarios", "300"]);
    let refused = fail(7, &["run", path(&bitcoin), "--out", path(&out), "--scenarios", "300"]);
    assert!(refused.contains("--force"), "{refused}");
    succeed(&["run", path(&bitcoin), "--out", path(&out), "--scenarios", "300", "--force"]);
    std::fs::remove_file(out.join("_SUCCESS")).unwrap();
    assert!(!cartel(&["show", path(&out)]).status.success(), "an unfinished run is not shown");
}

/// Two threads and one write the same bytes.
/// What a thread remembers of earlier scenarios of its own changes no byte of the later ones.
#[test]
fn joint_attacks_are_the_same_bytes_on_any_number_of_threads() {
    let scratch = tempfile::tempdir().unwrap();
    let study = scratch.path().join("study");
    std::fs::create_dir(&study).unwrap();
    for entry in std::fs::read_dir(data().join("eigenlayer-2024")).unwrap() {
        let from = entry.unwrap().path();
        std::fs::copy(&from, study.join(from.file_name().unwrap())).unwrap();
    }
    let file = study.join("study.toml");
    let one_by_one = std::fs::read_to_string(&file).unwrap();
    assert!(one_by_one.contains("\njoint = false"));
    std::fs::write(&file, one_by_one.replace("\njoint = false", "\njoint = true")).unwrap();
    let run = |threads: &str| {
        let out = scratch.path().join(threads);
        let scenarios = ["--scenarios", "700", "--record", "all", "--threads", threads];
        let printed = succeed(&[&["run", path(&study), "--out", path(&out)], &scenarios[..]].concat());
        assert!(printed.contains("undecided"), "{printed}");
        out
    };
    let (one, three) = (run("1"), run("3"));
    for part in
        ["scenarios/part-00000.parquet", "targets/part-00000.parquet", "summary.parquet", "operators.parquet"]
    {
        let bytes = |out: &Path| std::fs::read(out.join(part)).unwrap();
        assert!(bytes(&one) == bytes(&three), "{part} differs");
    }
}

#[test]
fn parts_are_the_same_bytes_on_any_number_of_threads() {
    let scratch = tempfile::tempdir().unwrap();
    let study = data().join("ethereum-2024");
    let run = |threads: &str| {
        let out = scratch.path().join(threads);
        succeed(&[
            "run",
            path(&study),
            "--out",
            path(&out),
            "--scenarios",
            "3000",
            "--record",
            "all",
            "--threads",
            threads,
        ]);
        out
    };
    let (one, three) = (run("1"), run("3"));
    for part in [
        "scenarios/part-00000.parquet",
        "targets/part-00000.parquet",
        "market/part-00000.parquet",
        "summary.parquet",
        "quantiles.parquet",
        "differences.parquet",
        "operators.parquet",
    ] {
        let bytes = |out: &Path| std::fs::read(out.join(part)).unwrap();
        assert!(bytes(&one) == bytes(&three), "{part} differs");
    }
}

#[test]
fn estimators_and_precision_are_told_and_shown_again() {
    let scratch = tempfile::tempdir().unwrap();
    let study = data().join("example");
    for estimator in ["conditional", "importance", "auto"] {
        let out = scratch.path().join(estimator);
        let arguments = [
            "run",
            path(&study),
            "--out",
            path(&out),
            "--scenarios",
            "4000",
            "--estimator",
            estimator,
            "--json",
        ];
        let document: serde_json::Value = serde_json::from_str(&succeed(&arguments)).unwrap();
        let rows = document["summary"].as_array().unwrap();
        let reached = rows.iter().filter(|row| row["metric"] == "p_threshold_reached");
        let wanted = if estimator == "auto" { "conditional" } else { estimator };
        assert!(reached.clone().count() > 1);
        assert!(reached.clone().any(|row| row["estimator"] == wanted), "{estimator}: {rows:?}");
        let resolved = std::fs::read_to_string(out.join("study.toml")).unwrap();
        assert!(resolved.contains(&format!("estimator = \"{estimator}\"")), "{resolved}");
        let shown = succeed(&["show", path(&out)]);
        assert!(shown.contains("colluders alone reach") && shown.contains(wanted), "{shown}");
    }
    let out = scratch.path().join("precise");
    let arguments = [
        "run",
        path(&study),
        "--out",
        path(&out),
        "--scenarios",
        "5e6",
        "--relative-error",
        "0.05",
        "--record",
        "none",
    ];
    let printed = succeed(&arguments);
    assert!(printed.contains("Precise after ") && printed.contains("slowest: "), "{printed}");
    assert_eq!(printed, succeed(&["show", path(&out)]));
}

#[test]
fn a_time_limit_leaves_a_partial_result_that_does_not_read_as_finished() {
    let scratch = tempfile::tempdir().unwrap();
    let out = scratch.path().join("partial");
    let study = data().join("example");
    let arguments = [
        "run",
        path(&study),
        "--out",
        path(&out),
        "--scenarios",
        "1e9",
        "--record",
        "none",
        "--time-limit",
        "0.2",
    ];
    let told = fail(6, &arguments);
    assert!(told.contains("by the time limit"), "{told}");
    assert!(out.join("summary.parquet").exists() && !out.join("_SUCCESS").exists());
    assert!(fail(7, &["show", path(&out)]).contains("_SUCCESS"));
}

/// The first signal ends a run with what there is; nothing in it reads as finished.
#[cfg(unix)]
#[test]
fn a_signal_leaves_a_partial_result_that_does_not_read_as_finished() {
    let scratch = tempfile::tempdir().unwrap();
    let out = scratch.path().join("interrupted");
    let study = data().join("example");
    let arguments = ["run", path(&study), "--out", path(&out), "--scenarios", "1e9", "--record", "none"];
    let run = Command::new(env!("CARGO_BIN_EXE_cartel"))
        .args(arguments)
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    // Signals are watched before the folder is made.
    while !out.join("study.toml").exists() {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    assert!(Command::new("kill").args(["-INT", &run.id().to_string()]).status().unwrap().success());
    let output = run.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(6), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("by a signal"));
    assert!(out.join("summary.parquet").exists() && !out.join("_SUCCESS").exists());
}

/// An assertion that fails ends a complete run with 5 and names the figure and its error; `show` prints it and is content.
#[test]
fn an_assertion_that_fails_is_told_by_the_exit_code() {
    let scratch = tempfile::tempdir().unwrap();
    let (study, out) = (scratch.path().join("study"), scratch.path().join("run"));
    succeed(&["init", path(&study)]);
    let file = study.join("study.toml");
    let example = std::fs::read_to_string(&file).unwrap();
    let assert = |bound: &str| {
        let figure = "[[assert]]\ndesign = \"shared\"\nmetric = \"p_attack_pays\"";
        std::fs::write(&file, format!("{example}\n{figure}\n{bound}\n")).unwrap();
    };
    let run = ["run", path(&study), "--out", path(&out), "--scenarios", "2000", "--force"];
    assert("at_most = 1");
    assert!(succeed(&run).contains("Assert: p_attack_pays in design shared at most 1: holds ("));
    assert("at_least = 1");
    let told = fail(5, &run);
    assert!(
        told.contains("Assert: p_attack_pays in design shared at least 1: FAILS (") && told.contains('±'),
        "{told}"
    );
    assert!(out.join("_SUCCESS").exists());
    assert!(succeed(&["show", path(&out)]).contains("FAILS"));
}

#[test]
fn attribution_and_the_margin_of_a_service_are_told() {
    let scratch = tempfile::tempdir().unwrap();
    let (study, out) = (data().join("example"), scratch.path().join("run"));
    let printed =
        succeed(&["run", path(&study), "--out", path(&out), "--scenarios", "2000", "--attribution"]);
    assert!(printed.contains("who makes attacks") && out.join("attribution.parquet").exists(), "{printed}");
    assert_eq!(printed, succeed(&["show", path(&out)]));
    let (study, file) =
        (data().join("seed-claims/consumer-35m-provider-2b"), scratch.path().join("m.parquet"));
    let marginal =
        ["marginal", path(&study), "--add", "consumer", "--scenarios", "2000", "--out", path(&file)];
    let printed = succeed(&marginal);
    assert!(printed.contains("Adding consumer lowers the security"), "{printed}");
    assert!(file.exists() && fail(7, &marginal).contains("exists"));
    assert!(fail(2, &["marginal", path(&study), "--add", "bridge"]).contains("there is no service `bridge`"));
}

#[test]
fn sweeps_stress_and_sensitivities() {
    let scratch = tempfile::tempdir().unwrap();
    let (study, file) = (data().join("example"), scratch.path().join("grid.parquet"));
    let grid = [
        "sweep",
        path(&study),
        "--set",
        "collusion.probability=0.01:0.03:0.01",
        "--set",
        "collusion.loadings.common=0,0.5",
        "--out",
        path(&file),
        "--scenarios",
        "2000",
    ];
    assert!(succeed(&grid).contains("6 points"));
    let rows = parquet::file::reader::SerializedFileReader::new(std::fs::File::open(&file).unwrap()).unwrap();
    let schema = parquet::file::reader::FileReader::metadata(&rows).file_metadata().schema_descr();
    let names: Vec<&str> = schema.columns().iter().map(|column| column.name()).collect();
    assert_eq!(names[..3], ["collusion.probability", "collusion.loadings.common", "design"]);
    // A file that is there is refused before any work is done for it.
    let refused = fail(7, &grid);
    assert!(refused.contains("grid.parquet` exists") && !refused.contains("of 6 points"), "{refused}");
    let slip = ["sweep", path(&study), "--set", "collusion.probabilty=1,2", "--out", "x.parquet"];
    assert!(fail(2, &slip).contains("did you mean `collusion.probability`?"));
    let printed =
        succeed(&["stress", path(&study), "--level", "0.05", "--scenarios", "5000", "--design", "shared"]);
    assert!(
        printed.contains("collusion.probability") && printed.contains("collusion.loadings.common"),
        "{printed}"
    );
    let key = ["sensitivity", path(&study), "--scenarios", "5000", "--key", "collusion.probability"];
    let printed = succeed(&key);
    assert!(printed.contains("p_attack_pays") && printed.contains("likelihood ratio"), "{printed}");
}

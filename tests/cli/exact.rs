//! `cartel exact`: what it prints, and what it says of what it cannot compute.

use super::{data, fail, path, succeed};
use std::path::Path;

#[test]
fn exact_prints_what_the_integral_says() {
    let printed = succeed(&["exact", path(&data().join("example")), "--service", "hub"]);
    assert!(printed.contains("9.857886e-3") && printed.contains("integrated over 1 dimension"), "{printed}");
    let json = succeed(&[
        "exact",
        path(&data().join("ethereum-2024")),
        "--service",
        "ethereum",
        "--json",
        "--scenarios",
        "2000",
    ]);
    let document: serde_json::Value = serde_json::from_str(&json).unwrap();
    let rows = document["thresholds"].as_array().unwrap();
    assert!(rows.iter().all(|row| row["low"].as_f64() <= row["p_threshold_reached"].as_f64()), "{json}");
    let refused = fail(2, &["exact", path(&data().join("example")), "--service", "hubb"]);
    assert!(refused.contains("there is no service `hubb`; there are"), "{refused}");
}

/// Where there are several services and none is named, the refusal says which there are, by design; where there is one it is meant.
#[test]
fn exact_says_which_services_there_are() {
    let refused = fail(2, &["exact", path(&data().join("avs-on-ethereum"))]);
    assert!(refused.contains("there are 2 services: name one with --service"), "{refused}");
    assert!(
        refused.contains("design `base`: `ethereum`\n  designs `chosen`, `forced`: `ethereum`, `new`"),
        "{refused}"
    );
    let study = data().join("avs-on-ethereum");
    let alone = ["exact", path(&study), "--design", "base", "--cells", "256", "--scenarios", "200"];
    let named = succeed(&[&alone[..], &["--service", "ethereum"]].concat());
    assert_eq!(succeed(&alone), named);
}

/// A service that may turn Byzantine changes nothing for what it does not touch.
#[test]
fn exact_averages_over_services_that_turn() {
    let scratch = two_quorums(&[("byzantine_probability = 0.02\n", "")]);
    let shipped = data().join("two-quorums");
    let of = |study: &Path, design: &str, service: &str| {
        let with = ["--design", design, "--service", service, "--cells", "128"];
        succeed(&[&["exact", path(study)][..], &with].concat())
    };
    assert_eq!(of(&shipped, "eigen", "da"), of(scratch.path(), "eigen", "da"));
    assert!(of(&shipped, "eth", "da").contains("the mean over 2 ways"));
    // In one scenario of fifty it has turned itself, and is no target.
    let probability = |text: &str| -> f64 {
        let row = text.lines().find(|line| line.starts_with("eigen")).unwrap();
        row.split_whitespace().find_map(|word| word.contains("e-").then(|| word.parse().unwrap())).unwrap()
    };
    let (turns, stays) = (of(&shipped, "eigen", "others"), of(scratch.path(), "eigen", "others"));
    assert!((probability(&turns) / probability(&stays) - 0.98).abs() < 1e-5, "{turns} {stays}");
}

/// The study of two quorums, changed.
fn two_quorums(changes: &[(&str, &str)]) -> tempfile::TempDir {
    let scratch = tempfile::tempdir().unwrap();
    let mut text = std::fs::read_to_string(data().join("two-quorums/study.toml")).unwrap();
    for (before, after) in changes {
        assert!(text.contains(before), "{before}");
        text = text.replace(before, after);
    }
    for file in ["operators.csv", "restaked.csv", "eigen.csv"] {
        std::fs::copy(data().join("two-quorums").join(file), scratch.path().join(file)).unwrap();
    }
    std::fs::write(scratch.path().join("study.toml"), &text).unwrap();
    scratch
}

/// A service of two quorums: what takes both at once is less likely than what takes either; where too many factors cross it is named and
/// left out, and where nothing else is left the study is refused.
#[test]
fn exact_computes_what_takes_two_quorums_or_names_it() {
    let of = |study: &Path| {
        let arguments = [
            "exact",
            path(study),
            "--service",
            "da",
            "--design",
            "both",
            "--cells",
            "64",
            "--scenarios",
            "500",
        ];
        arguments.map(str::to_owned)
    };
    let ask = |study: &Path, json: &[&str]| {
        let arguments = of(study);
        succeed(&arguments.iter().map(String::as_str).chain(json.iter().copied()).collect::<Vec<_>>())
    };
    let honest = ("byzantine_probability = 0.02\n", "");
    let scratch = two_quorums(&[honest]);
    let json: serde_json::Value = serde_json::from_str(&ask(scratch.path(), &["--json"])).unwrap();
    assert!(json["not_computed"].as_array().unwrap().is_empty(), "{json}");
    let reached = |attack: &str| {
        let mut rows = json["thresholds"].as_array().unwrap().iter();
        let row = rows.find(|row| row["attack"] == attack).unwrap();
        (row["low"].as_f64().unwrap(), row["high"].as_f64().unwrap())
    };
    let (both, one) = (reached("corrupt"), reached("corrupt_buying_first"));
    assert!(0.0 < both.0 && both.0 < both.1 && both.1 < one.1, "{both:?} {one:?}");
    // A factor that crosses the entities, and a t copula's scale beside both.
    let before = "loadings = { common = 0.2, entity = 0.7 }";
    let crossing =
        (before, "copula = { student_t = 4 }\nloadings = { common = 0.2, entity = 0.7, client = 0.3 }");
    let scratch = two_quorums(&[honest, crossing]);
    cross(scratch.path());
    let printed = ask(scratch.path(), &[]);
    let said = "both: corrupt (> 2/3 of the first quorum and > 2/3 of the second): power in two quorums at once is not computed: ";
    assert!(printed.contains(said) && printed.contains(">= 1/3 of the second quorum"), "{printed}");
    let text =
        std::fs::read_to_string(scratch.path().join("study.toml")).unwrap().replace(", \"acquire\"]", "]");
    let (start, end) =
        (text.find("[services.da.attacks.halt]").unwrap(), text.find("# All other AVSs").unwrap());
    std::fs::write(scratch.path().join("study.toml"), format!("{}{}", &text[..start], &text[end..])).unwrap();
    let arguments = of(scratch.path());
    let refused = fail(2, &arguments.each_ref().map(String::as_str));
    let key = "services.da.attacks.corrupt.second_threshold: in design `both` power in two quorums at once is not computed: ";
    assert!(refused.contains(key) && refused.contains("--estimator importance"), "{refused}");
}

/// Gives every operator one of seven clients, across the entities.
fn cross(study: &Path) {
    let table = study.join("operators.csv");
    let text = std::fs::read_to_string(&table).unwrap();
    let rows = text.lines().filter(|line| !line.starts_with('#')).enumerate();
    let rows = rows.map(
        |(at, row)| {
            if at == 0 { format!("{row},client\n") } else { format!("{row},c{}\n", at % 7) }
        },
    );
    std::fs::write(&table, rows.collect::<String>()).unwrap();
}

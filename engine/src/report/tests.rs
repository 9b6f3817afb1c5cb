use super::*;
use crate::estimate::Results;
use crate::run::{Plan, Threads, run_on};
use crate::study::{Record, Study};
use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::{DataType, Float64Type};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::Encoding;
use std::fs::{self, File};
use std::path::Path;

/// The example study with these settings.
fn example(record: Record, scenarios: u64) -> Study {
    let text = include_str!("../../../data/example/study.toml");
    let mut study = Study::from_text(text, "study.toml", Path::new("")).unwrap();
    study.run.scenarios = scenarios;
    study.run.record = record;
    study
}

/// Runs `study` into `dir`.
fn write(study: &Study, dir: &Path, threads: usize) -> Results {
    let plan = Plan::new(study);
    let folder = RunFolder::create(dir, study, false).unwrap();
    let mut sink = folder.sink(&plan);
    let threads = Threads::new(std::num::NonZeroUsize::new(threads)).unwrap();
    let results = run_on(&threads, &plan, &mut sink, |_| ()).unwrap();
    let facts = RunFacts { threads: threads.count(), scenarios: plan.scenarios(), ..RunFacts::default() };
    folder.finish(sink, &results, &facts).unwrap();
    results
}

/// All rows of one file.
fn read(path: &Path) -> Vec<RecordBatch> {
    let reader =
        ParquetRecordBatchReaderBuilder::try_new(File::open(path).unwrap()).unwrap().build().unwrap();
    reader.map(Result::unwrap).collect()
}

fn columns(path: &Path) -> Vec<String> {
    let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(path).unwrap()).unwrap();
    reader.schema().fields().iter().map(|field| field.name().clone()).collect()
}

/// NaN equals NaN here.
fn text(results: &Results) -> String {
    format!("{results:?}")
}

#[test]
fn estimates_read_back_as_they_were() {
    let dir = tempfile::tempdir().unwrap();
    let results = write(&example(Record::None, 2000), dir.path(), 1);
    assert!(!results.summary.is_empty() && !results.operators.is_empty() && !results.differences.is_empty());
    assert_eq!(text(&read_results(dir.path()).unwrap()), text(&results));
}

#[test]
fn manifest_reads_back_and_names_every_file() {
    let dir = tempfile::tempdir().unwrap();
    let study = example(Record::All, 600);
    write(&study, dir.path(), 1);
    let manifest = read_manifest(dir.path()).unwrap();
    assert_eq!((manifest.scenarios, manifest.seed.as_str()), (600, "0x0000000000000001"));
    assert_eq!(manifest.problem_id, study.provenance.problem_id);
    let paths: Vec<&str> = manifest.parts.iter().map(|part| part.path.as_str()).collect();
    let big = ["scenarios/part-00000.parquet", "targets/part-00000.parquet", "market/part-00000.parquet"];
    let small = [
        "summary.parquet",
        "quantiles.parquet",
        "differences.parquet",
        "operators.parquet",
        "members.parquet",
    ];
    assert_eq!(paths, [&small[..], &big[..]].concat());
    let rows: Vec<u64> = manifest.parts[5..].iter().map(|part| part.rows).collect();
    assert_eq!(rows, [1200, 2400, 600], "2 designs with 2 targets each");
    for part in &manifest.parts {
        let bytes = fs::read(dir.path().join(&part.path)).unwrap();
        assert_eq!(
            (bytes.len() as u64, blake3::hash(&bytes).to_hex().to_string()),
            (part.bytes, part.blake3.clone())
        );
    }
    assert!(!dir.path().join(".tmp").exists());
}

#[test]
fn thread_count_changes_no_byte() {
    let dirs = [1, 2, 7].map(|threads| {
        let dir = tempfile::tempdir().unwrap();
        write(&example(Record::All, 5000), dir.path(), threads);
        dir
    });
    let manifests = dirs.each_ref().map(|dir| fs::read(dir.path().join("manifest.json")).unwrap());
    assert!(manifests[0] == manifests[1] && manifests[0] == manifests[2], "digests of every part");
}

/// The tables' contract: columns may be added, under a new schema version when their meaning changes.
#[test]
fn columns_are_those_of_the_contract() {
    let dir = tempfile::tempdir().unwrap();
    write(&example(Record::All, 300), dir.path(), 1);
    let names = |file: &str| columns(&dir.path().join(file)).join(" ");
    let label = "design service attack route metric unit";
    let interval = "estimate std_error ci_low ci_high";
    let money = "reward_usd reward_std_error_usd cost_usd margin_usd margin_std_error_usd delegators_margin_usd \
                 delegators_margin_std_error_usd";
    let summary = format!("{label} {interval} scenarios effective_sample_size estimator regime");
    assert_eq!(names("summary.parquet"), summary);
    assert_eq!(names("quantiles.parquet"), format!("{label} probability value ci_low ci_high"));
    let differences =
        format!("design_a design_b service attack route metric {interval} effective_sample_size");
    assert_eq!(names("differences.parquet"), differences);
    assert_eq!(
        names("operators.parquet"),
        format!(
            "design operator stake_usd expected_loss_usd expected_loss_std_error_usd slashed_probability \
             coalition_frequency break_even_reward_apr {money}"
        )
    );
    assert_eq!(names("members.parquet"), format!("design service operator expected_loss_usd {money}"));
    assert_eq!(
        names("scenarios/part-00000.parquet"),
        "scenario design weight sampled attacked certified net_gain_usd net_gain_upper_usd coalition_size profit_usd \
         cost_usd slashed_usd fault_slashed_usd nominal_slashed_usd settlement_gap_usd"
    );
    assert_eq!(
        names("targets/part-00000.parquet"),
        "scenario design service attack weight colluding_share rational_share reachable cost_of_corruption_usd \
         attack_cost_usd attack_cost_lower_usd cheapest_route attack_cost_collude_usd attack_cost_bribe_usd \
         attack_cost_acquire_usd capital_collude_usd capital_bribe_usd capital_acquire_usd \
         profit_from_corruption_usd security_margin corrupted"
    );
    assert_eq!(
        names("market/part-00000.parquet"),
        "scenario weight common_factor price_DEX price_HUB colluders altruists"
    );
}

#[test]
fn types_and_encodings_are_those_that_every_reader_takes() {
    let dir = tempfile::tempdir().unwrap();
    write(&example(Record::All, 3000), dir.path(), 1);
    let manifest = read_manifest(dir.path()).unwrap();
    for part in &manifest.parts {
        let file = File::open(dir.path().join(&part.path)).unwrap();
        let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
        for field in reader.schema().fields() {
            let allowed =
                [DataType::Int32, DataType::Int64, DataType::Float64, DataType::Boolean, DataType::Utf8];
            assert!(allowed.contains(field.data_type()) && !field.is_nullable(), "{field}");
        }
        let metadata = reader.metadata();
        assert_eq!(metadata.file_metadata().version(), 1, "version 2.0 is read wrongly by fastparquet");
        for (field, chunk) in reader.schema().fields().iter().zip(metadata.row_group(0).columns()) {
            let dictionary = chunk.encodings().any(|encoding| encoding == Encoding::RLE_DICTIONARY);
            assert_eq!(dictionary, *field.data_type() == DataType::Utf8, "{field}");
        }
    }
}

#[test]
fn provenance_stands_in_footer_and_schema() {
    let dir = tempfile::tempdir().unwrap();
    let mut study = example(Record::All, 300);
    study.run.seed = 42;
    write(&study, dir.path(), 1);
    let file = File::open(dir.path().join("targets/part-00000.parquet")).unwrap();
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
    let footer = reader.metadata().file_metadata().key_value_metadata().unwrap();
    let find =
        |key: &str| footer.iter().find(|pair| pair.key == key).and_then(|pair| pair.value.clone()).unwrap();
    assert_eq!(find("montecartel.seed"), "0x000000000000002a");
    let toml = fs::read_to_string(dir.path().join("study.toml")).unwrap();
    assert_eq!(find("montecartel.study_toml"), toml);
    assert!(toml.contains("scenarios = 300\nseed = 42\n") && toml.contains("\nrecord = \"all\"\n"), "{toml}");
    let schema = reader.schema().metadata();
    assert_eq!(schema.get("montecartel.seed").map(String::as_str), Some("0x000000000000002a"));
    let attrs: serde_json::Value = serde_json::from_str(schema.get("PANDAS_ATTRS").unwrap()).unwrap();
    assert_eq!(attrs["montecartel.problem_id"], study.provenance.problem_id.as_str());
    let field = reader.schema().field_with_name("attack_cost_usd").unwrap().clone();
    assert_eq!(field.metadata().get("unit").map(String::as_str), Some("usd"));
}

#[test]
fn resolved_study_is_a_study_with_the_same_identity() {
    let study = example(Record::All, 300);
    let again =
        Study::from_text(&provenance::Provenance::new(&study).study_toml, "study.toml", Path::new(""))
            .unwrap();
    assert_eq!(again.provenance.problem_id, study.provenance.problem_id);
    assert_eq!(again.run, study.run);
}

#[test]
fn out_of_reach_is_nan_and_no_route() {
    let dir = tempfile::tempdir().unwrap();
    let mut study = example(Record::All, 2000);
    study.adversary.routes = vec![crate::study::Route::Bribe];
    write(&study, dir.path(), 1);
    let batches = read(&dir.path().join("targets/part-00000.parquet"));
    let (mut within, mut beyond) = (0, 0);
    for batch in &batches {
        let (reachable, cost) =
            (batch["reachable"].as_boolean(), batch["attack_cost_usd"].as_primitive::<Float64Type>());
        for row in 0..batch.num_rows() {
            let route = batch["cheapest_route"].as_string::<i32>().value(row);
            assert_eq!(route, if reachable.value(row) { "bribe" } else { "" });
            assert_eq!(cost.value(row).is_nan(), !reachable.value(row));
            *(if reachable.value(row) { &mut within } else { &mut beyond }) += 1;
        }
    }
    assert!(within > 0 && beyond > 0, "{within} within reach, {beyond} beyond");
}

#[test]
fn row_limit_ends_recording_between_scenarios() {
    let dir = tempfile::tempdir().unwrap();
    let mut study = example(Record::All, 2000);
    study.run.record_limit_rows = 4 * 300 + 3;
    let plan = Plan::new(&study);
    let folder = RunFolder::create(dir.path(), &study, false).unwrap();
    let mut sink = folder.sink(&plan);
    let results = crate::run::run(&plan, &mut sink, |_| ()).unwrap();
    assert!(sink.warning().unwrap().starts_with("recording stopped before scenario 300:"));
    folder.finish(sink, &results, &RunFacts::default()).unwrap();
    let manifest = read_manifest(dir.path()).unwrap();
    let rows: Vec<u64> = manifest.parts[5..].iter().map(|part| part.rows).collect();
    assert_eq!((rows, manifest.recording_stopped_at), (vec![600, 1200, 300], Some(300)));
}

#[test]
fn recording_without_rows_still_leaves_the_schema() {
    let dir = tempfile::tempdir().unwrap();
    let mut study = example(Record::All, 300);
    study.run.record_limit_rows = 0;
    write(&study, dir.path(), 1);
    assert_eq!(read(&dir.path().join("market/part-00000.parquet")).len(), 0);
    assert_eq!(columns(&dir.path().join("market/part-00000.parquet"))[0], "scenario");
}

#[test]
fn recording_nothing_makes_no_folder() {
    let dir = tempfile::tempdir().unwrap();
    write(&example(Record::None, 300), dir.path(), 1);
    assert!(!dir.path().join("targets").exists());
}

#[test]
fn a_full_folder_is_refused_and_a_run_replaced_only_by_force() {
    let dir = tempfile::tempdir().unwrap();
    let study = example(Record::All, 300);
    write(&study, dir.path(), 1);
    let refused = RunFolder::create(dir.path(), &study, false).unwrap_err();
    assert!(refused.to_string().contains("is not empty (it holds `_SUCCESS`)"), "{refused}");
    RunFolder::create(dir.path(), &study, true).unwrap();
    assert_eq!(disk::names(dir.path()).unwrap(), [".tmp", "study.toml"]);
    assert!(matches!(read_results(dir.path()), Err(ReportError::Unfinished { .. })));
    RunFolder::create(dir.path(), &study, true).unwrap();
}

#[test]
fn force_never_removes_what_no_run_wrote() {
    let study = example(Record::All, 300);
    for foreign in ["notes.txt", "targets/mine.csv", "market/sub/x"] {
        let dir = tempfile::tempdir().unwrap();
        write(&study, dir.path(), 1);
        let path = dir.path().join(foreign);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, "mine").unwrap();
        let refused = RunFolder::create(dir.path(), &study, true).unwrap_err();
        assert!(matches!(refused, ReportError::Foreign { .. }), "{refused}");
        assert!(path.exists() && read_results(dir.path()).is_ok(), "{foreign}");
    }
}

#[test]
fn force_takes_a_study_for_no_run() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("study.toml"), "mine").unwrap();
    let refused = RunFolder::create(dir.path(), &example(Record::All, 300), true).unwrap_err();
    assert!(matches!(refused, ReportError::Foreign { .. }), "{refused}");
    assert!(dir.path().join("study.toml").exists());
}

#[test]
fn a_damaged_table_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    write(&example(Record::None, 300), dir.path(), 1);
    let path = dir.path().join("summary.parquet");
    let mut bytes = fs::read(&path).unwrap();
    bytes[100] ^= 1;
    fs::write(&path, bytes).unwrap();
    let refused = read_results(dir.path()).unwrap_err();
    assert!(refused.to_string().contains("is damaged: its BLAKE3 is"), "{refused}");
    assert_eq!(refused.exit_code(), 8);
}

#[test]
fn another_version_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    write(&example(Record::None, 300), dir.path(), 1);
    let path = dir.path().join("manifest.json");
    let text = fs::read_to_string(&path).unwrap().replace("manifest:1", "manifest:2");
    fs::write(&path, text).unwrap();
    assert_eq!(read_results(dir.path()).unwrap_err().exit_code(), 9);
}

/// A table that cannot be written leaves nothing behind, neither whole nor temporary.
#[test]
fn an_unfinished_part_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let study = example(Record::All, 300);
    let plan = Plan::new(&study);
    let folder = RunFolder::create(dir.path(), &study, false).unwrap();
    let mut sink = folder.sink(&plan);
    // A file where the folder of the last table should be.
    fs::write(dir.path().join("market"), "").unwrap();
    let stopped = crate::run::run(&plan, &mut sink, |_| ()).unwrap_err();
    assert!(matches!(stopped, ReportError::NotAFolder { .. }), "{stopped}");
    drop(sink);
    assert!(disk::names(&dir.path().join(".tmp")).unwrap().is_empty());
}

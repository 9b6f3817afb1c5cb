//! Tables: exact numbers, odd files, damage.

use super::*;

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
